// What zygote supports, one program a row: zygote/README.md lists these test cases, by name and by the line in front of
// each program (tests/readme.sh writes that table). Gradients are checked against central differences.
#undef NDEBUG  // assert, in the test of it, is there in releases, too
#include <algorithm>
#include <cassert>
#include <complex>
#include <deque>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <random>
#include <ranges>
#include <set>
#include <span>
#include <stack>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <variant>

#include "check.hpp"

namespace {
using Doubles = std::vector<double>;
const Doubles numbers{0.5, 1.5, -0.3, 2.0};

// ## Data

struct Point {
  double x, y;
  int id = 0;
};
ZYGOTE Point make_point(double a, double b) { return {a * b, a + b}; }
struct Segment {
  Point from, to;
};
//: lists in braced lists: `Segment s{{x, 1}, {2, x}}`
ZYGOTE double nested_lists(double x) {
  Segment s{{x, 1}, {2, x}};
  const std::vector<std::pair<double, Doubles>> v{{x, {1, x}}, {2, {}}};
  return s.from.x * s.to.y + v[0].first * v[0].second[1];
}
TEST_CASE("nested_lists") { CHECK_GRADIENT(nested_lists, 0.7); }

struct Triple {
  double v[3];
};
struct Frame {
  Triple x;
  double m[2][2];
  int id = 3;
};
//: lists for C arrays in structs: `Triple{{x, y, 1}}`, `{.m = {{x, 1}, {0, y}}}`
ZYGOTE double lists_of_arrays(double x, double y) {
  const Triple t = {{x, y, x * y}};
  std::vector<Frame> frames{{{{x, 2, y}}, {{y, x}, {1, x * x}}}};
  frames.push_back({.x = t, .m = {{x, 1}, {0, y}}});
  double sum = t.v[0] * t.v[2];
  for (const Frame& f : frames)
    for (int i = 0; i < 2; ++i) sum = sum * 0.9 + f.x.v[i] * f.m[i][0] * f.m[0][1] * f.id;
  return sum;
}
TEST_CASE("lists_of_arrays") { CHECK_GRADIENT(lists_of_arrays, 1.3, 0.7); }

//: aggregates: `Point{a, b}`, `{.x = a}`, returned by functions, taken apart
ZYGOTE double aggregates(double a, double b) {
  Point p = make_point(a, b);
  const Point q{.x = p.y, .y = p.x * a};
  p = {q.y, q.x * b};
  auto [u, v, id] = p;
  return u * v + id;
}
TEST_CASE("aggregates") { CHECK_GRADIENT(aggregates, 0.7, 1.3); }

//: C arrays and arrays in arrays: `double c[3] = {}`, `double d[] = {x, 1}`, `a[i][j]`
ZYGOTE double arrays(const std::array<std::array<double, 2>, 2>& a) {
  const double factors[] = {1, 2, 0.5};
  double c[3] = {};
  for (int i = 0; i < 3; ++i) c[i] = a[i % 2][i / 2] * i * factors[i];
  return c[1] * c[2] + a[1][1] * c[1];
}
TEST_CASE("arrays") { CHECK_GRADIENT(arrays, std::array<std::array<double, 2>, 2>{{{1, 2}, {3, 4}}}); }

class Circle {
 public:
  Circle() = default;
  Circle(double x, double r) : x_(x), r_(r) {}
  static auto fields(auto& self) { return std::tie(self.x_, self.r_); }
  ZYGOTE double area() const { return 3 * r_ * r_ + x_; }

 private:
  double x_ = 0, r_ = 0;
};
//: constants in types: `constexpr int n = 3; std::array<double, n> a{}`
ZYGOTE double constants_in_types(double x) {
  constexpr int n = 3;
  std::array<double, n> a{};
  for (int i = 0; i < n; ++i) a[i] = x * i;
  return a[1] * a[2];
}
TEST_CASE("constants_in_types") { CHECK_GRADIENT(constants_in_types, 0.7); }

//: classes with private fields: `static auto fields(auto& self)` names them
ZYGOTE double classes(const Circle& c, double k) { return c.area() * k + c.area(); }
TEST_CASE("classes") { CHECK_GRADIENT(classes, Circle(2, 3), 1.3); }

class Polynomial {
 public:
  Polynomial() = default;
  ZYGOTE Polynomial(const Doubles& c, double scale) : c_(c), scale_(scale) {
    for (double& x : c_) x *= scale_;
  }
  ZYGOTE explicit Polynomial(double x) : Polynomial(Doubles{x, x}, 2) {}
  static auto fields(auto& self) { return std::tie(self.c_, self.scale_); }
  ZYGOTE static Polynomial line(double slope) { return Polynomial(Doubles{0, slope}, 1); }
  ZYGOTE void shift(double by) { c_[0] += by * scale_; }
  ZYGOTE double at(double x) const {
    double y = 0;
    for (double c : c_ | std::views::reverse) y = y * x + c;
    return y;
  }

