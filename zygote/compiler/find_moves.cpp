// IR -> where values are read for the last time, so that their storage can be moved on
//
//   v_2 = store @[$1] v_1 x i_1  (v_1 is not read again)     =>     auto& v_2 = store(v_1, ..);
//
// Requires valid SSA; with its saves, unless only the primal is written. Guarantees that what is moved is neither
// saved, nor read afterwards, nor referred to by a part of it that was read and is still in use.
#include <algorithm>

#include "passes.hpp"

namespace zygote::compiler {
namespace {

bool makes_reference(const Inst& inst) { return inst.op == Op::as && inst.text.ends_with("&"); }
bool makes_value(const Inst& inst) {
  return writes_part(inst) || inst.op == Op::make || inst.op == Op::like || inst.op == Op::if_ || inst.op == Op::loop ||
         (inst.op == Op::as && !makes_reference(inst));
}

class Finder {
 public:
  Finder(const Function& f, bool primal) : f_(f), primal_(primal) {
    copies(f.body);
    region(f.body, {});
    homes(f.body);
    std::map<Id, std::vector<Id>> refers;
    calls(f.body, refers);
    if (!primal) captured();
    if (!primal) adjoint_homes(f.adjoint.code);
  }
  Moves moves;

 private:
  using Positions = std::map<Id, std::size_t>;
  const Function& f_;
  const bool primal_;
  std::set<Id> saved_, owned_;

  // Parts that are read by value: numbers, what the reverse reads, and what becomes a part of something else.
  void copies(const Region& r) {
    if (!primal_) saved_.insert(r.saves.begin(), r.saves.end());
    moves.copied.insert(r.saves.begin(), r.saves.end());
    for (const Inst& inst : r.code) {
      if (inst.op == Op::load && is_number(f_[inst.results[0]].type)) moves.copied.insert(inst.results[0]);
      if (inst.op == Op::store || inst.op == Op::push) moves.copied.insert(inst.operands[1]);
      for (const Region& inner : inst.regions) copies(inner);
    }
  }

  // The position, in the outermost region, of the last instruction that reads a value or refers to it.
  void last_uses(const Region& r, std::size_t position, bool outermost, Positions& last,
                 std::map<Id, Id>& refers) const {
    const auto use = [&](Id i) {
      for (auto at = i; at; at = refers.count(at) ? refers[at] : 0) last[at] = position;
    };
    for (std::size_t k = 0; k < r.code.size(); ++k) {
      if (outermost) position = k;
      const Inst& inst = r.code[k];
      for (Id i : inst.operands) use(i);
      const bool refers_to_part = inst.op == Op::load && !moves.copied.count(inst.results[0]);
      if (refers_to_part || inst.op == Op::name || makes_reference(inst)) refers[inst.results[0]] = inst.operands[0];
      for (const Region& inner : inst.regions) last_uses(inner, position, false, last, refers);
    }
    if (outermost) position = r.code.size();
    for (Id i : r.yields) use(i);
  }

  // `own`: values that this region may move; of outer regions, those that it reads for the last time.
  void region(const Region& r, std::set<Id> own) {
    Positions last;
    std::map<Id, Id> refers;
    last_uses(r, 0, true, last, refers);
    own.insert(r.args.begin(), r.args.end());
    for (const Inst& inst : r.code)
      if (makes_value(inst)) own.insert(inst.results.begin(), inst.results.end() - (inst.label == "saves" ? 1 : 0));
    const auto movable = [&](Id i, std::size_t position) {
      const auto found = last.find(i);
      return own.count(i) && f_[i].inlined.empty() && !saved_.count(i) && found != last.end() &&
             found->second == position;
    };
    for (std::size_t k = 0; k < r.code.size(); ++k) {
      const Inst& inst = r.code[k];
      if (inst.op == Op::if_) {
        std::set<Id> handed;
        for (Id i : own)
          if (movable(i, k)) handed.insert(i);
        for (const Region& branch : inst.regions) region(branch, handed);
      } else if (inst.op == Op::loop)
        region(inst.regions[1], {});
      if (!writes_part(inst) && inst.op != Op::loop && inst.op != Op::like &&
          (inst.op != Op::as || makes_reference(inst)))
        continue;
      const std::size_t n = inst.op == Op::loop ? inst.operands.size() : 1;
      for (std::size_t i = 0; i < n; ++i)
        if (const Id id = inst.operands[i]; movable(id, k) && once(inst, id, refers)) {
          moves.operands.insert({&inst, id});
          moves.from.insert(id);
        }
    }
    if (&r == &f_.body) return;
    for (Id id : r.yields)
      if (movable(id, r.code.size()) && once(r.yields, id, refers)) {
        moves.yields.insert({&r, id});
        moves.from.insert(id);
      }
  }

