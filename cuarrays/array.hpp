// Arrays: Array<T, N> in host memory, CuArray<T, N> on the GPU. Values with shared storage and copy on write.
#pragma once
#include <cassert>
#include <cuarrays/memory.hpp>
#include <cuarrays/shape.hpp>
#include <limits>
#include <ranges>
#include <type_traits>
#include <vector>
#include <zygote/runtime/core.hpp>

namespace zygote {
struct ask_t;
}

namespace cuarrays {

template <class T, int N, class Space>
class BasicArray;
template <class T, int N>
using Array = BasicArray<T, N, Host>;
template <class T, int N>
using CuArray = BasicArray<T, N, Device>;

/// What kernels read and write: elements and shape, no ownership. `v[i]` in memory order, `v(i, j)` by position.
template <class T, int N>
struct View {
  T* elements;
  Shape<N> extents;

  template <class U>
  requires(std::same_as<U, const T> && !std::same_as<U, T>) FLUX_KERNEL constexpr operator View<U, N>() const {
    return {elements, extents};
  }
  FLUX_KERNEL constexpr T& operator[](Index i) const {
    assert(i >= 0 && i < size());
    return elements[i];
  }
  template <class... I>
  FLUX_KERNEL constexpr T& operator()(I... i) const {
    assert(extents.contains(i...));
    return elements[extents.offset(i...)];
  }
  FLUX_KERNEL constexpr Index size() const { return extents.size(); }
  FLUX_KERNEL constexpr Index size(int dim) const { return extents[dim]; }
  FLUX_KERNEL constexpr const Shape<N>& shape() const { return extents; }
  constexpr T* begin() const { return elements; }
  constexpr T* end() const { return elements + size(); }
};

template <class A>
inline constexpr bool is_array = false;
template <class T, int N, class Space>
inline constexpr bool is_array<BasicArray<T, N, Space>> = true;
template <class A>
concept AnyArray = is_array<std::remove_cvref_t<A>>;

namespace detail {
/// Lazy elementwise expressions derive from this (expression.hpp); so do other contributions that become arrays.
struct Expression {};
struct Contribution {};
}  // namespace detail
template <class E>
concept LazyArray = std::derived_from<std::remove_cvref_t<E>, detail::Expression>;
/// An array or a lazy elementwise expression: it has rank, shape() and a memory space.
template <class A>
concept ArrayLike = AnyArray<A> || LazyArray<A>;
/// Anything that becomes an array when it is evaluated.
template <class A>
concept Arrays = ArrayLike<A> || std::derived_from<std::remove_cvref_t<A>, detail::Contribution>;

struct Uninitialised {};

namespace detail {
/// Something that holds on this thread while one of these lives.
template <class What>
class Scope {
 public:
  Scope() { ++depth_; }
  ~Scope() { --depth_; }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  static bool here() { return depth_ > 0; }

 private:
  static inline thread_local int depth_ = 0;
};
}  // namespace detail

/// While one lives, its thread may read and write elements of CuArrays one by one. Each is a copy that waits for the
/// GPU, so without it that throws.
class AllowScalar : detail::Scope<AllowScalar> {
 public:
  using detail::Scope<AllowScalar>::here;
};

namespace detail {
/// An element in the memory of the GPU.
template <class T>
class DeviceElement {
 public:
  explicit DeviceElement(T* at) : at_(at) {}
  operator T() const {
    T x;
    copy(Host{}, Device{}, &x, at_, sizeof x);
    return x;
  }
  const DeviceElement& operator=(const T& x) const {
    copy(Device{}, Host{}, at_, &x, sizeof x);
    return *this;
  }
  const DeviceElement& operator=(const DeviceElement& other) const { return *this = T(other); }
  const DeviceElement& operator+=(const T& x) const { return *this = *this + x; }
  const DeviceElement& operator-=(const T& x) const { return *this = *this - x; }
  const DeviceElement& operator*=(const T& x) const { return *this = *this * x; }
  const DeviceElement& operator/=(const T& x) const { return *this = *this / x; }

 private:
  T* at_;
};
template <class Space, class T>
decltype(auto) element(T* elements, Index i) {
  if constexpr (std::same_as<Space, Host>)
    return (elements[i]);
  else if constexpr (std::is_const_v<T>) {
    std::remove_const_t<T> x;
    copy(Host{}, Device{}, &x, elements + i, sizeof x);
    return x;
  } else
    return DeviceElement<T>(elements + i);
}
}  // namespace detail

template <class T, int N, class Space>
class BasicArray {
  static_assert(std::is_trivially_copyable_v<T>, "cuarrays: elements have to be trivially copyable");

 public:
  using value_type = T;
  using space = Space;
  static constexpr int rank = N;

