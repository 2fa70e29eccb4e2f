// The protocol on arrays: rules with broadcasting, indexing, lazy contributions, users' functors and kernels.
#include "check.hpp"

using namespace cuarrays;
using check::rng;

namespace {
/// A marked operator as generated code calls it: the rule of the table.
template <class F>
struct Operator {
  F f;
  template <class A, class B>
  auto operator()(const A& a, const B& b) const {
    return f(a, b);
  }
  template <class A, class B>
  auto pullback(const A& a, const B& b) const {
    return f.pullback(a, b);
  }
};

struct Weighted {
  double a;
  FLUX_KERNEL double operator()(double x, double y) const { return a * x * y + x; }
  FLUX_KERNEL auto pullback(double x, double y) const {
    return zygote::Pullback{(*this)(x, y), [x, y, a = a](double d) {
                              return std::make_tuple(Weighted{d * x * y}, d * (a * y + 1), d * a * x);
                            }};
  }
};

struct Times {
  double operator()(double x, int n, double y) const { return x * n * y; }
  auto pullback(double x, int n, double y) const {
    return zygote::Pullback{(*this)(x, n, y), [x, n, y](double d) {
                              return std::make_tuple(zygote::none{}, d * n * y, zygote::none{}, d * n * x);
                            }};
  }
};

struct Blur {
  FLUX_KERNEL void operator()(Index i, auto out, auto in) const {
    if (i > 0 && i + 1 < in.size()) out[i] = (in[i - 1] + in[i] + in[i + 1]) / 3;
  }
};
struct Table {
  FLUX_KERNEL void operator()(Index i, Index j, auto out, double scale) const {
    out(i, j) = scale * double(10 * i + j);
  }
};
}  // namespace

TEST_CASE("adjoint: rules sum over stretched dimensions") {
  const auto matrix = randn<double>(rng(), 3, 4), other = randn<double>(rng(), 3, 4), row = randn<double>(rng(), 1, 4),
             one = randn<double>(rng(), 1, 1);
  const auto column = randn<double>(rng(), 3);
  const auto cube = randn<double>(rng(), 3, 1, 2);
  auto pairs = [&](auto f) {
    check::pullback(f, matrix, other);
    check::pullback(f, matrix, column);
    check::pullback(f, row, matrix);
    check::pullback(f, row, column);
    check::pullback(f, one, matrix);
    check::pullback(f, cube, matrix);
    check::pullback(f, matrix, 1.7);
    check::pullback(f, 1.7, matrix);
  };
  pairs(Operator<zygote::math::add_t>{});
  pairs(Operator<zygote::math::sub_t>{});
  pairs(Operator<zygote::math::mul_t>{});
  pairs(Operator<zygote::math::div_t>{});
  pairs(zygote::math::hypot);
  check::pullback(zygote::math::exp, matrix);
  check::pullback(zygote::math::tanh, cube);
  check::pullback(zygote::math::abs, matrix);
  check::pullback(zygote::math::pow, Array<double, 2>(exp(matrix)), other);
}

TEST_CASE("adjoint: indexing touches one element") {
  const auto x = randn<double>(rng(), 3, 4);
  auto acc = zygote::zero<Array<double, 2>>();
  const auto adjoints = x.pullback(1, 2).back(5.0);
  zygote::accumulate<Array<double, 2>>(acc, std::get<0>(adjoints));
  zygote::accumulate<Array<double, 2>>(acc, zygote::parts::index(zygote::extent(x), 7, 2.0));
  CHECK(acc.shape() == x.shape());
  CHECK(acc(1, 2) == 7);
  CHECK(sum(acc) == 7);
  static_assert(zygote::NoAdjoint<zygote::Adjoint<Array<int, 2>>>);
  static_assert(zygote::LazyContribution<decltype(x + x)>);
  static_assert(std::same_as<zygote::Adjoint<decltype(x + x)>, Array<double, 2>>);
  zygote::Algebra<Array<double, 2>>::complete(acc = {}, x);
  CHECK(acc.shape() == x.shape());
}

