// layers: callable structs with public fields. Calling one is inference; its pullback is training.
#pragma once
#include <layers/activations.hpp>  // relu, sigmoid, gelu, softplus, leaky_relu, elu, swish, identity
#include <layers/chain.hpp>        // Chain
#include <layers/conv.hpp>         // Conv, ConvTranspose, MaxPool, MeanPool, adaptive pooling, Flatten
#include <layers/dense.hpp>        // Dense
#include <layers/norm.hpp>         // BatchNorm, LayerNorm, GroupNorm
#include <layers/sequence.hpp>     // Embedding, LSTM, GRU, MultiHeadAttention, Dropout
