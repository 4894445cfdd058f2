"""The partitions of a Dask DataFrame as parts of a table: in one order, with one set of columns."""

import ctypes
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..common.wording import nearest
from ..data.columns import Column, Columns, as_columns, is_dask
from ..data.labels import EncodedLabels, encode_labels, missing_labels
from ..errors import ClusterError, DataError
from ..version import __version__


@dataclass(frozen=True)
class Partitions:
    """A table in partitions, and where its labels are.

    Attributes
    ----------
    frames : list of Delayed
        The partitions, each a frame of pandas.
    labels : list of Delayed, or None
        The labels of each partition; None where they are a column of the frames.
    names : list of str
        The columns to learn from, in order.
    target : str
        The name of the labels; empty where they have none.
    files : list of str
        The file of each partition, for messages; empty where none is known.
    """

    frames: list[Any]
    labels: list[Any] | None
    names: list[str]
    target: str
    files: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.frames)

    def named(self, number: int) -> str:
        """What a message calls a partition."""
        file = f" ({self.files[number]})" if len(self.files) == len(self) else ""
        return f"partition {number}{file}"

    def each(self, task: Any, *shared: Any) -> list[Any]:
        """A task on each partition, delayed: of frame, labels, what is shared, and its number."""
        from dask.delayed import delayed

        later = delayed(task, pure=False)
        labels = self.labels or [None] * len(self)
        return [
            later(frame, own, *shared, number)
            for number, (frame, own) in enumerate(zip(self.frames, labels, strict=True))
        ]


def is_frame(X: Any) -> bool:
    """Whether X is a Dask DataFrame."""
    return _is_in_partitions(X) and bool(X.ndim == 2)


def _is_series(y: Any) -> bool:
    return _is_in_partitions(y) and bool(y.ndim == 1)


def _is_in_partitions(X: Any) -> bool:
    """Whether X has rows by name in partitions: a DataFrame or Series, which alone have divisions.

    A Series has columns too, and something Delayed has any attribute: of the type it is asked.
    """
    return is_dask(X) and hasattr(type(X), "divisions") and hasattr(type(X), "to_delayed")


def _told(y: Any) -> str:
    """The type of labels, for messages."""
    return f"{type(y).__name__} of {type(y).__module__.partition('.')[0]}"


def partitions_of(X: Any, y: Any, files: Sequence[str] = ()) -> Partitions:
    """The partitions of a Dask DataFrame and of its labels.

    Parameters
    ----------
    X : Dask DataFrame
    y : str, or Series of Dask
        The name of the column of labels, or a Series with a value for each row, in as many
        partitions.
    files : sequence of str, default ()
        The file of each partition.

    Raises
    ------
    DataError
        X is another collection, has two columns of one name or no column of that name, or y is no
        Series with the same partitions.
    """
    if not is_frame(X):
        raise DataError(
            f"X is {type(X).__name__} of Dask, and a table in partitions has to be a Dask "
            "DataFrame: dask.dataframe.from_dask_array makes one of an array, and to_dataframe of "
            "a bag"
        )
    names = [str(name) for name in X.columns]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"two columns are called {twice!r}: give each a name of its own")
    if isinstance(y, str):
        if y not in names:
            raise DataError(f"the table has no column {y!r}: {nearest(y, names)}")
        names.remove(y)
        labels, target = None, y
    else:
        if not _is_series(y):
            raise DataError(
                f"X is a Dask DataFrame and y is {_told(y)}: give the name of the column "
                "of labels, or a Series of the same collection"
            )
        if y.npartitions != X.npartitions:
            raise DataError(
                f"X has {X.npartitions:,} partitions, and y has {y.npartitions:,}: give the name "
                "of a column, or a Series with the partitions of X"
            )
        labels, target = y.to_delayed(), y.name if isinstance(y.name, str) else ""
    if not names:
        raise DataError("0 feature(s) while a minimum of 1 is required: X has no column but y")
    return Partitions(list(X.to_delayed()), labels, names, target, files)


