"""A sparse matrix: what a layer needs of one whose elements are nearly all zero."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array

Places = NDArray[np.int32]

TAKEN = 1 << 15  # elements at a time, as NumPy makes 8 bytes of each place on its way


class SparseMatrix:
    """A matrix by the elements that are not zero, row after row (CSR).

    It holds each element once by rows, and, once ``transposed_times`` was asked for, once by
    columns: 8 bytes each of float32 and of its place.

    Parameters
    ----------
    data : array of shape (n_elements,)
        The elements, row after row.
    indices : array of int32, of shape (n_elements,)
        The column of each.
    indptr : array of whole numbers, of shape (n + 1,)
        Row i has the elements indptr[i] to indptr[i + 1] - 1.
    n_columns : int

    Examples
    --------
    >>> S = SparseMatrix.from_dense(np.array([[0, 2, 0], [0, 0, 0], [1, 0, 3]], np.float32))
    >>> S.data, S.indices, S.indptr
    (array([2., 1., 3.], dtype=float32), array([1, 0, 2], dtype=int32), array([0, 1, 1, 3]))
    >>> S.times(np.array([1, 10, 100], np.float32))
    array([ 20.,   0., 301.], dtype=float32)
    >>> S.transposed_times(np.array([1, 10, 100], np.float32))
    array([100.,   2., 300.], dtype=float32)
    """

    ndim = 2

    def __init__(
        self, data: Array, indices: Places, indptr: NDArray[np.signedinteger[Any]], n_columns: int
    ) -> None:
        self.data, self.indices, self.indptr = data, indices, indptr
        self.shape, self.dtype = (len(indptr) - 1, n_columns), data.dtype
        # np.add.reduceat adds up the elements of rows that have any.
        self._filled = np.flatnonzero(indptr[1:] > indptr[:-1])
        self._starts = indptr[self._filled]

    @classmethod
    def from_dense(cls, X: Array) -> Self:
        """The same matrix, of an array."""
        rows, columns = np.nonzero(X)
        indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(X)))])
        return cls(X[rows, columns], columns.astype(np.int32), indptr, X.shape[1])

    @classmethod
    def stacked(cls, blocks: Sequence["SparseMatrix"], n_columns: int) -> Self:
        """Blocks of rows below each other; without a block there is no row."""
        lengths = [np.diff(block.indptr) for block in blocks]
        indptr = np.concatenate([[0], *lengths]).cumsum()
        data = [block.data for block in blocks] or [np.empty(0, np.float32)]
        indices = [block.indices for block in blocks] or [np.empty(0, np.int32)]
        return cls(np.concatenate(data), np.concatenate(indices), indptr, n_columns)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> "SparseMatrix":
        """These rows, given by a slice or by their numbers."""
        numbers = np.arange(len(self))[rows]
        starts, n = self.indptr[numbers], np.diff(self.indptr)[numbers]
        indptr = np.concatenate([[0], np.cumsum(n)])
        places = np.arange(indptr[-1]) + np.repeat(starts - indptr[:-1], n)
        return SparseMatrix(self.data[places], self.indices[places], indptr, self.shape[1])

    @cached_property
    def transposed(self) -> "SparseMatrix":
        """The columns as rows, kept once they were asked for."""
        order = np.argsort(self.indices, kind="stable")
        rows = np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.indptr))
        counts = np.bincount(self.indices, minlength=self.shape[1])
        indptr = np.concatenate([[0], np.cumsum(counts)])
        return SparseMatrix(self.data[order], rows[order], indptr, len(self))

    @cached_property
    def _products(self) -> Array:
        """Memory for one product an element."""
        return np.empty_like(self.data)

    def times(self, v: Array, out: Array | None = None) -> Array:
        """The product with a vector, (n,)."""
        out = np.empty(len(self), self.dtype) if out is None else out
        v = np.ascontiguousarray(v)
        for start in range(0, len(self.data), TAKEN):
            part = slice(start, start + TAKEN)
            np.take(v, self.indices[part], out=self._products[part], mode="clip")
        np.multiply(self._products, self.data, out=self._products)
        if len(self._filled) == len(self):
            np.add.reduceat(self._products, self._starts, out=out)
        else:
            out[...] = 0
            if len(self._filled):
                out[self._filled] = np.add.reduceat(self._products, self._starts)
        return out

    def transposed_times(self, v: Array, out: Array | None = None) -> Array:
        """The product of the transposed matrix with a vector, (n_columns,)."""
        return self.transposed.times(v, out)
