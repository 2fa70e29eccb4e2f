// The recurrent network: inputs, and the rows of the table.
#include "lstm.hpp"

#include <memory>

#include "harness.hpp"
#include "lstm_hand.hpp"

namespace bench {
namespace {

struct Instance {
  lstm::Parameters p;
  lstm::Data data;
  lstm::Parameters gradient;
  lstm::Saved saved;
};

std::shared_ptr<Instance> make_instance(std::size_t layers, std::size_t characters, std::size_t features) {
  Random random{layers};
  auto weights = [&] { return random.uniform(features, -1, 1); };
  auto gate = [&] { return lstm::Gate{weights(), weights()}; };
  auto instance = std::make_shared<Instance>(Instance{{}, {}, {}, lstm::Saved(features, layers, characters - 1)});
  for (std::size_t k = 0; k < layers; ++k) {
    instance->p.layers.push_back({gate(), gate(), gate(), gate()});
    instance->data.start.push_back({weights(), weights()});
  }
  instance->p.w_in = weights();
  instance->p.w_out = weights();
  instance->p.b_out = weights();
  for (std::size_t t = 0; t < characters; ++t) instance->data.sequence.push_back(random.uniform(features, 0, 1));
  instance->gradient = instance->p;
  return instance;
}

double hand(Instance& i) { return lstm::hand(i.p, i.data, i.saved, i.gradient); }

#ifdef BENCH_OURS
auto ours(const lstm::Parameters& parameters, const lstm::Data& data) {
  return zygote::withgradient(
      ZYGOTE[&](const lstm::Parameters& p) { return lstm::objective(p, zygote::constant(data)); }, parameters);
}
#endif

Problem make_problem(const std::string& name, std::size_t layers) {
  const auto instance = make_instance(layers, 1024, 14);
  Problem problem{.name = name};
  problem.natural = [=] { return lstm::objective(instance->p, instance->data); };
  problem.tuned = [=] { return lstm::tuned(instance->p, instance->data); };
  problem.hand = [=] { return hand(*instance); };
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
    const auto small = make_instance(layers, 6, 3);
    const double value = hand(*small);
    auto f = [&](const lstm::Parameters& p) { return lstm::objective(p, small->data); };
    return std::pair{numbers_of(value, small->gradient), central_differences(f, small->p)};
  };
  return problem;
}

}  // namespace

std::vector<Problem> lstm_problems() { return {make_problem("lstm-2", 2), make_problem("lstm-4", 4)}; }

}  // namespace bench
