// Ratios measured elsewhere, printed next to ours: time of value and full gradient over that of the fastest primal, one
// thread, -O3 -march=native, the better of g++ 12 and clang 19 on a machine with AVX-512. 0: not measured.
#pragma once
#include <array>
#include <string_view>

namespace bench {

struct Reference {
  std::string_view name;
  double hand, enzyme, clad, tapenade, codipack, adept;
};

inline constexpr std::array<Reference, 10> references{{
    {"gmm-10-25", 2.06, 2.91, 10.3, 3.56, 16.7, 17.9},
    {"gmm-64-5", 2.61, 2.94, 19.3, 3.98, 31.4, 36.1},
    {"ba-blocks", 2.62, 3.26, 5.76, 11.4, 36, 25.3},
    {"ba-scalar", 2.22, 4.05, 0, 0, 18.7, 0},
    {"lstm-2", 1.41, 3.90, 4.16, 4.53, 3.73, 5.27},
    {"lstm-4", 1.41, 3.69, 4.17, 4.51, 3.76, 5.46},
    {"lotka-volterra", 2.27, 2.30, 3.0, 0, 14.5, 15},
    {"black-scholes", 1.33, 1.85, 2.26, 0, 8.7, 4.5},
    {"power-20", 5.4, 8, 24, 0, 67, 51},
    {"line", 1, 1, 1.9, 0, 70, 15},
}};

}  // namespace bench
