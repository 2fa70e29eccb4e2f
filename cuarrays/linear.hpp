// Products of matrices, by BLAS; transpose; reshape.
#pragma once
#include <cuarrays/elements.hpp>
#include <cuarrays/views.hpp>

namespace cuarrays {

namespace detail {
/// c = op(a) op(b), or c += op(a) op(b), for each of a batch. Column-major; op transposes (and conjugates) if asked to.
/// c is (m, n), the sum runs over k; a leading dimension is the distance of columns, a stride that of matrices.
struct Gemm {
  bool transpose_a = false, transpose_b = false;
  Index m = 0, n = 0, k = 0;
  Index lda = 0, ldb = 0, ldc = 0;
  Index batch = 1, stride_a = 0, stride_b = 0, stride_c = 0;
};
#ifndef CUARRAYS_NO_BLAS
void gemm(Host, const Gemm& shape, const float* a, const float* b, bool add, float* c);
void gemm(Host, const Gemm& shape, const double* a, const double* b, bool add, double* c);
void gemm(Host, const Gemm& shape, const std::complex<float>* a, const std::complex<float>* b, bool add,
          std::complex<float>* c);
void gemm(Host, const Gemm& shape, const std::complex<double>* a, const std::complex<double>* b, bool add,
          std::complex<double>* c);
#endif
void gemm(Device, const Gemm& shape, ElementType type, const void* a, const void* b, bool add, void* c);

template <LibraryElement T>
void gemm(Device, const Gemm& g, const T* a, const T* b, bool add, T* c) {
  gemm(Device{}, g, ElementName<T>::value, a, b, add, c);
}
/// For elements that BLAS does not know: integers, dual numbers. Without BLAS, for all.
template <class T>
void gemm(Host, const Gemm& g, const T* a, const T* b, bool add, T* c) {
  for (Index batch = 0; batch < g.batch; ++batch, a += g.stride_a, b += g.stride_b, c += g.stride_c)
    for (Index j = 0; j < g.n; ++j)
      for (Index i = 0; i < g.m; ++i) {
        T total = add ? c[i + j * g.ldc] : T(0);
        for (Index l = 0; l < g.k; ++l)
          total += (g.transpose_a ? conjugate(a[l + i * g.lda]) : a[i + l * g.lda]) *
                   (g.transpose_b ? conjugate(b[j + l * g.ldb]) : b[l + j * g.ldb]);
        c[i + j * g.ldc] = total;
      }
}

/// The first two extents are those of a matrix (vectors are columns), the rest is the batch.
template <int N>
struct Matrices {
  Shape<N> shape;
  bool transposed;
  Index rows() const { return extent(transposed ? 1 : 0); }
  Index columns() const { return extent(transposed ? 0 : 1); }
  Index stride() const { return extent(0) * extent(1); }
  Index batch() const {
    Index n = 1;
    for (int d = 2; d < N; ++d) n *= shape[d];
    return n;
  }
  Index extent(int dim) const { return dim < N ? shape[dim] : 1; }

