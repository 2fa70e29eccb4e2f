// The program that the design promises: what a user writes, with the values that its comments promise.
#include <doctest/doctest.h>

#include <flux/flux.hpp>

namespace design {
using namespace flux;

ZYGOTE double power(double x, int n) {
  double r = 1;
  while (n > 0) { r *= x; --n; }
  return r;
}

ZYGOTE double line(double x) { return 5 * x + 3; }
static_assert(gradient(line, 2.0) == 5);

struct Saxpy {
  float a;
  ZYGOTE FLUX_KERNEL float operator()(float x, float y) const { return a * x + y; }
};

struct Blur {
  template <class Out, class In>
  FLUX_KERNEL void operator()(Index i, Out out, In in) const {
    if (i > 0 && i + 1 < in.size()) out[i] = (in[i - 1] + in[i] + in[i + 1]) / 3;
  }
};

ZYGOTE auto weighted(const Saxpy& f, const Array<float, 1>& x, const Array<float, 1>& y) { return sum(map(f, x, y) * y); }

/// A model of the user's own: a loop over steps, a layer called twice, a parameter of its own.
template <class Layer>
struct Recurrent {
  Layer layer;
  Array<float, 2> start;
  int steps = 3;
  template <class X>
  ZYGOTE auto operator()(const X& x) const {
    Array<float, 2> h = start + 0 * x;
    for (int i = 0; i < steps; ++i) {
      if (i == 2) h = relu(h);
      h = math::tanh(layer(h) + x);
    }
    return h;
  }
};
}  // namespace design

using namespace design;

TEST_CASE("gradients and pullbacks of power") {
  auto [dx, dn] = gradient(power, 2.0, 10);
  CHECK(dx == 5120);
  static_assert(std::same_as<decltype(dn), none>);
  auto [y, back] = pullback(power, 2.0, 10);
  CHECK(y == 1024);
  CHECK(std::get<0>(back(1.0)) == 5120);
}

TEST_CASE("a Chain is trained by update with the gradient of a closure over a batch") {
  seed(1);
  auto model = Chain(Dense(4, 16, relu), Dense(16, 2));
  auto opt = setup(Adam(1e-2f), model);
  Rng rng(2);
  const Array<float, 2> inputs = rand<float>(rng, 4, 60);
  std::vector<int> labels(60);
  for (Index i = 0; i < 60; ++i) labels[std::size_t(i)] = inputs(0, i) > inputs(1, i);
  const std::pair train{inputs, onehot(labels, 2)};
  float first = 0, last = 0;
  for (int epoch = 0; epoch < 60; ++epoch)
    for (auto [x, y] : progress(DataLoader(train, {.batch_size = 20, .shuffle = true}))) {
      auto [loss, grads] = withgradient(ZYGOTE [&](const auto& m) { return logitcrossentropy(m(x), y); }, model);
      static_assert(std::same_as<std::remove_cvref_t<decltype(std::get<0>(grads))>, decltype(model)>);
      update(opt, model, std::get<0>(grads));
      (first == 0 ? first : last) = loss;
    }
  CHECK(first > 0.5);
  CHECK(last < 0.2);
  CHECK(accuracy(model(inputs), labels) > 0.95);
}

TEST_CASE("kernels of one's own, elementwise and index by index") {
  const Array<float, 1> x = Array<float, 1>::of({1, 2, 3}), y = Array<float, 1>::of({4, 5, 6});
  const Array<float, 1> z = map(Saxpy{2}, x, y);
  CHECK(isapprox(z, Array<float, 1>::of({6, 9, 12})));
  auto [df, dx, dy] = gradient(weighted, Saxpy{2}, x, y);
  CHECK(df.a == 4 + 10 + 18);
  CHECK(isapprox(dx, Array<float, 1>::of({8, 10, 12})));
  CHECK(isapprox(dy, Array<float, 1>::of({6 + 4, 9 + 5, 12 + 6})));
  Array<float, 1> out(x.shape());
  launch(Blur{}, 3, out, x);
  CHECK(isapprox(out, Array<float, 1>::of({0, 2, 0})));
}

TEST_CASE("a model with a loop of its own has the right gradient") {
  seed(3);
  Rng rng(4);
  const Array<float, 2> x = rand<float>(rng, 3, 5);
  Recurrent<Dense<>> model{Dense(3, 3), rand<float>(rng, 3, 1)};
  auto loss = ZYGOTE [&](const auto& m) { return sum(m(x) * m(x)); };
  const auto [value, grads] = withgradient(loss, model);
  const auto& d = std::get<0>(grads);
  CHECK(d.steps == 3);
  auto moved = [&](auto& parameter, Index i, float by) {
    parameter.mutable_data()[i] += by;
    const float result = loss(model);
    parameter.mutable_data()[i] -= by;
    return result;
  };
  const float h = 1e-2f;
  for (Index i = 0; i < 9; ++i)
    CHECK((moved(model.layer.weight, i, h) - moved(model.layer.weight, i, -h)) / (2 * h) == doctest::Approx(d.layer.weight[i]).epsilon(1e-2));
  for (Index i = 0; i < 3; ++i)
    CHECK((moved(model.start, i, h) - moved(model.start, i, -h)) / (2 * h) == doctest::Approx(d.start[i]).epsilon(1e-2));
}
