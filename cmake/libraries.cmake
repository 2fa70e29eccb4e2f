# How our own targets are made: flux_<name>, used as flux::<name> here and after find_package(flux).

# False alarms of GCC 12 at -O3: -Wrestrict in std::string (bug 105651), -Wmaybe-uninitialized in std::variant (bug 80635).
function(flux_warnings target)
  set(quiet -Wno-restrict -Wno-maybe-uninitialized)
  list(JOIN quiet "," quiet_host)
  target_compile_options(
    ${target}
    PRIVATE "$<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;$<$<CXX_COMPILER_ID:GNU>:${quiet}>>"
            "$<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-Wall,-Wextra;$<$<CXX_COMPILER_ID:GNU>:-Xcompiler=${quiet_host}>>")
endfunction()

function(flux_export name target)
  add_library(flux::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  set_property(GLOBAL APPEND PROPERTY FLUX_EXPORTED ${target})
endfunction()

# flux_interface_library(<name> <libraries it uses>...)
function(flux_interface_library name)
  add_library(flux_${name} INTERFACE)
  target_link_libraries(flux_${name} INTERFACE ${ARGN})
  flux_export(${name} flux_${name})
endfunction()

# flux_library(<name> <variant> <libraries it uses>...): headers, and <name>/*.cpp, with CUDA also <name>/*.cu.
function(flux_library name variant)
  file(GLOB sources CONFIGURE_DEPENDS ${name}/*.cpp)
  if(variant STREQUAL _cuda)
    file(GLOB cuda_sources CONFIGURE_DEPENDS ${name}/*.cu)
    list(APPEND sources ${cuda_sources})
  endif()
  if(NOT sources)
    flux_interface_library(${name}${variant} ${ARGN})
    return()
  endif()
  set(target flux_${name}${variant})
  add_library(${target} STATIC ${sources})
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(${target} PUBLIC ${ARGN})
  if(FLUX_WHOLE)
    target_include_directories(${target} PRIVATE ${FLUX_STB_INCLUDE} ${FLUX_JSON_INCLUDE})
  endif()
  flux_warnings(${target})
  flux_export(${name}${variant} ${target})
endfunction()

# What everything that includes cuarrays' headers has to be compiled and linked with.
function(flux_array_settings target variant)
  if(FLUX_BLAS)
    target_link_libraries(${target} INTERFACE LAPACK::LAPACK BLAS::BLAS)
    target_include_directories(${target} INTERFACE ${FLUX_CBLAS_INCLUDE})
  else()
    target_compile_definitions(${target} INTERFACE CUARRAYS_NO_BLAS=1)
  endif()
  if(FLUX_XSIMD_INCLUDE)
    target_compile_definitions(${target} INTERFACE CUARRAYS_XSIMD=1)
    target_include_directories(${target} SYSTEM INTERFACE ${FLUX_XSIMD_INCLUDE})
  endif()
  if(FLUX_ONEDNN)
    target_compile_definitions(${target} INTERFACE CUARRAYS_ONEDNN=1)
    target_include_directories(${target} SYSTEM INTERFACE ${FLUX_ONEDNN_INCLUDE})
    target_link_libraries(${target} INTERFACE ${FLUX_ONEDNN_LIBRARY})
  endif()
  if(OpenMP_CXX_FOUND)
    target_link_libraries(${target} INTERFACE OpenMP::OpenMP_CXX)
    target_compile_options(${target} INTERFACE $<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=${OpenMP_CXX_FLAGS}>)
  endif()
  if(FLUX_HAS_NATIVE)
    target_compile_options(${target} INTERFACE $<BUILD_INTERFACE:$<$<COMPILE_LANGUAGE:CXX>:-march=native>>
                                               $<BUILD_INTERFACE:$<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-march=native>>)
    if(FLUX_HAS_NO_AVX512)  # xsimd 8.1's logarithm for AVX-512 only compiles with optimisation
      set(unoptimised $<OR:$<CONFIG:Debug>,$<BOOL:${FLUX_SANITIZE}>>)
      target_compile_options(
        ${target} INTERFACE
        $<BUILD_INTERFACE:$<$<AND:$<COMPILE_LANGUAGE:CXX>,${unoptimised}>:-mno-avx512f>>
        $<BUILD_INTERFACE:$<$<AND:$<COMPILE_LANGUAGE:CUDA>,${unoptimised}>:-Xcompiler=-mno-avx512f>>)
    endif()
  endif()
  if(variant STREQUAL _cuda)
    target_compile_definitions(${target} INTERFACE CUARRAYS_CUDA=1)
    if(FLUX_CUDNN)
      target_compile_definitions(${target} INTERFACE CUARRAYS_CUDNN=1)
      target_include_directories(${target} SYSTEM INTERFACE ${FLUX_CUDNN_INCLUDE})
      target_link_libraries(${target} INTERFACE ${FLUX_CUDNN_LIBRARY})
    endif()
    target_link_libraries(${target} INTERFACE CUDA::cudart_static CUDA::cublas CUDA::cusolver CUDA::cusparse)
    target_compile_options(
      ${target} INTERFACE "$<$<COMPILE_LANGUAGE:CUDA>:--expt-relaxed-constexpr;--extended-lambda>")
  endif()
endfunction()

# flux_install(<processed header>...): the libraries, all headers, and the compiler with its CMake functions.
function(flux_install)
  include(CMakePackageConfigHelpers)
  set(package ${CMAKE_INSTALL_LIBDIR}/cmake/flux)
  get_property(targets GLOBAL PROPERTY FLUX_EXPORTED)
  install(TARGETS zygote ${targets} EXPORT flux-targets)
  install(EXPORT flux-targets NAMESPACE flux:: DESTINATION ${package})
  configure_package_config_file(cmake/flux-config.cmake.in flux-config.cmake INSTALL_DESTINATION ${package})
  write_basic_package_version_file(flux-config-version.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/flux-config.cmake ${PROJECT_BINARY_DIR}/flux-config-version.cmake
                cmake/zygote.cmake DESTINATION ${package})
  install(FILES zygote/zygote.hpp zygote/rules.def DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/zygote)
  install(DIRECTORY zygote/runtime DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/zygote)
  # Processed headers name the files they come from; after installation those are called as they are included.
  set(installed ${PROJECT_BINARY_DIR}/zygote/installed)
  install(CODE "
    file(REMOVE_RECURSE \"${installed}\")
    foreach(header ${ARGN})
      file(READ \"${PROJECT_BINARY_DIR}/zygote/flux_headers/\${header}\" text)
      string(REPLACE \"${PROJECT_SOURCE_DIR}/\" \"\" text \"\${text}\")
      file(WRITE \"${installed}/\${header}\" \"\${text}\")
    endforeach()")
  install(DIRECTORY ${installed}/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endfunction()
