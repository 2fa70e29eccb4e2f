// tokens of a class -> its name and its members
//
//   struct S { double w, b = 1; double f(double x) const { .. } };     =>     fields w, b; constant method f
//
// Reads each declaration once. What is not understood is a member of kind `other`.
#include <algorithm>

#include "lower.hpp"
#include "parser.hpp"

namespace zygote::compiler {
namespace {

class ClassReader {
 public:
  ClassReader(const Tokens& tokens, std::size_t begin, std::size_t open)
      : tokens_(tokens), at_(begin), open_(open), close_(matching(tokens, open)) {}

  Class run() {
    head();
    for (at_ = open_ + 1; at_ < close_;) {
      if (is(";") || peek().kind == TokenKind::directive)
        ++at_;
      else if ((is("public") || is("protected") || is("private")) && peek(1).is(":")) {
        access_ = peek().text;
        at_ += 2;
      } else
        member();
    }
    return std::move(class_);
  }

 private:
  const Tokens& tokens_;
  std::size_t at_, open_, close_;
  std::string access_ = "public";  // of what is declared next
  Class class_;

  const Token& peek(std::size_t n = 0) const { return at_ + n < tokens_.size() ? tokens_[at_ + n] : tokens_.back(); }
  bool is(const char* s) const { return peek().is(s); }
  bool at_class() const { return is("struct") || is("class") || is("union"); }
  bool at_bracket() const { return is("(") || is("[") || is("{"); }
  void skip_brackets() { at_ = matching(tokens_, at_) + 1; }
  void skip() {
    if (is("<"))
      at_ = behind_template_arguments(tokens_, at_);
    else
      at_bracket() ? skip_brackets() : void(++at_);
  }

  // ['template' ..] .. ('struct' | 'class' | 'union') .. name ['<' .. '>'] ['final'] [':' bases] '{'
  void head() {
    const std::size_t begin = at_;
    for (; at_ < open_ && !at_class(); ++at_)
      if (is("template")) {
        class_.is_template = true;
        const std::size_t end = behind_template_head(tokens_, at_);
        class_.template_head = join(tokens_, at_, end);
        at_ = end - 1;
      }
    if (is("class")) access_ = "private";
    const bool alone = at_ == begin || tokens_[at_ - 1].kind == TokenKind::directive;
    class_.plain = alone && (is("struct") || is("class")) && at_ + 2 == open_ && peek(1).identifier();
    for (++at_; at_ < open_ && !is(":") && !is("<"); skip())
      if (peek().identifier() && !is("final")) class_.name = peek().text;
    for (; at_ < open_; skip()) {
      class_.has_bases = class_.has_bases || is(":");
      const Token& next =
          at_ + 1 < open_ && peek(1).is("<") ? tokens_[behind_template_arguments(tokens_, at_ + 1)] : peek(1);
      if (class_.has_bases && peek().identifier() && (next.is(",") || next.is("{"))) class_.bases.insert(peek().text);
    }
  }

  // ['template' ..] {specifier} (type or alias | type name '(' function | type fields) ';'
  void member() {
    Member m;
    m.first = at_;
    m.access = access_;
    at_ = behind_template_head(tokens_, at_);
    while (specifier(m)) continue;
    if (at_class() || is("enum") || is("using") || is("typedef")) return type_or_alias(m);
    if (is("static_assert")) return skip_value();
    const std::size_t type = at_;
    for (; at_ < close_ && !is(";"); skip()) {
      const Token& next = peek(1);
      m.is_static = m.is_static || is("static");
      if (is("operator")) return operator_function(m);
      if (!peek().identifier() || is("decltype")) continue;
      if (next.is("(") && !is_builtin_type(peek().text) && !peek(2).is("*") && !peek(2).is("&")) {
        const bool destructor = tokens_[at_ - 1].is("~"), constructor = at_ == type && peek().text == class_.name;
        m.kind = destructor ? Member::other : constructor ? Member::constructor : Member::method;
        m.name = destructor ? "" : peek().text;
        ++at_;
        return function(m);
      }
      if (next.is(";") || next.is("=") || next.is("{") || next.is(",") || next.is("[") || next.is(":")) {
        while (at_ > type && pointer(tokens_[at_ - 1])) --at_;
        return fields(m, join(tokens_, type, at_));
      }
    }
    if (at_ > type) class_.members.push_back(m);
  }

