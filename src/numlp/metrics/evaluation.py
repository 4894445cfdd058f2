"""Scores of probabilities, in one call or block by block.

Class numbers are checked here, as callers give them; ``Scores`` takes them as they are.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..common.estimator import check_same_length
from ..errors import DataError
from .aim import Aim
from .scores import ByRow, ClassNumbers, Probabilities, Scores, Weights, losses, refuse_masked_rows

BLOCK_CELLS = 1 << 16  # probabilities that are copied at a time
MOST_CELLS = 1 << 27  # probabilities that are kept of blocks: 1 GiB


def evaluate(
    y: ClassNumbers, P: Probabilities, factors: Weights | None = None, aim: Aim | None = None
) -> Scores:
    """Score probabilities against the classes that rows are known to have.

    Parameters
    ----------
    y : array of int, of shape (n,)
        The class number of each row, 0, 1, ...
    P : array of float, of shape (n, n_classes)
        The probability of each class; it is kept and not copied.
    factors : array of shape (n_classes,), optional
        The class predicted is the one with the largest ``factor · P``; by default the likeliest.
    aim : Aim, optional
        What the answers are to be good at; by default accuracy.

    Returns
    -------
    Scores
        All figures, which are computed when they are asked for.

    Raises
    ------
    DataError
        There is no row, a class number is none of the columns of P or is masked, or y and P are not
        of these types and shapes.

    Examples
    --------
    >>> scores = evaluate(np.array([0, 1, 1]), np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]))
    >>> round(scores.accuracy, 3), scores.confusion.tolist()
    (0.667, [[1, 0], [1, 1]])
    """
    refuse_masked_rows(y, P)
    y, P = _checked(y, P)
    return Scores(y, _answers(P, factors), P, losses(y, P), aim or Aim())


def _checked(y: Any, P: Any) -> tuple[ClassNumbers, Probabilities]:
    """The class numbers and the probabilities, if they are such."""
    y, P = np.asarray(y), np.asarray(P)
    if P.ndim != 2 or P.dtype.kind != "f" or y.ndim != 1:
        raise DataError(
            f"y has the shape {y.shape} and P {P.shape}: give a class number for each row first, "
            "then the probabilities of all classes, (n, n_classes)"
        )
    check_same_length(len(P), len(y))
    if not len(y):
        raise DataError("there is no row to score")
    if y.dtype.kind not in "biu":
        raise DataError(
            f"y has {y.tolist()[0]!r}, which is not a class number: give 0, 1, ..., such as "
            "numpy.searchsorted(clf.classes_, labels)"
        )
    if y.min() < 0 or y.max() >= P.shape[1]:
        raise DataError(
            f"y has class numbers from {y.min()} to {y.max()}, and P has {P.shape[1]} columns: "
            "give 0, 1, ..., such as numpy.searchsorted(clf.classes_, labels)"
        )
    return y.astype(np.intp, copy=False), P


def _answers(P: Probabilities, factors: Weights | None) -> ClassNumbers:
    """The class of each row with the largest ``factor · P``, without a second array of P's size."""
    if factors is None:
        return np.asarray(P.argmax(axis=1))
    y, step = np.empty(len(P), np.intp), max(1, BLOCK_CELLS // P.shape[1])
    for start in range(0, len(P), step):
        rows = slice(start, start + step)
        y[rows] = (P[rows] * factors).argmax(axis=1)
    return y


def evaluate_blocks(
    y: ClassNumbers,
    blocks: Iterable[tuple[slice, Probabilities]],
    n_classes: int,
    factors: Weights | None = None,
    aim: Aim | None = None,
) -> Scores:
    """Score as ``evaluate`` does, block by block, so that P need not be in memory as a whole.

    All probabilities are kept up to 1 GiB.  Beyond that the AUC is NaN, since it needs all
    probabilities of a class at once; no other figure does.

    Parameters
    ----------
    y : array of int, of shape (n,)
        The class number of each row, 0, 1, ...
    blocks : iterable of (slice, array of shape (n_block, n_classes))
        Rows and their probabilities, such as ``Model.probability_blocks`` gives; together all rows.
    n_classes : int
        Number of classes.
    factors : array of shape (n_classes,), optional
        As for ``evaluate``.
    aim : Aim, optional
        As for ``evaluate``.

    Returns
    -------
    Scores
        As ``evaluate`` gives them.

    Raises
    ------
    DataError
        There is no row, or ``evaluate`` would refuse a block.

    Examples
    --------
    >>> y, P = np.array([0, 1, 1]), np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    >>> blocks = [(slice(0, 2), P[:2]), (slice(2, 3), P[2:])]
    >>> round(evaluate_blocks(y, blocks, 2).accuracy, 3)
    0.667
    """
    if not len(y):
        raise DataError("there is no row to score")
    is_kept = len(y) * n_classes <= MOST_CELLS
    P = np.empty((len(y) if is_kept else 0, n_classes))
    predicted, likeliest = np.empty((2, len(y)), np.intp)
    of_class, errors, top = np.empty((3, len(y)))
    for rows, block in blocks:
        own = evaluate(y[rows], block, factors)
        predicted[rows], of_class[rows] = own.predicted, own.losses
        errors[rows], likeliest[rows], top[rows] = own.by_row
        if is_kept:
            P[rows] = block
    return Scores(y, predicted, P, of_class, aim or Aim(), ByRow(errors, likeliest, top))
