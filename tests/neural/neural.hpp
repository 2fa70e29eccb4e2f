// Helpers of these tests: random options, arrays.
#pragma once
#include <tests/cuarrays/check.hpp>

namespace neural {

using namespace cuarrays;
using check::rng;

/// A number in [low, high].
inline Index pick(Index low, Index high) {
  return low + static_cast<Index>(rng().below(static_cast<std::uint64_t>(high - low + 1)));
}

template <class A, class B>
bool same(const A& a, const B& b, double tolerance = 1e-11) {
  return isapprox(a, b, tolerance, tolerance);
}

}  // namespace neural
