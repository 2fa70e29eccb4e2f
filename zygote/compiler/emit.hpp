// IR -> C++.
#pragma once
#include "find_marked.hpp"
#include "ir.hpp"

namespace zygote::compiler {

struct Layout {
  std::string path;        // for #line directives
  bool directives = true;  // #line before what belongs to another source line; without, the text is for reading
  bool one_line = false;   // for lambdas, which may stand in the arguments of a macro, where no directive may
};

/// The body of the pullback of f, without braces: the forward sweep, and `return Pullback{value, back}`.
std::string emit_pullback(const Function& f, const Marked& marked, const Layout& layout);

/// The declared type of the pullback of a recursive function, or "auto".
std::string pullback_type(const Function& f, const Marked& marked);

/// Can a caller be told the types of the parameters? Then it may lend its arguments to the pullback.
bool may_borrow(const Marked& marked);

/// The whole file: `source` with every marked item replaced by itself and its pullback.
struct Unit {
  Marked marked;
  Function function;
  std::vector<Unit> returning;  // the form that returns its arguments, of a recursive function that changes them
};
std::string emit_file(const std::string& source, const Tokens& tokens, const std::vector<Unit>& units,
                      const std::set<std::string>& templates, const Layout& layout);

/// What is not copied as it is: offsets in the source, and what stands there instead.
struct Edit {
  std::size_t begin, end;
  std::string text;
};
/// All square<double> of marked function templates, in order.
std::vector<Edit> explicit_templates(const Tokens& tokens, const std::set<std::string>& templates);

/// A type over another number type, and a function over zygote_number.
std::string with_number(const std::string& type, const std::string& number);
void number_types(Function& f);

}  // namespace zygote::compiler
