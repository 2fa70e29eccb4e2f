// softmax and logsoftmax over the first dimension, argmax; whatever follows it is columns.
#pragma once
#include <cuarrays/linear.hpp>

namespace cuarrays {

// Both subtract the largest element of a column first, so that nothing overflows.
struct softmax_t {
  template <Arrays A>
  auto operator()(const A& a) const {
    const Materialised<A> x = materialise(a);
    Materialised<A> y = exp(x - maximum(x, 0));
    y /= sum(y, 0);
    return y;
  }
  template <Arrays A>
  auto pullback(const A& a) const {
    const auto y = (*this)(a);
    return zygote::Pullback{y, [y](const auto& d) {
                              return std::make_tuple(detail::Deferred([y, d] { return y * (d - sum(d * y, 0)); }));
                            }};
  }
};
/// e^x / sum(e^x) of each column.
inline constexpr softmax_t softmax;

struct logsoftmax_t {
  template <Arrays A>
  auto operator()(const A& a) const {
    Materialised<A> y = detail::array_like(a) - maximum(detail::array_like(a), 0);
    y -= log(sum(exp(y), 0));
    return y;
  }
  template <Arrays A>
  auto pullback(const A& a) const {
    const auto y = (*this)(a);
    return zygote::Pullback{
        y, [y](const auto& d) { return std::make_tuple(detail::Deferred([y, d] { return d - exp(y) * sum(d, 0); })); }};
  }
};
/// log(softmax(x)), accurate where that would be log(0).
inline constexpr logsoftmax_t logsoftmax;

namespace detail {
struct ArgmaxKernel {
  FLUX_KERNEL void operator()(Index column, auto out, auto in, Index length) const {
    const auto* x = &in[column * length];
    Index best = 0;
    for (Index i = 1; i < length; ++i)
      if (x[best] < x[i]) best = i;
    out[column] = static_cast<int>(best);
  }
};
}  // namespace detail

struct argmax_t {
  template <Arrays A>
  auto operator()(const A& a) const {
    using X = Materialised<A>;
    const X x = materialise(a);
    if (x.size(0) == 0) detail::fail("argmax", "expected columns with elements, got ", x.shape());
    constexpr int N = std::max(1, X::rank - 1);
    Shape<N> shape;
    shape[0] = 1;
    for (int d = 1; d < X::rank; ++d) shape[d - 1] = x.size(d);
    BasicArray<int, N, typename X::space> result(shape, Uninitialised{});
    launch(detail::ArgmaxKernel{}, result.size(), result, x, x.size(0));
    return result;
  }
};
/// Position of the (first) largest element of each column: (classes, batch) -> (batch); a vector gives (1).
inline constexpr argmax_t argmax;

}  // namespace cuarrays
