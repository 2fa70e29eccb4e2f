#!/usr/bin/env python3
"""What bench_gpu measures, by PyTorch on the same GPU: eager, and with torch.compile.

    pip install torch && python3 tests/bench/gpu_pytorch.py [millions of floats, 100 if not said]

Bytes per second as a share of a device copy's, measured in turns with it: medians, as in tests/bench/gpu.cu. The shapes
are those there, in the order of C: dimension 0 there is the last here. To compare, give both the same number: what is
launched takes its time whatever the size.
"""
import statistics
import sys

import torch

n = (int(sys.argv[1]) if len(sys.argv) > 1 else 100) * 1000000
torch.manual_seed(1)
a, b, c = (torch.rand(n, device="cuda") for _ in range(3))
target = torch.empty_like(a)


def seconds(f):
    start, stop = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    f()
    stop.record()
    stop.synchronize()
    return start.elapsed_time(stop) * 1e-3


def in_turns(*functions, times=21):
    for f in functions * 3:
        f()
    return [statistics.median(column) for column in zip(*([seconds(f) for f in functions] for _ in range(times)))]


def bandwidth(name, size, f, *operands):
    compiled = torch.compile(f, dynamic=False)
    eager, fused, copy = in_turns(lambda: f(*operands), lambda: compiled(*operands), lambda: target.copy_(a))
    shares = [size / t / (8 * n / copy) for t in (eager, fused)]
    print(f"{name:44} eager {shares[0]:5.2f}   torch.compile {shares[1]:5.2f} of a copy", flush=True)


print(f"PyTorch {torch.__version__}, {torch.cuda.get_device_name()}")
square, row = a.view(n // 1000, 1000), torch.rand(n // 1000, 1, device="cuda")
bandwidth("broadcast of 4 inputs", 20 * n, lambda a, b, c, d: a * b + c * d, a, b, c, torch.rand(n, device="cuda"))
bandwidth("broadcast of 3 inputs", 16 * n, lambda a, b, c: a * b + torch.exp(c), a, b, c)
bandwidth("in place: a += 2 b", 12 * n, lambda t, b: t.add_(b, alpha=2), target, b)
bandwidth("matrix + row", 8 * n, lambda s, r: s + r, square, row)
for rows in (10, 1000, n // 1000, n // 10):
    x = a.view(n // rows, rows)
    bandwidth(f"sum over ({rows}, {n // rows}) along 0", 4 * n, lambda x: x.sum(1), x)
    bandwidth(f"sum over ({rows}, {n // rows}) along 1", 4 * n, lambda x: x.sum(0), x)
bandwidth("maximum", 4 * n, lambda a: a.max(), a)
bandwidth("scan", 8 * n, lambda a: a.cumsum(0), a)
bandwidth("scan along 0 of (1000, ...)", 8 * n, lambda s: s.cumsum(1), square)
bandwidth("transpose", 8 * n, lambda s: s.t().contiguous(), square)
bandwidth("rand", 4 * n, lambda t: torch.rand_like(t), target)
bandwidth("randn", 4 * n, lambda t: torch.randn_like(t), target)
places, values = torch.randint(0, n // 100, (n // 10,), device="cuda"), torch.rand(n // 10, device="cuda")
bandwidth("scatter: 10 values to a place, any order", 8 * (n // 10),
          lambda p, v: torch.zeros(n // 100, device="cuda").scatter_add_(0, p, v), places, values)

x, y = torch.rand(1000, device="cuda"), torch.rand(1000, device="cuda")


def chain():
    for _ in range(100):
        x.add_(y, alpha=0.01)


chain()
graph = torch.cuda.CUDAGraph()
with torch.cuda.graph(graph):
    chain()
one_by_one, at_once = in_turns(chain, graph.replay)
print(f"{'100 small kernels, one after the other':44} {one_by_one * 1e4:8.2f} us each, by a graph {at_once * 1e4:5.2f} us")
for m in (1024, 4096, 8192):
    p, q = torch.rand(m, m, device="cuda"), torch.rand(m, m, device="cuda")
    print(f"{f'matmul of float ({m}, {m})':44} {2 * m**3 / in_turns(lambda: p @ q)[0] * 1e-12:8.1f} TFLOP/s")
torch.backends.cudnn.allow_tf32 = False  # as matmul's default
for x, w, pad in (((256, 1, 28, 28), (6, 1, 5, 5), 0), ((64, 64, 56, 56), (64, 64, 3, 3), 1),
                  ((64, 256, 14, 14), (256, 256, 3, 3), 1), ((64, 64, 56, 56), (128, 64, 1, 1), 0)):
    p, q = torch.rand(x, device="cuda"), torch.rand(w, device="cuda")
    t, = in_turns(lambda: torch.nn.functional.conv2d(p, q, padding=pad))
    print(f"{f'conv {x[::-1]} * {w[::-1]}':44} {t * 1e6:8.1f} us")
