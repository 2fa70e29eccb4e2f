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
#include <set>
#include <utility>

#include "passes.hpp"

namespace zygote::compiler {
namespace {

struct Frame {
  Frame* outer;
  Region& reverse;
  std::set<Id> local;             // values that this region defines
  std::map<Id, Id> adjoint;       // of local values, as far as known
  std::map<Id, Id> sums;          // local values that a nested region contributes to -> their sums
  std::set<Id> indexed = {};      // those to parts of which it contributes
  std::map<Id, Id> through = {};  // branches: what a variable was in front of them -> its adjoint, changed in place

  // A part that every iteration reads alike: its contributions are summed first.
  struct Repeated {
    std::string path;
    std::vector<Id> operands;  // the object, indices
    Id sum;
  };
  bool loop = false;
  std::vector<Repeated> repeated = {};

  bool owns(Id id) const { return local.count(id) || through.count(id); }
};

class Deriver {
 public:
  explicit Deriver(Function& f) : f_(f), reads_(f.values.size()) { count_reads(f.body); }

  void run() {
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
  }

 private:
  Function& f_;
  Frame* frame_ = nullptr;
  std::map<Id, Id> extents_, types_;
  std::map<Id, Id> shapes_;
  std::vector<std::pair<Id, Inst>> pending_;  // extents and shapes of values, which no region holds yet
  std::map<Id, Inst> in_front_;               // shapes that are read in front of the write of a value
  std::vector<int> reads_;                    // of values of the primal
  std::map<Id, const Inst*> made_;            // by which instruction, in regions that are not done yet
  std::map<Id, Id> home_;                     // adjoints that live where another one did
  std::set<Id> full_;                         // adjoints of full shape, which may be changed in place

  Inst& push(Op op, std::string text, std::vector<Id> operands, Pos pos, Id result) {
    Inst inst;
    inst.op = op;
    inst.text = std::move(text);
    inst.operands = std::move(operands);
    inst.pos = pos;
    if (result) inst.results = {result};
    frame_->reverse.code.push_back(std::move(inst));
    return frame_->reverse.code.back();
  }
  Id value(Op op, std::string text, std::vector<Id> operands, Pos pos, const std::string& hint) {
    const Id id = f_.fresh(hint, pos);
    push(op, std::move(text), std::move(operands), pos, id);
    return id;
  }

