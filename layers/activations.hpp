// Activations, as objects: relu(x) for a number, an array, or a lazy expression; relu also as the argument of a layer.
//
// The objects of zygote::math serve as activations as well: Dense(64, 128, math::tanh). (There is no `tanh` here: it
// would make the plain name ambiguous next to that of the C library.)
#pragma once
#include <layers/elementwise.hpp>

namespace layers {

namespace math = zygote::math;

/// x
struct Identity {
  template <class X>
  constexpr X operator()(const X& x) const {
    return x;
  }
  template <class X>
  constexpr auto pullback(const X& x) const {
    return zygote::Pullback{zygote::evaluate(x), [](const auto& d) { return std::make_tuple(d); }};
  }
};
ZYGOTE_OBJECT Identity identity{};

/// max(0, x); its derivative at 0 is 0.
struct Relu : Elementwise<Relu> {
  template <class V>
  constexpr V value(const V& x) const {
    return detail::choose(x < V(0), V(0), x);
  }
  template <class V>
  constexpr V slope_from_value(const V& y) const {
    return detail::choose(y > V(0), V(1), V(0));
  }
};
ZYGOTE_OBJECT Relu relu{};

/// x for x > 0, otherwise `leak` * x, where leak > 0 is not trained: LeakyRelu(0.2).
struct LeakyRelu : Elementwise<LeakyRelu> {
  double leak;
  constexpr explicit LeakyRelu(double leak = 0.01) : leak(leak) {}

  template <class V>
  constexpr V value(const V& x) const {
    return detail::choose(x > V(0), x, V(V(leak) * x));
  }
  template <class V>
  constexpr V slope_from_value(const V& y) const {
    return detail::choose(y > V(0), V(1), V(leak));
  }
};
ZYGOTE_OBJECT LeakyRelu leaky_relu{};

/// x for x > 0, otherwise e^x - 1. Clevert et al. (2016), "Fast and accurate deep network learning by exponential
/// linear units"
struct Elu : Elementwise<Elu> {
  template <class V>
  constexpr V value(const V& x) const {
    return detail::choose(x > V(0), x, V(math::expm1(x)));
  }
  template <class V>
  constexpr V slope_from_value(const V& y) const {
    return detail::choose(y > V(0), V(1), V(y + V(1)));
  }
};
ZYGOTE_OBJECT Elu elu{};

/// 1 / (1 + e^-x)
struct Sigmoid : Elementwise<Sigmoid> {
  template <class V>
  constexpr V value(const V& x) const {
    return V(1) / (V(1) + math::exp(-x));
  }
  template <class V>
  constexpr V slope_from_value(const V& y) const {
    return y * (V(1) - y);
  }
};
ZYGOTE_OBJECT Sigmoid sigmoid{};

/// log(1 + e^x), without overflow.
struct Softplus : Elementwise<Softplus> {
  template <class V>
  constexpr V value(const V& x) const {
    return relu.value(x) + math::log1p(math::exp(-math::abs(x)));
  }
  template <class V>
  constexpr V slope_from_value(const V& y) const {
    return -math::expm1(-y);
  }
};
ZYGOTE_OBJECT Softplus softplus{};

/// x sigmoid(x), also known as SiLU. Ramachandran et al. (2017), "Searching for activation functions"
struct Swish : Elementwise<Swish> {
  template <class V>
  constexpr V value(const V& x) const {
    return x / (V(1) + math::exp(-x));
  }
  template <class V>
  constexpr V slope(const V& x) const {
    const V s = V(1) / (V(1) + math::exp(-x));
    return s * (V(1) + x * (V(1) - s));
  }
};
ZYGOTE_OBJECT Swish swish{};
ZYGOTE_OBJECT Swish silu{};

/// x Phi(x), with Phi the distribution function of the normal distribution (no tanh approximation). Hendrycks & Gimpel
/// (2016), "Gaussian error linear units"
struct Gelu : Elementwise<Gelu> {
  template <class V>
  static constexpr V phi(const V& x) {
    return V(0.5) * cuarrays::simd::erfc(x * V(-0.70710678118654752440));
  }
  template <class V>
  constexpr V value(const V& x) const {
    return x * phi(x);
  }
  template <class V>
  constexpr V slope(const V& x) const {
    return phi(x) + x * V(0.39894228040143267794) * math::exp(V(-0.5) * x * x);
  }
};
ZYGOTE_OBJECT Gelu gelu{};

}  // namespace layers

/// The leak is a constant of the activation, not a parameter.
template <>
struct zygote::Algebra<layers::LeakyRelu> : zygote::NoAlgebra {};
