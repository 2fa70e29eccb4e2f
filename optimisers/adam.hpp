// Adam: steps scaled by running means of the gradient and of its square.
#pragma once
#include <cmath>
#include <cuarrays/complex.hpp>
#include <cuarrays/graph.hpp>
#include <optimisers/descent.hpp>
#include <zygote/runtime/math.hpp>

namespace optimisers {

/// Kingma & Ba (2015), "Adam: a method for stochastic optimization", algorithm 1, in the order of operations that its
/// section 2 ends with: the corrections of both means are numbers and go into the rate and into epsilon.
struct Adam {
  double rate = 1e-3, decay1 = 0.9, decay2 = 0.999, epsilon = 1e-8;

  template <class X>
  struct State {
    X mean, square;                 // of complex numbers, that of the absolute value
    double power1 = 1, power2 = 1;  // decay1^t and decay2^t after t steps
  };

  template <class X>
  static auto squared(const X& x) {
    if constexpr (cuarrays::detail::ComplexArrays<X>)
      return cuarrays::real(x * cuarrays::conj(x));
    else
      return x * x;
  }
  template <class X>
  State<X> init(const X& x) const {
    return {zeros_like(x), zeros_like(x)};
  }

  template <class X>
  void apply(State<X>& state, X& x, const X& gradient) const {
    if constexpr (requires { requires std::same_as<typename X::space, cuarrays::Device>; })
      if (cuarrays::detail::is_recording())  // replays would correct as the recorded step did
        cuarrays::detail::fail("Adam",
                               "expected a step that is not part of a graph, in which rates stay the same; use "
                               "Momentum or Descent there");
    state.power1 *= decay1;
    state.power2 *= decay2;
    const double root = std::sqrt(1 - state.power2), step = rate / (1 - state.power1) * root;
    state.mean = decay1 * state.mean + (1 - decay1) * gradient;
    state.square = decay2 * state.square + (1 - decay2) * squared(gradient);
    x -= step * state.mean / (zygote::math::sqrt(state.square) + epsilon * root);
  }
};

}  // namespace optimisers
