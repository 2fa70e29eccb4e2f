#include <cstdio>
#include <outside/curve.hpp>
#include <zygote/zygote.hpp>

#include "plain.hpp"

double other();

ZYGOTE double shifted(double x) { return curve(x) + offset * x; }

int main() {
  const double dx = std::get<0>(zygote::gradient(shifted, 2.0));
  std::printf("%g %g\n", dx, other());
}
