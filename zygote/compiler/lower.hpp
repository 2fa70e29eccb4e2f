// tree -> IR; shared by lower_statement.cpp, lower_loop.cpp, lower_expression.cpp, lower_place.cpp, lower_call.cpp,
// lower_class.cpp, lower_container.cpp, lower_inline.cpp, lower_kernel.cpp, lower_make.cpp, lower_unmarked.cpp,
// lower_algorithm.cpp, lower_iterator.cpp and lower_view.cpp.
#pragma once
#include <functional>
#include <optional>

#include "find_marked.hpp"
#include "ir.hpp"
#include "std_names.hpp"
#include "template.hpp"

namespace zygote::compiler {

/// The bodies of the marked functions of a file, which calls of them are replaced by.
struct Callable {
  const Marked* marked;
  Node body;
  bool recursive = false;  // it calls itself, perhaps through other functions
};
/// x in x.begin(), x.end(), std::begin(x), std::back_inserter(x), for one of these names; or null.
const Node* range_of(const Node& n, const std::set<std::string>& names);
/// Algorithms of the standard library as functions of ranges, by their names and numbers of arguments.
const std::map<std::string, Callable>& algorithms();
struct Library {
  std::map<std::string, Callable> functions;                       // by their full names
  std::multimap<std::string, Callable> methods;                    // those that may change their object
  std::set<std::pair<std::string, std::size_t>> constant_methods;  // the others: full name, number of parameters
  std::multimap<std::string, Callable> constant;                   // by their full names
};

/// One marked function, method or lambda as IR, without its adjoint.
/// `structs`: those that it sees.
Function lower(const Findings& findings, const Library& library, const Structs& structs, const Marked& marked,
               const Node& body);

class Lowering {
 public:
  Lowering(const Findings& findings, const Library& library, const Structs& structs, const Marked& marked,
           Function& function, Lowering* parent)
      : findings_(findings), library_(library), structs_(structs), marked_(marked), f_(function), parent_(parent) {}

  void function(const std::vector<Parameter>& parameters, const Node& body);

 private:
  // A variable or a part of one: @.rows[$1] with the values of the indices.
  struct Place {
    int variable = -1;
    std::string path = "@";
    std::vector<Id> indices;
    bool whole() const { return path == "@"; }
  };
  using Ranges = std::vector<std::pair<int, int>>;  // of variables_
  // A lambda that calls are replaced by the body of: where its names are looked up, and what it copied.
  struct Inlinable {
    const Node* node = nullptr;
    std::string type;  // what it returns, if it says so or that is plain to see
    Ranges visible;
    std::vector<std::pair<std::string, int>> copies;
    std::optional<Place> object;  // `this` of it, and the class of that
    const Marked* owner = nullptr;
    bool function = false;
  };
  struct Variable {
    std::string name;
    Id now = 0;
    Pos pos;
    std::string type;            // as it was declared, if it was
    std::string known;           // .. with auto: what it refers to, if that is known
    std::string refused;         // why it cannot be written, if it cannot
    std::optional<Place> alias;  // a reference: no variable of its own
    std::optional<Inlinable> lambda;
    std::string constant;         // C++ that depends on no local: what it means in types
    std::optional<Place> range;   // an iterator: the variable is the index of an element of this range
    std::optional<Place> map;     // what find of this map has returned: the variable is the key
    int found = -1;               // .. the variable that says whether it is there
    std::vector<int> watchers;    // serials of variables that may refer to it
    std::optional<Place> copied;  // a constant reference to a number, read as a copy while nobody writes there
    int serial = 0, loops = 0;    // how many loops are around it
    int used = -1;                // .. around its deepest use
    int extents = 0;              // of a C array
    bool fixed = false;           // const
    bool view = false;            // a span, or a pointer to elements: C++ would make it refer to others
    std::string gone;             // what has become of the container that it refers to an element of
    bool handed_on = false;       // a closure that refers to it has been passed to other code
    bool outside = false;         // a parameter by reference: writes are seen by the caller
    bool typed() const { return !type.empty() && type.find("auto") == std::string::npos; }
  };
  // What find of a map returns: the map, the variables that hold the key, and whether it is there.
  struct Entry {
    Place map;
    int key = -1, found = -1;
  };
  struct Position {
    Place range;
    Id index = 0;
  };
  // What a statement does with control: may it go on to the next one, may it leave by break, continue or return.
  struct Flow {
    bool falls = true, exits = false;
  };
  struct Loop {
    int broke, left;  // variables: the loop is over; the rest of this iteration is skipped
    bool is_switch = false;
  };
  using Code = std::function<void()>;
  // What belongs to the function that is being read, which may be one that is inlined.
  struct Context {
    std::optional<Place>* refers = nullptr;  // what a function that returns a reference refers to, if that is asked
    int returned = 0, result = 0;
    std::string result_type;
    const Marked* owner = nullptr;  // of a method: what is known of its class
    std::optional<Place> object;    // .. and where its object is
    bool function = false;          // a function of its own, whose free names mean what they mean in front of it
    bool standard = false;          // an algorithm of the standard library, whose ranges are of that, too
    std::vector<Loop> loops;
    Ranges visible = {{0, 1 << 30}};
  };
  // What loops of all kinds have in common.
  struct LoopShape {
    std::function<Id()> condition;  // empty: true
    const Node& body;
    Pos pos;
    Code enter = [] {}, step = nullptr;  // in front of and behind the body
    bool test_behind = false;            // do .. while
    bool always_step = false;            // even after a break: the counter is not seen outside
    bool impure = false;                 // the condition changes something: it is evaluated in the body
    bool leaves = false;                 // control may leave in the middle
  };
  struct Argument {
    std::optional<Place> place = {};
    std::optional<Inlinable> lambda = {};
    Id value = 0;
    std::vector<int> mentions = {};  // variables that a reference to the value may refer to
    std::string known = {};          // its type, if that is known
    bool view = false;               // a copy of it in C++ refers to the same elements
  };

