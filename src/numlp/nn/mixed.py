"""MixedSELU: an activation whose strength each unit learns."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from .activations import SELU
from .arrays import Array, Shape
from .layers import Layer

λ, α = SELU.scale, SELU.alpha


class MixedSELU(Layer):
    """SELU and the identity, mixed by a trained share for each unit (Holzmüller et al. 2024).

    ::

        D  = selu(X) - X
        Y  = X + a D                      a starts at 1, which is SELU
        da = Σᵢ D[i] ⊙ dY[i]
        dX = dY ⊙ (1 + a (selu'(X) - 1))

        P        = min(X, 0)
        E        = λ α (e^P - 1)
        selu(X)  = λ (X - P) + E
        selu'(X) = λ α + E + (λ - λ α) [X > 0]
    """

    a: Array
    da: Array
    D: Array
    E: Array
    positive: NDArray[np.bool_]

    @property
    def shapes(self) -> Mapping[str, Shape]:
        return {"a": (self.n_in,)}

    def scratch(self, n: int) -> Mapping[str, tuple[Shape, type | None]]:
        shape = (n, self.n_in)
        return {"D": (shape, None), "E": (shape, None), "positive": (shape, np.bool_)}

    def init(self, *rngs: np.random.Generator) -> None:
        self.a.fill(1.0)

    def forward(self, X: Array, Y: Array) -> None:
        D, E = self.D, self.E
        Y.fill(0.0)
        P = np.minimum(X, Y, out=E)  # with zeros, not 0: half the time
        np.multiply(P, -λ, out=D)
        np.expm1(P, out=E)
        E *= λ * α
        D += E
        np.multiply(X, λ - 1, out=Y)
        D += Y
        np.multiply(D, self.a, out=Y)
        Y += X

    def backward(self, X: Array, Y: Array, dY: Array, dX: Array | None) -> None:
        D, E = self.D, self.E
        np.einsum("...ij,...ij->...j", D, dY, out=self.da)
        if dX is None:
            return
        np.greater(X, 0, out=self.positive)
        np.copyto(D, self.positive)  # and then scaled: a product of two types would be slower
        D *= λ - λ * α
        E += D
        E += λ * α - 1
        E *= self.a
        E += 1
        np.multiply(E, dY, out=dX)
