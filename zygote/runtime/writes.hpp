// Writes to parts of variables, and their reverse. A path leads from a variable to a part of it, and from the adjoint
// of the variable to that of the part: an adjoint has the structure of what it is the adjoint of, which changes in
// place.
#pragma once
#include <ranges>
#include <zygote/runtime/made.hpp>
#include <zygote/runtime/shape.hpp>

/// The part of a variable that an expression in zygote_o names.
#define ZYGOTE_PATH(...) [&](auto& zygote_o) -> decltype(auto) { return (__VA_ARGS__); }

namespace zygote::ir {

namespace detail {
template <class T>
consteval bool in_registers();
template <class Fields>
inline constexpr bool fields_in_registers = false;
template <class... F>
inline constexpr bool fields_in_registers<std::tuple<F...>> = ((in_registers<F>() || !Differentiable<F>)&&...);
/// A number, or a struct of few.
template <class T>
consteval bool in_registers() {
  if constexpr (std::floating_point<T>)
    return true;
  else if constexpr (HasFields<T> && std::same_as<Adjoint<T>, T> && sizeof(T) <= 256)
    return fields_in_registers<field_types<T>>;
  else
    return false;
}
template <class F, class T>
constexpr void each_number(const F& f, T& x) {
  if constexpr (std::floating_point<T>)
    f(x);
  else if constexpr (Differentiable<T>)
    for_each_field([&](auto& field) { each_number(f, field); }, x);
}
}  // namespace detail

/// What a sum of adjoints begins with. -0 + x is x for every x, so that C++ compilers leave the first addition out;
/// 0 + x is not, for x = -0. Of numbers and structs of numbers, which live in registers.
template <class T>
constexpr Adjoint<T> nothing() {
  auto acc = zygote::zero<T>();
  if constexpr (detail::in_registers<T>()) detail::each_number([](auto& x) { x = -x; }, acc);
  return acc;
}
/// An adjoint as users see it: a sum of nothing is 0.
template <class T>
constexpr void shown(Adjoint<T>& acc) {
  if constexpr (detail::in_registers<T>()) detail::each_number([](auto& x) { x += 0; }, acc);
}

/// An adjoint that regions add to in place, begun with what is known of it.
template <class E>
constexpr auto sum(const E&) {
  return nothing<Primal<E>>();
}
template <class E, class D>
constexpr auto sum(const E&, D&& d) {
  return settle<Primal<E>>(std::forward<D>(d));
}
template <class E, class Sum, class C>
constexpr void accumulate_into(const E&, Sum& sum, C&& contribution) {
  zygote::accumulate<Primal<E>>(sum, std::forward<C>(contribution));
}

/// An adjoint of full shape, begun with what is known of it, to be changed in place.
template <class T, class D = none>
constexpr auto own(const Shape<T>& shape, [[maybe_unused]] D&& d = {}) {
  if constexpr (!Differentiable<T>)
    return none{};
  else if constexpr (detail::in_registers<T>() && NoAdjoint<D>)
    return nothing<T>();
  else if constexpr (NoAdjoint<D>)
    return shape.zeros();
  else {
    auto acc = settle<T>(std::forward<D>(d));
    if (shape.fits(acc)) return acc;
    auto full = shape.zeros();
    accumulate<T>(full, std::move(acc));
    return full;
  }
}
/// The adjoint of a variable behind branches becomes that in front of them.
template <class T, class Shadow, class D>
constexpr void assign(const Shape<T>& shape, [[maybe_unused]] Shadow& shadow, D&& d) {
  if constexpr (Differentiable<T>) shadow = own(shape, std::forward<D>(d));
}

/// A write through a view would change what it looks at behind the back of the reverse.
template <class T>
concept View = std::ranges::view<T>;
#define ZYGOTE_NO_VIEW(T)                                                                                     \
  static_assert(!View<T>,                                                                                     \
                "zygote: a variable that is a view (a span) cannot be written through in marked code: write " \
                "to the container, or pass it to a function of this file that takes a span")

/// What a pointer or an optional holds; in an adjoint, from now on there.
template <class T>
constexpr auto& pointee(T& x) {
  if constexpr (!std::is_const_v<T> && requires { Algebra<T>::place(x); })
    return Algebra<T>::place(x);
  else
    return *x;
}
/// The same, to be written to.
template <class T>
constexpr auto& owned(T& x) {
  constexpr bool unique = requires { x.get_deleter(); }
  , optional = requires { x.has_value(); };
  static_assert(
      unique || optional,
      "zygote: what a pointer that others may share, or an iterator, points to cannot be written to in marked "
      "code: use a unique_ptr, an optional, an index or a value");
  return *x;
}

/// A part of a variable gets a new value.
template <class T, class Path, class V>
ZYGOTE_INLINE constexpr void store(T& x, Path&& path, V&& value) {
  ZYGOTE_NO_VIEW(T);
  auto&& place = path(x);  // of a vector<bool>, a proxy
  if constexpr (std::is_arithmetic_v<std::remove_reference_t<decltype(place)>>)
    place = static_cast<std::remove_reference_t<decltype(place)>>(value);
  else
    place = std::forward<V>(value);
}
template <class T, class Path, class V>
ZYGOTE_INLINE constexpr void push_back(T& x, Path&& path, V&& value) {
  ZYGOTE_NO_VIEW(T);
  path(x).push_back(std::forward<V>(value));
}
template <class T, class Path, class V>
ZYGOTE_INLINE constexpr void push_front(T& x, Path&& path, V&& value) {
  ZYGOTE_NO_VIEW(T);
  path(x).push_front(std::forward<V>(value));
}
template <class T, class Call>
ZYGOTE_INLINE constexpr void change(T& x, Call&& call) {
  call(x);
}
/// x.reset() of an optional or a pointer.
template <class T>
constexpr T emptied(const T&) {
  constexpr bool holds = requires(T & x) {
    *x;
    x.reset();
  };
  static_assert(holds, "zygote: reset() is supported for optionals and pointers; mark a method of your own class");
  return T{};
}
/// A part of a variable as an expression reads it: numbers by value, parts that are temporary as well.
template <class T>
constexpr auto read(T&& x)
    -> std::conditional_t<std::is_lvalue_reference_v<T> && !std::is_scalar_v<std::remove_cvref_t<T>>,
                          const std::remove_reference_t<T>&, std::remove_cvref_t<T>> {
  return std::forward<T>(x);
}
inline bool read(std::vector<bool>::reference x) { return x; }

namespace detail {
template <class Shadow, class Path>
using At = std::remove_cvref_t<decltype(std::declval<Path>()(std::declval<Shadow&>()))>;
}

/// adjoint += contribution, at the end of a path. Keys of maps, which are constants, have none. An adjoint that is kept
/// elsewhere, as those of views in kernels, has a method for it.
template <class Shadow, class Path, class C>
ZYGOTE_INLINE constexpr void accumulate_at([[maybe_unused]] Shadow& shadow, [[maybe_unused]] Path&& path,
                                           [[maybe_unused]] C&& contribution) {
  if constexpr (NoAdjoint<Shadow> || NoAdjoint<C>)
    return;
  else if constexpr (requires { shadow.accumulate_at(path, contribution); })
    shadow.accumulate_at(path, contribution);
  else if constexpr (Differentiable<detail::At<Shadow, Path>> &&
                     !std::is_const_v<std::remove_reference_t<decltype(path(shadow))>>)
    zygote::accumulate<detail::At<Shadow, Path>>(path(shadow), std::forward<C>(contribution));
}

/// A sum to which iterations in a row add in turn, so that none waits for the one before.
template <class T>
struct Lanes {
  T lanes[4]{};
};
/// Zero, to begin a sum of contributions to the end of a path, which need not be there.
template <class Shadow, class Path>
constexpr auto sum_at([[maybe_unused]] Shadow& shadow, [[maybe_unused]] Path&& path) {
  if constexpr (NoAdjoint<Shadow>)
    return none{};
  else if constexpr (!Differentiable<detail::At<Shadow, Path>>)
    return none{};
  else if constexpr (std::is_arithmetic_v<detail::At<Shadow, Path>>)
    return Lanes<detail::At<Shadow, Path>>{};
  else
    return zygote::zero<detail::At<Shadow, Path>>();
}
template <class Sum, class C>
ZYGOTE_INLINE constexpr void add_to_sum([[maybe_unused]] Sum& sum, std::size_t, [[maybe_unused]] const C& c) {
  if constexpr (!NoAdjoint<Sum> && !NoAdjoint<C>) zygote::accumulate<Sum>(sum, c);
}
template <class T, class C>
ZYGOTE_INLINE constexpr void add_to_sum(Lanes<T>& sum, std::size_t lane, [[maybe_unused]] const C& c) {
  if constexpr (!NoAdjoint<C>) zygote::accumulate<T>(sum.lanes[lane], c);
}
template <class Sum>
constexpr const Sum& total(const Sum& sum) {
  return sum;
}
template <class T>
constexpr T total(const Lanes<T>& sum) {
  return (sum.lanes[0] + sum.lanes[2]) + (sum.lanes[1] + sum.lanes[3]);
}

/// The adjoint of what is at the end of a path; zeros of the given shape stay behind, as in front of a write.
template <class Shadow, class Path, class S>
ZYGOTE_INLINE constexpr auto take([[maybe_unused]] Shadow& shadow, [[maybe_unused]] Path&& path,
                                  [[maybe_unused]] const S& shape) {
  if constexpr (NoAdjoint<Shadow>)
    return none{};
  else if constexpr (!Differentiable<detail::At<Shadow, Path>>)
    return none{};
  else
    return std::exchange(path(shadow), shape.zeros());
}

/// The same in front of place += x, where the adjoint of a number stays: it is that of the number before, too. Other
/// sums may have another shape than the place: their adjoint is taken, and comes back by its rule.
template <class Shadow, class Path, class S>
ZYGOTE_INLINE constexpr auto take_sum([[maybe_unused]] Shadow& shadow, [[maybe_unused]] Path&& path,
                                      [[maybe_unused]] const S& shape) {
  if constexpr (NoAdjoint<Shadow>)
    return none{};
  else if constexpr (std::is_arithmetic_v<detail::At<Shadow, Path>>)
    return detail::At<Shadow, Path>(path(shadow));
  else
    return ir::take(shadow, path, shape);
}
template <class Shadow, class Path, class C>
ZYGOTE_INLINE constexpr void give_back([[maybe_unused]] Shadow& shadow, [[maybe_unused]] Path&& path,
                                       [[maybe_unused]] C&& contribution) {
  if constexpr (!NoAdjoint<Shadow>)
    if constexpr (!std::is_arithmetic_v<detail::At<Shadow, Path>>)
      ir::accumulate_at(shadow, path, std::forward<C>(contribution));
}

/// What was taken, as the adjoint of what had been stored there: perhaps that of a double in an optional.
template <class V, class D>
constexpr auto stored(const TypeOf<V>&, [[maybe_unused]] D&& d) {
  using Place = std::remove_cvref_t<D>;
  if constexpr (NoAdjoint<D> || std::is_arithmetic_v<Place> || std::same_as<Place, Adjoint<V>>)
    return Place(std::forward<D>(d));
  else
    return settle<V>(parts::made<Place, 0, 1, false>(Extent<V>{}, std::forward<D>(d)));
}

/// Undo, on the shadow, what changed the number of elements; `first`: at the front of a deque.
template <bool first, class Shadow, class Path>
constexpr auto take_end([[maybe_unused]] Shadow& shadow, [[maybe_unused]] Path&& path) {
  if constexpr (NoAdjoint<Shadow>)
    return none{};
  else if constexpr (!Differentiable<detail::At<Shadow, Path>>)
    return none{};
  else {
    auto& place = path(shadow);
    if constexpr (first) {
      auto element = std::move(place.front());
      place.pop_front();
      return element;
    } else {
      auto element = std::move(place.back());
      place.pop_back();
      return element;
    }
  }
}
template <bool first, class Shadow, class Path, class S>
constexpr void restore([[maybe_unused]] Shadow& shadow, [[maybe_unused]] Path&& path, [[maybe_unused]] const S& shape) {
  if constexpr (!NoAdjoint<Shadow>)
    if constexpr (Differentiable<detail::At<Shadow, Path>>) {
      shape.restore(path(shadow), first);
    }
}

/// Calls an unmarked f that may change some of its arguments, numbered from 0, on copies: what it returns, and those.
template <class F, std::size_t... changed>
struct Perform {
  [[no_unique_address]] F f;
  template <class... A>
  constexpr auto operator()(A... args) const {
    const auto all = std::tie(args...);
    if constexpr (std::is_void_v<decltype(f(args...))>) {
      f(args...);
      return std::make_tuple(none{}, std::move(std::get<changed>(all))...);
    } else {
      auto value = f(args...);
      return std::make_tuple(std::move(value), std::move(std::get<changed>(all))...);
    }
  }
};
template <std::size_t... changed, class F>
constexpr Perform<F, changed...> perform(F f) {
  return {f};
}

}  // namespace zygote::ir
