// The stateless adjoints of rules.def, as generated code calls them: rules::mul<i>(e, d, r, a, b) is the contribution
// to operand i, whose extent is e, of d, the adjoint of the result r. What a formula does not need is passed as none{}.
// Here too: the pullbacks of the function objects of zygote::math, which keep exactly what the formulas need.
#pragma once
#include <string_view>
#include <zygote/runtime/fields.hpp>
#include <zygote/runtime/math.hpp>

namespace zygote {

namespace detail {
/// Does the text of a formula mention this operand?
constexpr bool mentions(std::string_view formula, char operand) {
  auto in_word = [&](std::size_t i) {
    const char c = i < formula.size() ? formula[i] : ' ';
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  for (std::size_t i = 0; i < formula.size(); ++i)
    if (formula[i] == operand && !(i > 0 && in_word(i - 1)) && !in_word(i + 1)) return true;
  return false;
}

template <bool keep, class T>
constexpr auto kept(const T& x) {
  if constexpr (keep)
    return x;
  else
    return none{};
}

/// Complex numbers are conjugated on the way into a formula and out of it: d conj(f'(a)); see complex.hpp.
template <class T>
constexpr decltype(auto) conjugated(T&& x) {
  if constexpr (is_complex<std::remove_cvref_t<T>>)
    return conj(x);
  else if constexpr (requires { conjugate_elements(x); })  // ADL: arrays of complex numbers
    return conjugate_elements(x);
  else
    return std::forward<T>(x);
}

/// The adjoint of a result as formulas read it. A number that is worked out when somebody asks is asked for.
template <class D>
constexpr decltype(auto) read(const D& d) {
  if constexpr (requires { requires std::is_arithmetic_v<decltype(d.evaluate())>; })
    return d.evaluate();
  else
    return conjugated(d);
}

template <class E, class D, class C>
constexpr auto contribution(const E& e, const D&, C&& c) {
  static_assert(
      !HasFields<Primal<E>> && !HasFields<D>,
      "zygote: this operator of one's own structs has no pullback: mark it ZYGOTE, or write a zygote_operator "
      "next to it (zygote/runtime/operators.hpp)");
  if constexpr (NoAdjoint<C>)
    return none{};
  else
    return reduce_to(e, conjugated(std::forward<C>(c)));
}
}  // namespace detail

namespace rules {
// The integer literals of the formulas next to complex numbers, which std has for their own real type only.
#define ZYGOTE_LITERAL(symbol)                                                                             \
  template <std::integral I, class Z>                                                                      \
  requires is_complex<Z>                                                                                   \
  constexpr Z operator symbol(I n, const Z& z) { return static_cast<typename Z::value_type>(n) symbol z; } \
  template <std::integral I, class Z>                                                                      \
  requires is_complex<Z>                                                                                   \
  constexpr Z operator symbol(const Z& z, I n) { return z symbol static_cast<typename Z::value_type>(n); }
ZYGOTE_LITERAL(+)
ZYGOTE_LITERAL(-)
ZYGOTE_LITERAL(*)
#undef ZYGOTE_LITERAL

// `operand` picks the formula without evaluating the others; the names r, a, b, c, d are what the formulas mean by
// them.
#define ZYGOTE_RULE1(name, da)                                                                                \
  template <int operand, class E, class D, class R, class A>                                                  \
  constexpr auto name([[maybe_unused]] const E& e, [[maybe_unused]] const D& dr, [[maybe_unused]] const R& r, \
                      [[maybe_unused]] const A& a) {                                                          \
    if constexpr (NoAdjoint<D> || !Differentiable<Primal<E>>)                                                 \
      return none{};                                                                                          \
    else {                                                                                                    \
      [[maybe_unused]] const auto& d = detail::read(dr);                                                      \
      return detail::contribution(e, d, da);                                                                  \
    }                                                                                                         \
  }
#define ZYGOTE_RULE2(name, da, db)                                                                            \
  template <int operand, class E, class D, class R, class A, class B>                                         \
  constexpr auto name([[maybe_unused]] const E& e, [[maybe_unused]] const D& dr, [[maybe_unused]] const R& r, \
                      [[maybe_unused]] const A& a, [[maybe_unused]] const B& b) {                             \
    if constexpr (NoAdjoint<D> || !Differentiable<Primal<E>>)                                                 \
      return none{};                                                                                          \
    else {                                                                                                    \
      [[maybe_unused]] const auto& d = detail::read(dr);                                                      \
      if constexpr (operand == 0)                                                                             \
        return detail::contribution(e, d, da);                                                                \
      else                                                                                                    \
        return detail::contribution(e, d, db);                                                                \
    }                                                                                                         \
  }
#define ZYGOTE_RULE3(name, da, db, dc)                                                                         \
  template <int operand, class E, class D, class R, class A, class B, class C>                                 \
  constexpr auto name([[maybe_unused]] const E& e, [[maybe_unused]] const D& dr, [[maybe_unused]] const R& r,  \
                      [[maybe_unused]] const A& a, [[maybe_unused]] const B& b, [[maybe_unused]] const C& c) { \
    if constexpr (NoAdjoint<D> || !Differentiable<Primal<E>>)                                                  \
      return none{};                                                                                           \
    else {                                                                                                     \
      [[maybe_unused]] const auto& d = detail::read(dr);                                                       \
      if constexpr (operand == 0)                                                                              \
        return detail::contribution(e, d, da);                                                                 \
      else if constexpr (operand == 1)                                                                         \
        return detail::contribution(e, d, db);                                                                 \
      else                                                                                                     \
        return detail::contribution(e, d, dc);                                                                 \
    }                                                                                                          \
  }
#include <zygote/rules.def>
}  // namespace rules

namespace math {
#define ZYGOTE_KEEP(x, formulas) x = detail::kept<detail::mentions(formulas, #x[0])>(x)
#define ZYGOTE_RULE1(name, da)                                                                    \
  template <class A>                                                                              \
  constexpr auto name##_t::pullback(const A& a) const {                                           \
    auto r = evaluate((*this)(a));                                                                \
    return Pullback{r, [e = extent(a), ZYGOTE_KEEP(r, #da), ZYGOTE_KEEP(a, #da)](const auto& d) { \
                      return std::make_tuple(rules::name<0>(e, d, r, a));                         \
                    }};                                                                           \
  }
#define ZYGOTE_RULE2(name, da, db)                                                                                \
  template <class A, class B>                                                                                     \
  constexpr auto name##_t::pullback(const A& a, const B& b) const {                                               \
    auto r = evaluate((*this)(a, b));                                                                             \
    return Pullback{r, [ea = extent(a), eb = extent(b), ZYGOTE_KEEP(r, #da " " #db), ZYGOTE_KEEP(a, #da " " #db), \
                        ZYGOTE_KEEP(b, #da " " #db)](const auto& d) {                                             \
                      return std::make_tuple(rules::name<0>(ea, d, r, a, b), rules::name<1>(eb, d, r, a, b));     \
                    }};                                                                                           \
  }
#define ZYGOTE_RULE3(name, da, db, dc)                                                                                 \
  template <class A, class B, class C>                                                                                 \
  constexpr auto name##_t::pullback(const A& a, const B& b, const C& c) const {                                        \
    auto r = evaluate((*this)(a, b, c));                                                                               \
    constexpr auto formulas = #da " " #db " " #dc;                                                                     \
    return Pullback{r, [ea = extent(a), eb = extent(b), ec = extent(c), ZYGOTE_KEEP(r, formulas),                      \
                        ZYGOTE_KEEP(a, formulas), ZYGOTE_KEEP(b, formulas), ZYGOTE_KEEP(c, formulas)](const auto& d) { \
                      return std::make_tuple(rules::name<0>(ea, d, r, a, b, c), rules::name<1>(eb, d, r, a, b, c),     \
                                             rules::name<2>(ec, d, r, a, b, c));                                       \
                    }};                                                                                                \
  }
#include <zygote/rules.def>
#undef ZYGOTE_KEEP
}  // namespace math

}  // namespace zygote
