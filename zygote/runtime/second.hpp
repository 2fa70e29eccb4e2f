// Derivatives forwards (derivative, jacobian), and second derivatives as forward over reverse: the gradient at dual
// numbers (hessian, hvp, and the pullbacks of gradient and derivative).
//
// The functions have to take dual numbers. Marked functions do, where double and float stand in the types of
// parameters; others need parameters of type auto or of a template, or a pullback that takes them.
#pragma once
#include <zygote/runtime/gradient.hpp>
#include <zygote/runtime/leaves.hpp>

namespace zygote {

namespace detail {
/// f at arguments with dual numbers: through the pullback where there is one, as only that calls zygote's functions
/// where the code says std::sin.
template <class F, class... A>
constexpr auto value_at(const F& f, const A&... args) {
  if constexpr (HasPullback<F, const A&...>)
    return f.pullback(args...).value;
  else {
    static_assert(std::invocable<const F&, const A&...>,
                  "zygote: this function does not take dual numbers: give it parameters of type auto, or of a template "
                  "over the number type");
    return f(args...);
  }
}

/// The derivative of a number of f's result in direction i; of a number that does not depend on it, 0.
template <class D, class Number>
constexpr auto partial(const Number& x, std::size_t i = 0) {
  if constexpr (std::same_as<D, Number>)
    return x.partials[i];
  else
    return decltype(D::value)(0);
}

template <class D, class T>
constexpr auto lift_argument(const T& x) {
  if constexpr (Differentiable<T>) {
    static_assert(can_lift<T>,
                  "zygote: second derivatives need this type over dual numbers: make it a class template over its "
                  "number type, or, where a lambda captures it, a constant: const auto fixed = constant(data)");
    return lift<D>(x);
  } else
    return x;
}

/// The adjoint of T from one of its lifted form, number by number.
template <class D, class T, class Lifted>
constexpr Adjoint<T> derivatives_in(const Lifted& d) {
  if constexpr (Differentiable<T>)
    return rebuild<Adjoint<T>>([](const auto& number) { return partial<D>(number); }, d);
  else
    return {};
}

/// The derivatives of the gradients of f and args in the direction v (a tuple with one adjoint per argument): the tuple
/// (of f, of args...).
template <class F, class V, class... A>
constexpr auto second_order(const F& f, const V& v, const A&... args) {
  using D = Dual<NumberOf<std::tuple<A...>>, 1, F>;
  const auto lifted_f = lift_argument<D>(f);
  std::tuple lifted(lift_argument<D>(args)...);
  return [&]<std::size_t... i>(std::index_sequence<i...>) {
    auto seed = []<class T, class L>(std::type_identity<T>, L& x, const auto& direction) {
      if constexpr (Differentiable<T>)
        for_each_number([](auto& number, const auto& d) { number.partials[0] = d; }, x, direction);
    };
    (seed(std::type_identity<A>{}, std::get<i>(lifted), std::get<i>(v)), ...);
    using L = std::remove_const_t<decltype(lifted_f)>;
    require_pullback<L, std::tuple_element_t<i, decltype(lifted)>...>();
    auto p = lifted_f.pullback(std::get<i>(lifted)...);
    using Value = decltype(p.value);
    static_assert(is_number<Value>, "zygote: second derivatives are those of a function that returns one real number");
    const Back<L, Value, decltype(p.back), sizeof...(A)> back{std::move(p.back)};
    auto all = complete_all<std::tuple<Adjoint<L>, Adjoint<std::tuple_element_t<i, decltype(lifted)>>...>, 0>(
        back(Adjoint<Value>(1)), std::tie(lifted_f, std::get<i>(lifted)...));
    return std::tuple<Adjoint<F>, Adjoint<A>...>(derivatives_in<D, F>(std::get<0>(all)),
                                                 derivatives_in<D, A>(std::get<i + 1>(all))...);
  }
  (std::index_sequence_for<A...>{});
}
}  // namespace detail

template <class F, class... A>
constexpr auto gradient_t::pullback(const F& f, const A&... args) const {
  using Value = Gradients<Adjoint<A>...>;
  return Pullback{(*this)(f, args...), [f, primals = std::tuple<std::decay_t<const A&>...>(args...)](const auto& d) {
                    const auto v = settle<Value>(d);
                    return std::apply([&](const auto&... a) { return detail::second_order(f, v, a...); }, primals);
                  }};
}

/// withgradient in marked code: the adjoint of the value is that of f, the rest that of `gradient`.
template <class F, class... A>
constexpr auto withgradient(ask_t, const F& f, const A&... args) {
  auto result = withgradient(f, args...);
  using Result = decltype(result);
  return Pullback{std::move(result), [f, primals = std::tuple<std::decay_t<const A&>...>(args...)](const auto& d) {
                    const auto v = settle<Result>(d);
                    return std::apply(
                        [&](const auto&... a) {
                          auto sum = detail::second_order(f, v.gradients, a...);
                          auto p = detail::own_pullback<Mode{}>(f, a...);
                          using Value = decltype(p.value);
                          const Back<F, Value, decltype(p.back), sizeof...(A)> back{std::move(p.back)};
                          auto first = back(Adjoint<Value>(v.value));
                          [&]<std::size_t... i>(std::index_sequence<i...>) {
                            zygote::accumulate<F>(std::get<0>(sum), std::move(std::get<0>(first)));
                            (zygote::accumulate<A>(std::get<i + 1>(sum), std::move(std::get<i + 1>(first))), ...);
                          }
                          (std::index_sequence_for<A...>{});
                          return sum;
                        },
                        primals);
                  }};
}

/// derivative(f, x): the derivative of f at the number x, by dual numbers; of the structure of f's result, every number
/// in it replaced by its derivative. Differentiable itself.
struct derivative_t {
  template <class F, class X>
  requires is_number<X>
  constexpr auto operator()(const F& f, const X& x) const {
    using D = Dual<X, 1, F>;
    const auto y = detail::value_at(f, D::variable(x));
    return rebuild<Lift<decltype(y), X>>([](const auto& number) { return detail::partial<D>(number); }, y);
  }
  template <class F, class X>
  requires is_number<X>
  constexpr auto pullback(const F& f, const X& x) const {
    auto value = (*this)(f, x);
    using Value = decltype(value);
    if constexpr (is_number<Value> && HasPullback<F, X>)
      return Pullback{std::move(value),
                      [f, x](const auto& d) { return detail::second_order(f, std::tuple(settle<X>(d)), x); }};
    else {
      static_assert(!Differentiable<F>,
                    "zygote: mark the function that is differentiated: what it captures has adjoints");
      return Pullback{std::move(value), [f, x](const auto& d) {
                        const auto slope = derivative_t{}([&f](const auto& y) { return derivative_t{}(f, y); }, x);
                        X dx(0);
                        for_each_number([&dx](const auto& s, const auto& dy) { dx += s * dy; }, slope, d);
                        return std::tuple(none{}, dx);
                      }};
    }
  }
};
ZYGOTE_OBJECT derivative_t derivative{};

/// The matrix of all derivatives of f at x by dual numbers, eight directions at a time: the structure of f's result, in
/// which every number is replaced by its gradient, of the structure of x. So a vector<vector<double>> with
/// [output][input] for vectors, array<array> for arrays, f' for a number x.
template <class F, class X>
auto jacobian(const F& f, const X& x) {
  static_assert(can_lift<X>, "zygote: a Jacobian needs its argument over dual numbers: make the type a class template");
  using T = NumberOf<X>;
  constexpr std::size_t chunk = is_number<X> ? 1 : 8;
  using D = Dual<T, chunk, F>;
  auto at = lift<D>(x);
  const std::size_t inputs = count_numbers(x);
  std::vector<T> all;  // (input, output)
  auto directions = [&](std::size_t begin) {
    std::size_t i = 0;
    for_each_number(
        [&](D& v) {
          v = begin <= i && i < begin + chunk ? D::variable(v.value, i - begin) : D(v.value);
          ++i;
        },
        at);
    auto y = detail::value_at(f, std::as_const(at));
    all.resize(count_numbers(y) * inputs);
    std::size_t k = 0;
    for_each_number(
        [&](const auto& v) {
          for (i = begin; i < begin + chunk && i < inputs; ++i) all[k + i] = detail::partial<D>(v, i - begin);
          k += inputs;
        },
        y);
    return y;
  };
  const auto y = directions(0);
  for (std::size_t begin = chunk; begin < inputs; begin += chunk) directions(begin);
  auto next = all.begin();
  using Row = Lift<X, T>;
  auto row = [&](const auto&) { return rebuild<Row>([&](const auto&) { return *next++; }, x); };
  return rebuild<Lift<decltype(y), Row>>(row, y);
}

/// The Hessian of the scalar function f at x: the structure of x, every number replaced by something of that structure.
/// f needs a pullback at dual numbers.
template <class F, class X>
auto hessian(const F& f, const X& x) {
  return jacobian([&f](const auto& at) { return std::get<0>(gradient(f, at)); }, x);
}

/// The product of that Hessian with v, which has the structure of x, for the price of about two gradients.
template <class F, class X, class V>
constexpr auto hvp(const F& f, const X& x, const V& v) {
  return std::get<1>(detail::second_order(f, std::tie(v), x));
}
/// hvp in marked code. Of d'H v, the adjoint of v is H d, and that of the rest the derivative of H d in the direction
/// v.
template <class F, class X, class V>
constexpr auto hvp(ask_t, const F& f, const X& x, const V& v) {
  return Pullback{hvp(f, x, v), [f, x, v](const auto& contribution) {
                    using D = Dual<NumberOf<X>, 1, F>;
                    const Adjoint<X> d = settle<X>(contribution);
                    auto at = detail::lift_argument<D>(x);
                    for_each_number([](auto& number, const auto& slope) { number.partials[0] = slope; }, at, v);
                    const auto all =
                        detail::second_order(detail::lift_argument<D>(f), std::tuple(lift<D>(d)), std::as_const(at));
                    return std::tuple<Adjoint<F>, Adjoint<X>, Adjoint<V>>(
                        detail::derivatives_in<D, F>(std::get<0>(all)), detail::derivatives_in<D, X>(std::get<1>(all)),
                        hvp(f, x, d));
                  }};
}

}  // namespace zygote
