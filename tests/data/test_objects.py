"""Cells that are objects: which are missing, which are times, and which cannot be read."""

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from numlp import DataError
from numlp.common.missing import is_missing
from numlp.data.columns import as_columns
from numlp.data.labels import encode_labels
from numlp.table.table import Table
from numlp.table.words import as_words, by_value


class Uncomparable:
    """An object that cannot be compared, as some of libraries' own are."""

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("not with me")

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        return "thing"


class Unspeakable(Uncomparable):
    def __str__(self) -> str:
        raise RuntimeError("not a word")


@pytest.mark.parametrize(
    "cell",
    [None, np.nan, float("nan"), np.float32("nan"), pd.NA, pd.NaT, np.datetime64("NaT", "ms"),
     np.timedelta64("NaT", "ms"), Decimal("NaN"), Decimal("sNaN"), Decimal("-sNaN123"),
     np.ma.masked, complex("nan")],
)  # fmt: skip
def test_a_cell_is_missing(cell: Any) -> None:
    assert is_missing(cell)


@pytest.mark.parametrize(
    "cell",
    [0, "", "nan", False, np.False_, Decimal(0), Decimal("Infinity"), np.array([np.nan]),
     np.array([1, 2]), [np.nan], pd.Series([np.nan]), Uncomparable(), dt.time(0)],
)  # fmt: skip
def test_a_cell_is_there(cell: Any) -> None:
    assert not is_missing(cell)


def test_a_signalling_nan_is_a_missing_cell_of_a_column_and_of_labels() -> None:
    cells = [Decimal("sNaN"), *[Decimal(i) / 7 for i in range(40)]]
    for table in ({"d": cells}, pd.DataFrame({"d": cells}), [{"d": cell} for cell in cells]):
        fitted = Table.fit(table)
        assert fitted.features == ["d", "d is missing"]
        assert fitted.transform(table)[:2, 1].tolist() == [1, 0]
    with pytest.raises(DataError, match="1 of 3 labels are missing, the first in row 1"):
        encode_labels([Decimal("sNaN"), "a", "b"])


def test_a_cell_that_cannot_be_compared_is_its_text_or_named_by_column_and_row() -> None:
    assert as_columns({"a": ["x", Uncomparable()]})["a"].tolist() == ["x", "thing"]
    for cell in (Unspeakable(), object(), {1, 2}, np.array([1]), b"x"):
        named = f"column 'a' has a cell of the type {type(cell).__name__} in row 2: give one number"
        column = np.array(["x", None], dtype=object)
        column[1] = cell
        with pytest.raises(DataError, match=named):
            as_columns({"a": column})


# Types that say what a column is

FREQUENCIES = ["D", "M", "Q", "h", "W", "Y", "2M", "Q-NOV", "W-WED", "s", "15min", "Y-JUN", "ms"]


@pytest.mark.parametrize("frequency", FREQUENCIES)
def test_a_period_is_the_time_at_which_it_starts(frequency: str) -> None:
    periods = pd.period_range("2015-01-01", periods=30, freq=frequency)
    frame = pd.DataFrame({"p": periods})
    frame.loc[3, "p"] = pd.NaT
    expected = periods.start_time.to_numpy().astype("M8[ms]")
    for table in (frame, {"p": frame["p"]}, {"p": [*frame["p"]]}, frame.astype(object)):
        column = as_columns(table)["p"]
        assert np.isnat(column[3])
        assert (np.delete(column, 3) == np.delete(expected, 3)).all()
    assert Table.fit(frame).audit()[0]["kind"] == "date"


@pytest.mark.parametrize(
    "cell",
    [pd.Period("2024-03", "M"), pd.Period("2024-03-01 10:22", "min"), pd.Timedelta("1h"),
     dt.timedelta(seconds=1.5), np.timedelta64(90, "m"), pd.Timestamp("2024-03-01")],
    ids=repr,
)  # fmt: skip
def test_a_period_or_duration_beside_a_word_is_what_it_is_alone(cell: Any) -> None:
    alone, beside = as_columns({"a": [cell, cell]}), as_columns({"a": [cell, "free"]})
    (own, _), (word, other) = as_words(alone.columns["a"]), beside.columns["a"]
    assert by_value(word) == by_value(own)
    assert other == "free"


def test_a_period_beyond_the_times_of_pandas_is_named() -> None:
    periods = pd.Series([pd.Period(ordinal=10**9, freq="Y")] * 2)
    with pytest.raises(DataError, match="column 'p' has a period whose start is beyond"):
        as_columns({"p": periods})
    with pytest.raises(DataError, match="column 'p' has a period whose start is beyond"):
        as_columns({"p": [*periods, "free"]})


