// Linear algebra: matmul by BLAS, transpose; reshape.
#pragma once
#include <cuarrays/map.hpp>

namespace cuarrays {

namespace detail {
/// c = op(a) op(b) + beta c, column-major and dense; op transposes if asked to. c is (m, n), the sum runs over k.
struct Gemm {
  bool transpose_a, transpose_b;
  Index m, n, k;
};
void gemm(Host, const Gemm& shape, const float* a, const float* b, float beta, float* c);
void gemm(Host, const Gemm& shape, const double* a, const double* b, double beta, double* c);
void gemm(Device, const Gemm& shape, const float* a, const float* b, float beta, float* c);
void gemm(Device, const Gemm& shape, const double* a, const double* b, double beta, double* c);

/// For elements that BLAS does not know: integers, complex and dual numbers.
template <class T>
void gemm(Host, const Gemm& g, const T* a, const T* b, const T& beta, T* c) {
  for (Index j = 0; j < g.n; ++j)
    for (Index i = 0; i < g.m; ++i) {
      T total = beta == T(0) ? T(0) : beta * c[i + j * g.m];
      for (Index l = 0; l < g.k; ++l)
        total += a[g.transpose_a ? l + i * g.k : i + l * g.m] * b[g.transpose_b ? j + l * g.n : l + j * g.k];
      c[i + j * g.m] = total;
    }
}

/// op(a) op(b), worked out when somebody asks: by one GEMM, with beta = 1 where it is added. Vectors are columns.
template <class T, int NA, int NB, int NC, class Space>
class Product : public Contribution {
 public:
  Product(BasicArray<T, NA, Space> a, bool transpose_a, BasicArray<T, NB, Space> b, bool transpose_b)
      : a_(std::move(a)), b_(std::move(b)), transpose_a_(transpose_a), transpose_b_(transpose_b) {
    if (!is_zero() && columns(a_, transpose_a_) != rows(b_, transpose_b_))
      throw std::invalid_argument(
          text("matmul: ", name(a_, transpose_a_), " x ", name(b_, transpose_b_), ": inner dimensions differ"));
  }

  BasicArray<T, NC, Space> evaluate() const {
    if (is_zero()) return {};
    BasicArray<T, NC, Space> c(shape(), Uninitialised{});
    multiply(T(0), c.mutable_data());
    return c;
  }
  void add_to(BasicArray<T, NC, Space>& c) const {
    if (is_zero()) return;
    if (c.is_void()) return void(c = evaluate());
    if (c.shape() != shape()) fail("matmul", "expected to add to ", shape(), ", got ", c.shape());
    multiply(T(1), c.mutable_data());
  }
  Shape<NC> shape() const {
    Shape<NC> s;
    s[0] = rows(a_, transpose_a_);
    if constexpr (NC == 2) s[1] = columns(b_, transpose_b_);
    return s;
  }

 private:
  template <class A>
  static Index rows(const A& a, bool transposed) {
    return transposed ? with_rank<2>(a.shape())[1] : a.size(0);
  }
  template <class A>
  static Index columns(const A& a, bool transposed) {
    return transposed ? a.size(0) : with_rank<2>(a.shape())[1];
  }
  template <class A>
  static std::string name(const A& a, bool transposed) {
    return transposed ? text("transposed ", a.shape()) : text(a.shape());
  }
  bool is_zero() const { return a_.is_void() || b_.is_void(); }
  void multiply(T beta, T* c) const {
    const Gemm g{transpose_a_, transpose_b_, rows(a_, transpose_a_), columns(b_, transpose_b_),
                 columns(a_, transpose_a_)};
    if (g.k == 0 && beta == T(0)) clear(Space{}, c, static_cast<std::size_t>(g.m * g.n) * sizeof(T));
    if (g.m > 0 && g.n > 0 && g.k > 0) gemm(Space{}, g, a_.data(), b_.data(), beta, c);
  }

  BasicArray<T, NA, Space> a_;
  BasicArray<T, NB, Space> b_;
  bool transpose_a_, transpose_b_;
};

template <int NC, class T, int NA, int NB, class Space>
auto product(const BasicArray<T, NA, Space>& a, bool transpose_a, const BasicArray<T, NB, Space>& b, bool transpose_b) {
  return Product<T, NA, NB, NC, Space>(a, transpose_a, b, transpose_b);
}
}  // namespace detail

struct matmul_t {
  template <Arrays A, Arrays B>
  auto operator()(const A& a, const B& b) const {
    using MA = Materialised<A>;
    using MB = Materialised<B>;
    static_assert(MA::rank == 2 && (MB::rank == 1 || MB::rank == 2),
                  "cuarrays: matmul takes a matrix and a matrix or vector");
    static_assert(std::same_as<typename MA::value_type, typename MB::value_type>,
                  "cuarrays: matmul takes operands of one element type");
    static_assert(std::same_as<typename MA::space, typename MB::space>,
                  "cuarrays: matmul takes operands in one memory space; use gpu(x) or cpu(x)");
    return detail::product<MB::rank>(materialise(a), false, materialise(b), false).evaluate();
  }
  template <Arrays A, Arrays B>
  auto pullback(const A& a, const B& b) const {
    const Materialised<A> x = materialise(a);
    const Materialised<B> y = materialise(b);
    return zygote::Pullback{(*this)(x, y), [x, y](const auto& d) {
                              return std::make_tuple(detail::product<2>(d, false, y, true),
                                                     detail::product<Materialised<B>::rank>(x, true, d, false));
                            }};
  }
};
/// (m, k) x (k, n) -> (m, n), or (m, k) x (k) -> (m).
inline constexpr matmul_t matmul;

namespace detail {
struct TransposeKernel {
  FLUX_KERNEL void operator()(Index i, Index j, auto out, auto in) const { out(i, j) = in(j, i); }
};
}  // namespace detail

struct transpose_t {
  template <Arrays A>
  auto operator()(const A& a) const {
    const Materialised<A> x = materialise(a);
    Materialised<A> result({x.size(1), x.size(0)}, Uninitialised{});
    launch(detail::TransposeKernel{}, result.shape(), result, x);
    return result;
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