  /// No elements, every extent 0; as an adjoint: zero, of any shape.
  BasicArray() = default;
  /// Zeros (all bytes 0). A template, so that ({3}) is a shape and no copy of an array {3}.
  template <std::same_as<Shape<N>> S = Shape<N>>
  explicit BasicArray(const S& shape) : BasicArray(shape, Uninitialised{}) {
    detail::clear(Space{}, buffer_.data(), bytes());
  }
  BasicArray(const Shape<N>& shape, Uninitialised) : shape_(shape), buffer_(checked_bytes(shape)) {}
  BasicArray(const Shape<N>& shape, Pinned) requires(std::same_as<Space, Host>)
      : shape_(shape), buffer_(checked_bytes(shape), Pinned{}) {}
  /// Of memory for at least as many elements.
  BasicArray(const Shape<N>& shape, detail::Buffer<Space> buffer) : shape_(shape), buffer_(std::move(buffer)) {}
  /// The elements in memory order: the first dimension is the fastest.
  BasicArray(const Shape<N>& shape, std::initializer_list<T> elements) : BasicArray(shape, Uninitialised{}) {
    fill_from(elements);
  }
  template <std::ranges::sized_range R>
  BasicArray(const Shape<N>& shape, const R& elements) : BasicArray(shape, Uninitialised{}) {
    fill_from(elements);
  }
  BasicArray(const BasicArray&) = default;
  BasicArray(BasicArray&& other) noexcept
      : shape_(std::exchange(other.shape_, {})), buffer_(std::move(other.buffer_)) {}
  /// Evaluates a lazy expression in one loop or kernel.
  template <LazyArray E>
  requires(std::remove_cvref_t<E>::rank == N) BasicArray(const E& expression);
  template <std::derived_from<detail::Contribution> C>
  BasicArray(const C& contribution) : BasicArray(contribution.evaluate()) {}
  /// Converts the elements.
  template <class U>
  requires(!std::same_as<T, U>) explicit BasicArray(const BasicArray<U, N, Space>& other);

  BasicArray& operator=(const BasicArray&) = default;
  BasicArray& operator=(BasicArray&& other) noexcept {
    shape_ = std::exchange(other.shape_, {});
    buffer_ = std::move(other.buffer_);
    return *this;
  }
  template <LazyArray E>
  BasicArray& operator=(E&& expression);
  template <class X>
  BasicArray& operator+=(const X& x);
  template <class X>
  BasicArray& operator-=(const X& x);
  template <class X>
  BasicArray& operator*=(const X& x);
  template <class X>
  BasicArray& operator/=(const X& x);

  /// Elements as written: a vector, or the rows of a matrix.
  static BasicArray of(std::initializer_list<T> elements) requires(N == 1) {
    return BasicArray(Shape<1>(static_cast<Index>(elements.size())), elements);
  }
  static BasicArray of(std::initializer_list<std::initializer_list<T>> rows) requires(N == 2) {
    const auto n_rows = static_cast<Index>(rows.size());
    BasicArray<T, N, Host> result({n_rows, rows.size() ? static_cast<Index>(rows.begin()->size()) : 0},
                                  Uninitialised{});
    T* p = result.mutable_data();
    for (Index i = 0; i < n_rows; ++i) {
      const auto& row = rows.begin()[i];
      if (static_cast<Index>(row.size()) != result.size(1)) detail::fail("of", "expected rows of equal length");
      for (Index j = 0; j < result.size(1); ++j) p[i + j * n_rows] = row.begin()[j];
    }
    if constexpr (std::same_as<Space, Host>)
      return result;
    else
      return BasicArray(result.shape(), result);
  }

  /// An array in memory of the user's, which is not copied, and written to as long as there is no copy of the array. It
  /// has to outlive the array, unless an owner is given, which the array keeps.
  static BasicArray wrap(T* elements, const Shape<N>& shape, std::shared_ptr<void> owner = {}) {
    return BasicArray(shape, detail::Buffer<Space>(elements, checked_bytes(shape), std::move(owner)));
  }
  std::vector<T> to_vector() const requires(std::same_as<Space, Host> && !std::same_as<T, bool>) {
    return std::vector<T>(data(), data() + size());
  }
  auto to_vector(zygote::ask_t) const requires(std::same_as<Space, Host> && !std::same_as<T, bool>);

  const Shape<N>& shape() const { return shape_; }
  Index size() const { return shape_.size(); }
  Index size(int dim) const { return shape_[dim]; }
  bool empty() const { return size() == 0; }
  bool is_void() const { return shape_.is_void(); }
  std::size_t bytes() const { return static_cast<std::size_t>(size()) * sizeof(T); }

