// IR -> C++
//
//   r_3 = mul r_2 x                 =>   const auto r_3 = r_2 * x;
//   d_x = mul<1> d r_2              =>   auto d_x_1 = zygote::rules::mul<1>(extent_x_1, d_1, zygote::none{}, r_2, ..);
//
// One instruction, one statement. Types are left to the C++ compiler; control flow goes through the combinators of
// zygote/runtime/control.hpp. Requires IR that verifies.
#include <algorithm>
#include <cctype>
#include <functional>
#include <set>

#include "emitter.hpp"
#include "lower.hpp"
#include "parser.hpp"

namespace zygote::compiler {

std::string Emitter::run() {
  const bool closure = !f_.captures.empty() || !f_.parameter_text.empty();
  if (!primal_ && (closure ? !f_.recursive : marked_.kind != Marked::lambda)) shared_ = find_shared(f_);
  for (const auto& [loop, how] : f_.one_by_one)
    for (Id d : how.adjoints) shared_.erase(d);
  if (!primal_ && !f_.lends.empty())
    statement("[[maybe_unused]] constexpr zygote::Mode zygote_how = zygote::mode_of(zygote_mode)", f_.pos);
  for (const std::string& check : f_.checks) statement(check, f_.pos);
  inputs();
  declare_tapes(f_.body, "zygote::ir::Tape tape_@");
  code(f_.body);
  const std::string result = f_.body.yields.empty() ? "zygote::none{}" : id(f_.body.yields[0]);
  if (primal_) {
    statement(f_.body.yields.empty() || f_.returns_written ? "return" : "return " + result, f_.pos);
    return out_;
  }
  const std::string parameter = used(f_.adjoint.code.args[0]) ? " " + id(f_.adjoint.code.args[0]) : "";
  const std::string head = f_.recursive ? "return {" : "return zygote::Pullback{";
  line(head + result + ", [" + captures() + "](const auto&" + parameter +
           (shared_.empty() ? "" : ", [[maybe_unused]] const auto&... zygote_into") + ") {",
       f_.pos);
  ++indent_;
  declare_tapes(f_.body, "zygote::ir::Reader read_@(tape_@)");
  for (Id i : f_.body.saves)
    if (lent(i) >= 0) define(i, "[[maybe_unused]] const auto&", " = lent_" + id(i) + ".get()", f_.pos);
  code(f_.adjoint.code);
  std::string grads;
  for (Id g : f_.adjoint.grads)
    grads += (grads.empty() ? "" : ", ") + (shared_.count(g) ? "zygote::ir::rest(place_" + id(g) + ")" : moved(g));
  statement("return std::make_tuple(" + grads + ")", f_.pos);
  --indent_;
  line("}};", f_.pos);
  return out_;
}

void Emitter::inputs() {
  // Of a dependent type, so that nothing is asked about the class before it is complete.
  if (f_.self && f_.captures.empty())
    define_reference(f_.self, marked_.waits() ? "zygote::dependent<zygote_mode>(*this)" : "*this", f_.pos);
  for (std::size_t i = 0; i < f_.parameters.size(); ++i) {
    const Id input = f_.inputs[f_.captures.size() + i];
    const bool own = f_.captures.empty() && f_.parameter_text.empty();
    if (own && may_be_map(marked_.parameters[i].type) && subscripts(f_.body, input))
      define(input, "auto&", " = zygote::ir::parameter(" + f_.parameters[i] + ")", f_.pos);
    else if (own && is_stream(marked_.parameters[i].type)) {
      streams_.insert(input);
      define(input, "[[maybe_unused]] auto&", " = " + f_.parameters[i], f_.pos);
    } else if (!f_.parameters[i].empty())
      define_reference(input, f_.parameters[i], f_.pos);
  }
}

// Is that the name of a type by value that could be a map?
bool Emitter::may_be_map(const std::string& type) {
  const bool plain =
      std::all_of(type.begin(), type.end(), [](char c) { return std::isalnum(c) || c == '_' || c == ':'; });
  return !type.ends_with("&") && (type.find("map<") != std::string::npos || (plain && type != "auto"));
}
// Is x[..] read of it?
bool Emitter::subscripts(const Region& r, Id id) {
  return std::any_of(r.code.begin(), r.code.end(), [&](const Inst& inst) {
    const bool reads = (inst.op == Op::load || inst.op == Op::shape) && inst.operands[0] == id;
    return (reads && inst.text.starts_with("@[")) ||
           std::any_of(inst.regions.begin(), inst.regions.end(),
                       [&](const Region& inner) { return subscripts(inner, id); });
  });
}

std::string Emitter::captures() const {
  std::string text = "=";
  for (Id i : f_.body.saves)
    if (owned_.count(i) || moves_.captured.count(i))
      text += ", " + id(i) + " = std::move(" + id(i) + ")";
    else if (const int k = lent(i); k >= 0)
      text += ", lent_" + id(i) + " = zygote::ir::lend<zygote_how.lent(" + std::to_string(k) + "), " +
              (f_.body.saved.count(i) ? "false" : "true") + ">(" + id(i) + ")";
  for (Id i : tapes(f_.body)) text += ", tape_" + id(i) + " = std::move(tape_" + id(i) + ")";
  for (Id d : begun_) text += ", early_" + id(d) + " = std::move(early_" + id(d) + ")";
  return text;
}

void Emitter::code(const Region& r) {
  for (const Inst& inst : r.code)
    if (inst.label != "again" && !ahead_.count(&inst)) instruction(inst);
}

void Emitter::instruction(const Inst& inst) {
  const auto& o = inst.operands;
  const Id result = inst.results.empty() ? 0 : inst.results[0];
  const bool made = inst.op == Op::call && o.size() == (inst.label == "self" ? 1 : 0);
  if ((made || inst.op == Op::load || inst.op == Op::name) && !is_number(f_[result].type)) not_owned_.insert(result);
  const Pos pos = inst.pos;
  switch (inst.op) {
    case Op::constant:
      return;
    case Op::verbatim:
      return line(inst.text, pos);
    case Op::name:
      return define_reference(result, "ZYGOTE_VALUE(" + inst.text + ")(" + id(o[0]) + ")", pos);
    case Op::rule:
      if (inst.label == "unqualified") check_unqualified(inst);
      return define_value(result, rule(inst), pos);
    case Op::plain:
      if (inst.text == "<<" || inst.text == ">>") {  // perhaps a stream
        define(result, "[[maybe_unused]] auto&&", " = " + id(o[0]) + " " + inst.text + " " + constant(o[1]), pos);
        const std::string manipulator = unqualified(constant(o[1]));  // a template, which has no type
        if (manipulator == "endl" || manipulator == "ends" || manipulator == "flush") return;
        return check_plain(inst, "harmless_shift");
      }
      define_value(result, o.size() == 1 ? inst.text + id(o[0]) : id(o[0]) + " " + inst.text + " " + id(o[1]), pos);
      if (inst.text.size() == 1 && inst.text.find_first_of("%&|^~") == 0) check_plain(inst, "harmless");
      return;
    case Op::call:
    case Op::call_object:
    case Op::call_method:
      return call(inst);
    case Op::load:
    case Op::store:
    case Op::push:
    case Op::resize:
      return access(inst);
    case Op::is:
      return is(inst);
    case Op::raise:
      return statement("throw" + (o.empty() ? "" : " " + id(o[0])), pos);
    case Op::make:
      return make(inst);
    case Op::like:
      return define(result, moves_.from.count(result) ? "auto" : "const auto",
                    " = zygote::ir::like(" + id(o[1]) + ", " + given(o[0], inst) + ")", pos);
    case Op::as: {
      const bool map = inst.text == "auto" || inst.text.find("map<") != std::string::npos;  // x[k] may change it
      const bool changes = moves_.from.count(result) || (map && subscripts(f_.body, result));
      const bool constant = !changes && !inst.text.starts_with("const ");
      define(result, (constant ? "const " : "") + inst.text, " = " + given(o[0], inst), pos);
      if (inst.text.find("auto") != std::string::npos) return check_copied(inst);
      check_no_reference(inst);
      return check_made(inst);
    }
    case Op::length:
      return define_value(result, "zygote::ir::length(" + id(o[0]) + ")", pos);
    case Op::closure:
      return closure(inst);
    case Op::result:
      return define_value(result, "zygote::ir::initial<" + result_type() + ">()", pos);
    case Op::if_:
      return if_(inst);
    case Op::loop:
      return loop(inst);
    case Op::type:
      if (!primal_) define_value(result, "zygote::ir::type(" + active(o[0]) + ")", pos);
      return;
    case Op::extent:
      if (!primal_) define_value(result, "zygote::extent(" + active(o[0]) + ")", pos);
      return;
    case Op::shape:
      if (!primal_) define_value(result, shape(inst), pos);
      return;
    default:
      return reverse_instruction(inst);
  }
}

std::string Emitter::shape(const Inst& inst) const {
  const auto& o = inst.operands;
  if (inst.text != "@") return "zygote::ir::shape(" + path(inst.text, id(o[0]), o, 1) + ")";
  const bool late = std::any_of(shared_.begin(), shared_.end(),
                                [&](const auto& shared) { return shared.second.shape == inst.results[0]; });
  const int k = late ? lent(o[0]) : -1;
  return "zygote::ir::shape" + (k < 0 ? "(" : "_of<zygote_how.lent(" + std::to_string(k) + ")>(") + active(o[0]) + ")";
}

void Emitter::access(const Inst& inst) {
  const auto& o = inst.operands;
  const Id result = inst.results[0];
  if (inst.op == Op::load) {
    const bool again = inst.label == "again" && inst.text.starts_with("@[$1]");  // perhaps of a constant map
    const std::string from = again ? "zygote::ir::subscript(@, $1)" + inst.text.substr(5) : inst.text;
    const std::string text = "zygote::ir::read(" + path(from, id(o[0]), o, 1) + ")";
    const bool copied = moves_.copied.count(result) > 0;
    if (!copied && lent(o[0]) >= 0) parts_[result] = {o[0], text};
    copied ? define_value(result, text, inst.pos) : define_reference(result, text, inst.pos);
    return check_path(inst, result, 1);
  }
  const bool in_place = moves_.operands.count({&inst, o[0]}) > 0;
  if (!in_place) define(result, "auto", " = " + id(o[0]), inst.pos);
  const std::string object = in_place ? id(o[0]) : id(result);
  std::string text = "zygote::ir::change(" + object + ", [&](auto& zygote_o) { " +
                     path(inst.text + inst.label, "zygote_o", o, 1) + "; })";
  if (inst.op != Op::resize)
    text = std::string(inst.op == Op::store    ? "zygote::ir::store("
                       : inst.label == "front" ? "zygote::ir::push_front("
                                               : "zygote::ir::push_back(") +
           object + ", " + written_path(inst, 2) + ", " + id(o[1]) + ")";
  statement(text, inst.pos);
  if (in_place) define(result, "[[maybe_unused]] auto&", " = " + object, inst.pos);
  if (inst.op == Op::resize)
    for (std::size_t i = 1; i < o.size(); ++i) check_path(inst, o[i], 1);
  else
    check_path(inst, o[1], 2);
}

std::string Emitter::path(const std::string& text, const std::string& object, const std::vector<Id>& operands,
                          std::size_t first) const {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '@')
      out += object;
    else if (text[i] == '$') {
      std::size_t k = 0;
      while (i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9') k = 10 * k + std::size_t(text[++i] - '0');
      out += id(operands[first + k - 1]);
    } else
      out += text[i];
  return out;
}

std::string Emitter::path_lambda(const std::string& text, const std::vector<Id>& operands, std::size_t first) const {
  return "ZYGOTE_PATH(" + path(text, "zygote_o", operands, first) + ")";
}

std::string Emitter::written_path(const Inst& inst, std::size_t first) const {
  std::string text = inst.text;
  for (std::size_t at; (at = text.find("ir::pointee(")) != std::string::npos;) text.replace(at, 12, "ir::owned(");
  return path_lambda(text, inst.operands, first);
}

std::string Emitter::constant(Id i) const {
  return !f_[i].inlined.empty() || streams_.count(i) > 0 ? id(i)
         : not_owned_.count(i) > 0                       ? "zygote::ir::argument(" + id(i) + ")"
                                                         : "std::as_const(" + id(i) + ")";
}

std::string Emitter::constants(const std::vector<Id>& ids) const {
  std::string text;
  for (Id i : ids) text += (text.empty() ? "" : ", ") + constant(i);
  return text;
}

std::string Emitter::given(Id i, const Inst& at) const {
  return moves_.operands.count({&at, i}) ? "std::move(" + id(i) + ")" : id(i);
}

std::string Emitter::rule(const Inst& inst) const {
  const Rule& r = *find_rule(inst.text);
  if (r.symbol.empty()) return "zygote::math::" + inst.text + "(" + list(inst.operands) + ")";
  if (inst.label == "in place" && !is_number(f_[inst.operands[0]].type))
    return "zygote::ir::" + inst.text + "_in_place(" + list(inst.operands) + ")";
  return inst.operands.size() == 1 ? r.symbol + id(inst.operands[0])
                                   : id(inst.operands[0]) + " " + r.symbol + " " + id(inst.operands[1]);
}

std::string Emitter::result_type() const {
  if (!f_.result_type.empty()) return f_.result_type;
  if (primal_)
    throw Refusal(f_.pos, "this returns from inside a loop, and does not say what", "write the type that is returned");
  if (!f_.captures.empty() || !f_.parameter_text.empty() || marked_.kind == Marked::lambda)
    return "std::remove_cvref_t<decltype(zygote_primal())>";
  std::string arguments;
  for (const auto& p : f_.parameters) arguments += (arguments.empty() ? "" : ", ") + p;
  const bool object = marked_.kind == Marked::free_function || marked_.name == "operator()";
  const std::string callee = marked_.kind == Marked::free_function && !marked_.symbol().empty() ? marked_.name
                             : object                                                           ? "(*this)"
                                      : "this->" + marked_.name;
  return "std::remove_cvref_t<decltype(" + callee + "(" + arguments + "))>";
}

void Emitter::make(const Inst& inst) {
  const bool braces = inst.label != "(" || inst.operands.empty();
  std::string values, names = inst.label.size() > 1 ? inst.label.substr(1) + "," : "";
  for (Id i : inst.operands) {
    values += values.empty() ? "" : ", ";
    if (!names.empty()) {
      values += "." + names.substr(0, names.find(',')) + " = ";
      names.erase(0, names.find(',') + 1);
    }
    values += id(i);
  }
  const bool cast =
      !braces && inst.operands.size() == 1 && inst.text.find('<') == std::string::npos;  // perhaps of an enum
  const bool name = inst.text.find_first_of(" *&") == std::string::npos && !is_builtin_type(inst.text);  // or deduced
  if (is_stream(inst.text)) streams_.insert(inst.results[0]);
  const bool changes = moves_.from.count(inst.results[0]) || is_stream(inst.text);
  define(inst.results[0], (changes ? "" : "const ") + inst.text,
         cast     ? (name ? " = " + inst.text + "(" : " = static_cast<" + inst.text + ">(") + values + ")"
         : braces ? "{" + values + "}"
                  : "(" + values + ")",
         inst.pos);
  check_made(inst);
}

bool Emitter::names_object(const Region& r) const {
  return marked_.kind != Marked::lambda && !marked_.is_static &&
         std::any_of(r.code.begin(), r.code.end(), [&](const Inst& inst) {
           return inst.op == Op::name || inst.label == "self" || inst.label == "recursive" ||
                  std::any_of(inst.regions.begin(), inst.regions.end(),
                              [&](const Region& inner) { return names_object(inner); }) ||
                  std::any_of(inst.functions.begin(), inst.functions.end(),
                              [&](const Function& f) { return names_object(f.body); });
         });
}

void Emitter::closure(const Inst& inst) {
  const Function& inner = inst.functions[0];
  std::string text =
      (inst.text.empty() ? "zygote::ir::closure([" : "zygote::ir::recursive_closure<" + inner.result_type + ">([") +
      std::string(names_object(inner.body) ? "=, this" : "=") + "]" +
      (inner.mode_type.empty() ? "(auto" : "<class " + inner.mode_type + ">(" + inner.mode_type) + " zygote_run";
  for (std::size_t i = 0; i < inner.captures.size(); ++i)
    text += ", [[maybe_unused]] const auto& " + inner[inner.inputs[i]].name;
  if (!inner.parameter_text.empty()) text += ", " + inner.parameter_text;
  line("const auto " + id(inst.results[0]) + " = " + text + ") {", inst.pos);
  const std::string primal = Emitter(inner, marked_, {.path = "", .one_line = true}, true).run();
  line("[[maybe_unused]] const auto zygote_primal = [&] { " + primal + "};", inst.pos);
  line("if constexpr (zygote_run.primal) { return zygote_primal(); } else {", inst.pos);
  Emitter reverse(inner, marked_, layout_, false);
  reverse.indent_ = indent_ + 1;
  if (!inner.adjoint.code.args.empty()) out_ += reverse.run();
  next_line_ = -1;
  line("}", inst.pos);
  std::string captured;
  for (Id i : inst.operands)
    captured +=
        ", " +
        (f_[i].inert && !is_number(f_[i].type) && f_[i].inlined.empty() ? "zygote::ir::fixed(" + id(i) + ")" : id(i));
  line("}" + captured + ");", inst.pos);
}

std::string emit_pullback(const Function& f, const Marked& marked, const Layout& layout) {
  return Emitter(f, marked, layout, false).run();
}

std::string emit_primal(Function f, const Marked& marked, const Layout& layout) {
  f.lends.clear();
  const std::string mode =
      marked.kind == Marked::lambda ? "" : " [[maybe_unused]] constexpr zygote::Mode zygote_mode{};";
  return mode + (layout.one_line ? "" : "\n") + Emitter(f, marked, layout, true).run();
}

std::string pullback_type(const Function& f, const Marked& marked) {
  if (!f.recursive) return "auto";
  if (f.result_type.empty())
    throw Refusal(f.pos, "the recursive function '" + f.name + "' needs a declared return type",
                  "write it instead of auto");
  std::string types;
  if (marked.kind == Marked::method && !marked.is_static)
    types = ", std::remove_cvref_t<typename zygote::Dependent<zygote_mode, decltype(*this)>::type>";
  for (const std::string& p : f.parameters) types += ", std::remove_cvref_t<decltype(" + p + ")>";
  std::string result = f.result_type == "void" ? "zygote::none" : f.result_type;
  if (marked.kind == Marked::method && !marked.is_local && !is_number_type(result))
    result = "typename zygote::Dependent<zygote_mode, " + result + ">::type";  // perhaps its own class
  return "zygote::Pullback<" + result + ", zygote::AnyBack<" + result + types + ">>";
}

}  // namespace zygote::compiler
