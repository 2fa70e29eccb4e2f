// Calls whose reverse adds to the adjoint that the caller has already: recursion that hands on a container.
#include <map>
#include <memory>
#include <variant>

#include "check.hpp"

namespace into {

using Vector = std::vector<double>;

ZYGOTE double halves(const Vector& v, std::size_t begin, std::size_t end) {
  if (end - begin == 1) return v[begin] * v[begin];
  const std::size_t middle = begin + (end - begin) / 2;
  return halves(v, begin, middle) + 0.5 * halves(v, middle, end);
}
// Two that call each other, one of them without a branch.
ZYGOTE double both(const Vector& v, std::size_t begin, std::size_t end, double s);
ZYGOTE double parts(const Vector& v, std::size_t begin, std::size_t end, double s) {
  const std::size_t middle = (begin + end) / 2;
  return both(v, begin, middle, s) + both(v, middle, end, s * 0.5);
}
ZYGOTE double both(const Vector& v, std::size_t begin, std::size_t end, double s) {
  return end - begin == 1 ? s * v[begin] * v[begin] : parts(v, begin, end, s);
}

struct Node {
  double weight = 0;
  int left = -1, right = -1;
};
struct Tree {
  std::vector<Node> nodes;
  double scale = 1;
  ZYGOTE double run(int i, double x) const {
    if (i < 0) return x * scale;
    return nodes[std::size_t(i)].weight * run(nodes[std::size_t(i)].left, x) +
           run(nodes[std::size_t(i)].right, x * 0.5);
  }
};
ZYGOTE double walk(const std::vector<Node>& nodes, int i, double x) {
  if (i < 0) return x;
  const Node& node = nodes[std::size_t(i)];
  return node.weight * walk(nodes, node.left, x) + walk(nodes, node.right, x * 0.5);
}
ZYGOTE double walked(const Tree& t, double x) { return walk(t.nodes, 0, x) * t.scale + t.run(0, x); }
ZYGOTE double built(double a, int n) {
  Tree t;
  for (int i = 0; i < n; ++i)
    t.nodes.push_back({a * (1 + i % 3), 2 * i + 1 < n ? 2 * i + 1 : -1, 2 * i + 2 < n ? 2 * i + 2 : -1});
  return walk(t.nodes, 0, a) + walk(t.nodes, 1, 2.0);
}

struct List {
  double weight = 1;
  std::unique_ptr<List> next;
};
ZYGOTE double along(const List& l, double x) { return l.next ? l.weight * x + 0.9 * along(*l.next, x) : l.weight; }
struct Branch {
  double weight = 1;
  std::vector<Branch> branches;
};
ZYGOTE double over(const Branch& b, double x) {
  double s = b.weight * x;
  for (const Branch& each : b.branches) s += 0.5 * over(each, x * 0.9);
  return s;
}

// The same variable twice, and a part next to the whole; nested containers; maps.
ZYGOTE double twice(const Vector& a, const Vector& b, std::size_t i) {
  return i == a.size() ? 0.0 : a[i] * b[a.size() - 1 - i] + twice(b, a, i + 1);
}
ZYGOTE double same(const Vector& v) { return twice(v, v, 0) * v[0]; }
struct Rows {
  std::vector<Vector> rows;
  double scale = 2;
};
ZYGOTE double beside(const Rows& all, const Vector& row, std::size_t i) {
  if (i == all.rows.size()) return row.empty() ? all.scale : row[0];
  return all.scale * all.rows[i][0] * row[0] + beside(all, all.rows[i], i + 1);
}
ZYGOTE double rows(const Rows& r) { return beside(r, r.rows[1], 0); }
ZYGOTE double keys(const std::map<int, double>& m, int k) {
  return m.count(k) ? m.at(k) * m.at(k) + keys(m, k + 1) : 0.0;
}

// One that writes to its own copy, and one whose argument is a value it made.
ZYGOTE double copied(const Vector& v, int n) {
  if (n == 0) return v[0] * v[1];
  Vector w = v;
  w[0] *= v[1];
  return copied(w, n - 1) + copied(v, n - 1);
}
ZYGOTE double in_loop(const Vector& v, double x) {
  double s = 0;
  for (std::size_t i = 0; i < v.size(); ++i) s += halves(v, i, v.size()) * x;
  return s * halves(v, 0, 1);
}

}  // namespace into

using namespace into;

