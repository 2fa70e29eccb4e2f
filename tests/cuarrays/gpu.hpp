// Helpers of the tests on a GPU: each operation against its twin on the CPU.
#pragma once
#include "check.hpp"

namespace gpu_tests {
using namespace cuarrays;

inline bool no_gpu() {
  if (detail::has_gpu()) return false;
  MESSAGE("skipped: no GPU here");
  return true;
}

/// All arrays and numbers of two values, evaluated.
template <class E, class G>
void same(const char* name, const E& expected, const G& got, double relative = 1e-5, double absolute = 1e-6) {
  if constexpr (AnyArray<E>) {
    CHECK_MESSAGE(isapprox(cpu(got), expected, relative, absolute), name << ": shape " << expected.shape());
  } else if constexpr (requires { expected.evaluate(); }) {
    same(name, expected.evaluate(), got.evaluate(), relative, absolute);
  } else if constexpr (std::is_arithmetic_v<E>) {
    CHECK_MESSAGE((got == expected || double(got) == doctest::Approx(double(expected)).epsilon(relative)), name);
  } else if constexpr (requires { std::tuple_size<E>::value; }) {
    [&]<std::size_t... i>(std::index_sequence<i...>) {
      (same(name, std::get<i>(expected), std::get<i>(got), relative, absolute), ...);
    }
    (std::make_index_sequence<std::tuple_size_v<E>>{});
  } else if constexpr (zygote::HasFields<E> && zygote::Differentiable<E>) {
    zygote::for_each_field([&](const auto& e, const auto& g) { same(name, e, g, relative, absolute); }, expected, got);
  }
}
template <class Y>
auto adjoint_for(const Y& y) {
  if constexpr (AnyArray<Y> || std::is_arithmetic_v<Y>) {
    return check::random_like(y);
  } else {
    auto d = y;
    zygote::for_each_field([](auto& field) { field = check::random_like(field); }, d);
    return d;
  }
}
/// f of arrays on the GPU gives what it gives on the CPU.
template <class F, class... X>
void twins(const char* name, const F& f, const X&... x) {
  same(name, zygote::evaluate(f(x...)), zygote::evaluate(f(gpu(x)...)));
}
/// The same for all adjoints of f.
template <class F, class... X>
void adjoint_twins(const char* name, const F& f, const X&... x) {
  auto on_cpu = zygote::pullback(f, x...);
  auto on_gpu = zygote::pullback(f, gpu(x)...);
  same(name, on_cpu.value, on_gpu.value);
  const auto d = adjoint_for(on_cpu.value);
  same(name, on_cpu.back(d), on_gpu.back(gpu(d)));
}

// Function objects in place of lambdas, so that no kernel is named after a lambda.
struct Chain {
  auto operator()(const auto& x, const auto& y) const {
    return exp(x * 0.1) + zygote::math::max(y, 0) * x - 2 / (y * y + 1);
  }
};

/// Extents that loads of several elements fit into, and some that they do not.
inline Shape<3> any_shape() {
  const auto one = [] {
    return Index(check::rng().below(4) == 0 ? 1 + check::rng().below(300) : 4 * (1 + check::rng().below(12)));
  };
  return {one(), one(), one()};
}

}  // namespace gpu_tests
