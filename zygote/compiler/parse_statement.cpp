// tokens -> tree: statements. One function per grammar rule, the rule above it.
#include <map>
#include <utility>

#include "parser.hpp"

namespace zygote::compiler {

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
      {"delete", {"'delete' is not supported in marked code", "use a container, std::optional or a value"}},
      {"co_", {"coroutines cannot be differentiated", "write the loop out"}}};
  std::string word = peek().text;
  if (word == "__asm__" || word == "__asm") word = "asm";
  if (word == "co_return" || word == "co_yield" || word == "co_await") word = "co_";
  if (const auto found = refused.find(word); found != refused.end() && peek().identifier())
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
  if (is("while")) return while_statement();
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
  } else if (is("enum")) {
    result = enumeration();
  } else if (at_declaration()) {
    result.kids = declarations();
    result.text = "scopeless";  // the declared names belong to the enclosing block
  } else
    result = node(NodeKind::expression, {expression()});
  result.pos = pos;
  if (result.kind == NodeKind::expression) in_other_words(result);
  expect(";", "after the statement");
  return result;
}

// condition = [declarations ';'] expression | declaration
// What is declared becomes statements of `scope`.
Node Parser::condition(Node& scope) {
  if (at_declaration()) {
    scope.kids = declarations();
    if (!accept(";")) return node(NodeKind::name, {}, scope.kids.back().text);
  }
  return expression();
}

namespace {
// *p as p.
void read_as_reference(Node& n, const std::string& p) {
  for (Node& kid : n.kids) read_as_reference(kid, p);
  if (n.kind == NodeKind::unary && n.text == "*" && n.kids[0].kind == NodeKind::name && n.kids[0].text == p)
    n = Node(n.kids[0]);
}
}  // namespace

// if (auto* p = std::get_if<T>(&v)) s  =>  if (std::holds_alternative<T>(v)) { auto& p = std::get<T>(v); s }
std::optional<Node> Parser::if_alternative() {
  std::size_t at = at_;
  while (tokens_[at].is("const") || tokens_[at].is("auto") || tokens_[at].is("*")) ++at;
  const bool constant = tokens_[at_].is("const");
  const std::string name = tokens_[at].text;
  if (at == at_ || !tokens_[at].identifier() || !tokens_[++at].is("=")) return std::nullopt;
  if (tokens_[++at].is("std") && tokens_[at + 1].is("::")) at += 2;
  if (!tokens_[at].is("get_if") || !tokens_[at + 1].is("<")) return std::nullopt;
  const std::size_t open = skip_template_arguments(at + 1, true);
  if (!open || !tokens_[open].is("(") || tokens_[at + 2].kind == TokenKind::number) return std::nullopt;
  const std::size_t close = matching(tokens_, open);
  if (!tokens_[open + 1].is("&") || !tokens_[close + 1].is(")")) return std::nullopt;
  const std::string type = join(tokens_, at + 1, open);
  const std::size_t begin = std::exchange(at_, open + 2);
  const Node value = expression();
  if (!only_names(value)) {
    at_ = begin;
    return std::nullopt;
  }
  expect(")", "after the variant");
  const auto of = [&](const char* function) {
    return node(NodeKind::call, {node(NodeKind::name, {}, function + type), value});
  };
  Node alternative = node(NodeKind::declare, {of("std::get")}, name);
  alternative.type = "auto";
  alternative.reference = true;
  alternative.constant = constant;
  Node test = of("std::holds_alternative");
  expect(")", "after the condition");
  Node then = statement();
  read_as_reference(then, name);
  return node(NodeKind::if_, {std::move(test), node(NodeKind::block, {std::move(alternative), std::move(then)})});
}

// if = 'if' '(' condition ')' statement ['else' statement]
Node Parser::if_statement() {
  const Pos pos = next().pos;
  const bool constant = accept("constexpr");
  expect("(", "after if");
  if (constant) {
    const auto begin = at_;
    at_ = matching(tokens_, at_ - 1);
    const std::string condition = join(tokens_, begin, at_);
    if (condition.empty()) throw Refusal(peek().pos, "expected a condition");
    expect(")", "after the condition");
    Node n = node(NodeKind::if_, {node(NodeKind::literal, {}, "true"), statement()}, "constexpr");
    n.type = condition;
    if (accept("else")) n.kids.push_back(statement());
    n.pos = pos;
    return n;
  }
  Node outer = node(NodeKind::block), n;
  if (auto alternative = if_alternative()) {
    n = std::move(*alternative);
  } else {
    Node test = condition(outer);
    expect(")", "after the condition");
    n = node(NodeKind::if_, {std::move(test), statement()});
  }
  if (accept("else")) n.kids.push_back(statement());
  n.pos = pos;
  if (outer.kids.empty()) return n;
  outer.kids.push_back(std::move(n));
  return outer;
}

