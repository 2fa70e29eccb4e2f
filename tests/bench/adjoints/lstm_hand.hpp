// The loss of lstm.hpp again: a tuned primal, and an adjoint written by hand that keeps results instead of operands, so
// that no exponential is evaluated twice.
#pragma once
#include "lstm.hpp"

namespace lstm {

/// What one layer leaves behind in one step; every array has a row per (step, layer), and `features` columns.
struct Saved {
  std::size_t features, layers, steps;
  std::vector<double> x;                                        // (b, steps): seq * w_in
  std::vector<double> forget, input, output, change, squashed;  // (b, layers, steps)
  std::vector<double> hidden, cell;                             // (b, layers, steps + 1): before the first step, too
  std::vector<double> softmax;                                  // (b, steps): exp(y) / (2 + sum exp(y))

  Saved(std::size_t b, std::size_t l, std::size_t n) : features(b), layers(l), steps(n) {
    for (auto* rows : {&x, &softmax}) rows->resize(b * n);
    for (auto* rows : {&forget, &input, &output, &change, &squashed}) rows->resize(b * l * n);
    for (auto* rows : {&hidden, &cell}) rows->resize(b * l * (n + 1));
  }
};

/// One step of one layer, from (hidden, cell) to (new_hidden, new_cell). The arguments of the exponentials, and what is
/// made of their results, are vector loops; in between stand calls.
inline void tuned_step(std::size_t b, const Layer& layer, const double* __restrict x, const double* __restrict hidden,
                       const double* __restrict cell, double* __restrict new_hidden, double* __restrict new_cell,
                       double* __restrict forget, double* __restrict input, double* __restrict output,
                       double* __restrict change, double* __restrict squashed) {
  const double *__restrict wf = layer.forget.weight.data(), *__restrict bf = layer.forget.bias.data(),
                           *__restrict wi = layer.input.weight.data(), *__restrict bi = layer.input.bias.data(),
                           *__restrict wo = layer.output.weight.data(), *__restrict bo = layer.output.bias.data(),
                           *__restrict wc = layer.change.weight.data(), *__restrict bc = layer.change.bias.data();
  for (std::size_t j = 0; j < b; ++j) {
    forget[j] = -(x[j] * wf[j] + bf[j]);
    input[j] = -(hidden[j] * wi[j] + bi[j]);
    output[j] = -(x[j] * wo[j] + bo[j]);
    change[j] = hidden[j] * wc[j] + bc[j];
  }
  for (std::size_t j = 0; j < b; ++j) {
    forget[j] = std::exp(forget[j]);
    input[j] = std::exp(input[j]);
    output[j] = std::exp(output[j]);
    change[j] = std::tanh(change[j]);
  }
  for (std::size_t j = 0; j < b; ++j) {
    forget[j] = 1 / (1 + forget[j]);
    input[j] = 1 / (1 + input[j]);
    output[j] = 1 / (1 + output[j]);
    new_cell[j] = cell[j] * forget[j] + input[j] * change[j];
  }
  for (std::size_t j = 0; j < b; ++j) squashed[j] = std::tanh(new_cell[j]);
  for (std::size_t j = 0; j < b; ++j) new_hidden[j] = output[j] * squashed[j];
}

/// -sum_j target_j (y_j - log(2 + sum e^y)) for y = h w_out + b_out; leaves exp(y) / (2 + sum e^y) in `softmax`.
inline double tuned_loss(std::size_t b, const Parameters& p, const double* __restrict h,
                         const double* __restrict target, double* __restrict softmax) {
  double sum = 2, inner = 0, all = 0;
  for (std::size_t j = 0; j < b; ++j) {
    const double y = h[j] * p.w_out[j] + p.b_out[j];
    softmax[j] = std::exp(y);
    sum += softmax[j];
    inner += target[j] * y;
    all += target[j];
  }
  for (std::size_t j = 0; j < b; ++j) softmax[j] *= 1 / sum;
  return all * std::log(sum) - inner;
}

inline void load(const std::vector<State>& start, std::size_t b, double* hidden, double* cell) {
  for (const State& s : start) {
    hidden = std::copy_n(s.hidden.begin(), b, hidden);
    cell = std::copy_n(s.cell.begin(), b, cell);
  }
}

inline double tuned(const Parameters& p, const Data& data) {
  const std::size_t b = p.w_in.size(), l = p.layers.size(), steps = data.sequence.size() - 1;
  Saved s(b, l, 1);  // rows of one step, used again in the next
  load(data.start, b, s.hidden.data(), s.cell.data());
  double total = 0;
  for (std::size_t t = 0; t < steps; ++t) {
    const double* x = s.x.data();
    for (std::size_t j = 0; j < b; ++j) s.x[j] = data.sequence[t][j] * p.w_in[j];
    const std::size_t now = t % 2 * l * b, next = (t + 1) % 2 * l * b;
    for (std::size_t k = 0; k < l; ++k) {
      const std::size_t row = k * b;
      tuned_step(b, p.layers[k], x, &s.hidden[now + row], &s.cell[now + row], &s.hidden[next + row],
                 &s.cell[next + row], s.forget.data(), s.input.data(), s.output.data(), s.change.data(),
                 s.squashed.data());
      x = &s.hidden[next + row];
    }
    total += tuned_loss(b, p, x, data.sequence[t + 1].data(), s.softmax.data());
  }
  return total / static_cast<double>(b * steps);
}

inline double hand_forward(const Parameters& p, const Data& data, Saved& s) {
  const std::size_t b = s.features, l = s.layers;
  load(data.start, b, s.hidden.data(), s.cell.data());
  double total = 0;
  for (std::size_t t = 0; t < s.steps; ++t) {
    const double* x = &s.x[t * b];
    for (std::size_t j = 0; j < b; ++j) s.x[t * b + j] = data.sequence[t][j] * p.w_in[j];
    for (std::size_t k = 0; k < l; ++k) {
      const std::size_t row = (t * l + k) * b, next = row + l * b;
      tuned_step(b, p.layers[k], x, &s.hidden[row], &s.cell[row], &s.hidden[next], &s.cell[next], &s.forget[row],
                 &s.input[row], &s.output[row], &s.change[row], &s.squashed[row]);
      x = &s.hidden[next];
    }
    total += tuned_loss(b, p, x, data.sequence[t + 1].data(), &s.softmax[t * b]);
  }
  return total / static_cast<double>(b * s.steps);
}

/// Adjoints of a layer's step: in `d_hidden` and `d_cell` those of the new state come in and those of the old go out;
/// `d_x` is that of the layer's input. `row` is where the arrays hold this step and layer.
inline void step_back(const Saved& s, std::size_t row, const Layer& layer, const double* __restrict x,
                      double* __restrict d_hidden, double* __restrict d_cell, double* __restrict d_x, Layer& gradient) {
  const double* __restrict forget = &s.forget[row];
  const double* __restrict input = &s.input[row];
  const double* __restrict output = &s.output[row];
  const double* __restrict change = &s.change[row];
  const double* __restrict squashed = &s.squashed[row];
  const double* __restrict hidden = &s.hidden[row];
  const double* __restrict cell = &s.cell[row];
  const double *__restrict wf = layer.forget.weight.data(), *__restrict wi = layer.input.weight.data(),
                           *__restrict wo = layer.output.weight.data(), *__restrict wc = layer.change.weight.data();
  double *__restrict d_wf = gradient.forget.weight.data(), *__restrict d_bf = gradient.forget.bias.data(),
                     *__restrict d_wi = gradient.input.weight.data(), *__restrict d_bi = gradient.input.bias.data(),
                     *__restrict d_wo = gradient.output.weight.data(), *__restrict d_bo = gradient.output.bias.data(),
                     *__restrict d_wc = gradient.change.weight.data(), *__restrict d_bc = gradient.change.bias.data();
#pragma GCC ivdep
  for (std::size_t j = 0; j < s.features; ++j) {
    const double dh = d_hidden[j], dc = d_cell[j] + dh * output[j] * (1 - squashed[j] * squashed[j]);
    const double df = dc * cell[j] * forget[j] * (1 - forget[j]), di = dc * change[j] * input[j] * (1 - input[j]);
    const double d_o = dh * squashed[j] * output[j] * (1 - output[j]), dg = dc * input[j] * (1 - change[j] * change[j]);
    d_wf[j] += df * x[j];
    d_bf[j] += df;
    d_wi[j] += di * hidden[j];
    d_bi[j] += di;
    d_wo[j] += d_o * x[j];
    d_bo[j] += d_o;
    d_wc[j] += dg * hidden[j];
    d_bc[j] += dg;
    d_cell[j] = dc * forget[j];
    d_hidden[j] = di * wi[j] + dg * wc[j];
    d_x[j] = df * wf[j] + d_o * wo[j];
  }
}

/// Adjoint of tuned_loss times `scale`, added to that of h.
inline void loss_back(std::size_t b, double scale, const Parameters& p, const double* __restrict h,
                      const double* __restrict target, const double* __restrict softmax, double* __restrict d_h,
                      Parameters& gradient) {
  double all = 0;
  for (std::size_t j = 0; j < b; ++j) all += target[j];
  double* __restrict d_w = gradient.w_out.data(), * __restrict d_b = gradient.b_out.data();
  const double* __restrict w = p.w_out.data();
  for (std::size_t j = 0; j < b; ++j) {
    const double dy = scale * (all * softmax[j] - target[j]);
    d_w[j] += dy * h[j];
    d_b[j] += dy;
    d_h[j] += dy * w[j];
  }
}

/// `gradient` has the shape of p.
inline double hand(const Parameters& p, const Data& data, Saved& s, Parameters& gradient) {
  const std::size_t b = s.features, l = s.layers;
  for (Layer& layer : gradient.layers)
    for (Gate* gate : {&layer.forget, &layer.input, &layer.output, &layer.change}) {
      gate->weight.assign(b, 0);
      gate->bias.assign(b, 0);
    }
  for (auto* v : {&gradient.w_in, &gradient.w_out, &gradient.b_out}) v->assign(b, 0);
  const double value = hand_forward(p, data, s), scale = 1 / static_cast<double>(b * s.steps);
  std::vector<double> d_hidden(b * l), d_cell(b * l), d_x(b);
  for (std::size_t t = s.steps; t-- > 0;) {
    loss_back(b, scale, p, &s.hidden[((t + 1) * l + l - 1) * b], data.sequence[t + 1].data(), &s.softmax[t * b],
              &d_hidden[(l - 1) * b], gradient);
    for (std::size_t k = l; k-- > 0;) {
      const double* x = k > 0 ? &s.hidden[((t + 1) * l + k - 1) * b] : &s.x[t * b];
      step_back(s, (t * l + k) * b, p.layers[k], x, &d_hidden[k * b], &d_cell[k * b], d_x.data(), gradient.layers[k]);
      for (std::size_t j = 0; k > 0 && j < b; ++j) d_hidden[(k - 1) * b + j] += d_x[j];
    }
    for (std::size_t j = 0; j < b; ++j) gradient.w_in[j] += d_x[j] * data.sequence[t][j];
  }
  return value;
}

}  // namespace lstm
