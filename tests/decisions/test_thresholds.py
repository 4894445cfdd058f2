"""Decisions: the factors found against all there are."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numlp.decisions import thresholds as decision
from numlp.decisions.thresholds import METRICS, aim_of, best_factors, factors_of, threshold_of
from numlp.metrics import confusion_matrix
from numlp.metrics.aim import Aim

Matrix = np.ndarray[Any, Any]
TUNED = [name for name in METRICS if name != "accuracy"]


def confusion(y: Matrix, predicted: Matrix, k: int, weight: Matrix | None = None) -> Matrix:
    weight = np.ones(len(y)) if weight is None else weight
    return np.array([[weight[(y == i) & (predicted == j)].sum() for j in range(k)]
                     for i in range(k)])  # fmt: skip


def reached(metric: str, P: Matrix, y: Matrix, factors: Matrix, weight: Any = None) -> float:
    return METRICS[metric](confusion(y, (P * factors).argmax(axis=1), P.shape[1], weight))


def problem(seed: int, n: int, k: int, digits: int = 9) -> tuple[Matrix, Matrix, Matrix]:
    """Probabilities that mean something, of classes the last of which is rare; weights."""
    rng = np.random.default_rng(seed)
    y = rng.choice(k, n, p=np.arange(k, 0, -1) ** 2 / (np.arange(k, 0, -1) ** 2).sum())
    Z = rng.normal(0, 1, (n, k)) + np.log(np.arange(k, 0, -1) ** 2)
    Z[np.arange(n), y] += 1
    P = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
    if k == 2:
        P[:, 1] = P[:, 1].round(digits)
        P[:, 0] = 1 - P[:, 1]
    return P, y, rng.exponential(1, n)


# The metrics


@pytest.mark.parametrize(("k", "n"), [(2, 30), (3, 40), (5, 25), (2, 3)])
def test_scikit_learn_agrees(k: int, n: int) -> None:
    oracle = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(n)
    y, predicted = rng.integers(k, size=(2, n))
    y[:k] = range(k)
    C = confusion_matrix(y, predicted, labels=range(k)).astype(float)
    assert METRICS["accuracy"](C) == pytest.approx(oracle.accuracy_score(y, predicted))
    assert METRICS["balanced_accuracy"](C) == pytest.approx(
        oracle.balanced_accuracy_score(y, predicted)
    )
    average = "binary" if k == 2 else "macro"
    assert METRICS["f1"](C) == pytest.approx(oracle.f1_score(y, predicted, average=average))


def test_a_class_without_rows_does_not_count() -> None:
    C = np.array([[3.0, 1, 0], [0, 0, 0], [1, 0, 1]])
    assert METRICS["balanced_accuracy"](C) == pytest.approx((3 / 4 + 1 / 2) / 2)
    assert METRICS["f1"](C) == pytest.approx((6 / 8 + 2 / 3) / 2)


def test_f1_of_nothing_found_is_zero() -> None:
    assert METRICS["f1"](np.array([[3.0, 0], [0, 0]])) == 0
    assert METRICS["f1"](np.array([[3.0, 0], [2, 0]])) == 0


# Two classes: a threshold


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 40), st.sampled_from(TUNED), st.booleans(),
       st.sampled_from([1, 2, 9]))  # fmt: skip
def test_no_threshold_between_two_rows_is_better(
    seed: int, n: int, metric: str, weighted: bool, digits: int
) -> None:
    P, y, weight = problem(seed, n, 2, digits)
    w = weight if weighted else None
    factors = best_factors(P, y, Aim(metric), w)
    assert (factors > 0).all()
    assert np.isfinite(factors).all()
    values = np.unique(P[:, 1])
    if len(values) == 1 or np.bincount(y, minlength=2).min() < decision.MIN_ROWS:
        assert factors.tolist() == [1, 1]
        return
    scores = [
        METRICS[metric](confusion(y, (P[:, 1] > t).astype(int), 2, w))
        for t in (values[1:] + values[:-1]) / 2
    ]
    assert reached(metric, P, y, factors, w) == pytest.approx(max(scores))


def test_two_factors_are_a_threshold() -> None:
    P, y, _ = problem(0, 300, 2)
    factors = best_factors(P, y, Aim("f1"))
    t = threshold_of(factors)
    assert 0 < t < 0.5  # the second class is rare
    np.testing.assert_array_equal((P * factors).argmax(axis=1), P[:, 1] >= t)


def test_the_ends_of_the_probabilities_give_positive_factors() -> None:
    tiny = np.array([0.0, 5e-324, 1e-320, 0.3])
    for p, y in ((tiny, [0, 1, 1, 1]), (np.array([0.3, 1 - 2**-53, 1.0]), [0, 0, 1])):
        factors = best_factors(np.column_stack([1 - p, p]), np.array(y), Aim("f1"))
        assert (factors > 0).all()
        assert np.isfinite(factors).all()


def test_of_many_thresholds_some_are_looked_at() -> None:
    P, y, _ = problem(1, 20_000, 2)
    found = best_factors(P, y, Aim("f1"))
    p = P[:, 1]
    grid = max(METRICS["f1"](confusion(y, (p > t).astype(int), 2)) for t in np.linspace(0, 1, 101))
    assert reached("f1", P, y, found) >= grid - 1e-3


def test_of_a_positive_class_that_comes_first_the_same_rows_are_found() -> None:
    P, y, weight = problem(3, 300, 2)
    second = best_factors(P, y, Aim("f1"), weight)
    first = best_factors(P[:, ::-1], 1 - y, Aim("f1", positive=0), weight)
    assert first.tolist() == second[::-1].tolist()
    assert threshold_of(first, 0) == threshold_of(second) != threshold_of(first)


@pytest.mark.parametrize("positive", [0, 1])
def test_a_threshold_and_its_factors_are_one(positive: int) -> None:
    for threshold in (0.01, 0.3, 0.5, 0.99):
        factors = factors_of(threshold, positive)
        assert threshold_of(factors, positive) == pytest.approx(threshold)
        P = np.array([[0.5, 0.5], [0.5, 0.5]])
        P[:, positive] = threshold - 1e-6, threshold + 1e-6
        P[:, 1 - positive] = 1 - P[:, positive]
        assert (P * factors).argmax(axis=1).tolist() == [1 - positive, positive]


def test_factors_of_any_size_are_a_threshold() -> None:
    assert threshold_of(np.array([1e308, 1e308])) == 0.5
    assert threshold_of(np.array([5e-324, 1e308])) == 0


# Two classes: costs


@pytest.mark.parametrize("positive", [0, 1])
@pytest.mark.parametrize("costs", [(1, 5), (5, 1), (1, 1), (1e-300, 1e300), (1e308, 1e308)])
def test_the_answer_is_the_one_that_costs_least_in_the_mean(
    costs: tuple[float, float], positive: int
) -> None:
    factors = best_factors(np.ones((3, 2)), np.zeros(3, int), Aim(costs=costs, positive=positive))
    assert np.isfinite(factors).all()
    assert (factors > 0).all()
    p = np.linspace(0.01, 0.99, 98)
    P = np.column_stack([1 - p, p] if positive else [p, 1 - p])
    says_positive = (P * factors).argmax(axis=1) == positive
    cost = np.array([costs[0] / max(costs) * (1 - p), costs[1] / max(costs) * p])  # of yes, of no
    np.testing.assert_array_equal(says_positive, cost[0] < cost[1])


CLASSES = ["no", "yes"]


@pytest.mark.parametrize(
    ("settings", "aim"),
    [
        ({}, Aim()),
        ({"metric": "f1"}, Aim("f1")),
        ({"metric": "f1", "pos_label": "no"}, Aim("f1", positive=0)),
        ({"cost_fp": 2, "cost_fn": 3.5}, Aim(costs=(2.0, 3.5))),
        ({"cost_fp": 2, "cost_fn": None}, Aim(costs=(2.0, 1.0))),
        ({"cost_fn": 2, "pos_label": "no"}, Aim(costs=(1.0, 2.0), positive=0)),
    ],
)
def test_settings_say_the_aim(settings: dict[str, Any], aim: Aim) -> None:
    assert aim_of(settings, CLASSES) == aim


@pytest.mark.parametrize(
    "settings",
    [
        {"metric": "roc"}, {"metric": ["f1"]}, {"metric": None}, {"pos_label": "maybe"},
        {"pos_label": ["no"]}, {"pos_label": {}}, {"cost_fp": "1"}, {"cost_fp": -1},
        {"cost_fn": 0}, {"cost_fn": True}, {"cost_fn": [1]}, {"cost_fn": 1, "cost_fp": "x"},
    ],
    ids=str,
)  # fmt: skip
def test_what_a_file_says_that_cannot_be_is_no_aim(settings: dict[str, Any]) -> None:
    assert aim_of(settings, CLASSES) == Aim()


def test_of_three_classes_none_is_positive_and_no_mistake_has_a_cost() -> None:
    settings = {"metric": "f1", "cost_fn": 5, "pos_label": "a"}
    assert aim_of(settings, ["a", "b", "c"]) == Aim("f1")


# More classes


def test_accuracy_needs_no_factors() -> None:
    P, y, _ = problem(0, 50, 3)
    assert best_factors(P, y, Aim()).tolist() == [1, 1, 1]


@pytest.mark.heavy
@pytest.mark.parametrize("metric", TUNED)
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("weighted", [False, True])
def test_factors_of_three_classes_come_close_to_the_best_of_a_grid(
    metric: str, seed: int, weighted: bool
) -> None:
    P, y, weight = problem(seed, 120, 3)
    w = weight if weighted else None
    steps = np.exp(np.linspace(-3, 3, 25))
    best = max(reached(metric, P, y, np.array([1, a, b]), w)
               for a, b in itertools.product(steps, steps))  # fmt: skip
    factors = best_factors(P, y, Aim(metric), w)
    found = reached(metric, P, y, factors, w)
    assert found >= best - 0.04
    assert found > reached(metric, P, y, np.ones(3), w)
    assert (factors > 0).all()


@pytest.mark.parametrize("k", [3, 20, 21, 60])
def test_a_class_that_no_row_has_is_never_a_reason_to_crash(k: int) -> None:
    P, y, weight = problem(0, 200, k)
    y[y == 1] = 0
    factors = best_factors(P, y, Aim("balanced_accuracy"), weight)
    assert factors.shape == (k,)
    assert ((factors > 0) & np.isfinite(factors)).all()
    ones = np.ones(k)
    assert reached("balanced_accuracy", P, y, factors, weight) >= reached(
        "balanced_accuracy", P, y, ones, weight
    )


def coordinates(P: Matrix, y: Matrix, metric: str, weight: Matrix | None) -> Matrix:
    """The search word for word: each class's factor is moved in turn while the metric rises."""
    w = np.ones(len(y)) if weight is None else weight
    shares = np.bincount(y, w, minlength=P.shape[1]) / w.sum()
    starts = [np.ones(P.shape[1]), 1 / np.maximum(shares, 1 / len(y))]
    best = max(starts, key=lambda factors: reached(metric, P, y, factors, w))
    for k in list(range(P.shape[1])) * decision.SWEEPS:
        for step in decision.STEPS:
            trial = best.copy()
            trial[k] *= step
            if reached(metric, P, y, trial, w) > reached(metric, P, y, best, w):
                best = trial
    return best


