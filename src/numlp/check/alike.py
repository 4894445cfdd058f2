"""How much rows that belong together are alike, in their class or in another column."""

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..data.columns import Column
from ..table.words import factorize, is_missing_word, parse_number

MOST_COLUMNS = 25  # that rows are compared in; of more every second one, or third
SURE = 4.0  # standard deviations that agreement by chance hardly reaches

Codes = NDArray[np.intp]


class Trait(NamedTuple):
    """A column to compare rows in.

    Attributes
    ----------
    values : array of int, of shape (n_rows,)
        Ranks of numbers or times, or numbers of words.
    in_order : bool
        Whether they are ranks.
    """

    values: Codes
    in_order: bool


def traits(
    columns: Mapping[str, Column], rows: Codes, *, beside: str
) -> Iterator[tuple[str, Trait]]:
    """Columns beside one to compare these rows in; those with one value are left out."""
    names = [name for name in columns if name != beside]
    for name in names[:: max(1, math.ceil(len(names) / MOST_COLUMNS))]:
        trait = trait_of(columns[name][rows])
        if trait.values.min() < trait.values.max():
            yield name, trait


def trait_of(cells: Column) -> Trait:
    """What rows are compared by: the order of numbers and times, and which words are the same.

    A missing cell is a value of its own.  Of vectors it is the first number.

    >>> trait_of(np.array(["10.5", "9", "9", "NA"], dtype=object))
    Trait(values=array([1, 0, 0, 2]), in_order=True)
    """
    cells = cells[:, 0] if cells.ndim == 2 else cells
    if cells.dtype.kind != "O":
        return Trait(np.unique(cells, return_inverse=True)[1], in_order=True)
    words, codes = factorize(cells)
    numbers = np.array([*map(parse_number, words), math.nan])
    n_given = sum(not is_missing_word(word) for word in words)
    if n_given and 2 * np.isfinite(numbers).sum() > n_given:
        return Trait(np.unique(numbers[codes], return_inverse=True)[1], in_order=True)
    return Trait(codes + 1, in_order=False)


def agreement(groups: Codes, values: Codes, *, in_order: bool = False) -> float:
    """How much more rows of one group agree than any two rows, 0 by chance and 1 for all of them.

    Of words, with p the share of the pairs in a group that have the same one, and q that of all
    pairs: (p - q) / (1 - q), as Cohen's kappa.  Of ranks: 1 - their variance in the groups
    divided by that of all, the intraclass correlation.  Groups of one row are left out.

    >>> agreement(np.array([0, 0, 1, 1]), np.array([5, 5, 7, 7]))
    1.0
    >>> round(agreement(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])), 2)
    -0.5
    """
    sizes = np.bincount(groups)
    kept = sizes[groups] > 1
    groups, values = groups[kept], values[kept]
    n = len(values)
    if n < 2:
        return 0.0
    if in_order:
        x = values.astype(np.float64)
        means = np.bincount(groups, x) / np.maximum(np.bincount(groups), 1)
        inside = ((x - means[groups]) ** 2).sum() / (n - np.count_nonzero(sizes > 1))
        overall = x.var(ddof=1)
        return float(1 - inside / overall) if overall else 0.0
    cells, counts = np.unique(
        groups * (int(values.max()) + 1) + values, return_inverse=True, return_counts=True
    )[1:]
    p = float(np.mean((counts[cells] - 1) / (sizes[groups] - 1)))
    counts = np.bincount(values)
    q = float((counts * (counts - 1)).sum() / (n * (n - 1)))
    return (p - q) / (1 - q) if q < 1 else 0.0


def beyond_chance(groups: Codes) -> float:
    """The agreement that groups of rows dealt at random hardly reach.

    >>> beyond_chance(np.arange(100).repeat(2))
    0.4
    """
    sizes = np.bincount(groups).astype(np.float64)
    pairs = float((sizes * (sizes - 1)).sum()) / 2
    return SURE / math.sqrt(pairs) if pairs else math.inf
