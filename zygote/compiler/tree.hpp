// The syntax tree of marked code.
#pragma once
#include <optional>
#include <set>

#include "source.hpp"

namespace zygote::compiler {

// kind, name for --emit=tree, what the children are
#define ZYGOTE_NODES(N)                                                              \
  N(name, "name")       /* text: possibly qualified, with template arguments */      \
  N(literal, "literal") /* text; also sizeof(..), typeid(..): opaque constants */    \
  N(self, "this")                                                                    \
  N(unary, "unary")           /* text: operator; operand */                          \
  N(postfix, "postfix")       /* text: ++ or --; operand */                          \
  N(binary, "binary")         /* text: operator; left, right */                      \
  N(assign, "assign")         /* text: operator; target, value */                    \
  N(ternary, "ternary")       /* condition, then, else */                            \
  N(call, "call")             /* callee, arguments.. */                              \
  N(member, "member")         /* text: name, arrow as op; object */                  \
  N(index, "index")           /* object, index */                                    \
  N(make, "make")             /* text: type ("" = from context); arguments.. */      \
  N(designated, "designated") /* text: field; value */                               \
  N(comma, "comma")           /* left, right */                                      \
  N(lambda, "lambda")         /* captures, parameters; body block */                 \
  N(declare, "declare")       /* text: name, type; initialiser or none */            \
  N(bind, "bind")             /* names, type; initialiser */                         \
  N(verbatim, "verbatim")     /* text: using, typedef, static_assert */              \
  N(expression, "expression") /* value */                                            \
  N(if_, "if")                /* condition, then, [else] */                          \
  N(while_, "while")          /* condition, body */                                  \
  N(do_, "do")                /* condition, body */                                  \
  N(switch_, "switch")        /* selector, labels.. */                               \
  N(label, "label")           /* text: case or default; values.., block */           \
  N(raise, "throw")           /* [value] */                                          \
  N(for_, "for")              /* init, condition, step (block), body */              \
  N(range_for, "range_for")   /* declare or bind without initialiser, range, body */ \
  N(return_, "return")        /* [value] */                                          \
  N(break_, "break")                                                                 \
  N(continue_, "continue")                                                           \
  N(block, "block") /* statements.. */

enum class NodeKind {
#define N(kind, name) kind,
  ZYGOTE_NODES(N)
#undef N
};

struct Parameter {
  std::string name, type;      // the type as written, "" where the parameter has no name
  std::string text, fallback;  // type and name; the default argument, "" if there is none
  bool mutable_reference = false;
  Pos pos;
};

struct Capture {
  std::string name;  // "=", "&" or "this" for the defaults
  bool by_reference = false;
  bool has_init = false;       // its initialiser is the next child of the lambda
  bool copies_object = false;  // *this
};

struct Node {
  NodeKind kind = NodeKind::block;
  Pos pos;
  std::string text;
  std::vector<Node> kids;
  // only for some kinds
  std::string type;                   // declare, bind: as written; lambda: trailing return type
  std::vector<std::string> names;     // bind
  std::string initialiser;            // declare: of a constant, as written
  std::vector<Parameter> parameters;  // lambda
  std::string parameter_text;         // lambda: as written
  std::vector<Capture> captures;      // lambda
  bool braces = false;                // make, declare: T{..} rather than T(..)
  bool reference = false;             // declare, bind: the variable is a reference
  bool constant = false;              // declare: const
  int extents = 0;                    // declare: of a C array
};

/// Tokens of a function body `{ .. }` -> block. Throws Refusal at what the compiler does not handle.
Node parse_body(const Tokens& tokens);
/// Tokens `[..] (..) -> T { .. }` -> lambda.
Node parse_lambda(const Tokens& tokens);
/// Tokens between the parentheses of a parameter list.
std::vector<Parameter> parse_parameters(const Tokens& tokens, std::size_t begin, std::size_t end);

std::string print(const Node& node, int indent = 0);

/// Does the statement always leave by break, continue or return?
bool always_exits(const Node& n);
/// Is there such a node in it, outside of lambdas?
bool contains(const Node& n, NodeKind kind);
/// Does it return a value, not counting lambdas inside?
bool returns_value(const Node& n);
/// Does it only name a variable or a part of one, so that it may be read twice?
bool only_names(const Node& n);
/// Is there a call in it that gives `name` itself as an argument: name(name, 3)?
bool gives_itself(const Node& n, const std::string& name);
/// std::ranges::find(v, x)  =>  std::find(v.begin(), v.end(), x); std::ranges::max(v)  =>  *std::max_element(..)
void ranges_to_iterators(Node& call);
/// std::tie(a, b) = x;  =>  { const auto v = x; a = std::get<0>(v); b = std::get<1>(v); }
/// (c ? a : b) = x;     =>  { const auto v = x; if (c) a = v; else b = v; }, and likewise for methods of c ? a : b
void in_other_words(Node& statement);
/// m.emplace(k, v);  =>  { const auto key = k; const auto value = v; if (m.count(key) == 0) m[key] = value; }, and
/// likewise for try_emplace, insert of a pair, and insert_or_assign, of a map
std::optional<Node> map_insertion(const Node& call, const std::string& mapped_type);
/// Gives all of it one place.
void move_to(Node& n, Pos pos);
/// Names that it mentions.
void used_names(const Node& n, std::set<std::string>& names);
/// Names that a lambda mentions and does not declare itself.
std::set<std::string> used_from_outside(const Node& lambda);
/// Names that it mentions, those in types as well, and does not declare.
std::set<std::string> free_names(const Node& body, const std::vector<Parameter>& parameters);

}  // namespace zygote::compiler
