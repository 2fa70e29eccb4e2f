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

// ## Loops and branches

//: `while`, here as long as a result says so
ZYGOTE double while_loop(double x) {
  int n = 0;
  while (x > 1) {
    x = x * 0.5 + 0.1 / x;
    ++n;
  }
  return x * n;
}
TEST_CASE("while_loop") { CHECK_GRADIENT(while_loop, 20.0); }

//: `do .. while`
ZYGOTE double do_loop(double x) {
  double r = x;
  do r = r * r + x;
  while (r < 100);
  return r;
}
TEST_CASE("do_loop") { CHECK_GRADIENT(do_loop, 0.7); }

//: `for`, with one or more counters
ZYGOTE double for_loop(double x, int n) {
  double r = 0;
  for (int i = 0, j = n; i < j; ++i, --j) r += x * i * j;
  return r * r;
}
TEST_CASE("for_loop") {
  for (int n : {0, 1, 9}) CHECK_GRADIENT(for_loop, 0.7, n);
}

//: range-`for` over vectors, `std::array`, C arrays, lists: `for (double t : {x, 1.0})`
ZYGOTE double over_arrays(const Doubles& v, const std::array<double, 2>& a) {
  double r = 1;
  const double c[2] = {a[0], 2};
  for (double x : v) r *= 1 + x;
  for (const auto& x : a) r *= x;
  for (const double& x : c) r *= x;
  for (double x : {a[0], a[1], 2.0}) r *= x;
  return r;
}
TEST_CASE("over_arrays") { CHECK_GRADIENT(over_arrays, numbers, std::array<double, 2>{1.5, 0.7}); }

//: range-`for` over spans
ZYGOTE double over_span(std::span<const double> s) {
  double r = 1;
  for (double x : s) r *= 1 + x;
  return r * s[0];
}
TEST_CASE("over_span") {
  auto f = ZYGOTE[](const Doubles& v) { return over_span(std::span<const double>(v)) * v[1]; };
  CHECK_GRADIENT(f, numbers);
}

//: range-`for` over maps: `for (const auto& [key, x] : m)`, and `m.at(key)`
ZYGOTE double over_map(const std::map<std::string, double>& m) {
  double r = m.at("a");
  for (const auto& [key, x] : m) r *= x;
  return r;
}
TEST_CASE("over_map") {
  const std::map<std::string, double> m{{"a", 2}, {"c", 3}};
  CHECK(zygote::gradcheck(over_map, m));
}

//: range-`for` with an initialiser: `for (int i = 0; double x : v)`
ZYGOTE double initialised(const Doubles& v, double x) {
  double sum = 0;
  for (int i = 1; const double e : v) sum += e * x * i++;
  for (double scale = x; auto [a, b] : std::array{std::pair(x, 2.0), std::pair(v[0], x)}) sum += scale * a * b;
  return sum;
}
TEST_CASE("initialised") { CHECK_GRADIENT(initialised, Doubles{0.3, -1.2, 0.8}, 0.7); }

//: iterators: `for (auto it = v.begin(); it != v.end(); ++it) r += *it`, `it->second`, `*std::prev(it)`, `it -
//: v.begin()`
ZYGOTE double iterators(Doubles v, const std::map<std::string, double>& m) {
  for (auto it = v.begin() + 1; it != v.end(); ++it) *it += *std::prev(it) * *it;
  double r = 0;
  for (auto it = m.begin(); it != m.end(); ++it) r += it->second * v[it->first == "b"];
  return r;
}
TEST_CASE("iterators") { CHECK_GRADIENT(iterators, numbers, std::map<std::string, double>{{"a", 2}, {"b", 0.5}}); }

//: backwards: `for (auto it = v.rbegin(); it != v.rend(); ++it)`, `for (double& e : v | std::views::reverse)`
ZYGOTE double backwards(Doubles v, double x) {
  double r = 0;
  for (double& e : v | std::views::reverse) r = r * x + (e *= x);
  for (auto it = v.rbegin(); it != v.rend(); ++it) r = r * x + *it;
  return r;
}
TEST_CASE("backwards") {
  CHECK_GRADIENT(backwards, numbers, 1.3);
  CHECK_GRADIENT(backwards, Doubles{}, 1.3);
}

