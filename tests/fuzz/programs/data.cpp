// Statements about containers, structs, tuples, references and lambdas.
#include "generator.hpp"

namespace fuzz {

/// A local that is not a number.
Node Generator::data_declaration() {
  std::vector<Type> types;
  if (on("vector")) types = {{Kind::vector}, {Kind::vector}, {Kind::array}};
  if (on("vector") && on("nested")) types.push_back({Kind::matrix});
  for (int s = 0; s < int(structures.size()); ++s) {
    types.push_back({Kind::structure, s});
    if (on("vector") && on("nested")) types.push_back({Kind::rows, s});
  }
  if (on("tuples")) types.insert(types.end(), {{Kind::pair}, {Kind::tuple}});
  if (on("maps")) types.insert(types.end(), {{Kind::map}, {Kind::hash_map}});
  if (types.empty()) return declaration();
  const Type type = random.pick(types);
  const bool constant = random.chance(15);
  if (const Variable* same = variable_of(type, false); same && random.chance(25)) {
    const Variable v = *same;
    const std::string copy = fresh("w");
    declare(copy, type, !constant, v.size);
    return statement({constant ? "const auto " : "auto ", copy, " = ", v.name, ";"});
  }
  if (type.kind == Kind::vector && random.chance(30)) {
    const Node value = sum(1);
    const std::string limit = limit_of_loop(), name = fresh("v");
    declare(name, type, !constant, 2);
    return statement({constant ? "const " : "", "std::vector<double> ", name, "(2 + ", limit, ", ", value, ");"});
  }
  if (type.kind == Kind::vector && on("push") && random.chance(30)) {
    const std::string name = fresh("v");
    declare(name, type);
    return statement({"std::vector<double> ", name, ";"});
  }
  const Node value = make(type, 2);
  const std::string name = fresh(std::string(1, "-xxivmawsptodd-"[int(type.kind)]));
  declare(name, type, !constant, type.kind == Kind::array ? 3 : 2);
  return statement(
      {constant ? "const " : "", random.chance(50) ? "auto" : type_name(type), " ", name, " = ", value, ";"});
}

/// push_back, pop_back, or an assignment of the whole.
Node Generator::container_change() {
  if (on("push") && random.chance(60)) {
    const auto suits = [](const Variable& v) { return v.type.kind == Kind::vector && !v.pinned && v.indexes.empty(); };
    const Node value = sum(1);
    if (const Variable* v = container(true, suits)) {
      const std::string name = v->name, size = std::to_string(v->size);
      if (random.chance(25)) return statement({"if (", name, ".size() > ", size, ") ", name, ".pop_back();"});
      return statement({name, ".push_back(", value, ");"});
    }
  }
  if (on("grow") && random.chance(50)) {
    const auto suits = [](const Variable& v) { return v.type.kind == Kind::vector && !v.pinned && v.indexes.empty(); };
    const Node value = sum(1);
    if (const Variable* v = container(true, suits)) {
      const Variable grown = *v;
      const Variable* other = variable_of(grown.type, false, {grown.root});
      if (other && random.chance(40))
        return statement(
            {grown.name, ".insert(", grown.name, ".end(), ", other->name, ".begin(), ", other->name, ".end());"});
      if (random.chance(50)) return statement({grown.name, ".resize(", grown.name, ".size() + 1, ", value, ");"});
      return statement({grown.name, ".assign(2 + ", limit_of_loop(), ", ", value, ");"});
    }
  }
  if (!on("assign")) return assignment();
  std::vector<const Variable*> found;
  for (const Variable& v : variables)
    if (v.writable && !v.pinned && (has_elements(v) || v.type.kind == Kind::structure || v.type.kind == Kind::pair))
      found.push_back(&v);
  if (found.empty()) return assignment();
  const Variable v = *random.pick(found);
  used.insert({v.name, v.root});
  const Variable* other = variable_of(v.type, false, {v.root});
  if (other && other->size >= v.size && random.chance(60)) return statement({v.name, " = ", other->name, ";"});
  if (v.size > 2 && v.type.kind != Kind::array) return assignment();
  return statement({v.name, " = ", make(v.type, 1), ";"});
}

Node Generator::swap() {
  const auto suits = [](const Variable& v) { return v.type.kind == Kind::vector && !v.pinned; };
  if (const Variable* v = container(true, suits); v && random.chance(30)) {
    const Variable a = *v;
    const Variable* b = variable_of(a.type, true, {a.root});
    if (b && !b->pinned && b->size == a.size)
      return statement(
          {random.chance(50) ? "std::swap(" + a.name + ", " + b->name + ");" : a.name + ".swap(" + b->name + ");"});
  }
  // Of the same type: no float among them.
  const auto number = [&](const std::set<std::string>& except) {
    const Place p = place(true, except);
    const Variable* root = nullptr;
    for (const Variable& v : variables)
      if (v.name == p.text) root = &v;
    return root && root->type.kind == Kind::single ? Place{} : p;
  };
  const Place a = number({}),
              b = number(random.chance(50) && a.text.find('[') != std::string::npos ? std::set<std::string>{}
                                                                                    : std::set<std::string>{a.root});
  if (a.text.empty() || b.text.empty() || a.text == b.text) return assignment();
  return statement({"std::swap(", a.text, ", ", b.text, ");"});
}

/// A reference to an element, a field or a variable.
Node Generator::alias() {
  const bool constant = !on("aliases") || (on("views") && random.chance(40));
  const Place p = place(!constant);
  if (p.text.empty() || p.text.find("value_or") != std::string::npos) return declaration();
  for (const Variable& v : variables)
    if (v.name == p.text && v.type.kind == Kind::single) return declaration();
  for (Variable& v : variables)
    if (v.root == p.root) {
      v.pinned = true;
      if (constant && !on("late_changes")) v.writable = false;
    }
  const std::string name = fresh("r");
  Variable& reference = declare(name, {}, !constant);
  reference.root = p.root;
  return statement({constant ? "const auto& " : random.one_of({"auto& ", "double& "}), name, " = ", p.text, ";"});
}

Node Generator::binding() {
  std::vector<const Variable*> found;
  for (const Variable& v : variables) {
    bool numbers = v.type.kind == Kind::structure;
    if (numbers)
      for (const auto& [name, type] : structures[std::size_t(v.type.structure)].fields)
        numbers &= type.kind == Kind::real;
    if (numbers || v.type.kind == Kind::pair || v.type.kind == Kind::tuple || v.type.kind == Kind::array)
      found.push_back(&v);
  }
  if (found.empty()) return data_declaration();
  const Variable v = *random.pick(found);
  used.insert({v.name, v.root});
  const bool change = on("binding_refs") && v.writable && (!on("tuples") || random.chance(50));
  const bool copy = !change && random.chance(60);
  const int n = v.type.kind == Kind::pair        ? 2
                : v.type.kind != Kind::structure ? 3
                                                 : int(structures[std::size_t(v.type.structure)].fields.size());
  std::string list;
  if (!copy)
    for (Variable& other : variables)
      if (other.root == v.root) {
        other.pinned = true;
        if (!change && !on("late_changes")) other.writable = false;
      }
  for (int i = 0; i < n; ++i) {
    const std::string name = fresh("b");
    list += (i > 0 ? ", " : "") + name;
    Variable& part = declare(name, {}, change || copy);
    if (!copy) part.root = v.root;
  }
  return statement({copy ? "auto" : change ? "auto&" : "const auto&", " [", list, "] = ", v.name, ";"});
}

/// std::transform or std::for_each over a container.
Node Generator::algorithm() {
  const auto suits = [](const Variable& v) { return v.type.kind == Kind::vector || v.type.kind == Kind::array; };
  const bool reads = on("mutating_lambdas") && random.chance(50);
  const Variable* found = container(!reads, suits);
  if (!found) return data_declaration();
  const Variable v = *found;
  const std::string range = v.name + ".begin(), " + v.name + ".end(), ";
  bool outer = true;
  std::vector<Variable> before = variables;
  for (Variable& other : variables)  // what is being written is not read on the way
    if (other.root == v.root) other.type.kind = Kind::nothing;
  Node text;
  if (reads)
    text = group({"std::for_each(", range, lambda_with_effect(), ");"});
  else if (outer = random.chance(50); outer)
    text = group({"std::transform(", range, v.name, ".begin(), ", lambda(1, "double", "&", false, 1), ");"});
  else {
    const std::string t = fresh("u");
    text = group(
        {"std::for_each(", range, "[&](double& ", t, ") { ", t, random.one_of({" *= ", " += "}), bounded(1), "; });"});
  }
  for (std::size_t i = 0; i < before.size(); ++i) variables[i].type = before[i].type;
  return statement({text});
}

Node Generator::optional_step() {
  const Variable* found = variable_of({Kind::optional}, false);
  if (!found || random.chance(20)) {
    const Node value = sum(1), test = condition(1);
    const std::string name = fresh("o");
    declare(name, {Kind::optional});
    return statement({"std::optional<double> ", name, ";\nif (", test, ") ", name, " = ", value, ";"});
  }
  const Variable o = *found;
  const Place p = place(true);
  if (!p.text.empty() && random.chance(60)) {
    const std::string test = random.one_of({o.name, o.name + ".has_value()"}),
                      read = random.one_of({"*" + o.name, o.name + ".value()"});
    return statement({"if (", test, ") ", p.text, " += ", read, " * ", bounded(1), ";"});
  }
  if (!o.writable || o.pinned) return assignment();
  if (random.chance(20)) return statement({o.name, ".reset();"});
  return statement({o.name, " = ", sum(1), ";"});
}

/// A lambda that changes what it captures, for one real argument.
Node Generator::lambda_with_effect() {
  const std::string u = fresh("u");
  const Place p = place(true);
  if (p.text.empty() || random.chance(30)) return lambda(1, "double", "&", true, 1);
  const Scope scope(*this);
  declare(u, {}, false);
  return group({"[&](double ", u, ") { ", p.text, random.one_of({" += ", " -= "}), u, " * ", bounded(1), "; }"});
}

Node Generator::lambda_declaration() {
  const bool effects = on("mutating_lambdas") && (!on("lambdas") || random.chance(40));
  auto outside = std::exchange(used, {});
  const std::string name = fresh("g");
  if (effects) {
    const Node text = lambda(1, "double", "&", true, 1);
    freeze(used);
    Variable& g = declare(name, {Kind::function}, false, 1);
    g.effects = true;
    used.merge(outside);
    return statement({"auto ", name, " = ", text, ";"});
  }
  const std::string capture = body.in_method ? "&" : random.one_of({"&", "&", "=", "list"});
  const std::string type = on("generic_lambdas") && random.chance(40)
                               ? random.one_of({"auto", "const auto&"})
                               : random.one_of({"double", "double", "const double&"});
  const int n = random.between(1, 2);
  const Node text = !makers.empty() && random.chance(30) ? Node() : lambda(n, type, capture, false, 2);
  if (text.parts.empty()) {
    const Node made = group({random.pick(makers), "(", sum(1), ")"});
    declare(name, {Kind::function}, false, 1);
    used.merge(outside);
    return statement({"auto ", name, " = ", made, ";"});
  }
  if (capture != "=") freeze(used);
  declare(name, {Kind::function}, false, n);
  used.merge(outside);
  return statement({random.chance(30) ? "const auto " : "auto ", name, " = ", text, ";"});
}

/// A call that changes something: of a function with by-reference parameters, a method, or a lambda.
Node Generator::effect_call() {
  Choices choices;
  for (const Function& f : functions)
    if (f.changes()) choices.push_back({3, [&] { return reference_call(f); }});
  for (const Variable& v : variables) {
    if (v.type.kind == Kind::function && v.effects)
      choices.push_back({3, [&, v] {
                           used.insert({v.name, v.root});
                           const Node call = group({v.name, "(", sum(1), ");"});
                           if (random.chance(40)) return statement({call});
                           const std::string t = fresh("t");
                           declare(t, {});
                           return statement({"double ", t, " = ", call});
                         }});
    if (v.type.kind == Kind::structure && v.writable)
      for (const Function& m : structures[std::size_t(v.type.structure)].changing_methods)
        choices.push_back({3, [&, v] {
                             used.insert({v.name, v.root});
                             return statement({v.name, ".", m.name, "(", sum(1), ");"});
                           }});
  }
  return choices.empty() ? assignment() : choose(choices);
}

/// Arguments by reference are of different variables.
Node Generator::reference_call(const Function& f) {
  std::set<std::string> taken;
  std::vector<Node> parts{f.name + "("};
  for (const Parameter& p : f.parameters) {
    if (parts.size() > 1) parts.push_back(", ");
    if (f.recursive && &p == &f.parameters.back()) {
      parts.push_back(group({integer(true), " % 4"}));
    } else if (p.pass != Pass::reference) {
      parts.push_back(argument(p, 2));
    } else if (p.type.kind == Kind::real) {
      const Place at = place(true, taken);
      const bool fits = std::none_of(variables.begin(), variables.end(), [&](const Variable& v) {
        return v.name == at.text && v.type.kind == Kind::single;
      });
      if (at.text.empty() || !fits) return assignment();
      taken.insert(at.root);
      parts.push_back(at.text);
    } else {
      const Variable* v = variable_of(p.type, true, taken);
      if (!v || v->pinned || (has_elements(*v) && v->size < 2)) return assignment();
      taken.insert(v->root);
      parts.push_back(v->name);
    }
  }
  parts.push_back(");");
  if (f.result.kind != Kind::real) return statement(std::move(parts));
  const std::string t = fresh("t");
  declare(t, {});
  return statement({"double ", t, " = ", group(std::move(parts))});
}

}  // namespace fuzz
