"""Rows grouped by what stands in one column."""

from typing import Any

import numpy as np
import pytest

from numlp.table.grouping import MOST_VALUES, N_RANGES, grouped


def cells(*values: Any) -> Any:
    return np.array(values, dtype=object)


def test_words_are_groups_by_value_in_the_spelling_of_most_cells() -> None:
    found = grouped("code", cells("x", "007", "7", "007", None, " NA", "x "))
    assert found.names == ["x", "007", None]
    assert found.codes.tolist() == [0, 1, 1, 1, 2, 2, 0]
    assert not found.in_order


def test_few_numbers_are_a_group_each_and_many_become_ranges() -> None:
    few = np.array([*range(MOST_VALUES), 3.0, np.nan])
    found = grouped("n", few)
    assert found.names == [*map(str, range(MOST_VALUES)), None]
    assert found.codes.tolist() == [*range(MOST_VALUES), 3, MOST_VALUES]
    many = np.random.default_rng(0).permutation(1000) / 8
    for column in (many, cells(*map(str, many), "NA")):
        found = grouped("n", column)
        names = [name for name in found.names if name is not None]
        assert len(names) == N_RANGES
        assert found.in_order
        assert np.bincount(found.codes)[:N_RANGES].tolist() == [200] * N_RANGES
        for k, (name, low) in enumerate(zip(names, (0, 25, 50, 75, 100), strict=True)):
            assert many[found.codes[:1000] == k].min() == pytest.approx(low, abs=0.2), name
    assert found.names[-1] is None  # of the words that spell no number


def test_codes_that_are_categories_are_groups_however_many() -> None:
    column = np.arange(100.0)
    assert len(grouped("zip", column).names) == N_RANGES
    assert grouped("zip", column, is_category=True).names == [*map(str, range(100))]


def test_times_are_grouped_by_the_day_and_within_one_day_by_the_time() -> None:
    hours = np.datetime64("2024-01-30T00:00", "ms") + np.arange(0, 60) * np.timedelta64(1, "h")
    found = grouped("when", hours)
    assert found.names == ["2024-01-30", "2024-01-31", "2024-02-01"]
    assert np.bincount(found.codes).tolist() == [24, 24, 12]
    days = np.arange("2024-01-01", "2024-04-10", dtype="M8[D]").astype("M8[ms]")
    found = grouped("when", days)
    assert found.names[:2] == ["2024-01-01 to 2024-01-20", "2024-01-21 to 2024-02-09"]
    assert found.names[-1] == "2024-03-21 to 2024-04-09"
    found = grouped("when", cells(*days.astype("M8[D]").astype(str), None))
    assert (len(found.names), found.names[-1]) == (N_RANGES + 1, None)
    minutes = np.datetime64("2024-01-30T00:00", "ms") + np.arange(50) * np.timedelta64(1, "m")
    assert grouped("when", minutes).names[0] == "2024-01-30 to 2024-01-30 00:09:00"


@pytest.mark.parametrize("column", [np.full(3, np.nan), cells(None, "", "NA")], ids=["f", "O"])
def test_a_column_without_a_cell_is_one_group(column: Any) -> None:
    found = grouped("x", column)
    assert (found.names, found.codes.tolist()) == ([None], [0, 0, 0])
