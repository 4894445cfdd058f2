"""Nets, optimizers and schedules of the settings."""

import copy
from typing import Any

import numpy as np
import pytest

from numlp.nn import AdamW, Cosine, OneCycle, SigmoidSquaredError, SoftmaxCrossEntropy
from numlp.play.nets import L1Network, loss_of, network_of, optimizer_of, schedule_of, start
from numlp.play.settings import OPTIMIZERS, settings_from

from ..nn.cases import assert_gradient_is_right


@pytest.mark.parametrize("l2", [0, 0.2])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_gradient_with_l1(l2: float, batch_norm: bool) -> None:
    settings = settings_from({"l1": 0.1, "l2": l2, "batch_norm": batch_norm, "layers": [3]})
    network = network_of(settings, 2, 3)
    rng = np.random.default_rng(0)
    start(network, settings, rng)
    network.theta += rng.uniform(0.01, 0.3, network.n_params)
    X, y = rng.standard_normal((5, 2)), rng.integers(3, size=5)
    assert_gradient_is_right(network, X, y)


def test_l1_is_that_of_matrices_alone_and_is_copied() -> None:
    settings = settings_from({"l1": 0.5, "layers": [3]})
    network = network_of(settings, 2, 2)
    assert isinstance(network, L1Network)
    start(network, settings, np.random.default_rng(0))
    network.layers[0].b[:] = 100.0  # type: ignore[attr-defined]
    X, y = np.ones((4, 2)), np.array([0, 1, 1, 0])
    loss = network.loss_and_grad(X, y)
    W = network.theta[: network.n_decayed]
    assert loss == pytest.approx(network.evaluate(X, y) + 0.5 * np.abs(W).sum())
    for twin in (copy.deepcopy(network), network.replica()):
        assert twin.loss_and_grad(X, y) == loss


@pytest.mark.parametrize(
    ("given", "n_classes", "repr_of_layers"),
    [
        ({"layers": []}, 2, "[Dense(n_in=2, n_out=1, initializer='he_normal')]"),
        (
            {"layers": [3], "activations": ["tanh"], "batch_norm": True, "dropout": 0.5,
             "initializer": "glorot_uniform"},
            4,
            "[Dense(n_in=2, n_out=3, initializer='glorot_uniform'), BatchNorm(momentum=0.1, "
            "eps=1e-05), Tanh(), Dropout(rate=0.5), "
            "Dense(n_in=3, n_out=4, initializer='glorot_uniform')]",
        ),
    ],
)  # fmt: skip
def test_layers(given: dict[str, Any], n_classes: int, repr_of_layers: str) -> None:
    assert repr(network_of(settings_from(given), 2, n_classes).layers) == repr_of_layers


def test_zeros_are_zeros() -> None:
    settings = settings_from({"initializer": "zeros", "batch_norm": True})
    network = network_of(settings, 2, 2)
    start(network, settings, np.random.default_rng(0))
    for layer in network.layers:
        assert not getattr(layer, "W", np.zeros(1)).any()
        assert (getattr(layer, "gamma", np.ones(1)) == 1).all()


def test_losses_optimizers_and_schedules() -> None:
    assert isinstance(loss_of(settings_from({}), 3), SoftmaxCrossEntropy)
    assert isinstance(loss_of(settings_from({"loss": "squared_error"}), 2), SigmoidSquaredError)
    for name in OPTIMIZERS:
        optimizer = optimizer_of(settings_from({"optimizer": name, "rate": 0.7}))
        assert optimizer.lr == 0.7
        assert isinstance(optimizer, AdamW) == (name == "adamw")
        assert bool(getattr(optimizer, "momentum", 0)) == (name == "momentum")
    cosine = schedule_of(settings_from({"schedule": "cosine", "rate": 0.5}), 9)
    assert cosine == Cosine(0.5, n_steps=1800)
    assert isinstance(schedule_of(settings_from({"schedule": "onecycle"}), 9), OneCycle)
    assert schedule_of(settings_from({"rate": 2}), 9)(10**6) == 2
