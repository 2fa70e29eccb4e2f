// Convolutions against sums written out, their adjoints against central differences; oneDNN against the double path.
#include "neural.hpp"

using namespace neural;

namespace {
/// Options with which a random x and filters fit together.
template <int N>
struct Problem {
  Shape<N> x, w;
  ConvOptions options;

  explicit Problem(Index largest) {
    const Index groups = pick(1, 2);
    options.groups = groups;
    for (int d = 0; d < N - 2; ++d) {
      w[d] = pick(1, 3);
      options.stride.of[d] = pick(1, 3);
      options.dilation.of[d] = pick(1, 2);
      options.pad.of[d] = pick(0, 2);
      x[d] = pick(std::max<Index>(1, options.dilation[d] * (w[d] - 1) + 1 - 2 * options.pad[d]), largest);
      options.output_pad.of[d] = 0;
    }
    x[N - 2] = groups * pick(1, 2);
    w[N - 2] = x[N - 2] / groups;
    w[N - 1] = groups * pick(1, 2);
    x[N - 1] = pick(1, 3);
  }
};

template <class T, int N>
Array<T, 5> padded(const Array<T, N>& a, Index spatial = N - 2) {
  Shape<5> shape(1, 1, 1, a.size(N - 2), a.size(N - 1));
  for (int d = 0; d < spatial; ++d) shape[d] = a.size(d);
  return a.reshape(shape);
}

/// visit(position in x, in w, in y) for each product that conv sums up; five extents each.
template <class Visit>
void each_product(const Shape<5>& x, const Shape<5>& w, const Shape<5>& y, const ConvOptions& o, const Visit& visit) {
  const Index in = w[3], out = y[3] / o.groups;
  for (Index n = 0; n < y[4]; ++n)
    for (Index c = 0; c < y[3]; ++c)
      for (Index k = 0; k < in; ++k)
        for (Index p = 0; p < y[0] * y[1] * y[2]; ++p)
          for (Index q = 0; q < w[0] * w[1] * w[2]; ++q) {
            const Index at[3] = {p % y[0], p / y[0] % y[1], p / y[0] / y[1]};
            const Index tap[3] = {q % w[0], q / w[0] % w[1], q / w[0] / w[1]};
            Index from[3];
            bool inside = true;
            for (int d = 0; d < 3; ++d) {
              from[d] = at[d] * o.stride[d] - o.pad[d] + tap[d] * o.dilation[d];
              inside = inside && from[d] >= 0 && from[d] < x[d];
            }
            if (inside)
              visit(x.offset(from[0], from[1], from[2], c / out * in + k, n), w.offset(tap[0], tap[1], tap[2], k, c),
                    y.offset(at[0], at[1], at[2], c, n));
          }
}

template <int N>
void check_conv(Index largest) {
  const Problem<N> p(largest);
  const auto x = randn<double>(rng(), p.x), w = randn<double>(rng(), p.w);
  const auto y = conv(x, w, p.options);
  Array<double, 5> expected(padded(y).shape());
  ConvOptions o = p.options;
  for (int d = N - 2; d < 3; ++d) o.pad.of[d] = 0;
  each_product(padded(x).shape(), padded(w).shape(), expected.shape(), o,
               [&](Index i, Index j, Index k) { expected[k] += x[i] * w[j]; });
  CHECK(same(padded(y), expected));
  check::pullback(conv, x, w, p.options);

  ConvOptions t = p.options;
  for (int d = 0; d < N - 2; ++d) t.output_pad.of[d] = pick(0, std::max(t.stride[d], t.dilation[d]) - 1);
  auto small = y.shape();
  bool fits = true;
  for (int d = 0; d < N - 2; ++d)
    fits = fits && (small[d] - 1) * t.stride[d] - 2 * t.pad[d] + t.dilation[d] * (p.w[d] - 1) + t.output_pad[d] >= 0;
  if (!fits) return;
  const auto z = randn<double>(rng(), small);
  const auto up = conv_transpose(z, w, t);
  Array<double, 5> spread(padded(up).shape());
  each_product(spread.shape(), padded(w).shape(), padded(z).shape(), o,
               [&](Index i, Index j, Index k) { spread[i] += z[k] * w[j]; });
  CHECK(same(padded(up), spread));
  check::pullback(conv_transpose, z, w, t);
}

template <int N>
void check_onednn() {
  const Problem<N> p(12);
  const auto x = randn<float>(rng(), p.x), w = randn<float>(rng(), p.w);
  const Array<double, N> wide_x(x), wide_w(w);
  const auto y = conv.pullback(wide_x, wide_w, p.options);
  const auto d = randn<float>(rng(), y.value.shape());
  const auto adjoints = y.back(Array<double, N>(d));
  const auto c = detail::conv_between("conv", p.options, p.x, p.w, y.value.shape());
  Array<float, N> got(y.value.shape()), dx(p.x), dw(p.w);
  for (int call = 0; call < 2; ++call) {  // the second one finds its plan
    detail::convolve_onednn(detail::ConvPass::forward, c, x.data(), w.data(), got.mutable_data());
    detail::convolve_onednn(detail::ConvPass::data, c, d.data(), w.data(), dx.mutable_data());
    detail::convolve_onednn(detail::ConvPass::weight, c, x.data(), d.data(), dw.mutable_data());
  }
  CHECK(same(got, y.value, 1e-4));
  CHECK(same(dx, std::get<0>(adjoints).evaluate(), 1e-4));
  CHECK(same(dw, std::get<1>(adjoints).evaluate(), 1e-4));
}
}  // namespace

