// The pipeline.
#include "compile.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

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
    if (m.kind == Marked::method && !m.changes_something())
      library.constant_methods.insert({m.scope + m.owner + "::" + m.name, m.parameters.size()});
    const bool constant = m.kind == Marked::method && !m.changes_something() && !m.is_static && !m.constructor;
    if (m.symbol().empty() && (constant || (m.kind == Marked::free_function && !m.declared) || m.changes_something()))
      try {
        Callable callable{&m, parse_body(body_of(tokens, directives, m))};
        if (constant) library.constant.insert({m.scope + m.owner + "::" + m.name, callable});
        if (constant && !m.names_part) continue;
        if (m.kind == Marked::method)
          library.methods.insert({m.name, std::move(callable)});
        else if (!findings.alternatives.count(m.scope + m.name))
          library.functions[m.scope + m.name] = std::move(callable);
      } catch (const Refusal&) {
      }
  }
  find_recursive(library);
  return library;
}

// The tree of what is in the library already.
const Node* known_tree(const Library& library, const Marked& m) {
  const auto is = [&](const auto& entry) { return entry.second.marked == &m; };
  if (const auto f = library.functions.find(m.scope + m.name); f != library.functions.end() && is(*f))
    return &f->second.body;
  const auto among = [&](const auto& methods, const std::string& name) -> const Node* {
    const auto [begin, end] = methods.equal_range(name);
    const auto method = std::find_if(begin, end, is);
    return method == end ? nullptr : &method->second.body;
  };
  const Node* const constant = among(library.constant, m.scope + m.owner + "::" + m.name);
  return constant ? constant : among(library.methods, m.name);
}

// The structs that are seen in a scope, under their names.
Structs visible(const Structs& all, const std::string& scope) {
  Structs some;
  for (const auto& [full, s] : all)
    if (const std::string name = full.substr(s.scope.size()); scope.starts_with(s.scope))
      if (const Struct* const one = visible_struct(all, scope, name)) some[name] = *one;
  return some;
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

// A kernel, void operator()(Index i, View<double, 1> out, auto& in) const, is differentiated for what stands for views.
Marked kernel_form(const Marked& m) {
  Marked form = m;
  const std::string first = m.parameters.empty() ? "" : bare(m.parameters[0].type);
  const bool kernel = m.kind == Marked::method && m.name == "operator()" && !m.changes_object();
  if (kernel && (is_integer_type(first) || unqualified(first) == "Index"))
    for (Parameter& p : form.parameters) {
      const std::string type = bare(p.type);
      const bool written = m.return_type == "void" && p.mutable_reference && type == "auto";
      if (!written && !(unqualified(type) == "View" && type.ends_with(">"))) continue;
      p.text = (p.mutable_reference ? "zygote::KernelArgument auto " : "auto ") + p.name;
      p.type = "auto";
      p.mutable_reference = false;
    }
  return form;
}

// All that is known of a file before its marked items are compiled, one by one.
struct File {
  Tokens tokens, directives;
  Findings findings;
  Library library;
  std::map<std::string, Structs> visible;  // by scope
  Layout layout;
  LeftOut left_out;
};

Function to_ir(const File& file, const Marked& marked, const Node& tree) {
  const Structs& all = file.visible.at(marked.scope);
  const auto hidden = [&](const auto& s) { return marked.around.count(s.first) > 0; };
  const bool hides = std::any_of(all.begin(), all.end(), hidden);
  Structs some;
  if (hides) std::erase_if(some = all, hidden);
  const Structs& structs = hides ? some : all;
  Function f = lower(file.findings, file.library, structs, marked, tree);
  find_types(f, structs, file.layout.aliases);
  verify(f);
  capture_parts(f, marked.owner, structs);
  verify(f);
  find_left_out(f, marked.owner, file.left_out);
  split_structs(f, structs);
  verify(f);
  simplify(f);
  verify(f);
  remove_unused(f);
  number_names(f);
  verify(f);
  find_inert(f);
  verify(f);
  return f;
}

void add_adjoint(Function& f) {
  derive_adjoint(f);
  verify(f);
  find_one_by_one(f);
  verify(f);
}

// What becomes of a marked item: a part of the output, or what is shown of an earlier stage.
struct Item {
  const Marked* marked;
  bool marks_inside;  // of lambdas
  std::optional<Unit> unit;
  std::string text;
  std::optional<Refusal> refusal;
};

void compile_item(const File& file, Stage stage, Item& item) try {
  const Marked m = kernel_form(*item.marked);
  if (m.declared) {
    item.unit = unit_of(declaration(m), m, file.layout);
    if (!returns_arguments(m)) return;
    const Marked form = returning_form(m);
    item.unit->returning.push_back(unit_of(declaration(form), form, file.layout));
    return;
  }
  if (stage == Stage::tokens) item.text = print(body_of(file.tokens, file.directives, m));
  if (stage == Stage::tokens) return;
  const Node* const known = known_tree(file.library, m);
  const Node own = known ? Node() : tree_of(file.tokens, file.directives, m), &tree = known ? *known : own;
  if (stage == Stage::tree) item.text = (m.name.empty() ? "lambda" : m.name) + "\n" + print(tree, 1);
  if (stage == Stage::tree) return;
  Function f = to_ir(file, m, tree);
  if (stage == Stage::ir) item.text = print(f, false);
  if (stage == Stage::ir) return;
  f.recursive = f.recursive || m.declared_before || m.in_cycle;
  const bool typed = !m.return_type.empty() && m.return_type.find("auto") == std::string::npos;
  f.rewritten = (f.rewritten || (item.marks_inside && typed)) && !m.constructor && !m.by_reference;
  if (may_borrow(m) || m.kind == Marked::lambda)
    for (const Parameter& p : m.parameters) f.lends.push_back(may_borrow(m) && p.type.find('&') != std::string::npos);
  if (!f.writes_parameters) add_adjoint(f);
  if (stage == Stage::adjoint) item.text = print(f, !f.writes_parameters);
  if (stage == Stage::adjoint) return;
  item.unit = unit_of(f, m, file.layout);
  const auto callable = file.library.functions.find(m.scope + m.name);
  if (!f.writes_parameters || !returns_arguments(m) || callable == file.library.functions.end() ||
      !(callable->second.recursive || m.declared_before))
    return;
  const Marked form = returning_form(m);
  Function returning = to_ir(file, form, tree);
  returning.recursive = returning.recursive || m.declared_before;
  add_adjoint(returning);
  item.unit->returning.push_back(unit_of(returning, form, file.layout));
} catch (const Refusal& r) {
  item.refusal = r;
}

// Calls f(0) to f(n - 1), on all processors if there is enough to do.
void in_parallel(std::size_t n, const auto& f) {
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i; (i = next++) < n;) f(i);
  };
  std::vector<std::jthread> others(
      std::min<std::size_t>(std::max(std::thread::hardware_concurrency(), 1u) - 1, n / 16));
  for (std::jthread& other : others) other = std::jthread(work);
  work();
}

}  // namespace

