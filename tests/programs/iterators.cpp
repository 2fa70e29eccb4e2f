// Iterators, and algorithms that return or take them.
#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "check.hpp"

namespace {
using Doubles = std::vector<double>;
const Doubles numbers{0.5, 1.5, -0.3, 2.0};

ZYGOTE double sums(const Doubles& v, std::array<double, 3> a) {
  double sum = 0;
  for (auto it = v.begin(); it != v.end(); ++it) sum += *it * *it;
  for (auto it = a.cbegin(), last = a.cend(); it < last; it++) sum *= *it;
  return sum;
}
ZYGOTE double writes(Doubles v, double x) {
  for (auto it = v.begin(); it != v.end(); ++it) {
    if (*it < 0) continue;
    *it *= x;
    if (it - v.begin() == 2) break;
    if (it != v.begin()) *it += *std::prev(it) * it[-1] * *(it - 1);
  }
  double sum = 0;
  auto it = v.begin();
  while (it != v.end()) sum += *it++ * x;
  return v.empty() ? x : sum * v[0];
}
TEST_CASE("loops with iterators") {
  CHECK_GRADIENT(sums, numbers, std::array<double, 3>{0.3, 0.7, 1.1});
  CHECK_GRADIENT(sums, Doubles{}, std::array<double, 3>{0.3, 0.7, 1.1});
  CHECK_GRADIENT(writes, numbers, 0.7);
  CHECK_GRADIENT(writes, Doubles{}, 0.7);
}

struct Row {
  Doubles w;
  double scale = 1;
};
struct Table {
  std::vector<Row> rows;
  ZYGOTE double total(double x) const {
    double sum = 0;
    for (auto row = rows.begin(); row != rows.end(); ++row) {
      for (auto it = row->w.begin(); it != row->w.end(); ++it) sum += *it * row->scale * x;
      sum *= x;
    }
    return sum;
  }
  ZYGOTE void grow(double x) {
    for (auto row = rows.begin(); row != rows.end(); ++row) row->scale *= x;
    for (auto row = this->rows.begin(); row != this->rows.end(); ++row)
      for (auto it = std::begin(row->w); it != std::end(row->w); x += 1, ++it) *it += x * row->scale;
  }
};
ZYGOTE double nested(Table t, double x) {
  t.grow(x);
  return t.total(x) * x;
}
TEST_CASE("iterators over what iterators refer to") {
  CHECK_GRADIENT(nested, Table{{{{1, 2}, 3}, {{}, 0.3}, {{0.5, -1}, 2}}}, 0.9);
}

ZYGOTE double maps(std::map<std::string, double> m, double x) {
  for (auto it = m.begin(); it != m.end(); ++it)
    if (it->first != "b") it->second *= x;
  double sum = 0;
  for (auto it = m.begin(); it != m.end(); ++it) sum += it->second * it->second;
  return sum;
}
TEST_CASE("iterators over maps") {
  CHECK_GRADIENT(maps, std::map<std::string, double>{{"a", 2}, {"b", 0.5}}, 0.7);
  CHECK_GRADIENT(maps, std::map<std::string, double>{}, 0.7);
}

ZYGOTE double elements(Doubles v, double x) {
  const double most = *std::max_element(v.begin(), v.end());
  auto least = std::min_element(v.begin() + 1, v.end());
  *least *= x;
  const auto at = std::find_if(v.begin(), v.end(), [&](double t) { return t > x; });
  double r = at == v.end() ? 0 : *at * most;
  r += *std::max_element(v.begin(), v.end(), [](double a, double b) { return a * a < b * b; }) * x;
  return r * *least + std::distance(v.begin(), std::find(v.begin(), v.end(), v[2])) * x;
}
TEST_CASE("algorithms that find elements") {
  CHECK_GRADIENT(elements, numbers, 0.7);
  CHECK_GRADIENT(elements, Doubles{3, 1, 2}, 0.7);
}

ZYGOTE double interpolated(const Doubles& xs, const Doubles& ys, double x) {
  const auto right = std::upper_bound(xs.begin(), xs.end(), x);
  if (right == xs.begin()) return ys.front() * x;
  if (right == xs.end()) return ys.back();
  const auto i = right - xs.begin();
  const double t = (x - *(right - 1)) / (*right - *(right - 1));
  return ys[i - 1] * (1 - t) + ys[i] * t + 0.0 * (std::lower_bound(xs.begin(), xs.end(), x) - xs.begin());
}
TEST_CASE("tables") {
  for (double x : {-1.0, 0.3, 1.2, 5.0}) CHECK_GRADIENT(interpolated, Doubles{0, 1, 2.5}, Doubles{3, 1, 4}, x);
}

ZYGOTE double reduced(const Doubles& v, const Doubles& w, double x) {
  double r = std::reduce(v.begin(), v.end()) + std::reduce(v.begin(), v.end(), x);
  r *= std::reduce(v.begin(), v.end(), 1.0, [](double a, double b) { return a * b; });
  r += std::transform_reduce(v.begin(), v.end(), w.begin(), x);
  r += std::transform_reduce(
      v.begin(), v.end(), 0.0, [](double a, double b) { return a + b; }, [&](double a) { return a * x; });
  if (std::any_of(v.begin(), v.end(), [](double t) { return t < 0; })) r *= x;
  if (std::all_of(v.begin(), v.end(), [](double t) { return t < 0; })) r *= x;
  return r * std::count_if(v.begin(), v.end(), [](double t) { return t > 1; });
}
TEST_CASE("reductions") {
  CHECK_GRADIENT(reduced, numbers, Doubles{1, 2, 3, 4}, 0.7);
  CHECK_GRADIENT(reduced, Doubles{}, Doubles{}, 0.7);
}

struct Item {
  double key, value;
};
ZYGOTE double sorted(Doubles v, double x) {
  v.push_back(x);
  std::sort(v.begin(), v.end());
  double r = 0;
  for (std::size_t i = 0; i < v.size(); ++i) r += v[i] * v[i] * (i + 1);
  std::reverse(v.begin(), v.end());
  Doubles w(v.size());
  std::partial_sum(v.begin(), v.end(), w.begin());
  for (std::size_t i = 0; i < v.size(); ++i) r += v[i] * w[i] * (i + 1);
  return r;
}
ZYGOTE double by_key(std::vector<Item> items, double x) {
  std::sort(items.begin(), items.end(), [&](const Item& a, const Item& b) { return a.key * x < b.key * x; });
  double r = 0, weight = x;
  for (const auto& i : items) {
    r += i.value * weight;
    weight *= i.key;
  }
  Doubles keys(items.size());
  std::transform(items.begin(), items.end(), keys.begin(), [](const Item& i) { return i.key; });
  std::sort(keys.begin(), keys.end(), std::greater<>{});
  for (std::size_t i = 0; i < 2 && i < keys.size(); ++i) r += keys[i] * (i + x);
  return r;
}
TEST_CASE("algorithms that move elements") {
  CHECK_GRADIENT(sorted, Doubles{0.5, 3, -1, 2}, 0.7);
  CHECK_GRADIENT(sorted, Doubles{}, 0.7);
  for (double x : {0.7, -0.7}) CHECK_GRADIENT(by_key, std::vector<Item>{{3, 1}, {1, 2}, {2, 4}}, x);
  CHECK_GRADIENT(by_key, std::vector<Item>{}, 0.7);
}

template <class T>
ZYGOTE T generic(const std::vector<T>& v) {
  T product = 1;
  for (auto it = v.begin(); it != v.end(); ++it) product *= *it + *std::max_element(v.begin(), v.end());
  return product;
}
TEST_CASE("iterators over dual numbers") {
  const Doubles x{0.5, 0.8, 0.7};
  CHECK_GRADIENT(generic, x);
  const auto H = zygote::hessian(generic, x);
  auto right = x, left = x;
  right[1] += 1e-5, left[1] -= 1e-5;
  const Doubles up = zygote::gradient(generic, right), down = zygote::gradient(generic, left);
  for (std::size_t k = 0; k < 3; ++k) CHECK(H[1][k] == doctest::Approx((up[k] - down[k]) / 2e-5).epsilon(1e-6));
}

struct Net {
  std::vector<Doubles> layers;
  double bias;
  ZYGOTE double run(double x) const {
    auto deep = [this, x](auto self, std::size_t i, double y) -> double {
      if (i == layers.size()) return y + bias;
      double s = 0;
      for (auto it = layers[i].begin(); it != layers[i].end(); ++it) s += *it * y;
      return self(self, i + 1, s * x);
    };
    return deep(deep, 0, x) * bias;
  }
};
ZYGOTE double deep_nets(const Net& n, double x) { return n.run(x) * x; }
ZYGOTE double everywhere(Doubles v, double x) {
  double r = 0;
  for (int k = 0; k < 3; ++k) {
    std::sort(v.begin(), v.end());
    for (auto it = v.begin(); it != v.end(); ++it) {
      if (*it > 1.7) break;
      *it = *it * x + k;
    }
    auto m = std::max_element(v.begin(), v.end());
    if (m != v.end()) {
      *m -= x;
      r += *m * *m;
      v.push_back(r * 0.1);
    }
    const auto add = [&](double t) {
      for (auto it = v.begin(); it != v.end(); ++it) r += *it * t;
    };
    add(x);
    add(r * 0.01);
    std::for_each(v.begin(), v.end(), [&](double& t) {
      auto first = v.begin();
      t += *first * 0.1;
    });
  }
  for (auto it = v.end(); it != v.begin();) {
    --it;
    r = r * 0.5 + *it;
  }
  return r;
}
ZYGOTE double rows_of(const std::vector<Doubles>& rows, double x) {
  double r = x;
  for (auto row = rows.begin(); row != rows.end(); ++row) {
    const auto& now = *row;
    for (auto it = now.begin(); it != now.end(); ++it) {
      if (it == now.begin()) continue;
      r = r * *it + *(it - 1);
    }
    r += std::accumulate(row->begin(), row->end(), 0.0) * x + *std::min_element(row->begin(), row->end());
  }
  return r;
}
TEST_CASE("iterators in lambdas, in methods, next to algorithms that move elements") {
  CHECK_GRADIENT(deep_nets, Net{{{0.3, 0.5}, {1, 2, 3}, {}}, 0.3}, 0.7);
  CHECK_GRADIENT(deep_nets, Net{{{0.3, 0.5}, {1, 2, 3}}, 0.3}, 0.7);
  CHECK_GRADIENT(everywhere, Doubles{0.5, 1.4, -0.2, 2.6}, 0.7);
  CHECK_GRADIENT(everywhere, Doubles{}, 0.7);
  CHECK_GRADIENT(rows_of, std::vector<Doubles>{{0.3, 0.5}, {1, 2, 3}, {0.4}}, 0.7);
}
}  // namespace