@pytest.mark.heavy
@pytest.mark.parametrize("metric", TUNED)
@pytest.mark.parametrize(("seed", "k"), [(0, 3), (1, 3), (2, 5)])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_search_is_the_one_described(metric: str, seed: int, k: int, weighted: bool) -> None:
    P, y, weight = problem(seed, 80 if k == 3 else 300, k)
    P[:40] = P[:40].round(1)  # ties too
    w = weight if weighted else None
    found, expected = best_factors(P, y, Aim(metric), w), coordinates(P, y, metric, w)
    assert reached(metric, P, y, found, w) == pytest.approx(reached(metric, P, y, expected, w))
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_many_classes_are_balanced_by_their_shares_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    P, y, _ = problem(0, 8000, 21)
    factors = best_factors(P, y, Aim("balanced_accuracy"))
    shares = np.bincount(y, minlength=21) / len(y)
    np.testing.assert_allclose(factors, 1 / np.maximum(shares, 1 / len(y)))
    monkeypatch.setattr(decision, "SWEEPS", 0)
    P, y, _ = problem(0, 300, 3)
    np.testing.assert_allclose(
        best_factors(P, y, Aim("balanced_accuracy")), len(y) / np.bincount(y), rtol=1e-12
    )


# Classes with few rows


def few(k: int, n_rare: int, n: int = 60) -> tuple[Matrix, Matrix]:
    """Rows whose last class has so few, and gets hardly any probability."""
    rng = np.random.default_rng(n_rare)
    y = np.r_[np.arange(n) % (k - 1), np.full(n_rare, k - 1)]
    P = rng.dirichlet(np.r_[np.full(k - 1, 2.0), 0.01], len(y))
    return P, y


