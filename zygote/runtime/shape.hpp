// The full shapes of values: which parts their adjoints have that paths can lead to.
#pragma once
#include <memory>
#include <zygote/runtime/control.hpp>

namespace zygote::ir {

namespace detail {
/// What may find a part by what other fields say: m(i, j) by the number of columns.
struct Access {
  void operator()();
  void operator[](int);
  void at();
};
template <class T>
struct WithAccess : T, Access {};
template <class T>
concept Computes = HasFields<T> && std::is_class_v<T> && !std::is_final_v<T> &&
                   !(
                       requires { &WithAccess<T>::operator(); } && requires { &WithAccess<T>::operator[]; } &&
                       requires { &WithAccess<T>::at; });
template <class F>
concept Kept = !Differentiable<F> && std::copyable<F> && !zygote::detail::moves_only<F>;
template <class Types>
inline constexpr bool any_kept = false;
template <class... F>
inline constexpr bool any_kept<std::tuple<F...>> = (Kept<F> || ...);
/// A struct whose adjoint has to have the fields that carry no gradient, as paths lead through its methods.
template <class T>
consteval bool keeps_fields() {
  if constexpr (!HasFields<T>)
    return false;
  else if constexpr (!any_kept<field_types<T>>)
    return false;
  else
    return Computes<T>;
}

template <class T>
consteval bool fixed_shape();
template <class T>
inline constexpr bool fixed_parts = false;
template <class... T>
inline constexpr bool fixed_parts<std::tuple<T...>> = (fixed_shape<T>() && ...);
template <class A, class B>
inline constexpr bool fixed_parts<std::pair<A, B>> = fixed_shape<A>() && fixed_shape<B>();
template <class T, std::size_t n>
inline constexpr bool fixed_parts<std::array<T, n>> = fixed_shape<T>();
template <class T, std::size_t n>
inline constexpr bool fixed_parts<T[n]> = fixed_shape<T>();

/// Is zero<T>() complete, whatever the value? Not that of an optional or a variant, which may hold one thing or
/// another.
template <class T>
consteval bool fixed_shape() {
  if constexpr (!Differentiable<T> || is_number<T> || is_complex<T>)
    return true;
  else if constexpr (HasFields<T>)
    return fixed_parts<field_types<T>> && !keeps_fields<T>();
  else
    return fixed_parts<T>;
}

template <class T>
inline constexpr bool is_tuple = false;
template <class... T>
inline constexpr bool is_tuple<std::tuple<T...>> = true;
template <class A, class B>
inline constexpr bool is_tuple<std::pair<A, B>> = true;
template <class T>
inline constexpr bool has_array = false;
template <class... F>
inline constexpr bool has_array<std::tuple<F...>> = (std::is_array_v<F> || ...);
/// A struct, a pair or a tuple of which some member has no fixed shape.
template <class T>
consteval bool has_members() {
  if constexpr (!Differentiable<T> || is_number<T> || is_complex<T>)
    return false;
  else if constexpr (HasFields<T>)
    return !fixed_shape<T>() && !has_array<field_types<T>>;
  else
    return is_tuple<T> && !fixed_shape<T>();
}
template <class T>
constexpr auto members(T& x) {
  if constexpr (HasFields<std::remove_const_t<T>>)
    return zygote::fields(x);
  else
    return std::apply([](auto&... member) { return std::tie(member...); }, x);
}
template <class T>
struct Members {
  using type = T;
};
template <HasFields T>
struct Members<T> {
  using type = field_types<T>;
};
}  // namespace detail

/// The full shape of a value: `zeros()` is its adjoint, all zeros, with every part that a path can lead to;
/// `fits(acc)`: does an adjoint have all these parts? Numbers of elements are compared, nothing is read; fields without
/// an adjoint that paths depend on are set.
/// In general it is kept as such an adjoint, and shared: trees of unique pointers cannot be copied.
template <class T>
struct Shape {
  std::shared_ptr<Adjoint<T>> completed;
  explicit Shape(const T& x) : completed(std::make_shared<Adjoint<T>>(zygote::zero<T>())) {
    Algebra<T>::complete(*completed, x);
  }
  Adjoint<T> zeros() const {
    if constexpr (detail::keeps_fields<T>() && !zygote::detail::moves_only<T>) return *completed;
    auto acc = zygote::zero<T>();
    zygote::accumulate<T>(acc, *completed);
    return acc;
  }
  static bool fits(const Adjoint<T>&) { return false; }
};
template <class T>
requires(detail::fixed_shape<T>()) struct Shape<T> {
  constexpr Shape() = default;
  explicit constexpr Shape(const T&) {}
  static constexpr Adjoint<T> zeros() { return zygote::zero<T>(); }
  template <class A>
  static constexpr bool fits(const A&) {
    return true;
  }
};
template <Differentiable T>
struct Shape<std::optional<T>> {
  std::optional<Shape<T>> part;
  explicit constexpr Shape(const std::optional<T>& x) {
    if (x) part.emplace(*x);
  }
  constexpr Adjoint<std::optional<T>> zeros() const {
    Adjoint<std::optional<T>> acc;
    if (part) acc.emplace(part->zeros());
    return acc;
  }
  constexpr bool fits(Adjoint<std::optional<T>>& acc) const {
    return acc.has_value() == part.has_value() && (!acc || part->fits(*acc));
  }
};
template <template <class, class> class Sequence, Differentiable T, class Allocator>
requires(std::same_as<Sequence<T, Allocator>, std::vector<T, Allocator>> ||
         std::same_as<Sequence<T, Allocator>, std::deque<T, Allocator>>) struct Shape<Sequence<T, Allocator>> {
  using Own = Sequence<T, Allocator>;
  static constexpr bool fixed = detail::fixed_shape<T>();
  std::conditional_t<fixed, std::size_t, std::vector<Shape<T>>> parts;
  explicit constexpr Shape(const Own& x) : parts() {
    if constexpr (fixed)
      parts = x.size();
    else
      for (const T& element : x) parts.push_back(Shape<T>(element));
  }
  constexpr Adjoint<Own> zeros() const {
    Adjoint<Own> acc;
    restore(acc);
    return acc;
  }
  /// Makes acc as long as this, with zeros at its end, or in front of it if the first element was removed.
  constexpr void restore(Adjoint<Own>& acc, bool first = false) const {
    if constexpr (requires { acc.push_front(zygote::zero<T>()); })
      if (first) {
        if constexpr (fixed)
          acc.push_front(zygote::zero<T>());
        else
          acc.push_front(parts[0].zeros());
      }
    if constexpr (fixed)
      acc.resize(parts, zygote::zero<T>());
    else {
      if (acc.size() > parts.size()) acc.resize(parts.size());
      while (acc.size() < parts.size()) acc.push_back(parts[acc.size()].zeros());
    }
  }
  constexpr bool fits(Adjoint<Own>& acc) const {
    if constexpr (fixed)
      return acc.size() == parts;
    else {
      if (acc.size() != parts.size()) return false;
      for (std::size_t i = 0; i < acc.size(); ++i)
        if (!parts[i].fits(acc[i])) return false;
      return true;
    }
  }
};
template <Differentiable T, std::size_t n>
requires(!detail::fixed_shape<T>() && n > 0) struct Shape<std::array<T, n>> {
  std::array<Shape<T>, n> parts;
  explicit constexpr Shape(const std::array<T, n>& x)
      : parts([&]<std::size_t... i>(std::index_sequence<i...>) {
          return std::array<Shape<T>, n>{Shape<T>(x[i])...};
        }(std::make_index_sequence<n>{})) {}
  constexpr Adjoint<std::array<T, n>> zeros() const {
    auto acc = zygote::zero<std::array<T, n>>();
    for (std::size_t i = 0; i < n; ++i) acc[i] = parts[i].zeros();
    return acc;
  }
  constexpr bool fits(Adjoint<std::array<T, n>>& acc) const {
    for (std::size_t i = 0; i < n; ++i)
      if (!parts[i].fits(acc[i])) return false;
    return true;
  }
};
/// A field without an adjoint that paths depend on.
template <class F>
struct Keep {
  F value;
  explicit constexpr Keep(const F& x) : value(x) {}
  template <class Field>
  constexpr bool fits([[maybe_unused]] Field& field) const {
    static_assert(
        !std::is_const_v<Field> || !std::is_integral_v<Field>,
        "zygote: a const member of a class with operator(), operator[] or at may say where a part is: make it "
        "a variable");
    if constexpr (std::is_assignable_v<Field&, const F&>) field = value;
    return true;
  }
};
template <class T>
requires(detail::has_members<T>()) struct Shape<T> {
  template <class F>
  using Part = std::conditional_t<detail::keeps_fields<T>() && detail::Kept<F>, Keep<F>, Shape<F>>;
  template <class... F>
  static std::tuple<Part<std::remove_cvref_t<F>>...> parts_of(std::type_identity<std::tuple<F...>>);
  template <class A, class B>
  static std::tuple<Shape<A>, Shape<B>> parts_of(std::type_identity<std::pair<A, B>>);
  using Parts = decltype(parts_of(std::type_identity<typename detail::Members<T>::type>{}));
  Parts parts;

  explicit constexpr Shape(const T& x)
      : parts(std::apply(
            [](const auto&... member) { return Parts(Part<std::remove_cvref_t<decltype(member)>>(member)...); },
            detail::members(x))) {}
  constexpr Adjoint<T> zeros() const {
    auto acc = zygote::zero<T>();
    each(acc, [](auto& member, const auto& part) {
      if constexpr (requires { part.value; })
        part.fits(member);
      else
        member = part.zeros();
      return true;
    });
    return acc;
  }
  constexpr bool fits(Adjoint<T>& acc) const {
    return each(acc, [](auto& member, const auto& part) { return part.fits(member); });
  }

 private:
  template <class A, class F>
  constexpr bool each(A& acc, F f) const {
    return [&]<std::size_t... i>(std::index_sequence<i...>) {
      return ([&] {
        if constexpr (std::is_empty_v<std::tuple_element_t<i, Parts>>)
          return true;
        else
          return f(std::get<i>(detail::members(acc)), std::get<i>(parts));
      }() && ...);
    }
    (std::make_index_sequence<std::tuple_size_v<Parts>>{});
  }
};
template <class T>
constexpr auto shape(const T& x) {
  return Shape<std::remove_cvref_t<T>>(x);
}

}  // namespace zygote::ir
