# run.sh <case>: one test of the build integration. Reads FLUX_SOURCE, FLUX_BUILD, CXX and SCRATCH.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
prefix=$SCRATCH/prefix
work=$SCRATCH/$1
zygote=$FLUX_BUILD/bin/zygote
mkdir -p "$SCRATCH"
rm -rf "$work"
cp -r "$here/outside" "$work"

fail() { echo "FAILED: $*" >&2; exit 1; }
expect() { [ "$1" = "$2" ] || fail "expected '$1', got '$2'"; }
expect_in() { grep -qF -- "$1" "$2" || { cat "$2" >&2; fail "no '$1' in $2"; }; }

configure() { cmake -S "$work" -B "$work/build" -DCMAKE_PREFIX_PATH="$prefix" "$@" > "$work/configure.log" || fail configure; }
build() { cmake --build "$work/build" --target "${1:-app}" > "$work/build.log" 2>&1; }
build_well() { build "$@" || { cat "$work/build.log" >&2; fail build; }; }
edit() { sleep 1.1; sed -i "$1" "$2"; }  # a file system may count whole seconds

install() {
  rm -rf "$prefix"
  cmake --install "$FLUX_BUILD" --prefix "$prefix" > "$work/install.log"
  ! grep -rIl -e "$FLUX_SOURCE" "$prefix/include" || fail "installed headers name the source tree"
}

installed() {
  configure -G Ninja
  build_well
  expect "13 7" "$("$work/build/app")"
  [ -z "$(find "$FLUX_SOURCE" -path "$FLUX_BUILD" -prune -o -newer "$work/configure.log" -name "*.hpp" -print)" ] || fail "the source tree was written to"
  expect_in '"file": "'"$work/main.cpp"'"' "$work/build/compile_commands.json"  # what clangd looks for
  build_well app.editor  # the file as written is valid C++ for editors
  build_well train
  expect trained "$("$work/build/train")"
}

subdirectory() {
  configure -G Ninja -DFLUX_SOURCE="$FLUX_SOURCE" -DFLUX_CUDA=OFF -DCMAKE_BUILD_TYPE=Debug
  build_well
  expect "13 7" "$("$work/build/app")"
}

expect_nothing_to_do() {
  build_well "$1"
  ! grep -E "zygote [/]|Building" "$work/build.log" || fail "built again without need"
}

# A change of a marked header and of an unmarked one reaches the program; then there is nothing left to do.
change_headers() {
  build_well
  edit 's/3 \* x/5 * x/' "$work/include/outside/curve.hpp"
  build_well
  expect "21 7" "$("$work/build/app")"
  edit 's/offset = 1/offset = 2/' "$work/plain.hpp"
  build_well
  expect "22 7" "$("$work/build/app")"
  edit 's/^int main/int main/' "$work/main.cpp"
  build_well
  expect_nothing_to_do app
}

rebuild() {
  configure -G Ninja
  change_headers
}

makefiles() {
  configure -G "Unix Makefiles"
  change_headers
}

unprocessed() {
  cd "$work"
  ! "$CXX" -std=c++20 -I"$prefix/include" -Iinclude -c main.cpp 2> errors.txt || fail "compiled without its pullback"
  expect_in "zygote_sources(target file)" errors.txt
  expect_in "zygote c++" errors.txt
}

# What the compiler refuses stops the build, with its message in sight.
refused() {
  configure -G Ninja
  edit 's/return curve(x)/goto end; end: return curve(x)/' "$work/main.cpp"
  ! build || fail "built what has to be refused"
  expect_in "$work/main.cpp:9:" "$work/build.log"
}

driver() {
  cd "$work"
  "$zygote" main.cpp > to_stdout.cpp
  "$zygote" main.cpp -o to_file.cpp
  "$zygote" - < main.cpp > /dev/null
  cmp to_stdout.cpp to_file.cpp
  "$zygote" --version | grep -q '^zygote [0-9]'
  "$zygote" --help | grep -q -- --emit
  for stage in tokens tree ir adjoint cpp; do
    [ -n "$("$zygote" --emit=$stage main.cpp)" ] || fail "--emit=$stage prints nothing"
  done
  touch -d '1 hour ago' main.cpp to_file.cpp
  "$zygote" main.cpp -o to_file.cpp
  [ -z "$(find to_file.cpp -mmin -30)" ] || fail "rewrote a file that did not change"
  touch main.cpp
  "$zygote" main.cpp -o to_file.cpp
  [ -n "$(find to_file.cpp -mmin -30)" ] || fail "nothing tells that main.cpp was touched"
  for wrong in missing.cpp --emit=soup --soup "main.cpp other.cpp" "main.cpp -o" "main.cpp -o /dev/null/x"; do
    status=0
    # shellcheck disable=SC2086
    "$zygote" $wrong > output.txt 2> errors.txt || status=$?
    expect 2 $status
    expect_in "zygote: error: " errors.txt
  done
}

command_line() {
  cd "$work"
  export TMPDIR=$work/temporary
  mkdir "$TMPDIR"
  "$zygote" c++ -std=c++20 -O1 -Iinclude main.cpp other.cpp -o app
  expect "13 7" "$(./app)"
  (cd "$prefix" && bin/zygote "$CXX" -std=c++20 -I "$work/include" -c "$work/main.cpp" -o "$work/a.o" -MMD)
  expect_in "$work/main.cpp" a.d
  expect_in "$work/include/outside/curve.hpp" a.d
  expect_in "$work/plain.hpp" a.d
  ! grep -q "$TMPDIR" a.d || fail "the dependency file names a temporary file"
  "$zygote" c++ a.o -x c++ other.cpp -o app2
  expect "13 7" "$(./app2)"
  echo "-std=c++20 -Iinclude" > arguments.rsp
  "$zygote" c++ @arguments.rsp -c main.cpp
  [ -f main.o ] || fail "no main.o"
  "$zygote" c++ -std=c++20 -Iinclude -E main.cpp > main.i
  expect_in 'main.cpp"' main.i
  edit 's/return curve/return no_such_function(x) + curve/' main.cpp
  status=0
  "$zygote" c++ -std=c++20 -Iinclude -c main.cpp 2> errors.txt || status=$?
  expect 1 $status
  expect_in "main.cpp:9:" errors.txt
  [ -z "$(ls "$TMPDIR")" ] || fail "temporary files were left behind"
}

launcher() {
  configure -G Ninja -DLAUNCHER=ON -DCMAKE_CXX_COMPILER_LAUNCHER="$zygote"
  build_well launched
  expect "13 7" "$("$work/build/launched")"
  edit 's/3 \* x/5 * x/' "$work/include/outside/curve.hpp"
  build_well launched
  expect "21 7" "$("$work/build/launched")"
  expect_nothing_to_do launched
}

"$1"
