// CUDA's runtime, checked. Only where cuarrays is built with CUDA.
#pragma once
#include <cuda_runtime_api.h>

#include <stdexcept>
#include <string>

namespace cuarrays::detail {

/// Where this thread's kernels and copies go, in order; captured by graph().
inline thread_local cudaStream_t stream = nullptr;

/// "cudaMallocAsync" of "cudaMallocAsync(&p, n, 0)"
inline std::string called_function(const char* call) {
  const std::string text = call;
  return text.substr(0, text.find('('));
}
inline void check(cudaError_t status, const char* call) {
  if (status == cudaSuccess) return;
  cudaGetLastError();  // an error that is not sticky is reported once
  throw std::runtime_error('[' + called_function(call) + "] " + cudaGetErrorString(status));
}

}  // namespace cuarrays::detail

/// Calls a function of CUDA; if it fails, throws std::runtime_error: "[cudaMallocAsync] out of memory".
#define CUARRAYS_CHECK(...) ::cuarrays::detail::check(__VA_ARGS__, #__VA_ARGS__)

namespace cuarrays::detail {
/// What comes to one stream from now on runs after what is in the other so far.
inline void follow(cudaStream_t later, cudaStream_t earlier) {
  if (later == earlier) return;
  cudaEvent_t event;
  CUARRAYS_CHECK(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
  CUARRAYS_CHECK(cudaEventRecord(event, earlier));
  CUARRAYS_CHECK(cudaStreamWaitEvent(later, event, 0));
  CUARRAYS_CHECK(cudaEventDestroy(event));  // when it has happened
}
}  // namespace cuarrays::detail
