// tree -> IR: bodies in the place of calls: what they see, and what their parameters stand for.
//
//   double area(const Box& b, double k) { return b.w * b.h * k; }
//   area(boxes[i], 2 * y)     =>     b is boxes[i];  k_1 = as double v_1;  ..
#include <algorithm>

#include "lower.hpp"
#include "parser.hpp"

namespace zygote::compiler {
namespace {

constexpr std::size_t kLargestInlined = 20000;  // nodes that are read again for one function
constexpr std::size_t kWorthInlining = 1000;    // .. where a call would do as well

std::size_t size(const Node& n) {
  std::size_t total = 1;
  for (const Node& kid : n.kids) total += size(kid);
  return total;
}

// Is there an `if constexpr (requires { .. })` in it, which may name its parameters?
bool asks(const Node& n) {
  return (n.kind == NodeKind::if_ && n.type.find("requires") != std::string::npos) || std::ranges::any_of(n.kids, asks);
}

std::size_t count(const Node& n, NodeKind kind) {
  std::size_t total = n.kind == kind;
  if (n.kind != NodeKind::lambda)
    for (const Node& kid : n.kids) total += count(kid, kind);
  return total;
}

void find_returned(const Node& n, std::vector<const Node*>& values) {
  if (n.kind == NodeKind::lambda) return;
  if (n.kind == NodeKind::return_ && !n.kids.empty()) values.push_back(&n.kids[0]);
  for (const Node& kid : n.kids) find_returned(kid, values);
}
bool returns_from_loop(const Node& n) {
  const bool loop = n.kind == NodeKind::for_ || n.kind == NodeKind::range_for || n.kind == NodeKind::while_ ||
                    n.kind == NodeKind::do_;
  return loop ? contains(n, NodeKind::return_)
              : n.kind != NodeKind::lambda && std::any_of(n.kids.begin(), n.kids.end(), returns_from_loop);
}

}  // namespace

std::string bare(std::string type) {
  for (const char* word : {"const ", "constexpr "})
    if (type.starts_with(word)) type.erase(0, std::string(word).size());
  while (!type.empty() && (type.back() == '&' || type.back() == ' ')) type.pop_back();
  if (type.ends_with(" const")) type.erase(type.size() - 6);
  return type;
}

bool returns_arguments(const Marked& m) {
  bool changes = false;
  for (const Parameter& p : m.parameters) {
    if (p.name.empty() || p.type.find("auto") != std::string::npos || p.type.find("span<") != std::string::npos ||
        p.type.ends_with("&&"))
      return false;
    changes = changes || p.mutable_reference;
  }
  return changes && m.kind == Marked::free_function && m.template_head.empty() && !m.return_type.empty() &&
         m.return_type.find("auto") == std::string::npos;
}

// What a lambda returns that does not say so, if that is plain to see: C++ asks for one type in all its returns, so one
// that is a known number tells.
std::string Lowering::plainly_returned(const Node& lambda) const {
  if (!lambda.type.empty()) return lambda.type;
  const std::set<std::string> outside = used_from_outside(lambda);
  std::vector<const Node*> values;
  find_returned(lambda.kids.back(), values);
  for (const Node* value : values) {
    const Node* root = value;
    while (!root->kids.empty() && root->kind != NodeKind::binary) root = &root->kids[0];
    std::string type = plain_type(*value);
    for (const Parameter& p : lambda.parameters)
      if (value->kind == NodeKind::name && p.name == value->text) type = bare(p.type);
    if (type.empty() && root->kind == NodeKind::name && outside.count(root->text)) type = known_class(*value);
    if (is_number_type(type)) return type;
  }
  return "";
}

// Where it returns from inside a loop, that has to be known in front of the loop.
std::string Lowering::returned_type(const Node& lambda) const {
  const Node& body = lambda.kids.back();
  if (!lambda.type.empty() || !returns_from_loop(body) || !returns_value(body)) return lambda.type;
  const std::string type = plainly_returned(lambda);
  if (type.empty())
    throw Refusal(lambda.pos, "this lambda returns from inside a loop, and does not say what",
                  "write [..](..) -> T {..}");
  return type;
}

Lowering::Inlinable Lowering::inlinable(const Node& lambda) {
  Inlinable result;
  result.node = &lambda;
  result.type = count(lambda.kids.back(), NodeKind::return_) < 2 ? lambda.type : plainly_returned(lambda);
  result.visible = context_.visible;
  result.object = context_.object;
  result.owner = context_.owner;
  result.function = context_.function;
  result.visible.back().second = std::min(result.visible.back().second, int(variables_.size()));
  const bool all =
      std::any_of(lambda.captures.begin(), lambda.captures.end(), [](const Capture& c) { return c.name == "="; });
  std::set<std::string> names;
  used_names(lambda.kids.back(), names);
  std::size_t init = 0;
  const auto refer = [&](const std::string& name, Place place, bool view) {
    result.copies.push_back({name, int(variables_.size())}), alias("", std::move(place), lambda.pos);
    variables_.back().view = view;
  };
  const auto copy = [&](const std::string& name, Id value) {
    result.copies.push_back({name, declare("", add(Op::as, "auto", {value}, lambda.pos, name), lambda.pos)});
  };
  std::set<std::string> by_reference;
  for (const Capture& c : lambda.captures) {
    if (c.copies_object && context_.owner && context_.owner->changes_object())
      throw Refusal(lambda.pos, "a copy of an object that changes cannot be captured",
                    "capture what the lambda needs, [k = k]");
    if (c.by_reference) by_reference.insert(c.name);
    if (c.has_init) {
      const Node& value = lambda.kids[init++];
      if (c.by_reference || makes_view(value))
        refer(c.name, target(value), !c.by_reference);
      else
        copy(c.name, expression(value, c.name));
    } else if (!c.by_reference && find(c.name) >= 0 && is_view(find(c.name)))
      refer(c.name, *name_place(c.name), true);
    else if (!c.by_reference && find(c.name) >= 0 && !variable(find(c.name)).lambda)
      copy(c.name, load(*name_place(c.name), lambda.pos, c.name));
  }
  for (const std::string& name : names) {
    if (!all || find(name) < 0 || by_reference.count(name)) continue;
    if (is_view(find(name)))
      refer(name, *name_place(name), true);
    else if (!variable(find(name)).lambda)
      copy(name, load(*name_place(name), lambda.pos, name));
  }
  return result;
}

// A call with the arguments that it leaves to their defaults; without them if their names mean something else here.
Node Lowering::with_defaults(const Node& call, const std::vector<Parameter>& parameters) const {
  std::string text = "f(";
  for (std::size_t i = call.kids.size() - 1; i < parameters.size(); ++i)
    text += (text.ends_with("(") ? "" : ", ") + parameters[i].fallback;
  const bool all = std::all_of(parameters.begin() + std::ptrdiff_t(std::min(call.kids.size() - 1, parameters.size())),
                               parameters.end(), [](const Parameter& p) { return !p.fallback.empty(); });
  if (text.ends_with("(") || !all) return call;
  Node given = call;
  try {
    const Tokens tokens = tokenize(text + ")");
    Node defaults = Parser(tokens).expression();
    move_to(defaults, call.pos);
    for (const std::string& name : free_names(defaults, {}))
      if (name != "f" && (find(name) >= 0 || hides(name))) return call;
    given.kids.insert(given.kids.end(), defaults.kids.begin() + 1, defaults.kids.end());
  } catch (const Refusal&) {  // said where the function stands
    return call;
  }
  return given;
}

// Through its pullback: it writes to no argument, and is given no lambda that may refer to our variables.
bool Lowering::can_be_called(const Node& n, const Marked& m) const {
  for (const Parameter& p : m.parameters)
    if (p.mutable_reference || p.type.find("span<") != std::string::npos) return false;
  return std::none_of(n.kids.begin() + 1, n.kids.end(), [&](const Node& argument) {
    const int v = argument.kind == NodeKind::name ? find(argument.text) : -1;
    return argument.kind == NodeKind::lambda || (v >= 0 && variables_[std::size_t(v)].lambda);
  });
}

bool Lowering::worth_inlining(const Callable& callable) const {
  return !callable.recursive && inlined_ + size(callable.body) <= kWorthInlining;
}

bool Lowering::can_inline(const std::vector<Parameter>& parameters, const Node& body, const std::string& type,
                          std::size_t arguments) const {
  if (arguments != parameters.size() || contains(body, NodeKind::verbatim) || asks(body)) return false;
  if (std::any_of(parameters.begin(), parameters.end(), [](const Parameter& p) { return is_stream(p.type); }))
    return false;
  if (std::find(inlining_.begin(), inlining_.end(), &body) != inlining_.end()) return false;
  if (inlined_ + size(body) > kLargestInlined) return false;
  const bool one_return = count(body, NodeKind::return_) == 0 ||
                          (count(body, NodeKind::return_) == 1 && body.kids.back().kind == NodeKind::return_);
  return one_return || !type.empty();
}

// std::plus<>() and its like as the lambda that it is.
const Node* functor(const Node& n) {
  static const auto lambda = [](const char* of, const std::string& op) {
    return std::pair{std::string(of),
                     parse_body(tokenize("{ f([](const auto& a, const auto& b) { return a " + op + " b; }); }"))
                         .kids[0]
                         .kids[0]
                         .kids[1]};
  };
  static const std::map<std::string, Node> known{lambda("plus", "+"), lambda("minus", "-"), lambda("multiplies", "*"),
                                                 lambda("divides", "/")};
  const std::string& name = n.kind == NodeKind::call ? n.kids[0].text : n.text;
  const bool made = n.kind == NodeKind::make ? n.kids.empty() : n.kind == NodeKind::call && n.kids.size() == 1;
  if (!made || !name.starts_with("std::") || !name.ends_with(">")) return nullptr;
  const auto found = known.find(unqualified(name));
  return found == known.end() ? nullptr : &found->second;
}

// A lambda, the name of one, or std::plus<>{} and its like.
std::optional<Lowering::Inlinable> Lowering::known_lambda(const Node& n) {
  if (n.kind == NodeKind::lambda) return inlinable(n);
  if (const Node* const known = functor(n)) return inlinable(*known);
  const int v = n.kind == NodeKind::name ? find(n.text) : -1;
  return v >= 0 ? variable(v).lambda : std::nullopt;
}

Lowering::Argument Lowering::binding(const Node& n, const Parameter* p) {
  Argument a;
  a.lambda = known_lambda(n);
  if (!a.lambda) a.place = p && p->mutable_reference && !p->type.ends_with("&&") ? target(n) : referred(n);
  a.known = known_class(n);
  if (a.lambda || a.place) return a;
  const bool read = p && p->type.find("std::span<const ") != std::string::npos;
  if (p && (read || p->type.ends_with("&"))) a.mentions = mentions(n, is_number_type(full_type(bare(p->type))));
  if (n.kind == NodeKind::make && n.text.empty())
    a.value = make(n, bare(p ? p->type : "auto"), p ? p->name : "v");
  else if (const auto part = read ? span_part(n, true) : std::nullopt)
    a.value = *part;
  else
    a.value = expression(n, p && !p->name.empty() ? p->name : "v");
  return a;
}

std::vector<Lowering::Argument> Lowering::bindings(const std::vector<const Node*>& arguments,
                                                   const std::vector<Parameter>& parameters) {
  std::vector<Argument> all;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    Argument a = binding(*arguments[i], &parameters[i]);
    // By value: read now, in front of what later arguments may change.
    const bool reference = parameters[i].type.ends_with("&");
    a.view = a.place && parameters[i].type == "auto" && makes_view(*arguments[i]);
    if (a.place && !reference && !a.view && !bare(parameters[i].type).starts_with("std::span<"))
      a = {.value = load(*a.place, parameters[i].pos, parameters[i].name), .known = a.known};
    all.push_back(std::move(a));
  }
  return all;
}

