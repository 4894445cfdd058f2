"""Dense and Dropout."""

import numpy as np
import pytest

from numlp.nn import Dense, Dropout, Layer
from numlp.nn.arrays import DType

from .cases import LAYERS, LayerCase, backward, bound, forward, network_of


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


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9])
def test_dropout_drops_at_its_rate_and_scales_the_rest_up(rate: float, dtype: DType) -> None:
    X = np.ones((1000, 100), dtype)
    Y = forward(bound(Dropout(rate), 100, 1000, dtype), X)
    values = np.unique(Y)
    np.testing.assert_allclose(values, [0, 1 / (1 - rate)] if rate else [1], rtol=1e-6)
    sd = np.sqrt(rate * (1 - rate) / X.size)
    assert (Y == 0).mean() == pytest.approx(rate, abs=5 * sd)


def test_dropout_lets_the_gradient_through_where_it_let_the_value() -> None:
    rng = np.random.default_rng(0)
    X, dY = rng.standard_normal((5, 4)), rng.standard_normal((5, 4))
    layer = bound(Dropout(0.5), 4, 5)
    Y = forward(layer, X)
    np.testing.assert_allclose(backward(layer, X, Y, dY), dY * (Y / X), rtol=1e-14)


def test_dropout_draws_a_new_mask_for_every_batch() -> None:
    X = np.ones((20, 20))
    layer = bound(Dropout(0.5), 20, 20)
    assert (forward(layer, X) != forward(layer, X)).any()


def test_dropout_replays_its_masks_when_the_generator_is_set_back() -> None:
    X = np.ones((20, 20))
    layer = bound(Dropout(0.5), 20, 20)
    rng = np.random.default_rng(5)
    layer.init(rng)
    state = rng.bit_generator.state
    masks = [forward(layer, X) for _ in range(3)]
    rng.bit_generator.state = state
    np.testing.assert_array_equal([forward(layer, X) for _ in range(3)], masks)


def test_dropout_is_the_identity_at_inference() -> None:
    X = np.random.default_rng(0).standard_normal((6, 4))
    plain, dropped = network_of([Dense(4, 3)]), network_of([Dropout(0.7), Dense(4, 3)])
    np.testing.assert_array_equal(dropped.predict(X), plain.predict(X))


@pytest.mark.parametrize("case", LAYERS.values(), ids=LAYERS)
def test_every_layer_has_matrices_and_vectors_only(case: LayerCase) -> None:
    layer: Layer = case.make()
    layer.build(4)
    assert all(len(shape) in (1, 2) for shape in layer.shapes.values())
    assert layer.statistics <= layer.shapes.keys()
    assert all(len(layer.shapes[name]) == 1 for name in layer.statistics)  # never decayed
