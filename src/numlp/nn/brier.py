"""Brier score: the squared error of probabilities, as a loss."""

from collections.abc import Mapping

import numpy as np

from .activations import sigmoid
from .arrays import Array, Labels, Shape
from .losses import Loss, SoftmaxLoss, check_indicators, check_smoothing


class SigmoidSquaredError(Loss):
    """Squared error of probabilities, one output or several (the Brier score, Brier 1950).

    ::

        P = σ(Z)
        t = (1 - s) y + s/2                                   s: label smoothing
        L = Σᵢ uᵢ Σₖ (P - t)²[i, k]
        dZ = 2 u ⊙ (P - t) ⊙ P ⊙ (1 - P)

    A row is never worth more than 1, so wrong labels pull less than with cross-entropy, and a
    confident mistake is unlearned slowly.  y as for ``SigmoidCrossEntropy``.

    Parameters
    ----------
    label_smoothing : float, default 0.0
        s, in [0, 1).
    """

    D: Array
    S: Array
    sample_loss: Array

    def __init__(self, label_smoothing: float = 0.0) -> None:
        self.label_smoothing = check_smoothing(label_smoothing)

    def scratch(self, n: int, n_out: int) -> Mapping[str, tuple[Shape, type | None]]:
        full = ((n, n_out), None)
        return {"D": full, "S": full, "sample_loss": ((n,), None)}

    def check_targets(self, y: Labels, n_out: int) -> None:
        super().check_targets(y, n_out)
        check_indicators(y)

    def activate(self, Z: Array) -> None:
        sigmoid(Z, Z)

    def forward(self, Z: Array, y: Labels, weight: Array | None) -> float:
        self.activate(Z)
        np.multiply(y.reshape(Z.shape), 1 - self.label_smoothing, out=self.D)
        self.D += self.label_smoothing / 2
        np.subtract(Z, self.D, out=self.D)
        np.einsum("ik,ik->i", self.D, self.D, out=self.sample_loss)
        return self._mean(self.sample_loss, weight)

    def backward(self, P: Array, y: Labels, dZ: Array) -> None:
        np.subtract(1, P, out=self.S)
        self.S *= P
        np.multiply(self.D, self.S, out=dZ)
        dZ *= 2
        dZ *= self.u


class SoftmaxSquaredError(SoftmaxLoss):
    """Squared error of the probabilities of several classes (the Brier score, Brier 1950).

    ::

        P = softmax(Z)
        t = (1 - s) onehot(y) + s/K                           s: label smoothing
        L = Σᵢ uᵢ Σₖ (P - t)²[i, k]
        dZ = 2 u ⊙ P ⊙ (D - Σₖ (D ⊙ P)[:, k])                 D = P - t

    y as for ``SoftmaxCrossEntropy``.

    Parameters
    ----------
    label_smoothing : float, default 0.0
        s, in [0, 1).
    """

    D: Array
    S: Array
    sample_loss: Array

    def __init__(self, label_smoothing: float = 0.0) -> None:
        self.label_smoothing = check_smoothing(label_smoothing)

    def scratch(self, n: int, n_out: int) -> Mapping[str, tuple[Shape, type | None]]:
        full = ((n, n_out), None)
        own = {"D": full, "S": full, "sample_loss": ((n,), None)}
        return {**super().scratch(n, n_out), **own}

    def forward(self, Z: Array, y: Labels, weight: Array | None) -> float:
        self.activate(Z)
        np.subtract(Z, self.label_smoothing / Z.shape[1], out=self.D)
        self.D[self.rows, y] -= 1 - self.label_smoothing
        np.einsum("ik,ik->i", self.D, self.D, out=self.sample_loss)
        return self._mean(self.sample_loss, weight)

    def backward(self, P: Array, y: Labels, dZ: Array) -> None:
        np.multiply(self.D, P, out=self.S)
        np.add.reduce(self.S, axis=1, out=self.total)
        np.subtract(self.D, self.total[:, None], out=dZ)
        dZ *= P
        dZ *= 2
        dZ *= self.u
