// IR -> IR in which structs that are nothing but numbers are taken apart
//
//   p_1 = make Vec2 a b;  x_1 = load @.x p_1;  q_1 = store @.x p_1 c;  y_1 = load @.y q_1     =>     x_1: a;  y_1: b
//
// What loops carry and branches yield is numbers afterwards, which are saved in columns and stay in registers. Requires
// types. A struct is put together again where it is handed on; nobody reads those that are left over.
#include <algorithm>
#include <utility>

#include "passes.hpp"

namespace zygote::compiler {
namespace {

class Splitter {
 public:
  Splitter(Function& f, const Structs& structs) : f_(f), structs_(structs) {}

  void run() {
    region(f_.body);
    for (Id& id : f_.body.yields) id = renamed(id);
    while (remove(f_.body)) {
    }
    for (const std::string& name : used_) f_.checks.push_back(check(name));
  }

 private:
  Function& f_;
  const Structs& structs_;
  struct Made {
    Op op;  // make or store
    std::string text;
    std::vector<Id> operands;
  };
  std::map<Id, Made> made_;  // how the structs came about
  std::map<Id, Id> renamed_;
  std::set<std::string> used_;
  Region* region_ = nullptr;  // into which instructions go
  bool primal_ = false;       // are they under constant(..)?

  const std::vector<Struct::Field>* fields(const std::string& type) const {
    const auto found = structs_.find(type);
    return found == structs_.end() || !found->second.numbers ? nullptr : &found->second.fields;
  }
  Id renamed(Id id) const {
    for (auto found = renamed_.find(id); found != renamed_.end(); found = renamed_.find(id)) id = found->second;
    return id;
  }

  Id add(Op op, const std::string& text, std::vector<Id> operands, Pos pos, const std::string& hint,
         const std::string& type) {
    Inst inst;
    inst.op = op;
    inst.text = text;
    inst.operands = std::move(operands);
    inst.pos = pos;
    inst.primal = primal_;
    const Id id = f_.fresh(hint, pos);
    f_[id].type = known_type(type);
    inst.results = {id};
    region_->code.push_back(std::move(inst));
    return id;
  }

  // What is read at a path of an object, as a value that is there already if possible.
  Id load(Id object, std::string path, const std::string& type, Pos pos, const std::string& hint) {
    if (const auto* all = fields(known_type(type)); all && path.size() > 1) {
      std::vector<Id> parts;
      for (const auto& f : *all) parts.push_back(load(object, path + "." + f.name, f.type, pos, f.name));
      const Id whole = f_.fresh(hint, pos);
      f_[whole].type = known_type(type);
      make(known_type(type), std::move(parts), pos, whole);
      return whole;
    }
    while (path.size() > 1 && step(object, path)) {
    }
    return path == "@" ? as(type, object, pos, hint) : add(Op::load, path, {object}, pos, hint, type);
  }
  // Goes from an object to what that, or the field that the path begins with, is made of.
  bool step(Id& object, std::string& path) {
    const std::string of = f_[object].type;
    const auto made = made_.find(object);
    if (path[1] != '.' || !fields(of) || made == made_.end()) return false;
    const auto& [op, text, operands] = made->second;
    if (op == Op::make) {
      const auto end = std::min(path.find_first_of(".[", 2), path.size());
      const auto is = [&](const auto& f) { return f.name == path.substr(2, end - 2); };
      const auto k = std::size_t(std::find_if(fields(of)->begin(), fields(of)->end(), is) - fields(of)->begin());
      if (k >= operands.size()) return false;  // an initialiser of the class
      used_.insert(of);
      object = operands[k];
      path = "@" + path.substr(end);
      return true;
    }
    const auto leads_into = [](const std::string& a, const std::string& b) {
      return b.starts_with(a) && (a.size() == b.size() || b[a.size()] == '.');
    };
    const bool written = leads_into(text, path);
    if (!written && leads_into(path, text)) return false;  // part of the field has been written
    if (written && path != text && !fields(f_[operands[1]].type)) return false;
    if (written) path = "@" + path.substr(text.size());
    object = operands[written ? 1 : 0];
    return true;
  }
  Id as(const std::string& type, Id id, Pos pos, const std::string& hint) {
    if (f_[id].type == known_type(type) && f_[id].inlined.empty()) return id;
    return add(Op::as, type, {id}, pos, hint, type);
  }
  Id field(Id object, const Struct::Field& field, Pos pos) {
    return load(object, "@." + field.name, field.type, pos, field.name);
  }

