// Kernels of the tests, for the CPU and the GPU.
#pragma once
#include "check.hpp"

namespace kernels {
using cuarrays::Index;

/// Branches; elements by a[i] and a(i); a field with an adjoint.
struct Blur {
  double weight;
  ZYGOTE FLUX_KERNEL double operator()(Index i, auto x) const {
    if (i > 0 && i + 1 < x.size()) return weight * (x[i - 1] + x[i] + x[i + 1]) / 3;
    return x(i);
  }
};
/// A loop; places that other calls read too; a scalar.
struct Product {
  ZYGOTE FLUX_KERNEL auto operator()(Index i, Index j, auto a, auto b, double scale) const {
    auto s = a(i, 0) * b(0, j);
    for (Index k = 1; k < a.size(1); ++k) s += a(i, k) * b(k, j);
    return scale * s;
  }
};
/// Places that depend on data.
struct Lookup {
  ZYGOTE FLUX_KERNEL auto operator()(Index i, Index j, auto table, auto labels) const {
    const auto x = table(i, labels(j));
    return x * x;
  }
};
}  // namespace kernels
