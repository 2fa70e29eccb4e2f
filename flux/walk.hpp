// The parameters of a model, each with its path: "layers.0.weight". What is saved, loaded, counted and listed goes
// through this walk.
#pragma once
#include <cuarrays/cuarrays.hpp>
#include <optional>
#include <string>
#include <tuple>
#include <vector>
#include <zygote/runtime/containers.hpp>

namespace flux {

/// A leaf of the walk: an array or a number.
template <class T>
concept Leaf = std::is_arithmetic_v<T> || cuarrays::AnyArray<T>;

namespace internal {
/// "layers" and "0" make "layers.0".
inline std::string join(const std::string& path, const std::string& name) {
  return path.empty() || name.empty() ? path + name : path + "." + name;
}

template <class T>
inline constexpr bool is_vector = false;
template <class T, class Allocator>
inline constexpr bool is_vector<std::vector<T, Allocator>> = !std::is_same_v<T, bool>;
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
struct IsArray : std::bool_constant<cuarrays::AnyArray<T>> {};

}  // namespace internal

/// The name of field i of a struct: from `static constexpr std::array field_names{"weight", "bias"}` if it has one
/// (C++20 cannot ask), its number otherwise.
template <class T>
std::string field_name(std::size_t i) {
  if constexpr (requires { T::field_names[0]; }) {
    static_assert(T::field_names.size() == zygote::field_count<T>, "flux: field_names must name each of the fields");
    return T::field_names[i];
  } else
    return std::to_string(i);
}

/// visit(name, child) for each field of a struct, element of a vector, array or tuple, and what an optional holds
/// (which has no name of its own); nothing for what holds neither arrays nor real numbers.
template <class T, class Visit>
void for_each_child(T& x, Visit&& visit) {
  using Whole = std::remove_const_t<T>;
  const auto each = [&](auto children) {
    std::size_t i = 0;
    std::apply([&](auto&... child) { (visit(field_name<Whole>(i++), child), ...); }, children);
  };
  if constexpr (zygote::HasFields<Whole>)
    each(zygote::fields(x));
  else if constexpr (requires { std::tuple_size<Whole>::value; })
    each(std::apply([](auto&... element) { return std::tie(element...); }, x));
  else if constexpr (internal::is_vector<Whole>) {
    for (std::size_t i = 0; i < x.size(); ++i) visit(std::to_string(i), x[i]);
  } else if constexpr (internal::is_optional<Whole>) {
    if (x) visit(std::string(), *x);
  } else {
    static_assert(!zygote::HidesFields<Whole>, "flux: " ZYGOTE_HIDES_FIELDS);
    static_assert(
        !zygote::Differentiable<Whole> && !zygote::detail::contains<internal::IsArray, Whole>(),
        "flux: a model is made of structs, tuples, vectors, arrays, optionals and numbers; this part of it is "
        "none of them, so it would be left out");
  }
}

/// visit(path, leaf) for each array and number of a model.
template <class T, class Visit>
void for_each_leaf(T& x, Visit&& visit, const std::string& path = {}) {
  if constexpr (Leaf<std::remove_const_t<T>>)
    visit(path, x);
  else
    for_each_child(
        x, [&](const std::string& name, auto& child) { for_each_leaf(child, visit, internal::join(path, name)); });
}

}  // namespace flux
