// tree -> IR: variables, and places: variables and their parts, as they are read, written and referred to.
//
//   auto& row = m[i];  row[j] += x     =>     m_2 = store @[$1][$2] m_1 v_3 i_1 j_1
//
// A reference is no variable: it is another spelling of a place. A write makes a new value of the whole variable, which
// takes over the storage of the old one.
#include <algorithm>

#include "lower.hpp"

namespace zygote::compiler {

int Lowering::declare(const std::string& name, Id value, Pos pos, std::string refused) {
  Variable v;
  v.name = name;
  v.now = value;
  v.pos = pos;
  v.refused = std::move(refused);
  v.serial = ++serials_;
  variables_.push_back(std::move(v));
  return int(variables_.size()) - 1;
}

int Lowering::flag(Pos pos) { return declare("", constant("false", pos), pos); }

void Lowering::alias(const std::string& name, Place place, Pos pos, std::string refused) {
  place = by_index(std::move(place), pos);
  const int v = declare(name, 0, pos, std::move(refused));
  variable(v).alias = std::move(place);
  variable(v).loops = loops_;
}

void Lowering::bind_lambda(const std::string& name, Inlinable lambda, Pos pos) {
  const int v = declare(name, 0, pos, "is a lambda");
  variable(v).lambda = std::move(lambda);
}

void Lowering::close_scope() {
  variables_.resize(scopes_.back());
  scopes_.pop_back();
}

int Lowering::find(const std::string& name) const {
  if (name.empty()) return -1;
  for (auto range = context_.visible.rbegin(); range != context_.visible.rend(); ++range)
    for (int i = std::min(range->second, int(variables_.size())); i-- > range->first;)
      if (variables_[std::size_t(i)].name == name) return i;
  return -1;
}

// In decltype(..) and requires {..} the names of locals stand for their current values; those of constants, for what
// they are.
std::string Lowering::type_text(const std::string& type) {
  const bool values = type.find("decltype") != std::string::npos || type.find("requires") != std::string::npos;
  Tokens tokens = tokenize(type);
  tokens.pop_back();
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    Token& t = tokens[i];
    if (!t.identifier() || (i > 0 && (tokens[i - 1].is("::") || tokens[i - 1].is(".")))) continue;
    const Lowering* at = this;
    while (at->parent_ && at->find(t.text) < 0) at = at->parent_;  // constants need not be captured
    const int v = at->find(t.text);
    if (v < 0) continue;
    const Variable& variable = at->variables_[std::size_t(v)];
    if (values && variable.lambda)
      throw Refusal(variable.pos, "the type of the lambda '" + variable.name + "' has no name in marked code",
                    "let the compiler find it, as in `Solver s{f, 2}`");
    const bool of_name = i > 1 && i + 1 < tokens.size() && tokens[i - 1].is("(") && tokens[i - 2].is("decltype") &&
                         tokens[i + 1].is(")");
    if (!variable.constant.empty()) {
      t.text = variable.constant;
    } else if (of_name && variable.typed()) {
      t.text = variable.type;
      tokens.erase(tokens.begin() + std::ptrdiff_t(i) + 1);
      tokens.erase(tokens.begin() + std::ptrdiff_t(i) - 2, tokens.begin() + std::ptrdiff_t(i));
      i -= 2;
    } else if (values && at == this)
      t.text = f_[variable.now].inlined.empty() ? f_[variable.now].name : f_[variable.now].inlined;
  }
  return join(tokens, 0, tokens.size());
}

// sizeof(x[0]), with locals as what they were declared as.
std::string Lowering::size_text(const Node& n) const {
  Tokens tokens = tokenize(n.text);
  tokens.pop_back();
  for (std::size_t i = 1; i < tokens.size(); ++i) {
    if (!tokens[i].identifier() || tokens[i - 1].is("::") || tokens[i - 1].is(".")) continue;
    const Lowering* at = this;
    while (at->parent_ && at->find(tokens[i].text) < 0) at = at->parent_;
    const int v = at->find(tokens[i].text);
    if (v < 0) continue;
    const Variable& variable = at->variables_[std::size_t(v)];
    if (!variable.typed())
      throw Refusal(n.pos, "the type of '" + tokens[i].text + "' is not known here", "write sizeof(T)");
    tokens[i].text = "std::declval<" + variable.type + ">()";
  }
  return join(tokens, 0, tokens.size());
}

// Is it a constant that types may name? The C++ compiler knows; what depends on locals is none.
void Lowering::note_constant(const Node& n, int v) {
  const std::string text = type_text(n.initialiser);
  const bool digits = std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (text.empty() || !(is_integer_type(n.type) || digits)) return;
  for (const Token& t : tokenize(text))
    if (t.identifier() && find(t.text) >= 0) return;
  variable(v).constant = digits ? text : "static_cast<" + n.type + ">(" + text + ")";
}

