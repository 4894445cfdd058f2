"""FixedWaves: a PeriodicEmbedding whose waves stay as they were drawn."""

from typing import Any

import numpy as np
import pytest

from numlp.nn import (
    Adam,
    Dense,
    FixedWaves,
    Layer,
    Network,
    PeriodicEmbedding,
    ReLU,
    find_first_read,
    train,
)

from ..cases import backward, bound, forward, one_or_many


def pair() -> list[PeriodicEmbedding]:
    """Fixed waves and trained ones with the same parameters, bound for 5 rows of 4 columns."""
    layers = [bound(cls(3, 2, 4, 0.5), 4, 5) for cls in (FixedWaves, PeriodicEmbedding)]
    for name in layers[0].shapes:
        values = np.random.default_rng(1).standard_normal(layers[0].shapes[name])
        for layer in layers:
            getattr(layer, name)[:] = values
    return layers


def test_fixed_waves_and_trained_ones_differ_in_the_gradient_of_the_waves_alone() -> None:
    rng = np.random.default_rng(0)
    X, dY = rng.standard_normal((5, 4)), rng.standard_normal((5, 10))
    fixed, trained = pair()
    Y, expected = forward(fixed, X), forward(trained, X)
    np.testing.assert_array_equal(Y, expected)
    dX, expected = backward(fixed, X, Y, dY), backward(trained, X, expected, dY)
    np.testing.assert_array_equal(dX, expected)
    np.testing.assert_array_equal(fixed.dV, trained.dV)
    np.testing.assert_array_equal(fixed.dc, trained.dc)
    for name in ("w", "b"):
        np.testing.assert_array_equal(getattr(fixed, "d" + name), 0)
        assert np.abs(getattr(trained, "d" + name)).min() > 0


@pytest.mark.parametrize("first", [3, 4, None], ids=["data", "all data", "the first layer"])
def test_where_the_numbers_are_data_no_sine_is_taken(
    first: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    X, dY = rng.standard_normal((5, 4)), rng.standard_normal((5, 10))
    fixed, trained = pair()
    whole = backward(trained, X, forward(trained, X), dY)
    forward(fixed, X)
    monkeypatch.setattr(np, "sin", None)
    dX = None if first is None else np.full_like(X, np.nan)
    fixed.first_read = first or 0
    fixed.backward(X, np.empty((5, 10)), dY, dX)
    np.testing.assert_array_equal(fixed.dV, trained.dV)
    np.testing.assert_array_equal(fixed.dc, trained.dc)
    if dX is not None:
        np.testing.assert_array_equal(dX[:, first:], whole[:, first:])


@pytest.mark.parametrize("cls", [FixedWaves, PeriodicEmbedding])
@pytest.mark.parametrize("first", range(5))
def test_the_gradient_of_the_columns_that_are_read_is_whole(
    cls: type[PeriodicEmbedding], first: int
) -> None:
    rng = np.random.default_rng(0)
    X, dY = rng.standard_normal((5, 4)), rng.standard_normal((5, 10))
    layer = bound(cls(3, 2, 4, 0.5), 4, 5)
    whole = backward(layer, X, forward(layer, X), dY)
    layer.first_read = first
    dX = backward(layer, X, forward(layer, X), dY)
    np.testing.assert_array_equal(dX[:, first:], whole[:, first:])


def given(rng: np.random.Generator) -> tuple[Any, Any]:
    X = rng.standard_normal((60, 4))
    return X, (X[:, 0] > 0).astype(int)


@pytest.mark.parametrize("k", [None, 3])
@pytest.mark.parametrize("hidden", [False, True], ids=["first", "hidden"])
def test_steps_with_weight_decay_leave_the_waves_as_they_are(k: int | None, hidden: bool) -> None:
    rng = np.random.default_rng(0)
    X, y = given(rng)
    waves = FixedWaves(3, 2, 5)
    front: list[Layer] = [Dense(4, 4)] if hidden else []
    network = one_or_many([*front, waves, Dense(10, 7), ReLU(), Dense(7, 2)], k, n_in=4)
    network.init(rng.spawn(k or 1))
    find_first_read(network)
    before = {name: getattr(waves, name).copy() for name in waves.shapes}
    for epoch in train(network, Adam(0.01, weight_decay=0.1), X.astype("f"), y, batch_size=16):
        if epoch.number == 20:
            break
    for name, values in before.items():
        change = np.abs(getattr(waves, name) - values).max()
        assert (change == 0) == (name in ("w", "b")), name


def test_it_learns_from_waves_alone() -> None:
    """A class that comes and goes along x: no line through x tells it."""
    x = np.linspace(-1, 1, 200, dtype=np.float32)[:, None]
    y = (np.sin(12 * x[:, 0]) > 0).astype(int)
    network = Network([FixedWaves(1, 4, 32, sigma=2.0), Dense(5, 2)], n_in=1)
    network.init(np.random.default_rng(0))
    for epoch in train(network, Adam(0.03), x, y, batch_size=50, rng=np.random.default_rng(1)):
        if epoch.number == 60:
            break
    assert (network.predict(x).argmax(axis=1) == y).mean() > 0.95
