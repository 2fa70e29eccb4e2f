// IR -> C++
//
//   r_3 = mul r_2 x                 =>   const auto r_3 = r_2 * x;
//   d_x = mul<1> d r_2              =>   auto d_x_1 = zygote::rules::mul<1>(extent_x_1, d_1, zygote::none{}, r_2, ..);
//
// One instruction, one statement. Types are left to the C++ compiler; control flow goes through the combinators of
// zygote/runtime/control.hpp. Requires IR that verifies.
#include "emit.hpp"

#include <algorithm>
#include <functional>
#include <set>

#include "writer.hpp"

namespace zygote::compiler {
namespace {

class Emitter : Writer {
 public:
  Emitter(const Function& f, const Marked& marked, Layout layout, bool primal)
      : Writer(f, std::move(layout)), marked_(marked), primal_(primal) {}

  std::string run() {
    find_moves();
    inputs();
    code(f_.body);
    const std::string result = f_.body.yields.empty() ? "zygote::none{}" : id(f_.body.yields[0]);
    if (primal_) {
      statement(f_.body.yields.empty() ? "return" : "return " + result, f_.pos);
      return out_;
    }
    const std::string parameter = used(f_.adjoint.code.args[0]) ? " " + id(f_.adjoint.code.args[0]) : "";
    const std::string head = f_.recursive ? "return {" : "return zygote::Pullback{";
    line(head + result + ", [" + captures() + "](const auto&" + parameter + ") {", f_.pos);
    ++indent_;
    code(f_.adjoint.code);
    std::string grads;
    for (Id g : f_.adjoint.grads) grads += (grads.empty() ? "" : ", ") + moved(g);
    statement("return std::make_tuple(" + grads + ")", f_.pos);
    --indent_;
    line("}};", f_.pos);
    return out_;
  }

 private:
  const Marked& marked_;
  const bool primal_;
  std::set<Id> owned_;  // backs and saves: moved, not copied
  std::set<Id> saved_;  // read by the reverse
  std::set<std::pair<const Inst*, Id>> moves_;           // last uses
  std::set<std::pair<const Region*, Id>> yield_moves_;  // the same, of values that a region yields
  std::set<Id> mutable_;                                 // values that are moved from

  void inputs() {
    if (f_.self && f_.captures.empty()) define_reference(f_.self, "*this", f_.pos);
    for (std::size_t i = 0; i < f_.parameters.size(); ++i) {
      const Id input = f_.inputs[f_.captures.size() + i];
      if (!f_.parameters[i].empty()) define_reference(input, f_.parameters[i], f_.pos);
    }
  }

  std::string captures() const {
    std::string text = "=";
    for (Id i : f_.body.saves)
      if (owned_.count(i)) text += ", " + id(i) + " = std::move(" + id(i) + ")";
    return text;
  }

  void code(const Region& r) {
    for (const Inst& inst : r.code) instruction(inst);
  }

  std::string saves(const Region& r) const {
    std::string text;
    if (!primal_)
      for (Id i : r.saves) text += (text.empty() ? "" : ", ") + (owned_.count(i) ? "std::move(" + id(i) + ")" : id(i));
    return "zygote::ir::saves(" + text + ")";
  }
  std::string with_saves(const Region& r) const {
    std::string yields;
    for (Id i : r.yields)
      yields += (yields.empty() ? "" : ", ") + (yield_moves_.count({&r, i}) ? "std::move(" + id(i) + ")" : id(i));
    return saves(r) + (yields.empty() ? "" : ", " + yields);
  }

