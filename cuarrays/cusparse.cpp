// Sparse products on the GPU: cuSPARSE.
#include <cuarrays/sparse.hpp>

#if CUARRAYS_CUDA
#include <cusparse.h>

#include <cuarrays/cublas.hpp>

namespace cuarrays::detail {
namespace {

void check(cusparseStatus_t status, const char* call) {
  if (status != CUSPARSE_STATUS_SUCCESS)
    throw std::runtime_error('[' + called_function(call) + "] " + cusparseGetErrorString(status));
}
#define CUSPARSE_CHECK(...) check(__VA_ARGS__, #__VA_ARGS__)

using Dense = Handle<cusparseDnMatDescr_t, cusparseDestroyDnMat>;

cusparseHandle_t cusparse() {
  const auto handle =
      handle_here<cusparseHandle_t, cusparseDestroy>([](auto* h) { CUSPARSE_CHECK(cusparseCreate(h)); });
  CUSPARSE_CHECK(cusparseSetStream(handle, stream));
  return handle;
}
auto dense(Index rows, Index columns, const void* data, cudaDataType t) {
  return [=](auto* m) {
    CUSPARSE_CHECK(cusparseCreateDnMat(m, rows, columns, rows, const_cast<void*>(data), t, CUSPARSE_ORDER_COL));
  };
}

}  // namespace

void sparse_gemm(Device, const SparseGemm& g, ElementType type, const int* offsets, const int* columns,
                 const void* values, const void* b, void* c) {
  const cudaDataType t = cuda_type(type);
  const bool complex = type == ElementType::c32 || type == ElementType::c64;
  const LibraryScalar one(type, 1), zero(type, 0);
  const auto op = !g.transpose_a ? CUSPARSE_OPERATION_NON_TRANSPOSE
                  : complex      ? CUSPARSE_OPERATION_CONJUGATE_TRANSPOSE
                                 : CUSPARSE_OPERATION_TRANSPOSE;
  const Handle<cusparseSpMatDescr_t, cusparseDestroySpMat> ma([&](auto* m) {
    CUSPARSE_CHECK(cusparseCreateCsr(m, g.rows, g.columns, g.stored, const_cast<int*>(offsets),
                                     const_cast<int*>(columns), const_cast<void*>(values), CUSPARSE_INDEX_32I,
                                     CUSPARSE_INDEX_32I, CUSPARSE_INDEX_BASE_ZERO, t));
  });
  const Dense mb(dense(g.transpose_a ? g.rows : g.columns, g.n, b, t));
  const Dense mc(dense(g.transpose_a ? g.columns : g.rows, g.n, c, t));
  std::size_t bytes = 0;
  CUSPARSE_CHECK(cusparseSpMM_bufferSize(cusparse(), op, CUSPARSE_OPERATION_NON_TRANSPOSE, one.address(), ma.value,
                                         mb.value, zero.address(), mc.value, t, CUSPARSE_SPMM_ALG_DEFAULT, &bytes));
  const Buffer<Device> workspace(bytes);
  CUSPARSE_CHECK(cusparseSpMM(cusparse(), op, CUSPARSE_OPERATION_NON_TRANSPOSE, one.address(), ma.value, mb.value,
                              zero.address(), mc.value, t, CUSPARSE_SPMM_ALG_DEFAULT, workspace.data()));
}

}  // namespace cuarrays::detail

#else

namespace cuarrays::detail {
void sparse_gemm(Device, const SparseGemm&, ElementType, const int*, const int*, const void*, const void*, void*) {
  built_without("sparse_matmul", "CUDA");
}
}  // namespace cuarrays::detail
#endif
