#include <algorithm>
#include <flux/image.hpp>
#include <stdexcept>

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#endif
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#include <stb/stb_image_write.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

namespace flux {
namespace {

// One octal digit for each row of three pixels, top row first.
constexpr int glyphs[] = {075557, 026227, 071747, 071717, 055711, 074717, 074757, 071222, 075757, 075717};

constexpr Colour paper{255, 255, 255}, text{60, 60, 60}, grey{170, 170, 170}, red{220, 30, 30};

}  // namespace

Image::Image(std::size_t width, std::size_t height, Colour background)
    : width(width), height(height), pixels(width * height, background) {}

void Image::rectangle(std::size_t x, std::size_t y, std::size_t w, std::size_t h, Colour colour) {
  for (std::size_t row = y; row < std::min(y + h, height); ++row)
    for (std::size_t column = x; column < std::min(x + w, width); ++column) pixels[row * width + column] = colour;
}

void Image::digit(int value, std::size_t x, std::size_t y, std::size_t block, Colour colour) {
  if (value < 0 || value > 9) return;
  for (std::size_t row = 0; row < 5; ++row)
    for (std::size_t column = 0; column < 3; ++column)
      if (glyphs[value] >> (14 - 3 * row - column) & 1)
        rectangle(x + column * block, y + row * block, block, block, colour);
}

void write_png(const std::filesystem::path& path, const Image& image) {
  const auto width = static_cast<int>(image.width), height = static_cast<int>(image.height);
  if (!stbi_write_png(path.string().c_str(), width, height, 3, image.pixels.data(), 3 * width))
    throw std::runtime_error("[write_png] expected to write " + path.string() + ", got an error: is the folder there?");
}

Image prediction_grid(const LabelledImages& set, const std::vector<int>& predictions, std::size_t columns) {
  const std::size_t count = std::min(set.size(), predictions.size());
  columns = std::clamp<std::size_t>(count, 1, std::max<std::size_t>(columns, 1));
  const std::size_t block = std::max<std::size_t>(1, 32 / std::max(set.width, set.height));  // pixels per image pixel
  const std::size_t tile_w = set.width * block, tile_h = set.height * block, frame = 2, space = 6, label_h = 12;
  const std::size_t cell_w = tile_w + 2 * frame + space, cell_h = tile_h + 2 * frame + label_h + space;
  const int brightest = std::max<int>(1, *std::max_element(set.pixels.begin(), set.pixels.end()));

  Image image(columns * cell_w + space, (count + columns - 1) / columns * cell_h + space, {235, 235, 235});
  for (std::size_t i = 0; i < count; ++i) {
    const bool right = set.labels[i] == predictions[i];
    const std::size_t x = space + i % columns * cell_w, y = space + i / columns * cell_h;
    image.rectangle(x, y, tile_w + 2 * frame, tile_h + 2 * frame, right ? paper : red);
    for (std::size_t row = 0; row < set.height; ++row)
      for (std::size_t column = 0; column < set.width; ++column) {
        const int ink = set.pixels[(i * set.height + row) * set.width + column];
        const auto shade = static_cast<std::uint8_t>(255 - 255 * ink / brightest);
        image.rectangle(x + frame + column * block, y + frame + row * block, block, block, {shade, shade, shade});
      }
    const std::size_t label_y = y + tile_h + 2 * frame + 2;
    image.digit(predictions[i], x + frame, label_y, 2, right ? text : red);
    if (!right) image.digit(set.labels[i], x + frame + 10, label_y, 2, grey);
  }
  return image;
}

}  // namespace flux
