// Reductions: mapreduce(f, op, a, dims...) of any expression in one pass, and sum, mean, maximum, minimum on it.
// Without dims the result is a scalar; with dims an array in which those have extent 1: sum(x, 0) of (3, 4) is (1, 4).
//
// Sums are split by shape alone, never by the number of threads, so that results are the same on any machine.
#pragma once
#include <cuarrays/broadcast.hpp>
#include <limits>

namespace cuarrays {

/// max and min that keep what is not a number. (xsimd 8.1 has b != b wrong for those with AVX.)
struct larger_t {
  static constexpr bool simd = true;
  template <class T>
  constexpr T operator()(const T& a, const T& b) const {
    if constexpr (std::is_arithmetic_v<T>)
      return a < b || !(b == b) ? b : a;
    else
      return select(a < b || !(b == b), b, a);
  }
};
struct smaller_t {
  static constexpr bool simd = true;
  template <class T>
  constexpr T operator()(const T& a, const T& b) const {
    if constexpr (std::is_arithmetic_v<T>)
      return b < a || !(b == b) ? b : a;
    else
      return select(b < a || !(b == b), b, a);
  }
};

template <>
inline constexpr const char* detail::name_of<larger_t> = "maximum";
template <>
inline constexpr const char* detail::name_of<smaller_t> = "minimum";

/// The neutral element of a combiner: specialise it, or give your combiner `template <class T> static T neutral()`.
template <class Op, class T>
constexpr T neutral() {
  using Limits = std::numeric_limits<T>;
  if constexpr (requires { Op::template neutral<T>(); })
    return Op::template neutral<T>();
  else if constexpr (std::same_as<Op, zygote::math::add_t>)
    return T(0);
  else if constexpr (std::same_as<Op, zygote::math::mul_t>)
    return T(1);
  else if constexpr (std::same_as<Op, larger_t>)
    return Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
  else if constexpr (std::same_as<Op, smaller_t>)
    return Limits::has_infinity ? Limits::infinity() : Limits::max();
  else
    static_assert(!sizeof(Op), "cuarrays: a combiner needs `template <class T> static constexpr T neutral()`");
}

namespace detail {
#if CUARRAYS_XSIMD
template <class Op, class T, class B>
concept ReducesBatches = Vectorises<T, B> && accepts_batches<Op, xsimd::batch<T>, std::make_index_sequence<2>>;

template <Access access, class T, class B, class Op>
T reduce_batches(const Op& op, T result, const B& in, Index length) {
  using Lane = Batch<T, access>;
  constexpr Index width = Lane::width;
  alignas(64) T lanes[width];
  Index i = 0;
  if (length >= width) {
    typename Lane::Values s0 = neutral<Op, T>(), s1 = s0, s2 = s0, s3 = s0;  // independent, so that they overlap
    for (; i + 4 * width <= length; i += 4 * width) {
      s0 = op(s0, in.at(Lane{i}));
      s1 = op(s1, in.at(Lane{i + width}));
      s2 = op(s2, in.at(Lane{i + 2 * width}));
      s3 = op(s3, in.at(Lane{i + 3 * width}));
    }
    for (; i + width <= length; i += width) s0 = op(s0, in.at(Lane{i}));
    op(op(s0, s1), op(s2, s3)).store_aligned(lanes);
    for (T x : lanes) result = op(result, x);
  }
  if (i < length) {
    in.at(Lane{i, length - i}).store_aligned(lanes);
    for (Index k = 0; k < length - i; ++k) result = op(result, lanes[k]);
  }
  return result;
}
#else
template <class Op, class T, class B>
concept ReducesBatches = false;
#endif

/// op over a column of `length` elements; long ones by halves, which keeps the rounding errors of sums small.
template <Access access, class T, class B, class Op>
T reduce_column(const Op& op, T result, const B& in, Index length) {
  constexpr Index block = ReducesBatches<Op, T, B> ? 8192 : 512;
  if (length > block) {
    const Index half = length / 128 * 64;
    B second = in;
    second.each_array([&](auto& a) { a.elements += half * a.strides[0]; });
    result = reduce_column<access>(op, result, in, half);
    return op(result, reduce_column<access>(op, neutral<Op, T>(), second, length - half));
  }
  if constexpr (ReducesBatches<Op, T, B> && access != Access::strided)
    result = reduce_batches<access>(op, result, in, length);
  else
    for (Index i = 0; i < length; ++i)
      result = static_cast<T>(op(result, static_cast<T>(in.at(OneElement<access == Access::contiguous>{i}))));
  return result;
}

template <Access access, class T, int N, class B, class Op>
void reduce_range(const Op& op, const Dims<N>& dims, const Assignment<T, N, B>& bound) {
  const Index length = dims.extent[0];
  Index columns = dims.size() / length;
  for (Walker walker(dims, bound, 0); columns > 0; walker.next(), --columns) {
    T* out = walker.bound.out.elements;
    if (bound.out.strides[0] == 0) {
      *out = reduce_column<access>(op, *out, walker.bound.in, length);
    } else {
      const BoundCall<Op, BoundArray<T, N>, B> step{op, {walker.bound.out, walker.bound.in}};
      run_column<access>(walker.bound.out, step, 0, length);
    }
  }
}

/// The largest dimension that is kept, or that is reduced; -1 if there is none.
template <class T, int N, class B>
int largest(const Dims<N>& dims, const Assignment<T, N, B>& bound, bool kept) {
  int best = -1;
  for (int d = 0; d < dims.rank; ++d)
    if ((bound.out.strides[d] != 0) == kept && (best < 0 || dims.extent[d] > dims.extent[best])) best = d;
  return best;
}

/// out = op over those dimensions of `shape` that have extent 1 in `kept`; `out` is dense.
template <class T, int N, class B, class Op>
void reduce(Host, const Op& op, T* out, const Shape<N>& kept, const Shape<N>& shape, const B& in) {
  std::fill_n(out, kept.size(), neutral<Op, T>());
  if (shape.size() == 0) return;
  Assignment<T, N, B> bound{bind_elements<N>(out, kept), in};
  const Dims<N> dims = merge(shape, bound);
  const Access access = access_of(bound.in);
  auto reduce_part = [&](int d, Index begin, Index end, T* to) {
    auto part_dims = dims;
    auto part = bound;
    part.out.elements = to;
    narrow(part_dims, part, d, begin, end);
    with_access(access, [&]<Access a>() { reduce_range<a>(op, part_dims, part); });
  };
  const Index size = dims.size();
  const int widest = largest(dims, bound, true), longest = largest(dims, bound, false);
  if (size < parallel_threshold || longest < 0 || (widest >= 0 && dims.extent[widest] >= 256)) {
    const int d = std::max(widest, 0);
    const Index grain = widest < 0 ? dims.extent[d] : d == 0 ? 64 : 1, grains = (dims.extent[d] + grain - 1) / grain;
    parallel_ranges(grains, size, [&](Index begin, Index end) {
      reduce_part(d, begin * grain, std::min(end * grain, dims.extent[d]), out);
    });
    return;
  }
  // Few results of many elements: a fixed number of partial results, combined in order.
  const Index chunks = std::min({size / (parallel_threshold / 4), dims.extent[longest], Index(64)});
  BasicArray<T, 1, Host> partial({kept.size() * chunks}, Uninitialised{});
  T* results = partial.mutable_data();
  std::fill_n(results, partial.size(), neutral<Op, T>());
  parallel_ranges(chunks, size, [&](Index begin, Index end) {
    for (Index c = begin; c < end; ++c)
      reduce_part(longest, dims.extent[longest] * c / chunks, dims.extent[longest] * (c + 1) / chunks,
                  results + c * kept.size());
  });
  for (Index c = 0; c < chunks; ++c)
    for (Index i = 0; i < kept.size(); ++i) out[i] = static_cast<T>(op(out[i], results[c * kept.size() + i]));
}

/// Counts do not fit into the small integers that are counted.
template <class Op, class V>
using Accumulator = std::conditional_t<std::is_integral_v<V> && (std::same_as<Op, zygote::math::add_t> ||
                                                                 std::same_as<Op, zygote::math::mul_t>),
                                       Index, V>;

template <int N, std::convertible_to<int>... D>
Shape<N> kept_shape(const char* operation, Shape<N> shape, D... dims) {
  if (shape.is_void()) return shape;
  for (int d : {static_cast<int>(dims)...}) {
    if (d < 0 || d >= N) fail(operation, "expected dimensions from 0 to ", N - 1, ", got ", d);
    shape[d] = 1;
  }
  return shape;
}

template <class Op, ArrayLike A, class... D>
auto reduced(const char* operation, const Op& op, const A& a, D... dims) {
  using T = Accumulator<Op, typename A::value_type>;
  using Space = typename A::space;
  constexpr int N = A::rank;
  if constexpr (sizeof...(D) > 0) {
    const Shape<N> kept = kept_shape(operation, a.shape(), dims...);
    BasicArray<T, N, Space> result(kept, Uninitialised{});
    reduce(Space{}, op, result.mutable_data(), kept, a.shape(), bind<N>(a));
    return result;
  } else {
    Shape<N> one;
    for (Index& e : one.extents) e = 1;
    T result;
    if constexpr (std::same_as<Space, Host>) {
      reduce(Host{}, op, &result, one, a.shape(), bind<N>(a));
    } else {
      BasicArray<T, N, Space> on_device(one, Uninitialised{});
      reduce(Space{}, op, on_device.mutable_data(), one, a.shape(), bind<N>(a));
      copy(Host{}, Space{}, &result, on_device.data(), sizeof(T));
    }
    return result;
  }
}

template <Arrays A>
decltype(auto) array_like(const A& a) {
  if constexpr (ArrayLike<A>)
    return (a);
  else
    return a.evaluate();
}

/// Adjoint of a sum: d at every element.
template <Arrays A, class D>
auto spread(const Shape<Materialised<A>::rank>& shape, const D& d) {
  using T = typename Materialised<A>::value_type;
  if constexpr (Arrays<D>)
    return stretched(d, shape);
  else
    return stretched<typename Materialised<A>::space>(static_cast<T>(d), shape);
}
template <class... D>
constexpr auto none_for_each() {
  return std::make_tuple(((void)sizeof(D), zygote::none{})...);
}
}  // namespace detail

struct sum_t {
  template <Arrays A, std::convertible_to<int>... D>
  auto operator()(const A& a, D... dims) const {
    return detail::reduced("sum", zygote::math::add_t{}, detail::array_like(a), dims...);
  }
  template <Arrays A, std::convertible_to<int>... D>
  auto pullback(const A& a, D... dims) const {
    const auto& x = detail::array_like(a);
    return zygote::Pullback{(*this)(x, dims...), [shape = x.shape()](const auto& d) {
                              return std::tuple_cat(std::make_tuple(detail::spread<A>(shape, d)),
                                                    detail::none_for_each<D...>());
                            }};
  }
};
/// sum(a), a scalar; sum(a, dims...), an array. Integers and bools are summed as Index.
inline constexpr sum_t sum;

struct mean_t {
  template <Arrays A, std::convertible_to<int>... D>
  auto operator()(const A& a, D... dims) const {
    const auto& x = detail::array_like(a);
    const auto total = sum(x, dims...);
    if constexpr (sizeof...(D) > 0) {
      using T = typename std::remove_cvref_t<decltype(total)>::value_type;
      using Real = std::conditional_t<std::is_integral_v<T>, double, T>;
      return (broadcast(convert_t<Real>{}, total) * weight<Real>(x, dims...)).evaluate();
    } else
      return total * weight<std::conditional_t<std::is_integral_v<decltype(total)>, double, decltype(total)>>(x);
  }
  template <Arrays A, std::convertible_to<int>... D>
  auto pullback(const A& a, D... dims) const {
    const auto& x = detail::array_like(a);
    using T = typename Materialised<A>::value_type;
    return zygote::Pullback{(*this)(x, dims...), [shape = x.shape(), weight = weight<T>(x, dims...)](const auto& d) {
                              return std::tuple_cat(std::make_tuple(detail::spread<A>(shape, d) * weight),
                                                    detail::none_for_each<D...>());
                            }};
  }

 private:
  template <class T, class A, class... D>
  static T weight(const A& a, D... dims) {
    if constexpr (sizeof...(D) == 0)
      return T(1) / static_cast<T>(a.size());
    else
      return static_cast<T>(detail::kept_shape("mean", a.shape(), dims...).size()) / static_cast<T>(a.size());
  }
};
/// mean(a), a scalar; mean(a, dims...), an array. Of integers: double.
inline constexpr mean_t mean;

struct maximum_t {
  template <Arrays A, std::convertible_to<int>... D>
  auto operator()(const A& a, D... dims) const {
    return detail::reduced("maximum", larger_t{}, detail::array_like(a), dims...);
  }
};
/// The largest element; of no elements, -infinity. Not a number if any element is not.
inline constexpr maximum_t maximum;

struct minimum_t {
  template <Arrays A, std::convertible_to<int>... D>
  auto operator()(const A& a, D... dims) const {
    return detail::reduced("minimum", smaller_t{}, detail::array_like(a), dims...);
  }
};
/// The smallest element, likewise.
inline constexpr minimum_t minimum;

}  // namespace cuarrays