@dataclass(frozen=True)
class Reading:
    """How a partition is read: by every task in the same way.

    Attributes
    ----------
    names : tuple of str
        The columns to learn from, in order, and those that say how to learn.
    target : str
        The column of labels, where these are no Series of their own.
    weight : str
        The column of weights; empty where all rows weigh the same.
    version : str
        The version of numlp that plans the run.
    """

    names: tuple[str, ...]
    target: str
    weight: str
    version: str


class Part(NamedTuple):
    """One partition, read.

    Attributes
    ----------
    table : Columns
    labels : EncodedLabels
    weight : array of shape (n_rows,), or None
    places : array of row numbers
        Where each row stands in the partition: a row of weight 0 is left out.
    """

    table: Columns
    labels: EncodedLabels
    weight: NDArray[np.float64] | None
    places: NDArray[np.intp]


def read_part(frame: Any, labels: Any, reading: Reading) -> Part:
    """The rows of one partition that weigh anything, with their columns in the order of the first.

    Raises
    ------
    DataError
        A column or a label is missing, or a cell or a weight cannot be read.
    ClusterError
        The worker has another version of numlp.
    """
    check_version(reading.version)
    there = {str(name): place for place, name in enumerate(frame.columns)}
    for name in [*reading.names, *([reading.target] if labels is None else [])]:
        if name not in there:
            raise DataError(
                f"it has no column {name!r}, which the table has: {nearest(name, list(there))}"
            )
    series = frame.iloc[:, there[reading.target]] if labels is None else labels
    if len(series) != len(frame):
        raise DataError(f"it has {len(frame):,} rows, and {len(series):,} labels")
    table = as_columns(frame.iloc[:, [there[name] for name in reading.names]])
    places, weight = np.arange(table.n_rows), None
    if not table.n_rows:  # of any type
        return Part(table, encode_labels([]), np.zeros(0) if reading.weight else None, places)
    if reading.weight:
        weight = _weights(reading.weight, table[reading.weight])
        places = np.flatnonzero(weight)
        table, weight = table.rows(places), weight[places]
    return Part(table, _labels(series, places), weight, places)


def _labels(series: Any, places: NDArray[np.intp]) -> EncodedLabels:
    """The labels of some rows; each different one is looked at once."""
    codes, index = series.factorize()
    different = np.asarray(index)
    missing = codes < 0
    if len(different):
        missing |= missing_labels(different)[codes]
    if missing.any():
        raise DataError(
            f"{int(missing.sum()):,} of its {len(series):,} labels are missing, the first in row "
            f"{int(missing.argmax()) + 1:,}: drop such rows, as by dropna(subset=[...])"
        )
    if not len(places):
        return encode_labels([])
    used, numbers = np.unique(codes[places], return_inverse=True)
    try:
        labels = encode_labels(different[used])
    except DataError:
        encode_labels(series)  # which names the row of the table
        raise
    return labels._replace(y=labels.y[numbers])


def give_back() -> None:
    """Return memory that is free to the system: that of Arrow, and of the C library."""
    arrow = sys.modules.get("pyarrow")
    if arrow is not None:
        arrow.default_memory_pool().release_unused()
    with suppress(OSError, AttributeError, TypeError):  # another system, or C library
        ctypes.CDLL(None).malloc_trim(0)


def check_version(planned: str) -> None:
    """Raise a ClusterError where this worker has another numlp than the one that plans the run.

    Each task looks: a worker may come when the run has begun.
    """
    if planned != __version__:
        raise ClusterError(
            f"a worker has numlp {__version__}, and this is numlp {planned}: install one version "
            "on all of them"
        )


def _weights(name: str, cells: Column) -> NDArray[np.float64]:
    if cells.dtype.kind != "f":
        raise DataError(f"sample_weight={name!r} names a column that does not hold numbers")
    bad = ~(cells >= 0)
    if bad.any():
        row = int(bad.argmax())
        raise DataError(
            f"column {name!r} has {cells[row]:g} in row {row + 1:,}: a weight is a number, 0 or "
            "more"
        )
    return cells
