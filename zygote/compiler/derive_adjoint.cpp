// IR -> IR with its reverse
//
//   fn f(x, y)                 reverse (d)
//     v_1 = mul x y              d_v_1 = sin<0> d v_1
//     return sin v_1             d_x = mul<0> d_v_1 y;  d_y = mul<1> d_v_1 x;  return d_x, d_y
//
// Walks every region backwards. No calculus here: each instruction names the rule of the runtime that knows. Adjoints
// of values of the region itself are plain values; contributions to values from outside are added in place to sums that
// the outer region starts in front of its reverse_if or reverse_loop.
// Parts that are written to or read of variables change the adjoint of the variable in place, along the same path.
#include <algorithm>
#include <utility>

#include "deriver.hpp"

namespace zygote::compiler {

namespace {
const std::map<std::string, std::string> partners = {
    {"sin", "cos"}, {"cos", "sin"}, {"sinh", "cosh"}, {"cosh", "sinh"}};
}

void Deriver::run() {
  Frame frame{nullptr, f_.adjoint.code, {}, {}, {}, {}, {}};
  if (f_.self) frame.local.insert(f_.self);
  frame.local.insert(f_.inputs.begin(), f_.inputs.end());
  const Id d = f_.fresh("d", f_.pos);
  f_.adjoint.code.args = {d};
  std::vector<Id> adjoints(f_.body.yields.size(), d);
  reverse(f_.body, adjoints, frame);
  auto adjoint_of = [&](Id id) { return frame.adjoint.count(id) ? frame.adjoint[id] : 0; };
  if (f_.self && f_.captures.empty()) f_.adjoint.grads.push_back(adjoint_of(f_.self));
  for (Id id : f_.inputs) f_.adjoint.grads.push_back(adjoint_of(id));
  mark_full(f_.adjoint.code);
}

void Deriver::mark_full(Region& r) {
  for (Inst& inst : r.code) {
    if (inst.op == Op::into && full_.count(inst.operands[0])) inst.label = "full";
    for (Region& inner : inst.regions) mark_full(inner);
  }
}

Inst& Deriver::push(Op op, std::string text, std::vector<Id> operands, Pos pos, Id result) {
  Inst inst;
  inst.op = op;
  inst.text = std::move(text);
  inst.operands = std::move(operands);
  inst.pos = pos;
  if (result) inst.results = {result};
  frame_->reverse.code.push_back(std::move(inst));
  return frame_->reverse.code.back();
}

Id Deriver::value(Op op, std::string text, std::vector<Id> operands, Pos pos, const std::string& hint) {
  const Id id = f_.fresh(hint, pos);
  push(op, std::move(text), std::move(operands), pos, id);
  return id;
}

void Deriver::accumulate(Id target, Id contribution, Id sum, Pos pos) {
  push(Op::accumulate, "", {type(target), sum, contribution}, pos, 0).label =
      full_.count(contribution) || read_once_.count(contribution) ? "last" : "";
}

void Deriver::contribute(Id target, Id contribution, Pos pos) {
  if (!contribution || f_[target].inert || !f_[target].inlined.empty()) return;
  if (frame_->owns(target)) {
    Id& d = frame_->adjoint[target];
    if (!d)
      d = contribution;
    else if (full_.count(contribution))
      accumulate(target, std::exchange(d, contribution), contribution, pos);
    else if (full_.count(d) || sums_.count(d))
      accumulate(target, contribution, d, pos);
    else
      d = value(Op::add, "", {type(target), d, contribution}, pos, "d_" + base(target));
    return;
  }
  if (const Id sum = sum_of(target, false, pos)) accumulate(target, contribution, sum, pos);
}

void Deriver::contribute(Id target, const std::string& rule, std::vector<Id> reads, Pos pos) {
  if (f_[target].inert || !f_[target].inlined.empty()) return;
  contribute(target, value(Op::contribute, rule, std::move(reads), pos, "d_" + base(target)), pos);
}

void Deriver::count_reads(const Region& r) {
  for (const Inst& inst : r.code) {
    for (Id id : inst.operands) ++reads_[std::size_t(id)];
    for (const Region& inner : inst.regions) count_reads(inner);
    if (!inst.results.empty()) made_[inst.results[0]] = &inst;
    if (inst.op == Op::rule && partners.count(inst.text))
      waves_[{inst.operands[0], inst.text}].push_back(inst.results[0]);
  }
  for (Id id : r.yields) ++reads_[std::size_t(id)];
}

void Deriver::reverse(Region& primal, const std::vector<Id>& adjoints, Frame& frame) {
  Frame* const outer = frame_;
  frame_ = &frame;
  for (Id id : primal.args) frame.local.insert(id);
  for (const Inst& inst : primal.code) frame.local.insert(inst.results.begin(), inst.results.end());
  for (std::size_t i = 0; i < primal.yields.size(); ++i)
    contribute(primal.yields[i], adjoints[i], f_[primal.yields[i]].pos);
  for (std::size_t i = primal.code.size(); i-- > 0;) instruction(primal.code[i]);
  insert_pending(primal, frame.local);
  frame_ = outer;
}

Id Deriver::adjoint_of(Id id, std::size_t readers, Pos pos) {
  const auto found = frame_->adjoint.find(id);
  if (found == frame_->adjoint.end()) return 0;
  if (readers > 1) found->second = value(Op::evaluate, "", {found->second}, pos, "d_" + base(id));
  return found->second;
}

std::size_t Deriver::readers(const Inst& inst) const {
  if (inst.op != Op::rule && inst.op != Op::make && inst.op != Op::closure) return 1;
  return std::size_t(std::count_if(inst.operands.begin(), inst.operands.end(), [&](Id id) { return !f_[id].inert; }));
}

void Deriver::instruction(Inst& inst) {
  if (inst.op == Op::closure)
    for (Function& f : inst.functions) derive_adjoint(f);
  if (inst.primal || inst.results.empty()) return;
  if (inst.op == Op::if_) return if_(inst);
  if (inst.op == Op::loop) return loop(inst);
  const Id result = inst.results[0];
  if (f_[result].inert) return;
  const Id d = adjoint_of(result, readers(inst), inst.pos);
  if (!d) return;
  const auto& o = inst.operands;
  const Pos pos = inst.pos;
  switch (inst.op) {
    case Op::rule:
      return rule(inst, d);
    case Op::call:
    case Op::call_object:
    case Op::call_method:
      return call(inst, d);
    case Op::make:
      for (std::size_t i = 0; i < o.size(); ++i) make(inst, i, d);
      return;
    case Op::as:
      if (inst.text == "auto") return contribute(o[0], d, pos);
      return contribute(o[0], "made 0 1", {extent(o[0]), extent(result), d}, pos);
    case Op::like:
      return contribute(o[0], "made 0 1", {extent(o[0]), extent(result), d}, pos);
    case Op::name:
      return contribute(o[0], "self_field " + inst.text, {extent(o[0]), d}, pos);
    case Op::load:
      return contribute_load(inst.text, o, d, pos);
    case Op::store:
    case Op::push:
    case Op::resize:
      return write(inst, d);
    case Op::closure:
      for (std::size_t i = 0; i < o.size(); ++i) contribute(o[i], "captured " + std::to_string(i), {d}, pos);
      return;
    default:
      return;
  }
}

Id Deriver::partner(const Inst& wave) const {
  const auto other = partners.find(wave.text);
  const std::string& type = f_[wave.results[0]].type;
  if (other == partners.end() || (type != "double" && type != "float")) return 0;
  const auto found = waves_.find({wave.operands[0], other->second});
  if (found == waves_.end()) return 0;
  const auto here = [&](Id id) { return frame_->local.count(id) > 0; };
  const auto at = std::find_if(found->second.begin(), found->second.end(), here);
  return at == found->second.end() ? 0 : *at;
}

void Deriver::rule(const Inst& inst, Id d) {
  if (const Id slope = partner(inst)) {
    const Id argument = inst.operands[0];
    if (inst.text == "cos")
      d = value(Op::contribute, "rule neg 0", {extent(argument), d, 0, 0}, inst.pos, "d_" + base(argument));
    return contribute(argument, "rule mul 0", {extent(argument), d, 0, 0, slope}, inst.pos);
  }
  const Rule& r = *find_rule(inst.text);
  for (std::size_t i = 0; i < inst.operands.size(); ++i) {
    if (f_[inst.operands[i]].inert) continue;
    std::vector<Id> reads = {extent(inst.operands[i]), d, r.reads(i, 'r') ? inst.results[0] : 0};
    for (std::size_t k = 0; k < inst.operands.size(); ++k)
      reads.push_back(r.reads(i, char('a' + k)) ? inst.operands[k] : 0);
    contribute(inst.operands[i], "rule " + inst.text + " " + std::to_string(i), std::move(reads), inst.pos);
  }
}

void Deriver::make(const Inst& inst, std::size_t i, Id d) {
  const Id argument = inst.operands[i];
  if (inst.label.size() > 1) {  // designated: the i-th name behind '{'
    std::size_t begin = 1;
    for (std::size_t k = 0; k < i; ++k) begin = inst.label.find(',', begin) + 1;
    const auto end = std::min(inst.label.find(',', begin), inst.label.size());
    return contribute(argument, "made_field " + inst.label.substr(begin, end - begin), {extent(argument), d}, inst.pos);
  }
  const std::string place =
      std::to_string(i) + " " + std::to_string(inst.operands.size()) + (inst.label == "{" ? " braces" : "");
  contribute(argument, "made " + place, {extent(argument), extent(inst.results[0]), d}, inst.pos);
}

void Deriver::call(Inst& inst, Id d) {
  const Id back = f_.fresh("back_" + base(inst.results[0]), inst.pos);
  inst.results.push_back(back);
  frame_->local.insert(back);
  const bool object = inst.op != Op::call, maybe_field = inst.label == "self";
  const std::size_t n = inst.operands.size();
  const auto callee = [&](std::size_t i) { return maybe_field ? i + 1 == n : object && i == 0; };
  const auto number = [&](std::size_t i) { return callee(i) ? 0 : object ? i : i + 1; };  // of operand i in the tuple
  std::vector<Id> places(n + (object || maybe_field ? 0 : 1), 0);
  for (std::size_t i = 0; i < n; ++i)
    if (!(maybe_field && callee(i))) places[number(i)] = into(inst.operands[i], inst.pos);
  std::vector<Id> operands{back, d};
  if (std::any_of(places.begin(), places.end(), [](Id place) { return place != 0; }))
    operands.insert(operands.end(), places.begin(), places.end());
  const Id all = value(Op::pull, "", std::move(operands), inst.pos, "d_all");
  for (std::size_t i = 0; i < n; ++i) {
    const Id operand = inst.operands[i];
    if (f_[operand].inert) continue;
    const Id p = value(Op::part, std::to_string(number(i)), {all}, inst.pos, "d_" + base(operand));
    read_once_.insert(p);
    if (maybe_field && callee(i))
      contribute(operand, "self_field " + inst.text, {extent(operand), p}, inst.pos);
    else if (const Inst* const part = places[number(i)] ? part_of(operand) : nullptr)
      contribute_load(part->text, part->operands, p, inst.pos);
    else
      contribute(operand, p, inst.pos);
  }
}

void derive_adjoint(Function& f) {
  Deriver(f).run();
  choose_saves(f);
}

}  // namespace zygote::compiler
