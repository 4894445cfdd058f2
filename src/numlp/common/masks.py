"""Masked arrays of NumPy: a masked cell is a missing one, whatever number stands under the mask."""

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError


def is_masked_array(cells: Any) -> bool:
    """Whether these are cells of a masked array: whoever has one has loaded ``numpy.ma``.

    >>> is_masked_array(np.ma.masked_array([1.0])), is_masked_array(np.ones(1))
    (True, False)
    """
    return "numpy.ma" in sys.modules and isinstance(cells, np.ma.MaskedArray)


def is_masked_cell(cell: Any) -> bool:
    """Whether a cell is the masked one; ``numpy.ma`` is not loaded for the answer."""
    return "numpy.ma" in sys.modules and cell is np.ma.masked


def with_mask(cells: Any) -> Any:
    """The cells, a list of masked rows as one masked array: NumPy alone would drop the masks.

    >>> row = np.ma.masked_array([1.0, 2.0], [False, True])
    >>> with_mask([row, row]).tolist()
    [[1.0, None], [1.0, None]]
    >>> with_mask([1.0, np.ma.masked])
    [1.0, None]
    """
    if (
        "numpy.ma" in sys.modules
        and isinstance(cells, list | tuple)
        and any(isinstance(c, np.ma.MaskedArray) for c in cells)
    ):
        if any(c is np.ma.masked for c in cells):
            return [None if c is np.ma.masked else c for c in cells]
        return np.ma.array(cells)
    return cells


def nan_filled(X: Any) -> NDArray[Any]:
    """The data of a masked array of numbers, with NaN in place of the masked cells.

    float32 stays float32; whole numbers and booleans, which have no NaN, become float64.

    >>> nan_filled(np.ma.masked_array([1, 2], [False, True]))
    array([ 1., nan])
    """
    data: NDArray[Any] = np.ma.getdata(X)
    if data.dtype.names is not None or not np.ma.is_masked(X):
        return data
    if data.dtype.kind not in "fc":
        data = data.astype(np.float64 if data.dtype.kind in "biu" else object)
    filled = data.copy()
    filled[np.ma.getmaskarray(X)] = np.nan
    return filled


def refuse_masked(what: str, cells: Any) -> None:
    """Raise a DataError that names the first row with a masked cell, if there is one.

    >>> refuse_masked("y", np.ma.masked_array([0, 1], [False, True]))
    Traceback (most recent call last):
    numlp.errors.DataError: y is masked in row 2, and a masked cell is a missing one: drop the row
    """
    if is_masked_array(cells) and cells.dtype.names is None and np.ma.is_masked(cells):
        mask = np.atleast_1d(np.ma.getmaskarray(cells))
        row = int(mask.reshape(len(mask), -1).any(axis=1).argmax()) + 1
        raise DataError(
            f"{what} is masked in row {row}, and a masked cell is a missing one: drop the row"
        )
