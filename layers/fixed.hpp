// What layers hold besides parameters.
#pragma once
#include <array>
#include <zygote/runtime/core.hpp>

namespace layers {

/// An option of a layer, read by *: neither trained nor saved.
template <class T>
class Fixed {
 public:
  constexpr Fixed() = default;
  constexpr Fixed(const T& value) : value_(value) {}
  constexpr operator const T&() const { return value_; }
  constexpr const T& operator*() const { return value_; }

 private:
  T value_{};
};

/// An array that is saved, but not trained.
template <class A>
struct Statistic {
  A value;
  static constexpr std::array field_names{"value"};
};

}  // namespace layers

template <class T>
struct zygote::Algebra<layers::Fixed<T>> : zygote::NoAlgebra {};
template <class A>
struct zygote::Algebra<layers::Statistic<A>> : zygote::NoAlgebra {};
