// Small colour pictures: digits with their predictions, written as PNG.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <flux/idx.hpp>
#include <vector>

namespace flux {

struct Colour {
  std::uint8_t red = 0, green = 0, blue = 0;
};

/// A picture of (width, height) pixels, the first row on top. Drawing outside of it has no effect.
struct Image {
  std::size_t width = 0, height = 0;
  std::vector<Colour> pixels;

  Image(std::size_t width, std::size_t height, Colour background);
  void rectangle(std::size_t x, std::size_t y, std::size_t w, std::size_t h, Colour colour);
  /// A digit 0..9, 3x5 blocks of `block` pixels each; its upper left corner at (x, y).
  void digit(int value, std::size_t x, std::size_t y, std::size_t block, Colour colour);
};

/// Throws std::runtime_error if the file cannot be written.
void write_png(const std::filesystem::path& path, const Image& image);

/// The first images of a set, in rows, each above its prediction; a wrong one has a red frame and a red prediction,
/// followed by the right answer in grey. At most `predictions.size()` images; labels and predictions are 0..9.
Image prediction_grid(const LabelledImages& set, const std::vector<int>& predictions, std::size_t columns = 24);

}  // namespace flux
