// Structs, tuples, containers, references, casts.
#include <algorithm>
#include <array>
#include <complex>
#include <deque>
#include <tuple>
#include <variant>
#include <vector>

#include "check.hpp"

struct Point {
  double x, y;
  int id = 0;
};
struct Body {
  Point position, velocity;
  double mass = 1;
};

ZYGOTE double fields(Point p, double k) {
  Point q = p;
  q.x *= k;
  q.y += q.x;
  return q.x * q.y + p.x;
}
ZYGOTE double nested_fields(const Body& body, double h) {
  Body b = body;
  for (int i = 0; i < 3; ++i) {
    b.velocity.y -= h * 9.81 / b.mass;
    b.position.x += h * b.velocity.x;
    b.position.y += h * b.velocity.y;
  }
  return b.position.x * b.position.y;
}
ZYGOTE Point make(double a, double b) { return {a * b, a + b}; }
ZYGOTE double aggregates(double a, double b) {
  const Point p = make(a, b);
  Point q{.x = p.y, .y = p.x * a};
  q = {q.y, q.x * b};
  auto [u, v, id] = q;
  return u * v + id;
}
ZYGOTE double tuples(double a, double b) {
  auto t = std::tuple(a * b, std::pair{a, b});
  const auto& [product, both] = t;
  return product * both.first + std::get<1>(t).second;
}
ZYGOTE double vectors(const std::vector<double>& a, const std::vector<std::vector<double>>& m) {
  double sum = 0;
  for (double v : a) sum += v * v;
  for (const auto& row : m)
    for (std::size_t j = 0; j < row.size(); ++j) sum += row[j] * a[j] * m[0][j];
  return sum * a.front() + a.at(1) * double(a.size());
}
ZYGOTE double arrays(const std::array<double, 3>& a) {
  std::array<double, 2> b{a[0] * a[1], a[2]};
  std::vector<double> c{b[1], b[0], 2.0};
  return b[0] * c[0] + std::get<1>(a) * c[1];
}
ZYGOTE double points(const std::vector<Point>& ps) {
  double total = 0;
  for (const auto& [x, y, id] : ps) total += x * y * id;
  for (std::size_t i = 0; i + 1 < ps.size(); ++i) total += std::hypot(ps[i + 1].x - ps[i].x, ps[i + 1].y - ps[i].y);
  return total;
}
ZYGOTE double optionals(std::optional<double> a, double b) {
  double r = b;
  if (a) r *= *a;
  if (a.has_value()) r += a.value();
  return r + a.value_or(b);
}
ZYGOTE double casts(double x, float y, int n) {
  int k = static_cast<int>(x);
  float z = x * y;
  double w = (double)n * double(z) + float(x);
  return w * k + x * (n / 2);
}
ZYGOTE double mixed_declarators(double x) {
  double sum = 0;
  for (int i = 0; i < 4; ++i) {
    double a = x * i, b = a * a;
    const auto c = a + b;
    const double& d = c;
    sum += d;
  }
  return sum;
}
ZYGOTE double shadowing(double x) {
  double y = x;
  {
    double y = x * x;
    y *= 2;
    x += y;
  }
  for (int x = 0; x < 3; ++x) y += x * y;
  return x * y;
}
ZYGOTE double unused_and_literals(double x, const std::vector<double>&) {
  using Real = double;
  Real scale = 1e-1;
  bool positive = x > 0 and not(x > 100);
  return positive ? x * scale * 0x10 : 0.5;
}
ZYGOTE std::vector<double> returns_vector(double x) { return std::vector<double>{x, x * x}; }
ZYGOTE double fills(double x, int n) {
  const std::vector<double> v(n, x * x);
  double s = 0;
  for (auto e : v) s += e;
  return s * returns_vector(x)[1];
}

TEST_CASE("data agrees with central differences") {
  CHECK_GRADIENT(fields, Point{2, 3, 1}, 4.0);
  CHECK_GRADIENT(nested_fields, Body{{1, 2}, {3, 4}, 2}, 0.1);
  CHECK_GRADIENT(aggregates, 1.5, 0.7);
  CHECK_GRADIENT(tuples, 1.5, 0.7);
  CHECK_GRADIENT(vectors, std::vector<double>{1.5, 0.7}, std::vector<std::vector<double>>{{1, 2}, {3, 4}, {}});
  CHECK_GRADIENT(arrays, std::array<double, 3>{1.5, 0.7, 2});
  CHECK_GRADIENT(points, std::vector<Point>{{1, 2, 3}, {2.5, 0, 1}, {0, 0.5, 2}});
  CHECK_GRADIENT(points, std::vector<Point>{});
  CHECK_GRADIENT(optionals, std::optional<double>(2.0), 3.0);
  CHECK_GRADIENT(optionals, std::optional<double>(), 3.0);
  CHECK_GRADIENT(mixed_declarators, 0.4);
  CHECK_GRADIENT(shadowing, 0.4);
  CHECK_GRADIENT(unused_and_literals, 0.4, std::vector<double>{});
  CHECK_GRADIENT(fills, 0.4, 3);
  CHECK_GRADIENT(fills, 0.4, 0);
}

