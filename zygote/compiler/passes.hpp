// The passes between lowering and C++.
#pragma once
#include "ir.hpp"

namespace zygote::compiler {

/// Drops what loops carry without changing it, copies of numbers, and what is read or worked out a second time.
void simplify(Function& f);
/// Numbers the names of values in the order of the text.
void number_names(Function& f);

/// Removes values nobody reads, results of branches and loops included. Calls stay: they may print.
void remove_unused(Function& f);

/// Marks values that no differentiable input reaches (constants, comparisons, counters): they have no adjoint.
void find_inert(Function& f);

/// Finds fields that `fields` leaves out, of a method's class, `owner`, and of others.
void find_left_out(Function& f, const std::string& owner, const LeftOut& left_out);

/// Marks values of which the type is known; `aliases`: what names of the file stand for.
void find_types(Function& f, const Structs& structs, const Aliases& aliases);
/// A built-in number, a standard container, another single name; or empty: unknown.
std::string known_type(const std::string& type);
/// Is a known type that of an arithmetic type, as far as its name says?
bool is_number(const std::string& type);

/// Has lambdas capture the fields that they read of structs; `owner`: the class of a method.
void capture_parts(Function& f, const std::string& owner, const Structs& structs);

/// Takes structs of numbers apart.
void split_structs(Function& f, const Structs& structs);

/// Derives the reverse of f (and of its nested lambdas), and what the forward has to save for it.
void derive_adjoint(Function& f);

/// Fills in what each region saves for its reverse.
void choose_saves(Function& f);

/// Finds the loops whose iterations can run forward and backward one by one, and the calls that can be told that the
/// adjoint of their result is 1.
void find_one_by_one(Function& f);
/// Variables that a loop carries whose elements no iteration reads before it has written them; by slot. `candidates`:
/// the slots in question; all of them, or none.
bool only_scratch(const Function& f, const Inst& loop, const std::set<std::size_t>& candidates);

/// The operand of an instruction of the reverse that it only adds to, by its number; -1: none.
int place_added_to(const Inst& inst);
/// Adjoints of parameters to which the reverse only adds, so that a caller's may take their place.
struct Shared {
  std::size_t number = 0;  // among those of the function
  Id shape = 0;            // of the parameter, if nobody else reads it
};
std::map<Id, Shared> find_shared(const Function& f);

/// Where values are read for the last time and may be moved; what has to be copied when it is read.
struct Moves {
  std::set<std::pair<const Inst*, Id>> operands;
  std::set<std::pair<const Region*, Id>> yields;
  std::set<Id> from;      // those that are moved
  std::set<Id> copied;    // parts of variables that are read by value
  std::set<Id> captured;  // saved by the outermost region, which moves them to the reverse
  std::map<Id, Id> home;  // values that are made in the storage of another, which is not read any more
  Id home_of(Id id) const { return home.count(id) ? home.at(id) : id; }
  // Results of loops and branches, by instruction and number, whose storage every iteration or branch changes in place.
  std::set<std::pair<const Inst*, std::size_t>> in_place;
};
Moves find_moves(const Function& f, bool primal);

}  // namespace zygote::compiler
