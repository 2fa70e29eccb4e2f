// Once neither refused nor compiled: a method that changes a local, of a class that zygote does not know.
#include <fuzz/harness.hpp>
namespace marked_optional_reset {
ZYGOTE double resets(double x) {
  std::optional<double> o = x;
  o.reset();
  return o.value_or(2.0) * x;
}
inline auto inputs(fuzz::Inputs in) {
  return std::tuple<double>{in.real()};
}
}  // namespace marked_optional_reset
namespace dual_optional_reset {
using fuzz::Dual;
Dual resets(Dual x) {
  std::optional<Dual> o = x;
  o.reset();
  return o.value_or(Dual(2.0)) * x;
}
inline auto inputs(fuzz::Inputs in) {
  return std::tuple<Dual>{in.real()};
}
}  // namespace dual_optional_reset
const int added = fuzz::add("optional_reset", 1e-9, marked_optional_reset::resets, marked_optional_reset::inputs,
                            dual_optional_reset::resets, dual_optional_reset::inputs);
