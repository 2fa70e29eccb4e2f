// What belongs to an argument while the adjoint of a kernel is worked out: argument(part) is what KernelAdjoint gets,
// result() the adjoint.
//
// On the host large launches are divided into parts, by shapes alone, so that results are the same for any number of
// threads. Arrays are divided in the same way: a part adds to its own elements in place. What it has for those of other
// parts it writes down; once that is much, it has sums of its own of all elements. In the end each part adds up, in
// order, what the others have for it.
#pragma once
#include <cuarrays/indexing.hpp>
#include <cuarrays/traced.hpp>

namespace cuarrays {

namespace detail {
/// Large launches on the host are divided into this many parts.
inline constexpr Index host_parts = 4;
/// Number `part` of the parts of [0, size) begins here.
constexpr Index part_begin(Index part, Index parts, Index size) {
  return size / parts * part + size % parts * part / parts;
}

/// What one part adds to the elements of an array.
template <class T>
class PartSum {
 public:
  PartSum(T* all, Index size, Index part, Index parts)
      : own_(all),
        begin_(part_begin(part, parts, size)),
        end_(part_begin(part + 1, parts, size)),
        size_(size),
        to_(all),
        from_(begin_) {}
  void add(Index at, const T& d) {
    if (static_cast<std::size_t>(at - from_) < static_cast<std::size_t>(count_))
      zygote::accumulate<T>(to_[at], d);
    else
      add_elsewhere(at, d);
  }
  /// Adds what all parts have for the elements of this one.
  void collect(const std::vector<PartSum>& parts) {
    zero_until(end_);
    for (const PartSum& other : parts) {
      for (const Far& far : other.far_)
        if (owns(far.at)) zygote::accumulate<T>(own_[far.at], far.d);
      if (!other.everything_.empty())
        for (Index i = begin_; i < end_; ++i) zygote::accumulate<T>(own_[i], other.everything_.data()[i]);
    }
  }

 private:
  struct Far {
    Index at;
    T d;
  };
  T* own_;  // elements of all parts
  Index begin_, end_, size_, zeroed_ = 0;
  // Where add adds without further questions: to elements that are zeroed, in the cache, before they are first needed.
  T* to_;
  Index from_, count_ = 0;
  std::vector<Far> far_;
  Array<T, 1> everything_;

  bool owns(Index at) const { return at >= begin_ && at < end_; }
  void zero_until(Index end) {
    if (begin_ + zeroed_ < end) std::fill(own_ + begin_ + zeroed_, own_ + end, T());
    zeroed_ = std::max(zeroed_, end - begin_);
  }
  [[gnu::noinline]] void add_elsewhere(Index at, T d) {
    constexpr Index ahead = std::max(Index(1), Index(16384 / sizeof(T)));
    if (owns(at)) {
      zero_until(std::min(end_, at + ahead));
      count_ = zeroed_;
      return zygote::accumulate<T>(own_[at], d);
    }
    far_.push_back({at, d});
    if (static_cast<Index>(far_.size()) <= size_ / 64) return;
    everything_ = Array<T, 1>(Shape(size_));
    to_ = everything_.mutable_data(), from_ = 0, count_ = size_;
    for (const Far& each : std::exchange(far_, {})) zygote::accumulate<T>(to_[each.at], each.d);
  }
};
template <class T>
struct AddInPart {
  PartSum<T>* part;
  FLUX_KERNEL constexpr AddInPart from(Index) const { return *this; }
  FLUX_KERNEL constexpr void operator()([[maybe_unused]] Index at, [[maybe_unused]] const T& d) const {
#ifndef __CUDA_ARCH__
    part->add(at, d);
#endif
  }
};
template <class X>
class PartSums {
  using T = typename X::value_type;
  const X& x_;
  X sum_;
  std::vector<PartSum<T>> parts_;

