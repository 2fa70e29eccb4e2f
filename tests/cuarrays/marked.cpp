// Arrays in marked code: next to numbers, made of vectors, by their shapes; second derivatives.
#include <cmath>
#include <complex>
#include <limits>

#include "marked.hpp"

namespace {
using namespace cuarrays;
using Vec = Array<double, 1>;
using Mat = Array<double, 2>;

const auto some = [](auto... extents) { return rand<double>(check::rng(), extents...); };

// Numbers that were computed, next to arrays.
ZYGOTE double half(double a) { return a / 2; }
ZYGOTE double scaled(const Mat& s) { return sum(tanh(s / std::sqrt(double(s.size(0))))); }
ZYGOTE double factors(const Mat& s, double a) {
  const double k = a * a;
  return sum(s * std::exp(a)) + sum(s * (1 / a)) + sum(s * half(a)) + sum(s * k) + sum(s * (-a)) + sum(s + std::log(a));
}
ZYGOTE double normalised(const Vec& x) {
  const Vec centred = x - mean(x);
  return sum(centred / std::sqrt(mean(centred * centred) + 1e-6) * x * x);
}
ZYGOTE double mixed(const Vec& x, double a) {
  Vec y = x / std::sqrt(sum(x * x));
  y /= 1 + a * a;
  return sum(y * y * y + x * std::max(a, 0.3) + (std::exp(a) - x) * x + x * std::abs(a));
}
ZYGOTE double running(const Vec& x, double momentum) {
  Vec r = x * 0.1;
  for (int i = 0; i < 4; ++i) {
    r = (1 - momentum) * r + momentum * (x * x);
    momentum *= 0.9;
  }
  return sum(r * r);
}
TEST_CASE("numbers that were computed, next to arrays") {
  check_marked(scaled, some(2, 3));
  check_marked(factors, some(2, 3), 0.7);
  check_marked(normalised, some(4));
  check_marked(mixed, some(3), 0.7);
  check_marked(running, some(3), 0.3);
}

// Arrays of elements that were computed one by one, and back.
ZYGOTE double of_vector(const Vec& x, double a) {
  std::vector<double> v;
  for (int i = 0; i < 3; ++i) v.push_back(sum(x * x) * i * a + a);
  const Vec all(Shape<1>(v.size()), v);
  const std::array<double, 2> two{a, a * x(0)};
  return maximum(all) + mean(all * all) + sum(exp(Vec(Shape<1>(2), two)));
}
ZYGOTE double to_vector(const Mat& x) {
  const std::vector<double> v = x.to_vector();
  double total = 0;
  for (std::size_t i = 0; i < v.size(); ++i) total += v[i] * v[i] * i;
  return total + sum(x.reshape(Shape(x.size())) * Vec(Shape<1>(x.size()), v));
}
ZYGOTE double like(const Mat& x) {
  Mat z(x.shape());
  z(0, 0) = x(0, 0) * x(1, 1);
  z += reshape(x, z.shape());
  return sum(z * z);
}
struct State {
  Mat u;
  double t;
};
ZYGOTE double elements(const Mat& u, double t) {
  State s{u, t};
  s.u(0, 0) = s.u(1, 0) * s.t;
  std::vector<Mat> v(2, s.u);
  v[0](0, 1) *= t;
  v[1](1, 1) += v[0](0, 1);
  return sum(v[0] * v[1]);
}
ZYGOTE double mapped(const Mat& x, double a) {
  return sum(map([a](double t) { return t * t * a + std::sin(t); }, x));
}
struct Logistic {
  double rate;
  ZYGOTE double operator()(double t) const {
    for (int k = 0; k < 3; ++k) {
      if (t > 0.5) t *= 0.9;
      t = rate * t * (1 - t);
    }
    return t;
  }
};
ZYGOTE double mapped_with_loops(const Mat& x, double rate) { return sum(map(Logistic{rate}, x)); }
TEST_CASE("arrays of elements that were computed, and shapes") {
  check_marked(elements, some(2, 2), 0.7);
  check_marked(mapped, some(2, 3), 0.7);
  check_marked(mapped_with_loops, some(2, 3), 2.7);
  check_marked(of_vector, some(3), 0.7);
  check_marked(to_vector, some(2, 3));
  check_marked(like, some(2, 2));
}

// Gradients inside losses.
ZYGOTE double energy(const Vec& x) { return sum(x * x * x) + sum(sin(x)) * sum(x); }
ZYGOTE double penalty(const Vec& x) {
  const auto [g] = zygote::gradient(energy, x);
  return sum(g * g);
}
template <class V>
struct Net {
  V w;
};
struct Output {
  template <class N, class X>
  ZYGOTE auto operator()(const N& net, const X& x) const {
    return sum(tanh(matmul(net.w, x)));
  }
};
ZYGOTE double norms(const Mat& w, const Mat& x) {
  const auto [dw, dx] = zygote::gradient(Output{}, Net<Mat>{w}, x);
  const auto length = sqrt(sum(dx * dx, 0) + 1e-12);
  return mean((length - 1) * (length - 1)) + sum(dw.w * dw.w);
}
TEST_CASE("second derivatives") {
  check_marked(penalty, some(3));
  check_marked(norms, some(2, 3), some(3, 4));
  const Vec x = some(3), v = some(3), product = zygote::hvp(energy, x, v);
  const double h = 1e-5;
  const Vec above = std::get<0>(zygote::gradient(energy, Vec(x + h * v))),
            below = std::get<0>(zygote::gradient(energy, Vec(x - h * v)));
  CHECK(isapprox(product, (above - below) / (2 * h), 1e-6));
  static_assert(zygote::can_lift<Mat> && !zygote::can_lift<CuArray<double, 1>>);
}
}  // namespace

