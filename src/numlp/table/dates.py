"""Columns of times: days since 1970, and the parts of the calendar that vary in them."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from ..common.wording import count, name_list
from ..data.columns import Column
from ..errors import DataError
from .date_forms import NOT_A_TIME, check_form, form_of
from .encoders import Encoder, Odd, Slots, missing_flag, scaling, squash
from .strays import note_strays, parse_all
from .times import CALENDAR, days_since_1970
from .words import parse_time

if TYPE_CHECKING:  # what fits alone needs
    from .reasons import Why
    from .summary import TimeSummary

_ENDS = (" sin", " cos")


def _circle(share: Column) -> list[Column]:
    return [np.sin(2 * math.pi * share), np.cos(2 * math.pi * share)]


@dataclass
class Date(Encoder):
    """A column of times: days since 1970, scaled, and the parts of the calendar that vary.

    Month, day of the week and hour lie on circles, as sine and cosine; the day of the month is a
    share of 31.

    Attributes
    ----------
    center, scale : float
        Median and distance of the quartiles, in days; a scale of 0 where all times are equal.
    missing : bool
        Whether a cell was missing in training, so that missing has a flag.
    calendar : list of str
        The parts of ``CALENDAR`` that vary.
    strays : float, optional
        The share of the cells given in training that held a word without a value; None where there
        was none, or where an older version wrote the file.
    form : str, optional
        How the words or numbers of the column spell dates beside ISO 8601: see ``date_forms``; None
        where none do.
    """

    tag: ClassVar[str] = "date"
    center: float
    scale: float
    missing: bool
    calendar: list[str]
    strays: float | None = None
    form: str | None = None

    @classmethod
    def fit(cls, column: "TimeSummary", why: "Why") -> Self:
        """Learn where the times of a column lie and what varies in them; at least one is given."""
        center, scale = scaling(column.five())
        varying = [key for key, (low, high) in column.calendar.items() if low != high]
        if n_missing := column.n_missing:
            why = why.also(f"{count(n_missing, 'cell')} missing in all")
        why = why.also(", ".join(["days since 1970", *varying]))
        return cls(column.name, why, center, scale, n_missing > 0, varying)

    @property
    def asked_as(self) -> str:
        return self.kind if self.form is None else f"{self.kind}:{self.form}"

    @property
    def numbers(self) -> list[str]:
        names = [self.name] if self.scale else []
        for key in self.calendar:
            names += [f"{self.name} {key}{end}" for end in ([""] if key == "day" else _ENDS)]
        return names

    @property
    def flags(self) -> list[str]:
        return missing_flag(self)

    def read(self, cells: Column, notes: list[str] | None) -> Column:
        if self.form is not None and cells.dtype.kind in "Of":
            return read_in_form(self.name, self.form, cells, notes, self.strays)
        if cells.dtype.kind == "O":
            hole = np.datetime64("NaT", "ms")
            return parse_all(
                self.name, cells, parse_time, hole, notes, self.strays, "time", why_no_times
            )
        if cells.dtype.kind == "f" and not np.isnan(cells).all():
            raise DataError(f"column {self.name!r} had times in training, and has numbers now")
        if cells.dtype.kind == "f":
            return np.full(len(cells), np.datetime64("NaT", "ms"))
        return cells.astype("datetime64[ms]")

    @property
    def had_holes(self) -> bool:
        return self.missing

    @property
    def file_format(self) -> int:
        return 1 if self.form is None else 2

    def encode(self, times: Column, out: Slots) -> Odd:
        absent = np.isnat(times)
        columns = []
        if self.scale:
            columns.append(squash(days_since_1970(times), self.center, self.scale))
        given = np.where(absent, np.datetime64(0, "ms"), times)
        for key in self.calendar:
            part, how_many = CALENDAR[key]
            share = part(given) / how_many
            columns += [share] if key == "day" else _circle(share)
        for j, column in enumerate(columns):
            out.numbers[:, j] = np.where(absent, 0, column)
        if self.missing:
            out.flags[:, 0] = absent
        return Odd(0, int(np.count_nonzero(absent)))

    def check(self) -> None:
        super().check()
        self.check_scaling(self.center, self.scale)
        self.check_bools(self.missing)
        self.check_strays(self.strays)
        if self.form is not None:
            self.check_texts(self.form)
            check_form(self.form)
        self.check_distinct(self.calendar)
        if not set(self.calendar) <= CALENDAR.keys():
            raise ValueError(
                f"column {self.name!r}: the calendar has an unknown part; known are "
                f"{name_list([*CALENDAR])}"
            )


def why_no_times(words: Sequence[str]) -> str:
    """Why words spell no times, if they look like nanoseconds; "" otherwise.

    NumPy's times of nanoseconds, put into an array of objects, become whole numbers, where those of
    microseconds become times; tools that take a table of polars or pyarrow apart make such arrays.
    """
    if all(re.fullmatch(r"-?\d{18,19}", word) for word in words):
        return "nanoseconds since 1970: give times of microseconds, or a table that has times"
    return ""


def read_in_form(
    name: str, form: str, cells: Column, notes: list[str] | None, strays: float | None
) -> Column:
    """The times that words or numbers spell in a form; others are missing, and noted."""
    known = form_of(form)
    what = f"time written as {form}"
    if cells.dtype.kind == "O":
        return parse_all(name, cells, known.parse, NOT_A_TIME, notes, strays, what)
    given = ~np.isnan(cells)
    if given.any() and not known.takes_numbers:
        raise DataError(f"column {name!r} had times in training, and has numbers now")
    times = known.times(cells)
    n_stray, n_given = int(np.count_nonzero(np.isnat(times) & given)), int(np.count_nonzero(given))
    note_strays(notes, name, what, n_stray, n_given, strays)
    return times
