// Once refused: a product that begins with a name, followed by double(, is read as a pointer declaration.
#include <fuzz/harness.hpp>
namespace marked_product_with_cast {
ZYGOTE double product_with_cast(double x, int n) {
  if (x * double(n) > 1.0) return x * x;
  return 2.0 * x;
}
inline auto inputs(fuzz::Inputs in) {
  return std::tuple<double, int>{in.real(), in.trips};
}
}  // namespace marked_product_with_cast
namespace dual_product_with_cast {
using fuzz::Dual;
Dual product_with_cast(Dual x, int n) {
  if (x * Dual(n) > Dual(1.0)) return x * x;
  return Dual(2.0) * x;
}
inline auto inputs(fuzz::Inputs in) {
  return std::tuple<Dual, int>{in.real(), in.trips};
}
}  // namespace dual_product_with_cast
const int added = fuzz::add("product_with_cast", 1e-9, marked_product_with_cast::product_with_cast, marked_product_with_cast::inputs,
                            dual_product_with_cast::product_with_cast, dual_product_with_cast::inputs);
