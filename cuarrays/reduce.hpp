// Reductions: mapreduce(f, op, a, dims...) of any expression in one pass, and sum, mean, maximum, minimum on it.
// Without dims the result is a scalar; with dims an array in which those have extent 1: sum(x, 0) of (3, 4) is (1, 4).
#pragma once
#include <cuarrays/combine.hpp>
#include <cuarrays/complex.hpp>

namespace cuarrays {

namespace detail {
/// Counts do not fit into the small integers that are counted.
template <class Op, class V>
using Accumulator = std::conditional_t<std::is_integral_v<V> && (std::same_as<Op, zygote::math::add_t> ||
                                                                 std::same_as<Op, zygote::math::mul_t>),
                                       Index, V>;

template <int N, std::convertible_to<int>... D>
Shape<N> kept_shape(const char* operation, Shape<N> shape, D... dims) {
  if (shape.is_void()) return shape;
  for (int d : std::array<int, sizeof...(D)>{static_cast<int>(dims)...}) {
    if (d < 0 || d >= N) fail(operation, "expected dimensions from 0 to ", N - 1, ", got ", d);
    shape[d] = 1;
  }
  return shape;
}

template <class Op, ArrayLike A, class... D>
auto reduced(const char* operation, const Op& op, const A& a, D... dims) {
  using T = Accumulator<Op, typename A::value_type>;
  using Space = typename A::space;
  constexpr int N = A::rank;
  if constexpr (sizeof...(D) > 0) {
    const Shape<N> kept = kept_shape(operation, a.shape(), dims...);
    BasicArray<T, N, Space> result(kept, Uninitialised{});
    reduce(Space{}, op, result.mutable_data(), kept, a.shape(), once(bind<N>(a)));
    return result;
  } else {
    Shape<N> one;
    for (Index& e : one.extents) e = 1;
    T result;
    if constexpr (std::same_as<Space, Host>) {
      reduce(Host{}, op, &result, one, a.shape(), once(bind<N>(a)));
    } else {
      BasicArray<T, N, Space> on_device(one, Uninitialised{});
      reduce(Space{}, op, on_device.mutable_data(), one, a.shape(), once(bind<N>(a)));
      copy(Host{}, Space{}, &result, on_device.data(), sizeof(T));
    }
    return result;
  }
}

template <Arrays A>
decltype(auto) array_like(const A& a) {
  if constexpr (ArrayLike<A>)
    return (a);
  else
    return a.evaluate();
}

/// Adjoint of a sum: d at every element.
template <Arrays A, class D>
auto spread(const Shape<Materialised<A>::rank>& shape, const D& d) {
  using T = typename Materialised<A>::value_type;
  if constexpr (Arrays<D>)
    return stretched(d, shape);
  else
    return stretched<typename Materialised<A>::space>(static_cast<T>(d), shape);
}
/// A contribution that is made only when somebody asks for it: by f(), which returns an array or an expression.
template <class F>
class Deferred : public Contribution {
 public:
  explicit Deferred(F f) : f_(std::move(f)) {}
  auto evaluate() const { return std::remove_cvref_t<decltype(materialise(f_()))>(materialise(f_())); }
  template <class Acc>
  void add_to(Acc& acc) const {
    acc += f_();
  }

