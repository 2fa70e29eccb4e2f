// Rules against PyTorch (goldens.py), for arrays and for numbers; the walk over models of all shapes.
#include <doctest/doctest.h>

#include <optimisers/optimisers.hpp>
#include <tests/optimisers/goldens.hpp>

namespace {

using cuarrays::Array;
using namespace optimisers;

template <class T>
Array<T, 1> row(const double* values) {
  return Array<T, 1>({goldens::size}, std::vector<double>(values, values + goldens::size));
}

template <class T, class Rule>
void compare(const Rule& rule, const double* expected) {
  auto x = row<T>(goldens::start);
  auto optimiser = setup(rule, x);
  auto number = static_cast<T>(goldens::start[0]);
  auto number_optimiser = setup(rule, number);
  for (int step = 0; step < goldens::steps; ++step) {
    const auto gradient = row<T>(goldens::gradients + step * goldens::size);
    update(optimiser, x, gradient);
    update(number_optimiser, number, gradient[0]);
    const double tolerance = sizeof(T) == 4 ? 1e-6 : 1e-14;
    CHECK(cuarrays::isapprox(x, row<T>(expected + step * goldens::size), tolerance));
    CHECK(number == doctest::Approx(x[0]).epsilon(tolerance));
  }
}

struct Line {
  Array<float, 1> slope;
  float offset = 0;
  int calls = 7;  // no parameter
};
struct Model {
  std::tuple<Line> only;
  std::vector<Line> lines;
  std::pair<double, std::array<Array<double, 2>, 1>> rest;
};

Model model_of(float x) {
  const auto line = [&] { return Line{cuarrays::full(x, 3), x}; };
  return {{line()}, {line(), line()}, {x, {cuarrays::full(double(x), 2, 2)}}};
}

}  // namespace

TEST_CASE("rules agree with PyTorch") {
  compare<float>(Descent(0.1), goldens::descent);
  compare<double>(Descent(0.1), goldens::descent);
  compare<float>(Momentum(0.01, 0.9), goldens::momentum);
  compare<double>(Momentum(0.01, 0.9), goldens::momentum);
  compare<float>(Adam(1e-3), goldens::adam);
  compare<double>(Adam(1e-3), goldens::adam);
}

TEST_CASE("update overwrites parameters and states") {
  const auto check = [](const auto& rule, const auto& kept) {
    auto x = cuarrays::full(1.f, 40);
    auto optimiser = setup(rule, x);
    const float *parameters = std::as_const(x).data(), *state = kept(optimiser.state).data();
    for (int step = 0; step < 3; ++step) update(optimiser, x, cuarrays::full(2.f, 40));
    CHECK(std::as_const(x).data() == parameters);
    CHECK(kept(optimiser.state).data() == state);
  };
  check(
      Momentum(0.01, 0.9), [](const auto& state) -> const auto& { return state; });
  check(
      Adam(1e-3), [](const auto& state) -> const auto& { return state.mean; });
  check(
      Adam(1e-3), [](const auto& state) -> const auto& { return state.square; });
}

TEST_CASE("update reaches every parameter of a model, and nothing else") {
  auto model = model_of(1);
  auto optimiser = setup(Descent(0.5f), model);
  update(optimiser, model, model_of(2));
  const auto untouched = [](const Line& line) { return line.slope[2] == 0 && line.offset == 0 && line.calls == 7; };
  CHECK(untouched(std::get<0>(model.only)));
  CHECK(untouched(model.lines[0]));
  CHECK(untouched(model.lines[1]));
  CHECK(model.rest.first == 0);
  CHECK(model.rest.second[0](1, 1) == 0);
}

TEST_CASE("a zero gradient changes nothing: empty arrays, empty vectors, none") {
  auto model = model_of(1);
  auto optimiser = setup(Adam(), model);
  update(optimiser, model, zygote::zero<Model>());
  CHECK(model.lines[1].slope[0] == 1);
  CHECK(std::get<0>(std::get<0>(std::get<0>(optimiser.state))).power1 == 1);
  update(optimiser, model, zygote::none{});
  CHECK(std::get<0>(model.only).slope[0] == 1);
}

TEST_CASE("the rate of a rule can be changed between steps") {
  double x = 1;
  auto optimiser = setup(Descent(1), x);
  optimiser.rule.rate = 0.25f;
  update(optimiser, x, 2.0);
  CHECK(x == 0.5);
}

TEST_CASE("an optimiser's step leaves copies of the model as they were") {
  auto x = cuarrays::full(1.f, 3);
  const auto copy = x;
  auto optimiser = setup(Momentum(), x);
  update(optimiser, x, cuarrays::full(1.f, 3));
  CHECK(copy[0] == 1);
  CHECK(x[0] < 1);
}

TEST_CASE("Adam on complex parameters scales by absolute values") {
  using C = std::complex<double>;
  const auto target = cuarrays::Array<C, 1>::of({C(1, 2), C(-3, 0.5)});
  cuarrays::Array<C, 1> z(target.shape());
  auto optimiser = setup(Adam{.rate = 0.1}, z);
  for (int i = 0; i < 500; ++i) update(optimiser, z, cuarrays::Array<C, 1>(2 * (z - target)));
  for (int i = 0; i < 2; ++i) CHECK(std::abs(z[i] - target[i]) < 1e-3);
}

TEST_CASE("a model that has grown since its optimiser was set up") {
  std::vector<double> model{1, 2};
  auto optimiser = setup(Adam(), model);
  model.push_back(3);
  CHECK_THROWS_WITH(update(optimiser, model, std::vector<double>{1, 1, 1}),
                    doctest::Contains("expected as many parts of the model"));
}
