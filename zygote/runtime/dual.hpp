// Dual numbers: a value and its derivatives in n directions, carried through every operator and function of rules.def.
//
// The partial derivatives are the adjoint formulas of rules.def with d = 1, so nothing is written twice. T may be a
// Dual itself (second derivatives). Reverse mode runs over dual numbers as over any other number.
// `Tag` tells numbers of nested derivatives apart: mixing those of two derivatives of which neither contains the other
// would confuse their directions, and does not compile.
#pragma once
#include <compare>
#include <limits>
#include <zygote/runtime/made.hpp>
#include <zygote/runtime/rules.hpp>

namespace zygote {

namespace dual_numbers {
template <class T, std::size_t n = 1, class Tag = void>
struct Dual;
}
using dual_numbers::Dual;  // in a namespace of its own, so that sin, max ... are found by ADL only

template <class T>
inline constexpr bool is_dual = false;
template <class T, std::size_t n, class Tag>
inline constexpr bool is_dual<Dual<T, n, Tag>> = true;
template <class T, std::size_t n, class Tag>
inline constexpr bool is_number<Dual<T, n, Tag>> = true;

template <class... T>
inline constexpr bool any_dual = (is_dual<T> || ...);

namespace dual_numbers {

/// How many Duals are nested in T, and the floating point type inside.
template <class T>
struct Nesting {
  static constexpr int depth = 0;
  using scalar = T;
};
template <class T, std::size_t n, class Tag>
struct Nesting<Dual<T, n, Tag>> {
  static constexpr int depth = Nesting<T>::depth + 1;
  using scalar = typename Nesting<T>::scalar;
};

/// A dual number and a dual or ordinary number: what the operators and functions below take.
template <class... A>
concept Operands = (is_dual<A> || ...) && ((is_dual<A> || std::is_arithmetic_v<A>)&&...);

/// The operand of deepest nesting decides the type of the result; the others are constants to it.
template <class A, class... Rest>
struct Common {
  using type = A;
};
template <class A, class B, class... Rest>
struct Common<A, B, Rest...> : Common<std::conditional_t<(Nesting<B>::depth > Nesting<A>::depth), B, A>, Rest...> {};

/// `value` and the derivatives of it in n directions. Converts from every number that is a constant to it: arithmetic
/// types take the type of its scalars, so 2.0 * x stays a Dual<float> for a Dual<float> x.
template <class T, std::size_t n, class Tag>
struct Dual {
  T value;
  T partials[n];

  constexpr Dual() : value(0), partials{} {}
  constexpr Dual(const T& value) : value(value), partials{} {}
  template <class U>
  requires(std::is_arithmetic_v<U> && !std::same_as<U, T>) constexpr Dual(U value)
      : value(static_cast<typename Nesting<T>::scalar>(value)), partials{} {}
  /// A number of an outer derivative.
  template <class U>
  requires(is_dual<U> && !std::same_as<U, T> && Nesting<U>::depth < Nesting<T>::depth) constexpr Dual(const U& value)
      : value(value), partials{} {}

  /// The variable itself, for direction i.
  static constexpr Dual variable(const T& value, std::size_t i = 0) {
    Dual x(value);
    x.partials[i] = T(1);
    return x;
  }
  template <std::integral I>
  explicit constexpr operator I() const {
    return static_cast<I>(value);
  }
  // clang-format off
  template <class U> constexpr Dual& operator+=(const U& b) { return *this = *this + b; }
  template <class U> constexpr Dual& operator-=(const U& b) { return *this = *this - b; }
  template <class U> constexpr Dual& operator*=(const U& b) { return *this = *this * b; }
  template <class U> constexpr Dual& operator/=(const U& b) { return *this = *this / b; }
  // clang-format on
  constexpr Dual& operator++() { return value += T(1), *this; }
  constexpr Dual& operator--() { return value -= T(1), *this; }
  constexpr Dual operator+() const { return *this; }

