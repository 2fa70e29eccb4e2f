// Parts of arrays without copies: slice, permute and flip to read, part to write; concat. A view to read is a lazy
// expression that shares the elements: it stays as it is when the array is written to later.
#pragma once
#include <cuarrays/launch.hpp>

namespace cuarrays {

/// In slice(a, ...) and part(a, ...): a whole dimension.
struct Every {};
inline constexpr Every every;
/// Positions first, first + step, ... before last; last = -1 with a negative step reaches down to 0.
struct Range {
  Index first, last, step = 1;
};
constexpr Range range(Index first, Index last, Index step = 1) { return {first, last, step}; }

namespace detail {
template <class P>
concept SlicePart = std::same_as<P, Every> || std::same_as<P, Range> || std::convertible_to<P, Index>;
/// A position picks one element along a dimension, which is dropped.
template <class P>
inline constexpr bool keeps_dimension = std::same_as<P, Every> || std::same_as<P, Range>;

/// Where the elements of a view lie, counted from the first of the array.
template <int N>
struct Layout {
  Index offset = 0;
  Shape<N> shape;
  Index strides[N] = {};

  Layout() = default;
  explicit Layout(const Shape<N>& of) : shape(of) {
    Index stride = 1;
    for (int d = 0; d < N; stride *= of[d++]) strides[d] = stride;
  }
};

template <int N, class... P>
auto sliced(const Layout<N>& from, const P&... parts) {
  static_assert(sizeof...(P) == N, "cuarrays: slice takes one position, range or `every` per dimension");
  constexpr int M = (keeps_dimension<P> + ...);
  static_assert(M > 0, "cuarrays: a(i, j, ...) is one element; slice needs a range or `every`");
  Layout<M> to;
  to.offset = from.offset;
  if (from.shape.is_void()) return to;
  int d = 0, k = 0;
  auto one = [&](const auto& part) {
    using Part = std::remove_cvref_t<decltype(part)>;
    const Index extent = from.shape[d];
    if constexpr (!keeps_dimension<Part>) {
      if (part < 0 || part >= extent) fail("slice", "expected a position within ", from.shape, ", got ", Index(part));
      to.offset += part * from.strides[d];
    } else {
      Range r{0, extent, 1};
      if constexpr (std::same_as<Part, Range>) r = part;
      const Index n = r.step > 0   ? (r.last - r.first + r.step - 1) / r.step
                      : r.step < 0 ? (r.first - r.last - r.step - 1) / -r.step
                                   : -1;
      if (n < 0 || (n > 0 && (r.first < 0 || r.first >= extent)) ||
          (n > 0 && (r.first + (n - 1) * r.step < 0 || r.first + (n - 1) * r.step >= extent)))
        fail("slice", "expected ranges within ", from.shape, ", got (", r.first, ", ", r.last, ", ", r.step,
             ") for dimension ", d);
      to.shape[k] = n;
      to.strides[k++] = from.strides[d] * r.step;
      to.offset += n > 0 ? r.first * from.strides[d] : 0;
    }
    ++d;
  };
  (one(parts), ...);
  return to;
}

template <int N, std::convertible_to<int>... D>
Layout<N> permuted(const Layout<N>& from, D... dims) {
  static_assert(sizeof...(D) == N, "cuarrays: permute takes one dimension per dimension");
  Layout<N> to = from;
  int k = 0;
  unsigned seen = 0;
  for (int d : {static_cast<int>(dims)...}) {
    if (d < 0 || d >= N || (seen >> d & 1)) fail("permute", "expected each dimension from 0 to ", N - 1, " once");
    seen |= 1u << d;
    to.shape[k] = from.shape[d];
    to.strides[k++] = from.strides[d];
  }
  return to;
}

template <int N>
Layout<N> flipped(Layout<N> layout, int d) {
  if (d < 0 || d >= N) fail("flip", "expected a dimension from 0 to ", N - 1, ", got ", d);
  if (layout.shape[d] > 0) layout.offset += (layout.shape[d] - 1) * layout.strides[d];
  layout.strides[d] *= -1;
  return layout;
}

template <int R, class T, int N>
BoundArray<T, R> bind_layout(T* elements, const Layout<N>& layout) {
  static_assert(N <= R);
  BoundArray<T, R> bound{elements + layout.offset, {}};
  for (int d = 0; d < N; ++d) bound.strides[d] = layout.shape[d] == 1 ? 0 : layout.strides[d];
  return bound;
}
}  // namespace detail

/// What kernels get of a part of an array: v(i, j) by position, v[i] in order of positions.
template <class T, int N>
struct StridedView {
  T* elements;
  Shape<N> extents;
  Index strides[N];

