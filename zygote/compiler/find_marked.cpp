// tokens -> the list of marked functions, methods and lambdas with the extents of their parts
//
//   template <class T> ZYGOTE T square(const T& x) { return x * x; }
//   ^head              ^mark    ^name ^open      ^close, body .. body_end
//
// Follows braces through the whole file to know what encloses a mark; reads nothing else.
#include "find_marked.hpp"

#include <map>

#include "ir.hpp"
#include "parser.hpp"

namespace zygote::compiler {
namespace {

struct Scope {
  enum Kind { file, name_space, type, function } kind = file;
  std::size_t begin = 0;         // where its declaration begins
  std::string name;              // a namespace: a::b::
  std::size_t class_number = 0;  // in Findings::classes
};

class Finder {
 public:
  explicit Finder(const Tokens& tokens) : tokens_(tokens) {}

  Findings run() {
    for (at_ = 0; at_ < tokens_.size(); ++at_) {
      const Token& t = tokens_[at_];
      if (t.is("{")) open_scope();
      if (t.is("}") && !scopes_.empty()) scopes_.pop_back();
      if (t.identifier()) note_type();
      if (t.identifier()) note_function();
      if (t.is("zygote_operator")) note_operator();
      if (t.identifier() && t.text.back() >= '0' && t.text.back() <= '9') findings_.numbered.insert(t.text);
      if (t.identifier() && t.text == "ZYGOTE") mark();
    }
    return std::move(findings_);
  }

 private:
  const Tokens& tokens_;
  std::size_t at_ = 0;
  std::vector<Scope> scopes_;
  Findings findings_;

  const Token& at(std::size_t i) const { return i < tokens_.size() ? tokens_[i] : tokens_.back(); }

  Scope::Kind enclosing() const { return scopes_.empty() ? Scope::file : scopes_.back().kind; }

  void open_scope() {
    Scope scope;
    scope.begin = at_;
    while (scope.begin > 0 && !at(scope.begin - 1).is(";") && !at(scope.begin - 1).is("{") &&
           !at(scope.begin - 1).is("}"))
      --scope.begin;
    scope.kind = opened(scope.begin);
    scope.class_number = findings_.classes.size();
    bool named = false;
    for (std::size_t i = scope.begin; i < at_ && scope.kind == Scope::name_space; ++i) {
      if (named && at(i).identifier() && !at(i).is("inline")) scope.name += at(i).text + "::";
      named = named || at(i).is("namespace");
    }
    if (scope.kind == Scope::type) note_class(scope.begin);
    scopes_.push_back(std::move(scope));
  }
  void note_class(std::size_t begin) {
    Class c = read_class(tokens_, begin, at_);
    for (const Scope& scope : scopes_) {
      c.scope += scope.name;
      c.nested = c.nested || scope.kind != Scope::name_space;
    }
    for (const Member& m : c.members) {
      if (m.kind == Member::method && m.is_static) findings_.statics.insert(c.name + "::" + m.name);
      if (m.kind != Member::method || m.is_static || m.is_friend) continue;
      findings_.methods.insert(c.name + "::" + m.name);
      if ((m.name != "operator" || m.is_call) && !m.marked && !m.is_const)
        findings_.changing.insert(c.name + "::" + m.name + (m.is_call ? "()" : ""));
    }
    if (c.has_bases) findings_.bases[c.name].insert(c.bases.begin(), c.bases.end());
    find_defaults(tokens_, c, findings_.defaults);
    find_fields(tokens_, c, findings_);
    findings_.classes.push_back(std::move(c));
  }

  void note_type() {
    const Token& t = tokens_[at_];
    const bool introduces =
        t.is("struct") || t.is("class") || t.is("typename") || t.is("using") || t.is("enum") || t.is("union");
    if (introduces && at(at_ + 1).identifier() && !at(at_ + 1).is("namespace") && !at(at_ + 1).is("class"))
      if (!t.is("using") || at(at_ + 2).is("=")) findings_.types.insert(at(at_ + 1).text);
    if (t.is("using") && !at(at_ + 2).is("=")) note_using();
    if (t.is("using") && at(at_ + 2).is("=") && !(at_ > 0 && at(at_ - 1).is(">"))) note_alias(at(at_ + 1).text);
    if (at_ > 0 && introduces && (at(at_ - 1).is("<") || at(at_ - 1).is(",")))
      findings_.parameters.insert(at(at_ + 1).text);
  }

