// Adjoints of trees, maps, deques, variants and smart pointers.
#include <doctest/doctest.h>

#include <string>
#include <zygote/zygote.hpp>

namespace {
using namespace zygote;
using Doubles = std::vector<double>;

struct Point {
  double x, y;
};
struct Node {
  std::vector<Node> children;  // before the numbers, which are in a struct
  Point at;
  int id = 0;
};
struct Tree {
  std::unique_ptr<Tree> left, right;
  double value = 0;
};
struct Forest {
  std::vector<Tree> trees;
  double scale = 1;
};
struct Linked {
  double value;
  std::shared_ptr<Linked> next;
};

ZYGOTE double of_nodes(const Node& n, double w) {
  double sum = n.at.x * n.at.y * w;
  for (const auto& child : n.children) sum += of_nodes(child, w * n.at.x);
  return sum;
}
ZYGOTE double of_tree(const Tree& t) {
  double sum = t.value * t.value;
  if (t.left) sum += of_tree(*t.left) * t.value;
  if (t.right) sum += t.right->value * of_tree(*t.right);
  return sum;
}
ZYGOTE double of_forest(const Forest& f) {
  double sum = 0;
  for (const auto& t : f.trees) sum += of_tree(t) * f.scale;
  return sum * f.trees[0].value;
}
ZYGOTE double of_list(const Linked& l) {
  double product = l.value * l.value;
  if (l.next) product *= of_list(*l.next);
  return product;
}
ZYGOTE double of_map(const std::map<std::string, double>& m, const std::map<int, Doubles>& rows) {
  double sum = m.at("a") * m.at("b");
  for (const auto& [key, value] : m) sum += value * value;
  for (const auto& [key, row] : rows)
    for (double v : row) sum += key * v * v;
  return sum * rows.at(7)[0];
}
ZYGOTE double of_deque(const std::deque<double>& d) {
  double sum = d.front() * d.back() * d.at(1);
  for (double v : d) sum += v * v * d[1];
  return sum;
}

using Shape = std::variant<int, double, Point>;
ZYGOTE double area(const Shape& s, double k) {
  if (std::holds_alternative<double>(s)) return std::get<double>(s) * std::get<1>(s) * k;
  if (std::holds_alternative<Point>(s)) return std::get<Point>(s).x * std::get<2>(s).y + std::get<2>(s).x * k;
  return k;
}
ZYGOTE double areas(const std::vector<Shape>& shapes) {
  double product = 1;
  for (const auto& s : shapes) product *= area(s, 2.0);
  return product;
}

struct Area {
  ZYGOTE double operator()(double side) const { return side * side; }
  ZYGOTE double operator()(const Point& p) const { return p.x * p.y; }
  ZYGOTE double operator()(int n) const { return n; }
};
ZYGOTE double visited(const Shape& s, double k) {
  return std::visit(Area{}, s) * k + std::visit([k](const auto& shape) { return Area{}(shape)*k; }, s);
}

ZYGOTE double bend(double x, const Doubles& w) { return sin(x) * w[0] + w[1] * x; }
struct Layer {
  double weight;
  ZYGOTE double operator()(double x) const { return weight * x; }
};
using Activation = Function<double(double)>;
ZYGOTE double network(double x, const std::vector<Activation>& layers,
                      const Function<double(double, const Doubles&)>& f, const Doubles& w) {
  double y = x;
  for (const auto& layer : layers) y = layer(y) * x;
  return f(y, w);
}

Tree leaf(double value) { return {nullptr, nullptr, value}; }
Tree tree(double value, Tree left, Tree right) {
  return {std::make_unique<Tree>(std::move(left)), std::make_unique<Tree>(std::move(right)), value};
}
Tree some_tree() {
  Tree t = tree(1.5, leaf(2), tree(0.7, leaf(-1), leaf(3)));
  t.left->left = std::make_unique<Tree>(leaf(0.3));
  return t;
}
static_assert(std::same_as<Adjoint<Tree>, Tree> && std::same_as<Adjoint<Linked>, Linked> && Differentiable<Node>);
static_assert(detail::moves_only<Forest> && !detail::moves_only<Node> && !detail::moves_only<Linked>);
static_assert(!Differentiable<std::unique_ptr<int>> && !Differentiable<std::map<double, int>> &&
              !Differentiable<std::variant<int, std::string>>);
static_assert(std::same_as<Adjoint<Shape>, Shape>);
}  // namespace

TEST_CASE("recursive types") {
  CHECK(gradcheck(of_nodes, Node{{Node{{}, {2, 3}}, Node{{Node{{}, {0.5, -1}}}, {1, 4}}}, {0.3, 2}}, 1.5));
  CHECK(gradcheck(of_tree, some_tree()));
  const Tree t = some_tree();
  const auto [dt] = gradient(of_tree, t);
  CHECK(dt.left->left->value == doctest::Approx(2 * 0.3 * 2 * 1.5));
  CHECK(dt.right->right->value != 0);
  CHECK(!dt.right->right->left);
  Forest forest;
  forest.trees.push_back(some_tree());
  forest.trees.push_back(leaf(2));
  forest.scale = 1.7;
  CHECK(gradcheck(of_forest, std::move(forest)));
}

TEST_CASE("shared pointers: adjoints of their own, copied before they are written to") {
  auto list = [] {
    return Linked{2, std::make_shared<Linked>(Linked{3, std::make_shared<Linked>(Linked{0.5, nullptr})})};
  };
  CHECK(gradcheck(of_list, list()));
  const auto [value, back] = pullback(of_list, list());
  const auto [d1] = back(1.0);
  const auto [d2] = back(1.0);
  CHECK(d1.next->next->value == 4 * 9);
  auto acc = d1;
  accumulate<Linked>(acc, d2);
  CHECK(acc.next->next->value == 2 * d1.next->next->value);
  CHECK(d1.next->next->value == d2.next->next->value);
}

TEST_CASE("maps and deques") {
  const std::map<std::string, double> m{{"a", 2}, {"b", 3}, {"c", 0.5}};
  const std::map<int, Doubles> rows{{3, {1, 2}}, {7, {0.5}}, {9, {}}};
  CHECK(gradcheck(of_map, m, rows));
  const auto [dm, drows] = gradient(of_map, m, rows);
  CHECK(dm.at("c") == 0.5);
  CHECK(drows.at(9).empty());
  CHECK(gradcheck(of_deque, std::deque<double>{1, 2, 3, 4}));
}

TEST_CASE("variants") {
  CHECK(gradcheck(area, Shape(2.0), 3.0));
  CHECK(gradcheck(area, Shape(Point{2, 5}), 3.0));
  CHECK(gradcheck(area, Shape(7), 3.0));
  CHECK(gradcheck(areas, std::vector<Shape>{Point{2, 5}, 3.0, 4}));
  const auto [ds] = gradient(areas, std::vector<Shape>{Point{2, 5}, 3.0, 4});
  CHECK(std::get<0>(ds[2]) == 4);
}

TEST_CASE("std::visit") {
  CHECK(gradcheck(visited, Shape(2.0), 3.0));
  CHECK(gradcheck(visited, Shape(Point{2, 5}), 3.0));
  CHECK(gradcheck(visited, Shape(7), 3.0));
}

TEST_CASE("type-erased callables") {
  const std::vector<Activation> layers{math::tanh, frozen(Layer{3}), ZYGOTE[](double x){return x * x;
}
}
;
CHECK(network(0.7, layers, bend, {2, 3}) != 0);
CHECK(gradcheck(network, 0.7, layers, Function<double(double, const Doubles&)>(bend), Doubles{2, 3}));
}
