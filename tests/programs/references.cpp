// References: constant ones to numbers that change, and those that functions return.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <vector>

#include "check.hpp"

namespace constant_references {
using Doubles = std::vector<double>;

struct Sum {
  double total = 0;
  ZYGOTE void add_twice(const double& x) {
    total += x;
    total += x;
  }
};

ZYGOTE double number(double x) {
  const double& c = x;
  x *= 2;
  return c * c;
}
ZYGOTE double element(Doubles v, std::size_t i) {
  const double& c = v[i];
  const double& first = v.front();
  double before = c * first;
  if (before > 0) v[1] *= 3;
  for (double& x : v) x += first;
  return c * c + before;
}
ZYGOTE double loop(Doubles v) {
  double s = 0;
  for (const double& c : v) {
    v[1] *= 1.5;
    s += c * c;
  }
  return s;
}
ZYGOTE double argument(double x) {
  Sum s{x};
  s.add_twice(s.total);  // four times x
  return s.total * x;
}
ZYGOTE double lambda(double x) {
  double a = x;
  auto multiply = [&](const double& k) {
    a *= k;
    a *= k;  // by what the line above has made
    return a;
  };
  return multiply(a);
}
ZYGOTE double integer(double x) {
  int k = 1;
  const int& n = k;
  k += 2;
  return x * n;
}

// Numbers that are made of what changes.
ZYGOTE double norm(const std::vector<double>& v) {
  double sum = 0;
  for (double x : v) sum += x * x;
  return std::sqrt(sum);
}
ZYGOTE void scale(std::vector<double>& v, const double& k) {
  for (double& x : v) x *= k;
}
ZYGOTE double scaled(std::vector<double> v, double x) {
  scale(v, std::max(norm(v), 0.1));
  scale(v, x > 0 ? norm(v) : 1.0);
  scale(v, std::accumulate(v.begin(), v.end(), x));
  scale(v, v.size());
  return v[0] * v[1];
}
TEST_CASE("constant references to numbers") {
  CHECK_GRADIENT(scaled, std::vector{0.4, 0.7}, 0.3);
  const Doubles v{0.5, 0.7, -0.3};
  CHECK(gradient_error(number, 0.5) < 1e-8);
  CHECK(gradient_error(element, v, std::size_t(1)) < 1e-8);
  CHECK(gradient_error(element, v, std::size_t(0)) < 1e-8);
  CHECK(gradient_error(loop, v) < 1e-8);
  CHECK(argument(0.5) == doctest::Approx(1));
  CHECK(gradient_error(argument, 0.5) < 1e-8);
  CHECK(gradient_error(lambda, 0.5) < 1e-8);
  CHECK(gradient_error(integer, 0.5) < 1e-8);
}
}  // namespace constant_references

namespace returned_references {
ZYGOTE double& at(std::vector<double>& w, std::size_t i) { return w[i]; }
ZYGOTE double function(double x, double y) {
  std::vector<double> w{x, y};
  at(w, 0) *= 3;
  at(w, 1) = at(w, 0) * at(w, 1) + 1;
  double& first = at(w, 0);
  first += y;
  return w[0] * w[1];
}
ZYGOTE double lambda(std::vector<double> image, std::size_t width) {
  const auto at = [&](std::size_t y, std::size_t x) -> double& { return image[y * width + x]; };
  for (std::size_t y = 0; y < image.size() / width; ++y)
    for (std::size_t x = 1; x < width; ++x) at(y, x) += at(y, x - 1) * at(0, x);
  at(1, 0) *= 2;
  return at(1, 0) * at(1, width - 1);
}

TEST_CASE("references that functions return") {
  CHECK_GRADIENT(function, 0.5, 0.7);
  CHECK_GRADIENT(lambda, std::vector<double>{0.5, 0.7, -0.3, 1.1, 0.2, 0.9}, std::size_t(3));
}
}  // namespace returned_references

