// Matrix products on the GPU: cuBLAS.
#include <cuarrays/linear.hpp>

#if CUARRAYS_CUDA
#include <cuarrays/cublas.hpp>

namespace cuarrays::detail {

void gemm(Device, const Gemm& g, ElementType type, const void* a, const void* b, bool add, void* c) {
  const bool wide = type == ElementType::f64 || type == ElementType::c64,
             complex = type == ElementType::c32 || type == ElementType::c64;
  const auto op = [&](bool transposed) { return !transposed ? CUBLAS_OP_N : complex ? CUBLAS_OP_C : CUBLAS_OP_T; };
  const LibraryScalar one(type, 1), beta(type, add ? 1 : 0);
  const cudaDataType t = cuda_type(type);
  CUARRAYS_CHECK(cublasGemmStridedBatchedEx_64(cublas(), op(g.transpose_a), op(g.transpose_b), g.m, g.n, g.k,
                                               one.address(), a, t, g.lda, g.stride_a, b, t, g.ldb, g.stride_b,
                                               beta.address(), c, t, g.ldc, g.stride_c, g.batch,
                                               wide ? CUBLAS_COMPUTE_64F : CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT));
}

}  // namespace cuarrays::detail

#else

namespace cuarrays::detail {
void gemm(Device, const Gemm&, ElementType, const void*, const void*, bool, void*) { built_without("matmul", "CUDA"); }
}  // namespace cuarrays::detail
#endif
