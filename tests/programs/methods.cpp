// Methods that change their object; methods that call each other.
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "check.hpp"

namespace {

struct Velocity {
  double x = 0, y = 0;
  ZYGOTE void turn(double angle) {
    const double before = x;
    x = x * std::cos(angle) - y * std::sin(angle);
    y = before * std::sin(angle) + y * std::cos(angle);
  }
  ZYGOTE double speed() const { return std::sqrt(x * x + y * y); }
};

struct Particle {
  Velocity velocity;
  double position = 0;
  std::vector<double> trail{};
  ZYGOTE double advance(double dt) {
    velocity.turn(dt * position);
    this->position += dt * velocity.x;
    trail.push_back(position);
    return position;
  }
  ZYGOTE void run(int steps, double dt) {
    for (int i = 0; i < steps; ++i) {
      if (position > 4) return;
      advance(dt * (1 + i));
    }
  }
};

ZYGOTE double one_call(double x, double dt) {
  Particle p{Velocity{x, 1}, 0.5};
  return p.advance(dt) * p.velocity.y + p.position;
}

ZYGOTE double in_containers(std::vector<Particle> all, double dt) {
  double total = 0;
  for (auto& p : all) p.run(3, dt);
  all[0].velocity.turn(total + dt);
  for (const auto& p : all)
    for (const double t : p.trail) total += t * p.velocity.speed();
  return total;
}

struct Average {
  double sum = 0;
  int n = 0;
  ZYGOTE void add(double x) { sum += x, ++n; }
  ZYGOTE double mean() const { return n ? sum / n : 0; }
};
ZYGOTE double streaming(const std::vector<double>& xs, double k) {
  Average a;
  const auto note = [&](double x) { a.add(k * x * x); };
  for (const double x : xs)
    if (x > 0) note(x);
  return a.mean();
}

ZYGOTE void push(Particle& p, double dt) { p.run(2, dt); }
ZYGOTE double through_a_function(double x) {
  Particle p{Velocity{x, x * x}, 0.1};
  push(p, 0.3);
  push(p, x);
  return p.position + p.velocity.speed();
}

TEST_CASE("methods that change their object") {
  CHECK(gradient_error(one_call, 0.7, 0.2) < 1e-8);
  CHECK(gradient_error(through_a_function, 0.8) < 1e-8);
  CHECK(gradient_error(streaming, std::vector<double>{1, -2, 0.5}, 1.5) < 1e-8);
  CHECK(gradient_error(streaming, std::vector<double>{}, 1.5) < 1e-8);
  const std::vector<Particle> all = {{{0.3, 1}, 0.5, {}}, {{1, -0.4}, 0.2, {0.1}}, {{9, 1}, 3.9, {}}};
  CHECK(gradient_error(in_containers, all, 0.3) < 1e-8);
}

struct Parity {
  double w;
  ZYGOTE double even(double x, int n) const { return n == 0 ? x : x * odd(x, n - 1); }
  ZYGOTE double odd(double x, int n) const { return n == 0 ? 1.0 : this->even(x, n - 1) * w + x; }
  ZYGOTE double operator()(double x, int n) const { return n == 0 ? x : other(x * w, n - 1); }
  ZYGOTE double other(double x, int n) const { return n == 0 ? w * x : (*this)(x * w, n - 1) + square(x); }
  ZYGOTE double self(double x, int n) const { return n == 0 ? w * x : this->self(x * w, n - 1) + square(x); }
  ZYGOTE double square(double x) const { return x * x; }
};
ZYGOTE double parity(const Parity& p, double x, int n) { return p.even(x, n) + p(x, n) + p.self(x, n); }

template <class T>
struct Ring {
  T w;
  ZYGOTE T a(const T& x, int n) const { return n == 0 ? x : b(x * w, n - 1); }
  ZYGOTE T b(const T& x, int n) const { return n == 0 ? w : c(x + w, n - 1); }
  ZYGOTE T c(const T& x, int n) const { return n == 0 ? w * x : a(x - w, n - 1) * x; }
};
template <class T>
ZYGOTE T around(T w, T x, int n) {
  return Ring<T>{w}.a(x, n);
}

TEST_CASE("methods that call each other") {
  for (int n : {0, 1, 2, 5}) {
    CHECK_GRADIENT(parity, Parity{0.9}, 0.7, n);
    CHECK_GRADIENT(around, 0.9, 0.7, n);
  }
}

struct Sum {
  double w = 0;
  ZYGOTE void add(double x) { w += x; }
  ZYGOTE void twice(double x) {
    add(x);
    this->add(x * x);
  }
};
struct Product {
  double w = 1;
  ZYGOTE void add(double x) { w *= x; }
  ZYGOTE double twice(double x) {
    add(x);
    add(w);
    return w;
  }
};
ZYGOTE void feed_both(Sum& s, Product& p, double x) {
  s.add(x);
  p.add(x);
  s.twice(x);
  x = p.twice(x);
}
ZYGOTE double of_one_name(double x, Product given, std::vector<Sum> sums, int n) {
  Sum s;
  auto p = Product{2};
  Product q{x};
  for (int i = 0; i < n; ++i) {
    s.add(x * i);
    q.add(s.w + x);
    given.add(x);
    feed_both(s, q, x * 0.3);
  }
  for (Sum& each : sums) each.add(x);
  p.add(x);
  Product& r = q;
  r.add(given.w);
  double all = 0;
  for (const Sum& each : sums) all += each.w * each.w;
  return s.w * q.w + p.w * x + all;
}
TEST_CASE("methods of one name that change their objects") {
  for (int n : {0, 1, 3}) CHECK_GRADIENT(of_one_name, 0.7, Product{0.9}, std::vector<Sum>{{1}, {0.3}}, n);
}

struct Offset {
  double w;
  ZYGOTE double add(double x) const { return w + x * x; }
  ZYGOTE double plus(double x) const { return add(x) * w; }
};
ZYGOTE double some_change(double x, const Offset& given) {
  Sum s;
  s.add(x);
  Offset own{s.w};
  return own.add(x) * given.add(x * 2) + own.plus(x) * s.w;
}
TEST_CASE("methods of one name, of which some change their object") { CHECK_GRADIENT(some_change, 0.7, Offset{0.9}); }

struct Window {
  std::array<double, 4> all;
  int first;
  std::vector<std::string> names{};
  double& operator[](int i) { return all[first + i]; }
  const double& operator[](int i) const { return all[first + i]; }
};
struct Table {
  std::vector<double> cells;
  int columns;
  double& operator()(int i, int j) { return cells[i * columns + j]; }
  ZYGOTE double operator()(int i, int j) const { return cells[i * columns + j]; }
};
ZYGOTE double by_fields(const std::array<double, 4>& x, std::vector<Table> tables) {
  Window w{x, 2};
  w[1] = x[0] * x[1];
  Table t{{x[0], x[1], x[2], x[3]}, 2};
  t(1, 1) *= x[0];
  t(1, 0) = t(1, 1) * t(0, 1);
  for (Table& each : tables) each(1, 0) = x[2] * each(1, 1);
  return t(1, 0) * t(0, 0) + w[0] * w[1] + w.all[1] + tables[1](1, 0) * tables[0](1, 0);
}
TEST_CASE("parts that other fields lead to") {
  CHECK_GRADIENT(by_fields, std::array{0.5, 2.0, 3.0, 1.0},
                 std::vector<Table>{{{1, 2, 3, 4}, 2}, {{1, 2, 3, 4, 5, 6}, 3}});
}

class Grid {
  std::vector<double> cells_;
  int columns_ = 1;

