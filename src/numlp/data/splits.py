"""Setting rows aside for validation."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

RowNumbers = NDArray[np.signedinteger[Any]]
ClassNumbers = NDArray[np.signedinteger[Any]]


def row_numbers(n: int) -> RowNumbers:
    """The numbers 0 to n - 1, as int32 where they fit: of many rows, half of the usual memory."""
    return np.arange(n, dtype=np.int32 if n <= np.iinfo(np.int32).max else np.int64)


def stratified_split(
    y: ClassNumbers, fraction: float, rng: np.random.Generator | np.random.RandomState
) -> tuple[RowNumbers, RowNumbers]:
    """Split the rows in two, each class in the same shares as far as whole rows allow.

    A class keeps at least one row in the first part, so a class of one row is only there.

    Parameters
    ----------
    y : array of shape (n,)
        Class of each row, 0, 1, ...
    fraction : float
        Share of the rows that go into the second part, 0 <= fraction < 1.
    rng : numpy Generator or RandomState

    Returns
    -------
    training, validation : arrays of row numbers, sorted

    Examples
    --------
    >>> y = np.array([0] * 8 + [1] * 4)
    >>> training, validation = stratified_split(y, 0.25, np.random.default_rng(0))
    >>> np.bincount(y[training]), np.bincount(y[validation])
    (array([6, 3]), array([2, 1]))
    """
    counts = np.bincount(y)
    wanted = counts * fraction  # less than counts, so that rounding down leaves a row
    taken = np.floor(wanted).astype(np.intp)
    # What rounding down left over goes to the classes that lost most by it.
    left = round(wanted.sum()) - taken.sum()
    for k in np.argsort(taken - wanted, kind="stable"):
        if left > 0 and taken[k] < counts[k] - 1:
            taken[k] += 1
            left -= 1
    order = rng.permutation(len(y))
    order = order[np.argsort(y[order], kind="stable")]  # by class, shuffled within each
    place = np.arange(len(y)) - np.repeat(np.cumsum(counts) - counts, counts)
    in_second = place < np.repeat(taken, counts)
    return np.sort(order[~in_second]), np.sort(order[in_second])


def stratified_folds(y: ClassNumbers, n_folds: int, rng: np.random.Generator) -> RowNumbers:
    """The fold of each row, 0 to n_folds - 1, each class spread evenly over them.

    A class of a single row is in no fold, -1: it can only be learned from.

    Parameters
    ----------
    y : array of shape (n,)
        Class of each row, 0, 1, ...
    n_folds : int
    rng : numpy Generator

    Examples
    --------
    >>> y = np.array([0] * 4 + [1] * 2 + [2])
    >>> folds = stratified_folds(y, 2, np.random.default_rng(0))
    >>> np.bincount(folds[:4]), np.bincount(folds[4:6]), folds[6]
    (array([2, 2]), array([1, 1]), np.int32(-1))
    """
    counts = np.bincount(y)
    order = rng.permutation(row_numbers(len(y)))
    order = order[np.argsort(y[order], kind="stable")]  # by class, shuffled within each
    order = order[counts[y[order]] > 1]
    folds = np.full(len(y), -1, order.dtype)
    # Dealt out like cards, one class after the other, so that the folds differ by a row at most.
    folds[order] = row_numbers(len(order)) % n_folds
    return folds
