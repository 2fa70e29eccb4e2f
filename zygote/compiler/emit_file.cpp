// source + adjoints -> the processed file
//
//   ZYGOTE double f(double x) { .. }   =>   struct f_zygote { double operator()(double x) const { .. }
//                                             auto pullback(double x) const { .. } }; inline constexpr f_zygote f{};
//
// Everything unmarked is copied byte for byte; marked code keeps its text and its lines, and the pullback follows it.
// Only template arguments of marked functions, square<double>, are said in another way in all of the file.
#include <algorithm>
#include <set>

#include "emit.hpp"
#include "lower.hpp"
#include "parser.hpp"

namespace zygote::compiler {
namespace {

// What an argument is that is left out.
std::string fallback(const Parameter& p) {
  return p.fallback[0] == '{' ? bare(p.type) + p.fallback : "static_cast<" + p.type + ">(" + p.fallback + ")";
}

class FileEmitter {
 public:
  FileEmitter(const std::string& source, const Tokens& tokens, const std::set<std::string>& templates,
              const Layout& layout)
      : source_(source), tokens_(tokens), layout_(layout), edits_(explicit_templates(tokens, templates)) {}

  std::string run(const std::vector<Unit>& units) {
    if (layout_.directives) out_ = "#include <zygote/zygote.hpp>\n#line 1 \"" + layout_.path + "\"\n";
    for (const Unit& u : units)
      if (u.marked.constructor) constructed_.insert(u.marked.scope + u.marked.owner);
    for (const Unit& u : units) {
      switch (u.marked.kind) {
        case Marked::lambda:
          lambda(u);
          break;
        case Marked::method:
          method(u);
          break;
        case Marked::free_function:
          free_function(u);
          break;
      }
    }
    copy_to(source_.size());
    return std::move(out_);
  }

 private:
  const std::string& source_;
  const Tokens& tokens_;
  const Layout layout_;
  std::string out_;
  std::size_t at_ = 0;                 // copied so far
  std::set<std::string> opened_;       // classes that have got accessors
  std::set<std::string> constructed_;  // classes with marked constructors
  std::vector<Edit> edits_;            // what is not copied as it is, in order

  void copy_to(std::size_t offset) {
    for (const Edit& edit : edits_)
      if (edit.begin >= at_ && edit.end <= offset) {
        out_ += source_.substr(at_, edit.begin - at_) + edit.text;
        at_ = edit.end;
      }
    out_ += source_.substr(at_, offset - at_);
    at_ = offset;
  }

  void copy_before(std::size_t token) { copy_to(tokens_[token].pos.offset); }
  void copy_behind(std::size_t token) { copy_to(tokens_[token].end); }
  void skip(std::size_t token) {
    copy_before(token);
    at_ = tokens_[token].end;
    while (at_ < source_.size() && source_[at_] == ' ') ++at_;
  }

  // Generated lines have been written: go on where the source stands.
  void resume(int line) {
    if (layout_.directives) out_ += "#line " + std::to_string(line) + "\n";
  }

  // What is in the braces of the item itself, and these.
  void body(const Unit& u) {
    copy_behind(u.marked.body);
    if (!u.primal.empty()) {
      out_ += u.primal;
      at_ = tokens_[u.marked.body_end].pos.offset;
      if (u.marked.kind != Marked::lambda) resume(tokens_[u.marked.body_end].pos.line);
    }
    copy_behind(u.marked.body_end);
  }

  // The tokens before the name without the mark, and for free functions without what a method cannot be.
  void head(const Marked& m, std::size_t end) {
    for (std::size_t i = m.head; i < end; ++i) {
      const Token& t = tokens_[i];
      if (t.is("ZYGOTE") ||
          (m.kind == Marked::free_function && m.symbol().empty() && (t.is("static") || t.is("inline"))))
        skip(i);
    }
    copy_before(end);
  }