void Lowering::check_writable(const Variable& v, Pos pos) {
  written_.insert(v.serial);
  if (v.outside) f_.writes_parameters = true;
  for (int watcher : v.watchers)  // what was a copy so far is read where it refers to from now on
    for (Variable& other : variables_)
      if (other.serial == watcher && other.copied && other.loops == loops_) other.alias = other.copied;
  if (!v.refused.empty())
    throw Refusal(pos, "'" + v.name + "' " + v.refused + ", and marked code cannot write to it",
                  "write to a local copy and return it, or make this a marked function, which is handed the variable "
                  "by reference");
  for (int watcher : v.watchers)
    for (const Variable& other : variables_)
      if (other.serial == watcher && !other.alias)
        throw Refusal(pos,
                      "'" + v.name + "' changes while " +
                          (other.name.empty() ? "a reference" : "'" + other.name + "'") + " may refer to it",
                      "copy the value, or refer to a variable or an element directly");
  if (v.handed_on)
    throw Refusal(pos, "'" + v.name + "' changes while a lambda that was handed on refers to it",
                  "capture it by value, or use the lambda in this function alone");
}

void Lowering::assign(int i, Id value, Pos pos) {
  check_writable(variable(i), pos);
  variable(i).now = value;
}

// What a call, an assignment, ?: or a comma returns may be a reference to something that it mentions: remember who would
// see that change. `number`: what is asked for is a number, which no class can refer to.
std::vector<int> Lowering::mentions(const Node& n, bool number) {
  std::set<std::string> used;
  std::vector<int> list;
  const auto collect = [&](const Node& of, bool part, const auto& self) -> void {
    const Node* whole = &of;
    while (whole->kind == NodeKind::member || whole->kind == NodeKind::index) whole = &whole->kids[0];
    const auto& kids = whole->kids;
    if (whole->kind == NodeKind::name && part) used.insert(whole->text);
    if (whole->kind == NodeKind::self && part && context_.object) list.push_back(context_.object->variable);
    if (whole->kind == NodeKind::ternary || whole->kind == NodeKind::comma) self(kids[1], true, self);
    if (whole->kind == NodeKind::ternary) self(kids[2], true, self);
    if (whole->kind == NodeKind::assign || (whole->kind == NodeKind::unary && (part || whole->text.size() == 2)))
      self(kids[0], true, self);
    if (whole->kind != NodeKind::call || makes_value(*whole, number)) return;
    if (const int v = kids[0].kind == NodeKind::name ? find(kids[0].text) : -1; v >= 0 && variable(v).lambda)
      used.merge(used_from_outside(*variable(v).lambda->node));
    if (!math_rule(kids[0].text, kids.size() - 1)) return used_names(*whole, used);
    for (std::size_t i = 1; i < kids.size(); ++i) self(kids[i], true, self);  // std::max(a, b)
  };
  collect(n, false, collect);
  for (const std::string& name : used)
    if (const auto p = name_place(name))
      list.push_back(variable(p->variable).range ? variable(p->variable).range->variable : p->variable);
  return list;
}

void Lowering::watch(const std::vector<int>& mentions, int watcher) {
  for (int i : mentions) variable(i).watchers.push_back(variable(watcher).serial);
}

// v, a constant reference to the number at this place, has been made a copy; of another type, it is one for good.
void Lowering::copy_of(int v, Place place, bool same_type) {
  const int of = place.variable;
  if (same_type) variable(v).copied = std::move(place);
  variable(v).loops = loops_;
  watch({of}, v);
}

// Does the function that is written, or what is around it, declare this name? Then it means something else there.
bool Lowering::hides(const std::string& name) const {
  if (marked_.around.count(name)) return true;
  for (const Lowering* l = this; l; l = l->parent_)
    for (const std::string& parameter : l->f_.parameters)
      if (parameter == name) return true;
  return false;
}

void Lowering::check_visible(const std::string& name, Pos pos) const {
  const std::string first = name.substr(0, name.find_first_of(":<"));
  if (context_.function && hides(first))
    throw Refusal(pos, "'" + first + "' of this function means something else where it is called",
                  "rename one of them");
}

// A captured value becomes an input, visible in the whole function under its name.
void Lowering::capture(const std::string& name, Id outer, Pos pos) {
  const Id id = f_.fresh(name, pos);
  captured_.push_back(outer);
  f_.captures.push_back(name);
  f_.inputs.push_back(id);
  declare(name, id, pos, "is captured");
}

