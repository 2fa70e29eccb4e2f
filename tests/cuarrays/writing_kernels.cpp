// Kernels that write to what they are handed, launched in marked code, and the adjoints of these.
#include "kernels.hpp"
#include "marked.hpp"

namespace {
using namespace cuarrays;
using Vec = Array<double, 1>;
using Mat = Array<double, 2>;
using Points = Array<kernels::Point, 1>;
const auto some = [](auto... extents) { return rand<double>(check::rng(), extents...); };

struct Fields {
  Vec u, next;
};
struct AddProduct {
  ZYGOTE FLUX_KERNEL void operator()(Index i, auto out, auto a, auto b) const { out[i] += a[i] * b[i]; }
};
struct Model {
  Vec w;
  std::vector<Vec> more;
  ZYGOTE double operator()(const Vec& x) const {
    Vec out = x;
    const Vec twice = 2 * x;
    launch(AddProduct{}, x.size(), out, w, w);
    for (const auto& v : more) launch(AddProduct{}, x.size(), out, v, out * 1);
    launch(AddProduct{}, x.size(), out, twice, twice);
    return sum(out * out);
  }
};
ZYGOTE double modelled(const Vec& w, const Vec& v, const Vec& x) {
  const Model m{w, {v, w}};
  return m(x);
}
ZYGOTE double diffused(const Vec& u0, double rate) {
  Fields f{u0, Vec({u0.size()})};
  for (int t = 0; t < 3; ++t) {
    launch(kernels::Diffuse{rate}, u0.size(), f.next, f.u);
    std::swap(f.u, f.next);
  }
  return sum(f.u * f.u) + sum(f.next);
}
ZYGOTE double iterated(const Vec& x) {
  Vec out = 2 * x, in = x;
  Array<int, 1> count({x.size()});
  launch(kernels::Iterate{}, x.size(), out, in, count);
  launch(kernels::Iterate{}, 2, out, in, count);
  return sum(out * out) + sum(in) * count[0];
}
ZYGOTE double rotated(const Mat& a, const Mat& angle, double scale) {
  Mat x = a, y({3, 2});
  if (scale > 0) launch(LaunchOptions{.ordered = true}, kernels::Rotate{}, x.shape(), x, y, angle, scale);
  if (scale > 0) launch({.block = {8, 4}, .ordered = true}, kernels::Rotate{}, Shape(3, 2), y, x, angle, 1.5);
  return sum(x * x * y) + sum(a);
}
ZYGOTE void smoothed(Vec& u, const Vec& by) {
  const auto go = [&](double rate) { launch(kernels::Diffuse{rate}, u.size(), u, by); };
  go(by[0]);
}
ZYGOTE double in_place(const Vec& x) {
  std::vector<Vec> all{x, x};
  smoothed(all[1], x);
  Vec& u = all[1];
  smoothed(u, x);
  return sum(all[1] * all[0] * u);
}
struct Product {
  ZYGOTE FLUX_KERNEL double operator()(Index i, auto points) const {
    const kernels::Point p = points[i];
    return p.x * p.y * p.y;
  }
};
ZYGOTE double turned(const Vec& by, const Vec& x) {
  Points p({by.size()});
  for (Index i = 0; i < p.size(); ++i) p[i] = kernels::Point{x[i], 2 * x[i]};
  launch(kernels::Turn{}, by.size(), p, by);
  launch(kernels::Turn{}, by.size(), p, by);
  return sum(launch(Product{}, by.size(), p));
}
ZYGOTE double summed(const Mat& a, const Vec& x) {
  Mat out({3, 4});
  out += 1;
  launch(kernels::Sums{}, out.shape(), out, a);
  Vec u = 3 * x;
  launch(kernels::Half{}, u.size(), u, x);
  return sum(out * out) + sum(u * u);
}
ZYGOTE double by_lambdas(const Vec& x, double k) {
  Vec out({x.size()});
  launch([=](Index i, auto o, auto in) { o[i] = k * in[i] * in[i]; }, x.size(), out, x);
  const double first = x[0];
  const auto add = [&](Index i, auto o) {
    if (i > 0) o[i] += k * first * o[i];
  };
  launch(add, x.size(), out);
  return sum(out * out);
}
struct Cube {
  ZYGOTE FLUX_KERNEL void operator()(Index i, auto out, auto u) const { out[i] *= u[i] * u[i] * u[u.size() - 1 - i]; }
};
ZYGOTE double cubed(const Vec& u) {
  Vec v = 2 * u;
  launch(Cube{}, u.size(), v, u);
  return sum(v * v);
}
struct Count {
  FLUX_KERNEL void operator()(Index i, auto out) const { out[i] = int(i); }
};
ZYGOTE double counted(const Vec& x) {
  Array<int, 1> places({x.size()});
  launch(Count{}, x.size(), places);
  return sum(gather(x * x, places)) * sum(places);
}
}  // namespace

