// Second derivatives of functions of double: their pullbacks take dual numbers as well.
#include <numeric>
#include <vector>

#include "check.hpp"

namespace {

ZYGOTE double bump(double x, double width = 2) {
  double y = 1;
  for (int i = 1; i < 4; ++i) y *= std::sin(x / (width * i)) + x;
  return y > 0 ? y : -y * x;
}
ZYGOTE double chain(const std::vector<double>& x) {
  std::vector<double> scaled(x.size());
  double total = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    scaled[i] = i > 0 ? x[i] * scaled[i - 1] : bump(x[i]);
    total += std::exp(-scaled[i] * x[i]) * static_cast<double>(i + 1);
  }
  return total * bump(x[0], 3.0);
}
ZYGOTE double power(double x, int n) { return n == 0 ? 1.0 : x * power(x, n - 1); }
ZYGOTE double energy(std::array<double, 3> q, float k) {
  return k * q[0] * q[1] * q[1] + std::cos(q[2] * q[0]) + power(q[1], 5);
}

// The loss of a network that is to solve u' = -u: it contains a derivative, and is differentiated.
ZYGOTE double model(double x, double w) { return std::tanh(w * x) * w + x * x * w; }
ZYGOTE double residual(double w) {
  double total = 0;
  for (int i = 0; i < 4; ++i) {
    const double x = 0.25 * i;
    const double slope = std::get<0>(zygote::gradient(model, x, w));
    total += (slope + model(x, w)) * (slope + model(x, w));
  }
  return total;
}

/// Central differences of the gradient.
template <class F, class X>
auto differences(const F& f, const X& at, std::size_t i) {
  auto up = at, down = at;
  const double h = 1e-5;
  up[i] += h;
  down[i] -= h;
  const X a = std::get<0>(zygote::gradient(f, up)), b = std::get<0>(zygote::gradient(f, down));
  X slope = a;
  for (std::size_t k = 0; k < at.size(); ++k) slope[k] = (a[k] - b[k]) / (2 * h);
  return slope;
}

namespace aliases {
using Real = double;
using Reals = std::vector<Real>;
ZYGOTE Real valley(const Reals& x) {
  auto sum = 0.0;
  Reals y(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) y[i] = x[i] * x[i];
  for (const Real& e : y) sum += e * e;
  return sum + std::accumulate(x.begin(), x.end(), 0.0, [](Real a, Real b) { return a * b + b; });
}
ZYGOTE double ridge(const Unknowns& x) { return x[0] * x[0] * x[1] + std::exp(x[1]); }
}  // namespace aliases
TEST_CASE("Hessians of functions of types with other names") {
  const std::vector<double> x{0.5, -1.2};
  const auto h = zygote::hessian(aliases::valley, x);
  // x^4 + y^4 + (x y + y)
  CHECK(h[0][0] == doctest::Approx(12 * x[0] * x[0]));
  CHECK(h[1][1] == doctest::Approx(12 * x[1] * x[1]));
  CHECK(h[0][1] == doctest::Approx(1));
  CHECK(h[1][0] == doctest::Approx(1));
  CHECK_GRADIENT(aliases::valley, x);
  CHECK(zygote::hessian(aliases::ridge, x)[0][1] == doctest::Approx(2 * x[0]));
}

TEST_CASE("derivatives of functions of double") {
  const double x = 0.7, h = 1e-5;
  CHECK(zygote::derivative([](auto y) { return bump(y); }, x) ==
        doctest::Approx((bump(x + h) - bump(x - h)) / (2 * h)));
  CHECK(zygote::derivative([](auto y) { return power(y, 5); }, x) == doctest::Approx(5 * std::pow(x, 4)));
  const auto slope = [](auto y) { return zygote::derivative([](auto z) { return power(z, 5); }, y); };
  CHECK(zygote::derivative(slope, x) == doctest::Approx(20 * std::pow(x, 3)));
}
TEST_CASE("Hessians of functions of double") {
  const std::vector<double> x = {0.4, -0.8, 1.1, 0.3};
  const auto h = zygote::hessian(chain, x);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto row = differences(chain, x, i);
    for (std::size_t k = 0; k < x.size(); ++k) CHECK(h[i][k] == doctest::Approx(row[k]).epsilon(1e-6));
    std::vector<double> v(x.size());
    v[i] = 1;
    CHECK(zygote::hvp(chain, x, v)[0] == doctest::Approx(h[i][0]));
  }
  const auto at = std::array{0.3, 0.7, -1.2};
  const auto f = ZYGOTE[](const auto& q) { return energy(q, 2.f); };
  const auto e = zygote::hessian(f, at);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto row = differences(f, at, i);
    for (std::size_t k = 0; k < 3; ++k) CHECK(e[i][k] == doctest::Approx(row[k]).epsilon(1e-6));
  }
}
TEST_CASE("a loss that contains a gradient") { CHECK(gradient_error(residual, 0.6) < 1e-7); }

// A gradient in a variable of its own type; loops that begin with what is a constant to the derivative.
using Vector = std::vector<double>;
ZYGOTE double quadratic(const Vector& q) { return q[0] * q[0] * q[1]; }
ZYGOTE double slope(const Vector& q) {
  const Vector g = zygote::gradient(quadratic, q);
  return g[0] * g[1];
}
ZYGOTE double series(const Vector& w, double x) {
  double sum = w[0], power = w[1] * w[0];
  for (double c : w) {
    power *= x;
    sum += c * power;
  }
  return sum;
}
TEST_CASE("the only gradient as a value") { CHECK_GRADIENT(slope, Vector{2, 3}); }
TEST_CASE("a derivative by one number, the others being constants") {
  const Vector w{0.5, -1, 2};
  const auto f = [&](auto x) { return series(w, x); };
  CHECK(zygote::derivative(f, 0.7) == doctest::Approx((f(0.7 + 1e-6) - f(0.7 - 1e-6)) / 2e-6));
}

}  // namespace
