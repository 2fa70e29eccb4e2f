// The programs of zygote/README.md (and README.md, see control.cpp), which show what stands between `snippet` and `end`
// (tests/readme.sh); and what they give.
#include <map>
#include <string>

#include "check.hpp"

// snippet: grow
ZYGOTE double grow(double x) {
  double r = 1;
  while (r < 100) r *= r + x;
  return r;
}
// end

TEST_CASE("grow") {
  CHECK(grow(2) == 255);
  CHECK(zygote::gradient(grow, 2.0) == 367);
  CHECK_GRADIENT(grow, 2.0);
}

// snippet: line
ZYGOTE constexpr double line(double x) { return 5 * x + 3; }
static_assert(zygote::gradient(line, 2.0) == 5);
// end

namespace by_hand {
// snippet: by_hand
struct Cubic {  // no state: one adjoint per argument
  double operator()(double x) const { return x * x * x; }
  auto pullback(double x) const {
    return zygote::Pullback{x * x * x, [x](double d) { return std::make_tuple(3 * x * x * d); }};
  }
};
struct Scale {  // state: its adjoint comes first, and is a Scale
  double weight;
  double operator()(double x, int n) const { return weight * x * n; }
  auto pullback(double x, int n) const {
    return zygote::Pullback{(*this)(x, n), [x, n, w = weight](double d) {
                              return std::make_tuple(Scale{x * n * d}, w * n * d, zygote::none{});
                            }};
  }
};
ZYGOTE double uses(const Scale& s, double x) { return s(Cubic{}(x), 2) * x; }  // marked code calls both
// end
}  // namespace by_hand

TEST_CASE("pullbacks by hand") { CHECK_GRADIENT(by_hand::uses, by_hand::Scale{3}, 0.7); }

namespace adjoints {
using namespace zygote;
struct Point {
  double x, y;
  int id;
};
// snippet: adjoints
static_assert(std::same_as<Adjoint<float>, float>);
static_assert(std::same_as<Adjoint<std::vector<double>>, std::vector<double>>);  // empty: zeros of any length
static_assert(std::same_as<Adjoint<std::map<int, double>>, std::map<int, double>>);
static_assert(std::same_as<Adjoint<Point>, Point>);  // struct Point { double x, y; int id; }
static_assert(std::same_as<Adjoint<std::span<const double>>, std::vector<double>>);  // a span owns nothing
static_assert(std::same_as<Adjoint<int>, none> && std::same_as<Adjoint<std::string>, none>);
// end
}  // namespace adjoints

// snippet: others
namespace other {  // code that is not ours
struct Vec {
  double x, y;
  double dot(const Vec& b) const { return x * b.x + y * b.y; }
};
inline double cube(double x) { return x * x * x; }
inline double norm(const Vec& v) { return std::sqrt(v.x * v.x + v.y * v.y); }

// 1. In its namespace: an overload that takes zygote::ask first.
inline auto cube(zygote::ask_t, double x) {
  return zygote::Pullback{cube(x), [x](double d) { return std::make_tuple(3 * x * x * d); }};
}
}  // namespace other

// 2. From outside, by the name that marked code calls it by.
ZYGOTE_PULLBACK(other::norm, [](const other::Vec& v) {
  const double r = other::norm(v);
  return zygote::Pullback{r, [v, r](double d) { return std::make_tuple(other::Vec{d * v.x / r, d * v.y / r}); }};
});

// 3. A method, by its class and its name.
template <>
struct zygote::MethodRule<other::Vec, zygote::Name<"dot">> {
  static auto pullback(const other::Vec& a, const other::Vec& b) {
    return Pullback{a.dot(b), [a, b](double d) {
                      return std::make_tuple(other::Vec{d * b.x, d * b.y}, other::Vec{d * a.x, d * a.y});
                    }};
  }
};
// end
namespace {
// snippet: foreign
ZYGOTE double foreign(const other::Vec& v, double x) { return other::norm(v) * other::cube(x) + v.dot(v); }
// end
}  // namespace

TEST_CASE("functions and methods of others") { CHECK_GRADIENT(foreign, other::Vec{3, 4}, 1.5); }

// snippet: mode
struct SumOfSquares {
  using zygote_parameters = void(const std::vector<double>&);  // says that pullback takes a Mode
  double operator()(const std::vector<double>& v) const {
    double sum = 0;
    for (double x : v) sum += x * x;
    return sum;
  }
  template <zygote::Mode mode = zygote::Mode{}>
  auto pullback(const std::vector<double>& v) const {
    auto back = [](const std::vector<double>& v, double d) {
      std::vector<double> dv(v.size());
      for (std::size_t i = 0; i < v.size(); ++i) dv[i] = 2 * v[i] * d;
      return std::make_tuple(std::move(dv));
    };
    if constexpr (mode.lent(0))  // v stays as it is until the last call of back: no copy
      return zygote::Pullback{(*this)(v), [&v, back](double d) { return back(v, d); }};
    else
      return zygote::Pullback{(*this)(v), [v, back](double d) { return back(v, d); }};
  }
};
// end

TEST_CASE("modes") {
  const std::vector<double> v{1, 2, 3};
  CHECK_GRADIENT(SumOfSquares{}, v);
  CHECK(std::get<0>(zygote::pullback(SumOfSquares{}, v).back(1.0)) == std::vector<double>{2, 4, 6});
  CHECK(sizeof(SumOfSquares{}.pullback<zygote::Mode{1}>(v)) < sizeof(SumOfSquares{}.pullback(v)));
}

namespace tools {
using namespace zygote;
// snippet: tools
ZYGOTE auto wave(auto x) { return sin(x) * x; }
ZYGOTE double stopped(double x, double y) { return x * constant(y * y); }  // no gradient flows into y
ZYGOTE double saved(double x) { return checkpoint(wave, x) * x; }          // wave runs once more on the way back
struct Clip {
  double operator()(double d) const { return std::min(d, 1.0); }
};
ZYGOTE double clipped(double x) { return hook(5 * x, Clip{}) * 7; }  // sees, or changes, the adjoint of 5 * x
// end

TEST_CASE("tools") {
  CHECK(gradient(stopped, 2.0, 3.0) == std::tuple(9.0, 0.0));
  CHECK(gradient(clipped, 2.0) == 5);
  // snippet: gradcheck
  CHECK(gradcheck(saved, 0.7));  // a doctest: every number of every argument, against central differences
  // end
}

// snippet: second
ZYGOTE double product(const std::vector<double>& x) { return x[0] * x[1] * x[1]; }

TEST_CASE("second derivatives") {
  const std::vector<double> at{2, 3}, along{1, 0};
  CHECK(derivative(wave, 0.0) == 0);                                                // by dual numbers
  CHECK(jacobian(product, at) == std::vector<double>{9, 12});                       // by dual numbers, eight at a time
  CHECK(hessian(product, at) == std::vector<std::vector<double>>{{0, 6}, {6, 4}});  // gradients at dual numbers
  CHECK(hvp(product, at, along) == std::vector<double>{0, 6});                      // one gradient at dual numbers
}
// end
}  // namespace tools