  void make(const std::string& type, std::vector<Id> fields, Pos pos, Id result) {
    Inst inst;
    inst.op = Op::make;
    inst.text = type;
    inst.label = "{";
    inst.operands = std::move(fields);
    inst.results = {result};
    inst.pos = pos;
    inst.primal = primal_;
    if (!primal_) made_[result] = {inst.op, inst.text, inst.operands};
    used_.insert(type);
    region_->code.push_back(std::move(inst));
  }

  // The type at the end of a path of fields; empty if it leads elsewhere.
  std::string type_at(const std::string& type, const std::string& path) const {
    if (path == "@") return type;
    const std::string object = object_of(path);
    const auto* all = object.empty() ? nullptr : fields(type_at(type, object));
    if (!all || !path.starts_with(object + ".")) return "";
    const auto found = std::ranges::find(*all, path.substr(object.size() + 1), &Struct::Field::name);
    return found == all->end() ? "" : found->type;
  }

  void region(Region& r) {
    Region* const outer = std::exchange(region_, &r);
    std::vector<Inst> code = std::exchange(r.code, {});
    for (Inst& inst : code) {
      for (Id& id : inst.operands) id = renamed(id);
      instruction(std::move(inst));
    }
    for (Id& id : r.yields) id = renamed(id);
    region_ = outer;
  }

  void instruction(Inst inst) {
    primal_ = inst.primal;
    if (inst.op == Op::loop) return loop(std::move(inst));
    if (inst.op == Op::if_) return if_(std::move(inst));
    const auto& o = inst.operands;
    if (inst.op == Op::load && !inst.primal)
      if (const std::string type = type_at(f_[o[0]].type, inst.text); !type.empty() && inst.text != "@") {
        const std::string& name = f_[inst.results[0]].name;
        renamed_[inst.results[0]] = load(o[0], inst.text, type, inst.pos, name.substr(0, name.rfind('_')));
        return;
      }
    if ((inst.op == Op::as || inst.op == Op::like) && !inst.primal && fields(f_[inst.results[0]].type) &&
        f_[o[0]].type == f_[inst.results[0]].type) {
      renamed_[inst.results[0]] = o[0];
      return;
    }
    if (inst.op == Op::is && inst.text == "@" && !inst.label.empty() && f_[o[0]].type == inst.label) return;
    const bool known = !inst.primal && !inst.results.empty() && fields(f_[inst.results[0]].type);
    if (known && ((inst.op == Op::make && inst.label == "{" && o.size() <= fields(inst.text)->size()) ||
                  (inst.op == Op::store && !type_at(f_[o[0]].type, inst.text).empty())))
      made_[inst.results[0]] = {inst.op, inst.text, inst.operands};
    region_->code.push_back(std::move(inst));
  }

  // Fields in the place of element i of a list.
  template <class T>
  static void replace(std::vector<T>& list, std::size_t i, const std::vector<T>& by) {
    list.erase(list.begin() + std::ptrdiff_t(i));
    list.insert(list.begin() + std::ptrdiff_t(i), by.begin(), by.end());
  }
  std::vector<Id> fresh(const std::vector<Struct::Field>& all, Pos pos) {
    std::vector<Id> ids;
    for (const auto& field : all) {
      ids.push_back(f_.fresh(field.name, pos));
      f_[ids.back()].type = known_type(field.type);
    }
    return ids;
  }
  std::vector<Id> loads(Region& into, Id object, const std::vector<Struct::Field>& all, Pos pos) {
    Region* const outer = std::exchange(region_, &into);
    std::vector<Id> ids;
    for (const auto& f : all) ids.push_back(field(object, f, pos));
    region_ = outer;
    return ids;
  }

