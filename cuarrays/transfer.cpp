// Copies between host and GPU, and between GPUs.
#include <cuarrays/memory.hpp>

#if CUARRAYS_CUDA
#include <cuarrays/cuda.hpp>

namespace cuarrays::detail {
namespace {

/// What comes to the default stream of one device from now on runs after what is in that of another.
void follow_device(int later, int earlier) {
  const OnDevice first(earlier);
  const Event event(stream);
  const OnDevice second(later);
  event.precedes(stream);
}

}  // namespace

Buffer<Host> bring(Host, const Buffer<Device>& from, std::size_t bytes) {
  if (!bytes) return {};
  const OnDevice its(from.block()->device);
  Buffer<Host> result(bytes);
  copy(Host{}, Device{}, result.data(), from.block()->data, bytes);
  return result;
}
Buffer<Device> bring(Device, const Buffer<Host>& from, std::size_t bytes) {
  if (!bytes) return {};
  not_recorded();
  Buffer<Device> result(bytes);
  copy(Device{}, Host{}, result.data(), from.data(), bytes);
  if (from.block()->external) CUARRAYS_CHECK(cudaStreamSynchronize(stream));  // it may be page-locked
  return result;
}
Buffer<Device> bring(Device, const Buffer<Device>& from, std::size_t bytes) {
  if (!bytes) return {};
  const int there = from.block()->device, here = this_device();
  if (there < 0 || there == here) return from;
  not_recorded();
  Buffer<Device> result(bytes);
  follow_device(here, there);
  CUARRAYS_CHECK(cudaMemcpyPeerAsync(result.data(), here, from.block()->data, there, bytes, stream));
  follow_device(there, here);  // before it is changed or freed
  return result;
}

// cudaMemcpyAsync from pageable memory returns after the source was read; what comes to the host is waited for.
void copy(Host, Device, void* target, const void* source, std::size_t bytes) {
  if (!bytes) return;
  not_recorded();
  CUARRAYS_CHECK(cudaMemcpyAsync(target, source, bytes, cudaMemcpyDeviceToHost, stream));
  CUARRAYS_CHECK(cudaStreamSynchronize(stream));
}
void copy(Device, Host, void* target, const void* source, std::size_t bytes) {
  if (!bytes) return;
  not_recorded();
  CUARRAYS_CHECK(cudaMemcpyAsync(target, source, bytes, cudaMemcpyHostToDevice, stream));
}
void copy(Device, Device, void* target, const void* source, std::size_t bytes) {
  if (bytes) CUARRAYS_CHECK(cudaMemcpyAsync(target, source, bytes, cudaMemcpyDeviceToDevice, stream));
}
void clear(Device, void* target, std::size_t bytes) {
  if (bytes) CUARRAYS_CHECK(cudaMemsetAsync(target, 0, bytes, stream));
}

}  // namespace cuarrays::detail

#else

namespace cuarrays::detail {
Buffer<Host> bring(Host, const Buffer<Device>&, std::size_t) { no_cuda(); }
Buffer<Device> bring(Device, const Buffer<Host>&, std::size_t) { no_cuda(); }
Buffer<Device> bring(Device, const Buffer<Device>&, std::size_t) { no_cuda(); }
void copy(Host, Device, void*, const void*, std::size_t) { no_cuda(); }
void copy(Device, Host, void*, const void*, std::size_t) { no_cuda(); }
void copy(Device, Device, void*, const void*, std::size_t) { no_cuda(); }
void clear(Device, void*, std::size_t) { no_cuda(); }
}  // namespace cuarrays::detail
#endif
