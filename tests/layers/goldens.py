#!/usr/bin/env python3
"""Writes goldens.hpp: what PyTorch (in float64) computes for the layers and activations that test.cpp compares with.

    pip install torch numpy && python3 goldens.py

Arrays are in the order of their bytes in PyTorch, batch first, which is our column-major order with the batch last;
weights of Linear are (out, in) there, so they are written transposed.
"""
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(1)
torch.set_default_dtype(torch.float64)
lines = ["// Written by goldens.py. Numbers from PyTorch in float64.", "#pragma once", "", "namespace goldens {", ""]


def put(name, tensor):
    values = tensor.detach().contiguous().flatten().tolist()
    text = ", ".join(f"{v:.17g}" for v in values)
    lines.append(f"inline constexpr double {name}[] = {{{text}}};")


x = torch.tensor([-20.0, -3.0, -1.5, -0.5, -0.01, 0.02, 0.7, 1.3, 4.0, 25.0], requires_grad=True)
put("x", x)
activations = {
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "gelu": F.gelu,
    "sigmoid": torch.sigmoid,
    "swish": F.silu,
    "softplus": lambda x: F.softplus(x, threshold=50),  # above the threshold PyTorch returns x
    "tanh": torch.tanh,
}
for name, f in activations.items():
    y = f(x)
    (dx,) = torch.autograd.grad(y.sum(), x)
    put(f"{name}_y", y)
    put(f"{name}_dx", dx)

# Chain(Dense(4, 5, tanh), Dense(5, 3)) on a batch of 2, with a random adjoint of the output.
first, second = torch.nn.Linear(4, 5), torch.nn.Linear(5, 3)
batch = torch.randn(2, 4, requires_grad=True)
hidden = torch.tanh(first(batch))
out = second(hidden)
dout = torch.randn(2, 3)
out.backward(dout)
lines.append("")
put("chain_x", batch)
put("chain_weight_1", first.weight.T)
put("chain_bias_1", first.bias)
put("chain_weight_2", second.weight.T)
put("chain_bias_2", second.bias)
put("chain_y", out)
put("chain_dy", dout)
put("chain_dx", batch.grad)
put("chain_dweight_1", first.weight.grad.T)
put("chain_dbias_1", first.bias.grad)
put("chain_dweight_2", second.weight.grad.T)
put("chain_dbias_2", second.bias.grad)

lines += ["", "}  // namespace goldens", ""]
(pathlib.Path(__file__).parent / "goldens.hpp").write_text("\n".join(lines))
