// Trains a small network on handwritten digits, and shows what it makes of digits it has never seen.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <flux/flux.hpp>

#include "options.hpp"

using namespace flux;

constexpr int classes = 10;

/// What the network sees: pixels 0..1 as (pixels, images).
Array<float, 2> pixels_of(const LabelledImages& set, int brightest) {
  const Shape shape{static_cast<Index>(set.width * set.height), static_cast<Index>(set.size())};
  return Array<float, 2>(shape, set.pixels) / static_cast<float>(brightest);
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Trains the model, in the memory space where it and the data are, and reports after each epoch.
void train(auto& model, const auto& data, const auto& held_out, const std::vector<int>& held_out_labels,
           const Options& options) {
  auto optimiser = setup(Adam(options.rate), model);
  DataLoader loader(data, {.batch_size = options.batch, .shuffle = true});
  double seconds = 0;
  for (int epoch = 1; epoch <= options.epochs; ++epoch) {
    const auto start = std::chrono::steady_clock::now();
    float loss = 0;
    double total = 0;
    for (auto [x, y] : progress(loader, {.label = "epoch " + std::to_string(epoch), .loss = &loss})) {
      auto [value, gradients] = withgradient(ZYGOTE [&](const auto& m) { return logitcrossentropy(m(x), y); }, model);
      update(optimiser, model, std::get<0>(gradients));
      total += loss = value;
    }
    seconds += seconds_since(start);
    std::printf("epoch %2d  loss %.4f  held-out accuracy %.2f%%\n", epoch, total / static_cast<double>(loader.size()),
                100 * accuracy(model(held_out), held_out_labels));
  }
  std::printf("trained on %.0f samples/s\n", options.epochs * static_cast<double>(loader.samples()) / seconds);
}

void run(const Options& options) {
  if (options.cuda && !compiled_for_gpu) throw std::runtime_error("--device cuda: this program was built without CUDA");
  const auto training_set = read_mnist(options.data, "train"), held_out_set = read_mnist(options.data, "t10k");
  const int brightest = *std::max_element(training_set.pixels.begin(), training_set.pixels.end());
  const auto data = std::tuple{pixels_of(training_set, brightest), onehot(training_set.labels, classes)};
  const auto held_out = pixels_of(held_out_set, brightest);
  std::printf("%zu digits to train on, %zu held out, %zux%zu pixels\n\n", training_set.size(), held_out_set.size(),
              training_set.width, training_set.height);

  seed(options.seed);
  auto model = Chain(Dense(held_out.size(0), 128, relu), Dense(128, classes));
  std::printf("%s\n", summary(model).c_str());
  if (!options.cuda)
    train(model, data, held_out, held_out_set.labels, options);
  else if constexpr (compiled_for_gpu) {
    auto on_gpu = gpu(model);
    train(on_gpu, gpu(data), gpu(held_out), held_out_set.labels, options);
    model = cpu(on_gpu);
  }

  std::filesystem::create_directories(options.out);
  const auto model_file = options.out / "digits.safetensors", picture = options.out / "digits.png";
  const auto predictions = onecold(model(held_out));
  save(model_file, model);
  write_png(picture, prediction_grid(held_out_set,
                                     {predictions.begin(),
                                      predictions.begin() + std::min<std::ptrdiff_t>(360, std::ssize(predictions))}));
  std::printf("held-out accuracy %.2f%%\nwrote %s and %s (wrong predictions in red)\n",
              100 * accuracy(model(held_out), held_out_set.labels), model_file.c_str(), picture.c_str());
}

int main(int argc, char** argv) {
  const auto options = parse_options(argc, argv);
  try {
    run(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "digits: %s\n", error.what());
    return 1;
  }
}
