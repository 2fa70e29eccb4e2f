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

// ## Mutation

//: elements of vectors: `v[i] += x * v[i - 1]`
ZYGOTE double elements(Doubles v, double x) {
  for (std::size_t i = 1; i < v.size(); ++i) v[i] += x * v[i - 1];
  return v.back() * v[0];
}
TEST_CASE("elements") { CHECK_GRADIENT(elements, numbers, 1.3); }

//: elements of C arrays of C arrays: `grid[0][1] *= x`
ZYGOTE double c_arrays(double x) {
  double grid[2][2] = {{x, 1}, {2, x * x}};
  grid[0][1] *= x;
  grid[1][0] -= grid[0][1] * grid[1][1];
  return grid[1][0] * grid[0][0];
}
TEST_CASE("c_arrays") { CHECK_GRADIENT(c_arrays, 0.7); }

struct Point {
  double x, y;
  int id = 0;
};
//: fields: `p.x *= k; p.y += p.x * p.x`
ZYGOTE double fields(Point p, double k) {
  p.x *= k;
  p.y += p.x * p.x;
  return p.x * p.y;
}
TEST_CASE("fields") { CHECK_GRADIENT(fields, Point{2, 3}, 0.7); }

struct Row {
  Doubles w;
  double scale = 1;
};
struct Table {
  std::vector<Row> rows;
};
const Table table{{{{1, 2}, 3}, {{0.5, -1}, 2}}};
//: fields of elements of fields: `t.rows[k].w[1] += y`
ZYGOTE double nested(Table t, double y) {
  for (std::size_t k = 0; k < t.rows.size(); ++k) {
    t.rows[k].scale *= y;
    t.rows[k].w[1] += t.rows[k].scale * t.rows[k].w[0];
  }
  return t.rows[0].w[1] * t.rows[1].w[1];
}
TEST_CASE("nested") { CHECK_GRADIENT(nested, table, 0.9); }

//: elements of elements: `m[i][j] = x * i + j`
ZYGOTE double matrices(double x) {
  std::vector<Doubles> m(2, Doubles(3));
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j) m[i][j] = x * i + j * x;
  double sum = 1;
  for (const auto& row : m)
    for (double v : row) sum += v * v;
  return sum;
}
TEST_CASE("matrices") { CHECK_GRADIENT(matrices, 0.7); }

//: containers that grow and shrink: `push_back`, `emplace_back`, `pop_back`, `resize`, `assign`, `clear`,
//: `v.insert(v.end(), w.begin(), w.end())`
ZYGOTE double growing(double x, int n) {
  Doubles v{x, x};
  v.clear();
  for (int i = 0; i < n; ++i) {
    v.push_back(x * i + (v.empty() ? 1.0 : v.back()));
    if (i % 4 == 3) v.pop_back();
  }
  v.emplace_back(x);
  v.resize(v.size() + 1);
  v.back() = x * x;
  v.resize(v.size() + 2, x * v[0]);
  Doubles w;
  w.assign(2, x * x);
  v.insert(v.end(), w.begin(), w.end());
  double sum = 0;
  for (double e : v) sum += e * e;
  return sum;
}
TEST_CASE("growing") {
  for (int n : {0, 1, 7}) CHECK_GRADIENT(growing, 0.8, n);
}

//: `insert` of one element, `erase` of one or of a part, `std::erase_if`, `std::remove_if`
ZYGOTE double inserted(std::vector<double> v, double x) {
  for (auto it = v.begin(); it != v.end();) {
    if (*it * x > 4)
      it = v.erase(it);
    else
      *it++ *= x;
  }
  v.insert(v.begin() + 1, x * x);
  v.insert(v.begin(), v[1] * v[0]);
  v.erase(v.begin() + 1, v.begin() + 2);
  v.erase(std::remove_if(v.begin(), v.end(), [&](double e) { return e < 0.1 * x; }), v.end());
  std::erase_if(v, [](double e) { return e > 7; });
  double r = 0;
  for (double e : v) r = 0.9 * r + e * e;
  return r;
}
TEST_CASE("inserted") { CHECK_GRADIENT(inserted, std::vector{1.3, 7.0, 0.03, 2.0, 5.0}, 1.7); }

