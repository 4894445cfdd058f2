"""Scale and Dense in one: the factor of an input is one of its row of weights."""

from collections.abc import Mapping

import numpy as np

from ..arrays import Array, Generator, Shape
from ..layers import Dense


class ScaledDense(Dense):
    """Fully connected layer whose inputs have a trained factor each, a soft choice of features.

    ::

        Y  = X (s ⊙ W) + b    s (n_in, 1) starts at 1
        G  = Xᵀ dY            (n_in, n_out)

        dW = s ⊙ G
        ds = Σᵤ W[:, u] ⊙ G[:, u]
        db = Σᵢ dY[i]
        dX = dY (s ⊙ W)ᵀ

    This is ``Scale`` before ``Dense``, without the passes over X: with a learning rate several
    times that of the weights, s soon turns down the columns that tell little (Holzmüller et al.
    2024).  Once trained it is a ``Dense`` with the weights ``s ⊙ W``.

    Parameters
    ----------
    n_in, n_out : int
        Number of inputs and outputs.
    initializer : str, default "he_normal"
        Rule for the starting W, one of ``INITIALIZERS``; b starts at zero.

    Raises
    ------
    ValueError
        If ``n_in`` or ``n_out`` is below 1, or there is no such initializer.

    Examples
    --------
    >>> from numlp.nn import Network
    >>> network = Network([ScaledDense(2, 2)])
    >>> layer = network.layers[0]
    >>> layer.W[:], layer.s[:] = np.eye(2), [1, 10]
    >>> network.logits(np.array([[3, 4]], np.float32))
    array([[ 3., 40.]], dtype=float32)
    """

    s: Array
    ds: Array
    sW: Array

    @property
    def shapes(self) -> Mapping[str, Shape]:
        return {**super().shapes, "s": (self.n_in,)}

    def scratch(self, n: int) -> Mapping[str, tuple[Shape, type | None]]:
        return {**super().scratch(n), "sW": ((self.n_in, self.n_out), None)}

    def init(self, *rngs: Generator) -> None:
        super().init(*rngs)
        self.s.fill(1.0)

    @property
    def _column(self) -> Array:
        """The factors as a column, beside which stands each row of W."""
        return self.s.reshape(*self.W.shape[:-1], 1)

    @property
    def scaled_weights(self) -> Array:
        """The weights ``s ⊙ W``, a new array of the shape of W."""
        return np.multiply(self.W, self._column)

    def forward(self, X: Array, Y: Array) -> None:
        np.multiply(self.W, self._column, out=self.sW)
        np.matmul(X, self.sW, out=Y)
        Y += self.b

    def backward(self, X: Array, Y: Array, dY: Array, dX: Array | None) -> None:
        if dX is not None:
            np.matmul(dY, self.sW[..., self.first_read :, :].mT, out=dX[..., self.first_read :])
        np.matmul(self.ones, dY, out=self.db[..., None, :])
        G = np.matmul(X.mT, dY, out=self.dW)
        np.multiply(self.W, G, out=self.sW)
        np.add.reduce(self.sW, axis=-1, out=self.ds)
        G *= self._column
