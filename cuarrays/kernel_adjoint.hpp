// The adjoint of launch(kernel, shape, args...): the pullback of the kernel, called index by index, in which what was
// read is added to. A kernel sees arrays as Traced views, those that it writes to as Written ones; what was written
// takes its adjoint away. How Traced views add is up to the memory space:
//
//   host            in order; large launches in four parts, whatever the number of threads (kernel_sums.hpp)
//   GPU             by atomic additions, in any order
//   GPU, ordered    additions are written down, sorted by place, and summed in order: the same bits run to run
#pragma once
#include <cuarrays/kernel_sums.hpp>

namespace cuarrays {

namespace detail {
template <bool ordered, class Space, int N, class X, class D>
auto sum_for(const Changed<X, D>& x, const Shape<N>&, Index) {
  return WrittenSum<X, D>(x);
}
template <bool ordered, class Space, int N, class X>
auto sum_for(const X& x, const Shape<N>& shape, [[maybe_unused]] Index parts) {
  if constexpr (!zygote::Differentiable<X>)
    return NoSum<X>{x};
  else if constexpr (!AnyArray<X>) {
    static_assert(std::is_trivially_copyable_v<X>, CUARRAYS_HOLDS_ARRAYS);
    if constexpr (std::is_trivially_copyable_v<X>)
      return ScalarSum<X, N, Space>{x, BasicArray<X, N, Space>(shape, Uninitialised{})};
    else
      return NoSum<X>{x};
  } else if constexpr (ordered)
    return OrderedSum<X>(x, shape.size());
  else if constexpr (std::same_as<Space, Host>)
    return PartSums<X>(x, parts);
  else
    return AtomicSum<X>(x);
}
/// What a call of the kernel gets of such an argument.
template <bool ordered, class Space, int N, class X>
using KernelArgument = decltype(argument_at(
    sum_for<ordered, Space>(std::declval<const X&>(), std::declval<const Shape<N>&>(), Index()).argument(0), Index()));
template <class S>
auto counting(S& sum) {
  if constexpr (requires { sum.counting(); })
    return sum.counting();
  else
    return sum.argument(0);
}

#ifdef __CUDACC__
/// On the GPU each thread has `each` bytes. One that needs more says so and ends: then all is done again with more.
struct Arenas {
  std::byte* memory;
  Index each;
  unsigned long long* needed;
  FLUX_KERNEL void begin() const {
#ifdef __CUDA_ARCH__
    zygote::ir::Arena::of_this_thread() = {memory + first_index() * each, 0, static_cast<std::size_t>(each), needed};
#endif
  }
  /// attempt(arenas, options), until it has enough. `enough` is what calls of this kernel needed so far.
  template <class Attempt>
  static auto run(const Attempt& attempt, Index calls, LaunchOptions options, std::atomic<Index>& enough) {
    constexpr Index block = zygote::ir::Arena::threads;
    for (;;) {
      const Index each = enough, blocks = std::clamp((Index(1) << 30) / each / block, Index(1), Index(256));
      std::fill_n(options.block, 3, 0);
      options.grid[0] = std::min(blocks, (calls + block - 1) / block);
      const Buffer<Device> buffer(static_cast<std::size_t>(options.grid[0] * block * each));
      BasicArray<unsigned long long, 1, Device> needed(Shape(1));
      auto result = attempt(Arenas{static_cast<std::byte*>(buffer.data()), each, needed.mutable_data()}, options);
      unsigned long long most = 0;
      copy(Host{}, Device{}, &most, needed.data(), sizeof most);
      if (static_cast<Index>(most) <= each) return result;
      enough = std::max<Index>(enough, (2 * static_cast<Index>(most) + 1023) / 1024 * 1024);
    }
  }
};
#endif

template <class Kernel, class... X, std::size_t... d>
auto called(std::index_sequence<d...>)
    -> decltype(zygote::call_object(std::declval<const Kernel&>(), Index(d)..., std::declval<const X&>()...));

template <class Kernel, class... X, std::size_t... d>
constexpr bool is_marked(std::index_sequence<d...>) {
  return zygote::HasPullback<Kernel, decltype(Index(d))..., const X&...>;
}

/// The adjoints of (kernel, args...). d: the adjoints of what it returned, or NoValues; what it writes to comes as
/// Changed.
template <bool ordered, class Space, class Kernel, class D, class... X>
auto kernel_adjoint(const LaunchOptions& options, const Kernel& kernel, const D& d, const X&... x) {
  const auto shape = d.shape();
  constexpr int N = std::extent_v<decltype(shape.extents)>;
  const bool divided = std::same_as<Space, Host> && !ordered && shape.size() >= parallel_threshold;
  const Index parts = divided ? host_parts : 1;
  auto attempt = [&](const auto& memory, const LaunchOptions& how) {
    auto own = sum_for<ordered, Space>(kernel, shape, parts);
    auto sums = std::make_tuple(sum_for<ordered, Space>(x, shape, parts)...);
    return std::apply(
        [&](auto&... sum) {
          EachAdjoint<Kernel, N> state{kernel, {}};
          if constexpr (zygote::Differentiable<Kernel>) state = own.argument(0);
          auto dvalue = kernel_argument(d);
          const KernelAdjoint<Kernel, decltype(dvalue), N, std::remove_cvref_t<decltype(memory)>> each{state, dvalue,
                                                                                                       memory};
          if constexpr (ordered) launch_on<Space>(how, each, shape, counting(sum)...);
          if constexpr (ordered || !std::same_as<Space, Host>)
            launch_on<Space>(how, each, shape, sum.argument(0)...);
          else if (shape.size() > 0)
            parallel_ranges(parts, shape.size(), [&](Index part, Index end) {
              for (; part < end; ++part)
                call_range(each, shape, part_begin(part, parts, shape.size()),
                           part_begin(part + 1, parts, shape.size()), sum.argument(part)...);
            });
          return std::make_tuple(own.result(), sum.result()...);
        },
        sums);
  };
  using Call = decltype(called<Kernel, KernelArgument<ordered, Space, N, X>...>(std::make_index_sequence<N>{}));
  require_kernel_pullback<Call>();
#ifdef __CUDACC__
  if constexpr (std::same_as<Space, Device> && !std::is_trivially_destructible_v<decltype(Call::back)>) {
    static std::atomic<Index> enough = 1024;  // bytes
    return Arenas::run(attempt, shape.size(), options, enough);
  } else
#endif
    return attempt(NoArenas{}, options);
}
template <class X>
auto kept_argument(const X& x) {
  if constexpr (Arrays<X>)
    return Materialised<X>(materialise(x));
  else
    return x;
}
/// The adjoints of (options, kernel, shape, args...).
template <class Space, class Kernel, class D, class... X>
auto launch_adjoint(const LaunchOptions& options, const Kernel& kernel, const D& d, const X&... x) {
  auto adjoints = [&] {
    if constexpr (std::same_as<Space, Device>)
      if (options.ordered) return kernel_adjoint<true, Space>(options, kernel, d, x...);
    return kernel_adjoint<false, Space>(options, kernel, d, x...);
  }();
  return std::apply(
      [](auto&& of_kernel, auto&&... of_args) {
        return std::make_tuple(zygote::none{}, std::move(of_kernel), zygote::none{}, std::move(of_args)...);
      },
      std::move(adjoints));
}
}  // namespace detail

// Their adjoints: (options, kernel, shape, args...); without options if none are given.
template <class Kernel, LaunchShape S, class... A>
auto launch_t::pullback(const LaunchOptions& options, const Kernel& kernel, const S& size, const A&... args) const {
  using Value = decltype((*this)(options, kernel, size, args...));
  static_assert(AnyArray<Value>, "cuarrays: a launch of a kernel that writes is a statement of its own in marked code");
  auto value = (*this)(options, kernel, size, args...);
  auto back = [options, kernel, shape = value.shape(),
               args = std::make_tuple(detail::kept_argument(args)...)](const auto& d) {
    const Value full = d.is_void() ? Value(shape) : Value(materialise(d));
    return std::apply(
        [&](const auto&... x) { return detail::launch_adjoint<typename Value::space>(options, kernel, full, x...); },
        args);
  };
  return zygote::Pullback{std::move(value), std::move(back)};
}
template <class Kernel, LaunchShape S, class... A>
auto launch_t::pullback(const Kernel& kernel, const S& size, const A&... args) const {
  auto p = pullback(LaunchOptions{}, kernel, size, args...);
  return zygote::Pullback{std::move(p.value), [back = std::move(p.back)](const auto& d) {
                            return std::apply(
                                [](auto&&, auto&&... rest) { return std::make_tuple(std::move(rest)...); }, back(d));
                          }};
}

namespace detail {
/// What a launch writes to, of arguments X of which the caller sees those at c change: what the pullback of its kernel
/// says. A kernel without one may write to what has no adjoint.
template <class Space, class Kernel, class Positions, class C, class... X>
struct Writes;
template <class Space, class Kernel, int N, std::size_t... c, class... X>
struct Writes<Space, Kernel, Shape<N>, std::index_sequence<c...>, X...> {
  using Nothing = NoValues<N>;
  template <std::size_t k>
  static constexpr bool changes = ((c == k) || ...);
  template <std::size_t k>
  static constexpr std::size_t place = ((c < k ? 1 : 0) + ... + 0);  // among c
  template <std::size_t k, class A>
  static auto writable() {
    if constexpr (!changes<k> || !AnyArray<A>)
      return std::type_identity<KernelArgument<false, Space, N, A>>();
    else
      return std::type_identity<decltype(std::declval<WrittenSum<A, zygote::Adjoint<A>>&>().argument(0))>();
  }
  template <std::size_t... k>
  static auto written(std::index_sequence<k...>) {
    using Indices = std::make_index_sequence<N>;
    if constexpr (is_marked<Kernel, typename decltype(writable<k, X>())::type...>(Indices()))
      return std::type_identity<
          decltype(called<Kernel, typename decltype(writable<k, X>())::type...>(Indices()).value)>();
    else
      return std::type_identity<void>();
  }
  using Written = typename decltype(written(std::index_sequence_for<X...>{}))::type;
  static constexpr bool marked = !std::is_void_v<Written>;

