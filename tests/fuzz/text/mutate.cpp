#include "mutate.hpp"

#include <cctype>

namespace fuzz {
namespace {

const std::vector<std::string> words{"ZYGOTE",    "double",   "int",      "auto",     "const",     "void",
                                     "float",     "bool",     "struct",   "template", "class",     "typename",
                                     "return",    "if",       "else",     "while",    "for",       "do",
                                     "switch",    "case",     "default",  "break",    "continue",  "goto",
                                     "try",       "catch",    "throw",    "static",   "constexpr", "using",
                                     "namespace", "operator", "this",     "sizeof",   "new",       "delete",
                                     "lambda",    "mutable",  "noexcept", "requires", "decltype",  "static_cast",
                                     "std",       "vector",   "f",        "g",        "x",         "y",
                                     "v",         "i",        "n",        "T",        "F",         "sin",
                                     "0",         "1",        "2.5",      "1e-3",     "0x1p3",     "1'000",
                                     "'c'",       "\"s\"",    "R\"(r)\"", "true",     "nullptr",   "#define M(x) x\n",
                                     "#if 1\n",   "#endif\n", "M",        "\n",       "\n",        "(",
                                     ")",         "{",        "}",        "[",        "]",         "<",
                                     ">",         ";",        ";",        ",",        ".",         "...",
                                     "->",        "::",       ":",        "?",        "=",         "+=",
                                     "*=",        "==",       "<=",       ">=",       "<=>",       "&&",
                                     "||",        "!",        "+",        "-",        "*",         "/",
                                     "%",         "&",        "|",        "^",        "~",         "++",
                                     "--",        "<<",       ">>",       "\\\n",     "//",        "/*",
                                     "*/",        "\"",       "'",        "R\"x(",    "@",         "$",
                                     "`",         "\xc3\xa9", "[&]",      "[=]",      "[[",        "]]",
                                     "()"};

bool in_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

std::string bytes(Random& random) {
  std::string text;
  for (int n = random.below(400); n > 0; --n)
    text += char(random.chance(70) ? random.between(32, 126) : random.below(256));
  return random.chance(50) ? text : "ZYGOTE double f(double x) {" + text + "}";
}

std::string soup(Random& random) {
  std::string text = random.chance(80) ? "ZYGOTE double f(double x, std::vector<double> v) {\n" : "";
  const std::string end = text.empty() ? "" : "\nreturn x; }\n";
  for (int n = random.below(80); n > 0; --n) text += random.pick(words) + (random.chance(90) ? " " : "");
  return text + end;
}

// Brackets, operators or statements inside each other.
std::string nesting(Random& random, int deepest) {
  struct Pair {
    const char *open, *close;
  };
  static const std::vector<Pair> pairs{{"(", ")"},
                                       {"{", "}"},
                                       {"-", ""},
                                       {"!", ""},
                                       {"f(", ")"},
                                       {"x[", "]"},
                                       {"x ? x : ", ""},
                                       {"x + ", ""},
                                       {"x = ", ""},
                                       {"if (x > 0) ", ""},
                                       {"if (x > 0) {", "}"},
                                       {"while (x > 0) {", "}"},
                                       {"for (double e : v) ", ""},
                                       {"x * (", ")"},
                                       {"[&](double y) { return ", "; }(x)"},
                                       {"std::vector<", ">"},
                                       {"A::", ""},
                                       {"x.", ""},
                                       {"double(", ")"},
                                       {"{{", ""},
                                       {"if (x > 0) x = 1; else ", ""},
                                       {"/*", "*/"},
                                       {"#if 1\n", "#endif\n"},
                                       {"do ", "while (x > 0);"},
                                       {"x < ", ""}};
  const Pair p = random.pick(pairs);
  const int depth = random.between(1, deepest);
  std::string text = "ZYGOTE double f(double x, std::vector<double> v) { ";
  if (random.chance(50)) text += "return ";
  for (int i = 0; i < depth; ++i) text += p.open;
  if (random.chance(80)) text += "x";
  for (int i = random.chance(80) ? depth : random.below(depth); i > 0; --i) text += p.close;
  return text + "; return x; }\n";
}

// Some lines of a program, or all of it.
std::string excerpt(Random& random, const std::string& program) {
  std::vector<std::size_t> starts{0};
  for (std::size_t at; (at = program.find('\n', starts.back())) != std::string::npos;) starts.push_back(at + 1);
  const int lines = int(starts.size());
  if (lines < 80 && random.chance(50)) return program;
  const int first = random.below(lines), last = std::min(lines - 1, first + random.between(5, 80));
  return program.substr(starts[std::size_t(first)], starts[std::size_t(last)] - starts[std::size_t(first)]);
}

void mutate(Random& random, std::vector<std::string>& pieces, const std::vector<std::string>& corpus) {
  const int n = int(pieces.size());
  if (n == 0) return;
  const auto at = [&](int i) { return pieces.begin() + i; };
  const int a = random.below(n), length = random.chance(70) ? 1 : random.between(1, std::min(n, 20)),
            end = std::min(n, a + length);
  switch (random.below(8)) {
    case 0:
      pieces.erase(at(a), at(end));
      break;
    case 1: {
      const std::vector<std::string> copy(at(a), at(end));
      pieces.insert(at(random.below(n)), copy.begin(), copy.end());
      break;
    }
    case 2:
      std::swap(pieces[std::size_t(a)], pieces[std::size_t(random.below(n))]);
      break;
    case 3:
      pieces.insert(at(a), random.pick(words));
      break;
    case 4:
      pieces[std::size_t(a)] = random.pick(words);
      break;
    case 5: {  // a word of the same text in place of another: often still a program
      const std::string& other = pieces[std::size_t(random.below(n))];
      if (in_word(other[0]) || random.chance(20)) pieces[std::size_t(a)] = other;
      break;
    }
    case 6: {
      std::string& piece = pieces[std::size_t(a)];
      if (!piece.empty()) piece[std::size_t(random.below(int(piece.size())))] = char(random.below(256));
      break;
    }
    default: {
      auto other = pieces_of(excerpt(random, random.pick(corpus)));
      const int m = int(other.size()), from = random.below(m + 1);
      pieces.insert(at(a), other.begin() + from, other.begin() + std::min(m, from + random.below(30)));
    }
  }
}

}  // namespace

std::vector<std::string> pieces_of(const std::string& text) {
  std::vector<std::string> pieces;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i + 1;
    while (in_word(text[i]) && end < text.size() && in_word(text[end])) ++end;
    while (text[i] == ' ' && end < text.size() && text[end] == ' ') ++end;
    pieces.push_back(text.substr(i, end - i));
    i = end;
  }
  return pieces;
}

std::string random_input(Random& random, const std::vector<std::string>& corpus, int depth) {
  const int kind = random.below(100);
  if (kind < 5) return bytes(random);
  if (kind < 20 || corpus.empty()) return soup(random);
  if (kind < 24) return nesting(random, depth);
  auto pieces = pieces_of(excerpt(random, random.pick(corpus)));
  for (int n = random.between(1, random.chance(50) ? 2 : 12); n > 0; --n) mutate(random, pieces, corpus);
  std::string text;
  for (const std::string& piece : pieces) text += piece;
  if (random.chance(5)) text.resize(std::size_t(random.below(int(text.size()) + 1)));
  return text;
}

}  // namespace fuzz
