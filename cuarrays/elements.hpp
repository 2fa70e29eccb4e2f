// Names of the element types that the libraries below us know; complex numbers.
#pragma once
#include <cuarrays/shape.hpp>
#include <zygote/runtime/complex.hpp>

#ifdef __CUDACC__
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#endif

namespace cuarrays::detail {

using zygote::is_complex;

/// The conjugate of a complex number; anything else as it is.
template <class T>
FLUX_KERNEL constexpr T conjugate(const T& x) {
  if constexpr (is_complex<T>)
    return T(x.real(), -x.imag());
  else
    return x;
}

/// What BLAS, cuBLAS and the like compute with. Half precision is for the GPU only.
enum class ElementType { f32, f64, c32, c64, f16, bf16 };

template <class T>
struct ElementName;
template <ElementType e>
using ElementConstant = std::integral_constant<ElementType, e>;
template <>
struct ElementName<float> : ElementConstant<ElementType::f32> {};
template <>
struct ElementName<double> : ElementConstant<ElementType::f64> {};
template <>
struct ElementName<std::complex<float>> : ElementConstant<ElementType::c32> {};
template <>
struct ElementName<std::complex<double>> : ElementConstant<ElementType::c64> {};
#ifdef __CUDACC__
template <>
struct ElementName<__half> : ElementConstant<ElementType::f16> {};
template <>
struct ElementName<__nv_bfloat16> : ElementConstant<ElementType::bf16> {};
#endif

template <class T>
concept LibraryElement = requires {
  ElementName<T>::value;
};

/// Half precision has so few digits that sums of it are worked out in float.
template <class T>
inline constexpr bool is_half = requires {
  requires ElementName<T>::value == ElementType::f16 || ElementName<T>::value == ElementType::bf16;
};

/// Of a program that was built without a library.
[[noreturn]] inline void built_without(const char* operation, const char* library) {
  throw std::runtime_error(text('[', operation, "] expected a program built with ", library,
                                ", got one built without; install it and build again"));
}

}  // namespace cuarrays::detail
