// Bandwidth of cuarrays on the GPU beside that of a device copy in the same run, and matmul beside cuBLAS called
// directly: medians, measured in turns. Built when asked for: cmake --build build/gpu --target bench_gpu
//   bench_gpu [millions of floats, 100 if not said]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cuarrays/cuarrays.hpp>
#include <cuarrays/cublas.hpp>

using namespace cuarrays;

namespace {

struct Timer {
  cudaEvent_t start, stop;
  Timer() {
    CUARRAYS_CHECK(cudaEventCreate(&start));
    CUARRAYS_CHECK(cudaEventCreate(&stop));
  }
  ~Timer() {
    cudaEventDestroy(start);
    cudaEventDestroy(stop);
  }
  Timer(const Timer&) = delete;
  /// Seconds that the GPU takes for what f() launches.
  template <class F>
  double operator()(F&& f) const {
    CUARRAYS_CHECK(cudaEventRecord(start, detail::stream));
    f();
    CUARRAYS_CHECK(cudaEventRecord(stop, detail::stream));
    CUARRAYS_CHECK(cudaEventSynchronize(stop));
    float ms = 0;
    CUARRAYS_CHECK(cudaEventElapsedTime(&ms, start, stop));
    return ms * 1e-3;
  }
};
double median(std::vector<double> x) {
  std::nth_element(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(x.size() / 2), x.end());
  return x[x.size() / 2];
}
template <class F, class G>
std::pair<double, double> compare(F&& f, G&& g, int times = 21) {
  const Timer timer;
  f();
  g();
  std::vector<double> tf, tg;
  for (int i = 0; i < times; ++i) tf.push_back(timer(f)), tg.push_back(timer(g));
  return {median(tf), median(tg)};
}

CuArray<float, 1> target, source;

/// `bytes` moved by f, against those of a copy.
template <class F>
void bandwidth(const char* name, double bytes, const F& f) {
  const auto copy = [] { detail::copy(Device{}, Device{}, target.mutable_data(), source.data(), source.bytes()); };
  const auto [t, t_copy] = compare(f, copy);
  std::printf("%-44s %8.1f GB/s  %5.2f of a copy\n", name, bytes / t * 1e-9,
              bytes / t / (2. * static_cast<double>(source.bytes()) / t_copy));
}

struct Smooth {
  FLUX_KERNEL float operator()(Index i, View<const float, 1> x) const {
    return i > 0 && i + 1 < x.size() ? (x[i - 1] + x[i] + x[i + 1]) / 3 : x[i];
  }
};

template <class T>
void products(const char* name, Index m) {
  Rng rng(2);
  const CuArray<T, 2> a(rand<float, Device>(rng, m, m)), b(rand<float, Device>(rng, m, m));
  CuArray<T, 2> c({m, m});
  const detail::LibraryScalar one(detail::ElementName<T>::value, 1), zero(detail::ElementName<T>::value, 0);
  const cudaDataType t = detail::cuda_type(detail::ElementName<T>::value);
  const int n = static_cast<int>(m);
  const auto [ours, direct] = compare([&] { matmul(a, b); },
                                      [&] {
                                        cublasGemmEx(detail::cublas(), CUBLAS_OP_N, CUBLAS_OP_N, n, n, n, one.address(),
                                                     a.data(), t, n, b.data(), t, n, zero.address(), c.mutable_data(),
                                                     t, n, CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT);
                                      });
  std::printf("%-44s %8.1f TFLOP/s %4.2f of calling cuBLAS\n", detail::text("matmul of ", name, ' ', a.shape()).c_str(),
              2. * static_cast<double>(m) * static_cast<double>(m) * static_cast<double>(m) / ours * 1e-12,
              direct / ours);
}

}  // namespace

int main(int argc, char** argv) {
  if (!detail::has_gpu()) return std::puts("skipped: no GPU here"), 0;
  const Index n = (argc > 1 ? std::atol(argv[1]) : 100) * 1000000;
  const double bytes = 4. * static_cast<double>(n);
  Rng rng(1);
  source = rand<float, Device>(rng, n);
  target = CuArray<float, 1>(source.shape());
  {
    const auto &a = source, b = rand<float, Device>(rng, n), c = rand<float, Device>(rng, n);
    CuArray<float, 1> out(a.shape());
    bandwidth("broadcast of 3 inputs", 4 * bytes, [&] { out = a * b + exp(c); });
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
    bandwidth("scan", 2 * bytes, [&] { scan(zygote::math::add_t{}, a); });
    bandwidth("transpose", 2 * bytes, [&] { turned = permute(square, 1, 0); });
    bandwidth("launch of a kernel that returns values", 2 * bytes, [&] { launch(Smooth{}, n, a); });
    bandwidth("rand", bytes, [&] { rand<float, Device>(rng, n); });
  }
  {
    CuArray<float, 1> x = rand<float, Device>(rng, 1000), y = x;
    const auto chain = [&] {
      for (int i = 0; i < 100; ++i) x += y * 0.01f;
    };
    auto replayed = graph(chain);
    replayed();
    const auto [one_by_one, at_once] = compare(chain, replayed);
    std::printf("%-44s %8.2f us each, by graph() %5.2f us\n", "100 small kernels, one after the other",
                one_by_one * 1e4, at_once * 1e4);
  }
  for (const Index m : {1024, 4096, 8192}) products<float>("float", m);
}
