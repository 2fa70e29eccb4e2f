// Users' functions over elements: map(f, xs...) with its adjoint, and mapreduce.
#pragma once
#include <cuarrays/adjoint.hpp>
#include <cuarrays/together.hpp>
#include <zygote/runtime/call.hpp>

namespace cuarrays {

#define CUARRAYS_HOLDS_ARRAYS                                                                                         \
  "cuarrays: a function of elements, or a kernel, that holds arrays with adjoints: launch a kernel, and give it the " \
  "arrays as arguments"
#define CUARRAYS_MARK_KERNEL "cuarrays: this kernel has no pullback: mark it ZYGOTE, or write constant(launch(...))"

namespace detail {
template <class Call>
constexpr void require_kernel_pullback() {
  static_assert(zygote::has_pullback<Call>, CUARRAYS_MARK_KERNEL);
}
/// Of map and the like, threads of the GPU have no memory for what loops save: the pullback of F called with these does
/// without.
template <class Space, class F, class... X>
constexpr void require_map_pullback() {
  using Call = decltype(zygote::call_object(std::declval<const F&>(), std::declval<const X&>()...));
  require_kernel_pullback<Call>();
  static_assert(!std::same_as<Space, Device> || std::is_trivially_destructible_v<decltype(Call::back)>,
                "cuarrays: on the GPU, adjoints of map, mapreduce and scan cannot save what loops compute; launch a "
                "kernel instead");
}

/// Adjoint i (0: of f itself) of one element, of several a tuple: f is evaluated again, nothing is stored.
template <class F, std::size_t... i>
struct ElementAdjoint {
  F f;
  template <class D, class... X>
  FLUX_KERNEL constexpr auto operator()(const D& d, const X&... x) const {
    auto call = zygote::call_object(f, x...);
    auto all = call.back(zygote::settle<decltype(call.value)>(d));
    if constexpr (sizeof...(i) == 1)
      return (part<i, std::tuple<F, X...>>(all), ...);
    else
      return std::make_tuple(part<i, std::tuple<F, X...>>(all)...);
  }

 private:
  template <std::size_t k, class Of, class All>
  static FLUX_KERNEL constexpr auto part(All& all) {
    using T = std::tuple_element_t<k, Of>;
    auto dx = zygote::settle<T>(std::get<k>(std::move(all)));
    zygote::ir::shown<T>(dx);
    return dx;
  }
};

/// The adjoint of an operand, worked out along with those of the others, or alone when it is asked for.
template <class A, class Alone>
class Along : public Contribution {
 public:
  Along(A along, Alone alone) : along_(std::move(along)), alone_(std::move(alone)) {}
  A evaluate() const { return along_.is_void() ? alone_.evaluate() : along_; }
  void add_to(A& acc) const {
    if (along_.is_void())
      alone_.add_to(acc);
    else
      acc += along_;
  }

 private:
  A along_;
  Alone alone_;
};

/// f of dual numbers: by its pullback, as only that calls zygote's functions where the code says std::exp.
template <class F>
struct OverDuals {
  F f;
  template <class... X>
  FLUX_KERNEL constexpr auto operator()(const X&... x) const {
    return zygote::detail::value_at(f, x...);
  }
};
template <class T, class F>
constexpr auto over(const F& f) {
  if constexpr (zygote::is_dual<T>)
    return OverDuals<F>{f};
  else
    return f;
}

template <class T, class X>
using MapElement = typename std::remove_cvref_t<decltype(operand<T>(std::declval<X>()))>::value_type;
template <class F, class... X>
concept MapHasPullback = zygote::has_pullback<decltype(zygote::call_object(
    std::declval<const F&>(), std::declval<const MapElement<CommonElement<X...>, X>&>()...))>;
}  // namespace detail

struct mapreduce_t;
struct map_t {
  template <class F, class... X>
  requires(Arrays<X> || ...) auto operator()(const F& f, X&&... x) const {
    return broadcast(detail::over<detail::CommonElement<X...>>(f), std::forward<X>(x)...);
  }

