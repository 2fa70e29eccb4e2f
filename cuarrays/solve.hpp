// Linear systems: solve (LU), cholesky, triangular_solve. LAPACK on the host, cuSOLVER on the GPU. Of float, double and
// complex matrices. Giles (2008), "Collected matrix derivative results for forward and reverse mode AD"; Murray (2016),
// "Differentiation of the Cholesky decomposition".
#pragma once
#include <cuarrays/linear.hpp>

namespace cuarrays {

namespace detail {
/// What LAPACK and cuSOLVER count rows with.
template <class Space>
using Pivots = BasicArray<std::conditional_t<std::same_as<Space, Host>, int, std::int64_t>, 1, Space>;

// In place, all (n, n) and (n, columns). Factorisations return LAPACK's info: the first pivot, from 1, that is zero or
// not positive.
Index lu_factor(Host, ElementType type, Index n, void* a, int* pivots);
Index lu_factor(Device, ElementType type, Index n, void* a, std::int64_t* pivots);
void lu_solve(Host, ElementType type, bool transposed, Index n, Index columns, const void* lu, const int* pivots,
              void* b);
void lu_solve(Device, ElementType type, bool transposed, Index n, Index columns, const void* lu,
              const std::int64_t* pivots, void* b);
Index cholesky_factor(Host, ElementType type, Index n, void* a);
Index cholesky_factor(Device, ElementType type, Index n, void* a);
/// b = op(l)^-1 b, or b op(l)^-1 if on the right; l is lower triangular, b is (rows, columns).
void triangular_solve(Host, ElementType type, bool right, bool transposed, Index rows, Index columns, const void* l,
                      void* b);
void triangular_solve(Device, ElementType type, bool right, bool transposed, Index rows, Index columns, const void* l,
                      void* b);

template <AnyArray A>
void check_square(const char* operation, const A& a) {
  static_assert(A::rank == 2 && LibraryElement<typename A::value_type>,
                "cuarrays: this needs a matrix of float, double or complex numbers");
  if (a.size(0) != a.size(1)) fail(operation, "expected a square matrix, got ", a.shape());
}
template <AnyArray A, AnyArray B>
void check_system(const char* operation, const A& a, const B& b) {
  static_assert(B::rank <= 2 && std::same_as<typename A::value_type, typename B::value_type> &&
                    std::same_as<typename A::space, typename B::space>,
                "cuarrays: the right-hand side is a vector or matrix of the same element type and memory space");
  check_square(operation, a);
  if (b.size(0) != a.size(0)) fail(operation, "expected a right-hand side of ", a.size(0), " rows, got ", b.shape());
}
template <AnyArray B>
Index columns_of(const B& b) {
  return with_rank<2>(b.shape())[1];
}

/// Keeps the lower triangle: elements above the diagonal become 0, those on it are multiplied by `diagonal`.
template <class T>
struct LowerKernel {
  T diagonal;
  FLUX_KERNEL void operator()(Index i, Index j, auto a) const {
    if (i < j)
      a(i, j) = T(0);
    else if (i == j)
      a(i, j) *= diagonal;
  }
};
struct SymmetriseKernel {
  FLUX_KERNEL void operator()(Index i, Index j, auto out, auto in) const {
    using T = std::remove_cvref_t<decltype(in(i, j))>;
    out(i, j) = (in(i, j) + conjugate(in(j, i))) * T(0.5);
  }
};
}  // namespace detail

struct solve_t {
  template <Arrays A, Arrays B>
  auto operator()(const A& a, const B& b) const {
    return pullback(a, b).value;
  }
  /// db = a^-T d, da = -db y^T; both from the factors that the solution came from.
  template <Arrays A, Arrays B>
  auto pullback(const A& a, const B& b) const {
    using T = typename Materialised<A>::value_type;
    using Space = typename Materialised<A>::space;
    Materialised<A> lu = materialise(a);
    Materialised<B> y = materialise(b);
    detail::check_system("solve", lu, y);
    const Index n = lu.size(0);
    detail::Pivots<Space> pivots({n}, Uninitialised{});
    const auto type = detail::ElementName<T>::value;
    if (n > 0) {
      if (const Index info = detail::lu_factor(Space{}, type, n, lu.mutable_data(), pivots.mutable_data()))
        throw std::runtime_error(
            detail::text("[solve] the matrix ", lu.shape(), " is singular: pivot ", info - 1, " is 0"));
      detail::lu_solve(Space{}, type, false, n, detail::columns_of(y), lu.data(), pivots.data(), y.mutable_data());
    }
    return zygote::Pullback{y, [lu, pivots, y, type](const auto& d) {
                              Materialised<B> db = d, negative;
                              if (!d.is_void() && d.size() > 0)
                                detail::lu_solve(Space{}, type, true, d.size(0), detail::columns_of(d), lu.data(),
                                                 pivots.data(), db.mutable_data());
                              if (!d.is_void()) negative = -db;
                              return std::make_tuple(detail::product(negative, false, y, true, lu.shape()), db);
                            }};
  }
};
/// The x of a x = b, for a (n, n) and b (n) or (n, m). Throws std::runtime_error if a is singular.
inline constexpr solve_t solve;

struct triangular_solve_t {
  template <Arrays A, Arrays B>
  auto operator()(const A& l, const B& b) const {
    const Materialised<A> lower = materialise(l);
    Materialised<B> y = materialise(b);
    detail::check_system("triangular_solve", lower, y);
    apply(lower, y, false);
    return y;
  }
  template <Arrays A, Arrays B>
  auto pullback(const A& l, const B& b) const {
    const Materialised<A> lower = materialise(l);
    const Materialised<B> y = (*this)(lower, b);
    return zygote::Pullback{y, [lower, y](const auto& d) {
                              Materialised<B> db = d;
                              Materialised<A> dl;
                              if (!d.is_void()) {
                                apply(lower, db, true);
                                const Materialised<B> negative = -db;
                                dl = detail::product(negative, false, y, true, lower.shape()).evaluate();
                                launch(detail::LowerKernel<typename Materialised<A>::value_type>{1}, dl.shape(), dl);
                              }
                              return std::make_tuple(dl, db);
                            }};
  }

