// The protocol that everything in zygote speaks.
//
// A differentiable callable is an object f with f(args...) and f.pullback(args...), which returns {value, back};
// back(dvalue) returns a tuple with one adjoint per argument, preceded by the adjoint of f itself if f has state.
#pragma once
#include <concepts>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

// g++ 12 takes types with text in their template arguments, Name<"at">, for types of an anonymous namespace, and warns
// of closures that hold one.
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 14
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif

// constexpr for pullbacks whose types the compiler cannot judge; see constexpr_word in zygote/compiler/emit_file.cpp.
#if defined(__clang__) && !defined(__CUDACC__)
#define ZYGOTE_CONSTEXPR
#else
#define ZYGOTE_CONSTEXPR constexpr
#endif

#define ZYGOTE  // marks code for the compiler; the code it writes no longer contains it

// Function objects that device code may name are declared `ZYGOTE_OBJECT name_t name{};`. Their constexpr members need
// no mark under nvcc --expt-relaxed-constexpr; ZYGOTE_HD is for functions that are not constexpr.
#ifdef __CUDACC__
#define ZYGOTE_HD __host__ __device__
#else
#define ZYGOTE_HD
#endif
#ifdef __CUDA_ARCH__
#define ZYGOTE_OBJECT static __device__ constexpr
#else
#define ZYGOTE_OBJECT inline constexpr
#endif

/// Regions of generated code and what runs them: calls of theirs must not stay, or loops do not vectorise.
#if defined(__GNUC__)
#define ZYGOTE_INLINE __attribute__((always_inline))
#else
#define ZYGOTE_INLINE
#endif

