// tree -> IR: expressions.
//
//   s.v += a[i] * sin(x)     =>     v_1 = load @[$1] a i;  v_2 = rule sin x;  v_3 = rule mul v_1 v_2
//                                   v_4 = load @.v s;  v_5 = rule add v_4 v_3;  s_2 = store @.v s v_5
#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "lower.hpp"
#include "parser.hpp"

namespace zygote::compiler {

std::string unqualified(const std::string& name) {
  std::size_t begin = 0, end = name.size();
  int depth = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '<' && depth++ == 0) end = i;
    if (name[i] == '>') --depth;
    if (depth == 0 && name.compare(i, 2, "::") == 0) begin = i + 2, end = name.size();
  }
  return name.substr(begin, end - begin);
}

bool is_number_type(const std::string& type) {
  Tokens tokens = tokenize(type);
  tokens.pop_back();
  return !tokens.empty() && std::all_of(tokens.begin(), tokens.end(), [](const Token& t) {
    return is_builtin_type(t.text) && t.text != "auto" && t.text != "void";
  });
}

bool is_integer_type(const std::string& type) {
  static const std::set<std::string> inexact = {"double", "float", "auto", "void"};
  thread_local std::map<std::string, bool> answers;  // for the few types of a program
  const auto [at, asked] = answers.insert({type, false});
  if (!asked) return at->second;
  Tokens tokens = tokenize(type);
  tokens.pop_back();
  return at->second = !tokens.empty() && std::all_of(tokens.begin(), tokens.end(), [](const Token& t) {
           return t.is("std") || t.is("::") || t.is("const") || std_name("std::" + t.text) == StdName::integer ||
                  (is_builtin_type(t.text) && !inexact.count(t.text));
         });
}