//: both ends of a `std::deque`: `push_front`, `pop_front`
ZYGOTE double deques(const Doubles& xs, std::size_t n) {
  std::deque<double> window;
  std::deque<Doubles> rows;
  double sum = 0, total = 0;
  for (double x : xs) {
    window.push_back(x * x);
    sum += window.back();
    if (window.size() > n) {
      sum -= window.front();
      window.pop_front();
    }
    total += sum * window.front();
    rows.push_front(Doubles{total, x});
    if (rows.size() > 2) rows.pop_front();
  }
  window.push_front(total);
  return window[0] * window[1] + rows[0][1] * rows.back()[0];
}
TEST_CASE("deques") { CHECK_GRADIENT(deques, numbers, std::size_t(2)); }

//: `std::swap` of variables and of elements
ZYGOTE double swaps(Doubles v, double x) {
  double y = x * x;
  std::swap(x, y);
  std::swap(v[0], v[1]);
  return v[0] * x + v[1] * y;
}
TEST_CASE("swaps") { CHECK_GRADIENT(swaps, numbers, 1.3); }

//: references to variables and their parts: `double& w = t.rows[1].w[0]; w *= x`
ZYGOTE double aliases(Table t, double x) {
  auto& row = t.rows[1];
  double& first = row.w[0];
  first *= x;
  row.scale += first;
  return t.rows[1].w[0] * t.rows[1].scale;
}
TEST_CASE("aliases") { CHECK_GRADIENT(aliases, table, 1.3); }

//: structured bindings by reference: `auto& [a, b, id] = p; a *= b`
ZYGOTE double bound_references(Point p) {
  auto& [a, b, id] = p;
  a *= b;
  return p.x * p.y;
}
TEST_CASE("bound_references") { CHECK_GRADIENT(bound_references, Point{2, 3}); }

ZYGOTE void normalise(Doubles& v, double& total) {
  for (double e : v) total += e * e;
  for (auto& e : v) e /= total;
}
//: functions that write to what they are given by reference: `normalise(v, total)`
ZYGOTE double by_reference(Doubles v) {
  double total = 0;
  normalise(v, total);
  return v[0] * v[1] * total;
}
TEST_CASE("by_reference") { CHECK_GRADIENT(by_reference, numbers); }

struct Average {
  double sum = 0;
  int n = 0;
  ZYGOTE void add(double x) { sum += x, ++n; }
  ZYGOTE double mean() const { return n ? sum / n : 0; }
};
//: marked methods that change their object: `average.add(k * x)`
ZYGOTE double changing_methods(const Doubles& v, double k) {
  Average average;
  for (double x : v)
    if (x > 0) average.add(k * x * x);
  return average.mean();
}
TEST_CASE("changing_methods") { CHECK_GRADIENT(changing_methods, numbers, 1.3); }

struct Largest {
  double now = 0;
  ZYGOTE void add(double x) { now = std::max(now, x); }
};
struct Both {
  Average average;
  ZYGOTE void add(double x) { average.add(x * x); }
};
struct Grid {
  int width;
  std::vector<double> cells;
  ZYGOTE double& cell(int i, int j) { return cells[i * width + j]; }
  ZYGOTE const double& cell(int i, int j) const { return cells[i * width + j]; }
};
//: writes to what a marked method returns a reference to: `grid.cell(0, 1) *= x`
ZYGOTE double returned_parts(double x, double y) {
  Grid grid{2, {x, y, x * y, 1}};
  grid.cell(0, 1) *= grid.cell(1, 0);
  double& corner = grid.cell(1, 1);
  corner += grid.cell(0, 1) * x;
  return grid.cells[1] * grid.cells[3];
}
TEST_CASE("returned_parts") { CHECK_GRADIENT(returned_parts, 1.3, 0.7); }

//: methods of one name, of objects of which the file tells the types: `all[0].add(x)`, `both.average.add(x)`
ZYGOTE double methods_of_one_name(const Doubles& v, std::vector<Largest> all) {
  Both both;
  for (double x : v) both.add(x), both.average.add(x), all[0].add(x * x);
  for (auto& largest : all) largest.add(v[0]);
  return both.average.mean() * all[0].now;
}
TEST_CASE("methods_of_one_name") { CHECK_GRADIENT(methods_of_one_name, numbers, std::vector<Largest>{{0.1}}); }

