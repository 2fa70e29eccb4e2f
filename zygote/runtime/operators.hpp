// Operators in generated code whose operand types nobody knows: numbers, arrays, or a user's class with an operator and
// a pullback of its own.
//
// The pullback of a user's operator is a function next to it, found by ADL, that returns {value, back}, where
// back(dvalue) returns one adjoint per operand. The compiler writes it for a marked operator; by hand it is
//   auto zygote_operator(zygote::Name<"*">, const Quaternion& a, const Quaternion& b) { return Pullback{a * b, back}; }
//
// Generated code says, for any operator of rules.def by its name there,
//   auto op = operators::mul(a, b);                      // {value, back}; back is empty if rules.def has the rule
//   const auto d = operators::adjoint(op.back, dvalue);  // dvalue itself, or all adjoints of a user's operator
//   rules::mul<0>(extent(a), d, r, a, b)                 // the contribution to a, in both cases
#pragma once
#include <zygote/runtime/call.hpp>
#include <zygote/runtime/rules.hpp>

namespace zygote::operators {

/// The `back` of an operator with a rule in rules.def, which needs none.
struct Stateless {};

#define ZYGOTE_OPERATOR1(name, symbol, ...)                                               \
  template <class A>                                                                      \
  constexpr auto name(const A& a) {                                                       \
    if constexpr (Differentiable<A> && requires { zygote_operator(Name<#symbol>{}, a); }) \
      return zygote_operator(Name<#symbol>{}, a);                                         \
    else                                                                                  \
      return Pullback{symbol a, Stateless{}};                                             \
  }
#define ZYGOTE_OPERATOR2(name, symbol, ...)                                                                       \
  template <class A, class B>                                                                                     \
  constexpr auto name(const A& a, const B& b) {                                                                   \
    if constexpr ((Differentiable<A> || Differentiable<B>)&&requires { zygote_operator(Name<#symbol>{}, a, b); }) \
      return zygote_operator(Name<#symbol>{}, a, b);                                                              \
    else                                                                                                          \
      return Pullback{a symbol b, Stateless{}};                                                                   \
  }
#include <zygote/rules.def>

/// What rules::name takes as the adjoint of the result.
template <class B, class D>
constexpr auto adjoint([[maybe_unused]] const B& back, D&& d) {
  if constexpr (std::same_as<B, Stateless> || NoAdjoint<D>)
    return std::remove_cvref_t<decltype(evaluate(std::forward<D>(d)))>(evaluate(std::forward<D>(d)));
  else
    return detail::OperandAdjoints<decltype(back(evaluate(d)))>{back(evaluate(std::forward<D>(d)))};
}

}  // namespace zygote::operators
