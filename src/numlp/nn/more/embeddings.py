"""Embeddings: a column of the table becomes several, from which a net learns more easily.

Each embedding reads some columns of X, the first ``n_numbers`` or the last ones, and appends new
columns that it makes from them; all the other columns pass through as they are.  ``Scale`` gives
each column a trained factor.
"""

import math
from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, Generator, Shape
from ..layers import Layer
from .adapt import adapt_layer


class PeriodicEmbedding(Layer):
    """Append a few trained waves of each number x, so that a small step in x can matter.

    ::

        Z  = w xᵀ + b                       for each number x, (n,): w and b are (n_frequencies,)
        E  = Vᵀ cos(Z) + c                  (n_outputs, n) = (n_outputs, n_frequencies) (…, n)
        Y  = [X | Eᵀ of every number]

        dV = cos(Z) dEᵀ                     dc = Σᵢ dE[:, i]
        dZ = -(V dE) ⊙ sin(Z)               dw = dZ x,  db = Σᵢ dZ[:, i]
        dx = wᵀ dZ                          beside what passes through

    Here the samples are the columns: NumPy is fast on rows of n numbers, and slow on rows of
    n_frequencies or n_outputs.

    w, b and c have a row for each number, so L2 and weight decay take them for matrices; a rule
    given to ``Network.groups`` may change that.

    This is PBLD, the densely connected periodic embedding with bias of Holzmüller et al. (2024),
    after Gorishniy et al. (2022).

    Parameters
    ----------
    n_numbers : int
        Number of columns to embed, the first ones.
    n_outputs : int, default 3
        Columns to append for each number.
    n_frequencies : int, default 16
        Frequencies that these columns are mixed from.
    sigma : float, default 0.1
        Deviation of the starting frequencies w / 2π: about the number of periods in a unit of x;
        positive.

    Raises
    ------
    ValueError
        If a number of columns or frequencies is below 1, or ``sigma`` is not positive and
        finite.

    Examples
    --------
    Of four columns the first two are embedded, each by three columns more:

    >>> from numlp.nn import Dense, Network
    >>> network = Network([PeriodicEmbedding(2), Dense(10, 3)], n_in=4)
    >>> network.layers[0].shapes
    {'V': (2, 16, 3), 'w': (2, 16), 'b': (2, 16), 'c': (2, 3)}
    """

    V: Array
    w: Array
    b: Array
    c: Array
    dV: Array
    dw: Array
    db: Array
    dc: Array
    x: Array
    wb: Array
    Z: Array
    C: Array
    E: Array
    dx: Array

    def __init__(
        self, n_numbers: int, n_outputs: int = 3, n_frequencies: int = 16, sigma: float = 0.1
    ) -> None:
        for name, value in (
            ("n_numbers", n_numbers),
            ("n_outputs", n_outputs),
            ("n_frequencies", n_frequencies),
        ):
            _check_positive(self, name, value)
        if not 0 < sigma < math.inf:
            raise ValueError(f"PeriodicEmbedding: sigma={sigma}, but it has to be positive")
        self.n_numbers, self.n_outputs = n_numbers, n_outputs
        self.n_frequencies, self.sigma = n_frequencies, sigma

    def build(self, n_in: int) -> int:
        _check_columns(self, self.n_numbers, n_in)
        self.n_in, self.n_out = n_in, n_in + self.n_numbers * self.n_outputs
        return self.n_out

    @property
    def shapes(self) -> Mapping[str, Shape]:
        f, q, m = self.n_numbers, self.n_frequencies, self.n_outputs
        return {"V": (f, q, m), "w": (f, q), "b": (f, q), "c": (f, m)}

    def scratch(self, n: int) -> Mapping[str, tuple[Shape, type | None]]:
        f, q, m = self.n_numbers, self.n_frequencies, self.n_outputs
        shapes = {
            "x": (f, 2, n),  # the numbers, and ones beside them
            "wb": (f, q, 2),
            "Z": (f, q, n),
            "C": (f, q, n),
            "E": (f, m, n),
            "dx": (f, n),
        }
        return {name: (shape, None) for name, shape in shapes.items()}

    def init(self, *rngs: Generator) -> None:
        lead = len(rngs), self.n_numbers, self.n_frequencies
        parts = (self.V.reshape(*lead, -1), self.w.reshape(lead), self.b.reshape(lead))
        for V, w, b, rng in zip(*parts, rngs, strict=True):
            w[:] = rng.normal(0, 2 * math.pi * self.sigma, w.shape)
            b[:] = rng.uniform(-math.pi, math.pi, b.shape)
            V[:] = rng.normal(0, 1 / math.sqrt(self.n_frequencies), V.shape)
        self.c.fill(0.0)

    def fill_scratch(self) -> None:
        self.x[..., 1, :] = 1.0

    def forward(self, X: Array, Y: Array) -> None:
        x, wb, C, E = self.x, self.wb, self.C, self.E
        x[..., 0, :] = X[..., : self.n_numbers].mT
        wb[..., 0], wb[..., 1] = self.w, self.b
        np.matmul(wb, x, out=self.Z)  # a fifth of the time of w * x and then + b
        np.cos(self.Z, out=C)
        np.matmul(self.V.mT, C, out=E)
        E += self.c[..., None]
        Y[..., : self.n_in] = X
        Y[..., self.n_in :] = self._as_columns(E)

    def backward(self, X: Array, Y: Array, dY: Array, dX: Array | None) -> None:
        self.backward_mix(dY)
        if dX is not None:
            dX[..., self.first_read :] = dY[..., self.first_read : self.n_in]
        self.backward_waves(dX)

    def backward_mix(self, dY: Array) -> None:
        """Fill dE, in place of E, and from it dV and dc.

        Parameters
        ----------
        dY : Array of shape (n, n_out), or (k, n, n_out)
            Gradient for Y.
        """
        dE = self.E
        self._as_columns(dE)[:] = dY[..., self.n_in :]
        np.add.reduce(dE, axis=-1, out=self.dc)
        np.matmul(self.C, dE.mT, out=self.dV)

    def backward_waves(self, dX: Array | None) -> None:
        """Fill dw and db, and add the part of the waves to the dX that passes through.

        Parameters
        ----------
        dX : Array of shape (n, n_in), or (k, n, n_in), or None
            Gradient for X, with what passes through.
        """
        wb, first = self.wb, self.first_read
        minus_dZ = np.matmul(self.V, self.E, out=self.C)
        minus_dZ *= np.sin(self.Z, out=self.Z)
        np.matmul(minus_dZ, self.x.mT, out=wb)
        np.negative(wb[..., 0], out=self.dw)
        np.negative(wb[..., 1], out=self.db)
        if dX is not None and first < self.n_numbers:
            np.matmul(self.w[..., None, :], minus_dZ, out=self.dx[..., None, :])
            dx, dX = self.dx[..., first:, :], dX[..., first : self.n_numbers]
            np.subtract(dX.mT, dx, out=dx)  # into dX it would allocate as much memory again
            dX[:] = dx.mT

    def _as_columns(self, E: Array) -> Array:
        """Return E, (n_numbers, n_outputs, n), as the new columns of Y: a view."""
        return E.reshape(*E.shape[:-3], -1, E.shape[-1]).mT


