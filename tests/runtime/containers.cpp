// Adjoints of standard containers, contributions to their parts, and values made from parts.
#include <doctest/doctest.h>

#include <string>
#include <zygote/runtime/methods.hpp>

namespace {
using namespace zygote;
using Doubles = std::vector<double>;

struct Item {
  double price = 0;
  Doubles weights;
  int count = 0;
  static constexpr double rate = 2;
  double total() const { return price; }
  bool operator==(const Item&) const = default;
};
struct Shop {
  std::vector<Item> items;
  std::optional<double> discount;
};
struct Grid {
  double cells[2][3];
};
struct Line {
  std::array<double, 2> slope;
  double offset;
};

template <class T>
using Of = Extent<T>;

static_assert(!Differentiable<std::vector<int>> && !Differentiable<std::vector<bool>> && !Differentiable<std::string>);
static_assert(!Differentiable<std::pair<int, std::string>> && !Differentiable<std::optional<int>> &&
              !Differentiable<std::tuple<>>);
static_assert(std::same_as<Adjoint<std::vector<Doubles>>, std::vector<Doubles>>);
static_assert(std::same_as<Adjoint<std::span<const double>>, Doubles>);
static_assert(std::same_as<Adjoint<std::tuple<double&, const int&>>, std::tuple<double, int>>);
static_assert(std::same_as<Adjoint<std::array<std::optional<std::pair<int, float>>, 2>>,
                           std::array<std::optional<std::pair<int, float>>, 2>>);

/// The gradient of shop.items[1].weights[2], five times and twice.
constexpr Shop deep() {
  Shop shop;
  shop.items.resize(3, Item{1, Doubles(4, 1.0), 6});
  const auto& items = shop.items;
  const auto contribution = parts::field(extent(shop), ZYGOTE_FIELD(items),
                                         parts::index(extent(items), 1,
                                                      parts::field(extent(items[1]), ZYGOTE_FIELD(weights),
                                                                   parts::index(extent(items[1].weights), 2, 5.0))));
  static_assert(LazyContribution<decltype(contribution)>);
  auto acc = zero<Shop>();
  accumulate<Shop>(acc, contribution);
  accumulate<Shop>(acc, contribution);
  Algebra<Shop>::complete(acc, shop);
  return acc;
}
static_assert(deep().items[1].weights[2] == 10 && deep().items[2].weights.size() == 4 && deep().items[0].count == 6);
}  // namespace

TEST_CASE("vector: empty is zero of any length") {
  auto acc = zero<Doubles>();
  accumulate<Doubles>(acc, Doubles{});
  CHECK(acc.empty());
  accumulate<Doubles>(acc, Doubles{1, 2});
  accumulate<Doubles>(acc, Doubles{});
  accumulate<Doubles>(acc, Doubles{1, 2, 3});
  CHECK(acc == Doubles{2, 4, 3});
  auto completed = zero<std::vector<Doubles>>();
  Algebra<std::vector<Doubles>>::complete(completed, std::vector<Doubles>{{1}, {2, 3}});
  CHECK(completed == std::vector<Doubles>{{0}, {0, 0}});
  const Doubles numbers{1, 2, 3};
  Doubles of_span;
  Algebra<std::span<const double>>::complete(of_span, numbers);
  CHECK(of_span == Doubles{0, 0, 0});
}

TEST_CASE("optional, pair, tuple, array") {
  using Mixed = std::tuple<double, int, std::pair<std::optional<double>, std::array<double, 2>>>;
  auto acc = zero<Mixed>();
  accumulate<Mixed>(acc, std::tuple(1.5, none{}, none{}));
  accumulate<Mixed>(acc, Mixed{1, 9, {{}, {1, 2}}});
  CHECK(!std::get<2>(acc).first);
  accumulate<Mixed>(acc, Mixed{1, 9, {4.0, {1, 2}}});
  Algebra<Mixed>::complete(acc, Mixed{0, 3, {1.0, {}}});
  CHECK(acc == Mixed{3.5, 3, {4.0, {2, 4}}});
  std::optional<double> empty;
  Algebra<std::optional<double>>::complete(empty, 2.0);
  CHECK(empty == 0.0);
}

