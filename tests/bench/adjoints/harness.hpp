// What every problem of this benchmark shares: inputs, timing, and the checks that come before any timing.
#pragma once
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>
#include <zygote/zygote.hpp>

namespace bench {

using Numbers = std::vector<double>;

/// One row of the table. A run is `calls` evaluations and returns a sum of what it computed.
struct Problem {
  std::string name;
  int calls = 1;
  std::function<double()> natural{}, tuned{};  // the primal, as a user writes it and as fast as we can write it
  std::function<double()> hand{}, ours{};      // value and gradient; ours is empty without BENCH_OURS
  std::function<Numbers()> hand_numbers{}, ours_numbers{};     // what a run computes, to be compared
  std::function<std::pair<Numbers, Numbers>()> differences{};  // hand and central differences, on a small instance
};

/// Makes the compiler believe that x is read and changed here.
template <class T>
inline void keep(T& x) {
  asm volatile("" : "+m"(x) : : "memory");
}

/// Reproducible numbers on every platform (splitmix64, Steele, Lea, Flood 2014); <random>'s distributions are not.
struct Random {
  std::uint64_t state;

  double uniform(double low, double high) {
    std::uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return low + (high - low) * static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
  }
  Numbers uniform(std::size_t n, double low, double high) {
    Numbers numbers(n);
    for (double& x : numbers) x = uniform(low, high);
    return numbers;
  }
};

/// Calls visit(x) for every double in x, in order: in structs, arrays and vectors.
template <class T, class Visit>
void for_each_real(T& x, const Visit& visit) {
  if constexpr (std::same_as<T, double>)
    visit(x);
  else if constexpr (requires { x.begin(); })
    for (auto& element : x) for_each_real(element, visit);
  else if constexpr (zygote::HasFields<T>)
    std::apply([&](auto&... fields) { (for_each_real(fields, visit), ...); }, zygote::fields(x));
}

/// All doubles of a value and its gradient in one list.
template <class T>
Numbers numbers_of(double value, T gradient) {
  Numbers all{value};
  for_each_real(gradient, [&](double x) { all.push_back(x); });
  return all;
}

/// Value and gradient of f at x by central differences, for numbers_of(f(x), gradient).
template <class F, class T>
Numbers central_differences(const F& f, T x) {
  Numbers all{f(x)};
  for_each_real(x, [&](double& entry) {
    const double before = entry, h = 6e-6 * std::max(1., std::abs(before));  // cbrt(epsilon): both errors are equal
    entry = before + h;
    const double above = f(x);
    entry = before - h;
    const double below = f(x);
    entry = before;
    all.push_back((above - below) / (2 * h));
  });
  return all;
}

/// The largest relative difference of two lists; entries far below the largest are measured against `floor` of it.
inline double disagreement(const Numbers& a, const Numbers& b, double floor) {
  if (a.size() != b.size() || a.empty()) return INFINITY;
  double largest = 0, worst = 0;
  for (double x : b) largest = std::max(largest, std::abs(x));
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double error = std::abs(a[i] - b[i]) / std::max(std::abs(b[i]), floor * largest);
    if (!(error <= worst)) worst = error;  // also for NaN
  }
  return worst;
}

inline double seconds_of(const std::function<double()>& run, int runs, double& checksum) {
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < runs; ++i) checksum = run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / runs;
}

inline double median(Numbers samples) {
  const auto middle = samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2);
  std::nth_element(samples.begin(), middle, samples.end());
  return *middle;
}

/// A run that evaluates f(x) `calls` times, each time on an input that the compiler knows nothing about.
template <class F, class T>
std::function<double()> repeated(int calls, F f, T x) {
  return [=]() mutable {
    double sum = 0;
    for (int i = 0; i < calls; ++i) {
      keep(x);
      auto result = f(x);
      keep(result);
      for_each_real(result, [&](double r) { sum = r; });
    }
    return sum;
  };
}

// The rows of the table, each file with those of one family.
std::vector<Problem> gmm_problems();
std::vector<Problem> ba_problems();
std::vector<Problem> lstm_problems();
std::vector<Problem> small_problems();

}  // namespace bench
