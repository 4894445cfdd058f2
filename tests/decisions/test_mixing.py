"""Mixtures, temperatures: the fast code against what it says, done naively."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numlp.decisions import mixing as mixture
from numlp.decisions.mixing import best_temperature, greedy_mixture, mix, temper
from numlp.metrics import log_loss

Matrix = np.ndarray[Any, Any]


def problem(seed: int, n: int = 40, k: int = 3, m: int = 6) -> tuple[list[Matrix], Matrix, Matrix]:
    """Probabilities of m predictions of varied quality, the classes, and weights."""
    rng = np.random.default_rng(seed)
    y = rng.integers(k, size=n)
    Z = rng.normal(0, 1, (m, n, k))
    Z[:, np.arange(n), y] += rng.uniform(0, 2, (m, 1))
    P = np.exp(Z) / np.exp(Z).sum(axis=2, keepdims=True)
    return list(P.astype(np.float32)), y, rng.exponential(1, n).astype(np.float32)


def brier(P: Matrix, y: Matrix, weight: Matrix | None) -> float:
    errors = ((P - np.eye(P.shape[1])[y]) ** 2).sum(axis=1)
    return float(np.average(errors, weights=weight))


def caruana(
    predictions: list[Matrix], y: Matrix, weight: Matrix | None, rounds: int
) -> tuple[list[list[int]], list[float]]:
    """The predictions chosen up to each round, and their scores, word for word."""
    chosen: list[int] = []
    steps: list[list[int]] = []
    scores: list[float] = []
    for _ in range(rounds):
        tried = [
            brier(
                np.mean([predictions[c].astype(float) for c in [*chosen, new]], axis=0), y, weight
            )
            for new in range(len(predictions))
        ]
        chosen = [*chosen, int(np.argmin(tried))]
        steps.append(chosen)
        scores.append(min(tried))
    return steps, scores


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("weighted", [False, True])
def test_the_greedy_mixture_is_that_of_caruana(seed: int, weighted: bool) -> None:
    predictions, y, weight = problem(seed)
    w = weight if weighted else None
    steps, scores = caruana(predictions, y, w, 12)
    best = steps[int(np.argmin(scores))]
    expected = np.bincount(best, minlength=len(predictions)) / len(best)
    np.testing.assert_allclose(greedy_mixture(predictions, y, w, rounds=12), expected)


@pytest.mark.parametrize("weighted", [False, True])
def test_a_mixture_does_not_depend_on_the_blocks(
    weighted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    predictions, y, weight = problem(1, n=101)
    w = weight if weighted else None
    whole = greedy_mixture(predictions, y, w)
    monkeypatch.setattr(mixture, "ROWS", 10)
    np.testing.assert_array_equal(greedy_mixture(predictions, y, w), whole)


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 5), st.integers(1, 9), st.integers(2, 4))
def test_shares_are_those_of_a_mixture_no_worse_than_its_best_part(
    seed: int, n: int, m: int, k: int
) -> None:
    predictions, y, _ = problem(seed, n, k, m)
    shares = greedy_mixture(predictions, y)
    assert shares.sum() == pytest.approx(1)
    assert (shares >= 0).all()
    best = min(brier(P.astype(float), y, None) for P in predictions)
    assert brier(mix(predictions, shares), y, None) <= best + 1e-6


def test_a_row_of_weight_zero_has_no_say() -> None:
    predictions, y, weight = problem(5)
    weight[::3] = 0
    there = weight > 0
    shares = greedy_mixture([P[there] for P in predictions], y[there], weight[there])
    np.testing.assert_array_equal(greedy_mixture(predictions, y, weight), shares)
    t = best_temperature(predictions[0][there], y[there], weight[there])
    assert best_temperature(predictions[0], y, weight) == pytest.approx(t)


def test_the_predictions_are_left_alone() -> None:
    predictions, y, weight = problem(2)
    before = np.array(predictions).tobytes()
    greedy_mixture(predictions, y, weight)
    best_temperature(predictions[0], y, weight)
    temper(predictions[0], 2.0)
    assert np.array(predictions).tobytes() == before


def test_one_candidate_is_the_mixture() -> None:
    predictions, y, _ = problem(0)
    assert greedy_mixture(predictions[:1], y).tolist() == [1]


def test_mixing_is_the_weighted_sum() -> None:
    predictions, _, _ = problem(3)
    shares = np.array([0.5, 0, 0, 0.3, 0, 0.2])
    expected = 0.5 * predictions[0] + 0.3 * predictions[3] + 0.2 * predictions[5]
    np.testing.assert_allclose(mix(predictions, shares), expected, rtol=1e-6)


# Temperature


@pytest.mark.parametrize("temperature", [0.1, 0.5, 1.0, 3.0])
def test_tempering_divides_the_logits(temperature: float) -> None:
    Z = np.random.default_rng(0).normal(0, 1, (20, 4))
    softmax = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
    expected = np.exp(Z / temperature)
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(temper(softmax, temperature), expected)


@pytest.mark.parametrize("temperature", [5e-324, 1e-3, 1e308])
def test_certain_probabilities_stay_finite_and_add_up_to_one(temperature: float) -> None:
    P = temper(np.array([[1.0, 0.0], [0.5, 0.5], [0.3, 0.7]], np.float32), temperature)
    np.testing.assert_allclose(P.sum(axis=1), 1)


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("weighted", [False, True])
def test_the_best_temperature_is_that_of_a_fine_grid(seed: int, weighted: bool) -> None:
    predictions, y, weight = problem(seed, n=80)
    w = weight if weighted else None
    P = temper(predictions[seed % 6], np.random.default_rng(seed).uniform(0.3, 3))
    grid = np.exp(np.linspace(math.log(0.1), math.log(10), 2000))
    total = len(y) if w is None else w.sum()
    losses = [
        total * log_loss(y, temper(P, t), sample_weight=w) + math.log(t) ** 2 / 0.5 for t in grid
    ]
    found = best_temperature(P, y, w)
    assert found == pytest.approx(grid[int(np.argmin(losses))], rel=0.01)


@pytest.mark.parametrize(("right", "limit"), [(True, 0.1), (False, 10.0)])
def test_the_temperature_keeps_within_its_limits(right: bool, limit: float) -> None:
    P = np.array([[0.6, 0.4]] * 5000)
    y = np.zeros(5000, int) if right else np.ones(5000, int)
    assert best_temperature(P, y) == pytest.approx(limit, rel=0.01)


def test_few_rows_all_answered_right_do_not_make_it_certain() -> None:
    P = np.array([[0.9, 0.1]] * 20)
    assert temper(P, best_temperature(P, np.zeros(20, int)))[0, 1] > 0.01