TEST_CASE("recursive functions add to one adjoint of what they are handed") {
  const Vector v{0.5, -1, 2, 0.7, 1.3};
  CHECK(gradient_error(halves, v, std::size_t(0), v.size()) < 1e-7);
  CHECK(gradient_error(both, v, std::size_t(0), v.size(), 0.3) < 1e-7);
  CHECK(gradient_error(same, v) < 1e-7);
  CHECK(gradient_error(rows, Rows{{{1, 2}, {3}, {0.5, 1, 2}}}) < 1e-7);
  CHECK(gradient_error(in_loop, v, 0.7) < 1e-7);
  for (int n : {0, 1, 3}) CHECK(gradient_error(copied, v, n) < 1e-6);
  for (int n : {2, 5}) CHECK(gradient_error(built, 0.7, n) < 1e-6);
  const Tree tree{{{0.5, 1, 2}, {0.7, 3, -1}, {1.1, -1, -1}, {0.3, -1, -1}}, 1.5};
  CHECK(gradient_error(walked, tree, 0.8) < 1e-7);
  const auto [keyed, none] = zygote::gradient(keys, std::map<int, double>{{1, 2.0}, {2, 3.0}}, 1);
  CHECK(keyed.at(2) == 6);
}
TEST_CASE("recursive functions add to one adjoint of what owns itself") {
  List list{2, std::make_unique<List>(List{3, std::make_unique<List>(List{4, nullptr})})};
  const auto [dl, dx] = zygote::gradient(along, list, 0.5);
  CHECK(dl.weight == 0.5);
  CHECK(dl.next->weight == doctest::Approx(0.45));
  CHECK(dl.next->next->weight == doctest::Approx(0.81));
  CHECK(dx == doctest::Approx(2 + 0.9 * 3));
  const Branch branch{1, {{2, {}}, {3, {{4, {}}}}}};
  const auto [db, dy] = zygote::gradient(over, branch, 0.5);
  CHECK(db.branches[1].branches[0].weight == doctest::Approx(0.25 * 0.81 * 0.5));
  CHECK(db.branches[0].branches.empty());
}
TEST_CASE("the adjoint of a pullback that is called twice is its own") {
  const Vector v{0.5, -1, 2};
  const auto p = zygote::pullback(halves, v, std::size_t(0), v.size());
  const auto one = std::get<0>(p.back(1.0)), two = std::get<0>(p.back(2.0));
  for (std::size_t i = 0; i < v.size(); ++i) CHECK(two[i] == 2 * one[i]);
}
TEST_CASE("recursion over a long vector takes time in proportion to it") {  // quadratic, it would not end
  const std::size_t n = 1 << 16;
  const Vector v(n, 0.5);
  const auto d = std::get<0>(zygote::gradient(halves, v, std::size_t(0), n));
  for (std::size_t i : {std::size_t(0), std::size_t(5), n - 1})
    CHECK(d[i] == doctest::Approx(std::pow(0.5, std::popcount(i))));
}
TEST_CASE("second derivatives of recursive functions that are handed a container") {
  const Vector v{0.5, -1, 2};
  const auto h = zygote::hessian(same, v);
  const double step = 1e-5;
  for (std::size_t j = 0; j < 3; ++j) {
    Vector more = v, less = v;
    more[j] += step;
    less[j] -= step;
    const Vector a = std::get<0>(zygote::gradient(same, more)), b = std::get<0>(zygote::gradient(same, less));
    for (std::size_t i = 0; i < 3; ++i) CHECK(h[i][j] == doctest::Approx((a[i] - b[i]) / (2 * step)));
  }
}

// Lambdas that captured a container, which marked functions call again and again; visitors.
template <class F>
ZYGOTE double total(const F& f, std::size_t n) {
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += f(i);
  return sum;
}
ZYGOTE double squares(const Vector& v, double w) {
  return total([&](std::size_t i) { return w * v[i] * v[i]; }, v.size()) * v[0];
}
struct Square {
  ZYGOTE double value(const Vector& v, std::size_t i) const { return v[i] * v[i]; }
};
struct Shift {
  double by;
  ZYGOTE double value(const Vector& v, std::size_t i) const { return v[i] + by; }
};
using Step = std::variant<Square, Shift>;
ZYGOTE double steps(const std::vector<Step>& all, const Vector& v) {
  double sum = 0;
  for (const auto& step : all)
    for (std::size_t i = 0; i < v.size(); ++i)
      sum += std::visit([&](const auto& s) { return s.value(v, i) * v[0]; }, step);
  return sum;
}
ZYGOTE std::vector<Step> scaled(std::vector<Step> all, double x) {
  double n = 0;
  for (auto& step : all) std::visit([&](auto& s) { n += s.value(Vector{x, x}, 1); }, step);
  for (auto& step : all)
    if (std::holds_alternative<Shift>(step)) std::get<Shift>(step).by *= n;
  return all;
}
ZYGOTE double changed(const std::vector<Step>& all, double x) { return steps(scaled(all, x), Vector{x, 2.0}); }

