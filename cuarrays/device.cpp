// Device memory, which device, graphs. Plain C++; built without CUDA, everything here says so.
#include <cuarrays/device.hpp>
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
  const int device = this_device();
  cudaMemPool_t pool;
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

}  // namespace

void not_recorded() {
  if (recording)
    throw std::runtime_error(
        "[graph] expected a step that stays on the GPU, got a copy between host and GPU, for a value or an element "
        "perhaps");
}

Block* allocate_on(cudaStream_t on, std::size_t bytes) {
  const cudaMemPool_t from = pool();
  auto block = std::make_unique<Block>();
  block->bytes = bytes;
  block->device = this_device();
  cudaError_t status = cudaMallocAsync(&block->data, bytes, on);
  if (status == cudaErrorMemoryAllocation) {  // what is free in the pool may be in pieces
    cudaGetLastError();
    cudaStreamSynchronize(on);
    if (!recording && on != stream) cudaStreamSynchronize(stream);  // where arrays are freed
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

bool is_recording() { return recording != nullptr; }
Block* allocate(Device, std::size_t bytes) { return recording ? recording->take(bytes) : allocate_on(stream, bytes); }
void deallocate(Device, Block* block) noexcept {
  if (recording) return recording->give(block);
  const OnDevice its(block->device);
  cudaFreeAsync(block->data, stream);  // fails only when the process ends and CUDA is gone already
  delete block;
}

struct Recording::State {
  RecordedMemory memory;
  const int device = this_device();
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
                                    memory.own.size() - memory.free.size(),
                                    " new ones behind; what else holds an array, as a pullback does its "
                                    "arguments, has to be gone before it is changed"));
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
void Recording::replay() const {
  const OnDevice its(state_->device);
  CUARRAYS_CHECK(cudaGraphLaunch(state_->launchable, stream));
}

bool has_gpu() { return devices() > 0; }
void check_device(const Block& block) {
  static const bool several = devices() > 1;
  if (!several || block.device < 0) return;
  if (const int here = this_device(); here != block.device)
    fail("gpu", "expected an array on GPU ", here, ", which this thread uses, got one on GPU ", block.device,
         "; gpu(x) brings it here");
}

}  // namespace cuarrays::detail

namespace cuarrays {
int devices() {
  int count = 0;
  if (cudaGetDeviceCount(&count) == cudaSuccess) return count;
  cudaGetLastError();
  return 0;
}
UseDevice::UseDevice(int device) {
  const int count = devices();
  if (count == 0) throw std::runtime_error("[UseDevice] expected a machine with a GPU, got one without");
  if (device < 0 || device >= count)
    detail::fail("UseDevice", "expected a device from 0 to ", count - 1, ", got ", device);
  before_ = detail::this_device();
  if (detail::recording && device != before_)
    throw std::runtime_error(
        detail::text("[graph] expected a step that stays on GPU ", before_, ", got a UseDevice(", device, ")"));
  CUARRAYS_CHECK(cudaSetDevice(device));
}
UseDevice::~UseDevice() { cudaSetDevice(before_); }

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
void no_cuda() {
  throw std::runtime_error(
      "[gpu] expected a program built with CUDA, got one built without; build it where nvcc is found");
}

Block* allocate(Device, std::size_t) { no_cuda(); }
void deallocate(Device, Block*) noexcept {}
void check_device(const Block&) {}
bool has_gpu() { return false; }
bool is_recording() { return false; }
struct Recording::State {};
Recording::Recording(const std::function<void()>& step) { step(); }
void Recording::replay() const {}

}  // namespace cuarrays::detail

namespace cuarrays {
int devices() { return 0; }
UseDevice::UseDevice(int) { detail::no_cuda(); }
UseDevice::~UseDevice() = default;
MemoryUse memory_use(Device) { return {}; }
void reset_peak(Device) {}
}  // namespace cuarrays
#endif
