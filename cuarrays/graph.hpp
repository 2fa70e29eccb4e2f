// graph(step): the kernels of a step, launched together, for steps of many small kernels.
#pragma once
#include <cuarrays/memory.hpp>
#include <functional>

namespace cuarrays {

namespace detail {
/// Is a step recorded on this thread just now?
bool is_recording();
/// What a step launched on this thread, to be launched again (device.cpp); empty without CUDA.
class Recording {
 public:
  struct State;
  explicit Recording(const std::function<void()>& step);
  bool empty() const { return !state_; }
  void replay() const;

 private:
  std::shared_ptr<State> state_;
};
}  // namespace detail

template <class Step>
class Graph {
 public:
  explicit Graph(Step step) : step_(std::move(step)) {}
  void operator()() {
    if (calls_ < 2) ++calls_;
    if (calls_ == 1 || (recording_ && recording_->empty())) return step_();  // the first loads what is loaded once
    if (!recording_) {
      recording_ = std::make_shared<detail::Recording>([&] { step_(); });
      if (recording_->empty()) return;  // it ran, on the host
    }
    recording_->replay();
  }

 private:
  Step step_;
  int calls_ = 0;
  std::shared_ptr<detail::Recording> recording_;
};
/// A function that does what step() does. On the GPU it records the kernels of the second call as a CUDA graph, which
/// the second and later calls launch at once; what only uses the host is called each time. A step that is recorded
/// changes arrays in place, arrays that stay where they are; it leaves none behind that it made, and copies nothing
/// between host and GPU. What the host does in it, drawing seeds or setting rates, happens once. A step of training,
/// with a loss that is an array of one element, and `one` such an array of 1; for Descent and Momentum:
///   const auto gradients = pullback(loss, model, x, y).back(one);  // what else holds the model is gone before update
///   update(optimiser, model, std::get<0>(gradients));
template <class Step>
Graph<Step> graph(Step step) {
  return Graph<Step>(std::move(step));
}

}  // namespace cuarrays
