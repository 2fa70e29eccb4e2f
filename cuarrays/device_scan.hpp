// Scans and sorts on the GPU: by Thrust and CUB, which know the common operations and types best. Included by
// indexing.hpp, for nvcc only.
#pragma once
#include <thrust/execution_policy.h>
#include <thrust/functional.h>
#include <thrust/iterator/transform_iterator.h>
#include <thrust/scan.h>
#include <thrust/sort.h>

#include <cuarrays/combine.hpp>
#include <cub/block/block_scan.cuh>
#include <vector>

namespace cuarrays::detail {

/// What Thrust needs for itself comes from where arrays have their memory, and goes back there in stream order.
class ThrustMemory {
 public:
  using value_type = char;
  char* allocate(std::ptrdiff_t bytes) {
    return static_cast<char*>(held_.emplace_back(static_cast<std::size_t>(bytes)).data());
  }
  void deallocate(char*, std::size_t) {}

 private:
  std::vector<Buffer<Device>> held_;
};

/// A block of threads per lane, `packs` at a time if rows begin where packs may.
template <bool exclusive, bool packs, class Op, class T, class X>
__global__ void scan_lanes(Op op, const X* from, T* to, Index length, Index lanes) {
  using Scan = cub::BlockScan<T, block_threads>;
  __shared__ typename Scan::TempStorage memory;
#pragma unroll 1
  for (Index lane = blockIdx.x; lane < lanes; lane += gridDim.x) {
    const X* const in = from + lane * length;
    T* const out = to + lane * length;
    T before = neutral<Op, T>();
#pragma unroll 1
    for (Index first = 0; first < length; first += pack_width * block_threads) {
      const Index begin = first + Index(threadIdx.x) * pack_width;
      T values[pack_width], all;
      Pack<T> sums;
      if (packs && begin < length) {
        const Pack<X> pack = *reinterpret_cast<const Pack<X>*>(in + begin);
        for (int k = 0; k < pack_width; ++k) values[k] = static_cast<T>(pack.v[k]);
      } else
        for (int k = 0; k < pack_width; ++k)
          values[k] = !packs && begin + k < length ? static_cast<T>(in[begin + k]) : neutral<Op, T>();
      Scan(memory).ExclusiveScan(values, sums.v, neutral<Op, T>(), op, all);
      for (int k = 0; k < pack_width; ++k) {
        sums.v[k] = static_cast<T>(op(before, sums.v[k]));
        if constexpr (!exclusive) sums.v[k] = static_cast<T>(op(sums.v[k], values[k]));
        if (!packs && begin + k < length) out[begin + k] = sums.v[k];
      }
      if (packs && begin < length) *reinterpret_cast<Pack<T>*>(out + begin) = sums;
      before = static_cast<T>(op(before, all));
      __syncthreads();  // before shared memory is used again
    }
  }
}

/// Of `lanes` lanes of `length` elements, which follow each other.
template <bool exclusive, class Op, class T, class X>
void scan_on_device(const Op& op, const X* from, T* to, Index length, Index lanes) {
  if (lanes >= 64) {
    const bool packs = length % pack_width == 0 && reinterpret_cast<std::uintptr_t>(from) % alignof(Pack<X>) == 0;
    return start("scan kernel", packs ? scan_lanes<exclusive, true, Op, T, X> : scan_lanes<exclusive, false, Op, T, X>,
                 blocks_for(lanes * block_threads), op, from, to, length, lanes);
  }
  for (; lanes > 1; --lanes, from += length, to += length) scan_on_device<exclusive>(op, from, to, length, 1);
  ThrustMemory memory;
  const auto policy = thrust::cuda::par_nosync(memory).on(stream);
  const auto scan = [&](const auto& values, const auto& known) {
    if constexpr (exclusive)
      thrust::exclusive_scan(policy, values, values + length, to, neutral<Op, T>(), known);
    else
      thrust::inclusive_scan(policy, values, values + length, to, known);
  };
  const auto with_op = [&](const auto& values) {
    if constexpr (std::same_as<Op, zygote::math::add_t>)
      scan(values, thrust::plus<T>());
    else
      scan(values, op);
  };
  if constexpr (std::same_as<T, X>)
    with_op(from);
  else
    with_op(thrust::make_transform_iterator(from, convert_t<T>{}));
}

/// Sorts n keys, and positions with them; equal keys stay in order.
template <class K, class Less>
void sort_on_device(K* keys, Index n, int* positions, const Less& less) {
  ThrustMemory memory;
  const auto policy = thrust::cuda::par_nosync(memory).on(stream);
  if constexpr (std::same_as<Less, less_t> && std::is_arithmetic_v<K>)
    thrust::stable_sort_by_key(policy, keys, keys + n, positions, thrust::less<K>());
  else
    thrust::stable_sort_by_key(policy, keys, keys + n, positions, less);
}

}  // namespace cuarrays::detail
