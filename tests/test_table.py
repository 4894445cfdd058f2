"""A raw table becomes the matrix that the formulas say, and the same one by every road."""

import datetime as dt
import json
import math
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from numlp.columns import EXACT
from numlp.errors import DataError
from numlp.table import (
    MAX_CATEGORIES,
    Aside,
    Category,
    Number,
    Table,
    factorize,
    name_list,
    parse_number,
)

NAN = math.nan
NOON = dt.datetime(2020, 1, 2, 12)


def fitted(cells: Any, name: str = "a") -> Any:
    """The part that one column becomes."""
    return Table.fit({name: cells}).parts[0]


def matrix(training: Any, later: Any, notes: list[str] | None = None) -> list[list[float]]:
    """Fit on one column, transform another."""
    return Table.fit({"a": training}).transform({"a": later}, notes).tolist()


# The formulas, evaluated naively in float64


def naive_number(x: list[float], later: list[float]) -> list[list[float]]:
    ordered = sorted(v for v in x if not math.isnan(v))
    q25, median, q75 = (ordered[(len(ordered) - 1) * k // 4] for k in (1, 2, 3))
    spread = q75 - q25 or (ordered[-1] - ordered[0]) / 2
    rows = []
    for v in later:
        z = 0.0 if math.isnan(v) or not spread else (v - median) / spread
        row = [z / math.sqrt(1 + (z / 3) ** 2)]
        if len(ordered) < len(x):
            row.append(float(math.isnan(v)))
        rows.append(row)
    return rows


def naive_category(cells: list[str | None], later: list[str | None]) -> list[list[float]]:
    counts = Counter(c.strip() for c in cells if c is not None and c.strip())
    kept = sorted(sorted(counts, key=lambda w: (-counts[w], w))[:MAX_CATEGORIES])
    kept = [w for w in kept if counts[w] >= 2]
    missing = [None] if any(c is None or not c.strip() for c in cells) else []
    rows = []
    for cell in later:
        word = cell.strip() or None if cell is not None else None
        columns = [*kept, *missing]
        row = [float(word == column) for column in columns]
        rows.append([*row, float(word not in columns)])
    return rows


numbers = st.floats(-1e6, 1e6).map(lambda x: round(x, 3)) | st.just(NAN)


@settings(deadline=None)
@given(st.lists(numbers, min_size=3), st.lists(numbers, min_size=1))
def test_numbers_are_centred_scaled_and_clipped_by_the_formula(
    x: list[float], later: list[float]
) -> None:
    assume(len({v for v in x if not math.isnan(v)}) > 1)  # else it is set aside
    np.testing.assert_allclose(matrix(x, later), naive_number(x, later), rtol=1e-6, atol=1e-6)


words = st.sampled_from(["red", " red", "green ", "blue", "", " ", "grey"]) | st.none()


@settings(deadline=None)
@given(st.lists(words, min_size=3, max_size=19), st.lists(words, min_size=1))
def test_words_get_a_column_each_by_the_rule(
    cells: list[str | None], later: list[str | None]
) -> None:
    assume(isinstance(fitted(cells), Category))  # else it is set aside
    assert matrix(cells, later) == naive_category(cells, later)


@pytest.mark.parametrize("number", [Number("a", 0.5, 2.0, False, "")])
@pytest.mark.parametrize("x", [1e6, -1e6, 1e308, -1e308])
def test_no_number_leaves_the_clip(number: Number, x: float) -> None:
    out = np.empty((1, 1), np.float32)
    number.encode(np.array([x]), out)
    assert out[0, 0] == pytest.approx(3 * math.copysign(1, x), rel=1e-5)


@pytest.mark.parametrize(
    "x",
    [
        [1e308, -1e308, 0.0, 1e308],
        [5e-324, 0.0, 1e-323, 5e-324],
        [0.0, 5e-324, 1e308, 1.0],
        [1e200, 2e200, 3e200],
        [-1.7e308, 1.7e308],
    ],
)
def test_the_ends_of_float64_give_finite_features(x: list[float]) -> None:
    features = np.array(matrix(x, x))
    assert np.isfinite(features).all()
    assert (abs(features) <= 3).all()


def test_quartiles_may_be_further_apart_than_any_number() -> None:
    near = np.array([-1, -1, 0, 1, 1])
    far = 1.5e308 * near
    np.testing.assert_allclose(matrix(far, far), matrix(near, near), rtol=1e-6)


@pytest.mark.parametrize("exponent", [-200, -3, 1, 40, 200])
def test_a_column_times_a_power_of_two_gives_the_same_bits(exponent: int) -> None:
    x = np.random.default_rng(0).standard_normal(101)
    assert matrix(x, x) == matrix(x * 2.0**exponent, x * 2.0**exponent)


@pytest.mark.parametrize("factor", [1e30, 1e-30, 1e200, 1e6, -1.0])
def test_a_column_times_any_factor_gives_the_same_features(factor: float) -> None:
    x = np.random.default_rng(0).standard_normal(101)  # an odd number of rows has one median
    scaled = np.array(matrix(x * factor, x * factor)) * np.sign(factor)
    np.testing.assert_allclose(scaled, matrix(x, x), rtol=1e-5, atol=1e-6)


def test_times_are_days_since_1970() -> None:
    times = [dt.date(1970, 1, 1), dt.datetime(1970, 1, 2, 12), NOON, None]
    days = [0, 1.5, 18263.5, NAN]
    assert fitted(times).times
    assert not fitted(days).times
    assert matrix(times, times[1:]) == matrix(days, days[1:])


# What a column is taken for

PARTS: dict[str, tuple[Any, str, str]] = {
    # name: (cells, kind, part of the reason)
    "numbers": ([1.0, 2.0], "number", "numbers"),
    "holes": ([1, 2, None, None], "number", "numbers; 2 cells missing in all"),
    "one number and holes": ([1, 1, None], "number", "1 cell missing in all"),
    "numbers as text": (["1.5", " 2 ", "-3e2"], "number", "numbers written as text"),
    "holes as words": (["1", "?", "NA", "", "2"], "number", "2 cells '?', 'NA' missing"),
    "a stray word": (["1", "2"] * 20 + ["12O"], "number", "1 cell no number: '12O'"),
    "two stray words": (["1"] * 30 + ["x", "y"], "category", "3 distinct words"),
    "codes with zeros": (["007", "008"] * 5, "category", "2 distinct words"),
    "times": ([NOON, NOON + dt.timedelta(1), None], "number", "times, as days"),
    "booleans": ([True, False], "number", "numbers"),
    "words": (["a", "b", "a", "b"], "category", "2 distinct words"),
    "a rare word": (["a", "b", "a"], "category", "2 distinct words, 1 of them taken together"),
    "one word and holes": (["a", None, "a"], "category", "1 distinct word"),
    "blanks around": (["a", " a", "a ", "b", "b"], "category", "2 distinct words"),
    "nothing": ([None, None], "set aside", "every cell is empty"),
    "blanks": (["", " "], "set aside", "every cell is empty"),
    "NaN": ([NAN, NAN], "set aside", "every cell is empty"),
    "holes as words alone": (["?", "?"], "set aside", "every cell is '?'"),
    "one number": ([7, 7], "set aside", "every cell is 7"),
    "one number as text": (["7", "7.0"], "set aside", "every cell is 7"),
    "one word": (["a", "a "], "set aside", "every cell is 'a'"),
    "one time": ([NOON, NOON], "set aside", "every cell is the same"),
    "few distinct words": (["a", "b", "c"], "set aside", "no word stands there twice"),
    "distinct words": ([f"id{i}" for i in range(20)], "set aside",
                       "20 distinct values in 20 rows name the rows"),
    "nearly distinct words": ([f"id{i}" for i in range(98)] + ["id0"] * 2, "set aside",
                              "98 distinct values in 100 rows name the rows"),
    "words, 5 % repeated": ([f"id{i}" for i in range(95)] + ["id0"] * 5, "category",
                            "95 distinct words, 94 of them taken together as too rare"),
    "distinct numbers": (list(range(100)), "number", "numbers"),
    "big distinct numbers": ([EXACT + i for i in range(100)], "set aside",
                             "100 distinct values in 100 rows name the rows"),
    "big numbers as text": ([str(EXACT + i) for i in range(100)], "set aside",
                            "100 distinct values in 100 rows name the rows"),
    "a big number among small": ([*range(100), 10**17], "set aside", "name the rows"),
    "large floats as text": (["1e200", "2e200"], "number", "numbers written as text"),
}  # fmt: skip


@pytest.mark.parametrize(("cells", "kind", "why"), PARTS.values(), ids=PARTS)
def test_a_column_is_taken_for(cells: Any, kind: str, why: str) -> None:
    audit = Table.fit({"a": cells}).audit()[0]
    assert (audit["name"], audit["kind"]) == ("a", kind)
    assert why in audit["why"]


def test_no_more_than_the_most_frequent_words_get_a_column() -> None:
    cells = [f"w{i}" for i in range(MAX_CATEGORIES + 50) for _ in range(2 + (i < 10))]
    part = fitted(cells)
    assert len(part.values) == MAX_CATEGORIES
    assert {f"w{i}" for i in range(10)} <= set(part.values)


def test_the_features_are_named() -> None:
    columns = {"n": [1, 2, None], "w": ["a", "a", None], "x": ["b", "b", "c"], "i": [0, 0, 0]}
    table = Table.fit(columns)
    assert table.features == [
        "n", "n is missing", "w=a", "w is missing", "w is unknown", "x=b", "x is unknown",
    ]  # fmt: skip
    assert table.width == len(table.features)
    assert table.teaches


def test_a_table_that_teaches_nothing_gives_a_column_of_zeros() -> None:
    table = Table.fit({"(nothing)": [1, 1], "b": [None, None]})
    assert not table.teaches
    assert table.transform({}).shape == (0, 1)
    assert table.transform({"(nothing)": [5, 6, 7]}).tolist() == [[0], [0], [0]]
    assert Table.fit({"(nothing)": [1, 2]}).teaches


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ({}, r"0 feature\(s\)"),
        (np.ones((3, 0)), r"0 feature\(s\) \(shape=\(3, 0\)\)"),
        (pd.DataFrame(index=range(3)), r"0 feature\(s\) \(shape=\(3, 0\)\)"),
        ({"a": []}, r"0 sample\(s\)"),
        (np.ones((0, 2)), r"0 sample\(s\)"),
    ],
)
def test_there_has_to_be_a_cell_to_fit(X: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Table.fit(X)


# Other cells than in training

LATER: dict[str, tuple[Any, Any, list[list[float]], str | None]] = {
    # name: (training, later, the matrix, what the note says)
    "a new word": (["a", "a", "b", "b"], ["a", "z", "y"], [[1, 0, 0], [0, 0, 1], [0, 0, 1]],
                   "a: 2 cells with a word that was rare in training, or never seen there"),
    "a rare word": (["a", "a", "b"], ["b"], [[0, 1]], "a: 1 cell with a word that was rare"),
    "blanks around": (["a", "a", "b", "b"], [" a", "b\n"], [[1, 0, 0], [0, 1, 0]], None),
    "a word newly missing": (["a", "a", "b", "b"], [None, " "], [[0, 0, 1], [0, 0, 1]], None),
    "a word missing": (["a", "a", None], [None, "a", "z"], [[0, 1, 0], [1, 0, 0], [0, 0, 1]],
                       "a: 1 cell with a word"),
    "a number newly missing": ([1, 2, 3], [None, 2], [[0], [0]], None),
    "a number missing": ([1, 2, 3, None], [None, 2], [[0, 1], [0, 0]], None),
    "numbers as text": ([1, 2, 3], ["2", " 2.0 "], [[0], [0]], None),
    "words for numbers": ([1, 2, 3, None], ["2", "x", "?", "12O"],
                          [[0, 0], [0, 1], [0, 1], [0, 1]],
                          "a: 2 cells no number, taken as missing: 'x', '12O'"),
    "numbers for text of them": (["1", "2", "3"], [2], [[0]], None),
    "numbers for words": (["1", "1", "x", "x"], [1.0, 7.0, NAN], [[1, 0, 0], [0, 0, 1], [0, 0, 1]],
                          "a: 1 cell with a word"),
    "times for words": (["2020-01-02", "x"] * 2, [dt.date(2020, 1, 2), None],
                        [[0, 0, 1], [0, 0, 1]], "a: 1 cell with a word"),
    "times as text": ([NOON, NOON + dt.timedelta(2), NOON + dt.timedelta(4), None],
                      ["2020-01-04T12:00:00", "2020-01-04T13:00+01:00", "x", None, "now"],
                      [[0, 0], [0, 0], [0, 1], [0, 1], [0, 1]],
                      "a: 2 cells no time, taken as missing: 'x', 'now'"),
    "no cells for times": ([NOON, NOON + dt.timedelta(2), None], [NAN], [[0, 1]], None),
    "no times for numbers": ([1, 2, None], np.array(["NaT"], "M8[s]"), [[0, 1]], None),
    "no rows": ([1, 2, 3], [], [], None),
    "no rows of words": (["a", "a"] + ["b"] * 2, [], [], None),
}  # fmt: skip


@pytest.mark.parametrize(("training", "later", "expected", "note"), LATER.values(), ids=LATER)
def test_other_cells_than_in_training_give(
    training: Any, later: Any, expected: list[list[float]], note: str | None
) -> None:
    notes: list[str] = []
    assert matrix(training, later, notes) == expected
    assert [text[: len(note or "")] for text in notes] == ([note] if note else [])


@pytest.mark.parametrize(
    ("training", "later", "message"),
    [
        ([1, 2], [NOON], "column 'a' had numbers in training, and has times now"),
        ([NOON, NOON + dt.timedelta(1)], [3], "column 'a' had times in training, and has numbers"),
    ],
)
def test_times_for_numbers_are_refused(training: Any, later: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        matrix(training, later)


# Columns are found by name

PEOPLE = {"age": [31, 45, None, 27], "city": ["Bern", "Rome", "Bern", "Rome"], "one": [1] * 4}


@pytest.mark.parametrize("frame", [dict, pd.DataFrame, pl.DataFrame, pl.LazyFrame, pa.table])
def test_columns_in_another_order_are_put_right_by_name(frame: Any) -> None:
    table = Table.fit(frame(PEOPLE))
    expected = Table.fit(PEOPLE).transform(PEOPLE).tolist()
    assert table.transform(frame(PEOPLE)).tolist() == expected
    assert table.transform(frame(dict(reversed(PEOPLE.items())))).tolist() == expected


def test_columns_of_an_array_are_found_by_position() -> None:
    X = np.array([[1.0, 9, 2], [2, 9, 4], [3, 9, 9]])
    named = Table.fit({"a": X[:, 0], "b": X[:, 1], "c": X[:, 2]})
    plain = Table.fit(X)
    expected = plain.transform(X).tolist()
    assert named.transform(X).tolist() == expected
    assert plain.transform(pd.DataFrame(X, columns=["c", "b", "a"])).tolist() == expected


def test_columns_that_teach_nothing_may_be_absent_and_others_hold_anything() -> None:
    table = Table.fit(PEOPLE)
    rest = {"age": [50], "city": ["Oslo"]}
    expected = table.transform({**rest, "one": [7]}).tolist()
    assert table.transform(rest).tolist() == expected
    odd = pl.DataFrame({**rest, "lists": [[1, 2]], "inf": [math.inf]})
    assert table.transform(odd).tolist() == expected
    assert table.transform({**rest, "one": [[1, 2]], "short": []}).tolist() == expected


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ({"age": [1]}, "'city' is missing; the table has 'age'"),
        ({"agE": [1], "city": ["Bern"]}, "'age' is missing; the table has 'city', 'agE'"),
        ({"x": [1]}, "'age', 'city' are missing; the table has 'x'"),
        ({}, "'age', 'city' are missing; the table has no column"),
        (np.ones((1, 2)), "X has 2 features, but numlp is expecting 3 features.*'age'"),
        (np.ones((1, 4)), "X has 4 features, but numlp is expecting 3 features"),
    ],
)
def test_columns_that_do_not_fit_are_named(X: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Table.fit(PEOPLE).transform(X)


def test_permuting_the_rows_permutes_the_matrix() -> None:
    frame = pd.DataFrame(PEOPLE)
    table, order = Table.fit(frame), [2, 0, 3, 1]
    assert table.transform(frame.iloc[order]).tolist() == table.transform(frame)[order].tolist()


def test_fitting_leaves_the_table_as_it_is() -> None:
    X = np.array([[3.0, 1], [1, NAN], [2, 5]])
    X.flags.writeable = False
    before = X.tobytes()
    Table.fit(X).transform(X)
    assert X.tobytes() == before


# The state that a model file holds


def state() -> dict[str, Any]:
    """The state of a table with every kind of part, as JSON gives it back."""
    table = Table.fit({**PEOPLE, "day": [NOON, NOON, None, dt.date(2021, 1, 1)]})
    back: dict[str, Any] = json.loads(json.dumps(table.state()))
    return back


def test_the_state_makes_the_same_table_again() -> None:
    table = Table.from_state(state())
    assert table.state() == state()
    row = {"age": [31], "city": ["Rome"], "day": [NOON]}
    expected = Table.fit({**PEOPLE, "day": [NOON, NOON, None, dt.date(2021, 1, 1)]})
    assert table.transform(row).tolist() == expected.transform(row).tolist()


def test_the_state_holds_no_word_that_stood_there_once() -> None:
    # Rare words are names, addresses and the like, and could be any number of them.
    table = Table.fit({"a": ["often", "often", "Ada Lovelace"]})
    assert "Lovelace" not in json.dumps(table.state())


BROKEN: dict[str, tuple[list[Any], Any]] = {
    # name: (path in the state, what is put there; ... takes it out)
    "no columns": (["columns"], ...),
    "columns of text": (["columns"], "abc"),
    "columns of numbers": (["columns"], [1, 2]),
    "columns empty": (["columns"], []),
    "named absent": (["named"], ...),
    "named a number": (["named"], 1),
    "kind absent": (["columns", 0, "kind"], ...),
    "kind unknown": (["columns", 0, "kind"], "Number"),
    "kind a list": (["columns", 0, "kind"], []),
    "a field too many": (["columns", 0, "extra"], 1),
    "name absent": (["columns", 0, "name"], ...),
    "name a number": (["columns", 0, "name"], 1),
    "name twice": (["columns", 0, "name"], "city"),
    "why a list": (["columns", 2, "why"], ["x"]),
    "center absent": (["columns", 0, "center"], ...),
    "center text": (["columns", 0, "center"], "0"),
    "center true": (["columns", 0, "center"], True),
    "scale null": (["columns", 0, "scale"], None),
    "scale infinite": (["columns", 0, "scale"], math.inf),
    "missing a number": (["columns", 0, "missing"], 1),
    "missing of a category": (["columns", 1, "missing"], "no"),
    "times a number": (["columns", 3, "times"], 1),
    "values absent": (["columns", 1, "values"], ...),
    "values text": (["columns", 1, "values"], "abc"),
    "values a number": (["columns", 1, "values"], 5),
    "values numbers": (["columns", 1, "values"], [1, 2]),
    "values lists": (["columns", 1, "values"], [["a"]]),
    "values twice": (["columns", 1, "values"], ["a", "a"]),
}


@pytest.mark.parametrize(("path", "value"), BROKEN.values(), ids=BROKEN)
def test_a_state_that_is_none_is_refused(path: list[Any], value: Any) -> None:
    broken = state()
    entry = broken
    for step in path[:-1]:
        entry = entry[step]
    if value is ...:
        del entry[path[-1]]
    else:
        entry[path[-1]] = value
    with pytest.raises((KeyError, TypeError, ValueError)):
        Table.from_state(broken)


# The parts


def test_words_are_numbered_as_they_appear() -> None:
    cells = np.array(["b", None, " a", "b ", "", "a", "\t"], dtype=object)
    words, codes = factorize(cells)
    assert words == ["b", "a"]
    assert codes.tolist() == [0, -1, 1, 0, -1, 1, -1]


@pytest.mark.parametrize(
    ("word", "value"),
    [("1.5", 1.5), ("-2e3", -2000), ("+.5", 0.5), ("0", 0), ("-0.7", -0.7), ("1e308", 1e308)],
)
def test_a_word_spells_a_number(word: str, value: float) -> None:
    assert parse_number(word) == value


@pytest.mark.parametrize(
    "word", ["", "007", "-01", "1_000", "1,5", "12O", "inf", "nan", "1e400", "0x10", "1 2", "."]
)
def test_a_word_spells_no_number(word: str) -> None:
    assert math.isnan(parse_number(word))


def test_a_column_set_aside_has_no_width() -> None:
    part = Aside("a", "why")
    assert (part.width, part.features) == (0, [])
    assert part.encode(np.array([1.0]), np.empty((1, 0), np.float32)) == 0


def test_a_list_of_names_is_short() -> None:
    assert name_list(["a", 1]) == "'a', 1"
    assert name_list(range(8)) == "0, 1, 2, 3, 4 and 3 more"
