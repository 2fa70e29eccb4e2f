// Mutation: elements, aliases, references, containers that grow; the statements of C++ that are not in control.cpp.
#include <array>
#include <numeric>
#include <span>
#include <stdexcept>
#include <variant>

#include "check.hpp"

struct Row {
  std::vector<double> w;
  double scale = 1;
};
struct Table {
  std::vector<Row> rows;
  double total = 0;
};

ZYGOTE void scale(std::vector<double>& v, double k) {
  for (auto& x : v) x *= k;
}
ZYGOTE void squares(std::span<const double> from, std::span<double> to) {
  for (std::size_t i = 0; i < from.size(); ++i) to[i] = from[i] * from[i];
}
ZYGOTE double by_reference(const std::vector<double>& v, double k) {
  std::vector<double> w = v;
  scale(w, k);
  std::vector<double> s(v.size());
  squares(w, s);
  double sum = 0;
  for (double x : s) sum += x * k;
  return sum;
}

ZYGOTE double elements(const std::vector<double>& v, double x) {
  std::vector<double> a(v.size(), x);
  std::array<double, 3> c = {x, 2 * x, 3};
  double grid[2][2] = {{x, 1}, {2, x * x}};
  int idx = 0;
  for (std::size_t i = 0; i < v.size(); ++i) {
    a[i] += v[i] * x;
    if (v[i] > 1) a[i] *= v[i];
    c[i % 3] -= a[i] * std::sin(v[i]);
    grid[idx % 2][1] += a[i] * x, idx++;
  }
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); i++) sum += a[i] * a[i];
  return sum + c[0] * c[1] * c[2] + grid[0][1] * grid[1][1] + grid[1][0] * grid[0][0];
}

ZYGOTE double nested(Table t, double y) {
  for (std::size_t k = 0; k < t.rows.size(); ++k) {
    auto& row = t.rows[k];
    row.scale *= y;
    for (auto& w : row.w) w = w * row.scale + y;
    t.total += row.w[0] * row.w[1];
  }
  t.rows[0].w[1] *= t.total;
  std::swap(t.rows[0].w[0], t.rows[1].w[1]);
  return t.total + t.rows[0].w[1] * t.rows[0].w[0] + t.rows[1].w[1];
}

ZYGOTE double grows(double x, int n) {
  std::vector<double> v;
  for (int i = 0; i < n; ++i) {
    v.push_back(x * i + (v.empty() ? 1.0 : v.back()));
    if (i % 4 == 3) v.pop_back();
  }
  v.resize(v.size() + 2);
  v[v.size() - 1] = x * x;
  double sum = 0;
  for (const auto& e : v) sum += e * e;
  return sum;
}

ZYGOTE double do_and_switch(double x, int n) {
  double r = 1;
  int i = 0;
  do {
    switch (i % 5) {
      case 0:
        r += x;
        break;
      case 1:
      case 2:
        r *= 1 + 0.1 * x;
        if (r > 100) break;
        r += 0.5;
        [[fallthrough]];
      case 3:
        r -= 0.25 * x * x;
        break;
      default:
        if (i > 20) {
          i += 2;
          continue;
        }
        r = r / (1 + x * x);
    }
    ++i;
  } while (i < n);
  return r;
}

ZYGOTE double lambdas(double x, const std::vector<double>& v) {
  double total = x;
  auto add = [&](double t) {
    total += t * x;
    return total;
  };
  double last = 0;
  for (double t : v) last = add(t) * 0.5;
  auto twice = [x](auto f, double t) { return f(f(t)) + x; };
  auto half = [=](double t) { return t * x / 2; };
  return total + last + twice(half, x);
}

ZYGOTE double algorithms(const std::vector<double>& v, double x) {
  std::vector<double> w(v.size());
  std::transform(v.begin(), v.end(), w.begin(), [&](double t) { return t * t * x; });
  double s = std::accumulate(w.begin(), w.end(), x) + std::inner_product(v.begin(), v.end(), w.begin(), 0.0);
  std::for_each(w.begin(), w.end(), [&](double& t) { t += x; });
  return s + std::accumulate(w.begin(), w.end(), 1.0, [](double a, double b) { return a * (1 + 0.1 * b); });
}

template <class T>
struct Poly {
  std::array<T, 3> c;
  ZYGOTE T operator()(T x) const {
    T r = 0;
    if constexpr (sizeof(T) > 4) {
      for (int i = 2; i >= 0; --i) r = r * x + c[i];
    } else {
      r = x;
    }
    return r;
  }
};

ZYGOTE double throwing(double x, double y) {
  if (y < 0) throw std::runtime_error("negative");
  double a = x * y, b = a + x;
  return (a += b, a * b);
}

ZYGOTE double lotka(double a, double b) {
  std::array<double, 2> u = {1, 1.5};
  for (int i = 0; i < 10; ++i) {
    auto rate = [&](const std::array<double, 2>& p) {
      return std::array<double, 2>{a * p[0] - p[0] * p[1], b * p[0] * p[1] - p[1]};
    };
    auto k = rate(u);
    std::array<double, 2> m;
    for (int j = 0; j < 2; ++j) m[j] = u[j] + 0.05 * k[j];
    k = rate(m);
    for (int j = 0; j < 2; ++j) u[j] += 0.1 * k[j];
  }
  return u[0] * u[1];
}

