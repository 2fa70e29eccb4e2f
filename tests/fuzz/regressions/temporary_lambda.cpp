// Once refused: x changes while y, a number, is said to refer to it.
#include <fuzz/harness.hpp>
namespace marked_temporary_lambda {
template <class F>
ZYGOTE double applied(const F& f, double x) {
  return f(x);
}
ZYGOTE double changes_after_lambda(double x) {
  double y = applied([&](double t) { return t * x; }, 0.5);
  x *= y;
  return x + y;
}
inline auto inputs(fuzz::Inputs in) {
  return std::tuple<double>{in.real()};
}
}  // namespace marked_temporary_lambda
namespace dual_temporary_lambda {
using fuzz::Dual;
template <class F>
Dual applied(const F& f, Dual x) {
  return f(x);
}
Dual changes_after_lambda(Dual x) {
  Dual y = applied([&](Dual t) { return t * x; }, Dual(0.5));
  x *= y;
  return x + y;
}
inline auto inputs(fuzz::Inputs in) {
  return std::tuple<Dual>{in.real()};
}
}  // namespace dual_temporary_lambda
const int added = fuzz::add("temporary_lambda", 1e-9, marked_temporary_lambda::changes_after_lambda, marked_temporary_lambda::inputs,
                            dual_temporary_lambda::changes_after_lambda, dual_temporary_lambda::inputs);
