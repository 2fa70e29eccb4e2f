// matmul with transposes, batches, complex numbers.
#include "neural.hpp"

using namespace neural;

namespace {
template <class T, int N>
Array<T, N> random(const Shape<N>& shape) {
  if constexpr (detail::is_complex<T>) {
    Array<T, N> result(shape);
    const auto re = randn<double>(rng(), shape), im = randn<double>(rng(), shape);
    for (Index i = 0; i < result.size(); ++i) result[i] = T(re[i], im[i]);
    return result;
  } else
    return Array<T, N>(randn<double>(rng(), shape));
}

/// c(i, j) = sum over l of a(i, l) b(l, j), each read transposed and conjugated if asked to, in each of a batch.
template <class T>
Array<T, 3> naive(bool ta, bool tb, const Array<T, 3>& a, const Array<T, 3>& b) {
  const Index m = a.size(ta), k = a.size(!ta), n = b.size(!tb), batch = std::max(a.size(2), b.size(2));
  Array<T, 3> c({m, n, batch});
  for (Index s = 0; s < batch; ++s)
    for (Index j = 0; j < n; ++j)
      for (Index i = 0; i < m; ++i)
        for (Index l = 0; l < k; ++l) {
          const Index sa = a.size(2) > 1 ? s : 0, sb = b.size(2) > 1 ? s : 0;
          const T x = ta ? detail::conjugate(a.view()(l, i, sa)) : a.view()(i, l, sa);
          const T y = tb ? detail::conjugate(b.view()(j, l, sb)) : b.view()(l, j, sb);
          c(i, j, s) += x * y;
        }
  return c;
}

template <class T, int N>
double distance(const Array<T, N>& a, const Array<T, N>& b) {
  REQUIRE(a.shape() == b.shape());
  double most = 0;
  for (Index i = 0; i < a.size(); ++i) most = std::max(most, static_cast<double>(std::abs(a.view()[i] - b.view()[i])));
  return most;
}

template <class T, bool ta, bool tb>
void check_values() {
  const matmul_t<ta, tb> f;
  const double tolerance = sizeof(T) == 4 || std::same_as<T, std::complex<float>> ? 1e-4 : 1e-11;
  for (int trial = 0; trial < 6; ++trial) {
    const Index m = pick(1, 9), n = pick(1, 9), k = pick(1, 9), batch = pick(1, 4);
    const auto batch_a = trial == 0 ? 1 : batch, batch_b = trial == 1 ? 1 : batch;
    const auto a = random<T>(ta ? Shape(k, m, batch_a) : Shape(m, k, batch_a));
    const auto b = random<T>(tb ? Shape(n, k, batch_b) : Shape(k, n, batch_b));
    const auto expected = naive(ta, tb, a, b);
    CHECK(distance(f(a, b), expected) < tolerance);
    if (batch_a == 1) CHECK(distance(f(reshape(a, a.size(0), a.size(1)), b), expected) < tolerance);
    if (batch_b == 1) CHECK(distance(f(a, reshape(b, b.size(0), b.size(1))), expected) < tolerance);
  }
}
template <class T>
void check_all() {
  check_values<T, false, false>();
  check_values<T, true, false>();
  check_values<T, false, true>();
  check_values<T, true, true>();
}

template <bool ta, bool tb>
void check_adjoints() {
  const matmul_t<ta, tb> f;
  const Index m = pick(1, 4), n = pick(1, 4), k = pick(1, 4), batch = pick(1, 3);
  const auto a = ta ? Shape(k, m) : Shape(m, k), b = tb ? Shape(n, k) : Shape(k, n);
  const Shape a3(a[0], a[1], batch), b3(b[0], b[1], batch), a1(a[0], a[1], 1), b1(b[0], b[1], 1);
  check::pullback(f, random<double>(a), random<double>(b));
  check::pullback(f, random<double>(a3), random<double>(b3));
  check::pullback(f, random<double>(a), random<double>(b3));
  check::pullback(f, random<double>(a3), random<double>(b));
  check::pullback(f, random<double>(a1), random<double>(b3));
  check::pullback(f, random<double>(a3), random<double>(b1));
  if constexpr (!tb) check::pullback(f, random<double>(a), random<double>(Shape(k)));

  using Z = std::complex<double>;
  check::pullback(f, random<Z>(a3), random<Z>(b3));
}
}  // namespace

TEST_CASE("matmul: transposes, batches, element types") {
  check_all<float>();
  check_all<double>();
  check_all<std::complex<float>>();
  check_all<std::complex<double>>();
  check_all<long>();
}

TEST_CASE("matmul: adjoints of all of them") {
  for (int trial = 0; trial < 3; ++trial) {
    check_adjoints<false, false>();
    check_adjoints<true, false>();
    check_adjoints<false, true>();
    check_adjoints<true, true>();
  }
}

TEST_CASE("matmul: many small matrices are shared among threads") {
  const auto a = random<double>(Shape(60, 64, 40)), b = random<double>(Shape(64, 60, 40));
  const auto some = [](const Array<double, 3>& x) { return slice(x, every, every, range(0, 40, 13)).evaluate(); };
  CHECK(distance(some(matmul(a, b)), naive(false, false, some(a), some(b))) < 1e-11);
}

TEST_CASE("matmul: what does not fit") {
  const Array<float, 2> a({3, 4}), b({5, 2});
  CHECK(check::throws([&] { matmul(a, b); }, "matmul: (3, 4) x (5, 2): inner dimensions differ"));
  CHECK(check::throws([&] { matmul_tn(a, b); }, "matmul: transposed (3, 4) x (5, 2): inner dimensions differ"));
  CHECK(check::throws(
      [] {
        matmul(Array<float, 3>({3, 4, 2}), Array<float, 3>({4, 2, 3}));
      },
      "matmul: (3, 4, 2) x (4, 2, 3): batches differ"));
  CHECK(sum(matmul(Array<float, 3>({3, 0, 2}), Array<float, 3>({0, 2, 2}))) == 0);
  CHECK(matmul(Array<float, 3>({3, 4, 0}), Array<float, 3>({4, 2, 0})).shape() == Shape(3, 2, 0));
}
