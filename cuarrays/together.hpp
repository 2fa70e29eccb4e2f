// Several results of one pass over an expression whose elements are tuples: the adjoints of map.
#pragma once
#include <cuarrays/kernels.hpp>
#include <tuple>

namespace cuarrays::detail {

/// Is there a result to be written? (Else there is a pointer to zygote::none.)
template <class T>
inline constexpr bool has_room = !std::same_as<T, zygote::none>;

template <class T, class P>
FLUX_KERNEL void store(Index i, T* to, const P& part) {
  if constexpr (has_room<T>) to[i] = static_cast<T>(part);
}

/// Part k of element i of `in`, in memory order of `shape`, to outs[k][i].
template <int N, class B, class... T>
void run_together(Host, const std::tuple<T*...>& outs, const Shape<N>& shape, B in) {
  if (shape.size() == 0) return;
  const Dims<N> dims = merge(shape, in);
  const Index length = dims.extent[0];
  const auto run_some = [&]<Access a>(Index begin, Index end) {
    for (Walker walker(dims, in, begin / length); begin < end; walker.next())
      for (Index i = begin % length, stop = std::min(length, i + end - begin); i < stop; ++i, ++begin)
        [&]<std::size_t... k>(std::index_sequence<k...>) {
          const auto all = walker.bound.at(OneElement<a == Access::contiguous>{i});
          (store(begin, std::get<k>(outs), std::get<k>(all)), ...);
        }
    (std::index_sequence_for<T...>{});
  };
  const Access access = access_of(in);
  parallel_ranges(dims.size(), dims.size(), [&](Index begin, Index end) {
    with_access(access, [&]<Access a>() { run_some.template operator()<a>(begin, end); });
  });
}

#ifdef __CUDACC__
template <class T, class P>
__device__ void store_pack(Index i, T* to, const P& part) {
  if constexpr (has_room<T>)
    *reinterpret_cast<Pack<T>*>(to + i) = make_pack([&](int k) { return static_cast<T>(part(k)); });
}
template <bool packs, int N, class B, class... T, std::size_t... k>
__device__ void run_at(std::index_sequence<k...>, Index i, const std::tuple<T*...>& outs, const B& in,
                       const Dims<N>& dims) {
  if constexpr (packs) {
    PackAt<N> lane;
    lane.first.set(dims.extent, 0, dims.rank, i);
    const auto pack = in.at(lane);
    (store_pack(i, std::get<k>(outs), [&](int j) { return std::get<k>(pack.v[j]); }), ...);
  } else {
    AtPosition<N> lane;
    lane.set(dims.extent, 0, dims.rank, i);
    const auto all = in.at(lane);
    (store(i, std::get<k>(outs), std::get<k>(all)), ...);
  }
}
template <bool packs, int N, class B, class... T>
__global__ void run_all(std::tuple<T*...> outs, B in, Dims<N> dims, Index size) {
  constexpr Index width = packs ? pack_width : 1;
#pragma unroll 1
  for (Index i = first_index() * width; i < size; i += index_stride() * width)
    run_at<packs>(std::index_sequence_for<T...>{}, i, outs, in, dims);
}
template <int N, class B, class... T>
void run_together(Device, const std::tuple<T*...>& outs, const Shape<N>& shape, B in) {
  if (shape.size() == 0) return;
  const Dims<N> dims = merge(shape, in);
  const Index size = dims.size();
  if (takes_packs(dims, in))
    start("elementwise kernel", run_all<true, N, B, T...>, blocks_for(size / pack_width), outs, in, dims, size);
  else
    start("elementwise kernel", run_all<false, N, B, T...>, blocks_for(size), outs, in, dims, size);
}
#endif

}  // namespace cuarrays::detail
