// Sparse matrices by compressed rows, times dense ones.
#pragma once
#include <cuarrays/linear.hpp>
#include <vector>
#include <zygote/runtime/fields.hpp>

namespace cuarrays {

/// A (rows, columns) matrix of which only some elements are stored: those of row i are `values[k]`, at column
/// `columns[k]`, for k from offsets[i] to offsets[i + 1]. Its adjoint is one of the same pattern.
template <AnyArray Values = Array<float, 1>, AnyArray Integers = Array<int, 1>>
struct Csr {
  Shape<2> shape;
  Integers offsets, columns;
  Values values;
};

/// The elements of a dense host matrix that are not zero.
template <class T>
Csr<Array<T, 1>> to_csr(const Array<T, 2>& dense) {
  std::vector<int> offsets{0}, columns;
  std::vector<T> values;
  for (Index i = 0; i < dense.size(0); ++i) {
    for (Index j = 0; j < dense.size(1); ++j)
      if (const T x = dense(i, j); x != T(0)) columns.push_back(static_cast<int>(j)), values.push_back(x);
    offsets.push_back(static_cast<int>(columns.size()));
  }
  const auto n = static_cast<Index>(columns.size());
  return {dense.shape(), {dense.size(0) + 1, offsets}, {n, columns}, {n, values}};
}

namespace detail {
/// c = a b or a^H b, where a is (rows, columns) and n the number of columns of b. By cuSPARSE.
struct SparseGemm {
  bool transpose_a;
  Index rows, columns, stored, n;
};
void sparse_gemm(Device, const SparseGemm& shape, ElementType type, const int* offsets, const int* columns,
                 const void* values, const void* b, void* c);

template <class T>
void sparse_gemm(const SparseGemm& g, const Csr<BasicArray<T, 1, Device>, BasicArray<int, 1, Device>>& a, const T* b,
                 T* c) {
  sparse_gemm(Device{}, g, ElementName<T>::value, a.offsets.data(), a.columns.data(), a.values.data(), b, c);
}
/// A column of the result after the other, so that no two threads add to one element.
template <class T>
void sparse_gemm(const SparseGemm& g, const Csr<Array<T, 1>>& a, const T* b, T* c) {
  const int *offsets = a.offsets.data(), *columns = a.columns.data();
  const T* values = a.values.data();
  const Index length_b = g.transpose_a ? g.rows : g.columns, length_c = g.transpose_a ? g.columns : g.rows;
  parallel_ranges(g.n, g.stored * g.n, [&](Index begin, Index end) {
    for (Index j = begin; j < end; ++j) {
      const T* from = b + j * length_b;
      T* to = c + j * length_c;
      if (g.transpose_a) std::fill_n(to, length_c, T(0));
      for (Index i = 0; i < g.rows; ++i) {
        T total(0);
        for (Index k = offsets[i]; k < offsets[i + 1]; ++k)
          if (g.transpose_a)
            to[columns[k]] += conjugate(values[k]) * from[i];
          else
            total += values[k] * from[columns[k]];
        if (!g.transpose_a) to[i] = total;
      }
    }
  });
}

/// Adjoint of the stored elements of row i: sum over columns j of d(i, j) conj(b(column, j)).
struct SparseAdjointKernel {
  FLUX_KERNEL void operator()(Index i, auto out, auto offsets, auto columns, auto d, auto b) const {
    for (Index k = offsets[i]; k < offsets[i + 1]; ++k) {
      std::remove_cvref_t<decltype(out[k])> total(0);
      for (Index j = 0; j < d.size(1); ++j) total += d(i, j) * conjugate(b(columns[k], j));
      out[k] = total;
    }
  }
};

template <class B, class V>
concept SparseOperand = Arrays<B> && std::same_as < typename Materialised<B>::value_type,
typename V::value_type > &&std::same_as<typename Materialised<B>::space, typename V::space>&& Materialised<B>::rank <=
    2;
}  // namespace detail

struct sparse_matmul_t {
  template <class V, class I, detail::SparseOperand<V> B>
  auto operator()(const Csr<V, I>& a, const B& b) const {
    const Materialised<B> y = materialise(b);
    if (a.shape[1] != y.size(0))
      throw std::invalid_argument(
          detail::text("matmul: sparse ", a.shape, " x ", y.shape(), ": inner dimensions differ"));
    return multiply(a, false, y);
  }
  template <class V, class I, detail::SparseOperand<V> B>
  auto pullback(const Csr<V, I>& a, const B& b) const {
    const Materialised<B> y = materialise(b);
    return zygote::Pullback{(*this)(a, y), [a, y](const auto& d) {
                              return std::make_tuple(of_values(a, y, d), detail::Deferred([a, d] {
                                                       return d.is_void() ? Materialised<B>() : multiply(a, true, d);
                                                     }));
                            }};
  }

 private:
  template <class V, class I, class B>
  static B multiply(const Csr<V, I>& a, bool transposed, const B& b) {
    auto shape = b.shape();
    shape[0] = a.shape[transposed ? 1 : 0];
    B c(shape, Uninitialised{});
    const Index n = detail::with_rank<2>(shape)[1];
    if (c.size() > 0)
      detail::sparse_gemm({transposed, a.shape[0], a.shape[1], a.values.size(), n}, a, b.data(), c.mutable_data());
    return c;
  }
  template <class V, class I, class B, class D>
  static Csr<V, I> of_values(const Csr<V, I>& a, const B& b, const D& d) {
    Csr<V, I> da{a.shape, a.offsets, a.columns, {}};
    if (d.is_void()) return da;
    da.values = V(a.values.shape());
    const auto dense_d = d.reshape(detail::with_rank<2>(d.shape())),
               dense_b = b.reshape(detail::with_rank<2>(b.shape()));
    launch(detail::SparseAdjointKernel{}, a.shape[0], da.values, a.offsets, a.columns, dense_d, dense_b);
    return da;
  }
};
/// A sparse (m, k) times a dense (k, n) or (k).
inline constexpr sparse_matmul_t sparse_matmul;

}  // namespace cuarrays
