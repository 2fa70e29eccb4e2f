# What we use of other libraries, and whether there is a CUDA compiler.
# Sets FLUX_OPTIONAL_PACKAGES, which users of the installed libraries need as well.
include(CheckCXXCompilerFlag)
include(CheckLanguage)

if(NOT BLA_VENDOR)
  set(BLA_VENDOR OpenBLAS)
endif()
find_package(BLAS REQUIRED)
find_package(LAPACK REQUIRED)  # with OpenBLAS the same library
list(APPEND FLUX_OPTIONAL_PACKAGES LAPACK)
find_path(FLUX_CBLAS_INCLUDE cblas.h PATH_SUFFIXES openblas REQUIRED)
find_path(FLUX_STB_INCLUDE stb_image_write.h PATH_SUFFIXES stb REQUIRED)
find_path(FLUX_JSON_INCLUDE nlohmann/json.hpp REQUIRED)
find_path(FLUX_XSIMD_INCLUDE xsimd/xsimd.hpp)

find_package(OpenMP COMPONENTS CXX)
if(OpenMP_CXX_FOUND)
  list(APPEND FLUX_OPTIONAL_PACKAGES OpenMP)
endif()

# oneDNN, for convolutions of float on the CPU; without it they are matrix products.
find_path(FLUX_ONEDNN_INCLUDE oneapi/dnnl/dnnl.hpp)
find_library(FLUX_ONEDNN_LIBRARY dnnl)
if(FLUX_ONEDNN_INCLUDE AND FLUX_ONEDNN_LIBRARY)
  set(FLUX_ONEDNN ON)
endif()

if(FLUX_NATIVE)
  check_cxx_compiler_flag(-march=native FLUX_HAS_NATIVE)
endif()

if(FLUX_CUDA)
  if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES AND NOT DEFINED ENV{CUDAARCHS})
    set(CMAKE_CUDA_ARCHITECTURES 75-virtual 90)  # code for one, and what the driver compiles for all newer than 75
  endif()
  if(NOT CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX})
    find_program(FLUX_NVCC nvcc PATHS /usr/local/cuda/bin)
    if(FLUX_NVCC)
      set(CMAKE_CUDA_COMPILER ${FLUX_NVCC})
    endif()
  endif()
  check_language(CUDA)
  if(CMAKE_CUDA_COMPILER)
    enable_language(CUDA)
    if(NOT DEFINED CMAKE_CUDA20_STANDARD_COMPILE_OPTION)  # CMake 3.25 does not know that nvcc 12 can
      set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
      set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION -std=c++20)
    endif()
    set(CMAKE_CUDA_STANDARD 20)
    set(CMAKE_CUDA_STANDARD_REQUIRED ON)
    find_package(CUDAToolkit REQUIRED)
    list(APPEND FLUX_OPTIONAL_PACKAGES CUDAToolkit)
    # cuDNN 9, for convolutions: where Debian, NVIDIA's tar and repositories, and pip (nvidia-cudnn-cu*) put it.
    file(GLOB FLUX_PIP_CUDNN /usr/lib/python3*/*-packages/nvidia/cudnn /usr/local/lib/python3*/*-packages/nvidia/cudnn
         $ENV{VIRTUAL_ENV}/lib/python3*/site-packages/nvidia/cudnn $ENV{HOME}/.local/lib/python3*/site-packages/nvidia/cudnn)
    set(FLUX_CUDNN_HINTS ${CUDNN_ROOT} $ENV{CUDNN_ROOT} $ENV{CUDNN_PATH} ${CUDAToolkit_LIBRARY_ROOT}
                         ${CUDAToolkit_INCLUDE_DIRS}/.. ${FLUX_PIP_CUDNN})
    find_path(FLUX_CUDNN_INCLUDE cudnn_graph.h HINTS ${FLUX_CUDNN_HINTS} PATH_SUFFIXES include)
    find_library(FLUX_CUDNN_LIBRARY NAMES cudnn libcudnn.so.9 HINTS ${FLUX_CUDNN_HINTS} PATH_SUFFIXES lib lib64 lib/x64)
    if(FLUX_CUDNN_INCLUDE AND FLUX_CUDNN_LIBRARY)
      set(FLUX_CUDNN ON)
    else()
      message(STATUS "flux: cuDNN 9 was not found (set CUDNN_ROOT): no convolutions on the GPU")
    endif()
  elseif(NOT FLUX_CUDA STREQUAL AUTO)
    message(FATAL_ERROR "flux: FLUX_CUDA=${FLUX_CUDA}, but no CUDA compiler was found; set CUDACXX to nvcc")
  endif()
endif()
