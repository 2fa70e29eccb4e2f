// Gradients of marked functions against central differences, over every real number in every argument.
#pragma once
#include <cmath>
#include <doctest/doctest.h>
#include <functional>
#include <vector>
#include <zygote/zygote.hpp>

struct OfHeader {
  double scale_ = 2;
};
using Unknowns = std::vector<double>;  // a name that files get from a header

/// Calls visit(x) for every double in x: in structs, tuples, arrays and vectors.
template <class T>
void for_each_real(T& x, const std::function<void(double&)>& visit) {
  if constexpr (std::same_as<T, double>)
    visit(x);
  else if constexpr (requires { x.begin(); x.end(); })
    for (auto& element : x) for_each_real(element, visit);
  else if constexpr (requires { std::tuple_size<T>::value; })
    std::apply([&](auto&... parts) { (for_each_real(parts, visit), ...); }, x);
  else if constexpr (requires { x.has_value(); *x; }) {
    if (x) for_each_real(*x, visit);
  } else if constexpr (zygote::HasFields<T>)
    std::apply([&](auto&... fields) { (for_each_real(fields, visit), ...); }, zygote::fields(x));
}

/// The largest difference, relative to 1 + |gradient|, between the gradient of f and central differences of order 4.
template <class F, class... A>
double gradient_error(const F& f, A... args) {
  auto gradients = zygote::gradient(f, std::as_const(args)...);
  std::vector<double> ours;
  std::apply([&](auto&... g) { (for_each_real(g, [&](double& d) { ours.push_back(d); }), ...); },
             static_cast<std::tuple<zygote::Adjoint<A>...>&>(gradients));
  double worst = 0;
  std::size_t i = 0;
  auto check = [&](double& x) {
    const double x0 = x, h = 1e-3 * (1 + std::abs(x0));
    auto at = [&](double t) {
      x = t;
      return f(std::as_const(args)...);
    };
    const double difference = (8 * (at(x0 + h) - at(x0 - h)) - (at(x0 + 2 * h) - at(x0 - 2 * h))) / (12 * h);
    x = x0;
    worst = std::max(worst, i < ours.size() ? std::abs(ours[i] - difference) / (1 + std::abs(difference)) : 1e300);
    ++i;
  };
  (for_each_real(args, check), ...);
  return i == ours.size() ? worst : 1e300;
}

#define CHECK_GRADIENT(...) CHECK(gradient_error(__VA_ARGS__) < 1e-7)
