// Marked functions of arrays against differences.
#pragma once
#include "check.hpp"

/// The gradients of f against differences, element by element.
template <class F, class... A>
void check_marked(const F& f, A... args) {
  auto gradients = zygote::gradient(f, std::as_const(args)...);
  [&]<std::size_t... i>(std::index_sequence<i...>) {
    (check::compare([&] { return f(args...); }, args, std::get<i>(gradients)), ...);
  }
  (std::index_sequence_for<A...>{});
}
