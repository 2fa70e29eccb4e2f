// Number types of one's own: operators that are methods, friends and functions, of mixed types, and that assign.
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
