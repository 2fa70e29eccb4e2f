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

/// A shape as (kept, reduced, kept); nothing if that cannot be.
template <int N>
Shape<3> around_reduced(const Shape<N>& shape, const Shape<N>& kept) {
  Shape<3> all(1, 1, 1);
  int at = 0;
  for (int d = 0; d < N; ++d) {
    if (shape[d] == 1) continue;
    const bool reduced = kept[d] != shape[d];
    if (reduced && at == 2) return {};
    if (reduced != (at == 1)) ++at;
    all[at] *= shape[d];
  }
  return all;
}

/// The first element of n that is the largest, m; if that is not a number, the first that is none.
template <class T>
Index find_largest(const T* x, Index n, T m) {
  constexpr Index block = 64;
  const auto is_largest = [m](T v) { return v == m || (m != m && v != v); };
  for (Index first = 0; first < n; first += block) {
    const Index end = std::min(n, first + block);
    int found = 0;  // of the whole block: that takes less time than to leave early
    for (Index i = first; i < end; ++i) found |= is_largest(x[i]);
    for (Index i = first; found && i < end; ++i)
      if (is_largest(x[i])) return i;
  }
  return -1;
}
/// Where each column is largest: blocks of columns are read twice, from the cache the second time.
template <class T, class I>
void argmax_of_columns(const T* x, Index length, Index columns, I* result) {
  constexpr Index block = 16384;
  const auto largest = [x, length](Index column, Index count, T* to) {
    const Shape<2> shape(length, count);
    reduce(Host{}, larger_t{}, to, Shape<2>(1, count), shape, bind_elements<2>(x + column * length, shape));
  };
  if (columns == 1 && length >= 2 * block) {  // as columns
    const Index parts = length / block, rest = length % block;
    std::vector<Index> at(static_cast<std::size_t>(parts + 1));
    argmax_of_columns(x, block, parts, at.data());
    if (rest > 0) argmax_of_columns(x + parts * block, rest, Index(1), &at.back());
    Candidate<T> best{x[at[0]], at[0]};
    for (Index p = 1; p < parts + (rest > 0); ++p) {
      const Index here = p * block + at[static_cast<std::size_t>(p)];
      best = BetterCandidate{}(best, Candidate<T>{x[here], here});
    }
    *result = static_cast<I>(best.at);
    return;
  }
  const Index together = std::max(Index(1), block / length), groups = (columns + together - 1) / together;
  parallel_ranges(groups, length * columns, [&](Index begin, Index end) {
    std::vector<T> maxima(static_cast<std::size_t>(together));
    for (Index c = begin * together; c < std::min(columns, end * together); c += together) {
      const Index count = std::min(together, columns - c);
      largest(c, count, maxima.data());
      for (Index k = 0; k < count; ++k)
        result[c + k] = static_cast<I>(find_largest(x + (c + k) * length, length, maxima[static_cast<std::size_t>(k)]));
    }
  });
}
/// Where lanes side by side are largest, of which the elements lie `step` apart.
inline constexpr Index most_lanes = 512;
template <class T>
void argmax_side_by_side(const T* x, Index step, Index length, Index lanes, int* at) {
  T largest[most_lanes];
  std::copy_n(x, lanes, largest);
  std::fill_n(at, lanes, 0);
  for (int k = 1; k < static_cast<int>(length); ++k) {
    x += step;
    for (Index i = 0; i < lanes; ++i) {
      const T v = x[i], m = largest[i];
      const bool larger = (v > m) | ((v != v) & (m == m));
      largest[i] = larger ? v : m;
      at[i] = larger ? k : at[i];
    }
  }
}
/// Of (kept, length, kept).
template <class T>
void argmax_of_lanes(const T* x, const Shape<3>& shape, int* result) {
  const Index groups = (shape[0] + most_lanes - 1) / most_lanes;
  parallel_ranges(groups * shape[2], shape.size(), [&](Index begin, Index end) {
    for (; begin < end; ++begin) {
      const Index first = begin % groups * most_lanes, outer = begin / groups * shape[0];
      argmax_side_by_side(x + outer * shape[1] + first, shape[0], shape[1], std::min(most_lanes, shape[0] - first),
                          result + outer + first);
    }
  });
}
/// Of short columns: some of them are turned into lanes.
template <class T>
void argmax_of_short_columns(const T* x, Index length, Index columns, int* result) {
  constexpr Index together = 32;
  parallel_ranges((columns + together - 1) / together, length * columns, [&](Index begin, Index end) {
    T turned[short_column * together];
    for (Index c = begin * together; c < std::min(columns, end * together); c += together) {
      const Index lanes = std::min(together, columns - c);
      for (Index i = 0; i < length; ++i)
        for (Index k = 0; k < lanes; ++k) turned[i * together + k] = x[(c + k) * length + i];
      argmax_side_by_side(turned, together, length, lanes, result + c);
    }
  });
}
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
      if constexpr (AnyArray<decltype(x)> && std::same_as<typename X::space, Host> &&
                    std::is_arithmetic_v<typename X::value_type> && !std::same_as<typename X::value_type, bool>)
        if (const Shape<3> shape = detail::around_reduced(x.shape(), kept);
            kept.size() > 0 && (shape[0] == 1 || shape[0] >= 16)) {
          BasicArray<int, N, Host> result(kept, Uninitialised{});
          if (shape[0] == 1 && shape[1] <= detail::short_column)
            detail::argmax_of_short_columns(x.data(), shape[1], shape[2], result.mutable_data());
          else if (shape[0] == 1)
            detail::argmax_of_columns(x.data(), shape[1], shape[2], result.mutable_data());
          else
            detail::argmax_of_lanes(x.data(), shape, result.mutable_data());
          return result;
        }
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
