// How bound expressions, reductions and users' kernels run on the GPU: templates over them, compiled by nvcc wherever
// they are used. Everything is in the order of the default stream; nothing waits. Without nvcc: a compile-time error.
#pragma once
#include <cuarrays/loops.hpp>

#ifdef __CUDACC__
#include <cuarrays/cuda.hpp>
#endif

struct CUstream_st;  // CUDA's cudaStream_t points to one

namespace cuarrays {
template <class Op, class T>
constexpr T neutral();

/// How a launch runs on the GPU; on the host nothing of this matters.
struct LaunchOptions {
  int block[3] = {};              // threads of a block along each dimension; none: chosen
  Index grid[3] = {};             // blocks along each dimension, of __global__ kernels
  std::size_t shared = 0;         // bytes of dynamic shared memory
  CUstream_st* stream = nullptr;  // runs there, after what this thread launched before and before what it launches next
  bool ordered = false;           // the adjoint adds in a fixed order: the same bits in each run
};

/// Can this file compute with CuArrays? `if constexpr` around code that does lets one file serve both compilers.
#ifdef __CUDACC__
constexpr bool compiled_for_gpu = true;
#else
constexpr bool compiled_for_gpu = false;
#endif
}  // namespace cuarrays

namespace cuarrays::detail {

#ifndef __CUDACC__
#define CUARRAYS_NEEDS_NVCC "cuarrays: an operation on a CuArray is a kernel: compile this file with nvcc (name it .cu)"
template <class T, int N, class B>
void run(Device, const BoundArray<T, N>&, const Shape<N>&, const B&) {
  static_assert(!sizeof(B), CUARRAYS_NEEDS_NVCC);
}
template <class T, int N, class B, class Op>
void reduce(Device, const Op&, T*, const Shape<N>&, const Shape<N>&, const B&) {
  static_assert(!sizeof(B), CUARRAYS_NEEDS_NVCC);
}
template <class Kernel, int N, class... V>
void launch_kernel(Device, const LaunchOptions&, const Kernel&, const Shape<N>&, const V&...) {
  static_assert(!sizeof(Kernel), CUARRAYS_NEEDS_NVCC);
}
template <class... P>
void launch_global(Device, const LaunchOptions&, void (*)(P...), const std::type_identity_t<P>&...) {
  static_assert(sizeof...(P) > 99, CUARRAYS_NEEDS_NVCC);
}
#undef CUARRAYS_NEEDS_NVCC
#else

// (Older versions of clang-format do not know >>>.)
// clang-format off
inline constexpr int block_threads = 256;

/// Blocks of threads for n elements; kernels loop if there are more elements than threads.
inline unsigned blocks_for(Index n) {
  return static_cast<unsigned>(std::clamp<Index>((n + block_threads - 1) / block_threads, 1, 1 << 20));
}
__device__ inline Index first_index() { return blockIdx.x * static_cast<Index>(blockDim.x) + threadIdx.x; }
__device__ inline Index index_stride() { return gridDim.x * static_cast<Index>(blockDim.x); }

template <class T, int N, class B>
__global__ void run_contiguous(BoundArray<T, N> out, B in, Index size) {
  for (Index i = first_index(); i < size; i += index_stride())
    out.elements[i] = static_cast<T>(in.at(OneElement<true>{i}));
}

template <class I, class T, int N, class B>
__global__ void run_strided(BoundArray<T, N> out, B in, Dims<N> dims, Index size) {
  for (Index i = first_index(); i < size; i += index_stride()) {
    AtPosition<N, I> lane;
    I rest = static_cast<I>(i);
    for (int d = 0; d < N; ++d)
      if (d < dims.rank) {
        const I e = static_cast<I>(dims.extent[d]);
        lane.at[d] = d + 1 < dims.rank ? rest % e : rest;
        rest /= e;
      }
    out.elements[lane.offset(out.strides)] = static_cast<T>(in.at(lane));
  }
}

/// out = in, for all elements of a shape.
template <class T, int N, class B>
void run(Device, const BoundArray<T, N>& out, const Shape<N>& shape, const B& in) {
  if (shape.size() == 0) return;
  Assignment<T, N, B> all{out, in};
  const Dims<N> dims = merge(shape, all);
  const Index size = dims.size();
  const unsigned blocks = blocks_for(size);
  if (dims.rank == 1 && access_of(all) == Access::contiguous)
    run_contiguous<<<blocks, block_threads, 0, stream>>>(all.out, all.in, size);
  else if (size <= std::numeric_limits<std::int32_t>::max())
    run_strided<std::uint32_t><<<blocks, block_threads, 0, stream>>>(all.out, all.in, dims, size);
  else
    run_strided<std::uint64_t><<<blocks, block_threads, 0, stream>>>(all.out, all.in, dims, size);
  check(cudaGetLastError(), "elementwise kernel");
}

/// A reduction as a table: results x elements of each, the latter in chunks that are reduced separately.
template <int N>
struct ReductionPlan {
  Dims<N> dims;
  int order[N];  // the dimensions that are kept, then those that are reduced
  int kept_dims = 0;
  Index kept = 1, reduced = 1, chunks = 1;
};

template <class I, class T, int N, class B>
__device__ T element_of(const B& in, const ReductionPlan<N>& plan, AtPosition<N, I>& lane, Index r) {
  lane.set(plan.order + plan.kept_dims, plan.dims.rank - plan.kept_dims, plan.dims.extent, static_cast<I>(r));
  return static_cast<T>(in.at(lane));
}

/// One thread per result and chunk: for results that lie next to each other in memory, or of few elements.
template <class I, class Op, class T, int N, class B>
__global__ void reduce_by_thread(Op op, T* out, B in, ReductionPlan<N> plan) {
  for (Index task = first_index(); task < plan.kept * plan.chunks; task += index_stride()) {
    AtPosition<N, I> lane;
    const Index chunk = task / plan.kept;
    lane.set(plan.order, plan.kept_dims, plan.dims.extent, static_cast<I>(task % plan.kept));
    T result = neutral<Op, T>();
    const Index end = plan.reduced * (chunk + 1) / plan.chunks;
    for (Index r = plan.reduced * chunk / plan.chunks; r < end; ++r)
      result = static_cast<T>(op(result, element_of<I, T>(in, plan, lane, r)));
    out[task] = result;
  }
}

/// One block per result and chunk: for elements of a result that lie next to each other.
template <class I, class Op, class T, int N, class B>
__global__ void reduce_by_block(Op op, T* out, B in, ReductionPlan<N> plan) {
  alignas(T) __shared__ unsigned char memory[block_threads * sizeof(T)];
  T* const shared = reinterpret_cast<T*>(memory);
  const int thread = static_cast<int>(threadIdx.x);
  for (Index task = blockIdx.x; task < plan.kept * plan.chunks; task += gridDim.x) {
    AtPosition<N, I> lane;
    const Index chunk = task / plan.kept;
    lane.set(plan.order, plan.kept_dims, plan.dims.extent, static_cast<I>(task % plan.kept));
    T result = neutral<Op, T>();
    const Index end = plan.reduced * (chunk + 1) / plan.chunks;
    for (Index r = plan.reduced * chunk / plan.chunks + thread; r < end; r += block_threads)
      result = static_cast<T>(op(result, element_of<I, T>(in, plan, lane, r)));
    shared[thread] = result;
    for (int half = block_threads / 2; half > 0; half /= 2) {
      __syncthreads();
      if (thread < half) shared[thread] = static_cast<T>(op(shared[thread], shared[thread + half]));
    }
    if (thread == 0) out[task] = shared[0];
    __syncthreads();  // before the next task writes to shared memory
  }
}

template <class I, class T, int N, class B, class Op>
void launch_reduction(const Op& op, T* out, const B& in, const ReductionPlan<N>& plan, bool by_block) {
  const Index tasks = plan.kept * plan.chunks;
  if (by_block)
    reduce_by_block<I><<<static_cast<unsigned>(std::min<Index>(tasks, 1 << 20)), block_threads, 0, stream>>>(op, out, in, plan);
  else
    reduce_by_thread<I><<<blocks_for(tasks), block_threads, 0, stream>>>(op, out, in, plan);
  check(cudaGetLastError(), "reduction kernel");
}

/// out = op over those dimensions of `shape` that have extent 1 in `kept`; `out` is dense. Chunks depend on the shape
/// alone, so that results are the same on any GPU.
template <class T, int N, class B, class Op>
void reduce(Device, const Op& op, T* out, const Shape<N>& kept, const Shape<N>& shape, const B& in) {
  if (kept.size() == 0) return;
  if (shape.size() == 0)
    return run(Device{}, bind_elements<N>(out, kept), kept, BoundScalar<T>{neutral<Op, T>()});
  Assignment<T, N, B> bound{bind_elements<N>(out, kept), in};
  ReductionPlan<N> plan;
  plan.dims = merge(shape, bound);
  if (kept.size() == shape.size()) bound.out.strides[0] = 1;  // nothing to reduce: all dimensions are kept
  for (int d = 0; d < plan.dims.rank; ++d)
    if (bound.out.strides[d] != 0) plan.order[plan.kept_dims++] = d, plan.kept *= plan.dims.extent[d];
  for (int d = 0, k = plan.kept_dims; d < plan.dims.rank; ++d)
    if (bound.out.strides[d] == 0) plan.order[k++] = d, plan.reduced *= plan.dims.extent[d];

  const bool by_block = bound.out.strides[0] == 0 && plan.reduced >= 64;
  const Index wanted = (by_block ? Index(1) << 10 : Index(1) << 17) / plan.kept,
              most = plan.reduced / (by_block ? 8 * block_threads : 64);
  plan.chunks = std::max(Index(1), std::min(wanted, most));
  BasicArray<T, 2, Device> partial;
  if (plan.chunks > 1) partial = BasicArray<T, 2, Device>({plan.kept, plan.chunks}, Uninitialised{});
  T* const target = plan.chunks > 1 ? partial.mutable_data() : out;
  if (shape.size() <= std::numeric_limits<std::int32_t>::max())
    launch_reduction<std::uint32_t>(op, target, bound.in, plan, by_block);
  else
    launch_reduction<std::uint64_t>(op, target, bound.in, plan, by_block);
  if (plan.chunks > 1) reduce(Device{}, op, out, Shape<2>(plan.kept, 1), partial.shape(), bind<2>(partial));
}

template <int N, class Kernel, class... V>
__device__ void call_at(const Kernel& kernel, Index i, Index j, Index k, const V&... views) {
  static_assert(N <= 3, "cuarrays: launch takes shapes of up to three dimensions");
  if constexpr (N == 1)
    kernel(i, views...);
  else if constexpr (N == 2)
    kernel(i, j, views...);
  else
    kernel(i, j, k, views...);
}
template <class Kernel, int N, class... V>
__global__ void call_kernel(Kernel kernel, Shape<N> shape, Index size, V... views) {
  for (Index i = first_index(); i < size; i += index_stride()) {
    const Index rest = N > 1 ? i / shape[0] : 0;
    if constexpr (N < 3)
      call_at<N>(kernel, N > 1 ? i % shape[0] : i, rest, 0, views...);
    else
      call_at<N>(kernel, i % shape[0], rest % shape[1], rest / shape[1], views...);
  }
}
/// The same in blocks of a given shape.
template <class Kernel, int N, class... V>
__global__ void call_kernel_in_blocks(Kernel kernel, Shape<3> shape, V... views) {
  for (Index k = blockIdx.z * Index(blockDim.z) + threadIdx.z; k < shape[2]; k += gridDim.z * Index(blockDim.z))
    for (Index j = blockIdx.y * Index(blockDim.y) + threadIdx.y; j < shape[1]; j += gridDim.y * Index(blockDim.y))
      for (Index i = blockIdx.x * Index(blockDim.x) + threadIdx.x; i < shape[0]; i += gridDim.x * Index(blockDim.x))
        call_at<N>(kernel, i, j, k, views...);
}

/// Runs call(grid, block, stream) by options: on the stream of these, in order with that of this thread.
template <class Call>
void launch_in_order(const LaunchOptions& options, const Shape<3>& grid, const Shape<3>& block, const Call& call) {
  const cudaStream_t on = options.stream ? options.stream : stream;
  follow(on, stream);
  call(dim3(grid[0], grid[1], grid[2]), dim3(block[0], block[1], block[2]), on);
  check(cudaGetLastError(), "launch");
  follow(stream, on);
}
template <class Kernel, int N, class... V>
void launch_kernel(Device, const LaunchOptions& options, const Kernel& kernel, const Shape<N>& shape, const V&... views) {
  Shape<3> all(1, 1, 1), block(1, 1, 1), grid(1, 1, 1);
  for (int d = 0; d < N; ++d) all[d] = shape[d];
  if (options.block[0] == 0)
    return launch_in_order(options, {blocks_for(shape.size()), 1, 1}, {block_threads, 1, 1}, [&](dim3 g, dim3 b, cudaStream_t on) {
      call_kernel<<<g, b, options.shared, on>>>(kernel, shape, shape.size(), views...);
    });
  for (int d = 0; d < 3; ++d) {
    block[d] = std::max(options.block[d], 1);
    grid[d] = std::min<Index>((all[d] + block[d] - 1) / block[d], d == 0 ? 1 << 30 : 65535);
  }
  launch_in_order(options, grid, block, [&](dim3 g, dim3 b, cudaStream_t on) {
    call_kernel_in_blocks<Kernel, N><<<g, b, options.shared, on>>>(kernel, all, views...);
  });
}
template <class... P>
void launch_global(Device, const LaunchOptions& options, void (*kernel)(P...), const std::type_identity_t<P>&... args) {
  Shape<3> grid, block;
  for (int d = 0; d < 3; ++d) grid[d] = std::max(options.grid[d], Index(1)), block[d] = std::max(options.block[d], 1);
  launch_in_order(options, grid, block,
                  [&](dim3 g, dim3 b, cudaStream_t on) { kernel<<<g, b, options.shared, on>>>(args...); });
}
// clang-format on
#endif

}  // namespace cuarrays::detail
