// IR with its reverse -> the same with what each region saves
//
//   body  v_1 = mul r_3 x_1; ..      reverse reads r_3     =>     body .. saves r_3
//
// Requires the reverse that derive_adjoint makes. Guarantees that a region saves just those of its values and shapes
// that its reverse reads.
#include <set>

#include "passes.hpp"

namespace zygote::compiler {
namespace {

void reads(const Region& r, std::set<Id>& ids) {
  for (const Inst& inst : r.code) {
    ids.insert(inst.operands.begin(), inst.operands.end());
    for (const Region& inner : inst.regions) reads(inner, ids);
  }
  ids.insert(r.yields.begin(), r.yields.end());
}

// Regions and reverses have the same nesting; the reverses of a region's instructions come in opposite order.
void save(const Function& f, Region& primal, const Region& back) {
  std::set<Id> read;
  reads(back, read);
  std::set<Id> own(primal.args.begin(), primal.args.end());
  if (&primal == &f.body) {
    read.insert(f.adjoint.grads.begin(), f.adjoint.grads.end());
    own.insert(f.inputs.begin(), f.inputs.end());
    if (f.self) own.insert(f.self);
  }
  std::vector<Inst*> nested;
  for (Inst& inst : primal.code) {
    own.insert(inst.results.begin(), inst.results.end());
    if (inst.label == "saves") nested.push_back(&inst);
  }
  for (Id id : read)
    if (own.count(id) && f[id].inlined.empty()) primal.saves.push_back(id);
  for (const Inst& inst : back.code) {
    if (inst.op != Op::reverse_if && inst.op != Op::reverse_loop) continue;
    Inst& forward = *nested.back();
    nested.pop_back();
    if (inst.op == Op::reverse_loop)
      save(f, forward.regions[1], inst.regions[0]);
    else
      for (std::size_t i = 0; i < 2; ++i) save(f, forward.regions[i], inst.regions[i]);
  }
}

}  // namespace

void choose_saves(Function& f) { save(f, f.body, f.adjoint.code); }

}  // namespace zygote::compiler
