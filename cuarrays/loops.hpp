// How bound expressions run on the host: SIMD batches (xsimd) through the same functors, all cores for large arrays.
//
// Adjacent dimensions are merged wherever every operand allows it. What is left is walked column by column, a column
// being a run along the first dimension; operands advance by additions, never by a division per element.
#pragma once
#include <cuarrays/expression.hpp>
#include <cuarrays/simd.hpp>
#include <exception>
#include <string_view>

#ifdef _OPENMP
#include <omp.h>
#endif

namespace cuarrays::detail {

/// From this many elements on, work is shared among threads. Below, waking them costs more than it gains, and threads
/// that spin would take the cores from those of the BLAS.
inline constexpr Index parallel_threshold = Index(1) << 20;

/// Extents after merging: `extent[0]` is the length of a column.
template <int N>
struct Dims {
  int rank = 0;
  Index extent[N] = {};
  constexpr Index size() const {
    Index n = 1;
    for (int d = 0; d < rank; ++d) n *= extent[d];
    return n;
  }
};

/// Drops dimensions of extent 1 and merges those that all operands of `bound` read as one. Needs a shape without 0.
template <int N, class B>
Dims<N> merge(const Shape<N>& shape, B& bound) {
  Dims<N> dims;
  for (int d = 0; d < N; ++d) {
    if (shape[d] == 1) continue;
    const int last = dims.rank - 1;
    bool joins = last >= 0;
    if (joins) bound.each_array([&](auto& a) { joins = joins && a.strides[d] == a.strides[last] * dims.extent[last]; });
    if (joins) {
      dims.extent[last] *= shape[d];
    } else {
      bound.each_array([&](auto& a) { a.strides[dims.rank] = a.strides[d]; });
      dims.extent[dims.rank++] = shape[d];
    }
  }
  if (dims.rank == 0) {
    dims.extent[dims.rank++] = 1;
    bound.each_array([](auto& a) { a.strides[0] = 1; });
  }
  return dims;
}

/// Where a result goes, with stride 0 along what is reduced, and what comes in.
template <class T, int N, class B>
struct Assignment {
  BoundArray<T, N> out;
  B in;
  template <class Visit>
  void each_array(Visit&& visit) {
    visit(out);
    in.each_array(visit);
  }
};

/// How operands read columns: all with stride 1; some with stride 0, the same element again; some with any other
/// stride.
enum class Access { contiguous, stretched, strided };
template <class B>
Access access_of(B& bound) {
  Access access = Access::contiguous;
  bound.each_array([&](auto& a) {
    if (a.strides[0] != 1) access = std::max(access, a.strides[0] == 0 ? Access::stretched : Access::strided);
  });
  return access;
}
/// Are the columns of all operands, which have two dimensions left, next to each other, one behind the other?
template <int N, class B>
bool columns_follow(const Dims<N>& dims, B& bound) {
  bool follow = N > 1 && dims.rank == 2;
  if constexpr (N > 1)
    bound.each_array([&](auto& a) { follow = follow && a.strides[0] == 1 && a.strides[1] == dims.extent[0]; });
  return follow;
}
/// Calls f<access>().
template <class F>
void with_access(Access access, F&& f) {
  if (access == Access::contiguous)
    f.template operator()<Access::contiguous>();
  else if (access == Access::stretched)
    f.template operator()<Access::stretched>();
  else
    f.template operator()<Access::strided>();
}

/// Restricts what is walked to [begin, end) of one dimension.
template <int N, class B>
void narrow(Dims<N>& dims, B& bound, int d, Index begin, Index end) {
  bound.each_array([&](auto& a) { a.elements += begin * a.strides[d]; });
  dims.extent[d] = end - begin;
}

/// Walks columns in memory order, from column `first` on.
template <int N, class B>
struct Walker {
  const Dims<N>& dims;
  B bound;
  Index at[N] = {};

  Walker(const Dims<N>& dims, const B& bound, Index first) : dims(dims), bound(bound) {
    for (int d = 1; d < N && d < dims.rank; ++d) {
      at[d] = first % dims.extent[d];
      first /= dims.extent[d];
      advance(d, at[d]);
    }
  }
  void next() {
    for (int d = 1; d < N && d < dims.rank; ++d) {
      advance(d, 1);
      if (++at[d] < dims.extent[d]) return;
      advance(d, -at[d]);
      at[d] = 0;
    }
  }

