// Control flow: branches, loops, early exits.
#include <complex>
#include <random>
#include <vector>

#include "check.hpp"

// snippet: power
ZYGOTE double power(double x, int n) {
  double r = 1;
  while (n > 0) {
    r *= x;
    --n;
  }
  return r;
}
// end

ZYGOTE double branch(double x, double y) {
  double r = x;
  if (x > y) {
    r = x * y;
  } else if (x > 0) {
    r += std::sin(y);
    if (y > 2) r = r * r;
  } else {
    r = -y;
  }
  return r * x;
}

ZYGOTE double break_in_if(double x, int n) {
  double sum = 0;
  for (int i = 0; i < n; ++i) {
    if (sum > 10) {
      sum += x;
      break;
    }
    sum += x * i;
  }
  return sum * sum;
}

ZYGOTE double continue_in_if(double x, int n) {
  double sum = 1;
  for (int i = 0; i < n; i++) {
    if (i % 3 == 0) continue;
    if (i % 3 == 1) {
      sum *= x;
      if (sum > 50) continue;
    }
    sum += x / (i + 1);
  }
  return sum;
}

ZYGOTE double return_in_nested_loop(double x, int n) {
  double s = x;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) {
      s *= 1 + x * 0.1;
      if (i * j > 5) return s * s;
    }
  return s;
}

ZYGOTE double endless(double x) {
  int steps = 0;
  while (true) {
    x = std::cos(x);
    if (++steps == 7) return x * steps;
  }
}

ZYGOTE double counter_in_test(double x, int n) {
  double r = 1;
  while (n-- > 0) r = r * x + 1;
  return r + n;
}

ZYGOTE double break_keeps_counter(double x) {
  int i = 0;
  for (i = 0; i < 10; ++i) {
    if (i == 4) break;
    x = x * 1.5;
  }
  return x * i;
}

ZYGOTE double nested(double x, int n) {
  double total = 0;
  for (int i = 1; i <= n; ++i) {
    double row = 1;
    for (int j = 0; j < i; ++j) {
      double term = x;
      for (int k = 0; k < j; ++k) term *= x;
      if (term > 4) break;
      row += term * j;
    }
    total += row * row;
  }
  return total;
}

ZYGOTE double if_with_initialiser(double x) {
  if (double y = x * x; y > 1)
    return y * x;
  else
    return y - x;
}

ZYGOTE double several_returns(double x, int k) {
  if (k == 0) return x;
  if (k == 1) {
    if (x > 1) return x * x;
    x += 1;
  } else if (k == 2) {
    return std::exp(x);
  }
  double y = x * x * x;
  if (k == 3) return y;
  return y + x;
}

ZYGOTE double ternary(double x, double y) {
  double a = x > y ? x * x : (y > 3 ? y : x * y);
  return a + (x < 0 ? -x : x);
}

ZYGOTE double short_circuit(const std::vector<double>& v, std::size_t i) {
  double r = 1;
  if (i < v.size() && v[i] > 0) r = v[i] * v[i];
  if (v.empty() || v[0] < 0) r = 2 * r;
  return r;
}

ZYGOTE double two_counters(double x) {
  double r = 0;
  for (int i = 0, j = 10; i < j; ++i, --j) r += x * i * j;
  return r * r;
}

ZYGOTE double newton(double a) {
  double x = a;
  for (int i = 0; i < 50; ++i) {
    const double next = 0.5 * (x + a / x);
    if (std::abs(next - x) < 1e-14) break;
    x = next;
  }
  return x;
}

template <class T>
ZYGOTE double chosen_in_loop(const T& x, int n) {
  double r = 1;
  for (int i = 0; i < n; ++i) {
    if constexpr (std::is_same_v<T, double>)
      r += 0.5 * x;
    else
      r *= x[0];
    r *= 1.1;
  }
  return r;
}

