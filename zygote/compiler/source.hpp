// Source text, positions, and the one way in which the compiler refuses.
#pragma once
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace zygote::compiler {

/// A place in the source: 1-based line and column, and the byte offset.
struct Pos {
  int line = 1, column = 1;
  std::size_t offset = 0;
};

/// Thrown wherever marked code cannot be differentiated (yet): what is wrong, and what to write instead.
struct Refusal : std::runtime_error {
  Pos pos;
  std::string advice;
  Refusal(Pos pos, const std::string& message, std::string advice = "")
      : std::runtime_error(message), pos(pos), advice(std::move(advice)) {}
};

enum class TokenKind { identifier, number, string, character, punct, directive, end };

struct Token {
  TokenKind kind = TokenKind::end;
  std::string text;
  Pos pos;
  std::size_t end = 0;  // offset behind the token
  bool is(std::string_view s) const { return text == s && kind != TokenKind::string && kind != TokenKind::character; }
  bool identifier() const { return kind == TokenKind::identifier; }
};
using Tokens = std::vector<Token>;

/// Text -> tokens. Comments vanish; a preprocessor line is one token. Throws Refusal at text that never ends.
Tokens tokenize(const std::string& text);

/// The preprocessor lines.
Tokens directives_of(const Tokens& tokens);
/// Tokens of tokens[begin, end) with the macros that the file itself defines expanded; positions are those of the use.
Tokens expand_macros(const Tokens& tokens, const Tokens& directives, std::size_t begin, std::size_t end);
/// The same without marks.
Tokens expand_unmarked(const Tokens& tokens, const Tokens& directives, std::size_t begin, std::size_t end);

/// Tokens as text, spaced so that they read back as the same tokens.
std::string join(const Tokens& tokens, std::size_t begin, std::size_t end);

/// Index of the bracket that closes the one at `open`; throws Refusal if there is none.
std::size_t matching(const Tokens& tokens, std::size_t open);
/// Is a word in the text, not as a part of another?
bool contains_word(const std::string& text, const std::string& word);
/// Do two tokens stand in different branches of one #if?
bool alternatives(const Tokens& tokens, std::size_t first, std::size_t second);

}  // namespace zygote::compiler
