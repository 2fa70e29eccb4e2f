// tree -> IR: which class an object is of, as far as the declarations of this file tell.
//
//   std::vector<Layer> layers;  layers[i].add(x);     =>     the method add of Layer
#include <algorithm>

#include "lower.hpp"

namespace zygote::compiler {

// Methods that change their object and may take these arguments; `parts`: constant ones that name a part of it.
std::vector<const Callable*> Lowering::changing_methods(const std::string& name, const Node& call, bool parts) const {
  const auto [first, last] = library_.methods.equal_range(name);
  const std::size_t arguments = call.kids.size() - 1;
  std::vector<const Callable*> fitting;
  for (auto i = first; i != last; ++i) {
    if (i->second.marked->names_part != parts) continue;
    const std::vector<Parameter>& all = i->second.marked->parameters;
    if (all.size() == arguments || (all.size() > arguments && !all[arguments].fallback.empty()))
      fitting.push_back(&i->second);
  }
  const auto wanted = [&](const Callable* c, std::size_t i) {
    return kind_of_type(full_type(bare(c->marked->parameters[i].type)));
  };
  const auto standard = [](const std::string& kind) { return kind == "number" || kind.starts_with("std::"); };
  for (std::size_t i = 0; fitting.size() > 1 && i < arguments; ++i) {
    const std::string literal = plain_type(call.kids[i + 1]),
                      given = kind_of_type(literal.empty() ? known_class(call.kids[i + 1]) : literal);
    const bool exact = std::ranges::any_of(fitting, [&](const Callable* c) { return wanted(c, i) == given; });
    std::erase_if(fitting, [&](const Callable* c) {  // a class may convert to another
      const std::string kind = wanted(c, i);
      return !given.empty() && !kind.empty() && given != kind && kind != "std::span" &&
             (exact || (standard(given) && standard(kind)));
    });
  }
  return fitting;
}

// What overloads are told apart by: the kinds of numbers are not, nor is what is not known.
std::string Lowering::kind_of_type(const std::string& type) const {
  static const std::set<std::string> containers = {"std::vector", "std::array", "std::span", "std::map", "std::deque"};
  const std::string name = type.substr(0, type.find('<'));
  return is_number_type(type) ? "number" : containers.count(name) || structs_.count(type) ? name : "";
}

// The type of an element of a container, as it is written.
std::string element_type(const std::string& type) {
  if (type.ends_with("[]")) return type.substr(0, type.size() - 2);
  if (!type.starts_with("std::") || type.find("map<") < type.find('<')) return "";
  std::string part;
  int depth = 0;
  for (std::size_t at = type.find('<') + 1; at > 0 && at < type.size(); part += type[at++]) {
    depth += type[at] == '<' ? 1 : type[at] == '>' ? -1 : 0;
    if (depth < 0 || (depth == 0 && type[at] == ',')) break;
  }
  return bare(part);
}

// The type of a field of a class of this file.
std::string Lowering::field_type(const std::string& type, const std::string& field) const {
  if (const auto s = structs_.find(type); s != structs_.end())
    for (const Struct::Field& f : s->second.fields)
      if (f.name == field) return bare(f.type);
  std::set<std::string> found;  // classes of that name with marked methods
  for (const Marked& m : findings_.marked)
    if (m.kind == Marked::method && m.owner == type) found.insert(m.field(field) ? bare(m.field(field)->type) : "");
  return found.size() == 1 ? *found.begin() : "";
}

// The type of a variable, or of a part of one, as far as declarations tell.
std::string Lowering::known_class(const Node& n) const { return full_type(declared_class(n)); }

// What a name that the file gives to a type, by `using`, stands for.
std::string Lowering::full_type(std::string type) const {
  for (int i = 0; i < 8; ++i) {  // names of names
    const auto alias = findings_.aliases.find(type);
    if (alias == findings_.aliases.end() || alias->second.empty()) break;
    type = bare(alias->second);
  }
  return type;
}

// static_cast<const T&>(x), which has to be a T: of another class, it has other methods.
Lowering::Place Lowering::checked_cast(const Node& cast, Place object) {
  push(Op::is, object.path, operands_of(object), cast.pos).label = "a " + type_text(bare(cast.text));
  return object;
}
Id Lowering::reference_cast(const Node& cast) {
  if (auto object = place(cast.kids[0])) return load(checked_cast(cast, std::move(*object)), cast.pos, "v");
  const Id id = expression(cast.kids[0]);
  push(Op::is, "@", {id}, cast.pos).label = "a " + type_text(bare(cast.text));
  return id;
}

std::string Lowering::declared_class(const Node& n) const {
  const auto span = [&](const std::string& type) -> std::string {  // std::span<T>(v), std::span(v)
    if (n.kids.size() != (n.kind == NodeKind::make ? 1 : 2)) return "";
    const std::string of = type == "std::span" ? element_type(known_class(n.kids.back())) : "";
    return type.starts_with("std::span<") ? type : of.empty() ? "" : "std::span<" + of + ">";
  };
  switch (n.kind) {
    case NodeKind::self:
      return context_.owner ? context_.owner->scope + context_.owner->owner : "";
    case NodeKind::name:
      if (const int v = find(n.text); v >= 0)
        return variables_[std::size_t(v)].typed() ? bare(variables_[std::size_t(v)].type)
                                                  : variables_[std::size_t(v)].known;
      if (const Member* const m = context_.object ? context_.owner->field(n.text) : nullptr) return bare(m->type);
      return "";
    case NodeKind::member: {
      const bool self = n.kids[0].kind == NodeKind::self;
      const Member* const m = self && context_.owner ? context_.owner->field(n.text) : nullptr;
      return m ? bare(m->type) : self ? "" : field_type(known_class(n.kids[0]), n.text);
    }
    case NodeKind::index:
      return element_type(known_class(n.kids[0]));
    case NodeKind::unary:
      if (n.text != "*") return "";
      return n.kids[0].kind == NodeKind::self ? known_class(n.kids[0]) : element_type(known_class(n.kids[0]));
    case NodeKind::make:
      return span(n.text);
    case NodeKind::call:
      if (const std::string type = span(n.kids[0].text); !type.empty()) return type;
      if (returns_object(n)) return known_class(n.kids[0].kids[0]);
      if (n.kids[0].kind != NodeKind::member || !gives_element(n.kids[0].text)) return "";
      return element_type(known_class(n.kids[0].kids[0]));
    default:
      return "";
  }
}

// Of several classes with a method of that name, the one that the object was declared as, or none if the method leaves
// that one alone: names are looked up from the inside out. The C++ compiler sees whether it is that one.
void Lowering::choose_class(std::vector<const Callable*>& fitting, const std::string& object) const {
  if (object.starts_with("std::")) return fitting.clear();
  const std::string type = object.substr(0, object.find('<'));
  std::string around = marked_.scope + (marked_.owner.empty() ? "" : marked_.owner + "::");
  const Marked& m = *fitting[0]->marked;
  for (bool more = true; more;) {
    const auto other = [&](const Callable* c) { return c->marked->scope + c->marked->owner != around + type; };
    if (!std::all_of(fitting.begin(), fitting.end(), other)) {
      std::erase_if(fitting, other);
      return;
    }
    if (library_.constant_methods.count({around + type + "::" + m.name, m.parameters.size()})) return fitting.clear();
    more = !around.empty();
    around = outer_scope(around);
  }
}

// The constant method that a call on an object of this type means, if the file defines it, once; names of classes are
// looked up as above.
const Callable* Lowering::constant_method(const std::string& name, const std::string& object,
                                          std::size_t arguments) const {
  const std::string type = object.substr(0, object.find('<'));
  std::string around = marked_.scope + (marked_.owner.empty() ? "" : marked_.owner + "::");
  for (bool more = true; more;) {
    const auto [first, last] = library_.constant.equal_range(around + type + "::" + name);
    const Callable* found = nullptr;
    for (auto i = first; i != last; ++i) {
      const std::vector<Parameter>& all = i->second.marked->parameters;
      if (all.size() != arguments && (all.size() < arguments || all[arguments].fallback.empty())) continue;
      if (found) return nullptr;  // overloads
      found = &i->second;
    }
    const auto is = [&](const Class& c) { return !c.nested && c.scope + c.name == around + type; };
    if (found || std::any_of(findings_.classes.begin(), findings_.classes.end(), is)) return found;
    more = !around.empty();
    around = outer_scope(around);
  }
  return nullptr;
}

// What the parameters of the class of a method stand for in an object of this type; nothing, if that is not known. In
// the class itself they have their names.
std::optional<Bound> Lowering::bound_of_class(const Marked& m, const std::string& type) const {
  const bool inside = marked_.scope + marked_.owner == m.scope + m.owner && type.find('<') == std::string::npos;
  if (!m.of_template || inside) return Bound();
  std::vector<std::string> defaults;
  const std::vector<std::string> names = template_parameters(m.class_head, &defaults), given = template_arguments(type);
  if (names.empty() || names.size() < given.size() || m.owner.find("::") != std::string::npos) return std::nullopt;
  Bound bound;
  for (std::size_t i = 0; i < names.size(); ++i) {
    bound[names[i]] = i < given.size() ? given[i] : substituted(defaults[i], bound);
    if (bound[names[i]].empty()) return std::nullopt;
  }
  return bound;
}

// Does it name a method that the class inherits: act, Base::act?
bool Lowering::method_of_base(const std::set<std::string>& methods, const std::string& owner, const std::string& callee,
                              int depth) const {
  const auto bases = findings_.bases.find(unqualified(owner));
  if (bases == findings_.bases.end() || depth > 20) return false;
  const std::string method = unqualified(callee), around = callee.substr(0, callee.size() - method.size());
  return std::any_of(bases->second.begin(), bases->second.end(), [&](const std::string& base) {
    const bool here = around.empty() || unqualified(around.substr(0, around.size() - 2)) == base;
    return (here && methods.count(base + "::" + method)) ||
           method_of_base(methods, base, here ? method : callee, depth + 1);
  });
}

// A method that the class of the object inherits, without an object in front of it.
std::optional<Id> Lowering::call_of_base(const Node& n, const std::string& callee, const std::string& hint) {
  if (!context_.object || !context_.owner || context_.owner->sibling_methods.count(callee) ||
      !method_of_base(findings_.methods, context_.owner->owner, callee))
    return std::nullopt;
  std::vector<Id> operands = arguments(n);
  operands.insert(operands.begin(), load(self(n.pos), n.pos, "self"));
  return add(Op::call_method, callee, std::move(operands), n.pos, hint);
}

// Is an object of this type all its own, without references and pointers to others, as far as declarations tell?
bool Lowering::holds_values(const std::string& type, int depth) const {
  static const std::set<std::string> words = {"std",  "vector", "array",  "deque",    "map",
                                              "pair", "tuple",  "string", "optional", "const"};
  for (const Token& t : tokenize(full_type(type))) {
    if (t.is("&") || t.is("*") || depth > 8) return false;
    if (!t.identifier() || words.count(t.text) || is_number_type(t.text)) continue;
    const auto s = structs_.find(t.text);
    const auto holds = [&](const Struct::Field& field) { return holds_values(field.type, depth + 1); };
    if (s == structs_.end() || !std::ranges::all_of(s->second.fields, holds)) return false;
  }
  return true;
}

// Is what a call gives a value of its own? That of most functions of the standard library, of a lambda, of a marked
// function, and of a marked method of a known class.
bool Lowering::makes_value(const Node& call, bool number) const {
  static const std::set<std::string> parts = {"std::get",  "std::get_if", "std::as_const", "std::forward", "std::move",
                                              "std::tie",  "std::ref",    "std::cref",     "std::visit",   "std::apply",
                                              "std::invoke"};
  const Node& callee = call.kids[0];
  if (callee.kind == NodeKind::name && names_type(callee.text)) return number || holds_values(full_type(callee.text));
  if (const Rule* const rule = math_rule(callee.text, call.kids.size() - 1))  // of the standard library
    return rule->name != "max" && rule->name != "min" && rule->name != "clamp";
  const std::string function = callee.text.substr(0, callee.text.find('<'));
  if (number && callee.kind == NodeKind::name && function.starts_with("std::")) return !parts.count(function);
  if (number && callee.kind == NodeKind::member && (callee.text == "size" || callee.text == "count")) return true;
  if (const int v = callee.kind == NodeKind::name ? find(callee.text) : -1; v >= 0 && variables_[std::size_t(v)].lambda) {
    const std::string type = full_type(variables_[std::size_t(v)].lambda->node->type);
    return number && (type.empty() || is_number_type(type));
  }
  const auto returns = [&](const Marked& m) { return !m.by_reference && (number || holds_values(m.return_type)); };
  if (callee.kind == NodeKind::name && find(callee.text) < 0 && !hides(callee.text)) {
    const Callable* const function = own_function(callee.text);
    return function ? returns(*function->marked) : number;  // one without a mark has no gradient
  }
  if (callee.kind != NodeKind::member) return false;
  const std::string type = unqualified(known_class(callee.kids[0]));
  bool found = false;
  for (const Marked& m : findings_.marked) {
    if (m.kind != Marked::method || m.name != callee.text || m.owner != type) continue;
    if (!returns(m)) return false;
    found = true;
  }
  return found;
}

}  // namespace zygote::compiler
