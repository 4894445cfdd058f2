"""Classes that a model for accuracy hardly ever answers, although it can tell them from others."""

from collections.abc import Mapping

from ..metrics.scores import Scores
from .thresholds import MIN_ROWS

LITTLE = 0.2  # a recall up to which a class counts as hardly found
TELLS = 0.6  # an AUC that is worth a try, whatever its interval
FREQUENT = 2 / 3  # share of rows from which one of two classes is the frequent one


def overlooked_classes(scores: Scores, intervals: Mapping[str, tuple[float, float]]) -> list[int]:
    """The classes that a metric other than accuracy would find more of, the rarest first.

    Such a class has 3 rows or more, of which at most a fifth are answered right.  Of more than two
    classes there is none unless always answering the most frequent one is as good as the model, as
    far as the interval of its accuracy tells.  There is none either where the model has another aim
    already, or where it cannot tell classes apart: its AUC is below 0.6 and may be that of chance.

    Parameters
    ----------
    scores : Scores
        Of rows that the model has not learned from.
    intervals : mapping of str to (float, float)
        As ``numlp.metrics.intervals`` gives them.

    Examples
    --------
    >>> import numpy as np
    >>> from ..metrics import evaluate, intervals
    >>> y = np.array([0] * 90 + [1] * 10)
    >>> p = np.where(y == 1, 0.4, np.linspace(0.0, 0.45, 100))
    >>> scores = evaluate(y, np.column_stack([1 - p, p]))
    >>> scores.accuracy, overlooked_classes(scores, intervals(scores))
    (0.9, [1])
    """
    aim, counts = scores.aim, scores.counts
    if aim.figure != "accuracy":
        return []
    # Of few rows of a class the interval is wide.  Comparisons with NaN, where there is none, fail.
    if intervals["roc_auc"][0] <= 0.5 and scores.roc_auc < TELLS:
        return []
    if scores.n_classes > 2 and intervals["accuracy"][0] > scores.majority:
        return []
    order = counts.true.argsort(kind="stable").tolist()
    rare = [k for k in order[:-1] if counts.true[k] >= MIN_ROWS]
    return [k for k in rare if counts.right[k] <= LITTLE * counts.true[k]]


def rarer_than_positive(scores: Scores) -> int | None:
    """The rare one of two classes, where the frequent one is the positive class, by two thirds.

    None where the positive class does not matter: the aim is neither F1 nor costs.
    """
    aim, true = scores.aim, scores.counts.true
    if len(true) != 2 or aim.figure not in ("f1", "mean_cost"):
        return None
    return 1 - aim.positive if true[aim.positive] >= FREQUENT * scores.n_rows else None
