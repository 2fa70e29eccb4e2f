// Saving and loading models. Python sees an array of ours, (out, in) in column-major order, as the row-major array of
// the reversed shape, (in, out): the same bytes, and the batch first. So a Dense is `x @ weight + bias` there.
#pragma once
#include <cstring>
#include <flux/safetensors.hpp>
#include <flux/walk.hpp>
#include <memory>

namespace flux {

namespace internal {
template <class T>
TensorInfo tensor_info(const T& leaf) {
  if constexpr (std::is_arithmetic_v<T>)
    return {dtype_name<T>(), {}};
  else
    return {dtype_name<typename T::value_type>(),
            {std::reverse_iterator(leaf.shape().end()), std::reverse_iterator(leaf.shape().begin())}};
}
}  // namespace internal

/// Writes all arrays and numbers of a model as a safetensors file, under their paths ("layers.0.weight", see walk.hpp).
/// The file appears whole or not at all. Throws std::runtime_error "[save] ..." if it cannot be written.
template <class Model>
void save(const std::filesystem::path& path, const Model& model) {
  std::vector<TensorBytes> tensors;
  for_each_leaf(model, [&]<class T>(const std::string& name, const T& leaf) {
    if constexpr (std::is_arithmetic_v<T>)
      tensors.push_back({name, internal::tensor_info(leaf), std::make_shared<T>(leaf), sizeof leaf});
    else {
      const auto host = std::make_shared<decltype(cuarrays::cpu(leaf))>(cuarrays::cpu(leaf));
      tensors.push_back({name, internal::tensor_info(leaf), {host, host->data()}, host->bytes()});
    }
  });
  write_safetensors(path, tensors);
}

/// Reads into a model what `save` wrote from one of the same structure and shapes. Throws std::runtime_error
/// "[load] PATH: expected ..., got ..." for a missing, unknown or different tensor, and then leaves the model as it
/// was.
template <class Model>
void load(const std::filesystem::path& path, Model& model) {
  const SafetensorsFile file(path);
  std::vector<std::string> names;
  for_each_leaf(model, [&](const std::string& name, const auto& leaf) {
    file.data(name, internal::tensor_info(leaf));
    names.push_back(name);
  });
  file.expect_only(names);
  for_each_leaf(model, [&]<class T>(const std::string& name, T& leaf) {
    const void* data = file.data(name, internal::tensor_info(leaf));
    if constexpr (std::is_arithmetic_v<T>)
      std::memcpy(&leaf, data, sizeof leaf);
    else {
      decltype(cuarrays::cpu(leaf)) host(leaf.shape(), cuarrays::Uninitialised{});
      if (!host.empty()) std::memcpy(host.mutable_data(), data, host.bytes());
      if constexpr (std::is_same_v<T, decltype(host)>)
        leaf = std::move(host);
      else
        leaf = cuarrays::gpu(host);
    }
  });
}

}  // namespace flux
