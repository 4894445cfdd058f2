"""From probabilities to a decision: for a metric other than accuracy the likeliest is not best.

A decision is made by factors, one for each class: the class with the largest ``factor · P`` is
the answer.  For two classes that is a threshold t on the second one's probability::

    P₁ / t ≥ P₀ / (1 - t)      ⇔      P₁ ≥ t
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .metrics import Codes, Probabilities, Weights

Factors = NDArray[np.float64]

SWEEPS = 3  # over the classes, of the search for more than two
STEPS = np.exp(np.linspace(-1.5, 1.5, 31))  # factors tried for a class, times what it has


def accuracy(weights: NDArray[np.float64]) -> float:
    """Share of the weight on the diagonal of a confusion matrix, true class down."""
    return float(np.trace(weights) / weights.sum())


def balanced_accuracy(confusion: NDArray[np.float64]) -> float:
    """Mean recall of the classes that there are."""
    there = confusion.sum(axis=1)
    return float((np.diag(confusion)[there > 0] / there[there > 0]).mean())


def f1(confusion: NDArray[np.float64]) -> float:
    """Of two classes the F1 of the second, of more the mean over the classes that there are.

    F1 is the harmonic mean of precision and recall.
    """
    both = confusion.sum(axis=0) + confusion.sum(axis=1)
    score = np.zeros(len(confusion))
    np.divide(2 * np.diag(confusion), both, out=score, where=both > 0)
    return float(score[1] if len(score) == 2 else score[confusion.sum(axis=1) > 0].mean())


METRICS: dict[str, Callable[[NDArray[np.float64]], float]] = {
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "f1": f1,
}


def best_factors(P: Probabilities, y: Codes, metric: str, weight: Weights | None = None) -> Factors:
    """Factors that make the best decisions by a metric, on rows that were not learned from.

    For accuracy they are 1: the likeliest class.  For two classes every threshold between two
    rows is looked at; for more, each class's factor is moved in turn while the metric rises.

    Parameters
    ----------
    P : array of shape (n, n_classes)
    y : array of shape (n,)
        Classes as 0, 1, ...
    metric : str
        A key of ``METRICS``.
    weight : array of shape (n,), optional

    Returns
    -------
    factors : array of shape (n_classes,)

    Examples
    --------
    Both rows of the rare class are found once a quarter is enough:

    >>> P1 = np.array([0.1, 0.1, 0.2, 0.2, 0.3, 0.4])
    >>> y = np.array([0, 0, 0, 0, 1, 1])
    >>> threshold_of(best_factors(np.column_stack([1 - P1, P1]), y, "f1"))
    0.25
    """
    n_classes = P.shape[1]
    if metric == "accuracy":
        return np.ones(n_classes)
    w = np.ones(len(y)) if weight is None else weight.astype(np.float64)
    if n_classes == 2:
        return _best_threshold(P[:, 1], y, METRICS[metric], w)
    return _search(P, y, METRICS[metric], w)


def threshold_of(factors: Factors) -> float:
    """The threshold on the second class's probability that two factors stand for.

    >>> threshold_of(np.array([1.0, 1.0]))
    0.5
    """
    return round(float(factors[0] / factors.sum()), 12)


def _best_threshold(
    p: NDArray[Any], y: Codes, score: Callable[[NDArray[np.float64]], float], w: Weights
) -> Factors:
    order = np.argsort(-p, kind="stable")
    p, found, wrong = p[order], np.cumsum((w * y)[order]), np.cumsum((w * (1 - y))[order])
    cuts = np.flatnonzero(np.diff(p))  # answering 1 down to here, and not below
    totals = wrong[-1], found[-1]
    if not cuts.size:
        return np.ones(2)
    scores = [
        score(np.array([[totals[0] - wrong[i], wrong[i]], [totals[1] - found[i], found[i]]]))
        for i in _thinned(cuts)
    ]
    i = _thinned(cuts)[int(np.argmax(scores))]
    t = (float(p[i]) + float(p[i + 1])) / 2
    t = min(max(t, 1e-300), 1 - 1e-16)  # factors are positive
    return np.array([t, 1 - t])


def _thinned(cuts: NDArray[np.intp], most: int = 2000) -> NDArray[np.intp]:
    """So many of the cuts, evenly spread, that looking at each is quick."""
    return cuts[np.unique(np.linspace(0, len(cuts) - 1, min(len(cuts), most)).astype(np.intp))]


def _search(
    P: Probabilities, y: Codes, score: Callable[[NDArray[np.float64]], float], w: Weights
) -> Factors:
    n_classes = P.shape[1]

    def of(predicted: Codes) -> float:
        pairs = np.bincount(y * n_classes + predicted, w, minlength=n_classes**2)
        return score(pairs.reshape(n_classes, n_classes).astype(np.float64, copy=False))

    shares = np.bincount(y, w, minlength=n_classes) / w.sum()
    starts: list[Factors] = [np.ones(n_classes), 1 / np.maximum(shares, 1 / len(y))]
    scores = [of((P * factors).argmax(axis=1)) for factors in starts]
    best, best_score = starts[int(np.argmax(scores))], max(scores)
    for _ in range(SWEEPS if n_classes <= 20 else 0):
        for k in range(n_classes):
            # As k's factor moves, a row's answer is k or the best of the others, which stays.
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
