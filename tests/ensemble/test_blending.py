"""What several models say of the same rows, added up."""

from typing import Any

import numpy as np
import pytest

from numlp.ensemble import blending as module
from numlp.ensemble.blending import learn_factors

N = 400
rng = np.random.default_rng(0)


def drawn(n_labels: int, noise: list[float]) -> tuple[Any, Any, Any]:
    """What models say of rows of which some are hard: each with a noise of its own."""
    n_classes = max(n_labels, 2)
    rng = np.random.default_rng(1)
    y = np.minimum(rng.integers(n_classes + 2, size=N), n_classes - 1)
    told = np.where(rng.random(N) < 0.9, y, rng.integers(n_classes, size=N))
    said = 2.0 * np.eye(n_classes)[told]
    Z = np.stack([said + d * rng.normal(size=said.shape) for d in noise])
    Z -= Z.mean(axis=2, keepdims=True)
    if n_labels == 1:
        Z = Z[:, :, 1:] - Z[:, :, :1]
    return Z.astype(np.float32), y, (rng.random(N) + 0.5).astype(np.float32)


def loss(x: Any, Z: Any, y: Any, weight: Any) -> float:
    """The loss as the docstring has it; the last of x is the factor of the prior."""
    n_classes = max(Z.shape[2], 2)
    if Z.shape[2] == 1:
        Z = np.concatenate([np.zeros_like(Z), Z], axis=2)
    log_prior = np.log(np.bincount(y, weight, n_classes) + 0.5)
    blend = np.tensordot(x[:-1], Z, 1) + x[-1] * log_prior
    blend = blend - np.log(np.exp(blend).sum(axis=1, keepdims=True))
    fit = -(weight * blend[np.arange(len(y)), y]).sum() / weight.sum()
    return float(fit + (((x[:-1] - 1 / len(Z)) ** 2).sum() + x[-1] ** 2) / len(y))


@pytest.mark.parametrize("n_labels", [1, 3, 5])
@pytest.mark.parametrize("noise", [[1.0], [0.3, 3.0], [1.0, 1.0, 0.5, 8.0]], ids=str)
def test_the_shares_are_the_minimum_that_scipy_finds(n_labels: int, noise: list[float]) -> None:
    optimize = pytest.importorskip("scipy.optimize")
    Z, y, weight = drawn(n_labels, noise)
    factors, prior = learn_factors(Z, y, weight)
    bounds = [(0, None)] * len(Z) + [(None, None)]
    start = np.append(np.full(len(Z), 1 / len(Z)), 0.0)
    found = optimize.minimize(loss, start, (Z.astype(float), y, weight), bounds=bounds, tol=1e-12)
    np.testing.assert_allclose(factors, found.x[:-1], atol=2e-3)
    log_prior = np.log(np.bincount(y, weight, max(n_labels, 2)) + 0.5)
    expected = found.x[-1] * (log_prior - log_prior.mean())
    expected = expected if n_labels > 1 else expected[1:] - expected[:1]
    np.testing.assert_allclose(prior, expected, atol=5e-3)


def test_a_model_that_says_nothing_gets_next_to_nothing_and_none_less_than_that() -> None:
    Z, y, weight = drawn(1, [0.5, 1.0])
    Z = np.concatenate([Z, -Z[:1]])  # the last says the contrary of the first
    factors, _ = learn_factors(Z, y, weight)
    assert (factors >= 0).all()
    assert factors[0] > 0.5
    assert factors[2] == 0


def test_models_that_say_the_same_have_equal_factors() -> None:
    Z, y, weight = drawn(3, [0.5])
    factors, _ = learn_factors(np.concatenate([Z, Z, Z]), y, weight)
    np.testing.assert_allclose(factors, factors.mean(), rtol=1e-3)


def test_rows_of_no_weight_and_of_twice_the_weight_are_as_if_they_stood_so_often() -> None:
    Z, y, _ = drawn(3, [0.5, 1.0])
    times = rng.integers(1, 4, size=N)
    again = np.repeat(np.arange(N), times)
    by_weight = learn_factors(Z, y, times.astype(np.float32))
    by_rows = learn_factors(Z[:, again], y[again], np.ones(len(again), np.float32))
    np.testing.assert_allclose(by_weight[0], by_rows[0], atol=0.02)  # n of the last term differs
    np.testing.assert_allclose(by_weight[1], by_rows[1], atol=0.02)


def test_a_class_without_a_row_and_one_class_alone_give_finite_factors() -> None:
    Z, _, weight = drawn(3, [0.5, 1.0])
    for y in (np.arange(N) % 2, np.zeros(N, int)):
        factors, prior = learn_factors(Z, y, weight)
        assert np.isfinite([*factors, *prior]).all()


def test_of_many_rows_every_kth_of_a_class_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that stand four times each, one after the other: every fourth is each once."""
    Z, y, weight = drawn(3, [0.5, 1.0])
    order = np.argsort(y, kind="stable")
    Z, y, weight = (
        np.repeat(A, 4, axis) for A, axis in ((Z[:, order], 1), (y[order], 0), (weight[order], 0))
    )
    whole = learn_factors(Z, y, weight)
    monkeypatch.setattr(module, "MOST_BLENDED", Z.size // 4 + 1)
    some = learn_factors(Z, y, weight)
    for a, b in zip(whole, some, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    Z[:, 1::4] += 1  # of rows that are left out
    assert np.array_equal(learn_factors(Z, y, weight)[0], some[0])