namespace zygote {

/// The adjoint of what cannot be differentiated (integers, strings, sizes) and of what nobody depends on.
struct none {
  constexpr bool operator==(const none&) const = default;
};

/// What a caller tells a pullback of its arguments, one bit each: which ones it lends, that is, keeps as they are until
/// the last call of `back`; and which ones need no adjoint. `unit`: it will call `back`
/// with 1.
struct Mode {
  unsigned long long lends = 0, inactive = 0;
  bool unit = false;
  constexpr bool lent(int i) const { return i < 64 && (lends >> i & 1); }
  constexpr bool active(int i) const { return i >= 64 || !(inactive >> i & 1); }
  constexpr unsigned long long lend(int i, int as) const { return lent(i) ? 1ull << as : 0; }
  /// A part of it, unless reading that gives a temporary.
  template <class Read>
  constexpr unsigned long long lend(int i, int as) const {
    return std::is_lvalue_reference_v<Read> ? lend(i, as) : 0;
  }
  constexpr bool operator==(const Mode&) const = default;
};
constexpr Mode mode_of(Mode mode) { return mode; }
template <class M>
constexpr Mode mode_of(M) {
  return M::mode;
}

/// Asks a function that changes its arguments to return them instead.
struct returning_t {};
inline constexpr returning_t returning{};
/// .. as a tuple, of those arguments (from 0 on) that the caller would see change.
template <std::size_t... i>
struct Changing {};

/// What a kernel gets of an array: a copy of it refers to the same elements. Is it one that the kernel writes to?
template <class T>
inline constexpr bool is_view = false;
template <class T>
inline constexpr bool is_written_view = false;
/// What stands for a parameter `auto&` of a kernel in its pullback.
template <class T>
concept KernelArgument = is_view<T> || std::is_scalar_v<T>;

/// What `f.pullback(args...)` returns: the value, and the function from its adjoint to those of the arguments.
template <class Value, class Back>
struct Pullback {
  Value value;
  Back back;
};
template <class Value, class Back>
Pullback(Value, Back) -> Pullback<Value, Back>;

/// The Algebra of what has no adjoint.
struct NoAlgebra {
  using type = none;
  static constexpr none zero() { return {}; }
  template <class C>
  static constexpr void accumulate(none&, const C&) {}
  template <class T>
  static constexpr void complete(none&, const T&) {}
};

/// How adjoints of a T are typed, started and summed. Specialise it for types of your own that are not aggregates:
/// `type` (the adjoint, or none), `zero()`, `accumulate(type&, const C&)` (adds in place; C is `type` or something
/// that converts to it) and `complete(type&, const T&)` (gives an adjoint that was left at zero its full shape).
template <class T>
struct Algebra : NoAlgebra {
  static constexpr bool unknown = true;  // nobody has said what the adjoint of a T is
};

template <class T>
using Adjoint = typename Algebra<std::remove_cvref_t<T>>::type;

template <class T>
concept NoAdjoint = std::same_as<std::remove_cvref_t<T>, none>;

template <class T>
concept Differentiable = !NoAdjoint<Adjoint<T>>;

template <class T>
concept HoldsIntegers = requires {
  requires std::is_integral_v<typename T::value_type>;
};

/// A class of which zygote does not know whether real numbers are in it: a gradient that flowed into it would be lost.
/// Strings and containers of integers hold none. So is a pointer to real numbers.
template <class T>
concept Opaque = (std::is_class_v<std::remove_cvref_t<T>> && !std::is_empty_v<std::remove_cvref_t<T>> &&
                  !HoldsIntegers<std::remove_cvref_t<T>> && requires { Algebra<std::remove_cvref_t<T>>::unknown; }) ||
                 std::is_union_v<std::remove_cvref_t<T>> ||
                 (std::is_pointer_v<std::remove_cvref_t<T>> &&
                  Differentiable<std::remove_pointer_t<std::remove_cvref_t<T>>>);

/// A contribution to an adjoint that is worked out only when somebody asks: `c.evaluate()` gives an adjoint,
/// `c.add_to(acc)` adds in place. Products, one-hot updates and parts of structs are such.
template <class C>
concept LazyContribution = requires(const C& c) {
  c.evaluate();
};

/// A real number: what a derivative can be taken of. Dual numbers join in dual.hpp.
template <class T>
inline constexpr bool is_number = std::floating_point<T>;
/// std::complex joins in complex.hpp.
template <class T>
inline constexpr bool is_complex = false;

template <std::floating_point T>
struct Algebra<T> {
  using type = T;
  static constexpr T zero() { return 0; }
  static constexpr void accumulate(T& acc, T c) { acc += c; }
  static constexpr void complete(T&, const T&) {}
};

/// The zero adjoint of a T: nothing is allocated, so an empty container stands for zeros of any shape.
template <class T>
constexpr Adjoint<T> zero() {
  return Algebra<std::remove_cvref_t<T>>::zero();
}

/// Forces a lazy contribution; anything else is passed on.
template <class C>
constexpr decltype(auto) evaluate(C&& c) {
  if constexpr (LazyContribution<std::remove_cvref_t<C>>)
    return c.evaluate();
  else
    return std::forward<C>(c);
}

/// acc += contribution, in place, where acc is the adjoint of a T.
template <class T, class Acc, class C>
constexpr void accumulate(Acc& acc, C&& contribution) {
  using Contribution = std::remove_cvref_t<C>;
  if constexpr (NoAdjoint<Acc> || NoAdjoint<Contribution>)
    return;
  else if constexpr (requires { contribution.add_to(acc); })
    contribution.add_to(acc);
  else if constexpr (std::is_base_of_v<Contribution, Acc> && !std::same_as<Contribution, Acc>)
    accumulate<Contribution>(static_cast<Contribution&>(acc),
                             std::forward<C>(contribution));  // to the base of an object
  else
    Algebra<std::remove_cvref_t<T>>::accumulate(acc, evaluate(std::forward<C>(contribution)));
}

/// A contribution as the adjoint of a T; none becomes zero.
template <class T, class C>
constexpr Adjoint<T> settle(C&& c) {
  using Contribution = std::remove_cvref_t<decltype(evaluate(std::forward<C>(c)))>;
  if constexpr (NoAdjoint<C> || !Differentiable<T>)
    return zero<T>();
  else if constexpr (std::same_as<Contribution, Adjoint<T>> &&
                     std::constructible_from<Contribution, decltype(evaluate(std::forward<C>(c)))>)
    return evaluate(std::forward<C>(c));
  else if constexpr (std::is_arithmetic_v<Contribution> && std::is_arithmetic_v<Adjoint<T>>)
    return static_cast<Adjoint<T>>(c);
  else {
    auto acc = zero<T>();
    accumulate<T>(acc, std::forward<C>(c));
    return acc;
  }
}

/// What a rule may know of an operand without keeping it: its type, and its shape where shape is a run-time matter.
/// Containers and arrays overload `extent` by a struct that has `primal` and their shape.
template <class T>
struct Extent {
  using primal = T;
};
template <class T>
struct ExtentOf {
  static constexpr Extent<T> of(const T&) { return {}; }
};
template <class T>
constexpr auto extent(const T& x) {
  return ExtentOf<T>::of(x);
}
/// The extent of a number.
template <class T>
ZYGOTE_OBJECT Extent<T> extent_of{};
template <class E>
using Primal = typename std::remove_cvref_t<E>::primal;

namespace ir {
/// Sum of two contributions to the adjoint of one value with extent e; the first is reused where it can be.
template <class E, class A, class B>
constexpr auto add(const E&, A&& a, B&& b) {
  using T = Primal<E>;
  if constexpr (NoAdjoint<A>)
    return std::remove_cvref_t<B>(std::forward<B>(b));
  else if constexpr (NoAdjoint<B>)
    return std::remove_cvref_t<A>(std::forward<A>(a));
  else {
    Adjoint<T> acc = settle<T>(std::forward<A>(a));
    accumulate<T>(acc, std::forward<B>(b));
    return acc;
  }
}
}  // namespace ir

/// Shapes a contribution like the operand it belongs to; arrays overload this to sum over broadcast dimensions.
template <class E, class C>
constexpr std::remove_cvref_t<C> reduce_to(const E&, C&& c) {
  return std::forward<C>(c);
}

/// A contribution to one part of a T, at `get(acc)`; zero everywhere else. O(1) for fields and elements.
template <class E, class Get, class D>
struct Part {
  E whole;
  Get get;
  D d;
  template <class Acc>
  constexpr void add_to(Acc& acc) const {
    decltype(auto) place = get(acc);
    zygote::accumulate<std::remove_cvref_t<decltype(place)>>(place, d);
  }
  constexpr auto evaluate() const {
    auto acc = zero<Primal<E>>();
    add_to(acc);
    return acc;
  }
};
template <class E, class Get, class D>
Part(E, Get, D) -> Part<E, Get, D>;

}  // namespace zygote
