// What layers hold besides parameters.
#pragma once
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

}  // namespace layers

template <class T>
struct zygote::Algebra<layers::Fixed<T>> : zygote::NoAlgebra {};
