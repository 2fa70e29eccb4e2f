// Slices, permutations and parts against plain indexing; kernels that are generic over element and storage.
#include <complex>

#include "check.hpp"

using namespace cuarrays;
using check::rng;

namespace {
Index below(Index n) { return static_cast<Index>(rng().below(static_cast<std::uint64_t>(n))); }
Range random_range(Index n) {
  const Index first = below(n), step = 1 + below(3);
  return below(2) ? range(first, n, step) : range(first, -1, -step);
}
Index at(const Range& r, Index i) { return r.first + i * r.step; }
}  // namespace

TEST_CASE("views: slices, permutations and flips, by random shapes") {
  for (int trial = 0; trial < 20; ++trial) {
    const auto x = randn<double>(rng(), 1 + below(6), 1 + below(6), 1 + below(6));
    const Range r = random_range(x.size(0)), s = random_range(x.size(2));
    const Index j = below(x.size(1));
    const auto y = slice(x, r, j, s);
    const Array<double, 2> dense = y;
    const Array<double, 3> turned = permute(x, 2, 0, 1), flipped = flip(x, 1);
    for (Index k = 0; k < y.size(1); ++k)
      for (Index i = 0; i < y.size(0); ++i) REQUIRE(dense(i, k) == x(at(r, i), j, at(s, k)));
    for (Index k = 0; k < x.size(2); ++k)
      for (Index i = 0; i < x.size(0); ++i) {
        REQUIRE(turned(k, i, j) == x(i, j, k));
        REQUIRE(flipped(i, j, k) == x(i, x.size(1) - 1 - j, k));
      }
    CHECK(isapprox(permute(slice(x, r, j, s), 1, 0), permute(dense, 1, 0)));
    CHECK(sum(y * 2) == doctest::Approx(2 * sum(dense)));
    CHECK(isapprox(sum(permute(x, 2, 0, 1), 0, 2), sum(turned, 0, 2)));
    check::pullback(slice, x, r, j, s);
    check::pullback(permute, x, 1, 2, 0);
    check::pullback(flip, x, 2);
    check::pullback(concat, 1, x, flip(x, 1).evaluate(), x);
  }
}

TEST_CASE("views: parts are written to, and copies are not") {
  Array<float, 2> a({3, 4});
  const auto before = a;
  part(a, every, 1) = 5;
  part(a, range(0, 3, 2), range(2, 4)) += Array<float, 1>::of({1, 2});
  part(a, 0, every) *= slice(a, 2, every) + 1;
  CHECK(isapprox(a, Array<float, 2>::of({{0, 30, 3, 3}, {0, 5, 0, 0}, {0, 5, 2, 2}})));
  CHECK(sum(before) == 0);
  const auto column = slice(a, every, 1);
  part(a, every, range(0, 3)) = slice(a, every, range(1, 4));  // overlapping
  CHECK(isapprox(a, Array<float, 2>::of({{30, 3, 3, 3}, {5, 0, 0, 0}, {5, 2, 2, 2}})));
  CHECK(isapprox(column, Array<float, 1>::of({30, 5, 5})));
  const auto wide = concat(1, a, full(1.f, 3, 1), a * 0);
  CHECK(wide.shape() == Shape(3, 9));
  CHECK(wide(1, 4) == 1);
  CHECK(wide(2, 3) == 2);
  CHECK(check::throws([&] { slice(a, 3, every); }, "[slice] expected a position within (3, 4), got 3"));
  CHECK(check::throws([&] { slice(a, range(1, 5), every); }, "[slice] expected ranges within (3, 4), got (1, 5, 1)"));
  CHECK(check::throws([&] { slice(a, range(0, 3, 0), every); }, "got (0, 3, 0)"));
  CHECK(check::throws([&] { permute(a, 0, 0); }, "[permute] expected each dimension"));
  CHECK(check::throws([&] { part(a, every, 0) = full(1.f, 2); }, "[stretch] expected"));
  CHECK(check::throws([&] { concat(0, a, full(1.f, 3, 3)); },
                      "[concat] expected equal shapes but for dimension 0, got (3, 4) (3, 3)"));
}

