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

/// y += a x, and the sums of each block's y by way of dynamic shared memory.
__global__ void saxpy(Index n, float a, const float* x, View<float, 1> y, float* sums) {
  extern __shared__ float shared[];
  const Index i = blockIdx.x * Index(blockDim.x) + threadIdx.x;
  if (i < n) y[i] += a * x[i];
  shared[threadIdx.x] = i < n ? y[i] : 0;
  __syncthreads();
  if (threadIdx.x > 0) return;
  float total = 0;
  for (unsigned k = 0; k < blockDim.x; ++k) total += shared[k];
  sums[blockIdx.x] = total;
}
struct Smooth {
  FLUX_KERNEL float operator()(Index i, Index j, View<const float, 2> x) const {
    return i > 0 ? (x(i - 1, j) + x(i, j)) / 2 : x(i, j);
  }
};
struct VectorAdd {
  FLUX_KERNEL void operator()(Index i, auto out, auto x, auto y) const { out[i] = x[i] + y[i]; }
};
struct Shift {
  FLUX_KERNEL void operator()(Index i, Index j, auto out, auto in) const { out(i, j) = in(i, j) + i; }
};
}  // namespace

TEST_CASE("gpu: adjoints of kernels on arrays of structs") {
  if (no_gpu()) return;
  Array<kernels::Point, 1> points({1000});
  for (Index i = 0; i < points.size(); ++i) points[i] = {std::sin(double(i)), std::cos(double(i))};
  const auto one = full(1.0, 1000);
  const auto expected = std::get<2>(launch.pullback(kernels::Springs{2}, 1000, points).back(one));
  for (const bool ordered : {false, true}) {
    const LaunchOptions options{.ordered = ordered};
    const auto got = std::get<3>(launch.pullback(options, kernels::Springs{2}, 1000, gpu(points)).back(gpu(one)));
    for (const bool second : {false, true})
      same("springs", map(kernels::Coordinate{second}, expected).evaluate(),
           map(kernels::Coordinate{second}, cpu(got)).evaluate());
  }
  Array<kernels::Body, 1> bodies({1000});
  for (Index i = 0; i < bodies.size(); ++i) {
    const double a = std::sin(double(i)), b = std::cos(3 * double(i));
    bodies[i] = {{a, b}, a * b, {a - b, a + b}, int(i % 2)};
  }
  const auto numbers = [](const auto& d) { return launch(kernels::Numbers{}, Shape(5, d.size()), cpu(d)); };
  const auto fields = std::get<2>(launch.pullback(kernels::Gravity{}, 1000, bodies).back(one));
  for (const bool ordered : {false, true}) {
    const LaunchOptions options{.ordered = ordered};
    const auto got = std::get<3>(launch.pullback(options, kernels::Gravity{}, 1000, gpu(bodies)).back(gpu(one)));
    same("fields", numbers(fields), numbers(got));
  }
}
TEST_CASE("gpu: adjoints of kernels") {
  if (no_gpu()) return;
  const auto x = randn<double>(rng(), 1000), d = randn<double>(rng(), 1000);
  const auto table = randn<double>(rng(), 3, 4), dy = randn<double>(rng(), 3, 500);
  Array<int, 1> labels({500});
  for (Index i = 0; i < 500; ++i) labels[i] = static_cast<int>(i * i % 4);
  for (const bool ordered : {false, true}) {
    launch_twins("blur", {.ordered = ordered}, kernels::Blur{0.5}, 1000, d, x);
    launch_twins("lookup", {.ordered = ordered}, kernels::Lookup{}, dy.shape(), dy, table, labels);
    launch_twins("series", {.ordered = ordered}, kernels::Series{}, 1000, d, x);
    launch_twins("root", {.ordered = ordered}, kernels::Root{}, 1000, d, x);
    launch_twins("product", {.ordered = ordered}, kernels::Product{}, Shape(40, 60), randn<double>(rng(), 40, 60),
                 randn<double>(rng(), 40, 30), randn<double>(rng(), 30, 60), 0.5);
  }
}

