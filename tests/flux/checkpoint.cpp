// Models to files and back.
#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <flux/checkpoint.hpp>
#include <flux/summary.hpp>
#include <layers/layers.hpp>
#include <optional>

namespace {

namespace fs = std::filesystem;
using cuarrays::Array, cuarrays::isapprox;
using namespace flux;
using Text = doctest::Contains;

/// A file name that is free, and free again when the test ends.
struct TemporaryFile {
  fs::path path;
  TemporaryFile() {
    auto name = (fs::temp_directory_path() / "flux-test-XXXXXX").string();
    path = fs::path(mkdtemp(name.data())) / "model.safetensors";
  }
  ~TemporaryFile() { fs::remove_all(path.parent_path()); }
};

struct Everything {
  std::vector<layers::Dense<>> dense;
  std::tuple<double, std::pair<int, bool>> numbers;
  Array<double, 3> cube;
  std::array<Array<std::int64_t, 1>, 1> counts;
  std::string name = "kept";
};

struct Linear {
  Array<double, 2> weight;
  std::optional<Array<double, 1>> bias;
  static constexpr std::array field_names{"weight", "bias"};
};

Everything everything(float x) {
  cuarrays::Rng rng(static_cast<std::uint64_t>(x));
  return {{layers::Dense(2, 3, layers::identity, rng), layers::Dense(3, 1, layers::identity, rng)},
          {x, {static_cast<int>(x), x > 1}},
          cuarrays::full(double(x), 2, 3, 4),
          {Array<std::int64_t, 1>::of({1, static_cast<int>(x)})},
          std::to_string(x)};
}

}  // namespace

TEST_CASE("load gives back what save wrote") {
  const TemporaryFile file;
  const auto saved = everything(5);
  save(file.path, saved);
  auto loaded = everything(1);
  load(file.path, loaded);
  CHECK(isapprox(loaded.dense[0].weight, saved.dense[0].weight, 0));
  CHECK(isapprox(loaded.dense[1].weight, saved.dense[1].weight, 0));
  CHECK(loaded.numbers == saved.numbers);
  CHECK(isapprox(loaded.cube, saved.cube, 0));
  CHECK(loaded.counts[0][1] == 5);
  CHECK(loaded.name == everything(1).name);
  save(file.path, loaded);  // over the old file
  CHECK(std::distance(fs::directory_iterator(file.path.parent_path()), {}) == 1);
}

TEST_CASE("names are paths, shapes are those of Python") {
  const TemporaryFile file;
  save(file.path, layers::Chain(layers::Dense(2, 3, layers::relu)));
  const SafetensorsFile read(file.path);
  CHECK(read.names() == std::vector<std::string>{"layers.0.bias", "layers.0.weight"});
  CHECK(read.info("layers.0.weight") == TensorInfo{"F32", {2, 3}});
  save(file.path, everything(1));
  const SafetensorsFile all(file.path);
  CHECK(all.names() == std::vector<std::string>{"0.0.bias", "0.0.weight", "0.1.bias", "0.1.weight", "1.0", "1.1.0",
                                                "1.1.1", "2", "3.0"});
  CHECK(all.info("2") == TensorInfo{"F64", {4, 3, 2}});
  CHECK(all.info("1.1.0") == TensorInfo{"I32", {}});
  CHECK(all.info("1.1.1").dtype == "BOOL");
}

TEST_CASE("running statistics are saved, options are not") {
  const TemporaryFile file;
  const layers::BatchNorm saved(2);
  saved.pullback(cuarrays::full(3.f, 4, 2, 5));
  save(file.path, saved);
  CHECK(SafetensorsFile(file.path).names() ==
        std::vector<std::string>{"beta", "gamma", "mean.value", "variance.value"});
  layers::BatchNorm loaded(2);
  load(file.path, loaded);
  CHECK(isapprox(loaded.mean.value, cuarrays::full(0.3f, 2)));
}

TEST_CASE("a file that Python wrote (safetensors_check.py)") {
  std::tuple model{layers::Dense(2, 3), 0.0, Array<std::int64_t, 1>({2})};
  load(fs::path(__FILE__).parent_path() / "from_python.safetensors", model);
  const auto& [dense, number, integers] = model;
  CHECK(isapprox(dense.weight, Array<float, 2>::of({{1, 4}, {2, 5}, {3, 6}}), 0));
  CHECK(isapprox(dense.bias, Array<float, 1>::of({7, 8, 9}), 0));
  CHECK(number == 0.5);
  CHECK(integers[1] == std::int64_t(1) << 40);
}

TEST_CASE("load is strict, and leaves the model alone when it fails") {
  const TemporaryFile file;
  const auto fails = [&](auto saved, auto model, const char* message) {
    save(file.path, saved);
    const auto before = model;
    CHECK_THROWS_WITH(load(file.path, model), Text(message));
    CHECK(isapprox(std::get<0>(model), std::get<0>(before), 0));
  };
  const auto a = cuarrays::full(1.f, 2, 3), b = cuarrays::full(2.f, 2, 3);
  fails(std::tuple{b}, std::tuple{a, a}, "expected a tensor \"1\", got none of that name");
  fails(std::tuple{b, b}, std::tuple{a}, "expected the tensors of this model and no others, got \"1\" as well");
  fails(std::tuple{b, b}, std::tuple{a, cuarrays::full(1.f, 3, 2)}, "expected \"1\" to be F32 [2, 3], got F32 [3, 2]");
  fails(std::tuple{b, b}, std::tuple{a, Array<double, 2>(a)}, "expected \"1\" to be F64 [3, 2], got F32 [3, 2]");
  fails(std::tuple{b, b}, std::tuple{a, cuarrays::full(1.f, 6)}, "expected \"1\" to be F32 [6], got F32 [3, 2]");
  save(file.path, std::tuple{b});
  fs::resize_file(file.path, fs::file_size(file.path) - 1);
  auto model = std::tuple{a};
  CHECK_THROWS_WITH(load(file.path, model), Text("truncated file?"));
  CHECK_THROWS_WITH(load(file.path.parent_path() / "none", model), Text("expected a file, got none"));
  CHECK_THROWS_WITH(save(file.path.parent_path() / "none" / "model", model), Text("[save] expected to write"));
}

TEST_CASE("what an optional holds is saved") {
  const TemporaryFile file;
  const Linear saved{cuarrays::full(1.0, 2, 2), cuarrays::full(3.0, 2)};
  save(file.path, saved);
  Linear loaded{cuarrays::full(0.0, 2, 2), cuarrays::full(0.0, 2)};
  load(file.path, loaded);
  CHECK(cuarrays::sum(*loaded.bias) == 6);
  CHECK(parameter_count(saved) == 6);
  Linear without{cuarrays::full(0.0, 2, 2), std::nullopt};
  CHECK_THROWS_WITH(load(file.path, without), Text("bias"));
}
