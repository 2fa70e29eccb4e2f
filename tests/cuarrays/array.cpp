// Arrays as values: construction, shapes, copy on write, indexing, printing, errors.
#include <sstream>

#include "check.hpp"

using namespace cuarrays;

TEST_CASE("array: construction and shape") {
  const Array<float, 2> zeros({3, 4}), given({2, 2}, {1, 2, 3, 4}),
      copied(Shape(2, 3), std::vector<int>{1, 2, 3, 4, 5, 6});
  CHECK(zeros.shape() == Shape(3, 4));
  CHECK(zeros.size() == 12);
  CHECK(zeros.size(1) == 4);
  CHECK(zeros(2, 3) == 0);
  CHECK(given(1, 0) == 2);
  CHECK(copied(0, 2) == 5);
  CHECK(Array<float, 1>({3}).size() == 3);
  const auto rows = Array<double, 2>::of({{1, 2, 3}, {4, 5, 6}});
  CHECK(rows.shape() == Shape(2, 3));
  CHECK(rows(1, 0) == 4);
  CHECK(Array<int, 1>::of({7, 8})[1] == 8);
  const Array<float, 3> none;
  CHECK(none.empty());
  CHECK(none.is_void());
  CHECK_FALSE(Array<float, 2>({3, 0}).is_void());
  const auto ones = full(1.5f, 2, 2);
  CHECK(ones(1, 1) == 1.5f);
  struct Pair {
    int a;
    char b;
  };
  CHECK(Array<Pair, 1>({2})[1].a == 0);
}

TEST_CASE("array: copies share until one is written") {
  Array<float, 1> a({3}, {1, 2, 3});
  Array<float, 1> b = a;
  CHECK(std::as_const(a).data() == std::as_const(b).data());
  b[0] = 9;
  CHECK(a[0] == 1);
  CHECK(b[0] == 9);
  const float* before = std::as_const(a).data();
  a[1] = 5;  // alone now: in place
  CHECK(std::as_const(a).data() == before);
  Array<float, 1> c = std::move(a);
  CHECK(a.empty());
  CHECK(c.data() == before);
  const auto& itself = c;
  c = itself;
  CHECK(c.size() == 3);
  const auto matrix = Array<float, 2>({2, 3}, {1, 2, 3, 4, 5, 6});
  auto wide = matrix.reshape(Shape(1, -1, 2));
  CHECK(wide.shape() == Shape(1, 3, 2));
  wide(0, 0, 0) = 7;
  CHECK(matrix(0, 0) == 1);
  for (float& x : c) x = 0;
  CHECK(sum(c) == 0);
}

TEST_CASE("array: errors say what was expected") {
  Array<float, 2> a({2, 3});
  CHECK(check::throws(
      [&] {
        Array<float, 2>({2, 2}, {1, 2, 3});
      },
      "[array] expected 4 elements for the shape (2, 2), got 3"));
  CHECK(check::throws([&] { Array<float, 2>({2, -1}); }, "[array] expected extents of 0 or more, got (2, -1)"));
  CHECK(check::throws([&] { Array<float, 2>({Index(1) << 40, Index(1) << 40}); }, "fits into memory"));
  CHECK(check::throws([&] { a.reshape(Shape(4, 2)); },
                      "[reshape] expected a shape of 6 elements as in (2, 3), got (4, 2)"));
  CHECK(check::throws([&] { a.reshape(Shape(-2, -3)); }, "expected extents of 0 or more, got (-2, -3)"));
  CHECK(check::throws([&] { a.reshape(Shape(-1, -1, 6)); }, "expected extents of 0 or more, got (-1, -1, 6)"));
  CHECK(check::throws(
      [&] {
        a + Array<float, 2>({3, 2});
      },
      "[add] expected equal shapes, or extents of 1 that can be stretched, got (2, 3) and (3, 2)"));
  CHECK(check::throws([&] { a += Array<float, 1>({3}); }, "[add] expected"));
  CHECK(check::throws([&] { full(1.f, 2, 1) += a; },
                      "[add] expected a shape that can be stretched to (2, 1), got (2, 3)"));
  CHECK(check::throws([&] { sum(a, 2); }, "[sum] expected dimensions from 0 to 1, got 2"));
#ifndef NDEBUG
  CHECK(check::throws([&] { a(2, 0); }, "[index] expected a position within (2, 3), got (2, 0)"));
  CHECK(check::throws([&] { a[-1]; }, "[index] expected 0 <= i < 6, got -1"));
#endif
  const CuArray<float, 1> on_gpu;
  CHECK(check::throws([&] { on_gpu[0]; }, "Use cpu(a) first"));
}

namespace {
struct Pair {
  int a, b;
};
std::ostream& operator<<(std::ostream& out, const Pair& p) { return out << p.a << '/' << p.b; }
}  // namespace
TEST_CASE("array: printing") {
  std::ostringstream out;
  out << Array<int, 2>::of({{1, -20}, {3, 4}}) << Array<float, 1>::of({0.5f, 2}) << Array<float, 2>();
  CHECK(out.str() == "Array (2, 2)\n    1  -20\n    3    4\nArray (2)\n  0.5    2\nArray (0, 0)\n");
  std::ostringstream structs;
  structs << Array<Pair, 1>(Shape(2), {Pair{1, 2}, Pair{3, 4}});
  CHECK(structs.str() == "Array (2)\n  1/2  3/4\n");
  std::ostringstream large;
  large << Array<bool, 3>({30, 40, 50});
  CHECK(large.str().size() < 6000);
}
