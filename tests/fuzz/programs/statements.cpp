// Statements: declarations, assignments, branches, jumps.
#include "generator.hpp"

namespace fuzz {

Node Generator::block(int depth, int statements) {
  std::vector<Node> parts;
  for (int i = 0; i < statements; ++i) parts.push_back(step(depth));
  return group(std::move(parts));
}

/// One random statement; `depth` says how deep blocks may still nest.
Node Generator::step(int depth) {
  auto outside = std::exchange(used, {});
  Choices choices{{6, [&] { return assignment(); }}, {3, [&] { return declaration(); }}};
  if (depth > 0) {
    choices.push_back({3, [&] { return branch(depth); }});
    choices.push_back({4, [&] { return loop(depth); }});
    choices.push_back({1, [&] { return nested_block(depth); }});
    if (on("switch")) choices.push_back({2, [&] { return switch_over(depth); }});
    if (on("uninitialised")) choices.push_back({1, [&] { return split_declaration(depth); }});
  }
  choices.push_back({1, [&] { return jump(); }});
  choices.push_back({4, [&] { return data_declaration(); }});
  choices.push_back({4, [&] { return container_change(); }});
  choices.push_back({2, [&] { return effect_call(); }});
  if (on("swap")) choices.push_back({2, [&] { return swap(); }});
  if (on("aliases") || on("views")) choices.push_back({3, [&] { return alias(); }});
  if (on("tuples") || on("binding_refs")) choices.push_back({2, [&] { return binding(); }});
  if (on("transform")) choices.push_back({2, [&] { return algorithm(); }});
  if (on("optional")) choices.push_back({2, [&] { return optional_step(); }});
  if ((on("lambdas") || on("mutating_lambdas")) && body.lambdas < 2)
    choices.push_back({3, [&] { return lambda_declaration(); }});
  Node chosen = choose(choices);
  used.merge(outside);
  return chosen;
}

Node Generator::assignment() {
  const Place p = place(true);
  if (p.text.empty()) return declaration();
  if (random.chance(8)) return statement({random.one_of({"++" + p.text, "--" + p.text, p.text + "++"}), ";"});
  switch (random.below(body.loops > 0 ? 6 : 4)) {
    case 0:
      return statement({p.text, " += ", sum(2), ";"});
    case 1:
      return statement({p.text, " -= ", sum(1), ";"});
    case 2:
      return statement({p.text, random.one_of({" *= ", " += ", " -= "}), bounded(2), ";"});
    case 3:
      return statement({p.text, " = ", sum(2), ";"});
    case 4:
      return statement({p.text, " = ", p.text, " * 0.5 + ", bounded(2), ";"});
    default:
      return statement({p.text, " /= 1.5 + ", bounded(1), ";"});
  }
}

Node Generator::declaration() {
  const Node value = sum(2), second = sum(1);
  const auto in_use = used;
  const std::string name = name_for_local(in_use);
  switch (random.below(6)) {
    case 0:
      declare(name, {}, false);
      return statement({"const double ", name, " = ", value, ";"});
    case 1: {
      declare(name, {});
      const std::string other = fresh("t");
      declare(other, {});
      return statement({"double ", name, " = ", value, ", ", other, " = ", second, ";"});
    }
    case 2:
      declare(name, {});
      return statement({"auto ", name, " = 1.0 * ", value.parts[0], ";"});
    case 3:
      if (on("float") && random.chance(50)) {
        declare(name, {Kind::single});
        return statement({"float ", name, " = ", value, ";"});
      }
      [[fallthrough]];
    default:
      declare(name, {});
      return statement({"double ", name, " = ", value, ";"});
  }
}

Node Generator::split_declaration(int depth) {
  const Node test = condition(1);
  const std::string name = fresh("t");
  const auto side = [&] {
    const Scope scope(*this);
    return group({block(depth - 1, random.below(2)), name, " = ", sum(1), ";\n"});
  };
  const Node then = side(), otherwise = side();
  declare(name, {});
  return statement({"double ", name, ";\nif (", test, ") {\n", then, "} else {\n", otherwise, "}"});
}

Node Generator::nested_block(int depth) {
  const Scope scope(*this);
  return statement({"{\n", block(depth - 1, random.between(1, 3)), "}"});
}

Node Generator::branch(int depth) {
  const Scope outer(*this);
  std::vector<Node> parts{"if ("};
  if (on("if_init") && random.chance(30)) {
    const Node value = sum(1);
    const std::string name = name_for_local(used);
    declare(name, {});
    parts.push_back(group({"double ", name, " = ", value, "; ", name, " > ", literal()}));
  } else
    parts.push_back(condition(2));
  const auto side = [&] {
    const Scope scope(*this);
    --level;
    Node inside = block(depth - 1, random.between(1, 3));
    ++level;
    return inside;
  };
  parts.insert(parts.end(), {") {\n", side(), "}"});
  if (random.chance(30)) parts.insert(parts.end(), {" else if (", condition(1), ") {\n", side(), "}"});
  if (random.chance(50)) parts.insert(parts.end(), {" else {\n", side(), "}"});
  return statement(std::move(parts));
}

Node Generator::switch_over(int depth) {
  const bool outer = std::exchange(body.in_switch, true);
  const int cases = random.between(2, 4);
  std::vector<Node> parts{"switch (", integer(true), " % " + std::to_string(cases) + ") {\n"};
  for (int i = 0; i < cases; ++i) {
    const Scope scope(*this);
    const bool last = i + 1 == cases;
    const std::string label = last && random.chance(70) ? "default" : "case " + std::to_string(i);
    const char* end = random.chance(70) ? "break;\n" : !last && random.chance(20) ? "[[fallthrough]];\n" : "";
    parts.push_back(group({label, ": {\n", block(depth - 1, random.between(1, 2)), "}\n", end}));
  }
  parts.push_back("}");
  body.in_switch = outer;
  return statement(std::move(parts));
}

/// A jump under a condition, where one is possible.
Node Generator::jump() {
  std::vector<std::string> kinds;
  if (on("break") && body.loops > 0) kinds.push_back("continue;");
  if (on("break") && (body.loops > 0 || body.in_switch)) kinds.push_back("break;");
  if (on("early_return") && body.may_return) kinds.push_back("return");
  if (kinds.empty()) return assignment();
  const std::string kind = random.pick(kinds);
  const Node test = condition(1);
  const Scope scope(*this);
  const Node before = random.chance(30) ? group({"{\n", assignment()}) : Node("{\n");
  return statement({"if (", test, ") ", before, kind == "return" ? result() : Node(kind + "\n"), "}"});
}

/// The return statement of the function that is being written.
Node Generator::result() {
  if (body.result.kind == Kind::nothing) return "return;\n";
  if (body.result.kind != Kind::real) return group({"return ", make(body.result, 2), ";\n"});
  if (body.again.empty()) return group({"return ", sum(2), ";\n"});
  return group({"return ", sum(1), ";\n"});
}

}  // namespace fuzz
