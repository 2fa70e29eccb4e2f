// IR -> C++, of one function; shared by emit.cpp, emit_flow.cpp and emit_reverse.cpp.
#pragma once
#include "passes.hpp"
#include "writer.hpp"

namespace zygote::compiler {

class Emitter : Writer {
 public:
  Emitter(const Function& f, const Marked& marked, Layout layout, bool primal)
      : Writer(f, std::move(layout)), marked_(marked), primal_(primal), moves_(find_moves(f, primal)) {}

  std::string run();

 private:
  const Marked& marked_;
  const bool primal_;
  std::set<Id> owned_;                              // backs and saves: moved, not copied
  std::set<const Inst*> ahead_;                     // reads that stand in front of their loop
  std::set<Id> streams_;                            // what is printed to
  std::set<Id> begun_;                              // adjoints that loops add to before the reverse starts
  bool iteration_ = false;                          // .. where they do
  std::map<Id, std::pair<Id, std::string>> parts_;  // of parameters that may be lent: of which, and how they are read
  std::map<Id, Shared> shared_;                     // adjoints that a caller may have already
  std::set<Id> not_owned_;                          // parts of objects, and what functions without arguments return
  const Moves moves_;

  void inputs();

  std::string captures() const;

  void code(const Region& r);

  std::string saves(const Region& r) const;
  std::string outcome(const Inst& inst, const Region& r) const;
  bool in_place(const Inst& inst, std::size_t k) const;

  void instruction(const Inst& inst);

  // Parts of variables: read, written to, added and removed.
  void access(const Inst& inst);

  // Loops: their tapes, and what is known of how often they run.
  std::vector<Id> tapes(const Region& r) const;
  void declare_tapes(const Region& r, const std::string& text);
  std::string trips(const Inst& inst) const;
  std::vector<const Inst*> same_reads(const Inst& loop) const;
  std::string read_ahead(const Inst& loop, const std::string& name);

  // An adjoint that a caller may have, and the shape of a parameter that only such a one needs.
  void share(const Inst& inst, std::size_t number);
  std::string shape(const Inst& inst) const;
  // Where a call may add to an adjoint of ours.
  std::string into(const Inst& inst) const;

  // What only the reverse contains.
  void reverse_instruction(const Inst& inst);

  // The text of a path: @ is the object, $k the k-th of the operands from `first` on.
  std::string path(const std::string& text, const std::string& object, const std::vector<Id>& operands,
                   std::size_t first) const;
  std::string path_lambda(const std::string& text, const std::vector<Id>& operands, std::size_t first) const;
  // A write goes to the object that a pointer points to only if no other pointer can see it.
  std::string written_path(const Inst& inst, std::size_t first) const;
  // What calls get cannot be changed by them: a change would escape the reverse.
  std::string constant(Id i) const;
  std::string constants(const std::vector<Id>& ids) const;
  // A value that is read here for the last time is moved.
  std::string given(Id i, const Inst& at) const;

  static bool may_be_map(const std::string& type);
  static bool subscripts(const Region& r, Id id);

  std::string rule(const Inst& inst) const;

  std::string result_type() const;

  void call(const Inst& inst);
  void check_unchanged(const Inst& inst);

  std::string mode(Id result, const std::vector<Id>& arguments) const;
  static std::string method(const std::string& name);

  static std::string complaint(const Inst& inst);

  // What the C++ compiler has to check.
  void is(const Inst& inst);
  std::string types(const Inst& inst) const;
  void check_no_reference(const Inst& inst);
  void check_made(const Inst& inst);
  void check_copied(const Inst& inst);
  void check_unqualified(const Inst& inst);
  void check_plain(const Inst& inst, const std::string& trait);
  void check_key(const Inst& inst, const std::string& object);
  void check_path(const Inst& inst, Id value, std::size_t first);

  void make(const Inst& inst);

  // Does the code look names up in the object that the function is a method of?
  bool names_object(const Region& r) const;

  void closure(const Inst& inst);

  void results(const Inst& inst, const std::string& name, const char* member);
  std::string name_of(const Inst& inst) const;

  template <class Branch>
  void constant_if(const std::string& head, const std::string& condition, Pos pos, const std::string& tail,
                   Branch&& branch) {
    block(head, pos, tail, [&] {
      block("if constexpr (" + condition + ") {", pos, "} else {", [&] { branch(0); });
      block("", pos, "}", [&] { branch(1); });
    });
  }

  void if_(const Inst& inst);

  void loop(const Inst& inst);
  const OneByOne* one_by_one(const Inst& loop) const;
  void begin_adjoints(const Inst& loop, const OneByOne& how);
  void reverse_iteration(const Inst& loop, const OneByOne& how);

  // What the reverse of a region reads of it comes back under its old name, or is worked out again.
  void unpack(const Region& r, const Region& back, Pos pos);
  std::string saved(const Region& r, Id i) const;
  std::string again(const Region& r, Id i) const;
  static bool certain(const Region& r, Id i);
  std::string saved_if(const Region& r, Id i) const;
  // The number of an input that a caller may lend, else -1.
  int lent(Id i) const;
  std::string active(Id i) const;

  void reverse_if(const Inst& inst);

  void reverse_loop(const Inst& inst);
  static std::size_t lanes(const Region& body);

  const Inst* forward_of(const Region& r, Id saves) const;

  std::string contribution(const Inst& inst) const;
};

}  // namespace zygote::compiler
