// Pooling, normalisation, upsampling: against sums written out, adjoints against central differences.
#include "neural.hpp"

using namespace neural;

namespace {
constexpr double infinity = std::numeric_limits<double>::infinity();

/// f over the window [begin, end) of each dimension, of a plane of each channel and sample.
template <class F>
double over_window(const Array<double, 4>& x, Index c, Index n, const Index (&begin)[2], const Index (&end)[2],
                   double start, const F& f) {
  for (Index j = std::max<Index>(begin[1], 0); j < std::min(end[1], x.size(1)); ++j)
    for (Index i = std::max<Index>(begin[0], 0); i < std::min(end[0], x.size(0)); ++i)
      start = f(start, x.view()(i, j, c, n));
  return start;
}
double larger(double a, double b) { return std::max(a, b); }
double plus(double a, double b) { return a + b; }

void check_pools() {
  const auto x = randn<double>(rng(), pick(3, 7), pick(3, 7), pick(1, 2), pick(1, 2));
  PoolOptions o;
  for (int d = 0; d < 2; ++d) {
    o.window.of[d] = pick(1, 3);
    o.stride.of[d] = pick(0, 3);
    o.pad.of[d] = pick(0, o.window[d] - 1);
  }
  const auto most = max_pool(x, o), mean = mean_pool(x, o);
  most.shape();
  for (Index n = 0; n < x.size(3); ++n)
    for (Index c = 0; c < x.size(2); ++c)
      for (Index j = 0; j < most.size(1); ++j)
        for (Index i = 0; i < most.size(0); ++i) {
          const Index sx = o.stride[0] ? o.stride[0] : o.window[0], sy = o.stride[1] ? o.stride[1] : o.window[1];
          const Index begin[2] = {i * sx - o.pad[0], j * sy - o.pad[1]};
          const Index end[2] = {begin[0] + o.window[0], begin[1] + o.window[1]};
          CHECK(most(i, j, c, n) == over_window(x, c, n, begin, end, -infinity, larger));
          CHECK(mean(i, j, c, n) == doctest::Approx(over_window(x, c, n, begin, end, 0, plus) /
                                                    static_cast<double>(o.window[0] * o.window[1])));
        }
  check::pullback(max_pool, x, o);
  check::pullback(mean_pool, x, o);
}

void check_adaptive_pools() {
  const auto x = randn<double>(rng(), pick(1, 7), pick(1, 7), pick(1, 2), pick(1, 2));
  const Spatial out(pick(1, 8), pick(1, 8));
  const auto most = adaptive_max_pool(x, out), mean = adaptive_mean_pool(x, out);
  for (Index n = 0; n < x.size(3); ++n)
    for (Index c = 0; c < x.size(2); ++c)
      for (Index j = 0; j < out[1]; ++j)
        for (Index i = 0; i < out[0]; ++i) {
          const Index begin[2] = {i * x.size(0) / out[0], j * x.size(1) / out[1]};
          const auto up = [](Index a, Index b) { return (a + b - 1) / b; };
          const Index end[2] = {up((i + 1) * x.size(0), out[0]), up((j + 1) * x.size(1), out[1])};
          CHECK(most(i, j, c, n) == over_window(x, c, n, begin, end, -infinity, larger));
          CHECK(mean(i, j, c, n) == doctest::Approx(over_window(x, c, n, begin, end, 0, plus) /
                                                    static_cast<double>((end[0] - begin[0]) * (end[1] - begin[1]))));
        }
  check::pullback(adaptive_max_pool, x, out);
  check::pullback(adaptive_mean_pool, x, out);
}

/// The elements of one set, normalised.
void check_set(const std::vector<double>& x, const std::vector<double>& normal, double eps) {
  double mean = 0, variance = 0;
  for (double v : x) mean += v / static_cast<double>(x.size());
  for (double v : x) variance += (v - mean) * (v - mean) / static_cast<double>(x.size());
  for (std::size_t i = 0; i < x.size(); ++i)
    CHECK(normal[i] == doctest::Approx((x[i] - mean) / std::sqrt(variance + eps)));
}
/// same_set(position, position): are they normalised together?
template <class Set>
void check_normal(const Array<double, 4>& x, const Array<double, 4>& y, double eps, Index sets, const Set& set_of) {
  std::vector<std::vector<double>> in(static_cast<std::size_t>(sets)), out = in;
  for (Index i = 0; i < x.size(); ++i) {
    const auto s = static_cast<std::size_t>(set_of(i));
    in[s].push_back(x.view()[i]), out[s].push_back(y.view()[i]);
  }
  for (std::size_t s = 0; s < in.size(); ++s) check_set(in[s], out[s], eps);
}
}  // namespace

