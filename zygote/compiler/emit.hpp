// IR -> C++.
#pragma once
#include <optional>

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

/// The body of f itself, written anew.
std::string emit_primal(Function f, const Marked& marked, const Layout& layout);

/// The declared type of the pullback of a recursive function, or "auto".
std::string pullback_type(const Function& f, const Marked& marked);

/// Can a caller be told the types of the parameters? Then it may lend its arguments to the pullback.
bool may_borrow(const Marked& marked);

/// A marked item with its pullback as C++.
struct Unit {
  Marked marked;
  bool recursive = false, writes_parameters = false;
  bool harmless = false;               // all types that occur in it are known to be possible for constants
  std::string type, body;              // of the pullback: what it returns, or "auto"; what is in its braces
  std::string primal;                  // what is in the braces of the item itself, if not what is written there
  std::optional<Marked> over_numbers;  // if the body is written over number types: parameters without aliases ..
  std::string over_type;               // .. and the type of the pullback
  std::vector<Unit> returning;         // the form that returns its arguments, of a recursive function that changes them
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

/// A type, and a function, over zygote_double and zygote_float. Aliases of types of numbers are written out.
std::string over_numbers(const std::string& type, const std::string& suffix = "");
std::string without_aliases(const std::string& type, const Aliases& aliases, int depth = 0);
void over_numbers(Function& f, const Aliases& aliases);
/// Only the lambdas in it.
void lambdas_over_numbers(Function& f, const Aliases& aliases);
/// The first n parameters over number types of their own, as some arguments may be constants; inside of the function
/// all dual numbers are the widest of them.
struct OverNumbers {
  std::string types, numbers, plain;  // their declarations, their names, and what they stand for without dual numbers
  std::string parameters, arguments, forwarded;
  OverNumbers(const Marked& marked, std::size_t n);
  /// The head of a template for calls with dual numbers: its first parameter, the numbers, and those inside.
  std::string over_duals(const std::string& first, bool inside = false) const;
};

}  // namespace zygote::compiler
