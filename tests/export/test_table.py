"""The matrix that ONNX makes of raw columns is the one that ``Table.transform`` makes."""

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from numlp import DataError
from numlp.export.graph import DOUBLE, FLOAT, STRING, Graph
from numlp.export.table import ARRAY, add_table, input_names, input_of
from numlp.table.category import Category
from numlp.table.dates import Date
from numlp.table.encoders import Number, TwoValues
from numlp.table.ordered import Ordered
from numlp.table.table import Table
from numlp.table.text import Text
from numlp.table.times import CALENDAR

from .runs import inputs_of, with_outputs

N = 400


def words(*values: str | None) -> NDArray[Any]:
    return np.random.default_rng(len(values)).choice(np.array(values, dtype=object), N)


def times(*cells: str) -> NDArray[Any]:
    return np.array(cells, dtype="datetime64[ms]")


def columns() -> dict[str, NDArray[Any]]:
    """A column of every kind, in every form that its part can take."""
    rng = np.random.default_rng(0)
    day = rng.integers(-40_000, 40_000, N)
    hole = rng.random(N) < 0.1
    return {
        "number": np.where(hole, np.nan, rng.normal(5, 1e3, N)),
        "whole": rng.normal(5, 1e3, N),
        "huge": rng.normal(0, 1e307, N),
        "tiny": rng.normal(0, 1e-300, N),
        "epoch": 1.7e9 + rng.random(N) * 1e4,
        "few": rng.integers(0, 6, N).astype(float),
        "spike": np.where(rng.random(N) < 0.7, 0, rng.gamma(1, 1e4, N)),
        "true": rng.random(N) < 0.5,
        "pair": np.where(hole, np.nan, rng.choice([0.1, 0.7], N)),
        "two": words("yes", "no"),
        "two with holes": words("yes", "no", "no", None),
        "colours": words("red", "green", "a b", "çé 日", None),
        "inner blanks": words("a b", "a  b", "a\tb"),
        "many": words(*[f"word {i}" for i in range(60)], None),
        "postcode": rng.integers(8000, 8010, N).astype(float),
        "code": np.where(hole, np.nan, rng.integers(0, 60, N) * 0.5),
        "code with a word": words("1", "2", "?", "3.5"),
        "time": (day * 86_400_000 + rng.integers(0, 86_400_000, N)).astype("datetime64[ms]"),
        "day": np.where(hole, np.datetime64("NaT", "ms"), day.astype("datetime64[D]")),
        "text": np.array([
            None if i % 9 == 0 else "é " + " wörd\n" * (i % 50) + "x" * i for i in range(N)
        ], dtype=object),
        "levels": words("low", "mid", "high"),
        "levels with holes": words("1", "2", "3", None, "4.0"),
        "written day": np.array([
            (dt.date(2023, 1, 1) + dt.timedelta(days=i % 700)).strftime("%d/%m/%Y")
            for i in range(N)
        ], dtype=object),
        "constant": np.ones(N),
    }  # fmt: skip


ASKED = dict.fromkeys(("postcode", "code", "code with a word"), "category") | {
    "levels": "ordered:low, mid,high,highest",
    "levels with holes": "ordered:1,2,3,4",
}


@pytest.fixture(scope="module")
def table() -> Table:
    return Table.fit(columns(), ASKED)


def written(table: Table, X: Any) -> Any:
    """The matrix as onnxruntime makes it."""
    graph = Graph(input_names(table))
    inputs = inputs_of(table, X)
    return with_outputs(graph, {add_table(graph, table): FLOAT}).run(None, inputs)[0]


def check(table: Table, X: Any) -> None:
    expected, found = table.transform(X), written(table, X)
    assert found.dtype == np.float32
    for j, name in enumerate(table.features):
        np.testing.assert_allclose(found[:, j], expected[:, j], rtol=0, atol=1e-12, err_msg=name)


def test_a_column_of_every_kind_is_there(table: Table) -> None:
    kinds = {type(part) for part in table.encoders if part.width}
    assert kinds == {Number, TwoValues, Category, Ordered, Date, Text}
    of_words = [part for part in table.encoders if isinstance(part, Category)]
    assert {part.embedded for part in of_words} == {part.numeric for part in of_words} == {0, 1}
    dated = [part for part in table.encoders if isinstance(part, Date)]
    assert {key for part in dated for key in part.calendar} == CALENDAR.keys()


