"""Normalisation layers: centre and scale the inputs, then learn another centre and scale."""

from collections.abc import Mapping

import numpy as np

from ..arrays import Array, Generator, Shape
from ..layers import Layer

BLOCK_ROWS = 1024  # added up in the type of the network; the sums of blocks in float64


class Normalization(Layer):
    """A layer that makes X̂ of mean 0 and variance 1, then ``Y = γ ⊙ X̂ + β``."""

    in_place = True  # backward reads X̂, neither X nor Y
    gamma: Array
    beta: Array
    dgamma: Array
    dbeta: Array
    X_hat: Array
    mean: Array
    variance: Array
    inv_std: Array

    def __init__(self, eps: float = 1e-5) -> None:
        if not eps > 0:
            raise ValueError(f"{type(self).__name__}: eps={eps}, but it has to be positive")
        self.eps = eps

    @property
    def shapes(self) -> Mapping[str, Shape]:
        return {"gamma": (self.n_out,), "beta": (self.n_out,)}

    def init(self, *rngs: Generator) -> None:
        self.gamma.fill(1.0)
        self.beta.fill(0.0)

    def _normalize(self, X: Array, axis: int, Y: Array) -> None:
        """Compute X̂ = (X - mean) / √(variance + ε) along ``axis``; Y is only working memory."""
        mean(X, axis, self.mean)
        np.subtract(X, self.mean, out=self.X_hat)
        np.multiply(self.X_hat, self.X_hat, out=Y)
        mean(Y, axis, self.variance)
        np.add(self.variance, self.eps, out=self.inv_std)
        np.sqrt(self.inv_std, out=self.inv_std)
        np.reciprocal(self.inv_std, out=self.inv_std)
        self.X_hat *= self.inv_std

    def _scale_and_shift(self, Y: Array) -> None:
        np.multiply(self.X_hat, self.gamma, out=Y)
        Y += self.beta

    def _parameter_gradients(self, dY: Array, Y: Array) -> None:
        """Compute dγ = Σᵢ (dY ⊙ X̂)[i] and dβ = Σᵢ dY[i]; Y is only working memory."""
        np.multiply(dY, self.X_hat, out=Y)
        sum_rows(Y, self.dgamma)
        sum_rows(dY, self.dbeta)

    def _input_gradient(self, axis: int, Y: Array, dY: Array, dX: Array) -> None:
        """Compute dX = inv_std ⊙ (dX̂ - mean(dX̂) - X̂ ⊙ mean(dX̂ ⊙ X̂)); dY becomes dX̂ = dY ⊙ γ."""
        dY *= self.gamma
        np.multiply(dY, self.X_hat, out=Y)
        mean(Y, axis, self.mean)
        np.multiply(self.X_hat, self.mean, out=Y)
        mean(dY, axis, self.mean)
        np.subtract(dY, self.mean, out=dX)
        dX -= Y
        dX *= self.inv_std


