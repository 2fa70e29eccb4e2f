// Labels 0, 1, 2, ... and arrays of scores (classes, batch).
#pragma once
#include <cuarrays/cuarrays.hpp>
#include <span>
#include <vector>

namespace flux {

/// (classes, labels) with a 1 in each column, at the row of its label. Throws std::invalid_argument for other labels.
template <class T = float>
cuarrays::Array<T, 2> onehot(std::span<const int> labels, cuarrays::Index classes) {
  cuarrays::Array<T, 2> result({classes, static_cast<cuarrays::Index>(labels.size())});
  T* column = result.mutable_data();
  for (const int label : labels) {
    if (label < 0 || label >= classes)
      cuarrays::detail::fail("onehot", "expected labels from 0 to ", classes - 1, ", got ", label);
    column[label] = 1;
    column += classes;
  }
  return result;
}

/// The label with the greatest score of each column; the first of equals.
template <cuarrays::Arrays Scores>
std::vector<int> onecold(const Scores& scores) {
  const auto labels = cuarrays::cpu(cuarrays::argmax(scores));
  return {labels.begin(), labels.end()};
}

/// The fraction of columns whose greatest score is at the label.
template <cuarrays::Arrays Scores>
double accuracy(const Scores& scores, std::span<const int> labels) {
  const auto guesses = onecold(scores);
  if (guesses.size() != labels.size())
    cuarrays::detail::fail("accuracy", "expected a label for each of ", guesses.size(), " columns, got ",
                           labels.size());
  std::size_t right = 0;
  for (std::size_t i = 0; i < guesses.size(); ++i) right += guesses[i] == labels[i];
  return guesses.empty() ? 0 : static_cast<double>(right) / static_cast<double>(guesses.size());
}

}  // namespace flux