@pytest.mark.parametrize("metric", TUNED)
@pytest.mark.parametrize("positive", [0, 1])
@pytest.mark.parametrize("n_rare", [0, 1, 2])
def test_the_threshold_stays_neutral_where_either_class_has_few_rows(
    metric: str, positive: int, n_rare: int
) -> None:
    P, y = few(2, n_rare)
    assert best_factors(P, y, Aim(metric, positive=positive)).tolist() == [1, 1]
    assert best_factors(P[:, ::-1], 1 - y, Aim(metric, positive=positive)).tolist() == [1, 1]
    assert decision.few_rows(y, 2, Aim(metric)).tolist() == [1]


@pytest.mark.parametrize("metric", TUNED)
def test_from_three_rows_on_a_class_moves_its_factor(metric: str) -> None:
    P, y = few(2, 3)
    P[-3:, 1] = 0.4, 0.41, 0.42
    P[:, 0] = 1 - P[:, 1]
    assert threshold_of(best_factors(P, y, Aim(metric))) < 0.5
    assert not len(decision.few_rows(y, 2, Aim(metric)))


@pytest.mark.parametrize("metric", TUNED)
@pytest.mark.parametrize(("k", "n_rare"), [(3, 0), (3, 2), (4, 1), (25, 0)])
def test_a_class_with_few_rows_has_the_factor_of_the_most_frequent(
    metric: str, k: int, n_rare: int
) -> None:
    P, y = few(k, n_rare, n=40 * k)
    y[:5] = 0  # which is the most frequent class
    factors = best_factors(P, y, Aim(metric))
    assert factors[0] == factors[-1] == 1
    without = y < k - 1  # the rows of the rare class move no factor either
    assert factors.tolist() == best_factors(P[without], y[without], Aim(metric)).tolist()


