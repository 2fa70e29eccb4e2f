// IR with its reverse -> which loops can run each iteration backward before the next one runs forward
//
//   total_3 = loop (total_1) .. total_2 = add total_1 v     reverse  d_total_3 = rule div 0 d n;  reverse_loop ..
//
// If all that an iteration hands to the next ones is a summand (`total`), or the storage of scratch, and the adjoint of
// the sum follows from that of the function's result alone, which a caller may know to be 1: then nothing of an
// iteration has to wait for the end. Requires the reverse with its saves; moves code of the primal that the adjoints of
// the sums read in front of the loop.
#include <algorithm>

#include "lower.hpp"
#include "passes.hpp"

namespace zygote::compiler {
namespace {

bool about(Op op) { return op == Op::type || op == Op::extent || op == Op::shape; }

class Finder {
 public:
  explicit Finder(Function& f) : f_(f), back_(f.adjoint.code.code), uses_(f.values.size()) {
    count(f.body);
    for (Id id : f.body.yields) find_units(id);
    for (std::size_t i = 0; i < f.body.code.size(); ++i)
      if (const Inst& inst = f.body.code[i]; inst.op == Op::loop && inst.label == "saves") loop(i);
  }

 private:
  Function& f_;
  const std::vector<Inst>& back_;
  std::vector<int> uses_;  // of values of the primal, but for comparisons and types

  void count(const Region& r) {
    for (const Inst& inst : r.code) {
      const auto n = inst.op == Op::like ? 1 : inst.operands.size();
      for (std::size_t i = 0; i < n && !about(inst.op) && inst.op != Op::plain; ++i)
        ++uses_[std::size_t(inst.operands[i])];
      for (const Region& inner : inst.regions) count(inner);
    }
    for (Id id : r.yields) ++uses_[std::size_t(id)];
  }
  bool once(Id id) const { return uses_[std::size_t(id)] == 1; }
  static const Inst* made_in(const Region& r, Id id) {
    const auto makes = [&](const Inst& inst) {
      return std::find(inst.results.begin(), inst.results.end(), id) != inst.results.end();
    };
    const auto found = std::find_if(r.code.begin(), r.code.end(), makes);
    return found == r.code.end() ? nullptr : &*found;
  }
  bool number(Id id) const { return f_[id].type == "double" || f_[id].type == "float"; }

  // Calls whose result is the function's result, or a summand of it.
  void find_units(Id id) {
    const Inst* const made = made_in(f_.body, id);
    if (!made || !once(id)) return;
    if ((made->op == Op::call || made->op == Op::call_object) && made->label != "recursive") f_[id].unit = true;
    if (made->op != Op::rule || !number(id) || (made->text != "add" && made->text != "sub")) return;
    find_units(made->operands[0]);
    if (made->text == "add") find_units(made->operands[1]);
  }

  void loop(std::size_t at) {
    const Id steps = f_.body.code[at].results.back();
    const auto is = [&](const Inst& inst) { return inst.op == Op::reverse_loop && inst.operands[0] == steps; };
    const auto reverse = std::find_if(back_.begin(), back_.end(), is);
    if (reverse == back_.end()) return;
    OneByOne how;
    Ahead ahead{*this, at};
    if (!carried(f_.body.code[at], *reverse, how, ahead) || !sums(std::size_t(reverse - back_.begin()), how, ahead))
      return;
    how.code.insert(how.code.begin(), ahead.reverse.begin(), ahead.reverse.end());
    how.through = std::move(ahead.through);
    f_.one_by_one[steps] = std::move(how);
    ahead.move();
  }

  // What has to be known in front of a loop: instructions of the reverse, and of the primal behind the loop.
  struct Ahead {
    Finder& finder;
    std::size_t at;  // of the loop
    std::set<std::size_t> reverse = {}, primal = {};
    std::set<Id> through = {};  // adjoints that are the same in front of a loop and behind it

