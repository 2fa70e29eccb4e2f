// std::complex, and operators of users' classes.
#include <doctest/doctest.h>

#include <zygote/zygote.hpp>

namespace {
using namespace zygote;
using C = std::complex<double>;
using namespace std::complex_literals;

ZYGOTE double arithmetic(const C& z, const C& w, double x) {
  const C u = z * w + x / z - 2.0 * w / z + w * x - x;
  return std::norm(u) + std::abs(z * u) + std::real(-u);
}
ZYGOTE double functions(const C& z, double x) {
  const C u = std::exp(z) * std::log(z) + std::sqrt(z) + std::sin(z) * std::cosh(z) + std::tan(z) + std::tanh(z);
  const C v = std::pow(z, 3) + std::pow(z, x) + std::pow(x, z) + std::pow(z, z) + std::asin(z) + std::atan(z);
  return std::arg(u) + v.imag() * u.real() + std::imag(std::conj(v)) + std::norm(std::acosh(z) + std::log10(z));
}
ZYGOTE C parts_of(double x, double y) { return C(x, y) * std::polar(x, y) + C(x); }
ZYGOTE double roots(const std::vector<C>& zs) {
  C product = 1.0;
  for (const auto& z : zs) product *= z;
  return std::norm(product);
}

struct Quaternion {
  double w, x, y, z;
};
Quaternion operator*(const Quaternion& a, const Quaternion& b) {
  return {a.w * b.w - a.x * b.x - a.y * b.y - a.z * b.z, a.w * b.x + a.x * b.w + a.y * b.z - a.z * b.y,
          a.w * b.y - a.x * b.z + a.y * b.w + a.z * b.x, a.w * b.z + a.x * b.y - a.y * b.x + a.z * b.w};
}
Quaternion conj(const Quaternion& a) { return {a.w, -a.x, -a.y, -a.z}; }
Quaternion operator-(const Quaternion& a) { return {-a.w, -a.x, -a.y, -a.z}; }
auto zygote_operator(Name<"*">, const Quaternion& a, const Quaternion& b) {
  return Pullback{a * b, [a, b](const Quaternion& d) { return std::tuple{d * conj(b), conj(a) * d}; }};
}
auto zygote_operator(Name<"-">, const Quaternion& a) {
  return Pullback{-a, [](const Quaternion& d) { return std::tuple{-d}; }};
}

/// Of whatever a and b are.
ZYGOTE auto negated_product(const auto& a, const auto& b) { return -a * b; }
static_assert(gradient(negated_product, 2.0, 3.0) == std::tuple(-3.0, -2.0));
static_assert(gradient(negated_product, 2.0, 3) == std::tuple(-3.0, none{}));
}  // namespace

TEST_CASE("complex numbers") {
  CHECK(gradcheck(arithmetic, C(1.5, 0.7), C(-0.3, 2), 0.8));
  CHECK(gradcheck(functions, C(1.5, 0.7), 0.8));
  CHECK(gradcheck(functions, C(0.4, -0.6), 1.3));
  CHECK(gradcheck(parts_of, 1.5, 0.7));
  CHECK(gradcheck(roots, std::vector<C>{{1, 2}, {0.5, -1}, {2, 0.1}}));
  // The convention: the gradient of |z|^2 is 2z.
  CHECK(std::get<0>(gradient(
            ZYGOTE[](const C& z) { return std::norm(z); }, C(3, 4))) == C(6, 8));
  CHECK(std::get<0>(gradient(math::abs, C(3, 4))) == C(0.6, 0.8));
  CHECK(std::get<0>(gradient(math::abs, C(0, 0))) == C(0, 0));
}

TEST_CASE("operators of users' classes") {
  CHECK(gradcheck(negated_product, Quaternion{1, 2, 3, 4}, Quaternion{0.5, -1, 2, 0.3}));
  CHECK(gradcheck(negated_product, 2.0, 3.0));
  CHECK(gradcheck(negated_product, C(1, 2), 3.0));
}
