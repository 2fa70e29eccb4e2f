// tree -> IR: expressions.
//
//   s.v += a[i] * sin(x)     =>     v_1 = index a i;  v_2 = rule sin x;  v_3 = rule mul v_1 v_2
//                                   v_4 = field v s;  v_5 = rule add v_4 v_3;  s_2 = with v s v_5
#include <algorithm>
#include <array>

#include "lower.hpp"
#include "parser.hpp"

namespace zygote::compiler {
namespace {

// Class templates and types of the standard library that are made by calling them.
const std::set<std::string> kStdTypes = {"pair",        "tuple",   "array",   "vector",    "optional", "complex",
                                         "string",      "span",    "size_t",  "ptrdiff_t", "int8_t",   "int16_t",
                                         "int32_t",     "int64_t", "uint8_t", "uint16_t",  "uint32_t", "uint64_t",
                                         "string_view", "map",     "set",     "deque",     "list"};

std::string unqualified(const std::string& name) {
  const auto base = name.substr(0, name.find('<'));
  const auto at = base.rfind("::");
  return at == std::string::npos ? base : base.substr(at + 2);
}

bool looks_like_macro(const std::string& s) {
  return s.size() > 1 && std::all_of(s.begin(), s.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
         });
}

bool is_cpp_only(const std::string& function) {
  return function == "max" || function == "min" || function == "clamp" || function == "lerp";
}

// Evaluating it is harmless whatever the operands: then && and || need no branch.
bool is_total(const Node& n) {
  const bool kind = n.kind == NodeKind::name || n.kind == NodeKind::literal || n.kind == NodeKind::self ||
                    n.kind == NodeKind::member || (n.kind == NodeKind::binary && n.text != "/" && n.text != "%") ||
                    (n.kind == NodeKind::unary && (n.text == "-" || n.text == "!" || n.text == "+"));
  return kind && std::all_of(n.kids.begin(), n.kids.end(), is_total);
}

}  // namespace

Inst& Lowering::push(Op op, std::string text, std::vector<Id> operands, Pos pos) {
  Inst inst;
  inst.op = op;
  inst.text = std::move(text);
  inst.operands = std::move(operands);
  inst.pos = pos;
  inst.primal = constant_depth_ > 0;
  region_->code.push_back(std::move(inst));
  return region_->code.back();
}

Id Lowering::add(Op op, std::string text, std::vector<Id> operands, Pos pos, const std::string& hint) {
  const Id id = f_.fresh(hint, pos);
  push(op, std::move(text), std::move(operands), pos).results = {id};
  return id;
}

Id Lowering::constant(std::string text, Pos pos) {
  const Id id = f_.fresh("constant", pos);
  f_[id].inlined = std::move(text);
  f_[id].inert = true;
  return id;
}

std::string Lowering::type_of(Id id) const {
  return "std::remove_cvref_t<decltype(" + (f_[id].inlined.empty() ? f_[id].name : f_[id].inlined) + ")>";
}

// In decltype(..) the names of locals stand for their current values.
std::string Lowering::type_text(const std::string& type) {
  if (type.find("decltype") == std::string::npos) return type;
  Tokens tokens = tokenize(type);
  tokens.pop_back();
  for (Token& t : tokens)
    if (t.identifier() && find(t.text) >= 0) {
      const Id id = variables_[std::size_t(find(t.text))].now;
      t.text = f_[id].inlined.empty() ? f_[id].name : f_[id].inlined;
    }
  return join(tokens, 0, tokens.size());
}

// A captured value becomes an input, visible in the whole function under its name.
void Lowering::capture(const std::string& name, Id outer, Pos pos) {
  const Id id = f_.fresh(name, pos);
  captured_.push_back(outer);
  f_.captures.push_back(name);
  f_.inputs.push_back(id);
  declare(name, id, pos, "is captured");
}

Id Lowering::self(Pos pos) {
  if (!f_.method) throw Refusal(pos, "'this' outside of a method", "pass the object as an argument");
  return f_.self;
}

