// Marked functions that throw, called by marked functions.
#include <stdexcept>

#include "check.hpp"

// Functions that leave by an exception, and loops without an end, called by marked functions.
namespace checked {
ZYGOTE double positive(double x) {
  if (x <= 0) throw std::domain_error("not positive");
  return std::log(x);
}
ZYGOTE double element(const std::vector<double>& v, int k) {
  for (std::size_t i = 0; i < v.size(); ++i)
    if (int(i) == k) return v[i] * 2;
  throw std::out_of_range("no such element");
}
ZYGOTE double halved(double x, int k) {
  while (true) {
    if (k == 0) return x;
    x *= 0.5;
    --k;
  }
}
ZYGOTE double all(const std::vector<double>& v, int k, bool relu) {
  const auto root = [](double x) {
    if (x < 0) throw std::domain_error("negative");
    return std::sqrt(x);
  };
  double sum = positive(v[0]) * element(v, k) + halved(v[1], k) + root(v[0]);
  if (relu && v[1] < 0) sum *= 0.1;
  return sum;
}
TEST_CASE("functions that throw") {
  const std::vector<double> v{0.7, -0.4};
  for (bool relu : {true, false}) CHECK_GRADIENT(all, v, 1, relu);
  CHECK_THROWS_AS(zygote::gradient(all, v, 2, true), std::out_of_range);
  CHECK_THROWS_AS(zygote::gradient(all, std::vector<double>{-1, 1}, 1, true), std::domain_error);
}
}  // namespace checked
