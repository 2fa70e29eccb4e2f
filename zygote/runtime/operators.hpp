// Operators in generated code whose operand types nobody knows: numbers, arrays, or a user's class with an operator and
// a pullback of its own.
//
// The pullback of a user's operator is a function next to it, found by ADL, that returns {value, back}, where
// back(dvalue) returns one adjoint per operand. The compiler writes it for a marked operator; by hand it is
//   auto zygote_operator(zygote::Name<"*">, const Quaternion& a, const Quaternion& b) { return Pullback{a * b, back}; }
// That of x *= y has the value that x gets.
//
// Generated code calls operators::any_mul(a, b), for any operator of rules.def by its name there: a callable like any
// other.
#pragma once
#include <zygote/runtime/call.hpp>
#include <zygote/runtime/rules.hpp>

namespace zygote::operators {

#define ZYGOTE_OPERATOR1(name, symbol, ...)                            \
  struct any_##name##_t {                                              \
    template <class A>                                                 \
    constexpr auto operator()(const A& a) const {                      \
      return symbol a;                                                 \
    }                                                                  \
    template <class A>                                                 \
    constexpr auto pullback(const A& a) const {                        \
      if constexpr (requires { zygote_operator(Name<#symbol>{}, a); }) \
        return zygote_operator(Name<#symbol>{}, a);                    \
      else                                                             \
        return math::name.pullback(a);                                 \
    }                                                                  \
  };                                                                   \
  ZYGOTE_OBJECT any_##name##_t any_##name{};
#define ZYGOTE_OPERATOR2(name, symbol, ...)                                                             \
  struct any_##name##_t {                                                                               \
    template <class A, class B>                                                                         \
    constexpr auto operator()(const A& a, const B& b) const {                                           \
      return a symbol b;                                                                                \
    }                                                                                                   \
    template <class A, class B>                                                                         \
    constexpr auto pullback(const A& a, const B& b) const {                                             \
      if constexpr (requires { zygote_operator(Name<#symbol>{}, a, b); })                               \
        return zygote_operator(Name<#symbol>{}, a, b);                                                  \
      else                                                                                              \
        return math::name.pullback(a, b);                                                               \
    }                                                                                                   \
  };                                                                                                    \
  ZYGOTE_OBJECT any_##name##_t any_##name{};                                                            \
  struct any_##name##_assign_t {                                                                        \
    template <class A, class B>                                                                         \
    static constexpr bool own = requires(const A& a, const B& b) {                                      \
      zygote_operator(Name<#symbol "=">{}, a, b);                                                       \
    };                                                                                                  \
    template <class A, class B>                                                                         \
    constexpr auto operator()([[maybe_unused]] const A& a, [[maybe_unused]] const B& b) const {         \
      if constexpr (own<A, B>) {                                                                        \
        A x = a;                                                                                        \
        x symbol## = b;                                                                                 \
        return x;                                                                                       \
      } else                                                                                            \
        return a symbol b;                                                                              \
    }                                                                                                   \
    template <class A, class B>                                                                         \
    constexpr auto pullback(const A& a, const B& b) const {                                             \
      if constexpr (own<A, B>)                                                                          \
        return zygote_operator(Name<#symbol "=">{}, a, b);                                              \
      else {                                                                                            \
        static_assert(!HasFields<A> || !Differentiable<A>,                                              \
                      "zygote: this operator has no pullback: mark operator" #symbol "= of its class"); \
        return any_##name.pullback(a, b);                                                               \
      }                                                                                                 \
    }                                                                                                   \
  };                                                                                                    \
  ZYGOTE_OBJECT any_##name##_assign_t any_##name##_assign{};
#include <zygote/rules.def>

/// x op= y where y is perhaps a part of x: an operator of one's own may see y change.
template <class F>
struct Aliased {
  template <class A, class B>
  constexpr auto operator()(const A& a, const B& b) const {
    return F{}(a, b);
  }
  template <class A, class B>
  constexpr auto pullback(const A& a, const B& b) const {
    static_assert(!F::template own<A, B>, "zygote: y may be a part of x in x op= y: write x op= T(y)");
    return F{}.pullback(a, b);
  }
};
template <class F>
constexpr Aliased<F> aliased(const F&) {
  return {};
}

/// An operator of operands of std, which only its user can find: by `call` and `pull`.
template <class Any, class Call, class Pull>
struct Found {
  Any any;
  Call call;
  Pull pull;
  template <class... A>
  constexpr auto operator()(const A&... a) const {
    if constexpr (std::invocable<const Call&, const A&...>)
      return call(a...);
    else
      return any(a...);
  }
  template <class... A>
  constexpr auto pullback(const A&... a) const {
    if constexpr (std::invocable<const Pull&, const A&...>)
      return pull(a...);
    else
      return any.pullback(a...);
  }
};
template <class Any, class Call, class Pull>
Found(Any, Call, Pull) -> Found<Any, Call, Pull>;
}  // namespace zygote::operators

template <class Any, class Call, class Pull>
struct zygote::Algebra<zygote::operators::Found<Any, Call, Pull>> : NoAlgebra {};

// Operators as found where this stands.
#define ZYGOTE_INFIX(any, symbol)                                                                        \
  ::zygote::operators::Found {                                                                           \
    any, [](const auto& a, const auto& b) -> decltype(a symbol b) { return a symbol b; },                \
        [](const auto& a, const auto& b) -> decltype(zygote_operator(::zygote::Name<#symbol>{}, a, b)) { \
          return zygote_operator(::zygote::Name<#symbol>{}, a, b);                                       \
        }                                                                                                \
  }
#define ZYGOTE_PREFIX(any, symbol)                                                     \
  ::zygote::operators::Found {                                                         \
    any, [](const auto& a) -> decltype(symbol a) { return symbol a; },                 \
        [](const auto& a) -> decltype(zygote_operator(::zygote::Name<#symbol>{}, a)) { \
          return zygote_operator(::zygote::Name<#symbol>{}, a);                        \
        }                                                                              \
  }

namespace zygote {
/// Does x += y differ from x = x + y? Of arrays, which keep their shape.
template <class T>
inline constexpr bool keeps_shape = false;
}  // namespace zygote

namespace zygote::ir {

// x += y as a value.
#define ZYGOTE_IN_PLACE(name, symbol)                         \
  template <class X, class Y>                                 \
  ZYGOTE_INLINE constexpr auto name(const X& x, const Y& y) { \
    if constexpr (keeps_shape<X>) {                           \
      X changed = x;                                          \
      changed symbol## = y;                                   \
      return changed;                                         \
    } else                                                    \
      return x symbol y;                                      \
  }
ZYGOTE_IN_PLACE(add_in_place, +)
ZYGOTE_IN_PLACE(sub_in_place, -)
ZYGOTE_IN_PLACE(mul_in_place, *)
ZYGOTE_IN_PLACE(div_in_place, /)
#undef ZYGOTE_IN_PLACE

}  // namespace zygote::ir
