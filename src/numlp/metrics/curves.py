"""Curves of one class against the rest, over all thresholds on the probability of that class.

Names, arguments and results are scikit-learn's.  One class of several is compared with all others:
``roc_curve(y == "wren", P[:, k])``.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..common.arguments import whole
from ..common.weights import check_sample_weight
from ..errors import DataError
from .given import given_labels, given_scores

Floats = NDArray[np.float64]

STRATEGIES = ("uniform", "quantile")


class ROC(NamedTuple):
    """The ROC curve, where the class is answered from each threshold on.

    Attributes
    ----------
    fpr : array of shape (n_thresholds,)
        False positive rate: share of the other rows for which the class would be answered, rising
        from 0 to 1.
    tpr : array of shape (n_thresholds,)
        True positive rate: share of the rows of the class that would be found.
    thresholds : array of shape (n_thresholds,)
        Falling; the first is infinite, so that the class is never answered.

    Examples
    --------
    >>> fpr, tpr, thresholds = roc_curve([0, 1], [0.2, 0.7])
    >>> thresholds.tolist()
    [inf, 0.7, 0.2]
    """

    fpr: Floats
    tpr: Floats
    thresholds: Floats


class PrecisionRecall(NamedTuple):
    """Precision and recall, where the class is answered from each threshold on.

    Attributes
    ----------
    precision, recall : array of shape (n_thresholds + 1,)
        Shares from 0 to 1.  The last precision is 1 and the last recall 0; they have no threshold.
    thresholds : array of shape (n_thresholds,)
        Rising.

    Examples
    --------
    >>> precision, recall, thresholds = precision_recall_curve([0, 1], [0.2, 0.7])
    >>> precision.tolist(), recall.tolist()
    ([0.5, 1.0, 1.0], [1.0, 1.0, 0.0])
    """

    precision: Floats
    recall: Floats
    thresholds: Floats

    @property
    def average_precision(self) -> float:
        """Mean of the precision, weighted by how much recall each threshold adds."""
        return -float(np.sum(np.diff(self.recall) * self.precision[:-1]))


class Calibration(NamedTuple):
    """Probabilities that were predicted, and what came true, for each bin that has rows.

    Attributes
    ----------
    prob_true : array of shape (n_used,)
        Share of the rows of each bin that are of the class.
    prob_pred : array of shape (n_used,)
        Mean probability of the rows of each bin.
    counts : array of int, of shape (n_used,)
        Number of rows of each bin.

    Examples
    --------
    >>> curve = Calibration(np.array([0.0, 1.0]), np.array([0.2, 0.7]), np.array([3, 1]))
    >>> round(curve.error, 3)
    0.225
    """

    prob_true: Floats
    prob_pred: Floats
    counts: NDArray[np.intp]

    @property
    def error(self) -> float:
        """Expected calibration error: mean over rows of their bin's ``|prob_true - prob_pred|``."""
        return float(np.average(abs(self.prob_true - self.prob_pred), weights=self.counts))


def roc_curve(
    y_true: Any,
    y_score: Any,
    *,
    pos_label: Any = None,
    sample_weight: Any = None,
    drop_intermediate: bool = True,
) -> ROC:
    """The true positive rate over the false positive rate, for all thresholds.

    Parameters
    ----------
    y_true : array of labels, of shape (n,)
        Labels of two values.
    y_score : array of shape (n,)
        Probability of the positive class, or any number that rises with it.
    pos_label : label, optional
        The positive class; by default 1 or True.
    sample_weight : array of shape (n,), optional
        Weight of each row, 0 or more; by default each row counts once.
    drop_intermediate : bool, default True
        Whether to leave out points on a straight line between others.

    Returns
    -------
    ROC
        Rates and thresholds, (n_thresholds,) each.

    Raises
    ------
    DataError
        y_true has more than two values, or rows of one class alone; a score is not finite; or a
        weight is negative or not finite, or all are 0.
    ValueError
        ``pos_label`` is not given, and the labels are not 0 and 1, -1 and 1, or False and True.

    Examples
    --------
    >>> curve = roc_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> curve.fpr.tolist(), curve.tpr.tolist()
    ([0.0, 0.0, 0.5, 0.5, 1.0], [0.0, 0.5, 0.5, 1.0, 1.0])
    >>> auc(curve.fpr, curve.tpr)
    0.75
    """
    wrong, right, thresholds = _counts(y_true, y_score, pos_label, sample_weight)
    wrong, right, thresholds = (
        np.concatenate([[first], values])
        for first, values in ((0, wrong), (0, right), (np.inf, thresholds))
    )
    if drop_intermediate and len(wrong) > 3:
        bent = (np.diff(wrong[1:], 2) != 0) | (np.diff(right[1:], 2) != 0)
        kept = np.concatenate([[True, True], bent, [True]])
        wrong, right, thresholds = wrong[kept], right[kept], thresholds[kept]
    return ROC(wrong / wrong[-1], right / right[-1], thresholds)


