// Matrix products on the host: OpenBLAS.
#include <cblas.h>

#include <cuarrays/linear.hpp>

namespace cuarrays::detail {
namespace {

int blas_int(Index n) {
  if (n > std::numeric_limits<int>::max())
    throw std::length_error(text("matmul: an extent of ", n, " is more than BLAS can count"));
  return static_cast<int>(n);
}

template <class T, class Gemv, class Multiply>
void multiply(const Gemm& g, const T* a, const T* b, T beta, T* c, Gemv gemv, Multiply gemm) {
  const int m = blas_int(g.m), n = blas_int(g.n), k = blas_int(g.k);
  const auto op = [](bool transposed) { return transposed ? CblasTrans : CblasNoTrans; };
  const int rows = g.transpose_a ? k : m, columns = g.transpose_a ? m : k;
  if (n == 1)
    gemv(CblasColMajor, op(g.transpose_a), rows, columns, T(1), a, rows, b, 1, beta, c, 1);
  else
    gemm(CblasColMajor, op(g.transpose_a), op(g.transpose_b), m, n, k, T(1), a, rows, b, g.transpose_b ? n : k, beta, c,
         m);
}

}  // namespace

void gemm(Host, const Gemm& g, const float* a, const float* b, float beta, float* c) {
  multiply(g, a, b, beta, c, cblas_sgemv, cblas_sgemm);
}
void gemm(Host, const Gemm& g, const double* a, const double* b, double beta, double* c) {
  multiply(g, a, b, beta, c, cblas_dgemv, cblas_dgemm);
}

}  // namespace cuarrays::detail