 private:
  template <class A, class B>
  static void apply(const A& l, B& b, bool transposed) {
    if (b.size() > 0)
      detail::triangular_solve(typename A::space{}, detail::ElementName<typename A::value_type>::value, false,
                               transposed, b.size(0), detail::columns_of(b), l.data(), b.mutable_data());
  }
};
/// The x of l x = b, for b (n) or (n, m); of l (n, n) only the lower triangle is read.
inline constexpr triangular_solve_t triangular_solve;

struct cholesky_t {
  template <Arrays A>
  auto operator()(const A& a) const {
    using T = typename Materialised<A>::value_type;
    using Space = typename Materialised<A>::space;
    Materialised<A> l = materialise(a);
    detail::check_square("cholesky", l);
    if (l.size() == 0) return l;
    if (const Index info = detail::cholesky_factor(Space{}, detail::ElementName<T>::value, l.size(0), l.mutable_data()))
      throw std::runtime_error(
          detail::text("[cholesky] the matrix ", l.shape(), " is not positive definite: see its row ", info - 1));
    launch(detail::LowerKernel<T>{1}, l.shape(), l);
    return l;
  }
  /// da = l^-T P(l^T d) l^-1, made symmetric; P keeps the lower triangle and half of the diagonal.
  template <Arrays A>
  auto pullback(const A& a) const {
    using T = typename Materialised<A>::value_type;
    const Materialised<A> l = (*this)(a);
    return zygote::Pullback{l, [l](const auto& d) {
                              if (d.is_void() || d.size() == 0) return std::make_tuple(d);
                              Materialised<A> lower = d;
                              launch(detail::LowerKernel<T>{1}, lower.shape(), lower);
                              Materialised<A> s = matmul_tn(l, lower), da(l.shape(), Uninitialised{});
                              launch(detail::LowerKernel<T>{T(0.5)}, s.shape(), s);
                              for (const bool right : {false, true})
                                detail::triangular_solve(typename Materialised<A>::space{},
                                                         detail::ElementName<T>::value, right, !right, l.size(0),
                                                         l.size(0), l.data(), s.mutable_data());
                              launch(detail::SymmetriseKernel{}, da.shape(), da, std::as_const(s));
                              return std::make_tuple(da);
                            }};
  }
};
/// The lower triangular l with l l^T = a, for a symmetric (Hermitian) and positive definite, of which only the lower
/// triangle is read. Its adjoint is symmetric. Throws std::runtime_error if a is not positive definite.
inline constexpr cholesky_t cholesky;

}  // namespace cuarrays
