// Convolutions on the GPU: cuDNN 9.
#include <cuarrays/conv.hpp>

#if CUARRAYS_CUDNN
#include <cudnn.h>

#include <cuarrays/cublas.hpp>
#include <map>

namespace cuarrays::detail {
namespace {

void check(cudnnStatus_t status, const char* call) {
  if (status != CUDNN_STATUS_SUCCESS)
    throw std::runtime_error('[' + called_function(call) + "] " + cudnnGetErrorString(status));
}
#define CUDNN_CHECK(...) check(__VA_ARGS__, #__VA_ARGS__)

using Tensor = Handle<cudnnTensorDescriptor_t, cudnnDestroyTensorDescriptor>;
using Filter = Handle<cudnnFilterDescriptor_t, cudnnDestroyFilterDescriptor>;
using Convolution = Handle<cudnnConvolutionDescriptor_t, cudnnDestroyConvolutionDescriptor>;

cudnnHandle_t cudnn() {
  const auto handle = handle_here<cudnnHandle_t, cudnnDestroy>([](auto* h) { CUDNN_CHECK(cudnnCreate(h)); });
  CUDNN_CHECK(cudnnSetStream(handle, stream));
  return handle;
}

cudnnDataType_t cudnn_type(ElementType type) {
  switch (type) {
    case ElementType::f32:
      return CUDNN_DATA_FLOAT;
    case ElementType::f64:
      return CUDNN_DATA_DOUBLE;
    case ElementType::f16:
      return CUDNN_DATA_HALF;
    case ElementType::bf16:
      return CUDNN_DATA_BFLOAT16;
    default:
      fail("conv", "expected real numbers");
  }
}

/// Extents as cuDNN has them: the slowest first, at least two spatial ones. It counts with int.
struct Extents {
  int n;  // of dimensions, batch and channels included
  int of[5];
  Extents(const Conv& c, const Index (&spatial)[3], Index first, Index second) : n(static_cast<int>(rank(c)) + 2) {
    of[0] = narrow(first), of[1] = narrow(second);
    for (Index d = 0; d < rank(c); ++d) of[n - 1 - d] = narrow(spatial[d]);
  }
  static Index rank(const Conv& c) { return std::max<Index>(c.dims, 2); }
  static int narrow(Index e) {
    if (e > std::numeric_limits<int>::max()) fail("conv", "expected extents that cuDNN can count, got ", e);
    return static_cast<int>(e);
  }
};

auto tensor(cudnnDataType_t type, const Extents& e) {
  return [=](auto* t) {
    int strides[5], stride = 1;
    for (int d = e.n - 1; d >= 0; stride *= e.of[d--]) strides[d] = stride;
    CUDNN_CHECK(cudnnCreateTensorDescriptor(t));
    CUDNN_CHECK(cudnnSetTensorNdDescriptor(*t, type, e.n, e.of, strides));
  };
}

/// What cuDNN has to know of one shape, with the algorithm that it recommends, or measured to be the fastest. Made
/// once.
struct Plan {
  Tensor x, y;
  Filter w;
  Convolution convolution;
  int algorithm = 0;
  std::size_t workspace = 0;

