// tree -> IR: algorithms of the standard library, over ranges and parts of them.
//
//   std::accumulate(v.begin(), v.end(), 0.0)     =>     the loop that it is
#include <algorithm>

#include "lower.hpp"
#include "parser.hpp"

namespace zygote::compiler {

const Node* range_of(const Node& n, const std::set<std::string>& names) {
  if (n.kind != NodeKind::call) return nullptr;
  if (n.kids[0].kind == NodeKind::member && n.kids.size() == 1 && names.count(n.kids[0].text))
    return &n.kids[0].kids[0];
  if (n.kids[0].kind == NodeKind::name && n.kids.size() == 2 && names.count(unqualified(n.kids[0].text)))
    return &n.kids[1];
  return nullptr;
}

namespace {

Node parsed(const std::string& statement) { return parse_body(tokenize("{ " + statement + " }")).kids[0]; }

// An algorithm over all of x, or over a copy of it that is called old, becomes one over its elements x_first to x_last:
// x[i] => x[x_first + i], x.size() => x_last - x_first, for (auto& y : x) => a loop over x[i].
void restrict(Node& n, const std::string& x) {
  const auto names = [&](const Node& kid) {
    return kid.kind == NodeKind::name && (kid.text == x || (x == "range" && kid.text == "old"));
  };
  for (Node& kid : n.kids) restrict(kid, x);
  if (n.kind == NodeKind::index && names(n.kids[0])) {
    Node sum = parsed(x + "_first + 0;").kids[0];
    sum.kids[1] = std::move(n.kids[1]);
    n.kids[1] = std::move(sum);
  } else if (n.kind == NodeKind::call && n.kids[0].text == "size" && names(n.kids[0].kids[0])) {
    n = parsed("std::size_t(" + x + "_last - " + x + "_first);").kids[0];
  } else if (n.kind == NodeKind::call && n.kids.size() > 1 && names(n.kids[1])) {  // zygote::ir::order(x, ..)
    for (const char* end : {"_first", "_last"}) n.kids.push_back(parsed(x + end + ";").kids[0]);
  } else if (n.kind == NodeKind::range_for && names(n.kids[1])) {
    Node loop = parsed("for (std::ptrdiff_t at = " + x + "_first; at < " + x + "_last; ++at) { " +
                       (n.kids[0].constant ? "const " : "") + "auto& " + n.kids[0].text + " = " + x + "[at]; }");
    loop.kids[3].kids.push_back(std::move(n.kids[2]));
    n = std::move(loop);
  }
}

// std::ranges::sort(v), but not std::ranges::sort(v.begin(), v.end())
bool over_ranges(const Node& call) {
  return call.kids[0].text.find("ranges::") != std::string::npos && call.kids.size() > 1 &&
         !range_of(call.kids[1], {"begin", "cbegin", "rbegin"});
}

// sort(v.begin(), v.end())    =>  sort(v.begin(), v.end(), std::less<>{}), as of max_element and min_element
// sort(v.rbegin(), v.rend())  =>  sort(v.begin(), v.end(), std::greater<>{})
Node with_order(const Node& n, bool ranges) {
  Node sort = n;
  if (n.kids.size() != (ranges ? 2 : 3)) return sort;
  const bool down = !ranges && range_of(n.kids[1], {"rbegin"}) && range_of(n.kids[2], {"rend"});
  for (std::size_t i : {1, 2}) {
    if (!down) break;
    std::string& name = sort.kids[i].kids[0].text;
    name.erase(name.rfind(i == 1 ? "rbegin" : "rend"), 1);
  }
  sort.kids.push_back(parsed(down ? "std::greater<>{};" : "std::less<>{};").kids[0]);
  return sort;
}

}  // namespace

// An algorithm as if it stood where it is called.
Lowering::Algorithm Lowering::algorithm(const std::string& name, std::size_t arguments, Pos pos) {
  const bool product = name == "transform_reduce" && arguments != 4;
  const std::string other = name == "reduce" && arguments > 1 ? "accumulate"
                            : name == "inclusive_scan"        ? "partial_sum"
                            : product                         ? "inner_product"
                                                              : name;
  Algorithm result;
  if (const auto found = algorithms().find(other + std::to_string(arguments)); found != algorithms().end()) {
    result = {true, found->second.marked->return_type, found->second.marked->parameters, found->second.body};
    for (Parameter& p : result.parameters) p.pos = pos;
    move_to(result.body, pos);
  }
  return result;
}

Id Lowering::inline_algorithm(const Algorithm& a, std::vector<Argument> arguments, Pos pos, const std::string& hint) {
  Context context;
  context.standard = true;
  context.visible.clear();
  return inline_body(a.parameters, a.body, a.return_type, std::move(context), {}, std::move(arguments), pos, hint);
}

Id Lowering::find_in(const Node& n, const Position& first, const Position& last) {
  const std::string name = unqualified(n.kids[0].text);
  const Node call = name.ends_with("_element") ? with_order(n, false) : n;
  const Algorithm known = algorithm(name, call.kids.size(), n.pos);
  if (!known.exists) throw Refusal(n.pos, "this form of the algorithm is not supported", "write a loop");
  std::vector<Argument> all{{.place = first.range}, {.value = first.index}, {.value = last.index}};
  for (std::size_t i = 3; i < call.kids.size(); ++i) all.push_back(binding(call.kids[i], &known.parameters[i]));
  return inline_algorithm(known, std::move(all), n.pos, "i");
}

// std::vector<T>(first, last)
Id Lowering::slice(const Node& begin, const Node& end, const std::string& type) {
  const Position first = position(begin), last = position(end);
  const Pos pos = begin.pos;
  same_range(first, last, pos);
  std::vector<Argument> all{{.place = first.range}, {.value = first.index}, {.value = last.index}};
  all.push_back({.value = made(type, "{", {}, pos, "part")});
  return inline_algorithm(algorithm("slice", 4, pos), std::move(all), pos, "part");
}

// s.subspan(i, n), s.first(n), s.last(n) of a span of constants, or where it is only read: a copy.
std::optional<Id> Lowering::span_part(const Node& n, bool read) {
  if (n.kind != NodeKind::call) return std::nullopt;
  const Node& callee = n.kids[0];
  const std::string& name = callee.text;
  if (callee.kind != NodeKind::member || n.kids.size() < 2 || (name != "subspan" && name != "first" && name != "last"))
    return std::nullopt;
  const std::string type = known_class(callee.kids[0]), element = element_type(type);
  if (!type.starts_with("std::span")) return std::nullopt;
  if (!read && type.find("<const ") == std::string::npos)
    throw Refusal(n.pos, "a part of a span that can be written to is not supported in marked code",
                  "make it a std::span<const T>, or index the span");
  const Node& object = callee.kids[0];
  const bool whole = object.kind == NodeKind::make || object.kind == NodeKind::call;  // std::span(v)
  const Place span = place_or_value(whole ? object.kids.back() : object);
  const auto number = [&](Id id) { return add(Op::as, "std::ptrdiff_t", {id}, n.pos, "i"); };
  const Id size = number(add(Op::length, "", {load(span, n.pos)}, n.pos, "size")),
           given = number(expression(n.kids[1]));
  Id first = name == "subspan" ? given : constant("0", n.pos), last = name == "first" ? given : size;
  if (name == "last") first = arithmetic("-", size, given, n.pos, "i");
  if (n.kids.size() > 2) last = arithmetic("+", first, number(expression(n.kids[2])), n.pos, "i");
  std::vector<Argument> all{{.place = span}, {.value = first}, {.value = last}};
  all.push_back({.value = made("std::vector<" + bare(element) + ">", "{", {}, n.pos, "part")});
  return inline_algorithm(algorithm("slice", 4, n.pos), std::move(all), n.pos, "part");
}

bool Lowering::declares_view(const Node& n) {
  if (auto viewed = viewed_place(n)) {
    alias(n.text, std::move(*viewed), n.pos);
    variables_.back().type = type_text(n.type);
    variables_.back().view = true;
    return true;
  }
  if (n.kids.empty() || n.kids[0].kind != NodeKind::call) return false;
  const auto part = span_part(n.kids[0]);
  if (!part) return false;
  const int v = declare(n.text, *part, n.pos);
  variable(v).type = known_class(n.kids[0].kids[0].kids[0]);
  watch(mentions(n.kids[0]), v);
  return true;
}

// std::apply(f, t), where f is a lambda of this function: f(std::get<0>(t), std::get<1>(t), ..)
std::optional<Id> Lowering::call_apply(const Node& n, const std::string& hint) {
  std::optional<Inlinable> lambda = known_lambda(n.kids[1]);
  if (!lambda) return std::nullopt;
  std::string parts;
  for (std::size_t i = 0; i < lambda->node->parameters.size(); ++i)
    parts += (i ? ", std::get<" : "std::get<") + std::to_string(i) + ">(t)";
  Algorithm apply;
  apply.parameters = {{"f", "auto", "", "", false, n.pos}, {"t", "auto&", "", "", false, n.pos}};
  apply.body = parsed("return f(" + parts + ");");
  move_to(apply.body, n.pos);
  std::vector<Argument> arguments(1);
  arguments[0].lambda = std::move(lambda);
  arguments.push_back(binding(n.kids[2], nullptr));
  return inline_algorithm(apply, std::move(arguments), n.pos, hint);
}

// std::visit(overloaded{[](const A& a) {..}, [](const B& b) {..}}, v)
//   =>  std::holds_alternative<A>(v) ? f0(std::get<A>(v)) : f1(std::get<B>(v))
// and the same of one lambda that takes any alternative, if the type of v is known.
std::optional<Id> Lowering::visit_by_type(const Node& n, const std::string& hint) {
  const auto generic = [](const Node& lambda) { return lambda.parameters[0].type.find("auto") != std::string::npos; };
  std::vector<std::pair<std::string, std::string>> cases;  // type, function
  std::vector<Node> functions;
  if (n.kids[1].kind == NodeKind::make) functions = n.kids[1].kids;
  if (n.kids[1].kind == NodeKind::lambda) functions = {n.kids[1]};
  for (const Node& f : functions) {
    if (f.kind != NodeKind::lambda || f.parameters.size() != 1) return std::nullopt;
    if (!generic(f)) cases.push_back({bare(f.parameters[0].type), "f" + std::to_string(cases.size())});
  }
  const std::string variant = known_class(n.kids[2]);
  if (!variant.starts_with("std::variant<") && cases.size() == 1) return std::nullopt;
  if (variant.starts_with("std::variant<")) {
    const auto alternatives = template_arguments(variant);
    if (functions.size() == 1 && cases.empty())
      for (const std::string& one : alternatives) cases.push_back({one, "f0"});
    if (cases.size() != alternatives.size()) return std::nullopt;  // some are converted
  }
  for (const auto& one : cases)
    if (std::count_if(cases.begin(), cases.end(), [&](const auto& other) { return other.first == one.first; }) > 1)
      return std::nullopt;
  if (cases.empty() || cases.size() < functions.size()) return std::nullopt;
  const bool returns = returns_value(functions[0].kids.back());
  Algorithm visit;
  std::vector<Argument> arguments;
  for (std::size_t i = 0; i < functions.size(); ++i) {
    visit.parameters.push_back({"f" + std::to_string(i), "auto", "", "", false, n.pos});
    arguments.push_back(binding(functions[i], nullptr));
  }
  std::string text = returns ? "return " : "";
  for (const auto& [type, f] : cases) {
    const std::string call = f + "(std::get<" + type + ">(v))", test = "std::holds_alternative<" + type + ">(v)";
    const bool last = type == cases.back().first;
    text += last ? call + ";" : returns ? test + " ? " + call + " : " : "if (" + test + ") " + call + "; else ";
  }
  visit.parameters.push_back({"v", "auto&", "", "", false, n.pos});
  arguments.push_back(binding(n.kids[2], nullptr));
  visit.body = parse_body(tokenize("{ " + text + " }"));
  move_to(visit.body, n.pos);
  return inline_algorithm(visit, std::move(arguments), n.pos, hint);
}

// Functions of the standard library that are other words for something else.
std::optional<Id> Lowering::call_standard(const Node& n, const std::string& name, const std::string& hint) {
  if ((n.kids[0].text == "std::move" || n.kids[0].text == "std::as_const") && n.kids.size() == 2) {
    const Id value = expression(n.kids[1], hint);  // all last reads move
    const auto from = name == "move" && only_names(n.kids[1]) ? place(n.kids[1]) : std::nullopt;
    if (from) leave_behind(*from, "is moved", false, n.pos);
    return value;
  }
  if (name == "visit" && n.kids.size() == 3)
    if (const auto result = visit_by_type(n, hint)) return result;
  const bool ranges = over_ranges(n);
  if (name == "sort" || name == "stable_sort") return call_algorithm(with_order(n, ranges), name, hint);
  if (name == "apply" && n.kids.size() == 3)
    if (const auto result = call_apply(n, hint)) return result;
  if (name == "make_pair" || name == "make_tuple")
    return made("std::" + name.substr(5), "(", arguments(n), n.pos, hint);
  if ((name == "make_shared" || name == "make_unique") && n.kids[0].text.ends_with(">")) {
    const std::string text = type_text(n.kids[0].text), of = text.substr(text.find('<'));
    std::vector<Id> operands{constant("zygote::make_pointer<std::" + name.substr(5) + "_ptr" + of + ">", n.pos)};
    for (Id id : arguments(n)) operands.push_back(id);
    return add(Op::call_object, "", std::move(operands), n.pos, hint);
  }
  const bool list = n.kids.size() == 2 && n.kids[1].kind == NodeKind::make && n.kids[1].text.empty();
  if (((name == "min" || name == "max") && list && !n.kids[1].kids.empty()) ||
      (name == "hypot" && n.kids.size() == 4)) {  // min({a, b, c}): from the left
    const Node& all = list ? n.kids[1] : n;
    Id result = expression(all.kids[list ? 0 : 1]);
    for (std::size_t i = list ? 1 : 2; i < all.kids.size(); ++i) {
      const Id next = expression(all.kids[i]);
      result = add(Op::rule, name, {result, next}, n.pos, hint);
    }
    return result;
  }
  return call_algorithm(n, name, hint);
}

// The arguments of an algorithm: the first two iterators are a range, all of one or a part of it.
std::vector<Lowering::Part> Lowering::parts(const Node& n) {
  std::vector<Part> all;
  for (std::size_t i = 1; i < n.kids.size(); ++i) {
    const Node* first = range_of(n.kids[i], {"begin", "cbegin"});
    const bool pair = i == 1 && i + 1 < n.kids.size();
    const Node* last = first && pair ? range_of(n.kids[i + 1], {"end", "cend"}) : nullptr;
    const Node* const grows = range_of(n.kids[i], {"back_inserter"});
    Part part{first ? first : grows ? grows : &n.kids[i], {}, {}, grows != nullptr};
    if (!last && !grows && is_position(n.kids[i])) {
      part.first = position(n.kids[i]);
      if (pair && is_position(n.kids[i + 1])) {
        part.last = position(n.kids[i + 1]);
        same_range(*part.first, *part.last, n.pos);
      }
      if (first && !part.last) part.first.reset();
    }
    if (last || part.last) ++i;
    all.push_back(std::move(part));
  }
  return all;
}

std::optional<Id> Lowering::call_algorithm(const Node& n, const std::string& name, const std::string& hint) {
  const bool ranges = over_ranges(n);
  const auto iterator = [&](const Node& kid) { return range_of(kid, {"begin", "cbegin"}) || is_position(kid); };
  const bool whole = ranges || name == "swap" || name == "exchange" || name == "erase_if";
  if (!whole && std::none_of(n.kids.begin() + 1, n.kids.end(), iterator)) return std::nullopt;
  if (name == "erase_if" && n.kids.size() == 3) {
    const Place object = target(n.kids[1]);
    push(Op::is, object.path, operands_of(object), n.pos).label = "a sequence";
  }
  std::vector<Part> given = parts(n);
  const bool grows = std::any_of(given.begin(), given.end(), [](const Part& part) { return part.grows; });
  Algorithm known = algorithm(grows ? name + "_back" : name, given.size(), n.pos);
  if (!known.exists) return std::nullopt;
  std::vector<Argument> arguments, ends;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const Parameter p = known.parameters[i];
    if (!given[i].first) {
      arguments.push_back(std::move(bindings({given[i].node}, {p})[0]));
      continue;
    }
    restrict(known.body, p.name);
    arguments.push_back({.place = given[i].first->range});
    for (const auto& [end, at] : {std::pair{"_first", &given[i].first}, std::pair{"_last", &given[i].last}})
      if (*at) {
        known.parameters.push_back({p.name + end, "std::ptrdiff_t", "", "", false, n.pos});
        ends.push_back({.value = (*at)->index});
      }
  }
  if (name == "swap" || name == "exchange")
    for (std::size_t i = 1; i < n.kids.size() && i < (name == "swap" ? 3u : 2u); ++i) refuse_reseating(n.kids[i]);
  if (name == "swap" || name == "exchange")
    for (const Argument& a : arguments)
      if (a.place) leave_behind(*a.place, "is swapped", false, n.pos);
  arguments.insert(arguments.end(), std::make_move_iterator(ends.begin()), std::make_move_iterator(ends.end()));
  return inline_algorithm(known, std::move(arguments), n.pos, hint);
}

}  // namespace zygote::compiler
