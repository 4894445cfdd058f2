"""Prediction sets: for each row the classes that it may have, with the coverage that was asked.

This is split conformal prediction (Vovk, Gammerman & Shafer 2005) on n rows that were not learned
from and whose classes y are known.  Let p₍₁₎ ≤ ... ≤ p₍ₙ₎ be the probabilities P[i, yᵢ] of the true
class, in order::

    j   = ⌊(n + 1) (1 - coverage)⌋
    set = {k : P_k ≥ p₍ⱼ₎}                    all classes where j is 0

For a new row of the same kind the true class is in the set with a probability of ``coverage`` or
more, whatever the model.  This holds on the average over rows, not for each class or each sort of
row.  Of all sets with that coverage, those by the probability alone are the smallest (Sadinle, Lei
& Wasserman 2019).  Adaptive sets (APS, Romano, Sesia & Candès 2020) spread the doubt more evenly
over the rows; on ten real tables they had 8 to 9 % more classes with randomised ends, and 36 to
46 % more without.

The rows held out are predicted by the nets that had not seen them, a new row by all nets; and the
mixture and the temperature were chosen on the rows held out.  No proof covers that;
docs/decisions.md tells what coverage was measured.
"""

import itertools
import math
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from ..common.arguments import number_in

Probabilities = NDArray[np.floating[Any]]
ClassNumbers = NDArray[np.intp]

MANY = 10  # rows of which some have a smaller set, unless the model says next to nothing
MOST = 1000  # probabilities that are kept, however many rows there are


class Conformal(NamedTuple):
    """What is kept of the rows held out, to find the prediction sets of any coverage.

    Of many rows only some ranks are kept, close together near rank 1, where a coverage near 1 needs
    them.  A coverage whose rank is not kept takes the next rank below, so the coverage still holds.

    Attributes
    ----------
    n_rows : int
    ranks : list of int
        Rising from 1 to ``n_rows``.
    p : list of float
        The probability of the true class at each rank, rounded down.
    """

    n_rows: int
    ranks: list[int]
    p: list[float]

    @classmethod
    def fit(cls, P: Probabilities, y: ClassNumbers) -> Self:
        """Learn from probabilities P, (n, n_classes), of rows held out with the classes y, (n,)."""
        n = len(y)
        p = np.sort(P[np.arange(n), y].astype(np.float64))
        ranks = np.unique(np.geomspace(1, n, MOST).round().astype(np.intp))
        # Six digits are short in a file, and taking off 5e-6 is more than rounding can add.
        kept = [float(f"{value * (1 - 5e-6):.6g}") for value in p[ranks - 1]]
        return cls(n, ranks.tolist(), kept)

    def threshold(self, coverage: float) -> float:
        """The probability from which on a class is in the set; 0 where all classes have to be.

        >>> half = np.linspace(0.01, 0.99, 99)
        >>> P = np.column_stack([half, 1 - half])
        >>> round(Conformal.fit(P, np.zeros(99, int)).threshold(0.9), 3)
        0.1
        """
        check_coverage(coverage)
        # Rounded, since in floating point 1,000 times a decimal fraction is hardly ever whole.
        rank = self.n_rows + 1 - math.ceil(round((self.n_rows + 1) * coverage, 6))
        i = int(np.searchsorted(self.ranks, rank, "right")) - 1
        return self.p[i] if i >= 0 else 0.0

    def state(self) -> dict[str, Any]:
        """The attributes as JSON takes them."""
        return self._asdict()

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The object whose ``state`` this is.

        Raises
        ------
        TypeError, ValueError
            No ``fit`` can have made the state.
        """
        n_rows, ranks, p = state["n_rows"], state["ranks"], state["p"]
        if not isinstance(ranks, list) or not isinstance(p, list):
            raise TypeError("the ranks or probabilities of prediction sets are not a list")
        if not 0 < len(ranks) == len(p) <= MOST:
            raise ValueError(f"{len(ranks)} ranks and {len(p)} probabilities of prediction sets")
        if not all(type(rank) is int for rank in [n_rows, *ranks]):
            raise TypeError("a rank of prediction sets is not a whole number")
        if (
            n_rows >= 1 << 53
            or ranks[0] != 1
            or ranks[-1] != n_rows
            or not _rises(ranks, strictly=True)
        ):
            raise ValueError(f"the ranks of prediction sets do not rise from 1 to {n_rows}")
        if not all(type(value) in (int, float) and 0 <= value <= 1 for value in p):
            raise ValueError("a probability of prediction sets is not between 0 and 1")
        if not _rises(p, strictly=False):
            raise ValueError("the probabilities of prediction sets do not rise")
        return cls(n_rows, ranks, [float(value) for value in p])


def prediction_sets(P: Probabilities, threshold: float) -> NDArray[np.bool_]:
    """Which classes are in the set of each row, (n, n_classes).

    The most probable class always is in it: an empty set says nothing, and coverage only gains.

    >>> prediction_sets(np.array([[0.8, 0.15, 0.05], [0.4, 0.3, 0.3]]), 0.5)
    array([[ True, False, False],
           [ True, False, False]])
    """
    sets = np.greater_equal(P, threshold)
    sets[np.arange(len(P)), P.argmax(axis=1)] = True
    return sets


def are_all_full(threshold: float, n_full: int, n_rows: int) -> bool:
    """Whether to tell that sets say nothing: all have to be full, or all of many rows are.

    Parameters
    ----------
    threshold : float
        The probability from which on a class is in a set.
    n_full, n_rows : int
        How many sets have all classes, and how many sets there are.
    """
    return n_full == n_rows > 0 and (threshold == 0 or n_rows >= MANY)


def full_sets(coverage: float, n_rows: int) -> str:
    """Why each set has all classes at this coverage, where n rows were held out in training.

    >>> full_sets(0.95, 12)
    'each set has all classes: coverage=0.95 takes 19 rows held out in training, and 12 were'
    """
    needed = math.ceil(round(coverage / (1 - coverage), 6))
    told = "each set has all classes:"
    if n_rows < needed:
        return (
            f"{told} coverage={coverage:g} takes {needed:,} rows held out in training, and "
            f"{n_rows:,} were"
        )
    return (
        f"{told} for coverage={coverage:g} the model can leave none out, as it is not sure enough, "
        "or gave the true class of some rows held out no probability"
    )


def check_coverage(coverage: float) -> None:
    """Raise a ValueError for a coverage that sets cannot have."""
    rule = number_in(0, 1, ends="()")
    if not rule.allows(coverage):
        raise ValueError(f"coverage={coverage!r}, but it has to be {rule.says}, such as 0.9")


def _rises(values: list[Any], *, strictly: bool) -> bool:
    return all(a < b if strictly else a <= b for a, b in itertools.pairwise(values))
