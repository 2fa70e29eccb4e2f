// What an LSTM and a GRU do with their gates, for one element of the hidden state: on the CPU with SIMD batches, on the
// GPU with one thread each. Gates are columns of 4 or 3 times `hidden` elements, states columns of `hidden`.
#pragma once
#include <cuarrays/launch.hpp>

namespace cuarrays::detail {

/// One element, or a SIMD batch of them, from element i of a column on.
template <class T>
struct OneLane {
  Index i;
  constexpr T load(const T* column) const { return column[i]; }
  constexpr void store(T* column, T value) const { column[i] = value; }
};
#if CUARRAYS_XSIMD
template <class T>
struct BatchLane {
  using V = xsimd::batch<T>;
  Index i;
  V load(const T* column) const { return V::load_unaligned(column + i); }
  void store(T* column, const V& value) const { value.store_unaligned(column + i); }
};
#endif

template <class Cell>
struct CellKernel {
  Cell cell;
  FLUX_KERNEL void operator()(Index i, Index column) const { cell(OneLane<typename Cell::value_type>{i}, column); }
};
template <class Space, class Cell>
void run_cell(Index hidden, Index batch, const Cell& cell) {
  using T = typename Cell::value_type;
  if constexpr (std::same_as<Space, Host>)
    parallel_ranges(batch, hidden * batch * 8, [&](Index begin, Index end) {
      for (Index column = begin; column < end; ++column) {
        Index i = 0;
#if CUARRAYS_XSIMD
        if constexpr (std::is_floating_point_v<T>)
          for (; i + Index(xsimd::batch<T>::size) <= hidden; i += xsimd::batch<T>::size) cell(BatchLane<T>{i}, column);
#endif
        for (; i < hidden; ++i) cell(OneLane<T>{i}, column);
      }
    });
  else if (hidden * batch > 0)
    launch_kernel(Space{}, {}, CellKernel<Cell>{cell}, Shape<2>(hidden, batch));
}

template <class V>
constexpr V sigmoid_of(const V& x) {
  return V(1) / (V(1) + zygote::math::exp(-x));
}

/// Gates come in as sums without the bias and are left as what they let through.
template <class T>
struct LstmForward {
  using value_type = T;
  Index hidden;
  T* gates;
  const T *bias, *c_before;
  T *c, *h;
  template <class Lane>
  constexpr void operator()(const Lane& lane, Index column) const {
    T* g = gates + column * 4 * hidden;
    const auto in = sigmoid_of(lane.load(g) + lane.load(bias));
    const auto forget = sigmoid_of(lane.load(g + hidden) + lane.load(bias + hidden));
    const auto cell = zygote::math::tanh(lane.load(g + 2 * hidden) + lane.load(bias + 2 * hidden));
    const auto out = sigmoid_of(lane.load(g + 3 * hidden) + lane.load(bias + 3 * hidden));
    const auto next = forget * lane.load(c_before + column * hidden) + in * cell;
    lane.store(g, in), lane.store(g + hidden, forget), lane.store(g + 2 * hidden, cell),
        lane.store(g + 3 * hidden, out);
    lane.store(c + column * hidden, next);
    lane.store(h + column * hidden, out * zygote::math::tanh(next));
  }
};
/// dh and dc come in from the next step; dc is left as that of the state before. dy may be null.
template <class T>
struct LstmBackward {
  using value_type = T;
  Index hidden;
  const T *gates, *c_before, *dy;
  T *dh, *dc, *dgates;
  template <class Lane>
  constexpr void operator()(const Lane& lane, Index column) const {
    const T* g = gates + column * 4 * hidden;
    T* dg = dgates + column * 4 * hidden;
    const auto in = lane.load(g), forget = lane.load(g + hidden), cell = lane.load(g + 2 * hidden),
               out = lane.load(g + 3 * hidden), before = lane.load(c_before + column * hidden);
    using V = std::remove_const_t<decltype(in)>;
    const V one(1), c = zygote::math::tanh(V(forget * before + in * cell));
    V d = lane.load(dh + column * hidden);
    if (dy) d = d + lane.load(dy + column * hidden);
    const V dcell = lane.load(dc + column * hidden) + d * out * (one - c * c);
    lane.store(dg, dcell * cell * in * (one - in));
    lane.store(dg + hidden, dcell * before * forget * (one - forget));
    lane.store(dg + 2 * hidden, dcell * in * (one - cell * cell));
    lane.store(dg + 3 * hidden, d * c * out * (one - out));
    lane.store(dc + column * hidden, dcell * forget);
  }
};

/// `recurrent` holds what comes from the state, without the bias; of it the part of the new gate is kept, with the
/// bias.
template <class T>
struct GruForward {
  using value_type = T;
  Index hidden;
  T *gates, *recurrent;
  const T *bias, *bias_hidden, *h_before;
  T* h;
  template <class Lane>
  constexpr void operator()(const Lane& lane, Index column) const {
    T *g = gates + column * 3 * hidden, *r = recurrent + column * 3 * hidden;
    const auto of = [&](Index gate) { return lane.load(g + gate * hidden) + lane.load(bias + gate * hidden); };
    const auto state = [&](Index gate) {
      return lane.load(r + gate * hidden) + lane.load(bias_hidden + gate * hidden);
    };
    const auto reset = sigmoid_of(of(0) + state(0)), update = sigmoid_of(of(1) + state(1)), inner = state(2);
    const auto fresh = zygote::math::tanh(of(2) + reset * inner);
    lane.store(g, reset), lane.store(g + hidden, update), lane.store(g + 2 * hidden, fresh);
    lane.store(r + 2 * hidden, inner);
    lane.store(h + column * hidden, fresh + update * (lane.load(h_before + column * hidden) - fresh));
  }
};
/// dh is left as what reaches the state before past the matrix product.
template <class T>
struct GruBackward {
  using value_type = T;
  Index hidden;
  const T *gates, *recurrent, *h_before, *dy;
  T *dh, *dgates, *drecurrent;
  template <class Lane>
  constexpr void operator()(const Lane& lane, Index column) const {
    const T* g = gates + column * 3 * hidden;
    T *dg = dgates + column * 3 * hidden, *dr = drecurrent + column * 3 * hidden;
    const auto reset = lane.load(g), update = lane.load(g + hidden), fresh = lane.load(g + 2 * hidden),
               inner = lane.load(recurrent + (column * 3 + 2) * hidden);
    using V = std::remove_const_t<decltype(reset)>;
    const V one(1);
    V d = lane.load(dh + column * hidden);
    if (dy) d = d + lane.load(dy + column * hidden);
    const V dfresh = d * (one - update) * (one - fresh * fresh);
    const V dupdate = d * (lane.load(h_before + column * hidden) - fresh) * update * (one - update);
    const V dreset = dfresh * inner * reset * (one - reset);
    lane.store(dg, dreset), lane.store(dg + hidden, dupdate), lane.store(dg + 2 * hidden, dfresh);
    lane.store(dr, dreset), lane.store(dr + hidden, dupdate), lane.store(dr + 2 * hidden, dfresh * reset);
    lane.store(dh + column * hidden, d * update);
  }
};

/// All elements of a tuple but the first.
template <class First, class... Rest>
auto tail(const std::tuple<First, Rest...>& all) {
  return std::apply([](const auto&, const auto&... rest) { return std::make_tuple(rest...); }, all);
}

}  // namespace cuarrays::detail
