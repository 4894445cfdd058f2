"""Activations: functions of each element, each with its derivative beside it.

The derivatives of these four follow from Y alone, so that they work in place.
``more/activations.py`` has the others, and all of them by name.
"""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from .arrays import Array, Shape
from .layers import Layer


class Identity(Layer):
    """No activation.

    ::

        Y  = X
        dX = dY

    Examples
    --------
    >>> from numlp.nn import Dense, Network
    >>> network = Network([Dense(3, 3), Identity()])
    >>> network.layers[0].W[:] = np.eye(3)
    >>> network.logits(np.array([[-1, 0, 2]], np.float32))
    array([[-1.,  0.,  2.]], dtype=float32)
    """

    in_place = True

    def forward(self, X: Array, Y: Array) -> None:
        np.copyto(Y, X)

    def backward(self, X: Array, Y: Array, dY: Array, dX: Array | None) -> None:
        np.positive(dY, out=dX)


class ReLU(Layer):
    """Rectified linear unit (Nair & Hinton 2010).

    ::

        Y  = max(X, 0)
        dX = dY ⊙ [Y > 0]     (derivative at 0 taken as 0)

    Examples
    --------
    >>> from numlp.nn import Dense, Network
    >>> network = Network([Dense(3, 3), ReLU()])
    >>> network.layers[0].W[:] = np.eye(3)
    >>> network.logits(np.array([[-1, 0, 2]], np.float32))
    array([[0., 0., 2.]], dtype=float32)
    """

    in_place = True
    reads_Y = True
    zeros: Array
    positive: NDArray[np.bool_]

    def scratch(self, n: int) -> Mapping[str, tuple[Shape, type | None]]:
        shape = (n, self.n_out)
        return {"zeros": (shape, None), "positive": (shape, np.bool_)}

    def fill_scratch(self) -> None:
        self.zeros.fill(0.0)

    def forward(self, X: Array, Y: Array) -> None:
        np.maximum(X, self.zeros, out=Y)  # the number 0 takes three times as long

    def backward(self, X: Array, Y: Array, dY: Array, dX: Array | None) -> None:
        # Multiplying by a mask is 14x faster than ``dY[Y == 0] = 0`` at (128, 256).
        np.greater(Y, 0, out=self.positive)
        np.multiply(dY, self.positive, out=dX)


class Tanh(Layer):
    """Hyperbolic tangent.

    ::

        Y  = tanh(X)
        dX = dY ⊙ (1 - Y²)

    Examples
    --------
    >>> from numlp.nn import Dense, Network
    >>> network = Network([Dense(3, 3), Tanh()])
    >>> network.layers[0].W[:] = np.eye(3)
    >>> network.logits(np.array([[-1, 0, 2]], np.float32)).round(3)
    array([[-0.762,  0.   ,  0.964]], dtype=float32)
    """

    in_place = True
    reads_Y = True

    def forward(self, X: Array, Y: Array) -> None:
        np.tanh(X, out=Y)

    def backward(self, X: Array, Y: Array, dY: Array, dX: Array | None) -> None:
        np.multiply(Y, Y, out=Y)
        np.subtract(1, Y, out=Y)
        np.multiply(dY, Y, out=dX)


# exp overflows above this number; σ is 0 but for rounding below its negative
EXP_END = {np.dtype(t): math.log(np.finfo(t).max) - 1 for t in (np.float32, np.float64)}


def sigmoid(X: Array, Y: Array) -> None:
    """Fill Y with 1 / (1 + exp(-X)), -X cut where exp would overflow; Y may be X."""
    np.negative(X, out=Y)
    np.minimum(Y, EXP_END[Y.dtype], out=Y)
    np.exp(Y, out=Y)
    Y += 1
    np.reciprocal(Y, out=Y)


class Sigmoid(Layer):
    """Logistic function.

    ::

        Y  = σ(X) = 1 / (1 + exp(-X))
        dX = dY ⊙ Y ⊙ (1 - Y)

    Examples
    --------
    >>> from numlp.nn import Dense, Network
    >>> network = Network([Dense(3, 3), Sigmoid()])
    >>> network.layers[0].W[:] = np.eye(3)
    >>> network.logits(np.array([[-1, 0, 2]], np.float32)).round(3)
    array([[0.269, 0.5  , 0.881]], dtype=float32)
    """

    in_place = True
    reads_Y = True
    D: Array

    def scratch(self, n: int) -> Mapping[str, tuple[Shape, type | None]]:
        return {"D": ((n, self.n_out), None)}

    def forward(self, X: Array, Y: Array) -> None:
        sigmoid(X, Y)

    def backward(self, X: Array, Y: Array, dY: Array, dX: Array | None) -> None:
        np.subtract(1, Y, out=self.D)
        self.D *= Y
        np.multiply(dY, self.D, out=dX)