//: writes through a span: `std::span<double> s = v; s[0] = x`
ZYGOTE double through_span(double x) {
  Doubles v{x, x};
  std::span<double> s = v;
  s[0] = x * x * x;
  return v[0] * v[1];
}
TEST_CASE("through_span") { CHECK_GRADIENT(through_span, 1.3); }

struct Reading {
  std::optional<double> value;
  std::complex<double> wave;
};
//: parts of another type: a `double` stored in an optional, a variant, a complex number: `r.value = x`, `z[0] = x`
ZYGOTE double converted(double x) {
  Reading r;
  r.value = x * x;
  r.wave = x;
  std::vector<std::complex<double>> z(1);
  z[0] = 2 * x;
  z.push_back(x);
  return *r.value * r.wave.real() + std::norm(z[0] + z[1]);
}
TEST_CASE("converted") { CHECK_GRADIENT(converted, 0.7); }

//: whole elements and structs: `m[0] = m[1]`
ZYGOTE double whole(std::vector<Doubles> m, double x) {
  m[0] = m[1];
  m[0][1] *= x;
  m[1] = Doubles{x, m[0][1]};
  return m[0][1] * m[1][1] + m[0][0] * m[1][0];
}
TEST_CASE("whole") { CHECK_GRADIENT(whole, std::vector<Doubles>{{1, 2}, {3, 4}}, 0.7); }

//: values of maps, new ones too: `m["b"] = x * m["a"]`, `m["c"] += x`, `for (auto& [key, v] : m) v *= x`
ZYGOTE double map_values(const std::map<std::string, double>& given, double x) {
  std::map<std::string, double> m = given;
  m["b"] = x * m["a"];
  for (auto& [key, v] : m) v *= x;
  return m["a"] * m["b"];
}
TEST_CASE("map_values") {
  const std::map<std::string, double> m{{"a", 2}, {"c", 3}};
  CHECK(zygote::gradcheck(map_values, m, 1.3));
}

//: what `find` of a map returns: `if (auto it = m.find(key); it != m.end()) it->second *= x`
ZYGOTE double found(std::map<std::string, double> m, double x) {
  if (auto it = m.find("a"); it != m.end()) it->second *= x;
  const auto it = m.find("z");
  return m.at("a") * (it == m.end() ? x * x : it->second);
}
TEST_CASE("found") { CHECK_GRADIENT(found, std::map<std::string, double>{{"a", 0.5}, {"b", 2}}, 0.7); }

//: hash maps, lists of entries, and `std::vector<bool>`
ZYGOTE double hash_maps(const std::unordered_map<std::string, double>& given, double x) {
  std::unordered_map<std::string, double> m{{"a", x}, {"b", x * x}};
  std::vector<bool> seen(2);
  seen[1] = true;
  for (const auto& [key, v] : given)
    if (seen[1]) m[key] += v * x;
  return m["a"] * m.at("b") + given.at("b");
}
TEST_CASE("hash_maps") {
  const std::unordered_map<std::string, double> m{{"b", 2}, {"c", 3}};
  CHECK(zygote::gradcheck(hash_maps, m, 1.3));
}

//: all assignments and steps of numbers: `i++`, `--i`, `+=`, `-=`, `*=`, `/=`, `%=`
ZYGOTE double steps(double x, int n) {
  int i = 7;
  i %= 4;
  double r = x;
  while (i++ < n) {
    r += x * i;
    r /= 1 + x;
  }
  x++;
  r -= x;
  return r * --x;
}
TEST_CASE("steps") { CHECK_GRADIENT(steps, 0.7, 6); }

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

// ## Functions

//: recursion (with a declared return type)
ZYGOTE double recursion(double x, int n) { return n == 0 ? 1.0 : x * recursion(x, n - 1); }
TEST_CASE("recursion") {
  for (int n : {0, 1, 5}) CHECK_GRADIENT(recursion, 0.7, n);
}

