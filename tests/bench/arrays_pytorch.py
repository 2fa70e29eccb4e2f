#!/usr/bin/env python3
"""What bench_arrays measures, by NumPy and by PyTorch on the same cores.

    pip install torch numpy && python3 tests/bench/arrays_pytorch.py [millions of floats, 100 if not said] [threads]

Bandwidth as a share of a copy's by PyTorch, measured in turns with it; the rest in nanoseconds or microseconds: medians,
as in tests/bench/arrays.cpp. The shapes are those there, in the order of C: dimension 0 there is the last here.
"""
import statistics
import sys
import time

import numpy
import torch

n = (int(sys.argv[1]) if len(sys.argv) > 1 else 100) * 1000000
if len(sys.argv) > 2:
    torch.set_num_threads(int(sys.argv[2]))
torch.manual_seed(1)
torch.set_grad_enabled(False)
print(f"NumPy {numpy.__version__}, PyTorch {torch.__version__} with {torch.get_num_threads()} threads")


def seconds(f, calls=1):
    start = time.perf_counter()
    for _ in range(calls):
        f()
    return (time.perf_counter() - start) / calls


def in_turns(*functions, times=9, calls=1):
    for f in functions:
        f()
    return [statistics.median(column) for column in zip(*([seconds(f, calls) for f in functions] for _ in range(times)))]


def bandwidth(name, size, by_numpy, by_torch):
    *of_numpy, b, copy = in_turns(*([by_numpy] if by_numpy else []), by_torch, lambda: target.copy_(x))
    numpys = f"{size / of_numpy[0] * 1e-9:6.1f} GB/s" if of_numpy else "has none   "
    print(f"{name:44} NumPy {numpys}   PyTorch {size / b * 1e-9:6.1f} GB/s, {size / b / (8 * n / copy):5.2f} of a copy",
          flush=True)


def adjoint(name, size, d, f, *operands):
    """The backward of f alone, to those of the operands that are floats; d reaches what f returns."""
    wanted = [t.detach().requires_grad_(t.is_floating_point()) for t in operands]
    floats = [t for t in wanted if t.requires_grad]
    with torch.enable_grad():
        result = f(*wanted)
    bandwidth(name, size, None, lambda: torch.autograd.grad(result, floats, d, retain_graph=True))


def small(name, by_numpy, by_torch, calls, unit, scale):
    *of_numpy, of_torch = in_turns(*([by_numpy] if by_numpy else []), by_torch, times=21, calls=calls)
    numpys = f"{of_numpy[0] * scale:8.2f} {unit}" if of_numpy else "has none"
    print(f"{name:44} NumPy {numpys}   PyTorch {of_torch * scale:8.2f} {unit}", flush=True)


x, y, z, w = (torch.rand(n) for _ in range(4))
target = torch.empty(n)
xs, ys, zs, ws, ts = (t.numpy() for t in (x, y, z, w, target))
bandwidth("broadcast of 4 inputs", 20 * n, lambda: numpy.add(xs * ys, zs * ws, out=ts),
          lambda: torch.add(x * y, z * w, out=target))
