// text -> tokens
//
//   x*=2.5; // twice      =>   x  *=  2.5  ;
//
// Requires nothing of the text. Guarantees that every token carries its place, and that string literals (raw ones too)
// and preprocessor lines are single tokens.
#include <array>
#include <cctype>
#include <string_view>

#include "source.hpp"

namespace zygote::compiler {
namespace {

constexpr std::array<std::string_view, 26> kPuncts3 = {"<=>", "<<=", ">>=", "...", "->*", "::", "->", "++", "--",
                                                       "<<",  ">>",  "<=",  ">=",  "==",  "!=", "&&", "||", "+=",
                                                       "-=",  "*=",  "/=",  "%=",  "&=",  "|=", "^=", "##"};

class Tokenizer {
 public:
  explicit Tokenizer(const std::string& text) : text_(text) {}

  Tokens run() {
    tokens_.reserve(text_.size() / 4);
    while (true) {
      skip_space();
      if (at_ >= text_.size()) break;
      token();
    }
    tokens_.push_back({TokenKind::end, "", here(), text_.size()});
    return std::move(tokens_);
  }

 private:
  const std::string& text_;
  std::size_t at_ = 0, line_start_ = 0;
  int line_ = 1;
  bool line_is_blank_ = true;
  Tokens tokens_;
  std::vector<bool> dropped_;  // conditions around: is the line that ends it dropped, as the one that begins it was?

  char peek(std::size_t n = 0) const { return at_ + n < text_.size() ? text_[at_ + n] : '\0'; }
  Pos here() const { return {line_, int(at_ - line_start_) + 1, at_}; }
  bool starts(std::string_view s) const { return text_.compare(at_, s.size(), s) == 0; }

  void advance(std::size_t n = 1) {
    for (; n > 0 && at_ < text_.size(); --n, ++at_)
      if (text_[at_] == '\n') {
        ++line_;
        line_start_ = at_ + 1;
        line_is_blank_ = true;
      }
  }

  void skip_space() {
    while (at_ < text_.size()) {
      if (std::isspace(static_cast<unsigned char>(peek())) || (peek() == '\\' && (peek(1) == '\n' || peek(1) == '\r')))
        advance();
      else if (starts("//"))
        skip_line();
      else if (starts("/*")) {
        const Pos start = here();
        advance(2);
        while (at_ < text_.size() && !starts("*/")) advance();
        if (at_ >= text_.size()) throw Refusal(start, "this comment never ends", "close it with */");
        advance(2);
      } else
        break;
    }
  }

  // To the end of the line, continuation lines included.
  void skip_line() {
    while (at_ < text_.size() && peek() != '\n') advance(peek() == '\\' && peek(1) == '\n' ? 2 : 1);
  }

  void push(TokenKind kind, Pos start) {
    line_is_blank_ = false;
    tokens_.push_back({kind, text_.substr(start.offset, at_ - start.offset), start, at_});
  }

  void token() {
    const Pos start = here();
    const auto c = static_cast<unsigned char>(peek());
    if (c == '#' && line_is_blank_) {
      directive();
      if (!drops(word_of(start.offset), start)) push(TokenKind::directive, start);
    } else if (std::isalpha(c) || c == '_' || c >= 0x80) {
      while (std::isalnum(static_cast<unsigned char>(peek())) || peek() == '_' ||
             static_cast<unsigned char>(peek()) >= 0x80)
        advance();
      literal_prefix(start);
    } else if (std::isdigit(c) || (c == '.' && std::isdigit(static_cast<unsigned char>(peek(1))))) {
      number();
      push(TokenKind::number, start);
    } else if (c == '"' || c == '\'')
      quoted(start);
    else {
      std::size_t length = 1;
      for (std::string_view p : kPuncts3)
        if (starts(p)) {
          length = p.size();
          break;
        }
      advance(length);
      push(TokenKind::punct, start);
    }
  }

  // A preprocessor line; a block comment in it may span lines.
  void directive() {
    while (at_ < text_.size() && peek() != '\n') {
      if (starts("/*"))
        skip_space();
      else if (starts("//"))
        return skip_line();
      else
        advance(peek() == '\\' && peek(1) == '\n' ? 2 : 1);
    }
  }

