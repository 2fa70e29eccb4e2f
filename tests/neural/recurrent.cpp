// LSTM and GRU: against their equations written out, adjoints against central differences.
#include "neural.hpp"

using namespace neural;

namespace {
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// weight x + bias, of one column.
std::vector<double> affine(const Array<double, 2>& w, const std::vector<double>& x, const Array<double, 1>& b) {
  std::vector<double> y(b.begin(), b.end());
  for (Index i = 0; i < w.size(0); ++i)
    for (Index j = 0; j < w.size(1); ++j) y[static_cast<std::size_t>(i)] += w(i, j) * x[static_cast<std::size_t>(j)];
  return y;
}

/// Sequences as functions of one array: y and the last states weighed by numbers that depend on the position.
template <class F>
struct All {
  F f;
  static auto join(const auto& out) {
    const auto& y = out.y;
    std::vector<double> all(y.begin(), y.end());
    all.insert(all.end(), out.h.begin(), out.h.end());
    if constexpr (requires { out.c; }) all.insert(all.end(), out.c.begin(), out.c.end());
    return Array<double, 1>(Shape<1>(static_cast<Index>(all.size())), all);
  }
  auto operator()(const auto&... x) const { return join(f(x...)); }
  auto pullback(const auto&... x) const {
    auto p = f.pullback(x...);
    return zygote::Pullback{join(p.value), [value = p.value, back = p.back](const auto& d) {
                              auto dvalue = value;
                              if (d.is_void()) return back(decltype(value){});
                              const double* from = d.data();
                              for (double& e : dvalue.y) e = *from++;
                              for (double& e : dvalue.h) e = *from++;
                              if constexpr (requires { dvalue.c; })
                                for (double& e : dvalue.c) e = *from++;
                              return back(dvalue);
                            }};
  }
};
struct StepBoth {  // h and c of one step, one above the other
  auto operator()(const auto&... x) const {
    const auto s = lstm_step(x...);
    return Array<double, 2>(s.h + 2 * s.c);
  }
  auto pullback(const auto&... x) const {
    auto p = lstm_step.pullback(x...);
    return zygote::Pullback{Array<double, 2>(p.value.h + 2 * p.value.c), [back = p.back](const auto& d) {
                              if (d.is_void()) return back(LstmState<Array<double, 2>>{});
                              return back(LstmState<Array<double, 2>>{d, d * 2});
                            }};
  }
};
}  // namespace

TEST_CASE("lstm: values, adjoints, steps") {
  for (int trial = 0; trial < 4; ++trial) {
    const Index in = pick(1, 3), hidden = pick(1, 6), steps = trial == 0 ? 1 : pick(1, 4), batch = pick(1, 3);
    const auto x = randn<double>(rng(), in, steps, batch);
    const auto h = randn<double>(rng(), hidden, batch), c = randn<double>(rng(), hidden, batch);
    const auto wx = randn<double>(rng(), 4 * hidden, in), wh = randn<double>(rng(), 4 * hidden, hidden);
    const auto bias = randn<double>(rng(), 4 * hidden);
    const auto out = lstm(x, h, c, wx, wh, bias);
    for (Index n = 0; n < batch; ++n) {
      std::vector<double> hn, cn;
      for (Index i = 0; i < hidden; ++i) hn.push_back(h(i, n)), cn.push_back(c(i, n));
      for (Index t = 0; t < steps; ++t) {
        std::vector<double> xt;
        for (Index i = 0; i < in; ++i) xt.push_back(x(i, t, n));
        const auto a = affine(wx, xt, bias), b = affine(wh, hn, full(0.0, 4 * hidden));
        for (Index i = 0; i < hidden; ++i) {
          const auto gate = [&](Index k) {
            return a[static_cast<std::size_t>(k * hidden + i)] + b[static_cast<std::size_t>(k * hidden + i)];
          };
          double& ci = cn[static_cast<std::size_t>(i)];
          ci = sigmoid(gate(1)) * ci + sigmoid(gate(0)) * std::tanh(gate(2));
          hn[static_cast<std::size_t>(i)] = sigmoid(gate(3)) * std::tanh(ci);
          CHECK(out.y(i, t, n) == doctest::Approx(hn[static_cast<std::size_t>(i)]));
        }
      }
      for (Index i = 0; i < hidden; ++i) CHECK(out.c(i, n) == doctest::Approx(cn[static_cast<std::size_t>(i)]));
    }
    check::pullback(All<lstm_t>{}, x, h, c, wx, wh, bias);
    check::pullback(StepBoth{}, randn<double>(rng(), in, batch), h, c, wx, wh, bias);
  }
  CHECK(check::throws(
      [] {
        lstm(full(1.f, 2, 1, 3), full(1.f, 4, 3), full(1.f, 4, 3), full(1.f, 16, 5), full(1.f, 16, 4), full(1.f, 16));
      },
      "[lstm] expected x (in, time, batch), state (hidden, batch), weights (4 hidden, in)"));
}

TEST_CASE("gru: values, adjoints, steps") {
  for (int trial = 0; trial < 4; ++trial) {
    const Index in = pick(1, 3), hidden = pick(1, 6), steps = trial == 0 ? 1 : pick(1, 4), batch = pick(1, 3);
    const auto x = randn<double>(rng(), in, steps, batch);
    const auto h = randn<double>(rng(), hidden, batch);
    const auto wx = randn<double>(rng(), 3 * hidden, in), wh = randn<double>(rng(), 3 * hidden, hidden);
    const auto bias = randn<double>(rng(), 3 * hidden), bias_hidden = randn<double>(rng(), 3 * hidden);
    const auto out = gru(x, h, wx, wh, bias, bias_hidden);
    for (Index n = 0; n < batch; ++n) {
      std::vector<double> hn;
      for (Index i = 0; i < hidden; ++i) hn.push_back(h(i, n));
      for (Index t = 0; t < steps; ++t) {
        std::vector<double> xt;
        for (Index i = 0; i < in; ++i) xt.push_back(x(i, t, n));
        const auto a = affine(wx, xt, bias), b = affine(wh, hn, bias_hidden);
        for (Index i = 0; i < hidden; ++i) {
          const auto at = [&](Index k) { return static_cast<std::size_t>(k * hidden + i); };
          const double r = sigmoid(a[at(0)] + b[at(0)]), z = sigmoid(a[at(1)] + b[at(1)]);
          const double fresh = std::tanh(a[at(2)] + r * b[at(2)]);
          hn[static_cast<std::size_t>(i)] = (1 - z) * fresh + z * hn[static_cast<std::size_t>(i)];
          CHECK(out.y(i, t, n) == doctest::Approx(hn[static_cast<std::size_t>(i)]));
        }
      }
      for (Index i = 0; i < hidden; ++i) CHECK(out.h(i, n) == doctest::Approx(hn[static_cast<std::size_t>(i)]));
    }
    check::pullback(All<gru_t>{}, x, h, wx, wh, bias, bias_hidden);
    check::pullback(gru_step, randn<double>(rng(), in, batch), h, wx, wh, bias, bias_hidden);
  }
}
