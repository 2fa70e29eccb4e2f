// matmul, transpose, reshape, softmax and their adjoints.
#include <string_view>

#include "check.hpp"

using namespace cuarrays;
using check::rng;

#if defined(__x86_64__) && defined(__GNUC__)
extern "C" [[gnu::weak]] char* openblas_get_corename();
TEST_CASE("linear: a BLAS that is older than the processor does not take it for the oldest of all") {
  matmul(Array<double, 2>({1, 1}), Array<double, 2>({1, 1}));
  if (openblas_get_corename && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    CHECK(openblas_get_corename() != std::string_view("Prescott"));
}
#endif

TEST_CASE("linear: matmul and its adjoint") {
  const auto a = Array<double, 2>::of({{1, 2}, {3, 4}, {5, 6}});
  CHECK(isapprox(matmul(a, Array<double, 2>::of({{1, 0, 2}, {0, 1, 1}})),
                 Array<double, 2>::of({{1, 2, 4}, {3, 4, 10}, {5, 6, 16}})));
  CHECK(isapprox(matmul(a, Array<double, 1>::of({1, -1})), Array<double, 1>::of({-1, -1, -1})));
  CHECK(isapprox(matmul(Array<int, 2>::of({{1, 2}}), Array<int, 2>::of({{3}, {4}})), Array<int, 2>::of({{11}})));
  CHECK(isapprox(matmul(a + 0, transpose(a)), matmul(a, transpose(a))));
  for (int trial = 0; trial < 5; ++trial) {
    const auto m = static_cast<Index>(1 + rng().below(6)), k = static_cast<Index>(1 + rng().below(6)),
               n = static_cast<Index>(1 + rng().below(6));
    check::pullback(matmul, randn<double>(rng(), m, k), randn<double>(rng(), k, n));
    check::pullback(matmul, randn<double>(rng(), m, k), randn<double>(rng(), k));
    check::pullback(transpose, randn<double>(rng(), m, k));
  }
  CHECK(isapprox(matmul(Array<float, 2>({3, 0}), Array<float, 2>({0, 2})), Array<float, 2>({3, 2})));
  CHECK(check::throws(
      [] {
        matmul(Array<float, 2>({3, 4}), Array<float, 2>({5, 2}));
      },
      "matmul: (3, 4) x (5, 2): inner dimensions differ"));
  CHECK(check::throws(
      [] {
        matmul(Array<float, 2>({3, 4}), Array<float, 1>({5}));
      },
      "matmul: (3, 4) x (5): inner dimensions differ"));
}

TEST_CASE("linear: adjoints of matmul are added in place") {
  const auto a = randn<float>(rng(), 4, 3), b = randn<float>(rng(), 3, 5), d = randn<float>(rng(), 4, 5);
  const auto adjoints = matmul.pullback(a, b).back(d);
  auto acc = full(1.f, 4, 3);
  const float* before = std::as_const(acc).data();
  zygote::accumulate<Array<float, 2>>(acc, std::get<0>(adjoints));
  CHECK(std::as_const(acc).data() == before);
  CHECK(isapprox(acc, matmul(d, transpose(b)) + 1, 1e-5, 1e-5));
}

TEST_CASE("linear: reshape") {
  check::pullback(reshape, randn<double>(rng(), 3, 4), -1);
  check::pullback(reshape, randn<double>(rng(), 3, 4), Shape(2, 3, 2));
  CHECK(reshape(Array<float, 2>({3, 0}), 0, -1).shape() == Shape(0, 0));
}

TEST_CASE("softmax: values, adjoints, extremes") {
  const auto x = randn<double>(rng(), 5, 4);
  CHECK(isapprox(sum(softmax(x), 0), full(1.0, 1, 4)));
  CHECK(isapprox(exp(logsoftmax(x)), softmax(x)));
  check::pullback(softmax, x);
  check::pullback(logsoftmax, x);
  check::pullback(softmax, randn<double>(rng(), 3));
  const auto extreme = Array<float, 2>::of({{1e30f, -1000}, {0, 0}});
  CHECK(isapprox(softmax(extreme), Array<float, 2>::of({{1, 0}, {0, 1}})));
  CHECK(isapprox(logsoftmax(extreme), Array<float, 2>::of({{0, -1000}, {-1e30f, 0}})));
  CHECK(isapprox(argmax(Array<float, 2>::of({{1, 5}, {3, 5}, {2, -1}})), Array<int, 1>::of({1, 0})));
  CHECK(argmax(Array<double, 1>::of({1, 7, 3}))[0] == 1);
  const auto ties = Array<double, 2>::of({{1, 5, 5}, {3, 5, -1}});
  CHECK(isapprox(argmax(ties, 0), Array<int, 2>::of({{1, 0, 0}})));
  CHECK(isapprox(argmax(ties, 1), Array<int, 2>::of({{1}, {1}})));
  CHECK(argmax(ties, 0, 1)(0, 0) == 2);
  CHECK(argmax(ties * 2 - 1, 1)(1, 0) == 1);
  CHECK(argmax(Array<double, 1>::of({1, std::nan(""), 3, std::nan("")}))[0] == 1);
  auto cube = randn<double>(rng(), 30, 200, 300);
  cube(17, 100, 222) = 9;
  CHECK(argmax(cube, 0, 2)(0, 100, 0) == 17 + 30 * 222);
  CHECK(argmax(cube, 0, 1, 2)(0, 0, 0) == 17 + 30 * (100 + 200 * 222));
  CHECK(argmax(cube, 1)(17, 0, 222) == 100);
  CHECK(argmax(cube, 2)(17, 100, 0) == 222);
  CHECK(argmax(cube, 1, 2)(17, 0, 0) == 100 + 200 * 222);
  CHECK(argmax(Array<double, 2>(Shape(20, 1)), 1)(19, 0) == 0);
  CHECK(argmax(Array<double, 2>(Shape(3, 0)), 0).shape() == Shape(1, 0));
  CHECK(check::throws([&] { argmax(Array<double, 2>({0, 3})); }, "[argmax] expected elements"));
  for (const Index length : {1, 2, 63, 64, 65, 1000, 16384, 32768, 40001, 200000})
    for (const Index columns : {1, 2, 7, 300}) {
      if (length * columns > 600000) continue;
      Array<float, 2> x = floor(rand<float>(rng(), length, columns) * 50);  // with ties
      if (length > 2) x(rng().below(length), columns - 1) = std::numeric_limits<float>::quiet_NaN();
      const auto best = argmax(x, 0), across = argmax(Array<float, 2>(permute(x, 1, 0)), 1);
      for (Index j = 0; j < columns; ++j) {
        Index at = 0;
        for (Index i = 1; i < length; ++i)
          if (std::as_const(x)(at, j) < std::as_const(x)(i, j) ||
              (std::isnan(std::as_const(x)(i, j)) && !std::isnan(std::as_const(x)(at, j))))
            at = i;
        CHECK(best(0, j) == at);
        CHECK(across(j, 0) == at);
      }
    }
}
