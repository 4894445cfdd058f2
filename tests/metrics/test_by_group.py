"""Figures by group: those of the rows of each group alone."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from numlp import DataError
from numlp.metrics import Aim, evaluate, intervals, scores_by_group
from numlp.metrics import by_group as module

RNG = np.random.default_rng(0)
N = 600
GROUPS = RNG.choice(["a", "b", "c"], N, p=[0.6, 0.3, 0.1])


def probabilities(n_classes: int) -> tuple[Any, Any]:
    y = RNG.integers(0, n_classes, N)
    P = RNG.dirichlet(np.ones(n_classes), N)
    P[np.arange(N), y] += 0.6
    return y, P / P.sum(axis=1, keepdims=True)


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("n_classes", "aim"),
    [(2, Aim()), (2, Aim("f1", positive=0)), (2, Aim(costs=(1.0, 5.0))), (4, Aim())],
    ids=str,
)
def test_each_group_has_the_figures_of_its_rows_alone(n_classes: int, aim: Aim) -> None:
    y, P = probabilities(n_classes)
    found = scores_by_group(evaluate(y, P, aim=aim), GROUPS)
    assert [each.group for each in found] == ["a", "b", "c"]
    for each in found:
        rows = each.group == GROUPS
        alone = evaluate(y[rows], P[rows], aim=aim)
        assert (each.n_rows, each.majority) == (rows.sum(), alone.majority)
        assert ("mean_cost" in each.figures) == (aim.costs is not None)
        by_rows = intervals(alone)
        for name, (value, low, high) in each.figures.items():
            assert value == pytest.approx(getattr(alone, name), abs=1e-12), name
            # Two bootstraps of the same rows, with other draws.
            assert (low, high) == pytest.approx(by_rows[name], abs=0.12 * (high - low)), name
        assert each.figures["accuracy"][1:] == by_rows["accuracy"]


def test_the_groups_that_are_left_out_stand_together_at_the_end() -> None:
    y, P = probabilities(3)
    scores = evaluate(y, P)
    first, others = scores_by_group(scores, GROUPS, most=1)
    assert (first.group, others.group) == ("a", ("b", "c"))
    rest = GROUPS != "a"
    assert others.n_rows == rest.sum()
    assert others.figures["accuracy"].value == evaluate(y[rest], P[rest]).accuracy
    # One group left out would be told by itself in the same space.
    assert [each.group for each in scores_by_group(scores, GROUPS, most=2)] == ["a", "b", "c"]


def test_values_of_any_type_are_groups_and_missing_ones_are_one() -> None:
    scores = evaluate(np.array([0, 1, 1, 0, 1, 1]), np.eye(2)[[0, 1, 0, 0, 1, 1]])
    missing = [1, math.nan, 1, None, "1", np.nan]
    kinds: dict[str, Any] = {
        "list": missing,
        "array": np.array(missing, object),
        "series": pd.Series(missing, dtype=object),
    }
    for name, groups in kinds.items():
        found = scores_by_group(scores, groups)
        assert [(each.group, each.n_rows) for each in found] == [(None, 3), (1, 2), ("1", 1)], name
    times = np.array(["2024-01-01", "NaT", "2024-01-01"] * 2, "M8[D]")
    assert [each.n_rows for each in scores_by_group(scores, times)] == [4, 2]
    masked = np.ma.array([5, 5, 6, 5, 5, 6], mask=[0, 1, 0, 0, 0, 0])
    assert [each.group for each in scores_by_group(scores, masked)] == [5, 6, None]
    cut = pd.cut(pd.Series([1, 2, 3, 4, 5, None]), 2)
    assert [each.n_rows for each in scores_by_group(scores, cut)] == [3, 2, 1]


def test_of_one_class_a_mean_over_classes_has_no_value() -> None:
    (only,) = scores_by_group(evaluate(np.array([1, 1]), np.eye(2)[[1, 0]]), ["x", "x"])
    assert only.figures["accuracy"].value == 0.5
    for name in ("balanced_accuracy", "f1"):
        assert all(math.isnan(each) for each in only.figures[name])


def test_the_figures_do_not_depend_on_how_many_counts_are_drawn_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    y, P = probabilities(4)
    scores = evaluate(y, P)
    whole = scores_by_group(scores, GROUPS)
    monkeypatch.setattr(module, "MOST_DRAWN", 100)
    assert scores_by_group(scores, GROUPS) == whole
    assert scores_by_group(scores, GROUPS, seed=1) != whole


def test_groups_that_fit_no_rows_are_refused_in_one_line() -> None:
    scores = evaluate(np.array([0, 1]), np.eye(2))
    for groups, told in (
        (["a"], "1"),
        ([["a"], ["b"]], "list in row 1"),
        (np.ones((2, 2)), r"shape \(2, 2\)"),
    ):
        with pytest.raises(DataError, match=told) as error:
            scores_by_group(scores, groups)
        assert "\n" not in str(error.value)
    with pytest.raises(ValueError, match="most=0"):
        scores_by_group(scores, ["a", "b"], most=0)
