// Number types of one's own: operators that are methods, friends and functions, of mixed types, and that assign.
#include <array>
#include <vector>

#include "check.hpp"

namespace {
struct Spin {  // like a complex number
  double a = 0, b = 0;
  ZYGOTE Spin operator*(const Spin& o) const { return Spin{a * o.a - b * o.b, a * o.b + b * o.a}; }
  ZYGOTE Spin operator*(double k) const { return Spin{a * k, b * k}; }
  ZYGOTE Spin operator-() const { return Spin{-a, -b}; }
  ZYGOTE Spin operator-(Spin o) const { return *this + -o; }
  ZYGOTE Spin& operator+=(const Spin& o) {
    a += o.a;
    b += o.b;
    return *this;
  }
  ZYGOTE Spin& operator*=(double k) {
    scale(k);
    return *this;
  }
  ZYGOTE void operator*=(const Spin& o) { *this = *this * o; }
  ZYGOTE void scale(double k) { a *= k, b *= k; }
  ZYGOTE friend Spin operator/(const Spin& x, const Spin& y) {
    const double n = y.a * y.a + y.b * y.b;
    return Spin{(x.a * y.a + x.b * y.b) / n, (x.b * y.a - x.a * y.b) / n};
  }
  friend ZYGOTE Spin operator*(double k, const Spin& s) { return s * k; }
  friend Spin operator+(const Spin& x, const Spin& y);
  bool operator<(const Spin& o) const { return a < o.a; }
  friend bool operator==(const Spin&, const Spin&) = default;
};
ZYGOTE Spin operator+(const Spin& x, const Spin& y) { return Spin{x.a + y.a, x.b + y.b}; }

ZYGOTE double products(Spin p, Spin q) {
  const Spin r = p * q - q / p;
  return r.a * r.b + (p * r * q).b;
}
TEST_CASE("operators of methods, friends and functions") { CHECK_GRADIENT(products, Spin{1.5, -0.3}, Spin{0.7, 2}); }

ZYGOTE double mixed(double x, Spin p, int n) {
  Spin r = 2 * p * x - x * p * 0.5 + (n * 1.0) * -p;
  return r < p ? r.a * r.b : (r * x).b + (r == p ? 1 : 2);
}
TEST_CASE("operators of numbers and classes; comparisons") {
  CHECK_GRADIENT(mixed, 0.7, Spin{1.5, -0.3}, 3);
  CHECK_GRADIENT(mixed, 2.7, Spin{1.5, -0.3}, 1);
}

ZYGOTE double recurrence(Spin z, Spin c, int n) {
  Spin sum;
  for (int i = 0; i < n; ++i) {
    z = z * z + c;
    sum += z * (i + 1);
    if (z.a > 1) z *= 0.5;
    z *= c;
  }
  return sum.a * sum.a + sum.b;
}
TEST_CASE("operands that loops overwrite") {
  for (int n : {0, 1, 4}) CHECK_GRADIENT(recurrence, Spin{0.6, 0.4}, Spin{0.5, -0.3}, n);
}

struct Row {
  std::vector<Spin> spins;
  Spin bias;
};
ZYGOTE double elements(Row row, double k) {
  for (std::size_t i = 1; i < row.spins.size(); ++i) {
    row.spins[i] += row.spins[i - 1] * row.bias;
    row.bias *= k;
    row.spins[i - 1] *= Spin(row.spins[i - 1]);
  }
  Spin total = row.bias;
  for (const Spin& s : row.spins) total = total + s;
  return total.a * total.b;
}
TEST_CASE("elements and fields that operators change") {
  CHECK_GRADIENT(elements, Row{{{1, 2}, {0.5, -1}, {0.3, 0.2}}, {0.7, 0.1}}, 0.9);
  CHECK_GRADIENT(elements, Row{{}, {0.7, 0.1}}, 0.9);
}

template <class T>
struct Series {  // a + b e, with e e = 0
  T a, b;
  ZYGOTE Series operator*(const Series& o) const { return Series{a * o.a, a * o.b + b * o.a}; }
  ZYGOTE Series& operator-=(const Series& o) {
    a -= o.a;
    b -= o.b;
    return *this;
  }
  ZYGOTE friend Series operator+(const Series& x, const Series& y) { return Series{x.a + y.a, x.b + y.b}; }
  template <class S>
  ZYGOTE Series operator/(const S& k) const {
    return Series{a / k, b / k};
  }
};
template <class T>
ZYGOTE auto operator*(T k, const Series<T>& s) {
  return Series<T>{k * s.a, k * s.b};
}

template <class T>
ZYGOTE T polynomial(const std::vector<T>& x) {
  Series<T> s{x[0], x[1]}, sum{x[1], x[0]};
  for (int i = 0; i < 3; ++i) {
    sum = sum * s + x[0] * sum / x[1];
    sum -= s * s;
    s -= sum / 2;
  }
  return sum.a * sum.b;
}
TEST_CASE("class templates, over dual numbers too") {
  const std::vector<double> x{0.5, 0.8};
  CHECK_GRADIENT(polynomial, x);
  const auto H = zygote::hessian(polynomial, x);
  for (std::size_t i = 0; i < 2; ++i) {
    auto right = x, left = x;
    right[i] += 1e-5;
    left[i] -= 1e-5;
    const std::vector<double> up = zygote::gradient(polynomial, right), down = zygote::gradient(polynomial, left);
    for (std::size_t k = 0; k < 2; ++k) CHECK(H[i][k] == doctest::Approx((up[k] - down[k]) / 2e-5).epsilon(1e-6));
  }
}

ZYGOTE auto square(auto x) { return x * x; }
ZYGOTE double inside(Spin p, double x) {
  const auto f = [&](const auto& y) { return square(y) + p * x; };
  return f(p).a + square(x) * f(f(p)).b;
}
TEST_CASE("operators in generic functions and lambdas") { CHECK_GRADIENT(inside, Spin{0.9, 0.4}, 0.7); }
}  // namespace

