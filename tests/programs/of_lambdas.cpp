// Gradients of lambdas inside marked code, and their gradients: through the arguments and what the lambda captured.
#include <array>
#include <vector>

#include "check.hpp"

namespace {

using zygote::derivative;
using zygote::gradient;
using Vector = std::vector<double>;

ZYGOTE double square(double t) { return t * t; }

/// f(args...) is what its pullback says, and the gradient is right.
#define CHECK_BOTH(f, ...)                                                                               \
  CHECK(static_cast<double>(f(__VA_ARGS__)) == doctest::Approx(zygote::pullback(f, __VA_ARGS__).value)); \
  CHECK_GRADIENT(f, __VA_ARGS__)

ZYGOTE double by_value(double x, double y, int n) {
  double z = x * y;
  const auto g = [z, y, n](double t) -> double {
    if (t > 0) return std::pow(t, n) * z;
    return t * y * y;
  };
  z = 3;
  double r = std::get<0>(gradient(g, x)) * z;
  if (r > 0) r += std::get<0>(gradient(g, -x)) * y;
  return r;
}
ZYGOTE double in_loops(const Vector& w, double y) {
  const auto f = [&](const Vector& x) {
    double s = 0;
    for (std::size_t i = 0; i < x.size(); ++i) s += square(x[i] * w[i]) * y;
    return s * s;
  };
  double total = 0;
  for (int k = 0; k < 3; ++k) {
    const Vector x{0.3 * k, w[1], y};
    const auto g = std::get<0>(gradient(f, x));
    for (double e : g) total += e * e;
    if (g[0] > 0.01) total *= y;
  }
  return total;
}
ZYGOTE double of_several(double x, double y) {
  const auto f = [&](double a, double b, int n) {
    double s = 0;
    for (int i = 0; i < n; ++i) s += a * b * b * y;
    return s;
  };
  const auto [da, db, dn] = gradient(f, x, y, 3);
  return da * x + db * y;
}
ZYGOTE double of_array(const std::array<double, 2>& a) {
  const auto g = [&](const std::array<double, 2>& b) { return b[0] * b[1] * a[0] * b[1]; };
  const std::array<double, 2> d = gradient(g, a);
  return d[0] * d[1];
}
ZYGOTE double again(double x, int n) {
  if (n == 0) return x;
  const auto g = [&](double t) { return t * t * t * x; };
  return again(std::get<0>(gradient(g, x)), n - 1);
}
ZYGOTE double descends(double x, double y) {
  double q = x, k = 1;
  const auto outside = [&](double t) { return t * t * y * q; };
  for (int i = 1; i < 4; ++i) {
    const auto f = [&](double t) { return t * t * y * k * i + q * t; };
    q -= 0.1 * std::get<0>(gradient(f, q));
    k *= q + i - std::get<0>(gradient(outside, q));
  }
  return q * k;
}
ZYGOTE double where_it_stands(double x, double y) {
  return std::get<0>(gradient([&](const auto& t) { return t * t * y; }, x)) * x;
}
TEST_CASE("gradients of lambdas") {
  CHECK_BOTH(by_value, 0.7, 1.3, 3);
  CHECK_BOTH(by_value, -0.7, 1.3, 3);
  CHECK_BOTH(in_loops, Vector{0.7, 0.3, -0.5}, 1.1);
  CHECK_BOTH(of_several, 0.7, 1.3);
  CHECK_BOTH(of_array, std::array{0.7, 0.3});
  CHECK_BOTH(again, 0.7, 2);
  CHECK_BOTH(descends, 0.7, 1.3);
  double q = 0.7, k = 1;
  for (int i = 1; i < 4; ++i) {
    q -= 0.1 * (2 * q * 1.3 * k * i + q);
    k *= q + i - 2 * q * 1.3 * q;
  }
  CHECK(descends(0.7, 1.3) == doctest::Approx(q * k));
  CHECK_BOTH(where_it_stands, 0.7, 1.3);
}

ZYGOTE double three_times(double x, double y) {
  const auto g = [&](double t) { return t * t * t * y; };
  const auto h = [&](double s) { return std::get<0>(gradient(g, s)) * s + g(0.5); };
  return std::get<0>(gradient(h, x)) * y;
}
template <class F>
ZYGOTE auto scaled_slope(const F& f, double x) {
  return std::get<0>(gradient(f, x)) * x;
}
ZYGOTE double handed_on(double x, double y) {
  const auto g = ZYGOTE[&](double t) { return t * t * y; };  // marked, as nobody sees here that its gradient is taken
  return scaled_slope(g, x);
}
ZYGOTE double waves(const Vector& p) {
  const auto u = [&](double x) {
    double s = p[3];
    for (int i = 0; i < 3; ++i) s += p[std::size_t(i)] * std::sin(p[std::size_t(i + 1) % 3] * x + 0.1 * i);
    return s;
  };
  const auto slope = [&](double x) { return derivative(u, x); };
  double sum = square(u(0) - 1);
  for (int i = 0; i < 4; ++i) sum += square(derivative(slope, 0.25 * i) + u(0.25 * i));
  return sum;
}
TEST_CASE("gradients of lambdas in lambdas, and of those that are handed on") {
  CHECK(three_times(0.7, 1.3) == doctest::Approx(9 * 0.49 * 1.69));
  CHECK_BOTH(three_times, 0.7, 1.3);
  CHECK_BOTH(handed_on, 0.7, 1.3);
  CHECK_BOTH(waves, Vector{0.7, 0.3, -0.5, 0.2});
}

ZYGOTE double with_value(const Vector& x, double y) {
  const auto g = [&](const Vector& t) { return t[0] * t[1] * t[0] * y; };
  const auto r = zygote::withgradient(g, x);
  return r.value * std::get<0>(r.gradients)[1];
}
ZYGOTE double cube(double t, double y) { return t * t * t * y; }
ZYGOTE double of_function(double x, double y) {
  const auto [value, slopes] = zygote::withgradient(cube, x, y);
  return value * x * std::get<0>(slopes) + std::get<1>(slopes);
}
ZYGOTE double curved(double x, double y) {
  const auto g = [&](double t) { return t * t * t * t * y; };
  return zygote::hvp(g, x, y) * x;
}
ZYGOTE double along(const Vector& x, double y) {
  const auto g = [&](const Vector& t) { return t[0] * t[1] * t[0] * y * t[1]; };
  const Vector h = zygote::hvp(g, x, Vector{y, x[0]});
  return h[0] * h[1];
}
TEST_CASE("gradients of withgradient and hvp") {
  CHECK_BOTH(with_value, Vector{0.7, 0.3}, 1.3);
  CHECK_BOTH(of_function, 0.7, 1.3);
  CHECK(curved(0.7, 1.3) == doctest::Approx(12 * 0.49 * 1.69 * 0.7));
  CHECK_BOTH(curved, 0.7, 1.3);
  CHECK_BOTH(along, Vector{0.7, 0.3}, 1.3);
}

ZYGOTE double twice(double x, double y) {
  const auto g = [&](double t) { return t * t * t * y; };
  return std::get<0>(gradient(g, x)) * x;
}
TEST_CASE("second derivatives of what contains a gradient of a lambda") {
  const auto f = ZYGOTE[](auto x) { return twice(x, 1.3); };
  CHECK(derivative(f, 0.7) == doctest::Approx(9 * 1.3 * 0.49));
  CHECK(zygote::hessian(f, 0.7) == doctest::Approx(18 * 1.3 * 0.7));
  const auto marked = ZYGOTE[](double x, double y) {
    const auto g = [&](double t) { return t * t * y; };
    return std::get<0>(gradient(g, x)) * x;
  };
  CHECK_BOTH(marked, 0.7, 1.3);
}

template <class T>
struct Line {
  T slope, offset;
};
struct Sample {
  double x, y;
};
using Samples = std::vector<Sample>;
ZYGOTE double loss(const Line<double>& p, const Samples& data) {
  double sum = 0;
  for (const Sample& s : data) sum += square(p.slope * s.x + p.offset * p.slope - s.y);
  return sum / double(data.size());
}
ZYGOTE double learns(const Line<double>& p, double rate) {
  const Samples train = zygote::constant(Samples{{0.1, 0.5}, {0.3, 0.2}}), test{{0.4, -0.5}};
  Line<double> q = p;
  for (int i = 0; i < 2; ++i) {
    const auto inner = [&](const Line<double>& r) { return loss(r, train); };
    const auto [g] = gradient(inner, q);
    q = {q.slope - rate * g.slope, q.offset - rate * g.offset};
  }
  return loss(q, test);
}
ZYGOTE double with_constants(double x) {
  const Vector w{0.3, 0.5};
  const auto f = [&](const Vector& t) {
    Vector z = w;
    z[0] *= t[0];
    z[1] += t[1] * t[0] * x;
    return z[0] * z[1];
  };
  const auto g = std::get<0>(gradient(f, Vector{x, x * x}));
  return g[0] * g[1];
}
TEST_CASE("structs and constants that a lambda captures") {
  CHECK_BOTH(learns, Line<double>{0.7, 0.3}, 0.1);
  CHECK_BOTH(with_constants, 0.7);
}

// Of classes that are no templates, lambdas capture the fields.
class Network {
  Vector w;
  double scale = 1;

