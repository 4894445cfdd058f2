"""Columns of times along which the classes drift, or the other columns do.

Where they drift, rows that are near in time are alike, and a row that is held out between those
learned from is easier than rows that are to come.  The rows are put in blocks of time with as many
rows in each; a column is named where rows of a block agree in their class, or in a quarter of the
other columns, more than by chance.  Two shares of a class that differ by d from block to block
make an agreement of about d²: 0.01 is no more than that of 45 and 55 %.

Where another column, or the target, is called as the outcome of a study of survival is, a number
called ``time`` is how long someone was watched, and not when; such tables are often sorted by it.
"""

import re
from collections.abc import Container, Iterable, Mapping
from typing import NamedTuple

import numpy as np

from ..data.columns import Column
from ..errors import DataError
from ..table.asked import Asked
from ..table.guess import Options, find_encoder
from ..table.summary import summarize
from ..table.words import words_of_name
from .alike import Codes, agreement, beyond_chance, traits

MIN_ROWS = 100
MAX_ROWS = 20_000  # rows looked at, spread over the table
MIN_TIMES = 10
SAMPLED = 200  # cells by which a column of dates is known
N_BLOCKS, BLOCK_ROWS = 20, 25  # blocks of time, and the fewest rows of one
CLASS_DRIFT = 0.01  # agreement in the class
COLUMN_DRIFT = 0.1  # agreement in another column
QUARTER = 0.25  # share of the other columns that drift
COPY = 0.9  # agreement of a column that is the time itself in other words
YEARS = (1900, 2100)

TIMES = {"date", "datetime", "epoch", "time", "timestamp", "year"}
OUTCOMES = set(
    re.findall(
        r"\w+",
        """alive cens censor censored censoring dead death deceased died mortality relapse survival
        survived""",
    )
)
OUTCOMES_ALONE = (["status"], ["event"])  # beside another word they may be those of a log


class Drift(NamedTuple):
    """A column of times along which rows change.

    Attributes
    ----------
    column : str
    of_class : float
        How much rows near in time agree in their class, from 0 by chance to 1.
    class_drifts : bool
        Whether that is enough to name the column.
    columns : list of str
        The other columns that drift, if they are enough.
    """

    column: str
    of_class: float
    class_drifts: bool
    columns: list[str]

    @property
    def drifts(self) -> bool:
        """Whether the classes drift along it, or enough other columns do."""
        return self.class_drifts or bool(self.columns)


def drifts(
    columns: Mapping[str, Column], y: Codes, kinds: Mapping[str, str], target: str = ""
) -> list[Drift]:
    """The columns of times, those along which the classes drift most first.

    Parameters
    ----------
    columns : mapping of name to column, as ``as_columns`` makes them
    y : array of int
        The class of each row.
    kinds : mapping of column to kind
        The kinds that a caller asked for, such as "date:%d.%m.%Y".
    target : str, default ""
        The name of the column of the classes.

    Examples
    --------
    >>> day = np.datetime64("2024-01-01") + np.arange(200)
    >>> table = {"day": day.astype("datetime64[ms]")}
    >>> [(found.column, found.drifts) for found in drifts(table, np.arange(200) // 100, {})]
    [('day', True)]
    """
    n = len(y)
    if n < MIN_ROWS:
        return []
    rows = np.linspace(0, n - 1, min(n, MAX_ROWS)).astype(np.intp)
    found = []
    called = TIMES - {"time"} if _of_survival([*columns, target]) else TIMES
    for name in columns:
        order = _order(name, columns[name], rows, kinds.get(name), called)
        if order is not None:
            found.append(_drift(columns, name, order, rows, y[rows]))
    return sorted(found, key=lambda each: (-each.of_class, -len(each.columns)))


def _drift(columns: Mapping[str, Column], name: str, order: Codes, rows: Codes, y: Codes) -> Drift:
    if order.max() + 1 < MIN_TIMES:
        return Drift(name, 0.0, class_drifts=False, columns=[])
    n_blocks = min(N_BLOCKS, len(rows) // BLOCK_ROWS)
    # Rows of one time are in one block: that of the first of them.
    first = np.searchsorted(np.sort(order), order)
    blocks = np.unique(first * n_blocks // len(rows), return_inverse=True)[1]
    chance = beyond_chance(blocks)
    of_class = agreement(blocks, y)
    drifting, n = [], 0
    for other, trait in traits(columns, rows, beside=name):
        agree = agreement(blocks, trait.values, in_order=trait.in_order)
        if agree < COPY:
            n += 1
            if agree > max(COLUMN_DRIFT, chance):
                drifting.append(other)
    return Drift(
        name,
        of_class,
        class_drifts=of_class > max(CLASS_DRIFT, chance),
        columns=drifting if len(drifting) >= QUARTER * n else [],
    )


def _order(
    name: str, cells: Column, rows: Codes, asked: str | None, called: Container[str]
) -> Codes | None:
    """The rank of the time in each of the rows; None for a column without one in each."""
    if cells.ndim == 2:
        return None
    some = cells[rows]
    if some.dtype.kind == "O":
        kind = Asked.of(asked) if asked is not None and asked.startswith("date") else None
        sample = some[:: max(1, len(some) // SAMPLED)]
        try:
            if find_encoder(summarize(name, sample), kind, Options()).kind != "date":
                return None
            encoder = find_encoder(summarize(name, some), kind, Options())
            some = encoder.read(some, None) if encoder.width else some
        except DataError:
            return None
        if some.dtype.kind != "M":
            return None
    elif some.dtype.kind != "M" and not _called_time(name, some, called):
        return None
    if (some != some).any():
        return None
    return np.unique(some, return_inverse=True)[1]


def _called_time(name: str, x: Column, called: Container[str]) -> bool:
    """Whether numbers are called as times are, and stand in their order or are years."""
    words = words_of_name(name)
    if not words or words[-1] not in called:
        return False
    steps = np.diff(x)
    if (steps >= 0).all() or (steps <= 0).all():
        return True
    return words == ["year"] and bool(((x % 1 == 0) & (x >= YEARS[0]) & (x <= YEARS[1])).all())


def _of_survival(names: Iterable[str]) -> bool:
    """Whether one of the names is that of an outcome in a study of survival."""
    words = map(words_of_name, names)
    return any(own in OUTCOMES_ALONE or not OUTCOMES.isdisjoint(own) for own in words)
