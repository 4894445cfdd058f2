"""A column that carries what another carries is set aside, or told of."""

import math
from typing import Any

import numpy as np

from numlp.data.columns import as_columns
from numlp.table.copies import sample_of, tell_copies
from numlp.table.guess import Options, find_encoder
from numlp.table.reasons import SameNumbers, reasons_of
from numlp.table.summary import summarize
from numlp.table.table import Table

NAN = math.nan
X1 = np.random.default_rng(0).lognormal(size=60).round(3)


def why(X: dict[str, Any], name: str, **options: Any) -> tuple[str, str]:
    """Kind of a column and why."""
    row = next(row for row in Table.fit(X, **options).audit() if row["name"] == name)
    return row["kind"], row["why"]


def test_a_copy_is_set_aside() -> None:
    said = ("set aside", "carries the same numbers as 'a'")
    assert why({"a": X1, "b": X1}, "b") == said
    assert why({"a": X1, "b": 4 * X1 + 1}, "b") == said
    assert why({"a": X1, "b": [str(x) for x in X1]}, "b") == said
    assert why({"a": X1, "b": 2 * X1, "c": 3 * X1}, "c") == said
    assert why({"a": X1, "b": X1}, "a") == ("number", "numbers")


def test_what_copies_but_for_rounding_or_sign_is_told_of() -> None:
    told = ("number", "numbers; carries nearly the same numbers as 'a', but for scale")
    assert why({"a": X1, "b": (X1 * 0.17).round(2)}, "b") == told
    assert why({"a": X1, "b": -X1}, "b") == told


def test_a_column_that_differs_in_proportion_alone_is_no_copy() -> None:
    x = np.linspace(-1, 1, 300)
    table = Table.fit({"x": x, "bent": x + 0.01 * x**3})
    assert [column["features"] > 0 for column in table.audit()] == [True, True]
    assert table.audit()[1]["why"].endswith("carries nearly the same numbers as 'x', but for scale")


def test_other_columns_are_no_copies() -> None:
    noisy = X1 + np.random.default_rng(1).normal(size=60) * 0.05
    assert why({"a": X1, "b": noisy}, "b") == ("number", "numbers")
    assert why({"a": X1[:19], "b": X1[:19]}, "b") == ("number", "numbers")  # few rows


def test_a_copy_with_a_hole_at_the_median_stays() -> None:
    x = np.repeat([-1.5, 0, 1.5], [20, 21, 20])
    holes = np.where(np.arange(61) == 30, NAN, x)
    assert why({"a": x, "b": holes}, "b")[0] == "number"


def test_a_copy_is_found_behind_many_columns_that_are_none() -> None:
    columns = np.random.default_rng(2).normal(size=(9, 60))
    X = {f"x{i}": x for i, x in enumerate(columns)} | {"copy": columns[8]}
    assert why(X, "copy") == ("set aside", "carries the same numbers as 'x8'")


def test_a_copy_that_was_asked_for_stays() -> None:
    assert why({"a": X1, "b": X1}, "b", columns={"b": "number"})[0] == "number"


def told(X: dict[str, Any], sampled: Any) -> list[str]:
    """Why each column is what it is, where these rows are the sample."""
    table = as_columns(X)
    encoders = [
        find_encoder(summarize(name, cells), None, Options())
        for name, cells in table.columns.items()
    ]
    tell_copies(encoders, {}, table.rows(np.asarray(sampled)), table)
    return [encoder.why for encoder in encoders]


def test_a_copy_in_the_sampled_rows_alone_is_none() -> None:
    x = np.random.default_rng(0).normal(size=5000)
    z = np.where(np.arange(5000) < 1000, x, -x)
    assert told({"a": x, "b": z}, range(1000)) == ["numbers", "numbers"]
    found = told({"a": x, "b": z, "c": z}, range(1000))
    assert found[2] == "carries the same numbers as 'b'"  # found behind the one that is none


def test_a_copy_that_varies_little_in_the_sampled_rows_is_found() -> None:
    x = np.random.default_rng(0).normal(size=5000)
    x[:1000] *= 1e-3
    assert told({"a": x, "b": 2 * x}, range(1000))[1] == "carries the same numbers as 'a'"


def test_the_rows_that_are_sampled_are_the_same_in_any_order() -> None:
    rng = np.random.default_rng(0)
    X = {"a": rng.normal(size=3000), "b": rng.integers(0, 50, 3000), "c": [*map(str, range(3000))]}
    found = []
    for order in (np.arange(3000), rng.permutation(3000)):
        table = as_columns({name: np.array(cells)[order] for name, cells in X.items()})
        encoders = [
            find_encoder(summarize(name, cells), None, Options())
            for name, cells in table.columns.items()
        ]
        found.append(sample_of(table, encoders))
    for name in ("a", "b"):
        assert found[0][name].tolist() == found[1][name].tolist()


def test_a_sample_alone_is_enough_where_the_table_lies_elsewhere() -> None:
    x = np.random.default_rng(0).normal(size=5000)
    X = as_columns({"a": x, "b": 2 * x, "c": (x * 1.7).round(2), "d": np.abs(x)})
    encoders = [
        find_encoder(summarize(name, cells), None, Options()) for name, cells in X.columns.items()
    ]
    sample = sample_of(X, encoders)
    assert sample.n_rows == 1000
    tell_copies(encoders, {}, sample, sample)
    assert [encoder.kind for encoder in encoders] == ["number", "set aside", "number", "number"]
    assert reasons_of(encoders[1].why) == (SameNumbers("a", exactly=True),)
    assert reasons_of(encoders[2].why) == ("numbers", SameNumbers("a", exactly=False))
