// Constant methods, which are replaced by their bodies where the class of the object is known.
#include <array>
#include <cmath>
#include <map>
#include <vector>

#include "check.hpp"

namespace {
namespace lookup {
struct Other {
  double w = 5;
  ZYGOTE double get(double x) const { return w * x + 1; }
};
struct A {
  double w;
  std::vector<double> v;

  ZYGOTE double get(double x) const { return w * x; }
  ZYGOTE double outer(double x, const Other& o) const {
    const double w = 3;
    return get(x) * w + o.get(x) * this->w;
  }
  ZYGOTE double early(int i) const {
    if (i < 0) return 0;
    if (i >= (int)v.size()) return v.back();
    return v[i];
  }
  ZYGOTE double rec(int n) const { return n <= 0 ? w : w * rec(n - 1); }
  ZYGOTE double even(int n) const { return n == 0 ? w : odd(n - 1); }
  ZYGOTE double odd(int n) const { return n == 0 ? 2 * w : even(n - 1); }
  ZYGOTE double def(double x, double k = 2.5) const { return k * x * w; }
  ZYGOTE double lam(double x) const {
    auto f = [this, x](double t) { return w * t + x; };
    return f(x) * f(2.0);
  }
  ZYGOTE double two(double x) const { return w * x; }
  ZYGOTE double two(int x) const { return w * x * 100; }
  ZYGOTE auto pair(double x) const { return std::make_pair(w * x, v[0]); }
  ZYGOTE double sumloop() const {
    double s = 0;
    for (std::size_t i = 0; i < v.size(); ++i) {
      if (v[i] < 0) continue;
      s += early(int(i)) * get(v[i]);
    }
    return s;
  }
  ZYGOTE A moved(double k) const {
    A r = *this;
    r.w *= k;
    r.v.push_back(k);
    return r;
  }
  ZYGOTE double& ref() { return w; }
  ZYGOTE const double& ref() const { return w; }
};
struct Holder {
  A a;
  std::map<int, A> m;
  std::vector<A> all;
  ZYGOTE const A& pick(int i) const { return all[i]; }
  ZYGOTE double total(double x) const {
    double s = a.get(x);
    for (const A& e : all) s += e.get(x) * e.early(1);
    for (const auto& [k, e] : m) s += k * e.def(x);
    return s + pick(0).get(x);
  }
};
ZYGOTE double f(const A& a, double x) {
  int i = 0;
  const double before = a.early(i++);
  const double after = a.early(i++);
  const Other o{x};
  return a.outer(x, o) + after * before + a.early(9) + a.rec(3) + a.even(3) + a.def(x) + a.def(x, x) + a.lam(x) +
         a.two(x) + a.two(2) + a.pair(x).first * a.pair(x).second + i;
}
ZYGOTE double g(A a, double x) {
  double s = a.sumloop();
  a.v[1] = x;
  s += a.sumloop() * a.moved(x).get(2) + a.moved(x).moved(x).sumloop();
  a.ref() += x;
  return s + a.ref() * a.get(x);
}
ZYGOTE double h(const Holder& h, double x) {
  return h.total(x) + h.m.at(2).get(x) + h.pick(1).early(0) + (x > 0 ? h.a : h.all[0]).get(x);
}
ZYGOTE double get(double x) { return x * x; }
ZYGOTE double k(const A& a, double x) {
  auto z = a;
  z.w = x;
  const A& r = z;
  const auto f = [&r](double t) { return r.get(t) + get(t); };
  return f(x) + r.get(get(x));
}
template <class T>
ZYGOTE auto gen(const T& t, double x) {
  return t.get(x) * x;
}
ZYGOTE double l(const A& a, double x) { return gen(a, x) + gen(Other{x}, x); }

TEST_CASE("constant methods: names, overloads, defaults, recursion, references") {
  const A a{0.7, {1, 2, -3}};
  CHECK_GRADIENT(f, a, 0.3);
  CHECK_GRADIENT(g, a, 0.4);
  CHECK_GRADIENT(h, Holder{a, {{2, a}, {3, a}}, {a, a}}, 0.5);
  CHECK_GRADIENT(k, a, 0.6);
  CHECK_GRADIENT(l, a, 0.6);
}
}  // namespace lookup

namespace templates {
template <class T, int N>
struct Vec {
  std::array<T, N> a{};
  ZYGOTE T dot(const Vec& o) const {
    T s = 0;
    for (int i = 0; i < N; ++i) s += a[i] * o.a[i];
    return s;
  }
  ZYGOTE Vec plus(const Vec& o) const {
    Vec r;
    for (int i = 0; i < N; ++i) r.a[i] = a[i] + o.a[i];
    return r;
  }
  ZYGOTE Vec scaled(T k) const {
    Vec r = *this;
    for (T& x : r.a) x *= k;
    return r;
  }
  ZYGOTE T norm2() const { return dot(*this); }
  ZYGOTE T operator()(int i) const { return a[i]; }
};
template <class T>
struct Grid {
  int n;
  std::vector<T> v;
  ZYGOTE T at(int i, int j) const { return v[i * n + j]; }
  ZYGOTE T lap(int i, int j) const { return at(i + 1, j) + at(i - 1, j) + at(i, j + 1) + at(i, j - 1) - 4 * at(i, j); }
  ZYGOTE const std::vector<T>& all() const { return v; }
  ZYGOTE int size() const { return n; }
};
struct Spline {
  std::vector<double> x, y;
  ZYGOTE int find(double t) const {
    int i = 0;
    while (i + 2 < (int)x.size() && x[i + 1] < t) ++i;
    return i;
  }
  ZYGOTE double operator()(double t) const {
    const int i = find(t);
    const double u = (t - x[i]) / (x[i + 1] - x[i]);
    return (1 - u) * y[i] + u * y[i + 1];
  }
};
struct Mlp {
  struct Layer {
    std::vector<double> w;
    double b;
    ZYGOTE double operator()(double x) const {
      double s = b;
      for (double k : w) s += std::tanh(k * x);
      return s;
    }
  };
  std::vector<Layer> layers;
  ZYGOTE double forward(double x) const {
    for (const auto& l : layers) x = l(x);
    return x;
  }
  ZYGOTE double loss(double x, double y) const {
    const double e = forward(x) - y;
    return e * e;
  }
};
ZYGOTE double f(const Vec<double, 3>& v, double k) {
  auto w = v.scaled(k).plus(v);
  w.a[0] += v(1);
  return w.norm2() + w.dot(v) + v(0) * w(2);
}
ZYGOTE double g(const Grid<double>& g) {
  double s = 0;
  for (int i = 1; i + 1 < g.size(); ++i)
    for (int j = 1; j + 1 < g.size(); ++j) {
      const double l = g.lap(i, j);
      s += l * l;
    }
  const auto& a = g.all();
  return s + a[0] * a[3];
}
ZYGOTE double h(const Spline& s, double t) {
  double sum = 0;
  for (int i = 0; i < 4; ++i) sum += s(t * i) * s(t);
  return sum;
}
ZYGOTE double m(const Mlp& n, const std::vector<double>& xs) {
  double s = 0;
  for (double x : xs) s += n.loss(x, x * x);
  return s;
}

TEST_CASE("constant methods of class templates, in loops, of elements") {
  CHECK_GRADIENT(f, Vec<double, 3>{{1, 2, 3}}, 0.3);
  CHECK_GRADIENT(g, Grid<double>{4, std::vector<double>(16, 1.5)});
  CHECK_GRADIENT(h, Spline{{0, 0.5, 1, 2}, {1, 3, 2, 4}}, 0.3);
  CHECK_GRADIENT(m, Mlp{{{{0.1, 0.2}, 0.3}, {{0.5}, 0.7}}}, std::vector<double>{0.5, 1.5});
}
}  // namespace templates

namespace siblings {
ZYGOTE double get(double x) { return x * x; }
struct A {
  double w, sum = 0;
  ZYGOTE double get(double x) const { return w * x; }
  ZYGOTE void step(double x) { sum += get(x); }
};
ZYGOTE double f(A a, double x) {
  a.step(x);
  a.step(2 * x);
  return a.sum;
}
struct Rounded {
  double w;
  ZYGOTE double get(double x) const { return w * x; }
  ZYGOTE int get(int x) const { return 2 * x; }
};
ZYGOTE double overloaded(const Rounded& r, double x) { return r.get(x) + r.get(3); }
TEST_CASE("a method hides a marked function of its name") {
  CHECK_GRADIENT(f, A{0.7}, 0.3);
  CHECK(zygote::withgradient(f, A{0.7}, 0.3).value == doctest::Approx(0.63));
  CHECK(get(3.0) == 9);
  CHECK_GRADIENT(overloaded, Rounded{0.7}, 0.3);
  CHECK(zygote::withgradient(overloaded, Rounded{0.7}, 0.3).value == doctest::Approx(6.21));
}
}  // namespace siblings
}  // namespace
