// Values in a row. std::tuple would do, but takes several times as long to compile.
#pragma once
#include <zygote/runtime/core.hpp>

namespace zygote::ir {

namespace detail {
template <std::size_t i, class T>
struct Part {
  T value;
};
template <class Sequence, class... Ts>
struct Parts;
template <std::size_t... i, class... Ts>
struct Parts<std::index_sequence<i...>, Ts...> : Part<i, Ts>... {};
template <std::size_t i, class T>
ZYGOTE_INLINE constexpr T& part(Part<i, T>& part) {
  return part.value;
}
template <std::size_t i, class T>
ZYGOTE_INLINE constexpr const T& part(const Part<i, T>& part) {
  return part.value;
}
}  // namespace detail

/// An aggregate of values.
template <class... Ts>
struct Pack : detail::Parts<std::index_sequence_for<Ts...>, Ts...> {
  template <std::size_t i>
  ZYGOTE_INLINE constexpr auto& get() {
    return detail::part<i>(*this);
  }
  template <std::size_t i>
  ZYGOTE_INLINE constexpr const auto& get() const {
    return detail::part<i>(*this);
  }
};
template <class... Ts>
ZYGOTE_INLINE constexpr auto pack(Ts&&... values) {
  return Pack<std::decay_t<Ts>...>{{{std::forward<Ts>(values)}...}};
}
template <class... To, class... From>
ZYGOTE_INLINE constexpr void assign_all([[maybe_unused]] Pack<To...>& to, [[maybe_unused]] Pack<From...>&& from) {
  [&]<std::size_t... i>(std::index_sequence<i...>) ZYGOTE_INLINE {
    ((to.template get<i>() = std::move(from.template get<i>())), ...);
  }
  (std::index_sequence_for<To...>{});
}
template <class F, class... Ts>
ZYGOTE_INLINE constexpr decltype(auto) apply(F& f, Pack<Ts...>& t) {
  return [&]<std::size_t... i>(std::index_sequence<i...>) ZYGOTE_INLINE->decltype(auto) {
    return f(t.template get<i>()...);
  }
  (std::index_sequence_for<Ts...>{});
}
template <class F, class... Ts>
ZYGOTE_INLINE constexpr decltype(auto) apply(F& f, const Pack<Ts...>& t) {
  return [&]<std::size_t... i>(std::index_sequence<i...>) ZYGOTE_INLINE->decltype(auto) {
    return f(t.template get<i>()...);
  }
  (std::index_sequence_for<Ts...>{});
}

}  // namespace zygote::ir
