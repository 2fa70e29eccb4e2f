// tokens -> tree: declarations and parameters. One function per grammar rule, the rule above it.
#include <set>

#include "parser.hpp"

namespace zygote::compiler {

bool is_stream(const std::string& type) {
  const std::string name = type.substr(0, type.find(' '));
  return name.starts_with("std::") && name.ends_with("stream");
}

bool is_decl_specifier(const std::string& word) {
  static const std::set<std::string> words = {"const",   "constexpr",    "static",   "inline",   "volatile",
                                              "mutable", "thread_local", "typename", "register", "extern"};
  return words.count(word) > 0;
}

// type = {specifier} (builtin {builtin} | decltype '(' .. ')' | name ['auto']) {'const' | '*' | '&' | '&&'}
std::size_t Parser::skip_type(std::size_t at) const {
  auto specifiers = [&] {
    while (at < tokens_.size() && is_decl_specifier(tokens_[at].text)) ++at;
  };
  specifiers();
  if (at >= tokens_.size()) return 0;
  if (tokens_[at].is("decltype") && at + 1 < tokens_.size())
    at = matching(tokens_, at + 1) + 1;
  else if (is_builtin_type(tokens_[at].text)) {
    while (at < tokens_.size() && (is_builtin_type(tokens_[at].text) || is_decl_specifier(tokens_[at].text))) ++at;
  } else if (!(at = skip_name(at, true)))
    return 0;
  else if (at < tokens_.size() && tokens_[at].is("auto"))  // of a concept
    ++at;
  while (at < tokens_.size() &&
         (tokens_[at].is("const") || tokens_[at].is("*") || tokens_[at].is("&") || tokens_[at].is("&&")))
    ++at;
  return at;
}

// A declaration is a type followed by a name and something that may follow a declared name, or by '[' for a binding.
bool Parser::at_declaration() const {
  if (!peek().identifier() && !is("::")) return false;
  const auto end = skip_type(at_);
  if (!end || end + 1 >= tokens_.size()) return false;
  if (tokens_[end].is("[")) return tokens_[end - 1].is("auto") || tokens_[end - 1].is("&") || tokens_[end - 1].is("&&");
  if (!tokens_[end].identifier() || is_builtin_type(tokens_[end].text)) return false;
  std::size_t behind_name = end + 1;  // of an array: behind its sizes, as in a && v[0] < 0
  while (tokens_[behind_name].is("[")) behind_name = matching(tokens_, behind_name) + 1;
  const Token& after = tokens_[behind_name];
  if (after.is("(")) {  // else a product: x * f(n) > 1
    const auto behind = matching(tokens_, end + 1) + 1;
    return behind < tokens_.size() && (tokens_[behind].is(";") || tokens_[behind].is(","));
  }
  for (const char* s : {"=", "{", ";", ",", ":"})
    if (after.is(s)) return true;
  return false;
}

Parser::DeclaredType Parser::declared_type() {
  DeclaredType result;
  const auto begin = at_;
  at_ = skip_type(at_);
  Tokens kept;
  const bool constant_static = join(tokens_, begin, at_).find("const") != std::string::npos;
  for (std::size_t i = begin, depth = 0; i < at_; ++i) {
    const Token& t = tokens_[i];
    if (t.is("<") || t.is("(")) ++depth;
    if (t.is(">") || t.is(")")) --depth;
    if (t.is(">>")) depth -= 2;
    const bool last = i + 1 == at_, reference = last && (t.is("&") || t.is("&&"));
    if (t.is("static") && !constant_static)
      throw Refusal(t.pos, "a static variable would outlive the call",
                    "make it static constexpr, or pass the state as an argument");
    if (t.is("volatile") || t.is("thread_local") || t.is("extern"))
      throw Refusal(t.pos, "'" + t.text + "' variables cannot be differentiated", "use a local variable");
    if (t.is("*") && last && !(result.constant && join(kept, 0, kept.size()) == "char"))  // a text
      throw Refusal(t.pos, "raw pointers are not supported in marked code", "use a reference, an index or a container");
    if (depth == 0 && (t.is("const") || t.is("constexpr"))) result.constant = true;
    if (depth == 0 && t.is("auto")) result.is_auto = true;
    if (reference) result.reference = true;
    if (!reference && !(depth == 0 && is_decl_specifier(t.text) && !t.is("typename"))) kept.push_back(t);
  }
  result.type = join(kept, 0, kept.size());
  if (result.type.starts_with("decltype(auto")) refuse("decltype(auto) is not supported here", "write auto or auto&");
  if (!kept.empty() && kept.back().is("*")) {
    result.type = "std::add_pointer_t<const char>";  // so that `const` may stand in front of it
    result.constant = false;
  }
  return result;
}

// bind = type '[' name {',' name} ']'
Node Parser::bind(const DeclaredType& type) {
  Node n = node(NodeKind::bind);
  n.type = type.type;
  n.reference = type.reference;
  n.constant = type.constant;
  expect("[", "");
  do {
    if (!peek().identifier()) refuse("expected a name in the structured binding");
    n.names.push_back(next().text);
  } while (accept(","));
  expect("]", "after the names");
  return n;
}

// The length of T a[] = {..}, or "".
std::string Parser::listed_elements() const {
  const std::size_t open = is("=") ? at_ + 1 : at_;
  if (open >= tokens_.size() || !tokens_[open].is("{")) return "";
  Parser list(tokens_);
  list.at_ = open;
  return std::to_string(list.braced("").kids.size());
}

// declarations = type (bind initialiser | name [initialiser] {',' name [initialiser]}) ';'
// initialiser  = '=' (assignment | braced) | '(' arguments ')' | braced
std::vector<Node> Parser::declarations() {
  const DeclaredType type = declared_type();
  std::vector<Node> list;
  if (is("[")) {
    Node n = bind(type);
    const bool parens = is("(") || is("{");
    if (!parens) expect("=", "after the structured binding");
    n.kids.push_back(parens ? cast_or_parenthesis() : assignment());
    list.push_back(std::move(n));
    return list;
  }
  do {
    Node n = node(NodeKind::declare);
    n.type = type.type;
    n.reference = type.reference;
    n.constant = type.constant;
    if (!list.empty() && is("*")) refuse("mixed declarators are not supported", "declare one variable per statement");
    if (!list.empty()) n.reference = accept("&");
    n.pos = peek().pos;
    n.text = next().text;
    std::vector<std::string> extents;
    while (is("[")) {  // T a[n][m] is std::array<std::array<T, m>, n>
      const auto end = matching(tokens_, at_);
      extents.push_back(join(tokens_, at_ + 1, end));
      at_ = end + 1;
    }
    n.extents = int(extents.size());
    if (!extents.empty() && extents[0].empty()) extents[0] = listed_elements();
    for (; !extents.empty(); extents.pop_back()) {
      if (extents.back().empty()) refuse("an array needs its length in marked code", "write the number of elements");
      n.type = "std::array<" + n.type + ", " + extents.back() + ">";
    }
    const auto begin = at_ + 1;
    if (accept("=")) {
      Node value = is("{") ? braced(type.is_auto ? "" : n.type) : assignment();
      n.kids.push_back(std::move(value));
    } else if (is("{")) {
      n.kids.push_back(braced(n.type));
    } else if (accept("(")) {
      Node made = node(NodeKind::make, {}, n.type);
      made.pos = n.pos;
      made.kids = arguments(")");
      n.kids.push_back(std::move(made));
    } else if (type.is_auto || type.reference)
      refuse("'" + n.text + "' needs an initialiser");
    if (n.reference && !n.kids.empty() && n.kids[0].kind == NodeKind::make && n.kids[0].text == n.type &&
        n.kids[0].kids.size() == 1)
      n.kids[0] = Node(n.kids[0].kids[0]);  // T& x(y), T& x{y}
    if (n.constant && !n.kids.empty()) n.initialiser = join(tokens_, begin, at_ - (tokens_[begin - 1].is("=") ? 0 : 1));
    list.push_back(std::move(n));
  } while (accept(","));
  return list;
}

// parameters = [type [name] ['=' default]] {',' ..}
std::vector<Parameter> Parser::parameters(std::size_t begin, std::size_t end) {
  std::vector<Parameter> list;
  const auto restore = at_;
  while (begin < end) {
    while (begin + 1 < end && tokens_[begin].is("[") && tokens_[begin + 1].is("["))
      begin = matching(tokens_, begin) + 1;  // attributes
    std::size_t stop = begin, assigned = 0;
    for (int depth = 0; stop < end; ++stop) {
      const Token& t = tokens_[stop];
      if (t.is("(") || t.is("[") || t.is("{") || t.is("<")) ++depth;
      if (t.is(")") || t.is("]") || t.is("}") || t.is(">")) --depth;
      if (t.is(">>")) depth -= 2;
      if (t.is("=") && depth == 0 && !assigned) assigned = stop;
      if (t.is(",") && depth <= 0) break;
    }
    const auto last = assigned ? assigned : stop;
    Parameter p;
    p.pos = tokens_[begin].pos;
    if (!(stop - begin == 1 && tokens_[begin].is("void"))) {
      at_ = begin;
      const auto type_end = skip_type(begin);
      if (!type_end || type_end > last)
        throw Refusal(p.pos, "this parameter is not understood", "write a type and a name");
      if (type_end < last && tokens_[type_end].is("..."))
        throw Refusal(p.pos, "parameter packs are not supported in marked code", "write a pullback by hand");
      bool constant = false;
      for (std::size_t i = begin; i < type_end; ++i) constant = constant || tokens_[i].is("const");
      p.type = join(tokens_, begin, type_end);
      p.mutable_reference = tokens_[type_end - 1].is("&") && !constant && !is_stream(p.type);
      if (tokens_[type_end - 1].is("*") && !constant)
        throw Refusal(p.pos, "raw pointers are not supported in marked code",
                      "use a reference, std::span or a container");
      p.text = join(tokens_, begin, last);
      if (assigned) p.fallback = join(tokens_, assigned + 1, stop);
      if (type_end < last) p.name = tokens_[type_end].text;
      if (type_end + 1 < last)
        throw Refusal(tokens_[type_end + 1].pos, "this parameter is not understood", "use std::array or std::span");
      list.push_back(std::move(p));
    }
    begin = stop + 1;
  }
  at_ = restore;
  return list;
}

std::vector<Parameter> parse_parameters(const Tokens& tokens, std::size_t begin, std::size_t end) {
  return Parser(tokens).parameters(begin, end);
}

}  // namespace zygote::compiler
