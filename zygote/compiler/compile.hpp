// The compiler as a function: source text in, C++ text out.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

namespace zygote::compiler {

enum class Stage { tokens, tree, ir, adjoint, cpp };

/// Of classes, by their names: the places and names of fields.
using Defaults = std::map<std::string, std::vector<std::pair<std::size_t, std::string>>>;

/// Of classes, by their names: the names of their bases.
using Bases = std::map<std::string, std::set<std::string>>;

/// What users of a file have to know of it.
struct Definitions {
  std::set<std::string> constructed;    // classes with marked constructors
  std::set<std::string> operators;      // symbols of operators that have pullbacks
  std::set<std::string> std_operators;  // .. of operands that are classes of std
  std::set<std::string> templates;      // full names of marked function templates
  Defaults defaults;                    // fields that are worked out from others where they are not given
  Bases bases;
  std::map<std::string, std::string> global_aliases;  // using name = type outside of all scopes; nothing if several
  std::map<std::string, std::string> globals;  // variables outside of functions that may change, and their types or ""
  std::map<std::string, std::map<std::string, bool>> fields;  // by name: the classes with such a field; is it left out?
  std::set<std::string> methods, statics;                     // class::method
  /// Of one more source text.
  void add(const std::string& source);
  void merge(Definitions other);
};

struct Output {
  std::string text;                 // empty if there are errors
  std::vector<std::string> errors;  // each complete: file:line:col: error: ..., source line, caret, advice
  bool marked = false;              // whether the source contains marked code at all; if not, text is the source
};

/// Reads the marked code of one file; `path` is what errors and #line directives name. Without directives, the C++ is
/// for reading: compiler errors in it would name the wrong lines.
/// `included`: what included files define.
Output compile(const std::string& path, const std::string& source, Stage stage = Stage::cpp, bool directives = true,
               const Definitions& included = {});

}  // namespace zygote::compiler
