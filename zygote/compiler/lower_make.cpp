// tree -> IR: values that are made of others, by their type, and arguments.
//
//   Segment s{{x, 1}, p}     =>     v_1 = make { zygote::ir::ElementOf<Segment, 0> x 1;  s_1 = make { Segment v_1 p
#include <algorithm>

#include "lower.hpp"
#include "parser.hpp"

namespace zygote::compiler {
namespace {
// A braced list without a type.
bool is_list(const Node& n) { return n.kind == NodeKind::make && n.text.empty(); }
}  // namespace

bool Lowering::names_type(const std::string& name) const {
  const std::string last = unqualified(name);
  if (findings_.functions.count(last)) return false;
  if (is_builtin_type(name.substr(0, name.find(' '))) || findings_.types.count(last)) return true;
  const StdName standard = std_name(name);
  if (name.starts_with("std::"))
    return standard != StdName::unknown && standard != StdName::function && standard != StdName::search;
  // By convention. If such a name is no type, the C++ compiler says so: it is used to declare a variable.
  return last[0] >= 'A' && last[0] <= 'Z' &&
         std::any_of(last.begin(), last.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

// label: "(", or "{", or "{" and the comma-separated names of the designators.
Id Lowering::make(const Node& n, const std::string& type, const std::string& hint) {
  const std::string full = full_type(type);
  if (n.braces && n.kids.size() == 1 && is_list(n.kids[0]) && full.starts_with("std::array<"))
    return make(n.kids[0], type, hint);  // the braces of the array inside
  if (n.braces && !n.kids.empty() && (full.starts_with("std::map<") || full.starts_with("std::unordered_map<")))
    if (std::all_of(n.kids.begin(), n.kids.end(), [](const Node& kid) { return is_list(kid) && kid.kids.size() == 2; }))
      return make_map(n, type, hint);
  if (!n.braces && n.kids.size() == 2 && full.starts_with("std::vector<") && is_position(n.kids[0]) &&
      is_position(n.kids[1]))
    return slice(n.kids[0], n.kids[1], type);
  if (const auto s = structs_.find(full); s != structs_.end() && n.braces && lists_array(n, s->second))
    return make_by_field(n, s->second, type, hint);
  std::string label = n.braces ? "{" : "(";
  std::vector<Id> values;
  for (const Node& kid : n.kids) {
    const Node& value = kid.kind == NodeKind::designated ? kid.kids[0] : kid;
    if (kid.kind == NodeKind::designated) label += (label.size() > 1 ? "," : "") + kid.text;
    values.push_back(made_element(value, type, values.size(), kid.kind == NodeKind::designated ? kid.text : ""));
  }
  if (type == "auto") throw Refusal(n.pos, "a braced list needs its type in marked code", "write T{...}");
  check_defaults(n, type);
  return made(type, std::move(label), std::move(values), n.pos, hint);
}

// The C++ compiler works out fields that are not given; marked code would not see what from.
void Lowering::check_defaults(const Node& n, const std::string& type) const {
  const auto found = findings_.defaults.find(unqualified(type));
  if (found == findings_.defaults.end() || n.kids.empty() || has_constructor(type)) return;
  for (const auto& [index, name] : found->second) {
    const bool named = std::any_of(n.kids.begin(), n.kids.end(), [&, &field = name](const Node& kid) {
      return kid.kind == NodeKind::designated && kid.text == field;
    });
    if (!named && (n.kids[0].kind == NodeKind::designated || n.kids.size() <= index))
      throw Refusal(n.pos, "'" + name + "' of " + type + " is worked out from other fields, where no gradient is seen",
                    "give it a value here, or mark a constructor");
  }
}

namespace {
// The field that element i of T{..} is for, and its value.
std::pair<const Struct::Field*, const Node*> initialised(const Node& n, std::size_t i, const Struct& s) {
  const Node& kid = n.kids[i];
  if (kid.kind != NodeKind::designated) return {i < s.fields.size() ? &s.fields[i] : nullptr, &kid};
  for (const Struct::Field& field : s.fields)
    if (field.name == kid.text) return {&field, &kid.kids[0]};
  return {nullptr, &kid.kids[0]};
}
}  // namespace

// Is there a list for a field that is a C array? (A shorter list leaves zeros, not what the field has by default.)
bool Lowering::lists_array(const Node& n, const Struct& s) {
  bool lists = false;
  for (std::size_t i = 0; i < n.kids.size(); ++i) {
    const auto [field, value] = initialised(n, i, s);
    if (!field || !field->type.ends_with("[]") || !is_list(*value)) continue;
    if (field->has_default) return false;
    lists = true;
  }
  return lists && s.aggregate;
}

// Vec{{x, 1}, y}, where a field is a C array, which no value is: Vec{}, and then field by field.
Id Lowering::make_by_field(const Node& n, const Struct& s, const std::string& type, const std::string& hint) {
  const int object = declare("", made(type, "{", {}, n.pos, hint), n.pos);
  const auto fill = [&](const Place& to, const Node& value, const std::string& part, const auto& self) -> void {
    const std::string element = part.ends_with("[]") ? part.substr(0, part.size() - 2) : "";
    if (element.empty() || !is_list(value)) {
      store(to, is_list(value) ? make(value, part, "v") : expression(value), value.pos);
      return;
    }
    for (std::size_t i = 0; i < value.kids.size(); ++i)
      self(extend(to, "@[$1]", {constant(std::to_string(i), value.pos)}), value.kids[i], element, self);
  };
  for (std::size_t i = 0; i < n.kids.size(); ++i) {
    const auto [field, value] = initialised(n, i, s);
    if (!field) throw Refusal(n.kids[i].pos, "'" + type + "' has no such field");
    fill(Place{object, "@." + field->name, {}}, *value, field->type, fill);
  }
  return variable(object).now;
}

// std::map<K, V>{{k, v}, ..}: of two elements of one key, the first counts.
Id Lowering::make_map(const Node& n, const std::string& type, const std::string& hint) {
  std::vector<std::pair<Id, Id>> entries;
  const std::string value = "typename " + type + "::mapped_type";
  for (const Node& kid : n.kids) {
    const Id key = expression(kid.kids[0], "key");
    const Node& second = kid.kids[1];
    entries.push_back({key, is_list(second) ? make(second, value, "v") : expression(second)});
  }
  const int map = declare("", made(type, "{", {}, n.pos, hint), n.pos);
  for (std::size_t i = entries.size(); i-- > 0;) store({map, "@[$1]", {entries[i].first}}, entries[i].second, n.pos);
  return variable(map).now;
}

bool Lowering::has_constructor(const std::string& type) const {
  return findings_.constructed.count(unqualified(full_type(type))) > 0;
}

// By a marked constructor, which is called, or as it is made without one.
Id Lowering::made(const std::string& type, std::string label, std::vector<Id> values, Pos pos,
                  const std::string& hint) {
  if (has_constructor(type) && !values.empty() && label.size() == 1) {
    values.insert(values.begin(), constant("::zygote::construct<" + type + ">", pos));
    return add(Op::call_object, "", std::move(values), pos, hint);
  }
  const Id id = add(Op::make, type, std::move(values), pos, hint);
  region_->code.back().label = std::move(label);
  return id;
}

// Element i of a braced list, or that of a name: a list in it has the type that the C++ compiler finds there.
Id Lowering::made_element(const Node& value, const std::string& type, std::size_t i, const std::string& name) {
  if (!is_list(value)) return expression(value);
  const bool array =
      value.kids.size() == 1 && is_list(value.kids[0]) && part_of(type, i, name).starts_with("std::array<");
  return make(array ? value.kids[0] : value, part_type(type, i, name), "v");  // without the braces of the array inside
}

// Is it a struct with a C array, perhaps in a struct in it?
bool Lowering::holds_array(const std::string& type) const {
  const auto s = structs_.find(type);
  return s != structs_.end() && std::ranges::any_of(s->second.fields, [&](const Struct::Field& field) {
           return field.type.ends_with("[]") || holds_array(field.type);
         });
}

// The type of element i of a container, or of a field, if it is known.
std::string Lowering::part_of(const std::string& type, std::size_t i, const std::string& name) const {
  if (const auto s = structs_.find(type); s != structs_.end()) {
    for (std::size_t k = 0; k < s->second.fields.size(); ++k)
      if (name.empty() ? k == i : s->second.fields[k].name == name) return s->second.fields[k].type;
    return "";
  }
  return i == 0 || (!type.starts_with("std::pair<") && !type.starts_with("std::tuple<")) ? element_type(type) : "";
}

// The same, said outright if it is a class with marked constructors or C arrays.
std::string Lowering::part_type(const std::string& type, std::size_t i, const std::string& name) const {
  const std::string part = part_of(type, i, name);
  if (has_constructor(part) || findings_.defaults.count(unqualified(part))) return part;
  if (holds_array(part)) return part;
  if (name.empty()) return "zygote::ir::ElementOf<" + type + ", " + std::to_string(i) + ">";
  return "std::remove_cvref_t<decltype(std::declval<" + type + ">()." + name + ")>";
}

std::vector<Id> Lowering::arguments(const Node& n, std::size_t from) {
  std::vector<Id> ids;
  for (std::size_t i = from; i < n.kids.size(); ++i) {
    const Node& kid = n.kids[i];
    ids.push_back(is_list(kid) ? make(kid, parameter_type(n, i - from), "v") : expression(kid));
  }
  return ids;
}

// What a braced list becomes as an argument: the type of that parameter, if the function is one of this file.
std::string Lowering::parameter_type(const Node& call, std::size_t i) {
  const Node& callee = call.kids[0];
  const Callable* const found = own_function(callee.text);
  if (callee.kind == NodeKind::name && found && !hides(callee.text)) {
    const Marked& m = *found->marked;
    const std::string type = i < m.parameters.size() ? bare(m.parameters[i].type) : "auto";
    const auto named = [&](const Class& c) { return c.scope == m.scope && c.name == type; };
    const bool known = marked_.scope.starts_with(m.scope) || type.starts_with("std::") || is_number_type(type);
    if (m.template_head.empty() && type.find("auto") == std::string::npos) {
      if (known) return type;
      if (std::any_of(findings_.classes.begin(), findings_.classes.end(), named)) return m.scope + type;
    }
  }
  // Array<double, 2>({n, m})
  const std::string type = callee.kind == NodeKind::name && names_type(callee.text) ? type_text(callee.text) : "";
  if (!type.empty() && !full_type(type).starts_with("std::") && !structs_.count(type)) return part_type(type, i, "");
  throw Refusal(call.kids[i + 1].pos, "a braced list as an argument needs its type in marked code", "write T{...}");
}

// What a constructor has made, which its tree assigns to.
void Lowering::make_object() {
  const Id id = add(Op::make, f_.result_type, {f_.inputs.begin(), f_.inputs.end()}, f_.pos, "self");
  region_->code.back().label = "(";
  region_->code.back().primal = true;
  context_.object = Place{declare("*this", id, f_.pos), "@", {}};
  context_.owner = &marked_;
}

}  // namespace zygote::compiler
