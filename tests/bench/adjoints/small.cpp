// Small functions: inputs, and the rows of the table.
#include "small.hpp"

#include "harness.hpp"
#include "small_hand.hpp"

namespace bench {
namespace {

struct PowerInput {
  double x;
  int n;
};

struct OptionInput {
  double spot, strike, rate, volatility, years;
};

struct PreyInput {
  small::Rates rates;
  small::Animals start;
  int steps;
};

/// From functions of one input each; hand and ours return the value, then the gradient.
template <class Input>
Problem make_problem(const std::string& name, int calls, Input input, auto natural, auto tuned, auto hand, auto ours) {
  Problem problem{.name = name, .calls = calls};
  problem.natural = repeated(calls, natural, input);
  problem.tuned = repeated(calls, tuned, input);
  problem.hand = repeated(calls, hand, input);
  problem.hand_numbers = [=] {
    const auto all = hand(input);
    return Numbers(all.begin(), all.end());
  };
  if constexpr (!std::is_null_pointer_v<decltype(ours)>) {
    problem.ours = repeated(calls, ours, input);
    problem.ours_numbers = [=] {
      const auto all = ours(input);
      return Numbers(all.begin(), all.end());
    };
  }
  problem.differences = [=] { return std::pair{problem.hand_numbers(), central_differences(natural, input)}; };
  return problem;
}

#ifdef BENCH_OURS
constexpr auto line_ours = [](double x) {
  const auto [value, gradients] = zygote::withgradient(small::line, x);
  return std::array{value, std::get<0>(gradients)};
};

constexpr auto power_ours = [](const PowerInput& in) {
  const auto [value, gradients] = zygote::withgradient(small::power, in.x, in.n);
  return std::array{value, std::get<0>(gradients)};
};

constexpr auto black_scholes_ours = [](const OptionInput& in) {
  const auto [value, gradients] =
      zygote::withgradient(small::black_scholes, in.spot, in.strike, in.rate, in.volatility, in.years);
  const auto [spot, strike, rate, volatility, years] = gradients;
  return std::array{value, spot, strike, rate, volatility, years};
};

constexpr auto lotka_volterra_ours = [](const PreyInput& in) {
  const auto [value, gradients] = zygote::withgradient(small::lotka_volterra, in.rates, in.start, in.steps);
  const auto& [rates, start, steps] = gradients;
  return std::array{value, rates.a, rates.b, rates.c, rates.d, start.prey, start.predators};
};
#else
constexpr auto line_ours = nullptr, power_ours = nullptr, black_scholes_ours = nullptr, lotka_volterra_ours = nullptr;
#endif

}  // namespace

std::vector<Problem> small_problems() {
  auto line = [](double x) { return small::line(x); };
  auto power = [](const PowerInput& in) { return small::power(in.x, in.n); };
  auto price = [](const OptionInput& in) {
    return small::black_scholes(in.spot, in.strike, in.rate, in.volatility, in.years);
  };
  auto tuned_price = [](const OptionInput& in) {
    return small::black_scholes_tuned(in.spot, in.strike, in.rate, in.volatility, in.years);
  };
  auto prey = [](const PreyInput& in) { return small::lotka_volterra(in.rates, in.start, in.steps); };
  auto tuned_prey = [](const PreyInput& in) { return small::lotka_volterra_tuned(in.rates, in.start, in.steps); };
  return {
      make_problem(
          "lotka-volterra", 20, PreyInput{{1.5, 1, 3, 1}, {1, 1}, 1000}, prey, tuned_prey,
          [](const PreyInput& in) { return small::lotka_volterra_hand(in.rates, in.start, in.steps); },
          lotka_volterra_ours),
      make_problem(
          "black-scholes", 10000, OptionInput{100, 105, 0.03, 0.2, 1.5}, price, tuned_price,
          [](const OptionInput& in) {
            return small::black_scholes_hand(in.spot, in.strike, in.rate, in.volatility, in.years);
          },
          black_scholes_ours),
      make_problem(
          "power-20", 50000, PowerInput{1.1, 20}, power, power,
          [](const PowerInput& in) { return small::power_hand(in.x, in.n); }, power_ours),
      make_problem(
          "line", 200000, 2.0, line, line, [](double x) { return small::line_hand(x); }, line_ours),
  };
}

}  // namespace bench
