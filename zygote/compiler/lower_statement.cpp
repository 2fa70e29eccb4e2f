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

namespace zygote::compiler {

Function lower(const Findings& findings, const Marked& marked, const Node& body) {
  Function f;
  f.taken = &findings.numbered;
  f.name = marked.kind == Marked::lambda ? "lambda" : marked.name;
  f.pos = marked.pos;
  f.method = marked.kind == Marked::method;
  f.result_type = marked.return_type;
  Lowering lowering(findings, marked, f, nullptr);
  lowering.function(marked.parameters, body);
  return f;
}

void Lowering::function(const std::vector<Parameter>& parameters, const Node& body) {
  Region* const outer = region_;
  region_ = &f_.body;
  if (f_.method && !parent_) f_.self = f_.fresh("self", f_.pos);
  open_scope();
  for (const Parameter& p : parameters) {
    const Id id = f_.fresh(p.name.empty() ? "unnamed" : p.name, p.pos);
    f_.parameters.push_back(p.name);
    f_.inputs.push_back(id);
    declare(p.name, id, p.pos, p.mutable_reference ? "is a by-reference parameter" : "");
  }
  returned_ = declare("", constant("false", f_.pos), f_.pos);
  result_ = declare("", add(Op::result, "", {}, f_.pos, "result"), f_.pos);
  statement(body);
  const Id result = variables_[std::size_t(result_)].now;
  if (contains(body, NodeKind::return_)) f_.body.yields = {result};
  close_scope();
  region_ = outer;
}

int Lowering::declare(const std::string& name, Id value, Pos pos, std::string refused) {
  variables_.push_back({name, value, pos, std::move(refused), {}, ++serials_});
  return int(variables_.size()) - 1;
}

void Lowering::close_scope() {
  variables_.resize(scopes_.back());
  scopes_.pop_back();
}

int Lowering::find(const std::string& name) const {
  for (std::size_t i = variables_.size(); i-- > 0;)
    if (variables_[i].name == name && !name.empty()) return int(i);
  return -1;
}

void Lowering::assign(int variable, Id value, Pos pos) {
  Variable& v = variables_[std::size_t(variable)];
  if (!v.refused.empty())
    throw Refusal(pos, "'" + v.name + "' " + v.refused + ", and marked code cannot write to it yet",
                  "write to a local copy and return it");
  for (int watcher : v.watchers)
    for (const Variable& other : variables_)
      if (other.serial == watcher)
        throw Refusal(pos, "'" + v.name + "' changes while '" + other.name + "' refers to it",
                      "copy the value, or capture it by value");
  v.now = value;
}

// A reference, or a closure with captures by reference, sees later changes of what it refers to: remember that.
void Lowering::watch(const Node& n, bool reference, int watcher) {
  const int serial = variables_[std::size_t(watcher)].serial;
  if (n.kind == NodeKind::lambda) {
    const bool all = std::any_of(n.captures.begin(), n.captures.end(), [](const Capture& c) { return c.name == "&"; });
    for (std::size_t i = 0; i + 1 < variables_.size(); ++i) {
      const bool named = std::any_of(n.captures.begin(), n.captures.end(),
                                     [&](const Capture& c) { return c.by_reference && c.name == variables_[i].name; });
      std::set<std::string> used;
      used_names(n, used);
      if (named || (all && used.count(variables_[i].name))) variables_[i].watchers.push_back(serial);
    }
    return;
  }
  if (reference && (n.kind == NodeKind::call || n.kind == NodeKind::ternary)) {
    std::set<std::string> used;
    used_names(n, used);
    for (const std::string& name : used)
      if (const int v = find(name); v >= 0 && v != watcher) variables_[std::size_t(v)].watchers.push_back(serial);
  } else if (reference)
    if (const int v = find(root_of(n).text); v >= 0 && v != watcher && root_of(n).kind == NodeKind::name)
      variables_[std::size_t(v)].watchers.push_back(serial);
  for (const Node& kid : n.kids) watch(kid, false, watcher);
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
          variables_[std::size_t(exit_flag())].now, [] {}, [&] { rest = list(kids, i + 1); }, kids[i + 1].pos);
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
      push(Op::verbatim, n.text, {}, n.pos);
      return {};
    case NodeKind::expression:
      expression(n.kids[0]);
      return {};
    case NodeKind::if_:
      return if_statement(n, nullptr, 0);
    case NodeKind::while_:
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
      return leave(true);
    case NodeKind::continue_:
      return leave(false);
    default:
      throw Refusal(n.pos, "this statement is not supported in marked code");
  }
  return {true, contains(n, NodeKind::return_)};  // a loop
}

