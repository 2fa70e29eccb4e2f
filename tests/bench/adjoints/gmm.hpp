// The objective of a Gaussian mixture model with a Wishart prior, as one would write it. After the definition in
// "ADBench: benchmarking automatic differentiation", Srajer, Kukelova, Fitzgibbon 2018.
#pragma once
#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>
#include <zygote/zygote.hpp>

namespace gmm {

/// Q_k is lower triangular: exp of column k of `log_diagonal` on the diagonal, column k of `lower` below it, column by
/// column. Shapes: alphas (K), means (d, K), log_diagonal (d, K), lower (d (d - 1) / 2, K).
struct Parameters {
  std::vector<double> alphas, means, log_diagonal, lower;
};

struct Data {
  std::size_t dimensions, components, points;
  std::vector<double> x;  // (d, n)
  double gamma;           // of the prior
  int m;                  // of the prior
};

ZYGOTE double log_sum_exp(const std::vector<double>& terms) {
  double largest = terms[0];
  for (const auto& t : terms) largest = std::max(largest, t);
  double sum = 0;
  for (const auto& t : terms) sum += std::exp(t - largest);
  return largest + std::log(sum);
}

ZYGOTE double squared_norm(const std::vector<double>& v) {
  double sum = 0;
  for (const auto& x : v) sum += x * x;
  return sum;
}

/// y = Q_k x; `diagonal` has the shape (d, K).
ZYGOTE void multiply_lower(const std::vector<double>& diagonal, const std::vector<double>& lower, std::size_t k,
                           const std::vector<double>& x, std::vector<double>& y) {
  const std::size_t d = x.size();
  for (std::size_t i = 0; i < d; ++i) y[i] = diagonal[k * d + i] * x[i];
  std::size_t idx = k * (d * (d - 1) / 2);
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = i + 1; j < d; ++j) y[j] += lower[idx++] * x[i];
}

ZYGOTE double log_gamma_distribution(double a, std::size_t d) {
  double sum = 0.25 * (d * (d - 1)) * std::log(std::numbers::pi);
  for (std::size_t j = 1; j <= d; ++j) sum += std::lgamma(a + 0.5 * (1.0 - j));
  return sum;
}

ZYGOTE double log_wishart_prior(const Parameters& p, const std::vector<double>& diagonal, const Data& data) {
  const std::size_t d = data.dimensions, per_component = d * (d - 1) / 2;
  const double n = d + data.m + 1.0;
  const double c = n * d * (std::log(data.gamma) - 0.5 * std::log(2.0)) - log_gamma_distribution(0.5 * n, d);
  double total = 0;
  std::size_t i = 0, j = 0;
  for (std::size_t k = 0; k < data.components; ++k) {
    double frobenius = 0, sum_q = 0;
    for (std::size_t row = 0; row < d; ++row, ++i) {
      frobenius += diagonal[i] * diagonal[i];
      sum_q += p.log_diagonal[i];
    }
    for (std::size_t entry = 0; entry < per_component; ++entry) {
      const double l = p.lower[j++];
      frobenius += l * l;
    }
    total += 0.5 * data.gamma * data.gamma * frobenius - data.m * sum_q;
  }
  return total - data.components * c;
}

ZYGOTE double objective(const Parameters& p, const Data& data) {
  const std::size_t d = data.dimensions, n = data.points;
  std::vector<double> diagonal(p.log_diagonal.size()), sums(data.components);
  std::size_t idx = 0;
  for (std::size_t k = 0; k < data.components; ++k)
    for (std::size_t i = 0; i < d; ++i) {
      sums[k] += p.log_diagonal[idx];
      diagonal[idx] = std::exp(p.log_diagonal[idx]);
      idx++;
    }
  std::vector<double> centred(d), scaled(d), terms(data.components);
  double total = -0.5 * (n * d) * std::log(2 * std::numbers::pi);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < data.components; ++k) {
      for (std::size_t j = 0; j < d; ++j) centred[j] = data.x[i * d + j] - p.means[k * d + j];
      multiply_lower(diagonal, p.lower, k, centred, scaled);
      terms[k] = p.alphas[k] + sums[k] - 0.5 * squared_norm(scaled);
    }
    total += log_sum_exp(terms);
  }
  total -= n * log_sum_exp(p.alphas);
  return total + log_wishart_prior(p, diagonal, data);
}

}  // namespace gmm
