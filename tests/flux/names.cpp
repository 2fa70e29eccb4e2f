// `using namespace flux` leaves programs the names that they are likely to have.
#include <doctest/doctest.h>

#include <flux/flux.hpp>

using namespace flux;

namespace {

namespace detail {
double helper(double x) { return x + 1; }
}  // namespace detail
namespace ir {
double helper(double x) { return x + 2; }
}  // namespace ir

struct Activation {};
struct Field {};
struct Frozen {
  double backbone = 1, head = 2;
};
struct Graph {};
struct Host {};
struct Method {};
struct Mode {};
struct Model {};
struct Name {};
struct Parameter {};
struct Part {};
struct Range {
  double first, last;
};
struct State {};
struct Step {};
struct Storage {};

ZYGOTE double width(const Range& r, const Frozen& f) {
  return (r.last - r.first) * f.head + constant(detail::helper(r.first) + ir::helper(r.last));
}
TEST_CASE("names of programs next to those of flux") {
  const auto [dr, df] = gradient(width, Range{1, 3}, Frozen());
  CHECK(dr.last == 2);
  CHECK(df.head == 2);
  [[maybe_unused]] std::tuple<Activation, Field, Graph, Host, Method, Mode, Model, Name, Parameter, Part, State, Step,
                              Storage>
      all;
}

}  // namespace
