// Losses against central differences in float64; labels.
#include <doctest/doctest.h>

#include <flux/labels.hpp>
#include <flux/losses.hpp>
#include <zygote/runtime/gradient.hpp>

namespace {

using cuarrays::Array, cuarrays::isapprox;
using namespace flux;

Array<double, 2> numbers(double seed) {
  Array<double, 2> a({4, 3});
  for (auto& x : a) x = std::sin(seed *= 1.7);
  return a;
}

/// df/da by central differences.
template <class F>
Array<double, 2> differences(const F& f, Array<double, 2> a) {
  Array<double, 2> da(a.shape());
  for (cuarrays::Index i = 0; i < a.size(); ++i) {
    const double x = a[i], step = 1e-5;
    a[i] = x + step;
    const double above = f(a);
    a[i] = x - step;
    da[i] = (above - f(a)) / (2 * step);
    a[i] = x;
  }
  return da;
}

template <class Loss>
void check_gradients(const Loss& loss) {
  const auto p = numbers(1.1), q = numbers(2.3);
  auto [dp, dq] = zygote::gradient(loss, p, q);
  CHECK(isapprox(dp, differences([&](const auto& x) { return loss(x, q); }, p), 1e-7, 1e-9));
  CHECK(isapprox(dq, differences([&](const auto& x) { return loss(p, x); }, q), 1e-7, 1e-9));
}

}  // namespace

TEST_CASE("losses agree with central differences") {
  check_gradients(mse);
  check_gradients(logitcrossentropy);
}

TEST_CASE("mse is a mean over all elements") {
  const auto x = Array<float, 2>::of({{1, 2}, {3, 4}}), y = Array<float, 2>::of({{1, 2}, {3, 8}});
  CHECK(mse(x, y) == 4);
  CHECK(mse(x, x) == 0);
  CHECK_THROWS_WITH(mse(x, cuarrays::full(1.f, 2, 3)), "[mse] expected equal shapes, got (2, 2) and (2, 3)");
}

TEST_CASE("logitcrossentropy is -log of the probability of the label, for logits of any size") {
  const auto targets = onehot(std::vector{1, 0}, 3);
  CHECK(logitcrossentropy(cuarrays::full(0.f, 3, 2), targets) == doctest::Approx(std::log(3.0)));
  const auto huge = Array<float, 2>::of({{1000, 1000}, {1000, -1000}, {-1000, 0}});
  CHECK(logitcrossentropy(huge, targets) == doctest::Approx(std::log(2.0) / 2));
  const auto sure = Array<float, 2>::of({{-1000, 1000}, {1000, 0}, {0, 0}});
  CHECK(logitcrossentropy(sure, targets) == 0);
  CHECK_THROWS_WITH(logitcrossentropy(huge, onehot(std::vector{1}, 3)),
                    "[logitcrossentropy] expected equal shapes, got (3, 2) and (3, 1)");
}

TEST_CASE("onehot and onecold are inverse") {
  const std::vector labels{2, 0, 1, 1};
  const auto y = onehot(labels, 3);
  CHECK(y.shape() == cuarrays::Shape(3, 4));
  CHECK(cuarrays::sum(y) == 4);
  CHECK(y(2, 0) == 1);
  CHECK(onecold(y) == labels);
  CHECK(onecold(0.5f * y - 1.f) == labels);
  CHECK_THROWS_WITH(onehot(std::vector{3}, 3), "[onehot] expected labels from 0 to 2, got 3");
  CHECK_THROWS_WITH(onehot(std::vector{-1}, 3), "[onehot] expected labels from 0 to 2, got -1");
}

TEST_CASE("accuracy counts columns") {
  CHECK(accuracy(onehot(std::vector{2, 0, 1, 1}, 3), std::vector{2, 0, 0, 1}) == 0.75);
  CHECK_THROWS_WITH(accuracy(onehot(std::vector{2}, 3), std::vector{2, 1}),
                    "[accuracy] expected a label for each of 1 columns, got 2");
}
