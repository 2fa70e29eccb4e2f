// LSTM and GRU, by step and by sequence (features, time, batch). Hochreiter & Schmidhuber (1997); Cho et al. (2014).
// The order of gates is PyTorch's: input, forget, cell, output; reset, update, new.
//
// Inputs of all steps go through one GEMM; a step is one more GEMM and one fused kernel. Inside, time is the last
// dimension, so that each step is dense; one slice more than there are steps holds the state before the first.
#pragma once
#include <cuarrays/linear.hpp>
#include <cuarrays/recurrent_cells.hpp>
#include <cuarrays/views.hpp>

namespace cuarrays {

template <class Y = Array<float, 3>, class H = Array<float, 2>>
struct LstmOutput {
  Y y;     // (hidden, time, batch)
  H h, c;  // (hidden, batch), after the last step
};
template <class H = Array<float, 2>>
struct LstmState {
  H h, c;
};
template <class Y = Array<float, 3>, class H = Array<float, 2>>
struct GruOutput {
  Y y;
  H h;
};

namespace detail {
/// (a, b, c) -> (a, c, b)
template <AnyArray A>
A swap_last(const A& x) {
  if (x.size(1) == 1 || x.size(2) == 1) return x.reshape(Shape(x.size(0), x.size(2), x.size(1)));
  return permute(x, 0, 2, 1);
}

/// What both cells work on: sizes, and the memory of one step after the other.
template <class T, class Space>
struct Recurrence {
  using A3 = BasicArray<T, 3, Space>;
  using A2 = BasicArray<T, 2, Space>;
  Index in, hidden, steps, batch;

  Index state_size() const { return hidden * batch; }
  /// (hidden, batch, steps + 1), the first slice a copy of `start`.
  A3 states(const A2& start) const {
    A3 s({hidden, batch, steps + 1}, Uninitialised{});
    copy(Space{}, Space{}, s.mutable_data(), start.data(), start.bytes());
    return s;
  }
  /// Slices [begin, begin + n) along time, copied.
  A3 slices(const A3& s, Index begin, Index n) const {
    A3 part({s.size(0), s.size(1), n}, Uninitialised{});
    const Index size = s.size(0) * s.size(1);
    copy(Space{}, Space{}, part.mutable_data(), s.data() + begin * size, part.bytes());
    return part;
  }
  A2 last(const A3& s) const { return slices(s, steps, 1).reshape(Shape<2>(s.size(0), s.size(1))); }

