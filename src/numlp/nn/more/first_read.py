"""Gradients that nobody reads: those of columns that do not depend on any parameter."""

from functools import singledispatch

from ..layers import Layer
from ..network import Network
from .embeddings import CategoryEmbedding, PeriodicEmbedding


def find_first_read(network: Network) -> None:
    """Tell each layer the first column of its X that depends on a parameter of layers before it.

    The columns in front are data: their gradient is not computed.

    Parameters
    ----------
    network : Network
        Each of its layers is given ``first_read``.

    Examples
    --------
    Of the six columns that the first layer gives, the waves alone, from the third on, are learned:

    >>> from numlp.nn import Dense, PeriodicEmbedding
    >>> network = Network([PeriodicEmbedding(2, n_outputs=2), Dense(6, 3)], n_in=2)
    >>> find_first_read(network)
    >>> [layer.first_read for layer in network.layers]
    [2, 2]
    """
    first = network.layers[0].n_in  # no column of the data
    for layer in network.layers:
        layer.first_read = first
        is_data = first == layer.n_in and not layer.shapes
        first = layer.n_out if is_data else learned_from(layer, first)


@singledispatch
def learned_from(layer: Layer, first: int) -> int:
    """The first column of a layer's Y that depends on parameters, if that of X is ``first``."""
    return 0 if layer.shapes else first


@learned_from.register
def _(layer: PeriodicEmbedding, first: int) -> int:  # noqa: ARG001 - the same for each
    return first  # n_in at most, where the waves begin


@learned_from.register
def _(layer: CategoryEmbedding, first: int) -> int:
    return min(first, layer.n_in - len(layer.cardinalities))
