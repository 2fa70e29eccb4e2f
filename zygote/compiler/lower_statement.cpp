// tree -> IR: statements.
//
//   while (n > 0) { r *= x; --n; }     =>     r_4, n_4 = loop (r_2 = r_1, n_2 = n_1)
//                                               test  v_1 = plain > n_2 0
//                                               body  r_3 = mul r_2 x ..
//
// Assignments become new values; what a branch or a loop changes becomes its result. `break`, `continue` and early
// `return` become structure: the statements behind them move into the other branch or under a flag.
#include <algorithm>

#include "lower.hpp"
#include "passes.hpp"

namespace zygote::compiler {

Function lower(const Findings& findings, const Library& library, const Structs& structs, const Marked& marked,
               const Node& body) {
  Function f;
  f.taken = &findings.numbered;
  f.name = marked.kind == Marked::lambda ? "lambda" : marked.name;
  f.pos = marked.pos;
  f.method = marked.kind == Marked::method && !marked.is_static;
  static const std::set<std::string> of_c = {"gamma", "j0", "j1", "jn", "y0", "y1", "yn", "drem", "significand"};
  if (marked.kind == Marked::free_function && marked.scope.empty() && of_c.count(f.name))
    throw Refusal(f.pos, "'" + f.name + "' is a function of C's <math.h>, too", "rename it, or use a namespace");
  f.result_type = marked.return_type;
  Lowering lowering(findings, library, structs, marked, f, nullptr);
  lowering.function(marked.parameters, body);
  return f;
}

void Lowering::function(const std::vector<Parameter>& parameters, const Node& body) {
  Region* const outer = region_;
  region_ = &f_.body;
  context_.result_type = f_.result_type;
  inlining_.push_back(&body);
  if (f_.method && !parent_) {
    f_.self = f_.fresh("self", f_.pos);
    const int v = declare("*this", f_.self, f_.pos, marked_.changes_object() ? "" : "is the object");
    variable(v).outside = !marked_.assigns();
    context_.object = Place{v, "@", {}};
    context_.owner = &marked_;
  }
  open_scope();
  for (const Parameter& p : parameters) {
    const Id id = f_.fresh(p.name.empty() ? "unnamed" : p.name, p.pos);
    if (!p.type.ends_with("&")) refuse_reference_type(p.type, p.pos);
    if (bare(p.type).ends_with("::iterator") || bare(p.type).ends_with("::const_iterator"))
      throw Refusal(p.pos, "an iterator as a parameter is not supported in marked code", "pass the range, or indices");
    f_.parameters.push_back(p.name);
    f_.inputs.push_back(id);
    f_[id].type = known_type(p.type);
    const int v = declare(p.name, id, p.pos);
    variable(v).type = p.type;
    const bool span = p.type.find("span<") != std::string::npos && p.type.find("const") == std::string::npos;
    variable(v).outside = p.mutable_reference || span;
  }
  context_.returned = flag(f_.pos);
  if (!marked_.returned.empty() && !parent_) return returning_arguments(body, outer);
  context_.result = declare("", add(Op::result, "", {}, f_.pos, "result"), f_.pos);
  if (marked_.constructor && !parent_) make_object();
  statement(body);
  const bool assigns = (marked_.assigns() || marked_.constructor) && !parent_;
  if (marked_.assigns() && !parent_) check_returns(body);
  const Id result = variable(assigns ? context_.object->variable : context_.result).now;
  if (assigns || (f_.result_type != "void" && returns_value(body))) f_.body.yields = {result};
  const bool kernel = parent_ || marked_.kind == Marked::lambda || (f_.method && marked_.name == "operator()");
  if ((f_.result_type.empty() || f_.result_type == "void") && !returns_value(body))
    kernel ? written_parameters(parameters) : check_parameters();
  close_scope();
  region_ = outer;
}

// An operator that assigns returns its object, or nothing: what it is then is the value of the call.
void Lowering::check_returns(const Node& n) const {
  if (n.kind == NodeKind::return_ && !n.kids.empty() &&
      (n.kids[0].kind != NodeKind::unary || n.kids[0].kids[0].kind != NodeKind::self))
    throw Refusal(n.pos, "a marked operator" + marked_.symbol() + " returns *this or nothing");
  if (n.kind != NodeKind::lambda)
    for (const Node& kid : n.kids) check_returns(kid);
}

Lowering::Flow Lowering::list(const std::vector<Node>& kids, std::size_t i) {
  Flow flow;
  for (; i < kids.size(); ++i) {
    const Node& kid = kids[i];
    if (kid.kind == NodeKind::if_ &&
        ((always_exits(kid.kids[1]) || (kid.kids.size() == 3 && always_exits(kid.kids[2])))))
      return if_statement(kid, &kids, i + 1);
    const Flow now = statement(kid);
    flow.exits = flow.exits || now.exits;
    if (!now.falls) return {false, flow.exits};
    if (now.exits && i + 1 < kids.size()) {
      Flow rest;
      if_instruction(
          variable(exit_flag()).now, [] {}, [&] { rest = list(kids, i + 1); }, kids[i + 1].pos);
      return {rest.falls, true};
    }
  }
  return flow;
}

Lowering::Flow Lowering::statement(const Node& n) {
  switch (n.kind) {
    case NodeKind::block: {
      if (n.text == "scopeless") return list(n.kids, 0);
      open_scope();
      const Flow flow = list(n.kids, 0);
      close_scope();
      return flow;
    }
    case NodeKind::declare:
    case NodeKind::bind:
      declaration(n);
      return {};
    case NodeKind::verbatim:
      if (n.text.starts_with("enum") && (region_ != &f_.body || scopes_.size() > 2))  // the reverse does not see it
        throw Refusal(n.pos, "an enumeration within a block is not supported in marked code",
                      "declare it where the function begins, or outside of it");
      push(Op::verbatim, n.text, {}, n.pos);
      if (n.text.starts_with("enum"))
        for (const std::string& name : n.names) declare(name, constant(name, n.pos), n.pos, "is an enumerator");
      return {};
    case NodeKind::expression:
      statement_expression(n.kids[0]);
      return {};
    case NodeKind::if_:
      return if_statement(n, nullptr, 0);
    case NodeKind::switch_:
      return switch_statement(n);
    case NodeKind::raise:
      raise(n);
      return {false, false};
    case NodeKind::while_:
    case NodeKind::do_:
      while_loop(n);
      break;
    case NodeKind::for_:
      for_loop(n);
      break;
    case NodeKind::range_for:
      range_loop(n);
      break;
    case NodeKind::return_:
      return return_statement(n);
    case NodeKind::break_:
      return leave(true, n.pos);
    case NodeKind::continue_:
      return leave(false, n.pos);
    default:
      throw Refusal(n.pos, "this statement is not supported in marked code");
  }
  return {true, contains(n, NodeKind::return_)};  // a loop
}

// `rest`: the statements behind an if of which one branch always leaves; they move into the other branch.
Lowering::Flow Lowering::if_statement(const Node& n, const std::vector<Node>* rest, std::size_t next) {
  const bool constexpr_if = n.text == "constexpr";  // the C++ compiler drops the branch that is not taken
  const Id condition = constexpr_if ? constant(type_text(n.type), n.pos) : expression(n.kids[0], "test");
  const bool rest_in_else = rest && always_exits(n.kids[1]);
  const bool rest_in_then = rest && !rest_in_else;
  Flow yes, no;
  auto branch = [&](Flow& flow, const Node* body, bool with_rest) {
    open_scope();
    if (body) flow = statement(*body);
    close_scope();
    if (!with_rest || !flow.falls) return;
    Flow behind;
    if (flow.exits)
      if_instruction(
          variable(exit_flag()).now, [] {}, [&] { behind = list(*rest, next); }, n.pos);
    else
      behind = list(*rest, next);
    flow = {behind.falls, flow.exits || behind.exits};
  };
  const std::vector<std::string> before = gone();
  std::vector<std::string> behind_yes;
  Inst& inst = if_instruction(
      condition,
      [&] {
        branch(yes, &n.kids[1], rest_in_then);
        behind_yes = gone();
        set_gone(before);
      },
      [&] {
        branch(no, n.kids.size() == 3 ? &n.kids[2] : nullptr, rest_in_else);
        if (!no.falls) set_gone(before);
        if (yes.falls) set_gone(behind_yes, true);
      },
      n.pos);
  if (constexpr_if) inst.text = "constexpr";
  return {yes.falls || no.falls, yes.exits || no.exits};
}

Region Lowering::region(const Code& code) {
  Region result;
  Region* const outer = region_;
  region_ = &result;
  open_scope();
  code();
  close_scope();
  region_ = outer;
  return result;
}

// Variables that either branch changes become results.
Inst& Lowering::if_instruction(Id condition, const Code& yes, const Code& no, Pos pos) {
  const auto now = [&] {
    std::vector<Id> ids;
    for (const Variable& v : variables_) ids.push_back(v.now);
    return ids;
  };
  const std::vector<Id> before = now();
  const auto restore = [&] {
    for (std::size_t i = 0; i < before.size(); ++i) variables_[i].now = before[i];
  };
  Region then_region = region(yes);
  const std::vector<Id> then_ids = now();
  restore();
  Region else_region = region(no);
  const std::vector<Id> else_ids = now();
  restore();
  std::vector<Id> results;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (then_ids[i] == before[i] && else_ids[i] == before[i]) continue;
    then_region.yields.push_back(then_ids[i]);
    else_region.yields.push_back(else_ids[i]);
    results.push_back(f_.fresh(name_of(int(i)), pos));
    variables_[i].now = results.back();
  }
  Inst& inst = push(Op::if_, "", {condition}, pos);
  inst.results = std::move(results);
  inst.regions.push_back(std::move(then_region));
  inst.regions.push_back(std::move(else_region));
  return inst;
}

