// Calls in generated code: find the callee's pullback, or establish that none is needed.
#pragma once
#include <zygote/runtime/ask.hpp>
#include <zygote/runtime/into.hpp>

namespace zygote {

/// First argument that selects a pullback: of a method `x.area(args...)`, the method `x.area(ask, args...)`; of a
/// function `other::norm(args...)`, also one that is not one's own, the overload `other::norm(ask, args...)`.
struct ask_t {};
inline constexpr ask_t ask;

namespace detail {
// (name) * probe tells what a name is without a symbol table: an object (binary *), a type (a cast of unary *),
// or an overload set, a template, a function (ill-formed, which a requires-expression can see).
struct probe_t {};
struct Anything {
  template <class T>
  operator T() const;
};
template <class F>
struct Object {
  const F& object;
};
template <class F>
constexpr Object<F> operator*(const F& f, probe_t) {
  return {f};
}
Anything operator*(probe_t);
template <class T>
inline constexpr bool is_object = false;
template <class F>
inline constexpr bool is_object<Object<F>> = !std::is_function_v<F>;

template <std::size_t n>
constexpr auto nones() {
  return []<std::size_t... i>(std::index_sequence<i...>) { return std::tuple{((void)i, none{})...}; }
  (std::make_index_sequence<n>{});
}
}  // namespace detail

/// A name as a type: Name<"front">.
template <std::size_t n>
struct Text {
  char letters[n] = {};
  consteval Text(const char (&text)[n]) {
    for (std::size_t i = 0; i < n; ++i) letters[i] = text[i];
  }
};
template <Text text>
struct Name {};

/// A callee as written in the source: a way to look at it, a way to call it, a way to ask it for its pullback, its
/// text.
template <class Probe, class Invoke, class Ask, class Text>
struct Named {
  Probe probe;
  Invoke invoke;
  Ask ask_pullback;
  Text text;
};
template <class Probe, class Invoke, class Ask, class Text>
Named(Probe, Invoke, Ask, Text) -> Named<Probe, Invoke, Ask, Text>;

#define ZYGOTE_NAME(...)                                                                                 \
  ::zygote::Named {                                                                                      \
    [&](auto zygote_p) -> decltype((__VA_ARGS__)*zygote_p) { return (__VA_ARGS__)*zygote_p; },           \
        [&](auto&&... zygote_a) -> decltype(__VA_ARGS__(static_cast<decltype(zygote_a)>(zygote_a)...)) { \
          return __VA_ARGS__(static_cast<decltype(zygote_a)>(zygote_a)...);                              \
        },                                                                                               \
        [&](auto&&... zygote_a) -> decltype(__VA_ARGS__(::zygote::ask,                                   \
                                                        static_cast<decltype(zygote_a)>(zygote_a)...)) { \
          return __VA_ARGS__(::zygote::ask, static_cast<decltype(zygote_a)>(zygote_a)...);               \
        },                                                                                               \
        ::zygote::Name<#__VA_ARGS__> {}                                                                  \
  }

/// A method as written in the source: its pullback overload, the method itself, and the data member of that name, which
/// may be a callable.
template <class Ask, class Invoke, class Member>
struct Method {
  Ask ask_pullback;
  Invoke invoke;
  Member member;
};
template <class Ask, class Invoke, class Member>
Method(Ask, Invoke, Member) -> Method<Ask, Invoke, Member>;

#define ZYGOTE_METHOD(...) ZYGOTE_METHOD_WITH(ZYGOTE_FIELD(__VA_ARGS__), __VA_ARGS__)
#define ZYGOTE_BASE_METHOD(...) ZYGOTE_METHOD_WITH(::zygote::none{}, __VA_ARGS__)  // Base::method
#define ZYGOTE_METHOD_WITH(field, ...)                                                                           \
  ::zygote::Method {                                                                                             \
    [](auto& zygote_o, auto&&... zygote_a) -> decltype(zygote_o.__VA_ARGS__(                                     \
                                               ::zygote::ask, static_cast<decltype(zygote_a)>(zygote_a)...)) {   \
      return zygote_o.__VA_ARGS__(::zygote::ask, static_cast<decltype(zygote_a)>(zygote_a)...);                  \
    },                                                                                                           \
        [](auto& zygote_o,                                                                                       \
           auto&&... zygote_a) -> decltype(zygote_o.__VA_ARGS__(static_cast<decltype(zygote_a)>(zygote_a)...)) { \
          return zygote_o.__VA_ARGS__(static_cast<decltype(zygote_a)>(zygote_a)...);                             \
        },                                                                                                       \
        field                                                                                                    \
  }

/// The `back` of a call without a pullback: no adjoint reaches its arguments.
struct Constant {};
/// The `back` of a call that would need a pullback and has none; generated code asserts that there is no such call.
struct Missing {};

/// `back` in one form for every callee: from the adjoint of the value to a tuple of the adjoints of (callee, args...).
template <class Callee, class Value, class Inner, std::size_t n_args>
struct Back {
  Inner inner;

