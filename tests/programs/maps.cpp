// Maps that grow: the adjoint of a map knows its elements by their keys.
#include <map>
#include <string>
#include <unordered_map>

#include "check.hpp"
namespace {
using M = std::map<std::string, double>;
ZYGOTE double insert_between(double x) {
  M m;
  m["a"] = x;
  m["c"] = x * x;
  double r = 0;
  for (auto& [k, v] : m) {
    v *= x;
    r = r * x + v * v + x;
  }
  m["b"] = x * 3;
  for (auto& [k, v] : m) {
    v *= x;
    r = r * x + v * v + x;
  }
  return r;
}
ZYGOTE double compound_between(double x) {
  M m;
  m["a"] = x;
  m["c"] = x * x;
  double r = 0;
  for (auto& [k, v] : m) {
    v *= x;
    r = r * x + v * v + x;
  }
  m["b"] += x * 3;
  for (auto& [k, v] : m) {
    v *= x;
    r = r * x + v * v + x;
  }
  return r;
}
ZYGOTE double read_only(double x) {
  M m;
  m["a"] = x;
  m["c"] = x * x;
  double r = 0;
  for (const auto& [k, v] : m) {
    r = r * x + v * v + x;
  }
  m["b"] = x * 3;
  for (const auto& [k, v] : m) {
    r = r * x + v * v + x;
  }
  return r;
}
TEST_CASE("keys that are added between loops") {
  CHECK_GRADIENT(insert_between, 0.7);
  CHECK_GRADIENT(compound_between, 0.7);
  CHECK_GRADIENT(read_only, 0.7);
}

ZYGOTE double local(double x) {
  M m;
  m["a"] = x;
  m["c"] = x * x;
  const double q = m["b"] + x;
  double r = q;
  for (const auto& [k, v] : m) r = r * x + v * v + x;
  return r;
}
ZYGOTE double branch(double x, int n) {
  std::map<int, double> m;
  m[2] = x;
  m[7] = x * x;
  double r = 0;
  if (x > 0) r += m[3] * x + m[2];
  for (auto& [k, v] : m) {
    v *= x;
    r = r * x + v * v + x;
  }
  for (int i = 0; i < n; ++i) {
    r += m[i * i] * x;
    m[i + 5] *= x;
    m[-i] += r * x;
  }
  for (auto& kv : m) {
    kv.second *= x;
    r = r * x + kv.second * kv.second + x;
  }
  return r;
}
TEST_CASE("keys that are added by reading") {
  CHECK_GRADIENT(local, 0.7);
  for (int n : {0, 1, 4}) CHECK_GRADIENT(branch, 0.7, n);
}

ZYGOTE double fresh(M m, double x) {
  m["new"] = x * m["a"];
  for (auto& [k, v] : m) x += v * x;
  return m["new"] * m["a"] + x;
}
ZYGOTE double missing(M m, double x) {
  m["new"] += x;
  double r = m["other"] + x;
  for (const auto& [k, v] : m) r = r * x + v;
  if (x > 0) r += m["third"] * x;
  for (const auto& [k, v] : m) r = r * x + v;
  return r * m["a"];
}
TEST_CASE("keys that a parameter lacks") {
  CHECK_GRADIENT(fresh, M{{"a", 2}, {"z", 0.3}}, 0.7);
  CHECK_GRADIENT(missing, M{{"a", 2}, {"z", 0.3}}, 0.7);
  CHECK_GRADIENT(missing, M{}, 0.7);
}

ZYGOTE double grows_in_loop(M m, double x) {
  double r = 0;
  for (const auto& [k, v] : m) {
    if (x > 1 && k.size() == 1) m[k + "!"] = x * v;
    r += v * m["a"];
  }
  return r;
}
TEST_CASE("a loop over a map that grows is refused") {
  CHECK_GRADIENT(grows_in_loop, M{{"a", 2}, {"z", 0.3}}, 0.7);
  CHECK_THROWS_AS(zygote::gradient(grows_in_loop, M{{"a", 2}}, 1.3), std::logic_error);
}
}  // namespace

// What find returns.
namespace find_in_maps {
using Table = std::map<std::string, double>;
struct Lexicon {
  Table w;
  double unknown = 0.1;
  ZYGOTE double get(const std::string& k) const {
    auto it = w.find(k);
    return it != w.end() ? it->second * it->second : unknown;
  }
  ZYGOTE void add(const std::string& k, double x) {
    if (auto it = w.find(k); it != w.end())
      it->second += x;
    else
      w[k] = x;
  }
};
ZYGOTE double lookup(const Table& w, double unk) {
  double s = 0;
  for (const std::string& k : {std::string("a"), std::string("b"), std::string("zz")}) {
    const auto it = w.find(k);
    if (it == w.end()) {
      s += unk;
      continue;
    }
    s += it->second * it->second;
  }
  return s * w.find("a")->second;
}
ZYGOTE double counts(double x) {
  std::unordered_map<int, double> m;
  for (int i = 0; i < 6; ++i) {
    auto it = m.find(i % 3);
    if (m.end() == it)
      m[i % 3] = x;
    else
      it->second *= x + it->first;
  }
  double s = 0;
  for (int i = 0; i < 3; ++i) s += m.at(i) * (i + 1);
  return s;
}
ZYGOTE double lex(const Table& w, double u, double x) {
  Lexicon l{w, u};
  l.add("a", x);
  l.add("new", x * x);
  return l.get("a") * l.get("new") + l.get("none");
}
TEST_CASE("find in maps") {
  Table t{{"a", 0.5}, {"b", 1.5}};
  CHECK_GRADIENT(lookup, t, 0.3);
  CHECK_GRADIENT(counts, 0.7);
  CHECK_GRADIENT(lex, t, 0.3, 0.6);
  CHECK(zygote::withgradient(counts, 0.7).value == doctest::Approx(counts(0.7)));
}
}  // namespace find_in_maps

// Keys are constants, if they are real numbers too.
namespace real_keys {
ZYGOTE double value(const std::map<double, double>& flows, double rate) {
  double sum = 0;
  for (const auto& [t, flow] : flows) sum += flow * std::exp(-rate * t);
  return sum;
}
TEST_CASE("maps with real keys") {
  const auto [d, d_rate] = zygote::gradient(value, std::map<double, double>{{1, 2}, {2.5, 3}}, 0.1);
  CHECK(d.at(1) == doctest::Approx(std::exp(-0.1)));
  CHECK(d.at(2.5) == doctest::Approx(std::exp(-0.25)));
  CHECK(d_rate == doctest::Approx(-2 * std::exp(-0.1) - 7.5 * std::exp(-0.25)));
}
}  // namespace real_keys

// Reading m[k] of a local map may add to it, whatever made the map.
namespace read_by_subscript {
ZYGOTE double read(double a, double b) {
  auto made = std::map<int, double>{{0, a * a}, {1, b}};
  auto& one = made[1];
  std::map<int, double> copy = made;
  return made.at(1) + 0.7 * one * copy[0] + copy[5];
}
TEST_CASE("maps that are read by []") { CHECK_GRADIENT(read, 0.7, 0.3); }
}  // namespace read_by_subscript
