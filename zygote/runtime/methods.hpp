// Pullbacks of the reading methods of standard containers: at, front, back, value, value_or; std::visit and
// std::apply; calls of functions that return lambdas. Sizes need none.
#pragma once
#include <zygote/runtime/call.hpp>
#include <zygote/runtime/parts.hpp>

namespace zygote {

namespace detail {
template <class T>
inline constexpr bool is_sequence = is_std_array<T>;
template <class T, class Allocator>
inline constexpr bool is_sequence<std::vector<T, Allocator>> = true;
template <class T, class Allocator>
inline constexpr bool is_sequence<std::deque<T, Allocator>> = true;
template <class T, std::size_t n>
inline constexpr bool is_sequence<std::span<T, n>> = true;
template <class T>
concept Sequence = is_sequence<T> && Differentiable<T>;

template <class Value, class E>
constexpr auto read_element(const Value& value, const E& e, std::size_t i) {
  return Pullback{value, [e, i](const auto& d) { return std::make_tuple(parts::index(e, i, d)); }};
}
}  // namespace detail

template <detail::Sequence T>
struct MethodRule<T, Name<"at">> {
  static constexpr auto pullback(const T& x, std::size_t i) {
    return Pullback{x.at(i),
                    [e = extent(x), i](const auto& d) { return std::make_tuple(parts::index(e, i, d), none{}); }};
  }
};
template <detail::Sequence T>
struct MethodRule<T, Name<"front">> {
  static constexpr auto pullback(const T& x) { return detail::read_element(x.front(), extent(x), 0); }
};
template <detail::Sequence T>
struct MethodRule<T, Name<"back">> {
  static constexpr auto pullback(const T& x) { return detail::read_element(x.back(), extent(x), x.size() - 1); }
};

template <detail::Map Map>
struct MethodRule<Map, Name<"at">> {
  using V = typename Map::mapped_type;
  static auto pullback(const Map& x, const typename Map::key_type& key) {
    return Pullback{x.at(key), [key](const auto& d) {
                      auto dx = settle<V>(d);
                      return std::tuple{MapEntry<Map, Adjoint<V>>{key, std::move(dx)}, none{}};
                    }};
  }
};

template <Differentiable T>
struct MethodRule<std::optional<T>, Name<"value">> {
  static constexpr auto pullback(const std::optional<T>& x) {
    return Pullback{x.value(), [e = extent(x)](const auto& d) { return std::make_tuple(parts::deref(e, d)); }};
  }
};
template <Differentiable T>
struct MethodRule<std::optional<T>, Name<"value_or">> {
  template <class U>
  static constexpr auto pullback(const std::optional<T>& x, const U& otherwise) {
    return Pullback{x.value_or(otherwise), [has = x.has_value()](const auto& d) {
                      auto dx = zero<std::optional<T>>();
                      if (has) dx.emplace(settle<T>(d));
                      return std::make_tuple(std::move(dx), has ? zero<U>() : settle<U>(d));
                    }};
  }
};

/// std::make_shared and std::make_unique.
template <class Pointer>
struct MakePointer {
  using T = typename Pointer::element_type;
  template <class... A>
  constexpr Pointer operator()(const A&... a) const {
    return Pointer(new T(construct<T>(a...)));
  }
  template <class... A>
  constexpr auto pullback(const A&... a) const {
    auto p = construct<T>.pullback(a...);
    return Pullback{Pointer(new T(std::move(p.value))),
                    [back = std::move(p.back)](const auto& d) { return d ? back(*d) : back(zero<T>()); }};
  }
};
template <class Pointer>
inline constexpr MakePointer<Pointer> make_pointer;

/// A lambda that a function returns has a pullback only if it comes from the function's own, whatever went in.
template <Mode mode = Mode{}, class F, class... A>
constexpr auto call_maker(const F& f, A&&... a) {
  auto p = pullback_of<mode>(f, std::forward<A>(a)...);
  return detail::call_result<sizeof...(A), F>(std::move(p.value), std::move(p.back));
}

/// std::visit of one variant, in marked code: through the pullback that f has for the alternative that is there.
template <>
struct FunctionRule<Name<"std::visit">> {
  template <class F, class... T>
  static constexpr auto pullback(const F& f, const std::variant<T...>& x) {
    return with(f, x, std::index_sequence_for<T...>{});
  }

