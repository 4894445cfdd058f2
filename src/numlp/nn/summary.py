"""What a network looks like in words: its layers, their outputs and their parameters."""

import math
from collections.abc import Sequence
from html import escape

from .arrays import Array
from .layers import Layer
from .losses import Loss

HEAD = ("layer", "output shape", "parameters")


class Described:
    """What a network says of itself: in print, and in a notebook."""

    layers: list[Layer]
    loss: Loss
    theta: Array
    n_in: int
    members: int | None

    def __str__(self) -> str:
        return describe(self.layers, self.loss, self.theta, self.n_in, self.members)

    def summary(self) -> None:
        """Print the layers, their output shapes and their parameters; see ``describe``."""
        print(self)  # noqa: T201 - printing is what it is for

    def _repr_html_(self) -> str:
        """The same as a notebook shows it."""
        return describe_html(self.layers, self.loss, self.theta, self.n_in, self.members)


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
    rows = [HEAD, *_rows(layers, loss, n_in, members)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:>{widths[2]}}".rstrip() for a, b, c in rows]
    rule = "─" * (sum(widths) + 4)
    return "\n".join([lines[0], rule, *lines[1:], rule, _total(layers, theta, members)])


def describe_html(
    layers: Sequence[Layer], loss: Loss, theta: Array, n_in: int, members: int | None
) -> str:
    """The same table in HTML, in the colours of the page that it stands in."""
    head = "".join(f'<th style="text-align:left">{name}</th>' for name in HEAD)
    body = "".join(
        f'<tr><td style="text-align:left"><code>{escape(name)}</code></td>'
        f'<td style="text-align:left">{shape}</td><td style="text-align:right">{n_params}</td></tr>'
        for name, shape, n_params in _rows(layers, loss, n_in, members)
    )
    return (
        f"<div><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        f"<p>{_total(layers, theta, members)}</p></div>"
    )


def _rows(
    layers: Sequence[Layer], loss: Loss, n_in: int, members: int | None
) -> list[tuple[str, str, str]]:
    """Name, output shape and parameters of the input, each layer and the loss."""
    copies, n = (1, "n") if members is None else (members, f"{members}, n")
    rows = [("input", f"({n}, {n_in})", "0")]
    for layer in layers:
        n_params = copies * sum(math.prod(shape) for shape in layer.shapes.values())
        rows.append((repr(layer), f"({n}, {layer.n_out})", f"{n_params:,}"))
    return [*rows, (repr(loss), "", "")]


def _total(layers: Sequence[Layer], theta: Array, members: int | None) -> str:
    copies = members or 1
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
    return total + f", {memory} of {theta.dtype}"
