// Marked operators: which may be marked, and where they will be looked for.
//
// One that has a class of the file among its operands is found next to that class, by argument-dependent lookup. One of
// std::vector<double> is not: it is found where it is used, as in any C++, or not at all.
#include <algorithm>

#include "emit.hpp"
#include "find_marked.hpp"
#include "ir.hpp"

namespace zygote::compiler {

void check_operator(const Marked& m, Pos pos) {
  const std::size_t operands = m.parameters.size() + (m.kind == Marked::method);
  const std::string symbol = m.assigns() ? m.symbol().substr(0, m.symbol().size() - 1) : m.symbol();
  if (m.name == "operator[]")
    throw Refusal(pos, "this operator cannot be marked", "remove the mark; it has to return a reference to a part");
  if (!find_operator(symbol, operands) || (m.assigns() && operands != 2))
    throw Refusal(pos, "this operator cannot be marked",
                  "mark + - * / += -= *= /=, or call a named marked function; comparisons need no mark");
  if (m.assigns() && (m.kind != Marked::method || !m.changes_object()))
    throw Refusal(pos, "a marked operator" + m.symbol() + " must be a method that changes its object",
                  "define it in its class");
  if (m.is_local)
    throw Refusal(pos, "an operator of a class inside a function cannot be marked", "define the class outside");
}

void note_operator(const Marked& m, Findings& findings) {
  findings.operators.insert(m.symbol());
  const auto of_std = [&](const Parameter& p) {
    return without_aliases(p.text, findings.aliases).find("std::") != std::string::npos;
  };
  if (m.kind == Marked::free_function && std::any_of(m.parameters.begin(), m.parameters.end(), of_std))
    findings.std_operators.insert(m.symbol());
}

}  // namespace zygote::compiler
