#include <algorithm>
#include <cstring>
#include <flux/idx.hpp>
#include <fstream>
#include <stdexcept>

namespace flux {
namespace {

constexpr int unsigned_bytes = 8;  // the only element type that images and labels come in

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& expected, const std::string& got) {
  throw std::runtime_error("[read_idx] " + path.string() + ": expected " + expected + ", got " + got);
}

std::vector<std::uint8_t> read_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (!file || error) {
    auto packed = path;
    packed += ".gz";
    fail(path, "a file",
         std::filesystem::exists(packed, error) ? "only " + packed.string() + ": unpack it with gunzip" : "none");
  }
  std::vector<std::uint8_t> bytes(size);
  if (!file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size)))
    fail(path, "a readable file", "an error");
  return bytes;
}

std::size_t big_endian(const std::uint8_t* p) {
  return std::size_t{p[0]} << 24 | std::size_t{p[1]} << 16 | std::size_t{p[2]} << 8 | std::size_t{p[3]};
}

}  // namespace

Idx read_idx(const std::filesystem::path& path) {
  auto bytes = read_bytes(path);
  if (bytes.size() < 4 || bytes[0] != 0 || bytes[1] != 0)
    fail(path, "an IDX file (two zero bytes first)", "another kind of file");
  if (bytes[2] != unsigned_bytes) fail(path, "IDX type 8 (unsigned bytes)", "type " + std::to_string(bytes[2]));
  const std::size_t rank = bytes[3], header = 4 + 4 * rank;
  if (bytes.size() < header) fail(path, std::to_string(header) + " bytes of header", std::to_string(bytes.size()));

  Idx idx;
  std::size_t left = bytes.size() - header, expected = 1;
  for (std::size_t i = 0; i < rank; ++i) {
    idx.shape.push_back(big_endian(&bytes[4 + 4 * i]));
    if (idx.shape.back() != 0 && expected > left / idx.shape.back())  // a product beyond the file cannot overflow
      fail(path, "more data (truncated file?)", std::to_string(left) + " bytes");
    expected *= idx.shape.back();
  }
  if (expected != left) fail(path, std::to_string(expected) + " bytes of data", std::to_string(left));
  idx.bytes.assign(bytes.begin() + static_cast<std::ptrdiff_t>(header), bytes.end());
  return idx;
}

LabelledImages read_mnist(const std::filesystem::path& folder, const std::string& part) {
  const auto read = [&](const std::string& what, std::size_t rank) {
    const auto kind = "idx" + std::to_string(rank) + "-ubyte";
    auto path = folder / (part + "-" + what + "-" + kind);
    const auto dotted = folder / (part + "-" + what + "." + kind);
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored) && std::filesystem::exists(dotted, ignored)) path = dotted;
    auto idx = read_idx(path);
    if (idx.shape.size() != rank) fail(path, std::to_string(rank) + " dimensions", std::to_string(idx.shape.size()));
    return std::pair{std::move(idx), path};
  };
  auto [images, images_path] = read("images", 3);
  auto [labels, labels_path] = read("labels", 1);
  if (labels.shape[0] != images.shape[0])
    fail(labels_path, std::to_string(images.shape[0]) + " labels, one for each image", std::to_string(labels.shape[0]));
  if (images.bytes.empty()) fail(images_path, "at least one image", "none");
  return {.width = images.shape[2],
          .height = images.shape[1],
          .pixels = std::move(images.bytes),
          .labels = {labels.bytes.begin(), labels.bytes.end()}};
}

}  // namespace flux
