// Functions, methods, lambdas, templates, macros.
#include <iostream>
#include <string>
#include <vector>

#include "check.hpp"

ZYGOTE double factorial_like(double x, int n) { return n == 0 ? 1.0 : x * factorial_like(x, n - 1); }
ZYGOTE double fibonacci(double x, int n) {
  if (n < 2) return n == 0 ? x : x * x;
  return fibonacci(x, n - 1) + x * fibonacci(x, n - 2);
}

ZYGOTE double two_captures(double x, double y) {
  double a = x * y, b = std::sin(x);
  auto outer = [&](double t) {
    auto inner = [=](double u) { return u * a + b * t; };
    return inner(t) * inner(2 * t);
  };
  return outer(y) + outer(x);
}

ZYGOTE double captures_with_initialiser(double x) {
  auto f = [c = x * x, d = 3](auto t) { return c * t + d; };
  return f(x) * f(2.0);
}

template <class F>
ZYGOTE auto twice(const F& f, double x) {
  return f(f(x));
}
ZYGOTE double higher_order(double x, double k) {
  return twice([&](double t) { return k * t + std::exp(-t); }, x);
}

ZYGOTE auto square(const auto& x) { return x * x; }
template <class T>
ZYGOTE static inline T cube(T x) {
  return x * square(x);
}
ZYGOTE double with_default(double x, double factor = 3) { return factor * x; }
ZYGOTE double calls(double x, float y) { return cube(x) + square(y) * x + with_default(x); }

struct Affine {
  double weight, bias;
  static constexpr double scale = 0.5;
  ZYGOTE double operator()(double x) const { return linear(x) + bias * scale; }
  ZYGOTE double linear(double x) const { return weight * x + this->bias; }
};
ZYGOTE double methods(const Affine& m, double x) { return m(x) * m.linear(2 * x); }
struct Model {
  Affine first, second;
};
ZYGOTE double callable_members(const Model& m, double x) { return m.second(m.first(x)) + m.first.linear(x); }

template <class T, class F>
struct Scaled {
  T factor;
  F function;
  template <class X>
  ZYGOTE auto operator()(const X& x) const {
    auto g = [&](auto t) { return factor * t; };
    return g(function(x)) + function(g(x));
  }
  ZYGOTE T power(T x, int n) const { return n == 0 ? factor : x * power(x, n - 1); }
};
template <class T, class F>
Scaled(T, F) -> Scaled<T, F>;
ZYGOTE double nested_callables(const Scaled<double, Affine>& s, double x) { return s(x) + s.power(x, 3); }

#define SQUARE(x) ((x) * (x))
#define PLUS(a, ...) ((a) + __VA_ARGS__)
#define JOIN(a, b) a##b
#define WEIGHT 2.5
ZYGOTE double macros(double x, double x2) { return SQUARE(x + 1) * WEIGHT + PLUS(x, JOIN(x, 2) * 3); }

namespace unmarked {
inline double floor_of(double x) { return std::floor(x); }
inline int half(int n) { return n / 2; }
}  // namespace unmarked
ZYGOTE double constants(double x, int n) {
  const double step = zygote::constant(unmarked::floor_of(x));
  return x * step + x * unmarked::half(n);
}

struct Cubic {  // a pullback written by hand
  double operator()(double x) const { return x * x * x; }
  auto pullback(double x) const {
    return zygote::Pullback{x * x * x, [x](double d) { return std::make_tuple(3 * x * x * d); }};
  }
};
inline constexpr Cubic cubic{};
ZYGOTE double by_hand(double x) { return cubic(2 * x) + square(cubic(x)); }

