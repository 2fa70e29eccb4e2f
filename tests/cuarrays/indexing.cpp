// Gather, scatter, scans and sorting against plain loops; all adjoints by random shapes.
#include "check.hpp"

using namespace cuarrays;
using check::rng;

namespace {
Index below(Index n) { return static_cast<Index>(rng().below(static_cast<std::uint64_t>(n))); }
}  // namespace

TEST_CASE("indexing: adjoints of gather, scans and sorts, by random shapes") {
  for (int trial = 0; trial < 15; ++trial) {
    const auto x = randn<double>(rng(), 1 + below(5), 1 + below(5), 1 + below(5));
    for (int dim = 0; dim < 3; ++dim) {
      Array<int, 1> which(Shape<1>(1 + below(6)));
      for (int& i : which) i = static_cast<int>(below(x.size(dim)));
      check::pullback(gather, x, which, dim);
      auto values = x.shape();
      values[dim] = which.size();
      check::pullback(scatter, zygote::math::add_t{}, x, which, randn<double>(rng(), values), dim);
      check::pullback(scan, zygote::math::add_t{}, x, dim);
      check::pullback(scan, zygote::math::mul_t{}, x, dim);
      check::pullback(scan_exclusive, zygote::math::add_t{}, x, dim);
      check::pullback(scan_exclusive, zygote::math::mul_t{}, x, dim);
      const auto y = scan_exclusive(zygote::math::add_t{}, x, dim);
      CHECK(isapprox(y + x, scan(zygote::math::add_t{}, x, dim), 1e-9, 1e-9));
    }
    check::pullback(sort, x);
    check::pullback(sort_by_key, randn<double>(rng(), x.shape()), x);
  }
}

TEST_CASE("scan: long lanes, by parts and by threads, and many side by side") {
  for (const Shape<3>& shape : {Shape(1, 130, 3), Shape(1, 16100, 2), Shape(1, 1049000, 1), Shape(300, 4, 2)}) {
    const auto x = randn<double>(rng(), shape);
    Array<double, 3> sums(shape), before(shape), largest(shape);
    for (Index j = 0; j < shape[2]; ++j)
      for (Index i = 0; i < shape[0]; ++i) {
        double total = 0, most = -INFINITY;
        for (Index k = 0; k < shape[1]; ++k) {
          const Index at = shape.offset(i, k, j);
          before[at] = total;
          sums[at] = total += x[at];
          largest[at] = most = std::max(most, x[at]);
        }
      }
    CHECK(isapprox(scan(zygote::math::add_t{}, x, 1), sums, 1e-9, 1e-9));
    CHECK(isapprox(scan_exclusive(zygote::math::add_t{}, x, 1), before, 1e-9, 1e-9));
    CHECK(isapprox(scan(larger_t{}, x, 1), largest, 0));
  }
}

TEST_CASE("indexing: values") {
  const auto x = Array<float, 2>::of({{3, 1}, {1, 1}, {2, 0}});
  CHECK(isapprox(gather(x, Array<int, 1>::of({2, 2, 0}), 0), Array<float, 2>::of({{2, 0}, {2, 0}, {3, 1}})));
  CHECK(isapprox(sort(x), Array<float, 2>::of({{1, 0}, {2, 1}, {3, 1}})));
  CHECK(isapprox(sort(x, greater_t{}), Array<float, 2>::of({{3, 1}, {2, 1}, {1, 0}})));
  CHECK(isapprox(sortperm(x), Array<int, 2>::of({{1, 2}, {2, 0}, {0, 1}})));
  CHECK(isapprox(scan(larger_t{}, x, 1), Array<float, 2>::of({{3, 3}, {1, 1}, {2, 2}})));
  const auto counts = scatter(zygote::math::add_t{}, Array<int, 1>({4}), Array<int, 1>::of({1, 3, 1}), full(1, 3));
  CHECK(isapprox(counts, Array<int, 1>::of({0, 2, 0, 1})));
  CHECK(isapprox(scatter(larger_t{}, full(1.5f, 3, 2), Array<int, 1>::of({1, 1}), x),
                 Array<float, 2>::of({{1.5f, 3}, {1.5f, 1.5f}, {1.5f, 2}})));
  const Array<int, 1> none({0});
  CHECK(isapprox(scatter(zygote::math::add_t{}, full(1, 4), none, none), full(1, 4)));
  CHECK(scatter(zygote::math::add_t{}, x, none, Array<float, 2>({3, 0})).shape() == x.shape());
  const auto odd = Array<double, 1>::of({3, NAN, 1, INFINITY, NAN, 2});
  CHECK(isapprox(sortperm(odd), Array<int, 1>::of({2, 5, 0, 3, 1, 4})));
  CHECK(isapprox(sortperm(odd, greater_t{}), Array<int, 1>::of({3, 0, 5, 2, 1, 4})));
  CHECK(check::throws([&] { gather(x, Array<int, 1>::of({2})); }, "[gather] expected indices from 0 to 1, got 2"));
  CHECK(check::throws([&] { scatter(zygote::math::add_t{}, x, Array<int, 1>::of({0}), x); },
                      "[scatter] expected one value per index along dimension 1"));
}

TEST_CASE("reduce: adjoints, by random shapes") {
  for (int trial = 0; trial < 10; ++trial) {
    const auto x = randn<double>(rng(), 2 + below(4), 2 + below(4), 1 + below(3));
    check::pullback(sum, x, 0, 2);
    check::pullback(mean, x, 1);
    check::pullback(softmax, x);
    check::pullback(logsoftmax, x);
    check::pullback(prod, x);
    check::pullback(prod, x, 1);
    check::pullback(var, x);
    check::pullback(var, x, 0, 2);
    check::pullback(maximum, x);
    check::pullback(maximum, x, 0, 1);
    check::pullback(minimum, x, 1);
  }
  auto x = Array<double, 2>::of({{2, 0, 0}, {3, 5, 0}});
  check::pullback(prod, x, 0);
  CHECK(isapprox(prod(x, 0), Array<double, 2>::of({{6, 0, 0}})));
  CHECK(var(Array<double, 1>::of({1, 2, 3, 4})) == doctest::Approx(5. / 3));
  CHECK(any(x));
  CHECK_FALSE(all(x));
  CHECK(isapprox(all(x, 0), Array<bool, 2>::of({{true, false, false}})));
  // Narrow arrays take ways of their own.
  const auto wide = randn<double>(rng(), 10, 200003);
  CHECK(isapprox(sum(wide, 0), matmul(full(1.0, 1, 10), wide), 1e-9, 1e-9));
  CHECK(isapprox(sum(wide, 1), permute(sum(permute(wide, 1, 0), 0), 1, 0), 1e-9, 1e-9));
  CHECK(isapprox(maximum(wide, 1), permute(maximum(permute(wide, 1, 0), 0), 1, 0)));
}