  template <class D, class... Places>
  constexpr auto operator()(D&& d, const Places&... places) const {
    if constexpr (NoAdjoint<D> || std::same_as<Inner, Constant> || std::same_as<Inner, Missing>)
      return detail::nones<n_args + 1>();
    else {
      auto adjoints = ir::pull(inner, evaluate(std::forward<D>(d)), places...);
      using Adjoints = decltype(adjoints);
      constexpr auto n = std::tuple_size_v<Adjoints>;
      if constexpr (n == n_args + 1) {
        static_assert(
            Differentiable<Callee> || NoAdjoint<std::tuple_element_t<0, Adjoints>>,
            "zygote: back(d) returns more adjoints than the call has arguments; a method of a base class needs "
            "`this->` in front");
        return adjoints;
      } else {
        static_assert(n == n_args && !Differentiable<Callee>,
                      "zygote: back(d) must return one adjoint per argument, after its own if it has state");
        return std::tuple_cat(std::tuple{none{}}, std::move(adjoints));
      }
    }
  }
};

/// T(args...) as an object that is called: by a marked constructor, or as any T is made.
template <class T>
struct Construct {
  template <class... A>
  constexpr T operator()(const A&... a) const {
    if constexpr (requires { T(a...); })
      return T(a...);
    else
      return T{a...};
  }
  template <class... A>
  constexpr auto pullback(const A&... a) const {
    static_assert(can_make<T, A...>,
                  "zygote: no gradient flows into this class: give it `static auto fields(auto& self) { return "
                  "std::tie(...); }`, or write constant(...) around the arguments");
    if constexpr (requires { T::zygote_make(ask, a...); })
      return T::zygote_make(ask, a...);
    else
      return Pullback{(*this)(a...), [all = std::tuple{extent(a)...}](const auto& d) {
                        return [&]<std::size_t... i>(std::index_sequence<i...>) {
                          return std::make_tuple(parts::made<T, i, sizeof...(A), false>(std::get<i>(all), d)...);
                        }
                        (std::index_sequence_for<A...>{});
                      }};
  }
};
template <class T>
inline constexpr Construct<T> construct;

template <class Call>
inline constexpr bool has_pullback = !std::same_as<decltype(std::declval<Call>().back.inner), Missing>;

/// The pullback of a call that left the last n arguments to their defaults.
template <std::size_t n, class P>
constexpr auto without_last(P p) {
  return Pullback{std::move(p.value), [back = std::move(p.back)](const auto& d) {
                    auto all = back(d);
                    return [&]<std::size_t... i>(std::index_sequence<i...>) {
                      return std::make_tuple(std::get<i>(std::move(all))...);
                    }
                    (std::make_index_sequence<std::tuple_size_v<decltype(all)> - n>{});
                  }};
}

/// How to give a pullback to a function whose namespace cannot take an overload with `ask`, as std: specialise for the
/// Name<"..."> by which marked code calls it, with a static `pullback(args...)`; or let the macro do it, outside of all
/// namespaces: ZYGOTE_PULLBACK(other::norm, [](const V& v) { return Pullback{other::norm(v), back}; })
template <class Name>
struct FunctionRule {};
#define ZYGOTE_PULLBACK(name, ...)                     \
  template <>                                          \
  struct zygote::FunctionRule<::zygote::Name<#name>> { \
    static constexpr auto pullback = __VA_ARGS__;      \
  }

/// How to give pullbacks to methods one does not own: specialise for the class and the Name<"..."> of the method, with
/// `static auto pullback(const T& object, args...)`, whose back returns (dobject, dargs...).
template <class T, class Name>
struct MethodRule {};

namespace detail {
template <std::size_t n_args, class Callee = none, class Value, class Inner>
constexpr auto call_result(Value&& value, Inner&& inner) {
  using V = std::decay_t<Value>;
  using I = std::decay_t<Inner>;
  return Pullback<V, Back<Callee, V, I, n_args>>{std::forward<Value>(value), {std::forward<Inner>(inner)}};
}

template <std::size_t n_args, class Callee, class P>
using Called = Pullback<decltype(P::value), Back<Callee, decltype(P::value), decltype(P::back), n_args>>;

template <class Invoke, class... A>
constexpr auto call_unmarked(Invoke&& invoke, A&&... a) {
  constexpr std::size_t n = sizeof...(A);
  if constexpr (!std::invocable<Invoke, A...>) {
    static_assert(!sizeof(invoke),
                  "zygote: this function does not exist for these arguments, as constants: mark it if it changes them");
    return call_result<n>(none{}, Constant{});
  } else {
    using Result = std::invoke_result_t<Invoke, A...>;
    if constexpr (std::is_void_v<Result>) {
      invoke(std::forward<A>(a)...);
      return call_result<n>(none{}, Constant{});
    } else if constexpr ((Differentiable<A> || ...) && (Differentiable<Result> || Opaque<Result>))
      return call_result<n>(invoke(std::forward<A>(a)...), Missing{});
    else
      return call_result<n>(invoke(std::forward<A>(a)...), Constant{});
  }
}
}  // namespace detail

