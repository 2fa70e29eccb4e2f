// Each operation on the GPU against its twin on the CPU.
#include <thread>

#include "gpu.hpp"

using namespace cuarrays;
using check::rng;
using namespace gpu_tests;

namespace {
struct Scaled {
  double a;
  FLUX_KERNEL double operator()(double x, double y) const { return a * x * y + x; }
  FLUX_KERNEL auto pullback(double x, double y) const {
    return zygote::Pullback{(*this)(x, y), [x, y, a = a](double d) {
                              return std::make_tuple(Scaled{d * x * y}, d * (a * y + 1), d * a * x);
                            }};
  }
};
struct Slow {  // a tenth of a second or so; a 1 stays what it is
  FLUX_KERNEL void operator()(Index i, auto out) const {
    double x = out[i];
    for (int k = 0; k < 20'000'000; ++k) x = x * 0.999 + 0.001;
    out[i] = x;
  }
};
struct Differences {
  FLUX_KERNEL void operator()(Index i, Index j, auto out, auto in) const { out(i, j) = in(i + 1, j) - in(i, j); }
};

template <int... dims>
struct ArgmaxOver {
  auto operator()(const auto& x) const { return argmax(x, dims...); }
};

/// Does this thread's stream have something to do?
bool busy() {
  const bool is = cudaStreamQuery(detail::stream) == cudaErrorNotReady;
  cudaGetLastError();
  return is;
}
}  // namespace

