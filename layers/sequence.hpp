// Layers of sequences (features, time, batch): Embedding, LSTM, GRU, MultiHeadAttention; and Dropout.
#pragma once
#include <array>
#include <cuarrays/attention.hpp>
#include <cuarrays/dropout.hpp>
#include <cuarrays/recurrent.hpp>
#include <layers/fixed.hpp>
#include <layers/random.hpp>

namespace layers {

/// Drops elements with this probability in training (the pullback), passes them on in inference. The random numbers are
/// those of default_rng(). Training throws if it is no probability.
struct Dropout {
  Fixed<double> probability{0.5};
  Dropout() = default;
  explicit Dropout(double probability) : probability(probability) {}

  template <class X>
  auto operator()(const X& x) const {
    return x;
  }
  template <class X>
  auto pullback(const X& x) const {
    return zygote::without_last<2>(cuarrays::dropout.pullback(x, *probability, default_rng()));
  }
  template <class Self>
  static constexpr auto fields(Self& self) {
    return std::tie(self.probability);
  }
};

/// Columns of a table, named by integers: Embedding(vocabulary, features) of tokens (...) -> (features, ...). On the
/// CPU tokens out of range throw.
template <class Weight = cuarrays::Array<float, 2>>
struct Embedding {
  Weight weight;  // (features, vocabulary)

  Embedding() = default;
  /// Normal random numbers.
  Embedding(cuarrays::Index vocabulary, cuarrays::Index features, cuarrays::Rng& rng = default_rng())
      : weight(cuarrays::randn<typename Weight::value_type, typename Weight::space>(rng, features, vocabulary)) {}

  template <class X>
  ZYGOTE auto operator()(const X& tokens) const {
    return cuarrays::embedding(weight, tokens);
  }
  template <class Self>
  static constexpr auto fields(Self& self) {
    return std::tie(self.weight);
  }
  static constexpr std::array field_names{"weight"};
};

/// LSTM(in, hidden) of x (in, time, batch) -> (hidden, time, batch), from a state of zeros. Throws if x has other
/// features.
template <class Weight = cuarrays::Array<float, 2>, class Bias = cuarrays::Array<float, 1>>
struct LSTM {
  Weight weight_input, weight_hidden;  // (4 hidden, in) and (4 hidden, hidden); gates: input, forget, cell, output
  Bias bias;                           // (4 hidden)

  LSTM() = default;
  LSTM(cuarrays::Index in, cuarrays::Index hidden, cuarrays::Rng& rng = default_rng())
      : weight_input(glorot_uniform<Weight>(rng, {4 * hidden, in}, in, hidden)),
        weight_hidden(glorot_uniform<Weight>(rng, {4 * hidden, hidden}, hidden, hidden)),
        bias(cuarrays::Shape<1>(4 * hidden)) {}

  template <class X>
  ZYGOTE auto operator()(const X& x) const {
    const Weight start(cuarrays::Shape<2>(weight_hidden.size(1), x.size(2)));
    return cuarrays::lstm(x, start, start, weight_input, weight_hidden, bias).y;
  }
  template <class Self>
  static constexpr auto fields(Self& self) {
    return std::tie(self.weight_input, self.weight_hidden, self.bias);
  }
  static constexpr std::array field_names{"weight_input", "weight_hidden", "bias"};
};

/// GRU(in, hidden) of x (in, time, batch) -> (hidden, time, batch), likewise.
template <class Weight = cuarrays::Array<float, 2>, class Bias = cuarrays::Array<float, 1>>
struct GRU {
  Weight weight_input, weight_hidden;  // (3 hidden, in) and (3 hidden, hidden); gates: reset, update, new
  Bias bias_input, bias_hidden;        // (3 hidden)

  GRU() = default;
  GRU(cuarrays::Index in, cuarrays::Index hidden, cuarrays::Rng& rng = default_rng())
      : weight_input(glorot_uniform<Weight>(rng, {3 * hidden, in}, in, hidden)),
        weight_hidden(glorot_uniform<Weight>(rng, {3 * hidden, hidden}, hidden, hidden)),
        bias_input(cuarrays::Shape<1>(3 * hidden)),
        bias_hidden(cuarrays::Shape<1>(3 * hidden)) {}

  template <class X>
  ZYGOTE auto operator()(const X& x) const {
    const Weight start(cuarrays::Shape<2>(weight_hidden.size(1), x.size(2)));
    return cuarrays::gru(x, start, weight_input, weight_hidden, bias_input, bias_hidden).y;
  }
  template <class Self>
  static constexpr auto fields(Self& self) {
    return std::tie(self.weight_input, self.weight_hidden, self.bias_input, self.bias_hidden);
  }
  static constexpr std::array field_names{"weight_input", "weight_hidden", "bias_input", "bias_hidden"};
};

/// Self-attention with several heads: MultiHeadAttention(64, 8, {.causal = true}) of x (64, length, batch) -> the same
/// shape. Throws if the heads do not divide the features, or if x has other features.
template <class Weight = cuarrays::Array<float, 2>, class Bias = cuarrays::Array<float, 1>>
struct MultiHeadAttention {
  Weight query, key, value, out;                    // (features, features)
  Bias query_bias, key_bias, value_bias, out_bias;  // (features)
  Fixed<cuarrays::Index> heads;
  Fixed<cuarrays::AttentionOptions> options;

  MultiHeadAttention() = default;
  MultiHeadAttention(cuarrays::Index features, cuarrays::Index heads, const cuarrays::AttentionOptions& options = {},
                     cuarrays::Rng& rng = default_rng())
      : heads(heads), options(options) {
    for (Weight* w : {&query, &key, &value, &out})
      *w = glorot_uniform<Weight>(rng, {features, features}, features, features);
    for (Bias* b : {&query_bias, &key_bias, &value_bias, &out_bias}) *b = Bias(cuarrays::Shape<1>(features));
  }

  template <class X>
  ZYGOTE auto operator()(const X& x) const {
    const auto q = cuarrays::split_heads(cuarrays::matmul(query, x) + query_bias, *heads);
    const auto k = cuarrays::split_heads(cuarrays::matmul(key, x) + key_bias, *heads);
    const auto v = cuarrays::split_heads(cuarrays::matmul(value, x) + value_bias, *heads);
    return cuarrays::matmul(out, cuarrays::join_heads(cuarrays::attention(q, k, v, *options), *heads)) + out_bias;
  }
  template <class Self>
  static constexpr auto fields(Self& self) {
    return std::tie(self.query, self.key, self.value, self.out, self.query_bias, self.key_bias, self.value_bias,
                    self.out_bias, self.heads, self.options);
  }
  static constexpr std::array field_names{"query",    "key",        "value",    "out",   "query_bias",
                                          "key_bias", "value_bias", "out_bias", "heads", "options"};
};

}  // namespace layers
