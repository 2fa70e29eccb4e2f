// tree -> IR: loops.
//
//   for (int i = 0; i < n; ++i) { if (x > 9) break; x *= x; }
//     =>   i, x, flag = loop (i = 0, x = x, flag = false)      a break sets the flag, which ends the loop
//            test  go = if flag then false else i < n
//            body  x, flag = if x > 9 then x, true else x * x, false
//                  i = if flag then i else i + 1
//
// Every variable in sight is carried; simplify removes those that the loop leaves alone.
#include <algorithm>

#include "lower.hpp"

namespace zygote::compiler {

void Lowering::while_loop(const Node& n) {
  const Node& condition = n.kids[0];
  LoopShape shape{.condition = [&] { return expression(condition, "test"); }, .body = n.kids[1], .pos = n.pos};
  shape.test_behind = n.kind == NodeKind::do_;
  loop(std::move(shape));
}

void Lowering::for_loop(const Node& n) {
  if (const auto over_range = as_range_loop(n)) return range_loop(*over_range);
  open_scope();
  list(n.kids[0].kids, 0);
  LoopShape shape{.condition = [&] { return expression(n.kids[1], "test"); }, .body = n.kids[3], .pos = n.pos};
  shape.step = [&] { list(n.kids[2].kids, 0); };
  loop(std::move(shape));
  close_scope();
}

// for (T x : range) body   =>   i = 0; n = length(range); loop { x is at(range, i); body; i = i + 1 }
void Lowering::range_loop(const Node& n) {
  const bool backwards = n.text == "backwards";
  if (n.kids[1].kind == NodeKind::binary && n.kids[1].text == "|" && n.kids[1].kids[1].kind == NodeKind::name &&
      n.kids[1].kids[1].text.ends_with("views::reverse")) {
    Node same = n;
    same.kids[1] = n.kids[1].kids[0];
    same.text = backwards ? "" : "backwards";
    return range_loop(same);
  }
  open_scope();
  const auto known = referred(n.kids[1]);
  const auto part = known || (n.kids[0].reference && !n.kids[0].constant) ? std::nullopt : span_part(n.kids[1], true);
  const Place range = known  ? *known
                      : part ? Place{declare("", *part, n.pos), "@", {}}
                             : place_or_value(n.kids[1], "range");
  if (!known) watch(mentions(n.kids[1]), range.variable);
  const Id size = add(Op::length, "", {load(range, n.pos, "range")}, n.pos, "size");
  const int i = declare("<counter>", add(Op::as, "std::size_t", {constant("0", n.pos)}, n.pos, "i"), n.pos);
  auto now = [this, i]() -> Id& { return variable(i).now; };
  Id elements = 0;
  if (!is_number_type(n.kids[0].type)) {  // perhaps it is a map
    elements = add(Op::call, "::zygote::ir::elements", {load(range, n.pos)}, n.pos, "elements");
    region_->code.back().primal = true;
  }
  LoopShape shape{.condition =
                      [&] {
                        return add(Op::plain, "<", {now(), size}, n.pos, "test");
                      },
                  .body = n.kids[2],
                  .pos = n.pos};
  shape.enter = [&] {
    Id number = now();
    if (backwards)
      number = arithmetic("-", arithmetic("-", size, constant("1", n.pos), n.pos, "i"), number, n.pos, "i");
    const Id at = elements ? add(Op::plain, "->*", {elements, number}, n.pos, "at") : number;
    range_variable(n, extend(range, "zygote::ir::at(@, $1)", {at}));
  };
  shape.step = [&] { now() = arithmetic("+", now(), constant("1", n.pos), n.pos, "i"); };
  shape.always_step = true;
  loop(std::move(shape));
  std::set<std::string> used;
  if (elements && contains(n.kids[2], NodeKind::index)) used_names(n.kids[2], used);
  const std::string& name = variable(range.variable).name;
  if (used.count(name) || (!used.empty() && name == "*this")) {
    add(Op::call, "::zygote::ir::has_not_grown", {load(range, n.pos), size}, n.pos);
    region_->code.back().primal = true;
  }
  close_scope();
}

// The variable or the structured binding of a range-for.
void Lowering::range_variable(const Node& n, const Place& item) {
  const Node& x = n.kids[0];
  if (!x.reference) refuse_reference_type(x.type, n.pos);
  const std::string type = type_text(x.type);
  const bool refers = x.reference && (type == "auto" || !is_number_type(type) || !x.constant);
  if (x.kind == NodeKind::bind) {
    Place whole = item;
    if (!x.reference) whole = {declare("", add(Op::as, "auto", {load(item, n.pos)}, n.pos, "item"), n.pos), "@", {}};
    return bind_names(x, whole);
  }
  Node element;  // of the range
  element.kind = NodeKind::index;
  element.kids = {n.kids[1], n.kids[1]};
  if (type == "auto" && !x.reference && makes_view(element)) return view(x.text, element, item, n.pos);
  if (refers)
    alias(x.text, item, n.pos);
  else
    declare(x.text, add(Op::as, type, {load(item, n.pos)}, n.pos, x.text), n.pos);
  variables_.back().type = type;
  variables_.back().known = element_type(known_class(n.kids[1]));
  if (x.reference && !refers) copy_of(int(variables_.size()) - 1, item, variables_.back().known == type);
}

std::string Lowering::name_of(int i) const {
  const std::string& name = variables_[std::size_t(i)].name;
  return i == context_.result ? "result" : name == "<counter>" ? "i" : name.empty() ? "flag" : name;
}

// Inside a region of a loop the carried variables are its arguments.
void Lowering::enter_region(Region& region, const std::vector<int>& carried, Pos pos) {
  for (int v : carried) {
    region.args.push_back(f_.fresh(name_of(v), pos));
    variable(v).now = region.args.back();
  }
}

Region Lowering::loop_test(const LoopShape& shape, int broke) {
  Id go = 0;
  Region test = region([&] {
    const Id left = variable(broke).now;
    if (shape.impure || shape.test_behind)  // the condition is evaluated in the body
      go = add(Op::plain, "!", {left}, shape.pos, "go");
    else if (shape.leaves)
      go = choose(
          left, [&] { return constant("false", shape.pos); }, shape.condition, shape.pos, "go");
    else
      go = shape.condition();
  });
  test.yields = {go};
  return test;
}

Region Lowering::loop_body(const LoopShape& shape, int broke) {
  return region([&] {
    const int left = flag(shape.pos);
    context_.loops.push_back({broke, left});
    auto run = [&] {
      open_scope();
      shape.enter();
      statement(shape.body);
      close_scope();
    };
    if (shape.impure)
      if_instruction(
          shape.condition(), run, [&] { leave(true, shape.pos); }, shape.pos);
    else
      run();
    context_.loops.pop_back();
    auto behind = [&] {
      if (shape.step) shape.step();
      if (shape.test_behind) variable(broke).now = add(Op::plain, "!", {shape.condition()}, shape.pos, "flag");
    };
    if (shape.leaves && !shape.always_step && (shape.step || shape.test_behind))
      if_instruction(
          variable(broke).now, [] {}, behind, shape.pos);
    else
      behind();
  });
}

void Lowering::loop(LoopShape shape) {
  shape.leaves = contains(shape.body, NodeKind::break_) || contains(shape.body, NodeKind::return_);
  open_scope();
  ++loops_;
  const int broke = flag(shape.pos);
  std::vector<int> carried;
  Inst inst;
  inst.op = Op::loop;
  inst.pos = shape.pos;
  for (int i = 0; i < int(variables_.size()); ++i)
    if (const Variable& v = variable(i); v.now && !v.alias && !v.lambda && v.refused.empty()) {
      carried.push_back(i);
      inst.operands.push_back(v.now);
    }
  Region entered;
  enter_region(entered, carried, shape.pos);
  Region test = loop_test(shape, broke);
  for (std::size_t k = 0; k < carried.size(); ++k)
    shape.impure = shape.impure || variable(carried[k]).now != entered.args[k];
  if (shape.impure) {  // the condition changes something: once more, as a part of the body
    shape.leaves = true;
    entered = {};
    enter_region(entered, carried, shape.pos);
    test = loop_test(shape, broke);
  }
  test.args = std::move(entered.args);
  entered = {};
  enter_region(entered, carried, shape.pos);
  Region body = loop_body(shape, broke);
  body.args = std::move(entered.args);
  for (int v : carried) body.yields.push_back(variable(v).now);
  inst.regions.push_back(std::move(test));
  inst.regions.push_back(std::move(body));
  for (int v : carried) {
    inst.results.push_back(f_.fresh(name_of(v), shape.pos));
    variable(v).now = inst.results.back();
  }
  region_->code.push_back(std::move(inst));
  --loops_;
  close_scope();
}

}  // namespace zygote::compiler
