// What generated code keeps for its reverse: which values, which it works out again, and how they are laid out.
#pragma once
#include <array>
#include <cstddef>
#include <zygote/runtime/parts.hpp>

namespace zygote::ir {

/// An argument; none if it needs no adjoint.
template <bool needs_adjoint, class T>
constexpr decltype(auto) active(const T& x) {
  if constexpr (needs_adjoint)
    return (x);
  else
    return none{};
}

/// What the reverse works out again instead of reading it.
template <class T>
struct Unsaved {};
/// What is the same in all iterations of a loop, which keeps it once.
template <class T>
struct Invariant {
  T value;
};

/// Values that are worked out again rather than saved.
template <class T, bool can = true>
inline constexpr bool cheap = can&& std::is_arithmetic_v<std::remove_cvref_t<T>>;
template <bool saved, class T>
ZYGOTE_INLINE constexpr decltype(auto) save_if(T&& x) {
  if constexpr (saved)
    return std::forward<T>(x);
  else
    return Unsaved<std::remove_cvref_t<T>>{};
}
template <class T>
ZYGOTE_INLINE constexpr decltype(auto) invariant(T&& x) {
  if constexpr (std::is_arithmetic_v<std::remove_cvref_t<T>>)
    return Invariant<std::remove_cvref_t<T>>{x};
  else
    return std::forward<T>(x);
}
/// What was saved. What was not is named by code that does not run.
template <class T>
ZYGOTE_INLINE constexpr const T& saved(const T& x) {
  return x;
}
template <class T>
const T& saved(const Unsaved<T>&) {
  alignas(T) static std::byte nothing[sizeof(T)];
  return *reinterpret_cast<const T*>(nothing);
}
/// What was saved, or is worked out again, if it can be: what is no number, or is read from an argument that is not
/// lent, cannot, and is not saved only if nobody reads it.
template <bool can = true, class T, class Work>
ZYGOTE_INLINE constexpr decltype(auto) again(const Unsaved<T>& unsaved, Work&& work) {
  if constexpr (cheap<T, can>)
    return static_cast<T>(work());
  else
    return ir::saved(unsaved);
}
template <bool can = true, class T, class Work>
ZYGOTE_INLINE constexpr const T& again(const T& saved, Work&&) {
  return saved;
}

/// An argument as the reverse reads it: where it is if it is lent, else a copy; or nothing, if the reverse reads parts
/// of lent arguments only.
template <class T>
struct Borrowed {
  const T* at;
  constexpr const T& get() const { return *at; }
};
template <class T>
struct Copied {
  T value;
  constexpr const T& get() const { return value; }
};
template <class T>
struct Unread {
  const T& get() const { return ir::saved(Unsaved<T>{}); }
};
template <bool lent, bool needed, class T>
constexpr auto lend(const T& x) {
  if constexpr (lent && !std::is_arithmetic_v<T>)
    return Borrowed<T>{&x};
  else if constexpr (needed || std::is_arithmetic_v<T>)
    return Copied<T>{x};
  else
    return Unread<T>{};
}

namespace detail {
template <class T>
inline constexpr bool is_invariant = false;
template <class T>
inline constexpr bool is_invariant<Invariant<T>> = true;
template <class T>
inline constexpr bool is_stored = !std::is_empty_v<T> && !is_invariant<T>;

// Which elements are stored (or are invariant), and the place of element i among them.
template <std::size_t n>
constexpr auto places(const bool (&chosen)[n]) {
  std::array<std::size_t, n> at{};
  for (std::size_t i = 0, k = 0; i < n; ++i)
    if (chosen[i]) at[k++] = i;
  return at;
}
template <std::size_t n>
constexpr std::size_t rank(const bool (&chosen)[n], std::size_t i) {
  std::size_t k = 0;
  while (i-- > 0) k += chosen[i];
  return k;
}

template <std::size_t i, class T>
struct Slot {
  T value;
};
template <std::size_t i, class T>
requires std::is_empty_v<T>
struct Slot<i, T> {
  static constexpr T value{};
  constexpr Slot() = default;
  ZYGOTE_INLINE constexpr Slot(const T&) {}
};
template <class Sequence, class... Ts>
struct Slots;
template <std::size_t... i, class... Ts>
struct Slots<std::index_sequence<i...>, Ts...> : Slot<i, Ts>... {};

template <std::size_t i, class T>
ZYGOTE_INLINE constexpr auto& at(Slot<i, T>& slot) {
  return slot.value;
}
template <std::size_t i, class T>
ZYGOTE_INLINE constexpr const auto& at(const Slot<i, T>& slot) {
  return slot.value;
}
template <std::size_t i, class T>
T type_at(const Slot<i, T>&);
template <class T>
T once(const Invariant<T>&);
}  // namespace detail

/// What a region hands to its reverse. Empty types (the extents of scalars) take no room.
template <class... Ts>
struct Saves : detail::Slots<std::index_sequence_for<Ts...>, Ts...> {
  static constexpr bool stored[] = {detail::is_stored<Ts>..., false},
                        invariant[] = {detail::is_invariant<Ts>..., false};
  static constexpr std::size_t n_stored = (0 + ... + detail::is_stored<Ts>),
                               n_invariant = (0 + ... + detail::is_invariant<Ts>);
  static constexpr auto stored_at = detail::places(stored), invariant_at = detail::places(invariant);

  template <std::size_t i>
  ZYGOTE_INLINE constexpr const auto& get() const {
    return detail::at<i>(*this);
  }
  /// Calls f with each stored value and its place among them.
  template <class F>
  ZYGOTE_INLINE constexpr void visit([[maybe_unused]] F&& f) {
    [&]<std::size_t... k>(std::index_sequence<k...>) ZYGOTE_INLINE {
      (f.template operator()<k>(detail::at<stored_at[k]>(*this)), ...);
    }
    (std::make_index_sequence<n_stored>{});
  }
  template <class Invariants>
  ZYGOTE_INLINE constexpr void keep([[maybe_unused]] Invariants& once) {
    [&]<std::size_t... k>(std::index_sequence<k...>) ZYGOTE_INLINE {
      ((std::get<k>(once) = detail::at<invariant_at[k]>(*this).value), ...);
    }
    (std::make_index_sequence<n_invariant>{});
  }
};
template <class... Ts>
ZYGOTE_INLINE constexpr auto saves(Ts&&... values) {
  return Saves<std::remove_cvref_t<Ts>...>{{{std::forward<Ts>(values)}...}};
}

namespace detail {
template <class S, std::size_t... k>
auto stored_of(std::index_sequence<k...>) -> std::tuple<decltype(type_at<S::stored_at[k]>(std::declval<S&>()))...>;
template <class S, std::size_t... k>
auto invariants_of(std::index_sequence<k...>)
    -> std::tuple<decltype(once(type_at<S::invariant_at[k]>(std::declval<S&>())))...>;
}  // namespace detail
template <class S>
using Stored = decltype(detail::stored_of<S>(std::make_index_sequence<S::n_stored>{}));
template <class S>
using Invariants = decltype(detail::invariants_of<S>(std::make_index_sequence<S::n_invariant>{}));

}  // namespace zygote::ir
