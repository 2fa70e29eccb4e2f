// Of bench_gpu: scans, sorts, elements by index, beside CUB called directly where it has the same.
#include <cub/device/device_radix_sort.cuh>
#include <cub/device/device_scan.cuh>
#include <zygote/runtime/gradient.hpp>

#include "gpu_timer.hpp"

using namespace bench;

namespace {

/// call(memory, bytes): CUB's functions want memory of their own, and say how much if they get none.
template <class Call>
class WithMemory {
 public:
  explicit WithMemory(Call call) : call_(call) {
    CUARRAYS_CHECK(call_(nullptr, bytes_));
    memory_ = detail::Buffer<Device>(bytes_);
  }
  void operator()() const {
    std::size_t bytes = bytes_;
    CUARRAYS_CHECK(call_(memory_.data(), bytes));
  }

 private:
  Call call_;
  std::size_t bytes_ = 0;
  detail::Buffer<Device> memory_;
};

void scans(Index n) {
  const double bytes = 4. * static_cast<double>(n);
  const zygote::math::add_t add;
  const auto& a = source;
  const auto square = a.reshape(Shape(1000, n / 1000));
  bandwidth("scan", 2 * bytes, [&] { scan(add, a); });
  bandwidth("scan_exclusive", 2 * bytes, [&] { scan_exclusive(add, a); });
  bandwidth("scan along 0 of (1000, ...)", 2 * bytes, [&] { scan(add, square); });
  const auto wide = a.reshape(Shape(n / 1000, 1000));
  bandwidth("scan along 1 of (..., 1000)", 2 * bytes, [&] { scan(add, wide, 1); });
  float* const out = target.mutable_data();
  WithMemory sum_of([&](void* memory, std::size_t& size) {
    return cub::DeviceScan::InclusiveSum(memory, size, a.data(), out, n, detail::stream);
  });
  bandwidth("cub::DeviceScan::InclusiveSum", 2 * bytes, [&] { sum_of(); });
  beside("CUB", sum_of, "scan", [&] { scan(add, a); });
}

template <class K, class V>
struct Pairs {
  const K* keys;
  const V* values;
  K* sorted;
  V* moved;
  Index n;
  cudaError_t operator()(void* memory, std::size_t& size) const {
    return cub::DeviceRadixSort::SortPairs(memory, size, keys, sorted, values, moved, n, 0, 32, detail::stream);
  }
};
void sorts(Index n) {
  Rng rng(6);
  const auto keys = rand<float, Device>(rng, n), values = rand<float, Device>(rng, n);
  CuArray<float, 1> sorted({n}), moved({n});
  CuArray<int, 1> order({n});
  const CuArray<int, 1> in_order = broadcast(convert_t<int>{}, Positions<1, Device>(Shape<1>(n)));
  const CuArray<int, 1> integers = broadcast(convert_t<int>{}, keys * 1e9f);
  CuArray<int, 1> integers_out({n});
  float* const to = sorted.mutable_data();
  int* const positions = order.mutable_data();
  WithMemory only_keys([&, to](void* memory, std::size_t& size) {
    return cub::DeviceRadixSort::SortKeys(memory, size, keys.data(), to, n, 0, 32, detail::stream);
  });
  WithMemory with_values(Pairs<float, float>{keys.data(), values.data(), to, moved.mutable_data(), n});
  WithMemory with_positions(Pairs<float, int>{keys.data(), in_order.data(), to, positions, n});
  WithMemory of_integers(Pairs<int, int>{integers.data(), in_order.data(), integers_out.mutable_data(), positions, n});
  beside("CUB's SortKeys", only_keys, "sort", [&] { sort(keys); });
  beside("CUB's SortPairs", with_values, "sort_by_key", [&] { sort_by_key(keys, values); });
  beside("CUB's SortPairs", with_positions, "sortperm", [&] { sortperm(keys); });
  beside("CUB's SortPairs", of_integers, "sortperm of int", [&] { sortperm(integers); });
  beside("CUB's SortPairs", with_positions, "sortperm by greater_t", [&] { sortperm(keys, greater_t{}); });
}

/// Random numbers below `end`.
CuArray<int, 1> places(Rng& rng, Index n, Index end) {
  return zygote::math::min(broadcast(convert_t<int>{}, rand<float, Device>(rng, n) * static_cast<float>(end)),
                           static_cast<int>(end - 1));
}
void by_index(Index n) {
  Rng rng(7);
  const double some = static_cast<double>(n / 10);
  const auto& a = source;
  const auto values = rand<float, Device>(rng, n / 10);
  const auto anywhere = places(rng, n / 10, n), few = places(rng, n / 10, n / 100);
  bandwidth("gather: elements, any order", 12 * some, [&] { gather(a, anywhere); });
  const auto gathered = zygote::pullback(gather, a, anywhere);
  bandwidth("its adjoint", 12 * some + 4. * static_cast<double>(n), [&] { gathered.back(values); });
  bandwidth("scatter: 10 values to a place, any order", 8 * some,
            [&] { scatter(zygote::math::add_t{}, CuArray<float, 1>({n / 100}), few, values); });
  // 256 features of a word
  const auto table = rand<float, Device>(rng, 256, 50000);
  const auto words = places(rng, n / 2560, 50000);
  const auto d = rand<float, Device>(rng, 256, words.size());
  const double moved = 4. * static_cast<double>(d.size());
  bandwidth("gather: columns of (256, 50000), embedding", 2 * moved, [&] { gather(table, words); });
  const auto embedded = zygote::pullback(gather, table, words);
  bandwidth("its adjoint, embedding", moved + 4. * static_cast<double>(table.size()), [&] { embedded.back(d); });
}
}  // namespace

void bench::indexing(Index n) {
  const double bytes = 4. * static_cast<double>(n);
  const auto square = source.reshape(Shape(1000, n / 1000));
  bandwidth("argmax", bytes, [&] { argmax(source); });
  bandwidth("argmax over (1000, ...) along 0", bytes, [&] { argmax(square, 0); });
  bandwidth("argmax over (1000, ...) along 1", bytes, [&] { argmax(square, 1); });
  scans(n);
  sorts(n / 10);
  by_index(n);
}
