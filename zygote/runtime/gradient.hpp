// What users call: pullback, gradient, withgradient.
#pragma once
#include <zygote/runtime/call.hpp>

namespace zygote {

/// The adjoints of all arguments, a tuple. With one argument it also converts to that adjoint.
template <class... Ts>
struct Gradients : std::tuple<Ts...> {
  using std::tuple<Ts...>::tuple;
  constexpr operator const std::tuple_element_t<0, std::tuple<Ts..., none>>&() const requires(sizeof...(Ts) == 1) {
    return std::get<0>(*this);
  }
  // For structured bindings, whose look-up would find functions named get of this namespace as well.
  template <std::size_t i>
  constexpr auto& get() & {
    return std::get<i>(*this);
  }
  template <std::size_t i>
  constexpr const auto& get() const& {
    return std::get<i>(*this);
  }
  template <std::size_t i>
  constexpr auto&& get() && {
    return std::get<i>(std::move(*this));
  }
};

template <class F, class... A>
concept HasPullback = requires(const F& f, const A&... a) {
  f.pullback(a...);
};

namespace detail {
template <class F, class... A>
constexpr void require_pullback() {
  static_assert(
      HasPullback<F, A...>,
      "zygote: this callable has no pullback for these arguments. Mark it ZYGOTE and have the compiler read this file: "
      "zygote_sources(target file) in CMake, or `zygote c++ ...` without");
}
}  // namespace detail

/// {value, back} of f at args; `back(dvalue)` returns the tuple of the adjoints of args. It keeps what it needs of the
/// arguments and can be called more than once.
template <class F, class... A>
constexpr auto pullback(const F& f, const A&... args) {
#ifdef ZYGOTE_EDITOR  // an editor reads the file as it is written, where nothing has a pullback yet
  return Pullback{f(args...), [](const auto&) -> Gradients<Adjoint<A>...> { throw "for editors only"; }};
#else
  detail::require_pullback<F, A...>();
  auto p = f.pullback(args...);
  auto back = Back<F, decltype(p.value), decltype(p.back), sizeof...(A)>{std::move(p.back)};
  auto public_back = [back = std::move(back), primal = std::tuple<std::decay_t<const A&>...>(args...)](const auto& d) {
    auto all = back(settle<decltype(p.value)>(d));
    return [&]<std::size_t... i>(std::index_sequence<i...>) {
      auto complete = [](const auto& x, auto&& contribution) {
        using T = std::remove_cvref_t<decltype(x)>;
        auto dx = settle<T>(std::forward<decltype(contribution)>(contribution));
        Algebra<T>::complete(dx, x);
        return dx;
      };
      return Gradients<Adjoint<A>...>(complete(std::get<i>(primal), std::get<i + 1>(std::move(all)))...);
    }
    (std::index_sequence_for<A...>{});
  };
  return Pullback{std::move(p.value), std::move(public_back)};
#endif
}

template <class Value, class... G>
struct WithGradient {
  Value value;
  Gradients<G...> gradients;
};

/// {value, gradients} of a scalar function.
template <class F, class... A>
constexpr auto withgradient(const F& f, const A&... args) {
  auto [value, back] = pullback(f, args...);
  using Value = std::remove_cvref_t<decltype(value)>;
  static_assert(is_number<Adjoint<Value>>,
                "zygote: gradient needs a function that returns one real number; use pullback");
  auto gradients = back(Adjoint<Value>(1));
  return WithGradient<Value, Adjoint<A>...>{value, std::move(gradients)};
}

/// The adjoints of all arguments of a scalar function, in a tuple; none for those that cannot be differentiated.
template <class F, class... A>
constexpr auto gradient(const F& f, const A&... args) {
  return withgradient(f, args...).gradients;
}

}  // namespace zygote

template <class... Ts>
struct std::tuple_size<zygote::Gradients<Ts...>> : std::integral_constant<std::size_t, sizeof...(Ts)> {};
template <std::size_t i, class... Ts>
struct std::tuple_element<i, zygote::Gradients<Ts...>> : std::tuple_element<i, std::tuple<Ts...>> {};
