// Convolutions over one, two or three dimensions, with groups, and their transposes. oneDNN or im2col and GEMM on the
// host, cuDNN on the GPU. Arrays are (W, H, D, channels, batch) with one to three leading extents, the bytes of
// PyTorch's (N, C, D, H, W).
#pragma once
#include <cuarrays/linear.hpp>

namespace cuarrays {

/// One number per spatial dimension: 2 for all of them, or {2, 1} for W and H.
struct Spatial {
  Index of[3];
  constexpr Spatial(Index all = 1) : of{all, all, all} {}
  constexpr Spatial(Index w, Index h, Index d = 1) : of{w, h, d} {}
  constexpr Index operator[](int dim) const { return of[dim]; }
};

/// As in PyTorch. `output_pad` is for conv_transpose only: what is added to one side of its result, of whose extents a
/// stride leaves several possible.
struct ConvOptions {
  Spatial stride = 1, pad = 0, dilation = 1;
  Index groups = 1;
  Spatial output_pad = 0;
};

/// While one lives, convolutions on the GPU whose shapes are new to it are timed with each algorithm of cuDNN, and the
/// fastest is kept, in place of the one that cuDNN recommends: worth it in training, where shapes come again. Which one
/// is the fastest may differ from run to run, and with it the rounding. As torch.backends.cudnn.benchmark. Timing
/// cannot be recorded: run a step once before graph() records it.
class MeasureConvolutions : detail::Scope<MeasureConvolutions> {
 public:
  using detail::Scope<MeasureConvolutions>::here;
};

}  // namespace cuarrays

template <>
struct zygote::Algebra<cuarrays::Spatial> : zygote::NoAlgebra {};
template <>
struct zygote::Algebra<cuarrays::ConvOptions> : zygote::NoAlgebra {};

namespace cuarrays {
namespace detail {
/// y = conv(x, w), everything with three spatial extents; those beyond `dims` are 1.
struct Conv {
  Index dims, batch, groups;
  Index in, out;  // channels of x and y
  Index x[3], w[3], y[3], stride[3], pad[3], dilation[3];
  auto operator<=>(const Conv&) const = default;

