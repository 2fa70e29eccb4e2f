// Variables outside of functions that unmarked functions change while marked code reads them: what was read counts.
#include <algorithm>
#include <array>
#include <vector>

#include "check.hpp"

namespace {

using Real = double;
struct Settings {
  double rate = 1;
  std::array<double, 2> weights{1, 2};
};
double number = 1;
auto deduced = 1.0;
Real named = 1;
double c_array[2] = {1, 2};
Settings settings;
struct Behind {
  double rate = 1;
  int index = 1;
} behind;
std::vector<double> table{1, 2};
std::vector<Settings> all(1);
using Table = std::vector<double>;
Table other{1};
std::vector<int> order{0, 1};
struct Class {
  static inline double rate = 1;
};

void set(double t) {
  number = deduced = named = c_array[0] = settings.rate = settings.weights[1] = behind.rate = table[0] = t;
  all[0].rate = other[0] = Class::rate = t;
  behind.index = int(t) % 3;
}

#define LOOP(read)                                \
  set(1);                                         \
  double s = x;                                   \
  const double y[3] = {x, 2 * x, 3};              \
  for (int i = 0; i < 3; ++i) {                   \
    s += read * s + 0 * y[0];                     \
    set(2.0 + i);                                 \
  }                                               \
  return s
ZYGOTE double of_number(double x) { LOOP(number); }
ZYGOTE double of_deduced(double x) { LOOP(deduced); }
ZYGOTE double of_named(double x) { LOOP(named); }
ZYGOTE double of_c_array(double x) { LOOP(c_array[0]); }
ZYGOTE double of_field(double x) { LOOP(settings.rate); }
ZYGOTE double of_element_of_field(double x) { LOOP(settings.weights[1]); }
ZYGOTE double of_behind(double x) { LOOP(behind.rate); }
ZYGOTE double of_table(double x) { LOOP(table[0]); }
ZYGOTE double of_field_of_element(double x) { LOOP(all[0].rate); }
ZYGOTE double of_other(double x) { LOOP(other[0]); }
ZYGOTE double of_static(double x) { LOOP(Class::rate); }
ZYGOTE double of_index(double x) { LOOP(y[behind.index]); }

TEST_CASE("numbers outside of functions that change") {
  for (const auto& gradient : {zygote::gradient(of_number, 0.4), zygote::gradient(of_deduced, 0.4),
                              zygote::gradient(of_named, 0.4), zygote::gradient(of_c_array, 0.4),
                              zygote::gradient(of_field, 0.4), zygote::gradient(of_element_of_field, 0.4),
                              zygote::gradient(of_behind, 0.4), zygote::gradient(of_table, 0.4),
                              zygote::gradient(of_field_of_element, 0.4), zygote::gradient(of_other, 0.4),
                              zygote::gradient(of_static, 0.4)})
    CHECK(std::get<0>(gradient) == doctest::Approx(24));
  CHECK_GRADIENT(of_index, 0.4);
}

ZYGOTE double read(double x) {
  double sum = 0;
  for (auto it = table.begin(); it != table.end(); ++it) sum += *it * x;
  for (double t : table) sum *= t + x;
  double v[2] = {x, 2 * x};
  return sum * v[order[1]] * *std::max_element(table.begin(), table.end());
}
TEST_CASE("containers outside of functions") {
  set(1.5);
  CHECK_GRADIENT(read, 0.4);
}

}  // namespace
