// The objective of gmm.hpp again: a tuned primal, and an adjoint written by hand.
#pragma once
#include "gmm.hpp"

namespace gmm {

/// What both directions need of the parameters, and the scratch of one point.
struct Scratch {
  std::vector<double> diagonal, sums, centred, scaled, terms;  // (d, K), (K), (d, K), (d, K), (K)

  Scratch(const Parameters& p, const Data& data)
      : diagonal(p.means.size()),
        sums(data.components),
        centred(p.means.size()),
        scaled(p.means.size()),
        terms(data.components) {
    for (std::size_t i = 0; i < diagonal.size(); ++i) diagonal[i] = std::exp(p.log_diagonal[i]);
    for (std::size_t i = 0; i < diagonal.size(); ++i) sums[i / data.dimensions] += p.log_diagonal[i];
  }
};

/// The part that does not depend on the parameters.
inline double constant_part(const Data& data) {
  const double d = static_cast<double>(data.dimensions), n = d + data.m + 1;
  double log_gamma = 0.25 * d * (d - 1) * std::log(std::numbers::pi);
  for (std::size_t j = 0; j < data.dimensions; ++j) log_gamma += std::lgamma(0.5 * (n - static_cast<double>(j)));
  const double c = n * d * (std::log(data.gamma) - 0.5 * std::log(2.0)) - log_gamma;
  return -0.5 * static_cast<double>(data.points) * d * std::log(2 * std::numbers::pi) -
         static_cast<double>(data.components) * c;
}

inline double sum_of_squares(const double* v, std::size_t n) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t i = 0; i < n; ++i) sum += v[i] * v[i];
  return sum;
}

/// log(sum(exp(terms))); leaves the weights exp(terms) / sum(exp(terms)), its adjoint, in `terms`.
inline double soften(double* terms, std::size_t n) {
  const double largest = *std::max_element(terms, terms + n);
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += terms[i] = std::exp(terms[i] - largest);
  for (std::size_t i = 0; i < n; ++i) terms[i] *= 1 / sum;
  return largest + std::log(sum);
}

/// centred = x - mean, scaled = Q centred; |scaled|^2. Two columns of Q at a time halve the traffic on `scaled`.
inline double distance(std::size_t d, const double* __restrict x, const double* __restrict mean,
                       const double* __restrict diagonal, const double* __restrict lower, double* __restrict centred,
                       double* __restrict scaled) {
  for (std::size_t i = 0; i < d; ++i) {
    centred[i] = x[i] - mean[i];
    scaled[i] = diagonal[i] * centred[i];
  }
  std::size_t i = 0;
  for (; i + 2 < d; i += 2) {
    const double* __restrict first = lower, * __restrict second = lower + (d - i - 2);
    const double a = centred[i], b = centred[i + 1];
    scaled[i + 1] += first[0] * a;
    for (std::size_t j = i + 2; j < d; ++j) scaled[j] += first[j - i - 1] * a + second[j - i - 1] * b;
    lower += 2 * (d - i) - 3;
  }
  for (; i + 1 < d; ++i) scaled[i + 1] += *lower++ * centred[i];
  return sum_of_squares(scaled, d);
}

/// Adds the adjoints of -1/2 |Q (x - mean)|^2 times `weight`; two columns of Q at a time, as above.
inline void distance_back(std::size_t d, double weight, const double* __restrict diagonal,
                          const double* __restrict lower, const double* __restrict centred, double* __restrict scaled,
                          double* __restrict d_mean, double* __restrict d_diagonal, double* __restrict d_lower) {
  for (std::size_t i = 0; i < d; ++i) {
    scaled[i] *= -weight;
    d_diagonal[i] += scaled[i] * centred[i];
    d_mean[i] -= scaled[i] * diagonal[i];
  }
  for (std::size_t i = 0; i + 1 < d; i += 2) {
    const std::size_t below = d - i - 2;  // rows that both columns have; the first has one more
    const double a = centred[i], b = centred[i + 1], s = scaled[i + 1];
    const double* __restrict rows = scaled + i + 2, * __restrict first = lower + 1, * __restrict second = first + below;
    double* __restrict d_first = d_lower + 1, * __restrict d_second = d_first + below;
    double d_a = s * lower[0], d_b = 0;
    d_lower[0] += s * a;
#pragma omp simd reduction(+ : d_a, d_b)
    for (std::size_t j = 0; j < below; ++j) {
      d_first[j] += rows[j] * a;
      d_second[j] += rows[j] * b;
      d_a += rows[j] * first[j];
      d_b += rows[j] * second[j];
    }
    d_mean[i] -= d_a;
    d_mean[i + 1] -= d_b;
    lower = second + below;
    d_lower = d_second + below;
  }
}

