// A progress bar around any range: for (auto [x, y] : progress(loader, {.loss = &loss})) ...
#pragma once
#include <chrono>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

namespace flux {

struct ProgressOptions {
  std::string label = {};       // shown in front: "epoch 3/10"
  const float* loss = nullptr;  // shown at the end, read at each step: a variable that the loop assigns
};

/// What the bar shows after `done` of `steps` steps, without the terminal's control codes; `samples` is for all steps.
std::string progress_line(const ProgressOptions& options, std::size_t done, std::size_t steps, std::size_t samples,
                          double seconds);

/// Draws the bar on stderr, ten times a second at most, and removes it in the end; does nothing if stderr is no
/// terminal.
class Meter {
 public:
  Meter(ProgressOptions options, std::size_t steps, std::size_t samples);
  ~Meter();
  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;
  void step();

 private:
  using Clock = std::chrono::steady_clock;
  ProgressOptions options_;
  std::size_t steps_, samples_, done_ = 0;
  bool quiet_;
  Clock::time_point start_, drawn_;
};

/// A range that counts its steps; made by `progress`.
template <class Range>
class Progress {
 public:
  Progress(Range&& range, ProgressOptions options) : range_(std::forward<Range>(range)), options_(std::move(options)) {}

  template <class Inner>
  struct Iterator {
    Inner inner;
    Meter* meter;
    decltype(auto) operator*() const { return *inner; }
    Iterator& operator++() {
      ++inner;
      meter->step();
      return *this;
    }
    template <class End>
    bool operator!=(const End& end) const {
      return inner != end;
    }
  };
  auto begin() {
    std::size_t steps = 0;
    if constexpr (requires { range_.size(); }) steps = range_.size();
    std::size_t samples = steps;
    if constexpr (requires { range_.samples(); }) samples = range_.samples();
    meter_.emplace(options_, steps, samples);
    return Iterator<decltype(std::begin(range_))>{std::begin(range_), &*meter_};
  }
  auto end() { return std::end(range_); }

 private:
  Range range_;  // a reference if `progress` was given an lvalue
  ProgressOptions options_;
  std::optional<Meter> meter_;  // from the first step on, so that the clock starts there
};

/// `range`, with a bar of its steps, its samples per second (if it has samples()) and the loss.
template <class Range>
auto progress(Range&& range, ProgressOptions options = {}) {
  return Progress<Range>(std::forward<Range>(range), std::move(options));
}

}  // namespace flux
