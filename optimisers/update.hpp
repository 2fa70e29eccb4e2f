// A rule for every parameter of a model. The walk over structs, tuples and vectors is written here, once.
#pragma once
#include <cuarrays/cuarrays.hpp>
#include <tuple>
#include <vector>
#include <zygote/runtime/containers.hpp>

namespace optimisers {

/// What a rule acts on: an array or a real number.
template <class T>
concept Parameter = std::floating_point<T> ||(cuarrays::AnyArray<T>&& zygote::Differentiable<T>);

namespace detail {
template <class T>
inline constexpr bool is_vector = false;
template <class T, class Allocator>
inline constexpr bool is_vector<std::vector<T, Allocator>> = true;

/// References to the fields of a struct, or to the elements of a tuple, pair or std::array.
template <class T>
constexpr auto children(T& x) {
  using Whole = std::remove_const_t<T>;
  static_assert(zygote::HasFields<Whole> || zygote::detail::TupleLike<Whole>,
                "optimisers: a model is made of structs, tuples, vectors, arrays and real numbers; this part of it is "
                "none of them");
  if constexpr (zygote::HasFields<Whole>)
    return zygote::fields(x);
  else
    return std::apply([](auto&... elements) { return std::tie(elements...); }, x);
}

/// The state of a rule for each parameter of x, in the structure of x: none where there is nothing to update.
template <class Rule, class T>
auto initial_state(const Rule& rule, const T& x) {
  static_assert(!zygote::HidesFields<T>, "optimisers: " ZYGOTE_HIDES_FIELDS);
  if constexpr (!zygote::Differentiable<T>)
    return zygote::none{};
  else if constexpr (Parameter<T>)
    return rule.init(x);
  else if constexpr (is_vector<T>) {
    std::vector<decltype(initial_state(rule, x.front()))> states;
    for (const auto& element : x) states.push_back(initial_state(rule, element));
    return states;
  } else
    return std::apply([&](const auto&... child) { return std::make_tuple(initial_state(rule, child)...); },
                      children(x));
}

/// Applies a rule to each parameter of x. Where the gradient is none, or empty (zero for an array or a vector that
/// nothing depended on), parameter and state stay as they are.
template <class Rule, class State, class T, class Gradient>
void update_parts(const Rule& rule, State& state, T& x, const Gradient& gradient) {
  if constexpr (!zygote::Differentiable<T> || zygote::NoAdjoint<Gradient>)
    return;
  else if constexpr (std::floating_point<T>)
    rule.apply(state, x, static_cast<T>(gradient));
  else if constexpr (Parameter<T>) {
    if (gradient.size() != 0) rule.apply(state, x, gradient);
  } else if constexpr (is_vector<T>) {
    if (gradient.size() > state.size() || gradient.size() > x.size())
      cuarrays::detail::fail("update", "expected as many parts of the model as when the optimiser was set up, ",
                             state.size(), ", got ", x.size(), ", and a gradient of ", gradient.size());
    for (std::size_t i = 0; i < gradient.size(); ++i) update_parts(rule, state[i], x[i], gradient[i]);
  } else
    [&]<std::size_t... i>(auto states, auto parts, auto gradients, std::index_sequence<i...>) {
      (update_parts(rule, std::get<i>(states), std::get<i>(parts), std::get<i>(gradients)), ...);
    }
  (children(state), children(x), children(gradient), std::make_index_sequence<std::tuple_size_v<State>>{});
}
}  // namespace detail

/// A rule with its state for one model. The fields are public: change `optimiser.rule.rate` as training goes on.
template <class Rule, class State>
struct Optimiser {
  Rule rule;
  State state;
};

/// An optimiser for the parameters of a model, as in setup(Adam(1e-3f), model).
template <class Rule, class Model>
auto setup(const Rule& rule, const Model& model) {
  return Optimiser<Rule, decltype(detail::initial_state(rule, model))>{rule, detail::initial_state(rule, model)};
}

/// One step: updates the model in place with a gradient as `gradient` and `withgradient` give it.
template <class Rule, class State, class Model, class Gradient>
void update(Optimiser<Rule, State>& optimiser, Model& model, const Gradient& gradient) {
  static_assert(zygote::NoAdjoint<Gradient> || std::same_as<Gradient, zygote::Adjoint<Model>>,
                "optimisers: this is not the gradient of this model: of what gradient and withgradient return, give "
                "the model's, as in update(optimiser, model, std::get<0>(gradients))");
  detail::update_parts(optimiser.rule, optimiser.state, model, gradient);
}

}  // namespace optimisers
