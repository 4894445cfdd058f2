"""A training step allocates next to nothing, whatever the network and the optimizer."""

import tracemalloc
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from numlp.nn import (
    Adam,
    Dense,
    Epoch,
    Loss,
    Members,
    Network,
    ReLU,
    SigmoidCrossEntropy,
    SquaredError,
)
from numlp.nn import train as training
from numlp.nn.arrays import Labels

from .cases import LAYERS, LOSSES, OPTIMIZERS, LayerCase, OptimizerCase, in_a_row

BATCH, N_BATCHES, SIZES = 128, 4, (784, 256, 128, 10)
LIMIT = 64 * 1024  # bytes; the gradient alone has 940,584


def network_with(case: LayerCase | None = None, loss: Loss | None = None, l2: float = 0) -> Network:
    layers, width = [], SIZES[0]
    for n_units in SIZES[1:-1]:
        own, own_width = in_a_row(case or LAYERS["relu"], width=n_units)
        layers += [Dense(width, n_units), *own]
        width = own_width
    network = Network([*layers, Dense(width, SIZES[-1])], loss=loss, l2=l2, max_batch=BATCH)
    network.init(np.random.default_rng(0))
    return network


def epochs(
    network: Network, optimizer: OptimizerCase, y: Labels | None = None, **settings: Any
) -> Iterator[Epoch]:
    """A run in which every part of a step takes part: gather, clip, update."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((N_BATCHES * BATCH, SIZES[0]), dtype=np.float32)
    if y is None:
        y = rng.integers(SIZES[-1], size=len(X))
    return training(
        network,
        optimizer.make(lr=1e-4),
        X,
        y,
        batch_size=BATCH,
        rng=rng,
        max_grad_norm=1.0,
        **settings,
    )


def peak_of_an_epoch(run: Iterator[Epoch], before: int = 1) -> int:
    """Most bytes allocated at once in the second epoch, or after as many as are to go before."""
    for _ in range(before):
        next(run)
    tracemalloc.start()
    try:
        start, _ = tracemalloc.get_traced_memory()
        next(run)
        return tracemalloc.get_traced_memory()[1] - start
    finally:
        tracemalloc.stop()


def test_a_run_takes_a_copy_of_the_parameters_and_one_batch() -> None:
    network = network_with()
    batch = 4 * BATCH * SIZES[0]
    taken = peak_of_an_epoch(epochs(network, OPTIMIZERS["sgd"]), before=0)
    assert taken < network.theta.nbytes + batch + 4 * LIMIT


@pytest.mark.parametrize("case", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_a_step_of_every_optimizer_allocates_next_to_nothing(case: OptimizerCase) -> None:
    assert peak_of_an_epoch(epochs(network_with(), case)) < LIMIT


@pytest.mark.heavy
@pytest.mark.parametrize("case", LAYERS.values(), ids=LAYERS)
def test_a_step_through_every_layer_allocates_next_to_nothing(case: LayerCase) -> None:
    assert peak_of_an_epoch(epochs(network_with(case), OPTIMIZERS["sgd"])) < LIMIT


@pytest.mark.parametrize("name", ["squared-3", "sigmoid-3-smoothed", "softmax-3-smoothed"])
def test_a_step_down_every_loss_allocates_next_to_nothing(name: str) -> None:
    loss = LOSSES[name].make()
    y = None
    if isinstance(loss, SquaredError | SigmoidCrossEntropy):
        y = np.random.default_rng(1).integers(2, size=(N_BATCHES * BATCH, 10)).astype(np.float32)
    weight = np.random.default_rng(2).random(N_BATCHES * BATCH, dtype=np.float32)
    run = epochs(network_with(loss=loss), OPTIMIZERS["sgd"], y, weight=weight)
    assert peak_of_an_epoch(run) < LIMIT


def test_a_step_with_l2_allocates_next_to_nothing() -> None:
    run = epochs(network_with(l2=1e-3), OPTIMIZERS["sgd"])
    assert peak_of_an_epoch(run) < LIMIT


@pytest.mark.parametrize("case", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_nothing_grows_over_a_hundred_steps(case: OptimizerCase) -> None:
    """Between two moments a hundred steps apart, with the same things alive."""
    network = Network([Dense(50, 50), ReLU(), Dense(50, 10)], max_batch=16)
    network.init(np.random.default_rng(0))
    X = np.random.default_rng(0).standard_normal((160, 50), dtype=np.float32)
    y = np.arange(160) % 10
    run = training(network, case.make(lr=1e-4), X, y, batch_size=16, max_grad_norm=1.0)
    tracemalloc.start()
    try:
        for _ in range(5):
            next(run)
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(10):
            next(run)
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 1024


def test_a_prediction_allocates_no_more_than_its_answer_and_a_little() -> None:
    network = network_with()
    X = np.random.default_rng(0).standard_normal((4096, SIZES[0]), dtype=np.float32)
    network.predict(X)
    tracemalloc.start()
    try:
        P = network.predict(X)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < P.nbytes + LIMIT


@pytest.mark.heavy
@pytest.mark.parametrize("own", [False, True], ids=["same-rows", "own-rows"])
@pytest.mark.parametrize("case", LAYERS.values(), ids=LAYERS)
def test_a_step_of_members_allocates_next_to_nothing(case: LayerCase, own: bool) -> None:
    """Each with rows of its own, with weights, L2 and a gradient clipped on its own."""
    k = 3
    layers, width = in_a_row(case, width=128)
    layers = [Dense(64, 128), *layers, Dense(width, 10)]
    network = Members(layers, k, l2=1e-3, max_batch=BATCH)
    rngs = [np.random.default_rng(m) for m in range(k)]
    network.init(rngs)
    rng = np.random.default_rng(0)
    X = rng.standard_normal((N_BATCHES * BATCH + 17, 64), dtype=np.float32)
    y, weight = rng.integers(10, size=len(X)), rng.random(len(X), dtype=np.float32)
    run = training(
        network,
        Adam(1e-4),
        X,
        y,
        batch_size=BATCH,
        rng=rngs if own else rng,
        weight=weight,
        max_grad_norm=1.0,
    )
    next(run)
    assert peak_of_an_epoch(run) < LIMIT


@pytest.mark.parametrize("name", ["squared-3", "sigmoid-3-smoothed", "softmax-3-smoothed"])
def test_a_step_of_members_down_every_loss_allocates_next_to_nothing(name: str) -> None:
    loss = LOSSES[name].make()
    network = Members([Dense(64, 128), ReLU(), Dense(128, 10)], k=5, loss=loss)
    rngs = [np.random.default_rng(m) for m in range(5)]
    network.init(rngs)
    rng = np.random.default_rng(0)
    X = rng.standard_normal((N_BATCHES * BATCH, 64), dtype=np.float32)
    y = rng.integers(10, size=len(X))
    if not loss.of_classes:
        y = rng.integers(2, size=(len(X), 10)).astype(np.float32)
    run = training(network, Adam(1e-4), X, y, batch_size=BATCH, rng=rng)
    assert peak_of_an_epoch(run) < LIMIT


def test_resuming_with_another_batch_size_allocates_no_new_workspace() -> None:
    network = network_with()
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((BATCH, SIZES[0]), dtype=np.float32), rng.integers(10, size=BATCH)
    optimizer = Adam()
    for n in (BATCH, 17):
        network.loss_and_grad(X[:n], y[:n])
        optimizer.step(network.theta, network.grad)
    tracemalloc.start()
    try:
        for n in (BATCH, 17, 64, BATCH):
            network.loss_and_grad(X[:n], y[:n])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < LIMIT
