"""Columns that give the class away: read in every way, holes left out, and no honest one."""

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numlp.check import check_table, leaks
from numlp.check.leaks import LEAK, MIN_OF_CLASS, Reading, class_aucs
from numlp.data.columns import as_columns

RNG = np.random.default_rng(0)
N = 300
SIZE = RNG.normal(size=N).round(3)
TWO = np.where(SIZE > 0, "hi", "lo")
THREE = np.select([SIZE > 0.6, SIZE > -0.6], ["hi", "mid"], "lo")
DAYS = [dt.date(2020, 1, 1) + dt.timedelta(int(d)) for d in (1000 * SIZE).round()]


def found(cells: Any, y: Any, **more: Any) -> list[dict[str, Any]]:
    """The leaks that a check of a column finds, beside one that tells nothing."""
    frame = pd.DataFrame({"x": cells, "k": np.arange(len(y)) % 3, "y": y})
    return [
        finding
        for finding in check_table(frame, target="y", **more)["findings"]
        if finding["kind"] == "leak"
    ]


def words(cells: Any) -> Any:
    return np.array([str(cell) for cell in cells], object)


GIVING: dict[str, Any] = {
    "numbers": SIZE.astype(object),
    "numbers as text": words(SIZE),
    "numbers with decimal commas": words(f"{x} \u20ac".replace(".", ",") for x in SIZE),
    "dates": np.array(DAYS, object),
    "dates as text": words(DAYS),
    "words": np.where(SIZE > 0, "late", "early").astype(object),
    "booleans": (SIZE > 0).astype(object),
    "booleans as text": words(SIZE > 0),
    "codes": np.where(SIZE > 0, 3 * (np.arange(N) % 3), 3 * (np.arange(N) % 3) + 1).astype(object),
}
HOLES = ["", "NA", "?", "n/a", "null", "-", "None", None, float("nan"), pd.NA]


@pytest.mark.parametrize("n_holes", [0, 1, 100])
@pytest.mark.parametrize("name", GIVING)
def test_a_column_gives_the_class_away_however_many_cells_are_missing(
    name: str, n_holes: int
) -> None:
    cells = GIVING[name].copy()
    cells[:n_holes] = None
    (leak,) = found(cells, TWO)
    assert leak["columns"] == ["x"]
    assert "alone tells the classes of 'y' apart" in leak["text"]


@pytest.mark.heavy
@pytest.mark.parametrize("hole", HOLES, ids=repr)
@pytest.mark.parametrize("name", GIVING)
def test_whatever_is_written_for_a_missing_cell_does_not_silence_it(name: str, hole: Any) -> None:
    cells = GIVING[name].copy()
    for label in ("hi", "lo"):
        cells[np.flatnonzero(label == TWO)[3]] = hole
    if "text" not in name and isinstance(hole, str) and name != "words":
        cells = np.array([c if isinstance(c, str) else str(c) for c in cells], object)
    assert found(cells, TWO)


@pytest.mark.parametrize("stray", ["free", "12O", "1,5"])
def test_a_word_among_numbers_does_not_silence_them(stray: str) -> None:
    cells = words(SIZE)
    cells[np.flatnonzero(SIZE > 0)[:3]] = stray
    assert found(cells, TWO)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.3, 0.6])
@pytest.mark.parametrize("hole", ["", "NA", "None", "?"])
@pytest.mark.parametrize("name", ["words", "numbers as text", "dates as text"])
def test_words_for_missing_cells_are_left_out_as_blank_ones_are(
    name: str, hole: str, share: float
) -> None:
    cells = np.where(np.random.default_rng(1).random(N) < share, hole, GIVING[name])
    (leak,) = found(cells, TWO)
    assert "in the rows where it is not missing (AUC 1.0000)" in leak["text"]


@pytest.mark.parametrize("hole", ["NA", "None", "?"])
@pytest.mark.parametrize("given_as", ["a{}", "{}.25", "the story of row {}, told in many words"])
def test_a_word_for_a_missing_cell_that_one_class_alone_has_is_told(
    given_as: str, hole: str
) -> None:
    cells = [hole if label == "hi" else given_as.format(i) for i, label in enumerate(TWO)]
    (leak,) = found(cells, TWO)
    assert leak["text"].startswith("whether a cell of column 'x' is missing, alone tells")


@pytest.mark.parametrize("word", ["?", "-", "none"])
def test_such_a_word_beside_one_other_gives_the_class_away(word: str) -> None:
    assert found(np.where(SIZE > 0, "+", word), TWO)


def test_what_is_said_of_a_column_with_holes() -> None:
    cells = SIZE.copy()
    cells[np.flatnonzero(SIZE > 0)[0]] = np.nan
    (leak,) = found(cells, TWO)
    assert leak["text"] == (
        "column 'x' alone tells the classes of 'y' apart in the rows where it is not missing "
        "(AUC 1.0000): is it known before the class is?"
    )


@pytest.mark.parametrize("given_as", [1.5, "2021-03-04", "by phone"])
@pytest.mark.parametrize("missing_of", ["hi", "lo"])
def test_that_a_cell_is_missing_is_told_where_it_gives_the_class_away(
    given_as: Any, missing_of: str
) -> None:
    cells = np.array([None if label == missing_of else given_as for label in TWO], object)
    (leak,) = found(cells, TWO)
    assert leak["text"].startswith("whether a cell of column 'x' is missing, alone tells")


