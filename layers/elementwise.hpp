// How an activation is made of a formula and its derivative: callable on numbers, SIMD batches and, lazily, on arrays.
#pragma once
#include <cuarrays/broadcast.hpp>

namespace layers {

namespace detail {
/// condition ? yes : no, for numbers and for SIMD batches, whose `select` ADL finds.
template <class Condition, class V>
constexpr V choose(const Condition& condition, const V& yes, const V& no) {
  using zygote::generic::select;
  return select(condition, yes, no);
}

/// Functors for kernels.
template <class F>
struct Value {
  static constexpr bool simd = true;
  F f;
  template <class V>
  constexpr V operator()(const V& x) const {
    return f.value(x);
  }
};
template <class F>
struct SlopeAt {
  static constexpr bool simd = true;
  F f;
  template <class V>
  constexpr V operator()(const V& d, const V& x) const {
    return d * f.slope(x);
  }
};
template <class F>
struct SlopeOf {
  static constexpr bool simd = true;
  F f;
  template <class V>
  constexpr V operator()(const V& d, const V& y) const {
    return d * f.slope_from_value(y);
  }
};
template <class F>
concept HasSlopeFromValue = requires(const F& f) {
  f.slope_from_value(1.0);
};

/// An expression for arrays, a number for numbers.
template <class F, class... X>
constexpr auto apply_elementwise(const F& f, const X&... x) {
  if constexpr ((cuarrays::Arrays<X> || ...))
    return cuarrays::broadcast(f, x...);
  else
    return f(x...);
}
}  // namespace detail

/// Base of an activation F with `value(x)` and either `slope_from_value(y)`, the derivative in terms of y = value(x),
/// or `slope(x)`. The first is better where it is possible: x need not be kept, nor even be in memory.
template <class F>
struct Elementwise {
  static constexpr bool simd = true;
  template <class X>
  constexpr auto operator()(const X& x) const {
    return detail::apply_elementwise(detail::Value<F>{self()}, x);
  }
  template <class X>
  constexpr auto pullback(const X& x) const {
    if constexpr (detail::HasSlopeFromValue<F>) {
      auto y = zygote::evaluate((*this)(x));
      return zygote::Pullback{y, [y, slope = detail::SlopeOf<F>{self()}](const auto& d) {
                                return std::make_tuple(detail::apply_elementwise(slope, d, y));
                              }};
    } else {
      auto operand = zygote::evaluate(x);
      auto y = zygote::evaluate((*this)(operand));
      return zygote::Pullback{std::move(y),
                              [x = std::move(operand), slope = detail::SlopeAt<F>{self()}](const auto& d) {
                                return std::make_tuple(detail::apply_elementwise(slope, d, x));
                              }};
    }
  }

 private:
  constexpr const F& self() const { return static_cast<const F&>(*this); }
};

}  // namespace layers
