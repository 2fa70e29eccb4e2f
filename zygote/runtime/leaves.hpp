// The real numbers inside a value: walked in parallel, counted, replaced by numbers of another type.
//
// One walk serves numbers, C arrays, tuples, pairs, arrays, containers, optionals, smart pointers, variants and structs
// with fields, in each other. What holds no numbers is left alone.
#pragma once
#include <memory>
#include <variant>
#include <zygote/runtime/dual.hpp>

namespace zygote {

namespace detail {
template <class T>
concept Iterable = requires(T& x) {
  x.begin();
  x.end();
};
/// Optionals and smart pointers: something or nothing.
template <class T>
concept Nullable = std::is_class_v<T> && requires(const T& x) {
  *x;
  static_cast<bool>(x);
};
template <class T>
inline constexpr bool is_variant = false;
template <class... T>
inline constexpr bool is_variant<std::variant<T...>> = true;
/// Real and imaginary part as an array, which std::complex guarantees.
template <class Z>
auto& both_parts(Z& z) {
  using T = typename Z::value_type;
  using Parts = std::conditional_t<std::is_const_v<Z>, const T[2], T[2]>;
  return reinterpret_cast<Parts&>(z);
}

template <class T>
struct IsNumber : std::bool_constant<is_number<T>> {};
template <class T>
struct IsDual : std::bool_constant<is_dual<T>> {};
}  // namespace detail

/// Are there real numbers in a T? Dual ones?
template <class T>
inline constexpr bool contains_number = detail::contains<detail::IsNumber, T>();
template <class T>
inline constexpr bool contains_dual = detail::contains<detail::IsDual, T>();

/// visit(number, others...) for every real number in x, in order, and those at the same place in others, which have the
/// structure of x. A container of others may be shorter and an optional empty: then their numbers are left out, too.
template <class Visit, class T, class... Others>
constexpr void for_each_number(const Visit& visit, T& x, Others&... others) {
  using U = std::remove_const_t<T>;
  if constexpr (is_number<U>)
    visit(x, others...);
  else if constexpr (!contains_number<U>)
    return;
  else if constexpr (is_complex<U>)
    for_each_number(visit, detail::both_parts(x), detail::both_parts(others)...);
  else if constexpr (detail::TupleLike<U> && !detail::is_std_array<U>)
    [&]<std::size_t... i>(std::index_sequence<i...>) {
      auto one = [&](auto k, auto&... all) { for_each_number(visit, std::get<k()>(all)...); };
      (one(std::integral_constant<std::size_t, i>{}, x, others...), ...);
    }
  (std::make_index_sequence<std::tuple_size_v<U>>{});
  else if constexpr (requires { typename U::mapped_type; }) {
    for (auto& [key, value] : x)
      if ((others.count(key) && ...)) for_each_number(visit, value, others.find(key)->second...);
  }
  else if constexpr (std::is_array_v<U> || detail::Iterable<U>)[&visit, end = std::end(x)](auto it, auto... more) {
    for (; it != end && ((more.first != more.second) && ...); ++it, (++more.first, ...))
      for_each_number(visit, *it, *more.first...);
  }
  (std::begin(x), std::pair(std::begin(others), std::end(others))...);
  else if constexpr (detail::Nullable<U>) {
    if (x && (static_cast<bool>(others) && ...)) for_each_number(visit, *x, *others...);
  }
  else if constexpr (detail::is_variant<U>)[&]<std::size_t... i>(std::index_sequence<i...>) {
    auto one = [&](auto k) {
      if (x.index() == k() && ((others.index() == k()) && ...))
        for_each_number(visit, *std::get_if<k()>(&x), *std::get_if<k()>(&others)...);
    };
    (one(std::integral_constant<std::size_t, i>{}), ...);
  }
  (std::make_index_sequence<std::variant_size_v<U>>{});
  else for_each_field([&visit](auto&... fields) { for_each_number(visit, fields...); }, x, others...);
}

/// How many real numbers are in x now.
template <class T>
constexpr std::size_t count_numbers(const T& x) {
  std::size_t n = 0;
  for_each_number([&n](const auto&) { ++n; }, x);
  return n;
}

namespace detail {
template <class T, class Real>
struct Lifted {
  using type = T;
};
template <class T, class Real>
requires is_number<T>
struct Lifted<T, Real> {
  using type = Real;
};
template <class T, class Real>
struct Lifted<const T, Real> {
  using type = const typename Lifted<T, Real>::type;
};
template <template <class...> class C, class... A, class Real>
struct Lifted<C<A...>, Real> {
  using type = C<typename Lifted<A, Real>::type...>;
};
template <class T, std::size_t n, class Real>
struct Lifted<std::array<T, n>, Real> {
  using type = std::array<typename Lifted<T, Real>::type, n>;
};
/// What does not own its numbers: the lifted ones need an owner.
template <class T, std::size_t n, class Real>
struct Lifted<std::span<T, n>, Real> : Lifted<std::vector<std::remove_const_t<T>>, Real> {};
}  // namespace detail

/// T over another number type: double -> Real, float -> Real, vector<double> -> vector<Real>, int -> int, and so on
/// through every class template with type parameters, those of users as well; a span becomes a vector.
template <class T, class Real>
using Lift = typename detail::Lifted<std::remove_cvref_t<T>, Real>::type;

template <class To, class ToNumber, class From>
constexpr To rebuild(const ToNumber& to_number, const From& x);
namespace detail {
template <class To, class ToNumber, class From>
constexpr void rebuild_into(To& to, const ToNumber& to_number, const From& x) {
  if constexpr (std::is_array_v<To>)
    for (std::size_t i = 0; i < std::size(to); ++i) rebuild_into(to[i], to_number, x[i]);
  else
    to = rebuild<To>(to_number, x);
}
}  // namespace detail

/// Can every real number of a T be of another type? Not those of a struct that is no template over it.
template <class T>
inline constexpr bool can_lift = !contains_number<Lift<T, int>> && !Differentiable<Lift<T, int>>;

namespace detail {
/// How a class of a library is rebuilt over another number type: `static To from(to_number, const From&)`.
template <class To, class From>
struct Rebuilt;

template <class... T>
struct First {
  using type = none;
};
template <class T, class... Rest>
struct First<T, Rest...> {
  using type = T;
};
template <class... Rest>
struct First<none, Rest...> : First<Rest...> {};
template <class T>
struct Number {
  using type = std::conditional_t<is_number<T>, T, none>;
};
template <class T>
struct Number<const T> : Number<T> {};
template <template <class...> class C, class... A>
struct Number<C<A...>> : First<typename Number<A>::type...> {};
template <class T, std::size_t n>
struct Number<std::array<T, n>> : Number<T> {};
template <class T, std::size_t n>
struct Number<std::span<T, n>> : Number<T> {};
template <class T, std::size_t n, class Tag>
struct Number<Dual<T, n, Tag>> {
  using type = Dual<T, n, Tag>;
};
}  // namespace detail

/// The type of the first real number that `Lift` finds in a T.
template <class T>
using NumberOf = typename detail::Number<std::remove_cvref_t<T>>::type;

/// x as a To, a type of the same structure (`Lift` of its type, or the reverse): to_number(number) for every real
/// number in order (hence the braces), copies of everything else. Copies are deep: smart pointers get pointees of their
/// own.
template <class To, class ToNumber, class From>
constexpr To rebuild(const ToNumber& to_number, const From& x) {
  if constexpr (is_number<From>) {
    auto number = to_number(x);
    if constexpr (is_number<To> && is_dual<decltype(number)>)  // To may be a constant to some derivatives
      return reduce_to(extent_of<To>, number);
    else
      return number;
  } else if constexpr (std::same_as<To, From> && !contains_number<To>)
    return x;
  else if constexpr (requires { detail::Rebuilt<To, From>::from(to_number, x); })
    return detail::Rebuilt<To, From>::from(to_number, x);
  else if constexpr (is_complex<From>)
    return To{to_number(x.real()), to_number(x.imag())};
  else if constexpr (detail::is_std_array<From>) {
    To result{};
    for (std::size_t i = 0; i < x.size(); ++i) result[i] = rebuild<typename To::value_type>(to_number, x[i]);
    return result;
  } else if constexpr (detail::TupleLike<From>)
    return [&]<std::size_t... i>(std::index_sequence<i...>) {
      return To{rebuild<std::tuple_element_t<i, To>>(to_number, std::get<i>(x))...};
    }
  (std::make_index_sequence<std::tuple_size_v<From>>{});
  else if constexpr (detail::Iterable<From>) {
    To result;
    for (const auto& element : x) result.insert(result.end(), rebuild<typename To::value_type>(to_number, element));
    return result;
  }
  else if constexpr (detail::is_variant<From>) return [&]<std::size_t... i>(std::index_sequence<i...>) {
    using Make = To (*)(const ToNumber&, const From&);
    constexpr Make makes[] = {[](const ToNumber& f, const From& v) {
      return To(std::in_place_index<i>, rebuild<std::variant_alternative_t<i, To>>(f, *std::get_if<i>(&v)));
    }...};
    return makes[x.index()](to_number, x);
  }
  (std::make_index_sequence<std::variant_size_v<From>>{});
  else if constexpr (detail::Nullable<From>) {
    if (!x) return To();
    if constexpr (requires { typename To::element_type; })
      return To(new typename To::element_type(rebuild<typename To::element_type>(to_number, *x)));
    else
      return To(rebuild<typename To::value_type>(to_number, *x));
  }
  else {
    static_assert(HasFields<From> && HasFields<To>,
                  "zygote: this type cannot be rebuilt over another number type: make it an aggregate that is a class "
                  "template over its number type");
    if constexpr (detail::OwnFields<To> || detail::AnyDifferentiable<field_types<To>>::arrays) {
      To result{};
      for_each_field([&](auto& to, const auto& from) { detail::rebuild_into(to, to_number, from); }, result, x);
      return result;
    } else
      return std::apply(
          [&](const auto&... field) {
            return [&]<class... F>(std::type_identity<std::tuple<F...>>) {
              return To{rebuild<F>(to_number, field)...};
            }(std::type_identity<field_types<To>>{});
          },
          fields(x));
  }
}

/// x over another number type; every number is a constant to it.
template <class Real, class T>
constexpr Lift<T, Real> lift(const T& x) {
  return rebuild<Lift<T, Real>>([](const auto& number) { return Real(number); }, x);
}

}  // namespace zygote
