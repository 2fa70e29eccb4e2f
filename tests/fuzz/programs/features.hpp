// The parts of C++ that generated programs use, by name.
#pragma once
#include <algorithm>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "../random.hpp"

namespace fuzz {

struct Feature {
  const char* name;
  const char* what;
};
inline constexpr Feature all_features[] = {
    {"math", "functions of <cmath>"},
    {"kinks", "std::abs, std::max, std::min"},
    {"ternary", "c ? a : b"},
    {"logic", "&&, ||, ! in conditions"},
    {"if_init", "if (double t = x; t > 0)"},
    {"while", "while loops"},
    {"do", "do loops"},
    {"switch", "switch, with and without fallthrough"},
    {"comma", "two counters: ++i, --j"},
    {"break", "break and continue"},
    {"early_return", "return in branches and loops"},
    {"shadow", "locals named like those outside"},
    {"uninitialised", "double t; assigned in both branches"},
    {"range_for", "for (double e : v), const auto&"},
    {"range_for_ref", "for (auto& e : v), changing e"},
    {"loop_writes", "changes of a container inside a loop over it"},
    {"structs", "structs of doubles, made and read"},
    {"constructors", "structs with constructors"},
    {"field_writes", "s.a *= x, s.inner.b, p.first"},
    {"get_writes", "std::get<0>(t) += x"},
    {"vector", "std::vector<double> and std::array<double, 3>, made and read"},
    {"nested", "vectors of vectors and of structs, and vectors in structs"},
    {"elements", "writes of elements: v[i] += x"},
    {"push", "push_back, pop_back"},
    {"grow", "resize, assign, insert at the end"},
    {"stacks", "std::vector<int> as a stack, std::vector<bool> as marks"},
    {"maps", "std::map and std::unordered_map, from int to double"},
    {"reverse", "for (double e : v | std::views::reverse)"},
    {"assign", "whole containers and structs assigned: v = w"},
    {"swap", "std::swap of locals and elements"},
    {"aliases", "auto& r = v[i]"},
    {"views", "const auto& r = v[i]"},
    {"late_changes", "changes of what a lambda or a reference refers to"},
    {"references", "void step(double& a, std::vector<double>& v)"},
    {"helpers", "functions that call each other"},
    {"recursion", "functions that call themselves, to a depth"},
    {"mutual", "two functions that call each other, declared before"},
    {"lambdas", "lambdas that capture by value and by reference"},
    {"generic_lambdas", "[](auto t) {...}"},
    {"mutating_lambdas", "lambdas that change what they capture"},
    {"higher_order", "templates called with lambdas"},
    {"returned_lambdas", "functions that return lambdas"},
    {"templates", "template <class T>, auto parameters"},
    {"tuples", "std::pair, std::tuple, structured bindings"},
    {"binding_refs", "auto& [a, b] = s, changing a"},
    {"optional", "std::optional<double>"},
    {"methods", "const methods of structs"},
    {"mutating_methods", "methods that change the object"},
    {"accumulate", "std::accumulate, std::inner_product"},
    {"transform", "std::transform, std::for_each"},
    {"float", "float among double (with a wide tolerance)"},
};

/// Which features may be used.
class Features {
 public:
  /// "all" or names, separated by commas.
  void turn(bool on, const std::string& names) {
    std::stringstream list(names);
    for (std::string name; std::getline(list, name, ',');) {
      if (name != "all" && !known(name)) throw std::invalid_argument("no feature is called '" + name + "'");
      for (const Feature& f : all_features)
        if (name == "all" || name == f.name) on ? void(on_.insert(f.name)) : void(on_.erase(f.name));
    }
  }
  bool operator()(const std::string& name) const {
    if (!known(name)) throw std::logic_error("no feature is called '" + name + "'");
    return on_.contains(name);
  }
  /// About half of them: programs that use less of the language at once reach more combinations.
  Features some(Random& random) const {
    Features some;
    const int percent = random.between(30, 80);
    for (const Feature& f : all_features)
      if (const bool keep = random.chance(percent); keep && on_.contains(f.name)) some.on_.insert(f.name);
    return some;
  }

 private:
  static bool known(const std::string& name) {
    return std::any_of(std::begin(all_features), std::end(all_features),
                       [&](const Feature& f) { return name == f.name; });
  }
  std::set<std::string> on_;
};

}  // namespace fuzz
