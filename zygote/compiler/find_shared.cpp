// IR with its reverse -> the adjoints of parameters and captures that a caller may have already
//
//   d_v_1 = own shape_v_1;  accumulate @[$1] d_v_1 d_x_1 i_1;  return d_v_1     =>     d_v_1: perhaps the caller's
//
// Those that are made by the outermost region, and to which the reverse does nothing but add.
#include <algorithm>

#include "passes.hpp"

namespace zygote::compiler {
namespace {

// How often values are read: in all, and to be added to.
struct Uses {
  std::map<Id, int> all, additions;

  void count(const Region& r) {
    for (const Inst& inst : r.code) {
      for (Id id : inst.operands) ++all[id];
      if (const int k = place_added_to(inst); k >= 0) ++additions[inst.operands[std::size_t(k)]];
      for (const Region& inner : inst.regions) count(inner);
    }
    for (Id id : r.yields) ++all[id];
  }
};

}  // namespace

int place_added_to(const Inst& inst) {
  if (inst.op == Op::accumulate || inst.op == Op::accumulate_once) return 1;
  return inst.op == Op::accumulate_at || inst.op == Op::sum_at || inst.op == Op::into ? 0 : -1;
}

std::map<Id, Shared> find_shared(const Function& f) {
  std::map<Id, Shared> shared;
  const auto& grads = f.adjoint.grads;
  if (f.parameter_text.find("...") != std::string::npos) return shared;
  Uses uses;
  uses.count(f.adjoint.code);
  for (const Inst& inst : f.adjoint.code.code) {
    if (inst.op != Op::own && inst.op != Op::sum) continue;
    const Id d = inst.results[0];
    if (std::count(grads.begin(), grads.end(), d) != 1 || uses.all[d] != uses.additions[d]) continue;
    const auto number = std::size_t(std::find(grads.begin(), grads.end(), d) - grads.begin());
    const std::size_t before = grads.size() - f.inputs.size();  // that of the object
    if (number >= before && is_number(f[f.inputs[number - before]].type)) continue;
    shared[d] = {number, uses.all[inst.operands[0]] == 1 ? inst.operands[0] : 0};
  }
  return shared;
}

}  // namespace zygote::compiler