 private:
  void advance(int d, Index steps) {
    bound.each_array([&](auto& a) { a.elements += steps * a.strides[d]; });
  }
};

/// Calls body(begin, end) for ranges that cover [0, n), on several threads if `work` elements are enough for that.
template <class Body>
void parallel_ranges(Index n, [[maybe_unused]] Index work, const Body& body) {
#ifdef _OPENMP
  const Index wanted = std::min({work / (parallel_threshold / 2), n, static_cast<Index>(omp_get_max_threads())});
  if (work >= parallel_threshold && wanted > 1 && !omp_in_parallel()) {
    std::exception_ptr error;
#pragma omp parallel num_threads(static_cast <int>(wanted))
    {
      const Index threads = omp_get_num_threads(), id = omp_get_thread_num();
      try {
        body(n / threads * id + std::min(id, n % threads), n / threads * (id + 1) + std::min(id + 1, n % threads));
      } catch (...) {
#pragma omp critical(cuarrays_error)
        error = std::current_exception();
      }
    }
    if (error) std::rethrow_exception(error);
    return;
  }
#endif
  body(Index(0), n);
}

#if CUARRAYS_XSIMD
/// The first `count` elements of a batch, from and to memory; nothing beyond them is touched.
template <class T, class Arch>
struct Partial {
  using Values = xsimd::batch<T, Arch>;
  static Values load(const T* from, Index count) {
    alignas(64) T padded[Values::size] = {};
    std::copy_n(from, count, padded);
    return Values::load_aligned(padded);
  }
  static void store(T* to, Index count, const Values& values) {
    alignas(64) T padded[Values::size];
    values.store_aligned(padded);
    std::copy_n(padded, count, to);
  }
};
#if XSIMD_WITH_AVX512F
template <class Arch>
requires(xsimd::batch<float, Arch>::size == 16) struct Partial<float, Arch> {
  using Values = xsimd::batch<float, Arch>;
  static __mmask16 mask(Index count) { return static_cast<__mmask16>((1u << count) - 1); }
  static Values load(const float* from, Index count) { return _mm512_maskz_loadu_ps(mask(count), from); }
  static void store(float* to, Index count, const Values& values) { _mm512_mask_storeu_ps(to, mask(count), values); }
};
#endif
#if XSIMD_WITH_AVX
template <class Arch>
requires(xsimd::batch<float, Arch>::size == 8) struct Partial<float, Arch> {
  using Values = xsimd::batch<float, Arch>;
  static __m256i mask(Index count) {
    static constexpr int ones_then_zeros[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(ones_then_zeros + 8 - count));
  }
  static Values load(const float* from, Index count) { return _mm256_maskload_ps(from, mask(count)); }
  static void store(float* to, Index count, const Values& values) { _mm256_maskstore_ps(to, mask(count), values); }
};
#endif

/// A lane of W elements: `count` of them from memory, the rest is padding.
template <class T, Access access>
struct Batch {
  using Values = xsimd::batch<T>;
  using Rest = Partial<T, typename Values::arch_type>;
  static constexpr Index width = Values::size;
  Index i;
  Index count = width;

