// Runs the programs that are linked in: runner [NAME...]. Prints "start NAME" first, so that a crash has a name, then
// "ok NAME" or "mismatch NAME" or "harness NAME" (dual numbers and differences disagree), with what was found.
#include <cstdio>
#include <limits>

#include "harness.hpp"

namespace fuzz {
namespace {

struct Totals {
  int checked = 0, skipped = 0;
  std::string mismatch, harness;
};

std::vector<Dual> constants(const std::vector<double>& reals) { return {reals.begin(), reals.end()}; }

// A central difference of order 4.
double difference(const Program& p, const Inputs& in, const std::vector<double>& reals, std::size_t i, double h) {
  auto at = [&](double step) {
    auto changed = constants(reals);
    changed[i].value += step;
    return p.dual(in, changed).value;
  };
  return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
}

std::string describe(const char* what, const Inputs& in, std::size_t i, double ours, double theirs) {
  char text[200];
  std::snprintf(text, sizeof text, "%s %d: %.17g, expected %.17g (trips %d)", what, int(i), ours, theirs, in.trips);
  return text;
}

void compare(const Program& p, const Inputs& in, double value, const std::vector<double>& exact, Totals& totals) {
  if (!p.gradient) return;
  const Gradient ours = p.gradient(in);
  double scale = 1 + std::abs(value);
  for (double d : exact) scale = std::max(scale, std::abs(d));
  auto check = [&](const char* what, std::size_t i, double a, double b) {
    if (!(std::abs(a - b) <= p.tolerance * scale) && totals.mismatch.empty())
      totals.mismatch = describe(what, in, i, a, b);
  };
  check("value", 0, ours.value, value);
  check("number of partials", 0, double(ours.partials.size()), double(exact.size()));
  for (std::size_t i = 0; i < exact.size() && i < ours.partials.size(); ++i) {
    check("partial", i, ours.partials[i], exact[i]);
    check("partial of back(2)", i, ours.twice[i], 2 * exact[i]);
  }
}

// Differences tell something where steps of very different sizes agree: elsewhere there are branches, large curvature, or
// small fast waves, the cosine of a large number.
void compare_with_differences(const Program& p, const Inputs& in, const std::vector<double>& reals,
                              const std::vector<double>& exact, double largest, Totals& totals) {
  for (std::size_t i = 0; i < reals.size() && totals.harness.empty(); ++i) {
    const double tolerance = 1e-6 * (1 + largest), d = difference(p, in, reals, i, 1e-3);
    if (std::abs(d - exact[i]) < tolerance || std::abs(d - difference(p, in, reals, i, 1e-5)) > tolerance / 2) continue;
    totals.harness = describe("difference", in, i, d, exact[i]);
  }
}

void run(const Program& p, const Inputs& in, Totals& totals) {
  const auto reals = p.reals(in);
  closest = 1e300;
  const double value = p.dual(in, constants(reals)).value;
  const double gap = closest;
  std::vector<double> exact;
  double largest = std::abs(value);
  steepest = 0;
  for (std::size_t i = 0; i < reals.size(); ++i) {
    auto seeded = constants(reals);
    seeded[i].derivative = 1;
    exact.push_back(p.dual(in, seeded).derivative);
    largest = std::max(largest, std::abs(exact.back()));
  }
  const bool finite = std::all_of(exact.begin(), exact.end(), [](double d) { return std::isfinite(d); });
  if (gap < 1e-9 || !(largest < 1e8) || !finite || steepest > 1e6 * (1 + largest)) {
    ++totals.skipped;
    return;
  }
  ++totals.checked;
  compare(p, in, value, exact, totals);
  if (gap < 0.05 || largest > 100) return;  // differences would not be good enough to tell anything
  compare_with_differences(p, in, reals, exact, largest, totals);
}

bool run(const std::string& name, const Program& p) {
  std::printf("start %s\n", name.c_str());
  std::fflush(stdout);
  Totals totals;
  for (int trips : {0, 1, 5})
    for (std::uint64_t seed : {1, 2, 3}) run(p, Inputs{{seed * 1000003}, trips}, totals);
  const bool good = totals.mismatch.empty() && totals.harness.empty();
  const char* verdict = !totals.mismatch.empty() ? "mismatch" : !totals.harness.empty() ? "harness" : "ok";
  std::printf("%s %s checked %d skipped %d %s\n", verdict, name.c_str(), totals.checked, totals.skipped,
              (totals.mismatch + totals.harness).c_str());
  return good;
}

}  // namespace
}  // namespace fuzz

int main(int n, char** words) {
  bool good = true;
  for (const auto& [name, p] : fuzz::programs())
    if (n == 1 || std::find(words + 1, words + n, name) != words + n) good = fuzz::run(name, p) && good;
  return good ? 0 : 1;
}
