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
  else if constexpr (std::same_as<Op, logical_or_t> || std::same_as<Op, logical_and_t>)
    return T(std::same_as<Op, logical_and_t>);
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

/// Short columns: their elements are worked out together, by batches, and then combined one column after the other.
template <class T, int N, class B, class Op>
void reduce_short(const Op& op, const Dims<N>& dims, const Assignment<T, N, B>& bound, Index begin, Index end) {
  constexpr Index room = 1024;
  alignas(64) T buffer[room];
  const Index length = dims.extent[0], most = room / length;
  for (Index j = begin; j < end; j += most) {
    const Index columns = std::min(most, end - j);
    B in = bound.in;
    in.each_array([&](auto& a) { a.elements += j * length * a.strides[0]; });
    run_column<Access::contiguous>(BoundArray<T, N>{buffer, {1}}, in, 0, columns * length);
    T* out = bound.out.elements + j * bound.out.strides[1];
    for (Index c = 0; c < columns; ++c, out += bound.out.strides[1]) {
      const T* x = buffer + c * length;
      T result = x[0];
      for (Index i = 1; i < length; ++i) result = static_cast<T>(op(result, x[i]));
      *out = static_cast<T>(op(*out, result));
    }
  }
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

template <class T, int N, class B, class Op>
void reduce(Host, const Op& op, T* out, const Shape<N>& kept, const Shape<N>& shape, const B& in);

/// Few results next to each other: several columns are taken for one long one, whose parts are combined at the end.
template <class T, int N, class B, class Op>
void reduce_folded(const Op& op, const Dims<N>& dims, const Assignment<T, N, B>& bound) {
  const Index length = dims.extent[0], fold = 1024 / length, columns = dims.extent[1] / fold;
  Shape<N> kept, shape;
  for (int d = 0; d < N; ++d) kept[d] = shape[d] = 1;
  kept[0] = shape[0] = length * fold;
  shape[1] = columns;
  B in = bound.in;
  in.each_array([&](auto& a) { a.strides[1] = shape[0]; });
  BasicArray<T, N, Host> partial(kept, Uninitialised{});
  reduce(Host{}, op, partial.mutable_data(), kept, shape, in);
  Dims<N> parts = dims, rest = dims;
  parts.extent[1] = fold;
  Assignment<T, N, BoundArray<const T, N>> folded{bound.out, {partial.data(), {1, length}}};
  reduce_range<Access::contiguous>(op, parts, folded);
  Assignment<T, N, B> last = bound;
  narrow(rest, last, 1, columns * fold, dims.extent[1]);
  if (rest.extent[1] > 0) reduce_range<Access::contiguous>(op, rest, last);
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
  if constexpr (N > 1) {
    bool even = access == Access::contiguous && dims.rank == 2;  // do columns follow each other?
    bound.in.each_array([&](auto& a) { even = even && a.strides[1] == dims.extent[0]; });
    if (even && bound.out.strides[0] == 0 && dims.extent[0] <= 64)
      return parallel_ranges(dims.extent[1], size, [&](Index b, Index e) { reduce_short(op, dims, bound, b, e); });
    if (even && bound.out.strides[1] == 0 && dims.extent[0] < 128 && dims.extent[1] >= 4096)
      return reduce_folded(op, dims, bound);
  }
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
  for (int d : std::array<int, sizeof...(D)>{static_cast<int>(dims)...}) {
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
/// A contribution that is made only when somebody asks for it: by f(), which returns an array or an expression.
template <class F>
class Deferred : public Contribution {
 public:
  explicit Deferred(F f) : f_(std::move(f)) {}
  auto evaluate() const { return std::remove_cvref_t<decltype(materialise(f_()))>(materialise(f_())); }
  template <class Acc>
  void add_to(Acc& acc) const {
    acc += f_();
  }

 private:
  F f_;
};

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

/// Of op over elements; its adjoint is rule(d, y, x), where y is the result.
namespace detail {
template <class Op, class Rule>
struct ReductionOf {
  template <Arrays A, std::convertible_to<int>... D>
  auto operator()(const A& a, D... dims) const {
    return reduced(Rule::name, Op{}, array_like(a), dims...);
  }
  template <Arrays A, std::convertible_to<int>... D>
  requires zygote::Differentiable<Materialised<A>>
  auto pullback(const A& a, D... dims) const {
    const Materialised<A> x = materialise(a);
    const auto y = (*this)(x, dims...);
    return zygote::Pullback{y, [x, y, dims...](const auto& d) {
                              auto contribution = [=] {
                                Materialised<A> dx;
                                bool zero = x.is_void();
                                if constexpr (AnyArray<decltype(d)>) zero = zero || d.is_void();
                                if (!zero) dx = Rule{}(spread<A>(x.shape(), d), spread<A>(x.shape(), y), x, dims...);
                                return dx;
                              };
                              return std::tuple_cat(std::make_tuple(Deferred(contribution)), none_for_each<D...>());
                            }};
  }
};
/// Those that are the largest share d.
template <bool largest>
struct ExtremeRule {
  static constexpr const char* name = largest ? "maximum" : "minimum";
  template <class D, class Y, class X, class... I>
  auto operator()(const D& d, const Y& y, const X& x, I... dims) const {
    using T = typename X::value_type;
    const X chosen = broadcast(convert_t<T>{}, x == y);
    return (d * chosen / spread<X>(x.shape(), sum(chosen, dims...))).evaluate();
  }
};
/// The product of all other elements, without dividing by zero.
struct ProductRule {
  static constexpr const char* name = "prod";
  template <class D, class Y, class X, class... I>
  auto operator()(const D& d, const Y&, const X& x, I... dims) const {
    using T = typename X::value_type;
    const X zeros = broadcast(convert_t<T>{}, x == 0);
    const auto count = spread<X>(x.shape(), sum(zeros, dims...));
    const auto others = spread<X>(x.shape(), reduced(name, zygote::math::mul_t{}, x + zeros, dims...));
    return (d * others / (x + zeros) * broadcast(convert_t<T>{}, count == zeros)).evaluate();
  }
};
}  // namespace detail

/// The largest element; of no elements, -infinity. Not a number if any element is not.
inline constexpr detail::ReductionOf<larger_t, detail::ExtremeRule<true>> maximum;
/// The smallest element, likewise.
inline constexpr detail::ReductionOf<smaller_t, detail::ExtremeRule<false>> minimum;
/// The product; of integers as Index.
inline constexpr detail::ReductionOf<zygote::math::mul_t, detail::ProductRule> prod;

struct var_t {
  template <Arrays A, std::convertible_to<int>... D>
  auto operator()(const A& a, D... dims) const {
    const auto& x = detail::array_like(a);
    const auto difference = deviation(x, dims...);
    return zygote::evaluate(sum(difference * difference, dims...) * weight(x, dims...));
  }
  template <Arrays A, std::convertible_to<int>... D>
  auto pullback(const A& a, D... dims) const {
    const Materialised<A> x = materialise(a);
    return zygote::Pullback{
        (*this)(x, dims...), [x, dims...](const auto& d) {
          auto contribution = [=] {
            return detail::spread<A>(x.shape(), d) * deviation(x, dims...) * (2 * weight(x, dims...));
          };
          return std::tuple_cat(std::make_tuple(detail::Deferred(contribution)), detail::none_for_each<D...>());
        }};
  }

 private:
  template <class A, class... D>
  static auto deviation(const A& x, D... dims) {
    return x - detail::spread<A>(x.shape(), mean(x, dims...));
  }
  /// 1 / (n - 1), for the n elements of each result
  template <class A, class... D>
  static auto weight(const A& x, D... dims) {
    const Index results = sizeof...(D) ? detail::kept_shape("var", x.shape(), dims...).size() : 1;
    return typename A::value_type(1) / static_cast<typename A::value_type>(x.size() / std::max(results, Index(1)) - 1);
  }
};
/// The variance sum((x - mean)^2) / (n - 1), of everything or over dims.
inline constexpr var_t var;

/// Is any element, are all elements true (not 0)? A bool, or an array of them over dims.
template <Arrays A, std::convertible_to<int>... D>
auto any(const A& a, D... dims) {
  return detail::reduced("any", logical_or_t{}, broadcast(convert_t<bool>{}, a), dims...);
}
template <Arrays A, std::convertible_to<int>... D>
auto all_of(const A& a, D... dims) {
  return detail::reduced("all_of", logical_and_t{}, broadcast(convert_t<bool>{}, a), dims...);
}

}  // namespace cuarrays
