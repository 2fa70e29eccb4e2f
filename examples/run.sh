#!/usr/bin/env bash
# Installs what is missing, builds the digits example, and runs it with the arguments given here.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/setup.sh

target=digits build=build/examples cuda=OFF
case " $* " in *" --device cuda "* | *" --device=cuda "*) target=digits_cuda build=build/examples-cuda cuda=ON ;; esac

need g++ cmake ninja-build libopenblas-dev libdnnl-dev libxsimd-dev libstb-dev nlohmann-json3-dev libcli11-dev
configure $build -DFLUX_TESTS=OFF -DFLUX_CUDA=$cuda
cmake --build $build --parallel "$(nproc)" --target $target
exec $build/bin/$target "$@"
