// Host memory: freed blocks are kept per thread and size class, so that the temporaries of a training step are not
// mapped, faulted in and unmapped at each step. Page-locked blocks are kept for all threads, by size.
#include <bit>
#include <cstdlib>
#include <cstring>
#include <cuarrays/memory.hpp>
#include <cuarrays/shape.hpp>
#include <map>
#include <mutex>
#include <new>
#include <utility>
#include <vector>
#ifdef __linux__
#include <sys/mman.h>
#endif

namespace cuarrays::detail {
namespace {

constexpr std::size_t header_bytes = 64;  // keeps data on cache lines of its own
static_assert(sizeof(Block) <= header_bytes);
constexpr std::size_t cache_limit = std::size_t(1) << 30;    // bytes kept by one thread
constexpr std::size_t pinned_limit = std::size_t(1) << 30;   // page-locked bytes kept by the process
constexpr int classes = 4 * 64;
std::atomic<std::size_t> in_use{0}, most{0}, in_caches{0};

void count(std::size_t bytes) {
  const std::size_t now = in_use.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  std::size_t peak = most.load(std::memory_order_relaxed);
  while (now > peak && !most.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
  }
}

/// Four sizes per power of two, so at most a quarter is wasted; of multiples of 64 they are multiples of 64.
int size_class(std::size_t bytes) {
  const int log = std::bit_width(bytes - 1);
  const int shift = log > 3 ? log - 3 : 0;
  return 4 * shift + static_cast<int>((bytes - 1) >> shift) - 4;
}
std::size_t class_bytes(int index) { return static_cast<std::size_t>(index % 4 + 5) << (index / 4); }

/// Asks for large pages for large arrays: what walks over them in other orders would wait for page tables.
void* allocate_pages(std::size_t bytes) {
  void* memory = std::aligned_alloc(64, bytes);
#ifdef __linux__
  constexpr std::size_t page = 4096, large = std::size_t(4) << 20;
  if (memory && bytes >= large) {
    const auto begin = (reinterpret_cast<std::uintptr_t>(memory) + page - 1) / page * page;
    const auto end = (reinterpret_cast<std::uintptr_t>(memory) + bytes) / page * page;
    madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);  // else: small pages
  }
#endif
  return memory;
}

struct Cache {
  std::vector<Block*> free[classes];
  std::size_t bytes = 0;

  void release() {
    for (auto& list : free) {
      for (Block* block : list) std::free(block);
      list.clear();
    }
    in_caches -= bytes;
    bytes = 0;
  }
};

// Arrays of static lifetime may be freed after the thread's cache is gone: then this is null and free() is called.
thread_local Cache* cache = nullptr;
thread_local bool cache_gone = false;
struct Owner {
  Cache owned;
  Owner() { cache = &owned; }
  ~Owner() {
    owned.release();
    cache = nullptr;
    cache_gone = true;
  }
};

Cache* this_threads_cache() {
  if (!cache && !cache_gone) thread_local Owner owner;
  return cache;
}

[[noreturn]] void no_memory(std::size_t bytes) {
  throw OutOfMemory(text("[allocate] expected room for ", bytes, " bytes, got none; arrays hold ", in_use.load(),
                         " bytes, at most ", most.load(), " so far, and the pool ", in_caches.load()));
}

/// Page-locked memory that was freed: to lock takes longer than to copy. Never destroyed, as arrays of static lifetime
/// are freed late.
struct PinnedPool {
  std::mutex mutex;
  std::multimap<std::size_t, Block*> free;  // by size
  std::size_t bytes = 0;