  /// out (rows, batch) = or += w h, with w (rows, hidden); or w^T d, with d (rows, batch).
  void step(const A2& w, bool transposed, const T* from, bool add, T* out) const {
    const Index rows = w.size(0);
    if (rows == 0 || batch == 0) return;
    gemm(Space{},
         Gemm{transposed, false, transposed ? hidden : rows, batch, transposed ? rows : hidden, rows,
              transposed ? rows : hidden, transposed ? hidden : rows},
         w.data(), from, add, out);
  }
  /// d (rows, batch, steps) times the transpose of s (n, batch, at least steps): the adjoint of a weight (rows, n).
  A2 of_weight(const A3& d, const A3& s) const {
    A2 dw({d.size(0), s.size(0)}, Uninitialised{});
    if (batch * steps == 0) return A2(dw.shape());
    gemm(Space{}, Gemm{false, true, d.size(0), s.size(0), batch * steps, d.size(0), s.size(0), d.size(0)}, d.data(),
         s.data(), false, dw.mutable_data());
    return dw;
  }
};

template <int gates, AnyArray A3, AnyArray A2, AnyArray A1>
auto recurrence(const char* operation, const A3& x, const A2& h, const A2& wx, const A2& wh, const A1& bias) {
  using R = Recurrence<typename A3::value_type, typename A3::space>;
  static_assert(std::same_as<A3, typename R::A3> && std::same_as<A2, typename R::A2> && A1::rank == 1,
                "cuarrays: recurrent cells take a sequence of three dimensions, matrices and vectors of one type");
  const R r{x.size(0), h.size(0), x.size(1), x.size(2)};
  const Index rows = gates * r.hidden;
  if (h.size(1) != r.batch || wx.shape() != Shape(rows, r.in) || wh.shape() != Shape(rows, r.hidden) ||
      bias.shape() != Shape(rows))
    fail(operation, "expected x (in, time, batch), state (hidden, batch), weights (", gates, " hidden, in) and (",
         gates, " hidden, hidden), bias (", gates, " hidden), got ", x.shape(), ", ", h.shape(), ", ", wx.shape(), ", ",
         wh.shape(), ", ", bias.shape());
  return r;
}
/// Bias: the sum over batch and time.
template <class A3>
auto of_bias(const A3& d) {
  return sum(d, 1, 2).reshape(Shape<1>(d.size(0)));
}
/// x (in, batch) as a sequence, and the adjoints of it and of everything else.
template <class A2>
auto one_step(const A2& x) {
  return x.reshape(Shape<3>(x.size(0), 1, x.size(1)));
}
template <class Adjoints>
auto of_one_step(const Adjoints& all, const Shape<2>& shape) {
  return std::tuple_cat(std::make_tuple(std::get<0>(all).evaluate().reshape(shape)), tail(all));
}
}  // namespace detail

struct lstm_t {
  template <class... X>
  auto operator()(const X&... x) const {
    return pullback(x...).value;
  }
  template <AnyArray A3, AnyArray A2, AnyArray A1>
  auto pullback(const A3& x, const A2& h, const A2& c, const A2& wx, const A2& wh, const A1& bias) const {
    using T = typename A3::value_type;
    const auto r = detail::recurrence<4>("lstm", x, h, wx, wh, bias);
    if (c.shape() != h.shape())
      detail::fail("lstm", "expected states of one shape, got ", h.shape(), " and ", c.shape());
    const A3 xs = detail::swap_last(x);
    A3 gates = matmul(wx, xs), hs = r.states(h), cs = r.states(c);
    T *g = gates.mutable_data(), *ph = hs.mutable_data(), *pc = cs.mutable_data();
    const Index n = r.state_size();
    for (Index t = 0; t < r.steps; ++t, g += 4 * n, ph += n, pc += n) {
      r.step(wh, false, ph, true, g);
      detail::run_cell<typename A3::space>(r.hidden, r.batch,
                                           detail::LstmForward<T>{r.hidden, g, bias.data(), pc, pc + n, ph + n});
    }
    return zygote::Pullback{
        LstmOutput<A3, A2>{detail::swap_last(r.slices(hs, 1, r.steps)), r.last(hs), r.last(cs)},
        [r, xs, wx, wh, gates = std::as_const(gates), hs = std::as_const(hs),
         cs = std::as_const(cs)](const LstmOutput<A3, A2>& d) { return back(r, xs, wx, wh, gates, hs, cs, d); }};
  }

 private:
  template <class T, class Space, class A3, class A2>
  static auto back(const detail::Recurrence<T, Space>& r, const A3& xs, const A2& wx, const A2& wh, const A3& gates,
                   const A3& hs, const A3& cs, const LstmOutput<A3, A2>& d) {
    const A3 dys = d.y.is_void() ? A3() : detail::swap_last(d.y);
    A2 dh = d.h.is_void() ? A2({r.hidden, r.batch}) : d.h, dc = d.c.is_void() ? A2({r.hidden, r.batch}) : d.c;
    A3 dgates(gates.shape(), Uninitialised{});
    T *g = dgates.mutable_data(), *ph = dh.mutable_data(), *pc = dc.mutable_data();
    const Index n = r.state_size();
    for (Index t = r.steps - 1; t >= 0; --t) {
      detail::run_cell<Space>(
          r.hidden, r.batch,
          detail::LstmBackward<T>{r.hidden, gates.data() + 4 * n * t, cs.data() + n * t,
                                  dys.is_void() ? nullptr : dys.data() + n * t, ph, pc, g + 4 * n * t});
      r.step(wh, true, g + 4 * n * t, false, ph);
    }
    return std::make_tuple(detail::Deferred([=] { return detail::swap_last(matmul_tn(wx, dgates)); }), dh, dc,
                           r.of_weight(dgates, xs), r.of_weight(dgates, hs), detail::of_bias(dgates));
  }
};
/// x (in, time, batch), states h and c (hidden, batch), weights (4 hidden, in) and (4 hidden, hidden), bias (4 hidden)
/// -> LstmOutput{y, h, c}.
inline constexpr lstm_t lstm;

struct gru_t {
  template <class... X>
  auto operator()(const X&... x) const {
    return pullback(x...).value;
  }
  template <AnyArray A3, AnyArray A2, AnyArray A1>
  auto pullback(const A3& x, const A2& h, const A2& wx, const A2& wh, const A1& bias, const A1& bias_hidden) const {
    using T = typename A3::value_type;
    const auto r = detail::recurrence<3>("gru", x, h, wx, wh, bias);
    if (bias_hidden.shape() != bias.shape())
      detail::fail("gru", "expected biases of one shape, got ", bias.shape(), " and ", bias_hidden.shape());
    const A3 xs = detail::swap_last(x);
    A3 gates = matmul(wx, xs), hs = r.states(h), recurrent(gates.shape(), Uninitialised{});
    T *g = gates.mutable_data(), *ph = hs.mutable_data(), *pr = recurrent.mutable_data();
    const Index n = r.state_size();
    for (Index t = 0; t < r.steps; ++t, g += 3 * n, pr += 3 * n, ph += n) {
      r.step(wh, false, ph, false, pr);
      detail::run_cell<typename A3::space>(
          r.hidden, r.batch, detail::GruForward<T>{r.hidden, g, pr, bias.data(), bias_hidden.data(), ph, ph + n});
    }
    return zygote::Pullback{
        GruOutput<A3, A2>{detail::swap_last(r.slices(hs, 1, r.steps)), r.last(hs)},
        [r, xs, wx, wh, gates = std::as_const(gates), recurrent = std::as_const(recurrent),
         hs = std::as_const(hs)](const GruOutput<A3, A2>& d) { return back(r, xs, wx, wh, gates, recurrent, hs, d); }};
  }

