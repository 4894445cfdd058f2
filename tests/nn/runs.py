"""A small problem, a network for it, and the first epochs of a run."""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from numlp.nn import Epoch, Network, mlp
from numlp.nn.arrays import Array, DType, Labels


def blobs(n: int = 50, dtype: DType = np.float64, spread: float = 1.0) -> tuple[Array, Labels]:
    """Three classes around three corners."""
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=n)
    X = 2 * np.eye(3, 4)[y] + spread * rng.standard_normal((n, 4))
    return X.astype(dtype), y


def drawn(dtype: DType = np.float64, **settings: Any) -> Network:
    network = mlp([4, 8, 3], activation="tanh", dtype=dtype, **settings)
    network.init(np.random.default_rng(0))
    return network


def first(n: int, epochs: Iterator[Epoch]) -> list[Epoch]:
    return list(itertools.islice(epochs, n))
