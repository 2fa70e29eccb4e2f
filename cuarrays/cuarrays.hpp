// cuarrays: arrays and kernels, on the CPU and the GPU. The table of contents, in reading order.
#pragma once
#include <cuarrays/adjoint.hpp>          // what zygote has to know about arrays
#include <cuarrays/array.hpp>            // Array, CuArray, View
#include <cuarrays/attention.hpp>        // attention, with masks
#include <cuarrays/broadcast.hpp>        // operators and functions, element by element
#include <cuarrays/combine.hpp>          // how reductions run on the host
#include <cuarrays/complex.hpp>          // real, imag, conj, norm, arg of complex arrays
#include <cuarrays/conv.hpp>             // conv, conv_transpose
#include <cuarrays/device.hpp>           // which GPU: devices, UseDevice
#include <cuarrays/dropout.hpp>          // dropout, embedding
#include <cuarrays/dual.hpp>             // second derivatives: arrays over dual numbers
#include <cuarrays/elements.hpp>         // complex numbers, and names of element types
#include <cuarrays/expression.hpp>       // lazy elementwise expressions
#include <cuarrays/graph.hpp>            // graph(step): many kernels launched as one
#include <cuarrays/indexing.hpp>         // gather, scatter, sort
#include <cuarrays/kernel_adjoint.hpp>   // adjoints of users' kernels
#include <cuarrays/kernel_sums.hpp>      // what these add up
#include <cuarrays/kernels.hpp>          // how they run on the GPU; device_loops, _reduce, _scan.hpp: all else there
#include <cuarrays/launch.hpp>           // users' kernels: launch
#include <cuarrays/linear.hpp>           // matmul, transpose, reshape
#include <cuarrays/loops.hpp>            // how they run on the host: SIMD and threads
#include <cuarrays/map.hpp>              // users' functions: map, mapreduce
#include <cuarrays/memory.hpp>           // the two memory spaces, shared ownership
#include <cuarrays/norm.hpp>             // batch_norm, layer_norm, group_norm
#include <cuarrays/npy.hpp>              // files of NumPy
#include <cuarrays/pool.hpp>             // max_pool, mean_pool, adaptive_max_pool, adaptive_mean_pool
#include <cuarrays/print.hpp>            // std::cout << array
#include <cuarrays/random.hpp>           // Rng, rand, randn, bernoulli, shuffle, permutation
#include <cuarrays/recurrent.hpp>        // lstm, gru, and their steps
#include <cuarrays/recurrent_cells.hpp>  // what these do with their gates
#include <cuarrays/reduce.hpp>           // sum, mean, var, prod, maximum, minimum, any, all
#include <cuarrays/scan.hpp>             // scan, scan_exclusive
#include <cuarrays/shape.hpp>            // Shape, Index; how shapes are broadcast
#include <cuarrays/softmax.hpp>          // softmax, logsoftmax, argmax
#include <cuarrays/solve.hpp>            // solve, triangular_solve, cholesky
#include <cuarrays/sparse.hpp>           // Csr, sparse_matmul
#include <cuarrays/storage.hpp>          // sparse, one-hot, your own storage
#include <cuarrays/traced.hpp>           // arguments of kernels as their adjoints see them
#include <cuarrays/transfer.hpp>         // gpu, cpu, pinned, cpu_async
#include <cuarrays/upsample.hpp>         // upsample_nearest, upsample_linear
#include <cuarrays/views.hpp>            // slice, permute, flip, part, concat
