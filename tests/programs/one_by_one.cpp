// Loops whose iterations meet in sums only, which run forward and backward one by one when the adjoint of the sum is
// known; and loops that look like it. The gradient is compared with that of a pullback, which stores all iterations.
#include <array>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "check.hpp"

namespace {

using Vector = std::vector<double>;

ZYGOTE double model(const Vector& p, double t) { return p[0] * std::exp(-p[1] * t) + p[2]; }

ZYGOTE double mean_square(const Vector& p, const Vector& t) {
  double total = 0;
  for (std::size_t i = 0; i < t.size(); ++i) total += std::pow(model(p, t[i]) - 0.3 * t[i], 2);
  return total / static_cast<double>(t.size());
}

// The square root needs the sum: the adjoint of the sum is not known in front of the loop.
ZYGOTE double root_mean_square(const Vector& p, const Vector& t) {
  double total = 0;
  for (double x : t) total += std::pow(model(p, x), 2);
  return std::sqrt(total / t.size());
}

ZYGOTE double branches(const Vector& p, const Vector& t) {
  double total = 1;
  for (std::size_t i = 0; i < t.size(); ++i) {
    if (t[i] < 0) continue;
    if (t[i] > 3) break;
    for (std::size_t k = 0; k < p.size(); ++k) total += std::sin(p[k] * t[i]);
    total = total - p[0] * p[1];
  }
  return 2 - total;
}

ZYGOTE double read_elsewhere(const Vector& p, const Vector& t) {
  double total = 0;
  for (double x : t) {
    total += p[0] * x;
    if (x > 1) total += total * p[1];
  }
  return total;
}

// Both are overwritten; only one of them is a sum.
ZYGOTE double last_value(const Vector& p, const Vector& t) {
  double total = 0, last = 0;
  for (double x : t) {
    last = x * p[0] - p[1];
    total += last * last;
  }
  return total + 3 * last;
}
ZYGOTE double last_value_alone(const Vector& p, const Vector& t) {
  double last = p[2];
  for (double x : t) last = x * p[0] + x * x;
  return last;
}

// Scratch from outside of the loop: all of it is overwritten before it is read.
ZYGOTE double scratch(const Vector& p, const Vector& t) {
  Vector centred(p.size()), powers(t.size());
  double total = 0;
  for (std::size_t i = 0; i < t.size(); ++i) {
    for (std::size_t k = 0; k < p.size(); ++k) centred[k] = t[i] - p[k];
    for (std::size_t k = 1; k < centred.size(); ++k) centred[k] += centred[k - 1] * p[k];
    for (std::size_t k = 0; k < t.size(); ++k) powers[k] = t[k] * centred[0];
    for (const double& c : centred) total += c * c;
    total += powers[i] * centred[centred.size() - 1];
  }
  return total;
}

// .. and here the last element of the iteration before is read.
ZYGOTE double left_over(const Vector& p, const Vector& t) {
  Vector state(p.size());
  double total = 0;
  for (std::size_t i = 0; i < t.size(); ++i) {
    for (std::size_t k = 0; k + 1 < p.size(); ++k) state[k] = t[i] * p[k];
    for (std::size_t k = 1; k < p.size(); ++k) state[k] += state[k - 1] * p[k];
    total += state[p.size() - 1];
  }
  return total;
}
ZYGOTE double too_short(const Vector& p, const Vector& t) {
  Vector state(p.size() + 1);
  double total = 0;
  for (std::size_t i = 0; i < t.size(); ++i) {
    total += state[p.size()];
    for (std::size_t k = 0; k < p.size(); ++k) state[k] = t[i] * p[k] + state[k + 1];
    state[p.size()] = state[0];
  }
  return total;
}
ZYGOTE double swapped(const Vector& p, const Vector& t) {
  Vector now(p), next(p.size());
  double total = 0;
  for (double x : t) {
    for (std::size_t k = 0; k < p.size(); ++k) next[k] = std::tanh(now[k] * x + p[k]);
    std::swap(now, next);
    total += now[0] * now[1];
  }
  return total;
}
ZYGOTE double read_behind(const Vector& p, const Vector& t) {
  Vector last(p.size());
  double total = 0;
  for (double x : t) {
    for (std::size_t k = 0; k < p.size(); ++k) last[k] = p[k] * x;
    total += last[0] * last[1];
  }
  return total + last[2];
}

// What a loop reads is written to between two of them.
ZYGOTE double written_between(const Vector& p, const Vector& t) {
  Vector w = p;
  double total = 0;
  for (double x : t) total += w[0] * w[1] * x;
  w[0] = std::sin(w[1]);
  for (double x : t) total += w[0] * w[2] * x * x;
  w.push_back(w[0]);
  for (std::size_t i = 0; i < w.size(); ++i) total += w[i] * w[i];
  return total;
}

struct Layer {
  std::vector<Vector> rows;
  std::optional<double> bias;
};
// Iterations save containers.
ZYGOTE double nested(const Layer& layer, const Vector& t) {
  double total = 0;
  for (const double& x : t) {
    std::vector<Vector> out;
    for (const auto& row : layer.rows) {
      Vector values;
      for (double w : row) values.push_back(std::tanh(w * x));
      out.push_back(values);
    }
    for (const auto& values : out)
      for (std::size_t k = 0; k < values.size(); ++k) total += values[k] * (layer.bias ? *layer.bias : 1.0);
  }
  return total / t.size();
}

ZYGOTE double two_sums(const Vector& p, const Vector& t) {
  double fit = 0, penalty = 0;
  int n = 0;
  for (double x : t) {
    fit += std::pow(model(p, x), 2);
    penalty -= std::abs(p[1] * x);
    ++n;
  }
  return fit / n - 0.1 * penalty;
}

// One sum, to which several loops add.
ZYGOTE double with_penalty(const Vector& p, const Vector& t) {
  double total = 0, other = 1;
  for (double x : t) total += std::pow(model(p, x), 2);
  for (double w : p) {
    total += 0.1 * w * w;
    other -= std::abs(w);
  }
  for (std::size_t i = 0; i < t.size(); ++i) other += t[i] * p[2];
  return 0.5 * (total / t.size() + other);
}

// What follows is divided by only behind a test.
ZYGOTE double guarded(const Vector& p, const Vector& t) {
  double total = 0;
  for (double x : t) total += p[0] * x;
  if (t.empty()) throw std::invalid_argument("no times");
  return total / t[0];
}

template <class F>
ZYGOTE double sum_over(const F& f, const Vector& t) {
  double total = 0;
  for (double x : t) total += f(x);
  return total;
}
ZYGOTE double of_a_callable(const Vector& p, const Vector& t) {
  return sum_over([&](double x) { return model(p, x); }, t) + mean_square(p, t) - p[0] * scratch(p, t);
}

ZYGOTE float mixed(const std::array<float, 2>& p, const Vector& t) {
  float total = 0;
  for (double x : t) total += p[0] * x + p[1];
  return total;
}

ZYGOTE double throws(const Vector& p, const Vector& t) {
  double total = 0;
  for (double x : t) {
    if (x > 2) throw std::runtime_error("too large");
    total += p[0] * x;
  }
  return total;
}

ZYGOTE double fit(const Vector& p) {
  double total = 0;
  for (int i = 0; i < 5; ++i) total += std::pow(model(p, 0.5 * i) - 0.3 * i, 2);
  return total / 5;
}

constexpr ZYGOTE double sum_of_squares(const std::array<double, 3>& p, int n) {
  double total = 0;
  for (int i = 0; i < n; ++i)
    for (int k = 0; k < 3; ++k) total += p[k] * p[k] * i;
  return total;
}

const Vector parameters{0.7, 0.4, -0.2}, times{0.5, 2, -1, 1.5, 0.25};

/// Both ways to the gradient, and differences; for no elements and one, too.
template <class F, class P>
void compare(const F& f, const P& p) {
  for (const Vector& t : {times, Vector{}, Vector{1.2}}) {
    const auto one_by_one = zygote::gradient(f, p, t);
    const auto at_the_end = zygote::pullback(f, p, t).back(1);
    const auto same = [](const double& a, const double& b) {
      CHECK((a == b || a == doctest::Approx(b).epsilon(1e-13)));
    };
    zygote::for_each_number(same, std::get<0>(one_by_one), std::get<0>(at_the_end));
    zygote::for_each_number(same, std::get<1>(one_by_one), std::get<1>(at_the_end));
  }
  CHECK(zygote::gradcheck(f, p, times));
}

TEST_CASE("sums over iterations") {
  compare(mean_square, parameters);
  compare(branches, parameters);
  compare(read_elsewhere, parameters);
  compare(last_value, parameters);
  compare(last_value_alone, parameters);
  compare(two_sums, parameters);
  compare(with_penalty, parameters);
  compare(of_a_callable, parameters);
  CHECK(zygote::gradcheck(root_mean_square, parameters, times));
}

TEST_CASE("variables from outside of the loop") {
  compare(scratch, parameters);
  compare(left_over, parameters);
  compare(too_short, parameters);
  compare(swapped, parameters);
  compare(read_behind, parameters);
  compare(written_between, parameters);
  compare(nested, Layer{{{0.1, 0.2}, {}, {-0.4}}, 0.3});
}

TEST_CASE("lambdas") {
  const auto f = ZYGOTE[&](const auto& p, double scale) {
    double total = 0;
    for (double t : times) total += p[0] * t * scale + p[1] * p[2];
    return scale * mean_square(p, times) + total;
  };
  const auto [dp, ds] = zygote::gradient(f, parameters, 2.0);
  const auto [value, back] = zygote::pullback(f, parameters, 2.0);
  const auto [ep, es] = back(1);
  for (std::size_t i = 0; i < 3; ++i) CHECK(dp[i] == doctest::Approx(ep[i]).epsilon(1e-13));
  CHECK(ds == doctest::Approx(es).epsilon(1e-13));
  CHECK(zygote::gradcheck(f, parameters, 2.0));
}

TEST_CASE("numbers of other types, constants, exceptions") {
  const auto [dp, dt] = zygote::gradient(mixed, std::array{2.0f, 1.0f}, times);
  CHECK(dp[0] == doctest::Approx(3.25));
  CHECK(dp[1] == 5);
  CHECK(dt[3] == doctest::Approx(2));
  static_assert(std::get<0>(zygote::gradient(sum_of_squares, std::array{1.0, 2.0, 3.0}, 4)) ==
                std::array{12., 24., 36.});
  CHECK_THROWS_AS(zygote::gradient(throws, parameters, Vector{1, 3}), std::runtime_error);
  CHECK_THROWS_AS(zygote::gradient(guarded, parameters, Vector{}), std::invalid_argument);
  CHECK(std::get<0>(zygote::gradient(throws, parameters, Vector{1, 2}))[0] == 3);
}

TEST_CASE("second derivatives") {
  const auto h = zygote::hessian(fit, parameters);
  const double step = 1e-5;
  for (std::size_t j = 0; j < 3; ++j) {
    Vector up = parameters, down = parameters;
    up[j] += step;
    down[j] -= step;
    const Vector above = zygote::gradient(fit, up), below = zygote::gradient(fit, down);
    for (std::size_t i = 0; i < 3; ++i)
      CHECK(h[i][j] == doctest::Approx((above[i] - below[i]) / (2 * step)).epsilon(1e-6));
  }
}

}  // namespace
