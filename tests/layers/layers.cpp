// Activations and layers against PyTorch (goldens.py).
#include <doctest/doctest.h>

#include <cuarrays/cuarrays.hpp>
#include <layers/layers.hpp>
#include <tests/layers/goldens.hpp>
#include <zygote/zygote.hpp>

namespace {

using cuarrays::Array, cuarrays::Index, cuarrays::isapprox, cuarrays::Shape;
using namespace layers;

template <class T, int N, std::size_t size>
Array<T, N> array(const Shape<N>& shape, const double (&values)[size]) {
  return Array<T, N>(shape, values);
}

template <class T>
bool near(const auto& a, const auto& b) {
  return isapprox(a, b, sizeof(T) == 4 ? 3e-6 : 1e-13, sizeof(T) == 4 ? 1e-7 : 1e-15);
}

/// Arrays in float32 (SIMD batches), numbers in float64.
template <class F, std::size_t n>
void check(const F& f, const double (&y)[n], const double (&dx)[n]) {
  const Shape shape{static_cast<Index>(n)};
  const auto x = array<float>(shape, goldens::x), value = array<float>(shape, y), slope = array<float>(shape, dx);
  CHECK(near<float>(f(x), value));
  auto [array_value, array_back] = zygote::pullback(f, x);
  CHECK(near<float>(array_value, value));
  CHECK(near<float>(std::get<0>(array_back(cuarrays::full(1.f, shape))), slope));
  for (std::size_t i = 0; i < n; ++i) {
    CHECK(near<double>(cuarrays::full(f(goldens::x[i]), 1), cuarrays::full(y[i], 1)));
    CHECK(near<double>(cuarrays::full(std::get<0>(zygote::gradient(f, goldens::x[i])), 1), cuarrays::full(dx[i], 1)));
  }
}

template <class T>
auto golden_chain() {
  return Chain(Dense(array<T>(Shape(5, 4), goldens::chain_weight_1), array<T>(Shape(5), goldens::chain_bias_1),
                     zygote::math::tanh),
               Dense(array<T>(Shape(3, 5), goldens::chain_weight_2), array<T>(Shape(3), goldens::chain_bias_2)));
}

template <class T>
void check_chain() {
  const auto model = golden_chain<T>();
  const auto x = array<T>(Shape(4, 2), goldens::chain_x);
  CHECK(near<T>(model(x), array<T>(Shape(3, 2), goldens::chain_y)));
  auto [y, back] = model.pullback(x);
  CHECK(near<T>(y, array<T>(Shape(3, 2), goldens::chain_y)));
  for (int call = 0; call < 2; ++call) {  // a pullback can be called more than once
    auto [dmodel, lazy_dx] = back(array<T>(Shape(3, 2), goldens::chain_dy));
    const auto dx = zygote::settle<decltype(x)>(lazy_dx);
    CHECK(near<T>(dx, array<T>(Shape(4, 2), goldens::chain_dx)));
    const auto& [first, second] = dmodel.layers;
    CHECK(near<T>(first.weight, array<T>(Shape(5, 4), goldens::chain_dweight_1)));
    CHECK(near<T>(first.bias, array<T>(Shape(5), goldens::chain_dbias_1)));
    CHECK(near<T>(second.weight, array<T>(Shape(3, 5), goldens::chain_dweight_2)));
    CHECK(near<T>(second.bias, array<T>(Shape(3), goldens::chain_dbias_2)));
  }
}

}  // namespace

TEST_CASE("activations agree with PyTorch") {
  check(relu, goldens::relu_y, goldens::relu_dx);
  check(leaky_relu, goldens::leaky_relu_y, goldens::leaky_relu_dx);
  check(elu, goldens::elu_y, goldens::elu_dx);
  check(gelu, goldens::gelu_y, goldens::gelu_dx);
  check(sigmoid, goldens::sigmoid_y, goldens::sigmoid_dx);
  check(swish, goldens::swish_y, goldens::swish_dx);
  check(silu, goldens::swish_y, goldens::swish_dx);
  check(softplus, goldens::softplus_y, goldens::softplus_dx);
  check(zygote::math::tanh, goldens::tanh_y, goldens::tanh_dx);
  check(LeakyRelu(0.01), goldens::leaky_relu_y, goldens::leaky_relu_dx);
}

