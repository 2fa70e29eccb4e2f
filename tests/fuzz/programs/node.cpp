#include "node.hpp"

#include <cctype>

namespace fuzz {
namespace {

void append(const Node& node, const std::set<int>& cut, int& next, bool visible, std::string& out) {
  if (node.cuttable && cut.contains(next++)) {
    if (visible) out += node.instead;
    visible = false;
  }
  if (visible) out += node.text;
  for (const Node& part : node.parts) append(part, cut, next, visible, out);
}

// Two spaces for each open brace at the start of a line.
std::string indented(const std::string& text) {
  std::string out;
  int depth = 0;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string line = text.substr(start, end - start);
    start = end + 1;
    if (line.empty()) continue;
    out += std::string(2 * std::size_t(line[0] == '}' ? depth - 1 : depth), ' ') + line + "\n";
    for (char c : line) depth += (c == '{') - (c == '}');
  }
  return out;
}

bool in_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

std::string dual_word(const std::string& word) {
  if (word == "ZYGOTE") return "";
  if (word == "double" || word == "float") return "Dual";
  const bool number = std::isdigit(static_cast<unsigned char>(word[0]));
  return number && word.find('.') != std::string::npos ? "Dual(" + word + ")" : word;
}

}  // namespace

std::string print(const Node& node, const std::set<int>& cut, int& next) {
  std::string text;
  append(node, cut, next, true, text);
  return indented(text);
}

std::string ranges(const Node& node, int& next) {
  const int first = next;
  next += node.cuttable;
  std::string inner;
  for (const Node& part : node.parts) inner += ranges(part, next);
  return (node.cuttable ? std::to_string(first) + " " + std::to_string(next) + "\n" : "") + inner;
}

std::string dual_copy(const std::string& program) {
  static const std::set<std::string> maths{"sin",  "cos",  "tan", "tanh",  "exp",   "log",  "sqrt",  "atan", "abs",
                                           "cosh", "sinh", "pow", "hypot", "log1p", "cbrt", "atan2", "erf",  "expm1"};
  std::string out;
  for (std::size_t i = 0; i < program.size();) {
    std::size_t end = i;
    const bool number = std::isdigit(static_cast<unsigned char>(program[i]));
    while (end < program.size() && (in_word(program[end]) || (number && program[end] == '.'))) ++end;
    const std::string word = program.substr(i, end - i);
    if (word == "std" && program.compare(end, 2, "::") == 0) {
      std::size_t last = end + 2;
      while (last < program.size() && in_word(program[last])) ++last;
      out +=
          (maths.contains(program.substr(end + 2, last - end - 2)) ? "fuzz" : "std") + program.substr(end, last - end);
      end = last;
    } else
      out += word.empty() ? std::string(1, program[i]) : dual_word(word);
    i = std::max(end, i + 1);
  }
  return out;
}

}  // namespace fuzz
