"""Figures by group: how good answers are on the rows of each group, such as each branch."""

import itertools
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..common.estimator import check_same_length
from ..common.masks import is_masked_array, with_mask
from ..common.missing import is_missing
from ..errors import DataError
from .bootstrap import percentiles
from .scores import Floats, Scores, row_costs, wilson_interval

N_RESAMPLES = 1000
MOST_DRAWN = 1 << 20  # counts of all resamples that are drawn at a time


class Figure(NamedTuple):
    """A figure and its 95 % interval; NaN where it has none.

    Attributes
    ----------
    value : float
        The figure, such as an accuracy.
    low, high : float
        The ends of the interval.

    Examples
    --------
    >>> Figure(0.9, 0.83, 0.95).low
    0.83
    """

    value: float
    low: float
    high: float


class GroupScores(NamedTuple):
    """How good the answers are on the rows of one group, or of several together.

    Attributes
    ----------
    group : label, tuple of labels, or None
        What the rows have in common; None where it is missing.  A tuple has the groups that stand
        together because ``most`` left them out.
    n_rows : int
        Number of rows of the group.
    majority : float
        Accuracy of always answering the class that is most frequent in these rows.
    figures : dict of str to Figure
        ``accuracy``, ``balanced_accuracy``, ``f1``, and ``mean_cost`` where the aim has costs.

    Examples
    --------
    >>> north = GroupScores("north", 40, 0.5, {"accuracy": Figure(0.9, 0.77, 0.96)})
    >>> north.figures["accuracy"].value > north.majority
    True
    """

    group: Any
    n_rows: int
    majority: float
    figures: dict[str, Figure]


def scores_by_group(
    scores: Scores, groups: Any, *, most: int | None = None, seed: int = 0
) -> list[GroupScores]:
    """Score each group of rows by itself, with 95 % intervals.

    The interval of the accuracy is Wilson's; those of the other figures are the bootstrap's, by
    1,000 draws of the rows of the group.  Of many groups one in twenty has a true figure outside of
    its interval.

    Parameters
    ----------
    scores : Scores
        As ``evaluate`` gives them.
    groups : array, Series or sequence of shape (n_rows,)
        The group of each of these rows: values of any type that can be told apart.
    most : int, optional
        How many groups are told by themselves: those with the most rows.  The others stand together
        at the end, as one group.  By default all groups are told.
    seed : int, default 0
        Starts the random draws of the bootstrap.

    Returns
    -------
    list of GroupScores
        The group with the most rows first; of two with as many, the one that appears first.

    Raises
    ------
    DataError
        ``groups`` is not as long as the rows, or a value has no hash, as a list has none.
    ValueError
        ``most`` is below 1.

    Examples
    --------
    >>> from numlp.metrics import evaluate
    >>> y, P = np.array([0, 1] * 30), np.array([[0.8, 0.2], [0.4, 0.6]] * 25 + [[0.7, 0.3]] * 10)
    >>> north, south = scores_by_group(evaluate(y, P), ["north"] * 40 + ["south"] * 20)
    >>> north.group, north.n_rows, north.figures["accuracy"].value
    ('north', 40, 1.0)
    >>> [round(value, 2) for value in south.figures["accuracy"]]
    [0.75, 0.53, 0.89]
    """
    if most is not None and most < 1:
        raise ValueError(f"most={most}, but it has to be 1 or more")
    names, codes = _codes(groups)
    check_same_length(len(codes), scores.n_rows)
    rng = np.random.default_rng(seed)
    order = np.argsort(-np.bincount(codes, minlength=len(names)), kind="stable")
    told = order if most is None or most >= len(names) - 1 else order[:most]
    place = np.full(len(names), len(told))
    place[told] = np.arange(len(told))
    n_classes = scores.n_classes
    pairs, pair = np.unique(scores.y * n_classes + scores.predicted, return_inverse=True)
    cells, counts = np.unique(place[codes] * len(pairs) + pair, return_counts=True)
    of_group, of_pair = np.divmod(cells, len(pairs))
    starts = np.searchsorted(of_group, np.arange(of_group[-1] + 2))
    found = []
    for g, (start, end) in enumerate(itertools.pairwise(starts)):
        label = names[told[g]] if g < len(told) else tuple(names[k] for k in order[len(told) :])
        true, predicted = np.divmod(pairs[of_pair[start:end]], n_classes)
        own = counts[start:end]
        n_rows, most_frequent = int(own.sum()), np.bincount(true, own).max()
        figures = _figures(true, predicted, own, scores, rng)
        found.append(GroupScores(label, n_rows, float(most_frequent / n_rows), figures))
    return found


