// Users' kernels, index by index: launch and its adjoint.
#include "kernels.hpp"
#ifdef _OPENMP
#include <omp.h>
#endif

using namespace cuarrays;
using check::rng;

namespace {
/// launch as a function of what it is differentiated by.
template <class Kernel, int N>
class Launch {
  Kernel kernel;
  Shape<N> shape;

 public:
  Launch(const Kernel& kernel, const Shape<N>& shape) : kernel(kernel), shape(shape) {}
  auto operator()(const auto&... x) const { return launch(kernel, shape, x...); }
  auto pullback(const auto&... x) const {
    auto p = launch.pullback(kernel, shape, x...);
    return zygote::Pullback{std::move(p.value), [back = std::move(p.back)](const auto& d) {
                              return std::apply([](auto&&, auto&&, auto&&... dx) { return std::make_tuple(dx...); },
                                                back(d));
                            }};
  }
};

/// A function that calls itself, so that it is called, with the view: from a branch, from a loop, behind a read.
ZYGOTE double halved(const auto& x, Index i) {
  if (i == 0) return x[0];
  return x[i] * x[i] + halved(x, i / 2);
}
struct Helped {
  ZYGOTE double operator()(Index i, auto x) const {
    double s = x[i];
    if (i > 0) s *= halved(x, i - 1);
    for (Index k = i; k < x.size(); k += 2) s += halved(x, k);
    return s + halved(x, i);
  }
};

/// With types of views.
struct Typed {
  ZYGOTE double operator()(Index i, View<const double, 1> x, const View<const double, 1>& y) const {
    return x[i] * y[0];
  }
};

/// Each call reads an element in turn and, every so often, one anywhere.
struct Reach {
  Index often;
  FLUX_KERNEL Index far(Index i, Index size) const { return i % often == 0 ? i * 7919 % size : i % size; }
  ZYGOTE double operator()(Index i, auto x) const { return x[i % x.size()] + 2 * x[far(i, x.size())]; }
};

struct Busy {
  void operator()(Index i, auto out) const {
    volatile double work = 0;
    for (int k = 0; k < 100000; ++k) work = work + 1;
#ifdef _OPENMP
    out[i] = omp_get_thread_num();
#else
    out[i] = 0;
#endif
  }
};

/// What a call of kernel_adjoint on the host gives in the way of the GPU that writes additions down.
template <class Kernel, int N>
auto ordered(const Kernel& kernel, const Array<double, N>& d, const auto&... x) {
  return cuarrays::detail::kernel_adjoint<true, Host>({}, kernel, d, x...);
}
}  // namespace

TEST_CASE("launch: kernels that return values have adjoints") {
  const auto x = randn<double>(rng(), 7);
  const auto a = randn<double>(rng(), 4, 3), b = randn<double>(rng(), 3, 5);
  CHECK(isapprox(launch(kernels::Blur{3}, 7, full(1.0, 7)), Array<double, 1>::of({1, 3, 3, 3, 3, 3, 1})));
  check::pullback(Launch<kernels::Blur, 1>({0.5}, {7}), x);
  CHECK(isapprox(launch(kernels::Product{}, Shape(4, 5), a, b, 2), 2 * matmul(a, b), 1e-12));
  check::pullback(Launch<kernels::Product, 2>({}, {4, 5}), a, b, 1.5);
  check::pullback(Launch<kernels::Series, 1>({}, {7}), x);
  check::pullback(Launch<kernels::Root, 1>({}, {7}), x);
  check::pullback(Launch<Helped, 1>({}, {7}), x);
  check::pullback(Launch<Typed, 1>({}, {7}), x, Array<double, 1>(x + 1));
  const auto labels = Array<int, 1>::of({2, 0, 2, 2, 1, 0});
  check::pullback(Launch<kernels::Lookup, 2>({}, {4, 6}), a, labels);
  check::pullback(Launch<kernels::Blur, 1>({0.5}, {7}), Array<double, 1>(x * 2));
}