  // using namespace a;  using a::name;  (what std has is no function of this file)
  void note_using() {
    std::size_t end = at_ + 1;
    while (!at(end).is(";") && at(end).kind != TokenKind::end) ++end;
    const bool opens = at(at_ + 1).is("namespace");
    if (!opens || !at(end - 1).is("std")) findings_.used.insert(opens ? "namespace" : at(end - 1).text);
  }
  // using name = type;
  void note_alias(const std::string& name) {
    std::size_t end = at_ + 3;
    while (!at(end).is(";") && at(end).kind != TokenKind::end) ++end;
    const std::string type = join(tokens_, at_ + 3, end);
    const auto [known, added] = findings_.aliases.insert({name, type});
    if (!added && known->second != type) known->second.clear();
    if (enclosing() == Scope::file) findings_.global_aliases[name] = known->second;
    if (enclosing() != Scope::file && enclosing() != Scope::name_space) findings_.local_aliases.insert(name);
  }

  // type name '(' outside of functions
  void note_function() {
    if ((enclosing() != Scope::file && enclosing() != Scope::name_space) || at_ == 0 || !at(at_ + 1).is("(")) return;
    const Token& before = at(at_ - 1);
    if (!before.identifier() && !before.is(">") && !before.is("&") && !before.is("*")) return;
    if (!findings_.marked.empty() && findings_.marked.back().name_at == at_) return;
    findings_.declared.insert(tokens_[at_].text);
    std::string name;
    for (const Scope& scope : scopes_) name += scope.name;
    findings_.unmarked.insert({name + tokens_[at_].text, at_});
  }

  // zygote_operator(zygote::Name<"*">, ..), by hand
  void note_operator() {
    for (std::size_t i = at_; i < tokens_.size() && !at(i).is(",") && !at(i).is(")"); ++i)
      if (at(i).kind == TokenKind::string && at(i).text.size() > 2)
        findings_.operators.insert(at(i).text.substr(1, at(i).text.size() - 2));
  }

  // What '{' opens, whose declaration begins at a token.
  Scope::Kind opened(std::size_t begin) const {
    bool parenthesis = false;
    for (std::size_t i = at_; i-- > begin;) {
      if (at(i).is("namespace") || (at(i).is("extern") && at(i + 1).kind == TokenKind::string))
        return Scope::name_space;
      parenthesis = parenthesis || at(i).is(")") || at(i).is("=");  // of a function, or a variable
      const bool template_parameter = i > 0 && (at(i - 1).is("<") || at(i - 1).is(",") || at(i - 1).is("enum"));
      if ((at(i).is("struct") || at(i).is("class") || at(i).is("union")) && !parenthesis && !template_parameter)
        return Scope::type;
    }
    return Scope::function;
  }

  void mark() {
    Marked m;
    m.mark = at_;
    m.pos = tokens_[at_].pos;
    surroundings(m);
    if (at(at_ + 1).is("[") && !at(at_ + 2).is("["))
      lambda(m);
    else
      function(m);
    findings_.marked.push_back(std::move(m));
  }

  // Where names that the marked code does not declare are looked up.
  void surroundings(Marked& m) const {
    for (const Scope& scope : scopes_) {
      m.scope += scope.name;
      if (scope.kind == Scope::type) {
        const Class& c = findings_.classes[scope.class_number];
        m.has_bases = m.has_bases || c.has_bases;
        m.of_template = m.of_template || c.is_template;
        m.class_head = c.template_head;
        m.owner += (m.owner.empty() ? "" : "::") + c.name;
        for (const Member& member : c.members)
          if (!member.name.empty() && member.kind != Member::constructor) m.around.insert(member.name);
      }
      if (scope.kind == Scope::function) {
        declared_names(scope.begin, m.mark, m.around);
        break;
      }
    }
  }
  // Whatever may be declared: a name behind a type, or in a list of names.
  void declared_names(std::size_t begin, std::size_t end, std::set<std::string>& names) const {
    for (std::size_t i = begin + 1; i < end; ++i) {
      const Token &before = at(i - 1), &next = at(i + 1);
      if (!at(i).identifier() || before.is("return")) continue;
      const bool typed = before.identifier() || before.is(">") || before.is("&") || before.is("*") || before.is("&&");
      const bool listed = (before.is(",") || before.is("[")) && !next.is("(");
      if (typed || listed) names.insert(at(i).text);
    }
  }

  void lambda(Marked& m) const {
    m.kind = Marked::lambda;
    m.head = m.mark + 1;
    std::size_t i = matching(tokens_, m.head) + 1;
    if (at(i).is("<")) {
      const auto begin = i;
      i = behind_template_arguments(tokens_, i);
      m.template_head = join(tokens_, begin, i);
    }
    if (at(i).is("(")) {
      m.open = i;
      m.close = matching(tokens_, i);
      m.parameters = parse_parameters(tokens_, m.open + 1, m.close);
      i = m.close + 1;
    }
    const auto suffix = i;
    for (; !at(i).is("{"); ++i) {
      if (at(i).is("mutable"))
        throw Refusal(at(i).pos, "a mutable lambda cannot be differentiated", "return the new state instead");
      if (at(i).is("->")) {
        const auto begin = i + 1;
        while (!at(i).is("{") && at(i).kind != TokenKind::end) ++i;
        m.return_type = join(tokens_, begin, i--);
      } else if (at(i).kind == TokenKind::end || at(i).is(";"))
        throw Refusal(m.pos, "this marked lambda has no body");
    }
    m.suffix = m.return_type.empty() ? join(tokens_, suffix, i) : "";
    m.body = i;
    m.body_end = matching(tokens_, i);
  }

