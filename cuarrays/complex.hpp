// Parts of complex arrays, element by element: real, imag, conj, norm, arg.
#pragma once
#include <cuarrays/broadcast.hpp>
#include <cuarrays/elements.hpp>

namespace cuarrays {

namespace detail {
template <class A>
concept ComplexArrays = Arrays<A> && is_complex<typename Materialised<std::remove_cvref_t<A>>::value_type>;

// What a function of z is, and the adjoint of z from that of the function, d: dL/dx + i dL/dy.
#define CUARRAYS_COMPLEX(name, value, adjoint)                                          \
  struct name##_t {                                                                     \
    template <class T>                                                                  \
    FLUX_KERNEL constexpr auto operator()(const std::complex<T>& z) const {             \
      return value;                                                                     \
    }                                                                                   \
  };                                                                                    \
  struct name##_adjoint_t {                                                             \
    template <class D, class T>                                                         \
    FLUX_KERNEL constexpr auto operator()(const D& d, const std::complex<T>& z) const { \
      return adjoint;                                                                   \
    }                                                                                   \
  };                                                                                    \
  template <>                                                                           \
  inline constexpr const char* name_of<name##_t> = #name;
CUARRAYS_COMPLEX(real, z.real(), (static_cast<void>(z), std::complex<T>(d, 0)))
CUARRAYS_COMPLEX(imag, z.imag(), (static_cast<void>(z), std::complex<T>(0, d)))
CUARRAYS_COMPLEX(conj, conjugate(z), (static_cast<void>(z), conjugate(std::complex<T>(d))))
CUARRAYS_COMPLEX(norm, z.real() * z.real() + z.imag() * z.imag(), std::complex<T>(2 * d * z.real(), 2 * d * z.imag()))
CUARRAYS_COMPLEX(arg, zygote::math::atan2(z.imag(), z.real()),
                 (std::complex<T>(-z.imag(), z.real()) * T(d / (z.real() * z.real() + z.imag() * z.imag()))))
#undef CUARRAYS_COMPLEX

template <class Adjoint, class A>
auto complex_pullback(const auto& function, const A& a) {
  const Materialised<A> z = materialise(a);
  return zygote::Pullback{broadcast(function, z).evaluate(),
                          [z](const auto& d) { return std::make_tuple(broadcast(Adjoint{}, d, z).evaluate()); }};
}
}  // namespace detail

/// Of arrays of complex numbers; norm is |z|^2, arg the angle. As of std::complex, with the same adjoints.
#define CUARRAYS_COMPLEX(name)                                                        \
  template <detail::ComplexArrays A>                                                  \
  auto name(A&& z) {                                                                  \
    return broadcast(detail::name##_t{}, std::forward<A>(z));                         \
  }                                                                                   \
  template <detail::ComplexArrays A>                                                  \
  auto name(zygote::ask_t, const A& z) {                                              \
    return detail::complex_pullback<detail::name##_adjoint_t>(detail::name##_t{}, z); \
  }
CUARRAYS_COMPLEX(real)
CUARRAYS_COMPLEX(imag)
CUARRAYS_COMPLEX(conj)
CUARRAYS_COMPLEX(norm)
CUARRAYS_COMPLEX(arg)
#undef CUARRAYS_COMPLEX

}  // namespace cuarrays
