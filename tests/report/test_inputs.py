"""The columns as the page tells of them."""

import datetime as dt
from typing import Any

import numpy as np
import pytest

from numlp.data.columns import as_columns
from numlp.explain import Importance, Word
from numlp.report.inputs import BAR, importances, shown_cells, words


def importance(name: str, mean: float, low: float, high: float) -> Importance:
    return Importance(name, mean, low, high, 0.125, 50, np.array([mean] * 3))


def test_bars_begin_at_zero_and_fill_the_width_to_the_highest_interval() -> None:
    found = [importance("a", 0.4, 0.2, 0.6), importance("b", -0.1, -0.2, 0.1)]
    content = importances(found, 2)
    first, second = content["rows"]
    zero = first["zero"]
    assert zero == second["zero"] == pytest.approx(BAR * 0.2 / 0.8)
    assert first["bar"] == pytest.approx((zero, BAR * 0.4 / 0.8))
    assert first["whisker"][1] == BAR
    assert sum(second["bar"]) == pytest.approx(zero)
    assert second["whisker"][0] == 0
    assert (first["sure"], second["sure"]) == (True, False)
    assert first["accuracy"] == "12.5"
    assert (content["n_rows"], content["n_repeats"]) == (50, 3)
    assert content["screened"] is None


def test_what_is_left_out_is_counted() -> None:
    found = [importance(f"c{j}", 1.0 / (j + 1), 0, 1) for j in range(40)]
    content = importances(found, 500)
    assert len(content["rows"]) == 25
    assert (content["left_out"], content["screened"], content["n_learned"]) == (15, 40, 500)
    assert importances([], 0)["rows"] == []


def test_cells_are_found_by_name_or_in_an_array_by_position() -> None:
    table: dict[str, Any] = {
        "n": [1.5, None], "w": ["a", None], "d": [dt.datetime(2024, 3, 1), None],
    }  # fmt: skip
    rows = np.array([1, 0])
    found = shown_cells(as_columns(table), ["d", "n", "w"], ["w", "d", "n"], rows, named=True)
    assert found == [
        ("w", {1: "missing", 0: "a"}),
        ("d", {1: "missing", 0: "2024-03-01"}),
        ("n", {1: "missing", 0: "1.5"}),
    ]
    array = as_columns(np.array([[1.0, 2.0]]))
    for named in (True, False):
        shown = shown_cells(array, ["a", "b"], ["b"], np.array([0]), named=named)
        assert shown == [("b", {0: "2"})]


def test_words_are_escaped_cut_and_counted_where_they_are_many() -> None:
    own = [Word("\x1b[2J" + "long" * 20, 2.0, 7), Word("b", 0.5, 1200)]
    found = {f"note {i}": {k: own if k else [] for k in range(12)} for i in range(7)}
    content = words(found, [f"class {k}" for k in range(12)], [3, 0, *range(4, 12)])
    assert (content["left_out"], content["classes_left_out"]) == (2, 2)
    assert [text["name"] for text in content["texts"]] == [f"note {i}" for i in range(5)]
    (first, *_) = content["texts"]
    assert [of["name"] for of in first["classes"]][:2] == ["class 3", "class 4"]  # 0 has no word
    assert len(first["classes"]) == 7
    shown, short = first["classes"][0]["rows"]
    assert shown["word"].startswith("\\x1b[2Jlong")
    assert len(shown["word"]) == 30
    assert (shown["bar"], short["bar"]) == (BAR, BAR / 4)
    assert short == {"word": "b", "log_odds": "+0.50", "rows": 1200, "bar": BAR / 4}
    assert words({}, ["a"], [0])["texts"] == []
