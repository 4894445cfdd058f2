"""A grid over two columns of a table, with the other columns at their middle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.wording import name_list
from ..data.columns import Column, Columns, as_array, as_columns
from ..data.frames import open_frame
from ..data.vectors import missing_vectors

MARGIN = 0.05  # of the range of a column, beyond its smallest and largest number


@dataclass(frozen=True)
class Grid:
    """Rows that lie on a grid, as a table of the kind that they were made from.

    Attributes
    ----------
    names : tuple of str
        The two columns.
    x, y : array of shape (n,)
        The numbers of the first and of the second, rising.
    table : DataFrame, dict of columns or array
        n * n rows; the first column changes fastest.
    rows : array of shape (n_rows, 2)
        The two columns of the table that the grid was made from, NaN where missing.
    """

    names: tuple[str, str]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    table: Any
    rows: NDArray[np.float64]


def grid_over(X: Any, features: Sequence[int | str] = (0, 1), n: int = 120) -> Grid:
    """A grid of n by n rows over two columns of numbers of X.

    The other columns have one value each: the lower median of numbers and times, the most frequent
    word.

    Parameters
    ----------
    X : table of any kind that ``as_columns`` takes
    features : two of the columns, by position or by name
    n : int, default 120

    Raises
    ------
    ValueError
        ``features`` are not two different columns of numbers.
    DataError
        X is not a table.

    Examples
    --------
    >>> grid = grid_over({"a": [0, 1], "b": [0, 1], "c": ["x", "x"]}, n=2)
    >>> grid.table["a"], grid.table["b"], grid.table["c"]
    (array([-0.05,  1.05, -0.05,  1.05]), array([-0.05, -0.05,  1.05,  1.05]), ['x', 'x', 'x', 'x'])
    """
    columns = as_columns(X)
    first, second = (_name(feature, columns) for feature in _two(features))
    if first == second:
        raise ValueError(f"features={features!r} name one column twice: give two")
    x, y = (_ticks(columns[name], n) for name in (first, second))
    axes = {first: np.tile(x, n), second: np.repeat(y, n)}
    typical = {
        name: _typical_row(cells) for name, cells in columns.columns.items() if name not in axes
    }
    return Grid(
        (first, second),
        x,
        y,
        _table(X, columns, axes, typical),
        np.column_stack([columns[first], columns[second]]),
    )


def _two(features: Any) -> Sequence[int | str]:
    if isinstance(features, str) or len(features) != 2:
        raise ValueError(f"features={features!r}, but it has to be two columns")
    return list(features)


def _name(feature: int | str, columns: Columns) -> str:
    """The name of a column of numbers."""
    names = columns.names
    numbers = [n for n in names if columns[n].dtype.kind == "f" and columns[n].ndim == 1]
    if isinstance(feature, str):
        name = feature if feature in names else None
    else:
        name = names[feature] if -len(names) <= feature < len(names) else None
    if name not in numbers or np.isnan(columns[name]).all():
        what = "no column of the table" if name is None else f"{name!r}, which has no numbers"
        raise ValueError(
            f"features has {feature!r}, {what}: choose two columns of numbers by name or "
            f"position: {name_list(numbers, most=20)}"
        )
    return name


def _ticks(cells: Column, n: int) -> NDArray[np.float64]:
    low, high = float(np.nanmin(cells)), float(np.nanmax(cells))
    margin = MARGIN * (high - low) or 0.5
    return np.linspace(low - margin, high + margin, n)


def _typical_row(cells: Column) -> int:
    """The number of a row whose cell is typical of the column; 0 if all cells are missing.

    Of vectors it is that of the first.
    """
    if cells.ndim == 2:
        return int(missing_vectors(cells).argmin())
    if cells.dtype.kind == "O":
        given = np.flatnonzero(cells != None)  # noqa: E711 - cell by cell
        if not given.size:
            return 0
        _, first, counts = np.unique(cells[given], return_index=True, return_counts=True)
        return int(given[first[counts.argmax()]])
    given = np.flatnonzero(~np.isnan(cells) if cells.dtype.kind == "f" else ~np.isnat(cells))
    if not given.size:
        return 0
    return int(given[np.argsort(cells[given], kind="stable")[(len(given) - 1) // 2]])


def _table(X: Any, columns: Columns, axes: Mapping[str, Column], typical: Mapping[str, int]) -> Any:
    """A table of the kind of X: what was fitted with a DataFrame may want one."""
    n = len(next(iter(axes.values())))
    if isinstance(X, Mapping | Columns):
        cells = {name: [columns[name][row]] * n for name, row in typical.items()}
        return {name: axes[name] if name in axes else cells[name] for name in columns.names}
    if not columns.named:
        X = as_array(X.toarray() if hasattr(X, "toarray") else X, "X")
        rows = [typical.get(name, 0) for name in columns.names]
        table = np.repeat(X[rows, np.arange(len(rows))][None], n, axis=0)
        if table.dtype.kind != "O":
            table = table.astype(np.result_type(table, np.float32))
        for j, name in enumerate(columns.names):
            if name in axes:
                table[:, j] = axes[name]
        return table
    import narwhals as nw

    frame = open_frame(X)
    series = []
    for name, given in zip(columns.names, frame.columns, strict=True):
        if name in axes:
            series.append(nw.new_series(given, axes[name], backend=frame.implementation))
        else:
            series.append(frame[given][np.full(n, typical[name])])
    return frame[np.zeros(n, int)].with_columns(*series).to_native()
