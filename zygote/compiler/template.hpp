// Templates as text: their parameters, and what these stand for. Used by the passes that read templates for known
// types.
#pragma once
#include "find_marked.hpp"
#include "tree.hpp"

namespace zygote::compiler {

/// What parameters of a template stand for.
using Bound = std::map<std::string, std::string>;

/// The names of the parameters of template <..>; none if it is not understood.
std::vector<std::string> template_parameters(const std::string& head, std::vector<std::string>* defaults = nullptr);
/// double and 3, of Vec<double, 3>.
std::vector<std::string> template_arguments(const std::string& type);
/// Finds what parameters stand for if a type fits the pattern that is written of them.
void deduce(const std::string& pattern, const std::string& type, const std::vector<std::string>& parameters,
            Bound& bound);
/// With what the parameters stand for in their place.
std::string substituted(const std::string& text, const Bound& bound);
Node substituted(Node n, const Bound& bound);
Marked substituted(Marked m, const Bound& bound);

}  // namespace zygote::compiler
