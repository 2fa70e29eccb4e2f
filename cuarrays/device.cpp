// Device memory. Plain C++; built without CUDA, everything here says so.
#include <cuarrays/graph.hpp>
#include <cuarrays/shape.hpp>

#if CUARRAYS_CUDA
#include <algorithm>
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

/// Memory for `bytes` in the order of a stream.
Block* allocate_on(cudaStream_t on, std::size_t bytes) {
  const cudaMemPool_t from = pool();
  auto block = std::make_unique<Block>();
  block->bytes = bytes;
  cudaError_t status = cudaMallocAsync(&block->data, bytes, on);
  if (status == cudaErrorMemoryAllocation) {  // what is free in the pool may be in pieces
    cudaGetLastError();
    cudaStreamSynchronize(on);
    cudaMemPoolTrimTo(from, 0);
    status = cudaMallocAsync(&block->data, bytes, on);
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

/// The memory of a step that is recorded: its launches use it again each time, so nobody else may have it.
struct RecordedMemory {
  cudaStream_t side = nullptr;  // not recorded: memory is had from there
  std::vector<Block*> own, free, held;

  Block* take(std::size_t bytes) {
    const auto same = std::find_if(free.begin(), free.end(), [&](Block* b) { return b->bytes == bytes; });
    if (same == free.end()) return own.emplace_back(allocate_on(side, bytes));
    Block* block = *same;
    free.erase(same);
    block->uses = 1;
    return block;
  }
  void give(Block* block) {  // what was there before the step keeps its contents
    (std::find(own.begin(), own.end(), block) == own.end() ? held : free).push_back(block);
  }
};
thread_local RecordedMemory* recording = nullptr;
void not_recorded() {
  if (recording)
    throw std::runtime_error(
        "[graph] expected a step that stays on the GPU, got a copy between host and GPU, for a value or an element "
        "perhaps");
}

}  // namespace

bool is_recording() { return recording != nullptr; }
Block* allocate(Device, std::size_t bytes) { return recording ? recording->take(bytes) : allocate_on(stream, bytes); }
void deallocate(Device, Block* block) noexcept {
  if (recording) return recording->give(block);
  cudaFreeAsync(block->data, stream);  // fails only when the process ends and CUDA is gone already
  delete block;
}

struct Recording::State {
  RecordedMemory memory;
  cudaStream_t on = nullptr;
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t launchable = nullptr;

  State() {
    CUARRAYS_CHECK(cudaStreamCreate(&on));
    CUARRAYS_CHECK(cudaStreamCreate(&memory.side));
  }
  State(const State&) = delete;
  ~State() {
    if (launchable) cudaGraphExecDestroy(launchable);
    if (graph) cudaGraphDestroy(graph);
    for (auto* blocks : {&memory.free, &memory.held})
      for (Block* block : *blocks) deallocate(Device{}, block);
    cudaStreamDestroy(on);
    cudaStreamDestroy(memory.side);
  }
  void record(const std::function<void()>& step) {
    const cudaStream_t before = std::exchange(stream, on);
    recording = &memory;
    const auto stop = [&] {
      recording = nullptr;
      stream = before;
      return cudaStreamEndCapture(on, &graph);
    };
    try {
      CUARRAYS_CHECK(cudaStreamBeginCapture(on, cudaStreamCaptureModeRelaxed));
      step();
    } catch (...) {
      stop();
      cudaGetLastError();
      throw;
    }
    check(stop(), "cudaStreamEndCapture");
    if (memory.free.size() != memory.own.size())
      throw std::runtime_error(text("[graph] expected a step that changes arrays in place, got one that leaves ",
                                    memory.own.size() - memory.free.size(), " new ones behind"));
    CUARRAYS_CHECK(cudaStreamSynchronize(memory.side));
  }
};
Recording::Recording(const std::function<void()>& step) {
  if (!has_gpu()) {
    step();
    return;
  }
  auto state = std::make_shared<State>();
  state->record(step);
  std::size_t kernels = 0;
  CUARRAYS_CHECK(cudaGraphGetNodes(state->graph, nullptr, &kernels));
  if (kernels == 0) return;
  CUARRAYS_CHECK(cudaGraphInstantiate(&state->launchable, state->graph, 0));
  state_ = std::move(state);
}
void Recording::replay() const { CUARRAYS_CHECK(cudaGraphLaunch(state_->launchable, stream)); }

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
bool is_recording() { return false; }
struct Recording::State {};
Recording::Recording(const std::function<void()>& step) { step(); }
void Recording::replay() const {}

}  // namespace cuarrays::detail

namespace cuarrays {
MemoryUse memory_use(Device) { return {}; }
void reset_peak(Device) {}
}  // namespace cuarrays
#endif