class PiecewiseLinearEmbedding(Layer):
    """Append the place of each number x among bins: the splits of a tree, made continuous.

    ::

        e_t = clip((x - low_t) / width_t, 0, 1)      t = 1, …, n_bins: 1 above the bin, 0 below it
        Y   = [X | e of every number]
        dx  = Σ_t [0 < e_t < 1] de_t / width_t       beside what passes through

    A piecewise-linear encoding (Gorishniy et al. 2022).  The bins are not trained: ``adapt`` places
    them at quantiles of rows of the data.

    Parameters
    ----------
    n_numbers : int
        Number of columns to encode, the first ones.
    n_bins : int, default 16
        Columns to append for each number.  A number with fewer distinct values has fewer bins; the
        columns that remain are always 0.

    Raises
    ------
    ValueError
        If ``n_numbers`` or ``n_bins`` is below 1.

    Examples
    --------
    Two bins, from 0 to 4 and from 4 to 8; 6 lies in the middle of the second:

    >>> from numlp.nn import Dense, Network, adapt
    >>> network = Network([PiecewiseLinearEmbedding(1, n_bins=2), Dense(3, 3)], n_in=1)
    >>> adapt(network, np.array([[0], [4], [8]], np.float32), np.random.default_rng(0))
    >>> network.layers[1].W[:] = np.eye(3)
    >>> network.logits(np.array([[6]], np.float32))
    array([[6. , 1. , 0.5]], dtype=float32)
    """

    statistics: ClassVar[frozenset[str]] = frozenset({"low", "slope"})
    low: Array
    slope: Array
    dlow: Array
    dslope: Array
    E: Array
    dx: Array
    above: NDArray[np.bool_]
    below: NDArray[np.bool_]

    def __init__(self, n_numbers: int, n_bins: int = 16) -> None:
        _check_positive(self, "n_numbers", n_numbers)
        _check_positive(self, "n_bins", n_bins)
        self.n_numbers, self.n_bins = n_numbers, n_bins

    def build(self, n_in: int) -> int:
        _check_columns(self, self.n_numbers, n_in)
        self.n_in, self.n_out = n_in, n_in + self.n_numbers * self.n_bins
        return self.n_out

    @property
    def shapes(self) -> Mapping[str, Shape]:
        return dict.fromkeys(("low", "slope"), (self.n_numbers, self.n_bins))

    def scratch(self, n: int) -> Mapping[str, tuple[Shape, type | None]]:
        shape = (n, self.n_numbers, self.n_bins)
        return {
            "E": (shape, None),
            "dx": (shape[:2], None),
            "above": (shape, np.bool_),
            "below": (shape, np.bool_),
        }

    def init(self, *rngs: Generator) -> None:
        self.low.fill(0.0)
        self.slope.fill(0.0)

    def forward(self, X: Array, Y: Array) -> None:
        E = self.E
        E[:] = X[..., : self.n_numbers, None]
        E -= self.low[..., None, :, :]
        E *= self.slope[..., None, :, :]
        np.clip(E, 0, 1, out=E)
        Y[..., : self.n_in] = X
        Y[..., self.n_in :].reshape(E.shape)[:] = E

    def backward(self, X: Array, Y: Array, dY: Array, dX: Array | None) -> None:
        if dX is None:
            return
        f, E, dx, inside = self.n_numbers, self.E, self.dx, self.above
        np.greater(E, 0, out=self.above)
        np.less(E, 1, out=self.below)
        np.logical_and(self.above, self.below, out=inside)
        E[:] = dY[..., self.n_in :].reshape(E.shape)
        E *= inside
        E *= self.slope[..., None, :, :]
        np.add.reduce(E, axis=-1, out=dx)
        np.add(dY[..., :f], dx, out=dx)
        dX[..., :f], dX[..., f:] = dx, dY[..., f : self.n_in]


