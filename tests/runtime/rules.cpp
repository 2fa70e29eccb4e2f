// Every rule of rules.def against central differences: the table itself drives the tests, so a new rule is tested too.
#include <doctest/doctest.h>

#include <array>
#include <limits>
#include <random>
#include <string>
#include <zygote/runtime/gradient.hpp>
#include <zygote/runtime/rules.hpp>

#if __has_include(<xsimd/xsimd.hpp>)
#include <xsimd/xsimd.hpp>
#define WITH_BATCHES
template <>
struct zygote::Algebra<xsimd::batch<double>> {
  using type = xsimd::batch<double>;
};
#endif

namespace {
using namespace zygote;

constexpr double inf = std::numeric_limits<double>::infinity();
const double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Fourth-order central difference of f in operand i.
template <std::size_t n>
double difference(auto f, std::array<double, n> x, std::size_t i) {
  constexpr double h = 1e-4;
  auto at = [&](double step) {
    auto y = x;
    y[i] += step;
    return std::apply(f, y);
  };
  return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
}

double number(none) { return 0; }
double number(double d) { return d; }

/// f's rule at points of (-0.9, -0.1), (0.1, 0.9) and (1.2, 3.2), wherever f is defined; n is the number of operands.
template <std::size_t n, class F>
void check(const std::string& name, const F& f) {
  std::mt19937 random(7);
  int checked = 0;
  for (int trial = 0; trial < 60; ++trial) {
    std::array<double, n> x;
    for (auto& v : x) {
      const double u = std::uniform_real_distribution<double>(0, 1)(random);
      const auto range = random() % 3;
      v = range == 0 ? 0.1 + 0.8 * u : range == 1 ? -0.9 + 0.8 * u : 1.2 + 2 * u;
    }
    auto call = [&](auto... v) { return f(v...); };
    if (!std::isfinite(std::apply(call, x))) continue;
    if constexpr (n == 3)
      if (name == "clamp" && x[1] > x[2]) continue;  // its bounds have to be in order
    const auto [value, back] = std::apply([&](auto... v) { return f.pullback(v...); }, x);
    CHECK(value == std::apply(call, x));
    std::apply(
        [&](auto... contribution) {
          std::size_t i = 0;
          auto compare = [&](double got) {
            const double expected = 1.7 * difference<n>(call, x, i++);
            CAPTURE(name);
            CAPTURE(i);
            CAPTURE(x[0]);
            if (std::isfinite(expected)) CHECK(std::abs(got - expected) <= 2e-8 * (1 + std::abs(expected)));
          };
          (compare(number(contribution)), ...);
        },
        back(1.7));
    ++checked;
  }
  CAPTURE(name);
  CHECK(checked >= 10);
}

/// In single precision nothing is computed in double, and an integer operand gets no adjoint.
template <class... A, class F>
void check_floats(const std::string& name, const F& f, A... a) {
  const auto single = f.pullback(static_cast<float>(a)...);
  const auto precise = f.pullback(a...);
  static_assert(std::same_as<decltype(single.value), float>);
  [&]<std::size_t... i>(std::index_sequence<i...>) {
    auto compare = [&](auto got, auto expected) {
      static_assert(std::same_as<decltype(got), float> || NoAdjoint<decltype(got)>);
      CAPTURE(name);
      if constexpr (!NoAdjoint<decltype(got)>)
        if (!std::isnan(expected)) CHECK(got == doctest::Approx(expected).epsilon(2e-5));
    };
    (compare(std::get<i>(single.back(1.5f)), std::get<i>(precise.back(1.5))), ...);
  }
  (std::index_sequence_for<A...>{});
}

#ifdef WITH_BATCHES
/// The formulas on SIMD batches, where the batch library has the function.
template <class F, class... A>
int check_batches(const std::string& name, const F& f, A... a) {
  using Batch = xsimd::batch<double>;
  if constexpr (requires { requires std::same_as<decltype(f(Batch(a)...)), Batch>; }) {
    const auto got = f.pullback(Batch(a)...).back(Batch(1.5));
    const auto expected = f.pullback(a...).back(1.5);
    [&]<std::size_t... i>(std::index_sequence<i...>) {
      auto compare = [&](auto x, auto y) {
        CAPTURE(name);
        if constexpr (!NoAdjoint<decltype(x)>)
          if (!std::isnan(y)) CHECK(x.get(0) == doctest::Approx(y).epsilon(1e-12));
      };
      (compare(std::get<i>(got), std::get<i>(expected)), ...);
    }
    (std::index_sequence_for<A...>{});
    return 1;
  }
  return 0;
}
#endif

template <class T>
T contribution(const auto& f, auto... x) {
  return std::get<0>(f.pullback(x...).back(T(1)));
}
double second(const auto& f, double a, double b, double d = 1) { return std::get<1>(f.pullback(a, b).back(d)); }
double first(const auto& f, double a, double b, double d = 1) { return std::get<0>(f.pullback(a, b).back(d)); }
double only(const auto& f, double a, double d = 1) { return std::get<0>(f.pullback(a).back(d)); }
}  // namespace