def precision_recall_curve(
    y_true: Any,
    y_score: Any,
    *,
    pos_label: Any = None,
    sample_weight: Any = None,
    drop_intermediate: bool = False,
) -> PrecisionRecall:
    """Precision and recall at each threshold.

    Parameters
    ----------
    y_true : array of labels, of shape (n,)
        Labels of two values.
    y_score : array of shape (n,)
        Probability of the positive class, or any number that rises with it.
    pos_label : label, optional
        The positive class; by default 1 or True.
    sample_weight : array of shape (n,), optional
        Weight of each row, 0 or more; by default each row counts once.
    drop_intermediate : bool, default False
        Whether to leave out points between others of the same recall.

    Returns
    -------
    PrecisionRecall
        Precision and recall, (n_thresholds + 1,), and thresholds, (n_thresholds,).

    Raises
    ------
    DataError, ValueError
        As for ``roc_curve``.

    Examples
    --------
    >>> curve = precision_recall_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> curve.precision.round(2).tolist(), curve.recall.tolist()
    ([0.5, 0.67, 0.5, 1.0, 1.0], [1.0, 1.0, 0.5, 0.5, 0.0])
    """
    wrong, right, thresholds = _counts(y_true, y_score, pos_label, sample_weight)
    if drop_intermediate and len(right) > 2:
        steps = np.diff(right) != 0
        kept = np.concatenate([[True], steps[:-1] | steps[1:], [True]])
        wrong, right, thresholds = wrong[kept], right[kept], thresholds[kept]
    precision, recall = right / (right + wrong), right / right[-1]
    return PrecisionRecall(
        np.append(precision[::-1], 1.0), np.append(recall[::-1], 0.0), thresholds[::-1]
    )


def calibration_curve(
    y_true: Any,
    y_prob: Any,
    *,
    pos_label: Any = None,
    n_bins: int = 5,
    strategy: str = "uniform",
) -> Calibration:
    """The share of the positive class by bins of the probability that was predicted.

    Parameters
    ----------
    y_true : array of labels, of shape (n,)
        Labels of two values, or of one.
    y_prob : array of shape (n,)
        Probability of the positive class.
    pos_label : label, optional
        The positive class; by default 1 or True.
    n_bins : int, default 5
        Number of bins, 1 or more.
    strategy : {"uniform", "quantile"}, default "uniform"
        Bins of one width, or with as many rows each.

    Returns
    -------
    Calibration
        scikit-learn's two results, and the number of rows behind each point.

    Raises
    ------
    DataError
        y_true has more than two values, or a probability is not finite or outside 0 to 1.
    ValueError
        ``n_bins`` is not a whole number, 1 or more, or ``strategy`` is not "uniform" or
        "quantile"; or as for ``roc_curve``.

    Examples
    --------
    >>> curve = calibration_curve([0, 0, 1, 1], [0.1, 0.3, 0.7, 0.9], n_bins=2)
    >>> curve.prob_true.tolist(), curve.prob_pred.tolist(), curve.counts.tolist()
    ([0.0, 1.0], [0.2, 0.8], [2, 2])
    >>> round(curve.error, 2)
    0.2
    """
    if strategy not in STRATEGIES:
        raise ValueError(f"strategy={strategy!r}, but it has to be one of 'uniform', 'quantile'")
    is_whole, what = whole(1)
    if not is_whole(n_bins):
        raise ValueError(f"n_bins={n_bins!r}, but it has to be {what}")
    is_positive, p = _checked(y_true, y_prob, pos_label, "y_prob")
    if p.min() < 0 or p.max() > 1:
        row = int((abs(p - 0.5)).argmax())
        raise DataError(f"y_prob has {p[row]:g} in row {row + 1}, outside [0, 1]")
    edges = np.linspace(0, 1, n_bins + 1)
    if strategy == "quantile":
        edges = np.quantile(p, edges)
    bins = np.searchsorted(edges[1:-1], p)
    counts = np.bincount(bins, minlength=n_bins)
    used = counts > 0
    true, said = (np.bincount(bins, values, n_bins)[used] for values in (is_positive, p))
    return Calibration(true / counts[used], said / counts[used], counts[used])


