// A compiler's command line, as far as `zygote c++` has to understand it.
#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "driver.hpp"

namespace zygote::compiler {
namespace {

namespace fs = std::filesystem;

bool is_source(const std::string& argument) {
  static constexpr std::array extensions{".cpp", ".cc", ".cxx", ".cu"};
  return std::ranges::count(extensions, Path(argument).extension()) > 0 && fs::is_regular_file(argument);
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Options whose value is the next argument, other than include directories.
bool takes_value(const std::string& option) {
  static constexpr std::array options{
      "-o",    "-D",       "-U",        "-x",     "-L",      "-l",      "-MF",      "-MT",         "-MQ",
      "-T",    "-u",       "-z",        "-e",     "--param", "-arch",   "-target",  "-isysroot",   "-imacros",
      "-code", "-gencode", "-Xclang",   "-mllvm", "-ccbin",  "-Xptxas", "-Xlinker", "-Xassembler", "-Xpreprocessor",
      "-G",    "-V",       "-Xcompiler"};
  return std::ranges::count(options, option) > 0;
}

/// "-I" of "-Iinclude", and so on; empty if the argument is no include directory.
std::string directory_option(const std::string& argument) {
  for (const char* option : {"-isystem", "-iquote", "-idirafter", "--include-path", "-I"})
    if (argument.starts_with(option)) return option;
  return {};
}

/// @file, and nvcc's --options-file file, replaced by what they contain.
Arguments expand_response_files(const Arguments& command) {
  Arguments expanded;
  for (std::size_t i = 0; i < command.size(); ++i) {
    const bool separate = command[i] == "--options-file" && i + 1 < command.size();
    std::optional<std::string> text;
    if (separate)
      text = read_file(command[++i]);
    else if (command[i].starts_with('@'))
      text = read_file(command[i].substr(1));
    if (text)
      std::ranges::move(split_words(*text), std::back_inserter(expanded));
    else
      expanded.push_back(command[i]);
  }
  return expanded;
}

void add_directory(CommandLine& line, const std::string& option, const std::string& directory) {
  line.arguments.push_back({Argument::directory, option, directory});
  (option == "-iquote" ? line.search.quote : line.search.angle).push_back(directory);
}

void add_file(CommandLine& line, const std::string& option, const std::string& file) {
  line.arguments.push_back({Argument::file, option, file});
  line.files.push_back(file);
}

}  // namespace

Arguments split_words(const std::string& text) {
  Arguments words;
  std::string word;
  bool inside = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!quote && is_blank(c)) {
      if (std::exchange(inside, false)) words.push_back(std::exchange(word, {}));
      continue;
    }
    inside = true;
    if (c == '\\' && i + 1 < text.size() && quote != '\'')
      word += text[++i];
    else if (quote ? c == quote : c == '"' || c == '\'')
      quote = quote ? 0 : c;
    else
      word += c;
  }
  if (inside) words.push_back(word);
  return words;
}

CommandLine parse_command(const Arguments& command) {
  CommandLine line;
  const auto all = expand_response_files(command);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& argument = all[i];
    const bool has_next = i + 1 < all.size();
    if (const auto option = directory_option(argument); !option.empty()) {
      auto directory = argument.substr(option.size());
      if (directory.empty() && has_next) directory = all[++i];
      if (directory.starts_with('=') && option != "-I") directory.erase(0, 1);  // nvcc: -isystem=directory
      add_directory(line, option, directory);
    } else if (argument == "-include" && has_next && fs::is_regular_file(all[i + 1])) {
      add_file(line, argument, all[++i]);
    } else if (takes_value(argument) && has_next) {
      line.arguments.push_back({Argument::other, argument, all[++i]});
      if (argument == "-o") line.output = all[i];
      if (argument == "-MF") line.dependency_file = all[i];
    } else if (is_source(argument)) {
      add_file(line, {}, argument);
      line.has_sources = true;
    } else {
      line.arguments.push_back({Argument::other, {}, argument});
      if (argument == "-M" || argument == "-MM") line.only_dependencies = true;
      if (argument.starts_with("-o") && argument.size() > 2 && argument[2] != 'p') line.output = argument.substr(2);
      if (argument.starts_with("-MF")) line.dependency_file = argument.substr(3);
    }
  }
  return line;
}

}  // namespace zygote::compiler
