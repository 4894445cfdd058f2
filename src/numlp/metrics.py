"""How good predictions are: numbers that a person can decide by."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import DataError

Codes = NDArray[np.intp]
Weights = NDArray[np.floating[Any]]
Probabilities = NDArray[np.floating[Any]]


def accuracy(y: Codes, predicted: Codes) -> float:
    """Share of rows predicted right.

    >>> accuracy(np.array([0, 1, 1]), np.array([0, 1, 0])).__round__(3)
    0.667
    """
    return float(np.mean(y == predicted))


def log_loss(y: Codes, P: Probabilities) -> float:
    """Mean of -log P[i, yᵢ], in nats; a probability of 0 counts as 2e-308, as float64 goes.

    >>> round(log_loss(np.array([0, 1]), np.array([[0.9, 0.1], [0.5, 0.5]])), 4)
    0.3993
    """
    return _mean_log(P[np.arange(len(y)), y])


def prior_entropy(y: Codes, n_classes: int, weight: Weights | None = None) -> float:
    """Log-loss of always answering the classes' own shares: what a guess costs, in nats.

    >>> round(prior_entropy(np.array([0, 1, 0, 1]), 2), 4)
    0.6931
    """
    counts = np.bincount(y, weight, minlength=n_classes)
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum())


def confusion_matrix(y: Codes, predicted: Codes, n_classes: int) -> NDArray[np.intp]:
    """Counts of rows, (n_classes, n_classes): true class down, predicted class across.

    >>> confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), 2)
    array([[1, 1],
           [0, 1]])
    """
    pairs = np.bincount(y * n_classes + predicted, minlength=n_classes**2)
    return pairs.reshape(n_classes, n_classes)


@dataclass(frozen=True)
class Scores:
    """What ``evaluate`` found on rows whose classes are known.

    Attributes
    ----------
    n_classes : int
    y, predicted : array of shape (n_rows,)
        The class of each row, and the one predicted.
    log_loss : float
    n_rows : int
    accuracy : float
    majority : float
        Accuracy of always answering the class that is most frequent in these rows.
    precision, recall : array of shape (n_classes,)
    confusion : array of shape (n_classes, n_classes)
        True class down, predicted class across; 3 GB for 20,000 classes, so built when asked for.
    """

    n_classes: int
    y: Codes = field(repr=False)
    predicted: Codes = field(repr=False)
    log_loss: float

    @property
    def n_rows(self) -> int:
        return len(self.y)

    @property
    def accuracy(self) -> float:
        return accuracy(self.y, self.predicted)

    @property
    def majority(self) -> float:
        return float(np.bincount(self.y).max()) / self.n_rows

    @property
    def precision(self) -> NDArray[np.float64]:
        """Of the rows predicted as each class, the share that is; NaN where there are none."""
        return self._share_right(self.predicted)

    @property
    def recall(self) -> NDArray[np.float64]:
        """Of the rows of each class, the share that was predicted so; NaN where there are none."""
        return self._share_right(self.y)

    def _share_right(self, among: Codes) -> NDArray[np.float64]:
        whole = np.bincount(among, minlength=self.n_classes)
        right = np.bincount(self.y[self.y == self.predicted], minlength=self.n_classes)
        share = np.full(self.n_classes, np.nan)
        np.divide(right, whole, out=share, where=whole > 0)
        return share

    @cached_property
    def confusion(self) -> NDArray[np.intp]:
        return confusion_matrix(self.y, self.predicted, self.n_classes)


def evaluate(y: Codes, P: Probabilities) -> Scores:
    """Score the probabilities P, (n, n_classes), against the classes y, (n,)."""
    return evaluate_blocks(y, [(slice(None), P)], P.shape[1])


def evaluate_blocks(
    y: Codes, blocks: Iterable[tuple[slice, Probabilities]], n_classes: int
) -> Scores:
    """As ``evaluate``, the probabilities coming in blocks of rows: P is large for many classes."""
    if not len(y):
        raise DataError("there is no row to score")
    predicted, p = np.empty_like(y), np.empty(len(y))
    for rows, P in blocks:
        predicted[rows] = P.argmax(axis=1)
        p[rows] = P[np.arange(len(P)), y[rows]]
    return Scores(n_classes, y, predicted, _mean_log(p))


def _mean_log(p: NDArray[np.floating[Any]]) -> float:
    return float(-np.log(np.maximum(p.astype(np.float64), np.finfo(np.float64).tiny)).mean())
