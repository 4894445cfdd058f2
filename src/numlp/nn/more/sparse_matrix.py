"""A sparse matrix: what a layer needs of one whose elements are nearly all zero."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array

Places = NDArray[np.int32]

TAKEN = 1 << 16  # elements times vectors, at a time: so much fits the cache of a core


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
        Number of columns, of which the last ones may be empty.

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
        self._of_vectors: dict[int, _Blocks] = {}  # by their number

    @classmethod
    def from_dense(cls, X: Array) -> Self:
        """Make the same matrix of an array.

        Parameters
        ----------
        X : Array of shape (n, n_columns)
            Its elements that are not zero are copied.

        Returns
        -------
        SparseMatrix
            Of the dtype of X.
        """
        rows, columns = np.nonzero(X)
        indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(X)))])
        return cls(X[rows, columns], columns.astype(np.int32), indptr, X.shape[1])

    @classmethod
    def stacked(cls, blocks: Sequence["SparseMatrix"], n_columns: int) -> Self:
        """Put blocks of rows below each other.

        Parameters
        ----------
        blocks : sequence of SparseMatrix
            Without a block there is no row.
        n_columns : int
            Columns of each.

        Returns
        -------
        SparseMatrix
            A copy.
        """
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

    def columns(self, start: int, stop: int) -> "SparseMatrix":
        """Copy the columns from start to stop, which is left out.

        Parameters
        ----------
        start, stop : int
            Numbers of columns, from 0.

        Returns
        -------
        SparseMatrix
            With as many rows, and stop - start columns.
        """
        own = (self.indices >= start) & (self.indices < stop)
        indptr = np.concatenate([[0], np.cumsum(own)])[self.indptr]
        return SparseMatrix(self.data[own], self.indices[own] - start, indptr, stop - start)

    @cached_property
    def transposed(self) -> "SparseMatrix":
        """The transposed ``SparseMatrix``, kept once it was asked for."""
        order = np.argsort(self.indices, kind="stable")
        rows = np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.indptr))
        counts = np.bincount(self.indices, minlength=self.shape[1])
        indptr = np.concatenate([[0], np.cumsum(counts)])
        return SparseMatrix(self.data[order], rows[order], indptr, len(self))

    def _blocks(self, n_vectors: int) -> "_Blocks":
        """The rows in blocks for products with so many vectors, kept for the next product."""
        if n_vectors not in self._of_vectors:
            self._of_vectors[n_vectors] = _Blocks(self._starts, self.data, n_vectors)
        return self._of_vectors[n_vectors]

    def times(self, V: Array, out: Array | None = None) -> Array:
        """Multiply with a vector, or with the columns of a matrix.

        Parameters
        ----------
        V : Array of shape (n_columns,), or (n_columns, k)
            The vector, or k of them.
        out : Array of shape (n,), or (n, k), optional
            Where to put the product; by default into a new array.

        Returns
        -------
        Array of shape (n,), or (n, k)
            The product.
        """
        out = np.empty((len(self), *V.shape[1:]), self.dtype) if out is None else out
        V, products = (A if A.ndim > 1 else A[:, None] for A in (V, out))
        is_filled = len(self._filled) == len(self)
        if not is_filled:
            products[...] = 0
        blocks = self._blocks(V.shape[1])
        for rows, part, starts in blocks.parts:
            n, (taken, turned, sums) = part.stop - part.start, blocks.memory
            np.take(V, self.indices[part], axis=0, out=taken[:n], mode="clip")
            # A vector after the other: what follows goes along elements, not across.
            turned = turned[:, :n]
            if len(turned) > 1:
                turned[...] = taken[:n].T
            turned *= self.data[part]
            sums = np.add.reduceat(turned, starts, axis=1, out=sums[:, : len(starts)])
            products[rows if is_filled else self._filled[rows]] = sums.T
        return out

    def transposed_times(self, V: Array, out: Array | None = None) -> Array:
        """Multiply the transposed matrix with a vector, or with the columns of a matrix.

        Parameters
        ----------
        V : Array of shape (n,), or (n, k)
            The vector, or k of them.
        out : Array of shape (n_columns,), or (n_columns, k), optional
            Where to put the product; by default into a new array.

        Returns
        -------
        Array of shape (n_columns,), or (n_columns, k)
            The product.
        """
        return self.transposed.times(V, out)


class _Blocks:
    """Blocks of rows whose elements fit a cache, and the memory for one of them.

    Attributes
    ----------
    parts : list of tuples
        Of each block its rows, of those that have elements; the elements; and where each row
        starts among them.
    memory : tuple of arrays
        For what is taken of the vectors, the same turned, and the sums of rows.
    """

    def __init__(self, starts: NDArray[Any], data: Array, n_vectors: int) -> None:
        most = max(TAKEN // n_vectors, 1)
        ends = np.append(starts[1:], len(data))[: len(starts)]
        self.parts: list[tuple[slice, slice, NDArray[Any]]] = []
        row = 0
        while row < len(starts):
            first = int(starts[row])
            stop = max(row + 1, int(np.searchsorted(ends, first + most, "right")))
            part = slice(first, int(ends[stop - 1]))
            self.parts.append((slice(row, stop), part, starts[row:stop] - first))
            row = stop
        size = max((part.stop - part.start for _, part, _ in self.parts), default=0)
        n_rows = max((len(own) for *_, own in self.parts), default=0)
        taken = np.empty((size, n_vectors), data.dtype)
        turned = np.empty((n_vectors, size), data.dtype) if n_vectors > 1 else taken.T
        self.memory = taken, turned, np.empty((n_vectors, n_rows), data.dtype)
