// tree -> IR: calls. Functions and lambdas that the file itself defines are replaced by their bodies, so that
// references, captures by reference and costs are those of the source; all others are called through their pullbacks.
//
//   void scale(std::vector<double>& v, double k) { for (auto& x : v) x *= k; }
//   scale(w.rows[i], 2 * y)     =>     k_1 = as double v_1;  loop .. w_2 = store zygote::ir::at(@.rows[$1], $2) w_1 ..
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

std::size_t count(const Node& n, NodeKind kind) {
  std::size_t total = n.kind == kind;
  if (n.kind != NodeKind::lambda)
    for (const Node& kid : n.kids) total += count(kid, kind);
  return total;
}

bool looks_like_macro(const std::string& s) {
  return s.size() > 1 && std::all_of(s.begin(), s.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
         });
}

bool is_cpp_only(const std::string& function) {
  return function == "max" || function == "min" || function == "clamp" || function == "lerp";
}

std::string bare(std::string type) {
  for (const char* word : {"const ", "constexpr "})
    if (type.starts_with(word)) type.erase(0, std::string(word).size());
  while (!type.empty() && (type.back() == '&' || type.back() == ' ')) type.pop_back();
  if (type.ends_with(" const")) type.erase(type.size() - 6);
  return type;
}

}  // namespace

Id Lowering::call(const Node& n, const std::string& hint) {
  const Node& callee = n.kids[0];
  if (callee.kind == NodeKind::member) return call_method(n, hint);
  const int v = callee.kind == NodeKind::name ? find(callee.text) : -1;
  if (callee.kind == NodeKind::name && v < 0 && !name_place(callee.text)) {
    if (unqualified(callee.text) == "constant" && n.kids.size() == 2) return constant_expression(n);
    return call_name(n, callee.text.ends_with(">") ? type_text(callee.text) : callee.text, hint);
  }
  if (v >= 0 && variable(v).lambda && gives_itself(n, callee.text)) {  // power(power, 3)
    const Id object = expression(callee);
    std::vector<Id> operands{object};
    for (std::size_t i = 1; i < n.kids.size(); ++i)
      operands.push_back(n.kids[i].kind == NodeKind::name && n.kids[i].text == callee.text ? object
                                                                                           : expression(n.kids[i]));
    return add(Op::call_object, "", std::move(operands), n.pos, hint);
  }
  if (v >= 0 && variable(v).lambda) {
    const Inlinable lambda = *variable(v).lambda;
    if (can_inline(lambda.node->parameters, lambda.node->kids.back(), lambda.node->type, n.kids.size() - 1)) {
      Context context;
      context.visible = lambda.visible;
      context.object = context_.object;
      context.owner = context_.owner;
      context.function = context_.function;
      std::vector<const Node*> arguments;
      for (std::size_t i = 1; i < n.kids.size(); ++i) arguments.push_back(&n.kids[i]);
      return inline_body(lambda.node->parameters, lambda.node->kids.back(), lambda.node->type, std::move(context),
                         lambda.copies, bindings(arguments, lambda.node->parameters), n.pos, hint);
    }
  }
  std::vector<Id> operands{expression(callee)};
  for (Id id : arguments(n)) operands.push_back(id);
  return add(Op::call_object, "", std::move(operands), n.pos, hint);
}

Id Lowering::call_method(const Node& n, const std::string& hint) {
  const Node& callee = n.kids[0];
  if (const auto changing = changing_methods(callee.text, n.kids.size() - 1); !changing.empty()) {
    const auto object = referred(callee.kids[0]);
    return call_changing(n, changing, object ? *object : place_or_value(callee.kids[0]), hint);
  }
  if (change_elements(n, callee.text)) return constant("void()", n.pos);
  std::vector<Id> operands{expression(callee.kids[0])};
  for (Id id : arguments(n)) operands.push_back(id);
  return add(Op::call_method, callee.text, std::move(operands), n.pos, hint);
}

