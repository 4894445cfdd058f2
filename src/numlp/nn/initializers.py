"""Starting weights: the distributions that they are drawn from.

A layer ``Y = X W`` with ``n_in`` inputs keeps the size of its signal from layer to layer when
the variance of W is

    ========  =====================  ================================================
    rule      variance               meant for
    ========  =====================  ================================================
    he        2 / n_in               ReLU and the like, which drop half of the signal
                                     (He et al. 2015)
    glorot    2 / (n_in + n_out)     tanh and sigmoid: a compromise between the
                                     forward and the backward pass (Glorot & Bengio 2010)
    lecun     1 / n_in               SELU and linear layers (LeCun et al. 1998)
    ========  =====================  ================================================

W is drawn from a normal distribution, or from the uniform one of the same variance v: U(-a, a)
with a = √(3 v).
"""

import math
from collections.abc import Callable

from .arrays import Array, Generator

VARIANCES: dict[str, Callable[[int, int], float]] = {
    "he": lambda n_in, n_out: 2 / n_in,  # noqa: ARG005 - one signature for all rules
    "glorot": lambda n_in, n_out: 2 / (n_in + n_out),
    "lecun": lambda n_in, n_out: 1 / n_in,  # noqa: ARG005
}
INITIALIZERS = tuple(f"{rule}_{shape}" for rule in VARIANCES for shape in ("normal", "uniform"))


def initialize(W: Array, name: str, rng: Generator) -> None:
    """Fill W, (n_in, n_out), by the rule called ``name``, one of ``INITIALIZERS``.

    >>> import numpy as np
    >>> W = np.empty((1000, 50))
    >>> initialize(W, "lecun_normal", np.random.default_rng(0))
    >>> round(W.std() * np.sqrt(1000), 2)
    np.float64(1.0)
    """
    check(name)
    rule, shape = name.split("_")
    variance = VARIANCES[rule](*W.shape)
    if shape == "normal":
        rng.standard_normal(out=W, dtype=W.dtype.type)
        W *= math.sqrt(variance)
    else:
        rng.random(out=W, dtype=W.dtype.type)
        W -= 0.5
        W *= 2 * math.sqrt(3 * variance)


def check(name: str) -> str:
    """Return ``name`` if it is one of ``INITIALIZERS``, else raise a ValueError."""
    if name not in INITIALIZERS:
        raise ValueError(f"initializer={name!r}: choose one of {', '.join(INITIALIZERS)}")
    return name
