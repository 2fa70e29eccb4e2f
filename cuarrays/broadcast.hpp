// Operators and functions on arrays, element by element: all of zygote/rules.def, comparisons, logic; assignment.
#pragma once
#include <cuarrays/kernels.hpp>
#include <cuarrays/once.hpp>

namespace cuarrays {

namespace detail {
/// May A be combined with arrays by operators? Dual numbers: where a function of arrays is differentiated by a number.
template <class A>
concept Element = std::is_arithmetic_v<std::remove_cvref_t<A>> || zygote::is_dual<std::remove_cvref_t<A>>;
template <class A, class B>
concept ElementOf = Arrays<A> && std::convertible_to<B, typename Materialised<std::remove_cvref_t<A>>::value_type>;
template <class... A>
concept Operands = (Arrays<A> || ...) && ((Arrays<A> || Element<A>)&&...);
template <class A, class B>
concept OperandPair = Operands<A, B> ||(Arrays<A> && !Arrays<B> && ElementOf<A, B>) ||
                      (Arrays<B> && !Arrays<A> && ElementOf<B, A>);
}  // namespace detail

#define ZYGOTE_OPERATOR1(name, symbol, da)                          \
  template <Arrays A>                                               \
  auto operator symbol(A&& a) {                                     \
    return broadcast(zygote::math::name##_t{}, std::forward<A>(a)); \
  }
#define ZYGOTE_OPERATOR2(name, symbol, da, db)                                          \
  template <class A, class B>                                                           \
  requires detail::OperandPair<A, B>                                                    \
  auto operator symbol(A&& a, B&& b) {                                                  \
    return broadcast(zygote::math::name##_t{}, std::forward<A>(a), std::forward<B>(b)); \
  }
#define CUARRAYS_FUNCTION(name)   \
  template <class... A>           \
  requires detail::Operands<A...> \
  auto name(A&&... a) { return broadcast(zygote::math::name##_t{}, std::forward<A>(a)...); }
#define ZYGOTE_RULE1(name, da) CUARRAYS_FUNCTION(name)
#define ZYGOTE_RULE2(name, da, db) CUARRAYS_FUNCTION(name)
#define ZYGOTE_RULE3(name, da, db, dc) CUARRAYS_FUNCTION(name)
#define ZYGOTE_HELPER1(name) CUARRAYS_FUNCTION(name)
#define ZYGOTE_HELPER2(name) CUARRAYS_FUNCTION(name)
#include <zygote/rules.def>
#undef CUARRAYS_FUNCTION

// Comparisons and logic give arrays of bool.
#define CUARRAYS_OPERATOR(name, symbol)                                   \
  struct name##_t {                                                       \
    template <class A, class B>                                           \
    FLUX_KERNEL constexpr auto operator()(const A& a, const B& b) const { \
      return a symbol b;                                                  \
    }                                                                     \
  };                                                                      \
  template <>                                                             \
  inline constexpr const char* detail::name_of<name##_t> = #name;         \
  template <class A, class B>                                             \
  requires detail::OperandPair<A, B>                                      \
  auto operator symbol(A&& a, B&& b) { return broadcast(name##_t{}, std::forward<A>(a), std::forward<B>(b)); }
CUARRAYS_OPERATOR(equal, ==)
CUARRAYS_OPERATOR(not_equal, !=)
CUARRAYS_OPERATOR(less, <)
CUARRAYS_OPERATOR(less_equal, <=)
CUARRAYS_OPERATOR(greater, >)
CUARRAYS_OPERATOR(greater_equal, >=)
CUARRAYS_OPERATOR(logical_and, &&)
CUARRAYS_OPERATOR(logical_or, ||)
CUARRAYS_OPERATOR(modulo, %)
#undef CUARRAYS_OPERATOR

/// Conversion of elements.
template <class T>
struct convert_t {
  template <class A>
  FLUX_KERNEL constexpr T operator()(const A& a) const {
    return static_cast<T>(a);
  }
};

namespace detail {
template <class T>
inline constexpr const char* name_of<convert_t<T>> = "convert";
template <class F, class... A>
inline constexpr bool calls_users_functions<Broadcast<F, A...>> = std::string_view(name_of<F>) == "map" ||
                                                                  (calls_users_functions<A> || ...);
template <class X, int R, class S>
inline constexpr bool calls_users_functions<Stretched<X, R, S>> = calls_users_functions<X>;

template <class T, int N, class Space>
BasicArray<T, N, Space> make(const Shape<N>& shape, const auto& expression) {
  BasicArray<T, N, Space> result(shape, Uninitialised{});
  run(Space{}, bind_elements<N>(result.mutable_data(), shape), shape, once(bind<N>(expression)));
  return result;
}
}  // namespace detail

template <class T, int N, class Space>
template <LazyArray E>
requires(std::remove_cvref_t<E>::rank == N) BasicArray<T, N, Space>::BasicArray(const E& expression)
    : BasicArray(detail::make<T, N, Space>(expression.shape(), expression)) {
  static_assert(std::same_as<Space, typename E::space>,
                "cuarrays: the expression is in another memory space; use gpu(x) or cpu(x)");
}

template <class T, int N, class Space>
template <class U>
requires(!std::same_as<T, U>) BasicArray<T, N, Space>::BasicArray(const BasicArray<U, N, Space>& other)
    : BasicArray(broadcast(convert_t<T>{}, other)) {}

/// May the elements be overwritten one by one with those of an expression that ends with the statement? It holds
/// handles of what it reads: this array too, if each element is read only where it is written, and no user's function
/// is called, which might look at others.
template <class T, int N, class Space>
template <class E>
bool BasicArray<T, N, Space>::may_become(const E& expression) const {
  long readers = 0;
  bool same = true;
  detail::each_operand(expression, [&](const auto& a) {
    if constexpr (std::same_as<typename std::remove_cvref_t<decltype(a)>::space, Space>) {
      if (a.buffer().block() != buffer_.block()) return;
      ++readers;
      if constexpr (std::same_as<std::remove_cvref_t<decltype(a)>, BasicArray> && !detail::calls_users_functions<E>)
        same = same && a.shape() == shape_;
      else
        same = false;
    }
  });
  return same && buffer_.uses() == 1 + readers;
}

template <class T, int N, class Space>
template <LazyArray E>
BasicArray<T, N, Space>& BasicArray<T, N, Space>::operator=(E&& expression) {
  using Lazy = std::remove_cvref_t<E>;
  static_assert(Lazy::rank == N && std::same_as<Space, typename Lazy::space>,
                "cuarrays: the expression has another rank or memory space");
  // One that has a name may be used again, and still stands for what it read.
  const bool in_place = std::is_lvalue_reference_v<E> ? unique() : may_become(expression);
  if (in_place && shape_ == expression.shape())
    detail::run(Space{}, detail::bind_elements<N>(static_cast<T*>(buffer_.data()), shape_), shape_,
                detail::once(detail::bind<N>(expression)));
  else
    *this = BasicArray(expression);
  return *this;
}

template <class T, int N, class Space>
template <class F, class X>
BasicArray<T, N, Space>& BasicArray<T, N, Space>::update(const F& f, const X& x) {
  auto operand = detail::operand<T>(x);
  static_assert(detail::rank_of<decltype(operand)> <= N,
                "cuarrays: the right-hand side has more dimensions than the left");
  if constexpr (ArrayLike<decltype(operand)>) {
    if (operand.shape().is_void()) return *this;
    if (detail::broadcast_shape<N>(detail::name_of<F>, shape_, operand.shape()) != shape_)
      detail::fail(detail::name_of<F>, "expected a shape that can be stretched to ", shape_, ", got ", operand.shape());
  }
  using Self = detail::BoundArray<const T, N>;
  auto bound_operand = detail::once(detail::bind<N>(operand));
  const detail::BoundCall<F, Self, decltype(bound_operand)> bound{f, {detail::bind<N>(*this), bound_operand}};
  if (may_become(operand)) {
    detail::run(Space{}, detail::bind_elements<N>(static_cast<T*>(buffer_.data()), shape_), shape_, bound);
  } else {
    BasicArray result(shape_, buffer_.like(bytes()));
    detail::run(Space{}, detail::bind_elements<N>(result.mutable_data(), shape_), shape_, bound);
    *this = std::move(result);
  }
  return *this;
}

template <class T, int N, class Space>
template <class X>
BasicArray<T, N, Space>& BasicArray<T, N, Space>::operator+=(const X& x) {
  if constexpr (Arrays<X> && !ArrayLike<X>) {
    x.add_to(*this);
    return *this;
  } else {
    if constexpr (ArrayLike<X>)
      if (is_void()) {  // zero of any shape
        if constexpr (X::rank < N)
          return *this = broadcast(convert_t<T>{}, stretched(x, detail::with_rank<N>(x.shape())));
        else if constexpr (std::same_as<typename X::value_type, T>)
          return *this = x;
        else
          return *this = broadcast(convert_t<T>{}, x);
      }
    return update(zygote::math::add_t{}, x);
  }
}
template <class T, int N, class Space>
template <class X>
BasicArray<T, N, Space>& BasicArray<T, N, Space>::operator-=(const X& x) {
  return update(zygote::math::sub_t{}, x);
}
template <class T, int N, class Space>
template <class X>
BasicArray<T, N, Space>& BasicArray<T, N, Space>::operator*=(const X& x) {
  return update(zygote::math::mul_t{}, x);
}
template <class T, int N, class Space>
template <class X>
BasicArray<T, N, Space>& BasicArray<T, N, Space>::operator/=(const X& x) {
  return update(zygote::math::div_t{}, x);
}

/// An array filled with one value: full(1.f, 3, 4) or full(1.f, shape).
template <class Space = Host, class T, class... Extents>
requires(!std::same_as<T, zygote::ask_t>) auto full(const T& value, const Extents&... extents) {
  const Shape shape{extents...};
  return stretched<Space>(value, shape).evaluate();
}

/// Are the shapes equal and all elements x, y within |x - y| <= atol + rtol max(|x|, |y|)? Not for arrays on the GPU.
template <Arrays A, Arrays B>
bool isapprox(const A& a, const B& b, double rtol = 1e-5, double atol = 0) {
  const auto& x = materialise(a);
  const auto& y = materialise(b);
  using std::abs;
  if (x.shape() != y.shape()) return false;
  for (Index i = 0; i < x.size(); ++i) {
    const auto u = x[i];
    const auto v = y[i];
    const auto size = []<class T>(const T& z) {
      if constexpr (std::is_integral_v<T>)
        return abs(static_cast<double>(z));
      else
        return static_cast<double>(abs(z));
    };
    if (!(u == v || size(u - v) <= atol + rtol * std::max(size(u), size(v)))) return false;
  }
  return true;
}

}  // namespace cuarrays