def test_the_training_rows_give_the_same_matrix(table: Table) -> None:
    check(table, columns())


NEW: dict[str, Any] = {
    "f": [np.nan, 1e308, -1e308, 0, -0.0, 5e-324, 1e16, 8001, 8001.5, 0.1 + 1e-8, 0.7, 0.4, 1, 2],
    "M": times(
        "NaT", "0001-01-01", "9999-12-31T23:59:59.999", "1900-02-28T23:59:59.999", "1900-03-01",
        "2000-02-29", "1969-12-31T23:59:59.999", "-0004-02-29", "2100-03-01", "1970-01-01T00:00",
    ),
    "O": [
        None, "", "   ", "never seen", "  yes ", "Yes", " word 7", "a b", "a  b ", "red ", "?", "1",
    ],
}  # fmt: skip


def test_missing_unknown_and_extreme_cells_give_the_same_matrix(table: Table) -> None:
    rng = np.random.default_rng(1)
    X = {name: cells.astype(float) if cells.dtype == bool else cells
         for name, cells in columns().items()}  # fmt: skip
    for cells in X.values():
        replaced = rng.random(N) < 0.5
        new = np.array(NEW[cells.dtype.kind], dtype=cells.dtype)
        cells[replaced] = rng.choice(new, int(replaced.sum()))
    check(table, X)


def test_a_table_where_every_cell_is_missing_gives_the_same_matrix(table: Table) -> None:
    nothing = {"f": np.nan, "b": np.nan, "M": np.datetime64("NaT", "ms"), "O": None}
    X = {name: np.array([nothing[c.dtype.kind]] * 3) for name, c in columns().items()}
    check(table, X)


def test_cells_of_spaces_alone_are_missing(table: Table) -> None:
    X = {name: np.array(["  "] * 3, object) if cells.dtype == object else cells[:3]
         for name, cells in columns().items()}  # fmt: skip
    check(table, X)


@pytest.mark.parametrize("n", [0, 1])
def test_no_row_and_one_row_give_the_same_matrix(table: Table, n: int) -> None:
    check(table, {name: cells[:n] for name, cells in columns().items()})


@pytest.mark.parametrize("name", columns())
def test_each_column_alone_gives_the_same_matrix(name: str) -> None:
    asked = {name: ASKED[name]} if name in ASKED else None
    alone = Table.fit({name: columns()[name], "other": columns()["whole"]}, asked)
    check(alone, {name: columns()[name], "other": columns()["whole"]})


def test_a_category_of_numbers_that_are_all_rare_is_a_flag_of_missing_cells() -> None:
    X = {"code": np.array([*range(30), *[np.nan] * 10], float), "x": columns()["whole"][:40]}
    rare = Table.fit(X, {"code": "category"})
    assert rare.features == ["x", "code is missing"]
    check(rare, X)


def test_the_number_that_numpy_makes_of_a_missing_time_is_missing(table: Table) -> None:
    X = {name: cells[:3] for name, cells in columns().items()}
    X["day"] = times("NaT", "NaT", "NaT")
    inputs = inputs_of(table, X)
    graph = Graph(input_names(table))
    session = with_outputs(graph, {add_table(graph, table): FLOAT})
    expected = session.run(None, inputs)[0]
    inputs["day"] = X["day"].astype(np.int64).astype(float)[:, None]
    assert (session.run(None, inputs)[0] == expected).all()


def test_an_array_of_numbers_is_one_input_with_all_its_columns() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 5))
    X[:, 1], X[:, 3] = 7, rng.integers(2, size=80)
    X[rng.random(X.shape) < 0.1] = np.nan
    X[:, 2] = 7
    table = Table.fit(X)
    assert input_names(table) == [ARRAY]
    check(table, X)
    check(table, X[:0])


