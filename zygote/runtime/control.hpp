// Control flow of generated code: if_ and loop run a region and keep what its reverse reads; reverse_if and
// reverse_loop run the reverses. They are chosen by the type of the condition: here, bool. Everything that only
// generated code names is in the namespace zygote::ir.
#pragma once
#include <variant>
#include <vector>
#include <zygote/runtime/parts.hpp>

namespace zygote::ir {

namespace detail {
template <class T>
using Stored = std::conditional_t<std::is_empty_v<T>, std::tuple<>, std::tuple<T>>;

// The place of element i among those that are not empty.
template <class... Ts>
constexpr std::size_t stored_index(std::size_t i) {
  constexpr bool stored[] = {!std::is_empty_v<Ts>..., false};
  std::size_t n = 0;
  for (std::size_t k = 0; k < i; ++k) n += stored[k];
  return n;
}
}  // namespace detail

/// What a region hands to its reverse. Empty types (the extents of scalars) take no room.
template <class... Ts>
struct Saves {
  decltype(std::tuple_cat(std::declval<detail::Stored<Ts>>()...)) stored;

  template <std::size_t i>
  constexpr decltype(auto) get() const {
    using T = std::tuple_element_t<i, std::tuple<Ts...>>;
    if constexpr (std::is_empty_v<T> && std::is_default_constructible_v<T>)
      return T{};
    else
      return std::get<detail::stored_index<Ts...>(i)>(stored);
  }
};
template <class... Ts>
constexpr auto saves(Ts&&... values) {
  static_assert(
      ((!std::is_empty_v<std::remove_cvref_t<Ts>> || std::is_default_constructible_v<std::remove_cvref_t<Ts>>)&&...));
  [[maybe_unused]] auto keep = []<class T>(T&& x) {
    if constexpr (std::is_empty_v<std::remove_cvref_t<T>>)
      return std::tuple<>{};
    else
      return std::tuple<std::remove_cvref_t<T>>{std::forward<T>(x)};
  };
  return Saves<std::remove_cvref_t<Ts>...>{std::tuple_cat(keep(std::forward<Ts>(values))...)};
}

template <std::size_t i, class T>
constexpr decltype(auto) pick(T& x) {
  if constexpr (requires { x.template get<i>(); })
    return x.template get<i>();
  else
    return std::get<i>(x);
}

/// One value per iteration, read back in the opposite order.
template <class T>
class Stack {
 public:
  constexpr void push(T&& x) { values_.push_back(std::move(x)); }
  constexpr std::size_t size() const { return values_.size(); }
  constexpr const T& operator[](std::size_t i) const { return values_[i]; }

 private:
  std::vector<T> values_;
};
template <class T>
requires std::is_empty_v<T>
class Stack<T> {
 public:
  constexpr void push(T&&) { ++size_; }
  constexpr std::size_t size() const { return size_; }
  constexpr T operator[](std::size_t) const { return {}; }