TEST_CASE("launch: the adjoint of a kernel's fields") {
  const auto x = randn<double>(rng(), 9), d = randn<double>(rng(), 9);
  const auto [dkernel, dn, dx] = launch.pullback(kernels::Blur{0.5}, 9, x).back(d);
  CHECK(dkernel.weight ==
        doctest::Approx(sum(d * (launch(kernels::Blur{1.5}, 9, x) - launch(kernels::Blur{0.5}, 9, x)))));
}

TEST_CASE("launch: adjoints are the same for any number of threads, and written down") {
  const Index n = Index(3) << 19;
  const auto x = rand<double>(rng(), n), d = rand<double>(rng(), n);
  const auto once = std::get<2>(launch.pullback(kernels::Blur{0.5}, n, x).back(d)),
             again = std::get<2>(launch.pullback(kernels::Blur{0.5}, n, x).back(d));
  CHECK(isapprox(once, again, 0, 0));
#ifdef _OPENMP
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  CHECK(isapprox(std::get<2>(launch.pullback(kernels::Blur{0.5}, n, x).back(d)), once, 0, 0));
  omp_set_num_threads(threads);
#endif
  const auto table = randn<double>(rng(), 3, 4), dy = randn<double>(rng(), 3, 100);
  Array<int, 1> labels({100});
  for (Index i = 0; i < 100; ++i) labels[i] = static_cast<int>(i * i % 4);
  const auto in_order = std::get<2>(launch.pullback(kernels::Lookup{}, dy.shape(), table, labels).back(dy));
  CHECK(isapprox(std::get<1>(ordered(kernels::Lookup{}, dy, table, labels)), in_order, 0, 0));
}

TEST_CASE("launch: large adjoints add to elements of other parts: to few, to many, to few elements, to some of many") {
  const Index n = (Index(1) << 20) + 3;
  const auto d = full(1.0, n);
  for (const auto& [often, size] : {std::pair(1000, n), {2, n}, {1, Index(7)}, {1000, 3 * n}}) {
    const Reach kernel{often};
    Array<double, 1> expected({size});
    auto at = expected.view();
    for (Index i = 0; i < n; ++i) at[i % size] += 1, at[kernel.far(i, size)] += 2;
    CHECK(isapprox(std::get<2>(launch.pullback(kernel, n, full(1.0, size)).back(d)), expected, 0, 0));
  }
}

TEST_CASE("launch: complex numbers, lazy arguments, a zero adjoint") {
  using C = std::complex<double>;
  const Array<C, 2> a(Shape(1, 2), {C(1, 2), C(3, -1)}), b(Shape(2, 1), {C(0, 1), C(2, 2)});
  const Array<C, 2> d(Shape(1, 1), {C(1, 1)});
  const auto p = launch.pullback(kernels::Product{}, Shape(1, 1), a, b, 1.0);
  CHECK(p.value(0, 0) == a(0, 0) * b(0, 0) + a(0, 1) * b(1, 0));
  const auto da = std::get<2>(p.back(d));
  CHECK(std::abs(da(0, 1) - d(0, 0) * std::conj(b(1, 0))) < 1e-12);
  const auto x = randn<double>(rng(), 7);
  const auto q = launch.pullback(kernels::Blur{1}, 7, x * 2);
  CHECK(isapprox(q.value, launch(kernels::Blur{1}, 7, Array<double, 1>(x * 2))));
  CHECK(isapprox(std::get<2>(q.back(Array<double, 1>())), full(0.0, 7)));
}

TEST_CASE("launch: arrays of structs") {
  for (const Index n : {Index(3), Index(1) << 20}) {  // and in parts
    Array<kernels::Point, 1> points({n});
    for (Index i = 0; i < n; ++i) points[i] = {std::sin(0.1 * double(i)), std::cos(0.3 * double(i))};
    const auto one = full(1.0, n);
    const auto p = launch.pullback(kernels::Springs{2}, n, points);
    const auto [kernel, size, d] = p.back(one);
    for (const Index i : {Index(1), (n + 3) / 4, n - 2}) {
      CHECK(d[i].x == doctest::Approx(4 * (2 * points[i].x - points[i - 1].x - points[i + 1].x)));
      CHECK(d[i].y == doctest::Approx(4 * (2 * points[i].y - points[i - 1].y - points[i + 1].y)));
    }
    CHECK(kernel.stiffness == doctest::Approx(sum(p.value) / 2));
    if (n == 3) CHECK(std::get<1>(ordered(kernels::Springs{2}, one, points))[1].y == d[1].y);
  }
}