TEST_CASE("parts of vectors of structs of vectors") {
  CHECK(deep().items[1].weights == Doubles{0, 0, 10, 0});
  const Doubles x(1000, 1.0);
  auto acc = zero<Doubles>();
  accumulate<Doubles>(acc, parts::index(extent(x), 10, 1.0));
  CHECK(acc.size() == 1000);
  const double* storage = acc.data();
  for (int i = 0; i < 1000; ++i) accumulate<Doubles>(acc, parts::index(extent(x), i, 1.0));
  CHECK(acc.data() == storage);
  CHECK(acc[10] == 2);
  CHECK(settle<Doubles>(parts::index(extent(x), 3u, 2.5))[3] == 2.5);
  CHECK(ir::add(extent(x), parts::index(extent(x), 1, 1.0), parts::index(extent(x), 1, 2.0))[1] == 3);
}

TEST_CASE("fields, and names in methods that are none") {
  CHECK(settle<Item>(parts::field(Of<Item>{}, ZYGOTE_FIELD(price), 2.0)).price == 2);
  CHECK(settle<Item>(parts::self_field(Of<Item>{}, ZYGOTE_FIELD(price), 2.0)).price == 2);
  static_assert(NoAdjoint<decltype(parts::field(Of<Item>{}, ZYGOTE_FIELD(count), 2.0))>);
  static_assert(NoAdjoint<decltype(parts::field(Of<Item>{}, ZYGOTE_FIELD(price), none{}))>);
  static_assert(NoAdjoint<decltype(parts::self_field(Of<Item>{}, ZYGOTE_FIELD(rate), 2.0))>);
  static_assert(NoAdjoint<decltype(parts::self_field(Of<Item>{}, ZYGOTE_FIELD(total), 2.0))>);
  static_assert(NoAdjoint<decltype(parts::self_field(Of<Item>{}, ZYGOTE_FIELD(nowhere), 2.0))>);
  using P = std::pair<double, int>;
  CHECK(settle<P>(parts::field(Of<P>{}, ZYGOTE_FIELD(first), 2.0)).first == 2);
}

TEST_CASE("elements, C arrays, optionals, spans") {
  using T = std::tuple<int, double, Item>;
  CHECK(std::get<1>(settle<T>(parts::element<1>(Of<T>{}, 3.0))) == 3);
  static_assert(NoAdjoint<decltype(parts::element<0>(Of<T>{}, 3.0))>);
  using A = std::array<double, 3>;
  CHECK(settle<A>(parts::element<2>(Of<A>{}, 3.0)) == A{0, 0, 3});
  CHECK(settle<A>(parts::index(Of<A>{}, 2, 3.0)) == A{0, 0, 3});
  CHECK(settle<Item>(parts::element<0>(Of<Item>{}, 3.0)).price == 3);
  const Grid grid{};
  const auto cell = parts::field(extent(grid), ZYGOTE_FIELD(cells),
                                 parts::index(extent(grid.cells), 1, parts::index(extent(grid.cells[1]), 2, 3.0)));
  CHECK(settle<Grid>(cell).cells[1][2] == 3);
  CHECK(settle<double[3]>(parts::index(Of<double[3]>{}, 1, 2.0)) == A{0, 2, 0});
  const std::optional<Item> item(Item{});
  CHECK(settle<std::optional<Item>>(parts::deref(extent(item), parts::field(extent(*item), ZYGOTE_FIELD(price), 2.0)))
            ->price == 2);
  const Doubles numbers(4);
  const std::span<const double> span(numbers);
  CHECK(settle<std::span<const double>>(parts::index(extent(span), 2, 3.0)) == Doubles{0, 0, 3, 0});
  static_assert(NoAdjoint<decltype(parts::index(Of<std::vector<int>>{}, 0, 1.0))>);
}

TEST_CASE("forward twins") {
  const Item item{1, {2, 3}, 4};
  CHECK(&ir::element<1>(item) == &item.weights);
  const std::pair p(1, 2.5);
  CHECK(&ir::element<1>(p) == &p.second);
  const double row[] = {1, 2, 3};
  CHECK(ir::element<1>(row) == 2);
  CHECK(ir::length(row) == 3);
  CHECK(ir::at(item.weights, 1) == 3);
  CHECK(&ir::at(row, 2) == row + 2);
  const std::initializer_list<double> list = {4, 5};
  CHECK(ir::length(list) == 2);
  CHECK(ir::at(list, 1) == 5);
}

