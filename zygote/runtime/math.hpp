// Function objects for operators and <cmath>: zygote::math::sin(x) for scalars, SIMD batches, arrays and dual numbers.
// Their list and their adjoints are in rules.def; `pullback` is defined in rules.hpp.
#pragma once
#include <algorithm>
#include <cmath>
#include <zygote/runtime/core.hpp>

/// Formulas of the helpers, for scalars and for SIMD batches (whose functions ADL finds).
namespace zygote::generic {
using std::exp, std::log, std::pow, std::round, std::tan;

template <class A>
using Real = std::conditional_t<std::is_integral_v<A>, double, A>;

template <class T>
constexpr T select(bool condition, const T& yes, const T& no) {
  return condition ? yes : no;
}

/// d |a| / da; for a complex number the p of d|a| = Re(p da).
template <class A>
constexpr auto sign(const A& a) {
  using T = Real<A>;
  const T x(a);
  if constexpr (is_complex<A>)
    return a == T(0) ? T(0) : T(conj(a) / abs(a));
  else
    return select(x > T(0), T(1), select(x < T(0), T(-1), T(0)));
}

template <class A>
constexpr auto times_ln2(const A& a) {
  return Real<A>(a) * Real<A>(0.69314718055994530942);
}

template <class A>
constexpr auto times_ln10(const A& a) {
  return Real<A>(a) * Real<A>(2.30258509299404568402);
}

/// erf'(a) = 2 / sqrt(pi) exp(-a^2)
template <class A>
constexpr auto erf_da(const A& a) {
  const Real<A> x(a);
  return Real<A>(1.12837916709551257390) * exp(-(x * x));
}

/// The logarithmic derivative of the gamma function. Abramowitz & Stegun 6.3.7 (reflection), 6.3.5 (recurrence, here
/// always eight steps, so that it has no branch), 6.3.18 (asymptotic series; its next term is below 2e-14 from 8 on).
template <class A>
constexpr auto digamma(const A& a) {
  using T = Real<A>;
  const T x(a), one(1);
  T y = select(x < T(0), T(one - x), x);
  T below(0);
  for (int i = 0; i < 8; ++i, y = y + one) below = below + one / y;
  const T s = one / (y * y);
  const T series =
      s * (T(1. / 12) -
           s * (T(1. / 120) - s * (T(1. / 252) - s * (T(1. / 240) - s * (T(1. / 132) - s * T(691. / 32760))))));
  const T value = log(y) - one / (y + y) - series - below;
  const T pi(3.14159265358979323846);
  return select(x < T(0), T(value - pi / tan(T(pi * (x - round(x))))), value);
}

/// d / x, but 0 where d is 0: what nobody asked for stays zero next to a pole.
template <class D, class X>
constexpr auto quotient(const D& d, const X& x) {
  using T = decltype(d / x);
  if constexpr (std::is_arithmetic_v<T>)
    return d == 0 ? T(0) : d / x;
  else
    return select(T(d) == T(0), T(0), T(d / x));
}

/// d max(a, b) / da: 1 where a > b (or b is not a number, as fmax has it), 1/2 where equal, 0 elsewhere.
template <class A, class B>
constexpr auto above(const A& a, const B& b) {
  using T = Real<decltype(a + b)>;
  const T x(a), y(b);
  return select(x > y, T(1), select(x == y, T(0.5), select(!(y == y), T(1), T(0))));
}

/// d min(a, b) / da, likewise.
template <class A, class B>
constexpr auto below(const A& a, const B& b) {
  using T = Real<decltype(a + b)>;
  const T x(a), y(b);
  return select(x < y, T(1), select(x == y, T(0.5), select(!(y == y), T(1), T(0))));
}

/// d a^b / da = b a^(b-1), which is 0 for b = 0 even at a = 0.
template <class A, class B>
constexpr auto pow_da(const A& a, const B& b) {
  using T = decltype(pow(a, b));
  const T x(a), y(b);
  if constexpr (std::is_arithmetic_v<T>)
    return y == 0 ? T(0) : y * pow(x, y - 1);
  else
    return select(y == T(0), T(0), T(y * pow(x, T(y - T(1)))));
}

/// d a^b / db = r log(a), and 0 at a = 0 where r = a^b is finite; not a number for a < 0, as a^b is none next to b.
template <class R, class A>
constexpr auto pow_db(const R& r, const A& a) {
  using T = decltype(r * Real<A>(a));
  const T x(a);
  if constexpr (std::is_arithmetic_v<T>)
    return x == 0 ? r * T(0) : r * log(x);
  else
    return select(x == T(0), T(r * T(0)), T(r * log(x)));
}
}  // namespace zygote::generic

