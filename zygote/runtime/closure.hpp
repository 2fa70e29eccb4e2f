// Lambdas of marked code, function templates with explicit arguments, and the type-erased `back` of recursive
// functions.
#pragma once
#include <array>
#include <bit>
#include <cstddef>
#include <optional>
#include <zygote/runtime/into.hpp>
#include <zygote/runtime/over.hpp>

namespace zygote {

/// A marked lambda of unmarked code. Its captures are constants to it. Parameters: void(its parameters), if known.
template <class F, class Parameters>
struct Lambda {
  using zygote_parameters = Parameters;
  F f;
  template <class... A>
  constexpr auto operator()(A&&... a) const -> decltype(f(PrimalMode<>{}, std::forward<A>(a)...)) {
    return f(PrimalMode<>{}, std::forward<A>(a)...);
  }
  template <Mode mode = Mode{}, class... A>
  requires std::invocable<const F&, PrimalMode<>, A...>
  constexpr auto pullback(A&&... a) const { return f(ReverseMode<mode>{}, std::forward<A>(a)...); }
};
namespace ir {
template <class Parameters = void, class F>
constexpr auto lambda(F f) {
  return Lambda<F, Parameters>{std::move(f)};
}
}  // namespace ir

template <class F, class... Captures>
struct Closure;
namespace detail {
template <class C>
concept OwnAdjoint = std::same_as<Adjoint<C>, C> ||(!Differentiable<C> && std::default_initializable<C>);
/// The adjoint of a closure is a closure, so that structs can have both for a field; else the tuple of what it
/// captured.
template <class F, class... Captures>
using ClosureAdjoint =
    std::conditional_t<(OwnAdjoint<Captures> && ...), Closure<F, Captures...>, std::tuple<Adjoint<Captures>...>>;
template <class D>
constexpr auto&& captured(D&& d) {
  if constexpr (requires { d.captures; })
    return std::forward<D>(d).captures;
  else
    return std::forward<D>(d);
}
/// The code of a lambda, or none. It can be assigned, which lambdas cannot; trivially, if they can be copied trivially.
template <class F>
class Code {
  static constexpr bool trivial = std::is_trivially_copyable_v<F>;
  using Bytes = std::array<std::byte, sizeof(F)>;
  std::conditional_t<trivial, Bytes, std::optional<F>> held_{};

  static constexpr auto hold(F f) {
    if constexpr (trivial)
      return std::bit_cast<Bytes>(f);
    else
      return std::optional<F>(std::move(f));
  }

 public:
  constexpr Code() = default;
  constexpr Code(F f) : held_(hold(std::move(f))) {}
  constexpr Code(const Code&) = default;
  constexpr Code& operator=(const Code&) requires(trivial) = default;
  constexpr Code& operator=(const Code& other) {
    held_.reset();
    if (other.held_) held_.emplace(*other.held_);
    return *this;
  }
  constexpr decltype(auto) get() const {
    if constexpr (trivial)
      return std::bit_cast<F>(held_);
    else
      return *held_;
  }
};
}  // namespace detail

/// A lambda inside marked code: its code, and what it captured, which has adjoints. One without code is an adjoint, or
/// stands in one.
template <class F, class... Captures>
struct Closure {
  detail::Code<F> f;
  ir::Pack<Captures...> captures;

  static constexpr auto fields(auto& self) {
    const auto all = [](auto&... c) { return std::tie(c...); };
    return ir::apply(all, self.captures);
  }
  template <class... A>
  requires(!(std::same_as<std::remove_cvref_t<A>, ask_t> || ...)) constexpr auto operator()(A&&... a) const {
    using Mode = typename detail::Modes<std::tuple<Captures...>, A...>::Primal;
    const auto call = [&](const auto&... c) {
      return f.get()(Mode{}, ir::captured_value(c)..., std::forward<A>(a)...);
    };
    return ir::apply(call, captures);
  }
  /// back returns the adjoint of the closure and those of the arguments.
  template <class... A>
  constexpr auto pullback(A&&... a) const {
    using Mode = typename detail::Modes<std::tuple<Captures...>, A...>::Reverse;
    static_assert(
        std::invocable<decltype(f.get()), Mode, decltype(ir::captured_value(std::declval<const Captures&>()))..., A...>,
        "zygote: the parameters of this lambda do not take these arguments, perhaps dual numbers, which second "
        "derivatives need: make them auto");
    const auto call = [&](const auto&... c) {
      return f.get()(Mode{}, ir::captured_value(c)..., std::forward<A>(a)...);
    };
    auto p = ir::apply(call, captures);
    return Pullback{std::move(p.value), [back = std::move(p.back)](const auto& d, const auto&... places) {
                      const auto& own = ir::detail::slot<Closure, 0, 1 + sizeof...(A)>(ir::given(places...));
                      constexpr std::index_sequence_for<Captures...> i;
                      constexpr std::index_sequence_for<A...> k;
                      if constexpr (NoAdjoint<decltype(own)>) {
                        auto all = back(d);
                        auto sum = Algebra<Closure>::zero();
                        add<true>(sum, all, i);
                        return std::tuple_cat(std::make_tuple(std::move(sum)), arguments(all, k));
                      } else {
                        auto all = ir::pull(back, d, slots(own, ir::given(places...), i, k));
                        add<false>(own.sum, all, i);
                        return std::tuple_cat(std::make_tuple(none{}), arguments(all, k));
                      }
                    }};
  }

