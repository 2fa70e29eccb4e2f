// Lambdas of marked code over dual numbers: what `double` means in one that is called with them.
#pragma once
#include <zygote/runtime/leaves.hpp>

namespace zygote {

/// First argument of the one closure that serves both ways. Duals: the dual number types in what it captured (one for
/// all of it), and in each argument, or none; nothing if there are none at all.
template <class... Duals>
struct PrimalMode {
  static constexpr bool primal = true;
};
template <Mode how = Mode{}, class... Duals>
struct ReverseMode {
  static constexpr bool primal = false;
  static constexpr Mode mode = how;
};
namespace detail {
template <class T>
using DualOf = std::conditional_t<is_dual<NumberOf<T>>, NumberOf<T>, none>;
template <class Run, class Number, std::size_t... argument>
struct OverNumber;
template <class... Duals, class Number>
struct OverNumber<PrimalMode<Duals...>, Number> {
  using type = widest<Number, Duals...>;
};
template <class Captured, class... Duals, class Number, std::size_t argument>
struct OverNumber<PrimalMode<Captured, Duals...>, Number, argument> {
  using type = widest<Number, std::tuple_element_t<argument, std::tuple<Duals...>>>;
};
template <class Number, std::size_t argument>
struct OverNumber<PrimalMode<>, Number, argument> {
  using type = Number;
};
template <Mode how, class... Duals, class Number, std::size_t... argument>
struct OverNumber<ReverseMode<how, Duals...>, Number, argument...>
    : OverNumber<PrimalMode<Duals...>, Number, argument...> {};
/// The modes of a closure, for what it captured and its arguments.
template <class Captures, class... A>
struct Modes {
  using Primal = PrimalMode<>;
  using Reverse = ReverseMode<>;
};
template <class... C, class... A>
requires any_dual<NumberOf<C>..., NumberOf<A>...>
struct Modes<std::tuple<C...>, A...> {
  using Primal = PrimalMode<widest<none, DualOf<C>...>, DualOf<A>...>;
  using Reverse = ReverseMode<Mode{}, widest<none, DualOf<C>...>, DualOf<A>...>;
};
}  // namespace detail
/// double or float in a lambda, or a dual number if those of the mode that it is called with are any: in all of it, or
/// in one parameter.
template <class Run, class Number, std::size_t... argument>
using Over = typename detail::OverNumber<Run, Number, argument...>::type;

/// What a lambda captured that is a constant.
template <class T>
class Fixed {
  T value_;

 public:
  constexpr Fixed(const T& value) : value_(value) {}
  constexpr const T& get() const { return value_; }
};
template <class T>
struct Algebra<Fixed<T>> : NoAlgebra {};
namespace ir {
/// x, a constant, as a capture: fixed, if it cannot become one over dual numbers.
template <class T>
constexpr decltype(auto) fixed(const T& x) {
  if constexpr (can_lift<T>)
    return (x);
  else
    return Fixed<T>(x);
}
template <class T>
constexpr const T& captured_value(const T& x) {
  return x;
}
template <class T>
constexpr const T& captured_value(const Fixed<T>& x) {
  return x.get();
}
}  // namespace ir

namespace detail {
template <class T, class Real>
struct Lifted<Fixed<T>, Real> {
  using type = Fixed<T>;
};
}  // namespace detail

}  // namespace zygote
