// IR -> C++: all of one marked item that does not depend on the text around it.
#include <algorithm>
#include <set>

#include "emit.hpp"
#include "parser.hpp"

namespace zygote::compiler {
namespace {

bool harmless(const std::string& type, const Marked& m) {
  static const std::set<std::string> known = {"const", "std", "array", "pair", "tuple", "optional", "vector", "size_t"};
  const Tokens own = tokenize(m.template_head);
  for (const Token& t : tokenize(type)) {
    const bool parameter = std::any_of(own.begin(), own.end(), [&](const Token& o) { return o.text == t.text; });
    if (t.identifier() && !known.count(t.text) && !is_builtin_type(t.text) && !parameter) return false;
  }
  return true;
}

bool harmless_types(const Region& r, const Marked& m) {
  return std::all_of(r.code.begin(), r.code.end(), [&](const Inst& inst) {
    return ((inst.op != Op::as && inst.op != Op::make) || harmless(inst.text, m)) &&
           std::all_of(inst.regions.begin(), inst.regions.end(),
                       [&](const Region& inner) { return harmless_types(inner, m); });
  });
}

// An operator of numbers and classes of std.
bool std_operator(const Marked& m) {
  return !m.symbol().empty() && m.template_head.empty() && !m.is_friend &&
         std::all_of(m.parameters.begin(), m.parameters.end(), [](const Parameter& p) {
           return p.text.find("std::") != std::string::npos || harmless(p.type, Marked());
         });
}

bool takes_duals(const Marked& m, const Layout& layout) {
  return layout.directives && (may_borrow(m) || std_operator(m)) && m.kind == Marked::free_function && !m.declared &&
         !m.declared_before &&
         std::none_of(m.parameters.begin(), m.parameters.end(), [](const Parameter& p) { return p.name.empty(); }) &&
         !OverNumbers(m, m.parameters.size()).types.empty();
}

}  // namespace

bool may_borrow(const Marked& m) {
  return m.kind != Marked::method && m.template_head.empty() && !m.is_local && m.symbol().empty() &&
         std::none_of(m.parameters.begin(), m.parameters.end(),
                      [](const Parameter& p) { return (" " + p.type).find("auto") != std::string::npos; });
}

Unit unit_of(const Function& f, const Marked& m, const Layout& layout) {
  Unit unit;
  unit.marked = m;
  unit.recursive = f.recursive;
  unit.writes_parameters = f.writes_parameters;
  if (f.writes_parameters) return unit;
  unit.type = pullback_type(f, m);
  if (m.declared) return unit;
  unit.harmless =
      m.kind == Marked::free_function && harmless(m.return_type, m) && harmless_types(f.body, m) &&
      std::all_of(m.parameters.begin(), m.parameters.end(), [&](const Parameter& p) { return harmless(p.type, m); });
  Marked wide = m;
  for (Parameter& p : wide.parameters) p.text = without_aliases(p.text, layout.aliases);
  Layout own = layout;
  own.one_line = m.kind == Marked::lambda;
  const bool duals = takes_duals(wide, layout);
  if (!duals || f.rewritten) {
    Function plain = f;
    if (layout.directives) lambdas_over_numbers(plain, layout.aliases);
    if (f.rewritten) unit.primal = emit_primal(plain, m, own);
    if (!duals) unit.body = emit_pullback(plain, m, own);
  }
  if (!duals) return unit;
  Function over = f;
  over_numbers(over, layout.aliases);
  unit.over_numbers = std::move(wide);
  unit.over_type = pullback_type(over, m);
  unit.body = emit_pullback(over, m, own);
  return unit;
}

}  // namespace zygote::compiler
