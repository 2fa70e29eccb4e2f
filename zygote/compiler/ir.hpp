// The intermediate representation: structured SSA.
//
// A function is a region; a region has arguments, instructions and yields. `if` and `loop` are instructions with
// regions, which see every value that is defined before them. Every value is defined once.
#pragma once
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "source.hpp"

namespace zygote::compiler {

using Id = int;  // of a value; 0 is none

// op, name, operands (-1: any number), what it is. A path is C++ text in which @ stands for the object and $1, $2 ..
// for the further operands: @.rows[$1].weight
#define ZYGOTE_OPS(N)                                                                                               \
  N(constant, "constant", 0)   /* text: C++ that depends on no local */                                             \
  N(name, "name", -1)          /* text: unqualified name in a method: field of [self], or a global */               \
  N(rule, "rule", -1)          /* text: entry of rules.def */                                                       \
  N(plain, "plain", -1)        /* text: C++ operator without adjoint: comparison, logic, shift, remainder */        \
  N(call, "call", -1)          /* text: callee by name; arguments.. */                                              \
  N(call_object, "apply", -1)  /* object, arguments.. */                                                            \
  N(call_method, "method", -1) /* text: name; object, arguments.. */                                                \
  N(load, "load", -1)          /* text: path; object, indices.. */                                                  \
  N(make, "make", -1)          /* text: type; label: ( or { or names of designators; arguments.. */                 \
  N(like, "like", 2)           /* value converted to the type of the second operand */                              \
  N(as, "as", 1)               /* text: type; value converted to it */                                              \
  N(store, "store", -1)        /* text: path; object, value, indices.. -> object with that part replaced */         \
  N(push, "push", -1)          /* text: path; label: front or ""; object, value, indices.. -> one element more */   \
  N(resize, "resize", -1)      /* text: path; label: the call; object, indices.. -> object of that length */        \
  N(length, "length", 1)       /* of a range */                                                                     \
  N(closure, "closure", -1)    /* nested lambda; captured values.. */                                               \
  N(result, "result", 0)       /* a value of the function's result type, to be overwritten */                       \
  N(verbatim, "verbatim", 0)   /* text: a using declaration and the like */                                         \
  N(is, "is", -1)              /* text: path; label: its class, "a " and what it is, or "": a range; .. */          \
  N(raise, "throw", -1)        /* [exception] */                                                                    \
  N(if_, "if", 1)              /* condition; regions then, else; text: "" or constexpr */                           \
  N(loop, "loop", -1)          /* initial values of the carried variables; regions test, body */                    \
  /* only in the reverse */                                                                                         \
  N(type, "type", 1)                   /* of a value */                                                             \
  N(extent, "extent", 1)               /* type and size of a value */                                               \
  N(contribute, "contribute", -1)      /* text: rule; extent of the target, then what the rule reads */             \
  N(into, "into", -1)                  /* text: path; label: full; adjoint, indices..: a call may add there */      \
  N(pull, "pull", -1)                  /* back of a call, adjoint of its value, [into..] -> tuple of adjoints */    \
  N(part, "part", 1)                   /* text: number; of that tuple */                                            \
  N(add, "add", 3)                     /* type, two contributions to one adjoint */                                 \
  N(evaluate, "evaluate", 1)           /* a contribution that is used more than once */                             \
  N(shape, "shape", -1)                /* text: path; object, indices.. -> its full shape */                        \
  N(own, "own", -1)                    /* shape, [adjoint]: a full adjoint, to be changed in place */               \
  N(assign, "assign", 3)               /* shape, adjoint, what it becomes */                                        \
  N(accumulate_at, "accumulate", -1)   /* text: path; adjoint, contribution, indices.. */                           \
  N(sum_at, "sum_at", -1)              /* text: path; adjoint, indices..: zero, for what will be added there */     \
  N(add_to_sum, "add_to_sum", 2)       /* such a sum, contribution */                                               \
  N(accumulate_once, "accumulate", -1) /* text: path; saves of a loop, adjoint, such a sum, indices..: if it ran */ \
  N(take, "take", -1)                  /* text: path; label: typed; adjoint, shape, indices.., [type]; leaves 0 */  \
  N(take_sum, "take_sum", -1)          /* as take, of place += x: the adjoint of numbers stays */                   \
  N(give_back, "give_back", -1)        /* text: path; adjoint, contribution, indices..: else it comes back */       \
  N(take_end, "take_end", -1)          /* text: path; label: front, typed; as take; undoes a push */                \
  N(restore, "restore", -1)            /* text: path; adjoint, shape, indices..; undoes a resize */                 \
  N(sum, "sum", -1)                    /* type, [first contribution]; an adjoint that regions add to in place */    \
  N(accumulate, "accumulate", 3)       /* type, sum, contribution; in place */                                      \
  N(nth, "nth", 1)                     /* text: + or -; first value -> that of a counter in this iteration */       \
  N(reverse_if, "reverse_if", 1)       /* saves; regions then, else */                                              \
  N(reverse_loop, "reverse_loop", -1)  /* saves, then type and adjoint of each carried value; region body */

enum class Op {
#define N(op, name, operands) op,
  ZYGOTE_OPS(N)
#undef N
};

struct Inst;

/// A struct of the file, as far as it is understood.
struct Struct {
  struct Field {
    std::string name, type;
    bool has_default = false;
  };
  std::string scope;  // the namespaces around it
  std::vector<Field> fields;
  bool aggregate = true;  // nothing but fields and methods
  bool numbers = false;   // .. and the fields are numbers, or structs of them
  bool understood = true;
};
using Structs = std::map<std::string, Struct>;       // by full name; those that a function sees: by name
using Aliases = std::map<std::string, std::string>;  // using name = type;
/// Fields by their names: the classes that have such a one, and whether their own `fields` leaves it out. Only those of
/// which one does.
using LeftOut = std::map<std::string, std::map<std::string, bool>>;

/// How the reverse of a region comes by one of its values.
struct Saved {
  bool direct = true;       // some rule reads it
  std::vector<Id> readers;  // what is worked out again reads it
  bool again = false;       // worked out again if it is a number
  bool certain = false;     // .. which it is
  Id from = 0;              // .. and if this argument, which it is read from, is lent
  bool invariant = false;   // the same in every iteration
};

struct Region {
  std::vector<Id> args;
  std::vector<Inst> code;
  std::vector<Id> yields;
  std::vector<Id> saves;      // what the reverse of this region reads of it; filled in by choose_saves
  std::map<Id, Saved> saved;  // how, where it is not simply saved
};

struct Function;

struct Inst {
  Op op = Op::constant;
  std::string text, label;
  std::vector<Id> results, operands;
  std::vector<Region> regions;
  std::vector<Function> functions;  // closure: the lambda
  Pos pos;
  bool left_out = false;  // a write to a field that `fields` leaves out
  bool primal = false;    // under constant(...), or nothing differentiable goes in: no adjoint
};

struct Value {
  std::string name;
  Pos pos;
  bool inert = false;    // a constant, a comparison: no adjoint, whatever its type
  std::string type;      // without const and &; empty: unknown, or a constant
  std::string inlined;   // text of a constant, which needs no variable
  bool changes = false;  // a constant: the name of a variable outside of functions, which others may write to
  bool unit = false;     // of a call: its adjoint is that of the function's result
};

struct Adjoint {
  Region code;            // args: the adjoint of the result
  std::vector<Id> grads;  // adjoint of self (if any), of the captures (closures), of the parameters; 0: none
};

/// A loop whose iterations meet only in sums: each can run backward before the next runs forward, if the adjoint of the
/// function's result is known to be 1.
struct OneByOne {
  std::vector<std::size_t> code;  // of the reverse: what leads from that adjoint to those of the sums, and the loop's
  std::set<Id> through;           // adjoints of sums, which loops behind this one leave as they are
  Id sum = 0;                     // what one of the sums begins with
  std::vector<Id> adjoints;       // that all iterations add to; made by own or sum
  std::vector<std::pair<Id, Id>> scratch;  // adjoints of variables that iterations overwrite, and those variables
};

struct Function {
  std::string name, result_type;
  Pos pos;
  bool method = false;  // has self
  bool recursive = false;
  bool rewritten = false;   // called for its value, it is not as written: there its lambdas have pullbacks, too
  std::vector<bool> lends;  // for each input: is it a reference, which a caller may lend for the time of the reverse?
  bool returns_written = false;  // a kernel: its pullback returns what it has written to, it itself nothing
  bool writes_parameters =
      false;  // through references: it has no pullback, calls in this file are replaced by its body
  std::vector<std::string> parameters;  // names as written
  std::string parameter_text;           // closures: as written
  std::vector<std::string> captures;    // closures: names inside
  std::string mode_type;                // closures: a name for the type of their mode, if they need one
  std::vector<std::string> checks;      // C++ for the C++ compiler to assert
  Id self = 0;
  std::vector<Id> inputs;  // captures, then parameters
  Region body;
  Adjoint adjoint;
  std::map<Id, OneByOne> one_by_one;  // by the saves of the loop
  std::vector<Value> values = std::vector<Value>(1);
  const std::set<std::string>* taken = nullptr;  // names of the source that values must not have

