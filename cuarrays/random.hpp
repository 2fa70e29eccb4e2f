// Random numbers, counter-based: element i depends on the seed and i alone, so that CPU, GPU and any number of threads
// give the same stream. Philox4x32-10: Salmon et al. (2011), "Parallel random numbers: as easy as 1, 2, 3".
#pragma once
#include <cuarrays/indexing.hpp>
#include <numbers>
#include <vector>

namespace cuarrays {

namespace detail {
struct Words {
  std::uint32_t w[4];
};

/// Ten rounds of Philox on a 128-bit counter with a 64-bit key.
FLUX_KERNEL constexpr Words philox(Words c, std::uint32_t key0, std::uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p = std::uint64_t(0xD2511F53) * c.w[0], q = std::uint64_t(0xCD9E8D57) * c.w[2];
    c = {{static_cast<std::uint32_t>(q >> 32) ^ c.w[1] ^ key0, static_cast<std::uint32_t>(q),
          static_cast<std::uint32_t>(p >> 32) ^ c.w[3] ^ key1, static_cast<std::uint32_t>(p)}};
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  return c;
}
}  // namespace detail

/// A stream of random numbers, given by its seed and how far it was read. A copy continues independently with the same
/// numbers. Also a generator in the sense of <random>.
struct Rng {
  using result_type = std::uint64_t;
  std::uint64_t seed = 0;
  std::uint64_t block = 0;  // each of 128 bits

  constexpr Rng() = default;
  constexpr explicit Rng(std::uint64_t seed) : seed(seed) {}

  FLUX_KERNEL constexpr detail::Words at(std::uint64_t n) const {
    return detail::philox({{static_cast<std::uint32_t>(n), static_cast<std::uint32_t>(n >> 32), 0, 0}},
                          static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32));
  }
  /// The stream from here on, with `blocks` taken off this one.
  constexpr Rng take(std::uint64_t blocks) {
    Rng start = *this;
    block += blocks;
    return start;
  }
  constexpr std::uint64_t operator()() {
    const auto words = at(block++);
    return std::uint64_t(words.w[1]) << 32 | words.w[0];
  }
  static constexpr std::uint64_t min() { return 0; }
  static constexpr std::uint64_t max() { return ~std::uint64_t(0); }
  /// A number in [0, n), n > 0, each equally likely. Lemire (2019), "Fast random integer generation in an interval"
  constexpr std::uint64_t below(std::uint64_t n) {
    __extension__ using Wide = unsigned __int128;
    Wide product = Wide((*this)()) * n;
    while (static_cast<std::uint64_t>(product) < (0 - n) % n) product = Wide((*this)()) * n;
    return static_cast<std::uint64_t>(product >> 64);
  }
};