TEST_CASE("every rule agrees with central differences") {
#define ZYGOTE_RULE1(name, da) check<1>(#name, math::name);
#define ZYGOTE_RULE2(name, da, db) check<2>(#name, math::name);
#define ZYGOTE_RULE3(name, da, db, dc) check<3>(#name, math::name);
#include <zygote/rules.def>
}

TEST_CASE("every rule stays in single precision") {
#define ZYGOTE_RULE1(name, da) check_floats(#name, math::name, 0.4), check_floats(#name, math::name, 1.7);
#define ZYGOTE_RULE2(name, da, db) check_floats(#name, math::name, 1.7, 0.6);
#define ZYGOTE_RULE3(name, da, db, dc) check_floats(#name, math::name, 0.3, 0.4, 0.6);
#include <zygote/rules.def>
}

#ifdef WITH_BATCHES
TEST_CASE("the formulas hold for SIMD batches") {
  int checked = 0;
#define ZYGOTE_RULE1(name, da) checked += check_batches(#name, math::name, 0.4);
#define ZYGOTE_RULE2(name, da, db) checked += check_batches(#name, math::name, 1.7, 0.6);
#define ZYGOTE_RULE3(name, da, db, dc) checked += check_batches(#name, math::name, 0.3, 0.4, 0.6);
#include <zygote/rules.def>
  CHECK(checked > 40);
  CHECK(math::digamma(xsimd::batch<double>(-2.5)).get(0) == doctest::Approx(1.103156640645243));
}
#endif

TEST_CASE("mixed operands: floats widen, integers get no adjoint") {
  const auto [dx, dn] = math::pow.pullback(3.0f, 2).back(1.0);
  CHECK(dx == doctest::Approx(6));
  static_assert(NoAdjoint<decltype(dn)>);
  const auto [da, db] = math::mul.pullback(2.0f, 3.0).back(1.0);
  CHECK(da == 3);
  CHECK(db == 2);
  static_assert(NoAdjoint<decltype(std::get<0>(math::sin.pullback(1).back(1.0)))>);
  static_assert(NoAdjoint<decltype(std::get<0>(math::mul.pullback(1.0, 2.0).back(none{})))>);
  CHECK(math::max(2, 3.5) == 3.5);
  CHECK(math::clamp(7, 0.5, 2.5) == 2.5);
  static_assert(std::same_as<decltype(math::abs(-3)), int>);
}

