"""Scores: how good predictions are, in numbers that a person can decide by.

Here y is an array of class numbers, 0, 1, ..., and P an array of probabilities, (n, n_classes), as
``predict_proba`` gives it.
"""

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..common.masks import refuse_masked
from .aim import Aim
from .clusters import effective_rows

ClassNumbers = NDArray[np.intp]
Weights = NDArray[np.floating[Any]]
Probabilities = NDArray[np.floating[Any]]
Floats = NDArray[np.float64]

N_BINS = 10  # of the calibration error
Z95 = 1.959964  # a normal number lies between -Z95 and Z95 in 95 % of cases


def refuse_masked_rows(y: ClassNumbers, other: NDArray[Any] | None) -> None:
    """Raise a DataError where a class, or what belongs to it, is masked."""
    refuse_masked("y", y)
    refuse_masked("what was predicted", other)


def losses(y: ClassNumbers, P: Probabilities) -> Floats:
    """``-log P[i, yᵢ]`` of each row, (n,), whose mean is the log-loss."""
    refuse_masked_rows(y, P)
    p = P[np.arange(len(y)), y].astype(np.float64)
    return -np.log(np.maximum(p, np.finfo(np.float64).tiny))


def squared_errors(y: ClassNumbers, P: Probabilities) -> Floats:
    """The squared error of the probabilities of each row, (n,), whose mean is the Brier score."""
    refuse_masked_rows(y, P)
    p = P[np.arange(len(y)), y].astype(np.float64)
    # Σₖ (P - onehot)² multiplied out: no second array of P's size, which may be gigabytes.
    errors: Floats = np.einsum("ik,ik->i", P, P, dtype=np.float64) - 2 * p + 1
    np.maximum(errors, 0, out=errors)
    return errors / 2 if P.shape[1] == 2 else errors


def mean_gap(bins: ClassNumbers, gaps: Floats, weight: Weights | None = None) -> float:
    """The calibration error: the mean over the rows of the gap of their bin."""
    if weight is None:
        return float(np.abs(np.bincount(bins, gaps, N_BINS)).sum() / len(gaps))
    return float(np.abs(np.bincount(bins, weight * gaps, N_BINS)).sum() / weight.sum())


class ByRow(NamedTuple):
    """What figures other than the AUC need of the probabilities of each row, (n,) each.

    Attributes
    ----------
    squared_errors : array
        As the function ``squared_errors`` gives them.
    likeliest : array
        The class with the highest probability.
    top : array
        The highest probability.
    """

    squared_errors: Floats
    likeliest: ClassNumbers
    top: Floats

    def calibration_gaps(self, y: ClassNumbers) -> tuple[ClassNumbers, Floats]:
        """Each row's bin of its top probability, and that probability, less 1 where it is right."""
        bins = np.minimum((self.top * N_BINS).astype(np.intp), N_BINS - 1)
        return bins, self.top - (self.likeliest == y)


def by_row(y: ClassNumbers, P: Probabilities) -> ByRow:
    """The ``ByRow`` of probabilities P, (n, n_classes), and classes y, (n,)."""
    return ByRow(squared_errors(y, P), P.argmax(axis=1), P.max(axis=1).astype(np.float64))


def rank_auc(x: NDArray[Any], positive: NDArray[np.bool_], weight: Weights | None = None) -> float:
    """The AUC of scores x: the chance, by weight, that a positive row has a larger x than another.

    A tie counts half.

    >>> rank_auc(np.array([1.0, 2, 2, 3]), np.array([False, False, True, True]))
    0.875
    """
    values, place = np.unique(x, return_inverse=True)
    w = (None, None) if weight is None else (weight[positive], weight[~positive])
    ones = np.bincount(place[positive], w[0], minlength=len(values))
    zeros = np.bincount(place[~positive], w[1], minlength=len(values))
    won = ones @ (np.cumsum(zeros) - zeros / 2)
    return float(won / (ones.sum() * zeros.sum()))


