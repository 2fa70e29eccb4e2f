// How zygote handles arrays: their adjoints, their extents, and contributions shaped like the operand they belong to.
#pragma once
#include <algorithm>
#include <cuarrays/elements.hpp>
#include <cuarrays/reduce.hpp>
#include <zygote/runtime/call.hpp>
#include <zygote/runtime/containers.hpp>

namespace cuarrays {

/// Refers to one element of an adjoint, which gets its full shape if it was zero so far.
template <int N>
struct ElementAt {
  Shape<N> shape;
  Index i;
  template <class T, class Space>
  decltype(auto) operator()(BasicArray<T, N, Space>& acc) const {
    if (acc.is_void()) acc = BasicArray<T, N, Space>(shape);
    return acc[i];
  }
};

/// What a rule knows of an array operand: its type and its shape.
template <AnyArray A>
struct ArrayExtent {
  using primal = A;
  Shape<A::rank> shape;

  /// Contribution of d at element i, in memory order.
  template <class I, class D>
  auto part(const I& i, D&& d) const {
    if constexpr (zygote::NoAdjoint<D> || !zygote::Differentiable<A>)
      return zygote::none{};
    else
      return zygote::Part{*this, ElementAt<A::rank>{shape, static_cast<Index>(i)}, std::forward<D>(d)};
  }
};

namespace detail {
/// A contribution that may still have to be summed over the dimensions along which the operand was stretched.
template <AnyArray A, ArrayLike C>
class Reduced : public Contribution {
 public:
  Reduced(C c, const Shape<A::rank>& shape) : c_(std::move(c)), shape_(shape) {}

  A evaluate() const {
    if (c_.shape().is_void()) return A();
    if constexpr (C::rank == A::rank)
      if (same_shape()) return A(materialise(c_));
    return A(summed());
  }
  template <class T>
  void add_to(BasicArray<T, A::rank, typename A::space>& acc) const {
    if (c_.shape().is_void()) return;
    if constexpr (C::rank == A::rank) {
      if (same_shape()) return void(acc += c_);
    }
    acc += summed();
  }

 private:
  bool same_shape() const { return with_rank<C::rank>(shape_) == c_.shape() || shape_.is_void(); }
  auto summed() const {
    static_assert(C::rank >= A::rank,
                  "cuarrays: this contribution has fewer dimensions than the operand it belongs to");
    using T = typename C::value_type;
    const Shape<C::rank> kept = with_rank<C::rank>(shape_);
    BasicArray<T, C::rank, typename A::space> result(kept, Uninitialised{});
    if (broadcast_shape<C::rank>("reduce_to", kept, c_.shape()) != c_.shape())
      fail("reduce_to", "expected a contribution that ", shape_, " can be stretched to, got ", c_.shape());
    reduce(typename A::space{}, zygote::math::add_t{}, result.mutable_data(), kept, c_.shape(),
           once(bind<C::rank>(c_)));
    return result.reshape(shape_);
  }

  C c_;
  Shape<A::rank> shape_;
};

/// The contribution to a scalar operand that was stretched to an array: the sum, when it is asked for.
template <class T, ArrayLike C>
class Summed {
 public:
  explicit Summed(C c) : c_(std::move(c)) {}
  T evaluate() const { return static_cast<T>(sum(c_)); }
  void add_to(T& acc) const { acc += evaluate(); }

