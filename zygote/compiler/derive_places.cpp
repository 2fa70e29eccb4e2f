// IR -> IR with its reverse: parts of variables, which change the adjoint of the variable in place
//
//   v_2 = store @[$1] v_1 x i_1     =>     d_x = take @[$1] d_v i_1
#include <algorithm>
#include <cstdlib>
#include <utility>

#include "deriver.hpp"

namespace zygote::compiler {
namespace {

// How many indices a path has: 2 in @[$1].rows[$2].
std::ptrdiff_t indices_in(const std::string& path) {
  std::ptrdiff_t n = 0;
  for (std::size_t at = path.find('$'); at != std::string::npos; at = path.find('$', at + 1))
    n = std::max<std::ptrdiff_t>(n, std::atoi(path.c_str() + at + 1));
  return n;
}

}  // namespace

Id Deriver::about(std::map<Id, Id>& known, Op op, const std::string& prefix, Id id) {
  Id& e = known[id];
  const std::string number = f_[id].type;
  if (!e && op != Op::shape && (number == "double" || number == "float") &&
      !std::count(f_.inputs.begin(), f_.inputs.end(), id)) {
    e = f_.fresh("constant", f_[id].pos);
    f_[e].inlined = (op == Op::type ? "zygote::ir::type_of<" : "zygote::extent_of<") + number + ">";
  }
  if (!e) {
    e = f_.fresh(prefix + base(id), f_[id].pos);
    Inst inst;
    inst.op = op;
    if (op == Op::shape) inst.text = "@";
    inst.operands = {id};
    inst.results = {e};
    inst.pos = f_[id].pos;
    pending_.push_back({id, std::move(inst)});
  }
  return e;
}

void Deriver::insert_pending(Region& primal, std::set<Id>& local) {
  std::map<Id, std::vector<Inst>> own;
  for (auto it = pending_.begin(); it != pending_.end();)
    if (local.count(it->first)) {
      local.insert(it->second.results[0]);
      own[it->first].push_back(std::move(it->second));
      it = pending_.erase(it);
    } else
      ++it;
  if (own.empty() && in_front_.empty()) return;
  std::vector<Inst> code;
  const auto add = [&](Id id) {
    const auto found = own.find(id);
    if (found == own.end()) return;
    for (Inst& inst : found->second) code.push_back(std::move(inst));
    own.erase(found);
  };
  for (Inst& inst : primal.code) {
    const std::vector<Id> results = inst.results;
    if (const auto found = results.empty() ? in_front_.end() : in_front_.find(results[0]); found != in_front_.end()) {
      code.push_back(std::move(found->second));
      in_front_.erase(found);
    }
    code.push_back(std::move(inst));
    for (Id id : results) add(id);
  }
  std::swap(primal.code, code);
  code.clear();
  while (!own.empty()) add(own.begin()->first);
  primal.code.insert(primal.code.begin(), std::make_move_iterator(code.begin()), std::make_move_iterator(code.end()));
}

Id Deriver::own(Id id, Id d, Pos pos) {
  if (d && full_.count(d)) return d;
  std::vector<Id> operands{shape(id)};
  if (d) operands.push_back(d);
  const Id full = value(Op::own, "", std::move(operands), pos, "d_" + base(id));
  full_.insert(full);
  return full;
}

void Deriver::contribute_at(Id target, const std::string& path, std::vector<Id> indices, Id d, Pos pos) {
  if (f_[target].inert || !f_[target].inlined.empty()) return;
  indices.insert(indices.begin(), {place_of(target, pos), d});
  push(Op::accumulate_at, path, std::move(indices), pos, 0);
}

Id Deriver::place_of(Id target, Pos pos) {
  if (!frame_->owns(target)) return sum_of(target, true, pos);
  Id& known = frame_->adjoint[target];
  return known = own(target, known, pos);
}

void Deriver::contribute_load(const std::string& path, const std::vector<Id>& operands, Id d, Pos pos) {
  if (f_[operands[0]].inert || !f_[operands[0]].inlined.empty()) return;
  if (const Id sum = repeated(path, operands, pos))
    push(Op::add_to_sum, "", {sum, d}, pos, 0);
  else
    contribute_at(operands[0], path, {operands.begin() + 1, operands.end()}, d, pos);
}

Id Deriver::repeated(const std::string& path, const std::vector<Id>& operands, Pos pos) {
  const auto outside = [&](Id id) { return !f_[id].inlined.empty() || !frame_->owns(id); };
  if (!frame_->loop || !std::all_of(operands.begin(), operands.end(), outside)) return 0;
  sum_of(operands[0], true, pos);  // in case that other contributions are to all of it
  auto& all = frame_->repeated;
  auto at = std::find_if(all.begin(), all.end(),
                         [&](const Frame::Repeated& r) { return r.path == path && r.operands == operands; });
  if (at == all.end()) at = all.insert(all.end(), {path, operands, f_.fresh("d_" + base(operands[0]), pos)});
  return at->sum;
}

const Inst* Deriver::part_of(Id argument) const {
  const auto made = made_.find(argument);
  if (made == made_.end() || made->second->op != Op::load || made->second->primal || !frame_->owns(argument))
    return nullptr;
  const Id object = made->second->operands[0];
  return f_[object].inert || !f_[object].inlined.empty() ? nullptr : made->second;
}

Id Deriver::own_sum(Id argument, Pos pos) {
  const auto known = frame_->adjoint.find(argument);
  const Id d = known == frame_->adjoint.end() ? 0 : known->second;
  if (full_.count(d) || sums_.count(d)) return d;
  const bool input = argument == f_.self || std::count(f_.inputs.begin(), f_.inputs.end(), argument) > 0;
  if (!input || !(f_.recursive || f_[argument].type.starts_with("std::"))) return 0;
  std::vector<Id> operands{type(argument)};
  if (d) operands.push_back(d);
  const Id sum = value(Op::sum, "", std::move(operands), pos, "d_" + base(argument));
  sums_.insert(sum);
  return frame_->adjoint[argument] = sum;
}

Id Deriver::into(Id argument, Pos pos) {
  if (f_[argument].inert || !f_[argument].inlined.empty() || is_number(f_[argument].type)) return 0;
  std::vector<Id> operands;
  std::string path = "@";
  if (const Inst* const part = part_of(argument)) {
    operands = part->operands;
    operands[0] = repeated(part->text, part->operands, pos);
    if (operands[0])
      operands.resize(1);
    else {
      operands[0] = place_of(part->operands[0], pos);
      path = part->text;
    }
  } else if (!frame_->owns(argument))
    operands = {sum_of(argument, false, pos)};
  else
    operands = {own_sum(argument, pos)};
  if (!operands[0]) return 0;
  const Id place = f_.fresh("into_" + base(argument), pos);
  push(Op::into, path, operands, pos, place);
  return place;
}

const Inst* Deriver::adds(const Inst& store) const {
  const auto once = [&](Id id) {
    const auto found = made_.find(id);
    const bool usable = found != made_.end() && reads_[std::size_t(id)] == 1 && !f_[id].inert;
    return usable && !found->second->primal ? found->second : nullptr;
  };
  const Inst* sum = store.op == Op::store ? once(store.operands[1]) : nullptr;
  if (!sum || sum->op != Op::rule || (sum->text != "add" && sum->text != "sub") || sum->operands.size() != 2)
    return nullptr;
  const Inst* load = once(sum->operands[0]);
  if (!load || load->op != Op::load || load->text != store.text || load->operands[0] != store.operands[0])
    return nullptr;
  const auto& a = load->operands;
  return std::equal(a.begin() + 1, a.end(), store.operands.begin() + 2, store.operands.end()) ? sum : nullptr;
}

void Deriver::add_in_place(const Inst& store, const Inst& sum, std::vector<Id> operands) {
  const Pos pos = store.pos;
  const Id d = value(Op::take_sum, store.text, operands, pos, "d_" + base(store.operands[1])), x = sum.operands[1];
  const Id back = value(Op::contribute, "rule " + sum.text + " 0", {extent(sum.operands[0]), d, 0, 0, 0}, pos,
                        "d_" + base(sum.operands[0]));
  operands[1] = back;
  push(Op::give_back, store.text, std::move(operands), pos, 0);
  if (!f_[x].inert) contribute(x, "rule " + sum.text + " 1", {extent(x), d, 0, 0, 0}, pos);
}

void Deriver::write(const Inst& inst, Id d) {
  const auto& o = inst.operands;
  const Inst* const sum = adds(inst);
  const bool resizes = inst.op == Op::resize;
  d = own(inst.results[0], d, inst.pos);
  const auto first = o.begin() + (resizes ? 1 : 2);
  const std::vector<Id> indices(first, resizes ? first + indices_in(inst.text) : o.end());  // of the path
  std::vector<Id> operands{d};
  if (inst.op != Op::push) {  // the shape of the part in front of the write
    const Id before = f_.fresh("shape_" + base(inst.results[0]), inst.pos);
    Inst shape;
    shape.op = Op::shape;
    shape.text = inst.text;
    shape.operands = {o[0]};
    shape.operands.insert(shape.operands.end(), indices.begin(), indices.end());
    shape.results = {before};
    shape.pos = inst.pos;
    in_front_[inst.results[0]] = std::move(shape);
    frame_->local.insert(before);
    operands.push_back(before);
  }
  operands.insert(operands.end(), indices.begin(), indices.end());
  if (sum)
    add_in_place(inst, *sum, std::move(operands));
  else if (resizes)
    push(Op::restore, inst.text, std::move(operands), inst.pos, 0).label = inst.label;
  else {
    const bool typed = !f_[o[1]].inert && f_[o[1]].inlined.empty();
    if (typed) operands.push_back(type(o[1]));
    const Id taken = f_.fresh("d_" + base(o[1]), inst.pos);
    push(inst.op == Op::push ? Op::take_end : Op::take, inst.text, std::move(operands), inst.pos, taken).label =
        inst.label + (typed ? " typed" : "");
    contribute(o[1], taken, inst.pos);
  }
  contribute(o[0], d, inst.pos);
}

}  // namespace zygote::compiler