TEST_CASE("conversions") {
  auto [dx, dy, dn] = zygote::gradient(casts, 2.5, 1.5f, 3);
  CHECK(dx == doctest::Approx((3 * 1.5 + 1) * 2 + 1));
  CHECK(dy == doctest::Approx(3 * 2.5 * 2));
  static_assert(std::same_as<decltype(dy), float> && std::same_as<decltype(dn), zygote::none>);
}

TEST_CASE("a gradient has the type and the shape of what it belongs to") {
  auto [dp, dk] = zygote::gradient(fields, Point{2, 3, 7}, 4.0);
  CHECK(dp.id == 7);
  auto [dv] = zygote::gradient(
      ZYGOTE[](const std::vector<double>& v) { return v[1] * 2; }, std::vector<double>{1, 2, 3});
  CHECK(dv == std::vector<double>{0, 2, 0});
  auto [dx, dw] = zygote::gradient(unused_and_literals, 0.5, std::vector<double>{1, 2});
  CHECK(dw == std::vector<double>{0, 0});
  auto [value, back] = zygote::pullback(returns_vector, 3.0);
  CHECK(std::get<0>(back(std::vector<double>{1, 10})) == 61.0);
}

namespace late {
struct Scale {  // its fields are named below its marked method
  ZYGOTE double apply(double x) const { return k_ * x * x; }
  static auto fields(auto& self) { return std::tie(self.k_); }
  explicit Scale(double k = 0) : k_(k) {}

 private:
  double k_;
};
TEST_CASE("fields that are named behind a marked method") {
  const auto f = ZYGOTE[](const Scale& s, double x) { return s.apply(x); };
  const auto [ds, dx] = zygote::gradient(f, Scale(3), 2.0);
  CHECK(dx == 12);
  CHECK(std::get<0>(Scale::fields(ds)) == 4);
}
}  // namespace late

// Those of the innermost scope, also of other constants, also in lambdas.
namespace constants_in_types {
template <int n>
ZYGOTE double power(double x) {
  double r = 1;
  for (int i = 0; i < n; ++i) r *= x;
  return r;
}
ZYGOTE double constants(double x) {
  constexpr int n = 2, m = n + 1;
  constexpr auto k = 1;
  const std::size_t size = 2 * m;
  const std::array<double, n> a{x, 1};
  double grid[m][size] = {{x, 2}, {x * x}};
  std::tuple<double, double> t{x, x * x};
  double r = a[0] + grid[1][0] * grid[0][1] + std::get<k>(t) * power<n>(x) * power<m>(x);
  std::get<k>(t) *= x;
  if constexpr (n == 2 && m == 3) r *= x;
  for (int i = 0; i < m; ++i) {
    constexpr int n = 3;
    std::array<double, n> b{x, 1, x};
    const auto g = [&](double y) {
      std::array<double, m> c{y, x, r};
      return c[2] * c[0];
    };
    auto h = [&](auto f2) { return f2(x) + f2(r * x); };
    r += b[2] * i * h(g);
  }
  return r * n * size + std::get<1>(t);
}
TEST_CASE("constants in types") { CHECK_GRADIENT(constants, 0.7); }
}  // namespace constants_in_types

// Lists in lists, of types that nobody writes.
namespace braces {
struct Point {
  double x, y;
  int id = 0;
};
struct Segment {
  Point a, b;
};
struct Row {
  std::vector<double> w;
  double scale = 1;
};
template <class T>
struct Pair {
  T first, second;
};
ZYGOTE Segment make(double x) { return {{x, 1}, {2, x * x}}; }
ZYGOTE double lists(double x) {
  Segment s{{x, 1}, {2, x}};
  const Segment t = {.a = {.x = 1, .y = x}, .b = {3, x, 4}};
  Row r{{x, 2, x * x}, x};
  std::vector<Row> rows{{{x, 1}, 2}, {{}, x}, {}};
  std::array<Point, 2> points{{{x, 1}, {2, x}}};
  std::pair<Point, double> p{{x, 3}, x};
  std::tuple<Point, std::vector<double>> u{{x, 3}, {x, x, 2}};
  const Pair<Point> q{{x, x}, {1, x * x}};
  std::vector<std::pair<int, double>> list{{1, x}, {2, x * x}};
  s = {{x, x}, {s.a.x, 2}};
  double sum = s.a.x * s.b.y * t.b.y + t.a.y * r.w[2] * r.scale + rows[0].w[0] * rows[1].scale * rows[2].scale;
  sum += points[1].y * points[0].x + p.first.x * p.second + std::get<1>(u)[0] * std::get<0>(u).x + q.second.y;
  for (const auto& [k, v] : list) sum += k * v;
  return sum + make(x).b.y * make(x).a.x;
}
TEST_CASE("lists in braced lists") { CHECK_GRADIENT(lists, 0.7); }
}  // namespace braces

