// Elements wherever they lie in memory, on the GPU against their twins on the CPU.
#include "gpu.hpp"

using namespace cuarrays;
using check::rng;
using namespace gpu_tests;

namespace {
/// Views whose elements lie anywhere: not where a load of 16 bytes may start, in another order, with gaps.
struct Views {
  template <AnyArray A>
  auto operator()(const A& x) const {
    const Index n = x.size(0);
    return slice(x, range(n / 3, n), every, every) * 2 + slice(x, range(n - n / 3 - 1, -1, -1), every, every);
  }
};
template <int... dims>
struct Turned {
  auto operator()(const auto& x, const auto& y) const { return permute(x, dims...) * 2 + y; }
};
struct Parts {
  template <AnyArray A>
  A operator()(const A& x, const auto& y) const {
    A out = x;
    part(out, range(1, x.size(0)), every, 0) += y;
    part(out, every, range(0, x.size(1), 2), every) = 3;
    return out;
  }
};
}  // namespace

TEST_CASE("gpu: elements wherever they lie") {
  if (no_gpu()) return;
  for (int i = 0; i < 12; ++i) {
    const Shape<3> shape = any_shape();
    const auto x = randn<float>(rng(), shape);
    INFO("shape " << shape);
    twins("views", Views{}, x);
    twins("permute", Turned<1, 0, 2>{}, x, randn<float>(rng(), shape[1], shape[0], shape[2]));
    twins("permute", Turned<2, 0, 1>{}, x, randn<float>(rng(), shape[2], 1, shape[1]));
    twins("permute", Turned<1, 2, 0>{}, Array<double, 3>(x), randn<float>(rng(), shape[1], shape[2], 1));
    twins("part", Parts{}, x, randn<float>(rng(), shape[0] - 1, shape[1]));
    twins("part", Parts{}, Array<int, 3>(x * 100), Array<int, 2>({shape[0] - 1, 1}));
    twins("a scalar", Chain{}, x, 2.f);
    twins("bool", zygote::math::add_t{}, Array<int, 3>(broadcast(convert_t<int>{}, x > 0)),
          rand<float>(rng(), shape[0]));
  }
}
