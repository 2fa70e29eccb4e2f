// Bandwidth of cuarrays on the GPU beside that of a device copy in the same run, matmul and conv beside cuBLAS and
// cuDNN called directly: medians, measured in turns. Built when asked for: cmake --build build/gpu --target bench_gpu
//   bench_gpu [millions of floats; if not said 400, or 100 where less than 32 GB are free]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cuarrays/cuarrays.hpp>
#include <cuarrays/cublas.hpp>
#include <zygote/runtime/gradient.hpp>
#if CUARRAYS_CUDNN
#include <cudnn.h>
#endif

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
  /// Seconds that the GPU takes for what f() launches, of several calls.
  template <class F>
  double operator()(F&& f, int calls = 1) const {
    CUARRAYS_CHECK(cudaEventRecord(start, detail::stream));
    for (int i = 0; i < calls; ++i) f();
    CUARRAYS_CHECK(cudaEventRecord(stop, detail::stream));
    CUARRAYS_CHECK(cudaEventSynchronize(stop));
    float ms = 0;
    CUARRAYS_CHECK(cudaEventElapsedTime(&ms, start, stop));
    return ms * 1e-3 / calls;
  }
};
double median(std::vector<double> x) {
  std::nth_element(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(x.size() / 2), x.end());
  return x[x.size() / 2];
}
template <class F, class G>
std::pair<double, double> compare(F&& f, G&& g, int calls = 1) {
  const Timer timer;
  f();
  g();
  std::vector<double> tf, tg;
  for (int i = 0; i < 21; ++i) tf.push_back(timer(f, calls)), tg.push_back(timer(g, calls));
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
                                      },
                                      10);
  std::printf("%-44s %8.1f TFLOP/s %4.2f of calling cuBLAS\n", detail::text("matmul of ", name, ' ', a.shape()).c_str(),
              2. * static_cast<double>(m) * static_cast<double>(m) * static_cast<double>(m) / ours * 1e-12,
              direct / ours);
}

#if CUARRAYS_CUDNN
/// Convolutions of float as the library does them, by whichever of its algorithms it measured to be the fastest.
class Direct {
 public:
  Direct(const Shape<4>& x, const Shape<4>& w, const Shape<4>& y, int pad) {
    const auto n = [](Index extent) { return static_cast<int>(extent); };
    cudnnCreate(&library_);
    cudnnCreateTensorDescriptor(&x_);
    cudnnCreateTensorDescriptor(&y_);
    cudnnCreateFilterDescriptor(&w_);
    cudnnCreateConvolutionDescriptor(&conv_);
    cudnnSetTensor4dDescriptor(x_, CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT, n(x[3]), n(x[2]), n(x[1]), n(x[0]));
    cudnnSetTensor4dDescriptor(y_, CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT, n(y[3]), n(y[2]), n(y[1]), n(y[0]));
    cudnnSetFilter4dDescriptor(w_, CUDNN_DATA_FLOAT, CUDNN_TENSOR_NCHW, n(w[3]), n(w[2]), n(w[1]), n(w[0]));
    cudnnSetConvolution2dDescriptor(conv_, pad, pad, 1, 1, 1, 1, CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT);
    cudnnSetConvolutionMathType(conv_, CUDNN_FMA_MATH);
    int found = 0;
    cudnnFindConvolutionForwardAlgorithm(library_, x_, w_, conv_, y_, 1, &found, &best_);
    workspace_ = CuArray<float, 1>({static_cast<Index>(best_.memory / 4 + 1)}, Uninitialised{});
  }
  Direct(const Direct&) = delete;
  ~Direct() {
    cudnnDestroyConvolutionDescriptor(conv_);
    cudnnDestroyFilterDescriptor(w_);
    cudnnDestroyTensorDescriptor(y_);
    cudnnDestroyTensorDescriptor(x_);
    cudnnDestroy(library_);
  }
  void operator()(const float* x, const float* w, float* y) {
    const float one = 1, zero = 0;
    cudnnConvolutionForward(library_, &one, x_, x, w_, w, conv_, best_.algo, workspace_.mutable_data(), best_.memory,
                            &zero, y_, y);
  }

