"""More activations, and ``ACTIVATIONS``: all of them by name.

Activations whose derivative follows from Y alone work in place; the others keep in scratch what
they need of the forward pass.
"""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..activations import EXP_END, Identity, ReLU, Sigmoid, Tanh, sigmoid
from ..arrays import Array, Generator, Shape
from ..layers import Layer


class LeakyReLU(Layer):
    """ReLU that lets a little of the negative side through (Maas et al. 2013).

    ::

        Y  = max(X, slope X)
        dX = dY ⊙ max([Y > 0], slope)     (derivative at 0 taken as slope)

    Parameters
    ----------
    slope : float, default 0.01
        Slope of the negative side, 0 <= slope < 1.

    Raises
    ------
    ValueError
        If ``slope`` is not in [0, 1).

    Examples
    --------
    >>> from numlp.nn import Dense, Network
    >>> network = Network([Dense(3, 3), LeakyReLU(slope=0.5)])
    >>> network.layers[0].W[:] = np.eye(3)
    >>> network.logits(np.array([[-1, 0, 2]], np.float32))
    array([[-0.5,  0. ,  2. ]], dtype=float32)
    """

    in_place = True
    reads_Y = True
    positive: NDArray[np.bool_]
    D: Array

    def __init__(self, slope: float = 0.01) -> None:
        if not 0 <= slope < 1:  # outside, neither max() nor the sign of Y tells the sides apart
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
        Positive; the curve goes down to -scale · alpha.

    Raises
    ------
    ValueError
        If ``alpha`` is not positive.

    Examples
    --------
    >>> from numlp.nn import Dense, Network
    >>> network = Network([Dense(3, 3), ELU()])
    >>> network.layers[0].W[:] = np.eye(3)
    >>> network.logits(np.array([[-1, 0, 2]], np.float32)).round(3)
    array([[-0.632,  0.   ,  2.   ]], dtype=float32)
    """

    in_place = True
    reads_Y = True
    scale = 1.0
    D: Array
    left: NDArray[np.bool_]

    def __init__(self, alpha: float = 1.0) -> None:
        if not alpha > 0:  # the sign of Y would not tell the sides apart
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
    """Scaled ELU (Klambauer et al. 2017): its constants keep the mean at 0, the variance at 1.

    ::

        Y  = scale (max(X, 0) + alpha (exp(min(X, 0)) - 1))      scale 1.0507, alpha 1.6733
        dX = dY ⊙ (scale + [Y ≤ 0] ⊙ (Y + scale (alpha - 1)))

    Examples
    --------
    >>> from numlp.nn import Dense, Network
    >>> network = Network([Dense(3, 3), SELU()])
    >>> network.layers[0].W[:] = np.eye(3)
    >>> network.logits(np.array([[-1, 0, 2]], np.float32)).round(3)
    array([[-1.111,  0.   ,  2.101]], dtype=float32)
    """

    scale = 1.0507009873554804934193349852946
    alpha = 1.6732632423543772848170429916717

    def __init__(self) -> None:
        pass


class SiLU(Layer):
    """Sigmoid linear unit, also called swish (Elfwing, Uchibe & Doya 2018).

    ::

        Y  = X ⊙ S                            S = σ(X)
        dX = dY ⊙ (Y ⊙ (1 - S) + S)

    Examples
    --------
    >>> from numlp.nn import Dense, Network
    >>> network = Network([Dense(3, 3), SiLU()])
    >>> network.layers[0].W[:] = np.eye(3)
    >>> network.logits(np.array([[-1, 0, 2]], np.float32)).round(3)
    array([[-0.269,  0.   ,  1.762]], dtype=float32)
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

    Examples
    --------
    >>> from numlp.nn import Dense, Network
    >>> network = Network([Dense(3, 3), Mish()])
    >>> network.layers[0].W[:] = np.eye(3)
    >>> network.logits(np.array([[-1, 0, 2]], np.float32)).round(3)
    array([[-0.303,  0.   ,  1.944]], dtype=float32)
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

    Examples
    --------
    >>> from numlp.nn import Dense, Network
    >>> network = Network([Dense(3, 3), GELUTanh()])
    >>> network.layers[0].W[:] = np.eye(3)
    >>> network.logits(np.array([[-1, 0, 2]], np.float32)).round(3)
    array([[-0.159,  0.   ,  1.955]], dtype=float32)
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

    Examples
    --------
    >>> from numlp.nn import Dense, Network
    >>> network = Network([Dense(3, 3), GELU()])
    >>> network.layers[0].W[:] = np.eye(3)
    >>> network.logits(np.array([[-1, 0, 2]], np.float32)).round(3)
    array([[-0.159,  0.   ,  1.954]], dtype=float32)
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


