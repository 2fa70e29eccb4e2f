#include <cstdio>
#include <flux/flux.hpp>

using namespace flux;

int main() {
  Rng rng(1);
  auto model = Chain(Dense(2, 8, relu), Dense(8, 1));
  auto state = setup(Adam(0.05f), model);
  const auto x = rand<float>(rng, 2, 64);
  const Array<float, 2> y = sum(x, 0);
  float first = 0, last = 0;
  for (int i = 0; i < 100; ++i) {
    auto [loss, grads] = withgradient(ZYGOTE [&](const auto& m) { return mse(m(x), y); }, model);
    update(state, model, std::get<0>(grads));
    (i == 0 ? first : last) = loss;
  }
  std::puts(last < first / 10 ? "trained" : "not trained");
}
