"""Any table in, plain columns out: the one place that knows pandas, polars, pyarrow and arrays.

A column is one of

    numbers     float64, NaN where missing; whole numbers beyond 2⁵³ stay text, to stay exact
    times       datetime64[ms], NaT where missing
    text        object, each cell a str or None where missing
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import DataError

Column = NDArray[Any]

EXACT = 2**53  # the whole numbers up to here are exact in float64


@dataclass(frozen=True)
class Columns:
    """The columns of a table by name, in order.

    Attributes
    ----------
    columns : dict of str to array of shape (n_rows,)
    n_rows : int
    named : bool
        Whether the names are the table's own; columns of an array are found by position.
    """

    columns: dict[str, Column]
    n_rows: int
    named: bool

    def __getitem__(self, name: str) -> Column:
        return self.columns[name]

    @property
    def names(self) -> list[str]:
        """Names of the columns, in order."""
        return list(self.columns)


def as_columns(X: Any) -> Columns:
    """Take a table apart into plain columns; the table itself is left as it is.

    Parameters
    ----------
    X : mapping of name to column, array of shape (n, n_columns), scipy sparse matrix, or any
        DataFrame that narwhals knows (pandas, polars, pyarrow, modin, duckdb, ...)

    Raises
    ------
    DataError
        It is no table of two dimensions, a name stands twice, columns differ in length, a column
        holds something other than numbers, times and text, or a number is infinite.

    Examples
    --------
    >>> table = as_columns({"age": [31, None], "city": ["Bern", "Rome"]})
    >>> table["age"], table["city"]
    (array([31., nan]), array(['Bern', 'Rome'], dtype=object))
    """
    if isinstance(X, Columns):
        return X
    if isinstance(X, Mapping):
        named = [(str(name), np.ma.asarray(cells).ravel()) for name, cells in X.items()]
        return _collect([(name, _from_array(name, cells)) for name, cells in named], named=True)
    if hasattr(X, "toarray"):
        X = X.toarray()
    if isinstance(X, np.ndarray | Sequence) or (
        hasattr(X, "__array__") and not hasattr(X, "columns") and not hasattr(X, "column_names")
    ):
        return _from_matrix(np.ma.asarray(X) if np.ma.isMaskedArray(X) else np.asarray(X))
    return _from_frame(X)


def _collect(columns: Iterable[tuple[str, Column]], *, named: bool) -> Columns:
    result: dict[str, Column] = {}
    for name, column in columns:
        if name in result:
            raise DataError(f"two columns are called {name!r}: give each a name of its own")
        result[name] = column
    lengths = {len(column) for column in result.values()}
    if len(lengths) > 1:
        by_name = ", ".join(f"{name!r} {len(column)}" for name, column in result.items())
        raise DataError(f"the columns differ in length: {by_name}")
    return Columns(result, lengths.pop() if lengths else 0, named)


def _from_matrix(X: NDArray[Any]) -> Columns:
    if X.ndim != 2:
        raise DataError(
            f"Expected 2D array, got {X.ndim}D array instead, of shape {X.shape}. Reshape your "
            "data: one row for each sample, X.reshape(-1, 1) for a single feature or "
            "X.reshape(1, -1) for a single sample"
        )
    columns = [(f"x{j}", _from_array(f"x{j}", X[:, j])) for j in range(X.shape[1])]
    return Columns(dict(columns), len(X), named=False)


def _from_array(name: str, cells: NDArray[Any]) -> Column:
    mask = np.ma.getmaskarray(cells) if np.ma.isMaskedArray(cells) else None
    cells = np.ma.getdata(cells)
    kind = cells.dtype.kind
    if kind == "c":
        raise DataError(f"Complex data not supported: column {name!r} has {cells.dtype}")
    if kind in "iu" and cells.size and _beyond_exact(cells.min(), cells.max()):
        cells, kind = cells.astype(object), "O"
    if kind in "biuf":
        column = cells.astype(np.float64)
        _refuse_infinite(name, column)
    elif kind == "M":
        column = cells.astype("datetime64[ms]")
    elif kind == "m":
        column = cells.astype("timedelta64[ms]").astype(np.float64)
        column[np.isnat(cells)] = np.nan
    elif kind in "OUST":
        column = _from_objects(name, cells.tolist())
    else:
        raise DataError(f"column {name!r} has {cells.dtype}: give numbers, text or times")
    if mask is not None and mask.any():
        column = column.copy()
        column[mask] = None if column.dtype == object else "NaT" if kind == "M" else np.nan
    return column


def _from_frame(X: Any) -> Columns:
    import narwhals as nw  # here, so that `import numlp` and arrays do without it
    from narwhals.exceptions import NarwhalsError

    try:
        frame: Any = nw.from_native(X)
        frame = frame.collect() if isinstance(frame, nw.LazyFrame) else frame
        schema = dict(frame.schema)
    except NarwhalsError as error:
        raise DataError(f"the table cannot be read: {' '.join(str(error).split())}") from error
    except TypeError as error:
        raise DataError(
            f"a {type(X).__name__} is no table: give a DataFrame, a 2-dimensional array, or a "
            "dict of columns"
        ) from error
    columns = []
    for name, dtype in schema.items():
        series = frame[name]
        if dtype.is_integer() and _beyond_exact(series.min(), series.max()):
            column = _from_objects(str(name), series.to_list())
        elif dtype.is_numeric() or dtype == nw.Boolean:
            column = series.cast(nw.Float64).to_numpy().astype(np.float64)
            _refuse_infinite(str(name), column)
        elif dtype in (nw.Datetime, nw.Date):
            stamps = series.dt.timestamp("ms").cast(nw.Float64).to_numpy()
            column = np.full(len(stamps), "NaT", "datetime64[ms]")
            given = ~np.isnan(stamps)
            column[given] = stamps[given].astype(np.int64).astype("datetime64[ms]")
        elif dtype == nw.Duration:
            column = series.dt.total_seconds().cast(nw.Float64).to_numpy().astype(np.float64)
        elif dtype.is_nested() or dtype == nw.Binary:
            raise DataError(
                f"column {name!r} has {dtype}: give one number, text or time in each cell"
            )
        else:
            column = _from_objects(str(name), series.to_list())
        columns.append((str(name), column))
    if not columns:
        return Columns({}, len(frame), named=True)
    return _collect(columns, named=True)


def _from_objects(name: str, cells: list[Any]) -> Column:
    """Cells of any kind: numbers if all are, times if all are, else text."""
    kinds = {type(cell) for cell in cells if not _is_missing(cell)}
    if kinds and all(issubclass(k, bool | int | float | np.number | np.bool_) for k in kinds):
        whole = [int(c) for c in cells if not _is_missing(c) and isinstance(c, int | np.integer)]
        if not whole or not _beyond_exact(min(whole), max(whole)):
            column = np.array([math.nan if _is_missing(c) else float(c) for c in cells])
            _refuse_infinite(name, column)
            return column
    if kinds and all(hasattr(k, "isoformat") and hasattr(k, "year") for k in kinds):
        days = [np.datetime64("NaT") if _is_missing(c) else c for c in cells]
        return np.array(days, dtype="datetime64[ms]")
    for kind in kinds:
        if issubclass(kind, complex | np.complexfloating):
            raise DataError(f"Complex data not supported: column {name!r} has complex numbers")
        if issubclass(kind, list | tuple | dict | set | np.ndarray | bytes):
            raise DataError(
                f"column {name!r} has a {kind.__name__} in a cell: give one number, text or time"
            )
    column = np.empty(len(cells), dtype=object)
    column[:] = [None if _is_missing(cell) else str(cell) for cell in cells]
    return column


def _is_missing(cell: Any) -> bool:
    """None, NaN of any float type, NaT, pandas' NA: what does not equal itself, or cannot say."""
    if cell is None:
        return True
    try:
        return not bool(cell == cell)  # NaN is what differs from itself
    except (TypeError, ValueError):  # pandas' NA is neither true nor false; an array is no cell
        return type(cell).__name__ == "NAType"


def _beyond_exact(low: Any, high: Any) -> bool:
    return low is not None and high is not None and not -EXACT <= int(low) <= int(high) <= EXACT


def _refuse_infinite(name: str, column: Column) -> None:
    infinite = np.isinf(column)
    if infinite.any():
        row = int(infinite.argmax())
        raise DataError(
            f"column {name!r} has {column[row]} in row {row + 1}: Input X contains infinity. "
            "Replace it by a number, or leave the cell empty"
        )
