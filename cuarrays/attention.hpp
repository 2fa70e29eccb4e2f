// Attention: softmax(k^T q / sqrt(d)) weighs v. Vaswani et al. (2017), "Attention is all you need".
#pragma once
#include <cmath>
#include <cuarrays/linear.hpp>
#include <cuarrays/views.hpp>

namespace cuarrays {

struct AttentionOptions {
  bool causal = false;  // query i sees keys 0 to i
  double scale = 0;     // 0: 1 / sqrt(features)
};
}  // namespace cuarrays

template <>
struct zygote::Algebra<cuarrays::AttentionOptions> : zygote::NoAlgebra {};

namespace cuarrays {
namespace detail {
/// 0 where key i may be seen by query j, otherwise -infinity.
template <class T>
struct CausalKernel {
  FLUX_KERNEL void operator()(Index i, Index j, auto out) const {
    out(i, j) = i <= j ? T(0) : -std::numeric_limits<T>::infinity();
  }
};
template <class T>
struct MaskToBias {
  FLUX_KERNEL constexpr T operator()(bool seen) const { return seen ? T(0) : -std::numeric_limits<T>::infinity(); }
};

/// (features, length, batch), whatever the batch is made of.
template <int N>
Shape<3> as_batch(const Shape<N>& shape) {
  static_assert(N >= 2, "cuarrays: attention takes arrays (features, length, ...)");
  Shape<3> result(shape[0], shape[1], 1);
  for (int d = 2; d < N; ++d) result[2] *= shape[d];
  return result;
}
}  // namespace detail

struct attention_t {
  template <Arrays Q, Arrays K, Arrays V>
  auto operator()(const Q& q, const K& k, const V& v, const AttentionOptions& options = {}) const {
    return pullback(q, k, v, options).value;
  }
  template <Arrays Q, Arrays K, Arrays V, Arrays M>
  auto operator()(const Q& q, const K& k, const V& v, const M& mask, const AttentionOptions& options = {}) const {
    return pullback(q, k, v, mask, options).value;
  }
  template <Arrays Q, Arrays K, Arrays V, std::same_as<AttentionOptions>... O>
  auto pullback(const Q& q, const K& k, const V& v, const O&... options) const {
    return attend(q, k, v, zygote::none{}, AttentionOptions{options...}, detail::none_for_each<O...>());
  }
  template <Arrays Q, Arrays K, Arrays V, Arrays M, std::same_as<AttentionOptions>... O>
  auto pullback(const Q& q, const K& k, const V& v, const M& mask, const O&... options) const {
    return attend(q, k, v, materialise(mask), AttentionOptions{options...}, detail::none_for_each<O...>());
  }

 private:
  template <class A>
  static void check(const A& q, const A& k, const A& v) {
    const auto a = detail::as_batch(q.shape()), b = detail::as_batch(k.shape()), c = detail::as_batch(v.shape());
    if (a[0] != b[0] || b[1] != c[1] || a[2] != b[2] || b[2] != c[2])
      detail::fail("attention", "expected q (d, queries, ...), k (d, keys, ...), v (e, keys, ...), got ", q.shape(),
                   ", ", k.shape(), ", ", v.shape());
  }
  /// What is added to the scores (keys, queries, batch): broadcast from up to three dimensions.
  template <class X, class M>
  static auto bias_of(const X&, const M& mask, const Shape<3>& scores, bool causal) {
    using T = typename X::value_type;
    X bias;
    if (causal) {
      BasicArray<T, 2, typename X::space> seen({scores[0], scores[1]}, Uninitialised{});
      launch(detail::CausalKernel<T>{}, seen.shape(), seen);
      bias = seen.reshape(Shape<3>(scores[0], scores[1], 1));
    }
    if constexpr (AnyArray<M>) {
      const auto shape = detail::as_batch(mask.shape());
      X more;
      if constexpr (std::same_as<typename M::value_type, bool>)
        more = broadcast(detail::MaskToBias<T>{}, mask.reshape(shape));
      else
        more = mask.reshape(shape);
      bias = bias.is_void() ? more : X(bias + more);
      if (detail::broadcast_shape<3>("attention", scores, bias.shape()) != scores)
        detail::fail("attention", "expected a mask that can be stretched to ", scores, ", got ", mask.shape());
    }
    return bias.is_void() ? X(Shape<3>(1, 1, 1)) : bias;
  }

