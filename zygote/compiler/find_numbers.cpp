// IR -> IR with the values marked that are known to be a double, a float or an integer
//
//   v_1 = mul x 0.5;  i_1 = as int v_1;  w_1 = load @.w self     =>     v_1 double, if x is; i_1 int; w_1 unknown
//
// Only how much C++ is written depends on it: what is known of a value at compile time needs no variable.
#include <algorithm>
#include <cstdlib>

#include "lower.hpp"
#include "passes.hpp"

namespace zygote::compiler {
namespace {

std::string number_of_literal(const std::string& text) {
  const auto begin = text.find_first_not_of("(-+ ");
  if (begin == std::string::npos || !(std::isdigit(text[begin]) || text[begin] == '.')) return "";
  const std::string literal = text.substr(begin, text.find_last_not_of(") ") + 1 - begin);
  char* end = nullptr;
  std::strtod(literal.c_str(), &end);
  const bool exact = literal.find_first_of(".eE") == std::string::npos;
  if (literal.find_first_of("xX'") != std::string::npos) return "";
  if (*end == 0) return exact ? "int" : "double";
  return std::string(end) == "f" && !exact ? "float" : "";
}

class Finder {
 public:
  explicit Finder(Function& f) : f_(f) {}

  void region(Region& r) {
    for (Inst& inst : r.code) {
      const auto& o = inst.operands;
      if (inst.op == Op::loop)
        for (std::size_t i = 0; i < o.size(); ++i)
          for (Id id : {inst.regions[0].args[i], inst.regions[1].args[i], inst.results[i]})
            f_[id].number = number(o[i]);
      for (Region& inner : inst.regions) region(inner);
      for (Function& inner : inst.functions) {
        for (std::size_t i = 0; i < inner.captures.size(); ++i) inner[inner.inputs[i]].number = number(o[i]);
        find_numbers(inner);
      }
      if (inst.op == Op::if_)
        for (std::size_t i = 0; i < inst.results.size(); ++i) {
          const std::string then = number(inst.regions[0].yields[i]);
          if (then == number(inst.regions[1].yields[i])) f_[inst.results[i]].number = then;
        }
      if (inst.results.size() == 1 && inst.regions.empty()) f_[inst.results[0]].number = result(inst);
    }
  }

 private:
  Function& f_;

  std::string number(Id id) const { return f_[id].inlined.empty() ? f_[id].number : number_of_literal(f_[id].inlined); }

  std::string result(const Inst& inst) const {
    switch (inst.op) {
      case Op::as:
        return inst.text == "auto" ? number(inst.operands[0]) : number_of(inst.text);
      case Op::make:
        return number_of(inst.text);
      case Op::like:
        return number(inst.operands[1]);
      case Op::length:
        return "int";
      case Op::result:
        return number_of(f_.result_type);
      case Op::rule:
        return of_rule(inst);
      default:
        return "";
    }
  }

  std::string of_rule(const Inst& inst) const {
    std::string all = "int";
    bool same = true;
    for (Id id : inst.operands) {
      const std::string one = number(id);
      if (one.empty()) return "";
      same = same && one == number(inst.operands[0]);
      if (one == "double" || all == "int") all = one;
    }
    if (!find_rule(inst.text)->symbol.empty()) return all;
    return same && all == "double" && inst.label.empty() ? all : "";
  }
};

}  // namespace

std::string number_of(const std::string& type) {
  if (is_integer_type(type)) return "int";
  Tokens tokens = tokenize(type);
  std::erase_if(tokens, [](const Token& t) { return t.text.empty() || t.is("const") || t.is("&"); });
  return tokens.size() == 1 && (tokens[0].is("double") || tokens[0].is("float")) ? tokens[0].text : "";
}

void find_numbers(Function& f) { Finder(f).region(f.body); }

}  // namespace zygote::compiler
