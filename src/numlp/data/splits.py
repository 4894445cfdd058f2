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
        if left > 0 and taken[k] < min(wanted[k], counts[k] - 1):
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


def group_folds(
    y: ClassNumbers, groups: RowNumbers, n_folds: int, rng: np.random.Generator
) -> RowNumbers:
    """The fold of each row, 0 to n_folds - 1; the rows of a group are in one fold.

    Each class, and the number of rows, is spread over the folds as evenly as a greedy search gets
    it: the groups that weigh most come first, in random order among equals, and each goes to the
    fold that has least of what the group brings.  With c_fk rows of class k in fold f, N_k rows of
    it in all and g_k in the group, that is the fold with the lowest::

        Σ_k c_fk g_k / N_k²                     k: each class, and all classes together

    by which the variances over the folds of ``c_fk / N_k`` grow least.  An empty fold has 0 there,
    and comes first.

    Parameters
    ----------
    y : array of shape (n,)
        Class of each row, 0, 1, ...
    groups : array of shape (n,)
        Group of each row, 0, 1, ...
    n_folds : int
        At most as many as there are groups: each fold then has a row.
    rng : numpy Generator

    Examples
    --------
    >>> y, groups = np.array([0, 1] * 4), np.array([0, 0, 1, 1, 2, 2, 3, 3])
    >>> folds = group_folds(y, groups, 2, np.random.default_rng(0))
    >>> np.bincount(folds), all(len(set(folds[groups == g])) == 1 for g in range(4))
    (array([4, 4]), True)
    """
    n_classes, n_groups = int(y.max()) + 1, int(groups.max()) + 1
    pairs, times = np.unique(groups.astype(np.int64) * n_classes + y, return_counts=True)
    of_group, of_class = np.divmod(pairs, n_classes)
    sizes = np.bincount(groups, minlength=n_groups)
    shares = times / np.bincount(y, minlength=n_classes)[of_class]
    weight = np.bincount(of_group, shares**2, n_groups) + (sizes / len(y)) ** 2
    order = rng.permutation(n_groups)
    order = order[np.argsort(-weight[order], kind="stable")]
    starts = np.searchsorted(of_group, np.arange(n_groups + 1))
    by_class, by_size = np.zeros((n_classes, n_folds)), np.zeros(n_folds)
    fold_of = np.empty(n_groups, row_numbers(0).dtype)
    for group in order.tolist():
        own = slice(starts[group], starts[group + 1])
        classes, share, size = of_class[own], shares[own], sizes[group] / len(y)
        load = share @ by_class[classes] + size * by_size
        fold = int(load.argmin())
        by_class[classes, fold] += share
        by_size[fold] += size
        fold_of[group] = fold
    return fold_of[groups]


def later_stretches(times: RowNumbers, share: float, n_stretches: int) -> RowNumbers:
    """The stretch of time of each row: 0 for the first rows, then 1, 2, ... for the last ones.

    Each stretch but 0 has about a ``share`` of the rows; rows of one time are in one stretch, so
    that it may have more or fewer, and there may be fewer stretches.

    Parameters
    ----------
    times : array of shape (n,)
        Numbers that are in the order of the times, and equal where these are equal; at least two
        times are different.
    share : float
        Between 0 and ``1 / n_stretches``.
    n_stretches : int

    Examples
    --------
    >>> later_stretches(np.array([5, 1, 2, 2, 3, 4]), 1 / 3, 2)
    array([2, 0, 0, 0, 1, 2])
    """
    found, counts = np.unique(times, return_counts=True)
    before = np.cumsum(counts)[:-1]  # rows before each time but the first: there a cut may be
    wanted = len(times) * (1 - share * np.arange(n_stretches, 0, -1))
    place = np.searchsorted(before, wanted)
    lower, upper = np.maximum(place - 1, 0), np.minimum(place, len(before) - 1)
    nearer = np.where(wanted - before[lower] < before[upper] - wanted, lower, upper)
    cuts = found[np.unique(nearer) + 1]  # the first time of each stretch
    return np.searchsorted(cuts, times, "right")
