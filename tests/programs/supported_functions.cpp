// What zygote supports, one program a row: zygote/README.md lists these test cases, by name and by the line in front of
// each program (tests/readme.sh writes that table). Gradients are checked against central differences.
#undef NDEBUG  // assert, in the test of it, is there in releases, too
#include <algorithm>
#include <cassert>
#include <complex>
#include <deque>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <random>
#include <ranges>
#include <set>
#include <span>
#include <stack>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <variant>

#include "check.hpp"

namespace {
using Doubles = std::vector<double>;
const Doubles numbers{0.5, 1.5, -0.3, 2.0};

// ## Functions

//: recursion (with a declared return type)
ZYGOTE double recursion(double x, int n) { return n == 0 ? 1.0 : x * recursion(x, n - 1); }
TEST_CASE("recursion") {
  for (int n : {0, 1, 5}) CHECK_GRADIENT(recursion, 0.7, n);
}

//: recursive functions that change their arguments; each call copies those
ZYGOTE void recur_in_place(Doubles& v, std::size_t i, double x) {
  if (i + 1 >= v.size()) return;
  v[i + 1] += x * v[i];
  recur_in_place(v, i + 1, x * x);
  v[i] *= v[i + 1];
}
ZYGOTE double recursion_in_place(Doubles v, double x) {
  recur_in_place(v, 0, x);
  return v[0];
}
TEST_CASE("recursion_in_place") { CHECK_GRADIENT(recursion_in_place, numbers, 0.7); }

//: functions that are declared before they are defined, so mutual recursion
ZYGOTE double odd(double x, int n);
ZYGOTE double even(double x, int n) { return n == 0 ? 1.0 : x * odd(x, n - 1); }
ZYGOTE double odd(double x, int n) { return n == 0 ? 0.5 : std::sin(x) * even(x, n - 1); }
TEST_CASE("mutual_recursion") {
  for (int n : {0, 1, 4}) CHECK_GRADIENT(even, 0.7, n);
}

//: lambdas, and what they capture
ZYGOTE double lambdas(double x, double y) {
  auto outer = [&](double t) {
    auto inner = [=, c = x * y](double u) { return u * c + t; };
    return inner(t) * x;
  };
  return outer(y) * outer(x);
}
TEST_CASE("lambdas") { CHECK_GRADIENT(lambdas, 0.7, 1.3); }

//: lambdas that change what they captured: `[&](double t) { sum += t * x; }`
ZYGOTE double changing_lambdas(double x, const Doubles& v) {
  double sum = 0;
  auto add = [&](double t) { sum += t * x; };
  for (double t : v) add(t);
  return sum * sum;
}
TEST_CASE("changing_lambdas") { CHECK_GRADIENT(changing_lambdas, 0.7, numbers); }

//: lambdas called where they stand: `[&] { .. }()`
ZYGOTE double immediate(double x) {
  const double y = [&] {
    if (x > 1) return x;
    return x * x;
  }();
  return y * x;
}
TEST_CASE("immediate") {
  CHECK_GRADIENT(immediate, 0.7);
  CHECK_GRADIENT(immediate, 1.7);
}

//: generic lambdas: `[](auto t) { return t * t; }`
ZYGOTE double generic_lambdas(double x, int n) {
  auto square = [](auto t) { return t * t; };
  return square(x) * square(n);
}
TEST_CASE("generic_lambdas") { CHECK_GRADIENT(generic_lambdas, 0.7, 3); }

ZYGOTE auto line(double a, double b) {
  return [=](double t) { return a * t + b; };
}
//: lambdas that are given themselves, with a declared return type: `power(power, 3)`
ZYGOTE double recursive_lambda(double x) {
  auto power = [x](auto self, int n) -> double { return n == 0 ? 1.0 : x * self(self, n - 1); };
  return power(power, 3);
}
TEST_CASE("recursive_lambda") { CHECK_GRADIENT(recursive_lambda, 0.7); }

//: functions that return lambdas: `auto f = line(a, b); f(x)`
ZYGOTE double returned_lambdas(double x, double y) {
  auto f = line(x * y, y);
  return f(x) * f(2.0);
}
TEST_CASE("returned_lambdas") { CHECK_GRADIENT(returned_lambdas, 0.7, 1.3); }

template <class F>
ZYGOTE double twice(const F& f, double x) {
  return f(f(x));
}
//: functions that take functions: `twice([&](double t) { .. }, x)`
ZYGOTE double higher_order(double x, double k) {
  return twice([&](double t) { return k * t + std::exp(-t); }, x);
}
TEST_CASE("higher_order") { CHECK_GRADIENT(higher_order, 0.7, 1.1); }

struct Affine {
  double w, b;
  ZYGOTE double operator()(double x) const { return w * x + b; }
  ZYGOTE double slope(double x) const { return w * x; }
};
//: structs that are called, and their methods
ZYGOTE double callable_structs(const Affine& f, double x) { return f(f(x)) + f.slope(x); }
TEST_CASE("callable_structs") { CHECK_GRADIENT(callable_structs, Affine{2, 3}, 0.7); }

struct Model {
  Affine first, second;
  ZYGOTE double operator()(double x) const { return second(std::tanh(first(x))); }
};
struct Parity {
  double w;
  ZYGOTE double even(double x, int n) const { return n == 0 ? x : x * odd(x, n - 1); }
  ZYGOTE double odd(double x, int n) const { return n == 0 ? w : even(x, n - 1) + x; }
};
//: methods that call themselves and each other, with declared return types
ZYGOTE double recursive_methods(const Parity& p, double x) { return p.even(x, 3) * p.odd(x, 3); }
TEST_CASE("recursive_methods") { CHECK_GRADIENT(recursive_methods, Parity{1.1}, 0.7); }

//: fields that are called: `second(tanh(first(x)))`
ZYGOTE double callable_fields(const Model& m, double x) { return m(x) + m.second(x); }
TEST_CASE("callable_fields") { CHECK_GRADIENT(callable_fields, Model{{2, 3}, {0.5, 1}}, 0.7); }

using Activation = zygote::Function<double(double)>;
//: any callable of one signature: `zygote::Function<double(double)>`
ZYGOTE double erased(double x, const std::vector<Activation>& layers) {
  for (const auto& f : layers) x = f(x) * x;
  return x;
}
TEST_CASE("erased") {
  CHECK_GRADIENT(erased, 0.7, std::vector<Activation>{zygote::math::tanh, zygote::frozen(Affine{2, 3})});
}

ZYGOTE double scaled(double x, double k = 3) { return k * x; }
//: default arguments
ZYGOTE double default_arguments(double x) { return scaled(x) + scaled(x, x); }
TEST_CASE("default_arguments") { CHECK_GRADIENT(default_arguments, 0.7); }

template <class T>
ZYGOTE T cube(T x) {
  return x * x * x;
}
//: function templates, whose arguments are deduced: `cube(x) + cube(3)`
ZYGOTE double templates(double x) { return cube(x) + cube(3); }
TEST_CASE("templates") { CHECK_GRADIENT(templates, 0.7); }

template <class T, int n>
struct Times {
  T factor;
  ZYGOTE T operator()(T x) const { return n * factor * x; }
  template <int m>
  ZYGOTE T more(T x) const {
    return m * factor * x;
  }
};
template <int n>
ZYGOTE double to_the(double x) {
  double r = 1;
  if constexpr (n > 0) r = x * to_the<n - 1>(x);
  return r;
}
//: explicit template arguments of functions: `cube<double>(x)`, `to_the<3>(x)`
ZYGOTE double explicit_functions(double x) { return cube<double>(x) * to_the<3>(x) + cube<double>(2); }
TEST_CASE("explicit_functions") {
  CHECK_GRADIENT(explicit_functions, 0.7);
  CHECK_GRADIENT(to_the<4>, 0.7);
}

//: explicit template arguments of classes and methods: `Times<double, 3>{x}(x)`, `f.more<2>(x)`
ZYGOTE double explicit_arguments(double x) {
  const Times<double, 3> f{x};
  return f(x) * f.more<2>(x);
}
TEST_CASE("explicit_arguments") { CHECK_GRADIENT(explicit_arguments, 0.7); }

template <class T>
ZYGOTE T third_power(const T& x) {
  T r = 1;
  if constexpr (std::is_floating_point_v<T>) {
    for (int i = 0; i < 3; ++i) r *= x;
  } else {
    r = x.at(0) * x.at(0) * x.at(0);
  }
  return r;
}
//: `if constexpr`, of which only one branch is compiled; it may return, break and continue
ZYGOTE double if_constexpr(double x) { return third_power(x) * x; }
TEST_CASE("if_constexpr") { CHECK_GRADIENT(if_constexpr, 0.7); }

//: declarations of several variables: `double a = x * x, b = a + 1`
ZYGOTE double declarators(double x) {
  double a = x * x, b = a + 1, c;
  c = 2 * x;
  return a * b * c;
}
TEST_CASE("declarators") { CHECK_GRADIENT(declarators, 0.7); }

enum class Kind { linear, square };
//: enums, also as what a `switch` selects by
ZYGOTE double enums(double x, Kind k) {
  switch (k) {
    case Kind::linear:
      return 3 * x;
    case Kind::square:
      return x * x;
  }
  return 0;
}
TEST_CASE("enums") {
  CHECK_GRADIENT(enums, 0.7, Kind::linear);
  CHECK_GRADIENT(enums, 0.7, Kind::square);
}

const int off = 7;  // hidden where a function has its own
//: enumerations of a function's own
ZYGOTE double local_enums(double x, double y) {
  enum Mode : int { off, linear = 2, square = (linear + 1) };
  enum class Step { first, later };
  double sum = 0;
  for (int i = 0; i < 3; ++i) {
    const Mode mode = i == 0 ? off : i == 1 ? linear : square;
    const Step step = i == 0 ? Step::first : Step::later;
    switch (mode) {
      case off: sum += int(off) * x; break;
      case linear: sum += x * y; break;
      case square: sum += step == Step::later ? x * x * int(linear) : y; break;
    }
  }
  const auto scaled = [&](double t) {
    enum { two = 2 };
    return t * int(two);
  };
  return scaled(sum) + int(square) * x * y;
}
TEST_CASE("local_enums") {
  CHECK_GRADIENT(local_enums, 0.7, 1.3);
  CHECK(off == 7);
}

#define SQUARE(x) ((x) * (x))
//: macros of the same file
ZYGOTE double macros(double x) { return SQUARE(x + 1) * x; }
TEST_CASE("macros") { CHECK_GRADIENT(macros, 0.7); }

//: `using`, `typedef`, the comma operator, scopes that hide names
ZYGOTE double names(double x) {
  using Real = double;
  typedef int Count;
  const Count two = 2;
  Real a = x, b = two;
  {
    Real a = x * x;
    b += a;
  }
  return (a *= b, a + x * a);
}
TEST_CASE("names") { CHECK_GRADIENT(names, 0.7); }

//: `<cmath>`
ZYGOTE double maths(double x, double y) {
  return std::sin(x) * std::pow(x, y) + std::hypot(x, y) + std::fmax(x, y) + std::atan2(y, x) + std::erf(x) +
         std::lgamma(x) + std::cbrt(y) + std::fma(x, y, x) + std::log1p(x) + std::abs(x - y) + std::sqrt(x);
}
TEST_CASE("maths") { CHECK_GRADIENT(maths, 0.7, 1.3); }

}  // namespace
