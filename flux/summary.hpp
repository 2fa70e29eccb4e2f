// A table of a model's parts with their parameters.
#pragma once
#include <flux/walk.hpp>
#include <typeinfo>

namespace flux {

/// How many numbers of a model are trained: those in arrays and of their own that have an adjoint.
template <class Model>
std::size_t parameter_count(const Model& model) {
  if constexpr (!zygote::Differentiable<Model>)
    return 0;
  else if constexpr (std::is_arithmetic_v<Model>)
    return 1;
  else if constexpr (cuarrays::AnyArray<Model>)
    return static_cast<std::size_t>(model.size());
  else {
    std::size_t count = 0;
    for_each_child(model, [&](const std::string&, const auto& child) { count += parameter_count(child); });
    return count;
  }
}

namespace internal {
struct SummaryRow {
  std::string path, type, contents;
  std::size_t parameters;
};
/// "Dense" for layers::Dense<...>
std::string short_name(const std::type_info& type);
std::string summary_table(const std::vector<SummaryRow>& rows);

/// One row for each struct that has parameters of its own; empty ones within it (activations) are named in it.
template <class T>
void add_rows(std::vector<SummaryRow>& rows, const T& x, const std::string& path) {
  if constexpr (!std::is_empty_v<T> && !zygote::Differentiable<T>) return;  // statistics
  SummaryRow row{path, short_name(typeid(T)), "", 0};
  const auto position = static_cast<std::ptrdiff_t>(rows.size());
  for_each_child(x, [&]<class Child>(const std::string& name, const Child& child) {
    const std::string space = row.contents.empty() ? "" : ", ";
    if constexpr (Leaf<Child>) {
      row.parameters += parameter_count(child);
      row.contents += space + name;
      if constexpr (cuarrays::AnyArray<Child>) row.contents += " " + cuarrays::detail::text(child.shape());
    } else if (const auto n = rows.size();
               add_rows(rows, child, join(path, name)), rows.size() == n && std::is_empty_v<Child>)
      row.contents += space + short_name(typeid(Child));
  });
  if (row.parameters != 0) rows.insert(rows.begin() + position, row);
}
}  // namespace internal

/// A table for people: path, type, shapes and number of parameters of each part, and their sum.
template <class Model>
std::string summary(const Model& model) {
  std::vector<internal::SummaryRow> rows;
  internal::add_rows(rows, model, "");
  rows.push_back({"total", "", "", parameter_count(model)});
  return internal::summary_table(rows);
}

}  // namespace flux