TEST_CASE("an own container takes part by its extent") {
  struct Own {
    auto part(int i, double d) const { return std::pair(i, d); }
  };
  CHECK(parts::index(Own{}, 2, 3.0) == std::pair(2, 3.0));
}

TEST_CASE("values made from parts") {
  const Item d{2, {3, 4}, 0};
  CHECK(parts::made<Item, 0, 3, true>(Of<double>{}, d) == 2);
  CHECK(parts::made<Item, 1, 3, true>(Of<Doubles>{}, d) == Doubles{3, 4});
  static_assert(NoAdjoint<decltype(parts::made<Item, 2, 3, true>(Of<int>{}, d))>);
  static_assert(NoAdjoint<decltype(parts::made<Item, 0, 3, true>(Of<double>{}, none{}))>);
  CHECK(parts::made<Item, 0, 1, true>(Of<Item>{}, d) == d);
  CHECK(parts::made<Item, 0, 3, true>(Of<double>{}, parts::field(Of<Item>{}, ZYGOTE_FIELD(price), 7.0)) == 7);
  CHECK(parts::made_field(Of<double>{}, ZYGOTE_FIELD(price), d) == 2);
  CHECK(parts::made<float, 0, 1, false>(Of<double>{}, 1.5f) == 1.5f);
  static_assert(NoAdjoint<decltype(parts::made<int, 0, 1, false>(Of<double>{}, 1.0))>);
  CHECK(parts::made<Doubles, 1, 2, false>(Of<double>{}, Doubles{1, 2, 3}) == 6);
  CHECK(parts::made<Doubles, 1, 2, true>(Of<double>{}, Doubles{1, 2}) == 2);
  CHECK(parts::made<Doubles, 1, 2, true>(Of<double>{}, Doubles{}) == 0);
  static_assert(NoAdjoint<decltype(parts::made<Doubles, 0, 2, false>(Of<int>{}, Doubles{}))>);
  CHECK(parts::made<Doubles, 0, 1, false>(Of<Doubles>{}, Doubles{1, 2}) == Doubles{1, 2});
  using P = std::pair<double, Doubles>;
  CHECK(parts::made<P, 1, 2, false>(Of<Doubles>{}, P{1, {2}}) == Doubles{2});
  using A = std::array<double, 2>;
  CHECK(parts::made<A, 1, 2, true>(Of<double>{}, A{1, 2}) == 2);
  CHECK(parts::made<Line, 0, 2, true>(Of<A>{}, Line{{1, 2}, 3}) == A{1, 2});
  using O = std::optional<double>;
  CHECK(parts::made<O, 0, 1, false>(Of<double>{}, O(3)) == 3);
  CHECK(parts::made<O, 0, 1, false>(Of<double>{}, O()) == 0);
  CHECK(parts::made<O, 0, 1, false>(Of<O>{}, O(3)) == O(3));
}

TEST_CASE("methods of standard containers") {
  const Doubles x{1, 2, 3};
  auto at = call_method<Name<"at">>(ZYGOTE_METHOD(at), x, 1);
  CHECK(at.value == 2);
  CHECK(settle<Doubles>(std::get<0>(at.back(5.0))) == Doubles{0, 5, 0});
  CHECK(settle<Doubles>(std::get<0>(call_method<Name<"front">>(ZYGOTE_METHOD(front), x).back(5.0))) ==
        Doubles{5, 0, 0});
  CHECK(settle<Doubles>(std::get<0>(call_method<Name<"back">>(ZYGOTE_METHOD(back), x).back(5.0))) == Doubles{0, 0, 5});
  const auto size = call_method<Name<"size">>(ZYGOTE_METHOD(size), x);
  static_assert(has_pullback<decltype(size)>);
  CHECK(size.value == 3);
  using O = std::optional<double>;
  O some(2), nothing;
  CHECK(settle<O>(std::get<0>(call_method<Name<"value">>(ZYGOTE_METHOD(value), some).back(5.0))) == O(5));
  const auto a = call_method<Name<"value_or">>(ZYGOTE_METHOD(value_or), some, 7.0);
  CHECK(a.value == 2);
  CHECK(a.back(5.0) == std::tuple(O(5), 0.0));
  const auto b = call_method<Name<"value_or">>(ZYGOTE_METHOD(value_or), nothing, 7.0);
  CHECK(b.value == 7);
  CHECK(b.back(5.0) == std::tuple(O(), 5.0));
}
