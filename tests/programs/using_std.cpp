// A file that says `using namespace std`: names of the standard library may stand without std::.
#include <algorithm>
#include <complex>
#include <map>
#include <numeric>
#include <random>
#include <variant>

#include "check.hpp"

using namespace std;

namespace unqualified {

// `count` and `scale` are names of this file, and of variables.
ZYGOTE double scale(double count, double x) { return count < 2 ? count * x : x; }
ZYGOTE double length(const vector<double>& v) { return sqrt(inner_product(v.begin(), v.end(), v.begin(), 0.0)); }
ZYGOTE double median(vector<double> v) {
  sort(v.begin(), v.end());
  const size_t n = v.size();
  return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}
ZYGOTE double all(vector<double> v, double x) {
  double total = accumulate(v.begin(), v.end(), 0.0), best = max(v[0], x);
  swap(v[0], v[1]);
  map<string, double> m;
  m["a"] = x * v[0];
  vector<pair<int, double>> q;
  q.push_back({1, x});
  q.emplace_back(2, x * x);
  q.push_back(make_pair(3, v[1]));
  for (auto& [k, w] : q) total += k * w;
  const complex<double> z(x, total);
  return total * best + length(v) + median(v) + m["a"] + abs(x - 3) + pow(x, 2) + min({x, 2.0, total}) + scale(1.5, x) +
         norm(z);
}

TEST_CASE("names of the standard library without std::") { CHECK_GRADIENT(all, vector<double>{1, 2, 4, 0.5}, 1.2); }

ZYGOTE double drawn(double x) {
  minstd_rand generator(42);
  exponential_distribution<double> draw(2.0);
  const double first = draw(generator);
  return x * x * first + draw(generator);
}
ZYGOTE double held(double x) {
  const auto number = std::variant<double, int>(x * x);
  return std::get<0>(number) * x;
}
TEST_CASE("generators, and types that are made by calling them") {
  CHECK_GRADIENT(drawn, 0.7);
  CHECK_GRADIENT(held, 0.7);
}

}  // namespace unqualified
