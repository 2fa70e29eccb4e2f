// tree -> IR: functions that return what they have written to: kernels, with launches of these, and forms of others.
//
//   void operator()(Index i, auto out) const { out[i] = 2; }
//   =>   out_2 = store @[$1] out_1 2 i_1;  return {none, out_2}
//   launch(kernel, n, out, in);
//   =>   v_2 = apply launch zygote::Changing<2>{} kernel_1 n_1 out_1 in_1;  out_2 = load element<0>(@) v_2
#include <algorithm>

#include "lower.hpp"

namespace zygote::compiler {
namespace {

// {.block = {64}, .ordered = true} as text, if it is made of literals alone.
std::optional<std::string> listed(const Node& n) {
  if (n.kind == NodeKind::literal) return n.text;
  const bool designated = n.kind == NodeKind::designated;
  if (!designated && n.kind != NodeKind::make) return std::nullopt;
  std::string all;
  for (const Node& kid : n.kids) {
    const auto text = listed(kid);
    if (!text) return std::nullopt;
    all += (all.empty() ? "" : ", ") + *text;
  }
  return designated ? "." + n.text + " = " + all : n.text + "{" + all + "}";
}

}  // namespace

// The pullback of a kernel returns what becomes of the parameters that it writes to, and none for the others.
void Lowering::written_parameters(const std::vector<Parameter>& parameters) {
  std::vector<Id> all;
  for (const Parameter& p : parameters) {
    const int v = find(p.name);
    const bool written = v >= 0 && written_.count(variable(v).serial);
    all.push_back(written ? variable(v).now : constant("zygote::none{}", f_.pos));
  }
  if (std::ranges::none_of(all, [&](Id id) { return f_[id].inlined.empty(); })) return;
  f_.returns_written = true;
  f_.body.yields = {add(Op::make, "std::tuple", std::move(all), f_.pos, "written")};
  region_->code.back().label = "{";
}

// The form of a function that returns its result, if any, and what becomes of its arguments.
void Lowering::returning_arguments(const Node& body, Region* outer) {
  const bool none = marked_.returned == "void";
  context_.result_type = marked_.returned;
  context_.result =
      declare("", none ? constant("void()", f_.pos) : add(Op::make, marked_.returned, {}, f_.pos), f_.pos);
  if (!none) region_->code.back().label = "{";
  statement(body);
  std::vector<Id> all;
  if (!none) all.push_back(variable(context_.result).now);
  for (std::size_t i = 1; i < marked_.parameters.size(); ++i)
    all.push_back(variable(find(marked_.parameters[i].name)).now);
  f_.body.yields = {add(Op::make, f_.result_type, std::move(all), f_.pos, "result")};
  region_->code.back().label = "{";
  close_scope();
  region_ = outer;
}

// A function that only writes to parts of what it is handed by value means views; what it gets is a copy.
void Lowering::check_parameters() {
  const auto& all = marked_.parameters;
  if (marked_.changes_object() || std::ranges::any_of(all, &Parameter::mutable_reference)) return;
  const std::vector<std::string> names = template_parameters(marked_.template_head);
  for (const Parameter& p : all)
    if (const int v = find(p.name);
        v >= 0 && parts_written_.count(variable(v).serial) && (p.type == "auto" || std::ranges::count(names, p.type)))
      throw Refusal(p.pos, "'" + p.name + "' is a copy of the argument, and what is written to it is lost",
                    "take it by reference, " + p.type + "&");
}

// launch as a statement: its kernel may write to all arguments that are not constant.
std::optional<Id> Lowering::call_launch(const Node& n, const std::string& hint) {
  const std::string& callee = n.kids[0].text;
  const bool known = callee == "launch" || callee == "cuarrays::launch" || callee == "flux::launch";
  if (n.kids[0].kind != NodeKind::name || !known || find(callee) >= 0 || findings_.functions.count(callee) ||
      findings_.declared.count(callee) || n.kids.size() < 3)
    return std::nullopt;
  if (const auto list = listed(n.kids[1]); list && n.kids[1].text.empty()) {
    Node call = n;
    call.kids[1].kind = NodeKind::literal;
    call.kids[1].text = "cuarrays::LaunchOptions" + *list;
    if (discarded_ == &n) discarded_ = &call;
    return this->call(call, hint);
  }
  if (discarded_ != &n) return std::nullopt;
  const bool options =
      unqualified(known_class(n.kids[1])) == "LaunchOptions" || n.kids[1].text.starts_with("cuarrays::LaunchOptions{");
  std::vector<Id> operands{constant(callee, n.pos), 0};
  std::vector<Place> changed, referred_to;
  std::string numbers;
  for (std::size_t i = 1; i < n.kids.size(); ++i) {
    const Node& kid = n.kids[i];
    const auto place = i < (options ? 4u : 3u) || is_number_type(known_class(kid)) ? std::nullopt : referred(kid);
    operands.push_back(place ? load(*place, n.pos) : expression(kid));
    if (!place) continue;
    referred_to.push_back(*place);
    const int named = kid.kind == NodeKind::name ? find(kid.text) : -1;
    const bool object = !variable(place->variable).refused.empty() || variable(place->variable).name == "*this";
    if ((object && !marked_.changes_object()) || is_fixed(place->variable) || (named >= 0 && is_fixed(named))) continue;
    changed.push_back(*place);
    numbers += (numbers.empty() ? "" : ", ") + std::to_string(i - 1);
  }
  for (const Place& p : changed)
    if (std::ranges::count_if(referred_to, [&](const Place& q) { return behind(p, q) || behind(q, p); }) > 1)
      throw Refusal(n.pos, "the kernel may write to an array that it is handed twice", "hand it a copy");
  operands[1] = constant("zygote::Changing<" + numbers + ">{}", n.pos);
  const Id all = add(Op::call_object, "", std::move(operands), n.pos, hint);
  for (std::size_t k = 0; k < changed.size(); ++k)
    store(
        changed[k],
        add(Op::load, "zygote::ir::element<" + std::to_string(k) + ">(@)", {all}, n.pos, name_of(changed[k].variable)),
        n.pos);
  return constant("void()", n.pos);
}

}  // namespace zygote::compiler