TEST_CASE("launch: kernels that write have adjoints") {
  check_marked(diffused, some(6), 0.1);
  check_marked(iterated, some(5));
  check_marked(rotated, some(3, 2), some(2, 3), 1.1);
  check_marked(in_place, some(5));
  check_marked(turned, some(4), some(4));
  check_marked(summed, some(3, 2), some(5));
  check_marked(by_lambdas, some(4), 0.6);
  check_marked(modelled, some(3), some(3), some(3));
  check_marked(cubed, some(5));
  check_marked(counted, some(4));
  check_marked(diffused, Vec(Shape(0)), 0.1);
}

TEST_CASE("launch: second derivatives of kernels that write") {
  const Vec u = some(5), direction = some(5), h = zygote::hvp(cubed, u, direction);
  const auto at = [&](double t) { return std::get<0>(zygote::gradient(cubed, Vec(u + t * direction))); };
  CHECK(isapprox(h, (at(1e-6) - at(-1e-6)) / 2e-6, 1e-6, 1e-6));
}

TEST_CASE("launch: kernels that write leave what others hold as it was") {
  const Vec x = some(5), old = 2 * x;
  Vec given = old;
  const auto p = launch.pullback(zygote::Changing<2>{}, kernels::Diffuse{0.1}, 5, given, x);
  const auto& [changed] = p.value;
  CHECK(isapprox(given, old, 0, 0));
  launch(kernels::Diffuse{0.1}, 5, given, x);
  CHECK(isapprox(changed, given, 0, 0));
  Vec faster = old;
  launch(kernels::Diffuse{1.1}, 5, faster, x);
  for (int again = 0; again < 2; ++again) {  // back may be called twice
    const auto [form, kernel, shape, dgiven, dx] = p.back(std::tuple(full(1.0, 5)));
    CHECK(isapprox(dgiven, Vec::of({1, 0, 0, 0, 1}), 0, 0));
    CHECK(kernel.rate == doctest::Approx(sum(faster) - sum(changed)));
    CHECK(dx.size() == 5);
  }
  const auto none = p.back(std::tuple(Vec()));
  CHECK(isapprox(std::get<4>(none), full(0.0, 5), 0, 0));
}

TEST_CASE("launch: adjoints of kernels that write, in parts and written down") {
  const Index n = Index(3) << 19;
  const Vec x = some(n), d = some(n), u = some(n);
  const auto once = launch.pullback(zygote::Changing<2>{}, kernels::Diffuse{0.5}, n, u, x).back(std::tuple(d));
  const auto down = cuarrays::detail::kernel_adjoint<true, Host>(
      {}, kernels::Diffuse{0.5}, cuarrays::detail::NoValues<1>{Shape(n)}, cuarrays::detail::Changed<Vec, Vec>{u, d}, x);
  CHECK(isapprox(std::get<3>(once), std::get<1>(down), 0, 0));
  CHECK(isapprox(std::get<4>(once), std::get<2>(down), 1e-12, 1e-12));
}