//: structured bindings: `for (const auto& [a, b] : pairs)`
ZYGOTE double over_pairs(const std::vector<std::pair<double, double>>& pairs) {
  double r = 1;
  for (const auto& [a, b] : pairs) r *= a + b;
  return r;
}
TEST_CASE("over_pairs") { CHECK_GRADIENT(over_pairs, std::vector<std::pair<double, double>>{{1, 2}, {3, 4}}); }

//: `break`
ZYGOTE double breaks(double x, int n) {
  double sum = 0;
  for (int i = 0; i < n; ++i) {
    if (sum > 10) break;
    sum += x * i;
  }
  return sum * sum;
}
TEST_CASE("breaks") {
  for (int n : {0, 3, 20}) CHECK_GRADIENT(breaks, 0.7, n);
}

//: `continue`
ZYGOTE double continues(double x, int n) {
  double r = 1;
  for (int i = 0; i < n; ++i) {
    if (i % 3 == 0) continue;
    r *= x;
  }
  return r;
}
TEST_CASE("continues") {
  for (int n : {0, 3, 8}) CHECK_GRADIENT(continues, 0.7, n);
}

//: `return` from inside nested loops
ZYGOTE double returns(double x, int n) {
  double s = x;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) {
      s *= 1 + 0.1 * x;
      if (i * j > 5) return s * s;
    }
  return s;
}
TEST_CASE("returns") {
  for (int n : {0, 2, 5}) CHECK_GRADIENT(returns, 0.7, n);
}

//: `switch`, with and without `[[fallthrough]]`
ZYGOTE double switches(double x, int n) {
  double r = 1;
  for (int i = 0; i < n; ++i) switch (i % 4) {
      case 0:
        r += x;
        break;
      case 1:
        r *= x;
        [[fallthrough]];
      case 2:
        r -= 0.5 * x;
        break;
      default:
        r = r * r;
    }
  return r;
}
TEST_CASE("switches") {
  for (int n : {0, 1, 6}) CHECK_GRADIENT(switches, 0.7, n);
}

//: `if`, with an initialiser too: `if (double y = x * x; y > 1)`
ZYGOTE double ifs(double x) {
  if (double y = x * x; y > 1)
    return y * x;
  else if (y > 0.5)
    x += y;
  return x * x * x;
}
TEST_CASE("ifs") {
  for (double x : {0.3, 0.9, 1.5}) CHECK_GRADIENT(ifs, x);
}

ZYGOTE std::optional<double> above(double x, double limit) {
  if (x > limit) return x - limit;
  return std::nullopt;
}
//: declarations as conditions: `if (auto y = find(x))`, `while (int k = next(i))`, `switch (int k = i % 3; k)`
ZYGOTE double declared_conditions(double x, double limit, int n) {
  double r = 0;
  for (int i = 0; i < n; ++i) {
    if (const auto y = above(x, limit * i))
      r += *y * x;
    else if (auto z = above(limit * i, x); z && *z > 0.1)
      r += *z * *z * limit;
    int m = i;
    while (const int k = m % 4) {
      ++m;
      if (k == 2) continue;
      r += x * k;
    }
    switch (const int k = i % 3; k) {
      case 0:
        r += x;
        [[fallthrough]];
      case 1:
        r *= limit;
        break;
      default:
        r += x * k;
    }
  }
  return r;
}
TEST_CASE("declared_conditions") {
  for (int n : {0, 2, 4}) CHECK_GRADIENT(declared_conditions, 1.3, 0.9, n);
}

//: `?:`, nested too
ZYGOTE double ternary(double x, double y) { return x > y ? x * x : y > 3 ? y : x * y; }
TEST_CASE("ternary") {
  for (double y : {1.0, 2.5, 4.0}) CHECK_GRADIENT(ternary, 2.0, y);
}

//: `&&` and `||` that guard: `if (i < v.size() && v[i] > 0)`
ZYGOTE double short_circuit(const Doubles& v, std::size_t i) {
  double r = 1;
  if (i < v.size() && v[i] > 0) r = v[i] * v[i];
  if (v.empty() || v[0] < 0) r *= 2;
  return r;
}
TEST_CASE("short_circuit") {
  for (std::size_t i : {0, 2, 9}) CHECK_GRADIENT(short_circuit, numbers, i);
  CHECK_GRADIENT(short_circuit, Doubles{}, std::size_t(0));
}

}  // namespace
