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

/// One step of lotka_volterra; leaves the arguments of its four evaluations of the growth in `stages`.
inline Animals step_of(const Rates& r, const Animals& n, double h, Animals* stages) {
  const double weights[4] = {h / 6, h / 3, h / 3, h / 6}, forward[3] = {h / 2, h / 2, h};
  Animals sum{0, 0};
  stages[0] = n;
  for (int i = 0; i < 4; ++i) {
    const double x = stages[i].prey, y = stages[i].predators;
    const Animals k{x * (r.a - r.b * y), y * (r.d * x - r.c)};
    sum = advance(sum, weights[i], k);
    if (i < 3) stages[i + 1] = advance(n, forward[i], k);
  }
  return {n.prey + sum.prey, n.predators + sum.predators};
}

inline double lotka_volterra_tuned(const Rates& rates, Animals n, int steps) {
  Animals stages[4];
  for (int i = 0; i < steps; ++i) n = step_of(rates, n, 0.01, stages);
  return n.prey + n.predators;
}

/// The adjoint of one evaluation at n, from that of its result, k; adds to that of the rates. The matrix is worked out
/// before k is known, so that a chain of these waits for two operations each.
inline Animals growth_back(const Rates& r, const Animals& n, const Animals& k, Rates& d) {
  const double meetings = n.prey * n.predators;
  d.a += k.prey * n.prey;
  d.b -= k.prey * meetings;
  d.c -= k.predators * n.predators;
  d.d += k.predators * meetings;
  return {k.prey * (r.a - r.b * n.predators) + k.predators * (r.d * n.predators),
          k.predators * (r.d * n.prey - r.c) - k.prey * (r.b * n.prey)};
}

/// For at most 1000 steps. Saves the two numbers of each step, each in a buffer of its own, which keeps g++ from
/// pairing what is shuffled more than it is computed with; computes the stages again.
inline std::array<double, 7> lotka_volterra_hand(const Rates& r, Animals n, int steps) {
  constexpr double h = 0.01;
  double prey[1000], predators[1000];
  Animals s[4];
  for (int i = 0; i < steps; ++i) {
    prey[i] = n.prey;
    predators[i] = n.predators;
    n = step_of(r, n, h, s);
  }
  Rates d{0, 0, 0, 0};
  Animals g{1, 1};
  for (int i = steps; i-- > 0;) {
    step_of(r, {prey[i], predators[i]}, h, s);
    const Animals sixth{h / 6 * g.prey, h / 6 * g.predators}, third{2 * sixth.prey, 2 * sixth.predators};
    const Animals g4 = growth_back(r, s[3], sixth, d);
    const Animals g3 = growth_back(r, s[2], advance(third, h, g4), d);
    const Animals g2 = growth_back(r, s[1], advance(third, h / 2, g3), d);
    const Animals g1 = growth_back(r, s[0], advance(sixth, h / 2, g2), d);
    g = {g.prey + g4.prey + g3.prey + g2.prey + g1.prey,
         g.predators + g4.predators + g3.predators + g2.predators + g1.predators};
  }
  return {n.prey + n.predators, d.a, d.b, d.c, d.d, g.prey, g.predators};
}

}  // namespace small