  // The first n parameters without their defaults, behind `leading`.
  static std::string parameters(const Marked& m, std::size_t n, std::string leading) {
    for (std::size_t i = 0; i < n; ++i) leading += (leading.empty() ? "" : ", ") + m.parameters[i].text;
    return leading;
  }

  // Pullbacks are constexpr. But clang refuses that, before C++23, to a function with a variable of a type that no
  // constant can have; where the types are not known to be harmless, the runtime's macro decides for each compiler.
  std::string constexpr_word(const Unit& u) const {
    const Marked& m = u.marked;
    if (m.is_local) return "";
    bool safe = u.harmless;
    for (std::size_t i = m.head; i < m.name_at; ++i) safe = safe || tokens_[i].is("constexpr");
    return safe ? "constexpr " : "ZYGOTE_CONSTEXPR ";
  }

  // template <class T>  =>  template <class T, zygote::Mode zygote_mode = zygote::Mode{}>
  static std::string with_mode(const std::string& head, const Marked& m) {
    if (head.find("...") != std::string::npos)
      throw Refusal(m.pos, "a recursive method with a parameter pack is not supported", "make it a free function");
    std::size_t at = head.find('<');
    if (at == std::string::npos) throw Refusal(m.pos, "this template is not understood");
    for (int depth = 0; at < head.size(); ++at) {
      if (head[at] == '<') ++depth;
      if (head[at] == '>' && --depth == 0) break;
    }
    return head.substr(0, at) + ", zygote::Mode zygote_mode = zygote::Mode{}" + head.substr(at);
  }

  void pullback(const Unit& u, const std::string& name, const std::string& leading) {
    const Marked& m = u.marked;
    if (u.writes_parameters) return;
    std::string head = m.template_head;
    if (head.empty() && !m.is_local)
      head = m.declared_before ? "template <zygote::Mode zygote_mode>"
                               : "template <zygote::Mode zygote_mode = zygote::Mode{}>";
    if ((m.waits() || (u.recursive && m.kind == Marked::method)) && !m.template_head.empty()) head = with_mode(head, m);
    if (!head.empty()) head += " ";
    const bool free_operator = m.kind == Marked::free_function && !m.symbol().empty();
    if (m.is_friend) head += "friend ";
    if (m.is_static) head += "static ";
    if (u.over_numbers) head += "ZYGOTE_INLINE ";
    head =
        "  " + head + m.specifiers + (m.declared || m.declared_before ? "" : constexpr_word(u)) + "auto " + name + "(";
    std::string requires_clause;
    if (const auto at = m.suffix.find("requires"); at != std::string::npos) requires_clause = " " + m.suffix.substr(at);
    const std::string tail = free_operator || m.is_static ? ")" : ") const";
    out_ += "\n";
    resume(m.pos.line);
    if (u.over_numbers) over_numbers(u, name, leading, tail);
    out_ += head + parameters(m, m.parameters.size(), leading) + tail + result(u.type) + requires_clause;
    if (m.declared) {
      for (const Parameter& p : m.parameters)
        if (!p.fallback.empty())
          throw Refusal(p.pos, "a marked declaration cannot have default arguments", "define the function here");
      out_ += ";\n";
      return resume(tokens_[m.body_end].pos.line);
    }
    out_ += u.over_numbers ? " { return " + call_over_numbers(u, name, false) + "; }\n"
                           : " {\n" + class_alias(m, head) + u.body + "  }\n";
    for (std::size_t n = m.parameters.size(); n-- > 0 && !m.parameters[n].fallback.empty();)
      defaulted(m, head, name, leading, n);
    if (u.over_numbers) over_duals(u, name, leading, tail);
    resume(tokens_[m.body_end].pos.line);
  }

  static std::string result(const std::string& type) { return type == "auto" ? "" : " -> " + type; }