//: recursive functions that change their arguments; each call copies those
ZYGOTE void recur_in_place(Doubles& v, std::size_t i, double x) {
  if (i + 1 >= v.size()) return;
  v[i + 1] += x * v[i];
  recur_in_place(v, i + 1, x * x);
  v[i] *= v[i + 1];
}
ZYGOTE double recursion_in_place(Doubles v, double x) {
  recur_in_place(v, 0, x);
  return v[0];
}
TEST_CASE("recursion_in_place") { CHECK_GRADIENT(recursion_in_place, numbers, 0.7); }

//: functions that are declared before they are defined, so mutual recursion
ZYGOTE double odd(double x, int n);
ZYGOTE double even(double x, int n) { return n == 0 ? 1.0 : x * odd(x, n - 1); }
ZYGOTE double odd(double x, int n) { return n == 0 ? 0.5 : std::sin(x) * even(x, n - 1); }
TEST_CASE("mutual_recursion") {
  for (int n : {0, 1, 4}) CHECK_GRADIENT(even, 0.7, n);
}

//: lambdas, and what they capture
ZYGOTE double lambdas(double x, double y) {
  auto outer = [&](double t) {
    auto inner = [=, c = x * y](double u) { return u * c + t; };
    return inner(t) * x;
  };
  return outer(y) * outer(x);
}
TEST_CASE("lambdas") { CHECK_GRADIENT(lambdas, 0.7, 1.3); }

//: lambdas that change what they captured: `[&](double t) { sum += t * x; }`
ZYGOTE double changing_lambdas(double x, const Doubles& v) {
  double sum = 0;
  auto add = [&](double t) { sum += t * x; };
  for (double t : v) add(t);
  return sum * sum;
}
TEST_CASE("changing_lambdas") { CHECK_GRADIENT(changing_lambdas, 0.7, numbers); }

//: lambdas called where they stand: `[&] { .. }()`
ZYGOTE double immediate(double x) {
  const double y = [&] {
    if (x > 1) return x;
    return x * x;
  }();
  return y * x;
}
TEST_CASE("immediate") {
  CHECK_GRADIENT(immediate, 0.7);
  CHECK_GRADIENT(immediate, 1.7);
}

//: generic lambdas: `[](auto t) { return t * t; }`
ZYGOTE double generic_lambdas(double x, int n) {
  auto square = [](auto t) { return t * t; };
  return square(x) * square(n);
}
TEST_CASE("generic_lambdas") { CHECK_GRADIENT(generic_lambdas, 0.7, 3); }

ZYGOTE auto line(double a, double b) {
  return [=](double t) { return a * t + b; };
}
//: lambdas that are given themselves, with a declared return type: `power(power, 3)`
ZYGOTE double recursive_lambda(double x) {
  auto power = [x](auto self, int n) -> double { return n == 0 ? 1.0 : x * self(self, n - 1); };
  return power(power, 3);
}
TEST_CASE("recursive_lambda") { CHECK_GRADIENT(recursive_lambda, 0.7); }

//: functions that return lambdas: `auto f = line(a, b); f(x)`
ZYGOTE double returned_lambdas(double x, double y) {
  auto f = line(x * y, y);
  return f(x) * f(2.0);
}
TEST_CASE("returned_lambdas") { CHECK_GRADIENT(returned_lambdas, 0.7, 1.3); }

template <class F>
ZYGOTE double twice(const F& f, double x) {
  return f(f(x));
}
//: functions that take functions: `twice([&](double t) { .. }, x)`
ZYGOTE double higher_order(double x, double k) {
  return twice([&](double t) { return k * t + std::exp(-t); }, x);
}
TEST_CASE("higher_order") { CHECK_GRADIENT(higher_order, 0.7, 1.1); }

struct Affine {
  double w, b;
  ZYGOTE double operator()(double x) const { return w * x + b; }
  ZYGOTE double slope(double x) const { return w * x; }
};
//: structs that are called, and their methods
ZYGOTE double callable_structs(const Affine& f, double x) { return f(f(x)) + f.slope(x); }
TEST_CASE("callable_structs") { CHECK_GRADIENT(callable_structs, Affine{2, 3}, 0.7); }