TEST_CASE("views: large transposes") {
  for (auto [m, n] : {std::pair<Index, Index>(1, 3000), {700, 1031}, {1500, 1024}}) {
    const auto x = rand<float>(rng(), m, n);
    const Array<float, 2> y = permute(x, 1, 0) * 2;
    bool same = y.shape() == Shape(n, m);
    for (Index j = 0; j < n; ++j)
      for (Index i = 0; i < m; ++i) same = same && y.view()(j, i) == 2 * x.view()(i, j);
    CHECK(same);
  }
}

namespace {
/// One kernel by index and one by element, both unchanged for all that follow.
struct VectorAdd {
  FLUX_KERNEL void operator()(Index i, auto out, auto x, auto y) const { out[i] = x[i] + y[i]; }
};
struct Plus {
  FLUX_KERNEL auto operator()(const auto& x, const auto& y) const { return x + y; }
};

/// An array type of one's own: 0, 10, 20, ...
struct Tens : Storage<Tens, 1> {
  using value_type = float;
  Index n;
  explicit Tens(Index n) : n(n) {}
  struct Reader {
    FLUX_KERNEL float operator[](Index i) const { return 10 * static_cast<float>(i); }
  };
  Shape<1> shape() const { return Shape<1>(n); }
  Reader reader() const { return {}; }
};

template <class X, class Y, class T>
void added(const X& x, const Y& y, std::initializer_list<T> expected) {
  Array<T, 1> out({static_cast<Index>(expected.size())});
  launch(VectorAdd{}, out.size(), out, x, y);
  CHECK(isapprox(out, Array<T, 1>::of(expected)));
  CHECK(isapprox(map(Plus{}, x, y), Array<T, 1>::of(expected)));
}
}  // namespace

TEST_CASE("storage: one kernel for all elements and storages") {
  using C = std::complex<float>;
  const auto dense = Array<float, 1>::of({1, 2, 3});
  const auto matrix = Array<float, 2>::of({{7, 8, 9}, {1, 1, 1}});
  const auto complex = Array<C, 1>::of({C(0, 1), C(2, 0), C(0, -1)});
  const Sparse<float, 1> sparse_vector(Shape(3), Array<Index, 1>::of({1}), Array<float, 1>::of({5}));
  const Sparse<C, 1> sparse_complex(Shape(3), Array<Index, 1>::of({0, 2}), Array<C, 1>::of({C(1, 1), C(0, 2)}));
  added<>(dense, dense, {2.f, 4.f, 6.f});
  added<>(dense, slice(matrix, 0, range(2, -1, -1)), {10.f, 10.f, 10.f});
  added<>(complex, complex, {C(0, 2), C(4, 0), C(0, -2)});
  added<>(dense, sparse_vector, {1.f, 7.f, 3.f});
  added<>(sparse_complex, sparse_complex, {C(2, 2), C(0, 0), C(0, 4)});
  added<>(complex, sparse_complex, {C(1, 2), C(2, 0), C(0, 1)});
  added<>(dense, onehot(2, 3), {1.f, 2.f, 4.f});
  added<>(dense * 2, exp(dense * 0), {3.f, 5.f, 7.f});
  added<>(dense, Tens(3), {1.f, 12.f, 23.f});
  Array<float, 2> out({2, 3});
  launch(VectorAdd{}, 3, part(out, 1, every), dense, Tens(3));
  CHECK(isapprox(out, Array<float, 2>::of({{0, 0, 0}, {1, 12, 23}})));
}

TEST_CASE("storage: sparse, one-hot") {
  const auto x = Array<double, 2>::of({{0, 2, 0}, {1, 0, 0}});
  const auto s = sparse(x);
  CHECK(s.values.size() == 2);
  CHECK(isapprox(s, x));
  CHECK(isapprox(s * 2 + x, x * 3));
  CHECK(isapprox(sum(s, 1), sum(x, 1)));
  const auto labels = Array<int, 1>::of({2, 0});
  CHECK(isapprox(onehot(labels, 3), Array<float, 2>::of({{0, 1}, {0, 0}, {1, 0}})));
  CHECK(check::throws([&] { onehot(labels, 2); }, "[onehot] expected labels from 0 to 1, got 2"));
  CHECK(check::throws(
      [&] {
        Sparse<float, 1>(Shape(3), Array<Index, 1>::of({1, 1}), Array<float, 1>({2}));
      },
      "[sparse] expected increasing positions below 3, got 1"));
}
