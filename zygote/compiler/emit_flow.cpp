// IR -> C++: branches and loops, and what they save
//
//   x_2 = loop (x_1) test .. body ..   =>   auto steps_1_flow = zygote::ir::loop(tape_steps_1, .., state(x_1), test,
//   body);
#include <algorithm>

#include "emitter.hpp"
#include "lower.hpp"

namespace zygote::compiler {

// The saves of the loops that the reverse runs backwards.
std::vector<Id> Emitter::tapes(const Region& r) const {
  std::vector<Id> all;
  for (const Inst& inst : r.code) {
    if (inst.op == Op::loop && inst.label == "saves" && !primal_) all.push_back(inst.results.back());
    for (const Region& inner : inst.regions)
      for (Id i : tapes(inner)) all.push_back(i);
  }
  return all;
}

void Emitter::declare_tapes(const Region& r, const std::string& text) {
  for (Id i : tapes(r)) {
    std::string line;
    for (char c : text) line += c == '@' ? id(i) : std::string(1, c);
    statement("[[maybe_unused]] " + line, f_.pos);
  }
}

std::string Emitter::saves(const Region& r) const {
  std::string text;
  if (!primal_)
    for (Id i : r.saves)
      if (!certain(r, i)) text += (text.empty() ? "" : ", ") + saved(r, i);
  return "zygote::ir::saves(" + text + ")";
}

// What is saved depends on types: numbers that are cheap to work out again are not.
std::string Emitter::saved(const Region& r, Id i) const {
  std::string text = owned_.count(i) ? "std::move(" + id(i) + ")" : id(i);
  if (const std::string condition = saved_if(r, i); condition != "true")
    text = "zygote::ir::save_if<" + condition + ">(" + text + ")";
  return r.saved.count(i) && r.saved.at(i).invariant ? "zygote::ir::invariant(" + text + ")" : text;
}

bool Emitter::certain(const Region& r, Id i) { return r.saved.count(i) && r.saved.at(i).certain; }

// When it is worked out again: "" for never, a condition or "true".
std::string Emitter::again(const Region& r, Id i) const {
  if (certain(r, i)) return "true";
  const auto found = r.saved.find(i);
  if (found == r.saved.end() || !found->second.again) return "";
  std::string text = "zygote::ir::cheap<decltype(" + id(i) + ")";
  if (found->second.from) text += ", zygote_how.lent(" + std::to_string(lent(found->second.from)) + ")";
  return text + ">";
}

std::string Emitter::saved_if(const Region& r, Id i) const {
  const auto found = r.saved.find(i);
  if (found == r.saved.end()) return "true";
  std::string needed;
  if (!found->second.direct)
    for (Id reader : found->second.readers) {
      if (certain(r, reader)) {
        needed.clear();
        break;
      }
      needed += (needed.empty() ? "" : " || ") + again(r, reader);
    }
  if (!found->second.again) return needed.empty() ? "true" : needed;
  return (needed.empty() ? "" : "(" + needed + ") && ") + "!" + again(r, i);
}

int Emitter::lent(Id i) const {
  const auto at = std::find(f_.inputs.begin(), f_.inputs.end(), i);
  const auto k = std::size_t(at - f_.inputs.begin());
  return at != f_.inputs.end() && k < f_.lends.size() && f_.lends[k] ? int(k) : -1;
}

// An argument as what is known of its adjoint is asked: callers say which ones need none.
std::string Emitter::active(Id i) const {
  const int k = lent(i);
  return k < 0 ? id(i) : "zygote::ir::active<zygote_how.active(" + std::to_string(k) + ")>(" + id(i) + ")";
}

std::string Emitter::outcome(const Inst& inst, const Region& r) const {
  std::string yields;
  for (std::size_t k = 0; k < r.yields.size(); ++k)
    if (const Id i = r.yields[k]; !in_place(inst, k))
      yields += (yields.empty() ? "" : ", ") + (moves_.yields.count({&r, i}) ? "std::move(" + id(i) + ")" : id(i));
  return "zygote::ir::Outcome{" + saves(r) + ", zygote::ir::pack(" + yields + ")}";
}

bool Emitter::in_place(const Inst& inst, std::size_t k) const { return moves_.in_place.count({&inst, k}) > 0; }

void Emitter::results(const Inst& inst, const std::string& name, const char* member) {
  const bool saved = inst.label == "saves";
  std::size_t n = 0;
  for (std::size_t i = 0; i + (saved ? 1 : 0) < inst.results.size(); ++i)
    if (!in_place(inst, i))
      define(inst.results[i], "auto&", " = zygote::ir::pick<" + std::to_string(n++) + ">(" + name + "." + member + ")",
             inst.pos);
    else if (inst.op == Op::if_)
      define(inst.results[i], "[[maybe_unused]] auto&", " = " + id(moves_.home_of(inst.results[i])), inst.pos);
  if (!saved || primal_) return;
  define(inst.results.back(), "auto&", " = " + name + ".saves", inst.pos);
  owned_.insert(inst.results.back());
}

std::string Emitter::name_of(const Inst& inst) const {
  return inst.results.empty() ? "unused_" + std::to_string(out_.size()) : id(inst.results.back()) + "_flow";
}

void Emitter::if_(const Inst& inst) {
  const std::string name = name_of(inst);

  if (inst.text == "constexpr") {
    const auto branch = [&](std::size_t i) {
      code(inst.regions[i]);
      statement("return " + outcome(inst, inst.regions[i]), inst.pos);
    };
    constant_if("[[maybe_unused]] auto " + name + " = [&]() {", id(inst.operands[0]), inst.pos, "}();", branch);
    return results(inst, name, "values");
  }
  line("[[maybe_unused]] auto " + name + " = zygote::ir::if_(" + id(inst.operands[0]) + ",", inst.pos);
  for (std::size_t i = 0; i < 2; ++i)
    block("[&]() ZYGOTE_INLINE {", inst.pos, i ? "});" : "},", [&] {
      code(inst.regions[i]);
      statement("return " + outcome(inst, inst.regions[i]), inst.pos);
    });
  results(inst, name, "values");
}

void Emitter::loop(const Inst& inst) {
  const std::string name = name_of(inst);
  const Region &test = inst.regions[0], &body = inst.regions[1];
  std::string state;
  std::vector<std::size_t> carried;
  for (std::size_t k = 0; k < inst.operands.size(); ++k)
    if (!in_place(inst, k)) {
      state += (state.empty() ? "" : ", ") + given(inst.operands[k], inst);
      carried.push_back(k);
    } else {
      const bool moves = moves_.operands.count({&inst, inst.operands[k]});
      define(inst.results[k], moves ? "[[maybe_unused]] auto&" : "[[maybe_unused]] auto", " = " + id(inst.operands[k]),
             inst.pos);
    }
  // What is changed in place goes by the name of the result outside of the loop.
  const auto arguments = [&](const Region& r) {
    std::vector<Id> ids;
    for (std::size_t k : carried) ids.push_back(r.args[k]);
    return ids;
  };
  const auto aliases = [&](const Region& r, const char* type) {
    for (std::size_t k = 0; k < inst.operands.size(); ++k)
      if (in_place(inst, k) && used(r.args[k])) define(r.args[k], type, " = " + id(inst.results[k]), inst.pos);
  };
  const std::string tape =
      inst.label == "saves" && !primal_ ? "tape_" + id(inst.results.back()) : "zygote::ir::no_tape";
  const OneByOne* const how = one_by_one(inst);
  if (how) begin_adjoints(inst, *how);
  line("[[maybe_unused]] auto " + name + " = zygote::ir::loop" + (how ? "_one_by_one<zygote_how.unit>(" : "(") + tape +
           ", " + read_ahead(inst, name) + ", zygote::ir::pack(" + state + "),",
       inst.pos);
  block("[&](" + parameters(arguments(test)) + ") ZYGOTE_INLINE {", inst.pos, "},", [&] {
    aliases(test, "[[maybe_unused]] const auto&");
    code(test);
    statement("return " + id(test.yields[0]), inst.pos);
  });
  block("[&](" + parameters(arguments(body), "auto&") + ") ZYGOTE_INLINE {", inst.pos, how ? "}," : "});", [&] {
    aliases(body, "[[maybe_unused]] auto&");
    code(body);
    statement("return " + outcome(inst, body), inst.pos);
  });
  if (how) reverse_iteration(inst, *how);
  results(inst, name, "state");
}

const OneByOne* Emitter::one_by_one(const Inst& loop) const {
  if (primal_ || f_.lends.empty() || loop.label != "saves") return nullptr;
  const auto found = f_.one_by_one.find(loop.results.back());
  return found == f_.one_by_one.end() ? nullptr : &found->second;
}

// In front of a loop whose iterations may run backward one by one: the adjoints that they add to.
void Emitter::begin_adjoints(const Inst& loop, const OneByOne& how) {
  const auto begin = [&](Id d, const std::string& text) {
    statement(
        "[[maybe_unused]] auto early_" + id(d) + " = zygote::ir::early<zygote_how.unit>([&] { return " + text + "; })",
        loop.pos);
  };
  for (Id d : how.adjoints)
    if (begun_.insert(d).second)
      for (const Inst& inst : f_.adjoint.code.code)
        if (inst.results == std::vector<Id>{d})
          begin(d, std::string("zygote::ir::") + (inst.op == Op::own ? "own(" : "sum(") + id(inst.operands[0]) + ")");
  for (const auto& [d, variable] : how.scratch) begin(d, "zygote::ir::own(zygote::ir::shape(" + id(variable) + "))");
}

// The reverse of one iteration, behind it.
void Emitter::reverse_iteration(const Inst& loop, const OneByOne& how) {
  std::vector<Id> inner = tapes(loop.regions[1]), read = inner;
  read.push_back(loop.results.back());
  block("[&]([[maybe_unused]] const auto& " + id(loop.results.back()) + ") ZYGOTE_INLINE {", loop.pos, "});", [&] {
    std::vector<Id> adjoints = how.adjoints;
    for (const auto& [d, variable] : how.scratch) adjoints.push_back(d);
    for (Id d : adjoints) define(d, "[[maybe_unused]] auto&", " = early_" + id(d) + ".value", loop.pos);
    for (Id i : read) statement("[[maybe_unused]] zygote::ir::Reader read_" + id(i) + "(tape_" + id(i) + ")", loop.pos);
    if (how.sum)
      define(f_.adjoint.code.args[0], "[[maybe_unused]] const auto",
             " = zygote::ir::unit<std::remove_cvref_t<decltype(" + id(how.sum) + ")>>()", loop.pos);
    iteration_ = true;
    for (std::size_t i : how.code) {
      const Inst& inst = f_.adjoint.code.code[i];
      if (inst.op != Op::reverse_loop || inst.operands[0] == loop.results.back())
        instruction(inst);
      else  // behind this one, to the same sums
        for (std::size_t k = 0; k < inst.results.size(); ++k)
          if (how.through.count(inst.results[k]))
            define(inst.results[k], "const auto&", " = " + id(inst.operands[2 + 2 * k]), loop.pos);
    }
    iteration_ = false;
    for (Id i : inner) statement("tape_" + id(i) + ".rewind()", loop.pos);
  });
}

// Numbers of variables that a loop does not change, which every iteration reads first, and the integers that say where:
// the C++ compiler cannot tell that what the loop writes is elsewhere.
std::vector<const Inst*> Emitter::same_reads(const Inst& loop) const {
  const Region& body = loop.regions[1];
  std::set<Id> own(body.args.begin(), body.args.end());
  std::vector<const Inst*> all;
  for (const Inst& inst : body.code) {
    const std::string type = inst.results.empty() ? "" : f_[inst.results[0]].type;
    const bool about = inst.op == Op::shape || inst.op == Op::extent || inst.op == Op::type,
               calls = inst.op == Op::call || inst.op == Op::call_object || inst.op == Op::call_method;
    if (!is_number(type) && inst.op != Op::constant && !about && !writes_part(inst)) break;
    if (calls || !inst.regions.empty()) break;  // behind it, no read is certain
    const bool outside = std::none_of(inst.operands.begin(), inst.operands.end(),
                                      [&](Id i) { return own.count(i) && f_[i].inlined.empty(); });
    const bool index = inst.op == Op::rule && is_integer_type(type) && inst.text != "div",
               read = inst.op == Op::load && inst.text.find('(') == std::string::npos;
    if (outside && (index || read)) all.push_back(&inst);
    if (!outside || !index) own.insert(inst.results.begin(), inst.results.end());
  }
  return all;
}

// Emits them in front of the loop, for the case that there is an iteration; returns how often it runs.
std::string Emitter::read_ahead(const Inst& loop, const std::string& name) {
  const std::string count = trips(loop);
  const auto integer = [&](Id i) {
    const std::string& text = f_[i].inlined;
    return is_integer_type(f_[i].type) || (!text.empty() && text.find_first_not_of("0123456789") == std::string::npos);
  };
  if (count == "zygote::ir::Unknown{}") return count;
  const std::vector<Id>& compared = loop.regions[0].code[0].operands;
  if (!std::all_of(compared.begin(), compared.end(), integer)) return count;
  const auto reads = same_reads(loop);
  if (std::none_of(reads.begin(), reads.end(), [](const Inst* inst) { return inst->op == Op::load; })) return count;
  statement("const auto " + name + "_trips = " + count, loop.pos);
  for (const Inst* inst : reads) {
    ahead_.insert(inst);
    if (inst->op == Op::load)
      define_value(inst->results[0],
                   "zygote::ir::ahead(" + name + "_trips, [&]() ZYGOTE_INLINE { return zygote::ir::read(" +
                       path(inst->text, id(inst->operands[0]), inst->operands, 1) + "); })",
                   inst->pos);
    else
      instruction(*inst);
  }
  return name + "_trips";
}

// How often a loop runs, if that is known before it starts: one that counts to a bound.
std::string Emitter::trips(const Inst& inst) const {
  const Region &test = inst.regions[0], &body = inst.regions[1];
  const std::string unknown = "zygote::ir::Unknown{}";
  if (test.code.size() != 1 || test.code[0].op != Op::plain || test.code[0].results != test.yields) return unknown;
  const auto& o = test.code[0].operands;
  const auto at = std::find(test.args.begin(), test.args.end(), o[0]);
  if (o.size() != 2 || at == test.args.end() || std::count(test.args.begin(), test.args.end(), o[1])) return unknown;
  const auto k = std::size_t(at - test.args.begin());
  const std::string& compare = test.code[0].text;
  const int step = step_of(f_, body, k);
  const std::string to = compare.size() == 2 ? "_to_last(" : "_to(";
  const std::string arguments = id(inst.operands[k]) + ", " + id(o[1]) + ")";
  if (step == 1 && (compare == "<" || compare == "<=")) return "zygote::ir::up" + to + arguments;
  if (step == -1 && (compare == ">" || compare == ">=")) return "zygote::ir::down" + to + arguments;
  return unknown;
}

}  // namespace zygote::compiler
