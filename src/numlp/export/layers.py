"""The layers of a network as ONNX operators: one function for each, in the order of its formula.

X and Y are (members, n, width) throughout, with one member where a network is a single net.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..nn import (
    ELU,
    GELU,
    SELU,
    BatchNorm,
    CategoryEmbedding,
    Dense,
    Dropout,
    GELUTanh,
    Identity,
    Layer,
    LayerNorm,
    LeakyReLU,
    Mish,
    MixedSELU,
    Network,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    ReLU,
    Scale,
    Sigmoid,
    SiLU,
    Tanh,
)
from .graph import FLOAT, INT64, Graph


class Step(NamedTuple):
    """A layer to be written, and what it is applied to.

    ``parameters`` are (members, *shape) each.
    """

    graph: Graph
    layer: Any
    parameters: dict[str, NDArray[Any]]
    X: str

    def op(self, kind: str, *operands: Any, **attributes: Any) -> str:
        """Append an operator; return the name of its output."""
        return self.graph.op(kind, *operands, **attributes)

    def row(self, name: str) -> NDArray[Any]:
        """A parameter that is a vector, so that it broadcasts over the rows."""
        return self.parameters[name][:, None]


def add_layers(graph: Graph, network: Network, X: str) -> str:
    """Append all layers to X, (n, n_in); return the logits, (members, n, n_out), by name."""
    graph.dtype = network.dtype
    k = network.n_nets
    # Each member sees the same rows; what a layer appends to them differs by member.
    X = graph.op("Unsqueeze", X, np.array([0]))
    if k > 1:
        X = graph.op("Expand", X, np.array([k, 1, 1]))
    for layer in network.layers:
        shapes = layer.shapes.items()
        parameters = {name: getattr(layer, name).reshape(k, *shape) for name, shape in shapes}
        X = LAYERS[type(layer)](Step(graph, layer, parameters, X))
    return X


def sigmoid(graph: Graph, Z: str) -> str:
    """Append σ(Z) as the engine computes it: exp(min(Z, 0)) / (1 + exp(-|Z|)).

    The operator Sigmoid of onnxruntime is 0 below -18 in float32 and below -38 in float64, where
    the true values are small and no zeros: a log-loss would be infinite.
    """
    E = graph.op("Exp", graph.op("Neg", graph.op("Abs", Z)))
    return graph.op("Div", graph.op("Exp", graph.op("Min", Z, 0.0)), graph.op("Add", E, 1.0))


def _dense(s: Step) -> str:
    return s.op("Add", s.op("MatMul", s.X, s.parameters["W"]), s.row("b"))


def _same(s: Step) -> str:
    return s.X


def _scale(s: Step) -> str:
    return s.op("Mul", s.X, s.row("s"))


def _batch_norm(s: Step) -> str:
    std = s.op("Sqrt", s.op("Add", s.row("running_var"), s.layer.eps))
    return _scale_and_shift(s, s.op("Div", s.op("Sub", s.X, s.row("running_mean")), std))


def _layer_norm(s: Step) -> str:
    last = np.array([-1])
    centered = s.op("Sub", s.X, s.op("ReduceMean", s.X, last))
    variance = s.op("ReduceMean", s.op("Mul", centered, centered), last)
    std = s.op("Sqrt", s.op("Add", variance, s.layer.eps))
    return _scale_and_shift(s, s.op("Div", centered, std))


def _scale_and_shift(s: Step, X_hat: str) -> str:
    return s.op("Add", s.op("Mul", X_hat, s.row("gamma")), s.row("beta"))


# Embeddings


def _periodic(s: Step) -> str:
    w, b, V, c = (s.parameters[name] for name in "wbVc")
    # (k, n, f) -> (k, f, n, 1), since each number has a V of its own
    x = s.op("Unsqueeze", s.op("Transpose", _numbers(s), perm=[0, 2, 1]), np.array([3]))
    Z = s.op("Add", s.op("Mul", x, w[:, :, None]), b[:, :, None])
    E = s.op("Add", s.op("MatMul", s.op("Cos", Z), V), c[:, :, None])
    return _append(s, s.X, s.op("Transpose", E, perm=[0, 2, 1, 3]), s.layer.n_in)


def _piecewise_linear(s: Step) -> str:
    x = s.op("Unsqueeze", _numbers(s), np.array([3]))
    E = s.op("Mul", s.op("Sub", x, s.row("low")), s.row("slope"))
    return _append(s, s.X, s.op("Clip", E, 0.0, 1.0), s.layer.n_in)


def _category(s: Step) -> str:
    cardinalities, T = s.layer.cardinalities, s.parameters["T"]
    n_kept = s.layer.n_in - len(cardinalities)
    widths = np.array([n_kept, len(cardinalities)])
    kept, codes = s.graph.ops(2, "Split", s.X, widths, axis=2)
    codes = s.op("Min", s.graph.cast(codes, INT64), np.subtract(cardinalities, 1))
    codes = s.op("Max", codes, np.int64(0))
    # The tables of the members stand one below the other.
    first = np.cumsum([0, *cardinalities[:-1]]) + np.arange(len(T))[:, None, None] * T.shape[1]
    E = s.op("Gather", T.reshape(-1, s.layer.width), s.op("Add", codes, first), axis=0)
    return _append(s, kept, E, n_kept)


def _numbers(s: Step) -> str:
    """The first columns of X, which the layer embeds."""
    return s.op("Slice", s.X, np.array([0]), np.array([s.layer.n_numbers]), np.array([2]))


def _append(s: Step, X: str, E: str, n_kept: int) -> str:
    """Put E, (members, n, …), behind the n_kept columns of X, each row of E as one line."""
    flat = s.op("Reshape", E, np.array([0, 0, s.layer.n_out - n_kept]))
    return s.op("Concat", X, flat, axis=2)


# Activations


def _relu(s: Step) -> str:
    return s.op("Relu", s.X)


def _leaky_relu(s: Step) -> str:
    return s.op("Max", s.X, s.op("Mul", s.X, s.layer.slope))


def _elu(s: Step) -> str:
    return _elu_with(s, s.layer.alpha, s.layer.scale)


def _elu_with(s: Step, alpha: float, scale: float) -> str:
    left = s.op("Sub", s.op("Exp", s.op("Min", s.X, 0.0)), 1.0)
    Y = s.op("Add", s.op("Max", s.X, 0.0), s.op("Mul", left, alpha))
    return Y if scale == 1 else s.op("Mul", Y, scale)


def _mixed_selu(s: Step) -> str:
    D = s.op("Sub", _elu_with(s, SELU.alpha, SELU.scale), s.X)
    return s.op("Add", s.X, s.op("Mul", D, s.row("a")))


def _tanh(s: Step) -> str:
    return s.op("Tanh", s.X)


def _sigmoid(s: Step) -> str:
    return sigmoid(s.graph, s.X)


def _silu(s: Step) -> str:
    # As a product with a sigmoid, older versions of onnxruntime would fuse it to one of float32.
    return s.op("Div", s.X, s.op("Add", s.op("Exp", s.op("Neg", s.X)), 1.0))


def _mish(s: Step) -> str:
    e = s.op("Exp", s.op("Min", s.X, 20.0))
    u = s.op("Mul", e, s.op("Add", e, 2.0))
    return s.op("Mul", s.X, s.op("Div", u, s.op("Add", u, 2.0)))


def _gelu_tanh(s: Step) -> str:
    c, k = s.layer.c, s.layer.k
    slope = s.op("Add", s.op("Mul", s.op("Mul", s.X, s.X), c * k), c)
    T = s.op("Tanh", s.op("Mul", slope, s.X))
    return s.op("Mul", s.X, s.op("Mul", s.op("Add", T, 1.0), 0.5))


def _gelu(s: Step) -> str:
    # onnxruntime has Erf in float32 alone.
    erf = s.op("Erf", s.graph.cast(s.op("Mul", s.X, 1 / math.sqrt(2)), FLOAT))
    Phi = s.op("Mul", s.op("Add", s.op("CastLike", erf, s.X), 1.0), 0.5)
    return s.op("Mul", s.X, Phi)


LAYERS: dict[type[Layer], Callable[[Step], str]] = {
    Dense: _dense,
    Dropout: _same,
    BatchNorm: _batch_norm,
    LayerNorm: _layer_norm,
    Scale: _scale,
    PeriodicEmbedding: _periodic,
    PiecewiseLinearEmbedding: _piecewise_linear,
    CategoryEmbedding: _category,
    Identity: _same,
    ReLU: _relu,
    LeakyReLU: _leaky_relu,
    ELU: _elu,
    SELU: _elu,
    MixedSELU: _mixed_selu,
    GELU: _gelu,
    GELUTanh: _gelu_tanh,
    SiLU: _silu,
    Mish: _mish,
    Tanh: _tanh,
    Sigmoid: _sigmoid,
}