// A function of this file, or an algorithm, by its body.
std::optional<Id> Lowering::call_inlined(const Node& n, const std::string& callee, const std::string& hint) {
  const auto found = library_.functions.find(marked_.scope + callee);
  if (found == library_.functions.end()) return std::nullopt;
  if (hides(callee)) return std::nullopt;
  const Marked& m = *found->second.marked;
  if (can_be_called(n, m) && (found->second.recursive || inlined_ + size(found->second.body) > kWorthInlining))
    return std::nullopt;
  if (!reads_alike(found->second, n.kids.size() - 1)) {
    for (const Parameter& p : m.parameters)
      if (p.mutable_reference && m.scope == marked_.scope)
        throw Refusal(
            n.pos, "'" + callee + "' may change its arguments, and its body means something else here, or calls itself",
            "return the new values instead, or rename what has the same name");
    return std::nullopt;
  }
  std::vector<const Node*> arguments;
  for (std::size_t i = 1; i < n.kids.size(); ++i) arguments.push_back(&n.kids[i]);
  Context context;
  context.visible.clear();
  context.function = true;
  return inline_body(m.parameters, found->second.body, m.return_type, std::move(context), {},
                     bindings(arguments, m.parameters), n.pos, hint);
}

// Through its pullback, that is: it writes to no argument, and is given no lambda that may refer to our variables.
bool Lowering::can_be_called(const Node& n, const Marked& m) const {
  for (const Parameter& p : m.parameters)
    if (p.mutable_reference || p.type.find("span<") != std::string::npos) return false;
  return std::none_of(n.kids.begin() + 1, n.kids.end(), [&](const Node& argument) {
    const int v = argument.kind == NodeKind::name ? find(argument.text) : -1;
    return argument.kind == NodeKind::lambda || (v >= 0 && variables_[std::size_t(v)].lambda);
  });
}

// Does what the function names mean the same here as there?
bool Lowering::reads_alike(const Callable& callable, std::size_t arguments) const {
  const Marked& m = *callable.marked;
  if (m.scope != marked_.scope || (marked_.kind == Marked::method && marked_.has_bases)) return false;
  for (const std::string& name : free_names(callable.body, m.parameters))
    if (hides(name) && !m.fields.count(name) && !m.sibling_methods.count(name)) return false;
  return m.template_head.empty() && can_inline(m.parameters, callable.body, m.return_type, arguments);
}

std::vector<const Callable*> Lowering::changing_methods(const std::string& name, std::size_t arguments) const {
  const auto [first, last] = library_.methods.equal_range(name);
  std::vector<const Callable*> fitting;
  for (auto i = first; i != last; ++i)
    if (i->second.marked->parameters.size() == arguments) fitting.push_back(&i->second);
  return fitting;
}

// A method of this file that may change its object, by its body. That the object is of its class is left to the C++
// compiler to see.
Id Lowering::call_changing(const Node& n, const std::vector<const Callable*>& fitting, const Place& object,
                           const std::string& hint) {
  const Marked& m = *fitting[0]->marked;
  const auto refuse = [&](const std::string& why, const std::string& advice) {
    throw Refusal(n.pos, "'" + m.name + "' may change its object, and " + why, advice);
  };
  if (fitting.size() > 1)
    refuse("more than one class of this file has a method of that name", "give the methods different names");
  if (m.of_template || m.has_bases)
    refuse("its class is a template or has bases", "make it a function that takes the object by reference");
  if (!reads_alike(*fitting[0], n.kids.size() - 1))
    refuse("its body means something else here, or calls itself",
           "make it const and return the new object, or rename what has the same name");
  for (const std::string& free : free_names(fitting[0]->body, m.parameters))
    if (m.around.count(free) && !m.fields.count(free) && !m.sibling_methods.count(free))
      refuse("it names '" + free + "', which its class declares", "qualify that name with the class");
  std::vector<Id> operands{variable(object.variable).now};
  operands.insert(operands.end(), object.indices.begin(), object.indices.end());
  push(Op::is, object.path, std::move(operands), n.pos).label = m.owner;
  std::vector<const Node*> arguments;
  for (std::size_t i = 1; i < n.kids.size(); ++i) arguments.push_back(&n.kids[i]);
  Context context;
  context.visible.clear();
  context.function = true;
  context.object = object;
  context.owner = &m;
  return inline_body(m.parameters, fitting[0]->body, m.return_type, std::move(context), {},
                     bindings(arguments, m.parameters), n.pos, hint);
}

