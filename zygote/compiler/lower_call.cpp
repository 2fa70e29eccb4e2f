// tree -> IR: calls. Functions and lambdas that the file itself defines are replaced by their bodies, so that
// references, captures by reference and costs are those of the source; all others are called through their pullbacks.
//
//   void scale(std::vector<double>& v, double k) { for (auto& x : v) x *= k; }
//   scale(w.rows[i], 2 * y)     =>     k_1 = as double v_1;  loop .. w_2 = store zygote::ir::at(@.rows[$1], $2) w_1 ..
#include <algorithm>

#include "lower.hpp"
#include "parser.hpp"

namespace zygote::compiler {
bool is_cpp_only(const std::string& function) {
  return function == "max" || function == "min" || function == "clamp" || function == "lerp";
}

namespace {

std::vector<const Node*> arguments_of(const Node& call) {
  std::vector<const Node*> arguments;
  for (std::size_t i = 1; i < call.kids.size(); ++i) arguments.push_back(&call.kids[i]);
  return arguments;
}

bool names_it(const std::string& type, const std::string& name) { return substituted(type, {{name, "auto"}}) != type; }

// A parameter whose type names what is not known is of the type of its argument.
void leave_open(Parameter& p, const std::string& name) {
  if (!names_it(p.type, name)) return;
  const bool reference = p.type.ends_with("&");
  p.type = bare(p.type).starts_with("std::span<") ? substituted(p.type, {{name, "auto"}})
           : !reference                           ? "auto"
           : p.mutable_reference                  ? "auto&"
                                                  : "const auto&";
}

}  // namespace

Id Lowering::call(const Node& n, const std::string& hint) {
  const Node& callee = n.kids[0];
  if (auto launched = call_launch(n, hint)) return *launched;
  if (auto drawn = call_unmarked(n, hint)) return *drawn;
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
    const Node all = with_defaults(n, lambda.node->parameters);
    if (can_inline(lambda.node->parameters, lambda.node->kids.back(), lambda.type, all.kids.size() - 1))
      return inline_lambda(lambda, all, hint);
  }
  if (auto result = call_constant(n, "operator()", &callee, hint)) return *result;
  std::vector<Id> operands{expression(callee)};
  for (Id id : arguments(n)) operands.push_back(id);
  return add(Op::call_object, "", std::move(operands), n.pos, hint);
}

// A function of this file, or an algorithm, by its body.
std::optional<Id> Lowering::call_inlined(const Node& n, const std::string& callee, const std::string& hint) {
  const auto found = library_.functions.find(marked_.scope + callee.substr(0, callee.find('<')));
  if (found == library_.functions.end()) return std::nullopt;
  if (auto result = inline_template(n, callee, found->second, hint)) return *result;
  if (found->first != marked_.scope + callee) return std::nullopt;
  if (hides(callee)) return std::nullopt;
  const Marked& m = *found->second.marked;
  if (can_be_called(n, m) && !worth_inlining(found->second)) return std::nullopt;
  const Node all = can_be_called(n, m) ? n : with_defaults(n, m.parameters);
  if (!reads_alike(found->second, all.kids.size() - 1)) {
    if (found->second.recursive && returns_arguments(m) && m.scope == marked_.scope &&
        all.kids.size() == m.parameters.size() + 1)
      return call_returning(all, m, hint);
    for (const Parameter& p : m.parameters)
      if (p.mutable_reference && m.scope == marked_.scope)
        throw Refusal(
            n.pos, "'" + callee + "' may change its arguments, and its body means something else here, or calls itself",
            "return the new values instead, or rename what has the same name");
    return std::nullopt;
  }
  return inline_callable(found->second, all, std::nullopt, hint);
}

// `refers`: where it notes what it returns a reference to, rather than reading it.
Id Lowering::inline_lambda(const Inlinable& lambda, const Node& call, const std::string& hint,
                           std::optional<Place>* refers) {
  Context context;
  context.visible = lambda.visible;
  context.object = lambda.object;
  context.owner = lambda.owner;
  context.function = lambda.function;
  context.refers = refers;
  return inline_body(lambda.node->parameters, lambda.node->kids.back(), lambda.type, std::move(context), lambda.copies,
                     bindings(arguments_of(call), lambda.node->parameters), call.pos, hint);
}