  void function(Marked& m) const {
    if (enclosing() == Scope::function)
      throw Refusal(m.pos, "ZYGOTE here marks neither a function nor a lambda",
                    "put it directly before a function's type or a lambda's '['");
    m.kind = enclosing() == Scope::type ? Marked::method : Marked::free_function;
    m.is_local = scopes_.size() > 1 && scopes_[scopes_.size() - 2].kind == Scope::function;
    m.head = m.mark;
    while (m.head > 0) {
      const Token& before = tokens_[m.head - 1];
      if (before.is(";") || before.is("{") || before.is("}") || before.is(":") || before.kind == TokenKind::directive)
        break;
      --m.head;
    }
    std::size_t i = m.head == m.mark ? m.mark + 1 : m.head;
    const auto head_end = behind_template_head(tokens_, i);
    m.template_head = without_mark(i, head_end);
    const Member declaration = m.kind == Marked::method ? note_members(m) : Member();
    specifiers_and_name(m, head_end);
    m.constructor ? find_initialisers(tokens_, declaration, m) : suffix(m);
    if (!m.symbol().empty()) check_operator(m, at(m.name_at).pos);
  }

  // What the class of a method declares; its own declaration.
  Member note_members(Marked& m) const {
    Member own;
    for (const Member& member : findings_.classes[scopes_.back().class_number].members) {
      if (member.first <= m.mark) own = member;
      if (member.kind == Member::method || member.kind == Member::constructor) m.sibling_methods.insert(member.name);
      if (member.kind == Member::method && member.is_static) m.static_methods.insert(member.name);
      if (member.kind == Member::field && !member.is_static) m.members.push_back(member);
    }
    m.access = own.access;
    return own;
  }

  std::string without_mark(std::size_t begin, std::size_t end) const {
    Tokens kept(tokens_.begin() + std::ptrdiff_t(begin), tokens_.begin() + std::ptrdiff_t(end));
    std::erase_if(kept, [](const Token& t) { return t.is("ZYGOTE"); });
    return join(kept, 0, kept.size());
  }

  // {specifier} return-type name '(' parameters ')'
  void specifiers_and_name(Marked& m, std::size_t i) const {
    std::size_t type_begin = i;
    for (;; ++i) {
      const Token& t = at(i);
      if (t.kind == TokenKind::end || t.is(";") || t.is("{") || t.is("}") || t.is("="))
        throw Refusal(m.pos, "ZYGOTE must stand before a function with a body, a method or a lambda",
                      "mark the definition");
      if (t.is("[")) {
        if (i == type_begin) type_begin = matching(tokens_, i) + 1;
        i = matching(tokens_, i);
        continue;
      }
      if (t.is("virtual"))
        throw Refusal(t.pos, "a virtual method cannot be marked", "mark the function it calls, or use a template");
      if (t.is("friend")) {
        m.is_friend = true;
        m.kind = Marked::free_function;
        type_begin = i + 1;
        continue;
      }
      if (t.is("consteval")) throw Refusal(t.pos, "a consteval function cannot be marked", "make it constexpr");
      if (t.is("static")) m.is_static = m.kind == Marked::method;
      const auto constructs = [&](std::size_t k) {
        return m.kind == Marked::method && at(k).text == m.owner.substr(m.owner.rfind(':') + 1) && at(k + 1).is("(");
      };
      const std::size_t next = i + 1 + (at(i + 1).is("&") || at(i + 1).is("*"));
      const bool named = at(next).is("operator") || (at(next).identifier() && at(next + 1).is("("));  // M3 inverse(..)
      const bool macro = t.text.starts_with("__") ||
                         (looks_like_macro(t.text) && !at(i + 1).is("<") && (!named || constructs(i + 1)));
      const bool attribute =
          t.is("ZYGOTE") || is_decl_specifier(t.text) || (t.identifier() && macro && i == type_begin && !constructs(i));
      if (attribute && macro && !t.is("ZYGOTE")) m.specifiers += t.text + " ";
      if (attribute && !t.is("const") && !t.is("typename")) type_begin = i + 1;
      if (t.is("decltype") || t.is("noexcept") || t.is("alignas") || (attribute && at(i + 1).is("("))) {
        i = matching(tokens_, i + 1);
        continue;
      }
      if (t.is("operator")) {
        m.name_at = i;
        m.name = "operator";
        m.is_operator = true;
        for (++i; at(i).kind != TokenKind::end && !(at(i).is("(") && !(m.name == "operator" && at(i + 1).is(")"))); ++i)
          m.name += at(i).text;
        break;
      }
      if (at(i + 1).is("(") && t.identifier()) {
        m.name_at = i++;
        m.name = t.text;
        if (m.name_at > 0 && at(m.name_at - 1).is("::"))
          throw Refusal(t.pos, "a marked method must be defined inside its class",
                        "move the definition into the class");
        break;
      }
    }
    m.return_type = join(tokens_, type_begin, m.name_at);
    if (m.return_type.empty() || m.return_type == "explicit") {
      if (m.kind != Marked::method || m.is_operator || m.name != m.owner.substr(m.owner.rfind(':') + 1))
        throw Refusal(at(m.name_at).pos, "this function has no return type", "mark a method that returns the value");
      m.is_static = m.constructor = true;
      m.return_type = m.name;
    } else if (m.return_type == "~")
      throw Refusal(m.pos, "a destructor cannot be marked", "remove the mark");
    m.open = i;
    m.close = matching(tokens_, i);
    m.parameters = parse_parameters(tokens_, m.open + 1, m.close);
    if (m.is_friend && m.symbol().empty())
      throw Refusal(at(m.name_at).pos, "a friend function cannot be marked here", "define it at namespace scope");
  }

