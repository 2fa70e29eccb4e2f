// Lazy elementwise expressions. Broadcast{f, a, b} owns handles of its operands; it is evaluated by one loop or kernel.
//
// To be evaluated, an expression is bound to the shape of the result: a tree of plain structs with pointers and strides
// (0 where a dimension is stretched) that SIMD loops and GPU kernels can read. (Its functions are constexpr, which nvcc
// takes for both sides, and not FLUX_KERNEL, which would have them compiled for the device with host SIMD types.)
#pragma once
#include <algorithm>
#include <cuarrays/array.hpp>
#include <tuple>
#include <zygote/runtime/math.hpp>

namespace cuarrays {

namespace detail {
/// Elements of an array as seen from a result of rank N.
template <class T, int N>
struct BoundArray {
  using value_type = std::remove_const_t<T>;
  T* elements;
  Index strides[N];

  constexpr value_type get(Index offset) const { return elements[offset]; }
  template <class Lane>
  constexpr auto at(const Lane& lane) const {
    return lane.load(*this);
  }
  template <class Visit>
  void each_array(Visit&& visit) {
    visit(*this);
  }
};

/// Elements that are worked out from their position in memory order: `reader[i]`.
template <class Reader, int N>
struct BoundReader {
  using value_type = std::remove_cvref_t<decltype(std::declval<const Reader&>()[Index()])>;
  Reader reader;
  Index elements;  // counts as the pointer of a BoundArray does
  Index strides[N];

  constexpr value_type get(Index offset) const { return reader[elements + offset]; }
  template <class Lane>
  constexpr auto at(const Lane& lane) const {
    return lane.load(*this);
  }
  template <class Visit>
  void each_array(Visit&& visit) {
    visit(*this);
  }
};

/// The same value everywhere.
template <class T>
struct BoundScalar {
  using value_type = T;
  T value;

  template <class Lane>
  constexpr auto at(const Lane& lane) const {
    return lane.splat(value);
  }
  template <class Visit>
  void each_array(Visit&&) {}
};

template <class F, class... B>
struct BoundCall {
  using value_type = std::decay_t<decltype(std::declval<const F&>()(std::declval<typename B::value_type>()...))>;
  F f;
  std::tuple<B...> operands;

