#!/usr/bin/env python3
"""Writes goldens.hpp: four steps of PyTorch's optimisers (in float64) from the same start with the same gradients.

    pip install torch numpy && python3 goldens.py
"""
import pathlib

import torch

torch.manual_seed(2)
torch.set_default_dtype(torch.float64)
STEPS, SIZE = 4, 5
start, gradients = torch.randn(SIZE), torch.randn(STEPS, SIZE)
lines = ["// Written by goldens.py. Numbers from PyTorch in float64.", "#pragma once", "", "namespace goldens {", ""]
lines += [f"inline constexpr int steps = {STEPS}, size = {SIZE};"]


def put(name, tensor):
    text = ", ".join(f"{v:.17g}" for v in tensor.detach().flatten().tolist())
    lines.append(f"inline constexpr double {name}[] = {{{text}}};")


put("start", start)
put("gradients", gradients)
rules = {
    "descent": lambda p: torch.optim.SGD(p, lr=0.1),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9),
    "adam": lambda p: torch.optim.Adam(p, lr=0.001),
}
for name, make in rules.items():
    x = start.clone().requires_grad_()
    rule = make([x])
    states = []
    for g in gradients:
        x.grad = g.clone()
        rule.step()
        states.append(x.detach().clone())
    put(name, torch.stack(states))

lines += ["", "}  // namespace goldens", ""]
(pathlib.Path(__file__).parent / "goldens.hpp").write_text("\n".join(lines))
