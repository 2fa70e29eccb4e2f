// tree -> IR: what refers to elements of something else without saying so (spans, pointers that C arrays become,
// proxies of std::vector<bool>), and references to elements that are no longer where they were.
//
//   double g[2][2]; auto row = g[i]; row[0] = x     =>     g_2 = store @[$1][$2] g_1 x i_1 0
#include <algorithm>

#include "lower.hpp"

namespace zygote::compiler {

bool Lowering::is_view(int i) const {
  const Variable& v = variables_[std::size_t(i)];
  const auto span = [](const std::string& type) { return bare(type).starts_with("std::span"); };
  return v.view || ((v.alias || v.outside) && (span(v.type) || span(v.known)));
}

bool Lowering::is_fixed(int i) const {
  const Variable& v = variables_[std::size_t(i)];
  return v.fixed || v.type.starts_with("const ");
}

// Is `auto x = n` another name for what n refers to?
bool Lowering::makes_view(const Node& n) const {
  const auto proxy = [&](const Node& x) {
    return x.kind == NodeKind::index && known_class(x.kids[0]).starts_with("std::vector<bool");
  };
  if (n.kind == NodeKind::ternary) return makes_view(n.kids[1]) && makes_view(n.kids[2]) && !proxy(n.kids[1]);
  if (n.kind == NodeKind::member) return field_type(known_class(n.kids[0]), n.text).ends_with("[]");
  int levels = 0;
  const Node* root = &n;
  for (; root->kind == NodeKind::index; root = &root->kids[0]) ++levels;
  const int v = root->kind == NodeKind::name ? find(root->text) : -1;
  if (proxy(n)) return v < 0 || !is_fixed(v);
  return v >= 0 && (variables_[std::size_t(v)].extents > levels || (levels == 0 && is_view(v)));
}

// The name of a type may be that of a reference: a variable of it is no value of its own.
void Lowering::refuse_reference_type(const std::string& declared, Pos pos) const {
  std::string type = declared;
  for (int i = 0; i < 8; ++i) {  // names of names
    const std::string last = unqualified(type);
    const bool standard = last == "reference" || last == "const_reference" || last.starts_with("add_lvalue_reference");
    if ((i > 0 && type.ends_with("&")) || (standard && !findings_.types.count(last)))
      throw Refusal(pos, "'" + declared + "' is the type of a reference", "write T& or const T&");
    const auto alias = findings_.aliases.find(type.substr(0, type.find('<')));
    if (alias == findings_.aliases.end()) return;
    type = alias->second;
  }
}

// auto x = n, which makes a view.
void Lowering::view(const std::string& name, const Node& n, Place place, Pos pos) {
  const int levels = int(std::ranges::count(place.path, '['));
  const int extents = variable(place.variable).extents;
  const bool element = n.kind == NodeKind::index && known_class(n.kids[0]).starts_with("std::vector<bool");
  alias(name, std::move(place), pos);
  variables_.back().view = !element;
  variables_.back().extents = std::max(extents - levels, 0);
  variables_.back().type = element ? "bool" : "";
}

// A span over a whole container is another spelling of it: std::span s(v), std::span<T> s = v, auto s = std::span(v).
std::optional<Lowering::Place> Lowering::viewed_place(const Node& n) {
  const auto is_span = [](const std::string& type) { return type == "std::span" || type.starts_with("std::span<"); };
  if (n.kids.empty()) return std::nullopt;
  const Node& value = n.kids[0];
  if (value.kind == NodeKind::make && is_span(value.text) && value.kids.size() == 1) return referred(value.kids[0]);
  if (value.kind == NodeKind::call && value.kids.size() == 2 && value.kids[0].kind == NodeKind::name &&
      is_span(value.kids[0].text))
    return referred(value.kids[1]);
  return is_span(n.type) ? referred(value) : std::nullopt;
}

void Lowering::refuse_reseating(const Node& n) const {
  const int v = n.kind == NodeKind::name ? find(n.text) : -1;
  if (v >= 0 && is_view(v))
    throw Refusal(n.pos, "'" + n.text + "' refers to elements, and marked code cannot make it refer to others",
                  "use an index or a flag, or swap the containers");
}

// What of a variable's path lies behind that of another place: "" at that place, nullopt beside it.
std::optional<std::string> Lowering::behind(const Place& p, const Place& inner) {
  if (p.variable != inner.variable) return std::nullopt;
  if (inner.path.starts_with("zygote::ir::at(" + p.path + ",")) return "[]";
  if (!inner.path.starts_with(p.path)) return std::nullopt;
  const std::string rest = inner.path.substr(p.path.size());
  return rest.empty() || rest[0] == '.' || rest[0] == '[' ? std::optional(rest) : std::nullopt;
}

// References to elements of what changes like this may not be used from now on, nor by an earlier line of the loop.
void Lowering::leave_behind(const Place& p, const std::string& how, bool last_only, Pos pos) {
  for (int i = 0; i < int(variables_.size()); ++i) {
    Variable& v = variables_[std::size_t(i)];
    const auto rest = v.alias ? behind(p, *v.alias) : std::nullopt;
    if (!rest) continue;
    const bool element =
        rest->find('[') != std::string::npos || rest->starts_with(".front()") || (rest->empty() && is_view(i));
    if (!rest->starts_with(".back()") && (last_only || !element)) continue;
    v.gone = how;
    if (v.loops < v.used && v.loops < loops_)
      throw Refusal(pos, "a container " + how + " while '" + v.name + "' refers to an element of it", "use an index");
  }
}

void Lowering::check_not_gone(const Node& n) {
  const int i = find(n.text);
  if (i < 0) return;
  Variable& v = variable(i);
  v.used = std::max(v.used, loops_);
  if (!v.gone.empty())
    throw Refusal(n.pos, "'" + n.text + "' refers to an element of a container that " + v.gone + " before it is used",
                  "use an index");
}

// Of all variables. What is gone in one branch is there in the other, and behind them if that one does not go on.
std::vector<std::string> Lowering::gone() const {
  std::vector<std::string> all;
  for (const Variable& v : variables_) all.push_back(v.gone);
  return all;
}
void Lowering::set_gone(const std::vector<std::string>& all, bool more) {
  for (std::size_t i = 0; i < std::min(all.size(), variables_.size()); ++i)
    if (!more || variables_[i].gone.empty()) variables_[i].gone = all[i];
}

// A reference to the last element refers to that element when others have come.
Lowering::Place Lowering::by_index(Place p, Pos pos) {
  const std::string last = ".back()";
  if (!p.path.ends_with(last)) return p;
  Place object = p;
  object.path.resize(p.path.size() - last.size());
  const std::string type = object.whole() ? full_type(bare(variable(object.variable).type)) : "";
  if (!type.starts_with("std::vector<") && !type.starts_with("std::deque<")) return p;
  const Id size = add(Op::length, "", {load(object, pos)}, pos, "size");
  return extend(std::move(object), "@[$1]", {arithmetic("-", size, constant("1", pos), pos, "i")});
}

}  // namespace zygote::compiler
