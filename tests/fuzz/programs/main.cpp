// The command line: writes a file of random marked programs, each with its copy for dual numbers, for runner.cpp.
#include <iostream>

#include "generator.hpp"

namespace {

constexpr const char* usage =
    R"(usage: fuzz_programs [--seed S] [--count N] [--seeds S,S...] [--features F,F...] [--without F,F...]
                     [--cut N,N...] [--ranges] [--list]
  --seed, --count   programs S, S + 1, ...: each is determined by its number and the features
  --seeds           these programs
  --features        what they may use (default: all); --without: all but these; --list shows the names
  --ranges          print the parts that can be cut out of a program, "first end": --cut first cuts all up to end
)";

struct Options {
  std::vector<std::uint64_t> seeds{};
  std::uint64_t first = 1, count = 1;
  fuzz::Features features;
  std::set<int> cut;
  bool ranges = false;
};

template <class Visit>
void for_each_number(const std::string& list, const Visit& visit) {
  std::stringstream words(list);
  for (std::string word; std::getline(words, word, ',');) visit(std::stoull(word));
}

std::string file_part(std::uint64_t seed, const std::string& text, bool wide) {
  const std::string n = std::to_string(seed);
  const auto part = [&](const std::string& name, const std::string& body, const std::string& add) {
    return "namespace " + name + n + " {\n" + body + "const int added = fuzz::" + add + ", entry" + n +
           ", inputs);\n}  // namespace " + name + n + "\n#endif\n";
  };
  return "// program " + n + "\n#ifndef FUZZ_ONLY_DUALS\n" +
         part("marked", text, "add_gradient(\"" + n + "\", " + (wide ? "1e-4" : "1e-9")) +
         "#ifndef FUZZ_ONLY_MARKED\n" +
         part("dual", "using fuzz::Dual;\n" + fuzz::dual_copy(text), "add_dual(\"" + n + "\"");
}

void write(const Options& options) {
  if (!options.ranges) std::cout << "#include <fuzz/harness.hpp>\n";
  for (const std::uint64_t seed : options.seeds) {
    fuzz::Generator generator(seed, options.features);
    const fuzz::Node program = generator.program();
    int first = 0;
    if (options.ranges)
      std::cout << fuzz::ranges(program, first);
    else
      std::cout << file_part(seed, fuzz::print(program, options.cut, first), generator.uses_float());
  }
}

int run(int n, char** words) {
  Options options;
  options.features.turn(true, "all");
  for (int i = 1; i < n; ++i) {
    const std::string option = words[i];
    const auto value = [&] {
      return ++i < n ? std::string(words[i]) : throw std::invalid_argument(option + " needs a value");
    };
    if (option == "--seed")
      options.first = std::stoull(value());
    else if (option == "--count")
      options.count = std::stoull(value());
    else if (option == "--seeds")
      for_each_number(value(), [&](auto seed) { options.seeds.push_back(seed); });
    else if (option == "--without")
      options.features.turn(false, value());
    else if (option == "--cut")
      for_each_number(value(), [&](auto node) { options.cut.insert(int(node)); });
    else if (option == "--ranges")
      options.ranges = true;
    else if (option == "--features") {
      options.features.turn(false, "all");
      options.features.turn(true, value());
    } else if (option == "--list") {
      for (const auto& [name, what] : fuzz::all_features)
        std::cout << name << std::string(18 - std::string(name).size(), ' ') << what << '\n';
      return 0;
    } else {
      std::cerr << usage;
      return option == "--help" ? 0 : 2;
    }
  }
  if (options.seeds.empty())
    for (std::uint64_t i = 0; i < options.count; ++i) options.seeds.push_back(options.first + i);
  write(options);
  return 0;
}

}  // namespace

int main(int n, char** words) {
  try {
    return run(n, words);
  } catch (const std::exception& error) {
    std::cerr << "fuzz_programs: " << error.what() << '\n';
    return 2;
  }
}
