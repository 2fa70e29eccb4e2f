// IR -> IR in which loops carry just what they change, and no number is copied, or read twice
//
//   x_3, r_5 = loop (x_2 = x_1, r_3 = r_1) .. next x_2, r_4     =>     r_2 = loop (r_1 = r_0) .. next r_3
//
// Tests of loops lose what is the same each time to the code in front. Requires valid SSA without adjoints, and types.
// Guarantees that no carried variable is the same in every iteration.
#include <algorithm>
#include <set>
#include <tuple>

#include "passes.hpp"

namespace zygote::compiler {
namespace {

using Renaming = std::map<Id, Id>;

Id renamed(Id id, const Renaming& to) {
  for (auto found = to.find(id); found != to.end(); found = to.find(id)) id = found->second;
  return id;
}

using Names = std::map<std::string, std::string>;  // names, by what they were

// decltype(x) in the text of a type.
void rename(std::string& text, const Names& now) {
  if (text.find("decltype(") == std::string::npos) return;
  Tokens tokens = tokenize(text);
  tokens.pop_back();
  bool named = false;
  for (Token& t : tokens)
    if (const auto found = now.find(t.text); found != now.end()) {
      t.text = found->second;
      named = true;
    }
  if (named) text = join(tokens, 0, tokens.size());
}

void substitute(Region& r, const Renaming& to, const Names& names) {
  for (Inst& inst : r.code) {
    for (Id& id : inst.operands) id = renamed(id, to);
    for (Region& inner : inst.regions) substitute(inner, to, names);
    rename(inst.text, names);
  }
  for (Id& id : r.yields) id = renamed(id, to);
}
void substitute(Function& f, const Renaming& to) {
  Names names;
  for (const auto& [from, _] : to) names[f[from].name] = f[renamed(from, to)].name;
  substitute(f.body, to, names);
}

void drop(Inst& loop, std::size_t i) {
  const auto at = [i](auto& list) { list.erase(list.begin() + std::ptrdiff_t(i)); };
  for (Region& r : loop.regions) at(r.args);
  at(loop.regions[1].yields);
  at(loop.operands);
  at(loop.results);
}

using Loads = std::map<std::tuple<std::string, std::vector<Id>, bool>, Id>;

// A number that is there already: a copy of one, or read a second time. `loads`: those of this region and around it.
bool again(const Function& f, const Inst& inst, Renaming& to, Loads& loads) {
  const bool copy = !inst.primal && (inst.op == Op::as || inst.op == Op::like);
  if (!copy && inst.op != Op::load) return false;
  const Id result = inst.results[0];
  const std::string& type = f[result].type;
  if (!is_number(type)) return false;
  std::vector<Id> operands = inst.operands;
  for (Id& id : operands) id = renamed(id, to);
  Id same = 0;
  if (copy && type == f[operands[0]].type) same = operands[0];
  if (inst.op == Op::load) same = loads.insert({{inst.text, operands, inst.primal}, result}).first->second;
  if (same && same != result) to[result] = same;
  return to.count(result) > 0;
}

// What a value was in front of a region that replaces elements of it at most; 0 if the region makes it.
Id without_stores(const Region& r, Id id) {
  for (std::size_t i = r.code.size(); i-- > 0;) {
    const Inst& inst = r.code[i];
    const auto k = std::size_t(std::find(inst.results.begin(), inst.results.end(), id) - inst.results.begin());
    if (k == inst.results.size()) continue;
    if (inst.op == Op::store && inst.text.starts_with("@[")) {
      id = inst.operands[0];
    } else if (inst.op == Op::loop) {
      const Region& body = inst.regions[1];
      id = without_stores(body, body.yields[k]) == body.args[k] ? inst.operands[k] : 0;
    } else if (inst.op == Op::if_) {
      id = without_stores(inst.regions[0], inst.regions[0].yields[k]);
      if (without_stores(inst.regions[1], inst.regions[1].yields[k]) != id) return 0;
    } else {
      return 0;
    }
  }
  return id;
}

// Ranges that keep their length while a loop replaces elements of them: it is asked in front of the loop.
void take_lengths(const Function& f, Inst& loop) {
  const Region& body = loop.regions[1];
  for (Inst& inst : loop.regions[0].code) {
    const auto& args = loop.regions[0].args;
    const auto k =
        std::size_t(std::find(args.begin(), args.end(), inst.operands.empty() ? 0 : inst.operands[0]) - args.begin());
    if (inst.op != Op::length || k == args.size()) continue;
    const std::string& type = f[loop.operands[k]].type;
    const bool fixed = type.starts_with("std::vector<") || type.starts_with("std::array<");
    if (fixed && without_stores(body, body.yields[k]) == body.args[k]) inst.operands[0] = loop.operands[k];
  }
}

// What the test of a loop works out anew each time from values of outside goes in front of the loop.
void hoist(const Function& f, Region& r) {
  for (std::size_t at = 0; at < r.code.size(); ++at) {
    for (Region& inner : r.code[at].regions) hoist(f, inner);
    if (r.code[at].op != Op::loop) continue;
    take_lengths(f, r.code[at]);
    Region& test = r.code[at].regions[0];
    std::set<Id> own(test.args.begin(), test.args.end());
    std::vector<Inst> front;
    std::erase_if(test.code, [&](Inst& inst) {
      const bool pure = inst.op == Op::load || inst.op == Op::rule || inst.op == Op::length || inst.op == Op::as;
      const bool moves = pure && is_number(f[inst.results[0]].type) &&
                         std::none_of(inst.operands.begin(), inst.operands.end(), [&](Id id) { return own.count(id); });
      if (moves)
        front.push_back(std::move(inst));
      else
        own.insert(inst.results.begin(), inst.results.end());
      return moves;
    });
    r.code.insert(r.code.begin() + std::ptrdiff_t(at), std::make_move_iterator(front.begin()),
                  std::make_move_iterator(front.end()));
    at += front.size();
  }
}

void find_unchanged(const Function& f, Region& r, Renaming& to, Loads loads) {
  std::erase_if(r.code, [&](Inst& inst) {
    for (Region& inner : inst.regions) find_unchanged(f, inner, to, loads);
    return again(f, inst, to, loads);
  });
  for (Inst& inst : r.code) {
    if (inst.op == Op::if_)
      for (std::size_t i = inst.results.size(); i-- > 0;)
        if (const Id a = renamed(inst.regions[0].yields[i], to);
            a == renamed(inst.regions[1].yields[i], to) && inst.text != "constexpr") {
          bool inside = false;  // a value of one of the branches cannot be
          for (const Region& branch : inst.regions)
            for (const Inst& own : branch.code)
              for (Id id : own.results) inside = inside || id == a;
          if (inside) continue;
          to[inst.results[i]] = a;
          for (Region& branch : inst.regions) branch.yields.erase(branch.yields.begin() + std::ptrdiff_t(i));
          inst.results.erase(inst.results.begin() + std::ptrdiff_t(i));
        }
    if (inst.op != Op::loop) continue;
    for (std::size_t i = inst.operands.size(); i-- > 0;) {
      const Id arg = inst.regions[1].args[i], next = renamed(inst.regions[1].yields[i], to);
      if (next != arg && next != renamed(inst.operands[i], to)) continue;
      for (Id id : {inst.regions[0].args[i], arg, inst.results[i]}) to[id] = renamed(inst.operands[i], to);
      drop(inst, i);
    }
  }
}

// What the variables of loops begin with has their own type, which is another than that of where it comes from when
// only some of the numbers are dual.
void convert_first(Function& f, Region& r, std::set<Id> converted) {
  std::vector<Inst> code;
  for (Inst& inst : r.code) {
    for (Region& inner : inst.regions) {
      if (inst.op == Op::loop) converted.insert(inner.args.begin(), inner.args.end());
      convert_first(f, inner, converted);
    }
    if (inst.op == Op::as || inst.op == Op::loop) converted.insert(inst.results.begin(), inst.results.end());
    for (std::size_t k = 0; inst.op == Op::loop && k < inst.operands.size(); ++k) {
      const Id first = inst.operands[k];
      const std::string type = f[first].type;
      if ((type != "double" && type != "float") || converted.count(first) || !f[first].inlined.empty()) continue;
      Inst as;
      as.op = Op::as;
      as.text = type;
      as.pos = inst.pos;
      as.operands = {first};
      as.results = {f.fresh(f[inst.regions[1].args[k]].name, inst.pos)};
      f[as.results[0]].type = type;
      f[as.results[0]].inert = f[first].inert;
      inst.operands[k] = as.results[0];
      code.push_back(std::move(as));
    }
    code.push_back(std::move(inst));
  }
  r.code = std::move(code);
}

class Numbering {
 public:
  explicit Numbering(Function& f) : f_(f) {
    if (f.self && f.captures.empty()) number(f.self);
    for (Id id : f.inputs) number(id);
    region(f.body);
    for (Value& v : f.values) rename(v.inlined, now_);
  }

 private:
  Function& f_;
  Names now_;

  void number(Id id) {
    const std::string name = f_[id].name;
    now_[name] = f_[id].name = f_.fresh_name(name.substr(0, name.rfind('_')));
  }
  void region(Region& r) {
    for (Inst& inst : r.code) {
      for (Region& inner : inst.regions) {
        for (Id id : inner.args) number(id);
        region(inner);
      }
      rename(inst.text, now_);
      for (Id id : inst.results) number(id);
    }
  }
};

}  // namespace

void simplify(Function& f) {
  for (std::size_t before = 0;;) {
    Renaming to;
    find_unchanged(f, f.body, to, {});
    before = to.size();
    substitute(f, to);
    if (before == 0) break;
  }
  hoist(f, f.body);
  convert_first(f, f.body, {});
  for_each_closure(f.body, simplify);
}

void number_names(Function& f) {
  f.restart_names();
  Numbering{f};
  for_each_closure(f.body, number_names);
}

}  // namespace zygote::compiler
