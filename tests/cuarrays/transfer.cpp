// Copies between the memory spaces, of structs too; without a GPU they say so.
#include <sstream>

#include "check.hpp"

using namespace cuarrays;

namespace {
template <class Weight, class Bias>
struct Layer {
  Weight weight;
  Bias bias;
  int width = 0;
  std::array<int, 2> window = {0, 0};
};
}  // namespace

TEST_CASE("transfer: to the host and back, whole structs") {
  const Layer<Array<float, 2>, Array<float, 1>> layer{full(2.f, 2, 3), {}, 3, {4, 5}};
  const auto same = cpu(std::tuple{layer, std::vector{full(1.f, 2)}, 5});
  CHECK(sum(std::get<0>(same).weight) == 12);
  CHECK(std::get<0>(same).width == 3);
  CHECK(std::get<0>(same).window[1] == 5);
  CHECK(std::get<1>(same)[0].size() == 2);
  static_assert(std::same_as<decltype(gpu(layer)), Layer<CuArray<float, 2>, CuArray<float, 1>>>);
  using Several = Layer<std::vector<Array<float, 2>>, int>;
  static_assert(std::same_as<decltype(gpu(Several())), Layer<std::vector<CuArray<float, 2>>, int>>);
  check::pullback(cpu, full(1.0, 3));
  if (detail::has_gpu()) {
    const auto back = cpu(gpu(layer));
    CHECK(isapprox(back.weight, layer.weight));
    CHECK(back.width == 3);
    std::ostringstream out;
    out << gpu(full(1, 2));
    CHECK(out.str() == "CuArray (2)\n  1  1\n");
  } else {
    MESSAGE("no GPU here: copies to it are not tested");
    CHECK_THROWS_AS(gpu(layer), std::runtime_error);
  }
}