  void instruction(const Inst& inst) {
    const auto& o = inst.operands;
    const Id result = inst.results.empty() ? 0 : inst.results[0];
    const Pos pos = inst.pos;
    switch (inst.op) {
      case Op::constant:
        return;
      case Op::verbatim:
        return line(inst.text, pos);
      case Op::name:
        return define_reference(result, "ZYGOTE_VALUE(" + inst.text + ")(" + id(o[0]) + ")", pos);
      case Op::rule:
        if (inst.label == "unqualified")
          statement("static_assert(zygote::ir::any_class<decltype(" + list(o, "), decltype(") + ")>, \"zygote: line " +
                        std::to_string(pos.line) + ": write std::" + inst.text +
                        "; without std:: it could be another function\")",
                    pos);
        return define_value(result, rule(inst), pos);
      case Op::plain:
        if (inst.text == "<<" || inst.text == ">>")  // perhaps a stream
          return define(result, "[[maybe_unused]] auto&&", " = " + id(o[0]) + " " + inst.text + " " + id(o[1]), pos);
        return define_value(result, o.size() == 1 ? inst.text + id(o[0]) : id(o[0]) + " " + inst.text + " " + id(o[1]),
                            pos);
      case Op::call:
      case Op::call_object:
      case Op::call_method:
        return call(inst);
      case Op::load: {
        const std::string text = "zygote::ir::read(" + path(inst.text, id(o[0]), o, 1) + ")";
        return saved_.count(result) ? define_value(result, text, pos) : define_reference(result, text, pos);
      }
      case Op::store:
      case Op::push:
        return define(result, "auto", " = zygote::ir::" + std::string(inst.op == Op::push ? "pushed(" : "stored(") + given(o[0], inst) +
                      ", " + path_lambda(inst.text, o, 2) + ", " + id(o[1]) + ")", pos);
      case Op::resize:
        return define(result, "auto", " = zygote::ir::changed(" + given(o[0], inst) + ", [&](auto& zygote_o) { " +
                      path(inst.text + inst.label, "zygote_o", o, 1) + "; })", pos);
      case Op::raise:
        return statement("throw" + (o.empty() ? "" : " " + id(o[0])), pos);
      case Op::make:
        return make(inst);
      case Op::like:
        return define(result, mutable_.count(result) ? "auto" : "const auto",
                      " = zygote::ir::like(" + id(o[1]) + ", " + given(o[0], inst) + ")", pos);
      case Op::as:
        return define(result, (mutable_.count(result) ? "" : "const ") + inst.text, " = " + given(o[0], inst), pos);
      case Op::length:
        return define_value(result, "zygote::ir::length(" + id(o[0]) + ")", pos);
      case Op::closure:
        return closure(inst);
      case Op::result:
        return define_value(result, "zygote::ir::initial<" + result_type() + ">()", pos);
      case Op::if_:
        return if_(inst);
      case Op::loop:
        return loop(inst);
      case Op::extent:
        if (!primal_) define_value(result, "zygote::extent(" + id(o[0]) + ")", pos);
        return;
      case Op::shape:
        if (!primal_) define_value(result, "zygote::ir::shape(" + path(inst.text, id(o[0]), o, 1) + ")", pos);
        return;
      case Op::own:
        return define(result, "auto", " = zygote::ir::own(" + id(o[0]) + (o.size() > 1 ? ", " + moved(o[1]) : "") + ")", pos);
      case Op::ensure:
        return statement("zygote::ir::ensure(" + list(o) + ")", pos);
      case Op::release:
        return define(result, "auto", " = zygote::ir::release(" + id(o[0]) + ")", pos);
      case Op::accumulate_at:
        return statement("zygote::ir::accumulate_at(" + id(o[0]) + ", " + path_lambda(inst.text, o, 2) + ", " + id(o[1]) + ")", pos);
      case Op::take:
        return define(result, "auto", " = zygote::ir::take(" + id(o[0]) + ", " + path_lambda(inst.text, o, 2) + ", " + id(o[1]) + ")", pos);
      case Op::take_last:
        return define(result, "auto", " = zygote::ir::take_last(" + id(o[0]) + ", " + path_lambda(inst.text, o, 1) + ")", pos);
      case Op::restore:
        return statement("zygote::ir::restore(" + id(o[0]) + ", " + path_lambda(inst.text, o, 2) + ", " + id(o[1]) + ")", pos);
      case Op::contribute:
        return define(result, "auto", " = " + contribution(inst), pos);
      case Op::pull:
        return define(result, "auto", " = " + id(o[0]) + "(" + id(o[1]) + ")", pos);
      case Op::part:
        return define(result, "auto", " = std::get<" + inst.text + ">(std::move(" + id(o[0]) + "))", pos);
      case Op::add:
        return define(result, "auto", " = zygote::add(" + id(o[0]) + ", " + moved(o[1]) + ", " + moved(o[2]) + ")",
                      pos);
      case Op::evaluate:
        return define(result, "const auto", " = zygote::evaluate(" + id(o[0]) + ")", pos);
      case Op::sum:
        return define(result, "auto", " = zygote::ir::sum(" + id(o[0]) + (o.size() > 1 ? ", " + moved(o[1]) : "") + ")",
                      pos);
      case Op::accumulate:
        return statement("zygote::ir::accumulate_into(" + id(o[0]) + ", " + id(o[1]) + ", " +
                             (inst.label == "last" ? moved(o[2]) : id(o[2])) + ")",
                         pos);
      case Op::reverse_if:
        return reverse_if(inst);
      case Op::reverse_loop:
        return reverse_loop(inst);
    }
  }

