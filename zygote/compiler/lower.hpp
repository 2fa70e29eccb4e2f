// tree -> IR; shared by lower_statement.cpp and lower_expression.cpp.
#pragma once
#include <functional>
#include <set>

#include "find_marked.hpp"
#include "ir.hpp"

namespace zygote::compiler {

/// One marked function, method or lambda as IR, without its adjoint.
Function lower(const Findings& findings, const Marked& marked, const Node& body);

class Lowering {
 public:
  Lowering(const Findings& findings, const Marked& marked, Function& function, Lowering* parent)
      : findings_(findings), marked_(marked), f_(function), parent_(parent) {}

  void function(const std::vector<Parameter>& parameters, const Node& body);

 private:
  struct Variable {
    std::string name;
    Id now = 0;
    Pos pos;
    std::string refused;        // why it cannot be written, if it cannot
    std::vector<int> watchers;  // serials of the references and closures that see it change
    int serial = 0;
  };
  // What a statement does with control: may it go on to the next one, may it leave by break, continue or return.
  struct Flow {
    bool falls = true, exits = false;
  };
  struct Loop {
    int broke, left;  // variables: the loop is over; the rest of this iteration is skipped
  };
  using Names = std::set<std::string>;
  using Code = std::function<void()>;

  // What loops of all kinds have in common.
  struct LoopShape {
    std::function<Id()> condition;
    const Node& body;
    Pos pos;
    Names assigned = {};
    Code enter = [] {}, step = nullptr;  // in front of and behind the body
    bool impure = false;                 // the condition assigns
    bool leaves = false;                 // control may leave in the middle
  };

  const Findings& findings_;
  const Marked& marked_;
  Function& f_;
  Lowering* parent_;
  Region* region_ = nullptr;
  std::vector<Variable> variables_;
  std::vector<std::size_t> scopes_;  // number of variables at the start of each open scope
  std::vector<Loop> loops_;
  std::vector<Id> captured_;  // the values of the enclosing function that are captured
  int returned_ = 0, result_ = 0, serials_ = 0, constant_depth_ = 0;

  // values
  Inst& push(Op op, std::string text, std::vector<Id> operands, Pos pos);
  Id add(Op op, std::string text, std::vector<Id> operands, Pos pos, const std::string& hint = "v");
  Id constant(std::string text, Pos pos);
  std::string type_of(Id id) const;
  std::string type_text(const std::string& type);
  // variables
  int declare(const std::string& name, Id value, Pos pos, std::string refused = "");
  int find(const std::string& name) const;
  void assign(int variable, Id value, Pos pos);
  void watch(const Node& initialiser, bool reference, int watcher);
  void capture(const std::string& name, Id outer, Pos pos);
  Id self(Pos pos);
  void open_scope() { scopes_.push_back(variables_.size()); }
  void close_scope();
  // statements
  Flow list(const std::vector<Node>& kids, std::size_t i);
  Flow statement(const Node& n);
  Flow if_statement(const Node& n, const std::vector<Node>* rest, std::size_t next);
  Flow return_statement(const Node& n);
  Flow leave(bool breaks);
  void declaration(const Node& n);
  void while_loop(const Node& n);
  void for_loop(const Node& n);
  void range_loop(const Node& n);
  void range_variable(const Node& n, Id item);
  LoopShape shape_of(const Node& condition, const Node& body, Pos pos);
  void loop(LoopShape shape);
  Region loop_test(const LoopShape& shape, const Loop& flags, const std::vector<int>& carried);
  Region loop_body(const LoopShape& shape, const Loop& flags, const std::vector<int>& carried);
  std::vector<int> carried_variables(const LoopShape& shape, const Loop& flags) const;
  void enter_region(Region& region, const std::vector<int>& carried, Pos pos);
  std::string name_of(int variable) const;
  Region region(const Code& code);
  Inst& if_instruction(Id condition, const Code& yes, const Code& no, Pos pos);
  Id choose(Id condition, const std::function<Id()>& yes, const std::function<Id()>& no, Pos pos,
            const std::string& hint);
  int exit_flag() const { return loops_.empty() ? returned_ : loops_.back().left; }
  // expressions
  Id expression(const Node& n, const std::string& hint = "v");
  Id name(const Node& n);
  Id binary(const Node& n, const std::string& hint);
  Id unary(const Node& n, const std::string& hint);
  Id ternary(const Node& n, const std::string& hint);
  Id assignment(const Node& n);
  Id step_by_one(const Node& n, bool postfix);
  Id store(const Node& target, const std::function<Id(Id)>& value, Pos pos);
  Id arithmetic(const std::string& op, Id a, Id b, Pos pos, const std::string& hint = "v");
  Id make(const Node& n, const std::string& type, const std::string& hint);
  Id call(const Node& n, const std::string& hint);
  Id call_name(const Node& n, const std::string& callee, std::vector<Id> arguments, const std::string& hint);
  Id closure(const Node& n, const std::string& hint);
  Id constant_expression(const Node& n);
  std::vector<Id> arguments(const Node& n, std::size_t from = 1);
  bool names_type(const std::string& name) const;
  const Rule* math_rule(const std::string& callee, std::size_t arguments) const;
};

}  // namespace zygote::compiler