Lowering::Flow Lowering::return_statement(const Node& n) {
  if (context_.refers && !n.kids.empty())
    *context_.refers = referred(n.kids[0]);
  else if (!n.kids.empty()) {
    const Node& value = n.kids[0];
    const std::string& type = context_.result_type;
    Id id = 0;
    if (value.kind == NodeKind::make && value.text.empty()) {
      if (type.empty())
        throw Refusal(n.pos, "a braced return value needs a declared return type", "write return T{...}");
      id = make(value, type, "result");
    } else {
      id = expression(value, "result");
      if (!type.empty() && type != "void") id = add(Op::as, type, {id}, n.pos, "result");
    }
    variable(context_.result).now = id;
  }
  const Id yes = constant("true", n.pos);
  variable(context_.returned).now = yes;
  for (const Loop& loop : context_.loops) variable(loop.broke).now = variable(loop.left).now = yes;
  return {false, true};
}

Lowering::Flow Lowering::leave(bool breaks, Pos pos) {
  const Id yes = constant("true", pos);
  auto loop = context_.loops.rbegin();
  if (loop == context_.loops.rend()) throw Refusal(pos, "break or continue outside of a loop");
  for (; !breaks && loop->is_switch; ++loop) {  // continue leaves the switches around it
    if (loop + 1 == context_.loops.rend()) throw Refusal(pos, "continue outside of a loop");
    variable(loop->left).now = yes;
  }
  if (breaks) variable(loop->broke).now = yes;
  variable(loop->left).now = yes;
  return {false, true};
}

