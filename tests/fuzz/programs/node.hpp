// A generated program as a tree of text, so that a shrinker can cut parts out of it.
//
// Statements and expressions are cuttable: cut, a statement prints nothing, and an expression a literal of its type.
// Cuttable nodes are numbered in the order of their first character, whatever is cut.
#pragma once
#include <set>
#include <string>
#include <vector>

namespace fuzz {

struct Node {
  std::string text;
  std::vector<Node> parts;
  bool cuttable = false;
  std::string instead;  // of a cuttable node

  Node() = default;
  Node(std::string t) : text(std::move(t)) {}
  Node(const char* t) : text(t) {}
};

inline Node group(std::vector<Node> parts) {
  Node node;
  node.parts = std::move(parts);
  return node;
}
inline Node cuttable(std::string instead, std::vector<Node> parts) {
  Node node = group(std::move(parts));
  node.cuttable = true;
  node.instead = std::move(instead);
  return node;
}
inline Node statement(std::vector<Node> parts) {
  parts.push_back("\n");
  return cuttable("", std::move(parts));
}

/// The text without the nodes numbered in `cut`, indented. `next` is the number of the first node, then of the one
/// after the last.
std::string print(const Node& node, const std::set<int>& cut, int& next);

/// One line "first end" for each cuttable node: its number, and the one after its last part.
std::string ranges(const Node& node, int& next);

/// The program for dual numbers: double and float become Dual, literals too, and <cmath> that of namespace fuzz; not
/// marked.
std::string dual_copy(const std::string& program);

}  // namespace fuzz
