// What the command line is made of: files, include graphs, and `zygote c++`.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace zygote::compiler {

using Path = std::filesystem::path;
using Arguments = std::vector<std::string>;

/// The whole file, or nothing if it cannot be read.
std::optional<std::string> read_file(const Path& path);

/// Writes a file, making its directory; false if that fails.
bool write_file(const Path& path, const std::string& text);

/// Writes what we made of `input`. A file with the same text keeps its time, so that nothing is compiled again; unless
/// the input is newer: whoever touches a header wants to see what includes it rebuilt.
bool update_file(const Path& output, const std::string& text, const Path& input);

/// What is compiled instead of an unmarked file: the same text, known to the compiler by its own name.
std::string renamed(const Path& path, const std::string& text);

/// What `#include` is looked up in.
struct IncludePath {
  std::vector<Path> quote;  // for "file", after the directory of the includer
  std::vector<Path> angle;  // for both
};

/// One file that the C++ compiler will read.
struct SourceFile {
  Path path;  // absolute
  std::string text;
  std::vector<std::size_t> neighbours;  // files it includes, found relative to itself
  std::vector<std::size_t> includes;    // all files it includes
  bool moves = false;                   // contains the word ZYGOTE, or includes a file that moves
};

/// All files that can be reached from `files`, through the given directories only, without zygote/runtime.
std::vector<SourceFile> reachable_files(const std::vector<Path>& files, const IncludePath& search);

/// One argument, or an option and its value.
struct Argument {
  enum Kind { other, file, directory } kind;
  std::string option;  // may be empty
  std::string value;
};

struct CommandLine {
  std::vector<Argument> arguments;
  std::vector<Path> files;  // sources, and headers of -include
  IncludePath search;
  Path output;           // -o, or empty
  Path dependency_file;  // -MF, or empty
  bool has_sources = false;
  bool only_dependencies = false;  // -M, -MM
};

/// The arguments of a compiler (without its name), response files expanded.
CommandLine parse_command(const Arguments& command);

/// Splits text at blanks, respecting quotes and backslashes.
Arguments split_words(const std::string& text);

/// `zygote <compiler> <its arguments>`: processes what is marked, then compiles. The exit status of the compiler.
int run_compiler(const Arguments& command);

}  // namespace zygote::compiler
