"""BatchNorm and LayerNorm against their formulas."""

import numpy as np
import pytest

from numlp.nn import BatchNorm, Dense, LayerNorm, Members, Network
from numlp.nn.arrays import Array

from ..cases import backward, bound, forward, network_of


def problem(n: int = 7, width: int = 4) -> tuple[Array, Array]:
    rng = np.random.default_rng(0)
    return 3 * rng.standard_normal((n, width)) + 5, rng.standard_normal((n, width))


@pytest.mark.parametrize(
    ("cls", "axis"), [(BatchNorm, 0), (LayerNorm, 1)], ids=["BatchNorm", "LayerNorm"]
)
def test_normalization_follows_its_formula(cls: type[BatchNorm | LayerNorm], axis: int) -> None:
    X, _ = problem()
    layer = bound(cls(eps=0.01), 4, 7)
    layer.gamma[:], layer.beta[:] = [1, 2, -3, 0.5], [0, 1, 2, 3]
    mean, variance = X.mean(axis=axis, keepdims=True), X.var(axis=axis, keepdims=True)
    expected = (X - mean) / np.sqrt(variance + 0.01) * layer.gamma + layer.beta
    np.testing.assert_allclose(forward(layer, X), expected, rtol=1e-12)


@pytest.mark.parametrize("cls", [BatchNorm, LayerNorm])
def test_gradients_of_gamma_and_beta_follow_their_formulas(
    cls: type[BatchNorm | LayerNorm],
) -> None:
    X, dY = problem()
    layer = bound(cls(), 4, 7)
    X_hat = forward(layer, X)  # γ = 1 and β = 0
    backward(layer, X, X_hat, dY)
    np.testing.assert_allclose(layer.dgamma, (dY * X_hat).sum(axis=0))
    np.testing.assert_allclose(layer.dbeta, dY.sum(axis=0))


@pytest.mark.parametrize("cls", [BatchNorm, LayerNorm])
def test_normalization_starts_without_scale_or_shift(cls: type[BatchNorm | LayerNorm]) -> None:
    layer = bound(cls(), 4, 7)
    np.testing.assert_array_equal(layer.gamma, 1)
    np.testing.assert_array_equal(layer.beta, 0)


def test_running_statistics_follow_their_formula_over_batches_of_any_size() -> None:
    rng = np.random.default_rng(0)
    network = network_of([BatchNorm(momentum=0.3), Dense(2, 3)])
    layer = network.layers[0]
    layer.init(rng)
    mean, variance = np.zeros(2), np.ones(2)
    for n in (5, 3, 8, 2):
        X = rng.standard_normal((n, 2)) + 4
        network.loss_and_grad(X, np.zeros(n, int))
        mean = 0.7 * mean + 0.3 * X.mean(axis=0)
        variance = 0.7 * variance + 0.3 * X.var(axis=0, ddof=1)
    np.testing.assert_allclose(layer.running_mean, mean, rtol=1e-12)
    np.testing.assert_allclose(layer.running_var, variance, rtol=1e-12)


@pytest.mark.parametrize("k", [None, 2], ids=["Network", "Members"])
def test_statistics_and_gradients_of_very_many_rows_are_right_to_six_digits(k: int | None) -> None:
    rng = np.random.default_rng(0)
    layer = BatchNorm(momentum=1.0)
    layers = [layer, Dense(2, 2)]
    network = Network(layers, n_in=2) if k is None else Members(layers, k, n_in=2)
    network.init([np.random.default_rng(m) for m in range(network.n_nets)])
    X = (rng.standard_normal((100_000, 2)) + np.array([30, 200])).astype(np.float32)
    y = (X[:, 0] > 30.2).astype(np.intp)
    network.loss_and_grad(X, y)
    shape = layer.running_mean.shape
    mean, variance = X.mean(axis=0, dtype=np.float64), X.var(axis=0, ddof=1, dtype=np.float64)
    np.testing.assert_allclose(layer.running_mean, np.broadcast_to(mean, shape), rtol=1e-6)
    np.testing.assert_allclose(layer.running_var, np.broadcast_to(variance, shape), rtol=1e-5)


def test_inference_uses_the_running_statistics() -> None:
    X, _ = problem()
    layer = bound(BatchNorm(eps=0.01), 4, 7)
    layer.running_mean[:], layer.running_var[:] = [1, 2, 3, 4], [4, 3, 2, 1]
    layer.gamma[:], layer.beta[:] = [1, 2, -3, 0.5], [0, 1, 2, 3]
    Y = np.empty_like(X)
    layer.predict(X, Y)
    expected = (X - [1, 2, 3, 4]) / np.sqrt(np.array([4, 3, 2, 1]) + 0.01)
    np.testing.assert_allclose(Y, expected * layer.gamma + layer.beta, rtol=1e-12)


def test_inference_leaves_the_running_statistics_alone() -> None:
    X, _ = problem()
    network = network_of([BatchNorm(), Dense(4, 3)])
    before = network.theta.copy()
    network.predict(X)
    network.evaluate(X, np.zeros(7, int))
    np.testing.assert_array_equal(network.theta, before)


def test_running_statistics_have_a_gradient_of_zero_and_are_not_decayed() -> None:
    X, _ = problem()
    network = network_of([BatchNorm(), Dense(4, 3)], l2=0.1)
    network.loss_and_grad(X, np.zeros(7, int))
    layer = network.layers[0]
    np.testing.assert_array_equal(layer.drunning_mean, 0)
    np.testing.assert_array_equal(layer.drunning_var, 0)
    assert network.n_decayed == 12


def test_one_row_alone_is_normalized_to_beta_and_gives_a_finite_gradient() -> None:
    X, dY = problem(n=1)
    layer = bound(BatchNorm(), 4, 1)
    layer.beta[:] = 1, 2, 3, 4
    Y = forward(layer, X)
    np.testing.assert_array_equal(Y, [[1, 2, 3, 4]])
    np.testing.assert_array_equal(backward(layer, X, Y, dY), np.zeros((1, 4)))
    np.testing.assert_allclose(layer.running_var, 0.9)


@pytest.mark.parametrize("cls", [BatchNorm, LayerNorm])
def test_a_constant_input_is_normalized_to_zero(cls: type[BatchNorm | LayerNorm]) -> None:
    X = np.full((5, 4), 3.0)
    layer = bound(cls(), 4, 5)
    Y = forward(layer, X)
    np.testing.assert_array_equal(Y, 0)
    assert np.isfinite(backward(layer, X, Y, np.ones_like(X))).all()


@pytest.mark.parametrize("cls", [BatchNorm, LayerNorm])
def test_the_variance_survives_a_large_mean(cls: type[BatchNorm | LayerNorm]) -> None:
    """By two passes: the mean of squares less the square of the mean would give noise here."""
    X, _ = problem(n=50, width=50)
    layer = bound(cls(), 50, 50)
    np.testing.assert_allclose(forward(layer, X + 1e8), forward(layer, X), atol=1e-6)
