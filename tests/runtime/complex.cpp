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

/// What the compiler writes for -a * b, for whatever a and b are.
struct Generic {
  template <class A, class B>
  constexpr auto operator()(const A& a, const B& b) const {
    return -a * b;
  }
  template <class A, class B>
  constexpr auto pullback(const A& a, const B& b) const {
    auto op_1 = operators::neg(a);
    const auto& v_1 = op_1.value;
    auto op_2 = operators::mul(v_1, b);
    return Pullback{op_2.value, [back_1 = op_1.back, back_2 = op_2.back, v_1, b, e_a = extent(a), e_1 = extent(v_1),
                                 e_b = extent(b)](const auto& d) {
                      const auto d_2 = operators::adjoint(back_2, d);
                      auto d_b = rules::mul<1>(e_b, d_2, none{}, v_1, none{});
                      const auto d_1 = operators::adjoint(back_1, rules::mul<0>(e_1, d_2, none{}, none{}, b));
                      return std::make_tuple(rules::neg<0>(e_a, d_1, none{}, none{}), std::move(d_b));
                    }};
  }
};
static_assert(gradient(Generic{}, 2.0, 3.0) == std::tuple(-3.0, -2.0));
static_assert(std::is_empty_v<decltype(operators::mul(2.0, 3.0).back)>);
static_assert(gradient(Generic{}, 2.0, 3) == std::tuple(-3.0, none{}));
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
  CHECK(gradcheck(Generic{}, Quaternion{1, 2, 3, 4}, Quaternion{0.5, -1, 2, 0.3}));
  CHECK(gradcheck(Generic{}, 2.0, 3.0));
  CHECK(gradcheck(Generic{}, C(1, 2), 3.0));
}
