// tokens with `using namespace std`, or `using std::swap` -> tokens in which names of the standard library are said in
// full
//
//   sort(v.begin(), v.end(), less)     =>     std::sort(v.begin(), v.end(), less)
//
// A name that the file declares itself stays what it is. The text of the file does not change.
#include <set>

#include "find_marked.hpp"
#include "parser.hpp"
#include "std_names.hpp"

namespace zygote::compiler {
void qualify_std(Tokens& tokens) {
  bool uses = false;
  std::set<std::string> used;  // one by one
  for (std::size_t i = 0; i + 4 < tokens.size(); ++i) {
    if (!tokens[i].is("using")) continue;
    uses = uses || (tokens[i + 1].is("namespace") && tokens[i + 2].is("std"));
    if (tokens[i + 1].is("std") && tokens[i + 2].is("::")) used.insert(tokens[i + 3].text);
  }
  if (!uses && used.empty()) return;
  static const std::set<std::string> words = {"return", "else", "case", "throw", "const", "constexpr", "static",
                                              "and",    "or",   "not",  "new",   "do",    "co_return"};
  const auto declares = [&](std::size_t i) {  // the name behind a type
    const Token& before = tokens[i - 1];
    const bool closes = before.is(">") && (is_builtin_type(tokens[i - 2].text) || tokens[i - 2].is(">"));
    return closes || (before.identifier() && !words.count(before.text));
  };
  std::set<std::string> declared;
  for (std::size_t i = 2; i < tokens.size(); ++i)
    if (tokens[i].identifier() && declares(i)) declared.insert(tokens[i].text);
  for (std::size_t i = 1; i + 1 < tokens.size(); ++i) {
    Token& t = tokens[i];
    const Token &before = tokens[i - 1], &next = tokens[i + 1];
    if (!t.identifier() || (!uses && !used.count(t.text)) || declared.count(t.text) || before.is("::") ||
        before.is(".") || before.is("->"))
      continue;
    const StdName name = std_name("std::" + t.text);
    const bool function = name == StdName::function || name == StdName::search, called = next.is("(") || next.is("<");
    const bool type = name != StdName::unknown && name != StdName::integer && !function;  // integers have no need
    if ((type && (called || next.identifier() || next.is("{") || next.is("&") || next.is(">"))) || (function && called))
      t.text = "std::" + t.text;
  }
}

}  // namespace zygote::compiler
