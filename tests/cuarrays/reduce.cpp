// Sums and their kin over any dimensions, against plain loops.
#include "check.hpp"

using namespace cuarrays;
using check::rng;

namespace {
template <int N, class... D>
void sums(Shape<N> shape, D... dims) {
  const auto x = randn<double>(rng(), shape);
  auto kept = shape;
  for (int d : {static_cast<int>(dims)...}) kept[d] = 1;
  Array<double, N> total(kept), largest = full(-1e300, kept);
  for (Index i = 0; i < x.size(); ++i) {
    Index offset = 0, stride = 1, rest = i;
    for (int d = 0; d < N; rest /= shape[d], stride *= kept[d++]) offset += kept[d] == 1 ? 0 : rest % shape[d] * stride;
    total[offset] += x[i];
    largest[offset] = std::max(largest[offset], x[i]);
  }
  CHECK(isapprox(sum(x, dims...), total, 1e-9, 1e-9));
  CHECK(isapprox(maximum(x, dims...), largest));
  CHECK(isapprox(minimum(-x, dims...), -largest));
  CHECK(isapprox(mean(x, dims...), total * (double(kept.size()) / double(shape.size())), 1e-9, 1e-9));
  check::pullback(sum, x.size() < 100 ? x : full(0.5, kept), dims...);
  check::pullback(mean, x.size() < 100 ? x : full(0.5, kept), dims...);
}
}  // namespace

TEST_CASE("reduce: over any dimensions") {
  sums(Shape(7), 0);
  sums(Shape(5, 6), 0);
  sums(Shape(5, 6), 1);
  sums(Shape(5, 6), 0, 1);
  sums(Shape(3, 4, 5), 1);
  sums(Shape(3, 4, 5), 0, 2);
  sums(Shape(1, 4, 1), 1);
  sums(Shape(40, 3), 1);
  sums(Shape(5, 101), 0);  // short columns, by batches
  sums(Shape(64, 33), 0);
  // Shared among threads: by results, by chunks of elements, narrow ones, few results in the middle.
  sums(Shape(1025, 1024), 0);
  sums(Shape(1024, 1025), 1);
  sums(Shape(3, 350000), 1);
  sums(Shape(60, 30, 600), 0, 2);
}

TEST_CASE("reduce: many short columns") {
  const auto x = randn<double>(rng(), 10, 110001);
  const Array<double, 2> across = permute(x, 1, 0);
  CHECK(isapprox(sum(x, 0), sum(across, 1).reshape(Shape(1, 110001)), 1e-12));
  CHECK(isapprox(maximum(x, 0), maximum(across, 1).reshape(Shape(1, 110001)), 0, 0));
}

TEST_CASE("reduce: what is not a number, in a short column") {
  Array<float, 2> x({5, 37});
  x(2, 20) = std::nanf("");
  const auto largest = maximum(x, 0), least = minimum(x, 0);
  for (Index j = 0; j < 37; ++j) {
    CHECK(std::isnan(largest(0, j)) == (j == 20));
    CHECK(std::isnan(least(0, j)) == (j == 20));
  }
}

TEST_CASE("reduce: scalars") {
  const auto x = randn<double>(rng(), 13, 7);
  double total = 0;
  for (double v : x) total += v;
  CHECK(sum(x) == doctest::Approx(total));
  CHECK(sum(x * 2 + 1) == doctest::Approx(2 * total + 91));
  CHECK(mean(x) == doctest::Approx(total / 91));
  check::pullback(sum, x);
  check::pullback(mean, x);
  CHECK(sum(Array<bool, 1>({300}) == false) == 300);
  CHECK(mean(Array<int, 1>::of({1, 2})) == 1.5);
  CHECK(var(Array<int, 1>::of({1, 2, 3, 4, 6})) == doctest::Approx(3.7));
  CHECK(var(Array<bool, 1>::of({true, false, true, true})) == doctest::Approx(0.25));
  CHECK(sum(Array<float, 1>()) == 0);
  CHECK(sum(Array<float, 2>({3, 0}), 1).shape() == Shape(3, 1));
  CHECK(maximum(Array<int, 1>::of({-5, -7})) == -5);
  const auto many = full(0.1f, 10000000);
  CHECK(sum(many) == doctest::Approx(1e6).epsilon(5e-6));
  CHECK(mapreduce([](double v) { return v * v; }, zygote::math::mul_t{}, Array<double, 1>::of({1, 2, 3})) == 36);
}

TEST_CASE("reduce: products and variances of complex numbers") {
  using C = std::complex<double>;
  const auto z = Array<C, 2>({2, 2}, {C(1, 2), C(-1, 0.5), C(0.3, 1), C(2, -1)});
  const C product = prod(z), m = mean(z);
  CHECK(std::abs(product - C(1, 2) * C(-1, 0.5) * C(0.3, 1) * C(2, -1)) < 1e-12);
  double squares = 0;
  for (const C& each : z) squares += std::norm(each - m);
  CHECK(var(z) == doctest::Approx(squares / 3));
  CHECK(isapprox(z, z * (1 + 1e-6)));
  CHECK_FALSE(isapprox(z, z * (1 + 1e-4)));
  // The adjoint of z is dr/dx + i dr/dy, for |prod(z)|^2 and var(z).
  const auto dp = zygote::evaluate(std::get<0>(prod.pullback(z).back(2.0 * product)));
  const auto dv = zygote::evaluate(std::get<0>(var.pullback(z).back(1.0)));
  const auto columns = zygote::evaluate(std::get<0>(prod.pullback(z, 0).back(prod(z, 0))));
  for (Index i = 0; i < 4; ++i) {
    CHECK(std::abs(dp[i] - 2.0 * product * std::conj(product / z[i])) < 1e-9);
    CHECK(std::abs(dv[i] - 2.0 / 3 * (z[i] - m)) < 1e-12);
    const C other = z[i ^ 1];
    CHECK(std::abs(columns[i] - z[i] * other * std::conj(other)) < 1e-12);
  }
}