 private:
  F f_;
};

/// f(a, dims...) of half precision.
template <class F, class A, class... D>
auto in_float(const F& f, const A& a, D... dims) {
  using T = typename A::value_type;
  const auto y = f(broadcast(convert_t<float>{}, a), dims...);
  if constexpr (AnyArray<decltype(y)>)
    return BasicArray<T, A::rank, typename A::space>(y);
  else
    return static_cast<T>(y);
}

template <class... D>
constexpr auto none_for_each() {
  return std::make_tuple(((void)sizeof(D), zygote::none{})...);
}
}  // namespace detail

struct sum_t {
  template <Arrays A, std::convertible_to<int>... D>
  auto operator()(const A& a, D... dims) const {
    const auto& x = detail::array_like(a);
    if constexpr (detail::is_half<typename std::remove_cvref_t<decltype(x)>::value_type>)
      return detail::in_float(*this, x, dims...);
    else
      return detail::reduced("sum", zygote::math::add_t{}, x, dims...);
  }
  template <Arrays A, std::convertible_to<int>... D>
  auto pullback(const A& a, D... dims) const {
    const auto& x = detail::array_like(a);
    return zygote::Pullback{(*this)(x, dims...), [shape = x.shape()](const auto& d) {
                              return std::tuple_cat(std::make_tuple(detail::spread<A>(shape, d)),
                                                    detail::none_for_each<D...>());
                            }};
  }
};
/// sum(a), a scalar; sum(a, dims...), an array. Integers and bools are summed as Index.
inline constexpr sum_t sum;

template <class Space = Host, class T, class... Extents>
auto full(zygote::ask_t, const T& value, const Extents&... extents) {
  return zygote::Pullback{full<Space>(value, extents...), [](const auto& d) {
                            const auto total = [&] {
                              if constexpr (zygote::Differentiable<T>)
                                return static_cast<T>(sum(d));
                              else
                                return zygote::none{};
                            };
                            return std::tuple_cat(std::make_tuple(total()), detail::none_for_each<Extents...>());
                          }};
}

struct mean_t {
  template <Arrays A, std::convertible_to<int>... D>
  auto operator()(const A& a, D... dims) const {
    const auto& x = detail::array_like(a);
    if constexpr (detail::is_half<typename std::remove_cvref_t<decltype(x)>::value_type>)
      return detail::in_float(*this, x, dims...);
    else if constexpr (sizeof...(D) > 0) {
      const auto total = sum(x, dims...);
      using T = typename std::remove_cvref_t<decltype(total)>::value_type;
      using Real = std::conditional_t<std::is_integral_v<T>, double, T>;
      return (broadcast(convert_t<Real>{}, total) * weight<Real>(x, dims...)).evaluate();
    } else {
      const auto total = sum(x);
      return total * weight<std::conditional_t<std::is_integral_v<decltype(total)>, double, decltype(total)>>(x);
    }
  }
  template <Arrays A, std::convertible_to<int>... D>
  auto pullback(const A& a, D... dims) const {
    const auto& x = detail::array_like(a);
    using T = typename Materialised<A>::value_type;
    return zygote::Pullback{(*this)(x, dims...), [shape = x.shape(), weight = weight<T>(x, dims...)](const auto& d) {
                              return std::tuple_cat(std::make_tuple(detail::spread<A>(shape, d) * weight),
                                                    detail::none_for_each<D...>());
                            }};
  }

