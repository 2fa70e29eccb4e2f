// How users' kernels run on the GPU, and with device_loops.hpp and device_reduce.hpp expressions and reductions:
// templates over them, compiled by nvcc wherever they are used. Everything is in the order of a stream; nothing waits.
// Without nvcc: a compile-time error.
#pragma once
#include <cuarrays/loops.hpp>

#ifdef __CUDACC__
#include <cuarrays/device_reduce.hpp>
#endif

struct CUstream_st;  // CUDA's cudaStream_t points to one

namespace cuarrays {
/// How a launch runs on the GPU; on the host nothing of this matters.
struct LaunchOptions {
  int block[3] = {};              // threads of a block along each dimension; none: chosen
  Index grid[3] = {};             // blocks along each dimension, of __global__ kernels; of others: grid[0] at most
  std::size_t shared = 0;         // bytes of dynamic shared memory
  CUstream_st* stream = nullptr;  // runs there, after what this thread launched before and before what it launches next
  bool ordered = false;           // the adjoint adds in a fixed order: the same bits in each run
};

namespace detail {
template <class Kernel, class T, int N>
struct ReturnedValues;
template <class Kernel>
inline constexpr bool returns_values = false;
template <class Kernel, class T, int N>
inline constexpr bool returns_values<ReturnedValues<Kernel, T, N>> = true;
}  // namespace detail

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
template <int N, class B, class... T>
void run_together(Device, const std::tuple<T*...>&, const Shape<N>&, const B&) {
  static_assert(!sizeof(B), CUARRAYS_NEEDS_NVCC);
}
#undef CUARRAYS_NEEDS_NVCC
#else

// (Older versions of clang-format do not know >>>.)
// clang-format off
/// kernel(i, j, ..., views...) for position number i of a shape.
template <int N, class Kernel, class... V>
__device__ auto call_at(const Kernel& kernel, Index i, Index j, Index k, const V&... views) {
  static_assert(N <= 3, "cuarrays: launch takes shapes of up to three dimensions");
  if constexpr (N == 1)
    return kernel(i, views...);
  else if constexpr (N == 2)
    return kernel(i, j, views...);
  else
    return kernel(i, j, k, views...);
}
template <int N, class Kernel, class... V>
__device__ auto call_at(const Kernel& kernel, const Shape<N>& shape, Index i, const V&... views) {
  const Index rest = N > 1 ? i / shape[0] : 0;
  if constexpr (N < 3)
    return call_at<N>(kernel, N > 1 ? i % shape[0] : i, rest, 0, views...);
  else
    return call_at<N>(kernel, i % shape[0], rest % shape[1], rest / shape[1], views...);
}
template <class Kernel, int N, class... V>
__global__ void call_kernel(Kernel kernel, Shape<N> shape, Index size, V... views) {
  for (Index i = first_index(); i < size; i += index_stride()) call_at(kernel, shape, i, views...);
}
/// Kernels that return values and write nothing: several calls at once, whose loads do not wait for each other. What is
/// beyond the end is worked out at the last position.
template <class Kernel, class T, int N, class... V>
__global__ void call_for_values(Kernel kernel, View<T, N> out, Index size, V... views) {
  for (Index i = blockIdx.x * Index(pack_width * block_threads) + threadIdx.x; i < size;
       i += gridDim.x * Index(pack_width * block_threads)) {
    const auto values = make_pack([&](int k) {
      const Index at = i + k * block_threads;
      return call_at(kernel, out.extents, at < size ? at : size - 1, views...);
    });
    for (int k = 0; k < pack_width; ++k)
      if (const Index at = i + k * block_threads; at < size) out[at] = static_cast<T>(values.v[k]);
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
void launch_kernel(Device, const LaunchOptions& options, const Kernel& kernel, const Shape<N>& shape,
                   const V&... views) {
  Shape<3> all(1, 1, 1), block(1, 1, 1), grid(1, 1, 1);
  for (int d = 0; d < N; ++d) all[d] = shape[d];
  const Index most = options.grid[0] > 0 ? options.grid[0] : Index(1) << 20;
  const auto blocks = [&](Index each) {
    return Shape<3>(std::min<Index>(most, blocks_for((shape.size() + each - 1) / each)), 1, 1);
  };
  if constexpr (returns_values<Kernel>)
    if (options.block[0] == 0 && options.shared == 0)
      return launch_in_order(options, blocks(pack_width), {block_threads, 1, 1}, [&](dim3 g, dim3 b, cudaStream_t on) {
        call_for_values<<<g, b, 0, on>>>(kernel.kernel, kernel.out, shape.size(), views...);
      });
  if (options.block[0] == 0)
    return launch_in_order(options, blocks(1), {block_threads, 1, 1}, [&](dim3 g, dim3 b, cudaStream_t on) {
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
