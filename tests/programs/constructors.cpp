// Marked constructors and static methods; private fields that change outside of their class.
#include <array>
#include <optional>

#include "check.hpp"

namespace {

template <class T>
struct Pair {
  T x{}, y{};
  Pair() = default;
  ZYGOTE explicit Pair(T both) : Pair(both, 2 * both) {}
  ZYGOTE Pair(T a, T b) : x(a), y{b * b} {}
  static constexpr auto fields(auto& self) { return std::tie(self.x, self.y); }
  ZYGOTE T dot(const Pair& o) const { return x * o.x + y * o.y; }
  ZYGOTE Pair scaled(T k) const { return Pair(k * x, y); }
  ZYGOTE static Pair same(T k) { return {k, k}; }
};
ZYGOTE double all_ways(double x, double y) {
  Pair<double> a(x, y), b(x * y), c = Pair<double>(y, 2), d{x, y};
  auto e = Pair<double>{1, x};
  Pair<double> f = a;
  f = Pair<double>(y, y);
  std::vector<Pair<double>> all;
  all.push_back(a);
  all.emplace_back(Pair<double>(x, 3));
  all.emplace_back(x, y);
  all.push_back({y, x});
  double sum = a.dot(b) + c.dot(d) + e.dot(f) + a.scaled(x).dot(e) + Pair<double>::same(y).dot(Pair<double>::same(x));
  for (const auto& p : all) sum += p.dot(b);
  return sum;
}

// What a constructor does is done again to find its adjoint: containers begin empty once more.
class Samples {
 public:
  Samples() = default;
  ZYGOTE Samples(const std::vector<double>& data, double w) : w_(w), scale_(w_ * w), data_(data) {
    if (data.empty()) throw std::invalid_argument("no samples");
    for (double& d : data_) {
      d *= w_;
      sum_ += d;
    }
    mean = sum_ / double(data_.size());
    more_.push_back(w);
    centre(mean * w);
  }
  static auto fields(auto& self) {
    return std::tie(self.mean, self.sum_, self.scale_, self.w_, self.data_, self.more_);
  }
  ZYGOTE void centre(double by) {
    for (double& d : data_) d -= by;
    mean -= by;
  }
  ZYGOTE double variance() const {
    double s = 0;
    for (double d : data_) s += (d - mean) * (d - mean);
    return s / double(data_.size()) * scale_ + more_[0] * double(more_.size()) + offset_ * mean;
  }
  double mean = 0;

 private:
  double w_ = 1, sum_ = 0, scale_ = 2;
  std::vector<double> data_, more_;
  int offset_ = 3;
};
ZYGOTE double variance(const std::vector<double>& v, double w) {
  Samples s(v, w);
  s.centre(w);  // changes private fields, from outside
  return s.variance() + s.mean;
}

struct Model {
  std::vector<double> w;
  double bias = 0;
  Model() {}
  ZYGOTE Model(std::vector<double> weights, double b = 0.5) : w(std::move(weights)), bias(b) {}
  ZYGOTE Model(int n, double init) {
    for (int i = 0; i < n; ++i) w.push_back(init * i);
    bias = init;
  }
  static auto fields(auto& self) { return std::tie(self.w, self.bias); }
  ZYGOTE double operator()(double x) const {
    double r = bias, p = 1;
    for (double c : w) {
      r += c * p;
      p *= x;
    }
    return r;
  }
};
struct Models {
  Model first, second;
  double k;
};
ZYGOTE Model made(double x) { return {2, x}; }
ZYGOTE double overloads(double x, const std::vector<double>& v) {
  Model m(v), n(v, x), o(3, x);
  Models p{Model(v, x), {v, x * x}, x}, q{{2, x}, n, 1};
  if (x > 1) m = Model(v, x * x * x);
  return m(x) + n(x) * o(x) + p.first(x) + p.second(.3) * p.k + q.first(x) + made(x)(x);
}

class Matrix {
 public:
  Matrix() = default;
  ZYGOTE Matrix(int rows, int cols, double v = 0) : cols_(cols), data_(rows * cols, v) {}
  int cols() const { return cols_; }
  ZYGOTE double operator()(int i, int j) const { return data_[i * cols_ + j]; }
  ZYGOTE void set(int i, int j, double v) { data_[i * cols_ + j] = v; }
  ZYGOTE void add(const Matrix& o) {
    for (std::size_t i = 0; i < data_.size(); ++i) data_[i] += o.data_[i];
  }
  static auto fields(auto& self) { return std::tie(self.cols_, self.data_); }

