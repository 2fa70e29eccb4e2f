// The public data members of a struct, without registration: fields(x) is a tuple of references to them.
//
// Aggregates are counted by what braces accept and taken apart by structured bindings. A class that is no aggregate
// (constructors, private members) says what its fields are:
//   template <class Self> static constexpr auto fields(Self& self) { return std::tie(self.weight, self.bias); }
#pragma once
#include <array>
#include <exception>
#include <memory>
#include <span>
#include <zygote/runtime/core.hpp>

namespace zygote {

namespace detail {
/// Converts to whatever a field is; not to the struct itself, which would be a copy.
template <class Owner>
struct AnyField {
  template <class T>
  requires(!std::same_as<T, Owner>) operator T() const {
    std::terminate();  // never called, but some compilers want to see it
  }
};
/// Converts to base classes only.
template <class Owner>
struct AnyBase {
  template <class T>
  requires(!std::same_as<T, Owner> && std::is_base_of_v<T, Owner>) operator T() const { std::terminate(); }
};

template <class T, std::size_t... i>
consteval bool accepts(std::index_sequence<i...>) {
  return requires { T{((void)i, AnyField<T>{})...}; };
}
template <class T, std::size_t... i, std::size_t... j>
consteval bool accepts_braces(std::index_sequence<i...>, std::index_sequence<j...>) {
  return requires { T{((void)i, AnyField<T>{})..., {}, ((void)j, AnyField<T>{})...}; };
}
template <class T, std::size_t... i>
consteval bool has_base(std::index_sequence<i...>) {
  return requires { T{AnyBase<T>{}, ((void)i, AnyField<T>{})...}; };
}

/// The most initialisers that T{...} accepts, from n on; each element of a C array counts.
template <class T, std::size_t n = 0>
consteval std::size_t count_initialisers() {
  static_assert(n <= 64,
                "zygote: cannot count the fields of this struct; give it `static auto fields(auto& self) { return "
                "std::tie(...); }`");
  if constexpr (n > 64)
    return 0;
  else if constexpr (accepts<T>(std::make_index_sequence<n>{}) && !accepts<T>(std::make_index_sequence<n + 1>{}))
    return n;
  else
    return count_initialisers<T, n + 1>();
}

/// How many of n initialisers the member at initialiser i takes, at least `size`: more than one for C arrays, for which
/// {} stands for all of them.
template <class T, std::size_t n, std::size_t i, std::size_t size = 1>
consteval std::size_t initialisers_of_member() {
  if constexpr (i + size > n)
    return 1;
  else if constexpr (accepts_braces<T>(std::make_index_sequence<i>{}, std::make_index_sequence<n - i - size>{}))
    return size;
  else
    return initialisers_of_member<T, n, i, size + 1>();
}
template <class T, std::size_t n, std::size_t i = 0>
consteval std::size_t count_members() {
  if constexpr (i >= n)
    return 0;
  else
    return 1 + count_members<T, n, i + initialisers_of_member<T, n, i>()>();
}

template <class T>
concept OwnFields = std::is_class_v<T> && requires(T& x) {
  T::fields(x);
};
template <class T>
concept TupleLike = requires {
  std::tuple_size<T>::value;
};
template <class T>
concept WalkedAggregate = std::is_class_v<T> && std::is_aggregate_v<T> && !TupleLike<T> && !OwnFields<T>;

template <class T>
consteval std::size_t count_fields() {
  if constexpr (OwnFields<T>)
    return std::tuple_size_v<decltype(T::fields(std::declval<T&>()))>;
  else if constexpr (std::is_empty_v<T>)
    return 0;
  else {
    constexpr auto n = count_initialisers<T>();
    static_assert(n == 0 || !has_base<T>(std::make_index_sequence<n - (n > 0)>{}),
                  "zygote: a struct with a base class cannot be walked; give it `static auto fields(auto& self) { "
                  "return std::tie(...); }`");
    return count_members<T, n>();
  }
}
}  // namespace detail

/// A struct that can be walked field by field: an aggregate without base classes, or a class with `fields`.
template <class T>
concept HasFields = detail::OwnFields<T> || detail::WalkedAggregate<T>;

template <HasFields T>
inline constexpr std::size_t field_count = detail::count_fields<T>();

namespace detail {
struct CallOperator {
  void operator()();
};
template <class T>
struct WithCallOperator : T, CallOperator {};
template <class T>
consteval bool is_called() {
  if constexpr (!std::is_class_v<T> || std::is_final_v<T> || requires { typename T::result_type; })
    return false;  // among others: generators of random numbers, std::function
  else
    return !requires { &WithCallOperator<T>::operator(); };
}
}  // namespace detail
/// A class that is called like a layer and cannot be walked: one whose author forgot `fields`. Not lambdas, which
/// cannot be assigned.
template <class T>
concept HidesFields = detail::is_called<T>() && !std::is_empty_v<T> && !HasFields<T> &&
                      !Differentiable<T> && std::is_copy_assignable_v<T>;
#define ZYGOTE_HIDES_FIELDS                                                                                           \
  "this part of the model is a class with constructors or private members: say what its fields are, by `static auto " \
  "fields(auto& self) { return std::tie(self.weight, self.bias); }`"

/// References to the fields of x, in order, as a tuple. At most 24 for aggregates.
template <class T>
requires HasFields<std::remove_const_t<T>>
constexpr auto fields([[maybe_unused]] T& x) {
  constexpr auto n = field_count<std::remove_const_t<T>>;
  if constexpr (detail::OwnFields<std::remove_const_t<T>>)
    return std::remove_const_t<T>::fields(x);
  else if constexpr (n == 0)
    return std::tuple<>{};
#define ZYGOTE_TIE(count, ...)     \
  else if constexpr (n == count) { \
    auto& [__VA_ARGS__] = x;       \
    return std::tie(__VA_ARGS__);  \
  }
  ZYGOTE_TIE(1, a)
  ZYGOTE_TIE(2, a, b)
  ZYGOTE_TIE(3, a, b, c)
  ZYGOTE_TIE(4, a, b, c, d)
  ZYGOTE_TIE(5, a, b, c, d, e)
  ZYGOTE_TIE(6, a, b, c, d, e, f)
  ZYGOTE_TIE(7, a, b, c, d, e, f, g)
  ZYGOTE_TIE(8, a, b, c, d, e, f, g, h)
  ZYGOTE_TIE(9, a, b, c, d, e, f, g, h, i)
  ZYGOTE_TIE(10, a, b, c, d, e, f, g, h, i, j)
  ZYGOTE_TIE(11, a, b, c, d, e, f, g, h, i, j, k)
  ZYGOTE_TIE(12, a, b, c, d, e, f, g, h, i, j, k, l)
  ZYGOTE_TIE(13, a, b, c, d, e, f, g, h, i, j, k, l, m)
  ZYGOTE_TIE(14, a, b, c, d, e, f, g, h, i, j, k, l, m, o)
  ZYGOTE_TIE(15, a, b, c, d, e, f, g, h, i, j, k, l, m, o, p)
  ZYGOTE_TIE(16, a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q)
  ZYGOTE_TIE(17, a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q, r)
  ZYGOTE_TIE(18, a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q, r, s)
  ZYGOTE_TIE(19, a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q, r, s, t)
  ZYGOTE_TIE(20, a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q, r, s, t, u)
  ZYGOTE_TIE(21, a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q, r, s, t, u, v)
  ZYGOTE_TIE(22, a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q, r, s, t, u, v, w)
  ZYGOTE_TIE(23, a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q, r, s, t, u, v, w, y)
  ZYGOTE_TIE(24, a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q, r, s, t, u, v, w, y, z)
#undef ZYGOTE_TIE
  else static_assert(
      n <= 24,
      "zygote: a struct of more than 24 fields; give it `static auto fields(auto& self) { return std::tie(...); }`");
}

namespace detail {
template <class Tie>
struct Untied;
template <class... F>
struct Untied<std::tuple<F&...>> {
  using type = std::tuple<std::remove_const_t<F>...>;
};
}  // namespace detail

/// The types of the fields, as a std::tuple that is only a list.
template <HasFields T>
using field_types = typename detail::Untied<decltype(fields(std::declval<T&>()))>::type;

/// f(field, field...) for each field of one or more structs of equal structure.
template <class F, class First, class... Rest>
constexpr void for_each_field(F&& f, First& first, Rest&... rest) {
  [&f](auto... ties) {
    [&]<std::size_t... i>(std::index_sequence<i...>) {
      [[maybe_unused]] auto visit = [&](auto index) { f(std::get<index()>(ties)...); };
      (visit(std::integral_constant<std::size_t, i>{}), ...);
    }
    (std::make_index_sequence<field_count<std::remove_const_t<First>>>{});
  }(fields(first), fields(rest)...);
}

namespace detail {
/// Is `Is<U>` true for T, for an argument of its template, or for a field? `Seen` are the structs around it.
template <template <class> class Is, class T, class... Seen>
consteval bool contains();
template <template <class> class Is, class T, class... Seen>
struct ContainsArgument : std::false_type {};
template <template <class> class Is, template <class...> class C, class... A, class... Seen>
struct ContainsArgument<Is, C<A...>, Seen...> : std::bool_constant<(contains<Is, A, Seen...>() || ...)> {};
template <template <class> class Is, class T, std::size_t n, class... Seen>
struct ContainsArgument<Is, std::array<T, n>, Seen...> : std::bool_constant<contains<Is, T, Seen...>()> {};
template <template <class> class Is, class T, std::size_t n, class... Seen>
struct ContainsArgument<Is, std::span<T, n>, Seen...> : std::bool_constant<contains<Is, T, Seen...>()> {};
template <template <class> class Is, class T, class... Seen>
consteval bool contains() {
  using U = std::remove_cv_t<std::remove_all_extents_t<std::remove_cvref_t<T>>>;
  if constexpr ((std::same_as<U, Seen> || ...))
    return false;
  else if constexpr (Is<U>::value)
    return true;
  else if constexpr (std::is_class_v<U>) {
    if constexpr (HasFields<U>)
      return []<class... F>(std::type_identity<std::tuple<F...>>) {
        return (contains<Is, F, Seen..., U>() || ...);
      }(std::type_identity<field_types<U>>{});
    else
      return ContainsArgument<Is, U, Seen..., U>::value;
  } else
    return false;
}

template <class T>
struct IsUnique : std::false_type {};
template <class T, class Deleter>
struct IsUnique<std::unique_ptr<T, Deleter>> : std::true_type {};
/// A T cannot be copied, though a container of them claims that it can.
template <class T>
inline constexpr bool moves_only = contains<IsUnique, T>();

template <class T>
struct IsDifferentiable : std::bool_constant<Differentiable<T>> {};
template <class T>
struct IsDifferentiableStruct : std::conjunction<std::bool_constant<HasFields<T>>, IsDifferentiable<T>> {};
template <class Types>
struct AnyDifferentiable;
template <class... F>
struct AnyDifferentiable<std::tuple<F...>>
    : std::disjunction<std::bool_constant<is_number<F>>..., IsDifferentiableStruct<F>..., IsDifferentiable<F>...> {
  static constexpr bool arrays = (std::is_array_v<F> || ...);
};

template <class T>
struct Same {
  template <class U>
  struct Is : std::is_same<U, T> {};
};
template <class T>
inline constexpr bool of_types = false;
template <template <class...> class C, class... A>
inline constexpr bool of_types<C<A...>> = true;
/// What is differentiable by itself, not by its fields or the arguments of its template.
template <class T>
consteval bool is_leaf() {
  if constexpr (is_number<T>)
    return true;
  else if constexpr (HasFields<T> || of_types<T> || TupleLike<T>)
    return false;
  else
    return Differentiable<T>;
}
template <class T>
struct IsLeaf : std::bool_constant<is_leaf<T>()> {};
/// Has a struct a differentiable field? One that contains itself, in a container, a variant or behind a pointer, cannot
/// ask those: they would ask it.
template <class T, class... F>
consteval bool any_field(std::type_identity<std::tuple<F...>>) {
  if constexpr ((contains<Same<T>::template Is, F>() || ...))
    return contains<IsLeaf, T>();
  else
    return AnyDifferentiable<std::tuple<F...>>::value;
}

template <class Tie>
inline constexpr bool constant_fields = false;
template <class... F>
inline constexpr bool constant_fields<std::tuple<F&...>> = ((std::is_const_v<F> && Differentiable<F>) || ...);
/// What a field of a zero adjoint holds: zero, or a default where the field carries no gradient.
template <class F>
constexpr auto zero_field() {
  if constexpr (Differentiable<F>)
    return zero<F>();
  else {
    static_assert(std::default_initializable<F>,
                  "zygote: a field that carries no gradient has to be default constructible; write a struct with "
                  "operator() for a capturing lambda");
    return F{};
  }
}
template <class F>
constexpr void set_zero(F& field) {
  if constexpr (std::is_array_v<F>)
    for (auto& x : field) set_zero(x);
  else if constexpr (Differentiable<F>)
    field = zero<F>();
}
}  // namespace detail

/// The adjoint of a struct is such a struct, if any field has one; the other fields are those of the primal at the end.
template <HasFields T>
struct Algebra<T> {
  using type = std::conditional_t<detail::any_field<T>(std::type_identity<field_types<T>>{}), T, none>;

