// How bench_gpu measures: medians of times on the GPU, in turns with what each is compared with.
#pragma once
#include <algorithm>
#include <cstdio>
#include <cuarrays/cuarrays.hpp>
#include <vector>

namespace bench {
using namespace cuarrays;

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
inline double median(std::vector<double> x) {
  std::nth_element(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(x.size() / 2), x.end());
  return x[x.size() / 2];
}
/// Median seconds of both.
template <class F, class G>
std::pair<double, double> compare(F&& f, G&& g, int calls = 1) {
  const Timer timer;
  f();
  g();
  std::vector<double> tf, tg;
  for (int i = 0; i < 21; ++i) tf.push_back(timer(f, calls)), tg.push_back(timer(g, calls));
  return {median(tf), median(tg)};
}

inline CuArray<float, 1> target, source;

/// `bytes` moved by f, against those of a copy.
template <class F>
void bandwidth(const char* name, double bytes, const F& f) {
  const auto copy = [] { detail::copy(Device{}, Device{}, target.mutable_data(), source.data(), source.bytes()); };
  const auto [t, t_copy] = compare(f, copy);
  std::printf("%-44s %8.1f GB/s  %5.2f of a copy\n", name, bytes / t * 1e-9,
              bytes / t / (2. * static_cast<double>(source.bytes()) / t_copy));
}
/// f beside calling a library directly.
template <class G, class F>
void beside(const char* library, const G& directly, const char* name, const F& f) {
  const auto [ours, direct] = compare(f, directly);
  std::printf("%-44s %8.1f us  %5.2f of calling %s\n", name, ours * 1e6, direct / ours, library);
}
/// Of f alone, in which `flops` operations are counted.
template <class F>
void duration(const char* name, double flops, int calls, const F& f) {
  const auto nothing = [] {};
  const double t = compare(f, nothing, calls).first;
  std::printf("%-44s %8.1f us  %5.1f TFLOP/s\n", name, t * 1e6, flops / t * 1e-12);
}

// n floats as the program was told, in gpu_adjoints.cu, gpu_indexing.cu, gpu_neural.cu.
void adjoints(Index n);
void indexing(Index n);
void neural(Index n);
}  // namespace bench
