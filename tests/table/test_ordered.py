"""Categories that have an order: by their type, or as asked."""

import json
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from numlp.data.columns import as_columns, part_target
from numlp.errors import DataError
from numlp.table.ordered import MOST_LEVELS, Ordered
from numlp.table.reasons import StrayCells, reasons_of
from numlp.table.table import Table

SIZES = ["S", "M", "L", "XL"]
CELLS = np.random.default_rng(0).choice(SIZES[:3], 40).tolist()
CODES = [SIZES.index(size) for size in CELLS]
ASKED = {"size": "ordered:S,M,L,XL"}
TYPED: dict[str, Any] = {
    "pandas": pd.DataFrame({"size": pd.Categorical(CELLS, SIZES, ordered=True)}),
    "a dict of pandas": {"size": pd.Series(pd.Categorical(CELLS, SIZES, ordered=True))},
    "a Categorical": {"size": pd.Categorical(CELLS, SIZES, ordered=True)},
    "polars": pl.DataFrame({"size": pl.Series(CELLS, dtype=pl.Enum(SIZES))}),
    "a dict of polars": {"size": pl.Series(CELLS, dtype=pl.Enum(SIZES))},
    "pyarrow": pa.table({"size": pa.DictionaryArray.from_arrays(CODES, SIZES, ordered=True)}),
    "chunks of pyarrow": pa.table({"size": pa.chunked_array([
        pa.DictionaryArray.from_arrays(CODES[:9], SIZES[:3], ordered=True),
        pa.DictionaryArray.from_arrays(CODES[9:], SIZES, ordered=True),
    ])}),
    "an array of pyarrow": {"size": pa.DictionaryArray.from_arrays(CODES, SIZES, ordered=True)},
}  # fmt: skip
NOT_ORDERED: dict[str, Any] = {
    "pandas": pd.DataFrame({"size": pd.Categorical(CELLS, SIZES)}),
    "polars": pl.DataFrame({"size": pl.Series(CELLS, dtype=pl.Categorical)}),
    "pyarrow": pa.table({"size": pa.array(CELLS).dictionary_encode()}),
    "too many": pd.DataFrame({"size": pd.Categorical(
        CELLS, [*SIZES, *map(str, range(MOST_LEVELS))], ordered=True)}),
    "one level": pd.DataFrame({"size": pd.Categorical(["S"] * 9 + [None], ["S"], ordered=True)}),
    "two of one value": pd.DataFrame({"size": pd.Categorical(
        ["1", "2"] * 20, ["1", "1.0", "2"], ordered=True)}),
    "chunks at odds": pa.table({"size": pa.chunked_array([
        pa.DictionaryArray.from_arrays([0, 1] * 9, ["a", "b"], ordered=True),
        pa.DictionaryArray.from_arrays([0, 1] * 9, ["b", "a"], ordered=True),
    ])}),
}  # fmt: skip


def matrix(*cells: Any, levels: str = "ordered:S,M,L,XL") -> list[list[float]]:
    table = Table.fit({"size": [*SIZES, None]}, {"size": levels})
    found: list[list[float]] = table.transform({"size": [*cells]}).tolist()
    return found


def test_a_level_is_its_place_scaled_as_a_number_is() -> None:
    numbers = Table.fit({"size": [0.25, 1.25, 2.25, 3.25, None]})
    expected = numbers.transform({"size": [0.25, 1.25, 2.25, 3.25, None]})
    np.testing.assert_allclose(matrix(*SIZES, None), expected, rtol=1e-6)
    assert matrix("XXL", "", " M ") == [[0, 1], [0, 1], matrix("M")[0]]


@pytest.mark.parametrize("X", TYPED.values(), ids=TYPED)
def test_a_type_with_an_order_is_obeyed(X: Any) -> None:
    table = Table.fit(X)
    assert table.audit()[0]["kind"] == "ordered"
    assert "an ordered category by its type; 4 levels, from 'S' to 'XL'" in table.audit()[0]["why"]
    asked = Table.fit({"size": CELLS}, ASKED)
    np.testing.assert_array_equal(table.transform(X), asked.transform({"size": CELLS}))
    assert "no cell is 'XL'" in asked.encoders[0].why


@pytest.mark.parametrize("X", NOT_ORDERED.values(), ids=NOT_ORDERED)
def test_a_type_without_one_order_stays_a_category(X: Any) -> None:
    assert not isinstance(Table.fit(X).encoders[0], Ordered)


def test_the_order_stays_with_the_table_and_goes_with_its_column() -> None:
    X = as_columns(pd.DataFrame({"size": pd.Categorical(CELLS, SIZES, ordered=True), "b": CELLS}))
    assert X.rows(np.arange(20)).levels == X.levels == {"size": tuple(SIZES)}
    assert part_target(X, "b")[0].levels == X.levels
    assert part_target(X, "size")[0].levels == {}
    assert part_target(TYPED["pandas"].assign(b=1), "b")[0].levels == X.levels


