"""Rows that are answered alike right or wrong, as those of one customer are: what they are worth.

Of n rows in G clusters, r_g of the n_g rows of cluster g are answered right, and ``p = Σ r_g / n``.
The variance of p between clusters, and how much larger it is than that of n single rows (the
*design effect*, Kish 1965)::

    v    = G / (G - 1) · Σ (r_g - p n_g)² / n²
    deff = max(1, v · n / (p (1 - p)))

n rows tell as much as ``n / deff`` single rows do.  Of few clusters v itself is uncertain, so that
number is multiplied by ``(z / t)²``, with the quantile t of Student's distribution with G - 1
degrees of freedom (Korn & Graubard 1998).
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

STEPS = 2000  # of Simpson's rule
HALVINGS = 60
Z = 1.959964  # a normal number lies between -Z and Z in 95 % of cases


def effective_rows(right: NDArray[np.bool_], clusters: NDArray[np.signedinteger[Any]]) -> float:
    """How many single rows tell as much of a share as these do, 1 or more; by the formulas above.

    Where all rows are right, or all are wrong, their clusters show no variance: each then counts as
    one row.

    Parameters
    ----------
    right : array of shape (n,)
        Whether each row is answered right.
    clusters : array of shape (n,)
        The cluster of each row, 0, 1, ...

    Examples
    --------
    Three rows of each of 40 customers, answered alike, are worth 37 rows; unlike each other, all:

    >>> customers = np.arange(120) // 3
    >>> round(effective_rows(customers % 4 > 0, customers), 1)
    36.6
    >>> round(effective_rows(np.arange(120) % 3 > 0, customers), 1)
    112.7
    """
    sizes = np.bincount(clusters)
    sizes_there = sizes[sizes > 0]
    n, n_clusters, p = len(right), len(sizes_there), float(np.mean(right))
    if p in (0.0, 1.0) or n_clusters < 2:
        return float(n_clusters)
    hits = np.bincount(clusters, right, len(sizes))[sizes > 0]
    spread = float(((hits - p * sizes_there) ** 2).sum()) / n**2
    effect = max(1.0, n_clusters / (n_clusters - 1) * spread * n / (p * (1 - p)))
    few = (Z / t_quantile(n_clusters - 1)) ** 2
    return max(1.0, n / effect * few)


def standard_error(
    values: NDArray[np.float64], clusters: NDArray[np.signedinteger[Any]] | None
) -> float:
    """The standard error of the mean of values, (n,), of single rows or of rows in clusters, (n,).

    It is infinite where all rows are of one cluster, which says nothing of others.

    >>> values = np.array([1.0, 1.0, 2.0, 2.0])
    >>> round(standard_error(values, None), 3)
    0.289
    >>> round(standard_error(values, np.array([0, 0, 1, 1])), 3)
    0.5
    """
    n = len(values)
    if clusters is None:
        return float(values.std(ddof=1)) / math.sqrt(n)
    sums = np.bincount(clusters, values - values.mean())
    n_clusters = len(np.unique(clusters))
    if n_clusters < 2:
        return math.inf
    return math.sqrt(n_clusters / (n_clusters - 1) * float(sums @ sums)) / n


def t_quantile(df: int, level: float = 0.95) -> float:
    """The t for which Student's distribution has a share of ``level`` between -t and t.

    >>> round(t_quantile(4), 4), round(t_quantile(30), 4)
    (2.7764, 2.0423)
    """
    # With x = √df tan θ the density becomes cos(θ)^(df - 1), which is smooth: Simpson's rule.
    scale = math.exp(math.lgamma((df + 1) / 2) - math.lgamma(df / 2)) / math.sqrt(math.pi)
    low, high = 0.0, math.pi / 2
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        theta = np.linspace(0, middle, STEPS + 1)
        weights = np.ones(STEPS + 1)
        weights[1:-1:2], weights[2:-1:2] = 4, 2
        share = 2 * scale * float(weights @ np.cos(theta) ** (df - 1)) * middle / STEPS / 3
        low, high = (middle, high) if share < level else (low, middle)
    return math.sqrt(df) * math.tan(low)
