// What an expression uses twice is worked out once: `y * y + y` where `auto y = exp(x)`.
//
// Expressions are trees, and y is in this one three times. Among calls of the same type those with equal operands are
// found when the expression is bound; each element of theirs is worked out ahead, and the lane that reads the others
// carries it along, in a register.
#pragma once
#include <cstring>
#include <cuarrays/loops.hpp>

namespace cuarrays::detail {

/// Functions that take no longer than it takes to keep what they return.
template <class F>
constexpr bool costs_little() {
  constexpr std::string_view little[] = {"add",        "sub",     "mul",           "neg",         "pos",       "max",
                                         "min",        "abs",     "convert",       "equal",       "not_equal", "less",
                                         "less_equal", "greater", "greater_equal", "logical_and", "logical_or"};
  return std::find(std::begin(little), std::end(little), std::string_view(name_of<F>)) != std::end(little);
}
template <class B>
inline constexpr bool costs_much = false;
template <class F, class... B>
inline constexpr bool costs_much<BoundCall<F, B...>> = !costs_little<F>() || (costs_much<B> || ...);

// The types of calls that cost much, operands before what is made of them, and those that are there more than once.
template <class... C>
struct Types {};
template <class... A, class... B>
constexpr Types<A..., B...> operator+(Types<A...>, Types<B...>) {
  return {};
}
template <class B>
struct CallsOf {
  using type = Types<>;
};
template <class F, class... B>
struct CallsOf<BoundCall<F, B...>> {
  using Own = std::conditional_t<costs_much<BoundCall<F, B...>>, Types<BoundCall<F, B...>>, Types<>>;
  using type = decltype((Types<>{} + ... + typename CallsOf<B>::type{}) + Own{});
};
template <class... Found>
constexpr auto repeated(Types<>, Types<Found...> found) {
  return found;
}
template <class C, class... Rest, class... Found>
constexpr auto repeated(Types<C, Rest...>, Types<Found...> found) {
  if constexpr ((std::same_as<C, Rest> || ...) && !(std::same_as<C, Found> || ...) &&
                std::default_initializable<typename C::value_type>)
    return repeated(Types<Rest...>{}, found + Types<C>{});
  else
    return repeated(Types<Rest...>{}, found);
}

template <class C, class... All>
constexpr std::size_t times(Types<All...>) {
  return (std::size_t(std::same_as<C, All>) + ...);
}

/// A lane that carries the value of call C.
template <class Lane, class C, class V>
struct Carrying : Lane {
  V value;
};
template <class C, class Lane>
inline constexpr bool carries = false;
template <class C, class Lane, class D, class V>
inline constexpr bool carries<C, Carrying<Lane, D, V>> = std::same_as<C, D> || carries<C, Lane>;
template <class C, class Lane, class D, class V>
constexpr const auto& carried(const Carrying<Lane, D, V>& lane) {
  if constexpr (std::same_as<C, D>)
    return lane.value;
  else
    return carried<C>(static_cast<const Lane&>(lane));
}

/// A call of which there are several.
template <class C>
struct Repeated {
  using value_type = typename C::value_type;
  C call;
  bool known = false;  // its value is carried along

  template <class Lane>
  constexpr auto at(const Lane& lane) const {
    if constexpr (carries<C, Lane>) {
      if (known) return carried<C>(lane);
    }
    return call.at(lane);
  }
  template <class Visit>
  void each_array(Visit&& visit) {
    call.each_array(visit);
  }
};

/// A tree with repeated calls, and those that are worked out ahead.
template <class Root, class... C>
struct Once {
  using value_type = typename Root::value_type;
  Root root;
  std::tuple<C...> ahead;
  bool used[sizeof...(C)] = {};

