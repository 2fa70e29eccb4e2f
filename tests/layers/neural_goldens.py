#!/usr/bin/env python3
"""Writes neural_goldens.hpp: what PyTorch (in float64) computes for the layers that neural.cpp compares with.

    pip install torch numpy && python3 neural_goldens.py

Arrays are in the order of their bytes in PyTorch, which is our column-major order with the dimensions reversed; weights
of linear maps, which are (out, in) on both sides, are written transposed.
"""
import pathlib

import torch

torch.manual_seed(2)
torch.set_default_dtype(torch.float64)
lines = ["// Written by neural_goldens.py. Numbers from PyTorch in float64.", "#pragma once", "", "namespace neural_goldens {", ""]


def put(name, tensor):
    values = tensor.detach().contiguous().flatten().tolist()
    lines.append(f"inline constexpr double {name}[] = {{{', '.join(f'{v:.13g}' for v in values)}}};")


def golden(name, layer, x, parameters, f=None):
    """x, y, dy, dx, and each parameter with its adjoint; matrices transposed."""
    x = x.requires_grad_()
    y = (f or layer)(x)
    dy = torch.randn(y.shape)
    y.backward(dy)
    for key, value in {"x": x, "y": y, "dy": dy, "dx": x.grad}.items():
        put(f"{name}_{key}", value)
    for key, p in parameters.items():
        put(f"{name}_{key}", p.T if p.dim() == 2 else p)
        put(f"{name}_d{key}", p.grad.T if p.dim() == 2 else p.grad)
    lines.append("")


conv = torch.nn.Conv2d(4, 6, (2, 3), stride=(1, 2), padding=(1, 0), dilation=(2, 1), groups=2)
golden("conv", conv, torch.randn(2, 4, 5, 6), {"weight": conv.weight, "bias": conv.bias})
up = torch.nn.ConvTranspose2d(4, 6, (2, 3), stride=(1, 2), padding=(1, 0), output_padding=(0, 1), groups=2)
golden("up", up, torch.randn(2, 4, 4, 3), {"weight": up.weight, "bias": up.bias})
golden("max_pool", torch.nn.MaxPool2d(3, 2, 1), torch.randn(2, 2, 5, 6), {})
golden("mean_pool", torch.nn.AvgPool2d(3, 2, 1), torch.randn(2, 2, 5, 6), {})
golden("adaptive", torch.nn.AdaptiveAvgPool2d((2, 4)), torch.randn(2, 2, 5, 6), {})
golden("linear", torch.nn.Upsample(scale_factor=(2, 3), mode="bilinear"), torch.randn(2, 2, 3, 4), {})

batch = torch.nn.BatchNorm2d(3)
golden("batch", batch, torch.randn(2, 3, 2, 3), {"gamma": batch.weight, "beta": batch.bias})
put("batch_mean", batch.running_mean)
put("batch_variance", batch.running_var)
batch.eval()
put("batch_inference", batch(torch.ones(2, 3, 2, 3)))
layer = torch.nn.LayerNorm(5)
golden("layer", layer, torch.randn(3, 5), {"gamma": layer.weight, "beta": layer.bias})
group = torch.nn.GroupNorm(2, 4)
golden("group", group, torch.randn(2, 4, 2, 3), {"gamma": group.weight, "beta": group.bias})

lstm = torch.nn.LSTM(3, 4, batch_first=True)
torch.nn.init.zeros_(lstm.bias_hh_l0)
golden("lstm", lstm, torch.randn(2, 5, 3), {"wx": lstm.weight_ih_l0, "wh": lstm.weight_hh_l0, "bias": lstm.bias_ih_l0},
       lambda x: lstm(x)[0])
gru = torch.nn.GRU(3, 4, batch_first=True)
golden("gru", gru, torch.randn(2, 5, 3), {"wx": gru.weight_ih_l0, "wh": gru.weight_hh_l0, "bx": gru.bias_ih_l0,
                                          "bh": gru.bias_hh_l0}, lambda x: gru(x)[0])
heads = torch.nn.MultiheadAttention(4, 2, batch_first=True)
torch.nn.init.normal_(heads.in_proj_bias)
mask = torch.nn.Transformer.generate_square_subsequent_mask(5)
golden("heads", heads, torch.randn(2, 5, 4), {}, lambda x: heads(x, x, x, attn_mask=mask, is_causal=True)[0])
for i, name in enumerate(["query", "key", "value"]):
    put(f"heads_{name}", heads.in_proj_weight[4 * i : 4 * i + 4].T)
    put(f"heads_d{name}", heads.in_proj_weight.grad[4 * i : 4 * i + 4].T)
    put(f"heads_{name}_bias", heads.in_proj_bias[4 * i : 4 * i + 4])
put("heads_out", heads.out_proj.weight.T)
put("heads_out_bias", heads.out_proj.bias)

lines += ["", "}  // namespace neural_goldens", ""]
(pathlib.Path(__file__).parent / "neural_goldens.hpp").write_text("\n".join(lines))
