// tokens -> tree: expressions. One function per grammar rule, the rule above it.
#include <algorithm>
#include <map>
#include <set>

#include "parser.hpp"

namespace zygote::compiler {
namespace {

const std::map<std::string, int> kPrecedence = {
    {"||", 1}, {"&&", 2},  {"|", 3},  {"^", 4},  {"&", 5},  {"==", 6}, {"!=", 6}, {"<", 7},  {">", 7}, {"<=", 7},
    {">=", 7}, {"<=>", 8}, {"<<", 9}, {">>", 9}, {"+", 10}, {"-", 10}, {"*", 11}, {"/", 11}, {"%", 11}};
const std::set<std::string> kAssignments = {"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="};
const std::map<std::string, std::string> kAlternative = {{"and", "&&"}, {"or", "||"}, {"not", "!"}};

std::string spelled(const Token& t) {
  const auto found = t.identifier() ? kAlternative.find(t.text) : kAlternative.end();
  return found == kAlternative.end() ? t.text : found->second;
}

}  // namespace

bool looks_like_macro(const std::string& word) {
  return word.size() > 1 && std::all_of(word.begin(), word.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
         });
}

bool is_builtin_type(const std::string& word) {
  static const std::set<std::string> words = {
      "double", "float", "int",    "bool",    "char",    "long",     "short",    "unsigned",      "signed",
      "void",   "auto",  "size_t", "wchar_t", "char8_t", "char16_t", "char32_t", "zygote_double", "zygote_float"};
  return words.count(word) > 0;
}

Node Parser::node(NodeKind kind, std::vector<Node> kids, std::string text) const {
  Node n;
  n.kind = kind;
  n.pos = kids.empty() ? peek().pos : kids[0].pos;
  n.text = std::move(text);
  n.kids = std::move(kids);
  return n;
}

bool Parser::accept(const char* s) {
  if (!is(s)) return false;
  ++at_;
  return true;
}

void Parser::expect(const char* s, const char* where) {
  if (!accept(s)) {
    const auto got =
        peek().kind == TokenKind::end ? std::string("the end of the marked code") : "'" + peek().text + "'";
    refuse(std::string("expected '") + s + "' " + where + ", got " + got);
  }
}

// '<' type or constant {',' ..} '>' - without a symbol table, so: nothing that only occurs in comparisons, and behind
// it something that only follows template arguments.
std::size_t Parser::skip_template_arguments(std::size_t at, bool in_type) const {
  const std::string& name = tokens_[at - 1].text;
  const bool number = at + 2 < tokens_.size() && tokens_[at + 1].kind == TokenKind::number && tokens_[at + 2].is(">");
  bool names_type = in_type || name.ends_with("_v") || number;
  int depth = 0, parens = 0;
  for (std::size_t i = at; i < tokens_.size(); ++i) {
    const Token& t = tokens_[i];
    if (is_builtin_type(t.text) && depth == 1) names_type = true;
    if (t.is("<")) ++depth;
    if (t.is("(") || t.is("[")) ++parens;
    if ((t.is(")") || t.is("]")) && --parens < 0) return 0;
    if (t.is(">") && parens == 0) --depth;
    if (t.is(">>") && parens == 0) depth -= 2;
    if (depth <= 0) {
      if (depth < 0) return 0;
      bool follows = false;
      for (const char* s : {"(", "{", "::", ",", ")", ";", "]", "}"})
        follows = follows || (i + 1 < tokens_.size() && tokens_[i + 1].is(s));
      return names_type || follows ? i + 1 : 0;
    }
    if (t.is(";") || t.is("{") || t.is("}") || t.is("||") || t.kind == TokenKind::directive) return 0;
    if (!in_type && (t.is("&&") || t.is("=") || t.is("?"))) return 0;
  }
  return 0;
}

