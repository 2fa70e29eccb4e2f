// CUDA's runtime, checked. Only where cuarrays is built with CUDA.
#pragma once
#include <cuda_runtime_api.h>

#include <cuarrays/memory.hpp>
#include <stdexcept>
#include <string>
#include <utility>

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

inline int this_device() {
  int device = 0;
  CUARRAYS_CHECK(cudaGetDevice(&device));
  return device;
}

/// Lets this thread use a device for a while, with the default stream of that device if it is another; -1: as it is.
/// Ignores errors: in these cases, as when the process ends, the calls that follow fail as well.
class OnDevice {
 public:
  explicit OnDevice(int device) noexcept {
    int now = -1;
    if (device < 0 || cudaGetDevice(&now) != cudaSuccess || now == device) return;
    if (cudaSetDevice(device) != cudaSuccess) return;
    before_ = now;
    stream_before_ = std::exchange(stream, nullptr);
  }
  ~OnDevice() {
    if (before_ < 0) return;
    cudaSetDevice(before_);
    stream = stream_before_;
  }
  OnDevice(const OnDevice&) = delete;
  OnDevice& operator=(const OnDevice&) = delete;

 private:
  int before_ = -1;
  cudaStream_t stream_before_ = nullptr;
};

/// What a stream of this thread's device was given so far.
class Event {
 public:
  explicit Event(cudaStream_t in) : Event() { CUARRAYS_CHECK(cudaEventRecord(event_, in)); }
  ~Event() { cudaEventDestroy(event_); }  // CUDA keeps what streams still wait for
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  /// What comes to this stream, of any device, from now on runs after the event.
  void precedes(cudaStream_t later) const { CUARRAYS_CHECK(cudaStreamWaitEvent(later, event_, 0)); }
  bool happened() const {
    const cudaError_t status = cudaEventQuery(event_);
    if (status != cudaSuccess) cudaGetLastError();  // also cudaErrorNotReady, which checks of launches would find
    return status != cudaErrorNotReady;
  }
  void wait() const { CUARRAYS_CHECK(cudaEventSynchronize(event_)); }

 private:
  Event() { CUARRAYS_CHECK(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming)); }
  cudaEvent_t event_ = nullptr;
};

/// What comes to one stream from now on runs after what is in the other so far, of the same device.
inline void follow(cudaStream_t later, cudaStream_t earlier) {
  if (later != earlier) Event(earlier).precedes(later);
}

/// Memory for `bytes` in the order of a stream of this thread's device (device.cpp).
Block* allocate_on(cudaStream_t on, std::size_t bytes);
/// Throws if this thread records a graph (device.cpp).
void not_recorded();

}  // namespace cuarrays::detail
