"""Starting parameters that are fitted to rows of the data, layer by layer."""

from functools import singledispatch

import numpy as np

from ..arrays import Array, Generator, Generators
from ..layers import Dense, Layer
from ..network import Network, generators


def adapt(network: Network, X: Array, rng: Generators) -> None:
    """Fit the starting parameters of a network to rows of the data; called after ``init``.

    Each layer is fitted to what the layers before it make of X, by ``adapt_layer``.  A last layer
    that is Dense keeps a bias of 0, since no kink of an activation follows it.

    Parameters
    ----------
    network : Network
        Its parameters, as ``init`` drew them, are changed in place.
    X : Array of shape (n, n_in), or (k, n, n_in) for ``Members``
        Some hundred rows.
    rng : numpy Generator, or a sequence of one for each net
        Draws the rows that biases are placed at.

    Raises
    ------
    ValueError
        If there is not one generator for each net.

    Examples
    --------
    >>> from numlp.nn import mlp
    >>> rng = np.random.default_rng(0)
    >>> X = 100 * rng.standard_normal((500, 3), dtype=np.float32)
    >>> network = mlp([3, 8, 2])
    >>> network.init(rng)
    >>> adapt(network, X, rng)
    >>> network.logits(X).std(axis=0).round(3)
    array([1., 1.], dtype=float32)
    """
    rngs = generators("adapt", rng, network.n_nets)
    network.bind_batch(X.shape[-2])  # the scratch that ``predict`` of a layer works in
    X = np.broadcast_to(X, (*network.front, *X.shape[-2:]))
    for layer in network.layers:
        adapt_layer(layer, X, *rngs)
        if layer is network.layers[-1] and isinstance(layer, Dense):
            layer.b.fill(0.0)
        Y = np.empty((*X.shape[:-1], layer.n_out), X.dtype)
        layer.predict(X, Y)
        X = Y


@singledispatch
def adapt_layer(layer: Layer, X: Array, *rngs: Generator) -> None:
    """Fit the starting values of a layer to X, rows of its input; most layers have none to fit.

    ``adapt_layer.register`` adds the rule of another class of layers.
    """


@adapt_layer.register(Dense)  # by its annotations numpy.random would be loaded
def adapt_dense(layer: Dense, X: Array, *rngs: Generator) -> None:
    """Scale W and move b so that each unit has deviation 1 and is 0 somewhere among the rows.

    ::

        Z = X W
        W ← W / std(Z)                over the rows, (n_out,)
        b ← -Σⱼ cⱼ Z[iⱼ] / std(Z)     five rows iⱼ, weights cⱼ ≥ 0 drawn with a sum of 1

    so that the kink of the activation that follows lies among the data (Holzmüller et al. 2024).
    A unit with the same Z for all rows keeps its W.
    """
    W, b = (p.reshape(len(rngs), -1, layer.n_out) for p in (layer.W, layer.b))
    for m, rng in enumerate(rngs):
        Z = X[m if X.ndim == 3 else ...] @ W[m]
        spread = Z.std(axis=0)
        spread[spread < 1e-3] = 1.0
        W[m] /= spread
        rows = rng.integers(len(Z), size=(5, layer.n_out))
        c = rng.dirichlet(np.ones(5), layer.n_out).T
        b[m] = -(c * np.take_along_axis(Z, rows, axis=0)).sum(axis=0) / spread