struct Board {
  int width;
  std::vector<double> cells;
  std::vector<std::vector<double>> rows;
  ZYGOTE double& cell(int i, int j) { return cells[i * width + j]; }
  ZYGOTE double cell(int i, int j) const { return cells[i * width + j]; }
  ZYGOTE double& at(int i, int j) { return cell(i, j); }
  ZYGOTE std::vector<double>& row(int i) { return rows[i]; }
  ZYGOTE void mix(double x) {
    cell(0, 1) += x * cell(1, 0);
    this->row(1)[0] *= x;
    row(0).push_back(x * x);
  }
  ZYGOTE void copy_to(Board& other) const { other.cell(0, 0) = cell(1, 1); }
};
ZYGOTE double board(const std::vector<double>& v, double x) {
  Board b{2, v, {{x}, {x, 2 * x}}};
  Board other{1, {x}, {{}}};
  int i = 0;
  b.cell(i++, 1) *= x;
  std::swap(b.cell(0, 0), b.row(1)[i++]);
  double& corner = b.at(1, 1);
  corner *= x;
  b.mix(x);
  b.copy_to(other);
  other.cell(0, 0) += b.cell(0, 1);
  for (double& e : b.row(0)) e *= other.cell(0, 0);
  double sum = i * other.cell(0, 0);
  for (double e : b.cells) sum = sum * 0.9 + e * e;
  for (const auto& row : b.rows)
    for (double e : row) sum = sum * 0.8 + e * e;
  return sum;
}
TEST_CASE("references that methods return are written through") {
  CHECK_GRADIENT(board, std::vector{1.3, 0.4, 0.7, 1.1}, 0.8);
}

ZYGOTE double swapped_by_steps(std::vector<double> v) {
  std::size_t i = 0, j = v.size();
  while (i + 1 < j) std::swap(v[i++], v[--j]);
  double sum = 0;
  for (double e : v) sum = sum * 0.5 + e * e;
  return sum;
}
TEST_CASE("the indices of what is swapped are read once") {
  CHECK_GRADIENT(swapped_by_steps, std::vector{1.3, 0.4, 0.7, 1.1});
}

template <class F, class S>
ZYGOTE S euler_step(F&& f, S y, double t, double h) {
  return y + h * f(t, y);
}
ZYGOTE double solved(double rate) {
  double y = 1, s = 2;
  for (int i = 0; i < 3; ++i)
    y = euler_step(
        [&](double t, double y) {
          double sum = 0;
          for (int i = 0; i < 2; ++i) sum += t * i;
          {
            double s = sum;
            sum += s;
          }
          return sum - rate * y;
        },
        y, s, 0.1);
  s += y;
  return s * y;
}
TEST_CASE("names of a lambda's own are not captured") { CHECK_GRADIENT(solved, 0.7); }

struct Cell {
  double g = 0;
  std::vector<double> w;
};
ZYGOTE void accumulate_into(std::vector<double>& w, const double& k, const std::vector<double>& c, int n) {
  if (n == 0) return;
  int i = n - 1;
  w[0] += k * n;
  accumulate_into(w, c[i++], c, n - 1);
  w[0] *= i;
}
ZYGOTE double parts_of_calls(std::vector<double> p) {
  int k = 0;
  const double& a = p[k++];
  const double& b = p[k++];
  std::vector<Cell> cells{{a, p}, {b, p}};
  const auto& last = cells.back().w;
  const double& g = cells.front().g;
  cells[1].w[0] *= 3;
  cells[0].g *= 2;
  cells.back().w.push_back(a * b);
  double sum = last[0] * g + last.back() * k;
  for (const auto& e : cells.back().w) {
    cells[1].w[1] *= 1.5;
    sum += e * e;
  }
  std::vector<double> w{a};
  accumulate_into(w, p[1], p, 2);
  return sum * w[0];
}
TEST_CASE("references to parts of what calls return, and indices that change") {
  CHECK_GRADIENT(parts_of_calls, std::vector{1.3, 0.4, 0.7});
}

