// marks -> marks without those of methods that say the same as a constant one
//
//   ZYGOTE double& w() { return w_; }  ZYGOTE double w() const { return w_; }     =>     the second one is marked
//
// A pullback reads the object as a constant, so there is one for both. The other one may be written to: a.w() = x.
#include <algorithm>

#include "find_marked.hpp"

namespace zygote::compiler {
namespace {

bool is_constant(const Marked& m) { return m.suffix.find("const") != std::string::npos; }

bool same_parameters(const Marked& a, const Marked& b) {
  return std::equal(a.parameters.begin(), a.parameters.end(), b.parameters.begin(), b.parameters.end(),
                    [](const Parameter& p, const Parameter& q) { return p.type == q.type; });
}

bool overloads(const Marked& a, const Marked& b) {
  return b.kind == Marked::method && a.scope == b.scope && a.owner == b.owner && a.name == b.name &&
         a.is_local == b.is_local && a.template_head == b.template_head && is_constant(a) != is_constant(b) &&
         same_parameters(a, b);
}

// How many parameters a method of a class has.
std::size_t parameters_of(const Tokens& tokens, const Member& m) {
  std::size_t open = m.first;
  while (open < m.body && !(tokens[open].is("(") && !tokens[open + 1].is(")")) &&
         !(tokens[open].is("(") && tokens[open - 1].text == m.name && !tokens[open - 1].is("operator")))
    ++open;
  if (open >= m.body) return 0;
  std::size_t n = tokens[open + 1].is(")") ? 0 : 1;
  for (std::size_t i = open + 1, depth = 0; i < matching(tokens, open); ++i) {
    if (tokens[i].is("(") || tokens[i].is("<") || tokens[i].is("{") || tokens[i].is("[")) ++depth;
    if (tokens[i].is(")") || tokens[i].is(">") || tokens[i].is("}") || tokens[i].is("]")) --depth;
    if (tokens[i].is(",") && depth == 0) ++n;
  }
  return n;
}

}  // namespace

void check_overloads(const Tokens& tokens, const Findings& findings) {
  for (const Class& c : findings.classes)
    for (const Member& member : c.members)
      for (const Marked& m : findings.marked) {
        const std::string name = member.is_call ? "operator()" : member.name;
        if (member.kind == Member::method && !member.marked && member.is_const && m.kind == Marked::method &&
            m.name == name && m.scope + m.owner == c.scope + c.name && is_constant(m) &&
            m.parameters.size() == parameters_of(tokens, member))
          throw Refusal(tokens[m.name_at].pos, "'" + m.name + "' has an overload that is not marked",
                        "mark all overloads, or give them different names");
      }
}

void check_declarations(const Tokens& tokens, const Findings& findings) {
  // A declaration, not a call in an initialiser: nothing but a type in front of the name.
  const auto declares = [&](std::size_t i) {
    while (i-- > 0 && !tokens[i].is(";") && !tokens[i].is("}") && !tokens[i].is("{"))
      if (tokens[i].is("=") || tokens[i].is("(")) return false;
    return true;
  };
  for (const Marked& m : findings.marked) {
    if (m.kind != Marked::free_function || !m.symbol().empty()) continue;
    const auto defines = [&](const Marked& o) { return o.declared_before && o.scope + o.name == m.scope + m.name; };
    if (m.declared && std::ranges::none_of(findings.marked, defines))
      throw Refusal(m.pos, "a marked declaration needs its body in this file",
                    "write it here: other files get a marked function by including its definition");
    const auto [first, last] = findings.unmarked.equal_range(m.scope + m.name);
    for (auto other = first; other != last; ++other)
      if (const std::size_t at = other->second;
          declares(at) && !alternatives(tokens, std::min(at, m.mark), std::max(at, m.mark)))
        throw Refusal(tokens[at].pos,
                      "'" + m.name +
                          "' is marked elsewhere in this file, but not here; a marked function is an object, "
                          "which has no overloads",
                      "mark this as well if it is the same function, else give it another name");
  }
}

void drop_overloads(const Tokens& tokens, std::vector<Marked>& marked) {
  const auto same_body = [&](const Marked& a, const Marked& b) {
    return std::equal(tokens.begin() + std::ptrdiff_t(a.body), tokens.begin() + std::ptrdiff_t(a.body_end),
                      tokens.begin() + std::ptrdiff_t(b.body), tokens.begin() + std::ptrdiff_t(b.body_end),
                      [](const Token& s, const Token& t) { return s.text == t.text; });
  };
  std::set<std::size_t> dropped;  // their marks
  for (const Marked& m : marked) {
    if (m.kind != Marked::method || m.is_static || is_constant(m)) continue;
    const auto constant = std::find_if(marked.begin(), marked.end(), [&](const Marked& o) { return overloads(m, o); });
    if (constant == marked.end()) continue;
    if (!same_body(m, *constant))
      throw Refusal(tokens[m.name_at].pos,
                    "'" + m.name + "' is marked twice, and does something else if the object is constant",
                    "mark the constant one, or give them different names");
    dropped.insert(m.mark);
    constant->names_part = m.by_reference;
  }
  std::erase_if(marked, [&](const Marked& m) { return dropped.count(m.mark) > 0; });
}

}  // namespace zygote::compiler
