// Once refused: functions of the same name in different namespaces.
#include <fuzz/harness.hpp>
namespace one {
ZYGOTE double same_name(double x) { return x * x; }
}  // namespace one
namespace marked_same_name {
ZYGOTE double same_name(double x) { return one::same_name(x) * x; }
inline auto inputs(fuzz::Inputs in) {
  return std::tuple<double>{in.real()};
}
}  // namespace marked_same_name
namespace dual_same_name {
using fuzz::Dual;
Dual same_name(Dual x) { return x * x * x; }
inline auto inputs(fuzz::Inputs in) {
  return std::tuple<Dual>{in.real()};
}
}  // namespace dual_same_name
const int added = fuzz::add("same_name", 1e-9, marked_same_name::same_name, marked_same_name::inputs,
                            dual_same_name::same_name, dual_same_name::inputs);