class BatchNorm(Normalization):
    """Batch normalisation (Ioffe & Szegedy 2015): each column, over the rows of the batch.

    ::

        mean = (1/n) Σᵢ X[i]              variance = (1/n) Σᵢ (X[i] - mean)²
        X̂    = (X - mean) / √(variance + ε)
        Y    = γ ⊙ X̂ + β

        dγ   = Σᵢ (dY ⊙ X̂)[i]             dβ = Σᵢ dY[i]
        dX̂   = dY ⊙ γ
        dX   = (dX̂ - mean(dX̂) - X̂ ⊙ mean(dX̂ ⊙ X̂)) / √(variance + ε)

    Inference uses running averages r in place of the batch's own mean and variance, so that the
    prediction of a row does not depend on the other rows: ``r ← (1 - momentum) r + momentum ·
    batch``, where the variance of the batch is divided by n - 1.  The averages lie in ``theta``,
    with a gradient that is always zero: the best epoch, a checkpoint and an average over machines
    carry them along.  Sample weights do not enter the statistics.

    Parameters
    ----------
    momentum : float, default 0.1
        Weight of each new batch in the running averages, in (0, 1].
    eps : float, default 1e-5
        ε > 0, added to the variance.

    Raises
    ------
    ValueError
        If ``momentum`` is not in (0, 1], or ``eps`` is not positive.

    Examples
    --------
    >>> from numlp.nn import Dense, Network, trace
    >>> network = Network([BatchNorm(), Dense(3, 2)])
    >>> network.init(np.random.default_rng(0))
    >>> X = np.array([[1, 2, 0], [3, 8, 4]], np.float32)
    >>> trace(network, X, np.zeros(len(X), int)).layers[0].Y.round(2)
    array([[-1., -1., -1.],
           [ 1.,  1.,  1.]], dtype=float32)
    """

    statistics = frozenset({"running_mean", "running_var"})
    running_mean: Array
    running_var: Array

    def __init__(self, momentum: float = 0.1, eps: float = 1e-5) -> None:
        super().__init__(eps)
        if not 0 < momentum <= 1:
            raise ValueError(f"BatchNorm: momentum={momentum}, but it has to be in (0, 1]")
        self.momentum = momentum

    @property
    def shapes(self) -> Mapping[str, Shape]:
        return {**super().shapes, "running_mean": (self.n_out,), "running_var": (self.n_out,)}

    def scratch(self, n: int) -> Mapping[str, tuple[Shape, type | None]]:
        column = ((1, self.n_out), None)
        return {
            "X_hat": ((n, self.n_out), None),
            "mean": column,
            "variance": column,
            "inv_std": column,
        }

    def init(self, *rngs: Generator) -> None:
        super().init(*rngs)
        self.running_mean.fill(0.0)
        self.running_var.fill(1.0)

    def forward(self, X: Array, Y: Array) -> None:
        n = X.shape[-2]
        self._normalize(X, -2, Y)
        self._scale_and_shift(Y)

        self.variance *= n / max(n - 1, 1)  # unbiased; a single row has variance 0
        for running, batch in (
            (self.running_mean, self.mean),
            (self.running_var, self.variance),
        ):
            running *= 1 - self.momentum
            batch *= self.momentum
            running += batch.reshape(running.shape)

    def predict(self, X: Array, Y: Array) -> None:
        np.subtract(X, self.running_mean, out=Y)
        np.add(self.running_var, self.eps, out=self.inv_std)
        np.sqrt(self.inv_std, out=self.inv_std)
        Y /= self.inv_std
        Y *= self.gamma
        Y += self.beta

    def backward(self, X: Array, Y: Array, dY: Array, dX: Array | None) -> None:
        self._parameter_gradients(dY, Y)
        if dX is not None:
            self._input_gradient(-2, Y, dY, dX)


class LayerNorm(Normalization):
    """Layer normalisation (Ba, Kiros & Hinton 2016): each row, over its columns.

    ::

        mean = (1/n_in) Σⱼ X[:, j]        variance = (1/n_in) Σⱼ (X[:, j] - mean)²
        X̂    = (X - mean) / √(variance + ε)
        Y    = γ ⊙ X̂ + β

        dγ   = Σᵢ (dY ⊙ X̂)[i]             dβ = Σᵢ dY[i]
        dX̂   = dY ⊙ γ
        dX   = (dX̂ - mean(dX̂) - X̂ ⊙ mean(dX̂ ⊙ X̂)) / √(variance + ε)

    Parameters
    ----------
    eps : float, default 1e-5
        ε > 0, added to the variance.

    Raises
    ------
    ValueError
        If ``eps`` is not positive.

    Examples
    --------
    >>> from numlp.nn import Dense, Network, trace
    >>> network = Network([LayerNorm(), Dense(3, 2)])
    >>> network.init(np.random.default_rng(0))
    >>> X = np.array([[1, 2, 3], [4, 8, 12]], np.float32)
    >>> trace(network, X, np.zeros(len(X), int)).layers[0].Y.round(2)
    array([[-1.22,  0.  ,  1.22],
           [-1.22,  0.  ,  1.22]], dtype=float32)
    """

    def scratch(self, n: int) -> Mapping[str, tuple[Shape, type | None]]:
        row = ((n, 1), None)
        return {
            "X_hat": ((n, self.n_out), None),
            "mean": row,
            "variance": row,
            "inv_std": row,
        }

    def forward(self, X: Array, Y: Array) -> None:
        self._normalize(X, -1, Y)
        self._scale_and_shift(Y)

    def backward(self, X: Array, Y: Array, dY: Array, dX: Array | None) -> None:
        self._parameter_gradients(dY, Y)
        if dX is not None:
            self._input_gradient(-1, Y, dY, dX)


def sum_rows(X: Array, out: Array) -> None:
    """Put Σᵢ X[i] into ``out``.

    NumPy adds row after row, so that over a million of them float32 loses a thousandth of the sum.
    """
    n = X.shape[-2]
    if n <= BLOCK_ROWS:
        np.sum(X, axis=-2, out=out)
        return
    total = np.zeros(out.shape)
    for start in range(0, n, BLOCK_ROWS):
        total += X[..., start : start + BLOCK_ROWS, :].sum(axis=-2)
    out[...] = total


def mean(X: Array, axis: int, out: Array) -> None:
    """Put the mean of X along ``axis``, its rows (-2) or its columns (-1), into ``out``."""
    if axis == -1:
        np.mean(X, axis=-1, out=out, keepdims=True)
        return
    sum_rows(X, out[..., 0, :])
    out /= X.shape[-2]
