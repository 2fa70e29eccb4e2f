// How reductions run on the GPU. Included by kernels.hpp, for nvcc only.
//
// Of the dimensions that are left after merging, those with the first one are either all reduced ("rows": elements of a
// result lie next to each other) or all kept ("columns": results do). What is split, and how, depends on the shape
// alone, so that results are the same on any GPU and in any run.
#pragma once
#include <array>
#include <cuarrays/device_loops.hpp>
#include <numeric>

namespace cuarrays {
template <class Op, class T>
constexpr T neutral();
}

namespace cuarrays::detail {

/// A reduction as a table of results and elements; the elements of a result are dealt out to `chunks` partial results.
template <int N>
struct ReductionPlan {
  Dims<N> dims;  // dimensions 0 to inner - 1 are reduced and the rest kept, or the other way round
  int inner = 0;
  Index kept = 1, reduced = 1, chunks = 1;
  Index fold = 1;   // so many columns are taken for one long one
  int threads = 1;  // threads per row: a power of two, at most 256
};

/// op over elements first, first + step, ... of the dimensions from `from` to `to`, `width` sums at once.
template <int width, class Op, class T, int N, class B>
__device__ void accumulate(const Op& op, const B& in, const ReductionPlan<N>& plan, AtPosition<N> lane, int from,
                           int to, Index first, Index step, T (&sums)[width]) {
  constexpr int at_once = sizeof(T) <= 8 ? 4 : 2;  // loads that do not wait for each other
#pragma unroll 1
  for (; first < plan.reduced; first += at_once * step) {
    T values[at_once][width];
#pragma unroll
    for (int u = 0; u < at_once; ++u)
      if (const Index r = first + u * step; r < plan.reduced) {
        lane.set(plan.dims.extent, from, to, r);
        read<T>(in, lane, values[u]);
      } else
        for (T& x : values[u]) x = neutral<Op, T>();
#pragma unroll
    for (int u = 0; u < at_once; ++u)
#pragma unroll
      for (int k = 0; k < width; ++k) sums[k] = static_cast<T>(op(sums[k], values[u][k]));
  }
}

/// A group of threads per result and chunk.
template <int width, class Op, class T, int N, class B>
__global__ void reduce_rows(Op op, T* out, B in, ReductionPlan<N> plan) {
  alignas(T) __shared__ unsigned char memory[block_threads * sizeof(T)];
  const int thread = static_cast<int>(threadIdx.x), member = thread % plan.threads,
            groups = block_threads / plan.threads;
  T* const shared = reinterpret_cast<T*>(memory) + thread;
  const Index tasks = plan.kept * plan.chunks;
#pragma unroll 1
  for (Index first = blockIdx.x * Index(groups); first < tasks; first += gridDim.x * Index(groups)) {
    const Index task = first + thread / plan.threads;
    T sums[width];
    for (T& s : sums) s = neutral<Op, T>();
    if (task < tasks) {
      AtPosition<N> lane;
      lane.set(plan.dims.extent, plan.inner, plan.dims.rank, task % plan.kept);
      accumulate<width>(op, in, plan, lane, 0, plan.inner, (task / plan.kept * plan.threads + member) * width,
                        plan.chunks * plan.threads * width, sums);
    }
    for (int k = 1; k < width; ++k) sums[0] = static_cast<T>(op(sums[0], sums[k]));
    *shared = sums[0];
    for (int half = plan.threads / 2; half > 0; half /= 2) {
      plan.threads > 32 ? __syncthreads() : __syncwarp();
      if (member < half) *shared = static_cast<T>(op(*shared, shared[half]));
    }
    if (member == 0 && task < tasks) out[task] = *shared;
    plan.threads > 32 ? __syncthreads() : __syncwarp();  // before the next row is written to shared memory
  }
}

/// A thread per result, or pack of results, and chunk.
template <int width, class Op, class T, int N, class B>
__global__ void reduce_columns(Op op, T* out, B in, ReductionPlan<N> plan) {
  const Index packs = plan.kept / width;
#pragma unroll 1
  for (Index task = first_index(); task < packs * plan.chunks; task += index_stride()) {
    const Index chunk = task / packs, first = task % packs * width;
    AtPosition<N> lane;
    lane.set(plan.dims.extent, 0, plan.inner, first);
    T sums[width];
    for (T& s : sums) s = neutral<Op, T>();
    accumulate<width>(op, in, plan, lane, plan.inner, plan.dims.rank, chunk, plan.chunks, sums);
    for (int k = 0; k < width; ++k) out[chunk * plan.kept + first + k] = sums[k];
  }
}

/// Rows of a few elements that follow each other, a thread each: what threads beside each other read is in the cache.
template <class T>
inline constexpr Index tiny_row = 64 / sizeof(T);
template <class Op, class T, int N, class B>
__global__ void reduce_tiny_rows(Op op, T* out, B in, Index kept, int length) {
#pragma unroll 1
  for (Index row = first_index(); row < kept; row += index_stride()) {
    T sum = neutral<Op, T>();
#pragma unroll 10
    for (int i = 0; i < length; ++i) sum = static_cast<T>(op(sum, in.at(OneElement<true>{row * length + i})));
    out[row] = sum;
  }
}

/// Short rows that follow each other: packs are read side by side into shared memory; a thread takes a row from there.
/// Rows begin an odd number of elements apart, which is in another memory bank each. i / length = (i * inverse) >> 32.
inline constexpr int short_row = 32;
template <class T>
inline constexpr int short_room = std::clamp(int(16384 / sizeof(T)) / block_threads, 1, 8) * block_threads;

template <class Op, class T, int N, class B>
__global__ void reduce_short_rows(Op op, T* out, B in, Index kept, int length, int rows, unsigned inverse) {
  alignas(T) __shared__ unsigned char memory[(short_room<T> + short_room<T> / 2) * sizeof(T)];
  T* const shared = reinterpret_cast<T*>(memory);
  const int thread = static_cast<int>(threadIdx.x), gap = 1 - length % 2;
#pragma unroll 1
  for (Index first = blockIdx.x * Index(rows); first < kept; first += gridDim.x * Index(rows)) {
    const int here = static_cast<int>(rows < kept - first ? rows : kept - first), elements = here * length;
    constexpr int each = (short_room<T> / block_threads + pack_width - 1) / pack_width;
    T values[each][pack_width];
#pragma unroll
    for (int k = 0; k < each; ++k)
      if (const int i = (k * block_threads + thread) * pack_width; i < elements)
        read<T>(in, AtPosition<N>{{}, {first * length + i}}, values[k]);
#pragma unroll
    for (int k = 0; k < each; ++k)
#pragma unroll
      for (int j = 0; j < pack_width; ++j)
        if (const int i = (k * block_threads + thread) * pack_width + j; i < elements)
          shared[i + static_cast<int>(__umulhi(static_cast<unsigned>(i), inverse)) * gap] = values[k][j];
    __syncthreads();
    if (thread < here) {
      const T* row = shared + thread * (length + gap);
      T sum = neutral<Op, T>();
      for (int i = 0; i < length; ++i) sum = static_cast<T>(op(sum, row[i]));
      out[first + thread] = sum;
    }
    __syncthreads();  // before the next rows are written to shared memory
  }
}

/// Rows of at most short_row elements that follow each other; false: not done, packs cannot read them.
template <class T, int N, class Op, class B>
bool reduce_few(const Op& op, T* out, B& in, Index kept, int length) {
  Dims<N> all;  // as one row
  all.rank = 1;
  all.extent[0] = kept * length;
  if (length < tiny_row<T>) {
    start("reduction kernel", reduce_tiny_rows<Op, T, N, B>, blocks_for(kept), op, out, in, kept, length);
  } else {
    if (!takes_packs(all, in)) return false;
    const int rows = std::min(block_threads, short_room<T> / length) / pack_width * pack_width;
    start("reduction kernel", reduce_short_rows<Op, T, N, B>, blocks_for((kept + rows - 1) / rows * block_threads), op,
          out, in, kept, length, rows, 0xffffffffu / static_cast<unsigned>(length) + 1);
  }
  return true;
}

template <int width, class T, int N, class B, class Op>
void start_reduction(const Op& op, T* out, const B& in, const ReductionPlan<N>& plan, bool rows) {
  const Index tasks = plan.kept * plan.chunks;
  if (rows)
    start("reduction kernel", reduce_rows<width, Op, T, N, B>, blocks_for(tasks * plan.threads), op, out, in, plan);
  else
    start("reduction kernel", reduce_columns<width, Op, T, N, B>, blocks_for(tasks / width), op, out, in, plan);
}

/// The dimensions that are reduced in front (rows), or behind (columns).
template <class T, int N, class B>
ReductionPlan<N> plan_reduction(const Dims<N>& dims, Assignment<T, N, B>& bound, bool rows) {
  ReductionPlan<N> plan;
  plan.dims = dims;
  std::array<int, N> order;
  std::iota(order.begin(), order.end(), 0);
  const auto behind = std::stable_partition(order.begin(), order.begin() + dims.rank,
                                            [&](int d) { return (bound.out.strides[d] == 0) == rows; });
  plan.inner = static_cast<int>(behind - order.begin());
  for (int d = 0; d < N; ++d) {
    plan.dims.extent[d] = dims.extent[order[d]];
    if (d < dims.rank) ((d < plan.inner) == rows ? plan.reduced : plan.kept) *= plan.dims.extent[d];
  }
  bound.each_array([&](auto& a) {
    const auto strides = std::to_array(a.strides);
    for (int d = 0; d < N; ++d) a.strides[d] = strides[order[d]];
  });
  return plan;
}

/// Few short columns that follow each other: four of them are one that packs can read.
template <int N, class B>
void fold_columns(ReductionPlan<N>& plan, B& in) {
  if constexpr (N > 1) {
    if (!columns_follow(plan.dims, in) || plan.kept >= 1024 || plan.kept % pack_width == 0 || plan.reduced < 4096 ||
        plan.reduced % pack_width != 0)
      return;
    plan.fold = pack_width;
    plan.dims.extent[0] = plan.kept *= pack_width;
    plan.dims.extent[1] = plan.reduced /= pack_width;
    in.each_array([&](auto& a) { a.strides[1] = plan.kept; });
  }
}

/// out = op over those dimensions of `shape` that have extent 1 in `kept`; `out` is dense.
template <class T, int N, class B, class Op>
void reduce(Device, const Op& op, T* out, const Shape<N>& kept, const Shape<N>& shape, const B& in) {
  static_assert(sizeof(T) <= 128,
                "cuarrays: on the GPU, what is reduced, an element or the fields of a kernel, has at most 128 bytes");
  if (kept.size() == 0) return;
  if (shape.size() == 0) return run(Device{}, bind_elements<N>(out, kept), kept, BoundScalar<T>{neutral<Op, T>()});
  Assignment<T, N, B> bound{bind_elements<N>(out, kept), in};
  const Dims<N> dims = merge(shape, bound);
  if (kept.size() == shape.size()) bound.out.strides[0] = 1;  // nothing to reduce: all dimensions are kept
  const bool by_rows = bound.out.strides[0] == 0;
  ReductionPlan<N> plan = plan_reduction(dims, bound, by_rows);
  if constexpr (N > 1)
    if (by_rows && plan.reduced <= short_row && columns_follow(plan.dims, bound.in) &&
        reduce_few<T, N>(op, out, bound.in, plan.kept, static_cast<int>(plan.reduced)))
      return;
  if (!by_rows) fold_columns(plan, bound.in);
  const bool packs = takes_packs(plan.dims, bound.in);
  const Index width = packs ? pack_width : 1;
  if (by_rows) plan.threads = plan.reduced >= 1024 * width ? block_threads : plan.reduced >= 64 * width ? 32 : 8;
  // Enough threads to fill a GPU, if each has eight elements or packs left to do.
  const Index work = by_rows ? plan.kept * plan.threads : plan.kept / width,
              each = by_rows ? plan.threads * width * 8 : Index(8);
  plan.chunks = std::max(Index(1), std::min((Index(1) << 18) / work, plan.reduced / each));
  const Shape<2> parts(plan.kept / plan.fold, plan.chunks * plan.fold);
  BasicArray<T, 2, Device> partial;
  if (parts[1] > 1) partial = BasicArray<T, 2, Device>(parts, Uninitialised{});
  T* const target = parts[1] > 1 ? partial.mutable_data() : out;
  if (packs)
    start_reduction<pack_width>(op, target, bound.in, plan, by_rows);
  else
    start_reduction<1>(op, target, bound.in, plan, by_rows);
  if (parts[1] > 1) reduce(Device{}, op, out, Shape<2>(parts[0], 1), parts, bind<2>(partial));
}

}  // namespace cuarrays::detail
