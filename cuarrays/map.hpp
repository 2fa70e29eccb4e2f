// Users' functions over elements: map(f, xs...) with its adjoint, and launch(kernel, shape, args...) index by index.
#pragma once
#include <cuarrays/adjoint.hpp>
#include <zygote/runtime/call.hpp>

namespace cuarrays {

namespace detail {
/// Adjoint i (0: of f itself) of one element: f is evaluated again, nothing is stored.
template <class F, std::size_t i>
struct ElementAdjoint {
  F f;
  template <class D, class... X>
  FLUX_KERNEL constexpr auto operator()(const D& d, const X&... x) const {
    auto call = zygote::call_object(f, x...);
    auto all = call.back(zygote::settle<decltype(call.value)>(d));
    using T = std::tuple_element_t<i, std::tuple<F, X...>>;
    return zygote::settle<T>(std::get<i>(std::move(all)));
  }
};

/// Sums of adjoints of F.
template <class F>
struct Accumulate {
  template <class T>
  static constexpr T neutral() {
    return zygote::zero<F>();
  }
  template <class A>
  FLUX_KERNEL constexpr A operator()(A a, const A& b) const {
    zygote::accumulate<F>(a, b);
    return a;
  }
};

template <class T, class X>
using MapElement = typename std::remove_cvref_t<decltype(operand<T>(std::declval<X>()))>::value_type;
template <class F, class... X>
concept MapHasPullback = zygote::has_pullback<decltype(zygote::call_object(
    std::declval<const F&>(), std::declval<const MapElement<CommonElement<X...>, X>&>()...))>;
}  // namespace detail

struct mapreduce_t;
struct map_t {
  template <class F, class... X>
  requires(Arrays<X> || ...) auto operator()(const F& f, X&&... x) const { return broadcast(f, std::forward<X>(x)...); }

  template <class F, class... X>
  requires((Arrays<X> || ...) && detail::MapHasPullback<F, X...>) auto pullback(const F& f, const X&... x) const {
    using T = detail::CommonElement<X...>;
    auto operands = std::make_tuple(detail::operand<T>(materialised(x))...);
    auto extents = std::make_tuple(zygote::extent(materialised(x))...);
    auto value = std::apply(
        [&](const auto&... o) { return Broadcast<F, std::remove_cvref_t<decltype(o)>...>(f, o...).evaluate(); },
        operands);
    return zygote::Pullback{
        std::move(value), [f, operands = std::move(operands), extents = std::move(extents)](const auto& d) {
          return [&]<std::size_t... i>(std::index_sequence<i...>) {
            return std::make_tuple(own(f, d, operands), of_operand<i>(f, d, operands, std::get<i>(extents))...);
          }
          (std::index_sequence_for<X...>{});
        }};
  }

 private:
  friend struct mapreduce_t;
  template <class X>
  static decltype(auto) materialised(const X& x) {
    if constexpr (Arrays<X>)
      return materialise(x);
    else
      return (x);
  }
  template <std::size_t i, class F, class D, class Operands>
  static auto expression(const F& f, const D& d, const Operands& operands) {
    return std::apply(
        [&](const auto&... o) {
          return Broadcast<detail::ElementAdjoint<F, i>, D, std::remove_cvref_t<decltype(o)>...>({f}, d, o...);
        },
        operands);
  }
  template <std::size_t i, class F, class D, class Operands, class E>
  static auto of_operand(const F& f, const D& d, const Operands& operands, const E& e) {
    if constexpr (!zygote::Differentiable<zygote::Primal<E>>)
      return zygote::none{};
    else
      return reduce_to(e, expression<i + 1>(f, d, operands));
  }
  /// The adjoint of f is one for all elements: their sum.
  template <class F, class D, class Operands>
  static auto own(const F& f, const D& d, const Operands& operands) {
    if constexpr (!zygote::Differentiable<F>)
      return zygote::none{};
    else
      return detail::reduced("map", detail::Accumulate<F>{}, expression<0>(f, d, operands));
  }
};
/// map(f, xs...): f of each element, a lazy expression. Functors with `static constexpr bool simd = true` are called
/// with SIMD batches on the host. The adjoint calls f.pullback for each element, in one fused kernel per argument.
inline constexpr map_t map;

struct mapreduce_t {
  template <class F, class Op, Arrays A, std::convertible_to<int>... D>
  auto operator()(const F& f, const Op& op, const A& a, D... dims) const {
    return detail::reduced("mapreduce", op, broadcast(f, a), dims...);
  }
  /// Of sums only.
  template <class F, Arrays A, std::convertible_to<int>... D>
  requires detail::MapHasPullback<F, A>
  auto pullback(const F& f, const zygote::math::add_t& op, const A& a, D... dims) const {
    const Materialised<A> x = materialise(a);
    return zygote::Pullback{(*this)(f, op, x, dims...), [f, x](const auto& d) {
                              const auto spread = detail::spread<Materialised<A>>(x.shape(), d);
                              return std::tuple_cat(
                                  std::make_tuple(map_t::own(f, spread, std::tuple{x}), zygote::none{},
                                                  map_t::of_operand<0>(f, spread, std::tuple{x}, zygote::extent(x))),
                                  detail::none_for_each<D...>());
                            }};
  }
};
/// op over f of each element, in one pass; dims as in sum. op is a functor of two such values that has a neutral
/// element.
inline constexpr mapreduce_t mapreduce;

namespace detail {
/// A lazy expression as kernels read it: v(i, j) by position, v[i] in memory order.
template <class B, int N>
struct ElementView {
  B bound;
  Shape<N> extents;

