// tree -> IR: algorithms of the standard library, over whole ranges.
//
//   std::accumulate(v.begin(), v.end(), 0.0)     =>     the loop that it is
#include "lower.hpp"
#include "parser.hpp"

namespace zygote::compiler {
namespace {

// Algorithms of the standard library, over ranges; read as if the file had defined them.
const std::map<std::string, Callable>& algorithms() {
  static const char* const source = R"(
    auto accumulate2(const auto& range, auto total) { for (const auto& x : range) total = total + x; return total; }
    auto accumulate3(const auto& range, auto total, auto op) { for (const auto& x : range) total = op(total, x); return total; }
    auto inner_product3(const auto& a, const auto& b, auto total) {
      for (std::size_t i = 0; i < a.size(); ++i) total = total + a[i] * b[i];
      return total;
    }
    void transform3(const auto& from, auto& to, auto op) { for (std::size_t i = 0; i < from.size(); ++i) to[i] = op(from[i]); }
    void transform4(const auto& a, const auto& b, auto& to, auto op) {
      for (std::size_t i = 0; i < a.size(); ++i) to[i] = op(a[i], b[i]);
    }
    void for_each2(auto& range, auto op) { for (auto& x : range) op(x); }
    void fill2(auto& range, const auto& value) { for (auto& x : range) x = value; }
    void copy2(const auto& from, auto& to) { for (std::size_t i = 0; i < from.size(); ++i) to[i] = from[i]; }
    void swap2(auto& a, auto& b) { auto old = a; a = b; b = old; }
  )";
  static const auto table = [] {
    static std::vector<Marked> marked;
    std::map<std::string, Callable> all;
    static const Tokens tokens = tokenize(source);
    marked.reserve(32);
    for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
      const std::size_t close = matching(tokens, i + 2), end = matching(tokens, close + 1);
      Marked m;
      m.name = tokens[i + 1].text;
      m.return_type = tokens[i].is("void") ? "void" : "";
      m.parameters = parse_parameters(tokens, i + 3, close);
      marked.push_back(m);
      all[m.name] = {&marked.back(), parse_body(Tokens(tokens.begin() + std::ptrdiff_t(close) + 1,
                                                       tokens.begin() + std::ptrdiff_t(end) + 1))};
      i = end;
    }
    return all;
  }();
  return table;
}

// x in x.begin(), x.end(), std::begin(x), std::back_inserter(x), ..
const Node* range_of(const Node& n, const std::set<std::string>& names) {
  if (n.kind != NodeKind::call) return nullptr;
  if (n.kids[0].kind == NodeKind::member && n.kids.size() == 1 && names.count(n.kids[0].text))
    return &n.kids[0].kids[0];
  if (n.kids[0].kind == NodeKind::name && n.kids.size() == 2 && names.count(unqualified(n.kids[0].text)))
    return &n.kids[1];
  return nullptr;
}

}  // namespace

std::optional<Id> Lowering::call_algorithm(const Node& n, const std::string& name, const std::string& hint) {
  const bool ranges = n.kids[0].text.find("ranges::") != std::string::npos;
  std::vector<const Node*> arguments;
  for (std::size_t i = 1; i < n.kids.size(); ++i) {
    const Node* first = range_of(n.kids[i], {"begin", "cbegin"});
    const Node* last = i + 1 < n.kids.size() ? range_of(n.kids[i + 1], {"end", "cend"}) : nullptr;
    if (first && last) ++i;
    arguments.push_back(first && !ranges ? first : &n.kids[i]);
  }
  if (!ranges && name != "swap" && arguments.size() + 1 == n.kids.size()) return std::nullopt;  // no range in it
  const auto found = algorithms().find(name + std::to_string(arguments.size()));
  if (found == algorithms().end()) return std::nullopt;
  const Marked& m = *found->second.marked;
  Context context;
  context.visible.clear();
  return inline_body(m.parameters, found->second.body, m.return_type, std::move(context), {},
                     bindings(arguments, m.parameters), n.pos, hint);
}

}  // namespace zygote::compiler