 private:
  cudnnHandle_t library_;
  cudnnTensorDescriptor_t x_, y_;
  cudnnFilterDescriptor_t w_;
  cudnnConvolutionDescriptor_t conv_;
  cudnnConvolutionFwdAlgoPerf_t best_;
  CuArray<float, 1> workspace_;
};
void convolutions(const Shape<4>& xs, const Shape<4>& ws, int pad) {
  Rng rng(2);
  const auto x = rand<float, Device>(rng, xs), w = rand<float, Device>(rng, ws);
  auto y = conv(x, w, {.pad = pad});
  Direct call(xs, ws, y.shape(), pad);
  const auto directly = [&] { call(x.data(), w.data(), y.mutable_data()); };
  const auto [ours, direct] = compare([&] { conv(x, w, {.pad = pad}); }, directly, 10);
  const MeasureConvolutions scope;
  const auto [measured, again] = compare([&] { conv(x, w, {.pad = pad}); }, directly, 10);
  std::printf("%-44s %8.1f us  %5.2f of calling cuDNN; measured %.1f us, %4.2f\n",
              detail::text("conv ", xs, " * ", ws).c_str(), ours * 1e6, direct / ours, measured * 1e6,
              again / measured);
}
#endif

/// 100 kernels, one after the other: ours one by one, replayed, and CUDA's own recorded and replayed.
__global__ void add_scaled(Index n, float* x, const float* y) {
  if (const Index i = blockIdx.x * Index(blockDim.x) + threadIdx.x; i < n) x[i] += y[i] * 0.01f;
}
void small_kernels() {
  Rng rng(3);
  CuArray<float, 1> x = rand<float, Device>(rng, 1000), y = rand<float, Device>(rng, 1000), z = x;
  const auto chain = [&] {
    for (int i = 0; i < 100; ++i) x += y * 0.01f;
  };
  auto replayed = graph(chain);
  auto bare = graph([&] {
    for (int i = 0; i < 100; ++i) launch({.block = {256}, .grid = {4}}, add_scaled, 1000, z, y);
  });
  replayed(), bare();
  const auto [one_by_one, ours] = compare(chain, replayed);
  const auto [again, theirs] = compare(replayed, bare);
  std::printf("%-44s %8.2f us each, by graph() %5.2f us, %4.2f of bare kernels in a graph\n",
              "100 small kernels, one after the other", one_by_one * 1e4, ours * 1e4, theirs / again);
}

}  // namespace

int main(int argc, char** argv) {
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
    bandwidth("scan", 2 * bytes, [&] { scan(zygote::math::add_t{}, a); });
    bandwidth("scan along 0 of (1000, ...)", 2 * bytes, [&] { scan(zygote::math::add_t{}, square); });
    bandwidth("transpose", 2 * bytes, [&] { turned = permute(square, 1, 0); });
    bandwidth("launch of a kernel that returns values", 2 * bytes, [&] { launch(Smooth{}, n, a); });
    bandwidth("the same without a division", 2 * bytes, [&] { launch(Weighted{}, n, a); });
    bandwidth("rand", bytes, [&] { rand<float, Device>(rng, n); });
    bandwidth("randn", bytes, [&] { randn<float, Device>(rng, n); });
    const CuArray<int, 1> places = broadcast(convert_t<int>{}, rand<float, Device>(rng, n / 10) * float(n / 100));
    const auto values = rand<float, Device>(rng, n / 10);
    bandwidth("scatter: 10 values to a place, any order", 8. * static_cast<double>(n / 10),
              [&] { scatter(zygote::math::add_t{}, CuArray<float, 1>({n / 100}), places, values); });
  }
  small_kernels();
  for (const Index m : {1024, 4096, 8192}) products<float>("float", m);
#if CUARRAYS_CUDNN
  convolutions({28, 28, 1, 256}, {5, 5, 1, 6}, 0);
  convolutions({56, 56, 64, 64}, {3, 3, 64, 64}, 1);
  convolutions({14, 14, 256, 64}, {3, 3, 256, 256}, 1);
  convolutions({56, 56, 64, 64}, {1, 1, 64, 128}, 0);
#endif
}
