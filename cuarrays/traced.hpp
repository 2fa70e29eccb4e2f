// Arguments of kernels as their pullbacks see them: views that add to an adjoint where an element of them was read.
#pragma once
#include <cuarrays/elements.hpp>
#include <zygote/runtime/writes.hpp>

namespace cuarrays {

namespace detail {
// Ways to add d to the element at a position. from(n): for the call of the kernel at position n.
template <class T>
struct AddAtomic {
  T* to;
  FLUX_KERNEL constexpr AddAtomic from(Index) const { return *this; }
  FLUX_KERNEL void operator()([[maybe_unused]] Index at, [[maybe_unused]] const T& d) const {
#ifdef __CUDA_ARCH__
    add(to[at], d);
#endif
  }

 private:
#ifdef __CUDA_ARCH__
  template <class U>
  static __device__ void add(U& to, const U& d) {
    if constexpr (is_complex<U>) {
      auto* parts = reinterpret_cast<typename U::value_type*>(&to);
      atomicAdd(parts, d.real());
      atomicAdd(parts + 1, d.imag());
    } else if constexpr (zygote::HasFields<U>)
      zygote::for_each_field(
          [](auto& part, const auto& dpart) {
            if constexpr (zygote::Differentiable<std::remove_cvref_t<decltype(dpart)>>) add(part, dpart);
          },
          to, d);
    else if constexpr (requires { to[0]; })  // an array, as a field
      for (std::size_t i = 0; i < std::size(to); ++i) add(to[i], d[i]);
    else
      atomicAdd(&to, d);
  }
#endif
};
template <class T>
struct CountAdds {
  Index* count;
  FLUX_KERNEL constexpr CountAdds from(Index n) const { return {count + n}; }
  FLUX_KERNEL constexpr void operator()(Index, const T&) const { ++*count; }
};
template <class T>
struct RecordAdds {
  Index *next, *places;
  T* values;
  FLUX_KERNEL constexpr RecordAdds from(Index n) const { return {next + n, places, values}; }
  FLUX_KERNEL constexpr void operator()(Index at, const T& d) const {
    places[*next] = at;
    values[(*next)++] = d;
  }
};

/// An array as the pullback of a kernel reads it. (No View: as that it would lose its adjoint.)
template <class T, int N, class Add>
struct Traced : private View<const T, N> {
  using View<const T, N>::operator[], View<const T, N>::operator(), View<const T, N>::size, View<const T, N>::shape;
  Add add;

  FLUX_KERNEL constexpr Traced(const View<const T, N>& x, const Add& add) : View<const T, N>(x), add(add) {}
  FLUX_KERNEL constexpr Traced from(Index n) const { return {*this, add.from(n)}; }
  template <class... I>
  FLUX_KERNEL constexpr auto pullback(I... i) const {
    return zygote::Pullback{(*this)(i...), [at = this->extents.offset(i...), add = add](const auto& d) {
                              add(at, static_cast<T>(d));
                              return std::tuple_cat(std::tuple{zygote::none{}}, none_for_each<I...>());
                            }};
  }
};
/// Its adjoint. What reaches an element, or a field of one, is added as an element of which all else is zero.
template <class T, class Add>
struct TracedAdjoint {
  Add add;
  Index at = 0;
  T element = zygote::zero<T>();  // where paths lead: a[i], a[i].x

  FLUX_KERNEL constexpr T& operator[](Index i) {
    at = i;
    return element;
  }
  template <class Path, class C>
  FLUX_KERNEL constexpr void accumulate_at(const Path& path, const C& contribution) {
    auto& part = path(*this);
    if constexpr (zygote::Differentiable<std::remove_cvref_t<decltype(part)>>) {
      zygote::accumulate<std::remove_cvref_t<decltype(part)>>(part, contribution);
      add(at, element);
      element = zygote::zero<T>();
    }
  }
};
template <class T, int N, class Add>
struct TracedExtent {
  using primal = Traced<T, N, Add>;
  Add add;
  template <class I, class D>
  FLUX_KERNEL constexpr auto part(const I& i, const D& d) const {
    add(static_cast<Index>(i), static_cast<T>(zygote::evaluate(d)));
    return zygote::none{};
  }
};

/// The adjoint of an array that the kernel writes to: of its elements as they are, first after and last before the
/// call.
template <class T, int N>
struct WrittenAdjoint : View<T, N> {};
/// Such an array as the pullback of the kernel sees it. An element belongs to one call, which may read it too.
template <class T, int N>
struct Written : private View<T, N> {
  using View<T, N>::size, View<T, N>::shape;
  WrittenAdjoint<T, N> adjoint;

