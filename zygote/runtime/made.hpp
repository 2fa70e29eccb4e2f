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
/// The same of << and >>, which streams return themselves from, or a base of theirs.
template <class R, class First, class Second>
inline constexpr bool harmless_shift =
    !Differentiable<First> &&
    (std::is_base_of_v<std::remove_cvref_t<R>, std::remove_cvref_t<First>> || harmless<R, First, Second>);
/// Does a call that is made for its effect alone put numbers that have adjoints into an object that is not the
/// function's own? If it cannot be made with a constant object.
template <class... Arguments, class Object, class Call>
constexpr auto changes_numbers(Object&&, const Call&) {
  using T = std::remove_reference_t<Object>;
  constexpr bool numbers = std::is_lvalue_reference_v<Object> && !std::is_const_v<T> && Differentiable<T>;
  constexpr bool changes = !std::is_invocable_v<const Call&, const T&> && (Differentiable<Arguments> || ...);
  return std::bool_constant < numbers && changes > {};
}
/// Would a Key that has an adjoint become a key of the map M, which has none for it?
template <class M, class Key>
inline constexpr bool keyed_by_numbers = requires {
  typename std::remove_cvref_t<M>::mapped_type;
  requires Differentiable<typename std::remove_cvref_t<M>::key_type> && Differentiable<std::remove_cvref_t<Key>>;
};
/// Does the adjoint of a V that is in these have a place?
template <class V, class... Objects>
inline constexpr bool carries = !Differentiable<std::remove_cvref_t<V>> || !(Opaque<Objects> || ...);

/// Is what x[i] gives a part of x? What the operator[] of a struct works out is none.
template <class X, class Index>
inline constexpr bool has_parts = !HasFields<X> || !requires(const X& x, const Index& i) {
  x[i];
  requires !std::is_reference_v<decltype(x[i])> && Differentiable<decltype(x[i])>;
};

namespace parts {
template <class T, std::size_t i, std::size_t n, bool braces, class E, class D>
constexpr auto made(const E& e, D&& d);
}

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
  static constexpr auto part([[maybe_unused]] const E& e, const Adjoint<std::vector<T, Allocator>>& d) {
    if constexpr (braces) {
      auto part = i < d.size() ? d[i] : zero<T>();
      if constexpr (std::same_as<Adjoint<Primal<E>>, Adjoint<T>>)
        return part;
      else
        return parts::made<T, 0, 1, false>(e, std::move(part));  // vector<optional<double>>{x, y}
    } else {
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
    else if constexpr (n == 1 && requires { requires std::tuple_size<Arg>::value == 1; } &&
                       std::is_convertible_v<const Arg&, const T&>)  // the only one of Gradients
      return std::tuple(evaluate(d));
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
