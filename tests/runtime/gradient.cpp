// What users call, and calls through pullbacks, on hand-written ones.
#include <doctest/doctest.h>

#include <string>
#include <zygote/zygote.hpp>

namespace {
using namespace zygote;

struct Line {  // f(x) = 5x + 3
  constexpr double operator()(double x) const { return 5 * x + 3; }
  constexpr auto pullback(double x) const {
    return Pullback{(*this)(x), [](double d) { return std::tuple{5 * d}; }};
  }
};
struct Scale {
  template <class T>
  constexpr T operator()(T x, int n) const {
    return n * x;
  }
  template <class T>
  constexpr auto pullback(T x, int n) const {
    return Pullback{(*this)(x, n), [n](T d) { return std::tuple{n * d, none{}}; }};
  }
};
struct Sum {  // leaves the adjoint of an unused vector at zero
  constexpr double operator()(const std::vector<double>& x, const std::vector<double>&) const {
    double sum = 0;
    for (double v : x) sum += v;
    return sum;
  }
  constexpr auto pullback(const std::vector<double>& x, const std::vector<double>& y) const {
    return Pullback{(*this)(x, y), [n = x.size()](double d) { return std::tuple{std::vector<double>(n, d), none{}}; }};
  }
};
struct Layer {  // has state
  double weight;
  constexpr double operator()(double x) const { return weight * x; }
  constexpr auto pullback(double x) const {
    return Pullback{(*this)(x), [w = weight, x](double d) { return std::tuple{Layer{d * x}, d * w}; }};
  }
};
struct Named_ {
  double operator()(const char*, double x) const { return x; }
  auto pullback(const char*, double x) const {
    return Pullback{x, [](double d) { return std::tuple{none{}, d}; }};
  }
};
double unmarked(double x) { return x * x; }
int rounded(double x) { return static_cast<int>(x); }

static_assert(gradient(Line{}, 2.0) == 5);
static_assert(pullback(Line{}, 2.0).value == 13);
static_assert(pullback(Line{}, 2.0).back(2) == 10);
static_assert(withgradient(Line{}, 2.0).value == 13);
constexpr double bound() {
  const auto [dx, dn] = gradient(Scale{}, 2.0, 3);
  static_assert(NoAdjoint<decltype(dn)>);
  const auto [value, gradients] = withgradient(Scale{}, 2.0, 3);
  return dx + value + std::get<0>(gradients);
}
static_assert(bound() == 3 + 6 + 3);
static_assert(gradient(Layer{3}, 2.0) == 3);
static_assert(HasPullback<Line, double> && !HasPullback<decltype(&unmarked), double>);
static_assert(call_object(Line{}, 2.0).back(1.0) == std::tuple(none{}, 5.0));
static_assert(call_object(Layer{3}, 2.0).value == 6);
}  // namespace

TEST_CASE("gradient and pullback") {
  const auto [value, back] = pullback(Scale{}, 2.0f, 3);
  CHECK(value == 6);
  CHECK(std::get<0>(back(1.0f)) == 3);
  CHECK(std::get<0>(back(2)) == 6);  // more than once, of any number type
  auto [dx, dy] = gradient(Sum{}, std::vector<double>{1, 2}, std::vector<double>{1, 2, 3});
  CHECK(dx == std::vector<double>{1, 1});
  CHECK(dy == std::vector<double>{0, 0, 0});  // complete, though nothing flowed
  CHECK(std::get<1>(gradient(Named_{}, "name", 2.0)) == 1);
  const double slope = gradient(math::exp, 0.0);
  CHECK(slope == 1);
}

TEST_CASE("calls find the pullback, or establish that none is needed") {
  const double x = 3;
  const auto line = call(ZYGOTE_NAME(Line{}), x);
  CHECK(std::get<1>(line.back(1.0)) == 5);
  const auto sine = call(ZYGOTE_NAME(math::sin), x);
  CHECK(std::get<1>(sine.back(2.0)) == doctest::Approx(2 * std::cos(3)));
  const auto missing = call(ZYGOTE_NAME(unmarked), x);
  CHECK(missing.value == 9);
  static_assert(!has_pullback<decltype(missing)>);
  const auto whole = call(ZYGOTE_NAME(rounded), x);
  static_assert(has_pullback<decltype(whole)>);
  CHECK(whole.back(1.0) == std::tuple(none{}, none{}));
  const auto cast = call(ZYGOTE_NAME(float), x);
  static_assert(std::same_as<decltype(cast.value), float>);
  const auto text = call(ZYGOTE_NAME(std::to_string), 3);
  CHECK(text.value == "3");
  static_assert(has_pullback<decltype(text)>);
}

TEST_CASE("constant stops gradients") {
  const auto silent = call_object(constant(math::exp), 1.0);
  CHECK(silent.value == doctest::Approx(std::exp(1.0)));
  static_assert(NoAdjoint<decltype(std::get<1>(silent.back(1.0)))>);
  const auto number = constant(2.0);
  CHECK(number == 2);
  const auto function = call_object(constant(unmarked), 3.0);
  static_assert(has_pullback<decltype(function)>);
  CHECK(function.value == 9);
}
