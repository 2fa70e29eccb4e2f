// IR -> which variables are scratch: every iteration of a loop overwrites their elements before it reads them
//
//   loop (v_1 = v_0)  loop (j = 0; j < length v_1)  v_2 = store @[$1] v_1 x j  ..  load @[$1] v_3 i
//
// What an iteration reads of them is its own, so that no adjoint leads to an earlier one.
#include <algorithm>

#include "lower.hpp"
#include "passes.hpp"

namespace zygote::compiler {
namespace {

class Finder {
 public:
  explicit Finder(const Function& f) : f_(f) { define(f.body); }

  void mark(Id id) { stale_.insert(id); }

  // Is nothing read of what these values, and those that they become, hold in front of the region?
  bool overwrites(const Region& r) {
    for (const Inst& inst : r.code) {
      if (inst.op == Op::loop || inst.op == Op::if_) {
        if (!overwrites(inst)) return false;
      } else if (inst.op == Op::store) {
        if (any_stale({inst.operands.begin() + 1, inst.operands.end()})) return false;
        if (stale_.count(inst.operands[0])) stale_.insert(inst.results[0]);
      } else if (any_stale(inst.operands) && inst.op != Op::length && inst.op != Op::shape && inst.op != Op::extent &&
                 inst.op != Op::type)
        return false;
    }
    return true;
  }

 private:
  const Function& f_;
  std::map<Id, const Inst*> made_;
  std::map<Id, Id> entering_;  // what the argument of a loop's body is in the first iteration
  std::map<Id, Id> next_;      // .. and what becomes of it
  std::set<Id> stale_;         // may hold something from before

  bool any_stale(const std::vector<Id>& ids) const {
    return std::any_of(ids.begin(), ids.end(), [&](Id id) { return stale_.count(id) > 0; });
  }

  void define(const Region& r) {
    for (const Inst& inst : r.code) {
      for (Id id : inst.results) made_[id] = &inst;
      for (const Region& inner : inst.regions) define(inner);
      for (std::size_t k = 0; inst.op == Op::loop && k < inst.operands.size(); ++k) {
        entering_[inst.regions[1].args[k]] = inst.operands[k];
        next_[inst.regions[1].args[k]] = inst.regions[1].yields[k];
      }
    }
  }

  bool overwrites(const Inst& inst) {
    const bool loop = inst.op == Op::loop;
    for (std::size_t k = 0; loop && k < inst.operands.size(); ++k)
      if (stale_.count(inst.operands[k])) {
        mark(inst.regions[0].args[k]);
        mark(inst.regions[1].args[k]);
      }
    for (const Region& r : inst.regions)
      if (!overwrites(r)) return false;
    for (std::size_t k = 0; k < inst.results.size() - (inst.label == "saves" ? 1 : 0); ++k) {
      const bool before = loop && stale_.count(inst.operands[k]) && !covers(inst, k);
      const auto yields = [&](const Region& r) { return k < r.yields.size() && stale_.count(r.yields[k]); };
      const bool inside = loop ? yields(inst.regions[1]) && !covers(inst, k)
                               : std::any_of(inst.regions.begin(), inst.regions.end(), yields);
      if (before || inside) mark(inst.results[k]);
    }
    return true;
  }

  // for (j = 0; j < size of v; ++j) v[j] = ..
  bool covers(const Inst& loop, std::size_t k) const {
    const Region &test = loop.regions[0], &body = loop.regions[1];
    if (test.code.size() != 1 || test.code[0].op != Op::plain || test.code[0].text != "<") return false;
    const auto& compared = test.code[0].operands;
    const auto counter = std::find(test.args.begin(), test.args.end(), compared[0]);
    if (counter == test.args.end() || std::count(test.args.begin(), test.args.end(), compared[1])) return false;
    const auto c = std::size_t(counter - test.args.begin());
    if (step_of(f_, body, c) != 1 || !is_zero(loop.operands[c])) return false;
    if (size_of(loop.operands[k]) != size_of(compared[1])) return false;
    for (Id id = body.yields[k]; id != body.args[k];) {
      const auto made = made_.find(id);
      if (made == made_.end() || made->second->op != Op::store) return false;
      const Inst& store = *made->second;
      const auto here = [&](const Inst& inst) { return &inst == &store; };
      if (store.text == "@[$1]" && store.operands[2] == body.args[c] &&
          std::any_of(body.code.begin(), body.code.end(), here))
        return true;
      id = store.operands[0];
    }
    return false;
  }
  bool is_zero(Id id) const {
    if (f_[id].inlined == "0") return true;
    const auto made = made_.find(id);
    return made != made_.end() && made->second->op == Op::as && is_zero(made->second->operands[0]);
  }

  // What the length of a vector follows from: an integer or another object; writes to elements do not matter.
  Id size_of(Id id) const {
    const auto entering = entering_.find(id);
    if (entering != entering_.end()) return keeps_size(next_.at(id), id) ? size_of(entering->second) : id;
    const auto made = made_.find(id);
    if (made == made_.end()) return id;
    const Inst& inst = *made->second;
    if (inst.op == Op::store || inst.op == Op::length) return size_of(inst.operands[0]);
    if (inst.op == Op::loop) {
      const auto k = std::size_t(std::find(inst.results.begin(), inst.results.end(), id) - inst.results.begin());
      const bool kept = k < inst.operands.size() && keeps_size(inst.regions[1].yields[k], inst.regions[1].args[k]);
      return kept ? size_of(inst.operands[k]) : id;
    }
    const bool vector = inst.op == Op::make && inst.label == "(" && f_[id].type.find("std::vector<") == 0;
    const auto& o = inst.operands;
    return vector && (o.size() == 1 || (o.size() == 2 && is_integer_type(f_[o[0]].type))) ? size_of(o[0]) : id;
  }
  bool keeps_size(Id id, Id from) const {
    while (id != from) {
      const auto made = made_.find(id);
      if (made == made_.end()) return false;
      const Inst& inst = *made->second;
      if (inst.op == Op::store)
        id = inst.operands[0];
      else if (inst.op == Op::loop) {
        const auto k = std::size_t(std::find(inst.results.begin(), inst.results.end(), id) - inst.results.begin());
        if (k >= inst.operands.size() || !keeps_size(inst.regions[1].yields[k], inst.regions[1].args[k])) return false;
        id = inst.operands[k];
      } else
        return false;
    }
    return true;
  }
};

}  // namespace

bool only_scratch(const Function& f, const Inst& loop, const std::set<std::size_t>& candidates) {
  Finder finder(f);
  for (std::size_t k : candidates)
    for (const Region& r : loop.regions) finder.mark(r.args[k]);
  return finder.overwrites(loop.regions[0]) && finder.overwrites(loop.regions[1]);
}

}  // namespace zygote::compiler