TEST_CASE("activations take lazy expressions") {
  const auto x = cuarrays::full(-1.f, 3);
  CHECK(isapprox(relu(x + 3.f), cuarrays::full(2.f, 3)));
  CHECK(isapprox(std::get<0>(swish.pullback(x + 1.f).back(x)).evaluate(), cuarrays::full(-0.5f, 3)));
}

TEST_CASE("activations keep what is not a number, and do not overflow") {
  const auto odd = Array<float, 1>::of({NAN, 1e30f, -1e30f});
  const auto is = [&](const auto& f, float above, float below) {
    const Array<float, 1> y = f(odd);
    CHECK(std::isnan(y[0]));
    CHECK(y[1] == above);
    CHECK(y[2] == below);
  };
  is(relu, 1e30f, 0);
  is(elu, 1e30f, -1);
  is(sigmoid, 1, 0);
  is(softplus, 1e30f, 0);
  is(swish, 1e30f, 0);
}

TEST_CASE("a Chain of Dense layers agrees with PyTorch") {
  check_chain<float>();
  check_chain<double>();
}

TEST_CASE("Dense on one sample is Dense on a batch of one") {
  const Dense dense(4, 3, sigmoid);
  cuarrays::Rng rng(1);
  const auto x = cuarrays::rand<float>(rng, 4);
  CHECK(isapprox(dense(x), cuarrays::reshape(dense(cuarrays::reshape(x, 4, 1)), 3)));
  CHECK_THROWS_WITH(dense(cuarrays::full(1.f, 5)), "matmul: (3, 4) x (5): inner dimensions differ");
}

TEST_CASE("new layers: Glorot's bound, zero bias, one seed for all") {
  const auto make = [](std::uint64_t number) {
    seed(number);
    return Chain(Dense(300, 100), Dense(100, 100));
  };
  const auto [first, second] = make(1).layers;
  CHECK(cuarrays::maximum(first.weight) < std::sqrt(6.0 / 400));
  CHECK(cuarrays::maximum(first.weight) > 0.99 * std::sqrt(6.0 / 400));
  CHECK(cuarrays::minimum(first.weight) > -std::sqrt(6.0 / 400));
  CHECK(cuarrays::minimum(first.weight) < -0.99 * std::sqrt(6.0 / 400));
  CHECK(std::abs(cuarrays::mean(first.weight)) < 0.002);
  CHECK(cuarrays::maximum(first.bias) == 0);
  CHECK(isapprox(std::get<1>(make(1).layers).weight, second.weight, 0));
  CHECK_FALSE(isapprox(std::get<1>(make(2).layers).weight, second.weight));
}

TEST_CASE("any function object is a layer; what has no parameters has no gradient") {
  const Chain model(Dense(4, 3, LeakyRelu(0.5)), zygote::math::exp, cuarrays::softmax);
  const auto x = cuarrays::full(1.f, 4, 2);
  CHECK(cuarrays::sum(model(x)) == doctest::Approx(2));
  static_assert(std::same_as<zygote::Adjoint<decltype(model)>, std::remove_const_t<decltype(model)>>);
  static_assert(!zygote::Differentiable<Chain<Relu, LeakyRelu>>);
  auto [y, back] = zygote::pullback(model, x);
  CHECK(isapprox(std::get<0>(back(cuarrays::full(1.f, 3, 2))), cuarrays::full(0.f, 4, 2), 0, 1e-6));
}

TEST_CASE("activations in constant expressions") {
  static_assert(relu(-2.0) == 0 && relu(3.0) == 3 && std::get<0>(zygote::gradient(relu, 3.0)) == 1);
  static_assert(leaky_relu(2.f) == 2 && identity(4) == 4);
}