  template <std::size_t k = 0, class Lane>
  constexpr auto at(const Lane& lane) const {
    if constexpr (k == sizeof...(C))
      return root.at(lane);
    else {
      using Call = std::tuple_element_t<k, std::tuple<C...>>;
      Carrying<Lane, Call, decltype(std::get<k>(ahead).at(lane))> carrying{lane, {}};
      if (used[k]) carrying.value = std::get<k>(ahead).at(lane);
      return at<k + 1>(carrying);
    }
  }
  template <class Visit>
  void each_array(Visit&& visit) {
    root.each_array(visit);
    std::apply([&](C&... c) { (c.each_array(visit), ...); }, ahead);
  }
};
#if CUARRAYS_XSIMD
template <class T, class C>
inline constexpr bool vectorises<T, Repeated<C>> = vectorises<T, C>;
template <class T, class Root, class... C>
inline constexpr bool vectorises<T, Once<Root, C...>> = vectorises<T, Root>;
#endif

/// The tree with a Repeated in place of each call of these types.
template <class... R, class B>
auto with_repeated(Types<R...>, const B& bound) {
  return bound;
}
template <class... R, class F, class... B>
auto with_repeated(Types<R...> types, const BoundCall<F, B...>& bound) {
  const auto call = std::apply(
      [&](const B&... b) {
        return BoundCall<F, decltype(with_repeated(types, b))...>{bound.f, {with_repeated(types, b)...}};
      },
      bound.operands);
  if constexpr ((std::same_as<BoundCall<F, B...>, R> || ...))
    return Repeated<std::remove_const_t<decltype(call)>>{call};
  else
    return call;
}

/// visit(r) for each Repeated of call C.
template <class C, class B, class Visit>
void each_repeated(B&, const Visit&) {}
template <class C, class F, class... B, class Visit>
void each_repeated(BoundCall<F, B...>& bound, const Visit& visit);
template <class C, class D, class Visit>
void each_repeated(Repeated<D>& repeated, const Visit& visit) {
  if constexpr (std::same_as<C, D>)
    visit(repeated);
  else
    each_repeated<C>(repeated.call, visit);
}
template <class C, class F, class... B, class Visit>
void each_repeated(BoundCall<F, B...>& bound, const Visit& visit) {
  std::apply([&](B&... b) { (each_repeated<C>(b, visit), ...); }, bound.operands);
}

/// Do they yield the same elements? (If in doubt: no.)
template <class T>
bool same_bytes(const T& a, const T& b) {
  return std::is_empty_v<T> || (std::is_trivially_copyable_v<T> && std::memcmp(&a, &b, sizeof(T)) == 0);
}
template <class B>
bool same_elements(const B& a, const B& b) {
  return same_bytes(a, b);
}
template <class C>
bool same_elements(const Repeated<C>& a, const Repeated<C>& b);
template <class F, class... B>
bool same_elements(const BoundCall<F, B...>& a, const BoundCall<F, B...>& b) {
  return same_bytes(a.f, b.f)&& [&]<std::size_t... k>(std::index_sequence<k...>) {
    return (same_elements(std::get<k>(a.operands), std::get<k>(b.operands)) && ...);
  }
  (std::index_sequence_for<B...>{});
}
template <class C>
bool same_elements(const Repeated<C>& a, const Repeated<C>& b) {
  return same_elements(a.call, b.call);
}

/// A call that is there again, to be worked out ahead, or one that is not, and `used` stays false.
template <class C, std::size_t times, class Root>
C work_out_ahead(Root& root, bool& used) {
  std::array<Repeated<C>*, times> all;
  std::size_t found = 0;
  each_repeated<C>(root, [&](Repeated<C>& r) { all[found++] = &r; });
  for (const auto* first : all) {
    const auto same = [&](const auto* other) { return same_elements(first->call, other->call); };
    if (std::count_if(all.begin(), all.end(), same) < 2) continue;
    used = true;
    for (auto* other : all) other->known = same(other);
    return first->call;
  }
  return all.front()->call;
}

/// A bound expression of which what is used twice is worked out once.
template <class... R, class B>
auto once(Types<R...> types, const B& bound) {
  using Calls = typename CallsOf<B>::type;
  using Root = decltype(with_repeated(types, bound));
  using Result = Once<Root, decltype(with_repeated(types, std::declval<const R&>()).call)...>;
  return [&]<class... C, std::size_t... k>(std::type_identity<Once<Root, C...>>, std::index_sequence<k...>) {
    Root root = with_repeated(types, bound);
    bool used[sizeof...(C)] = {};
    const std::tuple<C...> ahead{work_out_ahead<C, times<R>(Calls{})>(root, used[k])...};  // one after the other
    Result result{root, ahead, {}};
    std::copy_n(used, sizeof...(C), result.used);
    return result;
  }(std::type_identity<Result>{}, std::index_sequence_for<R...>{});
}
template <class B>
auto once(const B& bound) {
  constexpr auto types = repeated(typename CallsOf<B>::type{}, Types<>{});
  if constexpr (std::same_as<decltype(types), const Types<>>)
    return bound;
  else
    return once(types, bound);
}

}  // namespace cuarrays::detail
