// IR -> the same over another number type than double and float
//
//   v_1 = as double x     =>     v_1 = as zygote_number x
#include "emit.hpp"

namespace zygote::compiler {

std::string with_number(const std::string& type, const std::string& number) {
  Tokens tokens = tokenize(type);
  tokens.pop_back();
  bool found = false;
  const auto kept = [&](std::size_t i) {  // long double; what a generator of random numbers makes
    return i > 0 && (tokens[i - 1].is("long") || (i > 1 && tokens[i - 2].text.ends_with("_distribution")));
  };
  for (std::size_t i = 0; i < tokens.size(); ++i)
    if ((tokens[i].is("double") || tokens[i].is("float")) && !kept(i)) {
      tokens[i].text = number;
      found = true;
    }
  return found ? join(tokens, 0, tokens.size()) : type;
}

std::string without_aliases(const std::string& type, const Aliases& aliases, int depth) {
  if (depth > 8) return type;
  Tokens tokens = tokenize(type);
  tokens.pop_back();
  bool found = false;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const auto alias = aliases.find(tokens[i].text);
    if (alias == aliases.end() || alias->second.empty() || (i > 0 && (tokens[i - 1].is("::") || tokens[i - 1].is("."))))
      continue;
    const std::string whole = without_aliases(alias->second, aliases, depth + 1);
    if (with_number(whole, "") == whole) continue;
    tokens[i].text = whole;
    found = true;
  }
  return found ? join(tokens, 0, tokens.size()) : type;
}

OverDuals::OverDuals(const Marked& m, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    const Parameter& p = m.parameters[i];
    const std::string number = "zygote_" + std::to_string(i), text = with_number(p.text, number);
    if (text != p.text) {
      types += ", class " + number;
      numbers += (numbers.empty() ? "" : ", ") + number;
    }
    parameters += (i ? ", " : "") + text;
    arguments += (i ? ", " : "") + p.name;
  }
}

std::string OverDuals::head(const std::string& name) const {
  const std::string mode = "zygote::Mode zygote_mode = zygote::Mode{}";
  return "  template <" + (name == "pullback" ? mode + types : types.substr(2)) + "> requires(zygote::any_dual<" +
         numbers + ">) auto " + name + "(" + parameters + ") const";
}

std::string OverDuals::operator_head(const std::string& name, const std::string& first) const {
  const std::string mode = first.empty() ? "" : "zygote::Mode zygote_mode = zygote::Mode{}, ";
  return "\n  template <" + mode + types.substr(2) + "> requires(zygote::any_dual<" + numbers + ">) auto " + name +
         "(" + first + parameters + ")";
}

void number_types(Function& f, const Aliases& aliases) {
  const auto over = [&](std::string& type) { type = with_number(without_aliases(type, aliases), "zygote_number"); };
  over(f.result_type);
  over(f.parameter_text);
  const auto real_literal = [&](Id id) {
    const std::string& text = f[id].inlined;
    return !text.empty() && text[0] >= '0' && text[0] <= '9' && text.find_first_of(".eE") != std::string::npos &&
           text.find_first_of("xX") == std::string::npos;
  };
  const auto region = [&](Region& r, const auto& self) -> void {
    for (Inst& inst : r.code) {
      if (inst.op == Op::as && inst.text == "auto" && real_literal(inst.operands[0]))
        inst.text = "zygote_number";
      else if (inst.op == Op::verbatim)
        inst.text = with_number(inst.text, "zygote_number");
      else if (inst.op == Op::is)
        over(inst.label);
      else if (inst.op == Op::as || inst.op == Op::make || inst.op == Op::call)
        over(inst.text);
      for (Region& inner : inst.regions) self(inner, self);
      for (Function& inner : inst.functions) number_types(inner, aliases);
    }
  };
  for (Value& v : f.values)
    if (v.inlined.starts_with("zygote::")) over(v.inlined);
  region(f.body, region);
  region(f.adjoint.code, region);
}

}  // namespace zygote::compiler
