// Upsampling by whole factors: each element repeated, or lines drawn between neighbours, one dimension after the other.
#pragma once
#include <cuarrays/conv.hpp>

namespace cuarrays {

namespace detail {
/// What result o reads along one dimension: element `at` with weight 1 - rest, the next one with weight `rest`.
template <class T>
struct Source {
  Index at;
  T rest;
};
/// Lines as in PyTorch with align_corners = false: centres of elements keep their places.
template <class T, bool linear>
FLUX_KERNEL constexpr Source<T> source_of(Index o, Index factor, Index length) {
  if (!linear) return {o / factor, T(0)};
  const T position = (static_cast<T>(o) + T(0.5)) / static_cast<T>(factor) - T(0.5);
  if (position <= T(0)) return {0, T(0)};
  const auto at = static_cast<Index>(position);
  return at + 1 < length ? Source<T>{at, position - static_cast<T>(at)} : Source<T>{length - 1, T(0)};
}

// Over (before, length, after) the dimension that is worked on.
template <class T, bool linear>
struct UpsampleKernel {
  Index factor, length;
  FLUX_KERNEL void operator()(Index a, Index o, Index b, auto out, auto in) const {
    const auto s = source_of<T, linear>(o, factor, length);
    out(a, o, b) = in(a, s.at, b);
    if (s.rest != T(0)) out(a, o, b) += s.rest * (in(a, s.at + 1, b) - in(a, s.at, b));
  }
};
template <class T, bool linear>
struct UpsampleAdjointKernel {
  Index factor, length;
  FLUX_KERNEL void operator()(Index a, Index i, Index b, auto dx, auto d) const {
    const Index first = i > 0 ? (i - 1) * factor : 0, end = i + 2 < length ? (i + 2) * factor : length * factor;
    T total(0);
    for (Index o = first; o < end; ++o) {
      const auto s = source_of<T, linear>(o, factor, length);
      if (s.at == i) total += (T(1) - s.rest) * d(a, o, b);
      if (s.at + 1 == i) total += s.rest * d(a, o, b);
    }
    dx(a, i, b) = total;
  }
};

template <bool linear, bool adjoint, class A>
A resample(A x, const Spatial& factors) {
  using T = typename A::value_type;
  static_assert(A::rank >= 3 && A::rank <= 5, "cuarrays: upsampling takes one to three spatial dimensions");
  if (x.is_void()) return x;
  auto shape = x.shape();
  for (int d = 0; d < A::rank - 2; ++d) {
    if (factors[d] < 1) fail("upsample", "expected factors of at least 1, got ", factors[d]);
    if (factors[d] == 1) continue;
    Shape<3> from(1, shape[d], 1);
    for (int e = 0; e < A::rank; ++e)
      if (e != d) from[e < d ? 0 : 2] *= shape[e];
    Shape<3> to = from;
    to[1] = shape[d] = adjoint ? shape[d] / factors[d] : shape[d] * factors[d];
    BasicArray<T, 3, typename A::space> out(to, Uninitialised{});
    const auto in = x.reshape(from);
    if constexpr (adjoint)
      launch(UpsampleAdjointKernel<T, linear>{factors[d], to[1]}, to, out, in);
    else
      launch(UpsampleKernel<T, linear>{factors[d], from[1]}, to, out, in);
    x = out.reshape(shape);
  }
  return x;
}
}  // namespace detail

template <bool linear>
struct upsample_t {
  template <Arrays A>
  auto operator()(const A& a, const Spatial& factors) const {
    return detail::resample<linear, false, Materialised<A>>(materialise(a), factors);
  }
  template <Arrays A>
  auto pullback(const A& a, const Spatial& factors) const {
    return zygote::Pullback{(*this)(a, factors), [factors](const auto& d) {
                              return std::make_tuple(
                                  detail::Deferred([=] { return detail::resample<linear, true>(d, factors); }),
                                  zygote::none{});
                            }};
  }
};
/// upsample_nearest(x, 2) or (x, {2, 1}): (W, H, C, N) -> (2 W, 2 H, C, N), each element repeated.
inline constexpr upsample_t<false> upsample_nearest;
/// Linear, bilinear or trilinear interpolation, by the number of spatial dimensions; as PyTorch's align_corners =
/// false.
inline constexpr upsample_t<true> upsample_linear;

}  // namespace cuarrays
