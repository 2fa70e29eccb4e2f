// xsimd, where it is; and erf and erfc of its batches of floats, faster than there, where several formulas are worked
// out and one is chosen. Those of anything else are those of zygote::math.
#pragma once
#include <bit>
#include <zygote/zygote.hpp>
#if CUARRAYS_XSIMD
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"  // GCC bug 105593: AVX-512 intrinsics
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <xsimd/xsimd.hpp>
#pragma GCC diagnostic pop
#endif

namespace cuarrays::simd {

template <class V>
constexpr auto erf(const V& x) {
  return zygote::math::erf(x);
}
template <class V>
constexpr auto erfc(const V& x) {
  return zygote::math::erfc(x);
}

#if CUARRAYS_XSIMD
/// The highest coefficient first.
template <class Values, class... C>
Values polynomial(const Values& x, C... coefficients) {
  Values sum(0.f);
  ((sum = xsimd::fma(sum, x, Values(coefficients))), ...);
  return sum;
}

/// x P(x^2) / Q(x^2), with the least relative error on (0, 3.9), behind which it is 1: 4e-7 with rounding.
template <class Arch>
xsimd::batch<float, Arch> erf(const xsimd::batch<float, Arch>& x) {
  using Values = xsimd::batch<float, Arch>;
  const Values s = x * x;
  const Values p = polynomial(s, 2.066469960e-6f, 2.850632882e-4f, 3.738383064e-3f, 5.266819894e-2f, 1.896676421e-1f,
                              1.128379107f),
               q = polynomial(s, 3.827004548e-5f, 1.157385646e-3f, 1.491435058e-2f, 1.138193011e-1f, 5.014213323e-1f,
                              1.f);
  return xsimd::select(xsimd::abs(x) >= Values(3.9f), xsimd::copysign(Values(1.f), x), x * (p / q));
}

/// exp(-x^2) t P(t) with t = 1 / (1 + x / 2) for x > 0, else 2 - erfc(-x); relative error 5e-7 with rounding, down to
/// the smallest normal number.
template <class Arch>
xsimd::batch<float, Arch> erfc(const xsimd::batch<float, Arch>& x) {
  using Values = xsimd::batch<float, Arch>;
  const Values size = xsimd::abs(x), a = xsimd::select(size > Values(10.6f), Values(10.6f), size);
  const Values t = Values(1.f) / xsimd::fma(a, Values(0.5f), Values(1.f));
  const Values p = polynomial(t, -5.921293423e-2f, 2.852785289e-1f, -4.886592031e-1f, 2.797395885e-1f, -2.777982876e-2f,
                              2.031760812e-1f, 2.429799139e-1f, 2.823923528e-1f, 2.820854485e-1f);
  // a^2 is not a float, but the square of the upper half of its digits is one: exp(-a^2) = exp(-upper^2) exp(-rest)
  // with rest < 0.09. So the result does not depend on which products and sums the compiler makes one operation.
  const Values upper = a & Values(std::bit_cast<float>(0xfffff000u)), rest = (a - upper) * (a + upper);
  const Values correction = polynomial(rest, -1.f / 120, 1.f / 24, -1.f / 6, 0.5f, -1.f, 1.f);
  const Values tail = t * p * xsimd::exp(-(upper * upper)) * correction;
  return xsimd::select(x < Values(0.f), Values(2.f) - tail, tail);
}
#endif

}  // namespace cuarrays::simd
