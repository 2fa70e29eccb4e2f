// Convolutional, normalising and recurrent layers, attention: against PyTorch (neural_goldens.py).
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

using Matrix = Array<double, 2>;
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

TEST_CASE("recurrent layers agree with PyTorch") {
  LSTM<Matrix, Vector> lstm(3, 4);
  lstm.weight_input = array(Shape(16, 3), goldens::lstm_wx);
  lstm.weight_hidden = array(Shape(16, 4), goldens::lstm_wh);
  lstm.bias = array(Shape(16), goldens::lstm_bias);
  const auto dlstm = CHECK_LAYER(lstm, Shape(3, 5, 2), lstm);
  CHECK(near(dlstm.weight_input, array(Shape(16, 3), goldens::lstm_dwx)));
  CHECK(near(dlstm.weight_hidden, array(Shape(16, 4), goldens::lstm_dwh)));
  CHECK(near(dlstm.bias, array(Shape(16), goldens::lstm_dbias)));
  GRU<Matrix, Vector> gru(3, 4);
  gru.weight_input = array(Shape(12, 3), goldens::gru_wx);
  gru.weight_hidden = array(Shape(12, 4), goldens::gru_wh);
  gru.bias_input = array(Shape(12), goldens::gru_bx);
  gru.bias_hidden = array(Shape(12), goldens::gru_bh);
  const auto dgru = CHECK_LAYER(gru, Shape(3, 5, 2), gru);
  CHECK(near(dgru.weight_hidden, array(Shape(12, 4), goldens::gru_dwh)));
  CHECK(near(dgru.bias_hidden, array(Shape(12), goldens::gru_dbh)));
}

TEST_CASE("attention with several heads agrees with PyTorch") {
  MultiHeadAttention<Matrix, Vector> heads(4, 2, {.causal = true});
  const Shape<2> square(4, 4);
  const Shape<1> features(4);
  heads.query = array(square, goldens::heads_query), heads.query_bias = array(features, goldens::heads_query_bias);
  heads.key = array(square, goldens::heads_key), heads.key_bias = array(features, goldens::heads_key_bias);
  heads.value = array(square, goldens::heads_value), heads.value_bias = array(features, goldens::heads_value_bias);
  heads.out = array(square, goldens::heads_out), heads.out_bias = array(features, goldens::heads_out_bias);
  const auto dheads = CHECK_LAYER(heads, Shape(4, 5, 2), heads);
  CHECK(near(dheads.query, array(square, goldens::heads_dquery)));
  CHECK(near(dheads.key, array(square, goldens::heads_dkey)));
  CHECK(near(dheads.value, array(square, goldens::heads_dvalue)));
}

TEST_CASE("convolutional layers of other dimensions; what does not fit is refused") {
  CHECK(Conv({5}, 2, 4, relu, {.stride = 2})(cuarrays::full(1.f, 9, 2, 3)).shape() == Shape(3, 4, 3));
  CHECK(ConvTranspose({2, 2, 2}, 4, 2, relu, {.stride = 2})(cuarrays::full(1.f, 3, 2, 1, 4, 5)).shape() ==
        Shape(6, 4, 2, 2, 5));
  CHECK_THROWS_WITH(Conv({3, 3}, 4, 6, relu, {.groups = 0}),
                    "[Conv] expected channels that 0 groups divide, got 4 and 6");
  CHECK_THROWS_WITH(ConvTranspose({3, 3}, 6, 5, relu, {.groups = 3}),
                    "[Conv] expected channels that 3 groups divide, got 5 and 6");
  CHECK_THROWS_WITH(MultiHeadAttention(6, 4)(cuarrays::full(1.f, 6, 2, 1)),
                    "[split_heads] expected features that 4 heads divide, got (6, 2, 1)");
}

TEST_CASE("layers of pixels in a Chain; dropout drops in training alone") {
  const Chain model(Conv({3, 3}, 1, 4, relu, {.pad = 1}), BatchNorm(4), MaxPool({.window = 2}), Dropout(0.5), Flatten(),
                    Dense(64, 3));
  cuarrays::Rng rng(1);
  const auto x = cuarrays::randn<float>(rng, 8, 8, 1, 5);
  CHECK(model(x).shape() == Shape(3, 5));
  auto [y, back] = zygote::pullback(model, x);
  const auto dx = std::get<0>(back(cuarrays::full(1.f, 3, 5)));
  CHECK(dx.shape() == x.shape());
  CHECK(cuarrays::sum(zygote::math::abs(dx)) > 0);
  CHECK_FALSE(isapprox(std::get<1>(model.layers).mean.value, cuarrays::full(0.f, 4)));
  const Dropout half(0.5);
  CHECK(isapprox(half(x), x));
  CHECK_FALSE(isapprox(half.pullback(x).value, x));
  const Embedding<> embedding(10, 4);
  CHECK(embedding(Array<int, 2>::of({{1, 2, 9}})).shape() == Shape(4, 1, 3));
}
