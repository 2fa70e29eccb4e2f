// The snippets of cuarrays/README.md, as they stand there.
#include <sstream>

#include "check.hpp"

using namespace cuarrays;
using zygote::gradient;

namespace {
struct Saxpy {  // one element per call: one fused kernel
  float a;
  FLUX_KERNEL auto operator()(auto x, auto y) const { return a * x + y; }
};
struct VectorAdd {  // index by index, with reads and writes of one's own
  FLUX_KERNEL void operator()(Index i, auto out, auto x, auto y) const { out[i] = x[i] + y[i]; }
};
struct Smooth {
  ZYGOTE FLUX_KERNEL auto operator()(Index i, auto x) const {
    return i > 0 && i + 1 < x.size() ? (x[i - 1] + x[i] + x[i + 1]) / 3 : x[i];
  }
};
struct Blur {
  ZYGOTE FLUX_KERNEL void operator()(Index i, auto out, auto in) const {
    if (i > 0 && i + 1 < in.size()) out[i] = (in[i - 1] + in[i] + in[i + 1]) / 3;
  }
};
}  // namespace

TEST_CASE("readme: the array, and kernels") {
  Rng rng(1);
  auto x = randn<float>(rng, 3, 4);  // Array<float, 2>: column-major, a value, copied when written to
  auto y = Array<float, 2>::of({{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 9, 9, 9}});
  Array<float, 2> z = exp(-x) * y + mean(y, 1);                // one loop, or one kernel; (3, 1) is stretched to (3, 4)
  z += 2 * x;                                                  // in place
  part(z, every, range(0, 2)) = slice(y, every, range(2, 4));  // slices are not copied
  Array<float, 2> t = concat(1, permute(z, 1, 0), full(1.f, 4, 1));
  auto best = sort(gather(t, Array<int, 1>::of({0, 3})));
  const auto path = std::filesystem::temp_directory_path() / "cuarrays_readme.npy";
  save_npy(path, z);
  std::ostringstream out;
  out << z << sum(z) << maximum(z, 0) << best;
  CHECK(isapprox(load_npy<float, 2>(path), z, 0));
  CHECK(best.shape() == Shape(4, 2));
  std::filesystem::remove(path);

  auto u = full(1.f, 3), v = full(2.f, 3);
  Array<float, 1> w = map(Saxpy{2}, u, v);
  CHECK(sum(w) == 12);
  launch(VectorAdd{}, w.size(), w, u, onehot(1, 3));  // dense, slices, sparse, one-hot, expressions, your own storage
  CHECK(sum(w) == 4);
  auto replayed = graph([&] { u += v * 0.01f; });  // many small kernels: recorded once, launched together
  replayed();
  CHECK(sum(u) == doctest::Approx(3.06));
}

TEST_CASE("readme: the adjoint of a kernel") {
  auto energy = ZYGOTE[](const auto& x) {
    Array<double, 1> blurred = x;
    launch(Blur{}, x.size(), blurred, x);  // the ends stay as they are
    return sum(blurred * launch(Smooth{}, x.size(), x));
  };
  auto [slope] = gradient(energy, Array<double, 1>::of({1, 2, 4, 8}));
  CHECK(isapprox(slope * 9, Array<double, 1>::of({32, 42, 42, 172})));
}

TEST_CASE("readme: copies that nobody waits for, and several GPUs") {
  const auto x = full(1.f, 3, 4);
  if (!detail::has_gpu()) return;
  auto batch = pinned(x);              // in page-locked memory, as those of a DataLoader with .pin = true
  auto moved = gpu(batch);             // does not wait; kernels launched from here on do, those before run meanwhile
  auto later = cpu_async(moved);       // does not wait; what it is now, also if moved changes
  Array<float, 2> back = later.get();  // waits for that copy
  CHECK(isapprox(back, x, 0));
  std::vector<CuArray<float, 2>> parts;
  for (int i = 0; i < devices(); ++i) {
    UseDevice use(i);  // this thread's arrays and kernels: on GPU i, until the end of the scope
    parts.push_back(gpu(batch));
  }
  for (const auto& part : parts) CHECK(isapprox(cpu(part), x, 0));
}