def auc(x: Any, y: Any) -> float:
    """Area under a curve by the trapezoidal rule, x rising or falling.

    For the results of ``roc_curve`` it is the ``roc_auc_score`` of the scores.

    Parameters
    ----------
    x : array of shape (n,)
        Two numbers or more, all rising or all falling.
    y : array of shape (n,)
        The height of the curve at each x.

    Returns
    -------
    float
        The area; where y is 0 or more, 0 or more for a falling x too.

    Raises
    ------
    ValueError
        x and y are not of one shape (n,), there are fewer than two numbers, or x turns back.

    Examples
    --------
    >>> auc([0, 0.5, 1], [0, 1, 1])
    0.75
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(
            f"x has shape {x.shape} and y {y.shape}: give one dimension of the same length for both"
        )
    steps = np.diff(x)
    if len(x) < 2 or not ((steps >= 0).all() or (steps <= 0).all()):
        raise ValueError("x has to have two numbers or more, which all rise or all fall")
    return abs(float(np.trapezoid(y, x)))


def average_precision_score(
    y_true: Any, y_score: Any, *, pos_label: Any = None, sample_weight: Any = None
) -> float:
    """Mean of the precision, weighted by how much recall each threshold adds.

    Of the results of ``precision_recall_curve`` it is
    ``-np.sum(np.diff(recall) * precision[:-1])``.

    Parameters
    ----------
    y_true : array of labels, of shape (n,)
        Labels of two values.
    y_score : array of shape (n,)
        Probability of the positive class, or any number that rises with it.
    pos_label : label, optional
        The positive class; by default 1 or True.
    sample_weight : array of shape (n,), optional
        Weight of each row, 0 or more; by default each row counts once.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    DataError, ValueError
        As for ``roc_curve``.

    Examples
    --------
    >>> round(average_precision_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]), 3)
    0.833
    """
    curve = precision_recall_curve(
        y_true, y_score, pos_label=pos_label, sample_weight=sample_weight
    )
    return curve.average_precision


average_precision = average_precision_score  # as it was called before it had these arguments


def _counts(
    y_true: Any, y_score: Any, pos_label: Any, sample_weight: Any
) -> tuple[Floats, Floats, Floats]:
    """For each distinct score, the weight of the rows from that score on, and the score.

    The weights are two: of the rows of other classes, and of the class.
    """
    is_positive, score = _checked(y_true, y_score, pos_label)
    weight = check_sample_weight(sample_weight, len(score))
    if weight is not None:
        counted = weight > 0
        is_positive, score, weight = is_positive[counted], score[counted], weight[counted]
    if is_positive.all() or not is_positive.any():
        raise DataError(
            f"{len(score):,} rows, {'all' if is_positive.all() else 'none'} of them of the "
            "positive class: the curve needs rows of both classes"
        )
    order = np.argsort(-score, kind="stable")
    score, is_positive = score[order], is_positive[order]
    last = np.append(np.flatnonzero(np.diff(score)), len(score) - 1)  # of each distinct score
    weight = np.ones(len(score)) if weight is None else weight[order]
    right, all_rows = np.cumsum(weight * is_positive)[last], np.cumsum(weight)[last]
    return all_rows - right, right, score[last]


def _checked(
    y_true: Any, y_score: Any, pos_label: Any, name: str = "y_score"
) -> tuple[NDArray[np.bool_], Floats]:
    """Which rows are positive, and the scores of all rows, checked."""
    labels = given_labels(y_true, "y_true")
    score = given_scores(y_score, name, labels)
    values = np.unique(labels)
    if len(values) > 2:
        raise DataError(
            f"y_true has {len(values):,} classes: compare one of them with the rest, as in "
            "roc_curve(y == label, P[:, k])"
        )
    if pos_label is None:
        if not set(values.tolist()) <= {0, 1} and not set(values.tolist()) <= {-1, 1}:
            raise ValueError(
                f"y_true takes value in {values.tolist()}: say with pos_label which is the "
                "positive class"
            )
        pos_label = 1
    return np.asarray(labels == pos_label), score
