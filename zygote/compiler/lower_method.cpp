// tree -> IR: calls of methods. Those that the file itself defines are replaced by their bodies, as functions are,
// where the class of the object is known; all others are called through their pullbacks.
//
//   double at(int i) const { return w[i]; }
//   s += layer.at(k)     =>     v_1 = load @.w[$1] layer_1 k_1;  s_2 = add s_1 v_1
#include <algorithm>

#include "lower.hpp"

namespace zygote::compiler {
namespace {

// Names in the body of a method that its class declares, and that are neither fields nor methods, in full.
Bound declared_by_class(const Callable& method, const Marked& m) {
  Bound names;
  for (const std::string& free : free_names(method.body, m.parameters))
    if (m.around.count(free) && !m.field(free) && !m.sibling_methods.count(free))
      names[free] = m.scope + m.owner + "::" + free;
  return names;
}

}  // namespace

Id Lowering::call_method(const Node& n, const std::string& hint) {
  const Node& callee = n.kids[0];
  const std::string type = known_class(callee.kids[0]);
  if (auto changing = changing_methods(callee.text, n); !changing.empty() && !context_.standard) {
    if (!type.empty()) choose_class(changing, type);
    if (!changing.empty()) return call_changing(n, changing, changed_object(callee.kids[0]), type, hint);
  }
  if (n.kids.size() == 2 && type.starts_with("std::complex<") && (callee.text == "real" || callee.text == "imag")) {
    const Place z = target(callee.kids[0]);
    std::vector<Id> parts{expression(n.kids[1]),
                          add(Op::call_method, callee.text == "real" ? "imag" : "real", {load(z, n.pos)}, n.pos)};
    if (callee.text == "imag") std::swap(parts[0], parts[1]);
    return store(z, made(type, "(", std::move(parts), n.pos, "z"), n.pos);
  }
  if (auto part = span_part(n)) return *part;
  if (auto object = change_elements(n, callee.text)) {
    if (const auto end = new_element(callee.text, *object)) return load(*end, n.pos, hint);
    return constant("void()", n.pos);
  }
  if (auto result = call_constant(n, callee.text, &callee.kids[0], hint)) return *result;
  std::vector<Id> operands{expression(callee.kids[0])};
  for (Id id : arguments(n)) operands.push_back(id);
  return add(Op::call_method, callee.text, std::move(operands), n.pos, hint);
}

// The object of a method that may change it: in a.add(x).add(y), that of a method which returns *this.
Lowering::Place Lowering::changed_object(const Node& n) {
  if (const Callable* const method = returns_object(n)) {
    const Place object = changed_object(n.kids[0].kids[0]);
    call_changing(n, {method}, object, known_class(n.kids[0].kids[0]), "v");
    return object;
  }
  const auto place = referred(n);
  return place ? *place : place_or_value(n);
}

// The method that a call names if it may change its object and returns nothing but *this.
const Callable* Lowering::returns_object(const Node& n) const {
  if (n.kind != NodeKind::call || n.kids[0].kind != NodeKind::member) return nullptr;
  auto changing = changing_methods(n.kids[0].text, n);
  if (changing.empty()) return nullptr;
  if (const std::string type = known_class(n.kids[0].kids[0]); !type.empty()) choose_class(changing, type);
  const auto only_itself = [](const Node& node, const auto& self) -> bool {
    if (node.kind == NodeKind::lambda) return true;
    if (node.kind == NodeKind::return_)
      return node.kids.size() == 1 && node.kids[0].kind == NodeKind::unary && node.kids[0].text == "*" &&
             node.kids[0].kids[0].kind == NodeKind::self;
    return std::all_of(node.kids.begin(), node.kids.end(), [&](const Node& kid) { return self(kid, self); });
  };
  const bool itself =
      changing.size() == 1 && changing[0]->marked->by_reference && only_itself(changing[0]->body, only_itself);
  return itself ? changing[0] : nullptr;
}

// A method of this file that may change its object, by its body. That the object is of its class is left to the C++
// compiler to see.
Id Lowering::call_changing(const Node& n, const std::vector<const Callable*>& fitting, const Place& object,
                           const std::string& type, const std::string& hint, std::optional<Place>* refers) {
  const Marked& m = *fitting[0]->marked;
  const auto refuse = [&](const std::string& why, const std::string& advice) {
    throw Refusal(n.pos, "'" + m.name + "' may change its object, and " + why, advice);
  };
  const auto sibling = [&](const Callable* c) { return c->marked->owner == m.owner && c->marked->scope == m.scope; };
  if (fitting.size() > 1 && std::all_of(fitting.begin(), fitting.end(), sibling))
    refuse("more than one method of that name may take these arguments",
           "refer to the arguments by their types, `const T& x = ..`, or give the methods different names");
  if (fitting.size() > 1)
    refuse("more than one class of this file has a method of that name",
           "refer to the object by its type, `T& x = ..`, or give the methods different names");
  if (m.has_bases) refuse("its class has bases", "make it a function that takes the object by reference");
  const std::optional<Bound> bound = bound_of_class(m, type);
  if (!bound)
    refuse("its class is a template, whose arguments are not known here",
           "refer to the object by its type, `T<double>& x = ..`");
  Marked instance = substituted(m, *bound);
  if (!bound->empty()) instance.owner = type.starts_with(m.scope) ? type.substr(m.scope.size()) : type;
  const Callable of_instance{&instance, bound->empty() ? Node() : substituted(fitting[0]->body, *bound)};
  const Callable& one = bound->empty() ? *fitting[0] : of_instance;
  const Node all = with_defaults(n, instance.parameters);
  const bool inside = std::count(inlining_.begin(), inlining_.end(), &fitting[0]->body) > 0;
  if (m.scope != marked_.scope)
    refuse("its class is of another namespace", "call it from a marked function of that namespace");
  if (inside || !reads_alike(one, all.kids.size() - 1))
    refuse("its body means something else here, or calls itself",
           "make it const and return the new object, or rename what has the same name");
  const Bound names = declared_by_class(one, instance);
  const Callable qualified{&instance, names.empty() ? Node() : substituted(one.body, names)};
  if (!names.empty()) instance = substituted(instance, names);
  push(Op::is, object.path, operands_of(object), n.pos).label = instance.owner;
  inlining_.push_back(&fitting[0]->body);
  const Id result = inline_callable(names.empty() ? one : qualified, all, object, hint, refers);
  inlining_.pop_back();
  return result;
}

// A constant method of this file by its body, so that a part that it reads is all that its adjoint is made of; nothing
// if it is better called. `object`: nothing for that of the method that is read.
std::optional<Id> Lowering::call_constant(const Node& n, const std::string& name, const Node* object,
                                          const std::string& hint) {
  const std::string type = object           ? known_class(*object)
                           : context_.owner ? context_.owner->scope + context_.owner->owner
                                            : "";
  if (type.empty() || type.starts_with("std::")) return std::nullopt;
  const Callable* const method = constant_method(name, type, n.kids.size() - 1);
  if (!method) return std::nullopt;
  const Marked& m = *method->marked;
  std::optional<Bound> bound = bound_of_class(m, type);
  if (bound && !bound->empty()) (*bound)[unqualified(m.owner)] = type;  // in the class, its name alone means that
  if (!bound || m.has_bases || m.is_local || m.in_cycle || !m.template_head.empty() || !worth_inlining(*method))
    return std::nullopt;
  Marked instance = substituted(m, *bound);
  if (!bound->empty()) instance.owner = type.starts_with(m.scope) ? type.substr(m.scope.size()) : type;
  const Callable of_instance{&instance, bound->empty() ? Node() : substituted(method->body, *bound)};
  const Callable& one = bound->empty() ? *method : of_instance;
  const Node all = with_defaults(n, instance.parameters);
  if (std::count(inlining_.begin(), inlining_.end(), &method->body) || !reads_alike(one, all.kids.size() - 1) ||
      !declared_by_class(one, instance).empty())
    return std::nullopt;
  auto place = object ? referred(*object) : self(n.pos);
  if (!place) place = place_or_value(*object);
  push(Op::is, place->path, operands_of(*place), n.pos).label = instance.owner;
  inlining_.push_back(&method->body);
  const Id result = inline_callable(one, all, std::move(place), hint);
  inlining_.pop_back();
  return result;
}

// A method of the class whose method is read, without an object in front of it: it hides functions of its name. Not a
// constructor.
std::optional<Id> Lowering::call_sibling(const Node& n, const std::string& name, const std::string& hint) {
  if (auto changing = changing_methods(name, n); !changing.empty()) {
    choose_class(changing, context_.owner->scope + context_.owner->owner);
    if (!changing.empty()) return call_changing(n, changing, self(n.pos), context_.owner->owner, hint);
  }
  const std::string owner = context_.owner->owner;
  if (name == unqualified(owner.substr(0, owner.find('<')))) return std::nullopt;
  if (auto result = call_constant(n, name, nullptr, hint)) return *result;
  Lowering* root = this;
  while (root->parent_) root = root->parent_;
  if (context_.owner == &root->marked_ && name == root->marked_.name) root->f_.recursive = true;
  std::vector<Id> operands = arguments(n);
  operands.insert(operands.begin(), load(self(n.pos), n.pos, "self"));
  return add(Op::call_method, n.kids[0].text, std::move(operands), n.pos, hint);
}

}  // namespace zygote::compiler
