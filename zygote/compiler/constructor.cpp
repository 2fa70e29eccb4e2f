// a marked constructor -> the tree of a function that assigns the members of an object anew
//
//   ZYGOTE Circle(double d) : r(d / 2) { area = pi * r * r; }     =>     this->r = double(d / 2);  this->area =
//   double();
//                                                                        { area = pi * r * r; }
//
// The object itself is made by the constructor: adjoints flow through the assignments.
#include <algorithm>

#include "find_marked.hpp"
#include "parser.hpp"

namespace zygote::compiler {

void find_initialisers(const Tokens& tokens, const Member& declaration, Marked& m) {
  const auto refuse = [&](std::size_t i, const std::string& what, const std::string& advice) {
    throw Refusal(tokens[i].pos, what, advice);
  };
  if (m.has_bases) refuse(m.name_at, "a constructor of a class with bases cannot be marked", "use a member");
  for (const auto& [name, open] : declaration.initialisers) {
    if (!tokens[open].is("(") && !tokens[open].is("{")) refuse(name, "this initialiser is not understood", "");
    const std::string text = join(tokens, name, open);
    const auto member = std::ranges::find(m.members, text, &Member::name);
    if (member != m.members.end()) {
      member->begin = open;
      member->end = matching(tokens, open) + 1;
    } else if (text == m.name)
      m.delegate = open;
    else
      refuse(name, "this member is not understood", "assign to it in the body");
  }
  m.body = declaration.body;
  if (declaration.kind != Member::constructor || !tokens[m.body].is("{"))
    refuse(m.mark, "a marked constructor needs its body here", "define it in its class");
  m.body_end = matching(tokens, m.body);
}

namespace {

Node leaf(NodeKind kind, Pos pos, std::string text = "") {
  Node n;
  n.kind = kind;
  n.pos = pos;
  n.text = std::move(text);
  return n;
}
Node assignment(Node target, Node value, Pos pos) {
  Node assign = leaf(NodeKind::assign, pos, "="), statement = leaf(NodeKind::expression, pos);
  assign.kids = {std::move(target), std::move(value)};
  statement.kids = {std::move(assign)};
  return statement;
}

// '(' .. ')', '{' .. '}' or '=' value, of a type
Node initial_value(const Tokens& tokens, const std::string& type, Pos pos) {
  Tokens text = tokenize("{ return f");
  text.pop_back();
  for (Token& t : text) t.pos = pos;
  const bool list = !tokens.empty() && tokens[0].is("{"), value = !tokens.empty() && tokens[0].is("=");
  Token open = text[0], close = text[0];
  open.text = "(", close.text = ")";
  text.push_back(open);
  if (tokens.size() > 1) text.insert(text.end(), tokens.begin() + 1, tokens.end() - (value ? 0 : 1));
  text.push_back(close);
  for (const char* end : {";", "}"}) {
    close.text = end;
    text.push_back(close);
  }
  Node call = std::move(parse_body(text).kids[0].kids[0]);
  if (value && call.kids.size() > 1 && call.kids[1].kind == NodeKind::make && call.kids[1].text.empty()) {
    call.kids[1].text = type;
    return std::move(call.kids[1]);
  }
  call.kids.erase(call.kids.begin());
  call.kind = NodeKind::make;
  call.text = type;
  call.braces = list;
  call.pos = pos;
  return call;
}

}  // namespace

Node constructor_body(const Tokens& tokens, const Tokens& directives, const Marked& m) {
  const auto written = [&](std::size_t begin, std::size_t end) {
    return expand_unmarked(tokens, directives, begin, end);
  };
  Node all = leaf(NodeKind::block, m.pos);
  if (m.delegate) {
    Node object = leaf(NodeKind::unary, m.pos, "*");
    object.kids = {leaf(NodeKind::self, m.pos)};
    const Tokens value = written(m.delegate, matching(tokens, m.delegate) + 1);
    all.kids.push_back(assignment(std::move(object), initial_value(value, m.return_type, m.pos), m.pos));
  }
  for (const Member& member : m.members) {
    if (m.delegate) break;
    const Pos pos = member.begin ? tokens[member.begin].pos : m.pos;
    const bool array = member.type.ends_with("[]");
    if (array && member.begin == 0) continue;
    if (array || member.type.starts_with("const ") || member.type.ends_with("&"))
      throw Refusal(pos,
                    "a marked constructor cannot initialise '" + member.name + "', a constant, reference or C array",
                    "make it a value, or a std::array");
    Node target = leaf(NodeKind::member, pos, member.name);
    target.kids = {leaf(NodeKind::self, pos)};
    all.kids.push_back(
        assignment(std::move(target), initial_value(written(member.begin, member.end), member.type, pos), pos));
  }
  all.kids.push_back(parse_body(written(m.body, m.body_end + 1)));
  return all;
}

}  // namespace zygote::compiler
