"""How good predictions are: numbers that a person can decide by."""

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

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


def log_loss(y: Codes, P: Probabilities, weight: Weights | None = None) -> float:
    """Mean, by weight, of -log P[i, yᵢ], in nats; a probability of 0 counts as 2e-308.

    >>> round(log_loss(np.array([0, 1]), np.array([[0.9, 0.1], [0.5, 0.5]])), 4)
    0.3993
    """
    p = P[np.arange(len(y)), y].astype(np.float64)
    return -float(np.average(np.log(np.maximum(p, np.finfo(np.float64).tiny)), weights=weight))


def wilson_interval(share: float, n: int) -> tuple[float, float]:
    """95 % interval of a share seen in n rows (Wilson 1927); it holds near 0 and 1 too.

    >>> low, high = wilson_interval(0.9, 100)
    >>> round(low, 3), round(high, 3)
    (0.826, 0.945)
    """
    z = 1.959964
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return max(0.0, middle - half), min(1.0, middle + half)


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


def evaluate(y: Codes, P: Probabilities, factors: Weights | None = None) -> Scores:
    """Score the probabilities P, (n, n_classes), against the classes y, (n,).

    The class predicted is the likeliest, or with ``factors``, (n_classes,), the one with the
    largest ``factor · P``.
    """
    if not len(y):
        raise DataError("there is no row to score")
    predicted = (P if factors is None else P * factors).argmax(axis=1)
    return Scores(P.shape[1], y, predicted, log_loss(y, P))


class Estimate(NamedTuple):
    """How good the model is on rows it has not seen, as far as its training rows can tell.

    Attributes
    ----------
    accuracy : float
    low, high : float
        95 % interval of the accuracy (Wilson 1927), for rows of the same kind.
    log_loss : float
    n_rows : int
        Rows it rests on: those that some net held out, each answered by the nets that did.
    """

    accuracy: float
    low: float
    high: float
    log_loss: float
    n_rows: int

    def __str__(self) -> str:
        return (
            f"accuracy {self.accuracy:.1%} (95 % interval {self.low:.1%} to {self.high:.1%}), "
            f"log-loss {self.log_loss:.3f}, on {self.n_rows:,} rows held out"
        )
