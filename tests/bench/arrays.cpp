// Bandwidth and overhead of cuarrays on the CPU, each beside what it is measured against in the same run: medians of
// repeated, alternating measurements. Built when asked for: cmake --build build/tests --target bench_arrays
//   bench_arrays [millions of floats, 100 if not said]
#include <cblas.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cuarrays/cuarrays.hpp>
#include <zygote/runtime/gradient.hpp>

#include "kernels.hpp"

using namespace cuarrays;
using bench::Blur, bench::blurred, bench::combined, bench::Smooth;

namespace {

double seconds(auto&& f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}
double median(std::vector<double> x) {
  std::nth_element(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(x.size() / 2), x.end());
  return x[x.size() / 2];
}
/// Median seconds of both, measured in turns after one run of each that does not count.
std::pair<double, double> compare(auto&& f, auto&& g, int times = 9) {
  f();
  g();
  std::vector<double> tf, tg;
  for (int i = 0; i < times; ++i) tf.push_back(seconds(f)), tg.push_back(seconds(g));
  return {median(tf), median(tg)};
}

/// Copies n floats with all threads: what bandwidth is measured against. Counts 8 bytes per float.
void copy_floats(float* to, const float* from, Index n) {
#pragma omp parallel for
  for (Index block = 0; block < (n + 65535) / 65536; ++block)
    std::copy_n(from + block * 65536, std::min<Index>(65536, n - block * 65536), to + block * 65536);
}
float* target;
const float* source;
Index copied;

void bandwidth(const char* name, double bytes, auto&& f) {
  const auto [t, copy] = compare(f, [] { copy_floats(target, source, copied); });
  std::printf("%-44s %7.1f GB/s  %5.2f of a copy\n", name, bytes / t * 1e-9,
              bytes / t / (8. * static_cast<double>(copied) / copy));
}
void overhead(const char* name, auto&& f) {
  f();
  std::vector<double> t;
  for (int i = 0; i < 21; ++i)
    t.push_back(seconds([&] {
      for (int k = 0; k < 1000; ++k) f();
    }));
  std::printf("%-44s %7.0f ns\n", name, median(t) * 1e6);
}
void per_element(const char* name, Index n, auto&& f) {
  const double t = compare(f, [] {}).first;
  std::printf("%-44s %7.2f ns/element\n", name, t / static_cast<double>(n) * 1e9);
}
void chain(const char* name, const Array<float, 1>& x, auto&& expression, auto&& scalar) {
  Array<float, 1> y(x.shape());
  std::vector<float> z(static_cast<std::size_t>(x.size()));
  const auto [t, loop] = compare([&] { y = expression(x); },
                                 [&] {
                                   for (Index i = 0; i < x.size(); ++i)
                                     z[static_cast<std::size_t>(i)] = scalar(x.view()[i]);
                                 });
  std::printf("%-44s %7.2f ns/element  %5.1fx a scalar loop\n", name, t / static_cast<double>(x.size()) * 1e9,
              loop / t);
}

struct Scaled {
  ZYGOTE FLUX_KERNEL float operator()(float x, float y) const { return 2 * x * y + x; }
};

/// The backward of f alone, with `bytes` of what is read and written at least; d reaches what f(x...) returns.
template <class D, class F, class... X>
void adjoint(const char* name, double bytes, const D& d, const F& f, const X&... x) {
  const auto p = zygote::pullback(f, x...);
  bandwidth(name, bytes, [&] { p.back(d); });
}
void functions_and_kernels(const Array<float, 1>& a, const Array<float, 1>& b, const Array<float, 1>& c,
                           const Array<float, 1>& d) {
  const Index n = a.size();
  const double bytes = 4. * static_cast<double>(n);
  adjoint("adjoint of the broadcast of 4 inputs", 9 * bytes, d, combined, a, b, c, d);
  Array<float, 1> out({n});
  bandwidth("map of a marked function of 2", 3 * bytes, [&] { out = map(Scaled{}, a, b); });
  adjoint("adjoint of map of a marked function of 2", 5 * bytes, d, map, Scaled{}, a, b);
  bandwidth("launch of a kernel that returns values", 2 * bytes, [&] { launch(Smooth{}, n, a); });
  adjoint("adjoint of a kernel that returns values", 2 * bytes, d, launch, Smooth{}, n, a);
  bandwidth("a kernel that writes, into a copy", 2 * bytes, [&] { blurred(a); });
  adjoint("adjoint of it", 2 * bytes, d, blurred, a);
}
void along_columns(const Array<float, 1>& a, const Array<float, 1>& d) {
  const double bytes = 4. * static_cast<double>(a.size());
  const auto square = a.reshape(Shape(1000, -1)), slopes = d.reshape(Shape(1000, -1));
  bandwidth("softmax of (1000, ...)", 2 * bytes, [&] { softmax(square); });
  adjoint("adjoint of softmax of (1000, ...)", 3 * bytes, slopes, softmax, square);
  bandwidth("var over (1000, ...) along 0", bytes, [&] { var(square, 0); });
  bandwidth("var over (1000, ...) along 1", bytes, [&] { var(square, 1); });
  bandwidth("argmax", bytes, [&] { argmax(a); });
  bandwidth("argmax over (1000, ...) along 0", bytes, [&] { argmax(square, 0); });
  bandwidth("argmax over (1000, ...) along 1", bytes, [&] { argmax(square, 1); });
}
/// Random numbers below `end`.
Array<int, 1> places(Rng& rng, Index n, Index end) {
  return zygote::math::min(broadcast(convert_t<int>{}, rand<float>(rng, n) * static_cast<float>(end)),
                           static_cast<int>(end - 1));
}
void by_index(Index n) {
  Rng rng(7);
  const auto keys = rand<float>(rng, n / 10);
  const auto columns = keys.reshape(Shape(1000, -1));
  const auto lane = rand<float>(rng, n / 100);
  const double some = static_cast<double>(keys.size());
  per_element("sort of (1000, ...)", keys.size(), [&] { sort(columns); });
  per_element("sort, one lane", lane.size(), [&] { sort(lane); });
  const auto few = places(rng, n / 10, n / 100);
  bandwidth("scatter: 10 values to a place, any order", 8 * some,
            [&] { scatter(zygote::math::add_t{}, Array<float, 1>({n / 100}), few, keys); });
  bandwidth("gather: elements, any order", 12 * some, [&] { gather(lane, few); });
  // 256 features of a word
  const auto table = rand<float>(rng, 256, 50000);
  const auto words = places(rng, n / 2560, 50000);
  const auto d = rand<float>(rng, 256, words.size());
  const double moved = 4. * static_cast<double>(d.size());
  bandwidth("gather: columns of (256, 50000), embedding", 2 * moved, [&] { gather(table, words); });
  adjoint("its adjoint, embedding", moved + 4. * static_cast<double>(table.size()), d, gather, table, words);
}

}  // namespace

