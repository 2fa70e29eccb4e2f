// What a generated program is checked with: its gradient against dual numbers (exact), those against differences.
//
// A program is there twice, with double and with Dual; each has `entry`, and `inputs`, which draws its arguments.
// -DFUZZ_PLAIN leaves zygote out: what remains checks the generator and this harness.
#pragma once
#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <numeric>
#include <optional>
#include <ranges>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>
#include <zygote/zygote.hpp>

#include "dual.hpp"
#include "random.hpp"

namespace fuzz {

/// Draws arguments; the same ones for both copies of a program.
struct Inputs {
  Random random;
  int trips;

  double real() { return random.uniform(-1.5, 1.5); }
  int integer() { return random.below(6); }
  template <class Real>
  std::vector<Real> vector(int n) {
    std::vector<Real> v;
    for (int i = 0; i < n; ++i) v.push_back(real());
    return v;
  }
  template <class Real>
  std::array<Real, 3> array() {
    return {real(), real(), real()};
  }
  template <class Real>
  std::optional<Real> optional() {
    return random.chance(50) ? std::optional<Real>(real()) : std::nullopt;
  }
};

/// Calls visit(x) for every Real in x: in structs, tuples, optionals, arrays and vectors.
template <class Real, class T, class Visit>
void for_each_real(T& x, const Visit& visit) {
  if constexpr (std::same_as<T, Real>)
    visit(x);
  else if constexpr (requires { x.begin(); })
    for (auto& element : x) for_each_real<Real>(element, visit);
  else if constexpr (requires { std::tuple_size<T>::value; })
    std::apply([&](auto&... parts) { (for_each_real<Real>(parts, visit), ...); }, x);
  else if constexpr (requires { x.has_value(); }) {
    if (x) for_each_real<Real>(*x, visit);
  } else if constexpr (zygote::HasFields<T>)
    std::apply([&](auto&... fields) { (for_each_real<Real>(fields, visit), ...); }, zygote::fields(x));
}

struct Gradient {
  double value = 0;
  std::vector<double> partials, twice;  // of back(1) and of back(2)
};

/// One program: how to run it on inputs, with one of its real inputs changed.
struct Program {
  std::string name;
  double tolerance;
  std::function<Gradient(Inputs)> gradient;
  std::function<Dual(Inputs, const std::vector<Dual>& changes)> dual;
  std::function<std::vector<double>(Inputs)> reals;
};

inline std::vector<Program>& programs() {
  static std::vector<Program> all;
  return all;
}

template <class Tuple>
std::vector<double> doubles_of(Tuple& tuple) {
  std::vector<double> all;
  std::apply([&](auto&... parts) { (for_each_real<double>(parts, [&](double& d) { all.push_back(d); }), ...); }, tuple);
  return all;
}

template <class Entry, class Arguments>
Gradient gradient_of(const Entry& entry, Arguments arguments) {
  return std::apply(
      [&](const auto&... a) {
        auto [value, back] = zygote::pullback(entry, a...);
        auto once = back(1.0), twice = back(2.0);
        using Partials = std::tuple<zygote::Adjoint<std::remove_cvref_t<decltype(a)>>...>;
        return Gradient{value, doubles_of(static_cast<Partials&>(once)), doubles_of(static_cast<Partials&>(twice))};
      },
      arguments);
}

/// Adds one program to those that run() runs.
template <class Entry, class Marked, class DualEntry, class DualInputs>
int add(std::string name, double tolerance, const Entry& entry, Marked inputs, DualEntry dual_entry,
        DualInputs dual_inputs) {
  Program p{std::move(name), tolerance, {}, {}, {}};
#ifndef FUZZ_PLAIN
  p.gradient = [&entry, inputs](Inputs in) { return gradient_of(entry, inputs(in)); };
#else
  (void)entry;
#endif
  p.dual = [=](Inputs in, const std::vector<Dual>& reals) {
    auto arguments = dual_inputs(in);
    std::size_t i = 0;
    for_each_real<Dual>(arguments, [&](Dual& d) { d = reals[i++]; });
    return std::apply(dual_entry, std::move(arguments));
  };
  p.reals = [inputs](Inputs in) {
    auto arguments = inputs(in);
    return doubles_of(arguments);
  };
  programs().push_back(std::move(p));
  return int(programs().size());
}

}  // namespace fuzz