TEST_CASE("functions, methods and lambdas agree with central differences") {
  for (int n : {0, 1, 2, 6}) {
    CHECK_GRADIENT(factorial_like, 1.3, n);
    CHECK_GRADIENT(fibonacci, 0.8, n);
  }
  CHECK_GRADIENT(two_captures, 0.4, 0.9);
  CHECK_GRADIENT(captures_with_initialiser, 0.7);
  CHECK_GRADIENT(higher_order, 0.7, 1.1);
  CHECK_GRADIENT(calls, 1.2, 0.5f);
  CHECK_GRADIENT(methods, Affine{2, 3}, 4.0);
  CHECK_GRADIENT(callable_members, Model{{2, 3}, {0.5, 1}}, 4.0);
  CHECK_GRADIENT(nested_callables, Scaled{1.5, Affine{2, 3}}, 0.3);
  CHECK_GRADIENT(macros, 0.4, 0.7);
  CHECK_GRADIENT(constants, 1.4, 9);
  CHECK_GRADIENT(by_hand, 0.6);
}

TEST_CASE("marked lambdas in unmarked code") {
  const double a = 3;
  std::vector<double> weights{1, 2, 3};
  auto f = ZYGOTE[&](double x) { return a * x * x; };
  CHECK(f(2.0) == 12);
  CHECK(zygote::gradient(f, 2.0) == 12.0);
  auto g = ZYGOTE[a, w = weights](const std::vector<double>& x)->double {
    double sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (x[i] > 2.5) return sum * a;
      auto weigh = [&](double v) { return w[i] * v * v; };
      sum += weigh(x[i]);
    }
    return sum;
  };
  CHECK_GRADIENT(g, std::vector<double>{1.0, 2.0, 0.5});
  CHECK_GRADIENT(g, std::vector<double>{1.0, 2.0, 3.5});
  CHECK(zygote::gradient(
            ZYGOTE[]<class T>(T x, auto y) { return x * y; }, 2.0, 3.0) == zygote::Gradients<double, double>{3.0, 2.0});
}

TEST_CASE("a function passes on the adjoint of a callable argument") {
  auto [df, dx] = zygote::gradient(twice, Affine{2, 3}, 1.5);
  CHECK(dx == doctest::Approx(4));
  CHECK(df.weight == doctest::Approx(2 * 1.5 + 3 + 1.5 + 2 * 1.5));
}

double log1p(double x, double y) { return x * y; }  // shares a name with <cmath>, and has no pullback
ZYGOTE double named_like_a_function(double max) {
  return std::max(max, 2 * max) + max * zygote::constant(log1p(max, max));
}
template <class T>
struct Limits {
  using value_type = T;
};
template <class T>
ZYGOTE auto dependent_types(const T& x) {
  typename Limits<T>::value_type y = x * x;
  const T& z = y;
  return z * x;
}
ZYGOTE const double& returns_reference(const Affine& m) { return m.weight; }
ZYGOTE double uses_reference(const Affine& m) { return returns_reference(m) * m.bias; }

TEST_CASE("names and types that could mislead") {
  CHECK(zygote::gradient(named_like_a_function, 3.0) == 11.0);
  CHECK_GRADIENT(dependent_types, 1.5);
  CHECK_GRADIENT(uses_reference, Affine{2, 3});
}

// A class that zygote cannot look into would lose a gradient: calls that return it and constructors are refused.
class Sealed {
 public:
  explicit Sealed(double x) : x_(x) {}
  double get() const { return x_; }

 private:
  double x_;
};
static_assert(zygote::Opaque<Sealed> && !zygote::can_make<Sealed, double> && zygote::can_make<Sealed, int>);
static_assert(!zygote::Opaque<Affine> && !zygote::Opaque<std::string> && !zygote::Opaque<std::vector<int>>);
inline Sealed seal(double x) { return Sealed(x); }
TEST_CASE("a call that returns an opaque class lacks a pullback") {
  [[maybe_unused]] auto call = zygote::call(ZYGOTE_NAME(seal), 1.0);
  CHECK_FALSE(zygote::has_pullback<decltype(call)>);
}