Lowering::Inlinable Lowering::inlinable(const Node& lambda) {
  Inlinable result;
  result.node = &lambda;
  result.visible = context_.visible;
  result.visible.back().second = std::min(result.visible.back().second, int(variables_.size()));
  const bool all =
      std::any_of(lambda.captures.begin(), lambda.captures.end(), [](const Capture& c) { return c.name == "="; });
  std::set<std::string> names;
  used_names(lambda.kids.back(), names);
  std::size_t init = 0;
  const auto copy = [&](const std::string& name, Id value) {
    result.copies.push_back({name, declare("", add(Op::as, "auto", {value}, lambda.pos, name), lambda.pos)});
  };
  std::set<std::string> by_reference;
  for (const Capture& c : lambda.captures) {
    if (c.by_reference) by_reference.insert(c.name);
    if (c.has_init) {
      const Node& value = lambda.kids[init++];
      if (c.by_reference)
        result.copies.push_back({c.name, int(variables_.size())}), alias("", target(value), lambda.pos);
      else
        copy(c.name, expression(value, c.name));
    } else if (!c.by_reference && find(c.name) >= 0 && !variable(find(c.name)).lambda)
      copy(c.name, load(*name_place(c.name), lambda.pos, c.name));
  }
  if (all)
    for (const std::string& name : names)
      if (find(name) >= 0 && !by_reference.count(name) && !variable(find(name)).lambda)
        copy(name, load(*name_place(name), lambda.pos, name));
  return result;
}

bool Lowering::can_inline(const std::vector<Parameter>& parameters, const Node& body, const std::string& type,
                          std::size_t arguments) const {
  if (arguments != parameters.size() || contains(body, NodeKind::verbatim)) return false;
  if (std::find(inlining_.begin(), inlining_.end(), &body) != inlining_.end()) return false;
  if (inlined_ + size(body) > kLargestInlined) return false;
  const bool one_return = count(body, NodeKind::return_) == 0 ||
                          (count(body, NodeKind::return_) == 1 && body.kids.back().kind == NodeKind::return_);
  return one_return || !type.empty();
}

Lowering::Argument Lowering::binding(const Node& n, const Parameter* p) {
  Argument a;
  if (n.kind == NodeKind::lambda)
    a.lambda = inlinable(n);
  else if (const int v = n.kind == NodeKind::name ? find(n.text) : -1; v >= 0 && variable(v).lambda)
    a.lambda = variable(v).lambda;
  else if (p && p->mutable_reference && !p->type.ends_with("&&"))
    a.place = target(n);
  else
    a.place = referred(n);
  if (a.lambda || a.place) return a;
  if (p && p->type.ends_with("&")) a.mentions = mentions(n);
  if (n.kind == NodeKind::make && n.text.empty())
    a.value = make(n, bare(p ? p->type : "auto"), p ? p->name : "v");
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
    if (a.place && !reference && !bare(parameters[i].type).starts_with("std::span<"))
      a = {std::nullopt, std::nullopt, load(*a.place, parameters[i].pos, parameters[i].name), {}};
    all.push_back(std::move(a));
  }
  return all;
}

