"""Columns of numbers that carry what another column carries: found in a sample, then looked at."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..data.columns import Column, Columns
from .encoders import Encoder, Number, SetAside, squash
from .reasons import SameNumbers, Why, reasons_of

MIN_ROWS = 20  # below, columns may be equal by chance
MAX_COMPARED = 1000  # columns, and rows, that are compared with each other
MAX_LOOKS = 5  # columns alike in the sample that are compared in all rows, for each column
TINY = 1e-6  # the length of a column that is constant in the sample but for rounding
ALIKE = 0.9999  # the correlation of columns that carry the same numbers, but for rounding


def sample_of(X: Columns) -> Columns:
    """Some rows of a table, spread over all of it."""
    rows = np.linspace(0, X.n_rows - 1, min(X.n_rows, MAX_COMPARED)).astype(np.intp)
    return X.rows(rows)


def tell_copies(
    encoders: list[Encoder], asked: Mapping[str, str], sample: Columns, X: Columns
) -> None:
    """Set aside a column of numbers equal to an earlier one once scaled; tell of near ones.

    Parameters
    ----------
    encoders : list of Encoder
        One for each column, each of a fresh fit; changed in place.
    asked : mapping of str to str
        The columns that a caller asked for, which stay whatever they carry.
    sample : Columns
        Rows of the table in which columns that are alike are found, ``MAX_COMPARED`` at most.
    X : Columns
        The rows in which these are compared one by one: the whole table, or the sample again
        where the table lies elsewhere.
    """
    chosen = [j for j, e in enumerate(encoders) if isinstance(e, Number) and e.scale]
    if sample.n_rows < MIN_ROWS or not 2 <= len(chosen) <= MAX_COMPARED:
        return
    rows = np.stack([_scaled(encoders[j], sample[encoders[j].name]) for j in chosen])
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


def _scaled(encoder: Any, cells: Column) -> Column:
    """The cells of a column as a ``Number`` scales them; 0 where missing."""
    return squash(encoder.read(cells, None), encoder.center, encoder.scale)