const Lowering::Place& Lowering::self(Pos pos) const {
  if (!context_.object) throw Refusal(pos, "'this' outside of a method", "pass the object as an argument");
  return *context_.object;
}

Lowering::Place Lowering::extend(Place p, const std::string& pattern, std::vector<Id> indices) {
  std::string path;
  for (std::size_t i = 0; i < pattern.size(); ++i)
    if (pattern[i] == '@')
      path += p.path;
    else if (pattern[i] == '$')
      path += "$" + std::to_string(p.indices.size() + std::size_t(pattern[++i] - '0'));
    else
      path += pattern[i];
  p.path = std::move(path);
  p.indices.insert(p.indices.end(), indices.begin(), indices.end());
  return p;
}

// In the body of a method that is read outside of its class, members that are not public need an accessor.
std::string Lowering::member_text(const std::string& name) const {
  const Member* const m = context_.owner ? context_.owner->field(name) : nullptr;
  if (!m || m->visible()) return name;
  const std::string here = marked_.scope + marked_.owner + "::";
  return here.starts_with(context_.owner->scope + context_.owner->owner + "::") ? name : accessor(name);
}

std::optional<Lowering::Place> Lowering::name_place(const std::string& name) {
  if (const int v = find(name); v >= 0) {
    if (variable(v).lambda) return std::nullopt;
    return variable(v).alias ? *variable(v).alias : Place{v, "@", {}};
  }
  if (context_.object && context_.owner->field(name)) return extend(*context_.object, "@." + member_text(name));
  return std::nullopt;
}

