#!/usr/bin/env bash
# Installs what is missing, builds everything with g++ (and nvcc, if there is one), the tests of the compiler and its
# runtime with clang++ too, and under sanitizers, and runs all tests. Ends with the summary of ctest.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/setup.sh

need g++ clang-16 cmake make ninja-build pkg-config libopenblas-dev libdnnl-dev libxsimd-dev libstb-dev \
  nlohmann-json3-dev libcli11-dev doctest-dev

# For the GPU: code that the driver compiles for whatever GPU there is; that halves the work of nvcc.
configure build/tests -DCMAKE_CXX_COMPILER=g++ -DCMAKE_COMPILE_WARNING_AS_ERROR=ON -DCMAKE_CUDA_ARCHITECTURES=75-virtual
cmake --build build/tests --parallel "$(nproc)"
configure build/tests-clang -DCMAKE_CXX_COMPILER=clang++-16 -DCMAKE_COMPILE_WARNING_AS_ERROR=ON -DFLUX_CUDA=OFF \
  -DFLUX_EXAMPLES=OFF
cmake --build build/tests-clang --parallel "$(nproc)" --target zygote_tests
ctest --test-dir build/tests-clang --output-on-failure -L zygote
configure build/tests-sanitized -DCMAKE_CXX_COMPILER=g++ -DFLUX_SANITIZE=ON -DFLUX_CUDA=OFF -DFLUX_EXAMPLES=OFF
cmake --build build/tests-sanitized --parallel "$(nproc)" --target zygote_tests
ctest --test-dir build/tests-sanitized --output-on-failure -L zygote
# The compiler compiles the marked items of a file in parallel.
configure build/tests-threads -DCMAKE_CXX_COMPILER=g++ -DFLUX_SANITIZE=thread -DFLUX_CUDA=OFF -DFLUX_EXAMPLES=OFF
cmake --build build/tests-threads --parallel "$(nproc)" --target zygote
for program in tests/programs/*.cpp; do
  setarch -R build/tests-threads/bin/zygote "$program" > build/tests-threads/output.cpp
done
ctest --test-dir build/tests --output-on-failure