// `writes`: another parameter is a reference that can be written through, perhaps to the same variable.
void Lowering::bind_parameter(const Parameter& p, Argument a, bool writes) {
  const std::string type = bare(p.type);
  const bool reference = p.type.ends_with("&"), span = type.starts_with("std::span<");
  if (!reference) refuse_reference_type(p.type, p.pos);
  if (a.lambda) return bind_lambda(p.name, std::move(*a.lambda), p.pos);
  if (a.view) {
    alias(p.name, std::move(*a.place), p.pos);
    variables_.back().view = true;
    return;
  }
  const std::string full = full_type(type);
  const bool constant = reference && !p.mutable_reference, constant_number = constant && is_number_type(full);
  const bool whole = is_integer_type(full), number = whole || is_number_type(full);
  const bool optional = constant && !number && full.starts_with("std::") && is_number_type(a.known);
  const bool other = constant && number && !a.known.empty() && a.known != full &&
                     (is_number_type(a.known) || is_integer_type(a.known)) && !(whole && is_integer_type(a.known));
  const bool converted = optional || other;  // to a value of its own
  if (a.place && !converted &&
      (span || p.mutable_reference || (reference && (type == "auto" || !is_number_type(type) || writes)))) {
    if (constant_number && a.known != full)
      push(Op::is, a.place->path, operands_of(*a.place), p.pos).label = "an argument " + full;
    alias(p.name, std::move(*a.place), p.pos,
          p.mutable_reference || (span && type.find("const") == std::string::npos) ? "" : "is constant");
    variables_.back().type = p.type;
    variables_.back().known = std::move(a.known);
    return;
  }
  const Id value = a.place ? load(*a.place, p.pos, p.name) : a.value;
  const bool same_type = a.known == type;
  const bool copies = !reference || is_number_type(type) || optional;
  const int v = declare(
      p.name, type == "auto" && !copies ? value : add(Op::as, copies ? type : type + "&", {value}, p.pos, p.name),
      p.pos, copies ? "" : "is constant");
  variable(v).type = p.type;
  variable(v).known = std::move(a.known);
  watch(a.mentions, v);
  if (reference && a.place && !converted) copy_of(v, std::move(*a.place), same_type);
}

