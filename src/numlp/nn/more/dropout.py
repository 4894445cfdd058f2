"""Dropout: a random part of the units is zero at each step of training."""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, Generator, Shape
from ..layers import Layer


class Dropout(Layer):
    """Inverted dropout (Srivastava et al. 2014); the identity at inference.

    ::

        M  = [U ≥ rate] / (1 - rate)      U ~ uniform on [0, 1)
        Y  = X ⊙ M
        dX = dY ⊙ M

    U has 16 bits, so the rate is rounded to a multiple of 1/65536.  The masks are drawn from the
    generator that ``init`` was given; each member has its own.  To draw them for each batch took a
    tenth of a step: up to ``POOLED`` batches of an epoch, of one size, take windows of one pool,
    which is as long as two masks.  A window begins an odd number of elements after the last one, so
    that no unit meets the same mask at the same row again.  The second mask is drawn when a second
    batch comes.

    Parameters
    ----------
    rate : float
        Probability of *dropping* an element, 0 <= rate < 1.  It may change between steps; at 0
        nothing is drawn.

    Raises
    ------
    ValueError
        If ``rate`` is not in [0, 1).

    Examples
    --------
    >>> from numlp.nn import Dense, Network, trace
    >>> network = Network([Dropout(0.5), Dense(4, 1)])
    >>> network.init(np.random.default_rng(0))
    >>> X = np.ones((3, 4), np.float32)
    >>> Y = trace(network, X, np.zeros(3, int)).layers[0].Y  # in training
    >>> np.unique(Y)
    array([0., 2.], dtype=float32)
    """

    in_place = True
    M: Array
    pool: Array
    keep: NDArray[np.bool_]
    rngs: tuple[Generator, ...]
    drawn_for: float  # the rate of the pool; NaN before one is drawn
    n_taken: int  # windows of it so far

    def __init__(self, rate: float) -> None:
        if not 0 <= rate < 1:
            raise ValueError(f"Dropout: rate={rate}, but it has to be in [0, 1)")
        self.rate = rate

    def scratch(self, n: int) -> Mapping[str, tuple[Shape, type | None]]:
        return {"pool": ((2 * n * self.n_out,), None), "keep": ((2 * n * self.n_out,), np.bool_)}

    def fill_scratch(self) -> None:
        self.drawn_for, self.n_taken = math.nan, 0

    def init(self, *rngs: Generator) -> None:
        self.rngs = rngs  # the run's own generators: restoring their state replays every mask

    def forward(self, X: Array, Y: Array) -> None:
        if not self.rate:
            np.copyto(Y, X)
            return
        size = X.shape[-2] * X.shape[-1]
        if self.rate != self.drawn_for or self.n_taken == POOLED:
            self.drawn_for, self.n_taken = self.rate, 0
        if self.n_taken < 2:  # the first window is the first mask; later ones reach into the second
            self._draw(slice(self.n_taken * size, (self.n_taken + 1) * size))
        start = self.n_taken * (int(GOLDEN * size) | 1) % size
        self.n_taken += 1
        self.M = self.pool[..., start : start + size].reshape(X.shape)
        np.multiply(X, self.M, out=Y)

    def _draw(self, part: slice) -> None:
        """Fill a part of the pool with a mask."""
        pools, keeps = (a.reshape(len(self.rngs), -1)[:, part] for a in (self.pool, self.keep))
        # Member by member, as of rows that are apart NumPy would cast by way of a buffer.
        for pool, keep, rng in zip(pools, keeps, self.rngs, strict=True):
            draw_kept(keep, self.rate, rng)
            np.copyto(pool, keep)  # then scaled: a product of two types would be slower
            pool *= 1 / (1 - self.rate)

    def follow(self, other: "Dropout") -> None:
        """Go on with the masks of ``other``, where it has some for as many rows.

        Parameters
        ----------
        other : Dropout
            The same layer of another network.
        """
        pool = getattr(other, "pool", None)
        if pool is not None and pool.shape == self.pool.shape:
            np.copyto(self.pool, pool)
            self.drawn_for, self.n_taken = other.drawn_for, other.n_taken

    def predict(self, X: Array, Y: Array) -> None:
        np.copyto(Y, X)

    def backward(self, X: Array, Y: Array, dY: Array, dX: Array | None) -> None:
        if self.rate:
            np.multiply(dY, self.M, out=dX)
        else:
            np.positive(dY, out=dX)


POOLED = 16  # batches that take their masks from one pool
GOLDEN = (math.sqrt(5) - 1) / 2  # of a mask, from one window to the next: so they lie far apart
DRAWN_AT_ONCE = 8192  # elements of a mask: their 16 KiB of random bits are a temporary


def draw_kept(keep: NDArray[np.bool_], rate: float, rng: Generator) -> None:
    """Fill keep, (size,), with [U ≥ rate]; a draw of 64 bits gives four U of 16."""
    threshold = min(round(rate * 2**16), 2**16 - 1)
    bits = rng.bit_generator
    for start in range(0, keep.size, DRAWN_AT_ONCE):
        part = keep[start : start + DRAWN_AT_ONCE]
        if isinstance(bits, np.random.MT19937):  # its raw draws have 32 bits
            U = rng.integers(2**16, size=part.size, dtype=np.uint16)
        else:  # half the time of rng.random at (256, 256)
            U = bits.random_raw(-(-part.size // 4)).view(np.uint16)[: part.size]
        np.greater_equal(U, threshold, out=part)
