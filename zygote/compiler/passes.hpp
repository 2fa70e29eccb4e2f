// The passes between lowering and C++.
#pragma once
#include "ir.hpp"

namespace zygote::compiler {

/// Drops what loops carry without changing it.
void drop_unchanged(Function& f);
/// Numbers the names of values in the order of the text.
void number_names(Function& f);

/// Removes values nobody reads, results of branches and loops included. Calls stay: they may print.
void remove_unused(Function& f);

/// Marks values that no differentiable input reaches (constants, comparisons, counters): they have no adjoint.
void find_inert(Function& f);

/// Derives the reverse of f (and of its nested lambdas), and what the forward has to save for it.
void derive_adjoint(Function& f);

}  // namespace zygote::compiler