  // A class is complete, and what it says of its fields known, only when the pullback is instantiated.
  std::string class_alias(const Marked& m, const std::string& head) const {
    const std::string name = m.owner.substr(m.owner.rfind(':') + 1);
    if ((m.kind != Marked::method && !m.is_friend) || m.of_template || head.find("zygote_mode") == std::string::npos ||
        !(m.is_static || m.is_friend || constructed_.count(m.scope + m.owner)))
      return "";
    return "    using " + name + " [[maybe_unused]] = typename zygote::Dependent<zygote_mode, " + name + ">::type;\n";
  }

  // The pullback over number types: double and float, or dual numbers, which second derivatives need.
  void over_numbers(const Unit& u, const std::string& name, const std::string& leading, const std::string& tail) {
    const OverNumbers all(*u.over_numbers, u.marked.parameters.size());
    out_ += "  template <zygote::Mode zygote_mode, class zygote_double, class zygote_float" + all.types + "> " +
            u.marked.specifiers + constexpr_word(u) + "auto " + name + "_over(" + leading +
            (leading.empty() ? "" : ", ") + all.parameters + tail + result(u.over_type) + " {\n" + u.body + "  }\n";
    resume(u.marked.pos.line);
  }

  static std::string call_over_numbers(const Unit& u, const std::string& name, bool duals) {
    const OverNumbers all(*u.over_numbers, u.marked.parameters.size());
    const std::string numbers = duals ? "zygote_double, zygote_float, " + all.numbers : "double, float, " + all.plain;
    const std::string tag = u.marked.symbol().empty() ? "" : operator_tag(u.marked) + "{}, ";
    return name + "_over<zygote_mode, " + numbers + ">(" + tag + all.forwarded + ")";
  }

  // What is called with dual numbers: the pullback, and the function or operator itself.
  void over_duals(const Unit& u, const std::string& name, const std::string& leading, const std::string& tail) {
    const Marked& m = *u.over_numbers;
    const std::string mode = "zygote::Mode zygote_mode = zygote::Mode{}", words = m.specifiers + constexpr_word(u);
    const std::size_t count = m.parameters.size();
    const OverNumbers all(m, count);
    resume(m.pos.line);
    out_ += "  " + all.over_duals(mode, true) + words + "auto " + name + "(" + leading + (leading.empty() ? "" : ", ") +
            all.parameters + tail + result(u.over_type) + " { return " + call_over_numbers(u, name, true) + "; }\n";
    if (!m.symbol().empty()) {
      out_ += "  " + all.over_duals("") + words + "auto " + m.name + "(" + all.parameters + ") { return " + name + "(" +
              operator_tag(m) + "{}, " + all.arguments + ").value; }\n";
      return;
    }
    for (std::size_t n = count; n > 0; --n) {
      const OverNumbers some(m, n);
      std::string arguments = some.arguments;
      for (std::size_t i = n; i < count; ++i) arguments += ", " + fallback(m.parameters[i]);
      if (some.types.empty()) break;
      if (n < count)
        out_ += "  " + some.over_duals(mode) + words + "auto pullback(" + some.parameters +
                ") const { return zygote::without_last<" + std::to_string(count - n) + ">(pullback(" + arguments +
                ")); }\n";
      out_ += "  " + some.over_duals("") + words + "auto operator()(" + some.parameters + ") const { return pullback(" +
              arguments + ").value; }\n";
      if (m.parameters[n - 1].fallback.empty()) break;
    }
  }

  // The pullback for a call with n arguments, which leaves the others to their defaults.
  void defaulted(const Marked& m, const std::string& head, const std::string& name, const std::string& leading,
                 std::size_t n) {
    std::string arguments = leading.empty() ? "" : "zygote::ask";
    for (std::size_t i = 0; i < m.parameters.size(); ++i) {
      const Parameter& p = m.parameters[i];
      if (i < n && p.name.empty())
        throw Refusal(p.pos, "a parameter in front of one with a default needs a name", "name it");
      arguments += (arguments.empty() ? "" : ", ") + (i < n ? p.name : fallback(p));
    }
    resume(m.pos.line);
    out_ += head + parameters(m, n, leading) + (m.is_static ? ")" : ") const") + " { return zygote::without_last<" +
            std::to_string(m.parameters.size() - n) + ">(" +
            (m.waits() && !m.is_static ? "zygote::dependent<zygote_mode>(*this)." : "") + name +
            (m.is_static && m.template_head.empty() ? "<zygote_mode>" : "") + "(" + arguments + ")); }\n";
  }

