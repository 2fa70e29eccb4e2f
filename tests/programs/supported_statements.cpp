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
#include <sstream>
#include <stack>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <variant>

#include "check.hpp"

namespace {
using Doubles = std::vector<double>;
const Doubles numbers{0.5, 1.5, -0.3, 2.0};

// ## Statements that do no harm

//: printing, to any stream
ZYGOTE double noted(std::ostream& out, double x) {
  out << "at " << x << std::endl;
  return x * x;
}
ZYGOTE double prints(double x) {
  std::printf("%s", x > 1e9 ? "large" : "");
  std::ostringstream message;
  message << "x is " << x;
  if (x > 1e9) throw std::runtime_error(message.str());
  return noted(message, x) * x;
}
TEST_CASE("prints") { CHECK_GRADIENT(prints, 0.7); }

//: `assert`, `static_assert`
ZYGOTE double asserts(double x) {
  assert(x > 0);
  static_assert(sizeof(x) == 8);
  return x * x;
}
TEST_CASE("asserts") { CHECK_GRADIENT(asserts, 0.7); }

struct Counter {
  int calls = 0;
  void note() { ++calls; }
};
//: random numbers: `normal(generator)`, `std::shuffle` of integers; unmarked methods of the file that change an object
//: without adjoint: `c.note()`
ZYGOTE double random_numbers(double mean, double sigma, int n) {
  std::mt19937 generator(7);
  std::normal_distribution<double> normal(0, 1);
  Counter c;
  double sum = 0;
  for (int i = 0; i < n; ++i) sum += std::exp(mean + sigma * normal(generator)), c.note();
  return sum / c.calls;
}
TEST_CASE("random_numbers") { CHECK_GRADIENT(random_numbers, 0.1, 0.3, 20); }

//: `throw`
ZYGOTE double throws(double x) {
  if (x < 0) throw std::runtime_error("negative");
  return x * std::sqrt(x);
}
TEST_CASE("throws") {
  CHECK_GRADIENT(throws, 0.7);
  CHECK_THROWS_WITH(zygote::gradient(throws, -1.0), "negative");
}

// ## Algorithms

//: `std::accumulate`, with an operation too
ZYGOTE double accumulate(const Doubles& v, double x) {
  return std::accumulate(v.begin(), v.end(), x) *
         std::accumulate(v.begin(), v.end(), 1.0, [](double a, double b) { return a * (1 + b); });
}
TEST_CASE("accumulate") { CHECK_GRADIENT(accumulate, numbers, 0.7); }

//: `std::reduce`, `std::transform_reduce`
ZYGOTE double reduce(const Doubles& v) {
  return std::reduce(v.begin(), v.end()) * std::transform_reduce(v.begin(), v.end(), v.begin(), 1.0);
}
TEST_CASE("reduce") { CHECK_GRADIENT(reduce, numbers); }

//: `std::max_element`, `std::min_element`, `std::find`, `std::find_if`, `std::lower_bound`, `std::upper_bound`
ZYGOTE double elements_found(const Doubles& v, double x) {
  const auto first = std::find_if(v.begin(), v.end(), [&](double t) { return t > x; });
  return *std::max_element(v.begin(), v.end()) * x + *first * v[first - v.begin() + 1];
}
TEST_CASE("elements_found") { CHECK_GRADIENT(elements_found, numbers, 0.7); }

//: `std::any_of`, `std::all_of`, `std::none_of`, `std::count_if`
ZYGOTE double tests(const Doubles& v, double x) {
  const bool any = std::any_of(v.begin(), v.end(), [&](double t) { return t < x; });
  return any ? x * std::count_if(v.begin(), v.end(), [](double t) { return t > 0; }) : v[0];
}
TEST_CASE("tests") { CHECK_GRADIENT(tests, numbers, 0.7); }

//: `std::inner_product`
ZYGOTE double inner_product(const Doubles& v, const Doubles& w) {
  return std::inner_product(v.begin(), v.end(), w.begin(), 0.0) * v[0];
}
TEST_CASE("inner_product") { CHECK_GRADIENT(inner_product, numbers, Doubles{1, 2, 3, 4}); }

//: `std::transform`, of one and of two ranges
ZYGOTE double transform(const Doubles& v, double x) {
  Doubles w(v.size()), u(v.size());
  std::transform(v.begin(), v.end(), w.begin(), [&](double t) { return t * x; });
  std::transform(v.begin(), v.end(), w.begin(), u.begin(), [](double a, double b) { return a + b * b; });
  double product = 1;
  for (double t : u) product *= t;
  return product;
}
TEST_CASE("transform") { CHECK_GRADIENT(transform, numbers, 0.7); }

//: their `std::ranges` forms, `std::ranges::max(v)` too
ZYGOTE double ranges(const Doubles& v) {
  Doubles squares(v.size()), products = v, sorted;
  std::ranges::transform(v, squares.begin(), [](double x) { return x * x; });
  std::ranges::transform(v, squares, products.begin(), [](double x, double y) { return x + x * y; });
  std::ranges::copy(products, std::back_inserter(sorted));
  std::ranges::sort(sorted.begin(), sorted.end());
  std::ranges::for_each(squares, [](double& x) { x *= 0.5; });
  const auto found = std::ranges::find_if(v, [](double x) { return x > 1; });
  return std::ranges::max(v) * *std::ranges::min_element(v) + squares[1] * sorted[0] + sorted[1] * *found +
         std::ranges::max(v[0], squares[2]);
}
TEST_CASE("ranges") { CHECK_GRADIENT(ranges, numbers); }

//: algorithms over parts of ranges, `std::sort(v.begin() + 1, v.end())`; `std::back_inserter`; `std::plus<>{}` and its
//: like
ZYGOTE double parts_of_ranges(Doubles v) {
  Doubles w, part(v.begin() + 1, v.end());
  const auto sum = [](const Doubles& all) { return std::accumulate(all.begin(), all.end(), 0.0); };
  w.push_back(sum(std::vector<double>(v.begin(), v.begin() + 2)) * v[0]);
  std::sort(v.begin() + 1, v.end());
  std::transform(v.begin(), v.end(), std::back_inserter(w), [](double x) { return x * x; });
  return std::accumulate(w.begin() + 1, w.end(), w[0] * v[1] * part[1], std::plus<>{});
}
TEST_CASE("parts_of_ranges") { CHECK_GRADIENT(parts_of_ranges, numbers); }

//: `std::sort`, `std::stable_sort`, `std::reverse`, `std::partial_sum`, the scans, `std::generate`, `std::iota`
ZYGOTE double sorts(Doubles v, double x) {
  v.push_back(x);
  std::sort(v.begin(), v.end(), [](double a, double b) { return a > b; });
  std::partial_sum(v.begin(), v.end(), v.begin());
  std::reverse(v.begin(), v.end());
  std::vector<int> order(v.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(v.begin(), v.end(), [](double a, double b) { return std::floor(a) < std::floor(b); });
  return v[0] * v[1] + v[2] * v[order[3]];
}
TEST_CASE("sorts") { CHECK_GRADIENT(sorts, numbers, 0.7); }

//: `std::for_each`, also where it changes the elements
ZYGOTE double for_each(Doubles v, double x) {
  std::for_each(v.begin(), v.end(), [&](double& t) { t *= x; });
  return v[0] * v[1];
}
TEST_CASE("for_each") { CHECK_GRADIENT(for_each, numbers, 0.7); }

//: `std::fill`, `std::copy`
ZYGOTE double fill_and_copy(const Doubles& v, double x) {
  Doubles w(v.size()), u(2);
  std::copy(v.begin(), v.end(), w.begin());
  w[0] = x * w[1];
  std::fill(u.begin(), u.end(), x * w[0]);
  return u[0] * u[1];
}
TEST_CASE("fill_and_copy") { CHECK_GRADIENT(fill_and_copy, numbers, 0.7); }

//: `std::max`, `std::min`, `std::clamp`, also `std::max<double>(x, 2)`, `std::min({x, y, z})`
ZYGOTE double extremes(double x, double y) {
  return std::max(x, y) * x + std::min(x * y, 2.0) + std::clamp(x, 0.0, 2.0) * y + std::max<double>(x * x, 1) +
         std::min({x, y, x * y});
}
TEST_CASE("extremes") {
  CHECK_GRADIENT(extremes, 0.7, 1.3);
  CHECK_GRADIENT(extremes, 3.0, 1.3);
}

// ## Around gradients

ZYGOTE auto cubic(auto x) { return x * x * x; }
//: the gradient of a gradient: `x * gradient(cubic, x)`
ZYGOTE double gradient_inside(double x) { return x * zygote::gradient(cubic, x); }
TEST_CASE("gradient_inside") { CHECK_GRADIENT(gradient_inside, 0.7); }

//: the gradient of a derivative by dual numbers: `x * derivative(cubic, x)`
ZYGOTE double derivative_inside(double x) { return x * zygote::derivative(cubic, x); }
TEST_CASE("derivative_inside") { CHECK_GRADIENT(derivative_inside, 0.7); }

template <class T>
ZYGOTE T rosenbrock(const std::vector<T>& x) {
  T sum = 0;
  for (std::size_t i = 0; i + 1 < x.size(); ++i) {
    const T a = x[i + 1] - x[i] * x[i], b = 1 - x[i];
    sum += 100 * a * a + b * b;
  }
  return sum;
}
//: the gradient of a penalty on a gradient, so of the norm of `gradient(rosenbrock, x)`
ZYGOTE double penalty(const Doubles& x) {
  const auto [g] = zygote::gradient(rosenbrock, x);
  double sum = 0;
  for (double v : g) sum += v * v;
  return sum;
}
TEST_CASE("penalty") { CHECK_GRADIENT(penalty, Doubles{0.5, -1, 2}); }

//: the gradient of a lambda, through what it captured as well: `gradient([&](double t) { return t * t * y; }, x)`
ZYGOTE double of_lambda(double x, double y) {
  const auto f = [&](double t) { return t * t * t * y; };
  return x * std::get<0>(zygote::gradient(f, x));
}
TEST_CASE("of_lambda") { CHECK_GRADIENT(of_lambda, 0.7, 1.3); }

//: a step of gradient descent inside a loss, and its loss: `const auto [g] = gradient(loss, p);`
template <class T>
struct Weights {
  T slope, offset;
};
ZYGOTE double descends(const Weights<double>& p, const Doubles& x, const Doubles& y) {
  const auto loss = [&](const Weights<double>& q) {
    double sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) sum += std::pow(std::tanh(q.slope * x[i]) + q.offset - y[i], 2);
    return sum;
  };
  const auto [g] = zygote::gradient(loss, p);
  return loss(Weights<double>{p.slope - 0.1 * g.slope, p.offset - 0.1 * g.offset});
}
TEST_CASE("descends") { CHECK_GRADIENT(descends, Weights<double>{0.7, 0.3}, Doubles{0.5, -1}, Doubles{1, 2}); }

//: the loss of a network that solves an equation: `derivative` of `derivative` of a lambda or a method
struct Solution {
  Doubles w;
  ZYGOTE double at(double x) const { return w[0] * std::tanh(w[1] * x + w[2]); }
  ZYGOTE double residual(double x) const {  // of u'' = -u
    const auto slope = [&](double y) { return zygote::derivative([&](double z) { return at(z); }, y); };
    return zygote::derivative(slope, x) + at(x);
  }
};
ZYGOTE double solves(const Solution& u) {
  double sum = 0;
  for (int i = 0; i < 3; ++i) sum += std::pow(u.residual(0.4 * i), 2);
  return sum;
}
TEST_CASE("solves") { CHECK_GRADIENT(solves, Solution{{0.7, 1.2, -0.3}}); }

ZYGOTE double valley(const std::vector<double>& x) {
  double sum = 0;
  for (std::size_t i = 0; i + 1 < x.size(); ++i) sum += 100 * std::pow(x[i + 1] - x[i] * x[i], 2) + x[i] * x[i];
  return sum;
}
//: `hvp(valley, x, v)` and `hessian(valley, x)`, of functions of `double` too
double curvature(const Doubles& x, const Doubles& v) {
  double along = 0;
  const Doubles product = zygote::hvp(valley, x, v);
  for (std::size_t i = 0; i < x.size(); ++i) along += product[i] * v[i];
  return along;
}
TEST_CASE("curvature") {
  const Doubles x{0.5, -1, 2}, v{1, 2, 3};
  const auto H = zygote::hessian(valley, x);
  double along = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t k = 0; k < 3; ++k) {
      Doubles right = x, left = x;
      right[k] += 1e-5;
      left[k] -= 1e-5;
      const Doubles up = zygote::gradient(valley, right), down = zygote::gradient(valley, left);
      CHECK(H[i][k] == doctest::Approx((up[i] - down[i]) / 2e-5).epsilon(1e-6));
      along += H[i][k] * v[i] * v[k];
    }
  }
  CHECK(curvature(x, v) == doctest::Approx(along));
}

//: `constant(x)`: no gradient flows through it
ZYGOTE double constants(double x, double y) { return x * zygote::constant(y * y); }
TEST_CASE("constants") {
  const auto [dx, dy] = zygote::gradient(constants, 2.0, 3.0);
  CHECK(dx == 9);
  CHECK(dy == 0);
}

//: `checkpoint(f, x)`: works f out again instead of saving
ZYGOTE double checkpoints(double x) { return zygote::checkpoint(cubic, x) * x; }
TEST_CASE("checkpoints") { CHECK_GRADIENT(checkpoints, 0.7); }

struct Look {
  void operator()(double&) const {}
};
//: `hook(x, g)`: g sees, or changes, the adjoint of x
ZYGOTE double hooks(double x) { return zygote::hook(x * x, Look{}) * x; }
TEST_CASE("hooks") { CHECK_GRADIENT(hooks, 0.7); }

}  // namespace
