"""The layers for tables: embeddings and Scale, each against its formula."""

import math

import numpy as np
import pytest

from numlp.nn import (
    CategoryEmbedding,
    Dense,
    Network,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    Scale,
    adapt,
)
from numlp.nn.arrays import Array, DType
from numlp.nn.more.adapt import adapt_layer
from numlp.nn.more.embeddings import ADDED_AT_ONCE, add_to_rows

from ..cases import (
    assert_gradient_is_right,
    backward,
    bound,
    forward,
    network_of,
    one_or_many,
)

DTYPE = pytest.mark.parametrize(("dtype", "rtol"), [(np.float32, 2e-5), (np.float64, 1e-12)])


def moved(layer: PeriodicEmbedding, dtype: DType = np.float64) -> PeriodicEmbedding:
    """Bound for 5 rows of 4 columns, with every parameter away from where it starts."""
    bound(layer, 4, 5, dtype)
    layer.c[:] = np.random.default_rng(1).standard_normal(layer.c.shape)
    return layer


def given(*shape: int, dtype: DType = np.float64, seed: int = 2) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


# Periodic


@DTYPE
def test_a_periodic_embedding_follows_its_formula(dtype: DType, rtol: float) -> None:
    layer = moved(PeriodicEmbedding(3, n_outputs=2, n_frequencies=4, sigma=0.5), dtype)
    X = given(5, 4, dtype=dtype)
    Y = forward(layer, X)
    V, w, b, c = (p.astype(float) for p in (layer.V, layer.w, layer.b, layer.c))
    assert Y.shape == (5, 4 + 3 * 2)
    np.testing.assert_array_equal(Y[:, :4], X)
    for i in range(5):
        for j in range(3):
            for k in range(2):
                z = [float(X[i, j]) * w[j, q] + b[j, q] for q in range(4)]
                expected = sum(math.cos(z[q]) * V[j, q, k] for q in range(4)) + c[j, k]
                assert Y[i, 4 + 2 * j + k] == pytest.approx(expected, rel=rtol, abs=rtol)


@DTYPE
def test_the_gradients_of_a_periodic_embedding_follow_their_formulas(
    dtype: DType, rtol: float
) -> None:
    layer = moved(PeriodicEmbedding(3, n_outputs=2, n_frequencies=4, sigma=0.5), dtype)
    X, dY = given(5, 4, dtype=dtype), given(5, 10, dtype=dtype, seed=3)
    dX = backward(layer, X, forward(layer, X), dY)
    like = {"rtol": rtol, "atol": 2 * rtol}
    for j in range(3):
        x, dE = X[:, j].astype(float), dY[:, 4 + 2 * j : 6 + 2 * j].astype(float).T
        V, w, b = (p[j].astype(float) for p in (layer.V, layer.w, layer.b))
        Z = w[:, None] * x + b[:, None]
        dZ = -(V @ dE) * np.sin(Z)
        np.testing.assert_allclose(layer.dV[j], np.cos(Z) @ dE.T, **like)
        np.testing.assert_allclose(layer.dc[j], dE.sum(axis=1), **like)
        np.testing.assert_allclose(layer.dw[j], dZ @ x, **like)
        np.testing.assert_allclose(layer.db[j], dZ.sum(axis=1), **like)
        np.testing.assert_allclose(dX[:, j], dY[:, j] + w @ dZ, **like)
    np.testing.assert_array_equal(dX[:, 3], dY[:, 3])


def test_a_periodic_embedding_starts_with_frequencies_of_its_sigma() -> None:
    layer = bound(PeriodicEmbedding(40, n_outputs=3, n_frequencies=100, sigma=0.3), 40, 1)
    layer.c.fill(7.0)
    layer.init(np.random.default_rng(0))
    n = layer.w.size
    assert layer.w.std() == pytest.approx(2 * math.pi * 0.3, rel=5 / math.sqrt(2 * n))
    assert layer.w.mean() == pytest.approx(0, abs=5 * 2 * math.pi * 0.3 / math.sqrt(n))
    assert -math.pi <= layer.b.min() < -3.1
    assert 3.1 < layer.b.max() <= math.pi
    assert layer.V.std() == pytest.approx(0.1, rel=5 / math.sqrt(2 * layer.V.size))
    np.testing.assert_array_equal(layer.c, 0)


