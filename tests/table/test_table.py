"""A raw table becomes a matrix of numbers, flags and codes, and the same one by every road."""

import datetime as dt
import json
import math
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numlp.errors import DataError
from numlp.table.table import Audit, Table

from ..programs.markup import Page

NAN = math.nan
NOON = dt.datetime(2020, 1, 2, 12)


def matrix(training: Any, later: Any, notes: list[str] | None = None) -> list[list[float]]:
    """Fit on one column, transform another."""
    return Table.fit({"a": training}).transform({"a": later}, notes).tolist()


# The matrix

MANY = [f"w{i:02}" for i in range(30)]
ROLES: dict[str, Any] = {
    "place": [*MANY, *MANY],
    "n": [1.5, 2, None] * 20,
    "hue": ["red", "blue", "grey"] * 20,
    "shop": [*MANY, *MANY[:25], *[None] * 5],
    "day": [NOON + i * dt.timedelta(7) for i in range(60)],
    "same": [0] * 60,
    "ok": [True, False] * 30,
}


def test_the_matrix_is_numbers_then_flags_then_codes() -> None:
    table = Table.fit(ROLES)
    assert table.features == [
        "day", "day month sin", "day month cos", "day day",
        "n=2", "n is missing", "hue=blue", "hue=grey", "hue=red", "shop is missing", "ok=1",
        "place", "shop",
    ]  # fmt: skip
    assert (table.n_numbers, table.n_flags, table.cardinalities) == (4, 7, [31, 26])
    assert table.width == len(table.features) == 13
    assert table.teaches
    X = table.transform(ROLES)
    assert (X.shape, X.dtype) == ((60, 13), np.float32)
    assert set(np.unique(X[:, 4:11])) == {-1, 0, 1}
    assert X[:3, 4:].tolist() == [
        [-1, 0, 0, 0, 1, 0, 1, 1, 1],
        [1, 0, 1, 0, 0, 0, -1, 2, 2],
        [0, 1, 0, 1, 0, 0, 1, 3, 3],
    ]


def test_codes_stay_below_their_cardinality() -> None:
    table = Table.fit(ROLES)
    codes = table.transform({**ROLES, "place": ["new"] * 60, "shop": [None] * 60})[:, -2:]
    assert not codes.any()
    codes = table.transform(ROLES)[:, -2:]
    assert codes.max(axis=0).tolist() == [30, 25]


def test_a_table_that_teaches_nothing_gives_a_column_of_zeros() -> None:
    table = Table.fit({"(nothing)": [1, 1], "b": [None, None]})
    assert not table.teaches
    assert (table.n_numbers, table.n_flags, table.cardinalities) == (0, 1, [])
    assert (table.width, table.features) == (1, ["(nothing)"])
    assert table.transform({}).shape == (0, 1)
    assert table.transform({"(nothing)": [5, 6, 7]}).tolist() == [[0], [0], [0]]
    assert Table.fit({"(nothing)": [1, 2]}).teaches


def test_a_table_of_codes_alone_has_no_flag() -> None:
    table = Table.fit({"a": MANY * 2})
    assert (table.n_numbers, table.n_flags, table.cardinalities, table.width) == (0, 0, [31], 1)


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


# Kinds asked for


def test_a_column_of_an_array_is_asked_for_by_position_or_name() -> None:
    X = np.array([[1, 7, 0], [2, 8, 1], [3, 9, 2]] * 2)
    for key in (1, np.int64(1), "x1"):
        table = Table.fit(X, {key: "category"})
        assert table.features == ["x0", "x2", "x1=7", "x1=8", "x1=9"]


@pytest.mark.parametrize("frame", [dict, pd.DataFrame, pl.DataFrame, pl.LazyFrame, pa.table])
def test_a_column_of_a_frame_is_asked_for_by_name(frame: Any) -> None:
    table = Table.fit(frame(PEOPLE), {"age": "ignore", "city": "text"})
    assert [part.kind for part in table.encoders] == ["set aside", "set aside", "set aside"]


