// Contributions to parts of a value and of values made from parts, as generated code calls them. In all of them e is
// the extent of the whole and d the contribution to the part, which may itself be a part: a.b[i].c is three nested in
// O(1).
//
// A container of one's own takes part by its extent: `e.part(i, d)` is called by parts::index where the extent has it,
// and returns a contribution (add_to(acc), evaluate()) that adds d at element i.
#pragma once
#include <algorithm>
#include <functional>
#include <stdexcept>
#include <zygote/runtime/containers.hpp>

namespace zygote {

/// A data member by name: `get(x)` refers to it, and `find(&x)` returns a pointer to member if it is no static one.
template <class Get, class Find>
struct Field {
  Get get;
  Find find;
};
template <class Get, class Find>
Field(Get, Find) -> Field<Get, Find>;

#define ZYGOTE_FIELD(name)                                                                              \
  ::zygote::Field {                                                                                     \
    [](auto& zygote_x) -> decltype((zygote_x.name)) { return zygote_x.name; },                          \
        [](auto* zygote_x) -> decltype(&std::remove_pointer_t<decltype(zygote_x)>::name) { return {}; } \
  }

namespace detail {
template <std::size_t i>
struct GetElement {
  template <class T>
  constexpr auto& operator()(T& x) const {
    if constexpr (HasFields<std::remove_const_t<T>>) {
      auto tie = fields(x);
      return std::get<i>(tie);
    } else if constexpr (std::is_array_v<T>)
      return x[i];
    else if constexpr (requires { Algebra<T>::template place<i>(x); })  // a variant's adjoint becomes alternative i
      return Algebra<T>::template place<i>(x);
    else {
      using std::get;
      return get<i>(x);
    }
  }
};

/// Element i of a container; one that grows gets the length that the whole has.
template <class Index>
struct GetIndex {
  std::size_t size;
  Index i;
  template <class Acc>
  constexpr auto& operator()(Acc& acc) const {
    if constexpr (requires { acc.resize(size, acc[i]); }) grow<std::remove_cvref_t<decltype(acc[i])>>(acc, size);
    return acc[i];
  }
};

struct GetValue {
  template <class Acc>
  constexpr auto& operator()(Acc& acc) const {
    return Algebra<Acc>::place(acc);
  }
};

template <class T>
inline constexpr bool is_std_array = false;
template <class T, std::size_t n>
inline constexpr bool is_std_array<std::array<T, n>> = true;

template <class T, class Find>
concept HasMember = requires(const Find& find, T* x) {
  requires std::is_member_object_pointer_v<decltype(find(x))>;
};

/// Which element or alternative of T is a U?
template <class U, class T>
inline constexpr std::size_t place_of = 0;
template <class U, template <class...> class C, class... T>
inline constexpr std::size_t place_of<U, C<T...>> = [] {
  std::size_t i = 0;
  (void)((std::same_as<U, T> || (++i, false)) || ...);
  return i;
}();

/// Can a D be copied into a Part?
template <class D>
inline constexpr bool copied = std::copy_constructible<D> && !moves_only<D>;
template <class E, class Get, class D>
inline constexpr bool copied<Part<E, Get, D>> = copied<D>;

/// A contribution to the part of e at get; what can only be moved is copied number by number if it is still needed.
template <class E, class Get, class D>
constexpr auto part(const E& e, const Get& get, D&& d) {
  using T = std::remove_cvref_t<D>;
  if constexpr (copied<T> || !std::is_lvalue_reference_v<D>)
    return Part{e, get, std::forward<D>(d)};
  else if constexpr (LazyContribution<T>)
    return Part{e, get, d.evaluate()};
  else {
    T copy = zero<T>();
    accumulate<T>(copy, d);
    return Part{e, get, std::move(copy)};
  }
}

template <class D, class PartType>
inline constexpr bool reaches = !NoAdjoint<D> && Differentiable<PartType>;
}  // namespace detail

namespace ir {
/// Element i of a tuple, pair, array or aggregate.
template <std::size_t i, class T>
constexpr auto& element(T& x) {
  return detail::GetElement<i>{}(x);
}

/// The element or alternative of type U of a tuple, pair or variant: std::get<U>(x).
template <class U, class T>
constexpr const auto& element(const T& x) {
  return element<detail::place_of<U, T>>(x);
}

template <class Range>
inline constexpr bool is_map = requires {
  typename Range::mapped_type;
};

/// The number of elements of what a range-for runs over.
template <class Range>
constexpr auto length(const Range& range) {
  static_assert(
      is_map<Range> ||
          requires {
            range[0];
            std::size(range);
          } ||
          requires {
            std::begin(range)[0];
            std::size(range);
          },
      "zygote: a range-for in marked code needs random access (a size and an index): vector, array, span, C array");
  return std::size(range);
}
/// What tells elements apart: their numbers; those of a map their keys, as numbers change when it grows.
struct Numbers {
  constexpr std::size_t operator->*(std::size_t i) const { return i; }
};
template <class Key>
struct Keys {
  std::vector<Key> keys;
  const Key& operator->*(std::size_t i) const { return keys[i]; }
};
template <class Range>
constexpr auto elements([[maybe_unused]] const Range& range) {
  if constexpr (is_map<Range>) {
    Keys<typename Range::key_type> all;
    for (const auto& entry : range) all.keys.push_back(entry.first);
    return all;
  } else
    return Numbers{};
}
/// The loop of C++ would have come to the new elements, too.
template <class Range, class Size>
constexpr void has_not_grown(const Range& range, const Size& size) {
  if constexpr (is_map<Range>)
    if (std::size(range) != size) throw std::logic_error("[range-for] expected a map that does not grow in the loop");
}
/// x[i], which is there.
template <class T, class Index>
ZYGOTE_INLINE constexpr decltype(auto) subscript(const T& x, const Index& i) {
  if constexpr (is_map<T>)
    return (x.find(i)->second);
  else
    return x[i];
}
/// A parameter by value. Reading m[key] of a map may change it.
template <class T>
constexpr auto& parameter(T& x) {
  if constexpr (is_map<T>)
    return x;
  else
    return std::as_const(x);
}
/// The element that a range-for is at.
template <class Range, class Index>
constexpr decltype(auto) at(Range& range, const Index& i) {
  if constexpr (is_map<std::remove_const_t<Range>>) {
    using V = typename Range::mapped_type;
    if constexpr (!std::is_const_v<Range> && Differentiable<V>)
      range.try_emplace(i, zygote::zero<V>());
    else if constexpr (!std::is_const_v<Range>)
      range.try_emplace(i);
    return *range.find(i);
  } else if constexpr (requires { range[i]; })
    return range[i];
  else
    return std::begin(range)[static_cast<std::ptrdiff_t>(i)];
}

template <std::size_t i, class T>
struct Element {
  using type = typename T::value_type;
};
template <std::size_t i, detail::TupleLike T>
struct Element<i, T> : std::tuple_element<i, T> {};
template <std::size_t i, detail::WalkedAggregate T>
struct Element<i, T> : std::tuple_element<i, field_types<T>> {};
/// The type of element i of T{..}.
template <class T, std::size_t i>
using ElementOf = typename Element<i, T>::type;

/// What std::sort, or std::stable_sort, makes of the numbers of the elements from `first` to `last`, which it moves as
/// it would the elements.
template <bool stable = false, class Range, class Less>
constexpr std::vector<std::size_t> order(const Range& range, const Less& less, std::size_t first, std::size_t last) {
  std::vector<std::size_t> numbers(last - first);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = i;
  const auto before = [&](std::size_t i, std::size_t k) { return less(range[first + i], range[first + k]); };
  if constexpr (stable)
    std::stable_sort(numbers.begin(), numbers.end(), before);
  else
    std::sort(numbers.begin(), numbers.end(), before);
  return numbers;
}
template <bool stable = false, class Range, class Less>
constexpr std::vector<std::size_t> order(const Range& range, const Less& less) {
  return order<stable>(range, less, 0, std::size(range));
}

/// The zero that std::reduce(first, last) begins with.
struct ElementZero {
  template <class Range>
  constexpr auto operator()(const Range& range) const {
    return std::remove_cvref_t<decltype(*std::begin(range))>{};
  }
  template <class Range>
  constexpr auto pullback(const Range& range) const {
    return Pullback{(*this)(range), [](const auto&) { return std::tuple{none{}}; }};
  }
};
inline constexpr ElementZero element_zero;

/// Is begin() an iterator to element 0?
template <class Range>
inline constexpr bool iterates = !is_map<std::remove_cvref_t<Range>> && requires(Range & range) {
  requires std::same_as<std::remove_cvref_t<decltype(*std::begin(range))>,
                        std::remove_cvref_t<decltype(ir::at(range, std::size_t()))>>;
  std::size(range);
};
}  // namespace ir

namespace parts {

/// Contribution to x.name.
template <class E, class Get, class Find, class D>
constexpr auto field([[maybe_unused]] const E& e, [[maybe_unused]] const Field<Get, Find>& name,
                     [[maybe_unused]] D&& d) {
  if constexpr (!detail::reaches<D, decltype(name.get(std::declval<const Primal<E>&>()))>)
    return none{};
  else {
    static_assert(
        Differentiable<Primal<E>>,
        "zygote: this member has an adjoint, but the class it belongs to has none: make it an aggregate, or give it "
        "`template <class Self> static constexpr auto fields(Self& self) { return std::tie(...); }`");
    return detail::part(e, name.get, std::forward<D>(d));
  }
}

/// The same for a name in a method, which is perhaps no data member but a global: then nothing flows.
template <class E, class Get, class Find, class D>
constexpr auto self_field([[maybe_unused]] const E& e, [[maybe_unused]] const Field<Get, Find>& name,
                          [[maybe_unused]] D&& d) {
  if constexpr (detail::HasMember<Primal<E>, Find>)
    return parts::field(e, name, std::forward<D>(d));
  else
    return none{};
}

/// Contribution to element i of a tuple, pair, array or aggregate (structured bindings, std::get).
template <std::size_t i, class E, class D>
constexpr auto element([[maybe_unused]] const E& e, [[maybe_unused]] D&& d) {
  if constexpr (!detail::reaches<D, decltype(ir::element<i>(std::declval<const Primal<E>&>()))>)
    return none{};
  else {
    static_assert(Differentiable<Primal<E>>, "zygote: this element has an adjoint, but the whole has none");
    return detail::part(e, detail::GetElement<i>{}, std::forward<D>(d));
  }
}

template <class U, class E, class D>
constexpr auto element(const E& e, D&& d) {
  return element<detail::place_of<U, Primal<E>>>(e, std::forward<D>(d));
}

/// Contribution to x[i]: nothing but that element is touched.
template <class E, class Index, class D>
constexpr auto index([[maybe_unused]] const E& e, [[maybe_unused]] const Index& i, [[maybe_unused]] D&& d) {
  if constexpr (NoAdjoint<D>)
    return none{};
  else if constexpr (requires { e.part(i, std::forward<D>(d)); })
    return e.part(i, std::forward<D>(d));
  else if constexpr (!Differentiable<decltype(std::declval<const Primal<E>&>()[i])>)
    return none{};
  else {
    static_assert(
        Differentiable<Primal<E>>,
        "zygote: this element has an adjoint, but what is indexed has none (a pointer?): use a span or a vector, or "
        "constant(...) if no gradient should flow");
    if constexpr (requires { e.size; })
      return detail::part(e, detail::GetIndex<Index>{e.size, i}, std::forward<D>(d));
    else
      return detail::part(e, detail::GetIndex<Index>{0, i}, std::forward<D>(d));
  }
}

/// Contribution to *x of an optional or a smart pointer.
template <class E, class D>
constexpr auto deref([[maybe_unused]] const E& e, [[maybe_unused]] D&& d) {
  if constexpr (!detail::reaches<D, decltype(*std::declval<const Primal<E>&>())>)
    return none{};
  else {
    static_assert(
        requires(Adjoint<Primal<E>> & acc) { detail::GetValue{}(acc); },
        "zygote: no gradient flows through this pointer: use a value, an optional or a span, or constant(...)");
    return detail::part(e, detail::GetValue{}, std::forward<D>(d));
  }
}

}  // namespace parts

}  // namespace zygote
