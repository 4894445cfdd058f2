"""The pictures themselves: what each shows, and its title."""

from collections.abc import Iterator, Mapping, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..common.estimator import check_same_length
from ..common.wording import count, escaped
from ..metrics.curves import (
    auc,
    calibration_curve,
    precision_recall_curve,
    roc_curve,
)
from ..metrics.scores import ClassNumbers
from ..models import model_of
from ..models.fitted import classes_of, history_of, network_of, ranges_of
from ..models.predictions import (
    Predictions,
    check_single_label,
    class_numbers,
    predictions_of,
    probabilities_of,
)
from ..nn.more.display import HELD_OUT, TRAINING
from .drawing import (
    COLORS,
    INK,
    MOST_DRAWN,
    MOST_NUMBERED,
    PLAIN,
    axis,
    draw_bins,
    draw_cells,
    draw_network,
    draw_region,
    draw_rows,
    finish,
    legend,
    rule,
    short,
    style,
    thinned,
)
from .grid import grid_over

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_CELLS = 20  # classes of a confusion matrix
MOST_BARS = 20
MOST_TOLD = 60  # characters of what is not what a function takes


def plot_history(estimator_or_history: Any, *, ax: "Axes | None" = None) -> "Axes":
    """Plot the loss after each epoch, in training and on rows held out, with a dot at the lowest.

    Parameters
    ----------
    estimator_or_history : fitted classifier or model, History, mapping or sequence of losses
        A mapping has the columns ``train_loss`` and ``validation_loss``, or one of them.
    ax : matplotlib Axes, optional
        By default one in a new figure.

    Returns
    -------
    matplotlib Axes

    Examples
    --------
    >>> ax = plot_history({"train_loss": [0.9, 0.4, 0.2], "validation_loss": [0.9, 0.5, 0.6]})
    >>> ax.get_title("left")
    'held-out loss 0.500, lowest after epoch 2 of 3'
    """
    history = _losses(estimator_or_history)
    lines = {
        label: (color, losses)
        for column, label, color in (
            ("train_loss", "training", TRAINING),
            ("validation_loss", "held out", HELD_OUT),
        )
        if column in history and np.isfinite(losses := history[column]).any()
    }
    if not lines:
        raise ValueError("the history has no finite train_loss or validation_loss to plot")
    ax = axis(ax)
    handles = []
    for color, losses in lines.values():
        epochs = np.arange(1, len(losses) + 1)
        seen = np.isfinite(losses)
        mark = "-" if seen.sum() > 1 else "o"
        handles += ax.plot(epochs[seen], losses[seen], mark, color=color, linewidth=1.8)
    if "held out" in lines:
        losses = lines["held out"][1]
        best = int(np.nanargmin(np.where(np.isfinite(losses), losses, np.nan)))
        ax.plot(best + 1, losses[best], "o", color=HELD_OUT, markersize=6)
        told = f"held-out loss {losses[best]:.3f}, lowest after epoch {best + 1} of {len(losses)}"
    else:
        losses = lines["training"][1]
        last = losses[np.isfinite(losses)][-1]
        told = f"training loss {last:.3f} after {count(len(losses), 'epoch')}"
    legend(ax, handles, list(lines), loc="upper right")
    rule(ax, "both")
    return finish(ax, told, "epoch", "loss")


