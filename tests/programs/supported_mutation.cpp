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

//: parts of spans of constants, or that are only read: `s.subspan(i, n)`, `first`, `last`
ZYGOTE double energy(std::span<const double> s) { return s.empty() ? 0 : s[0] * s[0] + 0.5 * energy(s.subspan(1)); }
ZYGOTE double windows(const Doubles& v) {
  const std::span<const double> all(v);
  double sum = 0;
  for (std::size_t i = 0; i + 2 <= all.size(); ++i) sum += energy(all.subspan(i, 2)) * v[i];
  const std::span<const double> last = all.last(3);
  Doubles w = v;
  const std::span<double> written(w);
  for (double e : written.first(2)) sum += e * e;
  return sum * last[1] + energy(last.first(2)) + energy(written.last(2)) * energy(std::span(w).subspan(1, 2));
}
TEST_CASE("windows") { CHECK_GRADIENT(windows, numbers); }

struct Reading {
  std::optional<double> value;
  std::complex<double> wave;
};
//: one of two: `(c ? a : b) += x`, `(c ? v : w).push_back(x)`
ZYGOTE double one_of_two(const Doubles& v, double x) {
  Doubles small, large;
  double below = 0, above = 0;
  for (double e : v) {
    (e * x > 0.5 ? large : small).push_back(e * e);
    (e > 0 ? above : below) += e * x;
    (e > 1 ? above : below) = above * below + x;
  }
  for (double e : large) below += e * x;
  for (double e : small) above *= e;
  return above + below * below;
}
TEST_CASE("one_of_two") { CHECK_GRADIENT(one_of_two, Doubles{0.3, -1.2, 0.8, 1.4}, 0.9); }

//: `std::tie(a, b) = f(x)`, also to change places: `std::tie(a, b) = std::make_pair(b, a + b)`
ZYGOTE std::tuple<double, double, int> three(double x) { return {x * x, std::sin(x), 2}; }
ZYGOTE double tied(double x, Doubles v) {
  double a = 1, b = x;
  int n = 0;
  std::tie(a, v[1], n) = three(x);
  for (int i = 0; i < n; ++i) std::tie(a, b) = std::make_pair(b, a + b * v[0]);
  std::tie(std::ignore, v[0], n) = three(a);
  return a * b * v[1] + v[0] * n;
}
TEST_CASE("tied") { CHECK_GRADIENT(tied, 0.7, Doubles{1.2, 0.4}); }

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

//: entries that are added if they are missing: `m.emplace(k, x)`, `m.insert({k, x})`, and `m.insert_or_assign(k, x)`
ZYGOTE double inserted_entries(std::map<int, double> m, double x) {
  m.emplace(1, x * x);
  m.insert({2, 3 * x});
  m.insert(std::make_pair(3, m[1]));
  m.try_emplace(4, m[1] * x);
  for (int i = 0; i < 3; ++i) m.insert_or_assign(i, x * m[i + 1]);
  double sum = 0;
  for (const auto& [k, e] : m) sum += k * e * e;
  return sum;
}
TEST_CASE("inserted_entries") { CHECK_GRADIENT(inserted_entries, std::map<int, double>{{2, 0.5}, {4, 2}}, 0.7); }

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

}  // namespace
