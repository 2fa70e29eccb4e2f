// IR -> C++: the reverse
//
//   d_x_1 = rule mul 1 extent_x_1 d_1 none r_2 none
//     =>   auto d_x_1 = zygote::rules::mul<1>(extent_x_1, d_1, zygote::none{}, r_2, zygote::none{});
#include <algorithm>

#include "emitter.hpp"

namespace zygote::compiler {

void Emitter::reverse_instruction(const Inst& inst) {
  const auto& o = inst.operands;
  const Id result = inst.results.empty() ? 0 : inst.results[0];
  const Pos pos = inst.pos;
  const std::string first = inst.label.find("front") == std::string::npos ? "false" : "true";  // element, or last
  switch (inst.op) {
    case Op::own:
    case Op::sum: {
      if (const auto shared = shared_.find(result); shared != shared_.end()) return share(inst, shared->second.number);
      const std::string how = begun_.count(result) ? "resume(early_" + id(result) + ", "
                              : inst.op == Op::own ? "own("
                                                   : "sum(";
      return define(result, "auto", " = zygote::ir::" + how + id(o[0]) + (o.size() > 1 ? ", " + moved(o[1]) : "") + ")",
                    pos);
    }
    case Op::assign:
      return statement("zygote::ir::assign(" + id(o[0]) + ", " + id(o[1]) + ", " + moved(o[2]) + ")", pos);
    case Op::accumulate_at:
      return statement(
          "zygote::ir::accumulate_at(" + id(o[0]) + ", " + path_lambda(inst.text, o, 2) + ", " + id(o[1]) + ")", pos);
    case Op::add_to_sum:
      return statement("zygote::ir::add_to_sum(" + id(o[0]) + ", zygote_saved.lane, " + id(o[1]) + ")", pos);
    case Op::sum_at:
      return define(result, "auto", " = zygote::ir::sum_at(" + id(o[0]) + ", " + path_lambda(inst.text, o, 1) + ")",
                    pos);
    case Op::accumulate_once:
      return statement("if (" + id(o[0]) + ".count > 0) zygote::ir::accumulate_at(" + id(o[1]) + ", " +
                           path_lambda(inst.text, o, 3) + ", zygote::ir::total(" + id(o[2]) + "))",
                       pos);
    case Op::give_back:
      return statement(
          "zygote::ir::give_back(" + id(o[0]) + ", " + path_lambda(inst.text, o, 2) + ", " + id(o[1]) + ")", pos);
    case Op::take_sum:
    case Op::take:
    case Op::take_end: {
      const bool end = inst.op == Op::take_end, typed = inst.label.find("typed") != std::string::npos;
      const std::string how = end ? "take_end<" + first + ">" : inst.op == Op::take ? "take" : "take_sum";
      const std::string taken = "zygote::ir::" + how + "(" + id(o[0]) + ", " + path_lambda(inst.text, o, end ? 1 : 2) +
                                (end ? ")" : ", " + id(o[1]) + ")");
      return define(result, "auto", " = " + (typed ? "zygote::ir::stored(" + id(o.back()) + ", " + taken + ")" : taken),
                    pos);
    }
    case Op::restore:
      return statement("zygote::ir::restore<" + first + ">(" + id(o[0]) + ", " + path_lambda(inst.text, o, 2) + ", " +
                           id(o[1]) + ")",
                       pos);
    case Op::contribute:
      return define(result, "auto", " = " + contribution(inst), pos);
    case Op::pull:
      return define(result, "auto",
                    " = " + id(o[0]) + "(" + id(o[1]) +
                        (o.size() > 2 ? ", zygote::ir::Places(" + list({o.begin() + 2, o.end()}) + ")" : "") + ")",
                    pos);
    case Op::into:
      return define(result, "const auto", " = " + into(inst), pos);
    case Op::part:
      return define(result, "auto", " = std::get<" + inst.text + ">(std::move(" + id(o[0]) + "))", pos);
    case Op::add:
      return define(result, "auto", " = zygote::ir::add(" + id(o[0]) + ", " + moved(o[1]) + ", " + moved(o[2]) + ")",
                    pos);
    case Op::evaluate:
      return define(result, "const auto", " = zygote::evaluate(" + id(o[0]) + ")", pos);
    case Op::accumulate:
      return statement("zygote::ir::accumulate_into(" + id(o[0]) + ", " + id(o[1]) + ", " +
                           (inst.label == "last" ? moved(o[2]) : id(o[2])) + ")",
                       pos);
    case Op::nth:
      return define_value(result,
                          std::string("zygote::ir::nth_") + (inst.text == "+" ? "up(" : "down(") + id(o[0]) +
                              ", zygote_saved.iteration)",
                          pos);
    case Op::reverse_if:
      return reverse_if(inst);
    case Op::reverse_loop:
      return reverse_loop(inst);
    default:
      return;
  }
}

std::string Emitter::into(const Inst& inst) const {
  return "zygote::ir::into(" + id(inst.operands[0]) + (inst.label == "full" ? ", true" : ", false") +
         (inst.text == "@" ? "" : ", " + path_lambda(inst.text, inst.operands, 1)) + ")";
}

void Emitter::share(const Inst& inst, std::size_t number) {
  const std::string d = id(inst.results[0]), place = "place_" + d;
  std::string text = inst.op == Op::own ? "zygote::ir::own_in<" : "zygote::ir::sum_in<";
  text += std::to_string(number) + ", " + std::to_string(f_.adjoint.grads.size()) +
          ">(zygote::ir::given(zygote_into...), " + id(inst.operands[0]);
  if (inst.operands.size() > 1) text += ", " + moved(inst.operands[1]);
  statement("auto " + place + " = " + text + ")", inst.pos);
  define(inst.results[0], "auto&", " = " + place + ".sum", inst.pos);
}

void Emitter::unpack(const Region& r, const Region& back, Pos pos) {
  int place = 0;
  for (const Id saved : r.saves) {
    const auto inst = std::find_if(back.code.begin(), back.code.end(),
                                   [&](const Inst& inst) { return inst.label == "again" && inst.results[0] == saved; });
    if (certain(r, saved)) {
      instruction(*inst);
      continue;
    }
    const std::string stored = "zygote::ir::pick<" + std::to_string(place++) + ">(zygote_saved)";
    if (inst == back.code.end()) {
      statement("[[maybe_unused]] const auto& " + id(saved) + " = " +
                    (saved_if(r, saved) == "true" ? stored : "zygote::ir::saved(" + stored + ")"),
                pos);
      continue;
    }
    const Id from = r.saved.at(saved).from;
    const std::string can = from ? "<zygote_how.lent(" + std::to_string(lent(from)) + ")>(" : "(";
    block(
        "[[maybe_unused]] const auto& " + id(saved) + " = zygote::ir::again" + can + stored + ", [&]() ZYGOTE_INLINE {",
        pos, "});", [&] {
          instruction(*inst);
          statement("return " + id(saved), pos);
        });
  }
}

void Emitter::reverse_if(const Inst& inst) {
  const Inst& forward = *forward_of(f_.body, inst.operands[0]);
  if (inst.text == "constexpr") {
    const auto branch = [&](std::size_t i) {
      unpack(forward.regions[i], inst.regions[i], inst.pos);
      code(inst.regions[i]);
    };
    return constant_if("[&]([[maybe_unused]] const auto& zygote_saved) {", id(forward.operands[0]), inst.pos,
                       "}(" + id(inst.operands[0]) + ");", branch);
  }
  line("zygote::ir::reverse_if(" + id(inst.operands[0]) + ",", inst.pos);
  for (std::size_t i = 0; i < 2; ++i)
    block("[&]([[maybe_unused]] const auto& zygote_saved) ZYGOTE_INLINE {", inst.pos, i ? "});" : "},", [&] {
      unpack(forward.regions[i], inst.regions[i], inst.pos);
      code(inst.regions[i]);
    });
}

void Emitter::reverse_loop(const Inst& inst) {
  const Inst& forward = *forward_of(f_.body, inst.operands[0]);
  const Region& body = inst.regions[0];
  // What iterations change in place is a variable outside of the loop, under the name of the result.
  std::string state, args, yields;
  std::vector<std::size_t> carried;
  for (std::size_t k = 0; k < body.args.size(); ++k) {
    const Id d = inst.operands[2 + 2 * k];
    if (in_place(inst, k))
      define(inst.results[k], moves_.home.count(inst.results[k]) ? "[[maybe_unused]] auto&" : "[[maybe_unused]] auto",
             " = " + (moves_.home.count(inst.results[k])
                          ? id(d)
                          : "zygote::ir::carry(" + id(inst.operands[1 + 2 * k]) + ", " + moved(d) + ").first"),
             inst.pos);
    else {
      const std::string comma = carried.empty() ? "" : ", ";
      state += comma + "zygote::ir::carry(" + id(inst.operands[1 + 2 * k]) + ", " + moved(d) + ")";
      args += ", [[maybe_unused]] auto " + id(body.args[k]);
      yields += comma + moved(body.yields[k]);
      carried.push_back(k);
    }
  }
  const std::string name = id(inst.operands[0]) + "_back";
  line("[[maybe_unused]] auto " + name + " = zygote::ir::reverse_loop<" + std::to_string(lanes(body)) + ">(" +
           id(inst.operands[0]) + ", read_" + id(inst.operands[0]) + ", zygote::ir::pack(" + state + "),",
       inst.pos);
  block("[&]([[maybe_unused]] const auto& zygote_saved" + args + ") ZYGOTE_INLINE {", inst.pos, "});", [&] {
    for (std::size_t k = 0; k < body.args.size(); ++k)
      if (in_place(inst, k)) define(body.args[k], "[[maybe_unused]] auto&", " = " + id(inst.results[k]), inst.pos);
    unpack(forward.regions[1], body, inst.pos);
    code(body);
    statement("return zygote::ir::pack(" + yields + ")", inst.pos);
  });
  for (std::size_t i = 0; i < carried.size(); ++i)
    define(inst.results[carried[i]], iteration_ ? "[[maybe_unused]] auto" : "auto",
           " = std::move(zygote::ir::pick<" + std::to_string(i) + ">(" + name + "))", inst.pos);
}

// Loops without loops inside that add to sums are run several iterations at a time.
std::size_t Emitter::lanes(const Region& body) {
  bool sums = false;
  for (const Inst& inst : body.code) {
    if (inst.op == Op::reverse_loop || inst.op == Op::reverse_if || inst.op == Op::pull) return 1;
    sums = sums || inst.op == Op::add_to_sum;
  }
  return sums ? 4 : 1;
}

const Inst* Emitter::forward_of(const Region& r, Id saves) const {
  for (const Inst& inst : r.code) {
    if (inst.label == "saves" && inst.results.back() == saves) return &inst;
    for (const Region& inner : inst.regions)
      if (const Inst* found = forward_of(inner, saves)) return found;
  }
  return nullptr;
}

std::string Emitter::contribution(const Inst& inst) const {
  std::vector<std::string> words(1);
  for (char c : inst.text)
    if (c == ' ')
      words.emplace_back();
    else
      words.back() += c;
  const auto& o = inst.operands;
  const std::string& what = words[0];
  if (what == "rule") return "zygote::rules::" + words[1] + "<" + words[2] + ">(" + list(o) + ")";
  if (what == "made")
    return "zygote::parts::made<zygote::Primal<decltype(" + id(o[1]) + ")>, " + words[1] + ", " + words[2] + ", " +
           (words.size() > 3 ? "true" : "false") + ">(" + id(o[0]) + ", " + id(o[2]) + ")";
  if (what == "captured") return "zygote::ir::captured<" + words[1] + ">(" + list(o) + ")";
  if (words.size() > 1)
    return "zygote::parts::" + what + "(" + id(o[0]) + ", ZYGOTE_FIELD(" + words[1] + "), " + id(o[1]) + ")";
  return "zygote::parts::" + what + "(" + list(o) + ")";
}

}  // namespace zygote::compiler
