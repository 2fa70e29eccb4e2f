// The loss of a small recurrent network with long short-term memory, all of whose products are elementwise, as one
// would write it. After the definition in "ADBench: benchmarking automatic differentiation", Srajer, Kukelova,
// Fitzgibbon 2018.
#pragma once
#include <cmath>
#include <vector>
#include <zygote/zygote.hpp>

namespace lstm {

/// Weights and biases of one gate, one of each per feature.
struct Gate {
  std::vector<double> weight, bias;
};

struct Layer {
  Gate forget, input, output, change;
};

struct Parameters {
  std::vector<Layer> layers;
  std::vector<double> w_in, w_out, b_out;
};

struct State {
  std::vector<double> hidden, cell;
};

/// What is predicted: one vector of features per character; and the states of the layers before the first.
struct Data {
  std::vector<std::vector<double>> sequence;
  std::vector<State> start;
};

ZYGOTE double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// One step of one layer; changes its state.
ZYGOTE void step(const Layer& layer, State& state, const std::vector<double>& x) {
  for (std::size_t j = 0; j < x.size(); ++j) {
    const double forget = sigmoid(x[j] * layer.forget.weight[j] + layer.forget.bias[j]),
                 input = sigmoid(state.hidden[j] * layer.input.weight[j] + layer.input.bias[j]),
                 output = sigmoid(x[j] * layer.output.weight[j] + layer.output.bias[j]);
    const double change = std::tanh(state.hidden[j] * layer.change.weight[j] + layer.change.bias[j]);
    state.cell[j] = state.cell[j] * forget + input * change;
    state.hidden[j] = output * std::tanh(state.cell[j]);
  }
}

/// All layers in turn; the prediction for the next character.
ZYGOTE std::vector<double> predict(const Parameters& p, std::vector<State>& states, const std::vector<double>& in) {
  std::vector<double> x(in.size());
  for (std::size_t j = 0; j < in.size(); ++j) x[j] = in[j] * p.w_in[j];
  std::size_t idx = 0;
  for (const auto& layer : p.layers) {
    step(layer, states[idx], x);
    x = states[idx++].hidden;
  }
  for (std::size_t j = 0; j < x.size(); ++j) x[j] = x[j] * p.w_out[j] + p.b_out[j];
  return x;
}

ZYGOTE double objective(const Parameters& p, const Data& data) {
  std::vector<State> states = data.start;
  double total = 0;
  std::size_t count = 0;
  for (std::size_t t = 0; t + 1 < data.sequence.size(); ++t) {
    const std::vector<double> y = predict(p, states, data.sequence[t]);
    double sum = 0;
    for (const auto& v : y) sum += std::exp(v);
    const double normaliser = std::log(2 + sum);
    for (std::size_t j = 0; j < y.size(); ++j) total += data.sequence[t + 1][j] * (y[j] - normaliser);
    count += y.size();
  }
  return -total / count;
}

}  // namespace lstm
