// Loops. Counters are changed by the loop alone, so that every loop ends.
#include "generator.hpp"

namespace fuzz {

Node Generator::loop(int depth) {
  Choices choices{{4, [&] { return counted(depth); }}, {1, [&] { return real_loop(depth); }}};
  if (on("vector")) choices.push_back({2, [&] { return over_indices(depth); }});
  if (on("while")) choices.push_back({2, [&] { return while_loop(depth); }});
  if (on("do")) choices.push_back({2, [&] { return do_loop(depth); }});
  if (on("comma")) choices.push_back({1, [&] { return two_counters(depth); }});
  if (on("range_for") || on("range_for_ref")) choices.push_back({4, [&] { return over_range(depth); }});
  if (on("stacks")) choices.push_back({2, [&] { return over_stack(depth); }});
  return choose(choices);
}

// The body's block is the one that declares the counter, as far as names go.
Node Generator::loop_body(int depth) {
  ++body.loops;
  const bool outer = std::exchange(body.in_switch, false);
  Node inside = block(depth - 1, random.between(1, 3));
  body.in_switch = outer;
  --body.loops;
  return inside;
}

Node Generator::counted(int depth) {
  const std::string limit = limit_of_loop();
  const Scope scope(*this);
  const std::string i = fresh("i");
  declare(i, {Kind::integer}, false);
  const std::string head =
      random.one_of({"int I = 0; I < N; ++I", "int I = 0; I < N; I++", "int I = N; I > 0; --I",
                     "int I = N - 1; I >= 0; I--", "int I = 1; I <= N; I += 2", "int I = 0; N > I; I += 1"});
  std::string text;
  for (char c : head) text += c == 'I' ? i : c == 'N' ? limit : std::string(1, c);
  const Node inside = loop_body(depth);
  if (random.chance(15)) return statement({"for (", text, ")\n{\n", inside, "}"});
  return statement({"for (", text, ") {\n", inside, "}"});
}

/// How often a loop runs: a text without side effects, of a small number.
std::string Generator::limit_of_loop() {
  std::vector<Place> limits{{std::to_string(random.between(0, 4)), ""}};
  for (const Variable& v : variables)
    if (v.type.kind == Kind::integer && v.natural) {
      limits.push_back({v.name, v.name});
      limits.push_back({"(" + v.name + " % 4)", v.name});
    }
  return chosen(limits);
}

Node Generator::over_indices(int depth) {
  const Variable* found = container(false, [](const Variable& v) { return v.type.kind != Kind::matrix; });
  if (!found) return counted(depth);
  const std::string v = found->name, root = found->root, i = fresh("i");
  const Scope scope(*this);
  for (Variable& other : variables)
    if (other.root == root) {
      other.pinned = true;
      if (!on("loop_writes")) other.writable = false;
    }
  Variable& counter = declare(i, {Kind::integer}, false);
  counter.indexes = v;
  const std::string type = random.one_of({"std::size_t", "int"}),
                    size = type == "int" ? "int(" + v + ".size())" : v + ".size()";
  const Node inside = loop_body(depth);
  return statement({"for (", type, " ", i, " = 0; ", i, " < ", size, "; ++", i, ") {\n", inside, "}"});
}

Node Generator::while_loop(int depth) {
  const std::string limit = limit_of_loop(), m = fresh("m");
  declare(m, {Kind::integer}, false).natural = false;
  const Scope scope(*this);
  if (random.chance(20)) {  // the only way out is inside
    const Node inside = loop_body(depth);
    return statement({"int ", m, " = 0;\nwhile (true) {\nif (++", m, " > ", limit, ") break;\n", inside, "}"});
  }
  const std::string test = random.one_of({m + "-- > 0", m + " > 0"});
  const bool in_test = test != m + " > 0";
  const Node inside = loop_body(depth);
  return statement(
      {"int ", m, " = ", limit, ";\nwhile (", test, ") {\n", in_test ? "" : "--" + m + ";\n", inside, "}"});
}

Node Generator::do_loop(int depth) {
  const std::string limit = limit_of_loop(), m = fresh("m");
  declare(m, {Kind::integer}, false);
  const Scope scope(*this);
  const Node inside = loop_body(depth);
  return statement({"int ", m, " = 0;\ndo {\n++", m, ";\n", inside, "} while (", m, " < ", limit, ");"});
}

Node Generator::two_counters(int depth) {
  const std::string limit = limit_of_loop();
  const Scope scope(*this);
  const std::string i = fresh("i"), j = fresh("j");
  declare(i, {Kind::integer}, false);
  declare(j, {Kind::integer}, false);
  const Node inside = loop_body(depth);
  return statement(
      {"for (int ", i, " = 0, ", j, " = ", limit, "; ", i, " < ", j, "; ++", i, ", --", j, ") {\n", inside, "}"});
}

/// What a stack of integers holds, for a few steps; what has been seen is marked.
Node Generator::over_stack(int depth) {
  const Scope scope(*this);
  const std::string stack = fresh("stack"), seen = fresh("seen"), i = fresh("i"), top = fresh("top");
  declare(i, {Kind::integer}, false);
  declare(top, {Kind::integer}, false);
  const auto alone = [&] {
    const Scope own(*this);
    return assignment();
  };
  const Node again = alone(), inside = loop_body(depth);
  const std::string read = random.one_of({"const int ", "int ", "const auto "});
  return statement({"std::vector<int> ",
                    stack,
                    "{1, 2, 0};\nstd::vector<bool> ",
                    seen,
                    "(3);\n",
                    "for (int ",
                    i,
                    " = 0; ",
                    i,
                    " < 6 && !",
                    stack,
                    ".empty(); ++",
                    i,
                    ") {\n",
                    read,
                    top,
                    " = ",
                    stack,
                    ".back();\n",
                    stack,
                    ".pop_back();\n",
                    "if (",
                    seen,
                    "[",
                    top,
                    "]) {\n",
                    again,
                    "}\n",
                    seen,
                    "[",
                    top,
                    "] = !",
                    seen,
                    "[",
                    top,
                    "];\n",
                    "if (",
                    top,
                    " > 0) ",
                    stack,
                    ".push_back(",
                    top,
                    " - 1);\n",
                    inside,
                    "}"});
}

/// How often it runs depends on a real number.
Node Generator::real_loop(int depth) {
  const Node start = bounded(1);
  const Scope scope(*this);
  const std::string t = fresh("t");
  declare(t, {}, false);
  const Node inside = loop_body(depth);
  return statement({"for (double ", t, " = ", start, "; ", t, " < 1.1; ", t, " += 0.7) {\n", inside, "}"});
}

Node Generator::over_range(int depth) {
  const bool change = on("range_for_ref") && (!on("range_for") || random.chance(50));
  const Variable* found = container(change, [](const Variable&) { return true; });
  if (!found) return counted(depth);
  const Variable v = *found;
  const bool writable = change && v.writable;
  const Scope scope(*this);
  for (Variable& other : variables)
    if (other.root == v.root) {
      other.pinned = true;
      if (!on("loop_writes")) other.writable = false;
    }
  const std::string e = fresh("e");
  const Kind kind = v.type.kind;
  const Type element = kind == Kind::matrix ? Type{Kind::vector}
                       : kind == Kind::rows ? Type{Kind::structure, v.type.structure}
                                            : Type{};
  std::string type = writable ? random.one_of({"auto& ", type_name(element) + "& "})
                              : random.one_of({"const auto& ", "auto ", type_name(element) + " "});
  const bool reference = type.find('&') != std::string::npos;
  Variable& it = declare(e, element, type[0] != 'c', kind == Kind::matrix ? 2 : 0);
  if (reference) it.root = v.root;
  if (reference && writable) it.pinned = v.pinned;
  const Node inside = loop_body(depth);
  const char* order = on("reverse") && random.chance(40) ? " | std::views::reverse" : "";
  return statement({"for (", type, e, " : ", v.name, order, ") {\n", inside, "}"});
}

}  // namespace fuzz
