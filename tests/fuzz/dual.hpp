// Dual numbers: a value and its derivative in one direction. The oracle of the fuzzer: exact, and simple enough to see
// that it is right. Nothing of zygote is used.
#pragma once
#include <algorithm>
#include <cmath>
#include <concepts>

namespace fuzz {

/// How close the nearest comparison was to a tie, where a difference quotient would look at two branches.
inline double closest = 1e300;
/// The largest derivative on the way: from sums with it, smaller ones are lost.
inline double steepest = 0;

struct Dual {
  double value = 0, derivative = 0;

  Dual() = default;
  template <class T>
  requires std::integral<T> || std::floating_point<T> Dual(T v) : value(double(v)) {}
  Dual(double v, double d) : value(v), derivative(d) { steepest = std::max(steepest, std::abs(d)); }

  friend Dual operator+(Dual a) { return a; }
  friend Dual operator-(Dual a) { return {-a.value, -a.derivative}; }
  friend Dual operator+(Dual a, Dual b) { return {a.value + b.value, a.derivative + b.derivative}; }
  friend Dual operator-(Dual a, Dual b) { return {a.value - b.value, a.derivative - b.derivative}; }
  friend Dual operator*(Dual a, Dual b) { return {a.value * b.value, a.derivative * b.value + a.value * b.derivative}; }
  friend Dual operator/(Dual a, Dual b) {
    return {a.value / b.value, (a.derivative * b.value - a.value * b.derivative) / (b.value * b.value)};
  }
  Dual& operator+=(Dual b) { return *this = *this + b; }
  Dual& operator-=(Dual b) { return *this = *this - b; }
  Dual& operator*=(Dual b) { return *this = *this * b; }
  Dual& operator/=(Dual b) { return *this = *this / b; }
  Dual& operator++() { return *this += 1; }
  Dual& operator--() { return *this -= 1; }
  Dual operator++(int) {
    const Dual old = *this;
    ++*this;
    return old;
  }
  Dual operator--(int) {
    const Dual old = *this;
    --*this;
    return old;
  }

  static double gap(Dual a, Dual b) {
    closest = std::min(closest, std::abs(a.value - b.value));
    return a.value - b.value;
  }
  friend bool operator<(Dual a, Dual b) { return gap(a, b) < 0; }
  friend bool operator>(Dual a, Dual b) { return gap(a, b) > 0; }
  friend bool operator<=(Dual a, Dual b) { return gap(a, b) <= 0; }
  friend bool operator>=(Dual a, Dual b) { return gap(a, b) >= 0; }
  friend bool operator==(Dual a, Dual b) { return gap(a, b) == 0; }
};

inline Dual sin(Dual a) { return {std::sin(a.value), a.derivative * std::cos(a.value)}; }
inline Dual cos(Dual a) { return {std::cos(a.value), -a.derivative * std::sin(a.value)}; }
inline Dual tan(Dual a) { return sin(a) / cos(a); }
inline Dual exp(Dual a) { return {std::exp(a.value), a.derivative * std::exp(a.value)}; }
inline Dual expm1(Dual a) { return {std::expm1(a.value), a.derivative * std::exp(a.value)}; }
inline Dual log(Dual a) { return {std::log(a.value), a.derivative / a.value}; }
inline Dual log1p(Dual a) { return {std::log1p(a.value), a.derivative / (1 + a.value)}; }
inline Dual sqrt(Dual a) { return {std::sqrt(a.value), a.derivative / (2 * std::sqrt(a.value))}; }
inline Dual cbrt(Dual a) { return {std::cbrt(a.value), a.derivative / (3 * std::pow(std::cbrt(a.value), 2))}; }
inline Dual sinh(Dual a) { return {std::sinh(a.value), a.derivative * std::cosh(a.value)}; }
inline Dual cosh(Dual a) { return {std::cosh(a.value), a.derivative * std::sinh(a.value)}; }
inline Dual tanh(Dual a) { return {std::tanh(a.value), a.derivative / std::pow(std::cosh(a.value), 2)}; }
inline Dual atan(Dual a) { return {std::atan(a.value), a.derivative / (1 + a.value * a.value)}; }
inline Dual erf(Dual a) {
  return {std::erf(a.value), a.derivative * 2 / std::sqrt(std::acos(-1.0)) * std::exp(-a.value * a.value)};
}
inline Dual abs(Dual a) { return a < 0 ? -a : a; }
inline Dual hypot(Dual a, Dual b) {
  const double r = std::hypot(a.value, b.value);
  return {r, (a.value * a.derivative + b.value * b.derivative) / r};
}
inline Dual atan2(Dual a, Dual b) {
  const double square = a.value * a.value + b.value * b.value;
  return {std::atan2(a.value, b.value), (b.value * a.derivative - a.value * b.derivative) / square};
}
inline Dual pow(Dual a, Dual b) {  // a > 0
  const double r = std::pow(a.value, b.value);
  return {r, r * (b.derivative * std::log(a.value) + b.value * a.derivative / a.value)};
}

}  // namespace fuzz
