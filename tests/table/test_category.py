"""Words are compared by value: as spelled in training or otherwise, as numbers, times or truths."""

import copy
import datetime as dt
import json
import pickle
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from numlp.data.columns import as_columns
from numlp.table import category
from numlp.table.category import Category
from numlp.table.table import Table

NAN = float("nan")


def fitted(cells: Any, **options: Any) -> Table:
    """A table of one column that is taken for a category."""
    table = Table.fit({"a": cells}, **options)
    assert isinstance(table.encoders[0], Category)
    return table


def found(table: Table, later: Any) -> list[int]:
    """The number in ``values`` of each cell, from 1; 0 where unknown, -1 where missing."""
    (encoder,) = table.encoders
    assert isinstance(encoder, Category)
    cells = encoder.read(as_columns({"a": later})["a"], None)
    return [-1 if cell is None else encoder.number_of(cell.strip()) for cell in cells]


PRICES = ["1.50", "2.00", "free"] * 9  # the order of the values is that of text
LATER: dict[str, tuple[Any, Any, list[int]]] = {
    # name: (training, cells asked about, number of the word in training)
    "numbers": (PRICES, [1.5, 2.0, 2.5, NAN], [1, 2, 0, -1]),
    "other spellings": (PRICES, ["1.5", "2", "+2e0", "free", "Free"], [1, 2, 2, 3, 0]),
    "whole numbers": (PRICES, [2, 1], [2, 0]),
    "decimals": (PRICES, [Decimal("1.500"), Decimal("2E+0"), None], [1, 2, -1]),
    "float32": (["0.1", "0.7", "x"] * 9, np.array([0.1, 0.7, 0.3], np.float32), [1, 2, 0]),
    "leading zeros": (["007", "8", "x"] * 9, [7, 8, 9], [1, 2, 0]),
    "leading zeros as text": (["7", "8", "x"] * 9, ["007", "08", "07x"], [1, 2, 0]),
    "truths": (["True", "False", "x"] * 9, [True, False, None], [2, 1, -1]),
    "truths as numbers": (["True", "False", "x"] * 9, [1, 0], [2, 1]),
    "truths as text": (["True", "False", "x"] * 9, ["true", "FALSE", "1"], [2, 1, 2]),
    "times": (["2024-01-01", "2024-01-02T10:00+01:00", "x"] * 9,
              [dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 2, 9), None], [1, 2, -1]),
    "times as text": (["2024-01-01", "x"] * 9, ["2024-01-01 00:00:00", "2024-01-02"], [1, 0]),
    "days": (["2024-01-01", "x"] * 9, [dt.date(2024, 1, 1)], [1]),
    "holes": (["NA", "a", "b"] * 9, ["NA", None, "nan", "", "a"], [-1, -1, -1, -1, 1]),
    "words for nothing": (["none", "?", "a"] * 9, ["none", "?", "None"], [3, 1, -1]),
    "codes of any length": (["12345678901234567890", "12345678901234567891", "x"] * 9,
                            [12345678901234567890, 12345678901234567891, 3], [1, 2, 0]),
    "one such code as a double": (["12345678901234567890", "x"] * 9, [1.2345678901234567e19], [1]),
    "two such codes as doubles": (["12345678901234567890", "12345678901234567891", "x"] * 9,
                                  [1.2345678901234567e19], [0]),
    "numbers of two spellings": (["1.50", "1.5", "1.50", "x"] * 9, ["1.500", 1.5, "x"], [1, 1, 2]),
}  # fmt: skip


@pytest.mark.parametrize(("training", "later", "expected"), LATER.values(), ids=LATER)
def test_a_word_is_found_by_its_value(training: Any, later: Any, expected: list[int]) -> None:
    table = fitted(training)
    assert found(table, later) == expected
    again = Table.from_state(json.loads(json.dumps(table.state())))
    assert found(again, later) == expected
    assert again.state() == table.state()
    assert (again.transform({"a": later}) == table.transform({"a": later})).all()


def test_what_people_see_is_the_spelling_of_most_cells() -> None:
    table = fitted(["1.5", "1.50", "1.50", "2", "2.0", "x"] * 3)
    assert table.features == ["a=1.50", "a=2", "a=x"]  # of equally frequent ones the first
    assert table.encoders[0].why == "3 distinct words"


def test_spellings_that_are_rare_alone_may_be_frequent_together() -> None:
    assert fitted(["7", "7.0", "x", "x", "y"]).encoders[0].features == ["a=x"]


@pytest.mark.parametrize("asked", ["7", "007", 7, 7.0, Decimal("7.00"), np.float32(7), np.int8(7)])
def test_numbers_asked_to_be_a_category_are_found_in_any_form(asked: Any) -> None:
    for training in ([7, 8, 9] * 9, ["007", "8", "9"] * 9, [7.0, 8.0, 9.5] * 9):
        table = fitted(training, columns={"a": "category"})
        assert table.transform({"a": [asked]}).tolist() == [[1, 0, 0]]