namespace detail {
/// A class template over a function type: std::function and its like, which forget the pullback.
template <class F>
inline constexpr bool is_erased = false;
template <template <class> class C, class R, class... A>
inline constexpr bool is_erased<C<R(A...)>> = true;
}  // namespace detail

/// Calls an object: with its pullback if it has one and an adjoint can matter. The type of the result is declared,
/// since the pullback of a recursive function calls itself.
template <Mode mode = Mode{}, class F, class... A>
requires(HasPullback<F, A...> && (Differentiable<F> || ... || Differentiable<A>)) constexpr auto call_object(const F& f,
                                                                                                             A&&... a)
    -> detail::Called<sizeof...(A), F, decltype(pullback_of<mode>(f, std::forward<A>(a)...))> {
  auto p = pullback_of<mode>(f, std::forward<A>(a)...);
  return {std::move(p.value), {std::move(p.back)}};
}
template <Mode mode = Mode{}, class F, class... A>
constexpr auto call_object(const F& f, A&&... a) {
  if constexpr (HasPullback<F, A...>) {
    return detail::call_result<sizeof...(A)>(f(std::forward<A>(a)...), Constant{});
  } else if constexpr (std::is_class_v<F> && Differentiable<F>) {
    using Result = decltype(f(std::forward<A>(a)...));
    if constexpr (Differentiable<Result>)
      return detail::call_result<sizeof...(A)>(f(std::forward<A>(a)...), Missing{});
    else
      return detail::call_unmarked(f, std::forward<A>(a)...);
  } else {
    static_assert(!detail::is_erased<F> || !(Differentiable<A> || ...) || !Differentiable<decltype(f(a...))>,
                  "zygote: std::function forgets the pullback of what it holds: use zygote::Function<R(A...)>, or "
                  "constant(f)");
    return detail::call_unmarked(f, std::forward<A>(a)...);
  }
}

namespace detail {
template <class T>
inline constexpr bool is_function_name = false;
template <class F>
inline constexpr bool is_function_name<Object<F>> = std::is_function_v<F>;

/// Calls a function, an overload set, a template.
template <class Name, class... A>
constexpr auto call_function(const Name& name, A&&... a) {
  if constexpr (!(Differentiable<A> || ...))
    return call_unmarked(name.invoke, std::forward<A>(a)...);
  else if constexpr (requires { name.ask_pullback(std::forward<A>(a)...).back; }) {
    auto p = name.ask_pullback(std::forward<A>(a)...);
    return call_result<sizeof...(A)>(std::move(p.value), std::move(p.back));
  } else if constexpr (requires { FunctionRule<decltype(name.text)>::pullback(std::forward<A>(a)...); }) {
    auto p = FunctionRule<decltype(name.text)>::pullback(std::forward<A>(a)...);
    return call_result<sizeof...(A)>(std::move(p.value), std::move(p.back));
  } else
    return call_unmarked(name.invoke, std::forward<A>(a)...);
}
}  // namespace detail

/// Calls what a name stands for: an object, a function, an overload set, or a type (a conversion).
template <Mode mode = Mode{}, class Probe, class Invoke, class Ask, class Text, class... A>
constexpr auto call(const Named<Probe, Invoke, Ask, Text>& name, A&&... a) {
  if constexpr (requires { name.probe(detail::probe_t{}); }) {
    using Found = decltype(name.probe(detail::probe_t{}));
    if constexpr (detail::is_object<Found>)
      return call_object<mode>(name.probe(detail::probe_t{}).object, std::forward<A>(a)...);
    else if constexpr (detail::is_function_name<Found>)
      return detail::call_function(name, std::forward<A>(a)...);
    else if constexpr (sizeof...(A) == 1 && (std::is_arithmetic_v<std::remove_cvref_t<A>> && ...) &&
                       std::is_arithmetic_v<Found>)
      return detail::call_result<1>(name.invoke(std::forward<A>(a)...), [](const auto& d) { return std::tuple{d}; });
    else
      return detail::call_unmarked(name.invoke, std::forward<A>(a)...);
  } else
    return detail::call_function(name, std::forward<A>(a)...);
}

