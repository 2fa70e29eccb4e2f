// IR with its reverse -> the same with what each region saves, and what the reverse works out again instead
//
//   body  v_1 = add x_1 1;  r_1 = exp v_1        reverse reads x_1, v_1, r_1
//     =>  body .. saves x_1, r_1                 reverse  v_1 = add x_1 1 (again)  ..
//
// In regions of loops and branches. What is worth it depends on types, which only the C++ compiler knows: sums of
// numbers are cheap, sums of matrices are not. So the reverse says how to work a value out, and the runtime saves it
// all the same unless it is a number. Requires the reverse that derive_adjoint makes. Guarantees that the reverse reads
// nothing but what is saved, what it works out itself, and what outer regions give it.
#include <algorithm>
#include <set>

#include "lower.hpp"
#include "passes.hpp"

namespace zygote::compiler {
namespace {

class Chooser {
 public:
  explicit Chooser(Function& f) : f_(f) {
    find_lasting();
    save(f.body, f.adjoint.code, nullptr);
  }

 private:
  Function& f_;
  std::set<Id> lasting_;  // inputs, and variables of the outermost region that nobody writes to or moves on

  // `all`: what is worked out again from lent arguments, too.
  void reads(const Region& r, std::set<Id>& ids, bool all = true) const {
    for (const Inst& inst : r.code) {
      const bool again = !all && inst.label == "again" && inst.op == Op::load && lent(inst.operands[0]);
      ids.insert(inst.operands.begin() + (again ? 1 : 0), inst.operands.end());
      for (const Region& inner : inst.regions) reads(inner, ids, all);
    }
    ids.insert(r.yields.begin(), r.yields.end());
  }

  void find_lasting() {
    std::set<Id> passed;
    const auto pass = [&](const Region& r, const auto& self) -> void {
      for (const Inst& inst : r.code) {
        if (writes_part(inst)) passed.insert(inst.operands[0]);
        if (inst.op == Op::loop) passed.insert(inst.operands.begin(), inst.operands.end());
        for (const Region& inner : inst.regions) {
          passed.insert(inner.yields.begin(), inner.yields.end());
          self(inner, self);
        }
      }
    };
    pass(f_.body, pass);
    passed.insert(f_.body.yields.begin(), f_.body.yields.end());
    for (const Inst& inst : f_.body.code)
      if (inst.op == Op::make || inst.op == Op::loop || inst.op == Op::if_ || writes_part(inst))
        for (Id id : inst.results)
          if (!passed.count(id)) lasting_.insert(id);
    for (std::size_t i = 0; i < f_.inputs.size(); ++i)
      if (i < f_.lends.size() && f_.lends[i]) lasting_.insert(f_.inputs[i]);
  }
  bool lent(Id id) const { return std::count(f_.inputs.begin(), f_.inputs.end(), id) > 0; }

  // Regions and reverses have the same nesting; the reverses of a region's instructions come in opposite order.
  void save(Region& primal, Region& back, const Inst* loop) {
    std::vector<Inst*> nested;
    for (Inst& inst : primal.code)
      if (inst.label == "saves") nested.push_back(&inst);
    for (Inst& inst : back.code) {
      if (inst.op != Op::reverse_if && inst.op != Op::reverse_loop) continue;
      Inst& forward = *nested.back();
      nested.pop_back();
      if (inst.op == Op::reverse_loop)
        save(forward.regions[1], inst.regions[0], &forward);
      else
        for (std::size_t i = 0; i < 2; ++i) save(forward.regions[i], inst.regions[i], nullptr);
    }
    std::set<Id> read, own(primal.args.begin(), primal.args.end());
    reads(back, read);
    for (const Inst& inst : primal.code) own.insert(inst.results.begin(), inst.results.end());
    if (&primal == &f_.body) {
      read.insert(f_.adjoint.grads.begin(), f_.adjoint.grads.end());
      own.insert(f_.inputs.begin(), f_.inputs.end());
      if (f_.self) own.insert(f_.self);
    }
    const auto needs = [&](Id id) { return own.count(id) && f_[id].inlined.empty(); };
    std::set<Id> direct;
    std::copy_if(read.begin(), read.end(), std::inserter(direct, direct.end()), needs);
    if (&primal == &f_.body) {
      primal.saves.assign(direct.begin(), direct.end());
      std::set<Id> named(f_.adjoint.grads.begin(), f_.adjoint.grads.end());
      reads(back, named, false);
      for (Id id : direct)
        if (lent(id) && !named.count(id)) primal.saved[id].direct = false;
    } else
      Plan(*this, primal, back, loop, own, direct);
  }

