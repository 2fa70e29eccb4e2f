// Inclusive and exclusive scans along one dimension. What comes before and after it are lanes that do not depend on
// each other. Lanes are split by their length alone, so results are the same for any number of threads.
#pragma once
#include <cuarrays/storage.hpp>

#ifdef __CUDACC__
#include <cuarrays/device_scan.hpp>
#endif

namespace cuarrays {

namespace detail {
/// An array as (inner, length, outer) around one dimension.
template <class A>
auto around(const char* operation, const A& a, int dim) {
  if (dim < 0 || dim >= A::rank) fail(operation, "expected a dimension from 0 to ", A::rank - 1, ", got ", dim);
  Shape<3> shape(1, a.size(dim), 1);
  for (int d = 0; d < A::rank; ++d)
    if (d != dim) shape[d < dim ? 0 : 2] *= a.size(d);
  return a.is_void() ? Shape<3>() : shape;
}

/// Scans n elements after `before`, and returns what comes after them: four parts at once, whose sums were worked out
/// first, so that operations do not wait for each other.
template <bool exclusive, class Op, class T, class X>
T scan_part(const Op& op, T before, const X* in, T* out, Index n) {
  constexpr Index parts = 4;
  const Index length = n >= 32 * parts ? n / parts : 0;
  T sums[parts];
  const auto step = [&](T& sum, Index i) {
    const T next = static_cast<T>(op(sum, static_cast<T>(in[i])));
    out[i] = exclusive ? sum : next;
    sum = next;
  };
  for (Index p = 0; length > 0 && p < parts; ++p) {
    sums[p] = before;
    if (p + 1 < parts)
      before =
          static_cast<T>(op(before, reduce_column<Access::contiguous>(
                                        op, neutral<Op, T>(), BoundArray<const X, 1>{in + p * length, {1}}, length)));
  }
  for (Index i = 0; i < length; ++i)
    for (Index p = 0; p < parts; ++p) step(sums[p], p * length + i);
  if (length > 0) before = sums[parts - 1];
  for (Index i = parts * length; i < n; ++i) step(before, i);
  return before;
}
/// Elements that stay in the cache between the sums and the scan. No power of two: parts would share cache sets.
inline constexpr Index scan_grain = 16000;
template <bool exclusive, class Op, class T, class X>
T scan_lane(const Op& op, T before, const X* in, T* out, Index n) {
  for (Index i = 0; i < n; i += scan_grain)
    before = scan_part<exclusive>(op, before, in + i, out + i, std::min(scan_grain, n - i));
  return before;
}
/// All threads at one lane: pieces that the last cache holds, each in parts that are summed first.
template <bool exclusive, class Op, class T, class X>
void scan_long_lane(const Op& op, const X* in, T* out, Index n) {
  constexpr Index part = 4 * scan_grain, parts = 32;
  T sums[parts + 1] = {neutral<Op, T>()};
  for (; n > 0; in += parts * part, out += parts * part, n -= parts * part) {
    const Index now = std::min(n, parts * part), used = (now + part - 1) / part;
    parallel_ranges(used, now, [&](Index begin, Index end) {
      for (Index p = begin; p < end; ++p)
        sums[p + 1] = reduce_column<Access::contiguous>(
            op, neutral<Op, T>(), BoundArray<const X, 1>{in + p * part, {1}}, std::min(part, now - p * part));
    });
    for (Index p = 0; p < used; ++p) sums[p + 1] = static_cast<T>(op(sums[p], sums[p + 1]));
    parallel_ranges(used, now, [&](Index begin, Index end) {
      for (Index p = begin; p < end; ++p)
        scan_lane<exclusive>(op, sums[p], in + p * part, out + p * part, std::min(part, now - p * part));
    });
    sums[0] = sums[used];
  }
}
/// Lanes side by side, step by step: so many of them that memory is read in long pieces.
inline constexpr Index lanes_together = 512;
template <bool exclusive, class Op, class T, class X>
void scan_side_by_side(const Op& op, const X* in, T* out, const Shape<3>& shape, Index begin, Index end) {
  T sums[lanes_together];
  std::fill_n(sums, end - begin, neutral<Op, T>());
  for (Index k = 0; k < shape[1]; ++k) {
    const X* const x = in + k * shape[0];
    T* const y = out + k * shape[0];
    for (Index i = begin; i < end; ++i) {
      const T next = static_cast<T>(op(sums[i - begin], static_cast<T>(x[i])));
      y[i] = exclusive ? sums[i - begin] : next;
      sums[i - begin] = next;
    }
  }
}
template <bool exclusive, class Op, class T, class X>
void scan_on_host(const Op& op, const X* in, T* out, const Shape<3>& shape) {
  if (shape[0] == 1 && shape[1] >= parallel_threshold) {
    for (Index j = 0; j < shape[2]; ++j) scan_long_lane<exclusive>(op, in + j * shape[1], out + j * shape[1], shape[1]);
  } else if (shape[0] == 1) {
    parallel_ranges(shape[2], shape.size(), [&](Index begin, Index end) {
      for (Index j = begin; j < end; ++j)
        scan_lane<exclusive>(op, neutral<Op, T>(), in + j * shape[1], out + j * shape[1], shape[1]);
    });
  } else {
    const Index groups = (shape[0] + lanes_together - 1) / lanes_together;
    parallel_ranges(groups * shape[2], shape.size(), [&](Index begin, Index end) {
      for (Index g = begin; g < end; ++g) {
        const Index first = g % groups * lanes_together, at = g / groups * shape[0] * shape[1];
        scan_side_by_side<exclusive>(op, in + at, out + at, shape, first, std::min(first + lanes_together, shape[0]));
      }
    });
  }
}

template <class Op>
struct ScanKernel {
  Op op;
  bool exclusive;
  FLUX_KERNEL void operator()(Index i, Index j, auto out, auto in) const {
    using T = std::remove_cvref_t<decltype(out(i, 0, j))>;
    T total = neutral<Op, T>();
    for (Index k = 0; k < in.size(1); ++k) {
      const T next = static_cast<T>(op(total, in(i, k, j)));
      out(i, k, j) = exclusive ? total : next;
      total = next;
    }
  }
};
/// s_k = op(s_k-1, x_k), backwards: what reaches s_k is the adjoint of the element that it became, which is the next
/// one of an exclusive scan, and what s_k+1 passes on.
template <bool exclusive, class Op>
struct ScanAdjointKernel {
  Op op;
  FLUX_KERNEL void operator()(Index i, Index j, auto dx, auto d, auto x, auto y) const {
    using T = std::remove_cvref_t<decltype(dx(i, 0, j))>;
    const Index n = x.size(1);
    T reaches = T();
    for (Index k = n; k-- > 0;) {
      if (!exclusive || k + 1 < n) reaches += d(i, exclusive ? k + 1 : k, j);
      const T before = exclusive ? y(i, k, j) : k > 0 ? y(i, k - 1, j) : neutral<Op, T>();
      const auto all = zygote::call_object(op, before, x(i, k, j)).back(reaches);  // of op, before, x
      dx(i, k, j) = zygote::settle<T>(std::get<2>(all));
      reaches = zygote::settle<T>(std::get<1>(all));
    }
  }
};
#ifndef __CUDACC__
template <bool exclusive, class Op, class T, class X>
void scan_on_device(const Op&, const X*, T*, Index, Index) {
  static_assert(!sizeof(Op), "cuarrays: a scan of a CuArray needs nvcc: name this file .cu");
}
#endif
}  // namespace detail

template <bool exclusive>
struct scan_t {
  template <class Op, Arrays A>
  auto operator()(const Op& op, const A& a, int dim = 0) const {
    using X = Materialised<A>;
    using T = detail::Accumulator<Op, typename X::value_type>;
    const X x = materialise(a);
    const Shape<3> shape = detail::around("scan", x, dim);
    BasicArray<T, 3, typename X::space> out(shape, Uninitialised{});
    if (x.size() == 0) return out.reshape(x.shape());
    if constexpr (std::same_as<typename X::space, Host>)
      detail::scan_on_host<exclusive>(op, x.data(), out.mutable_data(), shape);
    else if (shape[0] > 1)
      launch(detail::ScanKernel<Op>{op, exclusive}, Shape(shape[0], shape[2]), out, std::as_const(x).reshape(shape));
    else
      detail::scan_on_device<exclusive>(op, x.data(), out.mutable_data(), shape[1], shape[2]);
    return out.reshape(x.shape());
  }
  template <class Op, Arrays A, class... Dim>
  auto pullback(const Op& op, const A& a, Dim... dims) const {
    using X = Materialised<A>;
    static_assert(!zygote::Differentiable<Op>,
                  "cuarrays: no gradient flows to the fields of the operator of scan: leave them out of its `fields`, "
                  "or write constant(scan(...))");
    const X x = materialise(a), y = (*this)(op, x, dims...);
    return zygote::Pullback{y, [op, x, y, dims...](const auto& d) {
                              auto contribution = [=] { return scan_t::adjoint(op, x, y, d, dims...); };
                              return std::tuple_cat(std::make_tuple(zygote::none{}, detail::Deferred(contribution)),
                                                    detail::none_for_each<Dim...>());
                            }};
  }

 private:
  template <class Op, class X, class D>
  static X adjoint(const Op& op, const X& x, const X& y, const D& d, int dim = 0) {
    if (d.is_void()) return X();
    if constexpr (std::same_as<Op, zygote::math::add_t>)
      return flip(scan_t{}(op, flip(d, dim), dim), dim);
    else {
      using T = typename X::value_type;
      detail::require_map_pullback<typename X::space, Op, T, T>();
      const Shape<3> shape = detail::around("scan", x, dim);
      BasicArray<T, 3, typename X::space> dx(shape, Uninitialised{});
      launch(detail::ScanAdjointKernel<exclusive, Op>{op}, Shape(shape[0], shape[2]), dx,
             std::as_const(d).reshape(shape), x.reshape(shape), y.reshape(shape));
      return dx.reshape(x.shape());
    }
  }
};
/// scan(op, a, dim): op over all elements up to and with each, along dim 0 if not said; op has a neutral element and is
/// associative. Its adjoint calls op.pullback.
inline constexpr scan_t<false> scan;
/// The same without the element itself; the first is neutral.
inline constexpr scan_t<true> scan_exclusive;

}  // namespace cuarrays
