// The functions of small.hpp again: tuned, and with adjoints written by hand. Each returns its value, then its
// gradient.
#pragma once
#include <array>

#include "small.hpp"

namespace small {

inline std::array<double, 2> line_hand(double x) { return {5 * x + 3, 5}; }

/// For n <= 64. Saves one value per iteration in a fixed buffer.
inline std::array<double, 2> power_hand(double x, int n) {
  double saved[64], r = 1, dr = 1, dx = 0;
  for (int i = 0; i < n; ++i) {
    saved[i] = r;
    r *= x;
  }
  for (int i = n; i-- > 0;) {
    dx += dr * saved[i];
    dr *= x;
  }
  return {r, dx};
}

inline double black_scholes_tuned(double spot, double strike, double rate, double volatility, double years) {
  const double deviation = volatility * std::sqrt(years);
  const double d1 = (std::log(spot / strike) + (rate + 0.5 * volatility * volatility) * years) / deviation;
  const double h1 = d1 * (1 / std::numbers::sqrt2), h2 = (d1 - deviation) * (1 / std::numbers::sqrt2);
  return 0.5 * (spot * (1 + std::erf(h1)) - strike * std::exp(-rate * years) * (1 + std::erf(h2)));
}

inline std::array<double, 6> black_scholes_hand(double spot, double strike, double rate, double volatility,
                                                double years) {
  constexpr double density_at_0 = 0.5 * std::numbers::sqrt2 * std::numbers::inv_sqrtpi;
  const double root = std::sqrt(years), deviation = volatility * root, inverse = 1 / deviation;
  const double drift = rate + 0.5 * volatility * volatility;
  const double d1 = (std::log(spot / strike) + drift * years) * inverse, d2 = d1 - deviation;
  const double p1 = normal_distribution(d1), p2 = normal_distribution(d2), discount = std::exp(-rate * years);
  const double present = strike * discount;

  const double to_d2 = -present * density_at_0 * std::exp(-0.5 * d2 * d2);
  const double to_d1 = spot * density_at_0 * std::exp(-0.5 * d1 * d1) + to_d2;
  const double to_numerator = to_d1 * inverse, to_deviation = -to_d2 - to_numerator * d1;
  const double to_exponent = -p2 * present;  // of the discount
  const double inverse_both = 1 / (spot * strike);
  return {spot * p1 - present * p2,
          p1 + to_numerator * strike * inverse_both,
          -p2 * discount - to_numerator * spot * inverse_both,
          (to_numerator - to_exponent) * years,
          to_numerator * volatility * years + to_deviation * root,
          to_numerator * drift - to_exponent * rate + 0.5 * to_deviation * volatility * volatility * inverse};
}

/// One step of lotka_volterra; leaves the arguments of the four evaluations in `stages`.
inline Animals stages_of(const Rates& r, Animals n, double h, Animals* stages) {
  Animals sum{0, 0};
  const double weights[4] = {h / 6, h / 3, h / 3, h / 6}, forward[3] = {h / 2, h / 2, h};
  stages[0] = n;
  for (int i = 0; i < 4; ++i) {
    const Animals k{stages[i].prey * (r.a - r.b * stages[i].predators),
                    stages[i].predators * (r.d * stages[i].prey - r.c)};
    sum = {sum.prey + weights[i] * k.prey, sum.predators + weights[i] * k.predators};
    if (i < 3) stages[i + 1] = {n.prey + forward[i] * k.prey, n.predators + forward[i] * k.predators};
  }
  return {n.prey + sum.prey, n.predators + sum.predators};
}

inline double lotka_volterra_tuned(const Rates& rates, Animals n, int steps) {
  Animals stages[4];
  for (int i = 0; i < steps; ++i) n = stages_of(rates, n, 0.01, stages);
  return n.prey + n.predators;
}

/// For at most 1000 steps. Saves the two numbers of each step and computes the stages again.
inline std::array<double, 7> lotka_volterra_hand(const Rates& r, Animals n, int steps) {
  constexpr double h = 0.01, weights[4] = {h / 6, h / 3, h / 3, h / 6}, forward[3] = {h / 2, h / 2, h};
  Animals saved[1000], stages[4];
  for (int i = 0; i < steps; ++i) {
    saved[i] = n;
    n = stages_of(r, n, h, stages);
  }
  Rates d{0, 0, 0, 0};
  Animals g{1, 1};
  for (int i = steps; i-- > 0;) {
    stages_of(r, saved[i], h, stages);
    Animals to_n = g, to_stage{0, 0};
    for (int s = 3; s >= 0; --s) {
      // Only the two lines with to_stage wait for the later stage; the rest runs beside them.
      const double to_later = s < 3 ? forward[s] : 0, x = stages[s].prey, y = stages[s].predators;
      const double x_by_x = r.a - r.b * y, y_by_x = r.d * y, x_by_y = -r.b * x, y_by_y = r.d * x - r.c;
      const double kx = weights[s] * g.prey + to_later * to_stage.prey;
      const double ky = weights[s] * g.predators + to_later * to_stage.predators;
      to_stage = {kx * x_by_x + ky * y_by_x, kx * x_by_y + ky * y_by_y};
      to_n = {to_n.prey + to_stage.prey, to_n.predators + to_stage.predators};
      d.a += kx * x;
      d.b -= kx * (x * y);
      d.c -= ky * y;
      d.d += ky * (x * y);
    }
    g = to_n;
  }
  return {n.prey + n.predators, d.a, d.b, d.c, d.d, g.prey, g.predators};
}

}  // namespace small
