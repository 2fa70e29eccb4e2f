// Adjoints of std::complex. The gradient of a real function L of z = x + iy is dL/dx + i dL/dy, the direction of
// steepest ascent (PyTorch's and JAX's conj differ in sign or factor; this one has dL = Re(conj(gradient) dz)).
//
// A holomorphic r = f(a) then contributes d conj(f'(a)), so the formulas of rules.def serve as they are, between two
// conjugations; a real operand of a complex operation gets the real part.
#pragma once
#include <complex>
#include <zygote/runtime/call.hpp>
#include <zygote/runtime/rules.hpp>

namespace zygote {

template <class T>
inline constexpr bool is_complex<std::complex<T>> = true;

template <Differentiable T>
struct Algebra<std::complex<T>> {
  using type = std::complex<T>;
  static constexpr type zero() { return {}; }
  template <class C>  // complex or real
  static constexpr void accumulate(type& acc, const C& c) {
    acc += c;
  }
  static constexpr void complete(type&, const type&) {}
};

template <class P, class Z>
requires(is_number<P>&& is_complex<std::remove_cvref_t<Z>>) constexpr P reduce_to(const Extent<P>&, Z&& contribution) {
  return static_cast<P>(contribution.real());
}

/// complex(x, y), and complex(x) of a real number.
template <class T>
struct Made<std::complex<T>> {
  template <std::size_t i, std::size_t n, bool braces, class E>
  static constexpr auto part(const E&, const std::complex<T>& d) {
    return i == 0 ? d.real() : d.imag();
  }
};

// std::name of a complex number, in marked code.
#define ZYGOTE_COMPLEX(name, ...)                                                                             \
  template <>                                                                                                 \
  struct FunctionRule<Name<"std::" #name>> {                                                                  \
    template <class T>                                                                                        \
    static auto pullback(const std::complex<T>& z) {                                                          \
      return Pullback{std::name(z), [=](const auto& d) { return std::tuple{std::complex<T>(__VA_ARGS__)}; }}; \
    }                                                                                                         \
  };
ZYGOTE_COMPLEX(norm, T(2 * d) * z)
ZYGOTE_COMPLEX(real, (d))
ZYGOTE_COMPLEX(imag, 0, d)
ZYGOTE_COMPLEX(conj, std::conj(std::complex<T>(d)))
ZYGOTE_COMPLEX(arg, std::complex<T>(-z.imag(), z.real()) * T(d / std::norm(z)))
#undef ZYGOTE_COMPLEX

template <>
struct FunctionRule<Name<"std::polar">> {
  template <class T>
  static auto pullback(const T& radius, const T& angle) {
    const auto z = std::polar(radius, angle), direction = std::polar(T(1), angle);
    return Pullback{z, [z, direction](const std::complex<T>& d) {  // Re(conj(d) dz)
                      return std::tuple{(std::conj(d) * direction).real(), -(std::conj(d) * z).imag()};
                    }};
  }
};

template <class T>
struct MethodRule<std::complex<T>, Name<"real">> {
  static constexpr auto pullback(const std::complex<T>& z) {
    return Pullback{z.real(), [](const auto& d) { return std::tuple{std::complex<T>(d)}; }};
  }
};
template <class T>
struct MethodRule<std::complex<T>, Name<"imag">> {
  static constexpr auto pullback(const std::complex<T>& z) {
    return Pullback{z.imag(), [](const auto& d) { return std::tuple{std::complex<T>(0, d)}; }};
  }
};

}  // namespace zygote
