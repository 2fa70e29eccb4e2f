#!/usr/bin/env bash
# What marking code costs at build time: seconds of zygote for 10,000 marked lines, then seconds and peak memory of the
# C++ compiler on the objectives of this folder: as written, processed, and processed with their gradients called for.
#   compile_time.sh [zygote [c++ compiler]]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
zygote=$(realpath "${1:-$root/build/tests/bin/zygote}")
compiler=${2:-g++}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C
[ -x /usr/bin/time ] || { echo "error: needs GNU time; please install the package 'time'" >&2; exit 1; }

# measure <command>...: sets `seconds` (user and system, the least of three) and `megabytes` (the peak).
measure() {
  seconds=
  for _ in 1 2 3; do
    /usr/bin/time -o "$work/usage" -f '%U %S %M' "$@" 2> "$work/errors" || { sed -n 1,5p "$work/errors" >&2; return 1; }
    read -r user system kilobytes < "$work/usage"
    seconds=$(awk -v t="$user" -v u="$system" -v s="$seconds" \
      'BEGIN { t += u; printf "%.2f", s == "" || t < s ? t : s }')
    megabytes=$((kilobytes / 1024))
  done
}

ratio() { awk -v a="$1" -v b="$2" 'BEGIN { if (b > 0) printf "%.2f", a / b; else print "-" }'; }

# Functions of several kinds, with @ for a number; all lines but those of the structs and blank ones are marked.
marked_functions() {
  cat << 'END'
struct Body@ { double x, y, vx, vy; };

ZYGOTE double horner@(const std::vector<double>& c, double x) {
  double r = 0;
  for (const auto& a : c) r = r * x + a;
  return r;
}

ZYGOTE double newton@(double a, int steps) {
  double x = a;
  for (int i = 0; i < steps; ++i) {
    const double next = 0.5 * (x + a / x);
    if (std::abs(next - x) < 1e-14) break;
    x = next;
  }
  return x;
}

ZYGOTE double smooth@(double x, double edge) {
  if (x <= 0) return 0;
  if (x >= edge) return 1;
  const double t = x / edge, square = t * t;
  return square * (3 - 2 * t);
}

ZYGOTE Body@ pull@(const Body@& b, double mass, double h) {
  const double square = b.x * b.x + b.y * b.y + 1e-3;
  const double force = mass / (square * std::sqrt(square));
  return {b.x + h * b.vx, b.y + h * b.vy, b.vx - h * force * b.x, b.vy - h * force * b.y};
}

ZYGOTE double orbit@(Body@ b, double mass, int steps) {
  double energy = 0;
  for (int i = 0; i < steps; ++i) {
    b = pull@(b, mass, 0.01);
    energy += 0.5 * (b.vx * b.vx + b.vy * b.vy);
    b.vx *= 0.999;
    b.vy *= 0.999;
  }
  return energy + smooth@(b.x, 2.0);
}

ZYGOTE double activate@(const std::vector<double>& w, const std::vector<double>& x, double bias) {
  auto squash = [&](double t) { return std::tanh(t + bias); };
  double sum = 0;
  std::size_t idx = 0;
  while (idx < x.size()) {
    sum += squash(w[idx] * x[idx]);
    ++idx;
  }
  return sum > 0 ? sum : 0.1 * sum;
}

ZYGOTE std::vector<double> filtered@(const std::vector<double>& x, double rate) {
  std::vector<double> y(x.size());
  double level = 0, change = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    change = x[i] - level;
    level += rate * change;
    y[i] += level * std::exp(-change * change);
  }
  return y;
}
END
}

generate() {
  local marked each i
  each=$(marked_functions | grep -cvE '^$|^struct ')
  printf '#include <cmath>\n#include <vector>\n#include <zygote/zygote.hpp>\n'
  for ((i = 0, marked = 0; marked < 10000; ++i, marked += each)); do
    marked_functions | sed "s/@/_$i/g"
  done
}

generate > "$work/many.cpp"
measure "$zygote" "$work/many.cpp" -o "$work/many.out.cpp"
echo "zygote: $seconds s, $megabytes MB for 10,000 marked lines ($(wc -l < "$work/many.cpp") lines, \
$(wc -c < "$work/many.cpp") bytes, which become $(wc -c < "$work/many.out.cpp"))"
echo

# user_of <family> <call>: a file that uses the family's objectives; <call> is `value` or `gradient`.
user_of() {
  local value='f(a...)' gradient='zygote::gradient(f, a...)'
  echo "#include \"$1.hpp\""
  echo "static auto get(const auto& f, const auto&... a) { return ${!2}; }"
  case $1 in
    gmm) echo 'auto use(const gmm::Parameters& p, const gmm::Data& d) { return get(gmm::objective, p, d); }' ;;
    ba) echo 'auto use(const ba::Scene& s, std::vector<ba::Observation> o) { return get(ba::objective, s, o); }' ;;
    lstm) echo 'auto use(const lstm::Parameters& p, const lstm::Data& d) { return get(lstm::objective, p, d); }' ;;
    small)
      echo 'auto use1(double x) { return get(small::line, x); }'
      echo 'auto use2(double x, int n) { return get(small::power, x, n); }'
      echo 'auto use3(double s, double x) { return get(small::black_scholes, s, x, x, x, x); }'
      echo 'auto use4(small::Rates r, small::Animals a, int n) { return get(small::lotka_volterra, r, a, n); }'
      ;;
  esac
}

# build <folder with the header> <family> <call>
build() {
  user_of "$2" "$3" > "$1/use_$2.cpp"
  measure "$compiler" -O2 -std=c++20 -I"$root" -c "$1/use_$2.cpp" -o "$work/object.o"
}

mkdir "$work/written" "$work/processed"
printf '%s -O2 -c, seconds and MB; in brackets, times the file as written\n' "$compiler"
printf '%-8s %6s %13s %26s %26s\n' file zygote 'as written' processed 'with gradients'
for family in gmm ba lstm small; do
  cp "$here/$family.hpp" "$work/written"
  measure "$zygote" "$here/$family.hpp" -o "$work/processed/$family.hpp" || continue
  zygote_seconds=$seconds
  build "$work/written" "$family" value || continue
  written_seconds=$seconds written_megabytes=$megabytes row=
  for call in value gradient; do
    build "$work/processed" "$family" "$call" || continue 2
    row+=$(printf ' %6s (%5s) %4s (%4s)' "$seconds" "$(ratio "$seconds" "$written_seconds")" "$megabytes" \
      "$(ratio "$megabytes" "$written_megabytes")")
  done
  printf '%-8s %6s %6s %6s  %s\n' "$family" "$zygote_seconds" "$written_seconds" "$written_megabytes" "$row"
done
