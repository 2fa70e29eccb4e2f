// tokens with `using namespace std` -> tokens in which names of the standard library are said in full
//
//   sort(v.begin(), v.end(), less)     =>     std::sort(v.begin(), v.end(), less)
//
// A name that the file declares itself stays what it is. The text of the file does not change.
#include <set>

#include "find_marked.hpp"
#include "parser.hpp"

namespace zygote::compiler {
namespace {

const std::set<std::string> kTypes = {"array",
                                      "vector",
                                      "deque",
                                      "list",
                                      "map",
                                      "unordered_map",
                                      "set",
                                      "unordered_set",
                                      "multiset",
                                      "stack",
                                      "queue",
                                      "priority_queue",
                                      "pair",
                                      "tuple",
                                      "optional",
                                      "variant",
                                      "complex",
                                      "string",
                                      "span",
                                      "function",
                                      "unique_ptr",
                                      "shared_ptr",
                                      "mt19937",
                                      "mt19937_64",
                                      "bitset",
                                      "string_view",
                                      "monostate",
                                      "default_random_engine",
                                      "normal_distribution",
                                      "uniform_real_distribution",
                                      "uniform_int_distribution"};
const std::set<std::string> kFunctions = {"accumulate",  "inner_product", "transform",   "transform_reduce",
                                          "reduce",      "for_each",      "fill",        "copy",
                                          "any_of",      "all_of",        "none_of",     "count_if",
                                          "find",        "find_if",       "max_element", "min_element",
                                          "lower_bound", "upper_bound",   "reverse",     "sort",
                                          "stable_sort", "partial_sum",   "iota",        "swap",
                                          "make_pair",   "make_tuple",    "get",         "visit",
                                          "make_shared", "make_unique",   "get_if",      "holds_alternative",
                                          "move",        "begin",         "end",         "prev",
                                          "next",        "norm",          "real",        "imag",
                                          "conj",        "polar",         "arg",         "min",
                                          "max",         "clamp",         "size",        "apply",
                                          "abs"};

}  // namespace

void qualify_std(Tokens& tokens) {
  bool uses = false;
  for (std::size_t i = 0; i + 3 < tokens.size(); ++i)
    uses = uses || (tokens[i].is("using") && tokens[i + 1].is("namespace") && tokens[i + 2].is("std"));
  if (!uses) return;
  static const std::set<std::string> words = {"return", "else", "case", "throw", "const", "constexpr", "static",
                                              "and",    "or",   "not",  "new",   "do",    "co_return"};
  const auto declares = [&](std::size_t i) {  // the name behind a type
    const Token& before = tokens[i - 1];
    const bool closes = before.is(">") && (is_builtin_type(tokens[i - 2].text) || tokens[i - 2].is(">"));
    return closes || (before.identifier() && !words.count(before.text));
  };
  std::set<std::string> declared;
  for (std::size_t i = 2; i < tokens.size(); ++i)
    if (tokens[i].identifier() && declares(i)) declared.insert(tokens[i].text);
  for (std::size_t i = 1; i + 1 < tokens.size(); ++i) {
    Token& t = tokens[i];
    const Token &before = tokens[i - 1], &next = tokens[i + 1];
    if (!t.identifier() || declared.count(t.text) || before.is("::") || before.is(".") || before.is("->")) continue;
    const bool type = kTypes.count(t.text) && (next.identifier() || next.is("<") || next.is("{") || next.is("(") ||
                                               next.is("&") || next.is(">"));
    if (type || (kFunctions.count(t.text) && (next.is("(") || next.is("<")))) t.text = "std::" + t.text;
  }
}

}  // namespace zygote::compiler
