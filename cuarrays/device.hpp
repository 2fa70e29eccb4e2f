// Which of several GPUs: devices(), UseDevice.
#pragma once

namespace cuarrays {

/// How many GPUs there are for this program; 0 if it was built without CUDA.
int devices();

/// While one lives, its thread's CuArrays are made on this GPU, counted from 0, and its kernels run there; then on the
/// GPU that it used before. Other threads go on as they were; each begins with GPU 0. Arrays stay where they are, and
/// are freed there: gpu(x) brings one from another GPU, cpu(x) reads it from anywhere, and what else is asked of it
/// throws std::invalid_argument. Throws std::invalid_argument if there is no such GPU, std::runtime_error if there is
/// none at all, or if this program was built without CUDA.
class UseDevice {
 public:
  explicit UseDevice(int device);
  ~UseDevice();
  UseDevice(const UseDevice&) = delete;
  UseDevice& operator=(const UseDevice&) = delete;

 private:
  int before_ = 0;
};

}  // namespace cuarrays