// The place that an expression names, if it names a variable or a part of one.
std::optional<Lowering::Place> Lowering::place(const Node& n) {
  const auto of_first = [&](const std::string& pattern) -> std::optional<Place> {
    auto object = place(n.kids[0]);
    if (!object) return std::nullopt;
    return extend(std::move(*object), pattern);
  };
  if (auto element = iterated(n)) return element;
  if (auto part = entry_place(n)) return part;
  switch (n.kind) {
    case NodeKind::name:
      if (iterator_variable(n) >= 0) refuse_iterator(n.pos);
      check_not_gone(n);
      return name_place(n.text);
    case NodeKind::self:
      return self(n.pos);
    case NodeKind::member:
      return of_first("@." + member_text(n.text));
    case NodeKind::unary:
      if (n.text == "*" && n.kids[0].kind == NodeKind::self) return place(n.kids[0]);
      return n.text == "*" ? of_first("zygote::ir::pointee(@)") : std::nullopt;
    case NodeKind::make:  // static_cast<const T&>(x)
      if (!n.text.ends_with("&") || is_number_type(bare(n.text))) return std::nullopt;
      if (auto object = place(n.kids[0])) return checked_cast(n, std::move(*object));
      return std::nullopt;
    case NodeKind::index: {
      auto object = place(n.kids[0]);
      if (!object) return std::nullopt;
      const Id index = expression(n.kids[1], "i");
      return extend(std::move(*object), "@[$1]", {index});
    }
    case NodeKind::call: {
      const Node& callee = n.kids[0];
      if (callee.kind == NodeKind::name && n.kids.size() == 2 && callee.text.find("get<") != std::string::npos &&
          (unqualified(callee.text) == "get" || callee.text.starts_with("std::get<"))) {
        const std::string text = type_text(callee.text);
        auto object = place(n.kids[1]);
        const auto open = text.find('<');
        const std::string which = text.substr(open + 1, text.rfind('>') - open - 1);
        if (!object) return std::nullopt;
        if (!which.empty() && which[0] >= '0' && which[0] <= '9')
          return extend(std::move(*object), "zygote::ir::element<" + which + ">(@)");
        return extend(std::move(*object), "std::get<" + which + ">(@)");
      }
      return std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

// A place, or else a value under no name.
Lowering::Place Lowering::place_or_value(const Node& n, const std::string& hint) {
  if (auto p = place(n)) return *p;
  if ((n.kind == NodeKind::member || n.kind == NodeKind::index || (n.kind == NodeKind::unary && n.text == "*"))) {
    return part_of(place_or_value(n.kids[0]), n);
  }
  const Id id = expression(n, hint);
  return {declare("", id, n.pos, "is a temporary"), "@", {}};
}

Id Lowering::load(const Place& p, Pos pos, const std::string& hint) {
  if (p.whole()) return variable(p.variable).now;
  return add(Op::load, p.path, operands_of(p), pos, hint);
}

// What an instruction reads that refers to a place.
std::vector<Id> Lowering::operands_of(const Place& p) {
  std::vector<Id> operands{variable(p.variable).now};
  operands.insert(operands.end(), p.indices.begin(), p.indices.end());
  return operands;
}

// The variable of a place gets its next version.
Id Lowering::write(Op op, const Place& p, std::string label, std::vector<Id> values, Pos pos) {
  check_writable(variable(p.variable), pos);
  parts_written_.insert(variable(p.variable).serial);
  std::vector<Id> operands{variable(p.variable).now};
  operands.insert(operands.end(), values.begin(), values.end());
  operands.insert(operands.end(), p.indices.begin(), p.indices.end());
  const Id id = add(op, p.path, std::move(operands), pos, name_of(p.variable));
  region_->code.back().label = std::move(label);
  variable(p.variable).now = id;
  return id;
}

// Writes a value to a place; returns what was written.
Id Lowering::store(const Place& p, Id value, Pos pos) {
  for (const Variable& v : variables_)  // swap(v, w) would take them along
    if (v.range && v.range->variable == p.variable && v.range->path.starts_with(p.path))
      throw Refusal(pos, "a range changes as a whole while '" + v.name + "' is an iterator of it", "use an index");
  if (!p.whole()) {
    write(Op::store, p, "", {value}, pos);
    return value;
  }
  const Id written = add(Op::like, "", {value, variable(p.variable).now}, pos, name_of(p.variable));
  assign(p.variable, written, pos);
  return written;
}

// What a reference may be bound to: a place, also through what methods return references to.
std::optional<Lowering::Place> Lowering::referred(const Node& n) {
  if (auto p = place(n)) return p;
  if (n.kind == NodeKind::member || n.kind == NodeKind::index || (n.kind == NodeKind::unary && n.text == "*")) {
    auto object = referred(n.kids[0]);
    return object ? std::optional(part_of(std::move(*object), n)) : std::nullopt;
  }
  if (n.kind != NodeKind::call) return std::nullopt;
  if (auto p = returned_place(n)) return p;
  if (n.kids[0].kind != NodeKind::member) return std::nullopt;
  const std::string& method = n.kids[0].text;
  if (method.starts_with("emplace_")) {
    const auto container = change_elements(n, method);
    return container ? new_element(method, *container) : std::nullopt;
  }
  const auto own = [&](const Marked& m) {
    return m.kind == Marked::method && m.name == method && !m.by_reference && !m.names_part;
  };
  const bool number =
      std::ranges::any_of(findings_.marked, own) && !known_class(n.kids[0].kids[0]).starts_with("std::");
  auto object = gives_element(method) && !number ? referred(n.kids[0].kids[0]) : std::nullopt;
  return object ? std::optional(called_part(std::move(*object), "." + method, n)) : std::nullopt;
}

// x.y, x[i], *x of a place x
Lowering::Place Lowering::part_of(Place object, const Node& n) {
  if (n.kind == NodeKind::member) return extend(std::move(object), "@." + member_text(n.text));
  if (n.kind == NodeKind::unary) return extend(std::move(object), "zygote::ir::pointee(@)");
  const Id index = expression(n.kids[1], "i");
  return extend(std::move(object), "@[$1]", {index});
}

// The part of an object to which its operator() or a method returns a reference.
Lowering::Place Lowering::called_part(Place object, const std::string& method, const Node& call) {
  const std::vector<Id> indices = arguments(call);
  std::string list;
  for (std::size_t i = 0; i < indices.size(); ++i) list += (i ? ", $" : "$") + std::to_string(i + 1);
  return extend(std::move(object), "@" + method + "(" + list + ")", indices);
}

// x.y of a class of this file that has such a field
bool Lowering::is_field(const Node& n) const {
  return n.kind == NodeKind::member && !field_type(known_class(n.kids[0]), n.text).empty();
}

// What an assignment writes to.
Lowering::Place Lowering::target(const Node& n) {
  if (auto p = referred(n)) return *p;
  if (n.kind == NodeKind::call && n.kids[0].kind == NodeKind::name)  // a(i, j) = ..
    if (auto object = name_place(n.kids[0].text)) return called_part(std::move(*object), "", n);
  if (n.kind == NodeKind::call && (n.kids[0].kind == NodeKind::index || is_field(n.kids[0])))  // s.a(i, j), v[k](i, j)
    if (auto object = referred(n.kids[0])) return called_part(std::move(*object), "", n);
  if ((n.kind == NodeKind::member || n.kind == NodeKind::index || n.kind == NodeKind::unary) && !n.kids.empty() &&
      n.text != "-")
    return part_of(target(n.kids[0]), n);
  if (n.kind == NodeKind::name)
    throw Refusal(n.pos, "'" + n.text + "' is not a local variable; marked code cannot write to it",
                  "pass it in and return the new value");
  throw Refusal(n.pos, "this is not a variable that marked code can write to", "assign to a local variable");
}

}  // namespace zygote::compiler