@adapt_layer.register(PiecewiseLinearEmbedding)
def place_bins(layer: PiecewiseLinearEmbedding, X: Array, *rngs: Generator) -> None:
    """Place the bins of each member between quantiles of its rows."""
    shape = len(rngs), layer.n_numbers, layer.n_bins
    layer.init()
    low, slope = layer.low.reshape(shape), layer.slope.reshape(shape)
    for m in range(len(rngs)):
        rows = X[m] if X.ndim == 3 else X
        for j, x in enumerate(rows[:, : layer.n_numbers].T):
            edges = np.unique(np.quantile(x, np.linspace(0, 1, layer.n_bins + 1)))
            n = len(edges) - 1
            low[m, j, :n], slope[m, j, :n] = edges[:-1], 1 / np.maximum(np.diff(edges), 1e-4)


class CategoryEmbedding(Layer):
    """Replace each category code by a trained vector.

    ::

        Y  = [X without its codes | T[code₁] | T[code₂] | …]
        dT[r] = Σ dY over the places that T[r] was copied to

    The codes are the last columns of X, as whole numbers; code 0 means unknown, and its vector
    starts as zeros.  One table T holds the vectors of all columns, one below another.

    Parameters
    ----------
    cardinalities : sequence of int
        Number of codes in each of the last columns: 0, 1, …, cardinality - 1.  A code outside is
        taken for the nearest.
    width : int, default 8
        Length of a vector.

    Raises
    ------
    ValueError
        If there is no column, or a cardinality or ``width`` is below 1.

    Examples
    --------
    >>> from numlp.nn import Dense, Network
    >>> network = Network([CategoryEmbedding([3], width=2), Dense(3, 3)], n_in=2)
    >>> network.layers[0].T[:] = [[0, 0], [1, 2], [3, 4]]
    >>> network.layers[1].W[:] = np.eye(3)
    >>> network.logits(np.array([[9, 2], [9, 0]], np.float32))
    array([[9., 3., 4.],
           [9., 0., 0.]], dtype=float32)
    """

    T: Array
    dT: Array
    codes: NDArray[np.int32]
    rows: NDArray[np.intp]
    E: Array

    def __init__(self, cardinalities: Sequence[int], width: int = 8) -> None:
        if not cardinalities:
            raise ValueError("CategoryEmbedding: cardinalities=[], but there has to be a column")
        for n in cardinalities:
            _check_positive(self, "a cardinality", n)
        _check_positive(self, "width", width)
        self.cardinalities, self.width = list(cardinalities), width

    def build(self, n_in: int) -> int:
        _check_columns(self, len(self.cardinalities), n_in)
        self.n_in, self.n_out = n_in, n_in + len(self.cardinalities) * (self.width - 1)
        return self.n_out

    @property
    def shapes(self) -> Mapping[str, Shape]:
        return {"T": (sum(self.cardinalities), self.width)}

    def scratch(self, n: int) -> Mapping[str, tuple[Shape, type | None]]:
        c = len(self.cardinalities)
        return {
            "codes": ((n, c), np.int32),
            "rows": ((n, c), np.intp),
            "E": ((n, c, self.width), None),
        }

    def init(self, *rngs: Generator) -> None:
        for T, rng in zip(self.T.reshape(len(rngs), *self.shapes["T"]), rngs, strict=True):
            T[:] = rng.standard_normal(T.shape)
        self.T.reshape(-1, self.width)[self._first_rows] = 0.0

    @property
    def _first_rows(self) -> NDArray[np.int32]:
        """Rows of T where the vectors of each column start; the members' tables are stacked."""
        first = np.cumsum([0, *self.cardinalities[:-1]], dtype=np.int32)
        if self.T.ndim == 2:
            return first
        n_rows = self.T.shape[-2]
        return first + np.arange(0, len(self.T) * n_rows, n_rows, dtype=np.int32)[:, None, None]

    def forward(self, X: Array, Y: Array) -> None:
        n_kept = self.n_in - len(self.cardinalities)
        codes, last = self.codes, np.subtract(self.cardinalities, 1, dtype=np.int32)
        np.copyto(codes, X[..., n_kept:], casting="unsafe")
        np.clip(codes, 0, last, out=codes)
        codes += self._first_rows
        np.copyto(self.rows, codes)
        tables = self.T.reshape(-1, self.width)
        np.take(tables, self.rows, axis=0, out=self.E, mode="clip")  # "raise" would copy E
        Y[..., :n_kept] = X[..., :n_kept]
        Y[..., n_kept:] = self.E.reshape(*Y.shape[:-1], -1)

    def backward(self, X: Array, Y: Array, dY: Array, dX: Array | None) -> None:
        n_kept = self.n_in - len(self.cardinalities)
        dE = self.E
        dE.reshape(*dY.shape[:-1], -1)[:] = dY[..., n_kept:]
        self.dT.fill(0.0)
        add_to_rows(self.dT.reshape(-1, self.width), self.rows.reshape(-1), dE)
        if dX is not None:  # a code is a name, not a quantity: its gradient is 0
            dX[..., :n_kept] = dY[..., :n_kept]
            dX[..., n_kept:] = 0.0