 public:
  PartSums(const X& x, Index parts) : x_(x), sum_(x.shape(), Uninitialised{}) {
    for (Index part = 0; part < parts; ++part) parts_.emplace_back(sum_.mutable_data(), x.size(), part, parts);
  }
  auto argument(Index part) {
    return Traced<T, X::rank, AddInPart<T>>{x_.view(), {&parts_[static_cast<std::size_t>(part)]}};
  }
  X result() {
    parallel_ranges(static_cast<Index>(parts_.size()), sum_.size(), [&](Index part, Index end) {
      for (; part < end; ++part) parts_[static_cast<std::size_t>(part)].collect(parts_);
    });
    return sum_;
  }
};

/// No adjoint.
template <class X>
struct NoSum {
  const X& x;
  auto argument(Index) const { return kernel_argument(x); }
  zygote::none result() const { return {}; }
};
/// Of a scalar, or of the kernel: one adjoint per index, then their sum.
template <class T, int N, class Space>
struct ScalarSum {
  T value;
  BasicArray<T, N, Space> each;
  auto argument(Index) { return EachAdjoint<T, N>{value, each.view()}; }
  auto result() const { return reduced("launch", Accumulate<T>{}, each); }
};
/// Of an array on the GPU.
template <class X>
struct AtomicSum {
  using T = typename X::value_type;
  const X& x;
  X sum;

  explicit AtomicSum(const X& x) : x(x), sum(x.shape()) {}
  auto argument(Index) { return Traced<T, X::rank, AddAtomic<T>>{x.view(), {sum.mutable_data()}}; }
  X result() const { return sum; }
};

/// Additions that were written down, sorted by place: the first of each place adds up all of them.
struct AddRuns {
  FLUX_KERNEL void operator()(Index k, auto out, auto places, auto values, auto order) const {
    const Index at = places[order[k]];
    if (k > 0 && places[order[k - 1]] == at) return;
    auto total = values[order[k]];
    for (; ++k < order.size() && places[order[k]] == at;) zygote::accumulate<decltype(total)>(total, values[order[k]]);
    out[at] = total;
  }
};
template <class X>
struct OrderedSum {
  using T = typename X::value_type;
  using Space = typename X::space;
  const X& x;
  BasicArray<Index, 1, Space> counts, places;
  BasicArray<T, 1, Space> values;

  OrderedSum(const X& x, Index calls) : x(x), counts(Shape(calls)) {}
  auto counting() { return Traced<T, X::rank, CountAdds<T>>{x.view(), {counts.mutable_data()}}; }
  auto argument(Index) {
    const auto ends = scan(zygote::math::add_t{}, counts);
    Index total = 0;
    if (!ends.empty()) copy(Host{}, Space{}, &total, ends.data() + ends.size() - 1, sizeof total);
    if (total > std::numeric_limits<int>::max())
      fail("launch", "expected fewer than 2^31 reads for an adjoint with ordered = true, got ", total);
    counts = BasicArray<Index, 1, Space>(ends - counts);
    places = BasicArray<Index, 1, Space>(Shape(total), Uninitialised{});
    values = BasicArray<T, 1, Space>(Shape(total), Uninitialised{});
    return Traced<T, X::rank, RecordAdds<T>>{x.view(),
                                             {counts.mutable_data(), places.mutable_data(), values.mutable_data()}};
  }
  X result() const {
    X out(x.shape());
    launch(AddRuns{}, places.size(), out, places, values, sortperm(places));
    return out;
  }
};

/// An array that the kernel writes to: as it was, and the adjoint of what it became, none for integers.
template <class X, class D>
struct Changed {
  const X& x;
  const D& d;
};
template <class X, class D>
struct WrittenSum {
  static auto written(X& x, [[maybe_unused]] D& d) {
    if constexpr (zygote::NoAdjoint<D>)
      return x.view();
    else
      return Written<typename X::value_type, X::rank>{x.view(), d.view()};
  }
  struct Pair {
    X x;
    D d;
    decltype(written(x, d)) view = written(x, d);
  };
  Pair now, counted{};

  explicit WrittenSum(const Changed<X, D>& c) : now{c.x, c.d} {}
  auto argument(Index) const { return now.view; }
  auto counting() { return (counted = Pair{now.x, now.d}).view; }
  D result() const { return now.d; }
};

}  // namespace detail

}  // namespace cuarrays