/// Calls a method; the tuple of adjoints begins with that of the object.
template <class MethodName, class Ask, class Invoke, class Member, class O, class... A>
constexpr auto call_method(const Method<Ask, Invoke, Member>& method, O& object, A&&... a) {
  using T = std::remove_cvref_t<O>;
  if constexpr (requires { method.ask_pullback(object, std::forward<A>(a)...); }) {
    auto p = method.ask_pullback(object, std::forward<A>(a)...);
    return detail::call_result<sizeof...(A), T>(std::move(p.value), std::move(p.back));
  } else if constexpr (requires { MethodRule<T, MethodName>::pullback(object, std::forward<A>(a)...); }) {
    auto p = MethodRule<T, MethodName>::pullback(object, std::forward<A>(a)...);
    return detail::call_result<sizeof...(A), T>(std::move(p.value), std::move(p.back));
  } else if constexpr (requires { method.member.get(object); }) {
    auto p = call_object(method.member.get(object), std::forward<A>(a)...);
    if constexpr (!has_pullback<decltype(p)>)
      return p;
    else {
      auto back = [e = extent(object), member = method.member, back = std::move(p.back)](const auto& d) {
        auto all = back(d);
        return [&]<std::size_t... i>(std::index_sequence<i...>) {
          return std::make_tuple(parts::field(e, member, std::get<0>(std::move(all))),
                                 std::get<i + 1>(std::move(all))...);
        }
        (std::index_sequence_for<A...>{});
      };
      return detail::call_result<sizeof...(A), T>(std::move(p.value), std::move(back));
    }
  } else if constexpr (!requires { method.invoke(object, std::forward<A>(a)...); }) {
    static_assert(!sizeof(T),
                  "zygote: the object has no such method, as a constant, for these arguments: mark the method if it "
                  "changes its object");
    return detail::call_result<sizeof...(A)>(none{}, Constant{});
  } else {
    using Result = decltype(method.invoke(object, std::forward<A>(a)...));
    if constexpr (std::is_void_v<Result>) {
      method.invoke(object, std::forward<A>(a)...);
      return detail::call_result<sizeof...(A)>(none{}, Constant{});
    } else if constexpr ((Differentiable<T> || (Differentiable<A> || ...)) &&
                         (Differentiable<Result> || Opaque<Result>))
      return detail::call_result<sizeof...(A)>(method.invoke(object, std::forward<A>(a)...), Missing{});
    else {
      static_assert(!Differentiable<Result> || !std::is_base_of_v<T, std::remove_cvref_t<Result>>,
                    "zygote: no gradient flows through a base class to the object that it is part of");
      return detail::call_result<sizeof...(A)>(method.invoke(object, std::forward<A>(a)...), Constant{});
    }
  }
}

/// `constant(f)` is f without adjoints; `constant(expr)` in marked code is a value through which no adjoint flows.
template <class T>
struct ConstantValue {
  T value;
  template <class... A>
  constexpr decltype(auto) operator()(A&&... a) const {
    return value(std::forward<A>(a)...);
  }
  template <class... A>
  constexpr auto pullback(A&&... a) const {
    return Pullback{value(std::forward<A>(a)...), [](const auto&) { return detail::nones<sizeof...(A)>(); }};
  }
};
template <class T>
struct Algebra<ConstantValue<T>> : NoAlgebra {};
template <class T>
constexpr auto constant(T&& x) {
  if constexpr (std::is_class_v<std::remove_cvref_t<T>> && !Differentiable<T>)
    return ConstantValue<std::remove_cvref_t<T>>{std::forward<T>(x)};
  else if constexpr (std::is_function_v<std::remove_reference_t<T>>)
    return ConstantValue<std::decay_t<T>>{x};
  else
    return std::remove_cvref_t<T>(std::forward<T>(x));
}

/// `frozen(f)` is f with a state that is constant: adjoints flow to its arguments, none to its fields or captures.
template <class F>
struct Frozen {
  F f;
  template <class... A>
  constexpr decltype(auto) operator()(A&&... a) const {
    return f(std::forward<A>(a)...);
  }
  template <class... A>
  requires requires(const F& f, A&&... a) { f.pullback(std::forward<A>(a)...); }
  constexpr auto pullback(A&&... a) const {
    auto p = call_object(f, std::forward<A>(a)...);
    return Pullback{std::move(p.value), [back = std::move(p.back)](const auto& d) {
                      return std::apply([](auto&&, auto&&... da) { return std::make_tuple(std::move(da)...); },
                                        back(d));
                    }};
  }
};
template <class F>
struct Algebra<Frozen<F>> : NoAlgebra {};
template <class F>
constexpr Frozen<F> frozen(F f) {
  return {std::move(f)};
}

}  // namespace zygote
