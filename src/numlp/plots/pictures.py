"""Pictures of what was learned, and of what it rests on: what each shows, and its title."""

from collections.abc import Iterator, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..common.estimator import check_same_length
from ..common.wording import count, escaped
from ..metrics.scores import ClassNumbers
from ..models import model_of
from ..models.fitted import classes_of, history_of, network_of, ranges_of
from ..models.predictions import (
    check_single_label,
    class_numbers,
    probabilities_of,
)
from ..nn.more.display import HELD_OUT, TRAINING
from .drawing import (
    COLORS,
    INK,
    PLAIN,
    axis,
    draw_network,
    draw_region,
    draw_rows,
    finish,
    legend,
    most_frequent,
    rule,
    short,
    style,
)
from .grid import grid_over

if TYPE_CHECKING:
    from matplotlib.axes import Axes

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
        The axis, with the picture on it.

    Raises
    ------
    ValueError
        There is no finite loss to plot.
    TypeError
        ``estimator_or_history`` is not a fitted classifier or model, a History, a mapping or a
        sequence of losses.
    ImportError
        matplotlib is missing: ``pip install 'numlp[plot]'``.

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


def plot_importance(importances: Sequence[Any], *, ax: "Axes | None" = None) -> "Axes":
    """Plot how much each column matters, the most important at the top; of more than 20 the first.

    Parameters
    ----------
    importances : sequence of Importance
        As ``numlp.explain.permutation_importance`` gives them, or objects with ``name``, ``mean``,
        ``low`` and ``high``; low and high are the ends of an interval, drawn as a line.
    ax : matplotlib Axes, optional
        By default one in a new figure.

    Returns
    -------
    matplotlib Axes
        The axis, with the picture on it.

    Raises
    ------
    ValueError
        There is no column to plot.
    TypeError
        One of ``importances`` lacks a ``name``, or a number ``mean``, ``low`` or ``high``.
    ImportError
        matplotlib is missing: ``pip install 'numlp[plot]'``.

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
        The classifier whose answers are drawn.
    X : table with the columns of the training table
        Rows to draw, a thousand at most, which say how far to look and what is in the middle.
    y : array of labels, of shape (n,), optional
        Give the dots the colours of their classes.
    features : two columns, by position or name, default (0, 1)
        The column across and the column up.
    ax : matplotlib Axes, optional
        By default one in a new figure.

    Returns
    -------
    matplotlib Axes
        The axis, with the picture on it.

    Raises
    ------
    DataError
        y has labels that the classifier was not trained on, or a row may have several labels.
    ValueError
        ``features`` are not two different columns of numbers.
    ImportError
        matplotlib is missing: ``pip install 'numlp[plot]'``.

    Examples
    --------
    >>> from numlp import MLPClassifier
    >>> X, y = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]] * 10, [0, 0, 1, 1] * 10
    >>> clf = MLPClassifier(max_iter=300, learning_rate_init=0.01, random_state=0).fit(X, y)
    >>> plot_boundary(clf, X, y).get_title("left").splitlines()[0]
    '2 classes over x0 and x1'
    """
    classes = classes_of(estimator)
    check_single_label(estimator, "a plot of its answers")
    grid = grid_over(X, features)
    known = None if y is None else class_numbers(y, classes, ranges_of(estimator))
    if known is not None:
        check_same_length(len(grid.rows), len(known))
    P = probabilities_of(estimator, grid.table)
    predicted = class_numbers(estimator.predict(grid.table), classes)
    drawn = most_frequent(predicted if known is None else np.append(predicted, known), len(COLORS))
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
        The network to draw, or what has one.
    ax : matplotlib Axes, optional
        By default one in a new figure.

    Returns
    -------
    matplotlib Axes
        The axis, with the picture on it.

    Raises
    ------
    TypeError
        It has no network.
    ImportError
        matplotlib is missing: ``pip install 'numlp[plot]'``.

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