TEST_CASE("conv: values and adjoints in one to three dimensions") {
  for (int trial = 0; trial < 8; ++trial) {
    check_conv<3>(7);
    check_conv<4>(5);
    check_conv<5>(5);
  }
}

TEST_CASE("conv: oneDNN agrees with the double path") {
  if (!detail::has_onednn()) return;
  for (int trial = 0; trial < 10; ++trial) {
    check_onednn<3>();
    check_onednn<4>();
    check_onednn<5>();
  }
}

TEST_CASE("conv: pointwise filters, large inputs in several chunks") {
  const auto x = randn<double>(rng(), 6, 5, 4, 2), w = randn<double>(rng(), 1, 1, 4, 3);
  check::pullback(conv, x, w);
  const auto big = randn<double>(rng(), 300, 200, 2, 1), filter = randn<double>(rng(), 3, 3, 2, 2);
  const auto y = conv.pullback(big, filter, ConvOptions{.pad = 1});
  double expected = 0;
  for (Index c = 0; c < 2; ++c)
    for (Index j = 0; j < 3; ++j)
      for (Index i = 0; i < 3; ++i) expected += big(99 + i, 149 + j, c, 0) * filter(i, j, c, 1);
  CHECK(y.value(100, 150, 1, 0) == doctest::Approx(expected));
  const auto d = randn<double>(rng(), y.value.shape());
  const auto adjoints = y.back(d);
  CHECK(sum(d * y.value) == doctest::Approx(sum(std::get<0>(adjoints).evaluate() * big)));
  CHECK(sum(d * y.value) == doctest::Approx(sum(std::get<1>(adjoints).evaluate() * filter)));
}

TEST_CASE("conv: what does not fit") {
  const Array<float, 4> x({8, 8, 3, 2});
  CHECK(check::throws(
      [&] {
        conv(x, Array<float, 4>({3, 3, 4, 2}));
      },
      "[conv] expected filters for 3 channels in 1 groups, got x (8, 8, 3, 2) and filters (3, 3, 4, 2)"));
  CHECK(check::throws([&] { conv(x, Array<float, 4>({3, 3, 3, 2}), {.groups = 2}); }, "[conv] expected filters for"));
  CHECK(check::throws([&] { conv(x, Array<float, 4>({9, 3, 3, 2})); }, "[conv] expected filters that fit"));
  CHECK(check::throws([&] { conv(x, Array<float, 4>({3, 3, 3, 2}), {.stride = 0}); }, "[conv] expected stride >= 1"));
  CHECK(check::throws(
      [&] {
        conv_transpose(x, Array<float, 4>({3, 3, 3, 2}));
      },
      "[conv_transpose] expected filters for 3 channels"));
  CHECK(conv(Array<float, 4>({8, 8, 3, 0}), Array<float, 4>({3, 3, 3, 2})).shape() == Shape(6, 6, 2, 0));
  CHECK(sum(conv(Array<float, 4>({8, 8, 0, 1}), Array<float, 4>({3, 3, 0, 2}))) == 0);
}
