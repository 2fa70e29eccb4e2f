// Convolution and matmul beside the libraries called directly, layer_norm beside a loop, on the CPU; microseconds per
// call, the median of several. One thread per core: OMP_NUM_THREADS, OPENBLAS_NUM_THREADS.
#include <cblas.h>

#include <chrono>
#include <cstdio>
#include <cuarrays/cuarrays.hpp>
#if CUARRAYS_ONEDNN
#include <oneapi/dnnl/dnnl.hpp>
#endif

using namespace cuarrays;

namespace {
template <class F>
double once(const F& f, int calls) {
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < calls; ++i) f();
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count() / calls;
}
/// The median of alternating runs, so that noise meets both.
template <class F, class G>
void compare(const char* what, const F& ours, const G& direct) {
  const int calls = static_cast<int>(std::clamp(2e4 / std::max(once(ours, 1), once(ours, 1)), 1.0, 1000.0));
  std::vector<double> a, b;
  for (int run = 0; run < 15; ++run) a.push_back(once(ours, calls)), b.push_back(once(direct, calls));
  std::nth_element(a.begin(), a.begin() + 7, a.end());
  std::nth_element(b.begin(), b.begin() + 7, b.end());
  std::printf("%-44s %10.1f %10.1f   %5.2f\n", what, a[7], b[7], a[7] / b[7]);
}

void bench_matmul(Index n, Index batch) {
  Rng rng(1);
  const auto a = randn<float>(rng, n, n, batch), b = randn<float>(rng, n, n, batch);
  Array<float, 3> c({n, n, batch});
  const int size = static_cast<int>(n);
  compare(
      detail::text("matmul ", n, " x ", n, ", batch ", batch).c_str(), [&] { matmul(a, b); },
      [&] {
        for (Index i = 0; i < batch; ++i)
          cblas_sgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, size, size, size, 1, a.data() + i * n * n, size,
                      b.data() + i * n * n, size, 0, c.mutable_data() + i * n * n, size);
      });
}

void bench_conv(const Shape<4>& xs, const Shape<4>& ws, const ConvOptions& options) {
  Rng rng(1);
  const auto x = randn<float>(rng, xs), w = randn<float>(rng, ws);
  const Array<float, 4> y = conv(x, w, options);
  Array<float, 4> out(y.shape());
  const auto name = detail::text("conv ", xs, " * ", ws);
#if CUARRAYS_ONEDNN
  using dnnl::memory;
  dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  dnnl::stream stream(engine);
  const auto dims = [](const Shape<4>& s) { return memory::dims{s[3], s[2], s[1], s[0]}; };
  const auto desc = [&](const Shape<4>& s, memory::format_tag tag) {
    return memory::desc(dims(s), memory::data_type::f32, tag);
  };
  const auto any = memory::format_tag::any, plain = memory::format_tag::nchw;
  const memory::dims strides{options.stride[1], options.stride[0]}, pad{options.pad[1], options.pad[0]};
  const auto describe = [&](memory::format_tag tag) {
#if DNNL_VERSION_MAJOR >= 3
    return dnnl::convolution_forward::primitive_desc(engine, dnnl::prop_kind::forward_inference,
                                                     dnnl::algorithm::convolution_direct, desc(xs, tag), desc(ws, tag),
                                                     desc(y.shape(), tag), strides, pad, pad);
#else
    return dnnl::convolution_forward::primitive_desc(
        {dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, desc(xs, tag), desc(ws, tag),
         desc(y.shape(), tag), strides, pad, pad},
        engine);
#endif
  };
  const auto described = describe(any);
  const dnnl::convolution_forward primitive(described);
  memory px(desc(xs, plain), engine, const_cast<float*>(x.data())),
      pw(desc(ws, plain), engine, const_cast<float*>(w.data())), py(desc(y.shape(), plain), engine, out.mutable_data());
  memory bx(described.src_desc(), engine), bw(described.weights_desc(), engine), by(described.dst_desc(), engine);
  const dnnl::reorder in(px, bx), filters(pw, bw), back(by, py);
  compare((name + " beside oneDNN").c_str(), [&] { conv(x, w, options); },
          [&] {
            in.execute(stream, px, bx);
            filters.execute(stream, pw, bw);
            primitive.execute(stream, {{DNNL_ARG_SRC, bx}, {DNNL_ARG_WEIGHTS, bw}, {DNNL_ARG_DST, by}});
            back.execute(stream, by, py);
            stream.wait();
          });
#endif
}
void bench_layer_norm(Index features, Index batch) {
  Rng rng(1);
  const auto x = randn<float>(rng, features, batch);
  const auto gamma = rand<float>(rng, features), beta = rand<float>(rng, features);
  Array<float, 2> y(x.shape());
  float* const out = y.mutable_data();
  const auto loop = [&] {
#pragma omp parallel for
    for (Index j = 0; j < batch; ++j) {
      const float* const from = x.data() + j * features;
      float total = 0, squares = 0;
#pragma omp simd reduction(+ : total)
      for (Index i = 0; i < features; ++i) total += from[i];
      const float mean = total / static_cast<float>(features);
#pragma omp simd reduction(+ : squares)
      for (Index i = 0; i < features; ++i) squares += (from[i] - mean) * (from[i] - mean);
      const float scale = 1 / std::sqrt(squares / static_cast<float>(features) + 1e-5f);
#pragma omp simd
      for (Index i = 0; i < features; ++i)
        out[j * features + i] = (from[i] - mean) * scale * gamma.data()[i] + beta.data()[i];
    }
  };
  compare(
      detail::text("layer_norm of ", x.shape()).c_str(), [&] { layer_norm(x, gamma, beta); }, loop);
}
}  // namespace

int main() {
  std::printf("%-44s %10s %10s   ratio\n", "", "ours", "direct");
  for (const Index n : {4, 16, 64, 256, 1024}) bench_matmul(n, 1);
  bench_matmul(16, 256);
  bench_matmul(64, 64);
  bench_layer_norm(64, 64);
  bench_layer_norm(512, 1024);
  bench_layer_norm(1000, 20000);
  bench_conv({8, 8, 1, 1}, {3, 3, 1, 8}, {.pad = 1});
  bench_conv({28, 28, 1, 64}, {5, 5, 1, 6}, {});
  bench_conv({14, 14, 16, 32}, {3, 3, 16, 32}, {.pad = 1});
  bench_conv({56, 56, 64, 8}, {3, 3, 64, 64}, {.pad = 1});
  bench_conv({56, 56, 64, 8}, {1, 1, 64, 128}, {});
  bench_conv({112, 112, 3, 8}, {7, 7, 3, 64}, {.stride = 2, .pad = 3});
}