  // The text of a path: @ is the object, $k the k-th of the operands from `first` on.
  std::string path(const std::string& text, const std::string& object, const std::vector<Id>& operands, std::size_t first) const {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i)
      if (text[i] == '@')
        out += object;
      else if (text[i] == '$') {
        std::size_t k = 0;
        while (i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9') k = 10 * k + std::size_t(text[++i] - '0');
        out += id(operands[first + k - 1]);
      } else
        out += text[i];
    return out;
  }
  std::string path_lambda(const std::string& text, const std::vector<Id>& operands, std::size_t first) const {
    return "ZYGOTE_PATH(" + path(text, "zygote_o", operands, first) + ")";
  }
  // A value that is read here for the last time is moved.
  std::string given(Id i, const Inst& at) const { return moves_.count({&at, i}) ? "std::move(" + id(i) + ")" : id(i); }

  std::string rule(const Inst& inst) const {
    const Rule& r = *find_rule(inst.text);
    if (r.symbol.empty()) return "zygote::math::" + inst.text + "(" + list(inst.operands) + ")";
    return inst.operands.size() == 1 ? r.symbol + id(inst.operands[0])
                                     : id(inst.operands[0]) + " " + r.symbol + " " + id(inst.operands[1]);
  }

  std::string result_type() const {
    if (!f_.result_type.empty()) return f_.result_type;
    if (!f_.captures.empty() || !f_.parameter_text.empty() || marked_.kind == Marked::lambda)
      return "std::remove_cvref_t<decltype(zygote_primal())>";
    std::string arguments;
    for (const auto& p : f_.parameters) arguments += (arguments.empty() ? "" : ", ") + p;
    const bool object = marked_.kind == Marked::free_function || marked_.name == "operator()";
    return "std::remove_cvref_t<decltype(" + std::string(object ? "(*this)" : "this->" + marked_.name) + "(" +
           arguments + "))>";
  }

  void call(const Inst& inst) {
    const auto& o = inst.operands;
    const bool maybe_field = inst.label == "self";
    const std::vector<Id> arguments(o.begin() + (inst.op == Op::call ? 0 : 1), o.end() - (maybe_field ? 1 : 0));
    const std::string object = inst.op == Op::call ? "" : id(o[0]);
    if (primal_ || inst.results.size() < 2) {
      const std::string callee = inst.op == Op::call          ? inst.text
                                 : inst.op == Op::call_method ? object + "." + inst.text
                                                              : object;
      const std::string text = callee + "(" + list(arguments) + ")";
      if (!used(inst.results[0])) return statement("static_cast<void>(" + text + ")", inst.pos);
      return define_reference(inst.results[0], text, inst.pos);
    }
    const std::string name = id(inst.results[1]) + "_call", rest = arguments.empty() ? "" : ", " + list(arguments);
    std::string text = "zygote::call_object(" + object + rest + ")";
    if (inst.op == Op::call) text = "zygote::call(ZYGOTE_NAME(" + inst.text + ")" + rest + ")";
    if (inst.op == Op::call_method)
      text = "zygote::call_method<zygote::Name<\"" + inst.text + "\">>(ZYGOTE_METHOD(" + method(inst.text) + "), " +
             object + rest + ")";
    statement("auto " + name + " = " + text, inst.pos);
    statement("static_assert(zygote::has_pullback<decltype(" + name + ")>, \"" + complaint(inst) + "\")", inst.pos);
    define_reference(inst.results[0], name + ".value", inst.pos);
    define(inst.results[1], "auto&", " = " + name + ".back", inst.pos);
    owned_.insert(inst.results[1]);
  }

  static std::string method(const std::string& name) {
    return name.find('<') == std::string::npos ? name : "template " + name;
  }

  static std::string complaint(const Inst& inst) {
    const std::string callee = inst.text.empty() ? "the object that is called here" : "'" + escaped(inst.text) + "'";
    return "zygote: line " + std::to_string(inst.pos.line) + ": " + callee +
           " has no pullback for these arguments; mark it ZYGOTE, or wrap the call in constant(...)";
  }

