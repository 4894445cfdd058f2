"""``trace``: the bits of a training step, and a network that does not notice."""

import copy
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from numlp.nn import (
    SGD,
    BatchNorm,
    Dense,
    Dropout,
    Layer,
    Members,
    Network,
    ReLU,
    SparseInput,
    SparseMatrix,
    Tanh,
    find_first_read,
    mlp,
    trace,
    train,
)

from ..cases import LAYERS, LOSSES, WIDTH, LayerCase, LossCase, batch_of, in_a_row, network_of

LAYER = pytest.mark.parametrize("case", LAYERS.values(), ids=LAYERS)


def between(case: LayerCase, **settings: Any) -> Network:
    layers, width = in_a_row(case)
    return network_of([Dense(3, WIDTH), *layers, Dense(width, 3)], **settings)


def assert_equal_to_the_engine(network: Network, X: Any, y: Any, weight: Any = None) -> None:
    passed = trace(network, X, y, weight)
    assert network.loss_and_grad(X, y, weight) == passed.loss
    np.testing.assert_array_equal(passed.grad, network.grad)
    for layer, own in zip(network.layers, passed.layers, strict=True):
        assert own.layer is layer
        assert own.parameters.keys() == own.gradients.keys() == layer.shapes.keys()
        for name, shape in layer.shapes.items():
            assert own.gradients[name].shape == own.parameters[name].shape == shape
            np.testing.assert_array_equal(own.gradients[name], getattr(layer, "d" + name))


@LAYER
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_layer_has_the_bits_of_the_engine(case: LayerCase, dtype: Any) -> None:
    network = between(case, l2=0.3, dtype=dtype)
    weight = np.array([0.5, 2.0, 0.0, 1.0, 3.0], dtype)
    assert_equal_to_the_engine(network, *batch_of(5, 3, 3, dtype))
    assert_equal_to_the_engine(network, *batch_of(5, 3, 3, dtype), weight)
    assert_equal_to_the_engine(network, *batch_of(8, 3, 3, dtype))  # its workspace grew


@LAYER
def test_every_layer_as_the_first(case: LayerCase) -> None:
    layers, width = in_a_row(case)
    network = network_of([*layers, Dense(width, 3)], n_in=WIDTH)
    X, y = batch_of(5, WIDTH, 3)
    assert_equal_to_the_engine(network, X, y)
    assert trace(network, X, y).layers[0].dX is not None


@pytest.mark.parametrize("case", LOSSES.values(), ids=LOSSES)
def test_every_loss_has_the_bits_of_the_engine(case: LossCase) -> None:
    network = network_of([Dense(3, 4), Tanh(), Dense(4, case.n_out)], case.make(), l2=0.1)
    rng = np.random.default_rng(2)
    X, y = rng.standard_normal((6, 3)), case.targets(rng, 6)
    assert_equal_to_the_engine(network, X, y)
    passed = trace(network, X, y)
    np.testing.assert_array_equal(passed.logits, network.logits(X))
    np.testing.assert_array_equal(passed.P, network.predict(X))


def test_the_arrays_of_neighbours_are_the_formulas() -> None:
    network = network_of([Dense(3, 4), ReLU(), Dense(4, 3)])
    X, y = batch_of(5, 3, 3)
    hidden, relu, output = trace(network, X, y).layers
    W1, W2 = hidden.parameters["W"], output.parameters["W"]
    np.testing.assert_allclose(hidden.Y, X @ W1 + hidden.parameters["b"])
    np.testing.assert_array_equal(relu.Y, np.maximum(hidden.Y, 0))
    np.testing.assert_allclose(output.dX, output.dY @ W2.T)
    np.testing.assert_array_equal(relu.dX, relu.dY * (hidden.Y > 0))
    np.testing.assert_allclose(hidden.dX, hidden.dY @ W1.T)
    np.testing.assert_allclose(hidden.gradients["W"], X.T @ hidden.dY)
    np.testing.assert_allclose(hidden.gradients["b"], hidden.dY.sum(axis=0))
    assert relu.X is hidden.Y
    assert relu.dY is output.dX


@LAYER
def test_what_is_kept_is_not_written_over(case: LayerCase) -> None:
    """Layers use Y and dY as working memory once nobody needs them."""
    network = between(case)
    X, y = batch_of(5, 3, 3)
    passed = trace(network, X, y)
    twin = copy.deepcopy(network)
    twin.bind_batch(5)
    for layer, own in zip(twin.layers, passed.layers, strict=True):
        np.testing.assert_array_equal(own.X, X)
        X = np.empty_like(own.Y)
        layer.forward(own.X, X)
        np.testing.assert_array_equal(own.Y, X)
    output = passed.layers[-1]
    np.testing.assert_array_equal(passed.layers[-2].dY, passed.dZ @ output.parameters["W"].T)
    for before, after in itertools.pairwise(passed.layers):
        assert before.dY is after.dX
    twin.loss.forward(X, y, None)
    twin.loss.backward(X, y, dZ := np.empty_like(X))
    np.testing.assert_array_equal(passed.dZ, dZ)


