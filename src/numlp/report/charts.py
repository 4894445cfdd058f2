"""Charts as the page draws them: what stands where, in units of the drawing.

A chart here is numbers and short texts alone; the templates make SVG of it, whose colours are the
page's, so that it is right on a light and on a dark ground, and in print.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..nn.more.display import nice_ticks

WIDTH, HEIGHT = 360, 270
LEFT, RIGHT, TOP, BOTTOM = 46, 20, 10, 40  # margins, for the numbers at the axes
MOST_POINTS = 400  # of a line: more are not seen
MOST_LOSS = 1e9  # no training leaves more; a file may tell of it
SHARES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Axis:
    """One axis: what it counts, from where to where, and its ticks."""

    label: str
    low: float
    high: float
    ticks: Sequence[float]
    percent: bool = False

    def text(self, tick: float) -> str:
        """A tick as the axis writes it."""
        return f"{tick:.0%}" if self.percent else f"{tick:,.12g}"


@dataclass(frozen=True)
class Dot:
    """A point with an interval, in units of the drawing."""

    x: float
    y: float
    radius: float
    low: float
    high: float


@dataclass(frozen=True)
class Chart:
    """Lines and dots over two axes.

    Attributes
    ----------
    label : str
        What a person who does not see it is told.
    x, y : Axis
    lines : dict of str to str
        By name, each as the points of an SVG polyline.
    dots : list of Dot
    diagonal : bool
        Whether to draw where both axes are equal.
    """

    label: str
    x: Axis
    y: Axis
    lines: dict[str, str] = field(default_factory=dict)
    dots: list[Dot] = field(default_factory=list)
    diagonal: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the drawing."""
        return WIDTH, HEIGHT

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of the field between the axes."""
        return LEFT, TOP, WIDTH - RIGHT, HEIGHT - BOTTOM

    @property
    def x_ticks(self) -> Iterator[tuple[float, str]]:
        """Place and text of each tick."""
        return ((round(across(self.x, t), 1), self.x.text(t)) for t in self.x.ticks)

    @property
    def y_ticks(self) -> Iterator[tuple[float, str]]:
        """Place and text of each tick."""
        return ((round(down(self.y, t), 1), self.y.text(t)) for t in self.y.ticks)


def share_axis(label: str) -> Axis:
    """An axis from 0 to 1, in percent."""
    return Axis(label, 0.0, 1.0, SHARES, percent=True)


def across(axis: Axis, value: Any) -> Any:
    """Where a value, or an array of them, stands from left to right."""
    return LEFT + (WIDTH - LEFT - RIGHT) * (value - axis.low) / (axis.high - axis.low)


def down(axis: Axis, value: Any) -> Any:
    """Where a value, or an array of them, stands from top to bottom."""
    return TOP + (HEIGHT - TOP - BOTTOM) * (axis.high - value) / (axis.high - axis.low)


def polyline(x: Axis, y: Axis, xs: Floats, ys: Floats) -> str:
    """The points of a line, without those that could not be seen.

    >>> axis = Axis("", 0, 1, [])
    >>> polyline(axis, axis, np.array([0, 0.0001, 1]), np.array([0, 0, 1]))
    '46,230 340,10'
    """
    points = np.round(2 * np.column_stack([across(x, xs), down(y, ys)])) / 2
    thin = points[np.append(True, (np.diff(points, axis=0) != 0).any(axis=1))]
    step = math.ceil(len(thin) / MOST_POINTS)
    thin = np.concatenate([thin[:-1:step], thin[-1:]])
    return " ".join(f"{px:g},{py:g}" for px, py in thin.tolist())


def shares_chart(
    label: str, x_label: str, y_label: str, curves: Mapping[str, tuple[Floats, Floats]],
    *, diagonal: bool,
) -> Chart:  # fmt: skip
    """Lines of shares over shares: a line by name for each (x, y)."""
    x, y = share_axis(x_label), share_axis(y_label)
    lines = {name: polyline(x, y, xs, ys) for name, (xs, ys) in curves.items()}
    return Chart(label, x, y, lines, diagonal=diagonal)


def calibration_chart(
    label: str,
    said: Floats,
    happened: Floats,
    lows: Floats,
    highs: Floats,
    counts: NDArray[np.intp],
) -> Chart:
    """A dot for each bin of probabilities, with its interval; its area goes by its rows."""
    x, y = share_axis("probability given"), share_axis("share that came true")
    radii = 2.5 + 5 * np.sqrt(counts / counts.max())
    places = zip(
        across(x, said), down(y, happened), radii, down(y, lows), down(y, highs), strict=True
    )
    dots = [Dot(*(round(float(v), 1) for v in place)) for place in places]
    return Chart(label, x, y, dots=dots, diagonal=True)


def losses_chart(
    label: str, curves: Mapping[str, Sequence[float]], unit: str = "epoch"
) -> Chart | None:
    """Losses by epoch, or another unit: a line for each; None where there is nothing to draw."""
    found: dict[str, tuple[Floats, Floats]] = {}
    for name, values in curves.items():
        losses = np.array(values, dtype=np.float64)
        there = np.abs(losses) < MOST_LOSS
        if there.any():
            found[name] = np.flatnonzero(there).astype(np.float64) + 1, losses[there]
    if not found:
        return None
    last = max(epochs[-1] for epochs, _ in found.values())
    all_losses = np.concatenate([losses for _, losses in found.values()])
    low, high = float(all_losses.min()), float(all_losses.max())
    ticks = nice_ticks(low, high)
    whole = [
        tick for tick in nice_ticks(1, last) if tick >= 1 and tick == int(tick) and tick <= last
    ]
    x = Axis(unit, 1, max(last, 2), whole)
    y = Axis("log-loss", min(low, ticks[0]), max(high, ticks[-1]), ticks)
    return Chart(label, x, y, {name: polyline(x, y, *line) for name, line in found.items()})
