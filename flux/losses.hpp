// Losses: one number for a batch, to be made small.
#pragma once
#include <cuarrays/cuarrays.hpp>

namespace flux {

/// mse(prediction, target): the mean of the squared differences over all elements. Shapes have to be equal.
struct MeanSquaredError {
  template <cuarrays::Arrays P, cuarrays::Arrays Q>
  auto operator()(const P& prediction, const Q& target) const {
    return pullback(prediction, target).value;
  }
  template <cuarrays::Arrays P, cuarrays::Arrays Q>
  auto pullback(const P& prediction, const Q& target) const {
    if (prediction.shape() != target.shape())
      cuarrays::detail::fail("mse", "expected equal shapes, got ", prediction.shape(), " and ", target.shape());
    auto difference = zygote::evaluate(prediction - target);
    using T = typename decltype(difference)::value_type;
    const T scale = T(1) / static_cast<T>(difference.size());
    const T value = cuarrays::sum(difference * difference) * scale;
    return zygote::Pullback{value, [difference = std::move(difference), scale](T d) {
                              return std::make_tuple(2 * scale * d * difference, -2 * scale * d * difference);
                            }};
  }
};
inline constexpr MeanSquaredError mse{};

/// logitcrossentropy(logits, targets): the mean over the batch of -sum(targets * log(softmax(logits))), where both are
/// (classes, batch) and each column of `targets` is a distribution, such as a one-hot column. Stable for logits of any
/// size.
struct LogitCrossEntropy {
  template <cuarrays::Arrays L, cuarrays::Arrays Q>
  auto operator()(const L& logits, const Q& targets) const {
    return pullback(logits, targets).value;
  }
  /// With p = softmax(logits), and s the sum of each column of targets t: dlogits = d (s p - t) / batch.
  template <cuarrays::Arrays L, cuarrays::Arrays Q>
  auto pullback(const L& logits, const Q& targets) const {
    if (logits.shape() != targets.shape())
      cuarrays::detail::fail("logitcrossentropy", "expected equal shapes, got ", logits.shape(), " and ",
                             targets.shape());
    if (logits.shape()[0] == 0)
      cuarrays::detail::fail("logitcrossentropy", "expected at least one class, got ", logits.shape());
    auto log_p = zygote::evaluate(cuarrays::logsoftmax(logits));
    auto t = zygote::evaluate(targets);
    using T = typename decltype(log_p)::value_type;
    const T scale = T(1) / static_cast<T>(log_p.size() / log_p.size(0));
    const T value = -cuarrays::sum(t * log_p) * scale;
    return zygote::Pullback{value, [log_p = std::move(log_p), t = std::move(t), scale](T d) {
                              return std::make_tuple(scale * d * (cuarrays::sum(t, 0) * exp(log_p) - t),
                                                     -scale * d * log_p);
                            }};
  }
};
inline constexpr LogitCrossEntropy logitcrossentropy{};

}  // namespace flux
