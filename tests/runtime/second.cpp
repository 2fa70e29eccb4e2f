// Derivatives forwards and second derivatives, against exact values and central differences of gradients.
#include <doctest/doctest.h>

#include <string>
#include <zygote/zygote.hpp>

namespace {
using namespace zygote;
using Doubles = std::vector<double>;
using Matrix = std::vector<Doubles>;

ZYGOTE auto wave(auto x) { return sin(x) * x + 2.0 * x; }
ZYGOTE auto power(auto x, int n) {
  auto r = x;
  for (int i = 1; i < n; ++i) r = r * x;
  return r;
}
template <class T>
ZYGOTE T rosenbrock(const std::vector<T>& x) {
  T sum = 0;
  for (std::size_t i = 0; i + 1 < x.size(); ++i) {
    const T a = x[i + 1] - x[i] * x[i];
    const T b = 1 - x[i];
    sum += 100 * a * a + b * b;
  }
  return sum;
}
template <class T>
ZYGOTE T product(const std::array<T, 3>& x) {
  return x[0] * x[1] * x[1] * exp(x[2]);
}
template <class T>
struct Pair {
  T first, second;
  int label = 0;
};
template <class T>
ZYGOTE T of_pair(const Pair<T>& p, const T& k) {
  return p.first * p.second * p.second * k;
}

// The gradient of a gradient: x f'(x), with f' through gradient and through derivative.
ZYGOTE double scaled_slope(double x) {
  const auto [slope] = zygote::gradient(wave, x);
  return x * slope;
}
ZYGOTE double converted_slope(double x) { return x * zygote::gradient(wave, x); }
ZYGOTE auto forward_slope(auto x) { return x * zygote::derivative(wave, x); }
ZYGOTE double penalty(const std::vector<double>& x) {
  const auto [g] = zygote::gradient(rosenbrock, x);
  double sum = 0;
  for (double v : g) sum += v * v;
  return sum;
}
ZYGOTE auto captured(auto w, auto x) {  // only its pullback is called
  auto f = [w](auto y) { return w * w * y * y * y; };
  const auto [slope] = zygote::gradient(f, x);
  return slope + zygote::derivative(f, x);
}

template <class F>
double central(const F& f, double x) {
  constexpr double h = 1e-3;
  return (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h);
}
double wave2(double x) { return 2 * std::cos(x) - x * std::sin(x); }

static_assert(std::same_as<Lift<std::vector<double>, Dual<double>>, std::vector<Dual<double>>>);
static_assert(std::same_as<Lift<const std::tuple<float, int, std::array<double, 2>>&, Dual<double>>,
                           std::tuple<Dual<double>, int, std::array<Dual<double>, 2>>>);
static_assert(std::same_as<Lift<Pair<std::optional<double>>, Dual<double>>, Pair<std::optional<Dual<double>>>>);
static_assert(std::same_as<Lift<std::string, Dual<double>>, std::string> && std::same_as<Lift<int, Dual<double>>, int>);
static_assert(std::same_as<Lift<std::span<const float>, Dual<float>>, std::vector<Dual<float>>>);
static_assert(std::same_as<NumberOf<std::vector<std::pair<int, float>>>, float> && std::same_as<NumberOf<int>, none>);
struct Fixed {
  double x;
};
static_assert(can_lift<Pair<double>> && !can_lift<Fixed> && !can_lift<std::vector<Fixed>> && can_lift<std::string>);
static_assert(contains_dual<std::vector<Pair<Dual<float>>>> && !contains_dual<std::vector<Fixed>>);
struct Tree {
  std::vector<Tree> children;
  double value;
};
static_assert(contains_number<Tree> && !contains_dual<Tree>);
static_assert(derivative([](auto x) { return x * x * x; }, 2.0) == 12);
static_assert(derivative([](auto x) { return derivative([x](auto y) { return x * y * y; }, x); }, 3.0) == 12);
static_assert(gradient(
                  derivative, [](auto x) { return x * x * x; }, 2.0) == std::tuple(none{}, 12.0));
}  // namespace

TEST_CASE("derivative") {
  CHECK(derivative(wave, 0.7) == doctest::Approx(std::cos(0.7) * 0.7 + std::sin(0.7) + 2));
  CHECK(derivative([](auto x) { return power(x, 5); }, 2.0) == 80);
  CHECK(derivative(math::exp, 1.0f) == doctest::Approx(std::exp(1.0f)));
  const auto slopes = derivative([](auto x) { return std::pair(std::vector{x, x * x, decltype(x)(1)}, 3); }, 2.0);
  CHECK(slopes == std::pair(Doubles{1, 4, 0}, 3));
  CHECK(derivative([](auto) { return 5.0; }, 2.0) == 0);
  const auto third = [](auto x) { return derivative([](auto y) { return derivative(wave, y); }, x); };
  CHECK(third(0.7) == doctest::Approx(wave2(0.7)));
  CHECK(derivative(third, 0.7) == doctest::Approx(central(wave2, 0.7)).epsilon(1e-8));
}