// A function template that writes to its arguments: its body, for the types that they have.
std::optional<Id> Lowering::inline_template(const Node& n, const std::string& callee, const Callable& callable,
                                            const std::string& hint) {
  const Marked& m = *callable.marked;
  const bool writes =
      std::any_of(m.parameters.begin(), m.parameters.end(), [](const Parameter& p) { return p.mutable_reference; });
  if (m.template_head.empty() || !writes || hides(m.name)) return std::nullopt;
  const auto refuse = [&](const std::string& why, const std::string& advice) {
    throw Refusal(n.pos, "'" + m.name + "' may change its arguments, and " + why, advice);
  };
  const std::vector<std::string> names = template_parameters(m.template_head), given = template_arguments(callee);
  Bound bound;
  for (std::size_t i = 0; i < std::min(names.size(), given.size()); ++i) bound.insert({names[i], given[i]});
  for (std::size_t i = 0; i < m.parameters.size() && i + 1 < n.kids.size(); ++i)
    deduce(m.parameters[i].type, known_class(n.kids[i + 1]), names, bound);
  Marked instance = substituted(m, bound);
  const Node all = with_defaults(n, instance.parameters);
  instance.template_head.clear();
  const Callable one{&instance, substituted(callable.body, bound), callable.recursive};
  for (const std::string& name : names) {
    if (bound.count(name)) continue;
    for (Parameter& p : instance.parameters) leave_open(p, name);
    if (free_names(one.body, instance.parameters).count(name) || names_it(instance.return_type, name))
      refuse("its body names '" + name + "', which is not known here",
             "declare the arguments with their types, or write " + m.name + "<..>(..)");
  }
  const bool inside = std::count(inlining_.begin(), inlining_.end(), &callable.body) > 0;
  if (names.empty() || inside || callable.recursive || !reads_alike(one, all.kids.size() - 1))
    refuse("its body means something else here, or calls itself",
           "return the new values instead, or rename what has the same name");
  inlining_.push_back(&callable.body);
  const Id result = inline_callable(one, all, std::nullopt, hint);
  inlining_.pop_back();
  return result;
}

// A function, or a method of an object, by its body.
Id Lowering::inline_callable(const Callable& callable, const Node& call, std::optional<Place> object,
                             const std::string& hint, std::optional<Place>* refers) {
  const Marked& m = *callable.marked;
  Context context;
  context.refers = refers;
  context.visible.clear();
  context.function = true;
  context.owner = object ? &m : nullptr;
  context.object = std::move(object);
  return inline_body(m.parameters, callable.body, m.return_type, std::move(context), {},
                     bindings(arguments_of(call), m.parameters), call.pos, hint);
}

// A recursive function that changes its arguments, in the form that returns them.
Id Lowering::call_returning(const Node& n, const Marked& m, const std::string& hint) {
  Lowering* root = this;
  while (root->parent_) root = root->parent_;
  const bool same = root->marked_.name == m.name, itself = same && !root->marked_.returned.empty();
  if (same) root->f_.recursive = true;
  std::vector<Id> operands{constant(itself ? "(*this)" : m.name, n.pos), constant("zygote::returning", n.pos)};
  std::vector<Place> changed;
  std::vector<int> referred_to;  // by the arguments that are references
  for (std::size_t i = 0; i < m.parameters.size(); ++i) {
    const Node& argument = n.kids[i + 1];
    std::optional<Place> place;
    if (m.parameters[i].mutable_reference)
      changed.push_back(*(place = target(argument)));
    else if (m.parameters[i].type.ends_with("&"))
      place = referred(argument);
    if (place && m.parameters[i].type.ends_with("&")) referred_to.push_back(place->variable);
    operands.push_back(place ? load(*place, n.pos, "v") : expression(argument));
  }
  for (const Place& p : changed)
    if (std::count(referred_to.begin(), referred_to.end(), p.variable) > 1)
      throw Refusal(n.pos, "'" + m.name + "' may change an argument that another one refers to", "pass a copy");
  const Id all = add(Op::call_object, "", std::move(operands), n.pos, hint);
  if (itself) region_->code.back().label = "recursive";
  const auto part = [&](std::size_t i) {
    return add(Op::load, "zygote::ir::element<" + std::to_string(i) + ">(@)", {all}, n.pos, "v");
  };
  const bool none = m.return_type == "void";
  for (std::size_t i = 0, k = 0; i < m.parameters.size(); ++i)
    if (m.parameters[i].mutable_reference) store(changed[k++], part(i + (none ? 0 : 1)), n.pos);
  return none ? constant("void()", n.pos) : part(0);
}