  template <std::size_t k>
  static constexpr bool at() {
    if constexpr (!AnyArray<std::tuple_element_t<k, std::tuple<X...>>>)
      return false;
    else if constexpr (requires { std::tuple_size<Written>::value; })
      return changes<k> && !std::same_as<std::tuple_element_t<N + k, Written>, zygote::none>;
    else
      return changes<k> && !marked;
  }
  template <std::size_t k, class A>
  static auto& argument(A& a) {
    if constexpr (at<k>())
      return a;
    else
      return std::as_const(a);
  }
  template <std::size_t k, class D>
  static auto handed(const auto& x, const D& d) {
    if constexpr (at<k>())
      return Changed<std::remove_cvref_t<decltype(x)>, std::tuple_element_t<place<k>, D>>{x, std::get<place<k>>(d)};
    else
      return x;
  }
  /// What was not written to keeps its adjoint.
  template <std::size_t k, class A, class DX, class D>
  static auto adjoint(DX&& dx, const D& d) {
    if constexpr (changes<k> && !at<k>()) {
      auto sum = zygote::settle<A>(std::forward<DX>(dx));
      zygote::accumulate<A>(sum, std::get<place<k>>(d));
      return sum;
    } else
      return std::forward<DX>(dx);
  }
};
template <class X, class D>
auto full_adjoint([[maybe_unused]] const X& x, D&& d) {
  if constexpr (AnyArray<X> && !zygote::NoAdjoint<D>)
    return d.is_void() ? X(x.shape()) : X(std::forward<D>(d));
  else
    return std::forward<D>(d);
}
}  // namespace detail

// Of kernels that write: (Changing, options, kernel, shape, args...).
template <std::size_t... c, class Kernel, LaunchShape S, class... A>
auto launch_t::pullback(zygote::Changing<c...>, const LaunchOptions& options, const Kernel& kernel, const S& size,
                        const A&... args) const {
  const auto shape = launch_shape(size);
  using Space = detail::KernelSpace<A...>;
  using Writes = detail::Writes<Space, Kernel, std::remove_cvref_t<decltype(shape)>, std::index_sequence<(c - 3)...>,
                                decltype(detail::kept_argument(args))...>;
  static_assert(Writes::marked || !(zygote::Differentiable<A> || ...), CUARRAYS_MARK_KERNEL);
  return [&]<std::size_t... k>(std::index_sequence<k...>) {
    auto before = std::make_tuple(detail::kept_argument(args)...), after = before;
    (*this)(options, kernel, size, Writes::template argument<k>(std::get<k>(after))...);
    auto now = std::tuple<A...>([&] {
      if constexpr (Writes::template at<k>())
        return std::move(std::get<k>(after));
      else
        return args;
    }()...);
    auto value = std::make_tuple(std::move(std::get<c - 3>(now))...);
    auto back = [options, kernel, shape, before = std::move(before)](const auto& d_value) {
      auto given = zygote::settle<decltype(value)>(d_value);
      const auto d = std::make_tuple(
          detail::full_adjoint(std::get<c - 3>(before), std::get<Writes::template place<c - 3>>(std::move(given)))...);
      auto adjoints = detail::launch_adjoint<Space>(options, kernel, typename Writes::Nothing{shape},
                                                    Writes::template handed<k>(std::get<k>(before), d)...);
      return std::make_tuple(zygote::none{}, zygote::none{}, std::move(std::get<1>(adjoints)), zygote::none{},
                             Writes::template adjoint<k, A>(std::move(std::get<k + 3>(adjoints)), d)...);
    };
    return zygote::Pullback{std::move(value), std::move(back)};
  }
  (std::index_sequence_for<A...>{});
}
template <std::size_t... c, class Kernel, LaunchShape S, class... A>
auto launch_t::pullback(zygote::Changing<c...>, const Kernel& kernel, const S& size, const A&... args) const {
  auto p = pullback(zygote::Changing<(c + 1)...>{}, LaunchOptions{}, kernel, size, args...);
  return zygote::Pullback{std::move(p.value), [back = std::move(p.back)](const auto& d) {
                            return std::apply(
                                [](auto&&, auto&&... rest) { return std::make_tuple(std::move(rest)...); }, back(d));
                          }};
}

}  // namespace cuarrays
