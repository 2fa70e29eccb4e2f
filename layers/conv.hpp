// Convolutional layers, pooling, Flatten. Arrays are (W, H, D, channels, batch) with one to three spatial extents.
#pragma once
#include <cuarrays/pool.hpp>
#include <layers/activations.hpp>
#include <layers/fixed.hpp>
#include <layers/random.hpp>

namespace layers {

namespace detail {
/// (1, ..., channels, 1), of rank N: how a vector is added along the channels.
template <int N>
cuarrays::Shape<N> along_channels(cuarrays::Index channels) {
  cuarrays::Shape<N> shape;
  for (cuarrays::Index& e : shape.extents) e = 1;
  shape[N - 2] = channels;
  return shape;
}

/// (w, h, ..., from / groups, to), random (glorot_uniform).
template <class Weight, std::size_t D>
Weight filters(cuarrays::Rng& rng, const cuarrays::Index (&window)[D], cuarrays::Index from, cuarrays::Index to,
               cuarrays::Index groups) {
  static_assert(Weight::rank == D + 2, "layers: filters have one extent per spatial dimension");
  if (groups < 1 || from % groups || to % groups)
    cuarrays::detail::fail("Conv", "expected channels that ", groups, " groups divide, got ", from, " and ", to);
  cuarrays::Shape<D + 2> shape;
  cuarrays::Index size = 1;
  for (std::size_t d = 0; d < D; ++d) size *= shape[static_cast<int>(d)] = window[d];
  shape[D] = from / groups, shape[D + 1] = to;
  return glorot_uniform<Weight>(rng, shape, shape[D] * size, to / groups * size);
}
}  // namespace detail

/// activation(conv(x, weight) + bias): Conv({3, 3}, 1, 16, relu, {.pad = 1}) of x (W, H, 1, N) -> (W', H', 16, N); as
/// many spatial dimensions as the window has extents. Throws if the groups do not divide the channels.
template <class Weight = cuarrays::Array<float, 4>, class Bias = cuarrays::Array<float, 1>, class Activation = Identity>
struct Conv {
  Weight weight;  // (w, h, ..., in / groups, out)
  Bias bias;      // (out)
  Activation activation;
  Fixed<cuarrays::ConvOptions> options;

  Conv() = default;
  /// Random filters (glorot_uniform), zero bias.
  template <std::size_t D>
  Conv(const cuarrays::Index (&window)[D], cuarrays::Index in, cuarrays::Index out, Activation activation = {},
       const cuarrays::ConvOptions& options = {}, cuarrays::Rng& rng = default_rng())
      : weight(detail::filters<Weight>(rng, window, in, out, options.groups)),
        bias(cuarrays::Shape<1>(out)),
        activation(activation),
        options(options) {}

  template <class X>
  ZYGOTE auto operator()(const X& x) const {
    return activation(cuarrays::conv(x, weight, *options) +
                      cuarrays::reshape(bias, detail::along_channels<X::rank>(bias.size())));
  }

  template <class Self>
  static constexpr auto fields(Self& self) {
    return std::tie(self.weight, self.bias, self.activation, self.options);
  }
  static constexpr std::array field_names{"weight", "bias", "activation", "options"};
};
template <std::size_t D, class A = Identity>
Conv(const cuarrays::Index (&)[D], cuarrays::Index, cuarrays::Index, A = {}, const cuarrays::ConvOptions& = {},
     cuarrays::Rng& = default_rng()) -> Conv<cuarrays::Array<float, D + 2>, cuarrays::Array<float, 1>, A>;

/// activation(conv_transpose(x, weight) + bias): ConvTranspose({2, 2}, 16, 8, relu, {.stride = 2}) of x (W, H, 16, N)
/// -> (2 W, 2 H, 8, N). Throws like Conv.
template <class Weight = cuarrays::Array<float, 4>, class Bias = cuarrays::Array<float, 1>, class Activation = Identity>
struct ConvTranspose {
  Weight weight;  // (w, h, ..., out / groups, in)
  Bias bias;      // (out)
  Activation activation;
  Fixed<cuarrays::ConvOptions> options;

  ConvTranspose() = default;
  template <std::size_t D>
  ConvTranspose(const cuarrays::Index (&window)[D], cuarrays::Index in, cuarrays::Index out, Activation activation = {},
                const cuarrays::ConvOptions& options = {}, cuarrays::Rng& rng = default_rng())
      : weight(detail::filters<Weight>(rng, window, out, in, options.groups)),
        bias(cuarrays::Shape<1>(out)),
        activation(activation),
        options(options) {}

  template <class X>
  ZYGOTE auto operator()(const X& x) const {
    return activation(cuarrays::conv_transpose(x, weight, *options) +
                      cuarrays::reshape(bias, detail::along_channels<X::rank>(bias.size())));
  }

  template <class Self>
  static constexpr auto fields(Self& self) {
    return std::tie(self.weight, self.bias, self.activation, self.options);
  }
  static constexpr std::array field_names{"weight", "bias", "activation", "options"};
};
template <std::size_t D, class A = Identity>
ConvTranspose(const cuarrays::Index (&)[D], cuarrays::Index, cuarrays::Index, A = {}, const cuarrays::ConvOptions& = {},
              cuarrays::Rng& = default_rng())
    -> ConvTranspose<cuarrays::Array<float, D + 2>, cuarrays::Array<float, 1>, A>;

namespace detail {
/// A primitive of x with options, as a layer without parameters.
template <class Primitive, class Options>
struct Pool {
  Fixed<Options> options;
  Pool() = default;
  explicit Pool(const Options& options) : options(options) {}
  template <class X>
  ZYGOTE auto operator()(const X& x) const {
    return Primitive{}(x, *options);
  }
  template <class Self>
  static constexpr auto fields(Self& self) {
    return std::tie(self.options);
  }
};
}  // namespace detail

/// MaxPool({.window = 2}) of x (W, H, C, N) -> (W / 2, H / 2, C, N); MeanPool({.window = 3, .stride = 2}).
/// AdaptiveMeanPool({7, 7}): -> (7, 7, C, N); AdaptiveMeanPool(1): the mean of each channel.
using MaxPool = detail::Pool<cuarrays::max_pool_t<cuarrays::PoolOptions>, cuarrays::PoolOptions>;
using MeanPool = detail::Pool<cuarrays::mean_pool_t<cuarrays::PoolOptions>, cuarrays::PoolOptions>;
using AdaptiveMaxPool = detail::Pool<cuarrays::max_pool_t<cuarrays::Spatial>, cuarrays::Spatial>;
using AdaptiveMeanPool = detail::Pool<cuarrays::mean_pool_t<cuarrays::Spatial>, cuarrays::Spatial>;

/// x (..., N) -> (features, N)
struct Flatten {
  template <class X>
  ZYGOTE auto operator()(const X& x) const {
    return cuarrays::reshape(x, cuarrays::Shape(cuarrays::Index(-1), x.size(X::rank - 1)));
  }
};

}  // namespace layers
