// layers: callable structs with public fields. Calling one is inference; its pullback is training.
#pragma once
#include <layers/activations.hpp>  // relu, sigmoid, gelu, softplus, leaky_relu, elu, swish, identity
#include <layers/dense.hpp>        // Dense
#include <layers/chain.hpp>        // Chain
