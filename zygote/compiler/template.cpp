// What the parameters of a template stand for, as far as texts tell, and texts and trees with that in their place.
//
//   template <class T> void axpy(T a, const std::vector<T>& x, std::vector<T>& y), y a std::vector<double>
//     =>     T is double;  T r = a * x[0];   =>   double r = a * x[0];
#include <algorithm>

#include "lower.hpp"
#include "parser.hpp"

namespace zygote::compiler {
namespace {

// '>>' is two of them.
Tokens type_tokens(const std::string& text) {
  Tokens all;
  for (Token& t : tokenize(text)) {
    const bool two = t.is(">>");
    if (two) t.text = ">";
    if (t.kind != TokenKind::end) all.push_back(t);
    if (two) all.push_back(t);
  }
  return all;
}

// The token behind an argument of a template that begins here.
std::size_t behind_argument(const Tokens& tokens, std::size_t at) {
  for (int depth = 0; at < tokens.size(); ++at) {
    if (depth == 0 && (tokens[at].is(",") || tokens[at].is(">"))) break;
    depth += tokens[at].is("<") || tokens[at].is("(") ? 1 : tokens[at].is(">") || tokens[at].is(")") ? -1 : 0;
  }
  return at;
}

}  // namespace

std::vector<std::string> template_parameters(const std::string& head, std::vector<std::string>* defaults) {
  const Tokens tokens = type_tokens(head);
  std::vector<std::string> names;
  const auto closes = std::find_if(tokens.begin(), tokens.end(), [](const Token& t) { return t.is("<"); });
  for (std::size_t at = std::size_t(closes - tokens.begin()) + 1; at < tokens.size(); ++at) {
    const std::size_t end = behind_argument(tokens, at);
    std::string name;
    const auto equals = std::find_if(tokens.begin() + std::ptrdiff_t(at), tokens.begin() + std::ptrdiff_t(end),
                                     [](const Token& t) { return t.is("="); });
    if (const auto i = std::size_t(equals - tokens.begin()); defaults)
      defaults->push_back(i < end ? join(tokens, i + 1, end) : "");
    for (std::size_t i = at; i < end && !tokens[i].is("="); ++i)
      if (tokens[i].is("...") || tokens[i].is("template"))
        return {};
      else if (i > at && tokens[i].identifier())
        name = tokens[i].text;
    names.push_back(name);
    at = end;
    if (at < tokens.size() && tokens[at].is(">")) break;
  }
  return names;
}

std::vector<std::string> template_arguments(const std::string& type) {
  const Tokens tokens = type_tokens(type);
  std::vector<std::string> arguments;
  std::size_t at = 0;
  while (at < tokens.size() && !tokens[at].is("<")) ++at;
  while (at + 1 < tokens.size() && !tokens[at].is(">")) {
    const std::size_t begin = at + 1;
    at = behind_argument(tokens, begin);
    arguments.push_back(join(tokens, begin, at));
  }
  return arguments;
}

void deduce(const std::string& pattern, const std::string& type, const std::vector<std::string>& parameters,
            Bound& bound) {
  const Tokens wanted = type_tokens(bare(pattern)), given = type_tokens(type);
  Bound found;
  std::size_t j = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (j >= given.size()) return;
    const std::size_t begin = j;
    if (std::count(parameters.begin(), parameters.end(), wanted[i].text)) {
      j = behind_argument(given, begin);
      found.insert({wanted[i].text, join(given, begin, j)});
    } else if (wanted[i].text != given[j++].text)
      return;
  }
  if (j == given.size()) bound.merge(found);
}

std::string substituted(const std::string& text, const Bound& bound) {
  Tokens tokens = tokenize(text);
  bool any = false;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const auto known = bound.find(tokens[i].text);
    if (!tokens[i].identifier() || known == bound.end()) continue;
    if (i > 0 && (tokens[i - 1].is(".") || tokens[i - 1].is("::"))) continue;
    if (i + 1 < tokens.size() && tokens[i + 1].is("<") && known->second.ends_with(">"))
      continue;  // the template itself
    tokens[i].text = known->second;
    any = true;
  }
  return any ? join(tokens, 0, tokens.size() - 1) : text;
}

Node substituted(Node n, const Bound& bound) {
  if (n.kind == NodeKind::name || n.kind == NodeKind::make || n.kind == NodeKind::literal)
    n.text = substituted(n.text, bound);
  for (std::string* text : {&n.type, &n.initialiser, &n.parameter_text}) *text = substituted(*text, bound);
  for (Parameter& p : n.parameters) p.type = substituted(p.type, bound);
  for (Node& kid : n.kids) kid = substituted(std::move(kid), bound);
  return n;
}

Marked substituted(Marked m, const Bound& bound) {
  m.return_type = substituted(m.return_type, bound);
  for (Parameter& p : m.parameters) {
    p.type = substituted(p.type, bound);
    p.fallback = substituted(p.fallback, bound);
  }
  for (Member& member : m.members) member.type = substituted(member.type, bound);
  return m;
}

}  // namespace zygote::compiler
