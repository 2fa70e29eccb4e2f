// Reductions, scans, elements by index and sorting on the GPU against their twins on the CPU.
#include "gpu.hpp"

using namespace cuarrays;
using check::rng;
using namespace gpu_tests;

namespace {
// Function objects in place of lambdas, so that no kernel is named after a lambda.
template <int... dims>
struct SumOver {
  auto operator()(const auto& x) const { return sum(x * 2, dims...); }
};
template <int... dims>
struct MaximumOver {
  auto operator()(const auto& x) const { return maximum(x, dims...); }
};
template <int... dims>
struct SumOfSlice {
  auto operator()(const auto& x) const { return sum(slice(x, range(1, x.size(0)), every, every), dims...); }
};
template <int dim, bool exclusive, class Op = zygote::math::add_t>
struct ScanOver {
  auto operator()(const auto& x) const { return scan_t<exclusive>{}(Op{}, x, dim); }
};
template <class Op, int dim>
struct ScatterInto {
  auto operator()(const auto& into, const auto& indices, const auto& x) const {
    return scatter(Op{}, into, indices, x, dim);
  }
};
}  // namespace

TEST_CASE("gpu: reductions") {
  if (no_gpu()) return;
  for (const auto& shape : {Shape(37, 20, 3), Shape(1000, 2, 100), Shape(2, 1000, 3), Shape(1, 1, 1),
                            Shape(3, 5, 20000), Shape(100000, 1, 2), Shape(3, 0, 2)}) {
    const auto x = rand<double>(rng(), shape);
    twins("sum", SumOver<>{}, x);
    twins("sum 0", SumOver<0>{}, x);
    twins("sum 1", SumOver<1>{}, x);
    twins("sum 2", SumOver<2>{}, x);
    twins("sum 0 2", SumOver<0, 2>{}, x);
    twins("sum 1 2", SumOver<1, 2>{}, x);
    twins("maximum 0", MaximumOver<0>{}, x);
    twins("maximum", MaximumOver<>{}, x);
  }
  for (Index length = 1; length < 40; ++length) {
    twins("short rows", SumOver<0>{}, rand<double>(rng(), length, 1 + rng().below(3000)));
    twins("short rows", MaximumOver<0>{}, rand<float>(rng(), length, 1 + rng().below(3000)));
    twins("few columns", SumOver<1>{}, rand<double>(rng(), length, 1 + rng().below(30000)));
  }
  for (int i = 0; i < 12; ++i) {
    const Shape<3> shape = any_shape();
    const auto x = rand<double>(rng(), shape);
    INFO("shape " << shape);
    twins("sum", SumOver<>{}, x);
    twins("sum 0", SumOver<0>{}, Array<int, 3>(x * 100));
    twins("sum 1", SumOver<1>{}, x);
    twins("sum 2", SumOver<2>{}, Array<bool, 3>(x > 0.5));
    twins("sum 0 1", SumOver<0, 1>{}, x);
    twins("sum 0 2", SumOver<0, 2>{}, x);
    if (shape[0] == 1) continue;
    twins("sum of a slice", SumOfSlice<>{}, x);
    twins("sum 0 of a slice", SumOfSlice<0>{}, x);
    twins("sum 1 of a slice", SumOfSlice<1>{}, x);
    twins("sum 0 2 of a slice", SumOfSlice<0, 2>{}, x);
  }
}

TEST_CASE("gpu: scans, gather, scatter, sorting") {
  if (no_gpu()) return;
  for (int i = 0; i < 6; ++i) {
    const Shape<3> shape = any_shape();
    const auto x = rand<double>(rng(), shape);
    INFO("shape " << shape);
    twins("scan 0", ScanOver<0, false>{}, x);
    twins("scan 1", ScanOver<1, false>{}, x);
    twins("scan 2", ScanOver<2, true>{}, Array<int, 3>(x * 100));
    twins("exclusive scan 0", ScanOver<0, true, larger_t>{}, x);
    twins("scan of all", ScanOver<0, false>{}, x.reshape(Shape(shape.size())));
    twins("exclusive scan of all", ScanOver<0, true>{}, Array<bool, 1>(x.reshape(Shape(shape.size())) > 0.5));
    adjoint_twins("scan 0", scan, zygote::math::add_t{}, x);
    Array<int, 1> at({300});
    for (int& index : at) index = static_cast<int>(rng().below(static_cast<std::uint64_t>(shape[1])));
    adjoint_twins("gather", gather, x, at, 1);
    const auto values = rand<double>(rng(), shape[0], 300, shape[2]);
    twins("scatter", ScatterInto<zygote::math::add_t, 1>{}, x, at, values);
    twins("scatter", ScatterInto<zygote::math::sub_t, 1>{}, x, at, values);
    twins("scatter", ScatterInto<larger_t, 1>{}, x, at, values);
    twins("sort", sort, x);
  }
}
