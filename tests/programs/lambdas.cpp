// Lambdas that are handed on: of methods, and with returns inside of loops.
#include <functional>
#include <iostream>
#include <numeric>

#include "check.hpp"

namespace lambdas_of_methods {
struct Cells {
  double total = 0;
  std::vector<double> v;
  ZYGOTE void each(auto f) {
    for (double& x : v) f(x);
    total += 1;
  }
};
struct Owner {
  double total = 0;
  Cells cells;
  ZYGOTE static double twice(double x) { return 2 * x; }
  ZYGOTE void run(double x) {
    cells.each([&](double& e) {
      total += e * x;  // of the Owner, though Cells has one too
      e *= twice(x);
    });
    std::for_each(cells.v.begin(), cells.v.end(), [this](double e) { total += e * e; });
  }
  ZYGOTE double result() const { return twice(total) * cells.total; }
};
ZYGOTE double run(std::vector<double> v, double x) {
  Owner o{x, {2.0, v}};
  o.run(x);
  o.run(x * x);
  return o.result() + o.cells.v[0];
}
}  // namespace lambdas_of_methods

TEST_CASE("lambdas of methods keep their object wherever they are called") {
  using lambdas_of_methods::run;
  CHECK_GRADIENT(run, std::vector{0.3, 0.7}, 1.2);
}

namespace constant_methods {
struct Layer {
  double weight;
  std::vector<double> kept;
  ZYGOTE void forward(std::vector<double>& x, double k) const {
    for (double& e : x) e = std::tanh(weight * e * k);
  }
  ZYGOTE double slope(const std::vector<double>& x) const {
    return std::accumulate(x.begin(), x.end(), 0.0, [this](double a, double b) { return a + b * weight; });
  }
  ZYGOTE void push_back(double x) { kept.push_back(x * weight); }  // not the vector's
};
struct Net {
  std::vector<Layer> layers;
  ZYGOTE void forward(std::vector<double>& x) const {
    for (const Layer& layer : layers) layer.forward(x, 1.1);
  }
};
ZYGOTE double run(std::vector<double> x, double weight) {
  const Net net{{{weight, {}}, {2 * weight, {}}}};
  net.forward(x);
  net.layers[1].forward(x, x[0]);
  Layer last{weight, {}};
  last.push_back(x[0]);
  last.push_back(x[1]);
  return last.kept[0] * last.kept[1] + last.slope(x);
}
}  // namespace constant_methods

TEST_CASE("constant methods change their arguments, and lend their object to lambdas") {
  using constant_methods::run;
  CHECK_GRADIENT(run, std::vector{0.3, 0.4}, 0.7);
}

namespace early_returns {
ZYGOTE double of_lambdas(double x, const std::vector<double>& xs) {
  auto steep = [&](double t) {
    for (int i = 0; i < 5; ++i)
      if (t * i > 2) return t * x;
    return x;
  };
  auto above_all = [&](double e) {
    for (double y : xs)
      if (e < y) return false;
    return true;
  };
  auto first = [&](double t) {
    for (std::size_t i = 0; i < xs.size(); ++i)
      if (xs[i] > t) return int(i);
    return -1;
  };
  std::cout << "" << std::flush;
  return steep(0.7) + steep(0.1) + (above_all(x) ? x * x : 2 * x) + first(x) * x;
}
}  // namespace early_returns

TEST_CASE("lambdas return from inside loops") {
  for (double x : {0.2, 0.5, 3.0}) CHECK_GRADIENT(early_returns::of_lambdas, x, std::vector{0.3, 0.7});
}

namespace early {
ZYGOTE double positive(const std::vector<double>& v, double x) {
  double sum = 0;
  const auto add = [&](double t) {
    if (t < 0) return;
    sum += t * x;
  };
  for (double t : v) add(t * x);
  const auto all = [&]() -> const std::vector<double>& { return v; };
  return sum * all()[0];
}
TEST_CASE("lambdas that return early, and a reference to a constant") {
  CHECK_GRADIENT(positive, std::vector<double>{0.5, -1, 2}, 0.7);
}
}  // namespace early
