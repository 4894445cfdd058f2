"""Intervals: each resample against the figures of the rows it drew, and what the intervals hold."""

import math
from typing import Any

import numpy as np
import pytest

from numlp.metrics import Scores, bootstrap, evaluate, wilson_interval
from numlp.metrics.aim import Aim
from numlp.metrics.bootstrap import intervals

COSTS = Aim(costs=(1.0, 5.0), positive=0)


def problem(n: int, n_classes: int, aim: Aim | None = None, seed: int = 0) -> Scores:
    """Scores of probabilities that are right, with ties, and with answers moved from the top."""
    rng = np.random.default_rng(seed)
    P = rng.dirichlet(np.ones(n_classes), n).round(2)
    P[:, 0] += 1 - P.sum(axis=1)
    P = np.clip(P, 0, 1)
    y = (P.cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)
    return evaluate(y, P, np.linspace(1, 2, n_classes), aim)


def redrawn(scores: Scores, n_resamples: int, seed: int) -> dict[str, list[float]]:
    """The figures of rows drawn with replacement, each computed from the start."""
    rng = np.random.default_rng(seed)
    found: dict[str, list[float]] = {}
    for _ in range(n_resamples):
        rows = rng.integers(scores.n_rows, size=scores.n_rows)
        other = Scores(
            scores.y[rows], scores.predicted[rows], scores.P[rows], scores.losses[rows], scores.aim
        )
        for name in NAMES:
            found.setdefault(name, []).append(getattr(other, name))
    return found


NAMES = ("balanced_accuracy", "f1", "roc_auc", "log_loss", "brier_score", "calibration_error",
         "mean_cost")  # fmt: skip


@pytest.mark.parametrize(
    ("n", "n_classes", "aim"), [(60, 2, COSTS), (9, 2, COSTS), (80, 3, None), (12, 6, None)]
)
def test_a_resample_has_the_figures_of_the_rows_it_drew(
    n: int, n_classes: int, aim: Aim | None
) -> None:
    scores = problem(n, n_classes, aim)
    drawn = bootstrap._Resampling(scores).draw(30, np.random.default_rng(5))
    expected = redrawn(scores, 30, 5)
    for i, figures in enumerate(drawn):
        assert figures.keys() == {name for name in NAMES if name != "mean_cost" or aim is not None}
        for name, value in figures.items():
            assert value == pytest.approx(expected[name][i], rel=1e-9, abs=1e-12, nan_ok=True), name


def test_an_interval_is_the_middle_of_what_came_out() -> None:
    scores = problem(60, 2, COSTS)
    found, values = intervals(scores, 200, seed=3), redrawn(scores, 200, 3)
    for name in set(NAMES) - {"calibration_error"}:
        assert found[name] == pytest.approx(np.percentile(values[name], [2.5, 97.5])), name
    assert found["accuracy"] == wilson_interval(scores.accuracy, 60)


def test_the_interval_of_a_mean_is_close_to_the_one_of_the_normal_distribution() -> None:
    scores = problem(2000, 3)
    low, high = intervals(scores)["log_loss"]
    deviation = scores.losses.std() / math.sqrt(2000)
    assert low == pytest.approx(scores.log_loss - 1.96 * deviation, abs=0.2 * deviation)
    assert high == pytest.approx(scores.log_loss + 1.96 * deviation, abs=0.2 * deviation)


def test_the_calibration_error_of_right_probabilities_may_be_zero() -> None:
    lows = []
    for seed in range(20):
        scores = problem(400, 3, seed=seed)
        low, high = intervals(scores, 200)["calibration_error"]
        assert 0 <= low <= scores.calibration_error <= high
        lows.append(low)
    assert (
        np.mean(np.array(lows) == 0) >= 0.6
    )  # it was 0.76 in 200 trials, and never by percentiles


def test_a_calibration_error_that_is_large_is_told_from_zero() -> None:
    y = np.repeat([0, 1], [120, 80])
    low, high = intervals(evaluate(y, np.tile([0.9, 0.1], (200, 1))))["calibration_error"]
    assert low < 0.3 < high
    assert low > 0.2
    assert high < 0.4


def test_the_same_seed_gives_the_same_intervals() -> None:
    scores = problem(50, 3)
    assert intervals(scores, 50, seed=1) == intervals(scores, 50, seed=1)
    assert intervals(scores, 50, seed=1) != intervals(scores, 50, seed=2)


@pytest.mark.parametrize(("most", "n"), [(10**8, 1000), (40 * 500, 500), (1, 200)])
def test_of_many_rows_fewer_resamples_are_drawn(
    most: int, n: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = problem(40, 2)
    monkeypatch.setattr(bootstrap, "MOST_DRAWN", most)
    assert intervals(scores) == intervals(scores, n)


@pytest.mark.parametrize("n", [0, -1])
def test_without_a_resample_there_is_no_interval(n: int) -> None:
    with pytest.raises(ValueError, match=f"n_resamples={n}, but it has to be 1 or more"):
        intervals(problem(40, 2), n)


def test_what_has_no_figure_has_no_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    P = np.tile([0.9, 0.1], (20, 1))
    one_class = intervals(evaluate(np.zeros(20, int), P), 20)
    assert np.isnan(one_class["roc_auc"]).all()
    assert np.isnan([one_class["balanced_accuracy"], one_class["f1"]]).all()
    scores = problem(40, 2)
    assert not np.isnan(intervals(scores, 20)["roc_auc"]).any()
    monkeypatch.setattr(bootstrap, "MOST_AUC", 1039)
    assert np.isnan(intervals(scores, 20)["roc_auc"]).all()


def test_a_resample_without_one_of_two_classes_does_not_count_in_the_auc() -> None:
    y = np.array([0] * 9 + [1])
    P = np.column_stack([1 - np.linspace(0.1, 0.9, 10), np.linspace(0.1, 0.9, 10)])
    found: Any = intervals(evaluate(y, P), 100)["roc_auc"]
    assert found == (1, 1)
