"""Prediction sets: the rank is the one of the paper, and coverage holds on rows not seen."""

import math
from typing import Any

import numpy as np
import pytest

from numlp.decisions.prediction_sets import MOST, Conformal, check_coverage, prediction_sets

COVERAGES = (0.05, 0.5, 0.8, 0.9, 0.95, 0.99)


def rows(n: int, seed: int, n_classes: int = 10) -> tuple[Any, Any]:
    """Classes, and probabilities from a model that is good, and far too sure of itself."""
    rng = np.random.default_rng(seed)
    Z = rng.normal(0, 1.5, (n, n_classes))
    true = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
    y = (true.cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)
    sure = np.exp(2 * Z + rng.normal(0, 0.5, Z.shape))
    return y, sure / sure.sum(axis=1, keepdims=True)


def of(p: Any) -> Conformal:
    """What rows tell whose true class has these probabilities."""
    p = np.asarray(p, dtype=float)
    return Conformal.fit(np.column_stack([p, 1 - p]), np.zeros(len(p), int))


@pytest.mark.parametrize("n", [1, 2, 9, 19, 99, 100, 137])
@pytest.mark.parametrize("coverage", COVERAGES)
def test_the_threshold_is_the_quantile_of_the_paper(n: int, coverage: float) -> None:
    p = np.random.default_rng(n).permutation(np.arange(1, n + 1) / (n + 1))
    scores = np.sort(1 - p)  # the score of a row is 1 less the probability of its class
    k = next(k for k in range(1, n + 2) if k >= (n + 1) * coverage - 1e-9)
    expected = 1 - scores[k - 1] if k <= n else 0.0
    threshold = of(p).threshold(coverage)
    assert threshold == pytest.approx(expected, rel=1.1e-5)
    assert threshold <= expected


@pytest.mark.parametrize(("n", "coverage"), [(9, 0.9), (19, 0.95), (999, 0.7), (99_999, 0.9999)])
def test_a_decimal_is_no_hair_above_itself(n: int, coverage: float) -> None:
    assert of(np.linspace(0.1, 0.9, n)).threshold(coverage) > 0


@pytest.mark.parametrize(("n", "percent"), [(99, 55), (99, 7), (199, 56)])
def test_a_rank_that_is_whole_is_not_rounded_up(n: int, percent: int) -> None:
    assert (n + 1) * (percent / 100) > (n + 1) * percent // 100  # by 1e-14
    threshold = of(np.arange(1, n + 1) / (n + 1)).threshold(percent / 100)
    assert threshold == pytest.approx(1 - percent / 100, rel=1.1e-5)


def test_too_few_rows_put_every_class_in_the_set() -> None:
    assert of([0.9] * 8).threshold(0.9) == 0
    assert prediction_sets(np.array([[1.0, 0.0]]), 0.0).all()


@pytest.mark.parametrize("n", [MOST + 1, 5000, 200_000])
def test_of_many_rows_few_numbers_are_kept_and_the_promise_with_them(n: int) -> None:
    kept = of(np.arange(1, n + 1) / (n + 1))
    assert len(kept.ranks) == len(kept.p) <= MOST
    for coverage in (0.3, 0.8, 0.9, 0.95, 0.99, 0.999):
        wanted = math.floor(round((n + 1) * (1 - coverage), 6)) / (n + 1)
        threshold = kept.threshold(coverage)
        assert threshold <= wanted
        assert threshold > 0.97 * wanted


@pytest.mark.parametrize("p", [0.0, 1e-300, 1e-9, 0.123456789, 1 / 3, 0.9999999, 1.0])
def test_a_kept_probability_is_never_above_itself(p: float) -> None:
    (kept,) = of([p]).p
    assert p * (1 - 1.1e-5) <= kept <= p


@pytest.mark.heavy
@pytest.mark.parametrize(("n", "coverage"), [(19, 0.9), (19, 0.8), (500, 0.9), (3000, 0.95)])
def test_coverage_on_fresh_rows_is_what_was_asked(n: int, coverage: float) -> None:
    """For rows without ties it is k / (n + 1), averaged over rows to learn from; one rank aside it
    would be 5 % off for 19 rows, against a standard error of 0.5 %.
    """
    found = []
    for seed in range(200 if n < 100 else 40):
        y, P = rows(n, seed)
        fresh, Q = rows(2000, 10_000 + seed)
        inside = Q[np.arange(2000), fresh] >= Conformal.fit(P, y).threshold(coverage)
        found.append(inside.mean())
    expected = math.ceil(round((n + 1) * coverage, 6)) / (n + 1)
    error = np.std(found, ddof=1) / math.sqrt(len(found))
    assert np.mean(found) == pytest.approx(expected, abs=4 * error + 0.002)  # ranks are thinned
    assert np.mean(found) >= expected - 4 * error