def plot_confusion(
    estimator: Any,
    X: Any = None,
    y: Any = None,
    *,
    ax: "Axes | None" = None,
    normalize: str | None = None,
) -> "Axes":
    """Plot how many rows of each class were taken for which: true class down, predicted across.

    Right answers are blue and wrong ones orange, the darker, the larger their share of the rows
    of the class.  Where there are more than 20 classes, the most frequent are drawn.

    Parameters
    ----------
    estimator : fitted classifier of numlp, its model, or a classifier of scikit-learn's
    X, y : table and labels, optional
        By default the rows that a TabularClassifier held out, each answered by the nets that had
        not seen it.
    ax : matplotlib Axes, optional
        By default one in a new figure.
    normalize : {"true", "pred", "all"}, optional
        Show shares of the rows of each true class, of each predicted class, or of all rows, in
        place of numbers of rows.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    DataError
        y has labels that the classifier was not trained on.
    ValueError
        X or y is missing.
    ImportError
        matplotlib is missing: ``pip install 'numlp[plot]'``.
    """
    if normalize not in (None, "true", "pred", "all"):
        raise ValueError(f"normalize={normalize!r}, but it has to be 'true', 'pred', 'all' or None")
    found = predictions_of(estimator, X, y, proba=False)
    shown = _most_frequent(np.append(found.y, found.predicted), MOST_CELLS)
    place = np.full(len(found.classes), -1)
    place[shown] = np.arange(len(shown))
    both = (place[found.y] >= 0) & (place[found.predicted] >= 0)
    counts = np.zeros((len(shown), len(shown)), np.intp)
    np.add.at(counts, (place[found.y[both]], place[found.predicted[both]]), 1)
    of_class = np.bincount(found.y, minlength=len(found.classes))[shown]
    as_predicted = np.bincount(found.predicted, minlength=len(found.classes))[shown]
    wholes = {"pred": as_predicted[None], "all": np.full((1, 1), len(found.y))}
    whole = wholes.get(normalize or "true", of_class[:, None])
    shares = np.divide(counts, whole, out=np.zeros(counts.shape), where=whole > 0)
    ax = axis(ax)
    draw_cells(ax, counts, shares, percent=normalize is not None)
    names = [short(label, 16) for label in found.classes[shown].tolist()]
    ticks = np.arange(len(shown)) + 0.5
    ax.set_yticks(ticks, names, **PLAIN)
    angle = 90 if len(names) > MOST_NUMBERED else 45 if sum(map(len, names)) > 36 else 0
    slanted: dict[str, Any] = {"rotation": angle, "ha": "right", "rotation_mode": "anchor"}
    if angle == 90:
        slanted["va"] = "center"
    ax.set_xticks(ticks, names, **PLAIN, **(slanted if angle else {}))
    ax.set(xlim=(0, len(shown)), ylim=(len(shown), 0), aspect="equal")
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.tick_params(length=0)
    n_wrong = int((found.y != found.predicted).sum())
    told = f"accuracy {1 - n_wrong / len(found.y):.1%}: {n_wrong:,} of {found.where} wrong"
    if len(shown) < len(found.classes):
        told += f"\nthe {len(shown)} most frequent of {len(found.classes):,} classes"
    return finish(ax, told, "predicted", "true")


def plot_roc(estimator: Any, X: Any = None, y: Any = None, *, ax: "Axes | None" = None) -> "Axes":
    """Plot the share of a class that is found over the share of other rows that are taken for it.

    Two classes have one curve, of the second; more have one each, against the rest; where
    there are more than eight, the most frequent are drawn.  AUC, the area below, is the chance that
    a row of the class has a higher probability of it than another row.

    Parameters, results and errors are those of ``plot_confusion``, and a DataError where all rows
    are of one class.
    """
    found = predictions_of(estimator, X, y)
    curves = {k: roc_curve(found.y == k, found.P[:, k]) for k in _compared(found)}
    areas = {k: auc(curve.fpr, curve.tpr) for k, curve in curves.items()}
    ax = axis(ax)
    handles = [
        ax.plot(*thinned(curve.fpr, curve.tpr), **style(i), linewidth=1.8)[0]
        for i, curve in enumerate(curves.values())
    ]
    (guess,) = ax.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=":")
    labels = [f"{area:.3f}  {short(found.classes[k])}" for k, area in areas.items()]
    legend(ax, [*handles, guess], [*labels, "0.5  guessing"], title="AUC", loc="lower right")
    ax.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.02), aspect="equal")
    return finish(
        ax,
        _mean_told("AUC", areas, found),
        "false positive rate",
        "true positive rate",
    )


def plot_precision_recall(
    estimator: Any, X: Any = None, y: Any = None, *, ax: "Axes | None" = None
) -> "Axes":
    """Plot the share right among the rows taken for a class over the share of the class found.

    Classes are drawn as by ``plot_roc``; parameters, results and errors are the same.  A dot
    at the right is what guessing reaches: the share of the class in the rows.
    """
    found = predictions_of(estimator, X, y)
    curves = {
        k: precision_recall_curve(found.y == k, found.P[:, k], drop_intermediate=True)
        for k in _compared(found)
    }
    areas = {k: curve.average_precision for k, curve in curves.items()}
    ax = axis(ax)
    handles = []
    for i, (k, curve) in enumerate(curves.items()):
        recall, precision = thinned(curve.recall, curve.precision)
        handles += ax.plot(recall, precision, **style(i), linewidth=1.8, drawstyle="steps-post")
        share = float((found.y == k).mean())
        ax.plot(1, share, "o", color=style(i)["color"], markersize=4, clip_on=False)
    labels = [f"{area:.3f}  {short(found.classes[k])}" for k, area in areas.items()]
    legend(ax, handles, labels, title="average precision", loc="lower left")
    ax.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.02), aspect="equal")
    return finish(ax, _mean_told("average precision", areas, found), "recall", "precision")