TEST_CASE("adjoint: sums of contributions share nothing with their parts") {
  const auto x = full(1.0, 2, 2), y = full(2.0, 2, 2);
  const auto e = zygote::extent(x);
  const auto total = zygote::ir::add(e, x, y * 3);
  CHECK(sum(total) == 28);
  CHECK(sum(x) == 4);
  const Array<double, 2> settled = zygote::settle<Array<double, 2>>(x + y);
  CHECK(sum(settled) == 12);
}

TEST_CASE("map: values and adjoints, of the function too") {
  const auto x = randn<double>(rng(), 3, 4);
  const auto y = randn<double>(rng(), 3);
  const Weighted f{1.5};
  CHECK(isapprox(map(f, x, y), 1.5 * x * y + x));
  auto p = zygote::pullback(map, f, x, y);
  const auto d = randn<double>(rng(), 3, 4);
  const auto [df, dx, dy] = p.back(d);
  CHECK(df.a == doctest::Approx(sum(d * x * y)));
  CHECK(isapprox(dx, d * (1.5 * y + 1), 1e-12, 1e-12));
  CHECK(isapprox(dy, sum(d * 1.5 * x, 1).reshape(Shape(3)), 1e-12, 1e-12));
  const auto [dg, da, ds] = zygote::pullback(map, f, x, 2.0).back(d);
  CHECK(ds == doctest::Approx(sum(d * 1.5 * x)));
  const auto [du, dv, dw] = zygote::pullback(mapreduce, zygote::math::exp, zygote::math::add_t{}, x).back(2.0);
  CHECK(isapprox(dw, 2 * exp(x)));
}

TEST_CASE("map: adjoints of arrays of one shape are written together") {
  for (const auto& shape : {Shape(7, 5), Shape(1, 1), Shape(0, 3), Shape(1500, 1000)}) {
    const auto x = randn<double>(rng(), shape), y = randn<double>(rng(), shape), d = randn<double>(rng(), shape);
    const auto [df, dx, dy] = zygote::pullback(map, Weighted{1.5}, x, y).back(d);
    CHECK(isapprox(dx, d * (1.5 * y + 1)));
    CHECK(isapprox(dy, d * 1.5 * x));
    Array<double, 2> sums = d;
    sums += dy;
    CHECK(isapprox(sums, d + d * 1.5 * x));
    const Array<int, 2> n(x * 10);
    const auto [dg, da, dn, db] = zygote::pullback(map, Times{}, x, n, y).back(d);
    CHECK(isapprox(da, d * n * y));
    CHECK(isapprox(db, d * n * x));
    static_assert(zygote::NoAdjoint<decltype(dn)>);
  }
  const auto x = randn<double>(rng(), 4, 6), y = randn<double>(rng(), 6, 4), d = randn<double>(rng(), 4, 6);
  const auto [df, dx, dy] = zygote::pullback(map, Weighted{2}, x, permute(y, 1, 0)).back(d);
  CHECK(isapprox(dx, d * (2 * permute(y, 1, 0) + 1)));
  CHECK(isapprox(dy, d * 2 * x));
  const auto [dz, dv, dw] = zygote::pullback(map, Weighted{2}, x, x).back(Array<double, 2>());
  CHECK(sum(abs(dv)) == 0);
}

TEST_CASE("launch: users' kernels write through views") {
  Array<double, 1> out({6});
  const auto in = Array<double, 1>::of({3, 6, 9, 0, 0, 3});
  const auto alias = out;
  launch(Blur{}, in.size(), out, in);
  CHECK(isapprox(out, Array<double, 1>::of({0, 6, 5, 3, 1, 0})));
  CHECK(sum(alias) == 0);
  Array<double, 2> table({3, 400});
  launch(Table{}, table.shape(), table, 0.5);
  CHECK(table(2, 7) == 13.5);
  Array<double, 3> cube({50, 60, 70});
  launch([](Index i, Index j, Index k, auto c) { c(i, j, k) = double(i + 100 * j + 10000 * k); }, cube.shape(), cube);
  CHECK(cube(49, 59, 69) == 695949);
  CHECK(cube(1, 2, 3) == 30201);
}
