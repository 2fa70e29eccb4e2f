// Device memory. Plain C++; built without CUDA, everything here says so.
#include <cuarrays/memory.hpp>
#include <cuarrays/shape.hpp>

#if CUARRAYS_CUDA
#include <cuarrays/cuda.hpp>

namespace cuarrays::detail {
namespace {

/// The pool of the current device, told to keep what is freed: else it gives it back at each synchronisation.
cudaMemPool_t pool() {
  thread_local int last = -1;
  int device = 0;
  cudaMemPool_t pool;
  CUARRAYS_CHECK(cudaGetDevice(&device));
  CUARRAYS_CHECK(cudaDeviceGetDefaultMemPool(&pool, device));
  if (std::exchange(last, device) != device) {
    std::uint64_t everything = ~std::uint64_t(0);
    CUARRAYS_CHECK(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &everything));
  }
  return pool;
}
std::size_t pool_state(cudaMemPoolAttr what) {
  std::uint64_t bytes = 0;
  CUARRAYS_CHECK(cudaMemPoolGetAttribute(pool(), what, &bytes));
  return bytes;
}

}  // namespace

Block* allocate(Device, std::size_t bytes) {
  const cudaMemPool_t from = pool();
  auto block = std::make_unique<Block>();
  block->bytes = bytes;
  cudaError_t status = cudaMallocAsync(&block->data, bytes, stream);
  if (status == cudaErrorMemoryAllocation) {  // what is free in the pool may be in pieces
    cudaGetLastError();
    cudaStreamSynchronize(stream);
    cudaMemPoolTrimTo(from, 0);
    status = cudaMallocAsync(&block->data, bytes, stream);
  }
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    const MemoryUse use = memory_use(Device{});
    throw OutOfMemory(text("[cudaMallocAsync] out of memory: expected room for ", bytes, " bytes; arrays hold ",
                           use.current, " bytes, at most ", use.peak, " so far, and the pool ", use.pooled));
  }
  check(status, "cudaMallocAsync");
  return block.release();
}
void deallocate(Device, Block* block) noexcept {
  cudaFreeAsync(block->data, stream);  // fails only when the process ends and CUDA is gone already
  delete block;
}

// cudaMemcpyAsync from pageable memory returns after the source was read; what comes to the host is waited for.
void copy(Host, Device, void* target, const void* source, std::size_t bytes) {
  if (!bytes) return;
  CUARRAYS_CHECK(cudaMemcpyAsync(target, source, bytes, cudaMemcpyDeviceToHost, stream));
  CUARRAYS_CHECK(cudaStreamSynchronize(stream));
}
void copy(Device, Host, void* target, const void* source, std::size_t bytes) {
  if (bytes) CUARRAYS_CHECK(cudaMemcpyAsync(target, source, bytes, cudaMemcpyHostToDevice, stream));
}
void copy(Device, Device, void* target, const void* source, std::size_t bytes) {
  if (bytes) CUARRAYS_CHECK(cudaMemcpyAsync(target, source, bytes, cudaMemcpyDeviceToDevice, stream));
}
void clear(Device, void* target, std::size_t bytes) {
  if (bytes) CUARRAYS_CHECK(cudaMemsetAsync(target, 0, bytes, stream));
}

bool has_gpu() {
  int count = 0;
  const bool ok = cudaGetDeviceCount(&count) == cudaSuccess && count > 0;
  cudaGetLastError();
  return ok;
}

}  // namespace cuarrays::detail

namespace cuarrays {
MemoryUse memory_use(Device) {
  using detail::pool_state;
  const std::size_t used = pool_state(cudaMemPoolAttrUsedMemCurrent);
  return {used, pool_state(cudaMemPoolAttrUsedMemHigh), pool_state(cudaMemPoolAttrReservedMemCurrent) - used};
}
void reset_peak(Device) {
  std::uint64_t zero = 0;
  CUARRAYS_CHECK(cudaMemPoolSetAttribute(detail::pool(), cudaMemPoolAttrUsedMemHigh, &zero));
}
}  // namespace cuarrays

#else

namespace cuarrays::detail {
namespace {
[[noreturn]] void no_cuda() {
  throw std::runtime_error(
      "[gpu] expected a program built with CUDA, got one built without; build it where nvcc is found");
}
}  // namespace

Block* allocate(Device, std::size_t) { no_cuda(); }
void deallocate(Device, Block*) noexcept {}
void copy(Host, Device, void*, const void*, std::size_t) { no_cuda(); }
void copy(Device, Host, void*, const void*, std::size_t) { no_cuda(); }
void copy(Device, Device, void*, const void*, std::size_t) { no_cuda(); }
void clear(Device, void*, std::size_t) { no_cuda(); }
bool has_gpu() { return false; }

}  // namespace cuarrays::detail

namespace cuarrays {
MemoryUse memory_use(Device) { return {}; }
void reset_peak(Device) {}
}  // namespace cuarrays
#endif
