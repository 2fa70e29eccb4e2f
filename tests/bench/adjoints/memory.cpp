// Time and memory of the gradients of long loops: steps of Lorenz' equations, each of which needs the one before, and a
// sum over data, whose terms are independent. Each measurement runs in a process of its own, whose peak resident memory
// is read from the kernel, so that no allocator can hide anything.
//   bench_memory [iterations...]
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>
#include <zygote/zygote.hpp>

namespace {

/// Lorenz' equations (1963) by Euler's method; three numbers are the state.
ZYGOTE double lorenz(double x, double y, double z, int steps) {
  const double sigma = 10, rho = 28, beta = 8.0 / 3, h = 1e-6;
  for (int i = 0; i < steps; ++i) {
    const double dx = sigma * (y - x), dy = x * (rho - z) - y, dz = x * y - beta * z;
    x += h * dx;
    y += h * dy;
    z += h * dz;
  }
  return x + y + z;
}

/// The squares of what a decay leaves of a value that is not given, at n times.
ZYGOTE double fit(double value, double rate, int n) {
  double total = 0;
  for (int i = 0; i < n; ++i) {
    double left = value;
    for (int k = 0; k < 4; ++k) left -= rate * left * 1e-3 * (i % 16);
    total += left * left;
  }
  return total / n;
}

struct Measurement {
  double seconds = 0, checksum = 0;
  long peak = 0;  // bytes above what the process had before
};

long peak_resident() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss * 1024;  // Linux counts KiB
}

/// Runs f in a child process.
Measurement measured(const std::function<double()>& f) {
  int ends[2];
  if (pipe(ends) != 0) std::exit(1);
  const pid_t child = fork();
  if (child < 0) std::exit(1);
  if (child == 0) {
    Measurement m;
    const long before = peak_resident();
    const auto start = std::chrono::steady_clock::now();
    m.checksum = f();
    m.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    m.peak = peak_resident() - before;
    const bool written = write(ends[1], &m, sizeof m) == static_cast<ssize_t>(sizeof m);
    _exit(written ? 0 : 1);
  }
  Measurement m;
  const bool received = read(ends[0], &m, sizeof m) == static_cast<ssize_t>(sizeof m);
  waitpid(child, nullptr, 0);
  close(ends[0]);
  close(ends[1]);
  if (!received) {
    std::fprintf(stderr, "a measurement ended early, for want of memory perhaps\n");
    std::exit(1);
  }
  return m;
}

/// The fastest of three; the largest peak.
Measurement repeated(const std::function<double()>& f) {
  Measurement best = measured(f);
  for (int i = 0; i < 2; ++i) {
    const Measurement m = measured(f);
    best.seconds = std::min(best.seconds, m.seconds);
    best.peak = std::max(best.peak, m.peak);
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<int> sizes;
  for (int i = 1; i < argc; ++i) sizes.push_back(std::max(1, std::atoi(argv[i])));
  if (sizes.empty()) sizes = {100'000, 1'000'000, 10'000'000};
  const auto gradients = [](const auto& f, auto... x) {
#ifdef BENCH_OURS
    const auto all = zygote::gradient(f, x...);
    return [&]<std::size_t... i>(std::index_sequence<i...>) { return (std::get<i>(all) + ...); }
    (std::make_index_sequence<sizeof...(x) - 1>{});  // of all but the number of steps
#else
    return f(x...);
#endif
  };
  const auto table = [&](const char* title, const auto& primal_of, const auto& gradient_of) {
    std::printf("%-8s %12s %16s %16s %8s %14s %16s\n", title, "iterations", "primal ns/iter", "gradient ns/iter",
                "ratio", "peak MB", "peak bytes/iter");
    for (const int n : sizes) {
      const Measurement primal = repeated([&] { return primal_of(n); });
      const Measurement gradient = repeated([&] { return gradient_of(n); });
      const double per = 1e9 / n;
      std::printf("%-8s %12d %16.3f %16.3f %8.2f %14.2f %16.2f   checksums %.12g %.12g\n", "", n, primal.seconds * per,
                  gradient.seconds * per, gradient.seconds / primal.seconds, static_cast<double>(gradient.peak) * 1e-6,
                  static_cast<double>(gradient.peak) / n, primal.checksum, gradient.checksum);
    }
  };
  table(
      "steps", [](int n) { return lorenz(1, 1, 1, n); }, [&](int n) { return gradients(lorenz, 1., 1., 1., n); });
  table(
      "sum", [](int n) { return fit(1.5, 0.5, n); }, [&](int n) { return gradients(fit, 1.5, 0.5, n); });
}
