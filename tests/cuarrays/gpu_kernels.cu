// Users' kernels on the GPU: adjoints, options, CUDA's own kernels.
#include "gpu.hpp"
#include "kernels.hpp"

using namespace cuarrays;
using namespace gpu_tests;
using check::rng;

namespace {
/// The adjoints of a launch, on both sides.
template <class Kernel, class S, class D, class... X>
void launch_twins(const char* name, const LaunchOptions& options, const Kernel& kernel, const S& shape, const D& d,
                  const X&... x) {
  const auto on_cpu = launch.pullback(options, kernel, shape, x...);
  const auto on_gpu = launch.pullback(options, kernel, shape, gpu(x)...);
  same(name, on_cpu.value, on_gpu.value);
  const auto expected = on_cpu.back(d);
  const auto got = on_gpu.back(gpu(d));
  [&]<std::size_t... i>(std::index_sequence<i...>) {
    (same(name, std::get<i + 3>(expected), std::get<i + 3>(got)), ...);
  }
  (std::index_sequence_for<X...>{});
  if (options.ordered)
    CHECK_MESSAGE(isapprox(cpu(std::get<3>(got)), cpu(std::get<3>(on_gpu.back(gpu(d)))), 0, 0), name);
}
}  // namespace

TEST_CASE("gpu: adjoints of kernels") {
  if (no_gpu()) return;
  const auto x = randn<double>(rng(), 1000), d = randn<double>(rng(), 1000);
  const auto table = randn<double>(rng(), 3, 4), dy = randn<double>(rng(), 3, 500);
  Array<int, 1> labels({500});
  for (Index i = 0; i < 500; ++i) labels[i] = static_cast<int>(i * i % 4);
  for (const bool ordered : {false, true}) {
    launch_twins("blur", {.ordered = ordered}, kernels::Blur{0.5}, 1000, d, x);
    launch_twins("lookup", {.ordered = ordered}, kernels::Lookup{}, dy.shape(), dy, table, labels);
  }
}
