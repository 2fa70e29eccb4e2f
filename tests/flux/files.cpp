// What a reader does with files that are not there, cut short, or something else.
#include <doctest/doctest.h>

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <flux/idx.hpp>
#include <flux/image.hpp>
#include <flux/safetensors.hpp>
#include <fstream>
#include <string>

namespace {

namespace fs = std::filesystem;
using flux::read_idx, flux::read_mnist, flux::SafetensorsFile;
using Text = doctest::Contains;

/// A folder that is gone with its contents when the test ends.
struct TemporaryFolder {
  fs::path path;
  TemporaryFolder() {
    auto name = (fs::temp_directory_path() / "flux-test-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~TemporaryFolder() { fs::remove_all(path); }
  fs::path write(const std::string& name, const std::string& contents) const {
    std::ofstream(path / name, std::ios::binary) << contents;
    return path / name;
  }
};

/// An IDX file in memory; sizes below 256.
std::string idx(const std::string& shape, const std::string& data, char type = 8) {
  std::string text{'\0', '\0', type, static_cast<char>(shape.size())};
  for (const char n : shape) text += std::string{'\0', '\0', '\0', n};
  return text + data;
}

std::string safetensors(const std::string& header, const std::string& data) {
  std::string length(8, '\0');
  length[0] = static_cast<char>(header.size());
  return length + header + data;
}

}  // namespace

TEST_CASE("read_idx gives shape and bytes") {
  const TemporaryFolder folder;
  const auto read = read_idx(folder.write("a", idx({2, 3}, "abcdef")));
  CHECK(read.shape == std::vector<std::size_t>{2, 3});
  CHECK(std::string(read.bytes.begin(), read.bytes.end()) == "abcdef");
}

TEST_CASE("read_idx refuses what is not a whole IDX file of bytes") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(read_idx(folder.path / "nowhere"), Text("nowhere: expected a file, got none"));
  folder.write("packed.gz", "");
  CHECK_THROWS_WITH(read_idx(folder.path / "packed"), Text("unpack it with gunzip"));
  CHECK_THROWS_WITH(read_idx(folder.write("a", "")), Text("expected an IDX file"));
  CHECK_THROWS_WITH(read_idx(folder.write("a", "GIF89a")), Text("expected an IDX file"));
  CHECK_THROWS_WITH(read_idx(folder.write("a", idx({2, 3}, "abcdef", 13))),
                    Text("expected IDX type 8 (unsigned bytes), got type 13"));
  CHECK_THROWS_WITH(read_idx(folder.write("a", idx({2, 3}, "").substr(0, 9))),
                    Text("expected 12 bytes of header, got 9"));
  CHECK_THROWS_WITH(read_idx(folder.write("a", idx({2, 3}, "abcde"))), Text("truncated file?"));
  CHECK_THROWS_WITH(read_idx(folder.write("a", idx({2, 3}, "abcdefg"))), Text("expected 6 bytes of data, got 7"));
  const std::string huge("\0\0\10\2\377\377\377\377\377\377\377\377abc", 15);
  CHECK_THROWS_WITH(read_idx(folder.write("a", huge)), Text("truncated file?"));
  CHECK_THROWS_WITH(read_idx(folder.path), Text("expected"));  // a folder
}

TEST_CASE("read_mnist pairs images and labels, under both spellings of their names") {
  const TemporaryFolder folder;
  folder.write("train-images.idx3-ubyte", idx({2, 1, 3}, "abcdef"));
  folder.write("train-labels-idx1-ubyte", idx({2}, "\7\11"));
  const auto set = read_mnist(folder.path, "train");
  CHECK(set.width == 3);
  CHECK(set.height == 1);
  CHECK(set.labels == std::vector{7, 9});
  CHECK(set.pixels.size() == 6);

  CHECK_THROWS_WITH(read_mnist(folder.path, "t10k"), Text("t10k-images-idx3-ubyte: expected a file, got none"));
  folder.write("train-labels-idx1-ubyte", idx({3}, "\7\11\1"));
  CHECK_THROWS_WITH(read_mnist(folder.path, "train"), Text("expected 2 labels, one for each image, got 3"));
  folder.write("train-labels-idx1-ubyte", idx({2, 1}, "\7\11"));
  CHECK_THROWS_WITH(read_mnist(folder.path, "train"), Text("expected 1 dimensions, got 2"));
}

TEST_CASE("SafetensorsFile refuses what is not a whole safetensors file") {
  const TemporaryFolder folder;
  const auto open = [&](const std::string& contents) { return SafetensorsFile(folder.write("a", contents)); };
  const auto tensor = [](const char* offsets, const char* shape = "[2]") {
    return R"({"x":{"dtype":"F32","shape":)" + std::string(shape) + R"(,"data_offsets":)" + offsets + "}}";
  };
  CHECK(open(safetensors(tensor("[0,8]"), "12345678")).names() == std::vector<std::string>{"x"});
  CHECK_THROWS_WITH(SafetensorsFile(folder.path / "nowhere"), Text("nowhere: expected a file, got none"));
  CHECK_THROWS_WITH(open("1234"), Text("expected 8 bytes of header length, got 4 bytes in all"));
  CHECK_THROWS_WITH(open(std::string(8, '\377')), Text("bytes of header, got 0"));
  CHECK_THROWS_WITH(open(safetensors("[1]", "")), Text("expected a JSON object as header"));
  CHECK_THROWS_WITH(open(safetensors("{,", "")), Text("expected a JSON object as header"));
  CHECK_THROWS_WITH(open(safetensors(R"({"x":{"dtype":"F32"}})", "")),
                    Text("expected dtype, shape and data_offsets of \"x\""));
  CHECK_THROWS_WITH(open(safetensors(tensor("[0,8]"), "1234567")), Text("truncated file?"));
  CHECK_THROWS_WITH(open(safetensors(tensor("[8,0]"), "12345678")), Text("expected the bytes of \"x\""));
  CHECK_THROWS_WITH(open(safetensors(tensor("[-8,0]"), "12345678")), Text("expected the bytes of \"x\""));
  CHECK_THROWS_WITH(open(safetensors(tensor("[0,8]", "[3]"), "12345678")), Text("as F32 [3] needs, got 8"));
  CHECK_THROWS_WITH(open(safetensors(tensor("[0,8]", "[4294967296,4294967296]"), "12345678")), Text("needs, got 8"));
}

TEST_CASE("write_png writes a PNG of the grid, or says why not") {
  const TemporaryFolder folder;
  const flux::LabelledImages set{.width = 2, .height = 2, .pixels = {0, 1, 2, 3, 3, 2, 1, 0}, .labels = {4, 7}};
  const auto grid = flux::prediction_grid(set, {4, 1});
  flux::write_png(folder.path / "a.png", grid);
  std::ifstream file(folder.path / "a.png", std::ios::binary);
  std::string start(8, '\0');
  file.read(start.data(), 8);
  CHECK(start == "\211PNG\r\n\032\n");
  const auto is_red = [](const flux::Colour& c) { return c.red > 200 && c.green < 100; };
  CHECK(std::count_if(grid.pixels.begin(), grid.pixels.end(), is_red) > 4 * 32);  // the frame of the wrong one
  CHECK(std::none_of(grid.pixels.begin(), grid.pixels.begin() + static_cast<std::ptrdiff_t>(grid.width), is_red));
  CHECK_THROWS_WITH(flux::write_png(folder.path / "no" / "a.png", grid), Text("expected to write"));
}
