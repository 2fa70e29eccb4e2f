// Of bench_gpu: softmax, norms, products, convolutions, attention and a step of training; small kernels in a graph.
#include <cuarrays/cublas.hpp>
#include <layers/layers.hpp>
#include <optimisers/optimisers.hpp>
#include <zygote/runtime/gradient.hpp>
#if CUARRAYS_CUDNN
#include <cudnn.h>
#endif

#include "gpu_timer.hpp"

using namespace bench;

namespace {

struct SquareOf {
  FLUX_KERNEL float operator()(float x) const { return x * x; }
};

void along_columns(Index n) {
  const double bytes = 4. * static_cast<double>(n);
  const auto square = source.reshape(Shape(1000, n / 1000));
  const auto cube = source.reshape(Shape(100, n / 100000, 1000));
  const auto gamma = gpu(full(1.5f, 1000)), beta = gpu(full(0.5f, 1000));
  bandwidth("softmax of (1000, ...)", 2 * bytes, [&] { softmax(square); });
  bandwidth("logsoftmax of (1000, ...)", 2 * bytes, [&] { logsoftmax(square); });
  bandwidth("layer_norm of (1000, ...)", 2 * bytes, [&] { layer_norm(square, gamma, beta); });
  bandwidth("mean over (1000, ...) along 0", bytes, [&] { mean(square, 0); });
  bandwidth("var over (1000, ...) along 0", bytes, [&] { var(square, 0); });
  bandwidth("var over (1000, ...) along 1", bytes, [&] { var(square, 1); });
  bandwidth("sum of squares over (100, ..., 1000) along 0, 2", bytes,
            [&] { mapreduce(SquareOf{}, zygote::math::add_t{}, cube, 0, 2); });
}

/// Of (m, m, batch).
template <class T>
void products(const char* name, Index m, Index batch = 1) {
  Rng rng(2);
  const CuArray<T, 3> a(rand<float, Device>(rng, m, m, batch)), b(rand<float, Device>(rng, m, m, batch));
  CuArray<T, 3> c(a.shape());
  const detail::LibraryScalar one(detail::ElementName<T>::value, 1), zero(detail::ElementName<T>::value, 0);
  const cudaDataType t = detail::cuda_type(detail::ElementName<T>::value);
  const int n = static_cast<int>(m);
  const auto directly = [&] {
    if (batch == 1)
      cublasGemmEx(detail::cublas(), CUBLAS_OP_N, CUBLAS_OP_N, n, n, n, one.address(), a.data(), t, n, b.data(), t, n,
                   zero.address(), c.mutable_data(), t, n, CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT);
    else
      cublasGemmStridedBatchedEx(detail::cublas(), CUBLAS_OP_N, CUBLAS_OP_N, n, n, n, one.address(), a.data(), t, n,
                                 m * m, b.data(), t, n, m * m, zero.address(), c.mutable_data(), t, n, m * m,
                                 static_cast<int>(batch), CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT);
  };
  const auto [ours, direct] = compare([&] { matmul(a, b); }, directly, m < 8192 ? 10 : 1);
  const double size = static_cast<double>(m);
  const std::string shape = batch > 1 ? detail::text(a.shape()) : detail::text(Shape(m, m));
  std::printf("%-44s %8.1f TFLOP/s %4.2f of calling cuBLAS\n", detail::text("matmul of ", name, ' ', shape).c_str(),
              2. * size * size * size * static_cast<double>(batch) / ours * 1e-12, direct / ours);
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

void attend(Index length, Index heads) {
  Rng rng(4);
  const Shape<3> shape(64, length, heads);
  const auto q = randn<float, Device>(rng, shape), k = randn<float, Device>(rng, shape),
             v = randn<float, Device>(rng, shape), d = randn<float, Device>(rng, shape);
  const double flops = 4 * static_cast<double>(shape.size() * length);
  duration(detail::text("attention of ", shape).c_str(), flops, 5, [&] { attention(q, k, v); });
  duration(detail::text("causal attention of ", shape).c_str(), flops / 2, 5,
           [&] { attention(q, k, v, {.causal = true}); });
  const auto p = zygote::pullback(attention, q, k, v);
  duration("adjoint of the first", 2.5 * flops, 5, [&] { p.back(d); });
}

/// Predictions, their adjoint, and an update in place; with the loss worked out a number would come to the host.
void training_step() {
  Rng rng(5);
  auto model = gpu(layers::Chain(layers::Dense(784, 256, layers::relu, rng), layers::Dense(256, 128, layers::relu, rng),
                                 layers::Dense(128, 10, layers::identity, rng)));
  const auto x = rand<float, Device>(rng, 784, 64);
  const CuArray<float, 2> targets = softmax(5 * rand<float, Device>(rng, 10, 64));
  auto optimiser = optimisers::setup(optimisers::Descent{1e-4}, model);
  const auto predictions = ZYGOTE [&](const auto& m) { return m(x); };
  const auto step = [&] {
    const auto gradients = [&] {  // what holds the model is gone before update
      const auto p = zygote::pullback(predictions, model);
      const CuArray<float, 2> d = (softmax(p.value) - targets) / 64.f;
      return p.back(d);
    }();
    optimisers::update(optimiser, model, std::get<0>(gradients));
  };
  step();
  auto replayed = graph(step);
  replayed(), replayed();
  const auto [one_by_one, at_once] = compare(step, replayed, 10);
  std::printf("%-44s %8.1f us, by graph() %.1f us\n", "step of Dense 784-256-128-10, batch 64", one_by_one * 1e6,
              at_once * 1e6);
}

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

void bench::neural(Index n) {
  along_columns(n);
  small_kernels();
  for (const Index m : {1024, 4096, 8192}) products<float>("float", m);
  products<float>("float", 64, 4096);
  products<float>("float", 256, 256);
  for (const Index m : {1024, 8192}) {
    products<__half>("half", m);
    products<__nv_bfloat16>("bf16", m);
  }
#if CUARRAYS_CUDNN
  convolutions({28, 28, 1, 256}, {5, 5, 1, 6}, 0);
  convolutions({56, 56, 64, 64}, {3, 3, 64, 64}, 1);
  convolutions({14, 14, 256, 64}, {3, 3, 256, 256}, 1);
  convolutions({56, 56, 64, 64}, {1, 1, 64, 128}, 0);
#endif
  attend(1024, 128);
  training_step();
}