 public:
  Grid() = default;
  ZYGOTE Grid(std::vector<double> cells, int columns) : cells_(cells), columns_(columns) {}
  ZYGOTE double& operator()(int i, int j) { return cells_[i * columns_ + j]; }
  ZYGOTE double operator()(int i, int j) const { return cells_[i * columns_ + j]; }
  ZYGOTE std::vector<double>& cells() { return cells_; }
  ZYGOTE const std::vector<double>& cells() const { return cells_; }
  static auto fields(auto& self) { return std::tie(self.cells_, self.columns_); }
};
ZYGOTE double both_marked(const std::vector<double>& x) {
  Grid g(x, 2);
  g(0, 1) *= g(1, 0);
  g(1, 1) = x[0] * g(0, 1);
  return g(0, 1) * g.cells()[0] + g(1, 1);
}
TEST_CASE("a method and its constant overload are marked") {
  CHECK_GRADIENT(both_marked, std::vector{0.5, 2.0, 3.0, 1.0});
}

struct Affine {
  double slope, shift;
  ZYGOTE double act(double x) const { return slope * x + shift; }
  int twice(int n) const { return 2 * n; }
};
template <class T>
struct Named {
  T scale;
  ZYGOTE T scaled(T x) const { return scale * x * x; }
};
struct Middle : Affine {};
struct Derived final : public Middle, public Named<double> {
  double last = 1;
  Derived() = default;
  Derived(double a, double b, double c, double d) : Middle{{a, b}}, Named{c}, last(d) {}
  ZYGOTE double act(double x, double y) const { return Affine::act(x) * Named<double>::scaled(y) * twice(2); }
  ZYGOTE double run(double x) const {
    const auto again = [&](double y) { return scaled(y) + last; };
    return act(x, last) + Middle::act(x * x) + again(x);
  }
  static auto fields(auto& self) { return std::tie(self.slope, self.shift, self.scale, self.last); }
};
ZYGOTE double inherited(const Derived& d, double x) { return d.run(x) * d.last; }
TEST_CASE("methods of bases") { CHECK_GRADIENT(inherited, Derived(0.5, 2.0, 3.0, 1.5), 0.7); }

template <class T>
struct Stack {
  std::vector<T> all;
  ZYGOTE void push(const T& x) { all.push_back(x); }
  ZYGOTE void pop() { all.pop_back(); }
  ZYGOTE T top() const { return all.back(); }
  ZYGOTE void push_both(T x) {
    push(x);
    T y = x * x;
    this->push(y);
  }
};
template <typename T, int n = 3>
class Moments {
  std::array<T, n> means_{};
  T count_ = 0;

