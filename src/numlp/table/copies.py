"""Columns of numbers that carry what another column carries: found in a sample, then looked at.

Of columns of vectors, those are told that are equal throughout.
"""

import math
from collections.abc import Container, Sequence
from typing import Any

import numpy as np

from ..common.hashes import Hashes, hashed_with
from ..data.columns import Column, Columns
from .encoders import Encoder, Number, SetAside, squash
from .reasons import SameNumbers, Why, reasons_of
from .vectors import Vector

MIN_ROWS = 20  # below, columns may be equal by chance
MAX_COMPARED = 1000  # columns, and rows, that are compared with each other
MAX_LOOKS = 5  # columns alike in the sample that are compared in all rows, for each column
TINY = 1e-6  # the length of a column that is constant in the sample but for rounding
BLOCK = 1 << 16  # rows hashed at a time
ALIKE = 0.9999  # the correlation of columns that carry the same numbers, but for rounding


def sample_of(X: Columns, encoders: Sequence[Encoder]) -> Columns:
    """Some rows of a table: those whose numbers have the lowest hashes, wherever they stand.

    So the rows in another order give the same sample.

    Parameters
    ----------
    X : Columns
    encoders : sequence of Encoder
        One for each column, each of a fresh fit.
    """
    numbers = _scaled_numbers(encoders)
    if X.n_rows <= MAX_COMPARED or not _are_compared(numbers):
        return X.rows(np.arange(min(X.n_rows, MAX_COMPARED)))
    hashes = _hashes(X, numbers)
    lowest = np.empty(0, np.intp)
    for rows in _blocks(X.n_rows):
        lowest = np.append(lowest, np.arange(rows.start, min(rows.stop, X.n_rows)))
        lowest = lowest[np.argsort(hashes[lowest], kind="stable")[:MAX_COMPARED]]
    return X.rows(lowest)


def _hashes(X: Columns, numbers: Sequence[Number]) -> Hashes:
    """The hash of each row, (n,), of the columns that these encoders read."""
    hashes = np.zeros(X.n_rows, np.uint64)
    for encoder in numbers:
        cells = encoder.read(X[encoder.name], None)
        for rows in _blocks(X.n_rows):
            x = cells[rows] + 0.0  # -0 becomes 0
            x[np.isnan(x)] = math.nan  # of which there are many kinds
            hashes[rows] = hashed_with(hashes[rows], x.view(np.uint64))
    return hashes


def _blocks(n: int) -> list[slice]:
    """The rows in blocks, so that what hashing and sorting need on their way is bounded."""
    return [slice(start, start + BLOCK) for start in range(0, n, BLOCK)]


def _scaled_numbers(encoders: Sequence[Encoder]) -> list[Number]:
    return [encoder for encoder in encoders if isinstance(encoder, Number) and encoder.scale]


def _are_compared(numbers: Sequence[Number]) -> bool:
    """Whether there are two columns of numbers at least, and not too many to compare."""
    return 2 <= len(numbers) <= MAX_COMPARED


def tell_copies(
    encoders: list[Encoder], asked: Container[str], sample: Columns, X: Columns
) -> None:
    """Set aside a column of numbers equal to an earlier one once scaled; tell of near ones.

    Parameters
    ----------
    encoders : list of Encoder
        One for each column, each of a fresh fit; changed in place.
    asked : container of str
        The columns that a caller asked for, which stay whatever they carry.
    sample : Columns
        Rows of the table in which columns that are alike are found, ``MAX_COMPARED`` at most.
    X : Columns
        The rows in which these are compared one by one: the whole table, or the sample again
        where the table lies elsewhere.
    """
    if sample.n_rows < MIN_ROWS:
        return
    _tell_equal_vectors(encoders, asked, X)
    numbers = _scaled_numbers(encoders)
    if not _are_compared(numbers):
        return
    place = {encoder.name: j for j, encoder in enumerate(encoders)}
    chosen = [place[encoder.name] for encoder in numbers]
    rows = np.stack([_scaled(encoder, sample[encoder.name]) for encoder in numbers])
    rows -= rows.mean(axis=1, keepdims=True)
    norms = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    rows /= np.where(norms > TINY, norms, 1)[:, None]
    alike = np.tril(abs(rows @ rows.T) > ALIKE, -1)
    for later, row in zip(chosen, alike, strict=True):
        for earlier in (chosen[i] for i in np.flatnonzero(row)[:MAX_LOOKS]):
            first, encoder = encoders[earlier], encoders[later]
            if isinstance(first, SetAside):
                continue
            x, z = (_scaled(e, X[e.name]) for e in (first, encoder))
            hole, gap = (np.isnan(e.read(X[e.name], None)) for e in (first, encoder))
            same = np.allclose(x, z, rtol=0, atol=1e-6) and np.array_equal(hole, gap)
            if same and encoder.name not in asked:
                reason = SameNumbers(first.name, exactly=True)
                encoders[later] = SetAside(encoder.name, Why(reason))
            elif same or abs(np.corrcoef(x, z)[0, 1]) > ALIKE:
                reason = SameNumbers(first.name, exactly=False)
                encoder.why = Why(*reasons_of(encoder.why), reason)
            else:
                continue
            break


def _tell_equal_vectors(encoders: list[Encoder], asked: Container[str], X: Columns) -> None:
    """Set aside a column of vectors that are the same as those of an earlier column."""
    for j, encoder in enumerate(encoders):
        if not isinstance(encoder, Vector) or encoder.name in asked:
            continue
        for earlier in encoders[:j]:
            if not isinstance(earlier, Vector) or encoder.scales != earlier.scales:
                continue  # without a look at the cells
            x, z = (e.read(X[e.name], None) for e in (earlier, encoder))
            if np.array_equal(x, z, equal_nan=True):
                reason = SameNumbers(earlier.name, exactly=True)
                encoders[j] = SetAside(encoder.name, Why(reason))
                break


def _scaled(encoder: Any, cells: Column) -> Column:
    """The cells of a column as a ``Number`` scales them; 0 where missing."""
    return squash(encoder.read(cells, None), encoder.center, encoder.scale)