def test_what_is_asked_goes_before_the_type() -> None:
    assert Table.fit(TYPED["pandas"], {"size": "category"}).audit()[0]["kind"] == "category"
    other = Table.fit(TYPED["pandas"], {"size": "ordered:XL,L,M,S"})
    assert other.encoders[0].state()["levels"] == SIZES[::-1]


def test_a_category_of_numbers_has_the_order_of_its_type() -> None:
    X = pd.DataFrame({"n": pd.Categorical([3, 1, 2] * 9, [3, 1, 2], ordered=True)})
    table = Table.fit(X)
    assert table.encoders[0].state()["levels"] == ["3", "1", "2"]
    x = table.transform({"n": [3, 1, 2]})[:, 0]
    assert x.tolist() == sorted(x.tolist())
    np.testing.assert_array_equal(table.transform({"n": ["3.0", "01", 2.0]})[:, 0], x)


def test_a_category_that_spells_a_missing_cell_is_no_level() -> None:
    levels = ["None", "low", "high"]
    X = pd.DataFrame({"a": pd.Categorical(levels * 9, levels, ordered=True)})
    encoder = Table.fit(X).encoders[0]
    assert isinstance(encoder, Ordered)
    assert (encoder.levels, encoder.missing) == (["low", "high"], True)
    with pytest.raises(DataError, match="'a' has the level 'None', which is a word for a missing"):
        Table.fit({"a": levels * 9}, {"a": "ordered:None,low,high"})
    with pytest.raises(DataError, match=r"has the level '1', which is there twice, by value"):
        Table.fit({"a": ["1", "2"]}, {"a": "ordered:1,1.0,2"})


def test_a_few_cells_that_are_no_level_are_told_and_many_are_an_error() -> None:
    table = Table.fit({"size": [*CELLS, "s"]}, ASKED)
    (told,) = [r for r in reasons_of(table.encoders[0].why) if isinstance(r, StrayCells)]
    assert str(told) == "1 cell no level: 's'"
    assert table.encoders[0].state()["strays"] == pytest.approx(1 / 41)
    with pytest.raises(DataError, match=r"'ordered:S,M,L,XL', but 3 of 43 cells are no level: 's'"):
        Table.fit({"size": [*CELLS, "s", "s", "s"]}, ASKED)


def test_words_that_are_no_level_later_are_counted_and_told() -> None:
    table = Table.fit({"size": CELLS}, ASKED)
    notes: list[str] = []
    table.transform({"size": ["S", "XXL", "huge", "XL", None]}, notes)
    assert notes == [
        "size: 2 cells with a word that is no level",
        "size: 1 cell missing, where none was in training",
    ]


def test_a_column_of_one_level_or_none_is_set_aside() -> None:
    assert Table.fit({"size": ["S", "S"]}, ASKED).audit()[0]["kind"] == "set aside"
    assert Table.fit({"size": [None, ""]}, ASKED).audit()[0]["kind"] == "set aside"


def test_numbers_in_a_file_are_levels_as_their_words_are() -> None:
    asked = {"n": "ordered:10,9,8"}
    words, numbers = ({"n": cells * 9} for cells in (["10", "9", "8.0"], [10, 9, 8]))
    np.testing.assert_array_equal(
        Table.fit(words, asked).transform(numbers), Table.fit(numbers, asked).transform(words)
    )


BROKEN: dict[str, Any] = {
    "levels": [None, "S,M", ["S"], ["S", "S"], ["1", "1.0"], ["S", 1],
               [str(i) for i in range(MOST_LEVELS + 1)]],
    "spellings": [None, [], {"s": "x"}], "center": ["0", None], "scale": [-1.0, "1"],
    "missing": [1], "strays": [2, "x"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, each in BROKEN.items() for value in each]
)
def test_a_state_that_no_fit_made_is_refused(field: str, value: Any) -> None:
    table = Table.fit({"size": CELLS}, ASKED)
    state = json.loads(json.dumps(table.state()))
    assert Table.from_state(state).state() == state
    assert table.file_format == 2
    state["columns"][0][field] = value
    with pytest.raises((TypeError, ValueError)):
        Table.from_state(state)


def test_what_to_ask_for_makes_the_same_column_again() -> None:
    levels = ["S", "L, wide", 'say "so"', "a=b:c"]
    cells = {"size": levels * 5, "when": [f"{day}/02/2023" for day in range(9, 29)]}
    first = Table.fit(cells, {"size": 'ordered:S,"L, wide","say ""so""",a=b:c'})
    again = Table.fit(cells, {encoder.name: encoder.asked_as for encoder in first.encoders})
    assert [e.asked_as for e in first.encoders][1] == "date:%d/%m/%Y"
    np.testing.assert_array_equal(first.transform(cells), again.transform(cells))
    assert first.encoders[0].state() == again.encoders[0].state()
