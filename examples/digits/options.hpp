// The command line of the example; in a file of its own, because the parser takes longer to compile than the rest.
#pragma once
#include <cstdint>
#include <filesystem>

struct Options {
  int epochs = 40;
  std::size_t batch = 64;
  float rate = 3e-3f;
  std::uint64_t seed = 42;
  bool cuda = false;
  std::filesystem::path data, out = ".";
};

/// Prints the help or what is wrong, and exits, if there is nothing to run.
Options parse_options(int argc, char** argv);
