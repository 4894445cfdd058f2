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
from typing import Any, NamedTuple

import numpy as np

from ..common.estimator import check_same_length
from ..data.columns import as_columns
from ..data.labels import EncodedLabels, check_quantity, encode_labels
from ..data.splits import stratified_folds
from ..errors import DataError
from ..metrics import scores as metrics
from ..metrics.clusters import t_quantile
from .classifier import TabularClassifier


class Fold(NamedTuple):
    """How good one fit was on the rows it had not seen.

    Attributes
    ----------
    round, fold : int
        Counted from 1.
    n_trained, n_tested : int
        Number of rows.
    accuracy, log_loss : float
    majority : float
        Accuracy, on the same rows, of always answering the class that is most frequent in the rows
        trained on.
    """

    round: int
    fold: int
    n_trained: int
    n_tested: int
    accuracy: float
    log_loss: float
    majority: float


class Mean(NamedTuple):
    """The mean of a score over the folds, and its 95 % interval."""

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
) -> Iterator[Fold]:
    """Fit a classifier for each fold on the other folds, and score it on the fold.

    Parameters
    ----------
    make : callable
        Makes the classifier for a round and a fold, both counted from 1.
    X : as for ``TabularClassifier.fit``
    y : labels of shape (n,)
    folds : int, default 5
        Every class is spread evenly over the folds.  A class of a single row is in the training
        part of every fold.
    rounds : int, default 1
        How many times the rows are dealt into folds.
    seed : int, default 0
        Seed of the dealing.
    columns : mapping of column to kind, optional
        As for ``TabularClassifier.fit``.

    Yields
    ------
    Fold

    Raises
    ------
    DataError
        The table cannot be learned from, or has too few rows.
    ValueError
        ``folds`` or ``rounds`` is too small.

    Examples
    --------
    >>> table = {"size": [1.0, 1.2, None, 3.1, 3.3, 2.9] * 20}
    >>> species = ["wren", "wren", "wren", "rook", "rook", "rook"] * 20
    >>> def make(round, fold):
    ...     return TabularClassifier("fast", epochs=5, random_state=round)
    >>> found = list(cross_validate(make, table, species, folds=3))
    >>> [(fold.n_trained, fold.n_tested, fold.majority) for fold in found]
    [(80, 40, 0.5), (80, 40, 0.5), (80, 40, 0.5)]
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
    rng = np.random.default_rng(seed)
    for number in range(1, rounds + 1):
        dealt = stratified_folds(y, folds, rng)
        for k in range(folds):
            tested = dealt == k
            if not tested.any():
                raise DataError(f"fold {k + 1} of {folds} has no row: give fewer folds")
            clf = make(number, k + 1)
            labels = EncodedLabels(classes, y[~tested]) if is_ordered else classes[y[~tested]]
            clf.fit(table.rows(~tested).give_away(), labels, columns=columns)
            # P has all classes: no fold holds all rows of a class.
            # What is unlike training in a fold is so by the dealing: nobody has to be warned.
            P = clf.model_.predict_proba(table.rows(tested), [])
            y_tested = y[tested].astype(np.intp)
            scores = metrics.evaluate(y_tested, P, np.array(clf.model_.factors))
            most = np.bincount(y[~tested], minlength=len(classes)).argmax()
            yield Fold(
                number,
                k + 1,
                int((~tested).sum()),
                int(tested.sum()),
                scores.accuracy,
                scores.log_loss,
                float((y_tested == most).mean()),
            )


def mean_of(scores: Sequence[float], n_trained: float, n_tested: float) -> Mean:
    """The mean of the scores of folds, and its 95 % interval by the formula of this module.

    Parameters
    ----------
    scores : sequence of float
        At least two.
    n_trained, n_tested : float
        Mean numbers of rows of a fold.

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