ADDED_AT_ONCE = 1024  # elements: their 8 KiB of indices are a temporary


def add_to_rows(T: Array, rows: NDArray[np.intp], E: Array) -> None:
    """Do ``T[rows[i]] += E[i]`` for one i after another; T and E are contiguous."""
    width = T.shape[1]
    step = max(ADDED_AT_ONCE // width, 1)
    E = E.reshape(-1, width)
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        # On single elements np.add.at takes a third of the time that it takes on rows.
        elements = rows[part, None] * width + np.arange(width)
        np.add.at(T.reshape(-1), elements.reshape(-1), E[part].reshape(-1))


def _check_positive(layer: Layer, name: str, value: int) -> None:
    if value < 1:
        raise ValueError(f"{type(layer).__name__}: {name}={value}, but it has to be at least 1")


def _check_columns(layer: Layer, n_read: int, n_in: int) -> None:
    if n_in < n_read:
        raise ValueError(f"{layer!r} reads {n_read} columns, but what comes before gives {n_in}")


class Scale(Layer):
    """Multiply each column by a trained factor, a soft choice of features.

    ::

        Y  = X ⊙ s            s starts at 1
        ds = Σᵢ X[i] ⊙ dY[i]
        dX = dY ⊙ s

    With a learning rate several times that of the weights, the net soon turns down the columns that
    tell little (Holzmüller et al. 2024).

    Examples
    --------
    >>> from numlp.nn import Dense, Network
    >>> network = Network([Scale(), Dense(2, 2)])
    >>> network.layers[0].s[:], network.layers[1].W[:] = [1, 10], np.eye(2)
    >>> network.logits(np.array([[3, 4]], np.float32))
    array([[ 3., 40.]], dtype=float32)
    """

    s: Array
    ds: Array

    @property
    def shapes(self) -> Mapping[str, Shape]:
        return {"s": (self.n_in,)}

    def init(self, *rngs: Generator) -> None:
        self.s.fill(1.0)

    def forward(self, X: Array, Y: Array) -> None:
        np.multiply(X, self.s, out=Y)

    def backward(self, X: Array, Y: Array, dY: Array, dX: Array | None) -> None:
        np.multiply(X, dY, out=Y)  # Y is not needed any more
        np.add.reduce(Y, axis=-2, out=self.ds)
        if dX is not None:
            np.multiply(dY, self.s, out=dX)