int main(int argc, char** argv) {
  const Index n = (argc > 1 ? std::atol(argv[1]) : 100) * 1000000;
  const double bytes = 4. * static_cast<double>(n);
  Rng rng(1);
  {
    const auto a = rand<float>(rng, n), b = rand<float>(rng, n), c = rand<float>(rng, n), d = rand<float>(rng, n);
    Array<float, 1> out(a.shape());
    Array<float, 1> to(a.shape());
    target = to.mutable_data(), source = a.data(), copied = n;
    bandwidth("broadcast of 4 inputs", 5 * bytes, [&] { out = a * b + c * d; });
    bandwidth("in place: a += 2 b", 3 * bytes, [&] { out += 2 * b; });
    for (const Index rows : {Index(10), Index(1000), n / 1000, n / 10}) {
      const auto x = a.reshape(Shape(rows, n / rows));
      for (int dim : {0, 1}) {
        const auto name = detail::text("sum over ", x.shape(), " along ", dim);
        bandwidth(name.c_str(), bytes, [&] { sum(x, dim); });
      }
    }
    bandwidth("sum", bytes, [&] { sum(a); });
    bandwidth("maximum", bytes, [&] { maximum(a); });
    const auto square = a.reshape(Shape(n / 10000, 10000));
    Array<float, 2> turned(Shape(10000, n / 10000));
    bandwidth("transpose", 2 * bytes, [&] { turned = permute(square, 1, 0); });
    bandwidth("scan", 2 * bytes, [&] { scan(zygote::math::add_t{}, a); });
    functions_and_kernels(a, b, c, d);
    along_columns(a, d);
    by_index(n);
  }
  {
    const auto x = randn<float>(rng, 4000000);
    chain(
        "exp(-x)", x, [](const auto& v) { return exp(-v); }, [](float v) { return std::exp(-v); });
    chain(
        "tanh(2 x) + 1", x, [](const auto& v) { return tanh(2 * v) + 1; },
        [](float v) { return std::tanh(2 * v) + 1; });
    chain(
        "gelu: x / 2 (1 + erf(x / sqrt 2))", x, [](const auto& v) { return v * 0.5 * (1 + erf(v * 0.70710678)); },
        [](float v) { return v * 0.5f * (1 + std::erf(v * 0.70710678f)); });
  }
  {
    const auto x = rand<float>(rng, 1000), y = rand<float>(rng, 1000);
    Array<float, 1> out({1000});
    overhead("1000 elements: out = x + y", [&] { out = x + y; });
    overhead("1000 elements: x * y + 1, a new array", [&] { Array<float, 1> z = x * y + 1; });
    overhead("1000 elements: sum(x)", [&] { out[0] = sum(x); });
    overhead("1000 elements: out += x", [&] { out += x; });
  }
  for (const Index m : {64, 256, 1024}) {
    const auto a = rand<float>(rng, m, m), b = rand<float>(rng, m, m);
    Array<float, 2> c({m, m});
    const int k = static_cast<int>(m);
    const auto [ours, direct] = compare([&] { matmul(a, b); },
                                        [&] {
                                          cblas_sgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, k, k, k, 1, a.data(),
                                                      k, b.data(), k, 0, c.mutable_data(), k);
                                        },
                                        51);
    std::printf("%-44s %7.1f us  %5.2f of calling BLAS\n", detail::text("matmul of ", a.shape(), "s").c_str(),
                ours * 1e6, direct / ours);
  }
}
