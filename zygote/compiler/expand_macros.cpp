// tokens -> tokens, with the macros of the same file expanded
//
//   #define SQ(x) ((x) * (x))
//   SQ(a + 1)                    =>   ((a + 1) * (a + 1))
//
// Names that no #define of this file explains are left alone: the C++ compiler that reads the output knows them.
// Every token of an expansion stands at the place of the use.
#include <algorithm>
#include <map>
#include <set>

#include "source.hpp"

namespace zygote::compiler {
namespace {

struct Macro {
  bool function_like = false, variadic = false;
  std::vector<std::string> parameters;
  Tokens body;
  int definitions = 1;       // without an #undef between them
  std::size_t depth = 0;     // of the conditions around
  bool conditional = false;  // between an #if and its #endif
};

class Expander {
 public:
  // The macros that are defined above a place of the text.
  Expander(const Tokens& directives, std::size_t offset) {
    for (std::size_t i = 0; i < directives.size() && directives[i].pos.offset < offset; ++i) {
      const Tokens line = words(directives[i]);
      if (line.empty()) continue;
      if (line[0].text.starts_with("if"))
        guards_.push_back(i + 1 < directives.size() && guards(line, words(directives[i + 1])));
      if (line[0].text.starts_with("e") && !guards_.empty()) end_group();  // else, elif, endif
      if (line[0].is("endif") && !guards_.empty()) guards_.pop_back();
      read(line);
    }
  }

  Tokens expand(const Tokens& in, std::set<std::string> hidden) {
    Tokens out;
    for (std::size_t i = 0; i < in.size(); ++i) {
      const auto found = in[i].identifier() && !hidden.count(in[i].text) ? macros_.find(in[i].text) : macros_.end();
      if (found == macros_.end() || (found->second.function_like && !(i + 1 < in.size() && in[i + 1].is("(")))) {
        out.push_back(in[i]);
        continue;
      }
      const Macro& macro = found->second;
      if (macro.definitions > 1)
        throw Refusal(in[i].pos, "macro '" + in[i].text + "' is defined more than once in this file",
                      "give the alternatives different names, or make it a constexpr function or variable");
      if (macro.conditional)
        throw Refusal(in[i].pos, "macro '" + in[i].text + "' is defined under a condition, which zygote does not know",
                      "make it a constexpr function or variable");
      std::size_t last = i;
      std::vector<Tokens> arguments;
      if (macro.function_like) arguments = read_arguments(in, i, last, macro);
      Tokens body = substitute(macro, arguments, in[i], hidden);
      auto inner = hidden;
      inner.insert(in[i].text);
      for (Token& t : expand(body, inner)) out.push_back(std::move(t));
      i = last;
    }
    return out;
  }

 private:
  std::map<std::string, Macro> macros_;
  std::vector<bool> guards_;  // conditions around: are they include guards?

  static Tokens words(const Token& directive) {
    Tokens line = tokenize(" " + directive.text.substr(1));
    line.pop_back();
    return line;
  }
  // #ifndef NAME_HPP and #define NAME_HPP: what follows is there.
  static bool guards(const Tokens& line, const Tokens& next) {
    return line[0].is("ifndef") && line.size() == 2 && next.size() == 2 && next[0].is("define") &&
           next[1].text == line[1].text;
  }

  static bool is_plain(const Macro& macro) {
    return !macro.function_like &&
           std::none_of(macro.body.begin(), macro.body.end(), [](const Token& t) { return t.identifier(); });
  }
  // What was defined since the last #if, #elif or #else may be there or not.
  void end_group() {
    if (guards_.back()) return;
    const auto inside = [&](const auto& named) { return named.second.depth >= guards_.size(); };
    std::erase_if(macros_, [&](const auto& named) { return inside(named) && is_plain(named.second); });
    for (auto& named : macros_) named.second.conditional = named.second.conditional || inside(named);
  }