  static std::string signature(const Marked& m) { return "void(" + parameters(m, m.parameters.size(), "") + ")"; }

  void method(const Unit& u) {
    const Marked& m = u.marked;
    head(m, m.name_at);
    body(u);
    accessors(m);
    if (m.name == "operator()") return pullback(u, "pullback", "");
    if (m.constructor) return pullback(u, "zygote_make", "zygote::ask_t");
    if (m.symbol().empty()) {  // public, as bodies of other methods may be read outside of the class
      const bool hidden = !m.access.empty() && m.access != "public";
      if (hidden) out_ += " public:";
      pullback(u, m.name, "zygote::ask_t");
      if (hidden) out_ += " " + m.access + ":";
      return;
    }
    pullback(u, "zygote_" + operator_name(m), "zygote::ask_t");
    operator_of_method(m);
  }

  // What lets the body of a method be read outside of its class.
  void accessors(const Marked& m) {
    if (m.constructor || m.is_static || !opened_.insert(m.scope + m.owner).second) return;
    std::string text;
    for (const Member& member : m.members)
      if (!member.visible())
        for (const char* constant : {"", "const "})
          text += std::string(" ") + constant + "auto& " + accessor(member.name) + " " + constant + "{ return " +
                  member.name + "; }";
    if (!text.empty()) out_ += " public:" + text + " " + m.access + ":";
  }

  static std::string operator_name(const Marked& m) {
    const std::string symbol = m.assigns() ? m.symbol().substr(0, m.symbol().size() - 1) : m.symbol();
    return find_operator(symbol, m.parameters.size() + 1)->name + (m.assigns() ? "_assign" : "");
  }
  static std::string operator_tag(const Marked& m) { return "zygote::Name<\"" + m.symbol() + "\">"; }

  // What finds the pullback of an operator, next to its class.
  void operator_of_method(const Marked& m) {
    const std::string owner = m.owner.substr(m.owner.rfind(':') + 1);
    std::string head = m.template_head.empty() ? "template <zygote::Mode zygote_mode = zygote::Mode{}>"
                                               : with_mode(m.template_head, m);
    std::string parameters = operator_tag(m) + ", const " + owner + "& zygote_self", arguments = "zygote::ask";
    for (const Parameter& p : m.parameters) {
      parameters += ", " + (p.name.empty() ? p.text + " zygote_other" : p.text);
      arguments += ", " + (p.name.empty() ? "zygote_other" : p.name);
    }
    resume(m.pos.line);
    out_ += "  " + head + " friend " + m.specifiers + "constexpr auto zygote_operator(" + parameters +
            ") { return zygote::dependent<zygote_mode>(zygote_self).zygote_" + operator_name(m) + "(" + arguments +
            "); }\n";
    resume(tokens_[m.body_end].pos.line);
  }

  // The pullback, and the object that the function has become.
  void finish(const Unit& u, const std::string& type) {
    if (may_borrow(u.marked) && !u.writes_parameters)
      out_ += "\n  using zygote_parameters = " + signature(u.marked) + ";";
    pullback(u, "pullback", "");
    for (const Unit& form : u.returning) returning(form);
    out_ += "}; [[maybe_unused]] inline constexpr " + type + " " + u.marked.name + "{};";
  }

