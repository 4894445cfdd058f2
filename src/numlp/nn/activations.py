"""Activations: element by element, each with its derivative beside it.

``ACTIVATIONS`` lists them by name.  Those whose derivative follows from Y alone work in place;
the others keep what they need from the forward pass in scratch.
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


class LeakyReLU(Layer):
    """ReLU that lets a little of the negative side through (Maas et al. 2013).

    ::

        Y  = max(X, slope X)
        dX = dY ⊙ max([Y > 0], slope)     (derivative at 0 taken as slope)

    Parameters
    ----------
    slope : float, default 0.01
        Slope of the negative side, 0 <= slope < 1.
    """

    in_place = True
    reads_Y = True
    positive: NDArray[np.bool_]
    D: Array

    def __init__(self, slope: float = 0.01) -> None:
        if not 0 <= slope < 1:  # outside, max() and the sign of Y no longer tell the sides apart
            raise ValueError(f"LeakyReLU: slope={slope}, but it has to be in [0, 1)")
        self.slope = slope

    def scratch(self, n: int) -> Mapping[str, tuple[Shape, type | None]]:
        return {"positive": ((n, self.n_out), np.bool_), "D": ((n, self.n_out), None)}

    def forward(self, X: Array, Y: Array) -> None:
        np.multiply(X, self.slope, out=self.D)
        np.maximum(X, self.D, out=Y)

    def backward(self, X: Array, Y: Array, dY: Array, dX: Array | None) -> None:
        np.greater(Y, 0, out=self.positive)
        np.maximum(self.positive, self.slope, out=self.D, dtype=self.D.dtype)
        np.multiply(dY, self.D, out=dX)


class ELU(Layer):
    """Exponential linear unit (Clevert, Unterthiner & Hochreiter 2016), with a scale for SELU.

    ::

        Y  = scale (max(X, 0) + alpha (exp(min(X, 0)) - 1))
        dX = dY ⊙ (scale + [Y ≤ 0] ⊙ (Y + scale (alpha - 1)))

    since left of zero the derivative is scale · alpha · exp(X) = Y + scale · alpha.

    Parameters
    ----------
    alpha : float, default 1.0
        The curve goes down to -scale · alpha.  Positive.
    """

    in_place = True
    reads_Y = True
    scale = 1.0
    D: Array
    left: NDArray[np.bool_]

    def __init__(self, alpha: float = 1.0) -> None:
        if not alpha > 0:  # Y would not tell the sides apart
            raise ValueError(f"ELU: alpha={alpha}, but it has to be positive")
        self.alpha = alpha

    def scratch(self, n: int) -> Mapping[str, tuple[Shape, type | None]]:
        return {"left": ((n, self.n_out), np.bool_), "D": ((n, self.n_out), None)}

    def forward(self, X: Array, Y: Array) -> None:
        D = self.D
        np.minimum(X, 0, out=D)
        np.expm1(D, out=D)
        D *= self.alpha
        np.maximum(X, 0, out=Y)
        Y += D
        if self.scale != 1:
            Y *= self.scale

    def backward(self, X: Array, Y: Array, dY: Array, dX: Array | None) -> None:
        D = self.D
        np.less_equal(Y, 0, out=self.left)
        np.add(Y, self.scale * (self.alpha - 1), out=D)
        np.multiply(D, self.left, out=D)
        D += self.scale
        np.multiply(dY, D, out=dX)


class SELU(ELU):
    """Scaled ELU (Klambauer et al. 2017): ELU with the constants that keep mean 0 and variance 1.

    ::

        Y  = scale (max(X, 0) + alpha (exp(min(X, 0)) - 1))      scale 1.0507, alpha 1.6733
        dX = dY ⊙ (scale + [Y ≤ 0] ⊙ (Y + scale (alpha - 1)))
    """

    scale = 1.0507009873554804934193349852946
    alpha = 1.6732632423543772848170429916717

    def __init__(self) -> None:
        pass


class Tanh(Layer):
    """Hyperbolic tangent.

    ::

        Y  = tanh(X)
        dX = dY ⊙ (1 - Y²)
    """

    in_place = True
    reads_Y = True

    def forward(self, X: Array, Y: Array) -> None:
        np.tanh(X, out=Y)

    def backward(self, X: Array, Y: Array, dY: Array, dX: Array | None) -> None:
        np.multiply(Y, Y, out=Y)
        np.subtract(1, Y, out=Y)
        np.multiply(dY, Y, out=dX)


# exp of what is larger overflows; σ of what is below its negative is 0 but for rounding
EXP_END = {np.dtype(t): math.log(np.finfo(t).max) - 1 for t in (np.float32, np.float64)}


def sigmoid(X: Array, Y: Array) -> None:
    """Y = 1 / (1 + exp(-X)), with -X held below the overflow of exp; Y may be X."""
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


class SiLU(Layer):
    """Sigmoid linear unit, also called swish (Elfwing, Uchibe & Doya 2018).

    ::

        Y  = X ⊙ S                            S = σ(X)
        dX = dY ⊙ (Y ⊙ (1 - S) + S)
    """

    reads_Y = True
    S: Array

    def scratch(self, n: int) -> Mapping[str, tuple[Shape, type | None]]:
        return {"S": ((n, self.n_out), None)}

    def forward(self, X: Array, Y: Array) -> None:
        sigmoid(X, self.S)
        np.maximum(X, -EXP_END[X.dtype], out=Y)  # σ(-88) = 1e-38 must not meet X = -1e38
        Y *= self.S

    def backward(self, X: Array, Y: Array, dY: Array, dX: Array | None) -> None:
        S = self.S
        Y -= 1
        S *= Y
        Y -= S
        Y += 1  # (Y - 1) - S (Y - 1) + 1 = Y (1 - S) + S
        np.multiply(dY, Y, out=dX)


class Mish(Layer):
    """Mish (Misra 2020).

    ::

        Y  = X ⊙ T                            T = tanh(log(1 + e)) = u / (u + 2)
        dX = dY ⊙ (T + X ⊙ (1 - T²) ⊙ S)      S = σ(X) = e / (1 + e)

    with e = exp(X) and u = e (e + 2).  Above X = 20, T is 1 to the last bit: X is cut there, so
    that e² never overflows.
    """

    T: Array
    S: Array

    def scratch(self, n: int) -> Mapping[str, tuple[Shape, type | None]]:
        return {"T": ((n, self.n_out), None), "S": ((n, self.n_out), None)}

    def forward(self, X: Array, Y: Array) -> None:
        S, T = self.S, self.T
        np.minimum(X, 20, out=Y)
        np.exp(Y, out=Y)  # e
        np.add(Y, 1, out=S)
        np.divide(Y, S, out=S)
        np.add(Y, 2, out=T)
        T *= Y  # u
        np.add(T, 2, out=Y)
        T /= Y
        np.multiply(X, T, out=Y)

    def backward(self, X: Array, Y: Array, dY: Array, dX: Array | None) -> None:
        np.multiply(self.T, self.T, out=Y)
        np.subtract(1, Y, out=Y)
        Y *= self.S
        Y *= X
        Y += self.T
        np.multiply(dY, Y, out=dX)


class GELUTanh(Layer):
    """GELU by its tanh form (Hendrycks & Gimpel 2016): within 5e-4 of the exact one, and faster.

    ::

        Y  = X ⊙ (1 + T) / 2                        T = tanh(c (X + k X³))
        dX = dY ⊙ ((1 + T) / 2 + X ⊙ (1 - T²) ⊙ c (1 + 3 k X²) / 2)

    with c = √(2 / π) and k = 0.044715.  X is cut to [-10, 10] in the curved part, where T is ±1
    to the last bit, so that X³ never overflows.
    """

    c = math.sqrt(2 / math.pi)
    k = 0.044715
    T: Array
    U: Array

    def scratch(self, n: int) -> Mapping[str, tuple[Shape, type | None]]:
        return {"T": ((n, self.n_out), None), "U": ((n, self.n_out), None)}

    def forward(self, X: Array, Y: Array) -> None:
        T, U = self.T, self.U
        np.clip(X, -10, 10, out=U)
        np.multiply(U, U, out=T)
        T *= self.c * self.k
        T += self.c
        T *= U
        np.tanh(T, out=T)
        np.add(T, 1, out=Y)
        Y *= 0.5
        Y *= X

    def backward(self, X: Array, Y: Array, dY: Array, dX: Array | None) -> None:
        T, U = self.T, self.U
        np.multiply(T, T, out=Y)
        np.subtract(1, Y, out=Y)
        Y *= U
        U *= U
        U *= 3 * self.k * self.c
        U += self.c
        Y *= U
        Y += T
        Y += 1
        Y *= 0.5
        np.multiply(dY, Y, out=dX)


class GELU(Layer):
    """Gaussian error linear unit, exact (Hendrycks & Gimpel 2016).

    ::

        Y  = X ⊙ Φ(X)                         Φ: the normal distribution function
        dX = dY ⊙ (Φ(X) + X ⊙ φ(X))           φ(x) = exp(-x²/2) / √(2π)

    NumPy has no Φ: ``normal_cdf`` builds it from ``math.erf`` on a grid and Taylor's series.
    """

    Phi: Array
    H: Array
    S: Array
    node: NDArray[np.intp]

    def scratch(self, n: int) -> Mapping[str, tuple[Shape, type | None]]:
        full = (n, self.n_out)
        return {"Phi": (full, None), "H": (full, None), "S": (full, None), "node": (full, np.intp)}

    def forward(self, X: Array, Y: Array) -> None:
        np.clip(X, -CDF_END, CDF_END, out=Y)
        normal_cdf(Y, self.Phi, self.H, self.S, self.node)
        np.maximum(X, -CDF_END, out=Y)  # Φ(-9) = 1e-19 must not meet X = -1e30
        Y *= self.Phi

    def backward(self, X: Array, Y: Array, dY: Array, dX: Array | None) -> None:
        H = self.H
        np.clip(X, -2 * CDF_END, 2 * CDF_END, out=H)
        np.multiply(H, H, out=Y)
        Y *= -0.5
        np.exp(Y, out=Y)
        Y *= H
        Y *= 1 / math.sqrt(2 * math.pi)
        Y += self.Phi
        np.multiply(dY, Y, out=dX)


CDF_END = 9.0  # Φ(-9) = 1e-19: beyond, Φ is 0 or 1 to the last bit
CDF_STEP = 1 / 16


def _cdf_taylor(n_terms: int) -> Array:
    """Taylor coefficients of Φ at each node of a grid on [-9, 9], (n_terms, n_nodes).

    Φ⁽ᵏ⁾(x) = (-1)ᵏ⁻¹ Heₖ₋₁(x) φ(x) for k ≥ 1, with Hermite's polynomials
    He₀ = 1, He₁ = x, Heₖ₊₁ = x Heₖ - k Heₖ₋₁.
    """
    x = np.arange(-CDF_END, CDF_END + CDF_STEP / 2, CDF_STEP)
    rows = [np.array([math.erfc(-t / math.sqrt(2)) / 2 for t in x])]
    density = np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    before, hermite = np.zeros_like(x), np.ones_like(x)
    for k in range(1, n_terms):
        rows.append((-1) ** (k - 1) * hermite * density / math.factorial(k))
        before, hermite = hermite, x * hermite - (k - 1) * before
    return np.array(rows)


# Nodes are 1/16 apart, so |h| <= 1/32: the series err by under 4e-8 and 2e-16, below rounding.
_CDF_TAYLOR = {
    np.dtype(t): _cdf_taylor(k).astype(t) for t, k in ((np.float32, 5), (np.float64, 10))
}


def normal_cdf(X: Array, P: Array, H: Array, S: Array, node: NDArray[np.intp]) -> None:
    """P = Φ(X), for X within ±``CDF_END``; H, S and node are working memory of X's shape.

    ::

        Φ(x₀ + h) = Σₖ Φ⁽ᵏ⁾(x₀) hᵏ / k!       x₀ the nearest node, summed by Horner's rule

    X is left as it is, and must not be P, H or S.
    """
    taylor = _CDF_TAYLOR[X.dtype]
    np.add(X, CDF_END, out=H)
    H *= 1 / CDF_STEP
    np.rint(H, out=S)
    np.copyto(node, S, casting="unsafe")
    H -= S
    H *= CDF_STEP
    np.take(taylor[-1], node, out=P, mode="clip")
    for coefficients in taylor[-2::-1]:
        P *= H
        np.take(coefficients, node, out=S, mode="clip")  # mode="raise" would buffer a copy
        P += S


ACTIVATIONS: dict[str, type[Layer]] = {
    "identity": Identity,
    "relu": ReLU,
    "leaky_relu": LeakyReLU,
    "elu": ELU,
    "selu": SELU,
    "gelu": GELU,
    "gelu_tanh": GELUTanh,
    "silu": SiLU,
    "mish": Mish,
    "tanh": Tanh,
    "sigmoid": Sigmoid,
}
