"""Focal loss: cross-entropy that looks away from rows that are already easy."""

from collections.abc import Mapping

import numpy as np

from .activations import sigmoid
from .arrays import Array, Labels, Shape
from .losses import Loss, SoftmaxLoss, check_indicators


class SigmoidFocal(Loss):
    """Focal loss of one output or several (Lin et al. 2017): easy rows count for little.

    ::

        P = σ(Z)                      q = P where y is 1, else 1 - P
        L = Σᵢ uᵢ Σₖ -((1 - q)^γ log q)[i, k]
        dZ = u ⊙ ± (1 - q)^γ ⊙ (γ q log q - (1 - q))          + where y is 1, else -

    with log q = -log(1 + exp(∓Z)), which never meets 0.  y as for ``SigmoidCrossEntropy``.

    Parameters
    ----------
    gamma : float, default 2.0
        γ >= 0; 0 is cross-entropy.
    """

    sign: Array
    q: Array
    log_q: Array
    far: Array
    S: Array
    sample_loss: Array

    def __init__(self, gamma: float = 2.0) -> None:
        self.gamma = _check_gamma(gamma)

    def scratch(self, n: int, n_out: int) -> Mapping[str, tuple[Shape, type | None]]:
        full = ((n, n_out), None)
        return {
            "sign": full,
            "q": full,
            "log_q": full,
            "far": full,
            "S": full,
            "sample_loss": ((n,), None),
        }

    def check_targets(self, y: Labels, n_out: int) -> None:
        super().check_targets(y, n_out)
        check_indicators(y)

    def activate(self, Z: Array) -> None:
        sigmoid(Z, Z)

    def forward(self, Z: Array, y: Labels, weight: Array | None) -> float:
        np.multiply(y.reshape(Z.shape), 2.0, out=self.sign, casting="unsafe")
        self.sign -= 1
        np.multiply(self.sign, Z, out=self.log_q)
        sigmoid(self.log_q, self.q)
        np.negative(self.log_q, out=self.log_q)
        sigmoid(self.log_q, self.far)  # 1 - q, to the last digit
        np.logaddexp(0, self.log_q, out=self.log_q)
        np.negative(self.log_q, out=self.log_q)
        np.power(self.far, self.gamma, out=self.S)
        self.S *= self.log_q
        np.sum(self.S, axis=1, out=self.sample_loss)
        np.negative(self.sample_loss, out=self.sample_loss)
        self.activate(Z)
        return self._mean(self.sample_loss, weight)

    def backward(self, P: Array, y: Labels, dZ: Array) -> None:
        np.multiply(self.q, self.log_q, out=dZ)
        dZ *= self.gamma
        dZ -= self.far
        np.power(self.far, self.gamma, out=self.far)
        dZ *= self.far
        dZ *= self.sign
        dZ *= self.u


class SoftmaxFocal(SoftmaxLoss):
    """Focal loss of one class out of several (Lin et al. 2017): easy rows count for little.

    ::

        P = softmax(Z)                q = P[i, yᵢ]
        L = Σᵢ uᵢ -(1 - q)^γ log q
        dZ = u ⊙ (γ (1 - q)^(γ - 1) q log q - (1 - q)^γ) ⊙ (onehot(y) - P)

    with log q from the logits, which never meets 0.  y as for ``SoftmaxCrossEntropy``.

    Parameters
    ----------
    gamma : float, default 2.0
        γ >= 1, or 0, which is cross-entropy.  Between them the gradient has a pole at q = 1.
    """

    factor: Array

    def __init__(self, gamma: float = 2.0) -> None:
        self.gamma = _check_gamma(gamma)
        if 0 < gamma < 1:
            raise ValueError(f"gamma={gamma}, but it has to be 0, or 1 or more")

    def scratch(self, n: int, n_out: int) -> Mapping[str, tuple[Shape, type | None]]:
        return {**super().scratch(n, n_out), "factor": ((n, 1), None)}

    def forward(self, Z: Array, y: Labels, weight: Array | None) -> float:
        target_logit = Z[self.rows, y]
        self.activate(Z)
        log_q = target_logit - self.row_max - np.log(self.total)
        q = np.exp(log_q)
        far = -np.expm1(log_q)  # 1 - q, to the last digit
        self.factor[:, 0] = -(far**self.gamma)
        if self.gamma:
            self.factor[:, 0] += self.gamma * far ** (self.gamma - 1) * q * log_q
        return self._mean(-(far**self.gamma) * log_q, weight)

    def backward(self, P: Array, y: Labels, dZ: Array) -> None:
        np.negative(P, out=dZ)
        dZ[self.rows, y] += 1
        dZ *= self.factor
        dZ *= self.u


def _check_gamma(gamma: float) -> float:
    if not gamma >= 0:
        raise ValueError(f"gamma={gamma}, but it has to be 0 or more")
    return gamma
