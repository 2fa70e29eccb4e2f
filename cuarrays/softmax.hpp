// softmax and logsoftmax over the first dimension, argmax; whatever follows it is columns.
#pragma once
#include <cuarrays/linear.hpp>
#include <cuarrays/storage.hpp>

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
template <class T>
struct Candidate {
  T value;
  Index at;  // in memory order; -1: none yet
};
struct candidate_t {
  template <class T>
  constexpr Candidate<T> operator()(const T& value, Index at) const {
    return {value, at};
  }
};
/// The larger one, not a number the largest; of equal ones the first.
struct BetterCandidate {
  template <class C>
  static constexpr C neutral() {
    return {{}, -1};
  }
  template <class T>
  constexpr Candidate<T> operator()(const Candidate<T>& a, const Candidate<T>& b) const {
    if (a.at < 0 || b.at < 0) return a.at < 0 ? b : a;
    const bool more = a.value < b.value || (b.value != b.value && a.value == a.value),
               less = b.value < a.value || (a.value != a.value && b.value == b.value);
    return more || (!less && b.at < a.at) ? b : a;
  }
};
/// The position among those dimensions that were reduced.
template <int N>
struct PositionWithin {
  Shape<N> shape, kept;
  template <class C>
  constexpr int operator()(const C& best) const {
    Index rest = best.at, position = 0, stride = 1;
    for (int d = 0; d < N; rest /= shape[d++])
      if (kept[d] != shape[d]) position += rest % shape[d] * stride, stride *= shape[d];
    return static_cast<int>(position);
  }
};
}  // namespace detail

struct argmax_t {
  template <Arrays A, std::convertible_to<int>... D>
  auto operator()(const A& a, D... dims) const {
    using X = Materialised<A>;
    constexpr int N = X::rank;
    const auto& x = detail::array_like(a);
    if constexpr (sizeof...(D) == 0) {
      Shape<std::max(1, N - 1)> shape;
      shape[0] = 1;
      for (int d = 1; d < N; ++d) shape[d - 1] = x.shape()[d];
      return (*this)(x, 0).reshape(shape);
    } else {
      const auto kept = detail::kept_shape("argmax", x.shape(), dims...);
      if (x.shape().size() == 0 && kept.size() > 0)
        detail::fail("argmax", "expected elements, got the shape ", x.shape());
      if (kept.size() > 0 && x.shape().size() / kept.size() > std::numeric_limits<int>::max())
        detail::fail("argmax", "expected fewer than 2^31 elements to choose from, got the shape ", x.shape());
      const auto positions = Positions<N, typename X::space>(x.shape());
      const auto best =
          detail::reduced("argmax", detail::BetterCandidate{}, broadcast(detail::candidate_t{}, x, positions), dims...);
      return broadcast(detail::PositionWithin<N>{x.shape(), kept}, best).evaluate();
    }
  }
};
/// Position of the (first) largest element of each column: (classes, batch) -> (batch); a vector gives (1). With
/// dimensions as in sum: argmax(x, 1) of (3, 4) is (3, 1); of several dimensions the position in memory order.
inline constexpr argmax_t argmax;

}  // namespace cuarrays
