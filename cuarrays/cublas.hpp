// cuBLAS, and what its sister libraries share: handles, names of element types. Only where cuarrays is built with CUDA.
#pragma once
#include <cublas_v2.h>

#include <cuarrays/cuda.hpp>
#include <cuarrays/elements.hpp>
#include <map>
#include <optional>

namespace cuarrays::detail {

/// A handle of a library, made by `create(&handle)` and given back by `destroy(handle)`.
template <class T, auto destroy>
struct Handle {
  T value{};
  template <class Create>
  explicit Handle(const Create& create) {
    create(&value);
  }
  ~Handle() { destroy(value); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  operator T() const { return value; }
};

/// This thread's handle of a library for the device that it uses, made by `create` when it is first asked for.
template <class T, auto destroy, class Create>
T handle_here(const Create& create) {
  struct OfDevice {
    int device;
    std::optional<Handle<T, destroy>> handle;
    OfDevice(int device, const Create& create) : device(device), handle(std::in_place, create) {}
    ~OfDevice() {
      const OnDevice its(device);
      handle.reset();
    }
  };
  thread_local std::map<int, OfDevice> handles;
  const int device = this_device();
  return *handles.try_emplace(device, device, create).first->second.handle;
}

inline void check(cublasStatus_t status, const char* call) {
  if (status != CUBLAS_STATUS_SUCCESS)
    throw std::runtime_error('[' + called_function(call) + "] " + cublasGetStatusString(status));
}
inline cublasHandle_t cublas() {
  const auto handle = handle_here<cublasHandle_t, cublasDestroy_v2>([](auto* h) { CUARRAYS_CHECK(cublasCreate(h)); });
  CUARRAYS_CHECK(cublasSetStream(handle, stream));
  return handle;
}

inline cudaDataType cuda_type(ElementType type) {
  constexpr cudaDataType types[] = {CUDA_R_32F, CUDA_R_64F, CUDA_C_32F, CUDA_C_64F, CUDA_R_16F, CUDA_R_16BF};
  return types[static_cast<int>(type)];
}

/// A number as the library wants it for elements of this type: by address, half precision as float.
class LibraryScalar {
 public:
  LibraryScalar(ElementType type, double x) {
    if (type == ElementType::f64 || type == ElementType::c64)
      wide_[0] = x;
    else
      narrow_[0] = static_cast<float>(x);
    address_ = type == ElementType::f64 || type == ElementType::c64 ? static_cast<void*>(wide_) : narrow_;
  }
  LibraryScalar(const LibraryScalar&) = delete;
  LibraryScalar& operator=(const LibraryScalar&) = delete;
  const void* address() const { return address_; }

 private:
  double wide_[2] = {};
  float narrow_[2] = {};
  void* address_;
};

}  // namespace cuarrays::detail
