// IR -> IR with the values marked that carry no adjoint
//
//   i_1 = as int 0;  v_1 = plain < i_1 n;  y_1 = mul x i_1     =>     i_1, v_1 inert; y_1 not
//
// Optimistic: everything is inert until an input reaches it; loops are followed until nothing changes.
#include <algorithm>

#include "passes.hpp"

namespace zygote::compiler {
namespace {

class Marker {
 public:
  explicit Marker(Function& f) : f_(f) {}

  bool sweep(Region& r) {
    bool changed = false;
    for (Inst& inst : r.code) {
      if (inst.op == Op::loop)
        for (std::size_t i = 0; i < inst.operands.size(); ++i) {
          const bool active = !f_[inst.operands[i]].inert || !f_[inst.regions[1].yields[i]].inert;
          for (Id id : {inst.regions[0].args[i], inst.regions[1].args[i], inst.results[i]})
            changed = mark(id, active) || changed;
        }
      for (Region& inner : inst.regions) changed = sweep(inner) || changed;
      if (inst.op == Op::if_)
        for (std::size_t i = 0; i < inst.results.size(); ++i)
          changed =
              mark(inst.results[i], !f_[inst.regions[0].yields[i]].inert || !f_[inst.regions[1].yields[i]].inert) ||
              changed;
      else if (inst.op != Op::loop && inst.op != Op::plain && inst.op != Op::length && !inst.primal)
        for (Id id : inst.results)
          changed =
              mark(id, std::any_of(inst.operands.begin(), inst.operands.end(), [&](Id o) { return !f_[o].inert; })) ||
              changed;
    }
    return changed;
  }

 private:
  Function& f_;

  bool mark(Id id, bool active) {
    const bool changed = active && f_[id].inert;
    if (changed) f_[id].inert = false;
    return changed;
  }
};

void nested(Region& r) {
  for (Inst& inst : r.code) {
    for (Region& inner : inst.regions) nested(inner);
    for (Function& inner : inst.functions) find_inert(inner);
  }
}

}  // namespace

void find_inert(Function& f) {
  for (Value& v : f.values) v.inert = true;
  if (f.self) f[f.self].inert = false;
  for (Id id : f.inputs) f[id].inert = false;
  while (Marker(f).sweep(f.body)) {
  }
  nested(f.body);
}

}  // namespace zygote::compiler