namespace detail {
/// Numbers per block: four floats of 24 random bits, or two doubles of 53.
template <class T>
inline constexpr int per_block = sizeof(T) == 4 ? 4 : 2;

template <std::floating_point T>
FLUX_KERNEL constexpr T uniform(const Words& words, int i) {
  if constexpr (sizeof(T) == 4)
    return static_cast<T>(words.w[i] >> 8) * T(0x1p-24);
  else
    return static_cast<T>((std::uint64_t(words.w[2 * i + 1]) << 32 | words.w[2 * i]) >> 11) * T(0x1p-53);
}

/// What comes from one block of the stream, written at once: to addresses that are multiples of its size.
template <class T, int n>
struct alignas(n * sizeof(T)) Drawn {
  T values[n];
  FLUX_KERNEL void write(Index block, const auto& out) const {
    if ((block + 1) * n <= out.size())
      *reinterpret_cast<Drawn*>(&out[block * n]) = *this;
    else
      for (int i = 0; block * n + i < out.size(); ++i) out[block * n + i] = values[i];
  }
};

/// One call per block of the stream.
template <std::floating_point T>
struct UniformKernel {
  Rng rng;
  FLUX_KERNEL void operator()(Index block, auto out) const {
    const Words words = rng.at(rng.block + static_cast<std::uint64_t>(block));
    Drawn<T, per_block<T>> drawn;
    for (int i = 0; i < per_block<T>; ++i) drawn.values[i] = uniform<T>(words, i);
    drawn.write(block, out);
  }
};

/// Box & Muller (1958): two independent normal numbers of two uniform ones.
template <std::floating_point T>
struct NormalKernel {
  Rng rng;
  FLUX_KERNEL void operator()(Index block, auto out) const {
    const Words words = rng.at(rng.block + static_cast<std::uint64_t>(block));
    Drawn<T, per_block<T>> drawn;
    for (int i = 0; i < per_block<T>; i += 2) {
      const T radius = zygote::math::sqrt(T(-2) * zygote::math::log(T(1) - uniform<T>(words, i)));
      const T turns = uniform<T>(words, i + 1);
#ifdef __CUDA_ARCH__
      T sine, cosine;
      if constexpr (sizeof(T) == 4)
        sincospif(2 * turns, &sine, &cosine);
      else
        sincospi(2 * turns, &sine, &cosine);
#else
      const T angle = 2 * std::numbers::pi_v<T> * turns;
      const T sine = zygote::math::sin(angle), cosine = zygote::math::cos(angle);
#endif
      drawn.values[i] = radius * cosine;
      drawn.values[i + 1] = radius * sine;
    }
    drawn.write(block, out);
  }
};

/// Words of the stream that are less than a threshold.
template <class T>
struct BernoulliKernel {
  Rng rng;
  std::uint64_t threshold;
  FLUX_KERNEL void operator()(Index block, auto out) const {
    const Words words = rng.at(rng.block + static_cast<std::uint64_t>(block));
    Drawn<T, 4> drawn;
    for (int i = 0; i < 4; ++i) drawn.values[i] = static_cast<T>(words.w[i] < threshold);
    drawn.write(block, out);
  }
};
/// 64 random bits for each element.
template <class T>
struct KeyKernel {
  Rng rng;
  FLUX_KERNEL void operator()(Index block, auto out) const {
    const Words words = rng.at(rng.block + static_cast<std::uint64_t>(block));
    Drawn<T, 2> drawn;
    for (int i = 0; i < 2; ++i) drawn.values[i] = T(words.w[2 * i + 1]) << 32 | words.w[2 * i];
    drawn.write(block, out);
  }
};

/// An array that a kernel fills, `count` elements from each block of the stream.
template <class Space, class T, template <class> class Kernel, int N, class... More>
BasicArray<T, N, Space> random_array(Rng& rng, int count, const Shape<N>& shape, const More&... more) {
  BasicArray<T, N, Space> result(shape, Uninitialised{});
  const Index blocks = (shape.size() + count - 1) / count;
  launch(Kernel<T>{rng.take(static_cast<std::uint64_t>(blocks)), more...}, blocks, result);
  return result;
}
}  // namespace detail

/// Uniform numbers in [0, 1): rand<float>(rng, 3, 4) or rand<float>(rng, shape); rand<float, Device>(...) on the GPU.
template <std::floating_point T, class Space = Host, class... Extents>
requires(sizeof...(Extents) > 0) auto rand(Rng& rng, const Extents&... extents) {
  return detail::random_array<Space, T, detail::UniformKernel>(rng, detail::per_block<T>, Shape{extents...});
}
/// Normal numbers of mean 0 and variance 1, likewise.
template <std::floating_point T, class Space = Host, class... Extents>
requires(sizeof...(Extents) > 0) auto randn(Rng& rng, const Extents&... extents) {
  return detail::random_array<Space, T, detail::NormalKernel>(rng, detail::per_block<T>, Shape{extents...});
}
/// True, or 1, with probability p: bernoulli(rng, 0.5, 3, 4), bernoulli<float>(rng, 0.5, shape).
template <class T = bool, class Space = Host, class... Extents>
requires(sizeof...(Extents) > 0) auto bernoulli(Rng& rng, double p, const Extents&... extents) {
  if (!(p >= 0 && p <= 1)) detail::fail("bernoulli", "expected a probability, got ", p);
  return detail::random_array<Space, T, detail::BernoulliKernel>(rng, 4, Shape{extents...},
                                                                 static_cast<std::uint64_t>(p * 0x1p32));
}

/// Puts the elements of a range into a random order: Fisher & Yates.
template <class Range>
void shuffle(Rng& rng, Range& range) {
  auto* first = std::data(range);
  for (auto n = static_cast<std::uint64_t>(std::size(range)); n > 1; --n) std::swap(first[n - 1], first[rng.below(n)]);
}
/// 0, 1, ..., n-1 in a random order: that which sorts random keys.
template <class Space = Host>
auto permutation(Rng& rng, Index n) {
  return sortperm(detail::random_array<Space, std::uint64_t, detail::KeyKernel>(rng, 2, Shape(n)));
}

}  // namespace cuarrays