  // An argument of an algorithm: an expression, or the elements of a range between two iterators or from one on.
  struct Part {
    const Node* node = nullptr;
    std::optional<Position> first, last;
    bool grows = false;  // std::back_inserter(node)
  };

  struct Algorithm {
    bool exists = false;
    std::string return_type;
    std::vector<Parameter> parameters;
    Node body;
  };

  const Findings& findings_;
  const Library& library_;
  const Structs& structs_;
  const Marked& marked_;
  Function& f_;
  Lowering* parent_;
  Region* region_ = nullptr;
  std::vector<Variable> variables_;
  std::vector<std::size_t> scopes_;  // number of variables at the start of each open scope
  Context context_;
  std::vector<Id> captured_;               // the values of the enclosing function that are captured
  std::vector<const Node*> inlining_;      // the bodies that are being read
  std::size_t inlined_ = 0;                // nodes read by inlining
  std::set<int> written_, parts_written_;  // serials of variables that have been written to
  int serials_ = 0, constant_depth_ = 0, loops_ = 0;
  const Node* discarded_ = nullptr;  // the expression whose value nobody uses

  // values
  Inst& push(Op op, std::string text, std::vector<Id> operands, Pos pos);
  Id add(Op op, std::string text, std::vector<Id> operands, Pos pos, const std::string& hint = "v");
  Id constant(std::string text, Pos pos);
  std::string type_of(Id id) const;
  std::string size_text(const Node& n) const;
  std::string type_text(const std::string& type);
  // variables
  int declare(const std::string& name, Id value, Pos pos, std::string refused = "");
  int flag(Pos pos);
  void note_constant(const Node& declaration, int variable);
  void alias(const std::string& name, Place place, Pos pos, std::string refused = "");
  void bind_lambda(const std::string& name, Inlinable lambda, Pos pos);
  int find(const std::string& name) const;
  Variable& variable(int i) { return variables_[std::size_t(i)]; }
  void assign(int variable, Id value, Pos pos);
  void check_writable(const Variable& v, Pos pos);
  std::vector<int> mentions(const Node& initialiser, bool number = false);
  bool makes_value(const Node& call, bool number = false) const;
  bool holds_values(const std::string& type, int depth = 0) const;
  void watch(const std::vector<int>& mentions, int watcher);
  void copy_of(int v, Place place, bool same_type);
  void capture(const std::string& name, Id outer, Pos pos);
  bool hides(const std::string& name) const;
  void check_visible(const std::string& name, Pos pos) const;
  const Place& self(Pos pos) const;
  void open_scope() { scopes_.push_back(variables_.size()); }
  void close_scope();
  // places
  std::optional<Place> place(const Node& n);
  std::optional<Place> name_place(const std::string& name);
  std::string member_text(const std::string& name) const;
  bool looks_into_object() const { return context_.object && !context_.function && !marked_.is_static; }
  void make_object();
  std::optional<Place> referred(const Node& n);
  Place part_of(Place object, const Node& n);
  Place called_part(Place object, const std::string& method, const Node& call);
  std::optional<Place> viewed_place(const Node& declaration);
  Place place_or_value(const Node& n, const std::string& hint = "v");
  Place extend(Place place, const std::string& pattern, std::vector<Id> indices = {});
  std::vector<Id> operands_of(const Place& place);
  Id load(const Place& place, Pos pos, const std::string& hint = "v");
  Id write(Op op, const Place& place, std::string label, std::vector<Id> values, Pos pos);
  bool is_field(const Node& n) const;
  Place target(const Node& n);
  bool is_view(int variable) const, is_fixed(int variable) const, makes_view(const Node&n) const;
  void view(const std::string& name, const Node& n, Place place, Pos pos);
  void refuse_reseating(const Node& n) const;
  std::vector<std::string> gone() const;
  void set_gone(const std::vector<std::string>&all, bool more = false), check_not_gone(const Node&n);
  static std::optional<std::string> behind(const Place& p, const Place& inner);
  void refuse_reference_type(const std::string& declared, Pos pos) const;
  void leave_behind(const Place& p, const std::string& how, bool last_only, Pos pos);
  Place by_index(Place p, Pos pos);
  Id store(const Place& place, Id value, Pos pos);
  std::optional<Place> new_element(const std::string& method, const Place& container);
  std::optional<Place> change_elements(const Node& call, const std::string& method);
  // iterators
  std::optional<Node> as_range_loop(const Node& n) const;
  const Node* named_range(const Node& n, const std::set<std::string>& names) const;
  int iterator_variable(const Node& n) const;
  bool is_position(const Node& n) const;
  Position position(const Node& n);
  Position moved_iterator(const Node& n);
  static void same_range(const Position& a, const Position& b, Pos pos);
  Position change_at(const Node& n);
  bool changes_at(const Node& n) const;
  Id slice(const Node& first, const Node& last, const std::string& type);
  [[noreturn]] static void refuse_iterator(Pos pos);
  std::optional<Id> compared_iterators(const Node& n, const std::string& hint);
  std::optional<Place> iterated(const Node& n);
  bool declares_iterator(const Node& declaration);
  const Node* find_call(const Node& n) const;
  std::optional<Entry> entry(const Node& n);
  std::optional<Id> compared_entry(const Node& n);
  std::optional<Place> entry_place(const Node& n);
  Id find_in(const Node& n, const Position& first, const Position& last);
  // statements
  void check_returns(const Node& n) const;
  Flow list(const std::vector<Node>& kids, std::size_t i);
  Flow statement(const Node& n);
  Flow if_statement(const Node& n, const std::vector<Node>* rest, std::size_t next);
  Flow switch_statement(const Node& n);
  Flow return_statement(const Node& n);
  Flow leave(bool breaks, Pos pos);
  void raise(const Node& n);
  void declaration(const Node& n);
  void refuse_itself(const Node& declaration) const;
  void bind(const Node& n, const Node& value);
  void bind_names(const Node& n, const Place& whole);
  void while_loop(const Node& n);
  void for_loop(const Node& n);
  void range_loop(const Node& n);
  void range_variable(const Node& n, const Place& item);
  void loop(LoopShape shape);
  Region loop_test(const LoopShape& shape, int broke);
  Region loop_body(const LoopShape& shape, int broke);
  void enter_region(Region& region, const std::vector<int>& carried, Pos pos);
  std::string name_of(int variable) const;
  Region region(const Code& code);
  Inst& if_instruction(Id condition, const Code& yes, const Code& no, Pos pos);
  Id choose(Id condition, const std::function<Id()>& yes, const std::function<Id()>& no, Pos pos,
            const std::string& hint);
  int exit_flag() const { return context_.loops.empty() ? context_.returned : context_.loops.back().left; }
  // expressions
  Id expression(const Node& n, const std::string& hint = "v");
  void statement_expression(const Node& n) {
    if (n.kind == NodeKind::index)
      throw Refusal(n.pos, "this element is read for nothing; in a map, that makes an entry", "assign to it");
    discarded_ = &n;
    is_position(n) ? void(position(n)) : void(expression(n));
    discarded_ = nullptr;
  }
  bool is_constant_macro(const std::string& name) const;
  Id name(const Node& n);
  Id binary(const Node& n, const std::string& hint);
  Id unary(const Node& n, const std::string& hint);
  Id ternary(const Node& n, const std::string& hint);
  Id assignment(const Node& n);
  Id step_by_one(const Node& n, bool postfix);
  Id arithmetic(const std::string& op, Id a, Id b, Pos pos, const std::string& hint = "v");
  Id operation(const std::string& op, std::vector<Id> operands, Pos pos, const std::string& hint = "v");
  bool may_alias(const Node& n, const Place& target);
  Id compound(const Node& n, const Place& target, Id value);
  Id make(const Node& n, const std::string& type, const std::string& hint);
  void check_defaults(const Node& n, const std::string& type) const;
  bool has_constructor(const std::string& type) const;
  bool holds_array(const std::string& type) const;
  static bool lists_array(const Node& n, const Struct& s);
  Id make_by_field(const Node& n, const Struct& s, const std::string& type, const std::string& hint);
  Id make_map(const Node& n, const std::string& type, const std::string& hint);
  Id made(const std::string& type, std::string label, std::vector<Id> values, Pos pos, const std::string& hint);
  std::string part_of(const std::string& type, std::size_t i, const std::string& name) const;
  std::string part_type(const std::string& type, std::size_t i, const std::string& name) const;
  Id made_element(const Node& value, const std::string& type, std::size_t i, const std::string& name);
  std::string returned_type(const Node& lambda) const;
  Id closure(const Node& n, const std::string& hint);
  Id constant_expression(const Node& n);
  std::vector<Id> arguments(const Node& n, std::size_t from = 1);
  std::string parameter_type(const Node& call, std::size_t i);
  bool names_type(const std::string& name) const;
  const Callable* own_function(const std::string& name) const;
  bool may_be_own(const std::string& name) const;
  const Rule* math_rule(const std::string& callee, std::size_t arguments) const;
  // calls
  Id call(const Node& n, const std::string& hint);
  bool changes_unmarked(const std::string& type, const std::string& method) const;
  std::optional<Id> call_unmarked(const Node& n, const std::string& hint);
  std::optional<Id> call_launch(const Node& n, const std::string& hint);
  bool is_gradient(const std::string& callee) const;
  void note_gradient_of_lambda(const Node& n, const std::string& callee);
  static void refuse_other_namespace(const Node& n, const std::string& callee, const Marked& m);
  Id call_name(const Node& n, const std::string& callee, const std::string& hint);
  Id call_method(const Node& n, const std::string& hint);
  static Algorithm algorithm(const std::string& name, std::size_t arguments, Pos pos);
  std::optional<Id> visit_by_type(const Node& n, const std::string& hint);
  std::optional<Id> span_part(const Node& n, bool read = false);
  bool declares_view(const Node& n);
  std::optional<Id> call_apply(const Node& n, const std::string& hint);
  std::optional<Id> call_standard(const Node& n, const std::string& name, const std::string& hint);
  Id inline_algorithm(const Algorithm& algorithm, std::vector<Argument> arguments, Pos pos, const std::string& hint);
  bool change_by_loop(const Node& call, const std::string& method, const Place& object);
  std::vector<Part> parts(const Node& n);
  std::optional<Id> call_algorithm(const Node& n, const std::string& name, const std::string& hint);
  bool method_of_base(const std::set<std::string>& methods, const std::string& owner, const std::string& callee,
                      int depth = 0) const;
  std::optional<Id> call_of_base(const Node& n, const std::string& callee, const std::string& hint);
  std::optional<Id> call_explicit(const Node& n, const std::string& callee, const std::string& hint);
  std::optional<Id> call_inlined(const Node& n, const std::string& callee, const std::string& hint);
  std::optional<Id> inline_template(const Node& n, const std::string& callee, const Callable& callable,
                                    const std::string& hint);
  Id inline_lambda(const Inlinable& lambda, const Node& call, const std::string& hint,
                   std::optional<Place>* refers = nullptr);
  Id inline_callable(const Callable& callable, const Node& call, std::optional<Place> object, const std::string& hint,
                     std::optional<Place>* refers = nullptr);
  std::optional<Place> returned_place(const Node& n);
  std::vector<const Callable*> changing_methods(const std::string& name, const Node& call, bool parts = false) const;
  std::string kind_of_type(const std::string& type) const;
  Place changed_object(const Node& n);
  const Callable* returns_object(const Node& n) const;
  std::string known_class(const Node& n) const;
  std::string full_type(std::string type) const;
  std::string declared_class(const Node& n) const;
  Place checked_cast(const Node& cast, Place object);
  Id reference_cast(const Node& cast);
  std::string field_type(const std::string& type, const std::string& field) const;
  void choose_class(std::vector<const Callable*>& fitting, const std::string& type) const;
  Id call_changing(const Node& n, const std::vector<const Callable*>& fitting, const Place& object,
                   const std::string& type, const std::string& hint, std::optional<Place>* refers = nullptr);
  const Callable* constant_method(const std::string& name, const std::string& object, std::size_t arguments) const;
  std::optional<Id> call_sibling(const Node& n, const std::string& name, const std::string& hint);
  std::optional<Id> call_constant(const Node& n, const std::string& name, const Node* object, const std::string& hint);
  std::optional<Bound> bound_of_class(const Marked& method, const std::string& type) const;
  void returning_arguments(const Node& body, Region* outer);
  void written_parameters(const std::vector<Parameter>& parameters);
  void check_parameters();
  Id call_returning(const Node& n, const Marked& m, const std::string& hint);
  bool can_be_called(const Node& n, const Marked& m) const;
  bool worth_inlining(const Callable& callable) const;
  bool reads_alike(const Callable& callable, std::size_t arguments) const;
  Inlinable inlinable(const Node& lambda);
  std::string plainly_returned(const Node& lambda) const;
  std::optional<Inlinable> known_lambda(const Node& n);
  Node with_defaults(const Node& call, const std::vector<Parameter>& parameters) const;
  bool can_inline(const std::vector<Parameter>& parameters, const Node& body, const std::string& type,
                  std::size_t arguments) const;
  std::vector<Argument> bindings(const std::vector<const Node*>& arguments, const std::vector<Parameter>& parameters);
  Argument binding(const Node& argument, const Parameter* parameter);
  void bind_parameter(const Parameter& p, Argument argument, bool writes);
  Id inline_body(const std::vector<Parameter>& parameters, const Node& body, const std::string& type, Context context,
                 const std::vector<std::pair<std::string, int>>& copies, std::vector<Argument> arguments, Pos pos,
                 const std::string& hint);
};

/// The last part of a qualified name, without template arguments.
std::string unqualified(const std::string& name);
/// A type without const, constexpr and &.
std::string bare(std::string type);
/// The type of an element of a container, as it is written; empty if that is not known.
std::string element_type(const std::string& type);
/// Has it a form that returns what becomes of its arguments, rather than changing them?
bool returns_arguments(const Marked& m);
/// Is a value of this type a number that no gradient flows through (int, bool, ..), or any builtin number?
bool is_integer_type(const std::string& type);
/// Of the functions that rules.def has, those that C has not.
bool is_cpp_only(const std::string& function);
bool is_number_type(const std::string& type);
/// The type of a literal, or "".
std::string plain_type(const Node& n);

}  // namespace zygote::compiler