TEST_CASE("pooling: windows, strides, padding, adaptive") {
  for (int trial = 0; trial < 10; ++trial) {
    check_pools();
    check_adaptive_pools();
  }
  check::pullback(max_pool, randn<double>(rng(), 7, 2, 2), PoolOptions{.window = 3, .stride = 2, .pad = 1});
  check::pullback(mean_pool, randn<double>(rng(), 5, 4, 3, 2, 1), PoolOptions{.window = 2, .stride = 1});
  check::pullback(max_pool, randn<double>(rng(), 5, 4, 3, 2, 1), PoolOptions{.window = {2, 3, 2}, .pad = 1});
  check::pullback(adaptive_max_pool, randn<double>(rng(), 5, 4, 3, 2, 1), Spatial(2, 3, 2));
  check::pullback(adaptive_mean_pool, randn<double>(rng(), 5, 2, 1), Spatial(2));
  CHECK(check::throws(
      [] {
        max_pool(Array<float, 3>({3, 1, 1}), {.window = 4});
      },
      "[pool] expected 0 <= pad < window, and a window that fits into the padded input (3, 1, 1)"));
  auto odd = full(1.f, 4, 1, 1);
  odd[1] = NAN;
  const auto y = max_pool(odd, {});
  CHECK(std::isnan(y[0]));
  CHECK(y[1] == 1);
  const auto back = max_pool.pullback(full(1.f, 4, 1, 1), PoolOptions{}).back;
  const Array<float, 3> dx = std::get<0>(back(Array<float, 3>({2, 1, 1}, {INFINITY, 3})));
  CHECK(isapprox(dx, Array<float, 3>({4, 1, 1}, {INFINITY, 0, 3, 0})));
}

TEST_CASE("normalisation: mean 0, variance 1, adjoints") {
  for (int trial = 0; trial < 4; ++trial) {
    const Index w = pick(1, 3), h = pick(2, 3), groups = pick(1, 2), c = groups * pick(1, 3), n = pick(2, 3);
    const Array<double, 4> x = randn<double>(rng(), w, h, c, n) * 2 + 1;
    const auto gamma = randn<double>(rng(), c), beta = randn<double>(rng(), c), one = full(1.0, c), zero = full(0.0, c);
    const auto plane = [&](Index i) { return i / (w * h); };
    check_normal(x, batch_norm(x, one, zero), 1e-5, c, [&](Index i) { return plane(i) % c; });
    check_normal(x, group_norm(x, groups, one, zero, {.eps = 0.01}), 0.01, groups * n,
                 [&](Index i) { return plane(i) % c / (c / groups) + plane(i) / c * groups; });
    check_normal(x, layer_norm(x, full(1.0, w, h), full(0.0, w, h)), 1e-5, c * n, plane);
    check::pullback(batch_norm, x, gamma, beta);
    check::pullback(batch_norm, x, gamma, beta, NormOptions{.eps = 0.1});
    check::pullback(group_norm, x, groups, gamma, beta);
    check::pullback(layer_norm, x, randn<double>(rng(), w, h), randn<double>(rng(), w, h));
    check::pullback(layer_norm, randn<double>(rng(), 5, 3), randn<double>(rng(), 5), randn<double>(rng(), 5),
                    NormOptions{.eps = 0.1});
    check::pullback(batch_norm, randn<double>(rng(), c, 5), gamma, beta);
    const auto m = batch_norm.moments(x);
    CHECK(same(batch_norm.apply(x, gamma, beta, m.mean.reshape(Shape(c)), m.variance.reshape(Shape(c))),
               batch_norm(x, gamma, beta)));
  }
  CHECK(check::throws([] { batch_norm(full(1.f, 2, 3, 4), full(1.f, 4), full(1.f, 4)); },
                      "[batch_norm] expected gamma and beta of shape (3) for x (2, 3, 4), got (4) and (4)"));
}

TEST_CASE("upsampling: repeated elements, lines, adjoints") {
  const auto x = Array<double, 3>({3, 1, 1}, {1, 2, 4});
  CHECK(same(upsample_nearest(x, 2), Array<double, 3>({6, 1, 1}, {1, 1, 2, 2, 4, 4})));
  CHECK(same(upsample_linear(x, 2), Array<double, 3>({6, 1, 1}, {1, 1.25, 1.75, 2.5, 3.5, 4})));
  for (int trial = 0; trial < 4; ++trial) {
    const auto image = randn<double>(rng(), pick(1, 4), pick(1, 4), pick(1, 2), pick(1, 2));
    const Spatial factors(pick(1, 3), pick(1, 4));
    check::pullback(upsample_nearest, image, factors);
    check::pullback(upsample_linear, image, factors);
  }
  check::pullback(upsample_linear, randn<double>(rng(), 2, 3, 2, 1, 1), Spatial(2, 1, 3));
}
