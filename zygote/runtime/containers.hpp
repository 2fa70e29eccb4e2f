// Adjoints of the standard containers: vector, deque, span, array, pair, tuple, optional, map, unordered_map, variant,
// unique_ptr and shared_ptr, in each other as well. Elements without adjoint make a container without adjoint:
// vector<int>, vector<bool>, string.
#pragma once
#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <variant>
#include <vector>
#include <zygote/runtime/fields.hpp>

namespace zygote {

namespace detail {
template <class T>
constexpr void complete(Adjoint<T>& acc, const T& primal) {
  Algebra<T>::complete(acc, primal);
}

/// More elements, n in all. (Where g++ 12 inlines this, it warns of bounds without reason.)
template <class T, class Container>
[[gnu::noinline]] constexpr void lengthen(Container& acc, std::size_t n) {
  if constexpr (moves_only<T>)
    while (acc.size() < n) acc.push_back(zygote::zero<T>());
  else
    acc.resize(n, zygote::zero<T>());
}
/// At least n elements.
template <class T, class Container>
constexpr void grow(Container& acc, std::size_t n) {
  if (acc.size() < n) lengthen<T>(acc, n);
}

/// The adjoint of n elements in a row of unknown number: a vector, where missing elements are zeros.
template <class T, class Vector>
struct SequenceAlgebra {
  using type = Vector;
  static constexpr type zero() { return {}; }
  template <class C>
  static constexpr void accumulate(type& acc, C&& c) {
    if constexpr (std::same_as<std::remove_cvref_t<C>, type> && (std::same_as<C, type> || !moves_only<T>)) {
      if (acc.empty()) {
        acc = std::forward<C>(c);
        return;
      }
    }
    grow<T>(acc, c.size());
    for (std::size_t i = 0; i < c.size(); ++i) zygote::accumulate<T>(acc[i], c[i]);
  }
  template <class Primal>
  static constexpr void complete(type& acc, const Primal& primal) {
    grow<T>(acc, primal.size());
    for (std::size_t i = 0; i < primal.size(); ++i) detail::complete<T>(acc[i], primal[i]);
  }
};
}  // namespace detail

template <Differentiable T, class Allocator>
struct Algebra<std::vector<T, Allocator>>
    : detail::SequenceAlgebra<
          T, std::vector<Adjoint<T>, typename std::allocator_traits<Allocator>::template rebind_alloc<Adjoint<T>>>> {};

template <Differentiable T, class Allocator>
struct Algebra<std::deque<T, Allocator>> : detail::SequenceAlgebra<T, std::deque<Adjoint<T>>> {};

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

namespace detail {
template <class T>
struct MapOf {};
template <class K, class V, class Compare, class Allocator>
struct MapOf<std::map<K, V, Compare, Allocator>> {
  using type = std::map<K, Adjoint<V>, Compare>;
};
template <class K, class V, class Hash, class Equal, class Allocator>
struct MapOf<std::unordered_map<K, V, Hash, Equal, Allocator>> {
  using type = std::unordered_map<K, Adjoint<V>, Hash, Equal>;
};
template <class T>
concept Map = requires {
  typename MapOf<T>::type;
  requires Differentiable<typename T::mapped_type>;
};
}  // namespace detail

/// The adjoint of a map has those keys that something flowed to, in the end all of them.
template <detail::Map T>
struct Algebra<T> {
  using K = typename T::key_type;
  using V = typename T::mapped_type;
  using type = typename detail::MapOf<T>::type;
  static type zero() { return {}; }
  template <class C>
  static void accumulate(type& acc, const C& c) {
    for (const auto& [key, value] : c) zygote::accumulate<V>(place(acc, key), value);
  }
  static void complete(type& acc, const T& primal) {
    std::erase_if(acc, [&](const auto& entry) { return !primal.count(entry.first); });  // what a copy got later
    for (const auto& [key, value] : primal) detail::complete<V>(place(acc, key), value);
  }
  static Adjoint<V>& place(type& acc, const K& key) { return acc.try_emplace(key, zygote::zero<V>()).first->second; }
};

namespace detail {
/// Null is zero. Two pointers to one object have an adjoint each.
template <class Pointer, class T>
struct PointerAlgebra {
  using type = Pointer;
  static type zero() { return {}; }
  template <class C>
  static void accumulate(type& acc, const C& c) {
    if (c) zygote::accumulate<T>(place(acc), *c);
  }
  template <class Primal>
  static void complete(type& acc, const Primal& primal) {
    if (primal) detail::complete<T>(place(acc), *primal);
  }
  /// The adjoint of what is pointed to, from now on there, and nobody else's.
  static Adjoint<T>& place(type& acc) {
    bool shared = false;
    if constexpr (requires { acc.use_count(); }) shared = acc.use_count() > 1;
    if (!acc || shared) {
      type fresh(new Adjoint<T>(zygote::zero<T>()));
      if (acc) zygote::accumulate<T>(*fresh, std::as_const(*acc));
      acc = std::move(fresh);
    }
    return *acc;
  }
};
}  // namespace detail
template <Differentiable T>
struct Algebra<std::unique_ptr<T>> : detail::PointerAlgebra<std::unique_ptr<Adjoint<T>>, T> {};
template <Differentiable T>
struct Algebra<std::shared_ptr<T>> : detail::PointerAlgebra<std::shared_ptr<Adjoint<T>>, T> {};

/// The adjoint of a variant is one of the same alternative. Zero is one of the first, so where alternatives differ, the
/// one that is the first is zero.
template <class... T>
requires(Differentiable<T> || ...) struct Algebra<std::variant<T...>> {
  using type = std::variant<typename detail::Kept<T>::type...>;
  static constexpr type zero() { return type(std::in_place_index<0>, detail::zero_field<First>()); }
  template <class C>
  static constexpr void accumulate(type& acc, const C& c) {
    each([&]<std::size_t i, class F>() {
      if constexpr (Differentiable<F>)
        if (c.index() == i && (i > 0 || acc.index() == 0)) zygote::accumulate<F>(place<i>(acc), *std::get_if<i>(&c));
    });
  }
  static constexpr void complete(type& acc, const std::variant<T...>& primal) {
    each([&]<std::size_t i, class F>() {
      if (primal.index() != i) return;
      auto& there = place<i>(acc);
      if constexpr (Differentiable<F>)
        detail::complete<F>(there, *std::get_if<i>(&primal));
      else if constexpr (std::is_copy_assignable_v<F>)
        there = *std::get_if<i>(&primal);
    });
  }
  /// The adjoint of alternative i, from now on there.
  template <std::size_t i>
  static constexpr auto& place(type& acc) {
    if (acc.index() != i) acc.template emplace<i>(detail::zero_field<std::tuple_element_t<i, std::tuple<T...>>>());
    return *std::get_if<i>(&acc);
  }

 private:
  using First = std::tuple_element_t<0, std::tuple<T...>>;
  template <class Visit>
  static constexpr void each(Visit visit) {
    [&]<std::size_t... i>(std::index_sequence<i...>) { (visit.template operator()<i, T>(), ...); }
    (std::index_sequence_for<T...>{});
  }
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
template <class T, class Allocator>
struct ExtentOf<std::deque<T, Allocator>> {
  static constexpr SizedExtent<std::deque<T, Allocator>> of(const std::deque<T, Allocator>& x) { return {x.size()}; }
};
template <class T, std::size_t n>
struct ExtentOf<std::span<T, n>> {
  static constexpr SizedExtent<std::span<T, n>> of(const std::span<T, n>& x) { return {x.size()}; }
};

/// A contribution to one value of a map.
template <class Map, class D>
struct MapEntry {
  typename Map::key_type key;
  D d;
  void add_to(Adjoint<Map>& acc) const {
    zygote::accumulate<typename Map::mapped_type>(Algebra<Map>::place(acc, key), d);
  }
  Adjoint<Map> evaluate() const {
    Adjoint<Map> acc;
    add_to(acc);
    return acc;
  }
};
template <class Map>
struct MapExtent {
  using primal = Map;
};
template <detail::Map T>
struct ExtentOf<T> {
  static MapExtent<T> of(const T&) { return {}; }
};

}  // namespace zygote
