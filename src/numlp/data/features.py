"""The features of MLPClassifier: any matrix of numbers in, float32 or float64 rows out."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.masks import is_masked_array, nan_filled, with_mask
from ..common.warning import warn
from ..errors import DataError
from .columns import DASK, as_columns, floats_of, is_dask
from .frames import open_frame
from .rows import by_column

DenseRows = NDArray[np.floating[Any]]


class SparseRows:
    """A CSR matrix that gives rows as a dense array does: only rows asked for become dense."""

    ndim = 2

    def __init__(self, csr: Any) -> None:
        self._csr = csr
        self.shape, self.dtype = csr.shape, csr.dtype

    def __len__(self) -> int:
        return int(self.shape[0])

    @property
    def arrays(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """The values of the CSR matrix, the columns they stand in, and where each row begins."""
        return self._csr.data, self._csr.indices, self._csr.indptr

    def take(self, rows: Any, axis: int, out: DenseRows, mode: str) -> DenseRows:
        """Fill ``out`` with these rows, as ``numpy.ndarray.take`` does with ``axis=0``."""
        return self._csr[rows].toarray(out=out)  # type: ignore[no-any-return]

    def __getitem__(self, rows: Any) -> Any:
        """A slice is dense; an array of row numbers gives sparse rows again."""
        return self._csr[rows].toarray() if isinstance(rows, slice) else SparseRows(self._csr[rows])


Features = DenseRows | SparseRows


def as_matrix(X: Any, owner: str) -> tuple[Features, list[str] | None]:
    """The numbers of X, (n, n_features), and the names of its columns if it has any.

    float32 stays float32; every other type becomes float64.  Sparse matrices stay sparse.

    Parameters
    ----------
    X : array, sparse matrix, any DataFrame that narwhals knows, or a list of rows by name, as dicts
    owner : str
        Name of the estimator, for messages.

    Raises
    ------
    DataError
        X is not two-dimensional, empty, not numbers, has NaN or infinity, or is of Dask.
    """
    names = None
    is_array = isinstance(X, np.ndarray)  # then there is no need to look for attributes
    if not is_array and is_dask(X):
        raise DataError(DASK)
    if not is_array and hasattr(X, "tocsr"):
        csr = X.tocsr()
        _refuse_complex(csr.dtype)
        csr = csr.astype(csr.dtype if csr.dtype == np.float32 else np.float64)
        if not np.isfinite(csr.data).all():
            row = int(np.flatnonzero(~np.isfinite(csr.data))[0])  # of the stored values
            row = int(np.searchsorted(csr.indptr, row, side="right")) - 1
            _check_finite(csr[[row]].toarray(), owner, None, row)
        rows: Features = SparseRows(csr)
    else:
        if not is_array and (hasattr(X, "columns") or hasattr(X, "column_names")):
            X, names = _from_frame(X)
        elif isinstance(X, Sequence) and isinstance(by_name := by_column(X), Mapping):
            X, names = _from_rows(by_name)
        rows = _from_array(X, owner)
        _check_finite(rows, owner, names)
    for count, what in zip(rows.shape, ("sample", "feature"), strict=True):
        if not count:
            raise DataError(
                f"Found array with 0 {what}(s) (shape={tuple(rows.shape)}) while a minimum of 1 "
                f"is required by {owner}."
            )
    return rows, names


def put_in_order(
    X: Features, names: list[str] | None, fitted: list[str] | None, owner: str
) -> Features:
    """X with its columns in the order of training, found by name where both have names.

    Raises
    ------
    DataError
        A name is missing or new.
    """
    if fitted is None or names is None:
        if fitted is not None:
            warn(
                f"X does not have valid feature names, but {owner} was fitted with feature names",
            )
        elif names is not None:
            warn(
                f"X has feature names, but {owner} was fitted without feature names",
            )
        return X
    if names == fitted:
        return X
    message = "The feature names should match those that were passed during fit.\n"
    unseen, missing = sorted(set(names) - set(fitted)), sorted(set(fitted) - set(names))
    if unseen:
        message += "Feature names unseen at fit time:\n" + _bullets(unseen)
    if missing:
        message += "Feature names seen at fit time, yet now missing:\n" + _bullets(missing)
    if unseen or missing:
        raise DataError(message)
    position = {name: j for j, name in enumerate(names)}
    return X[:, [position[name] for name in fitted]]


def _from_frame(X: Any) -> tuple[NDArray[Any], list[str] | None]:
    import narwhals as nw  # here, so that arrays do without it

    try:
        frame = open_frame(X)
    except TypeError:
        return np.asarray(X), None
    schema = dict(frame.schema)
    single = bool(schema) and all(dtype == nw.Float32 for dtype in schema.values())
    columns = np.empty((len(frame), len(schema)), np.float32 if single else np.float64, order="F")
    for j, (name, dtype) in enumerate(schema.items()):
        series = frame.get_column(name)  # frame[0] would be a row
        if dtype.is_numeric() or dtype == nw.Boolean:
            columns[:, j] = floats_of(series)
            continue
        try:
            columns[:, j] = [np.nan if cell is None else float(cell) for cell in series.to_list()]
        except (TypeError, ValueError) as error:
            raise DataError(
                f"column {name!r} has {dtype}, not numbers ({error}): encode it, or use "
                "TabularClassifier, which takes words, times and missing cells as they are"
            ) from error
    names = list(schema) if all(isinstance(name, str) for name in schema) else None
    return columns, names


def _from_rows(X: Mapping[str, Any]) -> tuple[NDArray[Any], list[str]]:
    table = as_columns(X)
    for name, cells in table.columns.items():
        if cells.dtype.kind != "f" or cells.ndim == 2:
            raise DataError(
                f"column {name!r} has words, times or vectors, not numbers: encode it, or use "
                "TabularClassifier, which takes words, times and missing cells as they are"
            )
    return np.stack([*table.columns.values()], axis=1), table.names


def _from_array(X: Any, owner: str) -> DenseRows:
    X = with_mask(X)
    array = nan_filled(X) if is_masked_array(X) else np.asarray(X)
    _refuse_complex(array.dtype)
    if array.ndim == 1 or array.ndim == 0:
        raise DataError(
            f"Expected 2D array, got {array.ndim}D array instead:\narray={array}.\nReshape your "
            "data either using array.reshape(-1, 1) if your data has a single feature or "
            "array.reshape(1, -1) if it contains a single sample."
        )
    if array.ndim != 2:
        raise DataError(f"Found array with dim {array.ndim}. {owner} expected <= 2.")
    if array.dtype == np.float32:
        return array
    if array.dtype.kind not in "biufOUST":
        raise DataError(f"X has {array.dtype}, but {owner} takes numbers")
    try:
        return array.astype(np.float64)
    except TypeError as error:
        raise TypeError(f"X has a value that is not a number: {error}") from error
    except ValueError as error:
        raise DataError(f"X has a value that is not a number: {error}") from error


def _refuse_complex(dtype: np.dtype[Any]) -> None:
    if dtype.kind == "c":
        raise DataError(f"Complex data not supported: X has {dtype}")


def _check_finite(X: DenseRows, owner: str, names: list[str] | None, first_row: int = 0) -> None:
    with np.errstate(over="ignore", invalid="ignore"):
        total = np.add.reduce(X, axis=None)
    if math.isfinite(total):  # one pass, no mask, for the data that are right
        return
    finite = np.isfinite(X)
    if finite.all():
        return
    row, column = np.argwhere(~finite)[0]
    value, row = X[row, column], row + first_row
    where = f"column {names[column]!r}" if names else f"column {column}"
    if np.isnan(X[~finite]).any():
        raise DataError(
            f"Input X contains NaN.\n{owner} does not accept missing values encoded as NaN: the "
            f"first value that is not finite is in {where}, row {row}. Impute it, or use "
            "TabularClassifier, which takes missing cells as they are"
        )
    raise DataError(
        f"Input X contains infinity or a value too large for {X.dtype!r}: {value} in "
        f"{where}, row {row}"
    )


def _bullets(names: list[str]) -> str:
    lines = [f"- {name}\n" for name in names[:5]]
    return "".join(lines) + ("- ...\n" if len(names) > 5 else "")
