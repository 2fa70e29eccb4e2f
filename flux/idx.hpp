// Reading IDX, the file format of MNIST: http://yann.lecun.com/exdb/mnist (all sizes are big-endian).
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace flux {

/// The contents of an IDX file of unsigned bytes; `shape` as in the file: slowest dimension first.
struct Idx {
  std::vector<std::size_t> shape;
  std::vector<std::uint8_t> bytes;
};

/// Throws std::runtime_error "[read_idx] PATH: expected ..., got ..." for a missing, truncated or different file.
Idx read_idx(const std::filesystem::path& path);

/// Images with labels. Pixels are (width, height, images), width fastest.
struct LabelledImages {
  std::size_t width = 0, height = 0;
  std::vector<std::uint8_t> pixels;
  std::vector<int> labels;
  std::size_t size() const { return labels.size(); }
};

/// Reads `PART-images-idx3-ubyte` and `PART-labels-idx1-ubyte` of a folder; MNIST's parts are "train" and "t10k".
/// Names with a '.' for the second '-' (as some unpackers leave them) are found too. Throws as read_idx does.
LabelledImages read_mnist(const std::filesystem::path& folder, const std::string& part);

}  // namespace flux