  Plan(ConvPass pass, const Conv& c, cudnnDataType_t type, bool measured)
      : x(tensor(type, Extents(c, c.x, c.batch, c.in))),
        y(tensor(type, Extents(c, c.y, c.batch, c.out))),
        w([&](auto* f) {
          const Extents e(c, c.w, c.out, c.in / c.groups);
          CUDNN_CHECK(cudnnCreateFilterDescriptor(f));
          CUDNN_CHECK(cudnnSetFilterNdDescriptor(*f, type, CUDNN_TENSOR_NCHW, e.n, e.of));
        }),
        convolution([&](auto* v) {
          const Extents pad(c, c.pad, 0, 0), stride(c, c.stride, 0, 0), dilation(c, c.dilation, 0, 0);
          const bool half = type == CUDNN_DATA_HALF || type == CUDNN_DATA_BFLOAT16;
          CUDNN_CHECK(cudnnCreateConvolutionDescriptor(v));
          CUDNN_CHECK(cudnnSetConvolutionNdDescriptor(*v, pad.n - 2, pad.of + 2, stride.of + 2, dilation.of + 2,
                                                      CUDNN_CROSS_CORRELATION, half ? CUDNN_DATA_FLOAT : type));
          CUDNN_CHECK(cudnnSetConvolutionGroupCount(*v, Extents::narrow(c.groups)));
          // As matmul: float stays float, and is not rounded to TF32.
          CUDNN_CHECK(cudnnSetConvolutionMathType(*v, half ? CUDNN_TENSOR_OP_MATH : CUDNN_FMA_MATH));
        }) {
    int found = 0;
    if (pass == ConvPass::forward) {
      cudnnConvolutionFwdAlgoPerf_t best;
      const auto find = measured ? cudnnFindConvolutionForwardAlgorithm : cudnnGetConvolutionForwardAlgorithm_v7;
      CUDNN_CHECK(find(cudnn(), x, w, convolution, y, 1, &found, &best));
      choose(found, best);
    } else if (pass == ConvPass::data) {
      cudnnConvolutionBwdDataAlgoPerf_t best;
      const auto find =
          measured ? cudnnFindConvolutionBackwardDataAlgorithm : cudnnGetConvolutionBackwardDataAlgorithm_v7;
      CUDNN_CHECK(find(cudnn(), w, y, convolution, x, 1, &found, &best));
      choose(found, best);
    } else {
      cudnnConvolutionBwdFilterAlgoPerf_t best;
      const auto find =
          measured ? cudnnFindConvolutionBackwardFilterAlgorithm : cudnnGetConvolutionBackwardFilterAlgorithm_v7;
      CUDNN_CHECK(find(cudnn(), x, y, convolution, w, 1, &found, &best));
      choose(found, best);
    }
  }

 private:
  template <class Best>
  void choose(int found, const Best& best) {
    if (found == 0) fail("conv", "cuDNN knows no algorithm for these shapes and this element type");
    check(best.status, "cudnnGetConvolutionAlgorithm");
    algorithm = best.algo;
    workspace = best.memory;
  }
};

const Plan& plan_for(ConvPass pass, const Conv& c, cudnnDataType_t type) {
  thread_local std::map<std::tuple<ConvPass, Conv, cudnnDataType_t, bool, int>, Plan> plans;
  const bool measured = MeasureConvolutions::here();
  const std::tuple key(pass, c, type, measured, this_device());
  if (const auto found = plans.find(key); found != plans.end()) return found->second;
  if (plans.size() >= 512) plans.clear();  // a program of ever new shapes
  return plans.try_emplace(key, pass, c, type, measured).first->second;
}

}  // namespace

void convolve(Device, ConvPass pass, const Conv& c, ElementType type, const void* a, const void* b, void* result) {
  const Plan& p = plan_for(pass, c, cudnn_type(type));
  const LibraryScalar one(type, 1), zero(type, 0);
  const Buffer<Device> workspace(p.workspace);
  if (pass == ConvPass::forward)
    CUDNN_CHECK(cudnnConvolutionForward(cudnn(), one.address(), p.x, a, p.w, b, p.convolution,
                                        static_cast<cudnnConvolutionFwdAlgo_t>(p.algorithm), workspace.data(),
                                        p.workspace, zero.address(), p.y, result));
  else if (pass == ConvPass::data)
    CUDNN_CHECK(cudnnConvolutionBackwardData(cudnn(), one.address(), p.w, b, p.y, a, p.convolution,
                                             static_cast<cudnnConvolutionBwdDataAlgo_t>(p.algorithm), workspace.data(),
                                             p.workspace, zero.address(), p.x, result));
  else
    CUDNN_CHECK(cudnnConvolutionBackwardFilter(cudnn(), one.address(), p.x, a, p.y, b, p.convolution,
                                               static_cast<cudnnConvolutionBwdFilterAlgo_t>(p.algorithm),
                                               workspace.data(), p.workspace, zero.address(), p.w, result));
}

}  // namespace cuarrays::detail

#else

namespace cuarrays::detail {
void convolve(Device, ConvPass, const Conv&, ElementType, const void*, const void*, void*) {
  built_without("conv", "cuDNN");
}
}  // namespace cuarrays::detail
#endif
