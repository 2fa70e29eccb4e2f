// The pipeline.
#include "compile.hpp"

#include "emit.hpp"
#include "lower.hpp"
#include "passes.hpp"

namespace zygote::compiler {
namespace {

// file:line:col: error: ..., the source line, a caret, advice
std::string diagnostic(const std::string& path, const std::string& source, const Refusal& r) {
  const std::size_t start = r.pos.offset - std::size_t(r.pos.column - 1);
  std::string line = source.substr(start, source.find('\n', start) - start), caret;
  for (int i = 0; i + 1 < r.pos.column && std::size_t(i) < line.size(); ++i)
    caret += line[std::size_t(i)] == '\t' ? '\t' : ' ';
  std::string text =
      path + ":" + std::to_string(r.pos.line) + ":" + std::to_string(r.pos.column) + ": error: " + r.what() + "\n";
  text += "  " + line + "\n  " + caret + "^\n";
  if (!r.advice.empty()) text += "  advice: " + r.advice + "\n";
  return text;
}

std::string print(const Tokens& tokens) {
  std::string text;
  for (const Token& t : tokens)
    text += std::to_string(t.pos.line) + ":" + std::to_string(t.pos.column) + " " + t.text + "\n";
  return text;
}

Tokens body_of(const Tokens& tokens, const Tokens& directives, const Marked& m) {
  return expand_unmarked(tokens, directives, m.body, m.body_end + 1);
}

Node tree_of(const Tokens& tokens, const Tokens& directives, const Marked& m) {
  return m.constructor ? constructor_body(tokens, directives, m) : parse_body(body_of(tokens, directives, m));
}

// Which functions can reach themselves: Tarjan's strongly connected components.
void find_recursive(Library& library) {
  std::map<Callable*, std::pair<int, int>> seen;  // number, the least number that it reaches on the stack
  std::vector<Callable*> stack;
  const auto visit = [&](Callable& c, const auto& self) -> int {
    auto& [number, least] = seen[&c];
    number = least = int(seen.size());
    const std::size_t bottom = stack.size();
    stack.push_back(&c);
    std::set<std::string> names;
    used_names(c.body, names);
    for (const std::string& name : names) {
      const auto found = library.functions.find(c.marked->scope + name);
      if (found == library.functions.end()) continue;
      Callable& callee = found->second;
      c.recursive = c.recursive || &callee == &c;
      if (!seen.count(&callee))
        least = std::min(least, self(callee, self));
      else if (std::count(stack.begin(), stack.end(), &callee))
        least = std::min(least, seen[&callee].first);
    }
    if (least < number) return least;
    for (std::size_t i = bottom; i < stack.size(); ++i)
      stack[i]->recursive = stack[i]->recursive || stack.size() > bottom + 1;
    stack.resize(bottom);
    return number;
  };
  for (auto& [name, callable] : library.functions)
    if (!seen.count(&callable)) visit(callable, visit);
}

// The functions that others may be made of; what is refused in them is said where they stand.
Library library_of(const Tokens& tokens, const Tokens& directives, const Findings& findings) {
  Library library;
  for (const Marked& m : findings.marked) {
    if (m.kind == Marked::method && !m.changes_object())
      library.constant_methods.insert({m.scope + m.owner + "::" + m.name, m.parameters.size()});
    if (m.symbol().empty() && ((m.kind == Marked::free_function && !m.declared) || m.changes_object())) try {
        Callable callable{&m, parse_body(body_of(tokens, directives, m))};
        if (m.kind == Marked::method)
          library.methods.insert({m.name, std::move(callable)});
        else
          library.functions[m.scope + m.name] = std::move(callable);
      } catch (const Refusal&) {
      }
  }
  find_recursive(library);
  return library;
}

// The structs that a marked function sees under their names.
Structs visible(const Structs& all, const Marked& m) {
  Structs some;
  for (const auto& [full, s] : all)
    if (const std::string name = full.substr(s.scope.size()); m.scope.starts_with(s.scope) && !m.around.count(name))
      if (const Struct* const one = visible_struct(all, m.scope, name)) some[name] = *one;
  return some;
}

Function to_ir(const Findings& findings, const Library& library, const Structs& all, const Marked& marked,
               const Node& tree) {
  const Structs structs = visible(all, marked);
  Function f = lower(findings, library, structs, marked, tree);
  find_types(f, structs);
  split_structs(f, structs);
  verify(f);
  simplify(f);
  verify(f);
  remove_unused(f);
  number_names(f);
  verify(f);
  find_inert(f);
  return f;
}

// Names of the methods of its own class that a method calls on its own object.
std::set<std::string> called_methods(const Tokens& tokens, const Marked& m) {
  std::set<std::string> names;
  for (std::size_t i = m.body; i < m.body_end; ++i) {
    const Token &t = tokens[i], &before = tokens[i - 1];
    const bool other = before.is(".") || before.is("::") || (before.is("->") && !tokens[i - 2].is("this"));
    if (m.sibling_methods.count(t.text) && tokens[i + 1].is("(") && !other) names.insert(t.text);
    const bool object = before.is("*") && tokens[i - 2].is("(") && tokens[i + 1].is(")") && tokens[i + 2].is("(");
    if (t.is("this") && object) names.insert("operator()");
  }
  return names;
}

// even calls odd, which calls even: the type of what each returns cannot be deduced.
void find_cycles(const Tokens& tokens, std::vector<Marked>& marked) {
  for (Marked& m : marked) {
    if (m.kind != Marked::method) continue;
    std::set<std::string> reached = called_methods(tokens, m);
    for (std::size_t before = 0; before != reached.size();) {
      before = reached.size();
      for (const Marked& other : marked)
        if (other.scope == m.scope && other.owner == m.owner && reached.count(other.name))
          reached.merge(called_methods(tokens, other));
    }
    m.in_cycle = reached.count(m.name) > 0;
  }
}

// A function that is only declared: its signature.
Function declaration(const Marked& marked) {
  Function f;
  f.name = marked.name;
  f.pos = marked.pos;
  f.result_type = marked.return_type;
  f.recursive = true;
  for (const Parameter& p : marked.parameters) {
    f.parameters.push_back(p.name);
    f.writes_parameters = f.writes_parameters || p.mutable_reference;
  }
  return f;
}

}  // namespace

void Definitions::add(const std::string& source) try {
  if (source.find("ZYGOTE") == std::string::npos && source.find("zygote_operator") == std::string::npos) return;
  Tokens tokens = tokenize(source);
  qualify_std(tokens);
  Findings found = find_marked(tokens);
  constructed.merge(found.constructed);
  operators.merge(found.operators);
  templates.merge(found.templates);
} catch (const Refusal&) {  // said where it is compiled
}

// void f(V& v, double x)  =>  std::tuple<V, double> f(zygote::returning_t, V v, double x)
Marked returning_form(const Marked& m) {
  Marked form = m;
  form.returned = m.return_type;
  form.return_type = m.return_type == "void" ? "" : m.return_type;
  for (Parameter& p : form.parameters) {
    p.type = bare(p.type);
    p.text = p.type + " " + p.name;
    p.fallback.clear();
    p.mutable_reference = false;
    form.return_type += (form.return_type.empty() ? "" : ", ") + p.type;
  }
  form.return_type = "std::tuple<" + form.return_type + ">";
  form.parameters.insert(form.parameters.begin(),
                         {"zygote_form", "zygote::returning_t", "zygote::returning_t zygote_form", "", false, m.pos});
  return form;
}

Output compile(const std::string& path, const std::string& source, Stage stage, bool directives,
               const Definitions& included) {
  Output output;
  const auto refuse = [&](const Refusal& r) { output.errors.push_back(diagnostic(path, source, r)); };
  Tokens tokens;
  std::vector<Unit> units;
  try {
    tokens = tokenize(source);
    qualify_std(tokens);
    Findings findings = find_marked(tokens);
    findings.constructed.insert(included.constructed.begin(), included.constructed.end());
    findings.operators.insert(included.operators.begin(), included.operators.end());
    findings.templates.insert(included.templates.begin(), included.templates.end());
    output.marked = !findings.marked.empty();
    find_cycles(tokens, findings.marked);
    const Tokens lines = directives_of(tokens);
    const Library library = library_of(tokens, lines, findings);
    const Structs structs = find_structs(tokens);
    std::size_t covered = 0;
    for (const Marked& marked : findings.marked) {
      if (marked.body < covered) continue;  // inside marked code: part of it
      covered = marked.body_end;
      if (marked.declared) {
        units.push_back({marked, declaration(marked), {}});
        continue;
      }
      try {
        if (stage == Stage::tokens) output.text += print(body_of(tokens, lines, marked));
        if (stage == Stage::tokens) continue;
        const Node tree = tree_of(tokens, lines, marked);
        if (stage == Stage::tree) output.text += (marked.name.empty() ? "lambda" : marked.name) + "\n" + print(tree, 1);
        if (stage == Stage::tree) continue;
        Unit unit{marked, to_ir(findings, library, structs, marked, tree), {}};
        if (stage == Stage::ir) output.text += print(unit.function, false);
        if (stage == Stage::ir) continue;
        unit.function.recursive = unit.function.recursive || marked.declared_before || marked.in_cycle;
        if (may_borrow(marked))
          for (const Parameter& p : marked.parameters)
            unit.function.lends.push_back(p.type.find('&') != std::string::npos);
        if (!unit.function.writes_parameters) {
          derive_adjoint(unit.function);
          verify(unit.function);
        }
        if (stage == Stage::adjoint) output.text += print(unit.function, !unit.function.writes_parameters);
        const auto callable = library.functions.find(marked.scope + marked.name);
        if (unit.function.writes_parameters && returns_arguments(marked) && callable != library.functions.end() &&
            callable->second.recursive) {
          const Marked form = returning_form(marked);
          unit.returning.push_back({form, to_ir(findings, library, structs, form, tree), {}});
          derive_adjoint(unit.returning[0].function);
          verify(unit.returning[0].function);
        }
        units.push_back(std::move(unit));
      } catch (const Refusal& r) {
        refuse(r);
      }
    }
    if (stage == Stage::cpp && output.errors.empty())
      output.text = output.marked ? emit_file(source, tokens, units, findings.templates, {path, directives}) : source;
  } catch (const Refusal& r) {
    refuse(r);
  }
  if (!output.errors.empty()) output.text.clear();
  return output;
}

}  // namespace zygote::compiler
