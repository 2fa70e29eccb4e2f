// Batches of a data set that is held in arrays.
#pragma once
#include <cuarrays/cuarrays.hpp>
#include <layers/random.hpp>
#include <numeric>
#include <optional>
#include <span>
#include <tuple>
#include <vector>
#include <zygote/runtime/fields.hpp>

namespace flux {

struct LoaderOptions {
  std::size_t batch_size = 32;
  bool shuffle = false;
  std::optional<std::uint64_t> seed = {};  // of the order; by default it comes from default_rng() of layers
  bool pin = false;                        // batches of host data lie in page-locked memory: gpu(batch) does not wait
};

namespace internal {
/// Copies whole samples, which are the elements of the last dimension.
template <class T, int N>
cuarrays::Array<T, N> take(const cuarrays::Array<T, N>& from, const cuarrays::Index* samples, cuarrays::Index count,
                           bool pin) {
  auto shape = from.shape();
  const auto block = shape[N - 1] == 0 ? 0 : from.size() / shape[N - 1];
  shape[N - 1] = count;
  using Batch = cuarrays::Array<T, N>;
  Batch batch = pin ? Batch(shape, cuarrays::Pinned{}) : Batch(shape, cuarrays::Uninitialised{});
  T* to = batch.mutable_data();
  for (cuarrays::Index i = 0; i < count; ++i) std::copy_n(from.data() + samples[i] * block, block, to + i * block);
  return batch;
}
struct TakeElement {
  cuarrays::Index block;
  FLUX_KERNEL void operator()(cuarrays::Index i, auto to, auto from, auto samples) const {
    to[i] = from[samples[i / block] * block + i % block];
  }
};
template <class T, int N>
cuarrays::CuArray<T, N> take(const cuarrays::CuArray<T, N>& from, const cuarrays::Index* samples, cuarrays::Index count,
                             bool) {
  auto shape = from.shape();
  const auto block = shape[N - 1] == 0 ? 0 : from.size() / shape[N - 1];
  shape[N - 1] = count;
  cuarrays::CuArray<T, N> batch(shape, cuarrays::Uninitialised{});
  const cuarrays::CuArray<cuarrays::Index, 1> which({count}, std::span(samples, static_cast<std::size_t>(count)));
  cuarrays::launch(TakeElement{block}, batch.size(), batch, from, which);
  return batch;
}
}  // namespace internal

/// Iterates over batches (x, y, ...) of the arrays of a struct, tuple or pair along their last dimension, or of one
/// array. The last batch may be smaller. Each pass over a shuffling loader has another order; all are determined by the
/// seed.
template <class Data>
class DataLoader {
 public:
  /// Throws std::invalid_argument if the arrays differ in their last dimension, or if batch_size is 0.
  explicit DataLoader(Data data, LoaderOptions options = {})
      : data_(std::move(data)),
        options_(options),
        rng_(options.seed || !options.shuffle ? options.seed.value_or(0) : layers::default_rng()()) {
    if (options_.batch_size == 0) cuarrays::detail::fail("DataLoader", "expected a batch_size of 1 or more, got 0");
    std::apply(
        [&](const auto& first, const auto&... rest) {
          order_.resize(static_cast<std::size_t>(length(first)));
          std::iota(order_.begin(), order_.end(), cuarrays::Index(0));
          if (((length(rest) != length(first)) || ...))
            cuarrays::detail::fail("DataLoader", "expected arrays of equal last dimension, got ", first.shape(),
                                   cuarrays::detail::text(" and ", rest.shape())...);
        },
        arrays());
  }

  std::size_t samples() const { return order_.size(); }
  /// Batches per pass.
  std::size_t size() const { return (samples() + options_.batch_size - 1) / options_.batch_size; }

  struct End {};
  class Iterator {
   public:
    explicit Iterator(const DataLoader& loader) : loader_(&loader) {}
    auto operator*() const { return loader_->batch(first_); }
    Iterator& operator++() {
      first_ += loader_->options_.batch_size;
      return *this;
    }
    bool operator!=(End) const { return first_ < loader_->samples(); }

   private:
    const DataLoader* loader_;
    std::size_t first_ = 0;
  };

  /// Starts a pass. (One at a time: a second one shuffles anew.)
  Iterator begin() {
    if (options_.shuffle) cuarrays::shuffle(rng_, order_);
    return Iterator(*this);
  }
  End end() const { return {}; }

 private:
  template <class T, int N, class Space>
  static cuarrays::Index length(const cuarrays::BasicArray<T, N, Space>& array) {
    return array.size(N - 1);
  }
  auto arrays() const {
    if constexpr (cuarrays::AnyArray<Data>)
      return std::tie(data_);
    else if constexpr (zygote::HasFields<Data>)
      return zygote::fields(data_);
    else
      return std::apply([](const auto&... array) { return std::tie(array...); }, data_);
  }
  /// A tuple of arrays; a plain array if the data is one.
  auto batch(std::size_t first) const {
    const auto count = static_cast<cuarrays::Index>(std::min(options_.batch_size, samples() - first));
    if constexpr (cuarrays::AnyArray<Data>)
      return internal::take(data_, &order_[first], count, options_.pin);
    else
      return std::apply(
          [&](const auto&... array) {
            return std::tuple{internal::take(array, &order_[first], count, options_.pin)...};
          },
          arrays());
  }

  Data data_;
  LoaderOptions options_;
  cuarrays::Rng rng_;
  std::vector<cuarrays::Index> order_;
};

}  // namespace flux
