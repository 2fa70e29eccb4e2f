#!/usr/bin/env python3
"""What bench_gpu measures, by PyTorch on the same GPU: eager, and with torch.compile.

    pip install torch && python3 tests/bench/gpu_pytorch.py [millions of floats, 100 if not said] [--eager]

Bytes per second as a share of a device copy's, measured in turns with it: medians, as in tests/bench/gpu*.cu. The
shapes are those there, in the order of C: dimension 0 there is the last here. To compare, give both the same number:
what is launched takes its time whatever the size. With --eager nothing is compiled. Of adjoints the time is that of the
backward alone, by autograd.
"""
import statistics
import sys

import torch
import torch.nn.functional as F

given = [argument for argument in sys.argv[1:] if argument != "--eager"]
compiles = "--eager" not in sys.argv
n = (int(given[0]) if given else 100) * 1000000
if compiles:
    import torch._functorch.config
    torch._functorch.config.donated_buffer = False  # a backward is timed more than once
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


def report(name, size, eager, fused):
    t, *t_fused, copy = in_turns(eager, *([fused] if fused else []), lambda: target.copy_(a))
    shares = [size / x / (8 * n / copy) for x in (t, *t_fused)]
    compiled = f"   torch.compile {shares[1]:5.2f}" if fused else ""
    print(f"{name:44} eager {shares[0]:5.2f}{compiled} of a copy", flush=True)


def bandwidth(name, size, f, *operands, compiled=True):
    fused = torch.compile(f, dynamic=False) if compiled and compiles else None
    report(name, size, lambda: f(*operands), fused and (lambda: fused(*operands)))


def adjoint(name, size, d, f, *operands, compiled=True):
    """The backward of f alone, to those of the operands that are floats; d reaches what f returns."""
    wanted = [x.detach().requires_grad_(x.is_floating_point()) for x in operands]
    floats = [x for x in wanted if x.requires_grad]

    def back(y):
        return lambda: [dx.contiguous() for dx in torch.autograd.grad(y, floats, d, retain_graph=True)]

    fused = back(torch.compile(f, dynamic=False)(*wanted)) if compiled and compiles else None
    report(name, size, back(f(*wanted)), fused)


def duration(name, f, flops=0, calls=10):
    t, = in_turns(lambda: [f() for _ in range(calls)])
    rate = f"  {flops * calls / t * 1e-12:5.1f} TFLOP/s" if flops else ""
    print(f"{name:44} {t / calls * 1e6:8.1f} us{rate}", flush=True)


