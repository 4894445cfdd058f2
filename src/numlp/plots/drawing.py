"""How the pictures look: colours, letters, axes, and the parts that they are made of."""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..common.wording import count, shortened
from ..metrics.curves import Calibration
from ..metrics.scores import ClassNumbers, wilson_interval
from ..nn import Dense, Layer, Network
from ..nn.more.display import HELD_OUT, TRAINING
from .grid import Grid

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

# Of classes: the palette of Okabe & Ito (2008), which the colour-blind can tell apart, without
# its yellow and black, which are not seen on white and on black.
COLORS = (TRAINING, HELD_OUT, "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES = ("-", "--")  # the seventh class has the first colour again
INK = "#787878"  # letters, axes: a contrast of 4.4 on white, of 4.8 on black
PALE, PALE_WRONG = "#DCE9F3", "#FBE6D8"  # of a cell with hardly a row in it: right, wrong
ON_PALE, ON_DARK = "#222222", "#FFFFFF"  # letters on cells

FONT = 9
MOST_DRAWN = 8  # classes, each with a line of its own
MOST_NUMBERED = 12  # classes of one whose cells have room for a number
MOST_UNITS = 9  # of a layer
MOST_POINTS = 1000  # of a line or a cloud
MOST_LETTERS = 24  # of a name
PLAIN: dict[str, Any] = {"parse_math": False, "usetex": False}  # a name may have a $ in it

LONG_NAME = re.compile(r"(?<=[a-z]{4})(?=[A-Z])")  # where the name of a layer may be broken

Places = tuple[list[int], NDArray[np.float64]]  # of a layer: the units drawn, and their heights


def axis(ax: "Axes | None") -> "Axes":
    """The axis given, or one of a new figure, with thin lines; the ground stays as it is."""
    if ax is None:
        try:
            from matplotlib import pyplot  # here, as everything else does without
        except ImportError as error:
            raise ImportError("the plots need matplotlib: pip install 'numlp[plot]'") from error
        figure, ax = pyplot.subplots(figsize=(5.6, 4.2), layout="constrained")
        figure.set_facecolor("none")
    ax.set_facecolor("none")
    for side, spine in ax.spines.items():
        spine.set(color=INK, linewidth=0.6, visible=side in ("left", "bottom"))
    ax.tick_params(colors=INK, width=0.6, labelsize=FONT)
    return ax


def finish(ax: "Axes", title: str, x: str = "", y: str = "") -> "Axes":
    """Write the title and the names of the axes."""
    letters: dict[str, Any] = {"color": INK, "fontsize": FONT, **PLAIN}
    ax.set_title(title, loc="left", **(letters | {"fontsize": FONT + 1}))
    ax.set_xlabel(x, **letters)
    ax.set_ylabel(y, **letters)
    return ax


def rule(ax: "Axes", direction: Literal["x", "y", "both"], parts: int | None = None) -> None:
    """Draw faint lines to read values by; they cut a linear axis into so many parts at most."""
    if parts is not None and ax.get_xscale() == "linear":
        ax.locator_params(axis=direction, nbins=parts)
    ax.grid(axis=direction, color=INK, alpha=0.15, linewidth=0.6)
    ax.set_axisbelow(True)


def legend(
    ax: "Axes", handles: Sequence["Artist"], labels: Sequence[str], *, loc: str, title: str = ""
) -> None:
    """Draw a legend without a frame, whose labels may be any text."""
    options: dict[str, Any] = {"loc": loc, "title": title or None, "title_fontsize": FONT}
    # matplotlib has ideas of its own on labels that begin with _: they are set below.
    box = ax.legend(
        handles,
        ["-"] * len(labels),
        frameon=False,
        fontsize=FONT,
        labelcolor=INK,
        alignment="left",
        **options,
    )
    box.get_title().set_color(INK)
    for text, label in zip(box.get_texts(), labels, strict=True):
        text.set(**PLAIN)
        text.set_text(label)


def short(name: object, most: int = MOST_LETTERS) -> str:
    """A name of any kind as the pictures write it."""
    return shortened(str(name), most) or "(blank)"


def short_flag(name: str, most: int) -> str:
    """The name of a column of the matrix, cut in the middle: flags of one column differ at the end.

    >>> short_flag("marital status=Divorced", 15), short_flag("age", 15)
    ('marital…ivorced', 'age')
    """
    text = short(name, len(name) + 1)
    if len(text) <= most:
        return text
    end = (most - 1) // 2
    return f"{text[: most - 1 - end].rstrip()}…{text[len(text) - end :].lstrip()}"


def style(i: int) -> dict[str, Any]:
    """Colour and dashes of the i-th line."""
    return {"color": COLORS[i % len(COLORS)], "linestyle": DASHES[i // len(COLORS) % len(DASHES)]}


def thinned(x: NDArray[Any], y: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Points of a line, its ends among them: no more than can be seen."""
    kept = _spread(len(x))
    return x[kept], y[kept]


def _spread(n: int, most: int = MOST_POINTS) -> NDArray[np.intp]:
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.intp))


def draw_cells(
    ax: "Axes", counts: NDArray[np.intp], shares: NDArray[np.float64], *, percent: bool
) -> None:
    """Draw a confusion matrix: a cell for each count that is not 0, coloured by its share."""
    from matplotlib.colors import LinearSegmentedColormap

    n = len(counts)
    is_right = np.eye(n, dtype=bool)
    for of_kind, pale, dark in ((is_right, PALE, TRAINING), (~is_right, PALE_WRONG, HELD_OUT)):
        colors = LinearSegmentedColormap.from_list("", [pale, dark])
        cells = np.ma.masked_where(~of_kind | (counts == 0), shares)
        if cells.count():
            ax.pcolormesh(cells, cmap=colors, vmin=0, vmax=1, edgecolors="none")
    if n > MOST_NUMBERED:
        return
    for (i, j), share in np.ndenumerate(shares):
        on_cell = ON_DARK if i == j and share > 0.8 else ON_PALE  # orange is never dark
        ax.text(
            j + 0.5,
            i + 0.5,
            f"{share:.0%}" if percent else f"{counts[i, j]:,}",
            color=on_cell if counts[i, j] else INK,
            fontsize=FONT if n < 8 else FONT - 2,
            ha="center",
            va="center",
        )


def draw_bins(ax: "Axes", curve: Calibration) -> None:
    """Draw the dots of a calibration curve, with the interval of each."""
    counts = curve.counts
    ends = [
        wilson_interval(share, n)
        for share, n in zip(curve.prob_true.tolist(), counts.tolist(), strict=True)
    ]
    lows, highs = zip(*ends, strict=True)
    ax.vlines(curve.prob_pred, lows, highs, color=TRAINING, linewidth=1.2, alpha=0.6)
    ax.plot(curve.prob_pred, curve.prob_true, color=TRAINING, linewidth=0.8, alpha=0.6)
    sizes = 12 + 90 * counts / counts.max()
    ax.scatter(curve.prob_pred, curve.prob_true, s=sizes, color=TRAINING, linewidth=0, zorder=3)


def draw_region(ax: "Axes", grid: Grid, lead: NDArray[np.float64], color: str) -> None:
    """Draw where a class leads, in three steps, and the line where its lead begins."""
    field = lead.reshape(len(grid.y), len(grid.x))
    if field.max() <= 0:
        return
    for level, alpha in ((0.0, 0.14), (1 / 3, 0.1), (2 / 3, 0.1)):  # one above the other
        if field.max() > level:
            levels = [level, max(field.max(), level) + 1.0]
            ax.contourf(grid.x, grid.y, field, levels, colors=[color], alpha=alpha)
    if field.min() < 0:
        ax.contour(grid.x, grid.y, field, [0.0], colors=[INK], linewidths=0.8)


def draw_rows(
    ax: "Axes", grid: Grid, known: NDArray[np.intp] | None, drawn: Iterable[int]
) -> list["Artist"]:
    """Draw rows as dots, in the colours of their classes if known; return what a legend shows."""
    from matplotlib.lines import Line2D

    chosen = _spread(len(grid.rows))
    x, y = grid.rows[chosen].T
    dots: dict[str, Any] = {"s": 12, "linewidth": 0, "alpha": 0.85, "zorder": 3}
    if known is None:
        ax.scatter(x, y, color=INK, **dots)
    handles: list[Artist] = []
    for i, k in enumerate(drawn):
        color = style(i)["color"]
        if known is not None:
            of_class = known[chosen] == k
            ax.scatter(x[of_class], y[of_class], color=color, **dots)
        handles.append(Line2D([], [], marker="o", linestyle="", color=color, markersize=5))
    return handles


def draw_network(
    ax: "Axes", network: Network, inputs: Sequence[str] | None, outputs: Sequence[str] | None
) -> None:
    """Draw units as dots, one layer beside the other, and weights as lines between them."""
    stages = _stages(network)
    places = [_places(width) for width, _ in stages]
    for i, (width, layers) in enumerate(stages):
        units, heights = places[i]
        if layers:
            _draw_weights(ax, i, layers[0], places[i - 1], places[i])
        ax.plot(np.full(len(units), i), heights, "o", color=INK, markersize=8, zorder=3)
        if len(units) < width:
            gap = float(heights[len(units) // 2 - 1] + heights[len(units) // 2]) / 2
            ax.text(i, gap, "⋮", color=INK, ha="center", va="center", fontsize=12)
        words = [count(width, "unit" if layers else "input")]
        words += [LONG_NAME.sub("\n", type(layer).__name__) for layer in layers]
        ax.text(i, -1.15, "\n".join(words), color=INK, fontsize=FONT - 1, ha="center", va="top")
    for names, (units, heights), x, side in (
        (inputs, places[0], -0.1, "right"),
        (outputs, places[-1], len(stages) - 0.9, "left"),
    ):
        for unit, height in zip(units, heights.tolist(), strict=True):
            if names is not None and unit < len(names):
                ax.text(
                    x, height, short_flag(names[unit], 18), color=INK, fontsize=FONT - 1, ha=side,
                    va="center", **PLAIN,
                )  # fmt: skip
    ax.set(xlim=(-0.3, len(stages) - 0.7), ylim=(-1.1, 1.1))
    ax.set_axis_off()


def _stages(network: Network) -> list[tuple[int, list[Layer]]]:
    """Each width, from the inputs on, and its layers: one that makes it and those that keep it."""
    stages: list[tuple[int, list[Layer]]] = [(network.n_in, [])]
    for layer in network.layers:
        if isinstance(layer, Dense) or layer.n_out != stages[-1][0] or len(stages) == 1:
            stages.append((layer.n_out, [layer]))
        else:
            stages[-1][1].append(layer)
    return stages


def _places(width: int) -> Places:
    """Which units of a layer are drawn, and how high: all, or the first and the last ones."""
    if width <= MOST_UNITS:
        heights = np.linspace(1, -1, width) * (width - 1) / (MOST_UNITS - 1)
        return list(range(width)), heights
    half = MOST_UNITS // 2
    heights = np.delete(np.linspace(1, -1, MOST_UNITS), half)
    return [*range(half), *range(width - half, width)], heights


def _draw_weights(ax: "Axes", x: float, layer: Layer, before: Places, here: Places) -> None:
    from matplotlib.collections import LineCollection

    (rows, starts), (columns, ends) = before, here
    if not isinstance(layer, Dense):  # between which units it has lines, only the layer knows
        top, bottom = starts[[0, -1]], ends[[0, -1]]
        ax.fill(
            [x - 1, x, x, x - 1], [top[0], bottom[0], bottom[1], top[1]],
            color=INK, alpha=0.12, linewidth=0,
        )  # fmt: skip
        return
    W = layer.W.reshape(-1, layer.n_in, layer.n_out)[0][np.ix_(rows, columns)]
    strength = abs(W) / (abs(W).max() or 1.0)
    lines = [[(x - 1, start), (x, end)] for start in starts for end in ends]
    colors = [(TRAINING if w > 0 else HELD_OUT, 0.08 + 0.72 * s)
              for w, s in zip(W.ravel(), strength.ravel(), strict=True)]  # fmt: skip
    ax.add_collection(LineCollection(lines, colors=colors, linewidths=0.3 + 1.5 * strength.ravel()))


def most_frequent(y: ClassNumbers, most: int) -> ClassNumbers:
    """The most frequent classes among the rows, at most ``most``, in the order of the classes."""
    counts = np.bincount(y)
    ranked = np.argsort(-counts, kind="stable")[:most]
    return np.sort(ranked[counts[ranked] > 0])
