// Factorisations on the GPU: cuSOLVER; triangular systems: cuBLAS.
#include <cuarrays/solve.hpp>

#if CUARRAYS_CUDA
#include <cusolverDn.h>

#include <cuarrays/cublas.hpp>

namespace cuarrays::detail {
namespace {

void check(cusolverStatus_t status, const char* call) {
  if (status != CUSOLVER_STATUS_SUCCESS)
    throw std::runtime_error(text('[', called_function(call), "] failed with status ", static_cast<int>(status)));
}
#define CUSOLVER_CHECK(...) check(__VA_ARGS__, #__VA_ARGS__)

cusolverDnHandle_t cusolver() {
  const auto handle =
      handle_here<cusolverDnHandle_t, cusolverDnDestroy>([](auto* h) { CUSOLVER_CHECK(cusolverDnCreate(h)); });
  CUSOLVER_CHECK(cusolverDnSetStream(handle, stream));
  return handle;
}
cusolverDnParams_t parameters() {
  return handle_here<cusolverDnParams_t, cusolverDnDestroyParams>(
      [](auto* p) { CUSOLVER_CHECK(cusolverDnCreateParams(p)); });
}

/// Memory that a factorisation works in, and its info, which reading waits for.
struct Workspace {
  std::size_t device_bytes = 0, host_bytes = 0;
  Buffer<Device> device;
  Buffer<Host> host;
  BasicArray<int, 1, Device> info{Shape<1>(1)};

  void allocate() {
    device = Buffer<Device>(device_bytes);
    host = Buffer<Host>(host_bytes);
  }
  Index read_info(const char* call) const {
    int value = 0;
    copy(Host{}, Device{}, &value, info.data(), sizeof(int));
    if (value < 0) throw std::logic_error(text('[', call, "] argument ", -value, " is not valid"));
    return value;
  }
};

}  // namespace

Index lu_factor(Device, ElementType type, Index n, void* a, std::int64_t* pivots) {
  const cudaDataType t = cuda_type(type);
  Workspace work;
  CUSOLVER_CHECK(
      cusolverDnXgetrf_bufferSize(cusolver(), parameters(), n, n, t, a, n, t, &work.device_bytes, &work.host_bytes));
  work.allocate();
  CUSOLVER_CHECK(cusolverDnXgetrf(cusolver(), parameters(), n, n, t, a, n, pivots, t, work.device.data(),
                                  work.device_bytes, work.host.data(), work.host_bytes, work.info.mutable_data()));
  return work.read_info("cusolverDnXgetrf");
}

void lu_solve(Device, ElementType type, bool transposed, Index n, Index columns, const void* lu,
              const std::int64_t* pivots, void* b) {
  const cudaDataType t = cuda_type(type);
  const bool complex = type == ElementType::c32 || type == ElementType::c64;
  Workspace work;
  CUSOLVER_CHECK(cusolverDnXgetrs(cusolver(), parameters(),
                                  !transposed ? CUBLAS_OP_N
                                  : complex   ? CUBLAS_OP_C
                                              : CUBLAS_OP_T,
                                  n, columns, t, lu, n, pivots, t, b, n, work.info.mutable_data()));
}

Index cholesky_factor(Device, ElementType type, Index n, void* a) {
  const cudaDataType t = cuda_type(type);
  Workspace work;
  CUSOLVER_CHECK(cusolverDnXpotrf_bufferSize(cusolver(), parameters(), CUBLAS_FILL_MODE_LOWER, n, t, a, n, t,
                                             &work.device_bytes, &work.host_bytes));
  work.allocate();
  CUSOLVER_CHECK(cusolverDnXpotrf(cusolver(), parameters(), CUBLAS_FILL_MODE_LOWER, n, t, a, n, t, work.device.data(),
                                  work.device_bytes, work.host.data(), work.host_bytes, work.info.mutable_data()));
  return work.read_info("cusolverDnXpotrf");
}

void triangular_solve(Device, ElementType type, bool right, bool transposed, Index rows, Index columns, const void* l,
                      void* b) {
  const auto solve = [&](auto trsm, auto one, const char* name) {
    using T = decltype(one);
    check(trsm(cublas(), right ? CUBLAS_SIDE_RIGHT : CUBLAS_SIDE_LEFT, CUBLAS_FILL_MODE_LOWER,
               transposed ? CUBLAS_OP_C : CUBLAS_OP_N, CUBLAS_DIAG_NON_UNIT, rows, columns, &one,
               static_cast<const T*>(l), right ? columns : rows, static_cast<T*>(b), rows),
          name);
  };
  switch (type) {
    case ElementType::f32:
      return solve(cublasStrsm_v2_64, 1.f, "cublasStrsm");
    case ElementType::f64:
      return solve(cublasDtrsm_v2_64, 1.0, "cublasDtrsm");
    case ElementType::c32:
      return solve(cublasCtrsm_v2_64, cuComplex{1, 0}, "cublasCtrsm");
    case ElementType::c64:
      return solve(cublasZtrsm_v2_64, cuDoubleComplex{1, 0}, "cublasZtrsm");
    default:
      fail("triangular_solve", "expected float, double or complex numbers");
  }
}

}  // namespace cuarrays::detail

#else

namespace cuarrays::detail {
Index lu_factor(Device, ElementType, Index, void*, std::int64_t*) { built_without("solve", "CUDA"); }
void lu_solve(Device, ElementType, bool, Index, Index, const void*, const std::int64_t*, void*) {
  built_without("solve", "CUDA");
}
Index cholesky_factor(Device, ElementType, Index, void*) { built_without("cholesky", "CUDA"); }
void triangular_solve(Device, ElementType, bool, bool, Index, Index, const void*, void*) {
  built_without("triangular_solve", "CUDA");
}
}  // namespace cuarrays::detail
#endif
