"""Error against CPU time as a picture."""

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from .comparison import Record

# Where a label may go: points of distance, and the direction, nearest first.
AROUND = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))
PLACES = list(product((9, 18, 27, 36, 48, 60, 75, 90), AROUND))


def error_against_cpu(rows: Sequence[Record], path: Path) -> None:
    """Draw SGM error against mean CPU seconds of a fit, a labelled point a method.

    The picture is as narrow as a phone, so that its labels can be read there, and has a white
    ground of its own, so that it can be read on a dark page.  Both axes are logarithmic: a step to
    the left or down is a share of the cost or of the errors.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(4.2, 4.6), dpi=200, layout="constrained")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter("")
    axes.set_yticks([5, 6, 7, 8, 9, 10, 12, 14, 16, 20, 30], minor=False)
    axes.yaxis.set_major_formatter("{x:g}")
    for row in rows:
        own = row["method"].startswith("numlp")
        point = row["fit_cpu_mean"], 100 * row["sgm_error"]
        axes.plot(*point, "o", markersize=6, color="tab:red" if own else "tab:gray")
    axes.set_xlabel("CPU seconds of a fit, mean over tables (one thread)")
    axes.set_ylabel("error in percent, shifted geometric mean")
    axes.set_title("Lower left is better", fontsize=10)
    axes.grid(alpha=0.3, which="major")
    axes.margins(x=0.15, y=0.15)
    _label(axes, [(r["method"], r["fit_cpu_mean"], 100 * r["sgm_error"]) for r in rows])
    figure.savefig(path)
    plt.close(figure)


def _label(axes: Any, points: Sequence[tuple[str, float, float]]) -> None:
    """Put each label at the nearest place round its point where it covers nothing."""
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox

    figure = axes.figure
    figure.canvas.draw()  # fixes the layout, and so the pixels of each point
    pixels = figure.dpi / 72  # of a typographic point
    centres = [tuple(axes.transData.transform((x, y))) for _, x, y in points]
    boxes: list[Any] = []  # of the labels that are placed
    lines: list[Any] = []  # from their points to them, as some pixels on the way
    for (name, x, y), centre in zip(points, centres, strict=True):
        others = [other for other in centres if other != centre]
        for distance, (right, up) in PLACES:
            label = axes.annotate(
                name,
                (x, y),
                xytext=(right * distance, up * distance),
                textcoords="offset points",
                ha={1: "left", 0: "center", -1: "right"}[right],
                va={1: "bottom", 0: "center", -1: "top"}[up],
                fontsize=9,
                color="tab:red" if name.startswith("numlp") else "black",
                arrowprops={
                    "arrowstyle": "-",
                    "color": "gray",
                    "lw": 0.6,
                    "shrinkA": 0,
                    "relpos": ((1 - right) / 2, (1 - up) / 2),
                },
            )
            label.set_in_layout(False)
            label.update_positions(figure.canvas.get_renderer())
            box = Text.get_window_extent(label).padded(2 * pixels)  # of the text, not the line
            end = np.add(centre, np.multiply((right, up), distance * pixels))
            line = np.linspace(centre, end, 16)
            near_line = [Bbox.from_extents(*at, *at).padded(5 * pixels) for at in line]
            inside = axes.bbox.contains(*box.min) and axes.bbox.contains(*box.max)
            covers = (
                any(box.overlaps(other) for other in boxes)
                or any(box.contains(*at) for other in lines for at in other)
                or any(box.padded(4 * pixels).contains(*other) for other in others)
                or any(other.contains(*at) for other in boxes for at in line)
                or any(near.contains(*other) for near in near_line for other in others)
            )
            if inside and not covers:
                break
            if (distance, (right, up)) != PLACES[-1]:
                label.remove()
        boxes.append(box)
        lines.append(line)
