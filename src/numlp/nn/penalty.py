"""L2: a penalty on large weights, and its gradient."""

from .arrays import Array

BLOCK = 8192  # elements of l2 W at a time: the product is a temporary


def penalize(W: Array, dW: Array, l2: float) -> float:
    """``dW += l2 W``; returns ``l2/2 Σ W²``."""
    for start in range(0, len(W), BLOCK):
        block = slice(start, start + BLOCK)
        dW[block] += l2 * W[block]
    return l2 / 2 * float(W @ W)
