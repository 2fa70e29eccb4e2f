// How reductions run on the host: combiners, their neutral elements, and loops that combine columns, short or long.
//
// Sums are split by shape alone, never by the number of threads, so that results are the same on any machine.
#pragma once
#include <cuarrays/broadcast.hpp>
#include <limits>

namespace cuarrays {

namespace detail {
/// Numbers, dual ones too; batches have an answer for each lane.
template <class T>
concept one_answer = requires(const T& a) {
  { a < a } -> std::same_as<bool>;
};
}  // namespace detail

/// max and min that keep what is not a number. (xsimd 8.1 has b != b wrong for those with AVX.)
struct larger_t {
  static constexpr bool simd = true;
  template <class T>
  constexpr T operator()(const T& a, const T& b) const {
    if constexpr (detail::one_answer<T>)
      return a < b || !(b == b) ? b : a;
    else
      return select(a < b || !(b == b), b, a);
  }
};
struct smaller_t {
  static constexpr bool simd = true;
  template <class T>
  constexpr T operator()(const T& a, const T& b) const {
    if constexpr (detail::one_answer<T>)
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
  using Limits = std::numeric_limits<std::conditional_t<std::numeric_limits<T>::is_specialized, T, float>>;  // or half
  if constexpr (requires { Op::template neutral<T>(); })
    return Op::template neutral<T>();
  else if constexpr (std::same_as<Op, zygote::math::add_t>)
    return T(0);
  else if constexpr (std::same_as<Op, zygote::math::mul_t>)
    return T(1);
  else if constexpr (std::same_as<Op, logical_or_t> || std::same_as<Op, logical_and_t>)
    return T(std::same_as<Op, logical_and_t>);
  else if constexpr (std::same_as<Op, larger_t>)
    return T(Limits::has_infinity ? -Limits::infinity() : Limits::lowest());
  else if constexpr (std::same_as<Op, smaller_t>)
    return T(Limits::has_infinity ? Limits::infinity() : Limits::max());
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

template <class T, class B>
inline constexpr bool holds = false;
template <class T, int N>
inline constexpr bool holds<T, BoundArray<const T, N>> = true;

/// The longest columns that are short.
inline constexpr Index short_column = 64;
#if CUARRAYS_XSIMD
/// Of columns one behind the other, as many as batches have lanes for: how many they were.
template <class T, class Op>
Index reduce_side_by_side(const Op& op, const T* x, Index length, Index columns, T* out) {
  using Values = xsimd::batch<T>;
  constexpr Index width = Values::size, line = 64 / sizeof(T), ahead = 2 * short_column * width;
  alignas(64) T rows[short_column * width];
  Index c = 0;
  for (; c + width <= columns; c += width, x += width * length) {
    for (Index i = 0; i < width * length; i += line) __builtin_prefetch(x + ahead + i);  // else all waits for it
    for (Index i = 0; i < length; ++i)
      for (Index k = 0; k < width; ++k) rows[i * width + k] = x[k * length + i];
    Values results = Values::load_aligned(rows);
    for (Index i = 1; i < length; ++i) results = op(results, Values::load_aligned(rows + i * width));
    results.store_unaligned(out + c);
  }
  return c;
}
#endif
/// Short columns: their elements are worked out together, by batches, and then combined several columns at once.
template <class T, int N, class B, class Op>
void reduce_short(const Op& op, const Dims<N>& dims, const Assignment<T, N, B>& bound, Index begin, Index end) {
  constexpr Index together = 16, room = short_column * together;
  alignas(64) T buffer[room];
  const Index length = dims.extent[0], most = room / length / together * together;
  for (Index j = begin; j < end; j += most) {
    const Index columns = std::min(most, end - j);
    B in = bound.in;
    in.each_array([&](auto& a) { a.elements += j * length * a.strides[0]; });
    const T* x = buffer;
    if constexpr (holds<T, B>)
      x = in.elements;
    else
      run_column<Access::contiguous>(BoundArray<T, N>{buffer, {1}}, in, 0, columns * length);
    T* out = bound.out.elements + j;
    T* const last = out + columns;
    const auto combine = [&]<Index at_once>(std::integral_constant<Index, at_once>) {
      T results[at_once];
      for (Index k = 0; k < at_once; ++k) results[k] = x[k * length];
      for (Index i = 1; i < length; ++i)
        for (Index k = 0; k < at_once; ++k) results[k] = static_cast<T>(op(results[k], x[k * length + i]));
      std::copy_n(results, at_once, out);
      x += at_once * length, out += at_once;
    };
    if constexpr (ReducesBatches<Op, T, BoundArray<const T, N>>) {
      const Index done = reduce_side_by_side(op, x, length, columns, out);
      x += done * length, out += done;
    }
    while (out + 4 <= last) combine(std::integral_constant<Index, 4>());
    while (out < last) combine(std::integral_constant<Index, 1>());
  }
}

/// Columns that are combined element by element: two at once, a part of them that stays in the cache.
template <Access access, class T, int N, class B, class Op>
void reduce_columns(const Op& op, const Dims<N>& dims, const Assignment<T, N, B>& bound) {
  constexpr Index part = 4096;
  using One = BoundCall<Op, BoundArray<T, N>, B>;
  const Index length = dims.extent[0], columns = dims.size() / length;
  bool pairs = false;
  if constexpr (N > 1) pairs = dims.rank > 1 && bound.out.strides[1] == 0 && dims.extent[1] % 2 == 0;
  for (Index i = 0; i < length; i += part) {
    const Index end = std::min(length, i + part);
    Walker walker(dims, bound, 0);
    for (Index column = 0; column < columns; ++column, walker.next()) {
      const BoundArray<T, N> out = walker.bound.out;
      const One one{op, {out, walker.bound.in}};
      if (pairs) {
        ++column, walker.next();
        run_column<access>(out, BoundCall<Op, One, B>{op, {one, walker.bound.in}}, i, end);
      } else
        run_column<access>(out, one, i, end);
    }
  }
}
template <Access access, class T, int N, class B, class Op>
void reduce_range(const Op& op, const Dims<N>& dims, const Assignment<T, N, B>& bound) {
  if (bound.out.strides[0] != 0) return reduce_columns<access>(op, dims, bound);
  Index columns = dims.size() / dims.extent[0];
  for (Walker walker(dims, bound, 0); columns > 0; walker.next(), --columns) {
    T* out = walker.bound.out.elements;
    *out = reduce_column<access>(op, *out, walker.bound.in, dims.extent[0]);
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
  if (shape.size() == 0) return void(std::fill_n(out, kept.size(), neutral<Op, T>()));
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
  const bool follow = columns_follow(dims, bound.in);
  if constexpr (N > 1)
    if (follow && bound.out.strides[0] == 0 && dims.extent[0] <= short_column)
      return parallel_ranges(dims.extent[1], size, [&](Index b, Index e) { reduce_short(op, dims, bound, b, e); });
  std::fill_n(out, kept.size(), neutral<Op, T>());
  if constexpr (N > 1)
    if (follow && bound.out.strides[1] == 0 && dims.extent[0] < 128 && dims.extent[1] >= 4096)
      return reduce_folded(op, dims, bound);
  const int widest = largest(dims, bound, true), longest = largest(dims, bound, false);
  // Threads share the results, unless these are few, or memory would be read in short pieces.
  Index enough = 256;
  if constexpr (N > 1)
    if (widest == 0 && longest > 0 && dims.extent[longest] >= 1024) enough = Index(1) << 14;
  if (size < parallel_threshold || longest < 0 || (widest >= 0 && dims.extent[widest] >= enough)) {
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
}  // namespace detail

}  // namespace cuarrays
