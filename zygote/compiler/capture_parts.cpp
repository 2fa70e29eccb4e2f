// IR -> IR in which lambdas capture the fields that they read of an object, not the object
//
//   f_1 = closure (m_1) { .. load @.w[$1] m i }
//   =>   w_1 = load @.w m_1;  f_1 = closure (w_1) { .. load @[$1] w i }
//
// So the object need not be copied, nor exist over dual numbers. Requires types: only structs of the file are known.
#include <algorithm>
#include <cctype>
#include <optional>

#include "find_marked.hpp"
#include "passes.hpp"

namespace zygote::compiler {
namespace {

// The field that a path begins with, and the path from there on: @.w[$1] is w, @[$1].
struct Step {
  std::string field, access, rest;
};
std::optional<Step> first_step(const std::string& path, const Struct& type) {
  const std::size_t at = path.find('@');
  for (const Struct::Field& f : type.fields)
    for (const std::string& access : {"." + accessor(f.name), "." + f.name}) {
      const std::size_t end = at + 1 + access.size();
      if (at == std::string::npos || path.compare(at + 1, access.size(), access) != 0 || f.type.ends_with("[]"))
        continue;
      const char next = end < path.size() ? path[end] : ' ';
      if (std::isalnum(static_cast<unsigned char>(next)) || next == '_' || (next == '(' && access.back() != ')'))
        continue;
      return Step{f.name, access, path.substr(0, at + 1) + path.substr(end)};
    }
  return std::nullopt;
}

// Does it say of what class an object is, as a method is called?
bool states_class(const Inst& inst, const std::string& type) {
  return inst.op == Op::is && inst.text == "@" && inst.label == type;
}
bool reads(const Inst& inst, Id object) {
  return (inst.op == Op::load || inst.op == Op::is) && inst.operands[0] == object;
}

class Capturer {
 public:
  Capturer(Function& f, const Structs& structs) : f_(f), structs_(structs) {}

  void region(Region& r) {
    std::vector<Inst> code;
    for (Inst& inst : r.code) {
      for (Region& inner : inst.regions) region(inner);
      if (inst.op == Op::closure) closure(inst, code);
      code.push_back(std::move(inst));
    }
    r.code = std::move(code);
  }

 private:
  Function& f_;
  const Structs& structs_;

  void closure(Inst& inst, std::vector<Inst>& before) {
    Function& inner = inst.functions[0];
    for (std::size_t i = 0; i < inst.operands.size(); ++i) inner[inner.inputs[i]].type = f_[inst.operands[i]].type;
    Capturer(inner, structs_).region(inner.body);
    for (std::size_t i = 0; i < inst.operands.size();) {
      const auto type = structs_.find(f_[inst.operands[i]].type);
      std::map<std::string, Step> read;
      if (type != structs_.end() && reads_fields(inner.body, inner.inputs[i], *type, read) && !read.empty())
        i = replace(inst, i, *type, read, before);
      else
        ++i;
    }
  }

  // Is nothing but fields read of an input?
  static bool reads_fields(const Region& r, Id input, const Structs::value_type& type,
                           std::map<std::string, Step>& read) {
    for (const Inst& inst : r.code) {
      const auto step = reads(inst, input) ? first_step(inst.text, type.second) : std::nullopt;
      if (step) read.insert({step->field, *step});
      const bool fine = step || (reads(inst, input) && states_class(inst, type.first));
      if (std::count(inst.operands.begin(), inst.operands.end(), input) != (fine ? 1 : 0)) return false;
      for (const Region& inner : inst.regions)
        if (!reads_fields(inner, input, type, read)) return false;
    }
    return !std::count(r.yields.begin(), r.yields.end(), input);
  }

  // Capture k by its fields; the number of the capture behind them.
  std::size_t replace(Inst& inst, std::size_t k, const Structs::value_type& type,
                      const std::map<std::string, Step>& read, std::vector<Inst>& before) {
    Function& inner = inst.functions[0];
    const Id object = inst.operands[k], input = inner.inputs[k];
    const auto at = [k](auto& all) { return all.begin() + std::ptrdiff_t(k); };
    inst.operands.erase(at(inst.operands));
    inner.inputs.erase(at(inner.inputs));
    inner.captures.erase(at(inner.captures));
    if (inner.self == input) inner.self = 0;
    std::map<std::string, Id> inputs;
    for (const auto& [name, step] : read) {
      const auto field = std::ranges::find(type.second.fields, name, &Struct::Field::name);
      Inst load;
      load.op = Op::load;
      load.text = "@" + step.access;
      load.operands = {object};
      load.results = {f_.fresh(name, inst.pos)};
      load.pos = inst.pos;
      load.primal = inst.primal;
      inputs[name] = inner.fresh(name, inst.pos);
      inner[inputs[name]].type = f_[load.results[0]].type = known_type(field->type);
      inst.operands.insert(at(inst.operands), load.results[0]);
      inner.inputs.insert(at(inner.inputs), inputs[name]);
      inner.captures.insert(at(inner.captures), name);
      before.push_back(std::move(load));
    }
    std::map<Id, Id> renamed;
    from_fields(inner.body, input, type, inputs, renamed);
    rename(inner.body, renamed);
    return k + read.size();
  }

  static void from_fields(Region& r, Id input, const Structs::value_type& type, const std::map<std::string, Id>& inputs,
                          std::map<Id, Id>& renamed) {
    std::erase_if(r.code, [&](const Inst& inst) { return reads(inst, input) && states_class(inst, type.first); });
    for (Inst& inst : r.code) {
      for (Region& inner : inst.regions) from_fields(inner, input, type, inputs, renamed);
      if (!reads(inst, input)) continue;
      const Step step = *first_step(inst.text, type.second);
      inst.text = step.rest;
      inst.operands[0] = inputs.at(step.field);
      if (inst.op == Op::load && step.rest == "@") renamed[inst.results[0]] = inst.operands[0];
    }
    std::erase_if(r.code, [&](const Inst& inst) { return inst.op == Op::load && renamed.count(inst.results[0]); });
  }
  static void rename(Region& r, const std::map<Id, Id>& renamed) {
    const auto all = [&](std::vector<Id>& ids) {
      for (Id& id : ids)
        if (const auto found = renamed.find(id); found != renamed.end()) id = found->second;
    };
    for (Inst& inst : r.code) {
      all(inst.operands);
      for (Region& inner : inst.regions) rename(inner, renamed);
    }
    all(r.yields);
  }
};

}  // namespace

void capture_parts(Function& f, const std::string& owner, const Structs& structs) {
  if (f.self && f[f.self].type.empty()) f[f.self].type = owner;
  Capturer(f, structs).region(f.body);
}

}  // namespace zygote::compiler
