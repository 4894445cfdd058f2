"""Each layer, as ONNX operators, computes what the engine does."""

from typing import Any

import numpy as np
import pytest

from numlp.export.graph import DOUBLE, FLOAT, Graph
from numlp.export.layers import LAYERS, add_layers
from numlp.models import networks
from numlp.nn import (
    ELU,
    GELU,
    Dense,
    Dropout,
    FixedWaves,
    Layer,
    LeakyReLU,
    Network,
    PeriodicEmbedding,
    ScaledDense,
)

from ..nn import cases
from .runs import with_outputs

WIDTH = 5
# Nets of float64 are those of MLPClassifier, none of which has waves; nor has every onnxruntime a
# cosine in float64.
EXPORTED = {  # by then a ScaledDense is a Dense, and FixedWaves are a PeriodicEmbedding
    name: case for name, case in cases.LAYERS.items() if case.cls not in (ScaledDense, FixedWaves)
}
TYPED = [
    (name, dtype)
    for name, case in EXPORTED.items()
    for dtype in (np.float32, np.float64)
    if dtype == np.float32 or case.cls is not PeriodicEmbedding
]


def network_around(name: str, members: int | None, dtype: Any) -> Network:
    """A layer of the table with Dense layers around it, and parameters of all values."""
    middle, width = cases.in_a_row(cases.LAYERS[name], width=WIDTH)
    middle = [Dropout(layer.rate) if isinstance(layer, Dropout) else layer for layer in middle]
    layers = [Dense(WIDTH, WIDTH), *middle, Dense(width, 3)]
    network = cases.one_or_many(layers, members, dtype=dtype)
    rng = np.random.default_rng(0)
    network.init([np.random.default_rng(seed) for seed in range(members or 1)])
    # Away from where they start: no scale is 1, no shift 0; a variance stays positive.
    network.theta[:] = np.abs(network.theta + rng.normal(0, 0.3, network.n_params)) + 0.05
    network.theta[::2] *= -1
    for layer in middle:
        if hasattr(layer, "running_var"):
            np.abs(layer.running_var, out=layer.running_var)
    return network


def written(network: Network, X: Any) -> Any:
    graph = Graph(["X"])
    kind = DOUBLE if network.dtype == np.float64 else FLOAT
    graph.input("X", kind, network.n_in, "")
    Z = add_layers(graph, network, "X")
    return with_outputs(graph, {Z: kind}).run(None, {"X": X})[0]


@pytest.mark.parametrize("members", [None, 1, 3])
@pytest.mark.parametrize(("name", "dtype"), TYPED)
def test_a_layer_gives_the_logits_of_the_engine(name: str, members: int | None, dtype: Any) -> None:
    network = network_around(name, members, dtype)
    X = np.random.default_rng(1).normal(0, 2, (40, WIDTH)).astype(dtype)
    X[0], X[1] = 0, 30
    expected = network.logits(X)
    found = written(network, X)
    exact = dtype == np.float64 and not isinstance(network.layers[1], GELU)
    bound = 1e-12 if exact else 2e-6
    scale = abs(expected).max()
    assert expected.std() > 0.01
    np.testing.assert_allclose(found.reshape(expected.shape), expected, rtol=0, atol=bound * scale)


@pytest.mark.parametrize("name", EXPORTED)
def test_no_row_gives_no_logits(name: str) -> None:
    network = network_around(name, 2, np.float32)
    assert written(network, np.empty((0, WIDTH), np.float32)).shape == (2, 0, 3)


@pytest.mark.parametrize("name", cases.ACTIVATION_LAYERS)
def test_an_activation_stays_finite_far_out(name: str) -> None:
    network = Network([Dense(1, 1), cases.LAYERS[name].make(1), Dense(1, 1)])
    network.theta[:] = [1, 1, 0, 0]
    X = np.array([[-1e30], [-1e3], [1e3], [1e30]], np.float32)
    found = written(network, X)[0]
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, network.logits(X), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("layer", [ELU(alpha=2), LeakyReLU(slope=0)], ids=repr)
def test_a_setting_may_be_a_whole_number(layer: Layer) -> None:
    network = Network([Dense(1, 1), layer])
    network.theta[:] = [1, 0]
    X = np.array([[-1.0], [2.0]], np.float32)
    np.testing.assert_allclose(written(network, X)[0], network.logits(X), rtol=1e-6)


def test_every_layer_that_a_model_file_can_hold_can_be_exported() -> None:
    assert LAYERS.keys() == set(networks.LAYERS.values())
