// Once refused: an assignment to std::get<i>(t).
#include <fuzz/harness.hpp>
namespace marked_get_writes {
ZYGOTE double get_writes(double x) {
  std::tuple<double, double> t{x, 2.0};
  std::get<1>(t) *= x;
  return std::get<0>(t) * std::get<1>(t);
}
inline auto inputs(fuzz::Inputs in) {
  return std::tuple<double>{in.real()};
}
}  // namespace marked_get_writes
namespace dual_get_writes {
using fuzz::Dual;
Dual get_writes(Dual x) {
  std::tuple<Dual, Dual> t{x, Dual(2.0)};
  std::get<1>(t) *= x;
  return std::get<0>(t) * std::get<1>(t);
}
inline auto inputs(fuzz::Inputs in) {
  return std::tuple<Dual>{in.real()};
}
}  // namespace dual_get_writes
const int added = fuzz::add("get_writes", 1e-9, marked_get_writes::get_writes, marked_get_writes::inputs,
                            dual_get_writes::get_writes, dual_get_writes::inputs);
