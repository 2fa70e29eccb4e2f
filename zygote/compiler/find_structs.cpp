// classes of a file -> its structs, with the types of their fields
//
//   struct Vec2 { double x, y; };  struct Line { Vec2 from, to; };     =>     both are nothing but numbers
//
// Only structs of namespaces, without bases and templates. What is not understood is left out.
#include <algorithm>

#include "find_marked.hpp"
#include "passes.hpp"

namespace zygote::compiler {
namespace {

void add_fields(const Class& c, Struct& s) {
  for (const Member& m : c.members) {
    const bool field = m.kind == Member::field && !m.is_static;
    if (field) s.fields.push_back({m.name, m.type, m.begin > 0});
    s.aggregate = s.aggregate && m.visible() && !m.is_virtual && (field || m.kind == Member::method);
  }
}

bool only_numbers(const Struct& s, const Structs& structs) {
  return s.aggregate && !s.fields.empty() && s.fields.size() <= 16 &&
         std::ranges::all_of(s.fields, [&](const Struct::Field& field) {
           const std::string type = known_type(field.type);
           const Struct* const inner = visible_struct(structs, s.scope, type);
           return !field.type.starts_with("const ") && (is_number(type) || (inner && inner->numbers));
         });
}

}  // namespace

std::string outer_scope(const std::string& scope) {
  return scope.substr(0, scope.size() < 2 ? 0 : scope.find_last_of(':', scope.size() - 3) + 1);
}

const Struct* visible_struct(const Structs& structs, std::string scope, const std::string& name) {
  const Struct* found = nullptr;
  for (bool more = true; more;) {
    if (const auto at = structs.find(scope + name); at != structs.end()) {
      if (found || !at->second.understood) return nullptr;
      found = &at->second;
    }
    more = !scope.empty();
    scope = outer_scope(scope);
  }
  return found;
}

namespace {
bool inherits_fields(const Findings& findings, const std::string& name, int depth = 0) {
  const auto bases = findings.bases.find(name);
  return bases != findings.bases.end() && depth < 20 &&
         std::ranges::any_of(bases->second, [&](const std::string& base) {
           return findings.statics.count(base + "::fields") || inherits_fields(findings, base, depth + 1);
         });
}
}  // namespace

void check_fields(const Tokens& tokens, const Findings& findings) {
  for (const Class& c : findings.classes) {
    const auto own = [](const Member& m) { return m.kind == Member::method && m.name == "fields"; };
    const auto field =
        std::ranges::find_if(c.members, [](const Member& m) { return m.kind == Member::field && !m.is_static; });
    if (c.has_bases && field != c.members.end() && std::ranges::none_of(c.members, own) &&
        inherits_fields(findings, c.name))
      throw Refusal(tokens[field->first].pos,
                    "'" + c.name + "' inherits the `fields` of its base class, which leaves '" + field->name + "' out",
                    "give it `fields` of its own, with those of the base class");
  }
}

Structs find_structs(const Findings& findings) {
  Structs structs;
  for (const Class& c : findings.classes) {
    if (c.nested) continue;
    const auto [at, first] = structs.insert({c.scope + c.name, {}});
    Struct& s = at->second;
    s.scope = c.scope;
    s.understood = first && c.plain && !findings.parameters.count(c.name);
    if (s.understood) add_fields(c, s);
  }
  for (bool changed = true; changed;) {  // structs of structs of numbers
    changed = false;
    for (auto& [name, each] : structs)
      if (!each.numbers && only_numbers(each, structs)) changed = each.numbers = true;
  }
  return structs;
}

}  // namespace zygote::compiler