MEANINGS: dict[str, tuple[Any, list[Any]]] = {
    # name: (a table with a column a, its cells)
    "pandas timedelta": (pd.DataFrame({"a": pd.to_timedelta([1.5, None], unit="s")}), [1.5, None]),
    "polars duration": (pl.DataFrame({"a": [dt.timedelta(seconds=1.5), None]}), [1.5, None]),
    "times of day": ({"a": [dt.time(10, 22), None]}, ["10:22:00", None]),
    "polars times of day": (pl.DataFrame({"a": [dt.time(10, 22), None]}), ["10:22:00", None]),
    "arrow times of day": (pa.table({"a": pa.array([dt.time(10, 22), None], pa.time32("s"))}),
                           ["10:22:00", None]),
    "polars decimal": (pl.DataFrame({"a": [Decimal("1.50"), None]}), [1.5, None]),
    "arrow decimal": (pa.table({"a": [Decimal("1.50"), None]}), [1.5, None]),
    "intervals": (pd.DataFrame({"a": pd.interval_range(0, 2)}), ["(0, 1]", "(1, 2]"]),
}  # fmt: skip


@pytest.mark.parametrize(("table", "expected"), MEANINGS.values(), ids=MEANINGS)
def test_a_type_that_says_what_a_column_is_has_a_stated_meaning(
    table: Any, expected: list[Any]
) -> None:
    cells = as_columns(table)["a"].tolist()
    assert [None if cell != cell else cell for cell in cells] == expected


@pytest.mark.parametrize(
    "table",
    [pl.DataFrame({"a": [{"b": 1}]}),
     pa.table({"a": pa.array([(1, 2, 3)], pa.month_day_nano_interval())}),
     pa.table({"a": pa.array([b"x"])})],
)  # fmt: skip
def test_a_type_that_cannot_be_read_is_named_with_its_column(table: Any) -> None:
    with pytest.raises(DataError, match=r"column 'a' has .*: give one number, text or time"):
        as_columns(table)


NUMERALS = np.random.default_rng(0).integers(0, 30, 90)
CATEGORIES: dict[str, Any] = {
    "pandas of int": pd.DataFrame({"a": pd.Categorical(NUMERALS)}),
    "pandas of text": pd.DataFrame({"a": pd.Categorical(NUMERALS.astype(str))}),
    "pandas of days": pd.DataFrame({"a": pd.Categorical(NUMERALS.astype("M8[D]"))}),
    "pandas of truths": pd.DataFrame({"a": pd.Categorical(NUMERALS > 15)}),
    "a dict of pandas'": {"a": pd.Categorical(NUMERALS)},
    "a dict of a Series": {"a": pd.Series(NUMERALS, dtype="category")},
    "polars": pl.DataFrame({"a": NUMERALS.astype(str)}).cast({"a": pl.Categorical}),
    "a dict of polars'": {"a": pl.Series(NUMERALS.astype(str)).cast(pl.Categorical)},
    "arrow": pa.table({"a": pa.array(NUMERALS.astype(str)).dictionary_encode()}),
    "arrow of int": pa.table({"a": pa.array(NUMERALS).dictionary_encode()}),
    "a dict of arrow's": {"a": pa.array(NUMERALS.astype(str)).dictionary_encode()},
}  # fmt: skip


@pytest.mark.parametrize("table", CATEGORIES.values(), ids=CATEGORIES)
def test_a_type_that_says_category_is_obeyed(table: Any) -> None:
    columns = as_columns(table)
    assert columns.categories == {"a"}
    assert columns.rows(np.arange(50)).categories == {"a"}
    fitted = Table.fit(columns)
    (row,) = fitted.audit()
    assert (row["kind"], row["why"].startswith("a category by its type; ")) == ("category", True)
    expected = fitted.transform(columns)
    assert (fitted.transform({"a": columns["a"]}) == expected).all()  # no type is needed later


ORDERED: dict[str, Any] = {
    "pandas of intervals": pd.DataFrame({"a": pd.cut(NUMERALS, 5)}),
    "pandas, ordered": pd.DataFrame({"a": pd.Categorical(NUMERALS, ordered=True)}),
    "polars enum": pl.DataFrame({"a": NUMERALS.astype(str)}).cast(
        {"a": pl.Enum([*map(str, range(30))])}),
}  # fmt: skip


@pytest.mark.parametrize("table", ORDERED.values(), ids=ORDERED)
def test_a_type_that_says_an_order_is_obeyed(table: Any) -> None:
    columns = as_columns(table)
    assert (columns.categories, [*columns.levels]) == ({"a"}, ["a"])
    assert Table.fit(table).audit()[0]["kind"] == "ordered"


def test_what_a_caller_asks_for_goes_before_the_type() -> None:
    table = CATEGORIES["pandas of int"]
    for asked, kind in (("number", "number"), ("ignore", "set aside"), ("category", "category")):
        (row,) = Table.fit(table, {"a": asked}).audit()
        assert row["kind"] == kind
        assert "as asked" in row["why"]


def test_a_category_of_one_value_or_none_is_set_aside() -> None:
    for cells in (pd.Categorical([7, 7]), pd.Categorical([None, None])):
        assert Table.fit({"a": cells}).audit()[0]["kind"] == "set aside"
