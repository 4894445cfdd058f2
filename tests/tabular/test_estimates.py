"""A quick look: does it matter how rows are held out?"""

from typing import Any

import numpy as np
import pytest

from numlp import DataError
from numlp.metrics.scores import Estimate
from numlp.tabular import Estimates, compare_estimates
from numlp.tabular import estimates as module

RNG = np.random.default_rng(0)
WHO = np.arange(40).repeat(8)
LIKES = RNG.random(40) < 0.5
TRAITS = RNG.normal(size=(40, 4))[WHO]
KNOWN = {**{f"trait {j}": TRAITS[:, j] for j in range(4)}, "basket": RNG.normal(size=len(WHO))}


class EnoughError(Exception):
    """Both fits were asked for."""


def test_groups_that_tell_the_class_make_the_estimate_lower() -> None:
    found = compare_estimates(KNOWN, LIKES[WHO], groups=WHO)
    assert found.by_row.accuracy > 0.85
    assert found.by_role.accuracy < 0.75
    assert found.is_lower


@pytest.mark.heavy
def test_groups_that_tell_nothing_do_not() -> None:
    y = np.where(KNOWN["basket"] > 0, "more", "less")
    assert not compare_estimates(KNOWN, y, groups=WHO).is_lower
    assert not compare_estimates(KNOWN, y, time=np.arange(len(WHO))).is_lower


def test_later_rows_that_are_easier_do_not() -> None:
    sure, unsure = Estimate(0.80, 0.79, 0.81, 0.4, 900), Estimate(0.81, 0.80, 0.82, 0.4, 300)
    assert not Estimates(sure, unsure, on_same_rows=0.85, chance=0.01).is_lower


def test_the_same_rows_answered_both_ways_tell_what_intervals_alone_do_not() -> None:
    by_row, by_time = Estimate(0.95, 0.93, 0.97, 0.2, 900), Estimate(0.93, 0.90, 0.96, 0.3, 300)
    assert Estimates(by_row, by_time, on_same_rows=0.95, chance=0.01).is_lower
    assert not Estimates(by_row, by_time, on_same_rows=0.95, chance=0.03).is_lower
    assert not Estimates(by_row, by_time, on_same_rows=0.93, chance=0.0).is_lower
    little = by_time._replace(accuracy=0.945)
    assert not Estimates(by_row, little, on_same_rows=0.95, chance=0.0).is_lower


def test_a_class_that_changes_with_time_does() -> None:
    x, n = RNG.normal(size=400), np.arange(400)
    y = np.where(n < 250, x > 0, x < 0)
    found = compare_estimates({"x": x, "n": n}, y, time="n")
    assert found.is_lower


def groups_taken(monkeypatch: pytest.MonkeyPatch, most_rows: int) -> np.ndarray[Any, Any]:
    """The groups of the rows that the fit by group is asked for."""
    asked: list[dict[str, Any]] = []

    def noted(*_: object, **roles: Any) -> None:
        asked.append(roles)
        if len(asked) == 2:
            raise EnoughError

    monkeypatch.setattr(module, "_quick_fit", noted)
    with pytest.raises(EnoughError):
        compare_estimates(KNOWN, LIKES[WHO], groups=WHO, most_rows=most_rows)
    assert "groups" not in asked[0]
    return np.asarray(asked[1]["groups"])


def test_of_more_rows_whole_groups_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    groups = groups_taken(monkeypatch, most_rows=190)
    assert len(groups) == 184
    assert set(np.unique(groups, return_counts=True)[1]) == {8}


def test_of_large_groups_some_rows_of_twenty_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    groups = groups_taken(monkeypatch, most_rows=100)
    assert len(groups) == 100
    assert 18 <= len(np.unique(groups)) <= 20


def test_there_has_to_be_something_to_compare() -> None:
    with pytest.raises(ValueError, match="groups and time are both None"):
        compare_estimates(KNOWN, LIKES[WHO])
    with (
        pytest.warns(UserWarning, match="of its own"),
        pytest.raises(DataError, match="nothing to compare"),
    ):
        compare_estimates(KNOWN, LIKES[WHO], groups=np.arange(len(WHO)))