 private:
  Doubles c_;
  double scale_ = 1;
};
//: classes with marked constructors, `Polynomial p(v, x)`; their private fields change by marked methods, `p.shift(x)`
ZYGOTE double constructors(const Doubles& v, double x) {
  Polynomial p(v, x);
  p.shift(x);
  return p.at(x) * Polynomial(x).at(2);
}
TEST_CASE("constructors") { CHECK_GRADIENT(constructors, numbers, 0.7); }

//: static methods: `Polynomial::line(x)`
ZYGOTE double static_methods(double x) { return Polynomial::line(x * x).at(x); }
TEST_CASE("static_methods") { CHECK_GRADIENT(static_methods, 0.7); }

struct Ratio {
  double p, q;
  ZYGOTE Ratio operator/(const Ratio& o) const { return Ratio{p * o.q, q * o.p}; }
  ZYGOTE friend Ratio operator/(double k, const Ratio& r) { return Ratio{k * r.q, r.p}; }
};
//: number types of one's own, whose operators `+ - * / += -= *= /=` are marked: `2 / r`, `r / s`
ZYGOTE double operators(Ratio r, const Ratio& s) {
  for (int i = 0; i < 3; ++i) r = (i + 0.5) / r / s;
  return r.p / r.q;
}
TEST_CASE("operators") { CHECK_GRADIENT(operators, Ratio{1, 1.5}, Ratio{0.7, 1.1}); }

//: `std::complex`, also `z.real(x)`
ZYGOTE double complexes(const std::complex<double>& z, double x) {
  std::complex<double> w = z * z + x;
  w *= std::exp(z);
  w.real(x * w.imag());
  w.imag(x + w.real());
  return std::norm(w) + std::real(w / z) + std::abs(z);
}
TEST_CASE("complexes") { CHECK(zygote::gradcheck(complexes, std::complex<double>(1.5, 0.7), 0.8)); }

//: `std::optional`: `if (a) r *= *a`, `value_or`, assignment, `emplace`
ZYGOTE double optionals(std::optional<double> a, double b) {
  double r = b;
  if (a) r *= *a;
  r += a.value_or(b * b);
  a = b * r;
  r *= *a;
  a.emplace(r * b);
  return *a * r;
}
TEST_CASE("optionals") {
  CHECK_GRADIENT(optionals, std::optional<double>(2.0), 3.0);
  CHECK_GRADIENT(optionals, std::optional<double>(), 3.0);
}

using Shape = std::variant<int, double, Point>;
//: `std::variant`: `std::holds_alternative`, `std::get`
ZYGOTE double variants(const Shape& s, double k) {
  if (std::holds_alternative<double>(s)) return std::get<double>(s) * std::get<1>(s) * k;
  if (std::holds_alternative<Point>(s)) return std::get<Point>(s).x * std::get<2>(s).y;
  return k;
}
TEST_CASE("variants") {
  for (const Shape& s : {Shape(2.0), Shape(Point{2, 5}), Shape(7)}) CHECK(zygote::gradcheck(variants, s, 3.0));
}

struct Area {
  ZYGOTE double operator()(double side) const { return side * side; }
  ZYGOTE double operator()(const Point& p) const { return p.x * p.y; }
  ZYGOTE double operator()(int n) const { return n; }
};
//: `if (auto* p = std::get_if<T>(&v))`, where `p` is read as a reference
ZYGOTE double alternatives(std::vector<Shape> shapes, double k) {
  double sum = 0;
  for (Shape& s : shapes)
    if (auto* p = std::get_if<Point>(&s)) {
      p->x *= k;
      sum += p->x * (*p).y;
    } else if (const auto* length = std::get_if<double>(&s))
      sum += *length * k;
  return sum;
}
TEST_CASE("alternatives") { CHECK(zygote::gradcheck(alternatives, std::vector<Shape>{2.0, Point{2, 5}, 7}, 3.0)); }

//: variants that are assigned a value of one of their types: `s = x * x`
ZYGOTE double changing_variants(double x) {
  Shape s = 3;
  if (x > 0) s = x * x;
  return std::holds_alternative<double>(s) ? std::get<double>(s) * x : x;
}
TEST_CASE("changing_variants") {
  CHECK_GRADIENT(changing_variants, 0.7);
  CHECK_GRADIENT(changing_variants, -0.7);
}

//: `std::visit` of one variant
ZYGOTE double visits(const Shape& s, double k) { return std::visit(Area{}, s) * k; }
TEST_CASE("visits") {
  for (const Shape& s : {Shape(2.0), Shape(Point{2, 5}), Shape(7)}) CHECK(zygote::gradcheck(visits, s, 3.0));
}

template <class... F>
struct overloaded : F... {
  using F::operator()...;
};
template <class... F>
overloaded(F...) -> overloaded<F...>;
//: `std::visit` with one lambda per type, also where they change it: `overloaded{[&](Point& p) {..}, [](double& d)
//: {..}}`
ZYGOTE double visits_by_type(std::vector<Shape> shapes, double k) {
  double sum = 0;
  for (auto& shape : shapes) {
    std::visit(overloaded{[&](double& r) { r *= k; }, [&](Point& p) { p.x += sum; }, [](int& n) { ++n; }}, shape);
    sum += std::visit(overloaded{[](double r) { return r * r; }, [&](const Point& p) { return k * p.x * p.y; },
                                 [&](int n) { return k * n; }},
                      shape);
  }
  return sum;
}
TEST_CASE("visits_by_type") {
  CHECK(zygote::gradcheck(visits_by_type, std::vector<Shape>{2.0, Point{2, 5}, 7, Point{1, 0.5}}, 3.0));
}

ZYGOTE double slope(double a, double b, double c) { return a * b + std::sin(c) * a; }
//: `std::apply` to tuples, pairs and arrays, also where it changes them
ZYGOTE double applied(std::tuple<double, double, double> t, const std::pair<double, double>& p, double x) {
  double sum = 0;
  std::apply([&](double& a, double b, auto c) { a *= x, sum += a * b * c; }, t);
  return sum + std::apply(slope, t) * std::apply([](auto a, auto b) { return a * a / b; }, p);
}
TEST_CASE("applied") { CHECK_GRADIENT(applied, std::tuple{1.5, 0.7, 2.0}, std::pair{0.5, 2.0}, 1.3); }

struct Tree {
  std::unique_ptr<Tree> left, right;
  double value = 0;
};
Tree leaf(double value) { return {nullptr, nullptr, value}; }
Tree some_tree() {
  Tree t = leaf(1.5);
  t.left = std::make_unique<Tree>(leaf(2));
  t.right = std::make_unique<Tree>(leaf(0.7));
  t.right->left = std::make_unique<Tree>(leaf(-1));
  return t;
}
//: trees of `std::unique_ptr`, read: `if (t.left) sum += of(*t.left)`
ZYGOTE double trees(const Tree& t) {
  double sum = t.value * t.value;
  if (t.left) sum += trees(*t.left) * t.value;
  if (t.right) sum += t.right->value * trees(*t.right);
  return sum;
}
TEST_CASE("trees") { CHECK(zygote::gradcheck(trees, some_tree())); }

struct Link {
  double value;
  std::shared_ptr<Link> next;
};
//: `std::make_shared`
ZYGOTE double shared(double x) {
  std::shared_ptr<Link> list;
  for (int i = 0; i < 3; ++i) list = std::make_shared<Link>(x * i + x, list);
  double r = 0;
  for (std::shared_ptr<Link> l = list; l; l = l->next) r = r * x + l->value;
  return r;
}
TEST_CASE("shared") { CHECK_GRADIENT(shared, 0.7); }

//: lists of `std::shared_ptr`, read
ZYGOTE double lists(const Link& l) {
  double product = l.value * l.value;
  if (l.next) product *= lists(*l.next);
  return product;
}
TEST_CASE("lists") {
  CHECK(zygote::gradcheck(lists, Link{2, std::make_shared<Link>(Link{3, std::make_shared<Link>(Link{0.5, nullptr})})}));
}

//: pairs and tuples, also changed: `std::get<1>(t) *= x`
ZYGOTE double tuples(double a, double b) {
  auto t = std::make_tuple(a * b, std::pair{a, b});
  const auto& [product, both] = t;
  std::pair<double, double> p{a, b};
  p.first *= b;
  return product * both.first + std::get<1>(t).second * p.first;
}
TEST_CASE("tuples") { CHECK_GRADIENT(tuples, 0.7, 1.3); }

//: `float`, `double`, `int` and `bool` together
ZYGOTE double mixed(double x, float y, int n) {
  const float z = y * n;
  const bool large = x > 1;
  return x * z + x / n + (n / 2) * x * large + static_cast<double>(y) * x * x;
}
ZYGOTE long double wide(long double x) { return x * x; }
TEST_CASE("mixed") {
  CHECK(zygote::gradient(wide, 3.0L) == 6.0L);
  CHECK_GRADIENT(mixed, 1.7, 1.5f, 3);
  const auto [dx, dy, dn] = zygote::gradient(mixed, 1.7, 1.5f, 3);
  static_assert(std::same_as<decltype(dy), const float> && zygote::NoAdjoint<decltype(dn)>);
  CHECK(dy == doctest::Approx(1.7 * 3 + 1.7 * 1.7));
}

//: strings and containers of integers, also stacks, queues and sets, which carry no gradient
ZYGOTE double without_gradient(double x, const std::string& name) {
  int count[2] = {0, 0};
  std::set<char> letters;
  std::stack<char> last;
  for (char c : name) {
    count[c == 'a']++;
    last.push(c);
    if (!letters.insert(c).second) x *= last.top() == 'a' ? x : 2;
    last.pop();
  }
  std::string longer = name;
  longer += "b";
  return x * x * count[1] + x * longer.size();
}
TEST_CASE("without_gradient") { CHECK_GRADIENT(without_gradient, 0.7, std::string("banana")); }

}  // namespace