// ['::'] identifier ['<' .. '>'] {'::' ['template'] identifier ['<' .. '>']}
std::size_t Parser::skip_name(std::size_t at, bool in_type) const {
  if (at < tokens_.size() && tokens_[at].is("::")) ++at;
  while (true) {
    if (at < tokens_.size() && (tokens_[at].is("template") || tokens_[at].is("typename"))) ++at;
    if (at >= tokens_.size() || !tokens_[at].identifier()) return 0;
    ++at;
    if (at < tokens_.size() && tokens_[at].is("<"))
      if (const auto end = skip_template_arguments(at, in_type)) at = end;
    if (at >= tokens_.size() || !tokens_[at].is("::")) return at;
    ++at;
  }
}

// expression = assignment {',' assignment}
Node Parser::expression() {
  Node value = assignment();
  while (accept(",")) value = node(NodeKind::comma, {std::move(value), assignment()});
  return value;
}

// assignment = ternary [('=' | '+=' | ..) (assignment | braced)]
Node Parser::assignment() {
  if (is("throw"))
    refuse("'throw' inside marked code is not supported", "test the condition in unmarked code, or use constant(...)");
  Node left = ternary();
  if (peek().kind == TokenKind::punct && kAssignments.count(peek().text)) {
    const Pos pos = peek().pos;
    const std::string op = next().text;
    Node right = is("{") ? braced("") : assignment();
    Node result = node(NodeKind::assign, {std::move(left), std::move(right)}, op);
    result.pos = pos;
    return result;
  }
  return left;
}

// ternary = binary ['?' assignment ':' assignment]
Node Parser::ternary() {
  Node condition = binary(1);
  if (!is("?")) return condition;
  const Pos pos = next().pos;
  Node yes = assignment();
  expect(":", "in '?:'");
  Node no = assignment();
  Node result = node(NodeKind::ternary, {std::move(condition), std::move(yes), std::move(no)});
  result.pos = pos;
  return result;
}

// binary = unary {operator unary}, by precedence
Node Parser::binary(int min_precedence) {
  Node left = unary();
  while (true) {
    const std::string op = spelled(peek());
    const auto found = kPrecedence.find(op);
    if (peek().kind == TokenKind::string || found == kPrecedence.end() || found->second < min_precedence) return left;
    const Pos pos = next().pos;
    Node right = binary(found->second + 1);
    left = node(NodeKind::binary, {std::move(left), std::move(right)}, op);
    left.pos = pos;
  }
}

// unary = ('-' | '+' | '!' | '~' | '*' | '&' | '++' | '--') unary | postfix
Node Parser::unary() {
  const std::string op = spelled(peek());
  if (peek().kind == TokenKind::string || peek().kind == TokenKind::character) return postfix();
  if (op == "&") refuse("taking an address is not supported in marked code", "use a reference, an index or a value");
  if (op == "new" || op == "delete")
    refuse("'" + op + "' is not supported in marked code", "use a container, std::optional or a value");
  if (op.starts_with("co_")) refuse("coroutines cannot be differentiated", "write the loop out");
  if (op == "-" || op == "+" || op == "!" || op == "~" || op == "*" || op == "++" || op == "--") {
    const Pos pos = next().pos;
    Node result = node(NodeKind::unary, {unary()}, op);
    result.pos = pos;
    return result;
  }
  return postfix();
}

// postfix = primary {'(' arguments ')' | '[' expression ']' | ('.' | '->') name | '++' | '--'}
Node Parser::postfix() {
  Node value = primary();
  while (true) {
    const Pos pos = is("(") ? value.pos : peek().pos;
    if (accept("(")) {
      std::vector<Node> kids = arguments(")");
      kids.insert(kids.begin(), std::move(value));
      value = node(NodeKind::call, std::move(kids));
      ranges_to_iterators(value);
    } else if (accept("[")) {
      std::vector<Node> kids = arguments("]");
      if (kids.size() != 1) throw Refusal(pos, "indexing takes one index here", "write a(i, j)");
      kids.insert(kids.begin(), std::move(value));
      value = node(NodeKind::index, std::move(kids));
    } else if (is(".") || is("->")) {
      const bool arrow = next().text == "->";
      const auto begin = at_;
      if (is("~")) refuse("explicit destructor calls are not supported in marked code");
      const auto end = skip_name(at_, false);
      if (!end) refuse("expected the name of a member");
      at_ = end;
      if (arrow && value.kind != NodeKind::self) value = node(NodeKind::unary, {std::move(value)}, "*");
      value = node(NodeKind::member, {std::move(value)}, join(tokens_, begin, end));
    } else if (is("++") || is("--"))
      value = node(NodeKind::postfix, {std::move(value)}, next().text);
    else
      return value;
    value.pos = pos;
  }
}

