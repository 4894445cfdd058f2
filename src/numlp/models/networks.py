"""Networks to JSON and arrays and back.

A file may declare anything, so what its layers need is compared with the arrays that are there
before any memory is taken for it.
"""

import math
import typing
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..nn.layers import Dense, Layer
from ..nn.losses import Loss, SoftmaxCrossEntropy
from ..nn.more.activations import ACTIVATIONS, MixedSELU
from ..nn.more.dropout import Dropout
from ..nn.more.embeddings import (
    CategoryEmbedding,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    Scale,
)
from ..nn.more.members import Members
from ..nn.more.normalization import BatchNorm, LayerNorm
from ..nn.network import Network

LAYERS: dict[str, type[Layer]] = {
    cls.__name__: cls
    for cls in (
        Dense,
        Dropout,
        BatchNorm,
        LayerNorm,
        Scale,
        MixedSELU,
        PeriodicEmbedding,
        PiecewiseLinearEmbedding,
        CategoryEmbedding,
        *ACTIVATIONS.values(),
    )
}
LOSSES = {SoftmaxCrossEntropy.__name__: SoftmaxCrossEntropy}  # the outputs are probabilities
# Others hold no parameters, so that a small file could ask for any amount of working memory.
MAX_LAYERS_PER_DENSE = 8
MAX_LAYERS = 4000  # each takes some kB beside its numbers: views, and what describes it
ROW_BYTES = 1 << 22  # that one row may take in a pass, if that is not twice the parameters

NUMBER = np.float32  # of the networks of tables
Arrays = Mapping[str, NDArray[Any]]


def parameters(network: Network) -> list[tuple[str, NDArray[Any]]]:
    """Each parameter by a name of its own, such as ``layers.0.W``; members are its first axis."""
    return [
        (f"layers.{i}.{name}", getattr(layer, name).reshape(*network.front, *shape))
        for i, layer in enumerate(network.layers)
        for name, shape in layer.shapes.items()
    ]


def network_state(network: Network) -> dict[str, Any]:
    """The layers and the loss as JSON takes them; ``parameters`` gives the arrays beside it."""
    return {
        "layers": [_state(layer) for layer in network.layers],
        "loss": _state(network.loss),
        "members": network.k if isinstance(network, Members) else None,
    }


def network_from_state(state: Mapping[str, Any], n_in: int, arrays: Arrays) -> Network:
    """The network that ``network_state`` and ``parameters`` described, for ``n_in`` inputs.

    Raises
    ------
    KeyError, TypeError, ValueError
        The state does not describe a network of a table, or the arrays do not fit it.
    """
    check_number(len(state["layers"]))
    layers = [_from_state(entry, LAYERS) for entry in state["layers"]]
    loss = _from_state(state["loss"], LOSSES)
    members = state["members"]
    if members is not None and (type(members) is not int or members < 1):
        raise TypeError(f"members={members!r} is not a number of nets")
    check_layers(layers)
    _check_sizes(layers, n_in, members, arrays)
    _check_row(layers, loss, members or 1, sum(array.nbytes for array in arrays.values()))
    network = (
        Network(layers, n_in=n_in, loss=loss, max_batch=1)
        if members is None
        else Members(layers, members, n_in=n_in, loss=loss, max_batch=1)
    )
    fill(network, arrays)
    _check_finite(network)
    return network


def check_network(network: Network) -> None:
    """Raise a ValueError for a network that the model of a table cannot have."""
    if network.dtype != np.float32 or type(network.loss) not in LOSSES.values():
        raise ValueError("a model has a network of float32 with the loss SoftmaxCrossEntropy")
    check_layers(network.layers)


def check_layers(layers: Sequence[Layer]) -> None:
    """Raise a ValueError for layers that no model file can hold."""
    n_dense = sum(isinstance(layer, Dense) for layer in layers)
    if not n_dense or len(layers) > MAX_LAYERS_PER_DENSE * n_dense:
        raise ValueError(
            f"{len(layers)} layers, {n_dense} of them Dense: at least one has to be, and one in "
            f"{MAX_LAYERS_PER_DENSE}"
        )
    for layer in layers:
        if type(layer) not in LAYERS.values():
            raise ValueError(f"no model file can hold a layer such as {layer!r}")


def check_number(n_layers: int) -> None:
    """Raise a ValueError for more layers than a file may have."""
    if n_layers > MAX_LAYERS:
        raise ValueError(f"{n_layers:,} layers, and {MAX_LAYERS:,} are allowed")