namespace geo {
struct Vec {
  static auto fields(auto& self) { return std::tie(self.x_, self.y_); }
  Vec() = default;
  ZYGOTE friend double operator*(const Vec& a, const Vec& b) { return a.x_ * b.x_ + a.y_ * b.y_; }
  ZYGOTE Vec& operator+=(const Vec& o) {
    x_ += o.x_;
    y_ += o.y_;
    return *this;
  }
  ZYGOTE Vec& operator/=(const double& k) {
    x_ /= k;
    y_ /= k;
    return *this;
  }
  ZYGOTE friend Vec operator+(Vec a, const Vec& b) {
    a += b;
    return a;
  }
  ZYGOTE auto operator-() const {
    Vec r;
    r.x_ = -x_;
    r.y_ = -y_;
    return r;
  }
  ZYGOTE void set(double x, double y) {
    x_ = x;
    y_ = y;
  }
  double x_ = 0, y_ = 0;
};
struct Outer {
  struct In {
    std::array<double, 2> v;
    ZYGOTE In operator-(const In& o) const {
      In r = *this;
      for (int i = 0; i < 2; ++i) r.v[i] -= o.v[i] * v[i];
      return r;
    }
    ZYGOTE In& operator-=(In o) {
      for (int i = 0; i < 2; ++i) v[i] -= o.v[i] * v[1 - i];
      return *this;
    }
  };
};
template <class T>
ZYGOTE auto norm2(const T& a) {
  return a * a;
}
struct Body {
  geo::Vec p, q;
  std::vector<geo::Vec> trail;
};
ZYGOTE double bodies(double x, double y, int n) {
  geo::Vec a, b;
  a.set(x, y);
  b.set(y * y, x);
  Body body{a, b, {}};
  for (int i = 0; i < n; ++i) {
    body.trail.push_back(i % 2 ? body.p : -body.q);
    body.p += body.q + b;
    body.q /= 1 + x * x;
    body.trail.back() += body.p;
    if (body.p * b > 3) body.p = body.p + -a;
  }
  std::vector<geo::Vec> list{a, b, a + b, a};
  int k = 0;
  for (int i = 0; i < 2; ++i) body.q += list[k++];
  for (int i = 0; i < 2; ++i) body.p = body.p + list[k++];
  body.trail.push_back(list[k - 1]);
  double sum = geo::norm2(body.p) + geo::norm2(x) + zygote::constant(a * b) * x - zygote::constant(a * b) * x;
  for (auto& t : body.trail) {
    t /= y;
    sum += t * a;
  }
  return sum + (x > 0 ? a : b) * (a + b);
}
ZYGOTE double nested_class(geo::Outer::In p, geo::Outer::In q, double x) {
  auto h = [&](const auto& s) { return s - p; };
  for (int i = 0; i < 3; ++i) {
    p -= q;
    q -= p - q;
    p = p - p;
    p.v[0] -= x;
  }
  std::vector<geo::Outer::In> all{p, q};
  all[0] -= geo::Outer::In(all[1]);
  all[1].v[0] *= x;
  return all[0].v[0] * all[1].v[1] + h(q).v[0] * x + all[1].v[0];
}
TEST_CASE("operators of parts, by value and by reference") {
  for (int n : {0, 1, 4}) {
    CHECK_GRADIENT(bodies, 0.7, 0.4, n);
    CHECK_GRADIENT(bodies, -0.7, 1.4, n);
  }
  CHECK_GRADIENT(nested_class, geo::Outer::In{{0.3, 0.4}}, geo::Outer::In{{0.1, 0.2}}, 0.7);
}
}  // namespace geo