  template <class F, class... X>
  requires((Arrays<X> || ...) && detail::MapHasPullback<F, X...>) auto pullback(const F& f, const X&... x) const {
    using T = detail::CommonElement<X...>;
    detail::require_map_pullback<typename detail::SpaceOf<X...>::type, F, detail::MapElement<T, X>...>();
    auto operands = std::make_tuple(detail::operand<T>(materialised(x))...);
    auto extents = std::make_tuple(zygote::extent(materialised(x))...);
    auto value = std::apply(
        [&](const auto&... o) {
          return Broadcast<decltype(detail::over<T>(f)), std::remove_cvref_t<decltype(o)>...>(detail::over<T>(f), o...)
              .evaluate();
        },
        operands);
    return zygote::Pullback{
        std::move(value), [f, operands = std::move(operands), extents = std::move(extents)](const auto& d) {
          return [&]<std::size_t... i>(std::index_sequence<i...>) {
            auto all = together(f, d, operands, extents);
            return std::make_tuple(own(f, d, operands),
                                   of_operand<i>(f, d, operands, std::get<i>(extents), std::move(std::get<i>(all)))...);
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
  template <std::size_t... i, class F, class D, class Operands>
  static auto expression(const F& f, const D& d, const Operands& operands) {
    return std::apply(
        [&](const auto&... o) {
          return Broadcast<detail::ElementAdjoint<F, i...>, D, std::remove_cvref_t<decltype(o)>...>({f}, d, o...);
        },
        operands);
  }
  /// What one pass can write: the adjoint of an array of floating-point numbers, of the rank that the result has.
  template <class E, class D>
  static auto written() {
    constexpr bool real = requires {
      requires std::floating_point<typename zygote::Primal<E>::value_type>;
      requires zygote::Primal<E>::rank == D::rank;
    };
    if constexpr (real)
      return typename zygote::Primal<E>();
    else
      return zygote::none{};
  }
  /// The adjoints of all operands in one pass, where there are several of the shape of the result; else empty ones.
  template <class F, class D, class... O, class... E>
  static auto together(const F& f, const D& d, const std::tuple<O...>& operands, const std::tuple<E...>& extents) {
    std::tuple<decltype(written<E, D>())...> all;
    constexpr std::size_t several = (std::size_t(!std::same_as<decltype(written<E, D>()), zygote::none>) + ...);
    if constexpr (several > 1 && (std::is_arithmetic_v<typename O::value_type> && ...))
      [&]<std::size_t... i>(std::index_sequence<i...>) {
        const auto shape = d.shape();
        const auto fits = [&](const auto& e, const auto& to) {
          if constexpr (zygote::NoAdjoint<decltype(to)>)
            return true;
          else
            return e.shape == shape;
        };
        if (shape.size() == 0 || !(fits(std::get<i>(extents), std::get<i>(all)) && ...)) return;
        const auto room = [&](auto& to) {
          if constexpr (zygote::NoAdjoint<decltype(to)>)
            return &to;
          else {
            to = std::remove_cvref_t<decltype(to)>(shape, Uninitialised{});
            return to.mutable_data();
          }
        };
        const std::tuple outs{room(std::get<i>(all))...};
        detail::run_together(typename D::space{}, outs, shape,
                             detail::bind<D::rank>(expression<i + 1 ...>(f, d, operands)));
      }
    (std::index_sequence_for<O...>{});
    return all;
  }
  template <std::size_t i, class F, class D, class Operands, class E, class A = zygote::none>
  static auto of_operand(const F& f, const D& d, const Operands& operands, const E& e, A along = {}) {
    if constexpr (!zygote::Differentiable<zygote::Primal<E>>)
      return zygote::none{};
    else {
      auto alone = reduce_to(e, expression<i + 1>(f, d, operands));
      if constexpr (zygote::NoAdjoint<A>)
        return alone;
      else
        return detail::Along<A, decltype(alone)>(std::move(along), std::move(alone));
    }
  }
  /// The adjoint of f is one for all elements: their sum.
  template <class F, class D, class Operands>
  static auto own(const F& f, const D& d, const Operands& operands) {
    static_assert(!zygote::Differentiable<F> || std::is_trivially_copyable_v<F>, CUARRAYS_HOLDS_ARRAYS);
    if constexpr (!zygote::Differentiable<F>)
      return zygote::none{};
    else
      return detail::reduced("map", detail::Accumulate<F>{}, expression<0>(f, d, operands));
  }
};
/// map(f, xs...): f of each element, a lazy expression. f depends on its arguments alone; it is called in any order, in
/// parallel, and once for what an expression uses twice. Functors with `static constexpr bool simd = true` are called
/// with SIMD batches on the host. The adjoint calls f.pullback for each element: in one kernel for all
/// arrays of real numbers that have the shape of the result, and in one each for what is stretched and for f.
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
    detail::require_map_pullback<typename Materialised<A>::space, F, typename Materialised<A>::value_type>();
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

}  // namespace cuarrays
