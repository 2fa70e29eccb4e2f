// What a name, a reference or a call means in a body that is read somewhere else: each of these once gave a wrong
// value.
#include <algorithm>
#include <memory>
#include <numeric>
#include <optional>
#include <random>
#include <span>

#include "check.hpp"

namespace {
const double k = 3;
}
ZYGOTE double times_k(double x) { return k * x; }
ZYGOTE double parameter_hides(double k) { return times_k(k) * k; }

struct FieldHides {
  double k;
  ZYGOTE double operator()(double x) const { return times_k(x) + k * x; }
};

struct MethodHides {
  double w;
  ZYGOTE double times_k(double x) const { return 5 * x * w; }
  ZYGOTE double operator()(double x) const { return times_k(x); }
};

struct Base {
  static int times_k(int n) { return 7 * n; }
};
struct InheritedHides : Base {
  ZYGOTE double operator()(double x, int n) const { return times_k(n) * x; }
};

namespace one {
ZYGOTE double twice(double x) { return 2 * x; }
}  // namespace one
namespace two {
inline double twice(double x) { return 5 * x; }
ZYGOTE double f(int x, double y) { return twice(x) * y; }
}  // namespace two

ZYGOTE double through_span(double x) {
  std::vector<double> v{x, x};
  std::span<double> s = v;
  s[0] = x * x * x;
  auto t = std::span(v);
  t[1] *= s[0];
  return v[0] * v[1];
}

ZYGOTE double references(std::vector<double> v) {
  const auto& last = v.back();
  v[v.size() - 1] = 7 * v[0];
  auto& first = v.front();
  first *= 2;
  return last * v[0];
}

ZYGOTE double from_element_to_element(double x) {
  std::array<std::vector<double>, 2> a = {std::vector<double>{x, 2}, std::vector<double>{x * x, 3}};
  a[0] = a[1];
  std::swap(a[0][0], a[1][1]);
  return a[0][0] + a[1][0] * a[0][1] + a[1][1];
}

ZYGOTE double held_and_written(std::optional<double> o, double x) {
  if (o) *o *= x;
  double s = 0;
  for (int i = 0; i < 3 && o; ++i) {
    *o += x;
    s += *o * *o;
  }
  return s;
}

template <class T>
struct OnlyOneBranchCompiles {
  T t;
  ZYGOTE double operator()(double x) const {
    double r = x;
    if constexpr (std::is_arithmetic_v<T>) {
      r *= t * x;
    } else {
      r *= t[0];
    }
    return r;
  }
};

struct Rows {
  std::vector<double> w;
  double b = 1;
};
ZYGOTE double rows_that_grow_and_move(std::vector<Rows> rows, double x) {
  for (int t = 0; t < 2; ++t)
    for (auto& r : rows) {
      r.w.push_back(x * r.b);
      r = Rows{r.w, r.b * x};
      if (r.w.size() > 2) {
        r.w[0] *= r.w[1];
        r.w.pop_back();
      }
    }
  rows.push_back(rows[0]);
  rows[1] = rows[0];
  rows[0].w[0] = 2 * rows[2].w[0];
  double s = 0;
  for (auto& r : rows)
    for (double v : r.w) s += v * r.b;
  return s;
}

TEST_CASE("names of an inlined function mean what they mean where it stands") {
  CHECK(zygote::pullback(parameter_hides, 2.0).value == parameter_hides(2.0));
  CHECK_GRADIENT(parameter_hides, 2.0);
  CHECK(FieldHides{7}.pullback(2.0).value == FieldHides{7}(2.0));
  CHECK_GRADIENT(FieldHides{7}, 2.0);
  CHECK(MethodHides{3}.pullback(2.0).value == MethodHides{3}(2.0));
  CHECK_GRADIENT(MethodHides{3}, 2.0);
  CHECK(InheritedHides{}.pullback(2.0, 3).value == InheritedHides{}(2.0, 3));
  CHECK(zygote::pullback(two::f, 3, 2.0).value == two::f(3, 2.0));
  auto times_k = ZYGOTE[](double x) { return 5 * x; };
  auto f = ZYGOTE[times_k](double x) { return times_k(x); };
  CHECK(f.pullback(2.0).value == 10);
}

TEST_CASE("references and views see what they refer to change") {
  CHECK(zygote::pullback(through_span, 1.5).value == through_span(1.5));
  CHECK_GRADIENT(through_span, 1.5);
  const std::vector<double> v{2, 3};
  CHECK(zygote::pullback(references, v).value == references(v));
  CHECK_GRADIENT(references, v);
}

