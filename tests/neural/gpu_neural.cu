// Linear algebra and neural primitives on the GPU against their twins on the CPU, forward and adjoint.
#include "neural.hpp"

#include "../cuarrays/gpu.hpp"

using namespace neural;
using gpu_tests::adjoint_twins;
using gpu_tests::no_gpu;

TEST_CASE("gpu: products, factorisations, sparse products") {
  if (no_gpu()) return;
  const auto a = randn<double>(rng(), 30, 20, 4), b = randn<double>(rng(), 20, 10, 4);
  const auto m = randn<double>(rng(), 30, 20);
  adjoint_twins("matmul", matmul, a, b);
  adjoint_twins("matmul", matmul, m, b);
  adjoint_twins("matmul_tn", matmul_tn, a, a);
  adjoint_twins("matmul_nt", matmul_nt, m, a);
  Array<double, 2> square = randn<double>(rng(), 20, 20);
  for (Index i = 0; i < 20; ++i) square(i, i) += 30;
#ifndef CUARRAYS_NO_BLAS
  adjoint_twins("solve", solve, square, randn<double>(rng(), 20, 3));
  adjoint_twins("triangular_solve", triangular_solve, square, randn<double>(rng(), 20));
  adjoint_twins("cholesky", cholesky, Array<double, 2>(matmul_nt(square, square)));
#else
  MESSAGE("skipped: factorisations, built without LAPACK for their twins on the CPU");
#endif
  Array<double, 2> holes = randn<double>(rng(), 30, 20);
  for (double& x : holes)
    if (pick(0, 2) > 0) x = 0;
  const auto csr = to_csr(holes);
  const auto on_gpu = gpu(csr);
  const auto dense = randn<double>(rng(), 20, 5), d = randn<double>(rng(), 30, 5);
  const auto expected = sparse_matmul.pullback(csr, dense);
  const auto got = sparse_matmul.pullback(on_gpu, gpu(dense));
  gpu_tests::same("sparse_matmul", expected.value, got.value);
  gpu_tests::same("sparse_matmul", std::get<0>(expected.back(d)).values, std::get<0>(got.back(gpu(d))).values);
  gpu_tests::same("sparse_matmul", std::get<1>(expected.back(d)).evaluate(), std::get<1>(got.back(gpu(d))).evaluate());
  const auto half = gpu(Array<float, 2>(m));
  const BasicArray<__half, 2, Device> narrow(half);
  CHECK(isapprox(cpu(BasicArray<float, 2, Device>(matmul_tn(narrow, narrow))), cpu(matmul_tn(half, half)), 1e-2, 1e-1));
  const BasicArray<__nv_bfloat16, 2, Device> brain(half);
  CHECK(isapprox(cpu(BasicArray<float, 2, Device>(matmul_tn(brain, brain))), cpu(matmul_tn(half, half)), 3e-2, 3e-1));
}

TEST_CASE("gpu: convolutions") {
  if (no_gpu()) return;
#if CUARRAYS_CUDNN
  const auto x = randn<double>(rng(), 12, 10, 4, 3), w = randn<double>(rng(), 3, 2, 2, 6);
  adjoint_twins("conv", conv, x, w, ConvOptions{.stride = {2, 1}, .pad = 1, .groups = 2});
  adjoint_twins("conv", conv, randn<double>(rng(), 20, 2, 3), randn<double>(rng(), 5, 2, 3), ConvOptions{.dilation = 2});
  adjoint_twins("conv", conv, randn<double>(rng(), 6, 5, 4, 2, 3), randn<double>(rng(), 3, 2, 2, 2, 3), ConvOptions{.pad = 1});
  adjoint_twins("conv_transpose", conv_transpose, x, randn<double>(rng(), 3, 2, 3, 4), ConvOptions{.stride = 2, .pad = 1});
  const MeasureConvolutions scope;
  adjoint_twins("conv, measured", conv, x, w, ConvOptions{.stride = {2, 1}, .pad = 1, .groups = 2});
#else
  MESSAGE("skipped: built without cuDNN");
#endif
}

TEST_CASE("gpu: pooling, norms, attention, and the rest") {
  if (no_gpu()) return;
  const auto x = randn<double>(rng(), 12, 10, 4, 3);
  const auto gamma = randn<double>(rng(), 12, 10);
  const auto scale = randn<double>(rng(), 4), shift = randn<double>(rng(), 4);
  adjoint_twins("max_pool", max_pool, x, PoolOptions{.window = 3, .stride = 2, .pad = 1});
  adjoint_twins("mean_pool", mean_pool, x, PoolOptions{});
  adjoint_twins("adaptive_max_pool", adaptive_max_pool, x, Spatial(5, 3));
  adjoint_twins("adaptive_mean_pool", adaptive_mean_pool, x, Spatial(5, 3));
  adjoint_twins("batch_norm", batch_norm, x, scale, shift);
  adjoint_twins("group_norm", group_norm, x, Index(2), scale, shift);
  adjoint_twins("layer_norm", layer_norm, x, gamma, gamma);
  adjoint_twins("upsample_nearest", upsample_nearest, x, Spatial(2));
  adjoint_twins("upsample_linear", upsample_linear, x, Spatial(2, 3));
  const auto q = randn<double>(rng(), 8, 6, 4), k = randn<double>(rng(), 8, 7, 4), v = randn<double>(rng(), 5, 7, 4);
  adjoint_twins("attention", attention, q, k, v, randn<double>(rng(), 7, 6));
  adjoint_twins("causal attention", attention, q, k, v, AttentionOptions{.causal = true});
  adjoint_twins("embedding", embedding, randn<double>(rng(), 8, 10), Array<int, 1>::of({3, 9, 3, 0}));
  const auto p = embedding.pullback(gpu(full(2.0, 8, 10)), gpu(Array<int, 1>::of({3, 10, -1})));
  CHECK(sum(p.value) == 16);
  CHECK(sum(std::get<0>(p.back(p.value)).evaluate()) == 16);
  Rng one(5), other(5);
  CHECK(isapprox(cpu(dropout(gpu(x), 0.5, one)), dropout(x, 0.5, other)));
}

TEST_CASE("gpu: recurrent cells") {
  if (no_gpu()) return;
  const auto x = randn<double>(rng(), 5, 4, 3);
  const auto h = randn<double>(rng(), 6, 3), c = randn<double>(rng(), 6, 3);
  const auto random = [](Index rows, Index columns) { return randn<double>(rng(), rows, columns); };
  adjoint_twins("lstm", lstm, x, h, c, random(24, 5), random(24, 6), randn<double>(rng(), 24));
  adjoint_twins("gru", gru, x, h, random(18, 5), random(18, 6), randn<double>(rng(), 18), randn<double>(rng(), 18));
}
