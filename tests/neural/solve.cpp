// solve, cholesky, triangular_solve, sparse products: values and adjoints.
#include "neural.hpp"

using namespace neural;

namespace {
/// Random and far from singular.
template <class T = double>
Array<T, 2> regular(Index n) {
  auto a = check::random_like(Array<T, 2>({n, n}));
  for (Index i = 0; i < n; ++i) a(i, i) += 3.0 * static_cast<double>(n);
  return a;
}
Array<double, 2> positive(Index n) {
  const auto m = randn<double>(rng(), n, n);
  Array<double, 2> a = matmul_nt(m, m);
  for (Index i = 0; i < n; ++i) a(i, i) += 1;
  return a;
}

/// cholesky of a symmetric matrix made from any, so that single elements can be changed.
struct CholeskyOfProduct {
  auto operator()(const auto& m) const { return cholesky(matmul_nt(m, m)); }
  template <class M>
  auto pullback(const M& m) const {
    const auto inner = matmul_nt.pullback(m, m);
    const auto outer = cholesky.pullback(inner.value);
    return zygote::Pullback{outer.value, [inner, outer](const auto& d) {
                              const auto da = std::get<0>(outer.back(d));
                              M dm = std::get<0>(inner.back(da));
                              dm += std::get<1>(inner.back(da));
                              return std::make_tuple(dm);
                            }};
  }
};

/// Of the stored elements only.
template <class V>
struct SparseTimes {
  Csr<V> pattern;
  auto with(const V& values) const {
    auto a = pattern;
    a.values = values;
    return a;
  }
  template <class B>
  auto operator()(const V& values, const B& b) const {
    return sparse_matmul(with(values), b);
  }
  template <class B>
  auto pullback(const V& values, const B& b) const {
    auto p = sparse_matmul.pullback(with(values), b);
    return zygote::Pullback{p.value, [back = p.back](const auto& d) {
                              auto [da, db] = back(d);
                              return std::make_tuple(zygote::none{}, da.values, db);
                            }};
  }
};
template <class V>
SparseTimes(Csr<V>) -> SparseTimes<V>;
using Z = std::complex<double>;
}  // namespace

TEST_CASE("solve: the solution solves, adjoints") {
  for (int trial = 0; trial < 4; ++trial) {
    const Index n = pick(1, 5), m = pick(1, 4);
    const auto a = regular(n);
    const auto b = randn<double>(rng(), n, m);
    CHECK(same(matmul(a, solve(a, b)), b));
    check::pullback(solve, a, b);
    check::pullback(solve, a, randn<double>(rng(), n));
    check::pullback(triangular_solve, a, b);
    check::pullback(triangular_solve, a, randn<double>(rng(), n));
    check::pullback(solve, regular<Z>(n), check::random_like(Array<Z, 2>({n, m})));
    check::pullback(triangular_solve, regular<Z>(n), check::random_like(Array<Z, 1>({n})));
  }
  const auto single = Array<float, 2>::of({{0, 2}, {1, 1}});
  CHECK(isapprox(solve(single, Array<float, 1>::of({2, 3})), Array<float, 1>::of({2, 1})));
  const auto z = Array<Z, 2>::of({{{0, 1}, {1, 0}}, {{2, 0}, {0, 0}}});
  const auto x = solve(z, Array<Z, 1>::of({{1, 1}, {4, 2}}));
  CHECK(std::abs(x(0) - Z(2, 1)) + std::abs(x(1) - Z(2, -1)) < 1e-12);
  CHECK(check::throws(
      [] {
        solve(Array<double, 2>({3, 3}), Array<double, 1>({3}));
      },
      "[solve] the matrix (3, 3) is singular: pivot 0 is 0"));
  CHECK(check::throws(
      [] {
        solve(Array<double, 2>({3, 2}), Array<double, 1>({3}));
      },
      "[solve] expected a square matrix, got (3, 2)"));
  CHECK(check::throws(
      [] {
        solve(Array<double, 2>({3, 3}), Array<double, 1>({2}));
      },
      "[solve] expected a right-hand side of 3 rows, got (2)"));
}

TEST_CASE("cholesky: the factor squared, adjoints") {
  for (int trial = 0; trial < 4; ++trial) {
    const Index n = pick(1, 6);
    const auto a = positive(n);
    const auto l = cholesky(a);
    CHECK(same(matmul_nt(l, l), a));
    CHECK((n == 1 || l(0, n - 1) == 0));
    check::pullback(CholeskyOfProduct{}, regular(n));
    check::pullback(CholeskyOfProduct{}, regular<Z>(n));
    const auto da = std::get<0>(cholesky.pullback(a).back(randn<double>(rng(), n, n)));
    CHECK(same(da, transpose(da)));
  }
  CHECK(check::throws(
      [] {
        cholesky(Array<double, 2>::of({{1, 0}, {2, 1}}));
      },
      "[cholesky] the matrix (2, 2) is not positive definite: see its row 1"));
}

TEST_CASE("sparse: products with dense matrices and vectors, adjoints") {
  for (int trial = 0; trial < 4; ++trial) {
    const Index m = pick(1, 7), k = pick(1, 7), n = pick(1, 4);
    Array<double, 2> dense = randn<double>(rng(), m, k);
    for (double& x : dense)
      if (pick(0, 2) > 0) x = 0;
    const auto a = to_csr(dense);
    const auto b = randn<double>(rng(), k, n);
    CHECK(same(sparse_matmul(a, b), matmul(dense, b)));
    check::pullback(SparseTimes{a}, a.values, b);
    check::pullback(SparseTimes{a}, a.values, randn<double>(rng(), k));
    const auto z = to_csr((Array<Z, 2>(dense) * Z(1, 2)).evaluate());
    check::pullback(SparseTimes{z}, z.values, check::random_like(Array<Z, 2>({k, n})));
  }
  static_assert(std::same_as<zygote::Adjoint<Csr<Array<double, 1>>>, Csr<Array<double, 1>>>);
  using C = std::complex<float>;
  const auto z = Array<C, 2>::of({{{0, 1}, {0, 0}}});
  CHECK(sparse_matmul(to_csr(z), Array<C, 1>::of({{0, 1}, {5, 0}}))(0) == C(-1, 0));
  CHECK(check::throws(
      [] {
        sparse_matmul(to_csr(Array<float, 2>({3, 4})), Array<float, 2>({5, 2}));
      },
      "matmul: sparse (3, 4) x (5, 2): inner dimensions differ"));
}
