// Methods: overloads of them, names that others have too, and those of class templates.
#include <array>
#include <vector>

#include "check.hpp"

namespace own_value {
struct Average {
  double rate = 0.5, mean = 0;
  ZYGOTE void update(double x) { mean += rate * (x - mean); }
  ZYGOTE double value() const { return 2 * mean; }  // no reference to a part, as that of std::optional is
};
ZYGOTE double run(double x) {
  Average a{x}, b{x};
  a.update(1);
  b.update(a.value());
  return b.mean;
}
}  // namespace own_value

TEST_CASE("a method named like one of a container") { CHECK_GRADIENT(own_value::run, 0.5); }

namespace overloads {
struct Mean {
  double sum = 0;
  int n = 0;
  ZYGOTE void add(double x) {
    sum += x;
    ++n;
  }
  ZYGOTE void add(double x, double weight) { sum += weight * x; }
  ZYGOTE void add(const std::vector<double>& all) {
    for (double x : all) add(x);
  }
};
ZYGOTE double mean(const std::vector<double>& all, double x) {
  Mean m;
  m.add(all);
  m.add(x);
  m.add(2.0);
  m.add(x * x, 0.5);
  return m.sum / m.n;
}
}  // namespace overloads

namespace overloads {
struct Circle {
  double r;
};
struct Square {
  double a;
};
struct Areas {
  double sum = 0;
  ZYGOTE void add(const Circle& c) { sum += 3 * c.r * c.r; }
  ZYGOTE void add(const Square& s) { sum += s.a * s.a; }
  ZYGOTE void add(double x) { sum += x; }
};
ZYGOTE double areas(double x) {
  Areas all;
  const Circle circle{x};
  const Square square{x * x};
  all.add(circle);
  all.add(square);
  all.add(x);
  return all.sum;
}
}  // namespace overloads

TEST_CASE("overloads for classes") { CHECK_GRADIENT(overloads::areas, 0.7); }
TEST_CASE("overloads that change their object") { CHECK_GRADIENT(overloads::mean, std::vector<double>{0.3, 0.5}, 0.7); }

namespace templates {
template <int rows, int columns>
struct Grid {
  std::array<double, rows * columns> all{};
  ZYGOTE Grid<columns, rows> transposed() const {
    Grid<columns, rows> t;
    for (int i = 0; i < rows; ++i)
      for (int j = 0; j < columns; ++j) t.all[j * rows + i] = all[i * columns + j];
    return t;
  }
};
ZYGOTE double corner(const Grid<2, 3>& g, double x) { return g.transposed().all[1] * x + g.all[2]; }
}  // namespace templates

namespace templates {
struct System {
  using Real = double;
  Real x;
  ZYGOTE void go(Real h) { x += h * x; }
};
template <class T, int times = 2>
struct Sum {
  T all = 0;
  ZYGOTE T add(T x) { return all += times * x; }
};
struct V2 {
  double x, y;
  ZYGOTE V2& operator+=(const V2& o) {
    x += o.x;
    y += o.y;
    return *this;
  }
};
ZYGOTE double mixed(double a, double b) {
  System s{a};
  s.go(b);
  Sum<double> sum;
  sum.add(s.x);
  V2 v{a, b};
  v += V2{b, sum.add(a * b)};
  return v.x * v.y;
}
}  // namespace templates

TEST_CASE("names of types in a class, default arguments of its template, a class in capitals") {
  CHECK_GRADIENT(templates::mixed, 0.3, 0.7);
}
TEST_CASE("a class template that names itself with other arguments") {
  CHECK_GRADIENT(templates::corner, templates::Grid<2, 3>{{1, 2, 3, 4, 5, 6}}, 0.7);
}