  // What a call returns may be a part of its object or its arguments: if their storage is moved on, it is copied.
  void calls(const Region& r, std::map<Id, std::vector<Id>>& refers) {
    const auto moved = [&](Id i, const auto& self) -> bool {
      if (moves.from.count(i)) return true;
      const auto at = refers.find(i);
      return at != refers.end() &&
             std::any_of(at->second.begin(), at->second.end(), [&](Id to) { return self(to, self); });
    };
    for (const Inst& inst : r.code) {
      for (const Region& inner : inst.regions) calls(inner, refers);
      const bool call = inst.op == Op::call || inst.op == Op::call_object || inst.op == Op::call_method;
      if (call && (primal_ || inst.results.size() == 1)) {
        const bool copied =
            std::any_of(inst.operands.begin(), inst.operands.end(), [&](Id i) { return moved(i, moved); });
        if (copied)
          moves.copied.insert(inst.results[0]);
        else
          refers[inst.results[0]] = inst.operands;
      } else if (inst.op == Op::name || makes_reference(inst) ||
                 (inst.op == Op::load && !moves.copied.count(inst.results[0])))
        refers[inst.results[0]] = {inst.operands[0]};
    }
  }

  // Writes to what is not read again change it in place; so do loops and branches that do nothing else to a variable.
  void homes(const Region& r) {
    for (const Inst& inst : r.code) {
      for (const Region& inner : inst.regions) homes(inner);
      if (writes_part(inst) && moves.operands.count({&inst, inst.operands[0]}))
        moves.home[inst.results[0]] = moves.home_of(inst.operands[0]);
      if (inst.op != Op::loop && inst.op != Op::if_) continue;
      const std::size_t n = inst.results.size() - (inst.label == "saves" ? 1 : 0);
      for (std::size_t k = 0; k < n; ++k)
        if (const Id home = inst.op == Op::loop ? home_in(inst, 1, k) : home_in(inst, 0, k)) {
          if (home != (inst.op == Op::loop ? inst.regions[1].args[k] : home_in(inst, 1, k))) continue;
          moves.in_place.insert({&inst, k});
          if (inst.op == Op::if_)
            moves.home[inst.results[k]] = home;
          else if (moves.operands.count({&inst, inst.operands[k]}))
            moves.home[inst.results[k]] = moves.home_of(inst.operands[k]);
        }
    }
  }
  Id home_in(const Inst& inst, std::size_t region, std::size_t k) const {
    const Region& r = inst.regions[region];
    return moves.yields.count({&r, r.yields[k]}) ? moves.home_of(r.yields[k]) : 0;
  }

  // Variables that the reverse reads move there, unless something else that it reads refers to them.
  void captured() {
    Positions last;
    std::map<Id, Id> refers;
    last_uses(f_.body, 0, true, last, refers);
    std::set<Id> movable, referred;
    for (Id id : f_.body.saves)
      for (Id at = id; refers.count(at); at = refers.at(at)) referred.insert(refers.at(at));
    for (const Inst& inst : f_.body.code)
      if (makes_value(inst)) movable.insert(inst.results.begin(), inst.results.end() - (inst.label == "saves" ? 1 : 0));
    for (Id id : f_.body.saves)
      if (movable.count(id) && !referred.count(id) && f_[id].inlined.empty()) {
        moves.captured.insert(id);
        moves.from.insert(id);
      }
  }

  // The same for the adjoints of what loops carry. Those that were made to be changed may lend their storage.
  void adjoint_homes(const Region& r) {
    for (const Inst& inst : r.code) {
      if (inst.op == Op::own) owned_.insert(inst.results[0]);
      if (inst.op == Op::reverse_loop) {
        owned_.insert(inst.regions[0].args.begin(), inst.regions[0].args.end());
        owned_.insert(inst.results.begin(), inst.results.end());
      }
      for (const Region& inner : inst.regions) adjoint_homes(inner);
      if (inst.op != Op::reverse_loop) continue;
      for (std::size_t k = 0; k < inst.results.size(); ++k) {
        const Region& body = inst.regions[0];
        if (!body.yields[k] || moves.home_of(body.yields[k]) != body.args[k]) continue;
        moves.in_place.insert({&inst, k});
        if (const Id d = inst.operands[2 + 2 * k]; owned_.count(d)) moves.home[inst.results[k]] = moves.home_of(d);
      }
    }
  }

  // Does just one of these lead to the value?
  static bool once(const std::vector<Id>& ids, Id id, const std::map<Id, Id>& refers) {
    return 1 == std::count_if(ids.begin(), ids.end(), [&](Id i) {
             while (i != id && refers.count(i)) i = refers.at(i);
             return i == id;
           });
  }
  static bool once(const Inst& inst, Id id, const std::map<Id, Id>& refers) {
    return once(inst.operands, id, refers) && std::none_of(inst.regions.begin(), inst.regions.end(),
                                                           [&](const Region& r) { return reads(r, id, refers); });
  }
  static bool reads(const Region& r, Id id, const std::map<Id, Id>& refers) {
    const auto leads = [&](Id i) { return once(std::vector<Id>{i}, id, refers); };
    return std::any_of(r.yields.begin(), r.yields.end(), leads) ||
           std::any_of(r.code.begin(), r.code.end(), [&](const Inst& inst) {
             return std::any_of(inst.operands.begin(), inst.operands.end(), leads) ||
                    std::any_of(inst.regions.begin(), inst.regions.end(),
                                [&](const Region& inner) { return reads(inner, id, refers); });
           });
  }
};

}  // namespace

Moves find_moves(const Function& f, bool primal) { return Finder(f, primal).moves; }

}  // namespace zygote::compiler