 private:
  C c_;
};

/// Sums of adjoints of F.
template <class F>
struct Accumulate {
  template <class T>
  static constexpr T neutral() {
    return zygote::zero<F>();
  }
  template <class A>
  FLUX_KERNEL constexpr A operator()(A a, const A& b) const {
    zygote::accumulate<F>(a, b);
    return a;
  }
};

struct Conjugate {
  template <class T>
  FLUX_KERNEL constexpr T operator()(const T& x) const {
    return conjugate(x);
  }
};
struct RealPart {
  template <class T>
  FLUX_KERNEL constexpr auto operator()(const T& x) const {
    return x.real();
  }
};
/// A contribution to elements of type T: to real ones, of complex numbers the real parts.
template <class T, class C>
auto contribution_to(C&& c) {
  auto all = operand<T>(std::forward<C>(c));
  if constexpr (is_complex<typename decltype(all)::value_type> && !is_complex<T>)
    return operand<T>(broadcast(RealPart{}, all));
  else
    return all;
}
}  // namespace detail

/// Found by ADL where the formulas of rules.def are used: they hold between two conjugations.
template <Arrays C>
requires(zygote::is_complex<typename Materialised<C>::value_type>) auto conjugate_elements(const C& c) {
  return broadcast(detail::Conjugate{}, c);
}
/// Found by ADL in place of zygote::reduce_to.
template <AnyArray A, Arrays C>
auto reduce_to(const ArrayExtent<A>& e, C&& c) {
  auto contribution = detail::contribution_to<typename A::value_type>(std::forward<C>(c));
  return detail::Reduced<A, decltype(contribution)>(std::move(contribution), e.shape);
}
template <class T, Arrays C>
requires(std::floating_point<T> || zygote::is_complex<T> || zygote::is_dual<T>) auto reduce_to(const zygote::Extent<T>&,
                                                                                               C&& c) {
  auto contribution = detail::contribution_to<T>(std::forward<C>(c));
  return detail::Summed<T, decltype(contribution)>(std::move(contribution));
}

template <class T, int N, class Space>
template <std::convertible_to<Index>... I>
auto BasicArray<T, N, Space>::pullback(I... i) const {
  return zygote::Pullback{(*this)(i...),
                          [e = ArrayExtent<BasicArray>{shape_}, at = shape_.offset(i...)](const auto& d) {
                            return std::tuple_cat(std::make_tuple(e.part(at, d)), detail::none_for_each<I...>());
                          }};
}

template <class T, int N, class Space>
auto BasicArray<T, N, Space>::to_vector(zygote::ask_t) const
    requires(std::same_as<Space, Host> && !std::same_as<T, bool>) {
  return zygote::Pullback{to_vector(), [shape = shape_](const std::vector<T>& d) {
                            return std::make_tuple(d.empty() ? BasicArray() : BasicArray(shape, d));
                          }};
}
template <class T, int N, class Space>
template <int M>
auto BasicArray<T, N, Space>::reshape(zygote::ask_t, const Shape<M>& shape) const {
  return zygote::Pullback{reshape(shape), [from = shape_](const BasicArray<T, M, Space>& d) {
                            return std::make_tuple(d.is_void() ? BasicArray() : d.reshape(from), zygote::none{});
                          }};
}
}  // namespace cuarrays

namespace zygote {

template <class T, int N, class Space>
inline constexpr bool keeps_shape<cuarrays::BasicArray<T, N, Space>> = true;

/// The adjoint of an array is such an array; without elements it is zero, whatever the shape.
template <class T, int N, class Space>
requires std::same_as<Adjoint<T>, T>
struct Algebra<cuarrays::BasicArray<T, N, Space>> {
  using type = cuarrays::BasicArray<T, N, Space>;
  static type zero() { return {}; }
  template <class C>
  static void accumulate(type& acc, const C& c) {
    if constexpr (!HasFields<T>)
      acc += c;
    else if (acc.is_void())
      acc = c;
    else
      acc.update(cuarrays::detail::Accumulate<T>{}, c);
  }
  static void complete(type& acc, const type& primal) {
    if (acc.is_void() && !primal.is_void()) acc = type(primal.shape());
  }
};

/// Array<T, 2>({n, m}): its shape.
template <std::size_t i, class T, int N, class Space>
struct ir::Element<i, cuarrays::BasicArray<T, N, Space>> {
  using type = cuarrays::Shape<N>;
};

template <class T>
struct Algebra<cuarrays::detail::DeviceElement<T>> : Algebra<T> {
  static void accumulate(cuarrays::detail::DeviceElement<T>& acc, const T& c) { acc += c; }
};

/// The adjoint of a lazy expression is that of the array it stands for.
template <cuarrays::LazyArray E>
struct Algebra<E> : Algebra<cuarrays::Materialised<E>> {
  static void complete(auto& acc, const E& primal) {
    if constexpr (!NoAdjoint<decltype(acc)>)
      if (acc.is_void() && !primal.shape().is_void()) acc = cuarrays::Materialised<E>(primal.shape());
  }
};

template <cuarrays::ArrayLike A>
struct ExtentOf<A> {
  static auto of(const A& a) { return cuarrays::ArrayExtent<cuarrays::Materialised<A>>{a.shape()}; }
};

template <int N>
struct Algebra<cuarrays::Shape<N>> : NoAlgebra {};

/// Array<T, N>(expression) and Array<T, N>(shape, elements) in marked code.
template <cuarrays::AnyArray A>
struct Made<A> {
  template <std::size_t i, std::size_t n, bool braces, class E>
  static auto part(const E& e, const Adjoint<A>& d) {
    using X = Primal<E>;
    if constexpr (cuarrays::AnyArray<X>)
      return reduce_to(e, d);
    else if constexpr (Differentiable<X>) {
      constexpr bool elements = requires {
        requires std::same_as < std::ranges::range_value_t<Adjoint<X>>,
        typename A::value_type > ;
      };
      static_assert(elements, "cuarrays: no gradient flows from this into an array: give it numbers of its own type");
      Adjoint<X> dx = zero<X>();
      if (d.is_void()) return dx;
      std::vector<typename A::value_type> all(static_cast<std::size_t>(d.size()));
      cuarrays::detail::copy(cuarrays::Host{}, typename A::space{}, all.data(), d.data(), d.bytes());
      if constexpr (requires { dx.resize(all.size()); }) dx.resize(all.size());
      std::copy_n(all.begin(), std::min(all.size(), std::size(dx)), dx.begin());
      return dx;
    } else
      return none{};
  }
};

}  // namespace zygote
