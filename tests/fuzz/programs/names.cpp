// Types, variables, and the places in them that hold a real number.
#include "generator.hpp"

namespace fuzz {

bool Function::changes() const {
  return std::any_of(parameters.begin(), parameters.end(),
                     [](const Parameter& p) { return p.pass == Pass::reference; });
}

std::string Generator::type_name(Type type) const {
  switch (type.kind) {
    case Kind::nothing:
      return "void";
    case Kind::real:
      return "double";
    case Kind::single:
      return "float";
    case Kind::integer:
      return "int";
    case Kind::vector:
      return "std::vector<double>";
    case Kind::matrix:
      return "std::vector<std::vector<double>>";
    case Kind::array:
      return "std::array<double, 3>";
    case Kind::map:
      return "std::map<int, double>";
    case Kind::hash_map:
      return "std::unordered_map<int, double>";
    case Kind::rows:
      return "std::vector<" + structures[std::size_t(type.structure)].name + ">";
    case Kind::structure:
      return structures[std::size_t(type.structure)].name;
    case Kind::pair:
      return "std::pair<double, double>";
    case Kind::tuple:
      return "std::tuple<double, double, double>";
    case Kind::optional:
      return "std::optional<double>";
    case Kind::function:
      return "auto";
  }
  return "";
}

/// A new name, or that of a variable of an enclosing block, which is then hidden. `in_use` must stay visible.
std::string Generator::name_for_local(const std::set<std::string>& in_use) {
  std::set<std::string> taken = in_use;
  for (const Variable& v : variables)
    if (v.level == level) taken.insert(v.name);
  if (on("shadow") && random.chance(30))
    for (Variable& v : variables)
      if (v.level < level && v.level > 0 && !taken.contains(v.name) && random.chance(30)) {
        const std::string name = v.name;
        for (Variable& other : variables)
          if (other.name == name || other.indexes == name) other.type.kind = Kind::nothing;
        return name;
      }
  return fresh("t");
}

Variable& Generator::declare(const std::string& name, Type type, bool writable, int size) {
  Variable v;
  v.name = v.root = name;
  v.type = type;
  v.writable = writable;
  v.size = size;
  v.level = level;
  variables.push_back(v);
  return variables.back();
}

/// Something refers to these variables until the end of the block. Only with late_changes may they change meanwhile.
void Generator::freeze(const std::set<std::string>& names_of) {
  for (Variable& v : variables)
    if (names_of.contains(v.root)) {
      v.pinned = true;
      if (!on("late_changes")) v.writable = false;
    }
}

/// An index that is in range, or "" if there is none.
std::string Generator::index(const std::string& container, int size) {
  std::vector<Place> indices;
  for (int i = 0; i < size; ++i) indices.push_back({std::to_string(i), ""});
  for (const Variable& v : variables) {
    if (v.type.kind != Kind::integer || !v.natural) continue;
    if (v.indexes == container) indices.insert(indices.end(), 3, {v.name, v.name});
    if (size > 1) indices.push_back({v.name + " % " + std::to_string(size), v.name});
  }
  return indices.empty() ? "" : chosen(indices);
}

/// A random real number in `text`, which is of this type; "" if there is none.
std::string Generator::real_in(Type type, const std::string& text, int size, bool write) {
  const bool element = !write || on("elements"), field = !write || on("field_writes");
  const auto at = [&](Type of, bool allowed, int inner) {
    const std::string i = allowed ? index(text, size) : "";
    return i.empty() ? "" : real_in(of, text + "[" + i + "]", inner, write);
  };
  switch (type.kind) {
    case Kind::real:
    case Kind::single:
      return text;
    case Kind::vector:
    case Kind::array:
      return at({}, element, 0);
    case Kind::matrix:
      return at({Kind::vector}, element, 2);
    case Kind::rows:
      return at({Kind::structure, type.structure}, element && field, 0);
    case Kind::pair:
      return !field ? "" : text + random.one_of({".first", ".second"});
    case Kind::tuple:
      return write && !on("get_writes") ? "" : "std::get<" + std::to_string(random.below(3)) + ">(" + text + ")";
    case Kind::map:
    case Kind::hash_map: {
      const std::string i = element ? index(text, 2) : "";
      return i.empty() ? "" : write ? text + "[" + i + "]" : text + ".at(" + i + ")";
    }
    case Kind::optional:
      return write ? "" : text + ".value_or(" + literal() + ")";
    case Kind::structure: {
      const auto& [name, inner] = random.pick(structures[std::size_t(type.structure)].fields);
      return field ? real_in(inner, text + "." + name, 2, write) : "";
    }
    default:
      return "";
  }
}

Place Generator::place(bool write, const std::set<std::string>& except) {
  for (int tries = 0; tries < 12 && !variables.empty(); ++tries) {
    const int n = int(variables.size());
    // The latest variables more often than the first ones.
    const Variable& v =
        variables[std::size_t(random.chance(40) ? n - 1 - random.below(std::min(n, 3)) : random.below(n))];
    if ((write && !v.writable) || except.contains(v.root)) continue;
    const std::string text = real_in(v.type, v.name, v.size, write);
    if (text.empty()) continue;
    used.insert({v.name, v.root});
    return {text, v.root};
  }
  return {};
}

bool Generator::has_elements(const Variable& v) {
  return v.type.kind == Kind::vector || v.type.kind == Kind::array || v.type.kind == Kind::matrix ||
         v.type.kind == Kind::rows;
}

/// A container in scope, or null.
Variable* Generator::container(bool write, const std::function<bool(const Variable&)>& suits) {
  std::vector<Variable*> found;
  for (Variable& v : variables)
    if (has_elements(v) && (!write || v.writable) && suits(v)) found.push_back(&v);
  if (found.empty()) return nullptr;
  Variable* v = random.pick(found);
  used.insert({v->name, v->root});
  return v;
}

Variable* Generator::variable_of(Type type, bool write, const std::set<std::string>& except) {
  std::vector<Variable*> found;
  for (Variable& v : variables)
    if (v.type == type && (!write || v.writable) && !except.contains(v.root)) found.push_back(&v);
  if (found.empty()) return nullptr;
  Variable* v = random.pick(found);
  used.insert({v->name, v->root});
  return v;
}

}  // namespace fuzz
