"""Cells of any type as a plain column, and what is asked of single cells."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.missing import is_missing
from ..errors import DataError

Column = NDArray[Any]
EXACT = 2**53  # the whole numbers up to here are exact in float64
MISSING: dict[str, Any] = {"f": np.nan, "M": np.datetime64("NaT", "ms"), "O": None}


def spell(x: float) -> str:
    """A number as it is written among words: 3.0 is "3", so that 3 is one word in every table."""
    return str(int(x)) if x.is_integer() else str(x)


def naive_utc(time: Any) -> Any:
    """The time in UTC without a zone, as NumPy takes it; a time that has no zone stays as it is."""
    if getattr(time, "tzinfo", None) is None:
        return time
    return time.astimezone(dt.UTC).replace(tzinfo=None)


def from_objects(name: str, cells: list[Any]) -> Column:
    """Cells of any type as a plain column: numbers, times or durations if all are, else text."""
    given = np.array([not is_missing(cell) for cell in cells], dtype=bool)
    present = list(compress(cells, given))
    kinds = {type(cell) for cell in present}

    def all_are(*types: type) -> bool:
        return bool(kinds) and all(issubclass(kind, types) for kind in kinds)

    if all_are(dt.timedelta, np.timedelta64):  # first, since NumPy's is a whole number to it
        return scatter(seconds(np.array(present, dtype="timedelta64[us]")), given)
    if all_are(bool, int, float, np.bool_, np.integer, np.floating, Decimal):
        if any(issubclass(kind, Decimal) for kind in kinds):
            present = _without_decimals(present)
        whole = [int(cell) for cell in present if isinstance(cell, int | np.integer)]
        if not whole or not inexact(min(whole), max(whole)):
            return finite(name, scatter(np.array([float(cell) for cell in present]), given))
    if kinds and all(_is_period(kind) for kind in kinds):
        return scatter(_starts(name, present), given)
    if all_are(dt.date, np.datetime64):
        return scatter(np.array([*map(naive_utc, present)], dtype="datetime64[ms]"), given)
    _check_spellable(name, kinds, cells)
    if kinds == {str}:  # as in most columns of words: not cell by cell
        return scatter(np.array(present, dtype=object), given)
    words = np.empty(len(present), dtype=object)
    for i, cell in enumerate(present):
        try:
            words[i] = as_alone(name, cell)
        except DataError:
            raise
        except Exception as error:  # a cell may be of any type
            raise _no_cell(name, type(cell), cells) from error
    return scatter(words, given)


def _without_decimals(cells: list[Any]) -> list[Any]:
    """The cells, decimals as whole numbers, of any length, if all of them are; else as floats."""
    decimals = [cell for cell in cells if isinstance(cell, Decimal)]
    # One too large for a float is infinite, and not a text of as many digits as it may have.
    whole = all(
        d.is_finite() and d.adjusted() < 309 and d == d.to_integral_value() for d in decimals
    )
    kind = int if whole else float
    return [kind(cell) if isinstance(cell, Decimal) else cell for cell in cells]


def as_alone(name: str, cell: Any) -> str:
    """A cell among words, spelled as it is in a column of its own kind."""
    if isinstance(cell, dt.timedelta | np.timedelta64):
        return spell(float(seconds(np.array(cell, dtype="timedelta64[us]"))))
    if _is_period(type(cell)):
        return str(_starts(name, [cell])[0])
    return spell(float(cell)) if isinstance(cell, float | np.floating) else str(cell)


def _is_period(kind: type) -> bool:
    return kind.__name__ == "Period" and kind.__module__.partition(".")[0] == "pandas"


def _starts(name: str, periods: list[Any]) -> Column:
    """The times at which periods of pandas start."""
    try:
        times = np.array([period.start_time for period in periods], dtype="datetime64[ms]")
    except (ValueError, OverflowError) as error:
        raise DataError(
            f"column {name!r} has a period whose start is beyond the times that pandas knows: "
            f"{error}. Turn the column into text"
        ) from error
    return times


def scatter(values: Column, given: NDArray[np.bool_]) -> Column:
    """A column with the values where ``given`` is true, and missing cells elsewhere."""
    column = np.full(len(given), MISSING[values.dtype.kind], values.dtype)
    column[given] = values
    return column


def seconds(durations: Column) -> Column:
    """Durations of NumPy as numbers of seconds."""
    seconds: Column = durations.astype("timedelta64[us]") / np.timedelta64(1, "s")
    return seconds


def _check_spellable(name: str, kinds: Iterable[type], cells: list[Any]) -> None:
    for kind in kinds:
        if issubclass(kind, complex | np.complexfloating):
            raise DataError(f"Complex data not supported: column {name!r} has complex numbers")
        # An object without a text of its own would give its address: another word every time.
        if issubclass(kind, list | tuple | dict | set | np.ndarray | bytes) or (
            kind.__str__ is object.__str__ and kind.__repr__ is object.__repr__
        ):
            raise _no_cell(name, kind, cells)


def _no_cell(name: str, kind: type, cells: list[Any]) -> DataError:
    """The error for cells of a type that cannot be read."""
    row = next(i for i, cell in enumerate(cells, start=1) if type(cell) is kind)
    return DataError(
        f"column {name!r} has a cell of the type {kind.__name__} in row {row:,}: give one number, "
        "text or time, or a vector of numbers"
    )


def inexact(low: Any, high: Any) -> bool:
    """Whether float64 would round whole numbers from ``low`` to ``high``."""
    if is_missing(low) or is_missing(high):  # every cell is missing
        return False
    return not -EXACT <= int(low) <= int(high) <= EXACT


def finite(name: str, column: Column) -> Column:
    """The numbers of a column, or a DataError where one of them is infinite."""
    infinite = np.isinf(column)
    if infinite.any():
        row = int(infinite.argmax())
        raise DataError(
            f"column {name!r} has {column[row]} in row {row + 1}: Input X contains infinity. "
            "Replace it by a number, or leave the cell empty"
        )
    return column