Id Lowering::expression(const Node& n, const std::string& hint) {
  switch (n.kind) {
    case NodeKind::name:
      return name(n);
    case NodeKind::literal:
      return constant(n.text, n.pos);
    case NodeKind::self:
      return self(n.pos);
    case NodeKind::unary:
      return unary(n, hint);
    case NodeKind::postfix:
      return step_by_one(n, true);
    case NodeKind::binary:
      return binary(n, hint);
    case NodeKind::assign:
      return assignment(n);
    case NodeKind::ternary:
      return ternary(n, hint);
    case NodeKind::call:
      return call(n, hint);
    case NodeKind::member:
      return add(Op::field, n.text, {expression(n.kids[0])}, n.pos, hint == "v" ? unqualified(n.text) : hint);
    case NodeKind::index: {
      const Id object = expression(n.kids[0]);
      return add(Op::index, "", {object, expression(n.kids[1])}, n.pos, hint);
    }
    case NodeKind::make:
      if (n.text == "void") return expression(n.kids[0]);
      if (n.text.empty()) throw Refusal(n.pos, "a braced list needs its type in marked code", "write T{...}");
      return make(n, type_text(n.text), hint);
    case NodeKind::lambda:
      return closure(n, hint);
    default:
      throw Refusal(n.pos, "this expression is not supported in marked code");
  }
}

Id Lowering::name(const Node& n) {
  if (const int v = find(n.text); v >= 0) return variables_[std::size_t(v)].now;
  const bool qualified = n.text.find("::") != std::string::npos || n.text.find('<') != std::string::npos;
  if (!f_.method || qualified || findings_.functions.count(n.text)) return constant(n.text, n.pos);
  return add(Op::name, n.text, {self(n.pos)}, n.pos, n.text);
}

Id Lowering::arithmetic(const std::string& op, Id a, Id b, Pos pos, const std::string& hint) {
  if (const Rule* rule = find_operator(op, 2)) return add(Op::rule, rule->name, {a, b}, pos, hint);
  return add(Op::plain, op, {a, b}, pos, hint);
}

Id Lowering::binary(const Node& n, const std::string& hint) {
  if ((n.text == "&&" || n.text == "||") && !is_total(n.kids[1])) {
    const Id left = expression(n.kids[0], "test");
    const auto right = [&] {
      const Id test = add(Op::make, "bool", {expression(n.kids[1], "test")}, n.pos, "test");
      region_->code.back().label = "(";
      return test;
    };
    if (n.text == "&&")
      return choose(
          left, right, [&] { return constant("false", n.pos); }, n.pos, "test");
    return choose(
        left, [&] { return constant("true", n.pos); }, right, n.pos, "test");
  }
  const Id left = expression(n.kids[0]);
  return arithmetic(n.text, left, expression(n.kids[1]), n.pos, hint);
}

Id Lowering::unary(const Node& n, const std::string& hint) {
  if (n.text == "++" || n.text == "--") return step_by_one(n, false);
  if (n.text == "*" && n.kids[0].kind == NodeKind::self) return self(n.pos);
  const Id operand = expression(n.kids[0], n.text == "+" ? hint : "v");
  if (n.text == "+") return operand;
  if (n.text == "*") return add(Op::deref, "", {operand}, n.pos, hint);
  if (n.text == "-") {
    if (n.kids[0].kind == NodeKind::literal) return constant("(-" + n.kids[0].text + ")", n.pos);
    return add(Op::rule, find_operator("-", 1)->name, {operand}, n.pos, hint);
  }
  return add(Op::plain, n.text, {operand}, n.pos, hint);
}

Id Lowering::ternary(const Node& n, const std::string& hint) {
  const Id condition = expression(n.kids[0], "test");
  return choose(
      condition, [&] { return expression(n.kids[1]); }, [&] { return expression(n.kids[2]); }, n.pos, hint);
}

// The value of one of two expressions; only that one is evaluated.
Id Lowering::choose(Id condition, const std::function<Id()>& yes, const std::function<Id()>& no, Pos pos,
                    const std::string& hint) {
  Id a = 0, b = 0;
  Inst& inst = if_instruction(
      condition, [&] { a = yes(); }, [&] { b = no(); }, pos);
  inst.regions[0].yields.push_back(a);
  inst.regions[1].yields.push_back(b);
  inst.results.push_back(f_.fresh(hint, pos));
  return inst.results.back();
}

