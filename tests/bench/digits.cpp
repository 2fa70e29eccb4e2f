// Training throughput of the model of examples/digits, for comparison with digits_pytorch.py: same model, batch size,
// optimiser and data; the data is in memory; only the training steps are timed.
//   digits [epochs [data folder]]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <flux/flux.hpp>

using namespace flux;

namespace {

Array<float, 2> pixels_of(const LabelledImages& set) {
  return Array<float, 2>({static_cast<Index>(set.width * set.height), static_cast<Index>(set.size())}, set.pixels) /
         16.f;
}

/// Samples per second of one pass over the batches.
double run_epoch(auto& model, auto& optimiser, const auto& batches) {
  const auto start = std::chrono::steady_clock::now();
  Index samples = 0;
  for (const auto& [x, y] : batches) {
    auto [loss, gradients] = withgradient(ZYGOTE [&](const auto& m) { return logitcrossentropy(m(x), y); }, model);
    update(optimiser, model, std::get<0>(gradients));
    samples += x.size(1);
  }
  return static_cast<double>(samples) / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main(int argc, char** argv) {
  const int epochs = argc > 1 ? std::atoi(argv[1]) : 30;
  const std::filesystem::path folder =
      argc > 2
          ? argv[2]
          : std::filesystem::path(__FILE__).parent_path().parent_path().parent_path() / "examples" / "digits" / "data";
  const auto set = read_mnist(folder, "train"), held_out = read_mnist(folder, "t10k");
  DataLoader loader(std::tuple{pixels_of(set), onehot(set.labels, 10)}, {.batch_size = 64, .shuffle = true});
  auto model = Chain(Dense(64, 128, relu), Dense(128, 10));
  auto optimiser = setup(Adam(1e-3f), model);
  std::vector<double> speeds;
  for (int epoch = 0; epoch < epochs; ++epoch) {
    std::vector<std::tuple<Array<float, 2>, Array<float, 2>>> batches;
    for (auto batch : loader) batches.push_back(batch);
    speeds.push_back(run_epoch(model, optimiser, batches));
  }
  std::nth_element(speeds.begin(), speeds.begin() + epochs / 2, speeds.end());
  std::printf("flux: median %.0f samples/s, held-out accuracy %.1f%%\n", speeds[static_cast<std::size_t>(epochs / 2)],
              100 * accuracy(model(pixels_of(held_out)), held_out.labels));
}