  // A word or an attribute in front of a type that is no part of it.
  bool specifier(Member& m) {
    static const std::set<std::string> words = {"static",  "inline",   "constexpr", "constinit", "consteval",
                                                "virtual", "explicit", "friend",    "ZYGOTE"};
    const std::string& word = peek().text;
    const bool macro = looks_like_macro(word) && word != class_.name;
    if (is("["))
      skip_brackets();
    else if (peek(1).is("(") && (is("alignas") || is("explicit") || word.starts_with("__") || macro)) {
      ++at_;
      skip_brackets();
    } else if (words.count(word)) {
      m.is_static = m.is_static || is("static");
      m.is_virtual = m.is_virtual || is("virtual");
      m.is_friend = m.is_friend || is("friend");
      m.marked = m.marked || is("ZYGOTE");
      ++at_;
    } else
      return false;
    return true;
  }

  // A nested type, perhaps with fields of it, or another name for a type.
  void type_or_alias(Member m) {
    const bool type = !is("using") && !is("typedef");
    bool named = false;
    for (++at_; at_ < close_ && !is(";") && !(type && is("{")); skip()) {
      named = named || is("=") || is(":");
      if (peek().identifier() && !named && !is("final")) m.name = peek().text;
    }
    class_.members.push_back(m);
    if (at_ >= close_ || is(";")) return;
    skip_brackets();
    if (!is(";")) fields(m, m.name);
  }

  // 'operator' symbol, up to the parameters
  void operator_function(Member m) {
    m.kind = Member::method;
    m.name = "operator";
    ++at_;
    m.is_call = is("(");
    if (m.is_call) skip_brackets();
    while (at_ < close_ && !is("(") && !is(";")) ++at_;
    if (is("(")) function(m);
  }

  // '(' parameters ')' {'const' | 'noexcept' | ..} ['->' type] [':' initialisers] ('{' .. '}' | ['=' ..] ';')
  void function(Member m) {
    skip_brackets();
    bool returns = false;  // behind '->'
    while (at_ < close_ && !is("{") && !is(";") && !is("=")) {
      returns = returns || is("->");
      m.is_const = m.is_const || (is("const") && !returns);
      if (is(":"))
        initialisers(m);
      else if (is("requires"))
        at_ = behind_constraint(tokens_, at_);
      else
        skip();
    }
    m.body = at_;
    class_.members.push_back(m);
    is("{") ? skip_brackets() : skip_value();
  }

  // {(':' | ',') name ('(' .. ')' | '{' .. '}') ['...']}
  void initialisers(Member& m) {
    do {
      const std::size_t name = ++at_;
      while (at_ < close_ && !at_bracket() && !is(";")) ++at_;
      m.initialisers.push_back({name, at_});
      if (at_bracket()) skip_brackets();
      if (is("...")) ++at_;
    } while (is(","));
  }

  static bool pointer(const Token& t) { return t.is("*") || t.is("&") || t.is("&&"); }

  // {'*' | '&'} name {'[' .. ']'} [':' bits] [value] {',' ..}
  void fields(Member m, const std::string& type) {
    for (bool more = true; more; more = is(",") && ++at_) {
      const std::size_t begin = at_;
      while (pointer(peek()) || is("const")) ++at_;
      m.type = type + (begin < at_ ? " " : "") + join(tokens_, begin, at_);
      m.name = peek().identifier() ? peek().text : "";
      if (peek().identifier()) ++at_;
      for (; is("["); skip_brackets()) m.type += "[]";
      const bool function = type.find('(') != std::string::npos;  // std::function<double(double)>: has no adjoint
      m.kind = function || m.is_friend || m.name.empty() || is(":") ? Member::other : Member::field;
      m.begin = at_;
      skip_value();
      m.end = at_;
      if (m.begin == m.end) m.begin = m.end = 0;
      class_.members.push_back(m);
    }
  }