struct Model {
  Affine first, second;
  ZYGOTE double operator()(double x) const { return second(std::tanh(first(x))); }
};
struct Parity {
  double w;
  ZYGOTE double even(double x, int n) const { return n == 0 ? x : x * odd(x, n - 1); }
  ZYGOTE double odd(double x, int n) const { return n == 0 ? w : even(x, n - 1) + x; }
};
//: methods that call themselves and each other, with declared return types
ZYGOTE double recursive_methods(const Parity& p, double x) { return p.even(x, 3) * p.odd(x, 3); }
TEST_CASE("recursive_methods") { CHECK_GRADIENT(recursive_methods, Parity{1.1}, 0.7); }

//: fields that are called: `second(tanh(first(x)))`
ZYGOTE double callable_fields(const Model& m, double x) { return m(x) + m.second(x); }
TEST_CASE("callable_fields") { CHECK_GRADIENT(callable_fields, Model{{2, 3}, {0.5, 1}}, 0.7); }

using Activation = zygote::Function<double(double)>;
//: any callable of one signature: `zygote::Function<double(double)>`
ZYGOTE double erased(double x, const std::vector<Activation>& layers) {
  for (const auto& f : layers) x = f(x) * x;
  return x;
}
TEST_CASE("erased") {
  CHECK_GRADIENT(erased, 0.7, std::vector<Activation>{zygote::math::tanh, zygote::frozen(Affine{2, 3})});
}

ZYGOTE double scaled(double x, double k = 3) { return k * x; }
//: default arguments
ZYGOTE double default_arguments(double x) { return scaled(x) + scaled(x, x); }
TEST_CASE("default_arguments") { CHECK_GRADIENT(default_arguments, 0.7); }

template <class T>
ZYGOTE T cube(T x) {
  return x * x * x;
}
//: function templates, whose arguments are deduced: `cube(x) + cube(3)`
ZYGOTE double templates(double x) { return cube(x) + cube(3); }
TEST_CASE("templates") { CHECK_GRADIENT(templates, 0.7); }

template <class T, int n>
struct Times {
  T factor;
  ZYGOTE T operator()(T x) const { return n * factor * x; }
  template <int m>
  ZYGOTE T more(T x) const {
    return m * factor * x;
  }
};
template <int n>
ZYGOTE double to_the(double x) {
  double r = 1;
  if constexpr (n > 0) r = x * to_the<n - 1>(x);
  return r;
}
//: explicit template arguments of functions: `cube<double>(x)`, `to_the<3>(x)`
ZYGOTE double explicit_functions(double x) { return cube<double>(x) * to_the<3>(x) + cube<double>(2); }
TEST_CASE("explicit_functions") {
  CHECK_GRADIENT(explicit_functions, 0.7);
  CHECK_GRADIENT(to_the<4>, 0.7);
}

//: explicit template arguments of classes and methods: `Times<double, 3>{x}(x)`, `f.more<2>(x)`
ZYGOTE double explicit_arguments(double x) {
  const Times<double, 3> f{x};
  return f(x) * f.more<2>(x);
}
TEST_CASE("explicit_arguments") { CHECK_GRADIENT(explicit_arguments, 0.7); }

template <class T>
ZYGOTE T third_power(const T& x) {
  T r = 1;
  if constexpr (std::is_floating_point_v<T>) {
    for (int i = 0; i < 3; ++i) r *= x;
  } else {
    r = x.at(0) * x.at(0) * x.at(0);
  }
  return r;
}
//: `if constexpr`, of which only one branch is compiled; it may return, break and continue
ZYGOTE double if_constexpr(double x) { return third_power(x) * x; }
TEST_CASE("if_constexpr") { CHECK_GRADIENT(if_constexpr, 0.7); }

//: declarations of several variables: `double a = x * x, b = a + 1`
ZYGOTE double declarators(double x) {
  double a = x * x, b = a + 1, c;
  c = 2 * x;
  return a * b * c;
}
TEST_CASE("declarators") { CHECK_GRADIENT(declarators, 0.7); }

