// tree -> IR: loops.
//
//   for (int i = 0; i < n; ++i) { if (x > 9) break; x *= x; }
//     =>   i, x, flag = loop (i = 0, x = x, flag = false)      a break sets the flag, which ends the loop
//            test  go = if flag then false else i < n
//            body  x, flag = if x > 9 then x, true else x * x, false
//                  i = if flag then i else i + 1
//
// Every variable that the loop assigns is carried; so is the flag, if control may leave early.
#include "lower.hpp"

namespace zygote::compiler {

Lowering::LoopShape Lowering::shape_of(const Node& condition, const Node& body, Pos pos) {
  LoopShape shape{.condition = [this, &condition] { return expression(condition, "test"); }, .body = body, .pos = pos};
  assigned_names(condition, shape.assigned);
  shape.impure = !shape.assigned.empty();
  assigned_names(body, shape.assigned);
  return shape;
}

void Lowering::while_loop(const Node& n) { loop(shape_of(n.kids[0], n.kids[1], n.pos)); }

void Lowering::for_loop(const Node& n) {
  open_scope();
  list(n.kids[0].kids, 0);
  LoopShape shape = shape_of(n.kids[1], n.kids[3], n.pos);
  assigned_names(n.kids[2], shape.assigned);
  shape.step = [&] { list(n.kids[2].kids, 0); };
  loop(std::move(shape));
  close_scope();
}

// for (T x : range) body   =>   i = 0; n = length(range); loop { x = at(range, i); body; i = i + 1 }
void Lowering::range_loop(const Node& n) {
  open_scope();
  const Id range = expression(n.kids[1], "range");
  const Id size = add(Op::length, "", {range}, n.pos, "size");
  const int i = declare("<counter>", add(Op::as, "std::size_t", {constant("0", n.pos)}, n.pos, "i"), n.pos);
  auto now = [this, i]() -> Id& { return variables_[std::size_t(i)].now; };
  LoopShape shape{.condition =
                      [&] {
                        return add(Op::plain, "<", {now(), size}, n.pos, "test");
                      },
                  .body = n.kids[2],
                  .pos = n.pos};
  assigned_names(n.kids[2], shape.assigned);
  shape.assigned.insert("<counter>");
  shape.enter = [&] {
    range_variable(n,
                   add(Op::at, "", {range, now()}, n.pos, n.kids[0].kind == NodeKind::bind ? "item" : n.kids[0].text));
  };
  shape.step = [&] { now() = arithmetic("+", now(), constant("1", n.pos), n.pos, "i"); };
  loop(std::move(shape));
  close_scope();
}

// The variable or the structured binding of a range-for.
void Lowering::range_variable(const Node& n, Id item) {
  const Node& x = n.kids[0];
  const std::string refused = x.reference && !x.constant ? "is a reference" : "";
  if (x.kind == NodeKind::bind) {
    for (std::size_t k = 0; k < x.names.size(); ++k)
      declare(x.names[k], add(Op::element, std::to_string(k), {item}, n.pos, x.names[k]), n.pos, refused);
  } else {
    const std::string type = type_text(x.type);
    if (type != "auto" || !x.reference) item = add(Op::as, type + (x.reference ? "&" : ""), {item}, n.pos, x.text);
    declare(x.text, item, n.pos, refused);
  }
  watch(n.kids[1], true, int(variables_.size()) - 1);
}

std::string Lowering::name_of(int variable) const {
  const std::string& name = variables_[std::size_t(variable)].name;
  return variable == result_ ? "result" : name.empty() ? "flag" : name;
}

// The variables that an iteration may change: those it assigns, and the flags that leaving it early sets.
std::vector<int> Lowering::carried_variables(const LoopShape& shape, const Loop& flags) const {
  std::vector<int> carried;
  const bool returns = contains(shape.body, NodeKind::return_);
  for (int i = 0; i < int(variables_.size()); ++i) {
    const std::string& name = variables_[std::size_t(i)].name;
    const bool flag = (returns && name.empty() && i != flags.left) || (shape.leaves && i == flags.broke);
    if (flag || (shape.assigned.count(name) && find(name) == i)) carried.push_back(i);
  }
  return carried;
}

// Inside a region of a loop the carried variables are its arguments.
void Lowering::enter_region(Region& region, const std::vector<int>& carried, Pos pos) {
  for (int v : carried) {
    region.args.push_back(f_.fresh(name_of(v), pos));
    variables_[std::size_t(v)].now = region.args.back();
  }
}

Region Lowering::loop_test(const LoopShape& shape, const Loop& flags, const std::vector<int>& carried) {
  Region entered;
  enter_region(entered, carried, shape.pos);
  const Id broke = variables_[std::size_t(flags.broke)].now;
  Id go = 0;
  Region test = region([&] {
    if (shape.impure)  // its condition is evaluated in the body
      go = add(Op::plain, "!", {broke}, shape.pos, "go");
    else if (shape.leaves)
      go = choose(
          broke, [&] { return constant("false", shape.pos); }, shape.condition, shape.pos, "go");
    else
      go = shape.condition();
  });
  test.args = std::move(entered.args);
  test.yields = {go};
  return test;
}

Region Lowering::loop_body(const LoopShape& shape, const Loop& flags, const std::vector<int>& carried) {
  Region entered;
  enter_region(entered, carried, shape.pos);
  loops_.push_back(flags);
  Region body = region([&] {
    variables_[std::size_t(flags.left)].now = constant("false", shape.pos);
    auto run = [&] {
      shape.enter();
      statement(shape.body);
    };
    if (shape.impure)
      if_instruction(
          shape.condition(), run, [&] { leave(true); }, shape.pos);
    else
      run();
    loops_.pop_back();
    if (shape.leaves && shape.step)
      if_instruction(
          variables_[std::size_t(flags.broke)].now, [] {}, shape.step, shape.pos);
    else if (shape.step)
      shape.step();
  });
  body.args = std::move(entered.args);
  for (int v : carried) body.yields.push_back(variables_[std::size_t(v)].now);
  return body;
}

void Lowering::loop(LoopShape shape) {
  shape.leaves = shape.impure || contains(shape.body, NodeKind::break_) || contains(shape.body, NodeKind::return_);
  open_scope();
  const Loop flags{declare("", constant("false", shape.pos), shape.pos),
                   declare("", constant("false", shape.pos), shape.pos)};
  const std::vector<int> carried = carried_variables(shape, flags);
  Inst inst;
  inst.op = Op::loop;
  inst.pos = shape.pos;
  for (int v : carried) inst.operands.push_back(variables_[std::size_t(v)].now);
  inst.regions.push_back(loop_test(shape, flags, carried));
  inst.regions.push_back(loop_body(shape, flags, carried));
  for (int v : carried) {
    inst.results.push_back(f_.fresh(name_of(v), shape.pos));
    variables_[std::size_t(v)].now = inst.results.back();
  }
  region_->code.push_back(std::move(inst));
  close_scope();
}

}  // namespace zygote::compiler
