// tree -> IR: iterators. One is the index of an element of a range that has a name.
//
//   for (auto it = v.begin(); it != v.end(); ++it) sum += *it;
//     =>   it, sum = loop (it = 0, sum = sum)  test  it != length v   body  sum + at(v, it);  it + 1
//
// What is done with an iterator is read here: moving, comparing, dereferencing. Anything else is refused.
#include <algorithm>
#include <utility>

#include "lower.hpp"

namespace zygote::compiler {
namespace {

bool calls(const Node& n, const std::set<std::string>& names, std::size_t arguments) {
  return n.kind == NodeKind::call && n.kids.size() == arguments + 1 && names.count(n.kids[0].text);
}
bool steps(const Node& n) {
  return (n.kind == NodeKind::unary || n.kind == NodeKind::postfix) && (n.text == "++" || n.text == "--");
}

// Is the name used only as *name, and declared by nobody else?
bool only_dereferenced(const Node& n, const std::string& name) {
  const auto named = [&](const std::string& other) { return other == name; };
  if (n.kind == NodeKind::name && n.text == name) return false;
  if (n.kind == NodeKind::declare && n.text == name) return false;
  if (std::any_of(n.names.begin(), n.names.end(), named)) return false;
  for (const Parameter& p : n.parameters)
    if (p.name == name) return false;
  for (const Capture& c : n.captures)
    if (c.name == name) return false;
  const bool dereferences = n.kind == NodeKind::unary && n.text == "*" && n.kids[0].kind == NodeKind::name;
  return dereferences ||
         std::all_of(n.kids.begin(), n.kids.end(), [&](const Node& kid) { return only_dereferenced(kid, name); });
}
void replace_dereferenced(Node& n, const std::string& name) {
  if (n.kind == NodeKind::unary && n.text == "*" && n.kids[0].kind == NodeKind::name && n.kids[0].text == name) {
    Node inside = std::move(n.kids[0]);
    n = std::move(inside);
    return;
  }
  for (Node& kid : n.kids) replace_dereferenced(kid, name);
}

}  // namespace

// for (auto it = v.begin(); it != v.end(); ++it) .. *it ..   =>   for (auto& it : v) .. it ..; from rbegin(), backwards
std::optional<Node> Lowering::as_range_loop(const Node& n) const {
  const auto &init = n.kids[0].kids, &step = n.kids[2].kids;
  if (init.size() != 1 || step.size() != 1 || init[0].kind != NodeKind::declare || init[0].kids.empty()) return {};
  const std::string& name = init[0].text;
  const auto is_it = [&](const Node& kid) { return kid.kind == NodeKind::name && kid.text == name; };
  const Node *range = named_range(init[0].kids[0], {"begin", "cbegin"}), &test = n.kids[1], &by = step[0].kids[0];
  const bool backwards = !range;
  if (backwards) range = named_range(init[0].kids[0], {"rbegin", "crbegin"});
  if (!range || init[0].type != "auto" || init[0].reference || test.kind != NodeKind::binary || test.text != "!=" ||
      !is_it(test.kids[0]) || !steps(by) || by.text != "++" || !is_it(by.kids[0]))
    return {};
  using Names = std::set<std::string>;
  const Node* end = named_range(test.kids[1], backwards ? Names{"rend", "crend"} : Names{"end", "cend"});
  if (!end || print(*end) != print(*range) || !only_dereferenced(n.kids[3], name)) return {};
  Node item, loop;
  item.kind = NodeKind::declare;
  item.pos = loop.pos = n.pos;
  item.type = "auto";
  item.text = name;
  item.reference = true;
  loop.kind = NodeKind::range_for;
  loop.kids = {std::move(item), *range, n.kids[3]};
  if (backwards) loop.text = "backwards";
  replace_dereferenced(loop.kids[2], name);
  return loop;
}

// x in x.begin(), std::begin(x) and the like, if x has a name.
const Node* Lowering::named_range(const Node& n, const std::set<std::string>& names) const {
  const Node* range = nullptr;
  if (n.kind == NodeKind::call && n.kids[0].kind == NodeKind::member && n.kids.size() == 1 &&
      names.count(n.kids[0].text))
    range = &n.kids[0].kids[0];
  if (n.kind == NodeKind::call && n.kids[0].kind == NodeKind::name && n.kids.size() == 2 &&
      n.kids[0].text.starts_with("std::") && names.count(n.kids[0].text.substr(5)))
    range = &n.kids[1];
  if (!range) return nullptr;
  for (const Marked& m : findings_.marked)  // one's own: no iterator
    if (names.count(m.name)) return nullptr;
  const Node* named = range;
  const auto part = [](const Node& of) {
    return of.kind == NodeKind::member || of.kind == NodeKind::index || (of.kind == NodeKind::unary && of.text == "*");
  };
  while (part(*named)) named = &named->kids[0];
  if (named->kind == NodeKind::self) return range;
  if (named->kind != NodeKind::name) return nullptr;
  const int v = find(named->text);
  const bool field = v < 0 && context_.object && context_.owner->field(named->text);
  const bool iterator = named == range && iterator_variable(*named) >= 0;
  return field || (v >= 0 && !variables_[std::size_t(v)].lambda && !iterator) ? range : nullptr;
}

int Lowering::iterator_variable(const Node& n) const {
  const int v = n.kind == NodeKind::name ? find(n.text) : -1;
  return v >= 0 && variables_[std::size_t(v)].range ? v : -1;
}

// Is it an iterator? Looks only.
bool Lowering::is_position(const Node& n) const {
  if (iterator_variable(n) >= 0 || named_range(n, {"begin", "cbegin", "end", "cend"})) return true;
  if (steps(n)) return iterator_variable(n.kids[0]) >= 0;
  if (n.kind == NodeKind::assign) return iterator_variable(n.kids[0]) >= 0;
  if (n.kind == NodeKind::binary && (n.text == "+" || n.text == "-"))
    return is_position(n.kids[0]) && !is_position(n.kids[1]);
  if (changes_at(n)) return true;
  if (calls(n, {"std::next", "std::prev"}, 1) || calls(n, {"std::next", "std::prev"}, 2)) return is_position(n.kids[1]);
  return n.kind == NodeKind::call && n.kids.size() > 2 && std_name(n.kids[0].text) == StdName::search &&
         is_position(n.kids[1]) && is_position(n.kids[2]);
}

Lowering::Position Lowering::position(const Node& n) {
  if (const int v = iterator_variable(n); v >= 0) return {*variable(v).range, variable(v).now};
  for (const bool end : {false, true})
    if (const Node* range =
            named_range(n, end ? std::set<std::string>{"end", "cend"} : std::set<std::string>{"begin", "cbegin"})) {
      const Place place = *this->place(*range);
      push(Op::is, place.path, operands_of(place), n.pos);
      const Id index = end ? add(Op::length, "", {load(place, n.pos)}, n.pos, "end") : constant("0", n.pos);
      return {place, end ? add(Op::as, "std::ptrdiff_t", {index}, n.pos, "end") : index};
    }
  if (steps(n) || n.kind == NodeKind::assign) return moved_iterator(n);
  if (n.kind == NodeKind::binary) {
    const Position from = position(n.kids[0]);
    return {from.range, arithmetic(n.text, from.index, expression(n.kids[1]), n.pos, "i")};
  }
  if (n.kids[0].text == "std::next" || n.kids[0].text == "std::prev") {
    const Position from = position(n.kids[1]);
    const Id by = n.kids.size() > 2 ? expression(n.kids[2]) : constant("1", n.pos);
    return {from.range, arithmetic(n.kids[0].text == "std::next" ? "+" : "-", from.index, by, n.pos, "i")};
  }
  if (changes_at(n)) return change_at(n);
  const Position first = position(n.kids[1]), last = position(n.kids[2]);
  same_range(first, last, n.pos);
  return {first.range, find_in(n, first, last)};
}

// v.erase(it), v.erase(first, last), v.insert(it, x)
bool Lowering::changes_at(const Node& n) const {
  if (n.kind != NodeKind::call || n.kids[0].kind != NodeKind::member || n.kids.size() < 2) return false;
  const bool one = is_position(n.kids[1]);
  if (n.kids[0].text == "insert")
    return one && n.kids.size() == 3 && !(n.kids[2].kind == NodeKind::make && n.kids[2].text.empty());
  return n.kids[0].text == "erase" && one && (n.kids.size() == 2 || (n.kids.size() == 3 && is_position(n.kids[2])));
}

// ++it, it--, it += n, it = v.begin()
Lowering::Position Lowering::moved_iterator(const Node& n) {
  const int v = iterator_variable(n.kids[0]);
  const Place range = *variable(v).range;
  const Id before = variable(v).now;
  Id after = 0;
  if (steps(n))
    after = arithmetic(n.text.substr(0, 1), before, constant("1", n.pos), n.pos);
  else if (n.text == "+=" || n.text == "-=")
    after = arithmetic(n.text.substr(0, 1), before, expression(n.kids[1]), n.pos);
  else {
    if (n.text != "=" || !is_position(n.kids[1])) refuse_iterator(n.pos);
    const Position from = position(n.kids[1]);
    same_range({range, 0}, from, n.pos);
    if (from.range.indices != range.indices) refuse_iterator(n.pos);
    after = from.index;
  }
  store({v, "@", {}}, after, n.pos);
  return {range, n.kind == NodeKind::postfix ? before : variable(v).now};
}

// C++ itself asks for one range where iterators are compared; then the indices in its path are the same.
void Lowering::same_range(const Position& a, const Position& b, Pos pos) {
  if (a.range.variable != b.range.variable || a.range.path != b.range.path)
    throw Refusal(pos, "these iterators do not belong to one range that zygote can name", "use indices");
}

void Lowering::refuse_iterator(Pos pos) {
  throw Refusal(pos, "an iterator can only be moved, compared and dereferenced in marked code", "use an index");
}

// m.find(key) of a map that has a name
const Node* Lowering::find_call(const Node& n) const {
  if (n.kind != NodeKind::call || n.kids.size() != 2 || n.kids[0].kind != NodeKind::member || n.kids[0].text != "find")
    return nullptr;
  const std::string type = known_class(n.kids[0].kids[0]);
  return type.starts_with("std::map<") || type.starts_with("std::unordered_map<") ? &n.kids[0].kids[0] : nullptr;
}

// m.find(key), or a variable that holds what it has returned.
std::optional<Lowering::Entry> Lowering::entry(const Node& n) {
  const int v = n.kind == NodeKind::name ? find(n.text) : -1;
  if (v >= 0 && variable(v).map) return Entry{*variable(v).map, v, variable(v).found};
  const Node* const of = find_call(n);
  const auto map = of ? referred(*of) : std::nullopt;
  if (!map) return std::nullopt;
  const Id key =
      add(Op::as, "typename " + known_class(*of) + "::key_type", {expression(n.kids[1], "key")}, n.pos, "key");
  const Id count = add(Op::call_method, "count", {load(*map, n.pos), key}, n.pos, "found");
  const int of_key = declare("", key, n.pos);
  return Entry{*map, of_key, declare("", count, n.pos)};
}

// it != m.end()
std::optional<Id> Lowering::compared_entry(const Node& n) {
  if (n.kind != NodeKind::binary || (n.text != "==" && n.text != "!=")) return std::nullopt;
  for (const auto& [left, right] : {std::pair{&n.kids[0], &n.kids[1]}, std::pair{&n.kids[1], &n.kids[0]}}) {
    const Node* const end = named_range(*right, {"end", "cend"});
    const auto it = end ? entry(*left) : std::nullopt;
    if (!it) continue;
    const auto of = referred(*end);
    if (!of || of->variable != it->map.variable || of->path != it->map.path) refuse_iterator(n.pos);
    return add(Op::plain, n.text, {variable(it->found).now, constant("0", n.pos)}, n.pos, "test");
  }
  return std::nullopt;
}

// it->first, it->second
std::optional<Lowering::Place> Lowering::entry_place(const Node& n) {
  if (n.kind != NodeKind::member || n.kids[0].kind != NodeKind::unary || n.kids[0].text != "*") return std::nullopt;
  const auto it = entry(n.kids[0].kids[0]);
  if (!it || (n.text != "first" && n.text != "second")) return std::nullopt;
  if (n.text == "first") return Place{it->key, "@", {}};
  return extend(it->map, "@.at($1)", {variable(it->key).now});
}

// it == last, it - first, std::distance(first, it)
std::optional<Id> Lowering::compared_iterators(const Node& n, const std::string& hint) {
  if (auto test = compared_entry(n)) return test;
  const bool distance = calls(n, {"std::distance"}, 2);
  if (n.kind != NodeKind::binary && !distance) return std::nullopt;
  const Node &left = n.kids[distance ? 1 : 0], &right = n.kids[distance ? 2 : 1];
  if (!is_position(left) || !is_position(right)) return std::nullopt;
  const Position a = position(left), b = position(right);
  same_range(a, b, n.pos);
  return distance ? arithmetic("-", b.index, a.index, n.pos, hint) : arithmetic(n.text, a.index, b.index, n.pos, hint);
}

// *it, it[k]
std::optional<Lowering::Place> Lowering::iterated(const Node& n) {
  const bool index = n.kind == NodeKind::index;
  if ((!index && (n.kind != NodeKind::unary || n.text != "*")) || !is_position(n.kids[0])) return std::nullopt;
  Position p = position(n.kids[0]);
  if (index) p.index = arithmetic("+", p.index, expression(n.kids[1]), n.pos, "i");
  return extend(p.range, "zygote::ir::at(@, $1)", {p.index});
}

bool Lowering::declares_iterator(const Node& n) {
  if (n.kind != NodeKind::declare || n.kids.empty() || n.reference) return false;
  if (find_call(n.kids[0]) && (n.type == "auto" || n.type.ends_with("iterator"))) {
    const auto it = entry(n.kids[0]);
    if (!it) return false;
    const int v = declare(n.text, variable(it->key).now, n.pos, "is what find has returned");
    variable(v).map = it->map;
    variable(v).found = it->found;
    return true;
  }
  if ((n.type != "auto" && !n.type.ends_with("iterator")) || !is_position(n.kids[0])) return false;
  const Position p = position(n.kids[0]);
  const int v = declare(n.text, add(Op::as, "std::ptrdiff_t", {p.index}, n.pos, n.text), n.pos);
  variable(v).range = p.range;
  return true;
}

}  // namespace zygote::compiler