  template <class... I>
  FLUX_KERNEL constexpr T& operator()(I... i) const {
    static_assert(sizeof...(I) == N, "cuarrays: one index per dimension");
    const Index at[] = {static_cast<Index>(i)...};
    Index offset = 0;
    for (int d = 0; d < N; ++d) offset += at[d] * strides[d];
    return elements[offset];
  }
  FLUX_KERNEL constexpr T& operator[](Index i) const {
    Index offset = 0;
    for (int d = 0; d + 1 < N; i /= extents[d++]) offset += i % extents[d] * strides[d];
    return elements[offset + i * strides[N - 1]];
  }
  FLUX_KERNEL constexpr Index size() const { return extents.size(); }
  FLUX_KERNEL constexpr Index size(int dim) const { return extents[dim]; }
  FLUX_KERNEL constexpr const Shape<N>& shape() const { return extents; }
};

namespace detail {
template <class T, int N>
StridedView<T, N> strided_view(T* elements, const Layout<N>& layout) {
  StridedView<T, N> view{elements + layout.offset, layout.shape, {}};
  std::copy_n(layout.strides, N, view.strides);
  return view;
}
/// n positions from `first` on along one dimension.
template <int N>
Layout<N> cut(Layout<N> layout, int dim, Index first, Index n) {
  if (layout.shape.is_void()) return layout;
  layout.offset += first * layout.strides[dim];
  layout.shape[dim] = n;
  return layout;
}
}  // namespace detail

/// Elements of an array in another order, or some of them; lazy, so it combines with others in one kernel.
template <class T, int N, class Space>
class Strided : public detail::LazyElementwise<Strided<T, N, Space>, N, Space> {
 public:
  using value_type = T;

  Strided(detail::Buffer<Space> buffer, const detail::Layout<N>& layout)
      : buffer_(std::move(buffer)), layout_(layout) {}
  const Shape<N>& shape() const { return layout_.shape; }
  const detail::Layout<N>& layout() const { return layout_; }
  /// The same elements by another layout.
  template <int M>
  Strided<T, M, Space> with(const detail::Layout<M>& layout) const {
    return {buffer_, layout};
  }
  StridedView<const T, N> view() const { return detail::strided_view(static_cast<const T*>(buffer_.data()), layout_); }
  template <int R>
  auto bind_to() const {
    return detail::bind_layout<R>(static_cast<const T*>(buffer_.data()), layout_);
  }

 private:
  detail::Buffer<Space> buffer_;
  detail::Layout<N> layout_;
};

/// A part of an array to write to: `part(a, every, 3) = x`, `+= x`. Good while the array lives.
template <class T, int N, class Space, int M>
class Part {
 public:
  using space = Space;
  Part(BasicArray<T, M, Space>& array, const detail::Layout<N>& layout) : array_(array), layout_(layout) {}
  Part(const Part&) = delete;

  template <class X>
  void operator=(const X& x) const {
    const auto operand = checked(x);
    if constexpr (ArrayLike<decltype(operand)>)
      if (operand.shape() != layout_.shape) detail::fail("part", "expected the shape ", layout_.shape, ", got none");
    detail::run(Space{}, bound(), layout_.shape, detail::once(detail::bind<N>(operand)));
  }
  template <class X>
  void operator+=(const X& x) const {
    update(zygote::math::add_t{}, x);
  }
  template <class X>
  void operator-=(const X& x) const {
    update(zygote::math::sub_t{}, x);
  }
  template <class X>
  void operator*=(const X& x) const {
    update(zygote::math::mul_t{}, x);
  }
  template <class X>
  void operator/=(const X& x) const {
    update(zygote::math::div_t{}, x);
  }
  StridedView<T, N> view() const { return detail::strided_view(array_.mutable_data(), layout_); }

 private:
  // If the operand reads the array, it holds a handle of the elements, and the array is moved to new ones here.
  auto bound() const { return detail::bind_layout<N>(array_.mutable_data(), layout_); }
  template <class X>
  auto checked(const X& x) const {
    if constexpr (Arrays<X>)
      return stretched(x, layout_.shape);
    else
      return detail::operand<T>(x);
  }
  template <class F, class X>
  void update(const F& f, const X& x) const {
    const auto operand = checked(x);
    if constexpr (ArrayLike<decltype(operand)>)
      if (operand.shape() != layout_.shape) return;  // a zero of any shape
    const auto out = bound();
    auto in = detail::bind<N>(operand);
    const detail::BoundCall<F, detail::BoundArray<T, N>, decltype(in)> call{f, {out, in}};
    detail::run(Space{}, out, layout_.shape, call);
  }

  BasicArray<T, M, Space>& array_;
  detail::Layout<N> layout_;
};

namespace detail {
template <class T, int N, class Space>
auto strided(const BasicArray<T, N, Space>& a) {
  return Strided<T, N, Space>(a.buffer(), Layout<N>(a.shape()));
}
template <class T, int N, class Space>
auto strided(const Strided<T, N, Space>& a) {
  return a;
}
template <Arrays E>
auto strided(const E& lazy) {
  return strided(lazy.evaluate());
}

/// The contribution of d to those elements of an array that a view shows.
template <AnyArray A, int N, AnyArray D>
class Shown : public Contribution {
 public:
  Shown(const Shape<A::rank>& shape, const Layout<N>& layout, D d) : shape_(shape), layout_(layout), d_(std::move(d)) {}
  A evaluate() const {
    A acc;
    add_to(acc);
    return acc;
  }
  void add_to(A& acc) const {
    if (d_.is_void()) return;
    if (acc.is_void()) {
      const bool whole = layout_.shape.size() == shape_.size();
      acc = whole ? A(shape_, Uninitialised{}) : A(shape_);
      if (whole) return Part(acc, layout_) = d_;
    }
    Part(acc, layout_) += d_;
  }