  const T* data() const { return static_cast<const T*>(buffer_.data()); }
  /// For writing: copies the elements first if other arrays share them.
  T* mutable_data() {
    if (!buffer_.unique()) {
      detail::Buffer<Space> mine = buffer_.like(bytes());
      detail::copy(Space{}, Space{}, mine.data(), buffer_.data(), bytes());
      buffer_ = std::move(mine);
    }
    return static_cast<T*>(buffer_.data());
  }
  const detail::Buffer<Space>& buffer() const { return buffer_; }
  bool unique() const { return buffer_.unique(); }
  View<const T, N> view() const { return {data(), shape_}; }
  View<T, N> view() { return {mutable_data(), shape_}; }

  /// Elements; those of a CuArray while there is an AllowScalar. From an array that is not const comes a reference to
  /// write through: good until the array is copied or assigned. Out of range: std::out_of_range, unless NDEBUG is
  /// defined.
  template <std::convertible_to<Index>... I>
  decltype(auto) operator()(I... i) const {
    return detail::element<Space>(data(), position(i...));
  }
  template <std::convertible_to<Index>... I>
  decltype(auto) operator()(I... i) {
    return detail::element<Space>(mutable_data(), position(i...));
  }
  decltype(auto) operator[](Index i) const { return detail::element<Space>(data(), linear(i)); }
  decltype(auto) operator[](Index i) { return detail::element<Space>(mutable_data(), linear(i)); }
  /// `a(i, j)` with its adjoint, which is one element: O(1) to add.
  template <std::convertible_to<Index>... I>
  auto pullback(I... i) const;

  const T* begin() const requires std::same_as<Space, Host> { return data(); }
  const T* end() const requires std::same_as<Space, Host> { return data() + size(); }
  T* begin() requires std::same_as<Space, Host> { return mutable_data(); }
  T* end() requires std::same_as<Space, Host> { return mutable_data() + size(); }

  /// The same elements in another shape; nothing is copied. One extent may be -1: whatever is left.
  template <int M>
  BasicArray<T, M, Space> reshape(Shape<M> shape) const {
    Index known = 1;
    int open = -1;
    for (int d = 0; d < M; ++d) (shape[d] == -1 && open < 0) ? void(open = d) : void(known *= shape[d]);
    if (open >= 0) shape[open] = known ? size() / known : 0;
    if (BasicArray<T, M, Space>::checked_bytes(shape) != bytes())
      detail::fail("reshape", "expected a shape of ", size(), " elements as in ", shape_, ", got ", shape);
    return BasicArray<T, M, Space>(shape, buffer_);
  }
  template <int M>
  auto reshape(zygote::ask_t, const Shape<M>& shape) const;

  /// Writes f(old elements, x) to this array: in place if nobody shares it. A void x changes nothing.
  template <class F, class X>
  BasicArray& update(const F& f, const X& x);

 private:
  template <class, int, class>
  friend class BasicArray;
  template <class E>
  bool may_become(const E& expression) const;

  static std::size_t checked_bytes(const Shape<N>& shape) {
    Index bytes = sizeof(T);
    for (Index e : shape)
      if (e < 0) detail::fail("array", "expected extents of 0 or more, got ", shape);
    for (Index e : shape)
      if (__builtin_mul_overflow(bytes, e, &bytes))
        detail::fail("array", "expected a shape that fits into memory, got ", shape);
    return static_cast<std::size_t>(bytes);
  }
  template <class R>
  void fill_from(const R& elements) {
    if (static_cast<Index>(std::ranges::size(elements)) != size())
      detail::fail("array", "expected ", size(), " elements for the shape ", shape_, ", got ",
                   std::ranges::size(elements));
    if constexpr (std::same_as<Space, Host>) {
      T* p = mutable_data();
      for (const auto& x : elements) *p++ = static_cast<T>(x);
    } else {
      BasicArray<T, N, Host> host(shape_, elements);
      detail::copy(Space{}, Host{}, mutable_data(), host.data(), bytes());
    }
  }
  static void check_scalar() {
    if constexpr (!std::same_as<Space, Host>)
      if (!AllowScalar::here())
        throw std::logic_error(
            "[index] an element of a CuArray was asked for on the host: that copies elements one by one. Use cpu(a) "
            "first, or whole-array operations, or launch(kernel, n, a); or allow it: AllowScalar allow;");
  }
  template <class... I>
  Index position(I... i) const {
    check_scalar();
    static_assert(sizeof...(I) == N, "cuarrays: a(i, j, ...) takes one index per dimension");
#ifndef NDEBUG
    if (!shape_.contains(i...))
      throw std::out_of_range(detail::text("[index] expected a position within ", shape_, ", got ", Shape<N>(i...)));
#endif
    return shape_.offset(i...);
  }
  Index linear(Index i) const {
    check_scalar();
#ifndef NDEBUG
    if (i < 0 || i >= size()) throw std::out_of_range(detail::text("[index] expected 0 <= i < ", size(), ", got ", i));
#endif
    return i;
  }
  Shape<N> shape_;
  detail::Buffer<Space> buffer_;
};

}  // namespace cuarrays