TEST_CASE("launch: fields of elements of arrays of structs") {
  Array<kernels::Body, 1> bodies({12});
  for (Index i = 0; i < bodies.size(); ++i) {
    const auto r = randn<double>(rng(), 5);
    bodies[i] = {{r[0], r[1]}, r[2], {r[3], r[4]}, int(i % 2)};
  }
  const auto d = randn<double>(rng(), 12);
  const auto energy = [&](const auto& b) { return sum(d * launch(kernels::Gravity{}, b.size(), b)); };
  const auto adjoint = std::get<2>(launch.pullback(kernels::Gravity{}, 12, bodies).back(d));
  const auto numbers = launch(kernels::Numbers{}, Shape(5, 12), adjoint);
  for (Index i = 0; i < 12; ++i)
    for (Index k = 0; k < 5; ++k) {
      const auto part = [k](kernels::Body& b) -> double& {
        return k == 0 ? b.at.x : k == 1 ? b.at.y : k == 2 ? b.mass : b.pull[k - 3];
      };
      auto more = bodies, less = bodies;
      part(more[i]) += 1e-6;
      part(less[i]) -= 1e-6;
      CHECK(std::as_const(numbers)(k, i) == doctest::Approx((energy(more) - energy(less)) / 2e-6).epsilon(1e-6));
    }
  const auto in_order = std::get<1>(ordered(kernels::Gravity{}, d, bodies));
  CHECK(isapprox(launch(kernels::Numbers{}, Shape(5, 12), in_order), numbers, 1e-12));
}

TEST_CASE("launch: sums of adjoints of arrays of structs") {
  using Points = Array<kernels::Point, 1>;
  Points sum;
  for (const Points& d : {Points(), full(kernels::Point{1, 2}, 3), Points(), full(kernels::Point{3, 4}, 3)})
    zygote::accumulate<Points>(sum, d);
  REQUIRE(sum.size() == 3);
  CHECK(std::as_const(sum)[2].x == 4);
  CHECK(std::as_const(sum)[2].y == 6);
  CHECK(check::throws([&] { zygote::accumulate<Points>(sum, Points(Shape(2))); }, "got (3) and (2)"));
  Points one(Shape(1));
  CHECK(check::throws([&] { zygote::accumulate<Points>(one, sum); }, "that can be stretched to (1), got (3)"));
}

TEST_CASE("launch: a few calls that take long are shared among threads") {
  Array<int, 1> threads({64});
  launch(Busy{}, 64, threads);
#ifdef _OPENMP
  CHECK((maximum(threads) > 0) == (omp_get_max_threads() > 1));
#endif
}

TEST_CASE("launch: options change nothing on the host") {
  const auto x = randn<double>(rng(), 7);
  CHECK(isapprox(launch({.block = {4}, .shared = 64}, kernels::Blur{2}, 7, x), launch(kernels::Blur{2}, 7, x), 0, 0));
}

TEST_CASE("index: elements of a CuArray one by one only where that is allowed") {
  CuArray<float, 2> x;
  CHECK(check::throws([&] { x(0, 0); }, "AllowScalar allow;"));
  CHECK(check::throws([&] { x[0] = 1; }, "Use cpu(a) first"));
  {
    AllowScalar allow;
    CHECK(AllowScalar::here());
#ifdef NDEBUG  // without a GPU, that is as far as it comes
    CHECK(check::throws([&] { x[0] = 1; }, "built with CUDA"));
#endif
  }
  CHECK_FALSE(AllowScalar::here());
}

TEST_CASE("graph: on the host each call runs the step") {
  Array<double, 1> x({3});
  int calls = 0;
  auto step = graph([&] { x += 1, ++calls; });
  for (int i = 0; i < 5; ++i) step();
  CHECK(sum(x) == 15);
  CHECK(calls == 5);
}
