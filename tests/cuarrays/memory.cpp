// What arrays hold, memory that is the user's, files of NumPy.
#include <fstream>

#include "check.hpp"

using namespace cuarrays;
using check::rng;

TEST_CASE("memory: use, peak, and what happens when there is none") {
  const auto before = memory_use(Host{});
  reset_peak(Host{});
  {
    const Array<float, 1> a({1 << 20}), b({1 << 20});
    CHECK(memory_use(Host{}).current - before.current >= 8u << 20);
  }
  const auto after = memory_use(Host{});
  CHECK(after.current == before.current);
  CHECK(after.peak - before.current >= 8u << 20);
  CHECK(after.pooled >= before.pooled);
  const Array<float, 1> kept = full(1.f, 10);
  CHECK(
      check::throws([] { Array<float, 1>({Index(1) << 55}, Uninitialised{}); }, "[allocate] expected room for 14411"));
  CHECK(sum(kept) == 10);
}

TEST_CASE("memory: arrays in the user's memory") {
  std::vector<double> mine = {1, 2, 3, 4};
  auto a = Array<double, 2>::wrap(mine.data(), {2, 2});
  a *= 2;
  CHECK(mine[3] == 8);
  auto b = a;
  b(0, 0) = 7;
  CHECK(mine[0] == 2);
  CHECK(a.to_vector() == mine);
  auto owner = std::make_shared<std::vector<float>>(3, 1.f);
  const auto c = Array<float, 1>::wrap(owner->data(), {3}, owner);
  owner.reset();
  CHECK(sum(c) == 3);
}

TEST_CASE("memory: page-locked, where there is a GPU; elsewhere the same programs run") {
  const auto x = randn<float>(rng(), 5, 3);
  auto a = pinned(x);
  static_assert(std::same_as<decltype(a), Array<float, 2>>);
  CHECK(isapprox(a, x, 0));
  a(0, 0) = 9;
  CHECK(a(0, 0) == 9);
  CHECK(std::as_const(x)(0, 0) != 9);
  Array<float, 2> b({5, 3}, Pinned{});
  CHECK(b.shape() == x.shape());
  b = x * 2;
  CHECK(isapprox(pinned(x * 2), b, 0));
  const auto [c, n] = pinned(std::tuple(Array<int, 1>(), 3));
  CHECK((c.is_void() && n == 3));
  CHECK(pinned(Array<float, 2>({0, 4})).shape() == Shape(0, 4));
  CHECK(check::throws([] { Array<float, 1>({-1}, Pinned{}); }, "[array] expected extents of 0 or more"));
  const auto later = cpu_async(x + 1);
  CHECK(isapprox(later.get(), x + 1, 0));
  check::pullback(pinned, full(1.0, 3));
}

TEST_CASE("memory: which GPU") {
  CHECK((devices() > 0) == detail::has_gpu());
  if (devices() == 0) CHECK_THROWS_AS(UseDevice(0), std::runtime_error);
}

TEST_CASE("npy: there and back, and from rows") {
  const auto path = std::filesystem::temp_directory_path() / "cuarrays_test.npy";
  const auto x = randn<float>(rng(), 3, 4, 2);
  save_npy(path, x);
  CHECK(isapprox(load_npy<float, 3>(path), x, 0));
  CHECK(check::throws([&] { load_npy<double, 3>(path); }, "[load_npy] expected elements of type '<f8', got '<f4'"));
  CHECK(check::throws([&] { load_npy<float, 2>(path); }, "[load_npy] expected 2 dimensions, got 3"));
  save_npy(path, Array<std::complex<double>, 1>::of({{1, 2}, {3, 4}}));
  CHECK(load_npy<std::complex<double>, 1>(path)[1] == std::complex<double>(3, 4));
  {  // as numpy.save writes [[1, 2, 3], [4, 5, 6]] of int16
    std::string header = "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }";
    header.append(117 - header.size(), ' ') += '\n';
    std::ofstream file(path, std::ios::binary);
    file << std::string("\x93NUMPY\x01\0", 8) << static_cast<char>(118) << '\0' << header;
    for (char i = 1; i <= 6; ++i) file << i << '\0';
  }
  CHECK(isapprox(load_npy<std::int16_t, 2>(path), Array<std::int16_t, 2>::of({{1, 2, 3}, {4, 5, 6}})));
  std::filesystem::remove(path);
  CHECK_THROWS_AS((load_npy<float, 1>(path)), std::runtime_error);
}