# Piecewise linear


def piecewise(n_numbers: int, n_bins: int, n_in: int, n: int, X: Array) -> PiecewiseLinearEmbedding:
    layer = PiecewiseLinearEmbedding(n_numbers, n_bins)
    bound(layer, n_in, n)
    adapt_layer(layer, X, np.random.default_rng(0))
    return layer


def test_a_piecewise_linear_embedding_follows_its_formula() -> None:
    rows, X, dY = given(200, 3, seed=1), given(5, 3), given(5, 3 + 2 * 4, seed=3)
    layer = piecewise(2, 4, 3, 5, rows)
    Y = forward(layer, X)
    dX = backward(layer, X, Y, dY)
    np.testing.assert_array_equal(Y[:, :3], X)
    np.testing.assert_array_equal(dX[:, 2], dY[:, 2])
    for j in range(2):
        edges = np.quantile(rows[:, j], [0, 0.25, 0.5, 0.75, 1])
        for i in range(5):
            slope = dY[i, j]
            for t in range(4):
                width = edges[t + 1] - edges[t]
                place = (X[i, j] - edges[t]) / width
                expected = min(max(place, 0.0), 1.0)
                assert Y[i, 3 + 4 * j + t] == pytest.approx(expected, rel=1e-12, abs=1e-12)
                slope += dY[i, 3 + 4 * j + t] / width if 0 < place < 1 else 0
            assert dX[i, j] == pytest.approx(slope, rel=1e-12)


def test_a_number_below_all_bins_is_zeros_and_one_above_is_ones() -> None:
    rows = given(100, 1)
    layer = piecewise(1, 5, 1, 2, rows)
    Y = forward(layer, np.array([[rows.min() - 1], [rows.max() + 1]]))
    np.testing.assert_array_equal(Y[:, 1:], [[0] * 5, [1] * 5])
    np.testing.assert_array_equal(backward(layer, Y[:, :1], Y, np.ones((2, 6))), 1)


def test_a_number_of_few_values_has_few_bins_and_a_constant_has_none() -> None:
    rows = np.stack([np.arange(90) % 3, np.full(90, 4.0)], axis=1)
    layer = piecewise(2, 8, 2, 3, rows)
    Y = forward(layer, np.array([[0.0, 3.0], [1.5, 4.0], [2.0, 5.0]]))
    np.testing.assert_allclose(Y[:, 2:4], [[0, 0], [1, 0.5], [1, 1]])
    np.testing.assert_array_equal(Y[:, 4:], 0)


def test_a_bin_is_never_narrower_than_a_ten_thousandth() -> None:
    rows = np.repeat([[0.0], [1e-9], [1.0]], 30, axis=0)
    layer = piecewise(1, 3, 1, 1, rows)
    assert layer.slope.max() == pytest.approx(1e4)


def test_the_bins_are_not_trained() -> None:
    network = network_of([PiecewiseLinearEmbedding(2, 3), Dense(9, 2)], n_in=3)
    adapt(network, given(50, 3), np.random.default_rng(0))
    layer = network.layers[0]
    assert layer.slope.all()
    assert_gradient_is_right(network, given(5, 3), np.array([0, 1, 1, 0, 1]))
    assert not layer.dlow.any()
    assert not layer.dslope.any()


# Categories


def category(n: int = 5, members: int | None = None) -> tuple[Network, CategoryEmbedding]:
    layer = CategoryEmbedding([3, 4], width=2)
    layers = [layer, Dense(5, 2)]
    network = one_or_many(layers, members, n_in=3, dtype=np.float64, max_batch=n)
    network.init([np.random.default_rng(m) for m in range(members or 1)])
    return network, layer


def test_a_category_is_looked_up_in_its_own_part_of_the_table() -> None:
    layer = bound(CategoryEmbedding([3, 4], width=2), 3, 5)
    X = np.array([[0.5, 0, 0], [1.5, 1, 2], [2.5, 2, 3], [3.5, 2, 1], [4.5, 1, 2]])
    Y, dY = forward(layer, X), given(5, 5)
    dX = backward(layer, X, Y, dY)
    np.testing.assert_array_equal(Y[:, 0], X[:, 0])
    dT = np.zeros((7, 2))
    for i in range(5):
        first, second = int(X[i, 1]), 3 + int(X[i, 2])
        np.testing.assert_array_equal(Y[i, 1:], [*layer.T[first], *layer.T[second]])
        dT[first] += dY[i, 1:3]
        dT[second] += dY[i, 3:]
    np.testing.assert_allclose(layer.dT, dT, rtol=1e-14)
    np.testing.assert_array_equal(dX, np.column_stack([dY[:, 0], np.zeros((5, 2))]))


