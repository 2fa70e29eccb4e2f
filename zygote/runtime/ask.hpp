// Has a callable a pullback for these arguments, and what it is told of them.
#pragma once
#include <concepts>
#include <zygote/runtime/core.hpp>

namespace zygote {

namespace detail {
// One bit for each parameter that is a reference to just what the argument is.
template <class... A, class... P>
requires(sizeof...(A) == sizeof...(P)) constexpr unsigned long long references_of(std::type_identity<void(P...)>) {
  unsigned long long bits = 0, bit = 1;
  ((bits |= std::is_lvalue_reference_v<P> && std::is_lvalue_reference_v<A> &&
                    std::same_as<std::remove_cvref_t<P>, std::remove_cvref_t<A>>
                ? bit
                : 0,
    bit <<= 1),
   ...);
  return bits;
}
template <class F, class... A>
constexpr unsigned long long references() {
  if constexpr (requires { detail::references_of<A...>(std::type_identity<typename F::zygote_parameters>{}); })
    return detail::references_of<A...>(std::type_identity<typename F::zygote_parameters>{});
  else
    return 0;
}
}  // namespace detail

namespace ir {
/// An argument of a call. Calls cannot change what they are given, as that would escape the reverse; but for generators
/// of random numbers that the function does not own: a mutable member, what a function like default_rng() returns.
template <class T>
constexpr auto& argument(const T& x) {
  constexpr bool generates = requires(T & generator) {
    typename T::result_type;
    T::min();
    T::max();
    generator();
  };
  if constexpr (generates)
    return const_cast<T&>(x);
  else
    return x;
}
}  // namespace ir

template <class F>
concept TakesMode = requires {
  typename F::zygote_parameters;
};

/// Has f a pullback for these arguments? One that the compiler wrote is not instantiated to find out.
template <class F, class... A>
concept HasPullback = (TakesMode<F> && std::invocable<const F&, A...>) || requires(const F& f, A&&... a) {
  f.pullback(std::forward<A>(a)...);
};

namespace detail {
template <Mode mode, bool told>
struct Puller {
  template <class F, class... A>
  ZYGOTE_INLINE static constexpr auto pull(const F& f, A&&... a) -> decltype(f.pullback(std::forward<A>(a)...)) {
    return f.pullback(std::forward<A>(a)...);
  }
};
template <Mode mode>
struct Puller<mode, true> {
  template <class F, class... A>
  static constexpr Mode how{mode.lends & references<F, A...>(), mode.inactive, mode.unit};
  template <class F, class... A>
  ZYGOTE_INLINE static constexpr auto pull(const F& f, A&&... a)
      -> decltype(f.template pullback<how<F, A...>>(std::forward<A>(a)...)) {
    return f.template pullback<how<F, A...>>(std::forward<A>(a)...);
  }
};
}  // namespace detail

/// The pullback of f, told which of its arguments are lent and which are inactive, if it can be told. An argument that
/// is converted for the parameter cannot be lent: what it is converted to does not stay.
template <Mode mode, class F, class... A>
ZYGOTE_INLINE constexpr auto pullback_of(const F& f, A&&... a)
    -> decltype(detail::Puller<mode, TakesMode<F> && mode != Mode{}>::pull(f, std::forward<A>(a)...)) {
  return detail::Puller < mode, TakesMode<F> && mode != Mode{} > ::pull(f, std::forward<A>(a)...);
}

}  // namespace zygote
