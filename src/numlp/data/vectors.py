"""Columns whose cells are vectors of one length, such as embeddings: cells in, one array out.

A plain column of vectors is an array of float32, (n_rows, width).  A row of NaN alone is a missing
vector; a NaN beside numbers is a number that is missing within its vector.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from numbers import Number
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.masks import is_masked_array, nan_filled
from ..common.missing import is_missing
from ..common.wording import shortened
from ..errors import DataError

Vectors = NDArray[np.float32]

BLOCK = 4096  # vectors made at a time, each of which may have been a list of Python's numbers
NUMBERS = "biuf"  # kinds of arrays that hold numbers
MOST_SHOWN = 40  # characters of a cell


def is_vector(cell: Any) -> bool:
    """Whether a cell is a sequence, whatever stands in it, and no text and no record.

    >>> is_vector([0.5, 1.0]), is_vector(np.zeros(3)), is_vector("0.5"), is_vector(np.float64(0.5))
    (True, True, False, False)
    """
    if isinstance(cell, str | bytes) or (isinstance(cell, tuple) and type(cell) is not tuple):
        return False  # as is a named tuple, or an interval of months of Arrow's
    return isinstance(cell, Sequence) or len(getattr(cell, "shape", ())) > 0


def are_vectors(cells: Any) -> bool:
    """Whether a column is one of vectors, by its first cell that is not missing."""
    if isinstance(cells, np.ndarray):
        if cells.ndim == 2 or cells.dtype != object or cells.ndim != 1:
            return cells.ndim == 2
    elif not isinstance(cells, Sequence) or isinstance(cells, str | bytes):
        return False
    return is_vector(next((cell for cell in cells if not is_missing(cell)), None))


def from_cells(name: str, cells: Iterable[Any], first: int = 0) -> Vectors:
    """The vectors of a column, whose cells are lists, arrays or None, as one array.

    Parameters
    ----------
    name : str
        The name of the column.
    cells : array of shape (n_rows, width), or iterable of cells
        One of them at least is not missing.
    first : int, default 0
        The number of the first row, from 0, for messages.

    Raises
    ------
    DataError
        Vectors differ in length or have no number, a cell or an element of a vector is something
        else, or a number is infinite in float32.

    Examples
    --------
    >>> from_cells("emb", [[0.5, 1.0], None, (2, 3)])
    array([[0.5, 1. ],
           [nan, nan],
           [2. , 3. ]], dtype=float32)
    >>> from_cells("emb", [[0.5, 1.0], [2.0]])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    numlp.errors.DataError: column 'emb' has a vector of 1 number in row 2, and most others have ...
    """
    if isinstance(cells, np.ndarray) and cells.ndim == 2 and cells.dtype.kind in NUMBERS:
        found = _as_float32(nan_filled(cells))
    else:
        found = _stacked(name, list(cells), first)
    if not found.shape[1]:
        raise DataError(f"column {name!r} has vectors without a number: leave the column out")
    infinite = np.asarray(np.isinf(found).any(axis=1))
    if infinite.any():
        row = first + int(infinite.argmax()) + 1
        raise DataError(
            f"column {name!r} has a vector with a number that is infinite, or too large for "
            f"float32, in row {row:,}: replace the number, or give None for the vector"
        )
    return found


def missing_vectors(vectors: Vectors) -> NDArray[np.bool_]:
    """Which vectors are missing, (n_rows,)."""
    return np.asarray(np.isnan(vectors).all(axis=1))


def _stacked(name: str, cells: list[Any], first: int) -> Vectors:
    """Cells that are sequences, or missing, one below the other."""
    places = [i for i, cell in enumerate(cells) if not is_missing(cell)]
    for i in places:
        if not is_vector(cells[i]):
            shown = shortened(repr(cells[i]), MOST_SHOWN)
            raise DataError(
                f"column {name!r} has {shown} in row {first + i + 1:,}, and vectors in other rows: "
                "give a vector in each, or None where there is none"
            )
    # First, since lists of words may have any length.
    _check_numbers(name, _plain(name, cells[places[0]], first + places[0]), first + places[0])
    lengths = [len(cells[i]) for i in places]
    width = Counter(lengths).most_common(1)[0][0]
    for i, length in zip(places, lengths, strict=True):
        if length != width:
            what = f"a vector of {length:,} number{'s' * (length != 1)}" if length else "no number"
            raise DataError(
                f"column {name!r} has {what} in row {first + i + 1:,}, and most others have "
                f"{width:,}: give vectors of one length, and None where there is none"
            )
    found = np.full((len(cells), width), np.nan, np.float32)
    for start in range(0, len(places), BLOCK):
        rows = places[start : start + BLOCK]
        found[rows] = _numbers(
            name, [_plain(name, cells[i], first + i) for i in rows], [first + i for i in rows]
        )
    return found


def _plain(name: str, cell: Any, row: int) -> Any:
    """A vector as a list or an array of NumPy without a mask."""
    if is_masked_array(cell):
        return nan_filled(cell)
    if isinstance(cell, Sequence):
        return cell
    try:
        found = np.asarray(cell)
    except (RuntimeError, TypeError, ValueError) as error:  # as tensors on a GPU raise
        found, why = np.array(0), f" ({' '.join(str(error).split()):.120})"
    else:
        why = ""
    if not found.ndim:
        raise DataError(
            f"column {name!r} has a cell of the type {type(cell).__name__} in row {row + 1:,}, of "
            f"which NumPy makes no vector{why}: give lists, or arrays of NumPy"
        )
    return found


def _numbers(name: str, cells: list[Any], rows: Sequence[int]) -> NDArray[Any]:
    """Vectors of one length, in these rows of the table, as an array of numbers."""
    try:
        block = np.array(cells)
    except (TypeError, ValueError):  # lists in lists that differ in length, for instance
        block = np.empty((0, 0, 0))
    if block.ndim == 2 and block.dtype.kind in NUMBERS:
        return _as_float32(block)
    for row, cell in zip(rows, cells, strict=True):
        _check_numbers(name, cell, row)
    values = [[np.nan if is_missing(x) else float(x) for x in cell] for cell in cells]
    return _as_float32(np.array(values))


def _check_numbers(name: str, cell: Any, row: int) -> None:
    """Raise a DataError unless each element of a vector is a number or missing."""
    for x in cell:
        if not is_missing(x) and (
            not isinstance(x, Number | np.bool_) or isinstance(x, complex | np.complexfloating)
        ):
            shown = shortened(repr(x.item() if isinstance(x, np.generic) else x), MOST_SHOWN)
            raise DataError(
                f"column {name!r} has a list with {shown} in row "
                f"{row + 1:,}: a list has to be a vector of numbers; join words into one text, or "
                "make a column of each"
            )


def _as_float32(block: NDArray[Any]) -> Vectors:
    with np.errstate(over="ignore"):  # what is too large is infinite, and refused
        return block.astype(np.float32)