enum class Kind { linear, square };
//: enums, also as what a `switch` selects by
ZYGOTE double enums(double x, Kind k) {
  switch (k) {
    case Kind::linear:
      return 3 * x;
    case Kind::square:
      return x * x;
  }
  return 0;
}
TEST_CASE("enums") {
  CHECK_GRADIENT(enums, 0.7, Kind::linear);
  CHECK_GRADIENT(enums, 0.7, Kind::square);
}

#define SQUARE(x) ((x) * (x))
//: macros of the same file
ZYGOTE double macros(double x) { return SQUARE(x + 1) * x; }
TEST_CASE("macros") { CHECK_GRADIENT(macros, 0.7); }

//: `using`, `typedef`, the comma operator, scopes that hide names
ZYGOTE double names(double x) {
  using Real = double;
  typedef int Count;
  const Count two = 2;
  Real a = x, b = two;
  {
    Real a = x * x;
    b += a;
  }
  return (a *= b, a + x * a);
}
TEST_CASE("names") { CHECK_GRADIENT(names, 0.7); }

//: `<cmath>`
ZYGOTE double maths(double x, double y) {
  return std::sin(x) * std::pow(x, y) + std::hypot(x, y) + std::fmax(x, y) + std::atan2(y, x) + std::erf(x) +
         std::lgamma(x) + std::cbrt(y) + std::fma(x, y, x) + std::log1p(x) + std::abs(x - y) + std::sqrt(x);
}
TEST_CASE("maths") { CHECK_GRADIENT(maths, 0.7, 1.3); }

// ## Data

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

//: `std::complex`
ZYGOTE double complexes(const std::complex<double>& z, double x) {
  std::complex<double> w = z * z + x;
  w *= std::exp(z);
  return std::norm(w) + std::real(w / z) + std::abs(z);
}
TEST_CASE("complexes") { CHECK(zygote::gradcheck(complexes, std::complex<double>(1.5, 0.7), 0.8)); }

