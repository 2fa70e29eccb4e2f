// The IR: names, the rule table, printing, verification.
#include "ir.hpp"

#include <algorithm>
#include <functional>
#include <set>

namespace zygote::compiler {
namespace {

struct OpInfo {
  const char* name;
  int operands;
};
const OpInfo kOps[] = {
#define N(op, name, operands) {name, operands},
    ZYGOTE_OPS(N)
#undef N
};

const std::vector<Rule>& rules() {
  static const std::vector<Rule> table = {
#define ZYGOTE_OPERATOR1(name, symbol, da) {#name, #symbol, {#da}},
#define ZYGOTE_OPERATOR2(name, symbol, da, db) {#name, #symbol, {#da, #db}},
#define ZYGOTE_RULE1(name, da) {#name, "", {#da}},
#define ZYGOTE_RULE2(name, da, db) {#name, "", {#da, #db}},
#define ZYGOTE_RULE3(name, da, db, dc) {#name, "", {#da, #db, #dc}},
#include "../rules.def"
  };
  return table;
}

class Printer {
 public:
  explicit Printer(const Function& f) : f_(f) {}

  std::string run(bool with_adjoint) {
    line(0, "fn " + f_.name + "(" + list(f_.inputs) + ")" +
                (f_.captures.empty() ? "" : " captures " + std::to_string(f_.captures.size())));
    if (!with_adjoint) {
      region(f_.body, 1, "return");
      return out_;
    }
    line(1, "forward");
    region(f_.body, 2, "return");
    line(1, "reverse (" + list(f_.adjoint.code.args) + ")");
    region(f_.adjoint.code, 2, "");
    line(2, "return " + list(f_.adjoint.grads));
    return out_;
  }

 private:
  const Function& f_;
  std::string out_;

  void line(int indent, const std::string& text) { out_ += std::string(std::size_t(indent) * 2, ' ') + text + "\n"; }
  std::string id(Id i) const { return i == 0 ? "none" : f_[i].inlined.empty() ? f_[i].name : f_[i].inlined; }
  std::string list(const std::vector<Id>& ids) const {
    std::string text;
    for (Id i : ids) text += (text.empty() ? "" : ", ") + id(i);
    return text;
  }

  void region(const Region& r, int indent, const char* yield) {
    for (const Inst& inst : r.code) instruction(inst, indent);
    if (!r.saves.empty()) line(indent, "saves " + list(r.saves));
    if (!r.yields.empty() && *yield) line(indent, std::string(yield) + " " + list(r.yields));
  }

  void instruction(const Inst& inst, int indent) {
    std::string text = inst.results.empty() ? "" : list(inst.results) + " = ";
    const bool loop = inst.op == Op::loop;
    text += inst.op == Op::rule || inst.op == Op::contribute
                ? inst.text
                : kOps[int(inst.op)].name + (inst.text.empty() ? "" : " " + inst.text);
    if (loop) {
      text += " (";
      for (std::size_t i = 0; i < inst.operands.size(); ++i)
        text += (i ? ", " : "") + id(inst.regions[1].args[i]) + " = " + id(inst.operands[i]);
      text += ")";
    } else
      for (Id i : inst.operands) text += " " + id(i);
    if (inst.op == Op::reverse_loop && f_.one_by_one.count(inst.operands[0])) text += "  (one by one)";
    line(indent, text);
    static const std::map<Op, std::vector<const char*>> names = {{Op::if_, {"then", "else"}},
                                                                 {Op::loop, {"test", "body"}},
                                                                 {Op::reverse_if, {"then", "else"}},
                                                                 {Op::reverse_loop, {"body"}}};
    for (std::size_t i = 0; i < inst.regions.size(); ++i) {
      const Region& r = inst.regions[i];
      if (r.code.empty() && r.yields.empty() && r.saves.empty()) continue;
      const std::string args = inst.op == Op::loop || r.args.empty() ? "" : " (" + list(r.args) + ")";
      line(indent + 1, names.at(inst.op)[i] + args);
      if (loop && i == 0) rename_test(inst, indent + 2);
      region(r, indent + 2, inst.op == Op::loop && i == 1 ? "next" : "yield");
    }
    for (const Function& f : inst.functions) {
      std::string inner = print(f, !f.adjoint.grads.empty());
      for (std::size_t at = 0, end; at < inner.size(); at = end + 1) {
        end = inner.find('\n', at);
        line(indent + 1, inner.substr(at, end - at));
      }
    }
  }

  // The test has arguments of its own; show which carried variable each stands for.
  void rename_test(const Inst& inst, int indent) {
    std::string text;
    for (std::size_t i = 0; i < inst.operands.size(); ++i)
      text += (i ? ", " : "") + id(inst.regions[0].args[i]) + " = " + id(inst.regions[1].args[i]);
    if (!text.empty()) line(indent, "with " + text);
  }
};

class Verifier {
 public:
  explicit Verifier(const Function& f)
      : f_(f), visible_(f.values.size()), defined_(f.values.size()), saved_(f.values.size()) {}

  void run() {
    if (f_.self) define(f_.self, f_.captures.empty());
    for (Id i : f_.inputs)
      if (i != f_.self) define(i, true);
    region(f_.body);
    if (f_.adjoint.grads.empty()) return;
    // The reverse of a region sees what the region saves; those of nested regions are checked where they stand.
    for (std::size_t i = 1; i < f_.values.size(); ++i) visible_[i] = visible_[i] || saved_[i];
    region(f_.adjoint.code);
  }

 private:
  const Function& f_;
  std::vector<bool> visible_, defined_, saved_;
  std::vector<Id> scope_;  // what became visible, in order

