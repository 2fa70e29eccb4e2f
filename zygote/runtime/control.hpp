// Control flow of generated code: if_ and loop run a region and keep what its reverse reads; reverse_if and
// reverse_loop run the reverses. They are chosen by the type of the condition: here, bool. Everything that only
// generated code names is in the namespace zygote::ir.
#pragma once
#include <zygote/runtime/pack.hpp>
#include <zygote/runtime/parts.hpp>
#include <zygote/runtime/saves.hpp>
#include <zygote/runtime/tape.hpp>

namespace zygote::ir {

template <std::size_t i, class T>
ZYGOTE_INLINE constexpr decltype(auto) pick(T& x) {
  if constexpr (requires { x.template get<i>(); })
    return x.template get<i>();
  else
    return std::get<i>(x);
}

/// What a region of an if_ or a loop returns: its saves and its values.
template <class S, class Values>
struct Outcome {
  S saves;
  Values values;
};
template <class S, class Values>
Outcome(S, Values) -> Outcome<S, Values>;

/// The value of a branch that throws, whatever the type of the other one.
struct Never {
  template <class T>
  [[noreturn]] operator T() const {
    std::terminate();
  }
};

namespace detail {
template <class A, class B>
struct Common;
template <class... A, class... B>
struct Common<Pack<A...>, Pack<B...>> {
  template <class X, class Y>
  static auto common() {
    if constexpr (std::same_as<X, Y> || std::same_as<Y, Never>)
      return std::type_identity<X>{};
    else if constexpr (std::same_as<X, Never>)
      return std::type_identity<Y>{};
    else
      return std::type_identity<std::common_type_t<X, Y>>{};
  }
  using type = Pack<typename decltype(common<A, B>())::type...>;
};
template <class To, class... From>
ZYGOTE_INLINE constexpr To converted(Pack<From...>&& from) {
  if constexpr (std::same_as<To, Pack<From...>>)
    return std::move(from);
  else
    return [&]<std::size_t... i>(std::index_sequence<i...>) ZYGOTE_INLINE {
      return To{{{static_cast<std::remove_reference_t<decltype(std::declval<To&>().template get<i>())>>(
          std::move(from.template get<i>()))}...}};
    }
  (std::index_sequence_for<From...>{});
}
}  // namespace detail

/// What one of two branches saved. It is copied, moved and destroyed trivially if both are; std::variant would do, but
/// takes several times as long to compile.
template <class A, class B>
class Either {
  template <template <class> class Trait>
  static constexpr bool both = Trait<A>::value&& Trait<B>::value;

 public:
  ZYGOTE_INLINE constexpr Either(std::in_place_index_t<0>, A&& a) : first_(true), a_(std::move(a)) {}
  ZYGOTE_INLINE constexpr Either(std::in_place_index_t<1>, B&& b) : first_(false), b_(std::move(b)) {}
  constexpr Either(const Either&) requires(both<std::is_trivially_copy_constructible>) = default;
  constexpr Either(const Either& other) : first_(other.first_) {
    if (first_)
      std::construct_at(&a_, other.a_);
    else
      std::construct_at(&b_, other.b_);
  }
  constexpr Either(Either&&) requires(both<std::is_trivially_move_constructible>) = default;
  constexpr Either(Either&& other) : first_(other.first_) {
    if (first_)
      std::construct_at(&a_, std::move(other.a_));
    else
      std::construct_at(&b_, std::move(other.b_));
  }
  constexpr ~Either() requires(both<std::is_trivially_destructible>) = default;
  constexpr ~Either() {
    if (first_)
      a_.~A();
    else
      b_.~B();
  }
  template <class Then, class Else>
  ZYGOTE_INLINE constexpr void visit(Then&& then, Else&& otherwise) const {
    if (first_)
      then(a_);
    else
      otherwise(b_);
  }

