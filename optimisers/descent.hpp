// Gradient descent, plain and with momentum.
//
// A rule is a struct with init(x), the state that it keeps for one array or number x, and apply(state, x, gradient),
// which updates both in place.
#pragma once
#include <zygote/runtime/core.hpp>

namespace optimisers {

/// Zeros of the shape of x: the state in which most rules begin.
template <class X>
X zeros_like(const X& x) {
  X zeros = zygote::zero<X>();
  zygote::Algebra<X>::complete(zeros, x);
  return zeros;
}

/// x -= rate * gradient
struct Descent {
  double rate = 0.1;

  template <class X>
  zygote::none init(const X&) const {
    return {};
  }
  template <class X>
  void apply(zygote::none&, X& x, const X& gradient) const {
    x -= rate * gradient;
  }
};

/// velocity = decay * velocity + rate * gradient;  x -= velocity. Polyak (1964), "Some methods of speeding up the
/// convergence of iteration methods".
struct Momentum {
  double rate = 0.01, decay = 0.9;

  template <class X>
  X init(const X& x) const {
    return zeros_like(x);
  }
  template <class X>
  void apply(X& velocity, X& x, const X& gradient) const {
    velocity = decay * velocity + rate * gradient;
    x -= velocity;
  }
};

}  // namespace optimisers
