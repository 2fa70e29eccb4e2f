#!/usr/bin/env bash
# Random programs, from the generator to their gradients: tests/fuzz/run.sh --help
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/fuzz/steps.sh"

usage() {
  cat << 'END'
usage: tests/fuzz/run.sh [option...]
  --seed S          the first program's number (1); all is determined by it
  --count N         how many programs (100)
  --batch B         how many of them go into one file (25)
  --compilers LIST  commands, separated by semicolons ("g++ -O0;g++ -O2;clang++-16 -O2"); missing ones are left out
  --jobs J          how many batches at once (1)
  --features LIST, --without LIST   what programs may use; fuzz_programs --list shows the names
  --zygote FILE, --generator FILE   the programs (built in build/tests)
  --failures DIR    where programs that fail are written (fuzz-failures)
  --shrink          cut down every failure
  --strict          refused programs count as failures, and are written too
Verdicts: ok; refused (by zygote); broken (zygote crashed); uncompilable (what zygote wrote); crash (of the program);
mismatch (wrong value or gradient); harness (a fault of the fuzzer itself). Exit status 1 if any but ok and refused.
END
}

seed=1 count=100 batch=25 jobs=1 failures=fuzz-failures shrink= strict= language=()
compilers="g++ -O0;g++ -O2;clang++-16 -O2"
zygote=$root/build/tests/bin/zygote generator=$root/build/tests/bin/fuzz_programs
while [ $# -gt 0 ]; do
  case $1 in
    --seed) seed=$2 ;;
    --count) count=$2 ;;
    --batch) batch=$2 ;;
    --compilers) compilers=$2 ;;
    --jobs) jobs=$2 ;;
    --features | --without) language+=("$1" "$2") ;;
    --zygote) zygote=$(realpath "$2") ;;
    --generator) generator=$(realpath "$2") ;;
    --failures) failures=$2 ;;
    --shrink) shrink=1 ;;
    --strict) strict=1 ;;
    *) usage; [ "$1" = --help ] && exit 0 || exit 2 ;;
  esac
  case $1 in --shrink | --strict) shift ;; *) shift 2 ;; esac
done
[ -x "$zygote" ] && [ -x "$generator" ] || fail "build zygote and fuzz_programs, or name them: --zygote, --generator"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
results=$work/results.txt
touch "$results"

record() { echo "$1" >> "$results"; }  # VERDICT SEED COMPILER: DETAIL

# The numbers of the programs that lines (on standard input) of programs.cpp are in.
programs_at() {
  awk 'NR == FNR { if (/^\/\/ program /) { first[++n] = FNR; name[n] = $3 } next }
       { for (i = n; i > 0; --i) if (first[i] <= $1) { print name[i]; break } }' "$1/programs.cpp" - | sort -un
}

joined() { paste -sd, -; }
without() { tr , '\n' <<< "$1" | grep -vxFf <(tr , '\n' <<< "$2") | joined || true; }

# in_halves STEP DIRECTORY SEEDS [ARGUMENT...]: to find which of many is to blame.
in_halves() {
  local step=$1 directory=$2 seeds=$3 half
  shift 3
  half=$((($(tr , '\n' <<< "$seeds" | wc -l) + 1) / 2))
  "$step" "$directory/a" "$(cut -d, -f "1-$half" <<< "$seeds")" "$@"
  "$step" "$directory/b" "$(cut -d, -f "$((half + 1))-" <<< "$seeds")" "$@"
}

# Generates and translates; what zygote refuses is recorded and left out.
process() {
  local directory=$1 seeds=$2 status=0 refused place program compiler
  while [ -n "$seeds" ]; do
    generate "$directory" "$seeds"
    status=0
    translate "$directory" || status=$?
    [ "$status" -eq 1 ] || break
    refused=$(sed -nE 's/^programs.cpp:([0-9]+):.*error:.*/\1/p' "$directory/zygote.txt" |
      programs_at "$directory" | joined)
    [ -n "$refused" ] || { status=3; break; }
    while IFS=: read -r place message; do
      program=$(programs_at "$directory" <<< "$place")
      record "refused $program zygote: $(reason <(echo "error: $message"))"
    done < <(sed -nE 's/^programs.cpp:([0-9]+):.*error: (.*)/\1:\2/p' "$directory/zygote.txt")
    seeds=$(without "$seeds" "$refused")
  done
  [ -n "$seeds" ] || return 0
  if [ "$status" -ne 0 ] && [[ $seeds != *,* ]]; then
    record "broken $seeds zygote: status $status $(head -c 200 "$directory/zygote.txt" | tr '\n' ' ')"
  elif [ "$status" -ne 0 ]; then
    in_halves process "$directory" "$seeds"
  else
    for compiler in "${available[@]}"; do build "$directory" "$seeds" "$compiler"; done
  fi
}

