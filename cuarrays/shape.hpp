// Shapes: static rank, run-time extents, column-major. Broadcasting aligns shapes at the first dimension.
#pragma once
#include <array>
#include <concepts>
#include <cstdint>
#include <sstream>
#include <stdexcept>
#include <string>

#ifdef __CUDACC__
#define FLUX_KERNEL __host__ __device__
#else
#define FLUX_KERNEL  // marks functions that kernels may call
#endif

namespace cuarrays {

/// Positions and extents: signed, 64 bits. (Not `index`, which <strings.h> puts in the global namespace.)
using Index = std::int64_t;

namespace detail {
/// The text of all arguments, one after the other.
template <class... A>
std::string text(const A&... args) {
  std::ostringstream out;
  (out << ... << args);
  return out.str();
}
}  // namespace detail

/// Extents of N dimensions, the fastest first. Every extent 0, as in a default-constructed array, is "void": such an
/// array stands for zeros of any shape in adjoints.
template <int N>
struct Shape {
  static_assert(N >= 1, "cuarrays: arrays have at least one dimension");
  Index extents[N] = {};

  constexpr Shape() = default;
  template <std::convertible_to<Index>... I>
  requires(sizeof...(I) == N) constexpr Shape(I... extent) : extents{static_cast<Index>(extent)...} {}

  FLUX_KERNEL constexpr Index operator[](int dim) const { return extents[dim]; }
  FLUX_KERNEL constexpr Index& operator[](int dim) { return extents[dim]; }
  FLUX_KERNEL constexpr Index size() const {
    Index n = 1;
    for (Index e : extents) n *= e;
    return n;
  }
  FLUX_KERNEL constexpr bool is_void() const {
    for (Index e : extents)
      if (e != 0) return false;
    return true;
  }
  constexpr bool operator==(const Shape&) const = default;
  constexpr const Index* begin() const { return extents; }
  constexpr const Index* end() const { return extents + N; }

  /// Position of an element in memory.
  template <class... I>
  FLUX_KERNEL constexpr Index offset(I... i) const {
    static_assert(sizeof...(I) == N, "cuarrays: one index per dimension");
    const Index at[] = {static_cast<Index>(i)...};
    Index position = at[N - 1];
    for (int d = N - 2; d >= 0; --d) position = position * extents[d] + at[d];
    return position;
  }
  template <class... I>
  FLUX_KERNEL constexpr bool contains(I... i) const {
    const Index at[] = {static_cast<Index>(i)...};
    for (int d = 0; d < N; ++d)
      if (at[d] < 0 || at[d] >= extents[d]) return false;
    return true;
  }
};
template <class... I>
Shape(I...) -> Shape<static_cast<int>(sizeof...(I))>;

/// "(3, 4)"
template <int N>
std::ostream& operator<<(std::ostream& out, const Shape<N>& shape) {
  out << '(' << shape[0];
  for (int d = 1; d < N; ++d) out << ", " << shape[d];
  return out << ')';
}

namespace detail {
/// Throws std::invalid_argument: "[operation] ...".
template <class... A>
[[noreturn]] void fail(const char* operation, const A&... what) {
  throw std::invalid_argument(text('[', operation, "] ", what...));
}

/// The same shape with R >= N dimensions, or with R < N where those left out have extent 1.
template <int R, int N>
constexpr Shape<R> with_rank(const Shape<N>& shape) {
  Shape<R> result;
  const bool is_void = shape.is_void();
  for (int d = 0; d < R; ++d) result[d] = d < N ? shape[d] : is_void ? 0 : 1;
  return result;
}

/// Widens `result` by one more operand: extents are equal, or one of them is 1. A void operand makes the result void.
template <int R, int N>
bool stretch(Shape<R>& result, const Shape<N>& operand) {
  if (result.is_void()) return true;
  if (operand.is_void()) {
    result = {};
    return true;
  }
  for (int d = 0; d < N; ++d) {
    if (result[d] == 1)
      result[d] = operand[d];
    else if (operand[d] != 1 && operand[d] != result[d])
      return false;
  }
  return true;
}

inline void join_shapes(std::ostream&) {}
template <class First, class... More>
void join_shapes(std::ostream& out, const First& first, const More&... more) {
  out << first;
  ((out << " and " << more), ...);
}

/// The shape of an elementwise operation on operands of these shapes.
template <int R, class... S>
Shape<R> broadcast_shape(const char* operation, const S&... shapes) {
  Shape<R> result;
  for (Index& e : result.extents) e = 1;
  if (!(stretch(result, shapes) && ...)) {
    std::ostringstream got;
    join_shapes(got, shapes...);
    fail(operation, "expected equal shapes, or extents of 1 that can be stretched, got ", got.str());
  }
  return result;
}
}  // namespace detail

}  // namespace cuarrays