// Does what the function names mean the same here as there?
bool Lowering::reads_alike(const Callable& callable, std::size_t arguments) const {
  const Marked& m = *callable.marked;
  if (m.scope != marked_.scope || (marked_.kind == Marked::method && marked_.has_bases)) return false;
  for (const std::string& name : free_names(callable.body, m.parameters))
    if (hides(name) && !m.field(name) && !m.sibling_methods.count(name)) return false;
  return m.template_head.empty() && can_inline(m.parameters, callable.body, m.return_type, arguments);
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

// (A template may be called with constants.)
void Lowering::refuse_other_namespace(const Node& n, const std::string& callee, const Marked& m) {
  for (const Parameter& p : m.parameters)
    if (p.mutable_reference && m.template_head.empty() && p.type.find("auto") == std::string::npos)
      throw Refusal(n.pos, "'" + callee + "' may change its arguments, and is of another namespace",
                    "call it from a marked function of that namespace, or return the new values instead");
}

// The marked function of this file that a name means: names are looked up from the inside out.
const Callable* Lowering::own_function(const std::string& name) const {
  std::string scope = marked_.scope;
  while (!library_.functions.count(scope + name) && !scope.empty()) scope = outer_scope(scope);
  const auto found = library_.functions.find(scope + name);
  return found == library_.functions.end() ? nullptr : &found->second;
}

// May a plain name mean one?
bool Lowering::may_be_own(const std::string& name) const {
  if (!findings_.functions.count(name)) return false;
  return findings_.used.count(name) || findings_.used.count("namespace") || own_function(name);
}

// The rule of a function of <cmath> or <algorithm> with that many arguments.
const Rule* Lowering::math_rule(const std::string& callee, std::size_t arguments) const {
  const std::string last = unqualified(callee);
  const bool plain_name = callee == last && !may_be_own(last) && !findings_.declared.count(last);
  const bool global = callee == "::" + last && !library_.functions.count(last) && !findings_.declared.count(last);
  const Rule* rule =
      plain_name || callee == "std::" + last || (global && !is_cpp_only(last)) ? find_rule(last) : nullptr;
  return rule && rule->symbol.empty() && rule->formulas.size() == arguments ? rule : nullptr;
}

// Is it ours by its name?
bool Lowering::is_gradient(const std::string& callee) const {
  static const std::set<std::string> names = {"gradient", "withgradient", "pullback", "derivative",
                                              "jacobian", "hessian",      "hvp"};
  const std::string last = unqualified(callee), around = callee.substr(0, callee.size() - last.size());
  const bool ours = around == "zygote::" || around == "flux::" || (around.empty() && !findings_.functions.count(last));
  return ours && names.count(last);
}

// The function itself, as it is called for its value, has to have the lambda with its pullback.
void Lowering::note_gradient_of_lambda(const Node& n, const std::string& callee) {
  if (!is_gradient(callee) || n.kids.size() < 3) return;
  const Node& f = n.kids[1];
  const int v = f.kind == NodeKind::name ? find(f.text) : -1;
  if (f.kind != NodeKind::lambda && !(v >= 0 && variables_[std::size_t(v)].lambda)) return;
  if (unqualified(callee) == "pullback")
    throw Refusal(n.pos, "'pullback' of a lambda is not supported in marked code", "write gradient or withgradient");
  Lowering* root = this;
  while (root->parent_) root = root->parent_;
  root->f_.rewritten = true;
  const Marked& m = root->marked_;
  const bool writes = m.changes_object() || std::ranges::any_of(m.parameters, &Parameter::mutable_reference);
  if (m.constructor || m.by_reference || writes)
    throw Refusal(n.pos,
                  "'" + unqualified(callee) +
                      "' of a lambda is not supported in what changes its object or arguments, makes an object, "
                      "or returns a reference",
                  "write this into a marked function that returns the new value");
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
  const Marked* const owner = context_.object ? context_.owner : context_.function ? nullptr : &marked_;
  if (owner && plain_name && find(callee) < 0 &&
      (owner->static_methods.count(callee) || method_of_base(findings_.statics, owner->owner, callee)))
    return call_name(n, owner->scope + owner->owner + "::" + callee, hint);
  if (context_.object && plain_name && context_.owner->sibling_methods.count(last))
    if (auto result = call_sibling(n, last, hint)) return *result;
  if (auto result = call_of_base(n, callee, hint)) return *result;
  if (standard)
    if (auto result = call_standard(n, last, hint)) return *result;
  if (plain_name)
    if (auto result = call_inlined(n, callee, hint)) return *result;
  if (const auto other = library_.functions.find(callee); other != library_.functions.end() && !plain_name)
    refuse_other_namespace(n, callee, *other->second.marked);
  check_visible(callee, n.pos);
  if (n.kids.size() == 3 && full_type(callee).starts_with("std::vector<") && is_position(n.kids[1]) &&
      is_position(n.kids[2]))
    return slice(n.kids[1], n.kids[2], type_text(callee));
  note_gradient_of_lambda(n, callee);
  if (auto result = call_explicit(n, callee, hint)) return *result;
  std::vector<int> free_before;  // variables that no lambda which was handed on refers to
  for (const Variable& v : variables_)
    if (!v.handed_on) free_before.push_back(v.serial);
  std::vector<Id> arguments = this->arguments(n);
  // A function of this file that returns a number keeps no lambda that it was given; nor do std::visit and gradient.
  const auto found = library_.functions.find(marked_.scope + callee);
  const bool number = plain_name && !hides(callee) && found != library_.functions.end() &&
                      is_number_type(found->second.marked->return_type);
  if (number || callee == "std::visit" || is_gradient(callee))
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
  if (names_type(callee)) return made(callee, "(", std::move(arguments), n.pos, hint);
  const auto open = callee.find('<');  // std::max<double>(x, n)
  const std::string type = open == std::string::npos ? "" : callee.substr(open + 1, callee.rfind('>') - open - 1);
  if (const Rule* rule = math_rule(callee.substr(0, open), arguments.size());
      rule && (type.empty() || is_number_type(type))) {
    if (!type.empty())
      for (Id& argument : arguments) argument = add(Op::as, type, {argument}, n.pos);
    const Id id = add(Op::rule, last, std::move(arguments), n.pos, hint);
    // A plain `max` may be a function of the user's own; sin and the like, which C has too, are not redefined.
    if (plain_name && (is_cpp_only(rule->name) || last == "abs")) region_->code.back().label = "unqualified";
    return id;
  }
  if (callee.find("views::") != std::string::npos && last != "iota" && last != "reverse")
    throw Refusal(n.pos, "views are not supported in marked code", "write what they do into a loop");
  if (looks_like_macro(last))
    throw Refusal(n.pos, "'" + last + "' looks like a macro that this file does not define",
                  "define it in this file, or call a function");
  const Id id = add(Op::call, callee, std::move(arguments), n.pos, hint);
  if (last == "assert") region_->code.back().primal = true;
  const bool ours = is_gradient(callee) && !marked_.around.count(callee) && !marked_.has_bases;
  if (looks_into_object() && plain_name && !ours && open == std::string::npos) {  // it may be a field of the object
    region_->code.back().label = "self";
    region_->code.back().operands.push_back(load(self(n.pos), n.pos, "self"));
  } else if (plain_name && found != library_.functions.end() && contains(found->second.body, NodeKind::lambda) &&
             found->second.marked->return_type.empty()) {
    region_->code.back().label = "lambda";
  }
  return id;
}

}  // namespace zygote::compiler