namespace {
// @.position and @.velocity: parts that have nothing in common, whatever the indices in front.
bool disjoint(const std::string& a, const std::string& b) {
  const auto word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  std::size_t at = std::size_t(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
  while (at > 0 && word(a[at - 1])) --at;
  return at > 0 && a[at - 1] == '.' && at < a.size() && at < b.size() && word(a[at]) && word(b[at]);
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

Id Lowering::expression(const Node& n, const std::string& hint) {
  if (auto id = compared_iterators(n, hint)) return *id;
  if (is_position(n) && !named_range(n, {"begin", "cbegin", "end", "cend"})) refuse_iterator(n.pos);
  switch (n.kind) {
    case NodeKind::name:
      return name(n);
    case NodeKind::literal:
      return constant(n.text.starts_with("sizeof") ? size_text(n) : n.text, n.pos);
    case NodeKind::self:
      return load(self(n.pos), n.pos, "self");
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
    case NodeKind::index:
      return load(place_or_value(n), n.pos, n.kind == NodeKind::member && hint == "v" ? unqualified(n.text) : hint);
    case NodeKind::comma:
      statement_expression(n.kids[0]);
      return expression(n.kids[1], hint);
    case NodeKind::make:
      if (n.text == "void") return expression(n.kids[0]);
      if (n.text.ends_with("&") && !is_number_type(bare(n.text))) return reference_cast(n);
      if (n.text.empty()) throw Refusal(n.pos, "a braced list needs its type in marked code", "write T{...}");
      return make(n, type_text(n.text.ends_with("&") ? bare(n.text) : n.text), hint);
    case NodeKind::lambda:
      return closure(n, hint);
    default:
      throw Refusal(n.pos, "this expression is not supported in marked code");
  }
}

// A macro of a header, such as M_PI? Asking the object for a member of that name would not compile.
bool Lowering::is_constant_macro(const std::string& name) const {
  if (!looks_like_macro(name)) return false;
  const Marked& method = context_.owner ? *context_.owner : marked_;
  if (!method.has_bases) return !method.around.count(name);
  return name.starts_with("M_") || name.ends_with("_MAX") || name.ends_with("_MIN") || name.ends_with("_EPSILON") ||
         name == "NAN" || name == "INFINITY";
}

Id Lowering::name(const Node& n) {
  if (const int v = find(n.text); v >= 0 && variable(v).lambda) {
    const Inlinable lambda = *variable(v).lambda;
    const Ranges here = std::exchange(context_.visible, lambda.visible);
    open_scope();
    context_.visible.push_back({int(variables_.size()), 1 << 30});
    for (const auto& [name, i] : lambda.copies)
      alias(name, variable(i).alias ? *variable(i).alias : Place{i, "@", {}}, n.pos);
    const Id id = closure(*lambda.node, n.text);
    close_scope();
    context_.visible = here;
    return id;
  }
  check_not_gone(n);
  if (auto p = name_place(n.text)) return load(*p, n.pos, unqualified(n.text));
  check_visible(n.text, n.pos);
  const auto global = findings_.globals.find(unqualified(n.text));
  const std::string type = global == findings_.globals.end() ? "" : full_type(global->second);
  if (is_number_type(type) || type.ends_with("size_t")) {
    const Id id = add(Op::call, "::zygote::constant", {constant(n.text, n.pos)}, n.pos, unqualified(n.text));
    region_->code.back().primal = true;
    if (is_number_type(type) && n.text == global->first) f_[id].type = type;
    return id;
  }
  const bool qualified = n.text.find("::") != std::string::npos || n.text.find('<') != std::string::npos;
  if (looks_into_object() && !qualified && !findings_.functions.count(n.text) && !is_constant_macro(n.text))
    return add(Op::name, n.text, {load(self(n.pos), n.pos)}, n.pos, n.text);
  const Id id = constant(explicit_template(n.text, findings_.templates), n.pos);
  f_[id].changes = global != findings_.globals.end();
  return id;
}

Id Lowering::arithmetic(const std::string& op, Id a, Id b, Pos pos, const std::string& hint) {
  if (const Rule* rule = find_operator(op, 2)) return add(Op::rule, rule->name, {a, b}, pos, hint);
  return add(Op::plain, op, {a, b}, pos, hint);
}

// An operator of an expression: perhaps of one's own, if the file knows of any.
Id Lowering::operation(const std::string& op, std::vector<Id> operands, Pos pos, const std::string& hint) {
  const Rule* rule = find_operator(op, operands.size());
  if (!rule || !findings_.operators.count(op))
    return add(rule ? Op::rule : Op::plain, rule ? rule->name : op, std::move(operands), pos, hint);
  const std::string any = "::zygote::operators::any_" + rule->name,
                    here = (operands.size() == 1 ? "ZYGOTE_PREFIX(" : "ZYGOTE_INFIX(") + any + ", " + op + ")";
  operands.insert(operands.begin(), constant(findings_.std_operators.count(op) ? here : any, pos));
  return add(Op::call_object, "", std::move(operands), pos, hint);
}

// May the value of an expression be a part of a place, rather than a copy?
bool Lowering::may_alias(const Node& n, const Place& target) {
  if (n.kind == NodeKind::call) {
    const std::string last = unqualified(n.kids[0].text);
    bool known = n.kids[0].kind == NodeKind::name && names_type(n.kids[0].text), by_reference = false;
    for (const Marked& m : findings_.marked)
      if (m.name == last) known = true, by_reference = by_reference || m.by_reference;
    if (known && !by_reference) return false;
  }
  const Node* root = &n;  // nothing is evaluated here: it has been
  std::string path;
  for (; root->kind == NodeKind::member || root->kind == NodeKind::index || root->kind == NodeKind::unary;
       root = &root->kids[0])
    path = (root->kind == NodeKind::member  ? "." + member_text(root->text)
            : root->kind == NodeKind::index ? "[$1]"
                                            : "") +
           path;
  if (root->kind == NodeKind::name || root->kind == NodeKind::self) {
    auto p = root->kind == NodeKind::self ? context_.object : name_place(root->text);
    if (p && variable(p->variable).range) p = extend(*variable(p->variable).range, "@[$1]");  // an iterator
    return p && p->variable == target.variable && !disjoint(p->path + path, target.path);
  }
  if (root != &n) return may_alias(*root, target);
  const std::vector<int> parts = mentions(n);
  return std::count(parts.begin(), parts.end(), target.variable) > 0;
}

// x += y is x = x + y; of one's own types, what their operator += makes of x.
Id Lowering::compound(const Node& n, const Place& target, Id value) {
  const std::string op = n.text.substr(0, n.text.size() - 1);
  const Id before = load(target, n.pos);
  // Of a complex number, by an int: its operators take numbers of its own type.
  const Node& by = n.kids[1];
  const bool integer = (by.kind == NodeKind::literal && by.text.find_first_not_of("0123456789") == std::string::npos) ||
                       (by.kind == NodeKind::call && by.kids[0].text == "size") || is_integer_type(known_class(by));
  if (const std::string type = known_class(n.kids[0]); integer && type.starts_with("std::complex<"))
    value = add(Op::as, type.substr(13, type.size() - 14), {value}, n.pos);
  const bool own = findings_.operators.count(op) || findings_.operators.count(n.text);
  if (!own || !find_operator(op, 2)) {
    const Id result = arithmetic(op, before, value, n.pos);
    if (Inst& made = region_->code.back(); made.op == Op::rule) made.label = "in place";
    return result;
  }
  std::string callee = "::zygote::operators::any_" + find_operator(op, 2)->name + "_assign";
  if (may_alias(n.kids[1], target)) callee = "::zygote::operators::aliased(" + callee + ")";
  return add(Op::call_object, "", {constant(callee, n.pos), before, value}, n.pos);
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
  return operation(n.text, {left, expression(n.kids[1])}, n.pos, hint);
}

Id Lowering::unary(const Node& n, const std::string& hint) {
  if (n.text == "++" || n.text == "--") return step_by_one(n, false);
  if (n.text == "*" && n.kids[0].kind == NodeKind::self) return load(self(n.pos), n.pos, "self");
  if (n.text == "*") return load(place_or_value(n), n.pos, hint);
  const Id operand = expression(n.kids[0], n.text == "+" ? hint : "v");
  if (n.text == "+") return operand;
  if (n.text == "-") {
    if (n.kids[0].kind == NodeKind::literal) return constant("(-" + n.kids[0].text + ")", n.pos);
  }
  return operation(n.text, {operand}, n.pos, hint);
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

Id Lowering::assignment(const Node& n) {
  const Node& value = n.kids[1];
  refuse_reseating(n.kids[0]);
  if (value.kind == NodeKind::make && value.text.empty()) {
    const Place p = target(n.kids[0]);
    const Variable& v = variable(p.variable);
    const bool known = p.path == "@" && v.typed();
    return store(p, make(value, known ? type_text(v.type) : type_of(load(p, n.pos)), "v"), n.pos);
  }
  Id id = expression(value);
  const Place p = target(n.kids[0]);
  if (n.text != "=") id = compound(n, p, id);
  return store(p, id, n.pos);
}

Id Lowering::step_by_one(const Node& n, bool postfix) {
  const Place p = target(n.kids[0]);
  Id before = load(p, n.pos);
  if (postfix && !p.whole()) before = add(Op::as, "auto", {before}, n.pos);
  const Id after = store(p, arithmetic(n.text.substr(0, 1), before, constant("1", n.pos), n.pos), n.pos);
  return postfix ? before : after;
}

// constant(expr): the value of expr, through which no adjoint flows; its calls need no pullbacks.
Id Lowering::constant_expression(const Node& n) {
  ++constant_depth_;
  const std::set<int> before = std::exchange(written_, {});
  const int serial = serials_;
  const Id value = expression(n.kids[1]);
  const auto inert = [&](const std::string& type) {
    const auto s = structs_.find(type);
    return is_integer_type(type) ||
           (s != structs_.end() &&
            std::ranges::all_of(s->second.fields, [](const auto& field) { return is_integer_type(field.type); }));
  };
  for (const Variable& v : variables_)
    if (v.serial <= serial && written_.count(v.serial) && !inert(v.type) && !inert(f_[v.now].type))
      throw Refusal(n.pos, "what is worked out in constant(..) changes a variable, whose gradient would be lost",
                    "change it outside of constant(..)");
  written_ = before;
  --constant_depth_;
  const Id id = add(Op::call, "::zygote::constant", {value}, n.pos, "constant");
  region_->code.back().primal = true;
  return id;
}

// The type of a literal or a test, if that is plain to see.
std::string plain_type(const Node& n) {
  static const std::set<std::string> tests = {"==", "!=", "<", ">", "<=", ">=", "&&", "||"};
  if ((n.kind == NodeKind::binary && tests.count(n.text)) || (n.kind == NodeKind::unary && n.text == "!"))
    return "bool";
  if (n.kind == NodeKind::unary && (n.text == "-" || n.text == "+")) return plain_type(n.kids[0]);
  if (n.kind != NodeKind::literal) return "";
  if (n.text == "true" || n.text == "false") return "bool";
  if (n.text.find_first_not_of("0123456789") == std::string::npos && n.text.size() < 10) return "int";
  const bool real = n.text.find_first_not_of("0123456789.e+-") == std::string::npos &&
                    n.text.find_first_of(".e") != std::string::npos;
  return real ? "double" : "";
}

// A nested lambda that is handed on is a function of its own; the locals that it names become its captures.
Id Lowering::closure(const Node& n, const std::string& hint) {
  Function inner;
  inner.taken = f_.taken;
  inner.name = "lambda";
  inner.pos = n.pos;
  inner.method = context_.object.has_value();
  inner.result_type = returned_type(n);
  inner.parameter_text = n.parameter_text;
  Lowering lowering(findings_, library_, structs_, marked_, inner, this);
  if (context_.object) {
    lowering.capture("zygote_self", load(*context_.object, n.pos, "self"), n.pos);
    inner.self = inner.inputs.back();
    lowering.context_.object = Place{int(lowering.variables_.size()) - 1, "@", {}};
    lowering.context_.owner = context_.owner;
    lowering.context_.function = context_.function;
  }
  std::size_t init = 0;
  for (const Capture& c : n.captures)
    if (c.has_init) lowering.capture(c.name, expression(n.kids[init++], c.name), n.pos);
  for (const std::string& name : used_from_outside(n))
    if (lowering.find(name) < 0 && find(name) >= 0) {
      Node captured;
      captured.kind = NodeKind::name;
      captured.pos = n.pos;
      captured.text = name;
      const bool by_reference = std::any_of(n.captures.begin(), n.captures.end(), [&](const Capture& c) {
        return (c.name == "&" || c.name == name) && c.by_reference;
      });
      if (const auto p = name_place(name); p && by_reference) variable(p->variable).handed_on = true;
      lowering.capture(name, expression(captured, name), n.pos);
    }
  lowering.function(n.parameters, n.kids.back());
  if (inner.writes_parameters)
    throw Refusal(n.pos, "a lambda that is handed on, or given itself, cannot change its arguments",
                  "make it a marked function, which is handed the variable by reference");
  const bool recursive =
      !n.type.empty() && std::any_of(n.parameters.begin(), n.parameters.end(), [&](const Parameter& p) {
        return !p.name.empty() && gives_itself(n.kids.back(), p.name);
      });
  const Id id =
      add(Op::closure, recursive ? "recursive" : "", lowering.captured_, n.pos, hint == "v" ? "lambda" : hint);
  region_->code.back().functions.push_back(std::move(inner));
  return id;
}

}  // namespace zygote::compiler
