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

// What programs say of the other three. Whole namespaces would bring names of their machinery, too, that programs have
// other uses for.
namespace flux {

// Derivatives.
using zygote::Adjoint, zygote::Differentiable, zygote::Function, zygote::none, zygote::Pullback;
using zygote::checkpoint, zygote::constant, zygote::gradcheck, zygote::gradient, zygote::hook, zygote::pullback,
    zygote::withgradient;
using zygote::derivative, zygote::hessian, zygote::hvp, zygote::jacobian;

// Arrays, where they are, and what is in them.
using cuarrays::AllowScalar, cuarrays::compiled_for_gpu, cuarrays::cpu, cuarrays::gpu, cuarrays::graph,
    cuarrays::memory_use, cuarrays::MemoryUse, cuarrays::OutOfMemory;
using cuarrays::AnyArray, cuarrays::Array, cuarrays::Arrays, cuarrays::CuArray, cuarrays::Index, cuarrays::Shape,
    cuarrays::View;
using cuarrays::bernoulli, cuarrays::full, cuarrays::load_npy, cuarrays::permutation, cuarrays::rand, cuarrays::randn,
    cuarrays::Rng, cuarrays::save_npy, cuarrays::shuffle;
using cuarrays::concat, cuarrays::every, cuarrays::flip, cuarrays::part, cuarrays::permute, cuarrays::range,
    cuarrays::reshape, cuarrays::slice;

// What is done with them.
using cuarrays::all, cuarrays::any, cuarrays::argmax, cuarrays::isapprox, cuarrays::maximum, cuarrays::mean,
    cuarrays::minimum, cuarrays::prod, cuarrays::sum, cuarrays::var;
using cuarrays::broadcast, cuarrays::launch, cuarrays::LaunchOptions, cuarrays::map, cuarrays::mapreduce;
using cuarrays::cholesky, cuarrays::matmul, cuarrays::matmul_nt, cuarrays::matmul_tn, cuarrays::matmul_tt,
    cuarrays::solve, cuarrays::transpose, cuarrays::triangular_solve;
using cuarrays::Csr, cuarrays::OneHot, cuarrays::Sparse, cuarrays::sparse, cuarrays::sparse_matmul, cuarrays::to_csr;
using cuarrays::gather, cuarrays::onehot, cuarrays::scan, cuarrays::scan_exclusive, cuarrays::scatter, cuarrays::sort,
    cuarrays::sort_by_key, cuarrays::sortperm;

// What layers are made of.
using cuarrays::adaptive_max_pool, cuarrays::adaptive_mean_pool, cuarrays::conv, cuarrays::conv_transpose,
    cuarrays::ConvOptions, cuarrays::max_pool, cuarrays::mean_pool, cuarrays::MeasureConvolutions,
    cuarrays::PoolOptions, cuarrays::upsample_linear, cuarrays::upsample_nearest;
using cuarrays::attention, cuarrays::AttentionOptions, cuarrays::join_heads, cuarrays::split_heads;
using cuarrays::batch_norm, cuarrays::dropout, cuarrays::embedding, cuarrays::group_norm, cuarrays::layer_norm,
    cuarrays::logsoftmax, cuarrays::NormOptions, cuarrays::softmax;
using cuarrays::gru, cuarrays::gru_step, cuarrays::GruOutput, cuarrays::lstm, cuarrays::lstm_step, cuarrays::LstmOutput,
    cuarrays::LstmState;

namespace math = layers::math;
using layers::AdaptiveMaxPool, layers::AdaptiveMeanPool, layers::BatchNorm, layers::Chain, layers::Conv,
    layers::ConvTranspose, layers::Dense, layers::Dropout, layers::Embedding, layers::Flatten, layers::GroupNorm,
    layers::GRU, layers::LayerNorm, layers::LSTM, layers::MaxPool, layers::MeanPool, layers::MultiHeadAttention;
using layers::default_rng, layers::glorot_uniform, layers::seed, layers::Statistic;
using layers::elu, layers::Elu, layers::gelu, layers::Gelu, layers::identity, layers::Identity, layers::leaky_relu,
    layers::LeakyRelu, layers::relu, layers::Relu, layers::sigmoid, layers::Sigmoid, layers::silu, layers::softplus,
    layers::Softplus, layers::swish, layers::Swish;

using optimisers::Adam, optimisers::Descent, optimisers::Momentum, optimisers::Optimiser, optimisers::setup,
    optimisers::update;

}  // namespace flux
