// IR -> IR with the values marked that are known to be a double, a float, an integer or a container of them
//
//   v_1 = mul x 0.5;  i_1 = as int v_1;  w_1 = load @.w self   =>   v_1 double, if x is; i_1 int; w_1 unknown
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
  if (begin == 0 && text.starts_with("std::numbers::")) return text.find('<') == std::string::npos ? "double" : "";
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
  Finder(Function& f, const Structs& structs, const Aliases& aliases) : f_(f), structs_(structs), aliases_(aliases) {
    for (Value& v : f.values) v.type = known(v.type);
  }

  void region(Region& r) {
    for (Inst& inst : r.code) {
      const auto& o = inst.operands;
      if (inst.op == Op::make) name_type(inst.text);
      if (inst.op == Op::call_object) operation(inst);
      if (inst.op == Op::loop)
        for (std::size_t i = 0; i < o.size(); ++i)
          for (Id id : {inst.regions[0].args[i], inst.regions[1].args[i], inst.results[i]}) f_[id].type = type(o[i]);
      for (Region& inner : inst.regions) region(inner);
      for (Function& inner : inst.functions) {
        for (std::size_t i = 0; i < inner.captures.size(); ++i) inner[inner.inputs[i]].type = type(o[i]);
        find_types(inner, structs_, aliases_);
      }
      if (inst.op == Op::if_)
        for (std::size_t i = 0; i < inst.results.size(); ++i) {
          const std::string then = type(inst.regions[0].yields[i]);
          if (then == type(inst.regions[1].yields[i])) f_[inst.results[i]].type = then;
        }
      if (inst.op == Op::call_method && inst.text == "size" && o.size() == 1 &&
          type(o[0]).find('<') != std::string::npos) {
        inst.op = Op::length;
        inst.text.clear();
      }
      if (inst.results.size() == 1 && inst.regions.empty()) f_[inst.results[0]].type = result(inst);
    }
  }

 private:
  Function& f_;
  const Structs& structs_;
  const Aliases& aliases_;

  // A known type, under its own name.
  std::string known(const std::string& text) const {
    std::string type = known_type(text);
    for (int i = 0; i < 8; ++i) {  // names of names
      const auto alias = aliases_.find(type);
      if (alias == aliases_.end() || alias->second.empty()) break;
      type = known_type(alias->second);
    }
    return type;
  }
  std::string type(Id id) const { return f_[id].inlined.empty() ? f_[id].type : number_of_literal(f_[id].inlined); }

  // An operator that might have been one's own, but is that of numbers.
  void operation(Inst& inst) const {
    const std::string head = "::zygote::operators::any_", tail = "_assign";
    std::string name = f_[inst.operands[0]].inlined;
    const auto at = name.find(head);
    const auto number = [&](Id id) { return is_number(type(id)); };
    if (at == std::string::npos || !std::all_of(inst.operands.begin() + 1, inst.operands.end(), number)) return;
    name = name.substr(at + head.size(), name.find_first_of("),") - at - head.size());
    if (name.ends_with(tail)) name.resize(name.size() - tail.size());
    inst.op = Op::rule;
    inst.text = name;
    inst.operands.erase(inst.operands.begin());
  }
  // decltype(v_1)  =>  what that is
  void name_type(std::string& text) const {
    const std::string head = "std::remove_cvref_t<decltype(", tail = ")>";
    if (!text.starts_with(head) || !text.ends_with(tail)) return;
    const std::string name = text.substr(head.size(), text.size() - head.size() - tail.size());
    for (const Value& v : f_.values)
      if (v.name == name && !v.type.empty()) text = v.type;
  }

  std::string result(const Inst& inst) const {
    switch (inst.op) {
      case Op::as:
        return inst.text == "auto" ? type(inst.operands[0]) : known(inst.text);
      case Op::make:
        return known(inst.text);
      case Op::like:
        return type(inst.operands[1]);
      case Op::length:
        return "std::size_t";
      case Op::load:
        return part(inst.text, f_[inst.operands[0]].type);
      case Op::store:
      case Op::push:
      case Op::resize:
        return f_[inst.operands[0]].type;
      case Op::result:
        return known(f_.result_type);
      case Op::rule:
        return of_rule(inst);
      case Op::call_object: {  // ::zygote::construct<T>(..) is a T
        const std::string& callee = f_[inst.operands[0]].inlined;
        const auto open = callee.find("construct<");
        return open == std::string::npos ? "" : known(callee.substr(open + 10, callee.size() - open - 11));
      }
      default:
        return "";
    }
  }

  // Of elements and fields: @[$1], zygote::ir::at(@[$1], $2), @[$1].x
  std::string part(const std::string& path, const std::string& type) const {
    if (path == "@") return type;
    const std::string object = object_of(path), of = object.empty() ? "" : part(object, type);
    if (of.empty()) return "";
    if (path.starts_with(object + ".")) return field(of, path.substr(object.size() + 1));
    return path.ends_with(']') || path.starts_with("zygote::ir::at(") ? element(of) : "";
  }
  std::string field(const std::string& type, const std::string& name) const {
    const auto found = structs_.find(type);
    if (found != structs_.end())
      for (const auto& f : found->second.fields)
        if (f.name == name) return known(f.type);
    return "";
  }
  std::string element(const std::string& type) const {
    if (type.find('<') == std::string::npos) return "";
    std::size_t end = type.find('<') + 1;
    const std::size_t begin = end;
    for (int depth = 0; depth > 0 || (type[end] != ',' && type[end] != '>'); ++end)
      depth += type[end] == '<' ? 1 : type[end] == '>' ? -1 : 0;
    return known(type.substr(begin, end - begin));
  }

  // The usual arithmetic conversions, as far as they need no more than a glance.
  static std::string join_types(const std::string& a, bool a_literal, const std::string& b, bool b_literal) {
    const auto small = [](const std::string& type) {
      return type.find("char") != std::string::npos || type.find("short") != std::string::npos ||
             type.find("bool") != std::string::npos || type.find("int8") != std::string::npos ||
             type.find("int16") != std::string::npos;
    };
    for (const std::string& type : {a, b})
      if (type != "double" && type != "float" && !is_integer_type(type)) return "";
    for (const char* real : {"double", "float"})
      if (a == real || b == real) return real;
    if (small(a) || small(b)) return "";
    if (a == b || (b_literal && b == "int")) return a;
    return a_literal && a == "int" ? b : "";
  }
  std::string of_rule(const Inst& inst) const {
    const auto& o = inst.operands;
    const auto literal = [&](Id id) { return !f_[id].inlined.empty(); };
    std::string all = type(o[0]);
    bool reals = all == "double";
    if (o.size() == 1) all = join_types(all, literal(o[0]), all, literal(o[0]));
    for (std::size_t i = 1; i < o.size(); ++i) {
      all = join_types(all, literal(o[0]), type(o[i]), literal(o[i]));
      reals = reals && type(o[i]) == "double";
    }
    if (!find_rule(inst.text)->symbol.empty()) return all;
    return reals && inst.label.empty() ? all : "";
  }
};

}  // namespace

std::string known_type(const std::string& type) {
  Tokens tokens = tokenize(type);
  std::erase_if(tokens, [](const Token& t) { return t.text.empty() || t.is("const") || t.is("&"); });
  if (is_integer_type(type)) return join(tokens, 0, tokens.size());
  if (tokens.size() == 1)
    return tokens[0].identifier() && !tokens[0].is("auto") && !tokens[0].is("void") ? tokens[0].text : "";
  const std::string text = join(tokens, 0, tokens.size());
  for (const char* container : {"std::vector<", "std::array<", "std::span<"})
    if (text.starts_with(container) && text.ends_with(">") && text.find("bool") == std::string::npos) return text;
  return "";
}

bool is_number(const std::string& type) { return type == "double" || type == "float" || is_integer_type(type); }

void find_types(Function& f, const Structs& structs, const Aliases& aliases) {
  Finder(f, structs, aliases).region(f.body);
}

}  // namespace zygote::compiler
