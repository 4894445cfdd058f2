"""What a quick fit promises as it is, and where rows are held out by group or by time.

It is a look, to find out whether the way in which rows are held out matters: small nets, few epochs
and some of the rows.  The two estimates can be compared with each other, not with a real fit.
"""

import math
import warnings
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..common.estimator import check_same_length
from ..data.columns import Columns, as_columns
from ..data.labels import EncodedLabels, encode_labels
from ..ensemble.holding_out import GROUP, HoldingOut
from ..ensemble.roles import part, roles_of
from ..errors import DataError
from ..metrics.clusters import standard_error, t_quantile
from ..metrics.scores import ClassNumbers, Estimate
from .classifier import TabularClassifier

MOST_ROWS = 3000
FEWEST_GROUPS = 20  # or all of them
LEAST = 0.01  # of accuracy, that matters
QUICK: dict[str, Any] = {
    "quality": "fast", "epochs": 40, "hidden_layer_sizes": (64, 64), "validation": 5,
    "ensemble_size": 5,
}  # fmt: skip


class Estimates(NamedTuple):
    """Two estimates of quick fits; ``compare_estimates`` gives them.

    Attributes
    ----------
    by_row : Estimate
        Where rows are held out one by one.
    by_role : Estimate
        Where they are held out by group, or by time.
    on_same_rows : float
        The accuracy by row on the rows that ``by_role`` is about alone: by time these are the
        latest, which may be easier than others, or harder.
    chance : float
        By how much ``on_same_rows`` can lie above that by group, or by time, by chance: half of a
        95 % interval of the mean of their differences, row by row, in clusters.

    Examples
    --------
    >>> by_row, by_group = Estimate(0.9, 0.88, 0.92, 0.3, 900), Estimate(0.7, 0.67, 0.73, 0.6, 900)
    >>> Estimates(by_row, by_group, on_same_rows=0.9, chance=0.05).is_lower
    True
    """

    by_row: Estimate
    by_role: Estimate
    on_same_rows: float
    chance: float

    @property
    def is_lower(self) -> bool:
        """Whether the accuracy by group, or by time, is lower: by a point, and more than chance.

        The latter is so where the intervals tell, or the same rows, answered both ways.
        """
        by_row, by_role = self.by_row, self.by_role
        halves = [(found.high - found.low) / 2 for found in (by_row, by_role)]
        lost = by_row.accuracy - by_role.accuracy
        is_sure = self.on_same_rows - by_role.accuracy > self.chance
        return lost > LEAST and (is_sure or lost > math.hypot(*halves))


def compare_estimates(
    X: Any,
    y: Any,
    *,
    groups: Any = None,
    time: Any = None,
    columns: Mapping[Any, str] | None = None,
    decimal: str | None = None,
    most_rows: int = MOST_ROWS,
    seed: int = 0,
    n_jobs: int | None = None,
) -> Estimates:
    """Fit twice, quickly: as it is, and with ``groups`` or ``time``.

    Parameters
    ----------
    X : DataFrame, dict of columns, or array of shape (n, n_columns)
        As for ``TabularClassifier.fit``.
    y : array of labels, of shape (n,)
        As for ``TabularClassifier.fit``.
    groups, time : array of shape (n,), or name of a column of X, optional
        As for ``TabularClassifier.fit``; one of them is given.
    columns : mapping of column to kind, optional
        As for ``TabularClassifier.fit``.
    decimal : "," or ".", optional
        As for ``TabularClassifier.fit``.
    most_rows : int, default 3000
        Of more rows, whole groups or rows are drawn at random.
    seed : int, default 0
        Seed of the rows drawn and of both fits.
    n_jobs : int, optional
        As for ``TabularClassifier``.

    Returns
    -------
    Estimates
        How good the fits were, and by how much they may differ by chance.

    Raises
    ------
    DataError
        The table, the groups or the times cannot be learned from, or each row has its own group.
    ValueError
        Neither groups nor time is given, or both are.

    Examples
    --------
    A customer shows in four traits, and always decides alike; nothing else can be learned:

    >>> rng = np.random.default_rng(0)
    >>> who, likes = np.arange(40).repeat(10), rng.random(40) < 0.5
    >>> traits = rng.normal(size=(40, 4))[who]
    >>> found = compare_estimates(traits, likes[who], groups=who)
    >>> found.is_lower
    True
    """
    if groups is None and time is None:
        raise ValueError("groups and time are both None: give one of them")
    table = as_columns(X)
    classes, numbers, _ = encode_labels(y)
    check_same_length(table.n_rows, len(numbers))
    holding = roles_of(table, columns, groups=groups, time=time).holding
    if holding is None:
        raise DataError("each row has a group of its own: there is nothing to compare")
    rows = _some(holding, most_rows, np.random.default_rng(seed))
    some, labels = table.rows(rows), EncodedLabels(classes, numbers[rows])
    settings = {**QUICK, "random_state": seed, "n_jobs": n_jobs}
    asked = {"columns": columns, "decimal": decimal}
    by_row = _quick_fit(some, labels, settings, **asked)
    roles = {"groups": part(groups, rows), "time": part(time, rows)}
    by_role = _quick_fit(some, labels, settings, **asked, **roles)
    right = [_right(clf, labels.y) for clf in (by_row, by_role)]
    same = np.flatnonzero(~np.isnan(right).any(axis=0))
    lost = right[0][same] - right[1][same]
    clusters = holding.rows(rows).clusters(same)
    n_clusters = len(same) if clusters is None else len(np.unique(clusters))
    chance = math.inf
    if n_clusters > 1:
        chance = t_quantile(n_clusters - 1) * standard_error(lost, clusters)
    on_same_rows = float(right[0][same].mean())
    return Estimates(by_row.score_, by_role.score_, on_same_rows, chance)


def _some(holding: HoldingOut, most: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """The rows, or where they are more than ``most``, those of some groups, or some of them.

    Of groups with many rows each, some rows of a few groups.
    """
    n = len(holding.numbers)
    if n <= most:
        return np.arange(n)
    if holding.by != GROUP:
        return np.sort(rng.permutation(n)[:most])
    order = rng.permutation(holding.n_different)
    sizes = np.bincount(holding.numbers)[order]
    n_groups = max(FEWEST_GROUPS, int(np.searchsorted(np.cumsum(sizes), most, "right")))
    rows = np.flatnonzero(np.isin(holding.numbers, order[:n_groups]))
    return np.sort(rng.permutation(rows)[:most])


def _quick_fit(
    table: Columns,
    labels: EncodedLabels,
    settings: Mapping[str, Any],
    **asked: Any,
) -> TabularClassifier:
    clf = TabularClassifier(**settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the fit itself has them too
        clf.fit(table, labels, **asked)
    return clf


def _right(clf: TabularClassifier, y: ClassNumbers) -> NDArray[np.float64]:
    """Whether each row was answered right where it was held out, 1 or 0; else NaN."""
    P = clf.oof_proba_
    held_out = ~np.isnan(P).any(axis=1)
    right = np.full(len(y), np.nan)
    right[held_out] = P[held_out].argmax(axis=1) == y[held_out]
    return right