TEST_CASE("gpu: elementwise") {
  if (no_gpu()) return;
  const auto x = randn<double>(rng(), 37, 20, 12), y = randn<double>(rng(), 37, 20, 12);
  const auto row = randn<double>(rng(), 1, 20);
  const auto column = randn<double>(rng(), 37);
  twins("chain", Chain{}, x, y);
  twins("chain", Chain{}, x, row);
  twins("chain", Chain{}, column, x);
  twins("chain", Chain{}, row, column);
  const auto p = Array<double, 3>(zygote::math::abs(x) * 0.2 + 0.1),
             q = Array<double, 3>(zygote::math::abs(y) * 0.2 + 0.1);
#define ZYGOTE_RULE1(name, ...) \
  if constexpr (std::string_view(#name) != "acosh") twins(#name, zygote::math::name##_t{}, p);
#define ZYGOTE_RULE2(name, ...) \
  if constexpr (std::string_view(#name) != "ldexp") twins(#name, zygote::math::name##_t{}, p, q);
#define ZYGOTE_RULE3(name, ...) twins(#name, zygote::math::name##_t{}, p, q, p);
#include <zygote/rules.def>
  CuArray<double, 3> g = gpu(x);
  const auto kept = g;
  g += gpu(row) * 2;
  g *= 0.5;
  CHECK(isapprox(cpu(g), (x + row * 2) * 0.5, 1e-12));
  CHECK(isapprox(cpu(kept), x));
  CHECK(sum(gpu(x) > 0) == sum(x > 0));
}

TEST_CASE("gpu: linear algebra, softmax, their adjoints") {
  if (no_gpu()) return;
  const auto a = randn<double>(rng(), 30, 20), b = randn<double>(rng(), 20, 10), c = randn<double>(rng(), 30, 20);
  const auto v = randn<double>(rng(), 20);
  adjoint_twins("matmul", matmul, a, b);
  adjoint_twins("matmul", matmul, a, v);
  adjoint_twins("transpose", transpose, a);
  adjoint_twins("softmax", softmax, a);
  adjoint_twins("logsoftmax", logsoftmax, a);
  adjoint_twins("sum", sum, a);
  adjoint_twins("mean", mean, a);
  adjoint_twins("hypot", zygote::math::hypot, a, c);
  adjoint_twins("hypot", zygote::math::hypot, c, randn<double>(rng(), 30));
  twins("argmax", argmax, a);
  twins("argmax 1", ArgmaxOver<1>{}, a);
  twins("argmax 0 1", ArgmaxOver<0, 1>{}, a);
  CHECK(isapprox(cpu(matmul(gpu(Array<float, 2>(a)), gpu(Array<float, 2>(b)))), matmul(a, b), 1e-3, 1e-3));
}

TEST_CASE("gpu: users' functions and kernels") {
  if (no_gpu()) return;
  const auto x = randn<double>(rng(), 30, 20), y = randn<double>(rng(), 1, 20), d = randn<double>(rng(), 30, 20);
  const auto [df, dx, dy] = zygote::pullback(map, Scaled{2}, x, y).back(d);
  const auto [gf, gx, gy] = zygote::pullback(map, Scaled{2}, gpu(x), gpu(y)).back(gpu(d));
  CHECK(gf.a == doctest::Approx(df.a));
  CHECK(isapprox(cpu(gx), dx, 1e-9));
  CHECK(isapprox(cpu(gy), dy, 1e-9));
  for (const auto& shape : {Shape(30, 20), Shape(31, 3), Shape(1, 1), Shape(0, 2), Shape(1000, 1000)}) {
    const auto p = randn<double>(rng(), shape), q = randn<double>(rng(), shape), e = randn<double>(rng(), shape);
    const auto [dg, dp, dq] = zygote::pullback(map, Scaled{2}, p, q).back(e);
    const auto [hg, hp, hq] = zygote::pullback(map, Scaled{2}, gpu(p), gpu(q)).back(gpu(e));
    CHECK(isapprox(cpu(hp), dp, 1e-12));
    CHECK(isapprox(cpu(hq), dq, 1e-12));
  }
  Array<double, 2> out({29, 20});
  CuArray<double, 2> on_gpu({29, 20});
  launch(Differences{}, out.shape(), out, x);
  launch(Differences{}, out.shape(), on_gpu, gpu(x));
  CHECK(isapprox(cpu(on_gpu), out));
}

TEST_CASE("gpu: random numbers are those of the CPU") {
  if (no_gpu()) return;
  Rng a(5), b(5);
  CHECK(isapprox(cpu(rand<float, Device>(a, 1001)), rand<float>(b, 1001), 0));
  CHECK(isapprox(cpu(randn<float, Device>(a, 1001)), randn<float>(b, 1001), 1e-4, 1e-5));
  CHECK(isapprox(cpu(bernoulli<float, Device>(a, 0.3, 1001)), bernoulli<float>(b, 0.3, 1001), 0));
  CHECK(isapprox(cpu(permutation<Device>(a, 1001)), permutation(b, 1001), 0));
  CHECK(a.block == b.block);
}

TEST_CASE("gpu: memory") {
  if (no_gpu()) return;
  CHECK(check::throws([] { CuArray<float, 1>({Index(1) << 50}); }, "[cudaMallocAsync] out of memory"));
  const CuArray<float, 1> x = gpu(full(1.f, 100));
  CHECK(check::throws([&] { x[3]; }, "Use cpu(a) first"));
  CHECK(sum(x) == 100);
}

TEST_CASE("gpu: copies from page-locked memory do not wait, and what is written next does not arrive") {
  if (no_gpu()) return;
  const auto x = randn<float>(rng(), 1 << 24);  // 64 MiB
  auto source = pinned(x);
  CHECK(isapprox(cpu(gpu(source)), x, 0));
  CHECK(isapprox(pinned(gpu(x)), x, 0));
  CHECK(isapprox(pinned(source), x, 0));
  auto one = gpu(full(1.0, 1));
  for (int i = 0; i < 4; ++i) {
    const Array<float, 1> expected = source * 1.f;
    launch(Slow{}, 1, one);
    const auto copied = gpu(source);
    CHECK((i == 0 || busy()));  // gpu() did not wait
    CHECK(!source.unique());
    for (float& e : source) e += 1;
    CHECK(isapprox(cpu(copied), expected, 0));
    CHECK(isapprox(source, expected + 1));
  }
  launch(Slow{}, 1, one);
  const auto copied = gpu(source);
  while (!source.unique()) detail::release_copied();
  CHECK(busy());  // the copy was done before the kernel
  CHECK(isapprox(cpu(copied), source, 0));
  CuArray<float, 1> from_thread;
  std::thread([&] { from_thread = gpu(pinned(x)); }).join();
  CHECK(isapprox(cpu(from_thread), x, 0));
  auto copies = graph([&] { from_thread += gpu(source); });
  copies();
  CHECK(check::throws([&] { copies(); }, "[graph] expected a step that stays on the GPU, got a copy"));
}

TEST_CASE("gpu: copies to the host that are waited for later") {
  if (no_gpu()) return;
  const auto x = randn<float>(rng(), 1 << 20);
  auto one = gpu(full(1.0, 1));
  CuArray<float, 1> a = gpu(x);
  for (const auto& once : {cpu_async(a), cpu_async(a * 2)}) once.get();  // locking memory may wait for the GPU
  launch(Slow{}, 1, one);
  const auto first = cpu_async(a), changed = cpu_async(a * 2);
  CHECK(busy());
  a *= 3;
  const auto tripled = cpu_async(a);
  a = gpu(x) * 0;
  CHECK(isapprox(first.get(), x, 0));
  CHECK(isapprox(changed.get(), x * 2));
  CHECK(isapprox(tripled.get(), x * 3));
  CHECK(isapprox(first.get(), x, 0));
  CHECK(isapprox(cpu_async(x).get(), x, 0));
  CHECK(cpu_async(CuArray<float, 1>()).get().is_void());
  auto doubled = graph([&] { one *= 2; });
  doubled();
  doubled();
  const auto four = cpu_async(one);
  doubled();
  CHECK(four.get()[0] == doctest::Approx(4));
  a = gpu(full(1.f, 1 << 20));
  launch(Slow{}, 1, one);
  cpu_async(a);  // nobody asks for it: its memory is still kept until it is copied to
  Array<float, 1> zeros({1 << 20}, Pinned{});
  std::fill(zeros.begin(), zeros.end(), 0.f);
  CHECK(sum(a) == 1 << 20);
  CHECK(maximum(zeros) == 0);
}

TEST_CASE("gpu: memory that copies and launches hand to each other") {
  if (no_gpu()) return;
  std::vector<Later<Array<float, 1>>> errors;
  for (int i = 0; i < 300; ++i) {
    Array<float, 1> batch({Index(1) << (16 + i % 5)}, Pinned{});
    std::fill(batch.begin(), batch.end(), static_cast<float>(i));
    const auto x = gpu(batch);
    std::fill(batch.begin(), batch.end(), -1.f);
    CuArray<float, 1> y = x * 2;
    y += x;
    const CuArray<float, 1> error = y - 3.f * static_cast<float>(i);
    errors.push_back(cpu_async(maximum(error * error, 0)));
  }
  float most = 0;
  for (const auto& error : errors) most = std::max(most, error.get()[0]);
  CHECK(most == 0);
}

TEST_CASE("gpu: which of several") {
  if (no_gpu()) return;
  const auto x = randn<double>(rng(), 30, 30);
  const auto before = gpu(x);
  CuArray<double, 2> y;
  {
    const UseDevice use(0);
    {
      const UseDevice again(0);
      y = gpu(before) * 2;
    }
    CHECK(isapprox(cpu(matmul(y, before)), matmul(x * 2, x), 1e-9));
  }
  const int n = devices();
  const auto expected = detail::text("[UseDevice] expected a device from 0 to ", n - 1, ", got ");
  CHECK(check::throws([&] { UseDevice use(n); }, expected + std::to_string(n)));
  CHECK(check::throws([&] { UseDevice use(-1); }, expected + "-1"));
  CHECK(isapprox(cpu(y), x * 2));
  if (n == 1) return;
  Later<Array<double, 2>> later = cpu_async(x);
  {
    const UseDevice use(1);
    CHECK(check::throws([&] { y += 1; }, "[gpu] expected an array on GPU 1, which this thread uses, got one on GPU 0"));
    const auto here = gpu(y), product = matmul(here, gpu(pinned(x)));
    CHECK(isapprox(cpu(product), matmul(x * 2, x), 1e-9));
    CHECK(isapprox(cpu(y), x * 2));
    later = cpu_async(y);
    y = here;
  }
  CHECK(isapprox(later.get(), x * 2));
  CHECK(isapprox(cpu(gpu(y)), x * 2));
}