  /// Nothing flows in this direction.
  constexpr bool is_constant() const {
    for (const T& p : partials)
      if constexpr (is_dual<T>) {
        if (!(p.value == 0 && p.is_constant())) return false;
      } else if (!(p == 0))
        return false;
    return true;
  }
};

/// The floating point number inside; an ordinary number is its own.
template <class T>
constexpr auto scalar_of(const T& x) {
  if constexpr (is_dual<T>)
    return scalar_of(x.value);
  else
    return x;
}

/// An operand as the rule of a D sees it: the value of a D, a number of lower nesting as it is. Integers stay integers.
template <class D, class A>
constexpr auto inner(const A& a) {
  if constexpr (std::same_as<A, D>)
    return a.value;
  else if constexpr (std::is_integral_v<A>)
    return a;
  else if constexpr (std::is_arithmetic_v<A>)
    return static_cast<typename Nesting<D>::scalar>(a);
  else {
    static_assert(Nesting<A>::depth < Nesting<D>::depth,
                  "zygote: these dual numbers belong to two derivatives of which neither contains the other: convert "
                  "the point at which the inner one is taken to the number type of the outer one");
    return a;
  }
}

/// result.partials += partial * a.partials. What does not depend on a direction stays zero next to a pole.
template <class D, class A, class P>
constexpr void flow([[maybe_unused]] D& result, [[maybe_unused]] const A& a, [[maybe_unused]] const P& partial) {
  using T = decltype(D::value);
  if constexpr (std::same_as<A, D> && !NoAdjoint<P>)
    for (std::size_t i = 0; i < std::size(a.partials); ++i) {
      const auto& p = a.partials[i];
      bool constant = p == 0;
      if constexpr (is_dual<T>) constant = constant && p.is_constant();
      if (!constant) result.partials[i] += T(partial) * p;
    }
}

/// The extent of a D's value; of none for other operands, whose partial derivatives nobody needs.
template <class D, class A>
using Of = Extent<std::conditional_t<std::same_as<A, D>, decltype(D::value), int>>;

#define ZYGOTE_DUAL1(function, expression, name)                         \
  template <class A>                                                     \
  requires is_dual<A>                                                    \
  constexpr A function(const A& a) {                                     \
    using T = decltype(A::value);                                        \
    const T& x = a.value;                                                \
    A result(T(expression));                                             \
    flow(result, a, rules::name<0>(Extent<T>{}, T(1), result.value, x)); \
    return result;                                                       \
  }
#define ZYGOTE_DUAL2(function, expression, name)                           \
  template <class A, class B>                                              \
  requires Operands<A, B>                                                  \
  constexpr auto function(const A& a, const B& b) {                        \
    using D = typename Common<A, B>::type;                                 \
    using T = decltype(D::value);                                          \
    const auto x = inner<D>(a);                                            \
    const auto y = inner<D>(b);                                            \
    D result(T(expression));                                               \
    flow(result, a, rules::name<0>(Of<D, A>{}, T(1), result.value, x, y)); \
    flow(result, b, rules::name<1>(Of<D, B>{}, T(1), result.value, x, y)); \
    return result;                                                         \
  }
#define ZYGOTE_OPERATOR1(name, symbol, da) ZYGOTE_DUAL1(operator symbol, symbol x, name)
#define ZYGOTE_OPERATOR2(name, symbol, da, db) ZYGOTE_DUAL2(operator symbol, x symbol y, name)
#define ZYGOTE_RULE1(name, da) ZYGOTE_DUAL1(name, math::name(x), name)
#define ZYGOTE_RULE2(name, da, db) ZYGOTE_DUAL2(name, math::name(x, y), name)
#define ZYGOTE_RULE3(name, da, db, dc)                                        \
  template <class A, class B, class C>                                        \
  requires Operands<A, B, C>                                                  \
  constexpr auto name(const A& a, const B& b, const C& c) {                   \
    using D = typename Common<A, B, C>::type;                                 \
    using T = decltype(D::value);                                             \
    const auto x = inner<D>(a);                                               \
    const auto y = inner<D>(b);                                               \
    const auto z = inner<D>(c);                                               \
    D result(T(math::name(x, y, z)));                                         \
    flow(result, a, rules::name<0>(Of<D, A>{}, T(1), result.value, x, y, z)); \
    flow(result, b, rules::name<1>(Of<D, B>{}, T(1), result.value, x, y, z)); \
    flow(result, c, rules::name<2>(Of<D, C>{}, T(1), result.value, x, y, z)); \
    return result;                                                            \
  }
#include <zygote/rules.def>
#undef ZYGOTE_DUAL1
#undef ZYGOTE_DUAL2

// The helpers whose generic formula chooses by value at a point where the derivative matters: d / x where d is 0, and
// b a^(b-1) where b is 0. The others are piecewise constant or smooth.
template <class D, class X>
requires Operands<D, X>
constexpr auto quotient(const D& d, const X& x) {
  using R = typename Common<D, X>::type;
  const R numerator(d);
  return numerator.value == 0 && numerator.is_constant() ? R(0) : numerator / x;
}
template <class A, class B>
requires Operands<A, B>
constexpr auto pow_da(const A& a, const B& b) {
  using R = typename Common<A, B>::type;
  if (b == 0 && (!is_dual<B> || a == 0)) return R(0);
  return R(b * pow(R(a), b - 1));
}

template <class A, class B>
requires Operands<A, B>
constexpr bool operator==(const A& a, const B& b) { return scalar_of(a) == scalar_of(b); }
template <class A, class B>
requires Operands<A, B>
constexpr auto operator<=>(const A& a, const B& b) { return scalar_of(a) <=> scalar_of(b); }

#define ZYGOTE_ASK(name) \
  template <class A>     \
  requires is_dual<A>    \
  bool name(const A& a) { return std::name(scalar_of(a)); }
ZYGOTE_ASK(isfinite)
ZYGOTE_ASK(isinf)
ZYGOTE_ASK(isnan)
ZYGOTE_ASK(signbit)
#undef ZYGOTE_ASK

/// The contribution to an operand that is a constant to this derivative: the part without derivatives.
template <class P, class D>
requires(is_number<P>&& is_dual<std::remove_cvref_t<D>>) constexpr P reduce_to(const Extent<P>& e, D&& c) {
  if constexpr (Nesting<P>::depth >= Nesting<std::remove_cvref_t<D>>::depth)
    return c;
  else
    return reduce_to(e, c.value);
}
template <class P>
requires std::floating_point<P>
constexpr P reduce_to(const Extent<P>&, const P& c) { return c; }
}  // namespace dual_numbers

template <class T, std::size_t n, class Tag>
struct Algebra<Dual<T, n, Tag>> {
  using type = Dual<T, n, Tag>;
  static constexpr type zero() { return {}; }
  static constexpr void accumulate(type& acc, const type& c) {
    acc.value += c.value;
    for (std::size_t i = 0; i < n; ++i) acc.partials[i] += c.partials[i];
  }
  static constexpr void complete(type&, const type&) {}
};

/// Conversions: Dual(x) in marked code.
template <class T, std::size_t n, class Tag>
struct Made<Dual<T, n, Tag>> {
  template <std::size_t i, std::size_t count, bool braces, class E>
  static constexpr auto part(const E& e, const Dual<T, n, Tag>& d) {
    return reduce_to(e, d);
  }
};

/// Of several numbers, that which carries most derivatives.
template <class... T>
using widest = typename dual_numbers::Common<T...>::type;

}  // namespace zygote

template <class T, std::size_t n, class Tag>
struct std::numeric_limits<zygote::Dual<T, n, Tag>> : std::numeric_limits<T> {};
