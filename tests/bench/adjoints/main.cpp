// The cost of gradients: ours, those written by hand, and what other tools were measured to take, in times of the
// primal. Checks first that all agree.
//   bench_adjoints [--filter gmm] [--repetitions 15]
#include <CLI/CLI.hpp>
#include <cstdio>

#include "harness.hpp"
#include "reference.hpp"

using namespace bench;

namespace {

constexpr double ours_tolerance = 1e-9, differences_tolerance = 1e-6;
constexpr double shortest_sample = 4e-3;  // seconds; well above the resolution of the clock and of interrupts

/// Ours against hand, hand against central differences; says what it found.
bool check(const Problem& p) {
  const auto [hand, differences] = p.differences();
  const double to_differences = disagreement(hand, differences, 1e-3);
  bool good = to_differences <= differences_tolerance;
  const Numbers numbers = p.hand_numbers();
  const double to_natural = std::abs(p.natural() - p.tuned()) / std::abs(p.tuned());
  good = good && to_natural <= ours_tolerance;
  std::printf("%-15s hand/differences %.1e  tuned/natural %.1e", p.name.c_str(), to_differences, to_natural);
  if (p.ours) {
    const double to_hand = disagreement(p.ours_numbers(), numbers, 1e-6);
    good = good && to_hand <= ours_tolerance;
    std::printf("  ours/hand %.1e", to_hand);
  }
  std::printf("  %zu numbers%s\n", numbers.size(), good ? "" : "  WRONG");
  return good;
}

struct Timing {
  double primal, natural, tuned, hand, ours, checksum;
};

/// Medians of samples that are taken in turn, so that a slow moment of the machine meets all of them.
Timing measure(const Problem& p, int repetitions) {
  Timing t{};
  const int runs = std::max(1, static_cast<int>(shortest_sample / seconds_of(p.tuned, 1, t.checksum)));
  const std::function<double()>* variants[] = {&p.natural, &p.tuned, &p.hand, &p.ours};
  double* results[] = {&t.natural, &t.tuned, &t.hand, &t.ours};
  Numbers samples[4];
  for (int repetition = 0; repetition <= repetitions; ++repetition)
    for (int v = 0; v < 4; ++v)
      if (*variants[v]) {
        const double seconds = seconds_of(*variants[v], runs, t.checksum) / p.calls;
        if (repetition > 0) samples[v].push_back(seconds);  // the first warms up
      }
  for (int v = 0; v < 4; ++v)
    if (!samples[v].empty()) *results[v] = median(samples[v]);
  t.primal = std::min(t.natural, t.tuned);
  return t;
}

std::string time_text(double seconds) {
  char text[32];
  const double ns = seconds * 1e9;
  std::snprintf(text, sizeof text,
                ns < 1e3   ? "%.2f ns"
                : ns < 1e6 ? "%.3f us"
                           : "%.3f ms",
                ns < 1e3   ? ns
                : ns < 1e6 ? ns / 1e3
                           : ns / 1e6);
  return text;
}

std::string ratio_text(double ratio) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", ratio);
  return ratio > 0 ? text : "-";
}

void print_row(const Problem& p, const Timing& t) {
  std::printf("%-15s %10s %8s %8s %8s %8s |", p.name.c_str(), time_text(t.primal).c_str(),
              ratio_text(t.natural / t.tuned).c_str(), ratio_text(t.ours / t.primal).c_str(),
              ratio_text(t.hand / t.primal).c_str(), ratio_text(t.ours / t.hand).c_str());
  for (const Reference& r : references)
    if (r.name == p.name)
      for (double ratio : {r.hand, r.enzyme, r.clad, r.tapenade, r.codipack, r.adept})
        std::printf(" %8s", ratio_text(ratio).c_str());
  std::printf(" | %.10g\n", t.checksum);
}

}  // namespace

int main(int argc, char** argv) {
  std::string filter;
  int repetitions = 15;
  CLI::App app("The cost of gradients, in times of the primal.");
  app.add_option("--filter", filter, "only problems whose names contain this");
  app.add_option("--repetitions", repetitions, "samples per median")->capture_default_str()->check(CLI::Range(1, 1000));
  CLI11_PARSE(app, argc, argv);

  std::vector<Problem> problems;
  for (auto family : {gmm_problems, ba_problems, lstm_problems, small_problems})
    for (Problem& p : family())
      if (p.name.find(filter) != std::string::npos) problems.push_back(std::move(p));
  bool good = true;
  for (const Problem& p : problems) good = check(p) && good;

  std::printf("\n%-15s %10s %8s %8s %8s %8s | %8s %8s %8s %8s %8s %8s |\n", "problem", "primal", "natural", "ours",
              "hand", "ours", "hand", "Enzyme", "clad", "Tapenade", "CoDiPack", "Adept");
  std::printf("%-15s %10s %8s %8s %8s %8s | %53s | checksum\n", "", "", "/ tuned", "/ primal", "/ primal", "/ hand",
              "measured elsewhere, / primal");
  for (const Problem& p : problems) print_row(p, measure(p, repetitions));
  return good ? 0 : 1;
}