CDF_END = 9.0  # Φ(-9) = 1e-19: beyond ±9, Φ is 0 or 1 to the last bit
CDF_STEP = 1 / 16


def _cdf_taylor(n_terms: int) -> Array:
    """Return the Taylor coefficients of Φ at the nodes of a grid on [-9, 9], (n_terms, n_nodes).

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


# Nodes are 1/16 apart, so |h| <= 1/32: the errors are under 4e-8 and 2e-16, less than rounding.
_CDF_TAYLOR = {
    np.dtype(t): _cdf_taylor(k).astype(t) for t, k in ((np.float32, 5), (np.float64, 10))
}


def normal_cdf(X: Array, P: Array, H: Array, S: Array, node: NDArray[np.intp]) -> None:
    """Fill P with Φ(X), for X within ±``CDF_END``; H, S and node are working memory like X.

    ::

        Φ(x₀ + h) = Σₖ Φ⁽ᵏ⁾(x₀) hᵏ / k!       x₀ the nearest node, summed by Horner's rule

    X keeps its values, so it must not be P, H or S.
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


λ, α = SELU.scale, SELU.alpha


class MixedSELU(Layer):
    """SELU mixed with the identity, by a share that each unit learns (Holzmüller et al. 2024).

    ::

        D  = selu(X) - X
        Y  = X + a D                      a starts at 1, which is SELU
        da = Σᵢ D[i] ⊙ dY[i]
        dX = dY ⊙ (1 + a (selu'(X) - 1))

        P        = min(X, 0)
        E        = λ α (e^P - 1)
        selu(X)  = λ (X - P) + E
        selu'(X) = λ α + E + (λ - λ α) [X > 0]

    Examples
    --------
    >>> from numlp.nn import Dense, Network
    >>> network = Network([Dense(3, 3), MixedSELU()])
    >>> network.layers[0].W[:] = np.eye(3)
    >>> network.layers[1].a[:] = [0, 1, 0]  # the identity, SELU, the identity
    >>> network.logits(np.array([[-1, 2, 2]], np.float32)).round(3)
    array([[-1.   ,  2.101,  2.   ]], dtype=float32)
    """

    a: Array
    da: Array
    D: Array
    E: Array
    positive: NDArray[np.bool_]

    @property
    def shapes(self) -> Mapping[str, Shape]:
        return {"a": (self.n_in,)}

    def scratch(self, n: int) -> Mapping[str, tuple[Shape, type | None]]:
        shape = (n, self.n_in)
        return {"D": (shape, None), "E": (shape, None), "positive": (shape, np.bool_)}

    def init(self, *rngs: Generator) -> None:
        self.a.fill(1.0)

    def forward(self, X: Array, Y: Array) -> None:
        D, E = self.D, self.E
        Y.fill(0.0)
        P = np.minimum(X, Y, out=E)  # with zeros, not 0: half the time
        np.multiply(P, -λ, out=D)
        np.expm1(P, out=E)
        E *= λ * α
        D += E
        np.multiply(X, λ - 1, out=Y)
        D += Y
        np.multiply(D, self.a, out=Y)
        Y += X

    def backward(self, X: Array, Y: Array, dY: Array, dX: Array | None) -> None:
        D, E = self.D, self.E
        np.einsum("...ij,...ij->...j", D, dY, out=self.da)
        if dX is None:
            return
        np.greater(X, 0, out=self.positive)
        np.copyto(D, self.positive)  # and then scaled: a product of two types would be slower
        D *= λ - λ * α
        E += D
        E += λ * α - 1
        E *= self.a
        E += 1
        np.multiply(E, dY, out=dX)


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
