"""Dropout: a random part of the units is zero at each step of training."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, Shape
from ..layers import Layer


class Dropout(Layer):
    """Inverted dropout (Srivastava et al. 2014); the identity at inference.

    ::

        M  = [U ≥ rate] / (1 - rate)      U ~ uniform on [0, 1), drawn anew for every batch
        Y  = X ⊙ M
        dX = dY ⊙ M

    U has 16 bits, so the rate is rounded to a multiple of 1/65536.  The masks are drawn from the
    generator that ``init`` was given; each member has its own.

    Parameters
    ----------
    rate : float
        Probability of *dropping* an element, 0 <= rate < 1.  It may change between steps; at 0
        nothing is drawn.
    """

    in_place = True
    M: Array
    keep: NDArray[np.bool_]
    rngs: tuple[np.random.Generator, ...]

    def __init__(self, rate: float) -> None:
        if not 0 <= rate < 1:
            raise ValueError(f"Dropout: rate={rate}, but it has to be in [0, 1)")
        self.rate = rate

    def scratch(self, n: int) -> Mapping[str, tuple[Shape, type | None]]:
        return {"M": ((n, self.n_out), None), "keep": ((n, self.n_out), np.bool_)}

    def init(self, *rngs: np.random.Generator) -> None:
        self.rngs = rngs  # the run's own generators: restoring their state replays every mask

    def forward(self, X: Array, Y: Array) -> None:
        if not self.rate:
            np.copyto(Y, X)
            return
        M = self.M
        keep = self.keep.reshape(len(self.rngs), -1)
        for m, rng in enumerate(self.rngs):
            draw_kept(keep[m], self.rate, rng)
        np.copyto(M, self.keep)  # then scaled: a product of two types would be slower
        M *= 1 / (1 - self.rate)
        np.multiply(X, M, out=Y)

    def predict(self, X: Array, Y: Array) -> None:
        np.copyto(Y, X)

    def backward(self, X: Array, Y: Array, dY: Array, dX: Array | None) -> None:
        if self.rate:
            np.multiply(dY, self.M, out=dX)
        else:
            np.positive(dY, out=dX)


DRAWN_AT_ONCE = 8192  # elements of a mask: their 16 KiB of random bits are a temporary


def draw_kept(keep: NDArray[np.bool_], rate: float, rng: np.random.Generator) -> None:
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
