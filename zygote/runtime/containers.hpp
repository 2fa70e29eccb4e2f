// Adjoints of the standard containers: vector, span, array, pair, tuple, optional, in each other as well.
// Elements without adjoint make a container without adjoint: vector<int>, vector<bool>, string.
#pragma once
#include <array>
#include <optional>
#include <span>
#include <vector>
#include <zygote/runtime/fields.hpp>

namespace zygote {

namespace detail {
template <class T>
constexpr void complete(Adjoint<T>& acc, const T& primal) {
  Algebra<T>::complete(acc, primal);
}

/// The adjoint of n elements in a row of unknown number: a vector, where missing elements are zeros.
template <class T, class Vector>
struct SequenceAlgebra {
  using type = Vector;
  static constexpr type zero() { return {}; }
  template <class C>
  static constexpr void accumulate(type& acc, C&& c) {
    if constexpr (std::same_as<std::remove_cvref_t<C>, type>) {
      if (acc.empty()) {
        acc = std::forward<C>(c);
        return;
      }
    }
    reserve(acc, c.size());
    for (std::size_t i = 0; i < c.size(); ++i) zygote::accumulate<T>(acc[i], c[i]);
  }
  template <class Primal>
  static constexpr void complete(type& acc, const Primal& primal) {
    reserve(acc, primal.size());
    for (std::size_t i = 0; i < primal.size(); ++i) detail::complete<T>(acc[i], primal[i]);
  }
  /// At least n elements.
  static constexpr void reserve(type& acc, std::size_t n) {
    if (acc.size() < n) acc.resize(n, zygote::zero<T>());
  }
};
}  // namespace detail

template <Differentiable T, class Allocator>
struct Algebra<std::vector<T, Allocator>>
    : detail::SequenceAlgebra<
          T, std::vector<Adjoint<T>, typename std::allocator_traits<Allocator>::template rebind_alloc<Adjoint<T>>>> {};

/// A span owns nothing, so its adjoint is a vector.
template <class T, std::size_t n>
requires Differentiable<T>
struct Algebra<std::span<T, n>> : detail::SequenceAlgebra<std::remove_const_t<T>, std::vector<Adjoint<T>>> {
};

template <Differentiable T, std::size_t n>
struct Algebra<std::array<T, n>> {
  using type = std::array<Adjoint<T>, n>;
  static constexpr type zero() {
    type acc{};
    if constexpr (!std::is_arithmetic_v<T>)
      for (auto& x : acc) x = zygote::zero<T>();
    return acc;
  }
  template <class C>
  static constexpr void accumulate(type& acc, const C& c) {
    for (std::size_t i = 0; i < n; ++i) zygote::accumulate<T>(acc[i], c[i]);
  }
  static constexpr void complete(type& acc, const std::array<T, n>& primal) {
    for (std::size_t i = 0; i < n; ++i) detail::complete<T>(acc[i], primal[i]);
  }
};

template <Differentiable T>
struct Algebra<std::optional<T>> {
  using type = std::optional<Adjoint<T>>;
  static constexpr type zero() { return {}; }
  template <class C>
  static constexpr void accumulate(type& acc, const C& c) {
    if (c) zygote::accumulate<T>(place(acc), *c);
  }
  static constexpr void complete(type& acc, const std::optional<T>& primal) {
    if (primal) detail::complete<T>(place(acc), *primal);
  }
  /// The adjoint of the value, from now on there.
  static constexpr Adjoint<T>& place(type& acc) {
    if (!acc) acc.emplace(zygote::zero<T>());
    return *acc;
  }
};

namespace detail {
/// An element of the adjoint of a pair or tuple; what carries no gradient is kept as it is.
template <class T>
struct Kept {
  using type = std::remove_cvref_t<T>;
};
template <Differentiable T>
struct Kept<T> {
  using type = Adjoint<T>;
};

template <class Type, class... T>
struct TupleAlgebra {
  using type = Type;
  static constexpr type zero() { return type(zero_field<std::remove_cvref_t<T>>()...); }
  /// c may be any tuple of contributions, with none{} among them: what back(d) of a function returns.
  template <class C>
  static constexpr void accumulate(type& acc, const C& c) {
    each([&]<std::size_t i, class F>() {
      if constexpr (Differentiable<F>) zygote::accumulate<F>(std::get<i>(acc), std::get<i>(c));
    });
  }
  template <class Primal>
  static constexpr void complete(type& acc, const Primal& primal) {
    each([&]<std::size_t i, class F>() {
      if constexpr (Differentiable<F>)
        detail::complete<F>(std::get<i>(acc), std::get<i>(primal));
      else if constexpr (std::is_copy_assignable_v<F>)
        std::get<i>(acc) = std::get<i>(primal);
    });
  }

 private:
  template <class Visit>
  static constexpr void each(Visit visit) {
    [&]<std::size_t... i>(std::index_sequence<i...>) { (visit.template operator()<i, std::remove_cvref_t<T>>(), ...); }
    (std::index_sequence_for<T...>{});
  }
};
}  // namespace detail

template <class A, class B>
requires(Differentiable<A> || Differentiable<B>) struct Algebra<std::pair<A, B>>
    : detail::TupleAlgebra<std::pair<typename detail::Kept<A>::type, typename detail::Kept<B>::type>, A, B> {
};

template <class... T>
requires(Differentiable<T> || ...) struct Algebra<std::tuple<T...>>
    : detail::TupleAlgebra<std::tuple<typename detail::Kept<T>::type...>, T...> {
};

/// The extent of a container whose length is a run-time matter.
template <class T>
struct SizedExtent {
  using primal = T;
  std::size_t size;
};
template <class T, class Allocator>
struct ExtentOf<std::vector<T, Allocator>> {
  static constexpr SizedExtent<std::vector<T, Allocator>> of(const std::vector<T, Allocator>& x) { return {x.size()}; }
};
template <class T, std::size_t n>
struct ExtentOf<std::span<T, n>> {
  static constexpr SizedExtent<std::span<T, n>> of(const std::span<T, n>& x) { return {x.size()}; }
};

}  // namespace zygote
