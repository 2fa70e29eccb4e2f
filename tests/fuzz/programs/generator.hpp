// Writes one random program: structs, helper functions, and `entry`, whose gradient is checked.
//
// Every program is well formed and defined: loops end, indices are in range, nothing is read before it is written, no
// expression both changes and reads a variable. Values stay small, and conditions are far from ties most of the time.
#pragma once
#include <functional>
#include <utility>

#include "features.hpp"
#include "node.hpp"

namespace fuzz {

enum class Kind {
  nothing,
  real,
  single,
  integer,
  vector,
  matrix,
  array,
  rows,
  structure,
  pair,
  tuple,
  optional,
  map,
  hash_map,
  function
};

struct Type {
  Kind kind = Kind::real;
  int structure = 0;  // of a structure, and of rows, a vector of structures
  friend bool operator==(const Type&, const Type&) = default;
};

struct Variable {
  std::string name;
  Type type;
  bool writable = true;
  int size = 0;          // elements that a container has at any time
  std::string root;      // the variable whose storage this is
  std::string indexes;   // the container that this counter is a valid index of
  bool natural = true;   // an integer that is never negative
  bool pinned = false;   // something refers into it: its storage must stay where it is
  bool effects = false;  // a callable that changes what it captures
  int level = 0;         // of the block that declares it
};

enum class Pass { value, constant, reference };
struct Parameter {
  std::string name;
  Type type;
  Pass pass = Pass::value;
  int size = 2;  // of a container: elements that it has at least
};
struct Function {
  std::string name;
  std::vector<Parameter> parameters;
  Type result;
  bool recursive = false;  // its last parameter is the depth
  bool changes() const;    // by-reference parameters
};
struct Structure {
  std::string name;
  std::vector<std::pair<std::string, Type>> fields;
  std::vector<Function> methods, changing_methods;
  bool constructed = false;  // it has a constructor
};
struct Place {
  std::string text, root;
};

class Generator {
 public:
  Generator(std::uint64_t seed, const Features& features)
      : random{seed}, on(features.some(random)), id(std::to_string(seed)) {}
  /// The functions and structs, then `inputs`.
  Node program();
  bool uses_float() const { return on("float"); }

 private:
  using Choices = std::vector<std::pair<int, std::function<Node()>>>;
  struct Scope {  // what is declared or restricted inside ends with it
    Generator& g;
    std::vector<Variable> before;
    explicit Scope(Generator& generator) : g(generator), before(generator.variables) { ++g.level; }
    ~Scope() {
      g.variables = std::move(before);
      --g.level;
    }
    Scope(const Scope&) = delete;
  };
  struct Body {  // the function or lambda that is being written
    Type result;
    int loops = 0, lambdas = 0;  // around the statement that is being written
    bool in_switch = false;
    bool in_method = false;
    bool may_return = true;
    std::string again{};  // a call of itself without ")": "f(x, depth - 1", if it is recursive
  };

  // names.cpp: types, variables, places
  std::string fresh(const std::string& stem) { return stem + std::to_string(++names); }
  std::string type_name(Type type) const;
  std::string name_for_local(const std::set<std::string>& in_use);
  Variable& declare(const std::string& name, Type type, bool writable = true, int size = 0);
  void freeze(const std::set<std::string>& used);
  std::string index(const std::string& container, int size);
  std::string real_in(Type type, const std::string& text, int size, bool write);
  Place place(bool write, const std::set<std::string>& except = {});
  Variable* container(bool write, const std::function<bool(const Variable&)>& suits);
  Variable* variable_of(Type type, bool write, const std::set<std::string>& except = {});
  static bool has_elements(const Variable& v);

  // expressions.cpp
  Node choose(const Choices& choices);
  Node sum(int depth);
  Node product(int depth);
  Node atom(int depth);
  Node leaf();
  Node bounded(int depth);
  Node mathematics(int depth);
  Node kink(int depth);
  Node reduction(int depth);
  Node integer(bool natural = false);
  Node condition(int depth);
  Node make(Type type, int depth);
  Node argument(const Parameter& parameter, int depth);
  Node call(const Function& f, int depth);
  Node lambda(int parameters, const std::string& type, std::string capture, bool effects, int depth);
  std::string literal();
  std::string chosen(const std::vector<Place>& places);

  // statements.cpp
  Node block(int depth, int statements);
  Node step(int depth);
  Node assignment();
  Node declaration();
  Node branch(int depth);
  Node switch_over(int depth);
  Node jump();
  Node result();
  Node nested_block(int depth);
  Node split_declaration(int depth);

  // loops.cpp
  Node loop(int depth);
  Node counted(int depth);
  Node over_indices(int depth);
  Node while_loop(int depth);
  Node do_loop(int depth);
  Node two_counters(int depth);
  Node real_loop(int depth);
  Node over_range(int depth);
  Node over_stack(int depth);
  Node loop_body(int depth);
  std::string limit_of_loop();

  // data.cpp
  Node data_declaration();
  Node container_change();
  Node swap();
  Node alias();
  Node binding();
  Node algorithm();
  Node optional_step();
  Node lambda_declaration();
  Node effect_call();
  Node reference_call(const Function& f);
  Node lambda_with_effect();

  // functions.cpp
  Node structure();
  Node constructor(const Structure& s);
  Node method(const std::string& owner, bool changes);
  Node helper();
  Node recursive_function();
  Node recursive_procedure();
  Node mutual_functions();
  Node template_function();
  Node higher_order_function();
  Node lambda_maker();
  Node entry();
  Node body_of(const std::vector<Parameter>& parameters, Body kind, int depth, int statements);
  Node ending();
  std::string signature(const std::string& head, const Function& f) const;
  Parameter parameter(bool entry);
  std::string inputs(const Function& entry) const;
  std::string input_of(Type type, int size) const;

  Random random;
  Features on;
  std::string id;  // in the names of functions: zygote wants those of a file to be different
  std::vector<Variable> variables;
  std::vector<Function> functions;
  std::vector<Function> takers;  // templates called with a lambda
  std::vector<std::string> makers;
  std::vector<Structure> structures;
  std::set<std::string> used;  // variables that the expression being written reads or changes
  Body body;
  int names = 0, level = 0;
};

}  // namespace fuzz
