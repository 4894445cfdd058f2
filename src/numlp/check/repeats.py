"""Columns whose values repeat over rows that are alike: a customer, a patient.

Where rows of one customer are alike, a row that is held out is nearly one of those learned from,
and a score promises more than rows of other customers will give.  A column is named where

- most rows share their value with another row, and it is no date and no fraction,
- rows of one value agree in their class more than by chance, and
- they agree in half of the other columns too, or the column is called as those of someone are.

Whole numbers may be measured, and then neighbours are alike too: where two neighbouring values
together are nearly as much alike as one, the column names nobody.
"""

import re
from collections.abc import Container, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..data.columns import Column
from ..table.words import factorize, is_missing_word, parse_number, words_of_name
from .alike import Codes, agreement, beyond_chance, traits

MIN_ROWS = 50
MAX_ROWS = 5000  # rows looked at: all those of some values
FIRST = 1000  # cells, or words, by which a column of fractions is known
MIN_VALUES = 20  # fewer are a plain category, of which rows to come have the same
SHARED = 0.5  # share of the rows whose value another row has
SAME_CLASS = 0.05  # agreement in the class
ALIKE = 0.5  # agreement in another column
HALF = 0.5  # share of the other columns in which rows are alike
CALLED = 0.2  # agreement in the class where the name alone speaks for it
NEIGHBOURS = 0.8  # share of the agreement that pairs of neighbouring values keep if measured

SOMEONE = set(
    re.findall(
        r"\w+",
        """account animal client customer device donor employee family household id machine member
        participant patient person pupil respondent sensor session speaker student subject user""",
    )
)


class Repeats(NamedTuple):
    """A column whose values repeat over rows that are alike.

    Attributes
    ----------
    column : str
    n_values : int
    same_class : float
        How much rows of one value agree in their class, from 0 by chance to 1.
    alike : float
        The share of the other columns in which they are alike.
    """

    column: str
    n_values: int
    same_class: float
    alike: float


def repeats(columns: Mapping[str, Column], y: Codes, ignored: Container[str] = ()) -> list[Repeats]:
    """Columns whose values repeat over rows that are alike, those most alike first.

    Parameters
    ----------
    columns : mapping of name to column, as ``as_columns`` makes them
    y : array of int
        The class of each row.
    ignored : container of str
        Columns that are not looked at, such as times.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> who = np.arange(30).repeat(5)
    >>> table = {"size": rng.normal(size=30)[who], "age": rng.normal(size=30)[who]}
    >>> table |= {"hour": rng.normal(size=150), "owner": 1.0 * rng.permutation(30)[who]}
    >>> [found.column for found in repeats(table, (rng.random(30) < 0.5).astype(int)[who])]
    ['owner']
    """
    if len(y) < MIN_ROWS:
        return []
    names = [name for name in columns if name not in ignored]
    found = [each for name in names if (each := _repeated(columns, name, y)) is not None]
    return sorted(found, key=lambda each: (-each.alike - each.same_class, each.n_values))


def _repeated(columns: Mapping[str, Column], name: str, y: Codes) -> Repeats | None:
    cells = columns[name]
    codes = _names(cells)
    if codes is None:
        return None
    sizes = np.bincount(codes)
    shared = sizes[codes] > 1
    if len(sizes) < MIN_VALUES or shared.mean() < SHARED:
        return None
    rows = _whole_values(codes, shared)
    groups = np.unique(codes[rows], return_inverse=True)[1]
    same_class = agreement(groups, y[rows])
    if same_class <= max(SAME_CLASS, beyond_chance(groups)):
        return None
    pairs = None if cells.dtype.kind == "O" else groups // 2
    alike = _alike(columns, name, rows, groups, pairs)
    called = bool(SOMEONE.intersection(words_of_name(name)))
    if alike is None or (alike < HALF and not (called and same_class >= CALLED)):
        return None
    return Repeats(name, len(sizes), same_class, alike)


def _names(cells: Column) -> Codes | None:
    """A number for each value of a column that may name something; None where it does not.

    A row without a value would need one first, so a column with such rows names nothing.
    """
    if cells.ndim == 2 or cells.dtype.kind == "M":
        return None
    if cells.dtype.kind != "O":
        for some in (cells[:FIRST], cells):
            if not (some % 1 == 0).all():
                return None
        return np.unique(cells, return_inverse=True)[1]
    words, codes = factorize(cells)
    if (codes < 0).any() or len(words) > (1 - SHARED / 2) * len(codes):
        return None  # two rows a value at least, of those that share it
    if any(map(is_missing_word, words)):
        return None
    numbers = np.array([parse_number(word) for word in words[:FIRST]])
    return None if (numbers % 1 > 0).any() else codes


def _whole_values(codes: Codes, shared: NDArray[np.bool_]) -> Codes:
    """The rows whose value another row has, or of many all those of some values."""
    if shared.sum() <= MAX_ROWS:
        return np.flatnonzero(shared)
    sizes = np.bincount(codes)
    order = np.random.default_rng(0).permutation(len(sizes))
    n_values = int((np.cumsum(sizes[order]) <= MAX_ROWS).sum())
    chosen = np.zeros(len(sizes), bool)
    chosen[order[: max(MIN_VALUES, n_values)]] = True
    return np.flatnonzero(shared & chosen[codes])


def _alike(
    columns: Mapping[str, Column], name: str, rows: Codes, groups: Codes, pairs: Codes | None
) -> float | None:
    """The share of the other columns in which rows are alike; None where numbers are measured."""
    n = n_alike = 0
    of_values = of_pairs = 0.0
    for _, trait in traits(columns, rows, beside=name):
        n += 1
        found = agreement(groups, trait.values, in_order=trait.in_order)
        if found >= ALIKE:
            n_alike += 1
            of_values += found
            if pairs is not None:
                of_pairs += agreement(pairs, trait.values, in_order=trait.in_order)
    if pairs is not None and of_pairs > NEIGHBOURS * of_values:
        return None
    # A single one may be another name of the same.
    return n_alike / n if n_alike > 1 else 0.0
