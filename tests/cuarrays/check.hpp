// Helpers of the tests: random operands, and pullbacks against central differences.
#pragma once
#include <doctest/doctest.h>

#include <cuarrays/cuarrays.hpp>
#include <zygote/runtime/gradient.hpp>
#include <zygote/runtime/rules.hpp>

namespace check {

using namespace cuarrays;

inline Rng& rng() {
  static Rng stream(1234);
  return stream;
}

/// Does f() throw an exception whose text contains this?
template <class F>
bool throws(F&& f, const std::string& expected) {
  try {
    f();
  } catch (const std::exception& error) {
    const bool found = std::string(error.what()).find(expected) != std::string::npos;
    if (!found) MESSAGE("threw: " << error.what());
    return found;
  }
  return false;
}

inline double inner(double d, double y) { return d * y; }
template <int N>
double inner(const Array<double, N>& d, const Array<double, N>& y) {
  return sum(d * y);
}
template <int N>
double inner(const Array<std::complex<double>, N>& d, const Array<std::complex<double>, N>& y) {
  return sum(real(conj(d) * y));
}
inline double random_like(double) { return 0.7; }
template <int N>
Array<double, N> random_like(const Array<double, N>& y) {
  return randn<double>(rng(), y.shape());
}

template <int N>
Array<std::complex<double>, N> random_like(const Array<std::complex<double>, N>& y) {
  using Complex = Array<std::complex<double>, N>;
  return Complex(randn<double>(rng(), y.shape())) +
         std::complex<double>(0, 1) * Complex(randn<double>(rng(), y.shape()));
}

/// Compares one adjoint with differences of Re <d, f(x)> for each element of that argument; if that is complex, in the
/// directions 1 and i.
template <class Loss, class T, int N>
void compare(const Loss& loss, Array<T, N>& x, const Array<T, N>& dx) {
  REQUIRE(dx.shape() == x.shape());
  const double h = 1e-6;
  std::vector<T> directions{T(1)};
  if constexpr (zygote::is_complex<T>) directions.push_back(T(0, 1));
  for (Index i = 0; i < x.size(); ++i)
    for (const T& direction : directions) {
      const T kept = x[i];
      x[i] = kept + h * direction;
      const double above = loss();
      x[i] = kept - h * direction;
      const double below = loss();
      x[i] = kept;
      CHECK(std::real(dx.view()[i] * detail::conjugate(direction)) ==
            doctest::Approx((above - below) / (2 * h)).epsilon(1e-6).scale(1));
    }
}
template <class Loss>
void compare(const Loss& loss, double& x, double dx) {
  const double h = 1e-6, kept = x;
  x = kept + h;
  const double above = loss();
  x = kept - h;
  const double below = loss();
  x = kept;
  CHECK(dx == doctest::Approx((above - below) / (2 * h)).epsilon(1e-6).scale(1));
}
template <class Loss, class X>
void compare(const Loss&, X&, zygote::none) {}

template <class Z>
void check_zero(const Z& z) {
  if constexpr (AnyArray<Z>)
    CHECK(isapprox(z, full(0.0, z.shape())));
  else if constexpr (std::floating_point<Z>)
    CHECK(z == 0);
}

/// The pullback of f at x... against central differences; it can be called twice, and d = zero gives zeros.
template <class F, class... X>
void pullback(const F& f, X... x) {
  auto p = zygote::pullback(f, x...);
  const auto d = random_like(zygote::evaluate(p.value));
  const auto adjoints = p.back(d), again = p.back(d);
  auto loss = [&] { return inner(d, zygote::settle<decltype(p.value)>(f(x...))); };
  [&]<std::size_t... i>(std::index_sequence<i...>) {
    (compare(loss, x, std::get<i>(adjoints)), ...);
    (compare(loss, x, std::get<i>(again)), ...);
  }
  (std::index_sequence_for<X...>{});
  if constexpr (AnyArray<decltype(d)>)  // a zero of unknown shape gives zeros
    std::apply([](const auto&... z) { (check_zero(z), ...); },
               static_cast<const std::tuple<zygote::Adjoint<X>...>&>(p.back(std::remove_const_t<decltype(d)>())));
}

}  // namespace check
