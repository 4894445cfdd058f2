"""SparseInput: the first layer of a net that learns from a sparse matrix."""

import numpy as np

from ..arrays import Array
from ..layers import Dense
from .sparse_matrix import SparseMatrix


class SparseInput(Dense):
    """Fully connected layer whose input is a ``SparseMatrix``: the first layer of one ``Network``.

    ::

        Y  = S W + b          (n, n_out) = (n, n_in) (n_in, n_out) + (n_out,)

        dW = Sᵀ dY            (n_in, n_out)
        db = Σᵢ dY[i]         (n_out,)

    It computes what ``Dense`` does, in the time that the elements of S take that are not zero.  S
    has no gradient, so no layer may stand before this one.

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
    >>> network = Network([SparseInput(3, 2)])
    >>> network.init(np.random.default_rng(0))
    >>> S = SparseMatrix.from_dense(np.eye(3, dtype=np.float32))
    >>> bool((network.logits(S) == network.layers[0].W).all())
    True
    """

    def forward(self, X: SparseMatrix, Y: Array) -> None:  # type: ignore[override]
        X.times(self.W, out=Y)
        Y += self.b

    def backward(  # type: ignore[override]
        self, X: SparseMatrix, Y: Array, dY: Array, dX: Array | None
    ) -> None:
        if dX is not None:
            raise ValueError("SparseInput has to be the first layer: a sparse X has no gradient")
        X.transposed_times(dY, out=self.dW)
        np.matmul(self.ones, dY, out=self.db[None, :])