  template <class Lane>
  constexpr auto at(const Lane& lane) const {
    return std::apply([&](const B&... b) { return lane.call(f, b.at(lane)...); }, operands);
  }
  template <class Visit>
  void each_array(Visit&& visit) {
    std::apply([&](B&... b) { (b.each_array(visit), ...); }, operands);
  }
};

/// A lane that reads one element. Others: batches in loops.hpp.
struct ElementLane {
  template <class T>
  FLUX_KERNEL constexpr T splat(const T& x) const {
    return x;
  }
  template <class F, class... V>
  FLUX_KERNEL constexpr auto call(const F& f, const V&... v) const {
    return f(v...);
  }
};
/// At a position of the first dimension.
template <bool contiguous>
struct OneElement : ElementLane {
  Index i;
  FLUX_KERNEL constexpr explicit OneElement(Index i) : i(i) {}
  template <class A>
  FLUX_KERNEL constexpr typename A::value_type load(const A& a) const {
    return a.get(contiguous ? i : i * a.strides[0]);
  }
};
/// At a position of all dimensions.
template <int N>
struct AtPosition : ElementLane {
  Index at[N] = {};
  template <class A>
  FLUX_KERNEL constexpr typename A::value_type load(const A& a) const {
    return a.get(offset(a.strides));
  }
  FLUX_KERNEL constexpr Index offset(const Index* strides) const {
    Index sum = 0;
    for (int d = 0; d < N; ++d) sum += at[d] * strides[d];
    return sum;
  }
  /// Sets the dimensions first, ..., last - 1 from a linear index. (A loop over all: indices are known, `at` stays in
  /// registers.)
  FLUX_KERNEL constexpr void set(const Index* extent, int first, int last, Index linear) {
    for (int d = 0; d < N; ++d)
      if (d >= first && d + 1 < last) {
        at[d] = linear % extent[d];
        linear /= extent[d];
      } else if (d >= first && d < last)
        at[d] = linear;
  }
};

/// Strides of a dense array for a result of rank N: 0 where it is stretched.
template <int N, int M>
constexpr void dense_strides(const Shape<M>& shape, Index (&strides)[N]) {
  Index stride = 1;
  for (int d = 0; d < M; ++d) {
    strides[d] = shape[d] == 1 ? 0 : stride;
    stride *= shape[d];
  }
}
template <int N, class T, int M>
BoundArray<T, N> bind_elements(T* elements, const Shape<M>& shape) {
  static_assert(M <= N);
  BoundArray<T, N> bound{elements, {}};
  dense_strides(shape, bound.strides);
  return bound;
}
template <int N, class T, int M, class Space>
BoundArray<const T, N> bind(const BasicArray<T, M, Space>& a) {
  return bind_elements<N>(a.data(), a.shape());
}

/// An operand that is no array.
template <class T>
struct Scalar {
  using value_type = T;
  T value;
};
template <int N, class T>
BoundScalar<T> bind(const Scalar<T>& scalar) {
  return {scalar.value};
}
template <int N, LazyArray E>
auto bind(const E& expression) {
  return expression.template bind_to<N>();
}

/// visit(a) for the arrays that an expression reads, element for element or stretched. (Not those of Storage.)
template <class A, class Visit>
void each_operand(const A& a, const Visit& visit) {
  if constexpr (AnyArray<A>)
    visit(a);
  else if constexpr (requires { a.operands(visit); })
    a.operands(visit);
}

/// Does an expression call functions of users'?
template <class A>
inline constexpr bool calls_users_functions = false;

template <class A>
inline constexpr int rank_of = 0;
template <ArrayLike A>
inline constexpr int rank_of<A> = A::rank;

template <class... A>
struct SpaceOf {
  using type = void;
};
template <class A, class... More>
struct SpaceOf<A, More...> : SpaceOf<More...> {};
template <class A, class... More>
requires requires { typename A::space; }
struct SpaceOf<A, More...> {
  using type = typename A::space;
};
template <class Space, class A>
inline constexpr bool lives_in = true;
template <class Space, class A>
requires requires { typename A::space; }
inline constexpr bool lives_in<Space, A> = std::same_as<Space, typename A::space>;

/// The operation's name in error messages.
template <class F>
inline constexpr const char* name_of = "map";
#define ZYGOTE_RULE1(name, ...) \
  template <>                   \
  inline constexpr const char* name_of<zygote::math::name##_t> = #name;
#define ZYGOTE_RULE2(name, ...) ZYGOTE_RULE1(name)
#define ZYGOTE_RULE3(name, ...) ZYGOTE_RULE1(name)
#define ZYGOTE_HELPER1(name) ZYGOTE_RULE1(name)
#define ZYGOTE_HELPER2(name) ZYGOTE_RULE1(name)
#include <zygote/rules.def>

template <class T, int N, class Space>
BasicArray<T, N, Space> make(const Shape<N>& shape, const auto& expression);

/// What every lazy elementwise expression can do.
template <class Self, int N, class S>
struct LazyElementwise : Expression {
  using space = S;
  static constexpr int rank = N;

  Index size() const { return self().shape().size(); }
  Index size(int dim) const { return self().shape()[dim]; }
  /// The array, by one loop or kernel.
  auto evaluate() const { return make<typename Self::value_type, N, S>(self().shape(), self()); }
  /// acc += this, in place.
  template <class T>
  void add_to(BasicArray<T, N, S>& acc) const {
    acc += self();
  }

 private:
  const Self& self() const { return static_cast<const Self&>(*this); }
};
}  // namespace detail

/// f applied element by element; operands are arrays, expressions and scalars.
template <class F, class... A>
class Broadcast : public detail::LazyElementwise<Broadcast<F, A...>, std::max({detail::rank_of<A>...}),
                                                 typename detail::SpaceOf<A...>::type> {
 public:
  using value_type = typename detail::BoundCall<F, detail::BoundScalar<typename A::value_type>...>::value_type;
  static constexpr int N = std::max({detail::rank_of<A>...});
  static_assert((detail::lives_in<typename detail::SpaceOf<A...>::type, A> && ...),
                "cuarrays: all operands have to be in the same memory space; use gpu(x) or cpu(x)");

  explicit Broadcast(F f, A... operands)
      : f_(std::move(f)),
        operands_(std::move(operands)...),
        shape_(std::apply([](const A&... a) { return common_shape(a...); }, operands_)) {}

  const Shape<N>& shape() const { return shape_; }
  template <int R>
  auto bind_to() const {
    return std::apply(
        [&](const A&... a) {
          return detail::BoundCall<F, decltype(detail::bind<R>(a))...>{f_, {detail::bind<R>(a)...}};
        },
        operands_);
  }
  template <class Visit>
  void operands(const Visit& visit) const {
    std::apply([&](const A&... a) { (detail::each_operand(a, visit), ...); }, operands_);
  }

 private:
  static Shape<N> common_shape(const A&... operands) {
    auto shapes = std::tuple_cat([](const auto& a) {
      if constexpr (ArrayLike<decltype(a)>)
        return std::tuple{a.shape()};
      else
        return std::tuple{};
    }(operands)...);
    return std::apply([](const auto&... s) { return detail::broadcast_shape<N>(detail::name_of<F>, s...); }, shapes);
  }

  [[no_unique_address]] F f_;
  std::tuple<A...> operands_;
  Shape<N> shape_;
};

/// x (a scalar, an array, an expression) stretched to a shape; nothing is copied.
template <class X, int R, class S>
class Stretched : public detail::LazyElementwise<Stretched<X, R, S>, R, S> {
 public:
  using value_type = typename X::value_type;

