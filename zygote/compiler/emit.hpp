// IR -> C++.
#pragma once
#include "find_marked.hpp"
#include "ir.hpp"

namespace zygote::compiler {

struct Layout {
  std::string path;        // for #line directives
  bool directives = true;  // #line before what belongs to another source line; without, the text is for reading
  Aliases aliases = {};    // what names that namespaces of the file give to types stand for
  bool one_line = false;   // for lambdas, which may stand in the arguments of a macro, where no directive may
};

/// The body of the pullback of f, without braces: the forward sweep, and `return Pullback{value, back}`.
std::string emit_pullback(const Function& f, const Marked& marked, const Layout& layout);

/// The declared type of the pullback of a recursive function, or "auto".
std::string pullback_type(const Function& f, const Marked& marked);

/// Can a caller be told the types of the parameters? Then it may lend its arguments to the pullback.
bool may_borrow(const Marked& marked);

/// A marked item with its pullback as C++.
struct Unit {
  Marked marked;
  Marked over_duals;  // its parameters with what aliases stand for, if it is of use over dual numbers
  bool recursive = false, writes_parameters = false;
  bool harmless = false;             // all types that occur in it are known to be possible for constants
  std::string type, body;            // of the pullback: what it returns, or "auto"; what is in its braces
  std::string dual_type, dual_body;  // the same over zygote_number, where that is of use
  std::vector<Unit> returning;       // the form that returns its arguments, of a recursive function that changes them
};
Unit unit_of(const Function& f, const Marked& marked, const Layout& layout);

/// The whole file: `source` with every marked item replaced by itself and its pullback.
std::string emit_file(const std::string& source, const Tokens& tokens, const std::vector<Unit>& units,
                      const std::set<std::string>& templates, const Layout& layout);

/// What is not copied as it is: offsets in the source, and what stands there instead.
struct Edit {
  std::size_t begin, end;
  std::string text;
};
/// All square<double> of marked function templates, in order.
std::vector<Edit> explicit_templates(const Tokens& tokens, const std::set<std::string>& templates);

/// A type over another number type, and a function over zygote_number. Aliases of types of numbers are written out.
std::string with_number(const std::string& type, const std::string& number);
std::string without_aliases(const std::string& type, const Aliases& aliases, int depth = 0);
void number_types(Function& f, const Aliases& aliases);
/// The first n parameters over number types of their own, as some arguments may be constants; inside of the function
/// all are the widest of them.
struct OverDuals {
  std::string types, numbers, parameters, arguments;
  OverDuals(const Marked& marked, std::size_t n);
  std::string widest() const { return "zygote::widest<" + numbers + ">"; }
  std::string head(const std::string& name) const;  // of a method of this name
  /// Of an operator, or of its pullback, which has a first parameter more.
  std::string operator_head(const std::string& name, const std::string& first = "") const;
};

}  // namespace zygote::compiler