Id Lowering::inline_body(const std::vector<Parameter>& parameters, const Node& body, const std::string& type,
                         Context context, const std::vector<std::pair<std::string, int>>& copies,
                         std::vector<Argument> arguments, Pos pos, const std::string& hint) {
  inlined_ += size(body);
  inlining_.push_back(&body);
  open_scope();
  const int start = int(variables_.size());
  context.visible.push_back({start, 1 << 30});
  context.result_type = type;
  for (const auto& [name, i] : copies) alias(name, variable(i).alias ? *variable(i).alias : Place{i, "@", {}}, pos);
  bool writes = false;
  for (const Parameter& p : parameters) writes = writes || p.mutable_reference;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const Argument& a = arguments[i];  // a part of the object, which the method may change
    const bool own = context.object && a.place && a.place->variable == context.object->variable &&
                     a.known == bare(parameters[i].type);
    bind_parameter(parameters[i], std::move(arguments[i]), writes || own);
  }
  context.returned = flag(pos);
  // Where it does not go straight to its only return, its value is something before.
  const bool straight = count(body, NodeKind::return_) == 1 && !body.kids.empty() &&
                        body.kids.back().kind == NodeKind::return_ && !contains(body, NodeKind::raise);
  const bool has_type = !type.empty() && type != "void" && !straight;
  context.result = declare("", constant(contains(body, NodeKind::raise) ? "zygote::ir::Never{}" : "void()", pos), pos);
  if (has_type) {
    const Id initial = add(Op::make, type, {}, pos, hint);
    region_->code.back().label = "{";
    variable(context.result).now = initial;
  }
  std::swap(context_, context);
  statement(body);
  const Id result = variable(context_.result).now;
  std::swap(context_, context);
  close_scope();
  inlining_.pop_back();
  return result;
}

