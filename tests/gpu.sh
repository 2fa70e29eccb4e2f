#!/usr/bin/env bash
# On a machine with a GPU: builds for it, runs the tests and benchmarks that need one, in less than nine minutes on 16
# cores. CUDA, CMake and a C++ compiler have to be there; of the rest it says what is missing and goes without.
#   bash tests/gpu.sh pack   on a machine with the headers of doctest and xsimd: copies them to build/packed, for a GPU
#                            machine without network
#   bash tests/gpu.sh
set -euo pipefail
cd "$(dirname "$0")/.."
packed=build/packed started=$SECONDS

if [ "${1:-}" = pack ]; then
  mkdir -p $packed/include
  for header in doctest/doctest.h xsimd/xsimd.hpp; do
    found=$(echo "#include <$header>" | "${CXX:-c++}" -x c++ -M - 2> /dev/null | tr ' \\' '\n\n' | grep "/$header\$") ||
      { echo "skipped: $header, not found here"; continue; }
    cp -rL "$(dirname "$found")" $packed/include/
  done
  exit
fi

skip() { echo "skipped: $*"; }
left() { echo $((530 - SECONDS + started)); }  # seconds
run() {                                        # <what> <command>...: within the time that is left
  local what=$1 status=0
  shift
  [ "$(left)" -gt 0 ] || { skip "$what: no time left"; return; }
  echo "== $what"
  timeout "$(left)" "$@" || status=$?
  [ $status -eq 0 ] || failed+=("$what (status $status)")
}
failed=()

nvcc=${CUDACXX:-$(command -v nvcc || ls /usr/local/cuda/bin/nvcc 2> /dev/null)} ||
  { echo "error: no nvcc found; set CUDACXX" >&2; exit 1; }
if architecture=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2> /dev/null | head -1 | tr -d .) && [ "$architecture" ]; then
  nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader
else
  skip "all runs: no GPU here; this only builds"
  architecture=75-virtual
fi

generator=(-G Ninja)
command -v ninja > /dev/null || { generator=(); skip "Ninja, not found: make takes its place"; }
cmake -S . -B build/gpu "${generator[@]}" -DCMAKE_BUILD_TYPE=Release -DCMAKE_CUDA_COMPILER="$nvcc" -DFLUX_CUDA=ON \
  -DCMAKE_CUDA_ARCHITECTURES="$architecture" \
  -DFLUX_EXAMPLES=OFF -DFLUX_INSTALL=OFF -DCMAKE_PREFIX_PATH="$PWD/$packed" "$@" > build/gpu.log 2>&1 ||
  { cat build/gpu.log >&2; exit 1; }
grep -o 'flux: .*not found.*' build/gpu.log | sed 's/^flux: /without: /' || true

has_gpu() { [ "$architecture" != 75-virtual ]; }
build_and_run() {  # <what> <program>: 0 if it could be built, and ran without failures
  local before=${#failed[@]}
  run "build $2" cmake --build build/gpu --parallel "$(nproc)" --target "$2"
  if [ ${#failed[@]} -eq "$before" ] && has_gpu; then run "$1" "build/gpu/tests/$2"; fi
  [ ${#failed[@]} -eq "$before" ]
}
check_memory() {
  local test=build/gpu/tests/test_cuarrays_cuda sanitizer refused
  has_gpu || return 0
  sanitizer=$(command -v compute-sanitizer || ls "$(dirname "$nvcc")/compute-sanitizer" 2> /dev/null) ||
    { skip "memory checks: no compute-sanitizer found"; return; }
  [ "$(left)" -ge 60 ] || { skip "memory checks: no time left"; return; }
  refused=$({ timeout 60 "$sanitizer" $test -tc="gpu: elements*" 2>&1 || true; } | grep -m1 'not supported') || refused=
  [ -z "$refused" ] || { skip "memory checks: compute-sanitizer says $refused"; return; }
  run "memory checks" "$sanitizer" --error-exitcode 1 $test -tc="gpu: *kernels*"
}
tested=
if grep -q 'no tests' build/gpu.log; then failed+=("tests: no doctest found; 'bash tests/gpu.sh pack' brings it along")
elif build_and_run tests test_cuarrays_cuda; then tested=1
fi
build_and_run benchmarks bench_gpu || true
[ -z "$tested" ] || check_memory
echo "== $((SECONDS - started)) s"
[ ${#failed[@]} -eq 0 ] || { printf 'failed: %s\n' "${failed[@]}"; exit 1; }
