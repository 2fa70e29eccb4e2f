// The random numbers that new layers begin with.
#pragma once
#include <cmath>
#include <cuarrays/random.hpp>
#include <zygote/runtime/tools.hpp>

namespace layers {

/// The stream that is used where none is passed, from seed 42 on. One for the program: not for several threads at once.
inline cuarrays::Rng& default_rng() {
  static cuarrays::Rng rng(42);
  return rng;
}

namespace detail {
inline const bool stream_is_shared = [] {
  using State = zygote::SharedStream::State;
  zygote::shared_stream.exchange = [](const State* next) {
    cuarrays::Rng& rng = default_rng();
    const State now{rng.seed, rng.block};
    if (next) rng.seed = (*next)[0], rng.block = (*next)[1];
    return now;
  };
  return true;
}();
}  // namespace detail

/// Starts the default stream anew: what is made afterwards is the same for the same seed.
inline void seed(std::uint64_t number) { default_rng() = cuarrays::Rng(number); }

/// Uniform in +-sqrt(6 / (in + out)) for a layer with so many inputs and outputs. Glorot & Bengio (2010),
/// "Understanding the difficulty of training deep feedforward neural networks", eq. 16.
template <cuarrays::AnyArray A>
A glorot_uniform(cuarrays::Rng& rng, const cuarrays::Shape<A::rank>& shape, cuarrays::Index in, cuarrays::Index out) {
  using T = typename A::value_type;
  const T bound = std::sqrt(T(6) / static_cast<T>(in + out));
  return bound * (2 * cuarrays::rand<T, typename A::space>(rng, shape) - 1);
}

}  // namespace layers