struct Leaf {
  double value;
};
struct Link {
  int to;
};
using Item = std::variant<Leaf, Link>;
ZYGOTE double follow(const std::vector<Item>& items, int i) {
  if (std::holds_alternative<Leaf>(items[std::size_t(i)])) return std::get<Leaf>(items[std::size_t(i)]).value;
  return 2 * follow(items, std::get<Link>(items[std::size_t(i)]).to);
}

TEST_CASE("a lambda that captured a container is called in a loop") {
  CHECK_GRADIENT(squares, Vector{0.5, -1, 2}, 0.7);
  const std::size_t n = 1 << 16;
  const auto [dv, dw] = zygote::gradient(squares, Vector(n, 1.0), 1.0);  // quadratic, it would not end
  CHECK(dv[n - 1] == doctest::Approx(2));
  CHECK(dw == doctest::Approx(double(n)));
}
TEST_CASE("visitors") {
  const std::vector<Step> all{Square{}, Shift{0.3}, Square{}};
  const auto [d, dv] = zygote::gradient(steps, all, Vector{0.5, -1, 2});
  CHECK(std::get<Shift>(d[1]).by == doctest::Approx(3 * 0.5));
  const auto of_v = [&](const Vector& v) { return steps(all, v); };
  for (std::size_t i = 0; i < 3; ++i) {
    Vector more{0.5, -1, 2}, less = more;
    more[i] += 1e-6;
    less[i] -= 1e-6;
    CHECK(dv[i] == doctest::Approx((of_v(more) - of_v(less)) / 2e-6));
  }
  const auto of_x = [&](double x) { return changed(all, x); };
  const auto dx = std::get<1>(zygote::gradient(changed, all, 0.7));
  CHECK(dx == doctest::Approx((of_x(0.7 + 1e-6) - of_x(0.7 - 1e-6)) / 2e-6));
}
TEST_CASE("integers in alternatives of a variant lead recursion") {
  const auto [d, none] = zygote::gradient(follow, std::vector<Item>{Leaf{3}, Link{0}, Link{1}}, 2);
  CHECK(std::get<Leaf>(d[0]).value == 4);
}

struct Stump {
  std::unique_ptr<Stump> left, right;
  double value = 0;
};
ZYGOTE double predict(const Stump& t, double x) {
  double sum = t.value * x;
  if (t.left) sum += predict(*t.left, x * 0.5);
  if (t.right) sum += predict(*t.right, x * x);
  return sum;
}
ZYGOTE double forest(const std::vector<Stump>& trees, double x) {
  double sum = 0;
  for (const auto& t : trees) sum += predict(t, x);
  return sum;
}
TEST_CASE("a sum over trees of unique_ptr") {
  std::vector<Stump> trees(3);
  trees[2].left = std::make_unique<Stump>();
  trees[2].left->value = 2;
  const auto [d, dx] = zygote::gradient(forest, trees, 1.5);
  CHECK(d[1].value == 1.5);
  CHECK(d[2].left->value == 0.75);
  CHECK(dx == 1);
}

// A lambda that returns in several places, as one that knows what is beyond the ends; parts of a sum under checkpoint.
ZYGOTE double curvature(const Vector& v) {
  const auto at = [&](int i) {
    if (i < 0) return v[0];
    if (i >= int(v.size())) return v.back();
    return v[std::size_t(i)];
  };
  double sum = 0;
  for (int i = 0; i < int(v.size()); ++i) {
    const double c = at(i - 1) - 2 * at(i) + at(i + 1);
    sum += c * c;
  }
  return sum;
}
ZYGOTE double term(const Vector& v, std::size_t i) { return v[i] * v[i] * v[0]; }
ZYGOTE double terms(const Vector& v) {
  double sum = 0;
  for (std::size_t i = 0; i < v.size(); ++i) sum += zygote::checkpoint(term, v, i);
  return sum;
}
TEST_CASE("stencils and terms take time in proportion to their number") {
  CHECK_GRADIENT(curvature, Vector{0.5, -1, 2, 0.3});
  CHECK_GRADIENT(terms, Vector{0.5, -1, 2, 0.3});
  Vector v(1 << 16);
  v[1 << 15] = 1;
  const auto d = std::get<0>(zygote::gradient(curvature, v));
  for (std::size_t i : {0, 1, 2}) CHECK(d[(1 << 15) + i] == std::array{12, -8, 2}[i]);
}