def _codes(groups: Any) -> tuple[list[Any], NDArray[np.intp]]:
    """The groups in the order in which they appear, and the number of each row's, (n,)."""
    cells = with_mask(groups)
    if isinstance(cells, Sequence):
        array = np.empty(len(cells), dtype=object)  # NumPy alone makes text of [1, "a"]
        array[:] = cells
    else:
        array = np.ma.asarray(cells) if is_masked_array(cells) else np.asarray(cells)
    if array.ndim != 1:
        raise DataError(f"groups has the shape {array.shape}: give one group for each row")
    index: dict[Any, int] = {}
    codes = np.empty(len(array), np.intp)
    for row, cell in enumerate(array.tolist() if array.dtype.kind not in "mM" else array):
        label = None if is_missing(cell) else cell
        try:
            codes[row] = index.setdefault(label, len(index))
        except TypeError as error:
            raise DataError(
                f"groups has a cell of the type {type(cell).__name__} in row {row + 1:,}: give one "
                "text, number or time for each row"
            ) from error
    return list(index), codes


def _figures(
    true: NDArray[np.intp],
    predicted: NDArray[np.intp],
    counts: NDArray[np.intp],
    scores: Scores,
    rng: np.random.Generator,
) -> dict[str, Figure]:
    """The figures of rows of which so many are of a class and answered as another, (n_pairs,) each.

    These counts are all that the figures need, so counts are drawn in place of rows.
    """
    n_rows = int(counts.sum())
    accuracy = float(counts[true == predicted].sum() / n_rows)
    found = {"accuracy": Figure(accuracy, *wilson_interval(accuracy, n_rows))}
    figures = _values(true, predicted, counts[None], scores)
    size = max(1, MOST_DRAWN // len(counts))
    drawn: list[dict[str, Floats]] = []
    for start in range(0, N_RESAMPLES, size):
        n = min(size, N_RESAMPLES - start)
        times = rng.multinomial(n_rows, counts / n_rows, n)
        drawn.append(_values(true, predicted, times, scores))
    for name, (value,) in figures.items():
        resampled = np.concatenate([each[name] for each in drawn])
        found[name] = Figure(float(value), *percentiles(resampled))
    return found


def _values(
    true: NDArray[np.intp], predicted: NDArray[np.intp], times: NDArray[np.intp], scores: Scores
) -> dict[str, Floats]:
    """Each figure of each resample, (n,), in which the pairs were drawn so often, (n, n_pairs).

    Pairs are sorted by their true class, and all of ``times`` is above 0 somewhere.
    """
    aim, right = scores.aim, true == predicted
    classes, starts = np.unique(true, return_index=True)
    n_true = np.add.reduceat(times, starts, axis=1)  # (n, classes that have a row)
    n_right, n_answers = np.zeros_like(n_true), np.zeros_like(n_true)
    n_right[:, np.searchsorted(classes, true[right])] = times[:, right]
    by_answer = np.argsort(predicted, kind="stable")
    answers, starts = np.unique(predicted[by_answer], return_index=True)
    known, place = np.isin(answers, classes), np.searchsorted(classes, answers)
    sums = np.add.reduceat(times[:, by_answer], starts, axis=1)
    n_answers[:, place[known]] = sums[:, known]
    there = n_true > 0
    n_there = there.sum(axis=1)
    compares = n_there > 1
    recall = np.where(there, n_right / np.maximum(n_true, 1), 0)
    f1 = np.where(there, 2 * n_right / np.maximum(n_true + n_answers, 1), 0)
    found = {
        "balanced_accuracy": recall.sum(axis=1) / n_there,
        "f1": f1.sum(axis=1) / n_there,
    }
    if scores.n_classes == 2 and len(classes) == 2:
        found["f1"] = f1[:, aim.positive]
    found = {name: np.where(compares, values, math.nan) for name, values in found.items()}
    if aim.costs is not None:
        costs = row_costs(true, predicted, aim)
        found["mean_cost"] = times @ costs / times.sum(axis=1)
    return found