  template <class U, int N>
  Values load(const BoundArray<U, N>& a) const {
    if (access == Access::stretched && a.strides[0] == 0) return Values(*a.elements);
    if (count == width) return Values::load_unaligned(a.elements + i);
    return Rest::load(a.elements + i, count);
  }
  Values splat(T x) const { return Values(x); }
  void store_rest(T* to, const Values& values) const { Rest::store(to + i, count, values); }
  template <class F, class... V>
  static auto call(const F& f, const V&... v) {
    return f(v...);
  }
  // As std::max and std::min have it for numbers that are not comparable: the first one. The hardware: the second.
  static Values call(zygote::math::max_t, const Values& a, const Values& b) { return xsimd::select(a < b, b, a); }
  static Values call(zygote::math::min_t, const Values& a, const Values& b) { return xsimd::select(b < a, b, a); }
  // As std::fmax and std::fmin: the one that is a number.
  static Values call(zygote::math::fmax_t, const Values& a, const Values& b) {
    return xsimd::select(a >= b || !(b == b), a, b);
  }
  static Values call(zygote::math::fmin_t, const Values& a, const Values& b) {
    return xsimd::select(a <= b || !(b == b), a, b);
  }
  // What xsimd has wrong is worked out by std: x^0 = 1 and 1^y = 1, atan2(+-0, x), what is not finite, remainders of
  // large quotients; and its gamma functions do not end for large numbers.
  static Values call(zygote::math::pow_t f, const Values& a, const Values& b) {
    if (!finite(a, b)) return lane_by_lane(f, a, b);
    return xsimd::select(b == Values(T(0)) || a == Values(T(1)), Values(T(1)), xsimd::pow(a, b));
  }
  static Values call(zygote::math::atan2_t f, const Values& a, const Values& b) {
    return finite(a, b) && !xsimd::any(a == Values(T(0))) ? xsimd::atan2(a, b) : lane_by_lane(f, a, b);
  }
  static Values call(zygote::math::hypot_t f, const Values& a, const Values& b) {
    const Values squares = a * a + b * b;  // which neither overflow nor vanish
    const T least = std::numeric_limits<T>::min() / std::numeric_limits<T>::epsilon();
    return xsimd::all(squares >= Values(least) && squares <= Values(std::numeric_limits<T>::max()))
               ? xsimd::sqrt(squares)
               : lane_by_lane(f, a, b);
  }
  static Values call(zygote::math::fdim_t f, const Values& a, const Values& b) {
    return finite(a, b) ? xsimd::fdim(a, b) : lane_by_lane(f, a, b);
  }
  static Values call(zygote::math::fmod_t f, const Values& a, const Values& b) { return lane_by_lane(f, a, b); }
  static Values call(zygote::math::remainder_t f, const Values& a, const Values& b) { return lane_by_lane(f, a, b); }
  static Values call(zygote::math::tgamma_t f, const Values& a) { return lane_by_lane(f, a); }
  static Values call(zygote::math::lgamma_t, const Values& a) { return lane_by_lane(log_gamma, a); }
  static T log_gamma(T x) {
    int sign;  // std::lgamma writes it to a global
    return std::same_as<T, float> ? static_cast<T>(::lgammaf_r(static_cast<float>(x), &sign)) : ::lgamma_r(x, &sign);
  }
  static bool finite(const Values& a, const Values& b) {
    const Values zero = a * Values(T(0)) + b * Values(T(0));  // not a number, if one is infinite
    return xsimd::all(zero == zero);
  }
  template <class F, class... V>
  static Values lane_by_lane(const F& f, const V&... v) {
    alignas(64) T lanes[sizeof...(V)][Values::size], result[Values::size];
    std::size_t k = 0;
    (v.store_aligned(lanes[k++]), ...);
    for (std::size_t i = 0; i < Values::size; ++i) result[i] = [&]<std::size_t... n>(std::index_sequence<n...>) {
        return f(lanes[n][i]...);
      }
    (std::index_sequence_for<V...>{});
    return Values::load_aligned(result);
  }
  static Values call(zygote::math::erf_t, const Values& a) { return simd::erf(a); }
  static Values call(zygote::math::erfc_t, const Values& a) { return simd::erfc(a); }
};

/// Does F take batches? nvcc refuses vector types in whatever is marked FLUX_KERNEL, even on the host; zygote::math's
/// objects are constexpr instead. So a user's functor takes batches in files that another compiler compiles.
template <class F>
concept TakesBatches = F::simd;
#ifdef __CUDACC__
template <class F>
inline constexpr bool batches_under_nvcc = std::string_view(name_of<F>) != "map";
#else
template <class F>
inline constexpr bool batches_under_nvcc = true;
#endif

template <class T, std::size_t>
using Repeat = T;
template <class F, class V, class I>
inline constexpr bool accepts_batches = false;
template <class F, class V, std::size_t... i>
requires TakesBatches<F> && batches_under_nvcc<F> && requires(const F& f, Repeat<const V&, i>... v) {
  { f(v...) } -> std::same_as<V>;
}
inline constexpr bool accepts_batches<F, V, std::index_sequence<i...>> = true;

/// May this bound expression be evaluated by batches of T? All operands are of type T, all functors take batches.
template <class T, class B>
inline constexpr bool vectorises = false;
template <class T, class U, int N>
inline constexpr bool vectorises<T, BoundArray<U, N>> = std::same_as<T, std::remove_const_t<U>>;
template <class T>
inline constexpr bool vectorises<T, BoundScalar<T>> = true;
template <class T, class F, class... B>
requires(vectorises<T, B>&&...) inline constexpr bool vectorises<T, BoundCall<F, B...>> =
    accepts_batches<F, xsimd::batch<T>, std::index_sequence_for<B...>>;
template <class T, class B>
concept Vectorises = (std::same_as<T, float> || std::same_as<T, double>)&&vectorises<T, B>;
#else
template <class T, class B>
concept Vectorises = false;
#endif

/// out[i] = bound(i) for i in [i, end) of a column.
template <Access access, class T, int N, class B>
void run_column(const BoundArray<T, N>& out, const B& bound, Index i, Index end) {
  constexpr bool contiguous = access == Access::contiguous;
#if CUARRAYS_XSIMD
  if constexpr (Vectorises<T, B> && access != Access::strided) {
    using Lane = Batch<T, access>;
    for (; i + Lane::width <= end; i += Lane::width) bound.at(Lane{i}).store_unaligned(out.elements + i);
    const Lane rest{i, end - i};
    if (i < end) rest.store_rest(out.elements, bound.at(rest));
  } else
#endif
    for (const Index stride = access == Access::strided ? out.strides[0] : 1; i < end; ++i)
      out.elements[i * stride] = static_cast<T>(bound.at(OneElement<contiguous>{i}));
}

template <Access access, class T, int N, class B>
void run_range(const Dims<N>& dims, const Assignment<T, N, B>& all, Index begin, Index end) {
  const Index length = dims.extent[0];
  Index i = begin % length;
  for (Walker walker(dims, all, begin / length); begin < end; walker.next(), i = 0) {
    const Index stop = std::min(length, i + end - begin);
    run_column<access>(walker.bound.out, walker.bound.in, i, stop);
    begin += stop - i;
  }
}

/// A dimension along which a strided operand lies closer together than along the first; 0 if there is none.
template <int N, class B>
int closest(const Dims<N>& dims, B& all) {
  int best = 0;
  all.each_array([&](auto& a) {
    Index least = std::abs(a.strides[0]);
    for (int d = 1; d < dims.rank && least > 1; ++d)
      if (a.strides[d] != 0 && std::abs(a.strides[d]) < least) least = std::abs(a.strides[best = d]);
  });
  return best;
}

/// width x height elements along the first two dimensions; whole: `tile_width` of them next to each other.
template <class T>
inline constexpr Index tile_width = std::max(Index(1), Index(128 / sizeof(T)));
template <bool whole, class T, int N, class B>
void run_tile(Assignment<T, N, B> part, Index width, Index height) {
  for (Index j = 0; j < height; ++j) {
    T* const out = part.out.elements;
    const B in = part.in;
    for (Index i = 0; i < (whole ? tile_width<T> : width); ++i)
      out[whole ? i : i * part.out.strides[0]] = static_cast<T>(in.at(OneElement<false>{i}));
    part.each_array([](auto& a) { a.elements += a.strides[1]; });
  }
}
/// Operands that lie in memory in different orders are walked in tiles, so that cache lines are used up.
template <class T, int N, class B>
void run_tiles(Dims<N> dims, Assignment<T, N, B> all, int across) {
  constexpr Index width = tile_width<T>, height = 256;
  std::swap(dims.extent[1], dims.extent[across]);
  all.each_array([&](auto& a) { std::swap(a.strides[1], a.strides[across]); });
  Dims<N> outer = dims;
  outer.extent[0] = outer.extent[1] = 1;
  const Index wide = (dims.extent[0] + width - 1) / width, high = (dims.extent[1] + height - 1) / height;
  parallel_ranges(wide * high * outer.size(), dims.size(), [&](Index begin, Index end) {
    for (Index tile = begin; tile < end; ++tile) {
      const Index i = tile % wide * width, j = tile / wide % high * height;
      Assignment<T, N, B> part = Walker(outer, all, tile / wide / high).bound;
      part.each_array([&](auto& a) { a.elements += i * a.strides[0] + j * a.strides[1]; });
      const Index w = std::min(width, dims.extent[0] - i), h = std::min(height, dims.extent[1] - j);
      part.out.strides[0] == 1 && w == width ? run_tile<true>(part, w, h) : run_tile<false>(part, w, h);
    }
  });
}

/// out = in, for all elements of a shape.
template <class T, int N, class B>
void run(Host, const BoundArray<T, N>& out, const Shape<N>& shape, const B& in) {
  if (shape.size() == 0) return;
  Assignment<T, N, B> all{out, in};
  const Dims<N> dims = merge(shape, all);
  const Access access = access_of(all);
  if constexpr (N > 1)
    if (const int across = access == Access::strided ? closest(dims, all) : 0) return run_tiles(dims, all, across);
  constexpr Index grain = 64;  // so that threads do not share cache lines
  const Index size = dims.size(), grains = (size + grain - 1) / grain;
  parallel_ranges(grains, size, [&](Index begin, Index end) {
    with_access(access, [&]<Access a>() { run_range<a>(dims, all, begin * grain, std::min(size, end * grain)); });
  });
}

}  // namespace cuarrays::detail
