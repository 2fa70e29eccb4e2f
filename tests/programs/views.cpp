// What refers to elements of something else without saying so, as C++ has it; numbers outside of functions that change.
#include <cmath>
#include <deque>
#include <span>
#include <vector>

#include "check.hpp"

namespace views {
using Doubles = std::vector<double>;

ZYGOTE double in_parentheses(const Doubles& x) {
  Doubles a(x);
  double& d(a[2]);
  d = x[0] * x[1];
  Doubles& e{a};
  e[0] *= 2;
  double &f = a[0], g = a[1], &h = a[3];
  f *= g;
  g *= 3;
  h *= g;
  return a[2] * a[0] + a[1] * a[3];
}
// In C++, `auto` of a C array is a pointer to its elements.
ZYGOTE double of_arrays(const Doubles& x) {
  double g[2][2] = {{x[0], x[1]}, {x[2], x[3]}};
  for (int i = 0; i < 2; ++i) {
    auto row = g[i];
    row[0] *= x[4];
    row[1] += row[0];
  }
  for (auto row : g) row[0] *= x[4];
  double c[2] = {x[0], x[1]};
  auto d = c;
  d[0] = x[3];
  const auto scale = [](auto r, double k) {
    r[0] *= k;
    return r[1];
  };
  const double second = scale(c, x[2]);
  return g[0][0] * g[1][1] + g[0][1] + c[0] * c[1] + second;
}
ZYGOTE double captured_arrays(const Doubles& x) {
  double c[2] = {x[0], x[1]};
  const auto refers = [c = c](double t) { return c[0] * t; };
  const auto copies = [c](double t) { return c[0] * t; };
  c[0] = x[2] * x[2];
  return refers(x[3]) + 2 * copies(x[4]);
}
ZYGOTE double bits(const Doubles& x) {
  std::vector<bool> mask{true, false, true};
  double s = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    auto old = mask[i % 3];  // follows the mask
    mask[i % 3] = !mask[i % 3];
    if (old)
      s += x[i % 5];
    else
      s += x[i % 5] * x[i % 5];
  }
  auto last = mask[2];
  last = true;
  for (auto bit : mask)
    if (bit) s += x[0] * x[1];
  return mask[2] ? s * x[3] : s;
}
ZYGOTE double spans(const Doubles& x) {
  Doubles v(x);
  std::span<double> s(v);
  const auto set = [s](double k) {
    s[0] = k;
    return s[1] * k;
  };
  const double r = set(x[2]);
  auto t = s;
  t[3] *= x[0];
  const auto fill = [](auto part, double k) { part[1] = k * k; };
  fill(s, x[4]);
  return r * v[0] + v[3] + v[1];
}
ZYGOTE double last(const Doubles& x) {
  Doubles d;
  d.reserve(8);
  d.push_back(x[0]);
  double& r = d.back();
  d.push_back(x[1]);
  r *= x[2];
  std::deque<double> q;
  q.push_back(x[0]);
  double& p = q.back();
  q.push_back(x[1]);
  p *= x[3];
  return d[0] * d[1] + d[0] + q[0] * q[1];
}
ZYGOTE double swapped(const Doubles& x) {
  Doubles a(x);
  using std::swap;
  swap(a[0], a[1]);
  return a[0] * 3 + a[1] * a[2];
}
// What is so in one branch only.
struct Items {
  Doubles of, of_all;
};
ZYGOTE double in_branches(const Doubles& x) {
  Items s{x, x};
  double& first = s.of[0];
  auto& end = s.of.back();
  auto& other = s.of_all[1];
  if (x[0] > 1) {
    const Doubles gone = std::move(s.of);
    return gone[0];
  }
  first *= 2;
  if (x[1] > 2)
    s.of.push_back(x[1]);
  else
    end *= x[1];
  Doubles w(2, x[2]);
  std::swap(s.of, w);
  other *= s.of[0];
  return s.of_all[1] * w[0] * w[4];
}
ZYGOTE double chosen_bits(const Doubles& x) {
  std::vector<bool> mask{true, false};
  const auto& same = mask;
  auto before = same[0];  // a value
  mask[0] = false;
  double s = before ? x[0] * x[1] : x[2];
  for (std::size_t i = 0; i < 3; ++i) {
    const auto bit = i > 0 ? mask[i - 1] : true;
    s += bit ? x[i] * x[3] : x[i];
  }
  return s;
}
TEST_CASE("other names of elements") {
  const Doubles x{0.7, 1.3, -0.6, 2.1, 0.4};
  CHECK_GRADIENT(in_parentheses, x);
  CHECK_GRADIENT(of_arrays, x);
  CHECK_GRADIENT(captured_arrays, x);
  CHECK_GRADIENT(bits, x);
  CHECK_GRADIENT(spans, x);
  CHECK_GRADIENT(last, x);
  CHECK_GRADIENT(swapped, x);
  CHECK_GRADIENT(in_branches, x);
  CHECK_GRADIENT(chosen_bits, x);
}
}  // namespace views

namespace globals {
using Doubles = std::vector<double>;
inline double temperature = 1;
namespace counters {
inline int calls = 0;
constexpr int few = 3;
int unused, rounds = few;
struct Settings {
  static inline double rate = 2;
  double field = 1;
};
}  // namespace counters
void cool() { temperature *= 0.8; }
int tick() { return ++counters::calls; }
auto square = ZYGOTE [](double t) { return t * t; };  // no number
void reset() { temperature = 1, counters::calls = counters::unused = 0; }

ZYGOTE double annealed(const Doubles& x) {
  reset();
  double s = 1;
  for (int i = 0; i < 5; ++i) {
    s += temperature * x[i] * s;
    cool();
  }
  return s;
}
ZYGOTE double counted(const Doubles& x) {
  reset();
  double s = 1;
  for (int i = 0; i < counters::rounds; ++i) {
    s *= x[counters::calls] + counters::Settings::rate;
    tick();
  }
  while (counters::calls < 5) {
    s *= x[counters::calls];
    tick();
  }
  const auto scaled = [&](double t) { return t * temperature * t; };
  s = scaled(s);
  cool();
  return scaled(s);
}
template <class F>
ZYGOTE double twice(const F& f, double x) {
  return f(f(x));
}
ZYGOTE double squared(const Doubles& x) {
  double s = 0;
  for (int i = 0; i < counters::few; ++i) s += twice(square, x[i]);
  return s;
}
TEST_CASE("numbers outside of functions that change") {
  const Doubles x{0.7, 1.3, -0.6, 2.1, 0.4};
  CHECK_GRADIENT(annealed, x);
  CHECK_GRADIENT(counted, x);
  CHECK_GRADIENT(squared, x);
}
}  // namespace globals