  Id fresh(const std::string& base, Pos pos);
  std::string fresh_name(const std::string& stem);
  /// From now on names count their stem's versions; before, all values, which takes less time.
  void restart_names() {
    versions_.clear();
    numbered_ = true;
  }
  const Value& operator[](Id id) const { return values[std::size_t(id)]; }
  Value& operator[](Id id) { return values[std::size_t(id)]; }

 private:
  std::unordered_map<std::string, int> versions_;
  bool numbered_ = false;
};

/// One entry of rules.def: what each partial derivative reads.
struct Rule {
  std::string name, symbol;  // symbol: the C++ operator, empty for functions
  std::vector<std::string> formulas;
  bool reads(std::size_t partial, char what) const;  // what: 'r' the result, 'a' 'b' 'c' the operands
};
const Rule* find_rule(const std::string& name);
const Rule* find_operator(const std::string& symbol, std::size_t operands);

/// The object that a path goes one step further from: @.rows of @.rows[$1], @ of zygote::ir::at(@, $1), nothing of @.
std::string object_of(const std::string& path);
/// Does it make a new version of a variable, of which a part is written to?
inline bool writes_part(const Inst& inst) {
  return inst.op == Op::store || inst.op == Op::push || inst.op == Op::resize;
}
/// 1 or -1 if that is what every iteration adds to what slot k of a loop carries, else 0.
int step_of(const Function& f, const Region& body, std::size_t k);

/// Calls visit with each lambda inside of a region, not with those inside of lambdas.
template <class Visit>
void for_each_closure(Region& r, const Visit& visit) {
  for (Inst& inst : r.code) {
    for (Region& inner : inst.regions) for_each_closure(inner, visit);
    for (Function& f : inst.functions) visit(f);
  }
}

/// Readable text: the primal, and its adjoint if there is one.
std::string print(const Function& f, bool with_adjoint);
/// Throws std::logic_error if a value is used where it is not defined, or an instruction is malformed.
void verify(const Function& f);

}  // namespace zygote::compiler
