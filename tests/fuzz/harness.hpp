// What a generated program is checked with: its gradient against dual numbers (exact), those against differences.
//
// A program is there twice, with double and with Dual; each has `entry`, and `inputs`, which draws its arguments.
// -DFUZZ_ONLY_MARKED leaves the second out, -DFUZZ_ONLY_DUALS the first. Duals alone check the generator and this
// harness.
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
  std::vector<double> partials, twice;  // of gradient(), which runs some loops one iteration at a time, and of back(2)
};

/// One program: how to run it on inputs, with one of its real inputs changed.
struct Program {
  double tolerance = 0;
  std::function<Gradient(Inputs)> gradient;
  std::function<Dual(Inputs, const std::vector<Dual>& changes)> dual;
  std::function<std::vector<double>(Inputs)> reals;
};

/// All programs by name. (A class of its own: g++ and clang++ mangle what names std::string differently.)
struct Programs : std::map<std::string, Program> {};
inline Programs& programs() {
  static Programs all;
  return all;
}

template <class Real, class Arguments, class Visit>
void for_each_argument(Arguments& arguments, const Visit& visit) {
  std::apply([&](auto&... parts) { (for_each_real<Real>(parts, visit), ...); }, arguments);
}

template <class Tuple>
std::vector<double> doubles_of(Tuple& tuple) {
  std::vector<double> all;
  for_each_argument<double>(tuple, [&](double& d) { all.push_back(d); });
  return all;
}

template <class Entry, class Arguments>
Gradient gradient_of(const Entry& entry, Arguments arguments) {
  return std::apply(
      [&](const auto&... a) {
        auto [value, back] = zygote::pullback(entry, a...);
        auto once = zygote::gradient(entry, a...);
        auto twice = back(2.0);
        using Partials = std::tuple<zygote::Adjoint<std::remove_cvref_t<decltype(a)>>...>;
        return Gradient{value, doubles_of(static_cast<Partials&>(once)), doubles_of(static_cast<Partials&>(twice))};
      },
      arguments);
}

/// Adds the marked copy of a program to those that run() runs.
template <class Entry, class MarkedInputs>
int add_gradient(const std::string& name, double tolerance, const Entry& entry, MarkedInputs inputs) {
  programs()[name].tolerance = tolerance;
#ifndef ZYGOTE_EDITOR
  programs()[name].gradient = [&entry, inputs](Inputs in) { return gradient_of(entry, inputs(in)); };
#endif
  return 0;
}

/// Adds the copy for dual numbers.
template <class DualEntry, class DualInputs>
int add_dual(const std::string& name, DualEntry entry, DualInputs inputs) {
  programs()[name].dual = [=](Inputs in, const std::vector<Dual>& reals) {
    auto arguments = inputs(in);
    std::size_t i = 0;
    for_each_argument<Dual>(arguments, [&](Dual& d) { d = reals[i++]; });
    return std::apply(entry, std::move(arguments));
  };
  programs()[name].reals = [=](Inputs in) {
    auto arguments = inputs(in);
    std::vector<double> all;
    for_each_argument<Dual>(arguments, [&](Dual& d) { all.push_back(d.value); });
    return all;
  };
  return 0;
}

template <class Entry, class MarkedInputs, class DualEntry, class DualInputs>
int add(const std::string& name, double tolerance, const Entry& entry, MarkedInputs inputs, DualEntry dual_entry,
        DualInputs dual_inputs) {
  return add_gradient(name, tolerance, entry, inputs) + add_dual(name, dual_entry, dual_inputs);
}

}  // namespace fuzz
