// Once refused by clang++: the call of a recursive function with a loop, with lvalues of the types that it calls itself with.
#include <fuzz/harness.hpp>
namespace marked_recursion_in_loop_function {
ZYGOTE double recursive(double x, int depth) {
  if (depth <= 0) return x;
  for (int i = 0; i < 3; ++i) x += 0.5 * x;
  return recursive(x, depth - 1);
}
ZYGOTE double calls_recursive(double x, int n) { return recursive(x, n); }
inline auto inputs(fuzz::Inputs in) {
  return std::tuple<double, int>{in.real(), in.trips};
}
}  // namespace marked_recursion_in_loop_function
namespace dual_recursion_in_loop_function {
using fuzz::Dual;
Dual recursive(Dual x, int depth) {
  if (depth <= 0) return x;
  for (int i = 0; i < 3; ++i) x += Dual(0.5) * x;
  return recursive(x, depth - 1);
}
Dual calls_recursive(Dual x, int n) { return recursive(x, n); }
inline auto inputs(fuzz::Inputs in) {
  return std::tuple<Dual, int>{in.real(), in.trips};
}
}  // namespace dual_recursion_in_loop_function
const int added = fuzz::add("recursion_in_loop_function", 1e-9, marked_recursion_in_loop_function::calls_recursive, marked_recursion_in_loop_function::inputs,
                            dual_recursion_in_loop_function::calls_recursive, dual_recursion_in_loop_function::inputs);
