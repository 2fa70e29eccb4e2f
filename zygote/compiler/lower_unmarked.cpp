// tree -> IR: calls that change unmarked objects: random number generators, stacks, sets and orders of what carries no
// gradient.
//
//   z = normal(rng)     =>     v_1 = apply zygote::ir::perform<0, 1>(..) normal_1 rng_1
//                              z = load element<0>(@) v_1;  normal_2 = load element<1>(@) v_1;  rng_2 = load ..
//
// The C++ compiler refuses the call if something that has an adjoint goes into it.
#include <algorithm>
#include <map>

#include "lower.hpp"

namespace zygote::compiler {
namespace {

// May the method change this container of the standard library, which has no adjoint?
bool changes_container(const std::string& type, const std::string& method) {
  return std_name(type) == StdName::inert_container && changes_inert(method);
}

bool reorders(const std::string& name) {
  return name == "std::shuffle" || name == "std::next_permutation" || name == "std::prev_permutation";
}

}  // namespace

bool Lowering::changes_unmarked(const std::string& type, const std::string& method) const {
  const auto marked = [&](const Marked& m) { return m.name == method && unqualified(m.owner) == type; };
  return findings_.changing.count(type + "::" + method) &&
         std::none_of(findings_.marked.begin(), findings_.marked.end(), marked);
}

std::optional<Id> Lowering::call_unmarked(const Node& n, const std::string& hint) {
  const Node& callee = n.kids[0];
  const bool method = callee.kind == NodeKind::member, name = callee.kind == NodeKind::name;
  if (name &&
      (findings_.functions.count(unqualified(callee.text)) || (find(callee.text) >= 0 && !name_place(callee.text))))
    return std::nullopt;              // marked, or a lambda
  std::vector<const Node*> operands;  // the object, if there is one; arguments
  const Node* const reordered = name && reorders(callee.text) && n.kids.size() > 2 && named_range(n.kids[2], {"end"})
                                    ? named_range(n.kids[1], {"begin"})
                                    : nullptr;
  if (method)
    operands.push_back(&callee.kids[0]);
  else if (reordered)
    operands.push_back(reordered);
  else if (!name || name_place(callee.text))
    operands.push_back(&callee);
  const bool object = !operands.empty();
  for (std::size_t i = reordered ? 3 : 1; i < n.kids.size(); ++i) operands.push_back(&n.kids[i]);
  if (method && discarded_ == &n && changes_container(known_class(callee.kids[0]), callee.text))
    if (auto place = referred(callee.kids[0])) {  // in place
      std::string call;
      for (Id id : arguments(n)) {
        place->indices.push_back(id);
        call += (call.empty() ? "$" : ", $") + std::to_string(place->indices.size());
      }
      write(Op::resize, *place, "." + callee.text + "(" + call + ")", {}, n.pos);
      return constant("void()", n.pos);
    }
  std::map<std::size_t, Place> changed;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const std::string type = known_class(*operands[i]);
    const bool changes = object && i == 0 && method &&
                         (changes_unmarked(unqualified(type), callee.text) || changes_container(type, callee.text));
    const bool generator = is_generator(type) || (!type.empty() && changes_unmarked(unqualified(type), "operator()"));
    if (!generator && !changes && !(reordered && i == 0)) continue;
    if (auto place = referred(*operands[i])) changed.insert({i, std::move(*place)});
  }
  if (changed.empty()) return std::nullopt;
  // Literals stand in the text, as nothing flows to them.
  std::string numbers, parameters, passed;
  std::vector<Id> ids{0};
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const auto place = changed.find(i);
    const bool literal = operands[i]->kind == NodeKind::literal, first = object && i == 0;
    const std::string name = literal ? operands[i]->text : first ? "zygote_o" : "zygote_a" + std::to_string(i);
    if (place != changed.end()) numbers += (numbers.empty() ? "" : ", ") + std::to_string(ids.size() - 1);
    if (!first) passed += (passed.empty() ? "" : ", ") + name;
    if (literal) continue;
    parameters += (parameters.empty() ? "auto& " : ", auto& ") + name;
    ids.push_back(place != changed.end() ? load(place->second, n.pos) : expression(*operands[i]));
  }
  const std::string called = reordered ? type_text(callee.text) + "(zygote_o.begin(), zygote_o.end()"
                             : method  ? "zygote_o." + callee.text + "("
                             : object  ? "zygote_o("
                                       : type_text(callee.text) + "(";
  const std::string text =
      "[](" + parameters + ") { return " + called + (reordered && !passed.empty() ? ", " : "") + passed + "); }";
  ids[0] = constant("zygote::ir::perform<" + numbers + ">(" + text + ")", n.pos);
  const Id all = add(Op::call_object, "", std::move(ids), n.pos, hint);
  const auto part = [&](std::size_t i, const std::string& called) {
    return add(Op::load, "zygote::ir::element<" + std::to_string(i) + ">(@)", {all}, n.pos, called);
  };
  std::size_t k = 0;
  const std::set<int> before = written_;
  for (const auto& [i, place] : changed) store(place, part(++k, name_of(place.variable)), n.pos);
  written_ = before;  // nothing that has an adjoint
  return part(0, hint);
}

}  // namespace zygote::compiler