  FLUX_KERNEL constexpr Written(const View<T, N>& x, const View<T, N>& adjoint) : View<T, N>(x), adjoint{adjoint} {}
  FLUX_KERNEL constexpr T& operator[](Index i) { return View<T, N>::operator[](i); }
  FLUX_KERNEL constexpr T operator[](Index i) const { return View<T, N>::operator[](i); }  // as it is now
  template <class... I>
  FLUX_KERNEL constexpr T& operator()(I... i) {
    return View<T, N>::operator()(i...);
  }
  template <class... I>
  FLUX_KERNEL constexpr T operator()(I... i) const {
    return View<T, N>::operator()(i...);
  }
  template <class... I>
  FLUX_KERNEL constexpr auto pullback(I... i) const {
    return zygote::Pullback{(*this)(i...), [&to = adjoint(i...)](const auto& d) {
                              zygote::accumulate<T>(to, static_cast<T>(d));
                              return std::tuple_cat(std::tuple{zygote::none{}}, none_for_each<I...>());
                            }};
  }
};

/// A scalar of the kernel's, and its adjoint at each index.
template <class T, int N>
struct EachAdjoint {
  T value;
  View<T, N> adjoints;
};

// What one call of the kernel gets of an argument, and what it gives back.
template <class A>
FLUX_KERNEL constexpr auto argument_at(const A& a, Index n) {
  if constexpr (requires { a.from(n); })
    return a.from(n);
  else if constexpr (requires { a.adjoints; })
    return a.value;
  else
    return a;
}
template <class A, class D>
FLUX_KERNEL constexpr void keep_adjoint([[maybe_unused]] const A& a, [[maybe_unused]] Index n,
                                        [[maybe_unused]] const D& d) {
  if constexpr (requires { a.adjoints; }) a.adjoints[n] = zygote::settle<decltype(a.value)>(d);
}

/// What a kernel that writes is given as the adjoint of its result: where its arguments have theirs.
template <int N>
struct NoValues {
  Shape<N> extents;
  FLUX_KERNEL constexpr const Shape<N>& shape() const { return extents; }
};
template <class A>
FLUX_KERNEL constexpr auto written_adjoint([[maybe_unused]] const A& a) {
  if constexpr (requires { a.adjoint; })
    return a.adjoint;
  else
    return zygote::none{};
}

/// Memory for what the loops of a kernel save: on the host they get it themselves.
struct NoArenas {
  FLUX_KERNEL void begin() const {}
};
/// d: a view of the adjoints of what the kernel returned, or NoValues.
template <class Kernel, class D, int N, class Memory>
struct KernelAdjoint {
  EachAdjoint<Kernel, N> kernel;
  D d;
  Memory memory;

  template <class... A>
  FLUX_KERNEL void operator()(const A&... a) const {
    memory.begin();
    const Index n = position_of<N>(d.shape(), a...);
    call(n, std::index_sequence_for<A...>{}, std::forward_as_tuple(a...), argument_at(a, n)...);
  }

 private:
  template <class Value, class... W>
  FLUX_KERNEL auto adjoint_of([[maybe_unused]] Index n, const W&... written) const {
    if constexpr (std::same_as<D, NoValues<N>>)
      return std::make_tuple(written...);
    else
      return zygote::settle<Value>(d[n]);
  }
  template <std::size_t... i, class All, class... X>
  FLUX_KERNEL void call(Index n, std::index_sequence<i...>, const All& a, const X&... x) const {
    auto p = zygote::call_object(kernel.value, x...);
    auto adjoints = p.back(adjoint_of<decltype(p.value)>(n, written_adjoint(x)...));
    if constexpr (zygote::Differentiable<Kernel>) keep_adjoint(kernel, n, std::get<0>(adjoints));
    (keep_adjoint(std::get<i>(a), n, std::get<i + 1>(adjoints)), ...);
  }
};
}  // namespace detail

}  // namespace cuarrays

namespace zygote {
template <class T, int N>
inline constexpr bool is_view<cuarrays::View<T, N>> = true;
template <class T, int N, class Add>
inline constexpr bool is_view<cuarrays::detail::Traced<T, N, Add>> = true;
template <class T, int N>
inline constexpr bool is_view<cuarrays::detail::Written<T, N>> = true;
template <class T, int N>
inline constexpr bool is_written_view<cuarrays::detail::Written<T, N>> = true;
template <class T, int N>
struct Algebra<cuarrays::View<T, N>> : NoAlgebra {};
template <class T, int N, class Add>
struct Algebra<cuarrays::detail::Traced<T, N, Add>> {
  using type = cuarrays::detail::TracedAdjoint<T, Add>;
  static constexpr type zero() { return {}; }
  template <class C>
  static constexpr void accumulate(type&, const C&) {}
};
template <class T, int N>
struct Algebra<cuarrays::detail::Written<T, N>> {
  using type = cuarrays::detail::WrittenAdjoint<T, N>;
  static constexpr type zero() { return {}; }
  template <class C>
  static constexpr void accumulate(type&, const C&) {}  // there is but one
};
template <class T, int N, class Add>
struct ExtentOf<cuarrays::detail::Traced<T, N, Add>> {
  static constexpr auto of(const cuarrays::detail::Traced<T, N, Add>& x) {
    return cuarrays::detail::TracedExtent<T, N, Add>{x.add};
  }
};
// mutable: GCC 12 keeps constant local objects in memory, and copies of them too, unless they have such a part.
template <class T, int N, class Add>
struct ir::Shape<cuarrays::detail::Traced<T, N, Add>> {
  mutable Add add;
  explicit constexpr Shape(const cuarrays::detail::Traced<T, N, Add>& x) : add(x.add) {}
  constexpr cuarrays::detail::TracedAdjoint<T, Add> zeros() const { return {add}; }
  /// Never: one that was begun as a sum does not know where to add; zeros() do.
  template <class A>
  static constexpr bool fits(const A&) {
    return false;
  }
};
template <class T, int N>
struct ir::Shape<cuarrays::detail::Written<T, N>> {
  mutable cuarrays::detail::WrittenAdjoint<T, N> adjoint;
  explicit constexpr Shape(const cuarrays::detail::Written<T, N>& x) : adjoint(x.adjoint) {}
  constexpr auto zeros() const { return adjoint; }
  template <class A>
  static constexpr bool fits(const A&) {
    return false;
  }
};
}  // namespace zygote
