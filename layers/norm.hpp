// Layers that normalise: BatchNorm, LayerNorm, GroupNorm.
#pragma once
#include <array>
#include <cuarrays/norm.hpp>
#include <layers/fixed.hpp>

namespace layers {

namespace detail {
template <class Parameter>
Parameter ones(cuarrays::Index n) {
  return cuarrays::full<typename Parameter::space>(typename Parameter::value_type(1), n);
}
}  // namespace detail

/// Over everything but the channel: BatchNorm(C) of x (..., C, N). Inference uses running statistics, which training
/// (the pullback) moves towards those of the batch by `momentum`; of the variance, like PyTorch, the unbiased estimate.
/// They are mutable: a model that is trained by reference keeps them. Throws if x has other channels.
template <class Parameter = cuarrays::Array<float, 1>>
struct BatchNorm {
  Parameter gamma, beta;
  mutable Statistic<Parameter> mean, variance;
  Fixed<cuarrays::NormOptions> options;
  Fixed<double> momentum{0.1};

  BatchNorm() = default;
  explicit BatchNorm(cuarrays::Index channels, const cuarrays::NormOptions& options = {}, double momentum = 0.1)
      : gamma(detail::ones<Parameter>(channels)),
        beta(cuarrays::Shape<1>(channels)),
        mean{Parameter(cuarrays::Shape<1>(channels))},
        variance{detail::ones<Parameter>(channels)},
        options(options),
        momentum(momentum) {}

  template <class X>
  auto operator()(const X& x) const {
    return cuarrays::batch_norm.apply(x, gamma, beta, mean.value, variance.value, *options);
  }
  template <class X>
  auto pullback(const X& input) const {
    using T = typename Parameter::value_type;
    const auto x = cuarrays::materialise(input);
    const auto m = cuarrays::batch_norm.moments(x);
    auto p = cuarrays::batch_norm.training(x, gamma, beta, *options, m);
    const auto per_channel = static_cast<T>(x.size()) / static_cast<T>(gamma.size());
    const T step = static_cast<T>(*momentum), unbiased = per_channel > 1 ? per_channel / (per_channel - 1) : T(1);
    mean.value = (1 - step) * mean.value + step * m.mean.reshape(gamma.shape());
    variance.value = (1 - step) * variance.value + step * unbiased * m.variance.reshape(gamma.shape());
    return zygote::Pullback{std::move(p.value), [back = std::move(p.back), self = *this](const auto& d) {
                              auto [dx, dgamma, dbeta] = back(d);
                              BatchNorm dself = self;
                              dself.gamma = dgamma.evaluate();
                              dself.beta = dbeta.evaluate();
                              return std::make_tuple(std::move(dself), dx);
                            }};
  }

  template <class Self>
  static constexpr auto fields(Self& self) {
    return std::tie(self.gamma, self.beta, self.mean, self.variance, self.options, self.momentum);
  }
  static constexpr std::array field_names{"gamma", "beta", "mean", "variance", "options", "momentum"};
};

/// Over the features, which come first: LayerNorm(64) of x (64, ...). Throws if x has other features.
template <class Parameter = cuarrays::Array<float, 1>>
struct LayerNorm {
  Parameter gamma, beta;
  Fixed<cuarrays::NormOptions> options;

  LayerNorm() = default;
  explicit LayerNorm(cuarrays::Index features, const cuarrays::NormOptions& options = {})
      : gamma(detail::ones<Parameter>(features)), beta(cuarrays::Shape<1>(features)), options(options) {}

  template <class X>
  ZYGOTE auto operator()(const X& x) const {
    return cuarrays::layer_norm(x, gamma, beta, *options);
  }

  template <class Self>
  static constexpr auto fields(Self& self) {
    return std::tie(self.gamma, self.beta, self.options);
  }
  static constexpr std::array field_names{"gamma", "beta", "options"};
};

/// Over positions and the channels of each group: GroupNorm(4, 16) of x (..., 16, N), four groups of four channels.
/// Throws if the groups do not divide the channels, or if x has other channels.
template <class Parameter = cuarrays::Array<float, 1>>
struct GroupNorm {
  Parameter gamma, beta;
  Fixed<cuarrays::Index> groups;
  Fixed<cuarrays::NormOptions> options;

  GroupNorm() = default;
  GroupNorm(cuarrays::Index groups, cuarrays::Index channels, const cuarrays::NormOptions& options = {})
      : gamma(detail::ones<Parameter>(channels)),
        beta(cuarrays::Shape<1>(channels)),
        groups(groups),
        options(options) {}

  template <class X>
  ZYGOTE auto operator()(const X& x) const {
    return cuarrays::group_norm(x, *groups, gamma, beta, *options);
  }

  template <class Self>
  static constexpr auto fields(Self& self) {
    return std::tie(self.gamma, self.beta, self.groups, self.options);
  }
  static constexpr std::array field_names{"gamma", "beta", "groups", "options"};
};

}  // namespace layers
