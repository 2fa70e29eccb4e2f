// Around gradients: gradcheck compares with differences, hook looks at adjoints, checkpoint saves memory.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <zygote/runtime/second.hpp>

namespace zygote {

/// What gradcheck found: the largest difference between gradient and central difference, relative to 1 + |difference|,
/// and where it is. `ok` if all are as small as the precision of the numbers allows.
struct GradientCheck {
  bool ok = true;
  double worst = 0;
  std::string message;
  explicit operator bool() const { return ok; }
};

namespace detail {
/// Fixed weights from 1 to 2, 1 for the first, that make one number of a result with many.
constexpr double check_weight(std::size_t i) { return 1 + static_cast<double>(i * 7 % 11) / 10; }

template <class Y>
double weighed(const Y& y) {
  double sum = 0;
  std::size_t i = 0;
  for_each_number([&](const auto& v) { sum += check_weight(i++) * static_cast<double>(v); }, y);
  return sum;
}

/// The central difference of order 4 of f() when the number x moves. Steps suit the precision of the result, too.
template <class Number, class F>
double central_difference(Number& x, const F& f, double step) {
  const Number x0 = x;
  const double h = step * (1 + std::abs(static_cast<double>(x0)));
  auto slope = [&](double t) {  // (f(x0 + t) - f(x0 - t)) / 2t, for the t that rounding leaves
    const Number right = static_cast<Number>(x0 + t), left = static_cast<Number>(x0 - t);
    x = right;
    const double above = f();
    x = left;
    const double below = f();
    x = x0;
    return (above - below) / (static_cast<double>(right) - static_cast<double>(left));
  };
  return (4 * slope(h) - slope(2 * h)) / 3;
}

/// The real numbers of an adjoint in order; zeros where an adjoint is shorter than its primal.
template <class T>
std::vector<double> numbers_of(const Adjoint<T>& dx, T& x) {
  std::vector<double> all;
  for_each_number([&](auto&, const auto& d) { all.push_back(static_cast<double>(d)); }, x, dx);
  return all;
}
}  // namespace detail

/// Compares the gradients of f at args with central differences, for every real number in every argument: in float,
/// double, structs, containers, smart pointers. A result with several numbers is checked as a weighted sum of them.
/// Arguments are taken by value (move what cannot be copied) and f is called four times per number, or eight where
/// the first differences do not agree, as near a branch.
///   CHECK(gradcheck(f, x, y));   if (auto check = gradcheck(f, x); !check) std::puts(check.message.c_str());
template <class F, class... A>
GradientCheck gradcheck(const F& f, A... args) {
  const auto p = detail::own_pullback<Mode{~0ull, 0}>(f, args...);
  using Value = std::remove_cvref_t<decltype(p.value)>;
  std::size_t n = 0;
  const auto seed = rebuild<Adjoint<Value>>(
      [&](const auto& v) { return static_cast<std::remove_cvref_t<decltype(v)>>(detail::check_weight(n++)); }, p.value);
  const auto gradients = detail::pull_back<Gradients<Adjoint<A>...>, F, Value>(p.back, seed, std::tie(args...));
  GradientCheck result;
  auto check = [&]<class T>(std::size_t argument, T& x, const Adjoint<T>& dx) {
    if constexpr (Differentiable<T>) {
      const auto ours = detail::numbers_of<T>(dx, x);
      const std::size_t count = count_numbers(x);
      std::size_t leaf = 0;
      for_each_number(
          [&](auto& number) {
            using Number = std::remove_cvref_t<decltype(number)>;
            const bool precise = sizeof(Number) >= sizeof(double) && sizeof(NumberOf<Value>) >= sizeof(double);
            const double got = leaf < ours.size() ? ours[leaf] : 0;
            double expected = 0, error = 0;
            bool fine = false;
            for (double step : {precise ? 1e-3 : 0.03, precise ? 1e-5 : 3e-3}) {  // the first may step over a kink
              expected = detail::central_difference(
                  number, [&] { return detail::weighed(f(std::as_const(args)...)); }, step);
              error = std::abs(got - expected) / (1 + std::abs(expected));
              fine = ours.size() == count && error < (precise ? 1e-7 : 3e-3);
              if (fine) break;
            }
            if (!(error <= result.worst)) {
              result.worst = error;
              result.message = "argument " + std::to_string(argument) + ", number " + std::to_string(leaf) + " of " +
                               std::to_string(count) + ": gradient " + std::to_string(got) + ", central difference " +
                               std::to_string(expected);
            }
            result.ok = result.ok && fine;
            ++leaf;
          },
          x);
    }
  };
  [&]<std::size_t... i>(std::index_sequence<i...>) { (check(i, args, std::get<i>(gradients)), ...); }
  (std::index_sequence_for<A...>{});
  return result;
}

/// hook(x, g) is x; its adjoint dx goes through g on the way back. g(dx) looks at it, changes it in place, or returns
/// the one to go on with. For printing, clipping, reversing, scaling gradients.
struct hook_t {
  template <class T, class G>
  constexpr T operator()(const T& x, const G&) const {
    return x;
  }
  template <class T, class G>
  constexpr auto pullback(const T& x, const G& g) const {
    return Pullback{x, [g](const auto& d) {
                      auto dx = settle<T>(d);
                      if constexpr (std::is_void_v<decltype(g(dx))>)
                        g(dx);
                      else
                        dx = settle<T>(g(dx));
                      return std::tuple<Adjoint<T>, none>(std::move(dx), none{});
                    }};
  }
};
ZYGOTE_OBJECT hook_t hook{};

/// A stream of random numbers that functions draw from without being given it; layers/random.hpp says which. exchange
/// returns its state, and sets it if it is given one.
struct SharedStream {
  using State = std::array<std::uint64_t, 2>;
  State (*exchange)(const State* next) = nullptr;
};
inline SharedStream shared_stream;

/// checkpoint(f, args...) is f(args...); its pullback keeps only the arguments, and runs f forward once more on the way
/// back, with the same numbers from the shared stream. Memory of one call of f instead of all of them, for one more
/// evaluation. Statistics that f keeps as it is trained see their batch twice.
struct checkpoint_t {
  template <class F, class... A>
  constexpr auto operator()(const F& f, const A&... args) const {
    static_assert(std::invocable<const F&, const A&...>,
                  "zygote: checkpoint hands on constants: let the function return what it would change");
    return f(args...);
  }
  template <class F, class... A>
  constexpr auto pullback(const F& f, const A&... args) const {
    static_assert(has_pullback<decltype(call_object(f, args...))>,
                  "zygote: checkpoint needs a function with a pullback");
    const auto exchange = [](const SharedStream::State* next) {
      return !std::is_constant_evaluated() && shared_stream.exchange ? shared_stream.exchange(next)
                                                                     : SharedStream::State{};
    };
    const auto state = exchange(nullptr);
    return Pullback{call_object(f, args...).value,
                    [f, state, exchange, arguments = std::tuple<std::decay_t<const A&>...>(args...)](
                        const auto& d, const auto&... places) {
                      return std::apply(
                          [&](const auto&... a) {
                            const auto now = exchange(&state);
                            auto call = call_object(f, a...);
                            exchange(&now);
                            return ir::pull(call.back, d, of_call<F>(places)...);
                          },
                          arguments);
                    }};
  }

 private:
  /// f was an argument, and is called: one without an adjoint has no place then.
  template <class F, class S, class... More>
  static constexpr auto of_call(const ir::Places<S, More...>& places) {
    if constexpr (Differentiable<F>)
      return places;
    else
      return std::apply([](const S&, const More&... more) { return ir::Places(more...); }, places.all);
  }
};
ZYGOTE_OBJECT checkpoint_t checkpoint{};

}  // namespace zygote
