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
// The same where the function is called: what has a using declaration is not inlined.
ZYGOTE auto called_maker(double a) {
  using std::sin;
  return [b = sin(a)](double t) { return b * t * t; };
}
ZYGOTE double called_maker_of_constant(double x) { return called_maker(0.5)(x) + called_maker(3)(2 * x) * x; }
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
Dual called_maker_of_constant(Dual x) {
  return Dual(std::sin(0.5)) * x * x + Dual(std::sin(3.0)) * Dual(2) * x * Dual(2) * x * x;
}
inline auto inputs(fuzz::Inputs in) {
  return std::tuple<Dual>{in.real()};
}
}  // namespace dual_constant_maker
const int added = fuzz::add("constant_maker", 1e-9, marked_constant_maker::maker_of_constant, marked_constant_maker::inputs,
                            dual_constant_maker::maker_of_constant, dual_constant_maker::inputs) +
                  fuzz::add("called_maker", 1e-9, marked_constant_maker::called_maker_of_constant,
                            marked_constant_maker::inputs, dual_constant_maker::called_maker_of_constant,
                            dual_constant_maker::inputs);
