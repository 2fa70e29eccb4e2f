// The compiler as a function: source text in, C++ text out.
#pragma once
#include <set>
#include <string>
#include <vector>

namespace zygote::compiler {

enum class Stage { tokens, tree, ir, adjoint, cpp };

struct Output {
  std::string text;                 // empty if there are errors
  std::vector<std::string> errors;  // each complete: file:line:col: error: ..., source line, caret, advice
  bool marked = false;              // whether the source contains marked code at all; if not, text is the source
};

/// Reads the marked code of one file; `path` is what errors and #line directives name. Without directives, the C++ is
/// for reading: compiler errors in it would name the wrong lines.
/// `operators`: symbols of operators with pullbacks that included files define.
Output compile(const std::string& path, const std::string& source, Stage stage = Stage::cpp, bool directives = true,
               const std::set<std::string>& operators = {});

/// The symbols of the operators with pullbacks that a file defines.
std::set<std::string> own_operators(const std::string& source);

}  // namespace zygote::compiler
