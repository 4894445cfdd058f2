"""How good a classifier is on rows it has not seen: cross-validation, and an honest interval.

Each round deals the rows into folds; the classes of each fold are predicted by a classifier that
was fitted on the other folds.  The training parts overlap, so the scores of the folds vary less
than those of independent tables would.  With scores `s₁ ... sₙ`, the variance of their mean is
therefore taken as (Nadeau & Bengio 2003)::

    (1/n + n_tested / n_trained) · Σ (sᵢ - s̄)² / (n - 1)

and the interval is ``s̄ ± t · √variance``, with the quantile t of Student's distribution with n - 1
degrees of freedom.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..common.estimator import check_same_length
from ..common.weights import check_sample_weight
from ..data.columns import Columns, as_columns
from ..data.labels import EncodedLabels, check_quantity, encode_labels
from ..data.splits import RowNumbers, group_folds, later_stretches, stratified_folds
from ..ensemble.holding_out import TIME, HoldingOut
from ..ensemble.roles import part, roles_of
from ..errors import DataError
from ..metrics import scores as metrics
from ..metrics.clusters import t_quantile
from ..metrics.evaluation import evaluate
from .classifier import TabularClassifier

LAST = 0.5  # share of the rows, the latest ones, that are tested by time


class Fold(NamedTuple):
    """How good one fit was on the rows it had not seen.

    Attributes
    ----------
    round, fold : int
        Counted from 1.
    n_trained, n_tested : int
        Number of rows.
    accuracy : float
        Share of the rows tested that are predicted right.
    log_loss : float
        Mean of -log of the probability of each row's class, in nats.
    majority : float
        Accuracy, on the same rows, of always answering the class that is most frequent in the rows
        trained on.
    score : float
        The figure that the classifier is to be good at: its metric, or the mean cost of a row.  NaN
        where the rows tested have one class alone, and the figure needs two.
    constant : float
        The same figure of the best constant answer on the same rows.

    Examples
    --------
    >>> fold = Fold(1, 2, 80, 20, accuracy=0.9, log_loss=0.3, majority=0.5, score=0.9, constant=0.5)
    >>> fold.accuracy > fold.majority
    True
    """

    round: int
    fold: int
    n_trained: int
    n_tested: int
    accuracy: float
    log_loss: float
    majority: float
    score: float
    constant: float


class Mean(NamedTuple):
    """The mean of a score over the folds, and its 95 % interval.

    Attributes
    ----------
    mean : float
        The mean, in the unit of the score.
    low, high : float
        The ends of the interval.

    Examples
    --------
    >>> mean, low, high = Mean(0.88, 0.77, 0.99)
    >>> low
    0.77
    """

    mean: float
    low: float
    high: float


def cross_validate(
    make: Callable[[int, int], TabularClassifier],
    X: Any,
    y: Any,
    *,
    folds: int = 5,
    rounds: int = 1,
    seed: int = 0,
    columns: Mapping[Any, str] | None = None,
    decimal: str | None = None,
    groups: Any = None,
    time: Any = None,
    sample_weight: Any = None,
) -> Iterator[Fold]:
    """Fit a classifier for each fold on the other folds, and score it on the fold.

    With ``groups`` the rows of a group are in one fold.  With ``time`` the last half of the rows is
    cut into stretches, one for each fold, and each is predicted from all rows before it; so there
    may be fewer folds, where many rows have one time.  The fits get the groups, times and weights
    of their rows too.  Rows of weight 0 are left out; the others count alike in the scores.

    Parameters
    ----------
    make : callable
        Makes the classifier for a round and a fold, both counted from 1.
    X : DataFrame, dict of columns, or array of shape (n, n_columns)
        As for ``TabularClassifier.fit``.
    y : array of labels, of shape (n,)
        As for ``TabularClassifier.fit``.
    folds : int, default 5
        Every class is spread evenly over the folds.  A class of a single row is in the training
        part of every fold.
    rounds : int, default 1
        How many times the rows are dealt into folds.
    seed : int, default 0
        Seed of the dealing.
    columns : mapping of column to kind, optional
        As for ``TabularClassifier.fit``.
    decimal : "," or ".", optional
        As for ``TabularClassifier.fit``.
    groups, time, sample_weight : array of shape (n,), or name of a column of X, optional
        As for ``TabularClassifier.fit``.

    Yields
    ------
    Fold
        The scores of a fit, round by round, fold by fold.

    Raises
    ------
    DataError
        The table cannot be learned from, has too few rows, or fewer groups than folds; or the rows
        that a fold learns from are all of one group or time.
    ValueError
        ``folds`` or ``rounds`` is too small, groups and time are both given, or there is more than
        one round by time, whose folds are always the same.

    Examples
    --------
    >>> table = {"size": [1.0, 1.2, None, 3.1, 3.3, 2.9] * 20}
    >>> species = ["wren", "wren", "wren", "rook", "rook", "rook"] * 20
    >>> def make(round, fold):
    ...     return TabularClassifier("fast", epochs=5, random_state=round)
    >>> found = list(cross_validate(make, table, species, folds=3))
    >>> [(fold.n_trained, fold.n_tested, fold.majority) for fold in found]
    [(80, 40, 0.5), (80, 40, 0.5), (80, 40, 0.5)]
    >>> found = list(cross_validate(make, table, species, folds=3, time=range(120)))
    >>> [(fold.n_trained, fold.n_tested) for fold in found]
    [(60, 20), (80, 20), (100, 20)]
    """
    if folds < 2 or rounds < 1:
        raise ValueError(
            f"folds={folds}, rounds={rounds}, but there have to be 2 folds or more, and 1 round or "
            "more"
        )
    table = as_columns(X)
    is_ordered = isinstance(y, EncodedLabels)  # ranges are in the order of their numbers
    classes, y, _ = encode_labels(y)
    check_same_length(table.n_rows, len(y))
    check_quantity(classes, len(y))
    if (np.bincount(y) > 1).sum() < 2 or len(y) < 2 * folds:
        raise DataError(
            f"{len(y):,} rows of {len(classes):,} classes are too few for {folds} folds: each fold "
            "needs rows of two classes to learn from and rows to be tested on"
        )
    roles = {"groups": groups, "time": time, "sample_weight": sample_weight}
    found = roles_of(table, columns, decimal=decimal, **roles)
    weight = check_sample_weight(found.weight, len(y))
    if weight is not None:
        kept = np.flatnonzero(weight)
        if len(kept) < len(y):
            table, y = table.rows(kept), y[kept]
            roles = {role: part(value, kept) for role, value in roles.items()}
            found = roles_of(table, columns, decimal=decimal, **roles)
    holding = found.holding
    by_time = holding is not None and holding.by == TIME
    if by_time and rounds > 1:
        raise ValueError(f"rounds={rounds}, but by time the folds are the same in each: give 1")
    rng = np.random.default_rng(seed)
    for number in range(1, rounds + 1):
        parts = _parts(y, folds, holding, rng)
        for k, (trained, tested) in enumerate(parts, start=1):
            if not tested.any():
                raise DataError(f"fold {k} of {folds} has no row: give fewer folds")
            if holding is not None:
                more = "fewer folds" if by_time else "more folds"
                holding.check_learnable(trained, f"fold {k} of {folds}", f"{more}, or ")
            clf = make(number, k)
            own = y[trained]
            labels = EncodedLabels(classes, own) if is_ordered else classes[own]
            of_rows = {role: part(value, trained) for role, value in roles.items()}
            clf.fit(
                table.rows(trained).give_away(), labels, columns=columns, decimal=decimal, **of_rows
            )
            yield _scored(number, k, clf, table.rows(tested), classes, own, y[tested])


def _parts(
    y: RowNumbers, folds: int, holding: HoldingOut | None, rng: np.random.Generator
) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """The rows to learn from, and those to test on, of each fold."""
    if holding is not None and holding.by == TIME:
        stretch = later_stretches(holding.numbers, LAST / folds, folds)
        for k in range(1, int(stretch.max()) + 1):
            yield stretch < k, stretch == k
        return
    if holding is None:
        dealt = stratified_folds(y, folds, rng)
    elif holding.n_different < folds:
        raise DataError(
            f"{holding.n_different} groups are fewer than the {folds} folds: give "
            + ("fewer folds" if holding.n_different > 2 else "rows of more groups")
        )
    else:
        dealt = group_folds(y, holding.numbers, folds, rng)
    for k in range(folds):
        yield dealt != k, dealt == k


def _scored(
    number: int,
    k: int,
    clf: TabularClassifier,
    table: Columns,
    classes: NDArray[Any],
    y_trained: RowNumbers,
    y: RowNumbers,
) -> Fold:
    """How good a fitted classifier is on the rows of a fold, whose class numbers are y."""
    # What is unlike training in a fold is so by the dealing: nobody has to be warned.
    known = clf.model_.predict_proba(table, [])
    # A group, or a stretch of time, may have a class that no other row has.
    P = np.zeros((len(y), len(classes)))
    numbers = {label: j for j, label in enumerate(classes.tolist())}  # ranges are not sorted
    factors, place = np.ones(len(classes)), [numbers[label] for label in clf.classes_.tolist()]
    P[:, place], factors[place] = known, clf.model_.factors
    aim = clf.model_.aim
    if len(place) < len(classes) and aim.positive < len(place):
        aim = replace(aim, positive=place[aim.positive])
    scores = evaluate(y.astype(np.intp), P, factors, aim)
    most = np.bincount(y_trained, minlength=len(classes)).argmax()
    name = aim.figure
    return Fold(
        number,
        k,
        len(y_trained),
        len(y),
        scores.accuracy,
        scores.log_loss,
        float((y == most).mean()),
        float(getattr(scores, name)),
        _constant(scores, name, int(most)),
    )


def _constant(scores: metrics.Scores, name: str, most: int) -> float:
    """The figure of a constant answer: the class most frequent in training, or the best one."""
    if name == "accuracy":
        return float((scores.y == most).mean())
    if name == "mean_cost":
        return scores.best_constant()[1]
    true = scores.counts.true
    answer = scores.aim.positive if name == "f1" and len(true) == 2 else int(true.argmax())
    is_answer = np.arange(len(true)) == answer
    counts = metrics.ClassCounts(true, is_answer * scores.n_rows, is_answer * true)
    if not counts.compares:
        return math.nan
    return counts.f1(scores.aim.positive) if name == "f1" else counts.balanced_accuracy


def mean_of(scores: Sequence[float], n_trained: float, n_tested: float) -> Mean:
    """The mean of the scores of folds, and its 95 % interval by the formula of this module.

    Parameters
    ----------
    scores : sequence of float
        One of each fold, at least two.
    n_trained, n_tested : float
        Mean numbers of rows that a fit learned from, and was tested on.

    Returns
    -------
    Mean
        The mean and the ends of its interval.

    Examples
    --------
    >>> found = mean_of([0.8, 0.9, 0.85, 0.95, 0.9], 80, 20)
    >>> [round(value, 3) for value in found]
    [0.88, 0.774, 0.986]
    """
    n = len(scores)
    mean = math.fsum(scores) / n
    spread = math.fsum((s - mean) ** 2 for s in scores) / (n - 1)
    half = t_quantile(n - 1) * math.sqrt((1 / n + n_tested / n_trained) * spread)
    return Mean(mean, mean - half, mean + half)