TEST_CASE("parts are copied before what they are a part of moves on") {
  CHECK(zygote::pullback(from_element_to_element, 1.5).value == from_element_to_element(1.5));
  CHECK_GRADIENT(from_element_to_element, 1.5);
  CHECK_GRADIENT(held_and_written, std::optional<double>(1.5), 2.0);
  CHECK_GRADIENT(held_and_written, std::optional<double>(), 2.0);
  CHECK_GRADIENT(rows_that_grow_and_move, std::vector<Rows>{Rows{{1, 2}, 3}, Rows{{0.5, 1}, 2}}, 0.7);
}

TEST_CASE("of if constexpr only the branch that is taken is compiled, in the pullback as well") {
  CHECK_GRADIENT(OnlyOneBranchCompiles<double>{3}, 2.0);
  CHECK_GRADIENT(OnlyOneBranchCompiles<std::vector<double>>{{3, 4}}, 2.0);
}

static_assert(zygote::ir::View<std::span<double>> && !zygote::ir::View<std::vector<double>>);

namespace lent {
template <class F>
ZYGOTE double applied_twice(F f, double x) {
  return f(f(x));
}
ZYGOTE double lambda_that_does_not_stay(double x) {
  double k = 2;
  double total = applied_twice([&](double y) { return k * y * y; }, x);
  k *= x;
  const auto named = [&](double y) { return k + y * x; };
  for (int i = 0; i < 3; ++i) {
    total += applied_twice(named, x);
    k += total;
  }
  return total;
}
TEST_CASE("lambdas that were lent to a function") { CHECK(gradient_error(lambda_that_does_not_stay, 0.4) < 1e-8); }
}  // namespace lent

namespace first {
ZYGOTE double same_name(double x) { return x * x; }
ZYGOTE double calls_its_own(double x) { return same_name(x) + 1; }
}  // namespace first
namespace second {
ZYGOTE double same_name(double x) { return std::sin(x); }
ZYGOTE double calls_its_own(double x) { return same_name(x) * first::same_name(x); }
}  // namespace second
TEST_CASE("one name in two namespaces") {
  CHECK(std::get<0>(zygote::gradient(first::calls_its_own, 0.5)) == 1);
  CHECK(gradient_error(second::calls_its_own, 0.5) < 1e-8);
}

// Orders of integers.
namespace orders {
ZYGOTE double shuffled(const std::vector<double>& v) {
  std::vector<int> order(v.size());
  std::iota(order.begin(), order.end(), 0);
  std::mt19937 generator(3);
  double sum = 0;
  for (int epoch = 0; epoch < 3; ++epoch) {
    std::shuffle(order.begin(), order.end(), generator);
    for (int i : order) sum = sum * 0.5 + v[std::size_t(i)] * v[std::size_t(i)];
  }
  return sum;
}
ZYGOTE double permanent(const std::vector<double>& v) {
  std::vector<std::size_t> p{0, 1, 2};
  double sum = 0;
  do sum += v[p[0]] * v[3 + p[1]] * v[6 + p[2]];
  while (std::next_permutation(p.begin(), p.end()));
  return sum;
}

TEST_CASE("orders of integers") {
  const std::vector<double> v{0.3, 1.2, -0.4, 0.8, 2.2, -1, 0.6, 0.1, 0.9};
  CHECK(zygote::withgradient(shuffled, v).value == doctest::Approx(shuffled(v)));
  CHECK(zygote::withgradient(permanent, v).value == doctest::Approx(permanent(v)));
  CHECK_GRADIENT(shuffled, v);
  CHECK_GRADIENT(permanent, v);
}
}  // namespace orders

// Functions in branches of the preprocessor, which chooses one.
namespace alternatives {
#ifdef NO_SUCH_NAME
ZYGOTE double power(double x) { return x; }
#elif defined(NO_SUCH_NAME_EITHER)
ZYGOTE double power(double x) { return 2 * x; }
#else
ZYGOTE double power(double x) { return x * x; }
#endif
ZYGOTE double sum(double x) {
  double s = 0;
  for (int i = 0; i < 3; ++i) s += power(x) * i;
  return s;
}
TEST_CASE("marked functions in branches of #if") { CHECK_GRADIENT(sum, 0.7); }
}  // namespace alternatives

// What is not there for the compiler: lines behind #if 0, marked functions too, and pragmas.
namespace left_out {
#if 0
ZYGOTE double sum(double x) { return this is no code; }
#ifdef NO_SUCH_NAME
#endif
#else
ZYGOTE double sum(double x, int n) {
  double s = 0;
#pragma GCC unroll 2
  for (int i = 0; i < n; ++i) s += x * x * i;
#if 0
  s = 0;
#endif
  return s;
}
#endif
TEST_CASE("#if 0 and pragmas") { CHECK_GRADIENT(sum, 0.7, 4); }
}  // namespace left_out

