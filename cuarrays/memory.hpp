// Where the bytes live: two memory spaces, one reference-counted handle. Host memory is cached per thread, page-locked
// memory per process (memory.cpp); device memory comes from CUDA's stream-ordered pool (device.cpp).
#pragma once
#include <atomic>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace cuarrays {

struct Host {};
struct Device {};
/// Host memory that is page-locked, so that copies to the GPU and back need not be waited for; ordinary host memory
/// where there is no GPU. Array<float, 2>(shape, Pinned{}) has such elements, not initialised.
struct Pinned {};

/// Bytes: held by arrays now, at most so far, and held in the pool for arrays to come (all threads together). Of
/// several GPUs, on the one that this thread uses.
struct MemoryUse {
  std::size_t current = 0, peak = 0, pooled = 0;
};
MemoryUse memory_use(Host);
MemoryUse memory_use(Device);
/// Lets peak count from now on.
void reset_peak(Host);
void reset_peak(Device);

/// Thrown when memory cannot be had even after the pool was emptied (on the host, this thread's part of it); names the
/// request and the state of the pool. Whatever exists stays usable.
struct OutOfMemory : std::runtime_error {
  using std::runtime_error::runtime_error;
};

namespace detail {
/// Header of an allocation.
struct Block {
  std::atomic<long> uses{1};
  std::size_t bytes = 0;
  void* data = nullptr;
  bool external = false;  // the user's memory: an External
  bool pinned = false;
  int device = -1;  // of device memory: the GPU that it is on; -1: not known
};
/// Memory that belongs to the user, kept alive by an owner if there is one.
struct External : Block {
  std::shared_ptr<void> owner;
};

/// Memory for at least this many bytes, aligned to 64, not initialised. Throws OutOfMemory.
Block* allocate(Host, std::size_t bytes);
Block* allocate(Device, std::size_t bytes);
Block* allocate(Pinned, std::size_t bytes);  // to be given back as Host memory
void deallocate(Host, Block* block) noexcept;
void deallocate(Device, Block* block) noexcept;
/// Page-locked host memory from CUDA; null if there is none left.
void* lock_pages(std::size_t bytes);
void unlock_pages(void* memory) noexcept;

/// Is there a GPU that this program can use?
bool has_gpu();
/// For what needs CUDA, in programs built without.
[[noreturn]] void no_cuda();
/// Throws std::invalid_argument if a block is on another GPU than the one that this thread uses.
void check_device(const Block& block);

/// Copies and clears, in stream order on the device; a copy to the host waits for the result.
void copy(Host to, Host from, void* target, const void* source, std::size_t bytes);
void copy(Host to, Device from, void* target, const void* source, std::size_t bytes);
void copy(Device to, Host from, void* target, const void* source, std::size_t bytes);
void copy(Device to, Device from, void* target, const void* source, std::size_t bytes);
void clear(Host, void* target, std::size_t bytes);
void clear(Device, void* target, std::size_t bytes);

/// Shared ownership of a Block.
template <class Space>
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t bytes) : block_(bytes ? allocate(Space{}, bytes) : nullptr) {}
  Buffer(std::size_t bytes, Pinned) : block_(bytes ? allocate(Pinned{}, bytes) : nullptr) {}
  explicit Buffer(Block* allocated) : block_(allocated) {}
  Buffer(void* data, std::size_t bytes, std::shared_ptr<void> owner) {
    auto* external = new External;
    external->bytes = bytes;
    external->data = data;
    external->external = true;
    external->owner = std::move(owner);
    block_ = external;
  }
  Buffer(const Buffer& other) noexcept : block_(other.block_) {
    if (block_) block_->uses.fetch_add(1, std::memory_order_relaxed);
  }
  Buffer(Buffer&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Buffer& operator=(Buffer other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Buffer() {
    if (!block_ || block_->uses.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    if (block_->external)
      delete static_cast<External*>(block_);
    else
      deallocate(Space{}, block_);
  }

  /// For use on this thread's GPU, if it is device memory.
  void* data() const {
    if (!block_) return nullptr;
    if constexpr (std::is_same_v<Space, Device>) check_device(*block_);
    return block_->data;
  }
  const Block* block() const { return block_; }
  /// New memory of the same kind.
  Buffer like(std::size_t bytes) const { return block_ && block_->pinned ? Buffer(bytes, Pinned{}) : Buffer(bytes); }
  bool unique() const { return uses() <= 1; }
  /// How many own it.
  long uses() const { return block_ ? block_->uses.load(std::memory_order_acquire) : 0; }

 private:
  Block* block_ = nullptr;
};

/// The first bytes of a buffer somewhere else, or the buffer itself if it is there already; to the host: waits.
Buffer<Host> bring(Host, const Buffer<Host>& from, std::size_t bytes);
Buffer<Host> bring(Host, const Buffer<Device>& from, std::size_t bytes);
Buffer<Host> bring(Pinned, const Buffer<Host>& from, std::size_t bytes);
Buffer<Host> bring(Pinned, const Buffer<Device>& from, std::size_t bytes);
/// To the GPU that this thread uses. From page-locked memory the host does not wait, and the copy waits only for kernels
/// that were the last to use the memory it is given; the source is kept until it is done.
Buffer<Device> bring(Device, const Buffer<Host>& from, std::size_t bytes);
Buffer<Device> bring(Device, const Buffer<Device>& from, std::size_t bytes);

/// Bytes on their way to page-locked memory, which is kept until they are there: wait(*copied) before reading them.
class Event;
struct Pending {
  Buffer<Host> memory;
  std::shared_ptr<Event> copied;
};
Pending bring_later(const Buffer<Device>& from, std::size_t bytes);
void wait(const Event& event);
/// Gives up the page-locked memory that was kept for copies that are done by now.
void release_copied();
}  // namespace detail

}  // namespace cuarrays
