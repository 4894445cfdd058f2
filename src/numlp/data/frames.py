"""Tables of other libraries as one kind of frame, that of narwhals."""

from importlib.util import find_spec
from typing import Any, Literal

from ..errors import DataError

# How other libraries' tables are asked for one in memory; an error names the first that X has.
WAYS_OUT = ("read_all", "to_table", "to_arrow", "to_pandas", "to_dataframe")


def open_frame(X: Any) -> Any:
    """The table as a DataFrame of narwhals, collected if it was lazy.

    Raises
    ------
    TypeError
        X is not a table that narwhals knows, nor one that Arrow's interface gives.
    DataError
        X is such a table, but cannot be read: two columns have one name, for instance.
    """
    import narwhals as nw  # here, so that `import numlp` and arrays do without it
    from narwhals.exceptions import NarwhalsError

    try:
        frame: Any = _opened(X)
        return frame.collect() if isinstance(frame, nw.LazyFrame) else frame
    except NarwhalsError as error:
        raise _unread(error) from error
    except ModuleNotFoundError as error:  # a relation of DuckDB is read by PyArrow
        raise DataError(
            f"the table, a {type(X).__name__}, cannot be read without {error.name}: install it, or "
            "give a DataFrame of pandas or polars"
        ) from error
    except Exception as error:
        if type(error).__module__ not in ("duckdb", "_duckdb"):
            raise
        raise _unread(error) from error  # a query fails when its rows are asked for


def _unread(error: Exception) -> DataError:
    return DataError(f"the table cannot be read: {' '.join(str(error).split())}")


def _opened(X: Any) -> Any:
    import narwhals as nw

    if type(X).__name__ == "DuckDBPyConnection":  # whose rows can be asked for once
        raise DataError(
            "the table is a DuckDBPyConnection, whose rows can be read once: give con.sql(query), "
            "which can be asked again"
        )
    if type(X).__name__ == "DuckDBPyRelation":  # which not every narwhals can collect
        return nw.from_native(X.to_arrow_table())
    try:
        return nw.from_native(X)
    except TypeError:
        # A reader of batches can be read once: to predict from it again would find no row.
        if not hasattr(X, "__arrow_c_stream__") or hasattr(X, "read_all"):
            raise
        readers: tuple[Literal["pyarrow", "polars"], ...] = ("pyarrow", "polars")
        there = [name for name in readers if find_spec(name)]
        if not there:
            raise
        return nw.from_arrow(X, backend=there[0])


def way_out(X: Any) -> str:
    """The name of the method by which X gives a table in memory; "" if it has none of them."""
    return next((way for way in WAYS_OUT if callable(getattr(X, way, None))), "")


def open_table(X: Any) -> Any:
    """The same frame; what is not a table is a DataError too.

    Raises
    ------
    DataError
        X is not a table, or cannot be read.
    """
    try:
        return open_frame(X)
    except TypeError as error:
        way = way_out(X)
        advice = f"; its {way}() may give one" if way else ""
        raise DataError(
            f"{type(X).__name__} is not a table: give a DataFrame, a 2-dimensional array, or a "
            f"dict of columns{advice}"
        ) from error