// Names of functions of <cmath> that namespaces have as well.
namespace intervals {
struct Interval {
  double low, high;
};
ZYGOTE Interval exp(const Interval& a) { return {std::exp(a.low), std::exp(a.high)}; }
ZYGOTE double pow(double x, int n) { return n == 0 ? 1 : x * pow(x, n - 1); }
}  // namespace intervals
namespace names_of_cmath {
ZYGOTE double widths(double x) {
  return intervals::exp(intervals::Interval{x, 2 * x}).high * intervals::exp({x, x * x}).low - exp(x) +
         ::sqrt(x) * ::std::sin(x) + intervals::pow(x, 3) * pow(x, 1.5);
}
TEST_CASE("functions of <cmath> next to marked ones of that name") { CHECK_GRADIENT(widths, 0.7); }
}  // namespace names_of_cmath

// Attributes, concepts, and braced default arguments.
namespace declarations {
struct Options {
  int steps = 4;
  double rate = 0.1;
};
ZYGOTE [[nodiscard]] double run(double x, const Options& o = {}, [[maybe_unused]] double unused = 1) {
  return x * x * o.rate * o.steps;
}
[[nodiscard]] ZYGOTE double twice(std::floating_point auto x) {
  const std::floating_point auto y = 2 * x;
  return y * x;
}
ZYGOTE double both(double x) { return run(x) * twice(x) + run(x, Options{.steps = 2, .rate = x}); }
TEST_CASE("attributes, concepts and braced default arguments") {
  CHECK_GRADIENT(both, 0.7);
  CHECK(std::get<0>(zygote::gradient(run, 0.5)) == doctest::Approx(0.4));
}
}  // namespace declarations

// Distributions stay what they are over dual numbers.
namespace monte_carlo {
ZYGOTE double price(const std::vector<double>& v) {
  std::mt19937 generator(3);
  std::normal_distribution<double> normal;
  double sum = 0;
  for (int i = 0; i < 8; ++i) sum += std::exp(v[0] + v[1] * normal(generator));
  return sum / 8;
}
TEST_CASE("second derivatives through random numbers") {
  const std::vector<double> v{0.1, 0.4};
  const auto h = zygote::hessian(price, v);
  CHECK(h[0][0] == doctest::Approx(price(v)));
  CHECK(h[0][1] == doctest::Approx(zygote::gradient(price, v).get<0>()[1]));
}
}  // namespace monte_carlo

// Macros that are defined under a condition: the preprocessor knows.
#ifdef NO_SUCH_NAME
#define WIDTH_OF_LOOKUP 5.0
#endif
#ifndef NO_SUCH_NAME
#define HEIGHT_OF_LOOKUP 3.0
#endif
namespace conditional_macros {
constexpr double WIDTH_OF_LOOKUP = 2;
ZYGOTE double area(double x) { return WIDTH_OF_LOOKUP * HEIGHT_OF_LOOKUP * x * x; }
TEST_CASE("macros under conditions") { CHECK(std::get<0>(zygote::gradient(area, 0.5)) == doctest::Approx(6)); }
}  // namespace conditional_macros

// Static methods with names of functions of <cmath>.
namespace own_activations {
struct Smooth {
  ZYGOTE static double exp(double x) { return 5 * x * x; }
};
struct Activation : Smooth {
  double k = 1.3;
  static auto fields(auto& self) { return std::tie(self.k); }
  ZYGOTE static double tanh(double x) { return 9 * x * x; }
  ZYGOTE static double apply(double x) { return tanh(x) * x; }
  ZYGOTE double scaled(double x) const { return exp(x) * k; }
};
ZYGOTE double both(const Activation& a, double x) { return Activation::apply(x) + a.scaled(x) + std::tanh(x); }
TEST_CASE("static methods named like functions of <cmath>") {
  CHECK_GRADIENT(both, Activation{}, 0.7);
  CHECK(zygote::withgradient(both, Activation{}, 0.7).value == doctest::Approx(both(Activation{}, 0.7)));
}
}  // namespace own_activations

// A method that changes its object names constants, types and enumerations of its class.
namespace own_names {
struct Body {
  static constexpr double g = 9.81;
  enum class Mode { fall, rise };
  using Number = double;
  double y = 1, v = 0;
  Mode mode = Mode::fall;
  ZYGOTE void step(double dt) {
    const Number a = mode == Mode::fall ? g : -g;
    v -= a * dt;
    y += v * dt;
    if (y < 0) mode = Mode::rise;
  }
};
ZYGOTE double thrown(double v) {
  Body b{1, v};
  for (int i = 0; i < 9; ++i) b.step(0.1);
  return b.y * b.v;
}
TEST_CASE("methods that name what their class declares") { CHECK_GRADIENT(thrown, 2.0); }
}  // namespace own_names