def test_an_array_with_words_has_an_input_for_each_column() -> None:
    X = np.array([[1.5, "a"], [2.5, "b"], [None, "a"]] * 10, dtype=object)
    table = Table.fit(X)
    assert input_names(table) == ["x0", "x1"]
    check(table, X)


def test_only_columns_that_are_learned_from_are_inputs_in_their_order(table: Table) -> None:
    graph = Graph(input_names(table))
    add_table(graph, table)
    assert [put.name for put in graph.inputs] == [n for n in columns() if n != "constant"]


def test_a_table_without_anything_to_learn_from_is_refused() -> None:
    table = Table.fit({"constant": [1.0] * 5})
    with pytest.raises(DataError, match="learned from no column"):
        add_table(Graph([]), table)


def test_a_column_without_a_name_is_refused() -> None:
    table = Table.fit({"": [1.0, 2.0, 3.0] * 5})
    with pytest.raises(DataError, match="a column has the name ''"):
        add_table(Graph([]), table)


SPELLED = {
    "price": ["1.50", "1.5", "2.00", "free", "NA", "1e3"],
    "truth": ["True", "true", "FALSE", "unknown", "None"],
    "day": ["2024-01-01", "2024-01-01T00:00", "2024-02-01", "never"],
    "code": ["12345678901234567890", "12345678901234567891", "7"],
    "text": ["some words", "NA", "a b c d", "x"],
}


def test_every_spelling_of_training_is_the_same_word_there() -> None:
    asked = {"code": "category", "text": "text"}
    X = {name: words(*cells) for name, cells in SPELLED.items()}
    table = Table.fit(X, asked)
    assert {name: input_of(e)[0] for e in table.encoders for name in [e.name]} == dict.fromkeys(
        SPELLED, STRING
    )
    graph = Graph(input_names(table))
    session = with_outputs(graph, {add_table(graph, table): FLOAT})
    # Beside them the graph knows what numlp itself makes of numbers, times and truths.
    more = {"price": "1.5", "truth": "1", "day": "2024-02-01T00:00:00.000", "code": "7", "text": ""}
    later = {name: np.array([*X[name], more[name], f" {X[name][0]} "], object) for name in X}
    found = session.run(None, {name: cells[:, None] for name, cells in later.items()})[0]
    np.testing.assert_allclose(found, table.transform(later), rtol=0, atol=1e-12)


def test_numbers_too_long_for_a_double_that_are_asked_to_be_a_category_are_words() -> None:
    long = np.array([2**60, 2**60 + 1, 2**60 + 2])[np.random.default_rng(0).integers(0, 3, N)]
    table = Table.fit({"a": long, "b": long % 7}, {"a": "category", "b": "category"})
    assert [input_of(encoder)[0] for encoder in table.encoders] == [STRING, DOUBLE]
    check(table, {"a": long, "b": long % 7})


def test_numbers_of_float32_are_those_of_training() -> None:
    code = np.random.default_rng(0).choice([0.1, 0.7, 3.3], N)
    X = {"code": code, "spike": np.where(np.arange(N) % 3, 0.1, code * np.arange(N))}
    table = Table.fit(X, {"code": "category"})
    rounded = {name: cells.astype(np.float32) for name, cells in X.items()}
    np.testing.assert_allclose(table.transform(rounded), table.transform(X), rtol=0, atol=1e-6)
    check(table, rounded)


def test_a_category_by_its_type_takes_numbers_where_it_holds_numbers() -> None:
    shops = np.random.default_rng(0).integers(0, 30, N)
    table = Table.fit({"a": pd.Categorical(shops), "b": pd.Categorical(shops.astype(str))})
    assert [input_of(encoder)[0] for encoder in table.encoders] == [DOUBLE, DOUBLE]
    check(table, {"a": shops.astype(float), "b": shops.astype(float)})


@pytest.mark.parametrize("words", [["1,5", "2,5", "3,5"] * 9, ["1,5", "2,5"] * 9])
def test_a_column_of_written_numbers_takes_the_numbers(words: list[str]) -> None:
    (encoder,) = Table.fit({"a": words}).encoders
    kind, told = input_of(encoder)
    assert kind == DOUBLE
    assert told.endswith("a number, not as it is written; NaN where missing")