void Definitions::merge(Definitions other) {
  constructed.merge(other.constructed);
  operators.merge(other.operators);
  std_operators.merge(other.std_operators);
  templates.merge(other.templates);
  defaults.merge(other.defaults);
  bases.merge(other.bases);
  for (const auto& [name, type] : other.global_aliases)
    if (const auto [known, added] = global_aliases.insert({name, type}); !added && known->second != type)
      known->second.clear();
  for (auto& [name, classes] : other.fields) fields[name].merge(classes);
  globals.merge(other.globals);
  methods.merge(other.methods);
  statics.merge(other.statics);
}

void Definitions::add(const std::string& source) try {
  const auto has = [&](const char* word) { return source.find(word) != std::string::npos; };
  if (!has("ZYGOTE") && !has("zygote_operator") && !has(" fields(") && !has("\nusing ")) return;
  Tokens tokens = tokenize(source);
  qualify_std(tokens);
  merge(find_marked(tokens));
  globals.merge(find_globals(tokens));
} catch (const Refusal&) {  // said where it is compiled
}

Output compile(const std::string& path, const std::string& source, Stage stage, bool directives,
               const Definitions& included) {
  Output output;
  const auto refuse = [&](const Refusal& r) { output.errors.push_back(diagnostic(path, source, r)); };
  try {
    File file;
    file.layout = {path, directives};
    file.tokens = tokenize(source);
    qualify_std(file.tokens);
    Findings& findings = file.findings = find_marked(file.tokens);
    findings.globals = find_globals(file.tokens);
    for (const auto& [name, type] : findings.aliases)
      if (!findings.local_aliases.count(name) && !findings.parameters.count(name)) file.layout.aliases[name] = type;
    for (const auto& [name, type] : included.global_aliases)
      if (!type.empty() && !findings.types.count(name) && !findings.parameters.count(name))
        file.layout.aliases.insert({name, type});
    findings.merge(included);
    output.marked = !findings.marked.empty();
    if (output.marked) check_fields(file.tokens, findings);
    file.left_out = findings.fields;
    std::erase_if(file.left_out, [](const auto& field) {
      return std::ranges::none_of(field.second, [](const auto& owner) { return owner.second; });
    });
    find_cycles(file.tokens, findings.marked);
    file.directives = directives_of(file.tokens);
    file.library = library_of(file.tokens, file.directives, findings);
    const Structs structs = find_structs(findings);
    for (const Marked& m : findings.marked)
      if (!file.visible.count(m.scope)) file.visible[m.scope] = visible(structs, m.scope);
    std::vector<Item> items;
    for (std::size_t covered = 0; const Marked& m : findings.marked) {
      if (m.body < covered) {  // inside marked code: part of it
        items.back().marks_inside = true;
        continue;
      }
      covered = m.body_end;
      items.push_back({&m, false, {}, {}, {}});
    }
    in_parallel(items.size(), [&](std::size_t i) { compile_item(file, stage, items[i]); });
    std::vector<Unit> units;
    for (Item& item : items) {
      if (item.refusal) refuse(*item.refusal);
      if (item.unit) units.push_back(std::move(*item.unit));
      output.text += item.text;
    }
    if (stage == Stage::cpp && output.errors.empty())
      output.text = output.marked ? emit_file(source, file.tokens, units, findings.templates, file.layout) : source;
  } catch (const Refusal& r) {
    refuse(r);
  }
  if (!output.errors.empty()) output.text.clear();
  return output;
}

}  // namespace zygote::compiler