TEST_CASE("edges") {
  SUBCASE("powers") {
    CHECK(first(math::pow, 0, 0) == 0);
    CHECK(second(math::pow, 0, 0) == 0);
    CHECK(first(math::pow, 0, 1) == 1);
    CHECK(first(math::pow, 0, 2) == 0);
    CHECK(second(math::pow, 0, 2) == 0);
    CHECK(first(math::pow, 0, 0.5) == inf);
    CHECK(first(math::pow, -2, 3) == 12);
    CHECK(std::isnan(second(math::pow, -2, 3)));
    CHECK(first(math::hypot, 0, 0) == 0);
    CHECK(second(math::hypot, 0, 0) == 0);
    CHECK(first(math::atan2, 0, 0) == 0);
  }
  SUBCASE("poles: infinite where asked for, zero where not") {
    for (auto check :
         {+[](double d) { return only(math::sqrt, 0, d); }, +[](double d) { return only(math::cbrt, 0, d); },
          +[](double d) { return only(math::log, 0, d); }, +[](double d) { return only(math::log2, 0, d); },
          +[](double d) { return only(math::log1p, -1, d); }, +[](double d) { return only(math::asin, 1, d); },
          +[](double d) { return only(math::acosh, 1, d); }, +[](double d) { return only(math::atanh, 1, d); }}) {
      CHECK(check(1) == inf);
      CHECK(check(0) == 0);
    }
    CHECK(only(math::acos, 1) == -inf);
  }
  SUBCASE("kinks and ties share") {
    CHECK(only(math::abs, 0) == 0);
    CHECK(only(math::fabs, -2) == -1);
    for (auto f : {0, 1}) {
      CHECK((f ? first(math::max, 2, 2) : first(math::fmin, 2, 2)) == 0.5);
      CHECK((f ? second(math::max, 2, 2) : second(math::fmin, 2, 2)) == 0.5);
    }
    CHECK(first(math::fmax, 1, not_a_number) == 1);
    CHECK(second(math::fmax, 1, not_a_number) == 0);
    CHECK(first(math::fmin, not_a_number, 1) == 0);
    CHECK(second(math::fmin, not_a_number, 1) == 1);
    CHECK(first(math::copysign, -3, 2) == -1);
  }
  SUBCASE("steps") {
    static_assert(NoAdjoint<decltype(std::get<0>(math::floor.pullback(1.5).back(1.0)))>);
    CHECK(second(math::fmod, 7.5, 2) == -3);
    CHECK(second(math::remainder, 7.5, 2) == -4);
    CHECK(contribution<double>(math::ldexp, 1.5, 3) == 8);
  }
}

TEST_CASE("digamma") {  // Abramowitz & Stegun, tables 6.1 and 6.3
  CHECK(math::digamma(1.0) == doctest::Approx(-0.57721566490153286).epsilon(1e-14));
  CHECK(math::digamma(0.5) == doctest::Approx(-1.96351002602142347).epsilon(1e-14));
  CHECK(math::digamma(10.0) == doctest::Approx(2.25175258906672110).epsilon(1e-14));
  CHECK(math::digamma(-0.5) == doctest::Approx(0.03648997397857652).epsilon(1e-12));
  CHECK(math::digamma(1e6f) == doctest::Approx(std::log(1e6)).epsilon(1e-6));
}

TEST_CASE("a pullback keeps only what its formulas mention") {
  static_assert(detail::mentions("d * math::cos(a)", 'a') && !detail::mentions("d * math::cos(a)", 'r'));
  static_assert(!detail::mentions("math::below(b, c)", 'a') && detail::mentions("-(d * r / b)", 'r'));
  const auto p = math::mul.pullback(2.0, 5.0);
  CHECK(p.back(1.0) == p.back(1.0));
}

namespace {
static_assert(gradient(math::mul, 2.0, 3.0) == std::tuple(3.0, 2.0));
static_assert(gradient(math::sub, 2.0, 3) == std::tuple(1.0, none{}));
static_assert(gradient(math::max, 2.0, 3.0) == std::tuple(0.0, 1.0));
#if !defined(__clang__) && !defined(__CUDACC__)  // g++ evaluates <cmath> at compile time
static_assert(gradient(math::sin, 0.0) == 1);
static_assert(gradient(math::pow, 2.0, 3) == std::tuple(12.0, none{}));
#endif
}  // namespace