// What a call refers to of a function or a lambda that does nothing but return a reference.
std::optional<Lowering::Place> Lowering::returned_place(const Node& n) {
  if (n.kind != NodeKind::call) return std::nullopt;
  const auto refers = [&](const std::vector<Parameter>& parameters, const Node& body, const std::string& type) {
    return body.kids.size() == 1 && body.kids[0].kind == NodeKind::return_ &&
           can_inline(parameters, body, type, n.kids.size() - 1);
  };
  const auto refers_to_part = [&](const Callable& c) {
    return (c.marked->by_reference || c.marked->names_part) &&
           refers(c.marked->parameters, c.body, c.marked->return_type);
  };
  const Node& callee = n.kids[0];
  const std::string& name = callee.text;
  const bool sibling =
      callee.kind == NodeKind::name && find(name) < 0 && context_.object && context_.owner->sibling_methods.count(name);
  std::optional<Place> place;
  if (callee.kind == NodeKind::member || sibling) {
    auto fitting = changing_methods(name, n);
    if (fitting.empty()) fitting = changing_methods(name, n, true);
    const std::string type = sibling ? context_.owner->scope + context_.owner->owner : known_class(callee.kids[0]);
    if (!fitting.empty() && !type.empty()) choose_class(fitting, type);
    if (fitting.size() != 1 || !refers_to_part(*fitting[0])) return std::nullopt;
    const std::optional<Place> object = sibling ? self(n.pos) : referred(callee.kids[0]);
    if (object) call_changing(n, fitting, *object, type, "v", &place);
  } else if (callee.kind != NodeKind::name) {
    return std::nullopt;
  } else if (const int v = find(name); v >= 0 && variable(v).lambda) {
    const Inlinable lambda = *variable(v).lambda;
    if (!lambda.node->type.ends_with("&") ||
        !refers(lambda.node->parameters, lambda.node->kids.back(), lambda.node->type))
      return std::nullopt;
    inline_lambda(lambda, n, "v", &place);
  } else if (const auto function = library_.functions.find(marked_.scope + name);
             v < 0 && function != library_.functions.end() && !hides(name)) {
    if (!refers_to_part(function->second) || !reads_alike(function->second, n.kids.size() - 1)) return std::nullopt;
    inline_callable(function->second, n, std::nullopt, "v", &place);
  }
  return place && place->variable < int(variables_.size()) ? place : std::nullopt;
}

}  // namespace zygote::compiler
