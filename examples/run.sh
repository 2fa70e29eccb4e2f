#!/usr/bin/env bash
# Installs what is missing, builds an example (digits, or the one named first), and runs it with the other arguments.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/setup.sh

target=digits build=build/examples cuda=OFF
if [ -n "${1:-}" ] && [ -f "examples/$1/main.cpp" ]; then
  target=$1
  shift
fi
case " $* " in *" cuda "* | *" --device=cuda "*) target=${target}_cuda build=build/examples-cuda cuda=ON ;; esac

need g++ cmake ninja-build libopenblas-dev libdnnl-dev libxsimd-dev libstb-dev nlohmann-json3-dev libcli11-dev
configure $build -DFLUX_TESTS=OFF -DFLUX_CUDA=$cuda
cmake --build $build --parallel "$(nproc)" --target $target
exec $build/bin/$target "$@"
