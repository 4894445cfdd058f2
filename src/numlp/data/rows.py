"""Rows whose cells have names, as a web request has them -> a dict of columns."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from numbers import Number
from typing import Any

import numpy as np

from ..errors import DataError


def by_column(X: Any) -> Any:
    """Rows by name as a dict of columns; anything else as it is.

    A row by name is a mapping, a named tuple, a dataclass, or a record of a structured array.

    Raises
    ------
    DataError
        Some rows are by name and others are not, or a row is an object of another type.
    """
    if isinstance(X, np.ndarray) and X.dtype.names and X.ndim == 1:
        return {name: X[name] for name in X.dtype.names}
    if not isinstance(X, Sequence | np.ndarray) or isinstance(X, str) or not len(X):
        return X
    if isinstance(X, np.ndarray) and (X.dtype != object or X.ndim != 1):
        return X
    keys = [*map(_keys_of, X)]
    if all(own is None for own in keys):
        if _is_plain(X[0]):
            return X
        raise DataError(
            f"row 1 is of the type {type(X[0]).__name__}: give a DataFrame, a 2-dimensional array, "
            "a dict of columns, or a list of dicts, one for each row"
        )
    names: dict[str, None] = {}
    rows = []
    for i, (row, own) in enumerate(zip(X, keys, strict=True), start=1):
        if own is None:
            raise DataError(
                f"row {i:,} is of the type {type(row).__name__}, and other rows have names for "
                "their cells: give each row as a dict with the names of the columns"
            )
        by_name = {str(key): cell for key, cell in own.items()}
        if len(by_name) < len(own):
            raise DataError(f"row {i:,} has two cells of one name: {[*own]}")
        names |= dict.fromkeys(by_name)
        rows.append(by_name)
    n = len(rows)
    return {name: np.fromiter((row.get(name) for row in rows), object, n) for name in names}


def _keys_of(row: Any) -> Mapping[Any, Any] | None:
    """The cells of a row by name; None where its cells have no names."""
    if isinstance(row, Mapping):
        return row
    if isinstance(row, tuple) and hasattr(row, "_fields"):
        return dict(zip(row._fields, row, strict=True))
    if is_dataclass(row) and not isinstance(row, type):
        return {field.name: getattr(row, field.name) for field in fields(row)}
    return None


def _is_plain(row: Any) -> bool:
    """Whether a row may be one of an array, or a cell of a single column."""
    return (
        row is None
        or isinstance(row, Sequence | bytes | Number | dt.date | dt.time | dt.timedelta)
        or type(row).__module__.partition(".")[0] in ("numpy", "pandas", "polars", "pyarrow")
        or hasattr(row, "__array__")
    )
