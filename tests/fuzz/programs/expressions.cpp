// Expressions. All that hold a real number are of type double (or float, where a float is read), never int.
#include "generator.hpp"

namespace fuzz {
namespace {

Node real(std::vector<Node> parts) { return cuttable("0.5", std::move(parts)); }
Node cut_condition(std::vector<Node> parts) { return cuttable("false", std::move(parts)); }

}  // namespace

Node Generator::choose(const Choices& choices) {
  int total = 0;
  for (const auto& [weight, make_node] : choices) total += weight;
  int at = random.below(total);
  for (const auto& [weight, make_node] : choices)
    if ((at -= weight) < 0) return make_node();
  return {};
}

std::string Generator::literal() { return random.one_of({"0.25", "0.5", "0.7", "1.5", "1.0", "2.0", "0.3", "1.25"}); }

Node Generator::sum(int depth) {
  std::vector<Node> parts{product(depth)};
  if (depth > 0)
    for (int more = random.below(3); more > 0; --more) {
      parts.push_back(random.chance(60) ? " + " : " - ");
      parts.push_back(product(depth - 1));
    }
  return real(std::move(parts));
}

Node Generator::product(int depth) {
  std::vector<Node> parts{atom(depth)};
  if (random.chance(depth > 0 ? 50 : 20)) {
    parts.push_back(" * ");
    parts.push_back(atom(depth - 1));
  }
  if (random.chance(15))
    if (const Place p = place(false); !p.text.empty()) parts.push_back(" / (1.5 + " + p.text + " * " + p.text + ")");
  return real(std::move(parts));
}

Node Generator::leaf() {
  if (const Place p = place(false); !p.text.empty() && random.chance(70)) return real({p.text});
  if (random.chance(40)) return real({"double(", integer(), ")"});
  return random.chance(10) ? real({"-", literal()}) : real({literal()});
}

Node Generator::atom(int depth) {
  if (depth <= 0 || random.chance(25)) return leaf();
  Choices choices{{3, [&] { return leaf(); }},
                  {3,
                   [&] {
                     return group({"(", sum(depth - 1), ")"});
                   }},
                  {1,
                   [&] {
                     return real({"-(", sum(0), ")"});
                   }},
                  {3, [&] { return bounded(depth); }}};
  if (on("ternary"))
    choices.push_back({2, [&] {
                         return real({"(", condition(depth - 1), " ? ", sum(depth - 1), " : ", sum(depth - 1), ")"});
                       }});
  if (on("kinks")) choices.push_back({1, [&] { return kink(depth); }});
  if (on("accumulate") && body.lambdas < 2) choices.push_back({2, [&] { return reduction(depth); }});
  for (const Function& f : functions)
    if (!f.changes() && f.result.kind == Kind::real) choices.push_back({2, [&] { return real({call(f, depth)}); }});
  for (const Function& f : takers)
    if (body.lambdas < 2)
      choices.push_back(
          {2, [&] {
             return real({f.name, "(", lambda(1, "double", "&", false, depth - 1), ", ", sum(depth - 1), ")"});
           }});
  for (const std::string& maker : makers)
    choices.push_back({1, [&] { return real({maker, "(", sum(depth - 1), ")(", sum(depth - 1), ")"}); }});
  for (const Variable& v : variables)
    if (v.type.kind == Kind::function && !v.effects)
      choices.push_back({3, [&, name = v.name, root = v.root, n = v.size] {
                           used.insert({name, root});
                           return n == 1 ? real({name, "(", sum(depth - 1), ")"})
                                         : real({name, "(", sum(depth - 1), ", ", leaf(), ")"});
                         }});
  for (const Variable& v : variables)
    if (v.type.kind == Kind::structure)
      for (const Function& m : structures[std::size_t(v.type.structure)].methods)
        choices.push_back({2, [&, name = v.name, root = v.root] {
                             used.insert({name, root});
                             const bool operator_call = m.name == "operator()";
                             return real({name, operator_call ? "" : "." + m.name, "(", sum(depth - 1), ")"});
                           }});
  return choose(choices);
}

/// At most about 1 in size, so that loops do not let values explode.
Node Generator::bounded(int depth) {
  if (on("math")) return mathematics(depth);
  const Place p = place(false);
  if (p.text.empty()) return real({literal()});
  return real({"(", p.text, " / (1.0 + ", p.text, " * ", p.text, "))"});
}

Node Generator::mathematics(int depth) {
  const Place p = place(false);
  if (p.text.empty() || random.chance(60)) {
    const std::string f = random.one_of({"sin", "cos", "tanh", "atan", "erf"});
    return real({"std::", f, "(", sum(depth - 1), ")"});
  }
  const std::string x = p.text, square = x + " * " + x;
  return random.pick(std::vector<Node>{real({"std::sqrt(1.0 + ", square, ")"}), real({"std::log(1.5 + ", square, ")"}),
                                       real({"std::log1p(", square, ")"}), real({"std::exp(-", square, ")"}),
                                       real({"std::exp(std::sin(", x, "))"}), real({"std::hypot(", x, ", 1.0)"}),
                                       real({"std::atan2(", x, ", 1.0 + ", square, ")"}),
                                       real({"std::pow(1.0 + ", square, ", 0.5)"}),
                                       real({"std::cosh(std::tanh(", x, "))"}), real({"std::cbrt(1.0 + ", square, ")"}),
                                       real({"std::pow(1.25 + 0.5 * std::cos(", x, "), 1.0 * std::sin(", x, "))"})});
}

Node Generator::kink(int depth) {
  if (random.chance(50)) return real({"std::abs(", sum(depth - 1), ")"});
  // Both operands are double, even where a float is read.
  return real({random.one_of({"std::max(", "std::min("}), literal(), " * ", atom(depth - 1), ", ", literal(), " * ",
               atom(depth - 1), ")"});
}

Node Generator::reduction(int depth) {
  const auto suits = [](const Variable& v) { return v.type.kind == Kind::vector || v.type.kind == Kind::array; };
  const Variable* found = container(false, suits);
  if (!found) return leaf();
  const std::string v = found->name, range = v + ".begin(), " + v + ".end(), ";
  switch (random.below(3)) {
    case 0:
      return real({"std::accumulate(", range, "0.0)"});
    case 1:
      return real({"std::inner_product(", range, v, ".begin(), ", literal(), ")"});
    default:
      return real({"std::accumulate(", range, literal(), ", ", lambda(2, "double", "&", false, depth - 1), ")"});
  }
}

Node Generator::integer(bool natural) {
  std::vector<Place> places{{std::to_string(random.below(4)), ""}};
  for (const Variable& v : variables) {
    if (v.type.kind == Kind::integer && (v.natural || !natural)) {
      places.push_back({v.name, v.name});
      places.push_back({"(" + v.name + random.one_of({" + 1", " % 3", " * 2", " / 2"}) + ")", v.name});
    }
    if (v.type.kind == Kind::vector) places.push_back({"int(" + v.name + ".size())", v.name});
  }
  return cuttable("1", {chosen(places)});
}

/// One of these texts; what it reads is noted.
std::string Generator::chosen(const std::vector<Place>& places) {
  const Place p = random.pick(places);
  used.insert(p.root);
  return p.text;
}

Node Generator::condition(int depth) {
  Choices choices{{3,
                   [&] {
                     return cut_condition({integer(), random.one_of({" > ", " < ", " == ", " != "}), integer()});
                   }},
                  {3,
                   [&] {
                     return cut_condition({leaf(), random.one_of({" > ", " < "}), literal()});
                   }},
                  {2,
                   [&] {
                     return cut_condition({integer(), " % 2 == ", random.one_of({"0", "1"})});
                   }},
                  {1, [&] {
                     return cut_condition({product(depth - 1), random.one_of({" > ", " <= "}), sum(0)});
                   }}};
  if (on("logic") && depth > 0) {
    for (const char* both : {" && ", " || "})
      choices.push_back({2, [&, both] {
                           return cut_condition({"(", condition(depth - 1), both, condition(depth - 1), ")"});
                         }});
    choices.push_back({1, [&] { return cut_condition({"!(", condition(depth - 1), ")"}); }});
    if (const Variable* v = container(false, [](const Variable& c) { return c.type.kind == Kind::vector; }))
      choices.push_back({1, [&, name = v->name] {
                           return cut_condition({"(!", name, ".empty() && ", name, "[0] > ", literal(), ")"});
                         }});
  }
  return choose(choices);
}

/// A new value of this type.
Node Generator::make(Type type, int depth) {
  const auto list = [&](std::string open, int n, const std::function<Node()>& element) {
    std::vector<Node> parts{std::move(open)};
    for (int i = 0; i < n; ++i) {
      if (i > 0) parts.push_back(", ");
      parts.push_back(element());
    }
    parts.push_back("}");
    return group(std::move(parts));
  };
  const auto number = [&] { return sum(depth - 1); };
  switch (type.kind) {
    case Kind::integer:
      return integer(true);
    case Kind::vector:
      return list("std::vector<double>{", random.between(2, 3), number);
    case Kind::array:
      return list("std::array<double, 3>{", 3, number);
    case Kind::matrix:
      return list(type_name(type) + "{", 2, [&] { return make({Kind::vector}, 0); });
    case Kind::rows:
      return list(type_name(type) + "{", 2, [&] { return make({Kind::structure, type.structure}, 0); });
    case Kind::pair:
      return list(type_name(type) + "{", 2, number);
    case Kind::tuple:
      return list(type_name(type) + "{", 3, number);
    case Kind::map:
    case Kind::hash_map:
      return group({type_name(type) + "{{0, ", number(), "}, {1, ", number(), "}}"});
    case Kind::optional:
      return group({"std::optional<double>(", sum(depth - 1), ")"});
    case Kind::structure: {
      const Structure& s = structures[std::size_t(type.structure)];
      const bool braces = !s.constructed || random.chance(50);
      std::vector<Node> parts{type_name(type) + (braces ? "{" : "(")};
      for (const auto& [name, inner] : s.fields) {
        if (parts.size() > 1) parts.push_back(", ");
        const bool narrows = braces && inner.kind == Kind::integer;  // perhaps a std::size_t
        parts.push_back(narrows ? group({"int(", make(inner, depth - 1), ")"}) : make(inner, depth - 1));
      }
      parts.push_back(braces ? "}" : ")");
      return group(std::move(parts));
    }
    default:
      return sum(depth - 1);
  }
}

Node Generator::argument(const Parameter& p, int depth) {
  if (p.type.kind == Kind::real) return sum(depth - 1);
  const bool containers = p.type.kind != Kind::integer;
  if (const Variable* v = containers ? variable_of(p.type, false) : nullptr; v && random.chance(80)) {
    // A vector of a caller can be shorter than what the callee reads of it.
    if (v->size >= 2 || !has_elements(*v)) return v->name;
  }
  return make(p.type, depth - 1);
}

Node Generator::call(const Function& f, int depth) {
  std::vector<Node> parts{f.name + "("};
  for (const Parameter& p : f.parameters) {
    if (parts.size() > 1) parts.push_back(", ");
    const bool is_depth = f.recursive && &p == &f.parameters.back();
    parts.push_back(is_depth ? group({integer(true), " % 4"}) : argument(p, depth));
  }
  parts.push_back(")");
  return group(std::move(parts));
}

/// A lambda of real parameters. `capture` is "&", "=", "list" or "copies"; with `effects` it may change what it
/// captures, and is to be called in statements only.
Node Generator::lambda(int parameters, const std::string& type, std::string capture, bool effects, int depth) {
  auto outside = std::exchange(used, {});
  const Body outer = std::exchange(body, Body{{Kind::real}});
  body.in_method = outer.in_method;
  body.lambdas = outer.lambdas + 1;
  if (body.lambdas > 1) depth = 0;
  std::vector<Node> parts;
  {
    const Scope scope(*this);
    for (Variable& v : variables) {
      v.writable = v.writable && effects;
      v.pinned = true;
      if (v.effects && !effects) v.type.kind = Kind::nothing;
    }
    std::vector<Node> captures;
    if (!effects && random.chance(20)) {
      captures = {", " + fresh("c") + " = ", sum(0)};
      declare("c" + std::to_string(names), {}, false);
    }
    std::string list;
    for (int i = 0; i < parameters; ++i) {
      const std::string name = fresh("u");
      list += (i > 0 ? ", " : "") + type + " " + name;
      declare(name, {}, type == "double");
    }
    const bool one_line = !effects && (body.lambdas > 1 || random.chance(70));
    const Node inside = one_line ? group({" return ", sum(depth), "; }"})
                                 : group({"\n", block(1, random.between(1, 2)), result(), "}"});
    if (capture == "list" || capture == "copies") {
      const bool reference = capture == "list" && random.chance(50);
      capture.clear();
      for (const Variable& v : scope.before)
        if (used.contains(v.name) && v.type.kind != Kind::nothing)
          capture += (capture.empty() ? "" : ", ") + std::string(reference ? "&" : "") + v.name;
      if (capture.empty() && !captures.empty()) captures[0].text.erase(0, 2);
    }
    parts = {"[",   capture, group(captures), "](", list, one_line && random.chance(50) ? ") {" : ") -> double {",
             inside};
  }
  body = outer;
  outside.insert(used.begin(), used.end());
  used = std::move(outside);
  return group(std::move(parts));
}

}  // namespace fuzz