bandwidth("in place: a += 2 b", 12 * n, lambda: numpy.add(ts, 2 * ys, out=ts), lambda: target.add_(y, alpha=2))
for rows in (10, 1000, n // 1000, n // 10):
    for axis in (0, 1):
        a = x.view(n // rows, rows)
        bandwidth(f"sum over ({rows}, {n // rows}) along {axis}", 4 * n, lambda: a.numpy().sum(1 - axis),
                  lambda: a.sum(1 - axis))
bandwidth("sum", 4 * n, lambda: xs.sum(), lambda: x.sum())
bandwidth("maximum", 4 * n, lambda: xs.max(), lambda: x.max())
square = x.view(10000, n // 10000)
turned = torch.empty(n // 10000, 10000)
bandwidth("transpose", 8 * n, lambda: numpy.copyto(turned.numpy(), square.numpy().T), lambda: turned.copy_(square.t()))
bandwidth("scan", 8 * n, lambda: xs.cumsum(), lambda: x.cumsum(0))


def smooth(x):  # by slices
    return torch.cat((x[:1], (x[:-2] + x[1:-1] + x[2:]) / 3, x[-1:]))


def blurred(x):
    out = x.clone()
    out[1:-1] = (x[:-2] + x[1:-1] + x[2:]) / 3
    return out


def smooth_numpy():
    return numpy.concatenate((xs[:1], (xs[:-2] + xs[1:-1] + xs[2:]) / 3, xs[-1:]))


def softmax_numpy(s):
    e = numpy.exp(s - s.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


adjoint("adjoint of the broadcast of 4 inputs", 36 * n, w, lambda a, b, c, d: a * b + c * d, x, y, z, w)
bandwidth("map of a marked function of 2", 12 * n, lambda: 2 * xs * ys + xs, lambda: 2 * x * y + x)
adjoint("adjoint of map of a marked function of 2", 20 * n, w, lambda a, b: 2 * a * b + a, x, y)
bandwidth("launch of a kernel that returns values", 8 * n, smooth_numpy, lambda: smooth(x))
adjoint("adjoint of a kernel that returns values", 8 * n, w, smooth, x)
bandwidth("a kernel that writes, into a copy", 8 * n, None, lambda: blurred(x))
adjoint("adjoint of it", 8 * n, w, blurred, x)
columns = x.view(-1, 1000)
columns_numpy = columns.numpy()
bandwidth("softmax of (1000, ...)", 8 * n, lambda: softmax_numpy(columns_numpy), lambda: columns.softmax(1))
adjoint("adjoint of softmax of (1000, ...)", 12 * n, w.view(-1, 1000), lambda s: s.softmax(1), columns)
for axis in (0, 1):
    bandwidth(f"var over (1000, ...) along {axis}", 4 * n, lambda: columns_numpy.var(1 - axis, ddof=1),
              lambda: columns.var(1 - axis))
bandwidth("argmax", 4 * n, lambda: xs.argmax(), lambda: x.argmax())
for axis in (0, 1):
    bandwidth(f"argmax over (1000, ...) along {axis}", 4 * n, lambda: columns_numpy.argmax(1 - axis),
              lambda: columns.argmax(1 - axis))
some = n // 10
keys, lane, few = torch.rand(some), torch.rand(n // 100), torch.randint(0, n // 100, (some,))
for name, t, axis in (("sort of (1000, ...)", keys.view(-1, 1000), 1), ("sort, one lane", lane, 0)):
    small(name, lambda: numpy.sort(t.numpy(), axis, "stable"), lambda: t.sort(dim=axis, stable=True)[0], 1,
          "ns/element", 1e9 / t.numel())
bandwidth("scatter: 10 values to a place, any order", 8 * some,
          lambda: numpy.bincount(few.numpy(), keys.numpy(), n // 100),
          lambda: torch.zeros(n // 100).scatter_add_(0, few, keys))
bandwidth("gather: elements, any order", 12 * some, lambda: lane.numpy()[few.numpy()], lambda: lane[few])
table, words = torch.rand(50000, 256), torch.randint(0, 50000, (n // 2560,))
slope = torch.rand(len(words), 256)
moved = 4 * slope.numel()
bandwidth("gather: columns of (256, 50000), embedding", 2 * moved, lambda: table.numpy()[words.numpy()],
          lambda: torch.nn.functional.embedding(words, table))
adjoint("its adjoint, embedding", moved + 4 * table.numel(), slope,
        lambda t, w: torch.nn.functional.embedding(w, t), table, words)
del y, z, w, ys, zs, ws, columns, columns_numpy, keys, lane, few, table, words, slope

v = torch.randn(4000000)
vs, out = v.numpy(), torch.empty_like(v)
for name, by_numpy, by_torch in (
        ("exp(-x)", lambda: numpy.exp(-vs), lambda: torch.exp(-v)),
        ("tanh(2 x) + 1", lambda: numpy.tanh(2 * vs) + 1, lambda: torch.tanh(2 * v) + 1),
        ("gelu: x / 2 (1 + erf(x / sqrt 2))", None, lambda: torch.nn.functional.gelu(v))):
    small(name, by_numpy, by_torch, 1, "ns/element", 1e9 / len(v))

a, b, c = torch.rand(1000), torch.rand(1000), torch.empty(1000)
an, bn, cn = a.numpy(), b.numpy(), c.numpy()
small("1000 elements: out = x + y", lambda: numpy.add(an, bn, out=cn), lambda: torch.add(a, b, out=c), 1000, "ns", 1e9)
small("1000 elements: x * y + 1, a new array", lambda: an * bn + 1, lambda: a * b + 1, 1000, "ns", 1e9)
small("1000 elements: sum(x)", lambda: an.sum(), lambda: a.sum(), 1000, "ns", 1e9)
small("1000 elements: out += x", lambda: numpy.add(cn, an, out=cn), lambda: c.add_(a), 1000, "ns", 1e9)
for m in (64, 256, 1024):
    p, q = torch.rand(m, m), torch.rand(m, m)
    small(f"matmul of ({m}, {m})s", lambda: p.numpy() @ q.numpy(), lambda: p @ q, 1, "us", 1e6)
