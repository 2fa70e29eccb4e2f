// Batches, the progress bar, and what is said of a model.
#include <doctest/doctest.h>

#include <flux/loader.hpp>
#include <flux/progress.hpp>
#include <flux/summary.hpp>
#include <layers/layers.hpp>
#include <optimisers/optimisers.hpp>
#include <set>

namespace {

using cuarrays::Array, cuarrays::Index, cuarrays::Shape;
using namespace flux;

/// x (2, n): 0 0, 1 1, 2 2...; y (n): 0 10 20...
auto data(Index n) {
  Array<float, 2> x({2, n});
  Array<int, 1> y(Shape<1>{n});
  for (Index i = 0; i < n; ++i) {
    x(0, i) = x(1, i) = static_cast<float>(i);
    y(i) = static_cast<int>(10 * i);
  }
  return std::pair{x, y};
}

/// The samples in the order of one pass; checks that x and y stay together.
template <class Loader>
std::vector<int> pass(Loader&& loader) {
  std::vector<int> seen;
  for (auto [x, y] : loader)
    for (Index i = 0; i < y.size(); ++i) {
      CHECK(x(0, i) == x(1, i));
      CHECK(10 * x(1, i) == static_cast<float>(y(i)));
      seen.push_back(y(i) / 10);
    }
  return seen;
}

struct Set {
  Array<float, 2> x;
  Array<int, 1> y;
};

}  // namespace

TEST_CASE("a DataLoader goes through all samples, in batches of which the last may be smaller") {
  DataLoader loader(data(7), {.batch_size = 3});
  CHECK(loader.size() == 3);
  CHECK(loader.samples() == 7);
  std::vector<Index> sizes;
  for (auto [x, y] : loader) {
    CHECK(x.shape() == Shape(2, y.size()));
    sizes.push_back(y.size());
  }
  CHECK(sizes == std::vector<Index>{3, 3, 1});
  CHECK(pass(loader) == std::vector{0, 1, 2, 3, 4, 5, 6});
}

TEST_CASE("a DataLoader takes a struct, a tuple, one array, no samples") {
  const auto [x, y] = data(4);
  CHECK(pass(DataLoader(Set{x, y})) == std::vector{0, 1, 2, 3});
  CHECK(pass(DataLoader(std::tuple(x, y), {.batch_size = 1})).size() == 4);
  for (const bool pin : {false, true})
    for (auto batch : DataLoader(x, {.batch_size = 4, .pin = pin})) CHECK(cuarrays::isapprox(batch, x));
  CHECK(pass(DataLoader(data(0))).empty());
}

TEST_CASE("shuffling: every pass has another order, the seed gives the same orders again") {
  const auto orders = [](std::uint64_t seed) {
    DataLoader loader(data(50), {.batch_size = 8, .shuffle = true, .seed = seed});
    return std::vector{pass(loader), pass(loader)};
  };
  const auto first = orders(1);
  CHECK(std::set(first[0].begin(), first[0].end()).size() == 50);
  CHECK(first[0] != first[1]);
  CHECK(orders(1) == first);
  CHECK(orders(2)[0] != first[0]);

  const auto unseeded = [] {
    layers::seed(3);
    return pass(DataLoader(data(50), {.shuffle = true}));
  };
  CHECK(unseeded() == unseeded());
}

TEST_CASE("a DataLoader refuses what does not fit together") {
  const auto [x, y] = data(4);
  CHECK_THROWS_WITH(DataLoader(std::pair{x, data(5).second}),
                    "[DataLoader] expected arrays of equal last dimension, got (2, 4) and (5)");
  CHECK_THROWS_WITH(DataLoader(x, {.batch_size = 0}), "[DataLoader] expected a batch_size of 1 or more, got 0");
}

TEST_CASE("progress passes on what is in the range") {
  std::vector numbers{1, 2, 3};
  for (int& x : progress(numbers)) x *= 2;
  CHECK(numbers == std::vector{2, 4, 6});
  float loss = 0;
  CHECK(pass(progress(DataLoader(data(5), {.batch_size = 2}), {.label = "epoch 1", .loss = &loss})).size() == 5);
}

TEST_CASE("the progress bar shows steps, throughput and loss") {
  const float loss = 0.25f;
  CHECK(progress_line({}, 0, 4, 100, 0) == "[                              ] 0/4");
  CHECK(progress_line({.label = "epoch 1", .loss = &loss}, 2, 4, 100, 0.5) ==
        "epoch 1 [===============               ] 2/4  100 samples/s  loss 0.2500");
  CHECK(progress_line({}, 4, 4, 4, 2) == "[==============================] 4/4  2 samples/s");
}

TEST_CASE("summary and parameter_count") {
  const layers::Chain model(layers::Dense(64, 128, layers::relu), layers::Dense(128, 10));
  CHECK(parameter_count(model) == 64 * 128 + 128 + 128 * 10 + 10);
  CHECK(summary(model) ==
        "layers.0  Dense  weight (128, 64), bias (128), Relu     8,320\n"
        "layers.1  Dense  weight (10, 128), bias (10), Identity  1,290\n"
        "total                                                   9,610\n");
}

TEST_CASE("a step of training, as graph records it, changes arrays in place") {
  using namespace cuarrays;
  Rng rng(4);
  const auto x = randn<float>(rng, 8, 20), y = randn<float>(rng, 3, 20), one = full(1.f, 1, 1);
  auto model = layers::Chain(layers::Dense(8, 16, layers::relu), layers::Dense(16, 3));
  auto optimiser = optimisers::setup(optimisers::Momentum(1e-3, 0.9), model);
  const auto loss = ZYGOTE[](const auto& m, const auto& v, const auto& t) {
    const auto e = m(v) - t;
    return sum(e * e, 0, 1);
  };
  auto step = graph([&] {
    const auto gradients = zygote::pullback(loss, model, x, y).back(one);
    optimisers::update(optimiser, model, std::get<0>(gradients));
  });
  const auto addresses = [&] {
    std::vector<const float*> all;
    const auto add = [&](const auto& dense) { all.insert(all.end(), {dense.weight.data(), dense.bias.data()}); };
    std::apply([&](const auto&... dense) { (add(dense), ...); }, model.layers);
    return all;
  };
  const auto before = addresses();
  const float first = loss(model, x, y)[0];
  for (int i = 0; i < 20; ++i) step();
  CHECK(addresses() == before);
  CHECK(loss(model, x, y)[0] < first);
}
