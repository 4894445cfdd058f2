"""Rows grouped by one column: by its values, or by ranges of its numbers or times."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..data.columns import Column
from ..data.quantity import Ranges
from .guess import Options, find_encoder
from .summary import summarize
from .words import as_words, by_value, factorize, shown

MOST_VALUES = 20  # different numbers or times that are a group each; of more, ranges are made
N_RANGES = 5


class Grouping(NamedTuple):
    """Which group each row is in.

    Attributes
    ----------
    names : list of str or None
        The groups; None is that of the rows whose cell is missing.
    codes : array of shape (n_rows,)
        The place of each row's group among the names.
    in_order : bool
        Whether the names stand in an order of their own: numbers or times, from low to high.
    """

    names: list[str | None]
    codes: NDArray[np.intp]
    in_order: bool


def grouped(name: str, cells: Column, *, is_category: bool = False) -> Grouping:
    """Group rows by the cells of a column.

    Words are a group each, compared by value as training compares them.  Of numbers and times, up
    to 20 different ones are a group each; more become five ranges with as many rows in each as can
    be, times by the day where there are several days.

    Parameters
    ----------
    name : str
    cells : plain column
        As ``as_columns`` makes it.
    is_category : bool, default False
        Whether numbers are names, such as codes: then each is a group.

    Examples
    --------
    >>> grouped("shop", np.array(["b", None, "a", "b"], dtype=object))
    Grouping(names=['b', 'a', None], codes=array([0, 2, 1, 0]), in_order=False)
    >>> grouped("age", np.arange(100.0)).names
    ['up to 19', '19 to 39', '39 to 59', '59 to 79', 'above 79']
    """
    summary = summarize(name, cells)
    if not is_category:
        encoder = find_encoder(summary, None, Options())
        values = encoder.read(cells, None) if encoder.kind in ("number", "date") else cells
        if values.dtype.kind in "fM":
            return _of_values(values)
    words, codes = factorize(as_words(cells))
    spellings = summary.words().merged().spellings
    told = [spellings.get(word, word) if by_value(word) else None for word in words]
    index: dict[str | None, int] = {}
    place = [index.setdefault(each, len(index)) for each in told]
    if (codes < 0).any():
        place.append(index.setdefault(None, len(index)))  # at the end, where code -1 finds it
    return Grouping(list(index), np.array(place, np.intp)[codes], in_order=False)


def _of_values(values: Column) -> Grouping:
    """The groups of numbers or times, low to high, and at the end those that are missing."""
    is_time = values.dtype.kind == "M"
    given = ~(np.isnat(values) if is_time else np.isnan(values))
    x = values[given]
    if is_time:
        x = x.astype("M8[ms]")
        if len(np.unique(days := x.astype("M8[D]"))) > 1:
            x = days
    different, codes = np.unique(x, return_inverse=True)
    names = [shown(each) for each in different]
    if len(different) > MOST_VALUES:
        numbers = x.astype(np.float64)
        ranges = Ranges.with_as_many_rows(numbers, N_RANGES)
        codes = ranges.of(numbers)
        names = ranges.names
        if is_time:
            ends = [(x[codes == k].min(), x[codes == k].max()) for k in range(len(names))]
            names = [f"{shown(first)} to {shown(last)}" for first, last in ends]
    every = np.full(len(values), len(names), np.intp)
    every[given] = codes
    told: list[str | None] = [*names]
    return Grouping(told + [None] * (not given.all()), every, in_order=True)
