// The command line: `zygote input.cpp -o output.cpp`, and `zygote c++ ...`.
#include <array>
#include <iostream>
#include <iterator>

#include "compile.hpp"
#include "driver.hpp"

#ifndef ZYGOTE_VERSION
#define ZYGOTE_VERSION "0.1.0"
#endif

namespace {

using namespace zygote::compiler;

constexpr const char* usage =
    R"(usage: zygote [--emit=STAGE] INPUT [-o OUTPUT]   write the adjoints of the code that INPUT marks with ZYGOTE
       zygote c++ ARGUMENTS...                  compile as c++ would, after processing what is marked
       zygote /usr/bin/g++ ARGUMENTS...         the same with a compiler of your choice (a compiler launcher)

  INPUT           a C++ file; - for standard input
  -o OUTPUT       where to write; an unchanged file is left alone (default: standard output)
  --emit=STAGE    show tokens, tree, ir, adjoint, or cpp (the result without #line directives, checks
                  of classes, and the pullbacks over dual numbers)
  --help          this text
  --version       the version

environment of `zygote c++`:
  ZYGOTE_CXX, CXX the compiler that c++ stands for
  ZYGOTE_KEEP=1   keep the processed files, and say where they are
)";

struct Options {
  Stage stage = Stage::cpp;
  bool for_reading = false;  // --emit was given
  std::string input, output;
};

int fail(const std::string& message) {
  std::cerr << "zygote: error: " << message << '\n';
  return 2;
}

std::optional<Stage> stage_of(const std::string& name) {
  static constexpr std::array names{"tokens", "tree", "ir", "adjoint", "cpp"};
  for (std::size_t i = 0; i < names.size(); ++i)
    if (name == names[i]) return static_cast<Stage>(i);
  return {};
}

/// What is defined by what a file includes. Nobody tells the include directories: any above it may be one.
Definitions definitions_around(const Path& input) {
  IncludePath search;
  for (auto at = std::filesystem::absolute(input).parent_path(); at.has_relative_path(); at = at.parent_path())
    search.angle.insert(search.angle.end(), {at, at / "include"});
  Definitions all;
  const auto files = reachable_files({input}, search);
  for (std::size_t i = 1; i < files.size(); ++i) all.add(files[i].text);  // the first is the file itself
  return all;
}

int process(const Options& options) {
  const bool from_stdin = options.input == "-";
  const auto source = from_stdin ? std::string(std::istreambuf_iterator(std::cin), {}) : read_file(options.input);
  if (!source) return fail("cannot read " + options.input);
  const auto path = from_stdin ? "<stdin>" : options.input;
  const auto included = from_stdin ? Definitions() : definitions_around(options.input);
  const auto result = compile(path, *source, options.stage, !options.for_reading, included);
  for (const auto& error : result.errors) std::cerr << error;
  if (!result.errors.empty()) return 1;
  if (options.output.empty()) {
    std::cout << result.text << std::flush;
    return std::cout ? 0 : fail("cannot write to standard output");
  }
  const bool same = !options.for_reading && !result.marked;
  return update_file(options.output, same ? renamed(path, *source) : result.text, options.input) ? 0 : 2;
}

bool names_file(const std::string& argument) {
  static constexpr std::array extensions{".cpp", ".cc", ".cxx", ".cu", ".hpp", ".hh", ".hxx", ".h", ".cuh", ".inl"};
  for (const auto* extension : extensions)
    if (Path(argument).extension() == extension) return true;
  return false;
}

}  // namespace

int main(int n, char** words) {
  const Arguments arguments(words + 1, words + n);
  if (arguments.empty()) {
    std::cerr << usage;
    return 2;
  }
  if (!arguments[0].starts_with('-') && !names_file(arguments[0])) return run_compiler(arguments);
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto& argument = arguments[i];
    if (argument == "--help" || argument == "-h") {
      std::cout << usage;
      return 0;
    }
    if (argument == "--version") {
      std::cout << "zygote " ZYGOTE_VERSION "\n";
      return 0;
    }
    if (argument.starts_with("--emit=")) {
      const auto stage = stage_of(argument.substr(7));
      if (!stage) return fail("no stage is called '" + argument.substr(7) + "'; use tokens, tree, ir, adjoint or cpp");
      options.stage = *stage;
      options.for_reading = true;
    } else if (argument == "-o") {
      if (++i == arguments.size()) return fail("-o needs a file name");
      options.output = arguments[i];
    } else if (argument.starts_with('-') && argument != "-") {
      return fail("unknown option " + argument + "; see zygote --help");
    } else if (!options.input.empty()) {
      return fail("one input at a time: " + options.input + " or " + argument);
    } else
      options.input = argument;
  }
  if (options.input.empty()) return fail("no input file; see zygote --help");
  return process(options);
}