def test_holes_that_fall_anywhere_say_nothing() -> None:
    cells = RNG.normal(size=N)
    cells[RNG.random(N) < 0.3] = np.nan
    assert not found(cells, TWO)


def spelled(word: str, way: int) -> str:
    """The word with some of its letters large, and blanks around it."""
    letters = (c.upper() if way >> j & 1 else c for j, c in enumerate(word))
    return " " * (way % 2) + "".join(letters)


def test_a_category_spelled_in_many_ways_is_one() -> None:
    cells = [spelled("never" if x > 0 else "often", i) for i, x in enumerate(SIZE[:60])]
    assert len(set(cells)) > 40
    assert found(cells, TWO[:60])


@pytest.mark.parametrize("name", ["numbers", "numbers as text", "dates"])
def test_of_three_classes_in_order_all_are_told(name: str) -> None:
    (leak,) = found(GIVING[name], THREE)
    assert "classes" not in leak
    assert "tells the classes of 'y' apart" in leak["text"]


@pytest.mark.parametrize("name", GIVING)
def test_a_column_that_gives_one_class_of_three_away_names_it(name: str) -> None:
    y = np.where(SIZE > 0, "hi", np.where(RNG.random(N) > 0.5, "mid", "lo"))
    (leak,) = found(GIVING[name], y)
    assert leak["classes"] == ["hi"]
    assert "alone tells 'hi' of 'y' from the other classes" in leak["text"]


def test_a_hole_gives_one_class_of_three_away() -> None:
    cells = np.where(THREE == "mid", np.nan, RNG.normal(size=N))
    (leak,) = found(cells, THREE)
    assert leak["classes"] == ["mid"]
    assert leak["text"].startswith("whether a cell of column 'x' is missing, alone tells 'mid'")


def test_a_column_that_is_right_in_995_of_1000_rows_is_told() -> None:
    y = np.tile(["a", "b"], 1000)
    cells = y.copy()
    cells[:10] = y[1:11]
    (leak,) = found(cells, y)
    assert "(AUC 0.9950)" in leak["text"]
    cells[:60] = y[1:61]
    assert not found(cells, y)


def test_a_strong_column_of_a_few_rows_is_not_told() -> None:
    y = np.array(["fraud"] * 6 + ["fair"] * 394)
    cells = np.r_[np.arange(388, 394), np.arange(394)].astype(float)
    assert (
        min(class_aucs(Reading("cells", y == y, cells, in_order=True), (y == "fair") * 1, 2)) > LEAK
    )
    assert not found(cells, y)


def test_a_rare_class_is_given_away_too() -> None:
    y = np.where(np.arange(2000) % 200 == 0, "fraud", "fair")
    (leak,) = found(np.where(y == "fraud", RNG.normal(9, 1, 2000), np.nan), y)
    assert "is missing, alone" in leak["text"]


def test_honest_columns_are_not_told() -> None:
    y = np.where(SIZE + RNG.normal(size=N) > 0, "hi", "lo")
    honest = {
        "numbers": SIZE, "words": np.where(SIZE > 0, "late", "early"),
        "names of rows": [f"r{i}" for i in range(N)], "constant": ["x"] * N,
        "empty": [None] * N, "few words": [f"w{i // 2}" for i in range(N)],
    }  # fmt: skip
    for name, cells in honest.items():
        assert not found(cells, y), name


def test_words_of_one_row_each_say_nothing() -> None:
    y = np.repeat([0, 1], 100)
    every = np.ones(200, bool)
    codes = np.arange(200)
    assert class_aucs(Reading("cells", every, codes, in_order=False), y, 2) == [0.5, 0.5]


def test_few_rows_say_nothing() -> None:
    assert not found(SIZE[:40], TWO[:40])
    y = np.array(["a"] * 100 + ["b"] * (MIN_OF_CLASS - 1))
    assert not found(y == "b", y)


def test_ignored_columns_are_not_looked_at() -> None:
    assert not found(SIZE, TWO, columns={"x": "ignore"})


def test_of_a_wide_table_fewer_rows_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []

    def spy(cells: Any, *_: Any) -> None:
        looked.append(len(cells))

    monkeypatch.setattr(leaks, "_leak_of", spy)
    monkeypatch.setattr(leaks, "MAX_CELLS", 600)
    y = RNG.integers(0, 2, N)
    for n_columns, rows in ((1, N), (4, 150), (100, leaks.MIN_ROWS)):
        list(leaks.leaks({f"c{i}": SIZE for i in range(n_columns)}, y))
        assert looked[-n_columns:] == [rows] * n_columns


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 4), st.booleans())
def test_chance_gives_no_class_away(seed: int, n_classes: int, few: bool) -> None:
    rng = np.random.default_rng(seed)
    y = rng.integers(n_classes, size=60)
    cells = rng.integers(10, size=60).astype(float) if few else rng.normal(size=60)
    cells[rng.random(60) < 0.2] = np.nan
    assert not [*leaks.leaks(as_columns({"x": cells}).columns, y)]
    assert LEAK < 1