  void read(const Tokens& line) {
    if (line.size() < 2) return;
    const std::string& name = line[1].text;
    if (line[0].is("undef")) macros_.erase(name);
    if (!line[0].is("define") || name == "ZYGOTE") return;
    Macro macro;
    std::size_t body = 2;
    if (line.size() > 2 && line[2].is("(") && line[2].pos.offset == line[1].end) {
      macro.function_like = true;
      const auto close = matching(line, 2);
      for (std::size_t i = 3; i < close; ++i) {
        if (line[i].is("...")) macro.variadic = true;
        if (line[i].identifier()) macro.parameters.push_back(line[i].text);
      }
      if (macro.variadic) macro.parameters.push_back("__VA_ARGS__");
      body = close + 1;
    }
    macro.body.assign(line.begin() + std::ptrdiff_t(body), line.end());
    const bool plain = is_plain(macro);
    macro.depth = guards_.size();
    if (auto old = macros_.find(name); old != macros_.end()) {
      if (plain) return void(macros_.erase(old));  // a number, whichever: the C++ compiler will know
      macro.definitions = old->second.definitions + 1;
    }
    macros_[name] = std::move(macro);
  }

  static std::vector<Tokens> read_arguments(const Tokens& in, std::size_t name, std::size_t& last, const Macro& macro) {
    std::vector<Tokens> arguments(1);
    last = matching(in, name + 1);
    int depth = 0;
    for (std::size_t i = name + 2; i < last; ++i) {
      if (in[i].is("(") || in[i].is("[") || in[i].is("{")) ++depth;
      if (in[i].is(")") || in[i].is("]") || in[i].is("}")) --depth;
      const bool rest = macro.variadic && arguments.size() >= macro.parameters.size();
      if (in[i].is(",") && depth == 0 && !rest)
        arguments.emplace_back();
      else
        arguments.back().push_back(in[i]);
    }
    if (macro.variadic && arguments.size() + 1 == macro.parameters.size()) arguments.emplace_back();
    const bool no_arguments = macro.parameters.empty() && arguments.size() == 1 && arguments[0].empty();
    if (!no_arguments && arguments.size() != macro.parameters.size())
      throw Refusal(in[name].pos, "macro '" + in[name].text + "' takes " + std::to_string(macro.parameters.size()) +
                                      " arguments, got " + std::to_string(arguments.size()));
    return arguments;
  }

  Tokens substitute(const Macro& macro, const std::vector<Tokens>& arguments, const Token& use,
                    const std::set<std::string>& hidden) {
    auto parameter = [&](const Token& t) {
      return std::size_t(std::find(macro.parameters.begin(), macro.parameters.end(), t.text) -
                         macro.parameters.begin());
    };
    Tokens out;
    for (std::size_t i = 0; i < macro.body.size(); ++i) {
      const Token& t = macro.body[i];
      const bool pasted =
          (i + 1 < macro.body.size() && macro.body[i + 1].is("##")) || (i > 0 && macro.body[i - 1].is("##"));
      if (t.is("##")) continue;
      const std::size_t before = out.size();
      if (const auto p = parameter(t); t.identifier() && p < arguments.size()) {
        const Tokens argument = pasted ? arguments[p] : expand(arguments[p], hidden);
        out.insert(out.end(), argument.begin(), argument.end());
      } else if (t.is("#") && i + 1 < macro.body.size() && parameter(macro.body[i + 1]) < arguments.size()) {
        const Tokens& argument = arguments[parameter(macro.body[++i])];
        std::string quoted = "\"";
        for (char c : join(argument, 0, argument.size()))
          quoted += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
        out.push_back({TokenKind::string, quoted + "\"", use.pos, use.end});
      } else
        out.push_back(t);
      if (i > 0 && macro.body[i - 1].is("##") && before > 0 && before < out.size()) {
        out[before - 1].text += out[before].text;
        out.erase(out.begin() + std::ptrdiff_t(before));
      }
    }
    for (Token& t : out) {
      t.pos = use.pos;
      t.end = use.end;
    }
    return out;
  }
};

}  // namespace

Tokens directives_of(const Tokens& tokens) {
  Tokens directives;
  std::copy_if(tokens.begin(), tokens.end(), std::back_inserter(directives),
               [](const Token& t) { return t.kind == TokenKind::directive; });
  return directives;
}

Tokens expand_macros(const Tokens& tokens, const Tokens& directives, std::size_t begin, std::size_t end) {
  return Expander(directives, tokens[begin].pos.offset)
      .expand(Tokens(tokens.begin() + std::ptrdiff_t(begin), tokens.begin() + std::ptrdiff_t(end)), {});
}

Tokens expand_unmarked(const Tokens& tokens, const Tokens& directives, std::size_t begin, std::size_t end) {
  Tokens all = expand_macros(tokens, directives, begin, end);
  std::erase_if(all, [](const Token& t) { return t.is("ZYGOTE"); });
  return all;
}

}  // namespace zygote::compiler