  // {'const' | 'noexcept' | '&' | 'requires' .. } ['->' type] '{'
  void suffix(Marked& m) const {
    std::size_t i = m.close + 1;
    for (; !at(i).is("{"); ++i) {
      m.declared = at(i).is(";") && m.kind == Marked::free_function && m.template_head.empty();
      if (m.declared) break;
      if (at(i).is(";") || at(i).kind == TokenKind::end)
        throw Refusal(m.pos, "a marked declaration needs its body here",
                      m.kind == Marked::method ? "define the method inside its class" : "write the body here");
      if (at(i).is("->")) {
        const auto begin = i + 1;
        while (!at(i).is("{") && !at(i).is("requires") && at(i).kind != TokenKind::end) ++i;
        m.return_type = join(tokens_, begin, i--);
      }
      if (at(i).is("(")) i = matching(tokens_, i);
    }
    const auto arrow_free = join(tokens_, m.close + 1, i);
    m.suffix = arrow_free.substr(0, arrow_free.find("->"));
    if (const auto where = arrow_free.find("requires");
        where != std::string::npos && m.suffix.find("requires") == std::string::npos)
      m.suffix += arrow_free.substr(where);
    m.by_reference = m.return_type.find('&') != std::string::npos || m.return_type == "decltype(auto)";
    if (m.return_type.starts_with("const ")) m.return_type.erase(0, 6);
    while (!m.return_type.empty() && (m.return_type.back() == '&' || m.return_type.back() == ' '))
      m.return_type.pop_back();
    if (m.return_type == "auto" || m.return_type == "decltype(auto)") m.return_type.clear();
    m.body = i;
    m.body_end = m.declared ? i : matching(tokens_, i);
  }
};

}  // namespace

Findings find_marked(const Tokens& tokens) {
  Findings findings = Finder(tokens).run();
  drop_overloads(tokens, findings.marked);
  check_overloads(tokens, findings);
  std::map<std::string, const Marked*> declared;
  std::map<std::string, std::size_t> seen;
  for (Marked& m : findings.marked) {
    if (!m.symbol().empty()) {
      note_operator(m, findings);
      continue;
    }
    const std::string name = m.scope + m.name;
    const auto before = declared.find(name);
    m.declared_before = !m.declared && m.kind == Marked::free_function && before != declared.end();
    if (m.declared_before) continue;
    if (m.declared) declared[name] = &m;
    if (m.constructor) findings.constructed.insert(m.name);
    if (m.kind == Marked::free_function) findings.functions.insert(m.name);
    if (m.kind == Marked::free_function && !m.template_head.empty()) findings.templates.insert(name);
    if (m.kind != Marked::free_function) continue;
    if (const auto [first, fresh] = seen.insert({name, m.mark}); fresh)
      continue;
    else if (alternatives(tokens, first->second, m.mark))
      findings.alternatives.insert(name);
    else
      throw Refusal(tokens[m.name_at].pos,
                    "'" + m.name + "' is marked twice; a marked function is an object, which has no overloads",
                    "give it another name, make it a template, or make the overloads methods of a struct");
  }
  check_declarations(tokens, findings);
  return findings;
}

}  // namespace zygote::compiler
