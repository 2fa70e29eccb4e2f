// Factorisations on the host: LAPACK, which OpenBLAS contains.
#include <cuarrays/solve.hpp>

#ifndef CUARRAYS_NO_BLAS
#include <cblas.h>

#define CUARRAYS_LAPACK(prefix)                                                                                \
  void prefix##getrf_(const int* m, const int* n, void* a, const int* lda, int* pivots, int* info);            \
  void prefix##getrs_(const char* transposed, const int* n, const int* columns, const void* a, const int* lda, \
                      const int* pivots, void* b, const int* ldb, int* info, std::size_t length);              \
  void prefix##potrf_(const char* triangle, const int* n, void* a, const int* lda, int* info, std::size_t length);
extern "C" {
CUARRAYS_LAPACK(s)
CUARRAYS_LAPACK(d)
CUARRAYS_LAPACK(c)
CUARRAYS_LAPACK(z)
}

namespace cuarrays::detail {
namespace {

int lapack_int(const char* operation, Index n) {
  if (n > std::numeric_limits<int>::max())
    throw std::length_error(text('[', operation, "] an extent of ", n, " is more than LAPACK can count"));
  return static_cast<int>(n);
}
/// A negative info is an argument that LAPACK does not accept.
Index checked(const char* call, int info) {
  if (info < 0) throw std::logic_error(text('[', call, "] argument ", -info, " is not valid"));
  return info;
}
template <class F>
F* pick(ElementType type, F* s, F* d, F* c, F* z) {
  F* const functions[] = {s, d, c, z};
  if (type > ElementType::c64) fail("lapack", "expected float, double or complex numbers");
  return functions[static_cast<int>(type)];
}

}  // namespace

Index lu_factor(Host, ElementType type, Index size, void* a, int* pivots) {
  const int n = lapack_int("solve", size);
  int info = 0;
  pick(type, sgetrf_, dgetrf_, cgetrf_, zgetrf_)(&n, &n, a, &n, pivots, &info);
  return checked("getrf", info);
}

void lu_solve(Host, ElementType type, bool transposed, Index size, Index columns, const void* lu, const int* pivots,
              void* b) {
  const int n = lapack_int("solve", size), m = lapack_int("solve", columns);
  int info = 0;
  pick(type, sgetrs_, dgetrs_, cgetrs_, zgetrs_)(transposed ? "C" : "N", &n, &m, lu, &n, pivots, b, &n, &info, 1);
  checked("getrs", info);
}

Index cholesky_factor(Host, ElementType type, Index size, void* a) {
  const int n = lapack_int("cholesky", size);
  int info = 0;
  pick(type, spotrf_, dpotrf_, cpotrf_, zpotrf_)("L", &n, a, &n, &info, 1);
  return checked("potrf", info);
}

void triangular_solve(Host, ElementType type, bool right, bool transposed, Index rows, Index columns, const void* l,
                      void* b) {
  const int m = lapack_int("triangular_solve", rows), n = lapack_int("triangular_solve", columns);
  const int order = right ? n : m;
  const auto side = right ? CblasRight : CblasLeft;
  const auto op = transposed ? CblasConjTrans : CblasNoTrans;
  const auto solve = [&](auto trsm, const auto& one, auto* x) {
    trsm(CblasColMajor, side, CblasLower, op, CblasNonUnit, m, n, one, static_cast<decltype(x)>(const_cast<void*>(l)),
         order, x, m);
  };
  const std::complex<float> one(1);
  const std::complex<double> wide_one(1);
  switch (type) {
    case ElementType::f32:
      return solve(cblas_strsm, 1.f, static_cast<float*>(b));
    case ElementType::f64:
      return solve(cblas_dtrsm, 1.0, static_cast<double*>(b));
    case ElementType::c32:
      return solve(cblas_ctrsm, &one, b);
    case ElementType::c64:
      return solve(cblas_ztrsm, &wide_one, b);
    default:
      fail("triangular_solve", "expected float, double or complex numbers");
  }
}

}  // namespace cuarrays::detail

#else

namespace cuarrays::detail {
Index lu_factor(Host, ElementType, Index, void*, int*) { built_without("solve", "LAPACK"); }
void lu_solve(Host, ElementType, bool, Index, Index, const void*, const int*, void*) {
  built_without("solve", "LAPACK");
}
Index cholesky_factor(Host, ElementType, Index, void*) { built_without("cholesky", "LAPACK"); }
void triangular_solve(Host, ElementType, bool, bool, Index, Index, const void*, void*) {
  built_without("triangular_solve", "LAPACK");
}
}  // namespace cuarrays::detail
#endif