// Algorithms over parts of ranges, into growing containers, and with function objects of the standard library.
namespace parts {
using Doubles = std::vector<double>;
ZYGOTE double weighted(const Doubles& v) {
  double sum = 0;
  for (std::size_t i = 0; i < v.size(); ++i) sum += v[i] * v[i] * double(i + 1);
  return sum;
}
ZYGOTE double accumulated(const Doubles& v, std::size_t n) {
  const auto middle = v.begin() + std::ptrdiff_t(n);
  return std::accumulate(v.begin(), middle, 1.0, std::multiplies<>()) * std::accumulate(middle, v.end(), 0.0) +
         std::inner_product(v.begin() + 1, v.end(), v.begin(), 0.0) + std::reduce(v.begin(), v.end()) +
         std::accumulate(v.begin(), v.end(), 0.0, std::plus<double>{});
}
ZYGOTE double written(Doubles v) {
  std::fill(v.begin(), v.begin() + 1, v[1] * v[1]);
  std::transform(v.begin() + 1, v.end(), v.begin() + 1, [](double x) { return x * x; });
  std::copy(v.begin() + 2, v.begin() + 3, v.begin());
  std::for_each(v.begin(), v.end() - 1, [&](double& x) { x *= v[4]; });
  return weighted(v);
}
ZYGOTE double ordered(Doubles v) {
  std::sort(v.begin() + 1, v.end());
  std::reverse(v.begin(), v.begin() + 3);
  const double before = weighted(v);
  std::sort(v.rbegin(), v.rend());
  return before * weighted(v);
}
ZYGOTE double scans(const Doubles& v) {
  Doubles a(v.size()), b(v.size()), c(v.size()), d(v.size());
  std::inclusive_scan(v.begin(), v.end(), a.begin());
  std::exclusive_scan(v.begin(), v.end(), b.begin(), v[0]);
  std::adjacent_difference(v.begin(), v.end(), c.begin());
  std::partial_sum(v.begin(), v.end(), d.begin(), std::multiplies<double>());
  return weighted(a) + weighted(b) * weighted(c) + weighted(d);
}
ZYGOTE double grown(const Doubles& v) {
  Doubles squares, positive(v.begin() + 1, v.end() - 1);
  std::transform(v.begin(), v.end(), std::back_inserter(squares), [](double x) { return x * x; });
  std::copy_if(v.begin(), v.end(), std::back_inserter(positive), [](double x) { return x > 0; });
  double next = v[0];
  Doubles powers(3);
  std::generate(powers.begin(), powers.end(), [&] { return next *= v[1]; });
  return weighted(squares) + weighted(positive) * double(std::count(v.begin(), v.end(), 7.0) + 1) + weighted(powers);
}
ZYGOTE double fibonacci(double a, double b) {
  for (int i = 0; i < 5; ++i) a = std::exchange(b, a + 0.5 * b * b);
  return a;
}

ZYGOTE double scanned(const Doubles& v) {
  Doubles before(v.size()), to(v.size()), products(v.size()), squares = v;
  std::exclusive_scan(v.begin(), v.end(), before.begin(), v[0], std::multiplies<>{});
  std::inclusive_scan(
      v.begin(), v.end(), to.begin(), [](double a, double b) { return 0.5 * a + b; }, v[1]);
  std::adjacent_difference(v.begin(), v.end(), products.begin(), [](double a, double b) { return a * b; });
  std::transform_inclusive_scan(v.begin(), v.end(), squares.begin(), std::plus<>{}, [](double x) { return x * x; });
  std::fill_n(before.begin() + 1, 2, v[0] * v[1]);
  std::copy_n(v.begin(), 2, to.begin() + 3);
  return weighted(before) * weighted(to) + weighted(products) * weighted(squares);
}

TEST_CASE("algorithms over parts of ranges") {
  const Doubles v{0.7, -0.4, 1.3, 0.2, -1.1};
  for (std::size_t n : {0, 2, 5}) CHECK_GRADIENT(accumulated, v, n);
  CHECK_GRADIENT(written, v);
  CHECK_GRADIENT(ordered, v);
  CHECK_GRADIENT(scans, v);
  CHECK_GRADIENT(scanned, v);
  CHECK_GRADIENT(grown, v);
  CHECK_GRADIENT(fibonacci, 0.3, 0.4);
  CHECK(zygote::withgradient(ordered, v).value == doctest::Approx(ordered(v)));
  CHECK(zygote::withgradient(written, v).value == doctest::Approx(written(v)));
}
}  // namespace parts
