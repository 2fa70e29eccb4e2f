// The state of derive_adjoint, which is one class in three files: derive_adjoint.cpp, derive_places.cpp,
// derive_flow.cpp.
#pragma once
#include <set>

#include "passes.hpp"

namespace zygote::compiler {

struct Frame {
  Frame* outer;
  Region& reverse;
  std::set<Id> local;             // values that this region defines
  std::map<Id, Id> adjoint;       // of local values, as far as known
  std::map<Id, Id> sums;          // local values that a nested region contributes to -> their sums
  std::set<Id> indexed = {};      // those to parts of which it contributes
  std::map<Id, Id> through = {};  // branches: what a variable was in front of them -> its adjoint, changed in place

  // A part that every iteration reads alike: its contributions are summed first.
  struct Repeated {
    std::string path;
    std::vector<Id> operands;  // the object, indices
    Id sum;
  };
  bool loop = false;
  std::vector<Repeated> repeated = {};

  bool owns(Id id) const { return local.count(id) || through.count(id); }
};

class Deriver {
 public:
  explicit Deriver(Function& f) : f_(f), reads_(f.values.size()) { count_reads(f.body); }

  void run();

 private:
  Function& f_;
  Frame* frame_ = nullptr;
  std::map<Id, Id> extents_, types_;
  std::map<Id, Id> shapes_;
  std::vector<std::pair<Id, Inst>> pending_;  // extents and shapes of values, which no region holds yet
  std::map<Id, Inst> in_front_;               // shapes that are read in front of the write of a value
  std::vector<int> reads_;                    // of values of the primal
  std::map<Id, const Inst*> made_;            // by which instruction, in regions that are not done yet
  std::map<std::pair<Id, std::string>, std::vector<Id>> waves_;  // sin, cos, sinh and cosh, by what they are of
  std::map<Id, Id> home_;                                        // adjoints that live where another one did
  std::set<Id> full_;       // adjoints of full shape, which may be changed in place
  std::set<Id> sums_;       // adjoints of parameters of any shape, to which calls add in place
  std::set<Id> read_once_;  // contributions that may be moved

  Inst& push(Op op, std::string text, std::vector<Id> operands, Pos pos, Id result);
  Id value(Op op, std::string text, std::vector<Id> operands, Pos pos, const std::string& hint);

  // What is to be known of a value: its type, its size too, the shape of all its parts; made where the value is.
  Id extent(Id id) { return about(extents_, Op::extent, "extent_", id); }
  Id type(Id id) { return about(types_, Op::type, "type_", id); }
  Id shape(Id id) { return about(shapes_, Op::shape, "shape_", id); }
  Id about(std::map<Id, Id>& known, Op op, const std::string& prefix, Id id);
  Id home(Id id) const { return home_.count(id) ? home_.at(id) : id; }
  std::string base(Id id) const { return f_[id].inlined.empty() ? f_[id].name : "constant"; }

  // Puts them behind the instructions, or the arguments, that they are about.
  void insert_pending(Region& primal, std::set<Id>& local);

  // A full adjoint of a value, to be changed in place.
  Id own(Id id, Id d, Pos pos);

  // Adds to the part of the adjoint of a value that a path leads to.
  void contribute_at(Id target, const std::string& path, std::vector<Id> indices, Id d, Pos pos);
  // The adjoint of a value, to parts of which we may add.
  Id place_of(Id target, Pos pos);
  // In a loop, what is read of variables from outside at places from outside is the same in every iteration.
  void contribute_load(const std::string& path, const std::vector<Id>& operands, Id d, Pos pos);
  // The sum of what is read alike in every iteration; 0 if it is not.
  Id repeated(const std::string& path, const std::vector<Id>& operands, Pos pos);
  void end_repeated(const Frame& inner, Id steps, Inst&& loop);

  // The sum, in the region that owns the value, of what nested regions contribute.
  Id sum_of(Id target, bool indexed, Pos pos);

  void accumulate(Id target, Id contribution, Id sum, Pos pos);
  void contribute(Id target, Id contribution, Pos pos);
  // A contribution that a rule of the runtime works out.
  void contribute(Id target, const std::string& rule, std::vector<Id> reads, Pos pos);

  void count_reads(const Region& r);

  void reverse(Region& primal, const std::vector<Id>& adjoints, Frame& frame);

  // The adjoint of a value, evaluated if more than one rule reads it; 0 if there is none.
  Id adjoint_of(Id id, std::size_t readers, Pos pos);

  // How many rules will read the adjoint of the instruction's result.
  std::size_t readers(const Inst& inst) const;

  void instruction(Inst& inst);

  // The sum that a store writes, if the first summand is what was there and nobody else reads either.
  const Inst* adds(const Inst& store) const;
  // place += x: the adjoint of the place stays, and is that of x as well.
  void add_in_place(const Inst& store, const Inst& sum, std::vector<Id> operands);

  // What was written takes its share of the adjoint, the rest is that of the object before.
  void write(const Inst& inst, Id d);

  void rule(const Inst& inst, Id d);
  // The cosine to a sine, and the other way round, if the region has it: the derivative, but for its sign.
  Id partner(const Inst& wave) const;

  void make(const Inst& inst, std::size_t i, Id d);

  // operands: call: arguments (then self, if the name may be a field of it); call_object, call_method: object,
  // arguments.
  void call(Inst& inst, Id d);
  // An adjoint of a value of this region to which calls may add; made for containers, and for parameters of
  // recursive functions.
  Id own_sum(Id argument, Pos pos);
  // Where the reverse of a call may add the adjoint of an argument; 0 if there is no such place yet.
  Id into(Id argument, Pos pos);
  void mark_full(Region& r);
  // The read of a part that an argument is, if that is no number.
  const Inst* part_of(Id argument) const;

  Id saves(Inst& inst);

  // Starts, in front of the reverse of a nested region, the sums that it adds to.
  void start_sums(Pos pos);

  void if_(Inst& inst);

  // What result k of an if was in front of it, if the branches write to parts of it at most.
  static Id before_branches(const Inst& inst, std::size_t k);

  // The value from outside of a region that becomes this one by writes to parts of it; 0 if it is made in the region.
  static Id origin(const Region& r, Id id, bool& written);
  static bool carries(const Inst& loop, std::size_t k, bool& written);

  void loop(Inst& inst);
};

}  // namespace zygote::compiler
