"""Scale: one trained factor for each input."""

from collections.abc import Mapping

import numpy as np

from .arrays import Array, Shape
from .layers import Layer


class Scale(Layer):
    """Multiply each column by a trained factor: a soft choice of features.

    ::

        Y  = X ⊙ s            s starts at 1
        ds = Σᵢ X[i] ⊙ dY[i]
        dX = dY ⊙ s

    With a learning rate several times that of the weights behind it, the net soon turns down the
    columns that say little (Holzmüller et al. 2024).
    """

    s: Array
    ds: Array

    @property
    def shapes(self) -> Mapping[str, Shape]:
        return {"s": (self.n_in,)}

    def init(self, *rngs: np.random.Generator) -> None:
        self.s.fill(1.0)

    def forward(self, X: Array, Y: Array) -> None:
        np.multiply(X, self.s, out=Y)

    def backward(self, X: Array, Y: Array, dY: Array, dX: Array | None) -> None:
        np.multiply(X, dY, out=Y)  # nobody needs Y any more
        np.add.reduce(Y, axis=-2, out=self.ds)
        if dX is not None:
            np.multiply(dY, self.s, out=dX)
