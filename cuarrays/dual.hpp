// Arrays over dual numbers: Jacobians, and second derivatives of functions of arrays, on the host. A loss may contain a
// gradient. The Jacobian of y at x has the dimensions of y, then those of x: J(i, j) is dy(i)/dx(j) for vectors.
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

/// Of an array in whose place every number is an array, as in a Jacobian: one array, of the dimensions of both.
template <class T, int N, class Real, int M>
struct Lifted<cuarrays::Array<T, N>, cuarrays::Array<Real, M>> {
  using type = cuarrays::Array<Real, N + M>;
};
template <class To, class From, int N, int NM>
requires(NM > N) struct Rebuilt<cuarrays::Array<To, NM>, cuarrays::Array<From, N>> {
  template <class ToRow>
  static cuarrays::Array<To, NM> from(const ToRow& to_row, const cuarrays::Array<From, N>& x) {
    cuarrays::Array<To, NM> result;
    for (cuarrays::Index i = 0; i < x.size(); ++i) {
      const cuarrays::Array<To, NM - N> row = to_row(x[i]);
      if (i == 0) {
        cuarrays::Shape<NM> shape;
        for (int d = 0; d < NM; ++d) shape[d] = d < N ? x.size(d) : row.size(d - N);
        result = cuarrays::Array<To, NM>(shape);
      }
      for (cuarrays::Index k = 0; k < row.size(); ++k) result[i + k * x.size()] = row[k];
    }
    return result;
  }
};

}  // namespace zygote::detail