void Lowering::raise(const Node& n) {
  std::vector<Id> operands;
  ++constant_depth_;
  if (!n.kids.empty()) operands.push_back(expression(n.kids[0], "exception"));
  push(Op::raise, "", std::move(operands), n.pos);
  --constant_depth_;
}

// switch (x) { case 1: a; break; case 2: b; default: c; }   =>   if (x == 1) a; else if (x == 2) { b; c; } else c;
// Statements that a case falls into stand in each of them; a break in the middle of one sets a flag.
Lowering::Flow Lowering::switch_statement(const Node& n) {
  open_scope();
  const Id selector = add(Op::as, "auto", {expression(n.kids[0], "selector")}, n.pos, "selector");
  const int left = flag(n.pos);
  std::vector<Node> groups;  // the statements from each case on
  for (std::size_t i = 1; i < n.kids.size(); ++i) {
    Node group;
    group.pos = n.kids[i].pos;
    bool open = true;
    for (std::size_t k = i; k < n.kids.size() && open; ++k)
      for (const Node& kid : n.kids[k].kids.back().kids) {
        open = open && kid.kind != NodeKind::break_ && !always_exits(kid);
        if (kid.kind != NodeKind::break_) group.kids.push_back(kid);
        if (!open) break;
      }
    groups.push_back(std::move(group));
  }
  context_.loops.push_back({left, left, true});
  bool exits = false;
  const std::function<void(std::size_t)> from = [&](std::size_t i) {
    if (i == groups.size()) {
      for (std::size_t k = 0; k < groups.size(); ++k)
        if (n.kids[k + 1].text == "default") exits = statement(groups[k]).exits || exits;
      return;
    }
    const Node& label = n.kids[i + 1];
    if (label.kids.size() == 1) return from(i + 1);  // only default
    Id test = 0;
    for (std::size_t k = 0; k + 1 < label.kids.size(); ++k) {
      const Id equal = add(Op::plain, "==", {selector, expression(label.kids[k])}, label.pos, "test");
      test = test ? add(Op::plain, "||", {test, equal}, label.pos, "test") : equal;
    }
    if_instruction(
        test, [&] { exits = statement(groups[i]).exits || exits; }, [&] { from(i + 1); }, label.pos);
  };
  from(0);
  context_.loops.pop_back();
  close_scope();
  // A break is over with the switch; continue and return go on.
  return {true, exits && (contains(n, NodeKind::return_) || contains(n, NodeKind::continue_))};
}

