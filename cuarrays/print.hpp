// std::cout << array: matrices by rows, higher ranks as a list of matrices, long dimensions cut in the middle.
#pragma once
#include <cuarrays/transfer.hpp>
#include <iomanip>
#include <ostream>

namespace cuarrays {

namespace detail {
/// Calls f(i) for i in [0, n), and gap() once in the middle if n is long.
template <class F, class Gap>
void abridged(Index n, F&& f, Gap&& gap) {
  constexpr Index shown = 10;
  for (Index i = 0; i < n; ++i) {
    if (n > shown && i == shown / 2) {
      gap();
      i = n - shown / 2;
    }
    f(i);
  }
}

template <class T>
std::string element_text(const T& x) {
  std::ostringstream out;
  out << std::setprecision(5);
  if constexpr (requires { out << +x; })
    out << +x;  // a char as a number
  else if constexpr (requires { out << x; })
    out << x;
  else
    out << "{}";
  return out.str();
}

template <class T>
void print_matrix(std::ostream& out, const T* x, Index rows, Index columns) {
  std::size_t width = 0;
  auto each = [&](Index i, auto&& f) {
    abridged(
        columns, [&](Index j) { f(element_text(x[i + j * rows])); }, [&] { f("..."); });
  };
  abridged(
      rows, [&](Index i) { each(i, [&](const std::string& s) { width = std::max(width, s.size()); }); }, [] {});
  abridged(
      rows,
      [&](Index i) {
        each(i, [&](const std::string& s) { out << "  " << std::setw(static_cast<int>(width)) << s; });
        out << '\n';
      },
      [&] { out << "  ...\n"; });
}
}  // namespace detail

/// The shape, then the elements; a vector is printed as one row.
template <class T, int N, class Space>
std::ostream& operator<<(std::ostream& out, const BasicArray<T, N, Space>& a) {
  const BasicArray<T, N, Host> host = cpu(a);
  out << (std::same_as<Space, Host> ? "Array " : "CuArray ") << host.shape() << '\n';
  if (host.empty()) return out;
  const Index rows = N == 1 ? 1 : host.size(0),
              columns = N == 1 ? host.size(0) : detail::with_rank<std::max(N, 2)>(host.shape())[1];
  detail::abridged(
      host.size() / (rows * columns),
      [&](Index m) {
        if (N > 2) out << " matrix " << m << '\n';
        detail::print_matrix(out, host.data() + m * rows * columns, rows, columns);
      },
      [&] { out << " ...\n"; });
  return out;
}
template <LazyArray E>
std::ostream& operator<<(std::ostream& out, const E& expression) {
  return out << expression.evaluate();
}

}  // namespace cuarrays
