// Once refused by clang++: a void method with a return, whose object it leaves alone.
#include <fuzz/harness.hpp>
namespace marked_void_return {
struct Pair {
  double a, b;
  ZYGOTE void leave_alone(double x) {
    if (a > b) {
      --x;
      return;
    }
    x *= b;
  }
};
ZYGOTE double void_return(double x) {
  Pair pair{x, x * x};
  pair.leave_alone(2.0);
  return pair.a * pair.b;
}
inline auto inputs(fuzz::Inputs in) { return std::tuple<double>{in.real()}; }
}  // namespace marked_void_return
namespace dual_void_return {
using fuzz::Dual;
Dual void_return(Dual x) { return x * (x * x); }
inline auto inputs(fuzz::Inputs in) { return std::tuple<Dual>{in.real()}; }
}  // namespace dual_void_return
const int added = fuzz::add("void_return", 1e-9, marked_void_return::void_return, marked_void_return::inputs,
                            dual_void_return::void_return, dual_void_return::inputs);
