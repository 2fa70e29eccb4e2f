// Activations and whole models on the GPU against their twins on the CPU.
#include <layers/layers.hpp>
#include <optimisers/optimisers.hpp>

#include "../cuarrays/gpu.hpp"

using namespace layers;
using namespace gpu_tests;
using check::rng;

namespace {
template <class Model, class X>
void model_twins(const Model& model, const X& x) {
  const auto loss = ZYGOTE[](const auto& m, const auto& v) {
    const auto y = m(v);
    return sum(y * y);
  };
  const auto [value, gradients] = zygote::withgradient(loss, model, x);
  const auto [on_gpu, on_gpu_gradients] = zygote::withgradient(loss, gpu(model), gpu(x));
  CHECK(on_gpu == doctest::Approx(value).epsilon(1e-4));
  same("gradients", gradients, on_gpu_gradients, 1e-3, 1e-4);
}
}  // namespace

TEST_CASE("gpu: activations") {
  if (no_gpu()) return;
  for (const Shape<2>& shape : {Shape(64, 80), Shape(13, 7)}) {  // in packs, and one by one
    const auto x = randn<double>(rng(), shape);
    adjoint_twins("relu", relu, x);
    adjoint_twins("leaky_relu", leaky_relu, x);
    adjoint_twins("elu", elu, x);
    adjoint_twins("sigmoid", sigmoid, x);
    adjoint_twins("softplus", softplus, x);
    adjoint_twins("swish", swish, x);
    adjoint_twins("gelu", gelu, x);
  }
}

TEST_CASE("gpu: models") {
  if (no_gpu()) return;
  model_twins(layers::Chain(Dense(64, 128, relu), Dense(128, 10)), randn<float>(rng(), 64, 40));
  model_twins(layers::Chain(Dense(5, 7, gelu), LayerNorm(7), Dense(7, 3, sigmoid)), randn<float>(rng(), 5, 9));
#if CUARRAYS_CUDNN
  model_twins(layers::Chain(Conv({3, 3}, 1, 4, relu, {.pad = 1}), MaxPool({.window = 2}), Flatten(), Dense(64, 10)),
              randn<float>(rng(), 8, 8, 1, 6));
#endif
}

TEST_CASE("gpu: steps of training as a graph") {
  if (no_gpu()) return;
  const auto loss = ZYGOTE[](const auto& m, const auto& v, const auto& t) {
    const auto e = m(v) - t;
    return sum(e * e, 0, 1);  // one element, which nobody reads
  };
  const auto step = [&](auto& m, auto& optimiser, const auto& v, const auto& t, const auto& one) {
    const auto gradients = zygote::pullback(loss, m, v, t).back(one);
    optimisers::update(optimiser, m, std::get<0>(gradients));
  };
  auto model = layers::Chain(Dense(8, 16, relu), Dense(16, 3));
  const auto x = randn<float>(rng(), 8, 20), y = randn<float>(rng(), 3, 20), one = full(1.f, 1, 1);
  auto on_gpu = gpu(model);
  const auto gx = gpu(x), gy = gpu(y), gone = gpu(one);
  auto optimiser = optimisers::setup(optimisers::Momentum(1e-3, 0.9), model);
  auto gpu_optimiser = optimisers::setup(optimisers::Momentum(1e-3, 0.9), on_gpu);
  auto replayed = graph([&] { step(on_gpu, gpu_optimiser, gx, gy, gone); });
  for (int i = 0; i < 20; ++i) {
    step(model, optimiser, x, y, one);
    replayed();
  }
  same("model", model, on_gpu, 1e-3, 1e-4);
  auto adam = optimisers::setup(optimisers::Adam(1e-3), on_gpu);
  auto corrected = graph([&] { step(on_gpu, adam, gx, gy, gone); });
  corrected();
  CHECK(check::throws([&] { corrected(); }, "[Adam] expected a step that is not part of a graph"));
  CHECK(std::isfinite(sum(on_gpu(gx))));
}
