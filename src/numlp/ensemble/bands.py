"""What is worth going on with, by the rows held out: which frequency bands, and whether at all."""

from collections.abc import Mapping, Sequence

from ..decisions.mixing import (
    ClassNumbers,
    Probabilities,
    Weights,
    best_temperature,
    greedy_mixture,
    mix,
    temper,
)
from ..metrics.scores import losses


def best_alone(
    by_band: Mapping[int, Sequence[Probabilities]],
    y: ClassNumbers,
    weight: Weights | None,
    gain: float,
) -> int | None:
    """The band whose nets alone answer best; None where they need those of the others.

    Parameters
    ----------
    by_band : mapping of int to sequence of array of shape (n, n_classes)
        For each band what its snapshots say of rows that its nets have not seen.
    y : array of shape (n,)
        Class numbers, 0, 1, ...
    weight : array of shape (n,), or None
    gain : float
        The others are needed where a mixture of all has a log-loss that is lower by more than this
        share.

    Examples
    --------
    The first of two bands knows all that the second knows:

    >>> import numpy as np
    >>> y = np.array([0, 1] * 50)
    >>> knows, half = np.eye(2)[y] * 0.8 + 0.1, np.full((100, 2), 0.5)
    >>> best_alone({0: [knows], 1: [half]}, y, None, 0.02)
    0
    """
    if len(by_band) < 2:
        return None
    alone = {band: mixture_loss(snapshots, y, weight) for band, snapshots in by_band.items()}
    best = min(alone, key=alone.__getitem__)
    together = mixture_loss([P for snapshots in by_band.values() for P in snapshots], y, weight)
    return best if alone[best] <= (1 + gain) * together else None


def mixture_loss(
    snapshots: Sequence[Probabilities], y: ClassNumbers, weight: Weights | None
) -> float:
    """The log-loss of the best mixture, at its best temperature."""
    P = mix(snapshots, greedy_mixture(snapshots, y, weight))
    each = losses(y, temper(P, best_temperature(P, y, weight)))
    return float(each.mean() if weight is None else each @ weight / weight.sum())
