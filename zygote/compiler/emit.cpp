// IR -> C++
//
//   r_3 = mul r_2 x                 =>   const auto r_3 = r_2 * x;
//   d_x = mul<1> d r_2              =>   auto d_x_1 = zygote::rules::mul<1>(extent_x_1, d_1, zygote::none{}, r_2, ..);
//
// One instruction, one statement. Types are left to the C++ compiler; control flow goes through the combinators of
// zygote/runtime/control.hpp. Requires IR that verifies.
#include <algorithm>
#include <functional>
#include <set>

#include "emitter.hpp"

namespace zygote::compiler {

std::string Emitter::run() {
  if (!primal_ && !f_.lends.empty())
    statement("[[maybe_unused]] constexpr zygote::Mode zygote_how = zygote::mode_of(zygote_mode)", f_.pos);
  inputs();
  declare_tapes(f_.body, "zygote::ir::Tape tape_@");
  code(f_.body);
  const std::string result = f_.body.yields.empty() ? "zygote::none{}" : id(f_.body.yields[0]);
  if (primal_) {
    statement(f_.body.yields.empty() ? "return" : "return " + result, f_.pos);
    return out_;
  }
  const std::string parameter = used(f_.adjoint.code.args[0]) ? " " + id(f_.adjoint.code.args[0]) : "";
  const std::string head = f_.recursive ? "return {" : "return zygote::Pullback{";
  line(head + result + ", [" + captures() + "](const auto&" + parameter + ") {", f_.pos);
  ++indent_;
  declare_tapes(f_.body, "zygote::ir::Reader read_@(tape_@)");
  for (Id i : f_.body.saves)
    if (lent(i) >= 0) define(i, "[[maybe_unused]] const auto&", " = lent_" + id(i) + ".get()", f_.pos);
  code(f_.adjoint.code);
  std::string grads;
  for (Id g : f_.adjoint.grads) grads += (grads.empty() ? "" : ", ") + moved(g);
  statement("return std::make_tuple(" + grads + ")", f_.pos);
  --indent_;
  line("}};", f_.pos);
  return out_;
}

void Emitter::inputs() {
  if (f_.self && f_.captures.empty()) define_reference(f_.self, "*this", f_.pos);
  for (std::size_t i = 0; i < f_.parameters.size(); ++i) {
    const Id input = f_.inputs[f_.captures.size() + i];
    if (!f_.parameters[i].empty()) define_reference(input, f_.parameters[i], f_.pos);
  }
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
  return text;
}

// The saves of the loops that the reverse runs backwards.
std::vector<Id> Emitter::tapes(const Region& r) const {
  std::vector<Id> all;
  for (const Inst& inst : r.code) {
    if (inst.op == Op::loop && inst.label == "saves" && !primal_) all.push_back(inst.results.back());
    for (const Region& inner : inst.regions)
      for (Id i : tapes(inner)) all.push_back(i);
  }
  return all;
}

void Emitter::declare_tapes(const Region& r, const std::string& text) {
  for (Id i : tapes(r)) {
    std::string line;
    for (char c : text) line += c == '@' ? id(i) : std::string(1, c);
    statement("[[maybe_unused]] " + line, f_.pos);
  }
}

void Emitter::code(const Region& r) {
  for (const Inst& inst : r.code)
    if (inst.label != "again") instruction(inst);
}

std::string Emitter::saves(const Region& r) const {
  std::string text;
  if (!primal_)
    for (Id i : r.saves) text += (text.empty() ? "" : ", ") + saved(r, i);
  return "zygote::ir::saves(" + text + ")";
}

// What is saved depends on types: numbers that are cheap to work out again are not.
std::string Emitter::saved(const Region& r, Id i) const {
  std::string text = owned_.count(i) ? "std::move(" + id(i) + ")" : id(i);
  if (const std::string condition = saved_if(r, i); condition != "true")
    text = "zygote::ir::save_if<" + condition + ">(" + text + ")";
  return r.saved.count(i) && r.saved.at(i).invariant ? "zygote::ir::invariant(" + text + ")" : text;
}

std::string Emitter::again(const Region& r, Id i) const {
  const auto found = r.saved.find(i);
  if (found == r.saved.end() || !found->second.again) return "";
  std::string text = "zygote::ir::cheap<decltype(" + id(i) + ")";
  if (found->second.from) text += ", zygote_how.lent(" + std::to_string(lent(found->second.from)) + ")";
  return text + ">";
}

std::string Emitter::saved_if(const Region& r, Id i) const {
  const auto found = r.saved.find(i);
  if (found == r.saved.end()) return "true";
  std::string needed;
  if (!found->second.direct)
    for (Id reader : found->second.readers) needed += (needed.empty() ? "" : " || ") + again(r, reader);
  if (!found->second.again) return needed.empty() ? "true" : needed;
  return (needed.empty() ? "" : "(" + needed + ") && ") + "!" + again(r, i);
}

int Emitter::lent(Id i) const {
  const auto at = std::find(f_.inputs.begin(), f_.inputs.end(), i);
  const auto k = std::size_t(at - f_.inputs.begin());
  return at != f_.inputs.end() && k < f_.lends.size() && f_.lends[k] ? int(k) : -1;
}

// An argument as what is known of its adjoint is asked: callers say which ones need none.
std::string Emitter::active(Id i) const {
  const int k = lent(i);
  return k < 0 ? id(i) : "zygote::ir::active<zygote_how.active(" + std::to_string(k) + ")>(" + id(i) + ")";
}

std::string Emitter::outcome(const Inst& inst, const Region& r) const {
  std::string yields;
  for (std::size_t k = 0; k < r.yields.size(); ++k)
    if (const Id i = r.yields[k]; !in_place(inst, k))
      yields += (yields.empty() ? "" : ", ") + (moves_.yields.count({&r, i}) ? "std::move(" + id(i) + ")" : id(i));
  return "zygote::ir::Outcome{" + saves(r) + ", zygote::ir::state(" + yields + ")}";
}

bool Emitter::in_place(const Inst& inst, std::size_t k) const { return moves_.in_place.count({&inst, k}) > 0; }

void Emitter::instruction(const Inst& inst) {
  const auto& o = inst.operands;
  const Id result = inst.results.empty() ? 0 : inst.results[0];
  const Pos pos = inst.pos;
  switch (inst.op) {
    case Op::constant:
      return;
    case Op::verbatim:
      return line(inst.text, pos);
    case Op::name:
      return define_reference(result, "ZYGOTE_VALUE(" + inst.text + ")(" + id(o[0]) + ")", pos);
    case Op::rule:
      if (inst.label == "unqualified")
        statement("static_assert(zygote::ir::any_class<decltype(" + list(o, "), decltype(") + ")>, \"zygote: line " +
                      std::to_string(pos.line) + ": write std::" + inst.text +
                      "; without std:: it could be another function\")",
                  pos);
      return define_value(result, rule(inst), pos);
    case Op::plain:
      if (inst.text == "<<" || inst.text == ">>")  // perhaps a stream
        return define(result, "[[maybe_unused]] auto&&", " = " + id(o[0]) + " " + inst.text + " " + constant(o[1]),
                      pos);
      return define_value(result, o.size() == 1 ? inst.text + id(o[0]) : id(o[0]) + " " + inst.text + " " + id(o[1]),
                          pos);
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
      return statement("static_assert(std::is_same_v<std::remove_cvref_t<decltype(" + path(inst.text, id(o[0]), o, 1) +
                           ")>, " + inst.label + ">, \"zygote: line " + std::to_string(pos.line) +
                           ": a method of this name that may change its object is marked in " + inst.label +
                           "; give the methods different names\")",
                       pos);
    case Op::raise:
      return statement("throw" + (o.empty() ? "" : " " + id(o[0])), pos);
    case Op::make:
      return make(inst);
    case Op::like:
      return define(result, moves_.from.count(result) ? "auto" : "const auto",
                    " = zygote::ir::like(" + id(o[1]) + ", " + given(o[0], inst) + ")", pos);
    case Op::as:
      return define(result, (moves_.from.count(result) ? "" : "const ") + inst.text, " = " + given(o[0], inst), pos);
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
      if (!primal_) define_value(result, "zygote::ir::shape(" + (inst.text == "@" ? active(o[0]) : path(inst.text, id(o[0]), o, 1)) + ")", pos);
      return;
    default:
      return reverse_instruction(inst);
  }
}

void Emitter::access(const Inst& inst) {
  const auto& o = inst.operands;
  const Id result = inst.results[0];
  if (inst.op == Op::load) {
    const std::string text = "zygote::ir::read(" + path(inst.text, id(o[0]), o, 1) + ")";
    return moves_.copied.count(result) ? define_value(result, text, inst.pos)
                                       : define_reference(result, text, inst.pos);
  }
  const bool in_place = moves_.operands.count({&inst, o[0]}) > 0;
  if (!in_place) define(result, "auto", " = " + id(o[0]), inst.pos);
  const std::string object = in_place ? id(o[0]) : id(result);
  std::string text = "zygote::ir::change(" + object + ", [&](auto& zygote_o) { " +
                     path(inst.text + inst.label, "zygote_o", o, 1) + "; })";
  if (inst.op != Op::resize)
    text = std::string(inst.op == Op::push ? "zygote::ir::push_back(" : "zygote::ir::store(") + object + ", " +
           written_path(inst, 2) + ", " + id(o[1]) + ")";
  statement(text, inst.pos);
  if (in_place) define(result, "[[maybe_unused]] auto&", " = " + object, inst.pos);
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

std::string Emitter::constant(Id i) const { return f_[i].inlined.empty() ? "std::as_const(" + id(i) + ")" : id(i); }

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
  return inst.operands.size() == 1 ? r.symbol + id(inst.operands[0])
                                   : id(inst.operands[0]) + " " + r.symbol + " " + id(inst.operands[1]);
}

std::string Emitter::result_type() const {
  if (!f_.result_type.empty()) return f_.result_type;
  if (!f_.captures.empty() || !f_.parameter_text.empty() || marked_.kind == Marked::lambda)
    return "std::remove_cvref_t<decltype(zygote_primal())>";
  std::string arguments;
  for (const auto& p : f_.parameters) arguments += (arguments.empty() ? "" : ", ") + p;
  const bool object = marked_.kind == Marked::free_function || marked_.name == "operator()";
  return "std::remove_cvref_t<decltype(" + std::string(object ? "(*this)" : "this->" + marked_.name) + "(" + arguments +
         "))>";
}

void Emitter::call(const Inst& inst) {
  const auto& o = inst.operands;
  const bool maybe_field = inst.label == "self";
  const std::vector<Id> arguments(o.begin() + (inst.op == Op::call ? 0 : 1), o.end() - (maybe_field ? 1 : 0));
  const std::string object = inst.op == Op::call ? "" : inst.label == "recursive" ? id(o[0]) : constant(o[0]);
  if (primal_ || inst.results.size() < 2) {
    const std::string callee = inst.op == Op::call          ? inst.text
                               : inst.op == Op::call_method ? object + "." + inst.text
                                                            : object;
    const std::string text = callee + "(" + constants(arguments) + ")";
    if (!used(inst.results[0])) return statement("static_cast<void>(" + text + ")", inst.pos);
    return define_reference(inst.results[0], text, inst.pos);
  }
  const std::string name = id(inst.results[1]) + "_call", rest = arguments.empty() ? "" : ", " + constants(arguments);
  std::string text = "zygote::call_object" + mode(arguments) + "(" + object + rest + ")";
  if (inst.op == Op::call) text = "zygote::call" + mode(arguments) + "(ZYGOTE_NAME(" + inst.text + ")" + rest + ")";
  if (inst.op == Op::call_method)
    text = "zygote::call_method<zygote::Name<\"" + inst.text + "\">>(ZYGOTE_METHOD(" + method(inst.text) + "), " +
           object + rest + ")";
  statement("auto " + name + " = " + text, inst.pos);
  statement("static_assert(zygote::has_pullback<decltype(" + name + ")>, \"" + complaint(inst) + "\")", inst.pos);
  define_reference(inst.results[0], name + ".value", inst.pos);
  define(inst.results[1], "auto&", " = " + name + ".back", inst.pos);
  owned_.insert(inst.results[1]);
}

// Which arguments need no adjoint, and which of ours we lend on.
std::string Emitter::mode(const std::vector<Id>& arguments) const {
  std::string lends;
  unsigned long long inactive = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(arguments.size(), 64); ++i) {
    if (f_[arguments[i]].inert) inactive |= 1ull << i;
    if (const int k = lent(arguments[i]); k >= 0)
      lends += (lends.empty() ? "" : " | ") + ("zygote_how.lend(" + std::to_string(k)) + ", " + std::to_string(i) + ")";
  }
  if (lends.empty() && !inactive) return "";
  return "<zygote::Mode{" + (lends.empty() ? "0" : lends) + ", " + std::to_string(inactive) + "}>";
}

