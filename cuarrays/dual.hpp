// Arrays over dual numbers: second derivatives of functions of arrays on the host. A loss may contain a gradient.
//
// The elements become dual numbers, so that what is computed with them is what is written for elements of any type:
// operators, functions, map, reductions, views, matmul (without BLAS); not convolutions, norms or recurrent layers.
#pragma once
#include <cuarrays/array.hpp>
#include <zygote/runtime/second.hpp>

namespace zygote::detail {

template <template <class> class Is, class T, int N, class Space, class... Seen>
struct ContainsArgument<Is, cuarrays::BasicArray<T, N, Space>, Seen...>
    : std::bool_constant<contains<Is, T, Seen...>()> {};

template <class T, int N, class Real>
struct Lifted<cuarrays::Array<T, N>, Real> {
  using type = cuarrays::Array<typename Lifted<T, Real>::type, N>;
};

template <class T, int N>
struct Number<cuarrays::Array<T, N>> : Number<T> {};

template <class To, class From, int N>
struct Rebuilt<cuarrays::Array<To, N>, cuarrays::Array<From, N>> {
  template <class ToNumber>
  static cuarrays::Array<To, N> from(const ToNumber& to_number, const cuarrays::Array<From, N>& x) {
    cuarrays::Array<To, N> result(x.shape(), cuarrays::Uninitialised{});
    std::transform(x.begin(), x.end(), result.begin(), [&](const From& e) { return rebuild<To>(to_number, e); });
    return result;
  }
};

}  // namespace zygote::detail
