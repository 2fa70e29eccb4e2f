// tokens of a class -> the names of its members
//
//   struct S { double w, b = 1; double f(double x) const { .. } };     =>     fields w, b; methods f
#include "find_marked.hpp"
#include "parser.hpp"

namespace zygote::compiler {
namespace {

class Members {
 public:
  explicit Members(const Tokens& tokens) : tokens_(tokens) {}

  // At the level of the class itself: whatever may be the name of a member.
  void all(std::size_t open, std::set<std::string>& names) const {
    for (std::size_t i = open + 1, close = matching(tokens_, open); i < close; ++i) {
      for (const char* next : {"(", "{", "[", ";", "=", ","})
        if (at(i).identifier() && at(i + 1).is(next)) names.insert(at(i).text);
      if (at(i).is("(") || at(i).is("{") || at(i).is("[")) i = matching(tokens_, i);
    }
  }
  // Names of the methods that the class whose '{' is given declares: identifier '(' at its own level.
  std::set<std::string> methods(std::size_t open) const {
    std::set<std::string> names;
    bool declarator = false;  // the parameters of a function have just been passed
    for (std::size_t i = open + 1, close = matching(tokens_, open); i < close; ++i) {
      if (at(i).identifier() && at(i + 1).is("(") && !at(i).is("noexcept") && !at(i).is("decltype") &&
          !at(i).is("requires")) {
        names.insert(at(i).text);
        i = matching(tokens_, i + 1);
        declarator = true;
      } else if (at(i).is(":") && declarator) {
        i = behind_initialisers(i);
        declarator = false;
      } else if (at(i).is("=")) {
        while (!at(i).is(";") && i < close) i = at(i).is("(") || at(i).is("{") ? matching(tokens_, i) + 1 : i + 1;
      } else if (at(i).is("{") || at(i).is("(")) {
        declarator = declarator && at(i).is("(");
        i = matching(tokens_, i);
      } else if (at(i).is(";"))
        declarator = false;
    }
    return names;
  }

  // Names of its data members: the last identifier in front of ; = { , or [ in a declaration without parentheses.
  std::set<std::string> fields(std::size_t open) const {
    std::set<std::string> names;
    const std::size_t close = matching(tokens_, open);
    for (std::size_t i = open + 1; i < close; ++i) {
      std::set<std::string> found;
      bool skip = false, value = false;
      int depth = 0;
      for (; i < close && !at(i).is(";") &&
             !(at(i).is(":") && i > open + 1 && depth == 0 && at(i - 1).identifier() && found.empty());
           ++i) {
        for (const char* word : {"static", "using", "friend", "typedef", "struct", "class", "enum", "union", "template",
                                 "operator", "static_assert"})
          skip = skip || at(i).is(word);
        if (at(i).is("<")) ++depth;
        if (at(i).is(">")) --depth;
        if (at(i).is(">>")) depth -= 2;
        const Token& next = at(i + 1);
        if (depth == 0 && !value && i > open + 1 && at(i).identifier() &&
            (next.is(";") || next.is("=") || next.is("{") || next.is(",") || next.is("[")))
          found.insert(at(i).text);
        if (at(i).is("=")) value = true;
        if (at(i).is(",") && depth == 0) value = false;
        if (at(i).is("(") && !value) skip = true;
        if (at(i).is("(") || at(i).is("{") || at(i).is("[")) {
          const bool body = at(i).is("{") && skip;
          i = matching(tokens_, i);
          if (body) break;
        }
      }
      if (!skip) names.insert(found.begin(), found.end());
    }
    return names;
  }

 private:
  const Tokens& tokens_;

  const Token& at(std::size_t i) const { return i < tokens_.size() ? tokens_[i] : tokens_.back(); }

  // ':' member '(' .. ')' {',' ..}
  std::size_t behind_initialisers(std::size_t i) const {
    do {
      while (!at(i).is("(") && !at(i).is("{") && at(i).kind != TokenKind::end) ++i;
      i = matching(tokens_, i) + 1;
    } while (at(i).is(","));
    return i - 1;
  }
};

}  // namespace

std::set<std::string> method_names(const Tokens& tokens, std::size_t open) { return Members(tokens).methods(open); }
std::set<std::string> field_names(const Tokens& tokens, std::size_t open) { return Members(tokens).fields(open); }
void member_names(const Tokens& tokens, std::size_t open, std::set<std::string>& names) {
  Members(tokens).all(open, names);
}

}  // namespace zygote::compiler