namespace ahead {
// Mutual recursion, and a function that is defined below its first call.
ZYGOTE double odd_power(double x, int n);
ZYGOTE double even_power(double x, int n) { return n == 0 ? 1 : x * odd_power(x, n - 1); }
ZYGOTE double calls_ahead(double x) { return even_power(x, 4) + odd_power(x, 3); }
ZYGOTE double odd_power(double x, int n) { return std::sin(x) * even_power(x, n - 1); }

ZYGOTE void countdown(double x, int n) {
  if (n > 0) countdown(x * x, n - 1);
}
ZYGOTE double with_countdown(double x) {
  countdown(x, 3);
  return x * x;
}

TEST_CASE("functions that are declared before they are defined") {
  CHECK(gradient_error(even_power, 0.7, 6) < 1e-8);
  CHECK(gradient_error(odd_power, 0.7, 5) < 1e-8);
  CHECK(gradient_error(calls_ahead, 1.3) < 1e-8);
  CHECK(gradient_error(with_countdown, 1.3) < 1e-8);
}
}  // namespace ahead

namespace explicitly {
template <class T>
ZYGOTE constexpr T square(T x) {
  return x * x;
}
template <class To, class From>
ZYGOTE To converted(const From& x) {
  return x * To(3);
}
template <class T>
ZYGOTE T halves(T x, int n) {
  return n == 0 ? x : halves<T>(x / 2, n - 1) * x;
}
ZYGOTE double twice(auto f, double x) { return f(f(x)); }
ZYGOTE double calls(double x) {
  return square<double>(x) + explicitly::square<double>(2) * converted<double, int>(2) * converted<double>(x);
}
ZYGOTE double values(double x) { return twice(square<double>, x) * halves<double>(x, 3); }
template <class T>
ZYGOTE T inside(T x) {
  auto g = [&](auto t) { return square<T>(t) * x; };
  const int square = 3;
  return square < x && x > (1) ? g(x) : g(g(x));
}
static_assert(square<int>(3) == 9);

TEST_CASE("function templates with explicit arguments") {
  CHECK_GRADIENT(calls, 0.7);
  CHECK_GRADIENT(values, 0.7);
  CHECK_GRADIENT(inside, 0.7);
  CHECK_GRADIENT(inside<double>, 3.3);
  CHECK_GRADIENT(explicitly::square<double>, 3.0);
  CHECK(zygote::derivative(inside, 3.3) == doctest::Approx(zygote::gradient(inside<double>, 3.3)));
}
}  // namespace explicitly

namespace given_itself {
ZYGOTE double by_value(double x, int k) {
  auto power = [x](auto self, int n) -> double { return n == 0 ? 1.0 : x * self(self, n - 1); };
  return power(power, k) * x;
}
ZYGOTE double branching(std::vector<double> v, double y, int k) {
  double scale = y * y;
  const auto walk = [&](const auto& self, double x, int n) -> double {
    if (n >= int(v.size())) return x;
    double sum = x * scale;
    for (int i = 0; i < 2; ++i) sum += v[n] * self(self, x * v[n] + i, n + 1 + i);
    return sum;
  };
  double r = walk(walk, y, 0);
  if (k > 0) r *= walk(walk, r, 1);
  return r;
}
template <class T>
ZYGOTE T generic(T x) {
  auto power = [&](auto&& self, int n) -> T { return n == 0 ? x : x * self(self, n - 1); };
  return power(power, 3) * power(power, 0);
}

TEST_CASE("lambdas that are given themselves") {
  for (int n : {0, 1, 5}) {
    CHECK_GRADIENT(by_value, 0.7, n);
    CHECK_GRADIENT(branching, std::vector<double>{0.5, 0.7, 0.9}, 0.7, n);
    CHECK_GRADIENT(branching, std::vector<double>{}, 0.7, n);
  }
  CHECK_GRADIENT(generic, 0.7);
  CHECK(zygote::hessian(generic, 0.7) == doctest::Approx(20 * std::pow(0.7, 3)));
}
}  // namespace given_itself

