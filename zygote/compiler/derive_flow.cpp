// IR -> IR with its reverse: branches and loops
//
//   x_2 = loop (x_1) .. body x_4    =>    d_x_1 = reverse_loop (d_x_2) .. d_x_3
#include <algorithm>
#include <utility>

#include "deriver.hpp"

namespace zygote::compiler {

void Deriver::end_repeated(const Frame& inner, Id steps, Inst&& loop) {
  std::vector<Id> places;
  for (const auto& [path, operands, sum] : inner.repeated) {
    places.push_back(place_of(operands[0], loop.pos));
    std::vector<Id> arguments{places.back()};
    arguments.insert(arguments.end(), operands.begin() + 1, operands.end());
    push(Op::sum_at, path, std::move(arguments), loop.pos, sum);
  }
  const Pos pos = loop.pos;
  frame_->reverse.code.push_back(std::move(loop));
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto& [path, operands, sum] = inner.repeated[i];
    std::vector<Id> arguments{steps, places[i], sum};
    arguments.insert(arguments.end(), operands.begin() + 1, operands.end());
    push(Op::accumulate_once, path, std::move(arguments), pos, 0);
  }
}

Id Deriver::sum_of(Id target, bool indexed, Pos pos) {
  for (Frame* owner = frame_->outer; owner; owner = owner->outer)
    if (owner->owns(target)) {
      if (const auto known = owner->adjoint.find(target); known != owner->adjoint.end() && full_.count(known->second))
        return known->second;
      Id& sum = owner->sums[target];
      if (!sum) sum = f_.fresh("d_" + base(target), pos);
      if (indexed) owner->indexed.insert(target);
      return sum;
    }
  return 0;
}

Id Deriver::saves(Inst& inst) {
  const Id id = f_.fresh(inst.op == Op::if_ ? "taken" : "steps", inst.pos);
  inst.results.push_back(id);
  inst.label = "saves";
  frame_->local.insert(id);
  return id;
}

void Deriver::start_sums(Pos pos) {
  for (const auto& [target, sum] : frame_->sums) {
    const bool indexed = frame_->indexed.count(target) > 0;
    std::vector<Id> operands{indexed ? shape(target) : type(target)};
    if (const auto known = frame_->adjoint.find(target); known != frame_->adjoint.end())
      operands.push_back(known->second);
    push(indexed ? Op::own : Op::sum, "", std::move(operands), pos, sum);
    if (indexed) full_.insert(sum);
    frame_->adjoint[target] = sum;
  }
  frame_->sums.clear();
  frame_->indexed.clear();
}

void Deriver::if_(Inst& inst) {
  std::vector<Id> adjoints;
  bool any = false;
  for (Id id : inst.results) {
    adjoints.push_back(f_[id].inert ? 0 : adjoint_of(id, 1, inst.pos));
    any = any || adjoints.back();
  }
  if (!any) return;
  Inst back;
  back.op = Op::reverse_if;
  back.pos = inst.pos;
  back.text = inst.text;
  back.regions.resize(2);
  std::map<Id, Id> through;
  for (std::size_t k = 0; k < inst.results.size(); ++k)
    if (const Id before = adjoints[k] ? before_branches(inst, k) : 0;
        before && !f_[before].inert && f_[before].inlined.empty() && !through.count(before)) {
      adjoints[k] = own(inst.results[k], adjoints[k], inst.pos);
      through[before] = adjoints[k];
    }
  for (std::size_t i = 0; i < 2; ++i) {
    Frame inner{frame_, back.regions[i], {}, {}, {}, {}, through};
    reverse(inst.regions[i], adjoints, inner);
    Frame* const outer = std::exchange(frame_, &inner);
    for (const auto& [before, d] : through)
      if (const auto now = inner.adjoint.find(before); now == inner.adjoint.end() || now->second != d)
        push(Op::assign, "", {shape(before), d, now == inner.adjoint.end() ? 0 : now->second}, inst.pos, 0);
    frame_ = outer;
  }
  start_sums(inst.pos);
  back.operands = {saves(inst)};
  frame_->reverse.code.push_back(std::move(back));
  for (const auto& [before, d] : through) contribute(before, d, inst.pos);
}

