// What users call: pullback, gradient, withgradient.
#pragma once
#include <zygote/runtime/call.hpp>
#include <zygote/runtime/containers.hpp>
#include <zygote/runtime/writes.hpp>

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

namespace detail {
template <class F, class... A>
constexpr void require_pullback() {
  if constexpr (!HasPullback<F, const A&...>) {
    static_assert(std::invocable<const F&, const A&...> || !std::invocable<const F&, A&...>,
                  "zygote: the arguments are given to this callable as constants, and it wants to change one: take it "
                  "by value, or as const&");
    static_assert(
        HasPullback<F, const A&...>,
        "zygote: this callable has no pullback for these arguments. Mark it ZYGOTE and have the compiler read "
        "this file: zygote_sources(target file) in CMake, or `zygote c++ ...` without");
  }
}
}  // namespace detail

namespace detail {
/// The adjoint of x from what flowed to it, in the shape of x.
template <class T, class C>
constexpr Adjoint<T> complete_adjoint(const T& x, C&& contribution) {
  auto dx = settle<T>(std::forward<C>(contribution));
  Algebra<T>::complete(dx, x);
  ir::shown<T>(dx);
  return dx;
}

/// All that is to be known of an argument whose adjoint is complete in any case: its type.
template <class T>
using KeptArgument = std::conditional_t<ir::detail::fixed_shape<T>(), std::type_identity<T>, T>;
template <class T, class C>
constexpr Adjoint<T> complete_adjoint(std::type_identity<T>, C&& contribution) {
  auto dx = settle<T>(std::forward<C>(contribution));
  ir::shown<T>(dx);
  return dx;
}
template <class T>
constexpr KeptArgument<T> keep(const T& x) {
  if constexpr (ir::detail::fixed_shape<T>())
    return {};
  else
    return x;
}

/// The adjoints of primals, the first of which belongs to element `first` of what back returned.
template <class Result, std::size_t first, class All, class Primals>
constexpr Result complete_all(All all, const Primals& primals) {
  return [&]<std::size_t... i>(std::index_sequence<i...>) {
    return Result(complete_adjoint(ir::pick<i>(primals), std::get<first + i>(std::move(all)))...);
  }
  (std::make_index_sequence<std::tuple_size_v<Result>>{});
}

/// f's own pullback, of any Mode.
template <Mode mode, class F, class... A>
constexpr auto own_pullback(const F& f, const A&... args) {
#ifdef ZYGOTE_EDITOR  // an editor reads the file as it is written, where nothing has a pullback yet
  return Pullback{f(args...), [](const auto&) -> std::tuple<Adjoint<A>...> { throw "for editors only"; }};
#else
  require_pullback<F, A...>();
  return pullback_of<mode>(f, args...);
#endif
}

/// The adjoints of the arguments, which are references or what is kept of them, from f's own back.
template <class Result, class F, class Value, class Back, class D, class Arguments>
constexpr Result pull_back(const Back& back, const D& d, const Arguments& arguments) {
  const zygote::Back<F, Value, const Back&, std::tuple_size_v<Result>> all{back};
  return complete_all<Result, 1>(all(settle<Value>(d)), arguments);
}

template <class F, class... A>
using OwnPullback = decltype(own_pullback<Mode{}>(std::declval<const F&>(), std::declval<const A&>()...));
template <class F, class... A>
struct PublicBack {
  OwnPullback<F, A...> own;
  ir::Pack<KeptArgument<std::decay_t<const A&>>...> kept;
  constexpr PublicBack(const F& f, const A&... args)
      : own(own_pullback<Mode{}>(f, args...)), kept{{{keep<std::decay_t<const A&>>(args)}...}} {}
  template <class D>
  constexpr auto operator()(const D& d) const {
    return pull_back<Gradients<Adjoint<A>...>, F, decltype(own.value)>(own.back, d, kept);
  }
};
/// What `pullback` returns. Made where it stays, as f's own pullback may be large.
template <class F, class... A>
struct PublicPullback {
  decltype(OwnPullback<F, A...>::value) value{};
  PublicBack<F, A...> back;
  constexpr PublicPullback(const F& f, const A&... args) : back(f, args...) { value = std::move(back.own.value); }
};
}  // namespace detail

/// {value, back} of f at args; `back(dvalue)` returns the tuple of the adjoints of args. It keeps what it needs of the
/// arguments and can be called more than once.
template <class F, class... A>
constexpr auto pullback(const F& f, const A&... args) {
  if constexpr (std::default_initializable<decltype(detail::OwnPullback<F, A...>::value)>)
    return detail::PublicPullback<F, A...>(f, args...);
  else {
    detail::PublicBack<F, A...> back(f, args...);
    auto value = std::move(back.own.value);
    return Pullback{std::move(value), std::move(back)};
  }
}

template <class Value, class... G>
struct WithGradient {
  Value value;
  Gradients<G...> gradients;
};

/// {value, gradients} of a scalar function.
template <class F, class... A>
constexpr auto withgradient(const F& f, const A&... args) {
  const auto p = detail::own_pullback<Mode{~0ull, 0, true}>(f, args...);  // lent: the arguments outlive it
  using Value = std::remove_cvref_t<decltype(p.value)>;
  static_assert(is_number<Adjoint<Value>>,
                "zygote: gradient needs a function that returns one real number; use pullback");
  return WithGradient<Value, Adjoint<A>...>{
      p.value, detail::pull_back<Gradients<Adjoint<A>...>, F, Value>(p.back, Adjoint<Value>(1), std::tie(args...))};
}

/// gradient(f, args...): the adjoints of all arguments of a scalar function, in a tuple; none for those that cannot be
/// differentiated. Its pullback, a Hessian-vector product, is in second.hpp: a loss may contain a gradient.
struct gradient_t {
  template <class F, class... A>
  constexpr auto operator()(const F& f, const A&... args) const {
    return withgradient(f, args...).gradients;
  }
  template <class F, class... A>
  constexpr auto pullback(const F& f, const A&... args) const;
};
ZYGOTE_OBJECT gradient_t gradient{};

/// Gradients have adjoints as the tuple that they are; of a single one, that of a number it converts to serves as well.
template <class... T>
requires(Differentiable<T> || ...) struct Algebra<Gradients<T...>>
    : detail::TupleAlgebra<Gradients<typename detail::Kept<T>::type...>, T...> {
  using Base = detail::TupleAlgebra<Gradients<typename detail::Kept<T>::type...>, T...>;
  template <class C>
  static constexpr void accumulate(typename Base::type& acc, const C& c) {
    if constexpr (detail::TupleLike<C>)
      Base::accumulate(acc, c);
    else
      zygote::accumulate<std::tuple_element_t<0, std::tuple<T...>>>(std::get<0>(acc), c);
  }
};

}  // namespace zygote

template <class... Ts>
struct std::tuple_size<zygote::Gradients<Ts...>> : std::integral_constant<std::size_t, sizeof...(Ts)> {};
template <std::size_t i, class... Ts>
struct std::tuple_element<i, zygote::Gradients<Ts...>> : std::tuple_element<i, std::tuple<Ts...>> {};
