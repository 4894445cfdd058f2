"""``mlp``: a multilayer perceptron in one call."""

import itertools
from collections.abc import Sequence

import numpy as np

from ..arrays import DType
from ..layers import Dense, Layer
from ..losses import Loss
from ..network import Network
from .activations import ACTIVATIONS
from .dropout import Dropout
from .members import Members
from .normalization import BatchNorm, LayerNorm

NORMALIZATIONS: dict[str, type[Layer]] = {"batch": BatchNorm, "layer": LayerNorm}

_INITIALIZER_FOR = {"tanh": "glorot", "sigmoid": "glorot", "identity": "glorot", "selu": "lecun"}


def mlp(
    sizes: Sequence[int],
    *,
    activation: str | Sequence[str] = "relu",
    dropout: float = 0.0,
    normalization: str | None = None,
    initializer: str | None = None,
    loss: Loss | None = None,
    l2: float = 0.0,
    max_batch: int = 256,
    dtype: DType = np.float32,
    members: int | None = None,
) -> Network:
    """Build a multilayer perceptron: ``mlp([784, 256, 10])`` has one hidden layer of 256 units.

    Each hidden layer is Dense, then normalisation if any, activation, and dropout if any; the last
    layer is Dense alone and gives the logits.

    Parameters
    ----------
    sizes : sequence of int
        Number of inputs, of units in each hidden layer, of outputs.
    activation : str or sequence of str, default "relu"
        A key of ``ACTIVATIONS`` for all hidden layers, or one for each.
    dropout : float, default 0.0
        Probability of dropping a hidden unit.
    normalization : str, optional
        "batch" (``BatchNorm``) or "layer" (``LayerNorm``) before each activation; none by default.
    initializer : str, optional
        One of ``INITIALIZERS``; by default the one that suits the activation that
        follows: glorot_normal before tanh, sigmoid, identity and the loss, lecun_normal before
        selu, he_normal before the others.
    loss : Loss, default SoftmaxCrossEntropy()
        As in ``Network``, and so are the next three.
    l2 : float, default 0.0
        Adds ``l2/2 Σ W²`` to the training loss.
    max_batch : int, default 256
        Rows to allocate memory for.
    dtype : type, default float32
        ``np.float32`` or ``np.float64``.
    members : int, optional
        Build ``Members`` of so many nets in place of a ``Network``.

    Returns
    -------
    Network
        Or ``Members``; its parameters are zeros until ``init`` draws them.

    Raises
    ------
    ValueError
        If there are fewer than two sizes, one is below 1, ``activation`` is not one for each hidden
        layer, a name is not known, ``dropout`` is not in [0, 1), or ``members`` is below 1.

    Examples
    --------
    >>> network = mlp([784, 256, 10], activation="silu", dropout=0.2)
    >>> [type(layer).__name__ for layer in network.layers]
    ['Dense', 'SiLU', 'Dropout', 'Dense']
    >>> network.n_params
    203530
    """
    if len(sizes) < 2:
        raise ValueError(f"sizes={list(sizes)}: give at least the numbers of inputs and outputs")
    hidden = list(itertools.pairwise(sizes[:-1]))
    names = [activation] * len(hidden) if isinstance(activation, str) else list(activation)
    if len(names) != len(hidden):
        raise ValueError(f"activation={names} for {len(hidden)} hidden layers: give one for each")
    for name in names:
        if name not in ACTIVATIONS:
            raise ValueError(f"activation={name!r}: choose one of {', '.join(ACTIVATIONS)}")
    if normalization is not None and normalization not in NORMALIZATIONS:
        raise ValueError(f"normalization={normalization!r}: choose 'batch', 'layer' or None")
    layers: list[Layer] = []
    for (n_in, n_out), name in zip(hidden, names, strict=True):
        suits = _INITIALIZER_FOR.get(name, "he") + "_normal"
        layers.append(Dense(n_in, n_out, initializer or suits))
        if normalization is not None:
            layers.append(NORMALIZATIONS[normalization]())
        layers.append(ACTIVATIONS[name]())
        if dropout:
            layers.append(Dropout(dropout))
    layers.append(Dense(sizes[-2], sizes[-1], initializer or "glorot_normal"))
    if members is None:
        return Network(layers, loss=loss, l2=l2, max_batch=max_batch, dtype=dtype)
    return Members(layers, members, loss=loss, l2=l2, max_batch=max_batch, dtype=dtype)