  // Calls the function itself, and returns what becomes of its arguments.
  void returning(const Unit& u) {
    const Marked& m = u.marked;
    std::string arguments;
    for (std::size_t i = 1; i < m.parameters.size(); ++i) arguments += (i > 1 ? ", " : "") + m.parameters[i].name;
    const bool none = m.returned == "void";
    const std::string within = m.declared_before ? m.name + "_zygote::" : "";
    out_ += (m.declared_before ? "\ninline " : "\n  ") + m.return_type + " " + within +
            "operator()(zygote::returning_t" + (arguments.empty() ? "" : ", ") +
            parameters(m, m.parameters.size(), "").substr(m.parameters[0].text.size() + 2) + ") const";
    out_ += m.declared ? ";"
                       : " { " + (none ? "" : m.returned + " zygote_result = ") + "(*this)(" + arguments +
                             "); return {" + (none ? "" : "std::move(zygote_result), ") + arguments + "}; }";
    pullback(u, within + "pullback", "");
  }
  // Does a lambda in it have to find it without a capture?
  bool captures_nothing(const Marked& m) const {
    for (std::size_t i = m.body; i < m.body_end; ++i)
      if (tokens_[i].is("[") && tokens_[i + 1].is("]") && (tokens_[i + 2].is("(") || tokens_[i + 2].is("<")))
        return true;
    return false;
  }

  void free_function(const Unit& u) {
    const Marked& m = u.marked;
    const std::string type = m.name + "_zygote";
    if (!m.symbol().empty()) {  // stays what it is, and gets a function next to it
      head(m, m.name_at);
      body(u);
      return pullback(u, "zygote_operator", operator_tag(m));
    }
    copy_before(m.head);
    const bool early = u.recursive && !m.declared && !m.declared_before && captures_nothing(m);
    if (early) out_ += "struct " + type + "; inline extern const " + type + " " + m.name + "; ";
    out_ += m.declared_before ? "inline " : "struct " + type + " { ";
    head(m, m.name_at);
    out_ += (m.declared_before ? type + "::" : "") + "operator()";
    at_ = tokens_[m.name_at].end;
    copy_behind(m.close);
    out_ += " const";
    copy_behind(m.body);
    if (m.declared) return finish(u, type);
    if (u.recursive && !m.declared_before && !early) out_ += " [[maybe_unused]] const auto& " + m.name + " = *this; ";
    body(u);
    if (!m.declared_before) return finish(u, type);
    pullback(u, type + "::pullback", "");
    for (const Unit& form : u.returning) returning(form);
  }

  // One closure serves both ways: the first argument says which.
  void lambda(const Unit& u) {
    const Marked& m = u.marked;
    if (u.writes_parameters)
      throw Refusal(m.pos, "a marked lambda that writes to its parameters is called by nobody who could see it",
                    "make it a lambda inside the marked function, or return the new value");
    skip(m.mark);
    copy_before(m.head);
    out_ += "::zygote::ir::lambda" + (may_borrow(m) ? "<" + signature(m) + ">" : "") + "(";
    const std::size_t captures_end = matching(tokens_, m.head);
    copy_behind(captures_end);
    out_ += m.template_head;
    const bool none = m.parameters.empty();
    out_ += "(auto zygote_mode" + std::string(none ? "" : ", ");
    if (m.open) {
      at_ = tokens_[m.open].end;
      copy_before(m.close);
    }
    out_ += ") { [[maybe_unused]] const auto zygote_primal = [&]()" +
            (m.return_type.empty() ? "" : " -> " + m.return_type) + " ";
    at_ = tokens_[m.body].pos.offset;
    body(u);
    out_ += "; if constexpr (zygote_mode.primal) return zygote_primal(); else { " + u.body + "} })";
  }
};

}  // namespace

std::string emit_file(const std::string& source, const Tokens& tokens, const std::vector<Unit>& units,
                      const std::set<std::string>& templates, const Layout& layout) {
  return FileEmitter(source, tokens, templates, layout).run(units);
}

}  // namespace zygote::compiler