@pytest.mark.parametrize("seed", range(5))
def test_sets_have_the_true_class_in_the_share_of_rows_that_was_asked(seed: int) -> None:
    conformal = Conformal.fit(*reversed(rows(2000, seed)))
    y, P = rows(4000, 500 + seed)
    for coverage in (0.8, 0.9, 0.95):
        sets = prediction_sets(P, conformal.threshold(coverage))
        covered = sets[np.arange(4000), y].mean()
        # Of the rows to learn from, and of the fresh ones: both are drawn.
        error = math.sqrt(coverage * (1 - coverage) * (1 / 2000 + 1 / 4000))
        assert covered > coverage - 3.5 * error
        assert sets.sum(axis=1).mean() < 8  # of ten: they tell something


def test_sets_grow_with_coverage() -> None:
    conformal = Conformal.fit(*reversed(rows(700, 0)))
    _, P = rows(300, 1)
    thresholds = [conformal.threshold(coverage) for coverage in np.linspace(0.01, 0.9999, 200)]
    assert thresholds == sorted(thresholds, reverse=True)
    sizes = [prediction_sets(P, t).sum() for t in thresholds]
    assert sizes[0] < sizes[100] < sizes[-1]


def test_the_most_probable_class_is_in_every_set() -> None:
    _, P = rows(300, 1)
    sets = prediction_sets(P, 0.999)
    assert sets[np.arange(300), P.argmax(axis=1)].all()
    assert (sets.sum(axis=1) == 1).mean() > 0.9


@pytest.mark.parametrize("coverage", [0, 1, -0.1, 1.5, math.nan, "0.9", None, True])
def test_a_coverage_that_is_none_is_refused(coverage: Any) -> None:
    with pytest.raises(ValueError, match=r"coverage=.* has to be a number in"):
        check_coverage(coverage)
    with pytest.raises(ValueError, match="coverage="):
        of([0.5]).threshold(coverage)


def test_its_state_comes_back() -> None:
    kept = of(np.linspace(0.01, 1, 5000))
    assert Conformal.from_state(kept.state()) == kept


GOOD = {"n_rows": 5, "ranks": [1, 3, 5], "p": [0, 0.5, 0.5]}
ODD: list[dict[str, Any]] = [
    {"n_rows": 6}, {"n_rows": 5.0}, {"n_rows": True}, {"n_rows": None},
    {"n_rows": 1 << 53, "ranks": [1, 1 << 53], "p": [0, 1]},
    {"ranks": [0, 3, 5]}, {"ranks": [1, 3, 3]}, {"ranks": [1, 5, 3]}, {"ranks": [1, 3.0, 5]},
    {"ranks": [1, 5]}, {"ranks": []}, {"ranks": "135"}, {"ranks": [], "p": []},
    {"p": [0.5, 0.4, 0.5]}, {"p": [-0.1, 0.5, 0.5]}, {"p": [0, 0.5, 1.1]}, {"p": [0, 0.5, None]},
    {"p": [0, 0.5, True]}, {"p": [0, 0.5, "1"]}, {"p": {"0": 1}}, {"p": [0, 0.5]},
    {"n_rows": 2000, "ranks": list(range(1, 2001)), "p": [0.5] * 2000},
]  # fmt: skip


@pytest.mark.parametrize("change", ODD, ids=str)
def test_a_state_that_no_fit_can_have_made_is_refused(change: dict[str, Any]) -> None:
    assert Conformal.from_state(GOOD).p == [0.0, 0.5, 0.5]
    with pytest.raises((TypeError, ValueError), match="prediction sets"):
        Conformal.from_state(GOOD | change)


@pytest.mark.parametrize("name", GOOD)
def test_a_state_that_lacks_something_is_refused(name: str) -> None:
    with pytest.raises(KeyError, match=name):
        Conformal.from_state({key: value for key, value in GOOD.items() if key != name})
