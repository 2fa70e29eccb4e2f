// Recursive descent over the tokens of one marked body; shared by the files parse_*.cpp.
#pragma once
#include <optional>

#include "tree.hpp"

namespace zygote::compiler {

class Parser {
 public:
  explicit Parser(const Tokens& tokens) : tokens_(tokens) {
    end_.kind = TokenKind::end;
    if (!tokens.empty()) end_.pos = tokens.back().pos;
  }

  Node block();
  Node statement();
  Node expression();
  Node assignment();
  Node lambda();
  std::vector<Parameter> parameters(std::size_t begin, std::size_t end);
  // Lookahead on types: the index behind what was recognised, or 0.
  std::size_t skip_template_arguments(std::size_t at, bool in_type) const;

 private:
  struct DeclaredType {
    std::string type;
    bool reference = false, constant = false, is_auto = false;
  };
  const Tokens& tokens_;
  Token end_;
  std::size_t at_ = 0;

  const Token& peek(std::size_t n = 0) const { return at_ + n < tokens_.size() ? tokens_[at_ + n] : end_; }
  bool is(const char* s, std::size_t n = 0) const { return peek(n).is(s); }
  bool accept(const char* s);
  void expect(const char* s, const char* where);
  const Token& next() { return at_ < tokens_.size() ? tokens_[at_++] : end_; }
  [[noreturn]] void refuse(const std::string& message, const std::string& advice = "") const {
    throw Refusal(peek().pos, message, advice);
  }
  Node node(NodeKind kind, std::vector<Node> kids = {}, std::string text = "") const;

  // statements
  void refuse_statement() const;
  Node condition(Node& scope);
  Node if_statement();
  std::optional<Node> if_alternative();
  Node while_statement();
  Node switch_statement();
  Node enumeration();
  Node for_statement();
  std::optional<Node> range_loop(Pos pos);
  bool at_declaration() const;
  DeclaredType declared_type();
  std::string listed_elements() const;
  std::vector<Node> declarations();
  Node bind(const DeclaredType& type);
  Node range_variable();
  // expressions
  Node binary(int min_precedence);
  Node ternary();
  Node unary();
  Node postfix();
  Node primary();
  Node name();
  Node cast_or_parenthesis();
  Node braced(std::string type);
  std::vector<Node> arguments(const char* close);
  std::vector<Capture> captures(Node& lambda);

  std::size_t skip_name(std::size_t at, bool in_type) const;
  std::size_t skip_type(std::size_t at) const;
};

bool is_builtin_type(const std::string& word);
/// Of the standard library: what is printed to is an object that changes, as none else does.
bool is_stream(const std::string& type);
/// Capitals, digits and underscores.
bool looks_like_macro(const std::string& word);
bool is_decl_specifier(const std::string& word);

}  // namespace zygote::compiler
