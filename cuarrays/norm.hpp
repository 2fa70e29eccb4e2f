// Batch, layer and group normalisation: y = gamma (x - mean) / sqrt(var + eps) + beta, with the statistics of x itself.
// Ioffe & Szegedy (2015); Ba et al. (2016); Wu & He (2018). The variance is that of the whole set (divided by n).
#pragma once
#include <cuarrays/launch.hpp>

namespace cuarrays {

/// What is added to the variance.
struct NormOptions {
  double eps = 1e-5;
};
}  // namespace cuarrays

template <>
struct zygote::Algebra<cuarrays::NormOptions> : zygote::NoAlgebra {};

namespace cuarrays {
namespace detail {
template <int... d>
struct DimsOf {
  static auto sum(const auto& x) { return cuarrays::sum(x, d...); }
  static auto mean(const auto& x) { return cuarrays::mean(x, d...); }
};
/// x as four dimensions; gamma and beta have extents of 1 where they are stretched.
struct NormShapes {
  Shape<4> x, affine;
};

template <class X>
struct Moments {
  X mean, variance;
};
template <class Over, class X>
Moments<X> moments(const X& x) {
  const X mean = Over::mean(x);
  return {mean, Over::mean((x - mean) * (x - mean))};
}

/// The pullback of all of them: statistics `m` over some dimensions, gamma and beta the same along others.
template <class Over, class Along, class A, class G, class M>
auto normalise(const A& a, const G& gamma_in, const G& beta_in, const NormOptions& options, const NormShapes& shapes,
               const M& m) {
  using T = typename A::value_type;
  const auto x = a.reshape(shapes.x), gamma = gamma_in.reshape(shapes.affine), beta = beta_in.reshape(shapes.affine);
  using X = std::remove_const_t<decltype(x)>;
  const X scale = 1 / sqrt(m.variance + static_cast<T>(options.eps));
  const X y = (x - m.mean) * scale * gamma + beta;
  return zygote::Pullback{
      y.reshape(a.shape()),
      [x, mean = m.mean, scale, gamma, whole = a.shape(), parameters = gamma_in.shape()](const auto& dy) {
        const auto d = dy.is_void() ? X() : dy.reshape(x.shape());
        const auto normal = (x - mean) * scale;
        return std::make_tuple(Deferred([=] {
                                 if (d.is_void()) return A();
                                 const X slope = Over::mean(d * gamma * normal);
                                 const X dx = scale * (d * gamma - Over::mean(d * gamma) - normal * slope);
                                 return dx.reshape(whole);
                               }),
                               Deferred([=] { return d.is_void() ? G() : Along::sum(d * normal).reshape(parameters); }),
                               Deferred([=] { return d.is_void() ? G() : Along::sum(d).reshape(parameters); }));
      }};
}

template <class Over, class Along, class A, class G>
auto normalise(const A& a, const G& gamma, const G& beta, const NormOptions& options, const NormShapes& shapes) {
  return normalise<Over, Along>(a, gamma, beta, options, shapes, moments<Over>(a.reshape(shapes.x)));
}

/// Appends nones for the options, if they are given.
template <class... E, class P>
auto with_nones(P p) {
  return zygote::Pullback{std::move(p.value), [back = std::move(p.back)](const auto& d) {
                            return std::tuple_cat(back(d), none_for_each<E...>());
                          }};
}
template <class A, class G>
void check_parameters(const char* operation, const A& x, const G& gamma, const G& beta,
                      const Shape<G::rank>& expected) {
  static_assert(std::same_as<typename A::value_type, typename G::value_type>,
                "cuarrays: gamma and beta have the element type of x");
  if (gamma.shape() != expected || beta.shape() != expected)
    fail(operation, "expected gamma and beta of shape ", expected, " for x ", x.shape(), ", got ", gamma.shape(),
         " and ", beta.shape());
}
/// (positions, channels, batch)
template <int N>
Shape<3> by_channels(const Shape<N>& shape) {
  Shape<3> result(1, shape[N - 2], shape[N - 1]);
  for (int d = 0; d < N - 2; ++d) result[0] *= shape[d];
  return result;
}

/// The calls of a normalisation whose adjoints are Self::training(x, gamma, beta, options).
template <class Self>
struct Norm {
  template <Arrays A, AnyArray G>
  auto operator()(const A& x, const G& gamma, const G& beta, const NormOptions& options = {}) const {
    return pullback(x, gamma, beta, options).value;
  }
  template <Arrays A, AnyArray G, std::same_as<NormOptions>... O>
  auto pullback(const A& x, const G& gamma, const G& beta, const O&... options) const {
    return with_nones<O...>(Self::training(materialise(x), gamma, beta, NormOptions{options...}));
  }
};
}  // namespace detail

struct batch_norm_t : detail::Norm<batch_norm_t> {
  using Over = detail::DimsOf<0, 2>;