def plot_calibration(
    estimator: Any,
    X: Any = None,
    y: Any = None,
    *,
    ax: "Axes | None" = None,
    n_bins: int = 10,
    strategy: str = "uniform",
) -> "Axes":
    """Plot how often answers came true over the probability given; on the diagonal both are equal.

    For two classes the probability is of the second, for more classes of the answer.  A dot is a
    bin of rows, the larger, the more there are; its line is the 95 % interval (Wilson 1927).

    Parameters
    ----------
    estimator, X, y, ax
        As for ``plot_confusion``, as are results and errors.
    n_bins : int, default 10
    strategy : {"uniform", "quantile"}, default "uniform"
        Bins of one width, or with as many rows each.
    """
    found = predictions_of(estimator, X, y)
    if len(found.classes) == 2:
        happened, p = found.y == 1, found.P[:, 1]
        name = short(found.classes[1])
        said, came_true = f"probability of {name!r}", f"share that is {name!r}"
    else:
        happened, p = found.y == found.predicted, found.P[np.arange(len(found.y)), found.predicted]
        said, came_true = "probability of the answer", "share that is right"
    curve = calibration_curve(
        happened, np.clip(p, 0, 1), pos_label=True, n_bins=n_bins, strategy=strategy
    )
    ax = axis(ax)
    ax.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=":")
    draw_bins(ax, curve)
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    told = f"probabilities are off by {100 * curve.error:.1f} points on average"
    return finish(ax, f"{told}\n{found.where}", said, came_true)


def plot_importance(importances: Sequence[Any], *, ax: "Axes | None" = None) -> "Axes":
    """Plot how much each column matters, the most important at the top; of more than 20 the first.

    Parameters
    ----------
    importances : sequence of objects with ``name``, ``mean``, ``low`` and ``high``
        Low and high are the ends of an interval, drawn as a line.
    ax : matplotlib Axes, optional
        By default one in a new figure.

    Returns
    -------
    matplotlib Axes

    Examples
    --------
    >>> from types import SimpleNamespace as Row
    >>> rows = [Row(name="hue", mean=0.1, low=0.0, high=0.2), Row(name="size", mean=0.4, low=0.3,
    ...         high=0.5)]
    >>> plot_importance(rows).get_title("left")
    "'size' matters most"
    """
    ranked = sorted(_checked(importances), key=lambda column: -column.mean)
    if not ranked:
        raise ValueError("importances is empty: there is no column to plot")
    shown = ranked[:MOST_BARS]
    ax = axis(ax)
    places = np.arange(len(shown))
    means, lows, highs = (
        np.array([getattr(column, end) for column in shown], float)
        for end in ("mean", "low", "high")
    )
    sure = lows > 0  # else it may as well be of no use
    ax.barh(places, means, height=0.62, color=[TRAINING if s else INK for s in sure], alpha=0.75)
    ax.hlines(places, lows, highs, color=INK, linewidth=1.6)
    ax.axvline(0, color=INK, linewidth=0.6)
    ax.set_yticks(places, [short(column.name) for column in shown], **PLAIN)
    ax.set_ylim(len(shown) - 0.4, -0.6)
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    told = f"{short(shown[0].name)!r} matters most" if sure.any() else "no column surely matters"
    if len(shown) < len(ranked):
        told += f"\nthe first {len(shown)} of {len(ranked):,} columns"
    rule(ax, "x", parts=5)  # numbers with four digits, which would run into each other
    return finish(ax, told, "importance")


def plot_boundary(
    estimator: Any,
    X: Any,
    y: Any = None,
    *,
    features: Sequence[int | str] = (0, 1),
    ax: "Axes | None" = None,
) -> "Axes":
    """Plot which class is answered where, over two columns of numbers; stronger where surer.

    All other columns are held at their median, or their most frequent word, so that a row drawn
    as a dot need not get the answer of the ground it lies on.

    Parameters
    ----------
    estimator : fitted classifier of numlp, its model, or a classifier of scikit-learn's
    X : table
        Rows to draw, a thousand at most, which say how far to look and what is in the middle.
    y : labels, optional
        Give the dots the colours of their classes.
    features : two columns, by position or name, default (0, 1)
    ax : matplotlib Axes, optional
        By default one in a new figure.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        ``features`` are not two different columns of numbers.
    """
    classes = classes_of(estimator)
    check_single_label(estimator, "a plot of its answers")
    grid = grid_over(X, features)
    known = None if y is None else class_numbers(y, classes, ranges_of(estimator))
    if known is not None:
        check_same_length(len(grid.rows), len(known))
    P = probabilities_of(estimator, grid.table)
    predicted = class_numbers(estimator.predict(grid.table), classes)
    drawn = _most_frequent(predicted if known is None else np.append(predicted, known), len(COLORS))
    ax = axis(ax)
    for i, lead in enumerate(_leads(P, predicted, drawn)):
        draw_region(ax, grid, lead, style(i)["color"])
    handles = draw_rows(ax, grid, known, drawn)
    legend(ax, handles, [short(classes[k]) for k in drawn], loc="best")
    ax.set(xlim=grid.x[[0, -1]], ylim=grid.y[[0, -1]])
    n_others = P.shape[1] - len(drawn)
    told = f"{len(drawn)} of {P.shape[1]:,} classes" if n_others else f"{len(drawn)} classes"
    first, second = map(short, grid.names)
    return finish(
        ax, f"{told} over {first} and {second}\nother columns at their middle", first, second
    )


