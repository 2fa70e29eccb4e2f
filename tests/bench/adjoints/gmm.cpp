// Gaussian mixture models: inputs, and the rows of the table.
#include "gmm.hpp"

#include <memory>

#include "gmm_hand.hpp"
#include "harness.hpp"

namespace bench {
namespace {

struct Instance {
  gmm::Parameters p;
  gmm::Data data;
  gmm::Parameters gradient;
};

std::shared_ptr<Instance> make_instance(std::size_t d, std::size_t components, std::size_t points) {
  Random random{d};
  const double spread = 1 / std::sqrt(static_cast<double>(d));  // keeps several components alive at every point
  auto instance = std::make_shared<Instance>();
  instance->p = {random.uniform(components, -1, 1), random.uniform(d * components, -1, 1),
                 random.uniform(d * components, -1, 0), random.uniform(d * (d - 1) / 2 * components, -spread, spread)};
  instance->data = {d, components, points, random.uniform(d * points, -2, 2), 1.5, 2};
  return instance;
}

#ifdef BENCH_OURS
auto ours(const gmm::Parameters& parameters, const gmm::Data& data) {
  return zygote::withgradient(
      ZYGOTE[&](const gmm::Parameters& p) { return gmm::objective(p, zygote::constant(data)); }, parameters);
}
#endif

Problem make_problem(const std::string& name, std::size_t d, std::size_t components) {
  const auto instance = make_instance(d, components, 1000);
  Problem problem{.name = name};
  problem.natural = [=] { return gmm::objective(instance->p, instance->data); };
  problem.tuned = [=] { return gmm::tuned(instance->p, instance->data); };
  problem.hand = [=] { return gmm::hand(instance->p, instance->data, instance->gradient); };
  problem.hand_numbers = [=] {
    const double value = problem.hand();
    return numbers_of(value, instance->gradient);
  };
#ifdef BENCH_OURS
  problem.ours = [=] {
    auto result = ours(instance->p, instance->data);
    keep(result);
    return result.value;
  };
  problem.ours_numbers = [=] {
    const auto [value, gradients] = ours(instance->p, instance->data);
    return numbers_of(value, std::get<0>(gradients));
  };
#endif
  problem.differences = [=] {
    const auto small = make_instance(d / 4, components, 7);
    const double value = gmm::hand(small->p, small->data, small->gradient);
    auto f = [&](const gmm::Parameters& p) { return gmm::objective(p, small->data); };
    return std::pair{numbers_of(value, small->gradient), central_differences(f, small->p)};
  };
  return problem;
}

}  // namespace

std::vector<Problem> gmm_problems() { return {make_problem("gmm-10-25", 10, 25), make_problem("gmm-64-5", 64, 5)}; }

}  // namespace bench
