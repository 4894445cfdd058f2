#!/usr/bin/env bash
# distributed 2026.8.0 with NumPy 2.4.6 (Python 3.11), seen on 2026-11-29.
#
# Expected: Dask counts the arrays in a dataclass that a task returns, as it counts those in a list, a
# tuple, a named tuple or a dict; dataclasses are collections for it elsewhere (dask.compute looks into
# them).
# Seen: a dataclass with an array of 80 MB counts as less than a thousand bytes, and so does any object
# with attributes. What a worker "manages" stays near 0; it then writes nothing to the disk at its
# target (60 % of its memory), and the scheduler takes such results for free to move.
#
# Why it matters: out-of-core computing on small workers rests on these sizes. Without them a worker
# acts at 70 % of its process's memory alone, from the oldest result on, and pauses sooner. A method
# __sizeof__ that adds the arrays is enough: sys.getsizeof calls it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet 'distributed==2026.8.0' 'dask==2026.8.0' 'numpy==2.4.6'
cat > "$work/seen.py" <<'PYTHON'
from dataclasses import dataclass
from typing import NamedTuple

import dask
import numpy as np
from dask.sizeof import sizeof

X = np.zeros(10_000_000)


@dataclass
class Block:
    X: object


class Row(NamedTuple):
    X: object


@dataclass
class Sized(Block):
    def __sizeof__(self) -> int:
        return object.__sizeof__(self) + self.X.nbytes


for value in ([X], (X,), {"X": X}, Row(X)):
    print(f"{type(value).__name__}: {sizeof(value):,} bytes")
    assert sizeof(value) >= X.nbytes
(found,) = dask.compute(Block(dask.delayed(sum)([1, 2])))
assert found.X == 3, "dask.compute does not look into dataclasses now"
print(f"dataclass: {sizeof(Block(X)):,} bytes; with __sizeof__: {sizeof(Sized(X)):,}")
assert sizeof(Block(X)) < 1000, "a dataclass counts with its arrays now"
assert sizeof(Sized(X)) >= X.nbytes
PYTHON
"$work/venv/bin/python" "$work/seen.py"
