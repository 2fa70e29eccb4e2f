// Elements by index: gather and scatter, sorting. Along one dimension; what comes before and after it are lanes that do
// not depend on each other. All orders are fixed, so results are the same run to run.
#pragma once
#include <cuarrays/scan.hpp>

namespace cuarrays {

namespace detail {
struct GatherKernel {
  FLUX_KERNEL void operator()(Index i, Index k, Index j, auto out, auto in, auto indices) const {
    const Index at = indices[k];
    using T = std::remove_cvref_t<decltype(out(i, k, j))>;
    out(i, k, j) = at >= 0 && at < in.size(1) ? in(i, at, j) : T();
  }
};
/// The same on the host, where indices have been checked, by whole columns.
template <class T, class I>
void gather_columns(const T* in, const Shape<3>& from, const I* indices, Index count, T* out) {
  const bool elements = from[0] == 1 && from[2] == 1;
  parallel_ranges(count * from[2], from[0] * count * from[2], [&](Index begin, Index end) {
    for (; elements && begin < end; ++begin) out[begin] = in[indices[begin]];
    for (; begin < end; ++begin) {
      const Index column = begin / count * from[1] + static_cast<Index>(indices[begin % count]);
      std::copy_n(in + column * from[0], from[0], out + begin * from[0]);
    }
  });
}
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
template <class A, class Ix>
void check_indices(const char* operation, const Ix& indices, Index extent) {
  if constexpr (std::same_as<typename Ix::space, Host>)
    for (const auto i : indices)
      if (i < 0 || i >= extent) fail(operation, "expected indices from 0 to ", extent - 1, ", got ", i);
}
/// By numbers, with what is not a number behind all of them.
template <class Less>
struct NumbersFirst {
  Less less;
  template <class T>
  FLUX_KERNEL constexpr bool operator()(const T& a, const T& b) const {
    return less(a, b) || (a == a && !(b == b));
  }
};
template <class T, class Less>
auto numbers_first(const Less& less) {
  if constexpr (!std::is_integral_v<T> && std::equality_comparable<T> &&
                (std::same_as<Less, less_t> || std::same_as<Less, greater_t>))
    return NumbersFirst<Less>{less};
  else
    return less;
}
struct PositiveNaN {
  template <class T>
  FLUX_KERNEL constexpr T operator()(const T& x) const {
    return x == x ? x : std::numeric_limits<T>::quiet_NaN();
  }
};
}  // namespace detail

/// Positions that would sort each column (the first dimension), equal elements in order: less(x, y). By less_t and
/// greater_t, what is not a number comes last.
template <Arrays A, class Less = less_t>
auto sortperm(const A& a, const Less& less = {}) {
  using X = Materialised<A>;
  using T = typename X::value_type;
  X x = materialise(a);
  const auto before = detail::numbers_first<T>(less);
  BasicArray<int, X::rank, typename X::space> order(x.shape(), Uninitialised{});
  const Index n = x.size(0), columns = n ? x.size() / n : 0;
  if (n > std::numeric_limits<int>::max())
    detail::fail("sortperm", "expected fewer than 2^31 elements to sort, got ", n);
  int* p = order.mutable_data();
  if constexpr (std::same_as<typename X::space, Host>) {
    const auto* keys = std::as_const(x).data();
    detail::parallel_ranges(columns, x.size(), [&](Index begin, Index end) {
      for (Index c = begin; c < end; ++c) {
        for (Index i = 0; i < n; ++i) p[c * n + i] = static_cast<int>(i);
        std::stable_sort(p + c * n, p + (c + 1) * n,
                         [&](int i, int j) { return before(keys[c * n + i], keys[c * n + j]); });
      }
    });
  } else {
#ifdef __CUDACC__
    order = broadcast(modulo_t{}, Positions<X::rank, Device>(x.shape()), n);
    p = order.mutable_data();
    const auto sort = [&](const auto& by) {
      for (Index c = 0; c < columns; ++c) detail::sort_on_device(x.mutable_data() + c * n, n, p + c * n, by);
    };
    if constexpr (std::floating_point<T> && std::same_as<Less, less_t>) {
      x = broadcast(detail::PositiveNaN{}, x);  // which Thrust's radix sort puts last
      sort(less);
    } else
      sort(before);
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
    if (values.empty() && indices.empty()) return into;
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
  template <AnyArray A, class I, class Space, Arrays X, class... Dim>
  auto pullback(const zygote::math::add_t& add, const A& into, const BasicArray<I, 1, Space>& indices, const X& x,
                Dim... dims) const;
};
/// scatter(op, into, indices, x, dim): element k of x along dim (the last, if not said) is combined into element
/// indices[k] of `into`, in order of k. Indices outside: an error on the host, left out on the GPU. Its adjoint is that
/// of op = math::add.
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
    if constexpr (std::same_as<Space, Host>)
      detail::gather_columns(x.data(), from, indices.data(), indices.size(), out.mutable_data());
    else
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

template <AnyArray A, class I, class Space, Arrays X, class... Dim>
auto scatter_t::pullback(const zygote::math::add_t& add, const A& into, const BasicArray<I, 1, Space>& indices,
                         const X& x, Dim... dims) const {
  return zygote::Pullback{(*this)(add, into, indices, x, dims...), [indices, dims...](const auto& d) {
                            auto of_x = [=] { return d.is_void() ? Materialised<X>() : gather(d, indices, dims...); };
                            return std::tuple_cat(
                                std::make_tuple(zygote::none{}, d, zygote::none{}, detail::Deferred(of_x)),
                                detail::none_for_each<Dim...>());
                          }};
}

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
/// Each column in increasing order, or by less(x, y): the order of sortperm.
inline constexpr sort_t sort;

}  // namespace cuarrays