// arguments = [assignment | braced] {',' ..} close
std::vector<Node> Parser::arguments(const char* close) {
  std::vector<Node> list;
  if (accept(close)) return list;
  do {
    list.push_back(is("{") ? braced("") : assignment());
    if (is("..."))
      refuse("pack expansions are not supported in marked code",
             "write a pullback by hand, or use a recursive function");
  } while (accept(","));
  expect(close, "after the arguments");
  return list;
}

// braced = '{' [('.' name '=' | ) value {',' ..}] '}'
Node Parser::braced(std::string type) {
  Node made = node(NodeKind::make, {}, std::move(type));
  made.braces = true;
  expect("{", "");
  while (!is("}")) {
    if (is(".") && peek(1).identifier()) {
      next();
      Node field = node(NodeKind::designated, {}, next().text);
      if (!is("{")) expect("=", "after a designator");
      field.kids.push_back(is("{") ? braced("") : assignment());
      made.kids.push_back(std::move(field));
    } else
      made.kids.push_back(is("{") ? braced("") : assignment());
    if (!accept(",")) break;
  }
  expect("}", "after the initialisers");
  return made;
}

// primary = literal | 'this' | lambda | cast | '(' expression ')' | type '(' .. ')' | type '{' .. '}' | name
Node Parser::primary() {
  const Token& t = peek();
  if (t.kind == TokenKind::number || t.kind == TokenKind::character) {
    Node n = node(NodeKind::literal);
    n.text = next().text;
    return n;
  }
  if (t.kind == TokenKind::string) {
    Node n = node(NodeKind::literal);
    while (peek().kind == TokenKind::string) n.text += (n.text.empty() ? "" : " ") + next().text;
    return n;
  }
  if (t.is("true") || t.is("false") || t.is("nullptr")) {
    Node n = node(NodeKind::literal);
    n.text = next().text;
    return n;
  }
  if (t.is("this")) {
    Node n = node(NodeKind::self);
    next();
    return n;
  }
  if (t.is("[")) return lambda();
  if (t.is("(")) return cast_or_parenthesis();
  if (t.kind == TokenKind::directive)
    refuse("preprocessor lines inside marked code are not supported",
           "put the condition outside: two marked functions, or a constant");
  if (t.identifier() || t.is("::")) return name();
  refuse(t.kind == TokenKind::end ? "the expression is incomplete" : "expected an expression, got '" + t.text + "'");
}

// cast_or_parenthesis = '(' builtin-type ')' unary | '(' expression ')'
Node Parser::cast_or_parenthesis() {
  const Pos pos = peek().pos;
  const auto end = is_builtin_type(peek(1).text) ? skip_type(at_ + 1) : 0;
  if (end && end < tokens_.size() && tokens_[end].is(")")) {
    const std::string type = join(tokens_, at_ + 1, end);
    at_ = end + 1;
    Node cast = node(NodeKind::make, {unary()}, type);
    cast.pos = pos;
    return cast;
  }
  next();
  if (is("..."))
    refuse("fold expressions are not supported in marked code",
           "write a pullback by hand, or use a recursive function");
  Node value = expression();
  if (is("..."))
    refuse("fold expressions are not supported in marked code",
           "write a pullback by hand, or use a recursive function");
  expect(")", "after the expression");
  return value;
}

