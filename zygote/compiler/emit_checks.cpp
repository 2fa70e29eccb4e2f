// IR -> C++: what the C++ compiler is asked to assert, so that no gradient is lost without a word.
#include "emitter.hpp"
#include "lower.hpp"
#include "parser.hpp"

namespace zygote::compiler {
namespace {

// What a path leads through, to its end: @.rows[$1].w  =>  @  @.rows  @.rows[$1]  @.rows[$1].w
std::vector<std::string> objects_of(std::string path) {
  std::vector<std::string> objects;
  for (; !path.empty(); path = object_of(path)) objects.insert(objects.begin(), path);
  return objects;
}

// Is it a container of the standard library of numbers?
bool plain(const std::string& type) {
  if (!type.starts_with("std::")) return false;
  for (const Token& t : tokenize(type))
    if (t.identifier() && t.text != "std" && !is_builtin_type(t.text) && t.text != "vector" && t.text != "array" &&
        t.text != "pair" && t.text != "span" && t.text != "size_t")
      return false;
  return true;
}

}  // namespace

// What was read into the code on the strength of names.
void Emitter::is(const Inst& inst) {
  const std::string object = path(inst.text, id(inst.operands[0]), inst.operands, 1);
  const std::string line = "\"zygote: line " + std::to_string(inst.pos.line) + ": ";
  if (inst.label.empty())
    return statement("static_assert(zygote::ir::iterates<decltype(" + object + ")>, " + line +
                         "iterators of this class are not understood: use a range-for, find, or indices\")",
                     inst.pos);
  if (inst.label == "a sequence")
    return statement("static_assert(zygote::detail::is_sequence<std::remove_cvref_t<decltype(" + object + ")>>, " +
                         line + "this method of a class of one's own may change its object: mark it\")",
                     inst.pos);
  const bool argument = inst.label.starts_with("an argument ");
  if (argument || inst.label.starts_with("a "))
    return statement("static_assert(std::is_same_v<std::remove_cvref_t<decltype(" + object + ")>, " +
                         inst.label.substr(argument ? 12 : 2) + ">, " + line +
                         (argument ? "an argument has to be of the type of its constant reference in marked code, if "
                                     "another may change it: convert it first\")"
                                   : "a cast to a reference to another class is not supported in marked code: pass the "
                                     "object as what it is, to a function template\")"),
                     inst.pos);
  statement("static_assert(std::is_same_v<std::remove_cvref_t<decltype(" + object + ")>, " + inst.label + ">, " + line +
                "this object is not of the " + inst.label +
                " whose method of that name is marked; give the methods different names\")",
            inst.pos);
}

// A rule for a function that is written without std::. C has an abs of its own, for int.
void Emitter::check_unqualified(const Inst& inst) {
  const auto& o = inst.operands;
  const std::string x = id(o[0]), classes = "zygote::ir::any_class<decltype(" + list(o, "), decltype(") + ")>",
                    real = "(!std::is_floating_point_v<std::remove_cvref_t<decltype(" + x +
                           ")>> || requires { requires std::is_floating_point_v<decltype(abs(" + x + "))>; })";
  statement("static_assert(" + (inst.text == "abs" ? real : classes) + ", \"zygote: line " +
                std::to_string(inst.pos.line) + ": write std::" + inst.text +
                "; without std:: it could be another function\")",
            inst.pos);
}

std::string Emitter::complaint(const Inst& inst) {
  static const std::set<std::string> iterators = {"begin", "end", "cbegin", "cend", "rbegin", "rend"};
  if (iterators.count(inst.text))
    return "zygote: line " + std::to_string(inst.pos.line) +
           ": iterators are handed to what zygote does not look into: use an algorithm that it knows, a range or indices";
  const std::string callee = inst.text.empty() ? "the object that is called here" : "'" + escaped(inst.text) + "'";
  return "zygote: line " + std::to_string(inst.pos.line) + ": " + callee +
         " has no pullback for these arguments; mark it ZYGOTE, or wrap the call in constant(...)";
}

// A call for its effect alone may print its arguments, but not keep them in what is not the function's own.
void Emitter::check_unchanged(const Inst& inst) {
  const auto& o = inst.operands;
  std::string active;
  for (Id i : o)
    if (f_[i].inlined.empty() && !f_[i].inert) active += (active.empty() ? "decltype(" : ", decltype(") + id(i) + ")";
  if (primal_ || active.empty() || inst.label == "self") return;
  for (std::size_t k = 0; k < o.size(); ++k) {
    const std::string object = f_[o[k]].inlined, name = "changes_" + std::to_string(out_.size());
    if (object.empty() || !(tokenize(object)[0].identifier() || object[0] == ':' || object[0] == '(')) continue;
    std::string callee = inst.text, arguments;
    if (inst.op != Op::call) callee = k == 0 ? "zygote_o" : id(o[0]);
    if (inst.op == Op::call_method) callee += "." + inst.text;
    for (std::size_t i = inst.op == Op::call ? 0 : 1; i < o.size(); ++i)
      arguments += (arguments.empty() ? "" : ", ") + (i == k ? "zygote_o" : constant(o[i]));
    statement("[[maybe_unused]] const auto " + name + " = zygote::changes_numbers<" + active + ">(" + object +
                  ", [&](auto& zygote_o) -> decltype(" + callee + "(" + arguments + ")) {})",
              inst.pos);
    statement("static_assert(!decltype(" + name + ")::value, \"zygote: line " + std::to_string(inst.pos.line) +
                  ": this call keeps a number that has a gradient in '" + escaped(object) +
                  "', which is not the function's own: pass that as an argument, or write constant(...) around the "
                  "number\")",
              inst.pos);
  }
}

// Of its result and its operands.
std::string Emitter::types(const Inst& inst) const {
  std::string all = "decltype(" + id(inst.results[0]) + ")";
  for (Id i : inst.operands) all += ", decltype(" + id(i) + ")";
  return all;
}

// A name of a type may be that of a reference: then this is no new value.
void Emitter::check_no_reference(const Inst& inst) {
  const std::string& type = inst.text;
  if (primal_ || is_number_type(type) || type.ends_with("&") || inst.operands.size() != 1) return;
  if (type.starts_with("std::") && type.find("reference") == std::string::npos) return;
  statement("static_assert(!std::is_reference_v<decltype(" + id(inst.results[0]) + ")>, \"zygote: line " +
                std::to_string(inst.pos.line) + ": '" + escaped(type) + "' is a reference: write T& or const T&\")",
            inst.pos);
}

void Emitter::check_made(const Inst& inst) {
  if (primal_ || inst.primal || f_[inst.results[0]].inert || is_number_type(inst.text)) return;
  statement("static_assert(zygote::can_make<" + types(inst) + ">, \"zygote: line " + std::to_string(inst.pos.line) +
                ": no gradient flows into a '" + escaped(inst.text) +
                "'; make it an aggregate, or write constant(...) around the arguments\")",
            inst.pos);
}

// In a kernel, a copy of what it writes to is no other value: it writes there too.
void Emitter::check_copied(const Inst& inst) {
  if (primal_ || inst.primal || !(f_.body.yields.empty() || f_.returns_written)) return;
  statement("static_assert(!zygote::is_written_view<decltype(" + id(inst.results[0]) + ")>, \"zygote: line " +
                std::to_string(inst.pos.line) +
                ": this copy refers to the same elements as the kernel's parameter: refer to that by auto&\")",
            inst.pos);
}

// An operator that has no pullback, of whatever it may be.
void Emitter::check_plain(const Inst& inst, const std::string& trait) {
  if (primal_ || inst.primal) return;
  statement("static_assert(zygote::" + trait + "<" + types(inst) + ">, \"zygote: line " +
                std::to_string(inst.pos.line) + ": operator" + inst.text +
                " has no pullback; call a marked function, or wrap it in constant(...)\")",
            inst.pos);
}

// A part of a class that zygote cannot look into has no adjoint, wherever that class is. (What is read right out of one
// is seen by the rule for fields.) Left out of text that is for reading.
// A number that becomes a key of a map has no adjoint there.
void Emitter::check_key(const Inst& inst, const std::string& object) {
  const auto open = inst.text.rfind("[$");
  if (inst.op != Op::store || !inst.text.ends_with("]") || primal_ || inst.primal) return;
  const Id key = inst.operands[std::size_t(std::stoi(inst.text.substr(open + 2))) + 1];
  if (f_[key].inert || !f_[key].inlined.empty() || is_integer_type(f_[key].type)) return;
  statement("static_assert(!zygote::keyed_by_numbers<decltype(" +
                path(inst.text.substr(0, open), object, inst.operands, 2) + "), decltype(" + id(key) +
                ")>, \"zygote: line " + std::to_string(inst.pos.line) +
                ": no gradient flows through the keys of a map: keep the number in the value as well, or write "
                "constant(...) around the key\")",
            inst.pos);
}

void Emitter::check_path(const Inst& inst, Id value, std::size_t first) {
  if (inst.left_out && layout_.directives && !primal_ && !inst.primal && !f_[value].inert)
    statement("static_assert(!zygote::Differentiable<decltype(" + id(value) + ")>, \"zygote: line " +
                  std::to_string(inst.pos.line) +
                  ": a field that the `fields` of its class leaves out carries no gradient: list it there, or write "
                  "constant(...) around the value\")",
              inst.pos);
  const std::string& type = f_[inst.operands[0]].type;
  const std::string object = id(inst.op == Op::load ? inst.operands[0] : inst.results[0]);
  check_key(inst, object);
  if (!layout_.directives || primal_ || inst.primal || f_[value].inert || plain(type)) return;
  const auto text = [&](const std::string& part) { return path(part, object, inst.operands, first); };
  const std::string line = ", \"zygote: line " + std::to_string(inst.pos.line) + ": ";
  auto objects = objects_of(inst.text);
  for (const std::string& each : objects)
    if (const auto open = each.rfind('['); each.ends_with("]"))
      statement("static_assert(zygote::has_parts<std::remove_cvref_t<decltype(" + text(each.substr(0, open)) +
                    ")>, decltype(" + text(each.substr(open + 1, each.size() - open - 2)) + ")>" + line +
                    "a constant operator[] has to return a reference to a part of its object in marked code\")",
                inst.pos);
  if (inst.op != Op::resize && inst.op != Op::push) objects.pop_back();
  if (objects.size() < 1 + std::size_t(inst.op == Op::load)) return;
  std::string types = "decltype(" + id(value) + ")";
  for (const std::string& each : objects) types += ", decltype(" + text(each) + ")";
  statement("static_assert(zygote::carries<" + types + ">" + line +
                "no gradient flows through a class that zygote cannot look into: make it an aggregate, or give it "
                "`static auto fields(auto& self) { return std::tie(...); }`\")",
            inst.pos);
}

}  // namespace zygote::compiler