  /// A block of that size or a little more, or null.
  Block* take(std::size_t bytes_wanted) {
    const std::lock_guard lock(mutex);
    const auto found = free.lower_bound(bytes_wanted);
    if (found == free.end() || found->first > bytes_wanted + bytes_wanted / 4) return nullptr;
    Block* block = found->second;
    free.erase(found);
    bytes -= block->bytes;
    in_caches.fetch_sub(block->bytes, std::memory_order_relaxed);
    return block;
  }
  bool keep(Block* block) noexcept try {
    const std::lock_guard lock(mutex);
    if (bytes + block->bytes > pinned_limit) return false;
    free.emplace(block->bytes, block);
    bytes += block->bytes;
    in_caches.fetch_add(block->bytes, std::memory_order_relaxed);
    return true;
  } catch (...) {
    return false;
  }
  void release() {
    const std::lock_guard lock(mutex);
    for (const auto& [size, block] : free) {
      unlock_pages(block->data);
      delete block;
    }
    free.clear();
    in_caches.fetch_sub(std::exchange(bytes, 0), std::memory_order_relaxed);
  }
};
PinnedPool& pinned_pool() {
  static PinnedPool& pool = *new PinnedPool;
  return pool;
}
bool pages_are_locked() {
  static const bool useful = has_gpu();
  return useful;
}

}  // namespace

Block* allocate(Host, std::size_t bytes) {
  const int index = size_class((bytes + 63) / 64 * 64);
  Cache* mine = this_threads_cache();
  if (mine && !mine->free[index].empty()) {
    Block* block = mine->free[index].back();
    mine->free[index].pop_back();
    mine->bytes -= block->bytes;
    in_caches.fetch_sub(block->bytes, std::memory_order_relaxed);
    count(block->bytes);
    block->uses.store(1, std::memory_order_relaxed);
    return block;
  }
  const std::size_t rounded = class_bytes(index);
  void* memory = allocate_pages(header_bytes + rounded);
  if (!memory && mine) {
    mine->release();
    memory = allocate_pages(header_bytes + rounded);
  }
  if (!memory) no_memory(bytes);
  Block* block = new (memory) Block;
  count(block->bytes = rounded);
  block->data = static_cast<std::byte*>(memory) + header_bytes;
  return block;
}

Block* allocate(Pinned, std::size_t bytes) {
  if (!pages_are_locked()) return allocate(Host{}, bytes);
  release_copied();
  constexpr std::size_t page = 4096;
  const std::size_t rounded = (bytes + page - 1) / page * page;
  PinnedPool& pool = pinned_pool();
  Block* block = pool.take(rounded);
  if (!block) {
    auto fresh = std::make_unique<Block>();
    fresh->bytes = rounded;
    fresh->pinned = true;
    fresh->data = lock_pages(rounded);
    if (!fresh->data) {
      pool.release();
      fresh->data = lock_pages(rounded);
    }
    if (!fresh->data) no_memory(bytes);
    block = fresh.release();
  }
  count(block->bytes);
  block->uses.store(1, std::memory_order_relaxed);
  return block;
}

void deallocate(Host, Block* block) noexcept {
  in_use.fetch_sub(block->bytes, std::memory_order_relaxed);
  if (block->pinned) {
    if (pinned_pool().keep(block)) return;
    unlock_pages(block->data);
    delete block;
    return;
  }
  Cache* mine = this_threads_cache();
  if (!mine || mine->bytes + block->bytes > cache_limit) return std::free(block);
  auto& list = mine->free[size_class(block->bytes)];
  try {
    list.push_back(block);
    mine->bytes += block->bytes;
    in_caches.fetch_add(block->bytes, std::memory_order_relaxed);
  } catch (...) {
    std::free(block);
  }
}

Buffer<Host> bring(Host, const Buffer<Host>& from, std::size_t) { return from; }
Buffer<Host> bring(Pinned, const Buffer<Host>& from, std::size_t bytes) {
  if (bytes == 0 || from.block()->pinned || !pages_are_locked()) return from;
  Buffer<Host> result(bytes, Pinned{});
  copy(Host{}, Host{}, result.data(), from.data(), bytes);
  return result;
}

void copy(Host, Host, void* target, const void* source, std::size_t bytes) {
  if (bytes) std::memcpy(target, source, bytes);
}

void clear(Host, void* target, std::size_t bytes) {
  if (bytes) std::memset(target, 0, bytes);
}

}  // namespace cuarrays::detail

namespace cuarrays {

MemoryUse memory_use(Host) { return {detail::in_use, detail::most, detail::in_caches}; }
void reset_peak(Host) { detail::most = detail::in_use.load(); }

}  // namespace cuarrays
