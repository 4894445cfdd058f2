"""Columns that may be the answer itself, since one of them alone tells the classes apart.

A column is read in several ways, and a leak is told where one of them tells the classes apart:

- its numbers and times by their order, and words by which they are; in a column that has few
  different numbers, a number is a word too;
- cells that are missing, or that cannot be read, are left out, and once more taken for a word of
  their own, and so are words such as "NA" and "?" for a missing cell;
- whether a cell is missing, and nothing else.

Of a vector each number is read by itself: one of them may be the probability of a class.

Words that differ by capitals or blanks alone are one word, as in ``labels alike``.
"""

import math
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..common.wording import folded
from ..data.columns import Column
from ..data.vectors import missing_vectors
from ..metrics.scores import rank_auc
from ..table.decimals import MOST_SAMPLED
from ..table.number_forms import spelled
from ..table.words import Words, as_words, is_missing_word, parse_number, parse_time, read_words

MIN_ROWS = 50  # below, a column may part the classes by chance
MAX_ROWS = 20_000  # rows looked at, spread over the table
MAX_CELLS = 20_000_000  # cells looked at: of many columns, fewer rows
MAX_NUMBERS = 2_000_000  # numbers of vectors looked at in a column: of long vectors, fewer rows
MIN_OF_CLASS = 5  # rows that a class needs among those looked at
MAX_CLASSES = 20  # with more classes, no column is looked at
ROWS_OF_WORD = 4  # rows that a word needs on average; else it names the rows
LEAK = 0.99  # an AUC that hardly any honest column has: the best of 16 tables had 0.982
# The same where not all classes are told, or one has few rows: honest measurements come close.
SURE_LEAK = 0.999
MANY_OF_CLASS = 50  # rows of a class of which an AUC of 0.99 is not chance

ClassNumbers = NDArray[np.intp]


class Leak(NamedTuple):
    """A column that tells classes apart.

    Attributes
    ----------
    column : str
    auc : float
        How well it tells them apart: the AUC of the class that it tells worst.
    classes : list of int
        The classes that it tells from all others; empty where it tells all classes apart.
    way : str
        What tells them: "cells"; "given", the cells that are not missing, where others are; or
        "missing", whether the cell is missing.
    """

    column: str
    auc: float
    classes: list[int]
    way: str


class Reading(NamedTuple):
    """A column read in one way.

    Attributes
    ----------
    way : str
        As in ``Leak``.
    rows : array of bool, of shape (n_rows,)
        The rows that can be read.
    values : array of shape (number of such rows,)
        Numbers, or numbers of words.
    in_order : bool
        Whether the order of the values means something.
    """

    way: str
    rows: NDArray[np.bool_]
    values: NDArray[Any]
    in_order: bool


