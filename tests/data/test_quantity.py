"""When numbers are a quantity and not classes, and the ranges that are made of them."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numlp.data.quantity import Ranges, dates_told, quantity_told
from numlp.errors import DataError

rng = np.random.default_rng(0)
CLASSES: dict[str, tuple[Any, int]] = {
    "digits": (range(10), 1797),
    "ratings": (range(1, 6), 60),
    "codes of letters": (range(26), 20_000),
    "years, some without a row": ([*range(1950, 2010, 2), *range(2010, 2040)], 200),
    "scores with gaps, few of them": (range(0, 1000, 20), 120),
    "codes of a thousand persons": (range(1000), 5000),
    "the same, some not in this fold": (sorted({*range(1000)} - {3, 77, 500}), 3000),
    "codes of occupations, each in many rows": (range(10, 9000, 30), 30_000),
    "a flag": ([-1, 1], 5),
}
QUANTITIES: dict[str, tuple[Any, int]] = {
    "prices": (range(50_000, 500_000, 500), 1460),
    "prices in many rows": (range(1000, 100_000, 50), 1_000_000),
    "populations": (np.unique(rng.integers(0, 10**7, 200)), 200),
    "counts of an hour": (np.unique(rng.poisson(np.exp(rng.normal(5, 0.8, 3000)))), 3000),
    "two fractions": ([0.5, 1.0], 1000),
}


@pytest.mark.parametrize(("numbers", "n_rows"), CLASSES.values(), ids=CLASSES)
def test_codes_ratings_and_years_are_classes(numbers: Any, n_rows: int) -> None:
    assert quantity_told(np.array([*numbers], float), n_rows) is None


@pytest.mark.parametrize(("numbers", "n_rows"), QUANTITIES.values(), ids=QUANTITIES)
def test_prices_and_counts_are_quantities(numbers: Any, n_rows: int) -> None:
    told = quantity_told(np.array([*numbers], float), n_rows)
    assert told is not None
    assert told.endswith("that is a quantity")
    assert f"in {n_rows:,} rows, such as " in told


def test_dates_are_classes_where_they_are_few_or_each_is_in_many_rows() -> None:
    assert dates_told(50, 60, "2024-01-01") is None
    assert dates_told(365, 10_000, "2024-01-01") is None
    assert dates_told(365, 1000, "2024-01-01") is not None
    assert dates_told(3650, 1_000_000, "2024-01-01") is not None


def test_a_number_that_is_an_edge_is_in_the_range_up_to_it() -> None:
    ranges = Ranges((0.5, 120_000.0))
    assert ranges.names == ["up to 0.5", "0.5 to 120000", "above 120000"]
    assert Ranges((-2.0, 2.0)).names == ["up to -2", "from -2 to 2", "above 2"]  # no formula
    assert ranges.of(np.array([-1e9, 0.5, 0.6, 120_000, 120_000.5])).tolist() == [0, 0, 1, 1, 2]


@settings(deadline=None)
@given(
    st.lists(st.floats(-1e15, 1e15) | st.integers(-30, 30).map(float), min_size=2),
    st.integers(2, 6),
)
def test_no_range_is_empty_and_equal_numbers_stay_together(numbers: list[float], n: int) -> None:
    x = np.array(numbers) + 0.0
    if np.ptp(x) == 0:
        with pytest.raises(DataError, match="every number is"):
            Ranges.with_as_many_rows(x, n)
        return
    ranges = Ranges.with_as_many_rows(x, n)
    y = ranges.of(x)
    assert set(y.tolist()) == set(range(len(ranges.names)))
    assert 2 <= len(ranges.names) <= n
    assert (np.diff(y[np.argsort(x, kind="stable")]) >= 0).all()
    assert len(set(ranges.names)) == len(ranges.names)
    assert Ranges.from_state(ranges.state(), ranges.names) == ranges


def test_ranges_have_as_many_rows_and_plain_edges() -> None:
    price = rng.permutation(np.repeat(np.arange(1003.0, 201_003, 1000), 2))
    ranges = Ranges.with_as_many_rows(price, 4)
    assert np.bincount(ranges.of(price)).tolist() == [100, 100, 100, 100]
    assert ranges.names[0] == "up to 51000"
    zeros = np.array([0.0] * 90 + [*range(1, 11)])
    assert Ranges.with_as_many_rows(zeros, 4).names == ["up to 0", "above 0"]


NO_RANGES: dict[str, tuple[Any, list[Any]]] = {
    "text": ("5", ["up to 5", "above 5"]),
    "a truth": ([True], ["up to 1", "above 1"]),
    "falling": ([5.0, 1.0], ["up to 5", "5 to 1", "above 1"]),
    "infinite": ([1e999], ["up to inf", "above inf"]),
    "too few": ([], ["a"]),
    "too many": ([1.0, 2.0], ["up to 1", "above 1"]),
    "other names": ([5.0], ["low", "high"]),
    "numbers": ([5.0], [0, 1]),
}


@pytest.mark.parametrize(("state", "classes"), NO_RANGES.values(), ids=NO_RANGES)
def test_a_file_that_tells_of_impossible_ranges_is_refused(state: Any, classes: Any) -> None:
    with pytest.raises((TypeError, ValueError, OverflowError)):
        Ranges.from_state(state, classes)