  // Up to the ',' or ';' behind it; the commas of template arguments belong to it.
  void skip_value() {
    for (int depth = 0; at_ < close_ && !is(";") && !(depth <= 0 && is(",")); ++at_) {
      depth += is("<") ? 1 : is(">") ? -1 : is(">>") ? -2 : 0;
      if (at_bracket()) at_ = matching(tokens_, at_);
    }
  }
};

}  // namespace

Class read_class(const Tokens& tokens, std::size_t begin, std::size_t open) {
  return ClassReader(tokens, begin, open).run();
}

std::size_t behind_template_arguments(const Tokens& tokens, std::size_t i) {
  for (int depth = 0; tokens[i].kind != TokenKind::end && !tokens[i].is(";"); ++i) {
    depth += tokens[i].is("<") ? 1 : tokens[i].is(">") ? -1 : tokens[i].is(">>") ? -2 : 0;
    if (depth <= 0) return i + 1;
    if (tokens[i].is("(") || tokens[i].is("[") || tokens[i].is("{")) i = matching(tokens, i);
  }
  return i;
}

std::size_t behind_constraint(const Tokens& tokens, std::size_t i) {
  while (tokens[i].is("requires") || tokens[i].is("&&") || tokens[i].is("||")) {
    ++i;
    const bool expression = tokens[i].is("requires");  // ['(' parameters ')'] '{' .. '}'
    if (expression && tokens[++i].is("(")) i = matching(tokens, i) + 1;
    if (expression || tokens[i].is("(")) {
      i = matching(tokens, i) + 1;
      continue;
    }
    bool more = true;
    while (more && (tokens[i].identifier() || tokens[i].is("::"))) {  // a::C<T>
      more = tokens[i].is("::") || tokens[i + 1].is("::");
      if (tokens[++i].is("<")) {
        i = behind_template_arguments(tokens, i);
        more = tokens[i].is("::");
      }
    }
  }
  return i;
}

std::size_t behind_template_head(const Tokens& tokens, std::size_t i) {
  if (!tokens[i].is("template")) return i;
  return behind_constraint(tokens, behind_template_arguments(tokens, i + 1));
}

// struct S { double a, b = 2 * a; }
void find_defaults(const Tokens& tokens, const Class& c, Defaults& defaults) {
  const auto names_field = [&](const Token& t) {
    return t.identifier() && std::any_of(c.members.begin(), c.members.end(), [&](const Member& m) {
             return m.kind == Member::field && m.name == t.text && !m.is_static && !is_integer_type(bare(m.type));
           });
  };
  std::size_t index = 0;
  for (const Member& m : c.members) {
    if (m.kind != Member::field || m.is_static) continue;
    const auto begin = tokens.begin() + std::ptrdiff_t(m.begin), end = tokens.begin() + std::ptrdiff_t(m.end);
    if (!is_integer_type(bare(m.type)) && std::any_of(begin, end, names_field))
      defaults[c.name].push_back({index, m.name});
    ++index;
  }
}

void find_fields(const Tokens& tokens, const Class& c, Definitions& definitions) {
  std::set<std::string> listed;  // by a `fields` of the form return std::tie(..)
  for (const Member& m : c.members)
    if (m.kind == Member::method && m.name == "fields" && tokens[m.body].is("{"))
      for (std::size_t i = m.body; i < matching(tokens, m.body); ++i) listed.insert(tokens[i].text);
  for (const Member& m : c.members)
    if (m.kind == Member::field && !m.is_static)
      definitions.fields[m.name][c.name] =
          listed.count("tie") > 0 && !listed.count(m.name) && !is_integer_type(bare(m.type));
}

}  // namespace zygote::compiler
