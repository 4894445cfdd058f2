"""Layers: each class is one formula, with its forward and backward pass side by side.

Notation, the same in every module of the engine:

    n           samples in the mini-batch
    X, Y        input (n, n_in) and output (n, n_out) of a layer; one sample per row
    W, b        weights (n_in, n_out) and bias (n_out,)
    dT          gradient of the mini-batch loss with respect to T; same shape as T
    ⊙, Σᵢ       product element by element; sum over the samples of the batch
    [c]         1 where the condition c holds, else 0

``Members`` trains k nets of the same layers at once.  There every array has k as one more axis in
front: X is (k, n, n_in), W is (k, n_in, n_out).  A formula that counts its axes from the end, rows
-2 and columns -1, reads the same for one net and for many: ``X.mT`` is the transpose of each
member's X, ``np.matmul`` the product of each member's matrices.  A vector is bound as
(k, 1, n_out), so that it broadcasts over the rows, and its gradient as (k, n_out).

A layer owns no arrays.  It declares what it needs, ``shapes`` (its parameters) and ``scratch``
(working memory); the network allocates all of it at once and binds it: ``layer.W`` and
``layer.dW`` become views into the two flat vectors ``network.theta`` and ``network.grad``, and
each scratch array has just the rows of the batch at hand.  A layer declares the shapes of one net:
``Members`` puts its axis in front.
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from .arrays import Array, Generator, Shape
from .described import Described
from .initializers import check, initialize


class Layer(Described):
    """One differentiable step of a network, ``Y = f(X)``; this base class keeps the width.

    ``forward`` fills Y.  ``backward`` fills dX and the gradients of the layer's own parameters,
    *overwriting* them: there is no ``zero_grad`` to forget.  By the time ``backward`` runs nobody
    needs Y or dY any more, so it may use both as working memory; it must leave X as it is.

    Attributes
    ----------
    in_place : bool
        Whether Y may be the same array as X; then ``backward`` cannot read X.  False by default.
    reads_Y : bool
        Whether ``backward`` reads Y; then no other layer overwrites Y.  False by default.
    statistics : frozenset of str
        Names of parameters that are not trained; none by default.
    n_in, n_out : int
        Columns of X and of Y.
    first_read : int
        First column of X whose gradient in dX is used, 0 by default; ``backward`` need not fill
        the columns of dX before it.

    Examples
    --------
    >>> class Double(Layer):  # Y = 2 X, dX = 2 dY
    ...     def forward(self, X, Y):
    ...         np.multiply(X, 2, out=Y)
    ...     def backward(self, X, Y, dY, dX):
    ...         np.multiply(dY, 2, out=dX)
    >>> from numlp.nn import Network
    >>> network = Network([Dense(2, 2), Double()])
    >>> network.layers[0].W[:] = np.eye(2)
    >>> network.logits(np.array([[1, 2]], np.float32))
    array([[2., 4.]], dtype=float32)
    """

    in_place: ClassVar[bool] = False  # may Y be the same array as X?  then backward cannot read X
    reads_Y: ClassVar[bool] = False  # does backward read Y?  then no other layer may overwrite Y
    statistics: ClassVar[frozenset[str]] = frozenset()  # entries of theta that are not trained
    n_in: int
    n_out: int
    first_read: int = 0  # first column of X whose gradient is used

    def build(self, n_in: int) -> int:
        """Note the number of inputs; return the number of outputs.

        Parameters
        ----------
        n_in : int
            Columns of X.

        Returns
        -------
        int
            Columns of Y.

        Raises
        ------
        ValueError
            If a layer that was made for another number of inputs, such as Dense, gets n_in of them.
        """
        self.n_in = self.n_out = n_in
        return self.n_out

    @property
    def shapes(self) -> Mapping[str, Shape]:
        """Parameter name -> shape in one net; empty by default.

        L2 and weight decay shrink matrices, not vectors.
        """
        return {}

    def scratch(self, n: int) -> Mapping[str, tuple[Shape, type | None]]:
        """Buffer name -> (shape for a batch of n rows, dtype); None is the network's dtype.

        Parameters
        ----------
        n : int
            Rows of the batch.

        Returns
        -------
        mapping of str to (shape, dtype)
            What the network binds as attributes of these names; empty by default.
        """
        return {}

    def fill_scratch(self) -> None:
        """Fill the scratch that is the same for every batch; called whenever it is bound."""

    def init(self, *rngs: Generator) -> None:
        """Fill the parameters with their starting values, from one generator for each net.

        Parameters
        ----------
        *rngs : numpy Generator
            One for each net, in the order of ``Members``.
        """

    def forward(self, X: Array, Y: Array) -> None:
        """Fill Y from X in training.

        Parameters
        ----------
        X : Array of shape (n, n_in), or (k, n, n_in) in ``Members``
            Input; it keeps its values, unless Y is the same array.
        Y : Array of shape (n, n_out), or (k, n, n_out)
            Filled with the output.
        """
        raise NotImplementedError

    def predict(self, X: Array, Y: Array) -> None:
        """Fill Y from X at inference; overridden only where that differs (Dropout, BatchNorm).

        Parameters
        ----------
        X : Array of shape (n, n_in), or (k, n, n_in) in ``Members``
            Input; it keeps its values, unless Y is the same array.
        Y : Array of shape (n, n_out), or (k, n, n_out)
            Filled with the output.
        """
        self.forward(X, Y)

    def backward(self, X: Array, Y: Array, dY: Array, dX: Array | None) -> None:
        """Fill dX and the gradients of the layer's parameters from dY.

        dX is None in the first layer that has parameters: below it nobody needs a gradient.

        Parameters
        ----------
        X : Array of shape (n, n_in), or (k, n, n_in) in ``Members``
            The input of ``forward``, or its output where the layer works in place.
        Y : Array of shape (n, n_out), or (k, n, n_out)
            The output of ``forward``, for the last time: the layer may write into it.
        dY : Array of the shape of Y
            Gradient for Y; the layer may write into it.
        dX : Array of the shape of X, or None
            Filled with the gradient for X.
        """
        raise NotImplementedError


class Dense(Layer):
    """Fully connected layer.

    ::

        Y  = X W + b          (n, n_out) = (n, n_in) (n_in, n_out) + (n_out,)

        dW = Xᵀ dY            (n_in, n_out)
        db = Σᵢ dY[i]         (n_out,)
        dX = dY Wᵀ            (n, n_in)

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
    >>> network = Network([Dense(2, 3)])
    >>> network.layers[0].W[:] = [[1, 0, 2], [0, 1, 2]]
    >>> network.layers[0].b[:] = [0, 0, 1]
    >>> network.logits(np.array([[1, 2]], np.float32))
    array([[1., 2., 7.]], dtype=float32)
    """

    W: Array
    b: Array
    dW: Array
    db: Array
    ones: Array

    def __init__(self, n_in: int, n_out: int, initializer: str = "he_normal") -> None:
        for name, width in (("n_in", n_in), ("n_out", n_out)):
            if width < 1:
                raise ValueError(f"Dense: {name}={width}, but it has to be at least 1")
        self.n_in, self.n_out = n_in, n_out
        self.initializer = check(initializer)

    def build(self, n_in: int) -> int:
        if n_in != self.n_in:
            raise ValueError(
                f"{self!r} takes {self.n_in} inputs, but what comes before gives {n_in}"
            )
        return self.n_out

    @property
    def shapes(self) -> Mapping[str, Shape]:
        return {"W": (self.n_in, self.n_out), "b": (self.n_out,)}

    def scratch(self, n: int) -> Mapping[str, tuple[Shape, type | None]]:
        return {"ones": ((1, n), None)}

    def fill_scratch(self) -> None:
        self.ones.fill(1.0)

    def init(self, *rngs: Generator) -> None:
        for W, rng in zip(self.W.reshape(-1, self.n_in, self.n_out), rngs, strict=True):
            initialize(W, self.initializer, rng)
        self.b.fill(0.0)

    def forward(self, X: Array, Y: Array) -> None:
        np.matmul(X, self.W, out=Y)
        Y += self.b

    def backward(self, X: Array, Y: Array, dY: Array, dX: Array | None) -> None:
        np.matmul(X.mT, dY, out=self.dW)
        np.matmul(self.ones, dY, out=self.db[..., None, :])  # np.add.reduce takes twice as long
        if dX is not None:
            np.matmul(dY, self.W[..., self.first_read :, :].mT, out=dX[..., self.first_read :])