 private:
  Shape<A::rank> shape_;
  Layout<N> layout_;
  D d_;
};

template <class Transform>
struct ViewOf {
  template <Arrays A, class... P>
  auto operator()(const A& a, const P&... p) const {
    const auto x = strided(a);
    return x.with(Transform{}(x.layout(), p...));
  }
  template <Arrays A, class... P>
  auto pullback(const A& a, const P&... p) const {
    using Primal = Materialised<A>;
    auto value = (*this)(a, p...);
    const Shape<Primal::rank> shape = value_shape(a);
    return zygote::Pullback{std::move(value), [shape, layout = Transform{}(Layout(shape), p...)](const auto& d) {
                              using D = std::remove_cvref_t<decltype(materialise(d))>;
                              constexpr int n = std::extent_v<decltype(layout.strides)>;
                              return std::tuple_cat(std::make_tuple(Shown<Primal, n, D>(shape, layout, materialise(d))),
                                                    none_for_each<P...>());
                            }};
  }

 private:
  template <class A>
  static auto value_shape(const A& a) {
    if constexpr (ArrayLike<A>)
      return a.shape();
    else
      return a.evaluate().shape();
  }
};
struct Slice {
  template <int N, class... P>
  auto operator()(const Layout<N>& from, const P&... parts) const {
    return sliced(from, parts...);
  }
};
struct Permute {
  template <int N, class... D>
  auto operator()(const Layout<N>& from, D... dims) const {
    return permuted(from, dims...);
  }
};
struct Flip {
  template <int N>
  auto operator()(const Layout<N>& from, int dim) const {
    return flipped(from, dim);
  }
};
}  // namespace detail

/// slice(a, every, range(0, 10, 2), 3): one position, range or `every` per dimension; positions drop their dimension.
inline constexpr detail::ViewOf<detail::Slice> slice;
/// permute(a, 1, 0): dimension k of the result is dimension dims[k] of a.
inline constexpr detail::ViewOf<detail::Permute> permute;
/// flip(a, dim): the other way round.
inline constexpr detail::ViewOf<detail::Flip> flip;

/// The slice of `a` to write to, by =, +=, -=, *=, /= and by kernels.
template <class T, int N, class Space, detail::SlicePart... P>
auto part(BasicArray<T, N, Space>& a, const P&... parts) {
  return Part(a, detail::sliced(detail::Layout<N>(a.shape()), parts...));
}

struct concat_t {
  template <Arrays A, Arrays... B>
  auto operator()(int dim, const A& a, const B&... b) const {
    using X = Materialised<A>;
    static_assert(((Materialised<B>::rank == X::rank) && ...), "cuarrays: concat takes arrays of one rank");
    Shape<X::rank> shape = a.shape();
    if (dim < 0 || dim >= X::rank)
      detail::fail("concat", "expected a dimension from 0 to ", X::rank - 1, ", got ", dim);
    auto append = [&](Shape<X::rank> more) {
      const Index extent = more[dim];
      more[dim] = shape[dim];
      if (more != shape)
        detail::fail("concat", "expected equal shapes but for dimension ", dim, ", got ", a.shape(), ' ', b.shape()...);
      shape[dim] += extent;
    };
    (append(b.shape()), ...);
    BasicArray<detail::CommonElement<A, B...>, X::rank, typename X::space> result(shape, Uninitialised{});
    Index first = 0;
    auto put = [&](const auto& x) {
      Part(result, detail::cut(detail::Layout(shape), dim, first, x.size(dim))) = x;
      first += x.size(dim);
    };
    put(a);
    (put(b), ...);
    return result;
  }
  template <Arrays... A>
  auto pullback(int dim, const A&... a) const {
    return zygote::Pullback{(*this)(dim, a...), [dim, extents = std::array{a.size(dim)...}](const auto& d) {
                              Index first = 0;
                              std::size_t k = 0;
                              auto next = [&]() {
                                const auto x = detail::strided(d);
                                const auto layout = detail::cut(x.layout(), dim, first, extents[k]);
                                first += extents[k++];
                                return detail::Deferred([part = x.with(layout)] { return part; });
                              };
                              return std::tuple{zygote::none{}, ((void)sizeof(A), next())...};
                            }};
  }
};
/// concat(dim, a, b, ...): one after the other along a dimension; all other extents are equal.
inline constexpr concat_t concat;

}  // namespace cuarrays
