// Users' kernels: launch(kernel, shape, args...) calls them index by index; on the GPU with block shape, shared memory
// and stream as one likes, and CUDA's own __global__ kernels too. The adjoint of a kernel is in kernel_adjoint.hpp.
#pragma once
#include <chrono>
#include <cuarrays/map.hpp>

namespace cuarrays {

namespace detail {
/// A lazy expression as kernels read it: v(i, j) by position, v[i] in memory order.
template <class B, int N>
struct ElementView {
  B bound;
  Shape<N> extents;

  template <class... I>
  FLUX_KERNEL constexpr auto operator()(I... i) const {
    static_assert(sizeof...(I) == N, "cuarrays: one index per dimension");
    return bound.at(AtPosition<N>{{}, {static_cast<Index>(i)...}});
  }
  FLUX_KERNEL constexpr auto operator[](Index i) const {
    AtPosition<N> lane;
    for (int d = 0; d < N; i /= extents[d++]) lane.at[d] = d + 1 < N ? i % extents[d] : i;
    return bound.at(lane);
  }
  FLUX_KERNEL constexpr Index size() const { return extents.size(); }
  FLUX_KERNEL constexpr Index size(int dim) const { return extents[dim]; }
  FLUX_KERNEL constexpr const Shape<N>& shape() const { return extents; }
};

/// What a kernel gets: a view of an array, to write to if the caller may write to it and it outlives the call; anything
/// else as it is.
template <class A>
auto kernel_argument(A&& a) {
  using E = std::remove_cvref_t<A>;
  if constexpr (AnyArray<E> && !std::is_lvalue_reference_v<A>)
    return std::as_const(a).view();
  else if constexpr (requires { a.view(); })
    return a.view();
  else if constexpr (LazyArray<E>)
    return ElementView<decltype(bind<E::rank>(a)), E::rank>{bind<E::rank>(a), a.shape()};
  else
    return a;
}
/// Calls kernel(i, j, ..., views...) for the positions of a shape from `begin` to `end`, in memory order.
template <int N, class Kernel, class... V>
void call_range(const Kernel& kernel, const Shape<N>& shape, Index begin, Index end, const V&... views) {
  Index at[N], rest = begin;
  for (int d = 0; d < N; rest /= std::max(shape[d++], Index(1))) at[d] = shape[d] ? rest % shape[d] : 0;
  for (; begin < end; ++begin) {
    [&]<std::size_t... d>(std::index_sequence<d...>) { kernel(at[d]..., views...); }
    (std::make_index_sequence<N>{});
    if (++at[0] < shape[0]) continue;
    for (int d = 0; d + 1 < N && at[d] == shape[d]; ++d) at[d] = 0, ++at[d + 1];
  }
}
template <class Space, int N, class Kernel, class... V>
void launch_on([[maybe_unused]] const LaunchOptions& options, const Kernel& kernel, const Shape<N>& shape,
               const V&... views) {
  if (shape.size() == 0) return;
  if constexpr (std::same_as<Space, Host>) {
    // A call may do much or little: the first are timed, and count as so many elements as they take nanoseconds. So
    // work is shared from 1 ms on; next to a BLAS, whose cores the threads that spin then take, less loses by it.
    const Index size = shape.size(), timed = std::min(size / 16, Index(1024));
    Index work = size;
    if (timed > 0) {
      const auto start = std::chrono::steady_clock::now();
      call_range(kernel, shape, 0, timed, views...);
      const std::chrono::nanoseconds time = std::chrono::steady_clock::now() - start;
      work = std::max(size, size / timed * static_cast<Index>(time.count()));
    }
    parallel_ranges(size - timed, work,
                    [&](Index begin, Index end) { call_range(kernel, shape, timed + begin, timed + end, views...); });
  } else
    launch_kernel(Space{}, options, kernel, shape, views...);
}
template <class... A>
using KernelSpace = std::conditional_t<std::is_void_v<typename SpaceOf<std::remove_cvref_t<A>...>::type>, Host,
                                       typename SpaceOf<std::remove_cvref_t<A>...>::type>;

/// What kernel(i, j, ..., views...) returns.
template <class Kernel, class Indices, class... V>
struct KernelCall;
template <class Kernel, std::size_t... d, class... V>
struct KernelCall<Kernel, std::index_sequence<d...>, V...> {
  using Result = std::remove_cvref_t<decltype(std::declval<const Kernel&>()(Index(d)..., std::declval<const V&>()...))>;
};

/// Position in memory order of the N indices that come first.
template <int N, int d = 0, class... More>
FLUX_KERNEL constexpr Index position_of(const Shape<N>& shape, Index i, const More&... more) {
  if constexpr (d + 1 == N)
    return i;
  else
    return i + shape[d] * position_of<N, d + 1>(shape, more...);
}
/// Writes what a kernel returns.
template <class Kernel, class T, int N>
struct ReturnedValues {
  Kernel kernel;
  View<T, N> out;
  template <class... A>
  FLUX_KERNEL void operator()(const A&... a) const {
    out[position_of<N>(out.shape(), a...)] = kernel(a...);
  }
};
}  // namespace detail

namespace detail {
/// What a parameter P of a __global__ kernel gets.
template <class P, class A>
P global_argument(A& a) {
  if constexpr (AnyArray<A> && std::is_pointer_v<P>) {
    if constexpr (std::is_const_v<std::remove_pointer_t<P>>)
      return std::as_const(a).data();
    else
      return a.mutable_data();
  } else if constexpr (requires { a.view(); }) {
    if constexpr (std::same_as<P, decltype(std::as_const(a).view())>)
      return std::as_const(a).view();
    else
      return a.view();
  } else
    return static_cast<P>(a);
}
}  // namespace detail

/// Where kernels run: a number of positions, or a shape.
constexpr Shape<1> launch_shape(Index n) { return n; }
template <int N>
constexpr const Shape<N>& launch_shape(const Shape<N>& shape) {
  return shape;
}
template <class S>
concept LaunchShape = requires(const S& shape) {
  cuarrays::launch_shape(shape);
};

struct launch_t {
  template <class Kernel, LaunchShape S, class... A>
  requires std::is_class_v<Kernel>
  auto operator()(const LaunchOptions& options, const Kernel& kernel, const S& size, A&&... args) const {
    using Space = detail::KernelSpace<A...>;
    static_assert((detail::lives_in<Space, std::remove_cvref_t<A>> && ...),
                  "cuarrays: launch needs all arrays in the same memory space");
    const auto shape = launch_shape(size);
    constexpr int N = std::extent_v<decltype(shape.extents)>;
    using Result = typename detail::KernelCall<Kernel, std::make_index_sequence<N>,
                                               decltype(detail::kernel_argument(std::forward<A>(args)))...>::Result;
    if constexpr (std::is_void_v<Result>)
      detail::launch_on<Space>(options, kernel, shape, detail::kernel_argument(std::forward<A>(args))...);
    else {
      BasicArray<Result, N, Space> out(shape, Uninitialised{});
      const detail::ReturnedValues<Kernel, Result, N> writing{kernel, out.view()};
      detail::launch_on<Space>(options, writing, shape, detail::kernel_argument(std::as_const(args))...);
      return out;
    }
  }
  template <class Kernel, LaunchShape S, class... A>
  requires std::is_class_v<Kernel>
  auto operator()(const Kernel& kernel, const S& size, A&&... args) const {
    return (*this)(LaunchOptions{}, kernel, size, std::forward<A>(args)...);
  }
  /// CUDA's own: launch({.grid = {blocks}, .block = {threads}}, kernel, args...) with a __global__ kernel. Arrays
  /// become views, or pointers where the kernel takes pointers.
  template <class... P, class... A>
  requires(sizeof...(P) == sizeof...(A)) void operator()(const LaunchOptions& options, void (*kernel)(P...),
                                                         A&&... args) const {
    static_assert((detail::lives_in<Device, std::remove_cvref_t<A>> && ...),
                  "cuarrays: __global__ kernels take CuArrays");
    detail::launch_global(Device{}, options, kernel, detail::global_argument<P>(args)...);
  }
  // In marked code, as a statement: the arguments at c, which the kernel may write to, are returned instead.
  template <std::size_t... c, class... A>
  auto operator()(zygote::Changing<c...> which, const A&... args) const {
    return pullback(which, args...).value;
  }
  // kernel_adjoint.hpp
  template <std::size_t... c, class Kernel, LaunchShape S, class... A>
  auto pullback(zygote::Changing<c...>, const LaunchOptions& options, const Kernel& kernel, const S& size,
                const A&... args) const;
  template <std::size_t... c, class Kernel, LaunchShape S, class... A>
  auto pullback(zygote::Changing<c...>, const Kernel& kernel, const S& size, const A&... args) const;
  template <class Kernel, LaunchShape S, class... A>
  auto pullback(const LaunchOptions& options, const Kernel& kernel, const S& size, const A&... args) const;
  template <class Kernel, LaunchShape S, class... A>
  auto pullback(const Kernel& kernel, const S& size, const A&... args) const;
};
/// Calls kernel(i, args...) for each i in [0, n), or kernel(i, j, args...) for each position of a shape, in any order
/// and in parallel. Arrays become views, all in the same memory space. A kernel that returns nothing writes through
/// them, where the argument is not const and no temporary; an element that is written belongs to one call, and others
/// do not read it. What a kernel returns makes up an array of that shape. The adjoint is a launch as well, in which
/// reads become adds. Before the kernel, if wanted: LaunchOptions.
inline constexpr launch_t launch;

}  // namespace cuarrays