def mean_auc(y: ClassNumbers, P: Probabilities) -> float:
    """The mean AUC of each class against the rest; of two classes that of the second.

    NaN where there is only one class.
    """
    refuse_masked_rows(y, P)
    found = [rank_auc(P[:, k], y == k) for k in auc_classes(y, P.shape[1])]
    return float(np.mean(found)) if found else math.nan


def auc_classes(y: ClassNumbers, n_classes: int) -> ClassNumbers:
    """The classes that have an AUC: the second of two, else all that have a row."""
    there = np.unique(y)
    if len(there) < 2:
        return there[:0]
    return there[1:] if n_classes == 2 else there


def wilson_interval(share: float, n: float) -> tuple[float, float]:
    """95 % interval of a share that was seen in n rows (Wilson 1927); it holds near 0 and 1 too.

    Parameters
    ----------
    share : float
        The share that was seen, from 0 to 1, such as an accuracy.
    n : float
        Number of rows, 1 or more.

    Returns
    -------
    low, high : float
        The ends of the interval, from 0 to 1.

    Raises
    ------
    ValueError
        The share is not from 0 to 1, or n is below 1.

    Examples
    --------
    >>> low, high = wilson_interval(0.9, 100)
    >>> round(low, 3), round(high, 3)
    (0.826, 0.945)
    """
    if not (0 <= share <= 1 and n >= 1):
        raise ValueError(f"share={share!r}, n={n!r}: give a share from 0 to 1, and 1 row or more")
    z = Z95
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def prior_entropy(y: ClassNumbers, n_classes: int, weight: Weights | None = None) -> float:
    """Log-loss, in nats, of a guess: always predicting the shares of the classes.

    >>> round(prior_entropy(np.array([0, 1, 0, 1]), 2), 4)
    0.6931
    """
    refuse_masked_rows(y, weight)
    counts = np.bincount(y, weight, minlength=n_classes)
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum()) + 0.0  # no -0.0 of one class


class ClassCounts(NamedTuple):
    """Numbers of rows, or their weights, by class; ``Scores.counts`` is one.

    Attributes
    ----------
    true : array of shape (n_classes,)
        Rows that are of each class.
    predicted : array of shape (n_classes,)
        Rows that are predicted as each class.
    right : array of shape (n_classes,)
        Rows that are of each class and predicted as it.

    Examples
    --------
    >>> counts = ClassCounts(np.array([8, 2]), np.array([7, 3]), np.array([7, 2]))
    >>> counts.recall.tolist(), counts.precision.round(2).tolist()
    ([0.875, 1.0], [1.0, 0.67])
    >>> counts.balanced_accuracy, counts.f1()
    (0.9375, 0.8)
    """

    true: NDArray[Any]
    predicted: NDArray[Any]
    right: NDArray[Any]

    @property
    def precision(self) -> Floats:
        """Share of the rows predicted as each class that are right, (n_classes,).

        NaN where there is no such row.
        """
        return _shares(self.right, self.predicted)

    @property
    def recall(self) -> Floats:
        """Share of the rows of each class that are predicted right, (n_classes,).

        NaN where there is no such row.
        """
        return _shares(self.right, self.true)

    @property
    def compares(self) -> bool:
        """Whether two classes have a row: of one alone, a mean over classes would flatter."""
        return int((self.true > 0).sum()) > 1

    @property
    def balanced_accuracy(self) -> float:
        """Mean recall of the classes that have a row, from 0 to 1."""
        there = self.true > 0
        return float((self.right[there] / self.true[there]).mean())

    def f1(self, positive: int = 1) -> float:
        """F1, the harmonic mean of precision and recall.

        Parameters
        ----------
        positive : int, default 1
            Index of the positive class of two.

        Returns
        -------
        float
            For two classes the F1 of the positive class, for more the mean over the classes that
            have a row; from 0 to 1.
        """
        both = self.true + self.predicted
        score = np.zeros(len(both))
        np.divide(2 * self.right, both, out=score, where=both > 0)
        return float(score[positive] if len(score) == 2 else score[self.true > 0].mean())