    // A value of the primal. What may fail for some values stays where it is: a test may stand in front of it.
    bool value(Id id) {
      Function& f = finder.f_;
      const auto& code = f.body.code;
      if (!id || !f[id].inlined.empty()) return true;
      for (std::size_t i = at; i < code.size(); ++i) {
        const Inst& inst = code[i];
        if (std::find(inst.results.begin(), inst.results.end(), id) == inst.results.end()) continue;
        const bool number = is_number(f[id].type) && (inst.op == Op::rule || inst.op == Op::as || inst.op == Op::make),
                   divides = inst.text == "div" && is_integer_type(f[id].type),
                   field = inst.op == Op::load && inst.text.find_first_of("[(") == std::string::npos;
        if (!about(inst.op) && inst.op != Op::length && !field && (!number || divides)) return false;
        primal.insert(i);
        return std::all_of(inst.operands.begin(), inst.operands.end(), [&](Id o) { return value(o); });
      }
      return true;
    }
    // An adjoint that follows from that of the result.
    bool adjoint(Id id) {
      if (!id || id == finder.f_.adjoint.code.args[0]) return true;
      for (std::size_t i = 0; i < finder.back_.size(); ++i) {
        const Inst& inst = finder.back_[i];
        const auto at = std::find(inst.results.begin(), inst.results.end(), id);
        if (at == inst.results.end()) continue;
        reverse.insert(i);
        if (inst.op == Op::reverse_loop) {  // the sum goes on there
          through.insert(id);
          const auto k = std::size_t(at - inst.results.begin());
          return finder.sums_up(inst, k) && adjoint(inst.operands[2 + 2 * k]);
        }
        const bool made = inst.op == Op::contribute && (inst.text.find("rule ") == 0 || inst.text.find("made ") == 0);
        return (made || inst.op == Op::evaluate || inst.op == Op::add) &&
               std::all_of(inst.operands.begin(), inst.operands.end(), [&](Id o) { return adjoint(o); });
      }
      return value(id);
    }
    void move() {
      auto& code = finder.f_.body.code;
      std::vector<Inst> moved;
      for (std::size_t i : primal) moved.push_back(code[i]);
      for (auto i = primal.rbegin(); i != primal.rend(); ++i) code.erase(code.begin() + std::ptrdiff_t(*i));
      code.insert(code.begin() + std::ptrdiff_t(at), moved.begin(), moved.end());
    }
  };

  // Is result k of a reverse loop the adjoint of a sum, that is, the same as the one that goes in?
  bool sums_up(const Inst& reverse, std::size_t k) const {
    const Inst& loop = *made_in(f_.body, reverse.operands[0]);
    std::size_t slot = 0;
    for (std::size_t n = 0;; ++slot)
      if (!f_[loop.results[slot]].inert && n++ == k) break;
    return is_sum(loop, slot);
  }
  bool is_sum(const Inst& loop, std::size_t slot) const {
    const Region& body = loop.regions[1];
    return number(body.args[slot]) && sum(body, body.yields[slot], body.args[slot]);
  }

  // Every variable that it carries and that has an adjoint is a sum, scratch, or not read.
  bool carried(const Inst& loop, const Inst& reverse, OneByOne& how, Ahead& ahead) {
    const Region& body = loop.regions[1];
    std::set<std::size_t> scratch;
    std::size_t n = 0;  // of those that have an adjoint
    for (std::size_t k = 0; k < loop.operands.size(); ++k) {
      if (f_[loop.results[k]].inert) continue;
      const Id type = reverse.operands[1 + 2 * n], d = reverse.operands[2 + 2 * n];
      ++n;
      if (!type) {
        scratch.insert(k);
        if (!untouched(d, reverse)) return false;
        how.scratch.push_back({d, loop.operands[k]});
      } else if (is_sum(loop, k)) {
        if (!ahead.adjoint(d)) return false;
        if (d) how.sum = loop.operands[k];
      } else if (d || uses_[std::size_t(body.args[k])] > 0)
        return false;
    }
    return n > 0 && only_scratch(f_, loop, scratch);
  }

