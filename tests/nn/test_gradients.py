"""Every gradient against float64 central differences, alone and in company.

Layers share buffers, so a fault can live in a pair though each layer alone is right.
"""

from collections.abc import Callable

import numpy as np
import pytest

from numlp.nn import Dense, Loss, Network, Tanh, mlp

from .cases import (
    LAYERS,
    LOSSES,
    LOSSES_OF,
    WIDTH,
    LayerCase,
    LossCase,
    assert_gradient_is_right,
    batch_of,
    in_a_row,
    network_of,
)

LAYER = pytest.mark.parametrize("case", LAYERS.values(), ids=LAYERS)
# In pairs one of each class will do, the first in the table.
PAIRED = {case.cls.__name__: case for case in reversed(LAYERS.values())}


ONE = pytest.mark.parametrize("one", PAIRED.values(), ids=PAIRED)


def between(case: LayerCase, loss: Loss | None = None, l2: float = 0.0) -> Network:
    layers, width = in_a_row(case)
    return network_of([Dense(3, WIDTH), *layers, Dense(width, 3)], loss, l2=l2)


def first(*cases: LayerCase) -> Network:
    layers, width = in_a_row(*cases)
    return network_of([*layers, Dense(width, 3)], n_in=WIDTH)


@LAYER
def test_gradient_of_every_layer(case: LayerCase) -> None:
    assert_gradient_is_right(between(case), *batch_of(5, 3, 3))


@LAYER
def test_gradient_of_every_layer_with_weights_and_l2(case: LayerCase) -> None:
    weight = np.array([0.5, 2.0, 0.0, 1.0, 3.0])
    assert_gradient_is_right(between(case, l2=0.3), *batch_of(5, 3, 3), weight)


@LAYER
def test_gradient_of_every_layer_as_the_first(case: LayerCase) -> None:
    assert_gradient_is_right(first(case), *batch_of(5, WIDTH, 3))


@LAYER
def test_gradient_of_every_layer_when_the_batch_size_changes(case: LayerCase) -> None:
    network = between(case)  # memory for 5 rows, so 8 make it grow
    for n in (5, 3, 8, 3):
        assert_gradient_is_right(network, *batch_of(n, 3, 3))


@LAYER
def test_gradient_of_every_layer_after_a_prediction(case: LayerCase) -> None:
    network = between(case)
    X, y = batch_of(5, 3, 3)
    network.predict(X)
    assert_gradient_is_right(network, X, y)


@ONE
def test_gradient_of_every_pair_of_layers(one: LayerCase) -> None:
    for name, two in PAIRED.items():
        layers, width = in_a_row(one, two)
        network = network_of([Dense(3, WIDTH), *layers, Dense(width, 3)])
        assert_gradient_is_right(network, *batch_of(4, 3, 3), then=name)


@ONE
def test_gradient_of_every_pair_of_layers_as_the_first(one: LayerCase) -> None:
    for name, two in PAIRED.items():
        assert_gradient_is_right(first(one, two), *batch_of(4, WIDTH, 3), then=name)


@ONE
def test_gradient_of_every_pair_of_layers_as_the_last(one: LayerCase) -> None:
    for name, two in PAIRED.items():
        layers, _ = in_a_row(one, two)
        network = network_of([Dense(3, WIDTH), *layers])
        assert_gradient_is_right(network, *batch_of(4, 3, WIDTH), then=name)


@pytest.mark.parametrize("weighted", [False, True], ids=["equal", "weighted"])
@pytest.mark.parametrize("case", LOSSES.values(), ids=LOSSES)
def test_gradient_of_every_loss(case: LossCase, weighted: bool) -> None:
    network = network_of([Dense(3, 4), Tanh(), Dense(4, case.n_out)], case.make(), l2=0.1)
    rng = np.random.default_rng(2)
    for n in (5, 3, 8):
        weight = rng.uniform(0, 2, n) if weighted else None
        X = rng.standard_normal((n, 3))
        assert_gradient_is_right(network, X, case.targets(rng, n), weight)


@pytest.mark.parametrize("loss", LOSSES_OF.values(), ids=LOSSES_OF)
@pytest.mark.parametrize("last", PAIRED.values(), ids=PAIRED)
def test_gradient_of_every_layer_right_before_every_loss(
    last: LayerCase, loss: Callable[[int], LossCase]
) -> None:
    layers, width = in_a_row(last, width=3)
    case = loss(width)
    network = network_of([Dense(3, 3), *layers], case.make())
    rng = np.random.default_rng(3)
    assert_gradient_is_right(network, rng.standard_normal((4, 3)), case.targets(rng, 4))


@LAYER
def test_passes_leave_their_input_alone(case: LayerCase) -> None:
    network = first(case)
    X, y = batch_of(5, WIDTH, 3)
    before = X.copy()
    network.loss_and_grad(X, y)
    network.predict(X)
    network.evaluate(X, y)
    np.testing.assert_array_equal(X, before)


@LAYER
def test_training_leaves_no_trace_in_a_second_pass(case: LayerCase) -> None:
    network = between(case)
    X, y = batch_of(5, 3, 3)
    loss = network.loss_and_grad(X, y)
    grad = network.grad.copy()
    assert network.loss_and_grad(X, y) == loss
    np.testing.assert_array_equal(network.grad, grad)


def test_gradient_along_a_random_direction_at_full_size() -> None:
    """Two losses check all 235,146 gradients: gᵀu is the slope along u."""
    network = mlp([784, 256, 128, 10], l2=1e-3, max_batch=32, dtype=np.float64)
    rng = np.random.default_rng(0)
    network.init(rng)
    X, y = rng.standard_normal((32, 784)), rng.integers(10, size=32)
    u = rng.standard_normal(network.n_params)
    u /= np.linalg.norm(u)
    network.loss_and_grad(X, y)
    slope, theta = float(network.grad @ u), network.theta.copy()
    network.theta[:] = theta + 1e-6 * u
    above = network.loss_and_grad(X, y)
    network.theta[:] = theta - 1e-6 * u
    below = network.loss_and_grad(X, y)
    assert slope == pytest.approx((above - below) / 2e-6, rel=1e-6)
