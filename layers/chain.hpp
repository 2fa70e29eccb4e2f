// Layers one after the other.
#pragma once
#include <array>
#include <zygote/runtime/call.hpp>
#include <zygote/runtime/containers.hpp>

namespace layers {

/// Chain(f, g, h)(x) is h(g(f(x))). Layers are anything callable with one argument: structs with a marked operator(),
/// activations, function objects; the gradient of a Chain is a Chain.
template <class... Layers>
struct Chain {
  std::tuple<Layers...> layers;

  Chain() = default;
  constexpr explicit Chain(Layers... layers) requires(sizeof...(Layers) > 0) : layers(std::move(layers)...) {}

  template <class X>
  constexpr auto operator()(const X& x) const {
    return call<0>(x);
  }
  template <class X>
  constexpr auto pullback(const X& x) const {
    auto [y, back] = pullback_from<0>(x);
    return zygote::Pullback{std::move(y), [back = std::move(back)](const auto& d) {
                              return std::apply(
                                  [](auto&& dx, auto&&... dlayers) {
                                    return std::make_tuple(
                                        Chain(adjoint<Layers>(std::forward<decltype(dlayers)>(dlayers))...),
                                        std::forward<decltype(dx)>(dx));
                                  },
                                  back(d));
                            }};
  }

  template <class Self>
  static constexpr auto fields(Self& self) {
    return std::tie(self.layers);
  }
  static constexpr std::array field_names{"layers"};

 private:
  static constexpr std::size_t n = sizeof...(Layers);

  template <class Layer, class D>
  static constexpr Layer adjoint(D&& d) {
    if constexpr (zygote::Differentiable<Layer>)
      return zygote::settle<Layer>(std::forward<D>(d));
    else
      return {};
  }

  template <std::size_t i, class X>
  constexpr auto call(const X& x) const {
    if constexpr (i == n)
      return x;
    else
      return call<i + 1>(zygote::evaluate(std::get<i>(layers)(x)));
  }

  /// Of layers i, i + 1, ...; its back gives (dx, dlayer_i, dlayer_i+1, ...).
  template <std::size_t i, class X>
  constexpr auto pullback_from(const X& x) const {
    if constexpr (i == n)
      return zygote::Pullback{x, [](const auto& d) { return std::make_tuple(d); }};
    else {
      auto here = zygote::call_object(std::get<i>(layers), x);
      static_assert(
          zygote::has_pullback<decltype(here)>,
          "layers: a layer of this Chain has no pullback. Mark its operator() ZYGOTE, or wrap it in constant(...)");
      auto y = zygote::evaluate(std::move(here.value));
      auto later = pullback_from<i + 1>(y);
      return zygote::Pullback{
          std::move(later.value), [here = std::move(here.back), later = std::move(later.back)](const auto& d) {
            return std::apply(
                [&](auto&& dy, auto&&... dlayers) {
                  auto [dlayer, dx] = here(std::forward<decltype(dy)>(dy));
                  return std::make_tuple(std::move(dx), std::move(dlayer), std::forward<decltype(dlayers)>(dlayers)...);
                },
                later(d));
          }};
    }
  }
};

}  // namespace layers
