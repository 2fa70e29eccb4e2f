// Layers of one's own that draw random numbers: from a generator of theirs, or from that of all layers.
#include <doctest/doctest.h>

#include <layers/layers.hpp>
#include <zygote/zygote.hpp>

namespace {
using namespace cuarrays;
using Mat = Array<double, 2>;
using Vec = Array<double, 1>;

struct Noise {
  double deviation;
  mutable Rng rng{3};
  static auto fields(auto& self) { return std::tie(self.deviation, self.rng); }
  ZYGOTE Mat operator()(const Mat& x) const { return x + deviation * randn<double>(rng, x.shape()); }
};
struct SharedNoise {
  double deviation;
  ZYGOTE Mat operator()(const Mat& x) const { return x + deviation * randn<double>(layers::default_rng(), x.shape()); }
};
ZYGOTE double energy(const auto& layer, const Mat& x) {
  const Mat y = layer(x);
  return sum(y * y);
}

TEST_CASE("own layers with random numbers") {
  const Mat x = full(0.5, 2, 3);
  const auto check = [&](auto& layer, Rng same) {
    double before = 0;
    for (int i = 0; i < 2; ++i) {  // new numbers each time
      const auto [value, gradients] = zygote::withgradient(energy, layer, x);
      const Mat n = randn<double>(same, 2, 3), y = x + layer.deviation * n;
      CHECK(value == doctest::Approx(sum(y * y)));
      CHECK(std::get<0>(gradients).deviation == doctest::Approx(2 * sum(y * n)));
      CHECK(isapprox(std::get<1>(gradients), Mat(2 * y)));
      CHECK(value != before);
      before = value;
    }
  };
  Noise noise{0.1};
  check(noise, noise.rng);
  layers::seed(7);
  SharedNoise shared{0.1};
  check(shared, layers::default_rng());
  auto chain = layers::Chain(layers::Dense<Mat, Vec>(3, 3), Noise{0.2});
  const auto [value, gradients] = zygote::withgradient(energy, chain, Mat(transpose(x)));
  CHECK(std::get<1>(std::get<0>(gradients).layers).deviation != 0);
}
ZYGOTE double through(const auto& chain, const Mat& x) {
  const Mat y = zygote::checkpoint(chain, x);
  return sum(y * y) * 0.5;
}
TEST_CASE("checkpoints of layers that are trained differently") {
  const Mat x = full(1.0, 20, 30);
  layers::seed(3);
  const auto [value, gradients] = zygote::withgradient(through, layers::Dropout(0.5), x);
  CHECK(sum(std::get<1>(gradients) * x) == doctest::Approx(2 * value));  // the same elements were kept
  CHECK(value > 600);
  const auto after = layers::default_rng()();
  layers::seed(3);
  layers::Dropout(0.5).pullback(x);
  CHECK(layers::default_rng()() == after);  // the stream went on once
}
}  // namespace