  /// Mean and variance (1, C, 1, 1) of each channel, and the pullback with these, for layers that keep them.
  template <AnyArray A>
  static auto moments(const A& x) {
    return detail::moments<Over>(x.reshape(shapes_for(x).x));
  }
  template <AnyArray A, AnyArray G, class M>
  static auto training(const A& x, const G& gamma, const G& beta, const NormOptions& options, const M& m) {
    detail::check_parameters("batch_norm", x, gamma, beta, Shape<1>(x.size(A::rank - 2)));
    return detail::normalise<Over, Over>(x, gamma, beta, options, shapes_for(x), m);
  }
  template <AnyArray A, AnyArray G>
  static auto training(const A& x, const G& gamma, const G& beta, const NormOptions& options) {
    return training(x, gamma, beta, options, moments(x));
  }
  /// With statistics of earlier batches: inference.
  template <Arrays A, AnyArray G>
  static auto apply(const A& a, const G& gamma, const G& beta, const G& mean, const G& variance,
                    const NormOptions& options = {}) {
    using T = typename Materialised<A>::value_type;
    const Materialised<A> x = materialise(a);
    const Shape<3> s = detail::by_channels(x.shape());
    detail::check_parameters("batch_norm", x, gamma, beta, Shape<1>(s[1]));
    detail::check_parameters("batch_norm", x, mean, variance, Shape<1>(s[1]));
    const G scale = gamma / sqrt(variance + static_cast<T>(options.eps)), shift = beta - mean * scale;
    const Shape<3> channels(1, s[1], 1);
    const BasicArray<T, 3, typename G::space> y = x.reshape(s) * scale.reshape(channels) + shift.reshape(channels);
    return y.reshape(x.shape());
  }

 private:
  template <class A>
  static detail::NormShapes shapes_for(const A& x) {
    const Shape<3> s = detail::by_channels(x.shape());
    return {{s[0], s[1], s[2], 1}, {1, s[1], 1, 1}};
  }
};
/// x (..., C, N) with gamma and beta (C): over everything but the channel.
inline constexpr batch_norm_t batch_norm;

struct layer_norm_t : detail::Norm<layer_norm_t> {
  template <AnyArray A, AnyArray G>
  static auto training(const A& x, const G& gamma, const G& beta, const NormOptions& options) {
    static_assert(G::rank <= A::rank, "cuarrays: layer_norm's gamma has the first extents of x");
    detail::check_parameters("layer_norm", x, gamma, beta, detail::with_rank<G::rank>(x.shape()));
    const Index features = gamma.size(), rest = x.size() / std::max(features, Index(1));
    return detail::normalise<detail::DimsOf<0>, detail::DimsOf<1>>(x, gamma, beta, options,
                                                                   {{features, rest, 1, 1}, {features, 1, 1, 1}});
  }
};
/// x (features..., ...) with gamma and beta (features...): each over the features.
inline constexpr layer_norm_t layer_norm;

struct group_norm_t {
  template <Arrays A, AnyArray G>
  auto operator()(const A& x, Index groups, const G& gamma, const G& beta, const NormOptions& options = {}) const {
    return pullback(x, groups, gamma, beta, options).value;
  }
  template <Arrays A, AnyArray G, std::same_as<NormOptions>... O>
  auto pullback(const A& a, Index groups, const G& gamma, const G& beta, const O&... options) const {
    const Materialised<A> x = materialise(a);
    const Shape<3> s = detail::by_channels(x.shape());
    detail::check_parameters("group_norm", x, gamma, beta, Shape<1>(s[1]));
    if (groups < 1 || s[1] % groups)
      detail::fail("group_norm", "expected channels that ", groups, " groups divide, got x ", x.shape());
    const Index size = s[1] / groups;
    auto p = detail::normalise<detail::DimsOf<0, 1>, detail::DimsOf<0, 3>>(
        x, gamma, beta, NormOptions{options...}, {{s[0], size, groups, s[2]}, {1, size, groups, 1}});
    return detail::with_nones<O...>(zygote::Pullback{p.value, [back = p.back](const auto& d) {
                                                       auto [dx, dgamma, dbeta] = back(d);
                                                       return std::make_tuple(dx, zygote::none{}, dgamma, dbeta);
                                                     }});
  }
};
/// x (..., C, N), gamma and beta (C): over the positions and the channels of one of `groups`.
inline constexpr group_norm_t group_norm;

}  // namespace cuarrays
