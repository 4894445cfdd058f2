"""Times as numbers: days since 1970, and the parts of the calendar."""

import math
from collections.abc import Callable

import numpy as np

from ..data.columns import Column

DAY = 86_400_000  # milliseconds


def days_since_1970(times: Column) -> Column:
    """Times of datetime64 as numbers of days, NaN where missing."""
    days: Column = times.astype("datetime64[ms]").astype(np.int64) / DAY
    days[np.isnat(times)] = math.nan
    return days


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
    # name: (the part of times in milliseconds, how many of it there are)
    "month": (_month, 12),
    "weekday": (_weekday, 7),
    "hour": (_hour, 24),
    "day": (_day, 31),  # as a share: there are months of 28 days, so it is no circle
}
