"""How a network and a run of training are shown: a table of the layers, a small SVG of the losses.

The core prints and draws nothing; it asks for this module when it is shown.  No library draws the
SVG, and no address is asked for.  It takes the colour of the text around it, so that it can be seen
on a light and on a dark ground.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Protocol

from ..arrays import Array, Shape
from ..layers import Layer
from ..losses import Loss

HEAD = ("layer", "output shape", "parameters")

# Two colours of Okabe & Ito (2008), which the colour-blind can tell apart.
TRAINING, HELD_OUT = "#0072B2", "#D55E00"
NAMES = {"train_loss": "training", "validation_loss": "held out"}  # columns of a History
COLOURS = {"train_loss": TRAINING, "validation_loss": HELD_OUT}

WIDTH, HEIGHT = 440, 180
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 26, 24  # margins
HUGE = 1e300  # a loss above this, or NaN, is left out
MAX_POINTS = 300  # points of a line: more could not be told apart

Point = tuple[float, float]


class Shown(Protocol):
    """The parts of a network that are shown."""

    layers: list[Layer]
    loss: Loss
    theta: Array
    n_in: int
    front: Shape

    @property
    def n_nets(self) -> int:
        """Number of nets: 1, or more with an axis in front."""


def describe(network: Shown) -> str:
    """Return a table of the layers, their output shapes and their numbers of parameters.

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
    rows = [HEAD, *_rows(network)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:>{widths[2]}}".rstrip() for a, b, c in rows]
    rule = "─" * (sum(widths) + 4)
    return "\n".join([lines[0], rule, *lines[1:], rule, _total(network)])


def describe_html(network: Shown) -> str:
    """Return the same table in HTML, in the colours of the page around it."""
    head = "".join(f'<th style="text-align:left">{name}</th>' for name in HEAD)
    body = "".join(
        f'<tr><td style="text-align:left"><code>{escape(name)}</code></td>'
        f'<td style="text-align:left">{shape}</td><td style="text-align:right">{n_params}</td></tr>'
        for name, shape, n_params in _rows(network)
    )
    return (
        f"<div><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        f"<p>{_total(network)}</p></div>"
    )


def _rows(network: Shown) -> list[tuple[str, str, str]]:
    """Return name, output shape and parameters of the input, each layer and the loss."""
    n = ", ".join([*map(str, network.front), "n"])
    rows = [("input", f"({n}, {network.n_in})", "0")]
    for layer in network.layers:
        n_params = network.n_nets * sum(math.prod(shape) for shape in layer.shapes.values())
        rows.append((repr(layer), f"({n}, {layer.n_out})", f"{n_params:,}"))
    return [*rows, (repr(network.loss), "", "")]


def _total(network: Shown) -> str:
    fixed = network.n_nets * sum(
        math.prod(layer.shapes[name]) for layer in network.layers for name in layer.statistics
    )
    size = network.theta.nbytes
    memory = f"{size / 2**20:.1f} MiB" if size >= 2**20 else f"{size / 2**10:.1f} KiB"
    total = f"{len(network.theta) - fixed:,} trained parameters"
    if fixed:
        total += f" and {fixed:,} running statistics"
    if network.front:
        total += f" of {network.n_nets} members"
    return total + f", {memory} of {network.theta.dtype}"


def losses_svg(curves: Mapping[str, Sequence[float]], planned: int | None = None) -> str:
    """Return an SVG with a line for each column of losses, or "" where there are no losses.

    Parameters
    ----------
    curves : mapping of str to sequence of float
        Columns with one entry for each epoch, as in a ``History``; entries that are not finite are
        left out.
    planned : int, optional
        Number of epochs to leave room for.
    """
    lines = {name: list(_points(curves[name])) for name in NAMES if name in curves}
    lines = {name: points for name, points in lines.items() if points}
    if not lines:
        return ""
    last = max([planned or 1, *(int(points[-1][0]) for points in lines.values())])
    losses = [loss for points in lines.values() for _, loss in points]
    ticks = nice_ticks(min(losses), max(losses))
    low, high = min(ticks[0], *losses), max(ticks[-1], *losses)

    def x(epoch: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (epoch - 1) / max(last - 1, 1)

    def y(loss: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - loss) / (high - low)

    grid = [_grid_line(tick, y(tick)) for tick in ticks]
    epochs = [_epoch(n, x(n), anchor) for n, anchor in {last: "end", 1: "start"}.items()]
    drawn = [
        _line([(x(epoch), y(loss)) for epoch, loss in points], COLOURS[name])
        for name, points in lines.items()
    ]
    said = {name: f"{NAMES[name]} {points[-1][1]:.4g}" for name, points in lines.items()}
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        'style="max-width:100%;height:auto" role="img" '
        f'aria-label="loss after each epoch; last: {", ".join(said.values())}" '
        'font-family="system-ui, sans-serif" font-size="11" fill="currentColor">'
        f"{''.join([*grid, *epochs, *drawn, *_legend(said)])}</svg>"
    )


def _grid_line(tick: float, y: float) -> str:
    return (
        f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="currentColor" stroke-opacity="0.15"/>'
        f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" fill-opacity="0.7">{tick:g}</text>'
    )


def _epoch(number: int, x: float, anchor: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{HEIGHT - 7}" text-anchor="{anchor}" fill-opacity="0.7">'
        f"{'epoch ' if number == 1 else ''}{number:,}</text>"
    )


def _legend(said: Mapping[str, str]) -> Iterator[str]:
    x = LEFT
    for name, label in said.items():
        yield (
            f'<path d="M{x} 12h16" stroke="{COLOURS[name]}" stroke-width="2.5"/>'
            f'<text x="{x + 21}" y="16">{label}</text>'
        )
        x += 40 + 7 * len(label)


def _points(losses: Sequence[float]) -> Iterator[Point]:
    """Yield epoch and loss of at most ``MAX_POINTS`` finite losses, the last one included."""
    step = math.ceil(len(losses) / MAX_POINTS)
    for i, loss in enumerate(losses):
        if (len(losses) - 1 - i) % step == 0 and abs(loss) < HUGE:
            yield i + 1, loss


def _line(points: Sequence[Point], colour: str) -> str:
    if len(points) == 1:
        ((x, y),) = points
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return (
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.8" '
        'stroke-linejoin="round"/>'
    )


def nice_ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Return round numbers at equal distances, two or more, that cover the interval.

    >>> nice_ticks(0.13, 0.68)
    [0.0, 0.2, 0.4, 0.6, 0.8]
    >>> nice_ticks(2.0, 2.0)
    [1.8, 1.9, 2.0, 2.1, 2.2]
    """
    if not high - low > max(1e-9 * abs(low), 1e-9 * abs(high), 1e-300):
        pad = abs(high) / 10 or 1.0
        low, high = low - pad, high + pad
    rough = high / (most - 1) - low / (most - 1)
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * k for k in (1, 2, 5, 10) if unit * k >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(k * step, 12 - math.floor(math.log10(step))) for k in range(first, last + 1)]
