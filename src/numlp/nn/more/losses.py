"""The Brier score and the focal loss: alternatives to cross-entropy."""

from collections.abc import Mapping

import numpy as np

from ..activations import sigmoid
from ..arrays import Array, Labels, Shape
from ..described import check_share
from ..losses import Loss, SoftmaxLoss, check_indicators


class SigmoidSquaredError(Loss):
    """Brier score of one output, or of several independent ones (Brier 1950).

    ::

        P = σ(Z)
        t = (1 - s) y + s/2                                   s: label smoothing
        L = Σᵢ uᵢ Σₖ (P - t)²[i, k]
        dZ = 2 u ⊙ (P - t) ⊙ P ⊙ (1 - P)

    An output never costs more than 1, so wrong labels pull less than with cross-entropy, and a
    confident mistake is unlearned slowly.  y is as for ``SigmoidCrossEntropy``.

    Parameters
    ----------
    label_smoothing : float, default 0.0
        s, in [0, 1): how far the targets move from 0 and 1 towards a half.

    Raises
    ------
    ValueError
        If ``label_smoothing`` is not in [0, 1).

    Examples
    --------
    >>> from numlp.nn import Dense, Network
    >>> network = Network([Dense(2, 2)], loss=SigmoidSquaredError())
    >>> network.layers[0].W[:] = np.eye(2)
    >>> Z = np.array([[2, 1]], np.float32)  # logits
    >>> round(network.evaluate(Z, np.array([[1, 0]])), 3)
    0.549
    """

    D: Array
    S: Array
    sample_loss: Array

    def __init__(self, label_smoothing: float = 0.0) -> None:
        self.label_smoothing = check_share("label_smoothing", label_smoothing)

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
        return self.mean_loss(self.sample_loss, weight)

    def backward(self, P: Array, y: Labels, dZ: Array) -> None:
        np.subtract(1, P, out=self.S)
        self.S *= P
        np.multiply(self.D, self.S, out=dZ)
        dZ *= 2
        dZ *= self.u


class SoftmaxSquaredError(SoftmaxLoss):
    """Brier score of one class out of several (Brier 1950): squared error of probabilities.

    ::

        P = softmax(Z)
        t = (1 - s) onehot(y) + s/K                           s: label smoothing
        L = Σᵢ uᵢ Σₖ (P - t)²[i, k]
        dZ = 2 u ⊙ P ⊙ (D - Σₖ (D ⊙ P)[:, k])                 D = P - t

    y is as for ``SoftmaxCrossEntropy``.

    Parameters
    ----------
    label_smoothing : float, default 0.0
        s, in [0, 1): how far the targets move towards 1/K.

    Raises
    ------
    ValueError
        If ``label_smoothing`` is not in [0, 1).

    Examples
    --------
    >>> from numlp.nn import Dense, Network
    >>> network = Network([Dense(2, 2)], loss=SoftmaxSquaredError())
    >>> network.layers[0].W[:] = np.eye(2)
    >>> Z = np.array([[2, 1]], np.float32)  # logits
    >>> round(network.evaluate(Z, np.array([0])), 3)
    0.145
    """

    D: Array
    S: Array
    sample_loss: Array

    def __init__(self, label_smoothing: float = 0.0) -> None:
        self.label_smoothing = check_share("label_smoothing", label_smoothing)

    def scratch(self, n: int, n_out: int) -> Mapping[str, tuple[Shape, type | None]]:
        full = ((n, n_out), None)
        own = {"D": full, "S": full, "sample_loss": ((n,), None)}
        return {**super().scratch(n, n_out), **own}

    def forward(self, Z: Array, y: Labels, weight: Array | None) -> float:
        self.activate(Z)
        np.subtract(Z, self.label_smoothing / Z.shape[1], out=self.D)
        self.D[self.rows, y] -= 1 - self.label_smoothing
        np.einsum("ik,ik->i", self.D, self.D, out=self.sample_loss)
        return self.mean_loss(self.sample_loss, weight)

    def backward(self, P: Array, y: Labels, dZ: Array) -> None:
        np.multiply(self.D, P, out=self.S)
        np.add.reduce(self.S, axis=1, out=self.total)
        np.subtract(self.D, self.total[:, None], out=dZ)
        dZ *= P
        dZ *= 2
        dZ *= self.u


class SigmoidFocal(Loss):
    """Focal loss of one output or several (Lin et al. 2017): cross-entropy, easy rows scaled down.

    ::

        P = σ(Z)                      q = P where y is 1, else 1 - P
        L = Σᵢ uᵢ Σₖ -((1 - q)^γ log q)[i, k]
        dZ = u ⊙ ± (1 - q)^γ ⊙ (γ q log q - (1 - q))          + where y is 1, else -

    with log q = -log(1 + exp(∓Z)), so that log never meets 0.  y is as for
    ``SigmoidCrossEntropy``.

    Parameters
    ----------
    gamma : float, default 2.0
        γ >= 0; 0 is cross-entropy.

    Raises
    ------
    ValueError
        If ``gamma`` is negative.

    Examples
    --------
    >>> from numlp.nn import Dense, Network
    >>> network = Network([Dense(2, 2)], loss=SigmoidFocal())
    >>> network.layers[0].W[:] = np.eye(2)
    >>> Z = np.array([[2, 1]], np.float32)  # logits
    >>> round(network.evaluate(Z, np.array([[1, 0]])), 3)
    0.704
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
        return self.mean_loss(self.sample_loss, weight)

    def backward(self, P: Array, y: Labels, dZ: Array) -> None:
        np.multiply(self.q, self.log_q, out=dZ)
        dZ *= self.gamma
        dZ -= self.far
        np.power(self.far, self.gamma, out=self.far)
        dZ *= self.far
        dZ *= self.sign
        dZ *= self.u


class SoftmaxFocal(SoftmaxLoss):
    """Focal loss of one class out of several (Lin et al. 2017): easy rows are scaled down.

    ::

        P = softmax(Z)                q = P[i, yᵢ]
        L = Σᵢ uᵢ -(1 - q)^γ log q
        dZ = u ⊙ (γ (1 - q)^(γ - 1) q log q - (1 - q)^γ) ⊙ (onehot(y) - P)

    with log q from the logits, so that log never meets 0.  y is as for ``SoftmaxCrossEntropy``.

    Parameters
    ----------
    gamma : float, default 2.0
        γ >= 1, or 0, which is cross-entropy.  Between 0 and 1 the gradient has a pole at q = 1.

    Raises
    ------
    ValueError
        If ``gamma`` is negative, or between 0 and 1.

    Examples
    --------
    >>> from numlp.nn import Dense, Network
    >>> network = Network([Dense(2, 2)], loss=SoftmaxFocal())
    >>> network.layers[0].W[:] = np.eye(2)
    >>> Z = np.array([[2, 1]], np.float32)  # logits
    >>> round(network.evaluate(Z, np.array([0])), 3)
    0.023
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
        return self.mean_loss(-(far**self.gamma) * log_q, weight)

    def backward(self, P: Array, y: Labels, dZ: Array) -> None:
        np.negative(P, out=dZ)
        dZ[self.rows, y] += 1
        dZ *= self.factor
        dZ *= self.u


def _check_gamma(gamma: float) -> float:
    if not gamma >= 0:
        raise ValueError(f"gamma={gamma}, but it has to be 0 or more")
    return gamma
