// Of bench_gpu: adjoints, the time of the backward alone; of marked functions and kernels as users write them.
#include <zygote/runtime/gradient.hpp>

#include "gpu_timer.hpp"
#include "kernels.hpp"

using namespace bench;

namespace {

struct Wave {
  ZYGOTE FLUX_KERNEL float operator()(float x, float y) const { return std::sin(x) * y; }
};

const auto energy = ZYGOTE [](const auto& a, const auto& b) { return sum(a * tanh(b)); };

/// `bytes`: what is read and written at least, where d reaches what f(x...) returns.
template <class D, class F, class... X>
void adjoint(const char* name, double bytes, const D& d, const F& f, const X&... x) {
  const auto p = zygote::pullback(f, x...);
  bandwidth(name, bytes, [&] { p.back(d); });
}
}  // namespace

void bench::adjoints(Index n) {
  const double bytes = 4. * static_cast<double>(n);
  Rng rng(8);
  const auto& a = source;
  const auto d = rand<float, Device>(rng, n);
  {
    const auto b = rand<float, Device>(rng, n), c = rand<float, Device>(rng, n);
    adjoint("adjoint of the broadcast of 4 inputs", 9 * bytes, d, combined, a, b, c, d);
    adjoint("adjoint of map of a marked function of 2", 5 * bytes, d, map, Wave{}, a, b);
    bandwidth("gradient of sum(a * tanh(b)), with its value", 4 * bytes, [&] { zygote::withgradient(energy, a, b); });
  }
  adjoint("adjoint of a kernel that returns values", 2 * bytes, d, launch, Smooth{}, n, a);
  bandwidth("a kernel that writes, into a copy", 2 * bytes, [&] { blurred(a); });
  adjoint("adjoint of it", 2 * bytes, d, blurred, a);
  const auto some = rand<float, Device>(rng, n / 10);
  adjoint("the first of these in order, of a tenth", 2 * bytes / 10, some, launch, LaunchOptions{.ordered = true},
          Smooth{}, n / 10, some);

  const auto square = a.reshape(Shape(1000, n / 1000)), slopes = d.reshape(square.shape());
  const auto of_columns = rand<float, Device>(rng, 1, n / 1000), of_rows = rand<float, Device>(rng, 1000, 1);
  const auto gamma = gpu(full(1.5f, 1000)), beta = gpu(full(0.5f, 1000));
  adjoint("adjoint of sum over (1000, ...) along 0", bytes, of_columns, sum, square, 0);
  adjoint("adjoint of sum over (1000, ...) along 1", bytes, of_rows, sum, square, 1);
  adjoint("adjoint of maximum over (1000, ...) along 0", 2 * bytes, of_columns, maximum, square, 0);
  adjoint("adjoint of var over (1000, ...) along 0", 2 * bytes, of_columns, var, square, 0);
  adjoint("adjoint of softmax of (1000, ...)", 3 * bytes, slopes, softmax, square);
  adjoint("adjoint of logsoftmax of (1000, ...)", 3 * bytes, slopes, logsoftmax, square);
  adjoint("adjoint of layer_norm of (1000, ...)", 3 * bytes, slopes, layer_norm, square, gamma, beta);
  adjoint("adjoint of scan along 0 of (1000, ...)", 2 * bytes, slopes, scan, zygote::math::add_t{}, square);
}