// while = 'while' '(' (expression | declaration) ')' statement
// while (T x = y) .. is while (true) { T x = y; if (!x) break; .. }.
Node Parser::while_statement() {
  const Pos pos = next().pos;
  expect("(", "after while");
  Node inner = node(NodeKind::block), test = condition(inner);
  expect(")", "after the condition");
  if (!inner.kids.empty()) {
    Node leave = node(NodeKind::if_, {node(NodeKind::unary, {std::move(test)}, "!"), node(NodeKind::break_)});
    inner.kids.push_back(std::move(leave));
    inner.kids.push_back(statement());
    test = node(NodeKind::literal, {}, "true");
  }
  Node n = node(NodeKind::while_, {std::move(test), inner.kids.empty() ? statement() : std::move(inner)});
  n.pos = pos;
  return n;
}

// switch = 'switch' '(' condition ')' '{' {('case' constant | 'default') ':' {statement}} '}'
Node Parser::switch_statement() {
  const Pos pos = next().pos;
  expect("(", "after switch");
  Node outer = node(NodeKind::block), value = condition(outer);
  Node n = node(NodeKind::switch_, {std::move(value)});
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
  if (outer.kids.empty()) return n;
  outer.kids.push_back(std::move(n));
  return outer;
}

// enum [class] [name] [: type] {name [= value], ..}. Its names are those that are seen without its own.
Node Parser::enumeration() {
  const auto begin = at_;
  next();
  const bool scoped = is("class") || is("struct");
  while (!is("{") && !is(";") && !is("=") && peek().kind != TokenKind::end) next();
  if (!is("{"))
    refuse("an enumeration is declared here without its values", "leave out 'enum' in front of a variable's type");
  const auto close = matching(tokens_, at_);
  std::vector<std::string> names;
  for (int depth = 0; at_ <= close; next()) {
    if (!scoped && peek(1).identifier() && (is("{") || (depth == 1 && is(",")))) names.push_back(peek(1).text);
    depth += is("{") || is("(") ? 1 : is("}") || is(")") ? -1 : 0;
  }
  Node result = node(NodeKind::verbatim, {}, join(tokens_, begin, at_) + ";");
  result.names = std::move(names);
  return result;
}

// double x : v) statement
std::optional<Node> Parser::range_loop(Pos pos) {
  if (!at_declaration()) return std::nullopt;
  const auto start = at_;
  const DeclaredType type = declared_type();
  Node variable = is("[") ? bind(type) : node(NodeKind::declare);
  if (variable.kind == NodeKind::declare) {
    variable.type = type.type;
    variable.reference = type.reference;
    variable.constant = type.constant;
    variable.text = next().text;
  }
  if (!accept(":")) {
    at_ = start;
    return std::nullopt;
  }
  Node range = is("{") ? braced("std::array") : expression();
  expect(")", "after the range");
  Node loop = node(NodeKind::range_for, {std::move(variable), std::move(range), statement()});
  loop.pos = pos;
  return loop;
}

// for = 'for' '(' [init ';'] type (name | bind) ':' expression ')' statement
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
  if (auto loop = range_loop(pos)) return std::move(*loop);
  Node init = node(NodeKind::block);
  if (at_declaration())
    init.kids = declarations();
  else
    init = list(";");
  expect(";", "after the initialisation");
  if (auto loop = range_loop(pos)) {  // for (int i = 0; double x : v): both in a scope of their own
    init.kids.push_back(std::move(*loop));
    return init;
  }
  Node condition = is(";") ? node(NodeKind::literal, {}, "true") : expression();
  expect(";", "after the condition");
  Node step = list(")");
  expect(")", "after the step");
  Node n = node(NodeKind::for_, {std::move(init), std::move(condition), std::move(step), statement()});
  n.pos = pos;
  return n;
}

Node parse_body(const Tokens& tokens) { return Parser(tokens).block(); }

}  // namespace zygote::compiler
