// Structs of numbers, which the compiler takes apart: in branches, loops, parts of one another, and where it must not.
#include "check.hpp"

namespace structs {

struct Vec {
  double x, y;
};
struct Mixed {
  float small;
  int count;
  double real = 2;
};
struct Line {
  Vec from, to;
  Mixed more{1, 2, 3};
};
struct Reordered {
  double b, a;
};

ZYGOTE double written_in_branches(double a, double b) {
  Vec v{a, b};
  if (a > 0.5)
    v.x *= b;
  else
    v = Vec{b * b, a};
  Vec w = v;
  v.y += w.x;
  return v.x * v.y + w.y;
}
ZYGOTE double carried(double a, double b, int n) {
  Vec v{a, b}, last{0, 0};
  for (int i = 0; i < n; ++i) {
    if (v.x > 3) break;
    last = v;
    v.x += 0.5 * v.y;
    if (i % 2 == 0) continue;
    v = {v.x, v.y * last.x};
  }
  return v.x * v.y + last.x;
}
ZYGOTE double parts_of_parts(Line line, double k) {
  line.to = line.from;
  line.to.x *= k;
  Vec& from = line.from;
  from.y += line.to.x;
  line.more.count += 1;
  const Line copy = line;
  line.from = Vec{0, 0};
  return copy.from.y * copy.to.x + line.from.x + line.more.count * k + copy.more.real * k;
}
ZYGOTE double conversions(double a, int n) {
  Mixed m{1.5f, n};  // the third has an initialiser
  m.small = 0.3 * a;
  const double rounded_down = 0.4 * n;
  m.count = rounded_down;
  return m.small * m.count + m.real * a;
}
ZYGOTE Vec returned(double a, int n) {
  for (int i = 0; i < 5; ++i)
    if (i == n) return {a * i, a};
  return Vec{a, a * a};
}
ZYGOTE double through_calls(double a, int n) {
  const Vec v = returned(a, n), w = returned(v.y, 9);
  return v.x + v.y * w.y;
}
ZYGOTE double captured(double a) {
  Vec v{a, 2 * a};
  auto by_reference = [&](double x) { v.x += x * v.y; };
  auto by_value = [v](double x) { return x * v.x; };
  by_reference(a);
  by_reference(2);
  return v.x * by_value(a);
}
ZYGOTE double in_containers(double a, double b) {
  std::vector<Vec> all{{a, b}, {b, a}};
  all[1].x *= a;
  Vec v = all[1];
  all[1] = all[0];
  all.push_back(v);
  return all[1].y * all[2].x + v.y;
}
ZYGOTE double swapped(Reordered r, double k) {
  std::swap(r.a, r.b);
  Reordered s{r.b * k, r.a};
  std::swap(r, s);
  return r.a * s.a + r.b;
}
ZYGOTE double constants(double a) {
  Vec v{a, a * a};
  const Vec w = zygote::constant(v), u = zygote::constant(returned(a, 3));
  return w.x * a + zygote::constant(Vec{a, 2 * a}).y + v.y + u.x * a;
}
struct Counter {
  double total, weight;
  ZYGOTE void add(double x) { total += weight * x; }
  ZYGOTE double mean(int n) const { return n > 0 ? total / n : total; }
};
ZYGOTE double methods(const std::vector<double>& v, double w) {
  Counter c{0, w};
  for (double x : v) c.add(x * x);
  c.weight = c.mean(int(v.size()));
  c.add(1);
  return c.total;
}

namespace inner {
struct Vec {  // not the one above
  double y, x;
};
ZYGOTE double hidden(double a) {
  Vec v{a, 2};
  v.y *= a;
  return v.y * v.x * v.x;
}
}  // namespace inner

}  // namespace structs

using namespace structs;

TEST_CASE("structs of numbers are taken apart") {
  for (double a : {0.3, 0.8}) CHECK(gradient_error(written_in_branches, a, 1.2) < 1e-7);
  for (int n : {0, 1, 2, 9}) CHECK(gradient_error(carried, 0.7, 1.3, n) < 1e-7);
  CHECK(gradient_error(parts_of_parts, Line{{1.5, 2}, {3, 4}}, 0.7) < 1e-7);
  for (int n : {0, 3, 9}) CHECK(gradient_error(through_calls, 1.3, n) < 1e-7);
  CHECK(gradient_error(captured, 0.8) < 1e-7);
  CHECK(gradient_error(swapped, Reordered{0.5, 2}, 1.5) < 1e-7);
}
TEST_CASE("fields convert what they are given") {
  const auto [da, dn] = zygote::gradient(conversions, 2.0, 7);
  CHECK(conversions(2.0, 7) == doctest::Approx(0.6 * 2 + 4));
  CHECK(da == doctest::Approx(0.3 * 2 + 2));
}
TEST_CASE("what is constant stays so") { CHECK(zygote::gradient(constants, 3.0) == doctest::Approx(3 + 6 + 9)); }
TEST_CASE("structs in containers, and those with methods") {
  CHECK(gradient_error(in_containers, 1.5, 0.4) < 1e-7);
  CHECK(gradient_error(methods, std::vector<double>{1, 2, 3}, 0.5) < 1e-7);
  CHECK(gradient_error(methods, std::vector<double>{}, 0.5) < 1e-7);
}
TEST_CASE("a struct is the one that its name means") { CHECK(gradient_error(inner::hidden, 1.5) < 1e-7); }

