"""Layers: each class is one formula, with its forward and backward pass side by side.

Notation, the same in every module of the engine:

    n           samples in the mini-batch
    X, Y        input (n, n_in) and output (n, n_out) of a layer; one sample per row
    W, b        weights (n_in, n_out) and bias (n_out,)
    dT          gradient of the mini-batch loss with respect to T; same shape as T
    ⊙, Σᵢ       product element by element; sum over the samples of the batch
    [c]         1 where the condition c holds, else 0

A network may train several nets of one architecture at once, its *members*.  Then every array has
their number as one more axis in front: X is (members, n, n_in), W (members, n_in, n_out).  A
formula that counts its axes from the end, rows -2 and columns -1, reads the same with and without
them: ``X.mT`` is the transpose of each member's X, ``np.matmul`` the product of each member's
matrices.  A vector is bound as (members, 1, n_out), so that it broadcasts over the rows, and its
gradient, a sum over the rows, as (members, n_out).

A layer owns no arrays.  It declares what it needs, ``shapes`` (its parameters) and ``scratch``
(working memory); the network allocates all of it at once and binds it: ``layer.W`` and
``layer.dW`` become views into the two flat vectors ``network.theta`` and ``network.grad``, and
each scratch array has just the rows of the batch at hand.  What it declares is of one member: the
network puts the members' axis in front.
"""

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from . import initializers
from .arrays import Array, Shape


class Layer:
    """One differentiable step of a network, ``Y = f(X)``; this base keeps the width.

    ``forward`` fills Y.  ``backward`` fills dX and the gradients of the layer's own parameters,
    *overwriting* them: there is no ``zero_grad`` to forget.  By the time it runs nobody needs Y
    or dY any more, so it may use both as working memory; X it must leave alone.
    """

    in_place: ClassVar[bool] = False  # may Y be the same array as X?  then backward cannot read X
    reads_Y: ClassVar[bool] = False  # does backward read Y?  then nobody may overwrite it
    statistics: ClassVar[frozenset[str]] = frozenset()  # entries of theta that are not trained
    n_in: int
    n_out: int

    def build(self, n_in: int) -> int:
        """Learn the number of inputs; return the number of outputs."""
        self.n_in = self.n_out = n_in
        return self.n_out

    @property
    def shapes(self) -> Mapping[str, Shape]:
        """Parameter name -> shape.  Matrices are decayed by L2 and weight decay, vectors not."""
        return {}

    def scratch(self, n: int) -> Mapping[str, tuple[Shape, type | None]]:
        """Buffer name -> (shape for a batch of n rows, dtype); None is the network's dtype."""
        return {}

    def fill_scratch(self) -> None:
        """Fill what of the scratch is the same for every batch; called when it has been bound."""

    def init(self, *rngs: np.random.Generator) -> None:
        """Fill the parameters with their starting values: one generator for each member."""

    def adapt(self, X: Array, *rngs: np.random.Generator) -> None:
        """Fit the starting values to the rows X that come in; see ``Network.adapt``."""

    def forward(self, X: Array, Y: Array) -> None:
        """Fill Y from X, in training."""
        raise NotImplementedError

    def predict(self, X: Array, Y: Array) -> None:
        """Fill Y from X at inference; overridden only where that differs (Dropout, BatchNorm)."""
        self.forward(X, Y)

    def backward(self, X: Array, Y: Array, dY: Array, dX: Array | None) -> None:
        """Fill dX and the gradients of the layer's parameters from dY.

        dX is None in the first layer that has parameters: below it nobody needs a gradient.
        """
        raise NotImplementedError

    @property
    def settings(self) -> dict[str, Any]:
        """The arguments that make this layer again: ``type(layer)(**layer.settings)``."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.settings.items())
        return f"{type(self).__name__}({arguments})"

    def __getstate__(self) -> dict[str, Any]:
        # Pickle and copy the description only: the arrays belong to the network.
        return {k: v for k, v in vars(self).items() if not isinstance(v, np.ndarray)}


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
        How W starts, one of ``initializers.INITIALIZERS``; b starts at zero.
    """

    W: Array
    b: Array
    dW: Array
    db: Array
    ones: Array

    def __init__(self, n_in: int, n_out: int, initializer: str = "he_normal") -> None:
        for name, width in (("n_in", n_in), ("n_out", n_out)):
            if width < 1:
                raise ValueError(f"Dense: {name}={width}, but a layer has at least 1")
        self.n_in, self.n_out = n_in, n_out
        self.initializer = initializers.check(initializer)

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

    def init(self, *rngs: np.random.Generator) -> None:
        for W, rng in zip(self.W.reshape(-1, self.n_in, self.n_out), rngs, strict=True):
            initializers.initialize(W, self.initializer, rng)
        self.b.fill(0.0)

    def adapt(self, X: Array, *rngs: np.random.Generator) -> None:
        """Make Y spread by 1, and each unit's Y zero somewhere among the rows.

        ::

            Z = X W
            W ← W / std(Z)                over the rows, (n_out,)
            b ← -Σⱼ cⱼ Z[iⱼ] / std(Z)     five rows iⱼ, weights cⱼ ≥ 0 drawn with a sum of 1

        so that the kink of the activation behind it lies where the data are (Holzmüller et al.
        2024).  A unit that is the same for all rows keeps its W.
        """
        W, b = (p.reshape(len(rngs), -1, self.n_out) for p in (self.W, self.b))
        for m, rng in enumerate(rngs):
            Z = X[m if X.ndim == 3 else ...] @ W[m]
            spread = Z.std(axis=0)
            spread[spread < 1e-3] = 1.0
            W[m] /= spread
            rows = rng.integers(len(Z), size=(5, self.n_out))
            c = rng.dirichlet(np.ones(5), self.n_out).T
            b[m] = -(c * np.take_along_axis(Z, rows, axis=0)).sum(axis=0) / spread

    def forward(self, X: Array, Y: Array) -> None:
        np.matmul(X, self.W, out=Y)
        Y += self.b

    def backward(self, X: Array, Y: Array, dY: Array, dX: Array | None) -> None:
        np.matmul(X.mT, dY, out=self.dW)
        np.matmul(self.ones, dY, out=self.db[..., None, :])  # np.add.reduce takes twice as long
        if dX is not None:
            np.matmul(dY, self.W.mT, out=dX)