// Of classes of std, which argument-dependent lookup does not find.
namespace of_std {
using V = std::vector<double>;
using A3 = std::array<double, 3>;
ZYGOTE V operator*(double s, const V& a) {
  V r = a;
  for (auto& e : r) e *= s;
  return r;
}
ZYGOTE V operator+(const V& a, const V& b) {
  V r(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) r[i] = a[i] + b[i];
  return r;
}
ZYGOTE V operator-(const V& a) { return -1.0 * a; }
ZYGOTE double operator*(const V& a, const V& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}
ZYGOTE A3 operator-(const A3& a, const A3& b) { return {a[0] - b[0], a[1] - b[1], a[2] - b[2]}; }
template <class T>
ZYGOTE std::vector<T> operator/(const std::vector<T>& a, T s) {
  std::vector<T> r;
  for (const auto& e : a) r.push_back(e / s);
  return r;
}

ZYGOTE V slope(const V& y, double k) { return -(k * y) + V{y[1], y[0]}; }
ZYGOTE double runge_kutta(V y, double k, int n) {
  const double h = 0.1;
  for (int i = 0; i < n; ++i) {
    const V k1 = slope(y, k), k2 = slope(y + 0.5 * h * k1, k), k3 = slope(y + 0.5 * h * k2, k),
            k4 = slope(y + h * k3, k);
    y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
  }
  return y * y;
}
ZYGOTE double difference(const A3& a, const A3& b) {
  const A3 d = a - b;
  return d[0] * d[1] / d[2];
}
struct Body {
  V x, v;
  ZYGOTE void kick(double h, const V& a) {
    v = v + h * a;
    x = x + h * v;
  }
  ZYGOTE double energy() const { return 0.5 * (v * v) + (x / 2.0) * v; }
};
ZYGOTE double orbit(Body b, double h) {
  for (int i = 0; i < 3; ++i) b.kick(h, -b.x);
  const auto along = [&](double t) { return (t * b.x) * b.v; };
  return b.energy() + along(h);
}
}  // namespace of_std
namespace elsewhere {
using namespace of_std;
ZYGOTE double stretched(const V& x) {
  const V y = x[1] * x + x;
  return y[0] * y[1];
}
}  // namespace elsewhere

TEST_CASE("operators of vectors and arrays") {
  CHECK_GRADIENT(of_std::runge_kutta, of_std::V{1, 2}, 0.5, 3);
  CHECK_GRADIENT(of_std::difference, of_std::A3{1, 2, 3}, of_std::A3{0.5, 1, 7});
  CHECK_GRADIENT(of_std::orbit, of_std::Body{{1, 2}, {3, 4}}, 0.3);
  CHECK_GRADIENT(elsewhere::stretched, of_std::V{1, 2});
  CHECK(zygote::hessian(elsewhere::stretched, of_std::V{1, 2})[0][1] == doctest::Approx(21));
}