  void make(const Inst& inst) {
    const bool braces = inst.label != "(" || inst.operands.empty();
    std::string values, names = inst.label.size() > 1 ? inst.label.substr(1) + "," : "";
    for (Id i : inst.operands) {
      values += values.empty() ? "" : ", ";
      if (!names.empty()) {
        values += "." + names.substr(0, names.find(',')) + " = ";
        names.erase(0, names.find(',') + 1);
      }
      values += id(i);
    }
    define(inst.results[0], (mutable_.count(inst.results[0]) ? "" : "const ") + inst.text, braces ? "{" + values + "}" : "(" + values + ")", inst.pos);
    if (primal_ || inst.primal || f_[inst.results[0]].inert) return;
    std::string types = "decltype(" + id(inst.results[0]) + ")";
    for (Id i : inst.operands) types += ", decltype(" + id(i) + ")";
    statement("static_assert(zygote::can_make<" + types + ">, \"zygote: line " + std::to_string(inst.pos.line) +
                  ": no gradient flows into a '" + escaped(inst.text) +
                  "'; make it an aggregate, or write constant(...) around the arguments\")",
              inst.pos);
  }

  // The position of the last instruction that reads a value; parts of it that were read may still refer to it.
  using Positions = std::map<Id, std::size_t>;
  void last_uses(const Region& r, std::size_t position, bool outermost, Positions& last, std::map<Id, Id>& refers) const {
    const auto use = [&](Id i) {
      for (auto at = i; at; at = refers.count(at) ? refers[at] : 0) last[at] = position;
    };
    for (std::size_t k = 0; k < r.code.size(); ++k) {
      if (outermost) position = k;
      const Inst& inst = r.code[k];
      for (Id i : inst.operands) use(i);
      const bool reference = (inst.op == Op::load && !saved_.count(inst.results[0])) || inst.op == Op::name ||
                             (inst.op == Op::as && inst.text.ends_with("&"));
      if (reference) refers[inst.results[0]] = inst.operands[0];
      for (const Region& inner : inst.regions) last_uses(inner, position, false, last, refers);
    }
    if (outermost) position = r.code.size();
    for (Id i : r.yields) use(i);
  }

  static bool makes_value(const Inst& inst) {
    return inst.op == Op::store || inst.op == Op::push || inst.op == Op::resize || inst.op == Op::make || inst.op == Op::like ||
           inst.op == Op::if_ || inst.op == Op::loop || (inst.op == Op::as && !inst.text.ends_with("&") && !inst.text.ends_with("& "));
  }

  void find_moves() {
    collect_saved(f_.body);
    find_moves(f_.body, {});
  }
  void collect_saved(const Region& r) {
    saved_.insert(r.saves.begin(), r.saves.end());
    for (const Inst& inst : r.code)
      for (const Region& inner : inst.regions) collect_saved(inner);
  }
  // `given`: values of outer regions that this one reads for the last time.
  void find_moves(const Region& r, std::set<Id> own) {
    Positions last;
    std::map<Id, Id> refers;
    last_uses(r, 0, true, last, refers);
    own.insert(r.args.begin(), r.args.end());
    for (const Inst& inst : r.code)
      if (makes_value(inst))
        for (std::size_t i = 0; i + (inst.label == "saves" ? 1 : 0) < inst.results.size(); ++i) own.insert(inst.results[i]);
    const auto movable = [&](Id i, std::size_t position) {
      return i && own.count(i) && f_[i].inlined.empty() && (primal_ || !saved_.count(i)) && last[i] == position;
    };
    for (std::size_t k = 0; k < r.code.size(); ++k) {
      const Inst& inst = r.code[k];
      if (inst.op == Op::if_) {
        std::set<Id> handed;
        for (Id i : own)
          if (last.count(i) && movable(i, k)) handed.insert(i);
        for (const Region& branch : inst.regions) find_moves(branch, handed);
      } else if (inst.op == Op::loop) {
        find_moves(inst.regions[1], {});
      }
      const bool takes = inst.op == Op::store || inst.op == Op::push || inst.op == Op::resize || inst.op == Op::loop ||
                         inst.op == Op::like || (inst.op == Op::as && !inst.text.ends_with("&"));
      if (!takes) continue;
      const std::size_t n = inst.op == Op::loop ? inst.operands.size() : 1;
      for (std::size_t i = 0; i < n; ++i) {
        const Id id = inst.operands[i];
        bool read = false;
        for (const Region& inner : inst.regions) read = read || reads(inner, id);
        if (movable(id, k) && !read && std::count(inst.operands.begin(), inst.operands.end(), id) == 1) move(moves_, &inst, id);
      }
    }
    for (Id id : r.yields)
      if (&r != &f_.body && movable(id, r.code.size()) && std::count(r.yields.begin(), r.yields.end(), id) == 1)
        move(yield_moves_, &r, id);
  }
  template <class Set, class Where>
  void move(Set& set, Where where, Id id) {
    set.insert({where, id});
    mutable_.insert(id);
  }
  static bool reads(const Region& r, Id id) {
    const auto among = [id](const std::vector<Id>& ids) { return std::find(ids.begin(), ids.end(), id) != ids.end(); };
    return among(r.yields) || std::any_of(r.code.begin(), r.code.end(), [&](const Inst& inst) {
             return among(inst.operands) ||
                    std::any_of(inst.regions.begin(), inst.regions.end(), [&](const Region& inner) { return reads(inner, id); });
           });
  }

