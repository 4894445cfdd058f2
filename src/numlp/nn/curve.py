"""Losses by epoch as a small SVG, for a notebook: no library draws it, no address is asked.

It takes the colour of the text around it, so that it shows on a light and on a dark ground.
"""

import math
from collections.abc import Iterator, Mapping, Sequence

# Of the palette of Okabe & Ito (2008), which the colour-blind can tell apart.
TRAINING, HELD_OUT = "#0072B2", "#D55E00"
NAMES = {"train_loss": "training", "validation_loss": "held out"}  # of columns of a History
COLOURS = {"train_loss": TRAINING, "validation_loss": HELD_OUT}

WIDTH, HEIGHT = 440, 180
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 26, 24  # margins
HUGE = 1e300  # a loss beyond, or NaN, is left out
MAX_POINTS = 300  # of a line: more would not be seen

Point = tuple[float, float]


def losses_svg(curves: Mapping[str, Sequence[float]], planned: int | None = None) -> str:
    """A line for each column that is a loss, with an entry an epoch; "" where there is none.

    Parameters
    ----------
    curves : mapping of str to sequence of float
        By column, as in a ``History``; what is no finite number is left out.
    planned : int, optional
        Epochs that there is to be room for.
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
    """Epoch and loss of as many of the finite losses as a line has room for, the last included."""
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
    """Round numbers that lie in and about the interval, two or more.

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