  Stretched(X x, const Shape<R>& shape) : x_(std::move(x)), shape_(shape) {
    if constexpr (ArrayLike<X>) {
      if (detail::broadcast_shape<R>("stretch", shape, x_.shape()) != shape_ && !x_.shape().is_void())
        detail::fail("stretch", "expected a shape that can be stretched to ", shape, ", got ", x_.shape());
      if (x_.shape().is_void()) shape_ = {};
    }
  }
  const Shape<R>& shape() const { return shape_; }
  template <int M>
  auto bind_to() const {
    return detail::bind<M>(x_);
  }
  template <class Visit>
  void operands(const Visit& visit) const {
    detail::each_operand(x_, visit);
  }

 private:
  X x_;
  Shape<R> shape_;
};

/// Arrays as they are, everything lazy evaluated.
template <Arrays A>
decltype(auto) materialise(const A& a) {
  if constexpr (AnyArray<A>)
    return (a);
  else
    return a.evaluate();
}
template <Arrays A>
using Materialised = std::remove_cvref_t<decltype(materialise(std::declval<const A&>()))>;

namespace detail {
/// The element type that decides what becomes of a scalar operand: that of the arrays beside it.
template <class T, class S>
constexpr auto convert_scalar(const S& s) {
  if constexpr (std::is_arithmetic_v<S> && std::is_floating_point_v<T>)
    return Scalar<T>{static_cast<T>(s)};
  else if constexpr (std::is_arithmetic_v<S> && std::is_arithmetic_v<T>)
    return Scalar<std::common_type_t<T, S>>{static_cast<std::common_type_t<T, S>>(s)};
  else if constexpr (std::is_arithmetic_v<S> && requires { typename T::value_type; })
    return Scalar<typename T::value_type>{static_cast<typename T::value_type>(s)};
  else
    return Scalar<S>{s};
}

template <class... T>
struct Common {
  using type = void;
};
template <class T>
struct Common<T> {
  using type = T;
};
template <class... T>
requires(sizeof...(T) > 1 && (std::is_arithmetic_v<T> && ...)) struct Common<T...> {
  using type = std::common_type_t<T...>;
};
template <class T, class... U>
requires(sizeof...(U) > 0 && !(std::is_arithmetic_v<T> && (std::is_arithmetic_v<U> && ...))) struct Common<T, U...> {
  using type = T;
};
template <class... T>
auto common_of(std::tuple<T...>) -> Common<T...>;
template <class A>
auto element_types() {
  if constexpr (Arrays<A>)
    return std::tuple<typename Materialised<A>::value_type>{};
  else
    return std::tuple<>{};
}
/// The common element type of those operands that are arrays.
template <class... A>
using CommonElement = typename decltype(common_of(std::tuple_cat(element_types<std::remove_cvref_t<A>>()...)))::type;

template <class T, class A>
auto operand(A&& a) {
  if constexpr (ArrayLike<A>)
    return std::remove_cvref_t<A>(std::forward<A>(a));
  else if constexpr (Arrays<A>)
    return a.evaluate();
  else
    return convert_scalar<T>(a);
}
}  // namespace detail

/// The expression f(a...), element by element, of whatever the operands are.
template <class F, class... A>
requires(Arrays<A> || ...) auto broadcast(const F& f, A&&... a) {
  using T = detail::CommonElement<A...>;
  return Broadcast<F, decltype(detail::operand<T>(std::forward<A>(a)))...>(f,
                                                                           detail::operand<T>(std::forward<A>(a))...);
}

/// x, a scalar or an array, stretched to a shape; lazy.
template <class Space = Host, class X, int R>
auto stretched(const X& x, const Shape<R>& shape) {
  if constexpr (Arrays<X>)
    return Stretched<Materialised<X>, R, typename Materialised<X>::space>(materialise(x), shape);
  else
    return Stretched<detail::Scalar<X>, R, Space>({x}, shape);
}

}  // namespace cuarrays
