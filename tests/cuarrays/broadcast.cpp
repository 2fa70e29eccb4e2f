// Elementwise expressions: every function of the table, shapes, in-place updates, aliasing, types, threads.
#include <cmath>
#include <limits>

#include "check.hpp"

using namespace cuarrays;
using check::rng;

namespace {
/// Batches and tails of batches give what the scalar function gives.
template <class T, class F, class... X>
void same_as_scalar(const char* name, const F& f, const X&... x) {
  const auto result = broadcast(f, x...).evaluate();
  double worst = 0;
  for (Index i = 0; i < result.size(); ++i) {
    const double expected = static_cast<double>(f(x[i % x.size()]...)), got = static_cast<double>(result.view()[i]);
    if (!(std::isnan(expected) && std::isnan(got)) && expected != got)
      worst = std::max(worst, std::abs(got - expected) / std::max(1.0, std::abs(expected)));
  }
  CHECK_MESSAGE(worst < 64 * std::numeric_limits<T>::epsilon(), name << " differs by " << worst);
}

template <class T>
void all_functions() {
  for (Index n : {1, 3, 8, 19, 64, 77}) {
    const auto x = Array<T, 1>(rand<T>(rng(), n) * T(0.9) + T(0.05)),
               y = Array<T, 1>(rand<T>(rng(), n) * T(0.9) + T(0.05));
    const auto z = Array<T, 1>(y + T(1));
#define ZYGOTE_OPERATOR1(name, symbol, ...) same_as_scalar<T>(#name, zygote::math::name##_t{}, x);
#define ZYGOTE_OPERATOR2(name, symbol, ...) same_as_scalar<T>(#name, zygote::math::name##_t{}, x, y);
#define ZYGOTE_RULE1(name, ...) \
  same_as_scalar<T>(#name, zygote::math::name, std::string_view(#name) == "acosh" ? z : x);
#define ZYGOTE_RULE2(name, ...) \
  if constexpr (std::string_view(#name) != "ldexp") same_as_scalar<T>(#name, zygote::math::name, x, y);
#define ZYGOTE_RULE3(name, ...) same_as_scalar<T>(#name, zygote::math::name, x, y, z);
#define ZYGOTE_HELPER1(name) same_as_scalar<T>(#name, zygote::math::name, x);
#define ZYGOTE_HELPER2(name) same_as_scalar<T>(#name, zygote::math::name, x, y);
#include <zygote/rules.def>
  }
}

template <int N, int A, int B>
void shapes(Shape<A> a, Shape<B> b, Shape<N> expected) {
  const auto x = randn<float>(rng(), a);
  const auto y = randn<float>(rng(), b);
  const Array<float, N> result = x - 2 * y;
  REQUIRE(result.shape() == expected);
  Index at[N] = {};
  auto element = [&](const auto& array) {
    Index offset = 0;
    for (int d = array.rank - 1; d >= 0; --d) offset = offset * array.size(d) + (array.size(d) == 1 ? 0 : at[d]);
    return array.view()[offset];
  };
  for (Index i = 0; i < result.size(); ++i) {
    for (Index d = 0, rest = i; d < N; rest /= expected[static_cast<int>(d++)])
      at[d] = rest % expected[static_cast<int>(d)];
    REQUIRE(result.view()[i] == element(x) - 2 * element(y));
  }
}
}  // namespace

TEST_CASE("broadcast: all functions of the table, by batches of float") { all_functions<float>(); }
TEST_CASE("broadcast: all functions of the table, by batches of double") { all_functions<double>(); }

TEST_CASE("broadcast: erf and erfc of floats, down to the tails") {
  Array<float, 1> x({40000});
  for (Index i = 0; i < x.size(); ++i) x[i] = float(i - 20000) * 4.6e-4f;
  const Array<float, 1> y = erf(x), tail = erfc(x);
  double largest = 0;
  for (Index i = 0; i < x.size(); ++i) {
    const double e = std::erf(double(x[i])), t = std::erfc(double(x[i]));
    largest = std::max({largest, std::abs(y[i] - e) / (std::abs(e) + 1e-30), std::abs(tail[i] - t) / t});
  }
  CHECK(largest < 6e-7);
  const float infinity = std::numeric_limits<float>::infinity();
  auto ends = Array<float, 1>::of({-infinity, infinity, std::nanf(""), -0.f, 1e-40f, 12.f, -12.f, 1e30f});
  const Array<float, 1> ends_erf = erf(ends), ends_erfc = erfc(ends);
  for (Index i = 0; i < ends.size(); ++i)
    if (i == 2)
      CHECK((std::isnan(ends_erf[i]) && std::isnan(ends_erfc[i])));
    else {
      CHECK(ends_erf[i] == doctest::Approx(std::erf(ends[i])));
      CHECK(ends_erfc[i] == doctest::Approx(std::erfc(ends[i])));
    }
  CHECK(std::signbit(ends_erf[3]));
}

TEST_CASE("broadcast: shapes are aligned at the first dimension") {
  shapes(Shape(5, 7), Shape(5, 7), Shape(5, 7));
  shapes(Shape(5, 7), Shape(5), Shape(5, 7));
  shapes(Shape(1, 7), Shape(5, 7), Shape(5, 7));
  shapes(Shape(1, 7), Shape(5), Shape(5, 7));
  shapes(Shape(37, 1, 3), Shape(37, 4), Shape(37, 4, 3));
  shapes(Shape(1, 4, 1, 2), Shape(3, 1, 5, 2), Shape(3, 4, 5, 2));
  shapes(Shape(1, 1), Shape(1, 1), Shape(1, 1));
  shapes(Shape(1), Shape(16, 2), Shape(16, 2));
  shapes(Shape(3, 0), Shape(3), Shape(3, 0));
  shapes(Shape(900, 1, 2), Shape(1, 700, 2), Shape(900, 700, 2));  // large enough for threads
}

TEST_CASE("broadcast: in place, and safe when an operand is the target") {
  auto a = Array<float, 2>::of({{1, 2}, {3, 4}});
  const float* before = std::as_const(a).data();
  a += 1;
  a *= Array<float, 1>::of({1, 10});
  CHECK(std::as_const(a).data() == before);
  CHECK(isapprox(a, Array<float, 2>::of({{2, 3}, {40, 50}})));
  a += a;
  a = 2 * a - a;  // each element is read where it is written
  CHECK(std::as_const(a).data() == before);
  a = a + transpose(a);
  CHECK(isapprox(a, Array<float, 2>::of({{8, 86}, {86, 200}})));
  const auto kept = a;
  a = a + 0 * kept;
  CHECK(std::as_const(a).data() != kept.data());
  a -= kept;
  CHECK(kept(0, 0) == 8);
  CHECK(sum(a) == 0);
  auto square = Array<float, 2>::of({{1, 2}, {3, 4}});
  square = square + square.reshape(Shape(1, 4)).reshape(Shape(2, 2)) * sum(square, 0);
  CHECK(isapprox(square, Array<float, 2>::of({{5, 14}, {15, 28}})));
  square = permute(square, 1, 0) - square;
  CHECK(isapprox(square, Array<float, 2>::of({{0, 1}, {-1, 0}})));
  const auto twice = square * 2;  // has a name, and stands for what it read
  square = twice;
  square = twice;
  CHECK(isapprox(square, Array<float, 2>::of({{0, 2}, {-2, 0}})));
  auto divided = Array<float, 1>::of({2, 4, 6});  // a function that looks at the target
  divided = map([&](float x) { return x / std::as_const(divided)(0); }, divided);
  CHECK(isapprox(divided, Array<float, 1>::of({1, 2, 3})));
  float memory[2] = {1, 2};
  auto wrapped = Array<float, 1>::wrap(memory, 2);
  const auto again = Array<float, 1>::wrap(memory, 2), shared = wrapped;
  wrapped = again * 2;
  CHECK(shared(1) == 2);
  auto lazy = a + 1;  // owns what it reads
  a = full(5.f, 2, 2);
  CHECK(sum(lazy) == 4);
  a /= 2;
  CHECK(a(1, 1) == 2.5f);
}

TEST_CASE("broadcast: element types") {
  const Array<float, 1> f({2}, {1, 2});
  const Array<int, 1> i({2}, {1, 2});
  static_assert(std::same_as<decltype((f * 2.0).evaluate()), Array<float, 1>>);
  static_assert(std::same_as<decltype((i * 2).evaluate()), Array<int, 1>>);
  static_assert(std::same_as<decltype((i * 0.5).evaluate()), Array<double, 1>>);
  static_assert(std::same_as<decltype((f < 2).evaluate()), Array<bool, 1>>);
  static_assert(std::same_as<decltype((Array<double, 1>(f) + f).evaluate()), Array<double, 1>>);
  const Array<double, 1> d = f + 1;
  CHECK(d[1] == 3);
  CHECK(sum(f == i) == 2);
  CHECK(sum(f > 1 && i % 2 == 0) == 1);
  CHECK(isapprox(pow(f, 2), Array<float, 1>::of({1, 4})));
  CHECK(isapprox(f, d - 1));
  CHECK_FALSE(isapprox(f, d));
}

TEST_CASE("broadcast: what is not a number stays so; empty arrays") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  auto x = full(1.f, 40);
  x[3] = nan;
  x[39] = nan;
  CHECK(sum(zygote::math::max(x, 0) != zygote::math::max(x, 0)) == 2);
  CHECK(std::isnan(sum(x)));
  CHECK(std::isnan(maximum(x)));
  CHECK(std::isnan(minimum(x.reshape(Shape(4, 10)), 0)[0]));
  const Array<float, 2> none;
  CHECK((none + full(1.f, 2, 2)).evaluate().is_void());
  Array<float, 2> y = full(1.f, 2, 2);
  y += none;
  CHECK(sum(y) == 4);
  Array<float, 2> zero;
  zero += y * 2;
  CHECK(sum(zero) == 8);
  CHECK(exp(Array<float, 2>({3, 0})).evaluate().shape() == Shape(3, 0));
}

namespace {
struct Counted {
  long* calls;
  double operator()(double x) const { return ++*calls, std::exp(x); }
};
}  // namespace

TEST_CASE("broadcast: what an expression uses twice is worked out once") {
  const auto a = randn<double>(rng(), 33, 2), b = randn<double>(rng(), 33, 2);
  long calls = 0, others = 0;
  const auto y = map(Counted{&calls}, a);
  const Array<double, 2> square = y * y + y;
  CHECK(calls == a.size());
  CHECK(isapprox(square, exp(2 * a) + exp(a)));
  CHECK(sum(y * y - y) == doctest::Approx(sum(exp(2 * a) - exp(a))));
  CHECK(calls == 2 * a.size());
  calls = 0;
  const auto other = map(Counted{&others}, a), same_type = map(Counted{&calls}, b);
  const auto outer = tanh(y - 1);
  Array<double, 2> all = outer * outer + y * other - same_type;  // y is in both
  CHECK(calls == 2 * a.size());
  CHECK(others == a.size());
  const Array<double, 2> e = exp(a), t = tanh(e - 1);
  CHECK(isapprox(all, t * t + e * e - exp(b)));
  all -= outer * outer;
  CHECK(isapprox(all, e * e - exp(b), 1e-9, 1e-12));
  const auto row = exp(sum(a, 0));
  const Array<double, 2> stretched_row = row;
  CHECK(isapprox(a * row + row * row, a * stretched_row + stretched_row * stretched_row));
  const auto f = randn<float>(rng(), 1003);  // in batches
  const auto g = exp(f);
  CHECK(isapprox(g * g + g, exp(2 * f) + exp(f), 1e-6));
}

TEST_CASE("broadcast: large arrays on all threads, exceptions included") {
  const auto a = randn<float>(rng(), 2000003);
  const Array<float, 1> b = exp(a) * 2;
  bool same = true;
  for (Index i = 0; i < a.size(); i += 997) same = same && std::abs(b[i] - 2 * std::exp(a[i])) <= 1e-6f * b[i];
  CHECK(same);
  CHECK_THROWS_AS(map([](float x) { return x > 4 ? throw std::domain_error("too large") : x; }, a).evaluate(),
                  std::domain_error);
}

namespace {
template <class T>
void check_special_values() {
  const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  const std::vector<T> values{0, T(-0.), 1, -1, 2, T(0.5), -2, 3, inf, -inf, nan, T(1e-3), T(1e10), T(-2.5)};
  const auto n = static_cast<Index>(values.size());
  Array<T, 1> a(Shape<1>(n * n)), b(a.shape());
  for (Index i = 0; i < n * n; ++i) {
    a[i] = values[static_cast<std::size_t>(i / n)];
    b[i] = values[static_cast<std::size_t>(i % n)];
  }
  const auto agree = [&](const Array<T, 1>& result, auto expected) {
    for (Index i = 0; i < n * n; ++i) {
      const T x = result.view()[i], y = expected(std::as_const(a)[i], std::as_const(b)[i]);
      CHECK((x == y || (x != x && y != y) || std::abs(x - y) <= T(2e-6) * std::abs(y)));
    }
  };
#define FLUX_AGREE1(name) agree(name(a), [](T x, T) { return std::name(x); })
#define FLUX_AGREE2(name) agree(name(a, b), [](T x, T y) { return std::name(x, y); })
  FLUX_AGREE1(exp), FLUX_AGREE1(log), FLUX_AGREE1(sqrt), FLUX_AGREE1(cbrt), FLUX_AGREE1(tanh), FLUX_AGREE1(sin);
  FLUX_AGREE1(atan), FLUX_AGREE1(tgamma), FLUX_AGREE1(lgamma), FLUX_AGREE1(expm1), FLUX_AGREE1(log1p);
  FLUX_AGREE1(erf), FLUX_AGREE1(erfc), FLUX_AGREE1(round);
  FLUX_AGREE2(pow), FLUX_AGREE2(atan2), FLUX_AGREE2(hypot), FLUX_AGREE2(fmod), FLUX_AGREE2(fdim);
  const T most = std::numeric_limits<T>::max() / 2, least = std::numeric_limits<T>::min();
  for (const T x : {most, least}) {  // of which the squares are neither
    const Array<T, 1> both = hypot(full(x, 9), full(x, 9));
    CHECK(both[8] / x == doctest::Approx(std::sqrt(2.0)));
  }
}
}  // namespace

TEST_CASE("zeros, infinities, what is not a number, and large numbers, as std has them") {
  check_special_values<double>();
  check_special_values<float>();
}
