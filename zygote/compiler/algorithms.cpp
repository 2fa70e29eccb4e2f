// Algorithms of the standard library, over ranges, as the source that calls of them are replaced by.
// Their names end in the number of arguments, where a range is one. (lower_algorithm.cpp calls them.)
#include <deque>

#include "lower.hpp"
#include "parser.hpp"

namespace zygote::compiler {
namespace {

const char* const source = R"(
    auto accumulate2(const auto& range, auto total) { for (const auto& x : range) total = total + x; return total; }
    auto accumulate3(const auto& range, auto total, auto op) { for (const auto& x : range) total = op(total, x); return total; }
    auto reduce1(const auto& range) {
      auto total = zygote::ir::element_zero(range);
      for (const auto& x : range) total = total + x;
      return total;
    }
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
    auto inner_product5(const auto& a, const auto& b, auto total, auto op, auto map) {
      for (std::size_t i = 0; i < a.size(); ++i) total = op(total, map(a[i], b[i]));
      return total;
    }
    auto transform_reduce4(const auto& range, auto total, auto op, auto map) {
      for (const auto& x : range) total = op(total, map(x));
      return total;
    }
    auto any_of2(const auto& range, auto test) { bool r = false; for (const auto& x : range) r = r || test(x); return r; }
    auto all_of2(const auto& range, auto test) { bool r = true; for (const auto& x : range) r = r && test(x); return r; }
    auto none_of2(const auto& range, auto test) { bool r = true; for (const auto& x : range) r = r && !test(x); return r; }
    auto count_if2(const auto& range, auto test) {
      std::ptrdiff_t n = 0;
      for (const auto& x : range) if (test(x)) ++n;
      return n;
    }
    auto count2(const auto& range, const auto& value) {
      std::ptrdiff_t n = 0;
      for (const auto& x : range) if (x == value) ++n;
      return n;
    }
    auto max_element4(const auto& range, std::ptrdiff_t first, std::ptrdiff_t last, auto less) {
      std::ptrdiff_t best = first;
      for (; first < last; ++first) if (less(range[best], range[first])) best = first;
      return best;
    }
    auto min_element4(const auto& range, std::ptrdiff_t first, std::ptrdiff_t last, auto less) {
      std::ptrdiff_t best = first;
      for (; first < last; ++first) if (less(range[first], range[best])) best = first;
      return best;
    }
    auto find4(const auto& range, std::ptrdiff_t first, std::ptrdiff_t last, const auto& x) {
      while (first < last && !(range[first] == x)) ++first;
      return first;
    }
    auto find_if4(const auto& range, std::ptrdiff_t first, std::ptrdiff_t last, auto test) {
      while (first < last && !test(range[first])) ++first;
      return first;
    }
    auto lower_bound4(const auto& range, std::ptrdiff_t first, std::ptrdiff_t last, const auto& x) {
      while (first < last) {
        const std::ptrdiff_t middle = first + (last - first) / 2;
        if (range[middle] < x) first = middle + 1; else last = middle;
      }
      return first;
    }
    auto upper_bound4(const auto& range, std::ptrdiff_t first, std::ptrdiff_t last, const auto& x) {
      while (first < last) {
        const std::ptrdiff_t middle = first + (last - first) / 2;
        if (x < range[middle]) last = middle; else first = middle + 1;
      }
      return first;
    }
    void reverse1(auto& range) {
      for (std::size_t i = 0, k = range.size(); i + 1 < k; ++i) { --k; std::swap(range[i], range[k]); }
    }
    void partial_sum2(const auto& from, auto& to) {
      for (std::size_t i = 0; i < from.size(); ++i) if (i == 0) to[0] = from[0]; else to[i] = to[i - 1] + from[i];
    }
    void sort2(auto& range, auto less) {
      const auto order = zygote::ir::order(range, less);
      const auto old = range;
      for (std::size_t i = 0; i < order.size(); ++i) range[i] = old[order[i]];
    }
    void stable_sort2(auto& range, auto less) {
      const auto order = zygote::ir::order<true>(range, less);
      const auto old = range;
      for (std::size_t i = 0; i < order.size(); ++i) range[i] = old[order[i]];
    }
    void partial_sum3(const auto& from, auto& to, auto op) {
      for (std::size_t i = 0; i < from.size(); ++i) if (i == 0) to[0] = from[0]; else to[i] = op(to[i - 1], from[i]);
    }
    void partial_sum4(const auto& from, auto& to, auto op, auto total) {
      for (std::size_t i = 0; i < from.size(); ++i) { total = op(total, from[i]); to[i] = total; }
    }
    void transform_inclusive_scan4(const auto& from, auto& to, auto op, auto map) {
      for (std::size_t i = 0; i < from.size(); ++i) if (i == 0) to[0] = map(from[0]); else to[i] = op(to[i - 1], map(from[i]));
    }
    void exclusive_scan4(const auto& from, auto& to, auto total, auto op) {
      for (std::size_t i = 0; i < from.size(); ++i) { const auto x = from[i]; to[i] = total; total = op(total, x); }
    }
    void exclusive_scan3(const auto& from, auto& to, auto total) {
      for (std::size_t i = 0; i < from.size(); ++i) { const auto x = from[i]; to[i] = total; total = total + x; }
    }
    void adjacent_difference2(const auto& from, auto& to) {
      if (from.size() == 0) return;
      auto before = from[0];
      to[0] = before;
      for (std::size_t i = 1; i < from.size(); ++i) { const auto x = from[i]; to[i] = x - before; before = x; }
    }
    void adjacent_difference3(const auto& from, auto& to, auto op) {
      if (from.size() == 0) return;
      auto before = from[0];
      to[0] = before;
      for (std::size_t i = 1; i < from.size(); ++i) { const auto x = from[i]; to[i] = op(x, before); before = x; }
    }
    void fill_n3(auto& range, std::ptrdiff_t n, const auto& value) { for (std::ptrdiff_t i = 0; i < n; ++i) range[i] = value; }
    void copy_n3(const auto& from, std::ptrdiff_t n, auto& to) { for (std::ptrdiff_t i = 0; i < n; ++i) to[i] = from[i]; }
    void generate2(auto& range, auto make) { for (auto& x : range) x = make(); }
    void replace_if3(auto& range, auto test, const auto& value) { for (auto& x : range) if (test(x)) x = value; }
    void copy_back2(const auto& from, auto& to) { for (const auto& x : from) to.push_back(x); }
    void copy_if_back3(const auto& from, auto& to, auto test) { for (const auto& x : from) if (test(x)) to.push_back(x); }
    void transform_back3(const auto& from, auto& to, auto op) { for (const auto& x : from) to.push_back(op(x)); }
    void transform_back4(const auto& a, const auto& b, auto& to, auto op) {
      for (std::size_t i = 0; i < a.size(); ++i) to.push_back(op(a[i], b[i]));
    }
    auto slice4(const auto& range, std::ptrdiff_t first, std::ptrdiff_t last, auto part) {
      part.resize(last - first);
      for (std::size_t i = 0; i < part.size(); ++i) part[i] = range[first + i];
      return part;
    }
    auto exchange2(auto& x, const auto& next) { const auto old = x; x = next; return old; }
    void iota2(auto& range, auto next) { for (auto& x : range) { x = next; ++next; } }
    void resize3(auto& range, std::size_t n, const auto& value) {
      const auto x = value;
      const std::size_t old = range.size();
      range.resize(n);
      for (std::size_t i = old; i < n; ++i) range[i] = x;
    }
    void assign3(auto& range, std::size_t n, const auto& value) {
      const auto x = value;
      range.clear();
      range.resize(n);
      for (std::size_t i = 0; i < n; ++i) range[i] = x;
    }
    void assign2(auto& range, const auto& other) { range.clear(); for (const auto& x : other) range.push_back(x); }
    void insert2(auto& range, const auto& other) { for (const auto& x : other) range.push_back(x); }
    void erase3(auto& range, std::size_t first, std::size_t last) {
      const std::size_t gone = last - first;
      for (std::size_t i = last; i < range.size(); ++i) range[i - gone] = range[i];
      for (std::size_t i = 0; i < gone; ++i) range.pop_back();
    }
    void insert3(auto& range, std::size_t at, const auto& value) {
      const auto x = value;
      range.push_back(x);
      for (std::size_t i = range.size() - 1; i > at; --i) range[i] = range[i - 1];
      range[at] = x;
    }
    auto remove_if4(auto& range, std::ptrdiff_t first, std::ptrdiff_t last, auto test) {
      std::ptrdiff_t kept = first;
      for (; first < last; ++first)
        if (!test(range[first])) { if (kept != first) range[kept] = range[first]; ++kept; }
      return kept;
    }
    auto erase_if2(auto& range, auto test) {
      std::size_t kept = 0;
      for (std::size_t i = 0; i < range.size(); ++i)
        if (!test(range[i])) { if (kept != i) range[kept] = range[i]; ++kept; }
      const std::size_t gone = range.size() - kept;
      for (std::size_t i = 0; i < gone; ++i) range.pop_back();
      return gone;
    }
    void swap2(auto& a, auto& b) { auto old = a; a = b; b = old; }
  )";

}  // namespace

const std::map<std::string, Callable>& algorithms() {
  static const auto table = [] {
    static std::deque<Marked> marked;
    std::map<std::string, Callable> all;
    static const Tokens tokens = tokenize(source);
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

}  // namespace zygote::compiler
