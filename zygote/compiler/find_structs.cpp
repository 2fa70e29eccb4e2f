// tokens -> the structs of a file that are nothing but numbers with names
//
//   struct Vec2 { double x, y; };  struct Line { Vec2 from, to; };     =>     both, with their fields
//
// Only structs of namespaces, without bases, constructors, initialisers and templates; methods do not matter.
#include "find_marked.hpp"
#include "parser.hpp"
#include "passes.hpp"

namespace zygote::compiler {
namespace {

class StructFinder {
 public:
  StructFinder(const Tokens& tokens, Structs& structs) : tokens_(tokens), structs_(structs) {}

  void run() {
    std::set<std::string> again;
    space(0, tokens_.size(), "", again);
    for (const std::string& name : again) structs_.erase(name);
    // One that is made of others that are not plain is not plain either.
    for (bool changed = true; changed;) {
      changed = false;
      for (auto it = structs_.begin(); it != structs_.end();)
        if (plain(it->second))
          ++it;
        else {
          it = structs_.erase(it);
          changed = true;
        }
    }
  }

 private:
  const Tokens& tokens_;
  Structs& structs_;

  const Token& at(std::size_t i) const { return i < tokens_.size() ? tokens_[i] : tokens_.back(); }

  void space(std::size_t begin, std::size_t end, const std::string& scope, std::set<std::string>& again) {
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
        space(i + 1, close, inner, again);
      } else if (at(head).is("struct") && head + 2 == i) {
        const std::string& name = at(head + 1).text;
        if (structs_.count(name)) again.insert(name);
        structs_[name] = {scope, fields(i, name)};
      } else if (at(head).is("struct") || at(head).is("class") || at(head).is("template"))
        for (std::size_t k = head; k < i; ++k)
          if (at(k).is("struct") || at(k).is("class")) again.insert(at(k + 1).text);
      i = close;
    }
  }

  // None if there is anything in it but data members without initialisers, and methods.
  std::vector<Struct::Field> fields(std::size_t open, const std::string& name) const {
    std::vector<Struct::Field> all;
    const std::size_t close = matching(tokens_, open);
    for (std::size_t i = open + 1, end; i < close; i = end + 1) {
      bool method = false, own = false;
      for (end = i; end < close && !at(end).is(";"); ++end) {
        method = method || at(end).is("(");
        own =
            own || (at(end).is(name.c_str()) && at(end + 1).is("(")) || at(end).is("private") || at(end).is("virtual");
        if (at(end).is("(")) end = matching(tokens_, end);
        if (at(end).is("{")) {
          end = matching(tokens_, end);
          if (method && !at(end + 1).is(";")) break;
        }
      }
      if (own) return {};
      if (method || i == end) continue;
      std::size_t declarator = i + 1;
      while (declarator + 1 < end && (at(declarator).is("::") || at(declarator + 1).is("::"))) ++declarator;
      const std::string type = join(tokens_, i, declarator);
      for (std::size_t k = declarator; k < end; k += 2) {
        if (!at(k).identifier() || (k + 1 < end && !at(k + 1).is(","))) return {};
        all.push_back({at(k).text, type});
      }
    }
    return all;
  }

  bool plain(const Struct& s) const {
    for (const auto& field : s.fields) {
      const std::string type = known_type(field.type);
      const auto found = structs_.find(type);
      if (type != "double" && type != "float" && type != "int" &&
          (found == structs_.end() || !s.scope.starts_with(found->second.scope)))
        return false;
    }
    return !s.fields.empty() && s.fields.size() <= 16;
  }
};

}  // namespace

Structs find_structs(const Tokens& tokens) {
  Structs structs;
  StructFinder(tokens, structs).run();
  return structs;
}

}  // namespace zygote::compiler