inline double tuned(const Parameters& p, const Data& data) {
  const std::size_t d = data.dimensions, per_component = d * (d - 1) / 2;
  Scratch s(p, data);
  double total = constant_part(data);
  for (std::size_t i = 0; i < data.points; ++i) {
    for (std::size_t k = 0; k < data.components; ++k)
      s.terms[k] = p.alphas[k] + s.sums[k] -
                   0.5 * distance(d, &data.x[i * d], &p.means[k * d], &s.diagonal[k * d], &p.lower[k * per_component],
                                  s.centred.data(), s.scaled.data());
    const double largest = *std::max_element(s.terms.begin(), s.terms.end());
    double sum = 0;
    for (double t : s.terms) sum += std::exp(t - largest);
    total += largest + std::log(sum);
  }
  total -= static_cast<double>(data.points) * log_sum_exp(p.alphas);
  const double squares =
      sum_of_squares(s.diagonal.data(), s.diagonal.size()) + sum_of_squares(p.lower.data(), p.lower.size());
  for (double sum : s.sums) total -= data.m * sum;
  return total + 0.5 * data.gamma * data.gamma * squares;
}

/// Adds the gradients of the prior and of -n lse(alphas), and turns that of the diagonal into that of its logarithm;
/// returns their values.
inline double finish(const Parameters& p, const Data& data, const Scratch& s, Parameters& gradient) {
  const double n = static_cast<double>(data.points), gamma2 = data.gamma * data.gamma;
  auto weights = p.alphas;
  double value = -n * soften(weights.data(), weights.size());
  for (std::size_t k = 0; k < data.components; ++k) {
    const double d_sum = gradient.alphas[k] - data.m;  // the terms contain alpha + sum(q)
    value -= data.m * s.sums[k];
    gradient.alphas[k] -= n * weights[k];
    for (std::size_t i = k * data.dimensions; i < (k + 1) * data.dimensions; ++i)
      gradient.log_diagonal[i] = d_sum + s.diagonal[i] * (gradient.log_diagonal[i] + gamma2 * s.diagonal[i]);
  }
  for (std::size_t i = 0; i < p.lower.size(); ++i) gradient.lower[i] += gamma2 * p.lower[i];
  return value +
         0.5 * gamma2 *
             (sum_of_squares(s.diagonal.data(), s.diagonal.size()) + sum_of_squares(p.lower.data(), p.lower.size()));
}

/// Each point runs forward and backward before the next: the points meet in a sum only, whose adjoint is 1.
inline double hand(const Parameters& p, const Data& data, Parameters& gradient) {
  const std::size_t d = data.dimensions, per_component = d * (d - 1) / 2;
  gradient.alphas.assign(p.alphas.size(), 0);
  gradient.means.assign(p.means.size(), 0);
  gradient.log_diagonal.assign(p.log_diagonal.size(), 0);
  gradient.lower.assign(p.lower.size(), 0);
  Scratch s(p, data);
  double total = constant_part(data);
  for (std::size_t i = 0; i < data.points; ++i) {
    for (std::size_t k = 0; k < data.components; ++k)
      s.terms[k] = p.alphas[k] + s.sums[k] -
                   0.5 * distance(d, &data.x[i * d], &p.means[k * d], &s.diagonal[k * d], &p.lower[k * per_component],
                                  &s.centred[k * d], &s.scaled[k * d]);
    total += soften(s.terms.data(), s.terms.size());
    for (std::size_t k = 0; k < data.components; ++k) {
      gradient.alphas[k] += s.terms[k];
      distance_back(d, s.terms[k], &s.diagonal[k * d], &p.lower[k * per_component], &s.centred[k * d], &s.scaled[k * d],
                    &gradient.means[k * d], &gradient.log_diagonal[k * d], &gradient.lower[k * per_component]);
    }
  }
  return total + finish(p, data, s, gradient);
}

}  // namespace gmm
