// Random numbers that are the same on every machine, which those of <random>'s distributions are not.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace fuzz {

struct Random {
  std::uint64_t state;

  std::uint64_t next() {  // splitmix64, Vigna 2015
    std::uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  int below(int n) { return int(next() % std::uint64_t(n)); }
  int between(int low, int high) { return low + below(high - low + 1); }
  bool chance(int percent) { return below(100) < percent; }
  double uniform(double low, double high) { return low + (high - low) * double(next() >> 11) * 0x1p-53; }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[std::size_t(below(int(from.size())))];
  }
  std::string one_of(const std::vector<std::string>& from) { return pick(from); }
};

}  // namespace fuzz