  // Is it x plus something, and does nothing else read x, or what is between?
  bool sum(const Region& r, Id id, Id x) const {
    const int reads = adds(r, id, x);
    return reads > 0 && reads == uses_[std::size_t(x)];
  }
  // How often x is read to make it; 0 if it is not x plus something.
  int adds(const Region& r, Id id, Id x) const {
    if (id == x) return 1;
    const Inst* const made = made_in(r, id);
    if (!made || !once(id)) return 0;
    const auto& o = made->operands;
    const auto k = std::size_t(std::find(made->results.begin(), made->results.end(), id) - made->results.begin());
    if (made->op == Op::as || made->op == Op::like) return adds(r, o[0], x);
    if (made->op == Op::rule && made->text == "sub") return adds(r, o[0], x);
    if (made->op == Op::rule && made->text == "add") return std::max(adds(r, o[0], x), adds(r, o[1], x));
    if (made->op == Op::if_ && k < made->regions[0].yields.size()) {
      const int then = adds(made->regions[0], made->regions[0].yields[k], x),
                otherwise = adds(made->regions[1], made->regions[1].yields[k], x);
      return then && otherwise ? then + otherwise : 0;
    }
    if (made->op == Op::loop && k < o.size()) {
      const Region& body = made->regions[1];
      return sum(body, body.yields[k], body.args[k]) ? adds(r, o[k], x) : 0;
    }
    return 0;
  }

  // Is this the adjoint of a variable that only its reverse loop changes, and that begins with zeros?
  bool untouched(Id d, const Inst& reverse) const {
    const auto made = std::find_if(back_.begin(), back_.end(), [&](const Inst& inst) {
      return inst.op == Op::own && inst.results[0] == d && inst.operands.size() == 1;
    });
    int reads = 0;
    for (const Inst& inst : back_) for_each_use(inst, [&](const Inst&, Id id, std::size_t) { reads += id == d; });
    return made != back_.end() && reads == 1 && std::count(reverse.operands.begin(), reverse.operands.end(), d) == 1;
  }

  // The adjoints that the reverse loop, number `at` of the reverse, adds to are begun in front of it, and nothing but
  // additions happens to them; what else it reads is known in front of the loop.
  bool sums(std::size_t at, OneByOne& how, Ahead& ahead) {
    const Id steps = back_[at].operands[0];
    std::size_t begin = at, end = at + 1;
    while (begin > 0 && back_[begin - 1].op == Op::sum_at) --begin;
    while (end < back_.size() && back_[end].op == Op::accumulate_once && back_[end].operands[0] == steps) ++end;
    std::set<Id> read;
    for (std::size_t i = begin; i < end; ++i) {
      how.code.push_back(i);
      for_each_use(back_[i], [&](const Inst&, Id id, std::size_t) { read.insert(id); });
    }
    for (const auto& [d, variable] : how.scratch) read.erase(d);
    read.erase(steps);
    for (std::size_t i = 0; i < back_.size(); ++i) {
      if (i >= begin && i < end) continue;
      for (Id id : back_[i].results) {
        const bool known = ahead.reverse.count(i) && (back_[i].op != Op::reverse_loop || ahead.through.count(id));
        if (!read.erase(id) || known) continue;
        if (i > at || (back_[i].op != Op::own && back_[i].op != Op::sum)) return false;
        if (!only_added_to(id, i + 1, end) || !ahead.value(back_[i].operands[0])) return false;
        how.adjoints.push_back(id);
      }
    }
    return std::all_of(read.begin(), read.end(), [&](Id id) { return ahead.value(id); });
  }
  bool only_added_to(Id d, std::size_t begin, std::size_t end) const {
    bool added = true;
    for (std::size_t i = begin; i < end; ++i)
      for_each_use(back_[i], [&](const Inst& inst, Id id, std::size_t k) {
        added = added && (id != d || int(k) == place_added_to(inst));
      });
    return added;
  }
  // visit(instruction, operand, its number), inside of regions too; what regions yield has no number.
  template <class Visit>
  static void for_each_use(const Inst& inst, const Visit& visit) {
    for (std::size_t k = 0; k < inst.operands.size(); ++k) visit(inst, inst.operands[k], k);
    for (const Region& r : inst.regions) {
      for (const Inst& inner : r.code) for_each_use(inner, visit);
      for (Id id : r.yields) visit(inst, id, std::size_t(-1));
    }
  }
};

}  // namespace

void find_one_by_one(Function& f) { Finder{f}; }

}  // namespace zygote::compiler