  static constexpr type zero() {
    if constexpr (!NoAdjoint<type>)
      static_assert(!detail::constant_fields<decltype(fields(std::declval<T&>()))>,
                    "zygote: a member that is const, or a const reference, has no adjoint of its own: make it a value, "
                    "or pass what it refers to as an argument");
    if constexpr (NoAdjoint<type>)
      return {};
    else if constexpr (detail::OwnFields<T> || detail::AnyDifferentiable<field_types<T>>::arrays) {
      static_assert(std::default_initializable<T>,
                    "zygote: the adjoint of a class starts as what its default constructor makes; give it one");
      T x{};
      for_each_field([](auto& field) { detail::set_zero(field); }, x);
      return x;
    } else
      return []<class... F>(std::type_identity<std::tuple<F...>>) {
        static_assert(
            ((!Differentiable<F> || std::same_as<Adjoint<F>, F>)&&...),
            "zygote: the adjoint of a field has another type (as that of a span has), so the struct has none");
        return T{detail::zero_field<F>()...};
      }(std::type_identity<field_types<T>>{});
  }

  static constexpr void accumulate([[maybe_unused]] type& acc, [[maybe_unused]] const type& c) {
    if constexpr (!NoAdjoint<type>)
      for_each_field(
          [](auto& field, const auto& dfield) {
            using F = std::remove_cvref_t<decltype(field)>;
            if constexpr (Differentiable<F>) zygote::accumulate<F>(field, dfield);
          },
          acc, c);
  }

