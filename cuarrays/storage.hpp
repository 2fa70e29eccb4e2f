// Arrays whose elements are not stored one by one: sparse, one-hot, positions, and storage of your own. Kernels, map
// and reductions take them as they take dense arrays; evaluate() makes them dense.
#pragma once
#include <cuarrays/views.hpp>

namespace cuarrays {

/// Base of an array type of your own: struct Mine : Storage<Mine, N> with `using value_type`, `shape()`, and
/// `reader()`, a trivially copyable struct (no owner) with `value_type operator[](Index i) const`, marked FLUX_KERNEL:
/// the element at position i in memory order.
template <class Self, int N, class Space = Host>
struct Storage : detail::LazyElementwise<Self, N, Space> {
  template <int R>
  auto bind_to() const {
    const auto& self = static_cast<const Self&>(*this);
    detail::BoundReader<std::remove_cvref_t<decltype(self.reader())>, R> bound{self.reader(), 0, {}};
    detail::dense_strides(self.shape(), bound.strides);
    return bound;
  }
};

/// A few elements at increasing positions (in memory order); all others are T().
template <class T, int N, class Space = Host>
struct Sparse : Storage<Sparse<T, N, Space>, N, Space> {
  using value_type = T;
  Shape<N> extents;
  BasicArray<Index, 1, Space> positions;
  BasicArray<T, 1, Space> values;

  Sparse(const Shape<N>& shape, BasicArray<Index, 1, Space> positions, BasicArray<T, 1, Space> values)
      : extents(shape), positions(std::move(positions)), values(std::move(values)) {
    if (this->positions.size() != this->values.size())
      detail::fail("sparse", "expected a value per position, got ", this->positions.size(), " positions and ",
                   this->values.size(), " values");
    if constexpr (std::same_as<Space, Host>)
      for (Index i = 0; i < this->positions.size(); ++i)
        if (const Index at = this->positions.view()[i];
            at >= shape.size() || at <= (i ? this->positions.view()[i - 1] : Index(-1)))
          detail::fail("sparse", "expected increasing positions below ", shape.size(), ", got ", at);
  }
  const Shape<N>& shape() const { return extents; }

  struct Reader {
    View<const Index, 1> positions;
    View<const T, 1> values;
    FLUX_KERNEL constexpr T operator[](Index i) const {
      Index low = 0, high = positions.size();
      while (low < high) {
        const Index middle = (low + high) / 2;
        positions[middle] < i ? low = middle + 1 : high = middle;
      }
      return low < positions.size() && positions[low] == i ? values[low] : T();
    }
  };
  Reader reader() const { return {positions.view(), values.view()}; }
};

/// The elements of a host array that are not T().
template <Arrays A>
auto sparse(const A& a) {
  const auto x = materialise(a);
  using T = typename decltype(x)::value_type;
  std::vector<Index> positions;
  std::vector<T> values;
  for (Index i = 0; i < x.size(); ++i)
    if (x.view()[i] != T()) {
      positions.push_back(i);
      values.push_back(x.view()[i]);
    }
  const Shape<1> n(static_cast<Index>(positions.size()));
  return Sparse<T, decltype(x)::rank>(x.shape(), Array<Index, 1>(n, positions), Array<T, 1>(n, values));
}

/// (classes, labels...) with 1 where the first position is the label: one number per column is stored.
template <class T, int N, class Space = Host>
struct OneHot : Storage<OneHot<T, N, Space>, N, Space> {
  using value_type = T;
  Shape<N> extents;
  BasicArray<int, std::max(N - 1, 1), Space> labels;

  struct Reader {
    const int* labels;
    Index classes;
    FLUX_KERNEL constexpr T operator[](Index i) const { return T(labels[i / classes] == i % classes); }
  };
  OneHot(BasicArray<int, std::max(N - 1, 1), Space> labels_of, Index classes) : labels(std::move(labels_of)) {
    extents[0] = classes;
    for (int d = 1; d < N; ++d) extents[d] = labels.size(d - 1);
    if constexpr (std::same_as<Space, Host>)
      for (const int label : std::as_const(labels))
        if (label < 0 || label >= classes)
          detail::fail("onehot", "expected labels from 0 to ", classes - 1, ", got ", label);
  }
  const Shape<N>& shape() const { return extents; }
  Reader reader() const { return {labels.data(), extents[0]}; }
};

/// onehot(labels, classes): (batch) -> (classes, batch); onehot(label, classes): a vector. Labels outside: an error on
/// the host, a column of zeros on the GPU.
template <class T = float, int N, class Space>
auto onehot(const BasicArray<int, N, Space>& labels, Index classes) {
  return OneHot<T, N + 1, Space>(labels, classes);
}
template <class T = float>
auto onehot(int label, Index classes) {
  return OneHot<T, 1>(Array<int, 1>::of({label}), classes);
}

/// 0, 1, 2, ... in memory order.
template <int N, class Space = Host>
struct Positions : Storage<Positions<N, Space>, N, Space> {
  using value_type = Index;
  Shape<N> extents;
  struct Reader {
    FLUX_KERNEL constexpr Index operator[](Index i) const { return i; }
  };
  explicit Positions(const Shape<N>& shape) : extents(shape) {}
  const Shape<N>& shape() const { return extents; }
  Reader reader() const { return {}; }
};

}  // namespace cuarrays