TEST_CASE("loops and branches agree with central differences") {
  CHECK(zygote::gradient(power, 2.0, 10) == zygote::Gradients<double, zygote::none>{5120.0, zygote::none{}});
  for (int n : {0, 1, 2, 7}) {
    CHECK_GRADIENT(power, 1.3, n);
    CHECK_GRADIENT(break_in_if, 0.7, 3 * n);
    CHECK_GRADIENT(break_in_if, 2.7, 3 * n);
    CHECK_GRADIENT(continue_in_if, 1.9, 2 * n);
    CHECK_GRADIENT(return_in_nested_loop, 0.7, n);
    CHECK_GRADIENT(counter_in_test, 0.8, n);
    CHECK_GRADIENT(nested, 1.2, n);
    CHECK_GRADIENT(nested, 0.3, n);
  }
  CHECK_GRADIENT(endless, 0.4);
  CHECK_GRADIENT(break_keeps_counter, 0.4);
  CHECK_GRADIENT(two_counters, 0.4);
  CHECK_GRADIENT(newton, 2.0);
  for (double x : {-1.5, 0.5, 2.5})
    for (double y : {-1.0, 1.0, 3.5}) {
      CHECK_GRADIENT(branch, x, y);
      CHECK_GRADIENT(ternary, x, y);
      for (int k : {0, 1, 2, 3, 4}) CHECK_GRADIENT(several_returns, x, k);
      CHECK_GRADIENT(if_with_initialiser, x);
    }
  for (std::size_t i : {0, 1, 5}) CHECK_GRADIENT(short_circuit, std::vector<double>{-1.0, 2.0}, i);
  CHECK_GRADIENT(short_circuit, std::vector<double>{}, std::size_t(0));
}

TEST_CASE("values are those of the unprocessed function") {
  CHECK(zygote::pullback(power, 2.0, 10).value == 1024);
  CHECK(zygote::pullback(break_keeps_counter, 0.4).value == doctest::Approx(break_keeps_counter(0.4)));
  CHECK(zygote::pullback(counter_in_test, 0.4, 3).value == doctest::Approx(counter_in_test(0.4, 3)));
}

TEST_CASE("back can be called more than once") {
  auto [y, back] = zygote::pullback(nested, 1.2, 5);
  const double once = std::get<0>(back(1.0));
  CHECK(std::get<0>(back(1.0)) == once);
  CHECK(std::get<0>(back(2.0)) == doctest::Approx(2 * once));
}

ZYGOTE constexpr double line(double x) { return 5 * x + 3; }
static_assert(zygote::gradient(line, 2.0) == 5);
static_assert(std::get<0>(zygote::gradient(power, 2.0, 10)) == 5120);
static_assert(std::get<0>(zygote::gradient(break_in_if, 2.0, 10)) == zygote::gradient(break_in_if, 2.0, 10).get<0>());

ZYGOTE double complex_loop(double x, double y) {
  std::complex<double> z(x, y), w(1.0, 0.5);
  for (int i = 0; i < 4; ++i) {
    const auto u = z + w;
    const auto v = u * z - w;
    const auto t = v * v + u;
    z = t * w * 0.25;
    w = w * v * 0.5;
  }
  return z.real() + w.imag();
}
TEST_CASE("loops over numbers that are not cheap") { CHECK(gradient_error(complex_loop, 0.3, 0.4) < 1e-7); }

TEST_CASE("if constexpr in loops") {
  CHECK(gradient_error(chosen_in_loop, 0.7, 3) < 1e-8);
  CHECK(gradient_error(chosen_in_loop, std::vector<double>{0.7}, 3) < 1e-8);
}

ZYGOTE double same_factor(const std::vector<double>& v, std::size_t i, std::vector<double> w) {
  for (std::size_t j = 0; j < w.size(); ++j) w[j] = w[j] * v[i] + v[i + 1];
  double sum = 0;
  for (const double& x : w) sum += x * x;
  return sum;
}
ZYGOTE double same_factor_if_any(const std::vector<double>& v, std::size_t i, std::vector<double> w) {
  for (std::size_t j = 0; j < w.size(); ++j) {
    if (i + 1 >= v.size()) break;
    w[j] *= v[i + 1];
  }
  return w[0] * w[1];
}
TEST_CASE("what every iteration reads alike, if there is an iteration") {
  CHECK(same_factor({}, 0, {}) == 0);
  CHECK(
      std::get<0>(zygote::gradient(same_factor, std::vector<double>{}, std::size_t(7), std::vector<double>{})).empty());
  for (std::size_t n : {1, 3, 4, 5, 8, 11}) {
    std::vector<double> w(n);
    for (std::size_t j = 0; j < n; ++j) w[j] = 0.3 + 0.1 * double(j);
    CHECK_GRADIENT(same_factor, std::vector<double>{0.4, 1.5, -0.7}, std::size_t(1), w);
  }
  for (std::size_t i : {0, 5})
    CHECK_GRADIENT(same_factor_if_any, std::vector<double>{0.4, 1.5}, i, std::vector<double>{2.0, 3.0});
}