/// What <cmath> and <algorithm> have for scalars; max, min and clamp also of mixed types.
namespace zygote::scalar {
#define ZYGOTE_OPERATOR1(...)
#define ZYGOTE_OPERATOR2(...)
#define ZYGOTE_RULE1(name, ...) using std::name;
#define ZYGOTE_RULE2(name, ...) using std::name;
#define ZYGOTE_RULE3(name, ...) using std::name;
#define ZYGOTE_HELPER1(name) using generic::name;
#define ZYGOTE_HELPER2(name) using generic::name;
#include <zygote/rules.def>

template <class A, class B>
requires(std::is_arithmetic_v<A>&& std::is_arithmetic_v<B> && !std::same_as<A, B>) constexpr auto max(A a, B b) {
  return a < b ? b : a;
}
template <class A, class B>
requires(std::is_arithmetic_v<A>&& std::is_arithmetic_v<B> && !std::same_as<A, B>) constexpr auto min(A a, B b) {
  return b < a ? b : a;
}
template <class A, class B, class C>
requires(std::is_arithmetic_v<A>&& std::is_arithmetic_v<B>&& std::is_arithmetic_v<C> &&
         (!std::same_as<A, B> || !std::same_as<A, C>)) constexpr auto clamp(A a, B low, C high) {
  return a < low ? low : high < a ? high : a;
}
}  // namespace zygote::scalar

namespace zygote::math {
// First the types, then the objects: a type's body must not see an object of its function's name, which would hide ADL.
// `simd`: may be called with SIMD batches, where the library of the batches has the function (the call is constrained).
#define ZYGOTE_OPERATOR1(name, symbol, da)                              \
  struct name##_t {                                                     \
    static constexpr bool simd = true;                                  \
    template <class A>                                                  \
    constexpr auto operator()(const A& a) const -> decltype(symbol a) { \
      return symbol a;                                                  \
    }                                                                   \
    template <class A>                                                  \
    constexpr auto pullback(const A& a) const;                          \
  };
#define ZYGOTE_OPERATOR2(name, symbol, da, db)                                        \
  struct name##_t {                                                                   \
    static constexpr bool simd = true;                                                \
    template <class A, class B>                                                       \
    constexpr auto operator()(const A& a, const B& b) const -> decltype(a symbol b) { \
      return a symbol b;                                                              \
    }                                                                                 \
    template <class A, class B>                                                       \
    constexpr auto pullback(const A& a, const B& b) const;                            \
  };
#define ZYGOTE_CALLS(name)                                                             \
  static constexpr bool simd = true;                                                   \
  template <class... A>                                                                \
  requires(std::is_arithmetic_v<A> && ...) constexpr auto operator()(A... a)           \
      const->std::remove_cvref_t<decltype(scalar::name(a...))> {                       \
    return scalar::name(a...);                                                         \
  }                                                                                    \
  template <class... A>                                                                \
  requires(!(std::is_arithmetic_v<A> && ...)) constexpr auto operator()(const A&... a) \
      const->std::remove_cvref_t<decltype(name(a...))> {                               \
    return name(a...);                                                                 \
  }
#define ZYGOTE_RULE1(name, da)                 \
  struct name##_t {                            \
    ZYGOTE_CALLS(name)                         \
    template <class A>                         \
    constexpr auto pullback(const A& a) const; \
  };
#define ZYGOTE_RULE2(name, da, db)                         \
  struct name##_t {                                        \
    ZYGOTE_CALLS(name)                                     \
    template <class A, class B>                            \
    constexpr auto pullback(const A& a, const B& b) const; \
  };
#define ZYGOTE_RULE3(name, da, db, dc)                                 \
  struct name##_t {                                                    \
    ZYGOTE_CALLS(name)                                                 \
    template <class A, class B, class C>                               \
    constexpr auto pullback(const A& a, const B& b, const C& c) const; \
  };
// A helper falls back on its generic formula where ADL finds no function (SIMD batches).
#define ZYGOTE_HELPER1(name)                          \
  struct name##_t {                                   \
    static constexpr bool simd = true;                \
    template <class... A>                             \
    constexpr auto operator()(const A&... a) const {  \
      if constexpr ((std::is_arithmetic_v<A> && ...)) \
        return generic::name(a...);                   \
      else if constexpr (requires { name(a...); })    \
        return name(a...);                            \
      else                                            \
        return generic::name(a...);                   \
    }                                                 \
  };
#define ZYGOTE_HELPER2(name) ZYGOTE_HELPER1(name)
#include <zygote/rules.def>
#undef ZYGOTE_CALLS

#define ZYGOTE_RULE1(name, ...) ZYGOTE_OBJECT name##_t name{};
#define ZYGOTE_RULE2(name, ...) ZYGOTE_OBJECT name##_t name{};
#define ZYGOTE_RULE3(name, ...) ZYGOTE_OBJECT name##_t name{};
#define ZYGOTE_HELPER1(name) ZYGOTE_OBJECT name##_t name{};
#define ZYGOTE_HELPER2(name) ZYGOTE_OBJECT name##_t name{};
#include <zygote/rules.def>
}  // namespace zygote::math