//: `std::optional`: `if (a) r *= *a`, `value_or`, assignment
ZYGOTE double optionals(std::optional<double> a, double b) {
  double r = b;
  if (a) r *= *a;
  r += a.value_or(b * b);
  a = b * r;
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

// ## Statements that do no harm

//: printing
ZYGOTE double prints(double x) {
  std::printf("%s", x > 1e9 ? "large" : "");
  std::cout << std::string();
  return x * x;
}
TEST_CASE("prints") { CHECK_GRADIENT(prints, 0.7); }

//: `assert`, `static_assert`
ZYGOTE double asserts(double x) {
  assert(x > 0);
  static_assert(sizeof(x) == 8);
  return x * x;
}
TEST_CASE("asserts") { CHECK_GRADIENT(asserts, 0.7); }

struct Counter {
  int calls = 0;
  void note() { ++calls; }
};
//: random numbers: `normal(generator)`, `std::shuffle` of integers; unmarked methods of the file that change an object
//: without adjoint: `c.note()`
ZYGOTE double random_numbers(double mean, double sigma, int n) {
  std::mt19937 generator(7);
  std::normal_distribution<double> normal(0, 1);
  Counter c;
  double sum = 0;
  for (int i = 0; i < n; ++i) sum += std::exp(mean + sigma * normal(generator)), c.note();
  return sum / c.calls;
}
TEST_CASE("random_numbers") { CHECK_GRADIENT(random_numbers, 0.1, 0.3, 20); }

//: `throw`
ZYGOTE double throws(double x) {
  if (x < 0) throw std::runtime_error("negative");
  return x * std::sqrt(x);
}
TEST_CASE("throws") {
  CHECK_GRADIENT(throws, 0.7);
  CHECK_THROWS_WITH(zygote::gradient(throws, -1.0), "negative");
}

// ## Algorithms

//: `std::accumulate`, with an operation too
ZYGOTE double accumulate(const Doubles& v, double x) {
  return std::accumulate(v.begin(), v.end(), x) *
         std::accumulate(v.begin(), v.end(), 1.0, [](double a, double b) { return a * (1 + b); });
}
TEST_CASE("accumulate") { CHECK_GRADIENT(accumulate, numbers, 0.7); }

//: `std::reduce`, `std::transform_reduce`
ZYGOTE double reduce(const Doubles& v) {
  return std::reduce(v.begin(), v.end()) * std::transform_reduce(v.begin(), v.end(), v.begin(), 1.0);
}
TEST_CASE("reduce") { CHECK_GRADIENT(reduce, numbers); }

//: `std::max_element`, `std::min_element`, `std::find`, `std::find_if`, `std::lower_bound`, `std::upper_bound`
ZYGOTE double elements_found(const Doubles& v, double x) {
  const auto first = std::find_if(v.begin(), v.end(), [&](double t) { return t > x; });
  return *std::max_element(v.begin(), v.end()) * x + *first * v[first - v.begin() + 1];
}
TEST_CASE("elements_found") { CHECK_GRADIENT(elements_found, numbers, 0.7); }

//: `std::any_of`, `std::all_of`, `std::none_of`, `std::count_if`
ZYGOTE double tests(const Doubles& v, double x) {
  const bool any = std::any_of(v.begin(), v.end(), [&](double t) { return t < x; });
  return any ? x * std::count_if(v.begin(), v.end(), [](double t) { return t > 0; }) : v[0];
}
TEST_CASE("tests") { CHECK_GRADIENT(tests, numbers, 0.7); }

//: `std::inner_product`
ZYGOTE double inner_product(const Doubles& v, const Doubles& w) {
  return std::inner_product(v.begin(), v.end(), w.begin(), 0.0) * v[0];
}
TEST_CASE("inner_product") { CHECK_GRADIENT(inner_product, numbers, Doubles{1, 2, 3, 4}); }

//: `std::transform`, of one and of two ranges
ZYGOTE double transform(const Doubles& v, double x) {
  Doubles w(v.size()), u(v.size());
  std::transform(v.begin(), v.end(), w.begin(), [&](double t) { return t * x; });
  std::transform(v.begin(), v.end(), w.begin(), u.begin(), [](double a, double b) { return a + b * b; });
  double product = 1;
  for (double t : u) product *= t;
  return product;
}
TEST_CASE("transform") { CHECK_GRADIENT(transform, numbers, 0.7); }

//: algorithms over parts of ranges, `std::sort(v.begin() + 1, v.end())`; `std::back_inserter`; `std::plus<>{}` and its
//: like
ZYGOTE double parts_of_ranges(Doubles v) {
  Doubles w, part(v.begin() + 1, v.end());
  std::sort(v.begin() + 1, v.end());
  std::transform(v.begin(), v.end(), std::back_inserter(w), [](double x) { return x * x; });
  return std::accumulate(w.begin() + 1, w.end(), w[0] * v[1] * part[1], std::plus<>{});
}
TEST_CASE("parts_of_ranges") { CHECK_GRADIENT(parts_of_ranges, numbers); }

//: `std::sort`, `std::stable_sort`, `std::reverse`, `std::partial_sum`, the scans, `std::generate`, `std::iota`
ZYGOTE double sorts(Doubles v, double x) {
  v.push_back(x);
  std::sort(v.begin(), v.end(), [](double a, double b) { return a > b; });
  std::partial_sum(v.begin(), v.end(), v.begin());
  std::reverse(v.begin(), v.end());
  std::vector<int> order(v.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(v.begin(), v.end(), [](double a, double b) { return std::floor(a) < std::floor(b); });
  return v[0] * v[1] + v[2] * v[order[3]];
}
TEST_CASE("sorts") { CHECK_GRADIENT(sorts, numbers, 0.7); }

//: `std::for_each`, also where it changes the elements
ZYGOTE double for_each(Doubles v, double x) {
  std::for_each(v.begin(), v.end(), [&](double& t) { t *= x; });
  return v[0] * v[1];
}
TEST_CASE("for_each") { CHECK_GRADIENT(for_each, numbers, 0.7); }

//: `std::fill`, `std::copy`
ZYGOTE double fill_and_copy(const Doubles& v, double x) {
  Doubles w(v.size()), u(2);
  std::copy(v.begin(), v.end(), w.begin());
  w[0] = x * w[1];
  std::fill(u.begin(), u.end(), x * w[0]);
  return u[0] * u[1];
}
TEST_CASE("fill_and_copy") { CHECK_GRADIENT(fill_and_copy, numbers, 0.7); }

//: `std::max`, `std::min`, `std::clamp`, also `std::max<double>(x, 2)`, `std::min({x, y, z})`
ZYGOTE double extremes(double x, double y) {
  return std::max(x, y) * x + std::min(x * y, 2.0) + std::clamp(x, 0.0, 2.0) * y + std::max<double>(x * x, 1) +
         std::min({x, y, x * y});
}
TEST_CASE("extremes") {
  CHECK_GRADIENT(extremes, 0.7, 1.3);
  CHECK_GRADIENT(extremes, 3.0, 1.3);
}

// ## Around gradients

ZYGOTE auto cubic(auto x) { return x * x * x; }
//: the gradient of a gradient: `x * gradient(cubic, x)`
ZYGOTE double gradient_inside(double x) { return x * zygote::gradient(cubic, x); }
TEST_CASE("gradient_inside") { CHECK_GRADIENT(gradient_inside, 0.7); }

//: the gradient of a derivative by dual numbers: `x * derivative(cubic, x)`
ZYGOTE double derivative_inside(double x) { return x * zygote::derivative(cubic, x); }
TEST_CASE("derivative_inside") { CHECK_GRADIENT(derivative_inside, 0.7); }

template <class T>
ZYGOTE T rosenbrock(const std::vector<T>& x) {
  T sum = 0;
  for (std::size_t i = 0; i + 1 < x.size(); ++i) {
    const T a = x[i + 1] - x[i] * x[i], b = 1 - x[i];
    sum += 100 * a * a + b * b;
  }
  return sum;
}
//: the gradient of a penalty on a gradient, so of the norm of `gradient(rosenbrock, x)`
ZYGOTE double penalty(const Doubles& x) {
  const auto [g] = zygote::gradient(rosenbrock, x);
  double sum = 0;
  for (double v : g) sum += v * v;
  return sum;
}
TEST_CASE("penalty") { CHECK_GRADIENT(penalty, Doubles{0.5, -1, 2}); }

ZYGOTE double valley(const std::vector<double>& x) {
  double sum = 0;
  for (std::size_t i = 0; i + 1 < x.size(); ++i) sum += 100 * std::pow(x[i + 1] - x[i] * x[i], 2) + x[i] * x[i];
  return sum;
}
//: `hvp(valley, x, v)` and `hessian(valley, x)`, of functions of `double` too
double curvature(const Doubles& x, const Doubles& v) {
  double along = 0;
  const Doubles product = zygote::hvp(valley, x, v);
  for (std::size_t i = 0; i < x.size(); ++i) along += product[i] * v[i];
  return along;
}
TEST_CASE("curvature") {
  const Doubles x{0.5, -1, 2}, v{1, 2, 3};
  const auto H = zygote::hessian(valley, x);
  double along = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t k = 0; k < 3; ++k) {
      Doubles right = x, left = x;
      right[k] += 1e-5;
      left[k] -= 1e-5;
      const Doubles up = zygote::gradient(valley, right), down = zygote::gradient(valley, left);
      CHECK(H[i][k] == doctest::Approx((up[i] - down[i]) / 2e-5).epsilon(1e-6));
      along += H[i][k] * v[i] * v[k];
    }
  }
  CHECK(curvature(x, v) == doctest::Approx(along));
}

//: `constant(x)`: no gradient flows through it
ZYGOTE double constants(double x, double y) { return x * zygote::constant(y * y); }
TEST_CASE("constants") {
  const auto [dx, dy] = zygote::gradient(constants, 2.0, 3.0);
  CHECK(dx == 9);
  CHECK(dy == 0);
}

//: `checkpoint(f, x)`: works f out again instead of saving
ZYGOTE double checkpoints(double x) { return zygote::checkpoint(cubic, x) * x; }
TEST_CASE("checkpoints") { CHECK_GRADIENT(checkpoints, 0.7); }

struct Look {
  void operator()(double&) const {}
};
//: `hook(x, g)`: g sees, or changes, the adjoint of x
ZYGOTE double hooks(double x) { return zygote::hook(x * x, Look{}) * x; }
TEST_CASE("hooks") { CHECK_GRADIENT(hooks, 0.7); }
}  // namespace