print(f"PyTorch {torch.__version__}, {torch.cuda.get_device_name()}")
square, row = a.view(n // 1000, 1000), torch.rand(n // 1000, 1, device="cuda")
bandwidth("broadcast of 4 inputs", 20 * n, lambda a, b, c, d: a * b + c * d, a, b, c, torch.rand(n, device="cuda"))
bandwidth("broadcast of 3 inputs", 16 * n, lambda a, b, c: a * b + torch.exp(c), a, b, c)
bandwidth("in place: a += 2 b", 12 * n, lambda t, b: t.add_(b, alpha=2), target, b, compiled=False)
bandwidth("matrix + row", 8 * n, lambda s, r: s + r, square, row)
for rows in (10, 1000, n // 1000, n // 10):
    x, matters = a.view(n // rows, rows), rows in (1000, n // 1000)  # compiling takes its time
    bandwidth(f"sum over ({rows}, {n // rows}) along 0", 4 * n, lambda x: x.sum(1), x, compiled=matters)
    bandwidth(f"sum over ({rows}, {n // rows}) along 1", 4 * n, lambda x: x.sum(0), x, compiled=matters)
bandwidth("maximum", 4 * n, lambda a: a.max(), a)
bandwidth("transpose", 8 * n, lambda s: s.t().contiguous(), square)
bandwidth("rand", 4 * n, lambda t: torch.rand_like(t), target)
bandwidth("randn", 4 * n, lambda t: torch.randn_like(t), target, compiled=False)


def adjoints():
    def energy(x, y):
        return (x * torch.tanh(y)).sum()

    def gradient(f):
        x, y = a.detach().requires_grad_(), b.detach().requires_grad_()
        return lambda: torch.autograd.grad(f(x, y), (x, y))

    def smooth(x):  # by slices
        return torch.cat((x[:1], (x[:-2] + x[1:-1] + x[2:]) / 3, x[-1:]))

    def blurred(x):
        out = x.clone()
        out[1:-1] = (x[:-2] + x[1:-1] + x[2:]) / 3
        return out

    d = torch.rand(n, device="cuda")
    adjoint("adjoint of the broadcast of 4 inputs", 36 * n, d, lambda a, b, c, d: a * b + c * d, a, b, c, d)
    adjoint("adjoint of map of a marked function of 2", 20 * n, d, lambda x, y: torch.sin(x) * y, a, b)
    report("gradient of sum(a * tanh(b)), with its value", 16 * n, gradient(energy),
           gradient(torch.compile(energy, dynamic=False)) if compiles else None)
    adjoint("adjoint of a kernel that returns values", 8 * n, d, smooth, a)
    adjoint("the same, by avg_pool1d", 8 * n, d[2:].view(1, -1), lambda x: F.avg_pool1d(x, 3, 1), a.view(1, n),
            compiled=False)
    bandwidth("a kernel that writes, into a copy", 8 * n, blurred, a, compiled=False)
    adjoint("adjoint of it", 8 * n, d, blurred, a, compiled=False)
    slopes = d.view(square.shape)
    of_columns, of_rows = torch.rand(n // 1000, device="cuda"), torch.rand(1000, device="cuda")
    gamma, beta = torch.full((1000,), 1.5, device="cuda"), torch.full((1000,), 0.5, device="cuda")
    adjoint("adjoint of sum over (1000, ...) along 0", 4 * n, of_columns, lambda x: x.sum(1), square, compiled=False)
    adjoint("adjoint of sum over (1000, ...) along 1", 4 * n, of_rows, lambda x: x.sum(0), square, compiled=False)
    adjoint("adjoint of maximum over (1000, ...) along 0", 8 * n, of_columns, lambda x: x.amax(1), square,
            compiled=False)
    adjoint("adjoint of var over (1000, ...) along 0", 8 * n, of_columns, lambda x: x.var(1), square)
    adjoint("adjoint of softmax of (1000, ...)", 12 * n, slopes, lambda x: x.softmax(1), square)
    adjoint("adjoint of logsoftmax of (1000, ...)", 12 * n, slopes, lambda x: x.log_softmax(1), square, compiled=False)
    adjoint("adjoint of layer_norm of (1000, ...)", 12 * n, slopes, lambda x, g, b: F.layer_norm(x, (1000,), g, b),
            square, gamma, beta)
    adjoint("adjoint of scan along 0 of (1000, ...)", 8 * n, slopes, lambda x: x.cumsum(1), square, compiled=False)


def indexing():
    bandwidth("argmax", 4 * n, lambda a: a.argmax(), a, compiled=False)
    bandwidth("argmax over (1000, ...) along 0", 4 * n, lambda s: s.argmax(1), square)
    bandwidth("argmax over (1000, ...) along 1", 4 * n, lambda s: s.argmax(0), square, compiled=False)
    bandwidth("scan", 8 * n, lambda a: a.cumsum(0), a)
    bandwidth("scan_exclusive", 8 * n, lambda a: a.cumsum(0) - a, a, compiled=False)
    bandwidth("scan along 0 of (1000, ...)", 8 * n, lambda s: s.cumsum(1), square, compiled=False)
    bandwidth("scan along 1 of (..., 1000)", 8 * n, lambda s: s.cumsum(0), a.view(1000, n // 1000), compiled=False)
    keys, values = torch.rand(n // 10, device="cuda"), torch.rand(n // 10, device="cuda")
    integers = (keys * 1e9).int()
    duration("sort", lambda: keys.sort(stable=True)[0], calls=1)
    duration("sort_by_key", lambda: values[keys.argsort(stable=True)], calls=1)
    duration("sortperm", lambda: keys.argsort(stable=True), calls=1)
    duration("sortperm of int", lambda: integers.argsort(stable=True), calls=1)
    duration("sortperm by greater_t", lambda: keys.argsort(stable=True, descending=True), calls=1)
    anywhere = torch.randint(0, n, (n // 10,), device="cuda")
    few = torch.randint(0, n // 100, (n // 10,), device="cuda")
    some = n // 10
    bandwidth("gather: elements, any order", 12 * some, lambda a, p: a[p], a, anywhere, compiled=False)
    adjoint("its adjoint", 12 * some + 4 * n, values, lambda a, p: a[p], a, anywhere, compiled=False)
    adjoint("its adjoint, of index_select", 12 * some + 4 * n, values, lambda a, p: a.index_select(0, p), a, anywhere,
            compiled=False)
    bandwidth("scatter: 10 values to a place, any order", 8 * some,
              lambda p, v: torch.zeros(n // 100, device="cuda").scatter_add_(0, p, v), few, values)
    table, words = torch.rand(50000, 256, device="cuda"), torch.randint(0, 50000, (n // 2560,), device="cuda")
    d = torch.rand(len(words), 256, device="cuda")
    moved = 4 * d.numel()
    bandwidth("gather: columns of (256, 50000), embedding", 2 * moved, lambda t, w: F.embedding(w, t), table, words)
    adjoint("its adjoint, embedding", moved + 4 * table.numel(), d, lambda t, w: F.embedding(w, t), table, words)


def along_columns():
    gamma, beta = torch.full((1000,), 1.5, device="cuda"), torch.full((1000,), 0.5, device="cuda")
    cube = a.view(1000, n // 100000, 100)
    bandwidth("softmax of (1000, ...)", 8 * n, lambda s: s.softmax(1), square)
    bandwidth("logsoftmax of (1000, ...)", 8 * n, lambda s: s.log_softmax(1), square, compiled=False)
    bandwidth("layer_norm of (1000, ...)", 8 * n, lambda s: F.layer_norm(s, (1000,), gamma, beta), square)
    bandwidth("mean over (1000, ...) along 0", 4 * n, lambda s: s.mean(1), square, compiled=False)
    bandwidth("var over (1000, ...) along 0", 4 * n, lambda s: s.var(1), square)
    bandwidth("var over (1000, ...) along 1", 4 * n, lambda s: s.var(0), square)
    bandwidth("sum of squares over (100, ..., 1000) along 0, 2", 4 * n, lambda c: (c * c).sum((0, 2)), cube)


adjoints()
indexing()
along_columns()

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


def products(name, kind, m, batch=1):
    shape = (batch, m, m) if batch > 1 else (m, m)
    p, q = torch.rand(shape, device="cuda").to(kind), torch.rand(shape, device="cuda").to(kind)
    duration(f"matmul of {name} {shape[::-1]}", lambda: p @ q, 2 * batch * m**3, 10 if m < 8192 else 1)


for m in (1024, 4096, 8192):
    products("float", torch.float32, m)
products("float", torch.float32, 64, 4096)
products("float", torch.float32, 256, 256)
for m in (1024, 8192):
    products("half", torch.float16, m)
    products("bf16", torch.bfloat16, m)
torch.backends.cudnn.allow_tf32 = False  # as matmul's default
for x, w, pad in (((256, 1, 28, 28), (6, 1, 5, 5), 0), ((64, 64, 56, 56), (64, 64, 3, 3), 1),
                  ((64, 256, 14, 14), (256, 256, 3, 3), 1), ((64, 64, 56, 56), (128, 64, 1, 1), 0)):
    p, q = torch.rand(x, device="cuda"), torch.rand(w, device="cuda")
    duration(f"conv {x[::-1]} * {w[::-1]}", lambda: F.conv2d(p, q, padding=pad))

attend = F.scaled_dot_product_attention
q, k, v, d = (torch.randn(1, 128, 1024, 64, device="cuda") for _ in range(4))
flops = 4 * q.numel() * 1024
duration("attention of (64, 1024, 128)", lambda: attend(q, k, v), flops)
duration("causal attention of (64, 1024, 128)", lambda: attend(q, k, v, is_causal=True), flops / 2)
leaves = [x.detach().requires_grad_() for x in (q, k, v)]
y = attend(*leaves)
duration("adjoint of the first", lambda: torch.autograd.grad(y, leaves, d, retain_graph=True), 2.5 * flops)

model = torch.nn.Sequential(torch.nn.Linear(784, 256), torch.nn.ReLU(), torch.nn.Linear(256, 128), torch.nn.ReLU(),
                            torch.nn.Linear(128, 10)).cuda()
images, targets = torch.rand(64, 784, device="cuda"), (5 * torch.rand(64, 10, device="cuda")).softmax(1)
optimiser = torch.optim.SGD(model.parameters(), lr=1e-4)


def step():
    optimiser.zero_grad()
    F.cross_entropy(model(images), targets).backward()
    optimiser.step()


side = torch.cuda.Stream()
side.wait_stream(torch.cuda.current_stream())
with torch.cuda.stream(side):
    for _ in range(3):
        step()
torch.cuda.current_stream().wait_stream(side)
graph = torch.cuda.CUDAGraph()
with torch.cuda.graph(graph):
    step()
one_by_one, at_once = in_turns(step, graph.replay)
name = "step of Dense 784-256-128-10, batch 64"
print(f"{name:44} {one_by_one * 1e6:8.1f} us, by a graph {at_once * 1e6:.1f} us")
