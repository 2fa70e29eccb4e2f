// How bound expressions run on the GPU: four elements to a thread wherever all operands lie in memory so that loads of
// up to 16 bytes do, one to a thread elsewhere, and by way of shared memory where operands lie in different orders.
// Included by kernels.hpp, for nvcc only.
#pragma once
#include <cuarrays/cuda.hpp>
#include <cuarrays/loops.hpp>

namespace cuarrays::detail {

inline constexpr int block_threads = 256;

/// Blocks of threads for n elements; kernels loop if there are more elements than threads.
inline unsigned blocks_for(Index n) {
  return static_cast<unsigned>(std::clamp<Index>((n + block_threads - 1) / block_threads, 1, 1 << 20));
}
__device__ inline Index first_index() { return blockIdx.x * static_cast<Index>(blockDim.x) + threadIdx.x; }
__device__ inline Index index_stride() { return gridDim.x * static_cast<Index>(blockDim.x); }

/// Launches one of our kernels on this thread's stream.
template <class... P>
void start(const char* what, void (*kernel)(P...), unsigned blocks, const std::type_identity_t<P>&... args) {
  // clang-format off
  kernel<<<blocks, block_threads, 0, stream>>>(args...);
  // clang-format on
  check(cudaGetLastError(), what);
}

/// So many elements next to each other.
inline constexpr int pack_width = 4;
constexpr std::size_t pack_alignment(std::size_t bytes) { return std::min<std::size_t>(bytes & (0 - bytes), 16); }
template <class T>
struct alignas(pack_alignment(pack_width * sizeof(T))) Pack {
  T v[pack_width];
};
template <class F, std::size_t... k>
__device__ auto make_pack(const F& f, std::index_sequence<k...>) {
  return Pack<decltype(f(0))>{{f(static_cast<int>(k))...}};
}
template <class F>
__device__ auto make_pack(const F& f) {
  return make_pack(f, std::make_index_sequence<pack_width>{});
}

/// Functions of double that take so long, and so many instructions, that one after the other is as fast as four at
/// once.
template <class F>
constexpr bool takes_long() {
  constexpr std::string_view few[] = {"map", "convert", "add", "sub", "mul", "div",
                                      "neg", "pos",     "max", "min", "abs", "sqrt"};
  return std::find(std::begin(few), std::end(few), std::string_view(name_of<F>)) == std::end(few);
}

/// A lane of four elements that follow each other along the first dimension.
template <int N>
struct PackAt {
  AtPosition<N> first;