Id Deriver::before_branches(const Inst& inst, std::size_t k) {
  bool written = false;
  const Id before = origin(inst.regions[0], inst.regions[0].yields[k], written);
  return origin(inst.regions[1], inst.regions[1].yields[k], written) == before && written ? before : 0;
}

Id Deriver::origin(const Region& r, Id id, bool& written) {
  for (std::size_t i = r.code.size(); i-- > 0;) {
    const Inst& inst = r.code[i];
    const auto at = std::find(inst.results.begin(), inst.results.end(), id);
    if (at == inst.results.end()) continue;
    const auto k = std::size_t(at - inst.results.begin());
    if (writes_part(inst)) {
      id = inst.operands[0];
      written = true;
    } else if (inst.op == Op::loop && k < inst.operands.size() && carries(inst, k, written))
      id = inst.operands[k];
    else if (inst.op == Op::if_ && k < inst.regions[0].yields.size())
      id = before_branches(inst, k);
    else
      return 0;
    written = written || inst.op == Op::if_;
    if (!id) return 0;
  }
  return id;
}

bool Deriver::carries(const Inst& loop, std::size_t k, bool& written) {
  const Region& body = loop.regions[1];
  return origin(body, body.yields[k], written) == body.args[k];
}

void Deriver::loop(Inst& inst) {
  std::vector<std::size_t> active;
  bool any = false;
  for (std::size_t k = 0; k < inst.results.size(); ++k)
    if (!f_[inst.results[k]].inert) {
      active.push_back(k);
      any = any || frame_->adjoint.count(inst.results[k]);
    }
  if (!any) return;
  Inst back;
  back.op = Op::reverse_loop;
  back.pos = inst.pos;
  back.regions.resize(1);
  Region& body = inst.regions[1];
  std::vector<Id> adjoints(body.yields.size(), 0);
  std::vector<Id> entering;
  std::set<std::size_t> in_place;  // variables whose parts are written to: so are those of their adjoints
  for (std::size_t k : active) {
    adjoints[k] = f_.fresh("d_" + base(body.args[k]), inst.pos);
    entering.push_back(adjoints[k]);
    bool written = false;
    if (!carries(inst, k, written) || !written) continue;
    in_place.insert(k);
    full_.insert(adjoints[k]);
  }
  Frame inner{frame_, back.regions[0], {}, {}, {}, {}, {}};
  inner.loop = true;
  reverse(body, adjoints, inner);
  back.regions[0].args = std::move(entering);
  for (std::size_t k : active) {
    const auto found = inner.adjoint.find(body.args[k]);
    Id d = found == inner.adjoint.end() ? 0 : found->second;
    if (in_place.count(k)) {
      Frame* const outer = std::exchange(frame_, &inner);
      d = own(body.args[k], d, inst.pos);
      frame_ = outer;
      if (home(d) != adjoints[k]) in_place.erase(k);
    }
    back.regions[0].yields.push_back(d);
  }
  insert_pending(body, inner.local);
  start_sums(inst.pos);
  back.operands = {saves(inst)};
  std::vector<std::pair<Id, Id>> initial;
  for (std::size_t k : active) {
    const auto found = frame_->adjoint.find(inst.results[k]);
    const Id d = found == frame_->adjoint.end() ? 0 : found->second;
    const bool full = full_.count(adjoints[k]);
    back.operands.push_back(in_place.count(k) ? 0 : type(inst.results[k]));
    back.operands.push_back(full ? own(inst.results[k], d, inst.pos) : d);
    back.results.push_back(f_.fresh("d_" + base(inst.operands[k]), inst.pos));
    if (full) full_.insert(back.results.back());
    if (in_place.count(k)) home_[back.results.back()] = home(back.operands.back());
    initial.push_back({inst.operands[k], back.results.back()});
  }
  end_repeated(inner, inst.results.back(), std::move(back));
  for (const auto& [id, d] : initial) contribute(id, d, inst.pos);
}

}  // namespace zygote::compiler