  void loop(Inst inst) {
    Region &test = inst.regions[0], &body = inst.regions[1];
    Region start_of_test, start_of_body;
    std::vector<std::pair<std::string, std::pair<Id, std::vector<Id>>>> results;
    std::vector<std::size_t> split;  // places of those that are split, in the order of splitting
    for (std::size_t i = 0; i < inst.operands.size();) {
      const std::string type = f_[inst.operands[i]].type;
      const auto* all = fields(type);
      if (!all || f_[inst.results[i]].type != type) {
        ++i;
        continue;
      }
      replace(inst.operands, i, loads(*region_, inst.operands[i], *all, inst.pos));
      for (auto [r, start] : {std::pair{&test, &start_of_test}, std::pair{&body, &start_of_body}}) {
        const auto ids = fresh(*all, inst.pos);
        Region* const outer = std::exchange(region_, start);
        make(type, ids, inst.pos, r->args[i]);
        region_ = outer;
        replace(r->args, i, ids);
      }
      const auto ids = fresh(*all, inst.pos);
      results.push_back({type, {inst.results[i], ids}});
      replace(inst.results, i, ids);
      split.push_back(i);
    }
    const auto begin_with = [](Region& r, Region& start) {  // the outer struct is made of the inner ones
      std::reverse(start.code.begin(), start.code.end());
      r.code.insert(r.code.begin(), std::make_move_iterator(start.code.begin()),
                    std::make_move_iterator(start.code.end()));
    };
    begin_with(test, start_of_test);
    begin_with(body, start_of_body);
    region(test);
    region(body);
    primal_ = inst.primal;
    for (std::size_t k = 0; k < split.size(); ++k)
      replace(body.yields, split[k], loads(body, body.yields[split[k]], *fields(results[k].first), inst.pos));
    region_->code.push_back(std::move(inst));
    for (std::size_t k = results.size(); k-- > 0;)
      make(results[k].first, results[k].second.second, region_->code.back().pos, results[k].second.first);
  }

  void if_(Inst inst) {
    for (Region& r : inst.regions) region(r);
    primal_ = inst.primal;
    std::vector<std::pair<Id, std::vector<Id>>> results;
    for (std::size_t i = 0; i < inst.results.size();) {
      const std::string type = f_[inst.results[i]].type;
      const auto* all = fields(type);
      if (!all) {
        ++i;
        continue;
      }
      for (Region& r : inst.regions) replace(r.yields, i, loads(r, r.yields[i], *all, inst.pos));
      const auto ids = fresh(*all, inst.pos);
      results.push_back({inst.results[i], ids});
      replace(inst.results, i, ids);
    }
    const Pos pos = inst.pos;
    region_->code.push_back(std::move(inst));
    for (std::size_t k = results.size(); k-- > 0;)
      make(f_[results[k].first].type, results[k].second, pos, results[k].first);
  }

  // Structs that nobody reads any more.
  bool remove(Region& body) {
    std::vector<int> uses(f_.values.size());
    const auto count = [&](const Region& r, const auto& self) -> void {
      for (const Inst& inst : r.code) {
        for (Id id : inst.operands) ++uses[std::size_t(id)];
        for (const Region& inner : inst.regions) self(inner, self);
      }
      for (Id id : r.yields) ++uses[std::size_t(id)];
    };
    count(body, count);
    const auto sweep = [&](Region& r, const auto& self) -> std::size_t {
      std::size_t n = 0;
      for (Inst& inst : r.code)
        for (Region& inner : inst.regions) n += self(inner, self);
      return n + std::erase_if(r.code, [&](const Inst& inst) {
               return (inst.op == Op::make || inst.op == Op::store) && made_.count(inst.results[0]) &&
                      uses[std::size_t(inst.results[0])] == 0;
             });
    };
    return sweep(body, sweep) > 0;
  }

  // The name could mean another class where the code stands.
  std::string check(const std::string& name) const {
    std::string types, order;
    const Struct::Field* last = nullptr;
    for (const auto& field : *fields(name)) {
      types += (last ? ", " : "") + ("decltype(" + name + "::" + field.name + ")");
      if (last) order += " && offsetof(" + name + ", " + last->name + ") < offsetof(" + name + ", " + field.name + ")";
      last = &field;
    }
    return "static_assert(std::is_same_v<zygote::field_types<" + name + ">, std::tuple<" + types + ">>" + order +
           ", \"zygote: '" + name + "' is not the class of that name in this file\")";
  }
};

}  // namespace

void split_structs(Function& f, const Structs& structs) {
  if (structs.empty()) return;
  Splitter(f, structs).run();
}

}  // namespace zygote::compiler
