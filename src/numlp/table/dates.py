"""Columns of times: days since 1970, and the parts of the calendar that vary in them."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from ..data.columns import Column
from ..errors import DataError
from .encoders import Encoder, Slots, missing_flag, parse_all, spread, squash
from .words import DAY, days_since_1970, parse_time

_ENDS = (" sin", " cos")


def _circle(share: Column) -> list[Column]:
    return [np.sin(2 * math.pi * share), np.cos(2 * math.pi * share)]


def _month(t: Column) -> Column:
    return t.astype("datetime64[M]").astype(np.int64) % 12


def _weekday(t: Column) -> Column:
    return (t.astype("datetime64[D]").astype(np.int64) + 3) % 7  # 1970 began on a Thursday


def _day(t: Column) -> Column:
    day: Column = (t.astype("datetime64[D]") - t.astype("datetime64[M]")).astype(np.int64) + 1
    return day


def _hour(t: Column) -> Column:
    hours: Column = t.astype(np.int64) % DAY / 3_600_000
    return hours


CALENDAR: dict[str, tuple[Callable[[Column], Column], float]] = {
    # name: (of times in milliseconds, how many there are)
    "month": (_month, 12),
    "weekday": (_weekday, 7),
    "hour": (_hour, 24),
    "day": (_day, 31),  # as a share: there are months of 28 days, so it is no circle
}


@dataclass
class Date(Encoder):
    """A column of times: days since 1970, scaled, and the parts of the calendar that vary.

    Month, day of the week and hour lie on circles, as sine and cosine; the day of the month is a
    share of 31.

    Attributes
    ----------
    calendar : list of str
        Of ``CALENDAR``.
    """

    tag: ClassVar[str] = "date"
    center: float
    scale: float
    missing: bool
    calendar: list[str]

    @classmethod
    def fit(cls, name: str, times: Column, why: str) -> Self:
        """Learn where times of datetime64[ms], NaT where missing, lie, and what varies in them."""
        center, scale, n_missing = spread(days_since_1970(times))
        given = times[~np.isnat(times)]
        varying = [key for key, (part, _) in CALENDAR.items() if np.ptp(part(given))]
        return cls(name, why, center, scale, n_missing > 0, varying)

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
        if cells.dtype.kind == "O":
            return parse_all(self.name, cells, parse_time, np.datetime64("NaT", "ms"), notes)
        if cells.dtype.kind == "f" and not np.isnan(cells).all():
            raise DataError(f"column {self.name!r} had times in training, and has numbers now")
        if cells.dtype.kind == "f":
            return np.full(len(cells), np.datetime64("NaT", "ms"))
        return cells.astype("datetime64[ms]")

    def encode(self, times: Column, out: Slots) -> int:
        absent = np.isnat(times)
        columns = []
        if self.scale:
            columns.append(squash(days_since_1970(times), self.center, self.scale))
        given = np.where(absent, np.datetime64(0, "ms"), times)
        for key in self.calendar:
            of, how_many = CALENDAR[key]
            share = of(given) / how_many
            columns += [share] if key == "day" else _circle(share)
        for j, column in enumerate(columns):
            out.numbers[:, j] = np.where(absent, 0, column)
        if self.missing:
            out.flags[:, 0] = absent
        return 0

    def check(self) -> None:
        super().check()
        self._spread(self.center, self.scale)
        self._bools(self.missing)
        self._distinct(self.calendar)
        if not set(self.calendar) <= CALENDAR.keys():
            raise ValueError(f"column {self.name!r}: there is no such part of a calendar")