  [[noreturn]] void fail(const std::string& what, Id i) const {
    throw std::logic_error("ir of " + f_.name + ": " + what + " " +
                           (i > 0 && std::size_t(i) < f_.values.size() ? f_[i].name : std::to_string(i)));
  }
  void define(Id i, bool once) {
    if (once && defined_[std::size_t(i)]) fail("defined twice:", i);
    defined_[std::size_t(i)] = defined_[std::size_t(i)] || once;
    if (visible_[std::size_t(i)]) return;
    visible_[std::size_t(i)] = true;
    scope_.push_back(i);
  }
  void use(Id i) const {
    if (i < 0 || std::size_t(i) >= f_.values.size()) fail("no such value:", i);
    if (i && f_[i].inlined.empty() && !visible_[std::size_t(i)]) fail("used before its definition:", i);
  }

  void region(const Region& r) {
    const std::size_t outer = scope_.size();
    for (Id i : r.args) define(i, true);
    for (const Inst& inst : r.code) {
      if (const int n = kOps[int(inst.op)].operands; n >= 0 && inst.operands.size() != std::size_t(n))
        fail("wrong number of operands of " + std::string(kOps[int(inst.op)].name) + " for",
             inst.results.empty() ? 0 : inst.results[0]);
      for (Id i : inst.operands) use(i);
      const std::size_t n_yields = inst.op == Op::if_ ? inst.results.size() - (inst.label == "saves" ? 1 : 0) : 0;
      for (const Region& inner : inst.regions) {
        region(inner);
        if (inst.op == Op::if_ && inner.yields.size() != n_yields)
          fail("an if yields the wrong number of values for", inst.results[0]);
      }
      if (inst.op == Op::loop && inst.regions[1].yields.size() != inst.operands.size())
        fail("a loop yields the wrong number of values for", inst.results.empty() ? 0 : inst.results[0]);
      for (const Function& f : inst.functions) verify(f);
      for (Id i : inst.results) define(i, inst.label != "again");
    }
    for (Id i : r.yields) use(i);
    if (&r == &f_.adjoint.code)
      for (Id i : f_.adjoint.grads) use(i);
    for (Id i : r.saves) {
      use(i);
      saved_[std::size_t(i)] = true;
    }
    for (; scope_.size() > outer; scope_.pop_back()) visible_[std::size_t(scope_.back())] = false;
  }
};

}  // namespace

std::string Function::fresh_name(const std::string& stem) {
  if (!numbered_) return stem + "_" + std::to_string(values.size());
  std::string name;
  do name = stem + "_" + std::to_string(++versions_[stem]);
  while (taken && taken->count(name));
  return name;
}

Id Function::fresh(const std::string& base, Pos pos) {
  std::string stem;
  for (char c : base) stem += std::isalnum(static_cast<unsigned char>(c)) || c == '_' ? c : '_';
  values.push_back({fresh_name(stem), pos, false, "", ""});
  return Id(values.size()) - 1;
}

bool Rule::reads(std::size_t partial, char what) const {
  const std::string& s = formulas[partial];
  auto word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  for (std::size_t i = 0; i < s.size(); ++i)
    if (s[i] == what && (i == 0 || !word(s[i - 1])) && (i + 1 == s.size() || !word(s[i + 1]))) return true;
  return false;
}

std::string object_of(const std::string& path) {
  if (path.size() < 2) return "";
  std::size_t open = path.size();  // the bracket that the last one closes, or the last character
  int depth = 0;
  do {
    --open;
    depth += path[open] == ')' || path[open] == ']' ? 1 : path[open] == '(' || path[open] == '[' ? -1 : 0;
  } while (depth > 0 && open > 0);
  if (path[open] == '[') return path.substr(0, open);
  if (path.find('@', open) != std::string::npos) {  // function '(' object [', ' index] ')'
    const std::string inside = path.substr(open + 1, path.size() - open - 2);
    const std::size_t index = inside.rfind(", $");
    const bool last = index < inside.size() && inside.find_first_not_of("0123456789", index + 3) == std::string::npos;
    return last ? inside.substr(0, index) : inside;
  }
  const std::size_t dot = path.rfind('.', open);  // '.' name ['(' .. ')'], or a call of the object
  const bool called = dot == std::string::npos || path.find_first_of("])", dot) < open;
  return path.substr(0, called ? open : dot);
}

int step_of(const Function& f, const Region& body, std::size_t k) {
  const auto made = [&](Id id) {
    const auto at = std::find_if(body.code.begin(), body.code.end(),
                                 [&](const Inst& inst) { return !inst.results.empty() && inst.results[0] == id; });
    return at == body.code.end() ? nullptr : &*at;
  };
  const Inst* inst = made(body.yields[k]);
  if (inst && inst->op == Op::like) inst = made(inst->operands[0]);
  if (!inst || inst->op != Op::rule || inst->operands.size() != 2 || inst->operands[0] != body.args[k] ||
      f[inst->operands[1]].inlined != "1")
    return 0;
  return inst->text == "add" ? 1 : inst->text == "sub" ? -1 : 0;
}

const Rule* find_rule(const std::string& name) {
  static const auto index = [] {
    std::map<std::string, const Rule*> m;
    for (const Rule& r : rules()) m[r.name] = &r;
    return m;
  }();
  const auto found = index.find(name);
  return found == index.end() ? nullptr : found->second;
}

const Rule* find_operator(const std::string& symbol, std::size_t operands) {
  for (const Rule& r : rules())
    if (r.symbol == symbol && r.formulas.size() == operands) return &r;
  return nullptr;
}

std::string print(const Function& f, bool with_adjoint) { return Printer(f).run(with_adjoint); }
void verify(const Function& f) { Verifier(f).run(); }

}  // namespace zygote::compiler
