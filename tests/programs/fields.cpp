// Fields that the `fields` of a class leaves out: marked code reads them as constants.
#include "check.hpp"

namespace left_out {

class Layer {
 public:
  Layer() = default;
  Layer(double weight, double scale) : weight_(weight), scale_(scale) {}
  static auto fields(auto& self) { return std::tie(self.weight_, self.outputs_); }
  ZYGOTE double forward(double x) const { return weight_ * scale_ * x; }
  ZYGOTE void count(double x) {
    calls += 1;                   // made of constants
    seen_ = zygote::constant(x);  // said to be one
    outputs_.push_back(x * x);    // listed
  }
  ZYGOTE double last() const { return outputs_.back() * seen_ * calls; }
  double calls = 0;

 private:
  double weight_ = 1, scale_ = 3, seen_ = 5;
  std::vector<double> outputs_;
};
ZYGOTE double run(Layer l, double x) {
  l.count(l.forward(x));
  l.count(l.forward(x * 2));
  return l.last() + l.calls * x;
}

// A field of that name which another class has is none of those.
struct Other {
  double calls = 2;
};
ZYGOTE double others(double x) {
  std::vector<Other> o(2);
  o[1].calls = x * x;
  return o[1].calls * o[0].calls;
}

// Nor is one of a class that is not known.
ZYGOTE double of_another_file(const auto& o, double x) { return o.scale_ * x; }

// Worked out from a constant of the class, not from another field.
struct Body {
  double mass = 2;
  static constexpr double c = 0.5;
  double drag = c * 2;
};
ZYGOTE double falls(double x) {
  const Body b{x};
  return b.mass * b.drag;
}

TEST_CASE("fields that `fields` leaves out are constants") {
  const auto [dl, dx] = zygote::gradient(run, Layer(2, 3), 0.5);
  // last() is (6 * 2x)^2 * 6 * 2 at x = 0.5, of which two factors are constants
  CHECK(dx == doctest::Approx(2 * 12 * 12 * 0.5 * 6 * 2 + 2));
  CHECK(zygote::gradient(others, 3.0) == 12);
  CHECK(zygote::gradient(falls, 3.0) == 1);
  CHECK(std::get<0>(zygote::gradient(of_another_file, OfHeader(), 3.0)).scale_ == 3);
}

}  // namespace left_out
