// square<double>, of a marked function template, which has become an object  =>  ZYGOTE_EXPLICIT(square, double)
#include "emit.hpp"
#include "parser.hpp"

namespace zygote::compiler {

std::string explicit_template(const std::string& name, const std::set<std::string>& templates) {
  const auto open = name.find('<');
  if (open == std::string::npos || !name.ends_with(">")) return name;
  const std::string base = name.substr(0, open), last = "::" + base;
  for (const std::string& known : templates)
    if (known == base || known.ends_with(last))
      return "ZYGOTE_EXPLICIT(" + base + ", " + name.substr(open + 1, name.size() - open - 2) + ")";
  return name;
}

std::vector<Edit> explicit_templates(const Tokens& tokens, const std::set<std::string>& templates) {
  std::vector<Edit> edits;
  for (std::size_t i = 1; i + 1 < tokens.size() && !templates.empty(); ++i) {
    if (!tokens[i].identifier() || !tokens[i + 1].is("<") || tokens[i - 1].is(".") || tokens[i - 1].is("->")) continue;
    const std::size_t end = Parser(tokens).skip_template_arguments(i + 1, false);
    std::size_t begin = i;
    while (begin > 1 && tokens[begin - 1].is("::")) begin -= tokens[begin - 2].identifier() ? 2 : 1;
    const std::string name = end ? join(tokens, begin, end) : "", text = explicit_template(name, templates);
    if (text != name) edits.push_back({tokens[begin].pos.offset, tokens[end - 1].end, text});
  }
  return edits;
}

}  // namespace zygote::compiler
