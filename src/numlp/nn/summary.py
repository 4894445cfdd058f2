"""What a network looks like in words: its layers, their outputs and their parameters."""

import math
from collections.abc import Sequence

from .arrays import Array
from .layers import Layer
from .losses import Loss


def describe(
    layers: Sequence[Layer], loss: Loss, theta: Array, n_in: int, members: int | None
) -> str:
    """A table of the layers, and what they have in all.

    >>> from numlp.nn import mlp
    >>> mlp([4, 100, 3]).summary()
    layer                                                  output shape  parameters
    ───────────────────────────────────────────────────────────────────────────────
    input                                                  (n, 4)                 0
    Dense(n_in=4, n_out=100, initializer='he_normal')      (n, 100)             500
    ReLU()                                                 (n, 100)               0
    Dense(n_in=100, n_out=3, initializer='glorot_normal')  (n, 3)               303
    SoftmaxCrossEntropy(label_smoothing=0.0)
    ───────────────────────────────────────────────────────────────────────────────
    803 trained parameters, 3.1 KiB of float32
    """
    copies, n = (1, "n") if members is None else (members, f"{members}, n")
    rows = [("layer", "output shape", "parameters"), ("input", f"({n}, {n_in})", "0")]
    for layer in layers:
        n_params = copies * sum(math.prod(shape) for shape in layer.shapes.values())
        rows.append((repr(layer), f"({n}, {layer.n_out})", f"{n_params:,}"))
    rows.append((repr(loss), "", ""))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:>{widths[2]}}".rstrip() for a, b, c in rows]
    rule = "─" * (sum(widths) + 4)
    fixed = copies * sum(
        math.prod(layer.shapes[name]) for layer in layers for name in layer.statistics
    )
    size = theta.nbytes
    memory = f"{size / 2**20:.1f} MiB" if size >= 2**20 else f"{size / 2**10:.1f} KiB"
    total = f"{len(theta) - fixed:,} trained parameters"
    if fixed:
        total += f" and {fixed:,} running statistics"
    if members is not None:
        total += f" of {members} members"
    total += f", {memory} of {theta.dtype}"
    return "\n".join([lines[0], rule, *lines[1:], rule, total])
