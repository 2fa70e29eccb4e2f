#!/usr/bin/env python3
"""Training throughput of the model of examples/digits in PyTorch on the CPU, for comparison with tests/bench/digits.cpp.

    pip install torch numpy && python3 tests/bench/digits_pytorch.py [epochs] [threads]

Same model, batch size, optimiser and data; the data is in memory; only the training steps are timed.
"""
import pathlib
import statistics
import sys
import time

import numpy
import torch

epochs = int(sys.argv[1]) if len(sys.argv) > 1 else 30
if len(sys.argv) > 2:
    torch.set_num_threads(int(sys.argv[2]))
torch.manual_seed(42)
folder = pathlib.Path(__file__).parents[2] / "examples" / "digits" / "data"


def read(part):
    images = numpy.fromfile(folder / f"{part}-images-idx3-ubyte", numpy.uint8)[16:].reshape(-1, 64)
    labels = numpy.fromfile(folder / f"{part}-labels-idx1-ubyte", numpy.uint8)[8:]
    return torch.from_numpy(images / numpy.float32(16)), torch.from_numpy(labels.astype(numpy.int64))


x, y = read("train")
held_x, held_y = read("t10k")
model = torch.nn.Sequential(torch.nn.Linear(64, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10))
optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
loss_of = torch.nn.CrossEntropyLoss()
speeds = []
for epoch in range(epochs):
    batches = torch.randperm(len(x)).split(64)
    batches = [(x[i], y[i]) for i in batches]
    start = time.perf_counter()
    for bx, by in batches:
        optimiser.zero_grad()
        loss = loss_of(model(bx), by)
        loss.backward()
        optimiser.step()
    speeds.append(len(x) / (time.perf_counter() - start))
with torch.no_grad():
    accuracy = (model(held_x).argmax(1) == held_y).float().mean().item()
print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads: median {statistics.median(speeds):.0f} samples/s, "
      f"held-out accuracy {100 * accuracy:.1f}%")
