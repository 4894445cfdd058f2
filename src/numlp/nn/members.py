"""What belongs to which member of a network: its generator, its targets, its weights."""

from collections.abc import Sequence

import numpy as np

from .arrays import Array, Labels
from .losses import Loss


def generators(
    method: str, rng: np.random.Generator | Sequence[np.random.Generator], members: int
) -> list[np.random.Generator]:
    """One generator for each member, as ``method`` of a network needs them."""
    rngs = [rng] if isinstance(rng, np.random.Generator) else list(rng)
    if len(rngs) != members:
        raise ValueError(
            f"{method} got {len(rngs)} generators, but needs {members}: one for each member"
        )
    return rngs


def has_own(y: Labels, members: int, n: int, n_out: int, loss: Loss) -> bool:
    """Whether each member has targets of its own, (members, n) or (members, n, n_out)."""
    return y.shape[:2] == (members, n) and (loss.of_classes or y.shape != (n, n_out))


def shares_of(weight: Array, members: int, n: int) -> Array:
    """Share of each row in its member's mean, (members, n): their sum is 1, or 0.

    >>> shares_of(np.array([[1.0, 3.0], [0.0, 0.0]]), 2, 2)
    array([[0.25, 0.75],
           [0.  , 0.  ]])
    """
    total = weight.sum(axis=-1, keepdims=True)
    total[total == 0] = 1
    return np.broadcast_to(weight / total, (members, n))
