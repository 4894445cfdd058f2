"""How good predictions are: numbers that a person can decide by."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.intp]
Probabilities = NDArray[np.floating[Any]]


def accuracy(y: Codes, predicted: Codes) -> float:
    """Share of rows predicted right.

    >>> accuracy(np.array([0, 1, 1]), np.array([0, 1, 0])).__round__(3)
    0.667
    """
    return float(np.mean(y == predicted))


def log_loss(y: Codes, P: Probabilities) -> float:
    """Mean of -log P[i, yᵢ], in nats; a probability of 0 counts as the smallest float above it.

    >>> round(log_loss(np.array([0, 1]), np.array([[0.9, 0.1], [0.5, 0.5]])), 4)
    0.3993
    """
    p = P[np.arange(len(y)), y].astype(np.float64)
    return float(-np.log(np.maximum(p, np.finfo(P.dtype).tiny)).mean())


def prior_entropy(y: Codes, n_classes: int) -> float:
    """Log-loss of always answering the classes' own shares: what a guess costs, in nats.

    >>> round(prior_entropy(np.array([0, 1, 0, 1]), 2), 4)
    0.6931
    """
    shares = np.bincount(y, minlength=n_classes) / len(y)
    given = shares[shares > 0]
    return float(-(given * np.log(given)).sum())


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
    n_rows : int
    accuracy, log_loss : float
    majority : float
        Accuracy of always answering the class that is most frequent in these rows.
    confusion : array of shape (n_classes, n_classes)
        True class down, predicted class across.
    """

    n_rows: int
    accuracy: float
    log_loss: float
    majority: float
    confusion: NDArray[np.intp]

    @property
    def precision(self) -> NDArray[np.float64]:
        """Of the rows predicted as each class, the share that is; NaN where there are none."""
        return _share(np.diag(self.confusion), self.confusion.sum(axis=0))

    @property
    def recall(self) -> NDArray[np.float64]:
        """Of the rows of each class, the share that was predicted so; NaN where there are none."""
        return _share(np.diag(self.confusion), self.confusion.sum(axis=1))


def evaluate(y: Codes, P: Probabilities) -> Scores:
    """Score the probabilities P, (n, n_classes), against the classes y, (n,)."""
    n_classes = P.shape[1]
    confusion = confusion_matrix(y, P.argmax(axis=1), n_classes)
    right = float(np.trace(confusion)) / len(y)
    majority = float(np.bincount(y).max()) / len(y)
    return Scores(len(y), right, log_loss(y, P), majority, confusion)


def _share(part: NDArray[np.intp], whole: NDArray[np.intp]) -> NDArray[np.float64]:
    share = np.full(len(part), np.nan)
    np.divide(part, whole, out=share, where=whole > 0)
    return share