  template <class C>
  requires std::is_arithmetic_v<C>
  static constexpr void accumulate(type&, const C&) {
    static_assert(!sizeof(C),
                  "zygote: no gradient flows through a conversion operator, from a struct to a number: write a marked "
                  "method that returns the number");
  }

  static constexpr void complete([[maybe_unused]] type& acc, [[maybe_unused]] const T& primal) {
    if constexpr (!NoAdjoint<type>)
      for_each_field(
          [](auto& field, const auto& value) {
            using F = std::remove_cvref_t<decltype(value)>;
            if constexpr (Differentiable<F>)
              Algebra<F>::complete(field, value);
            else if constexpr (std::is_assignable_v<decltype(field), const F&> && !detail::moves_only<F>)
              field = value;
          },
          acc, primal);
  }
};

/// A C array (of a struct's field): inside the struct it is one; on its own its adjoint is a std::array.
template <class T, std::size_t n>
requires Differentiable<T>
struct Algebra<T[n]> {
  using type = std::array<Adjoint<T>, n>;
  static constexpr type zero() {
    type acc{};
    for (auto& x : acc) x = zygote::zero<T>();
    return acc;
  }
  template <class Acc, class C>
  static constexpr void accumulate(Acc& acc, const C& c) {
    for (std::size_t i = 0; i < n; ++i) zygote::accumulate<T>(acc[i], c[i]);
  }
  template <class Acc>
  static constexpr void complete(Acc& acc, const T (&primal)[n]) {
    for (std::size_t i = 0; i < n; ++i) Algebra<T>::complete(acc[i], primal[i]);
  }
};

}  // namespace zygote
