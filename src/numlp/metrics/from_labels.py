"""Scores of labels and of what was predicted for them, as scikit-learn takes and gives them.

Labels are of any type.  Where probabilities of all classes are given, (n, n_classes), a column is
the label that ``labels`` has in its place.  Without ``labels`` the columns are the labels of the
rows, sorted; where a class has no row, that cannot be told, and ``labels`` is needed.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.estimator import check_same_length
from ..common.weights import check_sample_weight
from ..common.wording import name_list
from ..errors import DataError
from .given import class_numbers_of, given_columns, given_labels, given_probabilities
from .scores import ClassNumbers, Floats, auc_classes, by_row, losses, mean_gap, rank_auc
from .scores import squared_errors as squared_errors_of

Weights = NDArray[np.float64] | None


def accuracy_score(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """Share of rows, by weight, predicted right.

    Parameters
    ----------
    y_true : array of labels, of shape (n,)
        The label of each row: text, whole numbers or booleans.
    y_pred : array of labels, of shape (n,)
        The label predicted for each row.
    sample_weight : array of shape (n,), optional
        Weight of each row, 0 or more; by default each row counts once.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    DataError
        There is no row, a label is missing, text and numbers are mixed, the lengths differ, or a
        weight is negative or not finite, or all are 0.

    Examples
    --------
    >>> round(accuracy_score(["a", "b", "b"], ["a", "b", "a"]), 3)
    0.667
    """
    true, predicted, weight = _answers(y_true, y_pred, sample_weight)
    return float(np.average(true == predicted, weights=weight))


def confusion_matrix(
    y_true: Any, y_pred: Any, *, labels: Any = None, sample_weight: Any = None
) -> NDArray[Any]:
    """Counts of rows, or their weights, by true label and predicted label.

    Parameters
    ----------
    y_true : array of labels, of shape (n,)
        The label of each row.
    y_pred : array of labels, of shape (n,)
        The label predicted for each row.
    labels : sequence of labels, optional
        The labels of the matrix, in their order; rows with others are left out.  By default all
        labels in ``y_true`` or ``y_pred``, sorted.
    sample_weight : array of shape (n,), optional
        Weight of each row, 0 or more; by default each row counts once.

    Returns
    -------
    array of shape (n_labels, n_labels)
        True label down, predicted label across; of floats where there are weights, else of ints.

    Raises
    ------
    DataError
        A label of ``labels`` stands twice, or no row of ``y_true`` has one of them; or as for
        ``accuracy_score``.

    Examples
    --------
    >>> confusion_matrix(["a", "a", "b"], ["a", "b", "b"])
    array([[1, 1],
           [0, 1]])
    """
    true, predicted, weight = _answers(y_true, y_pred, sample_weight)
    known = np.unique(np.concatenate([true, predicted])) if labels is None else labels
    known = given_labels(known, "labels").tolist()
    place = {label: k for k, label in enumerate(known)}
    if len(place) < len(known):
        raise DataError(f"labels={name_list(known)}: a label stands twice")
    i, j = (np.array([place.get(v, -1) for v in own.tolist()]) for own in (true, predicted))
    kept = (i >= 0) & (j >= 0)
    if not (i >= 0).any():
        raise DataError(f"no row of y_true has one of the labels {name_list(known)}")
    pairs = np.bincount(
        i[kept] * len(known) + j[kept],
        None if weight is None else weight[kept],
        minlength=len(known) ** 2,
    )
    return pairs.reshape(len(known), len(known))


def log_loss(y_true: Any, y_pred: Any, *, labels: Any = None, sample_weight: Any = None) -> float:
    """Mean, by weight, of -log of the probability of each row's label, in nats.

    A probability of 0 counts as 2e-308, where scikit-learn's counts as 2e-16.

    Parameters
    ----------
    y_true : array of labels, of shape (n,)
        The label of each row: text, whole numbers or booleans.
    y_pred : array of shape (n,) or (n, n_classes)
        Probabilities: of the second of two labels, or of all.
    labels : sequence of labels, optional
        What each column is; by default the labels of ``y_true``, sorted, if there are as many.
    sample_weight : array of shape (n,), optional
        Weight of each row, 0 or more; by default each row counts once.

    Returns
    -------
    float
        0 or more, in nats; 0 is perfect.

    Raises
    ------
    DataError
        There is no row, a label is missing, or is not one of the columns; there is no row of some
        class, and ``labels`` does not say what each column is; a row of ``y_pred`` does not hold
        probabilities that add up to 1; or a weight is negative or not finite, or all are 0.

    Examples
    --------
    >>> round(log_loss(["no", "yes"], [[0.9, 0.1], [0.5, 0.5]]), 4)
    0.3993
    """
    y, P, weight = _probabilities(y_true, y_pred, "y_pred", labels, sample_weight)
    return float(np.average(losses(y, P), weights=weight))


def brier_score_loss(
    y_true: Any,
    y_proba: Any,
    *,
    labels: Any = None,
    pos_label: Any = None,
    sample_weight: Any = None,
) -> float:
    """Mean squared error, by weight, of the probabilities (Brier 1950).

    ::

        Σᵢ Σₖ (P - onehot(y))²[i, k] / n         from 0 to 2

    For two classes it is half of that, the squared error of one class's probability.

    Parameters
    ----------
    y_true : array of labels, of shape (n,)
        The label of each row: text, whole numbers or booleans.
    y_proba : array of shape (n,) or (n, n_classes)
        Probabilities: of one of two labels, or of all.
    labels : sequence of labels, optional
        What each column is; by default the labels of ``y_true``, sorted, if there are as many.
    pos_label : label, optional
        The label that ``y_proba`` of shape (n,) is of; by default the second of two.  Where there
        is a column for each class, it changes nothing.
    sample_weight : array of shape (n,), optional
        Weight of each row, 0 or more; by default each row counts once.

    Returns
    -------
    float
        From 0, which is perfect, to 2, or for two classes to 1.

    Raises
    ------
    DataError
        ``pos_label`` is not a label of ``y_true``; or as for ``log_loss``.

    Examples
    --------
    >>> round(brier_score_loss([0, 1], [0.1, 0.5]), 4)
    0.13
    """
    if pos_label is not None:
        y_true = given_labels(y_true, "y_true")
        known = [] if labels is None else given_labels(labels, "labels").tolist()
        if pos_label not in [*known, *y_true.tolist()]:
            raise DataError(f"pos_label={pos_label!r} is not a label of y_true")
        y_proba = given_columns(y_proba, "y_proba", y_true)
        if y_proba.ndim == 1:
            y_true, labels = y_true == pos_label, [False, True]
    y, P, weight = _probabilities(y_true, y_proba, "y_proba", labels, sample_weight)
    return float(np.average(squared_errors_of(y, P), weights=weight))


def calibration_error(
    y_true: Any, y_proba: Any, *, labels: Any = None, sample_weight: Any = None
) -> float:
    """Expected calibration error of the most probable class (Naeini et al. 2015).

    ::

        Σ_b (n_b / n) |mean of top p - share that is right|      over 10 bins of equal width

    In a bin of few rows the probabilities are never quite right, so the error of a perfect model
    is above 0 too.

    Parameters
    ----------
    y_true : array of labels, of shape (n,)
        The label of each row: text, whole numbers or booleans.
    y_proba : array of shape (n,) or (n, n_classes)
        Probabilities: of the second of two labels, or of all.
    labels : sequence of labels, optional
        What each column is; by default the labels of ``y_true``, sorted, if there are as many.
    sample_weight : array of shape (n,), optional
        Weight of each row, 0 or more; by default each row counts once.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    DataError
        As for ``log_loss``.

    Examples
    --------
    >>> round(calibration_error([0, 0, 0, 1], [[0.75, 0.25]] * 4), 4)
    0.0
    >>> round(calibration_error([0, 0, 1, 1], [[0.75, 0.25]] * 4), 4)
    0.25
    """
    y, P, weight = _probabilities(y_true, y_proba, "y_proba", labels, sample_weight)
    return mean_gap(*by_row(y, P).calibration_gaps(y), weight)


def roc_auc_score(
    y_true: Any, y_score: Any, *, labels: Any = None, sample_weight: Any = None
) -> float:
    """Area under the ROC curve; for more than two classes the mean of each against the rest.

    The mean is over the classes that have a row, as with scikit-learn's ``multi_class="ovr"`` and
    ``average="macro"``.

    Parameters
    ----------
    y_true : array of labels, of shape (n,)
        The label of each row: text, whole numbers or booleans.
    y_score : array of shape (n,) or (n, n_classes)
        Any numbers that rise with the probability: of the second of two labels, or of all.
    labels : sequence of labels, optional
        What each column is; by default the labels of ``y_true``, sorted, if there are as many.
    sample_weight : array of shape (n,), optional
        Weight of each row, 0 or more; by default each row counts once.

    Returns
    -------
    float
        From 0 to 1; NaN where there is only one class.

    Raises
    ------
    DataError
        There is no row, a label is missing, or is not one of the columns; of three classes or more
        one has no row, and ``labels`` does not say what each column is; a score is not a finite
        number; or a weight is negative or not finite, or all are 0.

    Examples
    --------
    >>> roc_auc_score(["no", "yes", "yes"], [0.1, 0.7, 0.5])
    1.0
    """
    true = given_labels(y_true, "y_true")
    scores = given_columns(y_score, "y_score", true)
    n_classes = 2 if scores.ndim == 1 else scores.shape[1]
    if labels is None and n_classes == 2 and len(np.unique(true)) < 2:
        return float("nan")
    y = class_numbers_of(true, "y_true", n_classes, labels)
    weight = check_sample_weight(sample_weight, len(y))
    if weight is not None:
        counted = weight > 0
        y, scores, weight = y[counted], scores[counted], weight[counted]
    found = [
        rank_auc(scores if scores.ndim == 1 else scores[:, k], y == k, weight)
        for k in auc_classes(y, n_classes)
    ]
    return float(np.mean(found)) if found else float("nan")


def _answers(
    y_true: Any, y_pred: Any, sample_weight: Any
) -> tuple[NDArray[Any], NDArray[Any], Weights]:
    """Labels, answers and weights, checked; the labels and the answers are of one type."""
    true, predicted = given_labels(y_true, "y_true"), given_labels(y_pred, "y_pred")
    check_same_length(len(predicted), len(true))
    texts = [labels.dtype.kind == "U" for labels in (true, predicted)]
    if texts[0] != texts[1]:
        raise DataError(
            "y_true and y_pred have labels of different types, "
            f"{true.tolist()[0]!r} and {predicted.tolist()[0]!r}"
        )
    return true, predicted, check_sample_weight(sample_weight, len(true))


def _probabilities(
    y_true: Any, y_proba: Any, name: str, labels: Any, sample_weight: Any
) -> tuple[ClassNumbers, Floats, Weights]:
    """The class number of each row, its probabilities and its weight, checked."""
    true = given_labels(y_true, "y_true")
    P = given_probabilities(y_proba, name, true)
    y = class_numbers_of(true, "y_true", P.shape[1], labels)
    return y, P, check_sample_weight(sample_weight, len(y))