@pytest.mark.parametrize("members", [None, 3])
def test_the_gradient_of_categories_is_right(members: int | None) -> None:
    network, _ = category(members=members)
    rng = np.random.default_rng(0)
    X = np.column_stack([given(5, 1), rng.integers(3, size=5), rng.integers(4, size=5)])
    if members is None:
        network.theta += rng.uniform(-0.3, 0.3, network.n_params)
        assert_gradient_is_right(network, X, rng.integers(2, size=5))
        return
    X, y = np.stack([X, X[::-1], X[[0, 0, 1, 1, 2]]]), rng.integers(2, size=5)
    network.loss_and_grad(X, y)
    for m in range(3):
        single, _ = category()
        single.theta[:] = network.member(m)
        single.loss_and_grad(X[m], y)
        np.testing.assert_allclose(network.member(m, network.grad), single.grad, rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("members", [None, 3])
def test_a_code_out_of_range_is_clipped(members: int | None, dtype: DType) -> None:
    network, layer = category(members=members)
    outside = np.array([[0, -1, -7], [0, 3, 4], [0, 2, 1e6], [0, -1e6, 2]], dtype)
    inside = np.array([[0, 0, 0], [0, 2, 3], [0, 2, 3], [0, 0, 2]], dtype)
    np.testing.assert_array_equal(network.predict(outside), network.predict(inside))
    y = np.array([0, 1, 1, 0])
    network.loss_and_grad(outside, y)
    grad = network.grad.copy()
    network.loss_and_grad(inside, y)
    np.testing.assert_array_equal(network.grad, grad)
    assert np.isfinite(layer.T).all()


@pytest.mark.parametrize("members", [None, 3])
def test_the_unknown_category_starts_as_zeros_and_no_other_does(members: int | None) -> None:
    network, layer = category(members=members)
    network.theta.fill(7.0)
    network.init([np.random.default_rng(m) for m in range(members or 1)])
    for T in layer.T.reshape(-1, 7, 2):
        zero = (T == 0).all(axis=1)
        np.testing.assert_array_equal(np.flatnonzero(zero), [0, 3])
        assert (T[~zero] != 0).all()


def test_categories_start_with_a_deviation_of_one() -> None:
    layer = bound(CategoryEmbedding([5001], width=2), 1, 1)
    assert layer.T[1:].std() == pytest.approx(1, rel=5 / math.sqrt(2 * 10_000))


@pytest.mark.parametrize("width", [1, 3, ADDED_AT_ONCE - 1, ADDED_AT_ONCE, ADDED_AT_ONCE + 1])
@pytest.mark.parametrize("n", [1, 7, 3000])
def test_rows_are_added_wherever_they_stand(width: int, n: int) -> None:
    n = n if width < 4 else min(n, 9)
    rows, E = np.random.default_rng(0).integers(5, size=n), given(n, width)
    T, expected = np.ones((5, width)), np.ones((5, width))
    add_to_rows(T, rows, E)
    for row, e in zip(rows, E, strict=True):
        expected[row] += e
    np.testing.assert_array_equal(T, expected)


# Scale


def test_scale_follows_its_formulas_and_starts_at_one() -> None:
    layer = bound(Scale(), 3, 5)
    np.testing.assert_array_equal(layer.s, 1)
    layer.s[:] = 2, -1, 0.5
    X, dY = given(5, 3), given(5, 3, seed=3)
    Y = forward(layer, X)
    dX = backward(layer, X, Y, dY)
    np.testing.assert_array_equal(Y, X * [2, -1, 0.5])
    np.testing.assert_array_equal(dX, dY * [2, -1, 0.5])
    np.testing.assert_allclose(layer.ds, sum(X[i] * dY[i] for i in range(5)), rtol=1e-14)
