// Elements by index: gather and scatter, inclusive and exclusive scans, sorting. Along one dimension; what comes before
// and after it are lanes that do not depend on each other. All orders are fixed, so results are the same run to run.
#pragma once
#include <cuarrays/storage.hpp>

#ifdef __CUDACC__
#include <thrust/execution_policy.h>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/iterator/transform_iterator.h>
#include <thrust/scan.h>
#include <thrust/sort.h>
#endif

namespace cuarrays {

namespace detail {
#ifdef __CUDACC__
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
#endif

/// An array as (inner, length, outer) around one dimension.
template <class A>
auto around(const char* operation, const A& a, int dim) {
  if (dim < 0 || dim >= A::rank) fail(operation, "expected a dimension from 0 to ", A::rank - 1, ", got ", dim);
  Shape<3> shape(1, a.size(dim), 1);
  for (int d = 0; d < A::rank; ++d)
    if (d != dim) shape[d < dim ? 0 : 2] *= a.size(d);
  return a.is_void() ? Shape<3>() : shape;
}

struct GatherKernel {
  FLUX_KERNEL void operator()(Index i, Index k, Index j, auto out, auto in, auto indices) const {
    const Index at = indices[k];
    using T = std::remove_cvref_t<decltype(out(i, k, j))>;
    out(i, k, j) = at >= 0 && at < in.size(1) ? in(i, at, j) : T();
  }
};
/// One lane per call, its elements in order: any combiner, and the same result always.
template <class Op>
struct ScatterLane {
  Op op;
  FLUX_KERNEL void operator()(Index i, Index j, auto out, auto in, auto indices) const {
    using T = std::remove_cvref_t<decltype(out(i, 0, j))>;
    for (Index k = 0; k < indices.size(); ++k)
      if (const Index at = indices[k]; at >= 0 && at < out.size(1))
        out(i, at, j) = static_cast<T>(op(out(i, at, j), in(i, k, j)));
  }
};
/// The same result with more calls, `order` being that which sorts the indices: the first of each index combines all of
/// them, in order.
template <class Op>
struct ScatterRun {
  Op op;
  FLUX_KERNEL void operator()(Index i, Index k, Index j, auto out, auto in, auto indices, auto order) const {
    using T = std::remove_cvref_t<decltype(out(i, 0, j))>;
    const Index at = indices[order[k]];
    if (at < 0 || at >= out.size(1) || (k > 0 && indices[order[k - 1]] == at)) return;
    T all = out(i, at, j);
    for (; k < order.size() && indices[order[k]] == at; ++k) all = static_cast<T>(op(all, in(i, Index(order[k]), j)));
    out(i, at, j) = all;
  }
};
/// Which lane an element belongs to, where lanes follow each other.
struct LaneOf {
  Index length;
  FLUX_KERNEL Index operator()(Index i) const { return i / length; }
};
template <class Op>
struct ScanKernel {
  Op op;
  bool exclusive;
  FLUX_KERNEL void operator()(Index i, Index j, auto out, auto in) const {
    using T = std::remove_cvref_t<decltype(out(i, 0, j))>;
    T total = neutral<Op, T>();
    for (Index k = 0; k < in.size(1); ++k) {
      const T next = static_cast<T>(op(total, in(i, k, j)));
      out(i, k, j) = exclusive ? total : next;
      total = next;
    }
  }
};
/// y_k = op(y_k-1, x_k), backwards: what reaches y_k is d_k and what y_k+1 passes on.
template <class Op>
struct ScanAdjointKernel {
  Op op;
  FLUX_KERNEL void operator()(Index i, Index j, auto dx, auto d, auto x, auto y) const {
    using T = std::remove_cvref_t<decltype(dx(i, 0, j))>;
    T reaches = T();
    for (Index k = x.size(1); k-- > 0;) {
      reaches += d(i, k, j);
      const auto both = op.pullback(k > 0 ? y(i, k - 1, j) : neutral<Op, T>(), x(i, k, j)).back(reaches);
      dx(i, k, j) = std::get<1>(both);
      reaches = std::get<0>(both);
    }
  }
};
template <class A, class Ix>
void check_indices(const char* operation, const Ix& indices, Index extent) {
  if constexpr (std::same_as<typename Ix::space, Host>)
    for (const auto i : indices)
      if (i < 0 || i >= extent) fail(operation, "expected indices from 0 to ", extent - 1, ", got ", i);
}
}  // namespace detail

/// Positions that would sort each column (the first dimension), equal elements in order: less(x, y).
template <Arrays A, class Less = less_t>
auto sortperm(const A& a, const Less& less = {}) {
  using X = Materialised<A>;
  X x = materialise(a);
  BasicArray<int, X::rank, typename X::space> order(x.shape(), Uninitialised{});
  const Index n = x.size(0), columns = n ? x.size() / n : 0;
  int* p = order.mutable_data();
  if constexpr (std::same_as<typename X::space, Host>) {
    const auto* keys = std::as_const(x).data();
    detail::parallel_ranges(columns, x.size(), [&](Index begin, Index end) {
      for (Index c = begin; c < end; ++c) {
        for (Index i = 0; i < n; ++i) p[c * n + i] = static_cast<int>(i);
        std::stable_sort(p + c * n, p + (c + 1) * n,
                         [&](int i, int j) { return less(keys[c * n + i], keys[c * n + j]); });
      }
    });
  } else {
#ifdef __CUDACC__
    order = broadcast(modulo_t{}, Positions<X::rank, Device>(x.shape()), n);
    p = order.mutable_data();
    auto* keys = x.mutable_data();
    detail::ThrustMemory memory;
    for (Index c = 0; c < columns; ++c)
      thrust::stable_sort_by_key(thrust::cuda::par_nosync(memory).on(detail::stream), keys + c * n,
                                 keys + (c + 1) * n, p + c * n, less);
#else
    static_assert(!sizeof(X), "cuarrays: sorting a CuArray needs nvcc: name this file .cu");
#endif
  }
  return order;
}

struct scatter_t {
  template <class Op, AnyArray A, class I, class Space, Arrays X>
  A operator()(const Op& op, A into, const BasicArray<I, 1, Space>& indices, const X& x, int dim = A::rank - 1) const {
    const auto values = materialise(x);
    const Shape<3> to = detail::around("scatter", into, dim), from = detail::around("scatter", values, dim);
    if (from != Shape(to[0], indices.size(), to[2]))
      detail::fail("scatter", "expected one value per index along dimension ", dim, ", got ", values.shape(), " and ",
                   indices.size(), " indices into ", into.shape());
    detail::check_indices<A>("scatter", indices, to[1]);
    auto out = into.reshape(to);
    into = A();  // so that nobody shares the elements
    const auto in = std::as_const(values).reshape(from);
    if constexpr (std::same_as<typename A::space, Host>)
      launch(detail::ScatterLane<Op>{op}, Shape(to[0], to[2]), out, in, indices);
    else
      launch(detail::ScatterRun<Op>{op}, from, out, in, indices, sortperm(indices));
    Shape<A::rank> shape = values.shape();
    shape[dim] = to[1];
    return out.reshape(shape);
  }
};
/// scatter(op, into, indices, x, dim): element k of x along dim (the last, if not said) is combined into element
/// indices[k] of `into`, in order of k. Indices outside: an error on the host, left out on the GPU.
inline constexpr scatter_t scatter;

struct gather_t {
  template <Arrays A, class I, class Space>
  auto operator()(const A& a, const BasicArray<I, 1, Space>& indices, int dim = Materialised<A>::rank - 1) const {
    const auto x = materialise(a);
    const Shape<3> from = detail::around("gather", x, dim), to(from[0], indices.size(), from[2]);
    detail::check_indices<A>("gather", indices, from[1]);
    auto shape = x.shape();
    shape[dim] = indices.size();
    BasicArray<typename Materialised<A>::value_type, 3, Space> out(to, Uninitialised{});
    launch(detail::GatherKernel{}, to, out, std::as_const(x).reshape(from), indices);
    return out.reshape(shape);
  }
  template <Arrays A, class I, class Space, class... Dim>
  auto pullback(const A& a, const BasicArray<I, 1, Space>& indices, Dim... dims) const {
    const Materialised<A> x = materialise(a);
    return zygote::Pullback{(*this)(x, indices, dims...), [shape = x.shape(), indices, dims...](const auto& d) {
                              auto contribution = [=] {
                                if (d.is_void()) return Materialised<A>();
                                return scatter(zygote::math::add_t{}, Materialised<A>(shape), indices, d, dims...);
                              };
                              return std::tuple_cat(std::make_tuple(detail::Deferred(contribution), zygote::none{}),
                                                    detail::none_for_each<Dim...>());
                            }};
  }
};
/// gather(a, indices, dim): elements indices[k] along dim (the last, if not said): (features, n), (batch) ->
/// (features, batch). Indices outside: an error on the host, zeros on the GPU.
inline constexpr gather_t gather;

template <bool exclusive>
struct scan_t {
  template <class Op, Arrays A>
  auto operator()(const Op& op, const A& a, int dim = 0) const {
    using X = Materialised<A>;
    using T = detail::Accumulator<Op, typename X::value_type>;
    const X x = materialise(a);
    const Shape<3> shape = detail::around("scan", x, dim);
    BasicArray<T, 3, typename X::space> out(shape, Uninitialised{});
    T* const to = out.mutable_data();
#ifdef __CUDACC__
    if constexpr (std::same_as<typename X::space, Device>)
      if (shape[0] == 1 && x.size() > 0) {
        detail::ThrustMemory memory;
        const auto policy = thrust::cuda::par_nosync(memory).on(detail::stream);
        const auto from = thrust::make_transform_iterator(x.data(), convert_t<T>{}), last = from + x.size();
        const auto lanes = thrust::make_transform_iterator(thrust::make_counting_iterator(Index(0)),
                                                           detail::LaneOf{shape[1]});
        if (shape[2] > 1)
          if constexpr (exclusive)
            thrust::exclusive_scan_by_key(policy, lanes, lanes + x.size(), from, to, neutral<Op, T>(),
                                          thrust::equal_to<Index>(), op);
          else
            thrust::inclusive_scan_by_key(policy, lanes, lanes + x.size(), from, to, thrust::equal_to<Index>(), op);
        else if constexpr (exclusive)
          thrust::exclusive_scan(policy, from, last, to, neutral<Op, T>(), op);
        else
          thrust::inclusive_scan(policy, from, last, to, op);
        return out.reshape(x.shape());
      }
#endif
    (void)to;
    launch(detail::ScanKernel<Op>{op, exclusive}, Shape(shape[0], shape[2]), out, std::as_const(x).reshape(shape));
    return out.reshape(x.shape());
  }
  template <class Op, Arrays A, class... Dim>
  requires(!exclusive) auto pullback(const Op& op, const A& a, Dim... dims) const {
    using X = Materialised<A>;
    const X x = materialise(a), y = (*this)(op, x, dims...);
    return zygote::Pullback{y, [op, x, y, dims...](const auto& d) {
                              auto contribution = [=] { return scan_t::adjoint(op, x, y, d, dims...); };
                              return std::tuple_cat(std::make_tuple(zygote::none{}, detail::Deferred(contribution)),
                                                    detail::none_for_each<Dim...>());
                            }};
  }

