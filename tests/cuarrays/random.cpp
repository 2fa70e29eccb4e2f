// Random numbers: the published generator, the same stream always, plausible moments.
#include <algorithm>

#include "check.hpp"
#ifdef _OPENMP
#include <omp.h>
#endif

using namespace cuarrays;

TEST_CASE("random: Philox gives the published numbers") {
  // Known answers of the authors' Random123 library, philox4x32 10.
  const auto zeros = detail::philox({{0, 0, 0, 0}}, 0, 0);
  CHECK(zeros.w[0] == 0x6627e8d5);
  CHECK(zeros.w[3] == 0x9b00dbd8);
  const auto ones = detail::philox({{~0u, ~0u, ~0u, ~0u}}, ~0u, ~0u);
  CHECK(ones.w[0] == 0x408f276d);
  CHECK(ones.w[3] == 0x6d5451fd);
}

TEST_CASE("random: a seed gives one stream, whatever the shapes and threads") {
  Rng a(7), b(7), c(8);
  const auto x = rand<float>(a, 1500, 1000);
#ifdef _OPENMP
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
#endif
  const auto y = rand<float>(b, 1500000);
#ifdef _OPENMP
  omp_set_num_threads(threads);
#endif
  CHECK(isapprox(x.reshape(Shape(1500000)), y, 0));
  CHECK_FALSE(isapprox(rand<float>(c, 1500000), y, 1e-3));
  CHECK(isapprox(randn<double>(a, 5), randn<double>(b, 5), 0));  // both streams are as far
  CHECK_FALSE(isapprox(randn<double>(a, 5), randn<double>(a, 5)));
  CHECK(minimum(x) >= 0);
  CHECK(maximum(x) < 1);
  CHECK(mean(x) == doctest::Approx(0.5).epsilon(0.01));
  CHECK(mean(x * x) == doctest::Approx(1. / 3).epsilon(0.01));
  const auto z = randn<double>(a, 100001);
  CHECK(mean(z) == doctest::Approx(0).scale(1).epsilon(0.01));
  CHECK(mean(z * z) == doctest::Approx(1).epsilon(0.02));
  CHECK(mean(z * z * z * z) == doctest::Approx(3).epsilon(0.05));
}

TEST_CASE("random: permutations") {
  Rng rng(3);
  auto p = permutation(rng, 1000);
  CHECK_FALSE(std::is_sorted(p.begin(), p.end()));
  CHECK_FALSE(isapprox(p, permutation(rng, 1000), 0));
  CHECK(permutation(rng, 0).empty());
  std::sort(p.begin(), p.end());
  for (int i = 0; i < 1000; ++i) CHECK(p[i] == i);
  int counts[3] = {};
  for (int i = 0; i < 30000; ++i) ++counts[rng.below(3)];
  for (int count : counts) CHECK(count == doctest::Approx(10000).epsilon(0.05));
}

TEST_CASE("random: Bernoulli") {
  Rng a(4), b(4);
  const auto x = bernoulli(a, 0.3, 1000, 101);
  static_assert(std::same_as<decltype(x), const Array<bool, 2>>);
  CHECK(mean(x) == doctest::Approx(0.3).epsilon(0.02));
  CHECK(isapprox(bernoulli<float>(b, 0.3, Shape(101000)), Array<float, 2>(x).reshape(Shape(101000)), 0));
  CHECK(sum(bernoulli(a, 0, 100)) == 0);
  CHECK(sum(bernoulli(a, 1, 100)) == 100);
  CHECK(check::throws([&] { bernoulli(a, 1.5, 3); }, "[bernoulli] expected a probability, got 1.5"));
}