class Dropout(Layer):
    """Inverted dropout (Srivastava et al. 2014); at inference it is the identity.

    ::

        M  = [U ≥ rate] / (1 - rate)      U ~ uniform on [0, 1), anew for every batch
        Y  = X ⊙ M
        dX = dY ⊙ M

    U has 16 bits, so the rate is rounded to a multiple of 1/65536.  Each member draws from the
    generator that it started from.

    Parameters
    ----------
    rate : float
        Probability of *dropping* an element, 0 <= rate < 1.  It may be changed between steps; at
        0 nothing is drawn.
    """

    in_place = True
    M: Array
    keep: NDArray[np.bool_]
    rngs: tuple[np.random.Generator, ...]

    def __init__(self, rate: float) -> None:
        if not 0 <= rate < 1:
            raise ValueError(f"Dropout: rate={rate}, but a probability of dropping is in [0, 1)")
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
        np.copyto(M, self.keep)  # and then scaled: a product of two types would be slower
        M *= 1 / (1 - self.rate)
        np.multiply(X, M, out=Y)

    def predict(self, X: Array, Y: Array) -> None:
        np.copyto(Y, X)

    def backward(self, X: Array, Y: Array, dY: Array, dX: Array | None) -> None:
        if self.rate:
            np.multiply(dY, self.M, out=dX)
        else:
            np.positive(dY, out=dX)


DRAWN_AT_ONCE = 8192  # elements of a mask: 16 KiB of random bits, a temporary


def draw_kept(keep: NDArray[np.bool_], rate: float, rng: np.random.Generator) -> None:
    """Fill keep, (size,), with [U ≥ rate]: four U of 16 bits out of one draw of 64."""
    threshold = min(round(rate * 2**16), 2**16 - 1)
    bits = rng.bit_generator
    for start in range(0, keep.size, DRAWN_AT_ONCE):
        part = keep[start : start + DRAWN_AT_ONCE]
        if isinstance(bits, np.random.MT19937):  # whose raw draws have 32 bits
            U = rng.integers(2**16, size=part.size, dtype=np.uint16)
        else:  # half the time of rng.random at (256, 256)
            U = bits.random_raw(-(-part.size // 4)).view(np.uint16)[: part.size]
        np.greater_equal(U, threshold, out=part)