 private:
  bool first_;
  union {
    A a_;
    B b_;
  };
};

/// Branches that saved nothing: a copy of a union goes through memory, which costs more than many a branch.
template <class A, class B>
requires(std::is_empty_v<A>&& std::is_empty_v<B>) class Either<A, B> {
 public:
  ZYGOTE_INLINE constexpr Either(std::in_place_index_t<0>, A&&) : first_(true) {}
  ZYGOTE_INLINE constexpr Either(std::in_place_index_t<1>, B&&) : first_(false) {}
  template <class Then, class Else>
  ZYGOTE_INLINE constexpr void visit(Then&& then, Else&& otherwise) const {
    first_ ? then(A()) : otherwise(B());
  }

 private:
  bool first_;
};

/// Runs one of two regions. Their values get their common types.
template <class Condition, class Then, class Else>
requires std::constructible_from<bool, Condition> ZYGOTE_INLINE constexpr auto if_(const Condition& condition,
                                                                                   Then&& then, Else&& otherwise) {
  using A = decltype(then());
  using B = decltype(otherwise());
  using Values = typename detail::Common<decltype(A::values), decltype(B::values)>::type;
  using Saved = Either<decltype(A::saves), decltype(B::saves)>;
  if (condition) {
    auto outcome = then();
    return Outcome<Saved, Values>{Saved(std::in_place_index<0>, std::move(outcome.saves)),
                                  detail::converted<Values>(std::move(outcome.values))};
  }
  auto outcome = otherwise();
  return Outcome<Saved, Values>{Saved(std::in_place_index<1>, std::move(outcome.saves)),
                                detail::converted<Values>(std::move(outcome.values))};
}

template <class Saved, class Then, class Else>
ZYGOTE_INLINE constexpr void reverse_if(const Saved& taken, Then&& then, Else&& otherwise) {
  taken.visit(then, otherwise);
}

/// How often a loop ran, and what its reverse reads that is the same in all iterations; S: what it reads of each.
template <class S>
struct Steps {
  std::size_t count = 0;
  [[no_unique_address]] Invariants<S> invariants{};
};
template <class S, class State>
struct Looped {
  Steps<S> saves;
  State state;
};

/// How often a loop will run: unknown, or known before it starts.
struct Unknown {};
struct Counted {
  std::size_t n;
};
/// for (i = first; i < bound; ++i) and its like: i <= last, --i and i > bound, --i and i >= last.
template <class A, class B>
ZYGOTE_INLINE constexpr auto up_to(const A& first, const B& bound) {
  if constexpr (std::integral<A> && std::integral<B>) {
    using Common = std::common_type_t<A, B>;  // what the comparison converts to
    const auto from = static_cast<Common>(first), to = static_cast<Common>(bound);
    return Counted{from < to ? static_cast<std::size_t>(to) - static_cast<std::size_t>(from) : 0};
  } else
    return Unknown{};
}
template <class A, class B>
ZYGOTE_INLINE constexpr auto down_to(const A& first, const B& bound) {
  return ir::up_to(bound, first);
}
template <class A, class B>
ZYGOTE_INLINE constexpr auto up_to_last(const A& first, const B& last) {
  if constexpr (std::integral<A> && std::integral<B>)
    return Counted{first <= last ? static_cast<std::size_t>(last) - static_cast<std::size_t>(first) + 1 : 0};
  else
    return Unknown{};
}
template <class A, class B>
ZYGOTE_INLINE constexpr auto down_to_last(const A& first, const B& last) {
  return ir::up_to_last(last, first);
}

/// A number that every iteration of a loop reads, if there is one.
template <class Read>
ZYGOTE_INLINE constexpr auto ahead(Counted trips, Read&& read) {
  return trips.n > 0 ? read() : decltype(read()){};
}

/// Where the reverse reads nothing.
struct NoTape {};
inline constexpr NoTape no_tape;

namespace detail {
template <class T>
inline constexpr bool trivial = false;
template <class... T>
inline constexpr bool trivial<std::tuple<T...>> = (std::is_trivially_destructible_v<T> && ...);

template <class S, class... T>
ZYGOTE_INLINE constexpr void push(Tape& tape, S& saves, std::type_identity<std::tuple<T...>>) {
  if (std::is_constant_evaluated()) return tape.push_constant<T...>(saves);
  auto& chunk = tape.room<T...>(1);
  chunk.columns.write(chunk.rows, saves);
  ++chunk.rows;
}

/// n iterations, whose rows lie together in one piece of the tape.
template <class Result, class Body, class... T>
ZYGOTE_HD ZYGOTE_INLINE inline void run(Tape& tape, std::size_t n, Result& result, Body&& body,
                                        std::type_identity<std::tuple<T...>>) {
  if (n == 0) return;
  auto& chunk = tape.room<T...>(n);
  const auto columns = chunk.columns.from(chunk.rows);
  for (std::size_t i = 0; i < n; ++i) {
    auto iteration = ir::apply(body, result.state);
    columns.write(i, iteration.saves);
    if constexpr (!trivial<std::tuple<T...>>) ++chunk.rows;
    iteration.saves.keep(result.saves.invariants);
    assign_all(result.state, std::move(iteration.values));
  }
  if constexpr (trivial<std::tuple<T...>>) chunk.rows += n;
}

template <class Result, class Body>
ZYGOTE_INLINE constexpr void step(Result& result, Body&& body) {
  auto iteration = ir::apply(body, result.state);
  iteration.saves.keep(result.saves.invariants);
  assign_all(result.state, std::move(iteration.values));
}
}  // namespace detail

/// while (test(state...)) state = body(state...), which may move what it reads for the last time; what the reverse of
/// each iteration reads goes to the tape.
template <class T, class Trips, class State, class Test, class Body>
ZYGOTE_INLINE constexpr auto loop([[maybe_unused]] T& tape, [[maybe_unused]] Trips trips, State state, Test&& test,
                                  Body&& body) {
  using S = decltype(decltype(ir::apply(body, state))::saves);
  using Stored = ir::Stored<S>;
  constexpr bool stores = std::tuple_size_v < Stored >> 0;
  Looped<S, State> result{{}, std::move(state)};
  if constexpr (std::same_as<Trips, Counted>)
    if (!std::is_constant_evaluated()) {
      if constexpr (stores)
        detail::run(tape, trips.n, result, body, std::type_identity<Stored>{});
      else
        for (std::size_t i = 0; i < trips.n; ++i) detail::step(result, body);
      result.saves.count = trips.n;
      return result;
    }
  while (ir::apply(test, std::as_const(result.state))) {
    auto iteration = ir::apply(body, result.state);
    if constexpr (stores) detail::push(tape, iteration.saves, std::type_identity<Stored>{});
    ++result.saves.count;
    iteration.saves.keep(result.saves.invariants);
    assign_all(result.state, std::move(iteration.values));
  }
  return result;
}

/// What the reverse of an iteration reads: a row of the tape, and what is the same in all iterations.
template <class S, class Columns>
struct Row;
template <class... Ts, class... U>
struct Row<Saves<Ts...>, Columns<U...>> {
  Columns<U...> columns;
  std::size_t row, iteration, lane;
  const Invariants<Saves<Ts...>>& invariants;

