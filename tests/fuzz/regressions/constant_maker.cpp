// Once without its pullback: a lambda from a call whose arguments are all constant.
#include <fuzz/harness.hpp>
namespace marked_constant_maker {
ZYGOTE auto make(double a) {
  return [=](double t) { return a * t; };
}
ZYGOTE double maker_of_constant(double x) {
  auto g = make(0.5);
  return g(x) * x;
}
inline auto inputs(fuzz::Inputs in) {
  return std::tuple<double>{in.real()};
}
}  // namespace marked_constant_maker
namespace dual_constant_maker {
using fuzz::Dual;
auto make(Dual a) {
  return [=](Dual t) { return a * t; };
}
Dual maker_of_constant(Dual x) {
  auto g = make(Dual(0.5));
  return g(x) * x;
}
inline auto inputs(fuzz::Inputs in) {
  return std::tuple<Dual>{in.real()};
}
}  // namespace dual_constant_maker
const int added = fuzz::add("constant_maker", 1e-9, marked_constant_maker::maker_of_constant, marked_constant_maker::inputs,
                            dual_constant_maker::maker_of_constant, dual_constant_maker::inputs);