namespace assigned {
struct Point {
  double x, y;
};
struct Segment {
  Point a, b;
};
ZYGOTE double assigned_lists(double x) {
  if (x > 100) {
    std::vector<Point> s{{x, 2}};
    return s[0].x;
  }
  Segment s{{x, 1}, {2, 3}};
  s = {{x, x}, {x, 3}};
  std::vector<Point> v(2);
  v[1] = {x, 2 * x};
  auto t = Point{1, 2};
  t = {x, 5};
  auto u = Segment{{x, 1}, {2, 3}};
  u.a = {x, x};
  return s.a.y * s.b.x * v[1].x * v[1].y * t.x * t.y * u.a.y;
}
TEST_CASE("lists that are assigned to what nobody has read") { CHECK_GRADIENT(assigned_lists, 0.7); }
}  // namespace assigned

namespace declared {
struct Everything {
 public:
  [[maybe_unused]] double a = 1;
  alignas(16) double b{2};
  double list[2] = {1, 2}, c = 3;
  unsigned bits : 3 = 5, more : 4 = 2;
  struct Part {
    double p;
  } part{4};
  static constexpr double half = 0.5;
  double (*pointer)(double) = nullptr;
  ZYGOTE void grow(double x) {
    a *= x;
    c += b * list[1] * a;
    part.p *= a;
    secret_ += c;
  }
  ZYGOTE auto sum() const -> double { return (a + c * half + part.p) * secret_; }
  static auto fields(auto& s) { return std::tie(s.a, s.b, s.c, s.part, s.secret_); }

 private:
  double secret_ = 1.5;
};
ZYGOTE double grown(double x) {
  Everything e;
  e.grow(x);
  return e.sum();
}
TEST_CASE("members in all the ways of declaring them") { CHECK_GRADIENT(grown, 0.7); }
}  // namespace declared

// Fields that are worked out from others: integers may be.
namespace default_members {
struct Grid {
  double width;
  int n = 4;
  std::size_t nodes = std::size_t(n) + 1;
  double tolerance = 1.0 / n;
};
ZYGOTE double spacing(double width) {
  const Grid g{width}, h{.width = width * width, .n = 2};
  return g.width / g.n * double(g.nodes) + h.width * h.tolerance;
}
TEST_CASE("fields that are worked out from integers") { CHECK_GRADIENT(spacing, 0.7); }
}  // namespace default_members

// Lambdas in structs: their code has no adjoint, what they capture has.
namespace lambdas {
template <class F>
struct Solver {
  F f;
  double h;
  ZYGOTE double run(double y, int n) const {
    for (int i = 0; i < n; ++i) y += h * f(y);
    return y;
  }
};
template <class F>
Solver(F, double) -> Solver<F>;
ZYGOTE double captured(double k, const std::vector<double>& w, int n) {
  const auto f = [&](double u) { return -k * u + w[n % 2] * w[0]; };
  const Solver s{f, k * 0.1};
  return s.run(2.0, n);
}
ZYGOTE double without(double x) {
  const Solver s{[](double t) { return t * t; }, x};
  return s.run(x, 2);
}
ZYGOTE double nested(double x, double y) {
  const auto inner = [x](double t) { return t * x; };
  const auto outer = [inner, y](double t) { return inner(t) * y + inner(y); };
  const Solver s{outer, x * y};
  const Solver t{[&s](double u) { return s.run(u, 1); }, y};
  return s.run(y, 3) + t.run(x, 2);
}
ZYGOTE auto wave(double k) {
  return [k](double u) { return std::sin(k * u); };
}
ZYGOTE double returned(double x) {
  Solver s{wave(x), 0.3};
  s.h *= x;
  return s.run(x, 4);
}

TEST_CASE("lambdas as fields") {
  CHECK_GRADIENT(captured, 0.5, std::vector<double>{1, 2}, 3);
  CHECK_GRADIENT(without, 0.7);
  CHECK_GRADIENT(nested, 0.3, 0.4);
  CHECK_GRADIENT(returned, 0.8);
}
}  // namespace lambdas

// Loops that read a part of an object, alike in every iteration, and give all of it to something else.
namespace part_and_whole {
struct Layer {
  std::vector<double> s;
  ZYGOTE double operator()(double x) const { return x + s[0] * 3; }
};
ZYGOTE double total(const Layer& l) { return l.s[0] * l.s[1]; }
ZYGOTE double element(const Layer& l, double x, int n) {
  double loss = 0;
  for (int i = 0; i < n; ++i) loss += std::exp(l.s[0]) * i + l(x);
  return loss;
}
ZYGOTE double field(const Layer& l, double x, int n) {
  double loss = 0;
  for (int i = 0; i < n; ++i) {
    const std::vector<double> z = l.s;
    if (i % 2 == 0) loss += z[1] * i + l(x) * z[0];
    for (int k = 0; k < 2; ++k) loss += l.s[1] * k + total(l);
  }
  return loss;
}

TEST_CASE("parts and wholes of an object in loops") {
  CHECK_GRADIENT(element, Layer{{0.3, 0.4}}, 0.7, 3);
  CHECK_GRADIENT(field, Layer{{0.3, 0.4}}, 0.7, 3);
}
}  // namespace part_and_whole
