"""What in a table to learn from should make its owner look twice: one line for each."""

import itertools
import math
import shlex
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.wording import name_list
from ..data.columns import Column
from ..data.labels import EncodedLabels
from ..metrics.scores import rank_auc
from ..table.words import as_words, factorize, parse_number

MIN_ROWS = 50  # below, a column may part the classes by chance
MAX_ROWS = 20_000  # looked at, spread over the table
MAX_CELLS = 20_000_000  # looked at; of many columns there are fewer rows
MIN_OF_CLASS = 5  # rows that a class needs among them
MAX_CLASSES = 20  # of more, no column alone is asked for
ROWS_OF_WORD = 10  # that a word needs in the mean; else it names the rows
LEAK = 0.999  # an AUC that no honest column has


def doubts(columns: Mapping[str, Column], labels: EncodedLabels, target: str) -> Iterator[str]:
    """Labels that may be one, and columns that may be the answer itself: a line for each.

    Parameters
    ----------
    columns : mapping of name to column, as ``as_columns`` makes them
    labels : EncodedLabels
        Text.
    target : str
        The name of their column.
    """
    for names in alike(labels.classes)[:MAX_CLASSES]:
        yield f"warning: {told_alike(names, target)}"
    for name, alone in leaks(columns, as_meant(labels)):
        yield (
            f"warning: {told_leak(name, alone, target)}? If not, leave it out with "
            f"--column {shlex.quote(f'{name}=ignore')}"
        )


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
    """The codes with labels that are alike as one: what gives them away gives one class away.

    >>> as_meant(EncodedLabels(np.array(["No", "no", "yes"]), np.array([2, 1, 0])))
    array([1, 0, 0])
    """
    spelled = [_folded(name) for name in labels.classes.tolist()]
    place = {name: i for i, name in enumerate(dict.fromkeys(spelled))}
    codes: NDArray[Any] = np.array([place[name] for name in spelled])[labels.y]
    return codes


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def told_alike(names: Sequence[str], target: str) -> str:
    """What there is to say of labels that are alike."""
    return (
        f"{name_list(names)} are taken for different classes of {target!r}, but "
        "differ by capitals or blanks alone: if they are one, spell them alike"
    )


def leaks(columns: Mapping[str, Column], codes: NDArray[Any]) -> Iterator[tuple[str, float]]:
    """Columns that alone tell the classes 0, 1, ... apart, each with its ``lone_auc``.

    Of a long table some rows are looked at, of a wide one fewer.
    """
    most = max(MIN_ROWS, min(MAX_ROWS, MAX_CELLS // max(1, len(columns))))
    rows = np.linspace(0, len(codes) - 1, min(len(codes), most)).astype(np.intp)
    frequent = np.flatnonzero(np.bincount(codes[rows]) >= MIN_OF_CLASS)
    rows = rows[np.isin(codes[rows], frequent)]
    if len(rows) < MIN_ROWS or not 2 <= len(frequent) <= MAX_CLASSES:
        return
    y = np.searchsorted(frequent, codes[rows])
    for name, cells in columns.items():
        if (alone := lone_auc(cells[rows], y)) > LEAK:
            yield name, alone


def told_leak(name: str, alone: float, target: str) -> str:
    """What there is to say of a column that leaks, up to the question that it raises."""
    return (
        f"column {name!r} alone tells the classes of {target!r} apart (AUC {alone:.4f}): is it "
        "known before the class is"
    )


def told_quantity(labels: EncodedLabels, target: str) -> str:
    """What there is to say where the labels look like a quantity, which no classifier is for."""
    classes, n_rows = labels.classes.tolist(), len(labels.y)
    numbers = sum(not math.isnan(parse_number(label)) for label in classes)
    if len(classes) <= max(20, n_rows / 20) or numbers <= 0.9 * len(classes):
        return ""
    return (
        f"{target!r} has {len(classes):,} different numbers in {n_rows:,} rows, each taken "
        "for a class; is it a quantity? A classifier is for classes"
    )


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
