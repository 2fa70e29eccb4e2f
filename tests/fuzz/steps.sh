# Shared by run.sh and shrink.sh: the steps from a program's number to what becomes of it.
# They use $root, $generator, $zygote, $work (a directory of temporary files), and the array $language, the options of
# fuzz_programs that say what programs may use.

fail() {
  echo "$1" >&2
  exit 2
}

# The words of a compiler's command, as a file name.
slug() { tr -c 'A-Za-z0-9\n' _ <<< "$1"; }

# cxx COMPILER ARGUMENT...: what all compilations share. Collecting garbage takes a fifth of the time of g++.
cxx() {
  local compiler=$1
  shift
  case $compiler in *clang*) ;; *) set -- --param ggc-min-expand=1000 --param ggc-min-heapsize=4000000 "$@" ;; esac
  nice timeout 600 $compiler -std=c++20 -w -I"$work/$(slug "$compiler")" -I"$root/tests" -I"$root" "$@"
}

# The runner for one compiler, and the harness as a precompiled header. The first one compiles the copies for dual numbers.
prepare() {
  local compiler=$1 directory
  directory=$work/$(slug "$compiler")
  mkdir -p "$directory/fuzz"
  cxx "$compiler" -c "$root/tests/fuzz/runner.cpp" -o "$directory/runner.o"
  cp "$root"/tests/fuzz/*.hpp "$directory/fuzz"
  cxx "$compiler" -x c++-header "$directory/fuzz/harness.hpp" \
    -o "$directory/fuzz/harness.hpp.$(case $compiler in *clang*) echo pch ;; *) echo gch ;; esac)"
  : "${first_compiler:=$compiler}"
}

# generate DIRECTORY SEEDS [OPTION...] writes DIRECTORY/programs.cpp.
generate() {
  local directory=$1 seeds=$2
  shift 2
  mkdir -p "$directory"
  "$generator" --seeds "$seeds" "${language[@]}" "$@" > "$directory/programs.cpp" || fail "fuzz_programs failed"
}

# translate DIRECTORY: 0 written to DIRECTORY/adjoints.cpp, 1 refused, else: the compiler broke. Messages in zygote.txt.
translate() {
  (cd "$1" && timeout 60 "$zygote" programs.cpp -o adjoints.cpp > zygote.txt 2>&1)
}

# compile DIRECTORY COMPILER: messages in compile.txt.
compile() (
  cd "$1"
  { [ duals.o -nt programs.cpp ] || cxx "$first_compiler" -DFUZZ_ONLY_DUALS -c programs.cpp -o duals.o; } 2> compile.txt &&
    cxx "$2" -fmax-errors=30 -DFUZZ_ONLY_MARKED adjoints.cpp duals.o "$work/$(slug "$2")/runner.o" -o programs 2> compile.txt
)

# run_programs DIRECTORY [NAME...]: verdicts in verdicts.txt, its exit status that of the runner.
run_programs() {
  local directory=$1
  shift
  timeout 120 "$directory/programs" "$@" > "$directory/verdicts.txt" 2> "$directory/run.txt"
}

# One line for a message: without names, places and advice, so that equal reasons are equal.
reason() {
  grep -m1 'error' "$1" | sed -E "s/^.*error: //; s/line [0-9]+/LINE/g; s/[a-zA-Z_]+[0-9]+(_[0-9]+)?/NAME/g" |
    cut -c 1-150
}

# verdict_of DIRECTORY SEED COMPILER [OPTION...]: what becomes of one program, in one word and a reason.
verdict_of() {
  local directory=$1 seed=$2 compiler=$3 status=0
  shift 3
  generate "$directory" "$seed" "$@"
  translate "$directory" || status=$?
  case $status in
    0) ;;
    1) echo "refused $(reason "$directory/zygote.txt")"; return ;;
    *) echo "broken zygote ends with status $status"; return ;;
  esac
  compile "$directory" "$compiler" || { echo "uncompilable $(reason "$directory/compile.txt")"; return; }
  run_programs "$directory" || status=$?
  if [ "$status" -gt 1 ]; then
    echo "crash status $status"
  else
    sed -nE 's/^(ok|mismatch|harness) [0-9]+ (.*)/\1 \2/p' "$directory/verdicts.txt"
  fi
}
