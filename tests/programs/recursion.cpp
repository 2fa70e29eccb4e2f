// Recursive functions that change their arguments: marked code calls a form of them that returns the arguments.
#include <memory>
#include <string>
#include <variant>

#include "check.hpp"

namespace recursion {

ZYGOTE void halve(std::vector<double>& v, double x, int depth) {
  if (depth <= 0) return;
  v[0] *= x;
  halve(v, x * 0.5, depth - 1);
  v[1] += v[0] * x;
}
ZYGOTE double halved(std::vector<double> v, double x, int n) {
  halve(v, x, n);
  halve(v, v[1], 1);
  return v[0] * v[1];
}
struct Stats {
  double sum, product;
  int n;
};
ZYGOTE void butterfly(std::vector<double>& v, int first, int n, double w) {
  if (n < 2) return;
  const int half = n / 2;
  for (int i = 0; i < half; ++i) {
    const double a = v[first + i], b = v[first + half + i];
    v[first + i] = a + b * w;
    v[first + half + i] = (a - b) * w;
  }
  butterfly(v, first, half, w * w);
  butterfly(v, first + half, half, w + 0.1);
}
ZYGOTE double transform(const std::vector<double>& x, double w) {
  std::vector<double> v = x;
  butterfly(v, 0, int(v.size()), w);
  double s = 0;
  for (std::size_t i = 0; i < v.size(); ++i) s += v[i] * v[i] * double(i + 1);
  return s;
}
ZYGOTE double walk(Stats& s, const std::vector<double>& v, std::size_t i, double& last) {
  if (i == v.size()) return s.sum;
  s.sum += v[i];
  s.product *= v[i] + last;
  s.n += 1;
  last = v[i] * 0.5;
  const double rest = walk(s, v, i + 1, last);
  s.sum *= 1.1;
  return rest * v[i];
}
ZYGOTE double walked(const std::vector<double>& v, double a) {
  Stats s{a, 1, 0};
  double last = a * a;
  auto twice = [&](double k) { return k * walk(s, v, 0, last) + last; };
  const double r = twice(0.5) + twice(2);
  return r + s.sum * s.product + s.n * last;
}
ZYGOTE int count_down(double& a, double b, int n) {
  if (n == 0) return 1;
  a *= b;
  const int m = count_down(a, b + a, n - 1);
  a += b * m;
  return m + 1;
}
ZYGOTE double counted(double a, double b, int n) {
  const int m = count_down(a, b, n);
  return a * m + b;
}
// Two that call each other and change what both are handed: a parser.
struct Text {
  std::string all;
  std::size_t at = 0;
};
ZYGOTE double sum_in(Text& text, double x);
ZYGOTE double term_in(Text& text, double x) {
  const char c = text.all[text.at++];
  if (c != '(') return c == 'x' ? x : c - '0';
  const double inner = sum_in(text, x);
  ++text.at;
  return inner * inner;
}
ZYGOTE double sum_in(Text& text, double x) {
  double total = term_in(text, x);
  while (text.at < text.all.size() && text.all[text.at] == '+') {
    ++text.at;
    total += term_in(text, x) * x;
  }
  return total;
}
ZYGOTE double parsed(const std::string& s, double x) {
  Text text{s};
  return sum_in(text, x) * double(text.at);
}
// Structs that contain themselves in alternatives of variants; pointers come before the numbers.
struct Expression;
struct Sum {
  std::vector<Expression> terms;
};
struct Product {
  std::unique_ptr<Expression> left, right;
};
struct Constant {
  double value;
};
struct Expression {
  std::variant<Sum, Product, Constant> node;
};
static_assert(zygote::Differentiable<std::unique_ptr<Expression>> && zygote::Differentiable<Sum>);
ZYGOTE double evaluate(const Expression& e) {
  if (std::holds_alternative<Constant>(e.node)) return std::get<Constant>(e.node).value;
  if (std::holds_alternative<Product>(e.node))
    return evaluate(*std::get<Product>(e.node).left) * evaluate(*std::get<Product>(e.node).right);
  double total = 0;
  for (const Expression& term : std::get<Sum>(e.node).terms) total += evaluate(term);
  return total;
}
struct Json {
  std::variant<double, std::vector<Json>> value;
};
ZYGOTE double squares(const Json& x) {
  if (std::holds_alternative<double>(x.value)) return std::get<double>(x.value) * std::get<double>(x.value);
  double total = 0;
  for (const auto& part : std::get<std::vector<Json>>(x.value)) total += squares(part);
  return total;
}
// A recursive function in a lambda without captures.
ZYGOTE double raised(double x, int n) {
  const auto rest = [](double y, int k) { return k == 0 ? 1.0 : raised(y, k); };
  return x * rest(x, n - 1);
}
TEST_CASE("recursion in a lambda without captures") { CHECK(gradient_error(raised, 1.3, 4) < 1e-7); }
TEST_CASE("variants that contain themselves") {
  const auto constant = [](double x) { return std::make_unique<Expression>(Expression{Constant{x}}); };
  Expression product{Product{constant(2), constant(3)}};
  const auto [d] = zygote::gradient(evaluate, product);
  const auto& factors = std::get<Product>(d.node);
  CHECK(std::get<Constant>(factors.left->node).value == 3);
  CHECK(std::get<Constant>(factors.right->node).value == 2);
  const auto [dx] = zygote::gradient(squares, Json{std::vector<Json>{{2.0}, {std::vector<Json>{{3.0}}}}});
  const auto& parts = std::get<1>(dx.value);
  CHECK(std::get<double>(parts[0].value) == 4);
  CHECK(std::get<double>(std::get<1>(parts[1].value)[0].value) == 6);
}

}  // namespace recursion

using namespace recursion;

TEST_CASE("functions that call each other change their arguments") {
  for (const char* s : {"2", "x+3", "(x+2)+(x+(x+1))"}) CHECK(gradient_error(parsed, std::string(s), 1.5) < 1e-7);
}
TEST_CASE("recursive functions change their arguments") {
  for (int n : {0, 1, 4}) CHECK(gradient_error(halved, std::vector<double>{1.5, 0.5}, 0.7, n) < 1e-7);
  for (int n : {0, 1, 3}) CHECK(gradient_error(counted, 0.5, 0.3, n) < 1e-7);
  CHECK(gradient_error(transform, std::vector<double>{1, 2, 0.5, -1, 0.3, 0.7, 0.2, 0.4}, 0.7) < 1e-6);
  CHECK(gradient_error(transform, std::vector<double>{}, 0.7) < 1e-6);
  CHECK(gradient_error(walked, std::vector<double>{1, 2, 0.5}, 0.7) < 1e-6);
}
TEST_CASE("second derivatives of recursive functions that change their arguments") {
  const auto at = [](double x) { return std::get<0>(zygote::gradient(counted, x, 0.3, 3)); };
  const double h = 1e-5, second = zygote::hessian(
                             ZYGOTE[](auto x) { return counted(x, 0.3, 3); }, 0.5);
  CHECK(second == doctest::Approx((at(0.5 + h) - at(0.5 - h)) / (2 * h)));
}
