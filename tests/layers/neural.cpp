// Convolutional and normalising layers: against PyTorch (neural_goldens.py).
#include <doctest/doctest.h>

#include <cuarrays/cuarrays.hpp>
#include <layers/layers.hpp>
#include <tests/layers/neural_goldens.hpp>
#include <zygote/zygote.hpp>

namespace {

using cuarrays::Array, cuarrays::Index, cuarrays::isapprox, cuarrays::Shape;
using namespace layers;
namespace goldens = neural_goldens;

template <int N, std::size_t size>
Array<double, N> array(const Shape<N>& shape, const double (&values)[size]) {
  return Array<double, N>(shape, values);
}
bool near(const auto& a, const auto& b) { return isapprox(a, b, 1e-11, 1e-12); }

/// y and dx; returns the adjoint of the layer.
template <class Layer, int N, std::size_t a, std::size_t b, std::size_t c, std::size_t e>
auto check(const Layer& layer, const Shape<N>& shape, const double (&x)[a], const double (&y)[b], const double (&dy)[c],
           const double (&dx)[e]) {
  auto [value, back] = zygote::pullback(
      ZYGOTE[](const auto& f, const auto& x) { return f(x); }, layer, array(shape, x));
  REQUIRE(value.size() == static_cast<Index>(b));
  CHECK(near(value, array(value.shape(), y)));
  auto [dlayer, dinput] = back(array(value.shape(), dy));
  CHECK(near(dinput, array(shape, dx)));
  return dlayer;
}
#define CHECK_LAYER(layer, shape, name) \
  check(layer, shape, goldens::name##_x, goldens::name##_y, goldens::name##_dy, goldens::name##_dx)

using Vector = Array<double, 1>;
}  // namespace

TEST_CASE("convolutions agree with PyTorch") {
  Conv<Array<double, 4>, Vector> conv({3, 2}, 4, 6, {},
                                      {.stride = {2, 1}, .pad = {0, 1}, .dilation = {1, 2}, .groups = 2});
  conv.weight = array(conv.weight.shape(), goldens::conv_weight);
  conv.bias = array(Shape(6), goldens::conv_bias);
  const auto dconv = CHECK_LAYER(conv, Shape(6, 5, 4, 2), conv);
  CHECK(near(dconv.weight, array(conv.weight.shape(), goldens::conv_dweight)));
  CHECK(near(dconv.bias, array(Shape(6), goldens::conv_dbias)));
  ConvTranspose<Array<double, 4>, Vector> up({3, 2}, 4, 6, {},
                                             {.stride = {2, 1}, .pad = {0, 1}, .groups = 2, .output_pad = {1, 0}});
  up.weight = array(up.weight.shape(), goldens::up_weight);
  up.bias = array(Shape(6), goldens::up_bias);
  const auto dup = CHECK_LAYER(up, Shape(3, 4, 4, 2), up);
  CHECK(near(dup.weight, array(up.weight.shape(), goldens::up_dweight)));
  CHECK(near(dup.bias, array(Shape(6), goldens::up_dbias)));
}

TEST_CASE("pooling and upsampling agree with PyTorch") {
  CHECK_LAYER(MaxPool({.window = 3, .stride = 2, .pad = 1}), Shape(6, 5, 2, 2), max_pool);
  CHECK_LAYER(MeanPool({.window = 3, .stride = 2, .pad = 1}), Shape(6, 5, 2, 2), mean_pool);
  CHECK_LAYER(AdaptiveMeanPool({4, 2}), Shape(6, 5, 2, 2), adaptive);
  auto [y, back] =
      zygote::pullback(cuarrays::upsample_linear, array(Shape(4, 3, 2, 2), goldens::linear_x), cuarrays::Spatial(3, 2));
  CHECK(near(y, array(y.shape(), goldens::linear_y)));
  CHECK(near(std::get<0>(back(array(y.shape(), goldens::linear_dy))), array(Shape(4, 3, 2, 2), goldens::linear_dx)));
}

TEST_CASE("normalisation agrees with PyTorch; batch norm keeps running statistics") {
  const BatchNorm<Vector> batch(3);
  const auto dbatch = CHECK_LAYER(batch, Shape(3, 2, 3, 2), batch);
  CHECK(near(dbatch.gamma, array(Shape(3), goldens::batch_dgamma)));
  CHECK(near(dbatch.beta, array(Shape(3), goldens::batch_dbeta)));
  CHECK(near(batch.mean.value, array(Shape(3), goldens::batch_mean)));
  CHECK(near(batch.variance.value, array(Shape(3), goldens::batch_variance)));
  CHECK(near(batch(cuarrays::full(1.0, 3, 2, 3, 2)), array(Shape(3, 2, 3, 2), goldens::batch_inference)));
  const auto dlayer = CHECK_LAYER(LayerNorm<Vector>(5), Shape(5, 3), layer);
  CHECK(near(dlayer.gamma, array(Shape(5), goldens::layer_dgamma)));
  const auto dgroup = CHECK_LAYER(GroupNorm<Vector>(2, 4), Shape(3, 2, 4, 2), group);
  CHECK(near(dgroup.gamma, array(Shape(4), goldens::group_dgamma)));
}

TEST_CASE("convolutional layers of other dimensions; what does not fit is refused") {
  CHECK(Conv({5}, 2, 4, relu, {.stride = 2})(cuarrays::full(1.f, 9, 2, 3)).shape() == Shape(3, 4, 3));
  CHECK(ConvTranspose({2, 2, 2}, 4, 2, relu, {.stride = 2})(cuarrays::full(1.f, 3, 2, 1, 4, 5)).shape() ==
        Shape(6, 4, 2, 2, 5));
  CHECK_THROWS_WITH(Conv({3, 3}, 4, 6, relu, {.groups = 0}),
                    "[Conv] expected channels that 0 groups divide, got 4 and 6");
  CHECK_THROWS_WITH(ConvTranspose({3, 3}, 6, 5, relu, {.groups = 3}),
                    "[Conv] expected channels that 3 groups divide, got 5 and 6");
}
