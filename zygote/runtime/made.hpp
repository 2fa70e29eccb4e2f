// Adjoints of what is made of other values: T(args...), T{args...}, T{.field = argument}.
#pragma once
#include <zygote/runtime/parts.hpp>

namespace zygote {

/// May a T be made from these? Not if an adjoint would be lost in it.
template <class T, class... Arguments>
inline constexpr bool can_make = !Opaque<T> || !(Differentiable<Arguments> || ...);
/// May an operator without a pullback give an R? Not if that has an adjoint, or what it was made from.
template <class R, class... Operands>
inline constexpr bool harmless = !Differentiable<R> && can_make<R, Operands...>;
/// The same of << and >>, which streams return themselves from.
template <class R, class First, class Second>
inline constexpr bool harmless_shift =
    !Differentiable<First> &&
    (std::same_as<std::remove_cvref_t<R>, std::remove_cvref_t<First>> || harmless<R, First, Second>);
/// Does the adjoint of a V that is in these have a place?
template <class V, class... Objects>
inline constexpr bool carries = !Differentiable<std::remove_cvref_t<V>> || !(Opaque<Objects> || ...);

/// Is what x[i] gives a part of x? What the operator[] of a struct works out is none.
template <class X, class Index>
inline constexpr bool has_parts = !HasFields<X> || !requires(const X& x, const Index& i) {
  x[i];
  requires !std::is_reference_v<decltype(x[i])> && Differentiable<decltype(x[i])>;
};

/// How an argument of T(args...) or T{args...} gets its share of d, the adjoint of the new T. Specialise it for a class
/// with constructors: `part<i, n, braces>(e, d)` is the share of argument i of n, whose extent is e.
template <class T>
struct Made {
  template <std::size_t i, std::size_t n, bool braces, class E>
  static constexpr auto part(const E&, const Adjoint<T>& d) {
    if constexpr (detail::WalkedAggregate<T>) {
      static_assert(std::constructible_from<std::tuple_element_t<i, field_types<T>>, Primal<E>>,
                    "zygote: write the braces of nested structs and arrays in marked code");
      return std::get<i>(fields(d));
    } else
      static_assert(!sizeof(T),
                    "zygote: no gradient flows through this constructor: mark it ZYGOTE, make the class an aggregate, "
                    "or write constant(...) around the argument if no gradient should flow");
  }
};
template <class T, std::size_t size>
struct Made<std::array<T, size>> {
  template <std::size_t i, std::size_t n, bool braces, class E>
  static constexpr auto part(const E&, const Adjoint<std::array<T, size>>& d) {
    return std::get<i>(d);
  }
};
template <class T>
requires(!detail::is_std_array<T> && detail::TupleLike<T>) struct Made<T> {
  template <std::size_t i, std::size_t n, bool braces, class E>
  static constexpr auto part(const E&, const Adjoint<T>& d) {
    static_assert(n == std::tuple_size_v<T>, "zygote: pairs and tuples are made from their elements in marked code");
    return std::get<i>(d);
  }
};
template <class T>
struct Made<std::optional<T>> {
  template <std::size_t i, std::size_t n, bool braces, class E>
  static constexpr Adjoint<T> part(const E&, const Adjoint<std::optional<T>>& d) {
    static_assert(n == 1, "zygote: an optional is made from its value in marked code");
    return d ? *d : zero<T>();
  }
};
template <class... T>
struct Made<std::variant<T...>> {
  template <std::size_t i, std::size_t n, bool braces, class E>
  static constexpr auto part(const E&, const Adjoint<std::variant<T...>>& d) {
    static_assert((std::same_as<Primal<E>, T> || ...),
                  "zygote: a variant is made from a value of one of its types in marked code");
    constexpr std::size_t k = detail::place_of<Primal<E>, std::variant<T...>>;
    return d.index() == k ? *std::get_if<k>(&d) : zero<Primal<E>>();
  }
};
template <class T, class Allocator>
struct Made<std::vector<T, Allocator>> {
  template <std::size_t i, std::size_t n, bool braces, class E>
  static constexpr Adjoint<T> part(const E&, const Adjoint<std::vector<T, Allocator>>& d) {
    if constexpr (braces)
      return i < d.size() ? d[i] : zero<T>();
    else {
      static_assert(i == 1, "zygote: a vector is made as vector(n, x) or vector{x, y...} in marked code");
      auto sum = zero<T>();
      for (const auto& x : d) accumulate<T>(sum, x);
      return sum;
    }
  }
};

namespace parts {

/// Contribution to argument i of n, with extent e, of T(args...) or T{args...}; d is the adjoint of what was made.
template <class T, std::size_t i, std::size_t n, bool braces, class E, class D>
constexpr auto made([[maybe_unused]] const E& e, [[maybe_unused]] D&& d) {
  using Arg = Primal<E>;
  if constexpr (!detail::reaches<D, T>)
    return none{};
  else {
    static_assert(!(requires(T & x) { x.assign(1, x[0]); } && !braces && n > 1 && i == 0 && !std::is_integral_v<Arg>),
                  "zygote: no gradient flows through iterators: copy the whole vector, or fill it in a loop");
    if constexpr (!Differentiable<Arg>)
      return none{};
    else if constexpr (n == 1 && (std::same_as<Adjoint<Arg>, Adjoint<T>> || std::is_arithmetic_v<T>))
      return std::remove_cvref_t<D>(std::forward<D>(d));
    else
      return Made<T>::template part<i, n, braces>(e, evaluate(d));
  }
}

/// Contribution to the initialiser of a field in T{.name = argument}.
template <class E, class Get, class Find, class D>
constexpr auto made_field([[maybe_unused]] const E& e, [[maybe_unused]] const Field<Get, Find>& name,
                          [[maybe_unused]] const D& d) {
  if constexpr (!detail::reaches<D, Primal<E>>)
    return none{};
  else {
    const auto whole = evaluate(d);
    return name.get(whole);
  }
}

}  // namespace parts
}  // namespace zygote