  Index x_size() const { return x[0] * x[1] * x[2]; }
  Index w_size() const { return w[0] * w[1] * w[2]; }
  Index y_size() const { return y[0] * y[1] * y[2]; }
};
/// What is asked for: y of (x, w); dx of (dy, w); dw of (x, dy).
enum class ConvPass { forward, data, weight };

void convolve(Host, ConvPass pass, const Conv& conv, ElementType type, const void* a, const void* b, void* result);
void convolve(Device, ConvPass pass, const Conv& conv, ElementType type, const void* a, const void* b, void* result);
/// By oneDNN, if this program was built with it; float only.
bool has_onednn();
void convolve_onednn(ConvPass pass, const Conv& conv, const float* a, const float* b, float* result);

/// Checks what both directions have in common. `large` is the side that is strided over: x of conv, y of its transpose.
template <int N>
Conv conv_between(const char* operation, const ConvOptions& o, const Shape<N>& large, const Shape<N>& w,
                  const Shape<N>& small) {
  constexpr int dims = N - 2;
  static_assert(dims >= 1 && dims <= 3, "cuarrays: convolutions have one to three spatial dimensions");
  Conv c{dims,      large[N - 1], o.groups,  large[dims], small[dims], {1, 1, 1},
         {1, 1, 1}, {1, 1, 1},    {1, 1, 1}, {0, 0, 0},   {1, 1, 1}};
  for (int d = 0; d < dims; ++d) {
    c.x[d] = large[d], c.w[d] = w[d], c.y[d] = small[d];
    c.stride[d] = o.stride[d], c.pad[d] = o.pad[d], c.dilation[d] = o.dilation[d];
    if (c.stride[d] < 1 || c.dilation[d] < 1 || c.pad[d] < 0)
      fail(operation, "expected stride >= 1, dilation >= 1, pad >= 0, got ", c.stride[d], ", ", c.dilation[d], ", ",
           c.pad[d]);
  }
  if (o.groups < 1 || c.in % o.groups || c.out % o.groups)
    fail(operation, "expected channels that ", o.groups, " groups divide, got ", c.in, " and ", c.out);
  return c;
}

/// The result of one pass, of this shape.
template <class T, class Space, int N>
BasicArray<T, N, Space> convolved(ConvPass pass, const Conv& conv, const Shape<N>& shape,
                                  const BasicArray<T, N, Space>& a, const BasicArray<T, N, Space>& b) {
  if (a.is_void() || b.is_void()) return {};
  BasicArray<T, N, Space> result(shape, Uninitialised{});
  if (a.size() == 0 || b.size() == 0)
    clear(Space{}, result.mutable_data(), result.bytes());
  else if (result.size() > 0)
    convolve(Space{}, pass, conv, ElementName<T>::value, a.data(), b.data(), result.mutable_data());
  return result;
}

/// The shape of conv(x, w).
template <int N>
Shape<N> conv_shape(const Shape<N>& x, const Shape<N>& w, const ConvOptions& o) {
  Shape<N> y;
  if (x.is_void() || w.is_void()) return y;
  if (w[N - 2] * o.groups != x[N - 2])
    fail("conv", "expected filters for ", x[N - 2], " channels in ", o.groups, " groups, got x ", x, " and filters ",
         w);
  for (int d = 0; d < N - 2; ++d) {
    y[d] = (x[d] + 2 * o.pad[d] - o.dilation[d] * (w[d] - 1) - 1) / std::max(o.stride[d], Index(1)) + 1;
    if (x[d] + 2 * o.pad[d] <= o.dilation[d] * (w[d] - 1))
      fail("conv", "expected filters that fit into the padded input, got x ", x, " and filters ", w);
  }
  y[N - 2] = w[N - 1], y[N - 1] = x[N - 1];
  return y;
}
/// The shape of conv_transpose(x, w).
template <int N>
Shape<N> conv_transpose_shape(const Shape<N>& x, const Shape<N>& w, const ConvOptions& o) {
  Shape<N> y;
  if (x.is_void() || w.is_void()) return y;
  if (w[N - 1] != x[N - 2])
    fail("conv_transpose", "expected filters for ", x[N - 2], " channels, got x ", x, " and filters ", w);
  for (int d = 0; d < N - 2; ++d) {
    y[d] = (x[d] - 1) * o.stride[d] - 2 * o.pad[d] + o.dilation[d] * (w[d] - 1) + o.output_pad[d] + 1;
    if (o.output_pad[d] < 0 || o.output_pad[d] >= std::max(o.stride[d], o.dilation[d]) || y[d] < 1)
      fail("conv_transpose", "expected 0 <= output_pad < stride or dilation, and a result that is not empty, got x ", x,
           " and filters ", w);
  }
  y[N - 2] = w[N - 2] * o.groups, y[N - 1] = x[N - 1];
  return y;
}

template <class A, class B>
concept ConvOperands = Arrays<A> && Arrays<B> && LibraryElement<typename Materialised<A>::value_type> &&
    std::same_as<Materialised<A>, Materialised<B>>;
}  // namespace detail

/// conv, or conv_transpose, in which x and the result change places.
template <bool transpose>
struct conv_t {
  template <class A, class B>
  requires detail::ConvOperands<A, B>
  auto operator()(const A& a, const B& b, const ConvOptions& options = {}) const {
    return pullback(a, b, options).value;
  }
  template <class A, class B, std::same_as<ConvOptions>... O>
  requires detail::ConvOperands<A, B>
  auto pullback(const A& a, const B& b, const O&... given) const {
    using detail::convolved, detail::Deferred;
    const Materialised<A> x = materialise(a), w = materialise(b);
    const auto y = shape(x.shape(), w.shape(), ConvOptions{given...});
    const auto conv = between(x.shape(), w.shape(), y, ConvOptions{given...});
    return zygote::Pullback{
        convolved(forward, conv, y, x, w), [conv, x, w](const auto& d) {
          const auto of_x = Deferred([=] { return convolved(data, conv, x.shape(), d, w); });
          const auto of_w = Deferred(
              [=] { return convolved(ConvPass::weight, conv, w.shape(), transpose ? d : x, transpose ? x : d); });
          return std::tuple_cat(std::make_tuple(of_x, of_w), detail::none_for_each<O...>());
        }};
  }

 private:
  using ConvPass = detail::ConvPass;
  static constexpr ConvPass forward = transpose ? ConvPass::data : ConvPass::forward;
  static constexpr ConvPass data = transpose ? ConvPass::forward : ConvPass::data;

  template <int N>
  static Shape<N> shape(const Shape<N>& x, const Shape<N>& w, const ConvOptions& options) {
    return transpose ? detail::conv_transpose_shape(x, w, options) : detail::conv_shape(x, w, options);
  }
  template <int N>
  static detail::Conv between(const Shape<N>& x, const Shape<N>& w, const Shape<N>& y, const ConvOptions& options) {
    return transpose ? detail::conv_between("conv_transpose", options, y, w, x)
                     : detail::conv_between("conv", options, x, w, y);
  }
};
/// Cross-correlation, as in PyTorch: x (W, H, in, N) with filters (w, h, in / groups, out) -> (W', H', out, N).
/// conv(x, w, {.stride = 2, .pad = {1, 0}}); in marked code ConvOptions{...}.
inline constexpr conv_t<false> conv;
/// The adjoint of conv as an operation of its own ("deconvolution"): x (W, H, in, N) with filters (w, h, out / groups,
/// in) -> (W', H', out, N), where W' = (W - 1) stride - 2 pad + dilation (w - 1) + output_pad + 1.
inline constexpr conv_t<true> conv_transpose;

}  // namespace cuarrays
