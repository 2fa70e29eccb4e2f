// IR -> IR without dead values
//
//   result_1 = result; v_1 = mul x y; return x     =>     return x
//
// Requires valid SSA, without adjoints. Guarantees that every value that is left is read, or comes from a call or a
// write to a part, which may be refused.
#include <algorithm>

#include "passes.hpp"

namespace zygote::compiler {
namespace {

using Uses = std::vector<int>;

void count(const Region& r, Uses& uses) {
  for (const Inst& inst : r.code) {
    for (Id i : inst.operands) ++uses[std::size_t(i)];
    for (const Region& inner : inst.regions) count(inner, uses);
  }
  for (Id i : r.yields) ++uses[std::size_t(i)];
}

bool has_effect(const Inst& inst) {
  if (inst.op == Op::call || inst.op == Op::call_object || inst.op == Op::call_method || inst.op == Op::verbatim ||
      inst.op == Op::is || inst.op == Op::raise || writes_part(inst) ||
      (inst.op == Op::plain && (inst.text == "<<" || inst.text == ">>")))
    return true;
  return std::any_of(inst.regions.begin(), inst.regions.end(),
                     [](const Region& r) { return std::any_of(r.code.begin(), r.code.end(), has_effect); });
}

template <class T>
void erase_at(std::vector<T>& v, std::size_t i) {
  v.erase(v.begin() + std::ptrdiff_t(i));
}

// decltype(x) in the text of a type reads x, too.
void count_named(const Function& f, const Region& r, Uses& uses) {
  for (const Inst& inst : r.code) {
    for (const Region& inner : inst.regions) count_named(f, inner, uses);
    if (inst.text.find("decltype(") == std::string::npos) continue;
    for (const Token& t : tokenize(inst.text))
      for (std::size_t i = 1; i < f.values.size(); ++i) uses[i] += t.text == f.values[i].name;
  }
}

class Remover {
 public:
  explicit Remover(Function& f) : uses_(f.values.size()) {
    count(f.body, uses_);
    count_named(f, f.body, uses_);
  }

  bool sweep(Region& r) {
    bool changed = false;
    for (std::size_t k = r.code.size(); k-- > 0;) {
      Inst& inst = r.code[k];
      for (Region& inner : inst.regions) changed = sweep(inner) || changed;
      for (std::size_t i = inst.results.size(); i-- > 0;)
        if (inst.op == Op::if_ && !used(inst.results[i])) {
          for (Region& inner : inst.regions) erase_at(inner.yields, i);
          erase_at(inst.results, i);
          changed = true;
        } else if (inst.op == Op::loop && !used(inst.results[i]) && !used(inst.regions[0].args[i]) &&
                   only_feeds_itself(inst, i)) {
          for (Region& inner : inst.regions) erase_at(inner.args, i);
          erase_at(inst.regions[1].yields, i);
          erase_at(inst.operands, i);
          erase_at(inst.results, i);
          changed = true;
        }
      const bool dead = std::none_of(inst.results.begin(), inst.results.end(), [&](Id i) { return used(i); });
      if (dead && !has_effect(inst)) {
        erase_at(r.code, k);
        changed = true;
      }
    }
    return changed;
  }

 private:
  Uses uses_;
  bool used(Id i) const { return uses_[std::size_t(i)] > 0; }

  // A carried variable that is read by nothing but its own next value.
  bool only_feeds_itself(const Inst& loop, std::size_t i) const {
    const Id arg = loop.regions[1].args[i], next = loop.regions[1].yields[i];
    return !used(arg) || (next == arg && uses_[std::size_t(arg)] == 1);
  }
};

}  // namespace

void remove_unused(Function& f) {
  while (Remover(f).sweep(f.body)) {
  }
  for_each_closure(f.body, remove_unused);
}

}  // namespace zygote::compiler