  template <std::size_t i>
  ZYGOTE_INLINE constexpr decltype(auto) get() const {
    using T = std::tuple_element_t<i, std::tuple<Ts...>>;
    using S = Saves<Ts...>;
    if constexpr (detail::is_invariant<T>)
      return (std::get<detail::rank(S::invariant, i)>(invariants));
    else if constexpr (std::is_empty_v<T>)
      return T{};
    else
      return (columns.at.template get<detail::rank(S::stored, i)>()[row]);
  }
};

/// What a counter is in the n-th iteration.
template <class A>
ZYGOTE_INLINE constexpr auto nth_up(const A& first, std::size_t n) {
  if constexpr (std::is_arithmetic_v<A>) return static_cast<A>(first + static_cast<A>(n));
}
template <class A>
ZYGOTE_INLINE constexpr auto nth_down(const A& first, std::size_t n) {
  if constexpr (std::is_arithmetic_v<A>) return static_cast<A>(first - static_cast<A>(n));
}

/// The type of a value.
template <class T>
struct TypeOf {
  using primal = T;
};
template <class T>
constexpr TypeOf<T> type(const T&) {
  return {};
}
template <class T>
ZYGOTE_OBJECT TypeOf<T> type_of{};

/// The adjoint of a carried variable, as it enters the reverse of a loop.
template <class Adjoint, class T>
struct Carried {
  Adjoint first;
};
template <class E, class D>
ZYGOTE_INLINE constexpr auto carry(const E&, D&& d) {
  return Carried<Adjoint<Primal<E>>, Primal<E>>{settle<Primal<E>>(std::forward<D>(d))};
}

namespace detail {
template <class... T>
constexpr Columns<const T...> columns(std::type_identity<std::tuple<T...>>) {
  return {};
}
}  // namespace detail

/// Runs the reverse of each iteration, the last one first, on the adjoints of the carried variables. Iterations in a
/// row add to different lanes of the sums that they share.
template <std::size_t lanes, class S, class... Adjoints, class... Primals, class Body>
ZYGOTE_INLINE constexpr auto reverse_loop(const Steps<S>& steps, [[maybe_unused]] Reader& reader,
                                          Pack<Carried<Adjoints, Primals>...> carried, Body&& body) {
  using Stored = ir::Stored<S>;
  auto columns = detail::columns(std::type_identity<Stored>{});
  const auto start = [](Carried<Adjoints, Primals>&... c)
                         ZYGOTE_INLINE { return Pack<Adjoints...>{{{std::move(c.first)}...}}; };
  auto state = ir::apply(start, carried);
  const auto invariants = steps.invariants;  // nothing that iterations write is there
  for (std::size_t left = steps.count; left > 0;) {
    std::size_t n = left;
    if constexpr (std::tuple_size_v < Stored >> 0)
      std::tie(columns, n) = reader.back(left, std::type_identity<Stored>{});
    const auto run = [&](std::size_t i, std::size_t lane) ZYGOTE_INLINE {
      [&]<std::size_t... k>(std::index_sequence<k...>) ZYGOTE_INLINE {
        [[maybe_unused]] auto before = body(Row<S, decltype(columns)>{columns, i, left - n + i, lane, invariants},
                                            std::move(state.template get<k>())...);
        ((state.template get<k>() = settle<Primals>(std::move(before.template get<k>()))), ...);
      }
      (std::index_sequence_for<Adjoints...>{});
    };
    std::size_t i = n;
    if constexpr (lanes > 1)
      while (i >= lanes) {
        i -= lanes;
        [&]<std::size_t... lane>(std::index_sequence<lane...>) ZYGOTE_INLINE { (run(i + lanes - 1 - lane, lane), ...); }
        (std::make_index_sequence<lanes>{});
      }
    while (i-- > 0) run(i, 0);
    left -= n;
  }
  return state;
}

template <class... T>
inline constexpr bool any_class = (std::is_class_v<std::remove_cvref_t<T>> || ...);

/// A value as the type of the variable that it is assigned to.
template <class Variable, class T>
constexpr Variable like(const Variable&, T&& value) {
  static_assert(can_make<Variable, T>, "zygote: no gradient flows into a variable of this class; write constant(...)");
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
      return ::zygote::ir::read(zygote_object.name); \
    else                                             \
      return (name);                                 \
  }
