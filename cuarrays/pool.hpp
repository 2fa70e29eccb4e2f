// Pooling over one to three dimensions, of arrays (W, H, D, channels, batch) as in conv: the largest element or the
// mean of each window. The same kernels run on the CPU and the GPU; adjoints gather, so that nothing is added twice.
#pragma once
#include <cuarrays/conv.hpp>

namespace cuarrays {

/// As in PyTorch; stride 0 stands for that of the window.
struct PoolOptions {
  Spatial window = 2, stride = 0, pad = 0;
};

}  // namespace cuarrays

template <>
struct zygote::Algebra<cuarrays::PoolOptions> : zygote::NoAlgebra {};

namespace cuarrays {
namespace detail {
/// Which elements of a plane each result sees, and which results see an element.
struct Windows {
  Index in[3] = {1, 1, 1}, out[3] = {1, 1, 1};
  Index window[3] = {1, 1, 1}, stride[3] = {1, 1, 1}, pad[3] = {0, 0, 0};
  bool adaptive = false;  // result o sees [floor(o in / out), ceil((o + 1) in / out))

  FLUX_KERNEL constexpr Index begin(int d, Index o) const {
    const Index first = adaptive ? o * in[d] / out[d] : o * stride[d] - pad[d];
    return first > 0 ? first : 0;
  }
  FLUX_KERNEL constexpr Index end(int d, Index o) const {
    const Index last = adaptive ? ((o + 1) * in[d] + out[d] - 1) / out[d] : o * stride[d] - pad[d] + window[d];
    return last < in[d] ? last : in[d];
  }
  FLUX_KERNEL constexpr Index first_result(int d, Index i) const {
    if (adaptive) return i * out[d] / in[d];
    return i + pad[d] < window[d] ? 0 : (i + pad[d] - window[d]) / stride[d] + 1;
  }
  FLUX_KERNEL constexpr Index end_of_results(int d, Index i) const {
    const Index end = adaptive ? ((i + 1) * out[d] + in[d] - 1) / in[d] : (i + pad[d]) / stride[d] + 1;
    return end < out[d] ? end : out[d];
  }
  /// What a mean divides by; padding counts, as in PyTorch.
  FLUX_KERNEL constexpr Index count(int d, Index o) const { return adaptive ? end(d, o) - begin(d, o) : window[d]; }
};

/// visit(position in the plane) for each element that result (i, j, k) sees.
template <class Visit>
FLUX_KERNEL void each_element(const Windows& w, Index i, Index j, Index k, const Visit& visit) {
  for (Index z = w.begin(2, k); z < w.end(2, k); ++z)
    for (Index y = w.begin(1, j); y < w.end(1, j); ++y)
      for (Index x = w.begin(0, i), end = w.end(0, i); x < end; ++x) visit((z * w.in[1] + y) * w.in[0] + x);
}
/// visit(i, j, k) for each result that sees element (x, y, z).
template <class Visit>
FLUX_KERNEL void each_result(const Windows& w, Index x, Index y, Index z, const Visit& visit) {
  for (Index k = w.first_result(2, z); k < w.end_of_results(2, z); ++k)
    for (Index j = w.first_result(1, y); j < w.end_of_results(1, y); ++j)
      for (Index i = w.first_result(0, x), end = w.end_of_results(0, x); i < end; ++i) visit(i, j, k);
}

// Kernels are launched over (W, H D, planes).
struct MaxPoolKernel {
  Windows w;
  FLUX_KERNEL void operator()(Index i, Index jk, Index plane, auto out, auto in, auto... positions) const {
    const auto* x = &in[plane * w.in[0] * w.in[1] * w.in[2]];
    const Index j = w.out[2] == 1 ? jk : jk % w.out[1], k = w.out[2] == 1 ? 0 : jk / w.out[1];
    Index best = (w.begin(2, k) * w.in[1] + w.begin(1, j)) * w.in[0] + w.begin(0, i);
    each_element(w, i, j, k, [&](Index at) {
      if (x[at] > x[best] || x[at] != x[at]) best = at;
    });
    out(i, jk, plane) = x[best];
    ((positions(i, jk, plane) = static_cast<int>(best)), ...);
  }
};
struct MaxPoolAdjointKernel {
  Windows w;
  FLUX_KERNEL void operator()(Index x, Index yz, Index plane, auto dx, auto d, auto positions) const {
    const Index y = w.in[2] == 1 ? yz : yz % w.in[1], z = w.in[2] == 1 ? 0 : yz / w.in[1];
    const Index here = yz * w.in[0] + x;
    std::remove_cvref_t<decltype(d[0])> total(0);
    each_result(w, x, y, z, [&](Index i, Index j, Index k) {
      const Index jk = k * w.out[1] + j;
      if (positions(i, jk, plane) == here) total += d(i, jk, plane);
    });
    dx(x, yz, plane) = total;
  }
};
template <class T>
struct MeanPoolKernel {
  Windows w;
  FLUX_KERNEL void operator()(Index i, Index jk, Index plane, auto out, auto in) const {
    const T* x = &in[plane * w.in[0] * w.in[1] * w.in[2]];
    const Index j = w.out[2] == 1 ? jk : jk % w.out[1], k = w.out[2] == 1 ? 0 : jk / w.out[1];
    T total(0);
    each_element(w, i, j, k, [&](Index at) { total += x[at]; });
    out(i, jk, plane) = total / static_cast<T>(w.count(0, i) * w.count(1, j) * w.count(2, k));
  }
};
template <class T>
struct MeanPoolAdjointKernel {
  Windows w;
  FLUX_KERNEL void operator()(Index x, Index yz, Index plane, auto dx, auto d) const {
    const Index y = w.in[2] == 1 ? yz : yz % w.in[1], z = w.in[2] == 1 ? 0 : yz / w.in[1];
    T total(0);
    each_result(w, x, y, z, [&](Index i, Index j, Index k) {
      total += d(i, k * w.out[1] + j, plane) / static_cast<T>(w.count(0, i) * w.count(1, j) * w.count(2, k));
    });
    dx(x, yz, plane) = total;
  }
};

template <int N>
Windows windows_of(const Shape<N>& x, const PoolOptions& o) {
  static_assert(N >= 3 && N <= 5, "cuarrays: pooling takes one to three spatial dimensions, channels and a batch");
  Windows w;
  for (int d = 0; d < N - 2; ++d) {
    w.in[d] = x[d], w.window[d] = o.window[d], w.pad[d] = o.pad[d];
    w.stride[d] = o.stride[d] ? o.stride[d] : o.window[d];
    if (w.window[d] < 1 || w.stride[d] < 1 || w.pad[d] < 0 || w.pad[d] >= w.window[d] ||
        w.window[d] > x[d] + 2 * w.pad[d])
      fail("pool", "expected 0 <= pad < window, and a window that fits into the padded input ", x, ", got a window of ",
           w.window[d], ", stride ", w.stride[d], ", pad ", w.pad[d]);
    w.out[d] = (x[d] + 2 * w.pad[d] - w.window[d]) / w.stride[d] + 1;
  }
  return w;
}
template <int N>
Windows windows_of(const Shape<N>& x, const Spatial& out) {
  static_assert(N >= 3 && N <= 5, "cuarrays: pooling takes one to three spatial dimensions, channels and a batch");
  Windows w;
  w.adaptive = true;
  for (int d = 0; d < N - 2; ++d) {
    w.in[d] = x[d], w.out[d] = out[d];
    if (x[d] < 1 || out[d] < 1) fail("adaptive_pool", "expected extents of at least 1, got ", x, " and ", out[d]);
  }
  return w;
}
template <int N>
Shape<N> pooled_shape(Shape<N> shape, const Index (&spatial)[3]) {
  for (int d = 0; d < N - 2; ++d) shape[d] = spatial[d];
  return shape;
}
/// (W, H D, planes)
template <int N>
Shape<3> as_planes(const Shape<N>& shape) {
  Shape<3> planes(shape[0], 1, shape[N - 2] * shape[N - 1]);
  for (int d = 1; d < N - 2; ++d) planes[1] *= shape[d];
  return planes;
}
/// An array of this shape, written by a kernel over its planes, which reads those of x (and of arrays like these).
template <int N, class A, class Kernel, class... More>
A by_planes(const Kernel& kernel, const Shape<N>& shape, const A& x, More&... more) {
  if (x.is_void()) return {};
  BasicArray<typename A::value_type, 3, typename A::space> result(as_planes(shape), Uninitialised{});
  const auto planes = x.reshape(as_planes(x.shape()));
  launch(kernel, result.shape(), result, planes, more...);
  return result.reshape(shape);
}
}  // namespace detail

/// Options: PoolOptions, or, of adaptive pooling, the spatial extents of the result.
template <class Options>
struct max_pool_t {
  template <Arrays A>
  auto operator()(const A& a, const Options& options) const {
    const Materialised<A> x = materialise(a);
    const auto w = detail::windows_of(x.shape(), options);
    return detail::by_planes(detail::MaxPoolKernel{w}, detail::pooled_shape(x.shape(), w.out), x);
  }
  template <Arrays A>
  auto pullback(const A& a, const Options& options) const {
    const Materialised<A> x = materialise(a);
    const auto w = detail::windows_of(x.shape(), options);
    const auto shape = detail::pooled_shape(x.shape(), w.out);
    BasicArray<int, 3, typename Materialised<A>::space> positions(detail::as_planes(shape), Uninitialised{});
    auto y = detail::by_planes(detail::MaxPoolKernel{w}, shape, x, positions);
    return zygote::Pullback{std::move(y), [w, shape = x.shape(), positions = std::as_const(positions)](const auto& d) {
                              const detail::MaxPoolAdjointKernel adjoint{w};
                              return std::make_tuple(
                                  detail::Deferred([=] { return detail::by_planes(adjoint, shape, d, positions); }),
                                  zygote::none{});
                            }};
  }
};
template <class Options>
struct mean_pool_t {
  template <Arrays A>
  auto operator()(const A& a, const Options& options) const {
    return pullback(a, options).value;
  }
  template <Arrays A>
  auto pullback(const A& a, const Options& options) const {
    using T = typename Materialised<A>::value_type;
    const Materialised<A> x = materialise(a);
    const auto w = detail::windows_of(x.shape(), options);
    return zygote::Pullback{detail::by_planes(detail::MeanPoolKernel<T>{w}, detail::pooled_shape(x.shape(), w.out), x),
                            [w, shape = x.shape()](const auto& d) {
                              const detail::MeanPoolAdjointKernel<T> adjoint{w};
                              return std::make_tuple(
                                  detail::Deferred([=] { return detail::by_planes(adjoint, shape, d); }),
                                  zygote::none{});
                            }};
  }
};
/// max_pool(x, {.window = 3, .stride = 2, .pad = 1}): (W, H, C, N) -> (W', H', C, N); what is padded is never the
/// largest.
inline constexpr max_pool_t<PoolOptions> max_pool;
/// The mean of each window, padding counted as zeros.
inline constexpr mean_pool_t<PoolOptions> mean_pool;
/// adaptive_mean_pool(x, {7, 7}): windows that divide W and H into so many parts; 1 for the mean of all.
inline constexpr max_pool_t<Spatial> adaptive_max_pool;
inline constexpr mean_pool_t<Spatial> adaptive_mean_pool;

}  // namespace cuarrays