// `rest`: the statements behind an if of which one branch always leaves; they move into the other branch.
Lowering::Flow Lowering::if_statement(const Node& n, const std::vector<Node>* rest, std::size_t next) {
  const Id condition = expression(n.kids[0], "test");
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
          variables_[std::size_t(exit_flag())].now, [] {}, [&] { behind = list(*rest, next); }, n.pos);
    else
      behind = list(*rest, next);
    flow = {behind.falls, flow.exits || behind.exits};
  };
  if_instruction(
      condition, [&] { branch(yes, &n.kids[1], rest_in_then); },
      [&] { branch(no, n.kids.size() == 3 ? &n.kids[2] : nullptr, rest_in_else); }, n.pos);
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
  if (!n.kids.empty()) {
    const Node& value = n.kids[0];
    Id id = 0;
    if (value.kind == NodeKind::make && value.text.empty()) {
      if (f_.result_type.empty())
        throw Refusal(n.pos, "a braced return value needs a declared return type", "write return T{...}");
      id = make(value, f_.result_type, "result");
    } else {
      id = expression(value, "result");
      if (!f_.result_type.empty()) id = add(Op::as, f_.result_type, {id}, n.pos, "result");
    }
    variables_[std::size_t(result_)].now = id;
  }
  const Id yes = constant("true", n.pos);
  variables_[std::size_t(returned_)].now = yes;
  for (const Loop& loop : loops_)
    variables_[std::size_t(loop.broke)].now = variables_[std::size_t(loop.left)].now = yes;
  return {false, true};
}

Lowering::Flow Lowering::leave(bool breaks) {
  const Id yes = constant("true", f_.pos);
  if (loops_.empty()) throw Refusal(f_.pos, "break or continue outside of a loop");
  if (breaks) variables_[std::size_t(loops_.back().broke)].now = yes;
  variables_[std::size_t(loops_.back().left)].now = yes;
  return {false, true};
}

void Lowering::declaration(const Node& n) {
  if (n.kind == NodeKind::bind) {
    const Id whole = expression(n.kids[0], "pair");
    for (std::size_t i = 0; i < n.names.size(); ++i) {
      const Id part = add(Op::element, std::to_string(i), {whole}, n.pos, n.names[i]);
      const int v = declare(n.names[i], part, n.pos, n.reference && !n.constant ? "is a reference" : "");
      watch(n.kids[0], n.reference, v);
    }
    return;
  }
  const std::string type = type_text(n.type);
  Id value = 0;
  if (n.kids.empty()) {
    Node made;
    made.pos = n.pos;
    made.braces = true;
    value = make(made, type, n.text);
  } else if (n.kids[0].kind == NodeKind::make && (n.kids[0].text == n.type || n.kids[0].text.empty())) {
    if (type == "auto") throw Refusal(n.pos, "a braced list needs its type in marked code", "write T{...}");
    value = make(n.kids[0], type, n.text);
  } else {
    value = expression(n.kids[0], n.reference || n.kids[0].kind == NodeKind::lambda ? n.text : "v");
    if (!n.reference || type != "auto") value = add(Op::as, type + (n.reference ? "&" : ""), {value}, n.pos, n.text);
  }
  const int v = declare(n.text, value, n.pos, n.reference && !n.constant ? "is a reference" : "");
  if (!n.kids.empty()) watch(n.kids[0], n.reference, v);
}

}  // namespace zygote::compiler