// `writes`: another parameter is a reference that can be written through, perhaps to the same variable.
void Lowering::bind_parameter(const Parameter& p, Argument a, bool writes) {
  const std::string type = bare(p.type);
  const bool reference = p.type.ends_with("&"), span = type.starts_with("std::span<");
  if (a.lambda) return bind_lambda(p.name, std::move(*a.lambda), p.pos);
  if (a.place && (span || p.mutable_reference || (reference && (type == "auto" || !is_number_type(type) || writes))))
    return alias(p.name, std::move(*a.place), p.pos,
                 p.mutable_reference || (span && type.find("const") == std::string::npos) ? "" : "is constant");
  const Id value = a.place ? load(*a.place, p.pos, p.name) : a.value;
  const bool copies = !reference || is_number_type(type);
  const int v = declare(
      p.name, type == "auto" && !copies ? value : add(Op::as, copies ? type : type + "&", {value}, p.pos, p.name),
      p.pos, copies ? "" : "is constant");
  if (!copies) watch(a.mentions, v);
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
  for (std::size_t i = 0; i < parameters.size(); ++i) bind_parameter(parameters[i], std::move(arguments[i]), writes);
  context.returned = flag(pos);
  const bool has_type = !type.empty() && type != "void" && count(body, NodeKind::return_) > 1;
  context.result = declare("", constant("void()", pos), pos);
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

// square<double>(x), of a marked function template; perhaps the one that is written.
std::optional<Id> Lowering::call_explicit(const Node& n, const std::string& callee, const std::string& hint) {
  std::string text = explicit_template(type_text(callee), findings_.templates);
  if (text == callee) return std::nullopt;
  const Lowering* root = this;
  while (root->parent_) root = root->parent_;
  const bool own = root->marked_.kind == Marked::free_function && callee.substr(0, callee.find('<')) == root->f_.name;
  if (own) text.replace(text.find('(') + 1, root->f_.name.size(), "(*this)");
  root->f_.recursive = root->f_.recursive || own;
  std::vector<Id> operands{constant(text, n.pos)};
  for (Id id : arguments(n)) operands.push_back(id);
  const Id result = add(Op::call_object, "", std::move(operands), n.pos, hint);
  if (own) region_->code.back().label = "recursive";
  return result;
}

Id Lowering::call_name(const Node& n, const std::string& callee, const std::string& hint) {
  const std::string last = unqualified(callee);
  const bool plain_name = callee.find("::") == std::string::npos, standard = callee.starts_with("std::");
  if ((plain_name || standard) && callee.find('<') != std::string::npos && n.kids.size() == 2 &&
      (callee.starts_with("get<") || callee.starts_with("std::get<"))) {
    const auto open = callee.find('<');
    const std::string which = callee.substr(open + 1, callee.rfind('>') - open - 1);
    const bool number = !which.empty() && which[0] >= '0' && which[0] <= '9';
    return load(extend(place_or_value(n.kids[1]),
                       number ? "zygote::ir::element<" + which + ">(@)" : "std::get<" + which + ">(@)"),
                n.pos, hint);
  }
  if (context_.object && plain_name && context_.owner->sibling_methods.count(last))
    if (const auto changing = changing_methods(last, n.kids.size() - 1); !changing.empty())
      return call_changing(n, changing, self(n.pos), hint);
  if (callee == "std::move" && n.kids.size() == 2) return expression(n.kids[1], hint);  // all last reads move
  if (standard)
    if (auto result = call_algorithm(n, last, hint)) return *result;
  if (plain_name)
    if (auto result = call_inlined(n, callee, hint)) return *result;
  check_visible(callee, n.pos);
  if (auto result = call_explicit(n, callee, hint)) return *result;
  std::vector<int> free_before;  // variables that no lambda which was handed on refers to
  for (const Variable& v : variables_)
    if (!v.handed_on) free_before.push_back(v.serial);
  std::vector<Id> arguments = this->arguments(n);
  // A function of this file that returns a number keeps no lambda that it was given.
  if (const auto found = library_.functions.find(marked_.scope + callee);
      plain_name && !hides(callee) && found != library_.functions.end() &&
      is_number_type(found->second.marked->return_type))
    for (Variable& v : variables_)
      if (std::count(free_before.begin(), free_before.end(), v.serial)) v.handed_on = false;
  Lowering* root = this;
  while (root->parent_) root = root->parent_;
  if (plain_name && root->marked_.kind == Marked::free_function && callee == root->f_.name) {
    root->f_.recursive = true;
    arguments.insert(arguments.begin(), constant("(*this)", n.pos));
    const Id result = add(Op::call_object, "", arguments, n.pos, hint);
    region_->code.back().label = "recursive";
    return result;
  }
  if (names_type(callee)) {
    const Id id = add(Op::make, callee, std::move(arguments), n.pos, hint);
    region_->code.back().label = "(";
    return id;
  }
  if (context_.object && plain_name && context_.owner->sibling_methods.count(last)) {
    if (context_.owner == &root->marked_ && last == root->marked_.name) root->f_.recursive = true;
    arguments.insert(arguments.begin(), load(self(n.pos), n.pos, "self"));
    return add(Op::call_method, callee, std::move(arguments), n.pos, hint);
  }
  const auto open = callee.find('<');  // std::max<double>(x, n)
  const std::string type = open == std::string::npos ? "" : callee.substr(open + 1, callee.rfind('>') - open - 1);
  if (const Rule* rule = math_rule(callee.substr(0, open), arguments.size());
      rule && (type.empty() || is_number_type(type))) {
    if (!type.empty())
      for (Id& argument : arguments) argument = add(Op::as, type, {argument}, n.pos);
    const Id id = add(Op::rule, last, std::move(arguments), n.pos, hint);
    // A plain `max` may be a function of the user's own; sin and the like, which C has too, are not redefined.
    if (plain_name && is_cpp_only(rule->name)) region_->code.back().label = "unqualified";
    return id;
  }
  if (looks_like_macro(last))
    throw Refusal(n.pos, "'" + last + "' looks like a macro that this file does not define",
                  "define it in this file, or call a function");
  const Id id = add(Op::call, callee, std::move(arguments), n.pos, hint);
  if (last == "assert") region_->code.back().primal = true;
  if (context_.object && !context_.function && plain_name) {  // the callee may be a field: the call reads the object
    region_->code.back().label = "self";
    region_->code.back().operands.push_back(load(self(n.pos), n.pos, "self"));
  }
  return id;
}

}  // namespace zygote::compiler