def test_dx_is_the_slope_of_the_loss() -> None:
    network = network_of([Dense(3, 4), Tanh(), Dense(4, 3)])
    X, y = batch_of(5, 3, 3)
    dX = trace(network, X, y).layers[0].dX
    assert dX is not None
    for i, j in np.ndindex(X.shape):
        above, below = X.copy(), X.copy()
        above[i, j] += 1e-6
        below[i, j] -= 1e-6
        slope = (network.evaluate(above, y) - network.evaluate(below, y)) / 2e-6
        assert dX[i, j] == pytest.approx(slope, abs=1e-8)


def state_of(network: Network) -> list[Any]:
    """All that a pass may change: parameters, gradient, and every array and generator of layers."""
    kept: list[Any] = [network.theta.copy(), network.grad.copy()]
    for owner in (*network.layers, network.loss):
        for name, value in sorted(vars(owner).items()):
            if isinstance(value, np.ndarray):
                kept.append((name, value.tobytes()))
            elif name == "rngs":
                kept.append([rng.bit_generator.state for rng in value])
            else:
                kept.append((name, repr(value)))
    return kept


def assert_same(one: Any, other: Any) -> None:
    np.testing.assert_equal(one, other)


def noisy(rate: float = 0.5) -> list[Layer]:
    return [
        Dense(3, 8), BatchNorm(), ReLU(), Dropout(rate), Dense(8, 8), Tanh(), Dropout(rate),
        Dense(8, 3),
    ]  # fmt: skip


def test_nothing_of_the_network_changes() -> None:
    network = network_of(noisy(), l2=0.1)
    X, y = batch_of(20, 3, 3)
    trace(network, X, y)  # before it has a workspace
    for n in (20, 5, 20):
        network.loss_and_grad(X[:n], y[:n])
        before = state_of(network)
        for rows in (n, 7, 1):
            trace(network, X[:rows], y[:rows])
            assert_same(state_of(network), before)


@pytest.mark.parametrize("looks", [(), (20,), (5, 20), (1, 7, 20)])
def test_a_run_that_is_looked_at_has_the_bits_of_one_that_is_not(looks: Sequence[int]) -> None:
    X, y = batch_of(20, 3, 3)
    alone, seen = (network_of(noisy()) for _ in range(2))
    optimizers = [SGD(0.1, momentum=0.9) for _ in range(2)]
    for step in range(40):
        for n in looks:
            trace(seen, X[:n], y[:n])
        n = 20 if step % 10 < 8 else 7  # a last batch that is smaller
        for network, optimizer in zip((alone, seen), optimizers, strict=True):
            network.loss_and_grad(X[:n], y[:n])
            optimizer.step(network.theta, network.grad)
        np.testing.assert_array_equal(alone.theta, seen.theta)


def test_dropout_drops_what_the_next_step_drops() -> None:
    """Also in the middle of a pool of masks, with two layers that draw from one generator."""
    network = network_of(noisy())
    X, y = batch_of(20, 3, 3)
    for step in range(40):
        n = 20 if step % 10 < 8 else 7
        assert_equal_to_the_engine(network, X[:n], y[:n])


def test_in_a_training_loop() -> None:
    rng = np.random.default_rng(0)
    X, y = batch_of(20, 3, 3, np.float32)
    network = mlp([3, 4, 3], dropout=0.3)
    network.init(rng)
    for epoch in train(network, SGD(0.1), X, y, batch_size=8, rng=rng):
        network.bind_batch(0)  # as the next epoch does
        before = copy.deepcopy(network)
        assert trace(network, X[:8], y[:8]).loss == before.loss_and_grad(X[:8], y[:8])
        if epoch.number == 3:
            break


def test_a_column_whose_gradient_nobody_reads_has_one() -> None:
    network = network_of([LAYERS["periodic"].make(3), Dense(7, 3)], n_in=3)
    X, y = batch_of(5, 3, 3)
    whole = trace(network, X, y).layers[1].dX
    find_first_read(network)
    np.testing.assert_allclose(trace(network, X, y).layers[1].dX, whole)


def test_a_sparse_input_has_no_gradient() -> None:
    network = network_of([SparseInput(3, 4), ReLU(), Dense(4, 3)])
    X, y = batch_of(5, 3, 3)
    sparse: Any = SparseMatrix.from_dense(X)
    assert_equal_to_the_engine(network, sparse, y)
    assert trace(network, sparse, y).layers[0].dX is None


def test_members_are_refused_by_name() -> None:
    members = Members([Dense(3, 4), ReLU(), Dense(4, 3)], k=2)
    with pytest.raises(TypeError, match=r"this is Members of 2: copy .* members.member\(m\)"):
        trace(members, *batch_of(5, 3, 3, np.float32))


def test_arrays_that_do_not_fit_are_refused() -> None:
    network = network_of([Dense(3, 4), ReLU(), Dense(4, 3)])
    X, y = batch_of(5, 3, 3)
    with pytest.raises(ValueError, match="X has shape"):
        trace(network, X[:, :2], y)
    with pytest.raises(ValueError, match="X has dtype float32"):
        trace(network, X.astype(np.float32), y)
    with pytest.raises(ValueError, match="X has 5 rows, but y has 4"):
        trace(network, X, y[:4])
    with pytest.raises(ValueError, match="weight has shape"):
        trace(network, X, y, np.ones(4))
