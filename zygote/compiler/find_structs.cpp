// tokens -> the structs of a file, with the types of their fields
//
//   struct Vec2 { double x, y; };  struct Line { Vec2 from, to; };     =>     both are nothing but numbers
//
// Only structs of namespaces, without bases and templates. What is not understood is left out.
#include "find_marked.hpp"
#include "parser.hpp"
#include "passes.hpp"

namespace zygote::compiler {
namespace {

class StructFinder {
 public:
  StructFinder(const Tokens& tokens, Structs& structs) : tokens_(tokens), structs_(structs) {}

  void run() {
    std::set<std::string> others;
    space(0, tokens_.size(), "", others);
    for (const std::string& name : others) structs_[name].understood = false;
    for (bool changed = true; changed;) {  // structs of structs of numbers
      changed = false;
      for (auto& [name, each] : structs_)
        if (!each.numbers && numbers(each)) changed = each.numbers = true;
    }
  }

 private:
  const Tokens& tokens_;
  Structs& structs_;

  const Token& at(std::size_t i) const { return i < tokens_.size() ? tokens_[i] : tokens_.back(); }

  void space(std::size_t begin, std::size_t end, const std::string& scope, std::set<std::string>& others) {
    for (std::size_t i = begin; i < end; ++i) {
      if (at(i).is("(")) i = matching(tokens_, i);
      if (!at(i).is("{")) continue;
      std::size_t head = i;
      while (head > begin && !at(head - 1).is(";") && !at(head - 1).is("}") &&
             at(head - 1).kind != TokenKind::directive)
        --head;
      const std::size_t close = matching(tokens_, i);
      if (at(head).is("inline") && at(head + 1).is("namespace")) ++head;
      if (at(head).is("namespace")) {
        std::string inner = scope;
        for (std::size_t k = head + 1; k < i; ++k)
          if (at(k).identifier()) inner += at(k).text + "::";
        space(i + 1, close, inner, others);
      } else if (at(head).is("struct") && head + 2 == i) {
        const std::string& name = at(head + 1).text;
        if (structs_.count(scope + name)) others.insert(scope + name);
        structs_[scope + name].scope = scope;
        fields(i, name, structs_[scope + name]);
      } else if (at(head).is("struct") || at(head).is("class") || at(head).is("template"))
        for (std::size_t k = head; k < i; ++k)
          if (at(k).is("struct") || at(k).is("class")) {
            others.insert(scope + at(k + 1).text);
            structs_[scope + at(k + 1).text].scope = scope;
          }
      i = close;
    }
  }

  void fields(std::size_t open, const std::string& name, Struct& s) const {
    const std::size_t close = matching(tokens_, open);
    for (std::size_t i = open + 1, end; i < close; i = end + 1) {
      bool method = false;
      for (end = i; end < close && !at(end).is(";"); ++end) {
        method = method || at(end).is("(");
        if ((at(end).is(name.c_str()) && at(end + 1).is("(")) || at(end).is("private") || at(end).is("virtual"))
          s.aggregate = false;
        if (at(end).is("(")) end = matching(tokens_, end);
        if (at(end).is("{")) {
          end = matching(tokens_, end);
          if (method && !at(end + 1).is(";")) break;
        }
      }
      if (!method && i < end) declaration(i, end, s);
    }
  }
  // type name [value] {',' name [value]} ';'
  void declaration(std::size_t begin, std::size_t end, Struct& s) const {
    std::size_t name = begin;
    const auto ends = [&](std::size_t i) { return i == end || at(i).is(",") || at(i).is("=") || at(i).is("{"); };
    for (int depth = 0; name < end; ++name) {
      depth += at(name).is("<") ? 1 : at(name).is(">") ? -1 : at(name).is(">>") ? -2 : 0;
      if (depth == 0 && name > begin && at(name).identifier() && ends(name + 1)) break;
    }
    const std::string type = join(tokens_, begin, name);
    s.aggregate = s.aggregate && name < end;
    while (name < end && at(name).identifier() && ends(name + 1)) {
      s.fields.push_back({at(name).text, type});
      for (++name; name < end && !at(name).is(","); ++name)
        if (at(name).is("{") || at(name).is("(")) name = matching(tokens_, name);
      ++name;
    }
    s.aggregate = s.aggregate && name >= end;
  }

  bool numbers(const Struct& s) const {
    for (const auto& field : s.fields) {
      const std::string type = known_type(field.type);
      if (field.type.starts_with("const ") || field.type.starts_with("static ")) return false;
      if (is_number(type)) continue;
      const Struct* const of = visible_struct(structs_, s.scope, type);
      if (!of || !of->numbers) return false;
    }
    return s.aggregate && !s.fields.empty() && s.fields.size() <= 16;
  }
};

}  // namespace

std::string outer_scope(const std::string& scope) {
  return scope.substr(0, scope.size() < 2 ? 0 : scope.find_last_of(':', scope.size() - 3) + 1);
}

const Struct* visible_struct(const Structs& structs, std::string scope, const std::string& name) {
  const Struct* found = nullptr;
  for (bool more = true; more;) {
    if (const auto at = structs.find(scope + name); at != structs.end()) {
      if (found || !at->second.understood) return nullptr;
      found = &at->second;
    }
    more = !scope.empty();
    scope = outer_scope(scope);
  }
  return found;
}

Structs find_structs(const Tokens& tokens) {
  Structs structs;
  StructFinder(tokens, structs).run();
  return structs;
}

}  // namespace zygote::compiler