  friend std::ostream& operator<<(std::ostream& out, const Matrices& m) {
    return out << (m.transposed ? "transposed " : "") << m.shape;
  }
};

/// The shape of a product: batches are equal, or one operand has one matrix for all.
template <int NC, int NA, int NB>
Shape<NC> product_shape(const Matrices<NA>& a, const Matrices<NB>& b) {
  if (a.shape.is_void() || b.shape.is_void()) return {};
  if (a.columns() != b.rows()) throw std::invalid_argument(text("matmul: ", a, " x ", b, ": inner dimensions differ"));
  const bool one_a = a.batch() == 1, one_b = b.batch() == 1;
  Shape<NC> shape;
  shape[0] = a.rows();
  for (int d = 1; d < NC; ++d) {
    shape[d] = d == 1 ? b.columns() : one_a ? b.extent(d) : a.extent(d);
    if (d > 1 && !one_a && !one_b && a.extent(d) != b.extent(d))
      throw std::invalid_argument(text("matmul: ", a, " x ", b, ": batches differ"));
  }
  return shape;
}

/// op(a) op(b), worked out when somebody asks: by one GEMM, with beta = 1 where it is added. Summed over the batch if
/// the result has one matrix and the operands have more.
template <class T, int NA, int NB, int NC, class Space>
class Product : public Contribution {
 public:
  Product(BasicArray<T, NA, Space> a, bool transpose_a, BasicArray<T, NB, Space> b, bool transpose_b,
          const Shape<NC>& shape)
      : a_(std::move(a)), b_(std::move(b)), shape_(shape) {
    if (is_zero()) return;
    const Matrices<NA> ma{a_.shape(), transpose_a};
    const Matrices<NB> mb{b_.shape(), transpose_b};
    g_ = {transpose_a,
          transpose_b,
          ma.rows(),
          mb.columns(),
          ma.columns(),
          std::max(ma.extent(0), Index(1)),
          std::max(mb.extent(0), Index(1)),
          std::max(ma.rows(), Index(1))};
    Index batch_a = ma.batch(), batch_b = mb.batch();
    const Index matrices = Matrices<NC>{shape, false}.batch();
    if (batch_a == 1 && !transpose_b && matrices == batch_b) {  // one matrix for all: their columns are one matrix
      g_.n *= std::exchange(batch_b, 1);
    } else if (matrices == 1 && batch_a == batch_b && !transpose_a && transpose_b) {  // the sum is over columns too
      g_.k *= batch_a;
      batch_a = batch_b = 1;
    }
    g_.batch = std::max(batch_a, batch_b);
    g_.stride_a = batch_a == 1 ? 0 : ma.stride();
    g_.stride_b = batch_b == 1 ? 0 : mb.stride();
    g_.stride_c = matrices == 1 ? 0 : g_.m * g_.n;
  }

  BasicArray<T, NC, Space> evaluate() const {
    if (is_zero()) return {};
    BasicArray<T, NC, Space> c(shape_, Uninitialised{});
    multiply(false, c.mutable_data());
    return c;
  }
  void add_to(BasicArray<T, NC, Space>& c) const {
    if (is_zero()) return;
    if (c.is_void()) return void(c = evaluate());
    if (c.shape() != shape_) fail("matmul", "expected to add to ", shape_, ", got ", c.shape());
    multiply(true, c.mutable_data());
  }

 private:
  bool is_zero() const { return a_.is_void() || b_.is_void(); }
  void multiply(bool add, T* c) const {
    if (shape_.size() == 0) return;
    if (g_.k == 0 || g_.batch == 0) {
      if (!add) clear(Space{}, c, static_cast<std::size_t>(shape_.size()) * sizeof(T));
    } else if (g_.batch > 1 && g_.stride_c == 0) {
      Gemm one = g_;
      one.batch = 1;
      for (Index i = 0; i < g_.batch; ++i)
        gemm(Space{}, one, a_.data() + i * g_.stride_a, b_.data() + i * g_.stride_b, add || i > 0, c);
    } else
      gemm(Space{}, g_, a_.data(), b_.data(), add, c);
  }

  BasicArray<T, NA, Space> a_;
  BasicArray<T, NB, Space> b_;
  Shape<NC> shape_;
  Gemm g_;
};

/// Of arrays as they are used below: what is added to something of this shape.
template <int NC, class T, int NA, int NB, class Space>
auto product(const BasicArray<T, NA, Space>& a, bool transpose_a, const BasicArray<T, NB, Space>& b, bool transpose_b,
             const Shape<NC>& shape) {
  return Product<T, NA, NB, NC, Space>(a, transpose_a, b, transpose_b, shape);
}
}  // namespace detail

template <bool transpose_a = false, bool transpose_b = false>
struct matmul_t {
  template <Arrays A, Arrays B>
  auto operator()(const A& a, const B& b) const {
    using MA = Materialised<A>;
    using MB = Materialised<B>;
    using TA = typename MA::value_type;
    using TB = typename MB::value_type;
    if constexpr (!std::same_as<TA, TB> && zygote::is_dual<TA> && std::convertible_to<TB, TA>)
      return (*this)(a, broadcast(convert_t<TA>{}, b));
    else if constexpr (!std::same_as<TA, TB> && zygote::is_dual<TB> && std::convertible_to<TA, TB>)
      return (*this)(broadcast(convert_t<TB>{}, a), b);
    else
      return product(a, b);
  }
  template <Arrays A, Arrays B>
  auto pullback(const A& a, const B& b) const {
    const Materialised<A> x = materialise(a);
    const Materialised<B> y = materialise(b);
    return zygote::Pullback{(*this)(x, y),
                            [x, y](const auto& d) { return std::make_tuple(of_a(x, y, d), of_b(x, y, d)); }};
  }

