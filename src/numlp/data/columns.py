"""Any table in, plain columns out: the one place that knows pandas, polars, pyarrow and arrays.

A plain column is one of

    numbers     float64, NaN where missing; whole numbers beyond 2⁵³ stay text, to stay exact
    times       datetime64[ms] in UTC, NaT where missing
    text        object, each cell a str or None where missing
    vectors     float32, (n_rows, width), a row of NaN where missing; see ``vectors``

A duration is a number of seconds, a boolean 0 or 1, a period the time at which it starts.  A time
of day and an interval are text.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.masks import is_masked_array, with_mask
from ..common.wording import nearest
from ..errors import DataError
from .frames import open_table
from .levels import levels_of
from .objects import EXACT, MISSING, finite, from_objects, inexact, scatter, seconds
from .rows import by_column
from .vectors import are_vectors, from_cells

Column = NDArray[Any]

DASK = (
    "X is a collection of Dask, whose rows are not gathered in silence: TabularClassifier learns "
    "from a Dask DataFrame by fit(X, y), numlp.scale.predict(model, X) and predict_proba predict "
    "one, and X.compute() gives a table in memory to all else"
)


@dataclass(frozen=True)
class Columns:
    """The columns of a table by name, in order.

    Attributes
    ----------
    columns : dict of str to array of shape (n_rows,), or (n_rows, width), or LazyColumns
    n_rows : int
    named : bool
        Whether the names are the table's own; columns of an array are found by position.
    unread : tuple of str
        Names of the columns that were left alone.
    given_away : bool
        Whether the owner allows a reader to empty the table; see ``give_away``.
    categories : frozenset of str
        Names of the columns whose type says that they hold categories.
    levels : mapping of str to tuple of str
        Of those among them whose type says that they have an order, all categories, the lowest
        first.
    decimal : str
        The decimal sign that a text file suggests for words in doubt; "" where nothing does.
    """

    columns: "dict[str, Column] | LazyColumns"
    n_rows: int
    named: bool
    unread: tuple[str, ...] = ()
    given_away: bool = False
    categories: frozenset[str] = frozenset()
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    decimal: str = ""

    def __getitem__(self, name: str) -> Column:
        return self.columns[name]

    @property
    def names(self) -> list[str]:
        """Names of the columns, in order."""
        return list(self.columns)

    def rows(self, rows: NDArray[Any]) -> "Columns":
        """The table of these rows, given by number or by a mask."""
        taken: dict[str, Column] | LazyColumns
        if isinstance(self.columns, LazyColumns):
            taken = self.columns.of_rows(rows)
        else:
            taken = {name: cells[rows] for name, cells in self.columns.items()}
        n_rows = int(rows.sum()) if rows.dtype == bool else len(rows)
        return replace(self, columns=taken, n_rows=n_rows, unread=(), given_away=False)

    def give_away(self) -> "Columns":
        """The same table, which its next reader may empty once it has what it needs.

        For an owner that does not need the table any more: cells that nobody needs are then not
        held in memory beside what was made of them.

        >>> table = as_columns({"age": [31, None]})
        >>> table.let_go(), table.names
        (None, ['age'])
        >>> table.give_away().let_go(), table.names
        (None, [])
        """
        return replace(self, given_away=True)

    def let_go(self) -> None:
        """Empty the table if its owner gave it away; else do nothing."""
        if self.given_away:
            self.columns.clear()


class LazyColumns(Mapping[str, Column]):
    """The columns of a table, each made plain when it is asked for, and not kept afterwards.

    Parameters
    ----------
    cells : mapping of str to array
        Such as ``as_columns`` takes.
    names : sequence of str, optional
        The columns that are there; all by default.
    rows : array, optional
        The rows that are there, by number or as a mask; all by default.

    Examples
    --------
    >>> columns = LazyColumns({"age": [31, None], "city": ["Bern", "Rome"]})
    >>> "age" in columns, columns.of_rows(np.array([1]))["city"]
    (True, array(['Rome'], dtype=object))
    """

    def __init__(
        self,
        cells: Mapping[str, Any],
        names: Sequence[str] | None = None,
        rows: NDArray[Any] | None = None,
    ) -> None:
        self._cells, self._rows = cells, rows
        self._names = dict.fromkeys(cells if names is None else names)

    def of_rows(self, rows: NDArray[Any]) -> "LazyColumns":
        """The same columns with these rows alone."""
        if self._rows is not None:
            there = self._rows
            rows = (np.flatnonzero(there) if there.dtype == bool else there)[rows]
        return LazyColumns(self._cells, list(self._names), rows)

    def clear(self) -> None:
        """Drop all columns, so that no cell is held any more."""
        self._cells, self._names = {}, {}

    def __len__(self) -> int:
        return len(self._names)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names  # without asking for it

    def __getitem__(self, name: str) -> Column:
        column = _from_cells(name, self._cells[name], copy=False)
        return column if self._rows is None else column[self._rows]


def is_dask(X: Any) -> bool:
    """Whether X is a collection of Dask, whose cells may lie on other machines.

    Of other libraries, such as xarray, it is one where it has a graph of tasks.
    """
    graph = getattr(X, "__dask_graph__", None)
    if graph is None or isinstance(X, type):
        return False
    return type(X).__module__.partition(".")[0] == "dask" or graph() is not None


def refuse_dask(name: str, cells: Any) -> None:
    """Raise a DataError for the cells of a column that are a collection of Dask."""
    if is_dask(cells):
        raise DataError(
            f"column {name!r} is a collection of Dask, which is not gathered in silence: give what "
            "its compute() gives, or the whole table as a Dask DataFrame"
        )


def as_columns(X: Any, only: Container[str] | None = None) -> Columns:
    """Take a table apart into plain columns; the table itself is left as it is.

    Parameters
    ----------
    X : mapping of name to column, array of shape (n, n_columns), scipy sparse matrix, any DataFrame
        that narwhals knows (pandas, polars, pyarrow, modin, duckdb, ...), or a list of rows by name
        Such a row is a dict, named tuple or dataclass.  A name that a row lacks is a missing cell.
    only : container of str, optional
        Read these columns alone, where the table has names; the others may hold anything.

    Raises
    ------
    DataError
        X is not a table of two dimensions, a name stands twice, columns differ in length, a column
        holds something other than numbers, times, text and vectors, a number is infinite, or the
        vectors of a column differ in length.

    Examples
    --------
    >>> table = as_columns({"age": [31, None], "city": ["Bern", "Rome"]})
    >>> table["age"], table["city"]
    (array([31., nan]), array(['Bern', 'Rome'], dtype=object))
    >>> as_columns([{"age": 31, "city": "Bern"}, {"city": "Rome"}])["age"]
    array([31., nan])
    """
    if isinstance(X, Columns):
        return X
    if is_dask(X):
        raise DataError(DASK)
    X = by_column(X)
    if hasattr(X, "toarray"):  # scipy's, one form of which is a mapping too
        X = X.toarray()
    if isinstance(X, Mapping):
        return _collect(X.items(), _from_cells, only)
    if _is_array(X):
        return _from_matrix(as_array(X, "X"))
    return _from_frame(open_table(X), only)


def part_target(X: Any, target: Any) -> tuple[Columns, str, Any]:
    """Take a table apart into its columns but one, and the cells of that one as the table has them.

    Parameters
    ----------
    X : as for ``as_columns``
    target : str, or anything else that names a column
        In an array also the position of the column, from 0.

    Returns
    -------
    table : Columns
        All other columns; those of an array keep the names of their positions.
    name : str
        The name of the column.
    cells : array or Series of shape (n_rows,)

    Raises
    ------
    DataError
        There is no such column, or ``as_columns`` cannot take the others apart.

    Examples
    --------
    >>> table, name, cells = part_target({"age": [31, 40], "city": ["Bern", "Rome"]}, "city")
    >>> table.names, name, cells
    (['age'], 'city', ['Bern', 'Rome'])
    """
    cells: dict[str, Any]
    X = by_column(X)
    if hasattr(X, "toarray"):
        X = X.toarray()
    if isinstance(X, Columns) or (not isinstance(X, Mapping) and _is_array(X)):
        whole = as_columns(X)
        by_position = isinstance(target, Integral) and not whole.named
        name = f"x{target}" if by_position else str(target)
        check_there(name, whole.names)
        others = {n: column for n, column in whole.columns.items() if n != name}
        rest = replace(
            whole,
            columns=others,
            unread=(),
            given_away=False,
            categories=whole.categories - {name},
            levels={n: levels for n, levels in whole.levels.items() if n != name},
        )
        return rest, name, whole[name]
    if isinstance(X, Mapping):
        cells = {str(name): column for name, column in X.items()}
    else:
        X = open_table(X)
        cells = dict(zip(map(str, X.columns), X.iter_columns(), strict=True))
    name = str(target)
    check_there(name, cells)
    table = as_columns(X, [n for n in cells if n != name])
    series = cells[name]
    return table, name, series.to_native() if hasattr(series, "to_native") else series


def check_there(name: str, names: Iterable[str]) -> None:
    """Raise a DataError unless a table with these columns has one of this name."""
    names = list(names)
    if name not in names:
        raise DataError(f"the table has no column {name!r}: {nearest(name, names)}")


def as_array(cells: Any, what: str) -> NDArray[Any]:
    """Cells as an array of NumPy; a masked array, or a list of masked rows, stays masked.

    Cells of several types keep their types: NumPy alone makes text of [1, "a"], even of the NaN in
    [NaN, "a"].
    """
    cells = with_mask(cells)
    if is_masked_array(cells):
        masked: NDArray[Any] = cells
        return masked
    arrow: Any = getattr(cells, "type", None)
    if hasattr(arrow, "index_type") and hasattr(arrow, "value_type"):
        cells = cells.cast(arrow.value_type)  # pyarrow's own array has a word in place of a null
    try:
        array = np.asarray(_as_objects(cells))
        kind = array.dtype.kind if isinstance(cells, Sequence) else ""
        # NumPy alone would round whole numbers that fit into none of its types.
        if kind in ("U", "S") or (kind == "f" and all(type(cell) is int for cell in cells)):
            array = np.array(cells, dtype=object)
        elif array.dtype.kind == "f":
            array = _exact(array, cells)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"{what} is not an array: its rows differ in length, or a cell holds a list"
        ) from error
    return array


def _exact(floats: NDArray[Any], cells: Any) -> NDArray[Any]:
    """The same floats; or the column's own cells, if floats are too coarse for whole ones of them.

    Of whole numbers beside a null, the columns of polars and PyArrow make floats for NumPy.
    """
    listed = getattr(cells, "to_list", None) or getattr(cells, "to_pylist", None)
    given = str(getattr(cells, "dtype", None) or getattr(cells, "type", "")).lower()
    if listed is None or floats.dtype != np.float64 or "float" in given or given == "double":
        return floats
    beyond = (np.abs(floats) >= EXACT).any()  # 2⁵³ itself may be what a larger one is rounded to
    return np.array(listed(), dtype=object) if beyond else floats


def _as_objects(cells: Any) -> Any:
    """A column of polars of which it makes no array, or one that loses a NUL, as Python's objects.

    Any other cells are given back as they are.
    """
    native = cells.to_native() if hasattr(cells, "to_native") else cells
    if type(native).__module__.partition(".")[0] != "polars" or not hasattr(native, "to_list"):
        return cells
    if str(native.dtype) not in ("String", "Int128", "UInt128"):
        return cells
    return np.array(native.to_list(), dtype=object)


def _collect(
    named: Iterable[tuple[Any, Any]],
    read: Callable[[str, Any], Column],
    only: Container[str] | None,
) -> Columns:
    columns: dict[str, Column] = {}
    unread: dict[str, None] = {}
    categories = set()
    levels: dict[str, tuple[str, ...]] = {}
    for name, cells in ((str(name), cells) for name, cells in named):
        if name in columns or name in unread:
            raise DataError(f"two columns are called {name!r}: give each a name of its own")
        if only is None or name in only:
            columns[name] = read(name, cells)
            if _says_category(cells):
                categories.add(name)
                if found := levels_of(name, cells):
                    levels[name] = found
        else:
            unread[name] = None
    lengths = {len(column) for column in columns.values()}
    if len(lengths) > 1:
        by_name = ", ".join(f"{name!r} {len(column)}" for name, column in columns.items())
        raise DataError(f"the columns differ in length: {by_name}")
    n_rows = lengths.pop() if lengths else 0
    return Columns(
        columns, n_rows, True, tuple(unread), categories=frozenset(categories), levels=levels
    )


def _says_category(cells: Any) -> bool:
    """Whether the type of a column is that of categories, whichever library it is from."""
    if isinstance(cells, np.ndarray | list):
        return False
    named = str(getattr(cells, "dtype", None) or getattr(cells, "type", ""))
    return named.startswith(("category", "Categorical", "Enum", "dictionary<"))


def _from_matrix(X: NDArray[Any]) -> Columns:
    if X.ndim != 2:
        raise DataError(
            f"Expected 2D array, got {X.ndim}D array instead, of shape {X.shape}. Reshape your "
            "data: one row for each sample, X.reshape(-1, 1) for a single feature or "
            "X.reshape(1, -1) for a single sample"
        )
    columns = [(f"x{j}", _from_array(f"x{j}", X[:, j])) for j in range(X.shape[1])]
    return Columns(dict(columns), len(X), named=False)


def _from_cells(name: str, cells: Any, *, copy: bool = True) -> Column:
    refuse_dask(name, cells)
    if are_vectors(cells):
        return from_cells(name, cells)
    array = as_array(cells, f"column {name!r}")
    if are_vectors(array):  # a column of another library, which an array is made of first
        return from_cells(name, array)
    if array.ndim != 1:
        advice = "give one cell for each row"
        if not array.ndim:
            advice += "; a single row by name goes into a list: [row]"
        raise DataError(f"column {name!r} has shape {array.shape}: {advice}")
    return _from_array(name, array, copy=copy)


def _from_array(name: str, cells: NDArray[Any], *, copy: bool = True) -> Column:
    """The cells as a plain column; a ``copy`` shares no memory with them."""
    if is_masked_array(cells):
        mask = np.ma.getmaskarray(cells)
        # What stands under the mask may be anything, infinity too.
        nothing: Any = None if cells.dtype == object else np.zeros(1, cells.dtype)[0]
        column = _from_array(name, np.where(mask, nothing, np.ma.getdata(cells)))
        column[mask] = MISSING[column.dtype.kind]
        return column
    kind = cells.dtype.kind
    if kind == "c":
        raise DataError(f"Complex data not supported: column {name!r} has {cells.dtype}")
    if kind in "OUST" or (kind in "iu" and cells.size and inexact(cells.min(), cells.max())):
        return from_objects(name, cells.tolist())
    if kind == "M":
        return cells.astype("datetime64[ms]")
    if kind == "m":
        return seconds(cells)
    if kind not in "biuf":
        raise DataError(f"column {name!r} has {cells.dtype}: give numbers, text or times")
    with np.errstate(over="ignore"):  # of a long double; it is refused as infinite
        return finite(name, cells.astype(np.float64, copy=copy))


def _is_array(X: Any) -> bool:
    """Whether NumPy can take X for an array, and X is not a DataFrame."""
    return isinstance(X, np.ndarray | Sequence) or (
        hasattr(X, "__array__") and not hasattr(X, "columns") and not hasattr(X, "column_names")
    )


def _from_frame(frame: Any, only: Container[str] | None) -> Columns:
    if not frame.columns:
        return Columns({}, len(frame), named=True)
    # By position: a name in pandas may be any object.
    return _collect(zip(frame.columns, frame.iter_columns(), strict=True), _from_series, only)


def _from_series(name: str, series: Any) -> Column:
    import narwhals as nw

    dtype = series.dtype
    if dtype.is_integer() and inexact(series.min(), series.max()):
        return from_objects(name, series.to_list())
    if dtype == nw.Decimal:
        return _from_decimals(name, series)
    if dtype.is_numeric() or dtype == nw.Boolean:
        return finite(name, floats_of(series))
    if dtype in (nw.Datetime, nw.Date):
        stamps = floats_of(series.dt.timestamp("ms"))
        given = ~np.isnan(stamps)
        return scatter(stamps[given].astype(np.int64).astype("datetime64[ms]"), given)
    if dtype == nw.Duration:
        return floats_of(series.dt.total_microseconds()) / 1e6
    if dtype in (nw.List, nw.Array):
        return _from_cells(name, series.to_numpy())
    if dtype.is_nested() or dtype == nw.Binary:
        raise DataError(
            f"column {name!r} has {dtype}: give one number, text or time in each cell, or a vector"
        )
    cells = series.to_list()
    return from_cells(name, cells) if are_vectors(cells) else from_objects(name, cells)


def floats_of(series: Any) -> Column:
    """A column of narwhals that has a type of numbers, as float64, NaN where missing.

    Decimals go by way of their text: PyArrow's own cast multiplies by a power of ten, which is a
    bit off in one of eight numbers with two decimals.
    """
    import narwhals as nw

    if series.dtype == nw.Decimal:
        series = series.cast(nw.String)
    return np.array(series.cast(nw.Float64).to_numpy(), dtype=np.float64)


def _from_decimals(name: str, series: Any) -> Column:
    """Decimals as the nearest floats; whole ones beyond 2⁵³ stay exact."""
    column = floats_of(series)
    beyond = bool((np.abs(column) >= EXACT).any())  # 2⁵³ itself may be rounded to
    return from_objects(name, series.to_list()) if beyond else finite(name, column)
