"""What several models say of the same rows, added up so that it tells the classes best."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST_BLENDED = 1 << 20  # log-odds that factors are learned from: of every k-th row
MOST_STEPS, MOST_HALVINGS = 30, 20
LEAST_GAIN = 1e-7  # of the mean loss: where the search for factors ends


def learn_factors(
    Z: NDArray[np.float32], y: NDArray[Any], weight: NDArray[np.float32]
) -> tuple[Floats, Floats]:
    """The factors with which the log-odds of models are added, and what is added for each class.

    ::

        blend = Σₘ aₘ Z[m] + c log π          π: the share of each class
        L     = Σᵢ uᵢ loss(blend[i], y[i]) / Σᵢ uᵢ + (Σₘ (aₘ - 1/M)² + c²) / n,   a >= 0

    Log-odds have to come from models that have not seen the rows, or the model that knows its rows
    best would get all; with factors below 0 one model would be the correction of another (Breiman
    1996, "Stacked regressions").  The last term leaves models that say the same equal factors.
    The minimum is found by Newton's method.

    Parameters
    ----------
    Z : array of shape (M, n, n_labels)
        What M models say of n rows; with one label the log-odds of the second of two classes.
    y : array of shape (n,)
        Class of each row.
    weight : array of shape (n,)
        Weight u of each row, above 0.

    Returns
    -------
    factors : array of shape (M,)
    prior : array of shape (n_labels,)
        c log π, as log-odds.

    Examples
    --------
    The second of two models says nothing:

    >>> y = np.array([0, 1] * 50)
    >>> said = np.where(np.arange(100) % 10 == 9, 1 - y, y) * 2.0 - 1  # wrong of every tenth row
    >>> Z = np.stack([said, np.cos(np.arange(100))])[..., None].astype(np.float32)
    >>> factors, prior = learn_factors(Z, y, np.ones(100, np.float32))
    >>> factors.round(1), prior
    (array([1.9, 0.1]), array([0.]))
    """
    n_models, n_rows, n_labels = Z.shape
    step = Z.size // MOST_BLENDED + 1
    rows = np.argsort(y, kind="stable")[::step]  # of every class its share
    n_classes = max(n_labels, 2)
    u = weight[rows].astype(float)
    # No class is without a row: its log would be infinite.
    prior = np.log(np.bincount(y, weight, n_classes) + 0.5)
    X = np.zeros((n_models + 1, len(rows), n_classes))
    X[:-1, :, n_classes - n_labels :] = Z[:, rows]  # the log-odds of the first of two are 0
    X[-1] = prior - prior.mean()
    u /= u.sum()
    own = X[:, np.arange(len(rows)), y[rows]]
    goal = np.append(np.full(n_models, 1 / n_models), 0.0)
    least = np.append(np.zeros(n_models), -np.inf)

    def loss_at(a: Floats) -> tuple[float, Floats]:
        """The loss of factors, and the probabilities of all classes."""
        blend = np.tensordot(a, X, 1)
        blend -= blend.max(axis=1, keepdims=True)
        P = np.exp(blend)
        sums = P.sum(axis=1, keepdims=True)
        P /= sums
        rest = ((a - goal) ** 2).sum() / n_rows
        return float(u @ (np.log(sums[:, 0]) - blend[np.arange(len(rows)), y[rows]]) + rest), P

    a = goal.copy()
    loss, P = loss_at(a)
    for _ in range(MOST_STEPS):
        expected = np.einsum("mik,ik->mi", X, P)
        g = (expected - own) @ u + 2 * (a - goal) / n_rows
        weighted = (X * (P * u[:, None])).reshape(len(a), -1)
        H = weighted @ X.reshape(len(a), -1).T - (expected * u) @ expected.T
        H += np.eye(len(a)) * 2 / n_rows
        free = (a > least) | (g < 0)
        d = np.zeros(len(a))
        d[free] = -np.linalg.solve(H[np.ix_(free, free)], g[free])
        before = loss
        for halving in range(MOST_HALVINGS):
            tried = np.maximum(a + d / 2**halving, least)
            loss, P = loss_at(tried)
            if loss < before:
                a = tried
                break
        if not loss < before - LEAST_GAIN:
            break
    said = a[-1] * (prior - prior.mean())
    return a[:-1], said if n_labels > 1 else said[1:] - said[:1]
