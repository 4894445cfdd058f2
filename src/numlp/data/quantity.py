"""Targets that are quantities, such as a price: when they are one, and ranges to make of them."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.wording import count
from ..errors import DataError
from .objects import spell

FEW = 50  # different whole numbers that any target may have
SOME = 200  # up to here, codes with gaps fill half of their range: years of a table, for instance
CODES_FILL = 0.95  # of the range, where there are more
ROWS_OF_CODE = 25  # rows that a code has on average; a quantity has fewer
MOST = 1000  # with more, training takes hours, whatever rows there are
N_SHOWN = 3

IN_PYTHON = (
    "Ranges of a quantity are classes: numpy.digitize(y, numpy.quantile(y, [0.25, 0.5, 0.75])) "
    "makes four; where each number is a class, give text: numpy.array(y).astype(str)"
)


def quantity_told(numbers: NDArray[np.float64], n_rows: int) -> str | None:
    """What makes a target a quantity, in words; None where its numbers can be classes.

    A target is a quantity where a number has a fraction; or where there are more than 50 whole
    numbers with gaps between them, and fewer than 25 rows for each, or more than 1,000 numbers.
    Gaps are told from the few that codes have: up to 200 codes fill at least half of the range from
    the least to the greatest, more of them 95 % of it.

    Parameters
    ----------
    numbers : array of shape (n,)
        The different numbers.
    n_rows : int
        How many rows have one of them.

    Examples
    --------
    >>> quantity_told(np.arange(10.0), 12), quantity_told(np.arange(1950.0, 2021), 300)
    (None, None)
    >>> quantity_told(np.arange(0.0, 70_000, 100), 1000)
    '700 different numbers in 1,000 rows, such as 0, 100, 200: that is a quantity'
    """
    n = len(numbers)
    broken = numbers != np.rint(numbers)
    if broken.any():
        what = "fractional numbers"
        shown = numbers[broken]
    elif _are_codes(numbers, n_rows):
        return None
    else:
        what, shown = count(n, "different number"), numbers
    told = ", ".join(map(spell, shown[:N_SHOWN].tolist()))
    return f"{what} in {n_rows:,} rows, such as {told}: that is a quantity"


def dates_told(n: int, n_rows: int, first: str) -> str | None:
    """What makes a target of dates too many classes, in words; None where there are few.

    Dates are as many as numbers with gaps may not be: see ``quantity_told``.

    >>> dates_told(700, 1000, "2024-03-01")
    '700 different dates in 1,000 rows, such as 2024-03-01'
    """
    if n <= FEW or (n <= MOST and n_rows >= ROWS_OF_CODE * n):
        return None
    return f"{count(n, 'different date')} in {n_rows:,} rows, such as {first}"


def _are_codes(numbers: NDArray[np.float64], n_rows: int) -> bool:
    """Whether different whole numbers can be the codes of classes."""
    n = len(numbers)
    if n <= FEW:
        return True
    filled = n / (numbers.max() / 2 - numbers.min() / 2 + 0.5) / 2  # halves do not overflow
    if filled >= (0.5 if n <= SOME else CODES_FILL):
        return True
    return n <= MOST and n_rows >= ROWS_OF_CODE * n


@dataclass(frozen=True)
class Ranges:
    """Ranges of a quantity as classes: up to the first edge, up to the second, ..., above the last.

    Attributes
    ----------
    edges : tuple of float
        Rising; a number that is an edge belongs to the range that ends there.

    Examples
    --------
    >>> ranges = Ranges((120_000.0, 250_000.0))
    >>> ranges.names
    ['up to 120000', '120000 to 250000', 'above 250000']
    >>> ranges.of(np.array([120_000.0, 120_001.0, 1e9]))
    array([0, 1, 2])
    """

    edges: tuple[float, ...]

    @property
    def names(self) -> list[str]:
        """The name of each range, in their order."""
        spelled = [spell(edge) for edge in self.edges]
        # A spreadsheet takes what begins with a minus for a formula.
        between = [
            f"{'from ' * low.startswith('-')}{low} to {high}"
            for low, high in itertools.pairwise(spelled)
        ]
        return [f"up to {spelled[0]}", *between, f"above {spelled[-1]}"]

    def of(self, numbers: NDArray[np.float64]) -> NDArray[np.intp]:
        """The place of each number's range among the names."""
        return np.searchsorted(self.edges, numbers, side="left")

    @classmethod
    def with_as_many_rows(cls, numbers: NDArray[np.float64], n: int) -> "Ranges":
        """At most ``n`` ranges with as many numbers in each as can be: equal ones stay together.

        An edge is the shortest number that parts the two numbers that it lies between.

        Parameters
        ----------
        numbers : array of shape (n_rows,)
            The number of each row.
        n : int
            2 or more.

        Raises
        ------
        DataError
            All numbers are equal.

        Examples
        --------
        >>> Ranges.with_as_many_rows(np.array([1.0, 1, 1, 1, 1, 7, 12, 31]), 4).names
        ['up to 1', '1 to 10', 'above 10']
        """
        values, counts = np.unique(numbers, return_counts=True)
        if len(values) < 2:
            raise DataError(f"every number is {spell(float(values[0]))}: there are no ranges")
        below = np.cumsum(counts)[:-1]  # rows below each place to cut at
        wanted = np.arange(1, n) * len(numbers) / n
        cuts = np.unique([np.abs(below - rows).argmin() for rows in wanted])
        with np.errstate(all="ignore"):  # near the least and the greatest numbers there are
            found = [_between(float(values[i]), float(values[i + 1])) for i in cuts]
        return cls(tuple(found))

    def state(self) -> list[float]:
        """The edges, as JSON takes them."""
        return list(self.edges)

    @classmethod
    def from_state(cls, state: Any, classes: Sequence[Any]) -> "Ranges":
        """The ranges that ``state`` described, of a model with these classes.

        Raises
        ------
        TypeError, ValueError
            The state is not a rising list of finite numbers, or the classes are not its ranges.
        """
        if not isinstance(state, list) or not all(type(edge) in (int, float) for edge in state):
            raise TypeError("the edges of the ranges are not a list of numbers")
        if not state or len(state) + 1 != len(classes):  # before anything is made of them
            raise ValueError(f"{len(state)} edges for {len(classes)} classes")
        ranges = cls(tuple(map(float, state)))
        edges = np.array(ranges.edges)
        if not np.isfinite(edges).all() or (np.diff(edges) <= 0).any():
            raise ValueError("the edges of the ranges are not finite and rising")
        if ranges.names != list(classes):
            raise ValueError("the classes are not the ranges between the edges")
        return ranges


def _between(low: float, high: float) -> float:
    """The shortest number from ``low`` to below ``high``.

    >>> _between(1199.0, 1207.5), _between(3.0, 4.0), _between(0.1234, 0.2)
    (1200.0, 3.0, 0.13)
    """
    for digits in range(1, 17):
        step = 10.0 ** (np.floor(np.log10(max(abs(low), abs(high)))) - digits + 1)
        found = float(f"{np.ceil(low / step) * step:.{digits}g}")
        if low <= found < high:
            return found + 0.0  # no -0.0
    return low
