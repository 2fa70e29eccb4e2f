// Convolutions on the host: im2col and GEMM, for double and for what is small; oneDNN for the rest, if there.
#include <cuarrays/conv.hpp>

namespace cuarrays::detail {
namespace {

/// One sample and group, from output line `begin` to `end`; a line is a row of y, W' elements.
/// The patches are a matrix (positions, K): K runs over the elements of a filter, w fastest, the channel slowest.
template <class T>
struct Patches {
  const Conv& c;
  Index begin, end;
  T* patches;

  Index positions() const { return (end - begin) * c.y[0]; }
  Index channels() const { return c.in / c.groups; }
  Index length() const { return c.w_size() * channels(); }

  /// visit(line of patches, line of x, first and last valid position) for each line of one channel's patches; there is
  /// no valid position where the line of x is padding.
  template <class Visit>
  void each_line(Index channel, const Visit& visit) const {
    T* to = patches + channel * c.w_size() * positions();
    for (Index kz = 0; kz < c.w[2]; ++kz)
      for (Index ky = 0; ky < c.w[1]; ++ky)
        for (Index kx = 0; kx < c.w[0]; ++kx)
          for (Index line = begin; line < end; ++line, to += c.y[0]) {
            const Index y = line % c.y[1] * c.stride[1] - c.pad[1] + ky * c.dilation[1];
            const Index z = line / c.y[1] * c.stride[2] - c.pad[2] + kz * c.dilation[2];
            const Index shift = kx * c.dilation[0] - c.pad[0];
            const bool inside = y >= 0 && y < c.x[1] && z >= 0 && z < c.x[2];
            const Index first = shift >= 0 ? 0 : (-shift + c.stride[0] - 1) / c.stride[0];
            const Index last = c.x[0] <= shift ? 0 : (c.x[0] - shift + c.stride[0] - 1) / c.stride[0];
            const Index stop = inside ? std::min(last, c.y[0]) : 0;
            visit(to, ((channel * c.x[2] + z) * c.x[1] + y) * c.x[0] + shift, std::min(first, stop), stop);
          }
  }
  void gather(const T* x) const {
    parallel_ranges(channels(), positions() * length(), [&](Index from, Index to) {
      for (Index channel = from; channel < to; ++channel)
        each_line(channel, [&](T* line, Index at, Index first, Index stop) {
          std::fill_n(line, first, T(0));
          if (c.stride[0] == 1)
            std::copy_n(x + at + first, stop - first, line + first);
          else
            for (Index i = first; i < stop; ++i) line[i] = x[at + i * c.stride[0]];
          std::fill(line + stop, line + c.y[0], T(0));
        });
    });
  }
  void scatter_add(T* x) const {
    parallel_ranges(channels(), positions() * length(), [&](Index from, Index to) {
      for (Index channel = from; channel < to; ++channel)
        each_line(channel, [&](const T* line, Index at, Index first, Index stop) {
          for (Index i = first; i < stop; ++i) x[at + i * c.stride[0]] += line[i];
        });
    });
  }
};

/// Pointwise convolutions need no patches: x is the matrix.
bool is_pointwise(const Conv& c) {
  for (int d = 0; d < 3; ++d)
    if (c.w[d] != 1 || c.stride[d] != 1 || c.pad[d] != 0) return false;
  return true;
}

template <class T>
void convolve_by_gemm(ConvPass pass, const Conv& c, const T* a, const T* b, T* result) {
  const Index in = c.in / c.groups, out = c.out / c.groups, length = in * c.w_size(), lines = c.y[1] * c.y[2];
  const bool pointwise = is_pointwise(c);
  const Index chunk = pointwise ? lines : std::clamp<Index>((Index(1) << 18) / (length * c.y[0]), 1, lines);
  Buffer<Host> buffer(pointwise ? 0 : static_cast<std::size_t>(chunk * c.y[0] * length) * sizeof(T));
  if (pass == ConvPass::data && !pointwise) std::fill_n(result, c.x_size() * c.in * c.batch, T(0));
  for (Index n = 0; n < c.batch; ++n)
    for (Index g = 0; g < c.groups; ++g)
      for (Index begin = 0; begin < lines; begin += chunk) {
        const Index x_at = (n * c.in + g * in) * c.x_size(), w_at = g * out * length,
                    y_at = (n * c.out + g * out) * c.y_size() + begin * c.y[0];
        const Patches<T> part{c, begin, std::min(lines, begin + chunk), static_cast<T*>(buffer.data())};
        const Index m = part.positions();
        const Gemm forward{false, false, m, out, length, m, length, c.y_size()};
        if (pass == ConvPass::forward) {
          if (!pointwise) part.gather(a + x_at);
          gemm(Host{}, forward, pointwise ? a + x_at : part.patches, b + w_at, false, result + y_at);
        } else if (pass == ConvPass::weight) {
          if (!pointwise) part.gather(a + x_at);
          gemm(Host{}, Gemm{true, false, length, out, m, m, c.y_size(), length}, pointwise ? a + x_at : part.patches,
               b + y_at, n > 0 || begin > 0, result + w_at);
        } else {
          gemm(Host{}, Gemm{false, true, m, length, out, c.y_size(), length, m}, a + y_at, b + w_at, false,
               pointwise ? result + x_at : part.patches);
          if (!pointwise) part.scatter_add(result + x_at);
        }
      }
}

/// Measured: oneDNN's blocked layouts pay for copying into them from some number of multiplications on; its adjoints
/// are slow where there is one input channel.
bool pays_for_onednn(ConvPass pass, const Conv& c) {
  const Index products = c.batch * c.out * c.y_size() * (c.in / c.groups) * c.w_size();
  return has_onednn() && products >= Index(1) << 16 && (pass == ConvPass::forward || c.in > 1);
}

}  // namespace

void convolve(Host, ConvPass pass, const Conv& c, ElementType type, const void* a, const void* b, void* result) {
  const auto by_gemm = [&]<class T>(T* to) {
    convolve_by_gemm(pass, c, static_cast<const T*>(a), static_cast<const T*>(b), to);
  };
  if (type == ElementType::f32 && pays_for_onednn(pass, c))
    convolve_onednn(pass, c, static_cast<const float*>(a), static_cast<const float*>(b), static_cast<float*>(result));
  else if (type == ElementType::f32)
    by_gemm(static_cast<float*>(result));
  else if (type == ElementType::f64)
    by_gemm(static_cast<double*>(result));
  else
    fail("conv", "expected arrays of float or double on the CPU");
}

}  // namespace cuarrays::detail
