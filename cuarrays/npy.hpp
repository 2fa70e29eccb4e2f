// Files of NumPy. Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#pragma once
#include <bit>
#include <complex>
#include <cstring>
#include <cuarrays/views.hpp>
#include <filesystem>
#include <fstream>

namespace cuarrays {

namespace detail {
/// "<f4" and so on; kinds: f(loat), i(nteger), u(nsigned), b(ool), c(omplex).
template <class T>
std::string npy_type() {
  static_assert(std::endian::native == std::endian::little);
  constexpr bool complex = std::same_as<T, std::complex<float>> || std::same_as<T, std::complex<double>>;
  static_assert(std::is_arithmetic_v<T> || complex, "cuarrays: .npy files hold numbers and complex numbers");
  const char kind = complex                       ? 'c'
                    : std::same_as<T, bool>       ? 'b'
                    : std::is_floating_point_v<T> ? 'f'
                    : std::is_signed_v<T>         ? 'i'
                                                  : 'u';
  return text(sizeof(T) == 1 ? '|' : '<', kind, sizeof(T));
}
/// What follows 'key': in the header.
inline std::string npy_field(const std::string& header, const std::string& key) {
  const auto at = header.find('\'' + key + "':");
  if (at == std::string::npos) fail("load_npy", "expected a header with '", key, "', got ", header);
  const auto begin = header.find_first_not_of(' ', at + key.size() + 3);
  return header.substr(begin, header.find_first_of(header[begin] == '(' ? ")" : ",}", begin) - begin);
}
}  // namespace detail

/// Writes an array for numpy.load, which sees the same shape and elements at the same positions. Throws
/// std::runtime_error if the file cannot be written.
template <class T, int N>
void save_npy(const std::filesystem::path& path, const Array<T, N>& a) {
  std::string header = detail::text("{'descr': '", detail::npy_type<T>(), "', 'fortran_order': True, 'shape': (");
  for (Index e : a.shape()) header += detail::text(e, ", ");
  header += "), }";
  header.append(63 - (header.size() + 10) % 64, ' ') += '\n';  // elements begin at a multiple of 64
  const auto length = static_cast<unsigned>(header.size());
  std::ofstream file(path, std::ios::binary);
  file << std::string("\x93NUMPY\x01\0", 8) << static_cast<char>(length & 255) << static_cast<char>(length >> 8)
       << header;
  file.write(reinterpret_cast<const char*>(a.data()), static_cast<std::streamsize>(a.bytes()));
  if (!file.flush()) throw std::runtime_error("[save_npy] could not write " + path.string());
}

/// Reads such a file, of either memory order. Throws std::runtime_error if it cannot be read, std::invalid_argument if
/// elements or rank are others than asked for.
template <class T, int N>
Array<T, N> load_npy(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  unsigned char start[12] = {};
  file.read(reinterpret_cast<char*>(start), 10);
  if (!file || std::memcmp(start, "\x93NUMPY", 6) != 0)
    throw std::runtime_error("[load_npy] expected a file of NumPy, got " + path.string());
  std::size_t length = start[8] + 256u * start[9];
  if (start[6] > 1) {  // versions 2 and 3: four bytes
    file.read(reinterpret_cast<char*>(start + 10), 2);
    length += 65536u * start[10] + 16777216u * start[11];
  }
  if (length > 1 << 20) detail::fail("load_npy", "expected a header of at most 1 MiB, got ", length, " bytes");
  std::string header(length, ' ');
  file.read(header.data(), static_cast<std::streamsize>(length));
  const std::string type = detail::npy_field(header, "descr"), wanted = '\'' + detail::npy_type<T>() + '\'';
  if (type != wanted) detail::fail("load_npy", "expected elements of type ", wanted, ", got ", type);
  const bool fortran = detail::npy_field(header, "fortran_order") == "True";
  std::istringstream extents(detail::npy_field(header, "shape").substr(1));
  Shape<N> shape;
  int rank = 0;
  for (Index e; extents >> e; extents.ignore(2), ++rank)
    if (rank < N) shape[fortran ? rank : N - 1 - rank] = e;
  if (rank != N) detail::fail("load_npy", "expected ", N, " dimensions, got ", rank);
  Array<T, N> a(shape, Uninitialised{});
  file.read(reinterpret_cast<char*>(a.mutable_data()), static_cast<std::streamsize>(a.bytes()));
  if (!file) throw std::runtime_error("[load_npy] expected more elements in " + path.string());
  if (fortran || N == 1) return a;
  return [&]<std::size_t... d>(std::index_sequence<d...>) {
    return permute(a, (N - 1 - static_cast<int>(d))...).evaluate();
  }
  (std::make_index_sequence<N>{});
}

}  // namespace cuarrays
