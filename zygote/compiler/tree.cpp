// The syntax tree: printing, and facts that lowering asks for.
#include "tree.hpp"

#include <algorithm>
#include <map>

namespace zygote::compiler {

std::string print(const Node& n, int indent) {
  static const char* const names[] = {
#define N(kind, name) name,
      ZYGOTE_NODES(N)
#undef N
  };
  std::string line = std::string(std::size_t(indent) * 2, ' ') + names[int(n.kind)];
  if (!n.type.empty()) line += " <" + n.type + (n.reference ? "&" : "") + ">";
  if (!n.text.empty()) line += " " + n.text;
  for (const auto& name : n.names) line += " " + name;
  for (const auto& p : n.parameters) line += " (" + p.type + " " + p.name + ")";
  line += "\n";
  for (const Node& kid : n.kids) line += print(kid, indent + 1);
  return line;
}

bool always_exits(const Node& n) {
  if (n.kind == NodeKind::return_ || n.kind == NodeKind::break_ || n.kind == NodeKind::continue_ ||
      n.kind == NodeKind::raise)
    return true;
  if (n.kind == NodeKind::block) return std::any_of(n.kids.begin(), n.kids.end(), always_exits);
  return n.kind == NodeKind::if_ && n.kids.size() == 3 && always_exits(n.kids[1]) && always_exits(n.kids[2]);
}

bool contains(const Node& n, NodeKind kind) {
  if (n.kind == kind) return true;
  if (n.kind == NodeKind::lambda) return false;
  return std::any_of(n.kids.begin(), n.kids.end(), [&](const Node& kid) { return contains(kid, kind); });
}

bool only_names(const Node& n) {
  switch (n.kind) {
    case NodeKind::name:
    case NodeKind::literal:
    case NodeKind::self:
    case NodeKind::member:
    case NodeKind::index:
    case NodeKind::binary:
      break;
    case NodeKind::unary:
      if (n.text == "*" || n.text == "-") break;
      return false;
    default:
      return false;
  }
  return std::all_of(n.kids.begin(), n.kids.end(), only_names);
}

bool returns_value(const Node& n) {
  if (n.kind == NodeKind::return_) return !n.kids.empty();
  return n.kind != NodeKind::lambda && std::any_of(n.kids.begin(), n.kids.end(), returns_value);
}

bool gives_itself(const Node& n, const std::string& name) {
  const auto named = [&](const Node& kid) { return kid.kind == NodeKind::name && kid.text == name; };
  if (n.kind == NodeKind::call && named(n.kids[0]) && std::any_of(n.kids.begin() + 1, n.kids.end(), named)) return true;
  return std::any_of(n.kids.begin(), n.kids.end(), [&](const Node& kid) { return gives_itself(kid, name); });
}

void used_names(const Node& n, std::set<std::string>& names) {
  if (n.kind == NodeKind::name) names.insert(n.text);
  for (const Node& kid : n.kids) used_names(kid, names);
}

namespace {
void mentioned(const Node& n, std::set<std::string>& used, std::set<std::string>& declared) {
  const bool declares = n.kind == NodeKind::declare;
  std::string text = n.type + " ";
  if (declares)
    declared.insert(n.text);
  else if (n.kind == NodeKind::name || n.kind == NodeKind::make || n.kind == NodeKind::literal)
    text += n.text;
  for (const Parameter& p : n.parameters) {
    declared.insert(p.name);
    text += " " + p.type;
  }
  for (const Capture& c : n.captures)
    if (c.has_init) declared.insert(c.name);
  if (n.kind == NodeKind::bind) declared.insert(n.names.begin(), n.names.end());
  for (const Token& t : tokenize(text))
    if (t.identifier()) used.insert(t.text);
  for (const Node& kid : n.kids) mentioned(kid, used, declared);
}
}  // namespace

std::set<std::string> free_names(const Node& body, const std::vector<Parameter>& parameters) {
  std::set<std::string> used, declared;
  mentioned(body, used, declared);
  for (const Parameter& p : parameters) {
    declared.insert(p.name);
    for (const Token& t : tokenize(p.type))
      if (t.identifier()) used.insert(t.text);
  }
  for (const std::string& name : declared) used.erase(name);
  return used;
}

namespace {
// `hidden`: what has been declared inside so far.
void used_from_outside(const Node& n, std::set<std::string>& hidden, std::set<std::string>& names) {
  const auto in_order = [&](std::initializer_list<std::size_t> order, std::set<std::string>& scope) {
    for (std::size_t i : order) used_from_outside(n.kids[i], scope, names);
  };
  std::set<std::string> inner = hidden;
  switch (n.kind) {
    case NodeKind::name:
      if (!hidden.count(n.text)) names.insert(n.text);
      return;
    case NodeKind::range_for:
      return in_order({1, 0, 2}, inner);
    case NodeKind::for_:
      for (const Node& kid : n.kids[0].kids) used_from_outside(kid, inner, names);
      return in_order({1, 2, 3}, inner);
    case NodeKind::lambda:
      for (std::size_t i = 0; i + 1 < n.kids.size(); ++i) used_from_outside(n.kids[i], hidden, names);
      for (const Capture& c : n.captures)
        if (c.has_init) inner.insert(c.name);
      for (const Parameter& p : n.parameters) inner.insert(p.name);
      return used_from_outside(n.kids.back(), inner, names);
    default:
      break;
  }
  std::set<std::string>& scope = n.kind == NodeKind::block && n.text != "scopeless" ? inner : hidden;
  for (const Node& kid : n.kids) used_from_outside(kid, scope, names);
  if (n.kind == NodeKind::declare) hidden.insert(n.text);
  hidden.insert(n.names.begin(), n.names.end());
}
}  // namespace

std::set<std::string> used_from_outside(const Node& lambda) {
  Node body = lambda;  // what initialises its captures is read outside
  body.kids = {lambda.kids.back()};
  std::set<std::string> hidden, names;
  used_from_outside(body, hidden, names);
  return names;
}

void move_to(Node& n, Pos pos) {
  n.pos = pos;
  for (Node& kid : n.kids) move_to(kid, pos);
}

void ranges_to_iterators(Node& call) {
  static const std::map<std::string, std::size_t> arguments = {
      {"max_element", 1}, {"min_element", 1}, {"find", 2}, {"find_if", 2}, {"lower_bound", 2}, {"upper_bound", 2}};
  const std::string prefix = "std::ranges::";
  if (!call.kids[0].text.starts_with(prefix) || call.kids.size() < 2) return;
  std::string name = call.kids[0].text.substr(prefix.size());
  const bool extreme = name == "max" || name == "min", list = call.kids[1].kind == NodeKind::make;
  if (extreme && (list || call.kids.size() == 3)) call.kids[0].text = "std::" + name;
  const bool value = extreme && !list && call.kids.size() == 2;
  if (value) name += "_element";
  const auto known = arguments.find(name);
  if (known == arguments.end() || call.kids.size() != known->second + 1) return;
  call.kids[0].text = "std::" + name;
  const Node range = call.kids[1];
  call.kids.insert(call.kids.begin() + 1, range);
  for (std::size_t i : {1, 2}) {
    Node member, whole;
    member.kind = NodeKind::member;
    member.text = i == 1 ? "begin" : "end";
    member.kids = {range};
    whole.kind = NodeKind::call;
    whole.kids = {std::move(member)};
    move_to(whole, range.pos);
    call.kids[i] = std::move(whole);
  }
  if (!value) return;
  Node found = std::move(call);
  call = Node();
  call.kind = NodeKind::unary;
  call.text = "*";
  call.pos = found.pos;
  call.kids = {std::move(found)};
}

namespace {
Node made(NodeKind kind, std::vector<Node> kids, std::string text = "") {
  Node n;
  n.kind = kind;
  n.kids = std::move(kids);
  n.text = std::move(text);
  return n;
}
Node said(Node expression) { return made(NodeKind::expression, {std::move(expression)}); }
// A block that declares auto name = value first.
Node with(std::string name, Node value, std::vector<Node> statements) {
  Node declaration = made(NodeKind::declare, {std::move(value)}, std::move(name));
  declaration.type = "auto";
  declaration.constant = true;
  statements.insert(statements.begin(), std::move(declaration));
  return made(NodeKind::block, std::move(statements));
}
}  // namespace

namespace {
// x, x.y, x[2]: the same whenever it is read.
bool same_place(const Node& n) {
  const auto constant_indices = [](const Node& of, const auto& self) -> bool {
    return (of.kind != NodeKind::index || of.kids[1].kind == NodeKind::literal) &&
           std::ranges::all_of(of.kids, [&](const Node& kid) { return self(kid, self); });
  };
  return only_names(n) && constant_indices(n, constant_indices);
}
}  // namespace

std::optional<Node> map_insertion(const Node& call, const std::string& mapped_type) {
  const std::string& method = call.kids[0].text;
  const Node* entry = &call;  // with its key and its value behind something
  std::size_t first = 1;
  if (method == "insert" && call.kids.size() == 2) {
    entry = &call.kids[1];
    const bool pair = entry->kind == NodeKind::call && (entry->kids[0].text.starts_with("std::pair") ||
                                                        entry->kids[0].text == "std::make_pair");
    if (!pair && (entry->kind != NodeKind::make || !(entry->text.empty() || entry->text.starts_with("std::pair"))))
      return std::nullopt;
    first = pair ? 1 : 0;
  }
  if (entry->kids.size() != first + 2 || !same_place(call.kids[0].kids[0])) return std::nullopt;
  const Node &map = call.kids[0].kids[0], key = made(NodeKind::name, {}, "zygote_key");
  Node value = entry->kids[first + 1];
  const bool list = value.kind == NodeKind::make && value.text.empty();
  if (method.ends_with("emplace")) value = made(NodeKind::make, {std::move(value)}, mapped_type);
  Node element = made(NodeKind::index, {map, key}), given = list ? value : made(NodeKind::name, {}, "zygote_value"),
       write = said(made(NodeKind::assign, {std::move(element), std::move(given)}, "="));
  if (method != "insert_or_assign") {
    Node count = made(NodeKind::call, {made(NodeKind::member, {map}, "count"), key}),
         absent = made(NodeKind::binary, {std::move(count), made(NodeKind::literal, {}, "0")}, "==");
    write = made(NodeKind::if_, {std::move(absent), std::move(write)});
  }
  if (!list) write = with("zygote_value", value, {std::move(write)});
  write = with("zygote_key", entry->kids[first], {std::move(write)});
  move_to(write, call.pos);
  return write;
}

void in_other_words(Node& statement) {
  const Node& n = statement.kids[0];
  const bool assigns = n.kind == NodeKind::assign && !(n.kids[1].kind == NodeKind::make && n.kids[1].text.empty());
  const bool method = n.kind == NodeKind::call && n.kids[0].kind == NodeKind::member;
  if (!assigns && !method) return;
  const Pos pos = statement.pos;
  const Node &target = assigns ? n.kids[0] : n.kids[0].kids[0], read = made(NodeKind::name, {}, "zygote_value");
  if (assigns && n.text == "=" && target.kind == NodeKind::call && target.kids[0].text == "std::tie") {
    if (!std::all_of(target.kids.begin() + 1, target.kids.end(), same_place)) return;
    std::vector<Node> parts;
    for (std::size_t i = 1; i < target.kids.size(); ++i) {
      Node part = made(NodeKind::call, {made(NodeKind::name, {}, "std::get<" + std::to_string(i - 1) + ">"), read});
      if (target.kids[i].text == "std::ignore") continue;
      parts.push_back(said(made(NodeKind::assign, {target.kids[i], std::move(part)}, "=")));
    }
    statement = with("zygote_value", n.kids[1], std::move(parts));
    move_to(statement, pos);
  } else if (target.kind == NodeKind::ternary) {
    std::vector<Node> either{target.kids[0]};
    for (std::size_t i : {1, 2}) {
      Node one = n;
      (assigns ? one.kids[0] : one.kids[0].kids[0]) = target.kids[i];
      if (assigns) one.kids[1] = read;
      either.push_back(said(std::move(one)));
    }
    Node choice = made(NodeKind::if_, std::move(either));
    statement = assigns ? with("zygote_value", n.kids[1], {std::move(choice)}) : std::move(choice);
    move_to(statement, pos);
  }
}

}  // namespace zygote::compiler
