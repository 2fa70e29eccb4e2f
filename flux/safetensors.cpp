#include <bit>
#include <flux/safetensors.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

namespace flux {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors is little-endian; so are the bytes we copy");

using Json = nlohmann::json;

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& expected, const std::string& got) {
  throw std::runtime_error("[load] " + path.string() + ": expected " + expected + ", got " + got);
}

std::string text(const TensorInfo& info) {
  std::string result = info.dtype + " [";
  for (std::size_t i = 0; i < info.shape.size(); ++i) result += (i ? ", " : "") + std::to_string(info.shape[i]);
  return result + "]";
}

/// Bytes per element; 0 for types we do not know (such tensors may be in a file, but not be asked for).
std::size_t element_size(const std::string& dtype) {
  static const std::map<std::string, std::size_t> sizes{{"BOOL", 1}, {"U8", 1},   {"I8", 1},  {"U16", 2}, {"I16", 2},
                                                        {"F16", 2},  {"BF16", 2}, {"U32", 4}, {"I32", 4}, {"F32", 4},
                                                        {"U64", 8},  {"I64", 8},  {"F64", 8}};
  const auto found = sizes.find(dtype);
  return found == sizes.end() ? 0 : found->second;
}

/// The product of a shape; larger than `limit` if it would overflow.
std::size_t count(const std::vector<std::size_t>& shape, std::size_t limit) {
  std::size_t product = 1;
  for (const auto n : shape) {
    if (n != 0 && product > limit / n) return limit + 1;
    product *= n;
  }
  return product;
}

std::string header(const std::vector<TensorBytes>& tensors) {
  Json json = Json::object();
  std::size_t offset = 0;
  for (const auto& tensor : tensors) {
    if (json.contains(tensor.name))
      throw std::runtime_error("[save] expected names that differ, got \"" + tensor.name + "\" twice");
    json[tensor.name] = {
        {"dtype", tensor.info.dtype}, {"shape", tensor.info.shape}, {"data_offsets", {offset, offset + tensor.bytes}}};
    offset += tensor.bytes;
  }
  auto result = json.dump();
  result.resize((result.size() + 7) / 8 * 8, ' ');  // keeps the data aligned to 8 bytes
  return result;
}

}  // namespace

void write_safetensors(const std::filesystem::path& path, const std::vector<TensorBytes>& tensors) {
  const auto text = header(tensors);
  const std::uint64_t length = text.size();
  auto unfinished = path;
  unfinished += ".part";
  {
    std::ofstream file(unfinished, std::ios::binary | std::ios::trunc);
    file.write(reinterpret_cast<const char*>(&length), sizeof length);
    file << text;
    for (const auto& tensor : tensors)
      file.write(static_cast<const char*>(tensor.data.get()), static_cast<std::streamsize>(tensor.bytes));
    file.close();
    if (!file) {
      std::error_code ignored;
      std::filesystem::remove(unfinished, ignored);
      throw std::runtime_error("[save] expected to write " + path.string() +
                               ", got an error: is the folder there, and not full?");
    }
  }
  std::filesystem::rename(unfinished, path);
}

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path) : path_(path) {
  std::ifstream file(path, std::ios::binary);
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (!file || error) fail(path, "a file", "none");
  std::uint64_t length = 0;
  if (size < sizeof length || !file.read(reinterpret_cast<char*>(&length), sizeof length))
    fail(path, "8 bytes of header length", std::to_string(size) + " bytes in all");
  if (length > size - sizeof length)
    fail(path, std::to_string(length) + " bytes of header", std::to_string(size - sizeof length));
  std::string text(length, ' ');
  data_.resize(size - sizeof length - length);
  if (!file.read(text.data(), static_cast<std::streamsize>(length)) ||
      !file.read(data_.data(), static_cast<std::streamsize>(data_.size())))
    fail(path, "a readable file", "an error");

  const auto json = Json::parse(text, nullptr, false);
  if (!json.is_object()) fail(path, "a JSON object as header", "something else");
  for (const auto& [name, value] : json.items()) {
    if (name == "__metadata__") continue;
    Entry entry;
    try {
      entry.info = {value.at("dtype").get<std::string>(), value.at("shape").get<std::vector<std::size_t>>()};
      entry.begin = value.at("data_offsets").at(0).get<std::size_t>();
      entry.end = value.at("data_offsets").at(1).get<std::size_t>();
    } catch (const Json::exception&) {
      fail(path, "dtype, shape and data_offsets of \"" + name + "\"", value.dump());
    }
    if (entry.begin > entry.end || entry.end > data_.size())
      fail(path,
           "the bytes of \"" + name + "\" within " + std::to_string(data_.size()) + " bytes of data (truncated file?)",
           "bytes up to " + std::to_string(entry.end));
    const auto bytes = entry.end - entry.begin, element = element_size(entry.info.dtype);
    if (element != 0 && (bytes % element != 0 || count(entry.info.shape, bytes) != bytes / element))
      fail(path, "as many bytes for \"" + name + "\" as " + flux::text(entry.info) + " needs", std::to_string(bytes));
    entries_.emplace(name, std::move(entry));
  }
}

std::vector<std::string> SafetensorsFile::names() const {
  std::vector<std::string> result;
  for (const auto& [name, entry] : entries_) result.push_back(name);
  return result;
}

const SafetensorsFile::Entry& SafetensorsFile::find(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) fail(path_, "a tensor \"" + name + "\"", "none of that name");
  return found->second;
}

const TensorInfo& SafetensorsFile::info(const std::string& name) const { return find(name).info; }

const void* SafetensorsFile::data(const std::string& name, const TensorInfo& expected) const {
  const auto& entry = find(name);
  if (entry.info != expected) fail(path_, "\"" + name + "\" to be " + text(expected), text(entry.info));
  return data_.data() + entry.begin;
}

void SafetensorsFile::expect_only(const std::vector<std::string>& names) const {
  const std::set<std::string> expected(names.begin(), names.end());
  for (const auto& [name, entry] : entries_)
    if (!expected.contains(name)) fail(path_, "the tensors of this model and no others", "\"" + name + "\" as well");
}

}  // namespace flux