// Explicit conversions.
namespace explicit_casts {
enum class Colour { red, green };
ZYGOTE double of_enum(double x, Colour c) {
  const std::array<double, 2> weights{x, 1};
  const int k = int(c);
  const auto other = static_cast<Colour>((k + 1) % 2);
  return weights[static_cast<std::size_t>(c)] * x * (other == Colour::green ? x : 2);
}
ZYGOTE double of_reference(const std::vector<double>& v) {
  const auto& w = static_cast<const std::vector<double>&>(v);
  return w[0] * w[1];
}
ZYGOTE double of_template(double x) {
  const auto z = static_cast<std::complex<double>>(x) * std::complex<double>(0, x);
  return z.imag() + z.real();
}
TEST_CASE("explicit conversions") {
  CHECK_GRADIENT(of_enum, 0.5, Colour::red);
  CHECK_GRADIENT(of_enum, 0.5, Colour::green);
  CHECK_GRADIENT(of_reference, std::vector<double>{1, -2});
  CHECK_GRADIENT(of_template, 0.7);
}
}  // namespace explicit_casts

ZYGOTE double sizes_of_locals(double x) {
  double c[] = {x, 2 * x, 3};
  double sum = 0;
  for (std::size_t i = 0; i < sizeof(c) / sizeof(c[0]); ++i) sum = sum * x + c[i];
  auto a = x;
  a += 1;
  decltype(a) b = a * sum;
  return b;
}
TEST_CASE("sizeof and decltype name locals") { CHECK_GRADIENT(sizes_of_locals, 0.7); }

ZYGOTE double axpy(std::vector<double> v, std::vector<double> w, double a) {
  std::transform(v.begin(), v.end(), w.begin(), w.begin(), [&](double x, double y) { return a * x + y * y; });
  std::transform(v.begin(), v.end() - 1, v.begin() + 1, v.begin(), [](double x, double y) { return x * y; });
  double sum = 0;
  for (std::size_t i = 0; i < v.size(); ++i) sum = sum * 0.9 + v[i] * w[i];
  return sum;
}
TEST_CASE("algorithms write to what they read") {
  CHECK_GRADIENT(axpy, std::vector{1.3, 0.4, 0.7}, std::vector{0.2, 1.1, 0.9}, 0.8);
}

struct Bin {
  double x = 0;
  std::vector<double> w;
};
ZYGOTE double emplaced(double x, int n) {
  std::vector<std::vector<double>> rows;
  std::vector<Bin> bins;
  std::deque<double> ends;
  int k = 0;
  for (int i = 0; i < n; ++i) {
    auto& row = rows.emplace_back(i + 1);  // a length
    row[i] = x * x;
    rows.emplace_back(rows[0]);
    auto& bin = bins.emplace_back();
    bin.x = 3 * x;
    bin.w.push_back(x);
    bins.back().w.emplace_back(x * x) *= x;
    ends.emplace_front(k++) += x;
  }
  double sum = k;
  for (const auto& row : rows)
    for (double e : row) sum = sum * 0.9 + e * e;
  for (const auto& bin : bins) sum += bin.x * bin.w.back() * bin.w[0];
  for (double e : ends) sum = sum * 0.9 + e * e;
  return sum;
}
TEST_CASE("what emplace_back returns is the new element") {
  for (int n : {0, 1, 3}) CHECK_GRADIENT(emplaced, 0.8, n);
}

ZYGOTE double scaled(double x, int n) {
  using Number = std::complex<double>;
  Number z(x, 1);
  z /= n;
  z *= 2;
  std::vector<Number> all{z, z * z};
  for (Number& t : all) t /= all.size();
  all[0] -= 1;
  all[1] += n;
  return (all[0] * all[1]).real();
}
TEST_CASE("complex numbers and integers") { CHECK_GRADIENT(scaled, 0.5, 3); }

// The layers of a network as alternatives; the lambda that applies one lives no longer than the call.
namespace layers {
struct Linear {
  double w, b;
  ZYGOTE double operator()(double x) const { return w * x + b; }
};
struct Bend {
  double k;
  ZYGOTE double operator()(double x) const { return std::tanh(k * x); }
};
using Layer = std::variant<Linear, Bend>;
struct Net {
  std::vector<Layer> layers;
};
ZYGOTE double output(const Net& net, double x) {
  double h = x;
  for (const auto& l : net.layers) {
    h = std::visit([&](const auto& layer) { return layer(h) + h; }, l);
    h *= 0.5;
  }
  return h * h;
}
TEST_CASE("std::visit with a variable that it changes") {
  const Net net{{Linear{0.5, 0.1}, Bend{0.7}, Linear{1.5, -0.2}}};
  CHECK(zygote::gradcheck(output, net, 0.4));
}
}  // namespace layers

namespace lists {
struct Cell {
  std::array<double, 2> at;
  double k;
};
ZYGOTE double listed(double x, double y) {
  const std::vector<std::optional<double>> some{x, std::nullopt, x * y};
  double sum = 0;
  for (const auto& one : some)
    if (one) sum += *one * *one;
  const Cell cell{{{x, y}}, sum};
  return cell.at[0] * cell.at[1] * cell.k;
}
TEST_CASE("lists of optionals, and with the braces of the array inside") { CHECK_GRADIENT(listed, 0.3, 0.7); }
}  // namespace lists