  template <class... I>
  FLUX_KERNEL constexpr auto operator()(I... i) const {
    static_assert(sizeof...(I) == N, "cuarrays: one index per dimension");
    return bound.at(AtPosition<N, Index>{{}, {static_cast<Index>(i)...}});
  }
  FLUX_KERNEL constexpr auto operator[](Index i) const {
    AtPosition<N, Index> lane;
    for (int d = 0; d < N; i /= extents[d++]) lane.at[d] = d + 1 < N ? i % extents[d] : i;
    return bound.at(lane);
  }
  FLUX_KERNEL constexpr Index size() const { return extents.size(); }
  FLUX_KERNEL constexpr Index size(int dim) const { return extents[dim]; }
  FLUX_KERNEL constexpr const Shape<N>& shape() const { return extents; }
};

/// What a kernel gets: a view of an array, to write to if the caller may write to it; anything else as it is.
template <class A>
auto kernel_argument(A&& a) {
  using E = std::remove_cvref_t<A>;
  if constexpr (requires { a.view(); })
    return a.view();
  else if constexpr (LazyArray<E>)
    return ElementView<decltype(bind<E::rank>(a)), E::rank>{bind<E::rank>(a), a.shape()};
  else
    return a;
}
template <class Space, int N, class Kernel, class... V>
void launch_on(const Kernel& kernel, const Shape<N>& shape, const V&... views) {
  if constexpr (std::same_as<Space, Host>) {
    const Index length = shape[0], size = shape.size();
    parallel_ranges(size, size, [&](Index begin, Index end) {
      Index at[N], rest = begin;
      for (int d = 0; d < N; rest /= std::max(shape[d++], Index(1))) at[d] = shape[d] ? rest % shape[d] : 0;
      for (; begin < end; ++begin) {
        [&]<std::size_t... d>(std::index_sequence<d...>) { kernel(at[d]..., views...); }
        (std::make_index_sequence<N>{});
        if (++at[0] < length) continue;
        for (int d = 0; d + 1 < N && at[d] == shape[d]; ++d) at[d] = 0, ++at[d + 1];
      }
    });
  } else
    launch_kernel(Space{}, kernel, shape, views...);
}
template <class... A>
using KernelSpace = std::conditional_t<std::is_void_v<typename SpaceOf<std::remove_cvref_t<A>...>::type>, Host,
                                       typename SpaceOf<std::remove_cvref_t<A>...>::type>;
}  // namespace detail

/// Calls kernel(i, args...) for each i in [0, n), or kernel(i, j, args...) for each position of a shape, in any order
/// and in parallel. Arrays become views: writable where the argument is not const. All live in the same memory space.
template <class Kernel, int N, class... A>
void launch(const Kernel& kernel, const Shape<N>& shape, A&&... args) {
  using Space = detail::KernelSpace<A...>;
  static_assert((detail::lives_in<Space, std::remove_cvref_t<A>> && ...),
                "cuarrays: launch needs all arrays in the same memory space");
  if (shape.size() > 0) detail::launch_on<Space>(kernel, shape, detail::kernel_argument(std::forward<A>(args))...);
}
template <class Kernel, class... A>
void launch(const Kernel& kernel, Index n, A&&... args) {
  launch(kernel, Shape<1>(n), std::forward<A>(args)...);
}

}  // namespace cuarrays