 public:
  Network() = default;
  ZYGOTE Network(const Vector& v, double s) : w(v), scale(s) {}
  static auto fields(auto& self) { return std::tie(self.w, self.scale); }
  ZYGOTE double at(double x) const {
    double s = 0;
    for (std::size_t i = 0; i < w.size(); ++i) s += scale * std::tanh(w[i] * x + 0.1 * double(i));
    return s;
  }
  ZYGOTE double slope(double x) const {
    return std::get<0>(gradient([&](double t) { return at(t) * scale; }, x));
  }
  ZYGOTE double operator()(double x, double y) const {
    const auto f = [&](double t) { return at(t) * y + w[1] * t * t * scale; };
    return std::get<0>(gradient(f, x)) * slope(y);
  }
};
ZYGOTE double of_network(const Vector& v, double s) {
  const Network n(v, s);
  return n(s, 0.4);
}
template <class N>
ZYGOTE double of_any(const N& n, double x) {
  return n(x, 0.4);
}
struct Data {
  Vector x, y;
};
struct Pair {
  double w, b;
};
ZYGOTE double fit(const Pair& p, const Data& d, double step) {
  const Pair scaled{p.w * step, p.b};
  const auto loss = [&](double w, double b) {
    double s = 0;
    for (std::size_t i = 0; i < d.x.size(); ++i) s += square(w * d.x[i] * scaled.w + b * w - d.y[i]);
    return s;
  };
  const auto [dw, db] = gradient(loss, p.w, p.b);
  return loss(p.w - step * dw, p.b - step * db);
}
TEST_CASE("fields that a lambda captures") {
  const Vector v{0.7, -0.3, 0.2};
  CHECK_BOTH(of_network, v, 1.2);
  CHECK_BOTH(of_any, Network(v, 1.2), 0.5);
  CHECK_BOTH(fit, Pair{0.7, -0.3}, Data{{0.1, 0.5}, {0.3, -0.2}}, 0.1);
}

}  // namespace
