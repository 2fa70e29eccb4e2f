// Files, read and written.
#include <chrono>
#include <fstream>
#include <iostream>
#include <sstream>

#include "driver.hpp"

namespace zygote::compiler {

namespace fs = std::filesystem;

std::optional<std::string> read_file(const Path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file || fs::is_directory(path)) return {};
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

bool write_file(const Path& path, const std::string& text) {
  std::error_code none;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), none);
  std::ofstream file(path, std::ios::binary);
  file << text << std::flush;
  if (!file) std::cerr << "zygote: error: cannot write " << path.string() << '\n';
  return bool(file);
}

bool update_file(const Path& output, const std::string& text, const Path& input) {
  if (read_file(output) != text) return write_file(output, text);
  std::error_code no_input;
  const auto changed = fs::last_write_time(input, no_input);
  if (!no_input && fs::last_write_time(output) < changed) fs::last_write_time(output, fs::file_time_type::clock::now());
  return true;
}

std::string renamed(const Path& path, const std::string& text) {
  std::string quoted;
  for (char c : path.string()) (c == '"' || c == '\\' ? quoted += '\\' : quoted) += c;
  return "#line 1 \"" + quoted + "\"\n" + text;
}

}  // namespace zygote::compiler
