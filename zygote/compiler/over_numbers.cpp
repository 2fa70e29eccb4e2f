// IR -> the same over another number type than double and float
//
//   v_1 = as double x     =>     v_1 = as zygote_number x
#include "emit.hpp"

namespace zygote::compiler {

std::string with_number(const std::string& type, const std::string& number) {
  Tokens tokens = tokenize(type);
  tokens.pop_back();
  bool found = false;
  for (std::size_t i = 0; i < tokens.size(); ++i)
    if ((tokens[i].is("double") && (i == 0 || !tokens[i - 1].is("long"))) || tokens[i].is("float")) {
      tokens[i].text = number;
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

void number_types(Function& f) {
  f.result_type = with_number(f.result_type, "zygote_number");
  f.parameter_text = with_number(f.parameter_text, "zygote_number");
  const auto region = [](Region& r, const auto& self) -> void {
    for (Inst& inst : r.code) {
      if (inst.op == Op::as || inst.op == Op::make || inst.op == Op::call || inst.op == Op::verbatim)
        inst.text = with_number(inst.text, "zygote_number");
      for (Region& inner : inst.regions) self(inner, self);
      for (Function& inner : inst.functions) number_types(inner);
    }
  };
  for (Value& v : f.values)
    if (v.inlined.starts_with("zygote::")) v.inlined = with_number(v.inlined, "zygote_number");
  region(f.body, region);
  region(f.adjoint.code, region);
}

}  // namespace zygote::compiler
