#!/usr/bin/env python3
"""Writes the IDX files of this folder from the copy of the data set that the scikit-learn package carries.

    pip install scikit-learn numpy && python3 make.py

The 1,797 images are shuffled once, with a fixed seed; the last 360 are held out.
"""
import gzip
import pathlib
import struct

import numpy
import sklearn

HELD_OUT = 360
SEED = 20


def write_idx(path, array):
    """IDX: two zero bytes, type (8: unsigned byte), rank, sizes as big-endian 32-bit integers, then the bytes."""
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    path.write_bytes(header + array.astype(numpy.uint8).tobytes())


source = pathlib.Path(sklearn.__file__).parent / "datasets" / "data" / "digits.csv.gz"
with gzip.open(source, "rt") as file:
    rows = numpy.loadtxt(file, delimiter=",").astype(numpy.uint8)
rows = rows[numpy.random.RandomState(SEED).permutation(len(rows))]
here = pathlib.Path(__file__).parent
for name, part in {"train": rows[:-HELD_OUT], "t10k": rows[-HELD_OUT:]}.items():
    write_idx(here / f"{name}-images-idx3-ubyte", part[:, :64].reshape(-1, 8, 8))
    write_idx(here / f"{name}-labels-idx1-ubyte", part[:, 64])
    print(f"{name}: {len(part)} images, per digit {numpy.bincount(part[:, 64]).tolist()}")
