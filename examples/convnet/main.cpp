// Trains a small convolutional network on the digits of examples/digits: convnet [cpu|cuda] [epochs] [folder].
#include <cstdio>
#include <filesystem>
#include <flux/flux.hpp>

using namespace flux;

/// (W, H, 1, images), pixels from 0 to 1.
Array<float, 4> images_of(const LabelledImages& set) {
  const Shape shape(static_cast<Index>(set.width), static_cast<Index>(set.height), 1, static_cast<Index>(set.size()));
  const Array<float, 4> pixels(shape, set.pixels);
  return pixels / maximum(pixels);
}

/// Trains in the memory space where the model and the data are.
void train(auto model, const auto& data, const auto& held_out, const std::vector<int>& labels, int epochs) {
  auto optimiser = setup(Adam(2e-3f), model);
  DataLoader loader(data, {.batch_size = 64, .shuffle = true});
  for (int epoch = 1; epoch <= epochs; ++epoch) {
    float loss = 0;
    for (auto [x, y] : progress(loader, {.label = "epoch " + std::to_string(epoch), .loss = &loss})) {
      auto [value, gradients] = withgradient(
          ZYGOTE[&](const auto& m) { return logitcrossentropy(m(x), y); }, model);
      update(optimiser, model, std::get<0>(gradients));
      loss = value;
    }
    std::printf("epoch %2d  loss of the last batch %.4f  held-out accuracy %.2f%%\n", epoch, loss,
                100 * accuracy(model(held_out), labels));
  }
}

int main(int argc, char** argv) try {
  const std::string device = argc > 1 ? argv[1] : "cpu";
  const auto digits = std::filesystem::path(__FILE__).parent_path() / "../digits/data";
  const auto folder = argc > 3 ? std::filesystem::path(argv[3]) : digits;
  const int epochs = argc > 2 ? std::stoi(argv[2]) : 15;
  const auto training = read_mnist(folder, "train"), held_out = read_mnist(folder, "t10k");
  const auto data = std::tuple(images_of(training), onehot(training.labels, 10));
  const auto w = static_cast<Index>(training.width), h = static_cast<Index>(training.height);
  const auto model = Chain(Conv({3, 3}, 1, 16, identity, {.pad = 1}), BatchNorm(16), relu, MaxPool({.window = 2}),
                           Conv({3, 3}, 16, 32, relu, {.pad = 1}), MaxPool({.window = 2}), Flatten(), Dropout(0.25),
                           Dense(32 * (w / 4) * (h / 4), 10));
  std::printf("%s\n", summary(model).c_str());
  if (device == "cpu")
    train(model, data, images_of(held_out), held_out.labels, epochs);
  else if constexpr (compiled_for_gpu)
    train(gpu(model), gpu(data), gpu(images_of(held_out)), held_out.labels, epochs);
  else
    throw std::runtime_error(device + ": this program was built without CUDA");
} catch (const std::exception& error) {
  std::fprintf(stderr, "convnet: %s\n", error.what());
  return 1;
}
