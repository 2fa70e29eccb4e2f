// IR -> C++: calls
//
//   v_1, back_v_1 = call f x     =>     auto back_v_1_call = zygote::call(ZYGOTE_NAME(f), std::as_const(x_1)); ..
#include <algorithm>

#include "emitter.hpp"

namespace zygote::compiler {

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
    if (callee == "assert")  // which may leave its argument out
      for (Id i : arguments) statement("static_cast<void>(" + id(i) + ")", inst.pos);
    if (!used(inst.results[0])) {
      check_unchanged(inst);
      return statement("static_cast<void>(" + text + ")", inst.pos);
    }
    return moves_.copied.count(inst.results[0]) ? define_value(inst.results[0], text, inst.pos)
                                                : define_reference(inst.results[0], text, inst.pos);
  }
  const std::string name = id(inst.results[1]) + "_call", rest = arguments.empty() ? "" : ", " + constants(arguments);
  std::string text = "zygote::call_object" + mode(inst.results[0], arguments) + "(" + object + rest + ")";
  if (inst.op == Op::call)
    text = "zygote::call" + mode(inst.results[0], arguments) + "(ZYGOTE_NAME(" + inst.text + ")" + rest + ")";
  if (inst.label == "lambda")
    text = "zygote::call_maker" + mode(inst.results[0], arguments) + "(" + inst.text + rest + ")";
  if (inst.op == Op::call_method)
    text = "zygote::call_method<zygote::Name<\"" + inst.text + "\">>(" +
           (inst.text.find("::") == std::string::npos ? "ZYGOTE_METHOD(" : "ZYGOTE_BASE_METHOD(") + method(inst.text) +
           "), " + object + rest + ")";
  statement("auto " + name + " = " + text, inst.pos);
  statement("static_assert(zygote::has_pullback<decltype(" + name + ")>, \"" + complaint(inst) + "\")", inst.pos);
  define_reference(inst.results[0], name + ".value", inst.pos);
  define(inst.results[1], "auto&", " = " + name + ".back", inst.pos);
  owned_.insert(inst.results[1]);
}

// Which arguments need no adjoint, which of ours we lend on, and whether the adjoint of the result is that of ours.
std::string Emitter::mode(Id result, const std::vector<Id>& arguments) const {
  std::string lends;
  unsigned long long inactive = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(arguments.size(), 64); ++i) {
    if (f_[arguments[i]].inert) inactive |= 1ull << i;
    const auto part = parts_.find(arguments[i]);  // of one that is lent
    const int k = lent(part == parts_.end() ? arguments[i] : part->second.first);
    if (k < 0) continue;
    lends += lends.empty() ? "zygote_how.lend" : " | zygote_how.lend";
    if (part != parts_.end()) lends += "<decltype(" + part->second.second + ")>";
    lends += "(" + std::to_string(k) + ", " + std::to_string(i) + ")";
  }
  const bool unit = f_[result].unit && !f_.lends.empty();
  if (lends.empty() && !inactive && !unit) return "";
  return "<zygote::Mode{" + (lends.empty() ? "0" : lends) + ", " + std::to_string(inactive) +
         (unit ? ", zygote_how.unit" : "") + "}>";
}

std::string Emitter::method(const std::string& name) {
  return name.find('<') == std::string::npos ? name : "template " + name;
}

}  // namespace zygote::compiler
