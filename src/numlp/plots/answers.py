"""Pictures of how good answers are: what each shows, and its title."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..metrics.curves import auc, calibration_curve, precision_recall_curve, roc_curve
from ..models.predictions import Predictions, predictions_of
from .drawing import (
    INK,
    MOST_DRAWN,
    MOST_NUMBERED,
    PLAIN,
    axis,
    draw_bins,
    draw_cells,
    finish,
    legend,
    most_frequent,
    short,
    style,
    thinned,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_CLASSES = 20  # classes of a confusion matrix


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
        The classifier whose answers are drawn.
    X : table with the columns of the training table, optional
        By default, with y, the rows that a TabularClassifier held out, each answered by the nets
        that had not seen it.
    y : array of labels, of shape (n,), optional
        The class of each row of X.
    ax : matplotlib Axes, optional
        By default one in a new figure.
    normalize : {"true", "pred", "all"}, optional
        Show shares of the rows of each true class, of each predicted class, or of all rows, in
        place of numbers of rows.

    Returns
    -------
    matplotlib Axes
        The axis, with the picture on it.

    Raises
    ------
    DataError
        A label is missing or none of the classes, a row may have several labels, or the table does
        not fit the classifier.
    ValueError
        X or y is given alone, or neither to a classifier that has held out no rows; or
        ``normalize`` is not "true", "pred", "all" or None.
    ImportError
        matplotlib is missing: ``pip install 'numlp[plot]'``.

    Examples
    --------
    >>> from numlp import MLPClassifier
    >>> X, y = [[0.0], [0.2], [0.8], [1.0]] * 10, ["low", "low", "high", "high"] * 10
    >>> clf = MLPClassifier(max_iter=300, learning_rate_init=0.01, random_state=0).fit(X, y)
    >>> plot_confusion(clf, X, y).get_title("left")
    'accuracy 100.0%: 0 of 40 rows wrong'
    """
    if normalize not in (None, "true", "pred", "all"):
        raise ValueError(f"normalize={normalize!r}, but it has to be 'true', 'pred', 'all' or None")
    found = predictions_of(estimator, X, y, proba=False)
    shown = most_frequent(np.append(found.y, found.predicted), MOST_CLASSES)
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

    Parameters
    ----------
    estimator : fitted classifier of numlp, its model, or a classifier of scikit-learn's
        The classifier whose answers are drawn.
    X : table with the columns of the training table, optional
        By default, with y, the rows that a TabularClassifier held out, each answered by the nets
        that had not seen it.
    y : array of labels, of shape (n,), optional
        The class of each row of X.
    ax : matplotlib Axes, optional
        By default one in a new figure.

    Returns
    -------
    matplotlib Axes
        The axis, with the picture on it.

    Raises
    ------
    DataError
        A label is missing or none of the classes, all rows are of one class, a row may have several
        labels, or the table does not fit the classifier.
    ValueError
        X or y is given alone, or neither to a classifier that has held out no rows.
    TypeError
        The classifier has no probabilities.
    ImportError
        matplotlib is missing: ``pip install 'numlp[plot]'``.

    Examples
    --------
    >>> from numlp import MLPClassifier
    >>> X, y = [[0.0], [0.2], [0.8], [1.0]] * 10, ["low", "low", "high", "high"] * 10
    >>> clf = MLPClassifier(max_iter=300, learning_rate_init=0.01, random_state=0).fit(X, y)
    >>> plot_roc(clf, X, y).get_title("left")
    'AUC 1.000 on 40 rows'
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

    Classes are drawn as by ``plot_roc``.  A dot at the right is what guessing reaches: the share of
    the class in the rows.

    Parameters
    ----------
    estimator : fitted classifier of numlp, its model, or a classifier of scikit-learn's
        The classifier whose answers are drawn.
    X : table with the columns of the training table, optional
        By default, with y, the rows that a TabularClassifier held out, each answered by the nets
        that had not seen it.
    y : array of labels, of shape (n,), optional
        The class of each row of X.
    ax : matplotlib Axes, optional
        By default one in a new figure.

    Returns
    -------
    matplotlib Axes
        The axis, with the picture on it.

    Raises
    ------
    DataError
        A label is missing or none of the classes, all rows are of one class, a row may have several
        labels, or the table does not fit the classifier.
    ValueError
        X or y is given alone, or neither to a classifier that has held out no rows.
    TypeError
        The classifier has no probabilities.
    ImportError
        matplotlib is missing: ``pip install 'numlp[plot]'``.

    Examples
    --------
    >>> from numlp import MLPClassifier
    >>> X, y = [[0.0], [0.2], [0.8], [1.0]] * 10, ["low", "low", "high", "high"] * 10
    >>> clf = MLPClassifier(max_iter=300, learning_rate_init=0.01, random_state=0).fit(X, y)
    >>> plot_precision_recall(clf, X, y).get_title("left")
    'average precision 1.000 on 40 rows'
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
    estimator : fitted classifier of numlp, its model, or a classifier of scikit-learn's
        The classifier whose answers are drawn.
    X : table with the columns of the training table, optional
        By default, with y, the rows that a TabularClassifier held out, each answered by the nets
        that had not seen it.
    y : array of labels, of shape (n,), optional
        The class of each row of X.
    ax : matplotlib Axes, optional
        By default one in a new figure.
    n_bins : int, default 10
        Number of bins, 1 or more.
    strategy : {"uniform", "quantile"}, default "uniform"
        Bins of one width, or with as many rows each.

    Returns
    -------
    matplotlib Axes
        The axis, with the picture on it.

    Raises
    ------
    DataError
        A label is missing or none of the classes, a row may have several labels, or the table does
        not fit the classifier.
    ValueError
        X or y is given alone, or neither to a classifier that has held out no rows; or
        ``n_bins`` is not a whole number, 1 or more, or ``strategy`` not "uniform" or "quantile".
    TypeError
        The classifier has no probabilities.
    ImportError
        matplotlib is missing: ``pip install 'numlp[plot]'``.

    Examples
    --------
    >>> from numlp import MLPClassifier
    >>> X, y = [[0.0], [0.2], [0.8], [1.0]] * 10, ["low", "low", "high", "high"] * 10
    >>> clf = MLPClassifier(max_iter=300, learning_rate_init=0.01, random_state=0).fit(X, y)
    >>> plot_calibration(clf, X, y, n_bins=5).get_xlabel()
    "probability of 'low'"
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


def _compared(found: Predictions) -> list[int]:
    """The classes that are drawn against the rest: of two the second, else the most frequent."""
    if len(found.classes) == 2:
        return [1]
    return [int(k) for k in most_frequent(found.y, MOST_DRAWN)]


def _mean_told(what: str, areas: Mapping[int, float], found: Predictions) -> str:
    mean = float(np.mean(list(areas.values())))
    told = f"{what} {mean:.3f} on {found.where}"
    if len(found.classes) == 2:
        return told
    n = len(found.classes)
    which = f"the {len(areas)} most frequent of {n:,}" if len(areas) < n else f"{n}"
    return f"mean {told}\neach of {which} classes against the rest"
