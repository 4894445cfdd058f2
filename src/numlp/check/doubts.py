"""Doubts about a table: labels that may be the same, columns that give labels away."""

import itertools
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.wording import name_list
from ..data.columns import Column
from ..data.labels import EncodedLabels
from ..data.objects import spell
from ..data.quantity import Ranges, dates_told, quantity_told
from ..metrics.scores import rank_auc
from ..table.words import as_words, factorize, is_missing_word, parse_number, parse_time
from .findings import IN_PYTHON, Advice, Finding

MIN_ROWS = 50  # below, a column may part the classes by chance
MAX_ROWS = 20_000  # rows looked at, spread over the table
MAX_CELLS = 20_000_000  # cells looked at: of many columns, fewer rows
MIN_OF_CLASS = 5  # rows that a class needs among those looked at
MAX_CLASSES = 20  # with more classes, no column is looked at
ROWS_OF_WORD = 10  # rows that a word needs in the mean; else it names the rows
MOST_NAMED = 20  # groups of labels that are alike
LEAK = 0.999  # an AUC that no honest column has


def doubts(columns: Mapping[str, Column], labels: EncodedLabels, target: str) -> Iterator[Finding]:
    """Findings on labels that may be the same, and on columns that may be the answer itself.

    Parameters
    ----------
    columns : mapping of name to column, as ``as_columns`` makes them
    labels : EncodedLabels
        Text.
    target : str
        The name of the column of the labels.
    """
    yield from spelled_alike(labels, target)
    yield from giving_away(columns, labels, target)


def spelled_alike(labels: EncodedLabels, target: str) -> Iterator[Finding]:
    """Findings on labels that may be the same."""
    for names in alike(labels.classes)[:MOST_NAMED]:
        text = (
            f"{name_list(names)} are taken for different classes of {target!r}, but "
            "differ by capitals or blanks alone: if they are one, spell them alike"
        )
        yield Finding("labels alike", [target], text)


def giving_away(
    columns: Mapping[str, Column], labels: EncodedLabels, target: str
) -> Iterator[Finding]:
    """Findings on columns that may be the answer itself."""
    for name, alone in leaks(columns, as_meant(labels)):
        text = (
            f"column {name!r} alone tells the classes of {target!r} apart (AUC {alone:.4f}): is it "
            "known before the class is?"
        )
        yield Finding("leak", [name], text)


def numeric_target(
    labels: EncodedLabels, target: str, advice: Advice = IN_PYTHON
) -> Iterator[Finding]:
    """A fault where the words of a target are plainly a quantity, or too many dates."""
    words, counts = labels.classes.tolist(), np.bincount(labels.y)
    given = [k for k, word in enumerate(words) if not is_missing_word(word)]
    numbers = np.array([parse_number(words[k]) for k in given])
    told = middle = None
    if (known := ~np.isnan(numbers)).sum() > 0.9 * len(given):
        told = quantity_told(np.unique(numbers[known]), len(labels.y))
        if told is not None:
            rows = np.repeat(numbers[known], counts[given][known])
            middle = spell(Ranges.with_as_many_rows(rows, 2).edges[0]) if np.ptp(rows) else "0"
    elif sum(not np.isnat(parse_time(words[k])) for k in given) > 0.9 * len(given):
        told = dates_told(len(words), len(labels.y), words[given[0]])
    if told is not None:
        text = f"{target!r} has {told}. A classifier learns classes: {advice.ranges(middle)}"
        yield Finding("numeric target", [target], text)


def quantity(labels: EncodedLabels, target: str) -> Iterator[Finding]:
    """A finding where the labels look like a quantity, which is not for a classifier."""
    classes, n_rows = labels.classes.tolist(), len(labels.y)
    numbers = sum(not math.isnan(parse_number(label)) for label in classes)
    if len(classes) > max(20, n_rows / 20) and numbers > 0.9 * len(classes):
        text = (
            f"{target!r} has {len(classes):,} different numbers in {n_rows:,} rows, each taken "
            "for a class; is it a quantity? A classifier is for classes"
        )
        yield Finding("quantity", [target], text)


def alike(classes: NDArray[np.str_]) -> list[list[str]]:
    """Labels that differ by capitals or blanks alone.

    >>> alike(np.array(["No", "no", "yes"]))
    [['No', 'no']]
    """
    spelled = defaultdict(list)
    for name in classes.tolist():
        spelled[_folded(name)].append(name)
    return [names for names in spelled.values() if len(names) > 1]


def as_meant(labels: EncodedLabels) -> NDArray[Any]:
    """The class numbers with labels that are alike as one class, which a column may give away.

    >>> as_meant(EncodedLabels(np.array(["No", "no", "yes"]), np.array([2, 1, 0])))
    array([1, 0, 0])
    """
    spelled = [_folded(name) for name in labels.classes.tolist()]
    place = {name: i for i, name in enumerate(dict.fromkeys(spelled))}
    y: NDArray[Any] = np.array([place[name] for name in spelled])[labels.y]
    return y


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def leaks(columns: Mapping[str, Column], y: NDArray[Any]) -> Iterator[tuple[str, float]]:
    """Columns that alone tell the classes 0, 1, ... apart, each with its ``lone_auc``.

    In a long table some of the rows are looked at, in a wide one fewer.
    """
    most = max(MIN_ROWS, min(MAX_ROWS, MAX_CELLS // max(1, len(columns))))
    rows = np.linspace(0, len(y) - 1, min(len(y), most)).astype(np.intp)
    frequent = np.flatnonzero(np.bincount(y[rows]) >= MIN_OF_CLASS)
    rows = rows[np.isin(y[rows], frequent)]
    if len(rows) < MIN_ROWS or not 2 <= len(frequent) <= MAX_CLASSES:
        return
    y = np.searchsorted(frequent, y[rows])
    for name, cells in columns.items():
        if (alone := lone_auc(cells[rows], y)) > LEAK:
            yield name, alone


def lone_auc(cells: Column, y: NDArray[np.intp]) -> float:
    """How well a column alone parts the classes 0, 1, ...: the AUC of the two it parts worst.

    Numbers and times are compared as they are, the classes in the order of their medians, each
    with the next.  A word counts as the share of a class among its rows, each class with all
    others.

    >>> lone_auc(np.array([1.0, 2, 2, 3]), np.array([0, 0, 1, 1]))
    0.875
    """
    if cells.dtype.kind == "O":
        words, codes = factorize(as_words(cells))
        if len(words) * ROWS_OF_WORD > len(y):
            return 0.0
        table = np.zeros((len(words) + 1, int(y.max()) + 1))
        np.add.at(table, (codes, y), 1)  # a missing cell, -1, in the last row
        shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
        return min(rank_auc(shares[codes, k], y == k) for k in range(shares.shape[1]))
    x = cells.astype(np.float64)  # NaT becomes a number below all, which will do
    x = np.where(np.isnan(x), -np.inf, x)
    order = np.argsort([np.median(x[y == k]) for k in range(int(y.max()) + 1)])
    found = []
    for low, high in itertools.pairwise(order):
        either = (y == low) | (y == high)
        found.append(rank_auc(x[either], y[either] == high))
    return min(found)
