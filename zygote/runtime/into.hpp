// Calls whose reverse adds to an adjoint that the caller has already. Else a function that hands on a container to many
// calls, as recursion over the nodes of a tree does, would make as many adjoints of all of it.
#pragma once
#include <zygote/runtime/writes.hpp>

namespace zygote::ir {

/// The caller's adjoint of an argument; full: it has all parts that the argument has.
template <class A>
struct Into {
  A& sum;
  bool full;
};
/// One for each argument, behind that of the callee if that has an adjoint; none where there is nothing to add to.
template <class... S>
struct Places {
  std::tuple<S...> all;
  explicit constexpr Places(S... each) : all(each...) {}
};

/// Numbers, and structs that live in registers, are returned.
template <class T>
consteval bool shared_in_place() {
  if constexpr (Differentiable<T>)
    return !detail::in_registers<T>() && !is_number<T> && !is_complex<T>;
  else
    return false;
}

template <class A>
constexpr auto into(A& sum, bool full) {
  if constexpr (NoAdjoint<A>)
    return none{};
  else
    return Into<A>{sum, full};
}
template <class A, class Path>
constexpr auto into(A& sum, bool full, Path&& path) {
  if constexpr (NoAdjoint<A>) {
    return none{};
  } else {
    using Part = decltype(path(sum));
    if constexpr (std::is_lvalue_reference_v<Part> && Differentiable<std::remove_cvref_t<Part>>)
      return ir::into(path(sum), full);
    else
      return none{};  // nor is the path walked: it may name another alternative than the adjoint holds
  }
}

constexpr none given() { return {}; }
template <class... S>
constexpr const Places<S...>& given(const Places<S...>& slots) {
  return slots;
}

/// The adjoint of a parameter: the caller's (A is a reference then), or one of its own.
template <class A>
struct Place {
  A sum;
};
/// What is returned of it.
template <class A>
constexpr A rest(Place<A>& place) {
  return std::move(place.sum);
}
template <class A>
constexpr none rest(Place<A&>&) {
  return {};
}

namespace detail {
/// The slot of adjoint k of n; slots of further ones, which have none, come first.
template <class T, std::size_t k, std::size_t n>
constexpr none slot(none) {
  return {};
}
template <class T, std::size_t k, std::size_t n, class... S>
constexpr auto slot([[maybe_unused]] const Places<S...>& slots) {
  constexpr std::size_t at = sizeof...(S) - n + k;
  if constexpr (sizeof...(S) < n || !shared_in_place<T>())
    return none{};
  else if constexpr (std::same_as<std::tuple_element_t<at, std::tuple<S...>>, Into<Adjoint<T>>>)
    return std::get<at>(slots.all);
  else
    return none{};
}
}  // namespace detail

/// The shape of an argument that is lent: worked out where it is needed.
template <class T>
struct LentShape {
  const T* x;
};
template <bool lent, class T>
constexpr auto shape_of(const T& x) {
  if constexpr (lent)
    return LentShape<T>{&x};
  else
    return ir::shape(x);
}
namespace detail {
template <class T>
constexpr const Shape<T>& shape_of(const Shape<T>& shape) {
  return shape;
}
template <class T>
constexpr Shape<T> shape_of(const LentShape<T>& lent) {
  return Shape<T>(*lent.x);
}

template <class T, class S, class D>
constexpr auto own_in(none, const S& shape, D&& d) {
  return Place<decltype(own(detail::shape_of(shape), std::forward<D>(d)))>{
      own(detail::shape_of(shape), std::forward<D>(d))};
}
template <class T, class S, class D>
constexpr auto own_in(const Into<Adjoint<T>>& slot, const S& lent, D&& d) {
  if (!slot.full)
    if (const auto& shape = detail::shape_of(lent); !shape.fits(slot.sum)) slot.sum = own(shape, std::move(slot.sum));
  accumulate<T>(slot.sum, std::forward<D>(d));
  return Place<Adjoint<T>&>{slot.sum};
}
}  // namespace detail

/// An adjoint of full shape, and one that is a sum, as `own` and `sum` make them: adjoint k of the n of a function,
/// where the caller says if it says.
template <std::size_t k, std::size_t n, class Given, template <class> class S, class T, class D = none>
constexpr auto own_in(const Given& given, const S<T>& shape, D&& d = {}) {
  return detail::own_in<T>(detail::slot<T, k, n>(given), shape, std::forward<D>(d));
}
template <std::size_t k, std::size_t n, class Given, class E, class... D>
constexpr auto sum_in(const Given& given, const E& type, D&&... d) {
  using T = Primal<E>;
  const auto slot = detail::slot<T, k, n>(given);
  if constexpr (NoAdjoint<decltype(slot)>)
    return Place<decltype(sum(type, std::forward<D>(d)...))>{sum(type, std::forward<D>(d)...)};
  else {
    (accumulate<T>(slot.sum, std::forward<D>(d)), ...);
    return Place<Adjoint<T>&>{slot.sum};
  }
}

/// back(d), which adds to the slots if it knows how.
template <class Back, class D, class... S>
constexpr auto pull(const Back& back, D&& d, const S&... slots) {
  if constexpr (requires { back(d, slots...); })
    return back(d, slots...);
  else
    return back(std::forward<D>(d));
}

}  // namespace zygote::ir
