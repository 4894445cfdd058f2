"""Columns by which rows may have to be held out, so that the estimate holds for rows to come.

What they are worth only a fit can tell; here is what makes one worth while.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from ..common.wording import name_list
from ..data.columns import Column
from . import drift
from .alike import Codes
from .findings import IN_PYTHON, Advice, Finding
from .repeats import repeats

MOST_NAMED = 3  # columns that drift
MAX_CELLS = 1_000_000  # looked at for groups: of a larger table fewer rows
N_STRETCHES = 10  # of rows that follow each other, since those of one customer often do


class Candidate(NamedTuple):
    """A column by which rows may have to be held out.

    Attributes
    ----------
    role : "groups" or "time"
        The argument of ``fit`` that would have its name.
    column : str
    why : str
        What was found, as the beginning of a sentence.
    """

    role: str
    column: str
    why: str

    def finding(self, advice: Advice = IN_PYTHON) -> Finding:
        """What to say of it as long as nobody has measured it."""
        rows = {"groups": "of other values", "time": "that come later"}[self.role]
        text = (
            f"{self.why}, so the estimate may promise too much for rows {rows}: "
            f"{advice.role(self.role, self.column)} holds such rows out"
        )
        return Finding(self.role, [self.column], text)


def candidates(
    columns: Mapping[str, Column], y: Codes, kinds: Mapping[str, str], target: str
) -> Iterator[Candidate]:
    """The likeliest column of groups and the likeliest of times, where there is one.

    Parameters
    ----------
    columns : mapping of name to column, as ``as_columns`` makes them
    y : array of int
        The class of each row.
    kinds : mapping of column to kind
        The kinds that a caller asked for; columns to ignore may be groups all the same.
    target : str
        The name of the column of the classes.
    """
    together = _stretches(len(y), MAX_CELLS // max(1, len(columns)))
    spread = np.linspace(0, len(y) - 1, min(len(y), drift.MAX_ROWS)).astype(np.intp)
    looked_at: dict[str, Column] = {}
    for_drift: dict[str, Column] = {}
    for name in columns:  # once, as a column of a file is made plain each time
        cells = columns[name]
        cells = cells[:, :1] if cells.ndim == 2 else cells
        looked_at[name], for_drift[name] = cells[together], cells[spread]
    times = drift.drifts(for_drift, y[spread], kinds, target)
    for found in repeats(looked_at, y[together], {each.column for each in times})[:1]:
        why = f"rows of one value of column {found.column!r} are alike in {target!r}"
        yield Candidate("groups", found.column, why + " and other columns" * (found.alike > 0))
    for each in [each for each in times if each.drifts][:1]:
        others = name_list(each.columns, most=MOST_NAMED)
        why = f"the classes of {target!r} drift along column {each.column!r}"
        if not each.class_drifts:
            why = f"{others} {'drifts' if len(each.columns) == 1 else 'drift'} along column "
            why += repr(each.column)
        elif each.columns:
            why += f", as {others} {'does' if len(each.columns) == 1 else 'do'}"
        yield Candidate("time", each.column, why)


def _stretches(n: int, most: int) -> Codes:
    """All n rows, or where they are more than ``most``, some stretches of them."""
    if n <= most:
        return np.arange(n)
    length = max(1, most // N_STRETCHES)
    starts = np.linspace(0, n - length, N_STRETCHES).astype(np.intp)
    rows: Codes = np.unique(starts[:, None] + np.arange(length))
    return rows
