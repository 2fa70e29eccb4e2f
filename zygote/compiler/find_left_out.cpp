// IR -> IR without adjoints of fields that the `fields` of their class leave out
//
//   struct S { double w, scale; static auto fields(auto& self) { return std::tie(self.w); } };
//   v_1 = load @.scale s     =>     v_1 carries no adjoint
//   s_2 = store @.scale s x  =>     s_2 remembers that x must not carry one
#include "passes.hpp"

namespace zygote::compiler {
namespace {

enum Certainty { no, perhaps, yes };

// Does a path go through such a field? Of which class is known of the first one at most.
Certainty leaves_out(const std::string& path, const std::string& type, const LeftOut& left_out) {
  Certainty found = no;
  bool first = true;
  for (std::size_t at = path.find('.'); at != std::string::npos; at = path.find('.', at + 1), first = false) {
    std::string name = path.substr(at + 1, path.find_first_of(".[(", at + 1) - at - 1);
    if (name.starts_with("zygote_member_")) name = name.substr(14);  // see accessor
    const auto classes = left_out.find(name);
    if (classes == left_out.end()) continue;
    for (const auto& [owner, out] : classes->second)
      if (out && first && contains_word(type, owner)) return yes;
    if (!first || type.empty()) found = perhaps;  // a class with a field of that name may be of a file that is not read
  }
  return found;
}

void visit(Function& f, Region& r, const std::string& owner, const LeftOut& left_out) {
  for (Inst& inst : r.code) {
    for (Region& inner : inst.regions) visit(f, inner, owner, left_out);
    for (Function& inner : inst.functions) visit(inner, inner.body, "", left_out);
    if (inst.op != Op::load && inst.op != Op::store && inst.op != Op::push) continue;
    const Id object = inst.operands[0];
    const Certainty certainty = leaves_out(inst.text, object == f.self ? owner : f[object].type, left_out);
    if (inst.op == Op::load)
      inst.primal = inst.primal || certainty == yes;
    else
      inst.left_out = certainty != no;
  }
}

}  // namespace

void find_left_out(Function& f, const std::string& owner, const LeftOut& left_out) {
  if (!left_out.empty()) visit(f, f.body, owner, left_out);
}

}  // namespace zygote::compiler