namespace left_to_defaults {
constexpr double kRate = 0.5;
struct Pair {
  double first = 1, second = 2;
};
ZYGOTE void add_to(double& total, double x, double scale = 2 * kRate, const Pair& p = {},
                   const std::vector<double>& w = {1, 2, 3}) {
  total += x * scale * p.second * w[2];
}
struct Total {
  double sum = 0;
  ZYGOTE void add(double x, double scale = kRate) { sum += x * scale; }
};
ZYGOTE double defaults(const std::vector<double>& v) {
  double total = 0;
  Total all;
  const auto add = [&](double x, double scale = 2 + kRate, int n = -1) { return total += x * scale * n; };
  for (double x : v) {
    add_to(total, x);
    all.add(x);
    add(x);
  }
  add_to(total, v[0], v[1]);
  all.add(total, v[2]);
  total *= add(v[0], v[1]);
  return total * all.sum;
}
TEST_CASE("arguments that are left to their defaults") { CHECK_GRADIENT(defaults, std::vector{0.3, 0.5, 0.7}); }
}  // namespace left_to_defaults

namespace templates_that_write {
template <class T>
ZYGOTE void axpy(T a, const std::vector<T>& x, std::vector<T>& y) {
  for (std::size_t i = 0; i < x.size(); ++i) y[i] += a * x[i];
}
template <typename T, std::size_t n>
ZYGOTE T normalise(std::array<T, n>& x, T eps = T(1e-3)) {
  T s = std::numeric_limits<T>::epsilon();
  for (int i = 0; i < int(n); ++i) s += x[i] * x[i];
  s = std::sqrt(s + eps);
  for (T& each : x) each /= s;
  return s;
}
template <class V>
ZYGOTE void twice(V& v) {
  for (auto& x : v) x *= 2;
}
template <class V, class F>
ZYGOTE void each(V& v, const F& f) {
  for (auto& x : v) x = f(x);
}
template <class T>
ZYGOTE void in_turn(std::vector<T>& v, T k) {
  axpy(k, v, v);
  std::vector<T> w(v.size(), T(1));
  axpy(k, w, v);
  twice(w);
  v[0] += w[1];
}
struct Particle {
  std::vector<double> p;
  std::array<double, 3> q;
};

ZYGOTE double calls(std::vector<double> v, double k) {
  auto w = v;
  twice(w);
  double s = 0;
  each(w, [&](double x) {
    s += x;
    return x * k;
  });
  in_turn(v, k);
  axpy<double>(2, v, w);
  return w[0] * w[1] * s;
}
ZYGOTE double of_parts(Particle x) {
  double s = 0;
  for (int i = 0; i < 2; ++i) {
    s += normalise(x.q) * normalise(x.q, 0.1);
    in_turn(x.p, s);
  }
  return s * x.p[0];
}
template <class U>
ZYGOTE U from_template(const std::vector<U>& v, U k) {
  std::vector<U> w(v.size(), U(1));
  axpy(k, v, w);
  return w[0] * w[1];
}
TEST_CASE("function templates that write to their arguments") {
  const std::vector v{0.3, 0.5, 0.7};
  CHECK_GRADIENT(calls, v, 0.7);
  CHECK_GRADIENT(of_parts, Particle{v, {0.3, 0.5, 0.7}});
  CHECK_GRADIENT(from_template, v, 0.7);
}
}  // namespace templates_that_write

namespace variable_templates {
template <int n>
constexpr double kTimes = n * 1.5;
template <class T>
constexpr T kPi = T(3.14159L);
ZYGOTE double product(double x) { return kTimes<3> * x - kPi<double> * kTimes<2>; }
TEST_CASE("variable templates") { CHECK_GRADIENT(product, 0.7); }
}  // namespace variable_templates
