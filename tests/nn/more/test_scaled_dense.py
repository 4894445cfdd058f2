"""ScaledDense: the same as Scale before Dense, and as a Dense with the factors in its weights."""

import numpy as np
import pytest

from numlp.nn import (
    Adam,
    CategoryEmbedding,
    Dense,
    Layer,
    Members,
    Network,
    PeriodicEmbedding,
    ReLU,
    Scale,
    ScaledDense,
    find_first_read,
    train,
)

from ..cases import backward, bound, forward


def test_scaled_dense_follows_its_formulas_and_starts_at_one() -> None:
    rng = np.random.default_rng(0)
    layer = bound(ScaledDense(3, 2), 3, 5)
    np.testing.assert_array_equal(layer.s, 1)
    layer.s[:] = 2, -1, 0.5
    X, dY = rng.standard_normal((5, 3)), rng.standard_normal((5, 2))
    Y = forward(layer, X)
    W, column = layer.W.copy(), layer.s[:, None].copy()
    dX = backward(layer, X, Y, dY.copy())
    G = sum(np.outer(X[i], dY[i]) for i in range(5))
    np.testing.assert_allclose(Y, X @ (column * W) + layer.b, rtol=1e-14)
    np.testing.assert_allclose(dX, dY @ (column * W).T, rtol=1e-14)
    np.testing.assert_allclose(layer.dW, column * G, rtol=1e-13)
    np.testing.assert_allclose(layer.ds, (W * G).sum(axis=1), rtol=1e-13)
    np.testing.assert_allclose(layer.db, dY.sum(axis=0), rtol=1e-13)
    np.testing.assert_array_equal(layer.scaled_weights, column * W)


def layers(first: list[Layer]) -> list[Layer]:
    return [CategoryEmbedding([3, 4], 2), PeriodicEmbedding(2, 2, 3), *first, ReLU(), Dense(7, 3)]


@pytest.mark.parametrize("k", [None, 4])
def test_it_learns_what_scale_before_dense_learns(k: int | None) -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 5))
    X[:, 3:] = rng.integers(0, 3, (60, 2))
    y = rng.integers(3, size=60)
    trained = []
    for first in ([ScaledDense(11, 7)], [Scale(), Dense(11, 7)]):
        made = layers(first)
        network = (
            Network(made, n_in=5, dtype=np.float64)
            if k is None
            else Members(made, k, n_in=5, dtype=np.float64)
        )
        rngs = [np.random.default_rng(seed) for seed in range(k or 1)]
        network.init(rngs)
        # Both sorts of parameters have the same rates, in whatever order they stand.
        optimizer = Adam(0.01, groups=network.groups(lambda *_: (1.0, 0.0)))
        for epoch in train(network, optimizer, X, y, batch_size=16):
            if epoch.number == 20:
                break
        trained.append((network.predict(X), epoch.train_loss))
    np.testing.assert_allclose(trained[0][0], trained[1][0], atol=1e-10)
    assert trained[0][1] == pytest.approx(trained[1][1], rel=1e-10)


def test_gradients_that_nobody_reads_are_left_out_and_the_others_are_the_same() -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((20, 5))
    X[:, 3:] = rng.integers(0, 3, (20, 2))
    y = rng.integers(3, size=20)
    network = Network(layers([ScaledDense(11, 7)]), n_in=5, dtype=np.float64)
    network.init(np.random.default_rng(1))
    find_first_read(network)
    # Columns 0 to 2 are data; the categories' own begin at 3, those of the waves at 7.
    assert [layer.first_read for layer in network.layers] == [5, 3, 3, 0, 0]
    network.loss_and_grad(X, y)
    lean = network.grad.copy()
    for layer in network.layers:
        layer.first_read = 0
    network.loss_and_grad(X, y)
    np.testing.assert_allclose(lean, network.grad, rtol=1e-12, atol=1e-15)
    assert np.abs(lean).min() < np.abs(lean).max()


@pytest.mark.parametrize(
    ("made", "first"),
    [
        ([Dense(4, 2)], [4]),
        ([ReLU(), Dense(4, 2), Dense(2, 2)], [4, 4, 0]),
        ([PeriodicEmbedding(2, 3), Dense(10, 2)], [4, 4]),
        ([Dense(4, 4), PeriodicEmbedding(2, 3), Dense(10, 2)], [4, 0, 0]),
        ([CategoryEmbedding([2], 3), ReLU(), Dense(6, 2)], [4, 3, 3]),
    ],
)
def test_the_first_column_that_depends_on_parameters_is_known(
    made: list[Layer], first: list[int]
) -> None:
    network = Network(made, n_in=4)
    find_first_read(network)
    assert [layer.first_read for layer in network.layers] == first