 private:
  template <class T, class Space, class A3, class A2>
  static auto back(const detail::Recurrence<T, Space>& r, const A3& xs, const A2& wx, const A2& wh, const A3& gates,
                   const A3& recurrent, const A3& hs, const GruOutput<A3, A2>& d) {
    const A3 dys = d.y.is_void() ? A3() : detail::swap_last(d.y);
    A2 dh = d.h.is_void() ? A2({r.hidden, r.batch}) : d.h;
    A3 dgates(gates.shape(), Uninitialised{}), drecurrent(gates.shape(), Uninitialised{});
    T *g = dgates.mutable_data(), *pr = drecurrent.mutable_data(), *ph = dh.mutable_data();
    const Index n = r.state_size();
    for (Index t = r.steps - 1; t >= 0; --t) {
      detail::run_cell<Space>(
          r.hidden, r.batch,
          detail::GruBackward<T>{r.hidden, gates.data() + 3 * n * t, recurrent.data() + 3 * n * t, hs.data() + n * t,
                                 dys.is_void() ? nullptr : dys.data() + n * t, ph, g + 3 * n * t, pr + 3 * n * t});
      r.step(wh, true, pr + 3 * n * t, true, ph);
    }
    return std::make_tuple(detail::Deferred([=] { return detail::swap_last(matmul_tn(wx, dgates)); }), dh,
                           r.of_weight(dgates, xs), r.of_weight(drecurrent, hs), detail::of_bias(dgates),
                           detail::of_bias(drecurrent));
  }
};
/// x (in, time, batch), state h (hidden, batch), weights (3 hidden, in) and (3 hidden, hidden), biases of the input and
/// of the state (3 hidden) -> GruOutput{y, h}.
inline constexpr gru_t gru;

struct lstm_step_t {
  template <AnyArray A, class... More>
  LstmState<A> operator()(const A& x, const More&... more) const {
    auto [y, h, c] = lstm(detail::one_step(x), more...);
    return {h, c};
  }
  template <AnyArray A, class... More>
  auto pullback(const A& x, const More&... more) const {
    auto p = lstm.pullback(detail::one_step(x), more...);
    using Output = decltype(p.value);
    return zygote::Pullback{LstmState<A>{p.value.h, p.value.c},
                            [back = std::move(p.back), shape = x.shape()](const LstmState<A>& d) {
                              return detail::of_one_step(back(Output{{}, d.h, d.c}), shape);
                            }};
  }
};
/// One step: x (in, batch), the rest as in lstm -> LstmState{h, c}.
inline constexpr lstm_step_t lstm_step;

struct gru_step_t {
  template <AnyArray A, class... More>
  A operator()(const A& x, const More&... more) const {
    return gru(detail::one_step(x), more...).h;
  }
  template <AnyArray A, class... More>
  auto pullback(const A& x, const More&... more) const {
    auto p = gru.pullback(detail::one_step(x), more...);
    using Output = decltype(p.value);
    return zygote::Pullback{p.value.h, [back = std::move(p.back), shape = x.shape()](const A& d) {
                              return detail::of_one_step(back(Output{{}, d}), shape);
                            }};
  }
};
/// One step: x (in, batch), the rest as in gru -> h.
inline constexpr gru_step_t gru_step;

}  // namespace cuarrays
