// Bandwidth of cuarrays on the GPU beside that of a device copy in the same run, and times beside those of CUB, cuBLAS
// and cuDNN called directly: medians, measured in turns. Built when asked for:
//   cmake --build build/gpu --target bench_gpu
//   bench_gpu [millions of floats; if not said 400, or 100 where less than 32 GB are free]
// Here element by element, and sums; the rest is in gpu_*.cu.
#include <cstdlib>
#include <zygote/runtime/gradient.hpp>

#include "gpu_timer.hpp"

using namespace bench;

namespace {

/// A user's function of elements, and its adjoint.
struct Soft {
  FLUX_KERNEL float operator()(float x, float y) const { return 2 * x * y + x; }
  FLUX_KERNEL auto pullback(float x, float y) const {
    return zygote::Pullback{(*this)(x, y), [x, y](float d) { return std::tuple{d * (2 * y + 1), 2 * d * x}; }};
  }
};
struct Weighted {
  FLUX_KERNEL float operator()(Index i, View<const float, 1> x) const {
    return i > 0 && i + 1 < x.size() ? 0.25f * x[i - 1] + 0.5f * x[i] + 0.25f * x[i + 1] : x[i];
  }
};
struct Smooth {
  FLUX_KERNEL float operator()(Index i, View<const float, 1> x) const {
    return i > 0 && i + 1 < x.size() ? (x[i - 1] + x[i] + x[i + 1]) / 3 : x[i];
  }
};

}  // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // what was measured is seen even if the rest fails
  if (!detail::has_gpu()) return std::puts("skipped: no GPU here"), 0;
  std::size_t free = 0, total = 0;
  CUARRAYS_CHECK(cudaMemGetInfo(&free, &total));
  const Index n = (argc > 1 ? std::atol(argv[1]) : free < std::size_t(32) << 30 ? 100 : 400) * 1000000;
  const double bytes = 4. * static_cast<double>(n);
  Rng rng(1);
  source = rand<float, Device>(rng, n);
  target = CuArray<float, 1>(source.shape());
  {
    const auto &a = source, b = rand<float, Device>(rng, n), c = rand<float, Device>(rng, n),
               d = rand<float, Device>(rng, n);
    CuArray<float, 1> out(a.shape());
    bandwidth("broadcast of 4 inputs", 5 * bytes, [&] { out = a * b + c * d; });
    bandwidth("broadcast of 3 inputs", 4 * bytes, [&] { out = a * b + exp(c); });
    const auto mapped = zygote::pullback(map, Soft{}, a, b);
    bandwidth("map of a user's function of 2", 3 * bytes, [&] { out = map(Soft{}, a, b); });
    bandwidth("both adjoints of it", 5 * bytes, [&] { mapped.back(c); });
    bandwidth("in place: a += 2 b", 3 * bytes, [&] { out += 2 * b; });
    const auto row = rand<float, Device>(rng, 1, n / 1000);
    const auto square = a.reshape(Shape(1000, n / 1000));
    CuArray<float, 2> out2(square.shape()), turned({n / 1000, 1000});
    bandwidth("matrix + row", 2 * bytes, [&] { out2 = square + row; });
    bandwidth("its adjoint: the row's is a sum", bytes, [&] { sum(square, 0); });
    for (const Index rows : {Index(10), Index(1000), n / 1000, n / 10}) {
      const auto x = a.reshape(Shape(rows, n / rows));
      bandwidth(detail::text("sum over ", x.shape(), " along 0").c_str(), bytes, [&] { sum(x, 0); });
      bandwidth(detail::text("sum over ", x.shape(), " along 1").c_str(), bytes, [&] { sum(x, 1); });
    }
    bandwidth("maximum", bytes, [&] { maximum(a); });
    bandwidth("transpose", 2 * bytes, [&] { turned = permute(square, 1, 0); });
    bandwidth("launch of a kernel that returns values", 2 * bytes, [&] { launch(Smooth{}, n, a); });
    bandwidth("the same without a division", 2 * bytes, [&] { launch(Weighted{}, n, a); });
    bandwidth("rand", bytes, [&] { rand<float, Device>(rng, n); });
    bandwidth("randn", bytes, [&] { randn<float, Device>(rng, n); });
  }
  adjoints(n);
  indexing(n);
  neural(n);
}