  /// `nones`: the adjoints of the options, if they are given.
  template <class Q, class K, class V, class M, class Nones>
  static auto attend(const Q& q_in, const K& k_in, const V& v_in, const M& mask, const AttentionOptions& options,
                     const Nones& nones) {
    using A = Materialised<Q>;
    using T = typename A::value_type;
    using X = BasicArray<T, 3, typename A::space>;
    static_assert(std::same_as<A, Materialised<K>> && std::same_as<A, Materialised<V>>,
                  "cuarrays: attention takes q, k and v of one type");
    const A qa = materialise(q_in), ka = materialise(k_in), va = materialise(v_in);
    check(qa, ka, va);
    const X q = qa.reshape(detail::as_batch(qa.shape())), k = ka.reshape(detail::as_batch(ka.shape())),
            v = va.reshape(detail::as_batch(va.shape()));
    const T scale = static_cast<T>(options.scale ? options.scale : 1 / std::sqrt(static_cast<double>(q.size(0))));
    const X scores = matmul_tn(k, q), bias = bias_of(q, mask, scores.shape(), options.causal);
    const auto biased = scores * scale + bias;
    X weights = exp(biased - maximum(biased, 0));
    weights /= sum(weights, 0);
    auto shape = qa.shape();
    shape[0] = v.size(0);
    return zygote::Pullback{
        matmul(v, weights).reshape(shape), [q, k, v, scale, weights = std::as_const(weights), mask, nones,
                                            sq = qa.shape(), sk = ka.shape(), sv = va.shape()](const auto& dy) {
          X d, slope;
          if (!dy.is_void()) {
            d = dy.reshape(detail::as_batch(dy.shape()));
            const X dweights = matmul_tn(v, d);
            slope = weights * (dweights - sum(dweights * weights, 0));
          }
          const X scaled = slope.is_void() ? X() : X(slope * scale);
          const auto whole = [](const X& x, const auto& shape) { return x.is_void() ? A() : x.reshape(shape); };
          const auto dq = detail::Deferred([=] { return whole(matmul(k, scaled), sq); });
          const auto dk = detail::Deferred([=] { return whole(matmul_nt(q, scaled), sk); });
          const auto dv = detail::Deferred([=] { return whole(matmul_nt(d, weights), sv); });
          return std::tuple_cat(std::make_tuple(dq, dk, dv), of_mask(mask, slope), nones);
        }};
  }
  /// The adjoint of the mask in a tuple, which is empty if there is no mask.
  template <class M, class X>
  static auto of_mask(const M& mask, const X& slope) {
    if constexpr (!AnyArray<M>)
      return std::tuple{};
    else if constexpr (!zygote::Differentiable<M>)
      return std::tuple{zygote::none{}};
    else {
      using B = BasicArray<typename M::value_type, 3, typename M::space>;
      return std::tuple{detail::Deferred([=] {
        if (slope.is_void()) return M();
        const B db = reduce_to(ArrayExtent<B>{detail::as_batch(mask.shape())}, slope).evaluate();
        return db.reshape(mask.shape());
      })};
    }
  }
};
/// q (d, queries, ...), k (d, keys, ...), v (e, keys, ...) -> (e, queries, ...); further dimensions (heads, batch) are
/// equal. A mask (keys, queries, ...), stretched if need be, is of bools (may this key be seen?) or of numbers that are
/// added to the scores. attention(q, k, v, mask, {.causal = true}); a query that sees no key gives no numbers (nan).
inline constexpr attention_t attention;

/// One is the adjoint of the other.
template <bool join>
struct heads_t {
  template <Arrays A>
  auto operator()(const A& a, Index heads) const {
    using X = Materialised<A>;
    static_assert(X::rank == 3, "cuarrays: heads are made of arrays (features, length, batch)");
    const X x = materialise(a);
    if (x.is_void()) return x;
    const Index features = x.size(0), length = x.size(1), batch = x.size(2);
    if (heads < 1 || (join ? batch : features) % heads)
      detail::fail(join ? "join_heads" : "split_heads", "expected ", join ? "a batch" : "features", " that ", heads,
                   " heads divide, got ", x.shape());
    const Shape<4> parts =
        join ? Shape<4>(features, length, heads, batch / heads) : Shape<4>(features / heads, heads, length, batch);
    const Shape<3> whole =
        join ? Shape<3>(features * heads, length, batch / heads) : Shape<3>(features / heads, length, heads * batch);
    return X(permute(x.reshape(parts), 0, 2, 1, 3).evaluate().reshape(whole));
  }
  template <Arrays A>
  auto pullback(const A& a, Index heads) const {
    return zygote::Pullback{(*this)(a, heads), [heads](const auto& d) {
                              return std::make_tuple(detail::Deferred([=] { return heads_t<!join>{}(d, heads); }),
                                                     zygote::none{});
                            }};
  }
};
/// (heads * d, length, batch) -> (d, length, heads * batch), for attention, and back.
inline constexpr heads_t<false> split_heads;
inline constexpr heads_t<true> join_heads;

}  // namespace cuarrays
