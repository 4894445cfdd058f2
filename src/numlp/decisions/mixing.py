"""Mixing predictions of several nets, and calibrating the probabilities of the mixture.

The shares and the temperature are chosen on rows that the nets had not learned from.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Probabilities = NDArray[np.floating[Any]]
Weights = NDArray[np.floating[Any]]
ClassNumbers = NDArray[np.intp]

ROUNDS = 8  # of the greedy choice; a mixture has at most as many parts (20 were not better)
ROWS = 4096  # handled at a time, since the errors of all predictions are large
COLDEST, HOTTEST = 0.1, 10.0  # the temperatures that are possible
PRIOR_DEVIATION = 0.5  # of the logarithm of a temperature, before any row is seen
MIN_P = 1e-7  # smaller float32 probabilities are rounding errors


def greedy_mixture(
    predictions: Sequence[Probabilities],
    y: ClassNumbers,
    weight: Weights | None = None,
    rounds: int = ROUNDS,
) -> NDArray[np.float64]:
    """Shares of a mixture of predictions that has a low Brier score (Caruana et al. 2004).

    Each round adds the prediction with which the mean of all that were added scores best; the same
    prediction may be added again.  The result is the mean of the round that scored best.

    The Brier score of a mean is a quadratic form of the predictions' errors E = P - onehot(y)::

        |Σ n_c E_c / r|² = nᵀ G n / r²          G[c, d] = Σ E_c ⊙ E_d

    so a round costs a product with G, not with the predictions.

    Parameters
    ----------
    predictions : sequence of array of shape (n, n_classes)
        Probabilities.
    y : array of shape (n,)
        Class numbers, 0, 1, ...
    weight : array of shape (n,), optional
        Weight of each row.
    rounds : int, default 8

    Returns
    -------
    shares : array of shape (len(predictions),)
        0 or more, with a sum of 1.

    Examples
    --------
    Two predictions that are wrong in different rows are better together:

    >>> a, b = np.array([[0.9, 0.1], [0.6, 0.4]]), np.array([[0.6, 0.4], [0.9, 0.1]])
    >>> worse = np.array([[0.5, 0.5], [0.5, 0.5]])
    >>> greedy_mixture([a, b, worse], np.array([0, 0]))
    array([0.5, 0.5, 0. ])
    """
    G = _error_products(predictions, y, weight)
    own = np.diag(G)
    counts = np.zeros(len(predictions))
    best, best_score = counts, math.inf
    for r in range(1, rounds + 1):
        together = G @ counts
        scores = (counts @ together + 2 * together + own) / r**2
        chosen = int(scores.argmin())
        counts[chosen] += 1
        if scores[chosen] < best_score:
            best, best_score = counts.copy(), float(scores[chosen])
    shares: NDArray[np.float64] = best / best.sum()
    return shares


def _error_products(
    predictions: Sequence[Probabilities], y: ClassNumbers, weight: Weights | None
) -> NDArray[np.float64]:
    """The matrix G in the docstring of ``greedy_mixture``."""
    G = np.zeros((len(predictions), len(predictions)))
    for start in range(0, len(y), ROWS):
        rows = slice(start, start + ROWS)
        E = np.stack([P[rows] for P in predictions])
        E[:, np.arange(E.shape[1]), y[rows]] -= 1
        if weight is not None:
            E *= np.sqrt(weight[rows])[:, None]
        flat = E.reshape(len(E), -1)
        G += flat @ flat.T
    return G


def mix(predictions: Sequence[Probabilities], shares: Weights) -> NDArray[np.float64]:
    """The mixture ``Σ_c share_c P_c``, (n, n_classes)."""
    mixed = np.zeros(predictions[0].shape)
    for P, share in zip(predictions, shares, strict=True):
        if share:
            mixed += share * P
    return mixed


def temper(P: Probabilities, temperature: float) -> NDArray[np.float64]:
    """Probabilities made softer (temperature > 1) or sharper (< 1); the order of classes is kept.

    The result is ``P^(1/T)`` divided by its sum.  Where P is the softmax of Z, that is the softmax
    of Z / T.

    >>> temper(np.array([[0.8, 0.2]]), 0.5).round(3)
    array([[0.941, 0.059]])
    """
    Z = np.log(np.maximum(P, MIN_P, dtype=np.float64))
    Z -= Z.max(axis=1, keepdims=True)  # first, so that no temperature makes all of a row -inf
    with np.errstate(over="ignore"):  # to -inf, which is right
        Z /= temperature
    np.exp(Z, out=Z)
    Z /= Z.sum(axis=1, keepdims=True)
    return Z


def best_temperature(P: Probabilities, y: ClassNumbers, weight: Weights | None = None) -> float:
    """The temperature with the lowest log-loss (Guo et al. 2017), between 0.1 and 10.

    Few rows say little: 20 rows that are all answered right would ask for the lowest temperature.
    So log T has a normal prior of mean 0 and deviation 0.5, which some hundred rows outweigh.  The
    minimum of this is found by golden sections::

        Σᵢ wᵢ (log Σ_k e^(Z_ik / T) - Z_iy / T)  +  (log T)² / (2 · 0.5²)        Z = log P

    >>> y = np.array([0, 0, 0, 1] * 100)                             # right three times of four,
    >>> P = np.array([[0.99, 0.01]] * 400)                           # said to be right always
    >>> temper(P, best_temperature(P, y))[0].round(2)
    array([0.76, 0.24])
    """
    Z = np.maximum(P, MIN_P, dtype=np.float64)
    np.log(Z, out=Z)
    Z -= Z.max(axis=1, keepdims=True)
    of_y = Z[np.arange(len(y)), y]
    w = np.ones(len(y)) if weight is None else weight
    E = np.empty_like(Z)  # large where there are many classes

    def loss(log_t: float) -> float:
        inverse = math.exp(-log_t)
        np.exp(np.multiply(Z, inverse, out=E), out=E)
        fit = float(w @ (np.log(E.sum(axis=1)) - of_y * inverse))
        return fit + log_t**2 / (2 * PRIOR_DEVIATION**2)

    return math.exp(_lowest(loss, math.log(COLDEST), math.log(HOTTEST)))


def _lowest(f: Any, low: float, high: float, tol: float = 1e-4) -> float:
    """The minimum between low and high of f, which falls and then rises, by golden sections."""
    golden = (math.sqrt(5) - 1) / 2
    a, b = high - golden * (high - low), low + golden * (high - low)
    f_a, f_b = f(a), f(b)
    while high - low > tol:
        if f_a < f_b:
            high, b, f_b = b, a, f_a
            a = high - golden * (high - low)
            f_a = f(a)
        else:
            low, a, f_a = a, b, f_b
            b = low + golden * (high - low)
            f_b = f(b)
    return (low + high) / 2
