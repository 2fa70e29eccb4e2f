// The fully connected layer.
#pragma once
#include <array>
#include <cuarrays/linear.hpp>
#include <layers/activations.hpp>
#include <layers/random.hpp>

namespace layers {

/// activation(weight x + bias) for x of shape (in) or (in, batch).
template <class Weight = cuarrays::Array<float, 2>, class Bias = cuarrays::Array<float, 1>, class Activation = Identity>
struct Dense {
  Weight weight;  // (out, in)
  Bias bias;      // (out)
  Activation activation;

  Dense() = default;
  /// Random weights (glorot_uniform), zero bias.
  Dense(cuarrays::Index in, cuarrays::Index out, Activation activation = {}, cuarrays::Rng& rng = default_rng())
      : weight(glorot_uniform<Weight>(rng, {out, in}, in, out)),
        bias(cuarrays::Shape<1>(out)),
        activation(activation) {}
  template <cuarrays::AnyArray W, cuarrays::AnyArray B>
  Dense(W weight, B bias, Activation activation = {})
      : weight(std::move(weight)), bias(std::move(bias)), activation(activation) {}

  template <class X>
  ZYGOTE auto operator()(const X& x) const {
    return activation(cuarrays::matmul(weight, x) + bias);
  }

  template <class Self>
  static constexpr auto fields(Self& self) {
    return std::tie(self.weight, self.bias, self.activation);
  }
  static constexpr std::array field_names{"weight", "bias", "activation"};
};
template <cuarrays::AnyArray W, cuarrays::AnyArray B, class A = Identity>
Dense(W, B, A = {}) -> Dense<W, B, A>;

}  // namespace layers