  // Does the code look names up in the object that the function is a method of?
  bool names_object(const Region& r) const {
    return marked_.kind != Marked::lambda && std::any_of(r.code.begin(), r.code.end(), [&](const Inst& inst) {
             return inst.op == Op::name || inst.label == "self" || inst.label == "recursive" ||
                    std::any_of(inst.regions.begin(), inst.regions.end(),
                                [&](const Region& inner) { return names_object(inner); }) ||
                    std::any_of(inst.functions.begin(), inst.functions.end(),
                                [&](const Function& f) { return names_object(f.body); });
           });
  }

  void closure(const Inst& inst) {
    const Function& inner = inst.functions[0];
    std::string text =
        std::string("zygote::ir::closure([") + (names_object(inner.body) ? "=, this" : "=") + "](auto zygote_mode";
    for (std::size_t i = 0; i < inner.captures.size(); ++i)
      text += ", [[maybe_unused]] const auto& " + inner[inner.inputs[i]].name;
    if (!inner.parameter_text.empty()) text += ", " + inner.parameter_text;
    line("const auto " + id(inst.results[0]) + " = " + text + ") {", inst.pos);
    const std::string primal = Emitter(inner, marked_, {.path = "", .one_line = true}, true).run();
    line("[[maybe_unused]] const auto zygote_primal = [&] { " + primal + "};", inst.pos);
    line("if constexpr (zygote_mode.primal) { return zygote_primal(); } else {", inst.pos);
    Emitter reverse(inner, marked_, layout_, false);
    reverse.indent_ = indent_ + 1;
    if (!inner.adjoint.code.args.empty()) out_ += reverse.run();
    next_line_ = -1;
    line("}", inst.pos);
    line("}" + std::string(inst.operands.empty() ? "" : ", ") + list(inst.operands) + ");", inst.pos);
  }

  void results(const Inst& inst, const std::string& name, const char* member) {
    const bool saved = inst.label == "saves";
    for (std::size_t i = 0; i + (saved ? 1 : 0) < inst.results.size(); ++i)
      define(inst.results[i], "auto&", " = zygote::ir::pick<" + std::to_string(i) + ">(" + name + "." + member + ")",
             inst.pos);
    if (!saved || primal_) return;
    define(inst.results.back(), "auto&", " = " + name + ".saves", inst.pos);
    owned_.insert(inst.results.back());
  }
  std::string name_of(const Inst& inst) const {
    return inst.results.empty() ? "unused_" + std::to_string(out_.size()) : id(inst.results.back()) + "_flow";
  }

  void if_(const Inst& inst) {
    const std::string name = name_of(inst);

    line("[[maybe_unused]] auto " + name + " = zygote::ir::if_(" + id(inst.operands[0]) + ",", inst.pos);
    for (std::size_t i = 0; i < 2; ++i)
      block("[&] {", inst.pos, i ? "});" : "},", [&] {
        code(inst.regions[i]);
        statement("return zygote::ir::yield(" + with_saves(inst.regions[i]) + ")", inst.pos);
      });
    results(inst, name, "values");
  }

  void loop(const Inst& inst) {
    const std::string name = name_of(inst);
    const Region &test = inst.regions[0], &body = inst.regions[1];
    std::string state;
    for (Id i : inst.operands) state += (state.empty() ? "" : ", ") + given(i, inst);
    line("[[maybe_unused]] auto " + name + " = zygote::ir::loop(zygote::ir::state(" + state + "),", inst.pos);
    block("[&](" + parameters(test.args) + ") {", inst.pos, "},", [&] {
      code(test);
      statement("return " + id(test.yields[0]), inst.pos);
    });
    block("[&](" + parameters(body.args, "auto&") + ") {", inst.pos, "});", [&] {
      code(body);
      statement("return zygote::ir::next(" + with_saves(body) + ")", inst.pos);
    });
    results(inst, name, "state");
  }

