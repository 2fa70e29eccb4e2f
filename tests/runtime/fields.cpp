// Structs walked by structured bindings, and their adjoints.
#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <zygote/runtime/call.hpp>
#include <zygote/runtime/containers.hpp>

namespace {
using namespace zygote;

struct Tag {};
struct Point {
  double x, y;
  constexpr bool operator==(const Point&) const = default;
};
struct Segment {
  Point from, to;
  int colour = 7;
};
struct Everything {
  std::vector<double> samples;
  std::string name;
  std::array<double, 3> centre;
  std::function<void()> callback;
  std::optional<Point> hint;
  std::pair<float, int> pair;
  const double fixed = 1;
  std::unique_ptr<int> owned;
};
struct CArrays {
  double row[3];
  int n;
  double grid[2][2];
  Point points[2];
  float last;
};
struct Padded {
  [[no_unique_address]] Tag a;
  double x;
  [[no_unique_address]] Tag b;
};
struct NoDefault {
  explicit NoDefault(int size) : size(size) {}
  NoDefault() = delete;
  int size;
};
struct Holder {
  NoDefault shape;
  double x;
};
template <class T>
struct Pair {
  T first, second;
};
struct Tree {
  std::vector<Tree> children;
  double value;
};
struct Wide {
  double a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x;
};
class Account {
  double balance_ = 1;
  std::vector<double> rates_{1, 2};

 public:
  Account() = default;
  explicit Account(double balance) : balance_(balance) {}
  template <class Self>
  static constexpr auto fields(Self& self) {
    return std::tie(self.balance_, self.rates_);
  }
  double balance() const { return balance_; }
  const std::vector<double>& rates() const { return rates_; }
};
class Closed {
  double x = 1;

 public:
  double get() const { return x; }
};

static_assert(field_count<Tag> == 0 && field_count<Point> == 2 && field_count<Segment> == 3 &&
              field_count<Everything> == 8);
static_assert(field_count<CArrays> == 5 && field_count<Padded> == 3 && field_count<Holder> == 2 &&
              field_count<Tree> == 2);
static_assert(field_count<Pair<Pair<double>>> == 2 && field_count<Pair<std::array<double, 4>>> == 2 &&
              field_count<Wide> == 24);
static_assert(field_count<Account> == 2);
static_assert(std::same_as<field_types<Segment>, std::tuple<Point, Point, int>>);

constexpr auto closure = [](double x) { return x; };
static_assert(!HasFields<double> && !HasFields<std::vector<double>> && !HasFields<std::array<double, 2>> &&
              !HasFields<std::string>);
static_assert(!HasFields<std::tuple<double>> && !HasFields<std::pair<double, int>> &&
              !HasFields<std::optional<double>>);
static_assert(!HasFields<decltype(closure)> && !HasFields<Closed> && !HasFields<double*> && !HasFields<double[2]>);

static_assert(Differentiable<Segment> && Differentiable<Everything> && Differentiable<CArrays> &&
              Differentiable<Padded>);
static_assert(Differentiable<Holder> && Differentiable<Tree> && Differentiable<Account> &&
              Differentiable<const Point&>);
static_assert(!Differentiable<Tag> && !Differentiable<Pair<int>> && !Differentiable<Closed> &&
              !Differentiable<decltype(closure)>);
static_assert(!Differentiable<ConstantValue<Point>> && !Differentiable<none>);
static_assert(std::same_as<Adjoint<Segment>, Segment>);

constexpr double constexpr_walk() {
  auto acc = zero<Segment>();
  accumulate<Segment>(acc, Segment{{1, 2}, {3, 4}, 9});
  accumulate<Segment>(acc, Segment{{10, 20}, {30, 40}, 9});
  accumulate<Segment>(acc, none{});
  Algebra<Segment>::complete(acc, Segment{{}, {}, 5});
  return acc.from.y + acc.to.x + acc.colour;
}
static_assert(constexpr_walk() == 22 + 33 + 5);
static_assert(Algebra<Segment>::zero().colour == 0);  // the default initialiser is not run
}  // namespace

TEST_CASE("fields are references, in order") {
  Segment s{{1, 2}, {3, 4}, 5};
  std::get<0>(fields(s)).x = 10;
  CHECK(s.from.x == 10);
  const Segment& constant = s;
  static_assert(std::same_as<decltype(fields(constant)), std::tuple<const Point&, const Point&, const int&>>);
  CHECK(&std::get<1>(fields(constant)) == &s.to);
}

TEST_CASE("several structs are walked in parallel, of different types as well") {
  struct Mirror {
    int a, b;
  };
  Mirror counts{};
  const Point p{1.5, 2.5};
  for_each_field([](int& count, const double& x) { count = static_cast<int>(2 * x); }, counts, p);
  CHECK(counts.a == 3);
  CHECK(counts.b == 5);
  int visited = 0;
  const Tag tag;
  for_each_field([&](const auto&) { ++visited; }, tag);
  CHECK(visited == 0);
}

TEST_CASE("C arrays are fields") {
  auto acc = zero<CArrays>();
  const CArrays c{{1, 2, 3}, 4, {{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}, 9};
  accumulate<CArrays>(acc, c);
  accumulate<CArrays>(acc, c);
  Algebra<CArrays>::complete(acc, c);
  CHECK(acc.row[2] == 6);
  CHECK(acc.grid[1][0] == 6);
  CHECK(acc.points[1].y == 16);
  CHECK(acc.last == 18);
  CHECK(acc.n == 4);
}

TEST_CASE("classes with `fields` say what their fields are") {
  auto acc = zero<Account>();
  CHECK(acc.balance() == 0);
  CHECK(acc.rates().empty());
  accumulate<Account>(acc, Account(5));
  accumulate<Account>(acc, Account(6));
  CHECK(acc.balance() == 11);
  CHECK(acc.rates() == std::vector<double>{2, 4});
}

// Called like a layer, and closed: somebody forgot `fields`.
struct Shut {
  Shut() {}
  double operator()(double x) const { return weight * x; }
  double weight = 1;
};
TEST_CASE("classes that hide their fields are told from those that have none") {
  static_assert(HidesFields<Shut> && !HidesFields<Point> && !HidesFields<std::string>);
  static_assert(!HidesFields<std::function<double(double)>> && !HidesFields<std::mt19937>);
  double scale = 2;
  const auto scaled = [scale](double x) { return scale * x; };
  static_assert(!HidesFields<std::remove_const_t<decltype(scaled)>>);
  CHECK(scaled(Shut()(1)) == 2);
}

TEST_CASE("a struct may contain containers of itself") {
  Tree tree{{Tree{{}, 1}, Tree{{Tree{{}, 2}}, 3}}, 4};
  auto acc = zero<Tree>();
  accumulate<Tree>(acc, tree);
  accumulate<Tree>(acc, tree);
  CHECK(acc.children[1].children[0].value == 4);
  auto completed = zero<Tree>();
  Algebra<Tree>::complete(completed, tree);
  CHECK(completed.children[1].children.size() == 1);
}

TEST_CASE("`settle` makes adjoints of contributions") {
  CHECK(settle<Point>(none{}) == Point{0, 0});
  CHECK(settle<Point>(Point{1, 2}) == Point{1, 2});
  CHECK(ir::add(Extent<Point>{}, Point{1, 2}, Point{3, 4}) == Point{4, 6});
  static_assert(NoAdjoint<decltype(settle<Tag>(1.0))>);
}