 public:
  ZYGOTE Moments& add(T x) {
    count_ += 1;
    for (int i = 0; i < n; ++i) {
      means_[i] += (x - means_[i]) / count_;
      x *= x;
    }
    return *this;
  }
  ZYGOTE T mean(int i) const { return means_[i]; }
  static auto fields(auto& self) { return std::tie(self.means_, self.count_); }
};
struct Pile {
  double height;
  ZYGOTE void push(double x) { height += x; }
};
using Three = Moments<double, 3>;
struct Owner {
  Stack<double> stack;
  std::vector<Moments<double, 2>> moments;
};
ZYGOTE double of_templates(const std::vector<double>& v) {
  Stack<double> s;
  Three t;
  Pile pile{0};
  Owner owner{{}, std::vector<Moments<double, 2>>(2)};
  for (double x : v) {
    s.push_both(x * x);
    t.add(x).add(2 * x);
    pile.push(x);
    owner.stack.push(x * s.top());
    owner.moments[1].add(owner.stack.top());
  }
  s.pop();
  return s.top() * t.mean(0) + t.mean(2) * pile.height + owner.moments[1].mean(1) * owner.stack.all[0];
}
template <class U>
ZYGOTE U inside_template(const std::vector<U>& v) {
  Stack<U> s;
  for (U x : v) s.push_both(x);
  return s.top() * s.all[0];
}
TEST_CASE("methods of class templates that change their object") {
  CHECK_GRADIENT(of_templates, std::vector{0.3, 0.5, 0.7});
  CHECK_GRADIENT(inside_template, std::vector{0.3, 0.5, 0.7});
}

class Packed {
 public:
  double w = 0;
  unsigned on : 1;
  int times : 5;
  Packed() : Packed(0, 0) {}
  Packed(double weight, int n) : w(weight), on(1), times(n) {}
  ZYGOTE double act(double x) const {
    double r = on ? w * x * times : x;
    const auto scaled = [&](double y) { return y * times; };
    for (int i = 0; i < times; ++i) r += scaled(x) * w;
    return r;
  }
  static auto fields(auto& self) { return std::tie(self.w); }
};
ZYGOTE double bit_fields(const Packed& p, double x) {
  const int n = p.times;
  return p.act(x) + p.w * n + (p.on ? x : 0);
}
TEST_CASE("bit-fields are read") { CHECK_GRADIENT(bit_fields, Packed{2, 3}, 0.5); }

}  // namespace