 private:
  int cols_ = 0;
  std::vector<double> data_;
};
ZYGOTE Matrix product(const Matrix& a, const Matrix& b) {
  Matrix c(a.cols(), b.cols());
  for (int i = 0; i < a.cols(); ++i)
    for (int j = 0; j < b.cols(); ++j) {
      double s = 0;
      for (int k = 0; k < a.cols(); ++k) s += a(i, k) * b(k, j);
      c.set(i, j, s);
    }
  return c;
}
ZYGOTE double matrices(double x, double y) {
  Matrix a(2, 2, x), b(2, 2);
  b.set(0, 0, y);
  b.set(1, 0, x * y);
  b.set(0, 1, 2);
  b.add(a);
  const Matrix c = product(a, b);
  return c(0, 0) + c(1, 0) * c(0, 1);
}

TEST_CASE("constructors") {
  CHECK_GRADIENT(all_ways, 1.3, 0.7);
  CHECK_GRADIENT(variance, std::vector<double>{1, 2, 5}, 0.7);
  CHECK_THROWS_AS(zygote::gradient(variance, std::vector<double>{}, 0.7), std::invalid_argument);
  for (double x : {1.3, 0.3}) CHECK_GRADIENT(overloads, x, std::vector<double>{1, 2, 0.3});
  CHECK_GRADIENT(matrices, 1.2, 0.7);
  CHECK_GRADIENT(
      ZYGOTE[](double x) { return Pair<double>(x, 2.0).dot(Pair<double>(x)); }, 2.0);
}

struct Vec {
  double x, y;
  ZYGOTE Vec(double x_ = 0, double y_ = 0) : x{x_}, y{y_} {}
  static auto fields(auto& self) { return std::tie(self.x, self.y); }
  ZYGOTE double dot(const Vec& o) const { return x * o.x + y * o.y; }
  ZYGOTE double norm() const { return std::sqrt(dot(*this)); }
  ZYGOTE Vec& operator+=(const Vec& o) {
    x += o.x;
    y += o.y;
    return *this;
  }
};
ZYGOTE Vec operator-(const Vec& a, const Vec& b) { return Vec(a.x - b.x, a.y - b.y); }
ZYGOTE Vec operator*(double s, const Vec& a) { return Vec(s * a.x, s * a.y); }
struct Body {
  Vec at, velocity;
  double mass;
};
ZYGOTE double energy(std::vector<Body> bodies, double dt, int steps) {
  for (int s = 0; s < steps; ++s) {
    for (std::size_t i = 0; i < bodies.size(); ++i)
      for (std::size_t j = 0; j < bodies.size(); ++j) {
        if (i == j) continue;
        const Vec d = bodies[j].at - bodies[i].at;
        const double r = d.norm() + 0.01;
        bodies[i].velocity += dt * bodies[j].mass / (r * r * r) * d;
      }
    for (auto& b : bodies) b.at += dt * b.velocity;
  }
  double e = 0;
  for (const auto& b : bodies) e += 0.5 * b.mass * b.velocity.dot(b.velocity);
  return e;
}
TEST_CASE("objects of a class with constructors, in motion") {
  CHECK_GRADIENT(energy, std::vector<Body>{{{0, 0}, {0, 0.1}, 1}, {{1, 0}, {0, -1}, 0.5}}, 0.01, 5);
}

struct Sum {
  double s = 0;
  int n = 0;
  ZYGOTE Sum& add(double x) {
    s += x * x;
    ++n;
    return *this;
  }
};
ZYGOTE double chained(double x, double y) {
  Sum a;
  a.add(x).add(y).add(x * y);
  return a.s / a.n;
}
TEST_CASE("methods that return their object") { CHECK_GRADIENT(chained, 1.2, 0.4); }

}  // namespace

namespace lib {
namespace inner {
class Poly {
  std::vector<double> c{1.0};
  double scale{2}, twice = scale * 2;
  std::array<double, 2> pair{{0, 0}};
  int n = 0;

