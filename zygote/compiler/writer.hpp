// Lines of generated C++: values by name, statements with their places.
#pragma once
#include "emit.hpp"

namespace zygote::compiler {

class Writer {
 protected:
  Writer(const Function& f, Layout layout) : f_(f), layout_(std::move(layout)), uses_(f.values.size()) {
    count(f.body);
    count(f.adjoint.code);
    for (Id id : f.adjoint.grads) ++uses_[std::size_t(id)];
  }

  const Function& f_;
  const Layout layout_;
  std::string out_;
  int indent_ = 2, next_line_ = -1;

  bool used(Id i) const { return uses_[std::size_t(i)] > 0; }

  std::string id(Id i) const { return i == 0 ? "zygote::none{}" : f_[i].inlined.empty() ? f_[i].name : f_[i].inlined; }
  std::string moved(Id i) const { return i == 0 ? id(i) : "std::move(" + id(i) + ")"; }
  std::string list(const std::vector<Id>& ids, const char* separator = ", ") const {
    std::string text;
    for (Id i : ids) text += (text.empty() ? "" : separator) + id(i);
    return text;
  }

  void line(const std::string& text, Pos pos) {
    if (layout_.one_line) {
      out_ += text + " ";
      return;
    }
    if (layout_.directives && pos.line == next_line_ - 1) {  // what one line of the source becomes is one line too
      out_.back() = ' ';
      out_ += text + "\n";
      return;
    }
    if (layout_.directives && pos.line != next_line_) out_ += "#line " + std::to_string(pos.line) + "\n";
    out_ += std::string(std::size_t(indent_) * 2, ' ') + text + "\n";
    next_line_ = pos.line + 1;
  }
  void statement(const std::string& text, Pos pos) { line(text + ";", pos); }
  void define(Id result, const std::string& type, const std::string& text, Pos pos) {
    statement((used(result) || type[0] == '[' ? "" : "[[maybe_unused]] ") + type + " " + id(result) + text, pos);
  }
  void define_value(Id result, const std::string& text, Pos pos) { define(result, "const auto", " = " + text, pos); }
  void define_reference(Id result, const std::string& text, Pos pos) {
    define(result, "const auto&", " = " + text, pos);
  }

  // head { body } tail, one level further in.
  template <class Body>
  void block(const std::string& head, Pos pos, const std::string& tail, Body&& body) {
    ++indent_;
    line(head, pos);
    ++indent_;
    body();
    --indent_;
    line(tail, pos);
    --indent_;
  }

  std::string parameters(const std::vector<Id>& args, const std::string& type = "const auto&") const {
    std::string text;
    for (Id i : args) text += (text.empty() ? "" : ", ") + type + (used(i) ? " " + id(i) : "");
    return text;
  }

  static std::string escaped(const std::string& text) {
    std::string out;
    for (char c : text) out += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    return out;
  }

 private:
  std::vector<int> uses_;

  void count(const Region& r) {
    for (const Inst& inst : r.code) {
      for (Id i : inst.operands) ++uses_[std::size_t(i)];
      for (const Region& inner : inst.regions) count(inner);
    }
    for (const auto* ids : {&r.yields, &r.saves})
      for (Id i : *ids) ++uses_[std::size_t(i)];
  }
};

}  // namespace zygote::compiler