  // What to do about the values that the reverse of one region reads.
  class Plan {
   public:
    Plan(Chooser& c, Region& primal, Region& back, const Inst* loop, const std::set<Id>& own,
         const std::set<Id>& direct)
        : c_(c), primal_(primal), loop_(loop), own_(own) {
      for (const Inst& inst : primal.code)
        if (!inst.results.empty()) made_[inst.results[0]] = &inst;
      for (Id id : direct)
        if (!again(id)) stored_.insert(id);
      std::vector<Id> order;  // of what may be worked out: arguments, then as the region does
      for (Id id : primal.args) order.push_back(id);
      for (const Inst& inst : primal.code) order.insert(order.end(), inst.results.begin(), inst.results.end());
      for (Id id : order)
        if (direct.count(id) && again(id)) decide(id);
      std::vector<Inst> code;
      for (Id id : order) {
        Saved& s = primal.saved[id];
        s.direct = direct.count(id) > 0;
        if (!s.direct && s.readers.empty()) {
          primal.saved.erase(id);
          continue;
        }
        primal.saves.push_back(id);
        s.again = worked_out_.count(id) > 0;
        if (s.again && made_.count(id) && made_[id]->op == Op::load && c_.lent(made_[id]->operands[0]))
          s.from = made_[id]->operands[0];
        const std::string& type = c_.f_[id].type;
        s.certain =
            s.again && !s.from && (is_integer_type(type) || (!counter(id) && (type == "double" || type == "float")));
        s.invariant = !s.again && invariant(id);
        if (s.again) code.push_back(how(id));
      }
      back.code.insert(back.code.begin(), code.begin(), code.end());
    }

   private:
    Chooser& c_;
    Region& primal_;
    const Inst* loop_;  // whose body the region is
    const std::set<Id>& own_;
    std::map<Id, const Inst*> made_;
    std::set<Id> stored_, worked_out_;

    bool counter(Id id) const {
      if (!loop_) return false;
      const auto at = std::find(primal_.args.begin(), primal_.args.end(), id);
      return at != primal_.args.end() && step_of(c_.f_, primal_, std::size_t(at - primal_.args.begin()));
    }
    // May it be worked out from its operands?
    bool again(Id id) const {
      if (counter(id)) return true;
      const auto found = made_.find(id);
      if (found == made_.end()) return false;
      const Inst& inst = *found->second;
      static const std::set<std::string> cheap = {"add", "sub", "mul", "neg", "pos", "max", "min", "abs"};
      static const std::set<std::string> slow = {"/", "%", "<<", ">>"};
      switch (inst.op) {
        case Op::rule:
          return cheap.count(inst.text) > 0;
        case Op::plain:
          return !slow.count(inst.text);
        case Op::like:
        case Op::as:
          return true;
        case Op::load:
          return c_.lasting_.count(inst.operands[0]) && inst.text.find("pointee") == std::string::npos;
        default:
          return false;
      }
    }
    // What has to be stored in addition to work it out.
    void sources(Id id, std::set<Id>& more) const {
      if (!own_.count(id) || !c_.f_[id].inlined.empty() || stored_.count(id) || worked_out_.count(id)) return;
      if (!again(id))
        more.insert(id);
      else if (!counter(id))
        for (Id operand : made_.at(id)->operands) sources(operand, more);
    }
    void decide(Id id) {
      std::set<Id> more;
      sources(id, more);
      if (more.size() > 1) {
        stored_.insert(id);
        return;
      }
      stored_.insert(more.begin(), more.end());
      work_out(id);
    }
    void work_out(Id id) {
      if (!own_.count(id) || !c_.f_[id].inlined.empty() || stored_.count(id) || !worked_out_.insert(id).second) return;
      if (counter(id)) return;
      for (Id operand : made_.at(id)->operands) {
        work_out(operand);
        if (own_.count(operand) && c_.f_[operand].inlined.empty()) primal_.saved[operand].readers.push_back(id);
      }
    }
    Inst how(Id id) const {
      Inst inst;
      if (counter(id)) {
        const auto k = std::size_t(std::find(primal_.args.begin(), primal_.args.end(), id) - primal_.args.begin());
        inst.op = Op::nth;
        inst.text = step_of(c_.f_, primal_, k) > 0 ? "+" : "-";
        inst.operands = {loop_->operands[k]};
        inst.results = {id};
        inst.pos = loop_->pos;
      } else
        inst = *made_.at(id);
      inst.label = "again";
      return inst;
    }
    // The same in every iteration: made of nothing but what is outside of the loop.
    bool invariant(Id id) const {
      if (!loop_) return false;
      const auto found = made_.find(id);
      if (found == made_.end()) return false;
      const Inst& inst = *found->second;
      if (inst.op != Op::load && inst.op != Op::rule && inst.op != Op::as && inst.op != Op::like) return false;
      return std::all_of(inst.operands.begin(), inst.operands.end(), [&](Id operand) {
        if (c_.f_[operand].changes) return false;
        return !own_.count(operand) || !c_.f_[operand].inlined.empty() || invariant(operand);
      });
    }
  };
};

}  // namespace

void choose_saves(Function& f) { Chooser{f}; }

}  // namespace zygote::compiler
