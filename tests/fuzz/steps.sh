# Shared by run.sh and shrink.sh: the steps from a program's number to what becomes of it.
# They use $root, $generator, $zygote, $work (a directory of temporary files), and the array $language, the options of
# fuzz_programs that say what programs may use.

fail() {
  echo "$1" >&2
  exit 2
}

# The words of a compiler's command, as a file name.
slug() { tr -c 'A-Za-z0-9\n' _ <<< "$1"; }

# The runner for one compiler, and the harness as a precompiled header.
prepare() {
  local compiler=$1 directory
  directory=$work/$(slug "$compiler")
  mkdir -p "$directory/fuzz"
  nice $compiler -std=c++20 -I"$root" -c "$root/tests/fuzz/runner.cpp" -o "$directory/runner.o"
  cp "$root"/tests/fuzz/*.hpp "$directory/fuzz"
  nice $compiler -std=c++20 -w -I"$root" -I"$root/tests/fuzz" -x c++-header "$directory/fuzz/harness.hpp" \
    -o "$directory/fuzz/harness.hpp.$(case $compiler in *clang*) echo pch ;; *) echo gch ;; esac)"
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
compile() {
  local own
  own=$work/$(slug "$2")
  (cd "$1" && timeout 600 nice $2 -std=c++20 -w -fmax-errors=30 -I"$own" -I"$root/tests" -I"$root" adjoints.cpp \
    "$own/runner.o" -o programs > compile.txt 2>&1)
}

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