// Conditions of loops that change what they test, otherwise than by an assignment.
namespace conditions {
ZYGOTE bool next(double& x) {
  x = x * x + 0.4;
  return x < 3;
}
struct Steps {
  double x = 0;
  int n = 0;
  ZYGOTE bool step() {
    x = x * 1.5 + 0.1;
    return ++n < 4;
  }
};
ZYGOTE bool pop(std::vector<double>& v, double& last) {
  if (v.empty()) return false;
  last = v.back();
  v.pop_back();
  return true;
}
ZYGOTE double by_reference(double x) {
  int i = 0;
  while (next(x)) ++i;
  return x * i;
}
ZYGOTE double method(double x) {
  double sum = 0;
  Steps s{x, 0};
  for (int i = 0; i < 20 && s.step(); ++i) sum += s.x;
  return sum;
}
ZYGOTE double lambda(double x) {
  double sum = 0;
  auto more = [&] {
    x *= 1.5;
    return x < 10;
  };
  while (more()) {
    if (x > 5) continue;
    sum += x * x;
  }
  return sum;
}
ZYGOTE double stack(double x) {
  double sum = 0, last = 0;
  std::vector<double> v{x, x * x, 1};
  while (pop(v, last)) sum = sum * 0.5 + last * last;
  return sum;
}
ZYGOTE double random(double x) {
  std::mt19937 generator(5);
  std::uniform_real_distribution<double> uniform(0, 1);
  int n = 0;
  while (uniform(generator) < 0.7 && n < 20) {
    x = x * 1.1 + 0.1;
    ++n;
  }
  return x * n;
}

TEST_CASE("conditions that change what they test") {
  CHECK(zygote::withgradient(by_reference, 0.3).value == doctest::Approx(by_reference(0.3)));
  CHECK(zygote::withgradient(random, 0.3).value == doctest::Approx(random(0.3)));
  CHECK_GRADIENT(by_reference, 0.3);
  CHECK_GRADIENT(method, 0.3);
  CHECK_GRADIENT(lambda, 0.3);
  CHECK_GRADIENT(stack, 0.3);
  CHECK_GRADIENT(random, 0.3);
}
}  // namespace conditions

namespace waves {
ZYGOTE double both(double x, double y) {
  return std::sin(x * y) * std::cos(x * y) + std::sin(x) * std::cosh(y) + std::sinh(y);
}
ZYGOTE double only_cosine(double x) { return std::cos(x) * x; }
ZYGOTE double turned(std::vector<double> v, double angle) {
  double sum = 0;
  for (double& x : v) {
    const double c = std::cos(angle * x), s = std::sin(angle * x);
    if (c > 0.5) {
      x = c * x - s;
      angle += 0.1 * std::sin(x);
    } else
      x = s * std::cos(x) + c * std::sin(x);
    sum += x * std::cos(angle);
  }
  return sum * std::sin(angle);
}
ZYGOTE double elsewhere(double x, int n) {
  double sum = std::sin(x);
  for (int i = 0; i < n; ++i) sum += std::cos(x) * i;
  return n > 2 ? sum * std::cos(x) : sum;
}
ZYGOTE float single(float x) { return std::sin(x) * std::cos(x); }

TEST_CASE("sines next to cosines, which are their derivatives") {
  CHECK_GRADIENT(both, 0.4, -0.7);
  CHECK_GRADIENT(only_cosine, 0.4);
  CHECK_GRADIENT(turned, std::vector<double>{0.3, 0.9, -1.2, 2.5}, 0.8);
  for (int n : {0, 1, 2, 3}) CHECK_GRADIENT(elsewhere, 0.6, n);
  CHECK(float(zygote::gradient(single, 0.3f)) == doctest::Approx(std::cos(0.6f)));
}
}  // namespace waves

namespace untouched {
struct Pair {
  double x, y;
};
ZYGOTE double one(const Pair& p, double z, bool first) {
  if (first) return p.x * p.x;
  return z;
}

TEST_CASE("what nothing flows to has the adjoint 0, not -0") {
  for (bool first : {true, false}) {
    const auto [p, z, none] = zygote::gradient(one, Pair{2, 3}, 4.0, first);
    for (double d : {p.x, p.y, z}) CHECK(!std::signbit(d));
    const auto [again, back] = zygote::pullback(one, Pair{2, 3}, 4.0, first);
    const auto [q, dz, nothing] = back(1.0);
    for (double d : {q.x, q.y, dz}) CHECK(!std::signbit(d));
  }
}
}  // namespace untouched
