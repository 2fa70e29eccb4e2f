// Dropout and embeddings.
#pragma once
#include <cuarrays/indexing.hpp>
#include <cuarrays/random.hpp>
#include <cuarrays/traced.hpp>

namespace cuarrays {

namespace detail {
/// One call per block of four random words, for as many elements. Words below the threshold drop their element.
template <class T>
struct DropoutKernel {
  Rng rng;
  std::uint64_t threshold;
  T scale;
  FLUX_KERNEL void operator()(Index block, auto out, auto in) const {
    const Words words = rng.at(rng.block + static_cast<std::uint64_t>(block));
    for (int i = 0; i < 4 && 4 * block + i < in.size(); ++i)
      out[4 * block + i] = words.w[i] < threshold ? T(0) : scale * in[4 * block + i];
  }
};
template <class A>
A dropped(const A& x, double p, const Rng& rng) {
  using T = typename A::value_type;
  if (x.is_void()) return x;
  A y(x.shape(), Uninitialised{});
  const T scale = static_cast<T>(p < 1 ? 1 / (1 - p) : 0);
  launch(DropoutKernel<T>{rng, static_cast<std::uint64_t>(p * 0x1p32), scale}, (x.size() + 3) / 4, y, x);
  return y;
}
inline Index dropout_blocks(double p, Index size) {
  if (!(p >= 0 && p <= 1)) fail("dropout", "expected a probability, got ", p);
  return (size + 3) / 4;
}
}  // namespace detail

struct dropout_t {
  template <Arrays A>
  auto operator()(const A& a, double p, Rng& rng) const {
    const Materialised<A> x = materialise(a);
    return detail::dropped(x, p, rng.take(static_cast<std::uint64_t>(detail::dropout_blocks(p, x.size()))));
  }
  /// Nothing is stored: the adjoint draws the same random numbers again.
  template <Arrays A>
  auto pullback(const A& a, double p, Rng& rng) const {
    const Materialised<A> x = materialise(a);
    const Rng start = rng.take(static_cast<std::uint64_t>(detail::dropout_blocks(p, x.size())));
    return zygote::Pullback{detail::dropped(x, p, start), [p, start](const auto& d) {
                              return std::make_tuple(detail::Deferred([=] { return detail::dropped(d, p, start); }),
                                                     zygote::none{}, zygote::none{});
                            }};
  }
};
/// Each element becomes 0 with probability p, otherwise x / (1 - p): dropout(x, 0.5, rng). Srivastava et al. (2014)
inline constexpr dropout_t dropout;

namespace detail {
/// On the GPU.
struct EmbeddingAdjointKernel {
  FLUX_KERNEL void operator()(Index i, Index token, auto table, auto d, auto tokens) const {
    using T = std::remove_cvref_t<decltype(table(i, 0))>;
    if (const auto at = static_cast<Index>(tokens[token]); at >= 0 && at < table.size(1))
      AddAtomic<T>{table.elements}(table.extents.offset(i, at), d(i, token));
  }
};

/// Contribution to a table: only columns that were looked up are touched.
template <class T, class Tokens, class Space>
class LookedUp : public Contribution {
 public:
  LookedUp(Shape<2> table, Tokens tokens, BasicArray<T, 2, Space> d)
      : table_(table), tokens_(std::move(tokens)), d_(std::move(d)) {}

  BasicArray<T, 2, Space> evaluate() const {
    BasicArray<T, 2, Space> acc;
    add_to(acc);
    return acc;
  }
  void add_to(BasicArray<T, 2, Space>& acc) const {
    if (d_.is_void()) return;
    if (acc.is_void()) acc = BasicArray<T, 2, Space>(table_);
    if constexpr (std::same_as<Space, Host>) {
      const auto to = acc.view();
      parallel_ranges(table_[0], d_.size(), [&](Index begin, Index end) {  // tokens in order, columns in pieces
        for (Index token = 0; token < tokens_.size(); ++token) {
          T* column = &to.elements[static_cast<Index>(tokens_.data()[token]) * table_[0]];
          const T* from = d_.data() + token * table_[0];
          for (Index i = begin; i < end; ++i) column[i] += from[i];
        }
      });
    } else
      launch(EmbeddingAdjointKernel{}, d_.shape(), acc, d_, tokens_);
  }

 private:
  Shape<2> table_;
  Tokens tokens_;
  BasicArray<T, 2, Space> d_;
};
}  // namespace detail

struct embedding_t {
  template <AnyArray A, AnyArray I>
  auto operator()(const A& table, const I& tokens) const {
    using Space = typename A::space;
    static_assert(A::rank == 2 && std::is_integral_v<typename I::value_type> && std::same_as<Space, typename I::space>,
                  "cuarrays: embedding takes a matrix and an array of integers in the same memory space");
    if constexpr (std::same_as<Space, Host>) {
      A columns({table.size(0), tokens.size()}, Uninitialised{});
      copy_columns(table, tokens, columns.mutable_data());
      return columns.reshape(result_shape(table, tokens));
    } else
      return gather(table, tokens.reshape(Shape(tokens.size()))).reshape(result_shape(table, tokens));
  }
  template <AnyArray A, AnyArray I>
  auto pullback(const A& table, const I& tokens) const {
    return zygote::Pullback{
        (*this)(table, tokens), [shape = table.shape(), tokens](const auto& d) {
          const auto columns = d.is_void() ? A() : d.reshape(Shape<2>(shape[0], tokens.size()));
          return std::make_tuple(detail::LookedUp<typename A::value_type, I, typename A::space>(shape, tokens, columns),
                                 zygote::none{});
        }};
  }

 private:
  template <class A, class I>
  static Shape<I::rank + 1> result_shape(const A& table, const I& tokens) {
    Shape<I::rank + 1> shape;
    shape[0] = table.size(0);
    for (int d = 0; d < I::rank; ++d) shape[d + 1] = tokens.size(d);
    return shape;
  }
  template <class A, class I, class T>
  static void copy_columns(const A& table, const I& tokens, T* out) {
    const Index length = table.size(0);
    for (Index token = 0; token < tokens.size(); ++token) {
      const auto at = static_cast<Index>(tokens.data()[token]);
      if (at < 0 || at >= table.size(1))
        detail::fail("embedding", "expected numbers from 0 to ", table.size(1) - 1, ", got ", at);
      std::copy_n(table.data() + at * length, length, out + token * length);
    }
  }
};
/// The columns of a table (features, vocabulary) that an array of integers names: -> (features, ...). Numbers out of
/// range: an error on the host, zeros on the GPU. There its adjoint adds in any order; that of gather adds in order.
inline constexpr embedding_t embedding;

}  // namespace cuarrays