  // if of #  if x
  std::string_view word_of(std::size_t begin) const {
    begin = text_.find_first_not_of(" \t", begin + 1);
    std::size_t end = begin;
    while (end < text_.size() && std::isalpha(static_cast<unsigned char>(text_[end]))) ++end;
    return std::string_view(text_).substr(std::min(begin, text_.size()), end - std::min(begin, end));
  }
  // A pragma is for the C++ compiler only; and what stands behind #if 0 is not there.
  bool drops(std::string_view word, Pos start) {
    if (word == "pragma") return true;
    if (word == "endif" && !dropped_.empty()) {
      const bool drop = dropped_.back();
      dropped_.pop_back();
      return drop;
    }
    if (!word.starts_with("if")) return false;
    const std::string_view line = std::string_view(text_).substr(start.offset, at_ - start.offset);
    const auto condition = line.substr(line.find(word) + word.size());
    const auto first = condition.find_first_not_of(" \t");
    const bool never = word == "if" && first != std::string_view::npos &&
                       condition.substr(first, condition.find_first_of(" \t/\r", first) - first) == "0";
    if (!never || skip_group() != "endif") dropped_.push_back(never);
    return never;
  }
  // To behind the line that ends the group of lines behind an #if; which one that is.
  std::string_view skip_group() {
    for (int depth = 0; at_ < text_.size();) {
      advance();  // the end of the line
      while (peek() == ' ' || peek() == '\t') advance();
      const std::string_view word = peek() == '#' ? word_of(at_) : "";
      skip_line();
      if (depth == 0 && (word == "endif" || word.starts_with("el"))) return word;
      depth += word.starts_with("if") ? 1 : word == "endif" ? -1 : 0;
    }
    return "";
  }

  // An identifier, or the prefix of a string or character literal.
  void literal_prefix(Pos start) {
    const std::string_view word(text_.data() + start.offset, at_ - start.offset);
    const bool prefix = word == "L" || word == "u" || word == "U" || word == "u8";
    const bool raw = word == "R" || word == "LR" || word == "uR" || word == "UR" || word == "u8R";
    if (raw && peek() == '"')
      raw_string(start);
    else if (prefix && (peek() == '"' || peek() == '\''))
      quoted(start);
    else
      push(TokenKind::identifier, start);
  }

  void number() {
    while (std::isalnum(static_cast<unsigned char>(peek())) || peek() == '.' || peek() == '_' ||
           (peek() == '\'' && std::isalnum(static_cast<unsigned char>(peek(1)))) ||
           ((peek() == '+' || peek() == '-') && at_ > 0 &&
            std::string_view("eEpP").find(text_[at_ - 1]) != std::string_view::npos))
      advance();
  }

  void quoted(Pos start) {
    const char quote = peek();
    advance();
    while (at_ < text_.size() && peek() != quote && peek() != '\n') advance(peek() == '\\' ? 2 : 1);
    if (peek() != quote) throw Refusal(start, "this literal never ends", "close it on the same line");
    advance();
    push(quote == '"' ? TokenKind::string : TokenKind::character, start);
  }

  void raw_string(Pos start) {
    const auto open = text_.find('(', at_);
    if (open == std::string::npos) throw Refusal(start, "this raw string has no opening parenthesis");
    const auto close = ")" + text_.substr(at_ + 1, open - at_ - 1) + "\"";
    const auto end = text_.find(close, open);
    if (end == std::string::npos) throw Refusal(start, "this raw string never ends", "close it with " + close);
    advance(end + close.size() - at_);
    push(TokenKind::string, start);
  }
};

}  // namespace

Tokens tokenize(const std::string& text) { return Tokenizer(text).run(); }

std::string join(const Tokens& tokens, std::size_t begin, std::size_t end) {
  auto word = [](const Token& t) { return t.kind != TokenKind::punct; };
  std::string text;
  for (std::size_t i = begin; i < end; ++i) {
    const Token& t = tokens[i];
    const bool tight = i == begin || t.is("::") || tokens[i - 1].is("::") || t.is(",") || t.is(";") || t.is(")") ||
                       tokens[i - 1].is("(") || (t.is("(") && word(tokens[i - 1])) || t.is("<") ||
                       tokens[i - 1].is("<") || (t.is(">") && !tokens[i - 1].is(">"));
    if (!tight || (i > begin && word(t) && word(tokens[i - 1]))) text += ' ';
    text += t.text;
  }
  return text;
}

std::size_t matching(const Tokens& tokens, std::size_t open) {
  int depth = 0;
  for (std::size_t i = open; i < tokens.size(); ++i) {
    const Token& t = tokens[i];
    if (t.is("(") || t.is("[") || t.is("{")) ++depth;
    if (t.is(")") || t.is("]") || t.is("}"))
      if (--depth == 0) return i;
  }
  throw Refusal(tokens[open].pos, "'" + tokens[open].text + "' is never closed");
}

bool contains_word(const std::string& text, const std::string& word) {
  const auto letter = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const auto end = at + word.size();
    if ((at == 0 || !letter(text[at - 1])) && (end == text.size() || !letter(text[end]))) return true;
  }
  return false;
}

bool alternatives(const Tokens& tokens, std::size_t first, std::size_t second) {
  int depth = 0;
  for (std::size_t i = first; i < second; ++i) {
    if (tokens[i].kind != TokenKind::directive) continue;
    const std::string& text = tokens[i].text;
    const auto word = text.find_first_not_of("# \t");
    const auto is = [&](const char* name) {
      return word != std::string::npos && text.compare(word, std::string(name).size(), name) == 0;
    };
    if (depth == 0 && is("el")) return true;
    depth += is("if") ? 1 : is("endif") ? -1 : 0;
  }
  return false;
}

}  // namespace zygote::compiler
