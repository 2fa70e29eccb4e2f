// Loops whose iterations meet in sums only, of which the adjoints are known before they start: each iteration runs
// backwards before the next one runs forwards, so that what one saves need not be kept.
#pragma once
#include <zygote/runtime/control.hpp>
#include <zygote/runtime/writes.hpp>

namespace zygote::ir {

/// One iteration, whose reverse reads what it saved where it is; and iterations whose reverse has run.
template <class S>
struct Step {
  const S& saves;
  std::size_t iteration;
  static constexpr std::size_t count = 1, lane = 0;

  template <std::size_t i>
  ZYGOTE_INLINE constexpr decltype(auto) get() const {
    if constexpr (detail::is_invariant<std::remove_cvref_t<decltype(saves.template get<i>())>>)
      return (saves.template get<i>().value);
    else
      return saves.template get<i>();
  }
};
struct Done {
  static constexpr std::size_t count = 0;
};
template <class State>
struct LoopedOneByOne {
  Done saves;
  State state;
};

/// A loop whose iterations meet in sums only. unit: the adjoints of the sums are known, and each iteration is followed
/// by its reverse; else it is like any other.
template <bool unit, class T, class Trips, class State, class Test, class Body, class Reverse>
ZYGOTE_INLINE constexpr auto loop_one_by_one([[maybe_unused]] T& tape, Trips trips, State state, Test&& test,
                                             Body&& body, [[maybe_unused]] Reverse&& reverse) {
  if constexpr (!unit)
    return ir::loop(tape, trips, std::move(state), test, body);
  else {
    LoopedOneByOne<State> result{{}, std::move(state)};
    const auto step = [&](std::size_t i) ZYGOTE_INLINE {
      auto iteration = ir::apply(body, result.state);
      reverse(Step<decltype(iteration.saves)>{iteration.saves, i});
      assign_all(result.state, std::move(iteration.values));
    };
    if constexpr (std::same_as<Trips, Counted>)
      for (std::size_t i = 0; i < trips.n; ++i) step(i);
    else
      for (std::size_t i = 0; ir::apply(test, std::as_const(result.state)); ++i) step(i);
    return result;
  }
}
template <std::size_t lanes, class S, class... Adjoints, class... Primals, class Body>
ZYGOTE_INLINE constexpr auto reverse_loop(const Step<S>& step, Reader&, Pack<Carried<Adjoints, Primals>...> carried,
                                          Body&& body) {
  const auto run = [&](Carried<Adjoints, Primals>&... c) ZYGOTE_INLINE {
    [[maybe_unused]] auto before = body(step, std::move(c.first)...);
    return [&]<std::size_t... k>(std::index_sequence<k...>) ZYGOTE_INLINE {
      return Pack<Adjoints...>{{{settle<Primals>(std::move(before.template get<k>()))}...}};
    }
    (std::index_sequence_for<Adjoints...>{});
  };
  return ir::apply(run, carried);
}
template <std::size_t lanes, class... Adjoints, class... Primals, class Body>
ZYGOTE_INLINE constexpr auto reverse_loop(const Done&, Reader&, Pack<Carried<Adjoints, Primals>...> carried, Body&&) {
  const auto first = [](Carried<Adjoints, Primals>&... c)
                         ZYGOTE_INLINE { return Pack<Adjoints...>{{{std::move(c.first)}...}}; };
  return ir::apply(first, carried);
}
/// The adjoint of the result, if it is known.
template <class T>
constexpr Adjoint<T> unit() {
  return Adjoint<T>(1);
}

/// An adjoint to which loops have added before the reverse starts, which goes on from there; none if they have not.
template <class T>
struct Early {
  T value;
};
template <bool unit, class Begin>
constexpr auto early([[maybe_unused]] Begin&& begin) {
  if constexpr (unit)
    return Early<decltype(begin())>{begin()};
  else
    return Early<none>{};
}
namespace detail {
/// As back may be called again.
template <class T>
constexpr Adjoint<T> copied(const Adjoint<T>& d) {
  if constexpr (zygote::detail::moves_only<T>) {
    auto acc = zero<T>();
    accumulate<T>(acc, d);
    return acc;
  } else {
    return d;
  }
}
}  // namespace detail
template <class T, class E, class... D>
constexpr auto resume(const Early<T>& early, [[maybe_unused]] const E& type, D&&... d) {
  if constexpr (NoAdjoint<T>)
    return ir::sum(type, std::forward<D>(d)...);
  else {
    T acc = detail::copied<Primal<E>>(early.value);
    (zygote::accumulate<Primal<E>>(acc, std::forward<D>(d)), ...);
    return acc;
  }
}
template <class T, class S, class... D>
constexpr auto resume(const Early<T>& early, [[maybe_unused]] const Shape<S>& shape, D&&... d) {
  if constexpr (NoAdjoint<T>)
    return ir::own(shape, std::forward<D>(d)...);
  else
    return ir::resume(early, TypeOf<S>{}, std::forward<D>(d)...);
}

}  // namespace zygote::ir
