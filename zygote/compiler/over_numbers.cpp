// IR -> the same over number types that are double and float, or what dual numbers make of them
//
//   v_1 = as double x     =>     v_1 = as zygote_double x
#include "emit.hpp"
#include "lower.hpp"
#include "parser.hpp"

namespace zygote::compiler {

std::string over_numbers(const std::string& type, const std::string& suffix) {
  Tokens tokens = tokenize(type);
  tokens.pop_back();
  bool found = false;
  const auto kept = [&](std::size_t i) {  // long double; what a generator of random numbers makes
    return i > 0 && (tokens[i - 1].is("long") || (i > 1 && tokens[i - 2].text.ends_with("_distribution")));
  };
  for (std::size_t i = 0; i < tokens.size(); ++i)
    if ((tokens[i].is("double") || tokens[i].is("float")) && !kept(i)) {
      tokens[i].text = "zygote_" + tokens[i].text + suffix;
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
    if (over_numbers(whole) == whole) continue;
    tokens[i].text = whole;
    found = true;
  }
  return found ? join(tokens, 0, tokens.size()) : type;
}

OverNumbers::OverNumbers(const Marked& m, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    const Parameter& p = m.parameters[i];
    const std::string suffix = "_" + std::to_string(i), text = over_numbers(p.text, suffix);
    for (const std::string number : {"double", "float"})
      if (const std::string own = "zygote_" + number + suffix; text.find(own) != std::string::npos) {
        types += ", class " + own;
        numbers += (numbers.empty() ? "" : ", ") + own;
        plain += (plain.empty() ? "" : ", ") + number;
      }
    const bool moved = p.type.find_first_of("&*[") == std::string::npos && !is_number_type(p.type);
    parameters += (i ? ", " : "") + text;
    arguments += (i ? ", " : "") + p.name;
    forwarded += (i ? ", " : "") + (moved ? "std::move(" + p.name + ")" : p.name);
  }
}

std::string OverNumbers::over_duals(const std::string& first, bool inside) const {
  return "template <" + (first.empty() ? types.substr(2) : first + types) +
         (inside ? ", class zygote_double = zygote::widest<" + numbers + ">, class zygote_float = zygote_double" : "") +
         "> requires(zygote::any_dual<" + numbers + ">) ";
}

namespace {

// What double and float are called in a function, if not that.
using Suffix = std::optional<std::string>;

void rename_numbers(Function& f, const Aliases& aliases, const Suffix& suffix);

// A lambda is over number types of its own, as what it is called with may be dual numbers where no other is:
//   [](const auto& y, double t) { .. }   =>   []<class zygote_run_in>(.., zygote::Over<zygote_run_in, double, 0> t) { .. }
// Not if it is given itself: then it says what it returns.
void lambda_over_numbers(Inst& inst, const Aliases& aliases, const Suffix& outer) {
  Function& f = inst.functions[0];
  if (!inst.text.empty()) return rename_numbers(f, aliases, outer);
  const std::string inside = outer.value_or("") + "_in";  // different from that of lambdas around it
  f.mode_type = "zygote_run" + inside;
  const auto over = [&](const std::string& number, const std::string& argument) {
    return "zygote::Over<" + f.mode_type + ", " + number + argument + ">";
  };
  const Tokens written = tokenize(f.parameter_text);
  std::string parameters;
  for (int i = 0; const Parameter& p : parse_parameters(written, 0, written.size() - 1)) {
    Tokens tokens = tokenize(over_numbers(without_aliases(p.text, aliases)));
    tokens.pop_back();
    for (Token& t : tokens)
      for (const std::string number : {"double", "float"})
        if (t.is("zygote_" + number)) t.text = over(number, ", " + std::to_string(i));
    parameters += (i++ ? ", " : "") + join(tokens, 0, tokens.size()) + (p.fallback.empty() ? "" : " = " + p.fallback);
  }
  rename_numbers(f, aliases, inside);
  f.parameter_text = parameters;
  for (const std::string number : {"double", "float"})
    f.checks.push_back("using zygote_" + number + inside +
                       " [[maybe_unused]] = " + over(outer ? "zygote_" + number + *outer : number, ""));
}

void rename_numbers(Function& f, const Aliases& aliases, const Suffix& suffix) {
  const auto over = [&](std::string& type) {
    if (suffix) type = over_numbers(without_aliases(type, aliases), *suffix);
  };
  const auto literal = [&](Id id) -> std::string {  // the type of a real one
    const std::string& text = f[id].inlined;
    const bool real = !text.empty() && text[0] >= '0' && text[0] <= '9' &&
                      text.find_first_of(".eE") != std::string::npos && text.find_first_of("xXlL") == std::string::npos;
    return real ? over_numbers(text.find_first_of("fF") == std::string::npos ? "double" : "float", *suffix) : "auto";
  };
  const auto region = [&](Region& r, const auto& self) -> void {
    for (Inst& inst : r.code) {
      if (inst.op == Op::as && inst.text == "auto" && suffix) inst.text = literal(inst.operands[0]);
      if (inst.op == Op::verbatim && suffix) inst.text = over_numbers(inst.text, *suffix);
      if (inst.op == Op::is) over(inst.label);
      if (inst.op == Op::as || inst.op == Op::make || inst.op == Op::call) over(inst.text);
      for (Region& inner : inst.regions) self(inner, self);
      if (inst.op == Op::closure) lambda_over_numbers(inst, aliases, suffix);
    }
  };
  over(f.result_type);
  over(f.parameter_text);
  for (Value& v : f.values)
    if (v.inlined.starts_with("zygote::")) over(v.inlined);
  region(f.body, region);
  region(f.adjoint.code, region);
}

}  // namespace

void over_numbers(Function& f, const Aliases& aliases) { rename_numbers(f, aliases, ""); }
void lambdas_over_numbers(Function& f, const Aliases& aliases) { rename_numbers(f, aliases, std::nullopt); }

}  // namespace zygote::compiler