def leaks(
    columns: Mapping[str, Column], y: NDArray[Any], ignored: Collection[str] = ()
) -> Iterator[Leak]:
    """Columns that alone tell classes apart, in their order; ignored ones are not looked at.

    In a long table some of the rows are looked at, in a wide one fewer.

    >>> x = np.arange(200.0)
    >>> x[7] = np.nan
    >>> list(leaks({"x": x}, np.repeat([0, 1], 100)))
    [Leak(column='x', auc=1.0, classes=[], way='given')]
    """
    most = max(MIN_ROWS, min(MAX_ROWS, MAX_CELLS // max(1, len(columns))))
    rows = np.linspace(0, len(y) - 1, min(len(y), most)).astype(np.intp)
    frequent = np.flatnonzero(np.bincount(y[rows]) >= MIN_OF_CLASS)
    rows = rows[np.isin(y[rows], frequent)]
    if len(rows) < MIN_ROWS or not 2 <= len(frequent) <= MAX_CLASSES:
        return
    place = np.searchsorted(frequent, y[rows])
    for name in columns:
        if name in ignored:
            continue
        found = _leak_of(columns[name][rows], place, len(frequent))
        if found is not None:
            told = [] if len(found.classes) == len(frequent) else frequent[found.classes].tolist()
            yield Leak(name, found.auc, told, found.way)


class _Told(NamedTuple):
    auc: float
    classes: list[int]
    way: str


def _leak_of(cells: Column, y: ClassNumbers, n_classes: int) -> _Told | None:
    """What the way of reading that tells most classes tells; None where no way tells any."""
    best = None
    if cells.ndim == 2:
        step = max(1, cells.size // MAX_NUMBERS)
        cells, y = cells[::step], y[::step]
    for reading in readings(cells):
        aucs = class_aucs(reading, y, n_classes)
        fewest = np.bincount(y[reading.rows], minlength=n_classes).min()
        least = LEAK if min(aucs) > LEAK and fewest >= MANY_OF_CLASS else SURE_LEAK
        told = [k for k, auc in enumerate(aucs) if auc > least]
        if told and (best is None or len(told) > len(best.classes)):
            best = _Told(min(aucs[k] for k in told), told, reading.way)
            if len(told) == n_classes:
                break
    return best


def readings(cells: Column) -> Iterator[Reading]:
    """The ways in which a column can be read, the plainest first."""
    if cells.ndim == 2:
        for numbers in cells.T:
            yield _of_given(numbers.astype(np.float64), ~np.isnan(numbers), in_order=True)
        missing = missing_vectors(cells)
        if 0 < missing.sum() < len(missing):
            every = np.ones(len(cells), bool)
            yield Reading("missing", every, missing.astype(np.intp), in_order=False)
        return
    written = _few_words(as_words(cells))
    words = None
    if written is not None:
        words, absent = written
        if absent.any():  # first, as a blank cell there would be read
            yield _of_given(words, (words >= 0) & ~absent, in_order=False)
        yield _of_given(words, words >= 0, in_order=False)
    missing = yield from _in_numbers(cells)
    if 0 < missing.sum() < len(missing):
        yield Reading("missing", np.ones(len(cells), bool), missing.astype(np.intp), in_order=False)
    if words is not None and (words < 0).any():  # a missing cell as a word of its own
        yield Reading("cells", np.ones(len(cells), bool), words + 1, in_order=False)


def _few_words(cells: Column) -> tuple[ClassNumbers, NDArray[np.bool_]] | None:
    """The number of each cell's word, -1 where it is blank, and which words stand for missing ones.

    None where the words are many.
    """
    read = read_words(cells)
    index: dict[str, int] = {}
    place = [index.setdefault(folded(word), len(index)) for word in read.words]
    if not 0 < len(index) * ROWS_OF_WORD <= len(cells):
        return None
    return np.array([*place, -1], np.intp)[read.codes], _absent(read)


def _absent(read: Words) -> NDArray[np.bool_]:
    """Which cells hold a word such as "NA" or "?"."""
    return np.array([*map(is_missing_word, read.words), False], bool)[read.codes]


def _in_numbers(cells: Column) -> Generator[Reading, None, NDArray[np.bool_]]:
    """The column by its numbers and its times, if it has any; return which cells are missing."""
    if cells.dtype.kind != "O":
        missing: NDArray[np.bool_] = np.isnat(cells) if cells.dtype.kind == "M" else np.isnan(cells)
        yield _of_given(cells.astype(np.float64), ~missing, in_order=True)
        return missing
    read = read_words(cells)
    blank, absent = read.codes < 0, _absent(read)
    some = read.words[:MOST_SAMPLED]
    written = sum(spelled(word) is not None for word in some) * 2 > len(some)
    for parse in (parse_number, *[_written_number] * written, parse_time):
        values = np.array([parse(word) for word in read.words])
        known = np.append(values == values, False)[read.codes]  # NaN and NaT differ
        if known.any():
            numbers = np.append(values, values[:1])[read.codes].astype(np.float64)
            yield _of_given(numbers, known, in_order=True)
        if known.sum() * 2 > (~blank & ~absent).sum():
            break
    return np.asarray(blank | absent)


def _written_number(word: str) -> float:
    """The number of a word in any form: for the order, either decimal sign will do."""
    found = spelled(word)
    if found is None:
        return math.nan
    return found.comma if math.isnan(found.point) else found.point


def _of_given(values: NDArray[Any], given: NDArray[np.bool_], *, in_order: bool) -> Reading:
    return Reading("cells" if given.all() else "given", given, values[given], in_order)


def class_aucs(reading: Reading, y: ClassNumbers, n_classes: int) -> list[float]:
    """How well a reading tells each class from all others: an AUC, 0 where that cannot be said.

    Values in order: the classes are put in the order of their medians, and each has to lie above
    those below it and below those above it.  Words: the score of a row is the share of the class
    among the rows with its word in the other half of the rows, so that a word of a single row says
    nothing.

    >>> every = np.ones(100, bool)
    >>> x = np.repeat([1.0, 2, 2, 3], 25)
    >>> class_aucs(Reading("cells", every, x, in_order=True), np.repeat([0, 1], 50), 2)
    [0.875, 0.875]
    """
    y = y[reading.rows]
    counts = np.bincount(y, minlength=n_classes)
    frequent = counts >= MIN_OF_CLASS
    kept = frequent[y]
    if kept.sum() < MIN_ROWS or frequent.sum() < 2:
        return [0.0] * n_classes
    judge = _in_order if reading.in_order else _by_word
    found = judge(reading.values[kept], y[kept], np.flatnonzero(frequent).tolist())
    return [found.get(k, 0.0) for k in range(n_classes)]


def _in_order(x: NDArray[Any], y: ClassNumbers, classes: Sequence[int]) -> dict[int, float]:
    medians = [float(np.median(x[y == k])) for k in classes]
    rank = np.zeros(max(classes) + 1, np.intp)
    rank[np.array(classes)[np.argsort(medians, kind="stable")]] = np.arange(len(classes))
    place = rank[y]
    found = {}
    for k in classes:
        of_class, own = place == rank[k], math.inf
        for others, above in ((place < rank[k], True), (place > rank[k], False)):
            if others.any() and own > LEAK:
                among = of_class | others
                own = min(own, rank_auc(x[among], (of_class if above else others)[among]))
        found[k] = own
    return found


def _by_word(codes: NDArray[Any], y: ClassNumbers, classes: Sequence[int]) -> dict[int, float]:
    half = np.empty(len(y), np.intp)
    half[np.lexsort((codes, y))] = np.arange(len(y)) % 2  # of each word and class as many
    tables = np.zeros((2, int(codes.max()) + 1, max(classes) + 1))
    np.add.at(tables, (1 - half, codes, y), 1)  # what the rows of the other half see
    totals = tables.sum(axis=2)[half, codes]
    found = {}
    for k in classes:
        of_class = y == k
        share = np.full(len(y), of_class.mean())
        np.divide(tables[half, codes, k], totals, out=share, where=totals > 0)
        found[k] = float(
            np.mean([rank_auc(share[own], of_class[own]) for own in (half == 0, half == 1)])
        )
    return found
