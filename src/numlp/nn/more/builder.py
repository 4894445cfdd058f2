"""``mlp``: the usual network in one call."""

import itertools
from collections.abc import Sequence

import numpy as np

from ..activations import ACTIVATIONS
from ..arrays import DType
from ..layers import Dense, Dropout, Layer
from ..losses import Loss
from ..network import Network
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
    """A multilayer perceptron: ``mlp([784, 256, 10])`` has one hidden layer of 256.

    Each hidden layer is Dense, then normalisation, activation and dropout where asked for; the
    last layer is Dense alone and gives the logits.

    Parameters
    ----------
    sizes : sequence of int
        Inputs, hidden units of each layer, outputs.
    activation : str or sequence of str, default "relu"
        A key of ``ACTIVATIONS``, for all hidden layers or one for each.
    dropout : float, default 0.0
        Probability of dropping a hidden unit.
    normalization : "batch", "layer" or None
    initializer : str, optional
        One of ``initializers.INITIALIZERS``; by default what suits the activation that follows:
        he_normal, glorot_normal before tanh, sigmoid, identity and the loss, lecun_normal before
        selu.
    loss, l2, max_batch, dtype, members
        As in ``Network``.
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
    return Network(layers, loss=loss, l2=l2, max_batch=max_batch, dtype=dtype, members=members)