 private:
  std::size_t size_ = 0;
};

/// What a region of an if_ or a loop returns: its saves and its values.
template <class S, class Values>
struct Outcome {
  S saves;
  Values values;
};
template <class S, class... Ts>
constexpr auto yield(S saves, Ts&&... values) {
  return Outcome<S, std::tuple<std::decay_t<Ts>...>>{std::move(saves), {std::forward<Ts>(values)...}};
}
template <class S, class... Ts>
constexpr auto next(S saves, Ts&&... values) {
  return ir::yield(std::move(saves), std::forward<Ts>(values)...);
}
template <class... Ts>
constexpr auto state(Ts&&... values) {
  return std::tuple<std::decay_t<Ts>...>{std::forward<Ts>(values)...};
}

namespace detail {
template <class A, class B>
struct Common;
template <class... A, class... B>
struct Common<std::tuple<A...>, std::tuple<B...>> {
  template <class X, class Y>
  static auto common() {
    if constexpr (std::same_as<X, Y>)
      return std::type_identity<X>{};
    else
      return std::type_identity<std::common_type_t<X, Y>>{};
  }
  using type = std::tuple<typename decltype(common<A, B>())::type...>;
};
}  // namespace detail

/// Runs one of two regions. Their values get their common types.
template <class Condition, class Then, class Else>
requires std::constructible_from<bool, Condition>
constexpr auto if_(const Condition& condition, Then&& then, Else&& otherwise) {
  using A = decltype(then());
  using B = decltype(otherwise());
  using Values = typename detail::Common<decltype(A::values), decltype(B::values)>::type;
  using Saved = std::variant<decltype(A::saves), decltype(B::saves)>;
  if (condition) {
    auto outcome = then();
    return Outcome<Saved, Values>{Saved(std::in_place_index<0>, std::move(outcome.saves)),
                                  Values(std::move(outcome.values))};
  }
  auto outcome = otherwise();
  return Outcome<Saved, Values>{Saved(std::in_place_index<1>, std::move(outcome.saves)),
                                Values(std::move(outcome.values))};
}

template <class Saved, class Then, class Else>
constexpr void reverse_if(const Saved& taken, Then&& then, Else&& otherwise) {
  if (taken.index() == 0)
    then(*std::get_if<0>(&taken));
  else
    otherwise(*std::get_if<1>(&taken));
}

template <class S, class State>
struct Looped {
  Stack<S> saves;
  State state;
};

/// while (test(state...)) state = body(state...), which may move what it reads for the last time; what the reverse of
/// each iteration reads is kept.
template <class State, class Test, class Body>
constexpr auto loop(State state, Test&& test, Body&& body) {
  using Iteration = decltype(std::apply(body, state));
  Looped<decltype(Iteration::saves), State> result{{}, std::move(state)};
  while (std::apply(test, std::as_const(result.state))) {
    auto iteration = std::apply(body, result.state);
    result.saves.push(std::move(iteration.saves));
    result.state = std::move(iteration.values);
  }
  return result;
}

/// The adjoint of a carried variable, as it enters the reverse of a loop.
template <class E, class D>
constexpr auto carry(const E&, D&& d) {
  return std::pair<Adjoint<Primal<E>>, std::type_identity<Primal<E>>>{settle<Primal<E>>(std::forward<D>(d)), {}};
}

/// Runs the reverse of each iteration, the last one first, on the adjoints of the carried variables.
template <class Saves, class... Adjoints, class... Primals, class Body>
constexpr auto reverse_loop(const Saves& steps, std::tuple<std::pair<Adjoints, std::type_identity<Primals>>...> carried,
                            Body&& body) {
  auto state =
      std::apply([](auto&&... c) { return std::tuple<Adjoints...>{std::move(c.first)...}; }, std::move(carried));
  for (std::size_t i = steps.size(); i-- > 0;) {
    auto before = std::apply([&](auto&... d) { return body(steps[i], std::move(d)...); }, state);
    state = [&]<std::size_t... k>(std::index_sequence<k...>) {
      return std::tuple<Adjoints...>{settle<Primals>(std::get<k>(std::move(before)))...};
    }
    (std::index_sequence_for<Adjoints...>{});
  }
  return state;
}

/// An adjoint that regions add to in place, begun with what is known of it.
template <class E>
constexpr auto sum(const E&) {
  return zero<Primal<E>>();
}
template <class E, class D>
constexpr auto sum(const E&, D&& d) {
  return settle<Primal<E>>(std::forward<D>(d));
}
template <class E, class Sum, class C>
constexpr void accumulate_into(const E&, Sum& sum, C&& contribution) {
  zygote::accumulate<Primal<E>>(sum, std::forward<C>(contribution));
}

template <class... T>
inline constexpr bool any_class = (std::is_class_v<std::remove_cvref_t<T>> || ...);

/// A value as the type of the variable that it is assigned to.
template <class Variable, class T>
constexpr Variable like(const Variable&, T&& value) {
  if constexpr (std::is_arithmetic_v<Variable>)
    return static_cast<Variable>(value);
  else
    return std::forward<T>(value);
}

/// A value of a function's result type, which a return inside a loop overwrites.
template <class T>
constexpr T initial() {
  static_assert(std::is_default_constructible_v<T>,
                "zygote: a return inside a loop needs a result type with a default constructor");
  return T{};
}

}  // namespace zygote::ir

/// A name in a method: a member of the object if there is one, else whatever the name stands for there.
#define ZYGOTE_VALUE(name)                           \
  [&](const auto& zygote_object) -> decltype(auto) { \
    if constexpr (requires { zygote_object.name; })  \
      return (zygote_object.name);                   \
    else                                             \
      return (name);                                 \
  }