/// The same of a kernel that writes to its first argument.
template <class Kernel, int N, class Out, class... X>
void writing_twins(const char* name, const LaunchOptions& options, const Kernel& kernel, const Shape<N>& shape,
                   const Out& out, const Out& d, const X&... x) {
  const auto on_cpu = launch.pullback(zygote::Changing<3>{}, options, kernel, shape, out, x...);
  const auto on_gpu = launch.pullback(zygote::Changing<3>{}, options, kernel, shape, gpu(out), gpu(x)...);
  same(name, std::get<0>(on_cpu.value), std::get<0>(on_gpu.value));
  const auto expected = on_cpu.back(std::tuple(d));
  const auto got = on_gpu.back(std::tuple(gpu(d)));
  [&]<std::size_t... i>(std::index_sequence<i...>) {
    (same(name, std::get<i + 4>(expected), std::get<i + 4>(got)), ...);
  }
  (std::make_index_sequence<1 + sizeof...(X)>{});
}
TEST_CASE("gpu: adjoints of kernels that write") {
  if (no_gpu()) return;
  const auto x = randn<double>(rng(), 1000), out = randn<double>(rng(), 1000), d = randn<double>(rng(), 1000);
  const auto a = randn<double>(rng(), 40, 60), da = randn<double>(rng(), 40, 60);
  for (const bool ordered : {false, true}) {
    const LaunchOptions options{.ordered = ordered};
    writing_twins("diffuse", options, kernels::Diffuse{0.3}, Shape(1000), out, d, x);
    writing_twins("half", options, kernels::Half{}, Shape(1000), out, d, x);
    writing_twins("sums", options, kernels::Sums{}, Shape(40, 60), a, da, randn<double>(rng(), 40, 30));
  }
}

TEST_CASE("gpu: blocks, streams and kernels of CUDA") {
  if (no_gpu()) return;
  const auto x = randn<double>(rng(), 100, 70);
  const CuArray<double, 2> on_gpu = gpu(x);
  Array<double, 2> expected(x.shape());
  launch(Shift{}, x.shape(), expected, x);
  cudaStream_t stream;
  CUARRAYS_CHECK(cudaStreamCreate(&stream));
  for (const LaunchOptions& options :
       {LaunchOptions{}, LaunchOptions{.block = {32, 8}}, LaunchOptions{.stream = stream},
        LaunchOptions{.block = {7, 3}, .stream = stream}}) {
    CuArray<double, 2> out(x.shape());
    launch(options, Shift{}, x.shape(), out, on_gpu);
    CHECK(isapprox(cpu(out), expected));
  }
  auto a = gpu(full(1.f, 1000)), y = gpu(full(2.f, 1000)), sums = gpu(full(0.f, 4));
  launch({.block = {128}, .stream = stream}, VectorAdd{}, y.size(), y, a, a);
  const auto kept = y;
  launch({.block = {256}, .grid = {4}, .shared = 1024}, saxpy, 1000, 3, a, y, sums);
  CHECK(sum(y) == 5000);
  CHECK(sum(sums) == 5000);
  CHECK(sum(kept) == 2000);
  CUARRAYS_CHECK(cudaStreamDestroy(stream));
}

TEST_CASE("gpu: elements one by one where that is allowed") {
  if (no_gpu()) return;
  CuArray<double, 2> x = gpu(full(1.0, 2, 3));
  CHECK(check::throws([&] { x(0, 1) = 2; }, "AllowScalar allow;"));
  AllowScalar allow;
  const auto kept = x;
  x(0, 1) = 2;
  x(0, 1) += 3;
  CHECK(x(0, 1) == 5);
  CHECK(kept(0, 1) == 1);
  const auto d = zygote::settle<CuArray<double, 2>>(std::get<0>(kept.pullback(0, 1).back(4.0)));
  CHECK(d(0, 1) == 4);
}

TEST_CASE("gpu: graphs") {
  if (no_gpu()) return;
  CuArray<float, 2> x = gpu(full(1.f, 50, 50)), y = x;
  auto step = [](auto& a) {
    const auto product = matmul(a, a);
    a += 1e-3f * product + launch(Smooth{}, a.shape(), a) - sum(a, 0) * 0.01f;
  };
  auto replayed = graph([&] { step(x); });
  for (int i = 0; i < 5; ++i) {
    replayed();
    step(y);
  }
  CHECK(isapprox(cpu(x), cpu(y), 1e-5, 1e-6));
  auto reads = graph([&] { x *= sum(x); });
  reads();
  CHECK(check::throws([&] { reads(); }, "[graph] expected a step that stays on the GPU, got a copy"));
  auto leaves = graph([&] { y = matmul(x, x); });
  leaves();
  CHECK(check::throws([&] { leaves(); }, "leaves 1 new ones behind"));
  CHECK(std::isfinite(sum(x)));
  Array<double, 1> host({3});
  auto on_host = graph([&] { host += 1; });
  for (int i = 0; i < 4; ++i) on_host();
  CHECK(sum(host) == 12);
}