// Random arrays: the generator changes.
namespace {
struct Sampler {
  Vec s;
  ZYGOTE Vec operator()(const Vec& mu) const {
    Rng generator(7);
    return mu + s * randn<double>(generator, mu.size());
  }
};
ZYGOTE double masked(const Vec& x, Rng& generator) {
  const Vec keep = bernoulli<double>(generator, 0.5, x.size());
  return sum(x * x * keep);
}
ZYGOTE double sampled(const Vec& mu, const Vec& s) {
  Rng generator(5);
  const Sampler sampler{s};
  double loss = masked(mu, generator) + 2 * masked(s, generator);
  for (int i = 0; i < 3; ++i) {
    const Vec z = mu + exp(sampler.s) * randn<double>(generator, mu.size());
    loss += sum(z * z) + sum(sampler(mu) * mu);
  }
  return loss;
}
TEST_CASE("random arrays in marked code") {
  check_marked(sampled, some(4), some(4));
  const Vec mu = some(4), s = some(4);
  CHECK(zygote::withgradient(sampled, mu, s).value == doctest::Approx(sampled(mu, s)));
}
}  // namespace

// Arrays of one number, which has an adjoint.
namespace {
ZYGOTE double filled(double a, const Vec& x) {
  const Vec start = cuarrays::full(a * a, x.size()), ones = full(1.0, x.size());
  return sum(start * x + ones * a);
}
TEST_CASE("arrays filled with a number") { check_marked(filled, 0.7, some(5)); }
}  // namespace

// A loss that contains the derivative of a network by a number: dual numbers next to arrays of numbers.
namespace {
ZYGOTE auto network(const auto& w1, const auto& w2, const auto& v, auto t) {
  return sum(v * tanh(matmul(w2, tanh(w1 * t + 0.1))));
}
ZYGOTE double residuals(const Vec& w1, const Mat& w2, const Vec& v) {
  double s = 0;
  for (int i = 0; i < 3; ++i) {
    const double t = 0.2 * i;
    const double slope = zygote::derivative([&](auto q) { return network(w1, w2, v, q); }, t);
    const double residual = slope + network(w1, w2, v, t);
    s += residual * residual;
  }
  return s;
}
TEST_CASE("derivatives by a number in losses of arrays") { check_marked(residuals, some(3), some(2, 3), some(2)); }
}  // namespace

// x += y is what it is outside: an empty array takes any shape, another one keeps its own.
namespace {
struct Totals {
  std::vector<Vec> each;
  Vec all;
};
ZYGOTE double totals(const Vec& a, const Vec& b) {
  const std::vector<Vec> v{a, b, a * b};
  Totals t{std::vector<Vec>(2), Vec()};
  for (std::size_t i = 0; i < v.size(); ++i) {
    t.all += v[i];
    t.each[i % 2] += v[i] * 2;
  }
  return sum(t.all * t.all) + sum(t.each[0] * t.each[1]);
}
ZYGOTE double stretched(const Mat& x) {
  Mat y(Shape(2, 1));
  y += x;
  return sum(y);
}
TEST_CASE("sums that begin with an empty array") {
  check_marked(totals, some(3), some(3));
  CHECK_THROWS_AS(zygote::gradient(stretched, some(2, 3)), std::invalid_argument);
}
}  // namespace