 public:
  Poly() = default;
  ZYGOTE explicit Poly(double a, double b = 3) : scale(a * b) {
    if (a > 2) return;
    c.push_back(a);
    pair[1] = b * twice;
    ++n;
  }
  ZYGOTE Poly(const std::vector<double>& v) : c(v), n(int(v.size())) {
    for (size_t i = 0; i < c.size(); ++i) {
      if (i == 1) continue;
      c[i] *= i + 1;
    }
  }
  ZYGOTE static Poly power(double x, int k) {
    if (k == 0) return Poly(x);
    Poly p = power(x * 0.5, k - 1);
    p.bump(x);
    return p;
  }
  static auto fields(auto& s) { return std::tie(s.c, s.scale, s.twice, s.pair, s.n); }
  ZYGOTE Poly& bump(double x) {
    for (double& v : c) v += x * scale;
    return *this;
  }
  ZYGOTE double value(double x) const {
    double r = pair[0] + pair[1], p = 1;
    for (double v : c) {
      r += v * p;
      p *= x;
    }
    return r * scale + twice + n;
  }
  ZYGOTE friend Poly operator+(const Poly& a, const Poly& b) {
    Poly r;
    r.c = a.c;
    for (size_t i = 0; i < std::min(r.c.size(), b.c.size()); ++i) r.c[i] += b.c[i];
    r.scale = a.scale * b.scale;
    return r;
  }
};
ZYGOTE double polynomials(double x, const std::vector<double>& v, int k) {
  Poly a(x), b(x, x * x), c(v), d = Poly::power(x, k);
  std::array<Poly, 2> both{a, b};
  both[0].bump(x);
  Poly e = k > 1 ? Poly(x * 3) : c;
  for (int i = 0; i < k; ++i) {
    e = e + Poly(x * i);
    e.bump(0.1 * x);
  }
  std::vector<Poly> many(2, a);
  many[1].bump(x);
  std::optional<Poly> maybe;
  if (k > 0) maybe = Poly(x, 2);
  double s = a.value(.5) + b.value(.2) + c.value(x) + d.value(.3) + both[0].value(x) + e.value(.1) +
             many[0].value(1) * many[1].value(.4);
  if (maybe) s += maybe->value(x);
  return s;
}
}  // namespace inner
}  // namespace lib

TEST_CASE("a class with all of this, which makes objects of itself") {
  for (int k : {0, 1, 3})
    for (double x : {0.7, 2.3}) CHECK_GRADIENT(lib::inner::polynomials, x, std::vector<double>{1, 2, 3}, k);
}

// Private methods, which bodies that are read elsewhere call; default arguments and templates next to `fields`.
namespace hidden {
class Pid {
  double k = 1, sum = 0;
  std::vector<double> log;
  ZYGOTE double limit(double u) const { return u > 1 ? 1 + 0.1 * (u - 1) : u; }
  ZYGOTE static double square(double u) { return u * u; }
  ZYGOTE void note(double u) {
    log.push_back(u);
    sum += square(u);
  }
  template <class T>
  ZYGOTE T twice(T x) const {
    return 2 * x * k;
  }

 protected:
  ZYGOTE double gain(double e, double w = 2.0) const { return k * e * w; }

 public:
  static auto fields(auto& self) { return std::tie(self.k, self.sum, self.log); }
  Pid() = default;
  explicit Pid(double k) : k(k) {}
  ZYGOTE double step(double e) {
    sum += e;
    note(e);
    return limit(gain(sum)) + gain(e, 0.3) + twice(sum);
  }
  ZYGOTE double total() const {
    double s = 0;
    for (double x : log) s += limit(x) * x;
    return s;
  }
};
ZYGOTE double controlled(Pid p, double e) {
  double s = 0;
  for (int i = 0; i < 3; ++i) s += p.step(e * i) * s + p.step(e);
  return s + p.total();
}

TEST_CASE("private methods of bodies that are read elsewhere") { CHECK_GRADIENT(controlled, Pid(0.3), 0.7); }
}  // namespace hidden

// A generator of random numbers of one's own.
namespace generators {
struct Lcg {
  unsigned long long state;
  double operator()() {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return static_cast<double>(state >> 11) / 9007199254740992.0;
  }
};
double draw(Lcg& r) { return r() + r(); }
ZYGOTE double sampled(double x, Lcg rng) {
  double s = 0;
  for (int i = 0; i < 5; ++i) {
    const double u = rng();
    s += x * u + (rng() < 0.5 ? x * x : 0.0);
  }
  const double drawn = draw(rng);
  return s + x * drawn + rng();
}

TEST_CASE("generators of one's own that are called") {
  CHECK_GRADIENT(sampled, 0.7, Lcg{42});
  CHECK(zygote::withgradient(sampled, 0.7, Lcg{42}).value == doctest::Approx(sampled(0.7, Lcg{42})));
}
}  // namespace generators

namespace aliases {
class Turn {
 public:
  Turn() = default;
  ZYGOTE explicit Turn(double angle) : cosine_(std::cos(angle)) {}
  ZYGOTE double operator()(double x) const { return cosine_ * x; }
  static auto fields(auto& self) { return std::tie(self.cosine_); }

 private:
  double cosine_ = 1;
};
using Rotation = Turn;
ZYGOTE double turned(double angle, double x) {
  const Rotation r(angle);
  return r(x) * Rotation{x}(angle);
}
TEST_CASE("a constructor by another name of its class") { CHECK_GRADIENT(turned, 0.3, 0.7); }
}  // namespace aliases
