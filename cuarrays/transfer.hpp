// Between the memory spaces: gpu(x), cpu(x) and pinned(x), of arrays and of whole structs of them; cpu_async(x).
#pragma once
#include <cuarrays/adjoint.hpp>
#include <vector>
#include <zygote/runtime/fields.hpp>

namespace cuarrays {

namespace detail {
template <class To>
using SpaceAt = std::conditional_t<std::same_as<To, Device>, Device, Host>;

template <class To, class X>
auto transfer(const X& x);
template <class To, class T>
auto transfer(const std::vector<T>& x);

template <class To, class X>
using Transferred = decltype(transfer<To>(std::declval<const X&>()));
template <class To, class Fields>
inline constexpr bool stay_the_same = false;
template <class To, class... F>
inline constexpr bool stay_the_same<To, std::tuple<F...>> = ((std::is_trivially_copyable_v<F> ||
                                                              std::same_as<Transferred<To, F>, F>)&&...);

#define CUARRAYS_TYPES_OF_FIELDS                                                                                     \
  "cuarrays: gpu(x) and cpu(x) make a struct of other arrays: name the types of its fields as template parameters, " \
  "as Dense<Weight, Bias>, and let them be assignable"

/// Is S itself a template over types? (Not: derived from one.)
template <class S>
inline constexpr bool is_template_of_types = false;
template <template <class...> class S, class... P>
inline constexpr bool is_template_of_types<S<P...>> = true;

/// A model whose types of fields are its template parameters, as in Dense<Weight, Bias>: the same with other arrays.
template <class To, template <class...> class S, class... P>
auto transfer_struct(const S<P...>& x) {
  S<Transferred<To, P>...> result{};
  zygote::for_each_field(
      [](auto& to, const auto& from) {
        constexpr bool assignable = std::is_assignable_v<decltype(to), decltype(transfer<To>(from))>;
        static_assert(assignable, CUARRAYS_TYPES_OF_FIELDS);
        if constexpr (assignable) to = transfer<To>(from);
      },
      result, x);
  return result;
}

template <class To, class X>
auto transfer(const X& x) {
  if constexpr (std::is_trivially_copyable_v<X>) {
    return x;
  } else if constexpr (LazyArray<X>) {
    return transfer<To>(x.evaluate());
  } else if constexpr (AnyArray<X>) {
    using Result = BasicArray<typename X::value_type, X::rank, SpaceAt<To>>;
    return Result(x.shape(), bring(To{}, x.buffer(), x.bytes()));
  } else if constexpr (requires { std::tuple_size<X>::value; }) {
    return std::apply([](const auto&... e) { return std::tuple{transfer<To>(e)...}; }, x);
  } else if constexpr (zygote::HasFields<X> && is_template_of_types<X>) {
    return transfer_struct<To>(x);
  } else {
    if constexpr (zygote::HasFields<X>)
      static_assert(stay_the_same<To, zygote::field_types<X>>, CUARRAYS_TYPES_OF_FIELDS);
    return x;
  }
}
template <class To, class T>
auto transfer(const std::vector<T>& x) {
  std::vector<Transferred<To, T>> result;
  result.reserve(x.size());
  for (const auto& e : x) result.push_back(transfer<To>(e));
  return result;
}

template <class To>
struct Transfer {
  template <class X>
  auto operator()(const X& x) const {
    return transfer<To>(x);
  }
  template <AnyArray A>
  auto pullback(const A& a) const {
    return zygote::Pullback{transfer<To>(a),
                            [](const auto& d) { return std::make_tuple(transfer<typename A::space>(d)); }};
  }
};
}  // namespace detail

/// x in GPU memory: an array, a lazy expression, a tuple, a std::vector, or a struct template over the types of its
/// fields (which has to be default constructible). On the GPU that this thread uses, also if x is on another. Throws
/// if this program was built without CUDA or there is no GPU. Of arrays in page-locked memory the copy overlaps with
/// the kernels that were launched before, those that are launched next wait for it, and the host does not: what is
/// written to x from then on does not arrive, since the writer gets memory of its own.
inline constexpr detail::Transfer<Device> gpu;
/// x in host memory, likewise; waits for the GPU.
inline constexpr detail::Transfer<Host> cpu;
/// x in host memory that is page-locked, likewise, for gpu(x) not to wait; x itself in ordinary memory where there is
/// no GPU. The memory is kept for the next when it is freed. Throws OutOfMemory if no more can be locked.
inline constexpr detail::Transfer<Pinned> pinned;

/// An array on its way to host memory.
template <AnyArray A>
class Later {
 public:
  explicit Later(A array, std::shared_ptr<detail::Event> copied = {})
      : array_(std::move(array)), copied_(std::move(copied)) {}
  /// The array; waits for its copy, not for what was launched after that.
  A get() const {
    if (copied_) detail::wait(*copied_);
    return array_;
  }

 private:
  A array_;
  std::shared_ptr<detail::Event> copied_;
};
/// What x, an array or a lazy expression, is now, in host memory that is page-locked: the host goes on. Kernels that
/// are launched next run after the copy, so x may change or end.
template <ArrayLike X>
auto cpu_async(const X& x) {
  const auto& a = materialise(x);
  using A = std::remove_cvref_t<decltype(a)>;
  using Arrived = Array<typename A::value_type, A::rank>;
  if constexpr (std::same_as<typename A::space, Host>)
    return Later<Arrived>(a);
  else {
    detail::Pending pending = detail::bring_later(a.buffer(), a.bytes());
    return Later<Arrived>(Arrived(a.shape(), std::move(pending.memory)), std::move(pending.copied));
  }
}

}  // namespace cuarrays
