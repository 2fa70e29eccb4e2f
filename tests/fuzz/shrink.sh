#!/usr/bin/env bash
# Cuts statements and expressions out of one random program for as long as it fails in the same way, and prints what
# remains: tests/fuzz/shrink.sh --zygote FILE --generator FILE [--compiler COMMAND] [--features|--without LIST] SEED
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/fuzz/steps.sh"

compiler="g++ -O0" language=() zygote= generator= seed=
while [ $# -gt 0 ]; do
  case $1 in
    --zygote) zygote=$(realpath "$2") ;;
    --generator) generator=$(realpath "$2") ;;
    --compiler) compiler=$2 ;;
    --features | --without) language+=("$1" "$2") ;;
    *) seed=$1 ;;
  esac
  case $1 in --*) shift 2 ;; *) shift ;; esac
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prepare "$compiler"
directory=$work/program

# The word, and where programs do not get to run, the reason.
kind() { case $1 in refused* | uncompilable*) echo "$1" ;; *) echo "${1%% *}" ;; esac; }

# Whether the program is valid C++ as written.
valid() {
  generate "$directory" "$seed" "$@"
  nice g++ -std=c++20 -w -fsyntax-only -DZYGOTE_EDITOR -I"$root/tests" -I"$root" \
    "$directory/programs.cpp" 2> /dev/null
}

wanted=$(kind "$(verdict_of "$directory" "$seed" "$compiler")")
[[ $wanted != ok* ]] || fail "program $seed is ok with $compiler"
# A second time for large parts: what others used can go when they have gone.
cut=
for smallest in 1 4; do
  next=0
  while read -r first end; do
    [ "$first" -ge "$next" ] && [ $((end - first)) -ge "$smallest" ] || continue
    [[ ,$cut, != *,$first,* ]] || { next=$end; continue; }
    attempt=${cut:+$cut,}$first
    [ "$(kind "$(verdict_of "$directory" "$seed" "$compiler" --cut "$attempt")")" = "$wanted" ] || continue
    case $wanted in refused* | uncompilable* | broken*) valid --cut "$attempt" || continue ;; esac
    cut=$attempt
    next=$end
  done < <("$generator" --seeds "$seed" "${language[@]}" --ranges)
done
echo "// $(verdict_of "$directory" "$seed" "$compiler" ${cut:+--cut "$cut"})"
"$generator" --seeds "$seed" "${language[@]}" ${cut:+--cut "$cut"}