# Compiles what was translated, and runs it.
build() {
  local directory=$1 seeds=$2 compiler=$3 suspects
  [ -f "$directory/adjoints.cpp" ] || { generate "$directory" "$seeds" && translate "$directory"; }
  if compile "$directory" "$compiler"; then
    execute "$directory" "$seeds" "$compiler"
  elif [[ $seeds != *,* ]]; then
    record "uncompilable $seeds $compiler: $(reason "$directory/compile.txt")"
  else
    suspects=$(sed -nE 's/.*programs.cpp:([0-9]+):.*/\1/p' "$directory/compile.txt" | programs_at "$directory" | joined)
    if [ -z "$suspects" ] || [ "$suspects" = "$seeds" ]; then
      in_halves build "$directory" "$seeds" "$compiler"
      return
    fi
    for program in ${suspects//,/ }; do build "$directory/$program" "$program" "$compiler"; done
    build "$directory/rest" "$(without "$seeds" "$suspects")" "$compiler"
  fi
}

execute() {
  local directory=$1 seeds=$2 compiler=$3 status=0 last verdict program detail
  while [ -n "$seeds" ]; do
    status=0
    run_programs "$directory" ${seeds//,/ } || status=$?
    while read -r verdict program detail; do
      [ "$verdict" = start ] || record "$verdict $program $compiler: $detail"
    done < "$directory/verdicts.txt"
    [ "$status" -gt 1 ] || break
    last=$(awk '/^start / { print $2 }' "$directory/verdicts.txt" | tail -1)
    record "crash ${last:-$seeds} $compiler: status $status $(head -c 200 "$directory/run.txt" | tr '\n' ' ')"
    [ -n "$last" ] || break
    seeds=$(without "$seeds" "$(awk '/^start / { print $2 }' "$directory/verdicts.txt" | joined)")
  done
}

available=()
while read -r compiler; do
  command -v "${compiler%% *}" > /dev/null || { echo "not installed, left out: $compiler"; continue; }
  prepare "$compiler"
  available+=("$compiler")
done < <(tr ';' '\n' <<< "$compilers")

for ((first = seed; first < seed + count; first += batch)); do
  while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
  last=$((first + batch < seed + count ? first + batch - 1 : seed + count - 1))
  process "$work/$first" "$(seq -s, "$first" "$last")" &
done
wait

# What failed, as files; then the totals.
failed="^(broken|uncompilable|crash|mismatch|harness)${strict:+|^refused}"
{ grep -E "$failed" "$results" || true; } | sort -u -k 2,2n | while read -r verdict program detail; do
  mkdir -p "$failures"
  file=$failures/$program-$verdict.cpp
  { echo "// $verdict, $detail"; "$generator" --seeds "$program" "${language[@]}"; } > "$file"
  compiler=${detail%%:*}
  [ "$compiler" != zygote ] || compiler=${available[0]}
  if [ -n "$shrink" ]; then
    "$root/tests/fuzz/shrink.sh" --zygote "$zygote" --generator "$generator" --compiler "$compiler" "${language[@]}" \
      "$program" > "$file.new" &&
      mv "$file.new" "$file"
  fi
  echo "$file: $detail"
done
echo "refused, by reason:"
sed -n 's/^refused [0-9]* zygote: //p' "$results" | sort | uniq -c | sort -rn
echo "programs: $count; refused: $(awk '$1 == "refused" { print $2 }' "$results" | sort -u | wc -l)"
awk '$1 != "refused" { n[$1 " with " substr($0, index($0, $3), index($0, ":") - index($0, $3))]++ }
     END { for (i in n) print i ": " n[i] }' "$results" | sort
missing=$((count - $(awk '{ print $2 }' "$results" | sort -u | wc -l)))
[ "$missing" -eq 0 ] || echo "without a verdict: $missing"
[ "$missing" -eq 0 ] && ! grep -qE "$failed" "$results"