 private:
  template <bool fresh, class Sum, class All, std::size_t... i>
  static constexpr void add([[maybe_unused]] Sum& sum, [[maybe_unused]] All& all, std::index_sequence<i...>) {
    const auto one = [&]<class C>(std::type_identity<C>, auto& mine, auto& contribution) {
      if constexpr (!Differentiable<C>)
        return;
      else if constexpr (fresh)
        mine = settle<C>(std::move(contribution));
      else
        zygote::accumulate<C>(mine, std::move(contribution));
    };
    if constexpr (Differentiable<Closure>)
      (one(std::type_identity<Captures>{}, ir::pick<i>(detail::captured(sum)), std::get<i>(all)), ...);
  }
  template <class All, std::size_t... k>
  static constexpr auto arguments(All& all, std::index_sequence<k...>) {
    return std::make_tuple(std::get<sizeof...(Captures) + k>(std::move(all))...);
  }
  /// Where the code adds: to the parts of the closure's adjoint that the caller has.
  template <class Own, class Given, std::size_t... i, std::size_t... k>
  static constexpr auto slots(const Own& own, const Given& given, std::index_sequence<i...>,
                              std::index_sequence<k...>) {
    return ir::Places(ir::into(ir::pick<i>(detail::captured(own.sum)), own.full)..., std::get<1 + k>(given.all)...);
  }
};
namespace detail {
template <class F, class... To, class... From>
struct Rebuilt<Closure<F, To...>, Closure<F, From...>> {
  static constexpr Closure<F, To...> from(const auto& to_number, const Closure<F, From...>& x) {
    const auto all = [&](const auto&... c) { return ir::Pack<To...>{{{rebuild<To>(to_number, c)}...}}; };
    return {x.f, ir::apply(all, x.captures)};
  }
};
}  // namespace detail
namespace ir {
template <class F, class... Captures>
constexpr auto closure(F f, const Captures&... captures) {
  return Closure<F, std::decay_t<Captures>...>{std::move(f), ir::pack(captures...)};
}
/// The contribution to capture i of a closure.
template <std::size_t i, class D>
constexpr auto captured(D&& d) {
  if constexpr (NoAdjoint<D>)
    return none{};
  else {
    const auto& all = evaluate(d);
    return ir::pick<i>(zygote::detail::captured(all));
  }
}
}  // namespace ir

template <class F, class... Captures>
struct Algebra<Closure<F, Captures...>> {
  using type = std::conditional_t<(Differentiable<Captures> || ...), detail::ClosureAdjoint<F, Captures...>, none>;
  static constexpr type zero() {
    type acc{};
    each([]<class C>(std::type_identity<C>, auto& mine) { mine = zygote::zero<C>(); }, acc);
    return acc;
  }
  static constexpr void accumulate(type& acc, const type& c) {
    each([]<class C>(std::type_identity<C>, auto& mine, const auto& other) { zygote::accumulate<C>(mine, other); }, acc,
         c);
  }
  static constexpr void complete(type& acc, const Closure<F, Captures...>& closure) {
    each([]<class C>(std::type_identity<C>, auto& mine, const auto& other) { Algebra<C>::complete(mine, other); }, acc,
         closure);
  }

 private:
  /// f of each capture that has an adjoint.
  template <class Visit, class Acc, class... Other>
  static constexpr void each(const Visit& visit, Acc& acc, const Other&... other) {
    const auto one = [&]<std::size_t i, class C>(std::index_sequence<i>, std::type_identity<C> type) {
      if constexpr (Differentiable<C>)
        visit(type, ir::pick<i>(detail::captured(acc)), ir::pick<i>(detail::captured(other))...);
    };
    if constexpr (!NoAdjoint<Acc>) [&]<std::size_t... i>(std::index_sequence<i...>) {
        (one(std::index_sequence<i>{}, std::type_identity<Captures>{}), ...);
      }
    (std::index_sequence_for<Captures...>{});
  }
};

/// A marked function template with explicit template arguments: a callable.
template <class F, class Invoke, class Pull>
struct Explicit {
  F f;
  Invoke invoke;
  Pull pull;
  template <class... A>
  constexpr auto operator()(A&&... a) const -> decltype(invoke(f, std::forward<A>(a)...)) {
    return invoke(f, std::forward<A>(a)...);
  }
  template <class... A>
  constexpr auto pullback(A&&... a) const {
    return pull(f, std::forward<A>(a)...);
  }
};
template <class F, class Invoke, class Pull>
struct Algebra<Explicit<F, Invoke, Pull>> : NoAlgebra {};
template <class F, class Invoke, class Pull>
constexpr auto explicitly(const F& f, Invoke invoke, Pull pull) {
  return Explicit<F, Invoke, Pull>{f, invoke, pull};
}

#define ZYGOTE_EXPLICIT(function, ...)                                                                  \
  ::zygote::explicitly(                                                                                 \
      function,                                                                                         \
      [](const auto& zygote_f, auto&&... zygote_a) -> decltype(auto) {                                  \
        return zygote_f.template operator()<__VA_ARGS__>(static_cast<decltype(zygote_a)>(zygote_a)...); \
      },                                                                                                \
      [](const auto& zygote_f, auto&&... zygote_a) {                                                    \
        return zygote_f.template pullback<__VA_ARGS__>(static_cast<decltype(zygote_a)>(zygote_a)...);   \
      })

/// T, but only when a template that depends on the mode is instantiated: by then a class is complete.
template <Mode, class T>
struct Dependent {
  using type = T;
};

template <Mode, class T>
constexpr const T& dependent(const T& x) {
  return x;
}

/// A `back` of which only the types of the adjoints are known; a recursive function needs one, or its type would
/// contain itself. Copies are deep; works in constant expressions.
template <class Value, class... Arguments>
class AnyBack {
  using Gradients = std::tuple<Adjoint<Arguments>...>;
  using All = ir::Places<ir::Into<Adjoint<Arguments>>...>;

