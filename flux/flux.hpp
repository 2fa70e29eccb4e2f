// flux: everything that a program which trains a model needs. The table of contents, in reading order.
#pragma once
#include <cuarrays/cuarrays.hpp>      // arrays and kernels
#include <flux/checkpoint.hpp>        // save, load: models as safetensors
#include <flux/idx.hpp>               // read_mnist: images with labels
#include <flux/image.hpp>             // pictures as PNG
#include <flux/labels.hpp>            // onehot, onecold, accuracy
#include <flux/loader.hpp>            // DataLoader: batches
#include <flux/losses.hpp>            // mse, logitcrossentropy
#include <flux/progress.hpp>          // progress: a bar with loss and throughput
#include <flux/summary.hpp>           // summary, parameter_count
#include <layers/layers.hpp>          // Dense, Chain, activations
#include <optimisers/optimisers.hpp>  // Descent, Momentum, Adam, setup, update
#include <zygote/zygote.hpp>          // gradient, pullback, constant

namespace flux {
using namespace zygote;
using namespace cuarrays;
using namespace layers;
using namespace optimisers;
}  // namespace flux
