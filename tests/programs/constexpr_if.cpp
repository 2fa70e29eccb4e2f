// `if constexpr`: its branches may return, break and continue.
#include <cmath>
#include <type_traits>
#include <variant>
#include <vector>

#include "check.hpp"

namespace constexpr_if {
template <unsigned N>
ZYGOTE double ipow(double x) {
  if constexpr (N == 0)
    return 1.0;
  else
    return x * ipow<N - 1>(x);
}
ZYGOTE double pw(double x) { return ipow<5>(x) + ipow<2>(x); }
struct Circle {
  double r;
};
struct Rect {
  double a, b;
};
struct Tri {
  double a, h;
};
using Shape = std::variant<Circle, Rect, Tri>;
ZYGOTE double area(const Shape& s) {
  return std::visit(
      ZYGOTE[](const auto& x) {
        using T = std::decay_t<decltype(x)>;
        if constexpr (std::is_same_v<T, Circle>)
          return 3.14 * x.r * x.r;
        else if constexpr (std::is_same_v<T, Rect>)
          return x.a * x.b;
        else
          return 0.5 * x.a * x.h;
      },
      s);
}
ZYGOTE double area2(const Shape& s) {
  return std::visit(
      [](const auto& x) -> double {
        using T = std::decay_t<decltype(x)>;
        if constexpr (std::is_same_v<T, Circle>) return 3.14 * x.r * x.r;
        if constexpr (std::is_same_v<T, Rect>) {
          return x.a * x.b;
        }
        if constexpr (std::is_same_v<T, Tri>) {
          if (x.a > 1) return 3 * x.a;
          return 0.5 * x.a * x.h;
        }
        return 0;
      },
      s);
}
template <class T>
ZYGOTE double norm_of(const T& x) {
  if constexpr (std::is_floating_point_v<T>)
    return x * x;
  else {
    double s = 0;
    for (const auto& e : x) s += norm_of(e);
    return s;
  }
}
ZYGOTE double nn(const std::vector<std::vector<double>>& v, double y) { return norm_of(v) + norm_of(y); }
template <bool early>
ZYGOTE double lp(const std::vector<double>& v) {
  double s = 0;
  for (double x : v) {
    if constexpr (early) {
      if (x < 0) break;
      s += x;
      continue;
    }
    s += x * x;
  }
  return s * s;
}
ZYGOTE double both(const std::vector<double>& v) { return lp<true>(v) + 3 * lp<false>(v); }
ZYGOTE double mixed(double x) {
  constexpr bool fast = sizeof(double) > 4;
  if constexpr (fast) {
    if (x > 1) return x * x;
    x *= 3;
  }
  return std::sin(x);
}

// By what the arguments have, in functions and methods of types with names like macros.
struct Round {
  double r;
};
struct Flat {
  double w;
};
ZYGOTE double extent(const auto& q) {
  if constexpr (requires { q.r; })
    return q.r * q.r;
  else
    return q.w;
}
template <class T>
struct V2 {
  T x, y;
};
ZYGOTE V2<double> swapped(const auto& q, double y) {
  if constexpr (requires { q.w; })
    return {y * q.w, extent(q)};
  else
    return {extent(q), y};
}
ZYGOTE double has(double x, double y) {
  Flat flat{x * y};
  const V2<double> a = swapped(Round{x}, y), b = swapped(flat, a.x);
  return a.x * b.x + a.y * b.y;
}
// One alternative is converted to the type that the visitor takes.
ZYGOTE double converts(double x, bool whole) {
  std::variant<int, double> v = 3;
  if (!whole) v = x;
  return std::visit([](double k) { return k * k; }, v) * x;
}

TEST_CASE("if constexpr") {
  CHECK_GRADIENT(has, 1.3, 0.7);
  CHECK_GRADIENT(converts, 1.3, true);
  CHECK_GRADIENT(converts, 1.3, false);
  CHECK_GRADIENT(pw, 1.3);
  CHECK_GRADIENT(area, Shape{Circle{2}});
  CHECK_GRADIENT(area, Shape{Rect{2, 3}});
  CHECK_GRADIENT(area2, Shape{Circle{2}});
  CHECK_GRADIENT(area2, Shape{Tri{2, 3}});
  CHECK_GRADIENT(area2, Shape{Tri{0.2, 3}});
  CHECK_GRADIENT(nn, std::vector<std::vector<double>>{{1, 2}, {3}}, 2.0);
  CHECK_GRADIENT(both, std::vector<double>{1, 2, -1, 3});
  CHECK_GRADIENT(mixed, 2.0);
  CHECK_GRADIENT(mixed, 0.3);
}
}  // namespace constexpr_if