 public:
  template <class F>
  requires(!std::same_as<std::remove_cvref_t<F>, AnyBack>) constexpr AnyBack(F f) : held_(new Held<F>(std::move(f))) {}
  constexpr AnyBack(const AnyBack& other) : held_(other.held_ ? other.held_->clone() : nullptr) {}
  constexpr AnyBack(AnyBack&& other) noexcept : held_(std::exchange(other.held_, nullptr)) {}
  constexpr AnyBack& operator=(AnyBack other) noexcept {
    std::swap(held_, other.held_);
    return *this;
  }
  constexpr ~AnyBack() { delete held_; }

  constexpr Gradients operator()(const Adjoint<Value>& d) const {
    return call(d, ir::Places<>{}, std::index_sequence_for<Arguments...>{});
  }
  template <class... S>
  constexpr auto operator()(const Adjoint<Value>& d, const ir::Places<S...>& slots) const {
    return call(d, slots, std::index_sequence_for<Arguments...>{});
  }

 private:
  struct Base {
    constexpr virtual ~Base() = default;
    constexpr virtual Base* clone() const = 0;
    constexpr virtual void call(const Adjoint<Value>& d, const All& places) const = 0;
  };
  // What the caller has no slot for gets an adjoint here, which is returned.
  template <class... S, std::size_t... i>
  constexpr auto call(const Adjoint<Value>& d, const ir::Places<S...>& slots, std::index_sequence<i...>) const {
    Gradients own{zero<Arguments>()...};
    const auto place = [](const auto& slot, auto& own) {
      if constexpr (NoAdjoint<decltype(slot)>)
        return ir::Into<std::remove_reference_t<decltype(own)>>{own, false};
      else
        return slot;
    };
    const std::tuple given{ir::detail::slot<Arguments, i, sizeof...(i)>(slots)...};
    held_->call(d, All(place(std::get<i>(given), std::get<i>(own))...));
    const auto rest = []([[maybe_unused]] const auto& slot, [[maybe_unused]] auto& own) {
      if constexpr (NoAdjoint<decltype(slot)>)
        return std::move(own);
      else
        return none{};
    };
    return std::make_tuple(rest(std::get<i>(given), std::get<i>(own))...);
  }
  template <class F>
  struct Held final : Base {
    F f;
    constexpr explicit Held(F f) : f(std::move(f)) {}
    constexpr Base* clone() const override { return new Held(f); }
    constexpr void call(const Adjoint<Value>& d, const All& places) const override {
      add(ir::pull(f, d, places), places, std::index_sequence_for<Arguments...>{});
    }
    template <class Adjoints, std::size_t... i>
    static constexpr void add(Adjoints adjoints, const All& places, std::index_sequence<i...>) {
      (accumulate<Arguments>(std::get<i>(places.all).sum, std::get<i>(std::move(adjoints))), ...);
    }
  };
  Base* held_;
};

/// A closure that is given itself: what its methods return cannot be deduced. They are not constexpr, so that
/// clang instantiates them behind what calls them.
template <class R, class F, class... Captures>
struct RecursiveClosure : Closure<F, Captures...> {
  using Base = Closure<F, Captures...>;
  template <class... A>
  R operator()(A&&... a) const {
    return Base::operator()(std::forward<A>(a)...);
  }
  template <class... A>
  auto pullback(A&&... a) const -> Pullback<R, AnyBack<R, Base, std::remove_cvref_t<A>...>> {
    auto p = Base::pullback(std::forward<A>(a)...);
    return {std::move(p.value), std::move(p.back)};
  }
};
template <class R, class F, class... Captures>
struct Algebra<RecursiveClosure<R, F, Captures...>> : Algebra<Closure<F, Captures...>> {};
namespace ir {
template <class R, class F, class... Captures>
constexpr auto recursive_closure(F f, const Captures&... captures) {
  return RecursiveClosure<R, F, std::decay_t<Captures>...>{{std::move(f), ir::pack(captures...)}};
}
}  // namespace ir

}  // namespace zygote
