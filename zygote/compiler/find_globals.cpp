// tokens -> the variables outside of functions that may change: globals and static members
//
//   inline double temperature = 1;  Real rate = 2;  double w[3];     =>     temperature: double, rate: Real, w: ""
//
// Marked code that reads a number, there or in a container, keeps what it read: the reverse would find another value.
#include <set>

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

// The end of the template arguments that begin here.
std::size_t arguments_end(const Tokens& tokens, std::size_t i) {
  int depth = 0;
  for (; i + 1 < tokens.size() && !tokens[i].is(";") && !tokens[i].is("{"); ++i) {
    depth += tokens[i].is("<") ? 1 : tokens[i].is(">") ? -1 : tokens[i].is(">>") ? -2 : 0;
    if (depth <= 0) break;
  }
  return i;
}

// Does this word, in front of a name, say its type?
bool may_be_type(const Token& t) {
  static const std::set<std::string> others = {"namespace", "struct",   "class",    "enum",  "union", "using",
                                               "typename",  "template", "operator", "friend", "goto"};
  return t.is(">") || t.is(">>") || t.is("}") || (t.identifier() && !others.count(t.text));
}

// The type of what a number initialises, `= 1.5;`, or "".
std::string type_of(const Tokens& tokens, std::size_t i) {
  const std::size_t at = i + (tokens[i + 1].is("-") ? 2 : 1);
  if (!tokens[i].is("=") || at + 1 >= tokens.size() || !tokens[at + 1].is(";")) return "";
  const std::string& text = tokens[at].text;
  if (text.empty() || (text[0] != '.' && (text[0] < '0' || text[0] > '9'))) return "";
  if (text.find_first_of("xX") != std::string::npos || text.find_first_of(".eE") == std::string::npos) return "int";
  return text.ends_with("f") ? "float" : "double";
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
    if (t.is("<") && i > 0 && tokens[i - 1].identifier()) {
      i = arguments_end(tokens, i);
      continue;
    }
    constant = constant || t.is("const") || t.is("constexpr");
    is_static = is_static || t.is("static");
    if (is_builtin_type(t.text) || t.is("size_t")) {
      type += (type.empty() ? "" : " ") + t.text;
      continue;
    }
    const bool ends = next.is("=") || next.is(";") || next.is("{") || next.is(",");
    const bool here = !constant && (scopes.back() == "namespace" || is_static);
    const Token& before = tokens[i > 0 ? i - 1 : 0];
    if (!t.identifier() || !here)
      ;
    else if (!type.empty() && (ends || next.is("[")))
      globals.insert({t.text, !ends ? "" : type == "auto" ? type_of(tokens, i + 1) : type});
    else if (type.empty() && (ends || next.is("(") || next.is("[")) && may_be_type(before))
      globals.insert({t.text, before.identifier() && ends ? before.text : ""});
    if (t.is("="))  // names in the value are others
      while (i + 4 < tokens.size() && !tokens[i + 1].is(",") && !tokens[i + 1].is(";"))
        if (++i; tokens[i].is("{") || tokens[i].is("(") || tokens[i].is("[")) i = closing(i);
  }
  return globals;
}

}  // namespace zygote::compiler