  // What is to be known of a value: its type, its size too, the shape of all its parts; made where the value is.
  Id extent(Id id) { return about(extents_, Op::extent, "extent_", id); }
  Id type(Id id) { return about(types_, Op::type, "type_", id); }
  Id shape(Id id) { return about(shapes_, Op::shape, "shape_", id); }
  Id about(std::map<Id, Id>& known, Op op, const std::string& prefix, Id id) {
    Id& e = known[id];
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
  Id home(Id id) const { return home_.count(id) ? home_.at(id) : id; }
  std::string base(Id id) const { return f_[id].inlined.empty() ? f_[id].name : "constant"; }

  // Puts them behind the instructions, or the arguments, that they are about.
  void insert_pending(Region& primal, std::set<Id>& local) {
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

  // A full adjoint of a value, to be changed in place.
  Id own(Id id, Id d, Pos pos) {
    if (d && full_.count(d)) return d;
    std::vector<Id> operands{shape(id)};
    if (d) operands.push_back(d);
    const Id full = value(Op::own, "", std::move(operands), pos, "d_" + base(id));
    full_.insert(full);
    return full;
  }

  // Adds to the part of the adjoint of a value that a path leads to.
  void contribute_at(Id target, const std::string& path, std::vector<Id> indices, Id d, Pos pos) {
    if (f_[target].inert || !f_[target].inlined.empty()) return;
    indices.insert(indices.begin(), {place_of(target, pos), d});
    push(Op::accumulate_at, path, std::move(indices), pos, 0);
  }
  // The adjoint of a value, to parts of which we may add.
  Id place_of(Id target, Pos pos) {
    if (!frame_->owns(target)) return sum_of(target, true, pos);
    Id& known = frame_->adjoint[target];
    return known = own(target, known, pos);
  }
  // In a loop, what is read of variables from outside at places from outside is the same in every iteration.
  void contribute_load(const std::string& path, const std::vector<Id>& operands, Id d, Pos pos) {
    const auto outside = [&](Id id) { return !f_[id].inlined.empty() || !frame_->owns(id); };
    if (f_[operands[0]].inert || !f_[operands[0]].inlined.empty()) return;
    if (!frame_->loop || !std::all_of(operands.begin(), operands.end(), outside))
      return contribute_at(operands[0], path, {operands.begin() + 1, operands.end()}, d, pos);
    auto& all = frame_->repeated;
    auto at = std::find_if(all.begin(), all.end(),
                           [&](const Frame::Repeated& r) { return r.path == path && r.operands == operands; });
    if (at == all.end()) at = all.insert(all.end(), {path, operands, f_.fresh("d_" + base(operands[0]), pos)});
    push(Op::add_to_sum, "", {at->sum, d}, pos, 0);
  }
  void end_repeated(const Frame& inner, Id steps, Inst&& loop) {
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

  // The sum, in the region that owns the value, of what nested regions contribute.
  Id sum_of(Id target, bool indexed, Pos pos) {
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

  void accumulate(Id target, Id contribution, Id sum, Pos pos) {
    push(Op::accumulate, "", {type(target), sum, contribution}, pos, 0).label = full_.count(contribution) ? "last" : "";
  }
  void contribute(Id target, Id contribution, Pos pos) {
    if (!contribution || f_[target].inert || !f_[target].inlined.empty()) return;
    if (frame_->owns(target)) {
      Id& d = frame_->adjoint[target];
      if (!d)
        d = contribution;
      else if (full_.count(contribution))
        accumulate(target, std::exchange(d, contribution), contribution, pos);
      else if (full_.count(d))
        accumulate(target, contribution, d, pos);
      else
        d = value(Op::add, "", {type(target), d, contribution}, pos, "d_" + base(target));
      return;
    }
    if (const Id sum = sum_of(target, false, pos)) accumulate(target, contribution, sum, pos);
  }
  // A contribution that a rule of the runtime works out.
  void contribute(Id target, const std::string& rule, std::vector<Id> reads, Pos pos) {
    if (f_[target].inert || !f_[target].inlined.empty()) return;
    contribute(target, value(Op::contribute, rule, std::move(reads), pos, "d_" + base(target)), pos);
  }

  void count_reads(const Region& r) {
    for (const Inst& inst : r.code) {
      for (Id id : inst.operands) ++reads_[std::size_t(id)];
      for (const Region& inner : inst.regions) count_reads(inner);
      if (!inst.results.empty()) made_[inst.results[0]] = &inst;
    }
    for (Id id : r.yields) ++reads_[std::size_t(id)];
  }

  void reverse(Region& primal, const std::vector<Id>& adjoints, Frame& frame) {
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

  // The adjoint of a value, evaluated if more than one rule reads it; 0 if there is none.
  Id adjoint_of(Id id, std::size_t readers, Pos pos) {
    const auto found = frame_->adjoint.find(id);
    if (found == frame_->adjoint.end()) return 0;
    if (readers > 1) found->second = value(Op::evaluate, "", {found->second}, pos, "d_" + base(id));
    return found->second;
  }

  // How many rules will read the adjoint of the instruction's result.
  std::size_t readers(const Inst& inst) const {
    if (inst.op != Op::rule && inst.op != Op::make && inst.op != Op::closure) return 1;
    return std::size_t(std::count_if(inst.operands.begin(), inst.operands.end(), [&](Id id) { return !f_[id].inert; }));
  }

  void instruction(Inst& inst) {
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

  // The sum that a store writes, if the first summand is what was there and nobody else reads either.
  const Inst* adds(const Inst& store) const {
    const auto once = [&](Id id) {
      const auto found = made_.find(id);
      const bool usable = found != made_.end() && reads_[std::size_t(id)] == 1 && !f_[id].inert;
      return usable && !found->second->primal ? found->second : nullptr;
    };
    const Inst* sum = store.op == Op::store ? once(store.operands[1]) : nullptr;
    if (!sum || sum->op != Op::rule || (sum->text != "add" && sum->text != "sub") || sum->operands.size() != 2) return nullptr;
    const Inst* load = once(sum->operands[0]);
    if (!load || load->op != Op::load || load->text != store.text || load->operands[0] != store.operands[0]) return nullptr;
    const auto& a = load->operands;
    return std::equal(a.begin() + 1, a.end(), store.operands.begin() + 2, store.operands.end()) ? sum : nullptr;
  }
  // place += x: the adjoint of the place stays, and is that of x as well.
  void add_in_place(const Inst& store, const Inst& sum, std::vector<Id> operands) {
    const Pos pos = store.pos;
    const Id d = value(Op::take_sum, store.text, operands, pos, "d_" + base(store.operands[1])), x = sum.operands[1];
    const Id back = value(Op::contribute, "rule " + sum.text + " 0", {extent(sum.operands[0]), d, 0, 0, 0}, pos,
                          "d_" + base(sum.operands[0]));
    operands[1] = back;
    push(Op::give_back, store.text, std::move(operands), pos, 0);
    if (!f_[x].inert) contribute(x, "rule " + sum.text + " 1", {extent(x), d, 0, 0, 0}, pos);
  }

  // What was written takes its share of the adjoint, the rest is that of the object before.
  void write(const Inst& inst, Id d) {
    const auto& o = inst.operands;
    const Inst* const sum = adds(inst);
    const bool resizes = inst.op == Op::resize;
    d = own(inst.results[0], d, inst.pos);
    std::vector<Id> operands{d};
    if (inst.op != Op::push) {  // the shape of the part in front of the write
      const Id before = f_.fresh("shape_" + base(inst.results[0]), inst.pos);
      Inst shape;
      shape.op = Op::shape;
      shape.text = inst.text;
      shape.operands = {o[0]};
      shape.operands.insert(shape.operands.end(), o.begin() + (resizes ? 1 : 2), o.end());
      shape.results = {before};
      shape.pos = inst.pos;
      in_front_[inst.results[0]] = std::move(shape);
      frame_->local.insert(before);
      operands.push_back(before);
    }
    operands.insert(operands.end(), o.begin() + (resizes ? 1 : 2), o.end());
    if (sum)
      add_in_place(inst, *sum, std::move(operands));
    else if (resizes)
      push(Op::restore, inst.text, std::move(operands), inst.pos, 0);
    else
      contribute(o[1],
                 value(inst.op == Op::push ? Op::take_last : Op::take, inst.text, std::move(operands), inst.pos,
                       "d_" + base(o[1])),
                 inst.pos);
    contribute(o[0], d, inst.pos);
  }

  void rule(const Inst& inst, Id d) {
    const Rule& r = *find_rule(inst.text);
    for (std::size_t i = 0; i < inst.operands.size(); ++i) {
      if (f_[inst.operands[i]].inert) continue;
      std::vector<Id> reads = {extent(inst.operands[i]), d, r.reads(i, 'r') ? inst.results[0] : 0};
      for (std::size_t k = 0; k < inst.operands.size(); ++k)
        reads.push_back(r.reads(i, char('a' + k)) ? inst.operands[k] : 0);
      contribute(inst.operands[i], "rule " + inst.text + " " + std::to_string(i), std::move(reads), inst.pos);
    }
  }

  void make(const Inst& inst, std::size_t i, Id d) {
    const Id argument = inst.operands[i];
    if (inst.label.size() > 1) {  // designated: the i-th name behind '{'
      std::size_t begin = 1;
      for (std::size_t k = 0; k < i; ++k) begin = inst.label.find(',', begin) + 1;
      const auto end = std::min(inst.label.find(',', begin), inst.label.size());
      return contribute(argument, "made_field " + inst.label.substr(begin, end - begin), {extent(argument), d},
                        inst.pos);
    }
    const std::string place =
        std::to_string(i) + " " + std::to_string(inst.operands.size()) + (inst.label == "{" ? " braces" : "");
    contribute(argument, "made " + place, {extent(argument), extent(inst.results[0]), d}, inst.pos);
  }

  // operands: call: arguments (then self, if the name may be a field of it); call_object, call_method: object,
  // arguments.
  void call(Inst& inst, Id d) {
    const Id back = f_.fresh("back_" + base(inst.results[0]), inst.pos);
    inst.results.push_back(back);
    frame_->local.insert(back);
    const Id all = value(Op::pull, "", {back, d}, inst.pos, "d_all");
    const bool object = inst.op != Op::call, maybe_field = inst.label == "self";
    const std::size_t n = inst.operands.size();
    for (std::size_t i = 0; i < n; ++i) {
      const Id operand = inst.operands[i];
      if (f_[operand].inert) continue;
      const bool callee = maybe_field ? i + 1 == n : object && i == 0;
      const std::size_t part = callee ? 0 : object ? i : i + 1;
      const Id p = value(Op::part, std::to_string(part), {all}, inst.pos, "d_" + base(operand));
      if (maybe_field && callee)
        contribute(operand, "self_field " + inst.text, {extent(operand), p}, inst.pos);
      else
        contribute(operand, p, inst.pos);
    }
  }

  Id saves(Inst& inst) {
    const Id id = f_.fresh(inst.op == Op::if_ ? "taken" : "steps", inst.pos);
    inst.results.push_back(id);
    inst.label = "saves";
    frame_->local.insert(id);
    return id;
  }

  // Starts, in front of the reverse of a nested region, the sums that it adds to.
  void start_sums(Pos pos) {
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

  void if_(Inst& inst) {
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

  // What result k of an if was in front of it, if the branches write to parts of it at most.
  static Id before_branches(const Inst& inst, std::size_t k) {
    bool written = false;
    const Id before = origin(inst.regions[0], inst.regions[0].yields[k], written);
    return origin(inst.regions[1], inst.regions[1].yields[k], written) == before && written ? before : 0;
  }

  // The value from outside of a region that becomes this one by writes to parts of it; 0 if it is made in the region.
  static Id origin(const Region& r, Id id, bool& written) {
    for (std::size_t i = r.code.size(); i-- > 0;) {
      const Inst& inst = r.code[i];
      const auto at = std::find(inst.results.begin(), inst.results.end(), id);
      if (at == inst.results.end()) continue;
      const auto k = std::size_t(at - inst.results.begin());
      if (inst.op == Op::store || inst.op == Op::push || inst.op == Op::resize) {
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
  static bool carries(const Inst& loop, std::size_t k, bool& written) {
    const Region& body = loop.regions[1];
    return origin(body, body.yields[k], written) == body.args[k];
  }

  void loop(Inst& inst) {
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
};

}  // namespace

void derive_adjoint(Function& f) {
  Deriver(f).run();
  choose_saves(f);
}

}  // namespace zygote::compiler
