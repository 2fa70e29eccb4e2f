// tokens -> the numbers outside of functions that may change: globals and static members
//
//   inline double temperature = 1;     =>     temperature: double
//
// Marked code that reads one keeps what it read: the reverse would find another value.
#include "find_marked.hpp"
#include "parser.hpp"

namespace zygote::compiler {
namespace {

// The word before the name of what this brace opens: namespace, struct or class; of anything else, "".
std::string opened(const Tokens& tokens, std::size_t open) {
  for (std::size_t i = open; i-- > 0;) {
    const Token& t = tokens[i];
    if (t.is(";") || t.is("{") || t.is("}") || t.is(")") || t.is("=")) return "";
    if (t.is("namespace") || t.is("struct") || t.is("class")) return t.text;
    if (t.is("extern")) return "namespace";
  }
  return "";
}

}  // namespace

std::map<std::string, std::string> find_globals(const Tokens& tokens) {
  std::map<std::string, std::string> globals;
  std::vector<std::string> scopes{"namespace"};
  bool constant = false, is_static = false;
  std::string type;                             // of the declaration, so far
  const auto closing = [&](std::size_t open) {  // or the end, if branches of the preprocessor open it twice
    try {
      return matching(tokens, open);
    } catch (const Refusal&) {
      return tokens.size() - 1;
    }
  };
  for (std::size_t i = 0; i + 3 < tokens.size(); ++i) {
    const Token &t = tokens[i], &next = tokens[i + 1];
    if (t.is("{") && !opened(tokens, i).empty())
      scopes.push_back(opened(tokens, i));
    else if (t.is("{") || t.is("(") || t.is("["))
      i = closing(i);
    else if (t.is("}") && scopes.size() > 1)
      scopes.pop_back();
    if (t.is("{") || t.is("}") || t.is(";") || t.kind == TokenKind::directive) {
      constant = is_static = false;
      type.clear();
      continue;
    }
    constant = constant || t.is("const") || t.is("constexpr") || t.is("auto");  // perhaps no number
    is_static = is_static || t.is("static");
    if (is_builtin_type(t.text) || t.is("size_t")) {
      type += (type.empty() ? "" : " ") + t.text;
      continue;
    }
    const bool ends = next.is("=") || next.is(";") || next.is("{") || next.is(",");
    if (!type.empty() && t.identifier() && ends && !constant && (scopes.back() == "namespace" || is_static))
      globals.insert({t.text, type});
    if (t.is("="))  // names in the value are others
      for (++i; i + 4 < tokens.size() && !tokens[i + 1].is(",") && !tokens[i + 1].is(";"); ++i)
        if (tokens[i].is("{") || tokens[i].is("(") || tokens[i].is("[")) i = closing(i);
  }
  return globals;
}

}  // namespace zygote::compiler