def test_a_model_of_an_older_version_compares_words_as_they_are_spelled() -> None:
    state = fitted(PRICES).state()
    for entry in ("spellings", "holes", "rare"):
        del state["columns"][0][entry]
    old = Table.from_state(state)
    assert found(old, ["1.50", "1.5", "NA", None]) == [1, 0, 0, -1]
    assert found(old, [1.5]) == [0]
    assert old.state() == state
    notes: list[str] = []
    old.transform({"a": [None]}, notes)  # whether a cell was missing in training is not known
    assert notes == []


def test_a_pickle_of_an_older_encoder_has_no_such_entries() -> None:
    encoder = Category("a", "", ["1.50", "x"], embedded=False, missing=False, numeric=False)
    restored = pickle.loads(pickle.dumps(copy.deepcopy(encoder)))  # noqa: S301 - our own
    assert restored.number_of("1.5") == 0
    assert restored == encoder


@pytest.mark.parametrize(
    ("entry", "value"),
    [("spellings", {"1.5": "9"}), ("spellings", ["1.5"]), ("spellings", {"1.5": ["1.50"]}),
     ("holes", 1), ("rare", -0.1), ("rare", 2), ("rare", "x"), ("rare", True),
     ("n_given", 0), ("n_given", True), ("n_given", "x")],
)  # fmt: skip
def test_an_entry_that_no_fit_makes_is_refused(entry: str, value: Any) -> None:
    state = fitted(PRICES).state()
    state["columns"][0][entry] = value
    with pytest.raises((TypeError, ValueError)):
        Table.from_state(state)


def test_a_word_as_it_was_spelled_costs_one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    table = fitted(PRICES)
    table.transform({"a": ["free"]})  # the spellings are put together once
    monkeypatch.setattr(category, "by_value", None)
    assert found(table, ["1.50", "free", "2.00"]) == [1, 3, 2]
    with pytest.raises(TypeError):
        found(table, ["1.500"])


# Unknown words that were to be expected


@pytest.mark.parametrize(
    ("rare", "n_unknown", "n_cells", "usual"),
    [(0.0, 1, 1000, False), (0.0, 0, 5, True), (0.1, 100, 1000, True), (0.1, 125, 1000, True),
     (0.1, 140, 1000, False), (0.1, 30, 30, False), (0.5, 1, 1, True), (None, 1, 9, False)],
)  # fmt: skip
def test_about_as_many_unknown_words_as_rare_ones_are_usual(
    rare: float | None, n_unknown: int, n_cells: int, usual: bool
) -> None:
    encoder = Category("a", "", ["x", "y"], False, False, False, {}, False, rare)
    assert encoder.is_usual(n_unknown, n_cells) is usual


def test_the_share_of_rare_cells_is_kept() -> None:
    (encoder,) = fitted(["a"] * 4 + ["b"] * 4 + ["c", "d", None, None]).encoders
    assert encoder.rare == pytest.approx(0.3)  # type: ignore[attr-defined]


def test_words_of_two_rows_count_since_training_may_have_one_of_them() -> None:
    (encoder,) = fitted(["a"] * 4 + ["b"] * 4 + ["c", "c", "d", "d", "e", "f"]).encoders
    assert encoder.rare == pytest.approx((4 + 2 + 1) / 14)  # type: ignore[attr-defined]


def test_words_beyond_the_most_that_are_told_apart_are_expected_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(category, "MAX_CODES", 1)
    (encoder,) = fitted(["a"] * 9 + ["b"] * 5 + ["c"] * 5 + ["d"]).encoders
    assert encoder.rare == pytest.approx((5 + 5 + 1 + 1) / 20)  # type: ignore[attr-defined]


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_hardly_a_split_of_one_table_has_more_new_words_than_are_usual(share: float) -> None:
    rng, warned = np.random.default_rng(0), 0
    for _ in range(40):
        words = np.array([f"w{k}" for k in rng.zipf(1.6, 1000)], dtype=object)
        n = int(1000 * share)
        notes: list[str] = []
        fitted(words[:n]).transform({"a": words[n:]}, notes)
        assert notes  # they are counted
        warned += not all(note.usual for note in notes)  # type: ignore[attr-defined]
    assert warned <= 1


def test_a_single_new_word_is_usual_where_training_was_as_large() -> None:
    words = ["x", "y"] * 50
    notes: list[Any] = []
    table = fitted(words)
    table.transform({"a": [*words[1:], "z"]}, notes)
    table.transform({"a": ["z"] * 20 + words}, notes)
    assert [note.usual for note in notes] == [True, False]
