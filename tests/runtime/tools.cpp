// gradcheck, hook, checkpoint; pullbacks given to functions and methods of others.
#include <doctest/doctest.h>

#include <zygote/zygote.hpp>

namespace other {  // code that is not ours
struct Vec {
  double x, y;
  double dot(const Vec& b) const { return x * b.x + y * b.y; }
};
inline double norm(const Vec& v) { return std::sqrt(v.x * v.x + v.y * v.y); }
inline double cube(double x) { return x * x * x; }
inline double cube(int x) { return x * x * x; }
template <class T>
T twice(T x) {
  return 2 * x;
}
template <class... T>
void print(const T&...) {}

// Next to it: an overload with `ask`, which overload resolution picks like the function itself.
inline auto cube(zygote::ask_t, double x) {
  return zygote::Pullback{cube(x), [x](double d) { return std::tuple{3 * x * x * d}; }};
}
template <class T>
auto twice(zygote::ask_t, T x) {
  return zygote::Pullback{twice(x), [](T d) { return std::tuple{2 * d}; }};
}
}  // namespace other

// From outside: by name.
ZYGOTE_PULLBACK(other::norm, [](const other::Vec& v) {
  const double r = other::norm(v);
  return zygote::Pullback{r, [v, r](double d) { return std::tuple{other::Vec{d * v.x / r, d * v.y / r}}; }};
});
template <>
struct zygote::MethodRule<other::Vec, zygote::Name<"dot">> {
  static auto pullback(const other::Vec& a, const other::Vec& b) {
    return Pullback{a.dot(b), [a, b](double d) {
                      return std::tuple{other::Vec{d * b.x, d * b.y}, other::Vec{d * a.x, d * a.y}};
                    }};
  }
};

namespace {
using namespace zygote;
using Doubles = std::vector<double>;

ZYGOTE double foreign(const other::Vec& v, double x, int n) {
  other::print(x, n);
  return other::norm(v) * other::cube(x) + other::cube(n) * other::twice(x) + v.dot(v);
}

struct Mix {
  Doubles weights;
  std::optional<float> bias;
  int count;
};
ZYGOTE double mix(const Mix& m, const std::array<double, 2>& a) {
  double sum = a[0] * a[1];
  for (double w : m.weights) sum += w * w * a[0];
  return sum * m.count;
}
ZYGOTE std::vector<double> pair_of(double x, float y) { return std::vector<double>{x * y, sin(x)}; }
ZYGOTE float single(float x) { return x * x * x; }
struct Wrong {
  double operator()(double x, const Doubles& y) const { return x * y[0] + y[1]; }
  auto pullback(double x, const Doubles& y) const {
    return Pullback{(*this)(x, y), [x, y](double d) { return std::tuple{y[0] * d, Doubles{x * d, 2 * d}}; }};
  }
};

struct Twice {
  void operator()(double& d) const { d *= 2; }
};
struct Clip {
  double operator()(double d) const { return d > 1 ? 1 : d; }
};
ZYGOTE double hooked(double x) { return zygote::hook(x * x, Twice{}) * 3 + zygote::hook(5 * x, Clip{}) * 7; }

int evaluations = 0;
struct Counted {
  double weight;
  double operator()(double x) const { return ++evaluations, weight * x * x; }
  auto pullback(double x) const {
    return Pullback{(*this)(x), [x, w = weight](double d) { return std::tuple{Counted{d * x * x}, 2 * w * x * d}; }};
  }
};
ZYGOTE double checkpointed(const Counted& f, double x) { return zygote::checkpoint(f, x * x) * x; }
ZYGOTE auto quartic(auto x) { return x * x * x * x; }
ZYGOTE auto checkpointed_quartic(auto x) { return zygote::checkpoint(quartic, x); }
}  // namespace

TEST_CASE("gradcheck") {
  CHECK(gradcheck(mix, Mix{{1, 2}, 3.0f, 2}, std::array<double, 2>{4, 5}));
  CHECK(gradcheck(pair_of, 0.7, 1.5f));
  CHECK(gradcheck(single, 1.5f));
  CHECK(gradcheck(math::exp, 1.0).worst < 1e-9);
  const auto check = gradcheck(Wrong{}, 2.0, Doubles{3, 4});
  CHECK(!check);
  CHECK(check.worst == doctest::Approx(0.5));
  CHECK(check.message == "argument 1, number 1 of 2: gradient 2.000000, central difference 1.000000");
}

TEST_CASE("functions and methods of others") {
  CHECK(gradcheck(foreign, other::Vec{3, 4}, 1.5, 2));
  const auto missing = call(ZYGOTE_NAME(other::print), 1.0);
  static_assert(NoAdjoint<decltype(missing.value)>);
}

TEST_CASE("hook") {
  CHECK(hooked(2) == 3 * 4 + 70);
  CHECK(gradient(hooked, 2.0) == 3 * 2 * 4 + 5);
}

TEST_CASE("checkpoint") {
  const auto [value, back] = pullback(checkpointed, Counted{3}, 2.0);
  CHECK(value == 96);
  CHECK(evaluations == 1);
  const auto [df, dx] = back(1.0);
  CHECK(evaluations == 2);
  CHECK(df.weight == 32);
  CHECK(dx == 240);
  CHECK(gradcheck(checkpointed_quartic, 2.0));
  CHECK(hessian(checkpointed_quartic, 2.0) == 48);
}
