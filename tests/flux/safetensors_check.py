#!/usr/bin/env python3
"""Files of `save` in Python, and the reverse; run by hand:

    pip install numpy safetensors
    python3 tests/flux/safetensors_check.py digits.safetensors   # a model of examples/digits: its accuracy, by numpy
    python3 tests/flux/safetensors_check.py                      # writes from_python.safetensors, which a test loads
"""
import pathlib
import sys

import numpy
from safetensors.numpy import load_file, save_file

here = pathlib.Path(__file__).parent
if len(sys.argv) == 1:
    weight = numpy.array([[1, 2, 3], [4, 5, 6]], numpy.float32)  # (in, out) here, (out, in) in C++
    tensors = {"0.weight": weight, "0.bias": numpy.array([7, 8, 9], numpy.float32), "1": numpy.array(0.5, numpy.float64),
               "2": numpy.array([-1, 2**40], numpy.int64)}
    save_file(tensors, here / "from_python.safetensors", metadata={"made by": "safetensors_check.py"})
    sys.exit()

tensors = load_file(sys.argv[1])
for name, tensor in tensors.items():
    print(f"{name:16} {tensor.dtype} {tensor.shape}")
folder = here.parents[1] / "examples" / "digits" / "data"
x = numpy.fromfile(folder / "t10k-images-idx3-ubyte", numpy.uint8)[16:].reshape(-1, 64) / numpy.float32(16)
labels = numpy.fromfile(folder / "t10k-labels-idx1-ubyte", numpy.uint8)[8:]
hidden = numpy.maximum(0, x @ tensors["layers.0.weight"] + tensors["layers.0.bias"])
scores = hidden @ tensors["layers.1.weight"] + tensors["layers.1.bias"]
print(f"held-out accuracy {100 * (scores.argmax(1) == labels).mean():.2f}%")
