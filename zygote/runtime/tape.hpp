// What the reverse of loops reads of their iterations. A loop of the source has one tape, however often it runs; each
// saved value has a column of its own, so that loops over it vectorise. The memory is used again by later calls.
#pragma once
#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <new>
#include <zygote/runtime/pack.hpp>

namespace zygote::ir {

#ifdef __CUDACC__
/// The memory for the tapes of one thread of a kernel, which has 256 threads to a block: it begins with it at each call
/// of what has tapes. A thread that needs more says how much, and ends.
struct Arena {
  static constexpr int threads = 256;
  std::byte* begin;
  std::size_t used, size;
  unsigned long long* needed;

  __device__ static Arena& of_this_thread() {
    __shared__ Arena all[threads];
    return all[threadIdx.x];
  }
  __device__ void* take(std::size_t bytes) {
    const std::size_t start = used;
    used += (bytes + alignof(std::max_align_t) - 1) / alignof(std::max_align_t) * alignof(std::max_align_t);
    if (used <= size) return begin + start;
    atomicMax(needed, static_cast<unsigned long long>(used));
    asm volatile("exit;");
    return nullptr;
  }
};
#endif

/// Memory blocks of one thread that wait for their next use. Sizes are powers of two, but those of blocks too large to
/// wait.
class Pool {
 public:
  ZYGOTE_HD static void* take(std::size_t& bytes) {
#ifdef __CUDA_ARCH__
    return Arena::of_this_thread().take(bytes);
#else
    if (bytes > most_bytes) return ::operator new(bytes);
    const int i = size_class(bytes);
    bytes = std::size_t(1) << i;
    Free*& free = kept_.free[std::size_t(i)];
    if (!free) [[unlikely]]
      return ::operator new(bytes);
    kept_.bytes -= bytes;
    return std::exchange(free, free->next);
#endif
  }
  ZYGOTE_HD static void give([[maybe_unused]] void* block, [[maybe_unused]] std::size_t bytes) {
#ifndef __CUDA_ARCH__
    if (kept_.closed || kept_.bytes + bytes > most_bytes) return ::operator delete(block);
    kept_.bytes += bytes;
    Free*& free = kept_.free[std::size_t(size_class(bytes))];
    free = new (block) Free{free};
    if (!std::exchange(kept_.armed, true)) closer_.armed = true;  // so that the thread's end frees them
#endif
  }

 private:
  static constexpr std::size_t most_bytes = std::size_t(64) << 20;
  struct Free {
    Free* next;
  };
  struct Kept {  // trivial: tapes of static duration may outlive it
    std::array<Free*, 64> free;
    std::size_t bytes;
    bool armed, closed;
  };
  struct Closer {
    bool armed;
    ~Closer() {
      kept_.closed = true;
      for (Free* free : kept_.free)
        while (free) ::operator delete(std::exchange(free, free->next));
    }
  };
  static int size_class(std::size_t bytes) {
    return std::max(8, int(std::bit_width(bytes - 1)));
  }
  static thread_local inline Kept kept_;
  static thread_local inline Closer closer_;
};

/// Pointers to the columns of a piece of a tape.
template <class... T>
struct Columns {
  Pack<T*...> at;

  static constexpr std::size_t alignment = std::max({alignof(std::max_align_t), alignof(T)...});
  static constexpr std::size_t size(std::size_t rows, std::size_t bytes) {
    return (rows * bytes + alignment - 1) / alignment * alignment;
  }
  static constexpr std::size_t row_bytes = (std::size_t(0) + ... + sizeof(T));

  ZYGOTE_HD static Columns in(std::byte* memory, std::size_t capacity) {
    return {{{{reinterpret_cast<T*>(std::exchange(memory, memory + size(capacity, sizeof(T))))}...}}};
  }
  ZYGOTE_INLINE constexpr Columns from(std::size_t row) const {
    const auto moved = [&](T*... column) ZYGOTE_INLINE { return Columns{{{{column + row}...}}}; };
    return ir::apply(moved, at);
  }
  template <class Saves>
  ZYGOTE_HD ZYGOTE_INLINE void write(std::size_t i, Saves& row) const {
    row.visit([&]<std::size_t k, class U>(U& x) ZYGOTE_INLINE { new (at.template get<k>() + i) U(std::move(x)); });
  }
  ZYGOTE_HD void destroy(std::size_t rows) const {
    const auto all = [&](T*... column) { (std::destroy_n(column, rows), ...); };
    ir::apply(all, at);
  }
};

/// A piece of a tape. While a constant is evaluated it has one row.
struct Chunk {
  Chunk* previous = nullptr;
  std::size_t rows = 0, capacity = 0, bytes = 0;
  int owners = 1;       // of the last piece: the tapes that share it, once they are complete
  bool trivial = true;  // its rows need not be destroyed
  ZYGOTE_HD constexpr virtual ~Chunk() {}
  ZYGOTE_HD constexpr virtual void clear() {}  // destroys its rows
};
template <class... T>
struct ConstantChunk final : Chunk {
  Pack<T*...> row;
  template <class Saves>
  constexpr explicit ConstantChunk(Saves& saves) {
    saves.visit([&]<std::size_t k, class U>(U& x) { row.template get<k>() = new U(std::move(x)); });
  }
  ZYGOTE_HD constexpr ~ConstantChunk() override {
    const auto all = [](T*... x) { (delete x, ...); };
    ir::apply(all, row);
  }
};
template <class... T>
struct MemoryChunk final : Chunk {
  Columns<T...> columns;  // the memory behind it

