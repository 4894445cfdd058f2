"""Decisions: which class to answer, where the likeliest class is not the best answer.

A decision is made with factors, one for each class: the answer is the class with the largest
``factor · P``.  For two classes that is a threshold t on the second class's probability::

    P₁ / t ≥ P₀ / (1 - t)      ⇔      P₁ ≥ t

Where mistakes have a cost, no search is needed (Elkan 2001): by calibrated probabilities, the
positive class is the cheapest answer from ``t = cost_fp / (cost_fp + cost_fn)`` on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..common.arguments import ArgumentRule, number_in
from ..common.wording import name_list
from ..errors import DataError
from ..metrics.aim import Aim

if TYPE_CHECKING:
    from ..metrics.scores import ClassCounts, ClassNumbers, Probabilities, Weights

Factors = NDArray[np.float64]

# Rows that a class needs for its factor to be chosen.  Of one row, the row alone decides; of two,
# one odd row counts as much as the other.
MIN_ROWS = 3
SWEEPS = 3  # times that the search for more than two classes goes over all classes
STEPS = np.exp(np.linspace(-1.5, 1.5, 31))  # multiples of a class's factor that are tried


def accuracy(weights: NDArray[np.float64]) -> float:
    """Share of the weight on the diagonal of a confusion matrix, true class down."""
    return float(np.trace(weights) / weights.sum())


def balanced_accuracy(weights: NDArray[np.float64]) -> float:
    """Mean recall of the classes that have any weight."""
    return _by_class(weights).balanced_accuracy


def f1(weights: NDArray[np.float64]) -> float:
    """The F1 of the second of two classes; of more classes the mean over those with any weight."""
    return _by_class(weights).f1()


def _by_class(weights: NDArray[np.float64]) -> ClassCounts:
    from ..metrics.scores import ClassCounts  # here, as predicting scores nothing

    return ClassCounts(weights.sum(axis=1), weights.sum(axis=0), np.diag(weights))


METRICS: dict[str, Callable[[NDArray[np.float64]], float]] = {
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "f1": f1,
}


COST: ArgumentRule = number_in(0, float("inf"), ends="()")
AS_ARGUMENTS = {name: f"{name}=" for name in ("cost_fp", "cost_fn", "pos_label")}


def aim_of(settings: Mapping[str, Any], classes: Sequence[Any]) -> Aim:
    """The aim that settings of TabularClassifier ask for.

    The settings may come from a file, which can hold anything: an impossible setting is ignored.

    >>> aim_of({"metric": "accuracy", "cost_fn": 5, "pos_label": "no"}, ["no", "yes"])
    Aim(metric='accuracy', costs=(1.0, 5.0), positive=0)
    """
    metric, label = settings.get("metric"), settings.get("pos_label")
    if not isinstance(metric, str) or metric not in METRICS:
        metric = "accuracy"
    if len(classes) != 2:
        return Aim(metric)
    positive = classes.index(label) if label in classes else 1
    costs = [settings.get("cost_fp"), settings.get("cost_fn")]
    if costs == [None, None] or not all(cost is None or COST.allows(cost) for cost in costs):
        return Aim(metric, positive=positive)
    false_positive, false_negative = (1.0 if cost is None else float(cost) for cost in costs)
    return Aim(metric, (false_positive, false_negative), positive)


def check_aim(
    settings: Mapping[str, Any], classes: Sequence[Any], names: Mapping[str, str] = AS_ARGUMENTS
) -> None:
    """Raise a DataError for a setting for two classes that does not fit the target's classes.

    Parameters
    ----------
    settings : mapping of str
        With ``cost_fp``, ``cost_fn`` and ``pos_label``.
    classes : sequence of labels
    names : mapping of str to str, optional
        What a message calls each of them, with what stands before its value.
    """
    for name in AS_ARGUMENTS:
        if settings[name] is not None and len(classes) != 2:
            raise DataError(
                f"{names[name]}{settings[name]!r} is for a target of two classes, and this one has "
                f"{len(classes):,}: {name_list(classes)}"
            )
    label = settings["pos_label"]
    if label is not None and label not in classes:
        raise DataError(
            f"{names['pos_label']}{label!r} is not a class of the target, which has the classes "
            f"{classes}"
        )


def best_factors(
    P: Probabilities, y: ClassNumbers, aim: Aim, weight: Weights | None = None
) -> Factors:
    """Factors that make the best decisions for an aim, on rows that were not learned from.

    For accuracy all factors are 1, so the likeliest class is answered.  With costs they follow from
    the formula above.  For another metric and two classes, every threshold between two rows is
    tried; for more classes, the factor of each class is moved in turn while the metric rises.

    A class of ``few_rows`` has a neutral factor, the one of the most frequent class: of these two
    the likelier is answered.  So of two classes both factors are 1 where either has few rows.  The
    rows of such a class do not move the factors of others either.

    With costs the rows are not used: on fresh rows of five real tables, the threshold that was
    cheapest on the rows held out cost 26 % more than that of the formula where these rows were few
    (18 to 250), and 3 % more where they were many.

    Parameters
    ----------
    P : array of shape (n, n_classes)
    y : array of shape (n,)
        Class numbers, 0, 1, ...
    aim : Aim
    weight : array of shape (n,), optional

    Returns
    -------
    factors : array of shape (n_classes,)

    Examples
    --------
    All rows of the rare class are found where a probability of a quarter is enough:

    >>> P1 = np.array([0.1, 0.1, 0.2, 0.2, 0.3, 0.4, 0.4])
    >>> y = np.array([0, 0, 0, 0, 1, 1, 1])
    >>> threshold_of(best_factors(np.column_stack([1 - P1, P1]), y, Aim("f1")))
    0.25

    Where a miss costs four times a false alarm, a fifth is enough:

    >>> threshold_of(best_factors(np.column_stack([1 - P1, P1]), y, Aim(costs=(1, 4))))
    0.2
    """
    n_classes = P.shape[1]
    if aim.costs is not None:
        false_positive, false_negative = (cost / max(aim.costs) for cost in aim.costs)
        return factors_of(false_positive / (false_positive + false_negative), aim.positive)
    if aim.metric == "accuracy":
        return np.ones(n_classes)
    few = few_rows(y, n_classes, aim, weight)
    if n_classes - len(few) < 2:
        return np.ones(n_classes)
    if n_classes == 2 and aim.positive == 0:
        return best_factors(P[:, ::-1], 1 - y, replace(aim, positive=1), weight)[::-1]
    w = np.ones(len(y)) if weight is None else weight.astype(np.float64)
    if n_classes == 2:
        return _best_threshold(P[:, 1], y, METRICS[aim.metric], w)
    if len(few):
        kept = ~np.isin(y, few)
        P, y, w = P[kept], y[kept], w[kept]
    return _search(P, y, METRICS[aim.metric], w, few)


def few_rows(
    y: ClassNumbers, n_classes: int, aim: Aim, weight: Weights | None = None
) -> ClassNumbers:
    """The classes with too few rows to choose a factor by: fewer than 3 with a weight above 0.

    None where factors are not chosen by rows: for accuracy, and where mistakes have costs.

    >>> few_rows(np.array([0] * 50 + [1] * 2), 3, Aim("f1"))
    array([1, 2])
    """
    if aim.costs is not None or aim.metric == "accuracy":
        return np.empty(0, np.intp)
    counted = y if weight is None else y[weight > 0]
    return np.flatnonzero(np.bincount(counted, minlength=n_classes) < MIN_ROWS)


def threshold_of(factors: Factors, positive: int = 1) -> float:
    """The threshold on the positive class's probability that two factors stand for.

    >>> threshold_of(np.array([1.0, 1.0]))
    0.5
    """
    factors = factors / factors.max()  # first, so that their sum is finite
    return round(float(factors[1 - positive] / factors.sum()), 12)


def factors_of(threshold: float, positive: int = 1) -> Factors:
    """The two factors that a threshold on the positive class's probability stands for.

    >>> factors_of(0.25)
    array([0.25, 0.75])
    """
    t = min(max(threshold, 1e-300), 1 - 1e-16)  # factors are positive
    factors = np.array([t, 1 - t])
    return factors if positive == 1 else factors[::-1]


def _best_threshold(
    p: NDArray[Any], y: ClassNumbers, score: Callable[[NDArray[np.float64]], float], w: Weights
) -> Factors:
    order = np.argsort(-p, kind="stable")
    p, found, wrong = p[order], np.cumsum((w * y)[order]), np.cumsum((w * (1 - y))[order])
    cuts = np.flatnonzero(np.diff(p))  # the last rows that are answered 1
    totals = wrong[-1], found[-1]
    if not cuts.size:
        return np.ones(2)
    scores = [
        score(np.array([[totals[0] - wrong[i], wrong[i]], [totals[1] - found[i], found[i]]]))
        for i in _thinned(cuts)
    ]
    i = _thinned(cuts)[int(np.argmax(scores))]
    return factors_of((float(p[i]) + float(p[i + 1])) / 2)


def _thinned(cuts: NDArray[np.intp], most: int = 2000) -> NDArray[np.intp]:
    """Cuts spread evenly, few enough to try each quickly."""
    return cuts[np.unique(np.linspace(0, len(cuts) - 1, min(len(cuts), most)).astype(np.intp))]


def _search(
    P: Probabilities,
    y: ClassNumbers,
    score: Callable[[NDArray[np.float64]], float],
    w: Weights,
    neutral: ClassNumbers,
) -> Factors:
    """The factors, moved in turn; those of neutral classes are 1, as that of the most frequent."""
    n_classes = P.shape[1]

    def of(predicted: ClassNumbers) -> float:
        pairs = np.bincount(y * n_classes + predicted, w, minlength=n_classes**2)
        return score(pairs.reshape(n_classes, n_classes).astype(np.float64, copy=False))

    shares = np.bincount(y, w, minlength=n_classes) / w.sum()
    starts: list[Factors] = [np.ones(n_classes), 1 / np.maximum(shares, 1 / len(y))]
    moved: Sequence[int] = range(n_classes)
    if len(neutral):
        fixed = np.append(neutral, shares.argmax())
        starts[1] *= shares.max()
        starts[1][fixed] = 1
        moved = np.setdiff1d(moved, fixed).tolist()
    scores = [of((P * factors).argmax(axis=1)) for factors in starts]
    best, best_score = starts[int(np.argmax(scores))], max(scores)
    for _ in range(SWEEPS if n_classes <= 20 else 0):
        for k in moved:
            # As k's factor moves, a row's answer is k or the best of the others, which does not
            # change.
            others = P * best
            others[:, k] = -1
            rival, own = others.argmax(axis=1), P[:, k]
            top = others[np.arange(len(y)), rival]
            for step in STEPS:
                p = own * (best[k] * step)
                wins = (p > top) | ((p == top) & (k < rival))
                if (trial_score := of(np.where(wins, k, rival))) > best_score:
                    best[k] *= step
                    best_score = trial_score
    return best
