// tokens -> tree: statements, declarations, parameters. One function per grammar rule, the rule above it.
#include <map>
#include <set>

#include "parser.hpp"

namespace zygote::compiler {

bool is_decl_specifier(const std::string& word) {
  static const std::set<std::string> words = {"const",   "constexpr",    "static",   "inline",   "volatile",
                                              "mutable", "thread_local", "typename", "register", "extern"};
  return words.count(word) > 0;
}

// type = {specifier} (builtin {builtin} | decltype '(' .. ')' | name) {'const' | '*' | '&' | '&&'}
std::size_t Parser::skip_type(std::size_t at) const {
  auto specifiers = [&] {
    while (at < tokens_.size() && is_decl_specifier(tokens_[at].text)) ++at;
  };
  specifiers();
  if (at >= tokens_.size()) return 0;
  if (tokens_[at].is("decltype") && at + 1 < tokens_.size())
    at = matching(tokens_, at + 1) + 1;
  else if (is_builtin_type(tokens_[at].text)) {
    while (at < tokens_.size() && (is_builtin_type(tokens_[at].text) || is_decl_specifier(tokens_[at].text))) ++at;
  } else if (!(at = skip_name(at, true)))
    return 0;
  while (at < tokens_.size() &&
         (tokens_[at].is("const") || tokens_[at].is("*") || tokens_[at].is("&") || tokens_[at].is("&&")))
    ++at;
  return at;
}

// A declaration is a type followed by a name and something that may follow a declared name, or by '[' for a binding.
bool Parser::at_declaration() const {
  if (!peek().identifier() && !is("::")) return false;
  const auto end = skip_type(at_);
  if (!end || end + 1 >= tokens_.size()) return false;
  if (tokens_[end].is("[")) return tokens_[end - 1].is("auto") || tokens_[end - 1].is("&") || tokens_[end - 1].is("&&");
  if (!tokens_[end].identifier() || is_builtin_type(tokens_[end].text)) return false;
  const Token& after = tokens_[end + 1];
  if (after.is("(")) {  // else a product: x * f(n) > 1
    const auto behind = matching(tokens_, end + 1) + 1;
    return behind < tokens_.size() && (tokens_[behind].is(";") || tokens_[behind].is(","));
  }
  for (const char* s : {"=", "{", ";", ",", "[", ":"})
    if (after.is(s)) return true;
  return false;
}

Parser::DeclaredType Parser::declared_type() {
  DeclaredType result;
  const auto begin = at_;
  at_ = skip_type(at_);
  Tokens kept;
  const bool constant_static = join(tokens_, begin, at_).find("const") != std::string::npos;
  for (std::size_t i = begin, depth = 0; i < at_; ++i) {
    const Token& t = tokens_[i];
    if (t.is("<") || t.is("(")) ++depth;
    if (t.is(">") || t.is(")")) --depth;
    if (t.is(">>")) depth -= 2;
    const bool last = i + 1 == at_, reference = last && (t.is("&") || t.is("&&"));
    if (t.is("static") && !constant_static)
      throw Refusal(t.pos, "a static variable would outlive the call",
                    "make it static constexpr, or pass the state as an argument");
    if (t.is("volatile") || t.is("thread_local") || t.is("extern"))
      throw Refusal(t.pos, "'" + t.text + "' variables cannot be differentiated", "use a local variable");
    if (t.is("*") && last)
      throw Refusal(t.pos, "raw pointers are not supported in marked code", "use a reference, an index or a container");
    if (depth == 0 && (t.is("const") || t.is("constexpr"))) result.constant = true;
    if (depth == 0 && t.is("auto")) result.is_auto = true;
    if (reference) result.reference = true;
    if (!reference && !(depth == 0 && is_decl_specifier(t.text) && !t.is("typename"))) kept.push_back(t);
  }
  result.type = join(kept, 0, kept.size());
  return result;
}

// bind = type '[' name {',' name} ']'
Node Parser::bind(const DeclaredType& type) {
  Node n = node(NodeKind::bind);
  n.type = type.type;
  n.reference = type.reference;
  n.constant = type.constant;
  expect("[", "");
  do {
    if (!peek().identifier()) refuse("expected a name in the structured binding");
    n.names.push_back(next().text);
  } while (accept(","));
  expect("]", "after the names");
  return n;
}

// The length of T a[] = {..}, or "".
std::string Parser::listed_elements() const {
  const std::size_t open = is("=") ? at_ + 1 : at_;
  if (open >= tokens_.size() || !tokens_[open].is("{")) return "";
  Parser list(tokens_);
  list.at_ = open;
  return std::to_string(list.braced("").kids.size());
}

// declarations = type (bind initialiser | name [initialiser] {',' name [initialiser]}) ';'
// initialiser  = '=' (assignment | braced) | '(' arguments ')' | braced
std::vector<Node> Parser::declarations() {
  const DeclaredType type = declared_type();
  std::vector<Node> list;
  if (is("[")) {
    Node n = bind(type);
    const bool parens = is("(") || is("{");
    if (!parens) expect("=", "after the structured binding");
    n.kids.push_back(parens ? cast_or_parenthesis() : assignment());
    list.push_back(std::move(n));
    return list;
  }
  do {
    Node n = node(NodeKind::declare);
    n.type = type.type;
    n.reference = type.reference;
    n.constant = type.constant;
    if (!list.empty() && (is("*") || is("&")))
      refuse("mixed declarators are not supported", "declare one variable per statement");
    n.pos = peek().pos;
    n.text = next().text;
    std::vector<std::string> extents;
    while (is("[")) {  // T a[n][m] is std::array<std::array<T, m>, n>
      const auto end = matching(tokens_, at_);
      extents.push_back(join(tokens_, at_ + 1, end));
      at_ = end + 1;
    }
    if (!extents.empty() && extents[0].empty()) extents[0] = listed_elements();
    for (; !extents.empty(); extents.pop_back()) {
      if (extents.back().empty()) refuse("an array needs its length in marked code", "write the number of elements");
      n.type = "std::array<" + n.type + ", " + extents.back() + ">";
    }
    const auto begin = at_ + 1;
    if (accept("=")) {
      Node value = is("{") ? braced(type.is_auto ? "" : n.type) : assignment();
      n.kids.push_back(std::move(value));
    } else if (is("{")) {
      n.kids.push_back(braced(n.type));
    } else if (accept("(")) {
      Node made = node(NodeKind::make, {}, n.type);
      made.pos = n.pos;
      made.kids = arguments(")");
      n.kids.push_back(std::move(made));
    } else if (type.is_auto || type.reference)
      refuse("'" + n.text + "' needs an initialiser");
    if (n.constant && !n.kids.empty()) n.initialiser = join(tokens_, begin, at_ - (tokens_[begin - 1].is("=") ? 0 : 1));
    list.push_back(std::move(n));
  } while (accept(","));
  return list;
}

// block = '{' {statement} '}'
Node Parser::block() {
  Node n = node(NodeKind::block);
  expect("{", "");
  while (!is("}")) {
    if (peek().kind == TokenKind::end) refuse("this block never ends");
    n.kids.push_back(statement());
  }
  next();
  return n;
}

void Parser::refuse_statement() const {
  static const std::map<std::string, std::pair<const char*, const char*>> refused = {
      {"goto", {"'goto' cannot be differentiated", "use a loop, break, continue or return"}},
      {"try",
       {"'try' is not supported in marked code", "catch in unmarked code; exceptions pass through marked functions"}},
      {"asm", {"inline assembly cannot be differentiated", "give the function a pullback by hand"}},
      {"struct", {"local types are not supported in marked code", "define the type outside the function"}},
      {"class", {"local types are not supported in marked code", "define the type outside the function"}},
      {"union", {"unions cannot be differentiated", "use std::variant or two fields"}},
      {"enum", {"local types are not supported in marked code", "define the type outside the function"}},
      {"delete", {"'delete' is not supported in marked code", "use a container, std::optional or a value"}},
      {"co_return", {"coroutines cannot be differentiated", "write the loop out"}}};
  if (const auto found = refused.find(peek().text); found != refused.end() && peek().identifier())
    refuse(found->second.first, found->second.second);
  if (peek().identifier() && is(":", 1) && !is("::", 1))
    refuse("labels cannot be differentiated", "use a loop, break, continue or return");
  if (peek().kind == TokenKind::directive)
    refuse("preprocessor lines inside marked code are not supported",
           "put the condition outside: two marked functions, or a constant");
}

// statement = block | if | while | for | return | break | continue | using | declarations ';' | expression ';' | ';'
Node Parser::statement() {
  const Pos pos = peek().pos;
  while (is("[") && is("[", 1)) at_ = matching(tokens_, at_) + 1;  // attributes
  refuse_statement();
  Node result = node(NodeKind::block);
  if (is("{")) return block();
  if (accept(";")) return result;
  if (is("if")) return if_statement();
  if (is("for")) return for_statement();
  if (accept("while")) {
    expect("(", "after while");
    if (at_declaration())
      refuse("a declaration in the condition of while is not supported", "declare the variable before the loop");
    Node condition = expression();
    expect(")", "after the condition");
    result = node(NodeKind::while_, {std::move(condition), statement()});
    result.pos = pos;
    return result;
  }
  if (is("switch")) return switch_statement();
  if (accept("do")) {
    Node body = statement();
    expect("while", "after the body of do");
    expect("(", "after while");
    Node condition = expression();
    expect(")", "after the condition");
    result = node(NodeKind::do_, {std::move(condition), std::move(body)});
  } else if (accept("throw")) {
    result = node(NodeKind::raise);
    if (!is(";")) result.kids.push_back(expression());
  } else if (is("return")) {
    result = node(NodeKind::return_);
    next();
    if (!is(";")) result.kids.push_back(is("{") ? braced("") : expression());
  } else if (is("break") || is("continue")) {
    result = node(is("break") ? NodeKind::break_ : NodeKind::continue_);
    next();
  } else if (is("using") || is("typedef") || is("static_assert")) {
    const auto begin = at_;
    while (!is(";") && peek().kind != TokenKind::end) next();
    result = node(NodeKind::verbatim, {}, join(tokens_, begin, at_) + ";");
    const bool alias = begin + 2 < at_ && tokens_[begin].is("using") && tokens_[begin + 2].is("=");
    result.names.push_back(alias ? tokens_[begin + 1].text : "");
  } else if (at_declaration()) {
    result.kids = declarations();
    result.text = "scopeless";  // the declared names belong to the enclosing block
  } else
    result = node(NodeKind::expression, {expression()});
  result.pos = pos;
  expect(";", "after the statement");
  return result;
}

// if = 'if' '(' [declarations ';'] expression ')' statement ['else' statement]
Node Parser::if_statement() {
  const Pos pos = next().pos;
  const bool constant = accept("constexpr");
  expect("(", "after if");
  if (constant) {
    const auto begin = at_;
    at_ = matching(tokens_, at_ - 1);
    const std::string condition = join(tokens_, begin, at_);
    expect(")", "after the condition");
    Node n = node(NodeKind::if_, {node(NodeKind::literal, {}, "true"), statement()}, "constexpr");
    n.type = condition;
    if (accept("else")) n.kids.push_back(statement());
    n.pos = pos;
    return n;
  }
  Node outer = node(NodeKind::block);
  if (at_declaration()) {
    outer.kids = declarations();
    if (!accept(";")) refuse("a declaration as the condition is not supported", "write if (T x = ...; condition)");
  }
  Node condition = expression();
  expect(")", "after the condition");
  Node n = node(NodeKind::if_, {std::move(condition), statement()});
  if (accept("else")) n.kids.push_back(statement());
  n.pos = pos;
  if (outer.kids.empty()) return n;
  outer.kids.push_back(std::move(n));
  return outer;
}

// switch = 'switch' '(' expression ')' '{' {('case' constant | 'default') ':' {statement}} '}'
Node Parser::switch_statement() {
  const Pos pos = next().pos;
  expect("(", "after switch");
  Node n = node(NodeKind::switch_, {expression()});
  n.pos = pos;
  expect(")", "after the value");
  expect("{", "after switch (..)");
  while (!accept("}")) {
    Node label = node(NodeKind::label);
    while (is("case") || is("default")) {
      const bool is_default = next().text == "default";
      if (is_default)
        label.text = "default";
      else
        label.kids.push_back(ternary());
      expect(":", "after the label");
    }
    Node body = node(NodeKind::block);
    while (!is("case") && !is("default") && !is("}")) {
      if (peek().kind == TokenKind::end) refuse("this switch never ends");
      body.kids.push_back(statement());
    }
    if (label.text.empty() && label.kids.empty())
      throw Refusal(body.kids.empty() ? pos : body.kids[0].pos, "a statement in front of the first case");
    label.kids.push_back(std::move(body));
    n.kids.push_back(std::move(label));
  }
  return n;
}

// for = 'for' '(' type (name | bind) ':' expression ')' statement
//     | 'for' '(' [declarations | expression {','}] ';' [expression] ';' [expression {','}] ')' statement
Node Parser::for_statement() {
  const Pos pos = next().pos;
  expect("(", "after for");
  auto list = [&](const char* close) {
    Node steps = node(NodeKind::block);
    while (!is(close)) {
      steps.kids.push_back(node(NodeKind::expression, {assignment()}));
      if (!accept(",")) break;
    }
    return steps;
  };
  Node init = node(NodeKind::block);
  if (at_declaration()) {
    const auto start = at_;
    const DeclaredType type = declared_type();
    if (is("[") || is(":", 1)) {
      Node variable = is("[") ? bind(type) : node(NodeKind::declare);
      if (variable.kind == NodeKind::declare) {
        variable.type = type.type;
        variable.reference = type.reference;
        variable.constant = type.constant;
        variable.text = next().text;
      }
      expect(":", "in the range-for");
      Node range = is("{") ? braced("std::array") : expression();
      expect(")", "after the range");
      Node n = node(NodeKind::range_for, {std::move(variable), std::move(range), statement()});
      n.pos = pos;
      return n;
    }
    at_ = start;
    init.kids = declarations();
  } else
    init = list(";");
  expect(";", "after the initialisation");
  Node condition = is(";") ? node(NodeKind::literal, {}, "true") : expression();
  expect(";", "after the condition");
  Node step = list(")");
  expect(")", "after the step");
  Node n = node(NodeKind::for_, {std::move(init), std::move(condition), std::move(step), statement()});
  n.pos = pos;
  return n;
}

// parameters = [type [name] ['=' default]] {',' ..}
std::vector<Parameter> Parser::parameters(std::size_t begin, std::size_t end) {
  std::vector<Parameter> list;
  const auto restore = at_;
  while (begin < end) {
    std::size_t stop = begin, assigned = 0;
    for (int depth = 0; stop < end; ++stop) {
      const Token& t = tokens_[stop];
      if (t.is("(") || t.is("[") || t.is("{") || t.is("<")) ++depth;
      if (t.is(")") || t.is("]") || t.is("}") || t.is(">")) --depth;
      if (t.is(">>")) depth -= 2;
      if (t.is("=") && depth == 0 && !assigned) assigned = stop;
      if (t.is(",") && depth <= 0) break;
    }
    const auto last = assigned ? assigned : stop;
    Parameter p;
    p.pos = tokens_[begin].pos;
    if (!(stop - begin == 1 && tokens_[begin].is("void"))) {
      at_ = begin;
      const auto type_end = skip_type(begin);
      if (!type_end || type_end > last)
        throw Refusal(p.pos, "this parameter is not understood", "write a type and a name");
      if (type_end < last && tokens_[type_end].is("..."))
        throw Refusal(p.pos, "parameter packs are not supported in marked code", "write a pullback by hand");
      bool constant = false;
      for (std::size_t i = begin; i < type_end; ++i) constant = constant || tokens_[i].is("const");
      p.mutable_reference = tokens_[type_end - 1].is("&") && !constant;
      if (tokens_[type_end - 1].is("*") && !constant)
        throw Refusal(p.pos, "raw pointers are not supported in marked code",
                      "use a reference, std::span or a container");
      p.type = join(tokens_, begin, type_end);
      p.text = join(tokens_, begin, last);
      if (assigned) p.fallback = join(tokens_, assigned + 1, stop);
      if (type_end < last) p.name = tokens_[type_end].text;
      if (type_end + 1 < last)
        throw Refusal(tokens_[type_end + 1].pos, "this parameter is not understood", "use std::array or std::span");
      list.push_back(std::move(p));
    }
    begin = stop + 1;
  }
  at_ = restore;
  return list;
}

Node parse_body(const Tokens& tokens) { return Parser(tokens).block(); }
std::vector<Parameter> parse_parameters(const Tokens& tokens, std::size_t begin, std::size_t end) {
  return Parser(tokens).parameters(begin, end);
}

}  // namespace zygote::compiler
