// Structs, functions of all kinds, the entry, and what draws its arguments.
#include "generator.hpp"

namespace fuzz {

Node Generator::program() {
  std::vector<Node> parts;
  if (on("structs"))
    for (int n = random.between(1, 2); n > 0; --n) parts.push_back(structure());
  std::vector<std::function<Node()>> kinds;
  if (on("helpers") || on("references")) kinds.insert(kinds.end(), 3, [&] { return helper(); });
  if (on("recursion")) kinds.push_back([&] { return recursive_function(); });
  if (on("recursion") && on("references") && on("elements")) kinds.push_back([&] { return recursive_procedure(); });
  if (on("mutual")) kinds.push_back([&] { return mutual_functions(); });
  if (on("templates")) kinds.push_back([&] { return template_function(); });
  if (on("higher_order")) kinds.push_back([&] { return higher_order_function(); });
  if (on("returned_lambdas")) kinds.push_back([&] { return lambda_maker(); });
  if (!kinds.empty())
    for (int n = random.below(5); n > 0; --n) parts.push_back(random.pick(kinds)());
  parts.push_back(entry());
  return group(std::move(parts));
}

std::string Generator::signature(const std::string& head, const Function& f) const {
  std::string list;
  for (const Parameter& p : f.parameters) {
    if (!list.empty()) list += ", ";
    const std::string type = type_name(p.type);
    list += p.pass == Pass::value ? type + " " : p.pass == Pass::constant ? "const " + type + "& " : type + "& ";
    list += p.name;
  }
  return head + " " + f.name + "(" + list + ")";
}

Parameter Generator::parameter(bool is_entry) {
  std::vector<Type> types{{Kind::real}, {Kind::real}, {Kind::integer}};
  if (on("vector")) types.insert(types.end(), {{Kind::vector}, {Kind::vector}, {Kind::array}});
  if (on("vector") && on("nested")) types.push_back({Kind::matrix});
  for (int s = 0; s < int(structures.size()); ++s) types.push_back({Kind::structure, s});
  if (!structures.empty() && on("vector") && on("nested")) types.push_back({Kind::rows, 0});
  if (on("tuples")) types.push_back({Kind::pair});
  if (on("optional") && is_entry) types.push_back({Kind::optional});
  Parameter p{fresh("p"), random.pick(types)};
  const bool number = p.type.kind == Kind::real || p.type.kind == Kind::integer;
  if (!number && random.chance(60)) p.pass = Pass::constant;
  if (!is_entry && on("references") && p.type.kind != Kind::integer && random.chance(50)) p.pass = Pass::reference;
  if (is_entry && p.type.kind == Kind::vector && random.chance(50)) p.size = 0;
  if (p.type.kind == Kind::array) p.size = 3;
  return p;
}

Node Generator::structure() {
  Structure s{fresh("S"), {}, {}, {}};
  std::string text = "struct " + s.name + " {\ndouble ";
  for (int i = 0; i < 2; ++i) s.fields.push_back({fresh("f"), {}});
  text += s.fields[0].first + ", " + s.fields[1].first + ";\n";
  if (random.chance(30)) s.fields.push_back({fresh("k"), {Kind::integer}});
  if (!structures.empty() && random.chance(50))
    s.fields.push_back({fresh("f"), {Kind::structure, int(structures.size()) - 1}});
  if (on("vector") && on("nested") && random.chance(30)) s.fields.push_back({fresh("f"), {Kind::vector}});
  for (std::size_t i = 2; i < s.fields.size(); ++i)
    text += type_name(s.fields[i].second) + " " + s.fields[i].first + ";\n";
  s.constructed = on("constructors") && random.chance(60);
  std::vector<Node> parts{text};
  if (s.constructed) parts.push_back(constructor(s));
  structures.push_back(s);
  if (on("methods") && random.chance(70)) parts.push_back(method(s.name, false));
  if (on("mutating_methods") && random.chance(70)) parts.push_back(method(s.name, true));
  parts.push_back("};\n");
  return cuttable("", std::move(parts));
}

/// A constructor of a value for each field; it makes no others of its struct.
Node Generator::constructor(const Structure& s) {
  Function f{s.name, {}, {Kind::nothing}, false};
  std::string initialisers, all;
  for (const auto& [name, type] : s.fields) {
    f.parameters.push_back({fresh("p"), type});
    std::string value = f.parameters.back().name;
    if (type.kind == Kind::real) value = random.one_of({value, value + " * " + literal(), literal() + " - " + value});
    if (type.kind == Kind::real && !all.empty() && random.chance(30)) value += " * " + s.fields[0].first;
    const bool braces = type.kind != Kind::vector && random.chance(30);
    initialisers += (all.empty() ? "" : ", ") + name + (braces ? "{" + value + "}" : "(" + value + ")");
    all += (all.empty() ? "self." : ", self.") + name;
  }
  const Scope scope(*this);
  --level;
  for (const auto& [name, type] : s.fields) declare(name, type, true, 2);
  ++level;
  Body kind{f.result};
  kind.in_method = true;
  kind.may_return = false;
  const Node inside = random.chance(50) ? body_of(f.parameters, kind, 1, random.between(1, 2)) : Node();
  return group({s.name + "() = default;\n",
                "static constexpr auto fields(auto& self) { return std::tie(" + all + "); }\n", signature("ZYGOTE", f),
                " : ", initialisers, " {\n", inside, "}\n"});
}

/// A method of the latest struct, of one real parameter.
Node Generator::method(const std::string&, bool changes) {
  Structure& s = structures.back();
  Function f{random.chance(30) && !changes ? "operator()" : fresh("m"), {{fresh("p"), {}}}, {}, false};
  f.result.kind = changes ? Kind::nothing : Kind::real;
  const Scope scope(*this);
  --level;
  for (const auto& [name, type] : s.fields) declare(name, type, changes, 2);
  ++level;
  Body kind{f.result};
  kind.in_method = true;
  const Node inside = body_of(f.parameters, kind, 1, random.between(1, 2));
  const std::string head = signature(changes ? "ZYGOTE void" : "ZYGOTE double", f) + (changes ? " {\n" : " const {\n");
  structures.back().methods.insert(structures.back().methods.end(), changes ? 0 : 1, f);
  if (changes) structures.back().changing_methods.push_back(f);
  return statement({head, inside, "}"});
}

/// Parameters, statements, and a return of what was computed.
Node Generator::body_of(const std::vector<Parameter>& parameters, Body kind, int depth, int statements) {
  const Body outer = std::exchange(body, std::move(kind));
  const Scope scope(*this);
  for (const Parameter& p : parameters) declare(p.name, p.type, p.pass != Pass::constant, p.size);
  if (!body.again.empty()) variables.back().writable = false;  // the depth
  Node inside = block(depth, statements);
  Node end = ending();
  body = outer;
  return group({inside, end});
}

Node Generator::ending() {
  std::vector<Node> parts, terms;
  const std::string total = fresh("total");
  for (std::size_t i = 0; i < variables.size(); ++i) {
    const Variable& v = variables[i];
    if (has_elements(v) && v.size == 0 && on("range_for") && random.chance(80))
      parts.push_back(statement({"for (double e : ", v.name, ") ", total, " += e * ", literal(), ";"}));
    const std::string text = v.effects ? "" : real_in(v.type, v.name, v.size, false);
    if (!text.empty() && random.chance(60)) terms.push_back(cuttable("", {" + " + literal() + " * " + text}));
  }
  if (body.result.kind == Kind::real) {
    const Node again = body.again.empty() ? Node() : cuttable("", {" + " + literal() + " * " + body.again + ")"});
    if (parts.empty()) return group({"return ", sum(1), group(terms), again, ";\n"});
    return group({"double ", total, " = ", sum(1), group(terms), ";\n", group(parts), "return ", total, again, ";\n"});
  }
  if (body.result.kind != Kind::nothing) return result();
  const Place p = place(true);
  return p.text.empty() ? Node() : statement({p.text, " += ", sum(0), group(terms), ";"});
}

Node Generator::helper() {
  Function f{fresh("h" + id + "_"), {{fresh("p"), {}}}, {}, false};
  if (!on("helpers")) f.parameters[0].pass = Pass::reference;
  for (int more = random.below(3); more > 0; --more) f.parameters.push_back(parameter(false));
  if (f.changes() && random.chance(70)) f.result.kind = Kind::nothing;
  const Node inside = body_of(f.parameters, Body{f.result}, 2, random.between(1, 4));
  functions.push_back(f);
  return statement({signature("ZYGOTE " + type_name(f.result), f), " {\n", inside, "}"});
}

Node Generator::recursive_function() {
  Function f{fresh("h" + id + "_"), {{fresh("p"), {}}, {fresh("depth"), {Kind::integer}}}, {}, true};
  const std::string x = f.parameters[0].name, depth = f.parameters[1].name;
  Body kind{f.result};
  kind.again = f.name + "(" + random.one_of({x, x + " * 0.7", "0.5 - " + x}) + ", " + depth + " - 1";
  const Node inside = body_of(f.parameters, kind, 1, random.between(1, 3));
  functions.push_back(f);
  return statement(
      {signature("ZYGOTE double", f), " {\nif (", depth, " <= 0) return ", x, " * ", literal(), ";\n", inside, "}"});
}

/// Changes a vector at every depth, before and after it calls itself.
Node Generator::recursive_procedure() {
  Function f{fresh("h" + id + "_"),
             {{fresh("p"), {Kind::vector}, Pass::reference}, {fresh("p"), {}}, {fresh("depth"), {Kind::integer}}},
             {Kind::nothing},
             true};
  const std::string v = f.parameters[0].name, x = f.parameters[1].name, depth = f.parameters[2].name;
  const std::string call = f.name + "(" + v + ", " + x + " * 0.5, " + depth + " - 1);\n";
  const auto writes = [&] {
    const Scope scope(*this);
    declare(v, {Kind::vector}, true, 2);
    declare(x, {}, false);
    declare(depth, {Kind::integer}, false);
    body = Body{{Kind::nothing}};
    body.may_return = false;
    return block(1, random.between(1, 2));
  };
  const Node before = writes(), after = writes();
  body = {};
  functions.push_back(f);
  return statement(
      {signature("ZYGOTE void", f), " {\nif (", depth, " <= 0) return;\n", before, cuttable("", {call}), after, "}"});
}

Node Generator::mutual_functions() {
  std::vector<Function> both;
  for (int i = 0; i < 2; ++i)
    both.push_back({fresh("h" + id + "_"), {{fresh("p"), {}}, {fresh("depth"), {Kind::integer}}}, {}, true});
  std::vector<Node> parts{signature("ZYGOTE double", both[1]) + ";\n"};
  for (int i = 0; i < 2; ++i) {
    const Function& f = both[std::size_t(i)];
    Body kind{f.result};
    kind.again =
        both[std::size_t(1 - i)].name + "(" + f.parameters[0].name + " * 0.7, " + f.parameters[1].name + " - 1";
    const Node inside = body_of(f.parameters, kind, 1, random.between(1, 2));
    parts.push_back(group({signature("ZYGOTE double", f), " {\nif (", f.parameters[1].name, " <= 0) return ",
                           f.parameters[0].name, ";\n", inside, "}\n"}));
  }
  functions.insert(functions.end(), both.begin(), both.end());
  parts.push_back("\n");
  return cuttable("", std::move(parts));
}

Node Generator::template_function() {
  Function f{fresh("h" + id + "_"), {{fresh("p"), {}}, {fresh("p"), {}}}, {}, false};
  const std::string x = f.parameters[0].name, y = f.parameters[1].name;
  Body kind{f.result};
  const bool deduced = !on("float") && random.chance(50);  // all returned values are of the same type
  auto parameters = f.parameters;
  const std::string head =
      random.pick(std::vector<std::string>{"template <class T>\nZYGOTE " + std::string(deduced ? "auto " : "T ") +
                                               f.name + "(const T& " + x + ", double " + y + ")",
                                           "template <class T>\nZYGOTE T " + f.name + "(T " + x + ", double " + y + ")",
                                           std::string("ZYGOTE ") + (deduced ? "auto " : "double ") + f.name +
                                               "(const auto& " + x + ", const auto& " + y + ")"});
  for (Parameter& p : parameters) p.pass = Pass::constant;
  const Node inside = body_of(parameters, kind, 2, random.between(1, 3));
  functions.push_back(f);
  return statement({head, " {\n", inside, "}"});
}

Node Generator::higher_order_function() {
  const Function f{fresh("h" + id + "_"), {{fresh("p"), {}}}, {}, false};
  const std::string g = fresh("g");
  const Scope scope(*this);
  declare(g, {Kind::function}, false, 1).level = 0;  // a parameter, which cannot be hidden
  const Node inside = body_of(f.parameters, Body{f.result}, 2, random.between(1, 3));
  takers.push_back(f);
  const std::string parameter = random.one_of({"const F& ", "F "});
  return statement({"template <class F>\nZYGOTE double ", f.name, "(", parameter, g, ", double ", f.parameters[0].name,
                    ") {\n", inside, "}"});
}

Node Generator::lambda_maker() {
  const std::string name = fresh("make" + id + "_"), x = fresh("p");
  const Scope scope(*this);
  declare(x, {}, true);
  body = {};
  body.may_return = false;
  Node before = random.chance(50) ? assignment() : Node();
  const Node text = lambda(1, "double", random.one_of({"=", "copies"}), false, 2);
  makers.push_back(name);
  return statement({"ZYGOTE auto ", name, "(double ", x, ") {\n", before, "return ", text, ";\n}"});
}

Node Generator::entry() {
  Function f{
      "entry" + id, {{fresh("p"), {}}, {fresh("p"), {}}, {"n", {Kind::integer}}, {"k", {Kind::integer}}}, {}, false};
  for (int more = random.below(4); more > 0; --more) f.parameters.push_back(parameter(true));
  const Node inside = body_of(f.parameters, Body{f.result}, 3, random.between(3, 8));
  return group({signature("ZYGOTE double", f), " {\n", inside, "}\n", inputs(f)});
}

std::string Generator::inputs(const Function& f) const {
  std::string types, values;
  for (const Parameter& p : f.parameters) {
    const char* comma = types.empty() ? "" : ", ";
    types += comma + type_name(p.type);
    values += comma + (p.name == "n" ? "in.trips" : input_of(p.type, p.size));
  }
  return "inline auto inputs(fuzz::Inputs in) {\nreturn std::tuple<" + types + ">{" + values + "};\n}\n";
}

std::string Generator::input_of(Type type, int size) const {
  const auto both = [&](Type inner) {
    return type_name(type) + "{" + input_of(inner, 2) + ", " + input_of(inner, 2) + "}";
  };
  switch (type.kind) {
    case Kind::integer:
      return "in.integer()";
    case Kind::vector:
      return std::string("in.vector<double>(") + (size == 0 ? "in.trips)" : "3)");
    case Kind::array:
      return "in.array<double>()";
    case Kind::matrix:
      return both({Kind::vector});
    case Kind::rows:
      return both({Kind::structure, type.structure});
    case Kind::pair:
      return both({});
    case Kind::optional:
      return "in.optional<double>()";
    case Kind::structure: {
      std::string list;
      for (const auto& [name, inner] : structures[std::size_t(type.structure)].fields)
        list += (list.empty() ? "" : ", ") + input_of(inner, 2);
      return type_name(type) + "{" + list + "}";
    }
    default:
      return "in.real()";
  }
}

}  // namespace fuzz