 private:
  template <class F, class... T, std::size_t... i>
  static constexpr auto with(const F& f, const std::variant<T...>& x, std::index_sequence<i...>) {
    using Variant = std::variant<T...>;
    using Value = std::common_type_t<decltype(call_object(f, std::declval<const T&>()).value)...>;
    using Backs = std::variant<decltype(call_object(f, std::declval<const T&>()).back)...>;
    using Called = Pullback<Value, Backs>;
    static_assert((has_pullback<decltype(call_object(f, std::declval<const T&>()))> && ...),
                  "zygote: std::visit needs a pullback for every alternative: mark the visitor ZYGOTE");
    using Call = Called (*)(const F&, const Variant&);
    constexpr Call calls[] = {[](const F& visitor, const Variant& v) {
      auto p = call_object(visitor, *std::get_if<i>(&v));
      return Called{std::move(p.value), Backs(std::in_place_index<i>, std::move(p.back))};
    }...};
    auto called = calls[x.index()](f, x);
    return Pullback{std::move(called.value), [backs = std::move(called.back)](const auto& d, const auto&... places) {
                      const auto& of_f = ir::detail::slot<F, 0, 2>(ir::given(places...));
                      auto of_x = zero<Variant>();
                      if constexpr (NoAdjoint<decltype(of_f)>) {
                        auto sum = zero<F>();
                        (flow<i, T>(std::get_if<i>(&backs), d, of_f, sum, of_x), ...);
                        return std::make_tuple(std::move(sum), std::move(of_x));
                      } else {
                        (flow<i, T>(std::get_if<i>(&backs), d, of_f, of_f.sum, of_x), ...);
                        return std::make_tuple(none{}, std::move(of_x));
                      }
                    }};
  }
  // Adjoints of a visitor and of its variant, if the alternative that it was called with is this one.
  template <std::size_t i, class T, class B, class D, class Place, class Sum, class Variant>
  static constexpr void flow(const B* back, const D& d, const Place& of_f, Sum& sum, Variant& of_x) {
    if (!back) return;
    auto all = ir::pull(*back, d, ir::Places(of_f, none{}));
    if constexpr (!NoAdjoint<Sum>) accumulate<Sum>(sum, std::get<0>(std::move(all)));
    if constexpr (Differentiable<T>) Algebra<Variant>::template place<i>(of_x) = settle<T>(std::get<1>(std::move(all)));
  }
};

/// std::apply, in marked code: through the pullback that f has for the parts of a tuple, a pair or an array.
template <>
struct FunctionRule<Name<"std::apply">> {
  template <class F, class T>
  static constexpr auto pullback(const F& f, const T& x) {
    auto p = std::apply([&](const auto&... parts) { return call_object(f, parts...); }, x);
    static_assert(has_pullback<decltype(p)>,
                  "zygote: std::apply needs a pullback for these arguments: mark the function ZYGOTE");
    return Pullback{std::move(p.value), [back = std::move(p.back)](const auto& d) {
                      auto all = back(d);
                      auto dx = zero<T>();
                      [&]<std::size_t... i>(std::index_sequence<i...>) {
                        (flow(std::get<i>(dx), std::get<i + 1>(std::move(all))), ...);
                      }
                      (std::make_index_sequence<std::tuple_size_v<T>>{});
                      return std::make_tuple(settle<F>(std::get<0>(std::move(all))), std::move(dx));
                    }};
  }

 private:
  template <class T, class D>
  static constexpr void flow(T& to, D&& d) {
    if constexpr (Differentiable<T>) to = settle<T>(std::forward<D>(d));
  }
};

}  // namespace zygote