  template <class A>
  __device__ auto load(const A& a) const {
    const Index offset = first.offset(a.strides);
    if (a.strides[0] == 0) return splat(a.get(offset));
    if constexpr (std::is_pointer_v<decltype(a.elements)>)
      return *reinterpret_cast<const Pack<typename A::value_type>*>(a.elements + offset);
    else
      return make_pack([&](int k) { return a.get(offset + k); });
  }
  template <class T>
  __device__ Pack<T> splat(const T& x) const {
    return make_pack([&](int) { return x; });
  }
  template <class F, class... P>
  __device__ auto call(const F& f, const P&... p) const {
    using R = decltype(f(p.v[0]...));
    if constexpr (std::same_as<R, double> && takes_long<F>()) {
      Pack<R> results;
#pragma unroll 1
      for (int k = 0; k < pack_width; ++k) results.v[k] = f(p.v[k]...);
      return results;
    } else
      return make_pack([&](int k) { return f(p.v[k]...); });
  }
};
/// May these operands be read, or written, by PackAt?
template <int N, class B>
bool takes_packs(const Dims<N>& dims, B& bound) {
  bool fits = dims.extent[0] % pack_width == 0;
  bound.each_array([&](auto& a) {
    fits = fits && (a.strides[0] == 0 || a.strides[0] == 1);
    if constexpr (std::is_pointer_v<decltype(a.elements)>) {
      using T = std::remove_cvref_t<decltype(*a.elements)>;
      fits = fits && (a.strides[0] == 0 || reinterpret_cast<std::uintptr_t>(a.elements) % alignof(Pack<T>) == 0);
      for (int d = 1; d < N && d < dims.rank; ++d) fits = fits && (a.strides[0] == 0 || a.strides[d] % pack_width == 0);
    }
  });
  return fits;
}

/// in at a position, an element or a pack, as T.
template <class T, int N, class B>
__device__ void read(const B& in, const AtPosition<N>& at, T (&values)[1]) {
  values[0] = static_cast<T>(in.at(at));
}
template <class T, int N, class B>
__device__ void read(const B& in, const AtPosition<N>& at, T (&values)[pack_width]) {
  const auto pack = in.at(PackAt<N>{at});
  for (int k = 0; k < pack_width; ++k) values[k] = static_cast<T>(pack.v[k]);
}

template <class T, int N, class B>
__global__ void run_packs(BoundArray<T, N> out, B in, Dims<N> dims, Index size) {
#pragma unroll 1
  for (Index i = first_index() * pack_width; i < size; i += index_stride() * pack_width) {
    PackAt<N> lane;
    lane.first.set(dims.extent, 0, dims.rank, i);
    const auto pack = in.at(lane);
    *reinterpret_cast<Pack<T>*>(out.elements + lane.first.offset(out.strides)) =
        make_pack([&](int k) { return static_cast<T>(pack.v[k]); });
  }
}
template <class T, int N, class B>
__global__ void run_elements(BoundArray<T, N> out, B in, Dims<N> dims, Index size) {
#pragma unroll 1
  for (Index i = first_index(); i < size; i += index_stride()) {
    AtPosition<N> lane;
    lane.set(dims.extent, 0, dims.rank, i);
    out.elements[lane.offset(out.strides)] = static_cast<T>(in.at(lane));
  }
}

/// Squares of the first two dimensions, along the second of which some operand lies in memory: elements are worked out
/// in the order of the second, and written in that of the first.
template <class T>
inline constexpr int square_width = sizeof(T) <= 8 ? 64 : 32;
template <class T, int N, class B>
__global__ void run_turned(BoundArray<T, N> out, B in, Dims<N> dims, Index across, Index down, Index tiles) {
  constexpr int width = square_width<T>, rows = block_threads / width, at_once = width / rows / 2;
  alignas(T) __shared__ unsigned char memory[width * (width + 1) * sizeof(T)];
  T* const shared = reinterpret_cast<T*>(memory);
  const int x = static_cast<int>(threadIdx.x) % width, y = static_cast<int>(threadIdx.x) / width;
#pragma unroll 1
  for (Index tile = blockIdx.x; tile < tiles; tile += gridDim.x) {
    AtPosition<N> lane;
    lane.set(dims.extent, 2, dims.rank, tile / across / down);
    const Index i = tile % across * width, j = tile / across % down * width;
    lane.at[1] = j + x;
#pragma unroll 1
    for (int k = y; k < width; k += rows * at_once) {
      T values[at_once];
#pragma unroll
      for (int u = 0; u < at_once; ++u) {
        lane.at[0] = i + k + u * rows;
        if (lane.at[0] < dims.extent[0] && lane.at[1] < dims.extent[1]) values[u] = static_cast<T>(in.at(lane));
      }
#pragma unroll
      for (int u = 0; u < at_once; ++u) shared[(k + u * rows) * (width + 1) + x] = values[u];
    }
    __syncthreads();
    lane.at[0] = i + x;
#pragma unroll
    for (int k = y; k < width; k += rows) {
      lane.at[1] = j + k;
      if (lane.at[0] < dims.extent[0] && lane.at[1] < dims.extent[1])
        out.elements[lane.offset(out.strides)] = shared[x * (width + 1) + k];
    }
    __syncthreads();  // before the next tile is written to shared memory
  }
}

/// out = in, for all elements of a shape.
template <class T, int N, class B>
void run(Device, const BoundArray<T, N>& out, const Shape<N>& shape, const B& in) {
  if (shape.size() == 0) return;
  Assignment<T, N, B> all{out, in};
  Dims<N> dims = merge(shape, all);
  const Index size = dims.size();
  constexpr Index few = 4096;  // then what counts is the time of one thread
  if (size >= few && takes_packs(dims, all) && all.out.strides[0] == 1)
    return start("elementwise kernel", run_packs<T, N, B>, blocks_for(size / pack_width), all.out, all.in, dims, size);
  if constexpr (N > 1 && sizeof(T) <= 16)
    if (const int second = access_of(all) == Access::strided ? closest(dims, all) : 0) {
      std::swap(dims.extent[1], dims.extent[second]);
      all.each_array([&](auto& a) { std::swap(a.strides[1], a.strides[second]); });
      constexpr int width = square_width<T>;
      const Index across = (dims.extent[0] + width - 1) / width, down = (dims.extent[1] + width - 1) / width,
                  tiles = size / dims.extent[0] / dims.extent[1] * across * down;
      return start("elementwise kernel", run_turned<T, N, B>, static_cast<unsigned>(std::min<Index>(tiles, 1 << 20)),
                   all.out, all.in, dims, across, down, tiles);
    }
  start("elementwise kernel", run_elements<T, N, B>, blocks_for(size), all.out, all.in, dims, size);
}

}  // namespace cuarrays::detail
