// Activations and whole models on the GPU against their twins on the CPU.
#include <layers/layers.hpp>

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