ZYGOTE double held(const std::optional<double>& o, const std::variant<float, double>& v, double x) {
  double sum = x;
  for (int i = 0; i < 2; ++i)
    if (o) sum += *o * x * std::get<double>(v);
  return sum;
}

TEST_CASE("adjoints of optionals and variants hold what the values hold") {
  const std::variant<float, double> v(5.0);
  const auto full = zygote::gradient(held, std::optional<double>(3.0), v, 2.0);
  REQUIRE(std::get<0>(full).has_value());
  CHECK(*std::get<0>(full) == 20);
  CHECK(std::get<double>(std::get<1>(full)) == 12);
  CHECK(std::get<2>(full) == 31);
  const auto empty = zygote::gradient(held, std::optional<double>(), v, 2.0);
  CHECK(!std::get<0>(empty).has_value());
  CHECK(std::get<2>(empty) == 1);
}

TEST_CASE("elements, aliases, references and growing containers") {
  const std::vector<double> v{0.5, 1.5, -0.3, 2.0}, empty;
  CHECK_GRADIENT(by_reference, v, 1.3);
  CHECK_GRADIENT(by_reference, empty, 1.3);
  CHECK_GRADIENT(elements, v, 0.7);
  CHECK_GRADIENT(elements, empty, 0.7);
  CHECK_GRADIENT(nested, Table{{{{1, 2}, 3}, {{0.5, -1}, 2}}, 0.1}, 0.9);
  for (int n : {0, 1, 7}) CHECK_GRADIENT(grows, 0.8, n);
  CHECK_GRADIENT(lotka, 1.1, 0.9);
}

TEST_CASE("do, switch, comma, throw, if constexpr") {
  for (int n : {0, 1, 13, 31}) CHECK_GRADIENT(do_and_switch, 0.8, n);
  CHECK_GRADIENT(Poly<double>{{1, 2, 3}}, 0.5);
  CHECK_GRADIENT(throwing, 2.0, 3.0);
  CHECK_THROWS_WITH(zygote::gradient(throwing, 2.0, -3.0), "negative");
}

TEST_CASE("lambdas that change what they captured, and algorithms") {
  const std::vector<double> v{0.5, 1.5, -0.3, 2.0};
  CHECK_GRADIENT(lambdas, 0.7, v);
  CHECK_GRADIENT(algorithms, v, 0.7);
}

TEST_CASE("a write costs the same in a long vector") {
  // What is checked is the result; a write that copied the vector would take minutes here.
  auto f = ZYGOTE[](const std::vector<double>& x) {
    std::vector<double> y = x;
    for (std::size_t i = 1; i < y.size(); ++i) {
      if (i % 2 == 1) y[i] += 0.5 * y[i - 1];
      y[i] *= 1.0;
    }
    return y[y.size() - 1];
  };
  const std::vector<double> x(200000, 1.0);
  const auto [d] = zygote::gradient(f, x);
  CHECK(d[x.size() - 1] == 1);
  CHECK(d[x.size() - 2] == 0.5);
  CHECK(d[0] == 0);
}

namespace emptied {
ZYGOTE double reset_optional(double x) {
  std::optional<double> kept = x * x;
  double total = kept.value_or(0);
  kept.reset();
  for (int i = 0; i < 3; ++i) {
    total += kept ? *kept * x : x;
    if (i == 1)
      kept.reset();
    else
      kept = x + i;
  }
  return total;
}
TEST_CASE("optionals that are emptied") { CHECK(gradient_error(reset_optional, 0.7) < 1e-8); }
}  // namespace emptied

namespace moved {
ZYGOTE double moves(std::vector<double> v, double x) {
  std::vector<double> w = std::move(v);
  w[0] *= x;
  v = std::move(w);
  v.push_back(x * v[0]);
  return v.back() * v[1];
}
// What a method of a container returns is a part of it, which changes before the reverse reads it.
ZYGOTE double visits(const std::vector<std::vector<int>>& next, double x) {
  std::vector<bool> seen(next.size());
  std::vector<int> stack{0};
  double sum = 0, w = x;
  while (!stack.empty()) {
    const int at = stack.back();
    const bool again = seen[std::size_t(at)];
    stack.pop_back();
    seen[std::size_t(at)] = true;
    if (again) continue;
    sum += w * at;
    w *= x;
    for (int to : next[std::size_t(at)]) stack.push_back(to);
  }
  return sum;
}
ZYGOTE double rows(double x) {
  std::vector<std::vector<int>> rows{{2}, {3, 4}};
  double sum = 0;
  for (int k = 0; k < 3; ++k) {
    const auto& last = rows.back();
    const std::size_t n = last.size();
    sum += x * double(n) * last[0];
    const std::vector<int> row = rows.front();
    rows.push_back(row);
    rows.front().push_back(k);
    sum *= x * row[0] + double(row.size());
  }
  return sum;
}
TEST_CASE("parts of containers that change afterwards") {
  CHECK(gradient_error(visits, std::vector<std::vector<int>>{{1, 2}, {2, 3}, {0}, {}}, 1.2) < 1e-8);
  CHECK(gradient_error(rows, 0.7) < 1e-8);
}

TEST_CASE("std::move") { CHECK(gradient_error(moves, std::vector<double>{2, 3}, 0.5) < 1e-8); }
}  // namespace moved
