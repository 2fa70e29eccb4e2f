// IR -> IR with the values marked that carry no adjoint
//
//   i_1 = as int 0;  v_1 = plain < i_1 n;  y_1 = mul x i_1     =>     i_1, v_1 inert; y_1 not
//
// Optimistic: everything is inert until an input reaches it; loops are followed until nothing changes. Variables that
// are declared as integers stay inert.
#include <algorithm>

#include "lower.hpp"
#include "passes.hpp"

namespace zygote::compiler {
namespace {

class Marker {
 public:
  explicit Marker(Function& f) : f_(f) {}

  // Takes those that are not integers after all out of the set.
  bool sweep_integers(const Region& r) {
    bool changed = false;
    const auto mark = [&](Id id, bool integer) { changed = (!integer && integers_.erase(id)) || changed; };
    for (const Inst& inst : r.code) {
      for (const Region& inner : inst.regions) changed = sweep_integers(inner) || changed;
      for (std::size_t i = 0; i < inst.results.size(); ++i) {
        bool integer = false;
        if (inst.op == Op::as) integer = is_integer_type(inst.text);
        if (inst.op == Op::like) integer = integers_.count(inst.operands[1]);
        if (inst.op == Op::length) integer = true;
        if (inst.op == Op::if_)
          integer = integers_.count(inst.regions[0].yields[i]) && integers_.count(inst.regions[1].yields[i]);
        if (inst.op == Op::loop) {
          integer = integers_.count(inst.operands[i]) && integers_.count(inst.regions[1].yields[i]);
          mark(inst.regions[0].args[i], integer);
          mark(inst.regions[1].args[i], integer);
        }
        mark(inst.results[i], integer);
      }
    }
    return changed;
  }
  void find_integers() {
    for (std::size_t i = 1; i < f_.values.size(); ++i)
      if (f_.values[i].inlined.empty()) integers_.insert(Id(i));
    integers_.erase(f_.self);
    for (Id id : f_.inputs) integers_.erase(id);
    while (sweep_integers(f_.body)) {
    }
  }

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
        for (Id id : inst.results) {
          const bool active = std::ranges::any_of(inst.operands, [&](Id o) { return !f_[o].inert; });
          changed = mark(id, active || makes_lambda(inst)) || changed;
        }
    }
    return changed;
  }

 private:
  Function& f_;
  std::set<Id> integers_;

  // A lambda has a pullback only if what returns it is called for its own.
  static bool makes_lambda(const Inst& inst) { return inst.op == Op::call && inst.label == "lambda"; }

  bool mark(Id id, bool active) {
    const bool changed = active && f_[id].inert && !integers_.count(id);
    if (changed) f_[id].inert = false;
    return changed;
  }
};

// `constants`: inputs that the caller says are.
void mark(Function& f, const std::vector<Id>& constants);

void nested(const Function& f, Region& r) {
  for (Inst& inst : r.code) {
    for (Region& inner : inst.regions) nested(f, inner);
    for (Function& inner : inst.functions) {
      std::vector<Id> constants;  // what it captured that is inert here
      for (std::size_t i = 0; i < inst.operands.size(); ++i)
        if (f[inst.operands[i]].inert) constants.push_back(inner.inputs[i]);
      mark(inner, constants);
    }
  }
}

void mark(Function& f, const std::vector<Id>& constants) {
  for (Value& v : f.values) v.inert = true;
  if (f.self) f[f.self].inert = false;
  for (Id id : f.inputs) f[id].inert = is_integer_type(f[id].type);
  for (Id id : constants) f[id].inert = true;
  Marker marker(f);
  marker.find_integers();
  while (marker.sweep(f.body)) {
  }
  nested(f, f.body);
}

}  // namespace

void find_inert(Function& f) { mark(f, {}); }

}  // namespace zygote::compiler
