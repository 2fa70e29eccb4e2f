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
        if (at(i).identifier() && at(i + 1).is(next) && !is_decl_specifier(at(i).text) && !is_builtin_type(at(i).text))
          names.insert(at(i).text);
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

  // Those of its methods that are neither marked nor constant.
  std::set<std::string> changing(std::size_t open, const std::string& name) const {
    std::set<std::string> names;
    bool skip = false, passed = false, value = false;  // in a declaration: a word that rules it out; name (..); =
    for (std::size_t i = open + 1, close = matching(tokens_, open); i < close; ++i) {
      for (const char* word : {"ZYGOTE", "static", "friend", "operator", "using", "=", "~", "const"})
        skip = skip || (at(i).is(word) && (passed || !at(i).is("const")));
      if (at(i).identifier() && at(i + 1).is("(") && !passed) {
        const std::size_t end = matching(tokens_, i + 1);
        std::size_t body = end + 1;
        while (body < close && !at(body).is("{") && !at(body).is(";") && !at(body).is("const")) ++body;
        if (!skip && !at(body).is("const") && !at(i).is(name.c_str())) names.insert(at(i).text);
        passed = true;
        i = end;
      } else if (at(i).is(":") && passed && !value)
        i = behind_initialisers(i);
      else if (at(i).is("{") || at(i).is("(") || at(i).is("["))
        i = matching(tokens_, i);
      value = value || at(i).is("=");
      if (at(i).is(";") || at(i).is("}")) skip = passed = value = false;
      if (at(i).is(":") && !passed) skip = false;
    }
    return names;
  }

  // How what is declared at a token is declared.
  std::string access(std::size_t open, std::size_t end) const {
    std::size_t head = open;
    while (head > 0 && !at(head).is("struct") && !at(head).is("class") && !at(head).is("union")) --head;
    std::string now = at(head).is("class") ? "private" : "public";
    for (std::size_t i = open + 1; i < end; ++i) {
      if ((at(i).is("public") || at(i).is("private") || at(i).is("protected")) && at(i + 1).is(":")) now = at(i).text;
      if (at(i).is("(") || at(i).is("{") || at(i).is("[")) i = matching(tokens_, i);
    }
    return now;
  }

  // Its data members: the last identifier in front of ; = { , or [ in a declaration without parentheses.
  std::vector<Member> fields(std::size_t open) const {
    bool visible = access(open, open) == "public";
    std::vector<Member> members;
    const std::size_t close = matching(tokens_, open);
    for (std::size_t i = open + 1; i < close; ++i) {
      const std::size_t begin = i;
      std::vector<Member> found;
      bool skip = false, value = false;
      int depth = 0;
      for (; i < close && !at(i).is(";") &&
             !(at(i).is(":") && i > open + 1 && depth == 0 && at(i - 1).identifier() && found.empty() && !skip);
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
          found.push_back({at(i).text, found.empty() ? join(tokens_, begin, i) : found[0].type, 0, 0, visible});
        if (at(i).is("=")) value = true;
        if (at(i).is(",") && depth == 0) value = false;
        if (at(i).is("(") && !value) skip = true;
        if (at(i).is(":") && skip && !value) {  // of a constructor
          i = behind_initialisers(i);
          continue;
        }
        const std::size_t from = i;
        if (at(i).is("(") || at(i).is("{") || at(i).is("[")) {
          const bool body = at(i).is("{") && skip;
          i = matching(tokens_, i);
          if (body) break;
        }
        if (found.empty()) continue;
        Member& last = found.back();
        if (at(from).is("[") && !value) last.type += "[]";
        if (last.begin == 0 && (at(from).is("=") || at(from).is("{"))) last.begin = from;
        if (last.begin > 0 && !(at(from).is(",") && depth == 0)) last.end = i + 1;
      }
      if (i < close && at(i).is(":")) visible = at(i - 1).is("public");
      if (!skip) members.insert(members.end(), found.begin(), found.end());
    }
    return members;
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
std::vector<Member> data_members(const Tokens& tokens, std::size_t open) { return Members(tokens).fields(open); }
std::string access_at(const Tokens& tokens, std::size_t open, std::size_t at) {
  return Members(tokens).access(open, at);
}
std::set<std::string> changing_methods(const Tokens& tokens) {
  std::set<std::string> all;
  for (std::size_t i = 0; i + 2 < tokens.size(); ++i) {
    if (!(tokens[i].is("struct") || tokens[i].is("class")) || !tokens[i + 1].identifier()) continue;
    std::size_t open = i + 2;
    if (!tokens[open].is("{") && !tokens[open].is(":") && !tokens[open].is("final")) continue;
    while (open < tokens.size() && !tokens[open].is("{") && !tokens[open].is(";")) ++open;
    if (open == tokens.size() || tokens[open].is(";")) continue;
    for (const std::string& name : Members(tokens).changing(open, tokens[i + 1].text))
      all.insert(tokens[i + 1].text + "::" + name);
  }
  return all;
}
void member_names(const Tokens& tokens, std::size_t open, std::set<std::string>& names) {
  Members(tokens).all(open, names);
}

}  // namespace zygote::compiler