// Arguments that are values of their own: what is made of a variable that changes is none of it.
namespace values {
struct Body {
  double position = 1, speed = 2;
  std::array<double, 2> mass{1, 2};
  ZYGOTE Body twice() const { return {2 * position, 2 * speed, {mass[1], mass[0]}}; }
};
ZYGOTE Body faster(const Body& b) { return {b.position, b.speed * b.speed, b.mass}; }
ZYGOTE void step(Body& b, const Body& by) {
  b.position += by.speed * by.mass[0];
  b.speed += by.position;
  b.mass[0] *= by.mass[1];
}
ZYGOTE double run(Body b) {
  step(b, b.twice());
  step(b, faster(b));
  step(b, Body(b));
  return b.position * b.speed + b.mass[0];
}
TEST_CASE("values made of a variable while it changes") { CHECK_GRADIENT(run, Body()); }
}  // namespace values

// A constant reference to a number of another type is a number of its own.
namespace constant_numbers {
using Real = double;
ZYGOTE void grow(double& out, const double& k) {
  out += 1;
  out *= k;
}
ZYGOTE void grow_by_float(double& out, const float& k) {
  out += 1;
  out *= k;
}
ZYGOTE void grow_by_int(double& out, const int& k) { out += k * out; }
ZYGOTE void count_up(std::size_t& i, const std::size_t& j, unsigned& k, const unsigned int& l, double& out) {
  i += 1;
  k += 2;
  out *= double(j * l);
}
ZYGOTE void grow_by_real(double& out, const Real& k) {
  out += 1;
  out *= k;
}
ZYGOTE void grow_by_first(const std::vector<double>& v, double& out) {
  out += v[0];
  out *= v[0];
}
ZYGOTE void add_if(double& out, const std::optional<double>& k) {
  if (k) out += *k;
}
ZYGOTE double square(double x) { return x * x; }
ZYGOTE double converted(double x, double y) {
  double a = y * x;
  grow_by_int(a, 2.7 + 0.6);
  grow_by_int(a, x);
  grow_by_real(a, a);
  auto b = x * 2;
  grow(b, b);
  std::vector<double> v{x, y};
  grow(v[0], v[0]);
  grow(v[1], v[0]);
  add_if(a, x);
  size_t i = 1;
  unsigned k = 2;
  count_up(i, i, k, k, a);
  return a * b + v[0] * v[1];
}
// What calls return is a value, but of those that return a reference.
ZYGOTE double values(double x, double y) {
  const auto twice = [&](double t) { return 2 * t * y; };
  grow(x, std::sin(x));
  grow(x, twice(x));
  grow(x, square(x));
  grow(x, double(x));
  grow_by_first({x, 2 * y}, x);
  grow_by_first(std::vector<double>(2, x), x);
  grow(x, x * y);
  grow(x, y > 0 ? y : 1.0);
  grow(x, std::max(y, 0.1));
  return x;
}
// The derivative of a conversion to float is 1, but differences see its steps.
ZYGOTE double by_float(double x) {
  grow_by_float(x, x);
  return x;
}
TEST_CASE("constant references to numbers") {
  CHECK_GRADIENT(converted, 1.3, 0.7);
  CHECK_GRADIENT(values, 0.1, 0.7);
  const auto [value, gradient] = zygote::withgradient(by_float, 0.5);
  CHECK(value == 0.75);
  CHECK(std::get<0>(gradient) == 2);
}
}  // namespace constant_numbers

namespace declared {
ZYGOTE void shrink(double& x);
ZYGOTE double twice(double x) {
  shrink(x);
  shrink(x);
  return x;
}
ZYGOTE void shrink(double& x) { x *= 0.9 * x; }
TEST_CASE("what changes its argument is declared first") { CHECK_GRADIENT(twice, 0.7); }
}  // namespace declared