 private:
  template <class A, class B>
  static auto product(const A& a, const B& b) {
    using MA = Materialised<A>;
    using MB = Materialised<B>;
    constexpr int NC = MB::rank == 1 ? 1 : std::max(MA::rank, MB::rank);
    static_assert(MA::rank == 2 || (MA::rank > 2 && (MB::rank == 2 || MB::rank == MA::rank)),
                  "cuarrays: matmul takes a matrix and a matrix or vector, or batches of matrices");
    static_assert(MB::rank > 1 || !transpose_b, "cuarrays: matmul does not transpose vectors");
    static_assert(std::same_as<typename MA::value_type, typename MB::value_type>,
                  "cuarrays: matmul takes operands of one element type");
    static_assert(std::same_as<typename MA::space, typename MB::space>,
                  "cuarrays: matmul takes operands in one memory space; use gpu(x) or cpu(x)");
    const MA x = materialise(a);
    const MB y = materialise(b);
    const auto shape = detail::product_shape<NC>(detail::Matrices<MA::rank>{x.shape(), transpose_a},
                                                 detail::Matrices<MB::rank>{y.shape(), transpose_b});
    return detail::product(x, transpose_a, y, transpose_b, shape).evaluate();
  }
  template <class A, class B, class D>
  static auto of_a(const A& a, const B& b, const D& d) {
    if constexpr (transpose_a)
      return detail::product(b, transpose_b, d, true, a.shape());
    else
      return detail::product(d, false, b, !transpose_b, a.shape());
  }
  template <class A, class B, class D>
  static auto of_b(const A& a, const B& b, const D& d) {
    if constexpr (transpose_b)
      return detail::product(d, true, a, transpose_a, b.shape());
    else
      return detail::product(a, !transpose_a, d, false, b.shape());
  }
};
/// (m, k) x (k, n) -> (m, n), or (m, k) x (k) -> (m). Further dimensions are a batch: (m, k, ...) x (k, n, ...); a
/// plain matrix on either side is used for all of it.
inline constexpr matmul_t<> matmul;
/// a^T b, a b^T, a^T b^T, without a copy: (k, m) x (k, n) and so on. Complex matrices are conjugated as well.
inline constexpr matmul_t<true, false> matmul_tn;
inline constexpr matmul_t<false, true> matmul_nt;
inline constexpr matmul_t<true, true> matmul_tt;

struct transpose_t {
  template <Arrays A>
  auto operator()(const A& a) const {
    return permute(materialise(a), 1, 0).evaluate();
  }
  template <Arrays A>
  auto pullback(const A& a) const {
    return zygote::Pullback{
        (*this)(a), [](const auto& d) { return std::make_tuple(detail::Deferred([d] { return transpose_t{}(d); })); }};
  }
};
/// (m, n) -> (n, m), copied. matmul's adjoint does not need it: it multiplies by transposed operands as they are.
inline constexpr transpose_t transpose;

struct reshape_t {
  template <Arrays A, int N>
  auto operator()(const A& a, const Shape<N>& shape) const {
    return materialise(a).reshape(shape);
  }
  template <Arrays A, std::convertible_to<Index>... I>
  auto operator()(const A& a, I... extents) const {
    return (*this)(a, Shape{extents...});
  }
  template <Arrays A, class... S>
  auto pullback(const A& a, const S&... shape) const {
    const Materialised<A> x = materialise(a);
    return zygote::Pullback{(*this)(x, shape...), [shape = x.shape()](const auto& d) {
                              return std::tuple_cat(std::make_tuple(d.is_void() ? Materialised<A>() : d.reshape(shape)),
                                                    detail::none_for_each<S...>());
                            }};
  }
};
/// reshape(a, shape) or reshape(a, 2, -1): the same elements in another shape, not copied. One extent may be -1.
inline constexpr reshape_t reshape;

}  // namespace cuarrays
