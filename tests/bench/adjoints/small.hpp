// Small functions, as one would write them: a line, a power, the price of an option, predators and prey.
#pragma once
#include <cmath>
#include <numbers>
#include <zygote/zygote.hpp>

namespace small {

ZYGOTE double line(double x) { return 5 * x + 3; }

ZYGOTE double power(double x, int n) {
  double r = 1;
  while (n > 0) {
    r *= x;
    --n;
  }
  return r;
}

ZYGOTE double normal_distribution(double x) { return 0.5 * (1 + std::erf(x / std::numbers::sqrt2)); }

/// Price of a European call: spot price, strike, rate, volatility, years (Black and Scholes 1973).
ZYGOTE double black_scholes(double spot, double strike, double rate, double volatility, double years) {
  const double deviation = volatility * std::sqrt(years);
  const double d1 = (std::log(spot / strike) + (rate + 0.5 * volatility * volatility) * years) / deviation,
               d2 = d1 - deviation;
  return spot * normal_distribution(d1) - strike * std::exp(-rate * years) * normal_distribution(d2);
}

/// x' = a x - b x y, y' = d x y - c y.
struct Rates {
  double a, b, c, d;
};

struct Animals {
  double prey, predators;
};

ZYGOTE Animals growth(const Rates& r, const Animals& n) {
  const double meetings = n.prey * n.predators;
  return {r.a * n.prey - r.b * meetings, r.d * meetings - r.c * n.predators};
}

/// n + h k
ZYGOTE Animals advance(const Animals& n, double h, const Animals& k) {
  return {n.prey + h * k.prey, n.predators + h * k.predators};
}

/// Prey and predators after some steps of the classical Runge-Kutta method.
ZYGOTE double lotka_volterra(const Rates& rates, Animals n, int steps) {
  const double h = 0.01;
  for (int i = 0; i < steps; ++i) {
    const Animals k1 = growth(rates, n), k2 = growth(rates, advance(n, h / 2, k1)),
                  k3 = growth(rates, advance(n, h / 2, k2)), k4 = growth(rates, advance(n, h, k3));
    n.prey += h / 6 * (k1.prey + 2 * k2.prey + 2 * k3.prey + k4.prey);
    n.predators += h / 6 * (k1.predators + 2 * k2.predators + 2 * k3.predators + k4.predators);
  }
  return n.prey + n.predators;
}

}  // namespace small