 private:
  template <class T, class A, class... D>
  static T weight(const A& a, D... dims) {
    const Index results = sizeof...(D) ? detail::kept_shape("mean", a.shape(), dims...).size() : 1;
    return static_cast<T>(static_cast<double>(results) / static_cast<double>(a.size()));
  }
};
/// mean(a), a scalar; mean(a, dims...), an array. Of integers: double.
inline constexpr mean_t mean;

namespace detail {
/// Of op over elements; its adjoint is rule(d, y, x), where y is the result.
template <class Op, class Rule>
struct ReductionOf {
  template <Arrays A, std::convertible_to<int>... D>
  auto operator()(const A& a, D... dims) const {
    return reduced(Rule::name, Op{}, array_like(a), dims...);
  }
  template <Arrays A, std::convertible_to<int>... D>
  requires zygote::Differentiable<Materialised<A>>
  auto pullback(const A& a, D... dims) const {
    const Materialised<A> x = materialise(a);
    const auto y = (*this)(x, dims...);
    return zygote::Pullback{y, [x, y, dims...](const auto& d) {
                              auto contribution = [=] {
                                Materialised<A> dx;
                                bool zero = x.is_void();
                                if constexpr (AnyArray<decltype(d)>) zero = zero || d.is_void();
                                if (!zero) dx = Rule{}(spread<A>(x.shape(), d), spread<A>(x.shape(), y), x, dims...);
                                return dx;
                              };
                              return std::tuple_cat(std::make_tuple(Deferred(contribution)), none_for_each<D...>());
                            }};
  }
};
/// Those that are the largest share d.
template <bool largest>
struct ExtremeRule {
  static constexpr const char* name = largest ? "maximum" : "minimum";
  template <class D, class Y, class X, class... I>
  auto operator()(const D& d, const Y& y, const X& x, I... dims) const {
    using T = typename X::value_type;
    const X chosen = broadcast(convert_t<T>{}, x == y);
    return (d * chosen / spread<X>(x.shape(), sum(chosen, dims...))).evaluate();
  }
};
/// The product of all other elements, without dividing by zero.
struct ProductRule {
  static constexpr const char* name = "prod";
  template <class D, class Y, class X, class... I>
  auto operator()(const D& d, const Y&, const X& x, I... dims) const {
    using T = typename X::value_type;
    const X zeros = broadcast(convert_t<T>{}, x == 0);
    const auto count = spread<X>(x.shape(), sum(zeros, dims...));
    const auto others = spread<X>(x.shape(), reduced(name, zygote::math::mul_t{}, x + zeros, dims...));
    return (d * zygote::detail::conjugated(others / (x + zeros)) * broadcast(convert_t<T>{}, count == zeros))
        .evaluate();
  }
};
}  // namespace detail

/// The largest element; of no elements, -infinity. Not a number if any element is not.
inline constexpr detail::ReductionOf<larger_t, detail::ExtremeRule<true>> maximum;
/// The smallest element, likewise.
inline constexpr detail::ReductionOf<smaller_t, detail::ExtremeRule<false>> minimum;
/// The product; of integers as Index.
inline constexpr detail::ReductionOf<zygote::math::mul_t, detail::ProductRule> prod;

struct var_t {
  template <Arrays A, std::convertible_to<int>... D>
  auto operator()(const A& a, D... dims) const {
    const auto& x = detail::array_like(a);
    using T = typename std::remove_cvref_t<decltype(x)>::value_type;
    if constexpr (std::is_integral_v<T>)
      return (*this)(broadcast(convert_t<double>{}, x), dims...);
    else if constexpr (detail::is_half<T>)
      return detail::in_float(*this, x, dims...);
    else if constexpr (zygote::is_complex<T>)
      return zygote::evaluate(sum(norm(deviation(x, dims...)), dims...) * weight(x, dims...));
    else {
      const auto difference = deviation(x, dims...);
      return zygote::evaluate(sum(difference * difference, dims...) * weight(x, dims...));
    }
  }
  template <Arrays A, std::convertible_to<int>... D>
  auto pullback(const A& a, D... dims) const {
    const Materialised<A> x = materialise(a);
    if constexpr (!zygote::Differentiable<Materialised<A>>)
      return zygote::Pullback{(*this)(x, dims...), [](const auto&) {
                                return std::tuple_cat(std::tuple(zygote::none{}), detail::none_for_each<D...>());
                              }};
    else
      return zygote::Pullback{
          (*this)(x, dims...), [x, dims...](const auto& d) {
            auto contribution = [=] {
              return detail::spread<A>(x.shape(), d) * deviation(x, dims...) * (2 * weight(x, dims...));
            };
            return std::tuple_cat(std::make_tuple(detail::Deferred(contribution)), detail::none_for_each<D...>());
          }};
  }

 private:
  template <class A, class... D>
  static auto deviation(const A& x, D... dims) {
    return x - detail::spread<A>(x.shape(), mean(x, dims...));
  }
  /// 1 / (n - 1), for the n elements of each result
  template <class A, class... D>
  static auto weight(const A& x, D... dims) {
    const Index results = sizeof...(D) ? detail::kept_shape("var", x.shape(), dims...).size() : 1;
    const auto inverse = []<class Real>(std::type_identity<Real>, Index n) {
      return static_cast<Real>(1 / static_cast<double>(n));
    };
    const Index n = x.size() / std::max(results, Index(1)) - 1;
    using T = typename A::value_type;
    if constexpr (zygote::is_complex<T>)
      return inverse(std::type_identity<typename T::value_type>{}, n);
    else
      return inverse(std::type_identity<T>{}, n);
  }
};
/// The variance sum((x - mean)^2) / (n - 1), of everything or over dims; of integers as of double, of complex
/// numbers that of |x - mean|^2.
inline constexpr var_t var;

/// Is any element, are all elements true (not 0)? A bool, or an array of them over dims.
template <Arrays A, std::convertible_to<int>... D>
auto any(const A& a, D... dims) {
  return detail::reduced("any", logical_or_t{}, broadcast(convert_t<bool>{}, a), dims...);
}
template <Arrays A, std::convertible_to<int>... D>
auto all(const A& a, D... dims) {
  return detail::reduced("all", logical_and_t{}, broadcast(convert_t<bool>{}, a), dims...);
}

}  // namespace cuarrays
