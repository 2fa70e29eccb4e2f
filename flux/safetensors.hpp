// The safetensors format, https://huggingface.co/docs/safetensors: an 8-byte little-endian length, a JSON header of
// that length, the bytes of the tensors. No code of a model's own types here; see checkpoint.hpp.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

namespace flux {

/// What the header says of one tensor. `shape` as in the file: row-major, slowest dimension first.
struct TensorInfo {
  std::string dtype;
  std::vector<std::size_t> shape;
  bool operator==(const TensorInfo&) const = default;
};

/// A tensor to be written.
struct TensorBytes {
  std::string name;
  TensorInfo info;
  std::shared_ptr<const void> data;
  std::size_t bytes;
};

/// Writes a file beside `path` and renames it, so `path` is never half written. Throws "[save] expected ..., got ...".
void write_safetensors(const std::filesystem::path& path, const std::vector<TensorBytes>& tensors);

/// A file whose header has been checked: every tensor's bytes are within it and as many as its shape needs.
class SafetensorsFile {
 public:
  /// Throws std::runtime_error "[load] PATH: expected ..., got ..." for a missing, truncated or malformed file.
  explicit SafetensorsFile(const std::filesystem::path& path);

  std::vector<std::string> names() const;
  const TensorInfo& info(const std::string& name) const;

  /// The bytes of a tensor, which must have this type and shape; throws as above if it is missing or has another.
  const void* data(const std::string& name, const TensorInfo& expected) const;
  /// Throws as above if there are other tensors than these.
  void expect_only(const std::vector<std::string>& names) const;

 private:
  struct Entry {
    TensorInfo info;
    std::size_t begin, end;
  };
  const Entry& find(const std::string& name) const;

  std::filesystem::path path_;
  std::vector<char> data_;
  std::map<std::string, Entry> entries_;
};

/// The format's name for an element type: "F32", "I64", "BOOL".
template <class T>
requires std::is_arithmetic_v<T> std::string dtype_name() {
  if constexpr (std::is_same_v<T, bool>)
    return "BOOL";
  else
    return (std::is_floating_point_v<T> ? "F" : std::is_signed_v<T> ? "I" : "U") + std::to_string(8 * sizeof(T));
}

}  // namespace flux