// Writes value(old) to a variable or to a field of one; returns what was written.
Id Lowering::store(const Node& target, const std::function<Id(Id)>& value, Pos pos) {
  std::string path;
  const Node* place = &target;
  for (; place->kind == NodeKind::member; place = &place->kids[0])
    path = place->text + (path.empty() ? "" : "." + path);
  if (place->kind == NodeKind::index)
    throw Refusal(pos, "writing to an element is not supported yet",
                  "build the container outside, or use a struct of variables");
  if (place->kind == NodeKind::self)
    throw Refusal(pos, "a marked method cannot write to its own object", "make a copy, change it and return it");
  if (place->kind != NodeKind::name)
    throw Refusal(pos, "this is not a variable that marked code can write to", "assign to a local variable");
  const int v = find(place->text);
  if (v < 0)
    throw Refusal(place->pos, "'" + place->text + "' is not a local variable; marked code cannot write to it",
                  f_.method ? "a marked method returns a new value instead of changing its object"
                            : "pass it in and return the new value");
  const Id whole = variables_[std::size_t(v)].now;
  const Id old = path.empty() ? whole : add(Op::field, path, {whole}, pos, unqualified(path));
  Id written = value(old);
  if (path.empty())
    assign(v, written, pos);
  else
    assign(v, add(Op::with, path, {whole, written}, pos, place->text), pos);
  return written;
}

Id Lowering::assignment(const Node& n) {
  const std::string hint = n.kids[0].kind == NodeKind::name ? n.kids[0].text : unqualified(n.kids[0].text);
  return store(
      n.kids[0],
      [&](Id old) {
        if (n.kids[1].kind == NodeKind::make && n.kids[1].text.empty()) return make(n.kids[1], type_of(old), hint);
        Id value = expression(n.kids[1]);
        if (n.text != "=") {
          if (n.kids[0].kind == NodeKind::name) old = variables_[std::size_t(find(n.kids[0].text))].now;
          value = arithmetic(n.text.substr(0, n.text.size() - 1), old, value, n.pos);
        }
        return add(Op::like, "", {value, old}, n.pos, hint);
      },
      n.pos);
}

Id Lowering::step_by_one(const Node& n, bool postfix) {
  Id before = 0;
  const Id after = store(
      n.kids[0],
      [&](Id old) {
        before = old;
        const Id value = arithmetic(n.text.substr(0, 1), old, constant("1", n.pos), n.pos);
        return add(Op::like, "", {value, old}, n.pos, n.kids[0].text);
      },
      n.pos);
  return postfix ? before : after;
}

// label: "(", or "{", or "{" and the comma-separated names of the designators.
Id Lowering::make(const Node& n, const std::string& type, const std::string& hint) {
  std::string label = n.braces ? "{" : "(";
  std::vector<Id> values;
  for (const Node& kid : n.kids) {
    const Node& value = kid.kind == NodeKind::designated ? kid.kids[0] : kid;
    if (value.kind == NodeKind::make && value.text.empty())
      throw Refusal(value.pos, "a nested braced list needs its type in marked code", "write T{...}");
    if (kid.kind == NodeKind::designated) label += (label.size() > 1 ? "," : "") + kid.text;
    values.push_back(expression(value));
  }
  if (type == "auto") throw Refusal(n.pos, "a braced list needs its type in marked code", "write T{...}");
  const Id id = add(Op::make, type, std::move(values), n.pos, hint);
  region_->code.back().label = std::move(label);
  return id;
}

std::vector<Id> Lowering::arguments(const Node& n, std::size_t from) {
  std::vector<Id> ids;
  for (std::size_t i = from; i < n.kids.size(); ++i) ids.push_back(expression(n.kids[i]));
  return ids;
}

Id Lowering::call(const Node& n, const std::string& hint) {
  const Node& callee = n.kids[0];
  if (callee.kind == NodeKind::name && find(callee.text) < 0) {
    if (unqualified(callee.text) == "constant" && n.kids.size() == 2) return constant_expression(n);
    return call_name(n, callee.text, arguments(n), hint);
  }
  const bool method = callee.kind == NodeKind::member;
  std::vector<Id> operands{expression(method ? callee.kids[0] : callee)};
  for (Id id : arguments(n)) operands.push_back(id);
  return add(method ? Op::call_method : Op::call_object, method ? callee.text : "", std::move(operands), n.pos, hint);
}

// constant(expr): the value of expr, through which no adjoint flows; its calls need no pullbacks.
Id Lowering::constant_expression(const Node& n) {
  ++constant_depth_;
  const Id value = expression(n.kids[1]);
  --constant_depth_;
  const Id id = add(Op::call, "::zygote::constant", {value}, n.pos, "constant");
  region_->code.back().primal = true;
  return id;
}

