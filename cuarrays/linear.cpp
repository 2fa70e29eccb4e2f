// Matrix products on the host: OpenBLAS.
#ifndef CUARRAYS_NO_BLAS
#include <cblas.h>

#include <cstdlib>
#include <cuarrays/linear.hpp>
#include <string_view>

#if defined(__x86_64__) && defined(__GNUC__)
extern "C" {  // of OpenBLAS, if it is that (its driver/others/dynamic.c)
[[gnu::weak]] char* openblas_get_corename();
[[gnu::weak]] void gotoblas_dynamic_quit();
[[gnu::weak]] void gotoblas_dynamic_init();
}
#endif

namespace cuarrays::detail {
namespace {

#if defined(__x86_64__) && defined(__GNUC__)
/// OpenBLAS takes a processor that is newer than itself for the oldest that it knows (Debian 12's, one of 2023), and is
/// several times slower than it could be. Told what the processor can do, it chooses again. Done before main.
[[maybe_unused]] const bool chosen_again = [] {
  if (!openblas_get_corename || !gotoblas_dynamic_quit || !gotoblas_dynamic_init) return false;
  const char* const name = "OPENBLAS_CORETYPE";
  if (openblas_get_corename() != std::string_view("Prescott") || std::getenv(name)) return false;
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl");
  if (!avx512 && !(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))) return false;
  setenv(name, avx512 ? "SKYLAKEX" : "HASWELL", 1);
  gotoblas_dynamic_quit();
  gotoblas_dynamic_init();
  unsetenv(name);
  return true;
}();
#endif

int blas_int(Index n) {
  if (n > std::numeric_limits<int>::max())
    throw std::length_error(text("matmul: an extent of ", n, " is more than BLAS can count"));
  return static_cast<int>(n);
}

/// BLAS takes complex scalars by address.
template <class T>
auto scalar(const T& x) {
  if constexpr (is_complex<T>)
    return static_cast<const void*>(&x);
  else
    return x;
}

template <class T, class Gemv, class Multiply>
void multiply(const Gemm& g, const T* a, const T* b, bool add, T* c, Gemv gemv, Multiply gemm) {
  const int m = blas_int(g.m), n = blas_int(g.n), k = blas_int(g.k), lda = blas_int(g.lda), ldb = blas_int(g.ldb);
  const T one(1), beta(add ? 1 : 0);
  const auto op = [](bool transposed) {
    return !transposed ? CblasNoTrans : is_complex<T> ? CblasConjTrans : CblasTrans;
  };
  const bool matrix_vector = n == 1 && !(g.transpose_b && is_complex<T>);
  const auto range = [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) {
      const T *ai = a + i * g.stride_a, *bi = b + i * g.stride_b;
      T* ci = c + i * g.stride_c;
      if (matrix_vector)
        gemv(CblasColMajor, op(g.transpose_a), g.transpose_a ? k : m, g.transpose_a ? m : k, scalar(one), ai, lda, bi,
             g.transpose_b ? ldb : 1, scalar(beta), ci, 1);
      else
        gemm(CblasColMajor, op(g.transpose_a), op(g.transpose_b), m, n, k, scalar(one), ai, lda, bi, ldb, scalar(beta),
             ci, blas_int(g.ldc));
    }
  };
  // Small matrices, which BLAS would leave to one thread, are shared among threads.
  const Index work = g.m * g.n * g.k;
  if (g.batch > 1 && work < 64 * 64 * 64)
    parallel_ranges(g.batch, g.batch * work / 8, range);
  else
    range(0, g.batch);
}

}  // namespace

void gemm(Host, const Gemm& g, const float* a, const float* b, bool add, float* c) {
  multiply(g, a, b, add, c, cblas_sgemv, cblas_sgemm);
}
void gemm(Host, const Gemm& g, const double* a, const double* b, bool add, double* c) {
  multiply(g, a, b, add, c, cblas_dgemv, cblas_dgemm);
}
void gemm(Host, const Gemm& g, const std::complex<float>* a, const std::complex<float>* b, bool add,
          std::complex<float>* c) {
  multiply(g, a, b, add, c, cblas_cgemv, cblas_cgemm);
}
void gemm(Host, const Gemm& g, const std::complex<double>* a, const std::complex<double>* b, bool add,
          std::complex<double>* c) {
  multiply(g, a, b, add, c, cblas_zgemv, cblas_zgemm);
}

}  // namespace cuarrays::detail
#endif