  // What the reverse of a region reads of it comes back under its old name.
  void unpack(const Region& r, Pos pos) {
    for (std::size_t i = 0; i < r.saves.size(); ++i)
      statement("[[maybe_unused]] const auto& " + id(r.saves[i]) + " = zygote::ir::pick<" + std::to_string(i) +
                    ">(zygote_saved)",
                pos);
  }

  void reverse_if(const Inst& inst) {
    line("zygote::ir::reverse_if(" + id(inst.operands[0]) + ",", inst.pos);
    const Inst& forward = *forward_of(f_.body, inst.operands[0]);
    for (std::size_t i = 0; i < 2; ++i)
      block("[&]([[maybe_unused]] const auto& zygote_saved) {", inst.pos, i ? "});" : "},", [&] {
        unpack(forward.regions[i], inst.pos);
        code(inst.regions[i]);
      });
  }

  void reverse_loop(const Inst& inst) {
    const Inst& forward = *forward_of(f_.body, inst.operands[0]);
    const Region& body = inst.regions[0];
    std::string state;
    for (std::size_t i = 1; i < inst.operands.size(); i += 2)
      state += (i > 1 ? ", " : "") + ("zygote::ir::carry(" + id(inst.operands[i])) + ", " +
               moved(inst.operands[i + 1]) + ")";
    const std::string name = id(inst.operands[0]) + "_back";
    line("[[maybe_unused]] auto " + name + " = zygote::ir::reverse_loop(" + id(inst.operands[0]) +
             ", std::make_tuple(" + state + "),",
         inst.pos);
    std::string args, yields;
    for (Id i : body.args) args += ", [[maybe_unused]] auto " + id(i);
    for (Id i : body.yields) yields += (yields.empty() ? "" : ", ") + moved(i);
    block("[&]([[maybe_unused]] const auto& zygote_saved" + args + ") {", inst.pos, "});", [&] {
      unpack(forward.regions[1], inst.pos);
      code(body);
      statement("return std::make_tuple(" + yields + ")", inst.pos);
    });
    for (std::size_t i = 0; i < inst.results.size(); ++i)
      define(inst.results[i], "auto", " = std::get<" + std::to_string(i) + ">(std::move(" + name + "))", inst.pos);
  }

  const Inst* forward_of(const Region& r, Id saves) const {
    for (const Inst& inst : r.code) {
      if (inst.label == "saves" && inst.results.back() == saves) return &inst;
      for (const Region& inner : inst.regions)
        if (const Inst* found = forward_of(inner, saves)) return found;
    }
    return nullptr;
  }

  std::string contribution(const Inst& inst) const {
    std::vector<std::string> words(1);
    for (char c : inst.text)
      if (c == ' ')
        words.emplace_back();
      else
        words.back() += c;
    const auto& o = inst.operands;
    const std::string& what = words[0];
    if (what == "rule") return "zygote::rules::" + words[1] + "<" + words[2] + ">(" + list(o) + ")";
    if (what == "made")
      return "zygote::parts::made<zygote::Primal<decltype(" + id(o[1]) + ")>, " + words[1] + ", " + words[2] + ", " +
             (words.size() > 3 ? "true" : "false") + ">(" + id(o[0]) + ", " + id(o[2]) + ")";
    if (what == "captured") return "zygote::ir::captured<" + words[1] + ">(" + list(o) + ")";
    if (words.size() > 1)
      return "zygote::parts::" + what + "(" + id(o[0]) + ", ZYGOTE_FIELD(" + words[1] + "), " + id(o[1]) + ")";
    return "zygote::parts::" + what + "(" + list(o) + ")";
  }
};

}  // namespace

std::string emit_pullback(const Function& f, const Marked& marked, const Layout& layout) {
  return Emitter(f, marked, layout, false).run();
}

std::string pullback_type(const Function& f, const Marked& marked) {
  if (!f.recursive) return "auto";
  if (f.result_type.empty())
    throw Refusal(f.pos, "the recursive function '" + f.name + "' needs a declared return type",
                  "write it instead of auto");
  std::string types;
  if (marked.kind == Marked::method)
    types = ", zygote::Adjoint<typename zygote::Dependent<zygote_n, decltype(*this)>::type>";
  for (const std::string& p : f.parameters) types += ", zygote::Adjoint<decltype(" + p + ")>";
  return "zygote::Pullback<" + f.result_type + ", zygote::AnyBack<" + f.result_type + types + ">>";
}

}  // namespace zygote::compiler