// The names of a structured binding are the elements of a place.
void Lowering::bind_names(const Node& n, const Place& whole) {
  for (std::size_t i = 0; i < n.names.size(); ++i)
    alias(n.names[i], extend(whole, "zygote::ir::element<" + std::to_string(i) + ">(@)"), n.pos);
}

void Lowering::bind(const Node& n, const Node& value) {
  if (n.reference)
    if (auto p = referred(value)) return bind_names(n, *p);
  Id id = expression(value, "pair");
  if (!n.constant) id = add(Op::as, "auto", {id}, n.pos, "pair");
  const int whole = declare("", id, n.pos, n.reference ? "refers to a temporary value" : "");
  if (n.reference) watch(mentions(value), whole);
  bind_names(n, {whole, "@", {}});
}

// std::function<double(int)> fib = [&](int n) { .. fib(n - 1) .. };
void Lowering::refuse_itself(const Node& n) const {
  if (n.kids.empty() || n.kids[0].kind != NodeKind::lambda || find(n.text) >= 0) return;
  std::set<std::string> names;
  used_names(n.kids[0].kids.back(), names);
  if (names.count(n.text))
    throw Refusal(n.pos, "'" + n.text + "' calls itself through a std::function, which forgets pullbacks",
                  "give it itself: auto f = [&](auto&& self, int n) -> double { .. self(self, n - 1) .. }; f(f, 5)");
}

void Lowering::declaration(const Node& n) {
  if (n.kind == NodeKind::bind) return bind(n, n.kids[0]);
  if (declares_iterator(n)) return;
  refuse_itself(n);
  if (!n.reference) refuse_reference_type(n.type, n.pos);
  const std::string type = type_text(n.type);
  if (declares_view(n)) return;
  Id value = 0;
  std::string refused;
  std::optional<Place> copied;
  if (n.kids.empty()) {
    Node made;
    made.pos = n.pos;
    made.braces = true;
    value = make(made, type, n.text);
  } else if (n.kids[0].kind == NodeKind::make && (n.kids[0].text == n.type || n.kids[0].text.empty())) {
    if (type == "auto") throw Refusal(n.pos, "a braced list needs its type in marked code", "write T{...}");
    value = make(n.kids[0], type, n.text);
  } else if (n.kids[0].kind == NodeKind::lambda && type == "auto") {
    return bind_lambda(n.text, inlinable(n.kids[0]), n.pos);
  } else if (type == "auto" && !n.reference && makes_view(n.kids[0])) {
    return view(n.text, n.kids[0], target(n.kids[0]), n.pos);
  } else if (auto p = n.reference && (type == "auto" || !is_number_type(type) || !n.constant) ? referred(n.kids[0])
                                                                                              : std::nullopt) {
    std::string known = known_class(n.kids[0]);
    alias(n.text, std::move(*p), n.pos);
    variables_.back().type = type, variables_.back().fixed = n.constant;
    variables_.back().known = std::move(known);
    return;
  } else {
    if (n.reference && !n.constant) refused = "refers to a temporary value";
    if (n.reference && n.constant && is_number_type(type)) copied = referred(n.kids[0]);
    value = copied ? load(*copied, n.pos, n.text) : expression(n.kids[0], n.reference ? n.text : "v");
    if (!n.reference || type != "auto") value = add(Op::as, type + (n.reference ? "&" : ""), {value}, n.pos, n.text);
  }
  const int v = declare(n.text, value, n.pos, refused);
  const bool made = type == "auto" && !n.kids.empty() && n.kids[0].kind == NodeKind::make;
  variable(v).type = made ? n.kids[0].text : type, variable(v).extents = n.extents, variable(v).fixed = n.constant;
  note_constant(n, v);
  if (!n.reference || n.kids.empty()) return;
  watch(mentions(n.kids[0]), v);
  if (copied) copy_of(v, std::move(*copied), known_class(n.kids[0]) == type);
}

}  // namespace zygote::compiler
