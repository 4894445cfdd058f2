"""Dense, and what holds for every layer."""

import numpy as np
import pytest

from numlp.nn import CategoryEmbedding, Dense, FixedWaves, Layer, PeriodicEmbedding, ScaledDense

from .cases import LAYERS, WIDTH, LayerCase, backward, bound, forward, in_a_row, network_of


def test_dense_follows_its_formulas() -> None:
    rng = np.random.default_rng(0)
    X, dY = rng.standard_normal((5, 3)), rng.standard_normal((5, 2))
    layer = bound(Dense(3, 2), 3, 5)
    layer.b[:] = 1.5, -2
    Y = forward(layer, X)
    dX = backward(layer, X, Y, dY)
    for i in range(5):
        np.testing.assert_allclose(Y[i], [X[i] @ layer.W[:, k] + layer.b[k] for k in range(2)])
        np.testing.assert_allclose(dX[i], [dY[i] @ layer.W[j] for j in range(3)])
    np.testing.assert_allclose(layer.dW, sum(np.outer(X[i], dY[i]) for i in range(5)))
    np.testing.assert_allclose(layer.db, sum(dY))


def test_dense_starts_with_a_bias_of_zero() -> None:
    layer = bound(Dense(3, 2), 3, 5)
    layer.b.fill(7.0)
    layer.init(np.random.default_rng(0))
    np.testing.assert_array_equal(layer.b, 0)


@pytest.mark.parametrize("case", LAYERS.values(), ids=LAYERS)
def test_every_layer_has_vectors_matrices_and_rows_of_matrices_only(case: LayerCase) -> None:
    """Three axes are a matrix for each number that is embedded; bound, members are one more."""
    layer: Layer = case.make()
    layer.build(WIDTH)
    assert all(len(shape) in (1, 2, 3) for shape in layer.shapes.values())
    assert layer.statistics <= layer.shapes.keys()


@pytest.mark.parametrize("case", LAYERS.values(), ids=LAYERS)
def test_what_is_decayed_are_the_trained_matrices_of_every_layer(case: LayerCase) -> None:
    layers, width = in_a_row(case)
    network = network_of([*layers, Dense(width, 3)], n_in=WIDTH)
    decayed = [
        name
        for name in layers[0].shapes
        if np.shares_memory(getattr(layers[0], name), network.theta[: network.n_decayed])
    ]
    expected = {
        Dense: ["W"],
        ScaledDense: ["W"],
        PeriodicEmbedding: ["V", "w", "b", "c"],
        FixedWaves: ["V", "c"],
        CategoryEmbedding: ["T"],
    }
    assert decayed == expected.get(case.cls, [])
