// Dual numbers against the rules of reverse mode and against central differences of those; reverse mode over them.
#include <doctest/doctest.h>

#include <random>
#include <string>
#include <zygote/runtime/dual.hpp>
#include <zygote/runtime/gradient.hpp>

namespace {
using namespace zygote;
using D1 = Dual<double>;
using D2 = Dual<D1>;
struct Inner;

double number(none) { return 0; }
template <class T>
T number(const T& d) {
  return d;
}

template <class F, std::size_t n>
auto rule(const F& f, const std::array<double, n>& x, std::size_t i) {
  return std::apply(
      [&](auto... v) {
        return std::apply([&](auto... c) { return std::array<double, n>{number(c)...}[i]; },
                          f.pullback(v...).back(1.0));
      },
      x);
}

/// At random points: all first derivatives at once, second derivatives by nesting and by forward over reverse.
template <std::size_t n, class F>
void check(const std::string& name, const F& f) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> uniform(0.1, 0.9);
  CAPTURE(name);
  for (int trial = 0; trial < 20; ++trial) {
    std::array<double, n> x;
    for (auto& v : x) v = uniform(random) + (name == "acosh");
    if constexpr (n == 3)
      if (name == "clamp" && x[1] > x[2]) continue;
    std::array<Dual<double, n>, n> all;
    for (std::size_t i = 0; i < n; ++i) all[i] = Dual<double, n>::variable(x[i], i);
    const auto y = std::apply(f, all);
    CHECK(y.value == std::apply(f, x));
    for (std::size_t i = 0; i < n; ++i) {
      CHECK(y.partials[i] == doctest::Approx(rule(f, x, i)).epsilon(1e-12));
      for (std::size_t k = 0; k < n; ++k) {  // d2 / dx_i dx_k
        constexpr double h = 1e-3;
        auto slope = [&](double step) {
          auto moved = x;
          moved[k] += step;
          return rule(f, moved, i);
        };
        const double expected = (8 * (slope(h) - slope(-h)) - (slope(2 * h) - slope(-2 * h))) / (12 * h);
        std::array<D2, n> twice;
        std::array<D1, n> once;
        for (std::size_t j = 0; j < n; ++j) {
          once[j] = j == k ? D1::variable(x[j]) : D1(x[j]);
          twice[j] = once[j];
        }
        twice[i].partials[0] = 1;
        CHECK(std::apply(f, twice).partials[0].partials[0] == doctest::Approx(expected).epsilon(1e-7));
        const auto back = std::apply([&](auto... v) { return f.pullback(v...).back(D1(1)); }, once);
        std::apply(
            [&](auto... c) {
              CHECK(std::array<D1, n>{number(c)...}[i].partials[0] == doctest::Approx(expected).epsilon(1e-7));
            },
            back);
      }
    }
  }
}
D1 constant_or_dual(double x, bool dual) { return dual ? D1::variable(x) : D1(x); }

constexpr double polynomial() {
  auto x = Dual<double, 2>::variable(3, 0);
  const auto y = Dual<double, 2>::variable(2, 1);
  x *= y;
  x += 1;
  ++x;
  return (2 * x / y - x).partials[0];  // d/dx (2x + 4/y - x y - 2) at (3, 2)
}
static_assert(polynomial() == 0);
static_assert(is_dual<D2> && !is_dual<double> && Differentiable<D1> && std::same_as<Adjoint<D2>, D2>);
static_assert(std::same_as<decltype(2.0 * Dual<float>(1)), Dual<float>>);
static_assert(std::same_as<decltype(D1() * D2()), D2> && std::same_as<std::common_type_t<D1, double>, D1>);
static_assert(gradient(math::mul, D1::variable(3), D1(2)) == std::tuple(D1(2), D1(3)));
static_assert(std::get<1>(gradient(math::mul, D1::variable(3), D1(2))).partials[0] == 1);
static_assert(!std::is_convertible_v<D1, double> && !std::is_constructible_v<float, D1> && int(D1(2.5)) == 2);
static_assert(std::is_trivially_copyable_v<D2> && std::numeric_limits<D1>::epsilon() < 1e-10);
}  // namespace

TEST_CASE("dual numbers: every rule, first and second derivatives") {
#define ZYGOTE_RULE1(name, da) check<1>(#name, math::name);
#define ZYGOTE_RULE2(name, da, db) \
  if (std::string(#name) != "ldexp") check<2>(#name, math::name);
#define ZYGOTE_RULE3(name, da, db, dc) check<3>(#name, math::name);
#include <zygote/rules.def>
  CHECK(math::ldexp(D1::variable(1.5), 3).partials[0] == 8);
  CHECK(math::ldexp(D1::variable(1.5), 3).value == 12);
}

TEST_CASE("dual numbers mix with ordinary ones and with each other") {
  const auto x = D1::variable(2);
  CHECK((1 - 3 * x / 2).partials[0] == -1.5);
  CHECK((1.0f + x - 2).value == 1);
  CHECK(math::pow(x, 3).partials[0] == 12);
  CHECK(math::pow(2.0, x).partials[0] == doctest::Approx(4 * std::log(2)));
  CHECK(max(x, 0).partials[0] == 1);
  CHECK(max(x, 5).partials[0] == 0);
  CHECK(clamp(x, 0, 5.0).partials[0] == 1);
  const D2 y = D2::variable(x);
  CHECK((x * y).partials[0].value == 2);
  CHECK((x * y).partials[0].partials[0] == 1);  // d/dx d/dy x y
  CHECK((x < 3 && 3 > x && x == 2 && x != y + 1 && x <= y && !(x < math::sqrt(D1(-1)))));
  CHECK(isnan(math::sqrt(D1(-1))));
  CHECK((isfinite(x) && !isinf(x) && signbit(-x)));
  // A constant of an adjoint's world: only the value of the contribution belongs to it.
  const auto [dk, dx] = math::mul.pullback(3.0, x).back(D1::variable(1));
  static_assert(std::same_as<decltype(dk), const double> && std::same_as<decltype(dx), const D1>);
  CHECK(dk == 2);
  CHECK(settle<D1>(parts::made<D1, 0, 1, false>(Extent<D1>{}, x)).partials[0] == 1);
  CHECK(parts::made<D1, 0, 1, false>(Extent<double>{}, x) == 2);
}

TEST_CASE("dual numbers at poles and at chosen values") {
  CHECK(math::sqrt(D1(0)).partials[0] == 0);
  CHECK(std::isinf(math::sqrt(D1::variable(0)).partials[0]));
  CHECK(math::pow(D1::variable(-2), D1(3)).partials[0] == 12);
  CHECK(math::pow(D2::variable(D1::variable(0)), 2.0).partials[0].partials[0] == 2);
  CHECK(math::pow(D2::variable(D1::variable(0)), D2(2)).partials[0].partials[0] == 2);
  CHECK(math::pow(D2(D1::variable(3)), D2::variable(0)).partials[0].partials[0] == doctest::Approx(1. / 3));
  CHECK(math::pow(D2::variable(3), D2(D1::variable(0))).partials[0].partials[0] == doctest::Approx(1. / 3));
  CHECK(math::quotient(constant_or_dual(0, true), 4.0).partials[0] == 0.25);
  CHECK(math::quotient(constant_or_dual(0, false), 0.0).value == 0);
  const auto y = hypot(D2::variable(0), D2(D1::variable(3)));
  CHECK(y.partials[0].value == 0);
}