// All derivatives of functions of arrays.
namespace {
ZYGOTE auto columns(const Mat& x) {
  Vec y = sum(x * x, 0).reshape(Shape(x.size(1)));
  y[0] = x(0, 1) * x(1, 2);
  return y;
}
ZYGOTE double cubes(const Vec& x) { return sum(x * x * x) + x[0] * x[1]; }
TEST_CASE("Jacobians and Hessians of functions of arrays") {
  const Mat x = some(2, 5);
  const Array<double, 3> j = zygote::jacobian(columns, x);
  CHECK(j.shape() == Shape(5, 2, 5));
  CHECK(j(3, 1, 3) == 2 * x(1, 3));
  CHECK(j(3, 1, 2) == 0);
  CHECK(j(0, 1, 2) == x(0, 1));
  const Vec v = some(9);
  const Mat h = zygote::hessian(cubes, v);
  CHECK(isapprox(h, transpose(h), 0, 0));
  CHECK(h(4, 4) == doctest::Approx(6 * v[4]));
  CHECK(h(0, 1) == 1);
  CHECK(isapprox(zygote::jacobian(cubes, v), std::get<0>(zygote::gradient(cubes, v))));
}
}  // namespace

// A scan with an operator of one's own.
namespace {
struct LogAddExp {
  template <class T>
  static constexpr T neutral() {
    return -std::numeric_limits<T>::infinity();
  }
  ZYGOTE double operator()(double a, double b) const {
    const double most = std::max(a, b);
    return most + std::log1p(std::exp(std::min(a, b) - most));
  }
};
ZYGOTE double scanned(const Mat& x) {
  return sum(cuarrays::scan(LogAddExp(), x, 1) * x) + sum(scan(LogAddExp(), x) * x);
}
TEST_CASE("scans with an operator of one's own") { check_marked(scanned, some(3, 4)); }
}  // namespace

// Complex numbers: dL = Re(conj(gradient) dz), as for numbers of their own.
namespace {
using Complex = std::complex<double>;
using Complexes = Array<Complex, 1>;
ZYGOTE double products(const Complexes& z, const Complexes& w, Complex c) {
  const Complexes r = exp(z) / (z + c);
  return std::norm(sum(z * w)) + std::norm(sum(r)) + sum(abs(z * c));
}
ZYGOTE double with_reals(const Complexes& z, const Vec& x, double k) {
  return std::norm(sum(z * x)) + sum(abs(x / z) * k) + std::norm(sum(z * k));
}
ZYGOTE double with_parts(const Complexes& z, const Complexes& w) {
  return sum(real(z * conj(w)) * arg(z)) + sum(imag(z) * norm(w));
}
/// The gradient of loss() with respect to one complex number.
Complex differences(auto loss, Complex& z) {
  const Complex kept = z;
  const auto along = [&](Complex direction) {
    const double h = 1e-6;
    z = kept + h * direction;
    const double above = loss();
    z = kept - h * direction;
    const double below = loss();
    z = kept;
    return (above - below) / (2 * h);
  };
  return {along({1, 0}), along({0, 1})};
}
TEST_CASE("elementwise operations on complex numbers") {
  const auto near = [](Complex a, Complex b) { return std::abs(a - b) < 1e-6 * (1 + std::abs(b)); };
  Complexes z(Shape<1>(3), {{1, 2}, {0.3, -0.4}, {-1, 0.5}}), w(Shape<1>(3), {{.5, 1}, {1, 1}, {0.2, -2}});
  Complex c(0.7, 1.1);
  const auto [dz, dw, dc] = zygote::gradient(products, z, w, c);
  for (Index i = 0; i < 3; ++i) {
    CHECK(near(dz[i], differences([&] { return products(z, w, c); }, z[i])));
    CHECK(near(dw[i], differences([&] { return products(z, w, c); }, w[i])));
  }
  CHECK(near(dc, differences([&] { return products(z, w, c); }, c)));
  const auto [pz, pw] = zygote::gradient(with_parts, z, w);
  for (Index i = 0; i < 3; ++i) {
    CHECK(near(pz[i], differences([&] { return with_parts(z, w); }, z[i])));
    CHECK(near(pw[i], differences([&] { return with_parts(z, w); }, w[i])));
  }
  Vec x = some(3);
  double k = 0.6;
  const auto [rz, rx, rk] = zygote::gradient(with_reals, z, x, k);
  for (Index i = 0; i < 3; ++i) CHECK(near(rz[i], differences([&] { return with_reals(z, x, k); }, z[i])));
  check::compare([&] { return with_reals(z, x, k); }, x, rx);
  check::compare([&] { return with_reals(z, x, k); }, k, rk);
}
}  // namespace
