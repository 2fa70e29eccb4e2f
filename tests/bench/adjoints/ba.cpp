// Bundle adjustment: inputs, and the rows of the table.
#include "ba.hpp"

#include <memory>

#include "ba_hand.hpp"
#include "harness.hpp"

namespace bench {
namespace {

struct Instance {
  ba::Scene scene;
  std::vector<ba::Observation> observations;
  ba::Scene gradient;
  std::vector<double> errors;
  std::vector<ba::Block> blocks;
};

/// Cameras that look at a cloud of points from some way off; the third does not turn at all.
std::shared_ptr<Instance> make_instance(std::size_t cameras, std::size_t points, std::size_t observations) {
  Random random{cameras};
  auto instance = std::make_shared<Instance>();
  auto near = [&](double x, double y, double z, double spread) {
    return ba::Vec3{x + random.uniform(-spread, spread), y + random.uniform(-spread, spread),
                    z + random.uniform(-spread, spread)};
  };
  for (std::size_t i = 0; i < cameras; ++i)
    instance->scene.cameras.push_back({near(0.1, -0.2, 0.1, 0.3),
                                       near(0, 0, -8, 1),
                                       random.uniform(0.5, 1.5),
                                       {random.uniform(-0.1, 0.1), random.uniform(-0.1, 0.1)},
                                       random.uniform(-0.1, 0.1),
                                       random.uniform(-0.01, 0.01)});
  for (std::size_t i = 0; i < points; ++i) instance->scene.points.push_back(near(0, 0, 0, 2));
  for (std::size_t i = 0; i < observations; ++i) {
    const std::size_t camera = static_cast<std::size_t>(random.uniform(0, static_cast<double>(cameras)));
    instance->observations.push_back({camera, i % points, {random.uniform(-0.5, 0.5), random.uniform(-0.5, 0.5)}});
    instance->scene.weights.push_back(random.uniform(0.5, 1.5));
  }
  instance->errors.resize(3 * observations);
  instance->blocks.resize(observations);
  return instance;
}

double natural_errors(const ba::Scene& scene, const std::vector<ba::Observation>& observations, double* errors) {
  std::size_t i = 0;
  for (const auto& o : observations) {
    const double w = scene.weights[i / 3];
    const ba::Vec2 e = ba::reprojection_error(scene.cameras[o.camera], scene.points[o.point], w, o.feature);
    errors[i++] = e.x;
    errors[i++] = e.y;
    errors[i++] = ba::weight_error(w);
  }
  return errors[0];
}

#ifdef BENCH_OURS
/// Puts the adjoints of one component of the error where the hand-written code has them.
void set_row(ba::Block& block, std::size_t row, const auto& adjoints) {
  const auto& [c, point, weight] = adjoints;
  const double all[15] = {c.rotation.x, c.rotation.y, c.rotation.z,  c.centre.x,    c.centre.y,
                          c.centre.z,   c.focal,      c.principal.x, c.principal.y, c.k1,
                          c.k2,         point.x,      point.y,       point.z,       weight};
  for (std::size_t j = 0; j < 15; ++j) block.error[j][row] = all[j];
}

double ours_blocks(Instance& instance) {
  std::size_t i = 0;
  for (const auto& o : instance.observations) {
    const double w = instance.scene.weights[i];
    const auto [e, back] = zygote::pullback(
        ZYGOTE[&](const ba::Camera& c, const ba::Vec3& x, double weight) {
          return ba::reprojection_error(c, x, weight, zygote::constant(o.feature));
        },
        instance.scene.cameras[o.camera], instance.scene.points[o.point], w);
    const auto [e_weight, gradients] = zygote::withgradient(ba::weight_error, w);
    set_row(instance.blocks[i], 0, back(ba::Vec2{1, 0}));
    set_row(instance.blocks[i], 1, back(ba::Vec2{0, 1}));
    instance.blocks[i].weight = std::get<0>(gradients);
    instance.errors[3 * i] = e.x;
    instance.errors[3 * i + 1] = e.y;
    instance.errors[3 * i + 2] = e_weight;
    ++i;
  }
  return instance.errors[0];
}

auto ours(const ba::Scene& scene, const std::vector<ba::Observation>& observations) {
  return zygote::withgradient(
      ZYGOTE[&](const ba::Scene& s) { return ba::objective(s, zygote::constant(observations)); }, scene);
}
#endif

Numbers block_numbers(const Instance& instance) {
  Numbers all = instance.errors;
  for (const ba::Block& b : instance.blocks) {
    for (const auto& column : b.error) all.insert(all.end(), column.begin(), column.end());
    all.push_back(b.weight);
  }
  return all;
}

/// The blocks contracted with fixed numbers are the gradient of a sum, which differences can be taken of.
std::pair<Numbers, Numbers> check_blocks() {
  const auto small = make_instance(3, 5, 12);
  const Numbers c = Random{7}.uniform(small->errors.size(), -1, 1);
  auto contracted = [&](const ba::Scene& scene) {
    Numbers errors(c.size());
    natural_errors(scene, small->observations, errors.data());
    double sum = 0;
    for (std::size_t i = 0; i < c.size(); ++i) sum += c[i] * errors[i];
    return sum;
  };
  ba::hand_blocks(small->scene, small->observations, small->errors.data(), small->blocks.data());
  ba::Scene gradient{std::vector<ba::Camera>(3), std::vector<ba::Vec3>(5), Numbers(12)};
  for (std::size_t i = 0; i < small->observations.size(); ++i) {
    const ba::Block& b = small->blocks[i];
    ba::Adjoints<1> row;
    for (std::size_t j = 0; j < 15; ++j) row[j].row[0] = c[3 * i] * b.error[j][0] + c[3 * i + 1] * b.error[j][1];
    ba::add_to(gradient.cameras[small->observations[i].camera], gradient.points[small->observations[i].point], row);
    gradient.weights[i] = row[14].row[0] + c[3 * i + 2] * b.weight;
  }
  return {numbers_of(contracted(small->scene), gradient), central_differences(contracted, small->scene)};
}

std::pair<Numbers, Numbers> check_scalar() {
  const auto small = make_instance(3, 5, 12);
  small->scene.cameras[2].rotation = {1e-3, 0, 0};
  const double value = ba::hand(small->scene, small->observations, small->gradient);
  auto f = [&](const ba::Scene& scene) { return ba::objective(scene, small->observations); };
  return {numbers_of(value, small->gradient), central_differences(f, small->scene)};
}

}  // namespace

std::vector<Problem> ba_problems() {
  const auto instance = make_instance(49, 7776, 31843);  // the sizes of ADBench's first data set
  Problem blocks{.name = "ba-blocks"}, scalar{.name = "ba-scalar"};
  blocks.natural = [=] { return natural_errors(instance->scene, instance->observations, instance->errors.data()); };
  blocks.tuned = [=] { return ba::tuned_errors(instance->scene, instance->observations, instance->errors.data()); };
  blocks.hand = [=] {
    return ba::hand_blocks(instance->scene, instance->observations, instance->errors.data(), instance->blocks.data());
  };
  blocks.hand_numbers = [=] { return blocks.hand(), block_numbers(*instance); };
  blocks.differences = check_blocks;
  scalar.natural = [=] { return ba::objective(instance->scene, instance->observations); };
  scalar.tuned = [=] { return ba::tuned(instance->scene, instance->observations); };
  scalar.hand = [=] { return ba::hand(instance->scene, instance->observations, instance->gradient); };
  scalar.hand_numbers = [=] {
    const double value = scalar.hand();
    return numbers_of(value, instance->gradient);
  };
  scalar.differences = check_scalar;
#ifdef BENCH_OURS
  blocks.ours = [=] { return ours_blocks(*instance); };
  blocks.ours_numbers = [=] { return ours_blocks(*instance), block_numbers(*instance); };
  scalar.ours = [=] {
    auto result = ours(instance->scene, instance->observations);
    keep(result);
    return result.value;
  };
  scalar.ours_numbers = [=] {
    const auto [value, gradients] = ours(instance->scene, instance->observations);
    return numbers_of(value, std::get<0>(gradients));
  };
#endif
  return {blocks, scalar};
}

}  // namespace bench