bool Lowering::names_type(const std::string& name) const {
  const std::string last = unqualified(name);
  if (findings_.functions.count(last)) return false;
  if (is_builtin_type(name.substr(0, name.find(' '))) || findings_.types.count(last)) return true;
  if (name.starts_with("std::")) return kStdTypes.count(last) > 0;
  // By convention. If such a name is no type, the C++ compiler says so: it is used to declare a variable.
  return last[0] >= 'A' && last[0] <= 'Z' &&
         std::any_of(last.begin(), last.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

// The rule of a function of <cmath> or <algorithm> with that many arguments.
const Rule* Lowering::math_rule(const std::string& callee, std::size_t arguments) const {
  const std::string last = unqualified(callee);
  const bool plain_name = callee == last && !findings_.functions.count(last) && !findings_.declared.count(last);
  const Rule* rule = plain_name || callee == "std::" + last ? find_rule(last) : nullptr;
  return rule && rule->symbol.empty() && rule->formulas.size() == arguments ? rule : nullptr;
}

Id Lowering::call_name(const Node& n, const std::string& callee, std::vector<Id> arguments, const std::string& hint) {
  const std::string last = unqualified(callee);
  const bool plain_name = callee.find("::") == std::string::npos;
  if ((plain_name || callee.starts_with("std::")) && last == "get" && callee.find('<') != std::string::npos &&
      arguments.size() == 1) {
    const auto open = callee.find('<');
    return add(Op::element, callee.substr(open + 1, callee.rfind('>') - open - 1), arguments, n.pos, hint);
  }
  Lowering* root = this;
  while (root->parent_) root = root->parent_;
  const bool of_struct = root->marked_.kind == Marked::free_function;
  if (plain_name && of_struct && callee == root->f_.name) {
    root->f_.recursive = true;
    arguments.insert(arguments.begin(), constant("(*this)", n.pos));
    const Id result = add(Op::call_object, "", arguments, n.pos, hint);
    region_->code.back().label = "recursive";
    return result;
  }
  if (names_type(callee)) {
    const Id id = add(Op::make, callee, std::move(arguments), n.pos, hint);
    region_->code.back().label = "(";
    return id;
  }
  if (f_.method && plain_name && root->marked_.sibling_methods.count(last)) {
    if (last == root->marked_.name) root->f_.recursive = true;
    arguments.insert(arguments.begin(), self(n.pos));
    return add(Op::call_method, callee, std::move(arguments), n.pos, hint);
  }
  if (const Rule* rule = math_rule(callee, arguments.size())) {
    const Id id = add(Op::rule, last, std::move(arguments), n.pos, hint);
    // A plain `max` may be a function of the user's own; sin and the like, which C has too, are not redefined.
    if (plain_name && is_cpp_only(rule->name)) region_->code.back().label = "unqualified";
    return id;
  }
  if (looks_like_macro(last))
    throw Refusal(n.pos, "'" + last + "' looks like a macro that this file does not define",
                  "define it in this file, or call a function");
  const Id id = add(Op::call, callee, std::move(arguments), n.pos, hint);
  if (last == "assert") region_->code.back().primal = true;
  if (f_.method && plain_name) {  // the callee may be a field: the call reads the object
    region_->code.back().label = "self";
    region_->code.back().operands.push_back(self(n.pos));
  }
  return id;
}

// A nested lambda is a function of its own; the locals that it names become its captures.
Id Lowering::closure(const Node& n, const std::string& hint) {
  Function inner;
  inner.taken = f_.taken;
  inner.name = "lambda";
  inner.pos = n.pos;
  inner.method = f_.method;
  inner.result_type = n.type;
  inner.parameter_text = n.parameter_text;
  Lowering lowering(findings_, marked_, inner, this);
  if (f_.method) {
    lowering.capture("zygote_self", self(n.pos), n.pos);
    inner.self = inner.inputs.back();
  }
  std::size_t init = 0;
  std::set<std::string> names;
  for (const Capture& c : n.captures)
    if (c.has_init) lowering.capture(c.name, expression(n.kids[init++], c.name), n.pos);
  used_names(n.kids.back(), names);
  for (const std::string& name : names)
    if (lowering.find(name) < 0 && find(name) >= 0)
      lowering.capture(name, variables_[std::size_t(find(name))].now, n.pos);
  lowering.function(n.parameters, n.kids.back());
  const Id id = add(Op::closure, "", lowering.captured_, n.pos, hint == "v" ? "lambda" : hint);
  region_->code.back().functions.push_back(std::move(inner));
  return id;
}

}  // namespace zygote::compiler