def pass_bytes(layers: Sequence[Layer], loss: Loss, n_nets: int, n: int) -> int:
    """Bytes that n rows take in a pass of layers, each of which knows its width."""
    owned = [layer.scratch(n) for layer in layers] + [loss.scratch(n, layers[-1].n_out)]
    arrays = [array for scratch in owned for array in scratch.values()]
    scratch = sum(math.prod(shape) * np.dtype(kind or NUMBER).itemsize for shape, kind in arrays)
    outputs = 2 * n * sum(layer.n_out for layer in layers)  # and a gradient of each
    return n_nets * (scratch + outputs * np.dtype(NUMBER).itemsize)


def bytes_of_rows(network: Network) -> tuple[int, int]:
    """How many bytes of a pass stay the same for any number of rows, and how many a row adds."""
    one, two = (
        pass_bytes(network.layers, network.loss, network.n_nets, n_rows) for n_rows in (1, 2)
    )
    return 2 * one - two, two - one


def fill(network: Network, arrays: Arrays) -> None:
    """Give each parameter of the network its array.

    Raises
    ------
    ValueError
        The arrays do not fit the layers, by name, shape or type.
    """
    declared = dict(parameters(network))
    _check_names(declared, arrays)
    for name, parameter in declared.items():
        _check_array(name, arrays[name], parameter.shape, parameter.dtype)
        parameter[...] = arrays[name]


def _state(part: Any) -> dict[str, Any]:
    return {"type": type(part).__name__, **part.settings}


def _from_state(entry: Mapping[str, Any], types: Mapping[str, Any]) -> Any:
    settings = dict(entry)
    name = settings.pop("type")
    if name not in types:
        raise ValueError(f"no layer or loss is called {name!r}")
    cls = types[name]
    hints = typing.get_type_hints(cls.__init__)
    for name, value in settings.items():
        if not _has_type(value, hints.get(name)):
            raise TypeError(f"{cls.__name__}: {name} is {value!r}, not a {hints.get(name)}")
    return cls(**settings)


def _has_type(value: Any, hint: Any) -> bool:
    """Whether a value out of JSON is what a layer's argument is declared to be."""
    if hint is float:
        return type(value) in (int, float)
    if hint == Sequence[int]:
        return isinstance(value, list) and all(type(v) is int for v in value)
    return hint in (int, str) and type(value) is hint


def _check_sizes(layers: list[Layer], width: int, members: int | None, arrays: Arrays) -> None:
    """Compare what the layers declare with the arrays that are there, before allocating any."""
    front = () if members is None else (members,)
    declared: dict[str, tuple[int, ...]] = {}
    for i, layer in enumerate(layers):
        width = layer.build(width)
        declared |= {f"layers.{i}.{name}": (*front, *s) for name, s in layer.shapes.items()}
    _check_names(declared, arrays)
    for name, shape in declared.items():
        _check_array(name, arrays[name], shape, np.dtype(np.float32))


def _check_row(layers: list[Layer], loss: Loss, n_nets: int, n_bytes: int) -> None:
    """Raise a ValueError where a row takes far more memory than parameters of so many bytes."""
    needed, allowed = pass_bytes(layers, loss, n_nets, 1), max(ROW_BYTES, 2 * n_bytes)
    if needed > allowed:
        raise ValueError(
            f"the layers take {needed:,} bytes for a row, and {allowed:,} are allowed for "
            f"{n_bytes:,} bytes of parameters"
        )


def _check_names(declared: Mapping[str, Any], arrays: Arrays) -> None:
    if declared.keys() != arrays.keys():
        raise ValueError(f"the arrays are {sorted(arrays)}, but the layers have {sorted(declared)}")


def _check_array(
    name: str, array: NDArray[Any], shape: tuple[int, ...], dtype: np.dtype[Any]
) -> None:
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} of {array.shape}, not {dtype} of {shape}")


def _check_finite(network: Network) -> None:
    """Raise a ValueError where even a row of zeros gives no probabilities."""
    try:
        with np.errstate(all="ignore", over="raise"):
            P = network.predict(np.zeros((1, network.n_in), np.float32))
        finite = bool(np.isfinite(P).all())
    except FloatingPointError:
        finite = False
    if not finite:
        raise ValueError("the network computes no finite numbers")