// name = static_cast '<' type '>' '(' expression ')' | sizeof .. | type braced | qualified-name
Node Parser::name() {
  const Pos pos = peek().pos;
  const std::string first = peek().text;
  if (first == "static_cast") {
    const auto end = skip_template_arguments(at_ + 1, true);
    if (!end) refuse("expected '<type>' after static_cast");
    const std::string type = join(tokens_, at_ + 2, end - 1) + (tokens_[end - 1].is(">>") ? ">" : "");
    at_ = end;
    expect("(", "after static_cast<..>");
    Node cast = node(NodeKind::make, {expression()}, type);
    expect(")", "after static_cast<..>(..");
    cast.pos = pos;
    return cast;
  }
  if (first.ends_with("_cast")) refuse(first + " is not supported in marked code", "use static_cast");
  if (first == "sizeof" || first == "alignof" || first == "typeid" || first == "noexcept") {
    const auto begin = at_++;
    accept("...");
    if (!is("(")) refuse("expected '(' after " + first);
    at_ = matching(tokens_, at_) + 1;
    Node n = node(NodeKind::literal, {}, join(tokens_, begin, at_));
    n.pos = pos;
    return n;
  }
  if (first.starts_with("co_")) refuse("coroutines cannot be differentiated", "write the loop out");
  if (first == "throw") refuse("'throw' inside marked code is not supported", "test the condition in unmarked code");
  const auto begin = at_ + (is("::") && peek(1).is("std"));
  std::size_t end = is_builtin_type(first) ? skip_type(at_) : skip_name(at_, false);
  if (!end) refuse("'" + first + "' is not understood here");
  at_ = end;
  const std::string text = join(tokens_, begin, end);
  Node result = is("{") ? braced(text) : node(NodeKind::name, {}, text);
  result.pos = pos;
  return result;
}

// captures = '[' [('=' | '&' | 'this' | ['&'] name ['=' value]) {',' ..}] ']'
std::vector<Capture> Parser::captures(Node& lambda) {
  std::vector<Capture> list;
  expect("[", "");
  while (!is("]")) {
    Capture c;
    if ((c.copies_object = is("*") && is("this", 1))) next();
    if (accept("&")) c.by_reference = true;
    if (is("=") || is("this"))
      c.name = next().text;
    else if (c.by_reference && (is(",") || is("]")))
      c.name = "&";
    else if (peek().identifier()) {
      c.name = next().text;
      if (accept("=")) {
        c.has_init = true;
        lambda.kids.push_back(assignment());
      } else if (is("{") || is("("))
        refuse("this form of capture is not supported", "write [name = value]");
    } else
      refuse("this capture is not supported", "list names, [=] or [&]");
    list.push_back(std::move(c));
    if (!accept(",")) break;
  }
  expect("]", "after the captures");
  return list;
}

// lambda = captures ['(' parameters ')'] {'mutable' | 'constexpr' | 'noexcept'} ['->' type] block
Node Parser::lambda() {
  Node result = node(NodeKind::lambda);
  result.captures = captures(result);
  if (is("<")) refuse("template parameters of a nested lambda are not supported yet", "use auto parameters");
  if (is("(")) {
    const auto close = matching(tokens_, at_);
    result.parameters = parameters(at_ + 1, close);
    result.parameter_text = join(tokens_, at_ + 1, close);
    at_ = close + 1;
  }
  while (!is("{") && !is("->")) {
    if (is("mutable")) refuse("a mutable lambda cannot be differentiated", "return the new state instead");
    if (peek().kind == TokenKind::end) refuse("expected the body of the lambda");
    next();
  }
  if (accept("->")) {
    const auto begin = at_;
    while (!is("{") && peek().kind != TokenKind::end) next();
    result.type = join(tokens_, begin, at_);
  }
  result.kids.push_back(block());
  if (result.type.empty() && contains(result.kids[0], NodeKind::return_) && !returns_value(result.kids[0]))
    result.type = "void";
  return result;
}

Node parse_lambda(const Tokens& tokens) { return Parser(tokens).lambda(); }

}  // namespace zygote::compiler