def test_a_number_may_be_the_name_of_a_column() -> None:
    frame = pd.DataFrame({7: [1, 2, 3] * 2, 0: [1, 2, 3] * 2})
    assert Table.fit(frame, {7: "category"}).features == ["0", "7=1", "7=2", "7=3"]


@pytest.mark.parametrize(
    ("X", "columns", "error", "message"),
    [
        ({"a": [1]}, {"b": "number"}, DataError,
         "columns asks for 'b' to be 'number', but there is no such column; the table has 'a'"),
        ({"a": [1]}, {0: "number"}, DataError, "asks for 0 to be 'number', .* the table has 'a'"),
        (np.ones((2, 3)), {3: "number"}, DataError, "for 3 .*; positions 0 to 2, or names 'x0'"),
        (np.ones((2, 3)), {-1: "number"}, DataError, "for -1 .*; positions 0 to 2"),
        (np.ones((2, 3)), {True: "number"}, DataError, "for True .*; positions 0 to 2"),
        (np.ones((2, 3)), {0: "number", "x0": "category"}, ValueError,
         "asks for 'x0' to be 'number' and 'category'"),
        ({"a": [1]}, {"a": "Number"}, ValueError,
         r"columns\['a'\]='Number', but it has to be one of 'number', 'category', 'date', 'text'"),
        ({"a": [1]}, {"a": None}, ValueError, r"columns\['a'\]=None, but it has to be one of"),
        ({"a": [1]}, ["a"], ValueError, "columns=.*, but it has to be a dict"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(
    X: Any, columns: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        Table.fit(X, columns)
    assert type(caught.value) is error


@pytest.mark.parametrize(
    "options", [{"one_hot_max": 2.5}, {"one_hot_max": True}, {"one_hot_max": -1},
                {"few_as_flags": 1}],
)  # fmt: skip
def test_an_option_of_no_such_value_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(options))}=.*, but it has to be"):
        Table.fit({"a": [1]}, **options)


# The audit


def test_the_audit_is_rows_that_print_as_a_table() -> None:
    audit = Table.fit({"n": [1, 2, 3, None], "two\nlines": ["a"] * 4}).audit()
    assert audit[0] == {
        "name": "n", "kind": "number", "features": 2, "why": "numbers; 1 cell missing in all",
    }  # fmt: skip
    assert json.loads(json.dumps(audit)) == audit
    assert str(audit) == (
        "name        kind       features  why\n"
        "n           number            2  numbers; 1 cell missing in all\n"
        "two\\nlines  set aside         0  every cell is 'a'"
    )


def test_the_audit_is_safe_in_a_terminal_and_a_notebook() -> None:
    audit = Audit([{"name": "<b>\x1b[31m", "kind": "k", "features": 1, "why": "y" * 1000}])
    assert "\x1b" not in str(audit)
    assert max(map(len, str(audit).splitlines())) < 200
    assert ">&lt;b&gt;" in audit._repr_html_()
    assert "\x1b" not in audit._repr_html_()
    assert "<b>" not in audit._repr_html_()


def test_a_notebook_shows_the_audit_as_a_table_of_html() -> None:
    row = {"name": "a", "kind": "number", "features": 1, "why": "numbers"}
    page = Page(Audit([row, {**row, "name": "b"}])._repr_html_())
    assert page.tags == ["table", "thead", "tr", *["th"] * 4, "tbody", *["tr", *["td"] * 4] * 2]
    assert page.texts == [
        "name", "kind", "features", "why", "a", "number", "1", "numbers", "b", "number", "1",
        "numbers",
    ]  # fmt: skip


@pytest.mark.parametrize(("n", "printed"), [(150, "y" * 150), (151, "y" * 149 + "…")])
def test_a_cell_of_the_audit_is_cut_at_150_characters(n: int, printed: str) -> None:
    audit = Audit([{"name": "a", "kind": "k", "features": 1, "why": "y" * n}])
    assert str(audit).splitlines()[1] == f"a     k            1  {printed}"


def test_an_audit_of_nothing_prints() -> None:
    assert str(Audit()) == "(no column)"


# Other cells than in training

ABC = [*"abc"] * 2
LATER: dict[str, tuple[Any, Any, list[list[float]], str | None]] = {
    # name: (training, later, the matrix, what the note says)
    "a new word": (ABC, ["a", "z", "y"], [[1, 0, 0], [0, 0, 0], [0, 0, 0]],
                   "a: 2 cells with a word that was rare in training, or never seen there"),
    "a rare word": (["a", "a", "b"], ["b", "a"], [[0], [1]], "a: 1 cell with a word that was rare"),
    "one of two words": (["a", "b"] * 2, ["b", "a", "z"], [[1], [-1], [0]],
                         "a: 1 cell with a word that was rare"),
    "one of many words": ([*MANY * 2, None], ["w29", "x", None], [[30], [0], [0]],
                          "a: 1 cell with a word that was rare"),
    "blanks around": (ABC, [" a", "b\n"], [[1, 0, 0], [0, 1, 0]], None),
    "a word newly missing": (ABC, [None, " "], [[0, 0, 0], [0, 0, 0]],
                             "a: 2 cells missing, where none was in training"),
    "a word missing": (["a", "a", *[None] * 5], [None, "a", "z"], [[0, 1], [1, 0], [0, 0]],
                       "a: 1 cell with a word"),
    "a number newly missing": ([1, 2, 3], [None, 2], [[0], [0]],
                               "a: 1 cell missing, where none was in training"),
    "a word for a number newly missing": ([1, 2, 3], ["2", "?", "x"], [[0], [0], [0]],
                                          "a: 1 cell no number, taken as missing: 'x'; "
                                          "a: 1 cell missing, where none was in training"),
    "a boolean newly missing": ([True, False], [None, True], [[0], [1]],
                                "a: 1 cell missing, where none was in training"),
    "a time newly missing": ([NOON, NOON + dt.timedelta(hours=2), NOON + dt.timedelta(hours=4)],
                             [None], [[0, 0, 0]], "a: 1 cell missing, where none was in training"),
    "a number missing": ([1, 2, 3, None], [None, 2], [[0, 1], [0, 0]], None),
    "numbers as text": ([1, 2, 3], ["2", " 2.0 "], [[0], [0]], None),
    "words for numbers": ([1, 2, 3, None], ["2", "x", "?", "12O"],
                          [[0, 0], [0, 1], [0, 1], [0, 1]],
                          "a: 2 cells no number, taken as missing: 'x', '12O'"),
    "numbers for text of them": (["1", "2", "3"], [2], [[0]], None),
    "numbers for words": (["1", "1", "x", "x", None], [1.0, 7.0, NAN], [[-1], [0], [0]],
                          "a: 1 cell with a word"),
    "another number than two": ([*[1, 2] * 3, None], [1, 2, 3, None], [[-1], [1], [0], [0]],
                                "a: 1 cell with a number that was rare in training, or never"),
    "words for two numbers": ([*[1, 2] * 3, None], ["1.0", "2", "true", "yes", "?"],
                              [[-1], [1], [-1], [0], [0]],
                              "a: 1 cell no number, taken as missing: 'yes'"),
    "words for booleans": ([True, False], ["True", "0", "yes"], [[1], [-1], [0]],
                           "a: 1 cell no number, taken as missing: 'yes'"),
    "a boolean missing": ([True, False] + [None] * 5, [None, True], [[0, 1], [1, 0]], None),
    "times for words": ([*["2020-01-02", "x"] * 2, None],
                        [dt.date(2020, 1, 2), None, dt.date(2020, 1, 3)],
                        [[-1], [0], [0]], "a: 1 cell with a word"),
    "times as text": ([NOON, NOON + dt.timedelta(hours=2), NOON + dt.timedelta(hours=4), None],
                      ["x", None, "now", "?"], [[0, 0, 0, 1]] * 4,
                      "a: 2 cells no time, taken as missing: 'x', 'now'"),
    "no cells for times": ([NOON, NOON + dt.timedelta(hours=2), None], [NAN], [[0, 0, 0, 1]], None),
    "no times for numbers": ([1, 2, 3, None], np.array(["NaT"], "M8[s]"), [[0, 1]], None),
    "numbers for text": ([f"say it with so few words {i * i}" for i in range(30)], [5.0],
                         [[pytest.approx(-3, abs=0.1)]], None),
    "no rows": ([1, 2, 3], [], [], None),
    "no rows of words": (["a", "a"] + ["b"] * 2, [], [], None),
    "no rows of times": ([NOON, NOON + dt.timedelta(1)], [], [], None),
}  # fmt: skip


@pytest.mark.parametrize(("training", "later", "expected", "note"), LATER.values(), ids=LATER)
def test_other_cells_than_in_training_give(
    training: Any, later: Any, expected: list[list[float]], note: str | None
) -> None:
    notes: list[str] = []
    assert matrix(training, later, notes) == expected
    assert "; ".join(notes)[: len(note or "")] == (note or "")
    assert bool(notes) == bool(note)


@pytest.mark.parametrize(
    ("training", "later", "message"),
    [
        ([1, 2, 3], [NOON], "column 'a' had numbers in training, and has times now"),
        ([1, 2], [NOON], "column 'a' had numbers in training, and has times now"),
        ([NOON, NOON + dt.timedelta(1)], [3], "column 'a' had times in training, and has numbers"),
    ],
)
def test_times_for_numbers_are_refused(training: Any, later: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        matrix(training, later)


CELLS = st.one_of(
    *(
        st.lists(st.none() | kind, min_size=8, max_size=30)
        for kind in (
            st.integers(0, 3),
            st.integers(),
            st.floats(allow_infinity=False),
            st.booleans(),
            st.text(max_size=3),
            st.text("ab 1.-", max_size=60),
            st.sampled_from(["1", "2.0", "x", "true", "2020-01-02", "?"]),
            st.datetimes(),
            st.dates().map(str),
        )
    )
)


@pytest.mark.heavy
@settings(deadline=None, max_examples=300)
@given(CELLS, CELLS, st.sampled_from([None, "number", "category", "date", "text", "ignore"]))
def test_any_cells_give_a_finite_matrix_or_a_data_error(
    training: list[Any], later: list[Any], asked: str | None
) -> None:
    try:
        table = Table.fit({"a": training}, asked and {"a": asked})
    except DataError:
        assert asked is not None
        return
    X = table.transform({"a": training})
    assert X.shape == (len(training), table.width)
    again = Table.from_state(json.loads(json.dumps(table.state())))
    assert np.array_equal(again.transform({"a": training}), X)
    try:
        Z = table.transform({"a": later}, [])
    except DataError:  # times for numbers, or the other way round
        return
    assert np.isfinite(np.concatenate([X, Z])).all()
    assert (abs(Z[:, : table.n_numbers]) <= 3).all()
    assert set(np.unique(Z[:, table.n_numbers :])) <= {-1, 0, 1}


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


EVERY_KIND: dict[str, Any] = {
    **ROLES,
    "note": [f"what a long and winding tale number {i * i}" for i in range(60)],
    "n": [1, 2, 3, None] * 15,
}


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame, pl.LazyFrame, pa.table])
def test_every_frame_gives_the_same_matrix(frame: Any) -> None:
    expected, table = Table.fit(EVERY_KIND), Table.fit(frame(EVERY_KIND))
    assert table.state() == expected.state()
    X = expected.transform(EVERY_KIND)
    assert np.array_equal(table.transform(EVERY_KIND), X)
    assert np.array_equal(table.transform(frame(EVERY_KIND)), X)


def test_an_array_of_objects_gives_the_same_matrix() -> None:
    X = np.array([*zip(*EVERY_KIND.values(), strict=True)], dtype=object)
    expected = Table.fit(EVERY_KIND).transform(EVERY_KIND)
    assert np.array_equal(Table.fit(X).transform(X), expected)


# The state that a model file holds


def state() -> dict[str, Any]:
    """The state of a table with every kind of part, as JSON gives it back."""
    back: dict[str, Any] = json.loads(json.dumps(Table.fit(EVERY_KIND).state()))
    return back


def test_the_state_makes_the_same_table_again() -> None:
    table, expected = Table.from_state(state()), Table.fit(EVERY_KIND)
    assert {part.tag for part in table.encoders} == {
        "number", "pair", "category", "date", "text", "set aside",
    }  # fmt: skip
    assert table.state() == state()
    assert table.audit() == expected.audit()
    assert table.transform(EVERY_KIND).tolist() == expected.transform(EVERY_KIND).tolist()


def test_the_state_holds_no_word_that_stood_there_once() -> None:
    # Rare words are names, addresses and the like, and could be any number of them.
    table = Table.fit({"a": ["often", "often", "Ada Lovelace"]})
    assert "Lovelace" not in json.dumps(table.state())


PLACE, N, HUE, SHOP, DAY, SAME, OK, NOTE = range(8)
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
    "kind empty": (["columns", 0, "kind"], ""),
    "kind a list": (["columns", 0, "kind"], []),
    "kind of another": (["columns", 0, "kind"], "number"),
    "a field too many": (["columns", 0, "extra"], 1),
    "name absent": (["columns", 0, "name"], ...),
    "name a number": (["columns", 0, "name"], 1),
    "name a list": (["columns", N, "name"], []),
    "name twice": (["columns", 0, "name"], "hue"),
    "why a list": (["columns", SAME, "why"], ["x"]),
    "center absent": (["columns", N, "center"], ...),
    "center text": (["columns", N, "center"], "0"),
    "center true": (["columns", N, "center"], True),
    "center beyond floats": (["columns", N, "center"], 10**400),
    "scale null": (["columns", N, "scale"], None),
    "scale infinite": (["columns", N, "scale"], math.inf),
    "scale negative": (["columns", N, "scale"], -1.0),
    "missing a number": (["columns", N, "missing"], 1),
    "values of a number text": (["columns", N, "values"], ["1"]),
    "values of a number twice": (["columns", N, "values"], [1.0, 1.0]),
    "values of a number infinite": (["columns", N, "values"], [math.inf]),
    "missing of a category": (["columns", HUE, "missing"], "no"),
    "embedded a number": (["columns", HUE, "embedded"], 1),
    "numeric absent": (["columns", HUE, "numeric"], ...),
    "numeric null": (["columns", HUE, "numeric"], None),
    "values absent": (["columns", HUE, "values"], ...),
    "values text": (["columns", HUE, "values"], "abc"),
    "values a number": (["columns", HUE, "values"], 5),
    "values numbers": (["columns", HUE, "values"], [1, 2]),
    "values lists": (["columns", HUE, "values"], [["a"]]),
    "values twice": (["columns", HUE, "values"], ["a", "a"]),
    "no values to embed": (["columns", PLACE, "values"], []),
    "scale of a date": (["columns", DAY, "scale"], "1"),
    "missing of a date": (["columns", DAY, "missing"], 0),
    "calendar text": (["columns", DAY, "calendar"], "month"),
    "calendar twice": (["columns", DAY, "calendar"], ["day", "day"]),
    "calendar unknown": (["columns", DAY, "calendar"], ["year"]),
    "calendar lists": (["columns", DAY, "calendar"], [[]]),
    "one of a pair": (["columns", OK, "values"], [1.0]),
    "three of a pair": (["columns", OK, "values"], [1.0, 2.0, 3.0]),
    "a pair of text": (["columns", OK, "values"], ["0", "1"]),
    "a pair out of order": (["columns", OK, "values"], [1.0, 0.0]),
    "missing of a pair": (["columns", OK, "missing"], 0),
    "length a number": (["columns", NOTE, "length"], 1.0),
    "length of three": (["columns", NOTE, "length"], [1.0, 1.0, 1.0]),
    "words text": (["columns", NOTE, "words"], "ab"),
    "words NaN": (["columns", NOTE, "words"], [math.nan, 1.0]),
    "missing of a text": (["columns", NOTE, "missing"], 0),
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


@pytest.mark.parametrize("state", [None, [], "abc", 1, {}])
def test_what_is_no_state_at_all_is_refused(state: Any) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        Table.from_state(state)


def test_the_state_of_many_words_is_little_more_than_the_words() -> None:
    words = [f"word number {i}" for i in range(10_000)]
    size = len(json.dumps(Table.fit({"a": words * 2}).state()))
    assert size < 1.5 * sum(map(len, words))
