// Copies between host and GPU, and between GPUs; which of them nobody waits for.
#include <cuarrays/memory.hpp>

#if CUARRAYS_CUDA
#include <cuarrays/cuda.hpp>
#include <map>
#include <mutex>
#include <vector>

namespace cuarrays::detail {
namespace {

/// Copies under way, of all threads, and the page-locked memory that they read or write. Never destroyed: copies may
/// outlast the thread that began them, and arrays what is static here.
struct Copies {
  struct UnderWay {
    std::shared_ptr<Event> copied;
    Buffer<Host> memory;
  };
  std::mutex mutex;
  std::vector<UnderWay> under_way;
  std::map<int, cudaStream_t> to_device;
};
Copies& copies() {
  static Copies& all = *new Copies;
  return all;
}

/// Where copies to this thread's device go that need not wait for its kernels: a stream that waits for no other by
/// itself.
cudaStream_t stream_to_device() {
  const int device = this_device();
  Copies& all = copies();
  const std::lock_guard lock(all.mutex);
  cudaStream_t& on = all.to_device[device];
  if (!on) CUARRAYS_CHECK(cudaStreamCreateWithFlags(&on, cudaStreamNonBlocking));
  return on;
}

/// Copies from or to page-locked memory in the order of a stream, and keeps that memory until then.
std::shared_ptr<Event> copy_and_keep(const Buffer<Host>& memory, void* target, const void* source, std::size_t bytes,
                                     cudaMemcpyKind kind, cudaStream_t on) {
  release_copied();
  CUARRAYS_CHECK(cudaMemcpyAsync(target, source, bytes, kind, on));
  try {
    auto copied = std::make_shared<Event>(on);
    Copies& all = copies();
    const std::lock_guard lock(all.mutex);
    all.under_way.push_back({copied, memory});
    return copied;
  } catch (...) {
    cudaStreamSynchronize(on);
    throw;
  }
}

/// What comes to the default stream of one device from now on runs after what is in that of another.
void follow_device(int later, int earlier) {
  const OnDevice first(earlier);
  const Event event(stream);
  const OnDevice second(later);
  event.precedes(stream);
}

Buffer<Host> fetch(Buffer<Host> into, const Buffer<Device>& from, std::size_t bytes) {
  const OnDevice its(from.block()->device);
  copy(Host{}, Device{}, into.data(), from.block()->data, bytes);
  return into;
}

}  // namespace

void release_copied() {
  Copies& all = copies();
  const std::lock_guard lock(all.mutex);
  std::erase_if(all.under_way, [](const auto& copy) { return copy.copied->happened(); });
}

Buffer<Host> bring(Host, const Buffer<Device>& from, std::size_t bytes) {
  return bytes ? fetch(Buffer<Host>(bytes), from, bytes) : Buffer<Host>();
}
Buffer<Host> bring(Pinned, const Buffer<Device>& from, std::size_t bytes) {
  return bytes ? fetch(Buffer<Host>(bytes, Pinned{}), from, bytes) : Buffer<Host>();
}
Buffer<Device> bring(Device, const Buffer<Host>& from, std::size_t bytes) {
  if (!bytes) return {};
  not_recorded();
  if (!from.block()->pinned) {
    Buffer<Device> result(bytes);
    copy(Device{}, Host{}, result.data(), from.data(), bytes);
    if (from.block()->external) CUARRAYS_CHECK(cudaStreamSynchronize(stream));  // it may be page-locked too
    return result;
  }
  // In the order of copies: it waits for kernels only where the pool gives out what they were the last to use.
  const cudaStream_t on = stream_to_device();
  Buffer<Device> result(allocate_on(on, bytes));
  copy_and_keep(from, result.data(), from.data(), bytes, cudaMemcpyHostToDevice, on)->precedes(stream);
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

Pending bring_later(const Buffer<Device>& from, std::size_t bytes) {
  if (!bytes) return {};
  not_recorded();
  const OnDevice its(from.block()->device);
  Buffer<Host> memory(bytes, Pinned{});
  auto copied = copy_and_keep(memory, memory.data(), from.block()->data, bytes, cudaMemcpyDeviceToHost, stream);
  return {std::move(memory), std::move(copied)};
}
void wait(const Event& event) {
  event.wait();
  release_copied();
}

void* lock_pages(std::size_t bytes) {
  void* memory = nullptr;
  const cudaError_t status = cudaHostAlloc(&memory, bytes, cudaHostAllocPortable);
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    return nullptr;
  }
  check(status, "cudaHostAlloc");
  return memory;
}
void unlock_pages(void* memory) noexcept { cudaFreeHost(memory); }  // fails only when CUDA is gone already

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
Buffer<Host> bring(Pinned, const Buffer<Device>&, std::size_t) { no_cuda(); }
Buffer<Device> bring(Device, const Buffer<Host>&, std::size_t) { no_cuda(); }
Buffer<Device> bring(Device, const Buffer<Device>&, std::size_t) { no_cuda(); }
Pending bring_later(const Buffer<Device>&, std::size_t) { no_cuda(); }
void wait(const Event&) { no_cuda(); }
void release_copied() {}
void* lock_pages(std::size_t) { no_cuda(); }
void unlock_pages(void*) noexcept {}
void copy(Host, Device, void*, const void*, std::size_t) { no_cuda(); }
void copy(Device, Host, void*, const void*, std::size_t) { no_cuda(); }
void copy(Device, Device, void*, const void*, std::size_t) { no_cuda(); }
void clear(Device, void*, std::size_t) { no_cuda(); }
}  // namespace cuarrays::detail
#endif
