#!/usr/bin/env bash
# Writes the listings and the tables of README.md and zygote/README.md anew: what stands behind each
# `<!-- shows: .. -->`, up to `<!-- end -->`. With --check it changes nothing, and fails if something differs or if a program of limits.txt compiles.
set -euo pipefail
cd "$(dirname "$0")/.."

check= zygote=build/tests/bin/zygote cxx=${CXX:-c++}
while [ $# -gt 0 ]; do
  case $1 in
    --check) check=1; shift ;;
    --zygote) zygote=$2; shift 2 ;;
    --cxx) cxx=$2; shift 2 ;;
    *) echo "usage: tests/readme.sh [--check] [--zygote FILE] [--cxx COMMAND]"; exit 2 ;;
  esac
done
programs=tests/programs
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The lines of protocol.cpp and control.cpp from `// snippet: NAME` to `// end`, for each NAME.
snippet() {
  local name
  for name in "$@"; do
    [ "$name" = "$1" ] || echo
    awk -v start="// snippet: $name\$" '/^ *\/\/ end$/ { on = 0 } on; $0 ~ start { on = 1 }' $programs/protocol.cpp $programs/control.cpp
  done | sed 's/^  CHECK(gradcheck/CHECK(gradcheck/'
}
fenced() { echo "\`\`\`$1"; cat; echo '```'; }
emit() { snippet "$2" | "$zygote" "--emit=$1" -; }

# Lines on types and sizes are left out, and these are not among what is saved: of numbers they are empty.
without_types() {
  sed -E '/^ *(const auto |\[\[maybe_unused\]\] const auto& )?(extent|type)_[a-z0-9_]* =/d
          /saves/ { s/\b(extent|type)_[a-z0-9_]+(, )?//g; s/, *$//; s/, \)/)/ }'
}
# The pullback alone; what a reader does not need is left out.
pullback_of() {
  emit cpp "$1" | awk '/template <zygote::Mode/ { on = 1 } /^}; inline/ { on = 0 } on' | without_types |
    grep -v 'zygote_how' | sed -E 's/\[\[maybe_unused\]\] //g; s/ZYGOTE_INLINE //g; s/zygote:://g; s/^  //'
}

# The test cases of supported_*.cpp, with the comment in front of each program.
supported() {
  awk '/^\/\/ ## / { printf "%s**%s**\n\n| | test case |\n|---|---|\n", n++ ? "\n" : "", substr($0, 7) }
       /^\/\/: / { line = substr($0, 5); gsub(/\|/, "\\|", line); what = what (what == "" ? "" : " ") line }
       /^TEST_CASE/ { match($0, /"[^"]*"/); name = substr($0, RSTART + 1, RLENGTH - 2)
         if (what == "") { print "no description: " name > "/dev/stderr"; exit 1 }
         printf "| %s | `%s` |\n", what, name; what = "" }' $programs/supported_{mutation,control,functions,data,statements}.cpp
}

table_head() { printf '| what | message | instead |\n|---|---|---|\n'; }

# The programs of refused.txt that zygote has advice for; one of each message.
refused() {
  table_head
  awk -v zygote="$zygote" -v file="$work/refused.cpp" '
    function row(  line, message, advice, command) {
      printf "%s", program > file; close(file)
      command = zygote " " file " 2>&1 > /dev/null"
      while ((command | getline line) > 0) {
        if (!message && match(line, /error: /)) message = substr(line, RSTART + 7)
        if (!advice && match(line, /^  advice: /)) advice = substr(line, RLENGTH + 1)
      }
      close(command)
      if (advice && !seen[message]++) {
        gsub(/\|/, "\\|", code)
        printf "| `%s` | %s | %s |\n", code, message, advice
      }
      program = code = ""
    }
    /^---$/ { row(); next }
    { program = program $0 "\n" }
    / *\/\/ error / { code = $0; sub(/ *\/\/ error .*/, "", code); sub(/^ */, "", code) }
    END { row() }' $programs/refused.txt
}

# The programs of limits.txt; with --check, compiled, to see each fail.
limits() {
  table_head
  awk '/^---$/ { n++; code = message = "" }
       n && / *\/\/ error/ { code = message = $0; sub(/ *\/\/ error.*/, "", code); sub(/^ */, "", code)
         sub(/.*\/\/ error:? ?/, "", message); gsub(/\|/, "\\|", code) }
       n && /^\/\/ instead: / { instead = substr($0, 13) }
       n && /^auto g = / { if (message == "") message = "(the words of the C++ compiler)"
         printf "| `%s` | %s | %s |\n", code, message, instead }' $programs/limits.txt
}
check_limits() {
  local failed=0
  # Marked functions of one file have different names, also in different namespaces.
  awk '/^---$/ { print (n++ ? "}" : "") " namespace limit_" n " {"; next }
       { gsub(/ f\(/, " f" n "("); gsub(/\(f,/, "(f" n ","); print }
       END { print "}" }' $programs/limits.txt > "$work/limits.cpp"
  "$zygote" "$work/limits.cpp" -o "$work/limits.out.cpp" || return 1
  ! $cxx -std=c++20 -fsyntax-only -I. "$work/limits.out.cpp" > "$work/errors.txt" 2>&1 || return 1
  while IFS=: read -r number line; do
    message=$(sed -nE 's/.*\/\/ error: //p' <<< "$line")
    grep -qF "limits.cpp:$number:" "$work/errors.txt" && grep -qF -- "$message" "$work/errors.txt" && continue
    echo "limits.txt:$number: this compiles, or fails with another message: $line"
    failed=1
  done < <(grep -n '// error' "$work/limits.cpp" | tail -n +3)
  return $failed
}

show() {
  case $1 in
    "source "*) snippet ${1#* } | fenced cpp ;;
    "ir "*) emit ir "${1#* }" | fenced "" ;;
    "adjoint "*) emit adjoint "${1#* }" | without_types | fenced "" ;;
    "pullback "*) pullback_of "${1#* }" | fenced cpp ;;
    supported | refused | limits) "$1" ;;
    *) echo "$readme: nothing is called '$1'" >&2; return 1 ;;
  esac
}

differs=
for readme in README.md zygote/README.md; do
  while IFS= read -r line; do
    if [ "$line" = "<!-- end -->" ]; then skip=; fi
    [ -n "${skip:-}" ] || printf '%s\n' "$line"
    if [[ $line =~ ^'<!-- shows: '(.*)' -->'$ ]]; then
      skip=1
      show "${BASH_REMATCH[1]}"
    fi
  done < $readme > "$work/README.md"
  if [ -n "$check" ]; then
    diff -u $readme "$work/README.md" || differs=1
  elif ! cmp -s "$work/README.md" $readme; then
    cp "$work/README.md" $readme
  fi
done

[ -n "$check" ] || exit 0
[ -z "$differs" ] || { echo "run tests/readme.sh to write the listings and tables anew"; exit 1; }
check_limits