  ZYGOTE_HD static MemoryChunk* make(std::size_t capacity) {
    using C = Columns<T...>;
    constexpr std::size_t head = C::size(1, sizeof(MemoryChunk));
#ifndef __CUDA_ARCH__
    if (capacity > (std::size_t(-1) / 2 - head) / (C::row_bytes + C::alignment)) throw std::bad_alloc();
#endif
    std::size_t bytes = head + (std::size_t(0) + ... + C::size(capacity, sizeof(T)));
    void* memory = Pool::take(bytes);
    auto* chunk = new (memory) MemoryChunk;
    chunk->capacity = capacity;
    chunk->bytes = bytes;
    chunk->trivial = (std::is_trivially_destructible_v<T> && ...);
    chunk->columns = C::in(static_cast<std::byte*>(memory) + head, capacity);
    return chunk;
  }
  ZYGOTE_HD ~MemoryChunk() override { clear(); }
  ZYGOTE_HD void clear() override {
    if constexpr (!(std::is_trivially_destructible_v<T> && ...)) columns.destroy(rows);
  }
};

/// The iterations of one loop of the source, whose types only the loop knows. Copies share them.
class Tape {
 public:
  constexpr Tape() = default;
  constexpr Tape(Tape&& other) noexcept : last_(std::exchange(other.last_, nullptr)) {}
  constexpr Tape(const Tape& other) : last_(other.last_) {
    if (last_) count(1);
  }
  constexpr Tape& operator=(Tape other) noexcept {
    std::swap(last_, other.last_);
    return *this;
  }
  constexpr ~Tape() {
    if (last_) drop();
  }
  constexpr const Chunk* last() const { return last_; }

  /// Forgets all iterations, of which there are no copies; keeps memory for the next ones.
  constexpr void rewind() {
    if (!last_) return;
    if (std::is_constant_evaluated()) return drop();
    while (last_->previous) {
      Chunk* const before = last_->previous;
      last_->previous = before->previous;
      release(before);
    }
    if (!last_->trivial) last_->clear();
    last_->rows = 0;
  }

  /// The piece that the next n rows fit into.
  template <class... T>
  ZYGOTE_HD ZYGOTE_INLINE MemoryChunk<T...>& room(std::size_t n) {
    if (!last_ || last_->capacity - last_->rows < n) [[unlikely]]
      last_ = grown<T...>(last_, n);
    return static_cast<MemoryChunk<T...>&>(*last_);
  }
  template <class... T, class Saves>
  constexpr void push_constant(Saves& row) {
    auto* chunk = new ConstantChunk<T...>(row);
    chunk->rows = 1;
    chunk->previous = std::exchange(last_, chunk);
  }

 private:
  Chunk* last_ = nullptr;

  template <class... T>
  ZYGOTE_HD static Chunk* grown(Chunk* last, std::size_t n) {
    constexpr std::size_t least = 16, most = (std::size_t(1) << 18) / Columns<T...>::row_bytes;
    auto* chunk = MemoryChunk<T...>::make(std::max({n, last ? std::min(2 * last->capacity, most) : least, least}));
    chunk->previous = last;
    return chunk;
  }
  [[gnu::noinline]] constexpr void drop() {
    if (count(-1) > 0) return;
    while (last_) release(std::exchange(last_, last_->previous));
  }
  constexpr int count(int change) {
#ifdef __CUDA_ARCH__
    return last_->owners += change;  // a thread's own
#else
    if (std::is_constant_evaluated()) return last_->owners += change;
    if (change < 0 && std::atomic_ref<int>(last_->owners).load(std::memory_order_acquire) == 1) return 0;
    return std::atomic_ref<int>(last_->owners).fetch_add(change) + change;
#endif
  }
  static constexpr void release(Chunk* chunk) {
    if (std::is_constant_evaluated()) {
      delete chunk;
      return;
    }
    const std::size_t bytes = chunk->bytes;
    if (!chunk->trivial) chunk->~Chunk();
    Pool::give(chunk, bytes);
  }
};

/// Reads a tape from its end; a tape can be read more than once.
class Reader {
 public:
  explicit constexpr Reader(const Tape& tape) : chunk_(tape.last()), rows_(chunk_ ? chunk_->rows : 0) {}

  /// Moves up to n rows back, as many as lie together: where the columns of those begin, and how many they are.
  template <class... T>
  constexpr std::pair<Columns<const T...>, std::size_t> back(std::size_t n, std::type_identity<std::tuple<T...>>) {
    while (rows_ == 0) {
      chunk_ = chunk_->previous;
      rows_ = chunk_->rows;
    }
    if (std::is_constant_evaluated()) {
      rows_ = 0;
      const auto& row = static_cast<const ConstantChunk<T...>*>(chunk_)->row;
      const auto one = [](T*... x) { return Columns<const T...>{{{{x}...}}}; };
      return {ir::apply(one, row), 1};
    }
    n = std::min(n, rows_);
    rows_ -= n;
    const auto& at = static_cast<const MemoryChunk<T...>*>(chunk_)->columns.at;
    const auto moved = [&](T*... column) { return Columns<const T...>{{{{column + rows_}...}}}; };
    return {ir::apply(moved, at), n};
  }

 private:
  const Chunk* chunk_;
  std::size_t rows_;
};

}  // namespace zygote::ir