@pytest.mark.parametrize("metric", TUNED)
def test_rows_of_a_class_with_few_rows_do_not_move_the_factors_of_others(metric: str) -> None:
    moved = 0
    for seed in range(8):
        P, y, weight = problem(seed, 40, 3)
        # Two rows of a fourth class, which are heavy and are taken for the rarest of the others.
        more = np.array([[0.3, 0.29, 0.31, 0.1], [0.32, 0.3, 0.33, 0.05]])
        all_P = np.r_[np.column_stack([P, np.zeros(len(y))]), more]
        all_y, all_weight = np.r_[y, 3, 3], np.r_[weight, 9, 9]
        known = best_factors(all_P[:-2], y, Aim(metric), weight)
        found = best_factors(all_P, all_y, Aim(metric), all_weight)
        assert found.tolist() == known.tolist()
        moved += known.tolist() != [1, 1, 1, 1]
    assert moved


def test_rows_without_weight_do_not_count() -> None:
    P, y = few(2, 9)
    weight = np.ones(len(y))
    weight[-7:] = 0
    assert best_factors(P, y, Aim("f1"), weight).tolist() == [1, 1]
    weight[-7:] = 1e-3
    assert best_factors(P, y, Aim("f1"), weight).tolist() != [1, 1]


def test_costs_and_accuracy_need_no_rows_of_a_class() -> None:
    P, y = few(2, 0)
    for aim in (Aim(), Aim(costs=(1, 4)), Aim("f1", costs=(1, 4))):
        assert not len(decision.few_rows(y, 2, aim))
    assert threshold_of(best_factors(P, y, Aim("f1", costs=(1, 4)))) == 0.2