def plot_network(network_or_estimator: Any, *, ax: "Axes | None" = None) -> "Axes":
    """Plot the layers of a network, their units and weights: blue above 0 and orange below.

    The first and last units of a large layer are drawn, and the first net of an ensemble.

    Parameters
    ----------
    network_or_estimator : Network, fitted classifier of numlp, or its model
    ax : matplotlib Axes, optional
        By default one in a new figure.

    Returns
    -------
    matplotlib Axes

    Examples
    --------
    >>> from numlp.nn import mlp
    >>> plot_network(mlp([4, 100, 3])).get_title("left")
    '803 parameters'
    """
    network = network_of(network_or_estimator)
    ax = axis(ax)
    draw_network(ax, network, *_names_of(network_or_estimator, network))
    copies = network.n_nets
    told = f"{network.n_params:,} parameters"
    return finish(ax, told + (f" in {copies} nets; the first is drawn" if copies > 1 else ""))


def _losses(given: Any) -> dict[str, NDArray[np.float64]]:
    """The history's columns, or an error that says what to give."""
    what = (
        "estimator_or_history has to be a fitted classifier or model, a History, a mapping of "
        f"train_loss and validation_loss, or losses, and it is {escaped(repr(given), MOST_TOLD)}"
    )
    if isinstance(given, str | bytes):
        raise TypeError(what)
    try:
        history = history_of(given)
        return {
            name: history[name]
            for name in ("train_loss", "validation_loss")
            if name in history.columns
        }
    except AttributeError:  # of a classifier that is not fitted yet, which says what to do
        raise
    except TypeError as error:
        raise TypeError(what) from error
    except ValueError as error:
        raise ValueError(f"{what}: {error}") from error


def _checked(importances: Any) -> list[Any]:
    """The importances, if they are some; else a TypeError that says what to give."""
    rows = list(importances) if hasattr(importances, "__iter__") else [importances]
    for row in rows:
        known = isinstance(getattr(row, "name", None), str) and all(
            isinstance(getattr(row, side, None), Real) for side in ("mean", "low", "high")
        )
        if not known:
            raise TypeError(
                f"importances has {escaped(repr(row), MOST_TOLD)}, which is not an importance with "
                "name, mean, low and high: give what numlp.explain.permutation_importance returns"
            )
    return rows


def _compared(found: Predictions) -> list[int]:
    """The classes that are drawn against the rest: of two the second, else the most frequent."""
    if len(found.classes) == 2:
        return [1]
    return [int(k) for k in _most_frequent(found.y, MOST_DRAWN)]


def _most_frequent(y: ClassNumbers, most: int) -> ClassNumbers:
    """The most frequent classes among the rows, at most ``most``, in the order of the classes."""
    counts = np.bincount(y)
    ranked = np.argsort(-counts, kind="stable")[:most]
    return np.sort(ranked[counts[ranked] > 0])


def _mean_told(what: str, areas: Mapping[int, float], found: Predictions) -> str:
    mean = float(np.mean(list(areas.values())))
    told = f"{what} {mean:.3f} on {found.where}"
    if len(found.classes) == 2:
        return told
    n = len(found.classes)
    which = f"the {len(areas)} most frequent of {n:,}" if len(areas) < n else f"{n}"
    return f"mean {told}\neach of {which} classes against the rest"


def _leads(
    P: NDArray[Any], predicted: ClassNumbers, classes: ClassNumbers
) -> Iterator[NDArray[np.float64]]:
    """By how much each of the classes leads in each row, above 0 where it is the answer."""
    likeliest = P.argmax(axis=1)
    if not np.array_equal(likeliest, predicted):  # a threshold or costs decide: no more is known
        yield from (np.where(predicted == k, 1.0, -1.0) for k in classes)
        return
    top = P.max(axis=1)
    # The best of the others, once for all classes: P may be large.
    others = P.copy()
    others[np.arange(len(P)), likeliest] = -np.inf
    second = others.max(axis=1)
    for k in classes:
        yield np.asarray(P[:, k] - np.where(likeliest == k, second, top), np.float64)


def _names_of(fitted: Any, network: Any) -> tuple[list[str] | None, list[str] | None]:
    """Names of the inputs and of the outputs of a network, where they are known."""
    if fitted is network:
        return None, None
    model = model_of(fitted)
    labels = [str(label) for label in model.classes.tolist()]
    # Two classes may have one output, the probability of the second.
    return model.matrix_names, labels if len(labels) == network.n_out else labels[1:]