std::string Emitter::method(const std::string& name) {
  return name.find('<') == std::string::npos ? name : "template " + name;
}

std::string Emitter::complaint(const Inst& inst) {
  const std::string callee = inst.text.empty() ? "the object that is called here" : "'" + escaped(inst.text) + "'";
  return "zygote: line " + std::to_string(inst.pos.line) + ": " + callee +
         " has no pullback for these arguments; mark it ZYGOTE, or wrap the call in constant(...)";
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
  define(inst.results[0], (moves_.from.count(inst.results[0]) ? "" : "const ") + inst.text,
         braces ? "{" + values + "}" : "(" + values + ")", inst.pos);
  if (primal_ || inst.primal || f_[inst.results[0]].inert) return;
  std::string types = "decltype(" + id(inst.results[0]) + ")";
  for (Id i : inst.operands) types += ", decltype(" + id(i) + ")";
  statement("static_assert(zygote::can_make<" + types + ">, \"zygote: line " + std::to_string(inst.pos.line) +
                ": no gradient flows into a '" + escaped(inst.text) +
                "'; make it an aggregate, or write constant(...) around the arguments\")",
            inst.pos);
}

bool Emitter::names_object(const Region& r) const {
  return marked_.kind != Marked::lambda && std::any_of(r.code.begin(), r.code.end(), [&](const Inst& inst) {
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
      std::string("zygote::ir::closure([") + (names_object(inner.body) ? "=, this" : "=") + "](auto zygote_run";
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
  line("}" + std::string(inst.operands.empty() ? "" : ", ") + list(inst.operands) + ");", inst.pos);
}

void Emitter::results(const Inst& inst, const std::string& name, const char* member) {
  const bool saved = inst.label == "saves";
  std::size_t n = 0;
  for (std::size_t i = 0; i + (saved ? 1 : 0) < inst.results.size(); ++i)
    if (!in_place(inst, i))
      define(inst.results[i], "auto&", " = zygote::ir::pick<" + std::to_string(n++) + ">(" + name + "." + member + ")",
             inst.pos);
    else if (inst.op == Op::if_)
      define(inst.results[i], "[[maybe_unused]] auto&", " = " + id(moves_.home_of(inst.results[i])), inst.pos);
  if (!saved || primal_) return;
  define(inst.results.back(), "auto&", " = " + name + ".saves", inst.pos);
  owned_.insert(inst.results.back());
}

std::string Emitter::name_of(const Inst& inst) const {
  return inst.results.empty() ? "unused_" + std::to_string(out_.size()) : id(inst.results.back()) + "_flow";
}

void Emitter::if_(const Inst& inst) {
  const std::string name = name_of(inst);

  if (inst.text == "constexpr") {
    const auto branch = [&](std::size_t i) {
      code(inst.regions[i]);
      statement("return " + outcome(inst, inst.regions[i]), inst.pos);
    };
    constant_if("[[maybe_unused]] auto " + name + " = [&]() {", id(inst.operands[0]), inst.pos, "}();", branch);
    return results(inst, name, "values");
  }
  line("[[maybe_unused]] auto " + name + " = zygote::ir::if_(" + id(inst.operands[0]) + ",", inst.pos);
  for (std::size_t i = 0; i < 2; ++i)
    block("[&]() ZYGOTE_INLINE {", inst.pos, i ? "});" : "},", [&] {
      code(inst.regions[i]);
      statement("return " + outcome(inst, inst.regions[i]), inst.pos);
    });
  results(inst, name, "values");
}

void Emitter::loop(const Inst& inst) {
  const std::string name = name_of(inst);
  const Region &test = inst.regions[0], &body = inst.regions[1];
  std::string state;
  std::vector<std::size_t> carried;
  for (std::size_t k = 0; k < inst.operands.size(); ++k)
    if (!in_place(inst, k)) {
      state += (state.empty() ? "" : ", ") + given(inst.operands[k], inst);
      carried.push_back(k);
    } else {
      const bool moves = moves_.operands.count({&inst, inst.operands[k]});
      define(inst.results[k], moves ? "[[maybe_unused]] auto&" : "[[maybe_unused]] auto", " = " + id(inst.operands[k]),
             inst.pos);
    }
  // What is changed in place goes by the name of the result outside of the loop.
  const auto arguments = [&](const Region& r) {
    std::vector<Id> ids;
    for (std::size_t k : carried) ids.push_back(r.args[k]);
    return ids;
  };
  const auto aliases = [&](const Region& r, const char* type) {
    for (std::size_t k = 0; k < inst.operands.size(); ++k)
      if (in_place(inst, k) && used(r.args[k]))
        define(r.args[k], type, " = " + id(inst.results[k]), inst.pos);
  };
  const std::string tape =
      inst.label == "saves" && !primal_ ? "tape_" + id(inst.results.back()) : "zygote::ir::no_tape";
  line("[[maybe_unused]] auto " + name + " = zygote::ir::loop(" + tape + ", " + trips(inst) + ", zygote::ir::state(" +
           state + "),",
       inst.pos);
  block("[&](" + parameters(arguments(test)) + ") ZYGOTE_INLINE {", inst.pos, "},", [&] {
    aliases(test, "[[maybe_unused]] const auto&");
    code(test);
    statement("return " + id(test.yields[0]), inst.pos);
  });
  block("[&](" + parameters(arguments(body), "auto&") + ") ZYGOTE_INLINE {", inst.pos, "});", [&] {
    aliases(body, "[[maybe_unused]] auto&");
    code(body);
    statement("return " + outcome(inst, body), inst.pos);
  });
  results(inst, name, "state");
}

// How often a loop runs, if that is known before it starts: one that counts to a bound.
std::string Emitter::trips(const Inst& inst) const {
  const Region &test = inst.regions[0], &body = inst.regions[1];
  const std::string unknown = "zygote::ir::Unknown{}";
  if (test.code.size() != 1 || test.code[0].op != Op::plain || test.code[0].results != test.yields) return unknown;
  const auto& o = test.code[0].operands;
  const auto at = std::find(test.args.begin(), test.args.end(), o[0]);
  if (o.size() != 2 || at == test.args.end() || std::count(test.args.begin(), test.args.end(), o[1])) return unknown;
  const auto k = std::size_t(at - test.args.begin());
  const std::string& compare = test.code[0].text;
  const int step = step_of(f_, body, k);
  const std::string to = compare.size() == 2 ? "_to_last(" : "_to(";
  const std::string arguments = id(inst.operands[k]) + ", " + id(o[1]) + ")";
  if (step == 1 && (compare == "<" || compare == "<=")) return "zygote::ir::up" + to + arguments;
  if (step == -1 && (compare == ">" || compare == ">=")) return "zygote::ir::down" + to + arguments;
  return unknown;
}

std::string emit_pullback(const Function& f, const Marked& marked, const Layout& layout) {
  return Emitter(f, marked, layout, false).run();
}

std::string pullback_type(const Function& f, const Marked& marked) {
  if (!f.recursive) return "auto";
  if (f.result_type.empty())
    throw Refusal(f.pos, "the recursive function '" + f.name + "' needs a declared return type",
                  "write it instead of auto");
  std::string types;
  if (marked.kind == Marked::method)
    types = ", zygote::Adjoint<typename zygote::Dependent<zygote_mode, decltype(*this)>::type>";
  for (const std::string& p : f.parameters) types += ", zygote::Adjoint<decltype(" + p + ")>";
  const std::string result = f.result_type == "void" ? "zygote::none" : f.result_type;
  return "zygote::Pullback<" + result + ", zygote::AnyBack<" + result + types + ">>";
}

}  // namespace zygote::compiler