def _shares(part: NDArray[Any], whole: NDArray[Any]) -> Floats:
    share = np.full(len(whole), np.nan)
    np.divide(part, whole, out=share, where=whole > 0)
    return share


def row_costs(y: ClassNumbers, predicted: ClassNumbers, aim: Aim) -> Floats:
    """The cost of each row's answer, (n,): 0 where it is right."""
    if aim.costs is None:
        raise ValueError("the aim has no costs")
    false_positive, false_negative = aim.costs
    costs = np.where(predicted == aim.positive, false_positive, false_negative)
    return np.where(y == predicted, 0.0, costs)


@dataclass(frozen=True, repr=False)
class Scores:
    """How good predictions are on rows whose classes are known; made by ``evaluate``.

    The figures are computed when they are asked for.

    Attributes
    ----------
    y, predicted : array of int, of shape (n_rows,)
        The class of each row, and the class predicted for it.
    P : array of shape (n_rows, n_classes)
        The probabilities.  Where they were too many to keep (see ``evaluate_blocks``), P has no
        row, and ``roc_auc`` is NaN.
    losses : array of shape (n_rows,)
        -log of the probability of each row's class, in nats.
    aim : Aim, default Aim()
        What the answers are to be good at, by default accuracy; it says which of two classes is
        the positive one, and what a mistake costs.
    rows : ByRow, optional
        By default computed from P when it is asked for.
    clusters : array of int, of shape (n_rows,), optional
        The cluster of each row, 0, 1, ..., where rows are not independent, such as those of one
        customer; intervals then resample clusters.

    Examples
    --------
    >>> from numlp.metrics import evaluate
    >>> P = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.7, 0.3]])
    >>> scores = evaluate(np.array([0, 1, 1, 0]), P)
    >>> scores.accuracy, scores.recall.tolist(), round(scores.log_loss, 2)
    (0.75, [1.0, 0.5], 0.4)
    """

    y: ClassNumbers
    predicted: ClassNumbers
    P: Probabilities
    losses: Floats
    aim: Aim = field(default_factory=Aim)
    rows: ByRow | None = None
    clusters: ClassNumbers | None = None

    def __repr__(self) -> str:
        return (
            f"Scores(n_rows={self.n_rows}, n_classes={self.n_classes}, "
            f"accuracy={self.accuracy:.4g}, log_loss={self.log_loss:.4g})"
        )

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.y)

    @property
    def n_classes(self) -> int:
        """Number of classes, those without a row included."""
        return int(self.P.shape[1])

    @property
    def accuracy(self) -> float:
        """Share of rows predicted right."""
        return float(np.mean(self.y == self.predicted))

    @cached_property
    def accuracy_interval(self) -> tuple[float, float]:
        """95 % interval of the accuracy, (low, high).

        It is Wilson's, of as many rows as ``effective_rows`` says.
        """
        return wilson_interval(self.accuracy, self.effective_rows)

    @cached_property
    def effective_rows(self) -> float:
        """How many single rows tell as much of the accuracy as these: fewer, where in clusters."""
        if self.clusters is None:
            return self.n_rows
        return effective_rows(self.y == self.predicted, self.clusters)

    @property
    def majority(self) -> float:
        """Accuracy of always answering the class that is most frequent in these rows."""
        return float(np.bincount(self.y).max()) / self.n_rows

    @cached_property
    def log_loss(self) -> float:
        """Mean of ``losses``, in nats, as the function ``log_loss``."""
        return float(self.losses.mean())

    @cached_property
    def by_row(self) -> ByRow:
        """What the figures need of the probabilities of each row, a ByRow."""
        return by_row(self.y, self.P) if self.rows is None else self.rows

    @cached_property
    def brier_score(self) -> float:
        """Mean squared error of the probabilities, as ``brier_score_loss``."""
        return float(self.by_row.squared_errors.mean())

    @cached_property
    def calibration_error(self) -> float:
        """Mean gap between the top probability and the share right, as ``calibration_error``."""
        return mean_gap(*self.by_row.calibration_gaps(self.y))

    @cached_property
    def roc_auc(self) -> float:
        """Area under the ROC curve, as ``roc_auc_score``; NaN where P has no row."""
        return mean_auc(self.y, self.P) if len(self.P) else math.nan

    @cached_property
    def counts(self) -> ClassCounts:
        """Rows by class, as ClassCounts."""
        true, predicted, right = (
            np.bincount(y, minlength=self.n_classes)
            for y in (self.y, self.predicted, self.y[self.y == self.predicted])
        )
        return ClassCounts(true, predicted, right)

    @property
    def precision(self) -> Floats:
        """Precision of each class, (n_classes,); NaN where no row is predicted as it."""
        return self.counts.precision

    @property
    def recall(self) -> Floats:
        """Recall of each class, (n_classes,); NaN where it has no row."""
        return self.counts.recall

    @property
    def absent(self) -> ClassNumbers:
        """The numbers of the classes without a row, of which no figure says anything."""
        return np.flatnonzero(self.counts.true == 0)

    @property
    def balanced_accuracy(self) -> float:
        """Mean recall of the classes that have a row; NaN where fewer than two have one."""
        return self.counts.balanced_accuracy if self.counts.compares else math.nan

    @property
    def f1(self) -> float:
        """For two classes the F1 of the positive one, for more the mean over those with a row.

        NaN where fewer than two classes have a row.
        """
        return self.counts.f1(self.aim.positive) if self.counts.compares else math.nan

    @property
    def mean_cost(self) -> float:
        """Mean cost of a row, in the unit of ``aim.costs``; NaN where the aim has no costs."""
        return self.cost_of(self.predicted)

    def cost_of(self, predicted: ClassNumbers) -> float:
        """Mean cost of a row with other answers.

        Parameters
        ----------
        predicted : array of int, of shape (n_rows,) or ()
            The class answered for each row, or one for all rows.

        Returns
        -------
        float
            In the unit of ``aim.costs``; NaN where the aim has no costs.
        """
        if self.aim.costs is None:
            return math.nan
        return float(row_costs(self.y, np.broadcast_to(predicted, self.y.shape), self.aim).mean())

    def best_constant(self) -> tuple[int, float]:
        """The class of two that costs least as the only answer.

        Returns
        -------
        best : int
            The number of the class.
        cost : float
            The mean cost of a row; NaN where the aim has no costs.
        """
        costs = [self.cost_of(np.array(k)) for k in (0, 1)]
        best = int(np.argmin(costs))
        return best, costs[best]

    @cached_property
    def confusion(self) -> NDArray[np.intp]:
        """Numbers of rows, of shape (n_classes, n_classes): true class down, predicted across.

        It takes 3 GB for 20,000 classes.
        """
        pairs = np.bincount(self.y * self.n_classes + self.predicted, minlength=self.n_classes**2)
        return pairs.reshape(self.n_classes, self.n_classes)


class Estimate(NamedTuple):
    """How good a model is on rows it has not seen, as far as its training rows can tell.

    Attributes
    ----------
    accuracy : float
        Share of these rows predicted right.
    low, high : float
        95 % interval of the accuracy (Wilson 1927), for rows of the same kind.
    log_loss : float
        Mean of -log of the probability of each row's class, in nats.
    n_rows : int
        Number of rows that nets held out, each of which was predicted by the nets that held it out.

    Examples
    --------
    >>> print(Estimate(0.9, 0.826, 0.945, 0.31, 100))
    accuracy 90.0% (95 % interval 82.6% to 94.5%), log-loss 0.310, on 100 rows held out
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