 private:
  template <class Op, class X, class D>
  static X adjoint(const Op& op, const X& x, const X& y, const D& d, int dim = 0) {
    if (d.is_void()) return X();
    if constexpr (std::same_as<Op, zygote::math::add_t>)
      return flip(scan_t{}(op, flip(d, dim), dim), dim);
    else {
      const Shape<3> shape = detail::around("scan", x, dim);
      BasicArray<typename X::value_type, 3, typename X::space> dx(shape, Uninitialised{});
      launch(detail::ScanAdjointKernel<Op>{op}, Shape(shape[0], shape[2]), dx, std::as_const(d).reshape(shape),
             x.reshape(shape), y.reshape(shape));
      return dx.reshape(x.shape());
    }
  }
};
/// scan(op, a, dim): op over all elements up to and with each, along dim 0 if not said; op has a neutral element and is
/// associative. Its adjoint calls op.pullback.
inline constexpr scan_t<false> scan;
/// The same without the element itself; the first is neutral.
inline constexpr scan_t<true> scan_exclusive;

namespace detail {
struct TakeKernel {
  FLUX_KERNEL void operator()(Index i, Index j, auto out, auto in, auto order) const {
    out(i, j) = in(static_cast<Index>(order(i, j)), j);
  }
};
struct PutKernel {
  FLUX_KERNEL void operator()(Index i, Index j, auto out, auto in, auto order) const {
    out(static_cast<Index>(order(i, j)), j) = in(i, j);
  }
};
template <class Kernel, class X, class Order>
X by_order(const X& x, const Order& order) {
  const Shape<2> shape(x.size(0), x.size(0) ? x.size() / x.size(0) : 0);
  if (x.shape() != order.shape()) fail("sort", "expected values of the shape ", order.shape(), ", got ", x.shape());
  auto out = X(x.shape(), Uninitialised{}).reshape(shape);
  launch(Kernel{}, shape, out, x.reshape(shape), order.reshape(shape));
  return out.reshape(x.shape());
}
}  // namespace detail

struct sort_by_key_t {
  template <Arrays K, Arrays A, class... Less>
  auto operator()(const K& keys, const A& a, const Less&... less) const {
    return detail::by_order<detail::TakeKernel>(materialise(a), sortperm(keys, less...));
  }
  template <Arrays K, Arrays A, class... Less>
  auto pullback(const K& keys, const A& a, const Less&... less) const {
    const auto order = sortperm(keys, less...);
    return zygote::Pullback{detail::by_order<detail::TakeKernel>(materialise(a), order), [order](const auto& d) {
                              auto contribution = [=] {
                                return d.is_void() ? d : detail::by_order<detail::PutKernel>(d, order);
                              };
                              return std::tuple_cat(std::make_tuple(zygote::none{}, detail::Deferred(contribution)),
                                                    detail::none_for_each<Less...>());
                            }};
  }
};
/// sort_by_key(keys, values, less): each column of values in the order that sorts that of keys.
inline constexpr sort_by_key_t sort_by_key;

struct sort_t {
  template <Arrays A, class... Less>
  auto operator()(const A& a, const Less&... less) const {
    const auto x = materialise(a);
    return sort_by_key(x, x, less...);
  }
  template <Arrays A, class... Less>
  auto pullback(const A& a, const Less&... less) const {
    const auto x = materialise(a);
    auto p = sort_by_key.pullback(x, x, less...);
    return zygote::Pullback{std::move(p.value), [back = std::move(p.back)](const auto& d) {
                              return std::tuple_cat(std::make_tuple(std::get<1>(back(d))),
                                                    detail::none_for_each<Less...>());
                            }};
  }
};
/// Each column in increasing order, or by less(x, y).
inline constexpr sort_t sort;

}  // namespace cuarrays