TEST_CASE("jacobian") {
  auto f = [](const auto& x) {
    auto y = x;
    for (std::size_t i = 0; i < x.size(); ++i) y[i] = x[i] * x[(i + 1) % x.size()];
    return y;
  };
  Doubles x(11);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = 1 + 0.5 * i;
  const Matrix J = jacobian(f, x);
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t k = 0; k < x.size(); ++k)
      CHECK(J[i][k] == (k == i ? x[(i + 1) % 11] : k == (i + 1) % 11 ? x[i] : 0));
  using A = std::array<double, 2>;
  const std::array<A, 2> fixed = jacobian(f, A{3, 5});
  CHECK(fixed == std::array<A, 2>{A{5, 3}, A{5, 3}});
  CHECK(jacobian(wave, 0.7) == derivative(wave, 0.7));
  CHECK(jacobian([](auto t) { return std::vector{t, t * t}; }, 3.0) == Doubles{1, 6});
  CHECK(jacobian(rosenbrock, Doubles{1, 2}) == std::get<0>(gradient(rosenbrock, Doubles{1, 2})));
  const Doubles numbers{1, 2};
  CHECK(jacobian(rosenbrock, std::span<const double>(numbers)) == jacobian(rosenbrock, numbers));
  CHECK(jacobian([](const auto& v) { return std::array{v[0]}; }, std::vector{2.0f})[0] == std::vector{1.0f});
  CHECK(jacobian([](const auto& v) { return v; }, Doubles{}).empty());
}

TEST_CASE("hessian and hvp") {
  const Doubles x{0.5, -1, 2};
  const Matrix H = hessian(rosenbrock, x);
  for (std::size_t k = 0; k < 3; ++k) {
    Doubles v(3);
    v[k] = 2;
    const Doubles column = hvp(rosenbrock, x, v);
    for (std::size_t i = 0; i < 3; ++i) {
      const double expected = central(
          [&](double t) {
            auto moved = x;
            moved[k] = t;
            return std::get<0>(gradient(rosenbrock, moved))[i];
          },
          x[k]);
      CHECK(H[i][k] == doctest::Approx(expected).epsilon(1e-8));
      CHECK(column[i] == doctest::Approx(2 * expected).epsilon(1e-8));
    }
  }
  using A = std::array<double, 3>;
  const A at{2, 3, 0};
  CHECK(hessian(product, at) == std::array<A, 3>{A{0, 6, 9}, A{6, 4, 12}, A{9, 12, 18}});
  CHECK(hvp(product, at, A{1, 0, 0}) == A{0, 6, 9});
  CHECK(hessian(wave, 0.7) == doctest::Approx(wave2(0.7)));
  CHECK(hvp(wave, 0.7, 2.0) == doctest::Approx(2 * wave2(0.7)));
  auto by_pair = ZYGOTE[](const auto& p) { return of_pair(p, p.first); };
  const Pair<double> column = hvp(by_pair, Pair<double>{2, 3, 7}, Pair<double>{1, 0});
  CHECK(column.first == 18);  // f = a^2 b^2
  CHECK(column.second == 24);
  CHECK(hessian(by_pair, Pair<double>{2, 3, 7}).second.first == 24);
}

TEST_CASE("gradients of gradients") {
  const double x = 0.7, slope = derivative(wave, x);
  CHECK(std::get<0>(gradient(scaled_slope, x)) == doctest::Approx(slope + x * wave2(x)));
  CHECK(std::get<0>(gradient(converted_slope, x)) == doctest::Approx(slope + x * wave2(x)));
  CHECK(std::get<0>(gradient(forward_slope, x)) == doctest::Approx(slope + x * wave2(x)));
  CHECK(hessian(forward_slope, x) == doctest::Approx(2 * wave2(x) + x * central(wave2, x)).epsilon(1e-7));
  const Doubles at{0.5, -1, 2};
  const auto [g] = gradient(penalty, at);
  for (std::size_t i = 0; i < 3; ++i) {
    auto along = [&](double t) {
      auto moved = at;
      moved[i] = t;
      return penalty(moved);
    };
    CHECK(g[i] == doctest::Approx(central(along, at[i])).epsilon(1e-8));
  }
  // Several arguments: grad of (x, y) -> x y^2 is (y^2, 2 x y); contributions may be missing.
  auto xyy = ZYGOTE[](auto a, auto b) { return a * b * b; };
  const auto p = gradient.pullback(xyy, 3.0, 5.0);
  CHECK(p.value == std::tuple(25.0, 30.0));
  CHECK(p.back(std::tuple(1.0, 0.0)) == std::tuple(none{}, 0.0, 10.0));
  CHECK(p.back(std::tuple(none{}, 1.0)) == std::tuple(none{}, 10.0, 6.0));
  // What a lambda captured gets its share: d/dw of 2 * 3 w^2 x^2.
  const auto [dw, dx] = gradient(captured, 3.0, 2.0);
  CHECK(dw == doctest::Approx(2 * 6 * 3 * 4));
  CHECK(dx == doctest::Approx(2 * 6 * 9 * 2));
}
